//! Programmes: lists of items that belong together, the stores that see them, and how these order them. Central data. A
//! plain list of items (a master list) is a programme that does not immunise.

use std::collections::BTreeMap;

use crdt_store::{Document, DocumentId, Failure, Projection, Txn, ViewRead, ViewReadExt};
use serde::{Deserialize, Serialize};

use crate::permission::{Caller, Permission};
use crate::record::{self, Created, Record, Stamp, clearable, record};
use crate::text::Key;
use crate::{period_schedule, query, reject, store, views};

pub mod order_type;

pub use order_type::{OrderType, OrderTypeRow};

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
    /// The periods by which it reports and orders; none if it has none.
    #[serde(default)]
    pub schedule: Option<DocumentId>,
    /// The kinds of orders it knows; with none, its orders are of no kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub order_types: BTreeMap<DocumentId, OrderType>,
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
    /// The periods by which it reports and orders; none if it has none.
    pub schedule: Option<DocumentId>,
    /// The kinds of orders it knows, by name, with those that may not be chosen any more.
    pub order_types: Vec<OrderTypeRow>,
}

impl ProgrammeRow {
    /// Whether a store sees it.
    pub fn is_seen_by(&self, store: DocumentId) -> bool {
        self.active && (self.stores.is_empty() || self.stores.contains(&store))
    }

    /// The kinds of orders that may be chosen.
    pub fn choosable_order_types(&self) -> impl Iterator<Item = &OrderTypeRow> {
        self.order_types.iter().filter(|row| row.active)
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
    /// The periods by which it reports and orders.
    #[serde(default)]
    pub schedule: Option<DocumentId>,
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
    /// The periods by which it reports and orders from now on.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Option<DocumentId>>,
}

// ---- rules ----

/// A programme's row.
pub(crate) fn find(
    read: &(impl ViewRead + ?Sized),
    id: DocumentId,
) -> Result<Option<ProgrammeRow>, crdt_store::StoreError> {
    read.row(views::PROGRAMME, id.as_bytes())
}

/// A programme that this store sees, or the rejection that points at the choice.
pub(crate) fn require(
    read: &(impl ViewRead + ?Sized),
    pointer: &str,
    store: DocumentId,
    id: DocumentId,
) -> Result<ProgrammeRow, Failure> {
    find(read, id)?
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

/// A schedule may go only where no kind of order counts by its periods.
fn require_periods(programme: &Programme) -> Result<(), Failure> {
    let is_limited = programme.order_types.values().any(|listed| listed.max_orders.is_some());
    match programme.schedule.is_none() && is_limited {
        true => {
            let wanted = "kinds of orders are limited for each period: take their limits off first";
            Err(reject::validation("/schedule", wanted).into())
        }
        false => Ok(()),
    }
}

// ---- write ----

/// Makes a programme. Central only.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateProgramme) -> Result<Created, Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let code = record::valid_code("/code", &command.code)?;
    record::require_free_code(txn, views::PROGRAMME_CODE, "/code", &code, None)?;
    require_items(txn, "/items", &command.items)?;
    require_stores(txn, &command.stores)?;
    command.schedule.map(|id| period_schedule::require(txn, "/schedule", id)).transpose()?;
    let programme = Programme {
        stamp: Programme::new_stamp(txn.now(), caller),
        code,
        name: record::valid_name("/name", &command.name)?,
        immunisation: command.immunisation,
        active: true,
        items: command.items.iter().map(|item| (*item, true)).collect(),
        stores: command.stores.iter().map(|store| (*store, true)).collect(),
        schedule: command.schedule,
        order_types: BTreeMap::new(),
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
    if let Some(schedule) = command.schedule.filter(|schedule| *schedule != old.schedule) {
        schedule.map(|id| period_schedule::require(txn, "/schedule", id)).transpose()?;
        new.schedule = schedule;
        require_periods(&new)?;
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
    let mut order_types: Vec<OrderTypeRow> =
        programme.order_types.iter().map(|(id, listed)| OrderTypeRow::of(*id, listed)).collect();
    order_types.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    let row = ProgrammeRow {
        id,
        code: programme.code.clone(),
        name: programme.name.clone(),
        immunisation: programme.immunisation,
        active: programme.active,
        item_count: items.len() as u32,
        stores: chosen(&programme.stores),
        schedule: programme.schedule,
        order_types,
    };
    projection.rows.push(views::row(views::PROGRAMME, Key::new().id(id).build(), &row));
    projection.rows.push(views::mark(views::PROGRAMME_CODE, Key::new().text(&programme.code).id(id).build()));
    let listed =
        items.into_iter().map(|item| views::mark(views::PROGRAMME_ITEM, Key::new().id(id).id(item).build()));
    projection.rows.extend(listed);
}
