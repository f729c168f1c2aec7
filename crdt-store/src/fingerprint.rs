//! Additive fingerprints: two replicas of a scope with equal fingerprints hold the same documents at the same heads.

use serde::{Deserialize, Serialize};

use crate::document::Heads;
use crate::id::DocumentId;

/// The sum, modulo 2¹²⁸, of one hash per (document, heads), and how many there are.
///
/// Adding and removing cost the same whatever the number of documents. The sum detects divergence, not malice:
/// whoever can choose documents freely could make two sets collide, and would harm only the proof of being in
/// sync, never the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Number of documents.
    pub count: u64,
    /// Sum of their state hashes.
    pub sum: u128,
}

/// How many buckets a scope's fingerprint is divided into for reconciliation.
pub const BUCKETS: usize = 256;

impl Fingerprint {
    pub(crate) fn add(&mut self, state: u128) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(state);
    }

    pub(crate) fn remove(&mut self, state: u128) {
        self.count -= 1;
        self.sum = self.sum.wrapping_sub(state);
    }
}

/// The hash of one document at its heads.
pub(crate) fn state_of(id: DocumentId, heads: &Heads) -> u128 {
    let mut hasher = blake3::Hasher::new_derive_key("tributary 2026 state of a document at its heads");
    hasher.update(id.as_bytes());
    for head in heads {
        hasher.update(&head.0);
    }
    let mut state = [0; 16];
    state.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    u128::from_be_bytes(state)
}

/// Which bucket a document's fingerprint is in: ids are ordered by time, so their last byte spreads them.
pub(crate) fn bucket_of(id: DocumentId) -> u8 {
    id.as_bytes()[15]
}
