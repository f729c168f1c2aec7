//! Equipment and the log of whether it works.

use axum::http::Method;
use crdt_store::DocumentId;
use domain::asset::{self, AddAssetLog, AssetStatus, CreateAsset, UpdateAsset};
use domain::query::Page;
use domain::query::assets::{self, AssetDetail, AssetFilter, AssetListRow, AssetLogEntry};
use domain::{Created, Permission};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::replies;
use super::route::{Ask, Place, Route, Take, all_pages, command, each, files, query, sheets};
use super::tasks::one_store;
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

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

/// The same without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AssetSheetQuery {
    store_id: Option<DocumentId>,
    status: Option<AssetStatus>,
    needs_replacement: Option<bool>,
    search: Option<String>,
}

/// One store's equipment; on central, with no store chosen, everybody's.
fn list(ask: &Ask<'_>, wish: AssetQuery) -> Result<Page<AssetListRow>, Problem> {
    let store = one_store(ask, wish.store_id, Permission::AssetView)?;
    let filter =
        AssetFilter { status: wish.status, needs_replacement: wish.needs_replacement, search: wish.search };
    Ok(assets::list(ask.read, store, &filter, &input::page(wish.limit, wish.cursor)?)?)
}

const COLUMNS: &[Column<AssetListRow>] = &[
    column("store", |row| Cell::text(&row.store_name)),
    column("number", |row| Cell::text(&row.asset.number)),
    column("class", |row| Cell::maybe(row.asset.class_name.as_ref())),
    column("category", |row| Cell::maybe(row.asset.category.as_ref())),
    column("type", |row| Cell::maybe(row.asset.kind.as_ref())),
    column("manufacturer", |row| Cell::maybe(row.asset.manufacturer.as_ref())),
    column("model", |row| Cell::maybe(row.asset.model.as_ref())),
    column("serial", |row| Cell::maybe(row.asset.serial.as_ref())),
    column("catalogue code", |row| Cell::maybe(row.asset.catalogue_code.as_ref())),
    column("location", |row| Cell::maybe(row.location_code.as_ref())),
    column("status", |row| Cell::or_empty(row.status, |status| Cell::word(&status))),
    column("status since", |row| Cell::or_empty(row.status_at, Cell::Instant)),
    column("reason", |row| Cell::maybe(row.reason_text.as_ref())),
    column("needs replacement", |row| Cell::Flag(row.asset.needs_replacement)),
    column("installed", |row| Cell::day(row.asset.installed)),
    column("replacement", |row| Cell::day(row.asset.replacement)),
    column("warranty start", |row| Cell::day(row.asset.warranty_start)),
    column("warranty end", |row| Cell::day(row.asset.warranty_end)),
    column("donor", |row| Cell::maybe(row.asset.donor.as_ref())),
    column("note", |row| Cell::maybe(row.asset.note.as_ref())),
    column("asset", |row| Cell::id(row.asset.id)),
];

fn file(ask: &Ask<'_>, wish: AssetSheetQuery, take: &mut Take<'_, AssetListRow>) -> Result<(), Problem> {
    let store = one_store(ask, wish.store_id, Permission::AssetView)?;
    let filter =
        AssetFilter { status: wish.status, needs_replacement: wish.needs_replacement, search: wish.search };
    all_pages(|request| assets::list(ask.read, store, &filter, request), take)
}

/// An entry of a log and the asset it is about.
struct Entry {
    store: String,
    number: String,
    log: AssetLogEntry,
}

const LOG_COLUMNS: &[Column<Entry>] = &[
    column("store", |row| Cell::text(&row.store)),
    column("number", |row| Cell::text(&row.number)),
    column("at", |row| Cell::Instant(row.log.entry.at)),
    column("status", |row| Cell::word(&row.log.entry.status)),
    column("reason", |row| Cell::maybe(row.log.reason_text.as_ref())),
    column("comment", |row| Cell::maybe(row.log.entry.comment.as_ref())),
    column("user", |row| Cell::maybe(row.log.by_name.as_ref())),
    column("recorded at", |row| Cell::Instant(row.log.entry.recorded_at)),
    column("asset", |row| Cell::id(row.log.entry.asset)),
];

fn take_log(ask: &Ask<'_>, asset: AssetListRow, take: &mut Take<'_, Entry>) -> Result<(), Problem> {
    let log = assets::log(ask.read, asset.asset.id)?;
    let entry = |log| Entry { store: asset.store_name.clone(), number: asset.asset.number.clone(), log };
    each(log.into_iter().map(entry), take)
}

fn log_file(ask: &Ask<'_>, _: Empty, take: &mut Take<'_, Entry>) -> Result<(), Problem> {
    take_log(ask, visible(ask)?.asset, take)
}

/// The logs of all equipment that the list shows.
fn all_logs_file(ask: &Ask<'_>, wish: AssetSheetQuery, take: &mut Take<'_, Entry>) -> Result<(), Problem> {
    file(ask, wish, &mut |asset| take_log(ask, asset, take))
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
    let mut routes = vec![
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
    ];
    routes.extend(sheets(files!("/api/v1/assets"), TAG, COLUMNS, file));
    routes.extend(sheets(files!("/api/v1/assets/log"), TAG, LOG_COLUMNS, all_logs_file));
    routes.extend(sheets(files!("/api/v1/assets/{id}/log"), TAG, LOG_COLUMNS, log_file));
    routes
}
