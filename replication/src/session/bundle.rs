//! A conversation in which only one side speaks: what a bundle says, and what becomes of it at the other end.
//!
//! A bundle begins as a connection does, with HELLO: who made it, and how it stands with each scope: how much of the
//! other's log it holds, which is the acknowledgement of everything before, and what it holds. SCOPES follow if that was
//! too much for a frame; then DELTAs, as a pass over the log sends them, from what the other side has acknowledged.
//!
//! # Why no bundle depends on the one before
//!
//! A bundle begins where the other side *said* it was, never where the last bundle ended. So the second one holds all that
//! the first did until an acknowledgement has come back; one that is lost is no loss, and the order in which they are brought
//! does not matter: what came already is known, and what a cursor has passed it does not pass again.
//!
//! # What is believed
//!
//! Both claims of a bundle, «I hold so much of your log» and «this is what I hold», are about the moment it was made. A
//! database only grows, so they stay true while its life goes on; of a bundle of an earlier life only the documents are
//! taken. They are never more than a lower bound: a cursor moves forward by them, or not at all. Equal fingerprints prove
//! that the other side held, then, all that is here now: nothing is left to send to it. They do not prove that both hold the
//! same *now*, so nobody is said to be in sync by them.
//!
//! While both sides also talk over a connection, what a bundle acknowledges is not needed, and could meet marks that the
//! connection is about to move: it is left aside.

use crdt_store::{Batch, Schema, Scope, StoreError};

use super::sending::{Turn, WINDOW_BYTES_MAX};
use super::{Fault, Moment, Own, SCOPES_MAX, Session, Violation};
use crate::account::Account;
use crate::code;
use crate::codec::ENTRIES_MAX;
use crate::frame::{Cursor, Entry, Hello, Message, Scopes, State};
use crate::peer::{ConnectionId, Peer, Side};
use crate::time::Now;

/// Log rows looked at in one go.
const ROWS: usize = 512;

impl Session {
    /// One that speaks into a file, or hears what one says.
    pub(crate) fn of_bundle(now: Now, conn: ConnectionId, peer: &Peer) -> Self {
        let mut session = Self::new(now, conn, peer, Side::Dialed);
        // Nothing is in flight on a stick: frames are as large as they are on a fast link.
        session.window = WINDOW_BYTES_MAX;
        session
    }

    /// Says who we are and how we stand with everything both share. The scopes that are to be sent from.
    pub(crate) fn say_standing(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
    ) -> Result<Vec<Scope>, StoreError> {
        let given = self.scopes_given(moment)?;
        let mut offers = given
            .iter()
            .map(|scope| self.offer(moment, account, scope))
            .collect::<Result<Vec<Entry>, StoreError>>()?;
        offers.extend(acknowledged_only(account, &given));
        offers.truncate(SCOPES_MAX);
        let rest = offers.split_off(offers.len().min(ENTRIES_MAX));
        let more = !rest.is_empty();
        let hello = Hello { identity: moment.identity(), knows: account.log, offers, more };
        self.say(Message::Hello(hello), account);
        for (index, offers) in rest.chunks(ENTRIES_MAX).enumerate() {
            let more = (index + 1) * ENTRIES_MAX < rest.len();
            let scopes = Scopes { head: moment.head, answers: Vec::new(), offers: offers.to_vec(), more };
            self.say(Message::Scopes(scopes), account);
        }
        given.iter().for_each(|scope| self.begin_pass(moment, account, scope));
        Ok(given)
    }

    /// From what the other side has acknowledged; from the beginning where that is not known.
    fn begin_pass(&mut self, moment: &Moment<'_>, account: &Account, scope: &Scope) {
        let mark = account.mark(scope);
        let from = mark.acked.filter(|acked| acked.through <= moment.head).unwrap_or_default();
        let Some(state) = self.scopes.get_mut(scope) else { return };
        (state.sent, state.told, state.open) = (from, from, true);
        // Who may have lost what it wrote itself is given that too; only central may give it.
        state.echo_off = !(mark.lost && moment.own.central);
    }

    /// The next frame: of what was said already, or of the pass over a scope; nothing at its end.
    pub(crate) fn say_next(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        scope: Option<&Scope>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        loop {
            if !self.out.is_empty() {
                return Ok(Some(self.out.remove(0)));
            }
            let Some(scope) = scope else { return Ok(None) };
            match self.send_from_log(moment, account, scope, None)? {
                Turn::Sent => {}
                Turn::Done | Turn::NoRoom => return Ok(None),
            }
        }
    }

    /// Takes note of how the maker of a bundle stands with some scopes; `acknowledges` tells whether its cursors are about
    /// our log, and to be believed.
    pub(crate) fn hear_standing(
        &mut self,
        batch: &Batch<'_>,
        schema: &dyn Schema,
        account: &mut Account,
        offers: &[Entry],
        acknowledges: bool,
    ) -> Result<(), Fault> {
        for Entry { scope, received, .. } in offers {
            if !account.knows(scope) && account.marks_len() >= SCOPES_MAX {
                let detail = format!("more than {SCOPES_MAX} scopes");
                return Err(Violation::new(code::TOO_MANY_SCOPES, detail).into());
            }
            self.state(scope)?;
            let gives = self.central || schema.may_read(batch, self.device, scope)?;
            self.note_gives(account, scope, gives);
            let cursor = received.filter(|cursor| acknowledges && cursor.through <= batch.head_seq());
            if let Some(cursor) = cursor {
                let mut mark = account.mark(scope);
                mark.acked = Some(mark.acked.map_or(cursor, |known| known.join(cursor)));
                account.set_mark(scope, mark);
            }
        }
        Ok(())
    }

    /// When everything has been taken in: what the other side is known to hold of what is here. Whether that is all of it.
    pub(crate) fn conclude(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        offer: &Entry,
        their_head: u64,
        acknowledges: bool,
    ) -> Result<bool, StoreError> {
        let scope = &offer.scope;
        let equal = offer.state == Some(State(moment.snapshot.fingerprint(scope)?));
        let mut mark = account.mark(scope);
        if equal {
            let theirs = Cursor::at(their_head);
            mark.received = Some(mark.received.map_or(theirs, |known| known.join(theirs)));
            mark.difference = None;
            mark.lost = false;
        }
        if acknowledges && mark.gives {
            mark.acked = match equal {
                true => Some(Cursor::at(moment.head)),
                false => {
                    let acked = mark.acked.filter(|_| !mark.lost);
                    let further = acked.map(|acked| self.beyond_known(moment, scope, acked)).transpose()?;
                    further.or(mark.acked)
                }
            };
        }
        account.set_mark(scope, mark);
        Ok(equal)
    }

    /// How far nothing stands in our log that the other side lacks: what it sent itself is not to be sent to it.
    fn beyond_known(&self, moment: &Moment<'_>, scope: &Scope, acked: Cursor) -> Result<Cursor, StoreError> {
        let mut through = acked.through;
        loop {
            let rows = moment.snapshot.scope_log_after(scope, through, ROWS)?;
            for (seq, id) in &rows {
                let outgoing = moment.outgoing(*id, acked.floor, Some(self.device))?;
                if !self.is_level(*id, *seq) && !outgoing.is_empty() {
                    return Ok(Cursor { floor: acked.floor, through });
                }
                through = *seq;
            }
            if rows.len() < ROWS {
                return Ok(Cursor::at(moment.head));
            }
        }
    }
}

impl Own {
    /// Whether a claim about a log is about ours.
    pub(crate) fn is_known_by(&self, knows: Option<crate::frame::LogId>) -> bool {
        knows == Some(self.log)
    }
}

/// Scopes that are not given to the other side, of which it gave something: it is told how much is held.
fn acknowledged_only(account: &Account, given: &[Scope]) -> Vec<Entry> {
    let withheld = account.marks().filter(|(scope, mark)| mark.received.is_some() && !given.contains(scope));
    withheld.map(|(scope, mark)| Entry::new(scope.clone(), mark.received, None, false)).collect()
}
