//! Counts that a table brings, and how they are taken back.
//!
//! A count of an import is an observation like any other, with the import's id on it. Taking it back withdraws it; where
//! it replaced a count by the same device, that count stands again, against what its counter knew then. What was counted
//! by anybody since, or beside it, is left alone.

use std::cell::Cell;

use crdt_store::{DocumentId, Failure, Rejection, Txn, ViewRead};
use serde::{Deserialize, Serialize};

use super::count::{self, Entry};
use super::make::{last_position, load_open, put_line, require_whole, sheet};
use super::types::{AddBatch, CountLine, LINES_MAX, Observation, Sheet, SheetLine, StocktakeRow, sheet_of};
use crate::permission::Caller;
use crate::record::{self, Record};
use crate::stock_line::StockLine;
use crate::{reject, stock_line};

// ---- types ----

/// What is said of a stock line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stand {
    /// Whether it is on a sheet.
    pub(crate) on_sheet: bool,
    /// The count that stands.
    pub(crate) count: Option<Observation>,
    /// Why it differs.
    pub(crate) reason: Option<DocumentId>,
    /// What people note of it.
    pub(crate) note: Option<String>,
}

/// The words that a row says of a line; none where it is silent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// Why it differs.
    pub(crate) reason: Option<DocumentId>,
    /// What people note of it.
    pub(crate) note: Option<String>,
}

// ---- rules ----

/// A stocktake that the caller may count now, all of it on this device.
pub(crate) fn require_counting(
    read: &(impl ViewRead + ?Sized),
    caller: &Caller,
    id: DocumentId,
) -> Result<StocktakeRow, Failure> {
    let row = load_open(read, caller, id)?;
    require_whole(read, id, row.sheets)?;
    Ok(row)
}

/// What is said of a stock line now.
pub(crate) fn stand(
    read: &(impl ViewRead + ?Sized),
    row: &StocktakeRow,
    line: DocumentId,
) -> Result<Stand, Failure> {
    let (_, sheet) = sheet(read, row.id, sheet_of(line, row.sheets))?;
    Ok(Stand {
        on_sheet: sheet.has(line),
        count: sheet.standing(line).count.map(|count| count.observation),
        reason: sheet.reasons.get(&line).copied().flatten(),
        note: sheet.notes.get(&line).cloned().flatten(),
    })
}

/// The next position, of lines that one command adds.
fn next_position(txn: &Txn<'_>, stocktake: DocumentId, added: &Cell<u32>) -> Result<u32, Failure> {
    added.set(added.get() + 1);
    let position = last_position(txn, stocktake)? + added.get();
    match position as usize <= LINES_MAX {
        true => Ok(position),
        false => Err(Rejection::new("too-many-lines", format!("at most {LINES_MAX} lines"))
            .with("max", LINES_MAX)
            .with("found", position)
            .into()),
    }
}

/// Whether somebody else has counted it too, unknown to this count.
fn has_unknown(sheet: &Sheet, count: &Observation, import: DocumentId) -> bool {
    sheet.counts.iter().any(|(id, other)| {
        let is_other = other.line == count.line && other.import != Some(import) && other.quantity.is_some();
        is_other && count.seen.get(id).is_none_or(|seen| *seen < other.revision)
    })
}

// ---- write ----

/// Writes down a count that a table brings; a line that is on no sheet is added to its sheet.
pub(crate) fn count_imported(
    txn: &mut Txn<'_>,
    caller: &Caller,
    row: &StocktakeRow,
    import: DocumentId,
    wish: &CountLine,
    added: &Cell<u32>,
) -> Result<(), Failure> {
    let line = wish.stock_line;
    let (sheet_id, mut sheet) = sheet(txn, row.id, sheet_of(line, row.sheets))?;
    let item = stock_line::require(txn, "/stockLine", row.store, line)?.item;
    let is_new = !sheet.lines.contains_key(&line);
    let is_struck = !is_new && !sheet.has(line);
    if is_new {
        let position = next_position(txn, row.id, added)?;
        sheet.lines.insert(line, SheetLine { item, position });
    }
    sheet.struck.remove(&line);
    let entry = Entry { sheet_id, sheet: &sheet, wish, pointer: "", import: Some(import) };
    count::write(txn, caller, row, entry)?;
    if let (true, Some(on_sheet)) = (is_new, sheet.lines.get(&line)) {
        put_line(txn, sheet_id, line, *on_sheet);
    }
    if is_struck {
        txn.put(sheet_id, &["struck", &line.to_string()], false);
    }
    Ok(())
}

/// Puts a batch on paper that was found, with nothing, and counts it. Its id follows from what it is, so that two devices
/// that import one table open it once.
pub(crate) fn open_batch(
    txn: &mut Txn<'_>,
    caller: &Caller,
    row: &StocktakeRow,
    import: DocumentId,
    (line, command): (DocumentId, &AddBatch),
    added: &Cell<u32>,
) -> Result<(), Failure> {
    let stock = StockLine {
        pack_size: record::valid_pack_size("/packSize", command.pack_size.unwrap_or(1))?,
        batch: record::valid_label("/batch", command.batch.as_deref())?,
        expiry: command.expiry,
        location: command.location,
        ..StockLine::found(StockLine::new_stamp(txn.now(), caller), row.store, command.item)
    };
    let position = next_position(txn, row.id, added)?;
    let (sheet_id, mut sheet) = sheet(txn, row.id, sheet_of(line, row.sheets))?;
    let on_sheet = SheetLine { item: command.item, position };
    sheet.lines.insert(line, on_sheet);
    let wish = CountLine {
        stock_line: line,
        quantity: command.quantity.map(Some),
        reason: command.reason.map(Some),
        note: command.note.clone().map(Some),
        state: None,
    };
    let entry = Entry { sheet_id, sheet: &sheet, wish: &wish, pointer: "", import: Some(import) };
    count::write(txn, caller, row, entry)?;
    txn.create(line, record::root_of(&stock));
    put_line(txn, sheet_id, line, on_sheet);
    Ok(())
}

/// Takes back a count that an import brought.
///
/// # Errors
/// `counted-since` where somebody has counted the line since, or beside it; as counting.
pub(crate) fn uncount(
    txn: &mut Txn<'_>,
    caller: &Caller,
    (stocktake, import): (DocumentId, DocumentId),
    line: DocumentId,
    before: &Stand,
    said: &Said,
) -> Result<(), Failure> {
    let row = load_open(txn, caller, stocktake)?;
    let (sheet_id, sheet) = sheet(txn, stocktake, sheet_of(line, row.sheets))?;
    let Some(count) = sheet.standing(line).count.map(|count| count.observation) else { return Ok(()) };
    let stood = before.count.clone().filter(|stood| stood.quantity.is_some());
    if count.import != Some(import) || has_unknown(&sheet, &count, import) {
        let is_back = stood.is_some_and(|stood| stood.quantity == count.quantity);
        return if is_back { Ok(()) } else { Err(reject::counted_since().into()) };
    }
    let withdrawn = count::observe(txn, caller, &row, &sheet, line, None)?;
    let observation = match stood.filter(|stood| stood.device == txn.device()) {
        Some(stood) => Observation { revision: withdrawn.revision, seen: withdrawn.seen, ..stood },
        None => withdrawn,
    };
    count::put_observation(txn, sheet_id, &observation, line);
    let key = line.to_string();
    if said.reason.is_some() && sheet.reasons.get(&line).copied().flatten() == said.reason {
        txn.put(sheet_id, &["reasons", &key], count::value(&before.reason));
    }
    if said.note.is_some() && sheet.notes.get(&line).cloned().flatten() == said.note {
        txn.put(sheet_id, &["notes", &key], count::value(&before.note));
    }
    if !before.on_sheet {
        txn.put(sheet_id, &["struck", &key], true);
    }
    Ok(())
}
