//! Making the frames of a bundle from one moment of the store, on any thread: a node that is asked for one goes on working.

use std::collections::VecDeque;
use std::sync::Arc;

use crdt_store::{DeviceId, Schema, Scope, Snapshot, StoreError};

use super::Writer;
use crate::account::Account;
use crate::peer::{ConnectionId, Peer};
use crate::session::{Moment, Own, Session};
use crate::status::PeerError;
use crate::time::Now;

/// What a node has for a peer, frame by frame; [`Node::export`](crate::Node::export) begins it.
pub struct Export {
    own: Own,
    schema: Arc<dyn Schema>,
    snapshot: Snapshot,
    now: Now,
    session: Session,
    /// What was known of the peer at that moment; the node's own goes on.
    account: Account,
    /// Scopes that are not finished; nothing before the first frame.
    scopes: Option<VecDeque<Scope>>,
    given: Vec<Scope>,
}

/// What the node takes note of when a bundle was made.
pub(crate) struct Made {
    pub(crate) device: DeviceId,
    pub(crate) scopes: Vec<Scope>,
    /// Something that could not be put into it.
    pub(crate) error: Option<PeerError>,
}

impl Export {
    pub(crate) fn new(
        now: Now,
        own: Own,
        schema: Arc<dyn Schema>,
        snapshot: Snapshot,
        peer: &Peer,
        mut account: Account,
    ) -> Self {
        let session = Session::of_bundle(now, ConnectionId(0), peer);
        account.counters = Default::default();
        account.last_error = None;
        Self { own, schema, snapshot, now, session, account, scopes: None, given: Vec::new() }
    }

    /// The next frame, its length included; nothing when all has been said.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn next_frame(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let Self { own, schema, snapshot, now, session, account, scopes, given } = self;
        let moment = Moment { own: *own, snapshot, head: snapshot.head_seq()?, schema: &**schema, now: *now };
        let scopes = match scopes {
            Some(scopes) => scopes,
            None => {
                *given = session.say_standing(&moment, account)?;
                scopes.insert(given.iter().cloned().collect())
            }
        };
        loop {
            if let Some(frame) = session.say_next(&moment, account, scopes.front())? {
                return Ok(Some(frame));
            }
            if scopes.pop_front().is_none() {
                return Ok(None);
            }
        }
    }

    /// Puts as many frames into a bundle as fit; whether that was all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn write(&mut self, bundle: &mut Writer) -> Result<bool, StoreError> {
        while let Some(frame) = self.next_frame()? {
            if frame.len() > bundle.room() {
                return Ok(false);
            }
            bundle.put(&frame);
        }
        Ok(true)
    }

    /// How many documents, or parts of them, it has said.
    pub fn documents(&self) -> u64 {
        self.account.counters.documents_out
    }

    pub(crate) fn made(self) -> Made {
        Made { device: self.account.device, scopes: self.given, error: self.account.last_error }
    }
}
