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
use super::route::{Ask, Place, Route, Take, all_pages, command, files, query, sheets};
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

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

/// The list without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StocktakesSheetQuery {
    store_id: Option<DocumentId>,
    status: Option<StocktakeStatus>,
}

const COLUMNS: &[Column<StocktakeEntry>] = &[
    column("number", |row| Cell::text(&row.stocktake.number)),
    column("description", |row| Cell::maybe(row.stocktake.description.as_ref())),
    column("status", |row| Cell::word(&row.stocktake.status)),
    column("begun at", |row| Cell::Instant(row.stocktake.created_at)),
    column("begun by", |row| Cell::maybe(row.created_by_name.as_ref())),
    column("closed at", |row| Cell::or_empty(row.stocktake.closed_at, Cell::Instant)),
    column("closed by", |row| Cell::maybe(row.closed_by_name.as_ref())),
    column("lines", |row| Cell::count(row.counts.lines)),
    column("lines counted", |row| Cell::count(row.counts.counted)),
    column("lines differing", |row| Cell::count(row.counts.differing)),
    column("comment", |row| Cell::maybe(row.stocktake.comment.as_ref())),
    column("stocktake", |row| Cell::id(row.stocktake.id)),
];

fn file(
    ask: &Ask<'_>,
    wish: StocktakesSheetQuery,
    take: &mut Take<'_, StocktakeEntry>,
) -> Result<(), Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let filter = StocktakeFilter { status: wish.status };
    all_pages(|request| stocktakes::list(ask.read, store, &filter, request), take)
}

/// A line, and whether its counters may not see what is expected.
struct Row {
    blind: bool,
    line: StocktakeLine,
}

const LINE_COLUMNS: &[Column<Row>] = &[
    column("line", |row| Cell::count(row.line.position)),
    column("item code", |row| Cell::text(&row.line.item_code)),
    column("item", |row| Cell::text(&row.line.item_name)),
    column("unit", |row| Cell::text(&row.line.unit)),
    column("batch", |row| Cell::maybe(row.line.batch.as_ref())),
    column("expiry", |row| Cell::day(row.line.expiry)),
    column("pack size", |row| Cell::count(row.line.pack_size)),
    column("location", |row| Cell::maybe(row.line.location_code.as_ref())),
    column("expected", |row| match &row.line.count {
        Some(count) => Cell::quantity(count.balance),
        None if row.blind => Cell::Empty,
        None => Cell::quantity(row.line.on_hand),
    }),
    column("counted", |row| {
        row.line.count.as_ref().map_or(Cell::Empty, |count| Cell::quantity(count.quantity))
    }),
    column("difference", |row| {
        row.line.count.as_ref().map_or(Cell::Empty, |count| Cell::quantity(count.difference))
    }),
    column("reason", |row| Cell::maybe(row.line.reason_text.as_ref())),
    column("note", |row| Cell::maybe(row.line.note.as_ref())),
    column("counted by", |row| Cell::maybe(row.line.count.as_ref().and_then(|count| count.by_name.as_ref()))),
    column("counted at", |row| row.line.count.as_ref().map_or(Cell::Empty, |count| Cell::Instant(count.at))),
    column("stock line", |row| Cell::id(row.line.stock_line)),
];

fn lines_file(ask: &Ask<'_>, wish: LinesSheetQuery, take: &mut Take<'_, Row>) -> Result<(), Problem> {
    let blind = visible(ask)?.stocktake.blind;
    let LinesSheetQuery { search, part, item, stock_line } = wish;
    let filter = LineFilter { search, part, item, stock_line };
    all_pages(
        |request| stocktakes::lines(ask.read, ask.ids.id, &filter, request),
        &mut |line: StocktakeLine| take(Row { blind, line }),
    )
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes = looks();
    routes.extend(sheets(files!("/api/v1/stocktakes"), TAG, COLUMNS, file));
    routes.extend(sheets(files!("/api/v1/stocktakes/{id}/lines"), TAG, LINE_COLUMNS, lines_file));
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
            "below-zero",
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
        .codes(&["wrong-status", "reason-required", "below-zero"]),
    ]
}
