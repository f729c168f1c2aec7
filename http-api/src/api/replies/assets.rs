//! Equipment.

use crdt_store::{DocumentId, Timestamp};
use domain::Date;
use domain::asset::AssetStatus;
use serde::{Deserialize, Serialize};

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
