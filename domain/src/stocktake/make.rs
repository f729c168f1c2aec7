//! Beginning a stocktake, and what lies on its sheets.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, ControlFlow};

use crdt_store::{DocumentId, Failure, Rejection, StoreError, Txn, ViewRead, ViewReadExt, prefix_end};

use super::count::{self, Entry};
use super::types::{
    AddBatch, AddLines, CountLine, CountedLine, CreateStocktake, LINES_MAX, SHEET_LINES, SHEETS_BLANK,
    Selection, Sheet, SheetLine, SheetOrder, Stocktake, StocktakeRow, StocktakeStatus, StrikeLine,
    UpdateStocktake, day, sheet_id, sheet_of,
};
use crate::permission::{Caller, Permission};
use crate::quantity::Quantity;
use crate::query::locations::Tree;
use crate::query::names::Names;
use crate::record::{self, Numbered, Record};
use crate::stock_line::{self, StockLine, StockLineRow};
use crate::text::{Key, fold};
use crate::{location, number, programme, query, reject, store, views};

// ---- rules ----

/// A stocktake of a store where the caller may count.
pub(super) fn load(txn: &Txn<'_>, caller: &Caller, id: DocumentId) -> Result<Stocktake, Failure> {
    let stocktake: Stocktake = record::load(txn, id)?;
    caller.require(Permission::Stocktake, stocktake.store)?;
    Ok(stocktake)
}

/// The same, where counting goes on.
pub(crate) fn load_open(
    read: &(impl ViewRead + ?Sized),
    caller: &Caller,
    id: DocumentId,
) -> Result<StocktakeRow, Failure> {
    let row = require(read, id)?;
    caller.require(Permission::Stocktake, row.store)?;
    require_open(row.status, row.on_hold)?;
    Ok(row)
}

pub(super) fn require_open(status: StocktakeStatus, on_hold: bool) -> Result<(), Rejection> {
    match (status, on_hold) {
        (StocktakeStatus::Counting, false) => Ok(()),
        (StocktakeStatus::Counting, true) => Err(reject::on_hold("", "stocktake")),
        (status, _) => Err(reject::wrong_status(status, "count")),
    }
}

/// A stocktake's row, or the rejection `not-found`.
pub(crate) fn require(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<StocktakeRow, Failure> {
    let found: Option<StocktakeRow> = read.row(views::STOCKTAKE, id.as_bytes())?;
    found.ok_or_else(|| reject::not_found("stocktake", id).into())
}

/// The sheet of a stock line, or `not-arrived` while the device has the stocktake and not yet all of its sheets.
pub(super) fn sheet(
    read: &(impl ViewRead + ?Sized),
    stocktake: DocumentId,
    number: u32,
) -> Result<(DocumentId, Sheet), Failure> {
    let id = sheet_id(stocktake, number);
    record::find(read, id)?.map(|sheet| (id, sheet)).ok_or_else(|| not_arrived().into())
}

/// Refuses to go on while a sheet has not arrived: what is on it would drop out unseen.
pub(super) fn require_whole(
    read: &(impl ViewRead + ?Sized),
    stocktake: DocumentId,
    sheets: u32,
) -> Result<(), Failure> {
    for number in 0..sheets {
        if read.header(sheet_id(stocktake, number))?.is_none() {
            return Err(not_arrived().into());
        }
    }
    Ok(())
}

fn not_arrived() -> Rejection {
    Rejection::new("not-arrived", "a part of this stocktake has not arrived on this device yet")
}

/// Whether a store has ever finalised a stocktake.
fn has_finalised(read: &(impl ViewRead + ?Sized), store: DocumentId) -> Result<bool, StoreError> {
    let rows: Vec<StocktakeRow> = read.rows(views::STOCKTAKE_BY_TIME, store.as_bytes())?;
    Ok(rows.iter().any(|row| row.status == StocktakeStatus::Finalised))
}

/// The last position that is taken.
pub(super) fn last_position(
    read: &(impl ViewRead + ?Sized),
    stocktake: DocumentId,
) -> Result<u32, StoreError> {
    let prefix = stocktake.as_bytes();
    let end = prefix_end(prefix);
    let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut last = 0;
    read.scan(views::STOCKTAKE_LINE, (Bound::Included(prefix.as_slice()), upper), true, &mut |key, _| {
        last = key.get(20..24).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
        ControlFlow::Break(())
    })?;
    Ok(last)
}

// ---- which lines ----

/// A stock line that may be wanted, with what it is sorted by.
struct Wanted {
    line: DocumentId,
    item: DocumentId,
    order: (String, String, DocumentId, Option<crate::Date>, Option<String>),
}

/// The stock lines that a stocktake begins with, in the order of its sheets.
fn select(
    txn: &Txn<'_>,
    store: DocumentId,
    selection: &Selection,
    order: SheetOrder,
) -> Result<Vec<(DocumentId, DocumentId)>, Failure> {
    if selection.blank {
        return Ok(Vec::new());
    }
    if let Some(item) = selection.item {
        query::items::require(txn, "/selection/item", item)?;
    }
    let places = match selection.location {
        Some(place) => {
            location::require(txn, "/selection/location", store, place)?;
            Some(Tree::of_store(txn, store)?.with_all_below(place))
        }
        None => None,
    };
    let programme_items = match selection.programme {
        Some(wanted) => {
            programme::require(txn, "/selection/programme", store, wanted)?;
            query::programmes::item_ids(txn, wanted)?
        }
        None => BTreeSet::new(),
    };
    let of_programme = |row: &StockLineRow| {
        selection.programme.is_none_or(|wanted| row.is_of_programme(wanted, &programme_items))
    };
    let prefix = Key::new().id(store);
    let prefix = prefix.bytes(selection.item.as_ref().map_or(&[][..], |item| item.as_bytes())).build();
    let rows: Vec<StockLineRow> = txn.rows(views::STOCK_BY_ITEM, &prefix)?;
    let mut names = Names::new(txn);
    let mut wanted = Vec::new();
    for row in rows {
        let lies_there =
            places.as_ref().is_none_or(|places| row.location.is_some_and(|place| places.contains(&place)));
        if !lies_there || !of_programme(&row) || !selection.expiry_fits(row.expiry) {
            continue;
        }
        if !selection.include_empty && stock_line::balance(txn, store, row.id)?.on_hand == Quantity::ZERO {
            continue;
        }
        let place = match (order, row.location) {
            (SheetOrder::Location, Some(place)) => {
                names.location(place)?.map_or_else(String::new, |row| fold(&row.code))
            }
            // What lies nowhere comes last.
            (SheetOrder::Location, None) => "\u{10ffff}".to_owned(),
            (SheetOrder::Item, _) => String::new(),
        };
        let name = names.item(row.item)?.map_or_else(String::new, |item| fold(&item.name));
        wanted.push(Wanted {
            line: row.id,
            item: row.item,
            order: (place, name, row.item, row.expiry, row.batch),
        });
    }
    wanted.sort_by(|a, b| (&a.order, a.line).cmp(&(&b.order, b.line)));
    if wanted.len() > LINES_MAX {
        return Err(Rejection::new(
            "too-many-lines",
            format!("at most {LINES_MAX} lines; choose a part of the store"),
        )
        .at("/selection")
        .with("max", LINES_MAX)
        .with("found", wanted.len())
        .into());
    }
    Ok(wanted.into_iter().map(|wanted| (wanted.line, wanted.item)).collect())
}

// ---- write ----

/// Begins a stocktake with the stock lines of its selection.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateStocktake) -> Result<Numbered, Failure> {
    caller.require(Permission::Stocktake, command.store)?;
    let store = store::require_open(txn, command.store)?;
    if command.initial && has_finalised(txn, command.store)? {
        return Err(reject::validation("/initial", "the store has finalised a stocktake already").into());
    }
    let lines = select(txn, command.store, &command.selection, command.order)?;
    let sheets = match lines.len().div_ceil(SHEET_LINES) as u32 {
        few if few < SHEETS_BLANK => SHEETS_BLANK,
        many => many,
    };
    let description = record::valid_label("/description", command.description.as_deref())?;
    let number = number::next(txn, &store)?;
    let stocktake = Stocktake {
        stamp: Stocktake::new_stamp(txn.now(), caller),
        store: command.store,
        number: number.clone(),
        description: description.or_else(|| Some(day(txn.now()).to_string())),
        comment: record::valid_note("/comment", command.comment.as_deref())?,
        initial: command.initial,
        blind: command.blind,
        on_hold: false,
        selection: command.selection.clone(),
        sheets,
        events: BTreeMap::new(),
        adjusted: BTreeMap::new(),
        confirmed: BTreeMap::new(),
        put_aside: BTreeMap::new(),
    };
    let id = txn.new_id();
    txn.create(id, record::root_of(&stocktake));
    for (number, lines) in laid_out(&lines, sheets).into_iter().enumerate() {
        let sheet = Sheet {
            stamp: Sheet::new_stamp(txn.now(), caller),
            store: command.store,
            stocktake: id,
            lines,
            struck: BTreeMap::new(),
            counts: BTreeMap::new(),
            reasons: BTreeMap::new(),
            notes: BTreeMap::new(),
        };
        txn.create(sheet_id(id, number as u32), record::root_of(&sheet));
    }
    Ok(Numbered { id, number })
}

/// The lines of each sheet.
fn laid_out(lines: &[(DocumentId, DocumentId)], sheets: u32) -> Vec<BTreeMap<DocumentId, SheetLine>> {
    let mut laid_out = vec![BTreeMap::new(); sheets as usize];
    for (at, (line, item)) in lines.iter().enumerate() {
        let sheet_line = SheetLine { item: *item, position: at as u32 + 1 };
        laid_out[sheet_of(*line, sheets) as usize].insert(*line, sheet_line);
    }
    laid_out
}

/// Names, annotates or holds a stocktake.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateStocktake,
) -> Result<(), Failure> {
    let old = load(txn, caller, id)?;
    let mut new = old.clone();
    if let Some(description) = &command.description {
        new.description = record::valid_label("/description", description.as_deref())?;
    }
    if let Some(comment) = &command.comment {
        new.comment = record::valid_note("/comment", comment.as_deref())?;
    }
    if let Some(on_hold) = command.on_hold {
        match old.status() {
            StocktakeStatus::Counting => new.on_hold = on_hold,
            status => return Err(reject::wrong_status(status, "hold").at("/onHold").into()),
        }
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Adds stock lines.
pub fn add_lines(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &AddLines,
) -> Result<(), Failure> {
    let row = load_open(txn, caller, id)?;
    let mut wanted = Vec::new();
    for (at, line) in command.stock_lines.iter().enumerate() {
        let stock = stock_line::require(txn, &format!("/stockLines/{at}"), row.store, *line)?;
        wanted.push((stock.id, stock.item));
    }
    if let Some(item) = command.item {
        let selection = Selection { item: Some(item), ..Selection::default() };
        wanted.extend(select(txn, row.store, &selection, SheetOrder::Item)?);
    }
    if wanted.is_empty() {
        return Err(reject::validation("/stockLines", "which lines?").into());
    }
    let mut position = last_position(txn, id)?;
    if position as usize + wanted.len() > LINES_MAX {
        return Err(reject::validation("/stockLines", format!("at most {LINES_MAX} lines")).into());
    }
    for (line, item) in wanted {
        let (sheet_id, sheet) = sheet(txn, id, sheet_of(line, row.sheets))?;
        if !sheet.lines.contains_key(&line) {
            position += 1;
            put_line(txn, sheet_id, line, SheetLine { item, position });
        } else if !sheet.has(line) {
            txn.put(sheet_id, &["struck", &line.to_string()], false);
        }
    }
    Ok(())
}

pub(super) fn put_line(txn: &mut Txn<'_>, sheet: DocumentId, line: DocumentId, value: SheetLine) {
    let value = crdt_store::Value::from_data(&value).expect("a line is a map of scalars");
    txn.put(sheet, &["lines", &line.to_string()], value);
}

/// Adds a batch that is on the shelf and not on paper: a stock line with nothing, and a count of what is there.
pub fn add_batch(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &AddBatch,
) -> Result<CountedLine, Failure> {
    let row = load_open(txn, caller, id)?;
    let item = query::items::require(txn, "/item", command.item)?;
    if let Some(place) = command.location {
        location::require(txn, "/location", row.store, place)?;
    }
    let pack_size = command.pack_size.unwrap_or(item.default_pack_size);
    let batch = record::valid_label("/batch", command.batch.as_deref())?;
    let same = |line: &StockLineRow| {
        line.batch == batch
            && line.expiry == command.expiry
            && line.pack_size == pack_size
            && line.location == command.location
    };
    if let Some(line) =
        query::stock::lines_of_item(txn, row.store, command.item)?.iter().find(|line| same(line))
    {
        return Err(Rejection::new("batch-exists", "this batch is on paper already; count it there")
            .at("/batch")
            .with("stockLine", line.id)
            .into());
    }
    let stock = StockLine {
        pack_size: record::valid_pack_size("/packSize", pack_size)?,
        batch,
        expiry: command.expiry,
        location: command.location,
        cost_price: stock_line::valid_price("/costPrice", command.cost_price)?,
        ..StockLine::found(StockLine::new_stamp(txn.now(), caller), row.store, command.item)
    };
    let line = txn.new_id();
    txn.create(line, record::root_of(&stock));
    let (sheet_id, mut sheet) = sheet(txn, id, sheet_of(line, row.sheets))?;
    let position = last_position(txn, id)? + 1;
    let sheet_line = SheetLine { item: command.item, position };
    sheet.lines.insert(line, sheet_line);
    put_line(txn, sheet_id, line, sheet_line);
    let wish = CountLine {
        stock_line: line,
        quantity: command.quantity.map(Some),
        reason: command.reason.map(Some),
        note: command.note.clone().map(Some),
        state: None,
    };
    count::write(txn, caller, &row, Entry { sheet_id, sheet: &sheet, wish: &wish, pointer: "", import: None })
}

/// Strikes a line off, or puts it back.
pub fn strike(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &StrikeLine,
) -> Result<(), Failure> {
    let row = load_open(txn, caller, id)?;
    let (sheet_id, sheet) = sheet(txn, id, sheet_of(command.stock_line, row.sheets))?;
    if !sheet.lines.contains_key(&command.stock_line) {
        return Err(reject::not_found("line", command.stock_line).at("/stockLine").into());
    }
    txn.put(sheet_id, &["struck", &command.stock_line.to_string()], command.struck);
    Ok(())
}
