//! Finalising a form: its lines are frozen, and the order that follows is sent.

use std::collections::BTreeMap;

use crdt_store::{DocumentId, Failure, Txn};

use super::make::load;
use super::rules::{refusal, require_draft};
use super::types::{Column, FinalisedForm, RnrForm, Status, Values};
use crate::permission::Caller;
use crate::requisition::{self, FormOrder, Frozen};
use crate::shipment::{End, Event};
use crate::{programme, query, record, reject, store};

/// Finalises a form and sends its order: of what is requested, if anything is. A second press changes nothing, unless the order
/// is not here: then it was lost with the device that finalised, and is made again; if it only has not arrived yet, it is
/// the same one.
///
/// # Errors
/// `not-confirmed`, `negative-quantity`, `does-not-add-up` or `longer-than-period` for the first line that something stands against,
/// with how many other things do.
pub fn finalise(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId) -> Result<FinalisedForm, Failure> {
    let old = load(txn, caller, id)?;
    let supplier = old.supplier().ok_or_else(|| reject::validation("", "nobody is asked"))?;
    if old.status() == Status::Finalised {
        if old.requisition == Some(RnrForm::order_of(id, supplier)) {
            send_order(txn, caller, id, &old, supplier)?;
        }
        return Ok(FinalisedForm { requisition: old.requisition });
    }
    require_draft(&old, "finalise it")?;
    let problems: Vec<_> = old
        .items()
        .flat_map(|item| old.problems(item).into_iter().map(move |problem| (item, problem)))
        .collect();
    if let Some(rejection) = refusal(&problems) {
        return Err(rejection.into());
    }
    let mut new = old.clone();
    new.reported = old.items().filter_map(|item| Some((item, old.values(item)?))).collect();
    new.requisition = send_order(txn, caller, id, &new, supplier)?;
    new.events.insert(Status::Finalised, Event { at: txn.now(), by: caller.user });
    record::put_difference(txn, id, &old, &new);
    Ok(FinalisedForm { requisition: new.requisition })
}

fn send_order(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    form: &RnrForm,
    supplier: End,
) -> Result<Option<DocumentId>, Failure> {
    let requested = form.reported.iter().filter(|(_, values)| values.requested.is_positive());
    let mut lines = BTreeMap::new();
    for (item, values) in requested {
        lines.insert(*item, frozen(txn, form, *item, values)?);
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let order = FormOrder {
        id: RnrForm::order_of(id, supplier),
        form: id,
        number: order_number(txn, form)?,
        customer: form.store,
        supplier,
        programme: form.programme,
        period: form.from,
        understock_months: form.terms.understock_months,
        overstock_months: form.terms.overstock_months,
        comment: form.comment.clone(),
        lines,
    };
    requisition::create_for_form(txn, caller, &order)?;
    Ok(Some(order.id))
}

/// What a line of the order was asked for on: what the form says of it.
fn frozen(txn: &Txn<'_>, form: &RnrForm, item: DocumentId, values: &Values) -> Result<Frozen, Failure> {
    let figures = values.figures(form.terms);
    Ok(Frozen {
        on_hand: values.final_balance,
        on_order: query::stock_items::item_balance(txn, form.store, item)?.on_order,
        monthly: figures.average_monthly,
        days_out: values.report.stock_out_days,
        suggested: figures.requested,
        requested: values.requested,
    })
}

/// The number of the order for people: store, programme and month of the period, as in `KPU-EPI-2026-11`. It follows from
/// the form like the order itself, so that two devices that finalise a form print one number.
fn order_number(txn: &Txn<'_>, form: &RnrForm) -> Result<String, Failure> {
    let store = store::require(txn, form.store)?;
    let programme = programme::find(txn, form.programme)?;
    let programme = programme.ok_or_else(|| reject::not_found("programme", form.programme))?;
    let (year, month) = (form.from.year(), form.from.month());
    Ok(format!("{}-{}-{year}-{month:02}", store.code, programme.code))
}

/// Puts aside what arrived for a finalised form from a device that did not know of the end: the form stays as it was
/// reported, and says so in all its cells.
pub fn put_aside(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId) -> Result<(), Failure> {
    let old = load(txn, caller, id)?;
    if old.status() != Status::Finalised {
        return Err(reject::wrong_status(old.status(), "put anything aside").into());
    }
    let mut new = old.clone();
    for item in old.items() {
        let Some(reported) = old.reported.get(&item) else { continue };
        for late in old.late(item) {
            restore(&mut new, item, late.column, reported);
        }
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

fn restore(form: &mut RnrForm, item: DocumentId, column: Column, reported: &Values) {
    let report = reported.report;
    match column {
        Column::InitialBalance => drop(form.initial_balance.insert(item, Some(report.initial_balance))),
        Column::Received => drop(form.received.insert(item, Some(report.received))),
        Column::Consumed => drop(form.consumed.insert(item, Some(report.consumed))),
        Column::Losses => drop(form.losses.insert(item, Some(report.losses))),
        Column::Adjustments => drop(form.adjustments.insert(item, Some(report.adjustments))),
        Column::FinalBalance => drop(form.final_balance.insert(item, Some(reported.final_balance))),
        Column::StockOutDays => drop(form.stock_out_days.insert(item, Some(report.stock_out_days))),
        Column::Requested => drop(form.requested.insert(item, Some(reported.requested))),
        Column::Expiry => drop(form.expiry.insert(item, reported.expiry)),
    }
}
