//! Who is at the other end of a connection.

use crdt_store::DeviceId;
use serde::{Deserialize, Serialize};

/// A connection, as the shell numbers them; never used twice in the life of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub u64);

/// The device at the other end, as its certificate proved it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The device.
    pub device: DeviceId,
    /// Whether it is the central node: it is entitled to every scope, and may pass on what others wrote.
    pub central: bool,
    /// What people call it, if the certificate says so.
    pub name: Option<String>,
}

/// Who began the connection. Both sides speak the same protocol after the greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// We did: we say HELLO, and at most two kilobytes before we have heard something.
    Dialed,
    /// The other did: we say BANNER at once, and WELCOME to its HELLO.
    Accepted,
}
