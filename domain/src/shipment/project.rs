//! What a shipment contributes to views: rows for both ends, movements, promises, tasks.

use crdt_store::{Document, DocumentId, Projection, Sum};

use super::returns;
use super::types::{Direction, End, Line, OnOrderRow, Shipment, ShipmentRow, Status};
use crate::effect::{self, Act, Movement, MovementKind};
use crate::number;
use crate::quantity::Quantity;
use crate::record::Record;
use crate::requisition;
use crate::task::{self, TaskKind, TaskRow};
use crate::text::Key;
use crate::views;

pub(crate) fn project(document: &Document, shipment: &Shipment, projection: &mut Projection) {
    let (Some(sender), Some(receiver)) = (shipment.sender(), shipment.receiver()) else { return };
    project_rows(document.id, shipment, sender, receiver, projection);
    number::project(document.id, &shipment.number, projection);
    requisition::project_shipment(document.id, shipment, projection);
    returns::project(document.id, shipment, projection);
    let act = Act { document: document.id, class: Shipment::CLASS, number: Some(&shipment.number) };
    for (id, line) in &shipment.lines {
        if let End::Store(store) = sender {
            project_sent(&act, shipment, store, receiver, *id, line, projection);
        }
        if let End::Store(store) = receiver {
            project_received(&act, shipment, store, sender, *id, line, projection);
            project_on_order(&act, shipment, store, sender, *id, line, projection);
        }
        project_line_tasks(&act, shipment, *id, line, projection);
    }
    if let (true, End::Store(store)) = (shipment.cancel_requested(), sender) {
        let task = task_of(&act, TaskKind::CancelRequested, store);
        task::project(&task, projection);
    }
}

fn project_rows(
    id: DocumentId,
    shipment: &Shipment,
    sender: End,
    receiver: End,
    projection: &mut Projection,
) {
    let status = shipment.status();
    let counted = || shipment.lines.values().filter(|line| !line.removed);
    let row = ShipmentRow {
        id,
        number: shipment.number.clone(),
        sender,
        receiver,
        kind: shipment.kind,
        returns: shipment.returns,
        status,
        cancel_requested: shipment.cancel_requested(),
        on_hold: shipment.on_hold,
        created_at: shipment.stamp.created_at,
        created_by: shipment.stamp.created_by,
        status_at: shipment.status_at(),
        expected: shipment.expected,
        lines: counted().count() as u32,
        placeholders: counted().filter(|line| shipment.is_placeholder(line)).count() as u32,
        value: shipment.value(),
        requisition: shipment.requisition,
        reference: shipment.reference.clone(),
        comment: shipment.comment.clone(),
    };
    projection.rows.push(views::row(views::SHIPMENT, Key::new().id(id).build(), &row));
    let mut list = |store: DocumentId, direction: Direction| {
        let of_store = || Key::new().id(store).byte(direction as u8);
        let at = shipment.stamp.created_at;
        let by_status = of_store().byte(status as u8).time(at).id(id).build();
        projection.rows.push(views::row(views::SHIPMENT_BY_TIME, of_store().time(at).id(id).build(), &row));
        projection.rows.push(views::row(views::SHIPMENT_BY_STATUS, by_status, &row));
        let key = of_store().byte(status as u8).build();
        projection.sums.push(Sum { view: views::SUM_SHIPMENT, key, amounts: [1, 0, 0, 0] });
    };
    if let End::Store(store) = sender {
        list(store, Direction::Outbound);
    }
    if let End::Store(store) = receiver
        && shipment.seen_by_receiver()
    {
        list(store, Direction::Inbound);
    }
}

fn project_sent(
    act: &Act<'_>,
    shipment: &Shipment,
    store: DocumentId,
    receiver: End,
    id: DocumentId,
    line: &Line,
    projection: &mut Projection,
) {
    let Some(stock_line) = line.stock_line else { return };
    let reserved = shipment.reserved(line);
    if reserved != Quantity::ZERO {
        effect::project_balance(store, line.item, stock_line, Quantity::ZERO, reserved, projection);
    }
    if let Some(picked) = shipment.event(Status::Picked) {
        let movement = Movement {
            part: id,
            store,
            item: line.item,
            stock_line,
            kind: if shipment.is_return() { MovementKind::ReturnOut } else { MovementKind::Issue },
            quantity: -shipment.issued(line),
            at: picked.at,
            by: picked.by,
            reason: line.reason,
            other: Some(receiver.id()),
            device: line.spent.map(|spent| spent.device),
        };
        effect::project_movement(act, &movement, projection);
    }
}

fn project_received(
    act: &Act<'_>,
    shipment: &Shipment,
    store: DocumentId,
    sender: End,
    id: DocumentId,
    line: &Line,
    projection: &mut Projection,
) {
    if let Some(received) = shipment.event(Status::Received) {
        let movement = Movement {
            part: id,
            store,
            item: line.item,
            stock_line: Shipment::received_line(id),
            kind: if shipment.is_return() { MovementKind::ReturnIn } else { MovementKind::Receipt },
            quantity: shipment.received(line),
            at: received.at,
            by: received.by,
            reason: line.reason,
            other: Some(sender.id()),
            device: None,
        };
        effect::project_movement(act, &movement, projection);
    }
}

/// What a line will bring: as long as the receiver sees the shipment and has not received it.
fn project_on_order(
    act: &Act<'_>,
    shipment: &Shipment,
    store: DocumentId,
    sender: End,
    id: DocumentId,
    line: &Line,
    projection: &mut Projection,
) {
    let quantity = shipment.on_order(line);
    if quantity == Quantity::ZERO {
        return;
    }
    effect::project_on_order(store, line.item, quantity, projection);
    let row = OnOrderRow {
        shipment: act.document,
        number: shipment.number.clone(),
        line: id,
        item: line.item,
        sender,
        status: shipment.status(),
        expected: shipment.expected,
        quantity,
        batch: line.batch.clone(),
        expiry: line.expiry,
    };
    let key = Key::new().id(store).id(line.item).id(act.document).id(id).build();
    projection.rows.push(views::row(views::ON_ORDER, key, &row));
}

fn project_line_tasks(
    act: &Act<'_>,
    shipment: &Shipment,
    id: DocumentId,
    line: &Line,
    projection: &mut Projection,
) {
    let task = |kind, store, expected, found| TaskRow {
        line: Some(id),
        item: Some(line.item),
        stock_line: line.stock_line,
        expected,
        found,
        ..task_of(act, kind, store)
    };
    if let (Some(store), Some(wish)) = (shipment.sender_store, shipment.late_amendment(line)) {
        task::project(&task(TaskKind::LateAmendment, store, shipment.issued(line), wish), projection);
    }
    if let (Some(receiver), true) = (shipment.receiver_store, shipment.discrepancy(line)) {
        let (sent, received) = (shipment.issued(line), shipment.received(line));
        if !shipment.reached(Status::Verified) {
            task::project(&task(TaskKind::Discrepancy, receiver, sent, received), projection);
        }
        if let (Some(sender), false) = (shipment.sender_store, line.acknowledged) {
            task::project(&task(TaskKind::Discrepancy, sender, sent, received), projection);
        }
    }
}

pub(super) fn task_of(act: &Act<'_>, kind: TaskKind, store: DocumentId) -> TaskRow {
    TaskRow {
        kind,
        store,
        document: act.document,
        number: act.number.map(str::to_owned),
        line: None,
        item: None,
        stock_line: None,
        expected: Quantity::ZERO,
        found: Quantity::ZERO,
    }
}
