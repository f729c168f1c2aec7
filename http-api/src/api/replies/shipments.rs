//! Shipments and adjustments.

use crdt_store::{DocumentId, Timestamp};
use domain::shipment::{End, ShipmentKind, Status, Verdict};
use domain::{Date, Money, Quantity};
use serde::{Deserialize, Serialize};

/// A shipment in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShipmentListRow {
    /// Id.
    pub id: DocumentId,
    /// Number for people.
    pub number: String,
    /// Who sends.
    pub sender: End,
    /// Who receives.
    pub receiver: End,
    /// What it is for.
    pub kind: ShipmentKind,
    /// The shipment whose goods it gives back, where a return says so.
    pub returns: Option<DocumentId>,
    /// How far it has come.
    pub status: Status,
    /// Whether a cancellation came after the goods had left.
    pub cancel_requested: bool,
    /// Whether it is on hold.
    pub on_hold: bool,
    /// When it was made.
    #[serde(with = "domain::instant")]
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: DocumentId,
    /// When it reached its status.
    #[serde(with = "domain::instant")]
    pub status_at: Timestamp,
    /// When it should arrive.
    pub expected: Option<Date>,
    /// How many lines.
    pub lines: u32,
    /// How many of them have no batch yet.
    pub placeholders: u32,
    /// What its lines are worth that have a price: those that left, or before that those that are to leave. None where no
    /// line has one.
    pub value: Option<Money>,
    /// The requisition that it answers.
    pub requisition: Option<DocumentId>,
    /// What it is called elsewhere.
    pub reference: Option<String>,
    /// What the sender notes of it.
    pub comment: Option<String>,
    /// The name of the store or partner at the other end.
    pub other_name: String,
}

/// A shipment with its lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShipmentDetail {
    /// Id.
    pub id: DocumentId,
    /// Number for people.
    pub number: String,
    /// Who sends.
    pub sender: End,
    /// Who receives.
    pub receiver: End,
    /// What it is for.
    pub kind: ShipmentKind,
    /// The shipment whose goods it gives back, where a return says so.
    pub returns: Option<DocumentId>,
    /// How far it has come.
    pub status: Status,
    /// Whether a cancellation came after the goods had left.
    pub cancel_requested: bool,
    /// Whether it is on hold.
    pub on_hold: bool,
    /// When it was made.
    #[serde(with = "domain::instant")]
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: DocumentId,
    /// When it reached its status.
    #[serde(with = "domain::instant")]
    pub status_at: Timestamp,
    /// When it should arrive.
    pub expected: Option<Date>,
    /// How many lines.
    pub lines: u32,
    /// How many of them have no batch yet.
    pub placeholders: u32,
    /// What its lines are worth that have a price: those that left, or before that those that are to leave. None where no
    /// line has one.
    pub value: Option<Money>,
    /// The requisition that it answers.
    pub requisition: Option<DocumentId>,
    /// What it is called elsewhere.
    pub reference: Option<String>,
    /// What the sender notes of it.
    pub comment: Option<String>,
    /// The sender's name.
    pub sender_name: String,
    /// The receiver's name.
    pub receiver_name: String,
    /// What the receiver notes of it.
    pub receiver_comment: Option<String>,
    /// How it travels.
    pub transport: Option<String>,
    /// The number of the shipment whose goods it gives back, if this device knows it.
    pub returns_number: Option<String>,
    /// The returns that give back goods of it, in the order in which they were made.
    pub returned_by: Vec<ReturnRow>,
    /// What the lines received are worth that have a price, at the sender's prices. None where no such line has one.
    pub received_value: Option<Money>,
    /// Statuses reached, in their order.
    pub events: Vec<StatusEvent>,
    /// Lines by item name and expiry, those struck off left out.
    pub line_details: Vec<LineDetail>,
}

/// A return that gives back goods of a shipment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReturnRow {
    /// Id.
    pub id: DocumentId,
    /// Number for people.
    pub number: String,
    /// How far it has come.
    pub status: Status,
}

/// A status that was reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatusEvent {
    /// The status.
    pub status: Status,
    /// When.
    #[serde(with = "domain::instant")]
    pub at: Timestamp,
    /// The user.
    pub by: DocumentId,
    /// Their name.
    pub by_name: Option<String>,
}

/// A line of a shipment, as both ends see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LineDetail {
    /// The line.
    pub id: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// Its code.
    pub item_code: String,
    /// Its name.
    pub item_name: String,
    /// Its base unit.
    pub unit: String,
    /// The sender's stock line.
    pub stock_line: Option<DocumentId>,
    /// The stock line it became at the receiver's.
    pub received_line: Option<DocumentId>,
    /// Batch.
    pub batch: Option<String>,
    /// Last day of use.
    pub expiry: Option<Date>,
    /// Units per pack.
    pub pack_size: u32,
    /// Units per pack as the receiver keeps it, where that is not as it was sent.
    pub received_pack_size: Option<u32>,
    /// Units that are to leave.
    pub quantity: Quantity,
    /// Units that were checked against the shipment while picking.
    pub checked: Quantity,
    /// Units that left.
    pub issued: Quantity,
    /// Units that arrived, once somebody counted.
    pub received: Option<Quantity>,
    /// The sender's price of a pack.
    pub price: Option<Money>,
    /// What left, or before that is to leave, at that price.
    pub value: Option<Money>,
    /// What arrived, at that price; not what was rejected.
    pub received_value: Option<Money>,
    /// Why it goes back, on a return.
    pub reason: Option<DocumentId>,
    /// The same in words.
    pub reason_text: Option<String>,
    /// Which line of the shipment returned it gives back.
    pub returns: Option<DocumentId>,
    /// Units of it that go back or have come back, by all returns.
    pub given_back: Quantity,
    /// What the sender notes of it.
    pub note: Option<String>,
    /// Where the receiver puts it.
    pub location: Option<DocumentId>,
    /// The code of that place.
    pub location_code: Option<String>,
    /// What the receiver thinks of it.
    pub verdict: Verdict,
    /// What the receiver notes of it.
    pub received_note: Option<String>,
    /// Whether it waits for a batch.
    pub placeholder: bool,
    /// Whether something else was received than was sent.
    pub discrepancy: bool,
    /// What an edit that came too late would have it be.
    pub late_amendment: Option<Quantity>,
    /// Whether the sender has struck it off.
    pub removed: bool,
}

/// An adjustment with its lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdjustmentDetail {
    /// Id.
    pub id: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// Number for people.
    pub number: String,
    /// When.
    #[serde(with = "domain::instant")]
    pub at: Timestamp,
    /// The user.
    pub by: DocumentId,
    /// Their name.
    pub by_name: Option<String>,
    /// What people note of it.
    pub comment: Option<String>,
    /// Lines in the order in which they were made.
    pub lines: Vec<AdjustmentLineDetail>,
}

/// A line of an adjustment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdjustmentLineDetail {
    /// The line.
    pub id: DocumentId,
    /// The stock line.
    pub stock_line: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// Its code.
    pub item_code: String,
    /// Its name.
    pub item_name: String,
    /// The batch.
    pub batch: Option<String>,
    /// What was added; below zero what was taken away.
    pub quantity: Quantity,
    /// Why.
    pub reason_text: Option<String>,
    /// What people note of it.
    pub note: Option<String>,
}
