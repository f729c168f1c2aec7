//! Seals on the wire: what a receiver can see in the same frame is told by its place there.
//!
//! ```text
//! seal       author << 2 | base follows << 1 | identity follows
//!            [key: 32 bytes, incarnation]   where the receiver may not know the author yet
//!            through, number of entries
//!            [chain at the base: 32 bytes]  where the seal before it was not told in this conversation
//!            entries, signature: 64 bytes
//! entry      0: 32 bytes follow
//!            1 + (zigzag(place less the likely one) << 1 | kind)
//!            kind 0: a change of the frame; kind 1: a change within one of its snapshots
//! ```
//!
//! Places count over the whole frame. The likely place is the one after the last of the same kind, so a seal whose changes
//! travel together is ones, and its signature.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crdt_store::{
    Actor, Chain, ChainEntry, ChangeHash, DocumentId, IncomingDocument, PublicKey, SEAL_ENTRIES_MAX, Seal,
    Sealer, VerifiedSnapshot,
};

use super::Packed;
use super::streams::{Stream, Tables, put};
use crate::code;
use crate::codec::{CHANGES_MAX, FrameError};
use crate::session::INCARNATION_MAX;

/// Most seals in one frame: four times what its aimed size can hold.
const SEALS_MAX: usize = 4_096;
const IDENTITY_FOLLOWS: u64 = 1;
const BASE_FOLLOWS: u64 = 2;

/// A seal to be sent, and what of it the receiver may not know.
#[derive(Clone, Debug)]
pub(crate) struct OutgoingSeal {
    pub(crate) seal: Seal,
    pub(crate) tells_identity: bool,
    pub(crate) tells_base: bool,
}

/// Where a change stands in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Among the changes.
    Change(usize),
    /// Among the changes within snapshots.
    Snapshot(usize),
}

/// What a seal lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Listed {
    At(Place),
    Raw(ChainEntry),
}

/// A seal as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArrivedSeal {
    pub(crate) actor: Actor,
    pub(crate) identity: Option<Sealer>,
    pub(crate) through: u64,
    pub(crate) base_chain: Option<Chain>,
    pub(crate) entries: Vec<Listed>,
    pub(crate) signature: [u8; 64],
}

/// The changes of a frame, as seals refer to them. A place holds nothing where its change is not known.
#[derive(Debug, Default)]
pub(crate) struct Places {
    changes: Vec<Option<ChainEntry>>,
    snapshots: Vec<Option<ChainEntry>>,
}

impl Places {
    /// The next change of the frame.
    pub(crate) fn push(&mut self, document: DocumentId, hash: Option<ChangeHash>) {
        self.changes.push(hash.map(|hash| ChainEntry::of(document, hash)));
    }

    /// All changes of the next document; returns the places of those that are not within its snapshot.
    pub(crate) fn list(&mut self, document: &IncomingDocument) -> Range<usize> {
        let within = document.snapshot.iter().flat_map(VerifiedSnapshot::history);
        within.for_each(|(hash, _)| self.push_within(document.id, hash));
        let first = self.changes.len();
        for change in &document.changes {
            self.push(document.id, Some(change.hash()));
        }
        first..self.changes.len()
    }

    /// A document with so many changes that could not be put together; of what its snapshot held, everything is known.
    pub(crate) fn skip(&mut self, document: DocumentId, within: &[(ChangeHash, Actor)], changes: usize) {
        within.iter().for_each(|(hash, _)| self.push_within(document, *hash));
        self.changes.resize(self.changes.len() + changes, None);
    }

    /// The next change within a snapshot.
    pub(crate) fn push_within(&mut self, document: DocumentId, hash: ChangeHash) {
        self.snapshots.push(Some(ChainEntry::of(document, hash)));
    }

    /// What stands there.
    pub(crate) fn at(&self, place: Place) -> Option<ChainEntry> {
        match place {
            Place::Change(index) => self.changes.get(index).copied().flatten(),
            Place::Snapshot(index) => self.snapshots.get(index).copied().flatten(),
        }
    }

    /// The places of all entries.
    pub(super) fn by_entry(&self) -> BTreeMap<ChainEntry, Place> {
        let within = self.snapshots.iter().enumerate().map(|(index, entry)| (*entry, Place::Snapshot(index)));
        let changes = self.changes.iter().enumerate().map(|(index, entry)| (*entry, Place::Change(index)));
        within.chain(changes).filter_map(|(entry, place)| Some((entry?, place))).collect()
    }
}

/// The place that comes next, of each kind; the same over all seals of a frame, at both ends.
#[derive(Default)]
pub(super) struct Likely {
    change: usize,
    snapshot: usize,
}

impl Likely {
    fn of(&mut self, is_snapshot: bool) -> &mut usize {
        if is_snapshot { &mut self.snapshot } else { &mut self.change }
    }
}

pub(super) fn put_seal(
    packed: &mut Packed,
    tables: &mut Tables,
    likely: &mut Likely,
    places: &BTreeMap<ChainEntry, Place>,
    outgoing: &OutgoingSeal,
) {
    let OutgoingSeal { seal, tells_identity, tells_base } = outgoing;
    let number = tables.actor(seal.sealer.actor());
    let stream = &mut packed.seals;
    put(stream, number << 2 | if *tells_base { BASE_FOLLOWS } else { 0 } | u64::from(*tells_identity));
    if *tells_identity {
        stream.extend_from_slice(&seal.sealer.key.0);
        put(stream, u64::from(seal.sealer.incarnation));
    }
    put(stream, seal.through());
    put(stream, seal.entries.len() as u64);
    if *tells_base {
        stream.extend_from_slice(&seal.base_chain.0);
    }
    for entry in &seal.entries {
        match places.get(entry) {
            None => {
                put(stream, 0);
                stream.extend_from_slice(&entry.0);
            }
            Some(place) => {
                let (index, is_snapshot) = match *place {
                    Place::Change(index) => (index, false),
                    Place::Snapshot(index) => (index, true),
                };
                let next = likely.of(is_snapshot);
                let ahead = index as i64 - *next as i64;
                *next = index + 1;
                let zigzag = ((ahead << 1) ^ (ahead >> 63)) as u64;
                put(stream, 1 + (zigzag << 1 | u64::from(is_snapshot)));
            }
        }
    }
    stream.extend_from_slice(&seal.signature);
}

/// All seals of a frame.
pub(super) fn read_seals(packed: &Packed, actors: &[Actor]) -> Result<Vec<ArrivedSeal>, FrameError> {
    let mut stream = Stream(&packed.seals);
    let mut likely = Likely::default();
    let mut seals = Vec::new();
    let mut entries = 0;
    while !stream.0.is_empty() {
        let seal = read_seal(&mut stream, &mut likely, actors)?;
        entries += seal.entries.len();
        if seals.len() >= SEALS_MAX || entries > CHANGES_MAX {
            let detail = format!("more than {SEALS_MAX} seals or {CHANGES_MAX} changes in them");
            return Err(FrameError::new(code::FRAME_LIMITS, detail));
        }
        seals.push(seal);
    }
    Ok(seals)
}

fn read_seal(
    stream: &mut Stream<'_>,
    likely: &mut Likely,
    actors: &[Actor],
) -> Result<ArrivedSeal, FrameError> {
    let head = stream.number()?;
    let actor = usize::try_from(head >> 2).ok().and_then(|index| actors.get(index).copied());
    let actor = actor.ok_or_else(|| malformed("a seal of an author who is not in the table"))?;
    let identity = match head & IDENTITY_FOLLOWS {
        0 => None,
        _ => Some(read_identity(stream, actor)?),
    };
    let through = stream.number()?;
    let count = usize::try_from(stream.number()?).unwrap_or(usize::MAX);
    if !(1..=SEAL_ENTRIES_MAX).contains(&count) || (count as u64) > through {
        return Err(malformed("a seal of that many changes"));
    }
    let base_chain = match head & BASE_FOLLOWS {
        0 => None,
        _ => Some(Chain(stream.array()?)),
    };
    let entries = (0..count).map(|_| read_entry(stream, likely)).collect::<Result<Vec<_>, _>>()?;
    if entries.iter().collect::<BTreeSet<_>>().len() < count {
        return Err(malformed("a seal that lists a change twice"));
    }
    Ok(ArrivedSeal { actor, identity, through, base_chain, entries, signature: stream.array()? })
}

/// An author's key; it must be the key of the author in the table, as an actor follows from its device's key.
fn read_identity(stream: &mut Stream<'_>, actor: Actor) -> Result<Sealer, FrameError> {
    let key = PublicKey(stream.array()?);
    let incarnation = u32::try_from(stream.number()?).ok().filter(|life| *life <= INCARNATION_MAX);
    let incarnation = incarnation.ok_or_else(|| malformed("a life beyond all numbers"))?;
    let sealer = Sealer { key, incarnation };
    match sealer.actor() == actor {
        true => Ok(sealer),
        false => Err(malformed("a seal with the key of somebody else")),
    }
}

fn read_entry(stream: &mut Stream<'_>, likely: &mut Likely) -> Result<Listed, FrameError> {
    let Some(told) = stream.number()?.checked_sub(1) else {
        return Ok(Listed::Raw(ChainEntry(stream.array()?)));
    };
    let is_snapshot = told & 1 != 0;
    let zigzag = told >> 1;
    let ahead = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
    let next = likely.of(is_snapshot);
    let index = i64::try_from(*next)
        .ok()
        .and_then(|next| next.checked_add(ahead))
        .and_then(|index| usize::try_from(index).ok())
        .ok_or_else(|| malformed("a seal of a change that is not there"))?;
    *next = index.saturating_add(1);
    Ok(Listed::At(if is_snapshot { Place::Snapshot(index) } else { Place::Change(index) }))
}

fn malformed(what: &str) -> FrameError {
    FrameError::new(code::FRAME_MALFORMED, what)
}
