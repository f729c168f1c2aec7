//! The dashboard: figures, each with the filtered list it opens.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

use crdt_store::{DocumentId, Failure, StoreError, ViewRead};
use serde::Serialize;

use super::requisitions::Answer;
use super::shipments::ShipmentPart;
use super::stock_items::{self, ItemFacet};
use super::{assets, reference, requisitions, shipments, tasks};
use crate::asset::AssetStatus;
use crate::effect::Balance;
use crate::requisition::Side;
use crate::shipment::{Direction, Status};
use crate::task::TaskKind;
use crate::{Date, allocation, requisition, store, views};

/// A figure of the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// Stable code, such as `batches-expired`.
    pub code: &'static str,
    /// How many.
    pub count: u64,
    /// The list it opens: `stock`, `items`, `inbound-shipments`, `outbound-shipments`, `internal-orders`,
    /// `customer-requisitions`, `assets`, `tasks`.
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

    /// Whether it counts orders or requisitions, whose lists not everybody may open.
    pub fn is_of_requisitions(&self) -> bool {
        [ASKED, ASKING].contains(&self.list)
    }
}

/// The list of what customers ask of a store.
const ASKED: &str = "customer-requisitions";
/// The list of what a store asks of its suppliers.
const ASKING: &str = "internal-orders";

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
        batch_figure("batches-expiring-later", count(&|expiry| within(expiry, later)), "expiring-later"),
    ];
    figures.extend(shipment_figures(read, store)?);
    figures.extend(part_figures(read, store, today)?);
    figures.extend(requisition_figures(read, store)?);
    figures.extend(asset_figures(read, Some(store))?);
    figures.extend(task_figures(read, Some(store))?);
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
    figures.extend(task_figures(read, None)?);
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

/// What is under way, by what is to be done with it.
fn part_figures(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    today: Date,
) -> Result<Vec<Figure>, StoreError> {
    let parts = |direction| shipments::count_by_part(read, store, direction, today);
    let (inbound, outbound) = (parts(Direction::Inbound)?, parts(Direction::Outbound)?);
    let of = |counts: &BTreeMap<ShipmentPart, u64>, part| counts.get(&part).copied().unwrap_or(0);
    let coming = |code, part: ShipmentPart| {
        Figure::new(code, of(&inbound, part), "inbound-shipments", &[("part", part.code())])
    };
    let leaving = ShipmentPart::NotShipped;
    Ok(vec![
        coming("inbound-due-today", ShipmentPart::DueToday),
        coming("inbound-due-this-week", ShipmentPart::DueThisWeek),
        coming("inbound-overdue", ShipmentPart::Overdue),
        coming("inbound-not-delivered", ShipmentPart::NotDelivered),
        Figure::new(
            "outbound-not-shipped",
            of(&outbound, leaving),
            "outbound-shipments",
            &[("part", leaving.code())],
        ),
    ])
}

/// What is asked for: of the store by its customers, and by the store of its suppliers.
fn requisition_figures(read: &(impl ViewRead + ?Sized), store: DocumentId) -> Result<Vec<Figure>, Failure> {
    const SENT: (&str, &str) = ("status", "sent");
    let count = |side, status| requisitions::count(read, store, side, status);
    let answers = |side| requisitions::count_by_answer(read, store, side);
    let of = |counts: &BTreeMap<Answer, u64>, answer| counts.get(&answer).copied().unwrap_or(0);
    let (of_customers, of_ours) = (answers(Side::Supplier)?, answers(Side::Customer)?);
    let (open, emergencies) = count(Side::Supplier, requisition::Status::Sent)?;
    let (drafts, _) = count(Side::Customer, requisition::Status::Draft)?;
    let (waiting, _) = count(Side::Customer, requisition::Status::Sent)?;
    let answered = |code, count, list, answer: Answer| {
        Figure::new(code, count, list, &[SENT, ("answer", answer.code())])
    };
    let approved = Answer::Approved;
    Ok(vec![
        answered("requisitions-new", of(&of_customers, Answer::None), ASKED, Answer::None),
        Figure::new("requisitions-emergency", emergencies, ASKED, &[SENT, ("emergency", "true")]),
        answered("requisitions-approved", of(&of_customers, approved), ASKED, approved),
        Figure::new("requisitions-open", open, ASKED, &[SENT]),
        Figure::new("orders-draft", drafts, ASKING, &[("status", "draft")]),
        Figure::new("orders-waiting", waiting, ASKING, &[SENT]),
        answered("orders-approved", of(&of_ours, approved), ASKING, approved),
        answered("orders-denied", of(&of_ours, Answer::Denied), ASKING, Answer::Denied),
    ])
}

/// All tasks, and those of each kind that there are any of.
fn task_figures(
    read: &(impl ViewRead + ?Sized),
    store: Option<DocumentId>,
) -> Result<Vec<Figure>, StoreError> {
    let kinds = tasks::count_by_kind(read, store)?;
    let all = Figure::new("tasks", kinds.values().sum(), "tasks", &[]);
    let of_kind = |(kind, count): (&TaskKind, &u64)| {
        Figure::new(code_of_tasks(*kind), *count, "tasks", &[("kind", kind.code())])
    };
    Ok(std::iter::once(all).chain(kinds.iter().map(of_kind)).collect())
}

const fn code_of_tasks(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::OverIssued => "tasks-over-issued",
        TaskKind::Discrepancy => "tasks-discrepancy",
        TaskKind::LateAmendment => "tasks-late-amendment",
        TaskKind::CancelRequested => "tasks-cancel-requested",
        TaskKind::CountsDiffer => "tasks-counts-differ",
        TaskKind::LateCounts => "tasks-late-counts",
        TaskKind::CountedTwice => "tasks-counted-twice",
        TaskKind::ConflictingValues => "tasks-conflicting-values",
        TaskKind::OrderAmended => "tasks-order-amended",
        TaskKind::SuppliedTwice => "tasks-supplied-twice",
        TaskKind::ReturnedTwice => "tasks-returned-twice",
        TaskKind::ReportAmended => "tasks-report-amended",
    }
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
        Figure::new(
            "assets-needing-replacement",
            assets::count_needing_replacement(read, store)?,
            "assets",
            &[("needsReplacement", "true")],
        ),
    ])
}
