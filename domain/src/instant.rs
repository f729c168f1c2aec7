//! Instants at the edges: RFC 3339 text in human-readable formats, milliseconds in the others.

use crdt_store::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An instant as RFC 3339 text in UTC; empty for what no calendar holds.
pub fn text(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time.as_millis())
        .map_or_else(|_| String::new(), |time| time.to_string())
}

/// Reads RFC 3339 text.
pub fn parse(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>().ok().map(|time| Timestamp::from_millis(time.as_millisecond()))
}

/// Writes an instant.
pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    match serializer.is_human_readable() {
        true => serializer.serialize_str(&text(*time)),
        false => time.serialize(serializer),
    }
}

/// Reads an instant.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    if !deserializer.is_human_readable() {
        return Timestamp::deserialize(deserializer);
    }
    let found = String::deserialize(deserializer)?;
    parse(&found).ok_or_else(|| de::Error::custom(format!("«{found}» is not an RFC 3339 instant")))
}

/// The same for an instant that may be absent; for `#[serde(default, with = "…")]`.
pub mod optional {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Wrapped(#[serde(with = "super")] Timestamp);

    /// Writes an instant or nothing.
    pub fn serialize<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        time.map(Wrapped).serialize(serializer)
    }

    /// Reads an instant or nothing.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        Ok(Option::<Wrapped>::deserialize(deserializer)?.map(|wrapped| wrapped.0))
    }
}
