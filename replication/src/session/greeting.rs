//! Who are you, how far are you: BANNER, HELLO, WELCOME, and scopes that join later.
//!
//! An *offer* says how the speaker stands with a scope; the other side answers with the same of its own. Equal
//! fingerprints prove that both hold the same: cursors move to the heads, nothing is sent. Otherwise each side sends
//! from where the other says it is. A position is believed only if it belongs to our log and is not beyond its head;
//! without one, an empty side is sent everything, so is one for which there is little, and otherwise both compare by
//! buckets.

use crdt_store::{Scope, StoreError};

use super::{Fault, Given, Moment, Round, SCOPES_MAX, Session};
use crate::account::Account;
use crate::codec::{ENTRIES_MAX, cbor_len};
use crate::frame::{Banner, Cursor, Entry, Hello, Message, Scopes, State, Welcome};
use crate::peer::Side;

/// Most bytes that the dialling side sends before it has heard the greeting: measured on quinn, more of it makes a
/// handshake livelock when its last flight is lost (see `docs/PROTOCOL.md`).
pub(crate) const EARLY_BYTES_MAX: usize = 2_048;
/// Of these, at most so many for scopes in HELLO; what does not fit is offered after the greeting.
const HELLO_ENTRY_BYTES_MAX: usize = 1_200;

impl Session {
    /// Our first word, once; and on the dialling side, what fits behind it.
    pub(super) fn greet(&mut self, moment: &Moment<'_>, account: &mut Account) -> Result<(), StoreError> {
        if std::mem::replace(&mut self.greeted, true) {
            return Ok(());
        }
        match self.side {
            Side::Accepted => {
                self.say(Message::Banner(Banner { identity: moment.identity() }), account);
            }
            Side::Dialed => self.say_hello(moment, account)?,
        }
        Ok(())
    }

    fn say_hello(&mut self, moment: &Moment<'_>, account: &mut Account) -> Result<(), StoreError> {
        self.unoffered = self.scopes_given(moment)?.into();
        let (mut offers, mut bytes) = (Vec::new(), 0);
        while let Some(scope) = self.unoffered.pop_front() {
            let entry = self.offer(moment, account, &scope)?;
            bytes += cbor_len(&entry);
            if bytes > HELLO_ENTRY_BYTES_MAX {
                self.unoffered.push_front(scope);
                break;
            }
            offers.push(entry);
        }
        let more = !self.unoffered.is_empty();
        let early: Vec<Scope> = offers.iter().map(|entry| entry.scope.clone()).collect();
        let hello = Hello { identity: moment.identity(), knows: account.log, offers, more };
        self.early_bytes = self.say(Message::Hello(hello), account).unwrap_or_default();
        self.send_early(moment, account, &early)
    }

    pub(super) fn hear_hello(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        hello: Hello,
    ) -> Result<(), Fault> {
        self.greet(moment, account)?;
        let knows_us = hello.knows == Some(moment.own.log);
        let answers = self.answer(moment, account, hello.offers, knows_us)?;
        self.hears_offers = hello.more;
        let mut offers = Vec::new();
        if !hello.more {
            self.find_unoffered(moment)?;
            offers = self.next_offers(moment, account)?;
            self.offers_sent = self.unoffered.is_empty();
        }
        let more = !self.offers_sent;
        self.say(
            Message::Welcome(Welcome {
                identity: moment.identity(),
                knows: account.log,
                answers,
                offers,
                more,
            }),
            account,
        );
        Ok(())
    }

    pub(super) fn hear_welcome(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        welcome: Welcome,
    ) -> Result<(), Fault> {
        let knows_us = welcome.knows == Some(moment.own.log);
        for entry in welcome.answers {
            self.hear_answer(moment, account, entry, knows_us)?;
        }
        self.hears_offers = welcome.more;
        self.offers_sent = self.unoffered.is_empty();
        let answers = self.answer(moment, account, welcome.offers, knows_us)?;
        self.say_answers(moment, account, answers);
        Ok(())
    }

    pub(super) fn hear_scopes(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        scopes: Scopes,
    ) -> Result<(), Fault> {
        self.their_head = scopes.head;
        for entry in scopes.answers {
            self.hear_answer(moment, account, entry, true)?;
        }
        let answers = self.answer(moment, account, scopes.offers, true)?;
        if self.hears_offers && !scopes.more {
            self.hears_offers = false;
            if !self.offers_sent {
                self.find_unoffered(moment)?;
            }
        }
        self.say_answers(moment, account, answers);
        Ok(())
    }

    /// Offers that are due, in frames of bounded size. The side that was called makes its first ones only when it has
    /// heard all of the other's, so that they do not cross.
    pub(super) fn say_offers(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
    ) -> Result<(), StoreError> {
        if self.side == Side::Accepted && self.hears_offers {
            return Ok(());
        }
        while !(self.offers_sent && self.unoffered.is_empty()) {
            let offers = self.next_offers(moment, account)?;
            self.offers_sent |= self.unoffered.is_empty();
            let more = !self.offers_sent;
            self.say(
                Message::Scopes(Scopes { head: moment.head, answers: Vec::new(), offers, more }),
                account,
            );
        }
        Ok(())
    }

    /// Looks again at who may read what: scopes that are new, or newly entitled, are offered; scopes that are not
    /// any more are withdrawn.
    pub(crate) fn review(&mut self, moment: &Moment<'_>) -> Result<(), StoreError> {
        self.review_due = !(self.is_live() && self.offers_sent);
        if self.review_due {
            return Ok(());
        }
        for scope in moment.snapshot.scopes()? {
            let gives = self.may_give(moment, &scope)?;
            let gave = self.scopes.get(&scope).is_some_and(|state| state.gives);
            if gives != gave && !self.unoffered.contains(&scope) {
                self.unoffered.push_back(scope);
            }
        }
        Ok(())
    }

    /// Whether a scope that a commit touched is unknown in this conversation.
    pub(crate) fn lacks(&self, scope: &Scope) -> bool {
        !self.gone && !self.scopes.contains_key(scope)
    }

    fn may_give(&self, moment: &Moment<'_>, scope: &Scope) -> Result<bool, StoreError> {
        Ok(self.central || moment.schema.may_read(moment.snapshot, self.device, scope)?)
    }

    pub(super) fn scopes_given(&self, moment: &Moment<'_>) -> Result<Vec<Scope>, StoreError> {
        let mut given = Vec::new();
        for scope in moment.snapshot.scopes()? {
            if self.may_give(moment, &scope)? {
                given.push(scope);
            }
        }
        given.truncate(SCOPES_MAX);
        Ok(given)
    }

    fn find_unoffered(&mut self, moment: &Moment<'_>) -> Result<(), StoreError> {
        let given = self.scopes_given(moment)?;
        self.unoffered.extend(given.into_iter().filter(|scope| !self.scopes.contains_key(scope)));
        Ok(())
    }

    fn next_offers(&mut self, moment: &Moment<'_>, account: &mut Account) -> Result<Vec<Entry>, StoreError> {
        let count = self.unoffered.len().min(ENTRIES_MAX);
        let scopes: Vec<Scope> = self.unoffered.drain(..count).collect();
        scopes.iter().map(|scope| self.offer(moment, account, scope)).collect()
    }

    /// How we stand with a scope, as a question.
    pub(super) fn offer(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        scope: &Scope,
    ) -> Result<Entry, StoreError> {
        let gives = self.may_give(moment, scope)?;
        let fingerprint = moment.snapshot.fingerprint(scope)?;
        let received = self.note_gives(account, scope, gives);
        if let Some(state) = self.scopes.get_mut(scope) {
            state.offered = Some((fingerprint, moment.head));
        }
        Ok(Entry::new(scope.clone(), received, gives.then_some(fingerprint), false))
    }

    /// Takes note of an entitlement; what we hold of the peer's log. A node that holds more scopes than a
    /// conversation may have leaves the rest out.
    pub(super) fn note_gives(&mut self, account: &mut Account, scope: &Scope, gives: bool) -> Option<Cursor> {
        let state = self.state(scope).ok()?;
        state.gives = gives;
        state.open &= gives;
        if !gives {
            state.proven = false;
            state.round = Round::None;
            state.repairs.clear();
        }
        let mut mark = account.mark(scope);
        mark.gives = gives;
        account.set_mark(scope, mark);
        mark.received
    }

    /// Answers to offers.
    fn answer(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        offers: Vec<Entry>,
        knows_us: bool,
    ) -> Result<Vec<Entry>, Fault> {
        let mut answers = Vec::with_capacity(offers.len());
        for entry in offers {
            let scope = entry.scope.clone();
            self.state(&scope)?;
            let gives = self.may_give(moment, &scope)?;
            self.note_gives(account, &scope, gives);
            let equal = self.compare(moment, account, entry, knows_us, None)?;
            let fingerprint = moment.snapshot.fingerprint(&scope)?;
            let received = account.mark(&scope).received;
            answers.push(Entry::new(scope, received, gives.then_some(fingerprint), equal));
        }
        Ok(answers)
    }

    /// The answer to one of our offers.
    fn hear_answer(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        entry: Entry,
        knows_us: bool,
    ) -> Result<(), Fault> {
        // An answer to nothing is a frame of no effect.
        let Some(offered) = self.scopes.get_mut(&entry.scope).and_then(|state| state.offered.take()) else {
            return Ok(());
        };
        // Equal to what we had when we asked; since then we may have more, which is sent from there.
        let was_equal = entry.equal && entry.state == Some(State(offered.0));
        self.compare(moment, account, entry, knows_us, was_equal.then_some(offered.1)).map(drop)
    }

    /// Decides, from how the other side stands, what this side sends. Tells whether both are equal now.
    fn compare(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        entry: Entry,
        knows_us: bool,
        equal_at: Option<u64>,
    ) -> Result<bool, Fault> {
        let Entry { scope, received, state: theirs, .. } = entry;
        let ours = moment.snapshot.fingerprint(&scope)?;
        let (head, their_head) = (moment.head, self.their_head);
        self.pending.insert(scope.clone());
        let state = self.state(&scope)?;
        state.given = if theirs.is_some() { Given::Yes } else { Given::No };
        if theirs.is_none() {
            state.to_receive = 0;
        }
        state.checked = None;
        if !state.gives {
            state.open = false;
            return Ok(false);
        }
        state.open = true;
        if theirs == Some(State(ours)) {
            self.settle(account, &scope, head, their_head);
            return Ok(true);
        }
        if let Some(offered_head) = equal_at {
            self.fast_forward(account, &scope, offered_head, their_head);
            return Ok(false);
        }
        let they_are_empty = theirs.is_none_or(|State(fingerprint)| fingerprint.count == 0);
        let little = received.is_none() && !they_are_empty && self.is_little(moment, &scope)?;
        let state = self.state(&scope)?;
        let usable = received.filter(|cursor| knows_us && cursor.through <= head);
        let mut mark = account.mark(&scope);
        let from = match usable {
            _ if ours.count == 0 => Some(Cursor::at(head)),
            Some(cursor) => Some(cursor),
            None if they_are_empty || little => Some(Cursor::default()),
            None => None,
        };
        mark.acked = from;
        match from {
            // What was pushed with HELLO is on its way and begins where the answer was given: it need not go twice.
            Some(cursor) if state.in_flight > 0 && account.mark(&scope).acked == Some(cursor) => {}
            Some(cursor) => {
                (state.sent, state.told) = (cursor, cursor);
                self.told.forget(&scope);
            }
            None => {
                (state.sent, state.told) = (Cursor::at(head), Cursor::at(head));
                state.round = Round::Wanted;
                self.told.forget(&scope);
            }
        }
        account.set_mark(&scope, mark);
        Ok(false)
    }

    fn say_answers(&mut self, moment: &Moment<'_>, account: &mut Account, answers: Vec<Entry>) {
        if !answers.is_empty() {
            let more = !self.offers_sent;
            let scopes = Scopes { head: moment.head, answers, offers: Vec::new(), more };
            self.say(Message::Scopes(scopes), account);
        }
    }
}
