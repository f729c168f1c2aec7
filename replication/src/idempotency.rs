//! One key, one effect: replies of commands that were carried out, kept for callers who ask again.
//!
//! ```text
//! node-local values
//! idempotency        key                        -> digest, reply (CBOR)
//! idempotency-queue  number:u64, key            -> instant:i64; the order in which they came
//! ```
//!
//! They leave in the order in which they came, when they are old *and* many others have come since: a clock that
//! jumps ten years ahead between a request and its repetition must not make one effect two.
//!
//! The reply is written in the transaction of the effect. A rejected command leaves no trace, here neither: asked again
//! it is tried again.

use std::ops::ControlFlow;
use std::time::Duration;

use crdt_store::{Batch, Rejection, StoreError, Timestamp, ViewRead, encode_row};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::code;
use crate::node::IdempotencyKey;

const REPLIES: &str = "idempotency";
const QUEUE: &str = "idempotency-queue";

/// So many are kept whatever the clock says: more than a device's callers have under way.
const KEPT_MIN: u64 = 4_096;
/// More than so many are never kept, whatever the clock says: some 20 MB.
const KEPT_MAX: u64 = 100_000;
/// Expired entries removed per transaction: more than are added by the busiest caller, so that the table shrinks, and
/// few enough to add nothing to a commit that anyone would notice.
const PURGE_MAX: usize = 64;

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(with = "serde_bytes")]
    digest: [u8; 32],
    reply: ByteBuf,
}

/// The reply given before, or the rejection of a key that was used for something else.
pub(crate) fn recall(
    batch: &Batch<'_>,
    key: &IdempotencyKey,
) -> Result<Option<Result<Vec<u8>, Rejection>>, StoreError> {
    if key.key.is_empty() || key.key.len() > IdempotencyKey::LEN_MAX {
        let message = format!("an idempotency key has 1 to {} bytes", IdempotencyKey::LEN_MAX);
        return Ok(Some(Err(Rejection::new(code::IDEMPOTENCY_KEY_INVALID, message))));
    }
    let Some(bytes) = batch.local(REPLIES, key.key.as_bytes())? else { return Ok(None) };
    let entry: Entry = ciborium::from_reader(bytes.as_slice())
        .map_err(|error| StoreError::Corrupt(format!("an idempotent reply: {error}")))?;
    Ok(Some(match entry.digest == key.request_digest {
        true => Ok(entry.reply.into_vec()),
        false => Err(Rejection::new(
            code::IDEMPOTENCY_KEY_REUSED,
            "the idempotency key was used for another request; use a new key for a new request",
        )),
    }))
}

/// Keeps a reply with the effect it belongs to.
pub(crate) fn remember(
    batch: &mut Batch<'_>,
    key: &IdempotencyKey,
    reply: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    let entry = Entry { digest: key.request_digest, reply: ByteBuf::from(reply) };
    batch.set_local(REPLIES, key.key.as_bytes(), Some(&encode_row(&entry)))?;
    let place = [&next_number(batch)?.to_be_bytes(), key.key.as_bytes()].concat();
    batch.set_local(QUEUE, &place, Some(&now.as_millis().to_be_bytes()))
}

/// Removes some of those that are older than `retention`, unless they are among the latest.
pub(crate) fn purge(batch: &mut Batch<'_>, now: Timestamp, retention: Duration) -> Result<(), StoreError> {
    let millis = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
    let expired_before = now.as_millis().saturating_sub(millis);
    let next = next_number(batch)?;
    let mut gone = Vec::new();
    batch.scan_local(QUEUE, &[], &mut |place, at| {
        let later = next.saturating_sub(number_of(place));
        let expired = at.try_into().map_or(true, |at| i64::from_be_bytes(at) < expired_before);
        if gone.len() == PURGE_MAX || later <= KEPT_MIN || (!expired && later <= KEPT_MAX) {
            return ControlFlow::Break(());
        }
        gone.push(place.to_vec());
        ControlFlow::Continue(())
    })?;
    for place in gone {
        batch.set_local(QUEUE, &place, None)?;
        batch.set_local(REPLIES, &place[8..], None)?;
    }
    Ok(())
}

/// The place of the next one in the queue.
fn next_number(batch: &Batch<'_>) -> Result<u64, StoreError> {
    Ok(batch.last_local(QUEUE)?.map_or(0, |place| number_of(&place) + 1))
}

fn number_of(place: &[u8]) -> u64 {
    place.first_chunk().map_or(0, |number| u64::from_be_bytes(*number))
}
