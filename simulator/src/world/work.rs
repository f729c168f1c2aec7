//! People at work.

use crdt_store::StoreError;
use domain::asset::AssetStatus;

use super::{CENTRAL, Fate, Happening, Held, Phase, World};
use crate::machine::Input;
use crate::network::MachineId;
use crate::options::Mutant;
use crate::people::Person;
use crate::queue::{DAY, HOUR, Instant, MINUTE, SECOND};
use crate::wish::{Deed, Wish, Wisher};

impl World {
    pub(super) fn act(&mut self, machine: MachineId) -> Held {
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
        self.fates.insert(wish.number, Fate { machine, token: wish.token.clone(), ..Fate::default() });
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
    pub(super) fn next_act(&mut self, machine: MachineId) -> Instant {
        let pause = match (machine, self.people.between(0, 9)) {
            (CENTRAL, _) => self.people.between(MINUTE, 3 * HOUR),
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

    pub(super) fn think(&mut self, machine: MachineId) -> Result<Option<Wish>, StoreError> {
        let found = &self.machines[machine];
        let Some(node) = &found.node else { return Ok(None) };
        let read = node.reader().snapshot()?;
        let number = self.wishes + 1;
        let now = found.wall(self.now);
        let mut person = Person { country: &self.country, read: &read, dice: &mut self.people, number, now };
        let decision = match (found.store, found.honest) {
            (None, _) => person.administer()?,
            (Some(own), false) if found.forges => person.forge(own),
            (Some(_), false) => None,
            (Some(_), true) if person.dice.chance(20) => person.intrude(),
            (Some(store), true) => person.work(store)?,
        };
        self.wishes = number;
        Ok(decision.map(|(wisher, deed, token)| Wish {
            number,
            wisher,
            deed: Box::new(deed),
            key: format!("key-{number}"),
            token,
            presses: 0,
        }))
    }

    pub(super) fn press(&mut self, machine: MachineId, wish: Wish) {
        let name = &self.machines[machine].name;
        self.trace.note(self.now, format_args!("{name}: wish {} {} pressed", wish.number, wish.deed.kind()));
        if wish.presses > 0 && wish.number <= self.machines[machine].forgot_through {
            return;
        }
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
}

/// Whether a wish would be accepted for certain: a program that answers too early has at least looked.
fn would_be_accepted(wish: &Wish) -> bool {
    match &*wish.deed {
        Deed::RegisterAsset(_) | Deed::OpenLine(_) | Deed::Inbound(_) => true,
        Deed::LogAsset(_, log) => log.at.is_none() && log.status == AssetStatus::Functioning,
        _ => false,
    }
}
