//! Barcodes that a store has learned: which item an article number (GTIN) on a box means there, and how many units the
//! box holds.
//!
//! The id of a barcode follows from its store and its number, so two devices that learn the same one make one document,
//! whose scalars stand at the root. When they taught different items, one of them holds everywhere and the history
//! shows the other; whoever scans the box sees the item and can correct it. Forgetting wins over a correction made at
//! the same time: the next scan asks again.

use crdt_store::{Document, DocumentId, Failure, Projection, Txn, ViewRead};
use serde::{Deserialize, Serialize};

use crate::gs1::Gtin;
use crate::permission::{Caller, Permission};
use crate::record::{self, Created, Record, Stamp, clearable, record};
use crate::text::Key;
use crate::{query, reject, store, views};

// ---- types ----

/// A learned barcode, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Barcode {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The store.
    pub store: DocumentId,
    /// The article number, 14 digits.
    pub gtin: String,
    /// What it means.
    pub item: DocumentId,
    /// Units in the box that carries it.
    pub pack_size: Option<u32>,
}

record!(Barcode, "barcode", "barcode");

/// A learned barcode in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BarcodeRow {
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
}

/// Teaches a store what an article number means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LearnBarcode {
    /// The store.
    pub store: DocumentId,
    /// The article number: 8, 12, 13 or 14 digits.
    pub gtin: String,
    /// What it means.
    pub item: DocumentId,
    /// Units in the box that carries it.
    #[serde(default)]
    pub pack_size: Option<u32>,
}

/// Corrects what was learned; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CorrectBarcode {
    /// What it means.
    #[serde(default, deserialize_with = "record::given")]
    pub item: Option<DocumentId>,
    /// Units in the box that carries it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub pack_size: Option<Option<u32>>,
}

// ---- rules ----

/// The id of the barcode of an article number in a store, the same on every device.
pub fn id_of(store: DocumentId, gtin: &Gtin) -> DocumentId {
    store.derived(&format!("barcode/{gtin}"))
}

fn valid_pack_size(pack_size: Option<u32>) -> Result<Option<u32>, Failure> {
    Ok(pack_size.map(|units| record::valid_pack_size("/packSize", units)).transpose()?)
}

/// What a store learned of an article number.
pub(crate) fn find(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    gtin: &Gtin,
) -> Result<Option<BarcodeRow>, crdt_store::StoreError> {
    use crdt_store::ViewReadExt;

    let rows: Vec<BarcodeRow> =
        read.rows(views::BARCODE, &Key::new().id(store).text(gtin.as_str()).build())?;
    Ok(rows.into_iter().next())
}

// ---- write ----

/// Teaches a store what an article number means. Teaching the same again is teaching it once; where it means something
/// else already the rejection is `duplicate-code`: that is corrected, not taught.
pub fn learn(txn: &mut Txn<'_>, caller: &Caller, command: &LearnBarcode) -> Result<Created, Failure> {
    caller.require(Permission::StockEdit, command.store)?;
    store::require_open(txn, command.store)?;
    let gtin: Gtin =
        command.gtin.parse().map_err(|rejection: crdt_store::Rejection| rejection.at("/gtin"))?;
    query::items::require(txn, "/item", command.item)?;
    if find(txn, command.store, &gtin)?.is_some_and(|known| known.item != command.item) {
        return Err(reject::duplicate_code("/gtin", gtin.as_str()).into());
    }
    let barcode = Barcode {
        stamp: Barcode::new_stamp(txn.now(), caller),
        store: command.store,
        gtin: gtin.to_string(),
        item: command.item,
        pack_size: valid_pack_size(command.pack_size)?,
    };
    let id = id_of(command.store, &gtin);
    txn.create(id, record::root_of(&barcode));
    Ok(Created { id })
}

/// Corrects what was learned.
pub fn correct(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &CorrectBarcode,
) -> Result<(), Failure> {
    let old: Barcode = record::load(txn, id)?;
    caller.require(Permission::StockEdit, old.store)?;
    let mut new = old.clone();
    if let Some(item) = command.item {
        new.item = query::items::require(txn, "/item", item)?.id;
    }
    if let Some(pack_size) = command.pack_size {
        new.pack_size = valid_pack_size(pack_size)?;
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Forgets what was learned: the next scan asks.
pub fn forget(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId) -> Result<(), Failure> {
    let old: Barcode = record::load(txn, id)?;
    caller.require(Permission::StockEdit, old.store)?;
    txn.put(id, &["deleted"], true);
    Ok(())
}

// ---- project ----

pub(crate) fn project(document: &Document, barcode: &Barcode, projection: &mut Projection) {
    let id = document.id;
    let row = BarcodeRow {
        id,
        store: barcode.store,
        gtin: barcode.gtin.clone(),
        item: barcode.item,
        pack_size: barcode.pack_size,
    };
    let by_number = Key::new().id(barcode.store).text(&barcode.gtin).id(id).build();
    let by_item = Key::new().id(barcode.store).id(barcode.item).text(&barcode.gtin).id(id).build();
    projection.rows.push(views::row(views::BARCODE, by_number, &row));
    projection.rows.push(views::row(views::BARCODE_BY_ITEM, by_item, &row));
}
