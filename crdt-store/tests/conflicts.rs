//! Laws of conflicts and of past states: a value that somebody wrote without knowing of another's stays readable, on
//! every replica alike, until somebody settles it; and a document can be read as it was.

mod common;

use std::collections::BTreeSet;

use automerge::{Automerge, ROOT, ReadDoc};
use common::*;
use crdt_store::{Author, Conflict, Document, DocumentId, Store, Timestamp, Value, ViewRead};
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    NOW.plus_millis(second * 1_000)
}

fn write(store: &mut Store, id: DocumentId, time: Timestamp, path: &[&str], value: impl Into<Value>) {
    let author = Author { message: Some(format!("u:{:?}", store.actor())) };
    let value = value.into();
    store
        .execute(time, &author, |txn| {
            txn.put(id, path, value);
            Ok(())
        })
        .expect("the store works")
        .expect("a value may be put");
}

fn document(store: &Store, id: DocumentId) -> Document {
    store.reader().snapshot().expect("a snapshot").document(id).expect("a document").expect("it is there")
}

fn meet(stores: &mut [Store], from: usize, to: usize) {
    let (low, high) = stores.split_at_mut(from.max(to));
    let (sender, receiver) = match from < to {
        true => (&low[from], &mut high[0]),
        false => (&high[0], &mut low[to]),
    };
    send_all(sender, receiver, true);
}

/// Three replicas of one box.
fn three() -> (Vec<Store>, DocumentId) {
    let mut stores: Vec<Store> = (1..=3).map(open).collect();
    let id = create(&mut stores[0], "a", "box");
    meet(&mut stores, 0, 1);
    meet(&mut stores, 0, 2);
    (stores, id)
}

fn meet_all(stores: &mut [Store]) {
    for _ in 0..2 {
        for (from, to) in [(0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2)] {
            meet(stores, from, to);
        }
    }
}

/// The different values of a field, counted by Automerge itself from the saved file.
fn raw_values(store: &Store, id: DocumentId, field: &str) -> BTreeSet<String> {
    let bytes = store.reader().snapshot().unwrap().save(id).unwrap().unwrap();
    let found = Automerge::load(&bytes).unwrap();
    found.get_all(ROOT, field).unwrap().into_iter().map(|(value, _)| value.to_string()).collect()
}

#[test]
fn both_values_stand_with_their_authors_and_the_shown_one_is_marked() {
    let (mut stores, id) = three();
    write(&mut stores[0], id, at(1), &["name"], "crate");
    write(&mut stores[1], id, at(2), &["name"], "chest");
    meet_all(&mut stores);
    let found = document(&stores[2], id);
    assert_eq!(found.conflicts.len(), 1);
    let Conflict { path, values } = &found.conflicts[0];
    assert_eq!(path, &["name"]);
    let current: Vec<_> = values.iter().filter(|value| value.current).collect();
    assert_eq!((values.len(), current.len()), (2, 1));
    assert_eq!(Some(&current[0].value), found.root.get("name"));
    for (store, name, second) in [(&stores[0], "crate", 1), (&stores[1], "chest", 2)] {
        let value = values.iter().find(|value| value.value == name.into()).expect("it stands");
        assert_eq!((value.actor, value.time), (store.actor(), at(second)));
        assert_eq!(value.message, Some(format!("u:{:?}", store.actor())));
    }
}

#[test]
fn who_knew_of_the_other_value_or_wrote_the_same_contradicts_nobody() {
    let (mut stores, id) = three();
    write(&mut stores[0], id, at(1), &["name"], "crate");
    meet(&mut stores, 0, 1);
    write(&mut stores[1], id, at(2), &["name"], "chest");
    meet_all(&mut stores);
    assert!(document(&stores[0], id).conflicts.is_empty(), "the second knew of the first");
    for store in &mut stores {
        write(store, id, at(3), &["name"], "trunk");
    }
    meet_all(&mut stores);
    assert!(document(&stores[0], id).conflicts.is_empty(), "all wrote the same");
}

#[test]
fn a_history_says_of_each_change_what_its_author_saw_before_it() {
    let (mut stores, id) = three();
    write(&mut stores[0], id, at(1), &["name"], "crate");
    write(&mut stores[1], id, at(2), &["name"], "chest");
    meet_all(&mut stores);
    write(&mut stores[2], id, at(3), &["name"], "trunk");
    let found = document(&stores[1], id).root["name"].clone();
    let history = stores[2].reader().snapshot().unwrap().history(id).unwrap().unwrap();
    let steps: BTreeSet<(i64, String, String)> = history
        .iter()
        .skip(1)
        .map(|entry| {
            let name = |map: &crdt_store::Map| format!("{:?}", map["name"]);
            (entry.time.millis_since(NOW) / 1_000, name(&entry.before), name(&entry.after))
        })
        .collect();
    let step = |second, before: Value, after: &str| {
        (second, format!("{before:?}"), format!("{:?}", Value::from(after)))
    };
    let expected = [step(1, "box".into(), "crate"), step(2, "box".into(), "chest"), step(3, found, "trunk")];
    assert_eq!(steps, BTreeSet::from(expected));
    assert!(history[0].before.is_empty());
}

#[test]
fn whoever_settles_with_the_shown_value_has_said_so_to_those_who_did_not_know() {
    let (mut stores, id) = three();
    write(&mut stores[0], id, at(1), &["name"], "crate");
    write(&mut stores[1], id, at(2), &["name"], "chest");
    meet_all(&mut stores);
    let shown = document(&stores[0], id).root["name"].clone();
    write(&mut stores[0], id, at(3), &["name"], shown.clone());
    write(&mut stores[1], id, at(4), &["name"], "trunk");
    meet_all(&mut stores);
    let found = document(&stores[2], id).conflicts;
    let values: Vec<_> = found[0].values.iter().map(|value| (value.value.clone(), value.time)).collect();
    assert_eq!(values.len(), 2, "{values:?}");
    assert!(values.contains(&(shown, at(3))) && values.contains(&("trunk".into(), at(4))), "{values:?}");
}

#[test]
fn conflicts_inside_maps_are_told_after_those_at_the_root_and_never_without_bound() {
    let (mut stores, id) = three();
    for (at_store, amount) in [(0, 1), (1, 2)] {
        for item in 0..100 {
            write(&mut stores[at_store], id, at(1), &["items", &format!("item {item:03}")], amount);
        }
        write(&mut stores[at_store], id, at(2), &["name"], format!("box {amount}"));
    }
    meet_all(&mut stores);
    let found = document(&stores[0], id);
    assert_eq!(found.conflicts.len(), 64);
    assert_eq!(found.conflicts[0].path, ["name"]);
    assert_eq!(found.conflicts[1].path, ["items", "item 000"]);
    assert_eq!(found, document(&stores[2], id));
}

#[test]
fn a_document_reads_as_it_was_after_what_was_done_until_then() {
    let (mut stores, id) = three();
    write(&mut stores[0], id, at(10), &["name"], "crate");
    write(&mut stores[1], id, at(20), &["name"], "chest");
    meet_all(&mut stores);
    write(&mut stores[2], id, at(30), &["name"], "trunk");
    meet_all(&mut stores);
    let read = stores[0].reader().snapshot().unwrap();
    let as_of = |second| read.document_at(id, at(second)).unwrap();
    assert_eq!(as_of(-1), None, "before it was made");
    for (second, name, conflicts) in [(0, "box", 0), (9, "box", 0), (10, "crate", 0), (30, "trunk", 0)] {
        let found = as_of(second).expect("it was there");
        assert_eq!((&found.root["name"], found.conflicts.len()), (&name.into(), conflicts), "at {second}");
    }
    let contested = as_of(25).expect("it was there");
    assert_eq!((contested.heads.len(), contested.conflicts.len()), (2, 1));
    assert_eq!(as_of(31), read.document(id).unwrap(), "now is as it is now");
    assert_eq!(read.document_at(DocumentId::from_bytes([9; 16]), at(31)).unwrap(), None);
}

#[test]
fn what_follows_from_a_change_of_a_clock_that_ran_ahead_is_not_shown_without_it() {
    let (mut stores, id) = three();
    write(&mut stores[0], id, at(500), &["name"], "crate");
    meet(&mut stores, 0, 1);
    write(&mut stores[1], id, at(20), &["items", "soap"], 5);
    let read = stores[1].reader().snapshot().unwrap();
    let early = read.document_at(id, at(100)).unwrap().expect("it was there");
    assert_eq!((&early.root["name"], early.at(&["items", "soap"])), (&"box".into(), None));
    assert_eq!(read.document_at(id, at(500)).unwrap(), read.document(id).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn conflicts_are_the_same_on_every_replica_whatever_the_order_and_gone_once_settled(
        steps in prop::collection::vec((0..3usize, 0..3usize, 0..3u8), 1..40),
        settler in 0..3usize,
        choice in 0..16usize,
    ) {
        let (mut stores, id) = three();
        for (second, (device, other, name)) in steps.into_iter().enumerate() {
            match device == other {
                true => write(&mut stores[device], id, at(second as i64), &["name"], format!("name {name}")),
                false => meet(&mut stores, device, other),
            }
        }
        meet_all(&mut stores);
        let found = document(&stores[0], id);
        let raw = raw_values(&stores[0], id, "name");
        prop_assert_eq!(found.conflicts.len(), usize::from(raw.len() > 1));
        for store in &mut stores {
            prop_assert_eq!(&document(store, id), &found);
        }
        let Some(conflict) = found.conflicts.first() else { return Ok(()) };
        let told: BTreeSet<_> = conflict.values.iter().map(|value| format!("{:?}", value.value)).collect();
        prop_assert_eq!(told.len(), raw.len());
        let chosen = &conflict.values[choice % conflict.values.len()];
        write(&mut stores[settler], id, at(1_000), &["name"], chosen.value.clone());
        prop_assert!(document(&stores[settler], id).conflicts.is_empty(), "settled where it was settled");
        meet_all(&mut stores);
        for store in &stores {
            let settled = document(store, id);
            prop_assert!(settled.conflicts.is_empty());
            prop_assert_eq!(&settled.root["name"], &chosen.value);
        }
    }
}
