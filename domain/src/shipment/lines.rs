//! The lines of a shipment: the sender's to write, or the receiver's where a partner sends.

use std::collections::BTreeMap;

use crdt_store::{DocumentId, Failure, Rejection, Txn};

use super::returns::{self, Returned};
use super::shelf::{Choice, Shelf, spend};
use super::status::{advance, require_sender_side};
use super::types::{AddLine, AddedLines, Allocate, LINES_MAX, Line, Shipment, Status, UpdateLine, Verdict};
use crate::permission::Caller;
use crate::quantity::Quantity;
use crate::stock_line::{self, StockLineRow};
use crate::{query, record, reject};

pub(super) fn blank_line(item: DocumentId, pack_size: u32, quantity: Quantity) -> Line {
    Line {
        item,
        stock_line: None,
        batch: None,
        expiry: None,
        manufactured: None,
        pack_size,
        quantity,
        issued: None,
        spent: None,
        sell_price: None,
        note: None,
        removed: false,
        acknowledged: false,
        received: None,
        location: None,
        verdict: Verdict::Pending,
        received_note: None,
        variant: None,
        donor: None,
        programme: None,
        reason: None,
        returns: None,
        checked: BTreeMap::new(),
        received_pack_size: None,
    }
}

pub(super) fn line_of_stock(stock: &StockLineRow, quantity: Quantity) -> Line {
    Line {
        stock_line: Some(stock.id),
        batch: stock.batch.clone(),
        expiry: stock.expiry,
        manufactured: stock.manufactured,
        variant: stock.variant,
        donor: stock.donor,
        programme: stock.programme,
        sell_price: stock.sell_price.or(stock.cost_price),
        ..blank_line(stock.item, stock.pack_size, quantity)
    }
}

pub(super) fn positive(pointer: &str, quantity: Quantity) -> Result<Quantity, Rejection> {
    match quantity.is_positive() {
        true => Ok(quantity),
        false => Err(reject::validation(format!("{pointer}/quantity"), "more than zero")),
    }
}

/// Adds goods of one's own: a stock line, or an item whose batches are chosen.
pub(super) fn add_own(
    txn: &mut Txn<'_>,
    shipment: &mut Shipment,
    shelf: &mut Shelf,
    pointer: &str,
    wish: &AddLine,
) -> Result<AddedLines, Failure> {
    positive(pointer, wish.quantity)?;
    returns::require_none(pointer, wish)?;
    let note = record::valid_note(&format!("{pointer}/note"), wish.note.as_deref())?;
    let price = stock_line::valid_price(&format!("{pointer}/price"), wish.price)?;
    let picked = shipment.goods_moved();
    let mut added = AddedLines::default();
    let mut insert = |txn: &mut Txn<'_>, line: Line| {
        let id = txn.new_id();
        let issued = (picked && line.stock_line.is_some()).then_some(line.quantity);
        let line = Line { note: note.clone(), sell_price: price.or(line.sell_price), issued, ..line };
        shipment.lines.insert(id, line);
        added.lines.push(id);
    };
    match (wish.stock_line, wish.item) {
        (Some(stock), item) => {
            let row = shelf.take(txn, pointer, stock, wish.quantity)?;
            if item.is_some_and(|item| item != row.item) {
                return Err(reject::validation(
                    format!("{pointer}/stockLine"),
                    "this is stock of another item",
                )
                .into());
            }
            insert(txn, line_of_stock(&row, wish.quantity));
        }
        (None, Some(item)) => {
            let row = query::items::require(txn, &format!("{pointer}/item"), item)?;
            let Choice { picks, missing, warnings } =
                shelf.choose(txn, item, wish.quantity, wish.whole_packs)?;
            picks.iter().for_each(|(stock, quantity)| insert(txn, line_of_stock(stock, *quantity)));
            if missing.is_positive() {
                insert(txn, blank_line(item, row.default_pack_size, missing));
            }
            added.warnings = warnings;
        }
        (None, None) => return Err(reject::validation(pointer, "an item or a stock line").into()),
    }
    Ok(added)
}

/// Adds goods of a partner: an item and what is printed on the box.
pub(super) fn add_foreign(
    txn: &mut Txn<'_>,
    shipment: &mut Shipment,
    pointer: &str,
    wish: &AddLine,
) -> Result<AddedLines, Failure> {
    returns::require_none(pointer, wish)?;
    let line = foreign_line(txn, pointer, wish)?;
    let id = txn.new_id();
    shipment.lines.insert(id, line);
    Ok(AddedLines { lines: vec![id], warnings: Vec::new() })
}

/// A line of goods that a partner brings.
pub(super) fn foreign_line(txn: &Txn<'_>, pointer: &str, wish: &AddLine) -> Result<Line, Failure> {
    positive(pointer, wish.quantity)?;
    let Some(item) = wish.item else {
        return Err(reject::validation(format!("{pointer}/item"), "which item is it?").into());
    };
    let row = query::items::require(txn, &format!("{pointer}/item"), item)?;
    let pack_size = wish.pack_size.unwrap_or(row.default_pack_size);
    Ok(Line {
        batch: record::valid_label(&format!("{pointer}/batch"), wish.batch.as_deref())?,
        expiry: wish.expiry,
        manufactured: wish.manufactured,
        sell_price: stock_line::valid_price(&format!("{pointer}/price"), wish.price)?,
        note: record::valid_note(&format!("{pointer}/note"), wish.note.as_deref())?,
        ..blank_line(item, record::valid_pack_size(&format!("{pointer}/packSize"), pack_size)?, wish.quantity)
    })
}

/// Adds a line (or, for an item, as many as it takes batches).
pub fn add_line(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &AddLine,
) -> Result<AddedLines, Failure> {
    let old = load_for_lines(txn, caller, id)?;
    let mut new = old.clone();
    let added = match old.sender_store {
        _ if old.is_return() => returns::add(txn, &mut new, &mut Returned::by(txn, &old)?, "", command)?,
        Some(store) => add_own(txn, &mut new, &mut Shelf::of(store), "", command)?,
        None => add_foreign(txn, &mut new, "", command)?,
    };
    if new.lines.len() > LINES_MAX {
        return Err(reject::validation("/item", format!("at most {LINES_MAX} lines")).into());
    }
    spend(txn, Some(&old), &mut new)?;
    record::put_difference(txn, id, &old, &new);
    Ok(added)
}

/// Changes a line.
pub fn update_line(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    line_id: DocumentId,
    command: &UpdateLine,
) -> Result<(), Failure> {
    let old = load_for_lines(txn, caller, id)?;
    let mut new = old.clone();
    let line = line_mut(&mut new, line_id)?;
    if let Some(quantity) = command.quantity {
        change_quantity(txn, &old, line, quantity)?;
    }
    let printed = command.batch.is_some() || command.expiry.is_some() || command.pack_size.is_some();
    if printed && old.sender_store.is_some() {
        return Err(reject::validation("/batch", "goods of one's own are what their stock line says").into());
    }
    if let Some(batch) = &command.batch {
        line.batch = record::valid_label("/batch", batch.as_deref())?;
    }
    if let Some(size) = command.pack_size {
        line.pack_size = record::valid_pack_size("/packSize", size)?;
    }
    if let Some(price) = command.price {
        line.sell_price = stock_line::valid_price("/price", price)?;
    }
    if let Some(note) = &command.note {
        line.note = record::valid_note("/note", note.as_deref())?;
    }
    if let Some(reason) = command.reason {
        returns::require_reason(txn, &old, "/reason", reason)?;
        line.reason = reason;
    }
    record::set(&mut line.expiry, command.expiry);
    spend(txn, Some(&old), &mut new)?;
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// A new quantity for a line: what is added to goods of one's own must be there.
fn change_quantity(
    txn: &Txn<'_>,
    shipment: &Shipment,
    line: &mut Line,
    quantity: Quantity,
) -> Result<(), Failure> {
    positive("", quantity)?;
    if let (Some(store), Some(stock)) = (shipment.sender_store, line.stock_line) {
        let available = stock_line::balance(txn, store, stock)?.available() + line.quantity;
        if quantity > line.quantity && quantity > available {
            return Err(reject::insufficient_stock("/quantity", available.max(Quantity::ZERO)).into());
        }
    }
    if line.returns.is_some() && line.stock_line.is_none() {
        Returned::by(txn, shipment)?.require_more(txn, "", line, quantity - line.quantity)?;
    }
    if shipment.sender_store.is_some() && shipment.goods_moved() && !shipment.is_placeholder(line) {
        line.leave(quantity);
    }
    line.quantity = quantity;
    Ok(())
}

/// Strikes a line off.
pub fn remove_line(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    line_id: DocumentId,
) -> Result<(), Failure> {
    let old = load_for_lines(txn, caller, id)?;
    let mut new = old.clone();
    let moved = old.goods_moved() && old.sender_store.is_some();
    let line = line_mut(&mut new, line_id)?;
    line.removed = true;
    if moved && !old.is_placeholder(line) {
        line.leave(Quantity::ZERO);
    }
    spend(txn, Some(&old), &mut new)?;
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Chooses batches for the lines that have none yet; what still cannot be served stays as a line without batch.
pub fn allocate(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &Allocate,
) -> Result<AddedLines, Failure> {
    let old = load_for_lines(txn, caller, id)?;
    let Some(store) = old.sender_store else {
        return Err(reject::validation("", "only goods of one's own have batches to choose").into());
    };
    let (mut new, mut shelf, mut added) = (old.clone(), Shelf::of(store), AddedLines::default());
    let waiting = old.lines.iter().filter(|(_, line)| !line.removed && old.is_placeholder(line));
    for (waiting, line) in waiting {
        let Choice { picks, missing, warnings } =
            shelf.choose(txn, line.item, line.quantity, command.whole_packs)?;
        added.warnings.extend(warnings);
        let placeholder = new.lines.get_mut(waiting).expect("a line of the same shipment");
        match missing.is_positive() {
            true => placeholder.quantity = missing,
            false => placeholder.removed = true,
        }
        for (stock, quantity) in picks {
            let line_id = txn.new_id();
            let issued = old.goods_moved().then_some(quantity);
            new.lines
                .insert(line_id, Line { issued, note: line.note.clone(), ..line_of_stock(&stock, quantity) });
            added.lines.push(line_id);
        }
    }
    if new.lines.len() > LINES_MAX {
        return Err(reject::validation("", format!("at most {LINES_MAX} lines")).into());
    }
    if new.status() == Status::New
        && !new.lines.values().any(|line| !line.removed && new.is_placeholder(line))
    {
        advance(&mut new, Status::Allocated, txn.now(), caller.user);
    }
    spend(txn, Some(&old), &mut new)?;
    record::put_difference(txn, id, &old, &new);
    Ok(added)
}

/// A shipment whose lines the caller may write now: the sender's until it is shipped, a partner's goods until they
/// are received.
pub(super) fn load_for_lines(txn: &Txn<'_>, caller: &Caller, id: DocumentId) -> Result<Shipment, Failure> {
    let shipment: Shipment = record::load(txn, id)?;
    require_sender_side(caller, &shipment)?;
    let closed = match shipment.sender_store {
        Some(_) => shipment.reached(Status::Shipped),
        None => shipment.reached(Status::Received),
    };
    match closed || shipment.status() == Status::Cancelled {
        true => Err(reject::wrong_status(shipment.status(), "change lines").into()),
        false => Ok(shipment),
    }
}

pub(super) fn line_mut(shipment: &mut Shipment, id: DocumentId) -> Result<&mut Line, Rejection> {
    shipment.lines.get_mut(&id).filter(|line| !line.removed).ok_or_else(|| reject::not_found("line", id))
}
