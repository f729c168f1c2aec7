//! Readers: one moment of the store, seen from any thread, never in the way of the writer.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, ControlFlow};
use std::path::Path;
use std::sync::Arc;

use automerge::Automerge;
use redb::{DatabaseError, ReadOnlyDatabase, ReadableDatabase};

use crate::batch::scan_local;
use crate::change::{VerifiedChange, find_among};
use crate::document::{ChangeHash, Document, DocumentHeader, Heads, HistoryEntry};
use crate::error::{During, OpenError, StoreError};
use crate::fingerprint::{BUCKETS, Fingerprint, bucket_of, state_of};
use crate::hot::{self, Hot, Reading, Standing};
use crate::id::{Actor, DeviceId, DocumentId, Timestamp};
use crate::ingest::wrote_all;
use crate::read::{KeyRange, ViewRead, Visit, VisitTotals};
use crate::schema::{Origin, Projection, Schema, Totals, View};
use crate::scope::Scope;
use crate::tables::{
    self, CHANGE, DOCUMENT, DocumentRecord, FINGERPRINT, LOCAL, META, PARKED, QUARANTINE, QuarantineRecord,
    ReadTables, SCOPE_LOG, SNAPSHOT, Tables,
};
use crate::txn::local_key;

/// Largest document a snapshot may unpack to, in bytes.
const UNPACKED_BYTES_MAX: usize = 16 << 20;

/// Rows of views by view and key.
pub type ViewDump = BTreeMap<(View, Vec<u8>), Vec<u8>>;

/// Opens snapshots. Cheap to clone and to share between threads.
#[derive(Clone)]
pub struct Reader {
    pub(crate) database: Arc<dyn ReadableDatabase + Send + Sync>,
    pub(crate) schema: Arc<dyn Schema>,
}

impl Reader {
    /// Opens a database file for reading alone: nothing in it changes, not even how often it was opened. For looking into
    /// files that nobody runs.
    ///
    /// # Errors
    /// Those of [`Store::open`](crate::Store::open); and `needs-recovery` for a file whose node was not stopped cleanly,
    /// which must run once more before it can be read.
    pub fn open(path: &Path, schema: Arc<dyn Schema>) -> Result<Self, OpenError> {
        if std::fs::metadata(path).map_or(true, |metadata| metadata.len() == 0) {
            return Err(OpenError::Missing { path: path.to_owned(), central: false });
        }
        match ReadOnlyDatabase::open(path) {
            Ok(database) => Ok(Self { database: Arc::new(database), schema }),
            Err(DatabaseError::RepairAborted) => Err(OpenError::NeedsRecovery { path: path.to_owned() }),
            Err(error) => Err(crate::store::open_error(path.to_owned(), false, error)),
        }
    }

    /// The store as of its latest commit. Keep it for a request, not for a session: what it sees cannot be
    /// reused on disk while it lives.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let txn = self.database.begin_read().during("beginning to read")?;
        Ok(Snapshot { tables: ReadTables::new(txn), schema: self.schema.clone() })
    }
}

/// The store as of one commit.
pub struct Snapshot {
    pub(crate) tables: ReadTables,
    pub(crate) schema: Arc<dyn Schema>,
}

/// What a peer at some position of our log lacks of one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// Its history up to some point, where the single changes are no longer kept (or the peer has nothing).
    pub snapshot: Option<Vec<u8>>,
    /// Changes after it, causes first; without a snapshot possibly all there is to send.
    pub changes: Vec<Vec<u8>>,
    /// The document's version.
    pub heads: Heads,
}

impl Outgoing {
    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.snapshot.is_none() && self.changes.is_empty()
    }
}

/// A document's whole history in one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// An uncompressed Automerge document.
    pub bytes: Vec<u8>,
    /// Everybody who wrote a change of it.
    pub authors: BTreeSet<Actor>,
}

/// A change that was refused, as an interface lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// The document it was meant for.
    pub document: DocumentId,
    /// The scope it came in.
    pub scope: Scope,
    /// The device it came from.
    pub device: DeviceId,
    /// Stable code of the refusal.
    pub code: String,
    /// What was wrong, for people who look into it.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

impl Snapshot {
    /// Position of this database's log.
    pub fn head_seq(&self) -> Result<u64, StoreError> {
        let bytes = self.tables.get(META, b"seq")?;
        Ok(bytes.and_then(|bytes| bytes.as_slice().try_into().ok()).map_or(0, u64::from_be_bytes))
    }

    /// The heads of a document whose hashes begin with the wanted bytes; none of an unknown document.
    pub fn find_heads<const N: usize>(
        &self,
        id: DocumentId,
        wanted: &BTreeSet<[u8; N]>,
    ) -> Result<BTreeMap<[u8; N], ChangeHash>, StoreError> {
        let record = self.tables.record(id)?;
        Ok(record.map(|record| find_among(&record.heads, wanted)).unwrap_or_default())
    }

    /// All scopes that hold a document.
    pub fn scopes(&self) -> Result<Vec<Scope>, StoreError> {
        let mut scopes = Vec::new();
        let mut from = Vec::new();
        loop {
            let mut next = None;
            self.tables.scan(
                FINGERPRINT,
                (Bound::Included(&from), Bound::Unbounded),
                false,
                &mut |key, _| {
                    next = tables::split_scope_key(key).map(|(scope, _)| scope);
                    ControlFlow::Break(())
                },
            )?;
            let Some(scope) = next else { return Ok(scopes) };
            // Skip the buckets: the next scope begins behind the last key that this one can have.
            from = crate::read::prefix_end(&tables::scope_key(&scope, &[])).unwrap_or_default();
            scopes.push(scope);
        }
    }

    /// The documents of a scope that changed after a position of our log, oldest change first: each once, with
    /// the position of its latest change.
    pub fn scope_log_after(
        &self,
        scope: &Scope,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, DocumentId)>, StoreError> {
        let mut rows = Vec::new();
        let start = tables::scope_key(scope, &after.to_be_bytes());
        let end = tables::scope_key(scope, &u64::MAX.to_be_bytes());
        self.tables.scan(
            SCOPE_LOG,
            (Bound::Excluded(&start), Bound::Included(&end)),
            false,
            &mut |key, value| {
                if rows.len() == limit {
                    return ControlFlow::Break(());
                }
                let seq = key.last_chunk().map_or(0, |seq| u64::from_be_bytes(*seq));
                rows.extend(DocumentId::try_from(value).map(|id| (seq, id)));
                ControlFlow::Continue(())
            },
        )?;
        Ok(rows)
    }

    /// What a peer that has acknowledged our log up to `after` lacks of a document; changes that came from
    /// `except` are left out, because that device has them. With `after` 0 the whole history is sent.
    pub fn outgoing(
        &self,
        id: DocumentId,
        after: u64,
        except: Option<DeviceId>,
    ) -> Result<Outgoing, StoreError> {
        let (outgoing, _) = self.gather(id, after, except)?;
        Ok(outgoing)
    }

    /// Of the same, what a node that is not central may pass on: what it wrote itself, in this or an earlier life, and
    /// what a seal of its author covers.
    pub fn outgoing_proven(
        &self,
        id: DocumentId,
        after: u64,
        except: Option<DeviceId>,
        own: &Origin,
    ) -> Result<Outgoing, StoreError> {
        let (mut outgoing, origins) = self.gather(id, after, except)?;
        let Some(record) = self.tables.record(id)? else { return Ok(outgoing) };
        let mut proven = Vec::with_capacity(outgoing.changes.len());
        if let Some(snapshot) = outgoing.snapshot.take() {
            let history = load_snapshot(id, &snapshot)?;
            match wrote_all(own, &history) {
                true => outgoing.snapshot = Some(snapshot),
                false => self.add_proven(&mut proven, &record, id, own, &history)?,
            }
        }
        for (bytes, from) in std::mem::take(&mut outgoing.changes).into_iter().zip(origins) {
            let is_proven = from == DeviceId::NIL
                || match VerifiedChange::verify(bytes.clone()) {
                    Ok(change) => {
                        own.wrote_as(change.actor())
                            || self.is_sealed(&record.scope, id, change.hash(), change.actor())?
                    }
                    Err(error) => return Err(StoreError::corrupt(format!("document {id}: {error}"))),
                };
            if is_proven {
                proven.push(bytes);
            }
        }
        outgoing.changes = proven;
        Ok(outgoing)
    }

    fn add_proven(
        &self,
        proven: &mut Vec<Vec<u8>>,
        record: &DocumentRecord,
        id: DocumentId,
        own: &Origin,
        history: &Automerge,
    ) -> Result<(), StoreError> {
        for change in history.get_changes(&[]) {
            let hash = ChangeHash(change.hash().0);
            let author = crate::change::actor_of(change.actor_id().to_bytes());
            if own.wrote_as(author) || self.is_sealed(&record.scope, id, hash, author)? {
                proven.push(change.raw_bytes().to_vec());
            }
        }
        Ok(())
    }

    /// What a peer lacks of a document, and the device that each of the changes came from.
    fn gather(
        &self,
        id: DocumentId,
        after: u64,
        except: Option<DeviceId>,
    ) -> Result<(Outgoing, Vec<DeviceId>), StoreError> {
        let Some(record) = self.tables.record(id)? else { return Ok(Default::default()) };
        if record.last_seq <= after {
            return Ok((Outgoing { heads: record.heads, ..Outgoing::default() }, Vec::new()));
        }
        let whole = after < record.trimmed_through || (after == 0 && record.snapshot_seq > 0);
        let snapshot = match whole {
            true => read_snapshot_bytes(&self.tables, id)?,
            false => None,
        };
        let from = if whole { record.snapshot_seq } else { after };
        let (mut changes, mut origins) = (Vec::new(), Vec::new());
        for_each_change(&self.tables, id, from, &mut |device, bytes| {
            if whole || except != Some(device) {
                changes.push(bytes.to_vec());
                origins.push(device);
            }
        })?;
        Ok((Outgoing { snapshot, changes, heads: record.heads }, origins))
    }

    /// A document's whole history in one piece, uncompressed, and who wrote in it. Costs loading and saving it.
    pub fn whole(&self, id: DocumentId) -> Result<Option<Whole>, StoreError> {
        let Some(automerge) = self.automerge(id)? else { return Ok(None) };
        let authors: BTreeSet<Actor> = automerge
            .get_changes_meta(&[])
            .iter()
            .map(|change| crate::change::actor_of(change.actor.to_bytes()))
            .collect();
        Ok(Some(Whole { bytes: automerge.save_nocompress(), authors }))
    }

    /// The fingerprint of a scope.
    pub fn fingerprint(&self, scope: &Scope) -> Result<Fingerprint, StoreError> {
        self.tables.fingerprint(scope, None)
    }

    /// The fingerprints of a scope's 256 buckets.
    pub fn buckets(&self, scope: &Scope) -> Result<Vec<Fingerprint>, StoreError> {
        let mut buckets = vec![Fingerprint::default(); BUCKETS];
        let prefix = tables::scope_key(scope, &[]);
        let mut failed = None;
        self.tables.scan_prefix(FINGERPRINT, &prefix, &mut |key, value| {
            if let [bucket] = key[prefix.len()..] {
                match tables::decode_fingerprint(value) {
                    Ok(fingerprint) => buckets[usize::from(bucket)] = fingerprint,
                    Err(error) => {
                        failed = Some(error);
                        return ControlFlow::Break(());
                    }
                }
            }
            ControlFlow::Continue(())
        })?;
        failed.map_or(Ok(buckets), Err)
    }

    /// The documents of some buckets of a scope with the first 64 bits of their state hashes, by id. Walks the
    /// scope's log once.
    pub fn bucket_documents(
        &self,
        scope: &Scope,
        wanted: &dyn Fn(u8) -> bool,
    ) -> Result<Vec<(DocumentId, u64)>, StoreError> {
        let mut found = Vec::new();
        for (_, id) in self.scope_log_after(scope, 0, usize::MAX)? {
            if wanted(bucket_of(id))
                && let Some(record) = self.tables.record(id)?
            {
                found.push((id, (state_of(id, &record.heads) >> 64) as u64));
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// A document's changes, causes first, with the content before and after each.
    pub fn history(&self, id: DocumentId) -> Result<Option<Vec<HistoryEntry>>, StoreError> {
        Ok(self.automerge(id)?.map(|automerge| hot::history(&automerge)))
    }

    /// The document as an Automerge file, readable by any Automerge library.
    pub fn save(&self, id: DocumentId) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.automerge(id)?.map(|automerge| automerge.save()))
    }

    /// How many documents there are.
    pub fn document_count(&self) -> Result<u64, StoreError> {
        let mut count = 0;
        for scope in self.scopes()? {
            count += self.fingerprint(&scope)?.count;
        }
        Ok(count)
    }

    /// The changes that were refused, by document.
    pub fn quarantined(&self, limit: usize) -> Result<Vec<Quarantined>, StoreError> {
        let mut found = Vec::new();
        self.tables.scan(QUARANTINE, (Bound::Unbounded, Bound::Unbounded), false, &mut |key, value| {
            let record = tables::decode_record::<QuarantineRecord>("a quarantined change", value);
            if let (Ok(record), Some(Ok(document))) = (record, key.get(..16).map(DocumentId::try_from)) {
                let QuarantineRecord { scope, device, code, detail, at, .. } = record;
                found.push(Quarantined { document, scope, device, code, detail, at });
            }
            if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(found)
    }

    /// How many changes wait for what they depend on.
    pub fn parked_count(&self) -> Result<u64, StoreError> {
        let mut count = 0;
        self.tables.scan(PARKED, (Bound::Unbounded, Bound::Unbounded), false, &mut |_, _| {
            count += 1;
            ControlFlow::Continue(())
        })?;
        Ok(count)
    }

    /// Visits this node's own values of a namespace whose key begins with `prefix`, in order.
    pub fn scan_local(
        &self,
        namespace: &'static str,
        prefix: &[u8],
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        scan_local(&self.tables, namespace, prefix, visit)
    }

    /// Every row of every view, for comparing live views with rebuilt ones, or two replicas.
    pub fn dump_views(&self) -> Result<ViewDump, StoreError> {
        let mut dump = BTreeMap::new();
        for view in self.schema.views() {
            self.tables.scan(view.0, (Bound::Unbounded, Bound::Unbounded), false, &mut |key, value| {
                dump.insert((*view, key.to_vec()), value.to_vec());
                ControlFlow::Continue(())
            })?;
        }
        Ok(dump)
    }

    /// Visits every document's id, place and version, by id.
    pub fn headers(
        &self,
        visit: &mut dyn FnMut(DocumentHeader) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut failed = None;
        self.tables.scan(DOCUMENT, (Bound::Unbounded, Bound::Unbounded), false, &mut |key, value| {
            let record = tables::decode_record::<DocumentRecord>("a document's record", value);
            match (DocumentId::try_from(key), record) {
                (Ok(id), Ok(record)) => visit(record.into_header(id)),
                (_, record) => {
                    failed = Some(record.err().unwrap_or_else(|| StoreError::corrupt("a document's key")));
                    ControlFlow::Break(())
                }
            }
        })?;
        failed.map_or(Ok(()), Err)
    }

    pub(crate) fn automerge(&self, id: DocumentId) -> Result<Option<Automerge>, StoreError> {
        let Some(record) = self.tables.record(id)? else { return Ok(None) };
        load_automerge(&self.tables, id, &record, Actor::from_bytes([0; 8])).map(Some)
    }
}

impl DocumentRecord {
    pub(crate) fn into_header(self, id: DocumentId) -> DocumentHeader {
        DocumentHeader {
            id,
            class: self.class,
            scope: self.scope,
            heads: self.heads,
            last_seq: self.last_seq,
        }
    }
}

fn load_snapshot(id: DocumentId, bytes: &[u8]) -> Result<Automerge, StoreError> {
    Automerge::load(bytes)
        .map_err(|error| StoreError::corrupt(format!("the snapshot of document {id}: {error}")))
}

/// Visits the stored changes of a document after a position, with the device each came from.
fn for_each_change<T: Tables>(
    tables: &T,
    id: DocumentId,
    after: u64,
    visit: &mut dyn FnMut(DeviceId, &[u8]),
) -> Result<(), StoreError> {
    let start = tables::change_key(id, after, u16::MAX);
    let end = tables::change_key(id, u64::MAX, u16::MAX);
    let mut damaged = false;
    tables.scan(CHANGE, (Bound::Excluded(&start), Bound::Included(&end)), false, &mut |_, value| {
        let parts =
            value.split_at_checked(16).and_then(|(from, raw)| Some((DeviceId::try_from(from).ok()?, raw)));
        match parts {
            Some((device, raw)) => visit(device, raw),
            None => damaged = true,
        }
        ControlFlow::Continue(())
    })?;
    match damaged {
        true => Err(StoreError::corrupt(format!("a change of document {id}"))),
        false => Ok(()),
    }
}

/// The stored snapshot of a document, unpacked and checked against its hash.
pub(crate) fn read_snapshot_bytes<T: Tables>(
    tables: &T,
    id: DocumentId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut record = Vec::new();
    tables.scan_prefix(SNAPSHOT, id.as_bytes(), &mut |_, chunk| {
        record.extend_from_slice(chunk);
        ControlFlow::Continue(())
    })?;
    if record.is_empty() {
        return Ok(None);
    }
    let damaged = || StoreError::corrupt(format!("the snapshot of document {id}"));
    let (hash, packed) = record.split_at_checked(8).ok_or_else(damaged)?;
    if blake3::hash(packed).as_bytes()[..8] != *hash {
        return Err(damaged());
    }
    zstd::bulk::decompress(packed, UNPACKED_BYTES_MAX).map(Some).map_err(|_| damaged())
}

pub(crate) fn load_automerge<T: Tables>(
    tables: &T,
    id: DocumentId,
    record: &DocumentRecord,
    actor: Actor,
) -> Result<Automerge, StoreError> {
    let snapshot = match record.snapshot_seq {
        0 => None,
        _ => read_snapshot_bytes(tables, id)?,
    };
    let mut tail = Vec::new();
    for_each_change(tables, id, record.snapshot_seq, &mut |_, raw| tail.push(raw.to_vec()))?;
    let automerge = hot::load(id, actor, snapshot.as_deref(), tail)?;
    match hot::heads_of(&automerge) == record.heads {
        true => Ok(automerge),
        false => Err(StoreError::corrupt(format!("document {id} is not at the version its record says"))),
    }
}

/// Loads a document with everything that is computed from it.
pub(crate) fn load_document<T: Tables>(
    tables: &T,
    schema: &dyn Schema,
    id: DocumentId,
    actor: Actor,
) -> Result<Option<Hot>, StoreError> {
    let Some(record) = tables.record(id)? else { return Ok(None) };
    let automerge = load_automerge(tables, id, &record, actor)?;
    let Reading { root, conflicts } = hot::reading_of(&automerge, None);
    let document = Document {
        id,
        class: record.class.clone(),
        scope: record.scope.clone(),
        heads: record.heads.clone(),
        root,
        conflicts,
    };
    let projection = match schema.route(id, &document.root) {
        Some(_) => schema.project(&document),
        None => Projection::default(),
    };
    Ok(Some(Hot { automerge, standing: Standing { document, projection, record } }))
}

/// A document as it was at an instant.
pub(crate) fn document_at<T: Tables>(
    tables: &T,
    id: DocumentId,
    at: Timestamp,
) -> Result<Option<Document>, StoreError> {
    let Some(record) = tables.record(id)? else { return Ok(None) };
    let automerge = load_automerge(tables, id, &record, Actor::from_bytes([0; 8]))?;
    let heads = hot::heads_until(&automerge, at);
    if heads.is_empty() {
        return Ok(None);
    }
    let Reading { root, conflicts } = hot::reading_of(&automerge, Some(&heads));
    let heads = heads.into_iter().map(|hash| ChangeHash(hash.0)).collect();
    Ok(Some(Document { id, class: record.class, scope: record.scope, heads, root, conflicts }))
}

impl ViewRead for Snapshot {
    fn get(&self, view: View, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.tables.get(view.0, key)
    }

    fn scan(
        &self,
        view: View,
        range: KeyRange<'_>,
        backwards: bool,
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        self.tables.scan(view.0, range, backwards, visit)
    }

    fn totals(&self, view: View, key: &[u8]) -> Result<Totals, StoreError> {
        self.tables.totals(view.0, key)
    }

    fn scan_totals(&self, view: View, range: KeyRange<'_>, visit: VisitTotals<'_>) -> Result<(), StoreError> {
        self.tables.scan_totals(view.0, range, visit)
    }

    fn document(&self, id: DocumentId) -> Result<Option<Document>, StoreError> {
        Ok(load_document(&self.tables, &*self.schema, id, Actor::from_bytes([0; 8]))?
            .map(|hot| hot.standing.document))
    }

    fn document_at(&self, id: DocumentId, at: Timestamp) -> Result<Option<Document>, StoreError> {
        document_at(&self.tables, id, at)
    }

    fn header(&self, id: DocumentId) -> Result<Option<DocumentHeader>, StoreError> {
        Ok(self.tables.record(id)?.map(|record| record.into_header(id)))
    }

    fn local(&self, namespace: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.tables.get(LOCAL, &local_key(namespace, key))
    }
}
