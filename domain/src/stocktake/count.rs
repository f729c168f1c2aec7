//! Counting: what somebody sees on the shelf, with what their device knew.

use std::collections::btree_map::Entry as MapEntry;
use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{DocumentId, Failure, Rejection, Txn, Value};

use super::make::{load_open, sheet};
use super::rules::Movements;
use super::types::{
    CountLine, CountLines, CountedLine, KeepCount, Observation, Sheet, StocktakeRow, Whether, sheet_of,
};
use crate::permission::Caller;
use crate::quantity::Quantity;
use crate::{reason, record, reject, stock_line};

/// Most counts in one command.
const COUNTS_MAX: usize = 500;

/// One line to be counted, with its sheet.
pub(super) struct Entry<'a> {
    pub(super) sheet_id: DocumentId,
    pub(super) sheet: &'a Sheet,
    pub(super) wish: &'a CountLine,
    pub(super) pointer: &'a str,
    /// The import that brings it.
    pub(super) import: Option<DocumentId>,
}

/// Writes down counts, all or none.
pub fn count(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &CountLines,
) -> Result<Vec<CountedLine>, Failure> {
    let row = load_open(txn, caller, id)?;
    if command.lines.is_empty() || command.lines.len() > COUNTS_MAX {
        return Err(reject::validation("/lines", format!("1 to {COUNTS_MAX} lines")).into());
    }
    let mut seen = BTreeSet::new();
    let mut counted = Vec::new();
    // A sheet is read once for all its lines: none of them says anything of another.
    let mut sheets: BTreeMap<u32, (DocumentId, Sheet)> = BTreeMap::new();
    for (at, wish) in command.lines.iter().enumerate() {
        let pointer = format!("/lines/{at}");
        if !seen.insert(wish.stock_line) {
            let pointer = format!("{pointer}/stockLine");
            return Err(reject::validation(pointer, "this stock line is there twice").into());
        }
        let (sheet_id, sheet) = match sheets.entry(sheet_of(wish.stock_line, row.sheets)) {
            MapEntry::Occupied(read) => read.into_mut(),
            MapEntry::Vacant(place) => {
                let read = sheet(txn, id, *place.key())?;
                place.insert(read)
            }
        };
        let entry = Entry { sheet_id: *sheet_id, sheet, wish, pointer: &pointer, import: None };
        counted.push(write(txn, caller, &row, entry)?);
    }
    Ok(counted)
}

/// Writes down one count.
pub(super) fn write(
    txn: &mut Txn<'_>,
    caller: &Caller,
    row: &StocktakeRow,
    entry: Entry<'_>,
) -> Result<CountedLine, Failure> {
    let Entry { sheet_id, sheet, wish, pointer, import } = entry;
    let line = wish.stock_line;
    if !sheet.has(line) {
        return Err(reject::not_found("line", line).at(format!("{pointer}/stockLine")).into());
    }
    require_state(sheet, line, wish.state.as_deref(), pointer)?;
    if let Some(quantity) = wish.quantity {
        if let Some(quantity) = quantity {
            stock_line::valid_quantity(&format!("{pointer}/quantity"), quantity)?;
        }
        let observation = Observation { import, ..observe(txn, caller, row, sheet, line, quantity)? };
        put_observation(txn, sheet_id, &observation, line);
        let mut after = sheet.clone();
        after.counts.insert(observation_id(txn, line), observation);
        put_words(
            txn,
            sheet_id,
            sheet,
            wish,
            pointer,
            after.standing(line).count.and_then(|count| count.observation.difference()),
        )?;
        return Ok(counted_line(&after, line));
    }
    let difference = sheet.standing(line).count.and_then(|count| count.observation.difference());
    put_words(txn, sheet_id, sheet, wish, pointer, difference)?;
    Ok(counted_line(sheet, line))
}

/// Puts the reason and the note, where they were said.
fn put_words(
    txn: &mut Txn<'_>,
    sheet_id: DocumentId,
    sheet: &Sheet,
    wish: &CountLine,
    pointer: &str,
    difference: Option<Quantity>,
) -> Result<(), Failure> {
    let key = wish.stock_line.to_string();
    if let Some(reason) = wish.reason {
        let chosen_before = sheet.reasons.get(&wish.stock_line).copied().flatten();
        if let Some(id) = reason.filter(|id| Some(*id) != chosen_before) {
            reason::require_known(txn, &format!("{pointer}/reason"), id, difference)?;
        }
        txn.put(sheet_id, &["reasons", &key], value(&reason));
    }
    if let Some(note) = &wish.note {
        let note = record::valid_note(&format!("{pointer}/note"), note.as_deref())?;
        txn.put(sheet_id, &["notes", &key], value(&note));
    }
    Ok(())
}

pub(super) fn value<T: serde::Serialize>(data: &T) -> Value {
    Value::from_data(data).expect("scalars and maps of scalars")
}

fn counted_line(sheet: &Sheet, line: DocumentId) -> CountedLine {
    let standing = sheet.standing(line);
    let count = standing.count.map(|count| count.observation);
    CountedLine {
        stock_line: line,
        quantity: count.as_ref().and_then(|count| count.quantity),
        balance: count.as_ref().map_or(Quantity::ZERO, |count| count.balance),
        difference: count.and_then(|count| count.difference()),
        state: standing.state,
    }
}

/// `stale-count`: the line was counted by somebody else since the caller saw it.
fn require_state(
    sheet: &Sheet,
    line: DocumentId,
    state: Option<&str>,
    pointer: &str,
) -> Result<(), Rejection> {
    let standing = sheet.standing(line);
    if state.is_none_or(|state| state == standing.state) {
        return Ok(());
    }
    let counted = standing.count.and_then(|count| count.observation.quantity);
    let counted_text = counted.map_or_else(String::new, |quantity| quantity.to_string());
    Err(Rejection::new("stale-count", format!("somebody counted «{counted_text}» meanwhile"))
        .at(format!("{pointer}/state"))
        .with("counted", counted_text)
        .with("state", standing.state))
}

/// The key under which this life of this device's database writes its observation of a line.
fn observation_id(txn: &Txn<'_>, line: DocumentId) -> DocumentId {
    line.derived(&format!("count/{}/{}", txn.device(), txn.incarnation()))
}

/// An observation made now, knowing all that this device knows.
pub(super) fn observe(
    txn: &Txn<'_>,
    caller: &Caller,
    row: &StocktakeRow,
    sheet: &Sheet,
    line: DocumentId,
    quantity: Option<Quantity>,
) -> Result<Observation, Failure> {
    let movements = Movements::of(txn, line)?;
    let (known, known_until) = movements.known();
    let own = observation_id(txn, line);
    let others = sheet.counts.iter().filter(|(id, count)| count.line == line && **id != own);
    Ok(Observation {
        line,
        quantity,
        balance: stock_line::balance(txn, row.store, line)?.on_hand,
        known,
        known_until,
        knew_counts: movements.counts(row.id),
        unsettled: super::project::unsettled(txn, row.store, line)?,
        revision: sheet.counts.get(&own).map_or(0, |count| count.revision) + 1,
        seen: others.map(|(id, count)| (*id, count.revision)).collect(),
        at: txn.now(),
        by: caller.user,
        device: txn.device(),
        import: None,
    })
}

pub(super) fn put_observation(
    txn: &mut Txn<'_>,
    sheet: DocumentId,
    observation: &Observation,
    line: DocumentId,
) {
    let key = observation_id(txn, line).to_string();
    txn.put(sheet, &["counts", &key], value(observation));
}

/// Keeps one of the counts of a line, in the knowledge of all there are.
pub fn keep(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &KeepCount,
) -> Result<CountedLine, Failure> {
    let row = load_open(txn, caller, id)?;
    let line = command.stock_line;
    let (sheet_id, sheet) = sheet(txn, id, sheet_of(line, row.sheets))?;
    if !sheet.has(line) {
        return Err(reject::not_found("line", line).at("/stockLine").into());
    }
    require_state(&sheet, line, command.state.as_deref(), "")?;
    let kept = match command.count {
        None => sheet.standing(line).count.map(|count| count.observation),
        Some(count) => sheet.counts.get(&count).filter(|count| count.line == line).cloned(),
    };
    let Some(kept) = kept.filter(|kept| kept.quantity.is_some()) else {
        return Err(reject::validation("/count", "there is no such count").into());
    };
    let movements = Movements::of(txn, line)?;
    let in_doubt = movements.in_doubt(&kept, id);
    let counted_in: Quantity = match command.movements {
        Whether::Before => in_doubt.iter().map(|movement| movement.quantity).sum(),
        Whether::After => Quantity::ZERO,
    };
    let observation = Observation {
        balance: kept.balance + counted_in,
        ..observe(txn, caller, &row, &sheet, line, kept.quantity)?
    };
    put_observation(txn, sheet_id, &observation, line);
    let mut after = sheet.clone();
    after.counts.insert(observation_id(txn, line), observation);
    Ok(counted_line(&after, line))
}
