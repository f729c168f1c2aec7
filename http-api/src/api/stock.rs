//! Stock: the batches on a store's shelves.

use axum::http::Method;
use crdt_store::DocumentId;
use domain::query::ledger::{self, LedgerEntry};
use domain::query::stock::{
    self, ItemStockFilter, ItemStockRow, StockFacet, StockFilter, StockRow, StockSort,
};
use domain::query::{Page, PageRequest};
use domain::stock_line::{self, CreateStockLine, UpdateStockLine};
use domain::{Created, Permission};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::items::LEDGER_COLUMNS;
use super::replies;
use super::route::{Ask, Place, Route, Take, all_pages, command, files, query, sheets};
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

const TAG: &str = "Stock";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StockQuery {
    store_id: Option<DocumentId>,
    search: Option<String>,
    facet: Option<StockFacet>,
    item: Option<DocumentId>,
    location: Option<DocumentId>,
    sort: Option<StockSort>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The same without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StockSheetQuery {
    store_id: Option<DocumentId>,
    search: Option<String>,
    facet: Option<StockFacet>,
    item: Option<DocumentId>,
    location: Option<DocumentId>,
    sort: Option<StockSort>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ItemStockQuery {
    store_id: Option<DocumentId>,
    search: Option<String>,
    in_stock: Option<bool>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The same without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ItemStockSheetQuery {
    store_id: Option<DocumentId>,
    search: Option<String>,
    in_stock: Option<bool>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PageQuery {
    limit: Option<u32>,
    cursor: Option<String>,
}

impl StockQuery {
    fn split(self) -> Result<(StockSheetQuery, PageRequest), Problem> {
        let Self { store_id, search, facet, item, location, sort, limit, cursor } = self;
        Ok((StockSheetQuery { store_id, search, facet, item, location, sort }, input::page(limit, cursor)?))
    }
}

impl StockSheetQuery {
    fn filter(self) -> StockFilter {
        let Self { search, facet, item, location, sort, .. } = self;
        StockFilter { search, facet, item, location, sort }
    }
}

fn list(ask: &Ask<'_>, wish: StockQuery) -> Result<Page<StockRow>, Problem> {
    let (wish, page) = wish.split()?;
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    Ok(stock::list(ask.read, store, &wish.filter(), ask.state.today(), &page)?)
}

const COLUMNS: &[Column<StockRow>] = &[
    column("item code", |row| Cell::text(&row.item_code)),
    column("item", |row| Cell::text(&row.item_name)),
    column("unit", |row| Cell::text(&row.unit)),
    column("batch", |row| Cell::maybe(row.batch.as_ref())),
    column("expiry", |row| Cell::day(row.expiry)),
    column("pack size", |row| Cell::count(row.pack_size)),
    column("location", |row| Cell::maybe(row.location_code.as_ref())),
    column("on hand", |row| Cell::quantity(row.on_hand)),
    column("available", |row| Cell::quantity(row.available)),
    column("on hold", |row| Cell::Flag(row.on_hold)),
    column("vvm", |row| Cell::or_empty(row.vvm, |vvm| Cell::word(&vvm))),
    column("cost price", |row| Cell::money(row.cost_price)),
    column("sell price", |row| Cell::money(row.sell_price)),
    column("note", |row| Cell::maybe(row.note.as_ref())),
    column("stock line", |row| Cell::id(row.id)),
];

fn file(ask: &Ask<'_>, wish: StockSheetQuery, take: &mut Take<'_, StockRow>) -> Result<(), Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let (filter, today) = (wish.filter(), ask.state.today());
    all_pages(|request| stock::list(ask.read, store, &filter, today, request), take)
}

const ITEM_COLUMNS: &[Column<ItemStockRow>] = &[
    column("item code", |row| Cell::text(&row.item.code)),
    column("item", |row| Cell::text(&row.item.name)),
    column("unit", |row| Cell::text(&row.item.unit)),
    column("on hand", |row| Cell::quantity(row.on_hand)),
    column("promised", |row| Cell::quantity(row.allocated)),
    column("available", |row| Cell::quantity(row.available)),
];

fn by_item_file(
    ask: &Ask<'_>,
    wish: ItemStockSheetQuery,
    take: &mut Take<'_, ItemStockRow>,
) -> Result<(), Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let filter = ItemStockFilter { search: wish.search, in_stock: wish.in_stock };
    all_pages(|request| stock::items(ask.read, store, &filter, request), take)
}

fn by_item(ask: &Ask<'_>, wish: ItemStockQuery) -> Result<Page<ItemStockRow>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let filter = ItemStockFilter { search: wish.search, in_stock: wish.in_stock };
    Ok(stock::items(ask.read, store, &filter, &input::page(wish.limit, wish.cursor)?)?)
}

/// A line of a store that the visitor may look into; any other is not there.
fn visible(ask: &Ask<'_>) -> Result<StockRow, Problem> {
    let row = stock::line(ask.read, ask.ids.id, ask.state.today())?;
    match ask.visitor.look(Some(row.store), Permission::StockView) {
        Ok(_) => Ok(row),
        Err(_) => Err(Problem::not_found("stock line")),
    }
}

fn store_of(ask: &Ask<'_>) -> Result<DocumentId, Problem> {
    visible(ask).map(|row| row.store)
}

fn ledger_page(ask: &Ask<'_>, wish: PageQuery) -> Result<Page<LedgerEntry>, Problem> {
    visible(ask)?;
    Ok(ledger::of_line(ask.read, ask.ids.id, &input::page(wish.limit, wish.cursor)?)?)
}

fn ledger_file(ask: &Ask<'_>, _: Empty, take: &mut Take<'_, LedgerEntry>) -> Result<(), Problem> {
    visible(ask)?;
    all_pages(|request| ledger::of_line(ask.read, ask.ids.id, request), take)
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        query::<StockQuery, replies::Page<replies::StockRow>, _>(
            "/api/v1/stock-lines",
            TAG,
            "Stock lines of a store, with item, location and balance",
            list,
        ),
        query::<ItemStockQuery, replies::Page<replies::ItemStockRow>, _>(
            "/api/v1/stock-items",
            TAG,
            "What a store has of each item",
            by_item,
        ),
        command::<CreateStockLine, Created>(
            Method::POST,
            "/api/v1/stock-lines",
            TAG,
            "Open a stock line with what is on the shelf",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| stock_line::create(txn, caller, wish),
        ),
        query::<Empty, replies::StockRow, _>("/api/v1/stock-lines/{id}", TAG, "A stock line", |ask, _| {
            visible(ask)
        }),
        command::<UpdateStockLine, ()>(
            Method::PATCH,
            "/api/v1/stock-lines/{id}",
            TAG,
            "Hold, move or annotate a stock line; its quantity is changed by adjustments",
            Place::Of(store_of),
            |txn, caller, ids, wish| stock_line::update(txn, caller, ids.id, wish),
        ),
        query::<PageQuery, replies::Page<replies::LedgerEntry>, _>(
            "/api/v1/stock-lines/{id}/ledger",
            TAG,
            "Movements of a stock line, newest first, with the balance after each",
            ledger_page,
        ),
    ];
    routes.extend(sheets(files!("/api/v1/stock-lines"), TAG, COLUMNS, file));
    routes.extend(sheets(files!("/api/v1/stock-items"), TAG, ITEM_COLUMNS, by_item_file));
    routes.extend(sheets(files!("/api/v1/stock-lines/{id}/ledger"), TAG, LEDGER_COLUMNS, ledger_file));
    routes
}
