//! What is packed comes out the same, byte for byte; what is not that is refused, and never costs more than it may.

use std::convert::Infallible;

use proptest::prelude::*;

use crdt_store::{Chain, ChainEntry, SEAL_ENTRIES_MAX, Scope, Seal, Sealer, SigningKey};

use super::*;

/// A change to be made up.
#[derive(Clone, Debug)]
struct Made {
    /// What it depends on: how far back, of all changes of the document made up before it.
    back: Vec<usize>,
    actor: u8,
    sequence: u64,
    first_operation: u64,
    time: i64,
    message: String,
    others: Vec<u8>,
    /// Bytes behind its (empty) columns, which Automerge keeps as they are.
    rest: Vec<u8>,
}

fn made() -> impl Strategy<Value = Made> {
    let back = prop_oneof![5 => Just(vec![0]), 2 => prop::collection::vec(0..6usize, 0..4)];
    let number = prop_oneof![6 => 1..40u64, 1 => 1..u64::from(u32::MAX)];
    let time = prop_oneof![6 => 1_700_000_000..1_800_000_000i64, 1 => any::<i64>()];
    let fields = (0..4u8, number.clone(), number, time, ".{0,40}", prop::collection::vec(0..4u8, 0..3));
    (back, fields, prop::collection::vec(any::<u8>(), 0..60)).prop_map(
        |(back, (actor, sequence, first_operation, time, message, others), rest)| Made {
            back,
            actor,
            sequence,
            first_operation,
            time,
            message,
            others,
            rest,
        },
    )
}

fn actor(number: u8) -> Actor {
    Actor::from_bytes([number + 1; 8])
}

/// A document's history: bytes and hashes, causes first.
fn history(made: &[Made]) -> Vec<(Vec<u8>, ChangeHash)> {
    let mut history: Vec<(Vec<u8>, ChangeHash)> = Vec::new();
    for one in made {
        let mut dependencies: Vec<ChangeHash> = one
            .back
            .iter()
            .filter_map(|back| Some(history[history.len().checked_sub(1 + back)?].1))
            .collect();
        dependencies.sort_unstable();
        dependencies.dedup();
        let operations = [&[0], one.rest.as_slice()].concat();
        let parts = ChangeParts {
            dependencies,
            actor: actor(one.actor),
            sequence: one.sequence,
            first_operation: one.first_operation,
            time: one.time,
            message: one.message.as_bytes(),
            other_actors: one.others.iter().copied().map(actor).collect(),
            operations: &operations,
        };
        history.push(parts.assemble());
    }
    history
}

fn id(number: usize) -> DocumentId {
    DocumentId::NIL.derived(&number.to_string())
}

fn changes_of(document: &[(Vec<u8>, ChangeHash)]) -> Outgoing {
    Outgoing { changes: document.iter().map(|(bytes, _)| bytes.clone()).collect(), ..Outgoing::default() }
}

/// A plain history: each change continues the one before.
fn plain(count: usize) -> Vec<(Vec<u8>, ChangeHash)> {
    let one = |index: usize| Made {
        back: vec![0],
        actor: 0,
        sequence: index as u64 + 1,
        first_operation: 10 * index as u64 + 1,
        time: 1_750_000_000 + index as i64,
        message: "u:0190f3a0-7c55-7000-8000-0123456789ab".to_owned(),
        others: Vec::new(),
        rest: b"a few columns".to_vec(),
    };
    history(&(0..count).map(one).collect::<Vec<_>>())
}

fn built(arrived: Arrived, held: &[ChangeHash]) -> Result<IncomingDocument, Unbuilt> {
    let find = |_, prefixes: &BTreeSet<Prefix>| {
        let named = held.iter().map(|hash| (beginning(hash), *hash));
        Ok::<_, Infallible>(named.filter(|(prefix, _)| prefixes.contains(prefix)).collect())
    };
    match arrived.build(find) {
        Ok(built) => built.map(|(document, _)| document),
        Err(never) => match never {},
    }
}

fn total(packed: &Packed) -> usize {
    let mut bytes = Vec::new();
    ciborium::into_writer(packed, &mut bytes).expect("into memory");
    bytes.len()
}

#[test]
fn a_change_that_continues_another_takes_what_it_says_and_little_more() {
    let document = plain(11);
    let documents = [(id(0), changes_of(&document[1..]))];
    let raw: usize = document[1..].iter().map(|(bytes, _)| bytes.len()).sum();
    let packed = total(&pack(&documents));
    // Thirteen bytes of columns and one for their number; the note, the id and two beginnings of hashes once.
    assert!(packed < 10 * (14 + 8) + 38 + 16 + 16 + 8 + 30, "{packed} bytes");
    assert!(packed * 3 < raw, "{packed} of {raw} bytes");
}

#[test]
fn a_seal_of_what_travels_with_it_takes_its_signature_and_little_more() {
    let document = plain(20);
    let documents = [(id(0), changes_of(&document))];
    let bare = pack(&documents).len();
    let entries: Vec<(bool, usize)> = (0..5).map(|index| (true, index)).collect();
    let mut seals = sealed(&entries, std::slice::from_ref(&document));
    seals[0].tells_identity = false;
    let sealed = Packing::of(&documents).finish(&seals).len();
    // Author in the table, author, through, count, five places, signature.
    assert_eq!(sealed - bare, 8 + 3 + 5 + 64);
}

#[test]
fn what_is_not_held_leaves_the_document_unbuilt() {
    let document = plain(3);
    let packed = pack(&[(id(0), changes_of(&document[2..]))]);
    let arrived = packed.unpack().expect("well-formed").0.pop().expect("one");
    assert!(matches!(built(arrived, &[document[0].1]), Err(Unbuilt::Incomplete)));
}

#[test]
fn another_change_with_the_same_beginning_of_its_hash_is_found_out() {
    let document = plain(3);
    let mut other = document[1].1;
    other.0[PREFIX_BYTES] ^= 1;
    let packed = pack(&[(id(0), changes_of(&document[2..]))]);
    let arrived = packed.unpack().expect("well-formed").0.pop().expect("one");
    assert!(matches!(built(arrived, &[other]), Err(Unbuilt::Incomplete)));
}

#[test]
fn a_change_that_cannot_be_stripped_goes_as_it_is_and_others_may_continue_it() {
    let document = plain(3);
    let mut packed = Packed::default();
    packed.ids.extend_from_slice(id(0).as_bytes());
    packed.put_document(0, 1);
    packed.put_raw(&document[0].0);
    let arrived = packed.unpack().expect("well-formed").0.pop().expect("one");
    let incoming = built(arrived, &[]).expect("complete");
    assert_eq!(incoming.changes[0].bytes(), document[0].0);
}

#[test]
fn a_few_bytes_cannot_become_many() {
    let mut packed = Packed::default();
    packed.ids.extend_from_slice(id(0).as_bytes());
    let message = vec![b'x'; 1 << 20];
    let changes: Vec<Made> = (0..20)
        .map(|index| Made {
            back: vec![],
            actor: 0,
            sequence: index,
            first_operation: 1,
            time: 0,
            message: String::from_utf8(message.clone()).expect("ascii"),
            others: vec![],
            rest: vec![],
        })
        .collect();
    let documents = [(id(0), changes_of(&history(&changes)))];
    let packed = pack(&documents);
    assert!(total(&packed) < 2 << 20, "the note is in it once");
    assert_eq!(packed.unpack().expect_err("twenty megabytes").code, code::FRAME_LIMITS);
}

/// Seals over some changes of two documents: some in the frame, some not.
fn sealed(entries: &[(bool, usize)], histories: &[Vec<(Vec<u8>, ChangeHash)>]) -> Vec<OutgoingSeal> {
    let key = SigningKey::from_seed(&[4; 32]);
    let sealer = Sealer { key: key.public(), incarnation: 1 };
    let scope = Scope::new(b"store").expect("a scope");
    let entry = |(within, index): &(bool, usize)| {
        let document = index % histories.len();
        let history = &histories[document];
        match within {
            true => ChainEntry::of(id(document), history[index % history.len()].1),
            false => ChainEntry([*index as u8; 32]),
        }
    };
    let mut base = 0;
    let mut seals = Vec::new();
    for (number, part) in entries.chunks(SEAL_ENTRIES_MAX.min(5)).enumerate() {
        let entries: BTreeSet<ChainEntry> = part.iter().map(entry).collect();
        let entries = Vec::from_iter(entries);
        let count = entries.len() as u64;
        let seal = Seal {
            sealer,
            scope: scope.clone(),
            base,
            base_chain: Chain([number as u8; 32]),
            entries,
            signature: [number as u8; 64],
        };
        base += count;
        seals.push(OutgoingSeal { seal, tells_identity: number == 0, tells_base: number % 2 == 1 });
    }
    seals
}

proptest! {
    #[test]
    fn every_seal_comes_out_as_it_went_in(
        made in prop::collection::vec(prop::collection::vec(made(), 1..6), 1..4),
        entries in prop::collection::vec((any::<bool>(), 0..24usize), 1..24),
    ) {
        let histories: Vec<_> = made.iter().map(|made| history(made)).collect();
        let documents: Vec<(DocumentId, Outgoing)> =
            histories.iter().enumerate().map(|(index, history)| (id(index), changes_of(history))).collect();
        let seals = sealed(&entries, &histories);
        let packed = Packing::of(&documents).finish(&seals);
        let (arrived, arrived_seals) = packed.unpack().expect("well-formed");
        let mut places = Places::default();
        for arrived in arrived {
            places.list(&built(arrived, &[]).expect("complete"));
        }
        prop_assert_eq!(arrived_seals.len(), seals.len());
        for (arrived, OutgoingSeal { seal, tells_identity, tells_base }) in arrived_seals.iter().zip(&seals) {
            prop_assert_eq!(arrived.actor, seal.sealer.actor());
            prop_assert_eq!(arrived.identity, tells_identity.then_some(seal.sealer));
            prop_assert_eq!(arrived.base_chain, tells_base.then_some(seal.base_chain));
            prop_assert_eq!((arrived.through, arrived.signature), (seal.through(), seal.signature));
            let entries: Option<Vec<ChainEntry>> = arrived
                .entries
                .iter()
                .map(|listed| match listed {
                    Listed::Raw(entry) => Some(*entry),
                    Listed::At(place) => places.at(*place),
                })
                .collect();
            prop_assert_eq!(entries.as_ref(), Some(&seal.entries));
        }
    }

    #[test]
    fn every_history_comes_out_byte_for_byte(
        made in prop::collection::vec(prop::collection::vec(made(), 1..12), 1..6),
        held in prop::collection::vec(0..6usize, 6),
    ) {
        let histories: Vec<_> = made.iter().map(|made| history(made)).collect();
        let cut = |index: usize| held[index].min(histories[index].len());
        let documents: Vec<(DocumentId, Outgoing)> = histories
            .iter()
            .enumerate()
            .map(|(index, history)| (id(index), changes_of(&history[cut(index)..])))
            .collect();
        let packed = pack(&documents);
        let mut bytes = Vec::new();
        ciborium::into_writer(&packed, &mut bytes).unwrap();
        let read: Packed = ciborium::from_reader(bytes.as_slice()).unwrap();
        prop_assert_eq!(&read, &*packed);
        let (arrived, _) = read.unpack().expect("well-formed");
        prop_assert_eq!(arrived.len(), documents.len());
        for (index, arrived) in arrived.into_iter().enumerate() {
            let known: Vec<ChangeHash> = histories[index][..cut(index)].iter().map(|(_, hash)| *hash).collect();
            let incoming = built(arrived, &known).expect("all that is needed is held");
            prop_assert_eq!(incoming.id, id(index));
            let got: Vec<&[u8]> = incoming.changes.iter().map(VerifiedChange::bytes).collect();
            let sent: Vec<&[u8]> = documents[index].1.changes.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(got, sent);
        }
    }

    /// Whatever a peer changes in it: the same documents, an error, or a document that cannot be put together; a change
    /// that comes out is one that its own hash proves.
    #[test]
    fn what_was_tampered_with_is_refused_or_is_another_change(
        made in prop::collection::vec(made(), 1..8),
        stream in 0..14usize,
        position in any::<prop::sample::Index>(),
        bit in 0..8u8,
    ) {
        let history = history(&made);
        let packed = pack(&[(id(0), changes_of(&history))]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&packed, &mut bytes).unwrap();
        let index = position.index(bytes.len());
        bytes[index.saturating_sub(stream)] ^= 1 << bit;
        if let Ok(read) = ciborium::from_reader::<Packed, _>(bytes.as_slice())
            && let Ok((arrived, _)) = read.unpack()
        {
            let known: Vec<ChangeHash> = history.iter().map(|(_, hash)| *hash).collect();
            for arrived in arrived {
                if let Ok(incoming) = built(arrived, &known) {
                    for change in &incoming.changes {
                        prop_assert!(VerifiedChange::verify(change.bytes().to_vec()).is_ok());
                    }
                }
            }
        }
    }

    #[test]
    fn any_streams_are_documents_or_an_error(streams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 14)) {
        let mut bytes = Vec::new();
        let streams: Vec<serde_bytes::ByteBuf> = streams.into_iter().map(serde_bytes::ByteBuf::from).collect();
        ciborium::into_writer(&streams, &mut bytes).unwrap();
        let read: Packed = ciborium::from_reader(bytes.as_slice()).unwrap();
        let _ = read.unpack();
    }
}
