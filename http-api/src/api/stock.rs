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
use super::ledger::{LineLedgerQuery, LineLedgerSheetQuery, ledger_sheet, past};
use super::replies;
use super::route::{Ask, Cell, Place, Route, Sheet, all_pages, command, query, sheet};
use crate::error::Problem;

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

fn file(ask: &Ask<'_>, wish: StockSheetQuery) -> Result<Sheet, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let (filter, today) = (wish.filter(ask)?, ask.state.today());
    let mut sheet = Sheet::new(&[
        "item code",
        "item",
        "unit",
        "batch",
        "expiry",
        "pack size",
        "location",
        "on hand",
        "available",
        "on hold",
        "vvm",
        "cost price",
        "sell price",
        "stock line",
    ])?;
    all_pages(
        |request| stock::list(ask.read, store, &filter, today, request),
        |row| {
            sheet.row([
                Cell::text(&row.item_code),
                Cell::text(&row.item_name),
                Cell::text(&row.unit),
                Cell::maybe(row.batch.as_ref()),
                Cell::plain_or_empty(row.expiry),
                Cell::plain(row.pack_size),
                Cell::maybe(row.location_code.as_ref()),
                Cell::plain(row.on_hand),
                Cell::plain(row.available),
                Cell::plain(row.on_hold),
                row.vvm.map_or(Cell::plain(""), |vvm| Cell::word(&vvm)),
                Cell::plain_or_empty(row.cost_price),
                Cell::plain_or_empty(row.sell_price),
                Cell::plain(row.id),
            ])
        },
    )?;
    Ok(sheet)
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

fn ledger_file(ask: &Ask<'_>, wish: LineLedgerSheetQuery) -> Result<Sheet, Problem> {
    visible(ask)?;
    let filter = wish.filter(ask)?;
    ledger_sheet(|request| ledger::of_line_filtered(ask.read, ask.ids.id, &filter, request))
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        query::<StockQuery, replies::Page<replies::StockRow>, _>(
            "/api/v1/stock-lines",
            TAG,
            "Stock lines of a store, with item, location and balance",
            list,
        ),
        sheet::<StockSheetQuery>("/api/v1/stock-lines.csv", TAG, "The same as a file, all rows", file),
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
        sheet::<LineLedgerSheetQuery>(
            "/api/v1/stock-lines/{id}/ledger.csv",
            TAG,
            "The same as a file, all rows",
            ledger_file,
        ),
    ]
}
