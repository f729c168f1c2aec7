//! The world: devices, links, people and faults under one clock.
//!
//! Everything that happens is an event in one queue, taken in the order of virtual time. People work and faults happen
//! for the days of the run (the safety phase); then everything heals and nobody does anything new, and the devices
//! must prove to each other, within bounded time, that they hold the same (the liveness phase).

use std::collections::BTreeMap;
use std::time::Duration;

use crdt_store::{Author, DeviceId, OpenError};
use replication::{
    ConnectionId, Dialer, Event, IdempotencyKey, Side, Ticket, Timing, Transmit, code, decode,
};

use crate::bent::Bent;
use crate::check;
use crate::disk::{Breakdown, Disk, Fsync};
use crate::look;
use crate::machine::{Input, Machine, right_time, timing};
use crate::network::{
    Cargo, DIAL_TIMEOUT, Delivery, EndId, LinkId, MachineId, NOTICED_BY, Network, Planned, draw_quality,
};
use crate::options::{FaultChoice, Faults, Mutant, Options};
use crate::people::Person;
use crate::queue::{DAY, HOUR, Instant, MINUTE, Queue, SECOND};
use crate::report::{Breach, INVARIANTS};
use crate::seed::{Dice, Seed};
use crate::setup::{Country, Enrolment, found_country};
use crate::tally::Tally;
use crate::trace::Trace;
use crate::wish::{Wish, Wisher};

/// Central's place among the machines.
pub(crate) const CENTRAL: MachineId = 0;
/// With everything healed, all must be in sync within so long, in microseconds: a site on the slowest link, a
/// kilobyte a second, fetches everything anew in that time.
const LIVENESS_MAX: u64 = 6 * HOUR;
/// More events than this within one virtual minute mean that somebody goes round in circles.
const EVENTS_PER_MINUTE_MAX: u64 = 200_000;
/// A reopened database is asked for this many of the latest promises; all are looked at in the end.
const PROMISES_ASKED: usize = 40;
/// What two nodes never say to each other unless one of them is wrong.
const NEVER_SAID: [&str; 12] = [
    code::OUT_OF_TURN,
    code::ACK_OUT_OF_RANGE,
    code::TOO_MANY_ROUNDS,
    code::TOO_MANY_SCOPES,
    code::FRAME_TOO_LARGE,
    code::FRAME_TRUNCATED,
    code::FRAME_MALFORMED,
    code::FRAME_VERSION,
    code::FRAME_UNKNOWN,
    code::FRAME_LIMITS,
    code::INVALID_CHANGE,
    code::INCARNATION_OUT_OF_RANGE,
];

/// What a step found.
pub(crate) type Held<T = ()> = Result<T, Breach>;

/// An event.
enum Happening {
    /// A node takes its turn: handles what came, commits, and speaks.
    Wake(MachineId, u64),
    Timer(MachineId, u64, Instant),
    Net(Planned),
    Dial(MachineId, u64, u64),
    Established(MachineId, u64),
    Cut(LinkId),
    Heal(LinkId),
    /// Somebody thinks of something to do.
    Act(MachineId),
    /// Somebody presses a button, perhaps again.
    Press(MachineId, Wish),
    Crash(MachineId),
    Start(MachineId),
    /// Everything heals.
    Dawn,
    /// Is everybody in sync?
    Poll,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Safety,
    Liveness { since: Instant },
    Over,
}

/// What became of a wish.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fate {
    pub(crate) token: Option<String>,
    pub(crate) accepted: Option<(String, Vec<u8>)>,
    /// Presses that were never answered.
    pub(crate) unanswered: u32,
}

/// The world.
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) faults: Faults,
    pub(crate) seed: Seed,
    pub(crate) now: Instant,
    queue: Queue<Happening>,
    pub(crate) network: Network,
    pub(crate) machines: Vec<Machine>,
    pub(crate) country: Country,
    pub(crate) trace: Trace,
    pub(crate) tally: Tally,
    pub(crate) fates: BTreeMap<u64, Fate>,
    phase: Phase,
    timing: Timing,
    people: Dice,
    misfortune: Dice,
    turns: Dice,
    wishes: u64,
    tickets: u64,
    minute: (u64, u64),
    pub(crate) converged_after: Option<u64>,
}

impl World {
    /// A world on its first day.
    pub(crate) fn new(options: &Options) -> Self {
        let options = options.within_limits();
        let seed = Seed::of(options.seed);
        let faults = draw_faults(&options, &mut seed.fork("faults"));
        let mut dice = seed.fork("world");
        let world = Self {
            faults,
            seed,
            now: Instant::default(),
            queue: Queue::new(),
            network: Network::new(),
            machines: Vec::new(),
            country: Country::default(),
            trace: Trace::new(),
            tally: Tally::default(),
            fates: BTreeMap::new(),
            phase: Phase::Safety,
            timing: timing(Duration::from_secs(dice.between(300, 1_800))),
            people: seed.fork("people"),
            misfortune: seed.fork("misfortune"),
            turns: seed.fork("turns"),
            wishes: 0,
            tickets: 0,
            minute: (0, 0),
            converged_after: None,
            options,
        };
        world.populated(&mut dice)
    }

    fn populated(mut self, dice: &mut Dice) -> Self {
        let sites = self.options.sites as usize;
        self.add_machine("central".to_owned(), None, true);
        let mut places = vec![None];
        for site in 0..sites {
            let devices = dice.weighted(&[(1, 4), (2, 5), (3, 1)]);
            for device in 0..devices {
                self.add_machine(format!("site {site} device {device}"), Some(site), true);
                places.push(Some(site));
            }
        }
        if self.faults.dishonest_device {
            let site = dice.between(0, sites as u64 - 1) as usize;
            self.add_machine(format!("site {site} dishonest"), Some(site), false);
            places.push(Some(site));
        }
        self.found(&places);
        for (machine, place) in places.iter().enumerate() {
            self.machines[machine].store = place.map(|site| self.country.stores[site]);
        }
        self.plan_first_days();
        self
    }

    fn add_machine(&mut self, name: String, site: Option<usize>, honest: bool) {
        let machine = self.machines.len();
        let mut dice = self.seed.fork(&format!("machine/{name}"));
        let mutant = self.options.mutant;
        let unchecked = !honest || (site.is_none() && mutant == Some(Mutant::UncheckedAuthor));
        let fsync = if mutant == Some(Mutant::IgnoredFsync) { Fsync::Ignored } else { Fsync::Honest };
        let link = site.map(|_| {
            let slow = self.faults.slow_links && dice.chance(600);
            let quality = draw_quality(&mut dice, slow, self.faults.late_notice);
            self.network.add_link(machine, quality, self.seed.fork(&format!("link/{machine}->0")))
        });
        self.machines.push(Machine {
            device: DeviceId::from_bytes(dice.bytes()),
            central: site.is_none(),
            honest,
            store: None,
            link,
            schema: Bent { unchecked, silent: mutant == Some(Mutant::SilentOverIssue) },
            disk: Disk::new(fsync),
            node: None,
            boot: 0,
            booted_at: Instant::default(),
            clock_error_millis: if self.faults.wrong_clocks { draw_clock_error(&mut dice) } else { 0 },
            inbox: Vec::new(),
            wake_planned: false,
            timer: None,
            circuits: BTreeMap::new(),
            connections: 0,
            dialer: Dialer::new(dice.between(0, u64::MAX)),
            dial_generation: 0,
            asked: BTreeMap::new(),
            promised: Vec::new(),
            doom: None,
            doom_at_opening: None,
            stale_since: Some(Instant::default()),
            stale_longest: 0,
            name,
        });
    }

    fn found(&mut self, places: &[Option<usize>]) {
        let enrolment = |(machine, site): (usize, &Option<usize>)| Enrolment {
            device: self.machines[machine].device,
            site: *site,
            name: self.machines[machine].name.clone(),
        };
        let enrolments: Vec<Enrolment> = places.iter().enumerate().map(enrolment).collect();
        let mut store = self.machines[CENTRAL].open(self.seed).expect("a new database on a new disk");
        let sites = self.options.sites as usize;
        let mut dice = self.seed.fork("country");
        let country = found_country(&mut store, right_time(self.now), sites, &enrolments, &mut dice);
        self.country = country.expect("a new disk keeps what it is given");
        assert!(
            look::views_exist(&self.machines[CENTRAL].schema),
            "a view that is looked at has another name now"
        );
    }

    fn plan_first_days(&mut self) {
        let mut dice = self.seed.fork("first days");
        for machine in 0..self.machines.len() {
            let at = if machine == CENTRAL { 0 } else { dice.between(SECOND, HOUR) };
            self.queue.plan(Instant(at), Happening::Start(machine));
            self.queue.plan(Instant(at + dice.between(MINUTE, 2 * HOUR)), Happening::Act(machine));
            if self.faults.kills || self.faults.power_cuts || self.faults.bad_disks {
                self.queue.plan(Instant(at + dice.between(HOUR, DAY)), Happening::Crash(machine));
            }
        }
        if self.faults.cuts {
            for link in 0..self.network.links() {
                self.queue.plan(Instant(dice.between(MINUTE, 8 * HOUR)), Happening::Cut(link));
            }
        }
        self.queue.plan(Instant(u64::from(self.options.days) * DAY), Happening::Dawn);
    }

    /// Runs to the end of the liveness phase, or to the first breach.
    pub(crate) fn run(&mut self) -> Held {
        while self.phase != Phase::Over {
            let Some((at, what)) = self.queue.take() else {
                return Err(self.breach("I10", "nothing happens any more and not all are in sync".to_owned()));
            };
            debug_assert!(at >= self.now);
            self.now = at;
            self.watch_pace()?;
            self.happen(what)?;
        }
        Ok(())
    }

    fn watch_pace(&mut self) -> Held {
        let minute = self.now.0 / MINUTE;
        self.minute = if self.minute.0 == minute { (minute, self.minute.1 + 1) } else { (minute, 1) };
        match self.minute.1 > EVENTS_PER_MINUTE_MAX {
            true => {
                Err(self
                    .breach("I11", format!("more than {EVENTS_PER_MINUTE_MAX} events in a minute: a circle")))
            }
            false => Ok(()),
        }
    }

    /// Describes a breach of an invariant now.
    pub(crate) fn breach(&self, invariant: &str, detail: String) -> Breach {
        let promise =
            INVARIANTS.iter().find(|(name, _)| *name == invariant).map_or("", |(_, promise)| promise);
        Breach {
            invariant: invariant.to_owned(),
            promise: promise.to_owned(),
            detail,
            at: self.now.to_string(),
            last_events: self.trace.last(),
        }
    }

    fn happen(&mut self, what: Happening) -> Held {
        match what {
            Happening::Wake(machine, boot) => self.wake(machine, boot),
            Happening::Timer(machine, boot, at) => {
                let found = &mut self.machines[machine];
                if found.boot == boot && found.timer == Some(at) {
                    found.timer = None;
                    self.hand_in(machine, Input::Timeout);
                }
                Ok(())
            }
            Happening::Net(planned) => {
                let delivery = match planned {
                    Planned::Arrival(parcel) => self.network.arrive(parcel),
                    Planned::Notice(circuit, end, generation) => {
                        self.network.notice(circuit, end, generation)
                    }
                };
                if let Some(delivery) = delivery {
                    self.deliver(delivery);
                }
                Ok(())
            }
            Happening::Dial(machine, boot, generation) => {
                self.dial(machine, boot, generation);
                Ok(())
            }
            Happening::Established(machine, boot) => {
                self.established(machine, boot);
                Ok(())
            }
            Happening::Cut(link) => {
                self.cut(link);
                Ok(())
            }
            Happening::Heal(link) => {
                self.heal(link);
                Ok(())
            }
            Happening::Act(machine) => self.act(machine),
            Happening::Press(machine, wish) => {
                self.press(machine, wish);
                Ok(())
            }
            Happening::Crash(machine) => self.misfortune(machine),
            Happening::Start(machine) => self.start(machine),
            Happening::Dawn => self.dawn(),
            Happening::Poll => self.poll(),
        }
    }

    // ---- turns of nodes ----

    /// Puts something before a node, and plans its turn: soon, so that what comes meanwhile shares the commit.
    fn hand_in(&mut self, machine: MachineId, input: Input) {
        let delay = match self.turns.between(0, 99) {
            0 => self.turns.between(100_000, 2 * SECOND),
            1..=20 => self.turns.between(5_000, 60_000),
            _ => self.turns.between(200, 3_000),
        };
        let found = &mut self.machines[machine];
        if found.node.is_none() {
            return;
        }
        found.inbox.push(input);
        if !found.wake_planned {
            found.wake_planned = true;
            self.queue.plan(self.now.plus(delay), Happening::Wake(machine, found.boot));
        }
    }

    fn wake(&mut self, machine: MachineId, boot: u64) -> Held {
        if self.machines[machine].boot != boot {
            return Ok(());
        }
        self.machines[machine].wake_planned = false;
        let inputs = std::mem::take(&mut self.machines[machine].inbox);
        let only_wishes = inputs.iter().all(|input| matches!(input, Input::Wish(_)));
        let issues_only = only_wishes && inputs.iter().all(|input| takes_stock_or_less(input));
        let negative_before = if issues_only { self.negative(machine)? } else { Vec::new() };
        for input in inputs {
            self.handle(machine, input)?;
        }
        let doom = self.machines[machine].doom.take();
        let found = &mut self.machines[machine];
        let syncs = found.disk.syncs();
        if let Some(breakdown) = doom {
            found.disk.will_break(breakdown);
        }
        let now = found.now(self.now);
        let Some(node) = &mut found.node else { return Ok(()) };
        let flushed = node.flush(now);
        let committed = found.disk.syncs() > syncs;
        match (flushed, doom) {
            (Err(error), None) => {
                let name = &self.machines[machine].name;
                Err(self.breach("I11", format!("{name} could not commit on a disk that works: {error}")))
            }
            (Err(error), Some(breakdown)) => {
                self.broken_commit(machine, breakdown, &error.to_string());
                Ok(())
            }
            (Ok(()), Some(Breakdown::PowerLostAfter(_))) if committed => {
                self.tally.sometimes("power cut between commit and answer");
                self.crash(machine, true, "power lost between commit and answer");
                Ok(())
            }
            (Ok(()), doom) => {
                // What did not strike strikes later.
                found.disk.mend();
                found.doom = doom;
                if issues_only {
                    self.check_local_issues(machine, &negative_before)?;
                }
                self.publish(machine)
            }
        }
    }

    fn handle(&mut self, machine: MachineId, input: Input) -> Held {
        let now = self.machines[machine].now(self.now);
        let name = self.machines[machine].name.clone();
        match input {
            Input::Connected(conn, peer, side) => {
                self.trace.note(self.now, format_args!("{name}: connected {} {side:?}", conn.0));
                self.node(machine).handle_connected(now, conn, peer, side);
            }
            Input::Disconnected(conn, cause) => {
                self.trace.note(self.now, format_args!("{name}: disconnected {}: {cause}", conn.0));
                self.node(machine).handle_disconnected(now, conn, cause);
            }
            Input::Timeout => self.node(machine).handle_timeout(now),
            Input::Frame(conn, bytes) => self.handle_frame(machine, conn, &bytes)?,
            Input::Wish(wish) => self.execute(machine, wish),
        }
        Ok(())
    }

    fn node(&mut self, machine: MachineId) -> &mut replication::Node {
        self.machines[machine].node.as_mut().expect("inputs are only handled while the node runs")
    }

    fn handle_frame(&mut self, machine: MachineId, conn: ConnectionId, bytes: &[u8]) -> Held {
        let now = self.machines[machine].now(self.now);
        let name = self.machines[machine].name.clone();
        let frame = match decode(bytes) {
            Ok(frame) => frame,
            Err(error) => {
                return Err(
                    self.breach("I11", format!("{name} cannot read a frame that a node wrote: {error}"))
                );
            }
        };
        self.trace.absorb(bytes);
        self.trace.note(self.now, format_args!("{name} < {} {} bytes", frame.kind(), bytes.len()));
        self.tally.merges += frame.documents() as u64;
        if frame.kind() == "BUCKETS" {
            self.tally.sometimes("comparison by buckets");
        }
        match frame.goaway_code() {
            Some(code::REPLACED) => self.tally.sometimes("connection replaced"),
            Some(said) if NEVER_SAID.contains(&said) => {
                return Err(
                    self.breach("I11", format!("{name} was told «{said}», which only a wrong node deserves"))
                );
            }
            _ => {}
        }
        self.node(machine).handle_frame(now, conn, frame);
        Ok(())
    }

    fn execute(&mut self, machine: MachineId, wish: Wish) {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        let key = IdempotencyKey { key: wish.key.clone(), request_digest: wish.digest() };
        let (deed, wisher) = (wish.deed.clone(), wish.wisher);
        let author = Author { message: None };
        let command = Box::new(move |txn: &mut crdt_store::Txn<'_>| deed.carry_out(wisher, txn));
        self.node(machine).execute(ticket, Some(key), author, command);
        self.machines[machine].asked.insert(ticket.0, wish);
    }

    /// After a commit: what the node says is done.
    fn publish(&mut self, machine: MachineId) -> Held {
        let mut touched = Vec::new();
        while let Some(event) = self.node(machine).poll_event() {
            match event {
                Event::Committed(commit) => touched.extend(commit.documents),
                Event::Refused(refused) => self.refused(machine, &refused)?,
                Event::PeerChanged { .. } => {}
            }
        }
        let mut accepted = false;
        while let Some((ticket, reply)) = self.node(machine).poll_reply() {
            accepted |= reply.is_ok();
            self.answered(machine, ticket, reply)?;
        }
        if accepted && self.machines[machine].honest {
            self.promise(machine, &touched)?;
        }
        while let Some(transmit) = self.node(machine).poll_transmit() {
            self.transmit(machine, transmit);
        }
        self.observe(machine)?;
        self.plan_timer(machine);
        Ok(())
    }

    fn transmit(&mut self, machine: MachineId, transmit: Transmit) {
        let (conn, what, retry_after) = match transmit {
            Transmit::Frame { conn, bytes } => (conn, Cargo::Frame(bytes), None),
            Transmit::Close { conn, code, reason, retry_after_millis } => {
                let name = &self.machines[machine].name;
                self.trace.note(self.now, format_args!("{name}: closes {}: {code} {reason}", conn.0));
                if code == code::REPLACED {
                    self.tally.sometimes("connection replaced");
                }
                (conn, Cargo::Close(code), Some(retry_after_millis))
            }
        };
        let Some((circuit, end)) = self.machines[machine].circuits.get(&conn.0).copied() else { return };
        if let Some((at, planned)) = self.network.send(self.now, circuit, end, what) {
            self.queue.plan(at, Happening::Net(planned));
        }
        if let Some(retry_after) = retry_after {
            self.machines[machine].circuits.remove(&conn.0);
            if end == EndId::Dialer {
                self.hung_up(machine, retry_after.map(Duration::from_millis));
            }
        }
    }

    fn plan_timer(&mut self, machine: MachineId) {
        let found = &mut self.machines[machine];
        let Some(node) = &found.node else { return };
        // At the earliest a millisecond from now: a node that is always due must not stop the world.
        let due = node.poll_timeout().map(|moment| found.instant_of(moment).max(self.now.plus(1_000)));
        if due.is_some() && due != found.timer {
            found.timer = due;
            self.queue.plan(
                due.unwrap_or(self.now),
                Happening::Timer(machine, found.boot, due.unwrap_or(self.now)),
            );
        } else if due.is_none() {
            found.timer = None;
        }
    }

    /// What the world sees after a turn, as a monitor would.
    fn observe(&mut self, machine: MachineId) -> Held {
        if machine == CENTRAL {
            let negative = self.negative(CENTRAL)?;
            for line in negative {
                if self.tally.over_issues.insert(line) {
                    self.tally.sometimes("over-issue");
                }
            }
            return Ok(());
        }
        let central = self.machines[CENTRAL].device;
        let now = self.now;
        let found = &mut self.machines[machine];
        if let Some(node) = &found.node {
            let in_sync = node.status().peer(central).is_some_and(|peer| peer.in_sync);
            found.note_sync(now, in_sync);
        }
        if self.turns.chance(10) {
            self.check_tasks(machine)?;
        }
        Ok(())
    }

    // ---- promises and answers ----

    fn answered(
        &mut self,
        machine: MachineId,
        ticket: Ticket,
        reply: Result<Vec<u8>, crdt_store::Rejection>,
    ) -> Held {
        let Some(wish) = self.machines[machine].asked.remove(&ticket.0) else {
            return Err(self.breach("I6", format!("ticket {} was answered and never given", ticket.0)));
        };
        let name = self.machines[machine].name.clone();
        let kind = wish.deed.kind();
        match reply {
            Ok(reply) => {
                self.trace.absorb(&reply);
                self.trace.note(self.now, format_args!("{name}: wish {} {kind}: done", wish.number));
                self.accepted(machine, &wish, reply)
            }
            Err(rejection) => {
                self.trace
                    .note(self.now, format_args!("{name}: wish {} {kind}: {}", wish.number, rejection.code));
                if rejection.code == code::IDEMPOTENCY_KEY_REUSED {
                    return Err(self.breach(
                        "I6",
                        format!("a retry of wish {} was taken for another wish", wish.number),
                    ));
                }
                if rejection.code == "central-only" {
                    self.tally.sometimes("central-only refused");
                }
                *self.tally.rejections.entry(rejection.code).or_default() += 1;
                Ok(())
            }
        }
    }

    fn accepted(&mut self, machine: MachineId, wish: &Wish, reply: Vec<u8>) -> Held {
        let pretends = matches!(wish.wisher, Wisher::Intruder | Wisher::Impostor);
        if pretends && self.machines[machine].honest {
            let name = &self.machines[machine].name;
            return Err(self.breach("I8", format!("{name} let somebody at a site do what only central may")));
        }
        let fate = self.fates.entry(wish.number).or_default();
        match &fate.accepted {
            None => {
                fate.accepted = Some((wish.key.clone(), reply));
                *self.tally.commands.entry(wish.deed.kind()).or_default() += 1;
            }
            Some((key, before)) if *key == wish.key && *before != reply => {
                let detail = format!("wish {} was pressed twice and got two answers", wish.number);
                return Err(self.breach("I6", detail));
            }
            Some(_) => self.tally.sometimes("answer given again"),
        }
        self.tally.checked("I6");
        Ok(())
    }

    /// Remembers the versions of the documents that a commit touched, before anybody hears of it.
    fn promise(&mut self, machine: MachineId, touched: &[crdt_store::DocumentId]) -> Held {
        let found = &mut self.machines[machine];
        let Some(node) = &found.node else { return Ok(()) };
        match check::heads_of(node, touched) {
            Ok(heads) => {
                found.promised.extend(heads);
                Ok(())
            }
            Err(error) => Err(self.breach("I11", format!("reading what was just committed: {error}"))),
        }
    }

    fn refused(&mut self, machine: MachineId, refused: &replication::RefusedEvent) -> Held {
        let honest = |device| self.machines.iter().any(|other| other.device == device && other.honest);
        let author_is_honest =
            if refused.here { honest(refused.device) } else { self.machines[machine].honest };
        if !author_is_honest {
            self.tally.sometimes("forgery refused");
            return Ok(());
        }
        let name = &self.machines[machine].name;
        let side = if refused.here { "refused" } else { "was refused" };
        let detail = format!(
            "{name} {side} a change of an honest device: document {}, {}",
            refused.document, refused.code
        );
        Err(self.breach("I2", detail))
    }

    // ---- connections ----

    fn deliver(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Frame(end, bytes) => {
                if self.machines[end.machine].boot == end.boot {
                    self.hand_in(end.machine, Input::Frame(ConnectionId(end.number), bytes));
                }
            }
            Delivery::Ended(end, which, cause) => {
                if self.machines[end.machine].boot != end.boot {
                    return;
                }
                self.machines[end.machine].circuits.remove(&end.number);
                self.hand_in(end.machine, Input::Disconnected(ConnectionId(end.number), cause));
                if which == EndId::Dialer {
                    self.hung_up(end.machine, None);
                }
            }
        }
    }

    /// The connection that a device dialled is over.
    fn hung_up(&mut self, machine: MachineId, retry_after: Option<Duration>) {
        let now = self.machines[machine].now(self.now).monotonic;
        self.machines[machine].dialer.failed(now, retry_after);
        self.plan_dial(machine);
    }

    fn plan_dial(&mut self, machine: MachineId) {
        let found = &mut self.machines[machine];
        found.dial_generation += 1;
        if let Some(due) = found.dialer.due() {
            let at = found.instant_of(due).max(self.now);
            self.queue.plan(at, Happening::Dial(machine, found.boot, found.dial_generation));
        }
    }

    fn dial(&mut self, machine: MachineId, boot: u64, generation: u64) {
        let found = &mut self.machines[machine];
        let (Some(link), true) = (found.link, found.boot == boot && found.dial_generation == generation)
        else {
            return;
        };
        found.dialer.dialing();
        let up = self.network.link(link).up && self.machines[CENTRAL].node.is_some();
        let takes = if up { self.network.handshake(link) } else { DIAL_TIMEOUT };
        self.queue.plan(self.now.plus(takes), Happening::Established(machine, boot));
    }

    /// The attempt to connect has come to its end, one way or the other.
    fn established(&mut self, machine: MachineId, boot: u64) {
        let Some(link) = self.machines[machine].link.filter(|_| self.machines[machine].boot == boot) else {
            return;
        };
        if !self.network.link(link).up || self.machines[CENTRAL].node.is_none() {
            return self.hung_up(machine, None);
        }
        let mut end = |machine: MachineId| {
            let found = &mut self.machines[machine];
            found.connections += 1;
            (machine, found.boot, found.connections)
        };
        let (dialer, acceptor) = (end(machine), end(CENTRAL));
        let (circuit, _) = self.network.connect(self.now, link, dialer, acceptor);
        self.machines[machine].circuits.insert(dialer.2, (circuit, EndId::Dialer));
        self.machines[CENTRAL].circuits.insert(acceptor.2, (circuit, EndId::Acceptor));
        let now = self.machines[machine].now(self.now).monotonic;
        self.machines[machine].dialer.connected(now);
        let (site, central) = (self.machines[machine].as_peer(), self.machines[CENTRAL].as_peer());
        self.hand_in(CENTRAL, Input::Connected(ConnectionId(acceptor.2), site, Side::Accepted));
        self.hand_in(machine, Input::Connected(ConnectionId(dialer.2), central, Side::Dialed));
    }

    fn cut(&mut self, link: LinkId) {
        if self.phase != Phase::Safety {
            return;
        }
        self.tally.cuts += 1;
        self.trace
            .note(self.now, format_args!("cut {}", self.machines[self.network.link(link).machine].name));
        for (at, planned) in self.network.cut(self.now, link) {
            self.queue.plan(at, Happening::Net(planned));
        }
        let lasts = match self.misfortune.between(0, 9) {
            0..=1 => self.misfortune.between(100_000, 20 * SECOND),
            2..=3 => self.misfortune.between(SECOND, 2 * NOTICED_BY),
            4..=7 => self.misfortune.between(10 * MINUTE, 10 * HOUR),
            _ => self.misfortune.between(10 * HOUR, 3 * DAY),
        };
        self.queue.plan(self.now.plus(lasts), Happening::Heal(link));
    }

    fn heal(&mut self, link: LinkId) {
        if self.network.link(link).up {
            return;
        }
        self.trace
            .note(self.now, format_args!("heal {}", self.machines[self.network.link(link).machine].name));
        for (at, planned) in self.network.heal(self.now, link) {
            self.queue.plan(at, Happening::Net(planned));
        }
        // Often a link comes back for a moment only.
        let lasts = match self.misfortune.between(0, 9) {
            0..=2 => self.misfortune.between(SECOND, 2 * MINUTE),
            _ => self.misfortune.between(5 * MINUTE, 8 * HOUR),
        };
        self.queue.plan(self.now.plus(lasts), Happening::Cut(link));
        if self.misfortune.chance(300) {
            let machine = self.network.link(link).machine;
            let now = self.machines[machine].now(self.now).monotonic;
            self.machines[machine].dialer.restore(now);
            self.plan_dial(machine);
        }
    }

    // ---- misfortune ----

    /// Plans the next misfortune of a device, and lets this one happen.
    fn misfortune(&mut self, machine: MachineId) -> Held {
        if self.phase != Phase::Safety {
            return Ok(());
        }
        let often = self.options.mutant.is_some();
        let next = self.misfortune.between(2 * HOUR, if often { 8 * HOUR } else { 36 * HOUR });
        self.queue.plan(self.now.plus(next), Happening::Crash(machine));
        if self.machines[machine].node.is_none() {
            return Ok(());
        }
        let Faults { kills, power_cuts, bad_disks, .. } = self.faults;
        let what = self.misfortune.weighted(&[
            (0, 2 * u32::from(kills)),
            (1, u32::from(kills)),
            (2, u32::from(power_cuts)),
            (3, 4 * u32::from(power_cuts)),
            (4, u32::from(bad_disks)),
            (5, u32::from(bad_disks)),
        ]);
        match what {
            0 => self.crash(machine, false, "killed"),
            1 => return self.stop(machine),
            2 => self.crash(machine, true, "power lost"),
            3 => {
                let calls = self.misfortune.between(0, 60) as u32;
                self.machines[machine].doom = Some(Breakdown::PowerLostAfter(calls));
            }
            4 => {
                let bytes = self.misfortune.between(0, 100_000);
                self.machines[machine].doom = Some(Breakdown::FullAfter(bytes));
            }
            _ => {
                let calls = self.misfortune.between(0, 60) as u32;
                self.machines[machine].doom = Some(Breakdown::ErrorAfter(calls));
            }
        }
        Ok(())
    }

    fn broken_commit(&mut self, machine: MachineId, breakdown: Breakdown, error: &str) {
        let (state, cut) = match breakdown {
            Breakdown::PowerLostAfter(_) => ("power cut in a commit", true),
            Breakdown::ErrorAfter(_) => ("disk error", false),
            Breakdown::FullAfter(_) => ("disk full", false),
        };
        self.tally.sometimes(state);
        self.crash(machine, cut, &format!("{state}: {error}"));
    }

    /// Stops a device in good order.
    fn stop(&mut self, machine: MachineId) -> Held {
        let now = self.machines[machine].now(self.now);
        self.node(machine).stop(now);
        if let Err(error) = self.node(machine).flush(now) {
            return Err(self.breach("I11", format!("stopping on a disk that works: {error}")));
        }
        self.publish(machine)?;
        self.tally.sometimes("clean stop");
        self.machines[machine].node = None;
        self.crash(machine, false, "stopped");
        Ok(())
    }

    /// A device's program is gone; with the power, also what was not synced.
    fn crash(&mut self, machine: MachineId, power: bool, why: &str) {
        self.tally.crashes += 1;
        let found = &mut self.machines[machine];
        let lost = match power {
            true => found.disk.cut_power(&mut self.misfortune),
            false => {
                found.disk.unmount();
                0
            }
        };
        self.trace.note(self.now, format_args!("{}: {why} ({lost} sectors lost)", found.name));
        let waiting = found.forget();
        found.note_sync(self.now, false);
        if power && self.misfortune.chance(300) {
            let calls = self.misfortune.between(0, 40) as u32;
            self.machines[machine].doom_at_opening = Some(Breakdown::PowerLostAfter(calls));
        }
        for (at, planned) in self.network.die(self.now, machine) {
            self.queue.plan(at, Happening::Net(planned));
        }
        let pause = match self.misfortune.between(0, 3) {
            0 => self.misfortune.between(HOUR, 12 * HOUR),
            _ => self.misfortune.between(SECOND, 10 * MINUTE),
        };
        self.queue.plan(self.now.plus(pause), Happening::Start(machine));
        for wish in waiting {
            self.left_alone(machine, wish, pause);
        }
    }

    /// Somebody got no answer: most press again once the device is back.
    fn left_alone(&mut self, machine: MachineId, mut wish: Wish, pause: u64) {
        if self.options.mutant == Some(Mutant::AnsweredBeforeCommit) {
            return;
        }
        self.fates.entry(wish.number).or_default().unanswered += 1;
        if !self.misfortune.chance(750) {
            self.tally.unanswered += 1;
            return;
        }
        wish.presses += 1;
        if self.options.mutant == Some(Mutant::ForgottenKey) {
            wish.key = format!("{} once more {}", wish.key, wish.presses);
        }
        self.tally.retries += 1;
        let again = self.now.plus(pause + self.misfortune.between(SECOND, 5 * MINUTE));
        self.queue.plan(again, Happening::Press(machine, wish));
    }

    fn start(&mut self, machine: MachineId) -> Held {
        if self.machines[machine].node.is_some() {
            return Ok(());
        }
        let central = self.machines[CENTRAL].as_peer();
        let doomed = self.machines[machine].doom_at_opening.is_some();
        let (now, seed, timing) = (self.now, self.seed, self.timing);
        let started = self.machines[machine].start(now, seed, &central, timing);
        let name = self.machines[machine].name.clone();
        match started {
            Ok(()) => {
                self.trace.note(self.now, format_args!("{name}: starts"));
                self.check_promises(machine)?;
            }
            Err(error) if doomed => return self.failed_start(machine, &error),
            Err(error) => {
                return Err(self.breach("I11", format!("{name} does not start after a crash: {error}")));
            }
        }
        if !self.machines[machine].central {
            let now = self.machines[machine].now(self.now).monotonic;
            let found = &mut self.machines[machine];
            found.dialer.failed(now, Some(Duration::ZERO));
            found.dialer.restore(now);
            self.plan_dial(machine);
        }
        self.hand_in(machine, Input::Timeout);
        Ok(())
    }

    fn failed_start(&mut self, machine: MachineId, error: &OpenError) -> Held {
        self.tally.sometimes("power cut while opening");
        self.crash(machine, true, &format!("power lost while opening: {error}"));
        self.machines[machine].doom_at_opening = None;
        Ok(())
    }

    fn check_promises(&mut self, machine: MachineId) -> Held {
        self.tally.checked("I2");
        let name = self.machines[machine].name.clone();
        match self.machines[machine].broken_promises(PROMISES_ASKED) {
            Ok(broken) if broken.is_empty() => Ok(()),
            Ok(broken) => {
                let detail =
                    format!("{name} acknowledged {} documents that are gone: {:?}", broken.len(), broken[0]);
                Err(self.breach("I2", detail))
            }
            Err(error) => Err(self.breach("I2", format!("{name} cannot read what it acknowledged: {error}"))),
        }
    }

    // ---- people ----

    fn act(&mut self, machine: MachineId) -> Held {
        if self.phase != Phase::Safety {
            return Ok(());
        }
        let next = self.next_act(machine);
        self.queue.plan(next, Happening::Act(machine));
        let wish = match self.think(machine) {
            Ok(wish) => wish,
            Err(error) => {
                let name = &self.machines[machine].name;
                return Err(self.breach("I11", format!("a screen of {name} cannot be drawn: {error}")));
            }
        };
        let Some(wish) = wish else { return Ok(()) };
        self.fates.insert(wish.number, Fate { token: wish.token.clone(), ..Fate::default() });
        if self.faults.double_presses && self.people.chance(80) {
            let again = self.now.plus(self.people.between(0, 2 * SECOND));
            let twice = Wish { presses: 1, ..wish.clone() };
            self.tally.sometimes("double press");
            self.tally.retries += 1;
            self.queue.plan(again, Happening::Press(machine, twice));
        }
        self.press(machine, wish);
        Ok(())
    }

    /// People work by day, now and then much at once.
    fn next_act(&mut self, machine: MachineId) -> Instant {
        let pause = match (machine, self.people.between(0, 9)) {
            (CENTRAL, _) => self.people.between(HOUR, 8 * HOUR),
            (_, 0..=3) => self.people.between(SECOND / 10, MINUTE),
            _ => self.people.between(MINUTE, 80 * MINUTE),
        };
        let next = self.now.plus(pause);
        let hour = next.0 % DAY / HOUR;
        match hour {
            7..=17 => next,
            _ => Instant(next.0 + (24 + 7 - hour) % 24 * HOUR),
        }
    }

    fn think(&mut self, machine: MachineId) -> Result<Option<Wish>, crdt_store::StoreError> {
        let found = &self.machines[machine];
        let Some(node) = &found.node else { return Ok(None) };
        let read = node.reader().snapshot()?;
        let number = self.wishes + 1;
        let now = found.wall(self.now);
        let mut person = Person { country: &self.country, read: &read, dice: &mut self.people, number, now };
        let decision = match (found.store, found.honest) {
            (None, _) => person.administer()?,
            (Some(own), false) => person.forge(own),
            (Some(_), true) if person.dice.chance(20) => person.intrude(),
            (Some(store), true) => person.work(store)?,
        };
        self.wishes = number;
        Ok(decision.map(|(wisher, deed, token)| Wish {
            number,
            wisher,
            deed,
            key: format!("key-{number}"),
            token,
            presses: 0,
        }))
    }

    fn press(&mut self, machine: MachineId, wish: Wish) {
        let name = &self.machines[machine].name;
        self.trace.note(self.now, format_args!("{name}: wish {} {} pressed", wish.number, wish.deed.kind()));
        if self.machines[machine].node.is_none() {
            // The screen is dark: the press reaches nobody.
            return self.left_alone(machine, wish, 10 * MINUTE);
        }
        if self.options.mutant == Some(Mutant::AnsweredBeforeCommit) {
            let fate = self.fates.entry(wish.number).or_default();
            let honest = self.machines[machine].honest && matches!(wish.wisher, Wisher::Storekeeper(_));
            if honest && would_be_accepted(&wish) {
                fate.accepted = fate.accepted.take().or(Some((format!("{} at once", wish.key), Vec::new())));
            }
        }
        self.hand_in(machine, Input::Wish(wish));
    }

    // ---- the end ----

    /// Everything heals.
    fn dawn(&mut self) -> Held {
        self.phase = Phase::Liveness { since: self.now };
        self.trace.note(self.now, format_args!("everything heals"));
        for link in 0..self.network.links() {
            self.heal(link);
        }
        for machine in 0..self.machines.len() {
            self.machines[machine].doom = None;
            self.machines[machine].doom_at_opening = None;
            if self.machines[machine].node.is_none() {
                self.start(machine)?;
            }
        }
        self.queue.plan(self.now.plus(SECOND), Happening::Poll);
        Ok(())
    }

    fn poll(&mut self) -> Held {
        let Phase::Liveness { since } = self.phase else { return Ok(()) };
        self.tally.checked("I10");
        let idle = self.machines.iter().all(|machine| machine.inbox.is_empty() && machine.asked.is_empty());
        let differing = match check::differing(&self.machines, CENTRAL) {
            Ok(differing) => differing,
            Err(error) => return Err(self.breach("I10", format!("reading fingerprints: {error}"))),
        };
        if idle && differing.is_empty() {
            self.converged_after = Some(self.now.since(since));
            self.phase = Phase::Over;
            return Ok(());
        }
        if self.now.since(since) > LIVENESS_MAX {
            return Err(self.breach("I10", differing.join("; ")));
        }
        self.queue.plan(self.now.plus(SECOND), Happening::Poll);
        Ok(())
    }

    // ---- checks along the way ----

    fn negative(&self, machine: MachineId) -> Held<Vec<(crdt_store::DocumentId, crdt_store::DocumentId)>> {
        let Some(node) = &self.machines[machine].node else { return Ok(Vec::new()) };
        let found = node.reader().snapshot().and_then(|read| look::over_issues(&read));
        found.map_err(|error| self.breach("I11", format!("reading tasks: {error}")))
    }

    /// A turn in which nothing came from outside has made no balance negative.
    fn check_local_issues(
        &mut self,
        machine: MachineId,
        before: &[(crdt_store::DocumentId, crdt_store::DocumentId)],
    ) -> Held {
        self.tally.checked("I5");
        let after = self.negative(machine)?;
        match after.iter().find(|line| !before.contains(line)) {
            None => Ok(()),
            Some((_, line)) => {
                let name = &self.machines[machine].name;
                Err(self.breach("I5", format!("{name} accepted what takes stock line {line} below zero")))
            }
        }
    }

    /// A balance is below zero exactly where there is a task that says so.
    fn check_tasks(&mut self, machine: MachineId) -> Held {
        self.tally.checked("I5");
        let Some(node) = &self.machines[machine].node else { return Ok(()) };
        let found = node.reader().snapshot().and_then(|read| check::tasks_differ(&read));
        match found {
            Ok(None) => Ok(()),
            Ok(Some(detail)) => Err(self.breach("I5", format!("{}: {detail}", self.machines[machine].name))),
            Err(error) => Err(self.breach("I11", format!("reading balances: {error}"))),
        }
    }
}

fn takes_stock_or_less(input: &Input) -> bool {
    match input {
        Input::Wish(wish) => !matches!(wish.deed, crate::wish::Deed::SettleLine(..)),
        _ => false,
    }
}

/// Whether a wish would be accepted: a program that answers too early has at least looked.
fn would_be_accepted(wish: &Wish) -> bool {
    matches!(wish.deed, crate::wish::Deed::RegisterAsset(_) | crate::wish::Deed::OpenLine(_))
}

fn draw_faults(options: &Options, dice: &mut Dice) -> Faults {
    let mut draw = || dice.chance(500);
    let swarm = Faults {
        cuts: draw(),
        late_notice: draw(),
        slow_links: draw(),
        kills: draw(),
        power_cuts: draw(),
        bad_disks: draw(),
        wrong_clocks: draw(),
        double_presses: draw(),
        dishonest_device: draw(),
    };
    let chosen = match options.faults {
        FaultChoice::Swarm => swarm,
        FaultChoice::All => Faults::all(true),
        FaultChoice::None => Faults::all(false),
    };
    match options.mutant {
        None | Some(Mutant::SilentOverIssue) => chosen,
        Some(Mutant::IgnoredFsync) => Faults { power_cuts: true, ..chosen },
        Some(Mutant::AnsweredBeforeCommit) => Faults { power_cuts: true, kills: true, ..chosen },
        Some(Mutant::ForgottenKey) => Faults { double_presses: false, power_cuts: true, ..chosen },
        Some(Mutant::UncheckedAuthor) => Faults { dishonest_device: true, ..chosen },
    }
}

/// A clock may be a little off, or days, or show its first day, or be far ahead.
fn draw_clock_error(dice: &mut Dice) -> i64 {
    const MINUTE_MILLIS: i64 = 60_000;
    const YEAR_MILLIS: i64 = 365 * 24 * 60 * MINUTE_MILLIS;
    match dice.between(0, 9) {
        0..=3 => dice.signed(-5, 5) * MINUTE_MILLIS,
        4..=6 => dice.signed(-3_000, 3_000) * MINUTE_MILLIS,
        7 => -56 * YEAR_MILLIS,
        8 => 10 * YEAR_MILLIS,
        _ => 0,
    }
}
