//! What a store can give: its stock lines as one act of the demo sees them.

use std::collections::BTreeMap;

use crdt_store::{DocumentId, ViewRead};
use domain::Date;
use domain::query::PageRequest;
use domain::query::stock::{self, StockFilter};

use super::SeedError;
use super::dice::Dice;

/// A stock line with something on it.
#[derive(Clone, Debug)]
pub(super) struct OnShelf {
    pub id: DocumentId,
    pub item: DocumentId,
    /// Whole units that are there and not promised.
    pub units: i64,
    pub expired: bool,
    pub held: bool,
    pub is_vaccine: bool,
}

/// What a store can give.
pub(super) struct Shelf {
    lines: Vec<OnShelf>,
    /// Units that may be issued, by item; what has been taken is off.
    free: BTreeMap<DocumentId, i64>,
}

impl Shelf {
    pub fn read(read: &impl ViewRead, store: DocumentId, today: Date) -> Result<Self, SeedError> {
        let mut lines = Vec::new();
        let mut page = PageRequest::first(500);
        loop {
            let found = stock::list(read, store, &StockFilter::default(), today, &page)?;
            lines.extend(found.rows.iter().map(|row| OnShelf {
                id: row.id,
                item: row.item,
                units: row.available.thousandths() / 1_000,
                expired: row.expiry.is_some_and(|expiry| expiry < today),
                held: row.on_hold,
                is_vaccine: row.vvm.is_some(),
            }));
            match found.next {
                Some(next) => page.cursor = Some(next),
                None => break,
            }
        }
        lines.retain(|line| line.units > 0);
        let mut free = BTreeMap::new();
        for line in lines.iter().filter(|line| !line.expired && !line.held) {
            *free.entry(line.item).or_default() += line.units;
        }
        Ok(Self { lines, free })
    }

    /// Takes so many units of an item, or what is left.
    pub fn take(&mut self, item: DocumentId, wanted: i64) -> i64 {
        let free = self.free.entry(item).or_default();
        let taken = wanted.min(*free).max(0);
        *free -= taken;
        taken
    }

    /// Any line that could be issued.
    pub fn any(&self, dice: &mut Dice) -> Option<&OnShelf> {
        let fit: Vec<&OnShelf> = self.lines.iter().filter(|line| !line.expired && !line.held).collect();
        let last = fit.len().checked_sub(1)?;
        Some(fit[dice.between(0, last as i64) as usize])
    }

    /// The vaccine that is listed first, if there is one that could be given.
    pub fn first_vaccine(&self) -> Option<&OnShelf> {
        self.lines.iter().find(|line| line.is_vaccine && !line.expired && !line.held)
    }

    /// Lines past their day.
    pub fn expired(&self) -> impl Iterator<Item = &OnShelf> {
        self.lines.iter().filter(|line| line.expired)
    }
}
