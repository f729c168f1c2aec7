//! Ledgers: the movements of a stock line or of an item in a store, newest first, each with the balance after it.
//!
//! A filter leaves movements out and never changes a balance: each balance is of the whole item (or stock line) after
//! that movement. What was there at an instant in the past is what is there now, less what has moved since.
//!
//! The newest page begins with the sum that is kept; each older movement's balance is that of the one after it, less
//! its quantity. The cursor carries the balance, so a page costs the same after ten thousand movements.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, ControlFlow};

use crdt_store::{DocumentId, Failure, StoreError, Timestamp, View, ViewRead, ViewReadExt, prefix_end};
use serde::{Deserialize, Serialize};

use super::names::Names;
use super::page::{self, Builder, Page, PageRequest};
use crate::effect::{LedgerRow, MovementKind, decode_ledger};
use crate::quantity::Quantity;
use crate::stock_line::{self, StockLineRow};
use crate::text::{Key, fold, start_of_day};
use crate::{Date, reject, views};

/// A movement with the balance after it and the names a person reads.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerEntry {
    /// The movement.
    #[serde(flatten)]
    pub movement: LedgerRow,
    /// On hand after it: of the item in the store, or of the stock line.
    pub balance: Quantity,
    /// The batch moved.
    pub batch: Option<String>,
    /// Its last day of use.
    pub expiry: Option<Date>,
    /// The name of the store or partner at the other end.
    pub other_name: Option<String>,
    /// The name of the user.
    pub by_name: Option<String>,
    /// The text of the reason.
    pub reason_text: Option<String>,
}

/// Which movements are wanted. Balances are those of the whole ledger, whatever is left out between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LedgerFilter {
    /// Not before this day.
    pub from: Option<Date>,
    /// Not after this day.
    pub until: Option<Date>,
    /// Only this kind.
    pub kind: Option<MovementKind>,
    /// Only batches that begin so.
    pub batch: Option<String>,
    /// Only with this reason.
    pub reason: Option<DocumentId>,
    /// Only what had moved at this instant.
    #[serde(with = "crate::instant::optional")]
    pub as_of: Option<Timestamp>,
}

impl LedgerFilter {
    /// The first instant that is not wanted any more.
    fn end(&self) -> Option<Timestamp> {
        let of_day = self.until.map(|day| start_of_day(day.tomorrow().unwrap_or(Date::MAX)));
        let of_instant = self.as_of.map(|instant| instant.plus_millis(1));
        of_day.into_iter().chain(of_instant).min()
    }

    fn fits(&self, movement: &LedgerRow) -> bool {
        self.kind.is_none_or(|kind| kind == movement.kind)
            && self.reason.is_none_or(|reason| Some(reason) == movement.reason)
    }

    /// Whether an instant is after the days that are wanted.
    fn is_after(&self, at: Timestamp) -> bool {
        self.end().is_some_and(|end| at >= end)
    }

    fn is_before(&self, at: Timestamp) -> bool {
        self.from.is_some_and(|day| at < start_of_day(day))
    }
}

/// A movement in the ledger of a whole store: of any item, so that there is no balance to tell.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreLedgerEntry {
    /// The movement.
    #[serde(flatten)]
    pub movement: LedgerRow,
    /// The item's code.
    pub item_code: String,
    /// The item's name.
    pub item_name: String,
    /// The item's base unit.
    pub unit: String,
    /// The batch moved.
    pub batch: Option<String>,
    /// Its last day of use.
    pub expiry: Option<Date>,
    /// The name of the store or partner at the other end.
    pub other_name: Option<String>,
    /// The name of the user.
    pub by_name: Option<String>,
    /// The text of the reason.
    pub reason_text: Option<String>,
}

/// The movements of a kind added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KindTotal {
    /// The kind.
    pub kind: MovementKind,
    /// How many there were.
    pub movements: u64,
    /// By how much on hand rose, or fell.
    pub quantity: Quantity,
}

/// The ledger of an item in a store.
pub fn of_item(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
    request: &PageRequest,
) -> Result<Page<LedgerEntry>, Failure> {
    of_item_filtered(read, store, item, &LedgerFilter::default(), request)
}

/// The movements that are wanted of the ledger of an item in a store, each with the balance of the whole item after it.
pub fn of_item_filtered(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
    filter: &LedgerFilter,
    request: &PageRequest,
) -> Result<Page<LedgerEntry>, Failure> {
    let prefix = Key::new().id(store).id(item).build();
    let balance = super::stock_items::item_balance(read, store, item)?.on_hand;
    let lines = match &filter.batch {
        Some(batch) => Some(lines_of_batch(read, store, item, batch)?),
        None => None,
    };
    ledger(read, views::LEDGER_ITEM, &prefix, balance, filter, lines.as_ref(), request)
}

fn lines_of_batch(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
    batch: &str,
) -> Result<BTreeSet<DocumentId>, StoreError> {
    let wanted = fold(batch);
    let begins = |line: &StockLineRow| fold(line.batch.as_deref().unwrap_or_default()).starts_with(&wanted);
    let lines = super::stock::lines_of_item(read, store, item)?;
    Ok(lines.into_iter().filter(begins).map(|line| line.id).collect())
}

/// The ledger of a stock line.
pub fn of_line(
    read: &(impl ViewRead + ?Sized),
    line: DocumentId,
    request: &PageRequest,
) -> Result<Page<LedgerEntry>, Failure> {
    of_line_filtered(read, line, &LedgerFilter::default(), request)
}

/// The movements that are wanted of the ledger of a stock line, each with the balance of the whole line after it.
pub fn of_line_filtered(
    read: &(impl ViewRead + ?Sized),
    line: DocumentId,
    filter: &LedgerFilter,
    request: &PageRequest,
) -> Result<Page<LedgerEntry>, Failure> {
    let row: StockLineRow =
        read.row(views::STOCK_LINE, line.as_bytes())?.ok_or_else(|| reject::not_found("stock line", line))?;
    let balance = stock_line::balance(read, row.store, line)?.on_hand;
    ledger(read, views::LEDGER_LINE, &Key::new().id(line).build(), balance, filter, None, request)
}

fn ledger<R: ViewRead + ?Sized>(
    read: &R,
    view: View,
    prefix: &[u8],
    newest_balance: Quantity,
    filter: &LedgerFilter,
    lines: Option<&BTreeSet<DocumentId>>,
    request: &PageRequest,
) -> Result<Page<LedgerEntry>, Failure> {
    const PLAN: u8 = 4;
    let mut page = Builder::new(request, PLAN)?;
    let place = request.place(PLAN)?;
    let (mut balance, key) = match &place {
        None => (newest_balance, None),
        Some(place) => {
            let (carried, key) = place.split_first_chunk::<8>().ok_or_else(reject::invalid_cursor)?;
            if !key.starts_with(prefix) {
                return Err(reject::invalid_cursor().into());
            }
            (Quantity::from_thousandths(i64::from_be_bytes(*carried)), Some(key))
        }
    };
    let mut names = Names::new(read);
    page::scan_from(read, view, prefix, true, key, &mut |key, value| {
        let movement = match decode_ledger(value) {
            Ok(movement) => movement,
            Err(error) => return page.fail(error),
        };
        if filter.is_before(movement.at) {
            return ControlFlow::Break(());
        }
        let after = balance;
        balance = balance - movement.quantity;
        let of_batch = lines.is_none_or(|lines| lines.contains(&movement.stock_line));
        if filter.is_after(movement.at) || !of_batch || !filter.fits(&movement) {
            return ControlFlow::Continue(());
        }
        let place = [&balance.thousandths().to_be_bytes()[..], key].concat();
        page.offer_result(&place, entry(read, &mut names, movement, after).map(Some))
    })?;
    page.build()
}

/// The movements of a store, of all its items, newest first.
pub fn of_store(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    filter: &LedgerFilter,
    request: &PageRequest,
) -> Result<Page<StoreLedgerEntry>, Failure> {
    const PLAN: u8 = 9;
    let mut page = Builder::new(request, PLAN)?;
    let place = request.place(PLAN)?;
    if place.as_ref().is_some_and(|place| !place.starts_with(store.as_bytes())) {
        return Err(reject::invalid_cursor().into());
    }
    let upper = match (&place, filter.end()) {
        (Some(place), _) => Some(place.clone()),
        (None, Some(end)) => Some(Key::new().id(store).time(end).build()),
        (None, None) => prefix_end(store.as_bytes()),
    };
    let lower = match filter.from {
        Some(day) => Key::new().id(store).time(start_of_day(day)).build(),
        None => store.as_bytes().to_vec(),
    };
    let upper = upper.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let batch = filter.batch.as_deref().map(fold);
    let mut names = Names::new(read);
    read.scan(views::LEDGER_STORE, (Bound::Included(&lower), upper), true, &mut |key, item| {
        let row = store_entry(read, &mut names, filter, batch.as_deref(), store, key, item);
        page.offer_result(key, row)
    })?;
    page.build()
}

/// The movement to which a key of the ledger of a store leads.
fn movement_at(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    key: &[u8],
    item: &[u8],
) -> Result<Option<LedgerRow>, StoreError> {
    let tail = key.get(16..).unwrap_or_default();
    let key = Key::new().id(store).bytes(item).bytes(tail).build();
    read.get(views::LEDGER_ITEM, &key)?.map(|row| decode_ledger(&row)).transpose()
}

fn store_entry<R: ViewRead + ?Sized>(
    read: &R,
    names: &mut Names<'_, R>,
    filter: &LedgerFilter,
    batch: Option<&str>,
    store: DocumentId,
    key: &[u8],
    item: &[u8],
) -> Result<Option<StoreLedgerEntry>, StoreError> {
    let Some(movement) = movement_at(read, store, key, item)?.filter(|movement| filter.fits(movement)) else {
        return Ok(None);
    };
    let entry = entry(read, names, movement, Quantity::ZERO)?;
    let named = fold(entry.batch.as_deref().unwrap_or_default());
    if batch.is_some_and(|wanted| !named.starts_with(wanted)) {
        return Ok(None);
    }
    let item = names.item(entry.movement.item)?.cloned();
    Ok(Some(StoreLedgerEntry {
        item_code: item.as_ref().map_or_else(String::new, |item| item.code.clone()),
        item_name: item.as_ref().map_or_else(String::new, |item| item.name.clone()),
        unit: item.map_or_else(String::new, |item| item.unit),
        batch: entry.batch,
        expiry: entry.expiry,
        other_name: entry.other_name,
        by_name: entry.by_name,
        reason_text: entry.reason_text,
        movement: entry.movement,
    }))
}

/// Visits the movements of a store that came after an instant.
pub(crate) fn visit_store_after(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    after: Timestamp,
    before: Timestamp,
    visit: &mut dyn FnMut(&LedgerRow),
) -> Result<(), StoreError> {
    let at = |instant: Timestamp| Key::new().id(store).time(instant).build();
    let (lower, upper) = (at(after.plus_millis(1)), at(before));
    let mut failed = None;
    read.scan(
        views::LEDGER_STORE,
        (Bound::Included(&lower), Bound::Excluded(&upper)),
        false,
        &mut |key, item| match movement_at(read, store, key, item) {
            Ok(movement) => {
                movement.iter().for_each(&mut *visit);
                ControlFlow::Continue(())
            }
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        },
    )?;
    failed.map_or(Ok(()), Err)
}

/// What was on hand of an item in a store at an instant: what is there now, less what moved since.
pub fn item_on_hand_at(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
    instant: Timestamp,
) -> Result<Quantity, StoreError> {
    let now = super::stock_items::item_balance(read, store, item)?.on_hand;
    Ok(now - moved_since(read, views::LEDGER_ITEM, Key::new().id(store).id(item), instant)?)
}

/// What was on hand of a stock line at an instant; nothing if nothing had moved by then.
pub fn line_on_hand_at(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    line: DocumentId,
    instant: Timestamp,
) -> Result<Option<Quantity>, StoreError> {
    let now = stock_line::balance(read, store, line)?.on_hand;
    let then = now - moved_since(read, views::LEDGER_LINE, Key::new().id(line), instant)?;
    let mut had_moved = then != Quantity::ZERO;
    if !had_moved {
        let upper = Key::new().id(line).time(instant.plus_millis(1)).build();
        let range = (Bound::Included(&line.as_bytes()[..]), Bound::Excluded(upper.as_slice()));
        read.scan(views::LEDGER_LINE, range, false, &mut |_, _| {
            had_moved = true;
            ControlFlow::Break(())
        })?;
    }
    Ok(had_moved.then_some(then))
}

/// By how much the balance of a ledger rose after an instant: costs as much as has moved since.
fn moved_since(
    read: &(impl ViewRead + ?Sized),
    view: View,
    prefix: Key,
    instant: Timestamp,
) -> Result<Quantity, StoreError> {
    let end = prefix_end(&prefix.clone().build());
    let lower = prefix.time(instant.plus_millis(1)).build();
    let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut sum = Ok(Quantity::ZERO);
    read.scan(view, (Bound::Included(&lower), upper), false, &mut |_, value| match (
        &sum,
        decode_ledger(value),
    ) {
        (Ok(so_far), Ok(movement)) => {
            sum = Ok(*so_far + movement.quantity);
            ControlFlow::Continue(())
        }
        (_, failed) => {
            sum = failed.map(|_| Quantity::ZERO);
            ControlFlow::Break(())
        }
    })?;
    sum
}

/// What the movements of an item in a store add up to, by kind: the whole of its balance.
pub fn totals_by_kind(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
    as_of: Option<Timestamp>,
) -> Result<Vec<KindTotal>, Failure> {
    let mut totals: BTreeMap<MovementKind, KindTotal> = BTreeMap::new();
    let filter = LedgerFilter { as_of, ..LedgerFilter::default() };
    let mut failed = None;
    page::scan_from(
        read,
        views::LEDGER_ITEM,
        &Key::new().id(store).id(item).build(),
        false,
        None,
        &mut |_, value| match decode_ledger(value) {
            Ok(movement) if filter.is_after(movement.at) => ControlFlow::Break(()),
            Ok(LedgerRow { kind, quantity, .. }) => {
                let none = KindTotal { kind, movements: 0, quantity: Quantity::ZERO };
                let total = totals.entry(kind).or_insert(none);
                total.movements += 1;
                total.quantity = total.quantity + quantity;
                ControlFlow::Continue(())
            }
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        },
    )?;
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(totals.into_values().collect()),
    }
}

pub(super) fn entry<R: ViewRead + ?Sized>(
    read: &R,
    names: &mut Names<'_, R>,
    movement: LedgerRow,
    balance: Quantity,
) -> Result<LedgerEntry, StoreError> {
    let line: Option<StockLineRow> = read.row(views::STOCK_LINE, movement.stock_line.as_bytes())?;
    let other_name = match movement.other {
        Some(other) => names.store_or_partner(other)?.map(str::to_owned),
        None => None,
    };
    let reason_text = match movement.reason {
        Some(reason) => names.reason(reason)?.map(str::to_owned),
        None => None,
    };
    Ok(LedgerEntry {
        balance,
        batch: line.as_ref().and_then(|line| line.batch.clone()),
        expiry: line.and_then(|line| line.expiry),
        other_name,
        by_name: names.user(movement.by)?.map(str::to_owned),
        reason_text,
        movement,
    })
}
