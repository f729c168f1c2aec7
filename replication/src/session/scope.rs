//! One scope in one conversation.

use std::collections::{BTreeSet, VecDeque};

use crdt_store::{DocumentId, Fingerprint};

use crate::frame::Cursor;

/// Whether the peer lets us know what it holds of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    Unknown,
    Yes,
    No,
}

/// A comparison of a scope by buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Round {
    None,
    /// To be begun by us.
    Wanted,
    /// BUCKETS sent, LISTs awaited.
    Asked,
    /// LIST sent, WANT awaited; then the next group of buckets.
    Listing {
        round: u64,
        groups: VecDeque<Vec<u8>>,
    },
}

/// One scope in one conversation.
#[derive(Debug)]
pub(super) struct ScopeState {
    /// Whether the peer is entitled to the scope, by our views.
    pub(super) gives: bool,
    pub(super) given: Given,
    /// The peer has said how far it is: sending may begin.
    pub(super) open: bool,
    /// What was sent: everything up to `floor`, rows up to `through`.
    pub(super) sent: Cursor,
    /// What the receiver will hold after the frames sent: behind `sent` by rows that had nothing for it.
    pub(super) told: Cursor,
    /// DELTAs of this scope not acknowledged, and the documents in them.
    pub(super) in_flight: usize,
    pub(super) in_flight_documents: u64,
    /// Documents to be sent whole.
    pub(super) repairs: BTreeSet<DocumentId>,
    /// Documents to be sent before the pass over the log comes to them.
    pub(super) urgent: BTreeSet<DocumentId>,
    /// Whether this pass has been looked through for them.
    pub(super) looked_through: bool,
    pub(super) round: Round,
    /// Rounds begun by us, and begun by the peer, since the last proof.
    pub(super) rounds: u32,
    pub(super) rounds_served: u32,
    pub(super) round_number: u64,
    /// What our last offer said, with the log's head.
    pub(super) offered: Option<(Fingerprint, u64)>,
    /// What our last CHECK said, while nothing has happened since.
    pub(super) checked: Option<(Fingerprint, u64)>,
    /// Both sides have compared what they hold, and nothing has happened since.
    pub(super) judged: bool,
    /// … and they hold the same.
    pub(super) proven: bool,
    /// When they last compared, they differed.
    pub(super) differs: bool,
    /// Changes that came from the peer's device need not be sent to it.
    pub(super) echo_off: bool,
    /// What the peer says it still has for us.
    pub(super) to_receive: u64,
}

impl ScopeState {
    pub(super) fn new(echo_off: bool) -> Self {
        Self {
            gives: false,
            given: Given::Unknown,
            open: false,
            sent: Cursor::default(),
            told: Cursor::default(),
            in_flight: 0,
            in_flight_documents: 0,
            repairs: BTreeSet::new(),
            urgent: BTreeSet::new(),
            looked_through: false,
            round: Round::None,
            rounds: 0,
            rounds_served: 0,
            round_number: 0,
            offered: None,
            checked: None,
            judged: false,
            proven: false,
            differs: false,
            echo_off,
            to_receive: 0,
        }
    }

    /// Whether nothing is under way; what is not yet sent is another question.
    pub(super) fn is_idle(&self) -> bool {
        self.open && self.in_flight == 0 && self.repairs.is_empty() && self.round == Round::None
    }

    /// Something happened: what was said and found of the scope is not about now any more.
    pub(super) fn stir(&mut self) {
        self.judged = false;
        self.proven = false;
        self.checked = None;
    }

    pub(super) fn is_shared(&self) -> bool {
        self.gives && self.given == Given::Yes
    }
}
