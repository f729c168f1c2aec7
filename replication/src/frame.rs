//! What two nodes say to each other, as data. `docs/PROTOCOL.md` draws every frame.
//!
//! Each record is an array in CBOR, its fields by position: names would be half of a small frame. A field more or
//! less is another protocol version.

use crdt_store::{ChangeHash, DocumentId, Fingerprint, Incarnation, Reader, Scope};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::{ByteArray, ByteBuf};

use crate::packing::{Arrived, ArrivedSeal, Packed};

/// The version of the protocol this program speaks.
pub const PROTOCOL_VERSION: u16 = 2;

/// Declares a record that is written as an array.
macro_rules! record {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub(crate) struct $name { $($(#[$field_doc])* pub(crate) $field: $type,)* }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                ($(&self.$field,)*).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let ($($field,)*) = <($($type,)*)>::deserialize(deserializer)?;
                Ok(Self { $($field,)* })
            }
        }
    )*};
}

/// Which log a position belongs to: a database, and the unbroken history of its log.
///
/// A position of another log says nothing, whatever its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogId {
    pub(crate) database: [u8; 16],
    pub(crate) epoch: u64,
}

impl Serialize for LogId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (ByteArray::new(self.database), self.epoch).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LogId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (database, epoch) = <(ByteArray<16>, u64)>::deserialize(deserializer)?;
        Ok(Self { database: database.into_array(), epoch })
    }
}

/// How much of a scope's log someone holds.
///
/// The log has one row per document, at the position of its latest change. Holding `{floor, through}` means: every
/// change up to `floor`, and every change up to now of each document whose row stood in `(floor, through]`. Two
/// numbers, because a document changed at 12 and at 15 has one row, at 15: who holds the rows up to 13 lacks the
/// change at 12. A pass over the log keeps `floor` and moves `through`; at its end both are the log's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Cursor {
    pub(crate) floor: u64,
    pub(crate) through: u64,
}

impl Cursor {
    /// Everything up to `head`.
    pub(crate) fn at(head: u64) -> Self {
        Self { floor: head, through: head }
    }

    /// What is held by whoever holds both: each claims only what stays true, so the further of each number holds.
    pub(crate) fn join(self, other: Self) -> Self {
        Self { floor: self.floor.max(other.floor), through: self.through.max(other.through) }
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.through, self.through - self.floor).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (through, lag) = <(u64, u64)>::deserialize(deserializer)?;
        let floor =
            through.checked_sub(lag).ok_or_else(|| serde::de::Error::custom("a cursor below zero"))?;
        Ok(Self { floor, through })
    }
}

/// A fingerprint on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State(pub(crate) Fingerprint);

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0.count, ByteArray::new(self.0.sum.to_be_bytes())).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (count, sum) = <(u64, ByteArray<16>)>::deserialize(deserializer)?;
        Ok(Self(Fingerprint { count, sum: u128::from_be_bytes(sum.into_array()) }))
    }
}

record! {
    /// Who speaks, and where its log stands.
    Identity {
        version: u16,
        log: LogId,
        incarnation: Incarnation,
        head: u64,
        /// Milliseconds since 1970, for people only: no decision takes a peer's clock.
        wall: i64,
    }

    /// How one side stands with one scope.
    Entry {
        scope: Scope,
        /// How much of the receiver's log the speaker holds; nothing when it cannot say.
        received: Option<Cursor>,
        /// What the speaker holds; nothing when the receiver is not entitled to know.
        state: Option<State>,
        /// In an answer: whether the states were equal when it was given.
        equal: bool,
    }

    /// The first word of the side that was called, sent before it has heard anything.
    Banner { identity: Identity, }

    /// The first word of the side that called.
    Hello {
        identity: Identity,
        /// The receiver's log that the cursors below refer to, as remembered.
        knows: Option<LogId>,
        offers: Vec<Entry>,
        /// Whether more offers follow in SCOPES.
        more: bool,
    }

    /// The answer to HELLO.
    Welcome {
        identity: Identity,
        knows: Option<LogId>,
        answers: Vec<Entry>,
        offers: Vec<Entry>,
        /// Whether more offers follow in SCOPES.
        more: bool,
    }

    /// Scopes that join, or change, while the conversation goes on.
    Scopes {
        head: u64,
        answers: Vec<Entry>,
        offers: Vec<Entry>,
        /// Whether the speaker's first offers are not complete yet.
        more: bool,
    }

    /// Which part of the sender's log a DELTA covers.
    Span {
        floor: u64,
        /// Rows after this position…
        after: u64,
        /// …and up to this one.
        through: u64,
        /// Whether nothing stands above `through` up to the head, which is then `through`.
        complete: bool,
    }

    /// Documents, or what the receiver lacks of them.
    Delta {
        /// Counts up by one within a connection.
        number: u64,
        scope: Scope,
        /// Nothing for documents sent whole to repair a difference.
        span: Option<Span>,
        /// How many documents the sender still has for the receiver in this scope, after these.
        left: u64,
        documents: Box<Packed>,
    }

    /// Everything up to DELTA `number` is durable at the speaker.
    Ack {
        number: u64,
        /// How many changes were refused since the ACK before.
        refused_count: u64,
        /// The first of them.
        refused: Vec<RefusedChange>,
        /// What would be the next frame, where nothing comes between: said together, an acknowledgement and a proof
        /// are heard together, and the other side does not begin a proof of its own in between.
        check: Option<Check>,
    }

    /// A change that was not applied, and why.
    RefusedChange { document: DocumentId, hash: ChangeHash, code: String, }

    /// «I have nothing left to send or to hear in these scopes, and this is what I hold.»
    Check { head: u64, states: Vec<ScopeState>, }

    /// A scope's fingerprint.
    ScopeState { scope: Scope, state: State, }

    /// The answer to CHECK of a side that had nothing left either.
    Checked {
        /// The head in the CHECK.
        yours: u64,
        /// The speaker's head when it compared.
        mine: u64,
        verdicts: Vec<Verdict>,
    }

    /// What the CHECK said, and what the speaker holds.
    Verdict { scope: Scope, checked: State, held: State, }

    /// Fingerprints of all buckets of a scope: the beginning of a comparison.
    Buckets { scope: Scope, round: u64, states: Vec<State>, }

    /// The documents of some buckets. Each item: 16 bytes of id, 8 bytes of state fingerprint.
    List {
        scope: Scope,
        round: u64,
        /// The buckets that these are all documents of.
        buckets: ByteBuf,
        items: ByteBuf,
        /// Whether there are more lists, sent one by one on WANT.
        more: bool,
    }

    /// What is wanted whole of a LIST; asks for the next LIST if there is more.
    Want { scope: Scope, round: u64, ids: Vec<DocumentId>, }

    /// «I hang up.»
    Goaway { code: String, reason: String, retry_after_millis: Option<u64>, }
}

impl Entry {
    /// The order in which entries are written must not depend on who builds them.
    pub(crate) fn new(
        scope: Scope,
        received: Option<Cursor>,
        state: Option<Fingerprint>,
        equal: bool,
    ) -> Self {
        Self { scope, received, state: state.map(State), equal }
    }
}

/// Everything that can be said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Message {
    Banner(Banner),
    Hello(Hello),
    Welcome(Welcome),
    Scopes(Scopes),
    Delta(Delta),
    Ack(Ack),
    Check(Check),
    Checked(Checked),
    Buckets(Buckets),
    List(List),
    Want(Want),
    Ping,
    Goaway(Goaway),
}

impl Message {
    /// The name by which people and logs call it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Banner(_) => "BANNER",
            Self::Hello(_) => "HELLO",
            Self::Welcome(_) => "WELCOME",
            Self::Scopes(_) => "SCOPES",
            Self::Delta(_) => "DELTA",
            Self::Ack(_) => "ACK",
            Self::Check(_) => "CHECK",
            Self::Checked(_) => "CHECKED",
            Self::Buckets(_) => "BUCKETS",
            Self::List(_) => "LIST",
            Self::Want(_) => "WANT",
            Self::Ping => "PING",
            Self::Goaway(_) => "GOAWAY",
        }
    }
}

/// A frame from a peer: read, within all limits, its changes verified. Only [`decode`](crate::decode) makes one.
#[derive(Debug)]
pub struct Frame {
    /// What was said; the documents of a DELTA are taken out of it.
    pub(crate) message: Message,
    /// The documents of a DELTA.
    pub(crate) documents: Vec<Arrived>,
    /// The seals that came with them.
    pub(crate) seals: Vec<ArrivedSeal>,
    /// Length on the wire, in bytes.
    pub(crate) bytes: usize,
}

impl Frame {
    /// Prepares its documents, on another thread than the node's: puts them together and brings them on, by what the
    /// store held a moment ago, as long as `go_on` says so. What has changed when the node comes to it is done again.
    pub fn prepare(&mut self, reader: &Reader, mut go_on: impl FnMut() -> bool) {
        let Message::Delta(delta) = &self.message else { return };
        // A store that fails will fail the node too, and is its to report.
        let Ok(snapshot) = reader.snapshot() else { return };
        let documents = std::mem::take(&mut self.documents).into_iter();
        let prepared = documents.map(|document| match go_on() {
            true => document.prepare(&snapshot, &delta.scope),
            false => document,
        });
        self.documents = prepared.collect();
    }

    /// What kind of frame it is, such as `DELTA`; for logs and traces.
    pub fn kind(&self) -> &'static str {
        self.message.kind()
    }

    /// How many bytes it took on the wire.
    pub fn wire_bytes(&self) -> usize {
        self.bytes
    }

    /// The code of a GOAWAY; nothing for the other kinds.
    pub fn goaway_code(&self) -> Option<&str> {
        match &self.message {
            Message::Goaway(goaway) => Some(&goaway.code),
            _ => None,
        }
    }

    /// After how many milliseconds the sender of a GOAWAY may be dialled again, if it says so.
    pub fn retry_after_millis(&self) -> Option<u64> {
        match &self.message {
            Message::Goaway(goaway) => goaway.retry_after_millis,
            _ => None,
        }
    }

    /// The sender's wall clock, where the frame tells it. For people, and for the validity of certificates: no
    /// decision about documents takes it.
    pub fn wall(&self) -> Option<crdt_store::Timestamp> {
        let identity = match &self.message {
            Message::Banner(banner) => &banner.identity,
            Message::Hello(hello) => &hello.identity,
            Message::Welcome(welcome) => &welcome.identity,
            _ => return None,
        };
        Some(crdt_store::Timestamp::from_millis(identity.wall))
    }

    /// How many documents a DELTA carries; 0 for the other kinds.
    pub fn documents(&self) -> usize {
        self.documents.len()
    }
}
