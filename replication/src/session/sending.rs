//! Sending what the other side lacks: passes over a scope's log, in frames of bounded size, within a window.
//!
//! A pass goes from where the peer is to the end of the log. Each document stands in the log once, at its latest change,
//! so one that was edited fifty times goes once. What the peer itself sent is left out.

use std::time::Duration;

use crdt_store::{Actor, DocumentId, Outgoing, Scope, StoreError, VerifiedSnapshot};

use super::{Fault, InFlight, Moment, Round, Session, Violation};
use crate::account::Account;
use crate::code;
use crate::codec::{CHANGES_MAX, DOCUMENTS_MAX};
use crate::frame::{Ack, Check, Cursor, Delta, Message, RefusedChange, Span};
use crate::packing::{Packing, pack};
use crate::session::greeting::EARLY_BYTES_MAX;
use crate::session::sealing::divide;
use crate::status::{Event, PeerError, RefusedEvent, TO_SEND_MAX};

/// Bytes of documents aimed at in one DELTA, before compression to a third or less: half the window, at least what
/// 2.4 kbit/s carry in a quarter of a minute, at most what compresses as well as more would.
const DELTA_BYTES_MIN: usize = 16 << 10;
const DELTA_BYTES_MAX: usize = 128 << 10;
/// Largest part of one document in one DELTA; a frame may have a megabyte, and not everything compresses.
const PART_BYTES_MAX: usize = 512 << 10;
/// Bytes on the wire that may be unacknowledged, at first: little enough for the slowest link that is promised to work.
pub(super) const WINDOW_BYTES_MIN: usize = 32 << 10;
/// The same, at most: what a fast link carries in the time of a commit on a slow disk.
pub(super) const WINDOW_BYTES_MAX: usize = 1 << 20;
/// An acknowledgement within this time, of half a window or more, doubles the window …
const ACK_SOON: Duration = Duration::from_secs(4);
/// … and one later than this halves it: well before the peer would be taken for stalled.
const ACK_LATE: Duration = Duration::from_secs(30);
/// DELTAs that may be unacknowledged: small ones would else fill the shell's channel long before the window.
const WINDOW_FRAMES: usize = 256;
/// Log rows read at a time.
const ROWS: usize = 512;
/// Rows looked through for one DELTA.
const ROWS_PER_TURN_MAX: usize = 8 * ROWS;
/// So many documents are sent without comparing first: they take about what 256 fingerprints do.
const LITTLE_DOCUMENTS_MAX: usize = 32;
/// Rows looked through to find out.
const LITTLE_ROWS_MAX: usize = 4_096;
/// What a document takes in a frame beside its history: its id, and beginnings of two hashes.
const DOCUMENT_OVERHEAD: usize = 32;
/// What is left out of a change on the wire, about: see `packing`.
const CHANGE_STRIPPED: usize = 56;
/// Changes of one document from which on its whole history may be shorter.
const WHOLE_FROM_CHANGES: usize = 8;

/// What a turn at one scope came to.
pub(super) enum Turn {
    Sent,
    /// The end of the log is reached.
    Done,
    /// The next document is too large for what is left.
    NoRoom,
}

/// Before the greeting is over: how much may have been sent after this DELTA, and what it aims at before compression.
#[derive(Clone, Copy)]
pub(super) struct Early {
    bytes_max: usize,
    target: usize,
}

/// Documents for one DELTA.
#[derive(Default)]
pub(super) struct Load {
    /// Whether they are whole, to repair a difference.
    repairs: bool,
    documents: Vec<(DocumentId, Outgoing)>,
    bytes: usize,
    changes: usize,
}

impl Load {
    pub(super) fn add(&mut self, id: DocumentId, outgoing: Outgoing) {
        self.bytes += size_of(&outgoing);
        self.changes += outgoing.changes.len();
        self.documents.push((id, outgoing));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// Keeps the first documents.
    fn cut(&mut self, documents: usize) {
        for (_, outgoing) in self.documents.drain(documents..) {
            self.bytes -= size_of(&outgoing);
            self.changes -= outgoing.changes.len();
        }
    }

    pub(super) fn has_room_for(&self, outgoing: &Outgoing, target: usize) -> bool {
        self.bytes + size_of(outgoing) <= target
            && self.documents.len() < DOCUMENTS_MAX
            && self.changes + outgoing.changes.len() <= CHANGES_MAX
    }
}

/// What one DELTA of a pass is to hold.
#[derive(Default)]
struct Gathered {
    load: Load,
    /// The row of the last document looked at.
    through: u64,
    /// Whether that is the end of the log.
    complete: bool,
    /// A document that does not fit, where it is the first.
    too_large: Option<(u64, DocumentId, Outgoing)>,
}

/// The seal of a document's latest change: whose, and where it ends.
type SealEnd = Option<(Actor, u64)>;

impl Gathered {
    /// Gives documents back whose seal covers `next` too, the document that does not fit any more: a seal tells the
    /// changes that travel with it by their places, and others by 32 bytes each. `ends` has the row before each document,
    /// and its seal.
    fn end_with_a_seal(&mut self, ends: &[(u64, SealEnd)], next: SealEnd) {
        let mut after = next;
        for (index, (_, seal)) in ends.iter().enumerate().rev() {
            if seal.is_none() || *seal != after {
                if let Some((row_before, _)) = ends.get(index + 1) {
                    self.load.cut(index + 1);
                    self.through = *row_before;
                }
                return;
            }
            after = *seal;
        }
    }
}

fn seal_of(
    moment: &Moment<'_>,
    scope: &Scope,
    id: DocumentId,
    outgoing: &Outgoing,
) -> Result<SealEnd, StoreError> {
    match outgoing.heads.first() {
        Some(head) => moment.snapshot.seal_end(scope, id, *head),
        None => Ok(None),
    }
}

fn size_of(outgoing: &Outgoing) -> usize {
    let changes: usize =
        outgoing.changes.iter().map(|change| change.len().saturating_sub(CHANGE_STRIPPED).max(8)).sum();
    DOCUMENT_OVERHEAD + outgoing.snapshot.as_ref().map_or(0, Vec::len) + changes
}

/// What a peer lacks of a document, or the document's whole history where that is shorter and the peer will take it.
fn shortest(moment: &Moment<'_>, id: DocumentId, outgoing: Outgoing) -> Result<Outgoing, StoreError> {
    if outgoing.changes.len() < WHOLE_FROM_CHANGES {
        return Ok(outgoing);
    }
    let Some(whole) = moment.snapshot.whole(id)? else { return Ok(outgoing) };
    let changes = [(id, outgoing)];
    // In one piece it must fit a frame; changes can be divided.
    let is_shorter = whole.bytes.len() < pack(&changes).len().min(PART_BYTES_MAX);
    let [(_, outgoing)] = changes;
    Ok(match is_shorter && moment.own.may_give_whole(&whole) {
        true => Outgoing { snapshot: Some(whole.bytes), changes: Vec::new(), heads: outgoing.heads },
        false => outgoing,
    })
}

impl Session {
    pub(super) fn window_is_full(&self) -> bool {
        self.in_flight_bytes >= self.window || self.in_flight.len() >= WINDOW_FRAMES
    }

    /// Whether all that the peer may lack of a scope is less than a comparison would cost.
    pub(super) fn is_little(&self, moment: &Moment<'_>, scope: &Scope) -> Result<bool, StoreError> {
        let except = self.scopes.get(scope).filter(|state| state.echo_off).map(|_| self.device);
        let rows = moment.snapshot.scope_log_after(scope, 0, LITTLE_ROWS_MAX)?;
        let mut documents = 0;
        for (_, id) in &rows {
            documents += usize::from(!moment.outgoing(*id, 0, except)?.is_empty());
            if documents > LITTLE_DOCUMENTS_MAX {
                return Ok(false);
            }
        }
        Ok(rows.len() < LITTLE_ROWS_MAX)
    }

    fn delta_bytes(&self) -> usize {
        (self.window / 2).clamp(DELTA_BYTES_MIN, DELTA_BYTES_MAX)
    }

    /// An acknowledgement took so long, with so much under way up to what it acknowledges. What was sent while the window
    /// was nearly empty says nothing of a link that would have to carry a full one.
    fn adapt_window(&mut self, took: Duration, under_way: usize) {
        if took < ACK_SOON && under_way >= self.window / 2 {
            self.window = (self.window * 2).min(WINDOW_BYTES_MAX);
        } else if took > ACK_LATE {
            self.window = (self.window / 2).max(WINDOW_BYTES_MIN);
        }
    }

    /// What fits behind HELLO, from where the peer was last time: it need not be asked for, and if the peer has it
    /// already, or was restored, storing it again does no harm.
    pub(super) fn send_early(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        scopes: &[Scope],
    ) -> Result<(), StoreError> {
        for scope in scopes {
            let Some(acked) = account.mark(scope).acked.filter(|acked| acked.through <= moment.head) else {
                continue;
            };
            if let Some(state) = self.scopes.get_mut(scope) {
                (state.sent, state.told) = (acked, acked);
                // How well documents compress is known afterwards: one DELTA, of the first size that fits.
                for packing in [6, 4, 3, 2, 1] {
                    let left = EARLY_BYTES_MAX.saturating_sub(self.early_bytes);
                    let early = Early { bytes_max: EARLY_BYTES_MAX, target: left * packing };
                    if let Turn::Sent | Turn::Done =
                        self.send_from_log(moment, account, scope, Some(early))?
                    {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Everything there is to send in scopes where something may have happened; the checks that are then due.
    pub(super) fn send_pending(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        budget: &mut usize,
    ) -> Result<Vec<Check>, StoreError> {
        self.send_urgent(moment, account, budget)?;
        let mut quiet = Vec::new();
        for scope in std::mem::take(&mut self.pending) {
            match self.send_scope(moment, account, &scope, budget)? {
                true => quiet.push(scope),
                false => {
                    self.pending.insert(scope);
                }
            }
        }
        self.look_for_urgent(moment)?;
        self.checks(moment, account, quiet)
    }

    /// Whether nothing is left to send in the scope.
    fn send_scope(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        scope: &Scope,
        budget: &mut usize,
    ) -> Result<bool, StoreError> {
        match self.scopes.get(scope) {
            Some(state) if state.open => {}
            _ => return Ok(true),
        }
        self.begin_round(moment, account, scope)?;
        loop {
            if self.window_is_full() || *budget == 0 {
                return Ok(false);
            }
            let before = self.in_flight_bytes;
            let turn = match self.send_repairs(moment, account, scope)? {
                Turn::Done => self.send_from_log(moment, account, scope, None)?,
                sent => sent,
            };
            *budget = budget.saturating_sub(self.in_flight_bytes.saturating_sub(before));
            match turn {
                Turn::Sent => {}
                Turn::Done => return Ok(true),
                Turn::NoRoom => return Ok(false),
            }
        }
    }

    /// One DELTA of the pass over the log.
    pub(super) fn send_from_log(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        scope: &Scope,
        early: Option<Early>,
    ) -> Result<Turn, StoreError> {
        let target = match early {
            Some(early) => early.target,
            None => self.delta_bytes(),
        };
        let Some(state) = self.scopes.get(scope) else { return Ok(Turn::Done) };
        let (sent, told) = (state.sent, state.told);
        let Gathered { load, through, complete, too_large } = self.gather(moment, scope, target)?;
        if let Some((seq, id, outgoing)) = too_large.filter(|_| early.is_none()) {
            let span = Span { floor: told.floor, after: told.through, through: seq, complete: false };
            self.send_in_parts(moment, account, scope, id, outgoing, Some(span))?;
            return Ok(Turn::Sent);
        }
        if let Some(state) = self.scopes.get_mut(scope).filter(|_| complete) {
            state.looked_through = false;
        }
        let cursor = match complete {
            true => Cursor::at(moment.head),
            false => Cursor { floor: sent.floor, through },
        };
        if load.documents.is_empty() {
            let moved = cursor != sent;
            if let Some(state) = self.scopes.get_mut(scope) {
                state.sent = cursor;
            }
            return Ok(match (complete, moved) {
                (true, _) => Turn::Done,
                (false, true) => Turn::Sent,
                (false, false) => Turn::NoRoom,
            });
        }
        let span = Span { floor: told.floor, after: told.through, through: cursor.through, complete };
        match self.send_delta(moment, account, scope, load, Some(span), early.map(|early| early.bytes_max))? {
            true => Ok(Turn::Sent),
            false => Ok(Turn::NoRoom),
        }
    }

    /// Documents for one DELTA of the pass over the log, so many as fit and are under the same seals.
    fn gather(&mut self, moment: &Moment<'_>, scope: &Scope, target: usize) -> Result<Gathered, StoreError> {
        let Some(state) = self.scopes.get(scope) else { return Ok(Gathered::default()) };
        let (sent, echo_off) = (state.sent, state.echo_off);
        let except = echo_off.then_some(self.device);
        let mut gathered = Gathered { through: sent.through, ..Gathered::default() };
        let mut ends = Vec::new();
        let mut rows_seen = 0;
        while rows_seen < ROWS_PER_TURN_MAX {
            let rows = moment.snapshot.scope_log_after(scope, gathered.through, ROWS)?;
            for (seq, id) in &rows {
                let outgoing = match self.is_level(*id, *seq) {
                    true => Outgoing::default(),
                    false => shortest(moment, *id, moment.outgoing(*id, sent.floor, except)?)?,
                };
                if !outgoing.is_empty() {
                    let seal = seal_of(moment, scope, *id, &outgoing)?;
                    if !gathered.load.has_room_for(&outgoing, target) {
                        match gathered.load.is_empty() {
                            true => gathered.too_large = Some((*seq, *id, outgoing)),
                            false => gathered.end_with_a_seal(&ends, seal),
                        }
                        return Ok(gathered);
                    }
                    ends.push((gathered.through, seal));
                    gathered.load.add(*id, outgoing);
                }
                self.level.remove(id);
                gathered.through = *seq;
            }
            rows_seen += rows.len();
            if rows.len() < ROWS {
                gathered.complete = true;
                break;
            }
        }
        Ok(gathered)
    }

    /// One DELTA of documents sent whole.
    fn send_repairs(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        scope: &Scope,
    ) -> Result<Turn, StoreError> {
        let mut load = Load { repairs: true, ..Load::default() };
        while let Some(id) = self.scopes.get(scope).and_then(|state| state.repairs.first().copied()) {
            let outgoing = shortest(moment, id, moment.outgoing(id, 0, None)?)?;
            let fits = load.has_room_for(&outgoing, self.delta_bytes());
            if !fits && !load.documents.is_empty() {
                break;
            }
            if let Some(state) = self.scopes.get_mut(scope) {
                state.repairs.remove(&id);
            }
            if !fits {
                self.send_in_parts(moment, account, scope, id, outgoing, None)?;
                return Ok(Turn::Sent);
            }
            load.add(id, outgoing);
        }
        if load.documents.is_empty() {
            return Ok(Turn::Done);
        }
        self.send_delta(moment, account, scope, load, None, None)?;
        Ok(Turn::Sent)
    }

    /// One document that is larger than a frame should be, in several; the last tells how far the log is covered.
    fn send_in_parts(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        scope: &Scope,
        id: DocumentId,
        outgoing: Outgoing,
        span: Option<Span>,
    ) -> Result<(), StoreError> {
        let mut parts = Vec::new();
        let mut part = Outgoing { snapshot: outgoing.snapshot, ..Outgoing::default() };
        for change in outgoing.changes {
            let full = size_of(&part) + change.len() > PART_BYTES_MAX || part.changes.len() >= CHANGES_MAX;
            if full && !part.is_empty() {
                parts.push(std::mem::take(&mut part));
            }
            part.changes.push(change);
        }
        parts.push(part);
        let last = parts.len() - 1;
        for (index, part) in parts.into_iter().enumerate() {
            let mut load = Load { repairs: span.is_none(), ..Load::default() };
            load.add(id, part);
            let span = span.clone().filter(|_| index == last);
            if !self.send_delta(moment, account, scope, load, span.clone(), None)? {
                let detail = format!("document {id} does not fit a frame");
                account.last_error = Some(PeerError::new(code::DOCUMENT_TOO_LARGE, detail, moment.now.wall));
                // Go on behind it: the fingerprints will tell that it is missing there.
                if let (Some(span), Some(state)) = (span, self.scopes.get_mut(scope)) {
                    state.sent.through = span.through;
                }
            }
        }
        Ok(())
    }

    /// Sends documents, with the seals that cover them; whether they fitted.
    pub(super) fn send_delta(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        scope: &Scope,
        load: Load,
        span: Option<Span>,
        early_max: Option<usize>,
    ) -> Result<bool, StoreError> {
        let left = match &span {
            Some(span) if span.complete => 0,
            // What is left is told by the answer to HELLO: possibly nothing.
            Some(_) if early_max.is_some() => 0,
            Some(span) => {
                moment.snapshot.scope_log_after(scope, span.through, TO_SEND_MAX as usize)?.len() as u64
            }
            None if load.repairs => self.scopes.get(scope).map_or(0, |state| state.repairs.len() as u64),
            None => {
                let from = self.scopes.get(scope).map_or(0, |state| state.sent.through);
                moment.snapshot.scope_log_after(scope, from, TO_SEND_MAX as usize)?.len() as u64
            }
        };
        let told = span.as_ref().map(|span| match span.complete {
            true => Cursor::at(span.through),
            false => Cursor { floor: span.floor, through: span.through },
        });
        let packing = self.packing(moment, &load)?;
        let (ahead, seals) = divide(self.seals_for(moment, scope, &packing, load.repairs)?);
        if early_max.is_some() && !ahead.is_empty() {
            return Ok(false);
        }
        for seals in ahead {
            let documents = Packing::of(&[]).finish(&seals);
            let delta =
                Delta { number: self.sent_number + 1, scope: scope.clone(), span: None, left, documents };
            self.note_told(&seals);
            self.put(moment, account, delta, 0, None, None);
        }
        let documents = match load.repairs {
            true => packing.finish_readably(&seals),
            false => packing.finish(&seals),
        };
        let number = self.sent_number + 1;
        let delta = Delta { number, scope: scope.clone(), span, left, documents };
        let sent = self.put(moment, account, delta, load.documents.len() as u64, told, early_max);
        if sent {
            self.note_told(&seals);
        }
        Ok(sent)
    }

    /// Packs documents. What lies within snapshots is listed only by those from whom peers need a proof for it.
    fn packing(&self, moment: &Moment<'_>, load: &Load) -> Result<Packing, StoreError> {
        let mut packing = Packing::of(&load.documents);
        let snapshots =
            load.documents.iter().filter_map(|(id, outgoing)| Some((*id, outgoing.snapshot.as_ref()?)));
        for (id, bytes) in snapshots.filter(|_| !moment.own.central) {
            // One that is beyond the limits is refused at the other end too, and told as too large.
            let Ok(snapshot) = VerifiedSnapshot::verify(bytes.clone()) else { break };
            packing.list_within(id, &snapshot);
        }
        Ok(packing)
    }

    /// Puts a DELTA into the line; whether it fitted.
    fn put(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        delta: Delta,
        documents: u64,
        told: Option<Cursor>,
        early_max: Option<usize>,
    ) -> bool {
        let (number, scope) = (delta.number, delta.scope.clone());
        let Some(frame) = crate::codec::encode(&Message::Delta(delta)) else { return false };
        let bytes = frame.len();
        if early_max.is_some_and(|max| self.early_bytes + bytes > max) {
            return false;
        }
        self.early_bytes += bytes;
        self.sent_number = number;
        self.out.push(frame);
        account.counters.bytes_out += bytes as u64;
        account.counters.frames_out += 1;
        account.counters.documents_out += documents;
        if self.in_flight.is_empty() {
            self.progress_at = moment.now.monotonic;
        }
        self.in_flight_bytes += bytes;
        let sent_at = moment.now.monotonic;
        let under_way = self.in_flight_bytes;
        self.in_flight.push_back(InFlight {
            number,
            scope: scope.clone(),
            told,
            bytes,
            documents,
            sent_at,
            under_way,
        });
        if let Some(state) = self.scopes.get_mut(&scope) {
            state.in_flight += 1;
            state.in_flight_documents += documents;
            state.stir();
            if let Some(told) = told {
                let floor = if told.floor == told.through { told.floor } else { state.sent.floor };
                state.sent = Cursor { floor, through: told.through };
                state.told = told;
            }
        }
        true
    }

    pub(super) fn hear_ack(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        ack: Ack,
    ) -> Result<(), Fault> {
        if ack.number > self.sent_number || ack.number < self.acked_number {
            let detail = format!("ACK {} of {}..{}", ack.number, self.acked_number, self.sent_number);
            return Err(Violation::new(code::ACK_OUT_OF_RANGE, detail).into());
        }
        self.acked_number = ack.number;
        self.progress_at = moment.now.monotonic;
        while let Some(sent) = self.in_flight.pop_front_if(|sent| sent.number <= ack.number) {
            self.in_flight_bytes -= sent.bytes;
            if sent.number == ack.number {
                self.adapt_window(moment.now.monotonic.since(sent.sent_at), sent.under_way);
            }
            if let Some(state) = self.scopes.get_mut(&sent.scope) {
                state.in_flight -= 1;
                state.in_flight_documents -= sent.documents;
            }
            if let Some(told) = sent.told {
                let mut mark = account.mark(&sent.scope);
                mark.acked = Some(told);
                account.set_mark(&sent.scope, mark);
            }
            self.pending.insert(sent.scope);
        }
        self.hear_refusals(moment, account, ack.refused_count, ack.refused);
        Ok(())
    }

    fn hear_refusals(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        count: u64,
        refused: Vec<RefusedChange>,
    ) {
        account.counters.refused_there += count;
        if let Some(first) = refused.first() {
            let detail = format!("{count} refused there; document {}: {}", first.document, first.code);
            account.last_error = Some(PeerError::new(code::CHANGE_REFUSED, detail, moment.now.wall));
        }
        for RefusedChange { document, hash, code } in refused {
            let device = self.device;
            self.events.push(Event::Refused(RefusedEvent { device, document, hash, code, here: false }));
        }
    }

    /// Documents with something the peer has not acknowledged, as last counted; nothing before the greeting is over.
    pub(crate) fn to_send(&self) -> Option<u64> {
        self.to_send
    }

    /// Counts them.
    pub(crate) fn count_to_send(&mut self, moment: &Moment<'_>) -> Result<(), StoreError> {
        if !self.is_live() {
            return Ok(());
        }
        let mut count = 0;
        for (scope, state) in self.scopes.iter().filter(|(_, state)| state.gives) {
            count += state.in_flight_documents + state.repairs.len() as u64;
            if self.pending.contains(scope) || !state.open {
                let rows =
                    moment.snapshot.scope_log_after(scope, state.sent.through, TO_SEND_MAX as usize)?;
                count += rows.len() as u64;
            }
        }
        self.to_send = Some(count.min(TO_SEND_MAX));
        Ok(())
    }

    /// Whether everything in the scope has been sent and acknowledged, as of this moment.
    pub(super) fn is_quiescent(&mut self, moment: &Moment<'_>, scope: &Scope) -> Result<bool, StoreError> {
        let Some(state) = self.scopes.get(scope).filter(|state| state.is_idle()) else { return Ok(false) };
        let except = state.echo_off.then_some(self.device);
        let rows = moment.snapshot.scope_log_after(scope, state.sent.through, ROWS)?;
        for (seq, id) in &rows {
            if !self.is_level(*id, *seq) && !moment.outgoing(*id, state.sent.floor, except)?.is_empty() {
                return Ok(false);
            }
        }
        if rows.len() == ROWS {
            return Ok(false);
        }
        for (_, id) in &rows {
            self.level.remove(id);
        }
        if let Some(state) = self.scopes.get_mut(scope) {
            state.sent = Cursor::at(moment.head);
        }
        Ok(true)
    }

    /// Whether the document, in the version at this position, is what the peer sent and nothing else.
    pub(super) fn is_level(&self, id: DocumentId, seq: u64) -> bool {
        self.level.get(&id) == Some(&seq)
    }

    /// Both logs are known to be covered up to these heads.
    pub(super) fn fast_forward(&mut self, account: &mut Account, scope: &Scope, ours: u64, theirs: u64) {
        if let Some(state) = self.scopes.get_mut(scope) {
            state.sent = Cursor::at(ours);
            state.told = Cursor::at(ours);
        }
        let mut mark = account.mark(scope);
        mark.acked = Some(Cursor::at(ours));
        mark.received = Some(Cursor::at(theirs));
        account.set_mark(scope, mark);
    }

    /// Both sides hold the same.
    pub(super) fn settle(&mut self, account: &mut Account, scope: &Scope, ours: u64, theirs: u64) {
        self.fast_forward(account, scope, ours, theirs);
        let mut mark = account.mark(scope);
        mark.difference = None;
        mark.lost = false;
        account.set_mark(scope, mark);
        self.proved = true;
        if let Some(state) = self.scopes.get_mut(scope) {
            state.judged = true;
            state.proven = true;
            state.differs = false;
            state.echo_off = true;
            state.checked = None;
            state.rounds = 0;
            state.rounds_served = 0;
            state.to_receive = 0;
            state.repairs.clear();
            state.round = Round::None;
        }
    }
}
