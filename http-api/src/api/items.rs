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
use super::route::{Ask, Place, Route, Take, all_pages, command, files, query, sheets};
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

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

/// The same without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ItemSheetQuery {
    search: Option<String>,
    active: Option<bool>,
    vaccine: Option<bool>,
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

const COLUMNS: &[Column<ItemRow>] = &[
    column("code", |row| Cell::text(&row.code)),
    column("name", |row| Cell::text(&row.name)),
    column("unit", |row| Cell::text(&row.unit)),
    column("strength", |row| Cell::maybe(row.strength.as_ref())),
    column("ven", |row| Cell::or_empty(row.ven, |ven| Cell::word(&ven))),
    column("default pack size", |row| Cell::count(row.default_pack_size)),
    column("vaccine", |row| Cell::Flag(row.is_vaccine)),
    column("doses per unit", |row| Cell::count(row.doses_per_unit)),
    column("universal code", |row| Cell::maybe(row.universal_code.as_ref())),
    column("active", |row| Cell::Flag(row.active)),
    column("id", |row| Cell::id(row.id)),
];

fn file(ask: &Ask<'_>, wish: ItemSheetQuery, take: &mut Take<'_, ItemRow>) -> Result<(), Problem> {
    let filter = items::ItemFilter { search: wish.search, active: wish.active, vaccine: wish.vaccine };
    all_pages(|request| items::list(ask.read, &filter, request), take)
}

fn ledger_file(ask: &Ask<'_>, wish: StoreQuery, take: &mut Take<'_, LedgerEntry>) -> Result<(), Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    all_pages(|request| ledger::of_item(ask.read, store, ask.ids.id, request), take)
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
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
    ];
    routes.extend(sheets(files!("/api/v1/items"), TAG, COLUMNS, file));
    routes.extend(sheets(files!("/api/v1/items/{id}/ledger"), TAG, LEDGER_COLUMNS, ledger_file));
    routes
}
