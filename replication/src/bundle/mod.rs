//! A bundle: what one node has for another, as a signed file that somebody carries.
//!
//! ```text
//! magic      16 bytes   "tributary/bundle"
//! format     u8         1
//! header     length:u32, then one CBOR item: [from, certificate, to, made]
//! frames     each as on the wire (see `docs/PROTOCOL.md`): HELLO, SCOPES…, DELTA…
//! end        u32 0, which no frame begins with; then the number of frames:u32
//! signature  64 bytes   Ed25519, by the key of the certificate, over 32 bytes of BLAKE3 of everything before
//! ```
//!
//! Numbers are big-endian. Nothing here knows of keys: [`Writer::finish`] is given a way to sign, and a [`Bundle`] says
//! what is to be verified. What the frames say is the affair of the session (`session::bundle`), what becomes
//! of it that of the node (`node::bundles`).
//!
//! A bundle is held in memory whole: its signature stands at its end, and nothing of it may be believed before that has
//! been verified; and what was verified must be what is taken in, even if the stick is pulled out meanwhile. Hence
//! [`BUNDLE_BYTES_MAX`].

mod error;
mod export;

use std::ops::Range;

use crdt_store::{DeviceId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

pub use error::BundleError;
pub use export::Export;
pub(crate) use export::Made;

use crate::code;
use crate::codec::{LENGTH_BYTES, decode, frame_length};
use crate::frame::{Frame, Message};

/// Longest bundle, in bytes: a million documents, at some fifty bytes each. What does not fit follows in the next one, after
/// the other side has acknowledged this one.
pub const BUNDLE_BYTES_MAX: usize = 64 << 20;
/// How its file is called, after the dot.
pub const BUNDLE_EXTENSION: &str = "tributary";
/// The bytes by which such a file is known.
pub const MAGIC: &[u8; 16] = b"tributary/bundle";

const FORMAT: u8 = 1;
/// A header has a certificate of half a kilobyte in it, and little else.
const HEADER_BYTES_MAX: usize = 16 << 10;
const SIGNATURE_BYTES: usize = 64;
/// What stands behind the frames.
const END_BYTES: usize = 2 * LENGTH_BYTES + SIGNATURE_BYTES;
/// Keeps what is signed here apart from anything else that the same key may sign.
const HASH_CONTEXT: &str = "tributary 2026 a bundle of frames for another node";

/// Who made a bundle, for whom, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The device that made it.
    pub from: DeviceId,
    /// Its certificate, DER.
    pub certificate: Vec<u8>,
    /// The device that it is for.
    pub to: DeviceId,
    /// When it was made, by the clock of the device that made it: for people only.
    pub made: Timestamp,
}

/// The header as an array: fields by position.
#[derive(Serialize, Deserialize)]
struct HeaderRow(DeviceId, ByteBuf, DeviceId, i64);

/// A bundle that is being written.
pub struct Writer {
    bytes: Vec<u8>,
    frames: u32,
}

impl Writer {
    /// A bundle with no frame in it yet.
    pub fn new(header: &Header) -> Self {
        let Header { from, certificate, to, made } = header;
        let row = HeaderRow(*from, ByteBuf::from(certificate.clone()), *to, made.as_millis());
        let mut cbor = Vec::new();
        ciborium::into_writer(&row, &mut cbor).expect("a header serializes into memory");
        let mut bytes = [MAGIC.as_slice(), &[FORMAT]].concat();
        bytes.extend_from_slice(&(cbor.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&cbor);
        Self { bytes, frames: 0 }
    }

    /// How many more bytes of frames fit.
    pub fn room(&self) -> usize {
        BUNDLE_BYTES_MAX.saturating_sub(self.bytes.len() + END_BYTES)
    }

    /// Puts a frame behind the others, its length included.
    pub fn put(&mut self, frame: &[u8]) {
        self.bytes.extend_from_slice(frame);
        self.frames += 1;
    }

    /// Frames one behind the other, for tests that take them from another file.
    #[cfg(test)]
    pub(crate) fn put_all(&mut self, frames: &[u8], count: usize) {
        self.bytes.extend_from_slice(frames);
        self.frames += count as u32;
    }

    /// The whole file; `sign` is given the 32 bytes that the signature is over.
    pub fn finish<E>(mut self, sign: impl FnOnce(&[u8; 32]) -> Result<Vec<u8>, E>) -> Result<Vec<u8>, E> {
        self.bytes.extend_from_slice(&[0; LENGTH_BYTES]);
        self.bytes.extend_from_slice(&self.frames.to_be_bytes());
        let signature = sign(&digest(&self.bytes))?;
        self.bytes.extend_from_slice(&signature);
        Ok(self.bytes)
    }
}

fn digest(signed: &[u8]) -> [u8; 32] {
    *blake3::Hasher::new_derive_key(HASH_CONTEXT).update(signed).finalize().as_bytes()
}

/// A file that looks like a bundle. Nothing of it is to be believed before its signature is verified.
#[derive(Debug)]
pub struct Bundle {
    file: Vec<u8>,
    header: Header,
    frames: Vec<Range<usize>>,
    /// Where what is signed ends, and the signature begins.
    signed: usize,
}

impl Bundle {
    /// Takes a file apart.
    ///
    /// # Errors
    /// When it is something else, of another format, longer than allowed, or cut short.
    pub fn read(file: Vec<u8>) -> Result<Self, BundleError> {
        if file.len() > BUNDLE_BYTES_MAX {
            let detail = format!("longer than {} MiB", BUNDLE_BYTES_MAX >> 20);
            return Err(BundleError::new(code::BUNDLE_TOO_LARGE, detail));
        }
        let rest = file.strip_prefix(MAGIC.as_slice()).ok_or_else(|| not_one(&file))?;
        let (format, mut rest) = rest.split_first().ok_or_else(truncated)?;
        if *format != FORMAT {
            return Err(BundleError::new(code::BUNDLE_VERSION, format!("format {format} of bundles")));
        }
        let header = header_of(take(&mut rest, HEADER_BYTES_MAX)?)?;
        let frames = frames_of(file.len() - rest.len(), &mut rest)?;
        let signed = file.len() - rest.len();
        match rest.len() {
            SIGNATURE_BYTES => Ok(Self { header, frames, signed, file }),
            0..SIGNATURE_BYTES => Err(truncated()),
            _ => Err(damaged("there is something behind its end")),
        }
    }

    /// Who says to have made it, and for whom.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What the signature is over.
    pub fn digest(&self) -> [u8; 32] {
        digest(&self.file[..self.signed])
    }

    /// The signature.
    pub fn signature(&self) -> &[u8] {
        &self.file[self.signed..]
    }

    /// Its length, in bytes.
    pub fn file_bytes(&self) -> usize {
        self.file.len()
    }

    /// How many frames it holds.
    pub fn frame_count(&self) -> usize {
        self.frames.len()
    }

    /// All of its frames as they stand in the file.
    #[cfg(test)]
    pub(crate) fn raw_frames(&self) -> &[u8] {
        match (self.frames.first(), self.frames.last()) {
            (Some(first), Some(last)) => &self.file[first.start..last.end],
            _ => &[],
        }
    }

    /// One of its frames, read and verified as far as that needs no store; nothing behind the last.
    pub fn frame(&self, index: usize) -> Option<Result<Frame, BundleError>> {
        let frame = self.frames.get(index)?.clone();
        Some(decode(&self.file[frame]).map_err(BundleError::from))
    }

    /// Reads every frame, so that nothing is found wrong with one when others have been taken in already; what they hold.
    ///
    /// # Errors
    /// When a frame cannot be read, has no place in a bundle, or is of another version of the protocol.
    pub fn survey(&self) -> Result<Survey, BundleError> {
        let mut survey = Survey::default();
        let mut index = 0;
        while let Some(frame) = self.frame(index) {
            let frame = frame?;
            survey.documents += frame.documents() as u64;
            check_place(index, &frame.message)?;
            index += 1;
        }
        match index {
            0 => Err(damaged("it says nothing")),
            _ => Ok(survey),
        }
    }
}

/// HELLO comes first and says what can be believed; then SCOPES and DELTAs.
fn check_place(index: usize, message: &Message) -> Result<(), BundleError> {
    match (index, message) {
        (0, Message::Hello(hello)) => crate::session::believable(&hello.identity)
            .map_err(|violation| BundleError::new(violation.code, violation.detail)),
        (0, _) => Err(BundleError::new(code::OUT_OF_TURN, "it does not begin with HELLO")),
        (_, Message::Scopes(_) | Message::Delta(_)) => Ok(()),
        (_, other) => {
            let detail = format!("{} has no place in a bundle", other.kind());
            Err(BundleError::new(code::OUT_OF_TURN, detail))
        }
    }
}

/// What the frames of a bundle hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Documents, or parts of them.
    pub documents: u64,
}

/// The next part, after its length.
fn take<'a>(rest: &mut &'a [u8], len_max: usize) -> Result<&'a [u8], BundleError> {
    let (prefix, after) = rest.split_first_chunk::<LENGTH_BYTES>().ok_or_else(truncated)?;
    let len = u32::from_be_bytes(*prefix) as usize;
    if len > len_max {
        return Err(damaged("a part of it is too long"));
    }
    let (part, after) = after.split_at_checked(len).ok_or_else(truncated)?;
    *rest = after;
    Ok(part)
}

fn header_of(cbor: &[u8]) -> Result<Header, BundleError> {
    let mut rest = cbor;
    let row: Result<HeaderRow, _> = ciborium::from_reader(&mut rest);
    match row {
        Ok(HeaderRow(from, certificate, to, made)) if rest.is_empty() => {
            let made = Timestamp::from_millis(made);
            Ok(Header { from, certificate: certificate.into_vec(), to, made })
        }
        _ => Err(damaged("its header cannot be read")),
    }
}

/// Where the frames up to the end mark are, each with its length; the first one begins at `at`.
fn frames_of(mut at: usize, rest: &mut &[u8]) -> Result<Vec<Range<usize>>, BundleError> {
    let mut frames = Vec::new();
    loop {
        let (prefix, after) = rest.split_first_chunk::<LENGTH_BYTES>().ok_or_else(truncated)?;
        if *prefix == [0; LENGTH_BYTES] {
            let (count, after) = after.split_first_chunk::<LENGTH_BYTES>().ok_or_else(truncated)?;
            *rest = after;
            return match u32::from_be_bytes(*count) as usize == frames.len() {
                true => Ok(frames),
                false => Err(damaged("frames are missing in it")),
            };
        }
        let len = frame_length(*prefix).map_err(|_| damaged("a frame of it is too long"))?;
        let (_, after) = after.split_at_checked(len).ok_or_else(truncated)?;
        frames.push(at..at + LENGTH_BYTES + len);
        at += LENGTH_BYTES + len;
        *rest = after;
    }
}

/// What is not a bundle; or the beginning of one, and no more.
fn not_one(file: &[u8]) -> BundleError {
    match !file.is_empty() && MAGIC.starts_with(file) {
        true => truncated(),
        false => BundleError::new(code::NOT_A_BUNDLE, "it does not begin as a bundle does"),
    }
}

fn truncated() -> BundleError {
    BundleError::new(code::BUNDLE_TRUNCATED, "it ends too early")
}

fn damaged(detail: &str) -> BundleError {
    BundleError::new(code::BUNDLE_TAMPERED, detail)
}
