//! Tasks, conflicts among them, and the figures of the dashboard.

use std::collections::BTreeMap;

use crdt_store::{DeviceId, DocumentId, Timestamp};
use domain::conflict::FieldKind;
use domain::{MovementKind, Permission, Quantity, TaskKind};
use serde::{Deserialize, Serialize};

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
