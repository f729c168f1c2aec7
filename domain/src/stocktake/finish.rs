//! Closing a stocktake, and counts that come too late for it.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{DocumentId, Failure, Rejection, StoreError, Txn, ViewRead, ViewReadExt};

use super::make::{load, require_open, require_whole};
use super::rules::outcome_mark;
use super::types::{
    Adjusted, Confirmed, Finalise, Observation, SettleLate, Stocktake, StocktakeLineRow, StocktakeResultRow,
    StocktakeStatus,
};
use crate::permission::Caller;
use crate::quantity::Quantity;
use crate::reason::{self, ReasonRow};
use crate::shipment::Event;
use crate::{record, reject, stock_line, views};

// ---- rules ----

/// All lines of a stocktake, in the order of its sheets.
fn lines(
    read: &(impl ViewRead + ?Sized),
    stocktake: DocumentId,
) -> Result<Vec<StocktakeLineRow>, StoreError> {
    read.rows(views::STOCKTAKE_LINE, stocktake.as_bytes())
}

/// What a line comes to, if it was counted.
fn outcome(row: &StocktakeLineRow) -> Option<(&Observation, Quantity, Quantity)> {
    let count = &row.standing.count.as_ref()?.observation;
    Some((count, count.quantity?, count.difference()?))
}

/// The mark of a line that nobody counted, or that is on no sheet: it adds nothing to the sum of marks.
const UNCOUNTED: i64 = 0;

/// The mark of what a line comes to now.
fn mark_now(row: &StocktakeLineRow) -> i64 {
    outcome(row).map_or(UNCOUNTED, |(_, counted, difference)| outcome_mark(row.line, counted, difference))
}

/// The mark of what a line came to when the stocktake was finalised, or late counts were last settled.
fn mark_then(line: DocumentId, result: Option<&StocktakeResultRow>) -> i64 {
    let of = |result: &StocktakeResultRow| {
        result.put_aside.unwrap_or_else(|| outcome_mark(line, result.counted, result.quantity))
    };
    result.map_or(UNCOUNTED, of)
}

/// Whether a line of a finalised stocktake says something else by now than when it was finalised: it was counted, counted
/// again, or its count was withdrawn by somebody who did not know of the end.
pub(crate) fn is_late(row: &StocktakeLineRow, result: Option<&StocktakeResultRow>) -> bool {
    mark_now(row) != mark_then(row.line, result)
}

/// A line that differs needs a reason where there is one to choose, but for a store's first stocktake. A reason that was
/// chosen while it could be chosen stays good when it is retired.
fn require_reason(
    stocktake: &Stocktake,
    reasons: &[ReasonRow],
    row: &StocktakeLineRow,
    difference: Quantity,
) -> Result<(), Rejection> {
    let addition = difference.is_positive();
    let explains = |reason: &&ReasonRow| reason.kind.explains(addition);
    let pointer = || format!("/lines/{}/reason", row.line);
    match row.reason.and_then(|id| reasons.iter().find(|reason| reason.id == id)) {
        Some(reason) if !explains(&reason) => {
            Err(reject::validation(pointer(), "this reason does not explain such a change"))
        }
        Some(_) => Ok(()),
        None if stocktake.initial || row.reason.is_some() => Ok(()),
        None if reasons.iter().any(|reason| reason.active && explains(&reason)) => {
            Err(reject::reason_required(pointer()).with("line", row.position))
        }
        None => Ok(()),
    }
}

/// A count after which more left than was counted cannot be right: it is made again, or what left was counted in. What
/// other devices did meanwhile is never refused; what this one knows is.
fn require_not_below_zero(
    txn: &Txn<'_>,
    stocktake: &Stocktake,
    row: &StocktakeLineRow,
) -> Result<(), Failure> {
    let Some((_, _, difference)) = outcome(row) else { return Ok(()) };
    let before = stocktake.result(row.line).map_or(Quantity::ZERO, |result| result.quantity);
    require_there(txn, stocktake.store, row.line, row.position, difference - before)
}

fn require_there(
    txn: &Txn<'_>,
    store: DocumentId,
    line: DocumentId,
    position: u32,
    change: Quantity,
) -> Result<(), Failure> {
    if !below_zero(stock_line::balance(txn, store, line)?.on_hand, change) {
        return Ok(());
    }
    Err(Rejection::new("below-zero", "more has left since than was counted; count this line again")
        .at(format!("/lines/{line}/quantity"))
        .with("line", position)
        .into())
}

/// Whether a change takes what is on hand below zero.
pub(crate) fn below_zero(on_hand: Quantity, change: Quantity) -> bool {
    change.is_negative() && (on_hand + change).is_negative()
}

/// Freezes what a counted line came to.
fn freeze(stocktake: &mut Stocktake, reasons: &[ReasonRow], row: &StocktakeLineRow) -> Result<(), Rejection> {
    let Some((count, counted, difference)) = outcome(row) else { return Ok(()) };
    if difference == Quantity::ZERO && !stocktake.adjusted.contains_key(&row.line) {
        stocktake.confirmed.insert(row.line, Confirmed { counted, settles: count.unsettled });
        return Ok(());
    }
    if difference != Quantity::ZERO {
        require_reason(stocktake, reasons, row, difference)?;
    }
    let adjusted = Adjusted {
        item: row.item,
        quantity: difference,
        counted,
        reason: row.reason,
        knew: count.knew_counts,
        settles: count.unsettled,
    };
    stocktake.adjusted.insert(row.line, adjusted);
    Ok(())
}

// ---- write ----

/// Adjusts stock by what was counted. Lines that nobody counted drop out. A second press changes nothing.
pub fn finalise(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &Finalise,
) -> Result<(), Failure> {
    let old = load(txn, caller, id)?;
    if old.status() == StocktakeStatus::Finalised {
        return Ok(());
    }
    require_open(old.status(), old.on_hold)?;
    require_whole(txn, id, old.sheets)?;
    let rows = lines(txn, id)?;
    let rivals = rows.iter().filter(|row| !row.standing.rivals.is_empty()).count();
    if rivals > 0 && !command.accept_latest {
        let message = format!("{rivals} lines were counted differently on two devices");
        return Err(Rejection::new("counts-differ", message).with("lines", rivals).into());
    }
    let reasons = reason::all(txn)?;
    let mut new = old.clone();
    let mut missing: Vec<Rejection> = Vec::new();
    for row in &rows {
        require_not_below_zero(txn, &old, row)?;
        missing.extend(freeze(&mut new, &reasons, row).err());
    }
    if let Some(first) = missing.first() {
        return Err(first.clone().with("lines", missing.len()).into());
    }
    if new.adjusted.is_empty() && new.confirmed.is_empty() {
        return Err(Rejection::new("nothing-counted", "no line has been counted").into());
    }
    new.events.insert(StocktakeStatus::Finalised, Event { at: txn.now(), by: caller.user });
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Gives a stocktake up: it adjusts nothing, and what was counted stays to be read.
pub fn cancel(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId) -> Result<(), Failure> {
    let old = load(txn, caller, id)?;
    match old.status() {
        StocktakeStatus::Cancelled => return Ok(()),
        StocktakeStatus::Finalised => return Err(reject::wrong_status(old.status(), "give it up").into()),
        StocktakeStatus::Counting => {}
    }
    let event = Event { at: txn.now(), by: caller.user };
    let new = Stocktake { events: BTreeMap::from([(StocktakeStatus::Cancelled, event)]), ..old.clone() };
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Applies counts that arrived after the stocktake was finalised, or puts them aside.
pub fn settle_late(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &SettleLate,
) -> Result<(), Failure> {
    let old = load(txn, caller, id)?;
    if old.status() != StocktakeStatus::Finalised {
        return Err(reject::wrong_status(old.status(), "settle late counts").into());
    }
    let reasons = reason::all(txn)?;
    let mut new = old.clone();
    let wanted = |line: DocumentId| command.stock_lines.as_ref().is_none_or(|lines| lines.contains(&line));
    let rows = lines(txn, id)?;
    for row in rows.iter().filter(|row| wanted(row.line)) {
        if !is_late(row, old.result(row.line).as_ref()) {
            continue;
        }
        let counted = outcome(row).is_some();
        match (command.apply, counted) {
            (true, true) => {
                require_not_below_zero(txn, &old, row)?;
                freeze(&mut new, &reasons, row)?;
            }
            (true, false) => take_back(txn, &mut new, row.line, row.position)?,
            (false, _) => {}
        }
        // An outcome that is applied is no longer put aside: its mark says the same either way.
        if !command.apply || !counted || old.put_aside.contains_key(&row.line) {
            new.put_aside.insert(row.line, mark_now(row));
        }
    }
    // Lines that somebody who did not know of the end has struck off since.
    let there: BTreeSet<DocumentId> = rows.iter().map(|row| row.line).collect();
    let settled = old.adjusted.keys().chain(old.confirmed.keys()).chain(old.put_aside.keys());
    for line in settled.copied().filter(|line| !there.contains(line) && wanted(*line)) {
        if mark_then(line, old.result(line).as_ref()) != UNCOUNTED {
            if command.apply {
                take_back(txn, &mut new, line, 0)?;
            }
            new.put_aside.insert(line, UNCOUNTED);
        }
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// What a line was adjusted by is no longer: its count was withdrawn.
fn take_back(
    txn: &Txn<'_>,
    stocktake: &mut Stocktake,
    line: DocumentId,
    position: u32,
) -> Result<(), Failure> {
    let store = stocktake.store;
    if let Some(adjusted) = stocktake.adjusted.get_mut(&line) {
        require_there(txn, store, line, position, -adjusted.quantity)?;
        adjusted.quantity = Quantity::ZERO;
    }
    Ok(())
}

/// What finalising made of a line, read without the document.
pub(crate) fn result_row(
    read: &(impl ViewRead + ?Sized),
    stocktake: DocumentId,
    line: DocumentId,
) -> Result<Option<StocktakeResultRow>, StoreError> {
    let key = [stocktake.as_bytes().as_slice(), line.as_bytes()].concat();
    read.row(views::STOCKTAKE_RESULT, &key)
}
