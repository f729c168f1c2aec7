//! Peers that stall, lie or send garbage: the connection ends with a stated code, and nothing else does.

use std::time::Duration;

use super::schema::scope;
use super::world::World;
use crate::codec::encode;
use crate::frame::{Ack, Buckets, Delta, Entry, Hello, Identity, LogId, Message, Scopes, State};
use crate::{ConnectionId, Peer, Side, code, decode};

const CENTRAL: usize = 0;
const CONN: ConnectionId = ConnectionId(500);

fn identity() -> Identity {
    let log = LogId { database: [9; 16], epoch: 1 };
    Identity { version: crate::PROTOCOL_VERSION, log, incarnation: 1, head: 0, wall: 0 }
}

fn hello(identity: Identity) -> Message {
    Message::Hello(Hello { identity, knows: None, offers: Vec::new(), more: false })
}

/// A central, and a stranger with a valid certificate who says these things.
fn tell(messages: impl IntoIterator<Item = Message>) -> World {
    let mut world = World::with_sites(1);
    world.edit(CENTRAL, "store/1", "n", "k", 1);
    world.settle();
    world.closed.clear();
    let now = world.now();
    let peer = Peer { device: crdt_store::DeviceId::from_bytes([77; 16]), central: false, name: None };
    world.node(CENTRAL).handle_connected(now, CONN, peer, Side::Accepted);
    for message in messages {
        let frame = decode(&encode(&message).expect("small")).expect("well-formed");
        world.node(CENTRAL).handle_frame(now, CONN, frame);
        world.flush_all();
    }
    world.settle();
    world
}

fn closed_with(world: &World) -> Option<&str> {
    world.closed.iter().find(|(place, _)| *place == CENTRAL).map(|(_, code)| code.as_str())
}

fn delta(number: u64) -> Message {
    Message::Delta(Delta { number, scope: scope("store/1"), span: None, left: 0, documents: Box::default() })
}

#[test]
fn whoever_speaks_out_of_turn_is_closed() {
    for first in
        [delta(1), Message::Ack(Ack { number: 0, refused_count: 0, refused: Vec::new(), check: None })]
    {
        assert_eq!(closed_with(&tell([first])), Some(code::OUT_OF_TURN));
    }
    assert_eq!(closed_with(&tell([hello(identity()), hello(identity())])), Some(code::OUT_OF_TURN));
    assert_eq!(
        closed_with(&tell([hello(identity()), delta(2)])),
        Some(code::OUT_OF_TURN),
        "a DELTA is missing"
    );
    assert_eq!(closed_with(&tell([hello(identity()), delta(1), delta(2)])), None);
}

#[test]
fn another_protocol_version_is_closed_with_its_code() {
    let world = tell([hello(Identity { version: 99, ..identity() })]);
    assert_eq!(closed_with(&world), Some(code::PROTOCOL_VERSION));
}

#[test]
fn absurd_numbers_of_lives_are_not_believed() {
    for incarnation in [0, u32::MAX] {
        let world = tell([hello(Identity { incarnation, ..identity() })]);
        assert_eq!(closed_with(&world), Some(code::INCARNATION_OUT_OF_RANGE));
    }
}

#[test]
fn what_was_never_sent_cannot_be_acknowledged() {
    let ack = Message::Ack(Ack { number: 1_000, refused_count: 0, refused: Vec::new(), check: None });
    assert_eq!(closed_with(&tell([hello(identity()), ack])), Some(code::ACK_OUT_OF_RANGE));
}

#[test]
fn scopes_without_number_are_not_taken() {
    let offers = |part: u32| {
        let entry = |number: u32| {
            Entry::new(
                scope(&format!("made-up/{part}/{number}")),
                None,
                Some(crdt_store::Fingerprint::default()),
                false,
            )
        };
        Message::Scopes(Scopes {
            head: 0,
            answers: Vec::new(),
            offers: (0..512).map(entry).collect(),
            more: true,
        })
    };
    let world = tell([hello(identity())].into_iter().chain((0..10).map(offers)));
    assert_eq!(closed_with(&world), Some(code::TOO_MANY_SCOPES));
}

#[test]
fn a_stranger_learns_nothing_of_scopes_it_asks_for() {
    let offer = Entry::new(scope("store/1"), None, Some(crdt_store::Fingerprint::default()), false);
    let offers = Message::Scopes(Scopes { head: 0, answers: Vec::new(), offers: vec![offer], more: false });
    let buckets = Message::Buckets(Buckets {
        scope: scope("store/1"),
        round: 1,
        states: vec![State(crdt_store::Fingerprint::default()); crdt_store::BUCKETS],
    });
    let want = Message::Want(crate::frame::Want {
        scope: scope("store/1"),
        round: 1,
        ids: vec![super::world::note_id("store/1", "n")],
    });
    let world = tell([hello(identity()), offers, buckets, want]);
    assert_eq!(closed_with(&world), None);
    let peer = world.status(CENTRAL).peer(crdt_store::DeviceId::from_bytes([77; 16])).cloned().expect("met");
    assert_eq!(peer.documents_out, 0, "nothing of store/1; and `ref` waits for an answer to its offer");
    assert!(world.wire.iter().all(|seen| seen.kind != "LIST"));
}

#[test]
fn a_peer_that_compares_without_end_is_closed() {
    let state = crdt_store::Fingerprint { count: 1, sum: 1 };
    let answer = Entry::new(scope("ref"), None, Some(state), false);
    let answers = Message::Scopes(Scopes { head: 0, answers: vec![answer], offers: Vec::new(), more: false });
    let buckets = |round| {
        let states = vec![State(state); crdt_store::BUCKETS];
        Message::Buckets(Buckets { scope: scope("ref"), round, states })
    };
    let world = tell([hello(identity()), answers].into_iter().chain((1..100).map(buckets)));
    assert_eq!(closed_with(&world), Some(code::TOO_MANY_ROUNDS));
}

#[test]
fn garbage_closes_the_connection_with_a_code_and_is_counted() {
    let mut world = World::with_sites(1);
    world.cut(1, CENTRAL);
    let conn = world.connect(1, CENTRAL);
    world.settle();
    world.deliver_garbage(CENTRAL, conn, b"\0\0\0\x05hello");
    world.settle();
    assert_eq!(closed_with(&world), Some(code::FRAME_VERSION));
    assert_eq!(world.status(CENTRAL).frames_refused, 1);
    assert_eq!(world.peer(CENTRAL, 1).last_error.expect("shown").code, code::FRAME_VERSION);
    assert!(!world.is_connected(1, CENTRAL));
    world.connect(1, CENTRAL);
    world.settle();
    assert!(world.both_in_sync(1, CENTRAL), "and the next connection works");
}

#[test]
fn a_peer_that_never_acknowledges_is_given_up() {
    let answer = Entry::new(scope("ref"), None, Some(crdt_store::Fingerprint::default()), false);
    let answers = Message::Scopes(Scopes { head: 0, answers: vec![answer], offers: Vec::new(), more: false });
    let mut world = tell([hello(identity()), answers]);
    for _ in 0..40 {
        world.run_for(Duration::from_secs(10));
        let now = world.now();
        let ping = decode(&encode(&Message::Ping).expect("small")).expect("well-formed");
        world.node(CENTRAL).handle_frame(now, CONN, ping);
    }
    assert_eq!(closed_with(&world), Some(code::STALLED));
}
