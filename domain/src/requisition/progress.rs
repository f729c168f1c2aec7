//! How far the supply of a requisition has come, by its own lines and the shipments that name it.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

use crdt_store::{DocumentId, StoreError, Totals, ViewRead, prefix_end};
use serde::Serialize;

use super::rules::supplying_store;
use super::types::Requisition;
use crate::quantity::Quantity;
use crate::text::{Key, id_at_end};
use crate::views;

/// How far the supply of an item has come, by the requisition and the shipments that name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Units asked for.
    pub requested: Quantity,
    /// Units that will be given.
    pub supply: Quantity,
    /// Units that shipments were made for and hold.
    pub answered: Quantity,
    /// Units in shipments, those still being packed included: more than they were made for where packs are larger.
    pub on_shipments: Quantity,
    /// Units that have left the shelf.
    pub shipped: Quantity,
}

impl Progress {
    fn of(totals: &Totals, requested: Quantity) -> Self {
        let [supply, answered, on_shipments, shipped] = totals.amounts.map(Quantity::from_thousandths);
        Self { requested, supply, answered, on_shipments, shipped }
    }

    /// What is to be given and in no shipment yet: the supply, less all that is in linked shipments, and not below zero.
    pub fn remaining(&self) -> Quantity {
        (self.supply - self.on_shipments).max(Quantity::ZERO)
    }

    /// Whether what was asked for has left.
    pub fn is_covered(&self) -> bool {
        self.shipped >= self.requested
    }

    /// Whether shipments were made for more than was to be given.
    pub fn is_exceeded(&self) -> bool {
        self.answered > self.supply
    }
}

/// How far the supply of each item of a requisition has come: of those asked for, and of those in shipments.
pub(crate) fn progress(
    read: &(impl ViewRead + ?Sized),
    id: DocumentId,
    requisition: &Requisition,
) -> Result<BTreeMap<DocumentId, Progress>, StoreError> {
    let asked = |item| requisition.asked(&requisition.line(item));
    let all = requisition.lines().map(|(item, line)| (item, requisition.asked(&line)));
    let mut found: BTreeMap<DocumentId, Progress> = all
        .filter(|(_, requested)| requested.is_positive())
        .map(|(item, requested)| (item, Progress { requested, ..Progress::default() }))
        .collect();
    let prefix = Key::new().id(supplying_store(requisition)).id(id).build();
    let end = prefix_end(&prefix);
    let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    read.scan_totals(views::SUM_REQUISITION, (Bound::Included(&prefix), upper), &mut |key, totals| {
        found.extend(id_at_end(key).map(|item| (item, Progress::of(totals, asked(item)))));
        ControlFlow::Continue(())
    })?;
    Ok(found)
}
