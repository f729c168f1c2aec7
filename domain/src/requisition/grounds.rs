//! On what grounds a line is asked for: what the store has of the item, uses and expects.

use crdt_store::{DocumentId, Failure, ViewRead};

use super::types::{Frozen, Requisition};
use crate::Date;
use crate::consumption::Consumption;
use crate::effect::Balance;
use crate::formula::order::{self, Levels};
use crate::quantity::Quantity;
use crate::query::consumption::StoreConsumption;
use crate::query::stock_items;

/// What a store has and uses of its items, for lines to be written on: one walk over the days looked back over, however
/// many lines there are.
pub(crate) struct Grounds<'r, R: ViewRead + ?Sized> {
    read: &'r R,
    store: DocumentId,
    consumption: StoreConsumption<'r, R>,
}

impl<'r, R: ViewRead + ?Sized> Grounds<'r, R> {
    pub(crate) fn of(read: &'r R, store: DocumentId, today: Date) -> Result<Self, Failure> {
        Ok(Self { read, store, consumption: StoreConsumption::of(read, store, today)? })
    }

    /// How an item stands in the store.
    fn of_item(&self, item: DocumentId) -> Result<(Balance, Consumption), Failure> {
        let balance = stock_items::item_balance(self.read, self.store, item)?;
        let consumption = self.consumption.of_item(item, balance.on_hand)?;
        Ok((balance, consumption))
    }

    /// What a line is written on, with what it asks for.
    pub(crate) fn frozen(
        &self,
        requisition: &Requisition,
        item: DocumentId,
        requested: Quantity,
    ) -> Result<Frozen, Failure> {
        let (balance, consumption) = self.of_item(item)?;
        Ok(Frozen {
            on_hand: balance.on_hand,
            on_order: balance.on_order,
            monthly: consumption.monthly(),
            days_out: consumption.days_out,
            suggested: suggested(requisition, &balance, &consumption),
            requested,
        })
    }

    pub(super) fn suggested(&self, requisition: &Requisition, item: DocumentId) -> Result<Quantity, Failure> {
        let (balance, consumption) = self.of_item(item)?;
        Ok(suggested(requisition, &balance, &consumption))
    }
}

fn suggested(requisition: &Requisition, balance: &Balance, consumption: &Consumption) -> Quantity {
    let Requisition { min_months, max_months, .. } = *requisition;
    order::suggested(consumption, balance.on_hand, &Levels { min_months, max_months })
}
