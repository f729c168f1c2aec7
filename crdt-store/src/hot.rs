//! The meeting with Automerge: loading, editing, merging and reading one document.

use std::collections::HashMap;

use automerge::hydrate;
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, AutomergeError, Change, ObjId, ObjType, ROOT, ScalarValue};

use crate::change::{InvalidChange, VerifiedChange, guarded};
use crate::document::{ChangeHash, Document, Heads, HistoryEntry};
use crate::error::StoreError;
use crate::id::{Actor, DocumentId, Timestamp};
use crate::schema::{Projection, Rejection};
use crate::tables::DocumentRecord;
use crate::txn::{Author, Edit};
use crate::value::{Map, Value};

/// Deepest nesting of maps in a document.
const DEPTH_MAX: usize = 16;

/// A document in memory, with everything that is computed from it: what it says and what it contributes.
#[derive(Clone)]
pub(crate) struct Hot {
    pub(crate) automerge: Automerge,
    pub(crate) document: Document,
    pub(crate) projection: Projection,
    pub(crate) record: DocumentRecord,
}

pub(crate) fn heads_of(automerge: &Automerge) -> Heads {
    automerge.get_heads().into_iter().map(|hash| ChangeHash(hash.0)).collect()
}

/// The document's content.
pub(crate) fn content_of(automerge: &Automerge) -> Map {
    match value_of(&automerge.hydrate(None), 0) {
        Value::Map(map) => map,
        _ => Map::new(),
    }
}

fn value_of(value: &hydrate::Value, depth: usize) -> Value {
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    match value {
        hydrate::Value::Scalar(scalar) => scalar_of(scalar),
        hydrate::Value::Map(map) => Value::Map(
            map.iter().map(|(key, entry)| (key.clone(), value_of(&entry.value, depth + 1))).collect(),
        ),
        hydrate::Value::List(list) => {
            Value::List(list.iter().map(|entry| value_of(&entry.value, depth + 1)).collect())
        }
        hydrate::Value::Text(text) => Value::Text(String::from(text)),
    }
}

fn scalar_of(scalar: &ScalarValue) -> Value {
    match scalar {
        ScalarValue::Boolean(flag) => Value::Bool(*flag),
        ScalarValue::Int(int) | ScalarValue::Timestamp(int) => Value::Int(*int),
        ScalarValue::Uint(uint) => i64::try_from(*uint).map_or(Value::Null, Value::Int),
        ScalarValue::Bytes(bytes) => Value::Bytes(bytes.clone()),
        ScalarValue::Str(text) => Value::Text(text.to_string()),
        // Kinds that we never write: kept in the document, unseen by the domain.
        ScalarValue::F64(_) | ScalarValue::Counter(_) | ScalarValue::Unknown { .. } | ScalarValue::Null => {
            Value::Null
        }
    }
}

fn to_scalar(value: &Value) -> Option<ScalarValue> {
    Some(match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(flag) => ScalarValue::Boolean(*flag),
        Value::Int(int) => ScalarValue::Int(*int),
        Value::Bytes(bytes) => ScalarValue::Bytes(bytes.clone()),
        Value::Text(text) => ScalarValue::Str(text.as_str().into()),
        Value::List(_) | Value::Map(_) => return None,
    })
}

/// A map as Automerge takes it in one piece.
fn hydrated(map: &Map) -> hydrate::Map {
    map.iter().map(|(key, value)| (key.clone(), to_hydrate(value))).collect::<HashMap<_, _>>().into()
}

fn to_hydrate(value: &Value) -> hydrate::Value {
    match value {
        Value::Map(map) => hydrated(map).into(),
        Value::List(items) => items.iter().map(to_hydrate).collect::<Vec<_>>().into(),
        scalar => to_scalar(scalar).expect("maps and lists are taken above").into(),
    }
}

/// An empty document that this actor will write.
pub(crate) fn empty(actor: Actor) -> Automerge {
    Automerge::new().with_actor(ActorId::from(actor.as_bytes().as_slice()))
}

/// Loads a snapshot and the changes after it.
pub(crate) fn load(
    id: DocumentId,
    actor: Actor,
    snapshot: Option<&[u8]>,
    tail: Vec<Vec<u8>>,
) -> Result<Automerge, StoreError> {
    let damaged = |error: InvalidChange| StoreError::corrupt(format!("document {id}: {error}"));
    let mut automerge = match snapshot {
        Some(bytes) => {
            guarded(|| Automerge::load(bytes).map_err(|e| InvalidChange(e.to_string()))).map_err(damaged)?
        }
        None => Automerge::new(),
    };
    automerge.set_actor(ActorId::from(actor.as_bytes().as_slice()));
    let changes =
        tail.into_iter().map(VerifiedChange::verify).collect::<Result<Vec<_>, _>>().map_err(damaged)?;
    apply(&mut automerge, changes.into_iter().map(|change| change.change).collect()).map_err(damaged)?;
    Ok(automerge)
}

/// Merges changes whose dependencies are known. On failure the document must be thrown away.
pub(crate) fn apply(automerge: &mut Automerge, changes: Vec<Change>) -> Result<(), InvalidChange> {
    if changes.is_empty() {
        return Ok(());
    }
    guarded(|| automerge.apply_changes(changes).map_err(|error| InvalidChange(error.to_string())))
}

/// Carries out staged edits as one change. Nothing when every edit says what the document says already.
pub(crate) fn edit(
    automerge: &mut Automerge,
    now: Timestamp,
    author: &Author,
    edits: &[Edit],
) -> Result<Option<Vec<u8>>, Rejection> {
    let mut options = CommitOptions::default().with_time(now.as_millis().div_euclid(1000));
    if let Some(message) = &author.message {
        options.set_message(message.clone());
    }
    let is_new = automerge.get_heads().is_empty();
    let mut transaction = automerge.transaction();
    for (index, edit) in edits.iter().enumerate() {
        let done = match edit {
            // The whole content as one piece: one splice of operations, not one for each key.
            Edit::Create { root } if is_new && index == 0 => {
                transaction.init_root_from_hydrate(&hydrated(root))
            }
            edit => step(&mut transaction, edit),
        };
        done.map_err(|error| {
            Rejection::new("invalid-edit", format!("the document cannot be edited so: {error}"))
        })?;
    }
    if transaction.pending_ops() == 0 {
        transaction.rollback();
        return Ok(None);
    }
    transaction.commit_with(options);
    let change = automerge.get_last_local_change();
    Ok(change.map(|change| change.raw_bytes().to_vec()))
}

fn step<T: Transactable>(transaction: &mut T, edit: &Edit) -> Result<(), AutomergeError> {
    match edit {
        Edit::Create { root } => merge_map(transaction, &ROOT, root),
        Edit::Put { path, value } => {
            let Some((key, parents)) = path.split_last() else { return Err(AutomergeError::Fail) };
            let parent = descend(transaction, parents)?;
            put(transaction, &parent, key, value)
        }
        Edit::Delete { path } => {
            let Some((key, parents)) = path.split_last() else { return Err(AutomergeError::Fail) };
            let parent = descend(transaction, parents)?;
            match transaction.get(&parent, key.as_str())? {
                Some(_) => transaction.delete(&parent, key.as_str()),
                None => Ok(()),
            }
        }
    }
}

/// The map at a path, made where it is missing.
fn descend<T: Transactable>(transaction: &mut T, path: &[String]) -> Result<ObjId, AutomergeError> {
    path.iter().try_fold(ROOT, |parent, key| map_at(transaction, &parent, key))
}

fn map_at<T: Transactable>(transaction: &mut T, parent: &ObjId, key: &str) -> Result<ObjId, AutomergeError> {
    match transaction.get(parent, key)? {
        Some((automerge::Value::Object(ObjType::Map), id)) => Ok(id),
        _ => transaction.put_object(parent, key, ObjType::Map),
    }
}

fn merge_map<T: Transactable>(transaction: &mut T, object: &ObjId, map: &Map) -> Result<(), AutomergeError> {
    map.iter().try_for_each(|(key, value)| put(transaction, object, key, value))
}

/// Puts a value unless it stands there already. Maps are merged key by key, never replaced.
fn put<T: Transactable>(
    transaction: &mut T,
    parent: &ObjId,
    key: &str,
    value: &Value,
) -> Result<(), AutomergeError> {
    match value {
        Value::Map(map) => match transaction.get(parent, key)? {
            Some((automerge::Value::Object(ObjType::Map), object)) => merge_map(transaction, &object, map),
            _ => transaction.batch_create_object(parent, key, &to_hydrate(value), false).map(drop),
        },
        Value::List(_) => transaction.batch_create_object(parent, key, &to_hydrate(value), false).map(drop),
        scalar => {
            let scalar = to_scalar(scalar).ok_or(AutomergeError::Fail)?;
            let unchanged =
                transaction.get(parent, key)?.is_some_and(|(found, _)| found.as_scalar() == Some(&scalar));
            if unchanged && transaction.get_all(parent, key)?.len() == 1 {
                return Ok(());
            }
            transaction.put(parent, key, scalar)
        }
    }
}

/// Every change of a document, in an order in which causes come first, with the content before and after each.
pub(crate) fn history(automerge: &Automerge) -> Vec<HistoryEntry> {
    let read_at = |heads: &[automerge::ChangeHash]| match value_of(&automerge.hydrate(Some(heads)), 0) {
        Value::Map(map) => map,
        _ => Map::new(),
    };
    let mut entries: Vec<HistoryEntry> = Vec::new();
    let mut known = std::collections::BTreeMap::new();
    for meta in automerge.get_changes_meta(&[]) {
        // Most changes follow one other, whose content is known; only after a merge it is read anew.
        let before = match meta.deps.as_slice() {
            [] => Map::new(),
            [one] => {
                known.get(&one.0).map_or_else(|| read_at(&[*one]), |at: &usize| entries[*at].after.clone())
            }
            several => read_at(several),
        };
        known.insert(meta.hash.0, entries.len());
        entries.push(HistoryEntry {
            hash: ChangeHash(meta.hash.0),
            actor: crate::change::actor_of(meta.actor.to_bytes()),
            time: Timestamp::from_millis(meta.timestamp.saturating_mul(1000)),
            message: meta.message.as_ref().map(ToString::to_string),
            before,
            after: read_at(&[meta.hash]),
        });
    }
    entries
}
