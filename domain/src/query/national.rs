//! Stock of the country: by item, and of an item by store.

use std::ops::{Bound, ControlFlow};

use crdt_store::{DocumentId, Failure, ViewRead, prefix_end};
use serde::Serialize;

use super::items::{ItemFilter, Search};
use super::page::{self, Page, PageRequest};
use crate::effect::Balance;
use crate::item::{ItemRow, named_text, read_named};
use crate::quantity::Quantity;
use crate::text::id_at;
use crate::{store, views};

/// An item as the country has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NationalRow {
    /// The item.
    pub item: ItemRow,
    /// Units on all shelves.
    pub on_hand: Quantity,
    /// Units promised.
    pub allocated: Quantity,
}

/// An item as one store has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreStockRow {
    /// The store.
    pub store: DocumentId,
    /// Its code.
    pub store_code: String,
    /// Its name.
    pub store_name: String,
    /// 1 national, 2 district, 3 health centre.
    pub level: u8,
    /// Units on its shelf.
    pub on_hand: Quantity,
    /// Units promised.
    pub allocated: Quantity,
}

/// Items by name with what the country has of each: all, only those that it has (true), or those that it has had and
/// has none of (false).
pub fn list(
    read: &(impl ViewRead + ?Sized),
    filter: &ItemFilter,
    in_stock: Option<bool>,
    request: &PageRequest,
) -> Result<Page<NationalRow>, Failure> {
    let wanted = Search::of(filter.search.as_deref());
    page::scan(read, views::ITEM_NAME, &[], false, request, |_, value| {
        if !wanted.fits_folded(named_text(value)) {
            return Ok(None);
        }
        let item = read_named(value)?;
        if filter.active.is_some_and(|active| active != item.active)
            || filter.vaccine.is_some_and(|vaccine| vaccine != item.is_vaccine)
        {
            return Ok(None);
        }
        let totals = read.totals(views::SUM_ITEM, item.id.as_bytes())?;
        let balance = Balance::of(&totals);
        // Out of stock is what was in stock somewhere at some time.
        let kept = totals.count != 0;
        if in_stock.is_some_and(|in_stock| !kept || in_stock != balance.on_hand.is_positive()) {
            return Ok(None);
        }
        Ok(Some(NationalRow { item, on_hand: balance.on_hand, allocated: balance.allocated }))
    })
}

/// What each store has of an item, by store code.
pub fn item_by_store(
    read: &(impl ViewRead + ?Sized),
    item: DocumentId,
) -> Result<Vec<StoreStockRow>, Failure> {
    let end = prefix_end(item.as_bytes());
    let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut balances = Vec::new();
    read.scan_totals(
        views::SUM_ITEM_STORE,
        (Bound::Included(item.as_bytes()), upper),
        &mut |key, totals| {
            balances.extend(id_at(key, 16).map(|store| (store, Balance::of(totals))));
            ControlFlow::Continue(())
        },
    )?;
    let mut rows = Vec::new();
    for (id, balance) in balances {
        let found = store::find(read, id)?;
        rows.push(StoreStockRow {
            store: id,
            store_code: found.as_ref().map_or_else(String::new, |row| row.code.clone()),
            store_name: found.as_ref().map_or_else(String::new, |row| row.name.clone()),
            level: found.map_or(0, |row| row.level),
            on_hand: balance.on_hand,
            allocated: balance.allocated,
        });
    }
    rows.sort_by(|a, b| a.store_code.cmp(&b.store_code));
    Ok(rows)
}

/// What the country has of an item.
pub fn item_balance(read: &(impl ViewRead + ?Sized), item: DocumentId) -> Result<Balance, Failure> {
    Ok(Balance::of(&read.totals(views::SUM_ITEM, item.as_bytes())?))
}
