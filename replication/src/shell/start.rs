//! Starting a node: its thread, and its network if it has one.

use std::sync::Arc;

use crdt_store::{OpenError, StoreError};

use super::bundle::Courier;
use super::clock::Clock;
use super::driver::{self, INBOX_ITEMS_MAX, Recovery, Reopen};
use super::handle::{NodeHandle, Shared};
use super::network::{Network, NetworkError, NetworkOptions};
use crate::config::NodeConfig;
use crate::node::Node;

/// What a node is started with.
pub struct StartOptions {
    /// How the node is set up.
    pub node: NodeConfig,
    /// Opens the database: at the start, and again after a failure.
    pub open: Reopen,
    /// How patiently it is opened anew.
    pub recovery: Recovery,
    /// Its clock; the same that its certificates were made with.
    pub clock: Clock,
    /// Its network; nothing for a node that is alone, such as one that imports a file.
    pub network: Option<NetworkOptions>,
    /// What it signs and recognises bundles with; without it, it makes and takes none.
    pub courier: Option<Courier>,
}

/// A node cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its network cannot be set up.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The operating system gives it no thread.
    #[error("cannot start the node's thread: {0}")]
    Thread(std::io::Error),
}

impl StartError {
    /// Stable code for interfaces and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Network(error) => error.code(),
            Self::Thread(_) => "no-thread",
        }
    }
}

/// Starts a node; it runs until [`NodeHandle::shutdown`].
///
/// # Errors
/// When its database cannot be opened, or its port is taken; nothing then runs.
pub async fn start(options: StartOptions) -> Result<NodeHandle, StartError> {
    let StartOptions { node: config, mut open, recovery, clock, network, courier } = options;
    // Opening may replay and rebuild: not on a thread that others wait for.
    let opening = tokio::task::spawn_blocking(move || {
        let store = open()?;
        Ok::<_, OpenError>((store, open))
    });
    let (store, open) = opening.await.map_err(|error| StartError::Thread(std::io::Error::other(error)))??;
    let node = Node::new(store, config.clone())?;
    let (network, plan) = match network {
        Some(options) => Network::open(options, &clock).map(|(network, plan)| (Some(network), Some(plan)))?,
        None => (None, None),
    };
    let (producer, inbox) = tributary_inbox::inbox(INBOX_ITEMS_MAX);
    let shared = Arc::new(Shared::new(producer, clock, node.status(), node.reader(), network, courier));
    let thread = std::thread::Builder::new()
        .name("node".to_owned())
        .spawn({
            let shared = shared.clone();
            move || driver::run(node, config, inbox, shared, open, recovery)
        })
        .map_err(StartError::Thread)?;
    shared.set_thread(thread);
    let handle = NodeHandle::new(shared.clone());
    if let (Some(network), Some(plan)) = (&shared.network, plan) {
        network.run(&handle, plan);
    }
    Ok(handle)
}

/// Fresh randomness of the operating system, for [`OpenOptions::seed`](crdt_store::OpenOptions::seed) and for
/// authorities.
pub fn random_seed() -> [u8; 32] {
    rand::random()
}
