//! An R&R form as a document, as a row, and the commands that change it.

use std::collections::BTreeMap;
use std::fmt;

use crdt_store::{DocumentId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Date;
use crate::formula::rnr::{Report, Terms};
use crate::quantity::Quantity;
use crate::record::{Stamp, clearable, record};
use crate::shipment::{End, Event};

/// Most lines of a form: as many as the order that follows from it may have.
pub const LINES_MAX: usize = crate::requisition::LINES_MAX;

/// How far a form has come. It is read under a name of its own: other documents have a status too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename = "RnrStatus", rename_all = "kebab-case")]
pub enum Status {
    /// Being filled.
    Draft,
    /// Reported, and its order sent.
    Finalised,
    /// Thrown away.
    Discarded,
}

impl Status {
    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Finalised => "finalised",
            Self::Discarded => "discarded",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

// ---- the document ----

/// What the ledger said of a line when the form was made, or looked at it again last. Quantities in units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Computed {
    /// The final balance of the form before, else what was there when the period began.
    pub initial_balance: Quantity,
    /// What was received in the period.
    pub received: Quantity,
    /// What was given out.
    pub consumed: Quantity,
    /// What came by adjustments and counts, less what left by them.
    pub adjustments: Quantity,
    /// What was written off as wasted.
    pub losses: Quantity,
    /// Days of the period on which there was none.
    pub stock_out_days: u32,
    /// Last day of use of the batch that expires soonest, of those in stock.
    pub expiry: Option<Date>,
    /// The monthly consumption that the form before reported.
    pub monthly_before: Option<Quantity>,
    /// And the one before that.
    pub monthly_before_that: Option<Quantity>,
}

/// What people wrote of a line, gathered from the columns; nothing where what the ledger said stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entered {
    /// What was there when the period began.
    pub initial_balance: Option<Quantity>,
    /// What was received.
    pub received: Option<Quantity>,
    /// What was given out.
    pub consumed: Option<Quantity>,
    /// Adjustments, which may be below zero.
    pub adjustments: Option<Quantity>,
    /// What was lost.
    pub losses: Option<Quantity>,
    /// Days out of stock.
    pub stock_out_days: Option<u32>,
    /// What is there at the end; what the line adds up to where nothing stands here.
    pub final_balance: Option<Quantity>,
    /// What is requested; what the formula says where nothing stands here.
    pub requested: Option<Quantity>,
    /// The soonest expiry.
    pub expiry: Option<Date>,
}

/// A line as it stands: what people wrote, else what was computed. As a whole it is what a finalised form reports, in one
/// value: where two devices finalised without knowing of each other, one is believed about a line wholly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Values {
    /// What it reports of the period.
    pub report: Report,
    /// Units at the end of the period.
    pub final_balance: Quantity,
    /// Units requested.
    pub requested: Quantity,
    /// Last day of use of the batch that expires soonest.
    pub expiry: Option<Date>,
    /// The monthly consumption that the form before reported.
    pub monthly_before: Option<Quantity>,
    /// And the one before that.
    pub monthly_before_that: Option<Quantity>,
}

/// An R&R form, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RnrForm {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The store that reports.
    pub store: DocumentId,
    /// The programme.
    pub programme: DocumentId,
    /// First day of the period.
    pub from: Date,
    /// Last day of the period.
    pub to: Date,
    /// The store that is asked, if a store is.
    pub supplier_store: Option<DocumentId>,
    /// The partner that is asked, if a partner is.
    pub supplier_partner: Option<DocumentId>,
    /// What its lines are computed with, as it was when the form was made.
    pub terms: Terms,
    /// What people note of it.
    pub comment: Option<String>,
    /// When it was thrown away, if it was.
    pub discarded_at: Option<Timestamp>,
    /// The order that follows from it, once it is finalised and asks for something.
    pub requisition: Option<DocumentId>,
    /// Statuses reached.
    pub events: BTreeMap<Status, Event>,
    /// Its lines: what the ledger said, by item. Each column of what people write is a map of its own, made with the document.
    pub lines: BTreeMap<DocumentId, Computed>,
    /// What people wrote: what was there when the period began.
    pub initial_balance: BTreeMap<DocumentId, Option<Quantity>>,
    /// What was received.
    pub received: BTreeMap<DocumentId, Option<Quantity>>,
    /// What was given out.
    pub consumed: BTreeMap<DocumentId, Option<Quantity>>,
    /// Adjustments.
    pub adjustments: BTreeMap<DocumentId, Option<Quantity>>,
    /// What was lost.
    pub losses: BTreeMap<DocumentId, Option<Quantity>>,
    /// Days out of stock.
    pub stock_out_days: BTreeMap<DocumentId, Option<u32>>,
    /// What is there at the end.
    pub final_balance: BTreeMap<DocumentId, Option<Quantity>>,
    /// What is requested.
    pub requested: BTreeMap<DocumentId, Option<Quantity>>,
    /// The soonest expiry.
    pub expiry: BTreeMap<DocumentId, Option<Date>>,
    /// What people note of a line.
    pub notes: BTreeMap<DocumentId, Option<String>>,
    /// The mark of a line's values as somebody confirmed them.
    pub confirmed: BTreeMap<DocumentId, Option<i64>>,
    /// Lines as they were finalised.
    pub reported: BTreeMap<DocumentId, Values>,
}

record!(RnrForm, "rnr_form", "R&R form");

/// A form in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RnrFormRow {
    /// Id.
    pub id: DocumentId,
    /// The store that reports.
    pub store: DocumentId,
    /// The programme.
    pub programme: DocumentId,
    /// First day of the period.
    pub from: Date,
    /// Last day of the period.
    pub to: Date,
    /// Who is asked.
    pub supplier: End,
    /// How far it has come.
    pub status: Status,
    /// When it reached its status.
    #[serde(with = "crate::instant")]
    pub status_at: Timestamp,
    /// When it was made.
    #[serde(with = "crate::instant")]
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: DocumentId,
    /// Who finalised it.
    pub finalised_by: Option<DocumentId>,
    /// The order that follows from it.
    pub requisition: Option<DocumentId>,
    /// How many lines it has.
    pub lines: u32,
    /// How many of them are confirmed as they stand.
    pub confirmed: u32,
    /// How many of them cannot be right as they stand.
    pub faulty: u32,
    /// How many lines of a finalised form somebody wrote otherwise who did not know of the end.
    pub late: u32,
    /// What people note of it.
    pub comment: Option<String>,
}

// ---- commands ----

/// Makes a form: for a period that has begun, with lines for the items of the programme, filled from the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateRnrForm {
    /// The store that reports.
    pub store: DocumentId,
    /// The programme.
    pub programme: DocumentId,
    /// First day of the period.
    pub period: Date,
    /// Who is asked; the store's supplier if absent.
    #[serde(default)]
    pub supplier: Option<End>,
    /// What people note of it.
    #[serde(default)]
    pub comment: Option<String>,
}

/// Changes what is said of a form as a whole; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateRnrForm {
    /// What people note of it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub comment: Option<Option<String>>,
}

/// A column of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Column {
    /// What was there when the period began.
    InitialBalance,
    /// What was received.
    Received,
    /// What was given out.
    Consumed,
    /// What was lost.
    Losses,
    /// Adjustments.
    Adjustments,
    /// What is there at the end.
    FinalBalance,
    /// Days out of stock.
    StockOutDays,
    /// What is requested.
    Requested,
    /// The soonest expiry.
    Expiry,
}

/// What somebody wrote into a finalised form who did not know of the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LateCell {
    /// Where.
    pub column: Column,
    /// What, as the API writes such a value.
    pub value: String,
}

/// Cells of a line; absent ones are not spoken of, null is what was computed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Cells {
    /// What was there when the period began.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub initial_balance: Option<Option<Quantity>>,
    /// What was received.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub received: Option<Option<Quantity>>,
    /// What was given out.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub consumed: Option<Option<Quantity>>,
    /// What came by adjustments less what left by them.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub adjustments: Option<Option<Quantity>>,
    /// What was lost.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub losses: Option<Option<Quantity>>,
    /// Days out of stock.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub stock_out_days: Option<Option<u32>>,
    /// What is there at the end.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub final_balance: Option<Option<Quantity>>,
    /// What is requested.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub requested: Option<Option<Quantity>>,
    /// The soonest expiry.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Option<Date>>,
    /// What people note of the line.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub note: Option<Option<String>>,
}

/// Writes cells of a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FillLine {
    /// The item.
    pub item: DocumentId,
    /// What is written.
    #[serde(default)]
    pub set: Cells,
    /// What stood there as the writer saw it, null where nobody had written: where it is something else by now, the line is
    /// refused as `stale-cell`.
    #[serde(default)]
    pub was: Cells,
}

/// Writes cells of lines, all or none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FillLines {
    /// The lines, each of another item.
    pub lines: Vec<FillLine>,
}

/// Confirms lines as they stand, or takes that back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmLines {
    /// The items; all lines that can be right as they stand if absent.
    #[serde(default)]
    pub items: Option<Vec<DocumentId>>,
    /// Whether they are confirmed.
    pub confirmed: bool,
}

/// What came of finalising a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FinalisedForm {
    /// The order that was sent; none where nothing is requested.
    pub requisition: Option<DocumentId>,
}
