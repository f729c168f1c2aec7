//! What article numbers mean in a store.

use crdt_store::{DocumentId, Failure, StoreError, ViewRead, ViewReadExt, decode_row};
use serde::{Deserialize, Serialize};

use super::items::Search;
use super::names::Names;
use super::page::{self, Page, PageRequest};
use crate::barcode::{self, BarcodeRow};
use crate::gs1::Gtin;
use crate::item_variant::ItemVariantRow;
use crate::text::Key;
use crate::{reject, views};

/// What an article number means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownArticle {
    /// The item.
    pub item: DocumentId,
    /// Units in the box that carries it.
    pub pack_size: Option<u32>,
    /// The barcode that the store has learned, which can be corrected; absent where the country's reference says it.
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

/// What an article number means in a store, if anybody has said it. The store's own word wins over what is known of the
/// boxes of item variants; of boxes of several items with one number none is meant.
pub fn find(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    gtin: &Gtin,
) -> Result<Option<KnownArticle>, StoreError> {
    if let Some(row) = barcode::find(read, store, gtin)? {
        return Ok(Some(KnownArticle { item: row.item, pack_size: row.pack_size, barcode: Some(row.id) }));
    }
    let variants: Vec<ItemVariantRow> =
        read.rows(views::VARIANT_BY_GTIN, &Key::new().text(gtin.as_str()).build())?;
    let active = || variants.iter().filter(|variant| variant.active);
    let Some(item) = only(active().map(|variant| variant.item)) else { return Ok(None) };
    let units = active().flat_map(ItemVariantRow::articles).filter(|(of, _)| of == gtin);
    Ok(Some(KnownArticle { item, pack_size: only(units.map(|(_, units)| units)), barcode: None }))
}

/// What all of them are, if they are one and the same.
fn only<T: PartialEq>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// The article number to print on labels of an item in packs of this size, if one is known: the store's own word, or
/// that of the item's variants where they agree.
pub fn of_pack(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
    pack_size: u32,
) -> Result<Option<Gtin>, StoreError> {
    let rows: Vec<BarcodeRow> = read.rows(views::BARCODE_BY_ITEM, &Key::new().id(store).id(item).build())?;
    let fitting = rows.iter().find(|row| row.pack_size == Some(pack_size));
    let chosen = fitting.or_else(|| rows.iter().find(|row| row.pack_size.is_none()));
    if let Some(row) = chosen {
        return Ok(row.gtin.parse().ok());
    }
    let variants: Vec<ItemVariantRow> = read.rows(views::VARIANT_BY_ITEM, item.as_bytes())?;
    let articles = variants.iter().filter(|variant| variant.active).flat_map(ItemVariantRow::articles);
    Ok(only(articles.filter(|(_, units)| *units == pack_size).map(|(gtin, _)| gtin)))
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
