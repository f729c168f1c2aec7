//! Ledgers: of an item, of a stock line, of a whole store.

use crdt_store::{DocumentId, Timestamp};
use domain::query::ledger::{self, LedgerEntry, LedgerFilter, StoreLedgerEntry};
use domain::query::{Page, PageRequest};
use domain::{Date, MovementKind, Permission};
use serde::{Deserialize, Serialize};

use super::input;
use super::replies;
use super::route::{Ask, Route, Take, all_pages, files, query, sheets};
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

const TAG: &str = "Ledgers";

/// Which movements, and which page of them.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LedgerQuery {
    store_id: Option<DocumentId>,
    from: Option<Date>,
    until: Option<Date>,
    kind: Option<MovementKind>,
    batch: Option<String>,
    reason: Option<DocumentId>,
    #[serde(default, with = "domain::instant::optional")]
    as_of: Option<Timestamp>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The same without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LedgerSheetQuery {
    store_id: Option<DocumentId>,
    from: Option<Date>,
    until: Option<Date>,
    kind: Option<MovementKind>,
    batch: Option<String>,
    reason: Option<DocumentId>,
    #[serde(default, with = "domain::instant::optional")]
    as_of: Option<Timestamp>,
}

/// Which movements of a stock line, whose store follows from it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LineLedgerQuery {
    from: Option<Date>,
    until: Option<Date>,
    kind: Option<MovementKind>,
    reason: Option<DocumentId>,
    #[serde(default, with = "domain::instant::optional")]
    as_of: Option<Timestamp>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The same without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LineLedgerSheetQuery {
    from: Option<Date>,
    until: Option<Date>,
    kind: Option<MovementKind>,
    reason: Option<DocumentId>,
    #[serde(default, with = "domain::instant::optional")]
    as_of: Option<Timestamp>,
}

impl LedgerQuery {
    fn split(self) -> Result<(LedgerSheetQuery, PageRequest), Problem> {
        let Self { store_id, from, until, kind, batch, reason, as_of, limit, cursor } = self;
        let wish = LedgerSheetQuery { store_id, from, until, kind, batch, reason, as_of };
        Ok((wish, input::page(limit, cursor)?))
    }
}

impl LedgerSheetQuery {
    fn filter(self, ask: &Ask<'_>) -> Result<LedgerFilter, Problem> {
        let Self { from, until, kind, batch, reason, as_of, .. } = self;
        Ok(LedgerFilter { from, until, kind, batch, reason, as_of: past(ask, as_of)? })
    }
}

impl LineLedgerQuery {
    pub(super) fn split(self) -> Result<(LineLedgerSheetQuery, PageRequest), Problem> {
        let Self { from, until, kind, reason, as_of, limit, cursor } = self;
        Ok((LineLedgerSheetQuery { from, until, kind, reason, as_of }, input::page(limit, cursor)?))
    }
}

impl LineLedgerSheetQuery {
    pub(super) fn filter(self, ask: &Ask<'_>) -> Result<LedgerFilter, Problem> {
        let Self { from, until, kind, reason, as_of } = self;
        Ok(LedgerFilter { from, until, kind, batch: None, reason, as_of: past(ask, as_of)? })
    }
}

/// An instant that has been.
pub(super) fn past(ask: &Ask<'_>, as_of: Option<Timestamp>) -> Result<Option<Timestamp>, Problem> {
    match as_of.filter(|instant| *instant > ask.state.now()) {
        Some(_) => Err(Problem::advised("invalid-parameter", "asOf is yet to come")),
        None => Ok(as_of),
    }
}

fn of_item(ask: &Ask<'_>, wish: LedgerQuery) -> Result<Page<LedgerEntry>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let (wish, page) = wish.split()?;
    Ok(ledger::of_item_filtered(ask.read, store, ask.ids.id, &wish.filter(ask)?, &page)?)
}

fn of_item_file(
    ask: &Ask<'_>,
    wish: LedgerSheetQuery,
    take: &mut Take<'_, LedgerEntry>,
) -> Result<(), Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let filter = wish.filter(ask)?;
    all_pages(|request| ledger::of_item_filtered(ask.read, store, ask.ids.id, &filter, request), take)
}

/// The columns of a ledger.
pub(super) const LEDGER_COLUMNS: &[Column<LedgerEntry>] = &[
    column("at", |entry| Cell::Instant(entry.movement.at)),
    column("kind", |entry| Cell::word(&entry.movement.kind)),
    column("number", |entry| Cell::maybe(entry.movement.number.as_ref())),
    column("document", |entry| Cell::id(entry.movement.document)),
    column("stock line", |entry| Cell::id(entry.movement.stock_line)),
    column("batch", |entry| Cell::maybe(entry.batch.as_ref())),
    column("expiry", |entry| Cell::day(entry.expiry)),
    column("quantity", |entry| Cell::quantity(entry.movement.quantity)),
    column("balance", |entry| Cell::quantity(entry.balance)),
    column("other end", |entry| Cell::maybe(entry.other_name.as_ref())),
    column("reason", |entry| Cell::maybe(entry.reason_text.as_ref())),
    column("user", |entry| Cell::maybe(entry.by_name.as_ref())),
];

fn of_store(ask: &Ask<'_>, wish: LedgerQuery) -> Result<Page<StoreLedgerEntry>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let (wish, page) = wish.split()?;
    Ok(ledger::of_store(ask.read, store, &wish.filter(ask)?, &page)?)
}

const STORE_COLUMNS: &[Column<StoreLedgerEntry>] = &[
    column("at", |entry| Cell::Instant(entry.movement.at)),
    column("item code", |entry| Cell::text(&entry.item_code)),
    column("item", |entry| Cell::text(&entry.item_name)),
    column("unit", |entry| Cell::text(&entry.unit)),
    column("kind", |entry| Cell::word(&entry.movement.kind)),
    column("number", |entry| Cell::maybe(entry.movement.number.as_ref())),
    column("document", |entry| Cell::id(entry.movement.document)),
    column("stock line", |entry| Cell::id(entry.movement.stock_line)),
    column("batch", |entry| Cell::maybe(entry.batch.as_ref())),
    column("expiry", |entry| Cell::day(entry.expiry)),
    column("quantity", |entry| Cell::quantity(entry.movement.quantity)),
    column("other end", |entry| Cell::maybe(entry.other_name.as_ref())),
    column("reason", |entry| Cell::maybe(entry.reason_text.as_ref())),
    column("user", |entry| Cell::maybe(entry.by_name.as_ref())),
];

fn of_store_file(
    ask: &Ask<'_>,
    wish: LedgerSheetQuery,
    take: &mut Take<'_, StoreLedgerEntry>,
) -> Result<(), Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let filter = wish.filter(ask)?;
    all_pages(|request| ledger::of_store(ask.read, store, &filter, request), take)
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        query::<LedgerQuery, replies::Page<replies::LedgerEntry>, _>(
            "/api/v1/items/{id}/ledger",
            TAG,
            "Movements of an item in a store, newest first, each with the balance of the whole item after it",
            of_item,
        ),
        query::<LedgerQuery, replies::Page<replies::StoreLedgerEntry>, _>(
            "/api/v1/ledger",
            TAG,
            "Movements of all items of a store, newest first",
            of_store,
        ),
    ];
    routes.extend(sheets(files!("/api/v1/items/{id}/ledger"), TAG, LEDGER_COLUMNS, of_item_file));
    routes.extend(sheets(files!("/api/v1/ledger"), TAG, STORE_COLUMNS, of_store_file));
    routes
}
