//! The kinds of import, and what each brings.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeSet;

use crdt_store::{DocumentId, Failure, Txn, ViewRead};
use serde::{Deserialize, Serialize};

use super::check::{Outcome, Values};
use super::columns::Column;
use super::document::CHUNK_ROWS;
use super::{counts, items, opening, orders};
use crate::Caller;
use crate::requisition::{self, Draft};

/// What a table is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportKind {
    /// Items; central only.
    Items,
    /// What is on the shelves of a store when its records begin.
    OpeningStock,
    /// What was counted of a stocktake.
    Counts,
    /// What a draft order asks for.
    OrderLines,
}

/// What a row did, and what was there before it where it changed something.
pub(crate) type Acted = (Outcome, Option<Before>);

/// What a kind of import brings.
pub(crate) struct Rules {
    /// Its columns.
    pub(crate) columns: &'static [Column],
    /// The column without which a row says nothing yet and is left alone.
    pub(crate) filled_in: Option<&'static str>,
    /// What no two rows of a table may share, as a text.
    pub(crate) key: fn(&Values) -> String,
    /// Refuses a caller who may not do it.
    pub(crate) permit: fn(&dyn ViewRead, &Caller, Option<DocumentId>) -> Result<(), Failure>,
    /// What a row would do; a rejection says why it cannot.
    pub(crate) check: fn(&dyn ViewRead, &Place<'_>, &Values) -> Result<Outcome, Failure>,
    /// Does it, and says what has to be kept so that it can be undone.
    pub(crate) apply: fn(&mut Txn<'_>, &Place<'_>, &Values) -> Result<Acted, Failure>,
    /// Takes back what was made; a rejection says why it cannot be.
    pub(crate) unmake: fn(&mut Txn<'_>, &Place<'_>, DocumentId) -> Result<(), Failure>,
    /// Puts back what was changed.
    pub(crate) restore: fn(&mut Txn<'_>, &Place<'_>, &Before) -> Result<(), Failure>,
    /// What people call a document of the kind.
    pub(crate) label: fn(&dyn ViewRead, DocumentId) -> Result<String, Failure>,
}

/// Where and for whom an import works.
pub(crate) struct Place<'a> {
    pub(crate) caller: &'a Caller,
    /// The store; none for what belongs to all.
    pub(crate) store: Option<DocumentId>,
    /// The import.
    pub(crate) import: DocumentId,
    /// The reason of an undo.
    pub(crate) reason: Option<DocumentId>,
    /// What rows before this one were about: a command does not see its own edits.
    pub(crate) seen: RefCell<BTreeSet<DocumentId>>,
    /// How many lines rows before this one added.
    pub(crate) added: Cell<u32>,
    /// The draft that rows are about, once it was read.
    pub(crate) draft: OnceCell<Draft>,
}

impl<'a> Place<'a> {
    /// Where an import works, before its first row.
    pub(crate) fn new(caller: &'a Caller, store: Option<DocumentId>, import: DocumentId) -> Self {
        Self {
            caller,
            store,
            import,
            reason: None,
            seen: RefCell::default(),
            added: Cell::new(0),
            draft: OnceCell::new(),
        }
    }
}

/// A document before and after an import changed it, each as a row of its list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Before {
    pub(crate) document: DocumentId,
    #[serde(with = "serde_bytes")]
    pub(crate) old: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub(crate) new: Vec<u8>,
}

impl ImportKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Items, Self::OpeningStock, Self::Counts, Self::OrderLines];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::OpeningStock => "opening-stock",
            Self::Counts => "counts",
            Self::OrderLines => "order-lines",
        }
    }

    /// The kind of this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Its columns.
    pub fn columns(self) -> &'static [Column] {
        self.rules().columns
    }

    /// Whether it belongs to a store.
    pub const fn of_store(self) -> bool {
        match self {
            Self::Items => false,
            Self::OpeningStock | Self::Counts | Self::OrderLines => true,
        }
    }

    /// Rows of one command. All rows of an order are one, for they are one change of one document.
    pub const fn rows_at_once(self) -> usize {
        match self {
            Self::Items | Self::OpeningStock | Self::Counts => CHUNK_ROWS,
            Self::OrderLines => requisition::LINES_MAX,
        }
    }

    /// Refuses a caller who may not import this here.
    ///
    /// # Errors
    /// `central-only`, `not-permitted`, `not-found`, `store-disabled`.
    pub fn permit(
        self,
        read: &dyn ViewRead,
        caller: &Caller,
        store: Option<DocumentId>,
    ) -> Result<(), Failure> {
        (self.rules().permit)(read, caller, store)
    }

    pub(crate) fn rules(self) -> &'static Rules {
        match self {
            Self::Items => &items::RULES,
            Self::OpeningStock => &opening::RULES,
            Self::Counts => &counts::RULES,
            Self::OrderLines => &orders::RULES,
        }
    }
}
