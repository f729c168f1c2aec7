//! History from elsewhere, checked before Automerge decodes it.
//!
//! Automerge trusts its input more than we may: it accepts changes whose checksum is wrong, inflates compressed
//! chunks without a bound, and expands run-length columns of a few bytes into millions of operations. What passes
//! here is an uncompressed chunk, whole, of the right checksum, and of bounded decoded size.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, Change};

use crate::document::{ChangeHash, Heads};
use crate::id::Actor;

/// Most operations in one change: a 1,200-line order of 12 fields has 14,400.
const CHANGE_OPERATIONS_MAX: u64 = 65_536;
/// Most operations in one document's history; documents have natural ends far below.
const SNAPSHOT_OPERATIONS_MAX: u64 = 1_000_000;
/// Largest change, in bytes.
const CHANGE_BYTES_MAX: usize = 1 << 20;
/// Largest snapshot, in bytes.
const SNAPSHOT_BYTES_MAX: usize = 4 << 20;
/// Most changes that a change may depend on.
pub(crate) const DEPENDENCIES_MAX: u64 = 64;

pub(crate) const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHUNK_DOCUMENT: u8 = 0;
pub(crate) const CHUNK_CHANGE: u8 = 1;

/// Bytes that are not a change or snapshot we accept. The text is for logs; the code is `invalid-change`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an acceptable change: {0}")]
pub struct InvalidChange(pub String);

pub(crate) fn invalid(what: impl Into<String>) -> InvalidChange {
    InvalidChange(what.into())
}

/// A change whose checksum, size and decoded size have been checked.
#[derive(Clone, Debug)]
pub struct VerifiedChange {
    pub(crate) change: Change,
    hash: ChangeHash,
}

impl VerifiedChange {
    /// Checks the bytes of one raw (uncompressed) Automerge change. Costs a SHA-256 and a scan; runs on any thread.
    pub fn verify(bytes: Vec<u8>) -> Result<Self, InvalidChange> {
        if bytes.len() > CHANGE_BYTES_MAX {
            return Err(invalid(format!("{} bytes, at most {CHANGE_BYTES_MAX}", bytes.len())));
        }
        let checksum = scan_change(&bytes)?;
        let change = guarded(|| Change::from_bytes(bytes).map_err(|error| invalid(error.to_string())))?;
        let hash = ChangeHash(change.hash().0);
        if hash.0[..4] != checksum {
            return Err(invalid("its checksum is wrong"));
        }
        if change.actor_id().to_bytes().len() != 8 {
            return Err(invalid("its actor has not eight bytes"));
        }
        Ok(Self { change, hash })
    }

    /// Its identity.
    pub fn hash(&self) -> ChangeHash {
        self.hash
    }

    /// What must be known before it.
    pub fn dependencies(&self) -> impl Iterator<Item = ChangeHash> + '_ {
        self.change.deps().iter().map(|hash| ChangeHash(hash.0))
    }

    /// Who wrote it.
    pub fn actor(&self) -> Actor {
        actor_of(self.change.actor_id().to_bytes())
    }

    /// Its bytes, as they were checked.
    pub fn bytes(&self) -> &[u8] {
        self.change.raw_bytes()
    }
}

/// Actors are checked to have eight bytes when they come in; anything else maps to an actor nobody has.
pub(crate) fn actor_of(bytes: &[u8]) -> Actor {
    Actor::from_bytes(bytes.try_into().unwrap_or([0; 8]))
}

/// A whole document's history whose size and decoded size have been checked and whose heads have been recomputed.
#[derive(Clone, Debug)]
pub struct VerifiedSnapshot {
    pub(crate) document: Automerge,
    bytes: Vec<u8>,
    heads: Heads,
}

impl VerifiedSnapshot {
    /// Checks the bytes of one uncompressed Automerge document. Costs a load; runs on any thread.
    pub fn verify(bytes: Vec<u8>) -> Result<Self, InvalidChange> {
        if bytes.len() > SNAPSHOT_BYTES_MAX {
            return Err(invalid(format!("{} bytes, at most {SNAPSHOT_BYTES_MAX}", bytes.len())));
        }
        scan_snapshot(&bytes)?;
        let document = guarded(|| Automerge::load(&bytes).map_err(|error| invalid(error.to_string())))?;
        let heads = crate::hot::heads_of(&document);
        Ok(Self { document, bytes, heads })
    }

    /// The version it holds.
    pub fn heads(&self) -> &Heads {
        &self.heads
    }

    /// Its changes and their authors, causes first; the same order wherever these bytes are read.
    pub fn history(&self) -> Vec<(ChangeHash, Actor)> {
        let changes = self.document.get_changes_meta(&[]);
        changes.iter().map(|change| (ChangeHash(change.hash.0), actor_of(change.actor.to_bytes()))).collect()
    }

    /// Its changes, causes first, each as if it had come alone.
    pub fn changes(&self) -> Vec<VerifiedChange> {
        let changes = self.document.get_changes(&[]);
        changes.iter().filter_map(|change| VerifiedChange::verify(change.raw_bytes().to_vec()).ok()).collect()
    }

    /// The changes in it whose hashes begin with the wanted bytes; those that are not there are left out.
    pub fn find_changes<const N: usize>(&self, wanted: &BTreeSet<[u8; N]>) -> BTreeMap<[u8; N], ChangeHash> {
        let found = find_among(&self.heads, wanted);
        match found.len() < wanted.len() {
            true => find_in_history(&self.document, wanted),
            false => found,
        }
    }

    /// Its bytes, as they were checked.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Those of the changes whose hashes begin with the wanted bytes.
pub(crate) fn find_among<const N: usize>(
    changes: &[ChangeHash],
    wanted: &BTreeSet<[u8; N]>,
) -> BTreeMap<[u8; N], ChangeHash> {
    let named = |hash: &ChangeHash| {
        hash.0.first_chunk::<N>().filter(|beginning| wanted.contains(*beginning)).map(|found| (*found, *hash))
    };
    changes.iter().filter_map(named).collect()
}

/// The changes of a document whose hashes begin with the wanted bytes: walks its history, once, however many are
/// wanted.
pub(crate) fn find_in_history<const N: usize>(
    document: &Automerge,
    wanted: &BTreeSet<[u8; N]>,
) -> BTreeMap<[u8; N], ChangeHash> {
    let history = document.get_changes_meta(&[]);
    let hashes: Vec<_> = history.into_iter().map(|change| ChangeHash(change.hash.0)).collect();
    find_among(&hashes, wanted)
}

/// Runs Automerge on foreign bytes; a panic inside it becomes a refusal of those bytes.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, InvalidChange>) -> Result<T, InvalidChange> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(invalid("it made the decoder panic")))
}

/// Checks the frame and the columns of a change chunk; returns its checksum.
fn scan_change(bytes: &[u8]) -> Result<[u8; 4], InvalidChange> {
    let mut body = Scan::chunk(bytes, CHUNK_CHANGE)?;
    let dependencies = body.uleb()?;
    if dependencies > DEPENDENCIES_MAX {
        return Err(invalid(format!("{dependencies} dependencies, at most {DEPENDENCIES_MAX}")));
    }
    body.skip(dependencies * 32)?;
    body.skip_prefixed()?; // actor
    body.uleb()?; // sequence number
    body.uleb()?; // first operation
    body.sleb()?; // time
    body.skip_prefixed()?; // message
    for _ in 0..body.count()? {
        body.skip_prefixed()?; // other actors
    }
    let columns = body.column_headers()?;
    body.columns(&columns, CHANGE_OPERATIONS_MAX)?;
    Ok(checksum_of(bytes))
}

fn scan_snapshot(bytes: &[u8]) -> Result<(), InvalidChange> {
    let mut body = Scan::chunk(bytes, CHUNK_DOCUMENT)?;
    for _ in 0..body.count()? {
        body.skip_prefixed()?; // actors
    }
    let heads = body.uleb()?;
    body.skip(heads.saturating_mul(32))?;
    let change_columns = body.column_headers()?;
    let operation_columns = body.column_headers()?;
    body.columns(&change_columns, SNAPSHOT_OPERATIONS_MAX)?;
    body.columns(&operation_columns, SNAPSHOT_OPERATIONS_MAX)
}

fn checksum_of(bytes: &[u8]) -> [u8; 4] {
    [bytes[4], bytes[5], bytes[6], bytes[7]]
}

/// A cursor over bytes that never reads past their end.
pub(crate) struct Scan<'a>(pub(crate) &'a [u8]);

impl<'a> Scan<'a> {
    /// The body of a chunk of the wanted type, which must fill `bytes` exactly.
    pub(crate) fn chunk(bytes: &'a [u8], kind: u8) -> Result<Self, InvalidChange> {
        if bytes.len() < 10 || bytes[..4] != MAGIC {
            return Err(invalid("it does not begin as an Automerge chunk"));
        }
        if bytes[8] != kind {
            return Err(invalid(format!("a chunk of type {}, not {kind}", bytes[8])));
        }
        let mut body = Scan(&bytes[9..]);
        let len = body.uleb()?;
        match len == body.0.len() as u64 {
            true => Ok(body),
            false => Err(invalid("its length is not what it says")),
        }
    }

    fn byte(&mut self) -> Result<u8, InvalidChange> {
        let (first, rest) = self.0.split_first().ok_or_else(|| invalid("it ends too early"))?;
        self.0 = rest;
        Ok(*first)
    }

    pub(crate) fn uleb(&mut self) -> Result<u64, InvalidChange> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            value |= bits
                .checked_shl(shift)
                .filter(|v| v >> shift == bits)
                .ok_or_else(|| invalid("a number is too large"))?;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(invalid("a number is too long"))
    }

    pub(crate) fn sleb(&mut self) -> Result<i64, InvalidChange> {
        let mut value = 0i64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let negative = byte & 0x40 != 0 && shift + 7 < 64;
                return Ok(if negative { value | (-1 << (shift + 7)) } else { value });
            }
        }
        Err(invalid("a number is too long"))
    }

    fn skip(&mut self, len: u64) -> Result<(), InvalidChange> {
        let len = usize::try_from(len).ok().filter(|len| *len <= self.0.len());
        self.0 = &self.0[len.ok_or_else(|| invalid("it ends too early"))?..];
        Ok(())
    }

    fn skip_prefixed(&mut self) -> Result<(), InvalidChange> {
        let len = self.uleb()?;
        self.skip(len)
    }

    /// Bytes with their length before them.
    pub(crate) fn prefixed(&mut self) -> Result<&'a [u8], InvalidChange> {
        let len = self.uleb()?;
        let before = self.0;
        self.skip(len)?;
        Ok(&before[..before.len() - self.0.len()])
    }

    /// The next bytes, as many as the array has.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], InvalidChange> {
        let (array, rest) = self.0.split_first_chunk().ok_or_else(|| invalid("it ends too early"))?;
        self.0 = rest;
        Ok(*array)
    }

    /// A count of things that take at least a byte each.
    pub(crate) fn count(&mut self) -> Result<u64, InvalidChange> {
        let count = self.uleb()?;
        match count <= self.0.len() as u64 {
            true => Ok(count),
            false => Err(invalid("it counts more than it has")),
        }
    }

    fn column_headers(&mut self) -> Result<Vec<(u64, u64)>, InvalidChange> {
        (0..self.count()?).map(|_| Ok((self.uleb()?, self.uleb()?))).collect()
    }

    fn columns(&mut self, headers: &[(u64, u64)], items_max: u64) -> Result<(), InvalidChange> {
        for (specification, len) in headers {
            if specification & 0b1000 != 0 {
                return Err(invalid("a column is compressed"));
            }
            let mut column = Scan(self.0);
            self.skip(*len)?;
            column.0 = &column.0[..column.0.len() - self.0.len()];
            let items = column.items(specification & 0b111)?;
            if items > items_max {
                return Err(invalid(format!("{items} operations, at most {items_max}")));
            }
        }
        Ok(())
    }

    /// How many items a column decodes to, without decoding them.
    fn items(&mut self, kind: u64) -> Result<u64, InvalidChange> {
        const BOOLEAN: u64 = 4;
        const RAW: u64 = 7;
        let mut items = 0u64;
        while !self.0.is_empty() && kind != RAW {
            let run = match kind {
                BOOLEAN => self.uleb()?,
                _ => self.run(kind)?,
            };
            items = items.saturating_add(run);
        }
        Ok(items)
    }

    /// One run of a run-length column: repeated value, nulls, or literals.
    fn run(&mut self, kind: u64) -> Result<u64, InvalidChange> {
        match self.sleb()? {
            0 => self.uleb(),
            repeated @ 1.. => {
                self.item(kind)?;
                Ok(repeated.unsigned_abs())
            }
            literals => {
                let literals = literals.unsigned_abs();
                if literals > self.0.len() as u64 {
                    return Err(invalid("a column ends too early"));
                }
                (0..literals).try_for_each(|_| self.item(kind))?;
                Ok(literals)
            }
        }
    }

    fn item(&mut self, kind: u64) -> Result<(), InvalidChange> {
        const DELTA: u64 = 3;
        const STRING: u64 = 5;
        match kind {
            DELTA => self.sleb().map(drop),
            STRING => self.skip_prefixed(),
            _ => self.uleb().map(drop),
        }
    }
}
