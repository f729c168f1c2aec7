//! Returns: goods that go back to whoever sent them, or come back from whoever got them.
//!
//! ```text
//! what goes back                    leaves by              may be, at most
//! stock that a line became          its stock line         what is available of it
//! what was refused, never in stock  no movement here       what was refused, less what goes back already
//! what a partner brings back        no movement there      what left with the line, less what came back already
//! ```
//!
//! Two devices that send the same stock back are a balance below zero, as with any issue; two that send back what was
//! refused are the task *returned twice*.

use std::collections::BTreeMap;

use crdt_store::{DocumentId, Failure, Projection, Row, StoreError, Sum, Totals, Txn, ViewRead};

use super::lines::{blank_line, foreign_line, line_of_stock, positive};
use super::make::{blank, finish, pointing};
use super::shelf::Shelf;
use super::status::advance;
use super::types::{
    AddLine, AddedLines, End, Line, ReturnGoods, Shipment, ShipmentKind, Status, TakeBack, Verdict,
};
use crate::permission::{Caller, Permission};
use crate::quantity::Quantity;
use crate::record::{self, Numbered};
use crate::task::{self, TaskKind, TaskRow};
use crate::text::{Key, id_at};
use crate::{reason, reject, stock_line, store, views};

// ---- rules ----

impl Shipment {
    /// The store whose goods go back, or to which they come back: whoever took them in, or sent them to a partner.
    fn keeper(&self) -> Option<DocumentId> {
        self.receiver_store.or(self.sender_store)
    }

    /// How many units of a line its receiver refused, and never took into stock.
    fn refused(&self, line: &Line) -> Quantity {
        let is_refused = self.receiver_store.is_some()
            && self.reached(Status::Received)
            && line.verdict == Verdict::Rejected;
        if is_refused { line.received.unwrap_or(self.issued(line)) } else { Quantity::ZERO }
    }
}

/// Refuses what only lines of a return have.
pub(super) fn require_none(pointer: &str, wish: &AddLine) -> Result<(), Failure> {
    for (field, given) in [("returns", wish.returns), ("reason", wish.reason)] {
        if given.is_some() {
            return Err(reject::validation(format!("{pointer}/{field}"), "only returns have this").into());
        }
    }
    Ok(())
}

/// Checks the reason of a line.
pub(super) fn require_reason(
    txn: &Txn<'_>,
    shipment: &Shipment,
    pointer: &str,
    reason: Option<DocumentId>,
) -> Result<(), Failure> {
    match shipment.is_return() {
        true => reason::require_for_return(txn, pointer, reason),
        false => Err(reject::validation(pointer, "only returns have this").into()),
    }
}

/// Checks that each line of a return says why it goes back, where there are reasons to choose from. One that was retired
/// since it was chosen stays good.
pub(super) fn require_reasons(txn: &Txn<'_>, shipment: &Shipment) -> Result<(), Failure> {
    let silent = shipment.lines.values().any(|line| !line.removed && line.reason.is_none());
    if shipment.is_return() && silent {
        reason::require_for_return(txn, "/lines", None)?;
    }
    Ok(())
}

/// What was refused and goes back stays refused.
pub(super) fn require_verdict(
    txn: &Txn<'_>,
    id: DocumentId,
    shipment: &Shipment,
    line: DocumentId,
    verdict: Verdict,
) -> Result<(), Failure> {
    let was = shipment.lines.get(&line).map(|line| line.verdict);
    let back = match shipment.keeper() {
        Some(store) => amounts(txn, store, id, line)?[GIVEN_BACK],
        None => Quantity::ZERO,
    };
    match was == Some(Verdict::Rejected) && verdict != Verdict::Rejected && back.is_positive() {
        true => Err(reject::validation("/verdict", "these goods are on their way back").into()),
        false => Ok(()),
    }
}

/// A line with what is printed on its boxes, as it was sent.
fn as_sent(line: &Line, quantity: Quantity) -> Line {
    Line {
        batch: line.batch.clone(),
        expiry: line.expiry,
        manufactured: line.manufactured,
        variant: line.variant,
        donor: line.donor,
        programme: line.programme,
        sell_price: line.sell_price,
        ..blank_line(line.item, line.pack_size, quantity)
    }
}

/// Where goods of a return come from, less what this command has promised already.
pub(super) struct Returned {
    /// The shipment whose goods they are, if the return says so.
    original: Option<(DocumentId, Shipment)>,
    shelf: Option<Shelf>,
    promised: BTreeMap<DocumentId, Quantity>,
}

impl Returned {
    fn of(original: Option<(DocumentId, Shipment)>, sender_store: Option<DocumentId>) -> Self {
        Self { original, shelf: sender_store.map(Shelf::for_return), promised: BTreeMap::new() }
    }

    /// What a return that is there already gives back.
    pub(super) fn by(txn: &Txn<'_>, shipment: &Shipment) -> Result<Self, Failure> {
        let original = shipment.returns.map(|id| Ok::<_, Failure>((id, record::load(txn, id)?)));
        Ok(Self::of(original.transpose()?, shipment.sender_store))
    }

    /// Refuses to give back more of a line than there is to give back, where no stock line says it; promises it.
    pub(super) fn require_more(
        &mut self,
        txn: &Txn<'_>,
        pointer: &str,
        line: &Line,
        more: Quantity,
    ) -> Result<(), Failure> {
        let (Some((id, original)), Some(given)) = (&self.original, line.returns) else { return Ok(()) };
        let (Some(store), Some(sent)) = (original.keeper(), original.lines.get(&given)) else {
            return Ok(());
        };
        let limit = match original.receiver_store {
            Some(_) => original.refused(sent),
            None => original.issued(sent),
        };
        let promised = self.promised.entry(given).or_default();
        let left = limit - amounts(txn, store, *id, given)?[GIVEN_BACK] - *promised;
        if more.is_positive() && more > left {
            let left = left.max(Quantity::ZERO);
            return Err(reject::insufficient_stock(format!("{pointer}/quantity"), left).into());
        }
        *promised = *promised + more;
        Ok(())
    }

    /// Goods of a line of the shipment returned.
    fn of_line(
        &mut self,
        txn: &Txn<'_>,
        pointer: &str,
        id: DocumentId,
        wish: &AddLine,
    ) -> Result<Line, Failure> {
        let at = format!("{pointer}/returns");
        let Some((_, original)) = &self.original else {
            return Err(reject::validation(at, "this return names no shipment").into());
        };
        let sent = original.lines.get(&id).filter(|line| !line.removed);
        let sent = sent.ok_or_else(|| reject::not_found("line", id).at(at))?;
        if self.shelf.is_some() && sent.verdict != Verdict::Rejected {
            return self.of_stock(txn, pointer, Shipment::received_line(id), wish);
        }
        let line = Line { returns: Some(id), ..as_sent(sent, wish.quantity) };
        self.require_more(txn, pointer, &line, wish.quantity)?;
        Ok(line)
    }

    /// Goods of a stock line, at what they cost.
    fn of_stock(
        &mut self,
        txn: &Txn<'_>,
        pointer: &str,
        stock: DocumentId,
        wish: &AddLine,
    ) -> Result<Line, Failure> {
        let Some(shelf) = &mut self.shelf else {
            return Err(reject::validation(format!("{pointer}/item"), "which item is it?").into());
        };
        let row = shelf.take(txn, pointer, stock, wish.quantity)?;
        let line = line_of_stock(&row, wish.quantity);
        Ok(Line { sell_price: row.cost_price.or(row.sell_price), ..line })
    }
}

/// Adds a line to a return.
pub(super) fn add(
    txn: &mut Txn<'_>,
    shipment: &mut Shipment,
    returned: &mut Returned,
    pointer: &str,
    wish: &AddLine,
) -> Result<AddedLines, Failure> {
    positive(pointer, wish.quantity)?;
    reason::require_for_return(txn, &format!("{pointer}/reason"), wish.reason)?;
    let note = record::valid_note(&format!("{pointer}/note"), wish.note.as_deref())?;
    let price = stock_line::valid_price(&format!("{pointer}/price"), wish.price)?;
    let line = match (wish.returns, wish.stock_line, shipment.sender_store) {
        (Some(line), ..) => returned.of_line(txn, pointer, line, wish)?,
        (None, Some(stock), _) => returned.of_stock(txn, pointer, stock, wish)?,
        (None, None, Some(_)) => {
            let at = format!("{pointer}/stockLine");
            return Err(reject::validation(at, "which stock did it leave?").into());
        }
        (None, None, None) => foreign_line(txn, pointer, wish)?,
    };
    let issued = (shipment.sender_store.is_some() && shipment.goods_moved()).then_some(line.quantity);
    let sell_price = price.or(line.sell_price);
    let id = txn.new_id();
    let line = Line { note, issued, sell_price, reason: wish.reason, returns: wish.returns, ..line };
    shipment.lines.insert(id, line);
    Ok(AddedLines { lines: vec![id], warnings: Vec::new() })
}

// ---- write ----

/// The shipment whose goods go back or come back, if the store is at this end of it.
fn original(
    txn: &Txn<'_>,
    id: Option<DocumentId>,
    fits: impl Fn(&Shipment) -> bool,
) -> Result<Option<(DocumentId, Shipment)>, Failure> {
    let Some(id) = id else { return Ok(None) };
    let shipment: Shipment = record::load(txn, id).map_err(|failure| pointing(failure, "/returns"))?;
    if !fits(&shipment) {
        return Err(reject::not_found("shipment", id).at("/returns").into());
    }
    if shipment.is_return() {
        return Err(reject::validation("/returns", "this is a return itself").into());
    }
    Ok(Some((id, shipment)))
}

/// Who is at the other end: whoever is named, or else whoever was at that end of the shipment; not somebody else.
fn other_end(
    pointer: &str,
    named: Option<End>,
    original: Option<End>,
    question: &str,
) -> Result<End, Failure> {
    match (named, original) {
        (Some(named), Some(original)) if named != original => {
            Err(reject::validation(pointer, "the shipment returned says otherwise").into())
        }
        (named, original) => named.or(original).ok_or_else(|| reject::validation(pointer, question).into()),
    }
}

/// Makes a return to a supplier: an outbound shipment of kind return to whoever sent the goods.
pub fn return_goods(txn: &mut Txn<'_>, caller: &Caller, command: &ReturnGoods) -> Result<Numbered, Failure> {
    caller.require(Permission::Returns, command.store)?;
    let target = command.status.unwrap_or(Status::Allocated);
    if !matches!(target, Status::Allocated | Status::Picked | Status::Shipped) {
        return Err(reject::validation("/status", "allocated, picked or shipped").into());
    }
    if command.lines.is_empty() {
        return Err(reject::validation("/lines", "nothing to return").into());
    }
    let store = store::require_open(txn, command.store)?;
    let own = |shipment: &Shipment| shipment.receiver_store == Some(command.store);
    let original = original(txn, command.returns, own)?;
    if let Some((_, shipment)) = original.as_ref().filter(|(_, shipment)| !shipment.reached(Status::Received))
    {
        return Err(reject::wrong_status(shipment.status(), "return it").into());
    }
    let sender = original.as_ref().and_then(|(_, shipment)| shipment.sender());
    let to = other_end("/to", command.to, sender, "choose where it goes")?;
    if let End::Store(receiver) = to {
        store::require_open(txn, receiver).map_err(|failure| pointing(failure, "/to"))?;
    }
    let mut shipment = blank(txn, caller, End::Store(command.store), to)?;
    shipment.kind = ShipmentKind::Return;
    shipment.returns = command.returns;
    shipment.reference = record::valid_label("/reference", command.reference.as_deref())?;
    shipment.comment = record::valid_note("/comment", command.comment.as_deref())?;
    let mut returned = Returned::of(original, Some(command.store));
    for (at, line) in command.lines.iter().enumerate() {
        add(txn, &mut shipment, &mut returned, &format!("/lines/{at}"), line)?;
    }
    advance(&mut shipment, target, txn.now(), caller.user);
    finish(txn, &store, shipment)
}

/// Makes an inbound shipment of kind return: goods that a partner brings back.
pub fn take_back(txn: &mut Txn<'_>, caller: &Caller, command: &TakeBack) -> Result<Numbered, Failure> {
    caller.require(Permission::Returns, command.store)?;
    let store = store::require_open(txn, command.store)?;
    let own = |shipment: &Shipment| {
        shipment.sender_store == Some(command.store) && shipment.receiver_partner.is_some()
    };
    let original = original(txn, command.returns, own)?;
    if let Some((_, shipment)) = original.as_ref().filter(|(_, shipment)| !shipment.goods_moved()) {
        return Err(reject::wrong_status(shipment.status(), "take it back").into());
    }
    let receiver = original.as_ref().and_then(|(_, shipment)| shipment.receiver());
    let from = other_end("/from", command.from.map(End::Partner), receiver, "choose who brings it back")?;
    let mut shipment = blank(txn, caller, from, End::Store(command.store))?;
    shipment.kind = ShipmentKind::Return;
    shipment.returns = command.returns;
    shipment.reference = record::valid_label("/reference", command.reference.as_deref())?;
    shipment.comment = record::valid_note("/comment", command.comment.as_deref())?;
    let mut returned = Returned::of(original, None);
    for (at, line) in command.lines.iter().enumerate() {
        add(txn, &mut shipment, &mut returned, &format!("/lines/{at}"), line)?;
    }
    finish(txn, &store, shipment)
}

// ---- project ----

/// Where the amounts of [`views::SUM_RETURN`] stand.
const REFUSED: usize = 0;
const GIVEN_BACK: usize = 1;
const GIVEN_BACK_OF_STOCK: usize = 2;

fn sum_key(store: DocumentId, shipment: DocumentId, line: DocumentId) -> Vec<u8> {
    Key::new().id(store).id(shipment).id(line).build()
}

fn amounts(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    shipment: DocumentId,
    line: DocumentId,
) -> Result<[Quantity; 4], StoreError> {
    let totals = read.totals(views::SUM_RETURN, &sum_key(store, shipment, line))?;
    Ok(totals.amounts.map(Quantity::from_thousandths))
}

/// How many units of a line go back or have come back, by all returns that are not called off.
pub(crate) fn given_back(
    read: &(impl ViewRead + ?Sized),
    id: DocumentId,
    shipment: &Shipment,
    line: DocumentId,
) -> Result<Quantity, StoreError> {
    let Some(store) = shipment.keeper() else { return Ok(Quantity::ZERO) };
    let amounts = amounts(read, store, id, line)?;
    Ok(amounts[GIVEN_BACK] + amounts[GIVEN_BACK_OF_STOCK])
}

/// What a shipment has refused, and what a return gives back.
pub(super) fn project(id: DocumentId, shipment: &Shipment, projection: &mut Projection) {
    let mut add = |store, shipment, line, place: usize, quantity: Quantity| {
        let mut amounts = [0; 4];
        amounts[place] = quantity.clamped().thousandths();
        if amounts[place] != 0 {
            let key = sum_key(store, shipment, line);
            projection.sums.push(Sum { view: views::SUM_RETURN, key, amounts });
        }
    };
    if let Some(store) = shipment.receiver_store {
        for (line_id, line) in &shipment.lines {
            add(store, id, *line_id, REFUSED, shipment.refused(line));
        }
    }
    let (true, Some(original)) = (shipment.is_return(), shipment.returns) else { return };
    // Whoever gives back is the sender; a partner brings back to the receiver.
    let Some(store) = shipment.sender_store.or(shipment.receiver_store) else { return };
    let open = shipment.status() != Status::Cancelled;
    for line in shipment.lines.values().filter(|_| open) {
        if let Some(given) = line.returns {
            let place = if line.stock_line.is_some() { GIVEN_BACK_OF_STOCK } else { GIVEN_BACK };
            add(store, original, given, place, shipment.coming(line));
        }
    }
    let key = Key::new().id(original).id(id).build();
    projection.rows.push(views::mark(views::SHIPMENT_BY_RETURNED, key));
}

/// The task that follows from more going back than was refused, as when two tablets without contact sent it back.
pub(crate) fn derive_returned_twice(key: &[u8], totals: &Totals) -> Vec<Row> {
    let [refused, back, ..] = totals.amounts.map(Quantity::from_thousandths);
    // Without anything refused, what goes back came from a partner, or the shipment itself may not be here yet.
    let is_exceeded = refused.is_positive() && back > refused;
    match (id_at(key, 0), id_at(key, 16), id_at(key, 32)) {
        (Some(store), Some(shipment), Some(line)) if is_exceeded => {
            let task = TaskRow {
                kind: TaskKind::ReturnedTwice,
                store,
                document: shipment,
                number: None,
                line: Some(line),
                item: None,
                stock_line: None,
                expected: refused.clamped(),
                found: back.clamped(),
            };
            vec![task::row(&task)]
        }
        _ => Vec::new(),
    }
}
