//! One connection's conversation with one peer: frames in, frames out, timers; no store of its own, no clock, no wire.
//!
//! After the greeting both sides are the same: each sends what the other lacks of its log ([`sending`]), acknowledges
//! what it has stored ([`receiving`]), and, when nothing is left to say, both prove to each other that they hold the same
//! ([`proving`]). A frame is taken in two steps: [`Session::receive`] looks at its place in the conversation at once, and
//! [`Session::ingest`] (a DELTA, inside the node's transaction) or [`Session::hear`] (the others, after the commit, with a
//! snapshot of it) does what it says. [`Session::pump`] then says whatever there is to say.
//!
//! In a bundle only one side speaks ([`bundle`]): by the same steps, into a file and out of it.

mod bundle;
mod greeting;
mod proving;
mod receiving;
mod scope;
mod sealing;
mod sending;
mod urgent;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crdt_store::{
    DeviceId, DocumentId, Incarnation, Origin, Outgoing, Schema, Scope, Snapshot, StoreError, Whole,
};

use scope::{Given, Round, ScopeState};

use crate::account::Account;
use crate::code;
use crate::codec::{encode, short};
use crate::config::Timing;
use crate::frame::{Cursor, Goaway, Identity, LogId, Message, PROTOCOL_VERSION, RefusedChange};
use crate::peer::{ConnectionId, Peer, Side};
use crate::status::{Event, LinkState, PeerError};
use crate::time::{Monotonic, Now};

/// Most scopes shared with one peer: a central of 4,000 stores with another like it. Bounds memory per connection.
pub(crate) const SCOPES_MAX: usize = 4_096;
/// Most lives of a database that are believed: each is one restored backup, and each costs a hash per change checked.
pub(crate) const INCARNATION_MAX: Incarnation = 1_000;

/// By how many positions of our log a quiet scope's mark may lag: each move costs a write.
const MARK_LAG_MAX: u64 = 10_000;

/// This node, as sessions speak of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Own {
    pub(crate) device: DeviceId,
    pub(crate) incarnation: Incarnation,
    pub(crate) central: bool,
    pub(crate) log: LogId,
}

impl Own {
    /// This node as an author.
    pub(crate) fn origin(&self) -> Origin {
        Origin { device: self.device, incarnation: self.incarnation, central: self.central }
    }

    /// What a peer that holds our log up to `after` lacks of a document, and will believe from us: from central
    /// everything, from others what they wrote themselves or can prove.
    pub(crate) fn outgoing(
        &self,
        snapshot: &Snapshot,
        id: DocumentId,
        after: u64,
        except: Option<DeviceId>,
    ) -> Result<Outgoing, StoreError> {
        match self.central {
            true => snapshot.outgoing(id, after, except),
            false => snapshot.outgoing_proven(id, after, except, &self.origin()),
        }
    }

    /// Whether peers take a whole document from this node: all of it is its own, or it may pass on what others wrote.
    pub(crate) fn may_give_whole(&self, whole: &Whole) -> bool {
        self.central || whole.authors.iter().all(|author| self.origin().wrote_as(*author))
    }
}

/// The store after a commit, and the present.
pub(crate) struct Moment<'a> {
    pub(crate) own: Own,
    pub(crate) snapshot: &'a Snapshot,
    /// The log's position in `snapshot`.
    pub(crate) head: u64,
    pub(crate) schema: &'a dyn Schema,
    pub(crate) now: Now,
}

impl Moment<'_> {
    fn outgoing(&self, id: DocumentId, after: u64, except: Option<DeviceId>) -> Result<Outgoing, StoreError> {
        self.own.outgoing(self.snapshot, id, after, except)
    }

    fn identity(&self) -> Identity {
        Identity {
            version: PROTOCOL_VERSION,
            log: self.own.log,
            incarnation: self.own.incarnation,
            head: self.head,
            wall: self.now.wall.as_millis(),
        }
    }
}

/// The peer broke the protocol, or a limit: the connection ends, nothing else does.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) code: &'static str,
    pub(crate) detail: String,
}

impl Violation {
    pub(crate) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// Why a frame could not be dealt with.
pub(crate) enum Fault {
    Violation(Violation),
    Store(StoreError),
}

impl From<Violation> for Fault {
    fn from(violation: Violation) -> Self {
        Self::Violation(violation)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// How far the greeting is, by what has been heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Nothing,
    Banner,
    /// HELLO or WELCOME: the greeting is over.
    Greeting,
}

/// A DELTA that is not yet acknowledged.
#[derive(Debug)]
struct InFlight {
    number: u64,
    scope: Scope,
    /// What the peer holds once it is.
    told: Option<Cursor>,
    bytes: usize,
    documents: u64,
    sent_at: Monotonic,
    /// Bytes that were under way when it was sent, its own included.
    under_way: usize,
}

/// The conversation.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) conn: ConnectionId,
    pub(crate) device: DeviceId,
    side: Side,
    central: bool,
    heard: Heard,
    greeted: bool,
    gone: bool,
    /// The peer speaks of the log we know it by.
    same_life: bool,
    /// Where the peer may have lost what it wrote itself, in this life of its database or an earlier one.
    may_have_lost: BTreeSet<Scope>,
    their_head: u64,
    scopes: BTreeMap<Scope, ScopeState>,
    /// Scopes in which there may be something to send or to check.
    pending: BTreeSet<Scope>,
    /// Scopes to be offered when the greeting is over.
    unoffered: VecDeque<Scope>,
    /// The peer's offers are not complete; ours wait, so as not to cross them.
    hears_offers: bool,
    offers_sent: bool,
    /// What is offered must be looked at again, as soon as the first offers are made.
    review_due: bool,
    /// Documents that were unknown here and came whole from the peer, with the position they were given: they need not
    /// be sent back. Entries go when the pass over the log has seen them.
    level: BTreeMap<DocumentId, u64>,
    in_flight: VecDeque<InFlight>,
    in_flight_bytes: usize,
    /// Bytes that may be in flight: grows while acknowledgements come soon.
    window: usize,
    sent_number: u64,
    acked_number: u64,
    /// Number of the last DELTA that came, and of the last that was stored.
    received_number: u64,
    stored_number: u64,
    ack_due: bool,
    refused: Vec<RefusedChange>,
    refused_count: u64,
    /// Bytes sent before the greeting was over.
    early_bytes: usize,
    /// Seals that were told.
    told: sealing::ToldSeals,
    out: Vec<Vec<u8>>,
    connected_at: Monotonic,
    last_heard: Monotonic,
    last_sent: Monotonic,
    progress_at: Monotonic,
    to_send: Option<u64>,
    /// Documents that what came has changed here.
    pub(crate) applied: u64,
    /// Set by whatever proved something; read by the node when it draws up the status.
    pub(crate) proved: bool,
    pub(crate) events: Vec<Event>,
}

impl Session {
    pub(crate) fn new(now: Now, conn: ConnectionId, peer: &Peer, side: Side) -> Self {
        Self {
            conn,
            device: peer.device,
            side,
            central: peer.central,
            heard: Heard::Nothing,
            greeted: false,
            gone: false,
            same_life: true,
            may_have_lost: BTreeSet::new(),
            their_head: 0,
            scopes: BTreeMap::new(),
            pending: BTreeSet::new(),
            unoffered: VecDeque::new(),
            hears_offers: true,
            offers_sent: false,
            review_due: false,
            level: BTreeMap::new(),
            in_flight: VecDeque::new(),
            in_flight_bytes: 0,
            window: sending::WINDOW_BYTES_MIN,
            sent_number: 0,
            acked_number: 0,
            received_number: 0,
            stored_number: 0,
            ack_due: false,
            refused: Vec::new(),
            refused_count: 0,
            early_bytes: 0,
            told: sealing::ToldSeals::default(),
            out: Vec::new(),
            connected_at: now.monotonic,
            last_heard: now.monotonic,
            last_sent: now.monotonic,
            progress_at: now.monotonic,
            to_send: None,
            applied: 0,
            proved: false,
            events: Vec::new(),
        }
    }

    /// Takes note of a frame and of its place in the conversation. Nothing of what it says is done yet.
    pub(crate) fn receive(
        &mut self,
        now: Now,
        message: &Message,
        account: &mut Account,
    ) -> Result<(), Violation> {
        self.last_heard = now.monotonic;
        account.contact(now.wall);
        match (self.side, self.heard, message) {
            (_, _, Message::Goaway(_) | Message::Ping) => Ok(()),
            (Side::Dialed, Heard::Nothing, Message::Banner(banner)) => {
                self.heard = Heard::Banner;
                self.meet(&banner.identity, account)
            }
            (Side::Dialed, Heard::Banner, Message::Welcome(welcome)) => {
                self.heard = Heard::Greeting;
                if account.log != Some(welcome.identity.log) {
                    return Err(Violation::new(code::OUT_OF_TURN, "WELCOME of another database than BANNER"));
                }
                self.their_head = welcome.identity.head;
                Ok(())
            }
            (Side::Accepted, Heard::Nothing, Message::Hello(hello)) => {
                self.heard = Heard::Greeting;
                self.meet(&hello.identity, account)
            }
            (_, _, Message::Banner(_) | Message::Hello(_) | Message::Welcome(_)) => Err(out_of_turn(message)),
            (_, Heard::Greeting, Message::Delta(delta)) if delta.number == self.received_number + 1 => {
                self.received_number = delta.number;
                Ok(())
            }
            (_, Heard::Greeting, Message::Delta(_)) => {
                Err(Violation::new(code::OUT_OF_TURN, "a DELTA is missing before this one"))
            }
            (_, Heard::Greeting, _) => Ok(()),
            (_, Heard::Nothing | Heard::Banner, _) => Err(out_of_turn(message)),
        }
    }

    fn meet(&mut self, identity: &Identity, account: &mut Account) -> Result<(), Violation> {
        believable(identity)?;
        self.same_life = account.adopt(identity);
        // Until both have once held the same again, also when a first conversation after a restoration was cut short.
        self.may_have_lost =
            account.marks().filter(|(_, mark)| mark.lost).map(|(scope, _)| scope.clone()).collect();
        for (scope, state) in &mut self.scopes {
            state.echo_off = self.same_life && !self.may_have_lost.contains(scope);
        }
        self.their_head = identity.head;
        Ok(())
    }

    /// Does what a frame other than DELTA says, with the store as it is after everything before.
    pub(crate) fn hear(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        message: Message,
    ) -> Result<(), Fault> {
        match message {
            Message::Hello(hello) => self.hear_hello(moment, account, hello),
            Message::Welcome(welcome) => self.hear_welcome(moment, account, welcome),
            Message::Scopes(scopes) => self.hear_scopes(moment, account, scopes),
            Message::Ack(mut ack) => {
                let check = ack.check.take();
                self.hear_ack(moment, account, ack)?;
                check.map_or(Ok(()), |check| self.hear_check(moment, account, check))
            }
            Message::Check(check) => self.hear_check(moment, account, check),
            Message::Checked(checked) => self.hear_checked(moment, account, checked),
            Message::Buckets(buckets) => self.hear_buckets(moment, account, buckets),
            Message::List(list) => self.hear_list(moment, account, list),
            Message::Want(want) => self.hear_want(moment, account, want),
            Message::Goaway(goaway) => {
                self.gone = true;
                if goaway.code != code::VISIT_OVER {
                    let error = PeerError::new(&goaway.code, goaway.reason, moment.now.wall);
                    account.last_error = Some(error);
                }
                Ok(())
            }
            Message::Banner(_) | Message::Delta(_) | Message::Ping => Ok(()),
        }
    }

    /// Says whatever there is to say, within the windows and within `budget` bytes of documents, which it lowers.
    pub(crate) fn pump(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        budget: &mut usize,
    ) -> Result<(), StoreError> {
        if self.gone {
            return Ok(());
        }
        self.greet(moment, account)?;
        if self.is_live() {
            let before = self.out.len();
            self.say_offers(moment, account)?;
            if self.review_due && self.offers_sent {
                self.review(moment)?;
                self.say_offers(moment, account)?;
            }
            let checks = self.send_pending(moment, account, budget)?;
            self.say_ack_and_checks(account, before, checks);
        }
        Ok(())
    }

    /// Whether [`pump`](Self::pump) has work left that only the budget stopped.
    pub(crate) fn wants_budget(&self) -> bool {
        self.is_live() && !self.gone && !self.pending.is_empty() && !self.window_is_full()
    }

    /// Moves the marks of scopes in which nothing happens: they hold everything that is kept for slow peers.
    pub(crate) fn refresh_marks(&mut self, account: &mut Account, head: u64) {
        for (scope, state) in &mut self.scopes {
            let mut mark = account.mark(scope);
            let lags = mark.acked.is_some_and(|acked| acked.floor + MARK_LAG_MAX < head);
            if lags && state.is_idle() && !self.pending.contains(scope) {
                state.sent = Cursor::at(head);
                mark.acked = Some(Cursor::at(head));
                account.set_mark(scope, mark);
            }
        }
    }

    /// A commit changed documents of a scope. Whether it is one of this conversation's.
    pub(crate) fn touch(&mut self, scope: &Scope) -> bool {
        let Some(state) = self.scopes.get_mut(scope) else { return false };
        state.stir();
        self.pending.insert(scope.clone());
        true
    }

    /// A commit touched a document that goes ahead of others. Where nothing waits, it goes at once anyway.
    pub(crate) fn hurry(&mut self, scope: &Scope, id: DocumentId) {
        let is_behind = self.window_is_full() || !self.pending.is_empty();
        if let Some(state) = self.scopes.get_mut(scope).filter(|_| is_behind) {
            state.urgent.insert(id);
        }
    }

    /// Whether the conversation is past its greeting.
    pub(crate) fn is_live(&self) -> bool {
        self.heard == Heard::Greeting
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.gone
    }

    /// The connection has ended.
    pub(crate) fn disconnected(&mut self) {
        self.gone = true;
    }

    /// Hangs up, saying why, and when to come back at the earliest.
    pub(crate) fn close(
        &mut self,
        code: &str,
        reason: &str,
        retry_after_millis: Option<u64>,
        account: &mut Account,
    ) {
        if self.gone {
            return;
        }
        let (code, reason) = (short(code), short(reason));
        self.say(Message::Goaway(Goaway { code, reason, retry_after_millis }), account);
        self.gone = true;
    }

    /// Frames to send, in order.
    pub(crate) fn take_frames(&mut self, now: Monotonic) -> Vec<Vec<u8>> {
        if !self.out.is_empty() {
            self.last_sent = now;
        }
        std::mem::take(&mut self.out)
    }

    /// Whether no frame waits to be taken.
    pub(crate) fn has_said_all(&self) -> bool {
        self.out.is_empty()
    }

    /// Puts a frame into the line; tells its length, nothing if it is too large for the wire.
    fn say(&mut self, message: Message, account: &mut Account) -> Option<usize> {
        let frame = encode(&message)?;
        let len = frame.len();
        account.counters.bytes_out += len as u64;
        account.counters.frames_out += 1;
        self.out.push(frame);
        Some(len)
    }

    /// What is wrong with the peer's timing, if anything; says PING when it is time to.
    pub(crate) fn on_timeout(
        &mut self,
        now: Monotonic,
        timing: &Timing,
        account: &mut Account,
    ) -> Option<&'static str> {
        if self.gone {
            return None;
        }
        if !self.is_live() && now >= self.connected_at.plus(timing.greeting_max) {
            return Some(code::HELLO_TIMEOUT);
        }
        if now >= self.last_heard.plus(timing.idle_max) {
            return Some(code::IDLE_TIMEOUT);
        }
        if !self.in_flight.is_empty() && now >= self.progress_at.plus(timing.stall_max) {
            return Some(code::STALLED);
        }
        if self.is_live() && now >= self.last_sent.plus(timing.keepalive) {
            self.last_sent = now;
            self.say(Message::Ping, account);
        }
        None
    }

    /// When [`on_timeout`](Self::on_timeout) is next due.
    pub(crate) fn deadline(&self, timing: &Timing) -> Monotonic {
        let mut deadline = self.last_heard.plus(timing.idle_max);
        match self.is_live() {
            true => deadline = deadline.min(self.last_sent.plus(timing.keepalive)),
            false => deadline = deadline.min(self.connected_at.plus(timing.greeting_max)),
        }
        if !self.in_flight.is_empty() {
            deadline = deadline.min(self.progress_at.plus(timing.stall_max));
        }
        deadline
    }

    /// Whether it is proven that both hold the same in every scope they share, and nothing else is under way.
    pub(crate) fn in_sync(&self) -> bool {
        self.is_quiet()
            && self.scopes.values().all(|state| match (state.gives, state.given) {
                (true, Given::Yes) => state.proven,
                (true, Given::Unknown) => false,
                (true, Given::No) | (false, _) => true,
            })
    }

    fn is_quiet(&self) -> bool {
        self.is_live()
            && !self.gone
            && self.unoffered.is_empty()
            && self.offers_sent
            && !self.hears_offers
            && self.pending.is_empty()
            && self.in_flight.is_empty()
            && self.scopes.values().all(|state| state.round == Round::None && state.to_receive == 0)
    }

    /// Whether nothing is left to say, and all that both share has been compared since anything happened.
    pub(crate) fn is_settled(&self) -> bool {
        self.is_quiet()
            && self.scopes.values().all(|state| match (state.gives, state.given) {
                (true, Given::Yes) => state.judged,
                (true, Given::Unknown) => false,
                (true, Given::No) | (false, _) => true,
            })
    }

    pub(crate) fn link(&self) -> LinkState {
        match (self.is_live(), self.is_quiet()) {
            (false, _) => LinkState::Greeting,
            (true, false) => LinkState::Syncing,
            (true, true) => LinkState::Quiet,
        }
    }

    pub(crate) fn to_receive(&self) -> u64 {
        self.scopes.values().map(|state| state.to_receive).sum()
    }

    /// Scopes shared with the peer; scopes it withholds; scopes that differ.
    pub(crate) fn scope_counts(&self) -> (u64, u64, u64) {
        let count = |predicate: fn(&ScopeState) -> bool| {
            self.scopes.values().filter(|state| predicate(state)).count() as u64
        };
        (
            count(ScopeState::is_shared),
            count(|state| state.gives && state.given == Given::No),
            count(|state| state.differs),
        )
    }

    fn state(&mut self, scope: &Scope) -> Result<&mut ScopeState, Violation> {
        if !self.scopes.contains_key(scope) && self.scopes.len() >= SCOPES_MAX {
            return Err(Violation::new(code::TOO_MANY_SCOPES, format!("more than {SCOPES_MAX} scopes")));
        }
        let echo_off = self.same_life && !self.may_have_lost.contains(scope);
        Ok(self.scopes.entry(scope.clone()).or_insert_with(|| ScopeState::new(echo_off)))
    }
}

/// Whether what a peer says of itself can be: it speaks our version, and has not had lives without number.
pub(crate) fn believable(identity: &Identity) -> Result<(), Violation> {
    if identity.version != PROTOCOL_VERSION {
        let detail = format!("the peer speaks version {}, this side {PROTOCOL_VERSION}", identity.version);
        return Err(Violation::new(code::PROTOCOL_VERSION, detail));
    }
    if !(1..=INCARNATION_MAX).contains(&identity.incarnation) {
        let detail = format!("{} lives of a database", identity.incarnation);
        return Err(Violation::new(code::INCARNATION_OUT_OF_RANGE, detail));
    }
    Ok(())
}

fn out_of_turn(message: &Message) -> Violation {
    Violation::new(code::OUT_OF_TURN, format!("{} has no place here", message.kind()))
}
