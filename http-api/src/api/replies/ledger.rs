//! Ledgers.

use crdt_store::{DocumentId, Timestamp};
use domain::{Date, MovementKind, Quantity};
use serde::{Deserialize, Serialize};

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
