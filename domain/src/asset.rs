//! Equipment: refrigerators, freezers, generators, and the log of whether they work.
//!
//! The status of an asset is not in its document: it is the latest entry of its log, by the time the person gave, then
//! by the time it was recorded, then by its id. So two technicians who write at once never overwrite each other.

use crdt_store::{Document, DocumentId, Failure, Projection, Timestamp, Txn};
use serde::{Deserialize, Serialize};

use crate::permission::{Caller, Permission};
use crate::record::{self, Created, Record, Stamp, clearable, record};
use crate::text::Key;
use crate::{Date, asset_reason, location, reject, store, views};

// ---- types ----

/// Whether a piece of equipment works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssetStatus {
    /// Kept, unused.
    NotInUse,
    /// Works.
    Functioning,
    /// Works, and needs attention.
    FunctioningNeedsAttention,
    /// Does not work.
    NotFunctioning,
    /// Taken out of service.
    Decommissioned,
    /// Beyond repair.
    Unserviceable,
}

impl AssetStatus {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::NotInUse,
        Self::Functioning,
        Self::FunctioningNeedsAttention,
        Self::NotFunctioning,
        Self::Decommissioned,
        Self::Unserviceable,
    ];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotInUse => "not-in-use",
            Self::Functioning => "functioning",
            Self::FunctioningNeedsAttention => "functioning-needs-attention",
            Self::NotFunctioning => "not-functioning",
            Self::Decommissioned => "decommissioned",
            Self::Unserviceable => "unserviceable",
        }
    }
}

/// A piece of equipment, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The store.
    pub store: DocumentId,
    /// Number on the label.
    pub number: String,
    /// Class, such as cold chain equipment.
    pub class_name: Option<String>,
    /// Category, such as refrigerators.
    pub category: Option<String>,
    /// Type, such as ice-lined refrigerator.
    pub kind: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Code in the catalogue (WHO PQS for cold chain).
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
}

record!(Asset, "asset", "asset");

/// An entry of an asset's log, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssetLog {
    /// As every document; its time is when the entry was recorded.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The asset.
    pub asset: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// Whether it works.
    pub status: AssetStatus,
    /// Why.
    pub reason: Option<DocumentId>,
    /// What people say of it.
    pub comment: Option<String>,
    /// When it was so.
    pub at: Timestamp,
}

record!(AssetLog, "asset_log", "log entry");

/// A piece of equipment in lists, without its status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetRow {
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
}

/// An entry of an asset's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetLogRow {
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
    #[serde(with = "crate::instant")]
    pub at: Timestamp,
    /// When it was recorded.
    #[serde(with = "crate::instant")]
    pub recorded_at: Timestamp,
    /// Who recorded it.
    pub by: DocumentId,
}

/// Registers a piece of equipment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateAsset {
    /// Its id, where an import must be repeatable.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// The store.
    pub store: DocumentId,
    /// Number on the label.
    pub number: String,
    /// The rest.
    #[serde(default)]
    pub details: AssetDetails,
}

/// Changes a piece of equipment; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateAsset {
    /// Number on the label.
    #[serde(default, deserialize_with = "record::given")]
    pub number: Option<String>,
    /// The rest.
    pub details: AssetDetails,
}

/// What may be said of a piece of equipment; absent fields stay, null clears.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AssetDetails {
    /// Class.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub class_name: Option<Option<String>>,
    /// Category.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub category: Option<Option<String>>,
    /// Type.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Option<String>>,
    /// Who made it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<Option<String>>,
    /// Model.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub model: Option<Option<String>>,
    /// Serial number.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub serial: Option<Option<String>>,
    /// Code in the catalogue.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub catalogue_code: Option<Option<String>>,
    /// Where it stands.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub location: Option<Option<DocumentId>>,
    /// Day of installation.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub installed: Option<Option<Date>>,
    /// Day on which it should be replaced.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Option<Date>>,
    /// First day of the warranty.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub warranty_start: Option<Option<Date>>,
    /// Last day of the warranty.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub warranty_end: Option<Option<Date>>,
    /// Who paid for it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub donor: Option<Option<String>>,
    /// Whether it needs replacement.
    pub needs_replacement: Option<bool>,
    /// What people note of it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub note: Option<Option<String>>,
}

/// Records whether a piece of equipment works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddAssetLog {
    /// Whether it works.
    pub status: AssetStatus,
    /// Why; mandatory when it does not work.
    #[serde(default)]
    pub reason: Option<DocumentId>,
    /// What people say of it; some reasons need it.
    #[serde(default)]
    pub comment: Option<String>,
    /// When it was so; now if absent, never in the future.
    #[serde(default, with = "crate::instant::optional")]
    pub at: Option<Timestamp>,
}

// ---- rules ----

/// By how much a log's time may be ahead of this device's clock, in milliseconds: two devices side by side never
/// agree to the minute.
const CLOCK_SLACK_MS: i64 = 5 * 60 * 1000;

fn apply(txn: &Txn<'_>, asset: &mut Asset, details: &AssetDetails) -> Result<(), Failure> {
    let label = |field: &mut Option<String>, pointer: &str, value: &Option<Option<String>>| {
        if let Some(value) = value {
            *field = record::valid_label(&format!("/details/{pointer}"), value.as_deref())?;
        }
        Ok::<(), crdt_store::Rejection>(())
    };
    label(&mut asset.class_name, "className", &details.class_name)?;
    label(&mut asset.category, "category", &details.category)?;
    label(&mut asset.kind, "kind", &details.kind)?;
    label(&mut asset.manufacturer, "manufacturer", &details.manufacturer)?;
    label(&mut asset.model, "model", &details.model)?;
    label(&mut asset.serial, "serial", &details.serial)?;
    label(&mut asset.catalogue_code, "catalogueCode", &details.catalogue_code)?;
    label(&mut asset.donor, "donor", &details.donor)?;
    if let Some(note) = &details.note {
        asset.note = record::valid_note("/details/note", note.as_deref())?;
    }
    if let Some(place) = details.location {
        place.map(|place| location::require(txn, "/details/location", asset.store, place)).transpose()?;
        asset.location = place;
    }
    record::set(&mut asset.installed, details.installed);
    record::set(&mut asset.replacement, details.replacement);
    record::set(&mut asset.warranty_start, details.warranty_start);
    record::set(&mut asset.warranty_end, details.warranty_end);
    record::set(&mut asset.needs_replacement, details.needs_replacement);
    match (asset.warranty_start, asset.warranty_end) {
        (Some(start), Some(end)) if end < start => {
            Err(reject::validation("/details/warrantyEnd", "a warranty ends after it starts").into())
        }
        _ => Ok(()),
    }
}

// ---- write ----

/// Registers a piece of equipment.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateAsset) -> Result<Created, Failure> {
    caller.require(Permission::AssetEdit, command.store)?;
    store::require_open(txn, command.store)?;
    let mut asset = Asset {
        stamp: Asset::new_stamp(txn.now(), caller),
        store: command.store,
        number: record::valid_code("/number", &command.number)?,
        class_name: None,
        category: None,
        kind: None,
        manufacturer: None,
        model: None,
        serial: None,
        catalogue_code: None,
        location: None,
        installed: None,
        replacement: None,
        warranty_start: None,
        warranty_end: None,
        donor: None,
        needs_replacement: false,
        note: None,
    };
    apply(txn, &mut asset, &command.details)?;
    let id = record::new_id(txn, command.id)?;
    txn.create(id, record::root_of(&asset));
    Ok(Created { id })
}

/// Changes a piece of equipment.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateAsset,
) -> Result<(), Failure> {
    let old: Asset = record::load(txn, id)?;
    caller.require(Permission::AssetEdit, old.store)?;
    let mut new = old.clone();
    if let Some(number) = &command.number {
        new.number = record::valid_code("/number", number)?;
    }
    apply(txn, &mut new, &command.details)?;
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Records whether a piece of equipment works.
pub fn log(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &AddAssetLog,
) -> Result<Created, Failure> {
    let asset: Asset = record::load(txn, id)?;
    caller.require(Permission::AssetStatus, asset.store)?;
    let at = command.at.unwrap_or(txn.now());
    if at.millis_since(txn.now()) > CLOCK_SLACK_MS {
        return Err(reject::validation("/at", "this is yet to come").into());
    }
    let comment = record::valid_note("/comment", command.comment.as_deref())?;
    asset_reason::require_for_status(txn, command.status, command.reason, comment.as_deref())?;
    let entry = AssetLog {
        stamp: AssetLog::new_stamp(txn.now(), caller),
        asset: id,
        store: asset.store,
        status: command.status,
        reason: command.reason,
        comment,
        at,
    };
    let log_id = txn.new_id();
    txn.create(log_id, record::root_of(&entry));
    Ok(Created { id: log_id })
}

// ---- project ----

pub(crate) fn project(document: &Document, asset: &Asset, projection: &mut Projection) {
    let id = document.id;
    let row = AssetRow {
        id,
        store: asset.store,
        number: asset.number.clone(),
        class_name: asset.class_name.clone(),
        category: asset.category.clone(),
        kind: asset.kind.clone(),
        manufacturer: asset.manufacturer.clone(),
        model: asset.model.clone(),
        serial: asset.serial.clone(),
        catalogue_code: asset.catalogue_code.clone(),
        location: asset.location,
        installed: asset.installed,
        replacement: asset.replacement,
        warranty_start: asset.warranty_start,
        warranty_end: asset.warranty_end,
        donor: asset.donor.clone(),
        needs_replacement: asset.needs_replacement,
        note: asset.note.clone(),
    };
    let by_number = Key::new().id(asset.store).text(&asset.number).id(id).build();
    projection.rows.push(views::row(views::ASSET, Key::new().id(id).build(), &row));
    projection.rows.push(views::row(views::ASSET_NUMBER, by_number, &row));
}

pub(crate) fn project_log(document: &Document, entry: &AssetLog, projection: &mut Projection) {
    let row = AssetLogRow {
        id: document.id,
        asset: entry.asset,
        status: entry.status,
        reason: entry.reason,
        comment: entry.comment.clone(),
        at: entry.at,
        recorded_at: entry.stamp.created_at,
        by: entry.stamp.created_by,
    };
    let key = Key::new().id(entry.asset).time(entry.at).time(entry.stamp.created_at).id(document.id).build();
    projection.rows.push(views::row(views::ASSET_LOG, key, &row));
}
