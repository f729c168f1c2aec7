//! Seals that travel with documents, so that whoever has them may believe the changes from anyone.
//!
//! With the changes of a DELTA go the seals that cover them, each once in a conversation. A seal may list changes that are
//! not in the frame; those that it is here to prove are believed wherever they come from later. Seals that would make a
//! frame too large go ahead of it, in frames of their own: what is passed on for others is believed only once they are
//! here.

use std::collections::{BTreeSet, VecDeque};

use crdt_store::{Actor, Batch, Scope, Seal, SealVerdict, StoreError};

use super::{Moment, Session};
use crate::account::Account;
use crate::code;
use crate::packing::{ArrivedSeal, Listed, OutgoingSeal, Packing, Place, Places};
use crate::status::PeerError;

/// Seals of which it is remembered that they were told: those that a frame and the next one share, many times over. One
/// that is forgotten is told twice.
const TOLD_MAX: usize = 256;
/// Bytes of seals in a frame with documents, about: as much as the documents may have.
const SEAL_BYTES_MAX: usize = 128 << 10;
/// What a seal takes beside its entries, at most.
const SEAL_OVERHEAD: usize = 150;
/// What an entry takes that is not in the frame.
const ENTRY_BYTES: usize = 33;

/// A seal, as a conversation remembers it.
type Name = (Scope, Actor, u64);

/// Which seals were told in a conversation.
#[derive(Debug, Default)]
pub(super) struct ToldSeals {
    authors: BTreeSet<Actor>,
    latest: VecDeque<Name>,
    names: BTreeSet<Name>,
}

impl ToldSeals {
    /// What of these has not been told yet, with what the other side needs to understand it: the chain before it, unless
    /// it has stored the seal that ends there.
    fn new_of(&self, seals: Vec<Seal>, all_stored: bool) -> Vec<OutgoingSeal> {
        let mut authors = BTreeSet::new();
        let mut news = Vec::new();
        for seal in seals {
            let actor = seal.sealer.actor();
            let is_told = |through| self.names.contains(&(seal.scope.clone(), actor, through));
            if is_told(seal.through()) {
                continue;
            }
            let tells_base = seal.base > 0 && !(all_stored && is_told(seal.base));
            let tells_identity = !self.authors.contains(&actor) && authors.insert(actor);
            news.push(OutgoingSeal { seal, tells_identity, tells_base });
        }
        news
    }

    /// The other side stands elsewhere than was assumed: seals that went with HELLO may list what it could not put
    /// together, and then it could not read them, nor learn from them who their authors are.
    pub(super) fn forget(&mut self, scope: &Scope) {
        self.authors.clear();
        self.names.retain(|(named, ..)| named != scope);
        self.latest.retain(|(named, ..)| named != scope);
    }

    fn note(&mut self, seals: &[OutgoingSeal]) {
        for OutgoingSeal { seal, .. } in seals {
            let actor = seal.sealer.actor();
            self.authors.insert(actor);
            let name = (seal.scope.clone(), actor, seal.through());
            if self.names.insert(name.clone()) {
                self.latest.push_back(name);
            }
            if self.latest.len() > TOLD_MAX
                && let Some(oldest) = self.latest.pop_front()
            {
                self.names.remove(&oldest);
            }
        }
    }
}

impl Session {
    /// The seals of what is packed that the other side has not been told; all of them where documents repair a
    /// difference, as it may not have understood them the first time.
    pub(super) fn seals_for(
        &self,
        moment: &Moment<'_>,
        scope: &Scope,
        packing: &Packing,
        repairs: bool,
    ) -> Result<Vec<OutgoingSeal>, StoreError> {
        let seals = moment.snapshot.seals_of(scope, packing.changes().iter().copied())?;
        Ok(merged(match repairs {
            true => ToldSeals::default().new_of(seals, false),
            false => self.told.new_of(seals, self.in_flight.is_empty()),
        }))
    }

    pub(super) fn note_told(&mut self, seals: &[OutgoingSeal]) {
        self.told.note(seals);
    }

    /// Keeps the seals of a DELTA, and returns the places of changes whose seal cannot be read, because it lists others
    /// that could not be put together. One that its author did not sign proves nothing, and does no other harm.
    pub(super) fn keep_seals(
        &self,
        batch: &mut Batch<'_>,
        account: &mut Account,
        scope: &Scope,
        places: &Places,
        seals: &[ArrivedSeal],
    ) -> Result<BTreeSet<Place>, StoreError> {
        let mut unread = BTreeSet::new();
        for arrived in seals {
            let Some(seal) = resolve(batch, scope, places, arrived)? else {
                unread.extend(arrived.entries.iter().filter_map(|listed| match listed {
                    Listed::At(place) => Some(*place),
                    Listed::Raw(_) => None,
                }));
                continue;
            };
            let code = match batch.add_seal(&seal)? {
                SealVerdict::Kept => {
                    account.counters.seals_in += 1;
                    continue;
                }
                SealVerdict::Forged => code::SEAL_FORGED,
                SealVerdict::Forked => code::SEAL_FORKED,
            };
            account.counters.seals_refused += 1;
            let detail = format!("the seal of {:?} in {scope:?} at {}", arrived.actor, arrived.through);
            account.last_error = Some(PeerError::new(code, detail, batch.now()));
        }
        Ok(unread)
    }
}

/// Seals that follow each other as one, under the last signature: what was written while somebody listened was sealed change
/// by change.
fn merged(seals: Vec<OutgoingSeal>) -> Vec<OutgoingSeal> {
    let mut all: Vec<OutgoingSeal> = Vec::with_capacity(seals.len());
    for next in seals {
        match all.last_mut().and_then(|last| Some((last.seal.followed_by(&next.seal)?, last))) {
            Some((both, last)) => last.seal = both,
            None => all.push(next),
        }
    }
    all
}

/// A seal with everything that was left out of it; nothing where that is not known here.
fn resolve(
    batch: &Batch<'_>,
    scope: &Scope,
    places: &Places,
    arrived: &ArrivedSeal,
) -> Result<Option<Seal>, StoreError> {
    let entries = arrived.entries.iter().map(|listed| match listed {
        Listed::Raw(entry) => Some(*entry),
        Listed::At(place) => places.at(*place),
    });
    let Some(entries) = entries.collect::<Option<Vec<_>>>() else { return Ok(None) };
    let sealer = match arrived.identity {
        Some(sealer) => Some(sealer),
        None => batch.sealer(arrived.actor)?,
    };
    let base = arrived.through.saturating_sub(entries.len() as u64);
    let base_chain = match arrived.base_chain {
        Some(chain) => Some(chain),
        None => batch.chain_at(scope, arrived.actor, base)?,
    };
    let (Some(sealer), Some(base_chain)) = (sealer, base_chain) else { return Ok(None) };
    Ok(Some(Seal { sealer, scope: scope.clone(), base, base_chain, entries, signature: arrived.signature }))
}

/// Divides seals into frames: those that go ahead, and those that go with the documents.
pub(super) fn divide(seals: Vec<OutgoingSeal>) -> (Vec<Vec<OutgoingSeal>>, Vec<OutgoingSeal>) {
    let mut frames = Vec::new();
    let mut frame = Vec::new();
    let mut bytes = 0;
    for seal in seals {
        let takes = SEAL_OVERHEAD + ENTRY_BYTES * seal.seal.entries.len();
        if bytes + takes > SEAL_BYTES_MAX {
            frames.push(std::mem::take(&mut frame));
            bytes = 0;
        }
        bytes += takes;
        frame.push(seal);
    }
    (frames, frame)
}
