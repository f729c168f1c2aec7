//! The shapes of replies that the domain only writes: what a client reads.
//!
//! The server serializes the domain's own rows; these are their mirror images, which describe them in the API's
//! document and read them back in tests. A field too many or too few on either side fails there.

use std::collections::BTreeMap;

use crdt_store::{DeviceId, DocumentId, Timestamp};
use domain::asset::AssetStatus;
use domain::conflict::FieldKind;
use domain::consumption::Window;
use domain::item::ItemRow;
use domain::query::stock::StockStatus;
use domain::query::stock_items::ItemFacet;
use domain::shipment::{End, Status, Verdict};
use domain::stock_line::Vvm;
use domain::stocktake::{Counts, Selection, StocktakeStatus};
use domain::{Date, Money, MovementKind, Permission, Quantity, TaskKind};
use serde::{Deserialize, Serialize};

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// A stock line with all its screen needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StockRow {
    /// The stock line.
    pub id: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// Its code.
    pub item_code: String,
    /// Its name.
    pub item_name: String,
    /// Its base unit.
    pub unit: String,
    /// Batch.
    pub batch: Option<String>,
    /// Last day of use.
    pub expiry: Option<Date>,
    /// Units per pack.
    pub pack_size: u32,
    /// Where it lies.
    pub location: Option<DocumentId>,
    /// The code of that place.
    pub location_code: Option<String>,
    /// Units on the shelf.
    pub on_hand: Quantity,
    /// Units promised.
    pub allocated: Quantity,
    /// Units that may be promised.
    pub available: Quantity,
    /// Whether it is on hold itself.
    pub on_hold: bool,
    /// What the vial monitor shows.
    pub vvm: Option<Vvm>,
    /// What a pack cost.
    pub cost_price: Option<Money>,
    /// What a pack is sold for.
    pub sell_price: Option<Money>,
    /// The store or partner it came from.
    pub supplier: Option<DocumentId>,
    /// What people note of it.
    pub note: Option<String>,
    /// Day of manufacture.
    pub manufactured: Option<Date>,
    /// Who paid for it.
    pub donor: Option<DocumentId>,
    /// Which variant of the item it is.
    pub variant: Option<DocumentId>,
    /// The programme it is kept for.
    pub programme: Option<DocumentId>,
    /// When the vial monitor was looked at.
    #[serde(with = "domain::instant::optional")]
    pub vvm_at: Option<Timestamp>,
    /// What was noted of it then.
    pub vvm_note: Option<String>,
    /// Whether nothing may be taken from it: it is on hold, or its location is, or what that stands in.
    pub held: bool,
    /// What to know at first sight.
    pub status: StockStatus,
}

/// An item as a store has it, with what follows from its consumption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ItemFigures {
    /// The item.
    pub item: ItemRow,
    /// Units on the shelf.
    pub on_hand: Quantity,
    /// Units promised.
    pub allocated: Quantity,
    /// Units that may be promised.
    pub available: Quantity,
    /// Units on their way and not received.
    pub on_order: Quantity,
    /// Units consumed within the look-back.
    pub consumed: Quantity,
    /// Average monthly consumption, in units.
    pub amc: Quantity,
    /// Months of stock; nothing where nothing is consumed.
    pub months_of_stock: Option<Quantity>,
    /// Days of the look-back on which it was out of stock.
    pub days_out: u32,
    /// The parts of the store's items that it belongs to, those by expiry left out.
    pub facets: Vec<ItemFacet>,
}

/// An item's figures, and all that they follow from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Explanation {
    /// The item.
    pub item: ItemRow,
    /// Units on the shelf.
    pub on_hand: Quantity,
    /// Units promised.
    pub allocated: Quantity,
    /// Units that may be promised.
    pub available: Quantity,
    /// Units on their way and not received.
    pub on_order: Quantity,
    /// Units consumed within the look-back.
    pub consumed: Quantity,
    /// Average monthly consumption, in units.
    pub amc: Quantity,
    /// Months of stock; nothing where nothing is consumed.
    pub months_of_stock: Option<Quantity>,
    /// Days of the look-back on which it was out of stock.
    pub days_out: u32,
    /// The parts of the store's items that it belongs to, those by expiry left out.
    pub facets: Vec<ItemFacet>,
    /// The days that consumption is averaged over.
    pub window: Window,
    /// Whether the average is adjusted for days out of stock.
    pub adjusted: bool,
    /// Below so many months of stock it is low.
    pub understock_months: u32,
    /// Above so many months of stock it is in excess.
    pub overstock_months: u32,
    /// What the months below which it is low need.
    pub minimum: Quantity,
    /// What the months above which it is in excess need.
    pub maximum: Quantity,
    /// All movements by kind; together they are what is on hand.
    pub movements: Vec<KindTotal>,
}

/// The movements of a kind added up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KindTotal {
    /// The kind.
    pub kind: MovementKind,
    /// How many there were.
    pub movements: u64,
    /// By how much on hand rose, or fell.
    pub quantity: Quantity,
}

/// A line that is on its way to a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OnOrderEntry {
    /// The shipment.
    pub shipment: DocumentId,
    /// Its number for people.
    pub number: String,
    /// The line.
    pub line: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// Who sends.
    pub sender: End,
    /// How far the shipment has come.
    pub status: Status,
    /// When it should arrive.
    pub expected: Option<Date>,
    /// How many units it brings.
    pub quantity: Quantity,
    /// Batch.
    pub batch: Option<String>,
    /// Last day of use.
    pub expiry: Option<Date>,
    /// The name of the store or partner that sends.
    pub sender_name: String,
}

/// What was consumed in a calendar month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MonthConsumption {
    /// The first day of the month.
    pub month: Date,
    /// How many units were given out.
    pub consumed: Quantity,
    /// By how many movements.
    pub movements: u64,
}

/// A movement in the ledger of a whole store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoreLedgerEntry {
    /// The document of the act.
    pub document: DocumentId,
    /// Its class.
    pub class: String,
    /// Its number for people, where it has one.
    pub number: Option<String>,
    /// The store.
    pub store: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// The stock line.
    pub stock_line: DocumentId,
    /// What kind of act it was.
    pub kind: MovementKind,
    /// By how much on hand rose, or fell.
    pub quantity: Quantity,
    /// When.
    #[serde(with = "domain::instant")]
    pub at: Timestamp,
    /// The user who did it.
    pub by: DocumentId,
    /// Why, where a reason was given.
    pub reason: Option<DocumentId>,
    /// The store or partner at the other end.
    pub other: Option<DocumentId>,
    /// The item's code.
    pub item_code: String,
    /// The item's name.
    pub item_name: String,
    /// The item's base unit.
    pub unit: String,
    /// The batch moved.
    pub batch: Option<String>,
    /// Its last day of use.
    pub expiry: Option<Date>,
    /// The name of the store or partner at the other end.
    pub other_name: Option<String>,
    /// The name of the user.
    pub by_name: Option<String>,
    /// The text of the reason.
    pub reason_text: Option<String>,
}

/// A movement with the balance after it and the names a person reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LedgerEntry {
    /// The document of the act.
    pub document: DocumentId,
    /// Its class.
    pub class: String,
    /// Its number for people, where it has one.
    pub number: Option<String>,
    /// The store.
    pub store: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// The stock line.
    pub stock_line: DocumentId,
    /// What kind of act it was.
    pub kind: MovementKind,
    /// By how much on hand rose, or fell.
    pub quantity: Quantity,
    /// When.
    #[serde(with = "domain::instant")]
    pub at: Timestamp,
    /// The user who did it.
    pub by: DocumentId,
    /// Why, where a reason was given.
    pub reason: Option<DocumentId>,
    /// The store or partner at the other end.
    pub other: Option<DocumentId>,
    /// On hand after it: of the item in the store, or of the stock line.
    pub balance: Quantity,
    /// The batch moved.
    pub batch: Option<String>,
    /// Its last day of use.
    pub expiry: Option<Date>,
    /// The name of the store or partner at the other end.
    pub other_name: Option<String>,
    /// The name of the user.
    pub by_name: Option<String>,
    /// The text of the reason.
    pub reason_text: Option<String>,
}

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
    /// Statuses reached, in their order.
    pub events: Vec<StatusEvent>,
    /// Lines in the order in which they were made, those struck off left out.
    pub line_details: Vec<LineDetail>,
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
    /// Units that are to leave.
    pub quantity: Quantity,
    /// Units that left.
    pub issued: Quantity,
    /// Units that arrived, once somebody counted.
    pub received: Option<Quantity>,
    /// The sender's price of a pack.
    pub price: Option<Money>,
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

/// A piece of equipment in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssetListRow {
    /// Id.
    pub id: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// Number on the label.
    pub number: String,
    /// Class.
    pub class_name: Option<String>,
    /// Category.
    pub category: Option<String>,
    /// Type.
    pub kind: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Code in the catalogue.
    pub catalogue_code: Option<String>,
    /// Where it stands.
    pub location: Option<DocumentId>,
    /// Day of installation.
    pub installed: Option<Date>,
    /// Day on which it should be replaced.
    pub replacement: Option<Date>,
    /// First day of the warranty.
    pub warranty_start: Option<Date>,
    /// Last day of the warranty.
    pub warranty_end: Option<Date>,
    /// Who paid for it.
    pub donor: Option<String>,
    /// Whether it needs replacement.
    pub needs_replacement: bool,
    /// What people note of it.
    pub note: Option<String>,
    /// The name of its store.
    pub store_name: String,
    /// The code of the place where it stands.
    pub location_code: Option<String>,
    /// Its status, unless nobody has said anything yet.
    pub status: Option<AssetStatus>,
    /// Since when.
    #[serde(default, with = "domain::instant::optional")]
    pub status_at: Option<Timestamp>,
    /// Why.
    pub reason_text: Option<String>,
}

/// A piece of equipment with its log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssetDetail {
    /// Id.
    pub id: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// Number on the label.
    pub number: String,
    /// Class.
    pub class_name: Option<String>,
    /// Category.
    pub category: Option<String>,
    /// Type.
    pub kind: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Code in the catalogue.
    pub catalogue_code: Option<String>,
    /// Where it stands.
    pub location: Option<DocumentId>,
    /// Day of installation.
    pub installed: Option<Date>,
    /// Day on which it should be replaced.
    pub replacement: Option<Date>,
    /// First day of the warranty.
    pub warranty_start: Option<Date>,
    /// Last day of the warranty.
    pub warranty_end: Option<Date>,
    /// Who paid for it.
    pub donor: Option<String>,
    /// Whether it needs replacement.
    pub needs_replacement: bool,
    /// What people note of it.
    pub note: Option<String>,
    /// The name of its store.
    pub store_name: String,
    /// The code of the place where it stands.
    pub location_code: Option<String>,
    /// Its status, unless nobody has said anything yet.
    pub status: Option<AssetStatus>,
    /// Since when.
    #[serde(default, with = "domain::instant::optional")]
    pub status_at: Option<Timestamp>,
    /// Why.
    pub reason_text: Option<String>,
    /// The newest entries of its log, newest first: at most 200.
    pub log: Vec<AssetLogEntry>,
}

/// An entry of a log with the names a person reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssetLogEntry {
    /// Id.
    pub id: DocumentId,
    /// The asset.
    pub asset: DocumentId,
    /// Whether it works.
    pub status: AssetStatus,
    /// Why.
    pub reason: Option<DocumentId>,
    /// What people say of it.
    pub comment: Option<String>,
    /// When it was so.
    #[serde(with = "domain::instant")]
    pub at: Timestamp,
    /// When it was recorded.
    #[serde(with = "domain::instant")]
    pub recorded_at: Timestamp,
    /// Who recorded it.
    pub by: DocumentId,
    /// The text of the reason.
    pub reason_text: Option<String>,
    /// The name of the user.
    pub by_name: Option<String>,
}

/// A stocktake with how far its counting has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StocktakeEntry {
    /// Id.
    pub id: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// Number for people.
    pub number: String,
    /// What people call it.
    pub description: Option<String>,
    /// What people note of it.
    pub comment: Option<String>,
    /// How far it has come.
    pub status: StocktakeStatus,
    /// The store's first: differences need no reason.
    pub initial: bool,
    /// Counters do not see what is expected.
    pub blind: bool,
    /// Nobody counts for now.
    pub on_hold: bool,
    /// Which stock lines it began with.
    pub selection: Selection,
    /// How many count sheets there are.
    pub sheets: u32,
    /// When it was begun.
    #[serde(with = "domain::instant")]
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: DocumentId,
    /// When it was finalised or given up.
    #[serde(with = "domain::instant::optional")]
    pub closed_at: Option<Timestamp>,
    /// By whom.
    pub closed_by: Option<DocumentId>,
    /// Lines whose stock was adjusted.
    pub adjusted: u32,
    /// Lines that were as they should be.
    pub confirmed: u32,
    /// Counts of its lines.
    pub counts: Counts,
    /// Whether counts arrived after it was finalised.
    pub late: bool,
    /// The name of who began it.
    pub created_by_name: Option<String>,
    /// The name of who closed it.
    pub closed_by_name: Option<String>,
    /// The name of the programme it is about.
    pub programme_name: Option<String>,
    /// The code of the location it is about.
    pub location_code: Option<String>,
    /// The name of the item it is about.
    pub item_name: Option<String>,
    /// Sheets that have not arrived on this device yet.
    pub missing_sheets: u32,
}

/// A count, and who made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CountEntry {
    /// The observation.
    pub id: DocumentId,
    /// What was counted.
    pub quantity: Quantity,
    /// What was on paper, by what the counter knew.
    pub balance: Quantity,
    /// By how much they differ.
    pub difference: Quantity,
    /// When.
    #[serde(with = "domain::instant")]
    pub at: Timestamp,
    /// The user.
    pub by: DocumentId,
    /// Their name.
    pub by_name: Option<String>,
    /// The device.
    pub device: DeviceId,
    /// Its name.
    pub device_name: Option<String>,
}

/// A line of a stocktake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StocktakeLine {
    /// The stock line.
    pub stock_line: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// Its code.
    pub item_code: String,
    /// Its name.
    pub item_name: String,
    /// Its base unit.
    pub unit: String,
    /// Its place on the sheet, from 1.
    pub position: u32,
    /// Batch.
    pub batch: Option<String>,
    /// Last day of use.
    pub expiry: Option<Date>,
    /// Units per pack.
    pub pack_size: u32,
    /// Where it lies.
    pub location: Option<DocumentId>,
    /// The code of that place.
    pub location_code: Option<String>,
    /// On paper now.
    pub on_hand: Quantity,
    /// The count that stands.
    pub count: Option<CountEntry>,
    /// Counts by others who did not know of it, and that say something else.
    pub rivals: Vec<CountEntry>,
    /// Movements that its counter did not know and that may have happened before.
    pub in_doubt: Vec<LedgerEntry>,
    /// Whether more has left since it was counted than was counted: it must be counted again.
    pub below_zero: bool,
    /// Why it differs.
    pub reason: Option<DocumentId>,
    /// The text of the reason.
    pub reason_text: Option<String>,
    /// What people note of it.
    pub note: Option<String>,
    /// By how much the finalised stocktake adjusted it.
    pub adjusted: Option<Quantity>,
    /// What was counted when it was finalised.
    pub finalised_count: Option<Quantity>,
    /// Whether it was counted (again) after the stocktake was finalised.
    pub late: bool,
    /// Names the state of the line, for commands.
    pub state: String,
}

/// A task with what a person needs to settle it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskEntry {
    /// What is contradictory.
    pub kind: TaskKind,
    /// Whose task it is.
    pub store: DocumentId,
    /// The document to open.
    pub document: DocumentId,
    /// Its number for people.
    pub number: Option<String>,
    /// The line of the document.
    pub line: Option<DocumentId>,
    /// The item.
    pub item: Option<DocumentId>,
    /// The stock line; its ledger names the documents and users that led here.
    pub stock_line: Option<DocumentId>,
    /// What should have been.
    pub expected: Quantity,
    /// What was.
    pub found: Quantity,
    /// The item's code.
    pub item_code: Option<String>,
    /// The item's name.
    pub item_name: Option<String>,
    /// The batch.
    pub batch: Option<String>,
    /// The name of the store whose task it is.
    pub store_name: String,
    /// For over-issue: the latest movements that took from the stock line, newest first.
    pub causes: Vec<TaskCause>,
    /// For conflicting values: what stands against what.
    pub conflict: Option<ConflictEntry>,
}

/// A field that holds several values, with all a person needs to choose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConflictEntry {
    /// The class of the document.
    pub class: String,
    /// What people call the document, where it is not an item's batch: a code or a number.
    pub subject: Option<String>,
    /// The field, as a JSON pointer into the document.
    pub pointer: String,
    /// What its values are.
    pub kind: FieldKind,
    /// The permission that settling it needs.
    pub permission: Permission,
    /// The different values, the one that is shown first.
    pub choices: Vec<ConflictChoice>,
}

/// One of the values of a conflict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConflictChoice {
    /// Names the value when it is chosen.
    pub change: String,
    /// The value, as the API writes it; null where the field was emptied.
    pub value: Option<String>,
    /// What people call it, where the value is an id that this device knows.
    pub label: Option<String>,
    /// Whether it is the one that is shown everywhere now.
    pub current: bool,
    /// Who wrote it, the latest first.
    pub writers: Vec<ConflictWriter>,
}

/// Who wrote a value, when and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConflictWriter {
    /// The user; null for the system.
    pub by: Option<DocumentId>,
    /// The name of the user.
    pub by_name: Option<String>,
    /// The device, if this device knows it.
    pub device: Option<DeviceId>,
    /// Its name.
    pub device_name: Option<String>,
    /// When, by that device's clock.
    #[serde(with = "domain::instant")]
    pub at: Timestamp,
}

/// A movement that led to a task, and who made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskCause {
    /// The document of the act.
    pub document: DocumentId,
    /// Its class.
    pub class: String,
    /// Its number for people, where it has one.
    pub number: Option<String>,
    /// The store.
    pub store: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// The stock line.
    pub stock_line: DocumentId,
    /// What kind of act it was.
    pub kind: MovementKind,
    /// By how much on hand rose, or fell.
    pub quantity: Quantity,
    /// When.
    #[serde(with = "domain::instant")]
    pub at: Timestamp,
    /// The user who did it.
    pub by: DocumentId,
    /// Why, where a reason was given.
    pub reason: Option<DocumentId>,
    /// The store or partner at the other end.
    pub other: Option<DocumentId>,
    /// The name of the user.
    pub by_name: Option<String>,
}

/// An item as the country has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NationalRow {
    /// The item.
    pub item: ItemRow,
    /// Units on all shelves.
    pub on_hand: Quantity,
    /// Units promised.
    pub allocated: Quantity,
}

/// An item as one store has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoreStockRow {
    /// The store.
    pub store: DocumentId,
    /// Its code.
    pub store_code: String,
    /// Its name.
    pub store_name: String,
    /// 1 national, 2 district, 3 health centre.
    pub level: u8,
    /// Units on its shelf.
    pub on_hand: Quantity,
    /// Units promised.
    pub allocated: Quantity,
}

/// A figure of the dashboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Figure {
    /// Stable code, such as `batches-expired`.
    pub code: String,
    /// How many.
    pub count: u64,
    /// The list it opens: `stock`, `items`, `inbound-shipments`, `outbound-shipments`, `assets`, `tasks`.
    pub list: String,
    /// The filter of that list.
    pub filter: BTreeMap<String, String>,
}

/// A stock line was put somewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MoveEntry {
    /// When, by the clock of the device.
    #[serde(with = "domain::instant")]
    pub at: Timestamp,
    /// The user; none for the system itself.
    pub by: Option<DocumentId>,
    /// Their name.
    pub by_name: Option<String>,
    /// The name of the device, as far as it is known here.
    pub device: Option<String>,
    /// Whether it was made there: its first place.
    pub first: bool,
    /// Where it was.
    pub from: Option<DocumentId>,
    /// The code of that place.
    pub from_code: Option<String>,
    /// Where it was put.
    pub to: Option<DocumentId>,
    /// The code of that place.
    pub to_code: Option<String>,
}

/// Somebody looked at the vial monitor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VvmEntry {
    /// When, by the clock of the device.
    #[serde(with = "domain::instant")]
    pub at: Timestamp,
    /// The user; none for the system itself.
    pub by: Option<DocumentId>,
    /// Their name.
    pub by_name: Option<String>,
    /// The name of the device, as far as it is known here.
    pub device: Option<String>,
    /// What it showed before.
    pub before: Option<Vvm>,
    /// What it showed.
    pub vvm: Option<Vvm>,
    /// When they looked.
    #[serde(with = "domain::instant::optional")]
    pub observed_at: Option<Timestamp>,
    /// What they noted.
    pub note: Option<String>,
}

/// Somebody held a stock line back, or released it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HoldEntry {
    /// When, by the clock of the device.
    #[serde(with = "domain::instant")]
    pub at: Timestamp,
    /// The user; none for the system itself.
    pub by: Option<DocumentId>,
    /// Their name.
    pub by_name: Option<String>,
    /// The name of the device, as far as it is known here.
    pub device: Option<String>,
    /// Whether nothing could be taken from it from then on.
    pub on_hold: bool,
}

/// All that happened to a stock line on its shelf, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShelfLog {
    /// Where it was put.
    pub moves: Vec<MoveEntry>,
    /// What its vial monitor showed.
    pub vvm: Vec<VvmEntry>,
    /// When it was held and released.
    pub holds: Vec<HoldEntry>,
}

/// A repack with the names a person reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RepackDetail {
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
    /// The item.
    pub item: DocumentId,
    /// The stock line that units left.
    pub from: DocumentId,
    /// Units per pack in it.
    pub from_pack_size: u32,
    /// The stock line they came into.
    pub to: DocumentId,
    /// Units per pack in that.
    pub pack_size: u32,
    /// How many units.
    pub quantity: Quantity,
    /// Where they were put.
    pub location: Option<DocumentId>,
    /// What people note of it.
    pub comment: Option<String>,
    /// The name of the user.
    pub by_name: Option<String>,
    /// The item's code.
    pub item_code: String,
    /// The item's name.
    pub item_name: String,
    /// Its base unit.
    pub unit: String,
    /// The batch.
    pub batch: Option<String>,
    /// Its last day of use.
    pub expiry: Option<Date>,
    /// The code of the place where the stock line that they left lies now.
    pub from_location: Option<String>,
    /// The code of the place where they were put.
    pub to_location: Option<String>,
    /// Units in the stock line they came into, as of now.
    pub to_on_hand: Quantity,
}

/// An article number that a store has learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BarcodeListRow {
    /// Id.
    pub id: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// The article number, 14 digits.
    pub gtin: String,
    /// What it means.
    pub item: DocumentId,
    /// Units in the box that carries it.
    pub pack_size: Option<u32>,
    /// The item's code.
    pub item_code: String,
    /// Its name.
    pub item_name: String,
}

/// One way to understand what was scanned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScanReading {
    /// What the label says, element by element.
    pub elements: Vec<domain::gs1::Element>,
    /// The article number, 14 digits.
    pub gtin: Option<String>,
    /// The batch.
    pub batch: Option<String>,
    /// The last day of use.
    pub expiry: Option<Date>,
    /// The day of manufacture.
    pub manufactured: Option<Date>,
    /// The serial number.
    pub serial: Option<String>,
    /// How many articles the box contains, where its label says it.
    pub count: Option<u32>,
    /// The item, if it is known.
    pub item: Option<ItemRow>,
    /// Units in the box, if it is known.
    pub pack_size: Option<u32>,
    /// The barcode by which the store knows the item.
    pub barcode: Option<DocumentId>,
    /// The batches of the store that fit, by expiry.
    pub lines: Vec<StockRow>,
    /// What to look at.
    pub warnings: Vec<domain::query::scan::ScanWarning>,
}

/// What a scanned text means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scanned {
    /// The text.
    pub text: String,
    /// What kind of thing it is.
    pub kind: domain::query::scan::ScanKind,
    /// Whether there is no doubt how to read it. If there is, a person chooses among the readings.
    pub sure: bool,
    /// How it can be understood.
    pub readings: Vec<ScanReading>,
    /// The shelf, if it is one.
    pub location: Option<domain::location::LocationRow>,
}
