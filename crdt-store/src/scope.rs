//! The unit of replication and of authorization.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A scope's name: a few opaque bytes to the store and to replication, a meaning to the [`Schema`](crate::Schema).
///
/// Every document is in exactly one scope; who receives a document and who may write it follows from the scope.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Arc<[u8]>);

/// A name that is empty or longer than [`Scope::LEN_MAX`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a scope's name has 1 to {max} bytes, this one {len}", max = Scope::LEN_MAX)]
pub struct InvalidScope {
    /// How many bytes were given.
    pub len: usize,
}

impl Scope {
    /// Longest name, in bytes: a kind and two document ids, with room to spare. Scope names stand in keys.
    pub const LEN_MAX: usize = 40;

    /// A scope of this name.
    pub fn new(name: &[u8]) -> Result<Self, InvalidScope> {
        match name.len() {
            1..=Self::LEN_MAX => Ok(Self(name.into())),
            len => Err(InvalidScope { len }),
        }
    }

    /// The name.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("scope:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = serde_bytes::ByteBuf::deserialize(deserializer)?;
        Self::new(&name).map_err(serde::de::Error::custom)
    }
}
