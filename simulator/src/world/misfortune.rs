//! What goes wrong with devices, and how they come back.

use std::time::Duration;

use crdt_store::{OpenError, StoreError};

use super::{CENTRAL, Happening, Held, PROMISES_ASKED, Phase, World, draw_clock_error};
use crate::check;
use crate::disk::Breakdown;
use crate::machine::Input;
use crate::network::{LinkId, MachineId};
use crate::options::{Faults, Mutant};
use crate::queue::{HOUR, MINUTE, SECOND};
use crate::wish::Wish;

impl World {
    /// Plans the next misfortune of a device, and lets this one happen.
    pub(super) fn misfortune(&mut self, machine: MachineId) -> Held {
        if self.phase != Phase::Safety {
            return Ok(());
        }
        let often = self.options.mutant.is_some();
        let (soonest, latest) = if often { (10 * MINUTE, 2 * HOUR) } else { (2 * HOUR, 36 * HOUR) };
        let next = self.misfortune.between(soonest, latest);
        self.queue.plan(self.now.plus(next), Happening::Crash(machine));
        if self.machines[machine].node.is_none() {
            return Ok(());
        }
        let Faults { kills, power_cuts, bad_disks, restored_backups, .. } = self.faults;
        let restorable = restored_backups && machine != CENTRAL && self.machines[machine].honest;
        let what = self.misfortune.weighted(&[
            (0, 2 * u32::from(kills)),
            (1, u32::from(kills)),
            (2, u32::from(power_cuts)),
            (3, 4 * u32::from(power_cuts)),
            (4, u32::from(bad_disks)),
            (5, u32::from(bad_disks)),
            (6, 4 * u32::from(restorable)),
            (7, 1),
        ]);
        match what {
            0 => self.crash(machine, false, "killed"),
            1 => return self.stop(machine),
            2 => self.crash(machine, true, "power lost"),
            3 => {
                let calls = self.misfortune.between(0, 60) as u32;
                self.machines[machine].doom = Some(Breakdown::PowerLoss(calls));
            }
            4 => {
                let bytes = self.misfortune.between(0, 100_000);
                self.machines[machine].doom = Some(Breakdown::Full(bytes));
            }
            5 => {
                let calls = self.misfortune.between(0, 60) as u32;
                self.machines[machine].doom = Some(Breakdown::Errors(calls));
            }
            6 => return self.back_up_or_restore(machine),
            // This time nothing.
            _ => {}
        }
        Ok(())
    }

    /// Somebody makes a backup of a device's disk, or goes back to the one that was made in an earlier life.
    fn back_up_or_restore(&mut self, machine: MachineId) -> Held {
        let central_is_up = self.machines[CENTRAL].node.is_some();
        let found = &mut self.machines[machine];
        match found.backup.take() {
            Some((life, image)) if life < found.boot && central_is_up => self.restore(machine, &image),
            older => {
                found.backup = older.or_else(|| Some((found.boot, found.disk.backup())));
                self.trace.note(self.now, format_args!("{}: has a backup", found.name));
                Ok(())
            }
        }
    }

    /// A device's disk is what it was some time ago. What it acknowledged since is lost, unless central has it.
    fn restore(&mut self, machine: MachineId, image: &[u8]) -> Held {
        self.tally.sometimes("backup restored");
        let promised = std::mem::take(&mut self.machines[machine].promised);
        let node = self.machines[CENTRAL].node.as_ref().expect("looked at before");
        let known = node.reader().snapshot().and_then(|read| {
            let tokens = check::all_tokens(&read)?;
            let held = promised
                .into_iter()
                .map(|promise| Ok((check::holds(&read, promise.0, &promise.1)?, promise)));
            Ok((tokens, held.collect::<Result<Vec<_>, StoreError>>()?))
        });
        let (tokens, promised) = match known {
            Ok(known) => known,
            Err(error) => return Err(self.breach("I11", format!("reading central: {error}"))),
        };
        self.kept.extend(promised.into_iter().filter(|(held, _)| *held).map(|(_, promise)| promise));
        for fate in self.fates.values_mut().filter(|fate| fate.machine == machine && fate.accepted.is_some())
        {
            if fate.token.as_ref().is_some_and(|token| !tokens.contains(token)) && !fate.lost {
                fate.lost = true;
                self.tally.sometimes("acknowledged work lost with its disk");
            }
        }
        self.machines[machine].forgot_through = self.wishes;
        self.machines[machine].restored = true;
        self.crash(machine, false, "goes back to a backup");
        self.machines[machine].disk.restore(image);
        Ok(())
    }

    pub(super) fn broken_commit(&mut self, machine: MachineId, breakdown: Breakdown, error: &str) {
        let (state, cut) = match breakdown {
            Breakdown::PowerLoss(_) => ("power cut in a commit", true),
            Breakdown::Errors(_) => ("disk error", false),
            Breakdown::Full(_) => ("disk full", false),
        };
        self.tally.sometimes(state);
        self.crash(machine, cut, &format!("{state}: {error}"));
    }

    /// Stops a device in good order.
    pub(super) fn stop(&mut self, machine: MachineId) -> Held {
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
    pub(super) fn crash(&mut self, machine: MachineId, power: bool, why: &str) {
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
            self.machines[machine].doom_at_opening = Some(Breakdown::PowerLoss(calls));
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
    pub(super) fn left_alone(&mut self, machine: MachineId, mut wish: Wish, pause: u64) {
        self.fates.entry(wish.number).or_default().unanswered += 1;
        if self.options.mutant == Some(Mutant::AnsweredBeforeCommit) {
            // Nobody waits for an answer that was given.
            return;
        }
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

    pub(super) fn start(&mut self, machine: MachineId) -> Held {
        if self.machines[machine].node.is_some() {
            return Ok(());
        }
        let central = self.machines[CENTRAL].as_peer();
        let doomed = self.machines[machine].doom_at_opening.is_some();
        if self.faults.wrong_clocks && self.misfortune.chance(300) {
            // A tablet without a battery for its clock wakes up in another year.
            self.machines[machine].clock_error_millis = draw_clock_error(&mut self.misfortune);
            self.tally.sometimes("clock jumped");
        }
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
        let links: Vec<LinkId> = self.machines[machine].ways.keys().copied().collect();
        for link in links {
            let now = self.machines[machine].now(self.now).monotonic;
            self.way(link).dialer.failed(now, Some(Duration::ZERO));
            self.dial_at_once(link);
        }
        self.hand_in(machine, Input::Timeout);
        Ok(())
    }

    pub(super) fn failed_start(&mut self, machine: MachineId, error: &OpenError) -> Held {
        self.tally.sometimes("power cut while opening");
        self.crash(machine, true, &format!("power lost while opening: {error}"));
        self.machines[machine].doom_at_opening = None;
        Ok(())
    }

    pub(super) fn check_promises(&mut self, machine: MachineId) -> Held {
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
}
