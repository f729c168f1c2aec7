//! Promises and answers: what is written down of them before anybody hears.

use crdt_store::{DocumentId, Rejection};
use replication::{RefusedEvent, Ticket, code};

use super::{Held, World};
use crate::check;
use crate::network::MachineId;
use crate::wish::{Wish, Wisher};

impl World {
    pub(super) fn answered(
        &mut self,
        machine: MachineId,
        ticket: Ticket,
        reply: Result<Vec<u8>, Rejection>,
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
                if rejection.code == "share-exceeded" {
                    self.tally.sometimes("issue beyond the share refused");
                }
                *self.tally.rejections.entry(rejection.code).or_default() += 1;
                Ok(())
            }
        }
    }

    pub(super) fn accepted(&mut self, machine: MachineId, wish: &Wish, reply: Vec<u8>) -> Held {
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
    pub(super) fn promise(&mut self, machine: MachineId, touched: &[DocumentId]) -> Held {
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

    pub(super) fn refused(&mut self, machine: MachineId, refused: &RefusedEvent) -> Held {
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
}
