//! What everybody knows: stores, partners, reasons.

use axum::http::Method;
use domain::Created;
use domain::asset::AssetStatus;
use domain::asset_reason::{self, AssetReasonRow, CreateAssetReason, UpdateAssetReason};
use domain::partner::{self, CreatePartner, PartnerRow, UpdatePartner};
use domain::query::reference::{self, PartnerFilter};
use domain::reason::{self, CreateReason, ReasonRow, UpdateReason};
use domain::store::{self, CreateStore, StoreRow, UpdateStore};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::replies;
use super::route::{Place, Route, command, query};

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

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AssetReasonQuery {
    status: Option<AssetStatus>,
}

fn stores() -> Vec<Route> {
    const TAG: &str = "Stores";
    vec![
        query::<Empty, Rows<StoreRow>, _>("/api/v1/stores", TAG, "Stores, by name", |ask, _| {
            Ok(Rows { rows: reference::stores(ask.read)? })
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
    ]
}

fn partners() -> Vec<Route> {
    const TAG: &str = "Partners";
    vec![
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
    ]
}

fn reasons() -> Vec<Route> {
    const TAG: &str = "Reasons";
    vec![
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
            |ask, wish| {
                let mut rows = reference::asset_reasons(ask.read)?;
                rows.retain(|row| wish.status.is_none_or(|status| row.status == status));
                Ok(Rows { rows })
            },
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
    ]
}

pub(super) fn routes() -> Vec<Route> {
    [stores(), partners(), reasons()].into_iter().flatten().collect()
}
