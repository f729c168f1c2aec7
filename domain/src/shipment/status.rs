//! The way of a shipment: its statuses, its own fields, and settling what came too late.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{DocumentId, Failure, Timestamp, Txn};

use super::receive::{receive, verify};
use super::returns;
use super::shelf::spend;
use super::types::{Event, Receive, SetStatus, SettleLine, Shipment, Status, UpdateShipment};
use crate::permission::{Caller, Permission};
use crate::quantity::Quantity;
use crate::{record, reject, requisition, stock_line};

// ---- who may ----

/// The sender's fields are the sending store's to write, or the receiver's where a partner sends.
pub(super) fn require_sender_side(caller: &Caller, shipment: &Shipment) -> Result<(), Failure> {
    match (shipment.sender_store, shipment.receiver_store) {
        (Some(store), _) => caller.require(shipment.sending_permission(), store),
        (None, Some(store)) => caller.require(shipment.bringing_permission(), store),
        (None, None) => Err(reject::not_permitted(Permission::OutboundEdit).into()),
    }
}

/// The receiver's fields are the receiving store's to write, or the sender's where a partner receives.
pub(super) fn require_receiver_side(
    caller: &Caller,
    shipment: &Shipment,
    permission: Permission,
) -> Result<(), Failure> {
    match (shipment.receiver_store, shipment.sender_store) {
        (Some(store), _) => caller.require(permission, store),
        (None, Some(store)) => caller.require(shipment.sending_permission(), store),
        (None, None) => Err(reject::not_permitted(permission).into()),
    }
}

// ---- status ----

/// Takes a shipment to a status; those passed over get the same time. The status it has already is no mistake: a
/// second press changes nothing.
pub fn set_status(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &SetStatus,
) -> Result<(), Failure> {
    match command.status {
        Status::New => Err(reject::validation("/status", "nothing goes back to new").into()),
        Status::Cancelled => cancel(txn, caller, id),
        Status::Received => receive(txn, caller, id, &Receive::default()),
        Status::Verified => verify(txn, caller, id),
        target => {
            let old: Shipment = record::load(txn, id)?;
            match target {
                Status::Delivered => require_receiver_side(caller, &old, Permission::InboundEdit)?,
                _ => require_sender_side(caller, &old)?,
            }
            if old.status() == target {
                return Ok(());
            }
            require_way(&old, target)?;
            if target >= Status::Picked && !old.goods_moved() {
                require_pickable(txn, &old)?;
            }
            let mut new = old.clone();
            advance(&mut new, target, txn.now(), caller.user);
            spend(txn, Some(&old), &mut new)?;
            record::put_difference(txn, id, &old, &new);
            match new.reached(Status::Shipped) && !old.reached(Status::Shipped) {
                true => requisition::close_if_covered(txn, caller, &old, &new),
                false => Ok(()),
            }
        }
    }
}

/// Refuses to go backward, and any step while on hold or after a cancellation.
pub(super) fn require_way(shipment: &Shipment, target: Status) -> Result<(), Failure> {
    if shipment.status() == Status::Cancelled || shipment.reached(target) {
        return Err(reject::wrong_status(shipment.status(), &format!("go to «{target}»")).into());
    }
    if shipment.on_hold {
        return Err(reject::on_hold("", "shipment").into());
    }
    let transfer = shipment.sender_store.is_some() && shipment.receiver_store.is_some();
    if transfer && target >= Status::Delivered && !shipment.goods_moved() {
        return Err(reject::wrong_status(shipment.status(), &format!("go to «{target}»")).into());
    }
    Ok(())
}

/// Picking takes goods off the shelf: they must be there, beside what is promised to others. What goes back may be on
/// hold, and somebody has said why it goes.
fn require_pickable(txn: &Txn<'_>, shipment: &Shipment) -> Result<(), Failure> {
    let Some(store) = shipment.sender_store else { return Ok(()) };
    let mut own: BTreeMap<DocumentId, Quantity> = BTreeMap::new();
    for line in shipment.lines.values() {
        if let Some(stock) = line.stock_line {
            let sum = own.entry(stock).or_default();
            *sum = *sum + shipment.reserved(line);
        }
    }
    let refused = shipment.lines.values().any(|line| !line.removed && shipment.is_refused(line));
    if !refused && !own.values().any(|quantity| quantity.is_positive()) {
        return Err(reject::validation("/lines", "no line has a batch to pick").into());
    }
    returns::require_reasons(txn, shipment)?;
    for (stock, wanted) in own.iter().filter(|(_, wanted)| wanted.is_positive()) {
        let available = stock_line::balance(txn, store, *stock)?.available() + *wanted;
        if *wanted > available {
            return Err(reject::insufficient_stock("/lines", available.max(Quantity::ZERO))
                .with("stockLine", stock)
                .into());
        }
        let row = stock_line::require(txn, "/lines", store, *stock)?;
        if row.on_hold && !shipment.is_return() {
            return Err(reject::on_hold("/lines", "stock line").with("stockLine", stock).into());
        }
    }
    Ok(())
}

/// Adds the events of all statuses up to `target`, and freezes what each of them freezes.
pub(super) fn advance(shipment: &mut Shipment, target: Status, at: Timestamp, by: DocumentId) {
    let freezes = target >= Status::Picked && !shipment.goods_moved() && shipment.sender_store.is_some();
    let leaves: BTreeSet<DocumentId> = match freezes {
        true => {
            let lines = shipment.lines.iter().filter(|(_, line)| !line.removed);
            lines.filter(|(_, line)| !shipment.is_placeholder(line)).map(|(id, _)| *id).collect()
        }
        false => BTreeSet::new(),
    };
    for status in Status::WAY.into_iter().filter(|status| *status <= target) {
        shipment.events.entry(status).or_insert(Event { at, by });
    }
    for (_, line) in shipment.lines.iter_mut().filter(|(id, _)| leaves.contains(id)) {
        line.leave(line.quantity);
    }
}

/// Calls a shipment off, while the goods are still on the shelf.
pub fn cancel(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId) -> Result<(), Failure> {
    let old: Shipment = record::load(txn, id)?;
    require_sender_side(caller, &old)?;
    if old.status() == Status::Cancelled {
        return Ok(());
    }
    if old.goods_moved() {
        return Err(reject::wrong_status(old.status(), "cancel").into());
    }
    let mut new = old.clone();
    new.events.insert(Status::Cancelled, Event { at: txn.now(), by: caller.user });
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Changes a shipment's own fields.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateShipment,
) -> Result<(), Failure> {
    let old: Shipment = record::load(txn, id)?;
    let mut new = old.clone();
    if old.reached(Status::Verified) {
        return Err(reject::wrong_status(old.status(), "change anything").into());
    }
    let by_receiver =
        UpdateShipment { receiver_comment: command.receiver_comment.clone(), ..UpdateShipment::default() };
    if *command != by_receiver {
        require_sender_side(caller, &old)?;
    }
    if let Some(comment) = &command.receiver_comment {
        require_receiver_side(caller, &old, Permission::InboundEdit)?;
        new.receiver_comment = record::valid_note("/receiverComment", comment.as_deref())?;
    }
    if let Some(reference) = &command.reference {
        new.reference = record::valid_label("/reference", reference.as_deref())?;
    }
    if let Some(comment) = &command.comment {
        new.comment = record::valid_note("/comment", comment.as_deref())?;
    }
    if let Some(transport) = &command.transport {
        new.transport = record::valid_label("/transport", transport.as_deref())?;
    }
    record::set(&mut new.expected, command.expected);
    record::set(&mut new.on_hold, command.on_hold);
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

// ---- settling ----

/// Settles a late amendment: the edit tells what left the shelf, or the line goes back to what was picked.
pub fn settle_line(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    line_id: DocumentId,
    command: &SettleLine,
) -> Result<(), Failure> {
    let old: Shipment = record::load(txn, id)?;
    require_sender_side(caller, &old)?;
    let mut new = old.clone();
    let line = new.lines.get_mut(&line_id).ok_or_else(|| reject::not_found("line", line_id))?;
    let Some(wish) = old.late_amendment(line) else { return Ok(()) };
    match command.accept {
        true if old.reached(Status::Verified) => {
            return Err(reject::wrong_status(old.status(), "amend it: make a correction of its own").into());
        }
        true => line.leave(wish),
        false => {
            line.quantity = old.issued(line);
            line.removed = false;
            line.leave(line.quantity);
        }
    }
    spend(txn, Some(&old), &mut new)?;
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Notes that the sender has seen that something else was received than was sent.
pub fn acknowledge(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    line_id: DocumentId,
) -> Result<(), Failure> {
    let old: Shipment = record::load(txn, id)?;
    require_sender_side(caller, &old)?;
    let mut new = old.clone();
    let line = new.lines.get_mut(&line_id).ok_or_else(|| reject::not_found("line", line_id))?;
    line.acknowledged = true;
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Notes that somebody has dealt with a cancellation that came after the goods had left.
pub fn settle_cancel(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId) -> Result<(), Failure> {
    let old: Shipment = record::load(txn, id)?;
    require_sender_side(caller, &old)?;
    let new = Shipment { cancel_settled: true, ..old.clone() };
    record::put_difference(txn, id, &old, &new);
    Ok(())
}
