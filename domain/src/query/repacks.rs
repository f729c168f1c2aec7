//! Repacks.

use crdt_store::{DocumentId, Failure, StoreError, ViewRead, decode_row};
use serde::Serialize;

use super::names::Names;
use super::page::{self, Page, PageRequest};
use crate::quantity::Quantity;
use crate::record;
use crate::repack::{Repack, RepackRow};
use crate::stock_line::{self, StockLineRow};
use crate::{Date, views};

/// A repack with the names a person reads.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RepackDetail {
    /// The repack.
    #[serde(flatten)]
    pub repack: RepackRow,
    /// The name of the user.
    pub by_name: Option<String>,
    /// The item's code.
    pub item_code: String,
    /// The item's name.
    pub item_name: String,
    /// Its base unit.
    pub unit: String,
    /// The batch.
    pub batch: Option<String>,
    /// Its last day of use.
    pub expiry: Option<Date>,
    /// The code of the place where the stock line that they left lies now.
    pub from_location: Option<String>,
    /// The code of the place where they were put.
    pub to_location: Option<String>,
    /// Units in the stock line they came into, as of now.
    pub to_on_hand: Quantity,
}

/// Repacks of a store, newest first.
pub fn list(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    request: &PageRequest,
) -> Result<Page<RepackDetail>, Failure> {
    let mut names = Names::new(read);
    page::scan(read, views::REPACK, store.as_bytes(), true, request, |_, value| {
        detail_of(read, &mut names, decode_row(views::REPACK, value)?).map(Some)
    })
}

/// A repack.
pub fn detail(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<RepackDetail, Failure> {
    let repack: Repack = record::load(read, id)?;
    let row = repack.row(id);
    Ok(detail_of(read, &mut Names::new(read), row)?)
}

fn detail_of<R: ViewRead + ?Sized>(
    read: &R,
    names: &mut Names<'_, R>,
    repack: RepackRow,
) -> Result<RepackDetail, StoreError> {
    let item = names.item(repack.item)?.cloned();
    let from = stock_line::find(read, repack.from)?;
    let code = |names: &mut Names<'_, R>, place: Option<DocumentId>| match place {
        Some(place) => Ok::<_, StoreError>(names.location(place)?.map(|row| row.code.clone())),
        None => Ok(None),
    };
    let place = |line: &StockLineRow| line.location;
    Ok(RepackDetail {
        by_name: names.user(repack.by)?.map(str::to_owned),
        item_code: item.as_ref().map_or_else(String::new, |item| item.code.clone()),
        item_name: item.as_ref().map_or_else(String::new, |item| item.name.clone()),
        unit: item.map_or_else(String::new, |item| item.unit),
        batch: from.as_ref().and_then(|line| line.batch.clone()),
        expiry: from.as_ref().and_then(|line| line.expiry),
        from_location: code(names, from.as_ref().and_then(place))?,
        to_location: code(names, repack.location)?,
        to_on_hand: stock_line::balance(read, repack.store, repack.to)?.on_hand,
        repack,
    })
}
