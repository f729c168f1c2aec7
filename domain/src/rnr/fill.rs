//! Filling a form: what people write over what was computed, and confirming lines.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{DocumentId, Failure, Rejection, Txn};

use super::make::load;
use super::rules::{refusal, require_draft};
use super::types::{Cells, ConfirmLines, Entered, FillLine, FillLines, LINES_MAX, RnrForm, Values};
use crate::permission::Caller;
use crate::quantity::{AMOUNT_MAX, Quantity};
use crate::{record, reject};

/// Most days out of stock that can be written: those of the longest period, and some that are too many and are told so.
const DAYS_MAX: u32 = 999;

/// Writes cells of lines, all or none. What cannot be right may be written; it stands against finalising.
///
/// # Errors
/// `not-found` for an item that is no line; `stale-cell` where something else stands there than the writer saw.
pub fn fill(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId, command: &FillLines) -> Result<(), Failure> {
    let old = load(txn, caller, id)?;
    require_draft(&old, "fill it")?;
    if command.lines.is_empty() || command.lines.len() > LINES_MAX {
        return Err(reject::validation("/lines", format!("1 to {LINES_MAX} lines")).into());
    }
    let mut seen = BTreeSet::new();
    let mut new = old.clone();
    for (at, line) in command.lines.iter().enumerate() {
        let pointer = format!("/lines/{at}");
        if !seen.insert(line.item) {
            return Err(reject::validation(format!("{pointer}/item"), "this item is there twice").into());
        }
        write(&mut new, line, &pointer)?;
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

fn write(form: &mut RnrForm, line: &FillLine, pointer: &str) -> Result<(), Rejection> {
    let FillLine { item, set, was } = line;
    let values = form.values(*item);
    let values = values.ok_or_else(|| reject::not_found("line", *item).at(format!("{pointer}/item")))?;
    require_seen(&values, &form.entered(*item), form.note(*item), was, &format!("{pointer}/was"))?;
    let at = |field: &str| format!("{pointer}/set/{field}");
    put(&mut form.initial_balance, *item, set.initial_balance, amount(at("initialBalance")))?;
    put(&mut form.received, *item, set.received, amount(at("received")))?;
    put(&mut form.consumed, *item, set.consumed, amount(at("consumed")))?;
    put(&mut form.adjustments, *item, set.adjustments, amount(at("adjustments")))?;
    put(&mut form.losses, *item, set.losses, amount(at("losses")))?;
    put(&mut form.final_balance, *item, set.final_balance, amount(at("finalBalance")))?;
    put(&mut form.requested, *item, set.requested, amount(at("requested")))?;
    put(&mut form.stock_out_days, *item, set.stock_out_days, |days| match days {
        0..=DAYS_MAX => Ok(days),
        _ => Err(reject::validation(at("stockOutDays"), format!("0 to {DAYS_MAX} days"))),
    })?;
    put(&mut form.expiry, *item, set.expiry, Ok)?;
    if let Some(note) = &set.note {
        form.notes.insert(*item, record::valid_note(&at("note"), note.as_deref())?);
    }
    Ok(())
}

/// Writes a cell if it is spoken of.
fn put<T>(
    column: &mut BTreeMap<DocumentId, Option<T>>,
    item: DocumentId,
    wish: Option<Option<T>>,
    valid: impl FnOnce(T) -> Result<T, Rejection>,
) -> Result<(), Rejection> {
    if let Some(wish) = wish {
        column.insert(item, wish.map(valid).transpose()?);
    }
    Ok(())
}

/// An amount that can be written down; what is below zero is told when the line is looked at as a whole.
fn amount(pointer: String) -> impl FnOnce(Quantity) -> Result<Quantity, Rejection> {
    move |quantity| match quantity.clamped() == quantity {
        true => Ok(quantity),
        false => {
            Err(reject::validation(pointer, format!("at most {}", Quantity::from_thousandths(AMOUNT_MAX))))
        }
    }
}

/// `stale-cell`: somebody else wrote there since the writer looked.
fn require_seen(
    values: &Values,
    entered: &Entered,
    note: Option<&str>,
    was: &Cells,
    pointer: &str,
) -> Result<(), Rejection> {
    let report = values.report;
    let text = |quantity: Quantity| Some(quantity.to_string());
    // Null is that nobody wrote there.
    let quantity = |was: Option<Option<Quantity>>, entered: Option<Quantity>, stands: Quantity| {
        was.is_some_and(|was| was != entered && was != Some(stands))
    };
    let cells = [
        (
            "initialBalance",
            quantity(was.initial_balance, entered.initial_balance, report.initial_balance),
            text(report.initial_balance),
        ),
        ("received", quantity(was.received, entered.received, report.received), text(report.received)),
        ("consumed", quantity(was.consumed, entered.consumed, report.consumed), text(report.consumed)),
        (
            "adjustments",
            quantity(was.adjustments, entered.adjustments, report.adjustments),
            text(report.adjustments),
        ),
        ("losses", quantity(was.losses, entered.losses, report.losses), text(report.losses)),
        (
            "finalBalance",
            quantity(was.final_balance, entered.final_balance, values.final_balance),
            text(values.final_balance),
        ),
        ("requested", quantity(was.requested, entered.requested, values.requested), text(values.requested)),
        (
            "stockOutDays",
            was.stock_out_days
                .is_some_and(|was| was != entered.stock_out_days && was != Some(report.stock_out_days)),
            Some(report.stock_out_days.to_string()),
        ),
        (
            "expiry",
            was.expiry.is_some_and(|was| was != entered.expiry && was != values.expiry),
            values.expiry.map(|day| day.to_string()),
        ),
        ("note", was.note.as_ref().is_some_and(|was| was.as_deref() != note), note.map(str::to_owned)),
    ];
    match cells.into_iter().find(|(_, is_stale, _)| *is_stale) {
        None => Ok(()),
        Some((field, _, stands)) => {
            let stands = stands.unwrap_or_default();
            Err(Rejection::new("stale-cell", format!("somebody wrote «{stands}» meanwhile"))
                .at(format!("{pointer}/{field}"))
                .with("value", stands))
        }
    }
}

/// Confirms lines as they stand, or takes that back. Lines that are named must be such that they can be right; where none
/// are named, the others are passed over.
///
/// # Errors
/// What stands against finalising the first line that cannot be right, as [`finalise`](super::finalise) says it.
pub fn confirm(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &ConfirmLines,
) -> Result<(), Failure> {
    let old = load(txn, caller, id)?;
    require_draft(&old, "confirm lines")?;
    let mut new = old.clone();
    let named = command.items.clone();
    let items = named.clone().unwrap_or_else(|| old.items().collect());
    for (at, item) in items.into_iter().enumerate() {
        let values = old.values(item);
        let values = values.ok_or_else(|| reject::not_found("line", item).at(format!("/items/{at}")))?;
        if !command.confirmed {
            if old.is_confirmed(item) {
                new.confirmed.insert(item, None);
            }
            continue;
        }
        let faults: Vec<_> = old.faults(item).into_iter().map(|problem| (item, problem)).collect();
        match (refusal(&faults), &named) {
            (None, _) => drop(new.confirmed.insert(item, Some(values.mark(item)))),
            (Some(_), None) => {}
            (Some(rejection), Some(_)) => return Err(rejection.into()),
        }
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}
