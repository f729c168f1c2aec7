//! Stock: the batches on a store's shelves.

use axum::http::Method;
use crdt_store::{DocumentId, Timestamp};
use domain::query::ledger::{self, LedgerEntry};
use domain::query::stock::{self, StockFacet, StockFilter, StockRow, StockSort};
use domain::query::{Page, PageRequest};
use domain::stock_line::{self, CreateStockLine, UpdateStockLine};
use domain::{Created, Permission};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::ledger::{LEDGER_COLUMNS, LineLedgerQuery, LineLedgerSheetQuery, past};
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
    #[serde(default, with = "domain::instant::optional")]
    as_of: Option<Timestamp>,
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
    #[serde(default, with = "domain::instant::optional")]
    as_of: Option<Timestamp>,
}

impl StockQuery {
    fn split(self) -> Result<(StockSheetQuery, PageRequest), Problem> {
        let Self { store_id, search, facet, item, location, sort, as_of, limit, cursor } = self;
        let wish = StockSheetQuery { store_id, search, facet, item, location, sort, as_of };
        Ok((wish, input::page(limit, cursor)?))
    }
}

impl StockSheetQuery {
    fn filter(self, ask: &Ask<'_>) -> Result<StockFilter, Problem> {
        let Self { search, facet, item, location, sort, as_of, .. } = self;
        Ok(StockFilter { search, facet, item, location, sort, as_of: past(ask, as_of)? })
    }
}

fn list(ask: &Ask<'_>, wish: StockQuery) -> Result<Page<StockRow>, Problem> {
    let (wish, page) = wish.split()?;
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    Ok(stock::list(ask.read, store, &wish.filter(ask)?, ask.state.today(), &page)?)
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
    let (filter, today) = (wish.filter(ask)?, ask.state.today());
    all_pages(|request| stock::list(ask.read, store, &filter, today, request), take)
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

fn ledger_page(ask: &Ask<'_>, wish: LineLedgerQuery) -> Result<Page<LedgerEntry>, Problem> {
    visible(ask)?;
    let (wish, page) = wish.split()?;
    Ok(ledger::of_line_filtered(ask.read, ask.ids.id, &wish.filter(ask)?, &page)?)
}

fn ledger_file(
    ask: &Ask<'_>,
    wish: LineLedgerSheetQuery,
    take: &mut Take<'_, LedgerEntry>,
) -> Result<(), Problem> {
    visible(ask)?;
    let filter = wish.filter(ask)?;
    all_pages(|request| ledger::of_line_filtered(ask.read, ask.ids.id, &filter, request), take)
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        query::<StockQuery, replies::Page<replies::StockRow>, _>(
            "/api/v1/stock-lines",
            TAG,
            "Stock lines of a store, with item, location and balance",
            list,
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
        query::<LineLedgerQuery, replies::Page<replies::LedgerEntry>, _>(
            "/api/v1/stock-lines/{id}/ledger",
            TAG,
            "Movements of a stock line, newest first, with the balance after each",
            ledger_page,
        ),
    ];
    routes.extend(sheets(files!("/api/v1/stock-lines"), TAG, COLUMNS, file));
    routes.extend(sheets(files!("/api/v1/stock-lines/{id}/ledger"), TAG, LEDGER_COLUMNS, ledger_file));
    routes
}
