//! What a requisition contributes to views: rows for both ends, what is to be given, tasks.

use std::collections::BTreeMap;

use crdt_store::{Document, DocumentId, Projection, Row, Sum, Totals};

use super::rules::supplying_store;
use super::terms;
use super::types::{Requisition, RequisitionRow, Side, Status};
use crate::number;
use crate::quantity::Quantity;
use crate::shipment::{End, Shipment, Status as ShipmentStatus};
use crate::task::{self, TaskKind, TaskRow};
use crate::text::{Key, id_at};
use crate::views;

pub(crate) fn project(document: &Document, requisition: &Requisition, projection: &mut Projection) {
    let Some(supplier) = requisition.supplier() else { return };
    number::project(document.id, &requisition.number, projection);
    if requisition.status() == Status::Discarded {
        return;
    }
    project_rows(document.id, requisition, supplier, projection);
    if requisition.status() != Status::Draft {
        project_supply(document.id, requisition, projection);
        project_amendments(document.id, requisition, projection);
    }
}

fn project_rows(id: DocumentId, requisition: &Requisition, supplier: End, projection: &mut Projection) {
    let status = requisition.status();
    let lines: Vec<_> = requisition.lines().map(|(_, line)| line).collect();
    let row = RequisitionRow {
        id,
        number: requisition.number.clone(),
        customer: requisition.customer,
        supplier,
        programme: requisition.programme,
        order_type: requisition.order_type,
        period: requisition.period,
        rnr_form: requisition.rnr_form,
        emergency: requisition.emergency,
        status,
        status_at: requisition.status_at(),
        approval: requisition.decision.map(|decision| decision.approval),
        created_at: requisition.stamp.created_at,
        created_by: requisition.stamp.created_by,
        expected: requisition.expected,
        lines: lines.iter().filter(|line| requisition.asked(line).is_positive()).count() as u32,
        amendments: lines.iter().filter(|line| requisition.amendment(line).is_some()).count() as u32,
        reference: requisition.reference.clone(),
        comment: requisition.comment.clone(),
    };
    projection.rows.push(views::row(views::REQUISITION, Key::new().id(id).build(), &row));
    let mut list = |store: DocumentId, side: Side| {
        let of_store = || Key::new().id(store).byte(side as u8);
        let at = requisition.stamp.created_at;
        let by_status = of_store().byte(status as u8).time(at).id(id).build();
        projection.rows.push(views::row(
            views::REQUISITION_BY_TIME,
            of_store().time(at).id(id).build(),
            &row,
        ));
        projection.rows.push(views::row(views::REQUISITION_BY_STATUS, by_status, &row));
        let key = of_store().byte(status as u8).build();
        let emergency = i64::from(requisition.emergency);
        projection.sums.push(Sum { view: views::SUM_REQUISITION_COUNT, key, amounts: [1, emergency, 0, 0] });
    };
    list(requisition.customer, Side::Customer);
    if let (End::Store(store), true) = (supplier, status != Status::Draft) {
        list(store, Side::Supplier);
    }
    if let (Some(programme), Some(order_type), Some(period)) =
        (requisition.programme, requisition.order_type, requisition.period)
    {
        let key = terms::key_of(requisition.customer, programme, order_type, period).id(id).build();
        projection.rows.push(views::row(views::REQUISITION_BY_PERIOD, key, &(id, status)));
    }
}

fn supply_key(store: DocumentId, requisition: DocumentId, item: DocumentId) -> Vec<u8> {
    Key::new().id(store).id(requisition).id(item).build()
}

fn project_supply(id: DocumentId, requisition: &Requisition, projection: &mut Projection) {
    let store = supplying_store(requisition);
    for (item, line) in requisition.lines() {
        let supplied = requisition.supplied(&line).clamped().thousandths();
        if supplied != 0 {
            let (view, key) = (views::SUM_REQUISITION, supply_key(store, id, item));
            projection.sums.push(Sum { view, key, amounts: [supplied, 0, 0, 0] });
        }
    }
}

/// What a shipment does for the requisition that it names.
pub(crate) fn project_shipment(id: DocumentId, shipment: &Shipment, projection: &mut Projection) {
    let (Some(requisition), Some(store)) = (shipment.requisition, shipment.sender_store) else { return };
    let key = Key::new().id(requisition).id(id).build();
    projection.rows.push(views::mark(views::SHIPMENT_BY_REQUISITION, key));
    if shipment.status() == ShipmentStatus::Cancelled {
        return;
    }
    let mut items: BTreeMap<DocumentId, [Quantity; 2]> = BTreeMap::new();
    for line in shipment.lines.values() {
        let [coming, left] = items.entry(line.item).or_default();
        *coming = *coming + shipment.coming(line);
        *left = *left + shipment.issued(line);
    }
    for (item, [coming, left]) in items {
        let meant = shipment.answers.get(&item).copied().unwrap_or_default();
        let amounts = [meant.min(coming), coming, left].map(|quantity| quantity.clamped().thousandths());
        let (view, key) = (views::SUM_REQUISITION, supply_key(store, requisition, item));
        projection.sums.push(Sum { view, key, amounts: [0, amounts[0], amounts[1], amounts[2]] });
    }
}

/// The task that follows from shipments being made for more of an item than was to be given, as when two tablets made
/// them.
pub(crate) fn derive(key: &[u8], totals: &Totals) -> Vec<Row> {
    let [supply, answered, ..] = totals.amounts.map(Quantity::from_thousandths);
    // Without anything to be given, the requisition itself may not be here yet.
    let is_exceeded = supply.is_positive() && answered > supply;
    match (id_at(key, 0), id_at(key, 16), id_at(key, 32)) {
        (Some(store), Some(requisition), Some(item)) if is_exceeded => {
            let task = TaskRow {
                line: Some(item),
                item: Some(item),
                expected: supply.clamped(),
                found: answered.clamped(),
                ..task_of(TaskKind::SuppliedTwice, store, requisition, None)
            };
            vec![task::row(&task)]
        }
        _ => Vec::new(),
    }
}

fn project_amendments(id: DocumentId, requisition: &Requisition, projection: &mut Projection) {
    let Some(store) = requisition.supplier_store else { return };
    for (item, line) in requisition.lines() {
        if let Some(wish) = requisition.amendment(&line) {
            let task = TaskRow {
                line: Some(item),
                item: Some(item),
                expected: requisition.asked(&line),
                found: wish,
                ..task_of(TaskKind::OrderAmended, store, id, Some(&requisition.number))
            };
            task::project(&task, projection);
        }
    }
}

fn task_of(kind: TaskKind, store: DocumentId, document: DocumentId, number: Option<&str>) -> TaskRow {
    TaskRow {
        kind,
        store,
        document,
        number: number.map(str::to_owned),
        line: None,
        item: None,
        stock_line: None,
        expected: Quantity::ZERO,
        found: Quantity::ZERO,
    }
}
