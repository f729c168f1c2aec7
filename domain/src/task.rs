//! Tasks: contradictions that a person must resolve. Computed from documents, never documents themselves.

use crdt_store::{DocumentId, Projection, Row};
use serde::{Deserialize, Serialize};

use crate::quantity::Quantity;
use crate::text::Key;
use crate::views;

/// What is contradictory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    /// A stock line's movements add up to less than nothing: count it and adjust. `found` is the balance.
    OverIssued,
    /// Received differs from shipped. `expected` was shipped, `found` was received.
    Discrepancy,
    /// A line was edited by someone who did not know that the goods had left. `expected` left, `found` is the edit.
    LateAmendment,
    /// A cancellation met goods that had left already.
    CancelRequested,
    /// Lines of a stocktake were counted differently by devices that did not know of each other.
    CountsDiffer,
    /// Counts arrived after their stocktake was finalised.
    LateCounts,
    /// Two stocktakes adjusted a stock line without knowing of each other: count it again.
    CountedTwice,
    /// Two devices said different things of one field of a document, and neither knew of the other.
    ConflictingValues,
    /// A customer would have a line of its requisition otherwise than it sent it. `expected` is asked for, `found` is the
    /// wish.
    OrderAmended,
    /// More of an item is in shipments for a requisition than was to be given. `expected` was to be given, `found` is in
    /// shipments.
    SuppliedTwice,
    /// More of a line that was refused is said to go back than was refused. `expected` was refused, `found` goes back.
    ReturnedTwice,
    /// Somebody who did not know that an R&R form was finalised wrote something else in it.
    ReportAmended,
}

impl TaskKind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::OverIssued,
        Self::Discrepancy,
        Self::LateAmendment,
        Self::CancelRequested,
        Self::CountsDiffer,
        Self::LateCounts,
        Self::CountedTwice,
        Self::ConflictingValues,
        Self::OrderAmended,
        Self::SuppliedTwice,
        Self::ReturnedTwice,
        Self::ReportAmended,
    ];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OverIssued => "over-issued",
            Self::Discrepancy => "discrepancy",
            Self::LateAmendment => "late-amendment",
            Self::CancelRequested => "cancel-requested",
            Self::CountsDiffer => "counts-differ",
            Self::LateCounts => "late-counts",
            Self::CountedTwice => "counted-twice",
            Self::ConflictingValues => "conflicting-values",
            Self::OrderAmended => "order-amended",
            Self::SuppliedTwice => "supplied-twice",
            Self::ReturnedTwice => "returned-twice",
            Self::ReportAmended => "report-amended",
        }
    }
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskRow {
    /// What is contradictory.
    pub kind: TaskKind,
    /// Whose task it is.
    pub store: DocumentId,
    /// The document to open.
    pub document: DocumentId,
    /// Its number for people.
    pub number: Option<String>,
    /// The line of the document.
    pub line: Option<DocumentId>,
    /// The item.
    pub item: Option<DocumentId>,
    /// The stock line; its ledger names the documents and users that led here.
    pub stock_line: Option<DocumentId>,
    /// What should have been.
    pub expected: Quantity,
    /// What was.
    pub found: Quantity,
}

/// Contributes a task to the store whose task it is.
pub(crate) fn project(task: &TaskRow, projection: &mut Projection) {
    projection.rows.push(row(task));
}

/// The row of a task.
pub(crate) fn row(task: &TaskRow) -> Row {
    let key = Key::new()
        .id(task.store)
        .byte(task.kind as u8)
        .id(task.document)
        .id(task.line.unwrap_or(DocumentId::NIL))
        .build();
    views::row(views::TASK, key, task)
}
