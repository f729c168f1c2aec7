//! Documents on the wire: what the receiver can write down itself is left out, and what is alike stands together.
//!
//! A raw change is 100 to 170 bytes, of which some 60 are marks, a checksum, lengths, its author and hashes of what it
//! depends on. Of these only the following goes over the wire: the author, as a number in the frame's table; nothing
//! for a dependency on the change before it; six bytes for one on a change that the receiver holds; and four bytes of
//! the hash of each change on which no later one in the frame depends. The receiver writes the same bytes again, and
//! as each hash covers the changes that it depends on, those four check all of them. A change that cannot be put
//! together byte for byte goes as it is.
//!
//! Fields of one kind stand together in one string of bytes, which compresses to two thirds of what they take one
//! change after the other. Numbers are told as differences from what is likely.
//!
//! [`pack`] and [`Packed::unpack`] need no store. What depends on a change that is not in the frame waits, as a
//! [`StrippedDocument`], for someone who can look up its hash.

mod seals;
mod streams;
mod stripped;

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{
    Actor, ChainEntry, ChangeHash, ChangeParts, DocumentId, IncomingDocument, Outgoing, Prepared, Scope,
    Snapshot, VerifiedChange, VerifiedSnapshot,
};

use seals::Likely;
pub(crate) use seals::{ArrivedSeal, Listed, OutgoingSeal, Place, Places};
pub(crate) use streams::Packed;
use streams::{Tables, Unpacker};
use stripped::{Dependency, Form};
pub(crate) use stripped::{StrippedDocument, Unbuilt};

use crate::code;
use crate::codec::{CHANGES_MAX, DOCUMENTS_MAX, FrameError, short};

/// Bytes of a hash that name a change of a known document. That two changes of a document share them is found out by
/// the check, and then the document is sent whole.
pub(crate) const PREFIX_BYTES: usize = 6;
/// Bytes of a hash that check what was put together: as many as Automerge's own checksum has. They are there to find
/// faults of a program early; that nothing else came out is proven by the fingerprints, which are of whole hashes.
pub(crate) const CHECK_BYTES: usize = 4;
/// Most bytes of changes and snapshots in one frame when they are put together: twice the longest body. A dependency
/// or an author takes one byte on the wire and up to 32 after it; so much and no more is believed.
pub(crate) const REBUILT_BYTES_MAX: usize = 8 << 20;

/// The first bytes of a change's hash, by which it is looked up.
pub(crate) type Prefix = [u8; PREFIX_BYTES];
/// The first bytes of a change's hash, by which it is checked.
type Checksum = [u8; CHECK_BYTES];

/// A document as it came in a frame.
#[derive(Debug)]
pub(crate) enum Arrived {
    /// All of its changes are verified.
    Whole(IncomingDocument),
    /// It depends on changes that the receiver must look up.
    Stripped(StrippedDocument),
    /// All of its changes are verified, and what they make of the document is known already.
    Prepared(Box<(IncomingDocument, Prepared)>),
}

impl Arrived {
    /// Which document it is.
    pub(crate) fn id(&self) -> DocumentId {
        match self {
            Self::Whole(document) => document.id,
            Self::Prepared(prepared) => prepared.0.id,
            Self::Stripped(document) => document.id(),
        }
    }

    /// Its snapshot, if it came with one.
    pub(crate) fn snapshot(&self) -> Option<&VerifiedSnapshot> {
        match self {
            Self::Whole(document) => document.snapshot.as_ref(),
            Self::Prepared(prepared) => prepared.0.snapshot.as_ref(),
            Self::Stripped(document) => document.snapshot(),
        }
    }

    /// How many changes it came with, those within its snapshot aside.
    pub(crate) fn change_count(&self) -> usize {
        match self {
            Self::Whole(document) => document.changes.len(),
            Self::Prepared(prepared) => prepared.0.changes.len(),
            Self::Stripped(document) => document.change_count(),
        }
    }

    /// The document, its changes verified; `find` looks up hashes of changes of the document by their first bytes, all
    /// at once.
    pub(crate) fn build<E>(
        self,
        find: impl FnOnce(DocumentId, &BTreeSet<Prefix>) -> Result<BTreeMap<Prefix, ChangeHash>, E>,
    ) -> Result<Result<(IncomingDocument, Option<Prepared>), Unbuilt>, E> {
        Ok(match self {
            Self::Whole(document) => Ok((document, None)),
            Self::Stripped(document) => document.build(find)?.map(|document| (document, None)),
            Self::Prepared(prepared) => {
                let (document, prepared) = *prepared;
                Ok((document, Some(prepared)))
            }
        })
    }

    /// Does what can be done of it without the node, by what the store held a moment ago; leaves it as it is where that
    /// is not enough.
    pub(crate) fn prepare(self, snapshot: &Snapshot, scope: &Scope) -> Self {
        let built = match self {
            Self::Stripped(document) => document.build_on_heads(snapshot),
            built => built,
        };
        let document = match built {
            Self::Whole(document) => document,
            other => return other,
        };
        match snapshot.prepare(scope, &document) {
            Ok(Some(prepared)) => Self::Prepared(Box::new((document, prepared))),
            // A store that fails will fail the node too, and is its to report.
            Ok(None) | Err(_) => Self::Whole(document),
        }
    }
}

/// Packs documents. What cannot be stripped is packed as it is: every history fits.
pub(crate) fn pack(documents: &[(DocumentId, Outgoing)]) -> Box<Packed> {
    Packing::of(documents).finish(&[])
}

/// Documents that are packed, and may still be sealed.
pub(crate) struct Packing {
    packed: Box<Packed>,
    tables: Tables,
    places: Places,
    /// The changes, as far as they are well-formed.
    changes: Vec<(DocumentId, ChangeHash, Actor)>,
}

impl Packing {
    pub(crate) fn of(documents: &[(DocumentId, Outgoing)]) -> Self {
        let mut packing = Self {
            packed: Box::default(),
            tables: Tables::default(),
            places: Places::default(),
            changes: Vec::new(),
        };
        let mut clock = 0;
        for (id, outgoing) in documents {
            packing.packed.ids.extend_from_slice(id.as_bytes());
            let snapshot = outgoing.snapshot.as_deref().unwrap_or_default();
            packing.packed.put_document(snapshot.len(), outgoing.changes.len());
            packing.packed.snapshots.extend_from_slice(snapshot);
            let hashes =
                pack_changes(&mut packing.packed, &mut packing.tables, &mut clock, &outgoing.changes);
            for change in hashes {
                packing.places.push(*id, change.map(|(hash, _)| hash));
                packing.changes.extend(change.map(|(hash, author)| (*id, hash, author)));
            }
        }
        packing
    }

    /// Lists the changes within a document's snapshot too, so that seals may cover them; in the order of documents.
    pub(crate) fn list_within(&mut self, id: DocumentId, snapshot: &VerifiedSnapshot) {
        for (hash, author) in snapshot.history() {
            self.places.push_within(id, hash);
            self.changes.push((id, hash, author));
        }
    }

    /// The changes that seals may cover.
    pub(crate) fn changes(&self) -> &[(DocumentId, ChangeHash, Actor)] {
        &self.changes
    }

    /// All of it, with these seals.
    pub(crate) fn finish(self, seals: &[OutgoingSeal]) -> Box<Packed> {
        let places = if seals.is_empty() { BTreeMap::new() } else { self.places.by_entry() };
        self.finish_with(seals, &places)
    }

    /// The same, with seals that can be read even where documents of the frame cannot be put together: they tell
    /// everything they list by its hash.
    pub(crate) fn finish_readably(self, seals: &[OutgoingSeal]) -> Box<Packed> {
        self.finish_with(seals, &BTreeMap::new())
    }

    fn finish_with(mut self, seals: &[OutgoingSeal], places: &BTreeMap<ChainEntry, Place>) -> Box<Packed> {
        if !seals.is_empty() {
            let mut likely = Likely::default();
            for seal in seals {
                seals::put_seal(&mut self.packed, &mut self.tables, &mut likely, places, seal);
            }
        }
        self.tables.write(&mut self.packed);
        self.packed
    }
}

/// The changes of one document; then, of each on which none of them depends, the beginning of its hash. Returns the
/// hashes and authors of all.
fn pack_changes(
    packed: &mut Packed,
    tables: &mut Tables,
    clock: &mut i64,
    changes: &[Vec<u8>],
) -> Vec<Option<(ChangeHash, Actor)>> {
    let mut course = Course::new(*clock);
    let mut hashes: Vec<Option<(ChangeHash, Actor)>> = Vec::with_capacity(changes.len());
    let mut places: BTreeMap<ChangeHash, usize> = BTreeMap::new();
    let mut tips: Vec<bool> = Vec::with_capacity(changes.len());
    for bytes in changes {
        let Some((parts, hash)) = ChangeParts::split(bytes) else {
            packed.put_raw(bytes);
            let change = VerifiedChange::verify(bytes.clone()).ok();
            let change = change.map(|change| (change.hash(), change.actor()));
            places.extend(change.map(|(hash, _)| (hash, hashes.len())));
            hashes.push(change);
            tips.push(false);
            continue;
        };
        let dependencies: Vec<Dependency> = parts
            .dependencies
            .iter()
            .map(|wanted| match places.get(wanted).copied() {
                Some(index) => {
                    tips[index] = false;
                    Dependency::Earlier(index)
                }
                None => Dependency::Held(beginning(wanted)),
            })
            .collect();
        packed.put_form(&Form::of(&dependencies, hashes.len()), hashes.len());
        packed.put_parts(tables, &mut course, &parts);
        places.insert(hash, hashes.len());
        hashes.push(Some((hash, parts.actor)));
        tips.push(true);
    }
    for (hash, tip) in hashes.iter().zip(tips) {
        if let (Some((hash, _)), true) = (hash, tip) {
            packed.hashes.extend_from_slice(&beginning::<CHECK_BYTES>(hash));
        }
    }
    *clock = course.time;
    hashes
}

fn beginning<const N: usize>(hash: &ChangeHash) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&hash.0[..N]);
    bytes
}

/// What the next change is likely to say, after the changes before it.
struct Course {
    /// The last sequence number of each author in this document.
    sequences: BTreeMap<Actor, u64>,
    operation: u64,
    /// Time of the change before, in this document or the one before it.
    time: i64,
}

impl Course {
    fn new(time: i64) -> Self {
        Self { sequences: BTreeMap::new(), operation: 0, time }
    }

    /// What the actor's next sequence number would be; `sequence` is what it is.
    fn sequence(&mut self, actor: Actor, sequence: impl FnOnce(u64) -> u64) -> u64 {
        let likely = self.sequences.get(&actor).map_or(0, |last| last.wrapping_add(1));
        self.sequences.insert(actor, sequence(likely));
        likely
    }
}

impl Packed {
    /// The documents, everything verified that can be without a store, and the seals that came with them.
    pub(crate) fn unpack(&self) -> Result<(Vec<Arrived>, Vec<ArrivedSeal>), FrameError> {
        let mut unpacker = Unpacker::over(self)?;
        let mut arrived = Vec::new();
        let (mut changes, mut clock) = (0, 0);
        while let Some((id, snapshot, count)) = unpacker.document()? {
            changes += count;
            if arrived.len() >= DOCUMENTS_MAX || changes > CHANGES_MAX {
                let detail = format!("more than {DOCUMENTS_MAX} documents or {CHANGES_MAX} changes");
                return Err(FrameError::new(code::FRAME_LIMITS, detail));
            }
            let snapshot =
                snapshot.map(VerifiedSnapshot::verify).transpose().map_err(|error| invalid(id, &error))?;
            let mut course = Course::new(clock);
            let stripped = unpacker.changes(id, &mut course, count)?;
            clock = course.time;
            arrived.push(StrippedDocument::new(id, snapshot, stripped).arrive()?);
        }
        unpacker.finish()?;
        Ok((arrived, seals::read_seals(self, &unpacker.actors)?))
    }
}

/// A change that is not what it claims to be.
fn invalid(id: DocumentId, error: &crdt_store::InvalidChange) -> FrameError {
    FrameError::new(code::INVALID_CHANGE, format!("document {id}: {}", short(&error.to_string())))
}

fn verified(id: DocumentId, bytes: Vec<u8>) -> Result<VerifiedChange, FrameError> {
    VerifiedChange::verify(bytes).map_err(|error| invalid(id, &error))
}

#[cfg(test)]
mod tests;
