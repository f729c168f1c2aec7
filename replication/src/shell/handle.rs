//! What the rest of the program holds of a running node.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crdt_store::{Author, Failure, Reader, Rejection, Timestamp, Txn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, broadcast, watch};
use tributary_inbox::{Producer, PushError, answer};

use super::bundle::Courier;
use super::clock::Clock;
use super::driver::{Item, Outcome};
use super::link::LinkSwitch;
use super::network::{Network, NetworkStatus};
use super::preparing::Preparing;
use crate::node::{Command, IdempotencyKey};
use crate::peer::ConnectionId;
use crate::status::{Event, NodeStatus};

/// Events kept for a subscriber that is slow; beyond them it is told that it missed some.
pub(crate) const EVENTS_KEPT: usize = 1024;

/// A running node: commands in, answers out, readers, status, events. Clones are the same node.
///
/// The node runs until [`shutdown`](Self::shutdown), not until its handles are dropped.
#[derive(Clone)]
pub struct NodeHandle(Arc<Shared>);

/// Why a command has no reply.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The command may not be carried out: an answer for the caller.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The node's inbox is full; nothing was done, try again in a moment.
    #[error("this node is busy; try again in a moment")]
    Busy,
    /// The database failed. Nothing of this command was stored; the node opens its database anew by itself.
    #[error("the command could not be stored: {message}")]
    Store {
        /// Stable code, such as `disk-full`.
        code: &'static str,
        /// What happened and what to do.
        message: String,
    },
    /// The node has stopped, or stopped before it answered: whether the command was stored is not known, and a
    /// command with an idempotency key may be given again to the next start.
    #[error("this node has stopped")]
    Stopped,
}

impl ExecuteError {
    /// Stable code for interfaces and logs.
    pub fn code(&self) -> &str {
        match self {
            Self::Rejected(rejection) => &rejection.code,
            Self::Busy => "busy",
            Self::Store { code, .. } => code,
            Self::Stopped => "stopped",
        }
    }
}

/// How a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It works.
    Running,
    /// Its database failed and is being opened anew; commands are answered with this error.
    Recovering {
        /// Stable code, such as `disk-full`.
        code: &'static str,
        /// What happened and what to do.
        message: String,
    },
    /// It has stopped.
    Stopped {
        /// Why, if nobody asked it to.
        failure: Option<String>,
    },
}

pub(crate) struct Shared {
    pub inbox: Producer<Item>,
    pub clock: Clock,
    pub events: broadcast::Sender<Event>,
    pub health: watch::Sender<Health>,
    pub network: Option<Arc<Network>>,
    pub courier: Option<Courier>,
    pub preparing: Arc<Preparing>,
    /// One bundle at a time is made or taken in: each is held in memory whole.
    pub bundle_turn: Arc<Semaphore>,
    published: Mutex<Published>,
    next_connection: AtomicU64,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the node's thread hands out after each flush.
struct Published {
    status: Arc<NodeStatus>,
    reader: Reader,
}

impl Shared {
    pub(crate) fn new(
        inbox: Producer<Item>,
        clock: Clock,
        status: NodeStatus,
        reader: Reader,
        network: Option<Arc<Network>>,
        courier: Option<Courier>,
    ) -> Self {
        Self {
            inbox,
            clock,
            events: broadcast::Sender::new(EVENTS_KEPT),
            health: watch::Sender::new(Health::Running),
            network,
            courier,
            preparing: Arc::new(Preparing::new()),
            bundle_turn: Arc::new(Semaphore::new(1)),
            published: Mutex::new(Published { status: Arc::new(status), reader }),
            next_connection: AtomicU64::new(1),
            thread: Mutex::new(None),
        }
    }

    pub(crate) fn set_thread(&self, thread: JoinHandle<()>) {
        *lock(&self.thread) = Some(thread);
    }

    pub(crate) fn publish_status(&self, status: NodeStatus) {
        lock(&self.published).status = Arc::new(status);
    }

    /// Replaces the reader; the caller drops the old one, which may close a database, outside the lock.
    pub(crate) fn publish_reader(&self, reader: Reader) -> Reader {
        std::mem::replace(&mut lock(&self.published).reader, reader)
    }

    pub(crate) fn new_connection(&self) -> ConnectionId {
        ConnectionId(self.next_connection.fetch_add(1, Ordering::Relaxed))
    }
}

/// A lock that outlives a panic elsewhere: what it guards is replaced whole and never half-written.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl NodeHandle {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }

    /// Carries out a command inside the node's next transaction and gives its reply once it is durable.
    ///
    /// With an idempotency key, a command given twice is carried out once and has the same reply. Dropping the
    /// future does not take the command back.
    ///
    /// # Errors
    /// See [`ExecuteError`].
    pub async fn execute<T>(
        &self,
        key: Option<IdempotencyKey>,
        author: Author,
        command: impl FnOnce(&mut Txn<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, ExecuteError>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let command: Command = Box::new(move |txn| {
            let reply = command(txn)?;
            let mut bytes = Vec::new();
            ciborium::into_writer(&reply, &mut bytes).map_err(|error| unreadable(&error))?;
            Ok(bytes)
        });
        let (answer, pending) = answer::<Outcome>();
        let item = Item::Execute { idempotency: key, author, command, answer };
        self.0.inbox.try_push(item).map_err(|error| match error {
            PushError::Full(_) => ExecuteError::Busy,
            PushError::Closed(_) => ExecuteError::Stopped,
        })?;
        let reply = pending.await.unwrap_or(Err(ExecuteError::Stopped))?;
        ciborium::from_reader(&reply[..]).map_err(|error| ExecuteError::Rejected(unreadable(&error)))
    }

    /// Opens snapshots of the database. Take it anew for each use: after a recovery the database is another one,
    /// and the old reader's snapshots fail.
    pub fn reader(&self) -> Reader {
        lock(&self.0.published).reader.clone()
    }

    /// The node's status as of a moment ago.
    pub fn status(&self) -> NodeStatus {
        let status = lock(&self.0.published).status.clone();
        NodeStatus::clone(&status)
    }

    /// What the node's network does: addresses dialled, what was refused, bytes.
    pub fn network(&self) -> Option<NetworkStatus> {
        self.0.network.as_ref().map(|network| network.status())
    }

    /// Marked as changed whenever [`network`](Self::network) says something new, traffic aside.
    pub fn network_changes(&self) -> Option<watch::Receiver<()>> {
        self.0.network.as_ref().map(|network| network.changes())
    }

    /// How the node is, and how it becomes.
    pub fn health_changes(&self) -> watch::Receiver<Health> {
        self.0.health.subscribe()
    }

    /// How the node is.
    pub fn health(&self) -> Health {
        self.0.health.borrow().clone()
    }

    /// Resolves when the node has stopped, with the reason if nobody asked it to.
    pub async fn stopped(&self) -> Option<String> {
        let mut health = self.0.health.subscribe();
        let stopped = health.wait_for(|health| matches!(health, Health::Stopped { .. })).await;
        match stopped.as_deref() {
            Ok(Health::Stopped { failure }) => failure.clone(),
            _ => None,
        }
    }

    /// What happens from now on, each time after it is durable.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    /// The switch of this node's network; nothing for a node without one.
    pub fn link(&self) -> Option<LinkSwitch> {
        self.0.network.as_ref().map(|network| network.link.clone())
    }

    /// Dials every central and every neighbour that is not connected, now, and searches the local network again if that
    /// had been given up for a while.
    pub fn sync_now(&self) {
        if let Some(network) = &self.0.network {
            network.link.hurry();
        }
    }

    /// This node's wall clock: see [`Clock`].
    pub fn wall_now(&self) -> Timestamp {
        self.0.clock.wall()
    }

    /// Stops the node: carries out and answers what was asked before, says goodbye to its peers, closes its endpoint
    /// and its database. Other handles answer [`ExecuteError::Stopped`] from then on; their readers fail.
    pub async fn shutdown(self) {
        self.0.inbox.close();
        let thread = lock(&self.0.thread).take();
        if let Some(thread) = thread {
            // A panic of the thread was logged and published by the thread itself.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        if let Some(network) = &self.0.network {
            network.stop().await;
        }
        let _ = self.stopped().await;
    }
}

/// A reply that does not survive CBOR: a fault of the program, answered and not panicked over.
fn unreadable(error: &dyn std::fmt::Display) -> Rejection {
    Rejection {
        code: "reply-unreadable".to_owned(),
        message: format!("the reply of the command cannot be passed on ({error}); report this"),
        pointer: None,
        parameters: BTreeMap::new(),
    }
}
