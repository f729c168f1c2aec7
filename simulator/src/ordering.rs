//! What people do about orders: the customer writes and sends them, the supplier gives and makes shipments.

use crdt_store::{DocumentId, StoreError, ViewRead};
use domain::Quantity;
use domain::requisition::{
    AddLines, Approval, Approve, CreateRequisition, NewLine, Requisition, RequisitionRow, Side, Status,
    Supply, TakeAmendment, UpdateLine,
};

use crate::look;
use crate::people::Person;
use crate::wish::Deed;

type Act = Option<(Deed, bool)>;

impl Person<'_> {
    /// Writes an order, changes it, sends it, or throws it away; and changes what was sent, too.
    pub(crate) fn order(&mut self, store: DocumentId) -> Result<Act, StoreError> {
        let open = [Status::Draft, Status::Draft, Status::Draft, Status::Sent];
        let found = self.requisition(store, Side::Customer, &open)?;
        let Some((row, requisition)) = found.filter(|_| self.dice.chance(800)) else {
            let order_type =
                self.dice.chance(400).then(|| self.dice.pick(&self.country.order_types).copied());
            let order_type = order_type.flatten();
            let command = CreateRequisition {
                store,
                supplier: None,
                programme: order_type.map(|_| self.country.programme),
                order_type,
                period: None,
                emergency: order_type.is_none() && self.dice.chance(200),
                min_months: None,
                max_months: None,
                suggest: self.dice.chance(300),
                lines: self.wanted(),
                reference: None,
                comment: self.token(),
                expected: None,
            };
            return Ok(Some((Deed::Order(command), true)));
        };
        let items: Vec<DocumentId> = requisition.items().into_iter().collect();
        let deed = match (self.dice.between(0, 11), self.dice.pick(&items).copied()) {
            (0..=3, _) => Deed::SendOrder(row.id),
            (4, _) => Deed::DiscardOrder(row.id),
            (5, _) => Deed::UseSuggested(row.id),
            (6..=8, Some(item)) => {
                let requested = Some(self.some_units());
                Deed::ChangeOrderLine(row.id, item, UpdateLine { requested, ..UpdateLine::default() })
            }
            (9, Some(item)) => Deed::StrikeOrderLine(row.id, item),
            _ => Deed::AddOrderLines(row.id, AddLines { lines: self.wanted() }),
        };
        Ok(Some((deed, false)))
    }

    /// Gives what customers ask for, or not.
    pub(crate) fn supply(&mut self, store: DocumentId) -> Result<Act, StoreError> {
        let Some((row, requisition)) = self.requisition(store, Side::Supplier, &[Status::Sent])? else {
            return Ok(None);
        };
        let amended = requisition.lines().find(|(_, line)| requisition.amendment(line).is_some());
        if let Some((item, _)) = amended.filter(|_| self.dice.chance(400)) {
            let take = TakeAmendment { accept: self.dice.chance(500) };
            return Ok(Some((Deed::TakeAmendment(row.id, item, take), false)));
        }
        let items: Vec<DocumentId> = requisition.items().into_iter().collect();
        let deed = match (self.dice.between(0, 12), self.dice.pick(&items).copied()) {
            (0..=3, Some(item)) => {
                Deed::Supply(row.id, item, Supply { supply: Some(self.some_units()), note: None })
            }
            (4..=5, _) => Deed::SupplyAsRequested(row.id),
            (6, _) => {
                let approval = if self.dice.chance(300) { Approval::Denied } else { Approval::Approved };
                Deed::Decide(row.id, Approve { approval, comment: None })
            }
            (7, _) => Deed::FinaliseOrder(row.id),
            (8, _) => Deed::SupplyFairly(row.id),
            _ => Deed::ShipOrder(row.id),
        };
        Ok(Some((deed, false)))
    }

    pub(crate) fn some_units(&mut self) -> Quantity {
        Quantity::whole(self.dice.between(0, 40) as i64)
    }

    fn wanted(&mut self) -> Vec<NewLine> {
        let item = self.dice.pick(&self.country.items).copied();
        let requested = self.dice.chance(800).then(|| self.some_units());
        item.map(|item| NewLine { item, requested }).into_iter().collect()
    }

    fn requisition(
        &mut self,
        store: DocumentId,
        side: Side,
        statuses: &[Status],
    ) -> Result<Option<(RequisitionRow, Requisition)>, StoreError> {
        let Some(status) = self.dice.pick(statuses).copied() else { return Ok(None) };
        let rows = look::requisitions(self.read, store, side, status)?;
        // Often the oldest: that is where people on two devices meet.
        let row = if self.dice.chance(600) { rows.first() } else { self.dice.pick(&rows) };
        let Some(row) = row.cloned() else { return Ok(None) };
        let document = self.read.document(row.id)?;
        let document = document.ok_or_else(|| StoreError::Corrupt(format!("{} is listed", row.id)))?;
        let requisition = document.data().map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok(Some((row, requisition)))
    }
}
