//! The customer's part of a requisition: what it asks for, and on what grounds.

use std::collections::BTreeSet;

use crdt_store::{DocumentId, Failure, Rejection, Txn, ViewRead, ViewReadExt};

use super::rules::{require_customer, require_status};
use super::types::{AddLines, Frozen, LINES_MAX, LineSelection, NewLine, Requisition, Status, UpdateLine};
use crate::consumption::Consumption;
use crate::effect::Balance;
use crate::formula::order::{self, Levels};
use crate::permission::{Caller, Permission};
use crate::quantity::Quantity;
use crate::query::consumption::StoreConsumption;
use crate::query::stock_items;
use crate::reason::ReasonKind;
use crate::text::{Key, day_of};
use crate::{query, reason, record, reject, views};

/// What a store has and uses of its items, for lines to be written on: one walk over the days looked back over, however
/// many lines there are.
pub(crate) struct Grounds<'r, R: ViewRead + ?Sized> {
    read: &'r R,
    store: DocumentId,
    consumption: StoreConsumption<'r, R>,
}

impl<'r, R: ViewRead + ?Sized> Grounds<'r, R> {
    pub(crate) fn of(read: &'r R, store: DocumentId, today: crate::Date) -> Result<Self, Failure> {
        Ok(Self { read, store, consumption: StoreConsumption::of(read, store, today)? })
    }

    /// How an item stands in the store.
    pub(crate) fn of_item(&self, item: DocumentId) -> Result<(Balance, Consumption), Failure> {
        let balance = stock_items::item_balance(self.read, self.store, item)?;
        let consumption = self.consumption.of_item(item, balance.on_hand)?;
        Ok((balance, consumption))
    }

    /// What a line is written on, with what it asks for.
    pub(crate) fn frozen(
        &self,
        requisition: &Requisition,
        item: DocumentId,
        requested: Quantity,
    ) -> Result<Frozen, Failure> {
        let (balance, consumption) = self.of_item(item)?;
        Ok(Frozen {
            on_hand: balance.on_hand,
            on_order: balance.on_order,
            monthly: consumption.monthly(),
            days_out: consumption.days_out,
            suggested: suggested(requisition, &balance, &consumption),
            requested,
        })
    }

    fn suggested(&self, requisition: &Requisition, item: DocumentId) -> Result<Quantity, Failure> {
        let (balance, consumption) = self.of_item(item)?;
        Ok(suggested(requisition, &balance, &consumption))
    }
}

fn suggested(requisition: &Requisition, balance: &Balance, consumption: &Consumption) -> Quantity {
    let Requisition { min_months, max_months, .. } = *requisition;
    order::suggested(consumption, balance.on_hand, &Levels { min_months, max_months })
}

/// The items that may be asked for without naming them: the programme's, or those the store keeps.
pub(super) fn usual_items(txn: &Txn<'_>, requisition: &Requisition) -> Result<BTreeSet<DocumentId>, Failure> {
    match requisition.programme {
        Some(programme) => programme_items(txn, programme),
        None => Ok(stock_items::kept_items(txn, requisition.customer)?.into_keys().collect()),
    }
}

fn programme_items(txn: &Txn<'_>, programme: DocumentId) -> Result<BTreeSet<DocumentId>, Failure> {
    let mut items = BTreeSet::new();
    txn.scan_prefix(views::PROGRAMME_ITEM, &Key::new().id(programme).build(), &mut |key, _| {
        items.extend(crate::text::id_at_end(key));
        std::ops::ControlFlow::Continue(())
    })?;
    Ok(items)
}

/// Writes lines into a requisition; what names no quantity asks for what is suggested.
pub(super) fn write_lines(
    txn: &Txn<'_>,
    requisition: &mut Requisition,
    lines: &[NewLine],
) -> Result<(), Failure> {
    let listed = requisition.programme.map(|programme| programme_items(txn, programme)).transpose()?;
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
    match requisition.items().len() <= LINES_MAX {
        true => Ok(()),
        false => Err(reject::validation("/lines", format!("at most {LINES_MAX} lines")).into()),
    }
}

pub(super) fn valid_quantity(pointer: &str, quantity: Quantity) -> Result<Quantity, Rejection> {
    match quantity.is_negative() {
        false => Ok(quantity),
        true => Err(reject::validation(pointer, "this cannot be below zero")),
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
