//! Documents from peers: what joins, what waits, what is refused.
//!
//! ```text
//! known already? --> nothing           who wrote it? --> nobody proven: refused
//!                                            |
//!                              causes known? --> no: parked, with its author
//!                                            |
//!            causes first, one author after the other: apply, ask the schema, store
//! ```
//!
//! A change is believed to be its author's when the author itself brings it, when central does, or when a seal of its
//! author covers it, whoever brings it. The schema is asked with the author as the origin: a relay lends nobody its
//! rights.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::ControlFlow;

use automerge::Automerge;

use crate::batch::{Batch, Step};
use crate::change::{VerifiedChange, VerifiedSnapshot};
use crate::document::{ChangeHash, Heads};
use crate::error::StoreError;
use crate::hot::{self, Standing};
use crate::id::{Actor, DocumentId};
use crate::schema::{Origin, Refusal};
use crate::scope::Scope;
use crate::seal::ChainEntry;
use crate::sealing;
use crate::tables::{self, PARKED, ParkedRecord, QUARANTINE, QuarantineRecord, Tables};

/// How often the author may change within what comes of one document at once: each time costs reading and checking the
/// document. What comes after that is left out.
const AUTHOR_TURNS_MAX: usize = 1_024;
/// Changes of one document that may wait for what they depend on.
const PARKED_PER_DOCUMENT_MAX: usize = 256;

/// One document from a peer: a snapshot, changes, or a snapshot and the changes after it.
#[derive(Clone, Debug)]
pub struct IncomingDocument {
    /// Its identity.
    pub id: DocumentId,
    /// Its history up to some point.
    pub snapshot: Option<VerifiedSnapshot>,
    /// Further changes, causes first.
    pub changes: Vec<VerifiedChange>,
}

/// What became of a document from a peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Changes that were new and have been applied, those that had waited for them included.
    pub applied: usize,
    /// Changes that wait for what they depend on.
    pub parked: usize,
    /// Changes that had waited and do not any more.
    pub released: usize,
    /// Changes left out, because too many authors took turns in the document: sent again, they are taken from there.
    pub left_out: usize,
    /// Changes that may not be applied, with a stable code each; kept in quarantine.
    pub refused: Vec<(ChangeHash, &'static str)>,
    /// The document's version afterwards; empty when it is still unknown.
    pub heads: Heads,
}

/// A change, and who proved to have written it.
#[derive(Clone, Debug)]
struct Authored {
    change: VerifiedChange,
    author: Origin,
}

/// Where documents come from, and what has become of the one at hand so far.
pub(crate) struct Arrival<'a> {
    pub(crate) id: DocumentId,
    pub(crate) scope: &'a Scope,
    pub(crate) origin: &'a Origin,
    pub(crate) ingested: Ingested,
}

impl Batch<'_> {
    /// Merges a document that `origin` sent for `scope`. What is already known costs nothing; what may not be
    /// applied is quarantined and listed; what depends on something unknown waits.
    ///
    /// Changes of others are believed from central, and where a seal covers them (see [`add_seal`](Self::add_seal)).
    pub fn ingest(
        &mut self,
        origin: &Origin,
        scope: &Scope,
        incoming: IncomingDocument,
    ) -> Result<Ingested, StoreError> {
        let id = incoming.id;
        let mut arrival = Arrival { id, scope, origin, ingested: Ingested::default() };
        let (mut previous, mut automerge) = self.take(id)?;
        let (mut whole, changes) =
            merge_plan(previous.is_some(), incoming, &mut automerge, self.context.actor());
        let mut waiting = self.authored(&mut arrival, &automerge, changes)?;
        if whole.is_some() && !origin.central && !wrote_all(origin, &automerge) {
            let refusal = Refusal::new("not-author", "the snapshot holds changes of other devices");
            let bytes = whole.unwrap_or_default();
            for head in hot::heads_of(&automerge) {
                self.refuse(&mut arrival, origin, head, &bytes, &refusal)?;
            }
            return Ok(arrival.ingested);
        }
        let mut ready = self.accept(&mut arrival, &automerge, std::mem::take(&mut waiting))?;
        let mut turns = 0;
        loop {
            if !waiting.is_empty() {
                ready = self.accept(&mut arrival, &automerge, std::mem::take(&mut waiting))?;
            }
            if turns == AUTHOR_TURNS_MAX {
                arrival.ingested.left_out = ready.len();
                ready.clear();
            }
            turns += 1;
            let author = match (&whole, ready.front()) {
                (Some(_), _) | (None, None) => *origin,
                (None, Some(first)) => first.author,
            };
            let run = take_run(&mut ready, &author);
            if run.is_empty() && whole.is_none() {
                if let Some(previous) = previous {
                    arrival.ingested.heads = previous.record.heads.clone();
                    self.put_back(previous, automerge);
                }
                return Ok(arrival.ingested);
            }
            let refused = arrival.ingested.refused.len();
            self.advance(&mut arrival, &author, previous, automerge, whole.take(), run)?;
            if ready.is_empty() {
                return Ok(arrival.ingested);
            }
            // What was to follow may depend on what was refused.
            if arrival.ingested.refused.len() > refused {
                waiting = std::mem::take(&mut ready).into();
            }
            (previous, automerge) = self.take(id)?;
        }
    }

    /// Those of the changes that are not known yet, each with its author; what nobody is proven to have written is
    /// refused.
    fn authored(
        &mut self,
        arrival: &mut Arrival<'_>,
        automerge: &Automerge,
        changes: Vec<VerifiedChange>,
    ) -> Result<Vec<Authored>, StoreError> {
        let mut authored = Vec::with_capacity(changes.len());
        for change in changes {
            // Sent again by someone who is not its author, as in a whole document: known, so nothing is asked of it.
            if automerge.get_change_meta_by_hash(&automerge::ChangeHash(change.hash().0)).is_some() {
                continue;
            }
            match self.author_of(arrival, &change)? {
                Some(author) => authored.push(Authored { change, author }),
                None => {
                    let refusal = Refusal::new("not-author", "the change was written by another device");
                    self.refuse(arrival, arrival.origin, change.hash(), change.bytes(), &refusal)?;
                }
            }
        }
        Ok(authored)
    }

    pub(crate) fn author_of(
        &self,
        arrival: &Arrival<'_>,
        change: &VerifiedChange,
    ) -> Result<Option<Origin>, StoreError> {
        if arrival.origin.central || arrival.origin.wrote_as(change.actor()) {
            return Ok(Some(*arrival.origin));
        }
        let entry = ChainEntry::of(arrival.id, change.hash());
        let sealer = sealing::sealer_of(&self.tables, arrival.scope, &entry, change.actor())?;
        let Some(sealer) = sealer else { return Ok(None) };
        let device = sealer.key.device();
        let central = self.schema.is_central(self, device)?;
        Ok(Some(Origin { device, incarnation: sealer.incarnation, central }))
    }

    /// Brings a document on by the changes of one author.
    fn advance(
        &mut self,
        arrival: &mut Arrival<'_>,
        author: &Origin,
        previous: Option<Standing>,
        mut automerge: Automerge,
        whole: Option<Vec<u8>>,
        run: Vec<VerifiedChange>,
    ) -> Result<(), StoreError> {
        let changes: Vec<Vec<u8>> = run.iter().map(|change| change.bytes().to_vec()).collect();
        let hashes: Vec<ChangeHash> = run.iter().map(VerifiedChange::hash).collect();
        let applied = hot::apply(&mut automerge, run.into_iter().map(|change| change.change).collect())
            .map_err(|error| Refusal::new("invalid-change", error.to_string()));
        let checked = match applied {
            Ok(()) => self.assemble((arrival.id, arrival.scope), author, previous.as_ref(), &automerge)?,
            Err(refusal) => Err(refusal),
        };
        match checked {
            Ok(after) => {
                arrival.ingested.applied += hashes.len() + usize::from(whole.is_some());
                // What was refused from somebody who could not prove it may come again from somebody who can.
                for hash in &hashes {
                    self.tables.remove(QUARANTINE, &tables::hash_key(arrival.id, hash))?;
                }
                arrival.ingested.heads = after.record.heads.clone();
                let (automerge, from) = (Some(automerge), arrival.origin.device);
                self.store(Step { previous, after, automerge, changes, from, whole })
            }
            Err(refusal) => {
                let snapshot_head = whole.map(|bytes| (ChangeHash(*blake3::hash(&bytes).as_bytes()), bytes));
                for (hash, bytes) in hashes.into_iter().zip(changes).chain(snapshot_head) {
                    self.refuse(arrival, author, hash, &bytes, &refusal)?;
                }
                Ok(())
            }
        }
    }

    /// Sorts changes into those whose dependencies are known, in causal order, and those that must wait; what had
    /// waited for the first comes along.
    fn accept(
        &mut self,
        arrival: &mut Arrival<'_>,
        automerge: &Automerge,
        mut waiting: Vec<Authored>,
    ) -> Result<VecDeque<Authored>, StoreError> {
        let mut ready = VecDeque::new();
        let mut known: BTreeSet<ChangeHash> = BTreeSet::new();
        let parked = self.parked(arrival.id)?;
        let parked_before: BTreeSet<ChangeHash> =
            parked.iter().map(|authored| authored.change.hash()).collect();
        waiting.extend(parked);
        let is_known = |hash: &ChangeHash, known: &BTreeSet<ChangeHash>| {
            known.contains(hash)
                || automerge.get_change_meta_by_hash(&automerge::ChangeHash(hash.0)).is_some()
        };
        loop {
            let (before, mut rest) = (ready.len(), Vec::new());
            // Causes come first as a rule, so one walk finds nearly all; a chain in disorder takes more.
            for authored in std::mem::take(&mut waiting) {
                if is_known(&authored.change.hash(), &known) {
                    continue;
                }
                let is_ready = authored.change.dependencies().all(|hash| is_known(&hash, &known));
                match is_ready {
                    true => {
                        known.insert(authored.change.hash());
                        ready.push_back(authored);
                    }
                    false => rest.push(authored),
                }
            }
            waiting = rest;
            if ready.len() == before {
                break;
            }
        }
        for hash in parked_before.iter().filter(|hash| is_known(hash, &known)) {
            self.tables.remove(PARKED, &tables::hash_key(arrival.id, hash))?;
            arrival.ingested.released += 1;
        }
        for authored in waiting.into_iter().filter(|waits| !parked_before.contains(&waits.change.hash())) {
            self.park(arrival, authored, parked_before.len())?;
        }
        Ok(ready)
    }

    fn parked(&self, id: DocumentId) -> Result<Vec<Authored>, StoreError> {
        let mut found = Vec::new();
        self.tables.scan_prefix(PARKED, id.as_bytes(), &mut |_, value| {
            found.push(value.to_vec());
            ControlFlow::Continue(())
        })?;
        found
            .iter()
            .map(|bytes| {
                let ParkedRecord { device, incarnation, central, bytes, .. } =
                    tables::decode_record("a parked change", bytes)?;
                let change =
                    VerifiedChange::verify(bytes).map_err(|error| StoreError::corrupt(error.to_string()))?;
                Ok(Authored { change, author: Origin { device, incarnation, central } })
            })
            .collect()
    }

    fn park(
        &mut self,
        arrival: &mut Arrival<'_>,
        authored: Authored,
        parked_before: usize,
    ) -> Result<(), StoreError> {
        let Authored { change, author } = authored;
        if parked_before + arrival.ingested.parked >= PARKED_PER_DOCUMENT_MAX {
            let refusal = Refusal::new("too-many-parked", "too many changes of the document wait for others");
            return self.refuse(arrival, &author, change.hash(), change.bytes(), &refusal);
        }
        let record = ParkedRecord {
            scope: arrival.scope.clone(),
            device: author.device,
            incarnation: author.incarnation,
            central: author.central,
            bytes: change.bytes().to_vec(),
        };
        let value = crate::read::encode_row(&record);
        arrival.ingested.parked += 1;
        self.tables.insert(PARKED, &tables::hash_key(arrival.id, &change.hash()), &value)
    }

    /// Keeps what may not be applied aside, for people to look into.
    fn refuse(
        &mut self,
        arrival: &mut Arrival<'_>,
        author: &Origin,
        hash: ChangeHash,
        bytes: &[u8],
        refusal: &Refusal,
    ) -> Result<(), StoreError> {
        let record = QuarantineRecord {
            scope: arrival.scope.clone(),
            device: author.device,
            code: refusal.code.to_owned(),
            detail: refusal.detail.clone(),
            at: self.context.now,
            bytes: bytes.to_vec(),
        };
        arrival.ingested.refused.push((hash, refusal.code));
        let key = tables::hash_key(arrival.id, &hash);
        self.tables.insert(QUARANTINE, &key, &crate::read::encode_row(&record))
    }

    /// The changes of a document whose hashes begin with the wanted bytes, wherever they are kept: in the document's
    /// history, waiting for what they depend on, or refused. They are nearly always its heads; otherwise its history is
    /// walked, once at most; and where one is found nowhere, the others are not looked for any further.
    pub fn find_changes<const N: usize>(
        &self,
        id: DocumentId,
        wanted: &BTreeSet<[u8; N]>,
    ) -> Result<BTreeMap<[u8; N], ChangeHash>, StoreError> {
        let Some(record) = self.tables.record(id)? else {
            return self.find_set_aside(id, wanted, BTreeMap::new());
        };
        let mut found = crate::change::find_among(&record.heads, wanted);
        if found.len() < wanted.len() {
            let (previous, automerge) = self.take(id)?;
            found.extend(crate::change::find_in_history(&automerge, wanted));
            if let Some(previous) = previous {
                self.put_back(previous, automerge);
            }
        }
        self.find_set_aside(id, wanted, found)
    }

    /// Completes what was found by changes that wait, or that were refused.
    fn find_set_aside<const N: usize>(
        &self,
        id: DocumentId,
        wanted: &BTreeSet<[u8; N]>,
        mut found: BTreeMap<[u8; N], ChangeHash>,
    ) -> Result<BTreeMap<[u8; N], ChangeHash>, StoreError> {
        for beginning in wanted {
            if found.contains_key(beginning) {
                continue;
            }
            match self.find_one_set_aside(id, beginning)? {
                Some(hash) => found.insert(*beginning, hash),
                None => break,
            };
        }
        Ok(found)
    }

    /// A change that waits, or that was refused.
    fn find_one_set_aside(&self, id: DocumentId, beginning: &[u8]) -> Result<Option<ChangeHash>, StoreError> {
        let wanted = [id.as_bytes(), beginning].concat();
        let mut found = None;
        for table in [PARKED, QUARANTINE] {
            self.tables.scan_prefix(table, &wanted, &mut |key, _| {
                found = key.get(id.as_bytes().len()..).and_then(|hash| hash.try_into().ok()).map(ChangeHash);
                ControlFlow::Break(())
            })?;
        }
        Ok(found)
    }
}

/// The changes of `author` at the front.
fn take_run(ready: &mut VecDeque<Authored>, author: &Origin) -> Vec<VerifiedChange> {
    let mut run = Vec::new();
    while let Some(authored) = ready.pop_front_if(|authored| authored.author == *author) {
        run.push(authored.change);
    }
    run
}

/// Decides how a document from a peer joins what is here: an unknown document's snapshot is taken as it is, a
/// known one's is taken apart into changes.
fn merge_plan(
    exists: bool,
    incoming: IncomingDocument,
    automerge: &mut Automerge,
    actor: Actor,
) -> (Option<Vec<u8>>, Vec<VerifiedChange>) {
    let IncomingDocument { snapshot, changes, .. } = incoming;
    match snapshot {
        None => (None, changes),
        Some(snapshot) if !exists => {
            let bytes = snapshot.bytes().to_vec();
            *automerge = snapshot.document;
            automerge.set_actor(automerge::ActorId::from(actor.as_bytes().as_slice()));
            (Some(bytes), changes)
        }
        Some(snapshot) => (None, snapshot.changes().into_iter().chain(changes).collect()),
    }
}

/// Whether all of a document's history is from `origin`.
pub(crate) fn wrote_all(origin: &Origin, automerge: &Automerge) -> bool {
    automerge
        .get_changes_meta(&[])
        .iter()
        .all(|meta| origin.wrote_as(crate::change::actor_of(meta.actor.to_bytes())))
}
