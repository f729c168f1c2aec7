//! The customer's part of a requisition: what it asks for.

use std::collections::BTreeSet;

use crdt_store::{DocumentId, Failure, Rejection, Txn};

use super::grounds::Grounds;
use super::rules::{require_customer, require_status};
use super::types::{
    AddLines, LINES_EVER_MAX, LINES_MAX, LineSelection, NewLine, Requisition, Status, UpdateLine,
};
use crate::permission::{Caller, Permission};
use crate::reason::ReasonKind;
use crate::stock_line::valid_quantity;
use crate::text::day_of;
use crate::{query, reason, record, reject};

/// The items that may be asked for without naming them: the programme's, or those the store keeps.
fn usual_items(txn: &Txn<'_>, requisition: &Requisition) -> Result<BTreeSet<DocumentId>, Failure> {
    match requisition.programme {
        Some(programme) => Ok(query::programmes::item_ids(txn, programme)?),
        None => Ok(query::stock_items::kept_items(txn, requisition.customer)?.into_keys().collect()),
    }
}

/// Writes lines into a requisition; what names no quantity asks for what is suggested.
pub(super) fn write_lines(
    txn: &Txn<'_>,
    requisition: &mut Requisition,
    lines: &[NewLine],
) -> Result<(), Failure> {
    let listed = requisition.programme.map(|id| query::programmes::item_ids(txn, id)).transpose()?;
    let grounds = Grounds::of(txn, requisition.customer, day_of(txn.now()))?;
    for (at, line) in lines.iter().enumerate() {
        let pointer = format!("/lines/{at}/item");
        query::items::require(txn, &pointer, line.item)?;
        if listed.as_ref().is_some_and(|listed| !listed.contains(&line.item)) {
            return Err(reject::validation(pointer, "this is no item of the programme").into());
        }
        let requested = match line.requested {
            Some(requested) => valid_quantity(&format!("/lines/{at}/requested"), requested)?,
            None => grounds.suggested(requisition, line.item)?,
        };
        requisition.requested.insert(line.item, Some(requested));
    }
    require_length(requisition)
}

/// Writes a line for each of the items of which something is suggested.
pub(super) fn write_suggested(txn: &Txn<'_>, requisition: &mut Requisition) -> Result<(), Failure> {
    let grounds = Grounds::of(txn, requisition.customer, day_of(txn.now()))?;
    for item in usual_items(txn, requisition)? {
        let suggested = grounds.suggested(requisition, item)?;
        if suggested.is_positive() {
            requisition.requested.insert(item, Some(suggested));
        }
    }
    require_length(requisition)
}

fn require_length(requisition: &Requisition) -> Result<(), Failure> {
    match requisition.standing_items().len() <= LINES_MAX && requisition.items().len() <= LINES_EVER_MAX {
        true => Ok(()),
        false => Err(reject::validation("/lines", format!("at most {LINES_MAX} lines")).into()),
    }
}

/// A requisition whose customer's part this caller may write.
fn load_for_customer(txn: &Txn<'_>, caller: &Caller, id: DocumentId) -> Result<Requisition, Failure> {
    let requisition: Requisition = record::load(txn, id)?;
    require_customer(caller, &requisition, Permission::RequisitionEdit)?;
    match requisition.status() {
        Status::Draft | Status::Sent => Ok(requisition),
        done => Err(reject::wrong_status(done, "change a line").into()),
    }
}

/// Adds lines, or sets what those that are there already ask for. After sending, that amends it.
pub fn add_lines(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &AddLines,
) -> Result<(), Failure> {
    let old = load_for_customer(txn, caller, id)?;
    let mut new = old.clone();
    write_lines(txn, &mut new, &command.lines)?;
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Changes a line. After sending, a quantity amends it.
pub fn update_line(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    item: DocumentId,
    command: &UpdateLine,
) -> Result<(), Failure> {
    let old = load_for_customer(txn, caller, id)?;
    require_line(&old, item)?;
    let mut new = old.clone();
    if let Some(requested) = command.requested {
        new.requested.insert(item, Some(valid_quantity("/requested", requested)?));
    }
    if let Some(reason) = command.reason {
        if let Some(reason) = reason {
            require_variance(txn, "/reason", reason)?;
        }
        new.reasons.insert(item, reason);
    }
    if let Some(note) = &command.note {
        new.notes.insert(item, record::valid_note("/note", note.as_deref())?);
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

pub(super) fn require_line(requisition: &Requisition, item: DocumentId) -> Result<(), Rejection> {
    match requisition.items().contains(&item) {
        true => Ok(()),
        false => Err(reject::not_found("line", item)),
    }
}

fn require_variance(txn: &Txn<'_>, pointer: &str, id: DocumentId) -> Result<(), Failure> {
    let reasons = reason::all(txn)?;
    match reasons.iter().any(|row| row.id == id && row.active && row.kind == ReasonKind::RequisitionVariance)
    {
        true => Ok(()),
        false => Err(reject::not_found("reason", id).at(pointer).into()),
    }
}

/// Strikes a line off. After sending, that amends it to nothing.
pub fn remove_line(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    item: DocumentId,
) -> Result<(), Failure> {
    let old = load_for_customer(txn, caller, id)?;
    require_line(&old, item)?;
    let mut new = old.clone();
    new.requested.insert(item, None);
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Has lines of a draft ask for what is suggested now.
pub fn use_suggested(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &LineSelection,
) -> Result<(), Failure> {
    let old = load_for_customer(txn, caller, id)?;
    require_status(&old, Status::Draft, "use what is suggested")?;
    let mut new = old.clone();
    let grounds = Grounds::of(txn, old.customer, day_of(txn.now()))?;
    for (item, line) in old.lines().filter(|(item, _)| command.contains(*item)) {
        if line.requested.is_some() {
            new.requested.insert(item, Some(grounds.suggested(&old, item)?));
        }
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}
