//! What lies on disk: the tables, their keys and the records in them.
//!
//! ```text
//! format 1. Keys are big-endian, so that their order is the order of what they name.
//!
//! document     id                       -> DocumentRecord (CBOR)
//! snapshot     id, chunk:u16            -> first chunk: blake3[..8], then zstd(save_nocompress)
//! change       id, seq:u64, index:u16   -> device it came from (16 bytes, nil for this one), raw change
//! scope_log    len:u8, scope, seq:u64   -> id; one row per document, the latest
//! fingerprint  len:u8, scope[, bucket]  -> count:u64, sum:u128; without a bucket: the whole scope
//! parked       id, hash                 -> ParkedRecord (CBOR)
//! quarantine   id, hash                 -> QuarantineRecord (CBOR)
//! unsealed     len:u8, scope, id, seq:u64 -> hash of a change written here that no seal covers yet
//! seal         len:u8, scope, actor, through:u64 -> SealRecord (CBOR)
//! sealed       entry[..16], actor       -> through:u64 of the actor's seal that lists it, scope
//! sealer       actor                    -> SealerRecord (CBOR)
//! local        namespace, 0, key        -> as its owner likes; not replicated
//! meta         name                     -> see `store.rs`
//! view/…       as the schema likes      -> rows; sums are count and four amounts, five i64
//! ```

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, Table, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};

use crate::document::{ChangeHash, Class, Heads};
use crate::error::{During, StoreError};
use crate::fingerprint::Fingerprint;
use crate::id::{DeviceId, DocumentId, Incarnation};
use crate::read::{KeyRange, Visit, VisitTotals};
use crate::schema::Totals;
use crate::scope::Scope;

pub(crate) const DOCUMENT: &str = "document";
pub(crate) const SNAPSHOT: &str = "snapshot";
pub(crate) const CHANGE: &str = "change";
pub(crate) const SCOPE_LOG: &str = "scope_log";
pub(crate) const FINGERPRINT: &str = "fingerprint";
pub(crate) const PARKED: &str = "parked";
pub(crate) const QUARANTINE: &str = "quarantine";
pub(crate) const UNSEALED: &str = "unsealed";
pub(crate) const SEAL: &str = "seal";
pub(crate) const SEALED: &str = "sealed";
pub(crate) const SEALER: &str = "sealer";
pub(crate) const LOCAL: &str = "local";
pub(crate) const META: &str = "meta";

/// Every table that is not a view.
pub(crate) const CORE: [&str; 13] = [
    DOCUMENT,
    SNAPSHOT,
    CHANGE,
    SCOPE_LOG,
    FINGERPRINT,
    PARKED,
    QUARANTINE,
    UNSEALED,
    SEAL,
    SEALED,
    SEALER,
    LOCAL,
    META,
];

/// Values above 4 KB take twice their size on disk, so long values are cut just below.
pub(crate) const CHUNK_BYTES: usize = 3_900;

/// The record of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DocumentRecord {
    #[serde(rename = "c")]
    pub(crate) class: Class,
    #[serde(rename = "s")]
    pub(crate) scope: Scope,
    #[serde(rename = "h")]
    pub(crate) heads: Heads,
    /// The snapshot holds everything up to this position; 0 without a snapshot.
    #[serde(rename = "p")]
    pub(crate) snapshot_seq: u64,
    /// Change rows up to this position have been deleted; the snapshot stands for them.
    #[serde(rename = "t")]
    pub(crate) trimmed_through: u64,
    /// Changes after the snapshot, and their bytes: when to fold.
    #[serde(rename = "n")]
    pub(crate) tail_changes: u32,
    #[serde(rename = "b")]
    pub(crate) tail_bytes: u32,
    #[serde(rename = "l")]
    pub(crate) last_seq: u64,
}

/// A change that waits for what it depends on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ParkedRecord {
    pub(crate) scope: Scope,
    /// Its author; central for what central vouched for.
    pub(crate) device: DeviceId,
    #[serde(default)]
    pub(crate) incarnation: Incarnation,
    #[serde(default)]
    pub(crate) central: bool,
    #[serde(with = "serde_bytes")]
    pub(crate) bytes: Vec<u8>,
}

/// A change that was refused, kept as it came for people to look into.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct QuarantineRecord {
    pub(crate) scope: Scope,
    pub(crate) device: DeviceId,
    pub(crate) code: String,
    pub(crate) detail: String,
    pub(crate) at: crate::Timestamp,
    #[serde(with = "serde_bytes")]
    pub(crate) bytes: Vec<u8>,
}

/// A seal without what its key says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SealRecord {
    #[serde(rename = "b")]
    pub(crate) base: u64,
    #[serde(rename = "c", with = "serde_bytes")]
    pub(crate) base_chain: [u8; 32],
    #[serde(rename = "e", with = "serde_bytes")]
    pub(crate) entries: Vec<u8>,
    #[serde(rename = "s", with = "serde_bytes")]
    pub(crate) signature: [u8; 64],
}

/// Who an actor is: as whom a seal was checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SealerRecord {
    #[serde(rename = "k", with = "serde_bytes")]
    pub(crate) key: [u8; 32],
    #[serde(rename = "i")]
    pub(crate) incarnation: Incarnation,
}

type Bytes = &'static [u8];

fn definition(name: &str) -> TableDefinition<'_, Bytes, Bytes> {
    TableDefinition::new(name)
}

pub(crate) fn change_key(id: DocumentId, seq: u64, index: u16) -> Vec<u8> {
    [id.as_bytes().as_slice(), &seq.to_be_bytes(), &index.to_be_bytes()].concat()
}

pub(crate) fn snapshot_key(id: DocumentId, chunk: u16) -> Vec<u8> {
    [id.as_bytes().as_slice(), &chunk.to_be_bytes()].concat()
}

pub(crate) fn hash_key(id: DocumentId, hash: &ChangeHash) -> Vec<u8> {
    [id.as_bytes().as_slice(), &hash.0].concat()
}

pub(crate) fn scope_key(scope: &Scope, rest: &[u8]) -> Vec<u8> {
    let name = scope.as_bytes();
    [&[name.len() as u8], name, rest].concat()
}

/// The scope that begins a key, and the rest of the key.
pub(crate) fn split_scope_key(key: &[u8]) -> Option<(Scope, &[u8])> {
    let (len, rest) = key.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*len))?;
    Some((Scope::new(name).ok()?, rest))
}

pub(crate) fn encode_fingerprint(fingerprint: &Fingerprint) -> [u8; 24] {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&fingerprint.count.to_be_bytes());
    bytes[8..].copy_from_slice(&fingerprint.sum.to_be_bytes());
    bytes
}

pub(crate) fn decode_fingerprint(bytes: &[u8]) -> Result<Fingerprint, StoreError> {
    let (count, sum) = bytes.split_at_checked(8).ok_or_else(|| StoreError::corrupt("a fingerprint"))?;
    Ok(Fingerprint {
        count: u64::from_be_bytes(count.try_into().map_err(|_| StoreError::corrupt("a fingerprint"))?),
        sum: u128::from_be_bytes(sum.try_into().map_err(|_| StoreError::corrupt("a fingerprint"))?),
    })
}

pub(crate) fn encode_totals(totals: &Totals) -> [u8; 40] {
    let mut bytes = [0; 40];
    let numbers = std::iter::once(totals.count).chain(totals.amounts);
    for (slot, number) in bytes.chunks_exact_mut(8).zip(numbers) {
        slot.copy_from_slice(&number.to_be_bytes());
    }
    bytes
}

pub(crate) fn decode_totals(bytes: &[u8]) -> Result<Totals, StoreError> {
    let mut numbers = [0i64; 5];
    if bytes.len() != 40 {
        return Err(StoreError::corrupt("a sum"));
    }
    for (number, slot) in numbers.iter_mut().zip(bytes.chunks_exact(8)) {
        *number = i64::from_be_bytes(slot.try_into().expect("eight bytes"));
    }
    Ok(Totals { count: numbers[0], amounts: [numbers[1], numbers[2], numbers[3], numbers[4]] })
}

pub(crate) fn decode_record<T: serde::de::DeserializeOwned>(
    what: &str,
    bytes: &[u8],
) -> Result<T, StoreError> {
    ciborium::from_reader(bytes).map_err(|error| StoreError::corrupt(format!("{what}: {error}")))
}

/// Scans a table; shared by both kinds of transaction.
fn scan_table<T: ReadableTable<Bytes, Bytes>>(
    table: &T,
    range: KeyRange<'_>,
    backwards: bool,
    visit: Visit<'_>,
) -> Result<(), StoreError> {
    if is_empty(&range) {
        return Ok(());
    }
    let mut rows = table.range::<&[u8]>(range).during("reading a range")?;
    loop {
        let next = if backwards { rows.next_back() } else { rows.next() };
        let Some(row) = next else { return Ok(()) };
        let (key, value) = row.during("reading a row")?;
        if visit(key.value(), value.value()).is_break() {
            return Ok(());
        }
    }
}

/// Ranges whose start lies beyond their end hold nothing; the engine would panic on them.
fn is_empty(range: &KeyRange<'_>) -> bool {
    match range {
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (Bound::Included(start) | Bound::Excluded(start), Bound::Excluded(end))
        | (Bound::Excluded(start), Bound::Included(end)) => start >= end,
        _ => false,
    }
}

type WriteTable<'t> = Arc<RefCell<Table<'t, Bytes, Bytes>>>;

/// The tables of a write transaction, each opened when first used.
pub(crate) struct WriteTables<'t> {
    txn: &'t WriteTransaction,
    open: RefCell<BTreeMap<&'static str, WriteTable<'t>>>,
}

impl<'t> WriteTables<'t> {
    pub(crate) fn new(txn: &'t WriteTransaction) -> Self {
        Self { txn, open: RefCell::default() }
    }

    fn table(&self, name: &'static str) -> Result<WriteTable<'t>, StoreError> {
        if let Some(table) = self.open.borrow().get(name) {
            return Ok(table.clone());
        }
        let table = self.txn.open_table(definition(name)).during("opening a table")?;
        #[allow(
            clippy::arc_with_non_send_sync,
            reason = "one type for both kinds of transaction; never shared"
        )]
        let table = Arc::new(RefCell::new(table));
        self.open.borrow_mut().insert(name, table.clone());
        Ok(table)
    }

    /// Makes a table where it is missing, so that readers find it.
    pub(crate) fn ensure(&self, name: &'static str) -> Result<(), StoreError> {
        self.table(name).map(drop)
    }

    pub(crate) fn insert(&self, name: &'static str, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.table(name)?.borrow_mut().insert(key, value).during("writing a row")?;
        Ok(())
    }

    pub(crate) fn remove(&self, name: &'static str, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.table(name)?.borrow_mut().remove(key).during("removing a row")?.is_some())
    }

    /// The keys that begin with `prefix`; for removing what is found.
    pub(crate) fn keys(&self, name: &'static str, prefix: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut keys = Vec::new();
        self.scan_prefix(name, prefix, &mut |key, _| {
            keys.push(key.to_vec());
            ControlFlow::Continue(())
        })?;
        Ok(keys)
    }

    /// Removes every row of a table.
    pub(crate) fn clear(&self, name: &'static str) -> Result<(), StoreError> {
        self.table(name)?.borrow_mut().retain(|_, _| false).during("clearing a table")
    }
}

/// The tables of a read transaction, each opened when first used.
pub(crate) struct ReadTables {
    txn: ReadTransaction,
    open: RefCell<BTreeMap<&'static str, Arc<ReadOnlyTable<Bytes, Bytes>>>>,
}

impl ReadTables {
    pub(crate) fn new(txn: ReadTransaction) -> Self {
        Self { txn, open: RefCell::default() }
    }

    fn table(&self, name: &'static str) -> Result<Arc<ReadOnlyTable<Bytes, Bytes>>, StoreError> {
        if let Some(table) = self.open.borrow().get(name) {
            return Ok(table.clone());
        }
        let table = Arc::new(self.txn.open_table(definition(name)).during("opening a table")?);
        self.open.borrow_mut().insert(name, table.clone());
        Ok(table)
    }
}

/// What both kinds of transaction read alike.
pub(crate) trait Tables {
    fn get(&self, name: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    fn scan(
        &self,
        name: &'static str,
        range: KeyRange<'_>,
        backwards: bool,
        visit: Visit<'_>,
    ) -> Result<(), StoreError>;

    /// Visits the rows whose key begins with `prefix`.
    fn scan_prefix(&self, name: &'static str, prefix: &[u8], visit: Visit<'_>) -> Result<(), StoreError> {
        let end = crate::read::prefix_end(prefix);
        let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        self.scan(name, (Bound::Included(prefix), upper), false, visit)
    }

    fn record(&self, id: DocumentId) -> Result<Option<DocumentRecord>, StoreError> {
        self.get(DOCUMENT, id.as_bytes())?
            .map(|bytes| decode_record("a document's record", &bytes))
            .transpose()
    }

    fn fingerprint(&self, scope: &Scope, bucket: Option<u8>) -> Result<Fingerprint, StoreError> {
        let key = scope_key(scope, bucket.as_slice());
        self.get(FINGERPRINT, &key)?.map_or(Ok(Fingerprint::default()), |bytes| decode_fingerprint(&bytes))
    }

    fn totals(&self, name: &'static str, key: &[u8]) -> Result<Totals, StoreError> {
        self.get(name, key)?.map_or(Ok(Totals::default()), |bytes| decode_totals(&bytes))
    }

    fn scan_totals(
        &self,
        name: &'static str,
        range: KeyRange<'_>,
        visit: VisitTotals<'_>,
    ) -> Result<(), StoreError> {
        let mut failed = None;
        self.scan(name, range, false, &mut |key, value| match decode_totals(value) {
            Ok(totals) => visit(key, &totals),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        })?;
        failed.map_or(Ok(()), Err)
    }
}

impl Tables for WriteTables<'_> {
    fn get(&self, name: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let table = self.table(name)?;
        let table = table.borrow();
        let value = table.get(key).during("reading a row")?;
        Ok(value.map(|value| value.value().to_vec()))
    }

    fn scan(
        &self,
        name: &'static str,
        range: KeyRange<'_>,
        backwards: bool,
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        scan_table(&*self.table(name)?.borrow(), range, backwards, visit)
    }
}

impl Tables for ReadTables {
    fn get(&self, name: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.table(name)?.get(key).during("reading a row")?;
        Ok(value.map(|value| value.value().to_vec()))
    }

    fn scan(
        &self,
        name: &'static str,
        range: KeyRange<'_>,
        backwards: bool,
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        scan_table(&*self.table(name)?, range, backwards, visit)
    }
}
