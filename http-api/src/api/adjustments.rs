//! Adjustments: stock added and taken with a reason.

use axum::http::Method;
use crdt_store::{DocumentId, Timestamp};
use domain::adjustment::{self, AdjustmentRow, CreateAdjustment};
use domain::query::Page;
use domain::query::adjustments::{self, AdjustmentDetail, AdjustmentLineDetail};
use domain::query::names::Names;
use domain::{Numbered, Permission};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::replies;
use super::route::{Ask, Place, Route, Take, all_pages, command, each, files, query, sheets};
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

const TAG: &str = "Adjustments";

/// Whose, and which page.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct StorePageQuery {
    pub(super) store_id: Option<DocumentId>,
    pub(super) limit: Option<u32>,
    pub(super) cursor: Option<String>,
}

fn list(ask: &Ask<'_>, wish: StorePageQuery) -> Result<Page<AdjustmentRow>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    Ok(adjustments::list(ask.read, store, &input::page(wish.limit, wish.cursor)?)?)
}

fn detail(ask: &Ask<'_>, _: Empty) -> Result<AdjustmentDetail, Problem> {
    let detail = adjustments::detail(ask.read, ask.ids.id)?;
    match ask.visitor.look(Some(detail.store), Permission::StockView) {
        Ok(_) => Ok(detail),
        Err(_) => Err(Problem::not_found("adjustment")),
    }
}

/// Of which store.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct StoreQuery {
    pub(super) store_id: Option<DocumentId>,
}

/// An adjustment and who made it.
struct Named {
    row: AdjustmentRow,
    by_name: Option<String>,
}

const COLUMNS: &[Column<Named>] = &[
    column("number", |named| Cell::text(&named.row.number)),
    column("at", |named| Cell::Instant(named.row.at)),
    column("user", |named| Cell::maybe(named.by_name.as_ref())),
    column("lines", |named| Cell::count(named.row.lines)),
    column("comment", |named| Cell::maybe(named.row.comment.as_ref())),
    column("adjustment", |named| Cell::id(named.row.id)),
];

fn file(ask: &Ask<'_>, wish: StoreQuery, take: &mut Take<'_, Named>) -> Result<(), Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let mut names = Names::new(ask.read);
    all_pages(|request| adjustments::list(ask.read, store, request), &mut |row: AdjustmentRow| {
        let by_name = names.user(row.by)?.map(str::to_owned);
        take(Named { row, by_name })
    })
}

/// A line with what its adjustment says of itself.
struct Line {
    number: String,
    at: Timestamp,
    by_name: Option<String>,
    line: AdjustmentLineDetail,
}

const LINE_COLUMNS: &[Column<Line>] = &[
    column("number", |row| Cell::text(&row.number)),
    column("at", |row| Cell::Instant(row.at)),
    column("user", |row| Cell::maybe(row.by_name.as_ref())),
    column("item code", |row| Cell::text(&row.line.item_code)),
    column("item", |row| Cell::text(&row.line.item_name)),
    column("batch", |row| Cell::maybe(row.line.batch.as_ref())),
    column("quantity", |row| Cell::quantity(row.line.quantity)),
    column("reason", |row| Cell::maybe(row.line.reason_text.as_ref())),
    column("note", |row| Cell::maybe(row.line.note.as_ref())),
    column("stock line", |row| Cell::id(row.line.stock_line)),
];

fn take_lines(detail: AdjustmentDetail, take: &mut Take<'_, Line>) -> Result<(), Problem> {
    let AdjustmentDetail { number, at, by_name, lines, .. } = detail;
    let line = |line| Line { number: number.clone(), at, by_name: by_name.clone(), line };
    each(lines.into_iter().map(line), take)
}

/// The lines of all adjustments of a store.
fn all_lines_file(ask: &Ask<'_>, wish: StoreQuery, take: &mut Take<'_, Line>) -> Result<(), Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    all_pages(|request| adjustments::list(ask.read, store, request), &mut |row: AdjustmentRow| {
        take_lines(adjustments::detail(ask.read, row.id)?, take)
    })
}

fn lines_file(ask: &Ask<'_>, wish: Empty, take: &mut Take<'_, Line>) -> Result<(), Problem> {
    take_lines(detail(ask, wish)?, take)
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        query::<StorePageQuery, replies::Page<AdjustmentRow>, _>(
            "/api/v1/adjustments",
            TAG,
            "Adjustments of a store, newest first",
            list,
        ),
        command::<CreateAdjustment, Numbered>(
            Method::POST,
            "/api/v1/adjustments",
            TAG,
            "Add to and take from stock lines",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| adjustment::create(txn, caller, wish),
        )
        .codes(&["insufficient-stock", "share-exceeded", "reason-required"]),
        query::<Empty, replies::AdjustmentDetail, _>(
            "/api/v1/adjustments/{id}",
            TAG,
            "An adjustment with its lines",
            detail,
        ),
    ];
    routes.extend(sheets(files!("/api/v1/adjustments"), TAG, COLUMNS, file));
    routes.extend(sheets(files!("/api/v1/adjustments/lines"), TAG, LINE_COLUMNS, all_lines_file));
    routes.extend(sheets(files!("/api/v1/adjustments/{id}/lines"), TAG, LINE_COLUMNS, lines_file));
    routes
}
