//! Location types: at what temperature a place keeps things. Central data.

use crdt_store::{Document, DocumentId, Failure, Projection, Txn, ViewRead, ViewReadExt};
use serde::{Deserialize, Serialize};

use crate::permission::{Caller, Permission};
use crate::quantity::Temperature;
use crate::record::{self, Created, Record, Stamp, clearable, record};
use crate::text::Key;
use crate::{reject, views};

// ---- types ----

/// A location type, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LocationType {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// Name.
    pub name: String,
    /// The coldest it may get; no limit if absent.
    pub min: Option<Temperature>,
    /// The warmest it may get; no limit if absent.
    pub max: Option<Temperature>,
    /// Whether it may be chosen.
    pub active: bool,
}

record!(LocationType, "location_type", "location type");

/// A location type in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocationTypeRow {
    /// Id.
    pub id: DocumentId,
    /// Name.
    pub name: String,
    /// The coldest it may get, in degrees Celsius.
    pub min: Option<Temperature>,
    /// The warmest it may get, in degrees Celsius.
    pub max: Option<Temperature>,
    /// Whether it may be chosen.
    pub active: bool,
}

/// Makes a location type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateLocationType {
    /// Its id, where an import must be repeatable.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// Name.
    pub name: String,
    /// The coldest it may get, in degrees Celsius.
    #[serde(default)]
    pub min: Option<Temperature>,
    /// The warmest it may get, in degrees Celsius.
    #[serde(default)]
    pub max: Option<Temperature>,
}

/// Changes a location type; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateLocationType {
    /// Name.
    #[serde(default, deserialize_with = "record::given")]
    pub name: Option<String>,
    /// The coldest it may get, in degrees Celsius.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub min: Option<Option<Temperature>>,
    /// The warmest it may get, in degrees Celsius.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub max: Option<Option<Temperature>>,
    /// Whether it may be chosen.
    #[serde(default, deserialize_with = "record::given")]
    pub active: Option<bool>,
}

// ---- rules ----

/// A location type that may be chosen, or the rejection that points at the choice.
pub(crate) fn require(
    read: &(impl ViewRead + ?Sized),
    pointer: &str,
    id: DocumentId,
) -> Result<LocationTypeRow, Failure> {
    let found: Option<LocationTypeRow> = read.row(views::LOCATION_TYPE, id.as_bytes())?;
    found.filter(|row| row.active).ok_or_else(|| reject::not_found("location type", id).at(pointer).into())
}

fn require_range(min: Option<Temperature>, max: Option<Temperature>) -> Result<(), Failure> {
    match (min, max) {
        (Some(min), Some(max)) if min > max => {
            Err(reject::validation("/max", "the highest temperature is not below the lowest").into())
        }
        _ => Ok(()),
    }
}

// ---- write ----

/// Makes a location type. Central only.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateLocationType) -> Result<Created, Failure> {
    caller.require_central(Permission::EditCentralData)?;
    require_range(command.min, command.max)?;
    let location_type = LocationType {
        stamp: LocationType::new_stamp(txn.now(), caller),
        name: record::valid_name("/name", &command.name)?,
        min: command.min,
        max: command.max,
        active: true,
    };
    let id = record::new_id(txn, command.id)?;
    txn.create(id, record::root_of(&location_type));
    Ok(Created { id })
}

/// Changes a location type. Central only.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateLocationType,
) -> Result<(), Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let old: LocationType = record::load(txn, id)?;
    let mut new = old.clone();
    if let Some(name) = &command.name {
        new.name = record::valid_name("/name", name)?;
    }
    record::set(&mut new.min, command.min);
    record::set(&mut new.max, command.max);
    record::set(&mut new.active, command.active);
    require_range(new.min, new.max)?;
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

// ---- project ----

pub(crate) fn project(document: &Document, location_type: &LocationType, projection: &mut Projection) {
    let row = LocationTypeRow {
        id: document.id,
        name: location_type.name.clone(),
        min: location_type.min,
        max: location_type.max,
        active: location_type.active,
    };
    projection.rows.push(views::row(views::LOCATION_TYPE, Key::new().id(document.id).build(), &row));
}
