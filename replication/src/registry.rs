//! Who is let in: what the shell asks of whoever keeps the list of devices.

use std::sync::Arc;

use crdt_store::{DeviceId, ViewRead};

/// Who a device is to this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerRole {
    /// The central node.
    Central,
    /// Another device, with the name that people gave it.
    Device {
        /// Its name.
        name: Option<String>,
    },
}

/// A device with a valid certificate that is not let in all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedPeer {
    /// Stable code, such as `revoked-device` or `unknown-device`; the device is told.
    pub code: &'static str,
    /// For this node's log and status; the device is not told.
    pub detail: String,
}

/// Says who a device is, from the views of this moment. Asked at each connection, and again for every connection
/// within a second of a commit: a revocation ends what is open.
pub type Registry = Arc<dyn Fn(&dyn ViewRead, DeviceId) -> Result<PeerRole, RefusedPeer> + Send + Sync>;
