//! Making requisitions, changing what they say as a whole, and throwing drafts away.

use std::collections::BTreeMap;

use crdt_store::{DocumentId, Failure, Txn};

use super::lines::{write_lines, write_suggested};
use super::rules::{require_customer, require_status, require_supplier};
use super::terms::{self, Terms};
use super::types::{CreateRequisition, Requisition, Status, UpdateRequisition};
use crate::permission::{Caller, Permission};
use crate::programme::order_type::{OrderTypeRow, require_months};
use crate::quantity::Quantity;
use crate::record::{self, Numbered, Record};
use crate::shipment::{End, Event};
use crate::store::StoreRow;
use crate::{number, partner, reject, store};

/// Makes a requisition: a draft that only the customer sees.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateRequisition) -> Result<Numbered, Failure> {
    caller.require(Permission::RequisitionEdit, command.store)?;
    let store = store::require_open(txn, command.store)?;
    let terms = terms::choose(txn, command)?;
    let mut requisition = blank(txn, caller, &store, command, terms)?;
    if command.suggest {
        write_suggested(txn, &mut requisition)?;
    }
    write_lines(txn, &mut requisition, &command.lines)?;
    requisition.number = number::next(txn, &store)?;
    let number = requisition.number.clone();
    let id = txn.new_id();
    txn.create(id, record::root_of(&requisition));
    Ok(Numbered { id, number })
}

pub(super) fn blank(
    txn: &Txn<'_>,
    caller: &Caller,
    store: &StoreRow,
    command: &CreateRequisition,
    Terms { order_type, period }: Terms,
) -> Result<Requisition, Failure> {
    let supplier = command.supplier.or(store.supplier.map(End::Store));
    let Some(supplier) = supplier else {
        return Err(
            reject::validation("/supplier", "who is asked? The store has no supplier of its own").into()
        );
    };
    require_end(txn, store.id, supplier)?;
    let said = |months: fn(&OrderTypeRow) -> Quantity| order_type.as_ref().map(months);
    let months = |given: Option<Quantity>, preferred: u32| given.unwrap_or(Quantity::whole(preferred.into()));
    let requisition = Requisition {
        stamp: Requisition::new_stamp(txn.now(), caller),
        number: String::new(),
        customer: store.id,
        supplier_store: matches!(supplier, End::Store(_)).then(|| supplier.id()),
        supplier_partner: matches!(supplier, End::Partner(_)).then(|| supplier.id()),
        programme: command.programme,
        order_type: order_type.as_ref().map(|row| row.id),
        period: period.map(|period| period.from),
        emergency: order_type.as_ref().map_or(command.emergency, |row| row.emergency),
        min_months: months(said(|row| row.min_months).or(command.min_months), store.understock_months),
        max_months: months(said(|row| row.max_months).or(command.max_months), store.overstock_months),
        rnr_form: None,
        reference: record::valid_label("/reference", command.reference.as_deref())?,
        comment: record::valid_note("/comment", command.comment.as_deref())?,
        supplier_comment: None,
        expected: command.expected,
        decision: None,
        events: BTreeMap::from([(Status::Draft, Event { at: txn.now(), by: caller.user })]),
        requested: BTreeMap::new(),
        reasons: BTreeMap::new(),
        notes: BTreeMap::new(),
        sent: BTreeMap::new(),
        amended: BTreeMap::new(),
        supply: BTreeMap::new(),
        supply_notes: BTreeMap::new(),
    };
    require_months(requisition.min_months, requisition.max_months)?;
    Ok(requisition)
}

pub(super) fn require_end(txn: &Txn<'_>, customer: DocumentId, supplier: End) -> Result<(), Failure> {
    let found = match supplier {
        End::Store(id) if id == customer => {
            return Err(reject::validation("/supplier", "nobody orders from themselves").into());
        }
        End::Store(id) => store::require_open(txn, id).map(drop),
        End::Partner(id) => partner::require(txn, id).map(drop),
    };
    found.map_err(|failure| match failure {
        Failure::Rejected(rejection) => Failure::Rejected(rejection.at("/supplier")),
        other => other,
    })
}

/// Changes what a requisition says as a whole: what it is for, while it is a draft; what either side notes of it, always.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateRequisition,
) -> Result<(), Failure> {
    let old: Requisition = record::load(txn, id)?;
    let by_supplier = UpdateRequisition {
        supplier_comment: command.supplier_comment.clone(),
        ..UpdateRequisition::default()
    };
    if *command != by_supplier {
        require_customer(caller, &old, Permission::RequisitionEdit)?;
    }
    let given = [
        ("/emergency", command.emergency.is_some()),
        ("/minMonths", command.min_months.is_some()),
        ("/maxMonths", command.max_months.is_some()),
    ];
    if let Some((pointer, _)) = given.into_iter().find(|(_, is_given)| *is_given) {
        require_status(&old, Status::Draft, "change what it is for")?;
        if old.order_type.is_some() {
            return Err(reject::validation(pointer, "the kind of order says").into());
        }
    }
    let mut new = old.clone();
    if let Some(comment) = &command.supplier_comment {
        require_supplier(caller, &old, Permission::RequisitionEdit)?;
        new.supplier_comment = record::valid_note("/supplierComment", comment.as_deref())?;
    }
    if let Some(reference) = &command.reference {
        new.reference = record::valid_label("/reference", reference.as_deref())?;
    }
    if let Some(comment) = &command.comment {
        new.comment = record::valid_note("/comment", comment.as_deref())?;
    }
    record::set(&mut new.emergency, command.emergency);
    record::set(&mut new.min_months, command.min_months);
    record::set(&mut new.max_months, command.max_months);
    record::set(&mut new.expected, command.expected);
    require_months(new.min_months, new.max_months)?;
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Throws a draft away. What was sent is not: it is finalised, or amended to nothing.
pub fn discard(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId) -> Result<(), Failure> {
    let old: Requisition = record::load(txn, id)?;
    require_customer(caller, &old, Permission::RequisitionEdit)?;
    if old.status() == Status::Discarded {
        return Ok(());
    }
    require_status(&old, Status::Draft, "throw it away")?;
    let mut new = old.clone();
    new.events.insert(Status::Discarded, Event { at: txn.now(), by: caller.user });
    record::put_difference(txn, id, &old, &new);
    Ok(())
}
