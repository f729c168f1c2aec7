//! Barcodes and what is read off boxes.

use crdt_store::DocumentId;
use domain::Date;
use domain::item::ItemRow;
use serde::{Deserialize, Serialize};

use super::stock::StockRow;

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
