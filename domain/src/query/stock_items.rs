//! Stock by item: what a store has of each, what is on its way, what it consumes, how long it lasts.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, ControlFlow};

use crdt_store::{DocumentId, Failure, StoreError, Timestamp, Totals, ViewRead, ViewReadExt, prefix_end};
use serde::{Deserialize, Serialize};

use super::consumption::{StoreConsumption, first_movement};
use super::items::Search;
use super::ledger::{self, KindTotal};
use super::names::Names;
use super::page::{self, Builder, Page, PageRequest};
use crate::consumption::{Consumption, Window};
use crate::effect::Balance;
use crate::item::{ItemRow, named_text, read_named};
use crate::quantity::Quantity;
use crate::shipment::OnOrderRow;
use crate::stock_line;
use crate::text::{Key, day_at, day_of, id_at, id_at_end};
use crate::{Date, allocation, reject, views};

/// Which items of a store are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ItemStockFilter {
    /// Words of the name or code.
    pub search: Option<String>,
    /// Only those in stock (true), or out of stock (false).
    pub in_stock: Option<bool>,
}

/// An item as a store has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemStockRow {
    /// The item.
    pub item: ItemRow,
    /// Units on the shelf.
    pub on_hand: Quantity,
    /// Units promised.
    pub allocated: Quantity,
    /// Units that may be promised.
    pub available: Quantity,
    /// Units on their way and not received.
    pub on_order: Quantity,
}

/// A part of a store's items that people ask for. Some belong to several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemFacet {
    /// More than nothing is there.
    InStock,
    /// Nothing is there, or less than nothing.
    OutOfStock,
    /// Out of stock, and consumed within the look-back.
    OutWithConsumption,
    /// Fewer months of stock than the store's lower threshold; what is out of stock and consumed is among them.
    Low,
    /// More months of stock than the store's upper threshold.
    Over,
    /// A batch in stock is past its last day of use.
    Expired,
    /// A batch in stock expires within the store's nearer threshold, and has not expired.
    Expiring,
    /// A batch in stock expires within the store's later threshold, and has not expired.
    ExpiringLater,
    /// Something is on its way.
    OnOrder,
}

impl ItemFacet {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::InStock,
        Self::OutOfStock,
        Self::OutWithConsumption,
        Self::Low,
        Self::Over,
        Self::Expired,
        Self::Expiring,
        Self::ExpiringLater,
        Self::OnOrder,
    ];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InStock => "in-stock",
            Self::OutOfStock => "out-of-stock",
            Self::OutWithConsumption => "out-with-consumption",
            Self::Low => "low",
            Self::Over => "over",
            Self::Expired => "expired",
            Self::Expiring => "expiring",
            Self::ExpiringLater => "expiring-later",
            Self::OnOrder => "on-order",
        }
    }

    fn asks_expiry(self) -> bool {
        matches!(self, Self::Expired | Self::Expiring | Self::ExpiringLater)
    }
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemSort {
    /// By item name.
    #[default]
    Name,
    /// By months of stock, fewest first; what is not consumed last.
    MonthsOfStock,
}

/// Which items of a store are wanted, by what follows from their consumption.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct FiguresFilter {
    /// Words of the name or code.
    pub search: Option<String>,
    /// Only this part; all if absent.
    pub facet: Option<ItemFacet>,
    /// The order; by name if absent.
    pub sort: Option<ItemSort>,
    /// As it was at this instant: what had moved by then. What was promised and on its way is not told of the past.
    #[serde(with = "crate::instant::optional")]
    pub as_of: Option<Timestamp>,
}

/// An item as a store has it, with what follows from its consumption.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemFigures {
    /// The item and its balances.
    #[serde(flatten)]
    pub stock: ItemStockRow,
    /// Units consumed within the look-back.
    pub consumed: Quantity,
    /// Average monthly consumption, in units.
    pub amc: Quantity,
    /// Months of stock; nothing where nothing is consumed.
    pub months_of_stock: Option<Quantity>,
    /// Days of the look-back on which it was out of stock.
    pub days_out: u32,
    /// The parts of the store's items that it belongs to, those by expiry left out.
    pub facets: Vec<ItemFacet>,
}

/// An item's figures, and all that they follow from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The figures.
    #[serde(flatten)]
    pub figures: ItemFigures,
    /// The days that consumption is averaged over.
    pub window: Window,
    /// Whether the average is adjusted for days out of stock.
    pub adjusted: bool,
    /// Below so many months of stock it is low.
    pub understock_months: u32,
    /// Above so many months of stock it is in excess.
    pub overstock_months: u32,
    /// What the months below which it is low need.
    pub minimum: Quantity,
    /// What the months above which it is in excess need.
    pub maximum: Quantity,
    /// All movements by kind; together they are what is on hand.
    pub movements: Vec<KindTotal>,
}

/// A line that is on its way to a store, with the sender's name.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OnOrderEntry {
    /// The line.
    #[serde(flatten)]
    pub row: OnOrderRow,
    /// The name of the store or partner that sends.
    pub sender_name: String,
}

/// A page of the items that a store keeps, by name, without what follows from their consumption.
pub fn items(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    filter: &ItemStockFilter,
    request: &PageRequest,
) -> Result<Page<ItemStockRow>, Failure> {
    let kept = kept_items(read, store)?;
    let wanted = Search::of(filter.search.as_deref());
    page::scan(read, views::ITEM_NAME, &[], false, request, |key, value| {
        let Some(totals) = id_at_end(key).and_then(|id| kept.get(&id)) else { return Ok(None) };
        let balance = Balance::of(totals);
        if filter.in_stock.is_some_and(|in_stock| in_stock != balance.on_hand.is_positive()) {
            return Ok(None);
        }
        if !wanted.fits_folded(named_text(value)) {
            return Ok(None);
        }
        Ok(Some(stock_row(read_named(value)?, &balance)))
    })
}

fn stock_row(item: ItemRow, balance: &Balance) -> ItemStockRow {
    let Balance { on_hand, allocated, on_order } = *balance;
    ItemStockRow { item, on_hand, allocated, available: balance.available(), on_order }
}

/// The balance of an item in a store.
pub fn item_balance(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
) -> Result<Balance, StoreError> {
    Ok(Balance::of(&read.totals(views::SUM_STORE_ITEM, &Key::new().id(store).id(item).build())?))
}

/// The items that a store has stock lines or movements of, or on order, with their balances.
pub(crate) fn kept_items(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
) -> Result<BTreeMap<DocumentId, Totals>, StoreError> {
    let end = prefix_end(store.as_bytes());
    let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut kept = BTreeMap::new();
    read.scan_totals(
        views::SUM_STORE_ITEM,
        (Bound::Included(store.as_bytes()), upper),
        &mut |key, totals| {
            kept.extend(id_at(key, 16).map(|item| (item, *totals)));
            ControlFlow::Continue(())
        },
    )?;
    Ok(kept)
}

/// What is on its way to a store of an item: lines of shipments that are not received, in the order of shipments.
pub fn on_order(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
) -> Result<Vec<OnOrderEntry>, Failure> {
    let rows: Vec<OnOrderRow> = read.rows(views::ON_ORDER, &Key::new().id(store).id(item).build())?;
    let mut names = Names::new(read);
    let named = |row: OnOrderRow| {
        let sender_name = names.end(row.sender)?.unwrap_or_default().to_owned();
        Ok(OnOrderEntry { row, sender_name })
    };
    rows.into_iter().map(named).collect()
}

// ---- figures ----

/// A batch's place in time: past its last day, near it, nearing it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Expiring {
    expired: bool,
    soon: bool,
    later: bool,
}

/// All that the figures of a store's items follow from, read once.
struct Figures<'r, R: ViewRead + ?Sized> {
    consumption: StoreConsumption<'r, R>,
    kept: BTreeMap<DocumentId, Balance>,
    expiring: BTreeMap<DocumentId, Expiring>,
}

impl<'r, R: ViewRead + ?Sized> Figures<'r, R> {
    fn of(
        read: &'r R,
        store: DocumentId,
        today: Date,
        as_of: Option<Timestamp>,
        with_expiry: bool,
    ) -> Result<Self, Failure> {
        let (consumption, kept) = match as_of {
            None => {
                let kept = kept_items(read, store)?;
                let kept = kept.into_iter().map(|(item, totals)| (item, Balance::of(&totals))).collect();
                (StoreConsumption::of(read, store, today)?, kept)
            }
            Some(instant) => {
                let (consumption, since) = StoreConsumption::at(read, store, instant)?;
                (consumption, kept_at(read, store, instant, &since)?)
            }
        };
        let expiring = match with_expiry {
            true => expiring_items(read, store, as_of.map_or(today, day_of), as_of, &consumption)?,
            false => BTreeMap::new(),
        };
        Ok(Self { consumption, kept, expiring })
    }

    fn fits(&self, facet: ItemFacet, item: DocumentId, balance: &Balance, consumption: &Consumption) -> bool {
        let out = !balance.on_hand.is_positive();
        let preferences = &self.consumption.preferences;
        let compared = |months| consumption.compare(balance.on_hand, months);
        let expiring = self.expiring.get(&item).copied().unwrap_or_default();
        match facet {
            ItemFacet::InStock => !out,
            ItemFacet::OutOfStock => out,
            ItemFacet::OutWithConsumption => out && consumption.is_consumed(),
            ItemFacet::Low => compared(preferences.understock_months) == Some(Ordering::Less),
            ItemFacet::Over => compared(preferences.overstock_months) == Some(Ordering::Greater),
            ItemFacet::Expired => expiring.expired,
            ItemFacet::Expiring => expiring.soon,
            ItemFacet::ExpiringLater => expiring.later,
            ItemFacet::OnOrder => balance.on_order.is_positive(),
        }
    }

    fn row(&self, item: ItemRow, balance: &Balance, consumption: &Consumption) -> ItemFigures {
        let fits =
            |facet: &ItemFacet| !facet.asks_expiry() && self.fits(*facet, item.id, balance, consumption);
        ItemFigures {
            facets: ItemFacet::ALL.into_iter().filter(fits).collect(),
            consumed: consumption.consumed,
            amc: consumption.monthly(),
            months_of_stock: consumption.months_of(balance.on_hand),
            days_out: consumption.days_out,
            stock: stock_row(item, balance),
        }
    }

    /// The balance and consumption of an item, if it is kept and belongs to a part.
    fn wanted(
        &self,
        facet: Option<ItemFacet>,
        item: DocumentId,
    ) -> Result<Option<(&Balance, Consumption)>, StoreError> {
        let Some(balance) = self.kept.get(&item) else { return Ok(None) };
        let consumption = self.consumption.of_item(item, balance.on_hand)?;
        let fits = facet.is_none_or(|facet| self.fits(facet, item, balance, &consumption));
        Ok(fits.then_some((balance, consumption)))
    }
}

/// The items of which something had moved by an instant, with what was on hand.
fn kept_at(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    instant: Timestamp,
    since: &BTreeMap<DocumentId, Quantity>,
) -> Result<BTreeMap<DocumentId, Balance>, StoreError> {
    let mut kept = BTreeMap::new();
    for (item, totals) in kept_items(read, store)? {
        let rose = since.get(&item).copied().unwrap_or_default();
        let on_hand = Balance::of(&totals).on_hand - rose;
        let had_moved = on_hand != Quantity::ZERO
            || first_movement(read, store, item)?.is_some_and(|first| first <= instant);
        if had_moved {
            kept.insert(item, Balance { on_hand, ..Balance::default() });
        }
    }
    Ok(kept)
}

/// The items with batches in stock that have expired, or expire within the store's thresholds: walks the index of
/// expiry up to the later one.
fn expiring_items<R: ViewRead + ?Sized>(
    read: &R,
    store: DocumentId,
    today: Date,
    as_of: Option<Timestamp>,
    consumption: &StoreConsumption<'_, R>,
) -> Result<BTreeMap<DocumentId, Expiring>, StoreError> {
    let mut found: BTreeMap<DocumentId, Expiring> = BTreeMap::new();
    let preferences = &consumption.preferences;
    let [soon, later] = [preferences.expiring_days, preferences.expiring_later_days].map(whole_days);
    for batch in batches_until(read, store, horizon(today, soon.max(later)), as_of)? {
        let expired = allocation::is_expired(Some(batch.expiry), today);
        let within = |days| !expired && allocation::expires_within(Some(batch.expiry), today, days);
        let of_item = found.entry(batch.item).or_default();
        of_item.expired |= expired;
        of_item.soon |= within(soon);
        of_item.later |= within(later);
    }
    Ok(found)
}

/// A threshold in days as the calendar takes it.
pub(crate) fn whole_days(days: u32) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX).min(100_000)
}

/// The day so many days from now.
pub(crate) fn horizon(today: Date, days: i32) -> Date {
    today.saturating_add(jiff::Span::new().days(days))
}

/// A batch in stock that expires.
pub(crate) struct ExpiringBatch {
    pub(crate) item: DocumentId,
    pub(crate) expiry: Date,
}

/// The batches in stock that expire on this day or earlier: walks the index of expiry up to it.
pub(crate) fn batches_until(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    last: Date,
    as_of: Option<Timestamp>,
) -> Result<Vec<ExpiringBatch>, StoreError> {
    let lower = store.as_bytes();
    let upper = Key::new().id(store).day(Some(last)).bytes(&[0xff; 16]).build();
    let mut lines = Vec::new();
    read.scan(
        views::STOCK_BY_EXPIRY,
        (Bound::Included(lower), Bound::Included(&upper)),
        false,
        &mut |key, item| {
            if let (Some(expiry), Some(line), Ok(item)) =
                (day_at(key, 16), id_at_end(key), DocumentId::try_from(item))
            {
                lines.push((line, ExpiringBatch { item, expiry }));
            }
            ControlFlow::Continue(())
        },
    )?;
    let mut batches = Vec::new();
    for (line, batch) in lines {
        let on_hand = match as_of {
            None => stock_line::balance(read, store, line)?.on_hand,
            Some(instant) => ledger::line_on_hand_at(read, store, line, instant)?.unwrap_or_default(),
        };
        if on_hand != Quantity::ZERO {
            batches.push(batch);
        }
    }
    Ok(batches)
}

/// How many of a store's items belong to each part, and how many there are.
pub(crate) fn count_by_facet(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    today: Date,
) -> Result<(u64, BTreeMap<ItemFacet, u64>), Failure> {
    let figures = Figures::of(read, store, today, None, true)?;
    let mut counts = BTreeMap::new();
    let mut all = 0;
    for (item, balance) in &figures.kept {
        // An item that this device does not know by name is in no list, and not counted either.
        if read.get(views::ITEM, item.as_bytes())?.is_none() {
            continue;
        }
        all += 1;
        let consumption = figures.consumption.of_item(*item, balance.on_hand)?;
        for facet in ItemFacet::ALL {
            *counts.entry(facet).or_insert(0) += u64::from(figures.fits(facet, *item, balance, &consumption));
        }
    }
    Ok((all, counts))
}

/// Why an item's figures are what they are: now, or as they were at an instant.
pub fn explain(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
    today: Date,
    as_of: Option<Timestamp>,
) -> Result<Explanation, Failure> {
    let row = super::items::detail(read, item)?;
    let consumption = super::consumption::of_item(read, store, item, today, as_of)?;
    let balance = match as_of {
        None => item_balance(read, store, item)?,
        Some(instant) => {
            let on_hand = ledger::item_on_hand_at(read, store, item, instant)?;
            Balance { on_hand, ..Balance::default() }
        }
    };
    let preferences = crate::store::require(read, store)?.preferences();
    let (least, most) = (preferences.understock_months, preferences.overstock_months);
    let whole = StoreConsumption::without_moves(read, store, consumption.window, preferences);
    let figures = Figures { consumption: whole, kept: BTreeMap::new(), expiring: BTreeMap::new() };
    Ok(Explanation {
        figures: figures.row(row, &balance, &consumption),
        window: consumption.window,
        adjusted: consumption.adjusted,
        understock_months: least,
        overstock_months: most,
        minimum: consumption.need(least),
        maximum: consumption.need(most),
        movements: ledger::totals_by_kind(read, store, item, as_of)?,
    })
}

/// A page of the items that a store keeps, with what follows from their consumption.
pub fn list(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    filter: &FiguresFilter,
    today: Date,
    request: &PageRequest,
) -> Result<Page<ItemFigures>, Failure> {
    let with_expiry = filter.facet.is_some_and(ItemFacet::asks_expiry);
    let figures = Figures::of(read, store, today, filter.as_of, with_expiry)?;
    match filter.sort.unwrap_or_default() {
        ItemSort::Name => list_by_name(read, &figures, filter, request),
        ItemSort::MonthsOfStock => list_by_months(read, &figures, filter, request),
    }
}

fn list_by_name<R: ViewRead + ?Sized>(
    read: &R,
    figures: &Figures<'_, R>,
    filter: &FiguresFilter,
    request: &PageRequest,
) -> Result<Page<ItemFigures>, Failure> {
    let search = Search::of(filter.search.as_deref());
    page::scan(read, views::ITEM_NAME, &[], false, request, |key, value| {
        let Some(id) = id_at_end(key).filter(|_| search.fits_folded(named_text(value))) else {
            return Ok(None);
        };
        match figures.wanted(filter.facet, id)? {
            Some((balance, consumption)) => Ok(Some(figures.row(read_named(value)?, balance, &consumption))),
            None => Ok(None),
        }
    })
}

/// By months of stock all of them have to be looked at before the first is known; only those of the page are read.
fn list_by_months<R: ViewRead + ?Sized>(
    read: &R,
    figures: &Figures<'_, R>,
    filter: &FiguresFilter,
    request: &PageRequest,
) -> Result<Page<ItemFigures>, Failure> {
    const PLAN: u8 = 8;
    let mut page = Builder::new(request, PLAN)?;
    let place = request.place(PLAN)?;
    if place.as_ref().is_some_and(|place| place.len() < 9) {
        return Err(reject::invalid_cursor().into());
    }
    let search = Search::of(filter.search.as_deref());
    let mut order: BTreeSet<Vec<u8>> = BTreeSet::new();
    let mut failed = None;
    read.scan(views::ITEM_NAME, (Bound::Unbounded, Bound::Unbounded), false, &mut |key, value| {
        let Some(id) = id_at_end(key).filter(|_| search.fits_folded(named_text(value))) else {
            return ControlFlow::Continue(());
        };
        match figures.wanted(filter.facet, id) {
            Ok(found) => {
                order.extend(found.map(|(balance, consumption)| months_key(balance, &consumption, key)));
                ControlFlow::Continue(())
            }
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    failed.map_or(Ok(()), Err)?;
    let lower = place.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
    for key in order.range::<Vec<u8>, _>((lower, Bound::Unbounded)) {
        let row = match id_at_end(key) {
            Some(id) => months_row(read, figures, filter.facet, id),
            None => Ok(None),
        };
        if page.offer_result(key, row).is_break() {
            break;
        }
    }
    page.build()
}

/// Whether it lasts for ever, for how long, and its key in the index of names.
fn months_key(balance: &Balance, consumption: &Consumption, name_key: &[u8]) -> Vec<u8> {
    let months = consumption.months_of(balance.on_hand);
    let shifted = (months.unwrap_or_default().thousandths() as u64) ^ (1 << 63);
    Key::new().byte(u8::from(months.is_none())).number(shifted).bytes(name_key).build()
}

fn months_row<R: ViewRead + ?Sized>(
    read: &R,
    figures: &Figures<'_, R>,
    facet: Option<ItemFacet>,
    id: DocumentId,
) -> Result<Option<ItemFigures>, StoreError> {
    let item: Option<ItemRow> = read.row(views::ITEM, id.as_bytes())?;
    let found = figures.wanted(facet, id)?;
    Ok(item.zip(found).map(|(item, (balance, consumption))| figures.row(item, balance, &consumption)))
}
