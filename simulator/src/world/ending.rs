//! Everything heals, and all must come to prove that they hold the same.

use super::{CENTRAL, Happening, Held, LIVENESS_MAX, Phase, World};
use crate::check;
use crate::queue::SECOND;

impl World {
    /// Everything heals.
    pub(super) fn dawn(&mut self) -> Held {
        self.phase = Phase::Liveness { since: self.now };
        self.trace.note(self.now, format_args!("everything heals"));
        for link in 0..self.network.links() {
            match self.network.link(link).called {
                CENTRAL => self.heal(link),
                _ => self.part(link),
            }
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

    pub(super) fn poll(&mut self) -> Held {
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
}
