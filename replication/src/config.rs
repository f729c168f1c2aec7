//! What a node must be told when it is made, and how patient it is.

use std::sync::Arc;
use std::time::Duration;

use crdt_store::{Schema, Scope};

use crate::peer::Peer;

/// How a node is set up.
#[derive(Clone)]
pub struct NodeConfig {
    /// The schema the store was opened with: it says who may read which scope.
    pub schema: Arc<dyn Schema>,
    /// Scopes whose documents decide who may read what: after a commit that touches one of them, every live
    /// connection is looked at again, and scopes are added to it or withdrawn.
    pub entitlement_scopes: Vec<Scope>,
    /// Peers to show in the status before they were ever met, such as a site's central.
    pub expected_peers: Vec<Peer>,
    /// How patient the node is.
    pub timing: Timing,
}

impl NodeConfig {
    /// A node over a store opened with `schema`, with everything else as usual.
    pub fn new(schema: Arc<dyn Schema>) -> Self {
        Self { schema, entitlement_scopes: Vec::new(), expected_peers: Vec::new(), timing: Timing::default() }
    }
}

/// How long a node waits for what. The defaults hold on links with a round trip of up to 60 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From the connection to the end of the greeting. Two round trips of the slowest link that is promised to work.
    pub greeting_max: Duration,
    /// Silence from a peer after which its connection is given up.
    pub idle_max: Duration,
    /// Silence of our own after which a PING goes out; several fit into `idle_max`. On metered links a reason to
    /// disconnect instead.
    pub keepalive: Duration,
    /// How long what was sent may stay without any acknowledgement.
    pub stall_max: Duration,
    /// How long a request with an idempotency key is remembered: longer than any client retries.
    pub idempotency_retention: Duration,
    /// How long a peer that does not come keeps change rows from being folded away; later it gets whole documents.
    pub peer_retention: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        const DAY: u64 = 24 * 3600;
        Self {
            greeting_max: Duration::from_secs(150),
            idle_max: Duration::from_secs(120),
            keepalive: Duration::from_secs(30),
            stall_max: Duration::from_secs(180),
            idempotency_retention: Duration::from_secs(7 * DAY),
            peer_retention: Duration::from_secs(30 * DAY),
        }
    }
}
