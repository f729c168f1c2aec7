//! What stocktakes and their sheets contribute to views: rows, movements, and the sums that tasks follow from.
//!
//! A task about a stocktake depends on the stocktake and on all its sheets. They meet in a sum: sheets add the marks of
//! what their lines come to, the stocktake takes away the marks of what was finalised; what remains came too late.

use std::collections::BTreeSet;

use crdt_store::{Document, DocumentId, Projection, Row, StoreError, Sum, Totals, View, ViewRead};

use super::rules::outcome_mark;
use super::types::{Sheet, Stocktake, StocktakeLineRow, StocktakeRow, StocktakeStatus};
use crate::effect::{self, Act, Movement, MovementKind};
use crate::quantity::Quantity;
use crate::record::Record;
use crate::task::{TaskKind, TaskRow};
use crate::text::{Key, id_at};
use crate::{number, views};

fn sum(view: View, key: Vec<u8>, amounts: [i64; 4], projection: &mut Projection) {
    if amounts != [0; 4] {
        projection.sums.push(Sum { view, key, amounts });
    }
}

// ---- the stocktake ----

pub(crate) fn project(document: &Document, stocktake: &Stocktake, projection: &mut Projection) {
    let id = document.id;
    project_row(id, stocktake, projection);
    number::project(id, &stocktake.number, projection);
    let finalised = stocktake.status() == StocktakeStatus::Finalised;
    let mut marks = 0_i64;
    if finalised {
        project_movements(id, stocktake, projection);
        marks = project_results(id, stocktake, projection);
    }
    let closed = i64::from(stocktake.status() != StocktakeStatus::Counting);
    let key = Key::new().id(stocktake.store).id(id).build();
    sum(views::SUM_STOCKTAKE_STATE, key, [-marks, 0, closed, i64::from(finalised)], projection);
}

fn project_row(id: DocumentId, stocktake: &Stocktake, projection: &mut Projection) {
    let closed = stocktake.closed();
    let row = StocktakeRow {
        id,
        store: stocktake.store,
        number: stocktake.number.clone(),
        description: stocktake.description.clone(),
        comment: stocktake.comment.clone(),
        status: stocktake.status(),
        initial: stocktake.initial,
        blind: stocktake.blind,
        on_hold: stocktake.on_hold,
        selection: stocktake.selection.clone(),
        sheets: stocktake.sheets,
        created_at: stocktake.stamp.created_at,
        created_by: stocktake.stamp.created_by,
        closed_at: closed.map(|event| event.at),
        closed_by: closed.map(|event| event.by),
        adjusted: stocktake.adjusted.values().filter(|line| line.quantity != Quantity::ZERO).count() as u32,
        confirmed: stocktake.confirmed.len() as u32,
    };
    let by_time = Key::new().id(stocktake.store).time(stocktake.stamp.created_at).id(id).build();
    projection.rows.push(views::row(views::STOCKTAKE, Key::new().id(id).build(), &row));
    projection.rows.push(views::row(views::STOCKTAKE_BY_TIME, by_time, &row));
}

fn project_movements(id: DocumentId, stocktake: &Stocktake, projection: &mut Projection) {
    let Some(event) = stocktake.closed() else { return };
    let act = Act { document: id, class: Stocktake::CLASS, number: Some(&stocktake.number) };
    for (line, adjusted) in &stocktake.adjusted {
        let kind = match adjusted.quantity.is_negative() {
            true => MovementKind::CountOut,
            false => MovementKind::CountIn,
        };
        let movement = Movement {
            part: *line,
            store: stocktake.store,
            item: adjusted.item,
            stock_line: *line,
            kind,
            quantity: adjusted.quantity,
            at: event.at,
            by: event.by,
            reason: adjusted.reason,
            other: None,
            device: None,
        };
        effect::project_movement(&act, &movement, projection);
        let one = i64::from(adjusted.quantity != Quantity::ZERO);
        let key = Key::new().id(stocktake.store).id(*line).build();
        let amounts = [one, one * i64::from(adjusted.knew), i64::from(adjusted.settles), 0];
        sum(views::SUM_COUNTED, key, amounts, projection);
    }
    for (line, confirmed) in &stocktake.confirmed {
        let key = Key::new().id(stocktake.store).id(*line).build();
        sum(views::SUM_COUNTED, key, [0, 0, i64::from(confirmed.settles), 0], projection);
    }
}

/// Rows of what was finalised, and the sum of their marks.
fn project_results(id: DocumentId, stocktake: &Stocktake, projection: &mut Projection) -> i64 {
    let lines: BTreeSet<_> = stocktake
        .adjusted
        .keys()
        .chain(stocktake.confirmed.keys())
        .chain(stocktake.put_aside.keys())
        .copied()
        .collect();
    let mut marks = 0;
    for line in lines {
        let Some(result) = stocktake.result(line) else { continue };
        marks += result.put_aside.unwrap_or_else(|| outcome_mark(line, result.counted, result.quantity));
        projection.rows.push(views::row(
            views::STOCKTAKE_RESULT,
            Key::new().id(id).id(line).build(),
            &result,
        ));
    }
    marks
}

// ---- its sheets ----

pub(crate) fn project_sheet(_: &Document, sheet: &Sheet, projection: &mut Projection) {
    let (mut counts, mut marks, mut rivals) = ([0_i64; 4], 0, 0);
    for (line, on_sheet) in sheet.lines.iter().filter(|(line, _)| sheet.has(**line)) {
        let standing = sheet.standing(*line);
        let count = standing.count.as_ref().map(|count| &count.observation);
        let outcome = count.and_then(|count| Some((count.quantity?, count.difference()?)));
        counts[0] += 1;
        if let Some((counted, difference)) = outcome {
            counts[1] += 1;
            counts[2] += i64::from(difference != Quantity::ZERO);
            marks += outcome_mark(*line, counted, difference);
        }
        rivals += i64::from(!standing.rivals.is_empty());
        let row = StocktakeLineRow {
            line: *line,
            item: on_sheet.item,
            position: on_sheet.position,
            standing,
            reason: sheet.reasons.get(line).copied().flatten(),
            note: sheet.notes.get(line).cloned().flatten(),
        };
        let place = u64::from(on_sheet.position);
        let key = Key::new().id(sheet.stocktake).number(place).id(*line).build();
        projection.rows.push(views::row(views::STOCKTAKE_LINE, key, &row));
    }
    counts[3] = rivals;
    let key = Key::new().id(sheet.store).id(sheet.stocktake).build();
    sum(views::SUM_STOCKTAKE, key.clone(), counts, projection);
    sum(views::SUM_STOCKTAKE_STATE, key, [marks, rivals, 0, 0], projection);
}

// ---- tasks ----

fn task(kind: TaskKind, store: DocumentId, document: DocumentId, stock_line: Option<DocumentId>) -> Vec<Row> {
    let task = TaskRow {
        kind,
        store,
        document,
        number: None,
        line: None,
        item: None,
        stock_line,
        expected: Quantity::ZERO,
        found: Quantity::ZERO,
    };
    let key = Key::new().id(store).byte(kind as u8).id(document).build();
    vec![views::row(views::TASK_COUNT, key, &task)]
}

/// Counts that differ while counting goes on; counts that came after the end.
pub(crate) fn derive_tasks(key: &[u8], totals: &Totals) -> Vec<Row> {
    let (Some(store), Some(stocktake)) = (id_at(key, 0), id_at(key, 16)) else { return Vec::new() };
    let [marks, rivals, closed, finalised] = totals.amounts;
    match (finalised > 0, closed > 0) {
        (true, _) if marks != 0 => task(TaskKind::LateCounts, store, stocktake, None),
        (false, false) if rivals > 0 => task(TaskKind::CountsDiffer, store, stocktake, None),
        _ => Vec::new(),
    }
}

/// A stock line that two stocktakes adjusted without knowing of each other.
pub(crate) fn derive_counted(key: &[u8], totals: &Totals) -> Vec<Row> {
    match (id_at(key, 0), id_at(key, 16)) {
        (Some(store), Some(line)) if rival_pairs(totals) > 0 => {
            task(TaskKind::CountedTwice, store, line, Some(line))
        }
        _ => Vec::new(),
    }
}

/// Pairs of adjustments by counts of which neither knew the other, and that no later count has settled: of n
/// adjustments made one after the other, each knows all before it.
fn rival_pairs(totals: &Totals) -> i64 {
    let [adjustments, known, settled, _] = totals.amounts;
    adjustments * (adjustments - 1) / 2 - known - settled
}

/// The same for a stock line, as far as this device knows.
pub(super) fn unsettled(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    line: DocumentId,
) -> Result<u32, StoreError> {
    let totals = read.totals(views::SUM_COUNTED, &Key::new().id(store).id(line).build())?;
    Ok(u32::try_from(rival_pairs(&totals)).unwrap_or(0))
}
