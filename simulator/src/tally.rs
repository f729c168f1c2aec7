//! What is counted while the world runs.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::DocumentId;

/// Rare states that a generator worth its name reaches; a report names those it never did.
pub(crate) const SOMETIMES: &[&str] = &[
    "documents prepared beside the node",
    "over-issue",
    "order amended after sending",
    "one order too many",
    "order supplied twice",
    "form finalised",
    "received goods sent back",
    "refused goods sent back",
    "refused goods sent back twice",
    "cancellation met picking",
    "late amendment",
    "discrepancy",
    "counts differed",
    "counts came late",
    "line counted by two stocktakes",
    "conflicting values at rest",
    "share held by another than the keeper",
    "issue beyond the share refused",
    "loss in flight",
    "half-open connection",
    "pause nobody noticed",
    "connection replaced",
    "comparison by buckets",
    "parked change",
    "power cut in a commit",
    "power cut between commit and answer",
    "power cut while opening",
    "disk full",
    "disk error",
    "clean stop",
    "clock jumped",
    "backup restored",
    "acknowledged work lost with its disk",
    "double press",
    "answer given again",
    "central-only refused",
    "forgery refused",
    "news by stick",
    "known things by stick",
    "stick of an earlier life",
    "neighbour met while central was cut",
    "neighbour not known yet",
    "seal relayed",
    "change reached central through another device",
    "lost work came back from a neighbour",
];

/// Counters of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) commands: BTreeMap<&'static str, u64>,
    pub(crate) rejections: BTreeMap<String, u64>,
    pub(crate) retries: u64,
    pub(crate) unanswered: u64,
    pub(crate) merges: u64,
    pub(crate) cuts: u64,
    pub(crate) crashes: u64,
    /// Documents at central in the end.
    pub(crate) documents: u64,
    pub(crate) over_issues: BTreeSet<(DocumentId, DocumentId)>,
    pub(crate) invariants: BTreeMap<&'static str, u64>,
    sometimes: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// A rare state was reached.
    pub(crate) fn sometimes(&mut self, name: &'static str) {
        self.sometimes_many(name, 1);
    }

    /// A rare state was reached so many times.
    pub(crate) fn sometimes_many(&mut self, name: &'static str, times: u64) {
        debug_assert!(SOMETIMES.contains(&name), "{name} is not on the list");
        *self.sometimes.entry(name).or_default() += times;
    }

    /// An invariant was looked at.
    pub(crate) fn checked(&mut self, invariant: &'static str) {
        *self.invariants.entry(invariant).or_default() += 1;
    }

    /// All rare states, those never reached with zero.
    pub(crate) fn all_sometimes(&self) -> BTreeMap<String, u64> {
        let count = |name: &&'static str| self.sometimes.get(name).copied().unwrap_or(0);
        SOMETIMES.iter().map(|name| ((*name).to_owned(), count(name))).collect()
    }
}
