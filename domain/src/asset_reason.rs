//! Reasons for the functional status of equipment. Central data.

use crdt_store::{Document, DocumentId, Failure, Projection, Txn, ViewRead, ViewReadExt};
use serde::{Deserialize, Serialize};

use crate::asset::AssetStatus;
use crate::permission::{Caller, Permission};
use crate::record::{self, Created, Record, Stamp, record};
use crate::text::Key;
use crate::{reject, views};

// ---- types ----

/// A reason for a functional status, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssetReason {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The status it explains.
    pub status: AssetStatus,
    /// What people read.
    pub text: String,
    /// Whether it needs a comment.
    pub comment_required: bool,
    /// Whether it may be chosen.
    pub active: bool,
}

record!(AssetReason, "asset_reason", "reason");

/// A reason for a functional status, in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetReasonRow {
    /// Id.
    pub id: DocumentId,
    /// The status it explains.
    pub status: AssetStatus,
    /// What people read.
    pub text: String,
    /// Whether it needs a comment.
    pub comment_required: bool,
    /// Whether it may be chosen.
    pub active: bool,
}

/// Makes a reason for a functional status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateAssetReason {
    /// Its id, where an import must be repeatable.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// The status it explains.
    pub status: AssetStatus,
    /// What people read.
    pub text: String,
    /// Whether it needs a comment.
    #[serde(default)]
    pub comment_required: bool,
}

/// Changes a reason for a functional status; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateAssetReason {
    /// What people read.
    #[serde(default, deserialize_with = "record::given")]
    pub text: Option<String>,
    /// Whether it needs a comment.
    #[serde(default, deserialize_with = "record::given")]
    pub comment_required: Option<bool>,
    /// Whether it may be chosen.
    #[serde(default, deserialize_with = "record::given")]
    pub active: Option<bool>,
}

// ---- rules ----

/// Checks the reason of a status: it belongs to the status, has the comment it needs, and is there where the status
/// needs one.
pub(crate) fn require_for_status(
    read: &(impl ViewRead + ?Sized),
    status: AssetStatus,
    reason: Option<DocumentId>,
    comment: Option<&str>,
) -> Result<(), Failure> {
    let Some(id) = reason else {
        return match status {
            AssetStatus::NotFunctioning => Err(reject::reason_required("/reason").into()),
            _ => Ok(()),
        };
    };
    let row: AssetReasonRow = read
        .row(views::ASSET_REASON, id.as_bytes())?
        .ok_or_else(|| reject::not_found("reason", id).at("/reason"))?;
    if row.status != status || !row.active {
        return Err(reject::validation("/reason", "this reason belongs to another status").into());
    }
    match row.comment_required && comment.is_none() {
        true => Err(reject::validation("/comment", "this reason needs a comment").into()),
        false => Ok(()),
    }
}

// ---- write ----

/// Makes a reason for a functional status. Central only.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateAssetReason) -> Result<Created, Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let reason = AssetReason {
        stamp: AssetReason::new_stamp(txn.now(), caller),
        status: command.status,
        text: record::valid_name("/text", &command.text)?,
        comment_required: command.comment_required,
        active: true,
    };
    let id = record::new_id(txn, command.id)?;
    txn.create(id, record::root_of(&reason));
    Ok(Created { id })
}

/// Changes a reason for a functional status. Central only.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateAssetReason,
) -> Result<(), Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let old: AssetReason = record::load(txn, id)?;
    let mut new = old.clone();
    if let Some(text) = &command.text {
        new.text = record::valid_name("/text", text)?;
    }
    record::set(&mut new.comment_required, command.comment_required);
    record::set(&mut new.active, command.active);
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

// ---- project ----

pub(crate) fn project(document: &Document, reason: &AssetReason, projection: &mut Projection) {
    let row = AssetReasonRow {
        id: document.id,
        status: reason.status,
        text: reason.text.clone(),
        comment_required: reason.comment_required,
        active: reason.active,
    };
    projection.rows.push(views::row(views::ASSET_REASON, Key::new().id(document.id).build(), &row));
}
