//! One command's view of the store and the edits it stages.

use crate::batch::Context;
use crate::document::{Document, DocumentHeader};
use crate::error::StoreError;
use crate::id::{DeviceId, DocumentId, Incarnation, Timestamp};
use crate::read::{KeyRange, ViewRead, Visit, VisitTotals};
use crate::schema::{Refusal, Rejection, Totals, View};
use crate::value::{Map, Value};

/// Why a command's closure ended early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command may not be carried out: an answer for the caller.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The store failed: the whole batch is given up.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Rejected(refusal.into())
    }
}

/// Who stands behind a command, as the changes it makes will say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// A short text kept with every change: by custom of the domain, who did it.
    pub message: Option<String>,
}

/// One staged step.
#[derive(Debug)]
pub(crate) enum Edit {
    Create { root: Map },
    Put { path: Vec<String>, value: Value },
    Delete { path: Vec<String> },
}

/// What a command has staged: nothing of it is visible until the command has succeeded.
#[derive(Debug, Default)]
pub(crate) struct Staged {
    /// In the order in which documents were first touched.
    pub(crate) documents: Vec<(DocumentId, Vec<Edit>)>,
    pub(crate) locals: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// What a command reads and writes. Reads see everything before the command, in this batch too, and not its own
/// staged edits; if the command is rejected, it leaves no trace.
pub struct Txn<'a> {
    pub(crate) views: &'a dyn ViewRead,
    pub(crate) context: &'a Context,
    pub(crate) staged: Staged,
}

impl Txn<'_> {
    /// The instant at which the command is executed.
    pub fn now(&self) -> Timestamp {
        self.context.now
    }

    /// This device.
    pub fn device(&self) -> DeviceId {
        self.context.origin.device
    }

    /// Which life of this device's database this is, from 1.
    pub fn incarnation(&self) -> Incarnation {
        self.context.origin.incarnation
    }

    /// Whether this node has the central role.
    pub fn is_central(&self) -> bool {
        self.context.origin.central
    }

    /// A new document's id, ordered by time.
    pub fn new_id(&mut self) -> DocumentId {
        let random = self.random_bytes();
        DocumentId::from_time(self.now(), random)
    }

    /// Random bytes from the store's generator, which the simulator seeds.
    pub fn random_bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.context.fill_random(&mut bytes);
        bytes
    }

    /// Creates a document with this content. If it exists already, puts the leaves that differ: making a derived
    /// document twice is making it once.
    pub fn create(&mut self, id: DocumentId, root: Map) {
        self.stage(id, Edit::Create { root });
    }

    /// Puts a value at a path of a document that exists (or was created by this command). A map as the value
    /// makes a new sub-map: do so only under a key that no other device can be making too.
    pub fn put(&mut self, id: DocumentId, path: &[&str], value: impl Into<Value>) {
        self.stage(
            id,
            Edit::Put { path: path.iter().map(|key| (*key).to_owned()).collect(), value: value.into() },
        );
    }

    /// Removes what stands at a path.
    pub fn delete(&mut self, id: DocumentId, path: &[&str]) {
        self.stage(id, Edit::Delete { path: path.iter().map(|key| (*key).to_owned()).collect() });
    }

    /// Sets or removes a value that belongs to this node only, in the same transaction.
    pub fn set_local(&mut self, namespace: &'static str, key: &[u8], value: Option<&[u8]>) {
        self.staged.locals.push((local_key(namespace, key), value.map(<[u8]>::to_vec)));
    }

    fn stage(&mut self, id: DocumentId, edit: Edit) {
        match self.staged.documents.iter_mut().find(|(staged, _)| *staged == id) {
            Some((_, edits)) => edits.push(edit),
            None => self.staged.documents.push((id, vec![edit])),
        }
    }
}

/// Keys of node-local values: the namespace, a zero byte, the key.
pub(crate) fn local_key(namespace: &str, key: &[u8]) -> Vec<u8> {
    [namespace.as_bytes(), &[0], key].concat()
}

impl ViewRead for Txn<'_> {
    fn get(&self, view: View, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.views.get(view, key)
    }

    fn scan(
        &self,
        view: View,
        range: KeyRange<'_>,
        backwards: bool,
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        self.views.scan(view, range, backwards, visit)
    }

    fn totals(&self, view: View, key: &[u8]) -> Result<Totals, StoreError> {
        self.views.totals(view, key)
    }

    fn scan_totals(&self, view: View, range: KeyRange<'_>, visit: VisitTotals<'_>) -> Result<(), StoreError> {
        self.views.scan_totals(view, range, visit)
    }

    fn document(&self, id: DocumentId) -> Result<Option<Document>, StoreError> {
        self.views.document(id)
    }

    fn document_at(&self, id: DocumentId, at: Timestamp) -> Result<Option<Document>, StoreError> {
        self.views.document_at(id, at)
    }

    fn header(&self, id: DocumentId) -> Result<Option<DocumentHeader>, StoreError> {
        self.views.header(id)
    }

    fn local(&self, namespace: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.views.local(namespace, key)
    }
}
