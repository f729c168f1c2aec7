//! Stock by item: balances, consumption, months of stock, and why they are what they are.

use crdt_store::{DocumentId, Timestamp};
use domain::Permission;
use domain::query::consumption::{self, MonthConsumption};
use domain::query::stock_items::{
    self, Explanation, FiguresFilter, ItemFacet, ItemFigures, ItemSort, OnOrderEntry,
};
use domain::query::{Page, items};
use serde::{Deserialize, Serialize};

use super::input;
use super::ledger::past;
use super::reference::Rows;
use super::replies;
use super::route::{Ask, Route, Take, all_pages, files, query, sheets};
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

const TAG: &str = "Stock by item";

/// Months of consumption that are told: a year.
const MONTHS: u32 = 12;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ItemsQuery {
    store_id: Option<DocumentId>,
    search: Option<String>,
    facet: Option<ItemFacet>,
    sort: Option<ItemSort>,
    #[serde(default, with = "domain::instant::optional")]
    as_of: Option<Timestamp>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The same without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ItemsSheetQuery {
    store_id: Option<DocumentId>,
    search: Option<String>,
    facet: Option<ItemFacet>,
    sort: Option<ItemSort>,
    #[serde(default, with = "domain::instant::optional")]
    as_of: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StoreQuery {
    store_id: Option<DocumentId>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PastStoreQuery {
    store_id: Option<DocumentId>,
    #[serde(default, with = "domain::instant::optional")]
    as_of: Option<Timestamp>,
}

fn list(ask: &Ask<'_>, wish: ItemsQuery) -> Result<Page<ItemFigures>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let ItemsQuery { search, facet, sort, as_of, limit, cursor, .. } = wish;
    let filter = FiguresFilter { search, facet, sort, as_of: past(ask, as_of)? };
    Ok(stock_items::list(ask.read, store, &filter, ask.state.today(), &input::page(limit, cursor)?)?)
}

const COLUMNS: &[Column<ItemFigures>] = &[
    column("item code", |row| Cell::text(&row.stock.item.code)),
    column("item", |row| Cell::text(&row.stock.item.name)),
    column("unit", |row| Cell::text(&row.stock.item.unit)),
    column("on hand", |row| Cell::quantity(row.stock.on_hand)),
    column("available", |row| Cell::quantity(row.stock.available)),
    column("on order", |row| Cell::quantity(row.stock.on_order)),
    column("consumed", |row| Cell::quantity(row.consumed)),
    column("average monthly consumption", |row| Cell::quantity(row.amc)),
    column("months of stock", |row| Cell::or_empty(row.months_of_stock, Cell::quantity)),
    column("days out of stock", |row| Cell::count(row.days_out)),
];

fn file(ask: &Ask<'_>, wish: ItemsSheetQuery, take: &mut Take<'_, ItemFigures>) -> Result<(), Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let ItemsSheetQuery { search, facet, sort, as_of, .. } = wish;
    let filter = FiguresFilter { search, facet, sort, as_of: past(ask, as_of)? };
    all_pages(|request| stock_items::list(ask.read, store, &filter, ask.state.today(), request), take)
}

fn explain(ask: &Ask<'_>, wish: PastStoreQuery) -> Result<Explanation, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let as_of = past(ask, wish.as_of)?;
    Ok(stock_items::explain(ask.read, store, ask.ids.id, ask.state.today(), as_of)?)
}

fn on_order(ask: &Ask<'_>, wish: StoreQuery) -> Result<Rows<OnOrderEntry>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    items::detail(ask.read, ask.ids.id)?;
    Ok(Rows { rows: stock_items::on_order(ask.read, store, ask.ids.id)? })
}

fn consumption_of_item(ask: &Ask<'_>, wish: StoreQuery) -> Result<Rows<MonthConsumption>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    items::detail(ask.read, ask.ids.id)?;
    Ok(Rows { rows: consumption::months_of_item(ask.read, store, ask.ids.id, ask.state.today(), MONTHS)? })
}

fn consumption_of_store(ask: &Ask<'_>, wish: StoreQuery) -> Result<Rows<MonthConsumption>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    Ok(Rows { rows: consumption::months_of_store(ask.read, store, ask.state.today(), MONTHS)? })
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        query::<ItemsQuery, replies::Page<replies::ItemFigures>, _>(
            "/api/v1/stock-items",
            TAG,
            "What a store has of each item, what it consumes, and how long it lasts",
            list,
        ),
        query::<PastStoreQuery, replies::Explanation, _>(
            "/api/v1/items/{id}/figures",
            TAG,
            "An item's figures in a store, and all that they follow from",
            explain,
        ),
        query::<StoreQuery, Rows<replies::OnOrderEntry>, _>(
            "/api/v1/items/{id}/on-order",
            TAG,
            "Lines of shipments that bring an item to a store and are not received",
            on_order,
        ),
        query::<StoreQuery, Rows<replies::MonthConsumption>, _>(
            "/api/v1/items/{id}/consumption",
            TAG,
            "Consumption of an item in a store in each of the last twelve months",
            consumption_of_item,
        ),
        query::<StoreQuery, Rows<replies::MonthConsumption>, _>(
            "/api/v1/consumption",
            TAG,
            "Consumption of a store in each of the last twelve months, units of all items added up",
            consumption_of_store,
        ),
    ];
    routes.extend(sheets(files!("/api/v1/stock-items"), TAG, COLUMNS, file));
    routes
}
