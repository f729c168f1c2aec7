//! The order that follows from an R&R form: made and sent in one act, with an id that follows from the form.

use std::collections::BTreeMap;

use crdt_store::{DocumentId, Failure, Txn, ViewRead};

use super::make::{blank, require_end};
use super::terms::Terms;
use super::types::{CreateRequisition, Frozen, Status};
use crate::Date;
use crate::permission::Caller;
use crate::quantity::Quantity;
use crate::shipment::{End, Event};
use crate::{record, store};

/// An order as a form has it.
pub(crate) struct FormOrder {
    /// The order's id, which follows from the form.
    pub(crate) id: DocumentId,
    pub(crate) form: DocumentId,
    /// The order's number for people, which follows from the form too.
    pub(crate) number: String,
    pub(crate) customer: DocumentId,
    pub(crate) supplier: End,
    pub(crate) programme: DocumentId,
    /// First day of the period it is for.
    pub(crate) period: Date,
    pub(crate) understock_months: u32,
    pub(crate) overstock_months: u32,
    pub(crate) comment: Option<String>,
    /// What is asked for, and on what grounds, by item.
    pub(crate) lines: BTreeMap<DocumentId, Frozen>,
}

/// Makes the order of a form, sent already. Where another device has made it, it is there and stays as it is: what its
/// supplier did with it since is not touched.
pub(crate) fn create_for_form(txn: &mut Txn<'_>, caller: &Caller, order: &FormOrder) -> Result<(), Failure> {
    if txn.header(order.id)?.is_some() {
        return Ok(());
    }
    let store = store::require_open(txn, order.customer)?;
    let command = CreateRequisition {
        store: order.customer,
        supplier: Some(order.supplier),
        programme: Some(order.programme),
        order_type: None,
        period: None,
        emergency: false,
        min_months: Some(Quantity::whole(order.understock_months.into())),
        max_months: Some(Quantity::whole(order.overstock_months.into())),
        suggest: false,
        lines: Vec::new(),
        reference: None,
        comment: order.comment.clone(),
        expected: None,
    };
    // A report is of no kind of order: there is one for each period by itself.
    let mut requisition = blank(txn, caller, &store, &command, Terms::default())?;
    requisition.period = Some(order.period);
    requisition.number = order.number.clone();
    requisition.rnr_form = Some(order.form);
    requisition.requested = order.lines.iter().map(|(item, line)| (*item, Some(line.requested))).collect();
    requisition.sent = order.lines.clone();
    requisition.events.insert(Status::Sent, Event { at: txn.now(), by: caller.user });
    txn.create(order.id, record::root_of(&requisition));
    Ok(())
}

/// Refuses who cannot be asked by a store.
pub(crate) fn require_supplier_of(txn: &Txn<'_>, customer: DocumentId, supplier: End) -> Result<(), Failure> {
    require_end(txn, customer, supplier)
}
