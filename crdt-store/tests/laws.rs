//! The laws of the store, over a schema small enough to be obviously right: what is durable, what leaves no trace,
//! what converges, and that views are nothing but a function of documents.

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::*;
use crdt_store::{
    Author, Failure, IncomingDocument, OpenError, OpenOptions, Origin, Rejection, Store, Value,
    VerifiedChange, ViewRead, ViewReadExt,
};
use proptest::prelude::*;

fn dump(store: &Store) -> BTreeMap<(crdt_store::View, Vec<u8>), Vec<u8>> {
    store.reader().snapshot().expect("a snapshot").dump_views().expect("the views")
}

#[test]
fn a_rejected_command_leaves_no_trace() {
    let mut store = open(1);
    let id = create(&mut store, "a", "box");
    let (before, seq) = (dump(&store), store.head_seq());
    let rejected = store
        .execute(NOW, &Author::default(), |txn| -> Result<(), Failure> {
            txn.put(id, &["items", "soap"], 5);
            let other = txn.new_id();
            txn.create(other, new_box("a", "second"));
            txn.set_local("test", b"key", Some(b"value"));
            Err(Rejection::new("no", "not today").into())
        })
        .expect("the store works");
    assert_eq!(rejected.unwrap_err().code, "no");
    assert_eq!((dump(&store), store.head_seq()), (before, seq));
    assert_eq!(store.reader().snapshot().unwrap().local("test", b"key").unwrap(), None);
}

#[test]
fn a_command_of_which_one_document_is_refused_leaves_no_trace_in_the_others() {
    let mut store = open(1);
    let id = create(&mut store, "a", "box");
    let before = dump(&store);
    let rejected = store
        .execute(NOW, &Author::default(), |txn| {
            txn.put(id, &["items", "soap"], 5);
            let forbidden = txn.new_id();
            txn.create(forbidden, new_box("central", "forbidden"));
            Ok(())
        })
        .expect("the store works");
    assert_eq!(rejected.unwrap_err().code, "central-only");
    assert_eq!(dump(&store), before);
    put(&mut store, id, "salt", 1);
    assert_eq!(total(&store, "a", "soap"), 0, "the refused edit is not in the document either");
}

#[test]
fn an_edit_that_says_what_is_there_already_is_no_change() {
    let mut store = open(1);
    let id = create(&mut store, "a", "box");
    put(&mut store, id, "soap", 5);
    let seq = store.head_seq();
    put(&mut store, id, "soap", 5);
    store
        .execute(NOW, &Author::default(), |txn| {
            txn.create(id, new_box("a", "box"));
            Ok(())
        })
        .unwrap()
        .unwrap();
    assert_eq!(store.head_seq(), seq);
}

#[test]
fn a_command_sees_what_came_before_it_in_the_same_batch() {
    let mut store = open(1);
    let author = Author::default();
    let (seen, committed) = store
        .write(NOW, |batch| {
            let id = batch
                .execute(&author, |txn| {
                    let id = txn.new_id();
                    txn.create(id, new_box("a", "box"));
                    Ok(id)
                })?
                .expect("accepted");
            batch
                .execute(&author, |txn| {
                    txn.put(id, &["items", "soap"], 7);
                    Ok(())
                })?
                .expect("accepted");
            batch.execute(&author, |txn| Ok(txn.totals(TOTAL, b"a\0soap")?.amounts[0]))
        })
        .unwrap();
    assert_eq!(seen.unwrap(), 7);
    assert_eq!(committed.documents.len(), 1, "a document changed twice is told once");
}

#[test]
fn what_was_committed_is_there_after_reopening_and_a_new_schema_rebuilds_the_views() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let open = |version| {
        Store::open(OpenOptions::file(&path).device(device(1)), Arc::new(Boxes { version }))
            .expect("it opens")
    };
    let mut store = open(1);
    let id = create(&mut store, "a", "box");
    (0..40).for_each(|n| put(&mut store, id, "soap", n));
    let (views, seq, database) = (dump(&store), store.head_seq(), store.database_id());
    drop(store);
    for version in [1, 2] {
        let mut store = open(version);
        assert_eq!((dump(&store), store.head_seq(), store.database_id()), (views.clone(), seq, database));
        let document = store.reader().snapshot().unwrap().document(id).unwrap().unwrap();
        assert_eq!(document.at(&["items", "soap"]), Some(&Value::Int(39)));
        store.rebuild_views().unwrap();
        assert_eq!(dump(&store), views);
    }
}

#[test]
fn a_file_in_use_or_of_another_device_or_no_database_is_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let open = |path: &std::path::Path, number| {
        Store::open(OpenOptions::file(path).device(device(number)), Arc::new(Boxes { version: 1 }))
    };
    let store = open(&path, 1).unwrap();
    assert!(matches!(open(&path, 1), Err(OpenError::Locked { .. })));
    drop(store);
    assert!(matches!(open(&path, 2), Err(OpenError::OtherDevice { .. })));
    let garbage = directory.path().join("garbage.redb");
    std::fs::write(&garbage, vec![0xab; 10_000]).unwrap();
    assert!(matches!(open(&garbage, 1), Err(OpenError::Corrupt { .. })));
}

#[test]
fn a_restored_or_copied_file_writes_as_another_actor() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let open = |witness| {
        let options = OpenOptions::file(&path).device(device(1)).witness([7; 16], witness);
        Store::open(options, Arc::new(Boxes { version: 1 })).unwrap()
    };
    let first = open(None);
    let (witness, epoch) = (first.witness(), first.log_epoch());
    assert_eq!(first.incarnation(), 1);
    drop(first);
    let backup = std::fs::read(&path).unwrap();
    let second = open(witness);
    let later = second.witness();
    assert_eq!((second.incarnation(), second.log_epoch()), (1, epoch));
    drop(second);
    std::fs::write(&path, backup).unwrap();
    let restored = open(later);
    assert_eq!(restored.incarnation(), 2);
    assert_ne!(restored.log_epoch(), epoch);
}

#[test]
fn an_opening_that_was_cut_before_its_side_file_was_written_begins_no_new_life() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let open = |witness| {
        let options = OpenOptions::file(&path).device(device(1)).witness([7; 16], witness);
        Store::open(options, Arc::new(Boxes { version: 1 })).unwrap()
    };
    let first = open(None);
    let (known, epoch) = (first.witness(), first.log_epoch());
    drop(first);
    let backup = std::fs::read(&path).unwrap();
    // Twice the disk is too full for the side file.
    drop(open(known));
    drop(open(known));
    let third = open(known);
    assert_eq!((third.incarnation(), third.log_epoch()), (1, epoch));
    let later = third.witness();
    drop(third);
    std::fs::write(&path, backup).unwrap();
    assert_eq!(open(later).incarnation(), 2, "an older file has been opened less often, and is known by it");
}

#[test]
fn a_database_that_must_be_there_is_never_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let open = |central| {
        let options = OpenOptions::file(&path).device(device(1)).central(central).existing();
        Store::open(options, Arc::new(Boxes { version: 1 })).map(drop)
    };
    let missing = open(true).expect_err("nothing is there");
    assert_eq!(missing.code(), "database-missing");
    assert!(missing.to_string().contains("restore a backup"), "{missing}");
    assert!(!path.exists());
    std::fs::write(&path, b"").unwrap();
    let empty = open(false).expect_err("nothing is in it");
    assert!(empty.to_string().contains("enrol again"), "{empty}");
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
    drop(Store::open(OpenOptions::file(&path).device(device(1)), Arc::new(Boxes { version: 1 })).unwrap());
    open(false).expect("it is there");
}

#[test]
fn a_change_waits_for_what_it_depends_on_and_is_applied_when_that_comes() {
    let (mut here, mut there) = (open(1), open(2));
    let id = create(&mut here, "a", "box");
    put(&mut here, id, "soap", 1);
    put(&mut here, id, "soap", 2);
    let changes = here.reader().snapshot().unwrap().outgoing(id, 0, None).unwrap().changes;
    let verified: Vec<_> = changes.into_iter().map(|bytes| VerifiedChange::verify(bytes).unwrap()).collect();
    let origin = here.origin();
    let mut ingest = |changes: Vec<VerifiedChange>| {
        let incoming = IncomingDocument { id, snapshot: None, changes };
        there.write(NOW, |batch| batch.ingest(&origin, &scope("a"), incoming)).unwrap().0
    };
    let late = ingest(vec![verified[2].clone(), verified[1].clone()]);
    assert_eq!((late.applied, late.parked, late.heads.len()), (0, 2, 0));
    let first = ingest(vec![verified[0].clone()]);
    assert_eq!((first.applied, first.parked), (3, 0));
    assert_eq!(ingest(verified).applied, 0, "what is known is not applied again");
    assert_eq!(total(&there, "a", "soap"), 2);
    assert_eq!(there.reader().snapshot().unwrap().parked_count().unwrap(), 0);
}

#[test]
fn what_a_peer_may_not_write_is_quarantined_and_changes_nothing() {
    let (mut central, mut site) = (open(1), open(2));
    let options = OpenOptions::memory().device(device(3)).central(true);
    let mut real_central = Store::open(options, Arc::new(Boxes { version: 1 })).unwrap();
    let id = create(&mut real_central, "central", "list");
    send_all(&real_central, &mut central, true);
    send_all(&real_central, &mut site, true);
    let before = dump(&central);
    let document = site.reader().snapshot().unwrap().document(id).unwrap().unwrap();
    assert_eq!(document.scope, scope("central"));

    // A peer that was made to write where it may not: the same edit, authored with a central's rights.
    let options = OpenOptions::memory().device(device(2)).central(true);
    let mut rogue = Store::open(options, Arc::new(Boxes { version: 1 })).unwrap();
    send_all(&real_central, &mut rogue, true);
    put(&mut rogue, id, "soap", 5);
    send_all(&rogue, &mut central, false);
    assert_eq!(dump(&central), before);
    let quarantined = central.reader().snapshot().unwrap().quarantined(10).unwrap();
    assert!(quarantined.iter().any(|refused| refused.code == "central-only" && refused.device == device(2)));
}

#[test]
fn changes_of_another_device_are_not_taken_from_a_peer_that_is_not_central() {
    let (mut author, mut relay, mut here) = (open(1), open(2), open(3));
    create(&mut author, "a", "box");
    send_all(&author, &mut relay, false);
    send_all(&relay, &mut here, false);
    let snapshot = here.reader().snapshot().unwrap();
    assert_eq!(snapshot.document_count().unwrap(), 0);
    assert_eq!(snapshot.quarantined(10).unwrap()[0].code, "not-author");
}

#[test]
fn a_peer_is_sent_what_it_lacks_and_not_its_own_changes() {
    let (mut here, mut there) = (open(1), open(2));
    let id = create(&mut here, "a", "box");
    send_all(&here, &mut there, false);
    put(&mut there, id, "soap", 1);
    let cursor = here.head_seq();
    send_all(&there, &mut here, false);
    let snapshot = here.reader().snapshot().unwrap();
    let echo = snapshot.outgoing(id, cursor, Some(there.device())).unwrap();
    assert!(echo.is_empty(), "its own change is not sent back");
    assert_eq!(snapshot.outgoing(id, cursor, None).unwrap().changes.len(), 1);
    assert!(snapshot.outgoing(id, here.head_seq(), None).unwrap().is_empty());
}

#[test]
fn a_long_history_is_folded_and_reads_the_same_and_is_sent_as_a_snapshot() {
    let (mut here, mut there) = (open(1), open(2));
    let id = create(&mut here, "a", "box");
    (1..=100).for_each(|n| put(&mut here, id, "soap", n));
    let outgoing = here.reader().snapshot().unwrap().outgoing(id, 1, Some(there.device())).unwrap();
    assert!(outgoing.snapshot.is_some() && outgoing.changes.len() < 16, "the early changes are folded away");
    send_all(&here, &mut there, false);
    assert_eq!(dump(&there), dump(&here));
    assert_eq!(there.reader().snapshot().unwrap().history(id).unwrap().unwrap().len(), 101);
    put(&mut there, id, "soap", 7);
    send_all(&there, &mut here, false);
    assert_eq!(total(&here, "a", "soap"), 7);
}

#[test]
fn history_says_who_when_and_what_it_became() {
    let mut store = open(1);
    let id = create(&mut store, "a", "box");
    let author = Author { message: Some("u:amina".to_owned()) };
    store
        .execute(NOW.plus_millis(5_000), &author, |txn| {
            txn.put(id, &["name"], "crate");
            Ok(())
        })
        .unwrap()
        .unwrap();
    let history = store.reader().snapshot().unwrap().history(id).unwrap().unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].after["name"], "box".into());
    assert!(history[0].before.is_empty());
    assert_eq!(history[1].before["name"], "box".into());
    assert_eq!(history[1].after["name"], "crate".into());
    assert_eq!(history[1].message.as_deref(), Some("u:amina"));
    assert_eq!((history[1].actor, history[1].time), (store.actor(), NOW.plus_millis(5_000)));
}

#[test]
fn a_saved_document_is_an_automerge_file() {
    let mut store = open(1);
    let id = create(&mut store, "a", "box");
    let bytes = store.reader().snapshot().unwrap().save(id).unwrap().unwrap();
    assert_eq!(automerge::Automerge::load(&bytes).unwrap().get_heads().len(), 1);
}

/// What a device does while nobody is reachable, and when it meets another.
#[derive(Clone, Debug)]
enum Step {
    Create { device: usize, owner: usize, name: u8 },
    Put { device: usize, which: usize, item: u8, amount: i64 },
    Rename { device: usize, which: usize, name: u8 },
    Meet { from: usize, to: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..3usize, 0..2usize, 0..4u8).prop_map(|(device, owner, name)| Step::Create { device, owner, name }),
        6 => (0..3usize, 0..8usize, 0..3u8, -9..10i64)
            .prop_map(|(device, which, item, amount)| Step::Put { device, which, item, amount }),
        2 => (0..3usize, 0..8usize, 0..4u8).prop_map(|(device, which, name)| Step::Rename { device, which, name }),
        2 => (0..3usize, 0..3usize).prop_map(|(from, to)| Step::Meet { from, to }),
    ]
}

/// The trivially correct model of the views: walk all documents, add everything up.
fn model(store: &Store) -> BTreeMap<Vec<u8>, i64> {
    let snapshot = store.reader().snapshot().unwrap();
    let mut ids = Vec::new();
    snapshot
        .headers(&mut |header| {
            ids.push(header.id);
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    let mut totals = BTreeMap::new();
    for id in ids {
        let document = snapshot.document(id).unwrap().unwrap();
        let owner = document.at(&["owner"]).unwrap().as_text().unwrap().to_owned();
        for (item, amount) in document.at(&["items"]).unwrap().as_map().unwrap() {
            *totals.entry(format!("{owner}\0{item}").into_bytes()).or_default() += amount.as_int().unwrap();
        }
    }
    totals
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_converges_and_views_are_a_function_of_documents(steps in prop::collection::vec(step(), 1..60)) {
        let mut stores: Vec<Store> = (1..=3).map(open).collect();
        for step in steps {
            match step {
                Step::Create { device, owner, name } => {
                    create(&mut stores[device], ["a", "b"][owner], &format!("box {name}"));
                }
                Step::Put { device, which, item, amount } => {
                    if let Some(id) = nth(&stores[device], which) {
                        put(&mut stores[device], id, &format!("item {item}"), amount);
                    }
                }
                Step::Rename { device, which, name } => {
                    if let Some(id) = nth(&stores[device], which) {
                        let command = |txn: &mut crdt_store::Txn<'_>| {
                            txn.put(id, &["name"], format!("box {name}"));
                            Ok(())
                        };
                        stores[device].execute(NOW, &Author::default(), command).unwrap().unwrap();
                    }
                }
                Step::Meet { from, to } if from != to => meet(&mut stores, from, to),
                Step::Meet { .. } => {}
            }
        }
        for _ in 0..2 {
            for (from, to) in [(0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2)] {
                meet(&mut stores, from, to);
            }
        }
        let reference = stores[0].reader().snapshot().unwrap();
        for store in &stores {
            let snapshot = store.reader().snapshot().unwrap();
            for scope in reference.scopes().unwrap() {
                prop_assert_eq!(snapshot.fingerprint(&scope).unwrap(), reference.fingerprint(&scope).unwrap());
                prop_assert_eq!(snapshot.buckets(&scope).unwrap(), reference.buckets(&scope).unwrap());
            }
            prop_assert_eq!(dump(store), dump(&stores[0]));
        }
        let live = dump(&stores[0]);
        stores[0].rebuild_views().unwrap();
        prop_assert_eq!(&live, &dump(&stores[0]));
        for (key, sum) in model(&stores[0]) {
            prop_assert_eq!(reference.totals(TOTAL, &key).unwrap().amounts[0], sum);
            prop_assert_eq!(reference.get(ALARM, &key).unwrap().is_some(), sum < 0);
        }
    }

    #[test]
    fn damaged_changes_never_panic_and_never_pass(position in 0..400usize, bit in 0..8u8) {
        let mut store = open(1);
        let id = create(&mut store, "a", "box");
        put(&mut store, id, "soap", 5);
        let mut bytes = store.reader().snapshot().unwrap().outgoing(id, 0, None).unwrap().changes[0].clone();
        let position = position % bytes.len();
        bytes[position] ^= 1 << bit;
        prop_assert!(VerifiedChange::verify(bytes).is_err());
    }
}

fn nth(store: &Store, which: usize) -> Option<crdt_store::DocumentId> {
    let rows: Vec<Vec<u8>> = {
        let snapshot = store.reader().snapshot().unwrap();
        let mut rows = Vec::new();
        snapshot
            .scan_prefix(BY_NAME, b"", &mut |_, value| {
                rows.push(value.to_vec());
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        rows
    };
    let row = rows.get(which % rows.len().max(1))?;
    Some(crdt_store::DocumentId::try_from(row.as_slice()).unwrap())
}

/// A meeting through a central that passes everything on.
fn meet(stores: &mut [Store], from: usize, to: usize) {
    let (low, high) = stores.split_at_mut(from.max(to));
    let (sender, receiver) = match from < to {
        true => (&low[from], &mut high[0]),
        false => (&high[0], &mut low[to]),
    };
    send_all(sender, receiver, true);
}

#[test]
fn an_origin_wrote_as_each_of_its_lives_and_no_other() {
    let origin = Origin { device: device(1), incarnation: 3, central: false };
    assert!((1..=3).all(|life| origin.wrote_as(crdt_store::Actor::of(device(1), life))));
    assert!(!origin.wrote_as(crdt_store::Actor::of(device(1), 4)));
    assert!(!origin.wrote_as(crdt_store::Actor::of(device(2), 1)));
}
