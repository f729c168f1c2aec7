//! Frames to bytes and back; and whatever comes from a wire is a frame or an error with a code, never a panic.

use crdt_store::Outgoing;
use proptest::prelude::*;

use super::schema::scope;
use crate::codec::{BODY_BYTES_MAX, FRAME_BYTES_MAX, encode};
use crate::frame::{Cursor, Delta, Goaway, Message, Span, Want};
use crate::packing::pack;
use crate::{code, decode, frame_length};

fn want(ids: usize) -> Message {
    let id = |index: usize| crdt_store::DocumentId::NIL.derived(&index.to_string());
    Message::Want(Want { scope: scope("s"), round: 1, ids: (0..ids).map(id).collect() })
}

fn framed(head: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = ((body.len() + 1) as u32).to_be_bytes().to_vec();
    frame.push(head);
    frame.extend_from_slice(body);
    frame
}

fn code_of(bytes: &[u8]) -> &'static str {
    decode(bytes).map(|frame| frame.kind()).expect_err("not a frame").code
}

#[test]
fn what_is_said_is_heard() {
    let goaway = |text: &str| {
        Message::Goaway(Goaway { code: "c".into(), reason: text.into(), retry_after_millis: Some(5) })
    };
    for message in [Message::Ping, goaway("short"), goaway(&"long ".repeat(70)), want(0), want(500)] {
        let bytes = encode(&message).expect("small");
        let frame = decode(&bytes).expect("a frame");
        assert_eq!(frame.message, message);
        assert_eq!(frame.wire_bytes(), bytes.len());
    }
}

#[test]
fn long_bodies_are_compressed() {
    let text =
        Message::Goaway(Goaway { code: "c".into(), reason: "a".repeat(390), retry_after_millis: None });
    assert!(encode(&text).expect("small").len() < 60);
}

#[test]
fn every_fault_has_its_code() {
    let ping = encode(&Message::Ping).expect("small");
    assert_eq!(code_of(&[]), code::FRAME_TRUNCATED);
    assert_eq!(code_of(&ping[..ping.len() - 1]), code::FRAME_TRUNCATED);
    assert_eq!(code_of(&(FRAME_BYTES_MAX as u32 + 1).to_be_bytes()), code::FRAME_TOO_LARGE);
    assert_eq!(code_of(&[0, 0, 0, 0]), code::FRAME_TOO_LARGE);
    assert_eq!(code_of(&framed(0x10, &[11, 0xf6])), code::FRAME_VERSION);
    assert_eq!(code_of(&framed(0x22, &[11, 0xf6])), code::FRAME_VERSION, "an unknown flag");
    assert_eq!(code_of(&framed(0x20, &[200, 0xf6])), code::FRAME_UNKNOWN);
    assert_eq!(code_of(&framed(0x20, &[4, 0x85, 1])), code::FRAME_TRUNCATED);
    assert_eq!(code_of(&framed(0x20, &[4, 0x61, b'x'])), code::FRAME_MALFORMED);
    assert_eq!(code_of(&framed(0x20, &[11, 0xf6, 0])), code::FRAME_MALFORMED, "bytes behind the item");
    assert_eq!(code_of(&framed(0x21, b"not zstd")), code::FRAME_MALFORMED);
    assert_eq!(code_of(&encode(&want(10_001)).expect("within a megabyte")), code::FRAME_LIMITS);
    assert_eq!(frame_length([0xff; 4]).expect_err("too long").code, code::FRAME_TOO_LARGE);
}

#[test]
fn a_decompression_bomb_is_not_inflated() {
    let bomb = zstd::bulk::compress(&vec![0; BODY_BYTES_MAX + 1], 19).expect("compresses");
    assert!(bomb.len() < 1_000);
    assert_eq!(code_of(&framed(0x21, &bomb)), code::FRAME_TOO_LARGE);
}

#[test]
fn a_change_that_is_not_what_it_claims_is_refused_before_it_reaches_a_store() {
    let bytes = b"\x85\x6f\x4a\x83 no change".to_vec();
    let change = Outgoing { changes: vec![bytes.clone()], ..Outgoing::default() };
    let snapshot = Outgoing { snapshot: Some(bytes), ..Outgoing::default() };
    for outgoing in [change, snapshot] {
        let documents = pack(&[(crdt_store::DocumentId::NIL, outgoing)]);
        let delta = Delta { number: 1, scope: scope("s"), span: None, left: 0, documents };
        assert_eq!(code_of(&encode(&Message::Delta(delta)).expect("small")), code::INVALID_CHANGE);
    }
}

#[test]
fn a_span_runs_forwards() {
    let span = Span { floor: 5, after: 4, through: 9, complete: false };
    let delta = Delta { number: 1, scope: scope("s"), span: Some(span), left: 0, documents: Box::default() };
    assert_eq!(code_of(&encode(&Message::Delta(delta)).expect("small")), code::FRAME_MALFORMED);
}

proptest! {
    #[test]
    fn bytes_from_anywhere_are_a_frame_or_an_error(body in prop::collection::vec(any::<u8>(), 0..300), head in any::<u8>()) {
        let _ = decode(&body);
        let _ = decode(&framed(head, &body));
        for kind in 0..13 {
            let _ = decode(&framed(0x20, &[&[kind], body.as_slice()].concat()));
        }
    }

    #[test]
    fn a_flipped_bit_is_a_frame_or_an_error(position in any::<prop::sample::Index>(), bit in 0..8u8) {
        let mut bytes = encode(&want(50)).expect("small");
        let index = position.index(bytes.len());
        bytes[index] ^= 1 << bit;
        let _ = decode(&bytes);
    }

    #[test]
    fn a_cursor_keeps_its_two_positions(floor in any::<u32>(), more in any::<u32>()) {
        let cursor = Cursor { floor: u64::from(floor), through: u64::from(floor) + u64::from(more) };
        let mut bytes = Vec::new();
        ciborium::into_writer(&cursor, &mut bytes).unwrap();
        prop_assert_eq!(ciborium::from_reader::<Cursor, _>(bytes.as_slice()).unwrap(), cursor);
    }
}
