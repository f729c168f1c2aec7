//! Links and the connections on them.
//!
//! Frames ride on reliable ordered streams, as QUIC gives them: a lost packet is a late frame, never a missing one in
//! the middle. What is lost is what was under way when a connection ended. A cut is not noticed at once: each end
//! finds out for itself, at a time of its own (a half-open connection); a cut that is healed before anyone noticed is
//! a pause, and what was under way arrives late.
//!
//! The network knows nothing of frames' content. It says when something arrives; the world carries it there.

use std::collections::{BTreeMap, VecDeque};

use crate::queue::{Instant, MINUTE, SECOND};
use crate::seed::Dice;

/// Which device of the world.
pub(crate) type MachineId = usize;
/// Which link; a link leads from one device to central, or to another device.
pub(crate) type LinkId = usize;

/// Silence after which a transport gives a connection up, in microseconds.
const IDLE_MICROS: u64 = 45 * SECOND;
/// A connection attempt on a dead link is given up after so long, in microseconds.
pub(crate) const DIAL_TIMEOUT: u64 = 10 * SECOND;

/// A connection in the world; each end knows it by a number of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CircuitId(pub(crate) u64);

/// Which end: the one that dialled or the one that was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EndId {
    Dialer = 0,
    Acceptor = 1,
}

impl EndId {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Dialer => Self::Acceptor,
            Self::Acceptor => Self::Dialer,
        }
    }
}

/// How good a link is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quality {
    /// Time of flight, in microseconds.
    pub(crate) latency: u64,
    /// At most so much longer, in microseconds.
    pub(crate) jitter: u64,
    /// Bytes per second.
    pub(crate) bandwidth: u64,
    /// Of a thousand frames so many lose a packet and come a retransmission late.
    pub(crate) loss_per_thousand: u32,
    /// Of a thousand cuts so many are noticed at once by the end that dialled.
    pub(crate) noticed_at_once: u32,
}

/// The way between two devices.
pub(crate) struct Link {
    /// The one that dials.
    pub(crate) machine: MachineId,
    /// The one that is dialled: central, or a neighbour.
    pub(crate) called: MachineId,
    pub(crate) up: bool,
    pub(crate) quality: Quality,
    dice: Dice,
}

/// One end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) machine: MachineId,
    /// Which life of the device's program holds it.
    pub(crate) boot: u64,
    /// The number by which its node knows it.
    pub(crate) number: u64,
    /// Whether its node still believes in it.
    open: bool,
    /// When the last frame towards this end arrives: streams are ordered.
    last_arrival: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Frames pass.
    Live,
    /// Cut, and nobody has noticed: frames wait.
    Frozen,
    /// At least one end has given up: nothing passes any more.
    Dead,
}

struct Circuit {
    link: LinkId,
    ends: [End; 2],
    state: State,
    /// Raised with every cut and heal, so that planned notices of an earlier cut are void.
    generation: u64,
    /// What is under way to each end, in the order of sending: a stream.
    under_way: [VecDeque<Cargo>; 2],
    /// How much of it was due at each end during a pause.
    overdue: [u32; 2],
}

impl Circuit {
    /// Nothing passes any more; says how many frames were under way.
    fn die(&mut self) -> u64 {
        self.state = State::Dead;
        let lost = std::mem::take(&mut self.under_way);
        lost.iter().flatten().filter(|what| matches!(what, Cargo::Frame(_))).count() as u64
    }
}

/// What is on its way.
#[derive(Clone, Debug)]
pub(crate) enum Cargo {
    /// A frame's bytes.
    Frame(Vec<u8>),
    /// The other end has closed; nothing comes after it.
    Close(String),
}

/// Something that the network wants to be told of at its time.
#[derive(Clone, Debug)]
pub(crate) enum Planned {
    /// Call [`Network::arrive`]: the next thing on its way to this end is due.
    Arrival(CircuitId, EndId),
    /// Call [`Network::notice`].
    Notice(CircuitId, EndId, u64),
}

/// What the world must tell a device.
#[derive(Clone, Debug)]
pub(crate) enum Delivery {
    /// A frame came in.
    Frame(End, Vec<u8>),
    /// The connection ended.
    Ended(End, String),
}

/// What happened on the network, counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
    /// Frames under way when their connection ended.
    pub(crate) lost_in_flight: u64,
    /// Cuts that were healed before anyone noticed.
    pub(crate) pauses: u64,
    /// Connections of which one end gave up later than the other by more than ten seconds' silence.
    pub(crate) half_open: u64,
    pub(crate) circuits: u64,
}

/// All links and connections.
pub(crate) struct Network {
    links: Vec<Link>,
    circuits: BTreeMap<CircuitId, Circuit>,
    pub(crate) counts: Counts,
}

impl Network {
    pub(crate) fn new() -> Self {
        Self { links: Vec::new(), circuits: BTreeMap::new(), counts: Counts::default() }
    }

    /// Adds a link between two devices, of which the first dials; nothing passes until it heals.
    pub(crate) fn add_link(
        &mut self,
        (machine, called): (MachineId, MachineId),
        quality: Quality,
        dice: Dice,
    ) -> LinkId {
        self.links.push(Link { machine, called, up: false, quality, dice });
        self.links.len() - 1
    }

    pub(crate) fn link(&self, link: LinkId) -> &Link {
        &self.links[link]
    }

    /// Who is at the other end of a link.
    pub(crate) fn partner(&self, link: LinkId, end: EndId) -> MachineId {
        let Link { machine, called, .. } = self.links[link];
        match end {
            EndId::Dialer => called,
            EndId::Acceptor => machine,
        }
    }

    pub(crate) fn links(&self) -> usize {
        self.links.len()
    }

    /// How long a connection attempt takes on a link that is up: two round trips.
    pub(crate) fn handshake(&mut self, link: LinkId) -> u64 {
        let Link { quality, dice, .. } = &mut self.links[link];
        4 * quality.latency + dice.between(0, 4 * quality.jitter)
    }

    /// A connection stands. The ends are the caller's and the called one's device, life and number.
    pub(crate) fn connect(
        &mut self,
        now: Instant,
        link: LinkId,
        dialer: (MachineId, u64, u64),
        acceptor: (MachineId, u64, u64),
    ) -> (CircuitId, [End; 2]) {
        self.counts.circuits += 1;
        let id = CircuitId(self.counts.circuits);
        let end = |(machine, boot, number)| End { machine, boot, number, open: true, last_arrival: now };
        let ends = [end(dialer), end(acceptor)];
        let circuit = Circuit {
            link,
            ends,
            state: State::Live,
            generation: 0,
            under_way: [VecDeque::new(), VecDeque::new()],
            overdue: [0; 2],
        };
        self.circuits.insert(id, circuit);
        (id, ends)
    }

    /// Sends from one end to the other. What cannot arrive is lost in silence, as on a real network.
    pub(crate) fn send(
        &mut self,
        now: Instant,
        circuit: CircuitId,
        from: EndId,
        what: Cargo,
    ) -> Option<(Instant, Planned)> {
        let found = self.circuits.get_mut(&circuit)?;
        let closes = matches!(what, Cargo::Close(_));
        let bytes = match &what {
            Cargo::Frame(bytes) => bytes.len() as u64,
            Cargo::Close(_) => 0,
        };
        if !found.ends[from as usize].open {
            return None;
        }
        if !closes {
            self.counts.frames += 1;
            self.counts.bytes += bytes;
        }
        if closes {
            found.ends[from as usize].open = false;
        }
        if found.state == State::Dead {
            self.counts.lost_in_flight += u64::from(!closes);
            self.forget_if_over(circuit);
            return None;
        }
        let Link { quality, dice, .. } = &mut self.links[found.link];
        let late = if dice.chance(quality.loss_per_thousand) { 3 * quality.latency + 200_000 } else { 0 };
        let flight = quality.latency + dice.between(0, quality.jitter) + late;
        let transfer = bytes.saturating_mul(SECOND) / quality.bandwidth.max(1);
        let to = from.other();
        let end = &mut found.ends[to as usize];
        end.last_arrival = end.last_arrival.max(now.plus(flight)).plus(transfer + 1);
        found.under_way[to as usize].push_back(what);
        Some((end.last_arrival, Planned::Arrival(circuit, to)))
    }

    /// The next thing on its way to an end is due.
    pub(crate) fn arrive(&mut self, circuit: CircuitId, to: EndId) -> Option<Delivery> {
        let found = self.circuits.get_mut(&circuit)?;
        if found.state == State::Frozen {
            found.overdue[to as usize] += 1;
            return None;
        }
        let what = found.under_way[to as usize].pop_front()?;
        let end = &mut found.ends[to as usize];
        if !end.open {
            self.counts.lost_in_flight += u64::from(matches!(what, Cargo::Frame(_)));
            return None;
        }
        let copy = *end;
        match what {
            Cargo::Frame(bytes) => Some(Delivery::Frame(copy, bytes)),
            Cargo::Close(cause) => {
                end.open = false;
                self.forget_if_over(circuit);
                Some(Delivery::Ended(copy, cause))
            }
        }
    }

    /// An end finds out that the connection is dead, if it still is.
    pub(crate) fn notice(&mut self, circuit: CircuitId, end: EndId, generation: u64) -> Option<Delivery> {
        let found = self.circuits.get_mut(&circuit)?;
        if found.generation != generation || !found.ends[end as usize].open {
            return None;
        }
        self.counts.lost_in_flight += found.die();
        self.counts.half_open += u64::from(found.ends[end.other() as usize].open);
        found.ends[end as usize].open = false;
        let copy = found.ends[end as usize];
        self.forget_if_over(circuit);
        Some(Delivery::Ended(copy, "nothing comes through".to_owned()))
    }

    /// Cuts a link.
    pub(crate) fn cut(&mut self, now: Instant, link: LinkId) -> Vec<(Instant, Planned)> {
        self.links[link].up = false;
        let Link { quality, dice, .. } = &mut self.links[link];
        let mut planned = Vec::new();
        for (id, circuit) in self.circuits.iter_mut().filter(|(_, circuit)| circuit.link == link) {
            if circuit.state == State::Live {
                circuit.state = State::Frozen;
            }
            circuit.generation += 1;
            for end in [EndId::Dialer, EndId::Acceptor] {
                let at_once = end == EndId::Dialer && dice.chance(quality.noticed_at_once);
                let after = if at_once {
                    dice.between(1, SECOND)
                } else {
                    dice.between(IDLE_MICROS / 2, IDLE_MICROS)
                };
                planned.push((now.plus(after), Planned::Notice(*id, end, circuit.generation)));
            }
        }
        planned
    }

    /// Heals a link. What waited on connections that nobody has given up arrives after all.
    pub(crate) fn heal(&mut self, now: Instant, link: LinkId) -> Vec<(Instant, Planned)> {
        self.links[link].up = true;
        let latency = self.links[link].quality.latency;
        let mut planned = Vec::new();
        for (id, circuit) in self.circuits.iter_mut().filter(|(_, circuit)| circuit.link == link) {
            if circuit.state != State::Frozen {
                continue;
            }
            circuit.state = State::Live;
            circuit.generation += 1;
            self.counts.pauses += 1;
            for to in [EndId::Dialer, EndId::Acceptor] {
                let overdue = std::mem::take(&mut circuit.overdue[to as usize]);
                planned.extend((0..overdue).map(|_| (now.plus(latency), Planned::Arrival(*id, to))));
            }
        }
        planned
    }

    /// A device's program has died: its ends are gone, and the others find out some time later.
    pub(crate) fn die(&mut self, now: Instant, machine: MachineId) -> Vec<(Instant, Planned)> {
        let mut planned = Vec::new();
        let mut over = Vec::new();
        for (id, circuit) in &mut self.circuits {
            for end in [EndId::Dialer, EndId::Acceptor] {
                if circuit.ends[end as usize].machine != machine || !circuit.ends[end as usize].open {
                    continue;
                }
                circuit.ends[end as usize].open = false;
                circuit.generation += 1;
                self.counts.lost_in_flight += circuit.die();
                let after = self.links[circuit.link].dice.between(SECOND, IDLE_MICROS);
                planned.push((now.plus(after), Planned::Notice(*id, end.other(), circuit.generation)));
                over.push(*id);
            }
        }
        over.into_iter().for_each(|id| self.forget_if_over(id));
        planned
    }

    fn forget_if_over(&mut self, circuit: CircuitId) {
        let over = |found: &Circuit| !found.ends[0].open && !found.ends[1].open;
        if self.circuits.get(&circuit).is_some_and(over) {
            self.circuits.remove(&circuit);
        }
    }
}

/// A link as they are where the sites are: from a wire in the capital to a satellite.
pub(crate) fn draw_quality(dice: &mut Dice, slow: bool, noticed_late: bool) -> Quality {
    let noticed_at_once = if noticed_late { 300 } else { 1000 };
    let millis = |millis: u64| millis * 1_000;
    match (slow, dice.between(0, 2)) {
        (false, _) => Quality {
            latency: millis(dice.between(1, 60)),
            jitter: millis(20),
            bandwidth: 1_000_000,
            loss_per_thousand: 2,
            noticed_at_once,
        },
        (true, 0) => Quality {
            latency: millis(dice.between(150, 400)),
            jitter: millis(150),
            bandwidth: 40_000,
            loss_per_thousand: 30,
            noticed_at_once,
        },
        (true, 1) => Quality {
            latency: millis(dice.between(300, 900)),
            jitter: millis(600),
            bandwidth: 4_000,
            loss_per_thousand: 100,
            noticed_at_once,
        },
        (true, _) => Quality {
            latency: millis(dice.between(2_000, 12_000)),
            jitter: millis(6_000),
            bandwidth: 1_200,
            loss_per_thousand: 200,
            noticed_at_once,
        },
    }
}

/// A time after which a node that was cut off has certainly noticed, in microseconds.
pub(crate) const NOTICED_BY: u64 = MINUTE;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    fn pair() -> (Network, LinkId, CircuitId) {
        let mut network = Network::new();
        let mut dice = Seed::of(1).fork("link");
        let quality = draw_quality(&mut dice, false, true);
        let link = network.add_link((1, 0), quality, dice);
        network.heal(Instant(0), link);
        let (circuit, _) = network.connect(Instant(0), link, (1, 1, 1), (0, 1, 1));
        (network, link, circuit)
    }

    fn frame(byte: u8) -> Cargo {
        Cargo::Frame(vec![byte; 1000])
    }

    fn arrives(network: &mut Network, (_, planned): (Instant, Planned)) -> Option<Delivery> {
        match planned {
            Planned::Arrival(circuit, to) => network.arrive(circuit, to),
            Planned::Notice(..) => panic!("not an arrival"),
        }
    }

    #[test]
    fn frames_arrive_in_the_order_they_were_sent_through_any_pause() {
        let (mut network, link, circuit) = pair();
        let send = |network: &mut Network, at: u64, byte: u8| {
            network.send(Instant(at), circuit, EndId::Dialer, frame(byte)).expect("a live connection")
        };
        let sent: Vec<_> = (0..50).map(|byte| send(&mut network, u64::from(byte), byte)).collect();
        let (early, late) = sent.split_at(20);
        network.cut(Instant(1), link);
        early.iter().for_each(|due| assert!(arrives(&mut network, due.clone()).is_none()));
        let healed = network.heal(Instant(2), link);
        assert_eq!(healed.len(), early.len());
        // What was due during the pause comes after some of what was due later: the order stays.
        let mut last = None;
        for due in late.iter().cloned().chain(healed) {
            let Some(Delivery::Frame(_, bytes)) = arrives(&mut network, due) else { panic!("a frame") };
            assert!(last < Some(bytes[0]));
            last = Some(bytes[0]);
        }
        assert_eq!(last, Some(49));
    }

    #[test]
    fn a_cut_healed_before_anyone_noticed_loses_nothing_and_one_noticed_loses_what_was_under_way() {
        for healed in [true, false] {
            let (mut network, link, circuit) = pair();
            let sent = network.send(Instant(0), circuit, EndId::Dialer, frame(1)).expect("a live connection");
            let notices = network.cut(Instant(1), link);
            assert!(arrives(&mut network, sent).is_none());
            if healed {
                let late = network.heal(Instant(2), link).remove(0);
                assert!(matches!(arrives(&mut network, late), Some(Delivery::Frame(..))));
            }
            for (_, notice) in notices {
                let Planned::Notice(circuit, end, generation) = notice else { panic!("a notice") };
                assert_eq!(network.notice(circuit, end, generation).is_some(), !healed);
            }
            assert_eq!(network.counts.lost_in_flight, u64::from(!healed));
            assert_eq!(network.circuits.len(), usize::from(healed));
        }
    }

    #[test]
    fn what_was_sent_before_a_close_arrives_before_it() {
        let (mut network, _, circuit) = pair();
        let first = network.send(Instant(0), circuit, EndId::Acceptor, frame(1)).expect("a live connection");
        let bye = Cargo::Close("stopping".to_owned());
        let close = network.send(Instant(0), circuit, EndId::Acceptor, bye).expect("a live connection");
        assert!(first.0 < close.0);
        assert!(matches!(arrives(&mut network, first), Some(Delivery::Frame(..))));
        assert!(matches!(arrives(&mut network, close), Some(Delivery::Ended(..))));
        assert!(network.send(Instant(9), circuit, EndId::Dialer, frame(2)).is_none());
    }
}
