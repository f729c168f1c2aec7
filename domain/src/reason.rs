//! Reasons for what is not explained by a shipment: adjustments, wastage, returns. Central data.

use crdt_store::{Document, DocumentId, Failure, Projection, StoreError, Txn, ViewRead, ViewReadExt};
use serde::{Deserialize, Serialize};

use crate::permission::{Caller, Permission};
use crate::quantity::Quantity;
use crate::record::{self, Created, Record, Stamp, record};
use crate::text::Key;
use crate::{reject, views};

// ---- types ----

/// What a reason explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonKind {
    /// More on the shelf than on paper.
    PositiveAdjustment,
    /// Less on the shelf than on paper.
    NegativeAdjustment,
    /// Doses of an opened vial that were not given.
    OpenVialWastage,
    /// Vials lost unopened.
    ClosedVialWastage,
    /// Goods sent back.
    Return,
    /// Another quantity ordered than suggested.
    RequisitionVariance,
}

impl ReasonKind {
    /// Whether it explains a change of stock of this sign.
    pub fn explains(self, addition: bool) -> bool {
        match self {
            Self::PositiveAdjustment => addition,
            Self::NegativeAdjustment | Self::OpenVialWastage | Self::ClosedVialWastage => !addition,
            Self::Return | Self::RequisitionVariance => false,
        }
    }
}

/// A reason, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// What it explains.
    pub kind: ReasonKind,
    /// What people read.
    pub text: String,
    /// Whether it may be chosen.
    pub active: bool,
}

record!(Reason, "reason", "reason");

/// A reason in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReasonRow {
    /// Id.
    pub id: DocumentId,
    /// What it explains.
    pub kind: ReasonKind,
    /// What people read.
    pub text: String,
    /// Whether it may be chosen.
    pub active: bool,
}

/// Makes a reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateReason {
    /// Its id, where an import must be repeatable.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// What it explains.
    pub kind: ReasonKind,
    /// What people read.
    pub text: String,
}

/// Changes a reason; absent fields stay. Its kind never changes: old records lean on it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateReason {
    /// What people read.
    #[serde(default, deserialize_with = "record::given")]
    pub text: Option<String>,
    /// Whether it may be chosen.
    #[serde(default, deserialize_with = "record::given")]
    pub active: Option<bool>,
}

// ---- rules ----

/// All reasons: there are tens of them.
pub(crate) fn all(read: &(impl ViewRead + ?Sized)) -> Result<Vec<ReasonRow>, StoreError> {
    read.rows(views::REASON, &[])
}

/// Checks the reason of a change of stock: of the right sign, and present where there is one to choose.
pub(crate) fn require_for_change(
    read: &(impl ViewRead + ?Sized),
    pointer: &str,
    addition: bool,
    reason: Option<DocumentId>,
) -> Result<(), Failure> {
    let all = all(read)?;
    let fitting = |row: &&ReasonRow| row.active && row.kind.explains(addition);
    match reason {
        None if all.iter().any(|row| fitting(&row)) => Err(reject::reason_required(pointer).into()),
        None => Ok(()),
        Some(id) => match all.iter().find(|row| row.id == id) {
            None => Err(reject::not_found("reason", id).at(pointer).into()),
            Some(row) if !fitting(&row) => {
                Err(reject::validation(pointer, "this reason does not explain such a change").into())
            }
            Some(_) => Ok(()),
        },
    }
}

/// Checks the reason of goods that go back: of this kind, and present where there is one to choose.
pub(crate) fn require_for_return(
    read: &(impl ViewRead + ?Sized),
    pointer: &str,
    reason: Option<DocumentId>,
) -> Result<(), Failure> {
    let all = all(read)?;
    let fitting = |row: &&ReasonRow| row.active && row.kind == ReasonKind::Return;
    match reason {
        None if all.iter().any(|row| fitting(&row)) => Err(reject::reason_required(pointer).into()),
        None => Ok(()),
        Some(id) => match all.iter().find(|row| row.id == id) {
            None => Err(reject::not_found("reason", id).at(pointer).into()),
            Some(row) if !fitting(&row) => {
                Err(reject::validation(pointer, "this reason does not explain such a change").into())
            }
            Some(_) => Ok(()),
        },
    }
}

/// Checks a reason that is chosen now: there is one, it may be chosen, and it explains a difference of this sign where
/// one is known.
pub(crate) fn require_known(
    read: &(impl ViewRead + ?Sized),
    pointer: &str,
    id: DocumentId,
    difference: Option<Quantity>,
) -> Result<(), Failure> {
    let all = all(read)?;
    let Some(row) = all.iter().find(|row| row.id == id && row.active) else {
        return Err(reject::not_found("reason", id).at(pointer).into());
    };
    let addition = difference.filter(|difference| *difference != Quantity::ZERO).map(Quantity::is_positive);
    let explains = match addition {
        Some(addition) => row.kind.explains(addition),
        None => row.kind.explains(true) || row.kind.explains(false),
    };
    match explains {
        true => Ok(()),
        false => Err(reject::validation(pointer, "this reason does not explain such a change").into()),
    }
}

// ---- write ----

/// Makes a reason. Central only.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateReason) -> Result<Created, Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let reason = Reason {
        stamp: Reason::new_stamp(txn.now(), caller),
        kind: command.kind,
        text: record::valid_name("/text", &command.text)?,
        active: true,
    };
    let id = record::new_id(txn, command.id)?;
    txn.create(id, record::root_of(&reason));
    Ok(Created { id })
}

/// Changes a reason. Central only.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateReason,
) -> Result<(), Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let old: Reason = record::load(txn, id)?;
    let mut new = old.clone();
    if let Some(text) = &command.text {
        new.text = record::valid_name("/text", text)?;
    }
    record::set(&mut new.active, command.active);
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

// ---- project ----

pub(crate) fn project(document: &Document, reason: &Reason, projection: &mut Projection) {
    let row =
        ReasonRow { id: document.id, kind: reason.kind, text: reason.text.clone(), active: reason.active };
    projection.rows.push(views::row(views::REASON, Key::new().id(document.id).build(), &row));
}
