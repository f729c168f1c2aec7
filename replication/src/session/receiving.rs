//! Taking in what the other side sends, inside the node's transaction; and saying so after its commit.

use std::ops::Range;

use crdt_store::{Batch, IncomingDocument, Origin, Prepared, VerifiedSnapshot, ViewRead};

use super::{Fault, SCOPES_MAX, Session, Violation};
use crate::account::Account;
use crate::code;
use crate::codec::{REFUSALS_MAX, short};
use crate::frame::{Ack, Check, Cursor, Delta, Message, RefusedChange, Span};
use crate::packing::{Arrived, ArrivedSeal, Place, Places, Unbuilt};
use crate::status::{Event, RefusedEvent};

impl Session {
    /// Stores the documents of a DELTA. What is refused is kept aside by the store and listed in the ACK; the cursor
    /// moves on either way, as nothing is won by sending it again.
    pub(crate) fn ingest(
        &mut self,
        batch: &mut Batch<'_>,
        account: &mut Account,
        delta: &Delta,
        (documents, seals): (Vec<Arrived>, Vec<ArrivedSeal>),
    ) -> Result<(), Fault> {
        if !account.knows(&delta.scope) && account.marks_len() >= SCOPES_MAX {
            return Err(
                Violation::new(code::TOO_MANY_SCOPES, format!("more than {SCOPES_MAX} scopes")).into()
            );
        }
        let origin = Origin { device: self.device, incarnation: account.incarnation, central: self.central };
        account.counters.documents_in += documents.len() as u64;
        let gives = self.scopes.get(&delta.scope).is_some_and(|state| state.gives);
        let Built { documents, places, all: mut all_built } = build(batch, account, documents)?;
        let unread = self.keep_seals(batch, account, &delta.scope, &places, &seals)?;
        for (document, prepared, places) in documents {
            // What came with its author's seal is stored with it: without, it could not be passed on.
            let changes = Place::Change(places.start)..Place::Change(places.end);
            if unread.range(changes).next().is_some() {
                account.counters.unbuilt += 1;
                all_built = false;
                continue;
            }
            let id = document.id;
            let unknown = gives && batch.header(id)?.is_none();
            let ingested = match prepared {
                Some(prepared) => batch.ingest_prepared(&origin, &delta.scope, document, prepared)?,
                None => batch.ingest(&origin, &delta.scope, document)?,
            };
            if ingested.left_out > 0 {
                account.counters.unbuilt += 1;
                all_built = false;
            }
            let came_whole = ingested.parked == 0
                && ingested.released + ingested.left_out == 0
                && ingested.refused.is_empty();
            if unknown && ingested.applied > 0 && came_whole {
                self.level.insert(id, batch.head_seq());
            }
            self.applied += u64::from(ingested.applied > 0);
            account.counters.parked += ingested.parked as u64;
            for (hash, code) in ingested.refused {
                account.counters.refused_here += 1;
                self.refused_count += 1;
                if self.refused.len() < REFUSALS_MAX {
                    self.refused.push(RefusedChange { document: id, hash, code: short(code) });
                }
                let (device, code) = (self.device, code.to_owned());
                self.events.push(Event::Refused(RefusedEvent {
                    device,
                    document: id,
                    hash,
                    code,
                    here: true,
                }));
            }
        }
        // What could not be put together is found when both sides compare what they hold, and then comes whole.
        if let Some(span) = delta.span.as_ref().filter(|_| all_built) {
            let mut mark = account.mark(&delta.scope);
            mark.received = advanced(mark.received.unwrap_or_default(), span).or(mark.received);
            account.set_mark(&delta.scope, mark);
            account.save_mark(batch, &delta.scope)?;
        }
        if let Some(state) = self.scopes.get_mut(&delta.scope) {
            state.to_receive = delta.left;
            // The sender waits to hear whether both hold the same now, even if nothing of this was new.
            state.checked = None;
        }
        self.pending.insert(delta.scope.clone());
        self.stored_number = delta.number;
        self.ack_due = true;
        Ok(())
    }

    /// Says that what has come is stored, before anything that was said since `before`; then the checks that are due. Where
    /// nothing was said since, both are one frame.
    pub(super) fn say_ack_and_checks(
        &mut self,
        account: &mut Account,
        before: usize,
        mut checks: Vec<Check>,
    ) {
        if std::mem::take(&mut self.ack_due) {
            let alone = self.out.len() == before;
            let ack = Ack {
                number: self.stored_number,
                refused_count: std::mem::take(&mut self.refused_count),
                refused: std::mem::take(&mut self.refused),
                check: if alone { checks.pop() } else { None },
            };
            self.say(Message::Ack(ack), account);
            if !alone {
                self.out[before..].rotate_right(1);
            }
        }
        for check in checks {
            self.say(Message::Check(check), account);
        }
    }
}

/// The documents of a DELTA, put together.
struct Built {
    /// Each with what was prepared of it, and the places of its changes.
    documents: Vec<(IncomingDocument, Option<Prepared>, Range<usize>)>,
    /// Their changes, as seals refer to them.
    places: Places,
    /// Whether nothing is left out.
    all: bool,
}

/// Puts all documents together before any is stored: the seals that came with them refer to them, and must be here
/// first.
fn build(batch: &Batch<'_>, account: &mut Account, arrived: Vec<Arrived>) -> Result<Built, Fault> {
    let mut built =
        Built { documents: Vec::with_capacity(arrived.len()), places: Places::default(), all: true };
    for document in arrived {
        let (id, changes) = (document.id(), document.change_count());
        let within = document.snapshot().map(VerifiedSnapshot::history).unwrap_or_default();
        match document.build(|id, prefixes| batch.find_changes(id, prefixes))? {
            Ok((document, prepared)) => {
                let places = built.places.list(&document);
                built.documents.push((document, prepared, places));
            }
            Err(Unbuilt::Invalid(error)) => return Err(Violation::new(error.code, error.detail).into()),
            Err(Unbuilt::Incomplete) => {
                account.counters.unbuilt += 1;
                built.places.skip(id, &within, changes);
                built.all = false;
            }
        }
    }
    Ok(built)
}

/// What is held after a DELTA that covers `span`; nothing if something before it is missing here, which is so when the
/// sender thinks we are further than we are, or while a difference is being repaired.
fn advanced(held: Cursor, span: &Span) -> Option<Cursor> {
    if held.floor < span.floor || held.through < span.after {
        return None;
    }
    let through = held.through.max(span.through);
    let floor = if span.complete { held.floor.max(span.through) } else { held.floor };
    Some(Cursor { floor, through })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(floor: u64, after: u64, through: u64, complete: bool) -> Span {
        Span { floor, after, through, complete }
    }

    #[test]
    fn a_position_moves_only_over_what_connects() {
        let held = Cursor { floor: 5, through: 9 };
        assert_eq!(advanced(held, &span(5, 9, 12, false)), Some(Cursor { floor: 5, through: 12 }));
        assert_eq!(advanced(held, &span(5, 9, 12, true)), Some(Cursor { floor: 12, through: 12 }));
        assert_eq!(advanced(held, &span(3, 7, 8, false)), Some(held), "known already");
        assert_eq!(advanced(held, &span(5, 10, 12, true)), None, "rows 9 to 10 are missing");
        assert_eq!(advanced(held, &span(6, 9, 12, true)), None, "changes 5 to 6 are missing");
    }
}
