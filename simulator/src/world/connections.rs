//! Connections come and go.

use std::time::Duration;

use replication::{ConnectionId, Peer, Side};

use super::{CENTRAL, Happening, Phase, World};
use crate::machine::{Input, Line, Way};
use crate::network::{DIAL_TIMEOUT, Delivery, EndId, Link, LinkId, MachineId, NOTICED_BY};
use crate::options::Mutant;
use crate::queue::{DAY, HOUR, MINUTE, SECOND};

impl World {
    pub(super) fn deliver(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Frame(end, bytes) => {
                let found = &self.machines[end.machine];
                let Some(line) = found.circuits.get(&end.number).filter(|_| found.boot == end.boot) else {
                    return;
                };
                let from = self.network.partner(line.link, line.end);
                self.hand_in(end.machine, Input::Frame(ConnectionId(end.number), from, bytes));
            }
            Delivery::Ended(end, cause) => {
                if self.machines[end.machine].boot != end.boot {
                    return;
                }
                let line = self.machines[end.machine].circuits.remove(&end.number);
                self.hand_in(end.machine, Input::Disconnected(ConnectionId(end.number), cause));
                if let Some(Line { end: EndId::Dialer, link, .. }) = line {
                    self.hung_up(link, None);
                }
            }
        }
    }

    /// The connection that a device dialled is over.
    pub(super) fn hung_up(&mut self, link: LinkId, retry_after: Option<Duration>) {
        let machine = self.network.link(link).machine;
        let now = self.machines[machine].now(self.now).monotonic;
        self.way(link).dialer.failed(now, retry_after);
        self.plan_dial(link);
    }

    /// A link as the one that dials it knows it.
    pub(super) fn way(&mut self, link: LinkId) -> &mut Way {
        let machine = self.network.link(link).machine;
        self.machines[machine].ways.get_mut(&link).expect("whoever has a link knows when to dial")
    }

    /// Somebody at the device, or its system, says that the link is there.
    pub(super) fn dial_at_once(&mut self, link: LinkId) {
        let machine = self.network.link(link).machine;
        let now = self.machines[machine].now(self.now).monotonic;
        self.way(link).dialer.restore(now);
        self.plan_dial(link);
    }

    pub(super) fn plan_dial(&mut self, link: LinkId) {
        let way = self.way(link);
        way.generation += 1;
        let (generation, due) = (way.generation, way.dialer.due());
        let &Link { machine, called, up, .. } = self.network.link(link);
        // A neighbour that is not near is not found, and nobody dials it.
        if let Some(due) = due.filter(|_| up || called == CENTRAL) {
            let found = &self.machines[machine];
            let at = found.instant_of(due).max(self.now);
            self.queue.plan(at, Happening::Dial(link, found.boot, generation));
        }
    }

    pub(super) fn dial(&mut self, link: LinkId, boot: u64, generation: u64) {
        let &Link { machine, called, up, .. } = self.network.link(link);
        let way = self.way(link);
        let planned = way.generation == generation;
        if !planned || self.machines[machine].boot != boot {
            return;
        }
        self.way(link).dialer.dialing();
        let up = up && self.machines[called].node.is_some();
        let takes = if up { self.network.handshake(link) } else { DIAL_TIMEOUT };
        self.queue.plan(self.now.plus(takes), Happening::Established(link, boot));
    }

    /// The attempt to connect has come to its end, one way or the other.
    pub(super) fn established(&mut self, link: LinkId, boot: u64) {
        let &Link { machine, called, up, .. } = self.network.link(link);
        if self.machines[machine].boot != boot {
            return;
        }
        if !up || self.machines[called].node.is_none() || !self.let_each_other_in(link) {
            return self.hung_up(link, None);
        }
        let mut end = |machine: MachineId| {
            let found = &mut self.machines[machine];
            found.connections += 1;
            (machine, found.boot, found.connections)
        };
        let (dialer, acceptor) = (end(machine), end(called));
        let (circuit, _) = self.network.connect(self.now, link, dialer, acceptor);
        for ((machine, _, number), end) in [(dialer, EndId::Dialer), (acceptor, EndId::Acceptor)] {
            self.machines[machine].circuits.insert(number, Line { circuit, end, link });
        }
        let now = self.machines[machine].now(self.now).monotonic;
        self.way(link).dialer.connected(now);
        let (caller, host) = (self.peer_over(link, machine), self.peer_over(link, called));
        self.hand_in(called, Input::Connected(ConnectionId(acceptor.2), caller, Side::Accepted));
        self.hand_in(machine, Input::Connected(ConnectionId(dialer.2), host, Side::Dialed));
    }

    /// Who a device is to the one at the other end of a link.
    fn peer_over(&self, link: LinkId, machine: MachineId) -> Peer {
        let peer = self.machines[machine].as_peer();
        let believed = self.options.mutant == Some(Mutant::BelievedNeighbour)
            && self.network.link(link).called != CENTRAL;
        Peer { central: peer.central || believed, ..peer }
    }

    pub(super) fn cut(&mut self, link: LinkId) {
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

    pub(super) fn heal(&mut self, link: LinkId) {
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
            self.dial_at_once(link);
        }
    }
}
