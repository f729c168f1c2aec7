//! Stocktakes: counting while work goes on.

use axum::http::Method;
use crdt_store::DocumentId;
use domain::query::Page;
use domain::query::stocktakes::{self, LineFilter, LinePart, StocktakeEntry, StocktakeFilter, StocktakeLine};
use domain::stocktake::{
    self, AddBatch, AddLines, CountLines, CountedLine, CreateStocktake, Finalise, KeepCount, SettleLate,
    StocktakeStatus, StrikeLine, UpdateStocktake,
};
use domain::{Numbered, Permission};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::replies;
use super::route::{Ask, Cell, Place, Route, Sheet, all_pages, command, query, sheet};
use crate::error::Problem;

const TAG: &str = "Stocktakes";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StocktakesQuery {
    store_id: Option<DocumentId>,
    status: Option<StocktakeStatus>,
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LinesQuery {
    search: Option<String>,
    part: Option<LinePart>,
    item: Option<DocumentId>,
    stock_line: Option<DocumentId>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The same without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LinesSheetQuery {
    search: Option<String>,
    part: Option<LinePart>,
    item: Option<DocumentId>,
    stock_line: Option<DocumentId>,
}

fn list(ask: &Ask<'_>, wish: StocktakesQuery) -> Result<Page<StocktakeEntry>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let filter = StocktakeFilter { status: wish.status };
    Ok(stocktakes::list(ask.read, store, &filter, &input::page(wish.limit, wish.cursor)?)?)
}

/// A stocktake of a store that the visitor may look into; any other is not there.
fn visible(ask: &Ask<'_>) -> Result<StocktakeEntry, Problem> {
    let entry = stocktakes::detail(ask.read, ask.ids.id)?;
    match ask.visitor.look(Some(entry.stocktake.store), Permission::StockView) {
        Ok(_) => Ok(entry),
        Err(_) => Err(Problem::not_found("stocktake")),
    }
}

fn store_of(ask: &Ask<'_>) -> Result<DocumentId, Problem> {
    visible(ask).map(|entry| entry.stocktake.store)
}

fn lines(ask: &Ask<'_>, wish: LinesQuery) -> Result<Page<StocktakeLine>, Problem> {
    visible(ask)?;
    let LinesQuery { search, part, item, stock_line, limit, cursor } = wish;
    let filter = LineFilter { search, part, item, stock_line };
    Ok(stocktakes::lines(ask.read, ask.ids.id, &filter, &input::page(limit, cursor)?)?)
}

fn lines_file(ask: &Ask<'_>, wish: LinesSheetQuery) -> Result<Sheet, Problem> {
    let blind = visible(ask)?.stocktake.blind;
    let LinesSheetQuery { search, part, item, stock_line } = wish;
    let filter = LineFilter { search, part, item, stock_line };
    let mut sheet = Sheet::new(&[
        "line",
        "item code",
        "item",
        "unit",
        "batch",
        "expiry",
        "pack size",
        "location",
        "expected",
        "counted",
        "difference",
        "reason",
        "note",
        "counted by",
        "counted at",
        "stock line",
    ])?;
    all_pages(
        |request| stocktakes::lines(ask.read, ask.ids.id, &filter, request),
        |row| {
            let count = row.count.as_ref();
            let expected = count.map_or(row.on_hand, |count| count.balance);
            sheet.row([
                Cell::plain(row.position),
                Cell::text(&row.item_code),
                Cell::text(&row.item_name),
                Cell::text(&row.unit),
                Cell::maybe(row.batch.as_ref()),
                Cell::plain_or_empty(row.expiry),
                Cell::plain(row.pack_size),
                Cell::maybe(row.location_code.as_ref()),
                Cell::plain_or_empty((!blind || count.is_some()).then_some(expected)),
                Cell::plain_or_empty(count.map(|count| count.quantity)),
                Cell::plain_or_empty(count.map(|count| count.difference)),
                Cell::maybe(row.reason_text.as_ref()),
                Cell::maybe(row.note.as_ref()),
                Cell::maybe(count.and_then(|count| count.by_name.as_ref())),
                count.map_or(Cell::plain(""), |count| Cell::instant(count.at)),
                Cell::plain(row.stock_line),
            ])
        },
    )?;
    Ok(sheet)
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes = looks();
    routes.extend(acts());
    routes
}

fn looks() -> Vec<Route> {
    vec![
        query::<StocktakesQuery, replies::Page<replies::StocktakeEntry>, _>(
            "/api/v1/stocktakes",
            TAG,
            "Stocktakes of a store, newest first",
            list,
        ),
        query::<Empty, replies::StocktakeEntry, _>(
            "/api/v1/stocktakes/{id}",
            TAG,
            "A stocktake, and how far its counting has come",
            |ask, _| visible(ask),
        ),
        query::<LinesQuery, replies::Page<replies::StocktakeLine>, _>(
            "/api/v1/stocktakes/{id}/lines",
            TAG,
            "Its lines in the order of its sheets, with counts and what is in doubt",
            lines,
        ),
        sheet::<LinesSheetQuery>(
            "/api/v1/stocktakes/{id}/lines.csv",
            TAG,
            "The same as a file, all rows",
            lines_file,
        ),
    ]
}

fn acts() -> Vec<Route> {
    vec![
        command::<CreateStocktake, Numbered>(
            Method::POST,
            "/api/v1/stocktakes",
            TAG,
            "Begin a stocktake: full, blank, or of a part of the store",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| stocktake::create(txn, caller, wish),
        )
        .codes(&["too-many-lines"]),
        command::<UpdateStocktake, ()>(
            Method::PATCH,
            "/api/v1/stocktakes/{id}",
            TAG,
            "Name, annotate or hold a stocktake",
            Place::Of(store_of),
            |txn, caller, ids, wish| stocktake::update(txn, caller, ids.id, wish),
        )
        .codes(&["wrong-status"]),
        command::<AddLines, ()>(
            Method::POST,
            "/api/v1/stocktakes/{id}/lines",
            TAG,
            "Add stock lines, or all batches of an item",
            Place::Of(store_of),
            |txn, caller, ids, wish| stocktake::add_lines(txn, caller, ids.id, wish),
        )
        .codes(&["wrong-status", "on-hold", "not-arrived", "too-many-lines"]),
        command::<StrikeLine, ()>(
            Method::POST,
            "/api/v1/stocktakes/{id}/strike",
            TAG,
            "Strike a line off, or put it back",
            Place::Of(store_of),
            |txn, caller, ids, wish| stocktake::strike(txn, caller, ids.id, wish),
        )
        .codes(&["wrong-status", "on-hold", "not-arrived"]),
        command::<AddBatch, CountedLine>(
            Method::POST,
            "/api/v1/stocktakes/{id}/batches",
            TAG,
            "Add a batch that is on the shelf and not on paper, with its count",
            Place::Of(store_of),
            |txn, caller, ids, wish| stocktake::add_batch(txn, caller, ids.id, wish),
        )
        .codes(&["wrong-status", "on-hold", "not-arrived", "batch-exists"]),
        command::<CountLines, Vec<CountedLine>>(
            Method::POST,
            "/api/v1/stocktakes/{id}/counts",
            TAG,
            "Write down counts, all or none",
            Place::Of(store_of),
            |txn, caller, ids, wish| stocktake::count(txn, caller, ids.id, wish),
        )
        .codes(&["wrong-status", "on-hold", "not-arrived", "stale-count"]),
        command::<KeepCount, CountedLine>(
            Method::POST,
            "/api/v1/stocktakes/{id}/keep",
            TAG,
            "Keep a count, in the knowledge of others and of movements it did not know",
            Place::Of(store_of),
            |txn, caller, ids, wish| stocktake::keep(txn, caller, ids.id, wish),
        )
        .codes(&["wrong-status", "on-hold", "not-arrived", "stale-count"]),
        command::<Finalise, ()>(
            Method::POST,
            "/api/v1/stocktakes/{id}/finalise",
            TAG,
            "Adjust stock by what was counted",
            Place::Of(store_of),
            |txn, caller, ids, wish| stocktake::finalise(txn, caller, ids.id, wish),
        )
        .codes(&[
            "wrong-status",
            "on-hold",
            "not-arrived",
            "counts-differ",
            "nothing-counted",
            "reason-required",
        ]),
        command::<Empty, ()>(
            Method::POST,
            "/api/v1/stocktakes/{id}/cancel",
            TAG,
            "Give a stocktake up",
            Place::Of(store_of),
            |txn, caller, ids, _| stocktake::cancel(txn, caller, ids.id),
        )
        .codes(&["wrong-status"]),
        command::<SettleLate, ()>(
            Method::POST,
            "/api/v1/stocktakes/{id}/settle-late",
            TAG,
            "Apply counts that arrived after the end, or put them aside",
            Place::Of(store_of),
            |txn, caller, ids, wish| stocktake::settle_late(txn, caller, ids.id, wish),
        )
        .codes(&["wrong-status", "reason-required"]),
    ]
}
