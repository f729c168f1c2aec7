//! Proving that both sides hold the same, and finding what differs when they do not.
//!
//! # Why a CHECK can be believed
//!
//! A side is *quiescent* in a scope when everything it holds has been sent and acknowledged and no comparison is under
//! way. It says CHECK with its fingerprint only then, and a side compares a CHECK only if it is quiescent itself, with the
//! store as it is after everything that came before the CHECK. Let A say CHECK and B compare:
//!
//! * B holds everything that A held: A was quiescent, so B had acknowledged all of it.
//! * A held everything that B holds: B is quiescent, so A has acknowledged all of it; and as frames come in the order in
//!   which they were said, A said those ACKs before the CHECK, or B would not have all of them now.
//!
//! So if nothing was refused, put aside, left unbuilt, or lost, both fingerprints are of the same set, and different fingerprints are a
//! difference indeed, not a matter of frames under way. Equal fingerprints need no such argument: they prove equality by
//! themselves, whenever they are compared.
//!
//! A CHECK that finds the other side busy is not answered. That side becomes quiescent in its turn, and says CHECK
//! itself; whoever becomes quiescent last finds the other quiescent, or busy with something new. Hence a scope that comes
//! to rest is always proven equal or found different.
//!
//! # What happens on a difference
//!
//! A *round*: fingerprints of 256 buckets (BUCKETS), the documents of those that differ (LIST), the ids wanted whole
//! (WANT); both sides send whole documents to each other, and CHECK again. After [`ROUNDS_MAX`] rounds without success
//! (a change was refused, or waits for something nobody has) the difference is noted, cursors go on, and the status
//! says that the sides differ.

use std::collections::{BTreeMap, VecDeque};

use crdt_store::{BUCKETS, DocumentId, Fingerprint, Scope, StoreError, ViewRead};
use serde_bytes::ByteBuf;

use super::{Fault, Moment, Round, ScopeState, Session, Violation};
use crate::account::{Account, Difference};
use crate::code;
use crate::codec::{ENTRIES_MAX, LIST_ITEM_BYTES, LIST_ITEMS_MAX};
use crate::frame::{
    Buckets, Check, Checked, Cursor, List, Message, ScopeState as Held, State, Verdict, Want,
};
use crate::peer::Side;
use crate::status::PeerError;

/// Documents aimed at in one LIST; in tests few, so that several lists are needed.
const LIST_ITEMS_TARGET: usize = if cfg!(test) { 100 } else { LIST_ITEMS_MAX };
/// Rounds that one side begins in a scope before it takes a difference as given: the first finds everything, a second
/// what changed meanwhile.
const ROUNDS_MAX: u32 = 2;
/// Rounds begun by the peer in one scope and connection that are served without a success between; each costs a walk
/// over the scope.
const ROUNDS_SERVED_MAX: u32 = 16;

impl Session {
    /// What is to be checked: scopes in which nothing is left to do and nothing is proven.
    pub(super) fn checks(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        scopes: Vec<Scope>,
    ) -> Result<Vec<Check>, StoreError> {
        let mut states = Vec::new();
        for scope in scopes {
            if !self.is_quiescent(moment, &scope)? {
                continue;
            }
            self.note_all_acked(moment, account, &scope);
            let Some(state) = self.scopes.get_mut(&scope) else { continue };
            if !state.is_shared() || state.judged || state.checked.is_some() {
                continue;
            }
            let fingerprint = moment.snapshot.fingerprint(&scope)?;
            state.checked = Some((fingerprint, moment.head));
            states.push(Held { scope, state: State(fingerprint) });
        }
        let check = |states: &[Held]| Check { head: moment.head, states: states.to_vec() };
        Ok(states.chunks(ENTRIES_MAX).map(check).collect())
    }

    /// The peer holds our whole log of a scope.
    fn note_all_acked(&mut self, moment: &Moment<'_>, account: &mut Account, scope: &Scope) {
        let mut mark = account.mark(scope);
        // While a difference is being repaired the cursor says nothing.
        if mark.acked.is_some() {
            mark.acked = Some(Cursor::at(moment.head));
            account.set_mark(scope, mark);
        }
    }

    pub(super) fn hear_check(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        check: Check,
    ) -> Result<(), Fault> {
        let mut verdicts = Vec::new();
        for Held { scope, state: theirs } in check.states {
            if let Some(state) = self.scopes.get_mut(&scope) {
                state.to_receive = 0;
            }
            if !self.scopes.get(&scope).is_some_and(ScopeState::is_shared)
                || !self.is_quiescent(moment, &scope)?
            {
                continue;
            }
            let held = moment.snapshot.fingerprint(&scope)?;
            if held == theirs.0 {
                self.settle(account, &scope, moment.head, check.head);
            } else if !self.accept_difference(account, &scope, held, theirs.0, moment.head, check.head) {
                self.pending.insert(scope);
                continue;
            }
            verdicts.push(Verdict { scope, checked: theirs, held: State(held) });
        }
        if !verdicts.is_empty() {
            self.say(Message::Checked(Checked { yours: check.head, mine: moment.head, verdicts }), account);
        }
        Ok(())
    }

    /// Whether a difference is to be lived with: because it is the one that was looked into before, or because
    /// looking into it has not helped. Otherwise a round is due.
    fn accept_difference(
        &mut self,
        account: &mut Account,
        scope: &Scope,
        ours: Fingerprint,
        theirs: Fingerprint,
        head: u64,
        their_head: u64,
    ) -> bool {
        let difference = Difference::between(ours, theirs);
        let known = account.mark(scope).difference == Some(difference);
        let Some(state) = self.scopes.get_mut(scope) else { return true };
        if !known && state.rounds < ROUNDS_MAX {
            state.rounds += 1;
            state.round = Round::Wanted;
            return false;
        }
        self.note_difference(account, scope, difference, head, their_head);
        true
    }

    fn note_difference(
        &mut self,
        account: &mut Account,
        scope: &Scope,
        difference: Difference,
        head: u64,
        their_head: u64,
    ) {
        self.fast_forward(account, scope, head, their_head);
        let mut mark = account.mark(scope);
        mark.difference = Some(difference);
        account.set_mark(scope, mark);
        if let Some(state) = self.scopes.get_mut(scope) {
            state.differs = true;
            state.judged = true;
            state.proven = false;
            state.checked = None;
            state.to_receive = 0;
            state.echo_off = true;
        }
    }

    pub(super) fn hear_checked(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        checked: Checked,
    ) -> Result<(), Fault> {
        for Verdict { scope, checked: said, held } in checked.verdicts {
            let Some(state) = self.scopes.get_mut(&scope) else { continue };
            // A verdict on something older says nothing about now.
            if state.checked != Some((said.0, checked.yours)) {
                continue;
            }
            if said == held {
                self.settle(account, &scope, checked.yours, checked.mine);
                continue;
            }
            let difference = Difference::between(said.0, held.0);
            self.note_difference(account, &scope, difference, checked.yours, checked.mine);
            let detail =
                format!("{} documents here, {} there, or in different versions", said.0.count, held.0.count);
            account.last_error = Some(PeerError::new(code::DIFFERENT, detail, moment.now.wall));
        }
        Ok(())
    }

    /// Begins a round where one is due.
    pub(super) fn begin_round(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        scope: &Scope,
    ) -> Result<(), StoreError> {
        let Some(state) = self.scopes.get_mut(scope).filter(|state| state.round == Round::Wanted) else {
            return Ok(());
        };
        state.round = Round::Asked;
        state.round_number += 1;
        state.checked = None;
        let round = state.round_number;
        let states = moment.snapshot.buckets(scope)?.into_iter().map(State).collect();
        self.say(Message::Buckets(Buckets { scope: scope.clone(), round, states }), account);
        Ok(())
    }

    /// Answers with the documents of the buckets that differ, a group at a time.
    pub(super) fn hear_buckets(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        asked: Buckets,
    ) -> Result<(), Fault> {
        let Some(state) = self.scopes.get_mut(&asked.scope).filter(|state| state.is_shared()) else {
            return Ok(());
        };
        // Both began at once: the side that dialled asks, the other answers.
        if state.round == Round::Asked && self.side == Side::Dialed {
            return Ok(());
        }
        state.rounds_served += 1;
        if state.rounds_served > ROUNDS_SERVED_MAX {
            let detail = format!("more than {ROUNDS_SERVED_MAX} comparisons of one scope");
            return Err(Violation::new(code::TOO_MANY_ROUNDS, detail).into());
        }
        let ours = moment.snapshot.buckets(&asked.scope)?;
        let groups = groups_of_differing(&ours, &asked.states);
        state.checked = None;
        state.round = Round::Listing { round: asked.round, groups };
        self.say_list(moment, account, &asked.scope)?;
        Ok(())
    }

    fn say_list(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        scope: &Scope,
    ) -> Result<(), StoreError> {
        let Some(ScopeState { round: Round::Listing { round, groups }, .. }) = self.scopes.get_mut(scope)
        else {
            return Ok(());
        };
        let buckets = groups.pop_front().unwrap_or_default();
        let (round, more) = (*round, !groups.is_empty());
        let mut items = Vec::new();
        for (id, state) in moment.snapshot.bucket_documents(scope, &|bucket| buckets.contains(&bucket))? {
            items.extend_from_slice(id.as_bytes());
            items.extend_from_slice(&state.to_be_bytes());
        }
        let list = List {
            scope: scope.clone(),
            round,
            buckets: ByteBuf::from(buckets),
            items: ByteBuf::from(items),
            more,
        };
        self.say(Message::List(list), account);
        Ok(())
    }

    pub(super) fn hear_list(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        list: List,
    ) -> Result<(), Fault> {
        let Some(state) = self.scopes.get_mut(&list.scope) else { return Ok(()) };
        if state.round != Round::Asked || state.round_number != list.round {
            return Ok(());
        }
        let ours = moment.snapshot.bucket_documents(&list.scope, &|bucket| list.buckets.contains(&bucket))?;
        let mut ours: BTreeMap<DocumentId, u64> = ours.into_iter().collect();
        let mut ids = Vec::new();
        for item in list.items.chunks_exact(LIST_ITEM_BYTES) {
            let (id, theirs) = split_item(item);
            match ours.remove(&id) {
                Some(same) if same == theirs => {}
                found => {
                    ids.push(id);
                    state.repairs.extend(found.map(|_| id));
                }
            }
        }
        state.repairs.extend(ours.into_keys());
        if !list.more {
            state.round = Round::None;
        }
        state.to_receive = ids.len() as u64;
        self.pending.insert(list.scope.clone());
        // A single bucket beyond the limit is wanted in part, and the rest in the next round.
        ids.truncate(LIST_ITEMS_MAX);
        self.say(Message::Want(Want { scope: list.scope, round: list.round, ids }), account);
        Ok(())
    }

    pub(super) fn hear_want(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        want: Want,
    ) -> Result<(), Fault> {
        let Some(state) = self.scopes.get_mut(&want.scope).filter(|state| state.is_shared()) else {
            return Ok(());
        };
        let Round::Listing { round, groups } = &state.round else { return Ok(()) };
        if *round != want.round {
            return Ok(());
        }
        let finished = groups.is_empty();
        for id in want.ids {
            // Only what belongs to the scope: the peer may not be entitled to anything else.
            if moment.snapshot.header(id)?.is_some_and(|header| header.scope == want.scope) {
                state.repairs.insert(id);
            }
        }
        self.pending.insert(want.scope.clone());
        match finished {
            true => state.round = Round::None,
            false => self.say_list(moment, account, &want.scope)?,
        }
        Ok(())
    }
}

/// The buckets that differ, in groups of bounded numbers of documents.
fn groups_of_differing(ours: &[Fingerprint], theirs: &[State]) -> VecDeque<Vec<u8>> {
    let mut groups: VecDeque<Vec<u8>> = VecDeque::new();
    let mut documents = 0;
    for bucket in 0..BUCKETS.min(ours.len()).min(theirs.len()) {
        if ours[bucket] == theirs[bucket].0 {
            continue;
        }
        let count = ours[bucket].count as usize;
        documents += count;
        if groups.is_empty() || documents > LIST_ITEMS_TARGET {
            groups.push_back(Vec::new());
            documents = count;
        }
        if let Some(group) = groups.back_mut() {
            group.push(bucket as u8);
        }
    }
    groups
}

fn split_item(item: &[u8]) -> (DocumentId, u64) {
    let (mut id, mut state) = ([0; 16], [0; 8]);
    id.copy_from_slice(&item[..16]);
    state.copy_from_slice(&item[16..]);
    (DocumentId::from_bytes(id), u64::from_be_bytes(state))
}
