//! Locations: rooms, shelves and fridges of a store, one within another.
//!
//! A location names the one it stands in. Here nobody can put one into itself; two devices that do not know of each
//! other can, each with half of the circle, so whoever reads the tree ([`query::locations`](crate::query::locations))
//! breaks circles, everywhere at the same place.

use crdt_store::{Document, DocumentId, Failure, Projection, Txn, ViewRead, ViewReadExt};
use serde::{Deserialize, Serialize};

use crate::permission::{Caller, Permission};
use crate::quantity::Volume;
use crate::query::locations::Tree;
use crate::record::{self, Created, Record, Stamp, clearable, record};
use crate::text::Key;
use crate::{location_type, reject, store, views};

// ---- types ----

/// At what temperature a location keeps things, roughly; its type, where it has one, says it in degrees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocationKind {
    /// Room temperature.
    #[default]
    Ambient,
    /// +2 to +8 °C.
    Cold,
    /// −25 to −15 °C.
    Frozen,
    /// −80 to −60 °C.
    UltraCold,
}

/// A location, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The store.
    pub store: DocumentId,
    /// Code, unique in the store.
    pub code: String,
    /// Name.
    pub name: String,
    /// At what temperature it keeps things.
    #[serde(default)]
    pub kind: LocationKind,
    /// Whether nothing may be taken from it, and from what stands in it.
    pub on_hold: bool,
    /// The location it stands in.
    #[serde(default)]
    pub parent: Option<DocumentId>,
    /// Its type.
    #[serde(default)]
    pub location_type: Option<DocumentId>,
    /// The room there is in it.
    #[serde(default)]
    pub volume: Option<Volume>,
}

record!(Location, "location", "location");

/// A location in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocationRow {
    /// Id.
    pub id: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// At what temperature it keeps things.
    pub kind: LocationKind,
    /// Whether nothing may be taken from it, and from what stands in it.
    pub on_hold: bool,
    /// The location it stands in.
    pub parent: Option<DocumentId>,
    /// Its type.
    pub location_type: Option<DocumentId>,
    /// The room there is in it, in litres.
    pub volume: Option<Volume>,
}

/// Makes a location.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateLocation {
    /// The store.
    pub store: DocumentId,
    /// Code, unique in the store.
    pub code: String,
    /// Name.
    pub name: String,
    /// At what temperature it keeps things.
    #[serde(default)]
    pub kind: LocationKind,
    /// The location it stands in.
    #[serde(default)]
    pub parent: Option<DocumentId>,
    /// Its type.
    #[serde(default)]
    pub location_type: Option<DocumentId>,
    /// The room there is in it, in litres.
    #[serde(default)]
    pub volume: Option<Volume>,
}

/// Changes a location; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateLocation {
    /// Code, unique in the store.
    #[serde(default, deserialize_with = "record::given")]
    pub code: Option<String>,
    /// Name.
    #[serde(default, deserialize_with = "record::given")]
    pub name: Option<String>,
    /// At what temperature it keeps things.
    #[serde(default, deserialize_with = "record::given")]
    pub kind: Option<LocationKind>,
    /// Whether nothing may be taken from it, and from what stands in it.
    #[serde(default, deserialize_with = "record::given")]
    pub on_hold: Option<bool>,
    /// The location it stands in.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub parent: Option<Option<DocumentId>>,
    /// Its type.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub location_type: Option<Option<DocumentId>>,
    /// The room there is in it, in litres.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub volume: Option<Option<Volume>>,
}

// ---- rules ----

/// A location of this store, or the rejection `not-found`.
pub(crate) fn require(
    read: &(impl ViewRead + ?Sized),
    pointer: &str,
    store: DocumentId,
    id: DocumentId,
) -> Result<LocationRow, Failure> {
    let found: Option<LocationRow> = read.row(views::LOCATION, id.as_bytes())?;
    found
        .filter(|location| location.store == store)
        .ok_or_else(|| reject::not_found("location", id).at(pointer).into())
}

/// The location of a code in a store, whatever its case.
pub(crate) fn by_code(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    code: &str,
) -> Result<Option<LocationRow>, crdt_store::StoreError> {
    let rows: Vec<LocationRow> = read.rows(views::LOCATION_CODE, &Key::new().id(store).text(code).build())?;
    Ok(rows.into_iter().next())
}

/// Refuses a code that another location of the store has.
pub(crate) fn require_free(
    txn: &Txn<'_>,
    store: DocumentId,
    code: &str,
    own: Option<DocumentId>,
) -> Result<(), Failure> {
    let rows: Vec<LocationRow> = txn.rows(views::LOCATION_CODE, &Key::new().id(store).text(code).build())?;
    match rows.iter().any(|row| Some(row.id) != own) {
        true => Err(reject::duplicate_code("/code", code).into()),
        false => Ok(()),
    }
}

/// How deep locations stand one in another where people make them: a warehouse, a room, an aisle, a shelf, a box.
pub const LEVELS_MAX: usize = 8;

/// A location may stand in another of its store, not in itself by however many steps, and not too deep.
fn require_parent(
    txn: &Txn<'_>,
    store: DocumentId,
    own: Option<DocumentId>,
    parent: DocumentId,
) -> Result<(), Failure> {
    require(txn, "/parent", store, parent)?;
    let tree = Tree::of_store(txn, store)?;
    if own.is_some_and(|own| tree.with_all_below(own).contains(&parent)) {
        return Err(reject::validation("/parent", "a location does not stand in itself").into());
    }
    let height = own.map_or(1, |own| tree.height(own));
    match tree.path(parent).len() + height > LEVELS_MAX {
        true => Err(reject::validation("/parent", format!("at most {LEVELS_MAX} levels")).into()),
        false => Ok(()),
    }
}

fn valid_volume(volume: Option<Volume>) -> Result<Option<Volume>, Failure> {
    match volume {
        Some(volume) if !volume.is_positive() => Err(reject::validation("/volume", "more than zero").into()),
        other => Ok(other),
    }
}

// ---- write ----

/// Makes a location.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateLocation) -> Result<Created, Failure> {
    caller.require(Permission::LocationEdit, command.store)?;
    store::require_open(txn, command.store)?;
    let code = record::valid_code("/code", &command.code)?;
    require_free(txn, command.store, &code, None)?;
    if let Some(parent) = command.parent {
        require_parent(txn, command.store, None, parent)?;
    }
    if let Some(id) = command.location_type {
        location_type::require(txn, "/locationType", id)?;
    }
    let location = Location {
        stamp: Location::new_stamp(txn.now(), caller),
        store: command.store,
        code,
        name: record::valid_name("/name", &command.name)?,
        kind: command.kind,
        on_hold: false,
        parent: command.parent,
        location_type: command.location_type,
        volume: valid_volume(command.volume)?,
    };
    let id = txn.new_id();
    txn.create(id, record::root_of(&location));
    Ok(Created { id })
}

/// Changes a location.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateLocation,
) -> Result<(), Failure> {
    let old: Location = record::load(txn, id)?;
    caller.require(Permission::LocationEdit, old.store)?;
    let mut new = old.clone();
    if let Some(code) = &command.code {
        new.code = record::valid_code("/code", code)?;
        require_free(txn, old.store, &new.code, Some(id))?;
    }
    if let Some(name) = &command.name {
        new.name = record::valid_name("/name", name)?;
    }
    if let Some(Some(parent)) = command.parent.filter(|parent| *parent != old.parent) {
        require_parent(txn, old.store, Some(id), parent)?;
    }
    if let Some(Some(kept)) = command.location_type.filter(|kept| *kept != old.location_type) {
        location_type::require(txn, "/locationType", kept)?;
    }
    if let Some(volume) = command.volume {
        new.volume = valid_volume(volume)?;
    }
    record::set(&mut new.kind, command.kind);
    record::set(&mut new.on_hold, command.on_hold);
    record::set(&mut new.parent, command.parent);
    record::set(&mut new.location_type, command.location_type);
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

// ---- project ----

pub(crate) fn project(document: &Document, location: &Location, projection: &mut Projection) {
    let id = document.id;
    let row = LocationRow {
        id,
        store: location.store,
        code: location.code.clone(),
        name: location.name.clone(),
        kind: location.kind,
        on_hold: location.on_hold,
        parent: location.parent,
        location_type: location.location_type,
        volume: location.volume,
    };
    let by_code = Key::new().id(location.store).text(&location.code).id(id).build();
    projection.rows.push(views::row(views::LOCATION, Key::new().id(id).build(), &row));
    projection.rows.push(views::row(views::LOCATION_CODE, by_code, &row));
}
