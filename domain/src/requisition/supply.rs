//! The supplier's part of a requisition: what it will give, what it decides, and the shipments it makes of it.

use crdt_store::{DocumentId, Failure, Txn};

use super::lines::require_line;
use super::progress::{Progress, progress};
use super::rules::{require_status, require_supplier};
use super::types::{Approval, Approve, Decision, LineSelection, Requisition, Status, Supply, TakeAmendment};
use crate::permission::{Caller, Permission};
use crate::quantity::Quantity;
use crate::record::{self, Numbered};
use crate::shipment::{self, AddLine, CreateOutbound, End, Event, Shipment};
use crate::stock_line::valid_quantity;
use crate::{reject, store};

/// A requisition that is before its supplier, whose part this caller may write.
pub(super) fn load_for_supplier(
    txn: &Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    permission: Permission,
    wish: &str,
) -> Result<Requisition, Failure> {
    let requisition: Requisition = record::load(txn, id)?;
    require_supplier(caller, &requisition, permission)?;
    require_status(&requisition, Status::Sent, wish)?;
    Ok(requisition)
}

/// Says how much of an item will be given.
pub fn supply(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    item: DocumentId,
    command: &Supply,
) -> Result<(), Failure> {
    let old = load_for_supplier(txn, caller, id, Permission::RequisitionEdit, "say what is given")?;
    require_line(&old, item)?;
    let mut new = old.clone();
    if let Some(supply) = command.supply {
        new.supply.insert(item, valid_quantity("/supply", supply)?);
    }
    if let Some(note) = &command.note {
        new.supply_notes.insert(item, record::valid_note("/note", note.as_deref())?);
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Says that as much will be given as is asked for.
pub fn supply_as_requested(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &LineSelection,
) -> Result<(), Failure> {
    let old = load_for_supplier(txn, caller, id, Permission::RequisitionEdit, "say what is given")?;
    let mut new = old.clone();
    for (item, line) in old.lines().filter(|(item, _)| command.contains(*item)) {
        let asked = old.asked(&line);
        if asked.is_positive() {
            new.supply.insert(item, asked);
        }
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Approves a requisition, or denies it: of what is denied nothing is given. It can be decided otherwise later.
pub fn approve(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId, command: &Approve) -> Result<(), Failure> {
    let old = load_for_supplier(txn, caller, id, Permission::RequisitionApprove, "decide on it")?;
    let mut new = old.clone();
    if old.decision.map(|decision| decision.approval) != Some(command.approval) {
        new.decision = Some(Decision { approval: command.approval, at: txn.now(), by: caller.user });
    }
    if let Some(comment) = &command.comment {
        new.supplier_comment = record::valid_note("/comment", Some(comment))?;
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Settles what the customer would have otherwise since it sent: it is asked for from now on, or what was sent stays.
pub fn take_amendment(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    item: DocumentId,
    command: TakeAmendment,
) -> Result<(), Failure> {
    let old = load_for_supplier(txn, caller, id, Permission::RequisitionEdit, "settle an amendment")?;
    let line = old.line(item);
    let Some(wish) = old.amendment(&line) else { return Ok(()) };
    let mut new = old.clone();
    if command.accept {
        new.amended.insert(item, wish);
    } else {
        let asked = old.asked(&line);
        new.requested.insert(item, Some(asked).filter(|asked| asked.is_positive()));
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Makes an outbound shipment of what is to be given and in no shipment yet: for each line its supply, less all that is
/// in shipments that name the requisition. Batches are chosen first expired first out; what cannot be served stays as a
/// line without batch.
///
/// # Errors
/// `nothing-remains` where all of it is in shipments already; `wrong-status` for what was denied.
pub fn ship(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &LineSelection,
) -> Result<Numbered, Failure> {
    let requisition: Requisition = record::load(txn, id)?;
    let Some(store) = requisition.supplier_store else {
        return Err(reject::validation("", "a partner sends by itself: record what it delivers").into());
    };
    require_supplier(caller, &requisition, Permission::OutboundEdit)?;
    require_status(&requisition, Status::Sent, "make a shipment of it")?;
    if requisition.decision.is_some_and(|decision| decision.approval == Approval::Denied) {
        return Err(reject::wrong_status("denied", "make a shipment of it").into());
    }
    let remaining = progress(txn, id, &requisition)?.into_iter().filter(|(item, _)| command.contains(*item));
    let lines: Vec<AddLine> = remaining
        .map(|(item, progress)| (item, progress.remaining()))
        .filter(|(_, remaining)| remaining.is_positive())
        .map(|(item, quantity)| AddLine::of_item(item, quantity))
        .collect();
    if lines.is_empty() {
        let nothing = "all that is to be given is in shipments already, or nothing is to be given";
        return Err(crdt_store::Rejection::new("nothing-remains", nothing).into());
    }
    let outbound = CreateOutbound {
        store,
        to: End::Store(requisition.customer),
        lines,
        reference: Some(requisition.number.clone()),
        comment: None,
        expected: requisition.expected,
    };
    shipment::create_for(txn, caller, &outbound, id)
}

/// Closes the requisition that a shipment answers, where the supplying store prefers that and all that was asked for has
/// left with it. `before` and `after` are the shipment as it was and as it is about to be written.
///
/// Where two shipments that do not know of each other cover it together, nobody closes it by this: it is shown as covered.
pub(crate) fn close_if_covered(
    txn: &mut Txn<'_>,
    caller: &Caller,
    before: &Shipment,
    after: &Shipment,
) -> Result<(), Failure> {
    let (Some(id), Some(supplier)) = (after.requisition, after.sender_store) else { return Ok(()) };
    if !store::require(txn, supplier)?.close_when_covered {
        return Ok(());
    }
    let Some(old) = record::find::<Requisition>(txn, id)?.filter(|old| old.status() == Status::Sent) else {
        return Ok(());
    };
    let left = |shipment: &Shipment, item: DocumentId| {
        let lines = shipment.lines.values().filter(|line| line.item == item);
        lines.fold(Quantity::ZERO, |sum, line| sum + shipment.issued(line))
    };
    let is_covered = |(item, progress): (&DocumentId, &Progress)| {
        progress.shipped + left(after, *item) - left(before, *item) >= progress.requested
    };
    if progress(txn, id, &old)?.iter().all(is_covered) {
        let mut new = old.clone();
        new.events.insert(Status::Finalised, Event { at: txn.now(), by: caller.user });
        record::put_difference(txn, id, &old, &new);
    }
    Ok(())
}

/// Closes a requisition: nothing more is sent for it. What was finalised already stays so.
pub fn finalise(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId) -> Result<(), Failure> {
    let old: Requisition = record::load(txn, id)?;
    require_supplier(caller, &old, Permission::RequisitionEdit)?;
    if old.status() == Status::Finalised {
        return Ok(());
    }
    require_status(&old, Status::Sent, "finalise")?;
    let mut new = old.clone();
    new.events.insert(Status::Finalised, Event { at: txn.now(), by: caller.user });
    record::put_difference(txn, id, &old, &new);
    Ok(())
}
