//! Items: what is stocked.

use axum::http::Method;
use domain::Created;
use domain::item::{self, CreateItem, ItemRow, UpdateItem};
use domain::query::{Page, items};
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

fn list(ask: &Ask<'_>, wish: ItemQuery) -> Result<Page<ItemRow>, Problem> {
    let filter = items::ItemFilter { search: wish.search, active: wish.active, vaccine: wish.vaccine };
    Ok(items::list(ask.read, &filter, &input::page(wish.limit, wish.cursor)?)?)
}

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
    ];
    routes.extend(sheets(files!("/api/v1/items"), TAG, COLUMNS, file));
    routes
}
