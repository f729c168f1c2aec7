//! What a node tells of its peers, and the counting behind it.

use crdt_store::{Scope, Snapshot, StoreError};

use super::Node;
use super::bundles::BundleTimes;
use crate::account::Account;
use crate::session::{Moment, Own, Session};
use crate::status::{Event, LinkState, PeerError, PeerStatus, TO_SEND_MAX};

/// The part of a peer's status whose change is worth an event.
pub(super) type Told = (LinkState, bool, Option<u64>, Option<u64>, u64, u64, Option<PeerError>, BundleTimes);

impl Node {
    /// Counts what the status tells and what costs a look at scopes: those that commits have touched.
    pub(super) fn recount(&mut self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let touched = std::mem::take(&mut self.touched);
        for scope in &touched {
            self.counts.insert(scope.clone(), snapshot.fingerprint(scope)?.count);
        }
        for (device, account) in &mut self.accounts {
            if self.by_device.contains_key(device) || account.log.is_none() {
                continue;
            }
            let known = account.unsent.take();
            let mut unsent = known.clone().unwrap_or_default();
            let all = self.counts.keys().filter(|_| known.is_none());
            for scope in all.chain(touched.iter().filter(|_| known.is_some())) {
                if let Some(count) = unsent_offline(&self.own, snapshot, account, scope)? {
                    unsent.insert(scope.clone(), count);
                }
            }
            if known.as_ref() != Some(&unsent) {
                self.changed.insert(*device);
            }
            account.unsent = Some(unsent);
        }
        Ok(())
    }

    /// Tells those who watch about peers whose status changed in a way that matters to people.
    pub(super) fn note_changes(&mut self, moment: &Moment<'_>) -> Result<(), StoreError> {
        for device in std::mem::take(&mut self.changed) {
            if let Some(session) = self.by_device.get(&device).and_then(|conn| self.sessions.get_mut(conn)) {
                session.count_to_send(moment)?;
            }
            let Some(account) = self.accounts.get(&device) else { continue };
            let PeerStatus {
                link,
                in_sync,
                to_send,
                to_receive,
                refused_here,
                refused_there,
                last_error,
                bundle_made,
                bundle_taken,
                ..
            } = self.peer_status(account);
            let bundles = [bundle_made, bundle_taken];
            let told = (link, in_sync, to_send, to_receive, refused_here, refused_there, last_error, bundles);
            if self.told.get(&device) != Some(&told) {
                self.told.insert(device, told);
                self.news += 1;
                self.events.push_back(Event::PeerChanged { device });
            }
        }
        Ok(())
    }

    pub(super) fn peer_status(&self, account: &Account) -> PeerStatus {
        let session = self.by_device.get(&account.device).and_then(|conn| self.sessions.get(conn));
        let (scopes, scopes_withheld, scopes_differing) = match session {
            Some(session) => session.scope_counts(),
            None => (0, 0, account.marks().filter(|(_, mark)| mark.difference.is_some()).count() as u64),
        };
        let counters = account.counters;
        PeerStatus {
            device: account.device,
            name: account.name.clone(),
            central: account.central,
            link: session.map_or(LinkState::Offline, Session::link),
            last_contact: account.last_contact,
            in_sync: session.is_some_and(Session::in_sync),
            settled: session.is_some_and(Session::is_settled),
            proven_at: account.proven_at,
            bundle_made: account.bundle_made,
            bundle_taken: account.bundle_taken,
            to_send: match session {
                Some(session) => session.to_send(),
                None => self.unsent(account),
            },
            to_receive: session.filter(|session| session.is_live()).map(Session::to_receive),
            scopes,
            scopes_withheld,
            scopes_differing,
            bytes_in: counters.bytes_in,
            bytes_out: counters.bytes_out,
            frames_in: counters.frames_in,
            frames_out: counters.frames_out,
            documents_in: counters.documents_in,
            documents_out: counters.documents_out,
            refused_here: counters.refused_here,
            refused_there: counters.refused_there,
            parked: counters.parked,
            unbuilt: counters.unbuilt,
            seals_in: counters.seals_in,
            seals_refused: counters.seals_refused,
            last_error: account.last_error.clone(),
        }
    }
}

impl Node {
    /// Documents with something that an absent peer has not acknowledged; nothing while it is not known. «None» is
    /// never said of work that is not counted yet.
    fn unsent(&self, account: &Account) -> Option<u64> {
        let counted = account.unsent.as_ref()?.values().sum::<u64>().min(TO_SEND_MAX);
        Some(counted).filter(|counted| *counted > 0 || self.touched.is_empty())
    }
}

/// Documents of a scope with something that an absent peer has not acknowledged; nothing if it does not receive the
/// scope. Changes that came from it are in the log too; they are told apart while there are few.
fn unsent_offline(
    own: &Own,
    snapshot: &Snapshot,
    account: &Account,
    scope: &Scope,
) -> Result<Option<u64>, StoreError> {
    const TOLD_APART_MAX: usize = 64;
    let mark = account.mark(scope);
    if !mark.gives && (!account.central || account.knows(scope)) {
        return Ok(None);
    }
    let acked = mark.acked.unwrap_or_default();
    let rows = snapshot.scope_log_after(scope, acked.through, TO_SEND_MAX as usize)?;
    if rows.len() > TOLD_APART_MAX {
        return Ok(Some(rows.len() as u64));
    }
    let mut count = 0;
    for (_, id) in rows {
        let outgoing = own.outgoing(snapshot, id, acked.floor, Some(account.device))?;
        count += u64::from(!outgoing.is_empty());
    }
    Ok(Some(count))
}
