//! What goes into a node and comes out of it, beside frames and events.

use crdt_store::{Failure, Txn};

use crate::peer::ConnectionId;

/// By which the caller of a command recognizes its answer; the shell numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Makes a command that is sent twice one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Chosen by the caller, unique per wish; 1 to [`IdempotencyKey::LEN_MAX`] bytes.
    pub key: String,
    /// A hash of the whole request: the same key with another request is a mistake of the caller.
    pub request_digest: [u8; 32],
}

impl IdempotencyKey {
    /// Longest key, in bytes; a UUID has 36.
    pub const LEN_MAX: usize = 200;
}

/// A wish, to be carried out inside the node's transaction. Its reply is CBOR, so that it can be given again.
pub type Command = Box<dyn FnOnce(&mut Txn<'_>) -> Result<Vec<u8>, Failure> + Send>;

/// Something to do for the shell, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transmit {
    /// Send these bytes, a whole frame with its length.
    Frame {
        /// Where.
        conn: ConnectionId,
        /// What.
        bytes: Vec<u8>,
    },
    /// Close the connection after everything before has been sent.
    Close {
        /// Which.
        conn: ConnectionId,
        /// Stable code.
        code: String,
        /// For logs.
        reason: String,
        /// Do not dial again before, in milliseconds.
        retry_after_millis: Option<u64>,
    },
}
