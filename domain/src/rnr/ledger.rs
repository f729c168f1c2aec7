//! What the ledger says of a period: one walk over what has moved in the store since it began.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{DocumentId, Failure, Timestamp, ViewRead, ViewReadExt};

use super::types::{Computed, LINES_MAX, RnrForm};
use crate::consumption::{Consumption, DayMoves, Window};
use crate::effect::{LedgerRow, MovementKind};
use crate::formula::rnr;
use crate::period_schedule::Period;
use crate::quantity::Quantity;
use crate::query::consumption::first_movement;
use crate::query::stock_items::item_balance;
use crate::reason::{self, ReasonKind};
use crate::stock_line::{self, StockLineRow};
use crate::text::{day_of, start_of_day};
use crate::{Date, query, reject, views};

/// What moved of an item since the period began.
#[derive(Default)]
struct Moved {
    received: Quantity,
    consumed: Quantity,
    additions: Quantity,
    reductions: Quantity,
    losses: Quantity,
    /// Whatever moved, in the period and after it.
    since: Quantity,
    /// The same by days, in their order.
    days: Vec<(Date, DayMoves)>,
    /// Stock lines that moved in the period.
    lines: BTreeSet<DocumentId>,
}

impl Moved {
    fn add(&mut self, movement: &LedgerRow, period: Period, wasted: &BTreeSet<DocumentId>) {
        let (quantity, consumes) = (movement.quantity, movement.kind.is_consumption());
        let day = day_of(movement.at);
        self.since = self.since + quantity;
        if self.days.last().is_none_or(|(last, _)| *last != day) {
            self.days.push((day, DayMoves::default()));
        }
        if let Some((_, moves)) = self.days.last_mut() {
            *moves = moves.and(quantity, consumes);
        }
        if !period.contains(day) {
            return;
        }
        self.lines.insert(movement.stock_line);
        let is_waste = movement.reason.is_some_and(|reason| wasted.contains(&reason));
        let (into, amount) = match movement.kind {
            _ if consumes => (&mut self.consumed, -quantity),
            MovementKind::Receipt => (&mut self.received, quantity),
            _ if quantity.is_positive() => (&mut self.additions, quantity),
            _ if is_waste => (&mut self.losses, -quantity),
            _ => (&mut self.reductions, -quantity),
        };
        *into = *into + amount;
    }
}

/// What a form is computed from, besides the ledger: the finalised forms before it.
pub(super) struct Before {
    /// Newest first: at most as many as count for the average.
    pub(super) forms: Vec<RnrForm>,
    /// First day of the form's own period.
    pub(super) from: Date,
}

impl Before {
    /// The form that ended when this one began.
    fn last(&self) -> Option<&RnrForm> {
        self.forms.first().filter(|form| form.to.tomorrow().ok() == Some(self.from))
    }

    /// What it ended with of an item.
    fn final_balance(&self, item: DocumentId) -> Option<Quantity> {
        Some(self.last()?.values(item)?.final_balance)
    }

    /// The monthly consumption of an item that a form before reported, counted back from 0.
    fn monthly(&self, item: DocumentId, back: usize) -> Option<Quantity> {
        let form = self.forms.get(back)?;
        Some(form.values(item)?.figures(form.terms).monthly)
    }

    /// Items of which something was left at the end of the form before.
    fn left_over(&self) -> impl Iterator<Item = DocumentId> + '_ {
        let items = self.last().into_iter().flat_map(RnrForm::items);
        items.filter(|item| self.final_balance(*item).is_some_and(|left| left != Quantity::ZERO))
    }
}

/// Whose lines are wanted, and of when.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) store: DocumentId,
    pub(super) programme: DocumentId,
    pub(super) period: Period,
    /// The day of the question: a period that still runs is told until then.
    pub(super) today: Date,
}

/// The lines of a form of a store, for a programme and a period: the programme's items, what the form before left of
/// others, and what moved of others that is kept for the programme.
pub(super) fn lines(
    read: &(impl ViewRead + ?Sized),
    wanted: Wanted,
    before: &Before,
) -> Result<BTreeMap<DocumentId, Computed>, Failure> {
    let Wanted { store, programme, period, .. } = wanted;
    let moved = walk(read, store, period)?;
    let mut items = query::programmes::item_ids(read, programme)?;
    items.extend(before.left_over());
    for (item, moved) in &moved {
        if !items.contains(item) && is_kept_for(read, programme, moved)? {
            items.insert(*item);
        }
    }
    if items.is_empty() || items.len() > LINES_MAX {
        let found = format!("1 to {LINES_MAX} items, and not {}", items.len());
        return Err(reject::validation("/programme", found).into());
    }
    let nothing = Moved::default();
    let mut lines = BTreeMap::new();
    for item in items {
        let moved = moved.get(&item).unwrap_or(&nothing);
        lines.insert(item, line(read, wanted, item, moved, before)?);
    }
    Ok(lines)
}

fn walk(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    period: Period,
) -> Result<BTreeMap<DocumentId, Moved>, Failure> {
    let reasons = reason::all(read)?;
    let is_waste = |kind| matches!(kind, ReasonKind::OpenVialWastage | ReasonKind::ClosedVialWastage);
    let wasted = reasons.into_iter().filter(|row| is_waste(row.kind)).map(|row| row.id).collect();
    let mut moved: BTreeMap<DocumentId, Moved> = BTreeMap::new();
    let began = start_of_day(period.from).plus_millis(-1);
    let for_ever = Timestamp::from_millis(i64::MAX);
    query::ledger::visit_store_after(read, store, began, for_ever, &mut |movement| {
        moved.entry(movement.item).or_default().add(movement, period, &wasted);
    })?;
    Ok(moved)
}

fn is_kept_for(
    read: &(impl ViewRead + ?Sized),
    programme: DocumentId,
    moved: &Moved,
) -> Result<bool, Failure> {
    for line in &moved.lines {
        let row: Option<StockLineRow> = read.row(views::STOCK_LINE, line.as_bytes())?;
        if row.is_some_and(|row| row.programme == Some(programme)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn line(
    read: &(impl ViewRead + ?Sized),
    wanted: Wanted,
    item: DocumentId,
    moved: &Moved,
    before: &Before,
) -> Result<Computed, Failure> {
    let on_hand = item_balance(read, wanted.store, item)?.on_hand;
    Ok(Computed {
        initial_balance: rnr::initial_balance(before.final_balance(item), on_hand, moved.since),
        received: moved.received.clamped(),
        consumed: moved.consumed.clamped(),
        adjustments: rnr::adjustments(Quantity::ZERO, moved.additions, moved.reductions),
        losses: moved.losses.clamped(),
        stock_out_days: stock_out_days(read, wanted, item, moved, on_hand)?,
        expiry: soonest_expiry(read, wanted.store, item)?,
        monthly_before: before.monthly(item, 0),
        monthly_before_that: before.monthly(item, 1),
    })
}

/// On how many days of the period none was there. Days before the item first moved are none of them.
fn stock_out_days(
    read: &(impl ViewRead + ?Sized),
    wanted: Wanted,
    item: DocumentId,
    moved: &Moved,
    on_hand: Quantity,
) -> Result<u32, Failure> {
    let Period { from, to } = wanted.period;
    let told = Period { from, to: to.min(wanted.today).max(from) };
    let window = Window { months: 1, first: told.from, last: told.to, days: told.days() };
    let out = |since| Consumption::of(window, &moved.days, on_hand, since, false).days_out;
    Ok(match out(Some(from)) {
        0 => 0,
        _ => out(first_movement(read, wanted.store, item)?.map(day_of)),
    })
}

/// The soonest expiry of what is in stock.
fn soonest_expiry(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
) -> Result<Option<Date>, Failure> {
    let mut soonest: Option<Date> = None;
    for line in query::stock::lines_of_item(read, store, item)? {
        if stock_line::balance(read, store, line.id)?.on_hand.is_positive() {
            soonest = soonest.into_iter().chain(line.expiry).min();
        }
    }
    Ok(soonest)
}
