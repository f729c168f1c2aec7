//! What a node tells people about itself and its peers, and what it tells its surroundings as it happens.

use std::collections::BTreeSet;

use crdt_store::{ChangeHash, Class, DeviceId, DocumentId, Incarnation, Scope, Timestamp};
use serde::Serialize;

use crate::code;

/// The state of a node at one moment. Cheap to clone; made anew after every flush.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeStatus {
    /// This device.
    pub device: DeviceId,
    /// Which life of the database this is.
    pub incarnation: Incarnation,
    /// Identity of the database, as hexadecimal digits.
    pub database: String,
    /// Whether this node has the central role.
    pub central: bool,
    /// Position of the latest commit in this database's log.
    pub head_seq: u64,
    /// How many documents the database holds.
    pub documents: u64,
    /// How many scopes it holds.
    pub scopes: u64,
    /// Frames that could not be read, and frames that broke the protocol, from anyone, since the start.
    pub frames_refused: u64,
    /// Every peer ever met, in the order of device ids.
    pub peers: Vec<PeerStatus>,
}

impl NodeStatus {
    /// The peer with this device id.
    pub fn peer(&self, device: DeviceId) -> Option<&PeerStatus> {
        self.peers.iter().find(|peer| peer.device == device)
    }
}

/// What is known of one peer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PeerStatus {
    /// The device.
    pub device: DeviceId,
    /// What people call it, if it has ever said.
    pub name: Option<String>,
    /// Whether it is the central node.
    pub central: bool,
    /// How far the conversation is.
    pub link: LinkState,
    /// When something last came from it, by this node's wall clock.
    pub last_contact: Option<Timestamp>,
    /// Whether, at this moment, it is proven that both hold the same documents in every scope they share.
    pub in_sync: bool,
    /// Whether, at this moment, everything both share has been compared, whether or not it was found equal.
    pub settled: bool,
    /// When that was last proven.
    pub proven_at: Option<Timestamp>,
    /// When a bundle was last made for it, by this node's wall clock.
    pub bundle_made: Option<Timestamp>,
    /// When a bundle of it was last taken in.
    pub bundle_taken: Option<Timestamp>,
    /// Documents with something the peer has not acknowledged, counted up to [`TO_SEND_MAX`]; nothing when unknown.
    pub to_send: Option<u64>,
    /// Documents the peer said it still has for us; nothing when unknown, which it is whenever we are not connected.
    pub to_receive: Option<u64>,
    /// Scopes shared with it.
    pub scopes: u64,
    /// Scopes of which we may send what we wrote and are given nothing.
    pub scopes_withheld: u64,
    /// Scopes that both sides have looked at and that differ for a stated reason, such as a refused change.
    pub scopes_differing: u64,
    /// Bytes of frames received, since the start.
    pub bytes_in: u64,
    /// Bytes of frames sent, since the start.
    pub bytes_out: u64,
    /// Frames received, since the start.
    pub frames_in: u64,
    /// Frames sent, since the start.
    pub frames_out: u64,
    /// Documents received, since the start; one counts each time it comes.
    pub documents_in: u64,
    /// Documents sent, since the start; one counts each time it goes.
    pub documents_out: u64,
    /// Changes of the peer that this node refused, since the start.
    pub refused_here: u64,
    /// Changes of this node that the peer refused, since the start.
    pub refused_there: u64,
    /// Changes of the peer that wait for what they depend on, put aside since the start.
    pub parked: u64,
    /// Documents whose changes could not be put together here, because what they continue is missing; they came whole
    /// afterwards. Counted since the start.
    pub unbuilt: u64,
    /// Seals of authors that came from the peer and are kept, since the start.
    pub seals_in: u64,
    /// Seals that proved nothing: not signed by their author, or the second for one place. Since the start.
    pub seals_refused: u64,
    /// The latest thing that went wrong, and what to do about it.
    pub last_error: Option<PeerError>,
}

/// `to_send` stops counting here: beyond it, people need "more than", not a number that costs a scan per commit.
pub const TO_SEND_MAX: u64 = 1_000;

/// How far the conversation with a peer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// No connection.
    Offline,
    /// Connected; scopes are not compared yet.
    Greeting,
    /// Exchanging documents, or about to.
    Syncing,
    /// Nothing is left to exchange.
    Quiet,
}

/// Something that went wrong with a peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeerError {
    /// Stable code, such as `idle-timeout`.
    pub code: String,
    /// What happened.
    pub detail: String,
    /// What a person can do about it.
    pub next_step: &'static str,
    /// When, by this node's wall clock.
    pub at: Timestamp,
}

impl PeerError {
    pub(crate) fn new(code: &str, detail: impl Into<String>, at: Timestamp) -> Self {
        Self { code: code.to_owned(), detail: detail.into(), next_step: code::next_step(code), at }
    }
}

/// Something that happened and is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A commit changed documents, by commands or by what peers sent.
    Committed(CommittedEvent),
    /// A peer came, went, or its state changed: the status says how.
    PeerChanged {
        /// The peer.
        device: DeviceId,
    },
    /// A change was refused, here or there, and is kept aside where it was refused.
    Refused(RefusedEvent),
}

/// What a commit changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedEvent {
    /// The commit's position in this database's log.
    pub seq: u64,
    /// Whether a document of a class that goes ahead of others is among those changed.
    pub urgent: bool,
    /// Kinds of the documents changed.
    pub classes: BTreeSet<Class>,
    /// The documents changed.
    pub documents: BTreeSet<DocumentId>,
    /// Their scopes.
    pub scopes: BTreeSet<Scope>,
}

/// A change that was not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedEvent {
    /// The peer that sent it, or that refused it.
    pub device: DeviceId,
    /// The document.
    pub document: DocumentId,
    /// The change.
    pub hash: ChangeHash,
    /// Why.
    pub code: String,
    /// Whether this node refused it; otherwise the peer did.
    pub here: bool,
}
