//! Lines that a table brings into a draft, and how they are taken back.
//!
//! A row sets what a line asks for, as adding the item again would, and leaves what it is silent of. Taking it back puts the line
//! as it was before, unless somebody has changed it since.

use std::collections::BTreeSet;

use crdt_store::{DocumentId, Failure, Rejection, Txn, Value, ViewRead};
use serde::{Deserialize, Serialize};

use super::rules::{require_customer, require_status};
use super::types::{LINES_EVER_MAX, LINES_MAX, Requisition, Status};
use crate::permission::{Caller, Permission};
use crate::quantity::Quantity;
use crate::{query, record, reject};

/// A draft that a table fills in: read once, however many rows there are.
#[derive(Debug)]
pub(crate) struct Draft {
    id: DocumentId,
    requisition: Requisition,
    /// The items of its programme, if it is for one.
    listed: Option<BTreeSet<DocumentId>>,
    /// The items of its lines.
    items: BTreeSet<DocumentId>,
    /// How many there are with those struck off again.
    ever: usize,
}

/// What a line says, as far as a table can say it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// Units asked for; nothing where there is no line.
    pub(crate) quantity: Option<Quantity>,
    /// What the customer notes of it.
    pub(crate) note: Option<String>,
}

impl Draft {
    /// Reads a draft of a store that this caller may fill in.
    ///
    /// # Errors
    /// `not-found`, `not-permitted`; `wrong-status` for what was sent, finalised or thrown away.
    pub(crate) fn load(
        read: &(impl ViewRead + ?Sized),
        caller: &Caller,
        store: DocumentId,
        id: DocumentId,
    ) -> Result<Self, Failure> {
        let requisition: Requisition = record::load(read, id)?;
        if requisition.customer != store {
            return Err(reject::not_found("requisition", id).into());
        }
        require_customer(caller, &requisition, Permission::RequisitionEdit)?;
        require_status(&requisition, Status::Draft, "fill it in from a table")?;
        let listed = requisition.programme.map(|id| query::programmes::item_ids(read, id)).transpose()?;
        let items = requisition.standing_items();
        let ever = requisition.items().len();
        Ok(Self { id, requisition, listed, items, ever })
    }

    /// What the line of an item says now.
    pub(crate) fn asked(&self, item: DocumentId) -> Asked {
        let line = self.requisition.line(item);
        Asked { quantity: line.requested, note: line.note }
    }

    /// Refuses an item that cannot be asked for here; `added` counts the lines that rows before this one added.
    ///
    /// # Errors
    /// `validation` for an item that is not of the programme, and where there are too many lines.
    pub(crate) fn require_room(
        &self,
        pointer: &str,
        item: DocumentId,
        added: usize,
    ) -> Result<(), Rejection> {
        if self.listed.as_ref().is_some_and(|listed| !listed.contains(&item)) {
            return Err(reject::validation(pointer, "this is no item of the programme"));
        }
        let more = added + usize::from(self.is_new(item));
        match self.items.len() + more <= LINES_MAX && self.ever + more <= LINES_EVER_MAX {
            true => Ok(()),
            false => Err(reject::validation(pointer, format!("at most {LINES_MAX} lines"))),
        }
    }

    /// Whether there is no line of an item.
    pub(crate) fn is_new(&self, item: DocumentId) -> bool {
        !self.items.contains(&item)
    }

    /// Writes what differs of a line.
    pub(crate) fn write(&self, txn: &mut Txn<'_>, item: DocumentId, wish: &Asked) {
        let now = self.asked(item);
        let key = item.to_string();
        if wish.quantity != now.quantity {
            txn.put(self.id, &["requested", &key], value(&wish.quantity));
        }
        if wish.note != now.note {
            txn.put(self.id, &["notes", &key], value(&wish.note));
        }
    }

    /// Puts a line back as it was before an import, which left it as `after`.
    ///
    /// # Errors
    /// `changed-since` where somebody has changed it.
    pub(crate) fn put_back(
        &self,
        txn: &mut Txn<'_>,
        item: DocumentId,
        before: &Asked,
        after: &Asked,
    ) -> Result<(), Rejection> {
        let now = self.asked(item);
        if now != *after && now != *before {
            return Err(Rejection::new("changed-since", "somebody has changed it after the import"));
        }
        self.write(txn, item, before);
        Ok(())
    }
}

fn value<T: Serialize>(data: &T) -> Value {
    Value::from_data(data).expect("a scalar")
}
