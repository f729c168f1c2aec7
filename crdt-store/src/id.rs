//! Names of things: documents, devices, actors; and wall-clock instants.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// Text that was meant to be an identifier and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("«{0}» is not a UUID")]
pub struct InvalidId(pub String);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The id whose sixteen bytes are all zero; never given to anything.
            pub const NIL: Self = Self([0; 16]);

            /// Takes the sixteen bytes as they are.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The sixteen bytes, big-endian, so that their order is the order of creation for UUIDv7.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Uuid::from_bytes(self.0).as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(|id| Self(id.into_bytes())).map_err(|_| InvalidId(text.to_owned()))
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = InvalidId;

            fn try_from(bytes: &[u8]) -> Result<Self, InvalidId> {
                let found: [u8; 16] =
                    bytes.try_into().map_err(|_| InvalidId(format!("{} bytes", bytes.len())))?;
                Ok(Self(found))
            }
        }

        impl Serialize for $name {
            /// Hyphenated text in human-readable formats (JSON), sixteen bytes in the others (CBOR).
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match serializer.is_human_readable() {
                    true => serializer.collect_str(self),
                    false => serializer.serialize_bytes(&self.0),
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct IdVisitor;

                impl Visitor<'_> for IdVisitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a UUID as text or as sixteen bytes")
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }

                    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<$name, E> {
                        $name::try_from(bytes).map_err(E::custom)
                    }
                }

                deserializer.deserialize_any(IdVisitor)
            }
        }
    };
}

uuid_id! {
    /// Identity of a document for ever: a UUIDv7 for what people make, a UUIDv5 for what follows from something else.
    DocumentId
}

uuid_id! {
    /// Identity of a device: the first sixteen bytes of the BLAKE3 hash of its public key.
    DeviceId
}

impl DocumentId {
    /// A UUIDv7 from an instant and 80 random bits.
    pub fn from_time(now: Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().into_bytes())
    }

    /// The UUIDv5 of `role` under this id: the same on every device, so that making the same derived document
    /// twice is making it once.
    pub fn derived(&self, role: &str) -> Self {
        Self(Uuid::new_v5(&Uuid::from_bytes(self.0), role.as_bytes()).into_bytes())
    }
}

impl DeviceId {
    /// The id of the device that holds the private half of `public_key`.
    pub fn of_public_key(public_key: &[u8]) -> Self {
        let hash = blake3::hash(public_key);
        let mut id = [0; 16];
        id.copy_from_slice(&hash.as_bytes()[..16]);
        Self(id)
    }
}

/// How many lives a database file has had: a restored backup or a copied file begins a new one.
pub type Incarnation = u32;

/// Who wrote a change, as Automerge sees it: eight bytes derived from a device and its incarnation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Actor([u8; 8]);

impl Actor {
    /// The actor of one life of one device. Eight bytes keep changes small; with 10,000 devices of ten lives
    /// each, the chance that two share an actor is below 10⁻⁹.
    pub fn of(device: DeviceId, incarnation: Incarnation) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("tributary 2026 actor of device and incarnation");
        hasher.update(device.as_bytes());
        hasher.update(&incarnation.to_be_bytes());
        let mut actor = [0; 8];
        actor.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        Self(actor)
    }

    /// The actor whose eight bytes these are.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// The eight bytes.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A wall-clock instant: milliseconds since 1970-01-01T00:00:00Z. Always an argument, never read from a clock here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This instant moved by `millis` milliseconds.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this instant; negative when `earlier` is later.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}
