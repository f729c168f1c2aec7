//! Consumption of a store's items: of all of them by one walk over the days of the window, of one from its ledger.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

use crdt_store::{DocumentId, Failure, StoreError, Timestamp, ViewRead, prefix_end};
use serde::Serialize;

use crate::consumption::{Consumption, DayMoves, Window};
use crate::effect::{LedgerRow, decode_ledger};
use crate::quantity::Quantity;
use crate::store::Preferences;
use crate::text::{Key, day_at, day_of, id_at_end, start_of_day};
use crate::{Date, store, views};

/// What was consumed in a calendar month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MonthConsumption {
    /// The first day of the month.
    pub month: Date,
    /// How many units were given out.
    pub consumed: Quantity,
    /// By how many movements.
    pub movements: u64,
}

/// Days on which something moved, in their order.
type Moves = Vec<(Date, DayMoves)>;

/// What the items of a store consume, as one walk over the window's days tells it.
pub(crate) struct StoreConsumption<'r, R: ViewRead + ?Sized> {
    read: &'r R,
    store: DocumentId,
    pub(crate) window: Window,
    pub(crate) preferences: Preferences,
    moves: BTreeMap<DocumentId, Moves>,
}

impl<'r, R: ViewRead + ?Sized> StoreConsumption<'r, R> {
    /// Walks over all days of the window, and those after it.
    pub(crate) fn of(read: &'r R, store: DocumentId, today: Date) -> Result<Self, Failure> {
        let preferences = store::require(read, store)?.preferences();
        let window = Window::of(&preferences, today);
        let moves = moves_of_store(read, store, window.first)?;
        Ok(Self { read, store, window, preferences, moves })
    }

    /// The same as it was at an instant, and what each item's balance rose by since. The window ends on the instant's
    /// day, of which only the movements up to the instant are told.
    pub(crate) fn at(
        read: &'r R,
        store: DocumentId,
        instant: Timestamp,
    ) -> Result<(Self, BTreeMap<DocumentId, Quantity>), Failure> {
        let day = day_of(instant);
        let mut found = Self::of(read, store, day)?;
        let mut since: BTreeMap<DocumentId, Quantity> = BTreeMap::new();
        for (item, moves) in &mut found.moves {
            let later = moves.partition_point(|(moved, _)| *moved <= day);
            let rose = moves.drain(later..).map(|(_, moves)| moves.came - moves.left).sum();
            since.insert(*item, rose);
        }
        let midnight = start_of_day(day.tomorrow().unwrap_or(Date::MAX));
        super::ledger::visit_store_after(read, store, instant, midnight, &mut |movement| {
            let rose = since.entry(movement.item).or_default();
            *rose = *rose + movement.quantity;
            let of_item = found.moves.get_mut(&movement.item).and_then(|moves| moves.last_mut());
            if let Some((_, of_day)) = of_item {
                *of_day = of_day.without(movement.quantity, movement.kind.is_consumption());
            }
        })?;
        Ok((found, since))
    }

    /// The same without a walk, for a single item.
    pub(crate) fn without_moves(
        read: &'r R,
        store: DocumentId,
        window: Window,
        preferences: Preferences,
    ) -> Self {
        Self { read, store, window, preferences, moves: BTreeMap::new() }
    }

    /// The consumption of an item of which so much is there now.
    pub(crate) fn of_item(&self, item: DocumentId, on_hand: Quantity) -> Result<Consumption, StoreError> {
        let moves = self.moves.get(&item).map_or(&[][..], Vec::as_slice);
        self.complete(item, moves, on_hand)
    }

    /// Looks up since when the item is kept, where it matters.
    fn complete(
        &self,
        item: DocumentId,
        moves: &[(Date, DayMoves)],
        on_hand: Quantity,
    ) -> Result<Consumption, StoreError> {
        let adjusted = self.preferences.adjust_for_days_out;
        let of = |since| Consumption::of(self.window, moves, on_hand, since, adjusted);
        let always_kept = of(Some(self.window.first));
        match always_kept.days_out {
            0 => Ok(always_kept),
            _ => Ok(of(first_movement(self.read, self.store, item)?.map(day_of))),
        }
    }
}

fn moves_of_store(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    first: Date,
) -> Result<BTreeMap<DocumentId, Moves>, StoreError> {
    let lower = Key::new().id(store).day(Some(first)).build();
    let end = prefix_end(store.as_bytes());
    let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut found: BTreeMap<DocumentId, Moves> = BTreeMap::new();
    read.scan_totals(views::SUM_DAY, (Bound::Included(&lower), upper), &mut |key, totals| {
        if let (Some(day), Some(item)) = (day_at(key, 16), id_at_end(key)) {
            let [consumed, came, left] = [0, 1, 2].map(|at| Quantity::from_thousandths(totals.amounts[at]));
            found.entry(item).or_default().push((day, DayMoves { consumed, came, left }));
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// When an item first moved in a store.
pub(crate) fn first_movement(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
) -> Result<Option<Timestamp>, StoreError> {
    let mut first = Ok(None);
    scan_ledger(read, store, item, None, &mut |movement| {
        first = movement.map(|movement| Some(movement.at));
        ControlFlow::Break(())
    })?;
    first
}

/// Visits the movements of an item in a store, oldest first, from the beginning of a day on.
fn scan_ledger(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
    first: Option<Date>,
    visit: &mut dyn FnMut(Result<LedgerRow, StoreError>) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let prefix = Key::new().id(store).id(item);
    let end = prefix_end(&prefix.clone().build());
    let lower = match first {
        Some(day) => prefix.time(start_of_day(day)).build(),
        None => prefix.build(),
    };
    let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    read.scan(views::LEDGER_ITEM, (Bound::Included(&lower), upper), false, &mut |_, value| {
        visit(decode_ledger(value))
    })
}

/// The movements of an item in a store, from a day on, by its ledger.
fn ledger_from(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
    first: Date,
) -> Result<Vec<LedgerRow>, StoreError> {
    let mut rows = Vec::new();
    let mut failed = None;
    scan_ledger(read, store, item, Some(first), &mut |movement| match movement {
        Ok(movement) => {
            rows.push(movement);
            ControlFlow::Continue(())
        }
        Err(error) => {
            failed = Some(error);
            ControlFlow::Break(())
        }
    })?;
    failed.map_or(Ok(rows), Err)
}

/// The consumption of one item in a store, by its ledger: as of today, or of an instant in the past.
pub fn of_item(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
    today: Date,
    as_of: Option<Timestamp>,
) -> Result<Consumption, Failure> {
    let preferences = store::require(read, store)?.preferences();
    let window = Window::of(&preferences, as_of.map_or(today, day_of));
    let mut moves = Moves::new();
    let mut on_hand = super::stock_items::item_balance(read, store, item)?.on_hand;
    for movement in ledger_from(read, store, item, window.first)? {
        if as_of.is_some_and(|instant| movement.at > instant) {
            on_hand = on_hand - movement.quantity;
            continue;
        }
        let day = day_of(movement.at);
        if moves.last().is_none_or(|(last, _)| *last != day) {
            moves.push((day, DayMoves::default()));
        }
        if let Some((_, of_day)) = moves.last_mut() {
            *of_day = of_day.and(movement.quantity, movement.kind.is_consumption());
        }
    }
    let whole = StoreConsumption::without_moves(read, store, window, preferences);
    Ok(whole.complete(item, &moves, on_hand)?)
}

/// The last calendar months, oldest first, the one of today included; months without consumption too.
fn last_months(today: Date, count: u32) -> BTreeMap<Date, MonthConsumption> {
    let this = today.first_of_month();
    let months = (0..i64::from(count)).map(|back| this.saturating_sub(jiff::Span::new().months(back)));
    months.map(|month| (month, MonthConsumption { month, consumed: Quantity::ZERO, movements: 0 })).collect()
}

/// What a store consumed of all its items in each of the last months: units of different items added up, which says
/// how busy it was and nothing of any one of them.
pub fn months_of_store(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    today: Date,
    count: u32,
) -> Result<Vec<MonthConsumption>, Failure> {
    let mut months = last_months(today, count);
    for (month, found) in &mut months {
        let totals = read.totals(views::SUM_MONTH, &Key::new().id(store).day(Some(*month)).build())?;
        found.consumed = Quantity::from_thousandths(totals.amounts[0]);
        found.movements = u64::try_from(totals.amounts[1]).unwrap_or(0);
    }
    Ok(months.into_values().collect())
}

/// What a store consumed of an item in each of the last months, by its ledger: of the last one, up to that day.
pub fn months_of_item(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
    today: Date,
    count: u32,
) -> Result<Vec<MonthConsumption>, Failure> {
    let mut months = last_months(today, count);
    let Some(first) = months.keys().next().copied() else { return Ok(Vec::new()) };
    for movement in ledger_from(read, store, item, first)? {
        let day = day_of(movement.at);
        let month = months.get_mut(&day.first_of_month());
        if let Some(found) = month.filter(|_| day <= today && movement.kind.is_consumption()) {
            found.consumed = found.consumed - movement.quantity;
            found.movements += 1;
        }
    }
    Ok(months.into_values().collect())
}
