//! Programmes: lists of items that belong together, and the stores that see them. Central data. A plain list of items
//! (a master list) is a programme that does not immunise.

use std::collections::BTreeMap;

use crdt_store::{Document, DocumentId, Failure, Projection, Txn, ViewRead, ViewReadExt};
use serde::{Deserialize, Serialize};

use crate::permission::{Caller, Permission};
use crate::record::{self, Created, Record, Stamp, record};
use crate::text::Key;
use crate::{query, reject, store, views};

// ---- types ----

/// Most items of a programme: more than a country keeps.
pub const ITEMS_MAX: usize = 5_000;

/// A programme, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Programme {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// Code, unique.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whether it is about vaccines.
    pub immunisation: bool,
    /// Whether it may be chosen.
    pub active: bool,
    /// Its items; those taken out again are false.
    #[serde(default)]
    pub items: BTreeMap<DocumentId, bool>,
    /// The stores that see it; those taken out again are false. All stores if there is none.
    #[serde(default)]
    pub stores: BTreeMap<DocumentId, bool>,
}

record!(Programme, "programme", "programme");

/// A programme in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgrammeRow {
    /// Id.
    pub id: DocumentId,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whether it is about vaccines.
    pub immunisation: bool,
    /// Whether it may be chosen.
    pub active: bool,
    /// How many items it has.
    pub item_count: u32,
    /// The stores that see it; all if there is none.
    pub stores: Vec<DocumentId>,
}

impl ProgrammeRow {
    /// Whether a store sees it.
    pub fn is_seen_by(&self, store: DocumentId) -> bool {
        self.active && (self.stores.is_empty() || self.stores.contains(&store))
    }
}

/// Makes a programme.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateProgramme {
    /// Its id, where an import must be repeatable.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// Code, unique.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whether it is about vaccines.
    #[serde(default)]
    pub immunisation: bool,
    /// Its items.
    #[serde(default)]
    pub items: Vec<DocumentId>,
    /// The stores that see it; all if there is none.
    #[serde(default)]
    pub stores: Vec<DocumentId>,
}

/// Changes a programme; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateProgramme {
    /// Code, unique.
    #[serde(default, deserialize_with = "record::given")]
    pub code: Option<String>,
    /// Name.
    #[serde(default, deserialize_with = "record::given")]
    pub name: Option<String>,
    /// Whether it is about vaccines.
    #[serde(default, deserialize_with = "record::given")]
    pub immunisation: Option<bool>,
    /// Whether it may be chosen.
    #[serde(default, deserialize_with = "record::given")]
    pub active: Option<bool>,
    /// Items that come in.
    pub add_items: Vec<DocumentId>,
    /// Items that go.
    pub remove_items: Vec<DocumentId>,
    /// The stores that see it from now on; all if there is none.
    #[serde(default, deserialize_with = "record::given")]
    pub stores: Option<Vec<DocumentId>>,
}

// ---- rules ----

/// A programme that this store sees, or the rejection that points at the choice.
pub(crate) fn require(
    read: &(impl ViewRead + ?Sized),
    pointer: &str,
    store: DocumentId,
    id: DocumentId,
) -> Result<ProgrammeRow, Failure> {
    let found: Option<ProgrammeRow> = read.row(views::PROGRAMME, id.as_bytes())?;
    found
        .filter(|row| row.is_seen_by(store))
        .ok_or_else(|| reject::not_found("programme", id).at(pointer).into())
}

fn require_items(txn: &Txn<'_>, pointer: &str, items: &[DocumentId]) -> Result<(), Failure> {
    if items.len() > ITEMS_MAX {
        return Err(reject::validation(pointer, format!("at most {ITEMS_MAX} items")).into());
    }
    for (at, item) in items.iter().enumerate() {
        query::items::require(txn, &format!("{pointer}/{at}"), *item)?;
    }
    Ok(())
}

fn require_stores(txn: &Txn<'_>, stores: &[DocumentId]) -> Result<(), Failure> {
    for (at, id) in stores.iter().enumerate() {
        if store::find(txn, *id)?.is_none() {
            return Err(reject::not_found("store", *id).at(format!("/stores/{at}")).into());
        }
    }
    Ok(())
}

// ---- write ----

/// Makes a programme. Central only.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateProgramme) -> Result<Created, Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let code = record::valid_code("/code", &command.code)?;
    record::require_free_code(txn, views::PROGRAMME_CODE, "/code", &code, None)?;
    require_items(txn, "/items", &command.items)?;
    require_stores(txn, &command.stores)?;
    let programme = Programme {
        stamp: Programme::new_stamp(txn.now(), caller),
        code,
        name: record::valid_name("/name", &command.name)?,
        immunisation: command.immunisation,
        active: true,
        items: command.items.iter().map(|item| (*item, true)).collect(),
        stores: command.stores.iter().map(|store| (*store, true)).collect(),
    };
    let id = record::new_id(txn, command.id)?;
    txn.create(id, record::root_of(&programme));
    Ok(Created { id })
}

/// Changes a programme. Central only.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateProgramme,
) -> Result<(), Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let old: Programme = record::load(txn, id)?;
    let mut new = old.clone();
    if let Some(code) = &command.code {
        new.code = record::valid_code("/code", code)?;
        record::require_free_code(txn, views::PROGRAMME_CODE, "/code", &new.code, Some(id))?;
    }
    if let Some(name) = &command.name {
        new.name = record::valid_name("/name", name)?;
    }
    require_items(txn, "/addItems", &command.add_items)?;
    new.items.extend(command.add_items.iter().map(|item| (*item, true)));
    for item in &command.remove_items {
        if let Some(listed) = new.items.get_mut(item) {
            *listed = false;
        }
    }
    if new.items.len() > ITEMS_MAX {
        return Err(reject::validation("/addItems", format!("at most {ITEMS_MAX} items")).into());
    }
    if let Some(stores) = &command.stores {
        require_stores(txn, stores)?;
        new.stores.values_mut().for_each(|sees| *sees = false);
        new.stores.extend(stores.iter().map(|store| (*store, true)));
    }
    record::set(&mut new.immunisation, command.immunisation);
    record::set(&mut new.active, command.active);
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

// ---- project ----

pub(crate) fn project(document: &Document, programme: &Programme, projection: &mut Projection) {
    let id = document.id;
    let chosen = |map: &BTreeMap<DocumentId, bool>| -> Vec<DocumentId> {
        map.iter().filter(|(_, listed)| **listed).map(|(id, _)| *id).collect()
    };
    let items = chosen(&programme.items);
    let row = ProgrammeRow {
        id,
        code: programme.code.clone(),
        name: programme.name.clone(),
        immunisation: programme.immunisation,
        active: programme.active,
        item_count: items.len() as u32,
        stores: chosen(&programme.stores),
    };
    projection.rows.push(views::row(views::PROGRAMME, Key::new().id(id).build(), &row));
    projection.rows.push(views::mark(views::PROGRAMME_CODE, Key::new().text(&programme.code).id(id).build()));
    let listed =
        items.into_iter().map(|item| views::mark(views::PROGRAMME_ITEM, Key::new().id(id).id(item).build()));
    projection.rows.extend(listed);
}
