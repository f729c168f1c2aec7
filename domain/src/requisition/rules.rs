//! What follows from a requisition's content: its status, what is asked for, what would be asked for otherwise.

use std::collections::BTreeSet;

use crdt_store::{DocumentId, Failure, Timestamp};

use super::types::{Approval, Line, Requisition, Status};
use crate::permission::{Caller, Permission};
use crate::quantity::Quantity;
use crate::reject;
use crate::shipment::End;

impl Line {
    /// Units the customer would have now.
    pub fn wish(&self) -> Quantity {
        self.requested.unwrap_or(Quantity::ZERO)
    }

    /// Whether the supplier has ever seen it.
    fn is_known(&self) -> bool {
        self.sent.is_some() || self.amended.is_some()
    }
}

impl Requisition {
    /// Who is asked, if the document says so.
    pub fn supplier(&self) -> Option<End> {
        self.supplier_store.map(End::Store).or(self.supplier_partner.map(End::Partner))
    }

    /// How far it has come: the furthest status of any event. Of a draft that one device throws away while another sends
    /// it, it is known at the supplier's that it was sent, and so it was.
    pub fn status(&self) -> Status {
        let furthest = self.events.keys().filter(|status| **status != Status::Discarded).max().copied();
        match furthest.unwrap_or(Status::Draft) {
            Status::Draft if self.events.contains_key(&Status::Discarded) => Status::Discarded,
            furthest => furthest,
        }
    }

    /// When it reached the status it has.
    pub fn status_at(&self) -> Timestamp {
        self.events.get(&self.status()).map_or(self.stamp.created_at, |event| event.at)
    }

    /// The items of all lines, those struck off included.
    pub fn items(&self) -> BTreeSet<DocumentId> {
        self.requested.keys().chain(self.sent.keys()).chain(self.supply.keys()).copied().collect()
    }

    /// The items of lines that stand: those struck off again, of which nobody else has said anything, left out.
    pub(super) fn standing_items(&self) -> BTreeSet<DocumentId> {
        let requested = self.requested.iter().filter(|(_, wish)| wish.is_some()).map(|(item, _)| item);
        requested.chain(self.sent.keys()).chain(self.supply.keys()).copied().collect()
    }

    /// The line of an item; an empty one if there is none.
    pub fn line(&self, item: DocumentId) -> Line {
        Line {
            requested: self.requested.get(&item).copied().flatten(),
            reason: self.reasons.get(&item).copied().flatten(),
            note: self.notes.get(&item).cloned().flatten(),
            sent: self.sent.get(&item).copied(),
            amended: self.amended.get(&item).copied(),
            supply: self.supply.get(&item).copied(),
            supply_note: self.supply_notes.get(&item).cloned().flatten(),
        }
    }

    /// All lines, by item.
    pub fn lines(&self) -> impl Iterator<Item = (DocumentId, Line)> + '_ {
        self.items().into_iter().map(|item| (item, self.line(item)))
    }

    /// Units of a line that are asked for: of a draft, what is written; later, what was sent or amended with the supplier's
    /// consent, and nothing of what the supplier has never seen.
    pub fn asked(&self, line: &Line) -> Quantity {
        match self.status() {
            Status::Draft | Status::Discarded => line.wish(),
            _ => line.amended.or(line.sent.map(|sent| sent.requested)).unwrap_or(Quantity::ZERO),
        }
    }

    /// What an edit that did not know of the sending, or came after it, would have a line be; nothing where that is what
    /// is asked for. A line that is new since then is an amendment from nothing.
    pub fn amendment(&self, line: &Line) -> Option<Quantity> {
        if self.status() != Status::Sent || (!line.is_known() && line.requested.is_none()) {
            return None;
        }
        Some(line.wish()).filter(|wish| *wish != self.asked(line))
    }

    /// Units of a line that the supplier will give: none of what it denied.
    pub fn supplied(&self, line: &Line) -> Quantity {
        match self.decision.map(|decision| decision.approval) {
            Some(Approval::Denied) => Quantity::ZERO,
            _ => line.supply.unwrap_or(Quantity::ZERO),
        }
    }
}

/// The customer's part is the asking store's to write.
pub(super) fn require_customer(
    caller: &Caller,
    requisition: &Requisition,
    permission: Permission,
) -> Result<(), Failure> {
    caller.require(permission, requisition.customer)
}

/// The supplier's part is the asked store's to write, and the customer's own where a partner is asked.
pub(super) fn require_supplier(
    caller: &Caller,
    requisition: &Requisition,
    permission: Permission,
) -> Result<(), Failure> {
    caller.require(permission, supplying_store(requisition))
}

/// The store that keeps account of the supply.
pub(super) fn supplying_store(requisition: &Requisition) -> DocumentId {
    requisition.supplier_store.unwrap_or(requisition.customer)
}

/// Refuses what is only for requisitions at this status.
pub(super) fn require_status(requisition: &Requisition, status: Status, wish: &str) -> Result<(), Failure> {
    match requisition.status() == status {
        true => Ok(()),
        false => Err(reject::wrong_status(requisition.status(), wish).into()),
    }
}
