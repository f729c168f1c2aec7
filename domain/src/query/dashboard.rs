//! The dashboard: figures, each with the filtered list it opens.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

use crdt_store::{DocumentId, Failure, StoreError, ViewRead};
use serde::Serialize;

use super::{assets, reference, shipments, stock, tasks};
use crate::asset::AssetStatus;
use crate::effect::Balance;
use crate::quantity::Quantity;
use crate::shipment::{Direction, Status};
use crate::stock_line;
use crate::text::{Key, id_at_end};
use crate::{Date, store, views};

/// A figure of the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// Stable code, such as `batches-expired`.
    pub code: &'static str,
    /// How many.
    pub count: u64,
    /// The list it opens: `stock`, `items`, `inbound-shipments`, `outbound-shipments`, `assets`, `tasks`.
    pub list: &'static str,
    /// The filter of that list.
    pub filter: BTreeMap<&'static str, &'static str>,
}

impl Figure {
    fn new(
        code: &'static str,
        count: u64,
        list: &'static str,
        filter: &[(&'static str, &'static str)],
    ) -> Self {
        Self { code, count, list, filter: filter.iter().copied().collect() }
    }
}

/// The figures of a store.
pub fn of_store(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    today: Date,
) -> Result<Vec<Figure>, Failure> {
    let kept = stock::kept_items(read, store)?;
    let out = kept.values().filter(|totals| !Balance::of(totals).on_hand.is_positive()).count() as u64;
    let expiring_days = store::require(read, store)?.expiring_days;
    let soon = today.saturating_add(jiff::Span::new().days(i64::from(expiring_days.min(100_000))));
    let yesterday = today.yesterday().unwrap_or(today);
    let expired = batches_until(read, store, yesterday)?;
    let expiring = batches_until(read, store, soon)? - expired;
    let mut figures = vec![
        Figure::new("items-kept", kept.len() as u64, "items", &[]),
        Figure::new("items-out-of-stock", out, "items", &[("inStock", "false")]),
        Figure::new("batches-expired", expired, "stock", &[("facet", "expired")]),
        Figure::new("batches-expiring", expiring, "stock", &[("facet", "expiring")]),
    ];
    figures.extend(shipment_figures(read, store)?);
    figures.extend(asset_figures(read, Some(store))?);
    figures.push(Figure::new("tasks", tasks::count(read, Some(store))?, "tasks", &[]));
    Ok(figures)
}

/// The figures of the country, at the centre.
pub fn national(read: &(impl ViewRead + ?Sized)) -> Result<Vec<Figure>, Failure> {
    let stores = reference::stores(read)?;
    let (mut items, mut out) = (0, 0);
    read.scan_totals(views::SUM_ITEM, (Bound::Unbounded, Bound::Unbounded), &mut |_, totals| {
        items += 1;
        out += u64::from(!Balance::of(totals).on_hand.is_positive());
        ControlFlow::Continue(())
    })?;
    let mut figures = vec![
        Figure::new("stores", stores.iter().filter(|store| !store.disabled).count() as u64, "stores", &[]),
        Figure::new("sites", reference::sites(read)?.len() as u64, "sites", &[]),
        Figure::new("items-kept", items, "national-stock", &[]),
        Figure::new("items-out-of-stock", out, "national-stock", &[("inStock", "false")]),
    ];
    figures.extend(asset_figures(read, None)?);
    figures.push(Figure::new("tasks", tasks::count(read, None)?, "tasks", &[]));
    Ok(figures)
}

/// How many batches in stock expire on this day or earlier: walks the index of expiry up to it.
fn batches_until(read: &(impl ViewRead + ?Sized), store: DocumentId, last: Date) -> Result<u64, StoreError> {
    let lower = store.as_bytes();
    let upper = Key::new().id(store).day(Some(last)).bytes(&[0xff; 16]).build();
    let mut lines = Vec::new();
    read.scan(
        views::STOCK_BY_EXPIRY,
        (Bound::Included(lower), Bound::Included(&upper)),
        false,
        &mut |key, _| {
            lines.extend(id_at_end(key));
            ControlFlow::Continue(())
        },
    )?;
    let mut count = 0;
    for line in lines {
        count += u64::from(stock_line::balance(read, store, line)?.on_hand != Quantity::ZERO);
    }
    Ok(count)
}

fn shipment_figures(read: &(impl ViewRead + ?Sized), store: DocumentId) -> Result<Vec<Figure>, StoreError> {
    let count = |direction, status| shipments::count(read, store, direction, status);
    let mut figures = Vec::new();
    let inbound = [
        ("inbound-picked", Status::Picked),
        ("inbound-shipped", Status::Shipped),
        ("inbound-delivered", Status::Delivered),
        ("inbound-received", Status::Received),
        ("inbound-new", Status::New),
    ];
    for (code, status) in inbound {
        let count = count(Direction::Inbound, status)?;
        figures.push(Figure::new(code, count, "inbound-shipments", &[("status", status.code())]));
    }
    let outbound = [
        ("outbound-new", Status::New),
        ("outbound-allocated", Status::Allocated),
        ("outbound-picked", Status::Picked),
    ];
    for (code, status) in outbound {
        let count = count(Direction::Outbound, status)?;
        figures.push(Figure::new(code, count, "outbound-shipments", &[("status", status.code())]));
    }
    Ok(figures)
}

fn asset_figures(
    read: &(impl ViewRead + ?Sized),
    store: Option<DocumentId>,
) -> Result<Vec<Figure>, StoreError> {
    let counts = assets::count_by_status(read, store)?;
    let of = |status: AssetStatus| counts.get(&status).copied().unwrap_or(0);
    let figure =
        |code, status: AssetStatus| Figure::new(code, of(status), "assets", &[("status", status.code())]);
    Ok(vec![
        figure("assets-functioning", AssetStatus::Functioning),
        figure("assets-needing-attention", AssetStatus::FunctioningNeedsAttention),
        figure("assets-not-functioning", AssetStatus::NotFunctioning),
    ])
}
