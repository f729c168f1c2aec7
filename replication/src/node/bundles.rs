//! Bundles: what a node has for a peer that nobody connects it with, and what somebody brings of one.
//!
//! A bundle is taken in like a connection on which only the other side speaks: frame by frame, in the transactions in which
//! everything else is stored, so that a large one does not keep people waiting. It is answered for when all of it is durable.

use std::collections::VecDeque;

use crdt_store::{Batch, DeviceId, Schema, StoreError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Node, PEERS_MAX, Work, arm};
use crate::account::Account;
use crate::bundle::{BundleError, Export, Made};
use crate::code;
use crate::frame::{Delta, Entry, Frame, Hello, LogId, Message};
use crate::packing::{Arrived, ArrivedSeal};
use crate::peer::{ConnectionId, Peer};
use crate::session::{Fault, Moment, Own, Session, Violation, believable};
use crate::status::PeerError;
use crate::time::Now;

/// Bundles taken in at the same time: somebody has one stick in hand.
pub const BUNDLES_MAX: usize = 4;

/// What came of a bundle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Taken {
    /// Documents it brought, or parts of them.
    pub documents: u64,
    /// Of these, the ones that brought something new.
    pub news: u64,
    /// Changes that were refused, and are kept aside.
    pub refused: u64,
    /// Changes that wait for what they depend on.
    pub parked: u64,
    /// Documents left out, because what they continue is missing here: the next bundle from there, made after one from here
    /// was loaded, brings them.
    pub left_out: u64,
    /// Whether something before it is missing here, as after this device was restored: a bundle from here tells the other
    /// side, and its next one brings it.
    pub gap: bool,
    /// Whether it comes from an earlier life of the other side's database, or meets a connection to a later one: its documents
    /// were taken, and nothing else was believed.
    pub outdated: bool,
    /// Whether the other side held, when it made the bundle, all that is here now of what both share.
    pub nothing_to_return: bool,
}

/// A bundle that is being taken in.
pub(super) struct Intake {
    session: Session,
    /// What the maker said of itself, once it has.
    opened: Option<Opened>,
    offers: Vec<Entry>,
    taken: Taken,
    failed: Option<Violation>,
    ended: bool,
}

struct Opened {
    log: LogId,
    head: u64,
    /// Its cursors are about our log.
    knows_us: bool,
}

impl Opened {
    /// Whether the peer's log is the one that the account speaks of, so that positions in it mean something.
    fn is_current(&self, account: &Account) -> bool {
        account.log == Some(self.log)
    }
}

/// How the node stands, as far as taking in a bundle needs it.
pub(super) struct Ground<'a> {
    pub(super) own: Own,
    pub(super) schema: &'a dyn Schema,
    /// Whether a connection to the same peer is open.
    pub(super) talking: bool,
}

impl Intake {
    pub(super) fn device(&self) -> DeviceId {
        self.session.device
    }

    /// Takes in a frame, inside the node's transaction. After something that should not be, nothing more is taken.
    pub(super) fn take(
        &mut self,
        batch: &mut Batch<'_>,
        ground: &Ground<'_>,
        account: &mut Account,
        frame: Frame,
    ) -> Result<(), StoreError> {
        if self.failed.is_some() {
            return Ok(());
        }
        match self.hear(batch, ground, account, frame) {
            Ok(()) => Ok(()),
            Err(Fault::Violation(violation)) => {
                self.failed = Some(violation);
                Ok(())
            }
            Err(Fault::Store(error)) => Err(error),
        }
    }

    fn hear(
        &mut self,
        batch: &mut Batch<'_>,
        ground: &Ground<'_>,
        account: &mut Account,
        frame: Frame,
    ) -> Result<(), Fault> {
        let Frame { message, documents, seals, .. } = frame;
        match message {
            Message::Hello(hello) if self.opened.is_none() => self.open(batch, ground, account, hello),
            Message::Scopes(scopes) => self.hear_offers(batch, ground, account, scopes.offers),
            Message::Delta(delta) if self.opened.is_some() => {
                self.ingest(batch, account, delta, (documents, seals))
            }
            other => {
                let detail = format!("{} has no place here", other.kind());
                Err(Violation::new(code::OUT_OF_TURN, detail).into())
            }
        }
    }

    fn open(
        &mut self,
        batch: &mut Batch<'_>,
        ground: &Ground<'_>,
        account: &mut Account,
        hello: Hello,
    ) -> Result<(), Fault> {
        believable(&hello.identity)?;
        let identity = &hello.identity;
        let is_later = identity.incarnation > account.incarnation && !ground.talking;
        if account.log.is_none_or(|log| log == identity.log || is_later) {
            account.adopt(identity);
        }
        let knows_us = ground.own.is_known_by(hello.knows);
        let opened = Opened { log: identity.log, head: identity.head, knows_us };
        self.taken.outdated = !opened.is_current(account);
        self.opened = Some(opened);
        self.hear_offers(batch, ground, account, hello.offers)
    }

    fn hear_offers(
        &mut self,
        batch: &mut Batch<'_>,
        ground: &Ground<'_>,
        account: &mut Account,
        offers: Vec<Entry>,
    ) -> Result<(), Fault> {
        let acknowledges = self
            .opened
            .as_ref()
            .is_some_and(|opened| opened.knows_us && opened.is_current(account) && !ground.talking);
        self.session.hear_standing(batch, ground.schema, account, &offers, acknowledges)?;
        self.offers.extend(offers);
        Ok(())
    }

    fn ingest(
        &mut self,
        batch: &mut Batch<'_>,
        account: &mut Account,
        mut delta: Delta,
        documents: (Vec<Arrived>, Vec<ArrivedSeal>),
    ) -> Result<(), Fault> {
        // The peer may have been met in a later life since the bundle was opened.
        let is_current = self.opened.as_ref().is_some_and(|opened| opened.is_current(account));
        self.taken.outdated |= !is_current;
        delta.span = delta.span.filter(|_| is_current);
        let before = account.counters;
        self.session.ingest(batch, account, &delta, documents)?;
        let after = account.counters;
        let taken = &mut self.taken;
        taken.documents += after.documents_in - before.documents_in;
        taken.refused += after.refused_here - before.refused_here;
        taken.parked += after.parked - before.parked;
        taken.left_out += after.unbuilt - before.unbuilt;
        // Told by the outcome: over a connection it would be a fault, on a stick made before a restoration it is none.
        account.counters.unbuilt = before.unbuilt;
        taken.news = self.session.applied;
        let received = account.mark(&delta.scope).received.unwrap_or_default();
        let all_built = after.unbuilt == before.unbuilt;
        taken.gap |= all_built && delta.span.is_some_and(|span| received.through < span.through);
        Ok(())
    }

    /// What the other side is known to hold, when all has been taken in.
    fn conclude(
        &mut self,
        moment: &Moment<'_>,
        account: &mut Account,
        talking: bool,
    ) -> Result<(), StoreError> {
        let Some(opened) = self.opened.as_ref().filter(|opened| opened.is_current(account)) else {
            return Ok(());
        };
        let mut equal = true;
        for offer in self.offers.iter().filter(|offer| offer.state.is_some()) {
            equal &= self.session.conclude(moment, account, offer, opened.head, !talking)?;
        }
        self.taken.nothing_to_return = equal;
        Ok(())
    }
}

impl Node {
    /// Begins a bundle for a peer: all that it has not acknowledged, and how this node stands with all that both share.
    /// What was written here is sealed first.
    ///
    /// # Errors
    /// When the store cannot be read or written; after that the node must be made anew.
    pub fn export(&mut self, now: Now, peer: &Peer) -> Result<Export, StoreError> {
        let account = match self.accounts.get(&peer.device) {
            Some(account) => account.clone(),
            None => Account::new(peer),
        };
        if self.store.is_unsealed() {
            self.store.write(now.wall, |batch| batch.seal())?;
        }
        let snapshot = self.reader.snapshot()?;
        Ok(Export::new(now, self.own, self.config.schema.clone(), snapshot, peer, account))
    }

    /// A bundle was made. Nothing is taken for received by that.
    pub fn handle_exported(&mut self, now: Now, peer: &Peer, export: Export) {
        let Made { device, scopes, error } = export.made();
        if !self.accounts.contains_key(&device) && self.accounts.len() >= PEERS_MAX {
            return;
        }
        let account = self.accounts.entry(device).or_insert_with(|| Account::new(peer));
        account.bundle_made(now.wall, scopes);
        account.last_error = error.or(account.last_error.take());
        self.bundle_noted(now, device);
    }

    /// Somebody brought a bundle; its signature is verified, and who made it is a peer. It has a number of its own, as a
    /// connection has.
    ///
    /// # Errors
    /// When it is this node's own, or there are too many already.
    pub fn handle_bundle(&mut self, now: Now, conn: ConnectionId, peer: &Peer) -> Result<(), BundleError> {
        if peer.device == self.own.device {
            return Err(BundleError::new(code::BUNDLE_OWN, "this device made the file itself"));
        }
        if self.intakes.len() >= BUNDLES_MAX {
            return Err(BundleError::new(code::BUNDLE_BUSY, "other files are being loaded"));
        }
        if !self.accounts.contains_key(&peer.device) && self.accounts.len() >= PEERS_MAX {
            return Err(BundleError::new(code::TOO_MANY_PEERS, "no more peers are taken"));
        }
        self.accounts.entry(peer.device).or_insert_with(|| Account::new(peer)).recognise(peer);
        let session = Session::of_bundle(now, conn, peer);
        let intake = Intake {
            session,
            opened: None,
            offers: Vec::new(),
            taken: Taken::default(),
            failed: None,
            ended: false,
        };
        self.intakes.insert(conn, intake);
        Ok(())
    }

    /// A frame of a bundle.
    pub fn handle_bundle_frame(&mut self, conn: ConnectionId, frame: Frame) {
        if self.intakes.contains_key(&conn) {
            self.queue.push(Work::Bundle { conn, frame });
        }
    }

    /// That was all of a bundle: what came of it can be polled after the next flush.
    pub fn handle_bundle_end(&mut self, conn: ConnectionId) {
        if let Some(intake) = self.intakes.get_mut(&conn) {
            intake.ended = true;
        }
    }

    /// What came of a bundle, all of which is durable.
    pub fn poll_bundle(&mut self) -> Option<(ConnectionId, Result<Taken, BundleError>)> {
        self.bundles.pop_front()
    }

    /// Bundles that have come to their end in this flush.
    pub(super) fn conclude_bundles(&mut self, moment: &Moment<'_>) -> Result<(), StoreError> {
        let ended: Vec<(ConnectionId, Intake)> =
            self.intakes.extract_if(.., |_, intake| intake.ended).collect();
        for (conn, mut intake) in ended {
            let device = intake.device();
            let talking = self.by_device.contains_key(&device);
            let Some(account) = self.accounts.get_mut(&device) else { continue };
            intake.conclude(moment, account, talking)?;
            self.events.extend(intake.session.events.drain(..));
            let outcome = match intake.failed.take() {
                None => Ok(intake.taken),
                Some(Violation { code, detail }) => {
                    account.last_error = Some(PeerError::new(code, detail.clone(), moment.now.wall));
                    Err(BundleError::new(code, detail))
                }
            };
            if outcome.is_ok() {
                account.bundle_taken(moment.now.wall);
            }
            self.bundles.push_back((conn, outcome));
            self.bundle_noted(moment.now, device);
            // Others may hold back history for this peer no longer.
            arm(&mut self.timers.retain, moment.now.monotonic);
        }
        Ok(())
    }

    /// What is known of the peer has changed: it is counted anew, told, and written at once, because who carries bundles may
    /// stop the node right after.
    fn bundle_noted(&mut self, now: Now, device: DeviceId) {
        if let Some(account) = self.accounts.get_mut(&device) {
            account.unsent = None;
        }
        self.changed.insert(device);
        arm(&mut self.timers.recount, now.monotonic);
        arm(&mut self.timers.persist, now.monotonic);
    }
}

#[cfg(test)]
impl Node {
    /// Through which position the peer holds our log, scope by scope, as far as is known.
    pub(crate) fn acknowledged(&self, device: DeviceId) -> Vec<(crdt_store::Scope, u64)> {
        let marks = self.accounts.get(&device).into_iter().flat_map(Account::marks);
        marks.filter_map(|(scope, mark)| Some((scope.clone(), mark.acked?.through))).collect()
    }
}

/// Outcomes that wait to be polled.
pub(super) type Outcomes = VecDeque<(ConnectionId, Result<Taken, BundleError>)>;

/// When a bundle was last made for a peer and last taken in of it.
pub(super) type BundleTimes = [Option<Timestamp>; 2];
