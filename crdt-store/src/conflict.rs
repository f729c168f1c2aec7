//! Conflicts: where people wrote different values without knowing of each other, and all of them still stand.
//!
//! Automerge shows one of the concurrent values, the same on every replica, and keeps the others until somebody writes
//! there again. What is computed here is a function of the document's history, so replicas agree on it like on the
//! content. It is looked for only where the content itself says that there is something, so that a document without
//! conflicts pays nothing.

use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc};

use crate::document::ChangeHash;
use crate::id::{Actor, Timestamp};
use crate::value::Value;

/// Most conflicts of one document that are told: more than people would settle one by one, and few enough that a
/// document that two devices rewrote whole still loads at once.
const CONFLICTS_MAX: usize = 64;
/// Most values of one conflict that are told: a store has fewer devices.
const VALUES_MAX: usize = 16;
/// Most places that are looked at for unequal values: two devices that received the same 2,000 lines wrote the same into
/// nearly all of them, and the one in which they differ must still be found.
const PLACES_MAX: usize = 4_096;

/// A place of a document where different values stand at once. Settled by writing there again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Where, as keys from the root.
    pub path: Vec<String>,
    /// The values, at least two of them different, the one that the content shows last. The same value stands here
    /// once for each change that wrote it.
    pub values: Vec<ConflictingValue>,
}

/// One of the values of a conflict, and who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictingValue {
    /// The value: never a list or a map.
    pub value: Value,
    /// The change that wrote it.
    pub change: ChangeHash,
    /// The device's life that wrote it.
    pub actor: Actor,
    /// When, by that device's clock, to the second.
    pub time: Timestamp,
    /// What the command that made it said of itself (see [`Author::message`](crate::Author)).
    pub message: Option<String>,
    /// Whether it is the one that the content shows.
    pub current: bool,
}

/// The way to a place while a document is walked through; costs nothing until somebody asks for it.
pub(crate) struct Place<'p> {
    pub(crate) above: Option<&'p Place<'p>>,
    pub(crate) key: &'p str,
}

impl Place<'_> {
    pub(crate) fn path(&self) -> Vec<String> {
        let mut path = self.above.map_or_else(Vec::new, Place::path);
        path.push(self.key.to_owned());
        path
    }
}

/// The conflicts at some places that hold several values, those near the root first.
pub(crate) fn at_places(
    automerge: &Automerge,
    heads: Option<&[automerge::ChangeHash]>,
    mut places: Vec<Vec<String>>,
) -> Vec<Conflict> {
    places.sort_unstable_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    places.dedup();
    places.truncate(PLACES_MAX);
    places
        .into_iter()
        .filter_map(|path| {
            let values = values_at(automerge, heads, &path).unwrap_or_default();
            let differ = values.windows(2).any(|pair| pair[0].value != pair[1].value);
            differ.then_some(Conflict { path, values })
        })
        .take(CONFLICTS_MAX)
        .collect()
}

fn values_at(
    automerge: &Automerge,
    heads: Option<&[automerge::ChangeHash]>,
    path: &[String],
) -> Option<Vec<ConflictingValue>> {
    let (key, parents) = path.split_last()?;
    let mut found = Vec::new();
    for parent in maps_at(automerge, heads, parents)? {
        found.extend(all_at(automerge, heads, &parent, key)?);
    }
    // In the order of the operations, which is the same everywhere; the last one is the one that is shown.
    let last = found.len().checked_sub(1)?;
    let values = found.iter().enumerate().skip(found.len().saturating_sub(VALUES_MAX));
    Some(values.filter_map(|(at, (value, id))| told(automerge, value, id, at == last)).collect())
}

/// The maps at a path, that which is shown last. At the root several may stand for one: see [`hot`](crate::hot).
fn maps_at(
    automerge: &Automerge,
    heads: Option<&[automerge::ChangeHash]>,
    path: &[String],
) -> Option<Vec<ObjId>> {
    let Some((first, rest)) = path.split_first() else { return Some(vec![ROOT]) };
    rest.iter().try_fold(crate::hot::root_maps(automerge, heads, first), |maps, key| {
        let shown = maps.iter().rev().find_map(|map| all_at(automerge, heads, map, key)?.pop());
        match shown? {
            (automerge::Value::Object(ObjType::Map), object) => Some(vec![object]),
            _ => None,
        }
    })
}

fn all_at<'d>(
    automerge: &'d Automerge,
    heads: Option<&[automerge::ChangeHash]>,
    map: &ObjId,
    key: &str,
) -> Option<Vec<(automerge::Value<'d>, ObjId)>> {
    let found = match heads {
        None => automerge.get_all(map, key),
        Some(heads) => automerge.get_all_at(map, key, heads),
    };
    found.ok()
}

fn told(
    automerge: &Automerge,
    value: &automerge::Value<'_>,
    operation: &ObjId,
    current: bool,
) -> Option<ConflictingValue> {
    let value = crate::hot::scalar_of(value.as_scalar()?);
    let hash = automerge.hash_for_opid(operation)?;
    let meta = automerge.get_change_meta_by_hash(&hash)?;
    Some(ConflictingValue {
        value,
        change: ChangeHash(hash.0),
        actor: crate::change::actor_of(meta.actor.to_bytes()),
        time: crate::hot::time_of(&meta),
        message: meta.message.as_ref().map(ToString::to_string),
        current,
    })
}
