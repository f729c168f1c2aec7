//! A document as it is read: its place, its version, its content.

use serde::{Deserialize, Serialize};

use crate::id::{Actor, DocumentId, Timestamp};
use crate::scope::Scope;
use crate::value::{Map, ShapeError, Value};

/// Which kind of document: a word of the schema, such as `shipment`.
pub type Class = String;

/// SHA-256 of a change: the identity of a piece of history.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeHash(pub [u8; 32]);

impl std::fmt::Debug for ChangeHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Display for ChangeHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl Serialize for ChangeHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for ChangeHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = serde_bytes::ByteBuf::deserialize(deserializer)?;
        let hash =
            bytes.as_slice().try_into().map_err(|_| serde::de::Error::custom("a hash has 32 bytes"))?;
        Ok(Self(hash))
    }
}

/// The hashes of the latest changes of a document, sorted: its version.
pub type Heads = Vec<ChangeHash>;

/// Where a document belongs and how far it has come, without its content.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentHeader {
    /// Its identity.
    pub id: DocumentId,
    /// Its kind.
    pub class: Class,
    /// Its scope.
    pub scope: Scope,
    /// Its version.
    pub heads: Heads,
    /// Position in this database's log of its latest change.
    pub last_seq: u64,
}

/// A document with its content.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its identity.
    pub id: DocumentId,
    /// Its kind.
    pub class: Class,
    /// Its scope.
    pub scope: Scope,
    /// Its version.
    pub heads: Heads,
    /// Its content.
    pub root: Map,
}

impl Document {
    /// What stands at `path`.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        self.root.get(*first)?.at(rest)
    }

    /// Reads the content as a `T`; unknown fields are passed over.
    pub fn data<T: serde::de::DeserializeOwned>(&self) -> Result<T, ShapeError> {
        Value::Map(self.root.clone()).to_data()
    }
}

/// One change of a document's history, as people ask for it: who, when, on which device.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// Identity of the change.
    pub hash: ChangeHash,
    /// The device's life that wrote it.
    pub actor: Actor,
    /// When, by that device's clock, to the second.
    pub time: Timestamp,
    /// What the command that made it said of itself (see [`Author::message`](crate::Author)).
    pub message: Option<String>,
    /// How the document read to whoever made it, before it; empty before the first one. A change made elsewhere at the
    /// same time is not in it.
    pub before: Map,
    /// How the document read after it.
    pub after: Map,
}
