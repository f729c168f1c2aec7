//! Nodes take their turns: what came is handled, committed, and only then told.

use crdt_store::{Author, DocumentId};
use replication::{ConnectionId, Event, Frame, IdempotencyKey, Ticket, Transmit, code, decode};
use std::time::Duration;

use super::{CENTRAL, Happening, Held, NEVER_SAID, World};
use crate::check;
use crate::disk::Breakdown;
use crate::look;
use crate::machine::{Input, Line};
use crate::network::{Cargo, EndId, MachineId};
use crate::queue::SECOND;
use crate::wish::{Deed, Wish};

impl World {
    /// Puts something before a node, and plans its turn: soon, so that what comes meanwhile shares the commit.
    pub(super) fn hand_in(&mut self, machine: MachineId, input: Input) {
        let delay = match self.turns.between(0, 99) {
            0 => self.turns.between(100_000, 2 * SECOND),
            1..=20 => self.turns.between(5_000, 60_000),
            _ => self.turns.between(200, 3_000),
        };
        let found = &mut self.machines[machine];
        if found.node.is_none() {
            return;
        }
        found.inbox.push(input);
        if !found.wake_planned {
            found.wake_planned = true;
            self.queue.plan(self.now.plus(delay), Happening::Wake(machine, found.boot));
        }
    }

    pub(super) fn wake(&mut self, machine: MachineId, boot: u64) -> Held {
        if self.machines[machine].boot != boot {
            return Ok(());
        }
        self.machines[machine].wake_planned = false;
        let inputs = std::mem::take(&mut self.machines[machine].inbox);
        let only_wishes = inputs.iter().all(|input| matches!(input, Input::Wish(_)));
        let issues_only = only_wishes && inputs.iter().all(takes_stock_or_less);
        let negative_before = if issues_only { self.negative(machine)? } else { Vec::new() };
        for input in inputs {
            self.handle(machine, input)?;
        }
        let doom = self.machines[machine].doom.take();
        let found = &mut self.machines[machine];
        let syncs = found.disk.syncs();
        if let Some(breakdown) = doom {
            found.disk.will_break(breakdown);
        }
        let now = found.now(self.now);
        let Some(node) = &mut found.node else { return Ok(()) };
        let flushed = node.flush(now);
        let committed = found.disk.syncs() > syncs;
        match (flushed, doom) {
            (Err(error), None) => {
                let name = &self.machines[machine].name;
                Err(self.breach("I11", format!("{name} could not commit on a disk that works: {error}")))
            }
            (Err(error), Some(breakdown)) => {
                self.broken_commit(machine, breakdown, &error.to_string());
                Ok(())
            }
            (Ok(()), Some(Breakdown::PowerLoss(_))) if committed => {
                self.tally.sometimes("power cut between commit and answer");
                self.crash(machine, true, "power lost between commit and answer");
                Ok(())
            }
            (Ok(()), doom) => {
                // What did not strike strikes later.
                found.disk.mend();
                found.doom = doom;
                if issues_only {
                    self.check_local_issues(machine, &negative_before)?;
                }
                self.publish(machine)
            }
        }
    }

    pub(super) fn handle(&mut self, machine: MachineId, input: Input) -> Held {
        let now = self.machines[machine].now(self.now);
        let name = self.machines[machine].name.clone();
        match input {
            Input::Connected(conn, peer, side) => {
                self.trace.note(self.now, format_args!("{name}: connected {} {side:?}", conn.0));
                self.node(machine).handle_connected(now, conn, peer, side);
            }
            Input::Disconnected(conn, cause) => {
                self.trace.note(self.now, format_args!("{name}: disconnected {}: {cause}", conn.0));
                self.node(machine).handle_disconnected(now, conn, replication::code::DISCONNECTED, &cause);
            }
            Input::Timeout => self.node(machine).handle_timeout(now),
            Input::Frame(conn, from, bytes) => {
                self.machines[machine].heard.insert(from);
                self.handle_frame(machine, conn, &bytes)?;
            }
            Input::Wish(wish) => self.execute(machine, wish),
            Input::Stick(stick) => self.handle_stick(machine, &stick)?,
        }
        Ok(())
    }

    pub(super) fn node(&mut self, machine: MachineId) -> &mut replication::Node {
        self.machines[machine].node.as_mut().expect("inputs are only handled while the node runs")
    }

    pub(super) fn handle_frame(&mut self, machine: MachineId, conn: ConnectionId, bytes: &[u8]) -> Held {
        let now = self.machines[machine].now(self.now);
        let name = self.machines[machine].name.clone();
        let mut frame = match decode(bytes) {
            Ok(frame) => frame,
            Err(error) => {
                return Err(
                    self.breach("I11", format!("{name} cannot read a frame that a node wrote: {error}"))
                );
            }
        };
        self.trace.absorb(bytes);
        self.trace.note(self.now, format_args!("{name} < {} {} bytes", frame.kind(), bytes.len()));
        self.tally.merges += frame.documents() as u64;
        if frame.kind() == "BUCKETS" {
            self.tally.sometimes("comparison by buckets");
        }
        match frame.goaway_code() {
            Some(code::REPLACED) => self.tally.sometimes("connection replaced"),
            Some(said) if NEVER_SAID.contains(&said) => {
                return Err(
                    self.breach("I11", format!("{name} was told «{said}», which only a wrong node deserves"))
                );
            }
            _ => {}
        }
        self.prepare(machine, &mut frame);
        self.node(machine).handle_frame(now, conn, frame);
        Ok(())
    }

    /// Some of what comes is prepared, as by a thread beside the node's: what else is done in the same turn may make it
    /// outdated.
    fn prepare(&mut self, machine: MachineId, frame: &mut Frame) {
        if frame.documents() == 0 || !self.preparing.chance(500) {
            return;
        }
        let reader = self.node(machine).reader();
        let mut left = self.preparing.between(1, 8);
        frame.prepare(&reader, || {
            let goes_on = left > 0;
            left = left.saturating_sub(1);
            goes_on
        });
        self.tally.sometimes("documents prepared beside the node");
    }

    pub(super) fn execute(&mut self, machine: MachineId, wish: Wish) {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        let key = IdempotencyKey { key: wish.key.clone(), request_digest: wish.digest() };
        let (deed, wisher) = (wish.deed.clone(), wish.wisher);
        let author = Author { message: None };
        let command = Box::new(move |txn: &mut crdt_store::Txn<'_>| deed.carry_out(wisher, txn));
        self.node(machine).execute(ticket, Some(key), author, command);
        self.machines[machine].asked.insert(ticket.0, wish);
    }

    /// After a commit: what the node says is done.
    pub(super) fn publish(&mut self, machine: MachineId) -> Held {
        let mut touched = Vec::new();
        while let Some(event) = self.node(machine).poll_event() {
            match event {
                Event::Committed(commit) => touched.extend(commit.documents),
                Event::Refused(refused) => self.refused(machine, &refused)?,
                Event::PeerChanged { .. } => {}
            }
        }
        self.note_sticks(machine)?;
        self.follow(machine, &touched)?;
        let mut accepted = false;
        while let Some((ticket, reply)) = self.node(machine).poll_reply() {
            accepted |= reply.is_ok();
            self.answered(machine, ticket, reply)?;
        }
        if accepted && self.machines[machine].honest {
            self.promise(machine, &touched)?;
        }
        while let Some(transmit) = self.node(machine).poll_transmit() {
            self.transmit(machine, transmit);
        }
        self.observe(machine)?;
        self.plan_timer(machine);
        Ok(())
    }

    pub(super) fn transmit(&mut self, machine: MachineId, transmit: Transmit) {
        let (conn, what, retry_after) = match transmit {
            Transmit::Frame { conn, bytes } => (conn, Cargo::Frame(bytes), None),
            Transmit::Close { conn, code, reason, retry_after_millis } => {
                let name = &self.machines[machine].name;
                self.trace.note(self.now, format_args!("{name}: closes {}: {code} {reason}", conn.0));
                if code == code::REPLACED {
                    self.tally.sometimes("connection replaced");
                }
                (conn, Cargo::Close(code), Some(retry_after_millis))
            }
        };
        let Some(Line { circuit, end, link }) = self.machines[machine].circuits.get(&conn.0).copied() else {
            return;
        };
        if let Some((at, planned)) = self.network.send(self.now, circuit, end, what) {
            self.queue.plan(at, Happening::Net(planned));
        }
        if let Some(retry_after) = retry_after {
            self.machines[machine].circuits.remove(&conn.0);
            if end == EndId::Dialer {
                self.hung_up(link, retry_after.map(Duration::from_millis));
            }
        }
    }

    pub(super) fn plan_timer(&mut self, machine: MachineId) {
        let found = &mut self.machines[machine];
        let Some(node) = &found.node else { return };
        // At the earliest a millisecond from now: a node that is always due must not stop the world.
        let due = node.poll_timeout().map(|moment| found.instant_of(moment).max(self.now.plus(1_000)));
        if due.is_some() && due != found.timer {
            found.timer = due;
            self.queue.plan(
                due.unwrap_or(self.now),
                Happening::Timer(machine, found.boot, due.unwrap_or(self.now)),
            );
        } else if due.is_none() {
            found.timer = None;
        }
    }

    /// What the world sees after a turn, as a monitor would.
    pub(super) fn observe(&mut self, machine: MachineId) -> Held {
        if machine == CENTRAL {
            let negative = self.negative(CENTRAL)?;
            for line in negative {
                if self.tally.over_issues.insert(line) {
                    self.tally.sometimes("over-issue");
                }
            }
            return Ok(());
        }
        let central = self.machines[CENTRAL].device;
        let now = self.now;
        let found = &mut self.machines[machine];
        if let Some(node) = &found.node {
            let in_sync = node.status().peer(central).is_some_and(|peer| peer.in_sync);
            found.note_sync(now, in_sync);
        }
        if self.turns.chance(10) {
            self.check_tasks(machine)?;
        }
        Ok(())
    }

    pub(super) fn negative(&self, machine: MachineId) -> Held<Vec<(DocumentId, DocumentId)>> {
        let Some(node) = &self.machines[machine].node else { return Ok(Vec::new()) };
        let found = node.reader().snapshot().and_then(|read| look::over_issues(&read));
        found.map_err(|error| self.breach("I11", format!("reading tasks: {error}")))
    }

    /// A turn in which nothing came from outside has made no balance negative.
    pub(super) fn check_local_issues(
        &mut self,
        machine: MachineId,
        before: &[(DocumentId, DocumentId)],
    ) -> Held {
        self.tally.checked("I5");
        let after = self.negative(machine)?;
        match after.iter().find(|line| !before.contains(line)) {
            None => Ok(()),
            Some((_, line)) => {
                let name = &self.machines[machine].name;
                Err(self.breach("I5", format!("{name} accepted what takes stock line {line} below zero")))
            }
        }
    }

    /// A balance is below zero exactly where there is a task that says so.
    pub(super) fn check_tasks(&mut self, machine: MachineId) -> Held {
        self.tally.checked("I5");
        let Some(node) = &self.machines[machine].node else { return Ok(()) };
        let found = node.reader().snapshot().and_then(|read| check::tasks_differ(&read));
        match found {
            Ok(None) => Ok(()),
            Ok(Some(detail)) => Err(self.breach("I5", format!("{}: {detail}", self.machines[machine].name))),
            Err(error) => Err(self.breach("I11", format!("reading balances: {error}"))),
        }
    }
}

/// Who settles says which of two records of what happened holds, also where that leaves less than was given away since:
/// the shelf is then a task.
fn takes_stock_or_less(input: &Input) -> bool {
    match input {
        Input::Wish(wish) => !matches!(*wish.deed, Deed::SettleLine(..) | Deed::SettleConflict(..)),
        _ => false,
    }
}
