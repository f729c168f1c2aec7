//! Making shipments: outbound, inbound, issued at once, recorded from the past.

use std::collections::BTreeMap;

use crdt_store::{DocumentId, Failure, Txn};

use super::lines::{add_foreign, add_own, blank_line, line_of_stock};
use super::receive::take_into_stock;
use super::shelf::{Shelf, spend};
use super::status::advance;
use super::types::{
    CreateInbound, CreateOutbound, End, Event, Issue, LINES_MAX, Line, RecordLine, RecordShipment, Shipment,
    ShipmentKind, Status,
};
use crate::permission::{Caller, Permission};
use crate::quantity::Quantity;
use crate::record::{self, Numbered, Record};
use crate::store::StoreRow;
use crate::{number, partner, query, reject, share, stock_line, store};

/// Makes an outbound shipment.
pub fn create_outbound(
    txn: &mut Txn<'_>,
    caller: &Caller,
    command: &CreateOutbound,
) -> Result<Numbered, Failure> {
    create(txn, caller, command, None)
}

/// Makes an outbound shipment that answers a requisition.
pub(crate) fn create_for(
    txn: &mut Txn<'_>,
    caller: &Caller,
    command: &CreateOutbound,
    requisition: DocumentId,
) -> Result<Numbered, Failure> {
    create(txn, caller, command, Some(requisition))
}

/// Makes an outbound shipment, which answers a requisition by all that it is asked to hold.
fn create(
    txn: &mut Txn<'_>,
    caller: &Caller,
    command: &CreateOutbound,
    requisition: Option<DocumentId>,
) -> Result<Numbered, Failure> {
    caller.require(Permission::OutboundEdit, command.store)?;
    let store = store::require_open(txn, command.store)?;
    if let End::Store(receiver) = command.to {
        store::require_open(txn, receiver).map_err(|failure| pointing(failure, "/to"))?;
    }
    let mut shipment = blank(txn, caller, End::Store(command.store), command.to)?;
    shipment.reference = record::valid_label("/reference", command.reference.as_deref())?;
    shipment.comment = record::valid_note("/comment", command.comment.as_deref())?;
    shipment.expected = command.expected;
    shipment.requisition = requisition;
    if requisition.is_some() {
        let asked = command.lines.iter().filter_map(|line| Some((line.item?, line.quantity)));
        shipment.answers = asked.collect();
    }
    let mut shelf = Shelf::of(command.store);
    for (at, line) in command.lines.iter().enumerate() {
        add_own(txn, &mut shipment, &mut shelf, &format!("/lines/{at}"), line)?;
    }
    finish(txn, &store, shipment)
}

/// Makes an outbound shipment, chooses its batches and takes it to a status, in one change.
pub fn issue(txn: &mut Txn<'_>, caller: &Caller, command: &Issue) -> Result<Numbered, Failure> {
    caller.require(Permission::OutboundEdit, command.store)?;
    let target = command.status.unwrap_or(Status::Picked);
    if !matches!(target, Status::Allocated | Status::Picked | Status::Shipped) {
        return Err(reject::validation("/status", "allocated, picked or shipped").into());
    }
    if command.lines.is_empty() {
        return Err(reject::validation("/lines", "nothing to issue").into());
    }
    let store = store::require_open(txn, command.store)?;
    if let End::Store(receiver) = command.to {
        store::require_open(txn, receiver).map_err(|failure| pointing(failure, "/to"))?;
    }
    let mut shipment = blank(txn, caller, End::Store(command.store), command.to)?;
    shipment.reference = record::valid_label("/reference", command.reference.as_deref())?;
    shipment.comment = record::valid_note("/comment", command.comment.as_deref())?;
    let mut shelf = Shelf::of(command.store);
    for (at, line) in command.lines.iter().enumerate() {
        let added = add_own(txn, &mut shipment, &mut shelf, &format!("/lines/{at}"), line)?;
        let served = |id: &DocumentId| shipment.lines.get(id).filter(|line| line.stock_line.is_some());
        let served: Quantity = added.lines.iter().filter_map(served).map(|line| line.quantity).sum();
        if served < line.quantity && added.held_elsewhere() {
            return Err(share::exceeded(format!("/lines/{at}/quantity"), served).into());
        }
        if served < line.quantity {
            return Err(reject::insufficient_stock(format!("/lines/{at}/quantity"), served).into());
        }
    }
    advance(&mut shipment, target, txn.now(), caller.user);
    finish(txn, &store, shipment)
}

/// Makes an inbound shipment of goods that a partner sends.
pub fn create_inbound(
    txn: &mut Txn<'_>,
    caller: &Caller,
    command: &CreateInbound,
) -> Result<Numbered, Failure> {
    caller.require(Permission::InboundEdit, command.store)?;
    let store = store::require_open(txn, command.store)?;
    let mut shipment = blank(txn, caller, End::Partner(command.from), End::Store(command.store))?;
    shipment.reference = record::valid_label("/reference", command.reference.as_deref())?;
    shipment.comment = record::valid_note("/comment", command.comment.as_deref())?;
    shipment.expected = command.expected;
    for (at, line) in command.lines.iter().enumerate() {
        add_foreign(txn, &mut shipment, &format!("/lines/{at}"), line)?;
    }
    finish(txn, &store, shipment)
}

/// Records a shipment of the past, with the stock lines it became at the receiver's. Central only; no stock is
/// checked, for it happened.
pub fn record(txn: &mut Txn<'_>, caller: &Caller, command: &RecordShipment) -> Result<Numbered, Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let id = record::new_id(txn, command.id)?;
    let keeper = match (command.from, command.to) {
        (End::Store(store), _) | (_, End::Store(store)) => store::require(txn, store)?,
        _ => return Err(reject::validation("/to", "one end at least is a store of ours").into()),
    };
    let received_at = command.received_at.unwrap_or(command.sent_at).max(command.sent_at);
    if received_at > txn.now() {
        return Err(reject::validation("/receivedAt", "this is yet to come").into());
    }
    let mut shipment = blank(txn, caller, command.from, command.to)?;
    shipment.stamp.created_at = command.sent_at;
    shipment.events = [(Status::New, Event { at: command.sent_at, by: caller.user })].into();
    shipment.reference = record::valid_label("/reference", command.reference.as_deref())?;
    shipment.comment = record::valid_note("/comment", command.comment.as_deref())?;
    shipment.transport = record::valid_label("/transport", command.transport.as_deref())?;
    for (at, line) in command.lines.iter().enumerate() {
        let line = recorded_line(txn, command.from, &format!("/lines/{at}"), line)?;
        shipment.lines.insert(id.derived(&format!("line/{at}")), line);
    }
    if command.status == Status::Cancelled || shipment.lines.len() > LINES_MAX {
        return Err(reject::validation("/status", "a cancelled or overlong shipment is not recorded").into());
    }
    advance(&mut shipment, command.status.min(Status::Shipped), command.sent_at, caller.user);
    advance(&mut shipment, command.status, received_at, caller.user);
    take_into_stock(txn, &mut shipment, received_at, caller)?;
    shipment.number = number::next(txn, &keeper)?;
    let number = shipment.number.clone();
    txn.create(id, record::root_of(&shipment));
    Ok(Numbered { id, number })
}

fn recorded_line(txn: &Txn<'_>, from: End, pointer: &str, line: &RecordLine) -> Result<Line, Failure> {
    let item = query::items::require(txn, &format!("{pointer}/item"), line.item)?;
    let mut made = blank_line(line.item, line.pack_size.unwrap_or(item.default_pack_size), line.quantity);
    if let End::Store(store) = from {
        let id = line
            .stock_line
            .ok_or_else(|| reject::validation(format!("{pointer}/stockLine"), "which stock did it leave?"))?;
        let stock = stock_line::require(txn, &format!("{pointer}/stockLine"), store, id)?;
        if stock.item != line.item {
            return Err(
                reject::validation(format!("{pointer}/stockLine"), "this is stock of another item").into()
            );
        }
        made = line_of_stock(&stock, line.quantity);
    }
    stock_line::valid_quantity(&format!("{pointer}/quantity"), line.quantity)?;
    record::valid_pack_size(&format!("{pointer}/packSize"), made.pack_size)?;
    if line.batch.is_some() {
        made.batch = record::valid_label(&format!("{pointer}/batch"), line.batch.as_deref())?;
    }
    made.expiry = line.expiry.or(made.expiry);
    made.sell_price = stock_line::valid_price(&format!("{pointer}/price"), line.price)?.or(made.sell_price);
    made.note = record::valid_note(&format!("{pointer}/note"), line.note.as_deref())?;
    Ok(made)
}

/// A shipment between two ends that exist, without lines.
pub(super) fn blank(txn: &Txn<'_>, caller: &Caller, from: End, to: End) -> Result<Shipment, Failure> {
    let require = |end: End, pointer: &str| match end {
        End::Store(id) => store::require(txn, id).map(|_| ()).map_err(|failure| pointing(failure, pointer)),
        End::Partner(id) => {
            partner::require(txn, id).map(|_| ()).map_err(|failure| pointing(failure, pointer))
        }
    };
    require(from, "/from")?;
    require(to, "/to")?;
    let store_of = |end: End| matches!(end, End::Store(_)).then(|| end.id());
    let partner_of = |end: End| matches!(end, End::Partner(_)).then(|| end.id());
    let shipment = Shipment {
        stamp: Shipment::new_stamp(txn.now(), caller),
        number: String::new(),
        sender_store: store_of(from),
        sender_partner: partner_of(from),
        receiver_store: store_of(to),
        receiver_partner: partner_of(to),
        kind: ShipmentKind::Regular,
        returns: None,
        requisition: None,
        answers: BTreeMap::new(),
        reference: None,
        comment: None,
        receiver_comment: None,
        transport: None,
        expected: None,
        on_hold: false,
        cancel_settled: false,
        events: BTreeMap::from([(Status::New, Event { at: txn.now(), by: caller.user })]),
        lines: BTreeMap::new(),
    };
    match shipment.scope() {
        Some(_) => Ok(shipment),
        None => {
            Err(reject::validation("/to", "goods go from one store to another, or to or from a partner")
                .into())
        }
    }
}

pub(super) fn pointing(failure: Failure, pointer: &str) -> Failure {
    match failure {
        Failure::Rejected(rejection) => Failure::Rejected(rejection.at(pointer)),
        other => other,
    }
}

pub(super) fn finish(
    txn: &mut Txn<'_>,
    store: &StoreRow,
    mut shipment: Shipment,
) -> Result<Numbered, Failure> {
    if shipment.lines.len() > LINES_MAX {
        return Err(reject::validation("/lines", format!("at most {LINES_MAX} lines")).into());
    }
    spend(txn, None, &mut shipment)?;
    shipment.number = number::next(txn, store)?;
    let number = shipment.number.clone();
    let id = txn.new_id();
    txn.create(id, record::root_of(&shipment));
    Ok(Numbered { id, number })
}
