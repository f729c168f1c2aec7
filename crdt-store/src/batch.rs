//! One transaction: commands and changes from peers take the same road into documents, logs and views.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::num::NonZeroUsize;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use automerge::Automerge;
use lru::LruCache;
use rand::Rng;
use rand_chacha::ChaCha12Rng;

use crate::document::{Class, Document, DocumentHeader};
use crate::error::StoreError;
use crate::fingerprint::{Fingerprint, bucket_of, state_of};
use crate::hot::{self, Hot, Standing};
use crate::id::{Actor, DeviceId, DocumentId, Timestamp};
use crate::read::{KeyRange, ViewRead, Visit, VisitTotals};
use crate::schema::{Origin, Projection, Refusal, Rejection, Row, Schema, Sum, Totals, View};
use crate::scope::Scope;
use crate::seal::SigningKey;
use crate::snapshot::{document_at, load_automerge, load_document};
use crate::tables::{
    self, CHANGE, CHUNK_BYTES, DOCUMENT, DocumentRecord, FINGERPRINT, LOCAL, SCOPE_LOG, SNAPSHOT, Tables,
    WriteTables,
};
use crate::txn::{Author, Failure, Staged, Txn, local_key};

/// A tail is folded into the snapshot at this many changes …
const FOLD_CHANGES: u32 = 16;
/// … or this many bytes: about what loading and sending a document's tail may cost.
const FOLD_BYTES: u32 = 4_096;
/// Documents kept in memory with what is computed from them; about 30 KB each.
const HOT_DOCUMENTS: usize = 256;

/// What stays the same during a batch.
pub(crate) struct Context {
    pub(crate) now: Timestamp,
    pub(crate) origin: Origin,
    pub(crate) random: RefCell<ChaCha12Rng>,
    /// Seals what is written here.
    pub(crate) signing: Option<SigningKey>,
}

impl Context {
    pub(crate) fn actor(&self) -> Actor {
        Actor::of(self.origin.device, self.origin.incarnation)
    }

    pub(crate) fn fill_random(&self, bytes: &mut [u8]) {
        self.random.borrow_mut().fill_bytes(bytes);
    }
}

/// What the store remembers between batches; all of it can be read again from disk.
pub(crate) struct Memory {
    pub(crate) hot: RefCell<LruCache<DocumentId, Hot>>,
    pub(crate) seq: u64,
    pub(crate) retain_from: u64,
    /// Whether there may be changes that no seal covers yet.
    pub(crate) unsealed: bool,
}

impl Memory {
    pub(crate) fn new(seq: u64, retain_from: u64, unsealed: bool) -> Self {
        let capacity = NonZeroUsize::new(HOT_DOCUMENTS).expect("not zero");
        Self { hot: RefCell::new(LruCache::new(capacity)), seq, retain_from, unsealed }
    }

    pub(crate) fn forget(&mut self, seq: u64) {
        self.hot.borrow_mut().clear();
        self.seq = seq;
    }
}

/// What a transaction changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Position of this database's log after the transaction.
    pub seq: u64,
    /// The documents that changed, each once.
    pub documents: Vec<(DocumentId, Class, Scope)>,
}

/// A write transaction. Everything in it becomes durable together, or not at all.
pub struct Batch<'t> {
    pub(crate) tables: WriteTables<'t>,
    pub(crate) memory: &'t mut Memory,
    pub(crate) context: &'t Context,
    pub(crate) schema: Arc<dyn Schema>,
    touched: BTreeMap<DocumentId, (Class, Scope)>,
    /// Fingerprints as they will be; a frame full of documents of one scope changes the same few many times.
    fingerprints: BTreeMap<Vec<u8>, Fingerprint>,
}

/// A document brought from one version to the next, checked, and not yet written.
pub(crate) struct Step {
    pub(crate) previous: Option<Standing>,
    pub(crate) after: Standing,
    /// Its history, where it is at hand.
    pub(crate) automerge: Option<Automerge>,
    pub(crate) changes: Vec<Vec<u8>>,
    /// The device the changes came from; nil for this one.
    pub(crate) from: DeviceId,
    /// The history arrived as a snapshot and is kept as one.
    pub(crate) whole: Option<Vec<u8>>,
}

impl<'t> Batch<'t> {
    pub(crate) fn new(
        tables: WriteTables<'t>,
        memory: &'t mut Memory,
        context: &'t Context,
        schema: Arc<dyn Schema>,
    ) -> Self {
        let (touched, fingerprints) = Default::default();
        Self { tables, memory, context, schema, touched, fingerprints }
    }

    /// Carries out a command. `Ok(Err(_))` is its rejection, which leaves no trace; `Err(_)` is the store failing,
    /// after which the whole batch must be given up.
    pub fn execute<R>(
        &mut self,
        author: &Author,
        command: impl FnOnce(&mut Txn<'_>) -> Result<R, Failure>,
    ) -> Result<Result<R, Rejection>, StoreError> {
        let mut txn = Txn { views: &*self, context: self.context, staged: Staged::default() };
        let outcome = command(&mut txn);
        let staged = txn.staged;
        let reply = match outcome {
            Ok(reply) => reply,
            Err(Failure::Rejected(rejection)) => return Ok(Err(rejection)),
            Err(Failure::Store(error)) => return Err(error),
        };
        let mut steps = Vec::with_capacity(staged.documents.len());
        for (id, edits) in &staged.documents {
            match self.prepare_edit(*id, author, edits)? {
                Ok(step) => steps.extend(step),
                Err(rejection) => return Ok(Err(rejection)),
            }
        }
        for step in steps {
            self.store(step)?;
        }
        for (key, value) in &staged.locals {
            self.put_local(key, value.as_deref())?;
        }
        Ok(Ok(reply))
    }

    /// The present, as this transaction knows it.
    pub fn now(&self) -> Timestamp {
        self.context.now
    }

    /// Position of this database's log, the steps of this batch included.
    pub fn head_seq(&self) -> u64 {
        self.memory.seq
    }

    /// Change rows after `seq` stay until a slow peer has had them; earlier ones go when their document is folded.
    pub fn retain_from(&mut self, seq: u64) -> Result<(), StoreError> {
        self.memory.retain_from = seq;
        self.tables.insert(tables::META, b"retain_from", &seq.to_be_bytes())
    }

    /// Sets or removes a value that belongs to this node only.
    pub fn set_local(
        &mut self,
        namespace: &'static str,
        key: &[u8],
        value: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        self.put_local(&local_key(namespace, key), value)
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

    /// The last key of a namespace of this node's own values.
    pub fn last_local(&self, namespace: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        let prefix = local_key(namespace, &[]);
        let end = crate::read::prefix_end(&prefix).expect("a namespace is text");
        let mut last = None;
        let range = (Bound::Included(prefix.as_slice()), Bound::Excluded(end.as_slice()));
        self.tables.scan(LOCAL, range, true, &mut |key, _| {
            last = Some(key[prefix.len()..].to_vec());
            ControlFlow::Break(())
        })?;
        Ok(last)
    }

    fn put_local(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), StoreError> {
        match value {
            Some(value) => self.tables.insert(LOCAL, key, value),
            None => self.tables.remove(LOCAL, key).map(drop),
        }
    }

    /// Ends the batch: writes the log's position and says what changed.
    pub(crate) fn finish(self) -> Result<Committed, StoreError> {
        self.tables.insert(tables::META, b"seq", &self.memory.seq.to_be_bytes())?;
        for (key, fingerprint) in &self.fingerprints {
            self.tables.insert(FINGERPRINT, key, &tables::encode_fingerprint(fingerprint))?;
        }
        let documents = self.touched.into_iter().map(|(id, (class, scope))| (id, class, scope)).collect();
        Ok(Committed { seq: self.memory.seq, documents })
    }

    /// Takes a document out of memory, or off the disk, to be brought further.
    pub(crate) fn take(&self, id: DocumentId) -> Result<(Option<Standing>, Automerge), StoreError> {
        let found = self.memory.hot.borrow_mut().pop(&id);
        let hot = match found {
            Some(hot) => Some(hot),
            None => load_document(&self.tables, &*self.schema, id, self.context.actor())?,
        };
        Ok(match hot {
            Some(Hot { automerge, standing }) => (Some(standing), automerge),
            None => (None, hot::empty(self.context.actor())),
        })
    }

    pub(crate) fn put_back(&self, standing: Standing, automerge: Automerge) {
        self.memory.hot.borrow_mut().put(standing.document.id, Hot { automerge, standing });
    }

    fn prepare_edit(
        &mut self,
        id: DocumentId,
        author: &Author,
        edits: &[crate::txn::Edit],
    ) -> Result<Result<Option<Step>, Rejection>, StoreError> {
        let (previous, mut automerge) = self.take(id)?;
        if previous.is_none() && !matches!(edits.first(), Some(crate::txn::Edit::Create { .. })) {
            return Ok(Err(Rejection::new("not-found", format!("there is no document {id}"))));
        }
        let change = match hot::edit(&mut automerge, self.context.now, author, edits) {
            Ok(Some(change)) => change,
            Ok(None) => {
                if let Some(previous) = previous {
                    self.put_back(previous, automerge);
                }
                return Ok(Ok(None));
            }
            Err(rejection) => return Ok(Err(rejection)),
        };
        let origin = self.context.origin;
        let scope = match &previous {
            Some(previous) => Some(previous.record.scope.clone()),
            None => {
                let reading = hot::reading_of(&automerge, None);
                self.schema.route(id, &reading.root).map(|route| route.scope)
            }
        };
        let assembled = match scope {
            Some(scope) => self.assemble((id, &scope), &origin, previous.as_ref(), &automerge)?,
            None => Err(Refusal::new("unknown-class", "the document is of no known class")),
        };
        Ok(match assembled {
            Ok(after) => Ok(Some(Step {
                previous,
                after,
                automerge: Some(automerge),
                changes: vec![change],
                from: DeviceId::NIL,
                whole: None,
            })),
            Err(refusal) => Err(refusal.into()),
        })
    }

    /// How a document stands after a step; asks the schema whether `origin` may bring it there.
    pub(crate) fn assemble(
        &self,
        (id, scope): (DocumentId, &Scope),
        origin: &Origin,
        previous: Option<&Standing>,
        automerge: &Automerge,
    ) -> Result<Result<Standing, Refusal>, StoreError> {
        let base = previous.map(|previous| &previous.record);
        let (heads, reading) = (hot::heads_of(automerge), hot::reading_of(automerge, None));
        let after = match Standing::compose(&*self.schema, (id, scope), base, heads, reading) {
            Ok(after) => after,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let before = previous.map(|previous| &previous.document);
        Ok(self.schema.check(self, origin, before, &after.document)?.map(|()| after))
    }

    /// Writes a step: history, record, logs, fingerprints, views.
    pub(crate) fn store(&mut self, step: Step) -> Result<(), StoreError> {
        let Step { previous, mut after, automerge, changes, from, whole } = step;
        let id = after.document.id;
        self.memory.seq += 1;
        let seq = self.memory.seq;
        if let Some(bytes) = whole {
            self.write_snapshot(id, &bytes)?;
            after.record.snapshot_seq = seq;
            after.record.trimmed_through = seq;
        }
        // A snapshot that came with changes takes a position of its own, so that the changes count as its tail.
        let seq = if after.record.snapshot_seq == seq && !changes.is_empty() { seq + 1 } else { seq };
        self.memory.seq = seq;
        for (index, change) in changes.iter().enumerate() {
            let value = [from.as_bytes().as_slice(), change].concat();
            self.tables.insert(CHANGE, &tables::change_key(id, seq, index as u16), &value)?;
            after.record.tail_changes += 1;
            after.record.tail_bytes = after.record.tail_bytes.saturating_add(change.len() as u32);
        }
        after.record.last_seq = seq;
        if let (DeviceId::NIL, [hash]) = (from, after.record.heads.as_slice()) {
            self.note_unsealed(&after.record.scope, id, seq, *hash)?;
        }
        self.log(id, seq, previous.as_ref().map(|previous| &previous.record), &after.record)?;
        let nothing = Projection::default();
        let before = previous.as_ref().map_or(&nothing, |previous| &previous.projection);
        apply_projection(&self.tables, &*self.schema, before, &after.projection)?;
        if after.record.tail_changes >= FOLD_CHANGES || after.record.tail_bytes >= FOLD_BYTES {
            self.fold(&mut after.record, id, automerge.as_ref())?;
        }
        self.tables.insert(DOCUMENT, id.as_bytes(), &crate::read::encode_row(&after.record))?;
        self.touched.insert(id, (after.record.class.clone(), after.record.scope.clone()));
        match automerge {
            Some(automerge) => self.put_back(after, automerge),
            None => drop(self.memory.hot.borrow_mut().pop(&id)),
        }
        Ok(())
    }

    /// Moves the document's row to the end of its scope's log and its state in the fingerprints.
    fn log(
        &mut self,
        id: DocumentId,
        seq: u64,
        before: Option<&DocumentRecord>,
        after: &DocumentRecord,
    ) -> Result<(), StoreError> {
        if let Some(before) = before {
            self.tables
                .remove(SCOPE_LOG, &tables::scope_key(&before.scope, &before.last_seq.to_be_bytes()))?;
        }
        self.tables.insert(SCOPE_LOG, &tables::scope_key(&after.scope, &seq.to_be_bytes()), id.as_bytes())?;
        let bucket = bucket_of(id);
        for part in [None, Some(bucket)] {
            let key = tables::scope_key(&after.scope, part.as_slice());
            let fingerprint = match self.fingerprints.entry(key) {
                Entry::Occupied(place) => place.into_mut(),
                Entry::Vacant(place) => place.insert(self.tables.fingerprint(&after.scope, part)?),
            };
            if let Some(before) = before {
                fingerprint.remove(state_of(id, &before.heads));
            }
            fingerprint.add(state_of(id, &after.heads));
        }
        Ok(())
    }

    /// Folds the tail into the snapshot; change rows that no slow peer needs any more go.
    fn fold(
        &self,
        record: &mut DocumentRecord,
        id: DocumentId,
        automerge: Option<&Automerge>,
    ) -> Result<(), StoreError> {
        let bytes = match automerge {
            Some(automerge) => automerge.save_nocompress(),
            None => load_automerge(&self.tables, id, record, self.context.actor())?.save_nocompress(),
        };
        self.write_snapshot(id, &bytes)?;
        record.snapshot_seq = record.last_seq;
        record.tail_changes = 0;
        record.tail_bytes = 0;
        let through = self.memory.retain_from.min(record.last_seq);
        for key in self.tables.keys(CHANGE, id.as_bytes())? {
            let seq = key.get(16..24).and_then(|seq| seq.try_into().ok()).map_or(0, u64::from_be_bytes);
            if seq <= through {
                self.tables.remove(CHANGE, &key)?;
            }
        }
        record.trimmed_through = record.trimmed_through.max(through);
        Ok(())
    }

    fn write_snapshot(&self, id: DocumentId, bytes: &[u8]) -> Result<(), StoreError> {
        for key in self.tables.keys(SNAPSHOT, id.as_bytes())? {
            self.tables.remove(SNAPSHOT, &key)?;
        }
        let packed = zstd::bulk::compress(bytes, 3).map_err(|error| StoreError::Storage {
            operation: "compressing a snapshot",
            detail: error.to_string(),
        })?;
        let record = [&blake3::hash(&packed).as_bytes()[..8], &packed].concat();
        for (index, chunk) in record.chunks(CHUNK_BYTES).enumerate() {
            self.tables.insert(SNAPSHOT, &tables::snapshot_key(id, index as u16), chunk)?;
        }
        Ok(())
    }

    /// Computes every view anew from the documents.
    pub(crate) fn rebuild_views(&mut self) -> Result<(), StoreError> {
        for view in self.schema.views() {
            self.tables.clear(view.0)?;
        }
        let nothing = Projection::default();
        for key in self.tables.keys(DOCUMENT, &[])? {
            let id = DocumentId::try_from(key.as_slice())
                .map_err(|error| StoreError::corrupt(error.to_string()))?;
            let loaded = load_document(&self.tables, &*self.schema, id, self.context.actor())?;
            let hot = loaded.ok_or_else(|| StoreError::corrupt(format!("document {id} has no record")))?;
            apply_projection(&self.tables, &*self.schema, &nothing, &hot.standing.projection)?;
        }
        self.memory.hot.borrow_mut().clear();
        Ok(())
    }
}

/// Brings the views from one contribution to another: only what differs is written.
fn apply_projection(
    tables: &WriteTables<'_>,
    schema: &dyn Schema,
    before: &Projection,
    after: &Projection,
) -> Result<(), StoreError> {
    apply_rows(tables, &before.rows, &after.rows)?;
    let mut difference: BTreeMap<(View, &[u8]), Totals> = BTreeMap::new();
    add_sums(&mut difference, &before.sums, -1);
    add_sums(&mut difference, &after.sums, 1);
    for ((view, key), change) in difference {
        if change == Totals::default() {
            continue;
        }
        let old = tables.totals(view.0, key)?;
        let mut new = old;
        new.count += change.count;
        new.amounts
            .iter_mut()
            .zip(change.amounts)
            .for_each(|(sum, amount)| *sum = sum.saturating_add(amount));
        match new.count {
            0 => tables.remove(view.0, key).map(drop)?,
            _ => tables.insert(view.0, key, &tables::encode_totals(&new))?,
        }
        apply_rows(tables, &schema.derive(view, key, &old), &schema.derive(view, key, &new))?;
    }
    Ok(())
}

fn add_sums<'a>(difference: &mut BTreeMap<(View, &'a [u8]), Totals>, sums: &'a [Sum], sign: i64) {
    for sum in sums {
        let totals = difference.entry((sum.view, &sum.key)).or_default();
        totals.count += sign;
        totals.amounts.iter_mut().zip(sum.amounts).for_each(|(slot, amount)| *slot += sign * amount);
    }
}

fn apply_rows(tables: &WriteTables<'_>, before: &[Row], after: &[Row]) -> Result<(), StoreError> {
    if before == after {
        return Ok(());
    }
    let old: BTreeMap<(View, &[u8]), &[u8]> =
        before.iter().map(|row| ((row.view, row.key.as_slice()), row.value.as_slice())).collect();
    let new: BTreeMap<(View, &[u8]), &[u8]> =
        after.iter().map(|row| ((row.view, row.key.as_slice()), row.value.as_slice())).collect();
    for (view, key) in old.keys().filter(|place| !new.contains_key(*place)) {
        tables.remove(view.0, key)?;
    }
    for ((view, key), value) in new.iter().filter(|(place, value)| old.get(*place) != Some(value)) {
        tables.insert(view.0, key, value)?;
    }
    Ok(())
}

pub(crate) fn scan_local<T: Tables>(
    tables: &T,
    namespace: &'static str,
    prefix: &[u8],
    visit: Visit<'_>,
) -> Result<(), StoreError> {
    let skip = namespace.len() + 1;
    tables.scan_prefix(LOCAL, &local_key(namespace, prefix), &mut |key, value| visit(&key[skip..], value))
}

impl ViewRead for Batch<'_> {
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
        if let Some(hot) = self.memory.hot.borrow_mut().get(&id) {
            return Ok(Some(hot.standing.document.clone()));
        }
        let Some(hot) = load_document(&self.tables, &*self.schema, id, self.context.actor())? else {
            return Ok(None);
        };
        let document = hot.standing.document.clone();
        self.memory.hot.borrow_mut().put(id, hot);
        Ok(Some(document))
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
