//! Items: what is stocked.

use axum::http::Method;
use domain::Created;
use domain::item::{self, CreateItem, ItemRow, UpdateItem};
use domain::query::{Page, items};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::replies;
use super::route::{Ask, Place, Route, command, query};
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

fn list(ask: &Ask<'_>, wish: ItemQuery) -> Result<Page<ItemRow>, Problem> {
    let filter = items::ItemFilter { search: wish.search, active: wish.active, vaccine: wish.vaccine };
    Ok(items::list(ask.read, &filter, &input::page(wish.limit, wish.cursor)?)?)
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
    ]
}
