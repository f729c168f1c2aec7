//! Seals in the store: made for what is written here, kept for what others wrote.
//!
//! What this device writes is noted as unsealed, in the transaction in which it is written. [`Batch::seal`] later puts
//! all of it on the chains, in the order in which the scope's log will give it to a peer: what travels together stands
//! under one seal. A seal is durable before anyone hears of it, so a chain has one continuation.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, ControlFlow};

use crate::batch::Batch;
use crate::document::ChangeHash;
use crate::error::StoreError;
use crate::id::{Actor, DocumentId};
use crate::read::encode_row;
use crate::scope::Scope;
use crate::seal::{Chain, ChainEntry, PublicKey, Seal, Sealer};
use crate::snapshot::Snapshot;
use crate::tables::{
    self, SEAL, SEALED, SEALER, SealRecord, SealerRecord, Tables, UNSEALED, WriteTables, split_scope_key,
};

/// Changes under a seal that is made here: what fits into the 2 KB that go before a greeting, stripped and compressed.
const ENTRIES_MADE_MAX: usize = 64;
/// By so many bytes of an entry its seal is found: a chance meeting in a database of 10⁹ changes is below 10⁻²⁰.
const ENTRY_KEY_BYTES: usize = 16;

/// What became of a seal from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealVerdict {
    /// It is genuine and is kept; or was kept already.
    Kept,
    /// Its author did not sign it.
    Forged,
    /// Its author signed something else for the same place. What came first is kept.
    Forked,
}

/// Something written here that is not on a chain yet.
struct Unsealed {
    key: Vec<u8>,
    document: DocumentId,
    seq: u64,
    hash: ChangeHash,
}

impl Batch<'_> {
    /// Takes note of a change that was written here.
    pub(crate) fn note_unsealed(
        &mut self,
        scope: &Scope,
        id: DocumentId,
        seq: u64,
        hash: ChangeHash,
    ) -> Result<(), StoreError> {
        if self.context.signing.is_none() {
            return Ok(());
        }
        self.memory.unsealed = true;
        let key = tables::scope_key(scope, &[id.as_bytes().as_slice(), &seq.to_be_bytes()].concat());
        self.tables.insert(UNSEALED, &key, &hash.0)
    }

    /// Seals everything that was written here since the last time. Returns how many seals were made.
    ///
    /// What an earlier life of the database wrote and did not seal goes on the chain of this life: the other may have been
    /// continued in a file that was lost, and must not have two continuations.
    pub fn seal(&mut self) -> Result<usize, StoreError> {
        if !self.memory.unsealed || self.context.signing.is_none() {
            return Ok(0);
        }
        let mut made = 0;
        for (scope, mut changes) in self.unsealed()? {
            let mut order: BTreeMap<DocumentId, u64> = BTreeMap::new();
            for change in &changes {
                if let std::collections::btree_map::Entry::Vacant(place) = order.entry(change.document) {
                    place.insert(self.tables.record(change.document)?.map_or(0, |record| record.last_seq));
                }
            }
            changes.sort_by_key(|change| (order.get(&change.document).copied(), change.document, change.seq));
            made += self.seal_scope(&scope, &changes)?;
            for change in changes {
                self.tables.remove(UNSEALED, &change.key)?;
            }
        }
        self.memory.unsealed = false;
        Ok(made)
    }

    fn unsealed(&self) -> Result<BTreeMap<Scope, Vec<Unsealed>>, StoreError> {
        let mut found: BTreeMap<Scope, Vec<Unsealed>> = BTreeMap::new();
        let mut damaged = false;
        self.tables.scan_prefix(UNSEALED, &[], &mut |key, value| {
            match read_unsealed(key, value) {
                Some((scope, change)) => found.entry(scope).or_default().push(change),
                None => damaged = true,
            }
            ControlFlow::Continue(())
        })?;
        match damaged {
            true => Err(StoreError::corrupt("what is not sealed yet")),
            false => Ok(found),
        }
    }

    fn seal_scope(&mut self, scope: &Scope, changes: &[Unsealed]) -> Result<usize, StoreError> {
        let Some(key) = self.context.signing.clone() else { return Ok(0) };
        let actor = self.context.actor();
        let mut end = chain_end(&self.tables, scope, actor)?;
        let mut made = 0;
        for part in parts(changes) {
            let entries = part.iter().map(|change| ChainEntry::of(change.document, change.hash)).collect();
            let seal = Seal::make(&key, self.context.origin.incarnation, scope, end, entries);
            end = (seal.through(), seal.chain());
            self.keep(&seal)?;
            made += 1;
        }
        Ok(made)
    }

    /// Keeps a seal from elsewhere, if it is genuine.
    pub fn add_seal(&mut self, seal: &Seal) -> Result<SealVerdict, StoreError> {
        let actor = seal.sealer.actor();
        if let Some(kept) = find_seal(&self.tables, &seal.scope, actor, seal.through())? {
            if kept == *seal {
                return Ok(SealVerdict::Kept);
            }
            if !seal.is_genuine() {
                return Ok(SealVerdict::Forged);
            }
            if kept.chain() != seal.chain() {
                return Ok(SealVerdict::Forked);
            }
            // The same chain, told in other pieces: the longer one is kept.
            if seal.base < kept.base {
                self.keep(seal)?;
            }
            return Ok(SealVerdict::Kept);
        }
        let known = sealer(&self.tables, actor)?;
        if known.is_some_and(|known| known != seal.sealer) || !seal.is_genuine() {
            return Ok(SealVerdict::Forged);
        }
        self.keep(seal)?;
        Ok(SealVerdict::Kept)
    }

    fn keep(&mut self, seal: &Seal) -> Result<(), StoreError> {
        let actor = seal.sealer.actor();
        let record = SealRecord {
            base: seal.base,
            base_chain: seal.base_chain.0,
            entries: seal.entries.iter().flat_map(|entry| entry.0).collect(),
            signature: seal.signature,
        };
        self.tables.insert(SEAL, &seal_key(&seal.scope, actor, seal.through()), &encode_row(&record))?;
        if sealer(&self.tables, actor)?.is_none() {
            let record = SealerRecord { key: seal.sealer.key.0, incarnation: seal.sealer.incarnation };
            self.tables.insert(SEALER, actor.as_bytes(), &encode_row(&record))?;
        }
        let place = [seal.through().to_be_bytes().as_slice(), seal.scope.as_bytes()].concat();
        for entry in &seal.entries {
            // Each author has a place of its own: nobody's seal hides another's. Under two of one author, the first counts.
            let key = [&entry.0[..ENTRY_KEY_BYTES], actor.as_bytes()].concat();
            if self.tables.get(SEALED, &key)?.is_none() {
                self.tables.insert(SEALED, &key, &place)?;
            }
        }
        Ok(())
    }

    /// Who an actor is, as far as its seals have told.
    pub fn sealer(&self, actor: Actor) -> Result<Option<Sealer>, StoreError> {
        sealer(&self.tables, actor)
    }

    /// An author's chain after so many entries; nothing where no seal that ends there is kept.
    pub fn chain_at(&self, scope: &Scope, actor: Actor, through: u64) -> Result<Option<Chain>, StoreError> {
        match through {
            0 => Ok(Some(Chain::default())),
            _ => Ok(find_seal(&self.tables, scope, actor, through)?.map(|seal| seal.chain())),
        }
    }
}

impl Snapshot {
    /// The seals by which their authors prove these changes of a scope's documents, in the order of the authors' chains.
    pub fn seals_of(
        &self,
        scope: &Scope,
        changes: impl IntoIterator<Item = (DocumentId, ChangeHash, Actor)>,
    ) -> Result<Vec<Seal>, StoreError> {
        let mut places = BTreeSet::new();
        for (document, hash, author) in changes {
            let place = place_of(&self.tables, scope, &ChainEntry::of(document, hash), author)?;
            places.extend(place.map(|(sealer, through)| (sealer.actor(), through)));
        }
        let mut seals = Vec::with_capacity(places.len());
        for (actor, through) in places {
            seals.extend(find_seal(&self.tables, scope, actor, through)?);
        }
        Ok(seals)
    }

    /// The seal that covers a change of a scope's document: its author, and how many entries are on the chain after it.
    pub fn seal_end(
        &self,
        scope: &Scope,
        id: DocumentId,
        hash: ChangeHash,
    ) -> Result<Option<(Actor, u64)>, StoreError> {
        Ok(places_of(&self.tables, scope, &ChainEntry::of(id, hash))?.first().copied())
    }

    /// Whether a seal of its author covers a change of a scope's document.
    pub fn is_sealed(
        &self,
        scope: &Scope,
        id: DocumentId,
        hash: ChangeHash,
        author: Actor,
    ) -> Result<bool, StoreError> {
        Ok(place_of(&self.tables, scope, &ChainEntry::of(id, hash), author)?.is_some())
    }

    /// Visits every seal, by scope, author, and order on the chain.
    pub fn seals(&self, visit: &mut dyn FnMut(Seal)) -> Result<(), StoreError> {
        let mut failed = None;
        self.tables.scan_prefix(SEAL, &[], &mut |key, value| {
            match split_seal_key(key).map(|place| read_seal(&self.tables, place, value)) {
                Some(Ok(seal)) => visit(seal),
                Some(Err(error)) => failed = Some(error),
                None => failed = Some(StoreError::corrupt("a seal's key")),
            }
            if failed.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// How many changes were written here and are not sealed yet.
    pub fn unsealed_count(&self) -> Result<u64, StoreError> {
        let mut count = 0;
        self.tables.scan_prefix(UNSEALED, &[], &mut |_, _| {
            count += 1;
            ControlFlow::Continue(())
        })?;
        Ok(count)
    }
}

/// Divides changes among seals, those of one document to one seal where that is possible: what lies under one seal may
/// travel in one frame.
fn parts(changes: &[Unsealed]) -> Vec<&[Unsealed]> {
    let (mut parts, mut from, mut to) = (Vec::new(), 0, 0);
    for document in changes.chunk_by(|one, next| one.document == next.document) {
        if to > from && to - from + document.len() > ENTRIES_MADE_MAX {
            parts.push(&changes[from..to]);
            from = to;
        }
        to += document.len();
        while to - from > ENTRIES_MADE_MAX {
            parts.push(&changes[from..from + ENTRIES_MADE_MAX]);
            from += ENTRIES_MADE_MAX;
        }
    }
    if to > from {
        parts.push(&changes[from..to]);
    }
    parts
}

/// Who is proven to have written the change behind an entry.
pub(crate) fn sealer_of<T: Tables>(
    tables: &T,
    scope: &Scope,
    entry: &ChainEntry,
    author: Actor,
) -> Result<Option<Sealer>, StoreError> {
    Ok(place_of(tables, scope, entry, author)?.map(|(sealer, _)| sealer))
}

/// The seals of a scope that list an entry: their authors, and where they end.
fn places_of<T: Tables>(
    tables: &T,
    scope: &Scope,
    entry: &ChainEntry,
) -> Result<Vec<(Actor, u64)>, StoreError> {
    let mut places = Vec::new();
    let mut damaged = false;
    tables.scan_prefix(SEALED, &entry.0[..ENTRY_KEY_BYTES], &mut |key, value| {
        match (key.last_chunk(), value.split_first_chunk()) {
            (Some(actor), Some((through, name))) if name == scope.as_bytes() => {
                places.push((Actor::from_bytes(*actor), u64::from_be_bytes(*through)));
            }
            (Some(_), Some(_)) => {}
            _ => damaged = true,
        }
        ControlFlow::Continue(())
    })?;
    match damaged {
        true => Err(StoreError::corrupt("a sealed entry")),
        false => Ok(places),
    }
}

/// The seal by which `author` proves that an entry of a scope is its own.
fn place_of<T: Tables>(
    tables: &T,
    scope: &Scope,
    entry: &ChainEntry,
    author: Actor,
) -> Result<Option<(Sealer, u64)>, StoreError> {
    for (actor, through) in places_of(tables, scope, entry)? {
        if let Some(sealer) = sealer(tables, actor)?.filter(|sealer| sealer.wrote_as(author)) {
            return Ok(Some((sealer, through)));
        }
    }
    Ok(None)
}

fn sealer<T: Tables>(tables: &T, actor: Actor) -> Result<Option<Sealer>, StoreError> {
    let Some(bytes) = tables.get(SEALER, actor.as_bytes())? else { return Ok(None) };
    let SealerRecord { key, incarnation } = tables::decode_record("an author's key", &bytes)?;
    Ok(Some(Sealer { key: PublicKey(key), incarnation }))
}

fn find_seal<T: Tables>(
    tables: &T,
    scope: &Scope,
    actor: Actor,
    through: u64,
) -> Result<Option<Seal>, StoreError> {
    let Some(value) = tables.get(SEAL, &seal_key(scope, actor, through))? else { return Ok(None) };
    read_seal(tables, (scope.clone(), actor, through), &value).map(Some)
}

/// How far an author's chain goes here.
fn chain_end(tables: &WriteTables<'_>, scope: &Scope, actor: Actor) -> Result<(u64, Chain), StoreError> {
    let (first, last) = (seal_key(scope, actor, 0), seal_key(scope, actor, u64::MAX));
    let mut latest = None;
    let range = (Bound::Included(first.as_slice()), Bound::Included(last.as_slice()));
    tables.scan(SEAL, range, true, &mut |key, value| {
        latest = Some((key.to_vec(), value.to_vec()));
        ControlFlow::Break(())
    })?;
    let Some((key, value)) = latest else { return Ok((0, Chain::default())) };
    let place = split_seal_key(&key).ok_or_else(|| StoreError::corrupt("a seal's key"))?;
    let seal = read_seal(tables, place, &value)?;
    Ok((seal.through(), seal.chain()))
}

fn seal_key(scope: &Scope, actor: Actor, through: u64) -> Vec<u8> {
    tables::scope_key(scope, &[actor.as_bytes().as_slice(), &through.to_be_bytes()].concat())
}

fn split_seal_key(key: &[u8]) -> Option<(Scope, Actor, u64)> {
    let (scope, rest) = split_scope_key(key)?;
    let (actor, through) = rest.split_first_chunk()?;
    Some((scope, Actor::from_bytes(*actor), u64::from_be_bytes(through.try_into().ok()?)))
}

fn read_seal<T: Tables>(
    tables: &T,
    (scope, actor, through): (Scope, Actor, u64),
    value: &[u8],
) -> Result<Seal, StoreError> {
    let damaged = || StoreError::corrupt(format!("the seal of {actor:?} in {scope:?} at {through}"));
    let SealRecord { base, base_chain, entries, signature } = tables::decode_record("a seal", value)?;
    let (entries, rest) = entries.as_chunks();
    let entries: Vec<ChainEntry> = entries.iter().copied().map(ChainEntry).collect();
    let sealer = sealer(tables, actor)?.ok_or_else(damaged)?;
    let seal = Seal { sealer, scope: scope.clone(), base, base_chain: Chain(base_chain), entries, signature };
    match rest.is_empty() && seal.through() == through {
        true => Ok(seal),
        false => Err(damaged()),
    }
}

fn read_unsealed(key: &[u8], value: &[u8]) -> Option<(Scope, Unsealed)> {
    let (scope, rest) = split_scope_key(key)?;
    let (document, seq) = rest.split_first_chunk()?;
    let change = Unsealed {
        key: key.to_vec(),
        document: DocumentId::from_bytes(*document),
        seq: u64::from_be_bytes(seq.try_into().ok()?),
        hash: ChangeHash(value.try_into().ok()?),
    };
    Some((scope, change))
}
