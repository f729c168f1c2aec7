//! Items: what is stocked, counted in a base unit. Central data.

use crdt_store::{
    Document, DocumentId, Failure, Projection, Row, StoreError, Timestamp, Txn, ViewRead, decode_row,
    encode_row,
};
use serde::{Deserialize, Serialize};

use crate::permission::{Caller, Permission, Role};
use crate::record::{self, Created, Record, Stamp, clearable, record};
use crate::text::{Key, fold};
use crate::views;

// ---- types ----

/// How vital an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ven {
    /// Lives depend on it.
    Vital,
    /// Needed for common illness.
    Essential,
    /// Good to have.
    NonEssential,
}

/// An item, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// Code, unique in the country.
    pub code: String,
    /// Name.
    pub name: String,
    /// Base unit in which quantities are counted: tablet, ml, dose.
    pub unit: String,
    /// Strength.
    pub strength: Option<String>,
    /// How vital it is.
    pub ven: Option<Ven>,
    /// Units per pack, where nothing else is said.
    pub default_pack_size: u32,
    /// Whether it is a vaccine; its base unit is then the dose.
    pub is_vaccine: bool,
    /// Doses per vial.
    pub doses_per_unit: u32,
    /// Code in the universal catalogue.
    pub universal_code: Option<String>,
    /// Whether it may be ordered and received.
    pub active: bool,
    /// The import that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<DocumentId>,
    /// Made by mistake: in no list, and its code is free; what refers to it still finds its name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

record!(Item, "item", "item");

/// An item in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemRow {
    /// Id.
    pub id: DocumentId,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Base unit.
    pub unit: String,
    /// Strength.
    pub strength: Option<String>,
    /// How vital it is.
    pub ven: Option<Ven>,
    /// Units per pack, where nothing else is said.
    pub default_pack_size: u32,
    /// Whether it is a vaccine.
    pub is_vaccine: bool,
    /// Doses per vial.
    pub doses_per_unit: u32,
    /// Code in the universal catalogue.
    pub universal_code: Option<String>,
    /// Whether it may be ordered and received.
    pub active: bool,
}

/// Makes an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateItem {
    /// Its id, where an import must be repeatable.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// Code, unique.
    pub code: String,
    /// Name.
    pub name: String,
    /// Base unit.
    pub unit: String,
    /// Strength.
    #[serde(default)]
    pub strength: Option<String>,
    /// How vital it is.
    #[serde(default)]
    pub ven: Option<Ven>,
    /// Units per pack, where nothing else is said; 1 if absent.
    #[serde(default)]
    pub default_pack_size: Option<u32>,
    /// Whether it is a vaccine.
    #[serde(default)]
    pub is_vaccine: bool,
    /// Doses per vial; 1 if absent.
    #[serde(default)]
    pub doses_per_unit: Option<u32>,
    /// Code in the universal catalogue.
    #[serde(default)]
    pub universal_code: Option<String>,
}

/// Changes an item; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateItem {
    /// Code, unique.
    #[serde(default, deserialize_with = "record::given")]
    pub code: Option<String>,
    /// Name.
    #[serde(default, deserialize_with = "record::given")]
    pub name: Option<String>,
    /// Base unit.
    #[serde(default, deserialize_with = "record::given")]
    pub unit: Option<String>,
    /// Strength.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub strength: Option<Option<String>>,
    /// How vital it is.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub ven: Option<Option<Ven>>,
    /// Units per pack, where nothing else is said.
    #[serde(default, deserialize_with = "record::given")]
    pub default_pack_size: Option<u32>,
    /// Whether it is a vaccine.
    #[serde(default, deserialize_with = "record::given")]
    pub is_vaccine: Option<bool>,
    /// Doses per vial.
    #[serde(default, deserialize_with = "record::given")]
    pub doses_per_unit: Option<u32>,
    /// Code in the universal catalogue.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub universal_code: Option<Option<String>>,
    /// Whether it may be ordered and received.
    #[serde(default, deserialize_with = "record::given")]
    pub active: Option<bool>,
}

// ---- write ----

/// Makes an item. Central only.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateItem) -> Result<Created, Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let item = Item { stamp: Item::new_stamp(txn.now(), caller), ..checked(txn, command)? };
    let id = record::new_id(txn, command.id)?;
    txn.create(id, record::root_of(&item));
    Ok(Created { id })
}

/// Makes an item that an import names.
pub(crate) fn create_imported(
    txn: &mut Txn<'_>,
    caller: &Caller,
    command: &CreateItem,
    import: DocumentId,
) -> Result<Created, Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let stamp = Item::new_stamp(txn.now(), caller);
    let item = Item { stamp, import: Some(import), ..checked(txn, command)? };
    let id = record::new_id(txn, command.id)?;
    txn.create(id, record::root_of(&item));
    Ok(Created { id })
}

/// The item that a command would make, but for who makes it and when.
pub(crate) fn checked(read: &(impl ViewRead + ?Sized), command: &CreateItem) -> Result<Item, Failure> {
    let code = record::valid_code("/code", &command.code)?;
    record::require_free_code(read, views::ITEM_CODE, "/code", &code, None)?;
    Ok(Item {
        stamp: Item::new_stamp(Timestamp::default(), &Caller::system(Role::Central)),
        code,
        name: record::valid_name("/name", &command.name)?,
        unit: record::valid_code("/unit", &command.unit)?,
        strength: record::valid_label("/strength", command.strength.as_deref())?,
        ven: command.ven,
        default_pack_size: record::valid_pack_size(
            "/defaultPackSize",
            command.default_pack_size.unwrap_or(1),
        )?,
        is_vaccine: command.is_vaccine,
        doses_per_unit: record::valid_pack_size("/dosesPerUnit", command.doses_per_unit.unwrap_or(1))?,
        universal_code: record::valid_label("/universalCode", command.universal_code.as_deref())?,
        active: true,
        import: None,
        retired: false,
    })
}

/// Changes an item. Central only.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateItem,
) -> Result<(), Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let old: Item = record::load(txn, id)?;
    let ItemRow {
        code,
        name,
        unit,
        strength,
        ven,
        default_pack_size,
        is_vaccine,
        doses_per_unit,
        universal_code,
        active,
        ..
    } = updated(txn, &row_of(id, &old), command)?;
    let new = Item {
        code,
        name,
        unit,
        strength,
        ven,
        default_pack_size,
        is_vaccine,
        doses_per_unit,
        universal_code,
        active,
        ..old.clone()
    };
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// What a command would make of an item.
pub(crate) fn updated(
    read: &(impl ViewRead + ?Sized),
    old: &ItemRow,
    command: &UpdateItem,
) -> Result<ItemRow, Failure> {
    let mut new = old.clone();
    if let Some(code) = &command.code {
        new.code = record::valid_code("/code", code)?;
        record::require_free_code(read, views::ITEM_CODE, "/code", &new.code, Some(old.id))?;
    }
    if let Some(name) = &command.name {
        new.name = record::valid_name("/name", name)?;
    }
    if let Some(unit) = &command.unit {
        new.unit = record::valid_code("/unit", unit)?;
    }
    if let Some(strength) = &command.strength {
        new.strength = record::valid_label("/strength", strength.as_deref())?;
    }
    if let Some(size) = command.default_pack_size {
        new.default_pack_size = record::valid_pack_size("/defaultPackSize", size)?;
    }
    if let Some(doses) = command.doses_per_unit {
        new.doses_per_unit = record::valid_pack_size("/dosesPerUnit", doses)?;
    }
    if let Some(universal) = &command.universal_code {
        new.universal_code = record::valid_label("/universalCode", universal.as_deref())?;
    }
    record::set(&mut new.ven, command.ven);
    record::set(&mut new.is_vaccine, command.is_vaccine);
    record::set(&mut new.active, command.active);
    Ok(new)
}

/// Takes an item out of all lists that was made by mistake.
pub(crate) fn retire(txn: &mut Txn<'_>, id: DocumentId) -> Result<(), Failure> {
    let old: Item = record::load(txn, id)?;
    let new = Item { retired: true, ..old.clone() };
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

// ---- project ----

/// A row of the index of names: the length of the folded name and code, these, the row in CBOR. A search looks at
/// the text of thousands of items and decodes only those it finds.
fn named_row(row: &ItemRow) -> Vec<u8> {
    let mut text = fold(&format!("{} {}", row.name, row.code));
    text.truncate(text.floor_char_boundary(SEARCHED_LEN_MAX));
    let len = (text.len() as u16).to_be_bytes();
    [&len[..], text.as_bytes(), &encode_row(row)].concat()
}

/// So much of a folded name and code is searched, in bytes: more than a name and code may have.
const SEARCHED_LEN_MAX: usize = 2_000;

/// The folded name and code of a row of the index of names.
pub(crate) fn named_text(value: &[u8]) -> &str {
    let text =
        value.split_first_chunk::<2>().and_then(|(len, rest)| rest.get(..u16::from_be_bytes(*len).into()));
    text.and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
}

/// The row in a row of the index of names.
pub(crate) fn read_named(value: &[u8]) -> Result<ItemRow, StoreError> {
    let row =
        value.split_first_chunk::<2>().and_then(|(len, rest)| rest.get(u16::from_be_bytes(*len).into()..));
    decode_row(views::ITEM_NAME, row.unwrap_or_default())
}

fn row_of(id: DocumentId, item: &Item) -> ItemRow {
    ItemRow {
        id,
        code: item.code.clone(),
        name: item.name.clone(),
        unit: item.unit.clone(),
        strength: item.strength.clone(),
        ven: item.ven,
        default_pack_size: item.default_pack_size,
        is_vaccine: item.is_vaccine,
        doses_per_unit: item.doses_per_unit,
        universal_code: item.universal_code.clone(),
        active: item.active && !item.retired,
    }
}

pub(crate) fn project(document: &Document, item: &Item, projection: &mut Projection) {
    let id = document.id;
    let row = row_of(id, item);
    projection.rows.push(views::row(views::ITEM, Key::new().id(id).build(), &row));
    if let Some(import) = item.import {
        projection.rows.push(views::mark(views::IMPORT_MADE, Key::new().id(import).id(id).build()));
    }
    if item.retired {
        return;
    }
    projection.rows.extend([
        Row {
            view: views::ITEM_NAME,
            key: Key::new().text(&item.name).id(id).build(),
            value: named_row(&row),
        },
        views::mark(views::ITEM_CODE, Key::new().text(&item.code).id(id).build()),
    ]);
}
