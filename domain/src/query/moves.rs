//! What happened to a stock line on its shelf, read from the history of its document: who put it where and when, what
//! its vial monitor showed, who held it back.
//!
//! Each change is compared with the document as its author saw it: two devices that moved the same batch while they
//! were apart each have their move here, whichever of the two places stands in the end.

use std::collections::BTreeMap;

use crdt_store::{Actor, DocumentId, Failure, HistoryEntry, Map, Snapshot, StoreError, Timestamp, Value};
use serde::{Deserialize, Serialize};

use super::names::Names;
use crate::stock_line::{StockLine, Vvm};
use crate::{record, reject};

/// Who did something, when, and on which device.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Did {
    /// When, by the clock of the device.
    #[serde(with = "crate::instant")]
    pub at: Timestamp,
    /// The user; none for the system itself.
    pub by: Option<DocumentId>,
    /// Their name.
    pub by_name: Option<String>,
    /// The name of the device, as far as it is known here.
    pub device: Option<String>,
}

/// A stock line was put somewhere.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MoveEntry {
    /// Who, when, on which device.
    #[serde(flatten)]
    pub did: Did,
    /// Whether it was made there: its first place.
    pub first: bool,
    /// Where it was.
    pub from: Option<DocumentId>,
    /// The code of that place.
    pub from_code: Option<String>,
    /// Where it was put.
    pub to: Option<DocumentId>,
    /// The code of that place.
    pub to_code: Option<String>,
}

/// Somebody looked at the vial monitor.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VvmEntry {
    /// Who, when, on which device.
    #[serde(flatten)]
    pub did: Did,
    /// What it showed before.
    pub before: Option<Vvm>,
    /// What it showed.
    pub vvm: Option<Vvm>,
    /// When they looked.
    #[serde(with = "crate::instant::optional")]
    pub observed_at: Option<Timestamp>,
    /// What they noted.
    pub note: Option<String>,
}

/// Somebody held a stock line back, or released it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HoldEntry {
    /// Who, when, on which device.
    #[serde(flatten)]
    pub did: Did,
    /// Whether nothing could be taken from it from then on.
    pub on_hold: bool,
}

/// All that happened to a stock line on its shelf, newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShelfLog {
    /// Where it was put.
    pub moves: Vec<MoveEntry>,
    /// What its vial monitor showed.
    pub vvm: Vec<VvmEntry>,
    /// When it was held and released.
    pub holds: Vec<HoldEntry>,
}

/// What the log looks at in a document.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Seen {
    location: Option<DocumentId>,
    vvm: Option<Vvm>,
    vvm_at: Option<Timestamp>,
    vvm_note: Option<String>,
    on_hold: bool,
}

impl Seen {
    /// What a version of the document says; nothing of what it says in a shape that is not known here.
    fn of(root: &Map) -> Self {
        Value::Map(root.clone()).to_data().unwrap_or_default()
    }
}

/// Lives of a device that are recognised: a restored backup begins a new one.
const LIVES_MAX: u32 = 20;

/// Which device wrote as which actor: each life of a device is an actor of its own.
fn devices(read: &Snapshot) -> Result<BTreeMap<Actor, String>, StoreError> {
    let mut known = BTreeMap::new();
    for row in super::reference::devices(read)? {
        for life in 0..LIVES_MAX {
            known.insert(Actor::of(row.device, life), row.name.clone());
        }
    }
    Ok(known)
}

/// The log of a stock line.
pub fn of_line(read: &Snapshot, id: DocumentId) -> Result<ShelfLog, Failure> {
    record::load::<StockLine>(read, id)?;
    let entries = read.history(id)?.ok_or_else(|| reject::not_found("stock line", id))?;
    let devices = devices(read)?;
    let mut names = Names::new(read);
    let mut log = ShelfLog::default();
    for entry in entries.iter().rev() {
        let (before, after) = (Seen::of(&entry.before), Seen::of(&entry.after));
        let did = did(entry, &devices, &mut names)?;
        if before.location != after.location {
            log.moves.push(MoveEntry {
                did: did.clone(),
                first: entry.before.is_empty(),
                from: before.location,
                from_code: code(&mut names, before.location)?,
                to: after.location,
                to_code: code(&mut names, after.location)?,
            });
        }
        if (before.vvm, before.vvm_at) != (after.vvm, after.vvm_at) {
            log.vvm.push(VvmEntry {
                did: did.clone(),
                before: before.vvm,
                vvm: after.vvm,
                observed_at: after.vvm_at,
                note: after.vvm_note,
            });
        }
        if before.on_hold != after.on_hold {
            log.holds.push(HoldEntry { did, on_hold: after.on_hold });
        }
    }
    Ok(log)
}

fn did(
    entry: &HistoryEntry,
    devices: &BTreeMap<Actor, String>,
    names: &mut Names<'_, Snapshot>,
) -> Result<Did, StoreError> {
    let author = entry.message.as_deref().and_then(|user| user.parse().ok());
    let by = author.filter(|user| *user != DocumentId::NIL);
    let by_name = match by {
        Some(user) => names.user(user)?.map(str::to_owned),
        None => None,
    };
    Ok(Did { at: entry.time, by, by_name, device: devices.get(&entry.actor).cloned() })
}

fn code(names: &mut Names<'_, Snapshot>, place: Option<DocumentId>) -> Result<Option<String>, StoreError> {
    match place {
        Some(place) => Ok(names.location(place)?.map(|row| row.code.clone())),
        None => Ok(None),
    }
}
