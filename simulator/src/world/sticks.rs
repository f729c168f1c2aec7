//! People travel between a site and central, and now and then take a stick along: late, twice, out of order, or they lose
//! it on the way.

use std::rc::Rc;

use replication::{ConnectionId, Peer, decode};

use super::{CENTRAL, Happening, Held, Phase, World};
use crate::machine::Input;
use crate::network::MachineId;
use crate::queue::{DAY, HOUR, MINUTE};

/// A file that somebody carries.
pub(crate) struct Stick {
    pub(crate) from: Peer,
    pub(crate) frames: Vec<Vec<u8>>,
}

impl World {
    /// Somebody sets out from a device to central, or from central to it.
    pub(super) fn carry(&mut self, machine: MachineId) -> Held {
        if self.phase != Phase::Safety {
            return Ok(());
        }
        let next = self.now.plus(self.sticks.between(4 * HOUR, 2 * DAY));
        self.queue.plan(next, Happening::Carry(machine));
        let (from, to) = match self.sticks.chance(500) {
            true => (machine, CENTRAL),
            false => (CENTRAL, machine),
        };
        let Some(stick) = self.save(from, to)? else { return Ok(()) };
        let stick = Rc::new(stick);
        // One in six gets lost; one in four is brought again.
        let times = self.sticks.weighted(&[(0, 2), (1, 7), (2, 3)]);
        for _ in 0..times {
            let arrives = self.now.plus(self.sticks.between(10 * MINUTE, 2 * DAY));
            self.queue.plan(arrives, Happening::Bring(to, Rc::clone(&stick)));
        }
        Ok(())
    }

    /// What a device has for another; nothing while it is switched off.
    fn save(&mut self, from: MachineId, to: MachineId) -> Held<Option<Stick>> {
        let (peer, now) = (self.machines[to].as_peer(), self.machines[from].now(self.now));
        let Some(node) = &mut self.machines[from].node else { return Ok(None) };
        let saved = node.export(now, &peer).and_then(|mut export| {
            let mut frames = Vec::new();
            while let Some(frame) = export.next_frame()? {
                frames.push(frame);
            }
            node.handle_exported(now, &peer, export);
            Ok(frames)
        });
        let found = &self.machines[from];
        let frames = match saved {
            Ok(frames) => frames,
            Err(error) => return Err(self.breach("I11", format!("{} saves a file: {error}", found.name))),
        };
        let bytes: usize = frames.iter().map(Vec::len).sum();
        self.trace.note(
            self.now,
            format_args!("{}: saves {bytes} bytes for {}", found.name, self.machines[to].name),
        );
        frames.iter().for_each(|frame| self.trace.absorb(frame));
        let from_peer = found.as_peer();
        self.hand_in(from, Input::Timeout);
        Ok(Some(Stick { from: from_peer, frames }))
    }

    /// A stick arrives; where the device is switched off, it stays in somebody's pocket.
    pub(super) fn bring(&mut self, machine: MachineId, stick: Rc<Stick>) {
        if self.phase == Phase::Safety {
            self.hand_in(machine, Input::Stick(stick));
        }
    }

    /// A device takes in what is on a stick.
    pub(super) fn handle_stick(&mut self, machine: MachineId, stick: &Stick) -> Held {
        let now = self.machines[machine].now(self.now);
        let found = &mut self.machines[machine];
        found.connections += 1;
        let (conn, name) = (ConnectionId(found.connections), found.name.clone());
        self.trace.note(self.now, format_args!("{name}: loads a file of {:?}", stick.from.name));
        if self.node(machine).handle_bundle(now, conn, &stick.from).is_err() {
            // More than somebody has hands for.
            return Ok(());
        }
        for bytes in &stick.frames {
            match decode(bytes) {
                Ok(frame) => self.node(machine).handle_bundle_frame(conn, frame),
                Err(error) => {
                    let detail = format!("{name} cannot read a file that a node wrote: {error}");
                    return Err(self.breach("I11", detail));
                }
            }
        }
        self.node(machine).handle_bundle_end(conn);
        Ok(())
    }

    /// After a commit: what came of the files that were brought.
    pub(super) fn note_sticks(&mut self, machine: MachineId) -> Held {
        while let Some((_, outcome)) = self.node(machine).poll_bundle() {
            match outcome {
                Ok(taken) => {
                    if taken.news > 0 {
                        self.tally.sometimes("news by stick");
                    }
                    if taken.documents > 0 && taken.news == 0 {
                        self.tally.sometimes("known things by stick");
                    }
                    if taken.outdated {
                        self.tally.sometimes("stick of an earlier life");
                    }
                }
                Err(error) => {
                    let name = &self.machines[machine].name;
                    return Err(self.breach("I11", format!("{name} refuses a file of a node: {error}")));
                }
            }
        }
        Ok(())
    }
}
