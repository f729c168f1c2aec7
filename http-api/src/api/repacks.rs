//! Repacks: units of a stock line in packs of another size, or in another place.

use axum::http::Method;
use domain::Permission;
use domain::query::Page;
use domain::query::repacks::{self, RepackDetail};
use domain::repack::{self, CreateRepack, Repacked};

use super::adjustments::{StorePageQuery, StoreQuery};
use super::input::{self, Empty};
use super::replies;
use super::route::{Ask, Place, Route, Take, all_pages, command, files, query, sheets};
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

const TAG: &str = "Repacks";

fn list(ask: &Ask<'_>, wish: StorePageQuery) -> Result<Page<RepackDetail>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    Ok(repacks::list(ask.read, store, &input::page(wish.limit, wish.cursor)?)?)
}

fn detail(ask: &Ask<'_>, _: Empty) -> Result<RepackDetail, Problem> {
    let detail = repacks::detail(ask.read, ask.ids.id)?;
    match ask.visitor.look(Some(detail.repack.store), Permission::StockView) {
        Ok(_) => Ok(detail),
        Err(_) => Err(Problem::not_found("repack")),
    }
}

const COLUMNS: &[Column<RepackDetail>] = &[
    column("number", |row| Cell::text(&row.repack.number)),
    column("at", |row| Cell::Instant(row.repack.at)),
    column("user", |row| Cell::maybe(row.by_name.as_ref())),
    column("item code", |row| Cell::text(&row.item_code)),
    column("item", |row| Cell::text(&row.item_name)),
    column("batch", |row| Cell::maybe(row.batch.as_ref())),
    column("quantity", |row| Cell::quantity(row.repack.quantity)),
    column("pack size before", |row| Cell::count(row.repack.from_pack_size)),
    column("pack size", |row| Cell::count(row.repack.pack_size)),
    column("location", |row| Cell::maybe(row.to_location.as_ref())),
    column("comment", |row| Cell::maybe(row.repack.comment.as_ref())),
    column("repack", |row| Cell::id(row.repack.id)),
];

fn file(ask: &Ask<'_>, wish: StoreQuery, take: &mut Take<'_, RepackDetail>) -> Result<(), Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    all_pages(|request| repacks::list(ask.read, store, request), take)
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        query::<StorePageQuery, replies::Page<replies::RepackDetail>, _>(
            "/api/v1/repacks",
            TAG,
            "Repacks of a store, newest first",
            list,
        ),
        command::<CreateRepack, Repacked>(
            Method::POST,
            "/api/v1/repacks",
            TAG,
            "Pack units of a stock line anew, or put a part of it elsewhere",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| repack::create(txn, caller, wish),
        )
        .codes(&["insufficient-stock", "share-exceeded", "store-disabled"]),
        query::<Empty, replies::RepackDetail, _>("/api/v1/repacks/{id}", TAG, "A repack", detail),
    ];
    routes.extend(sheets(files!("/api/v1/repacks"), TAG, COLUMNS, file));
    routes
}
