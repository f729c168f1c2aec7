//! Stocktakes and count sheets as documents, as rows, and the commands on them.

use std::collections::BTreeMap;

use crdt_store::{DeviceId, DocumentId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::quantity::{Money, Quantity};
use crate::record::{Stamp, clearable, given, record};
use crate::shipment::Event;
use crate::{Date, text};

/// Most lines of a stocktake: counting more in one go is the work of weeks. What is merged may have somewhat more.
pub const LINES_MAX: usize = 6_000;

/// Lines that a count sheet is laid out for: a small document, quick to read and to merge.
pub(super) const SHEET_LINES: usize = 50;

/// Sheets of a stocktake that begins blank.
pub(super) const SHEETS_BLANK: u32 = 8;

// ---- documents ----

/// How far a stocktake has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StocktakeStatus {
    /// People are counting.
    Counting,
    /// Its differences have been adjusted.
    Finalised,
    /// Given up: adjusted nothing.
    Cancelled,
}

impl StocktakeStatus {
    /// The word in the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Counting => "counting",
            Self::Finalised => "finalised",
            Self::Cancelled => "cancelled",
        }
    }
}

impl std::fmt::Display for StocktakeStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// Which stock lines a stocktake began with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Selection {
    /// None: lines are added one by one.
    pub blank: bool,
    /// Only what lies here, or in a location that stands in this one.
    pub location: Option<DocumentId>,
    /// Only what is kept for this programme: what says so, and items of the programme that say nothing.
    pub programme: Option<DocumentId>,
    /// Only what expires on this day or earlier.
    pub expiring_until: Option<Date>,
    /// Only this item.
    pub item: Option<DocumentId>,
    /// Batches that are used up on paper as well.
    pub include_empty: bool,
}

/// A stocktake, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stocktake {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The store.
    pub store: DocumentId,
    /// Number for people.
    pub number: String,
    /// What people call it.
    pub description: Option<String>,
    /// What people note of it.
    pub comment: Option<String>,
    /// The store's first: differences need no reason.
    pub initial: bool,
    /// Counters do not see what is expected.
    pub blind: bool,
    /// Nobody counts for now.
    pub on_hold: bool,
    /// Which stock lines it began with.
    pub selection: Selection,
    /// How many count sheets there are; they are numbered from 0.
    pub sheets: u32,
    /// The first event of each status.
    pub events: BTreeMap<StocktakeStatus, Event>,
    /// Stock lines that differed, as they were finalised.
    pub adjusted: BTreeMap<DocumentId, Adjusted>,
    /// Stock lines that were as they should be, as they were finalised.
    pub confirmed: BTreeMap<DocumentId, Confirmed>,
    /// Late counts that somebody decided not to apply: by stock line the mark of the outcome that was put aside.
    pub put_aside: BTreeMap<DocumentId, i64>,
}

record!(Stocktake, "stocktake", "stocktake");

/// What finalising made of a stock line that differed. Written once per line and device that finalised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adjusted {
    /// The item.
    pub item: DocumentId,
    /// By how much on hand changes.
    pub quantity: Quantity,
    /// What was counted.
    pub counted: Quantity,
    /// Why, where a reason was given.
    pub reason: Option<DocumentId>,
    /// How many adjustments by other counts of this line the counter knew of.
    pub knew: u32,
    /// How many pairs of rival adjustments of this line this count settles.
    pub settles: u32,
}

/// What finalising made of a stock line that was as it should be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confirmed {
    /// What was counted.
    pub counted: Quantity,
    /// How many pairs of rival adjustments of this line this count settles.
    pub settles: u32,
}

/// A count sheet, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The store.
    pub store: DocumentId,
    /// The stocktake.
    pub stocktake: DocumentId,
    /// What is to be counted, by stock line.
    pub lines: BTreeMap<DocumentId, SheetLine>,
    /// Stock lines that were struck off (or put back).
    pub struck: BTreeMap<DocumentId, bool>,
    /// Observations, each written by one life of one device's database.
    pub counts: BTreeMap<DocumentId, Observation>,
    /// Why a line differs, by stock line.
    pub reasons: BTreeMap<DocumentId, Option<DocumentId>>,
    /// What people note of a line, by stock line.
    pub notes: BTreeMap<DocumentId, Option<String>>,
}

record!(Sheet, "stocktake_sheet", "count sheet");

/// A stock line on a sheet. Two devices that add the same line write the same but for its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetLine {
    /// The item.
    pub item: DocumentId,
    /// Its place on paper and on the screen, from 1.
    pub position: u32,
}

/// A count, with what its device knew when it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The stock line.
    pub line: DocumentId,
    /// What is there; nothing where the count was withdrawn.
    pub quantity: Option<Quantity>,
    /// On hand on paper, by the movements known.
    pub balance: Quantity,
    /// The movements known: a mark of four bytes each, the newest ones.
    #[serde(with = "serde_bytes")]
    pub known: Vec<u8>,
    /// Movements up to then are taken as known; all that were known are marked if nothing stands here.
    pub known_until: Option<Timestamp>,
    /// How many of them are adjustments by other counts.
    pub knew_counts: u32,
    /// Pairs of rival adjustments by other counts that nothing had settled.
    pub unsettled: u32,
    /// Counts how often this device has changed its observation, from 1.
    pub revision: u32,
    /// The observations by others that it was made knowing, with their revisions.
    pub seen: BTreeMap<DocumentId, u32>,
    /// When.
    pub at: Timestamp,
    /// The user.
    pub by: DocumentId,
    /// The device.
    pub device: DeviceId,
    /// The import that brought it.
    #[serde(default)]
    pub import: Option<DocumentId>,
}

impl Observation {
    /// By how much the shelf differs from paper; nothing where the count was withdrawn.
    pub fn difference(&self) -> Option<Quantity> {
        self.quantity.map(|quantity| quantity - self.balance)
    }
}

// ---- rows ----

/// A stocktake in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StocktakeRow {
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
    #[serde(with = "crate::instant")]
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: DocumentId,
    /// When it was finalised or given up.
    #[serde(with = "crate::instant::optional")]
    pub closed_at: Option<Timestamp>,
    /// By whom.
    pub closed_by: Option<DocumentId>,
    /// Lines whose stock was adjusted.
    pub adjusted: u32,
    /// Lines that were as they should be.
    pub confirmed: u32,
}

/// Counts of a stocktake's lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Lines to be counted.
    pub lines: u32,
    /// Lines that have been.
    pub counted: u32,
    /// Of these, lines that differ from paper.
    pub differing: u32,
    /// Of these, lines counted differently by devices that did not know of each other.
    pub rivals: u32,
}

/// A count as lists show it, with what it was made against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineCount {
    /// The observation.
    pub id: DocumentId,
    /// The observation itself.
    pub observation: Observation,
}

/// What the observations of a line come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LineStanding {
    /// The count that stands.
    pub count: Option<LineCount>,
    /// Counts that did not know of it, nor it of them, and that say something else.
    pub rivals: Vec<LineCount>,
    /// Names the state of the line: a command based on another state is told so.
    pub state: String,
}

/// A line of a stocktake, as the index keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StocktakeLineRow {
    /// The stock line.
    pub line: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// Its place, from 1.
    pub position: u32,
    /// What its observations come to.
    pub standing: LineStanding,
    /// Why it differs.
    pub reason: Option<DocumentId>,
    /// What people note of it.
    pub note: Option<String>,
}

/// What a finalised stocktake made of a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StocktakeResultRow {
    /// What was counted.
    pub counted: Quantity,
    /// By how much on hand changed.
    pub quantity: Quantity,
    /// Why.
    pub reason: Option<DocumentId>,
    /// The outcome of a late count that was put aside.
    pub put_aside: Option<i64>,
}

// ---- commands ----

/// In which order lines stand on screen and paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SheetOrder {
    /// By item name, then expiry.
    #[default]
    Item,
    /// By location code, then item name: as one walks along the shelves.
    Location,
}

/// Begins a stocktake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateStocktake {
    /// The store.
    pub store: DocumentId,
    /// What people call it.
    #[serde(default)]
    pub description: Option<String>,
    /// What people note of it.
    #[serde(default)]
    pub comment: Option<String>,
    /// Which stock lines; all that are in stock if absent.
    #[serde(default)]
    pub selection: Selection,
    /// In which order.
    #[serde(default)]
    pub order: SheetOrder,
    /// Whether counters do not see what is expected.
    #[serde(default)]
    pub blind: bool,
    /// Whether it is the store's first, whose differences need no reason.
    #[serde(default)]
    pub initial: bool,
}

/// Changes what is said of a stocktake; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateStocktake {
    /// What people call it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub description: Option<Option<String>>,
    /// What people note of it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub comment: Option<Option<String>>,
    /// Whether nobody counts for now.
    #[serde(deserialize_with = "given")]
    pub on_hold: Option<bool>,
}

/// Adds stock lines to a stocktake; those that are on it already stay as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddLines {
    /// These stock lines.
    #[serde(default)]
    pub stock_lines: Vec<DocumentId>,
    /// All batches of this item that are in stock.
    #[serde(default)]
    pub item: Option<DocumentId>,
}

/// Adds a batch that was found on the shelf and is not on paper, and says how much of it there is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddBatch {
    /// The item.
    pub item: DocumentId,
    /// Batch, as printed.
    #[serde(default)]
    pub batch: Option<String>,
    /// Last day of use.
    #[serde(default)]
    pub expiry: Option<Date>,
    /// Units per pack; the item's if absent.
    #[serde(default)]
    pub pack_size: Option<u32>,
    /// Where it lies.
    #[serde(default)]
    pub location: Option<DocumentId>,
    /// What a pack cost.
    #[serde(default)]
    pub cost_price: Option<Money>,
    /// How many units are there; counted later if absent.
    #[serde(default)]
    pub quantity: Option<Quantity>,
    /// Why it was not on paper.
    #[serde(default)]
    pub reason: Option<DocumentId>,
    /// What people note of it.
    #[serde(default)]
    pub note: Option<String>,
}

/// Strikes a line off, or puts it back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StrikeLine {
    /// The stock line.
    pub stock_line: DocumentId,
    /// Whether it is struck off.
    pub struck: bool,
}

/// Writes down counts, all or none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CountLines {
    /// The lines, each of another stock line.
    pub lines: Vec<CountLine>,
}

/// The count of one line; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CountLine {
    /// The stock line.
    pub stock_line: DocumentId,
    /// How many units are there; null withdraws the count.
    #[serde(default, deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Option<Quantity>>,
    /// Why it differs.
    #[serde(default, deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub reason: Option<Option<DocumentId>>,
    /// What people note of it.
    #[serde(default, deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub note: Option<Option<String>>,
    /// The line's state that the caller saw; refused with `stale-count` if it has another one by now.
    #[serde(default)]
    pub state: Option<String>,
}

/// A line as it stands after a count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountedLine {
    /// The stock line.
    pub stock_line: DocumentId,
    /// What was counted.
    pub quantity: Option<Quantity>,
    /// What it was counted against.
    pub balance: Quantity,
    /// By how much they differ.
    pub difference: Option<Quantity>,
    /// Names the state of the line.
    pub state: String,
}

/// Whether movements that may have happened before a count were counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whether {
    /// They happened before: what was counted is what is there with them.
    Before,
    /// They happened after: they add to what was counted.
    After,
}

/// Keeps one of the counts of a line, in the knowledge of all there are, and says of movements that the counter did not
/// know whether they were counted in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeepCount {
    /// The stock line.
    pub stock_line: DocumentId,
    /// The observation to keep; the one that stands if absent.
    #[serde(default)]
    pub count: Option<DocumentId>,
    /// When the movements happened that the counter did not know.
    pub movements: Whether,
    /// The line's state that the caller saw.
    #[serde(default)]
    pub state: Option<String>,
}

/// Adjusts stock by what was counted, and closes the stocktake.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Finalise {
    /// Where two devices counted differently, the latest count is taken.
    pub accept_latest: bool,
}

/// Says what becomes of counts that arrived after the stocktake was finalised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettleLate {
    /// Only these stock lines; all late ones if absent.
    #[serde(default)]
    pub stock_lines: Option<Vec<DocumentId>>,
    /// Whether they are applied, or put aside.
    pub apply: bool,
}

impl Selection {
    /// Whether a batch with this expiry is wanted.
    pub(super) fn expiry_fits(&self, expiry: Option<Date>) -> bool {
        self.expiring_until.is_none_or(|until| expiry.is_some_and(|day| day <= until))
    }
}

/// The id of a sheet of a stocktake.
pub(crate) fn sheet_id(stocktake: DocumentId, sheet: u32) -> DocumentId {
    stocktake.derived(&format!("sheet/{sheet}"))
}

/// The number of the sheet on which a stock line lies.
pub(super) fn sheet_of(line: DocumentId, sheets: u32) -> u32 {
    let tail = line.as_bytes().last_chunk::<4>().map_or(0, |tail| u32::from_be_bytes(*tail));
    tail % sheets.max(1)
}

/// The day of an instant that a stocktake is named after when nobody names it.
pub(super) fn day(at: Timestamp) -> Date {
    text::day_of(at)
}
