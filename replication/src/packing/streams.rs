//! The strings of bytes that packed documents are made of.

use std::collections::BTreeMap;

use crdt_store::{Actor, ChangeParts, DocumentId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::{ByteBuf, Bytes};
use unsigned_varint::{decode, encode};

use super::stripped::{Dependency, Form, Parts, Stripped};
use super::{Course, PREFIX_BYTES, Prefix, REBUILT_BYTES_MAX, verified};
use crate::code;
use crate::codec::FrameError;

/// How a form is told: these, or [`FORM_ANY`] and the number of dependencies more.
const FORM_RAW: u64 = 0;
const FORM_CHAINED: u64 = 1;
const FORM_CONTINUED: u64 = 2;
const FORM_ANY: u64 = 3;
/// A dependency on something held; anything else is how many changes before this one it stands.
const HELD: u64 = 0;
/// Most dependencies of one change: the store's limit.
const DEPENDENCIES_MAX: u64 = 64;
/// Bytes of a hash, and of an author with its length, in a change.
const HASH_BYTES: usize = 32;
const ACTOR_BYTES: usize = 9;
/// Letters of an id.
const ID_LETTERS: usize = 36;
/// The lowest bit of a note's length: whether an id follows its text.
const NAMES_ID: u64 = 1;
/// Most bytes of one snapshot or change; the store refuses longer ones.
const PIECE_BYTES_MAX: u64 = 4 << 20;

/// Declares the streams, which are one array of strings of bytes on the wire.
macro_rules! streams {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Documents, packed: fields of one kind stand together. Numbers are unsigned LEB128, signed ones zigzag.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub(crate) struct Packed { $($(#[$doc])* pub(super) $name: Vec<u8>,)* }

        impl Packed {
            /// How many bytes all of it is.
            pub(crate) fn len(&self) -> usize {
                0 $(+ self.$name.len())*
            }
        }

        impl Serialize for Packed {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                ($(Bytes::new(&self.$name),)*).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for Packed {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let ($($name,)*) = <($(streams!(@buffer $name),)*)>::deserialize(deserializer)?;
                Ok(Self { $($name: $name.into_vec(),)* })
            }
        }
    };
    (@buffer $name:ident) => { ByteBuf };
}

streams! {
    /// Sixteen bytes for each document.
    ids,
    /// For each document: bytes of its snapshot, number of its changes.
    documents,
    /// Eight bytes for each author.
    actors,
    /// For each distinct note: its length and whether it ends with an id, its bytes, the id.
    messages,
    /// For each change: its form, and the dependencies it spells out.
    forms,
    /// For each change: author, note, number of other actors, these; as numbers in the tables.
    people,
    /// For each change: its author's sequence number, less the likely one.
    sequences,
    /// For each change: its first operation, less that of the change before.
    operations_from,
    /// For each change: seconds since the change before.
    times,
    /// For each change: bytes of its operations; of a raw change, its bytes.
    lengths,
    /// Beginnings of hashes: of what changes continue, in their order; after each document, of its last changes.
    hashes,
    /// Operations, and raw changes.
    operations,
    /// Snapshots.
    snapshots,
    /// Seals, each in one piece: see `seals`.
    seals,
}

/// A note that ends with an id in letters, as who acted is noted: the text before it, and the id in sixteen bytes.
fn named(message: &[u8]) -> Option<(&[u8], DocumentId)> {
    let (before, letters) = message.split_at_checked(message.len().checked_sub(ID_LETTERS)?)?;
    let id: DocumentId = std::str::from_utf8(letters).ok()?.parse().ok()?;
    (id.to_string().as_bytes() == letters).then_some((before, id))
}

pub(super) fn put(stream: &mut Vec<u8>, number: u64) {
    stream.extend_from_slice(encode::u64(number, &mut encode::u64_buffer()));
}

/// Differences of any two numbers fit: they wrap around.
fn put_signed(stream: &mut Vec<u8>, number: i64) {
    put(stream, ((number << 1) ^ (number >> 63)) as u64);
}

/// Authors and notes of a frame, each once, with their numbers.
#[derive(Default)]
pub(super) struct Tables {
    actors: BTreeMap<Actor, u64>,
    messages: BTreeMap<Vec<u8>, u64>,
}

/// What a table holds, in the order of its numbers.
fn in_order<T>(table: BTreeMap<T, u64>) -> Vec<T> {
    let mut entries: Vec<(T, u64)> = table.into_iter().collect();
    entries.sort_unstable_by_key(|(_, number)| *number);
    entries.into_iter().map(|(entry, _)| entry).collect()
}

impl Tables {
    pub(super) fn actor(&mut self, actor: Actor) -> u64 {
        let next = self.actors.len() as u64;
        *self.actors.entry(actor).or_insert(next)
    }

    fn message(&mut self, message: &[u8]) -> u64 {
        let next = self.messages.len() as u64;
        match self.messages.get(message) {
            Some(number) => *number,
            None => *self.messages.entry(message.to_vec()).or_insert(next),
        }
    }

    pub(super) fn write(self, packed: &mut Packed) {
        in_order(self.actors).iter().for_each(|actor| packed.actors.extend_from_slice(actor.as_bytes()));
        for message in &in_order(self.messages) {
            match named(message) {
                Some((before, id)) => {
                    put(&mut packed.messages, (before.len() as u64) << 1 | NAMES_ID);
                    packed.messages.extend_from_slice(before);
                    packed.messages.extend_from_slice(id.as_bytes());
                }
                None => {
                    put(&mut packed.messages, (message.len() as u64) << 1);
                    packed.messages.extend_from_slice(message);
                }
            }
        }
    }
}

impl Packed {
    pub(super) fn put_document(&mut self, snapshot_bytes: usize, changes: usize) {
        put(&mut self.documents, snapshot_bytes as u64);
        put(&mut self.documents, changes as u64);
    }

    /// A change as it is.
    pub(super) fn put_raw(&mut self, bytes: &[u8]) {
        put(&mut self.forms, FORM_RAW);
        put(&mut self.lengths, bytes.len() as u64);
        self.operations.extend_from_slice(bytes);
    }

    pub(super) fn put_form(&mut self, form: &Form, index: usize) {
        match form {
            Form::Raw => put(&mut self.forms, FORM_RAW),
            Form::Chained => put(&mut self.forms, FORM_CHAINED),
            Form::Continued(prefix) => {
                put(&mut self.forms, FORM_CONTINUED);
                self.hashes.extend_from_slice(prefix);
            }
            Form::Any(dependencies) => {
                put(&mut self.forms, FORM_ANY + dependencies.len() as u64);
                for dependency in dependencies {
                    match dependency {
                        Dependency::Earlier(earlier) => put(&mut self.forms, (index - earlier) as u64),
                        Dependency::Held(prefix) => {
                            put(&mut self.forms, HELD);
                            self.hashes.extend_from_slice(prefix);
                        }
                    }
                }
            }
        }
    }

    pub(super) fn put_parts(&mut self, tables: &mut Tables, course: &mut Course, parts: &ChangeParts<'_>) {
        put(&mut self.people, tables.actor(parts.actor));
        put(&mut self.people, tables.message(parts.message));
        put(&mut self.people, parts.other_actors.len() as u64);
        for actor in &parts.other_actors {
            put(&mut self.people, tables.actor(*actor));
        }
        let likely = course.sequence(parts.actor, |_| parts.sequence);
        put_signed(&mut self.sequences, parts.sequence.wrapping_sub(likely) as i64);
        put_signed(&mut self.operations_from, parts.first_operation.wrapping_sub(course.operation) as i64);
        put_signed(&mut self.times, parts.time.wrapping_sub(course.time));
        (course.operation, course.time) = (parts.first_operation, parts.time);
        put(&mut self.lengths, parts.operations.len() as u64);
        self.operations.extend_from_slice(parts.operations);
    }
}

fn malformed(what: &str) -> FrameError {
    FrameError::new(code::FRAME_MALFORMED, what)
}

/// A stream that is being read.
pub(super) struct Stream<'a>(pub(super) &'a [u8]);

impl<'a> Stream<'a> {
    pub(super) fn number(&mut self) -> Result<u64, FrameError> {
        let (number, rest) = decode::u64(self.0).map_err(|_| malformed("packed documents lack a number"))?;
        self.0 = rest;
        Ok(number)
    }

    fn signed(&mut self) -> Result<i64, FrameError> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn bytes(&mut self, len: u64) -> Result<&'a [u8], FrameError> {
        let taken = usize::try_from(len).ok().and_then(|len| self.0.split_at_checked(len));
        let (bytes, rest) = taken.ok_or_else(|| malformed("packed documents end too early"))?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], FrameError> {
        let (array, rest) =
            self.0.split_first_chunk().ok_or_else(|| malformed("packed documents end too early"))?;
        self.0 = rest;
        Ok(*array)
    }
}

/// Reads packed documents, never beyond the end of a stream, and never more than a frame may amount to.
pub(super) struct Unpacker<'a> {
    ids: Stream<'a>,
    documents: Stream<'a>,
    forms: Stream<'a>,
    people: Stream<'a>,
    sequences: Stream<'a>,
    operations_from: Stream<'a>,
    times: Stream<'a>,
    lengths: Stream<'a>,
    hashes: Stream<'a>,
    operations: Stream<'a>,
    snapshots: Stream<'a>,
    pub(super) actors: Vec<Actor>,
    messages: Vec<Vec<u8>>,
    /// Bytes that the changes and snapshots so far amount to when they are put together.
    rebuilt: usize,
}

impl<'a> Unpacker<'a> {
    pub(super) fn over(packed: &'a Packed) -> Result<Self, FrameError> {
        let mut actors = Stream(&packed.actors);
        let mut table = Vec::with_capacity(packed.actors.len() / 8);
        while !actors.0.is_empty() {
            table.push(Actor::from_bytes(actors.array()?));
        }
        let mut notes = Stream(&packed.messages);
        let mut messages = Vec::new();
        while !notes.0.is_empty() {
            let len = notes.number()?;
            let mut note = notes.bytes(len >> 1)?.to_vec();
            if len & NAMES_ID != 0 {
                note.extend_from_slice(DocumentId::from_bytes(notes.array()?).to_string().as_bytes());
            }
            messages.push(note);
        }
        Ok(Self {
            ids: Stream(&packed.ids),
            documents: Stream(&packed.documents),
            forms: Stream(&packed.forms),
            people: Stream(&packed.people),
            sequences: Stream(&packed.sequences),
            operations_from: Stream(&packed.operations_from),
            times: Stream(&packed.times),
            lengths: Stream(&packed.lengths),
            hashes: Stream(&packed.hashes),
            operations: Stream(&packed.operations),
            snapshots: Stream(&packed.snapshots),
            actors: table,
            messages,
            rebuilt: 0,
        })
    }

    /// The next document: its id, its snapshot, how many changes it has.
    #[allow(clippy::type_complexity)]
    pub(super) fn document(&mut self) -> Result<Option<(DocumentId, Option<Vec<u8>>, usize)>, FrameError> {
        if self.ids.0.is_empty() {
            return Ok(None);
        }
        let id = DocumentId::from_bytes(self.ids.array()?);
        let snapshot = match self.documents.number()? {
            0 => None,
            len => Some(self.piece(len, Piece::Snapshot)?.to_vec()),
        };
        let changes = usize::try_from(self.documents.number()?).unwrap_or(usize::MAX);
        Ok(Some((id, snapshot, changes)))
    }

    /// The changes of one document.
    pub(super) fn changes(
        &mut self,
        id: DocumentId,
        course: &mut Course,
        count: usize,
    ) -> Result<Vec<Stripped>, FrameError> {
        let mut changes = Vec::new();
        let mut is_tip = Vec::new();
        for index in 0..count {
            let Some(dependencies) = self.form(index)?.dependencies(index) else {
                let len = self.lengths.number()?;
                let bytes = self.piece(len, Piece::Change)?.to_vec();
                changes.push(Stripped::Raw(Box::new(verified(id, bytes)?)));
                is_tip.push(false);
                continue;
            };
            for dependency in &dependencies {
                if let Dependency::Earlier(earlier) = dependency {
                    is_tip[*earlier] = false;
                }
            }
            changes.push(Stripped::Parts(self.parts(course, dependencies)?));
            is_tip.push(true);
        }
        for (change, is_tip) in changes.iter_mut().zip(is_tip) {
            if let (Stripped::Parts(parts), true) = (change, is_tip) {
                parts.check = Some(self.hashes.array()?);
            }
        }
        Ok(changes)
    }

    fn form(&mut self, index: usize) -> Result<Form, FrameError> {
        match self.forms.number()? {
            FORM_RAW => Ok(Form::Raw),
            FORM_CHAINED if index == 0 => Err(malformed("the first change is chained to one before it")),
            FORM_CHAINED => Ok(Form::Chained),
            FORM_CONTINUED => self.prefix().map(Form::Continued),
            any if any - FORM_ANY <= DEPENDENCIES_MAX => {
                (FORM_ANY..any).map(|_| self.dependency(index)).collect::<Result<_, _>>().map(Form::Any)
            }
            _ => Err(malformed("a change with too many dependencies")),
        }
    }

    fn dependency(&mut self, index: usize) -> Result<Dependency, FrameError> {
        match self.forms.number()? {
            HELD => self.prefix().map(Dependency::Held),
            before => usize::try_from(before)
                .ok()
                .and_then(|before| index.checked_sub(before))
                .map(Dependency::Earlier)
                .ok_or_else(|| malformed("a dependency on a change that is not there")),
        }
    }

    fn parts(&mut self, course: &mut Course, dependencies: Vec<Dependency>) -> Result<Parts, FrameError> {
        let actor = self.actor()?;
        let number = self.people.number()?;
        let message = usize::try_from(number).ok().filter(|index| *index < self.messages.len());
        let message = message.ok_or_else(|| malformed("a note that is not in the table"))?;
        let others = self.people.number()?;
        self.amounts_to(usize::try_from(others).unwrap_or(usize::MAX).saturating_mul(ACTOR_BYTES))?;
        let other_actors = (0..others).map(|_| self.actor()).collect::<Result<Vec<_>, _>>()?;
        let ahead = self.sequences.signed()?;
        let mut sequence = 0;
        course.sequence(actor, |likely| {
            sequence = likely.wrapping_add(ahead as u64);
            sequence
        });
        let first_operation = course.operation.wrapping_add(self.operations_from.signed()? as u64);
        let time = course.time.wrapping_add(self.times.signed()?);
        (course.operation, course.time) = (first_operation, time);
        let len = self.lengths.number()?;
        let operations = self.piece(len, Piece::Change)?;
        self.amounts_to(HASH_BYTES * dependencies.len() + self.messages[message].len())?;
        Ok(Parts {
            dependencies,
            actor,
            sequence,
            first_operation,
            time,
            message: self.messages[message].clone(),
            other_actors,
            operations: operations.to_vec(),
            check: None,
        })
    }

    fn actor(&mut self) -> Result<Actor, FrameError> {
        let number = self.people.number()?;
        let actor = usize::try_from(number).ok().and_then(|index| self.actors.get(index).copied());
        actor.ok_or_else(|| malformed("an author who is not in the table"))
    }

    fn prefix(&mut self) -> Result<Prefix, FrameError> {
        self.hashes.array::<PREFIX_BYTES>()
    }

    fn piece(&mut self, len: u64, piece: Piece) -> Result<&'a [u8], FrameError> {
        if len > PIECE_BYTES_MAX {
            return Err(FrameError::new(code::FRAME_LIMITS, format!("a piece of {len} bytes")));
        }
        self.amounts_to(len as usize)?;
        match piece {
            Piece::Snapshot => self.snapshots.bytes(len),
            Piece::Change => self.operations.bytes(len),
        }
    }

    fn amounts_to(&mut self, bytes: usize) -> Result<(), FrameError> {
        self.rebuilt = self.rebuilt.saturating_add(bytes);
        match self.rebuilt <= REBUILT_BYTES_MAX {
            true => Ok(()),
            false => Err(FrameError::new(
                code::FRAME_LIMITS,
                format!("changes of more than {REBUILT_BYTES_MAX} bytes when put together"),
            )),
        }
    }

    /// Nothing may be left over.
    pub(super) fn finish(&self) -> Result<(), FrameError> {
        let rest = [
            &self.documents,
            &self.forms,
            &self.people,
            &self.sequences,
            &self.operations_from,
            &self.times,
            &self.lengths,
            &self.hashes,
            &self.operations,
            &self.snapshots,
        ];
        match rest.iter().all(|stream| stream.0.is_empty()) {
            true => Ok(()),
            false => Err(malformed("packed documents have bytes too many")),
        }
    }
}

/// Which stream a piece is taken from.
#[derive(Clone, Copy)]
enum Piece {
    Snapshot,
    Change,
}
