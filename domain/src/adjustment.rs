//! Adjustments: stock added or taken away with a reason. One document is one act.

use std::collections::BTreeMap;

use crdt_store::{Document, DocumentId, Failure, Projection, Timestamp, Txn};
use serde::{Deserialize, Serialize};

use crate::effect::{self, Act, Movement, MovementKind};
use crate::permission::{Caller, Permission};
use crate::quantity::Quantity;
use crate::record::{self, Numbered, Record, Stamp, record};
use crate::share::Sharing;
use crate::text::Key;
use crate::{number, reason, reject, stock_line, store, views};

// ---- types ----

/// Most lines of one adjustment: a document must stay quick to load.
pub const LINES_MAX: usize = 1_000;

/// A line of an adjustment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdjustmentLine {
    /// The stock line.
    pub stock_line: DocumentId,
    /// Its item.
    pub item: DocumentId,
    /// What is added; below zero what is taken away.
    pub quantity: Quantity,
    /// Why.
    pub reason: Option<DocumentId>,
    /// What people note of it.
    pub note: Option<String>,
}

/// An adjustment, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adjustment {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The store.
    pub store: DocumentId,
    /// Number for people.
    pub number: String,
    /// What people note of it.
    pub comment: Option<String>,
    /// Lines.
    pub lines: BTreeMap<DocumentId, AdjustmentLine>,
    /// The device whose share it is, where the store shares its stock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<u32>,
}

record!(Adjustment, "adjustment", "adjustment");

/// An adjustment in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdjustmentRow {
    /// Id.
    pub id: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// Number for people.
    pub number: String,
    /// When.
    #[serde(with = "crate::instant")]
    pub at: Timestamp,
    /// The user.
    pub by: DocumentId,
    /// How many lines.
    pub lines: u32,
    /// What people note of it.
    pub comment: Option<String>,
}

/// Adds to and takes from stock lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateAdjustment {
    /// The store.
    pub store: DocumentId,
    /// Lines, each of another stock line.
    pub lines: Vec<AdjustLine>,
    /// What people note of it.
    #[serde(default)]
    pub comment: Option<String>,
}

/// A line of [`CreateAdjustment`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdjustLine {
    /// The stock line.
    pub stock_line: DocumentId,
    /// What is added; below zero what is taken away.
    pub quantity: Quantity,
    /// Why; mandatory where there is an active reason of that sign.
    #[serde(default)]
    pub reason: Option<DocumentId>,
    /// What people note of it.
    #[serde(default)]
    pub note: Option<String>,
}

// ---- rules ----

/// Checks one line: nothing is taken that is not there or is promised.
fn checked_line(
    txn: &Txn<'_>,
    store: DocumentId,
    sharing: Option<&Sharing>,
    at: usize,
    line: &AdjustLine,
) -> Result<AdjustmentLine, Failure> {
    let pointer = |field: &str| format!("/lines/{at}/{field}");
    let stock = stock_line::require(txn, &pointer("stockLine"), store, line.stock_line)?;
    if line.quantity == Quantity::ZERO {
        return Err(reject::validation(pointer("quantity"), "zero changes nothing").into());
    }
    let balance = stock_line::balance(txn, store, line.stock_line)?;
    if line.quantity.is_negative() && (balance.available() + line.quantity).is_negative() {
        return Err(reject::insufficient_stock(pointer("quantity"), balance.available()).into());
    }
    if let Some(sharing) = sharing.filter(|_| line.quantity.is_negative()) {
        sharing.require(txn, &pointer("quantity"), line.stock_line, -line.quantity)?;
    }
    reason::require_for_change(txn, &pointer("reason"), line.quantity.is_positive(), line.reason)?;
    Ok(AdjustmentLine {
        stock_line: line.stock_line,
        item: stock.item,
        quantity: line.quantity,
        reason: line.reason,
        note: record::valid_note(&pointer("note"), line.note.as_deref())?,
    })
}

// ---- write ----

/// Records an adjustment.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateAdjustment) -> Result<Numbered, Failure> {
    caller.require(Permission::Adjust, command.store)?;
    let store = store::require_open(txn, command.store)?;
    if command.lines.is_empty() || command.lines.len() > LINES_MAX {
        return Err(reject::validation("/lines", format!("1 to {LINES_MAX} lines")).into());
    }
    let sharing = Sharing::here(txn, command.store)?;
    let mut lines = BTreeMap::new();
    for (at, line) in command.lines.iter().enumerate() {
        let checked = checked_line(txn, command.store, sharing.as_ref(), at, line)?;
        if lines.values().any(|earlier: &AdjustmentLine| earlier.stock_line == checked.stock_line) {
            return Err(reject::validation(
                format!("/lines/{at}/stockLine"),
                "this stock line is there twice",
            )
            .into());
        }
        lines.insert(txn.new_id(), checked);
    }
    let number = number::next(txn, &store)?;
    let adjustment = Adjustment {
        stamp: Adjustment::new_stamp(txn.now(), caller),
        store: command.store,
        number: number.clone(),
        comment: record::valid_note("/comment", command.comment.as_deref())?,
        lines,
        device: sharing.and_then(|sharing| sharing.own()),
    };
    let id = txn.new_id();
    txn.create(id, record::root_of(&adjustment));
    Ok(Numbered { id, number })
}

// ---- project ----

pub(crate) fn project(document: &Document, adjustment: &Adjustment, projection: &mut Projection) {
    let id = document.id;
    let at = adjustment.stamp.created_at;
    let row = AdjustmentRow {
        id,
        store: adjustment.store,
        number: adjustment.number.clone(),
        at,
        by: adjustment.stamp.created_by,
        lines: adjustment.lines.len() as u32,
        comment: adjustment.comment.clone(),
    };
    let key = Key::new().id(adjustment.store).time(at).id(id).build();
    projection.rows.push(views::row(views::ADJUSTMENT, key, &row));
    number::project(id, &adjustment.number, projection);
    let act = Act { document: id, class: Adjustment::CLASS, number: Some(&adjustment.number) };
    for (part, line) in &adjustment.lines {
        let kind = match line.quantity.is_negative() {
            true => MovementKind::AdjustmentOut,
            false => MovementKind::AdjustmentIn,
        };
        let movement = Movement {
            part: *part,
            store: adjustment.store,
            item: line.item,
            stock_line: line.stock_line,
            kind,
            quantity: line.quantity,
            at,
            by: adjustment.stamp.created_by,
            reason: line.reason,
            other: None,
            device: adjustment.device,
        };
        effect::project_movement(&act, &movement, projection);
    }
}
