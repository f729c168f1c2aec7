//! Programmes with their items, and the variants of items.

use axum::http::Method;
use crdt_store::DocumentId;
use domain::Created;
use domain::item::ItemRow;
use domain::item_variant::{self, CreateItemVariant, ItemVariantRow, UpdateItemVariant};
use domain::period_schedule::{self, CreatePeriodSchedule, PeriodScheduleRow, UpdatePeriodSchedule};
use domain::programme::order_type::{self, CreateOrderType, UpdateOrderType};
use domain::programme::{self, CreateProgramme, ProgrammeRow, UpdateProgramme};
use domain::query::{Page, programmes, reference};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::reference::Rows;
use super::replies;
use super::route::{Ask, Place, Route, command, query};
use crate::error::Problem;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProgrammeQuery {
    store_id: Option<DocumentId>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ItemsQuery {
    limit: Option<u32>,
    cursor: Option<String>,
}

fn list(ask: &Ask<'_>, wish: ProgrammeQuery) -> Result<Rows<ProgrammeRow>, Problem> {
    let rows = match wish.store_id {
        Some(store) => programmes::of_store(ask.read, store)?,
        None => programmes::all(ask.read)?,
    };
    Ok(Rows { rows })
}

fn items(ask: &Ask<'_>, wish: ItemsQuery) -> Result<Page<ItemRow>, Problem> {
    programmes::detail(ask.read, ask.ids.id)?;
    Ok(programmes::items(ask.read, ask.ids.id, &input::page(wish.limit, wish.cursor)?)?)
}

fn variants(ask: &Ask<'_>, _: Empty) -> Result<Rows<ItemVariantRow>, Problem> {
    domain::query::items::detail(ask.read, ask.ids.id)?;
    Ok(Rows { rows: reference::variants_of(ask.read, ask.ids.id)? })
}

fn programme_routes() -> Vec<Route> {
    const TAG: &str = "Programmes";
    vec![
        query::<ProgrammeQuery, Rows<ProgrammeRow>, _>(
            "/api/v1/programmes",
            TAG,
            "Programmes, by name; with a store those that it sees",
            list,
        ),
        command::<CreateProgramme, Created>(
            Method::POST,
            "/api/v1/programmes",
            TAG,
            "Make a programme",
            Place::Central,
            |txn, caller, _, wish| programme::create(txn, caller, wish),
        )
        .codes(&["duplicate-code", "duplicate-id"]),
        query::<Empty, ProgrammeRow, _>("/api/v1/programmes/{id}", TAG, "A programme", |ask, _| {
            Ok(programmes::detail(ask.read, ask.ids.id)?)
        }),
        command::<UpdateProgramme, ()>(
            Method::PATCH,
            "/api/v1/programmes/{id}",
            TAG,
            "Change a programme, its items and the stores that see it",
            Place::Central,
            |txn, caller, ids, wish| programme::update(txn, caller, ids.id, wish),
        )
        .codes(&["duplicate-code"]),
        query::<ItemsQuery, replies::Page<ItemRow>, _>(
            "/api/v1/programmes/{id}/items",
            TAG,
            "Items of a programme, by name",
            items,
        ),
    ]
}

fn order_type_routes() -> Vec<Route> {
    const TAG: &str = "Programmes";
    vec![
        command::<CreateOrderType, Created>(
            Method::POST,
            "/api/v1/programmes/{id}/order-types",
            TAG,
            "Make a kind of order of a programme",
            Place::Central,
            |txn, caller, ids, wish| order_type::create(txn, caller, ids.id, wish),
        )
        .codes(&["duplicate-id"]),
        command::<UpdateOrderType, ()>(
            Method::PATCH,
            "/api/v1/programmes/{id}/order-types/{line}",
            TAG,
            "Change a kind of order of a programme; orders that were made keep their months",
            Place::Central,
            |txn, caller, ids, wish| order_type::update(txn, caller, ids.id, ids.line, wish),
        ),
    ]
}

fn schedule_routes() -> Vec<Route> {
    const TAG: &str = "Programmes";
    vec![
        query::<Empty, Rows<PeriodScheduleRow>, _>(
            "/api/v1/period-schedules",
            TAG,
            "Schedules of periods by which programmes report and order, by name",
            |ask, _| Ok(Rows { rows: reference::period_schedules(ask.read)? }),
        ),
        command::<CreatePeriodSchedule, Created>(
            Method::POST,
            "/api/v1/period-schedules",
            TAG,
            "Make a schedule of periods",
            Place::Central,
            |txn, caller, _, wish| period_schedule::create(txn, caller, wish),
        )
        .codes(&["duplicate-id"]),
        query::<Empty, PeriodScheduleRow, _>(
            "/api/v1/period-schedules/{id}",
            TAG,
            "A schedule of periods",
            |ask, _| Ok(reference::period_schedule(ask.read, ask.ids.id)?),
        ),
        command::<UpdatePeriodSchedule, ()>(
            Method::PATCH,
            "/api/v1/period-schedules/{id}",
            TAG,
            "Rename a schedule, or take it out of use; its periods never change",
            Place::Central,
            |txn, caller, ids, wish| period_schedule::update(txn, caller, ids.id, wish),
        ),
    ]
}

fn variant_routes() -> Vec<Route> {
    const TAG: &str = "Items";
    vec![
        query::<Empty, Rows<ItemVariantRow>, _>(
            "/api/v1/items/{id}/variants",
            TAG,
            "Variants of an item, with the boxes they come in",
            variants,
        ),
        command::<CreateItemVariant, Created>(
            Method::POST,
            "/api/v1/item-variants",
            TAG,
            "Make a variant of an item",
            Place::Central,
            |txn, caller, _, wish| item_variant::create(txn, caller, wish),
        )
        .codes(&["duplicate-id"]),
        query::<Empty, ItemVariantRow, _>(
            "/api/v1/item-variants/{id}",
            TAG,
            "A variant of an item",
            |ask, _| Ok(reference::variant(ask.read, ask.ids.id)?),
        ),
        command::<UpdateItemVariant, ()>(
            Method::PATCH,
            "/api/v1/item-variants/{id}",
            TAG,
            "Change a variant of an item",
            Place::Central,
            |txn, caller, ids, wish| item_variant::update(txn, caller, ids.id, wish),
        ),
    ]
}

pub(super) fn routes() -> Vec<Route> {
    let routes = [programme_routes(), order_type_routes(), schedule_routes(), variant_routes()];
    routes.into_iter().flatten().collect()
}
