//! The world: devices, links, people and faults under one clock.
//!
//! Everything that happens is an event in one queue, taken in the order of virtual time. People work and faults happen
//! for the days of the run (the safety phase); then everything heals and nobody does anything new, and the devices
//! must prove to each other, within bounded time, that they hold the same (the liveness phase).

mod answers;
mod connections;
mod ending;
mod meetings;
mod misfortune;
mod sticks;
mod turns;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use crdt_store::{DocumentId, Heads, SigningKey};
use replication::{Timing, code};

use crate::bent::Bent;
use crate::disk::{Disk, Fsync};
use crate::look;
use crate::machine::{Input, Machine, Program, Way, right_time, timing};
use crate::network::{LinkId, MachineId, Network, Planned, draw_quality};
use crate::options::{FaultChoice, Faults, Mutant, Options};
use crate::queue::{DAY, HOUR, Instant, MINUTE, Queue, SECOND};
use crate::report::{Breach, INVARIANTS};
use crate::seed::{Dice, Seed};
use crate::setup::{Country, Enrolment, found_country};
use crate::tally::Tally;
use crate::trace::Trace;
use crate::wish::Wish;
use meetings::Meetings;

pub(crate) use sticks::Stick;

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
    Dial(LinkId, u64, u64),
    Established(LinkId, u64),
    /// Two devices meet without central.
    Meet,
    /// Two devices that met before are near each other again.
    Together(LinkId),
    Part(LinkId),
    Cut(LinkId),
    Heal(LinkId),
    /// Somebody thinks of something to do.
    Act(MachineId),
    /// Somebody presses a button, perhaps again.
    Press(MachineId, Wish),
    Crash(MachineId),
    Start(MachineId),
    /// Somebody travels between a device and central.
    Carry(MachineId),
    /// A stick arrives at a device.
    Bring(MachineId, Rc<Stick>),
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
    pub(crate) machine: MachineId,
    pub(crate) token: Option<String>,
    pub(crate) accepted: Option<(String, Vec<u8>)>,
    /// Presses that were never answered.
    pub(crate) unanswered: u32,
    /// It was accepted, had not reached central, and went down with its disk.
    pub(crate) lost: bool,
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
    /// Promises of databases that are no more, as far as central had them.
    pub(crate) kept: Vec<(DocumentId, Heads)>,
    phase: Phase,
    timing: Timing,
    people: Dice,
    misfortune: Dice,
    sticks: Dice,
    turns: Dice,
    preparing: Dice,
    meetings: Meetings,
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
        let faults = draw_faults(&options, seed);
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
            kept: Vec::new(),
            phase: Phase::Safety,
            timing: draw_timing(&mut dice),
            people: seed.fork("people"),
            misfortune: seed.fork("misfortune"),
            sticks: seed.fork("sticks"),
            turns: seed.fork("turns"),
            preparing: seed.fork("preparing"),
            meetings: Meetings::new(seed.fork("meetings")),
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
        self.add_machine("central".to_owned(), None, Program::Sound);
        let mut places = vec![None];
        for site in 0..sites {
            let devices = dice.weighted(&[(1, 4), (2, 5), (3, 1)]);
            for device in 0..devices {
                self.add_machine(format!("site {site} device {device}"), Some(site), Program::Sound);
                places.push(Some(site));
            }
        }
        if self.faults.dishonest_device {
            let site = dice.between(0, sites as u64 - 1) as usize;
            self.add_machine(format!("site {site} dishonest"), Some(site), Program::Forging);
            places.push(Some(site));
        }
        places.extend(self.add_naive_device().map(Some));
        self.found(&places);
        for (machine, place) in places.iter().enumerate() {
            self.machines[machine].store = place.map(|site| self.country.stores[site]);
        }
        self.plan_first_days();
        self
    }

    pub(crate) fn add_machine(&mut self, name: String, site: Option<usize>, program: Program) {
        let machine = self.machines.len();
        let mut dice = self.seed.fork(&format!("machine/{name}"));
        let key = SigningKey::from_seed(&self.seed.bytes(&format!("key/{name}")));
        let mutant = self.options.mutant;
        let honest = program == Program::Sound;
        let unchecked = !honest || (site.is_none() && mutant == Some(Mutant::UncheckedAuthor));
        let fsync = if mutant == Some(Mutant::IgnoredFsync) { Fsync::Ignored } else { Fsync::Honest };
        let link = site.map(|_| {
            let slow = self.faults.slow_links && dice.chance(600);
            let quality = draw_quality(&mut dice, slow, self.faults.late_notice);
            let dice = self.seed.fork(&format!("link/{machine}->0"));
            let link = self.network.add_link((machine, CENTRAL), quality, dice);
            self.network.heal(self.now, link);
            link
        });
        self.machines.push(Machine {
            device: key.public().device(),
            key: (mutant != Some(Mutant::Unsigned)).then_some(key),
            central: site.is_none(),
            honest,
            forges: program == Program::Forging,
            store: None,
            link,
            schema: Bent {
                unchecked,
                silent: mutant == Some(Mutant::SilentOverIssue),
                unaware: mutant == Some(Mutant::SilentConflict),
                uncounted: mutant == Some(Mutant::SilentCounts),
                unpaid: mutant == Some(Mutant::UnpaidShares),
            },
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
            ways: link.map(|link| (link, Way::new(dice.between(0, u64::MAX)))).into_iter().collect(),
            heard: BTreeSet::new(),
            asked: BTreeMap::new(),
            promised: Vec::new(),
            doom: None,
            doom_at_opening: None,
            witness: None,
            watchful: mutant != Some(Mutant::UnnoticedRestore),
            backup: None,
            restored: false,
            forgot_through: 0,
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
            let Faults { kills, power_cuts, bad_disks, restored_backups, .. } = self.faults;
            if kills || power_cuts || bad_disks || restored_backups {
                self.queue.plan(Instant(at + dice.between(HOUR, DAY)), Happening::Crash(machine));
            }
        }
        if self.faults.sticks {
            for machine in 1..self.machines.len() {
                let sets_out = self.sticks.between(HOUR, DAY);
                self.queue.plan(Instant(sets_out), Happening::Carry(machine));
            }
        }
        if self.faults.cuts {
            for link in 0..self.network.links() {
                self.queue.plan(Instant(dice.between(MINUTE, 8 * HOUR)), Happening::Cut(link));
            }
        }
        if self.faults.meetings {
            // Early enough that some meet before central has told them of each other.
            self.queue.plan(Instant(dice.between(MINUTE, HOUR)), Happening::Meet);
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
                    Planned::Arrival(circuit, to) => self.network.arrive(circuit, to),
                    Planned::Notice(circuit, end, generation) => {
                        self.network.notice(circuit, end, generation)
                    }
                };
                if let Some(delivery) = delivery {
                    self.deliver(delivery);
                }
                Ok(())
            }
            Happening::Dial(link, boot, generation) => {
                self.dial(link, boot, generation);
                Ok(())
            }
            Happening::Established(link, boot) => {
                self.established(link, boot);
                Ok(())
            }
            Happening::Meet => {
                self.meet();
                Ok(())
            }
            Happening::Together(link) => {
                self.come_together(link);
                Ok(())
            }
            Happening::Part(link) => {
                self.part(link);
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
            Happening::Carry(machine) => self.carry(machine),
            Happening::Bring(machine, stick) => {
                self.bring(machine, stick);
                Ok(())
            }
            Happening::Dawn => self.dawn(),
            Happening::Poll => self.poll(),
        }
    }
}

/// In some worlds nodes wait for absent peers only for a day or two, so that what waits for them is folded away.
fn draw_timing(dice: &mut Dice) -> Timing {
    let usual = timing(Duration::from_secs(dice.between(300, 1_800)));
    let days = |days: u64| Duration::from_secs(days * 24 * 3600);
    match dice.chance(400) {
        true => Timing { peer_retention: days(dice.between(1, 2)), ..usual },
        false => usual,
    }
}

fn draw_faults(options: &Options, seed: Seed) -> Faults {
    let mut dice = seed.fork("faults");
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
        restored_backups: draw(),
        sticks: draw(),
        meetings: seed.fork("faults/meetings").chance(500),
    };
    let chosen = match options.faults {
        FaultChoice::Swarm => swarm,
        FaultChoice::All => Faults::all(true),
        FaultChoice::None => Faults::all(false),
    };
    match options.mutant {
        None
        | Some(Mutant::SilentOverIssue | Mutant::SilentCounts | Mutant::UnpaidShares | Mutant::Unsigned) => {
            chosen
        }
        // Who meets hears of the other's work in time, and contradicts it less.
        Some(Mutant::SilentConflict) => Faults { meetings: false, ..chosen },
        Some(Mutant::IgnoredFsync) => Faults { power_cuts: true, ..chosen },
        Some(Mutant::AnsweredBeforeCommit) => Faults { power_cuts: true, kills: true, ..chosen },
        Some(Mutant::ForgottenKey) => Faults { double_presses: false, power_cuts: true, ..chosen },
        Some(Mutant::UnnoticedRestore) => Faults { restored_backups: true, ..chosen },
        Some(Mutant::UncheckedAuthor) => Faults { dishonest_device: true, ..chosen },
        Some(Mutant::BelievedNeighbour) => Faults { dishonest_device: true, meetings: true, ..chosen },
    }
}

/// A clock may be a little off, or days, or show its first day, or be far ahead.
fn draw_clock_error(dice: &mut Dice) -> i64 {
    const MINUTE_MILLIS: i64 = 60_000;
    const YEAR_MILLIS: i64 = 365 * 24 * 60 * MINUTE_MILLIS;
    match dice.between(0, 9) {
        0..=2 => dice.signed(-5, 5) * MINUTE_MILLIS,
        3..=4 => dice.signed(-3_000, 3_000) * MINUTE_MILLIS,
        5..=7 => -56 * YEAR_MILLIS,
        8 => 10 * YEAR_MILLIS,
        _ => 0,
    }
}
