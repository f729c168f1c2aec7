//! Connections come and go.

use std::time::Duration;

use replication::{ConnectionId, Side};

use super::{CENTRAL, Happening, Phase, World};
use crate::machine::Input;
use crate::network::{DIAL_TIMEOUT, Delivery, EndId, LinkId, MachineId, NOTICED_BY};
use crate::queue::{DAY, HOUR, MINUTE, SECOND};

impl World {
    pub(super) fn deliver(&mut self, delivery: Delivery) {
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
    pub(super) fn hung_up(&mut self, machine: MachineId, retry_after: Option<Duration>) {
        let now = self.machines[machine].now(self.now).monotonic;
        self.machines[machine].dialer.failed(now, retry_after);
        self.plan_dial(machine);
    }

    pub(super) fn plan_dial(&mut self, machine: MachineId) {
        let found = &mut self.machines[machine];
        found.dial_generation += 1;
        if let Some(due) = found.dialer.due() {
            let at = found.instant_of(due).max(self.now);
            self.queue.plan(at, Happening::Dial(machine, found.boot, found.dial_generation));
        }
    }

    pub(super) fn dial(&mut self, machine: MachineId, boot: u64, generation: u64) {
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
    pub(super) fn established(&mut self, machine: MachineId, boot: u64) {
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
            let machine = self.network.link(link).machine;
            let now = self.machines[machine].now(self.now).monotonic;
            self.machines[machine].dialer.restore(now);
            self.plan_dial(machine);
        }
    }
}
