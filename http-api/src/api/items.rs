//! Items: what is stocked.

use axum::http::Method;
use crdt_store::DocumentId;
use domain::item::{self, CreateItem, ItemRow, UpdateItem};
use domain::query::ledger::{self, LedgerEntry};
use domain::query::{Page, items};
use domain::{Created, Permission};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::replies;
use super::route::{Ask, Cell, Place, Route, Sheet, all_pages, command, query, sheet};
use crate::error::Problem;

const TAG: &str = "Items";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ItemQuery {
    search: Option<String>,
    active: Option<bool>,
    vaccine: Option<bool>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Whose ledger, and which page of it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LedgerQuery {
    pub(super) store_id: Option<DocumentId>,
    pub(super) limit: Option<u32>,
    pub(super) cursor: Option<String>,
}

/// Whose ledger, whole.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct StoreQuery {
    pub(super) store_id: Option<DocumentId>,
}

fn list(ask: &Ask<'_>, wish: ItemQuery) -> Result<Page<ItemRow>, Problem> {
    let filter = items::ItemFilter { search: wish.search, active: wish.active, vaccine: wish.vaccine };
    Ok(items::list(ask.read, &filter, &input::page(wish.limit, wish.cursor)?)?)
}

fn ledger_page(ask: &Ask<'_>, wish: LedgerQuery) -> Result<Page<LedgerEntry>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    Ok(ledger::of_item(ask.read, store, ask.ids.id, &input::page(wish.limit, wish.cursor)?)?)
}

/// A ledger as a file.
pub(super) fn ledger_sheet(
    page: impl FnMut(&domain::query::PageRequest) -> Result<Page<LedgerEntry>, crdt_store::Failure>,
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

fn ledger_file(ask: &Ask<'_>, wish: StoreQuery) -> Result<Sheet, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    ledger_sheet(|request| ledger::of_item(ask.read, store, ask.ids.id, request))
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        query::<ItemQuery, replies::Page<ItemRow>, _>("/api/v1/items", TAG, "Items, by name", list),
        command::<CreateItem, Created>(
            Method::POST,
            "/api/v1/items",
            TAG,
            "Make an item",
            Place::Central,
            |txn, caller, _, wish| item::create(txn, caller, wish),
        )
        .codes(&["duplicate-code", "duplicate-id"]),
        query::<Empty, ItemRow, _>("/api/v1/items/{id}", TAG, "An item", |ask, _| {
            Ok(items::detail(ask.read, ask.ids.id)?)
        }),
        command::<UpdateItem, ()>(
            Method::PATCH,
            "/api/v1/items/{id}",
            TAG,
            "Change an item",
            Place::Central,
            |txn, caller, ids, wish| item::update(txn, caller, ids.id, wish),
        ),
        query::<LedgerQuery, replies::Page<replies::LedgerEntry>, _>(
            "/api/v1/items/{id}/ledger",
            TAG,
            "Movements of an item in a store, newest first, with the balance after each",
            ledger_page,
        ),
        sheet::<StoreQuery>(
            "/api/v1/items/{id}/ledger.csv",
            TAG,
            "The same as a file, all rows",
            ledger_file,
        ),
    ]
}
