//! Devices meet without central: two tablets on a hotspot, a van that goes from store to store.
//!
//! A meeting is a link that is there for a while. Nobody met this way is central, and each lets the other in only if
//! its own views know it, as the shell does. So a change travels: to a neighbour, and with it to a third, or to central
//! long before its author.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{ChangeHash, DocumentId, StoreError};
use domain::query::reference;

use super::{CENTRAL, Happening, Held, Phase, World};
use crate::check;
use crate::machine::{Program, Way};
use crate::network::{Link, LinkId, MachineId, NOTICED_BY, draw_quality};
use crate::queue::{HOUR, MINUTE, SECOND};
use crate::seed::Dice;

/// Who has met, and what went from hand to hand.
pub(super) struct Meetings {
    dice: Dice,
    links: BTreeMap<(MachineId, MachineId), LinkId>,
    travels: BTreeMap<ChangeHash, Travel>,
}

/// A change on its way.
struct Travel {
    author: MachineId,
    seen: BTreeSet<MachineId>,
}

impl Meetings {
    pub(super) fn new(dice: Dice) -> Self {
        Self { dice, links: BTreeMap::new(), travels: BTreeMap::new() }
    }
}

impl World {
    /// Beside a dishonest device there may be one that believes it, and carries its forgeries to others in good faith.
    pub(super) fn add_naive_device(&mut self) -> Option<usize> {
        let wanted = self.faults.meetings && self.faults.dishonest_device && self.meetings.dice.chance(500);
        let site = self.meetings.dice.between(0, u64::from(self.options.sites) - 1) as usize;
        wanted.then(|| {
            self.add_machine(format!("site {site} naive"), Some(site), Program::Naive);
            site
        })
    }

    /// Two devices meet, and the next meeting is planned.
    pub(super) fn meet(&mut self) {
        if self.phase != Phase::Safety {
            return;
        }
        let next = self.meetings.dice.between(10 * MINUTE, 5 * HOUR);
        self.queue.plan(self.now.plus(next), Happening::Meet);
        if let Some(pair) = self.draw_pair() {
            let link = self.link_between(pair);
            self.come_together(link);
        }
    }

    /// Two devices, the lower one first: often of one store, where people work side by side.
    fn draw_pair(&mut self) -> Option<(MachineId, MachineId)> {
        let one = self.meetings.dice.between(1, self.machines.len() as u64 - 1) as MachineId;
        let others: Vec<MachineId> = (1..self.machines.len()).filter(|other| *other != one).collect();
        let store = self.machines[one].store;
        let colleagues: Vec<MachineId> =
            others.iter().copied().filter(|other| self.machines[*other].store == store).collect();
        let near = self.meetings.dice.chance(500) && !colleagues.is_empty();
        let other = *self.meetings.dice.pick(if near { &colleagues } else { &others })?;
        match self.machines[one].device < self.machines[other].device {
            true => Some((one, other)),
            false => Some((other, one)),
        }
    }

    /// The link of a pair, which is made when they first meet.
    fn link_between(&mut self, pair: (MachineId, MachineId)) -> LinkId {
        if let Some(link) = self.meetings.links.get(&pair) {
            return *link;
        }
        let (dialer, called) = pair;
        let mut dice = self.seed.fork(&format!("link/{dialer}->{called}"));
        let slow = self.faults.slow_links && dice.chance(300);
        let quality = draw_quality(&mut dice, slow, self.faults.late_notice);
        let way = Way::new(dice.between(0, u64::MAX));
        let link = self.network.add_link(pair, quality, dice);
        self.machines[dialer].ways.insert(link, way);
        self.meetings.links.insert(pair, link);
        link
    }

    /// Two devices are near each other, for minutes or for hours.
    pub(super) fn come_together(&mut self, link: LinkId) {
        if self.phase != Phase::Safety || self.network.link(link).up {
            return;
        }
        self.note_meeting(link, "meet");
        for (at, planned) in self.network.heal(self.now, link) {
            self.queue.plan(at, Happening::Net(planned));
        }
        let lasts = match self.meetings.dice.between(0, 3) {
            0 => self.meetings.dice.between(5 * SECOND, 5 * MINUTE),
            1..=2 => self.meetings.dice.between(5 * MINUTE, HOUR),
            _ => self.meetings.dice.between(HOUR, 5 * HOUR),
        };
        self.queue.plan(self.now.plus(lasts), Happening::Part(link));
        if self.machines[self.network.link(link).machine].node.is_some() {
            self.dial_at_once(link);
        }
    }

    /// They part, each to find out for itself; or one of them has only gone around the corner.
    pub(super) fn part(&mut self, link: LinkId) {
        if !self.network.link(link).up {
            return;
        }
        self.note_meeting(link, "part");
        for (at, planned) in self.network.cut(self.now, link) {
            self.queue.plan(at, Happening::Net(planned));
        }
        if self.faults.cuts && self.meetings.dice.chance(400) {
            let away = self.meetings.dice.between(SECOND / 10, 2 * NOTICED_BY);
            self.queue.plan(self.now.plus(away), Happening::Together(link));
        }
    }

    fn note_meeting(&mut self, link: LinkId, what: &str) {
        let Link { machine, called, .. } = self.network.link(link);
        let (one, other) = (&self.machines[*machine].name, &self.machines[*called].name);
        self.trace.note(self.now, format_args!("{one} and {other} {what}"));
    }

    /// Central lets in whom it enrolled, which is everybody here. Neighbours must know each other.
    pub(super) fn let_each_other_in(&mut self, link: LinkId) -> bool {
        let &Link { machine, called, .. } = self.network.link(link);
        if called == CENTRAL {
            return true;
        }
        // Views that cannot be read let nobody in.
        let known = [(machine, called), (called, machine)]
            .into_iter()
            .all(|(host, guest)| self.knows(host, guest).unwrap_or(false));
        if !known {
            self.tally.sometimes("neighbour not known yet");
            self.note_meeting(link, "do not know each other yet");
            return false;
        }
        let is_cut =
            |machine: MachineId| self.machines[machine].link.is_some_and(|link| !self.network.link(link).up);
        if is_cut(machine) || is_cut(called) {
            self.tally.sometimes("neighbour met while central was cut");
        }
        true
    }

    /// Whether a device knows another as enrolled, not revoked, and not central.
    fn knows(&self, host: MachineId, guest: MachineId) -> Result<bool, StoreError> {
        let Some(node) = &self.machines[host].node else { return Ok(false) };
        let known = reference::device(&node.reader().snapshot()?, self.machines[guest].device)?;
        Ok(known.is_some_and(|device| !device.revoked && !device.is_central))
    }

    /// Follows changes from device to device. What a command has just written is the only head of its document; where it
    /// is first seen elsewhere, and whose frames had come then, says whether another than its author brought it.
    pub(super) fn follow(&mut self, machine: MachineId, touched: &[DocumentId]) -> Held {
        let heard = std::mem::take(&mut self.machines[machine].heard);
        let Some(node) = self.machines[machine].node.as_ref().filter(|_| self.faults.meetings) else {
            return Ok(());
        };
        let documents = check::heads_of(node, touched)
            .map_err(|error| self.breach("I11", format!("reading what was just committed: {error}")))?;
        for head in documents.into_iter().flat_map(|(_, heads)| heads) {
            if heard.is_empty() {
                let seen = BTreeSet::from([machine]);
                self.meetings.travels.entry(head).or_insert(Travel { author: machine, seen });
                continue;
            }
            let Some(travel) = self.meetings.travels.get_mut(&head) else { continue };
            if !travel.seen.insert(machine) || heard.contains(&travel.author) {
                continue;
            }
            match machine {
                CENTRAL => self.tally.sometimes("change reached central through another device"),
                _ if heard.contains(&CENTRAL) => {}
                _ => self.tally.sometimes("seal relayed"),
            }
        }
        Ok(())
    }
}
