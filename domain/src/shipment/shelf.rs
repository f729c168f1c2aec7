//! What a store has to give to a shipment.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{DocumentId, Failure, Rejection, Txn};

use super::types::{Shipment, Spent};
use crate::allocation::{self, Allocator, Candidate, Pick, Warning};
use crate::quantity::Quantity;
use crate::share::{self, Available, Sharing};
use crate::stock_line::{self, StockLineRow};
use crate::text::day_of;
use crate::{query, reject, store};

/// What a store has to give, less what this command has promised already. Each item's stock lines are read once.
pub(super) struct Shelf {
    store: DocumentId,
    /// Whether stock that nobody may use is given too: it is what goes back.
    any_condition: bool,
    promised: BTreeMap<DocumentId, Quantity>,
    /// How the store shares its stock, once that was asked; nothing in it if it does not.
    sharing: Option<Option<Sharing>>,
    /// The stock lines that have been read, in the order in which they leave.
    stock: Option<Stock>,
}

struct Stock {
    allocator: Allocator,
    held: BTreeSet<DocumentId>,
    lines: BTreeMap<DocumentId, StockLineRow>,
}

/// Batches chosen for a wish, and what could not be served.
pub(super) struct Choice {
    pub(super) picks: Vec<(StockLineRow, Quantity)>,
    pub(super) missing: Quantity,
    pub(super) warnings: Vec<Warning>,
}

impl Stock {
    fn of(read: &Txn<'_>, store: DocumentId) -> Result<Self, Failure> {
        let vvm_first = store::require(read, store)?.vvm_first;
        let held = query::stock::held_locations(read, store)?;
        Ok(Self { allocator: Allocator::new(day_of(read.now()), vvm_first), held, lines: BTreeMap::new() })
    }
}

impl Shelf {
    pub(super) fn of(store: DocumentId) -> Self {
        Self { store, any_condition: false, promised: BTreeMap::new(), sharing: None, stock: None }
    }

    /// The same for goods that go back, in whatever condition they are.
    pub(super) fn for_return(store: DocumentId) -> Self {
        Self { any_condition: true, ..Self::of(store) }
    }

    /// What may be promised of a stock line here, and what beyond that only other devices may promise.
    fn available(&mut self, txn: &Txn<'_>, line: DocumentId) -> Result<Available, Failure> {
        let promised = self.promised.get(&line).copied().unwrap_or_default();
        let all = stock_line::balance(txn, self.store, line)?.available() - promised;
        if self.sharing.is_none() {
            self.sharing = Some(Sharing::here(txn, self.store)?);
        }
        let sharing = self.sharing.iter().flatten().next();
        Ok(Sharing::available(sharing, txn, line, all, promised)?)
    }

    fn promise(&mut self, line: DocumentId, quantity: Quantity) {
        let promised = self.promised.entry(line).or_default();
        *promised = *promised + quantity;
    }

    /// Reads the stock lines of an item, unless they have been read.
    fn read_item(&mut self, txn: &Txn<'_>, item: DocumentId) -> Result<&mut Stock, Failure> {
        let mut stock = match self.stock.take() {
            Some(stock) => stock,
            None => Stock::of(txn, self.store)?,
        };
        if !stock.allocator.knows(item) {
            let mut candidates = Vec::new();
            for line in query::stock::lines_of_item(txn, self.store, item)? {
                let available = self.available(txn, line.id)?;
                candidates.push(Candidate {
                    stock_line: line.id,
                    expiry: line.expiry,
                    pack_size: line.pack_size,
                    available: available.here,
                    elsewhere: available.elsewhere,
                    on_hold: line.on_hold || line.location.is_some_and(|place| stock.held.contains(&place)),
                    vvm: line.vvm,
                });
                stock.lines.insert(line.id, line);
            }
            stock.allocator.stock(item, candidates);
        }
        Ok(self.stock.insert(stock))
    }

    /// Chooses batches of an item for a wish, and promises them.
    pub(super) fn choose(
        &mut self,
        txn: &Txn<'_>,
        item: DocumentId,
        wanted: Quantity,
        whole_packs: bool,
    ) -> Result<Choice, Failure> {
        let stock = self.read_item(txn, item)?;
        let proposal = stock.allocator.propose(item, wanted, whole_packs);
        let row = |pick: &Pick| Some((stock.lines.get(&pick.stock_line)?.clone(), pick.quantity));
        let picks: Vec<_> = proposal.picks.iter().filter_map(row).collect();
        picks.iter().for_each(|(line, quantity)| self.promise(line.id, *quantity));
        Ok(Choice { picks, missing: proposal.placeholder, warnings: proposal.warnings })
    }

    /// Checks that a chosen stock line can give so much, and promises it.
    pub(super) fn take(
        &mut self,
        txn: &Txn<'_>,
        pointer: &str,
        line: DocumentId,
        quantity: Quantity,
    ) -> Result<StockLineRow, Failure> {
        let at_line = format!("{pointer}/stockLine");
        let row = stock_line::require(txn, &at_line, self.store, line)?;
        if !self.any_condition {
            require_fit(txn, &at_line, &row)?;
        }
        let Available { here, elsewhere } = self.available(txn, line)?;
        let pointer = format!("{pointer}/quantity");
        if quantity > here + elsewhere {
            return Err(reject::insufficient_stock(pointer, (here + elsewhere).max(Quantity::ZERO)).into());
        }
        if quantity > here {
            return Err(share::exceeded(pointer, here.max(Quantity::ZERO)).with("stockLine", line).into());
        }
        self.promise(line, quantity);
        if let Some(stock) = &mut self.stock {
            stock.allocator.promise(row.item, line, quantity);
        }
        Ok(row)
    }
}

/// Where the sender shares its stock: what leaves the shelf by this change is paid for by this device's share, and
/// what another device has paid for is changed there only. Everything else would be known to its payer too late.
pub(super) fn spend(txn: &Txn<'_>, old: Option<&Shipment>, new: &mut Shipment) -> Result<(), Failure> {
    let Some(store) = new.sender_store else { return Ok(()) };
    let Some(sharing) = Sharing::here(txn, store)? else { return Ok(()) };
    let before = |id: &DocumentId| old.and_then(|old| Some((old, old.lines.get(id)?)));
    let mut taken: BTreeMap<DocumentId, Quantity> = BTreeMap::new();
    let mut paid = Vec::new();
    for (id, line) in &new.lines {
        let was = before(id).map_or(Quantity::ZERO, |(old, line)| old.issued(line));
        let (is, Some(stock)) = (new.issued(line), line.stock_line) else { continue };
        if is == was {
            continue;
        }
        let known = before(id).is_some() && was != Quantity::ZERO;
        let payer = before(id).and_then(|(_, line)| line.spent).map(|spent| spent.device);
        let payer = payer.or(known.then_some(sharing.keeper()));
        if let Some(payer) = payer
            && !sharing.answers_for(payer)
        {
            return Err(sharing.elsewhere("/lines", payer).with("line", id).into());
        }
        let sum = taken.entry(stock).or_default();
        *sum = *sum + is - was;
        paid.extend((payer.is_none()).then_some((*id, is)));
    }
    for (stock, quantity) in taken.iter().filter(|(_, quantity)| quantity.is_positive()) {
        sharing.require(txn, "/lines", *stock, *quantity)?;
    }
    // A line that was paid for already stays with its payer.
    for (id, quantity) in paid {
        let line = new.lines.get_mut(&id).expect("a line of the same shipment");
        line.spent = sharing.own().map(|device| Spent { quantity, device });
        line.issued = line.issued.filter(|_| line.spent.is_none());
    }
    Ok(())
}

/// Refuses stock that is on hold, expired or unusable.
fn require_fit(txn: &Txn<'_>, pointer: &str, line: &StockLineRow) -> Result<(), Failure> {
    if line.on_hold {
        return Err(reject::on_hold(pointer, "stock line").into());
    }
    if let Some(place) = line.location
        && query::stock::held_locations(txn, line.store)?.contains(&place)
    {
        return Err(reject::on_hold(pointer, "location").into());
    }
    if allocation::is_expired(line.expiry, day_of(txn.now())) {
        return Err(Rejection::new("expired", "this batch is past its last day of use").at(pointer).into());
    }
    match line.vvm.is_none_or(stock_line::Vvm::usable) {
        true => Ok(()),
        false => Err(Rejection::new("unusable", "the vial monitor says: do not use").at(pointer).into()),
    }
}
