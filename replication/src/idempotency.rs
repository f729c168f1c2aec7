//! One key, one effect: replies of commands that were carried out, kept for callers who ask again.
//!
//! ```text
//! node-local values
//! idempotency        key                        -> digest, reply, instant (CBOR)
//! idempotency-order  instant:u64, key           -> nothing; the order in which they expire
//! ```
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
const ORDER: &str = "idempotency-order";

/// Expired entries removed per transaction: more than are added by the busiest caller, so that the table shrinks, and
/// few enough to add nothing to a commit that anyone would notice.
const PURGE_MAX: usize = 64;

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(with = "serde_bytes")]
    digest: [u8; 32],
    reply: ByteBuf,
    at: Timestamp,
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
    let entry = Entry { digest: key.request_digest, reply: ByteBuf::from(reply), at: now };
    batch.set_local(REPLIES, key.key.as_bytes(), Some(&encode_row(&entry)))?;
    batch.set_local(ORDER, &order_key(now, key.key.as_bytes()), Some(&[]))
}

/// Removes some of the entries that are older than `retention`. A wrong clock makes them live longer or shorter, and
/// never makes one effect two within a retry of minutes.
pub(crate) fn purge(batch: &mut Batch<'_>, now: Timestamp, retention: Duration) -> Result<(), StoreError> {
    let millis = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
    let end = order_key(Timestamp::from_millis(now.as_millis().saturating_sub(millis)), &[]);
    let mut expired = Vec::new();
    batch.scan_local(ORDER, &[], &mut |key, _| {
        if key >= end.as_slice() || expired.len() == PURGE_MAX {
            return ControlFlow::Break(());
        }
        expired.push(key.to_vec());
        ControlFlow::Continue(())
    })?;
    for order in expired {
        batch.set_local(ORDER, &order, None)?;
        batch.set_local(REPLIES, &order[8..], None)?;
    }
    Ok(())
}

fn order_key(at: Timestamp, key: &[u8]) -> Vec<u8> {
    let millis = u64::try_from(at.as_millis()).unwrap_or(0);
    [&millis.to_be_bytes(), key].concat()
}
