//! A reader of nothing: what a node hands out when its database is closed or being reopened.
//!
//! A real reader would keep the file open and locked, so that it could not be opened anew. Reading from this one
//! fails with a clear error; it never says that there is nothing where there is something.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crdt_store::{
    DeviceId, Document, DocumentId, Map, OpenOptions, Origin, Projection, Reader, Refusal, Route, Row,
    Schema, Scope, StorageBackend, Store, StoreError, Totals, View, ViewRead,
};

/// A reader whose every snapshot fails to read.
pub(crate) fn reader() -> Reader {
    let shut = Arc::new(AtomicBool::new(false));
    let storage = Box::new(Shutting { bytes: Mutex::default(), shut: shut.clone() });
    let store = Store::open(OpenOptions::backend(storage).cache_bytes(0), Arc::new(Meaningless))
        .expect("an empty database opens in memory");
    let reader = store.reader();
    shut.store(true, Ordering::SeqCst);
    reader
}

/// Memory that fails once it is shut.
#[derive(Debug)]
struct Shutting {
    bytes: Mutex<Vec<u8>>,
    shut: Arc<AtomicBool>,
}

impl Shutting {
    fn with<R>(&self, work: impl FnOnce(&mut Vec<u8>) -> Option<R>) -> io::Result<R> {
        if self.shut.load(Ordering::SeqCst) {
            return Err(io::Error::new(io::ErrorKind::NotConnected, "the database of this node is closed"));
        }
        work(&mut self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
            .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

impl StorageBackend for Shutting {
    fn len(&self) -> io::Result<u64> {
        self.with(|bytes| Some(bytes.len() as u64))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.with(|bytes| {
            let start = usize::try_from(offset).ok()?;
            out.copy_from_slice(bytes.get(start..start.checked_add(out.len())?)?);
            Some(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.with(|bytes| {
            bytes.resize(usize::try_from(len).ok()?, 0);
            Some(())
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.with(|_| Some(()))
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.with(|bytes| {
            let start = usize::try_from(offset).ok()?;
            bytes.get_mut(start..start.checked_add(data.len())?)?.copy_from_slice(data);
            Some(())
        })
    }
}

/// The schema of no documents.
struct Meaningless;

impl Schema for Meaningless {
    fn version(&self) -> u32 {
        1
    }

    fn views(&self) -> &'static [View] {
        &[]
    }

    fn route(&self, _id: DocumentId, _root: &Map) -> Option<Route> {
        None
    }

    fn project(&self, _document: &Document) -> Projection {
        Projection::default()
    }

    fn derive(&self, _view: View, _key: &[u8], _totals: &Totals) -> Vec<Row> {
        Vec::new()
    }

    fn check(
        &self,
        _views: &dyn ViewRead,
        _origin: &Origin,
        _before: Option<&Document>,
        _after: &Document,
    ) -> Result<Result<(), Refusal>, StoreError> {
        Ok(Err(Refusal::new("closed", "the database of this node is closed")))
    }

    fn is_central(&self, _: &dyn ViewRead, _: DeviceId) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn is_urgent(&self, _: &str) -> bool {
        false
    }

    fn may_read(&self, _views: &dyn ViewRead, _device: DeviceId, _scope: &Scope) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn scope_name(&self, _views: &dyn ViewRead, scope: &Scope) -> String {
        format!("{scope:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_database_says_so_and_never_that_it_is_empty() {
        let reader = reader();
        for _ in 0..3 {
            let read = reader.snapshot().and_then(|snapshot| snapshot.local("any", b"key"));
            assert_eq!(read.expect_err("closed").code(), "storage-failed");
            let read = reader.snapshot().and_then(|snapshot| snapshot.scopes());
            assert_eq!(read.expect_err("closed").code(), "storage-failed");
        }
    }
}
