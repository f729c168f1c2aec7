//! What goes ahead of the rest, where not everything can be sent at once.
//!
//! A pass over the log gives documents in the order of their latest change, and a scope comes after the scopes before it. On a slow
//! link a new site's reference data takes minutes; a revoked device, or a delivery that is on its way, must not wait for
//! it. Documents of urgent classes are sent as soon as the window has room, in DELTAs that tell nothing of the log; the pass
//! leaves them out when it comes to them, if they are still as they were sent.

use crdt_store::{DocumentId, Scope, StoreError, ViewRead};

use super::sending::{Load, Turn};
use super::{Moment, Session};
use crate::account::Account;

/// Bytes that may be in flight beyond the window for what is urgent: one DELTA of the smallest size.
const AHEAD_BYTES: usize = 16 << 10;
/// DELTAs that may be in flight with what is urgent: twice as many as without.
const FRAMES_AHEAD: usize = 512;
/// Rows of a log looked through for what is urgent, once in a pass.
const ROWS_LOOKED_THROUGH: usize = 4_096;

impl Session {
    /// Sends what is urgent in every scope.
    pub(super) fn send_urgent(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        budget: &mut usize,
    ) -> Result<(), StoreError> {
        let waiting = self.scopes.iter().filter(|(_, state)| state.open && !state.urgent.is_empty());
        let waiting: Vec<Scope> = waiting.map(|(scope, _)| scope.clone()).collect();
        for scope in waiting {
            let has_room = |session: &Self| {
                session.in_flight_bytes < session.window + AHEAD_BYTES
                    && session.in_flight.len() < FRAMES_AHEAD
            };
            while *budget > 0 && has_room(self) {
                let before = self.in_flight_bytes;
                if !matches!(self.send_ahead(moment, account, &scope)?, Turn::Sent) {
                    break;
                }
                *budget = budget.saturating_sub(self.in_flight_bytes.saturating_sub(before));
            }
        }
        Ok(())
    }

    /// One DELTA of urgent documents.
    fn send_ahead(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        scope: &Scope,
    ) -> Result<Turn, StoreError> {
        let mut load = Load::default();
        let mut sent = Vec::new();
        while let Some(id) = self.next_urgent(scope) {
            let Some(state) = self.scopes.get(scope) else { break };
            let (floor, through) = (state.sent.floor, state.sent.through);
            let except = state.echo_off.then_some(self.device);
            // What the pass has come to is on its way already.
            let header = moment.snapshot.header(id)?.filter(|header| header.last_seq > through);
            if let Some(header) = header.filter(|header| !self.is_level(id, header.last_seq)) {
                let outgoing = moment.outgoing(id, floor, except)?;
                if !outgoing.is_empty() && !load.has_room_for(&outgoing, AHEAD_BYTES) {
                    if load.is_empty() {
                        // It is not small, and goes with the others.
                        self.forget_urgent(scope, id);
                        continue;
                    }
                    break;
                }
                if !outgoing.is_empty() {
                    load.add(id, outgoing);
                    sent.push((id, header.last_seq));
                }
            }
            self.forget_urgent(scope, id);
        }
        if load.is_empty() {
            return Ok(Turn::Done);
        }
        if !self.send_delta(moment, account, scope, load, None, None)? {
            return Ok(Turn::NoRoom);
        }
        self.level.extend(sent);
        Ok(Turn::Sent)
    }

    fn next_urgent(&self, scope: &Scope) -> Option<DocumentId> {
        self.scopes.get(scope)?.urgent.first().copied()
    }

    fn forget_urgent(&mut self, scope: &Scope, id: DocumentId) {
        if let Some(state) = self.scopes.get_mut(scope) {
            state.urgent.remove(&id);
        }
    }

    /// Looks through the scopes that are not done for what should go ahead. To a new device nothing goes ahead of what it
    /// would be read with.
    pub(super) fn look_for_urgent(&mut self, moment: &Moment<'_>) -> Result<(), StoreError> {
        for scope in self.pending.clone() {
            let Some(state) = self.scopes.get_mut(&scope) else { continue };
            if !state.open || state.sent.floor == 0 {
                continue;
            }
            if std::mem::replace(&mut state.looked_through, true) {
                continue;
            }
            for (_, id) in moment.snapshot.scope_log_after(&scope, state.sent.through, ROWS_LOOKED_THROUGH)? {
                if moment.snapshot.header(id)?.is_some_and(|header| moment.schema.is_urgent(&header.class)) {
                    state.urgent.insert(id);
                }
            }
        }
        Ok(())
    }
}
