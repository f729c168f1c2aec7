//! Repacks: units of a stock line in packs of another size, or in another place.

use axum::http::Method;
use domain::Permission;
use domain::query::Page;
use domain::query::repacks::{self, RepackDetail};
use domain::repack::{self, CreateRepack, Repacked};

use super::input::{self, Empty};
use super::items::LedgerQuery;
use super::replies;
use super::route::{Ask, Place, Route, command, query};
use crate::error::Problem;

const TAG: &str = "Repacks";

fn list(ask: &Ask<'_>, wish: LedgerQuery) -> Result<Page<RepackDetail>, Problem> {
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

pub(super) fn routes() -> Vec<Route> {
    vec![
        query::<LedgerQuery, replies::Page<replies::RepackDetail>, _>(
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
        .codes(&["insufficient-stock", "store-disabled"]),
        query::<Empty, replies::RepackDetail, _>("/api/v1/repacks/{id}", TAG, "A repack", detail),
    ]
}
