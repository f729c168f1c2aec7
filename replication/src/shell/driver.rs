//! The thread that owns a node: takes what has arrived, flushes once, hands out what came of it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crdt_store::{Author, OpenError, Store, StoreError};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tributary_inbox::{Answer, Inbox};

use super::bundle::BundleFailure;
use super::close::Ending;
use super::closed;
use super::handle::{ExecuteError, Health, Shared};
use crate::bundle::Export;
use crate::codec::FrameError;
use crate::config::NodeConfig;
use crate::frame::Frame;
use crate::node::{Command, IdempotencyKey, Node, Taken, Ticket, Transmit};
use crate::peer::{ConnectionId, Peer, Side};
use crate::status::Event;
use crate::time::Monotonic;

/// Items that wait for the node: a second's work of a fast disk. Beyond it, callers are told that it is busy, and
/// connections read no further.
pub(crate) const INBOX_ITEMS_MAX: usize = 1024;
/// What may wait to be sent on one connection; more means that its task does not run, and it is closed. The
/// session's own window keeps the bytes far lower.
pub(crate) const OUTGOING_MAX: usize = 1024;
/// The status is computed at most this often: people read it, and it costs a look at every peer.
const STATUS_EVERY: Duration = Duration::from_millis(50);
/// The same while nothing in it is new but what counts traffic: of a country of quiet peers, somebody always gives a sign of
/// life.
const TRAFFIC_EVERY: Duration = Duration::from_secs(1);

/// The answer to a command: its reply as CBOR.
pub(crate) type Outcome = Result<Vec<u8>, ExecuteError>;

/// What came of a bundle.
pub(crate) type BundleOutcome = Result<Taken, BundleFailure>;

/// How patiently a database that failed is opened anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Pause before the first opening; doubled with each further one.
    pub pause_min: Duration,
    /// The longest pause.
    pub pause_max: Duration,
    /// Openings that may fail one after another. Then the node stops, and a person has to look.
    pub attempts_max: u32,
}

impl Default for Recovery {
    /// At once, and for half a minute.
    fn default() -> Self {
        Self { pause_min: Duration::from_millis(50), pause_max: Duration::from_secs(5), attempts_max: 10 }
    }
}

/// Opens the database, first and anew after a failure.
pub type Reopen = Box<dyn FnMut() -> Result<Store, OpenError> + Send>;

/// What may arrive at a node.
pub(crate) enum Item {
    Execute {
        idempotency: Option<IdempotencyKey>,
        author: Author,
        command: Command,
        answer: Answer<Outcome>,
    },
    Connected {
        conn: ConnectionId,
        peer: Peer,
        side: Side,
        outgoing: mpsc::Sender<Outgoing>,
    },
    /// The permits stand for the memory of the frame and of what was prepared of it, until it is durable.
    Frame {
        conn: ConnectionId,
        frame: Frame,
        memory: FrameMemory,
    },
    BadFrame {
        conn: ConnectionId,
        error: FrameError,
    },
    Disconnected {
        conn: ConnectionId,
        ending: Ending,
    },
    /// A visit is over.
    HangUp {
        conn: ConnectionId,
    },
    /// Somebody wants a bundle for a peer; it is made on another thread.
    Export {
        peer: Peer,
        answer: Answer<Result<Export, ExecuteError>>,
    },
    /// It was made.
    Exported {
        peer: Peer,
        export: Box<Export>,
        answer: Answer<()>,
    },
    /// Somebody brought a bundle of a peer; its frames follow, and its end.
    Bundle {
        conn: ConnectionId,
        peer: Peer,
        answer: Answer<BundleOutcome>,
    },
    BundleFrame {
        conn: ConnectionId,
        frame: Frame,
        memory: FrameMemory,
    },
    BundleEnd {
        conn: ConnectionId,
    },
}

/// The memory of a frame, and of what was prepared of it.
pub(crate) type FrameMemory = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

/// What a node sends to the task of a connection. The end of the channel means: the node is gone.
pub(crate) enum Outgoing {
    Frame(Vec<u8>),
    Close { code: String, reason: String, retry_after: Option<Duration> },
}

/// The node's thread, until the inbox is closed or the database is lost.
pub(crate) fn run(
    node: Node,
    config: NodeConfig,
    inbox: Inbox<Item>,
    shared: Arc<Shared>,
    reopen: Reopen,
    recovery: Recovery,
) {
    let mut driver = Driver {
        shared,
        config,
        reopen,
        recovery,
        inbox,
        waiting: BTreeMap::new(),
        outgoing: BTreeMap::new(),
        bundles: BTreeMap::new(),
        exported: Vec::new(),
        last_ticket: 0,
    };
    let failure = driver.run(node);
    if let Some(failure) = &failure {
        tracing::error!(failure, "the node stops");
    }
    drop(driver.shared.publish_reader(closed::reader()));
    // Dropping the inbox answers whoever still waits.
    let Driver { shared, inbox, waiting, outgoing, bundles, .. } = driver;
    drop((inbox, waiting, outgoing, bundles));
    shared.health.send_replace(Health::Stopped { failure });
}

struct Driver {
    shared: Arc<Shared>,
    config: NodeConfig,
    reopen: Reopen,
    recovery: Recovery,
    inbox: Inbox<Item>,
    waiting: BTreeMap<Ticket, Answer<Outcome>>,
    outgoing: BTreeMap<ConnectionId, mpsc::Sender<Outgoing>>,
    bundles: BTreeMap<ConnectionId, Answer<BundleOutcome>>,
    /// Who wait to be told that a bundle they made is noted.
    exported: Vec<Answer<()>>,
    last_ticket: u64,
}

/// Why a turn of the loop did not succeed.
struct Fault {
    code: &'static str,
    message: String,
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self { code: error.code(), message: error.to_string() }
    }
}

impl Driver {
    /// Runs node after node; a failure that ended it.
    fn run(&mut self, mut node: Node) -> Option<String> {
        let mut faults_in_row = 0;
        loop {
            let started = self.shared.clock.now().monotonic;
            let fault = match self.run_node(&mut node) {
                Ok(()) => return None,
                Err(fault) => fault,
            };
            tracing::error!(
                code = fault.code,
                message = fault.message,
                "the database failed; it is opened anew"
            );
            let lasted = self.shared.clock.now().monotonic.since(started);
            faults_in_row = if lasted > self.recovery.pause_max { 0 } else { faults_in_row + 1 };
            self.give_up(&fault);
            drop(self.shared.publish_reader(closed::reader()));
            drop(node);
            node = match self.recover(&fault, faults_in_row) {
                Ok(node) => node,
                Err(failure) => return failure,
            };
        }
    }

    /// Turns of one node until it is told to stop, or fails.
    fn run_node(&mut self, node: &mut Node) -> Result<(), Fault> {
        let mut publisher =
            Publisher { due: Some(Monotonic::ZERO), last: Monotonic::ZERO, news: node.news() };
        loop {
            let closing = self.inbox.is_closed();
            let items = self.next_items(self.patience(node, &publisher));
            if closing && items.is_empty() {
                self.turn(node, |node, now| node.stop(now))?;
                // What is known of peers is written by the flush after the one in which their sessions end.
                self.turn(node, |node, now| node.handle_timeout(now))?;
                self.shared.publish_status(node.status());
                return Ok(());
            }
            // Frames hold their memory until the flush.
            let memory = self.take_in(node, items)?;
            self.turn(node, |node, now| node.handle_timeout(now))?;
            drop(memory);
            publisher.publish(node, &self.shared);
        }
    }

    /// What has come; waits where nothing has, and says so.
    fn next_items(&self, patience: Option<Duration>) -> Vec<Item> {
        let items = self.inbox.drain(Some(Duration::ZERO));
        if !items.is_empty() {
            return items;
        }
        self.shared.preparing.rests();
        let items = self.inbox.drain(patience);
        self.shared.preparing.works();
        items
    }

    /// How long to wait for the next item; nothing for as long as it takes.
    fn patience(&self, node: &Node, publisher: &Publisher) -> Option<Duration> {
        let next = [node.poll_timeout(), publisher.due].into_iter().flatten().min();
        next.map(|at| self.shared.clock.until(at))
    }

    fn take_in(&mut self, node: &mut Node, items: Vec<Item>) -> Result<Vec<FrameMemory>, Fault> {
        let mut memory = Vec::new();
        let mut items = items.into_iter();
        let taken = guarded(|| {
            items.try_for_each(|item| {
                self.handle(node, item, &mut memory);
                Ok(())
            })
        });
        if taken.is_err() {
            items.for_each(|item| self.keep_waiting(item));
        }
        taken.map(|()| memory)
    }

    /// A command that the node never saw: whoever waits for it is answered with all the others.
    fn keep_waiting(&mut self, item: Item) {
        if let Item::Execute { answer, .. } = item {
            let ticket = self.next_ticket();
            self.waiting.insert(ticket, answer);
        } else if let Item::Bundle { conn, answer, .. } = item {
            self.bundles.insert(conn, answer);
        }
    }

    fn next_ticket(&mut self) -> Ticket {
        self.last_ticket += 1;
        Ticket(self.last_ticket)
    }

    fn handle(&mut self, node: &mut Node, item: Item, memory: &mut Vec<FrameMemory>) {
        let now = self.shared.clock.now();
        match item {
            Item::Execute { idempotency, author, command, answer } => {
                let ticket = self.next_ticket();
                self.waiting.insert(ticket, answer);
                node.execute(ticket, idempotency, author, command);
            }
            Item::Connected { conn, peer, side, outgoing } => {
                self.outgoing.insert(conn, outgoing);
                node.handle_connected(now, conn, peer, side);
            }
            // After a recovery, connections of before are unknown to the new node and end by themselves.
            Item::Frame { conn, frame, memory: permit } if self.outgoing.contains_key(&conn) => {
                memory.push(permit);
                node.handle_frame(now, conn, frame);
            }
            Item::BadFrame { conn, error } if self.outgoing.contains_key(&conn) => {
                node.handle_bad_frame(now, conn, error);
            }
            Item::Disconnected { conn, ending } => {
                if self.outgoing.remove(&conn).is_some() {
                    node.handle_disconnected(now, conn, &ending.code, &ending.detail);
                }
            }
            Item::Frame { .. } | Item::BadFrame { .. } => {}
            Item::HangUp { conn } => node.hang_up(now, conn),
            Item::Export { peer, answer } => answer.fulfil(node.export(now, &peer).map_err(failed)),
            Item::Exported { peer, export, answer } => {
                node.handle_exported(now, &peer, *export);
                self.exported.push(answer);
            }
            Item::Bundle { conn, peer, answer } => match node.handle_bundle(now, conn, &peer) {
                Ok(()) => drop(self.bundles.insert(conn, answer)),
                Err(error) => answer.fulfil(Err(error.into())),
            },
            Item::BundleFrame { conn, frame, memory: permit } => {
                memory.push(permit);
                node.handle_bundle_frame(conn, frame);
            }
            Item::BundleEnd { conn } => node.handle_bundle_end(conn),
        }
    }

    /// One more thing for the node, then the flush, then everything that may leave because it is durable.
    fn turn(&mut self, node: &mut Node, last: impl FnOnce(&mut Node, crate::time::Now)) -> Result<(), Fault> {
        let now = self.shared.clock.now();
        guarded(|| {
            last(node, now);
            node.flush(now).map_err(Fault::from)
        })?;
        self.hand_out(node);
        Ok(())
    }

    fn hand_out(&mut self, node: &mut Node) {
        while let Some((ticket, reply)) = node.poll_reply() {
            if let Some(answer) = self.waiting.remove(&ticket) {
                answer.fulfil(reply.map_err(ExecuteError::Rejected));
            }
        }
        self.answer_bundles(node);
        while let Some(transmit) = node.poll_transmit() {
            self.transmit(transmit);
        }
        let events: Vec<Event> = std::iter::from_fn(|| node.poll_event()).collect();
        // Whoever hears of a peer looks at the status next.
        if events.iter().any(|event| !matches!(event, Event::Committed(_))) {
            self.shared.publish_status(node.status());
        }
        for event in events {
            // Nobody may be listening.
            let _ = self.shared.events.send(event);
        }
    }

    /// Who made or brought a bundle looks at the status next: it is published before they are answered.
    fn answer_bundles(&mut self, node: &mut Node) {
        let outcomes: Vec<_> = std::iter::from_fn(|| node.poll_bundle()).collect();
        let exported = std::mem::take(&mut self.exported);
        if outcomes.is_empty() && exported.is_empty() {
            return;
        }
        self.shared.publish_status(node.status());
        for (conn, outcome) in outcomes {
            if let Some(answer) = self.bundles.remove(&conn) {
                answer.fulfil(outcome.map_err(BundleFailure::from));
            }
        }
        exported.into_iter().for_each(|answer| answer.fulfil(()));
    }

    fn transmit(&mut self, transmit: Transmit) {
        let (conn, outgoing) = match transmit {
            Transmit::Frame { conn, bytes } => (conn, Outgoing::Frame(bytes)),
            Transmit::Close { conn, code, reason, retry_after_millis } => {
                let retry_after = retry_after_millis.map(Duration::from_millis);
                (conn, Outgoing::Close { code, reason, retry_after })
            }
        };
        // A connection that ended has no receiver any more; its task has said so or is about to. One whose channel
        // is full loses a frame, which no session survives: its channel is dropped, and with it the connection.
        let full = self.outgoing.get(&conn).is_some_and(|channel| {
            matches!(channel.try_send(outgoing), Err(mpsc::error::TrySendError::Full(_)))
        });
        if full {
            tracing::warn!(conn = conn.0, "a connection does not take its frames; it is closed");
            self.outgoing.remove(&conn);
        }
    }

    /// Answers everybody who waits, and drops every connection: their sessions are lost with the node.
    fn give_up(&mut self, fault: &Fault) {
        // First what everybody may ask for, then the answers: who has one finds out why at once.
        let (code, message) = (fault.code, fault.message.clone());
        self.shared.health.send_replace(Health::Recovering { code, message });
        let failed = || ExecuteError::Store { code: fault.code, message: fault.message.clone() };
        std::mem::take(&mut self.waiting).into_values().for_each(|answer| answer.fulfil(Err(failed())));
        self.exported.clear();
        let bundles = std::mem::take(&mut self.bundles);
        bundles.into_values().for_each(|answer| answer.fulfil(Err(failed().into())));
        self.outgoing.clear();
    }

    /// Opens the database anew, with growing pauses, answering meanwhile; the reason to stop if it cannot be, and
    /// none if that was asked for.
    fn recover(&mut self, fault: &Fault, faults_in_row: u32) -> Result<Node, Option<String>> {
        let Recovery { pause_min, pause_max, attempts_max } = self.recovery;
        for attempt in 0..attempts_max {
            let doublings = (attempt + faults_in_row).min(16);
            self.pause(fault, pause_min.saturating_mul(1 << doublings).min(pause_max))?;
            match self.open() {
                Ok(node) => {
                    drop(self.shared.publish_reader(node.reader()));
                    self.shared.publish_status(node.status());
                    self.shared.health.send_replace(Health::Running);
                    tracing::info!("the database is open again");
                    return Ok(node);
                }
                Err(error) => tracing::error!(error, attempt, "the database cannot be opened"),
            }
        }
        Err(Some(format!("the database failed ({}) and cannot be opened anew: see the log", fault.message)))
    }

    fn open(&mut self) -> Result<Node, String> {
        let store = (self.reopen)().map_err(|error| error.to_string())?;
        Node::new(store, self.config.clone()).map_err(|error| error.to_string())
    }

    /// Waits, answering whoever asks meanwhile; ends early, with an error, when the node is to stop.
    fn pause(&mut self, fault: &Fault, time: Duration) -> Result<(), Option<String>> {
        let until = self.shared.clock.now().monotonic.plus(time);
        loop {
            let left = self.shared.clock.until(until);
            for item in self.inbox.drain(Some(left)) {
                if let Item::Execute { answer, .. } = item {
                    answer.fulfil(Err(ExecuteError::Store {
                        code: fault.code,
                        message: fault.message.clone(),
                    }));
                }
            }
            if self.inbox.is_closed() {
                return Err(None);
            }
            if left.is_zero() {
                return Ok(());
            }
        }
    }
}

fn failed(error: StoreError) -> ExecuteError {
    ExecuteError::Store { code: error.code(), message: error.to_string() }
}

/// When the status is to be published again.
struct Publisher {
    due: Option<Monotonic>,
    last: Monotonic,
    /// What was published last.
    news: u64,
}

impl Publisher {
    /// Publishes now if the last time is long enough ago, and else as soon as it is.
    fn publish(&mut self, node: &Node, shared: &Shared) {
        let now = shared.clock.now().monotonic;
        let every = if node.news() == self.news { TRAFFIC_EVERY } else { STATUS_EVERY };
        let earliest = self.last.plus(every);
        if now < earliest && self.due != Some(Monotonic::ZERO) {
            self.due = Some(earliest);
            return;
        }
        shared.publish_status(node.status());
        (self.last, self.news, self.due) = (now, node.news(), None);
    }
}

/// A panic of the node's code is a bug; it is survived as a crash is: nothing of the turn was stored, the database is
/// opened anew.
fn guarded<R>(work: impl FnOnce() -> Result<R, Fault>) -> Result<R, Fault> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Fault {
            code: "internal-error",
            message:
                "a fault of the program stopped this work; nothing of it was stored, and it is in the log"
                    .to_owned(),
        })
    })
}
