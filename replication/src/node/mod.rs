//! The heart: one store, its sessions, its queue, one flush.

mod alarms;
mod bundles;
mod report;
mod wish;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crdt_store::{Author, Batch, Committed, DeviceId, Reader, Rejection, Scope, Store, StoreError};

use alarms::Alarms;
pub use bundles::{BUNDLES_MAX, Taken};
use bundles::{Ground, Intake, Outcomes};
use report::Told;
pub use wish::{Command, IdempotencyKey, Ticket, Transmit};

use crate::account::{self, Account};
use crate::code;
use crate::codec::FrameError;
use crate::config::NodeConfig;
use crate::frame::{Frame, LogId, Message};
use crate::idempotency;
use crate::peer::{ConnectionId, Peer, Side};
use crate::session::{Fault, Moment, Own, Session};
use crate::status::{CommittedEvent, Event, NodeStatus, PeerError};
use crate::time::{Monotonic, Now};

/// Most peers a node keeps account of: ten thousand devices in a country, a kilobyte each.
pub const PEERS_MAX: usize = 10_000;
/// Bytes of documents made ready in one flush, over all sessions: 50 ms of work, so that callers do not wait while
/// 500 sites come back at once. The rest follows in the next flush, which is due at once.
const PUMP_BYTES_PER_FLUSH: usize = 4 << 20;
/// What is known of peers is written at the latest so long after it changed. Losing it costs bytes, not data.
const PERSIST_AFTER: Duration = Duration::from_secs(5);
/// Counts for the status that cost a look at every scope are made at most this often.
const RECOUNT_EVERY: Duration = Duration::from_millis(500);
/// Entitlements are reviewed at most this often …
const REVIEW_EVERY: Duration = Duration::from_millis(500);
/// … and for so many connections in one flush: it asks the schema about every scope for each.
const REVIEWS_PER_FLUSH: usize = 8;
/// A node that stops is back after this time, if it is only started anew …
const RETURN_AFTER: Duration = Duration::from_secs(1);
/// … and takes one peer after the other: a handshake and a quiet greeting are 5 ms of its work.
const RETURN_EVERY: Duration = Duration::from_millis(10);
/// How often it is decided which history no peer needs any more.
const RETAIN_EVERY: Duration = Duration::from_secs(60);

/// What waits for the next flush, in the order in which it came.
enum Work {
    Command { ticket: Ticket, idempotency: Option<IdempotencyKey>, author: Author, command: Command },
    Frame { conn: ConnectionId, frame: Frame },
    Bundle { conn: ConnectionId, frame: Frame },
}

/// Things done now and then: due at a moment, or not at all.
#[derive(Clone, Copy, Debug, Default)]
struct Timers {
    persist: Option<Monotonic>,
    recount: Option<Monotonic>,
    review: Option<Monotonic>,
    retain: Option<Monotonic>,
    /// Sending was stopped by the budget of a flush.
    pump: Option<Monotonic>,
}

/// Asks for a timer to fire, not later than it would anyway.
fn arm(timer: &mut Option<Monotonic>, at: Monotonic) {
    *timer = Some(timer.map_or(at, |due| due.min(at)));
}

/// Whether a timer has fired; if so it is off.
fn fired(timer: &mut Option<Monotonic>, now: Monotonic) -> bool {
    timer.take_if(|due| *due <= now).is_some()
}

/// One store, its sessions and its queue, as a plain state machine.
///
/// What happened is told by `handle_*`, what someone wishes by [`execute`](Self::execute); none of it has any effect
/// before [`flush`](Self::flush), which does all of it in one transaction. Only then is there something to poll: what
/// leaves the node is durable. The order is always: handle and execute, flush, poll everything.
///
/// After an error of `flush` the node must be dropped and made anew from a store opened anew, as after a crash; whoever
/// still waits for a reply was not answered.
pub struct Node {
    store: Store,
    reader: Reader,
    own: Own,
    config: NodeConfig,
    accounts: BTreeMap<DeviceId, Account>,
    sessions: BTreeMap<ConnectionId, Session>,
    by_device: BTreeMap<DeviceId, ConnectionId>,
    /// Sessions to which something has happened since they last had their say: of thousands, nearly all are quiet.
    stirred: BTreeSet<ConnectionId>,
    /// When the others must be looked at.
    alarms: Alarms,
    /// Bundles that are being taken in, and what came of those that were.
    intakes: BTreeMap<ConnectionId, Intake>,
    bundles: Outcomes,
    queue: Vec<Work>,
    transmits: VecDeque<Transmit>,
    replies: VecDeque<(Ticket, Result<Vec<u8>, Rejection>)>,
    events: VecDeque<Event>,
    /// Peers whose status may have changed, and what people were last told of each.
    changed: BTreeSet<DeviceId>,
    told: BTreeMap<DeviceId, Told>,
    /// See [`news`](Self::news).
    news: u64,
    timers: Timers,
    /// How many documents each scope holds, as last counted.
    counts: BTreeMap<Scope, u64>,
    /// When that was.
    counted_at: Monotonic,
    /// Scopes that commits have touched since.
    touched: BTreeSet<Scope>,
    /// Connections whose entitlements are to be reviewed.
    reviews: BTreeSet<ConnectionId>,
    retained_from: Option<u64>,
    frames_refused: u64,
    /// The connection that is served first in the next flush.
    next_served: ConnectionId,
}

impl Node {
    /// A node over an open store. Reads what is known of peers.
    pub fn new(store: Store, config: NodeConfig) -> Result<Self, StoreError> {
        let reader = store.reader();
        let log = LogId { database: *store.database_id().as_bytes(), epoch: store.log_epoch() };
        let own = Own {
            device: store.device(),
            incarnation: store.incarnation(),
            central: store.origin().central,
            log,
        };
        let snapshot = reader.snapshot()?;
        let mut accounts = account::load_all(&snapshot, log)?;
        for peer in &config.expected_peers {
            accounts.entry(peer.device).or_insert_with(|| Account::new(peer));
        }
        let mut node = Self {
            store,
            reader,
            own,
            config,
            accounts,
            sessions: BTreeMap::new(),
            by_device: BTreeMap::new(),
            stirred: BTreeSet::new(),
            alarms: Alarms::default(),
            intakes: BTreeMap::new(),
            bundles: Outcomes::new(),
            queue: Vec::new(),
            transmits: VecDeque::new(),
            replies: VecDeque::new(),
            events: VecDeque::new(),
            changed: BTreeSet::new(),
            told: BTreeMap::new(),
            news: 0,
            timers: Timers::default(),
            counts: BTreeMap::new(),
            counted_at: Monotonic::ZERO,
            touched: snapshot.scopes()?.into_iter().collect(),
            reviews: BTreeSet::new(),
            retained_from: None,
            frames_refused: 0,
            next_served: ConnectionId(0),
        };
        node.recount(&snapshot)?;
        node.timers.retain = Some(Monotonic::ZERO);
        Ok(node)
    }

    /// A connection stands, and the peer at its other end is proven. A connection of the same device that stood
    /// before is closed: the newer one is the one that works.
    pub fn handle_connected(&mut self, now: Now, conn: ConnectionId, peer: Peer, side: Side) {
        let refused = if peer.device == self.own.device {
            Some((code::SELF_CONNECTION, "this is the same device"))
        } else if !self.accounts.contains_key(&peer.device) && self.accounts.len() >= PEERS_MAX {
            Some((code::TOO_MANY_PEERS, "no more peers are taken"))
        } else {
            None
        };
        if let Some((code, reason)) = refused {
            self.close_now(conn, code, reason);
            return;
        }
        if let Some(older) = self.by_device.insert(peer.device, conn) {
            self.close(now, older, code::REPLACED, "the device connected again");
        }
        self.accounts.entry(peer.device).or_insert_with(|| Account::new(&peer)).meet(&peer, now.wall);
        self.sessions.insert(conn, Session::new(now, conn, &peer, side));
        self.stirred.insert(conn);
        self.changed.insert(peer.device);
    }

    /// A frame came. Frames of a connection that is closed already are dropped.
    pub fn handle_frame(&mut self, now: Now, conn: ConnectionId, frame: Frame) {
        let Some(session) = self.sessions.get_mut(&conn).filter(|session| !session.is_gone()) else { return };
        let Some(account) = self.accounts.get_mut(&session.device) else { return };
        self.stirred.insert(conn);
        account.counters.frames_in += 1;
        account.counters.bytes_in += frame.bytes as u64;
        self.changed.insert(session.device);
        match session.receive(now, &frame.message, account) {
            Ok(()) => self.queue.push(Work::Frame { conn, frame }),
            Err(violation) => self.violated(now, conn, violation.code, &violation.detail),
        }
    }

    /// What came on the connection was no frame: it is closed with the error's code.
    pub fn handle_bad_frame(&mut self, now: Now, conn: ConnectionId, error: FrameError) {
        self.violated(now, conn, error.code, &error.detail);
    }

    /// The connection has ended, for a reason with a stable code. What came on it before is still stored in the next
    /// flush.
    pub fn handle_disconnected(&mut self, now: Now, conn: ConnectionId, code: &str, detail: &str) {
        let Some(session) = self.sessions.get_mut(&conn).filter(|session| !session.is_gone()) else { return };
        session.disconnected();
        self.stirred.insert(conn);
        self.changed.insert(session.device);
        if let Some(account) = self.accounts.get_mut(&session.device).filter(|_| code != code::VISIT_OVER) {
            account.last_error = Some(PeerError::new(code, detail, now.wall));
        }
    }

    /// A visit is over: both sides have said all they had, and this one hangs up.
    pub fn hang_up(&mut self, now: Now, conn: ConnectionId) {
        self.close(now, conn, code::VISIT_OVER, "all was said");
    }

    /// Time has passed: at the latest at [`poll_timeout`](Self::poll_timeout).
    pub fn handle_timeout(&mut self, now: Now) {
        let mut failed = Vec::new();
        for conn in self.alarms.due(now.monotonic) {
            let Some(session) = self.sessions.get_mut(&conn) else { continue };
            let Some(account) = self.accounts.get_mut(&session.device) else { continue };
            if let Some(code) = session.on_timeout(now.monotonic, &self.config.timing, account) {
                failed.push((conn, code));
            }
            self.stirred.insert(conn);
        }
        for (conn, code) in failed {
            self.fail(now, conn, code, "it took too long");
        }
    }

    /// Queues a command. Its reply comes after a flush, under the ticket.
    ///
    /// With an idempotency key that was used before, the command is not carried out: the reply of the first time comes
    /// again, or the rejection `idempotency-key-reused` if the request was another. Rejected commands leave no trace
    /// and are tried anew.
    pub fn execute(
        &mut self,
        ticket: Ticket,
        idempotency: Option<IdempotencyKey>,
        author: Author,
        command: Command,
    ) {
        self.queue.push(Work::Command { ticket, idempotency, author, command });
    }

    /// Carries out everything since the last flush in one transaction, and makes ready what follows from it.
    pub fn flush(&mut self, now: Now) -> Result<(), StoreError> {
        let retain = self.retention(now)?;
        let (committed, heard) = self.commit(now, retain)?;
        let snapshot = self.reader.snapshot()?;
        let moment = Moment {
            own: self.own,
            snapshot: &snapshot,
            head: snapshot.head_seq()?,
            schema: &*self.config.schema.clone(),
            now,
        };
        if let Some(committed) = committed {
            self.news += 1;
            self.publish(now, committed);
        }
        for (conn, message) in heard {
            self.hear(&moment, conn, message)?;
        }
        self.conclude_bundles(&moment)?;
        self.timers.pump = None;
        self.review(&moment)?;
        let served = self.pump(&moment)?;
        self.bury(now, &served);
        if fired(&mut self.timers.recount, now.monotonic) {
            self.recount(&snapshot)?;
            self.news += 1;
            self.counted_at = now.monotonic;
        }
        self.note_changes(&moment)?;
        debug_assert!(
            self.no_session_is_forgotten(),
            "a session has something to do, and nobody would look at it"
        );
        Ok(())
    }

    /// Whether each session that is not looked at any more has its alarm, and nothing to say.
    fn no_session_is_forgotten(&self) -> bool {
        self.sessions.iter().all(|(conn, session)| {
            let is_set = self.alarms.of(*conn) == Some(session.deadline(&self.config.timing));
            is_set && session.has_said_all() && (self.stirred.contains(conn) || !session.wants_budget())
        })
    }

    /// What to send or to close next.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// The next caller to be answered.
    pub fn poll_reply(&mut self) -> Option<(Ticket, Result<Vec<u8>, Rejection>)> {
        self.replies.pop_front()
    }

    /// What happened next, for those who watch.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) and a flush are due; a moment in the past means at once.
    pub fn poll_timeout(&self) -> Option<Monotonic> {
        let Timers { persist, recount, review, retain, pump } = self.timers;
        [self.alarms.first(), persist, recount, review, retain, pump].into_iter().flatten().min()
    }

    /// The node as of its last flush, with all its peers.
    pub fn status(&self) -> NodeStatus {
        NodeStatus {
            device: self.own.device,
            incarnation: self.own.incarnation,
            database: self.own.log.database.iter().map(|byte| format!("{byte:02x}")).collect(),
            central: self.store.origin().central,
            head_seq: self.store.head_seq(),
            documents: self.counts.values().sum(),
            scopes: self.counts.len() as u64,
            frames_refused: self.frames_refused,
            peers: self.accounts.values().map(|account| self.peer_status(account)).collect(),
        }
    }

    /// Counts up with everything in the status that people should see at once: commits, counts, states of peers. The rest
    /// counts traffic and changes with every frame, and a status costs a look at every peer.
    pub fn news(&self) -> u64 {
        self.news
    }

    /// Opens snapshots of the store, on any thread.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Says GOAWAY on all connections, and to each peer another moment at which to come back: a country of sites that
    /// dials in the same second would keep its central from starting. Flush and poll once more to send it.
    pub fn stop(&mut self, now: Now) {
        let open: Vec<ConnectionId> = self.sessions.keys().copied().collect();
        let mut back_in = RETURN_AFTER;
        for conn in open {
            let millis = u64::try_from(back_in.as_millis()).ok();
            self.close_until(now, conn, code::STOPPING, "this side stops", millis);
            back_in += RETURN_EVERY;
        }
    }

    /// Takes the node apart; what was not flushed is forgotten.
    pub fn into_store(self) -> Store {
        self.store
    }

    /// Everything queued, in one transaction; what other frames said, to be heard after it.
    #[allow(clippy::type_complexity)]
    fn commit(
        &mut self,
        now: Now,
        retain: Option<u64>,
    ) -> Result<(Option<Committed>, Vec<(ConnectionId, Message)>), StoreError> {
        let queue = std::mem::take(&mut self.queue);
        let persist = fired(&mut self.timers.persist, now.monotonic);
        let stores = |work: &Work| !matches!(work, Work::Frame { frame, .. } if !matches!(frame.message, Message::Delta(_)));
        let mut heard = Vec::new();
        // What goes to a peer goes sealed; while nobody listens, one signature is enough for a day.
        let seals = !self.sessions.is_empty();
        let unsealed = seals && self.store.is_unsealed();
        if retain.is_none() && !persist && !unsealed && !queue.iter().any(stores) {
            heard.extend(queue.into_iter().filter_map(|work| match work {
                Work::Frame { conn, frame } => Some((conn, frame.message)),
                Work::Command { .. } | Work::Bundle { .. } => None,
            }));
            return Ok((None, heard));
        }
        let Self { store, sessions, by_device, intakes, accounts, replies, own, config, .. } = self;
        let mut violations = Vec::new();
        let ((), committed) = store.write(now.wall, |batch| {
            if let Some(seq) = retain {
                batch.retain_from(seq)?;
            }
            let mut remembers = persist;
            for work in queue {
                match work {
                    Work::Command { ticket, idempotency, author, command } => {
                        remembers |= idempotency.is_some();
                        replies.push_back((ticket, run(batch, now, idempotency, &author, command)?));
                    }
                    Work::Frame { conn, frame } => {
                        let Frame { message, documents, seals, .. } = frame;
                        let Message::Delta(delta) = message else {
                            heard.push((conn, message));
                            continue;
                        };
                        forget_checks(&mut heard, conn, &delta.scope);
                        let Some(session) = sessions.get_mut(&conn) else { continue };
                        let Some(account) = accounts.get_mut(&session.device) else { continue };
                        match session.ingest(batch, account, &delta, (documents, seals)) {
                            Ok(()) => {}
                            Err(Fault::Violation(violation)) => violations.push((conn, violation)),
                            Err(Fault::Store(error)) => return Err(error),
                        }
                    }
                    Work::Bundle { conn, frame } => {
                        let Some(intake) = intakes.get_mut(&conn) else { continue };
                        let connection = by_device.get(&intake.device());
                        if let (Some(conn), Message::Delta(delta)) = (connection, &frame.message) {
                            forget_checks(&mut heard, *conn, &delta.scope);
                        }
                        let Some(account) = accounts.get_mut(&intake.device()) else { continue };
                        let talking = connection.is_some();
                        let ground = Ground { own: *own, schema: &*config.schema, talking };
                        intake.take(batch, &ground, account, frame)?;
                    }
                }
            }
            if seals {
                batch.seal()?;
            }
            if persist {
                accounts.values_mut().try_for_each(|account| account.save(batch, own.log))?;
            }
            if remembers {
                idempotency::purge(batch, now.wall, config.timing.idempotency_retention)?;
            }
            Ok(())
        })?;
        for (conn, violation) in violations {
            self.violated(now, conn, violation.code, &violation.detail);
        }
        Ok((Some(committed), heard))
    }

    /// Tells those who watch, and the sessions, what a commit changed.
    fn publish(&mut self, now: Now, committed: Committed) {
        if committed.documents.is_empty() {
            return;
        }
        let mut event = CommittedEvent {
            seq: committed.seq,
            urgent: false,
            classes: BTreeSet::new(),
            documents: BTreeSet::new(),
            scopes: BTreeSet::new(),
        };
        let mut urgent = Vec::new();
        for (id, class, scope) in committed.documents {
            if self.config.schema.is_urgent(&class) {
                urgent.push((id, scope.clone()));
            }
            event.classes.insert(class);
            event.documents.insert(id);
            event.scopes.insert(scope);
        }
        event.urgent = !urgent.is_empty();
        for session in self.sessions.values_mut() {
            urgent.iter().for_each(|(id, scope)| session.hurry(scope, *id));
            for scope in &event.scopes {
                if session.touch(scope) {
                    self.stirred.insert(session.conn);
                }
            }
            let has_new = |scope| session.lacks(scope) && !self.counts.contains_key(scope);
            if event.scopes.iter().any(has_new) {
                self.reviews.insert(session.conn);
            }
        }
        self.touched.extend(event.scopes.iter().cloned());
        if self.config.entitlement_scopes.iter().any(|scope| event.scopes.contains(scope)) {
            arm(&mut self.timers.review, now.monotonic.plus(REVIEW_EVERY));
        }
        arm(&mut self.timers.recount, now.monotonic.max(self.counted_at.plus(RECOUNT_EVERY)));
        self.events.push_back(Event::Committed(event));
    }

    fn hear(&mut self, moment: &Moment<'_>, conn: ConnectionId, message: Message) -> Result<(), StoreError> {
        let Some(session) = self.sessions.get_mut(&conn).filter(|session| !session.is_gone()) else {
            return Ok(());
        };
        let Some(account) = self.accounts.get_mut(&session.device) else { return Ok(()) };
        let goodbye = match &message {
            Message::Hello(_) | Message::Welcome(_) | Message::Scopes(_) => {
                // A peer that waits for parts of the log: from now on they are kept for it.
                arm(&mut self.timers.retain, moment.now.monotonic);
                None
            }
            Message::Goaway(goaway) => {
                Some((goaway.code.clone(), goaway.reason.clone(), goaway.retry_after_millis))
            }
            _ => None,
        };
        match session.hear(moment, account, message) {
            Ok(()) => {}
            Err(Fault::Violation(violation)) => {
                self.violated(moment.now, conn, violation.code, &violation.detail);
            }
            Err(Fault::Store(error)) => return Err(error),
        }
        if let Some((code, reason, retry_after_millis)) = goodbye {
            self.transmits.push_back(Transmit::Close { conn, code, reason, retry_after_millis });
        }
        Ok(())
    }

    /// Looks at entitlements again, where a commit may have changed them.
    fn review(&mut self, moment: &Moment<'_>) -> Result<(), StoreError> {
        if fired(&mut self.timers.review, moment.now.monotonic) {
            self.reviews.extend(self.sessions.keys().copied());
        }
        for _ in 0..REVIEWS_PER_FLUSH {
            let Some(conn) = self.reviews.pop_first() else { return Ok(()) };
            if let Some(session) = self.sessions.get_mut(&conn) {
                session.review(moment)?;
                self.stirred.insert(conn);
            }
        }
        if !self.reviews.is_empty() {
            arm(&mut self.timers.pump, moment.now.monotonic);
        }
        Ok(())
    }

    /// Lets the sessions to which something has happened say what they have to say, beginning with another one each time.
    /// Those that were let.
    fn pump(&mut self, moment: &Moment<'_>) -> Result<Vec<ConnectionId>, StoreError> {
        let mut budget = PUMP_BYTES_PER_FLUSH;
        let (before, mut served): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.stirred).into_iter().partition(|conn| *conn < self.next_served);
        served.extend(before);
        for &conn in &served {
            let Some(session) = self.sessions.get_mut(&conn) else { continue };
            let Some(account) = self.accounts.get_mut(&session.device) else { continue };
            let had_budget = budget > 0;
            session.pump(moment, account, &mut budget)?;
            if had_budget && budget == 0 {
                self.next_served = conn;
            }
            if session.wants_budget() {
                self.timers.pump = Some(moment.now.monotonic);
                self.stirred.insert(conn);
            }
            if std::mem::take(&mut session.proved) && session.in_sync() {
                account.proven(moment.now.wall);
            }
            if account.is_dirty() {
                arm(&mut self.timers.persist, moment.now.monotonic.plus(PERSIST_AFTER));
            }
            let frames = session.take_frames(moment.now.monotonic);
            if !frames.is_empty() {
                self.changed.insert(session.device);
            }
            self.transmits.extend(frames.into_iter().map(|bytes| Transmit::Frame { conn, bytes }));
            self.events.extend(session.events.drain(..));
            self.alarms.set(conn, session.deadline(&self.config.timing));
        }
        Ok(served)
    }

    /// Removes those of the sessions that have ended.
    fn bury(&mut self, now: Now, served: &[ConnectionId]) {
        for &conn in served {
            if !self.sessions.get(&conn).is_some_and(Session::is_gone) {
                continue;
            }
            let Some(session) = self.sessions.remove(&conn) else { continue };
            self.alarms.forget(conn);
            self.stirred.remove(&conn);
            if self.by_device.get(&session.device) == Some(&conn) {
                self.by_device.remove(&session.device);
            }
            if let Some(account) = self.accounts.get_mut(&session.device) {
                account.parted();
                account.unsent = None;
            }
            arm(&mut self.timers.recount, now.monotonic);
            arm(&mut self.timers.persist, now.monotonic);
        }
    }

    fn violated(&mut self, now: Now, conn: ConnectionId, code: &'static str, detail: &str) {
        self.frames_refused += 1;
        self.news += 1;
        self.fail(now, conn, code, detail);
    }

    /// Closes a connection for a fault that people should know of.
    fn fail(&mut self, now: Now, conn: ConnectionId, code: &'static str, detail: &str) {
        let account = self.sessions.get(&conn).and_then(|session| self.accounts.get_mut(&session.device));
        if let Some(account) = account {
            account.last_error = Some(PeerError::new(code, detail, now.wall));
        }
        self.close(now, conn, code, detail);
    }

    /// Says GOAWAY and closes; the session is buried in the next flush.
    fn close(&mut self, now: Now, conn: ConnectionId, code: &'static str, reason: &str) {
        self.close_until(now, conn, code, reason, None);
    }

    /// The same, with the time after which the peer may come back.
    fn close_until(
        &mut self,
        now: Now,
        conn: ConnectionId,
        code: &'static str,
        reason: &str,
        retry_after_millis: Option<u64>,
    ) {
        let Some(session) = self.sessions.get_mut(&conn).filter(|session| !session.is_gone()) else { return };
        let Some(account) = self.accounts.get_mut(&session.device) else { return };
        session.close(code, reason, retry_after_millis, account);
        self.stirred.insert(conn);
        let frames = session.take_frames(now.monotonic);
        self.changed.insert(session.device);
        self.transmits.extend(frames.into_iter().map(|bytes| Transmit::Frame { conn, bytes }));
        self.close_now(conn, code, reason);
    }

    fn close_now(&mut self, conn: ConnectionId, code: &'static str, reason: &str) {
        let reason = reason.to_owned();
        self.transmits.push_back(Transmit::Close {
            conn,
            code: code.to_owned(),
            reason,
            retry_after_millis: None,
        });
    }

    /// Decides now and then from which position of the log on changes are kept for peers; tells it if it moved.
    fn retention(&mut self, now: Now) -> Result<Option<u64>, StoreError> {
        if !fired(&mut self.timers.retain, now.monotonic) {
            return Ok(None);
        }
        arm(&mut self.timers.retain, now.monotonic.plus(RETAIN_EVERY));
        let head = self.store.head_seq();
        for session in self.sessions.values_mut() {
            if let Some(account) = self.accounts.get_mut(&session.device) {
                session.refresh_marks(account, head);
                if account.is_dirty() {
                    arm(&mut self.timers.persist, now.monotonic.plus(PERSIST_AFTER));
                }
            }
        }
        let patience = i64::try_from(self.config.timing.peer_retention.as_millis()).unwrap_or(i64::MAX);
        let awaited = |account: &&Account| {
            account.last_heard_of().is_some_and(|at| now.wall.millis_since(at) <= patience)
        };
        let floors = self.accounts.values().filter(awaited).flat_map(|account| {
            account
                .marks()
                .filter(|(_, mark)| mark.gives)
                .map(|(_, mark)| mark.acked.map_or(0, |acked| acked.floor))
        });
        let seq = floors.min().unwrap_or(u64::MAX);
        Ok((self.retained_from.replace(seq) != Some(seq)).then_some(seq))
    }
}

/// Carries out one command, or recalls its reply.
fn run(
    batch: &mut Batch<'_>,
    now: Now,
    idempotency: Option<IdempotencyKey>,
    author: &Author,
    command: Command,
) -> Result<Result<Vec<u8>, Rejection>, StoreError> {
    let Some(key) = idempotency else { return batch.execute(author, command) };
    if let Some(reply) = idempotency::recall(batch, &key)? {
        return Ok(reply);
    }
    let reply = batch.execute(author, command)?;
    if let Ok(reply) = &reply {
        idempotency::remember(batch, &key, reply, now.wall)?;
    }
    Ok(reply)
}

/// A DELTA after a CHECK in the same flush: the store that the CHECK would be compared with holds more than its sender
/// held. The sender will say CHECK again.
fn forget_checks(heard: &mut [(ConnectionId, Message)], conn: ConnectionId, scope: &Scope) {
    for (_, message) in heard.iter_mut().filter(|(from, _)| *from == conn) {
        let check = match message {
            Message::Check(check) => Some(check),
            Message::Ack(ack) => ack.check.as_mut(),
            _ => None,
        };
        if let Some(check) = check {
            check.states.retain(|state| state.scope != *scope);
        }
    }
}
