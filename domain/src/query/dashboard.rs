//! The dashboard: figures, each with the filtered list it opens.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

use crdt_store::{DocumentId, Failure, StoreError, ViewRead};
use serde::Serialize;

use super::stock_items::{self, ItemFacet};
use super::{assets, reference, shipments, tasks};
use crate::asset::AssetStatus;
use crate::effect::Balance;
use crate::shipment::{Direction, Status};
use crate::{Date, allocation, store, views};

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
    let preferences = store::require(read, store)?.preferences();
    let (kept, items) = stock_items::count_by_facet(read, store, today)?;
    let of_items = |facet: ItemFacet| items.get(&facet).copied().unwrap_or(0);
    let item_figure =
        |code, facet: ItemFacet| Figure::new(code, of_items(facet), "items", &[("facet", facet.code())]);
    let [soon, later] =
        [preferences.expiring_days, preferences.expiring_later_days].map(stock_items::whole_days);
    let batches =
        stock_items::batches_until(read, store, stock_items::horizon(today, soon.max(later)), None)?;
    let expired = |expiry| allocation::is_expired(Some(expiry), today);
    let within = |expiry, days| !expired(expiry) && allocation::expires_within(Some(expiry), today, days);
    let count =
        |wanted: &dyn Fn(Date) -> bool| batches.iter().filter(|batch| wanted(batch.expiry)).count() as u64;
    let batch_figure = |code, count, facet| Figure::new(code, count, "stock", &[("facet", facet)]);
    let mut figures = vec![
        Figure::new("items-kept", kept, "items", &[]),
        item_figure("items-out-of-stock", ItemFacet::OutOfStock),
        item_figure("items-out-with-consumption", ItemFacet::OutWithConsumption),
        item_figure("items-low", ItemFacet::Low),
        item_figure("items-over", ItemFacet::Over),
        item_figure("items-on-order", ItemFacet::OnOrder),
        item_figure("items-expiring-later", ItemFacet::ExpiringLater),
        batch_figure("batches-expired", count(&expired), "expired"),
        batch_figure("batches-expiring", count(&|expiry| within(expiry, soon)), "expiring"),
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
