//! Stock: what lies where, what items come to, and what happened on the shelf.

use crdt_store::{DocumentId, Timestamp};
use domain::consumption::Window;
use domain::item::ItemRow;
use domain::query::stock::StockStatus;
use domain::query::stock_items::ItemFacet;
use domain::share::Holding;
use domain::shipment::{End, Status};
use domain::stock_line::Vvm;
use domain::{Date, Money, MovementKind, Quantity};
use serde::{Deserialize, Serialize};

/// What of a stock line may be promised by whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StockShares {
    /// Units that this device may promise.
    pub here: Quantity,
    /// Units beyond that, which other devices of the store may.
    pub elsewhere: Quantity,
    /// What each device of the store holds; nothing where the store does not share its stock.
    pub rows: Vec<Holding>,
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
