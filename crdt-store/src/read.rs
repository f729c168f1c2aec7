//! Reading: rows, sums, documents, as of one moment.

use std::ops::{Bound, ControlFlow};

use serde::de::DeserializeOwned;

use crate::document::{Document, DocumentHeader};
use crate::error::StoreError;
use crate::id::{DocumentId, Timestamp};
use crate::schema::{Totals, View};

/// What a scan of rows calls for each key and value, until it breaks.
pub type Visit<'v> = &'v mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>;

/// What a scan of sums calls for each key and its totals, until it breaks.
pub type VisitTotals<'v> = &'v mut dyn FnMut(&[u8], &Totals) -> ControlFlow<()>;

/// A range of keys.
pub type KeyRange<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// Reads views and documents: a [`Snapshot`](crate::Snapshot) from any thread, or a [`Txn`](crate::Txn) inside a
/// command (which sees what came before it in the same batch, and not its own staged edits).
pub trait ViewRead {
    /// The row at `key`.
    fn get(&self, view: View, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Visits the rows of a range in the order of their keys, or backwards, until told to break.
    fn scan(
        &self,
        view: View,
        range: KeyRange<'_>,
        backwards: bool,
        visit: Visit<'_>,
    ) -> Result<(), StoreError>;

    /// The sum at `key`; zero where nothing contributes.
    fn totals(&self, view: View, key: &[u8]) -> Result<Totals, StoreError>;

    /// Visits the sums of a range in the order of their keys.
    fn scan_totals(&self, view: View, range: KeyRange<'_>, visit: VisitTotals<'_>) -> Result<(), StoreError>;

    /// A document with its content: one Automerge load, so never for a list.
    fn document(&self, id: DocumentId) -> Result<Option<Document>, StoreError>;

    /// A document as it was after all changes made until an instant, by the clocks of the devices that made them (which
    /// are told to the second); nothing before the first. A change is in only if what it depends on is: so a clock that
    /// ran ahead can keep later changes out, and never makes a document that nobody saw. One Automerge load.
    fn document_at(&self, id: DocumentId, at: Timestamp) -> Result<Option<Document>, StoreError>;

    /// A document's place and version.
    fn header(&self, id: DocumentId) -> Result<Option<DocumentHeader>, StoreError>;

    /// A value that belongs to this node only and is not replicated.
    fn local(&self, namespace: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;
}

/// The range of all keys that begin with `prefix`: `prefix` itself and its end.
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < 0xff {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

/// Conveniences over [`ViewRead`].
pub trait ViewReadExt: ViewRead {
    /// The row at `key`, decoded from CBOR.
    fn row<T: DeserializeOwned>(&self, view: View, key: &[u8]) -> Result<Option<T>, StoreError> {
        self.get(view, key)?.map(|bytes| decode_row(view, &bytes)).transpose()
    }

    /// Visits all rows whose key begins with `prefix`, in order.
    fn scan_prefix(&self, view: View, prefix: &[u8], visit: Visit<'_>) -> Result<(), StoreError> {
        let end = prefix_end(prefix);
        let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        self.scan(view, (Bound::Included(prefix), upper), false, visit)
    }

    /// All rows whose key begins with `prefix`, decoded from CBOR. For short lists.
    fn rows<T: DeserializeOwned>(&self, view: View, prefix: &[u8]) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        let mut failed = None;
        self.scan_prefix(view, prefix, &mut |_, value| match decode_row(view, value) {
            Ok(row) => {
                found.push(row);
                ControlFlow::Continue(())
            }
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        })?;
        failed.map_or(Ok(found), Err)
    }
}

impl<R: ViewRead + ?Sized> ViewReadExt for R {}

/// Decodes a CBOR row.
pub fn decode_row<T: DeserializeOwned>(view: View, bytes: &[u8]) -> Result<T, StoreError> {
    ciborium::from_reader(bytes).map_err(|error| StoreError::corrupt(format!("row of {}: {error}", view.0)))
}

/// Encodes a row as CBOR.
pub fn encode_row<T: serde::Serialize>(row: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(row, &mut bytes).expect("a row serializes into memory");
    bytes
}
