//! Stocktakes and their lines.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crdt_store::{DeviceId, DocumentId, Failure, StoreError, Timestamp, ViewRead, ViewReadExt, decode_row};
use serde::{Deserialize, Serialize};

use super::items::Search;
use super::ledger::{self, LedgerEntry};
use super::names::Names;
use super::page::{self, Page, PageRequest};
use crate::programme::ProgrammeRow;
use crate::stock_line::{self, StockLineRow};
use crate::stocktake::{self, Counts, LineCount, Movements, StocktakeLineRow, StocktakeRow, StocktakeStatus};
use crate::text::{Key, fold, id_at_end};
use crate::{Date, Quantity, site, views};

/// Which stocktakes are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct StocktakeFilter {
    /// Only those that have come this far.
    pub status: Option<StocktakeStatus>,
}

/// A stocktake with how far its counting has come.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StocktakeEntry {
    /// The stocktake.
    #[serde(flatten)]
    pub stocktake: StocktakeRow,
    /// Counts of its lines.
    pub counts: Counts,
    /// Whether counts arrived after it was finalised.
    pub late: bool,
    /// The name of who began it.
    pub created_by_name: Option<String>,
    /// The name of who closed it.
    pub closed_by_name: Option<String>,
    /// The code of the location it is about.
    pub location_code: Option<String>,
    /// The name of the programme it is about.
    pub programme_name: Option<String>,
    /// The name of the item it is about.
    pub item_name: Option<String>,
    /// Sheets that have not arrived on this device yet.
    pub missing_sheets: u32,
}

/// A part of a stocktake's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinePart {
    /// Counted.
    Counted,
    /// Not counted.
    Uncounted,
    /// Counted, and different from paper.
    Differing,
    /// To be looked at: counted differently on two devices, or moved by something the counter did not know.
    Doubtful,
    /// Different, and without a reason.
    Unexplained,
    /// Counted (again) after the stocktake was finalised.
    Late,
}

/// Which lines are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LineFilter {
    /// Words of the item's name or code, or the beginning of a batch.
    pub search: Option<String>,
    /// Only this part.
    pub part: Option<LinePart>,
    /// Only this item.
    pub item: Option<DocumentId>,
    /// Only this stock line.
    pub stock_line: Option<DocumentId>,
}

/// A count, and who made it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CountEntry {
    /// The observation.
    pub id: DocumentId,
    /// What was counted.
    pub quantity: Quantity,
    /// What was on paper, by what the counter knew.
    pub balance: Quantity,
    /// By how much they differ.
    pub difference: Quantity,
    /// When.
    #[serde(with = "crate::instant")]
    pub at: Timestamp,
    /// The user.
    pub by: DocumentId,
    /// Their name.
    pub by_name: Option<String>,
    /// The device.
    pub device: DeviceId,
    /// Its name.
    pub device_name: Option<String>,
}

/// A line with all its screen needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StocktakeLine {
    /// The stock line.
    pub stock_line: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// Its code.
    pub item_code: String,
    /// Its name.
    pub item_name: String,
    /// Its base unit.
    pub unit: String,
    /// Its place on the sheet, from 1.
    pub position: u32,
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
    /// On paper now.
    pub on_hand: Quantity,
    /// The count that stands.
    pub count: Option<CountEntry>,
    /// Counts by others who did not know of it, and that say something else.
    pub rivals: Vec<CountEntry>,
    /// Movements that its counter did not know and that may have happened before.
    pub in_doubt: Vec<LedgerEntry>,
    /// Whether more has left since it was counted than was counted: it must be counted again.
    pub below_zero: bool,
    /// Why it differs.
    pub reason: Option<DocumentId>,
    /// The text of the reason.
    pub reason_text: Option<String>,
    /// What people note of it.
    pub note: Option<String>,
    /// By how much the finalised stocktake adjusted it.
    pub adjusted: Option<Quantity>,
    /// What was counted when it was finalised.
    pub finalised_count: Option<Quantity>,
    /// Whether it was counted (again) after the stocktake was finalised.
    pub late: bool,
    /// Names the state of the line, for commands.
    pub state: String,
}

/// Stocktakes of a store, newest first.
pub fn list(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    filter: &StocktakeFilter,
    request: &PageRequest,
) -> Result<Page<StocktakeEntry>, Failure> {
    let mut names = Names::new(read);
    page::scan(read, views::STOCKTAKE_BY_TIME, store.as_bytes(), true, request, |_, value| {
        let row: StocktakeRow = decode_row(views::STOCKTAKE_BY_TIME, value)?;
        match filter.status.is_none_or(|status| row.status == status) {
            true => entry(read, &mut names, row).map(Some),
            false => Ok(None),
        }
    })
}

/// One stocktake.
pub fn detail(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<StocktakeEntry, Failure> {
    let row = stocktake::require(read, id)?;
    let mut found = entry(read, &mut Names::new(read), row)?;
    for sheet in 0..found.stocktake.sheets {
        let id = stocktake::sheet_id(id, sheet);
        found.missing_sheets += u32::from(read.header(id)?.is_none());
    }
    Ok(found)
}

fn entry<R: ViewRead + ?Sized>(
    read: &R,
    names: &mut Names<'_, R>,
    row: StocktakeRow,
) -> Result<StocktakeEntry, StoreError> {
    let key = Key::new().id(row.store).id(row.id).build();
    let totals = read.totals(views::SUM_STOCKTAKE, &key)?;
    let [lines, counted, differing, rivals] = totals.amounts.map(|amount| u32::try_from(amount).unwrap_or(0));
    let state = read.totals(views::SUM_STOCKTAKE_STATE, &key)?;
    let location_code = match row.selection.location {
        Some(place) => names.location(place)?.map(|place| place.code.clone()),
        None => None,
    };
    let programme_name = match row.selection.programme {
        Some(programme) => {
            let row: Option<ProgrammeRow> = read.row(views::PROGRAMME, programme.as_bytes())?;
            row.map(|row| row.name)
        }
        None => None,
    };
    let item_name = match row.selection.item {
        Some(item) => names.item(item)?.map(|item| item.name.clone()),
        None => None,
    };
    let closed_by_name = match row.closed_by {
        Some(user) => names.user(user)?.map(str::to_owned),
        None => None,
    };
    Ok(StocktakeEntry {
        counts: Counts { lines, counted, differing, rivals },
        late: row.status == StocktakeStatus::Finalised && state.amounts[0] != 0,
        created_by_name: names.user(row.created_by)?.map(str::to_owned),
        closed_by_name,
        location_code,
        programme_name,
        item_name,
        missing_sheets: 0,
        stocktake: row,
    })
}

/// Lines of a stocktake, in the order of its sheets.
pub fn lines(
    read: &(impl ViewRead + ?Sized),
    id: DocumentId,
    filter: &LineFilter,
    request: &PageRequest,
) -> Result<Page<StocktakeLine>, Failure> {
    let stocktake = stocktake::require(read, id)?;
    let mut reader = LineReader {
        read,
        names: Names::new(read),
        stocktake: &stocktake,
        search: Search::of(filter.search.as_deref()),
        batch: filter.search.as_deref().map(fold).unwrap_or_default(),
        filter,
    };
    page::scan(read, views::STOCKTAKE_LINE, id.as_bytes(), false, request, |key, value| {
        // One line among thousands is known by its key: a cell that saves itself asks for it each time.
        match filter.stock_line.is_none_or(|line| key.ends_with(line.as_bytes())) {
            true => reader.line(decode_row(views::STOCKTAKE_LINE, value)?),
            false => Ok(None),
        }
    })
}

/// How lines of a stocktake stand by now, for those that are asked about; what is not on its sheets is not there.
pub fn standing(
    read: &(impl ViewRead + ?Sized),
    id: DocumentId,
    wanted: &BTreeSet<DocumentId>,
) -> Result<Vec<StocktakeLineRow>, StoreError> {
    let mut rows = Vec::with_capacity(wanted.len());
    let mut failed = None;
    read.scan_prefix(views::STOCKTAKE_LINE, id.as_bytes(), &mut |key, value| {
        if !id_at_end(key).is_some_and(|line| wanted.contains(&line)) {
            return ControlFlow::Continue(());
        }
        match decode_row(views::STOCKTAKE_LINE, value) {
            Ok(row) => rows.push(row),
            Err(error) => failed = Some(error),
        }
        match failed.is_some() || rows.len() == wanted.len() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    failed.map_or(Ok(rows), Err)
}

struct LineReader<'r, R: ViewRead + ?Sized> {
    read: &'r R,
    names: Names<'r, R>,
    stocktake: &'r StocktakeRow,
    search: Search,
    batch: String,
    filter: &'r LineFilter,
}

impl<R: ViewRead + ?Sized> LineReader<'_, R> {
    /// The line, if it is wanted. What needs no look-up is asked first: most lines of a long stocktake are passed over.
    fn line(&mut self, row: StocktakeLineRow) -> Result<Option<StocktakeLine>, StoreError> {
        if !self.fits(&row) {
            return Ok(None);
        }
        let stock: Option<StockLineRow> = self.read.row(views::STOCK_LINE, row.line.as_bytes())?;
        if !self.found(&row, stock.as_ref())? {
            return Ok(None);
        }
        let result = stocktake::result_row(self.read, self.stocktake.id, row.line)?;
        let late =
            self.stocktake.status == StocktakeStatus::Finalised && stocktake::is_late(&row, result.as_ref());
        if self.filter.part == Some(LinePart::Late) && !late {
            return Ok(None);
        }
        let on_hand = stock_line::balance(self.read, self.stocktake.store, row.line)?.on_hand;
        let in_doubt = self.in_doubt(&row, on_hand)?;
        let difference = row.standing.count.as_ref().and_then(|count| count.observation.difference());
        let below_zero = self.stocktake.status == StocktakeStatus::Counting
            && difference.is_some_and(|difference| stocktake::below_zero(on_hand, difference));
        let doubtful = below_zero || !in_doubt.is_empty() || !row.standing.rivals.is_empty();
        if self.filter.part == Some(LinePart::Doubtful) && !doubtful {
            return Ok(None);
        }
        let item = self.names.item(row.item)?.cloned();
        let location = stock.as_ref().and_then(|stock| stock.location);
        let location_code = match location {
            Some(place) => self.names.location(place)?.map(|place| place.code.clone()),
            None => None,
        };
        let reason_text = match row.reason {
            Some(reason) => self.names.reason(reason)?.map(str::to_owned),
            None => None,
        };
        let count = row.standing.count.map(|count| self.count(count)).transpose()?;
        let rivals = row.standing.rivals.into_iter().map(|count| self.count(count));
        Ok(Some(StocktakeLine {
            stock_line: row.line,
            item: row.item,
            item_code: item.as_ref().map_or_else(String::new, |item| item.code.clone()),
            item_name: item.as_ref().map_or_else(String::new, |item| item.name.clone()),
            unit: item.map_or_else(String::new, |item| item.unit),
            position: row.position,
            batch: stock.as_ref().and_then(|stock| stock.batch.clone()),
            expiry: stock.as_ref().and_then(|stock| stock.expiry),
            pack_size: stock.as_ref().map_or(1, |stock| stock.pack_size),
            location,
            location_code,
            on_hand,
            count,
            rivals: rivals.collect::<Result<_, _>>()?,
            in_doubt,
            below_zero,
            reason: row.reason,
            reason_text,
            note: row.note,
            adjusted: result.as_ref().map(|result| result.quantity),
            finalised_count: result.map(|result| result.counted),
            late,
            state: row.standing.state,
        }))
    }

    fn fits(&self, row: &StocktakeLineRow) -> bool {
        let count = row.standing.count.as_ref().map(|count| &count.observation);
        let differs = count.and_then(|count| count.difference()).is_some_and(|by| by != Quantity::ZERO);
        let of_part = match self.filter.part {
            // A late one may have lost its count.
            None | Some(LinePart::Late) => true,
            Some(LinePart::Uncounted) => count.is_none(),
            Some(LinePart::Counted | LinePart::Doubtful) => count.is_some(),
            Some(LinePart::Differing) => differs,
            Some(LinePart::Unexplained) => differs && row.reason.is_none(),
        };
        of_part && self.filter.item.is_none_or(|item| item == row.item)
    }

    fn found(&mut self, row: &StocktakeLineRow, stock: Option<&StockLineRow>) -> Result<bool, StoreError> {
        if self.search.is_empty() {
            return Ok(true);
        }
        let batch = stock.and_then(|stock| stock.batch.as_deref()).map(fold);
        if batch.is_some_and(|batch| batch.starts_with(&self.batch)) {
            return Ok(true);
        }
        let item = self.names.item(row.item)?;
        Ok(item.is_some_and(|item| self.search.fits_text([item.name.as_str(), item.code.as_str()])))
    }

    /// Movements that may or may not have been on the shelf when it was counted. Where the balance is what it was counted
    /// against there are none that matter.
    fn in_doubt(
        &mut self,
        row: &StocktakeLineRow,
        on_hand: Quantity,
    ) -> Result<Vec<LedgerEntry>, StoreError> {
        let Some(count) = &row.standing.count else { return Ok(Vec::new()) };
        if self.stocktake.status != StocktakeStatus::Counting || count.observation.balance == on_hand {
            return Ok(Vec::new());
        }
        let movements = Movements::of(self.read, row.line)?;
        let in_doubt = movements.in_doubt(&count.observation, self.stocktake.id);
        in_doubt
            .into_iter()
            .map(|movement| ledger::entry(self.read, &mut self.names, movement.clone(), Quantity::ZERO))
            .collect()
    }

    fn count(&mut self, count: LineCount) -> Result<CountEntry, StoreError> {
        let LineCount { id, observation } = count;
        let device_name = site::device(self.read, observation.device)?.map(|device| device.name);
        Ok(CountEntry {
            id,
            quantity: observation.quantity.unwrap_or_default(),
            balance: observation.balance,
            difference: observation.difference().unwrap_or_default(),
            at: observation.at,
            by: observation.by,
            by_name: self.names.user(observation.by)?.map(str::to_owned),
            device: observation.device,
            device_name,
        })
    }
}
