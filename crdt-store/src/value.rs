//! What a document holds, free of Automerge: a tree of maps with scalars at its leaves.

use std::collections::BTreeMap;

use ciborium::value::Integer;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A map of a document. Ordered, so that whatever is computed from it is the same everywhere.
pub type Map = BTreeMap<String, Value>;

/// A value in a document.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Value {
    /// Present and empty.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number; quantities and money are counted in thousandths.
    Int(i64),
    /// Binary data; sixteen of them for an id.
    Bytes(Vec<u8>),
    /// Text, replaced whole when it changes.
    Text(String),
    /// A list; read, never written by us: lists merge by position, maps by key.
    List(Vec<Value>),
    /// A map.
    Map(Map),
}

/// A document, or a row of a view, that is not of the expected shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ShapeError(String);

impl ShapeError {
    /// A shape error that says what was expected.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl Value {
    /// The value that `data` serializes to. Fails on floats and on maps whose keys are not text.
    pub fn from_data<T: Serialize>(data: &T) -> Result<Self, ShapeError> {
        let cbor = ciborium::Value::serialized(data).map_err(|error| ShapeError(error.to_string()))?;
        Self::from_cbor(cbor)
    }

    /// Reads the value as a `T`; fields that `T` does not know are passed over (and stay in the document).
    pub fn to_data<T: DeserializeOwned>(&self) -> Result<T, ShapeError> {
        self.to_cbor().deserialized().map_err(|error| ShapeError(error.to_string()))
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// The bytes, if they are bytes.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// What stands at `path` below this value.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self, |value, key| value.as_map()?.get(*key))
    }

    fn to_cbor(&self) -> ciborium::Value {
        match self {
            Self::Null => ciborium::Value::Null,
            Self::Bool(flag) => ciborium::Value::Bool(*flag),
            Self::Int(int) => ciborium::Value::Integer(Integer::from(*int)),
            Self::Bytes(bytes) => ciborium::Value::Bytes(bytes.clone()),
            Self::Text(text) => ciborium::Value::Text(text.clone()),
            Self::List(items) => ciborium::Value::Array(items.iter().map(Self::to_cbor).collect()),
            Self::Map(map) => ciborium::Value::Map(
                map.iter()
                    .map(|(key, value)| (ciborium::Value::Text(key.clone()), value.to_cbor()))
                    .collect(),
            ),
        }
    }

    fn from_cbor(cbor: ciborium::Value) -> Result<Self, ShapeError> {
        Ok(match cbor {
            ciborium::Value::Null => Self::Null,
            ciborium::Value::Bool(flag) => Self::Bool(flag),
            ciborium::Value::Integer(int) => Self::Int(
                i64::try_from(int).map_err(|_| ShapeError(format!("{int:?} does not fit 64 bits")))?,
            ),
            ciborium::Value::Bytes(bytes) => Self::Bytes(bytes),
            ciborium::Value::Text(text) => Self::Text(text),
            ciborium::Value::Array(items) => {
                Self::List(items.into_iter().map(Self::from_cbor).collect::<Result<_, _>>()?)
            }
            ciborium::Value::Map(entries) => Self::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| Ok((text_key(key)?, Self::from_cbor(value)?)))
                    .collect::<Result<_, ShapeError>>()?,
            ),
            other => return Err(ShapeError(format!("{other:?} has no place in a document"))),
        })
    }
}

/// Map keys are text; ids that stand as keys are written as text.
fn text_key(key: ciborium::Value) -> Result<String, ShapeError> {
    match key {
        ciborium::Value::Text(text) => Ok(text),
        ciborium::Value::Bytes(bytes) => crate::DocumentId::try_from(bytes.as_slice())
            .map(|id| id.to_string())
            .map_err(|_| ShapeError("a map key of bytes must be an id".to_owned())),
        other => Err(ShapeError(format!("{other:?} cannot be the key of a map"))),
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<crate::DocumentId> for Value {
    fn from(id: crate::DocumentId) -> Self {
        Self::Bytes(id.as_bytes().to_vec())
    }
}

impl From<crate::Timestamp> for Value {
    fn from(time: crate::Timestamp) -> Self {
        Self::Int(time.as_millis())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
