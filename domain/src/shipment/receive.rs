//! Receiving: what arrived, and the stock lines it becomes.

use crdt_store::{DocumentId, Failure, Timestamp, Txn, ViewRead};

use super::lines::line_mut;
use super::returns;
use super::status::{advance, require_receiver_side, require_way};
use super::types::{End, Line, Receive, ReceiveLine, SetReceived, Shipment, Status};
use crate::permission::{Caller, Permission};
use crate::quantity::Quantity;
use crate::record::{self, Record};
use crate::share::Sharing;
use crate::stock_line::{self, StockLine};
use crate::{location, reject};

/// Says what arrived of a line, before the goods are taken into stock or until they are verified.
pub fn set_received(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    line_id: DocumentId,
    command: &SetReceived,
) -> Result<(), Failure> {
    let old = load_for_receiving(txn, caller, id)?;
    let store = old.receiver_store.expect("checked when loaded");
    let mut new = old.clone();
    let line = line_mut(&mut new, line_id)?;
    if let Some(quantity) = command.quantity {
        line.received = Some(stock_line::valid_quantity("/quantity", quantity)?);
    }
    if let Some(place) = command.location {
        if old.reached(Status::Received) {
            return Err(
                reject::wrong_status(old.status(), "choose a location here: move the stock line").into()
            );
        }
        place.map(|place| location::require(txn, "/location", store, place)).transpose()?;
        line.location = place;
    }
    if let Some(size) = command.pack_size {
        if old.reached(Status::Received) {
            return Err(reject::wrong_status(old.status(), "choose packs here: repack the stock line").into());
        }
        line.received_pack_size = size.map(|size| record::valid_pack_size("/packSize", size)).transpose()?;
    }
    if let Some(note) = &command.note {
        line.received_note = record::valid_note("/note", note.as_deref())?;
    }
    if let Some(verdict) = command.verdict {
        returns::require_verdict(txn, id, &old, line_id, verdict)?;
        line.verdict = verdict;
    }
    if old.reached(Status::Received) {
        require_not_used_up(txn, &old, &new, store, line_id)?;
        take_into_stock(txn, &mut new, txn.now(), caller)?;
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// What was received may not be corrected below what has been issued of it since.
fn require_not_used_up(
    txn: &Txn<'_>,
    old: &Shipment,
    new: &Shipment,
    store: DocumentId,
    line: DocumentId,
) -> Result<(), Failure> {
    let received = |shipment: &Shipment| {
        shipment.lines.get(&line).map_or(Quantity::ZERO, |line| shipment.received(line))
    };
    let change = received(new) - received(old);
    let available = stock_line::balance(txn, store, Shipment::received_line(line))?.available();
    match change.is_negative() && (available + change).is_negative() {
        true => Err(reject::insufficient_stock("/quantity", available).into()),
        false if change.is_negative() => match Sharing::here(txn, store)? {
            Some(sharing) => sharing.require_keeper(txn, "/quantity", Shipment::received_line(line), -change),
            None => Ok(()),
        },
        false => Ok(()),
    }
}

/// Takes goods into stock: lines that are not named arrived as they were sent. The stock lines they become are made
/// by the same command.
pub fn receive(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId, command: &Receive) -> Result<(), Failure> {
    let old = load_for_receiving(txn, caller, id)?;
    if old.status() == Status::Received && command.lines.is_empty() {
        return Ok(());
    }
    require_way(&old, Status::Received)?;
    require_goods(&old)?;
    require_said_why(txn, &old)?;
    let store = old.receiver_store.expect("checked when loaded");
    let mut new = old.clone();
    for (at, wish) in command.lines.iter().enumerate() {
        receive_line(txn, &mut new, store, &format!("/lines/{at}"), wish)?;
    }
    advance(&mut new, Status::Received, txn.now(), caller.user);
    take_into_stock(txn, &mut new, txn.now(), caller)?;
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

fn receive_line(
    txn: &Txn<'_>,
    shipment: &mut Shipment,
    store: DocumentId,
    pointer: &str,
    wish: &ReceiveLine,
) -> Result<(), Failure> {
    if let Some(place) = wish.location {
        location::require(txn, &format!("{pointer}/location"), store, place)?;
    }
    let line = line_mut(shipment, wish.line).map_err(|rejection| rejection.at(format!("{pointer}/line")))?;
    if let Some(quantity) = wish.quantity {
        line.received = Some(stock_line::valid_quantity(&format!("{pointer}/quantity"), quantity)?);
    }
    line.location = wish.location.or(line.location);
    record::set(&mut line.verdict, wish.verdict);
    line.received_note =
        record::valid_note(&format!("{pointer}/note"), wish.note.as_deref())?.or(line.received_note.take());
    Ok(())
}

/// Checks the goods and closes the shipment; goods that were not received yet are, with the same time.
pub fn verify(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId) -> Result<(), Failure> {
    let old: Shipment = record::load(txn, id)?;
    require_receiver_side(caller, &old, Permission::InboundVerify)?;
    if old.status() == Status::Verified {
        return Ok(());
    }
    require_way(&old, Status::Verified)?;
    if old.sender_store.is_some() && !old.goods_moved() {
        return Err(reject::wrong_status(old.status(), "verify").into());
    }
    require_goods(&old)?;
    require_said_why(txn, &old)?;
    let mut new = old.clone();
    advance(&mut new, Status::Verified, txn.now(), caller.user);
    take_into_stock(txn, &mut new, txn.now(), caller)?;
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Nothing can be received of nothing.
fn require_goods(shipment: &Shipment) -> Result<(), Failure> {
    match shipment.lines.values().any(|line| shipment.coming(line).is_positive()) {
        true => Ok(()),
        false => Err(reject::validation("/lines", "there is no line").into()),
    }
}

/// What a partner brings back is taken in with a reason; of what a store sends back, that store has given it.
fn require_said_why(txn: &Txn<'_>, shipment: &Shipment) -> Result<(), Failure> {
    if shipment.sender_store.is_none() { returns::require_reasons(txn, shipment) } else { Ok(()) }
}

/// A shipment to a store that the caller may receive now.
pub(super) fn load_for_receiving(
    txn: &Txn<'_>,
    caller: &Caller,
    id: DocumentId,
) -> Result<Shipment, Failure> {
    let shipment: Shipment = record::load(txn, id)?;
    let Some(store) = shipment.receiver_store else {
        return Err(reject::validation("", "a partner receives this").into());
    };
    caller.require(Permission::InboundEdit, store)?;
    let coming = shipment.goods_moved() || shipment.sender_store.is_none();
    match coming && !shipment.reached(Status::Verified) && shipment.status() != Status::Cancelled {
        true => Ok(shipment),
        false => Err(reject::wrong_status(shipment.status(), "receive").into()),
    }
}

/// Fills in what nobody counted, and makes the receiver's stock lines that are not there yet. Once made, a stock line
/// is its store's own: it is not overwritten.
pub(super) fn take_into_stock(
    txn: &mut Txn<'_>,
    shipment: &mut Shipment,
    at: Timestamp,
    caller: &Caller,
) -> Result<(), Failure> {
    let (Some(store), true) = (shipment.receiver_store, shipment.reached(Status::Received)) else {
        return Ok(());
    };
    let ids: Vec<DocumentId> = shipment.lines.keys().copied().collect();
    for id in ids {
        let line = &shipment.lines[&id];
        if line.removed || shipment.is_placeholder(line) {
            continue;
        }
        let received = line.received.unwrap_or(shipment.issued(line));
        // Whoever brings goods back has not supplied them.
        let supplier = shipment.sender().map(End::id).filter(|_| !shipment.is_return());
        let mut line = line.clone();
        line.received = Some(received);
        shipment.lines.insert(id, line.clone());
        let stock_id = Shipment::received_line(id);
        if shipment.received(&line).is_positive() && txn.header(stock_id)?.is_none() {
            let stamp = StockLine::new_stamp(at, caller);
            txn.create(stock_id, record::root_of(&stock_of_line(stamp, store, supplier, &line)));
        }
    }
    Ok(())
}

/// The receiver's stock line: its cost is the sender's price, for packs as the receiver keeps them.
fn stock_of_line(
    stamp: record::Stamp,
    store: DocumentId,
    supplier: Option<DocumentId>,
    line: &Line,
) -> StockLine {
    let pack_size = line.received_pack_size.unwrap_or(line.pack_size);
    let price = line.sell_price.map(|price| price.of_pack(line.pack_size, pack_size));
    StockLine {
        stamp,
        store,
        item: line.item,
        batch: line.batch.clone(),
        expiry: line.expiry,
        manufactured: line.manufactured,
        pack_size,
        location: line.location,
        on_hold: false,
        vvm: None,
        cost_price: price,
        sell_price: price,
        supplier,
        donor: line.donor,
        note: None,
        opening: Quantity::ZERO,
        opened_at: None,
        import: None,
        withdrawn_at: None,
        withdrawn_by: None,
        withdrawn_reason: None,
        variant: line.variant,
        programme: line.programme,
        vvm_at: None,
        vvm_note: None,
        device: None,
    }
}
