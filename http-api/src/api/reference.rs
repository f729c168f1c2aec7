//! What everybody knows: stores, partners, reasons.

use axum::http::Method;
use domain::Created;
use domain::asset::AssetStatus;
use domain::asset_reason::{self, AssetReasonRow, CreateAssetReason, UpdateAssetReason};
use domain::partner::{self, CreatePartner, PartnerRow, UpdatePartner};
use domain::query::reference::{self, PartnerFilter};
use domain::reason::{self, CreateReason, ReasonRow, UpdateReason};
use domain::store::{self, CreateStore, StoreRow, UpdateStore};
use domain::text::fold;
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::replies;
use super::route::{Ask, Place, Route, Take, all_pages, command, each, files, query, sheets};
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

/// All rows of a short list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Rows<T> {
    /// The rows.
    pub(super) rows: Vec<T>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PartnerQuery {
    search: Option<String>,
    customer: Option<bool>,
    supplier: Option<bool>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The same without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PartnerSheetQuery {
    search: Option<String>,
    customer: Option<bool>,
    supplier: Option<bool>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StoreListQuery {
    search: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AssetReasonQuery {
    status: Option<AssetStatus>,
}

fn found_stores(ask: &Ask<'_>, wish: StoreListQuery) -> Result<Vec<StoreRow>, Problem> {
    let wanted = wish.search.as_deref().map(fold).unwrap_or_default();
    let mut rows = reference::stores(ask.read)?;
    rows.retain(|row| [&row.name, &row.code].iter().any(|text| fold(text).contains(&wanted)));
    Ok(rows)
}

/// A store with the names of what it names.
struct NamedStore {
    row: StoreRow,
    supplier: Option<String>,
    site: Option<String>,
}

const STORE_COLUMNS: &[Column<NamedStore>] = &[
    column("code", |store| Cell::text(&store.row.code)),
    column("name", |store| Cell::text(&store.row.name)),
    column("level", |store| Cell::count(store.row.level)),
    column("supplied by", |store| Cell::maybe(store.supplier.as_ref())),
    column("site", |store| Cell::maybe(store.site.as_ref())),
    column("closed", |store| Cell::Flag(store.row.disabled)),
    column("expiring days", |store| Cell::count(store.row.expiring_days)),
    column("id", |store| Cell::id(store.row.id)),
];

fn stores_file(ask: &Ask<'_>, wish: StoreListQuery, take: &mut Take<'_, NamedStore>) -> Result<(), Problem> {
    let (all, sites) = (reference::stores(ask.read)?, reference::sites(ask.read)?);
    let supplier = |id| all.iter().find(|store| Some(store.id) == id).map(|store| store.name.clone());
    let site = |id| sites.iter().find(|site| Some(site.id) == id).map(|site| site.name.clone());
    let named = |row: StoreRow| NamedStore { supplier: supplier(row.supplier), site: site(row.site), row };
    each(found_stores(ask, wish)?.into_iter().map(named), take)
}

fn stores() -> Vec<Route> {
    const TAG: &str = "Stores";
    let mut routes = vec![
        query::<StoreListQuery, Rows<StoreRow>, _>("/api/v1/stores", TAG, "Stores, by code", |ask, wish| {
            Ok(Rows { rows: found_stores(ask, wish)? })
        }),
        command::<CreateStore, Created>(
            Method::POST,
            "/api/v1/stores",
            TAG,
            "Make a store",
            Place::Central,
            |txn, caller, _, wish| store::create(txn, caller, wish),
        ),
        query::<Empty, StoreRow, _>("/api/v1/stores/{id}", TAG, "A store", |ask, _| {
            Ok(reference::store(ask.read, ask.ids.id)?)
        }),
        command::<UpdateStore, ()>(
            Method::PATCH,
            "/api/v1/stores/{id}",
            TAG,
            "Change a store",
            Place::Central,
            |txn, caller, ids, wish| store::update(txn, caller, ids.id, wish),
        ),
    ];
    routes.extend(sheets(files!("/api/v1/stores"), TAG, STORE_COLUMNS, stores_file));
    routes
}

const PARTNER_COLUMNS: &[Column<PartnerRow>] = &[
    column("code", |row| Cell::text(&row.code)),
    column("name", |row| Cell::text(&row.name)),
    column("customer", |row| Cell::Flag(row.customer)),
    column("supplier", |row| Cell::Flag(row.supplier)),
    column("manufacturer", |row| Cell::Flag(row.manufacturer)),
    column("donor", |row| Cell::Flag(row.donor)),
    column("active", |row| Cell::Flag(row.active)),
    column("id", |row| Cell::id(row.id)),
];

fn partners_file(
    ask: &Ask<'_>,
    wish: PartnerSheetQuery,
    take: &mut Take<'_, PartnerRow>,
) -> Result<(), Problem> {
    let filter = PartnerFilter { search: wish.search, customer: wish.customer, supplier: wish.supplier };
    all_pages(|request| reference::partners(ask.read, &filter, request), take)
}

fn partners() -> Vec<Route> {
    const TAG: &str = "Partners";
    let mut routes = vec![
        query::<PartnerQuery, replies::Page<PartnerRow>, _>(
            "/api/v1/partners",
            TAG,
            "Partners, by name",
            |ask, wish| {
                let page = input::page(wish.limit, wish.cursor)?;
                let filter =
                    PartnerFilter { search: wish.search, customer: wish.customer, supplier: wish.supplier };
                Ok(reference::partners(ask.read, &filter, &page)?)
            },
        ),
        command::<CreatePartner, Created>(
            Method::POST,
            "/api/v1/partners",
            TAG,
            "Make a partner",
            Place::Central,
            |txn, caller, _, wish| partner::create(txn, caller, wish),
        )
        .codes(&["duplicate-code", "duplicate-id"]),
        query::<Empty, PartnerRow, _>("/api/v1/partners/{id}", TAG, "A partner", |ask, _| {
            Ok(reference::partner(ask.read, ask.ids.id)?)
        }),
        command::<UpdatePartner, ()>(
            Method::PATCH,
            "/api/v1/partners/{id}",
            TAG,
            "Change a partner",
            Place::Central,
            |txn, caller, ids, wish| partner::update(txn, caller, ids.id, wish),
        ),
    ];
    routes.extend(sheets(files!("/api/v1/partners"), TAG, PARTNER_COLUMNS, partners_file));
    routes
}

const REASON_COLUMNS: &[Column<ReasonRow>] = &[
    column("kind", |row| Cell::word(&row.kind)),
    column("reason", |row| Cell::text(&row.text)),
    column("active", |row| Cell::Flag(row.active)),
    column("id", |row| Cell::id(row.id)),
];

const ASSET_REASON_COLUMNS: &[Column<AssetReasonRow>] = &[
    column("status", |row| Cell::word(&row.status)),
    column("reason", |row| Cell::text(&row.text)),
    column("comment required", |row| Cell::Flag(row.comment_required)),
    column("active", |row| Cell::Flag(row.active)),
    column("id", |row| Cell::id(row.id)),
];

fn found_asset_reasons(ask: &Ask<'_>, wish: AssetReasonQuery) -> Result<Vec<AssetReasonRow>, Problem> {
    let mut rows = reference::asset_reasons(ask.read)?;
    rows.retain(|row| wish.status.is_none_or(|status| row.status == status));
    Ok(rows)
}

fn reasons() -> Vec<Route> {
    const TAG: &str = "Reasons";
    let mut routes = vec![
        query::<Empty, Rows<ReasonRow>, _>("/api/v1/reasons", TAG, "Reasons for adjustments", |ask, _| {
            Ok(Rows { rows: reference::reasons(ask.read)? })
        }),
        command::<CreateReason, Created>(
            Method::POST,
            "/api/v1/reasons",
            TAG,
            "Make a reason",
            Place::Central,
            |txn, caller, _, wish| reason::create(txn, caller, wish),
        ),
        command::<UpdateReason, ()>(
            Method::PATCH,
            "/api/v1/reasons/{id}",
            TAG,
            "Change a reason",
            Place::Central,
            |txn, caller, ids, wish| reason::update(txn, caller, ids.id, wish),
        ),
        query::<AssetReasonQuery, Rows<AssetReasonRow>, _>(
            "/api/v1/asset-reasons",
            TAG,
            "Reasons for the status of equipment",
            |ask, wish| Ok(Rows { rows: found_asset_reasons(ask, wish)? }),
        ),
        command::<CreateAssetReason, Created>(
            Method::POST,
            "/api/v1/asset-reasons",
            TAG,
            "Make a reason for a status of equipment",
            Place::Central,
            |txn, caller, _, wish| asset_reason::create(txn, caller, wish),
        ),
        command::<UpdateAssetReason, ()>(
            Method::PATCH,
            "/api/v1/asset-reasons/{id}",
            TAG,
            "Change a reason for a status of equipment",
            Place::Central,
            |txn, caller, ids, wish| asset_reason::update(txn, caller, ids.id, wish),
        ),
    ];
    routes.extend(sheets(files!("/api/v1/reasons"), TAG, REASON_COLUMNS, |ask, _: Empty, take| {
        each(reference::reasons(ask.read)?, take)
    }));
    routes.extend(sheets(files!("/api/v1/asset-reasons"), TAG, ASSET_REASON_COLUMNS, |ask, wish, take| {
        each(found_asset_reasons(ask, wish)?, take)
    }));
    routes
}

pub(super) fn routes() -> Vec<Route> {
    [stores(), partners(), reasons()].into_iter().flatten().collect()
}
