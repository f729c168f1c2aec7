//! Sending a requisition: from then on it is before the supplier, as it was at that moment.

use crdt_store::{DocumentId, Failure, Txn};

use super::grounds::Grounds;
use super::rules::require_customer;
use super::terms::require_within_limits;
use super::types::{Frozen, Requisition, Status};
use crate::permission::{Caller, Permission};
use crate::reason::{self, ReasonKind};
use crate::shipment::Event;
use crate::text::day_of;
use crate::{record, reject};

/// Sends a draft: lines that ask for nothing go, the others are frozen with what they were written on. What is sent
/// already stays as it is: a second press changes nothing.
///
/// # Errors
/// `validation` where no line asks for anything; `order-limit` and `order-too-long` where its kind of order allows no
/// more; `reason-required` where a line asks for something else than is suggested
/// and gives no reason, while there are reasons to give.
pub fn send(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId) -> Result<(), Failure> {
    let old: Requisition = record::load(txn, id)?;
    require_customer(caller, &old, Permission::RequisitionSend)?;
    match old.status() {
        Status::Draft => {}
        Status::Sent | Status::Finalised => return Ok(()),
        Status::Discarded => return Err(reject::wrong_status(old.status(), "send").into()),
    }
    let mut new = old.clone();
    let grounds = Grounds::of(txn, old.customer, day_of(txn.now()))?;
    let explains = explains_variance(txn)?;
    for (item, line) in old.lines() {
        if !line.wish().is_positive() {
            if line.requested.is_some() {
                new.requested.insert(item, None);
            }
            continue;
        }
        let frozen = grounds.frozen(&old, item, line.wish())?;
        if explains && varies(&frozen) && line.reason.is_none() {
            return Err(reject::reason_required(format!("/lines/{item}/reason")).with("item", item).into());
        }
        new.sent.insert(item, frozen);
    }
    if new.sent.is_empty() {
        return Err(reject::validation("/lines", "no line asks for anything").into());
    }
    require_within_limits(txn, id, &new)?;
    new.events.insert(Status::Sent, Event { at: txn.now(), by: caller.user });
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Whether a line asks for something else than was suggested. Where nothing could be suggested, nothing needs a reason.
fn varies(frozen: &Frozen) -> bool {
    frozen.monthly.is_positive() && frozen.requested != frozen.suggested
}

/// Whether there is a reason that could be given for it.
fn explains_variance(txn: &Txn<'_>) -> Result<bool, Failure> {
    let reasons = reason::all(txn)?;
    Ok(reasons.iter().any(|row| row.active && row.kind == ReasonKind::RequisitionVariance))
}
