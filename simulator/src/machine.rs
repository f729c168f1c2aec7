//! A device of the world: a disk that outlives crashes, and, while it runs, a node on it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crdt_store::{
    DeviceId, DocumentId, Heads, OpenError, OpenOptions, SigningKey, Store, StoreError, Timestamp, Witness,
};
use domain::ScopeKind;
use replication::{ConnectionId, Dialer, Monotonic, Node, NodeConfig, Now, Peer, Side, Timing};

use crate::bent::Bent;
use crate::disk::{Breakdown, Disk};
use crate::network::{CircuitId, EndId, LinkId, MachineId};
use crate::queue::Instant;
use crate::seed::Seed;
use crate::wish::Wish;
use crate::world::Stick;

/// The first moment of the world on a clock that is right: 2026-01-05T00:00:00Z, a Monday.
const FIRST_MOMENT_MILLIS: i64 = 1_767_571_200_000;
/// Pages a node keeps in memory, in bytes: small, so that the disk is read.
const CACHE_BYTES: usize = 1 << 20;

/// Something that came to a device and waits for the node's next turn.
pub(crate) enum Input {
    Connected(ConnectionId, Peer, Side),
    /// A frame, and who sent it.
    Frame(ConnectionId, MachineId, Vec<u8>),
    Disconnected(ConnectionId, String),
    Wish(Wish),
    /// Somebody brought a stick.
    Stick(Rc<Stick>),
    Timeout,
}

/// What the program on a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// What it should be.
    Sound,
    /// It believes everybody, and passes on what it believes. Nobody works at it.
    Naive,
    /// Modified, to write what it may not.
    Forging,
}

/// A connection as one of its ends holds it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) circuit: CircuitId,
    pub(crate) end: EndId,
    pub(crate) link: LinkId,
}

/// A link that a device dials, and when it does so next.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) dialer: Dialer,
    /// Raised with each plan, so that an earlier one is void.
    pub(crate) generation: u64,
}

impl Way {
    pub(crate) fn new(seed: u64) -> Self {
        Self { dialer: Dialer::new(seed), generation: 0 }
    }
}

/// A device.
pub(crate) struct Machine {
    pub(crate) name: String,
    /// By which it signs what it writes.
    pub(crate) key: Option<SigningKey>,
    pub(crate) device: DeviceId,
    pub(crate) central: bool,
    /// Whether its program is what it should be.
    pub(crate) honest: bool,
    /// Whether somebody at it writes what nobody there may.
    pub(crate) forges: bool,
    /// The store its people work in; none at central.
    pub(crate) store: Option<DocumentId>,
    /// Its link to central; none at central.
    pub(crate) link: Option<LinkId>,
    pub(crate) schema: Bent,
    pub(crate) disk: Disk,
    pub(crate) node: Option<Node>,
    /// Which life of the program it is; events of an earlier one are void.
    pub(crate) boot: u64,
    pub(crate) booted_at: Instant,
    /// By how much its calendar is wrong, in milliseconds.
    pub(crate) clock_error_millis: i64,
    pub(crate) inbox: Vec<Input>,
    pub(crate) wake_planned: bool,
    pub(crate) timer: Option<Instant>,
    pub(crate) circuits: BTreeMap<u64, Line>,
    pub(crate) connections: u64,
    /// What it dials: central, and neighbours it has met.
    pub(crate) ways: BTreeMap<LinkId, Way>,
    /// Whose frames it has handled in this turn.
    pub(crate) heard: BTreeSet<MachineId>,
    /// Wishes that were handed to the node and are not answered.
    pub(crate) asked: BTreeMap<u64, Wish>,
    /// What this device has acknowledged: documents and the versions they had then, oldest first.
    pub(crate) promised: Vec<(DocumentId, Heads)>,
    /// What goes wrong with its disk at the next commit.
    pub(crate) doom: Option<Breakdown>,
    /// What goes wrong with its disk while it is opened next.
    pub(crate) doom_at_opening: Option<Breakdown>,
    /// The file beside the database that knows how often it was opened; backups do not hold it.
    pub(crate) witness: Option<Witness>,
    /// Whether it looks at that file.
    pub(crate) watchful: bool,
    /// A backup of its disk, and in which life it was made.
    pub(crate) backup: Option<(u64, Vec<u8>)>,
    /// Whether it was ever put back to a backup.
    pub(crate) restored: bool,
    /// Presses of wishes up to this number are not repeated: a restored database does not know them.
    pub(crate) forgot_through: u64,
    /// Since when it has not been proven to be in sync; nothing while it is.
    pub(crate) stale_since: Option<Instant>,
    /// The longest such time, in microseconds.
    pub(crate) stale_longest: u64,
}

impl Machine {
    /// What its clocks show.
    pub(crate) fn now(&self, now: Instant) -> Now {
        Now { monotonic: Monotonic::from_micros(now.since(self.booted_at)), wall: self.wall(now) }
    }

    /// What its calendar shows.
    pub(crate) fn wall(&self, now: Instant) -> Timestamp {
        right_time(now).plus_millis(self.clock_error_millis)
    }

    /// When its counting clock shows this.
    pub(crate) fn instant_of(&self, moment: Monotonic) -> Instant {
        self.booted_at.plus(moment.as_micros())
    }

    /// Itself as others see it.
    pub(crate) fn as_peer(&self) -> Peer {
        Peer { device: self.device, central: self.central, name: Some(self.name.clone()) }
    }

    /// Opens its database and starts a node on it.
    pub(crate) fn start(
        &mut self,
        now: Instant,
        seed: Seed,
        central: &Peer,
        timing: Timing,
    ) -> Result<(), OpenError> {
        self.boot += 1;
        self.booted_at = now;
        let store = self.open(seed)?;
        let config = NodeConfig {
            entitlement_scopes: vec![ScopeKind::Reference.scope()],
            expected_peers: if self.central { Vec::new() } else { vec![central.clone()] },
            timing,
            ..NodeConfig::new(Arc::new(self.schema))
        };
        self.node = Some(Node::new(store, config)?);
        Ok(())
    }

    /// Opens its database.
    pub(crate) fn open(&mut self, seed: Seed) -> Result<Store, OpenError> {
        let backend = self.disk.mount();
        if let Some(breakdown) = self.doom_at_opening.take() {
            self.disk.will_break(breakdown);
        }
        let options = OpenOptions::backend(backend)
            .device(self.device)
            .central(self.central)
            .seed(seed.bytes(&format!("store/{}/{}", self.name, self.boot)))
            .cache_bytes(CACHE_BYTES);
        let options = match self.watchful {
            true => options.witness(*self.device.as_bytes(), self.witness),
            false => options,
        };
        let options = match &self.key {
            Some(key) => options.signing(key.clone()),
            None => options,
        };
        let store = Store::open(options, Arc::new(self.schema))?;
        self.disk.mend();
        self.witness = store.witness();
        Ok(store)
    }

    /// Forgets everything that was only in memory.
    pub(crate) fn forget(&mut self) -> Vec<Wish> {
        self.boot += 1;
        self.wake_planned = false;
        self.timer = None;
        self.heard.clear();
        self.circuits.clear();
        self.node = None;
        let waiting = std::mem::take(&mut self.inbox).into_iter().filter_map(|input| match input {
            Input::Wish(wish) => Some(wish),
            _ => None,
        });
        std::mem::take(&mut self.asked).into_values().chain(waiting).collect()
    }

    /// Notes whether it is proven to be in sync.
    pub(crate) fn note_sync(&mut self, now: Instant, in_sync: bool) {
        match (in_sync, self.stale_since) {
            (true, Some(since)) => {
                self.stale_longest = self.stale_longest.max(now.since(since));
                self.stale_since = None;
            }
            (false, None) => self.stale_since = Some(now),
            _ => {}
        }
    }

    /// The promises that the database does not hold any more: documents of which a version is gone.
    pub(crate) fn broken_promises(&self, latest: usize) -> Result<Vec<DocumentId>, StoreError> {
        let Some(node) = &self.node else { return Ok(Vec::new()) };
        let read = node.reader().snapshot()?;
        let from = self.promised.len().saturating_sub(latest);
        let mut broken = Vec::new();
        for (id, heads) in &self.promised[from..] {
            if !crate::check::holds(&read, *id, heads)? {
                broken.push(*id);
            }
        }
        Ok(broken)
    }
}

/// What a clock shows that is right.
pub(crate) fn right_time(now: Instant) -> Timestamp {
    Timestamp::from_millis(FIRST_MOMENT_MILLIS + (now.0 / 1_000) as i64)
}

/// Patience as in production, but for the pings: on a simulated link they prove nothing and cost time.
pub(crate) fn timing(keepalive: Duration) -> Timing {
    Timing { keepalive, idle_max: keepalive * 4, stall_max: Duration::from_secs(600), ..Timing::default() }
}
