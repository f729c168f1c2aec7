//! Compression of frames, with a dictionary that knows what this project's documents look like.
//!
//! A frame of one small edit has nothing in itself that repeats; against the dictionary it has. Each frame is compressed
//! alone: it can be read on any thread, after any cut, and 5,000 idle connections hold no compressor's memory.
//!
//! The dictionary is trained on what simulated countries write ([`samples`], [`train`]; `tributary bench --train`) and
//! is part of the program: both ends must have the same, so another one is another frame format.

use std::cell::RefCell;
use std::io;
use std::sync::LazyLock;

use crdt_store::{Outgoing, Snapshot, StoreError};
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::CParameter;

use crate::codec;
use crate::frame::{Delta, Message, Span};
use crate::packing::pack;

/// Compression level: the best below which a 64 KiB frame costs under a millisecond on a tablet.
const LEVEL: i32 = 3;
/// Bytes of a trained dictionary: twice as many win a hundredth.
const DICTIONARY_BYTES: usize = 32 << 10;
/// Latest changes of a document that each make a sample.
const LATEST_CHANGES: usize = 4;

static BYTES: &[u8] = include_bytes!("dictionary.zdict");
static ENCODER: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(BYTES, LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(BYTES));

thread_local! {
    // Making one takes longer than using it on a small frame.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

fn compressor() -> io::Result<Compressor<'static>> {
    let mut compressor = Compressor::with_prepared_dictionary(&ENCODER)?;
    // Both ends know which one it is.
    compressor.set_parameter(CParameter::DictIdFlag(false))?;
    Ok(compressor)
}

/// The body, compressed; nothing if that fails, and it goes as it is.
pub(crate) fn compress(body: &[u8]) -> Option<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|slot| {
        let compressor = match slot {
            Some(compressor) => compressor,
            None => slot.insert(compressor().ok()?),
        };
        compressor.compress(body).ok()
    })
}

/// The body again, which has at most `bytes_max` bytes.
pub(crate) fn decompress(compressed: &[u8], bytes_max: usize) -> io::Result<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|slot| {
        let decompressor = match slot {
            Some(decompressor) => decompressor,
            None => slot.insert(Decompressor::with_prepared_dictionary(&DECODER)?),
        };
        decompressor.decompress(compressed, bytes_max)
    })
}

/// What nodes would say of a database's documents, each in a frame of its own: whole, and its latest changes one by one.
pub fn samples(snapshot: &Snapshot) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut samples = Vec::new();
    for scope in snapshot.scopes()? {
        for (_, id) in snapshot.scope_log_after(&scope, 0, usize::MAX)? {
            let whole = snapshot.outgoing(id, 0, None)?;
            let latest = whole.changes.iter().skip(1).rev().take(LATEST_CHANGES);
            let single =
                latest.map(|change| Outgoing { changes: vec![change.clone()], ..Outgoing::default() });
            for outgoing in single.chain([whole.clone()]) {
                let span = Some(Span { floor: 900, after: 900, through: 901, complete: true });
                let documents = pack(&[(id, outgoing)]);
                let delta = Delta { number: 1, scope: scope.clone(), span, left: 0, documents };
                samples.push(codec::body(&Message::Delta(delta)));
            }
        }
    }
    Ok(samples)
}

/// A dictionary for frames like these.
///
/// # Errors
/// When there are too few samples.
pub fn train(samples: &[Vec<u8>]) -> io::Result<Vec<u8>> {
    zstd::dict::from_samples(samples, DICTIONARY_BYTES)
}

/// Bytes of these frames together: as they are, compressed each by itself, and with the dictionary.
pub fn sizes(samples: &[Vec<u8>]) -> io::Result<[u64; 3]> {
    let mut sizes = [0; 3];
    for sample in samples {
        let plain = zstd::bulk::compress(sample, LEVEL)?;
        let known = compress(sample).ok_or_else(|| io::Error::other("a frame cannot be compressed"))?;
        for (size, len) in sizes.iter_mut().zip([sample.len(), plain.len(), known.len()]) {
            *size += len.min(sample.len()) as u64;
        }
    }
    Ok(sizes)
}
