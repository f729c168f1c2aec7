//! What article numbers mean in a store.

use crdt_store::{DocumentId, Failure, StoreError, ViewRead, ViewReadExt, decode_row};
use serde::{Deserialize, Serialize};

use super::items::Search;
use super::names::Names;
use super::page::{self, Page, PageRequest};
use crate::barcode::{self, BarcodeRow};
use crate::gs1::Gtin;
use crate::text::Key;
use crate::{reject, views};

/// What an article number means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownArticle {
    /// The item.
    pub item: DocumentId,
    /// Units in the box that carries it.
    pub pack_size: Option<u32>,
    /// The barcode that the store has learned, which can be corrected.
    pub barcode: Option<DocumentId>,
}

/// Which barcodes are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BarcodeFilter {
    /// Words of the item's name or code, or a part of the number.
    pub search: Option<String>,
    /// Only those of this item.
    pub item: Option<DocumentId>,
}

/// A learned barcode with what a person reads.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BarcodeListRow {
    /// The barcode.
    #[serde(flatten)]
    pub barcode: BarcodeRow,
    /// The item's code.
    pub item_code: String,
    /// Its name.
    pub item_name: String,
}

/// What an article number means in a store, if anybody has said it. The store's own word is the only source so far.
pub fn find(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    gtin: &Gtin,
) -> Result<Option<KnownArticle>, StoreError> {
    let learned = barcode::find(read, store, gtin)?;
    Ok(learned.map(|row| KnownArticle { item: row.item, pack_size: row.pack_size, barcode: Some(row.id) }))
}

/// The article number to print on labels of an item in packs of this size, if one is known.
pub fn of_pack(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
    pack_size: u32,
) -> Result<Option<Gtin>, StoreError> {
    let rows: Vec<BarcodeRow> = read.rows(views::BARCODE_BY_ITEM, &Key::new().id(store).id(item).build())?;
    let fitting = rows.iter().find(|row| row.pack_size == Some(pack_size));
    let chosen = fitting.or_else(|| rows.iter().find(|row| row.pack_size.is_none()));
    Ok(chosen.and_then(|row| row.gtin.parse().ok()))
}

/// Barcodes of a store, by number.
pub fn list(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    filter: &BarcodeFilter,
    request: &PageRequest,
) -> Result<Page<BarcodeListRow>, Failure> {
    let wanted = Search::of(filter.search.as_deref());
    let mut names = Names::new(read);
    page::scan(read, views::BARCODE, store.as_bytes(), false, request, |_, value| {
        let barcode: BarcodeRow = decode_row(views::BARCODE, value)?;
        if filter.item.is_some_and(|item| item != barcode.item) {
            return Ok(None);
        }
        let row = list_row(&mut names, barcode)?;
        let texts = [row.item_name.as_str(), &row.item_code, &row.barcode.gtin];
        Ok(wanted.fits_text(texts).then_some(row))
    })
}

/// A barcode.
pub fn detail(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<BarcodeListRow, Failure> {
    let barcode: barcode::Barcode = crate::record::load(read, id)?;
    let row = read
        .rows::<BarcodeRow>(views::BARCODE, &Key::new().id(barcode.store).text(&barcode.gtin).id(id).build())?
        .into_iter()
        .next()
        .ok_or_else(|| reject::not_found("barcode", id))?;
    Ok(list_row(&mut Names::new(read), row)?)
}

fn list_row<R: ViewRead + ?Sized>(
    names: &mut Names<'_, R>,
    barcode: BarcodeRow,
) -> Result<BarcodeListRow, StoreError> {
    let item = names.item(barcode.item)?;
    let (item_code, item_name) =
        item.map_or_else(Default::default, |item| (item.code.clone(), item.name.clone()));
    Ok(BarcodeListRow { barcode, item_code, item_name })
}
