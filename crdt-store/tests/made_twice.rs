//! Laws of documents that several devices make without knowing of each other, as one makes what follows from something
//! that all of them know: it is one document, and nothing that anybody wrote in it is lost.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use crdt_store::{Author, Document, DocumentId, Store, Timestamp, Value, ViewRead};
use proptest::prelude::*;

/// The id that all devices give to what they make.
fn derived() -> DocumentId {
    DocumentId::from_bytes([7; 16])
}

/// Makes the box with one thing in it that is named after its maker, and one that all have, in their own number.
fn make(store: &mut Store, maker: i64) {
    let mut root = new_box("a", "box");
    let items = [(format!("of {maker}"), Value::from(maker)), ("shared".to_owned(), Value::from(maker))];
    root.insert("items".to_owned(), Value::Map(items.into_iter().collect()));
    let made = store.execute(NOW, &Author::default(), |txn| {
        txn.create(derived(), root);
        Ok(())
    });
    made.expect("the store works").expect("a box may be made");
}

fn made_by(count: u8) -> Vec<Store> {
    (1..=count)
        .map(|maker| {
            let mut store = open(maker);
            make(&mut store, i64::from(maker));
            store
        })
        .collect()
}

fn meet_all(stores: &mut [Store]) {
    for _ in 0..2 {
        for from in 0..stores.len() {
            for to in (0..stores.len()).filter(|to| *to != from) {
                let (low, high) = stores.split_at_mut(from.max(to));
                let (sender, receiver) = match from < to {
                    true => (&low[from], &mut high[0]),
                    false => (&high[0], &mut low[to]),
                };
                send_all(sender, receiver, true);
            }
        }
    }
}

fn document(store: &Store) -> Document {
    let snapshot = store.reader().snapshot().expect("a snapshot");
    snapshot.document(derived()).expect("a document").expect("it is there")
}

fn items(store: &Store) -> BTreeMap<String, i64> {
    let document = document(store);
    let items = document.at(&["items"]).and_then(Value::as_map).expect("a map").clone();
    items.into_iter().filter_map(|(key, amount)| Some((key, amount.as_int()?))).collect()
}

fn delete(store: &mut Store, item: &str) {
    let deleted = store.execute(NOW, &Author::default(), |txn| {
        txn.delete(derived(), &["items", item]);
        Ok(())
    });
    deleted.expect("the store works").expect("a thing may be taken out");
}

fn assert_alike(stores: &mut [Store]) {
    let first = document(&stores[0]);
    for store in stores {
        assert_eq!(document(store), first);
        let views = store.reader().snapshot().unwrap().dump_views().unwrap();
        store.rebuild_views().expect("the store works");
        assert_eq!(store.reader().snapshot().unwrap().dump_views().unwrap(), views);
    }
}

#[test]
fn what_each_maker_wrote_stands_in_the_one_document() {
    let mut stores = made_by(3);
    put(&mut stores[0], derived(), "late", 10);
    put(&mut stores[2], derived(), "of 3", 30);
    meet_all(&mut stores);
    let found = items(&stores[1]);
    let mine = ["of 1", "of 2", "of 3", "late"].map(|key| found[key]);
    assert_eq!((mine, found.len()), ([1, 2, 30, 10], 5));
    assert_eq!(total(&stores[1], "a", "late"), 10, "and is added up");
    assert_alike(&mut stores);
}

#[test]
fn what_two_makers_said_of_one_thing_is_a_conflict_until_somebody_settles_it() {
    let mut stores = made_by(2);
    meet_all(&mut stores);
    let found = document(&stores[0]);
    let conflict = found.conflicts.iter().find(|conflict| conflict.path == ["items", "shared"]);
    let values = &conflict.expect("a conflict").values;
    let said: BTreeSet<Option<i64>> = values.iter().map(|value| value.value.as_int()).collect();
    assert_eq!((values.len(), said), (2, BTreeSet::from([Some(1), Some(2)])));
    let shown = values.last().expect("two values");
    assert!(shown.current && found.at(&["items", "shared"]) == Some(&shown.value));
    // Even with the value that is shown, it is settled, and everywhere.
    let settled = shown.value.as_int().expect("a number");
    put(&mut stores[1], derived(), "shared", settled);
    meet_all(&mut stores);
    let left: Vec<_> = document(&stores[0]).conflicts.into_iter().map(|conflict| conflict.path).collect();
    assert!(!left.contains(&vec!["items".to_owned(), "shared".to_owned()]), "{left:?}");
    assert_eq!(items(&stores[0])["shared"], settled);
    assert_alike(&mut stores);
}

#[test]
fn a_thing_taken_out_is_out_whoever_put_it_in() {
    let mut stores = made_by(2);
    meet_all(&mut stores);
    for (store, item) in [(0, "of 1"), (0, "of 2"), (1, "shared")] {
        delete(&mut stores[store], item);
    }
    meet_all(&mut stores);
    assert_eq!(items(&stores[0]), BTreeMap::new());
    assert_alike(&mut stores);
}

#[test]
fn the_past_is_read_like_the_present() {
    let mut stores = made_by(2);
    meet_all(&mut stores);
    let before = items(&stores[0]);
    let later = NOW.plus_millis(60_000);
    let author = Author::default();
    let written = stores[0].execute(later, &author, |txn| {
        txn.put(derived(), &["items", "late"], 5);
        Ok(())
    });
    written.expect("the store works").expect("an amount may be put");
    let snapshot = stores[0].reader().snapshot().expect("a snapshot");
    let past = snapshot.document_at(derived(), Timestamp::from_millis(NOW.as_millis() + 1_000));
    let past = past.expect("the past").expect("it was there");
    let keys: Vec<&str> =
        past.at(&["items"]).and_then(Value::as_map).expect("a map").keys().map(String::as_str).collect();
    assert_eq!(keys, before.keys().map(String::as_str).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn replicas_agree_and_nothing_that_was_written_once_is_lost(
        writes in prop::collection::vec((0usize..3, 0u8..6, 1i64..100, any::<bool>()), 1..24),
    ) {
        let mut stores = made_by(3);
        let mut written: BTreeMap<String, i64> = BTreeMap::new();
        for (store, item, amount, meets) in writes {
            // Things of one writer only: what it said last stands.
            let item = format!("{store} {item}");
            put(&mut stores[store], derived(), &item, amount);
            written.insert(item, amount);
            if meets {
                meet_all(&mut stores);
            }
        }
        meet_all(&mut stores);
        let of_all = [("of 1", 1), ("of 2", 2), ("of 3", 3)].map(|(key, amount)| (key.to_owned(), amount));
        written.extend(of_all);
        let mut found = items(&stores[0]);
        prop_assert!(found.remove("shared").is_some_and(|amount| (1..=3).contains(&amount)));
        prop_assert_eq!(found, written);
        assert_alike(&mut stores);
    }
}
