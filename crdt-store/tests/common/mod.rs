//! A schema small enough to be obviously right: boxes hold things; a box's scope is its owner.
//!
//! `box` documents are `{class, owner, name, items: {key: amount}}`. Each contributes a row by name, and each item
//! adds its amount to the owner's total of that key; a total below zero derives an alarm row.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::sync::Arc;

use crdt_store::{
    Author, DeviceId, Document, DocumentId, IncomingDocument, Map, OpenOptions, Origin, Projection, Refusal,
    Route, Row, Schema, Scope, Store, StoreError, Sum, Timestamp, Totals, Value, VerifiedChange,
    VerifiedSnapshot, View, ViewRead,
};

pub const BY_NAME: View = View("view/box_by_name");
pub const TOTAL: View = View("view/total");
pub const ALARM: View = View("view/alarm");

pub struct Boxes {
    pub version: u32,
}

impl Schema for Boxes {
    fn version(&self) -> u32 {
        self.version
    }

    fn views(&self) -> &'static [View] {
        &[BY_NAME, TOTAL, ALARM]
    }

    fn route(&self, _: DocumentId, root: &Map) -> Option<Route> {
        let class = root.get("class")?.as_text()?;
        let owner = root.get("owner")?.as_text()?;
        (class == "box").then(|| Route { class: class.to_owned(), scope: scope(owner) })
    }

    fn project(&self, document: &Document) -> Projection {
        let text = |key: &str| document.at(&[key]).and_then(Value::as_text).unwrap_or_default();
        let owner = text("owner");
        let key = format!("{}\0{}", text("name"), document.id);
        let rows = vec![Row { view: BY_NAME, key: key.into_bytes(), value: document.id.as_bytes().to_vec() }];
        let items = document.at(&["items"]).and_then(Value::as_map).cloned().unwrap_or_default();
        let sums = items
            .iter()
            .map(|(item, amount)| Sum {
                view: TOTAL,
                key: format!("{owner}\0{item}").into_bytes(),
                amounts: [amount.as_int().unwrap_or(0), 0, 0, 0],
            })
            .collect();
        Projection { rows, sums }
    }

    fn derive(&self, view: View, key: &[u8], totals: &Totals) -> Vec<Row> {
        match view == TOTAL && totals.amounts[0] < 0 {
            true => {
                vec![Row { view: ALARM, key: key.to_vec(), value: totals.amounts[0].to_be_bytes().to_vec() }]
            }
            false => Vec::new(),
        }
    }

    fn check(
        &self,
        _: &dyn ViewRead,
        origin: &Origin,
        _: Option<&Document>,
        after: &Document,
    ) -> Result<Result<(), Refusal>, StoreError> {
        let central_only = after.scope == scope("central") && !origin.central;
        Ok(match central_only {
            true => Err(Refusal::new("central-only", "only the central node writes here")),
            false => Ok(()),
        })
    }

    fn is_central(&self, _: &dyn ViewRead, _: DeviceId) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn is_urgent(&self, _: &str) -> bool {
        false
    }

    fn may_read(&self, _: &dyn ViewRead, _: DeviceId, _: &Scope) -> Result<bool, StoreError> {
        Ok(true)
    }

    fn scope_name(&self, _: &dyn ViewRead, scope: &Scope) -> String {
        String::from_utf8_lossy(scope.as_bytes()).into_owned()
    }
}

pub fn scope(owner: &str) -> Scope {
    Scope::new(owner.as_bytes()).expect("a short name")
}

pub fn device(number: u8) -> DeviceId {
    DeviceId::from_bytes([number; 16])
}

pub const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

pub fn open(number: u8) -> Store {
    let options = OpenOptions::memory().device(device(number)).seed([number; 32]);
    Store::open(options, Arc::new(Boxes { version: 1 })).expect("a store in memory opens")
}

pub fn new_box(owner: &str, name: &str) -> Map {
    Map::from([
        ("class".to_owned(), "box".into()),
        ("owner".to_owned(), owner.into()),
        ("name".to_owned(), name.into()),
        ("items".to_owned(), Value::Map(Map::new())),
    ])
}

pub fn create(store: &mut Store, owner: &str, name: &str) -> DocumentId {
    let root = new_box(owner, name);
    let made = store.execute(NOW, &Author::default(), |txn| {
        let id = txn.new_id();
        txn.create(id, root);
        Ok(id)
    });
    made.expect("the store works").expect("a box may be made")
}

pub fn put(store: &mut Store, id: DocumentId, item: &str, amount: i64) {
    store
        .execute(NOW, &Author::default(), |txn| {
            txn.put(id, &["items", item], amount);
            Ok(())
        })
        .expect("the store works")
        .expect("an amount may be put");
}

/// Sends everything that `to` may lack, of every scope and from the beginning, as a peer would.
pub fn send_all(from: &Store, to: &mut Store, central: bool) {
    send_after(from, to, 0, central);
}

/// Sends what changed after a position of the sender's log.
pub fn send_after(from: &Store, to: &mut Store, after: u64, central: bool) {
    let snapshot = from.reader().snapshot().expect("a snapshot");
    let origin = Origin { central, ..from.origin() };
    for scope in snapshot.scopes().expect("scopes") {
        for (_, id) in snapshot.scope_log_after(&scope, after, usize::MAX).expect("the log") {
            let outgoing = snapshot.outgoing(id, after, Some(to.device())).expect("what to send");
            let incoming = IncomingDocument {
                id,
                snapshot: outgoing
                    .snapshot
                    .map(|bytes| VerifiedSnapshot::verify(bytes).expect("our own snapshot")),
                changes: outgoing
                    .changes
                    .into_iter()
                    .map(|bytes| VerifiedChange::verify(bytes).expect("our own change"))
                    .collect(),
            };
            to.write(NOW, |batch| batch.ingest(&origin, &scope, incoming)).expect("the store works");
        }
    }
}

pub fn total(store: &Store, owner: &str, item: &str) -> i64 {
    let key = format!("{owner}\0{item}").into_bytes();
    store.reader().snapshot().expect("a snapshot").totals(TOTAL, &key).expect("a sum").amounts[0]
}
