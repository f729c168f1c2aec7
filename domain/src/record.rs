//! What all documents have in common, and how commands read and write them.

use std::ops::ControlFlow;

use crdt_store::{
    DocumentId, Failure, Map, Rejection, StoreError, Timestamp, Txn, Value, View, ViewRead, ViewReadExt,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::permission::Caller;
use crate::reject;
use crate::text::{Key, id_at_end, is_invisible};

/// Longest code, in characters: fits a label and a key.
pub const CODE_LEN_MAX: usize = 50;

/// Longest name, in characters.
pub const NAME_LEN_MAX: usize = 250;

/// Longest comment or note, in characters.
pub const NOTE_LEN_MAX: usize = 2_000;

/// What every document carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stamp {
    /// The kind of document.
    pub class: String,
    /// Version of the shape of its kind; a document of a newer one is kept and passed on, not interpreted.
    pub schema: u32,
    /// When it was made, by the clock of the device that made it.
    pub created_at: Timestamp,
    /// The user who made it; nil for the system itself.
    pub created_by: DocumentId,
    /// Struck off: kept for history, contributes nothing.
    #[serde(default)]
    pub deleted: bool,
}

/// A kind of document.
pub(crate) trait Record: Serialize + DeserializeOwned {
    /// The word for it.
    const CLASS: &'static str;
    /// Version of its shape.
    const SCHEMA: u32 = 1;
    /// The word in messages to people.
    const NOUN: &'static str = Self::CLASS;

    /// What it carries as every document does.
    fn stamp(&self) -> &Stamp;

    /// A stamp for a new one.
    fn new_stamp(created_at: Timestamp, caller: &Caller) -> Stamp {
        Stamp {
            class: Self::CLASS.to_owned(),
            schema: Self::SCHEMA,
            created_at,
            created_by: caller.user,
            deleted: false,
        }
    }
}

macro_rules! record {
    ($type:ty, $class:literal, $noun:literal) => {
        impl crate::record::Record for $type {
            const CLASS: &'static str = $class;
            const NOUN: &'static str = $noun;

            fn stamp(&self) -> &crate::record::Stamp {
                &self.stamp
            }
        }
    };
}
pub(crate) use record;

/// The reply to a command that made something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Created {
    /// Its id.
    pub id: DocumentId,
}

/// The reply to a command that made a document with a number for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Numbered {
    /// Its id.
    pub id: DocumentId,
    /// Its number, such as `KPU-b3-00042`.
    pub number: String,
}

/// The content of a new document.
pub(crate) fn root_of<T: Record>(record: &T) -> Map {
    match Value::from_data(record) {
        Ok(Value::Map(root)) => root,
        other => unreachable!("a record is a map of scalars and maps, not {other:?}"),
    }
}

/// The document of this kind and id, unless it is of another kind or struck off.
pub(crate) fn find<T: Record>(
    read: &(impl ViewRead + ?Sized),
    id: DocumentId,
) -> Result<Option<T>, StoreError> {
    let Some(document) = read.document(id)?.filter(|document| document.class == T::CLASS) else {
        return Ok(None);
    };
    let record: T =
        document.data().map_err(|error| StoreError::Corrupt(format!("{} {id}: {error}", T::CLASS)))?;
    Ok(Some(record).filter(|record| !record.stamp().deleted))
}

/// The same, or the rejection `not-found`.
pub(crate) fn load<T: Record>(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<T, Failure> {
    find(read, id)?.ok_or_else(|| reject::not_found(T::NOUN, id).into())
}

/// Puts what differs between a record as it was read and as it should be: changed leaves one by one, so that
/// concurrent edits of other fields stay, keys that are new with all they hold, and nothing in place of keys that are gone.
pub(crate) fn put_difference<T: Record>(txn: &mut Txn<'_>, id: DocumentId, old: &T, new: &T) {
    put_map_difference(txn, id, &mut Vec::new(), &root_of(old), &root_of(new));
}

fn put_map_difference(txn: &mut Txn<'_>, id: DocumentId, path: &mut Vec<String>, old: &Map, new: &Map) {
    for (key, value) in new {
        path.push(key.clone());
        match (old.get(key), value) {
            (Some(Value::Map(old)), Value::Map(new)) => put_map_difference(txn, id, path, old, new),
            (Some(old), new) if old == new => {}
            _ => txn.put(id, &path.iter().map(String::as_str).collect::<Vec<_>>(), value.clone()),
        }
        path.pop();
    }
    // A field that is left out where it is empty, and is empty now.
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        let parents = path.iter().map(String::as_str);
        txn.delete(id, &parents.chain([key.as_str()]).collect::<Vec<_>>());
    }
}

/// Overwrites a field if there is something to overwrite it with.
pub(crate) fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// For fields of updates that can be cleared: absent is unchanged, null clears.
pub(crate) fn clearable<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// For fields of updates that cannot be cleared: absent is unchanged, null is a mistake.
pub(crate) fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// A code: not empty, not too long, without control characters and letters that are not seen. Spaces around it are
/// dropped.
pub(crate) fn valid_code(pointer: &str, code: &str) -> Result<String, Rejection> {
    valid_text(pointer, code, 1, CODE_LEN_MAX)
}

/// A name, likewise.
///
/// # Errors
/// `validation`, at `pointer`.
pub fn valid_name(pointer: &str, name: &str) -> Result<String, Rejection> {
    valid_text(pointer, name, 1, NAME_LEN_MAX)
}

/// A comment or note that may be absent; an empty one is none.
pub(crate) fn valid_note(pointer: &str, note: Option<&str>) -> Result<Option<String>, Rejection> {
    let note = note.map(|note| valid_text(pointer, note, 0, NOTE_LEN_MAX)).transpose()?;
    Ok(note.filter(|note| !note.is_empty()))
}

/// A short text that may be absent, such as a batch; an empty one is none.
pub(crate) fn valid_label(pointer: &str, label: Option<&str>) -> Result<Option<String>, Rejection> {
    let label = label.map(|label| valid_text(pointer, label, 0, NAME_LEN_MAX)).transpose()?;
    Ok(label.filter(|label| !label.is_empty()))
}

fn valid_text(pointer: &str, text: &str, len_min: usize, len_max: usize) -> Result<String, Rejection> {
    let text = text.trim();
    let len = text.chars().count();
    if len < len_min {
        return Err(reject::validation(pointer, "this cannot be empty"));
    }
    if len > len_max {
        return Err(reject::validation(pointer, format!("at most {len_max} characters")));
    }
    if text.chars().any(|letter| letter.is_control() && letter != '\n' && letter != '\t') {
        return Err(reject::validation(pointer, "control characters have no place here"));
    }
    if text.chars().any(is_invisible) {
        return Err(reject::validation(pointer, "invisible characters have no place here"));
    }
    Ok(text.to_owned())
}

/// A number of units per pack.
pub(crate) fn valid_pack_size(pointer: &str, pack_size: u32) -> Result<u32, Rejection> {
    match pack_size {
        1..=1_000_000 => Ok(pack_size),
        _ => Err(reject::validation(pointer, "a pack has 1 to 1,000,000 units")),
    }
}

/// The id of a new document: the one asked for (an import that must be repeatable), or a fresh one.
pub(crate) fn new_id(txn: &mut Txn<'_>, wanted: Option<DocumentId>) -> Result<DocumentId, Failure> {
    match wanted {
        Some(id) if txn.header(id)?.is_some() => {
            Err(Rejection::new("duplicate-id", format!("{id} exists already"))
                .at("/id")
                .with("id", id)
                .into())
        }
        Some(id) => Ok(id),
        None => Ok(txn.new_id()),
    }
}

/// The documents whose folded code is this one.
pub(crate) fn holders_of_code(
    read: &(impl ViewRead + ?Sized),
    view: View,
    code: &str,
) -> Result<Vec<DocumentId>, StoreError> {
    let mut found = Vec::new();
    read.scan_prefix(view, &Key::new().text(code).build(), &mut |key, _| {
        found.extend(id_at_end(key));
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// Refuses a code that another document of the kind has.
pub(crate) fn require_free_code(
    read: &(impl ViewRead + ?Sized),
    view: View,
    pointer: &str,
    code: &str,
    own: Option<DocumentId>,
) -> Result<(), Failure> {
    match holders_of_code(read, view, code)?.iter().any(|id| Some(*id) != own) {
        true => Err(reject::duplicate_code(pointer, code).into()),
        false => Ok(()),
    }
}
