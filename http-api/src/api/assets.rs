//! Equipment and the log of whether it works.

use axum::http::Method;
use crdt_store::DocumentId;
use domain::asset::{self, AddAssetLog, AssetStatus, CreateAsset, UpdateAsset};
use domain::query::Page;
use domain::query::assets::{self, AssetDetail, AssetFilter, AssetListRow};
use domain::{Created, Permission};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::replies;
use super::route::{Ask, Place, Route, command, query};
use crate::error::Problem;

const TAG: &str = "Equipment";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AssetQuery {
    store_id: Option<DocumentId>,
    status: Option<AssetStatus>,
    needs_replacement: Option<bool>,
    search: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

fn list(ask: &Ask<'_>, wish: AssetQuery) -> Result<Page<AssetListRow>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::AssetView)?;
    let filter =
        AssetFilter { status: wish.status, needs_replacement: wish.needs_replacement, search: wish.search };
    Ok(assets::list(ask.read, Some(store), &filter, &input::page(wish.limit, wish.cursor)?)?)
}

fn visible(ask: &Ask<'_>) -> Result<AssetDetail, Problem> {
    let detail = assets::detail(ask.read, ask.ids.id)?;
    match ask.visitor.look(Some(detail.asset.asset.store), Permission::AssetView) {
        Ok(_) => Ok(detail),
        Err(_) => Err(Problem::not_found("asset")),
    }
}

fn store_of(ask: &Ask<'_>) -> Result<DocumentId, Problem> {
    visible(ask).map(|detail| detail.asset.asset.store)
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        query::<AssetQuery, replies::Page<replies::AssetListRow>, _>(
            "/api/v1/assets",
            TAG,
            "Equipment of a store, by number, with its status",
            list,
        ),
        command::<CreateAsset, Created>(
            Method::POST,
            "/api/v1/assets",
            TAG,
            "Register a piece of equipment",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| asset::create(txn, caller, wish),
        ),
        query::<Empty, replies::AssetDetail, _>(
            "/api/v1/assets/{id}",
            TAG,
            "A piece of equipment with its log",
            |ask, _| visible(ask),
        ),
        command::<UpdateAsset, ()>(
            Method::PATCH,
            "/api/v1/assets/{id}",
            TAG,
            "Change a piece of equipment",
            Place::Of(store_of),
            |txn, caller, ids, wish| asset::update(txn, caller, ids.id, wish),
        ),
        command::<AddAssetLog, Created>(
            Method::POST,
            "/api/v1/assets/{id}/log",
            TAG,
            "Record whether it works",
            Place::Of(store_of),
            |txn, caller, ids, wish| asset::log(txn, caller, ids.id, wish),
        )
        .codes(&["reason-required"]),
    ]
}
