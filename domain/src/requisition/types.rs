//! A requisition as a document, as a row, and the commands that change it.

use std::collections::BTreeMap;
use std::fmt;

use crdt_store::{DocumentId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Date;
use crate::consumption::rounded;
use crate::quantity::Quantity;
use crate::record::{self, Stamp, clearable, record};
use crate::shipment::{End, Event};

/// Most lines of one requisition, as many as a shipment has.
pub const LINES_MAX: usize = 2_000;

/// Most lines of one requisition with those that were struck off again: they stay in the document, and what several devices
/// add without knowing of each other must still be taken by every other.
pub(super) const LINES_EVER_MAX: usize = 2 * LINES_MAX;

/// How far a requisition has come. It is read under a name of its own: a requisition stands beside its shipments, which
/// have a status too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename = "RequisitionStatus", rename_all = "kebab-case")]
pub enum Status {
    /// Being written by the customer.
    Draft,
    /// Before the supplier.
    Sent,
    /// Done with.
    Finalised,
    /// Thrown away before it was sent.
    Discarded,
}

impl Status {
    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sent => "sent",
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

/// What the supplier says of a requisition as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// It will be supplied.
    Approved,
    /// It will not.
    Denied,
}

/// An approval, and whose it is. One value: of two that were given without knowing of each other one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// What was decided.
    pub approval: Approval,
    /// When.
    #[serde(with = "crate::instant")]
    pub at: Timestamp,
    /// The user.
    pub by: DocumentId,
}

/// What a line was asked for on, kept as it was at the moment of sending. One value: of two devices that sent without
/// knowing of each other, one is believed about a line wholly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frozen {
    /// Units on the customer's shelf.
    pub on_hand: Quantity,
    /// Units on their way to it.
    pub on_order: Quantity,
    /// Units it consumes in a month.
    pub monthly: Quantity,
    /// On how many days of the months looked back over it had none.
    pub days_out: u32,
    /// Units the system suggested.
    pub suggested: Quantity,
    /// Units it asked for.
    pub requested: Quantity,
}

impl Frozen {
    /// For how many months the stock lasts, in thousandths of a month; nothing where nothing is consumed.
    pub fn months_of_stock(&self) -> Option<Quantity> {
        let (on_hand, monthly) = (self.on_hand.thousandths(), self.monthly.thousandths());
        let months = || rounded(i128::from(on_hand) * 1_000, i128::from(monthly));
        (monthly > 0).then(|| Quantity::from_thousandths(months()).clamped())
    }
}

/// A line of a requisition, gathered from its columns. There is one for each item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Units the customer asks for; nothing where the line was struck off.
    pub requested: Option<Quantity>,
    /// Why it is not what was suggested.
    pub reason: Option<DocumentId>,
    /// What the customer notes of it.
    pub note: Option<String>,
    /// As it was when it was sent.
    pub sent: Option<Frozen>,
    /// Units asked for after an amendment that the supplier took: it holds in place of what was sent.
    pub amended: Option<Quantity>,
    /// Units the supplier will give.
    pub supply: Option<Quantity>,
    /// What the supplier notes of it.
    pub supply_note: Option<String>,
}

/// A requisition, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Requisition {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// Number for people.
    pub number: String,
    /// The store that asks.
    pub customer: DocumentId,
    /// The store that is asked, if a store is.
    pub supplier_store: Option<DocumentId>,
    /// The partner that is asked, if a partner is.
    pub supplier_partner: Option<DocumentId>,
    /// The programme it is for: then it asks for that programme's items only.
    pub programme: Option<DocumentId>,
    /// What kind of order it is, of those of its programme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_type: Option<DocumentId>,
    /// First day of the period it is for, where its programme has periods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Date>,
    /// The R&R form it follows from, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rnr_form: Option<DocumentId>,
    /// Whether it cannot wait for the next regular one.
    pub emergency: bool,
    /// Months of stock below which something is suggested, in thousandths of a month.
    pub min_months: Quantity,
    /// Months of stock that are suggested up to, in thousandths of a month.
    pub max_months: Quantity,
    /// What it is called elsewhere.
    pub reference: Option<String>,
    /// What the customer notes of it.
    pub comment: Option<String>,
    /// What the supplier notes of it.
    pub supplier_comment: Option<String>,
    /// When the goods are needed.
    pub expected: Option<Date>,
    /// What the supplier decided, if it did.
    #[serde(default)]
    pub decision: Option<Decision>,
    /// Statuses reached.
    pub events: BTreeMap<Status, Event>,
    /// Units the customer asks for, by item; nothing where a line was struck off. Each column of the lines is a map of its
    /// own, made with the document: two devices that add the same item write one field, and neither hides the other.
    pub requested: BTreeMap<DocumentId, Option<Quantity>>,
    /// Why it is not what was suggested, by item.
    pub reasons: BTreeMap<DocumentId, Option<DocumentId>>,
    /// What the customer notes, by item.
    pub notes: BTreeMap<DocumentId, Option<String>>,
    /// Lines as they were when they were sent, by item.
    pub sent: BTreeMap<DocumentId, Frozen>,
    /// Units asked for after an amendment that the supplier took, by item.
    pub amended: BTreeMap<DocumentId, Quantity>,
    /// Units the supplier will give, by item.
    pub supply: BTreeMap<DocumentId, Quantity>,
    /// What the supplier notes, by item.
    pub supply_notes: BTreeMap<DocumentId, Option<String>>,
}

record!(Requisition, "requisition", "requisition");

/// From which end one looks at a requisition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// As the store that asks: its internal orders.
    Customer,
    /// As the store that is asked: its customers' requisitions.
    Supplier,
}

/// A requisition in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequisitionRow {
    /// Id.
    pub id: DocumentId,
    /// Number for people.
    pub number: String,
    /// The store that asks.
    pub customer: DocumentId,
    /// Who is asked.
    pub supplier: End,
    /// The programme it is for.
    pub programme: Option<DocumentId>,
    /// What kind of order it is, of those of its programme.
    #[serde(default)]
    pub order_type: Option<DocumentId>,
    /// First day of the period it is for, where its programme has periods.
    #[serde(default)]
    pub period: Option<Date>,
    /// The customer's R&R form that it follows from, if it does.
    pub rnr_form: Option<DocumentId>,
    /// Whether it cannot wait for the next regular one.
    pub emergency: bool,
    /// How far it has come by what people pressed.
    pub status: Status,
    /// When it reached its status.
    #[serde(with = "crate::instant")]
    pub status_at: Timestamp,
    /// What the supplier decided, if it did.
    pub approval: Option<Approval>,
    /// When it was made.
    #[serde(with = "crate::instant")]
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: DocumentId,
    /// When the goods are needed.
    pub expected: Option<Date>,
    /// How many lines ask for something.
    pub lines: u32,
    /// How many of them the customer would have otherwise than they were sent.
    pub amendments: u32,
    /// What it is called elsewhere.
    pub reference: Option<String>,
    /// What the customer notes of it.
    pub comment: Option<String>,
}

/// Makes a requisition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateRequisition {
    /// The store that asks.
    pub store: DocumentId,
    /// Who is asked; the store's supplier if absent.
    #[serde(default)]
    pub supplier: Option<End>,
    /// The programme it is for.
    #[serde(default)]
    pub programme: Option<DocumentId>,
    /// What kind of order it is: one of the programme's, where it has any. It says what the months are, and whether it
    /// is an emergency.
    #[serde(default)]
    pub order_type: Option<DocumentId>,
    /// First day of the period it is for, where the programme has periods; the one that is under way if absent.
    #[serde(default)]
    pub period: Option<Date>,
    /// Whether it cannot wait for the next regular one.
    #[serde(default)]
    pub emergency: bool,
    /// Months of stock below which something is suggested; the store's preference if absent.
    #[serde(default)]
    pub min_months: Option<Quantity>,
    /// Months of stock that are suggested up to; the store's preference if absent.
    #[serde(default)]
    pub max_months: Option<Quantity>,
    /// Whether it begins with every item of which something is suggested, and asks for that.
    #[serde(default)]
    pub suggest: bool,
    /// Its first lines.
    #[serde(default)]
    pub lines: Vec<NewLine>,
    /// What it is called elsewhere.
    #[serde(default)]
    pub reference: Option<String>,
    /// What the customer notes of it.
    #[serde(default)]
    pub comment: Option<String>,
    /// When the goods are needed.
    #[serde(default)]
    pub expected: Option<Date>,
}

/// A line to add; asking again for an item that is there already sets its quantity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLine {
    /// The item.
    pub item: DocumentId,
    /// Units; what is suggested if absent.
    #[serde(default)]
    pub requested: Option<Quantity>,
}

/// Adds lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddLines {
    /// The lines.
    pub lines: Vec<NewLine>,
}

/// Some lines of a requisition, or all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LineSelection {
    /// The items; all if absent.
    pub items: Option<Vec<DocumentId>>,
}

impl LineSelection {
    pub(super) fn contains(&self, item: DocumentId) -> bool {
        self.items.as_ref().is_none_or(|items| items.contains(&item))
    }
}

/// Changes the customer's part of a line; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateLine {
    /// Units asked for.
    #[serde(deserialize_with = "record::given")]
    pub requested: Option<Quantity>,
    /// Why it is not what was suggested.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub reason: Option<Option<DocumentId>>,
    /// What the customer notes of it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub note: Option<Option<String>>,
}

/// Changes a requisition's own fields; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateRequisition {
    /// Whether it cannot wait for the next regular one.
    #[serde(deserialize_with = "record::given")]
    pub emergency: Option<bool>,
    /// Months of stock below which something is suggested.
    #[serde(deserialize_with = "record::given")]
    pub min_months: Option<Quantity>,
    /// Months of stock that are suggested up to.
    #[serde(deserialize_with = "record::given")]
    pub max_months: Option<Quantity>,
    /// What it is called elsewhere.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Option<String>>,
    /// What the customer notes of it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub comment: Option<Option<String>>,
    /// When the goods are needed.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub expected: Option<Option<Date>>,
    /// What the supplier notes of it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub supplier_comment: Option<Option<String>>,
}

/// Changes the supplier's part of a line; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Supply {
    /// Units that will be given.
    #[serde(deserialize_with = "record::given")]
    pub supply: Option<Quantity>,
    /// What the supplier notes of it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub note: Option<Option<String>>,
}

/// Decides on a requisition as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approve {
    /// What is decided.
    pub approval: Approval,
    /// What the supplier notes of it.
    #[serde(default)]
    pub comment: Option<String>,
}

/// Settles an amendment: the supplier takes it, or what was sent stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TakeAmendment {
    /// Whether it is taken.
    pub accept: bool,
}
