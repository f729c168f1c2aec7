//! Making forms, looking at the ledger again, and throwing drafts away.

use std::collections::BTreeMap;

use crdt_store::{DocumentId, Failure, Txn};

use super::chain::{previous, require_opening};
use super::ledger::{self, Before, Wanted};
use super::rules::require_draft;
use super::types::{CreateRnrForm, RnrForm, Status, UpdateRnrForm};
use crate::formula::rnr::Terms;
use crate::period_schedule::Period;
use crate::permission::{Caller, Permission};
use crate::record::{self, Created, Record};
use crate::shipment::{End, Event};
use crate::store::StoreRow;
use crate::text::day_of;
use crate::{programme, reject, requisition, store};

/// A form of a store where the caller may fill forms.
pub(super) fn load(txn: &Txn<'_>, caller: &Caller, id: DocumentId) -> Result<RnrForm, Failure> {
    let form: RnrForm = record::load(txn, id)?;
    caller.require(Permission::RnrForms, form.store)?;
    Ok(form)
}

/// Makes a form and fills it from the ledger. One that is there already stays as it is; one that was thrown away begins
/// anew.
///
/// # Errors
/// `validation` where the programme has no periods, the day begins none or one that has not begun, or nobody is asked;
/// `previous-form-open`, `previous-form-missing` and `form-follows` where it is not the next form.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateRnrForm) -> Result<Created, Failure> {
    caller.require(Permission::RnrForms, command.store)?;
    let store = store::require_open(txn, command.store)?;
    let programme = programme::require(txn, "/programme", store.id, command.programme)?;
    let id = RnrForm::id_of(store.id, programme.id, command.period);
    let there: Option<RnrForm> = record::find(txn, id)?;
    if there.as_ref().is_some_and(|form| form.status() != Status::Discarded) {
        return Ok(Created { id });
    }
    let period = require_opening(txn, store.id, &programme, command.period, day_of(txn.now()))?;
    let form = blank(txn, caller, &store, period, command)?;
    match there {
        Some(old) => begin_anew(txn, id, &old, form),
        None => txn.create(id, record::root_of(&form)),
    }
    Ok(Created { id })
}

fn blank(
    txn: &Txn<'_>,
    caller: &Caller,
    store: &StoreRow,
    period: Period,
    command: &CreateRnrForm,
) -> Result<RnrForm, Failure> {
    let supplier = command.supplier.or(store.supplier.map(End::Store));
    let nobody = || reject::validation("/supplier", "who is asked? The store has no supplier of its own");
    let supplier = supplier.ok_or_else(nobody)?;
    requisition::require_supplier_of(txn, store.id, supplier)?;
    let terms = Terms {
        period_days: period.days(),
        understock_months: store.understock_months,
        overstock_months: store.overstock_months,
    };
    Ok(RnrForm {
        stamp: RnrForm::new_stamp(txn.now(), caller),
        store: store.id,
        programme: command.programme,
        from: period.from,
        to: period.to,
        supplier_store: matches!(supplier, End::Store(_)).then(|| supplier.id()),
        supplier_partner: matches!(supplier, End::Partner(_)).then(|| supplier.id()),
        terms,
        comment: record::valid_note("/comment", command.comment.as_deref())?,
        discarded_at: None,
        requisition: None,
        events: BTreeMap::from([(Status::Draft, Event { at: txn.now(), by: caller.user })]),
        lines: lines(txn, store.id, command.programme, period)?,
        initial_balance: BTreeMap::new(),
        received: BTreeMap::new(),
        consumed: BTreeMap::new(),
        adjustments: BTreeMap::new(),
        losses: BTreeMap::new(),
        stock_out_days: BTreeMap::new(),
        final_balance: BTreeMap::new(),
        requested: BTreeMap::new(),
        expiry: BTreeMap::new(),
        notes: BTreeMap::new(),
        confirmed: BTreeMap::new(),
        reported: BTreeMap::new(),
    })
}

fn lines(
    txn: &Txn<'_>,
    store: DocumentId,
    programme: DocumentId,
    period: Period,
) -> Result<BTreeMap<DocumentId, super::Computed>, Failure> {
    let mut forms = Vec::new();
    for row in previous(txn, store, programme, period.from)? {
        forms.extend(record::find::<RnrForm>(txn, row.id)?);
    }
    let before = Before { forms, from: period.from };
    let wanted = Wanted { store, programme, period, today: day_of(txn.now()) };
    ledger::lines(txn, wanted, &before)
}

/// What was thrown away is made again under its id: what people had written in it is emptied, and when it was made first
/// stays.
fn begin_anew(txn: &mut Txn<'_>, id: DocumentId, old: &RnrForm, form: RnrForm) {
    let new = RnrForm {
        stamp: old.stamp.clone(),
        events: old.events.clone(),
        initial_balance: emptied(&old.initial_balance),
        received: emptied(&old.received),
        consumed: emptied(&old.consumed),
        adjustments: emptied(&old.adjustments),
        losses: emptied(&old.losses),
        stock_out_days: emptied(&old.stock_out_days),
        final_balance: emptied(&old.final_balance),
        requested: emptied(&old.requested),
        expiry: emptied(&old.expiry),
        notes: emptied(&old.notes),
        confirmed: emptied(&old.confirmed),
        ..form
    };
    record::put_difference(txn, id, old, &new);
}

fn emptied<T>(column: &BTreeMap<DocumentId, Option<T>>) -> BTreeMap<DocumentId, Option<T>> {
    column.keys().map(|item| (*item, None)).collect()
}

/// Looks at the ledger again: what people wrote stays, what was computed is what the ledger says now.
pub fn refresh(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId) -> Result<(), Failure> {
    let old = load(txn, caller, id)?;
    require_draft(&old, "look at the ledger again")?;
    let period = Period { from: old.from, to: old.to };
    let mut new = old.clone();
    new.lines.extend(lines(txn, old.store, old.programme, period)?);
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Changes what is said of a form as a whole.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateRnrForm,
) -> Result<(), Failure> {
    let old = load(txn, caller, id)?;
    require_draft(&old, "change it")?;
    let mut new = old.clone();
    if let Some(comment) = &command.comment {
        new.comment = record::valid_note("/comment", comment.as_deref())?;
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Throws a draft away. What was finalised is not.
pub fn discard(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId) -> Result<(), Failure> {
    let old = load(txn, caller, id)?;
    if old.status() == Status::Discarded {
        return Ok(());
    }
    require_draft(&old, "throw it away")?;
    let new = RnrForm { discarded_at: Some(txn.now()), ..old.clone() };
    record::put_difference(txn, id, &old, &new);
    Ok(())
}
