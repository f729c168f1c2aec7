//! Stock by batch; by item it is in [`stock_items`](super::stock_items).
//!
//! A page of batches in the order of item names walks the index of names, and for each item kept in the store its
//! batches by expiry: a bounded number of reads per row, no document loaded.

use std::collections::BTreeSet;
use std::ops::{Bound, ControlFlow};

use crdt_store::{DocumentId, Failure, StoreError, Timestamp, ViewRead, ViewReadExt, decode_row, prefix_end};
use serde::{Deserialize, Serialize};

use super::items::Search;
use super::ledger;
use super::locations::{self, Tree};
use super::names::Names;
use super::page::{self, Builder, Page, PageRequest};
use super::programmes;
use super::stock_items::{horizon, whole_days};
use crate::allocation::{expires_within, is_expired};
use crate::effect::Balance;
use crate::item::{ItemRow, named_text, read_named};
use crate::quantity::{Money, Quantity};
use crate::stock_line::{self, StockLineRow, Vvm};
use crate::text::{Key, day_of, id_at, id_at_end};
use crate::{Date, reject, store, views};

pub use super::stock_items::{ItemStockFilter, ItemStockRow, item_balance, items};

/// A part of the stock that people ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StockFacet {
    /// Something is there, or less than nothing.
    InStock,
    /// In stock, and past its last day of use.
    Expired,
    /// In stock, not expired, and expiring within the store's threshold.
    Expiring,
    /// In stock, not expired, and expiring within the store's later threshold, the nearer included.
    ExpiringLater,
    /// In stock, and the batch or its location is on hold.
    OnHold,
    /// Nothing is there.
    Zero,
}

/// In which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StockSort {
    /// By item name, then expiry.
    Name,
    /// By expiry; what never expires last.
    Expiry,
}

/// Which stock lines are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct StockFilter {
    /// Words of the item's name or code, or the beginning of a batch.
    pub search: Option<String>,
    /// Only this part; all if absent.
    pub facet: Option<StockFacet>,
    /// Only this item.
    pub item: Option<DocumentId>,
    /// Only what lies here, or in a location that stands in this one.
    pub location: Option<DocumentId>,
    /// Only what is kept for this programme: what says so, and items of the programme that say nothing.
    pub programme: Option<DocumentId>,
    /// Only what this donor paid for.
    pub donor: Option<DocumentId>,
    /// Only what came from this store or partner.
    pub supplier: Option<DocumentId>,
    /// Only what shows this on its vial monitor.
    pub vvm: Option<Vvm>,
    /// Only what expires on this day or later.
    pub expires_from: Option<Date>,
    /// Only what expires on this day or earlier.
    pub expires_until: Option<Date>,
    /// The order; by expiry for what is expired or expiring, by name otherwise.
    pub sort: Option<StockSort>,
    /// As it was at this instant: what had moved by then, and what the stock line said of itself then. What had not moved
    /// yet is left out; what was promised is not told of the past, and a search of batches knows their names of today.
    #[serde(with = "crate::instant::optional")]
    pub as_of: Option<Timestamp>,
}

/// What a person should know of a stock line at first sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StockStatus {
    /// Nothing.
    Good,
    /// Its movements add up to less than nothing.
    OverIssued,
    /// Past its last day of use.
    Expired,
    /// It, or its location, is on hold.
    OnHold,
    /// The vial monitor says: do not use.
    Unusable,
    /// Expiring within the store's threshold.
    Expiring,
}

/// A stock line with all its screen needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StockRow {
    /// The stock line.
    pub id: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// Its code.
    pub item_code: String,
    /// Its name.
    pub item_name: String,
    /// Its base unit.
    pub unit: String,
    /// Batch.
    pub batch: Option<String>,
    /// Last day of use.
    pub expiry: Option<Date>,
    /// Units per pack.
    pub pack_size: u32,
    /// Where it lies.
    pub location: Option<DocumentId>,
    /// The code of that place.
    pub location_code: Option<String>,
    /// Units on the shelf.
    pub on_hand: Quantity,
    /// Units promised.
    pub allocated: Quantity,
    /// Units that may be promised.
    pub available: Quantity,
    /// Whether it is on hold itself.
    pub on_hold: bool,
    /// What the vial monitor shows.
    pub vvm: Option<Vvm>,
    /// What a pack cost.
    pub cost_price: Option<Money>,
    /// What a pack is sold for.
    pub sell_price: Option<Money>,
    /// The store or partner it came from.
    pub supplier: Option<DocumentId>,
    /// What people note of it.
    pub note: Option<String>,
    /// Day of manufacture.
    pub manufactured: Option<Date>,
    /// Who paid for it.
    pub donor: Option<DocumentId>,
    /// Which variant of the item it is.
    pub variant: Option<DocumentId>,
    /// The programme it is kept for.
    pub programme: Option<DocumentId>,
    /// When the vial monitor was looked at.
    #[serde(with = "crate::instant::optional")]
    pub vvm_at: Option<Timestamp>,
    /// What was noted of it then.
    pub vvm_note: Option<String>,
    /// Whether nothing may be taken from it: it is on hold, or its location is, or what that stands in.
    pub held: bool,
    /// What to know at first sight.
    pub status: StockStatus,
}

/// A page of batches.
pub fn list(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    filter: &StockFilter,
    today: Date,
    request: &PageRequest,
) -> Result<Page<StockRow>, Failure> {
    let today = filter.as_of.map_or(today, day_of);
    let mut reader = LineReader::new(read, store, filter, today)?;
    match filter.sort.unwrap_or(default_sort(filter.facet)) {
        StockSort::Name => list_by_name(read, store, filter, &mut reader, request),
        StockSort::Expiry => list_by_expiry(read, store, filter, &mut reader, request),
    }
}

fn default_sort(facet: Option<StockFacet>) -> StockSort {
    match facet {
        Some(StockFacet::Expired | StockFacet::Expiring | StockFacet::ExpiringLater) => StockSort::Expiry,
        _ => StockSort::Name,
    }
}

/// One stock line.
pub fn line(read: &(impl ViewRead + ?Sized), id: DocumentId, today: Date) -> Result<StockRow, Failure> {
    let row: StockLineRow =
        read.row(views::STOCK_LINE, id.as_bytes())?.ok_or_else(|| reject::not_found("stock line", id))?;
    let everything = StockFilter::default();
    let mut reader = LineReader::new(read, row.store, &everything, today)?;
    let item = reader.names.item(row.item)?.cloned();
    let made = reader.row(row, item.as_ref())?;
    made.ok_or_else(|| reject::not_found("stock line", id).into())
}

/// A stock line without its balance, or the rejection `not-found`.
pub(crate) fn line_row(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<StockLineRow, Failure> {
    read.row(views::STOCK_LINE, id.as_bytes())?.ok_or_else(|| reject::not_found("stock line", id).into())
}

/// All stock lines of an item in a store, by expiry.
pub(crate) fn lines_of_item(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
) -> Result<Vec<StockLineRow>, StoreError> {
    read.rows(views::STOCK_BY_ITEM, &Key::new().id(store).id(item).build())
}

/// The stock lines of a store of which there is any on hand, by item.
pub(crate) fn lines_with_stock(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
) -> Result<Vec<StockLineRow>, StoreError> {
    let mut found = Vec::new();
    for line in read.rows::<StockLineRow>(views::STOCK_BY_ITEM, store.as_bytes())? {
        if stock_line::balance(read, store, line.id)?.on_hand.is_positive() {
            found.push(line);
        }
    }
    Ok(found)
}

/// The locations of a store from which nothing may be taken: those on hold, and what stands in them.
pub(crate) fn held_locations(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
) -> Result<BTreeSet<DocumentId>, StoreError> {
    Ok(Tree::of_store(read, store)?.held())
}

// ---- rows ----

/// Makes rows of stock lines, and decides which are wanted.
struct LineReader<'r, R: ViewRead + ?Sized> {
    read: &'r R,
    names: Names<'r, R>,
    filter: &'r StockFilter,
    search: Search,
    /// Lines whose batch begins with what is searched, and their items.
    batches: BTreeSet<DocumentId>,
    batch_items: BTreeSet<DocumentId>,
    /// Where only empty lines are wanted: those that are not.
    not_empty: BTreeSet<DocumentId>,
    /// The locations from which nothing may be taken.
    held: BTreeSet<DocumentId>,
    /// Where what lies in one location is wanted: it, and all that stands in it.
    places: Option<BTreeSet<DocumentId>>,
    /// Where what is kept for one programme is wanted: its items.
    programme_items: BTreeSet<DocumentId>,
    today: Date,
    expiring_days: i32,
    later_days: i32,
}

impl<'r, R: ViewRead + ?Sized> LineReader<'r, R> {
    fn new(read: &'r R, store: DocumentId, filter: &'r StockFilter, today: Date) -> Result<Self, Failure> {
        let preferences = store::find(read, store)?.map(|row| row.preferences()).unwrap_or_default();
        let tree = Tree::of_store(read, store)?;
        let programme_items = match filter.programme {
            Some(programme) => programmes::item_ids(read, programme)?,
            None => BTreeSet::new(),
        };
        let mut reader = Self {
            read,
            names: Names::new(read),
            filter,
            search: Search::of(filter.search.as_deref()),
            batches: BTreeSet::new(),
            batch_items: BTreeSet::new(),
            not_empty: BTreeSet::new(),
            held: tree.held(),
            places: filter.location.map(|place| tree.with_all_below(place)),
            programme_items,
            today,
            expiring_days: whole_days(preferences.expiring_days),
            later_days: whole_days(preferences.expiring_later_days),
        };
        if filter.facet == Some(StockFacet::Zero) && filter.as_of.is_none() {
            reader.not_empty = locations::filled_lines(read, store)?.into_keys().collect();
        }
        if !reader.search.is_empty() {
            let prefix =
                Key::new().id(store).text_prefix(filter.search.as_deref().unwrap_or_default()).build();
            read.scan_prefix(views::STOCK_BY_BATCH, &prefix, &mut |key, item| {
                reader.batches.extend(id_at_end(key));
                reader.batch_items.extend(DocumentId::try_from(item));
                ControlFlow::Continue(())
            })?;
        }
        Ok(reader)
    }

    fn item_fits(&self, item: &ItemRow) -> bool {
        self.search.is_empty() || self.search.fits_text([item.name.as_str(), item.code.as_str()])
    }

    /// Whether a line can be left out without a look at it.
    fn skips(&self, line: DocumentId) -> bool {
        self.not_empty.contains(&line)
    }

    /// The row of a stock line, if it is wanted.
    fn row(&mut self, line: StockLineRow, item: Option<&ItemRow>) -> Result<Option<StockRow>, StoreError> {
        let (line, balance) = match self.filter.as_of {
            // What a line says of itself needs no look-up, and is asked first.
            None if !self.is_wanted(&line) => return Ok(None),
            None => {
                let balance = stock_line::balance(self.read, line.store, line.id)?;
                (line, balance)
            }
            Some(instant) => match ledger::line_on_hand_at(self.read, line.store, line.id, instant)? {
                Some(on_hand)
                    if on_hand == Quantity::ZERO && self.filter.facet == Some(StockFacet::InStock) =>
                {
                    return Ok(None);
                }
                Some(on_hand) => {
                    (stock_line::row_at(self.read, line, instant)?, Balance { on_hand, ..Balance::default() })
                }
                None => return Ok(None),
            },
        };
        if !self.is_wanted(&line) {
            return Ok(None);
        }
        let location_code = match line.location {
            Some(place) => self.names.location(place)?.map(|place| place.code.clone()),
            None => None,
        };
        let held = line.on_hold || line.location.is_some_and(|place| self.held.contains(&place));
        if !self.facet_fits(&line, &balance, held) {
            return Ok(None);
        }
        let status = self.status(&line, &balance, held);
        Ok(Some(StockRow {
            id: line.id,
            store: line.store,
            item: line.item,
            item_code: item.map_or_else(String::new, |item| item.code.clone()),
            item_name: item.map_or_else(String::new, |item| item.name.clone()),
            unit: item.map_or_else(String::new, |item| item.unit.clone()),
            batch: line.batch,
            expiry: line.expiry,
            pack_size: line.pack_size,
            location: line.location,
            location_code,
            on_hand: balance.on_hand,
            allocated: balance.allocated,
            available: balance.available(),
            on_hold: line.on_hold,
            vvm: line.vvm,
            cost_price: line.cost_price,
            sell_price: line.sell_price,
            supplier: line.supplier,
            note: line.note,
            manufactured: line.manufactured,
            donor: line.donor,
            variant: line.variant,
            programme: line.programme,
            vvm_at: line.vvm_at,
            vvm_note: line.vvm_note,
            held,
            status,
        }))
    }

    /// Whether what a line says of itself is what is asked for.
    fn is_wanted(&self, line: &StockLineRow) -> bool {
        let same = |wanted: Option<DocumentId>, found| wanted.is_none() || wanted == found;
        let filter = self.filter;
        let of_programme =
            filter.programme.is_none_or(|wanted| line.is_of_programme(wanted, &self.programme_items));
        self.places.as_ref().is_none_or(|places| line.location.is_some_and(|place| places.contains(&place)))
            && of_programme
            && same(filter.donor, line.donor)
            && same(filter.supplier, line.supplier)
            && filter.vvm.is_none_or(|vvm| line.vvm == Some(vvm))
            && filter.expires_from.is_none_or(|day| line.expiry.is_some_and(|expiry| expiry >= day))
            && filter.expires_until.is_none_or(|day| line.expiry.is_some_and(|expiry| expiry <= day))
    }

    fn facet_fits(&self, line: &StockLineRow, balance: &Balance, held: bool) -> bool {
        let there = balance.on_hand != Quantity::ZERO;
        let expired = is_expired(line.expiry, self.today);
        match self.filter.facet {
            None => true,
            Some(StockFacet::InStock) => there,
            Some(StockFacet::Expired) => there && expired,
            Some(StockFacet::Expiring) => {
                there && !expired && expires_within(line.expiry, self.today, self.expiring_days)
            }
            Some(StockFacet::ExpiringLater) => {
                there && !expired && expires_within(line.expiry, self.today, self.later_days)
            }
            Some(StockFacet::OnHold) => there && held,
            Some(StockFacet::Zero) => !there,
        }
    }

    fn status(&self, line: &StockLineRow, balance: &Balance, held: bool) -> StockStatus {
        if balance.on_hand.is_negative() {
            StockStatus::OverIssued
        } else if is_expired(line.expiry, self.today) {
            StockStatus::Expired
        } else if held {
            StockStatus::OnHold
        } else if !line.vvm.is_none_or(Vvm::usable) {
            StockStatus::Unusable
        } else if expires_within(line.expiry, self.today, self.expiring_days) {
            StockStatus::Expiring
        } else {
            StockStatus::Good
        }
    }
}

// ---- orders ----

/// Length of a key of the index of stock lines by item: store, item, day, line.
const BY_ITEM_KEY_LEN: usize = 52;

fn list_by_name<R: ViewRead + ?Sized>(
    read: &R,
    store: DocumentId,
    filter: &StockFilter,
    reader: &mut LineReader<'_, R>,
    request: &PageRequest,
) -> Result<Page<StockRow>, Failure> {
    const PLAN: u8 = 2;
    let mut page = Builder::new(request, PLAN)?;
    let place = request.place(PLAN)?;
    let (name_place, line_place) = match &place {
        Some(place) if place.len() > BY_ITEM_KEY_LEN => {
            let (name, line) = place.split_at(place.len() - BY_ITEM_KEY_LEN);
            (Some(name), Some(line))
        }
        Some(_) => return Err(reject::invalid_cursor().into()),
        None => (None, None),
    };
    let kept = Kept::of(read, store, filter.item)?;
    let lower = name_place.map_or(Bound::Unbounded, Bound::Included);
    read.scan(views::ITEM_NAME, (lower, Bound::Unbounded), false, &mut |name_key, value| {
        let Some(id) = id_at_end(name_key) else { return ControlFlow::Continue(()) };
        let fits = reader.search.fits_folded(named_text(value));
        if !fits && !reader.batch_items.contains(&id) {
            return ControlFlow::Continue(());
        }
        match kept.contains(read, store, id) {
            Ok(true) => {}
            Ok(false) => return ControlFlow::Continue(()),
            Err(error) => return page.fail(error),
        }
        let item = match read_named(value) {
            Ok(item) => item,
            Err(error) => return page.fail(error),
        };
        let after = line_place.filter(|_| Some(name_key) == name_place);
        let walked = walk_item(read, store, &item, fits, name_key, after, reader, &mut page);
        match walked {
            Err(error) => page.fail(error),
            Ok(()) if page.is_done() => ControlFlow::Break(()),
            Ok(()) => ControlFlow::Continue(()),
        }
    })?;
    page.build()
}

/// Which items have stock lines in a store.
enum Kept {
    /// These: the store keeps few, or one is asked for.
    These(BTreeSet<DocumentId>),
    /// Many: cheaper to ask for each item that comes by than to list them all before the first row.
    Many,
}

impl Kept {
    /// Listing as many items as this costs about as much as reading a page.
    const LISTED_MAX: usize = 500;

    fn of(
        read: &(impl ViewRead + ?Sized),
        store: DocumentId,
        item: Option<DocumentId>,
    ) -> Result<Self, StoreError> {
        if let Some(item) = item {
            return Ok(Self::These(BTreeSet::from([item])));
        }
        let end = prefix_end(store.as_bytes());
        let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut items = BTreeSet::new();
        read.scan_totals(
            views::SUM_STORE_ITEM,
            (Bound::Included(store.as_bytes()), upper),
            &mut |key, _| {
                items.extend(id_at(key, 16));
                if items.len() > Self::LISTED_MAX {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        )?;
        Ok(if items.len() > Self::LISTED_MAX { Self::Many } else { Self::These(items) })
    }

    fn contains(
        &self,
        read: &(impl ViewRead + ?Sized),
        store: DocumentId,
        item: DocumentId,
    ) -> Result<bool, StoreError> {
        match self {
            Self::These(items) => Ok(items.contains(&item)),
            Self::Many => {
                Ok(read.totals(views::SUM_STORE_ITEM, &Key::new().id(store).id(item).build())?.count != 0)
            }
        }
    }
}

/// Offers the batches of one item, by expiry.
#[expect(clippy::too_many_arguments, reason = "the inner half of one loop")]
fn walk_item<R: ViewRead + ?Sized>(
    read: &R,
    store: DocumentId,
    item: &ItemRow,
    all_batches: bool,
    name_key: &[u8],
    after: Option<&[u8]>,
    reader: &mut LineReader<'_, R>,
    page: &mut Builder<StockRow>,
) -> Result<(), StoreError> {
    let prefix = Key::new().id(store).id(item.id).build();
    page::scan_from(read, views::STOCK_BY_ITEM, &prefix, false, after, &mut |line_key, value| {
        let line = id_at_end(line_key).unwrap_or_default();
        if reader.skips(line) || (!all_batches && !reader.batches.contains(&line)) {
            return ControlFlow::Continue(());
        }
        let row = decode_row(views::STOCK_BY_ITEM, value).and_then(|line| reader.row(line, Some(item)));
        page.offer_result(&[name_key, line_key].concat(), row)
    })
}

fn list_by_expiry<R: ViewRead + ?Sized>(
    read: &R,
    store: DocumentId,
    filter: &StockFilter,
    reader: &mut LineReader<'_, R>,
    request: &PageRequest,
) -> Result<Page<StockRow>, Failure> {
    const PLAN: u8 = 3;
    let mut page = Builder::new(request, PLAN)?;
    let place = request.place(PLAN)?;
    let prefix = Key::new().id(store).build();
    if place.as_ref().is_some_and(|place| !place.starts_with(&prefix)) {
        return Err(reject::invalid_cursor().into());
    }
    let last_day = last_day_wanted(filter.facet, reader);
    let end = last_day.map(|day| Key::new().id(store).day(Some(day)).bytes(&[0xff; 16]).build());
    page::scan_from(read, views::STOCK_BY_EXPIRY, &prefix, false, place.as_deref(), &mut |key, item| {
        if end.as_ref().is_some_and(|end| key > end.as_slice()) {
            return ControlFlow::Break(());
        }
        let row = expiry_row(read, filter, reader, key, item);
        page.offer_result(key, row)
    })?;
    page.build()
}

/// The last expiry that can be wanted: nothing beyond needs to be looked at.
fn last_day_wanted<R: ViewRead + ?Sized>(
    facet: Option<StockFacet>,
    reader: &LineReader<'_, R>,
) -> Option<Date> {
    match facet {
        Some(StockFacet::Expired) => Some(reader.today),
        Some(StockFacet::Expiring) => Some(horizon(reader.today, reader.expiring_days)),
        Some(StockFacet::ExpiringLater) => Some(horizon(reader.today, reader.later_days)),
        _ => None,
    }
}

fn expiry_row<R: ViewRead + ?Sized>(
    read: &R,
    filter: &StockFilter,
    reader: &mut LineReader<'_, R>,
    key: &[u8],
    item: &[u8],
) -> Result<Option<StockRow>, StoreError> {
    let (Some(line), Ok(item)) = (id_at_end(key), DocumentId::try_from(item)) else { return Ok(None) };
    if reader.skips(line) || filter.item.is_some_and(|wanted| wanted != item) {
        return Ok(None);
    }
    let item = reader.names.item(item)?.cloned();
    let fits = item.as_ref().is_some_and(|item| reader.item_fits(item)) || reader.search.is_empty();
    if !fits && !reader.batches.contains(&line) {
        return Ok(None);
    }
    let Some(row) = read.row::<StockLineRow>(views::STOCK_LINE, line.as_bytes())? else { return Ok(None) };
    reader.row(row, item.as_ref())
}
