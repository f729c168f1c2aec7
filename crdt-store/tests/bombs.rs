//! Small inputs that would decode to something huge are refused before Automerge sees them.

use crdt_store::{VerifiedChange, VerifiedSnapshot};

/// A chunk around `body`, with whatever checksum: the scan comes first.
fn chunk(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, kind];
    let mut len = body.len();
    while len >= 0x80 {
        bytes.push((len as u8 & 0x7f) | 0x80);
        len >>= 7;
    }
    bytes.push(len as u8);
    bytes.extend_from_slice(body);
    bytes
}

/// A change of one actor with one column of the given kind and content.
fn change_with_column(kind: u8, column: &[u8]) -> Vec<u8> {
    let mut body = vec![0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 0, 0, 0, 1, 0x10 | kind, column.len() as u8];
    body.extend_from_slice(column);
    chunk(1, &body)
}

#[test]
fn a_run_length_bomb_is_refused() {
    // 10,000,000 times the value 1, as a signed LEB128 count and a value.
    let run = [0x80, 0xad, 0xe2, 0x04, 1];
    for kind in [1, 2, 3, 6] {
        let error = VerifiedChange::verify(change_with_column(kind, &run)).unwrap_err();
        assert!(error.0.contains("operations"), "{error}");
    }
    let nulls = [0, 0x80, 0xad, 0xe2, 0x04];
    assert!(VerifiedChange::verify(change_with_column(2, &nulls)).unwrap_err().0.contains("operations"));
    let flags = [0x80, 0xad, 0xe2, 0x04];
    assert!(VerifiedChange::verify(change_with_column(4, &flags)).unwrap_err().0.contains("operations"));
}

#[test]
fn a_compressed_chunk_or_column_is_refused() {
    assert!(VerifiedChange::verify(chunk(2, &[0; 20])).is_err());
    assert!(
        VerifiedChange::verify(change_with_column(0b1010, &[1, 1])).unwrap_err().0.contains("compressed")
    );
    assert!(VerifiedSnapshot::verify(chunk(1, &[0; 20])).is_err());
}

#[test]
fn truncated_and_random_bytes_are_refused() {
    let whole = change_with_column(2, &[2, 1]);
    for len in 0..whole.len() {
        assert!(VerifiedChange::verify(whole[..len].to_vec()).is_err());
        assert!(VerifiedSnapshot::verify(whole[..len].to_vec()).is_err());
    }
    let mut state = 1u64;
    for _ in 0..2_000 {
        let mut body: Vec<u8> = Vec::new();
        for _ in 0..64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            body.push((state >> 56) as u8);
        }
        assert!(VerifiedChange::verify(chunk(1, &body)).is_err());
        assert!(VerifiedSnapshot::verify(chunk(0, &body)).is_err());
    }
}
