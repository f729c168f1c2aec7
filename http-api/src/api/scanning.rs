//! Scanning: what article numbers mean in a store, and what a scanned text means there.

use axum::http::Method;
use crdt_store::DocumentId;
use domain::barcode::{self, CorrectBarcode, LearnBarcode};
use domain::query::barcodes::{self, BarcodeFilter, BarcodeListRow};
use domain::query::scan::{self, Scanned};
use domain::query::{Page, PageRequest};
use domain::{Created, Permission};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::replies;
use super::route::{Ask, Place, Route, command, query};
use crate::error::Problem;

const TAG: &str = "Scanning";

/// What can be wrong with a scanned text.
const GS1_CODES: &[&str] = &[
    "gs1-check-digit",
    "gs1-unknown-identifier",
    "gs1-bad-date",
    "gs1-bad-value",
    "gs1-truncated",
    "gs1-duplicate",
];

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BarcodeQuery {
    store_id: Option<DocumentId>,
    search: Option<String>,
    item: Option<DocumentId>,
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ScanQuery {
    store_id: Option<DocumentId>,
    text: String,
}

fn list(ask: &Ask<'_>, wish: BarcodeQuery) -> Result<Page<BarcodeListRow>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let filter = BarcodeFilter { search: wish.search, item: wish.item };
    let page: PageRequest = input::page(wish.limit, wish.cursor)?;
    Ok(barcodes::list(ask.read, store, &filter, &page)?)
}

/// A barcode of a store that the visitor may look into; any other is not there.
fn visible(ask: &Ask<'_>) -> Result<BarcodeListRow, Problem> {
    let row = barcodes::detail(ask.read, ask.ids.id)?;
    match ask.visitor.look(Some(row.barcode.store), Permission::StockView) {
        Ok(_) => Ok(row),
        Err(_) => Err(Problem::not_found("barcode")),
    }
}

fn store_of(ask: &Ask<'_>) -> Result<DocumentId, Problem> {
    visible(ask).map(|row| row.barcode.store)
}

fn read_scan(ask: &Ask<'_>, wish: ScanQuery) -> Result<Scanned, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    Ok(scan::scan(ask.read, store, &wish.text, ask.state.today())?)
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        query::<ScanQuery, replies::Scanned, _>(
            "/api/v1/scan",
            TAG,
            "What a scanned text means in a store: elements, item, batches with balances, warnings",
            read_scan,
        )
        .codes(GS1_CODES),
        query::<BarcodeQuery, replies::Page<replies::BarcodeListRow>, _>(
            "/api/v1/barcodes",
            TAG,
            "Article numbers (GTIN) that a store has learned",
            list,
        ),
        command::<LearnBarcode, Created>(
            Method::POST,
            "/api/v1/barcodes",
            TAG,
            "Teach a store which item an article number means",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| barcode::learn(txn, caller, wish),
        )
        .codes(&["duplicate-code", "gs1-check-digit", "gs1-bad-value"]),
        query::<Empty, replies::BarcodeListRow, _>(
            "/api/v1/barcodes/{id}",
            TAG,
            "What a store has learned of an article number",
            |ask, _| visible(ask),
        ),
        command::<CorrectBarcode, ()>(
            Method::PATCH,
            "/api/v1/barcodes/{id}",
            TAG,
            "Correct which item an article number means, or how many units its box holds",
            Place::Of(store_of),
            |txn, caller, ids, wish| barcode::correct(txn, caller, ids.id, wish),
        ),
        command::<Empty, ()>(
            Method::POST,
            "/api/v1/barcodes/{id}/forget",
            TAG,
            "Forget what an article number means; the next scan asks",
            Place::Of(store_of),
            |txn, caller, ids, _| barcode::forget(txn, caller, ids.id),
        ),
    ]
}
