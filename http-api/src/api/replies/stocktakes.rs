//! Stocktakes.

use crdt_store::{DeviceId, DocumentId, Timestamp};
use domain::stocktake::{Counts, Selection, StocktakeStatus};
use domain::{Date, Quantity};
use serde::{Deserialize, Serialize};

use super::ledger::LedgerEntry;

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
