//! What follows from a shipment's content: its status, what left, what arrived.

use crdt_store::{DocumentId, Timestamp};

use super::types::{End, Event, Line, Shipment, ShipmentKind, Status, Verdict};
use crate::permission::Permission;
use crate::quantity::{Money, Quantity};
use crate::scopes::ScopeKind;

impl Line {
    /// How many units left, where any did.
    pub(crate) fn left(&self) -> Option<Quantity> {
        self.spent.map(|spent| spent.quantity).or(self.issued)
    }

    /// Says how many units left.
    pub(super) fn leave(&mut self, quantity: Quantity) {
        match &mut self.spent {
            Some(spent) => spent.quantity = quantity,
            None => self.issued = Some(quantity),
        }
    }

    /// How many units were checked against the shipment while picking, on all devices together.
    pub fn checked(&self) -> Quantity {
        self.checked.values().copied().sum()
    }

    /// What so many units of it are worth at the sender's price.
    pub fn worth(&self, quantity: Quantity) -> Option<Money> {
        self.sell_price.map(|price| price.of_units(quantity, self.pack_size))
    }
}

impl Shipment {
    /// Who sends, if the document says so.
    pub fn sender(&self) -> Option<End> {
        self.sender_store.map(End::Store).or(self.sender_partner.map(End::Partner))
    }

    /// Who receives, if the document says so.
    pub fn receiver(&self) -> Option<End> {
        self.receiver_store.map(End::Store).or(self.receiver_partner.map(End::Partner))
    }

    /// Where the document belongs: between two stores, or to the one that takes part.
    pub(crate) fn scope(&self) -> Option<ScopeKind> {
        match (self.sender()?, self.receiver()?) {
            (End::Store(from), End::Store(to)) if from != to => Some(ScopeKind::Transfer(from, to)),
            (End::Store(store), End::Partner(_)) | (End::Partner(_), End::Store(store)) => {
                Some(ScopeKind::Store(store))
            }
            _ => None,
        }
    }

    /// Whether goods have left the shelf.
    pub fn goods_moved(&self) -> bool {
        self.reached(Status::Picked)
    }

    /// Whether a status, or one beyond it, was reached.
    pub fn reached(&self, status: Status) -> bool {
        self.furthest() >= status
    }

    fn furthest(&self) -> Status {
        let on_the_way = self.events.keys().filter(|status| **status != Status::Cancelled);
        on_the_way.max().copied().unwrap_or(Status::New)
    }

    /// How far it has come: the furthest status of any event. A cancellation counts only while no goods have moved.
    pub fn status(&self) -> Status {
        match self.events.contains_key(&Status::Cancelled) && !self.goods_moved() {
            true => Status::Cancelled,
            false => self.furthest(),
        }
    }

    /// Whether a cancellation met goods that had left already, and nobody has dealt with it.
    pub fn cancel_requested(&self) -> bool {
        self.events.contains_key(&Status::Cancelled) && self.goods_moved() && !self.cancel_settled
    }

    /// The event by which a status was reached: its own, or that of the next one recorded.
    pub fn event(&self, status: Status) -> Option<Event> {
        self.events.range(status..Status::Cancelled).next().map(|(_, event)| *event)
    }

    /// When it reached the status it has.
    pub fn status_at(&self) -> Timestamp {
        self.events.get(&self.status()).map_or(self.stamp.created_at, |event| event.at)
    }

    /// Whether goods go back.
    pub fn is_return(&self) -> bool {
        self.kind == ShipmentKind::Return
    }

    /// What it takes to write for a sending store.
    pub fn sending_permission(&self) -> Permission {
        if self.is_return() { Permission::Returns } else { Permission::OutboundEdit }
    }

    /// What it takes to write for a receiving store what a partner sends.
    pub fn bringing_permission(&self) -> Permission {
        if self.is_return() { Permission::Returns } else { Permission::InboundEdit }
    }

    /// Whether a line gives back what its store refused and never took into stock: it goes back without a movement there.
    pub fn is_refused(&self, line: &Line) -> bool {
        self.is_return() && self.sender_store.is_some() && line.stock_line.is_none() && line.returns.is_some()
    }

    /// Whether a line waits for a batch: goods of one's own without a stock line.
    pub fn is_placeholder(&self, line: &Line) -> bool {
        self.sender_store.is_some() && line.stock_line.is_none() && !self.is_refused(line)
    }

    /// What its lines are worth that have a price, at the sender's prices: those that left, or before that those that
    /// are to leave. Each line is rounded by itself, so that lines add up to the total.
    pub fn value(&self) -> Option<Money> {
        let worth = self.lines.values().filter_map(|line| line.worth(self.coming(line)));
        worth.reduce(|sum, worth| sum + worth).map(Money::clamped)
    }

    /// How many units of a line are promised and still on the shelf.
    pub fn reserved(&self, line: &Line) -> Quantity {
        let open = !self.goods_moved() && self.status() != Status::Cancelled && !self.stamp.deleted;
        match open && !line.removed && line.stock_line.is_some() && self.sender_store.is_some() {
            true => line.quantity,
            false => Quantity::ZERO,
        }
    }

    /// How many units of a line left: what was frozen when it was picked. A line that came in afterwards, from
    /// someone who did not know, moved nothing.
    pub fn issued(&self, line: &Line) -> Quantity {
        match (self.sender_store.is_some(), self.is_placeholder(line)) {
            (false, _) if line.removed => Quantity::ZERO,
            (false, _) => line.quantity,
            (true, true) => Quantity::ZERO,
            (true, false) => match line.left() {
                Some(issued) if self.goods_moved() => issued,
                _ => Quantity::ZERO,
            },
        }
    }

    /// How many units of a line should arrive: those that left, or before that those that are to leave.
    pub fn coming(&self, line: &Line) -> Quantity {
        match (line.removed, self.goods_moved()) {
            (true, false) => Quantity::ZERO,
            (_, true) => self.issued(line),
            (false, false) => line.quantity,
        }
    }

    /// Whether the receiver sees it: what another store sends, once it has left the shelf; what a partner sends, always.
    pub fn seen_by_receiver(&self) -> bool {
        self.goods_moved() || self.sender_store.is_none()
    }

    /// How many units of a line are on their way to the receiver, and not received. What comes back was not ordered, and
    /// nobody knows yet whether it can be used.
    pub fn on_order(&self, line: &Line) -> Quantity {
        let open = self.seen_by_receiver()
            && !self.is_return()
            && !self.reached(Status::Received)
            && self.status() != Status::Cancelled
            && !self.stamp.deleted;
        if open { self.coming(line) } else { Quantity::ZERO }
    }

    /// How many units of a line the receiver took into stock.
    pub fn received(&self, line: &Line) -> Quantity {
        match self.reached(Status::Received) && line.verdict != Verdict::Rejected {
            true => line.received.unwrap_or(Quantity::ZERO),
            false => Quantity::ZERO,
        }
    }

    /// What an edit that did not know of the picking would have a line be, where that is not what left.
    pub fn late_amendment(&self, line: &Line) -> Option<Quantity> {
        if self.sender_store.is_none() || !self.goods_moved() || self.is_placeholder(line) {
            return None;
        }
        let wish = if line.removed { Quantity::ZERO } else { line.quantity };
        Some(wish).filter(|wish| *wish != self.issued(line))
    }

    /// Whether something else was received than was sent.
    pub fn discrepancy(&self, line: &Line) -> bool {
        self.receiver_store.is_some()
            && self.reached(Status::Received)
            && self.received(line) != self.issued(line)
    }

    /// The receiver's stock line that a line becomes: the same on every device.
    pub fn received_line(line: DocumentId) -> DocumentId {
        line.derived("receive")
    }
}
