//! The locations of a store, one within another, with what lies in them; and the types of locations.

use axum::http::Method;
use crdt_store::DocumentId;
use domain::arrangement::{self, MoveContents, Moved};
use domain::location::{self, CreateLocation, UpdateLocation};
use domain::location_type::{self, CreateLocationType, LocationTypeRow, UpdateLocationType};
use domain::query::locations::{self, LocationDetail};
use domain::query::reference;
use domain::{Created, Permission};
use serde::{Deserialize, Serialize};

use super::input::Empty;
use super::reference::Rows;
use super::route::{Ask, Place, Route, Take, command, each, files, query, sheets};
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

const TAG: &str = "Locations";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LocationQuery {
    store_id: Option<DocumentId>,
}

fn tree(ask: &Ask<'_>, wish: LocationQuery) -> Result<Rows<LocationDetail>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    Ok(Rows { rows: locations::tree(ask.read, store)? })
}

/// A location of a store that the visitor may look into; any other is not there.
fn store_of(ask: &Ask<'_>) -> Result<DocumentId, Problem> {
    let store = locations::row(ask.read, ask.ids.id)?.store;
    match ask.visitor.look(Some(store), Permission::StockView) {
        Ok(_) => Ok(store),
        Err(_) => Err(Problem::not_found("location")),
    }
}

fn detail(ask: &Ask<'_>, _: Empty) -> Result<LocationDetail, Problem> {
    store_of(ask)?;
    Ok(locations::detail(ask.read, ask.ids.id)?)
}

const COLUMNS: &[Column<LocationDetail>] = &[
    column("code", |row| Cell::text(&row.code)),
    column("name", |row| Cell::text(&row.name)),
    column("kind", |row| Cell::word(&row.kind)),
    column("on hold", |row| Cell::Flag(row.on_hold)),
    column("stock lines", |row| Cell::count(row.lines)),
    column("id", |row| Cell::id(row.id)),
];

fn file(ask: &Ask<'_>, wish: LocationQuery, take: &mut Take<'_, LocationDetail>) -> Result<(), Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    each(locations::tree(ask.read, store)?, take)
}

fn types() -> Vec<Route> {
    vec![
        query::<Empty, Rows<LocationTypeRow>, _>(
            "/api/v1/location-types",
            TAG,
            "Types of locations, with the temperatures they keep",
            |ask, _| Ok(Rows { rows: reference::location_types(ask.read)? }),
        ),
        command::<CreateLocationType, Created>(
            Method::POST,
            "/api/v1/location-types",
            TAG,
            "Make a type of locations",
            Place::Central,
            |txn, caller, _, wish| location_type::create(txn, caller, wish),
        )
        .codes(&["duplicate-id"]),
        command::<UpdateLocationType, ()>(
            Method::PATCH,
            "/api/v1/location-types/{id}",
            TAG,
            "Change a type of locations",
            Place::Central,
            |txn, caller, ids, wish| location_type::update(txn, caller, ids.id, wish),
        ),
    ]
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        query::<LocationQuery, Rows<LocationDetail>, _>(
            "/api/v1/locations",
            TAG,
            "Locations of a store, each before what stands in it, with what lies in them",
            tree,
        ),
        command::<CreateLocation, Created>(
            Method::POST,
            "/api/v1/locations",
            TAG,
            "Make a location",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| location::create(txn, caller, wish),
        )
        .codes(&["duplicate-code", "store-disabled"]),
        query::<Empty, LocationDetail, _>(
            "/api/v1/locations/{id}",
            TAG,
            "A location with what lies in it",
            detail,
        ),
        command::<UpdateLocation, ()>(
            Method::PATCH,
            "/api/v1/locations/{id}",
            TAG,
            "Change a location, hold or release it",
            Place::Of(store_of),
            |txn, caller, ids, wish| location::update(txn, caller, ids.id, wish),
        )
        .codes(&["duplicate-code"]),
        command::<MoveContents, Moved>(
            Method::POST,
            "/api/v1/locations/{id}/move-contents",
            TAG,
            "Put everything that lies in a location in another",
            Place::Of(store_of),
            |txn, caller, ids, wish| arrangement::move_contents(txn, caller, ids.id, wish),
        )
        .codes(&["store-disabled"]),
    ];
    routes.extend(sheets(files!("/api/v1/locations"), TAG, COLUMNS, file));
    routes.extend(types());
    routes
}
