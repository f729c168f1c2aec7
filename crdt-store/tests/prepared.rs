//! What is prepared beside the writer is stored as if it had not been, whatever happens in between.

mod common;

use common::{NOW, TOTAL, create, device, new_box, open, put, scope, send_all, total};
use crdt_store::{
    Author, DocumentId, IncomingDocument, Ingested, OpenOptions, Origin, Prepared, Store, VerifiedChange,
    VerifiedSnapshot, ViewRead,
};
use proptest::prelude::*;

/// The changes of a box that `to` lacks.
fn parcel(from: &Store, to: &Store, id: DocumentId, after: u64) -> IncomingDocument {
    let outgoing = from.reader().snapshot().unwrap().outgoing(id, after, Some(to.device())).unwrap();
    let verified = |bytes| VerifiedChange::verify(bytes).unwrap();
    IncomingDocument {
        id,
        snapshot: outgoing.snapshot.map(|bytes| VerifiedSnapshot::verify(bytes).unwrap()),
        changes: outgoing.changes.into_iter().map(verified).collect(),
    }
}

fn prepare(store: &Store, owner: &str, parcel: &IncomingDocument) -> Option<Prepared> {
    store.reader().snapshot().unwrap().prepare(&scope(owner), parcel).unwrap()
}

fn ingest(
    store: &mut Store,
    origin: &Origin,
    owner: &str,
    parcel: IncomingDocument,
    prepared: Option<Prepared>,
) -> Ingested {
    let stored = store.write(NOW, |batch| match prepared {
        Some(prepared) => batch.ingest_prepared(origin, &scope(owner), parcel, prepared),
        None => batch.ingest(origin, &scope(owner), parcel),
    });
    stored.unwrap().0
}

#[test]
fn only_new_changes_that_follow_what_is_held_are_prepared() {
    let (mut here, mut there) = (open(1), open(2));
    let id = create(&mut here, "a", "box");
    let whole = parcel(&here, &there, id, 0);
    assert!(prepare(&there, "a", &whole).is_some(), "a new document");
    assert!(prepare(&there, "b", &whole).is_none(), "a document of another scope");
    send_all(&here, &mut there, false);
    assert!(prepare(&there, "a", &whole).is_none(), "what is known");
    let before = here.head_seq();
    put(&mut here, id, "soap", 1);
    let between = here.head_seq();
    put(&mut here, id, "soap", 2);
    assert!(
        prepare(&there, "a", &parcel(&here, &there, id, before)).is_some(),
        "two changes, one after the other"
    );
    assert!(
        prepare(&there, "a", &parcel(&here, &there, id, between)).is_none(),
        "a change without its cause"
    );
    assert!(prepare(&there, "a", &IncomingDocument { id, snapshot: None, changes: Vec::new() }).is_none());
}

#[test]
fn what_was_prepared_is_stored_even_where_the_history_is_folded_by_it() {
    let (mut here, mut there) = (open(1), open(2));
    let id = create(&mut here, "a", "box");
    send_all(&here, &mut there, false);
    let before = here.head_seq();
    here.write(NOW, |batch| batch.retain_from(before)).unwrap();
    for amount in 1..=40 {
        put(&mut here, id, "soap", amount);
    }
    forget(&mut there);
    let parcel = parcel(&here, &there, id, before);
    let prepared = prepare(&there, "a", &parcel);
    assert!(prepared.is_some());
    let ingested = ingest(&mut there, &here.origin(), "a", parcel, prepared);
    assert_eq!((ingested.applied, ingested.heads.len()), (40, 1));
    assert_eq!(total(&there, "a", "soap"), 40);
    let audit = there.reader().snapshot().unwrap().audit(&mut |_| {}).unwrap();
    assert_eq!(audit.contradiction_count, 0);
}

/// Makes more documents than a store keeps in memory: none of those before are there any more.
fn forget(store: &mut Store) {
    for index in 0..300 {
        create(store, "other", &format!("box {index}"));
    }
}

#[test]
fn what_may_not_be_written_is_refused_although_it_was_prepared() {
    let mut site = open(2);
    let options = OpenOptions::memory().device(device(3)).central(true);
    let schema = std::sync::Arc::new(common::Boxes { version: 1 });
    let mut liar = Store::open(options, schema).unwrap();
    let id = liar
        .execute(NOW, &Author::default(), |txn| {
            let id = txn.new_id();
            txn.create(id, new_box("central", "list"));
            Ok(id)
        })
        .unwrap()
        .unwrap();
    let parcel = parcel(&liar, &site, id, 0);
    let prepared = prepare(&site, "central", &parcel);
    assert!(prepared.is_some(), "rights are asked when it is stored");
    let origin = Origin { central: false, ..liar.origin() };
    let ingested = ingest(&mut site, &origin, "central", parcel, prepared);
    assert_eq!(ingested.refused.iter().map(|(_, code)| *code).collect::<Vec<_>>(), ["central-only"]);
    assert!(site.reader().snapshot().unwrap().scopes().unwrap().is_empty());
}

#[test]
fn nobody_is_believed_more_for_what_was_prepared() {
    let (mut here, mut there) = (open(1), open(2));
    let id = create(&mut here, "a", "box");
    let parcel = parcel(&here, &there, id, 0);
    let prepared = prepare(&there, "a", &parcel);
    let stranger = Origin { device: device(9), ..here.origin() };
    let ingested = ingest(&mut there, &stranger, "a", parcel, prepared);
    assert_eq!(ingested.refused.iter().map(|(_, code)| *code).collect::<Vec<_>>(), ["not-author"]);
}

/// What happens at the receiver while something is prepared for it.
#[derive(Clone, Debug)]
enum Meanwhile {
    Nothing,
    /// It writes in the same box.
    Put {
        item: usize,
        amount: i64,
    },
    /// The same arrives by another way.
    Arrives,
}

#[derive(Clone, Debug)]
struct Step {
    /// Written by the sender before it sends.
    writes: Vec<(usize, i64)>,
    /// Whether the sender hears of the receiver's work first.
    hears: bool,
    meanwhile: Meanwhile,
    /// Whether the box is not in memory any more when what was prepared comes.
    forgets: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let meanwhile = prop_oneof![
        3 => Just(Meanwhile::Nothing),
        2 => (0..3usize, -5..5i64).prop_map(|(item, amount)| Meanwhile::Put { item, amount }),
        1 => Just(Meanwhile::Arrives),
    ];
    let writes = prop::collection::vec((0..3usize, -5..5i64), 0..6);
    (writes, any::<bool>(), meanwhile, any::<bool>()).prop_map(|(writes, hears, meanwhile, forgets)| Step {
        writes,
        hears,
        meanwhile,
        forgets,
    })
}

fn item(number: usize) -> String {
    format!("item {number}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Two receivers that live through the same, one of which prepares: nobody can tell them apart.
    #[test]
    fn prepared_or_not_the_store_is_the_same(steps in prop::collection::vec(step(), 1..12)) {
        let mut sender = open(1);
        let id = create(&mut sender, "a", "box");
        let mut receivers = [open(2), open(2)];
        let mut sent = 0;
        for step in steps {
            if step.hears {
                send_all(&receivers[0], &mut sender, false);
            }
            for (number, amount) in &step.writes {
                put(&mut sender, id, &item(*number), *amount);
            }
            let origin = sender.origin();
            let mut came = Vec::new();
            for (index, receiver) in receivers.iter_mut().enumerate() {
                let coming = parcel(&sender, receiver, id, sent);
                let prepared = if index == 0 { prepare(receiver, "a", &coming) } else { None };
                match &step.meanwhile {
                    Meanwhile::Nothing => {}
                    Meanwhile::Put { item: number, amount } => {
                        if receiver.reader().snapshot().unwrap().header(id).unwrap().is_some() {
                            put(receiver, id, &item(*number), *amount);
                        }
                    }
                    Meanwhile::Arrives => drop(ingest(receiver, &origin, "a", coming.clone(), None)),
                }
                if step.forgets {
                    forget(receiver);
                }
                came.push(ingest(receiver, &origin, "a", coming, prepared));
            }
            prop_assert_eq!(&came[0], &came[1]);
            sent = sender.head_seq();
        }
        let [one, other] = receivers.each_ref().map(|store| store.reader().snapshot().unwrap());
        prop_assert_eq!(one.dump_views().unwrap(), other.dump_views().unwrap());
        prop_assert_eq!(one.head_seq().unwrap(), other.head_seq().unwrap());
        for scope in one.scopes().unwrap() {
            prop_assert_eq!(one.fingerprint(&scope).unwrap(), other.fingerprint(&scope).unwrap());
            prop_assert_eq!(one.scope_log_after(&scope, 0, usize::MAX).unwrap(), other.scope_log_after(&scope, 0, usize::MAX).unwrap());
        }
        prop_assert_eq!(one.outgoing(id, 0, None).unwrap(), other.outgoing(id, 0, None).unwrap());
        for number in 0..3 {
            let key = format!("a\0{}", item(number)).into_bytes();
            prop_assert_eq!(one.totals(TOTAL, &key).unwrap(), other.totals(TOTAL, &key).unwrap());
        }
    }
}
