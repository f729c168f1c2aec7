//! The meeting with Automerge: loading, editing, merging and reading one document.

use std::collections::{BTreeSet, HashMap};

use automerge::hydrate;
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, AutomergeError, Change, ObjId, ObjType, ROOT, ReadDoc, ScalarValue};

use crate::change::{InvalidChange, VerifiedChange, guarded};
use crate::conflict::{self, Conflict, Place};
use crate::document::{ChangeHash, Document, Heads, HistoryEntry};
use crate::error::StoreError;
use crate::id::{Actor, DocumentId, Timestamp};
use crate::schema::{Projection, Refusal, Rejection, Schema};
use crate::scope::Scope;
use crate::tables::DocumentRecord;
use crate::txn::{Author, Edit};
use crate::value::{Map, Value};

/// Deepest nesting of maps in a document.
const DEPTH_MAX: usize = 16;
/// Class of documents that this version does not know.
const CLASS_UNKNOWN: &str = "unknown";

/// A document in memory.
pub(crate) struct Hot {
    pub(crate) automerge: Automerge,
    pub(crate) standing: Standing,
}

/// How a document stands: everything that is computed from its history.
#[derive(Debug)]
pub(crate) struct Standing {
    /// What it says.
    pub(crate) document: Document,
    /// What it contributes to views.
    pub(crate) projection: Projection,
    /// Where its history is kept, and how much of it.
    pub(crate) record: DocumentRecord,
}

impl Standing {
    /// How a document stands after what `reading` says of it. `base` is its record before; its history is written, and
    /// counted in the record, when it is stored.
    ///
    /// # Errors
    /// `scope-mismatch` where it is, or belongs, in another scope than `scope`.
    pub(crate) fn compose(
        schema: &dyn Schema,
        (id, scope): (DocumentId, &Scope),
        base: Option<&DocumentRecord>,
        heads: Heads,
        reading: Reading,
    ) -> Result<Self, Refusal> {
        if base.is_some_and(|base| base.scope != *scope) {
            return Err(Refusal::new("scope-mismatch", "the document is in another scope"));
        }
        let Reading { root, conflicts } = reading;
        let route = schema.route(id, &root);
        let known = route.is_some();
        let class = match route {
            Some(route) if route.scope != *scope => {
                return Err(Refusal::new(
                    "scope-mismatch",
                    "the document's content belongs to another scope",
                ));
            }
            Some(route) => route.class,
            None => CLASS_UNKNOWN.to_owned(),
        };
        let record = DocumentRecord {
            class: class.clone(),
            scope: scope.clone(),
            heads: heads.clone(),
            snapshot_seq: base.map_or(0, |record| record.snapshot_seq),
            trimmed_through: base.map_or(0, |record| record.trimmed_through),
            tail_changes: base.map_or(0, |record| record.tail_changes),
            tail_bytes: base.map_or(0, |record| record.tail_bytes),
            last_seq: base.map_or(0, |record| record.last_seq),
        };
        let document = Document { id, class, scope: scope.clone(), heads, root, conflicts };
        let projection = if known { schema.project(&document) } else { Projection::default() };
        Ok(Self { document, projection, record })
    }
}

pub(crate) fn heads_of(automerge: &Automerge) -> Heads {
    automerge.get_heads().into_iter().map(|hash| ChangeHash(hash.0)).collect()
}

/// What a document says.
pub(crate) struct Reading {
    /// Its content.
    pub(crate) root: Map,
    /// Where it holds several different values at once.
    pub(crate) conflicts: Vec<Conflict>,
}

/// Reads a document as it is now, or as it was at some heads.
pub(crate) fn reading_of(automerge: &Automerge, heads: Option<&[automerge::ChangeHash]>) -> Reading {
    let mut places = Vec::new();
    let root = root_of(automerge, heads, &mut places);
    Reading { root, conflicts: conflict::at_places(automerge, heads, places) }
}

fn root_of(
    automerge: &Automerge,
    heads: Option<&[automerge::ChangeHash]>,
    places: &mut Vec<Vec<String>>,
) -> Map {
    let hydrate::Value::Map(content) = automerge.hydrate(heads) else { return Map::new() };
    let mut root = map_of(&content, 0, None, places);
    for (key, entry) in content.iter().filter(|(_, entry)| entry.conflict) {
        if let (hydrate::Value::Map(_), Some(Value::Map(shown))) = (&entry.value, root.get_mut(key)) {
            unite(automerge, heads, key, shown, places);
        }
    }
    root
}

/// Adds to a map at the root what stands in the other maps of its place: there are some where devices made the document
/// without knowing of each other, and each went on writing in its own. An entry of several maps is that of the one which
/// is shown.
fn unite(
    automerge: &Automerge,
    heads: Option<&[automerge::ChangeHash]>,
    key: &str,
    shown: &mut Map,
    places: &mut Vec<Vec<String>>,
) {
    let here = Place { above: None, key };
    for object in root_maps(automerge, heads, key).iter().rev().skip(1) {
        let Ok(hydrate::Value::Map(other)) = ReadDoc::hydrate(automerge, object, heads) else { continue };
        for (entry, value) in map_of(&other, 1, Some(&here), places) {
            match shown.get(&entry) {
                Some(shown) if *shown != value => {
                    places.push(Place { above: Some(&here), key: &entry }.path());
                }
                Some(_) => {}
                None => drop(shown.insert(entry, value)),
            }
        }
    }
}

/// The maps at a key of the root, that which is shown last; none where it is no map that is shown.
pub(crate) fn root_maps(
    read: &impl ReadDoc,
    heads: Option<&[automerge::ChangeHash]>,
    key: &str,
) -> Vec<ObjId> {
    let found = match heads {
        None => read.get_all(ROOT, key),
        Some(heads) => read.get_all_at(ROOT, key, heads),
    };
    let is_map = |value: &automerge::Value<'_>| matches!(value, automerge::Value::Object(ObjType::Map));
    let found = found.unwrap_or_default();
    match found.last().is_some_and(|(value, _)| is_map(value)) {
        true => found.into_iter().filter(|(value, _)| is_map(value)).map(|(_, object)| object).collect(),
        false => Vec::new(),
    }
}

/// A value, with the places in it that hold several scalars at once.
fn value_of(
    value: &hydrate::Value,
    depth: usize,
    place: Option<&Place<'_>>,
    places: &mut Vec<Vec<String>>,
) -> Value {
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    match value {
        hydrate::Value::Scalar(scalar) => scalar_of(scalar),
        hydrate::Value::Map(map) => Value::Map(map_of(map, depth, place, places)),
        // What stands in a list has no path of keys; we write none.
        hydrate::Value::List(list) => Value::List(
            list.iter().map(|entry| value_of(&entry.value, depth + 1, None, &mut Vec::new())).collect(),
        ),
        hydrate::Value::Text(text) => Value::Text(String::from(text)),
    }
}

fn map_of(map: &hydrate::Map, depth: usize, place: Option<&Place<'_>>, places: &mut Vec<Vec<String>>) -> Map {
    let read = map.iter().map(|(key, entry)| {
        let here = Place { above: place, key };
        if entry.conflict && matches!(entry.value, hydrate::Value::Scalar(_)) {
            places.push(here.path());
        }
        (key.clone(), value_of(&entry.value, depth + 1, Some(&here), places))
    });
    read.collect()
}

pub(crate) fn scalar_of(scalar: &ScalarValue) -> Value {
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
        Edit::Create { root } => merge_map(transaction, &[ROOT], root),
        Edit::Put { path, value } => {
            let Some((key, parents)) = path.split_last() else { return Err(AutomergeError::Fail) };
            let parents = descend(transaction, parents)?;
            put(transaction, &parents, key, value)
        }
        Edit::Delete { path } => {
            let Some((key, parents)) = path.split_last() else { return Err(AutomergeError::Fail) };
            let parents = descend(transaction, parents)?;
            let holders = holders(transaction, &parents, key)?;
            holders.into_iter().try_for_each(|map| transaction.delete(map, key.as_str()))
        }
    }
}

/// The maps at a path, that which is shown last; one is made where there is none.
fn descend<T: Transactable>(transaction: &mut T, path: &[String]) -> Result<Vec<ObjId>, AutomergeError> {
    path.iter().try_fold(vec![ROOT], |parents, key| {
        let found = maps_at(transaction, &parents, key)?;
        match (found.is_empty(), parents.last()) {
            (true, Some(parent)) => Ok(vec![transaction.put_object(parent, key.as_str(), ObjType::Map)?]),
            _ => Ok(found),
        }
    })
}

/// The maps at a key: at the root all of them, below it the one that is shown.
fn maps_at<T: Transactable>(
    transaction: &T,
    parents: &[ObjId],
    key: &str,
) -> Result<Vec<ObjId>, AutomergeError> {
    if matches!(parents, [ObjId::Root]) {
        return Ok(root_maps(transaction, None, key));
    }
    let Some(holder) = holders(transaction, parents, key)?.pop() else { return Ok(Vec::new()) };
    Ok(match transaction.get(holder, key)? {
        Some((automerge::Value::Object(ObjType::Map), object)) => vec![object],
        _ => Vec::new(),
    })
}

/// Those of some maps that hold a key.
fn holders<'m, T: Transactable>(
    transaction: &T,
    maps: &'m [ObjId],
    key: &str,
) -> Result<Vec<&'m ObjId>, AutomergeError> {
    let mut found = Vec::new();
    for map in maps {
        if transaction.get(map, key)?.is_some() {
            found.push(map);
        }
    }
    Ok(found)
}

fn merge_map<T: Transactable>(
    transaction: &mut T,
    objects: &[ObjId],
    map: &Map,
) -> Result<(), AutomergeError> {
    map.iter().try_for_each(|(key, value)| put(transaction, objects, key, value))
}

/// Puts a value unless it stands there already. Maps are merged key by key, never replaced. Where several maps stand for
/// one, it is put into the one whose value is shown, and what the others say there is settled by it.
fn put<T: Transactable>(
    transaction: &mut T,
    parents: &[ObjId],
    key: &str,
    value: &Value,
) -> Result<(), AutomergeError> {
    let mut holders = holders(transaction, parents, key)?;
    let Some(parent) = holders.pop().or(parents.last()) else { return Err(AutomergeError::Fail) };
    match value {
        Value::Map(map) => match maps_at(transaction, parents, key)?.as_slice() {
            [] => transaction.batch_create_object(parent, key, &to_hydrate(value), false).map(drop),
            objects => merge_map(transaction, objects, map),
        },
        Value::List(_) => transaction.batch_create_object(parent, key, &to_hydrate(value), false).map(drop),
        scalar => {
            let scalar = to_scalar(scalar).ok_or(AutomergeError::Fail)?;
            let unchanged =
                transaction.get(parent, key)?.is_some_and(|(found, _)| found.as_scalar() == Some(&scalar));
            if unchanged && holders.is_empty() && transaction.get_all(parent, key)?.len() == 1 {
                return Ok(());
            }
            holders.into_iter().try_for_each(|other| transaction.delete(other, key))?;
            if unchanged {
                // Of a value that is shown already Automerge would write nothing but that the others are gone: whoever
                // settles a conflict with it would have said nothing against an edit that did not know of that.
                transaction.delete(parent, key)?;
            }
            transaction.put(parent, key, scalar)
        }
    }
}

/// When a change was made, by its device's clock.
pub(crate) fn time_of(meta: &automerge::ChangeMetadata<'_>) -> Timestamp {
    Timestamp::from_millis(meta.timestamp.saturating_mul(1000))
}

/// The heads of a document after all changes made until an instant, none if there was none: a change is in only if
/// what it depends on is.
pub(crate) fn heads_until(automerge: &Automerge, until: Timestamp) -> Vec<automerge::ChangeHash> {
    let (mut known, mut heads) = (BTreeSet::new(), BTreeSet::new());
    for meta in automerge.get_changes_meta(&[]) {
        if time_of(&meta) <= until && meta.deps.iter().all(|hash| known.contains(hash)) {
            heads.retain(|head| !meta.deps.contains(head));
            heads.insert(meta.hash);
            known.insert(meta.hash);
        }
    }
    heads.into_iter().collect()
}

/// Every change of a document, in an order in which causes come first, with the content before and after each.
pub(crate) fn history(automerge: &Automerge) -> Vec<HistoryEntry> {
    let at = |heads: &[automerge::ChangeHash]| root_of(automerge, Some(heads), &mut Vec::new());
    let mut entries: Vec<HistoryEntry> = Vec::new();
    for meta in automerge.get_changes_meta(&[]) {
        // Nearly always the change before is the only cause, and its content has just been read.
        let known =
            entries.last().filter(|last| matches!(meta.deps.as_slice(), [only] if only.0 == last.hash.0));
        let before = match (known, meta.deps.is_empty()) {
            (Some(last), _) => last.after.clone(),
            (None, true) => Map::new(),
            (None, false) => at(&meta.deps),
        };
        entries.push(HistoryEntry {
            hash: ChangeHash(meta.hash.0),
            actor: crate::change::actor_of(meta.actor.to_bytes()),
            time: time_of(&meta),
            message: meta.message.as_ref().map(ToString::to_string),
            before,
            after: at(&[meta.hash]),
        });
    }
    entries
}
