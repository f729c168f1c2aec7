//! The trail of who wrote what, checked from what lies on disk and nothing else.
//!
//! Every seal is checked against its author's key, every chain for its continuity, and every change of every document
//! against the seals. What comes out are counts for each author, and contradictions: things that cannot be so unless
//! somebody altered them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use crate::change::actor_of;
use crate::document::ChangeHash;
use crate::error::StoreError;
use crate::id::{Actor, DocumentId};
use crate::scope::Scope;
use crate::seal::{Chain, ChainEntry, SEAL_ENTRIES_MAX, Seal, Sealer};
use crate::snapshot::Snapshot;
use crate::tables::{PARKED, QUARANTINE, Tables};

/// Contradictions that are told one by one; the rest are counted.
const CONTRADICTIONS_TOLD_MAX: usize = 1_000;

/// What one author wrote in one scope, as far as it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedChain {
    /// Whose chain it is.
    pub sealer: Sealer,
    /// The scope.
    pub scope: Scope,
    /// Seals that are here.
    pub seals: u64,
    /// Changes that they list.
    pub listed: u64,
    /// Of those, the ones that are in no document, nor put aside, here: still on their way, or lost.
    pub absent: u64,
    /// Places where seals between are not here.
    pub gaps: u64,
}

/// Something that cannot be so unless somebody altered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// Stable code: `seal-forged`, `seal-forked`, or `other-author`.
    pub code: &'static str,
    /// For people who look into it.
    pub detail: String,
}

/// The trail, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Documents looked at.
    pub documents: u64,
    /// Changes in them.
    pub changes: u64,
    /// Of those, the ones that a seal covers.
    pub proven: u64,
    /// Of those, the ones of this node that are not sealed yet: it seals when it next speaks with a peer.
    pub unsealed: u64,
    /// The chains, by scope and author.
    pub chains: Vec<AuditedChain>,
    /// How many contradictions there are.
    pub contradiction_count: u64,
    /// The first of them.
    pub contradictions: Vec<Contradiction>,
}

impl Audit {
    /// Changes that are here by the word of whoever brought them alone: central, or their author over its connection.
    pub fn unproven(&self) -> u64 {
        // What a restored device has not sealed yet, its earlier life may have: that is counted twice.
        self.changes.saturating_sub(self.proven + self.unsealed)
    }

    fn contradict(&mut self, code: &'static str, detail: String) {
        self.contradiction_count += 1;
        if self.contradictions.len() < CONTRADICTIONS_TOLD_MAX {
            self.contradictions.push(Contradiction { code, detail });
        }
    }
}

/// A chain as far as the seals so far have told it, at the positions that seals to come may begin at.
struct Known(BTreeMap<u64, Chain>);

impl Default for Known {
    fn default() -> Self {
        Self(BTreeMap::from([(0, Chain::default())]))
    }
}

impl Known {
    /// Takes in the next seal; whether it tells the same chain where both tell of it.
    fn agrees_with(&mut self, seal: &Seal) -> bool {
        let mut agrees = true;
        let mut chain = seal.base_chain;
        for (position, entry) in (seal.base..).zip(std::iter::once(None).chain(seal.entries.iter().map(Some)))
        {
            chain = entry.map_or(chain, |entry| chain.and(entry));
            agrees &= *self.0.entry(position).or_insert(chain) == chain;
        }
        // Seals are visited by where they end, and none is longer than this.
        let begin = seal.through().saturating_sub(2 * SEAL_ENTRIES_MAX as u64);
        self.0 = self.0.split_off(&begin);
        agrees
    }
}

/// What seals list, and who listed it: an index into the chains.
type Listed = BTreeSet<(ChainEntry, usize)>;

impl Snapshot {
    /// Checks the whole trail. Loads every document once, and keeps 40 bytes for each sealed change in memory; `progress`
    /// is told how many documents have been looked at.
    pub fn audit(&self, progress: &mut dyn FnMut(u64)) -> Result<Audit, StoreError> {
        let mut audit = Audit { unsealed: self.unsealed_count()?, ..Audit::default() };
        let mut listed = self.audit_seals(&mut audit)?;
        let mut ids = Vec::new();
        self.headers(&mut |header| {
            ids.push((header.id, header.scope));
            ControlFlow::Continue(())
        })?;
        for (id, scope) in ids {
            self.audit_document(&mut audit, &mut listed, id, &scope)?;
            audit.documents += 1;
            progress(audit.documents);
        }
        for table in [PARKED, QUARANTINE] {
            self.tables.scan_prefix(table, &[], &mut |key, _| {
                if let Some((document, hash)) = split_hash_key(key) {
                    take_all(&mut listed, ChainEntry::of(document, hash));
                }
                ControlFlow::Continue(())
            })?;
        }
        for (_, chain) in listed {
            audit.chains[chain].absent += 1;
        }
        Ok(audit)
    }

    fn audit_seals(&self, audit: &mut Audit) -> Result<Listed, StoreError> {
        let mut listed = Listed::new();
        let (mut known, mut pieces) = (Known::default(), Vec::new());
        self.seals(&mut |seal: Seal| {
            let (sealer, scope) = (seal.sealer, seal.scope.clone());
            let is_next =
                audit.chains.last().is_some_and(|chain| (chain.sealer, &chain.scope) == (sealer, &scope));
            if !is_next {
                known = Known::default();
                audit.chains.push(AuditedChain { sealer, scope, seals: 0, listed: 0, absent: 0, gaps: 0 });
            }
            let place =
                format!("{:?} in {:?}, {} to {}", sealer.actor(), seal.scope, seal.base, seal.through());
            if !seal.is_genuine() {
                return audit.contradict("seal-forged", place);
            }
            let index = audit.chains.len() - 1;
            let chain = &mut audit.chains[index];
            pieces.push((index, seal.base, seal.through()));
            chain.seals += 1;
            let before = listed.len();
            listed.extend(seal.entries.iter().map(|entry| (*entry, index)));
            // Told in pieces that overlap, a change is still one.
            chain.listed += (listed.len() - before) as u64;
            if !known.agrees_with(&seal) {
                audit.contradict("seal-forked", place);
            }
        })?;
        count_gaps(&mut audit.chains, pieces);
        Ok(listed)
    }

    fn audit_document(
        &self,
        audit: &mut Audit,
        listed: &mut Listed,
        id: DocumentId,
        scope: &Scope,
    ) -> Result<(), StoreError> {
        for (hash, actor) in self.authorship(id)? {
            audit.changes += 1;
            let chains = take_all(listed, ChainEntry::of(id, hash));
            let (own, others): (Vec<usize>, Vec<usize>) = chains.into_iter().partition(|chain| {
                let chain = &audit.chains[*chain];
                chain.sealer.wrote_as(actor) && chain.scope == *scope
            });
            audit.proven += u64::from(!own.is_empty());
            for chain in others {
                let sealer = audit.chains[chain].sealer.actor();
                let detail = format!("a change of {actor:?} in document {id} under a seal of {sealer:?}");
                audit.contradict("other-author", detail);
            }
        }
        Ok(())
    }

    /// A document's changes with their authors.
    fn authorship(&self, id: DocumentId) -> Result<Vec<(ChangeHash, Actor)>, StoreError> {
        let Some(automerge) = self.automerge(id)? else { return Ok(Vec::new()) };
        let changes = automerge.get_changes_meta(&[]);
        let author =
            |meta: &automerge::ChangeMetadata<'_>| (ChangeHash(meta.hash.0), actor_of(meta.actor.to_bytes()));
        Ok(changes.iter().map(author).collect())
    }
}

/// Counts the places of each chain that no piece covers, up to the last piece; pieces may overlap.
fn count_gaps(chains: &mut [AuditedChain], mut pieces: Vec<(usize, u64, u64)>) {
    pieces.sort_unstable();
    let mut covered = (usize::MAX, 0);
    for (chain, base, through) in pieces {
        if covered.0 != chain {
            covered = (chain, 0);
        }
        chains[chain].gaps += u64::from(base > covered.1);
        covered.1 = covered.1.max(through);
    }
}

/// Takes out an entry; returns the chains that list it.
fn take_all(listed: &mut Listed, entry: ChainEntry) -> Vec<usize> {
    let found: Vec<(ChainEntry, usize)> = listed.range((entry, 0)..=(entry, usize::MAX)).copied().collect();
    found.iter().for_each(|place| {
        listed.remove(place);
    });
    found.into_iter().map(|(_, chain)| chain).collect()
}

fn split_hash_key(key: &[u8]) -> Option<(DocumentId, ChangeHash)> {
    let (id, hash) = key.split_first_chunk()?;
    Some((DocumentId::from_bytes(*id), ChangeHash(hash.try_into().ok()?)))
}
