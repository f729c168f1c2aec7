//! Who wrote what can be proven to those who did not hear it from the author, and to nobody else's advantage.

mod common;

use std::sync::Arc;

use common::{Boxes, NOW, create, put, scope};
use crdt_store::{
    ChangeHash, DocumentId, IncomingDocument, OpenOptions, Origin, Reader, SEAL_ENTRIES_MAX, Seal,
    SealVerdict, SigningKey, Store, VerifiedChange, VerifiedSnapshot,
};
use proptest::prelude::*;
use redb::ReadableTable;

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

fn open(number: u8) -> Store {
    let key = key(number);
    let options = OpenOptions::memory().device(key.public().device()).signing(key).seed([number; 32]);
    Store::open(options, Arc::new(Boxes { version: 1 })).expect("a store in memory opens")
}

fn seal(store: &mut Store) -> usize {
    store.write(NOW, |batch| batch.seal()).expect("the store works").0
}

fn seals(store: &Store) -> Vec<Seal> {
    let mut seals = Vec::new();
    store.reader().snapshot().unwrap().seals(&mut |seal| seals.push(seal)).unwrap();
    seals
}

fn add(store: &mut Store, seal: &Seal) -> SealVerdict {
    store.write(NOW, |batch| batch.add_seal(seal)).expect("the store works").0
}

/// What `store` has of a document and may pass on, as `relay` brings it to `to`; the codes of what was refused.
fn relay(store: &Store, relay: Origin, to: &mut Store, id: DocumentId) -> Vec<&'static str> {
    let snapshot = store.reader().snapshot().unwrap();
    let outgoing = snapshot.outgoing(id, 0, None).unwrap();
    let changes = outgoing.changes.into_iter().map(|bytes| VerifiedChange::verify(bytes).unwrap()).collect();
    let incoming = IncomingDocument { id, snapshot: None, changes };
    let ingested = to.write(NOW, |batch| batch.ingest(&relay, &scope("a"), incoming)).unwrap().0;
    ingested.refused.into_iter().map(|(_, code)| code).collect()
}

#[test]
fn a_change_of_a_third_device_is_believed_under_its_authors_seal_and_not_without() {
    let (mut author, carrier, mut reader) = (open(1), open(2), open(3));
    let id = create(&mut author, "a", "box");
    assert_eq!(seal(&mut author), 1);
    assert_eq!(relay(&author, carrier.origin(), &mut reader, id), ["not-author"]);
    assert_eq!(add(&mut reader, &seals(&author)[0]), SealVerdict::Kept);
    assert_eq!(relay(&author, carrier.origin(), &mut reader, id), [""; 0]);
    assert!(
        reader
            .reader()
            .snapshot()
            .unwrap()
            .is_sealed(&scope("a"), id, head(&author, id), author.actor())
            .unwrap()
    );
}

fn head(store: &Store, id: DocumentId) -> ChangeHash {
    let snapshot = store.reader().snapshot().unwrap();
    crdt_store::ViewRead::header(&snapshot, id).unwrap().expect("it is there").heads[0]
}

#[test]
fn the_policy_is_asked_about_the_author_and_not_about_the_relay() {
    // Only central writes in this scope. The author's own program believed itself to be central.
    let key = key(1);
    let options =
        OpenOptions::memory().device(key.public().device()).signing(key).central(true).seed([1; 32]);
    let mut author = Store::open(options, Arc::new(Boxes { version: 1 })).unwrap();
    let (carrier, mut reader) = (open(2), open(3));
    let id = create(&mut author, "central", "box");
    seal(&mut author);
    assert_eq!(add(&mut reader, &seals(&author)[0]), SealVerdict::Kept, "it is genuine");
    let snapshot = author.reader().snapshot().unwrap();
    let bytes = snapshot.outgoing(id, 0, None).unwrap().changes.remove(0);
    let incoming =
        IncomingDocument { id, snapshot: None, changes: vec![VerifiedChange::verify(bytes).unwrap()] };
    let origin = carrier.origin();
    let ingested = reader.write(NOW, |batch| batch.ingest(&origin, &scope("central"), incoming)).unwrap().0;
    assert_eq!(ingested.refused[0].1, "central-only");
}

#[test]
fn a_change_cannot_be_moved_to_another_document_or_scope_under_its_seal() {
    let (mut author, carrier, mut reader) = (open(1), open(2), open(3));
    let id = create(&mut author, "a", "box");
    seal(&mut author);
    add(&mut reader, &seals(&author)[0]);
    let snapshot = author.reader().snapshot().unwrap();
    let outgoing = snapshot.outgoing(id, 0, None).unwrap();
    let changes: Vec<VerifiedChange> =
        outgoing.changes.into_iter().map(|bytes| VerifiedChange::verify(bytes).unwrap()).collect();
    for (id, name) in [(DocumentId::NIL.derived("another"), "a"), (id, "b")] {
        let incoming = IncomingDocument { id, snapshot: None, changes: changes.clone() };
        let origin = carrier.origin();
        let ingested = reader.write(NOW, |batch| batch.ingest(&origin, &scope(name), incoming)).unwrap().0;
        assert_eq!(ingested.applied, 0, "{name}");
        assert_eq!(ingested.refused[0].1, "not-author");
    }
}

#[test]
fn what_waits_for_its_causes_keeps_its_author() {
    let (mut author, carrier, mut reader) = (open(1), open(2), open(3));
    let id = create(&mut author, "a", "box");
    put(&mut author, id, "x", 4);
    seal(&mut author);
    seals(&author).iter().for_each(|seal| {
        add(&mut reader, seal);
    });
    let snapshot = author.reader().snapshot().unwrap();
    let changes: Vec<VerifiedChange> = snapshot
        .outgoing(id, 0, None)
        .unwrap()
        .changes
        .into_iter()
        .map(|bytes| VerifiedChange::verify(bytes).unwrap())
        .collect();
    for (index, parked) in [(1, 1), (0, 0)] {
        let incoming = IncomingDocument { id, snapshot: None, changes: vec![changes[index].clone()] };
        let origin = carrier.origin();
        let ingested = reader.write(NOW, |batch| batch.ingest(&origin, &scope("a"), incoming)).unwrap().0;
        assert_eq!((ingested.parked, ingested.refused.len()), (parked, 0));
    }
    assert_eq!(common::total(&reader, "a", "x"), 4);
}

#[test]
fn what_was_refused_without_a_proof_leaves_the_quarantine_when_it_is_proven() {
    let (mut author, carrier, mut reader) = (open(1), open(2), open(3));
    let id = create(&mut author, "a", "box");
    seal(&mut author);
    assert_eq!(relay(&author, carrier.origin(), &mut reader, id), ["not-author"]);
    assert_eq!(reader.reader().snapshot().unwrap().quarantined(9).unwrap().len(), 1);
    add(&mut reader, &seals(&author)[0]);
    relay(&author, carrier.origin(), &mut reader, id);
    assert_eq!(reader.reader().snapshot().unwrap().quarantined(9).unwrap(), []);
}

#[test]
fn a_document_in_which_authors_took_turns_too_often_is_taken_in_parts() {
    let (mut one, mut other, carrier, mut reader) = (open(1), open(2), open(3), open(4));
    let id = create(&mut one, "a", "box");
    for turn in 0..1_100 {
        let (from, to) = if turn % 2 == 0 { (&mut one, &mut other) } else { (&mut other, &mut one) };
        put(from, id, "x", turn);
        let after = from.head_seq() - 1;
        common::send_after(from, to, if turn == 0 { 0 } else { after }, true);
    }
    for store in [&mut one, &mut other] {
        seal(store);
        seals(store).iter().for_each(|seal| {
            add(&mut reader, seal);
        });
    }
    let changes: Vec<VerifiedChange> = {
        let history = one.reader().snapshot().unwrap().whole(id).unwrap().expect("it is there");
        VerifiedSnapshot::verify(history.bytes).unwrap().changes()
    };
    let mut left_out = Vec::new();
    for _ in 0..2 {
        let incoming = IncomingDocument { id, snapshot: None, changes: changes.clone() };
        let origin = carrier.origin();
        let ingested = reader.write(NOW, |batch| batch.ingest(&origin, &scope("a"), incoming)).unwrap().0;
        assert_eq!(ingested.refused, []);
        left_out.push(ingested.left_out);
    }
    assert!(left_out[0] > 0 && left_out[1] == 0, "{left_out:?}");
    assert_eq!(head(&reader, id), head(&one, id));
}

#[test]
fn a_second_truth_for_one_place_is_refused_and_the_first_is_kept() {
    let (mut here, mut copy, mut reader) = (open(1), open(1), open(3));
    // The same device, its database copied without anybody noticing: both lives go on from the same place.
    let (one, other) = (create(&mut here, "a", "one"), create(&mut copy, "a", "other"));
    put(&mut copy, other, "x", 1);
    put(&mut here, one, "x", 2);
    seal(&mut here);
    seal(&mut copy);
    assert_eq!(add(&mut reader, &seals(&here)[0]), SealVerdict::Kept);
    assert_eq!(add(&mut reader, &seals(&copy)[0]), SealVerdict::Forked);
    assert_eq!(add(&mut reader, &seals(&here)[0]), SealVerdict::Kept, "again");
    assert_eq!(seals(&reader), seals(&here));
}

#[test]
fn nobodys_seal_hides_the_authors() {
    let (mut author, carrier, mut reader) = (open(1), open(2), open(3));
    let id = create(&mut author, "a", "box");
    seal(&mut author);
    let genuine = seals(&author).remove(0);
    // A device puts the author's change on its own chain, and comes first.
    let mut thief = open(9);
    create(&mut thief, "a", "other");
    seal(&mut thief);
    let mut stolen = seals(&thief).remove(0);
    stolen.entries.push(genuine.entries[0]);
    let stolen = stolen.signed_again(&key(9));
    assert_eq!(add(&mut reader, &stolen), SealVerdict::Kept, "it is what its author signed");
    assert_eq!(
        relay(&author, carrier.origin(), &mut reader, id),
        ["not-author"],
        "and proves nothing of others"
    );
    assert_eq!(add(&mut reader, &genuine), SealVerdict::Kept);
    assert_eq!(relay(&author, carrier.origin(), &mut reader, id), [""; 0]);
    let audit = reader.reader().snapshot().unwrap().audit(&mut |_| {}).unwrap();
    assert_eq!((audit.proven, audit.contradictions[0].code), (1, "other-author"), "who did it is found");
}

#[test]
fn a_chain_may_be_told_in_other_pieces_than_it_was_made_in() {
    let (mut author, mut reader) = (open(1), open(2));
    let id = create(&mut author, "a", "box");
    for amount in 0..3 {
        seal(&mut author);
        put(&mut author, id, "x", amount);
    }
    seal(&mut author);
    let made = seals(&author);
    let merge =
        |seals: &[Seal]| seals[1..].iter().fold(seals[0].clone(), |all, next| all.followed_by(next).unwrap());
    // In the middle first, then all of it, then the pieces.
    for told in [&[merge(&made[1..3])], &[merge(&made)], made.as_slice()].concat() {
        assert_eq!(add(&mut reader, &told), SealVerdict::Kept);
    }
    let audit = reader.reader().snapshot().unwrap().audit(&mut |_| {}).unwrap();
    assert_eq!((audit.contradiction_count, audit.chains[0].listed, audit.chains[0].gaps), (0, 4, 0));
}

#[test]
fn seals_stay_below_what_a_value_may_have_on_disk() {
    let mut store = open(1);
    let id = create(&mut store, "a", "box");
    for amount in 0..140 {
        put(&mut store, id, "x", amount);
    }
    let other = create(&mut store, "a", "other");
    (0..60).for_each(|amount| put(&mut store, other, "x", amount));
    assert_eq!(seal(&mut store), 4);
    let made = seals(&store);
    let sizes: Vec<usize> = made.iter().map(|seal| seal.entries.len()).collect();
    assert_eq!(sizes, [64, 64, 13, 61], "a document is divided only where it must be");
    assert!(sizes.iter().all(|size| *size <= SEAL_ENTRIES_MAX));
    assert!(made.iter().all(Seal::is_genuine));
    assert!(
        made.windows(2)
            .all(|pair| (pair[0].through(), pair[0].chain()) == (pair[1].base, pair[1].base_chain))
    );
    assert_eq!(seal(&mut store), 0, "nothing is sealed twice");
}

#[test]
fn a_store_without_a_key_seals_nothing() {
    let mut store = common::open(1);
    create(&mut store, "a", "box");
    assert!(!store.is_unsealed());
    assert_eq!(seal(&mut store), 0);
}

#[test]
fn an_audit_tells_what_is_proven_and_what_is_not() {
    let (mut author, mut reader) = (open(1), open(2));
    let id = create(&mut author, "a", "box");
    put(&mut author, id, "x", 1);
    let before = author.reader().snapshot().unwrap().audit(&mut |_| {}).unwrap();
    assert_eq!((before.changes, before.proven, before.unsealed, before.unproven()), (2, 0, 2, 0));
    seal(&mut author);
    put(&mut author, id, "x", 2);
    let after = author.reader().snapshot().unwrap().audit(&mut |_| {}).unwrap();
    assert_eq!((after.changes, after.proven, after.unsealed, after.unproven()), (3, 2, 1, 0));
    assert_eq!((after.chains.len(), after.chains[0].listed, after.chains[0].absent), (1, 2, 0));
    seal(&mut author);
    // The reader has the second seal, and no document yet.
    add(&mut reader, &seals(&author)[1]);
    let there = reader.reader().snapshot().unwrap().audit(&mut |_| {}).unwrap();
    assert_eq!((there.changes, there.chains[0].absent, there.chains[0].gaps), (0, 1, 1));
    assert_eq!(there.contradiction_count, 0);
}

const SEAL: redb::TableDefinition<'static, &[u8], &[u8]> = redb::TableDefinition::new("seal");
const SEALED: redb::TableDefinition<'static, &[u8], &[u8]> = redb::TableDefinition::new("sealed");

/// A database file with two sealed changes.
fn file_with_seals(directory: &tempfile::TempDir) -> std::path::PathBuf {
    let path = directory.path().join("store.redb");
    let key = key(1);
    let options = OpenOptions::file(&path).device(key.public().device()).signing(key).seed([1; 32]);
    let mut store = Store::open(options, Arc::new(Boxes { version: 1 })).unwrap();
    let id = create(&mut store, "a", "box");
    seal(&mut store);
    put(&mut store, id, "x", 1);
    seal(&mut store);
    path
}

fn audit(path: &std::path::Path) -> crdt_store::Audit {
    let reader = Reader::open(path, Arc::new(Boxes { version: 1 })).unwrap();
    reader.snapshot().unwrap().audit(&mut |_| {}).unwrap()
}

#[test]
fn an_audit_changes_nothing_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = file_with_seals(&directory);
    let before = std::fs::read(&path).unwrap();
    let audit = audit(&path);
    assert_eq!((audit.proven, audit.contradiction_count), (2, 0));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn an_audit_finds_a_signature_that_was_altered_and_a_seal_that_was_removed() {
    let directory = tempfile::tempdir().unwrap();
    let path = file_with_seals(&directory);
    {
        let database = redb::Database::open(&path).unwrap();
        let write = database.begin_write().unwrap();
        {
            let mut table = write.open_table(SEAL).unwrap();
            let (key, mut value) = {
                let (key, value) = table.first().unwrap().unwrap();
                (key.value().to_vec(), value.value().to_vec())
            };
            *value.last_mut().unwrap() ^= 1;
            table.insert(key.as_slice(), value.as_slice()).unwrap();
        }
        write.commit().unwrap();
    }
    let found = audit(&path);
    assert_eq!(found.contradictions[0].code, "seal-forged");
    assert_eq!((found.proven, found.unproven()), (1, 1));
    {
        let database = redb::Database::open(&path).unwrap();
        let write = database.begin_write().unwrap();
        write.open_table(SEAL).unwrap().pop_first().unwrap();
        write.open_table(SEALED).unwrap().pop_first().unwrap();
        write.commit().unwrap();
    }
    let found = audit(&path);
    assert_eq!((found.contradiction_count, found.chains[0].gaps, found.unproven()), (0, 1, 1));
}

proptest! {
    /// Whatever is written, whenever it is sealed, across restarts: each change is on the chain once, the chain has no
    /// gap, and an audit finds everything proven.
    #[test]
    fn every_change_is_sealed_once(steps in prop::collection::vec(0..6u8, 1..40)) {
        let mut store = open(1);
        let mut boxes = Vec::new();
        for step in steps {
            match step {
                0 => { seal(&mut store); }
                1 | 2 => boxes.push(create(&mut store, if step == 1 { "a" } else { "b" }, "box")),
                _ => if let Some(id) = boxes.get(usize::from(step) % boxes.len().max(1)) {
                    put(&mut store, *id, "x", i64::from(step));
                },
            }
        }
        seal(&mut store);
        let audit = store.reader().snapshot().unwrap().audit(&mut |_| {}).unwrap();
        prop_assert_eq!(audit.proven, audit.changes);
        prop_assert_eq!(audit.chains.iter().map(|chain| chain.listed).sum::<u64>(), audit.changes);
        prop_assert!(audit.chains.iter().all(|chain| chain.gaps == 0 && chain.absent == 0));
        prop_assert_eq!(audit.contradiction_count, 0);
    }
}
