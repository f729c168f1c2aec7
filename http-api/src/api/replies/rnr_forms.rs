//! R&R forms.

use crdt_store::{DocumentId, Timestamp};
use domain::formula::rnr::{Field, Figures, Terms};
use domain::period_schedule::Period;
use domain::rnr::{Column, LateCell, RnrFormRow, Status};
use domain::shipment::End;
use domain::{Date, Quantity};
use serde::{Deserialize, Serialize};

/// A form in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RnrFormListRow {
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
    #[serde(with = "domain::instant")]
    pub status_at: Timestamp,
    /// When it was made.
    #[serde(with = "domain::instant")]
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
    /// The programme's name.
    pub programme_name: String,
    /// The name of who is asked.
    pub supplier_name: String,
}

/// A form with its lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RnrFormDetail {
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
    #[serde(with = "domain::instant")]
    pub status_at: Timestamp,
    /// When it was made.
    #[serde(with = "domain::instant")]
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
    /// The programme's name.
    pub programme_name: String,
    /// The name of who is asked.
    pub supplier_name: String,
    /// The name of the store that reports.
    pub store_name: String,
    /// Who finalised it.
    pub finalised_by_name: Option<String>,
    /// What its lines are computed with.
    pub terms: Terms,
    /// The number of the order that follows from it.
    pub requisition_number: Option<String>,
    /// The finalised forms that count for its averages, newest first.
    pub previous: Vec<RnrFormRow>,
    /// Lines by item name.
    pub line_details: Vec<RnrFormLine>,
}

/// A line of a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RnrFormLine {
    /// The item.
    pub item: DocumentId,
    /// Its code.
    pub item_code: String,
    /// Its name.
    pub item_name: String,
    /// Its base unit.
    pub unit: String,
    /// What the ledger said of it.
    pub computed: Option<LedgerSaid>,
    /// In which columns a person wrote something else.
    pub entered: Vec<Column>,
    /// What it reports, and all that follows from that.
    pub figures: Figures,
    /// Units at the end of the period, as it says.
    pub final_balance: Quantity,
    /// Units requested, as it says.
    pub requested: Quantity,
    /// Last day of use of the batch that expires soonest.
    pub expiry: Option<Date>,
    /// What people note of it.
    pub note: Option<String>,
    /// Whether somebody has confirmed it as it stands.
    pub confirmed: bool,
    /// What stands against finalising it.
    pub problems: Vec<RnrProblem>,
    /// Cells of a finalised form that somebody wrote otherwise who did not know of the end.
    pub late: Vec<LateCell>,
}

/// What the ledger said of a line of a form, and the forms before it. Quantities in units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LedgerSaid {
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

/// Why a form cannot be finalised yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RnrProblem {
    /// Which line, counted from 0.
    pub line: u32,
    /// Which field of it.
    pub field: Field,
    /// What is wrong with it: `not-confirmed`, `negative`, `does-not-add-up` or `longer-than-period`.
    pub code: String,
    /// The quantity that is below zero, in units.
    #[serde(default)]
    pub quantity: Option<Quantity>,
    /// What the line adds up to, in units.
    #[serde(default)]
    pub expected: Option<Quantity>,
    /// How many days the period has.
    #[serde(default)]
    pub period_days: Option<u32>,
}

/// A form that is to be filled, or filled on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DueForm {
    /// The programme.
    pub programme: DocumentId,
    /// Its code.
    pub programme_code: String,
    /// Its name.
    pub programme_name: String,
    /// The period it reports.
    pub period: Period,
    /// Whether the period is over, so that the form can be filled whole.
    pub is_over: bool,
    /// The form, if it is made already.
    pub form: Option<DocumentId>,
}
