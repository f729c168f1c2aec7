//! Frames to bytes and back, with a limit on everything.
//!
//! ```text
//! frame   length:u32   of what follows, big-endian
//!         head:u8      high four bits: format, 2; lowest bit: the body is compressed with zstd
//!         body         kind:u8, then one CBOR item
//! ```
//!
//! [`decode`] does everything that is dear and needs no store (inflating, parsing, verifying changes), so that it can
//! run on other threads than the node's.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::code;
use crate::dictionary;
use crate::frame::{
    Ack, Banner, Buckets, Check, Checked, Delta, Frame, Goaway, Hello, List, Message, Scopes, Want, Welcome,
};

/// Longest frame on the wire, in bytes without its length: sixteen times the largest we aim at, so that one
/// document that cannot be divided still fits, and little enough that 500 peers cannot fill a small machine.
pub const FRAME_BYTES_MAX: usize = 1 << 20;
/// Longest body after decompression, in bytes: the store's limit for a snapshot, and no more, whatever a peer's
/// compressor promises.
pub const BODY_BYTES_MAX: usize = (4 << 20) + 1024;
/// Bytes of the length before each frame.
pub const LENGTH_BYTES: usize = 4;
/// Most documents in one DELTA: with the smallest change (~100 bytes), four times the size we aim at.
pub const DOCUMENTS_MAX: usize = 4_096;
/// Most changes in one DELTA: a document edited every minute of a month is 43,200.
pub const CHANGES_MAX: usize = 65_536;
/// Most scopes in one frame; more go into further frames.
pub const ENTRIES_MAX: usize = 512;
/// Most refusals spelled out in one ACK; the rest are counted, and found in the other side's quarantine.
pub const REFUSALS_MAX: usize = 256;
/// Longest text (code, reason) in a frame, in bytes.
pub const TEXT_BYTES_MAX: usize = 400;
/// Most documents in one LIST, unless a single bucket has more: 240 KB, which nearly no compressor makes smaller.
pub const LIST_ITEMS_MAX: usize = 10_000;
/// Bytes of one item of a LIST: an id and eight bytes of fingerprint.
pub(crate) const LIST_ITEM_BYTES: usize = 24;

/// Bodies shorter than this are sent as they are: zstd's own header would eat what it saves.
const COMPRESS_FROM_BYTES: usize = 48;

/// Stands for the layout of bodies, and for the dictionary they are compressed with.
const FORMAT: u8 = 2;
const FLAG_ZSTD: u8 = 1;

/// Bytes that are not an acceptable frame. The connection they came on is closed with the code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct FrameError {
    /// Stable code, one of those in the `code` module, such as `frame-malformed`.
    pub code: &'static str,
    /// What exactly, for logs.
    pub detail: String,
}

impl FrameError {
    pub(crate) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// How many bytes follow these four; an error if that is more than a frame may have.
pub fn frame_length(prefix: [u8; LENGTH_BYTES]) -> Result<usize, FrameError> {
    match u32::from_be_bytes(prefix) as usize {
        len @ 2..=FRAME_BYTES_MAX => Ok(len),
        len => Err(FrameError::new(
            code::FRAME_TOO_LARGE,
            format!("{len} bytes, 2 to {FRAME_BYTES_MAX} allowed"),
        )),
    }
}

/// Reads one whole frame, its length included, as [`Transmit::Frame`](crate::Transmit) gave it to the other side.
pub fn decode(frame: &[u8]) -> Result<Frame, FrameError> {
    let (prefix, rest) = frame
        .split_first_chunk::<LENGTH_BYTES>()
        .ok_or_else(|| FrameError::new(code::FRAME_TRUNCATED, "shorter than a length"))?;
    match frame_length(*prefix)? {
        len if len == rest.len() => decode_body(rest),
        len => Err(FrameError::new(code::FRAME_TRUNCATED, format!("{} bytes, {len} announced", rest.len()))),
    }
}

/// Reads one frame without its length: what a stream reader has after [`frame_length`].
pub fn decode_body(rest: &[u8]) -> Result<Frame, FrameError> {
    if rest.len() > FRAME_BYTES_MAX {
        return Err(FrameError::new(code::FRAME_TOO_LARGE, format!("{} bytes", rest.len())));
    }
    let (head, body) =
        rest.split_first().ok_or_else(|| FrameError::new(code::FRAME_TRUNCATED, "shorter than its head"))?;
    if head >> 4 != FORMAT || head & 0b1110 != 0 {
        return Err(FrameError::new(code::FRAME_VERSION, format!("head {head:#04x}")));
    }
    let mut frame = match head & FLAG_ZSTD {
        0 => parse(body)?,
        _ => parse(&inflate(body)?)?,
    };
    frame.bytes = rest.len() + LENGTH_BYTES;
    Ok(frame)
}

fn inflate(body: &[u8]) -> Result<Vec<u8>, FrameError> {
    let malformed = |what: &str| FrameError::new(code::FRAME_MALFORMED, what);
    let len = zstd::zstd_safe::get_frame_content_size(body)
        .map_err(|_| malformed("not zstd"))?
        .and_then(|len| usize::try_from(len).ok())
        .ok_or_else(|| malformed("zstd without its length"))?;
    if len > BODY_BYTES_MAX {
        return Err(FrameError::new(
            code::FRAME_TOO_LARGE,
            format!("{len} bytes inflated, {BODY_BYTES_MAX} allowed"),
        ));
    }
    dictionary::decompress(body, len).map_err(|error| malformed(&format!("zstd: {error}")))
}

fn parse(body: &[u8]) -> Result<Frame, FrameError> {
    let (kind, cbor) =
        body.split_first().ok_or_else(|| FrameError::new(code::FRAME_TRUNCATED, "shorter than its kind"))?;
    let mut message = match *kind {
        0 => Message::Banner(item::<Banner>(cbor)?),
        1 => Message::Hello(item::<Hello>(cbor)?),
        2 => Message::Welcome(item::<Welcome>(cbor)?),
        3 => Message::Scopes(item::<Scopes>(cbor)?),
        4 => Message::Delta(item::<Delta>(cbor)?),
        5 => Message::Ack(item::<Ack>(cbor)?),
        6 => Message::Check(item::<Check>(cbor)?),
        7 => Message::Checked(item::<Checked>(cbor)?),
        8 => Message::Buckets(item::<Buckets>(cbor)?),
        9 => Message::List(item::<List>(cbor)?),
        10 => Message::Want(item::<Want>(cbor)?),
        11 => item::<()>(cbor).map(|()| Message::Ping)?,
        12 => Message::Goaway(item::<Goaway>(cbor)?),
        other => return Err(FrameError::new(code::FRAME_UNKNOWN, format!("kind {other}"))),
    };
    check_limits(&message)?;
    let (documents, seals) = match &mut message {
        Message::Delta(delta) => std::mem::take(&mut delta.documents).unpack()?,
        _ => (Vec::new(), Vec::new()),
    };
    Ok(Frame { message, documents, seals, bytes: 0 })
}

/// Exactly one CBOR item.
fn item<T: DeserializeOwned>(cbor: &[u8]) -> Result<T, FrameError> {
    let mut rest = cbor;
    let item = ciborium::from_reader(&mut rest).map_err(|error| match error {
        ciborium::de::Error::Io(_) => FrameError::new(code::FRAME_TRUNCATED, "the body ends too early"),
        other => FrameError::new(code::FRAME_MALFORMED, short(&other.to_string())),
    })?;
    match rest.len() {
        0 => Ok(item),
        extra => Err(FrameError::new(code::FRAME_MALFORMED, format!("{extra} bytes too many"))),
    }
}

fn check_limits(message: &Message) -> Result<(), FrameError> {
    let within = |what: &str, len: usize, max: usize| match len <= max {
        true => Ok(()),
        false => Err(FrameError::new(code::FRAME_LIMITS, format!("{len} {what}, at most {max}"))),
    };
    match message {
        Message::Hello(hello) => within("offers", hello.offers.len(), ENTRIES_MAX),
        Message::Welcome(Welcome { answers, offers, .. })
        | Message::Scopes(Scopes { answers, offers, .. }) => {
            within("entries", answers.len() + offers.len(), 2 * ENTRIES_MAX)
        }
        Message::Delta(delta) => match &delta.span {
            Some(span) if !(span.floor <= span.after && span.after <= span.through) => {
                Err(FrameError::new(code::FRAME_MALFORMED, "a span that runs backwards"))
            }
            _ => Ok(()),
        },
        Message::Ack(ack) => {
            within("refusals", ack.refused.len(), REFUSALS_MAX)?;
            within("states", ack.check.as_ref().map_or(0, |check| check.states.len()), ENTRIES_MAX)?;
            ack.refused
                .iter()
                .try_for_each(|refused| within("bytes of code", refused.code.len(), TEXT_BYTES_MAX))
        }
        Message::Check(check) => within("states", check.states.len(), ENTRIES_MAX),
        Message::Checked(checked) => within("verdicts", checked.verdicts.len(), ENTRIES_MAX),
        Message::Buckets(buckets) if buckets.states.len() != crdt_store::BUCKETS => {
            Err(FrameError::new(code::FRAME_MALFORMED, format!("{} buckets", buckets.states.len())))
        }
        Message::List(list) if list.items.len() % LIST_ITEM_BYTES != 0 => {
            Err(FrameError::new(code::FRAME_MALFORMED, "a list of broken items"))
        }
        Message::Goaway(goaway) => {
            within("bytes of text", goaway.code.len().max(goaway.reason.len()), TEXT_BYTES_MAX)
        }
        Message::Want(want) => within("ids", want.ids.len(), LIST_ITEMS_MAX),
        Message::Banner(_) | Message::Buckets(_) | Message::List(_) | Message::Ping => Ok(()),
    }
}

/// Cuts a text to what a frame may carry.
pub(crate) fn short(text: &str) -> String {
    let end = (0..=text.len().min(TEXT_BYTES_MAX)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text[..end].to_owned()
}

/// The whole frame, its length included; nothing if it would be longer than a frame may be.
pub(crate) fn encode(message: &Message) -> Option<Vec<u8>> {
    let body = body(message);
    if body.len() > BODY_BYTES_MAX {
        return None;
    }
    let compressed = match body.len() {
        COMPRESS_FROM_BYTES.. => dictionary::compress(&body).filter(|zstd| zstd.len() < body.len()),
        _ => None,
    };
    let (flags, body) = compressed.map_or((0, body), |zstd| (FLAG_ZSTD, zstd));
    let len = body.len() + 1;
    if len > FRAME_BYTES_MAX {
        return None;
    }
    let mut frame = Vec::with_capacity(LENGTH_BYTES + len);
    frame.extend_from_slice(&(len as u32).to_be_bytes());
    frame.push(FORMAT << 4 | flags);
    frame.extend_from_slice(&body);
    Some(frame)
}

pub(crate) fn body(message: &Message) -> Vec<u8> {
    match message {
        Message::Banner(banner) => kind_and(0, banner),
        Message::Hello(hello) => kind_and(1, hello),
        Message::Welcome(welcome) => kind_and(2, welcome),
        Message::Scopes(scopes) => kind_and(3, scopes),
        Message::Delta(delta) => kind_and(4, delta),
        Message::Ack(ack) => kind_and(5, ack),
        Message::Check(check) => kind_and(6, check),
        Message::Checked(checked) => kind_and(7, checked),
        Message::Buckets(buckets) => kind_and(8, buckets),
        Message::List(list) => kind_and(9, list),
        Message::Want(want) => kind_and(10, want),
        Message::Ping => kind_and(11, &()),
        Message::Goaway(goaway) => kind_and(12, goaway),
    }
}

fn kind_and<T: Serialize>(kind: u8, item: &T) -> Vec<u8> {
    let mut bytes = vec![kind];
    ciborium::into_writer(item, &mut bytes).expect("a frame serializes into memory");
    bytes
}

/// How many bytes an item takes in CBOR, before compression.
pub(crate) fn cbor_len<T: Serialize>(item: &T) -> usize {
    kind_and(0, item).len() - 1
}
