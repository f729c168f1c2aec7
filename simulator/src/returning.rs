//! What people do about goods that go back: to whoever sent them, or from whoever got them; and boxes that they check.

use crdt_store::{DocumentId, StoreError};
use domain::Quantity;
use domain::shipment::{
    AddLine, Direction, End, ReturnGoods, SetChecked, Shipment, ShipmentKind, Status, TakeBack, Verdict,
};

use crate::people::Person;
use crate::wish::Deed;

type Act = Option<(Deed, bool)>;

/// So many units of a line of the shipment returned.
fn of_line(line: DocumentId, quantity: Quantity) -> AddLine {
    AddLine {
        item: None,
        stock_line: None,
        quantity,
        batch: None,
        expiry: None,
        manufactured: None,
        pack_size: None,
        price: None,
        note: None,
        whole_packs: false,
        returns: Some(line),
        reason: None,
    }
}

impl Person<'_> {
    /// Sends back what was received or refused, mostly that which was refused; or something from the shelf.
    pub(crate) fn give_back(&mut self, store: DocumentId) -> Result<Act, StoreError> {
        let taken = [Status::Received, Status::Received, Status::Verified];
        let found = self.shipment(store, Direction::Inbound, &taken)?;
        let found = found.filter(|(_, shipment)| shipment.kind == ShipmentKind::Regular);
        let picked = found.and_then(|(row, shipment)| Some((row.id, self.line_to_return(&shipment)?)));
        let status = self.dice.weighted(&[(None, 5), (Some(Status::Picked), 3), (Some(Status::Shipped), 2)]);
        let comment = self.token();
        let make = |returns, to, line| ReturnGoods {
            store,
            returns,
            to,
            lines: vec![line],
            status,
            reference: None,
            comment,
        };
        let command = match picked.filter(|_| self.dice.chance(850)) {
            Some((id, line)) => make(Some(id), None, line),
            None => match self.own_line(store)? {
                Some(line) => make(None, Some(End::Partner(self.country.supplier)), line),
                None => return Ok(None),
            },
        };
        Ok(Some((Deed::GiveBack(command), true)))
    }

    fn line_to_return(&mut self, shipment: &Shipment) -> Option<AddLine> {
        let lines: Vec<DocumentId> = shipment.lines.keys().copied().collect();
        let refused = lines.iter().find(|id| shipment.lines[id].verdict == Verdict::Rejected).copied();
        let line = match refused.filter(|_| self.dice.chance(700)) {
            Some(line) => line,
            None => *self.dice.pick(&lines)?,
        };
        // Often all of it: two devices that do so have sent it back twice.
        let all = shipment.lines[&line].received.filter(|all| all.is_positive() && self.dice.chance(600));
        Some(of_line(line, all.unwrap_or(self.units(1, 30))))
    }

    /// Takes back what a customer got, or brings without saying when it got it.
    pub(crate) fn take_back(&mut self, store: DocumentId) -> Result<Act, StoreError> {
        let gone = [Status::Picked, Status::Shipped];
        let found = self.shipment(store, Direction::Outbound, &gone)?;
        let found = found.filter(|(_, shipment)| {
            shipment.kind == ShipmentKind::Regular && shipment.receiver_partner.is_some()
        });
        let comment = self.token();
        let make = |returns, from, line| TakeBack {
            store,
            returns,
            from,
            lines: vec![line],
            reference: None,
            comment,
        };
        let command = match found {
            Some((row, shipment)) => {
                let lines: Vec<DocumentId> = shipment.lines.keys().copied().collect();
                let Some(line) = self.dice.pick(&lines).copied() else { return Ok(None) };
                make(Some(row.id), None, of_line(line, self.units(1, 30)))
            }
            None => {
                let Some(item) = self.dice.pick(&self.country.items).copied() else { return Ok(None) };
                let line = of_line(item, self.units(1, 20));
                let line =
                    AddLine { item: Some(item), returns: None, batch: Some("BACK".to_owned()), ..line };
                make(None, Some(self.country.customer), line)
            }
        };
        Ok(Some((Deed::TakeBack(command), true)))
    }

    /// Counts boxes against a shipment that is being picked.
    pub(crate) fn check_boxes(&mut self, store: DocumentId) -> Result<Act, StoreError> {
        let open = [Status::New, Status::Allocated, Status::Picked];
        let Some((row, shipment)) = self.shipment(store, Direction::Outbound, &open)? else {
            return Ok(None);
        };
        let lines: Vec<DocumentId> = shipment.lines.keys().copied().collect();
        let Some(line) = self.dice.pick(&lines).copied() else { return Ok(None) };
        let checked = SetChecked { quantity: self.units(0, 40) };
        Ok(Some((Deed::Check(row.id, line, checked), false)))
    }
}
