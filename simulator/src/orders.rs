//! Orders recounted from documents, without views: what is to be given, what shipments were made for, hold and took away.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{Document, DocumentId, Snapshot, StoreError};
use domain::Date;
use domain::requisition::{Requisition, Status};
use domain::shipment::{Shipment, Status as ShipmentStatus};

use crate::look;

/// Of an item of a requisition, in thousandths of a unit: to be given, answered, in shipments, off the shelf.
type Amounts = [i64; 4];

/// All requisitions and what answers them.
#[derive(Default)]
pub(crate) struct Orders {
    /// By supplying store, requisition and item.
    amounts: BTreeMap<(DocumentId, DocumentId, DocumentId), Amounts>,
    pub(crate) amended: u64,
    /// Those of a kind that were sent for a period.
    in_periods: BTreeMap<Series, BTreeSet<DocumentId>>,
}

/// A customer's orders of a kind in a period: customer, programme, kind, first day.
type Series = (DocumentId, DocumentId, DocumentId, Date);

impl Orders {
    pub(crate) fn of(documents: &BTreeMap<DocumentId, Document>) -> Self {
        let mut orders = Self::default();
        for (id, document) in documents {
            match document.class.as_str() {
                "requisition" => orders.add_requisition(*id, document),
                "shipment" => orders.add_shipment(document),
                _ => {}
            }
        }
        orders.amounts.retain(|_, amounts| *amounts != Amounts::default());
        orders
    }

    fn add(&mut self, key: (DocumentId, DocumentId, DocumentId), amounts: Amounts) {
        let sum = self.amounts.entry(key).or_default();
        sum.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
    }

    fn add_requisition(&mut self, id: DocumentId, document: &Document) {
        let Ok(requisition) = document.data::<Requisition>() else { return };
        if !matches!(requisition.status(), Status::Sent | Status::Finalised) {
            return;
        }
        if let (Some(programme), Some(order_type), Some(period)) =
            (requisition.programme, requisition.order_type, requisition.period)
        {
            let series = (requisition.customer, programme, order_type, period);
            self.in_periods.entry(series).or_default().insert(id);
        }
        let store = requisition.supplier_store.unwrap_or(requisition.customer);
        for (item, line) in requisition.lines() {
            self.amended += u64::from(requisition.amendment(&line).is_some());
            self.add((store, id, item), [requisition.supplied(&line).thousandths(), 0, 0, 0]);
        }
    }

    fn add_shipment(&mut self, document: &Document) {
        let Ok(shipment) = document.data::<Shipment>() else { return };
        let (Some(id), Some(store)) = (shipment.requisition, shipment.sender_store) else { return };
        if shipment.status() == ShipmentStatus::Cancelled {
            return;
        }
        let items: BTreeSet<DocumentId> = shipment.lines.values().map(|line| line.item).collect();
        for item in items {
            let lines = || shipment.lines.values().filter(|line| line.item == item);
            let coming: i64 = lines().map(|line| shipment.coming(line).thousandths()).sum();
            let left: i64 = lines().map(|line| shipment.issued(line).thousandths()).sum();
            let meant = shipment.answers.get(&item).map_or(0, |meant| meant.thousandths());
            self.add((store, id, item), [0, meant.min(coming), coming, left]);
        }
    }

    /// Lines for which shipments were made twice.
    pub(crate) fn supplied_twice(&self) -> BTreeSet<(DocumentId, DocumentId, DocumentId)> {
        let twice =
            self.amounts.iter().filter(|(_, [supply, answered, ..])| *supply > 0 && answered > supply);
        twice.map(|(key, _)| *key).collect()
    }

    /// How many orders were sent beyond what their kind allows, as by devices that did not know of each other.
    pub(crate) fn too_many(&self, allowed: impl Fn(DocumentId) -> Option<u32>) -> u64 {
        let beyond = |((_, _, order_type, _), sent): (&Series, &BTreeSet<DocumentId>)| {
            allowed(*order_type).map_or(0, |allowed| (sent.len() as u64).saturating_sub(allowed.into()))
        };
        self.in_periods.iter().map(beyond).sum()
    }

    /// Where views say otherwise.
    pub(crate) fn differ(&self, read: &Snapshot) -> Result<Option<String>, StoreError> {
        for (series, sent) in &self.in_periods {
            let Some(id) = sent.first() else { continue };
            let told = look::sent_in_period(read, *id)?;
            if told.is_some_and(|told| told != sent.len() as u64) {
                return Ok(Some(format!("{told:?} were sent of {series:?}, say views; documents {sent:?}")));
            }
        }
        let shown: BTreeMap<_, _> =
            look::orders(read)?.into_iter().filter(|(_, amounts)| *amounts != Amounts::default()).collect();
        if shown != self.amounts {
            let odd = shown.iter().find(|(key, amounts)| self.amounts.get(key) != Some(amounts));
            let lost = self.amounts.iter().find(|(key, amounts)| shown.get(key) != Some(amounts));
            return Ok(Some(format!("views say {odd:?}, documents {lost:?}")));
        }
        let (tasks, twice) = (look::supplied_twice(read)?, self.supplied_twice());
        Ok((tasks != twice).then(|| format!("tasks name {tasks:?}, documents {twice:?}")))
    }
}
