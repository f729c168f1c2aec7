//! Ledgers: of an item, of a stock line, of a whole store.

use crdt_store::{DocumentId, Failure, Timestamp};
use domain::query::ledger::{self, LedgerEntry, LedgerFilter, StoreLedgerEntry};
use domain::query::{Page, PageRequest};
use domain::{Date, MovementKind, Permission};
use serde::{Deserialize, Serialize};

use super::input;
use super::replies;
use super::route::{Ask, Cell, Route, Sheet, all_pages, query, sheet};
use crate::error::Problem;

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

fn of_item_file(ask: &Ask<'_>, wish: LedgerSheetQuery) -> Result<Sheet, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let filter = wish.filter(ask)?;
    ledger_sheet(|request| ledger::of_item_filtered(ask.read, store, ask.ids.id, &filter, request))
}

/// A ledger as a file.
pub(super) fn ledger_sheet(
    page: impl FnMut(&PageRequest) -> Result<Page<LedgerEntry>, Failure>,
) -> Result<Sheet, Problem> {
    let mut sheet = Sheet::new(&[
        "at",
        "kind",
        "number",
        "document",
        "stock line",
        "batch",
        "expiry",
        "quantity",
        "balance",
        "other end",
        "reason",
        "user",
    ])?;
    all_pages(page, |entry| {
        sheet.row([
            Cell::instant(entry.movement.at),
            Cell::word(&entry.movement.kind),
            Cell::maybe(entry.movement.number.as_ref()),
            Cell::plain(entry.movement.document),
            Cell::plain(entry.movement.stock_line),
            Cell::maybe(entry.batch.as_ref()),
            Cell::plain_or_empty(entry.expiry),
            Cell::plain(entry.movement.quantity),
            Cell::plain(entry.balance),
            Cell::maybe(entry.other_name.as_ref()),
            Cell::maybe(entry.reason_text.as_ref()),
            Cell::maybe(entry.by_name.as_ref()),
        ])
    })?;
    Ok(sheet)
}

fn of_store(ask: &Ask<'_>, wish: LedgerQuery) -> Result<Page<StoreLedgerEntry>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let (wish, page) = wish.split()?;
    Ok(ledger::of_store(ask.read, store, &wish.filter(ask)?, &page)?)
}

fn of_store_file(ask: &Ask<'_>, wish: LedgerSheetQuery) -> Result<Sheet, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let filter = wish.filter(ask)?;
    let mut sheet = Sheet::new(&[
        "at",
        "item code",
        "item",
        "unit",
        "kind",
        "number",
        "document",
        "stock line",
        "batch",
        "expiry",
        "quantity",
        "other end",
        "reason",
        "user",
    ])?;
    all_pages(
        |request| ledger::of_store(ask.read, store, &filter, request),
        |entry| {
            sheet.row([
                Cell::instant(entry.movement.at),
                Cell::text(&entry.item_code),
                Cell::text(&entry.item_name),
                Cell::text(&entry.unit),
                Cell::word(&entry.movement.kind),
                Cell::maybe(entry.movement.number.as_ref()),
                Cell::plain(entry.movement.document),
                Cell::plain(entry.movement.stock_line),
                Cell::maybe(entry.batch.as_ref()),
                Cell::plain_or_empty(entry.expiry),
                Cell::plain(entry.movement.quantity),
                Cell::maybe(entry.other_name.as_ref()),
                Cell::maybe(entry.reason_text.as_ref()),
                Cell::maybe(entry.by_name.as_ref()),
            ])
        },
    )?;
    Ok(sheet)
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        query::<LedgerQuery, replies::Page<replies::LedgerEntry>, _>(
            "/api/v1/items/{id}/ledger",
            TAG,
            "Movements of an item in a store, newest first, each with the balance of the whole item after it",
            of_item,
        ),
        sheet::<LedgerSheetQuery>(
            "/api/v1/items/{id}/ledger.csv",
            TAG,
            "The same as a file, all rows",
            of_item_file,
        ),
        query::<LedgerQuery, replies::Page<replies::StoreLedgerEntry>, _>(
            "/api/v1/ledger",
            TAG,
            "Movements of all items of a store, newest first",
            of_store,
        ),
        sheet::<LedgerSheetQuery>("/api/v1/ledger.csv", TAG, "The same as a file, all rows", of_store_file),
    ]
}
