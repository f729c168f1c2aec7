//! What the store must be told about documents: the one door between it and their meaning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::document::{Class, Document};
use crate::error::StoreError;
use crate::id::{Actor, DeviceId, DocumentId, Incarnation};
use crate::read::ViewRead;
use crate::scope::Scope;
use crate::value::Map;

/// A view: a table of rows computed from documents, in the transaction that stores their changes.
///
/// The name is the table's name on disk, by custom `view/…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct View(pub &'static str);

/// A row that a document contributes. A key belongs to one document: put the document's id into it.
///
/// A secondary index is a view like any other, with the indexed fields in its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The view.
    pub view: View,
    /// The key; its byte order is the order of scans.
    pub key: Vec<u8>,
    /// The value, by custom CBOR.
    pub value: Vec<u8>,
}

/// Up to four whole numbers that are added up over documents.
pub type Amounts = [i64; 4];

/// An amount that a document adds to a key that many documents share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The view of sums.
    pub view: View,
    /// The key added to.
    pub key: Vec<u8>,
    /// What is added.
    pub amounts: Amounts,
}

/// The sum over all documents at one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Totals {
    /// How many contributions there are.
    pub count: i64,
    /// Their sums.
    pub amounts: Amounts,
}

/// Everything a document contributes to views: a pure function of the document.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Projection {
    /// Rows of its own.
    pub rows: Vec<Row>,
    /// Amounts it adds to shared keys; several to one key are added up.
    pub sums: Vec<Sum>,
}

/// The device a change comes from, as proven by its certificate; or this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The device.
    pub device: DeviceId,
    /// The latest life of its database that we know of.
    pub incarnation: Incarnation,
    /// Whether it is the central node, which may pass on what others wrote.
    pub central: bool,
}

impl Origin {
    /// Whether `actor` is this device, in this or an earlier life.
    pub fn wrote_as(&self, actor: Actor) -> bool {
        (1..=self.incarnation).any(|incarnation| Actor::of(self.device, incarnation) == actor)
    }
}

/// Why a change from a peer (or an edit by a command) may not be applied. Not an error: an answer with a code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// Stable code, such as `central-only`.
    pub code: &'static str,
    /// For people who look into it.
    pub detail: String,
}

impl Refusal {
    /// A refusal with a stable code.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// Why a command was not carried out: a stable, translatable answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Rejection {
    /// Stable code, such as `insufficient-stock`.
    pub code: String,
    /// What happened and what to do, in English; interfaces translate by code and parameters.
    pub message: String,
    /// JSON pointer to the part of the input that is at fault, such as `/lines/2/quantity`.
    pub pointer: Option<String>,
    /// The values that a translated message needs.
    pub parameters: BTreeMap<String, String>,
}

impl Rejection {
    /// A rejection with a stable code.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), pointer: None, parameters: BTreeMap::new() }
    }

    /// The same, pointing at a part of the input.
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// The same, with a value for its message.
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.parameters.insert(name.to_owned(), value.to_string());
        self
    }
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code, refusal.detail)
    }
}

/// A document's kind and scope, as read from its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The kind.
    pub class: Class,
    /// The scope.
    pub scope: Scope,
}

/// The meaning of documents, given to a store when it is opened.
///
/// Every method is a pure function of its arguments; the store calls them inside its write transaction.
pub trait Schema: Send + Sync + 'static {
    /// Raised whenever [`project`](Self::project) or [`derive`](Self::derive) computes something else than
    /// before; a store of another version rebuilds its views when it is opened.
    fn version(&self) -> u32;

    /// All views, rows and sums, that the schema writes to.
    fn views(&self) -> &'static [View];

    /// Where a document with this content belongs; nothing for a kind this version does not know, which is
    /// then stored and passed on in the scope it came in, and not projected.
    fn route(&self, id: DocumentId, root: &Map) -> Option<Route>;

    /// What a document contributes to views. Must not fail: what cannot be read contributes nothing, or a task.
    fn project(&self, document: &Document) -> Projection;

    /// Rows that follow from the sum at a key, such as a task for a balance below zero. Called with the totals
    /// before and after a change; `count` 0 means that nothing contributes.
    fn derive(&self, view: View, key: &[u8], totals: &Totals) -> Vec<Row>;

    /// Whether `origin` may bring a document from `before` to `after`: entitlement to the scope, and shape.
    /// Business rules are not checked here: what physically happened is never refused.
    fn check(
        &self,
        views: &dyn ViewRead,
        origin: &Origin,
        before: Option<&Document>,
        after: &Document,
    ) -> Result<Result<(), Refusal>, StoreError>;

    /// Whether `device` is central, so that what its seals prove it wrote is as good from anyone.
    fn is_central(&self, views: &dyn ViewRead, device: DeviceId) -> Result<bool, StoreError>;

    /// Whether documents of a class go ahead of others where not everything can be sent at once.
    fn is_urgent(&self, class: &str) -> bool;

    /// Whether `device` receives `scope`.
    fn may_read(&self, views: &dyn ViewRead, device: DeviceId, scope: &Scope) -> Result<bool, StoreError>;

    /// A scope's name for people and logs, such as `store/KPU`.
    fn scope_name(&self, views: &dyn ViewRead, scope: &Scope) -> String;
}
