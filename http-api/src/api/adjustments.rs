//! Adjustments: stock added and taken with a reason.

use axum::http::Method;
use crdt_store::DocumentId;
use domain::adjustment::{self, AdjustmentRow, CreateAdjustment};
use domain::query::Page;
use domain::query::adjustments::{self, AdjustmentDetail};
use domain::{Numbered, Permission};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::replies;
use super::route::{Ask, Place, Route, command, query};
use crate::error::Problem;

const TAG: &str = "Adjustments";

/// Whose, and which page.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StorePageQuery {
    store_id: Option<DocumentId>,
    limit: Option<u32>,
    cursor: Option<String>,
}

fn list(ask: &Ask<'_>, wish: StorePageQuery) -> Result<Page<AdjustmentRow>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    Ok(adjustments::list(ask.read, store, &input::page(wish.limit, wish.cursor)?)?)
}

fn detail(ask: &Ask<'_>, _: Empty) -> Result<AdjustmentDetail, Problem> {
    let detail = adjustments::detail(ask.read, ask.ids.id)?;
    match ask.visitor.look(Some(detail.store), Permission::StockView) {
        Ok(_) => Ok(detail),
        Err(_) => Err(Problem::not_found("adjustment")),
    }
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        query::<StorePageQuery, replies::Page<AdjustmentRow>, _>(
            "/api/v1/adjustments",
            TAG,
            "Adjustments of a store, newest first",
            list,
        ),
        command::<CreateAdjustment, Numbered>(
            Method::POST,
            "/api/v1/adjustments",
            TAG,
            "Add to and take from stock lines",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| adjustment::create(txn, caller, wish),
        )
        .codes(&["insufficient-stock", "reason-required"]),
        query::<Empty, replies::AdjustmentDetail, _>(
            "/api/v1/adjustments/{id}",
            TAG,
            "An adjustment with its lines",
            detail,
        ),
    ]
}
