//! What is remembered of a peer between connections, and counted while the node runs.
//!
//! ```text
//! node-local values, CBOR
//! peer        device           -> Record
//! peer-scope  device, scope    -> Mark
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use crdt_store::{
    Batch, DeviceId, Fingerprint, Incarnation, Scope, Snapshot, StoreError, Timestamp, encode_row,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::frame::{Cursor, Identity, LogId};
use crate::peer::Peer;
use crate::status::PeerError;

const RECORDS: &str = "peer";
const MARKS: &str = "peer-scope";

/// How far the two logs of a scope are known on the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Whether the peer was last entitled to receive the scope.
    #[serde(rename = "g")]
    pub(crate) gives: bool,
    /// How much of our log the peer holds durably. May lag behind the truth, never leads it.
    #[serde(rename = "a")]
    pub(crate) acked: Option<Cursor>,
    /// How much of the peer's log we hold durably. It stands in the database that holds the data, so that a restored
    /// database asks for what it lost.
    #[serde(rename = "r")]
    pub(crate) received: Option<Cursor>,
    /// By how much the two sides differ after all has been said, such as by a refused change.
    #[serde(rename = "d")]
    pub(crate) difference: Option<Difference>,
    /// Whether the peer may have lost what it wrote itself, because it was restored since both held the same.
    #[serde(rename = "l", default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) lost: bool,
}

/// Our fingerprint minus the peer's. Fingerprints are sums, so it stays the same while both sides add the same
/// documents: a difference that has been looked into is recognized after any amount of further work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Difference {
    count: u64,
    #[serde(with = "serde_bytes")]
    sum: [u8; 16],
}

impl Difference {
    pub(crate) fn between(ours: Fingerprint, theirs: Fingerprint) -> Self {
        Self {
            count: ours.count.wrapping_sub(theirs.count),
            sum: ours.sum.wrapping_sub(theirs.sum).to_be_bytes(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Record {
    name: Option<String>,
    central: bool,
    incarnation: Incarnation,
    /// The peer's log that the `received` cursors belong to.
    log: Option<LogId>,
    /// Our log that the `acked` cursors belong to.
    own_log: LogId,
    last_contact: Option<Timestamp>,
    proven_at: Option<Timestamp>,
    #[serde(default)]
    bundle_made: Option<Timestamp>,
    #[serde(default)]
    bundle_taken: Option<Timestamp>,
}

/// Counted since the node was started.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) frames_in: u64,
    pub(crate) frames_out: u64,
    pub(crate) documents_in: u64,
    pub(crate) documents_out: u64,
    pub(crate) refused_here: u64,
    pub(crate) refused_there: u64,
    pub(crate) parked: u64,
    pub(crate) unbuilt: u64,
    pub(crate) seals_in: u64,
    pub(crate) seals_refused: u64,
}

/// One peer.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) device: DeviceId,
    pub(crate) name: Option<String>,
    pub(crate) central: bool,
    /// The highest it has ever told; it never goes back.
    pub(crate) incarnation: Incarnation,
    pub(crate) log: Option<LogId>,
    pub(crate) last_contact: Option<Timestamp>,
    pub(crate) proven_at: Option<Timestamp>,
    /// When a bundle was last made for it, and when one of it was last taken in.
    pub(crate) bundle_made: Option<Timestamp>,
    pub(crate) bundle_taken: Option<Timestamp>,
    marks: BTreeMap<Scope, Mark>,
    dirty_marks: BTreeSet<Scope>,
    dirty_record: bool,
    pub(crate) counters: Counters,
    pub(crate) last_error: Option<PeerError>,
    /// While offline: documents with something the peer lacks, by scope; nothing while unknown.
    pub(crate) unsent: Option<BTreeMap<Scope, u64>>,
}

impl Account {
    pub(crate) fn new(peer: &Peer) -> Self {
        Self {
            device: peer.device,
            name: peer.name.clone(),
            central: peer.central,
            incarnation: 1,
            log: None,
            last_contact: None,
            proven_at: None,
            bundle_made: None,
            bundle_taken: None,
            marks: BTreeMap::new(),
            dirty_marks: BTreeSet::new(),
            dirty_record: false,
            counters: Counters::default(),
            last_error: None,
            unsent: None,
        }
    }

    /// What certificates say now counts.
    pub(crate) fn meet(&mut self, peer: &Peer, wall: Timestamp) {
        self.recognise(peer);
        self.contact(wall);
    }

    /// The same for a peer that is not there: somebody brought a bundle of it.
    pub(crate) fn recognise(&mut self, peer: &Peer) {
        self.central = peer.central;
        if peer.name.is_some() {
            self.name = peer.name.clone();
        }
    }

    /// A bundle was made for the peer, with these scopes in it.
    pub(crate) fn bundle_made(&mut self, wall: Timestamp, scopes: impl IntoIterator<Item = Scope>) {
        for scope in scopes {
            self.set_mark(&scope, Mark { gives: true, ..self.mark(&scope) });
        }
        self.bundle_made = Some(wall);
        self.dirty_record = true;
    }

    /// A bundle of the peer was taken in.
    pub(crate) fn bundle_taken(&mut self, wall: Timestamp) {
        self.bundle_taken = Some(wall);
        self.dirty_record = true;
    }

    /// When the peer was last heard of, by whatever way.
    pub(crate) fn last_heard_of(&self) -> Option<Timestamp> {
        self.last_contact.max(self.bundle_taken)
    }

    /// The peer gave a sign of life. Not worth a write by itself.
    pub(crate) fn contact(&mut self, wall: Timestamp) {
        self.last_contact = Some(wall);
    }

    /// The connection has ended: what is known now is kept.
    pub(crate) fn parted(&mut self) {
        self.dirty_record = true;
    }

    /// Whether the peer speaks of the same log as last time (or for the first time). If not, it was restored,
    /// copied or made anew: nothing it once acknowledged, and nothing we once received, says anything.
    pub(crate) fn adopt(&mut self, identity: &Identity) -> bool {
        let same = self.log.is_none_or(|log| log == identity.log);
        if !same {
            for (scope, mark) in &mut self.marks {
                *mark = Mark { gives: mark.gives, lost: true, ..Mark::default() };
                self.dirty_marks.insert(scope.clone());
            }
        }
        self.log = Some(identity.log);
        self.incarnation = self.incarnation.max(identity.incarnation);
        self.dirty_record = true;
        same
    }

    pub(crate) fn proven(&mut self, wall: Timestamp) {
        self.proven_at = Some(wall);
        self.dirty_record = true;
    }

    pub(crate) fn mark(&self, scope: &Scope) -> Mark {
        self.marks.get(scope).copied().unwrap_or_default()
    }

    pub(crate) fn marks(&self) -> impl Iterator<Item = (&Scope, &Mark)> {
        self.marks.iter()
    }

    pub(crate) fn marks_len(&self) -> usize {
        self.marks.len()
    }

    pub(crate) fn knows(&self, scope: &Scope) -> bool {
        self.marks.contains_key(scope)
    }

    pub(crate) fn set_mark(&mut self, scope: &Scope, mark: Mark) {
        if self.marks.get(scope) != Some(&mark) {
            self.marks.insert(scope.clone(), mark);
            self.dirty_marks.insert(scope.clone());
        }
    }

    pub(crate) fn is_dirty(&self) -> bool {
        self.dirty_record || !self.dirty_marks.is_empty()
    }

    /// Writes one scope's mark in the transaction that stores the data it speaks of.
    pub(crate) fn save_mark(&mut self, batch: &mut Batch<'_>, scope: &Scope) -> Result<(), StoreError> {
        if !self.dirty_marks.remove(scope) {
            return Ok(());
        }
        let key = [self.device.as_bytes(), scope.as_bytes()].concat();
        batch.set_local(MARKS, &key, Some(&encode_row(&self.mark(scope))))
    }

    /// Writes whatever has changed.
    pub(crate) fn save(&mut self, batch: &mut Batch<'_>, own_log: LogId) -> Result<(), StoreError> {
        while let Some(scope) = self.dirty_marks.first().cloned() {
            self.save_mark(batch, &scope)?;
        }
        if !std::mem::take(&mut self.dirty_record) {
            return Ok(());
        }
        let record = Record {
            name: self.name.clone(),
            central: self.central,
            incarnation: self.incarnation,
            log: self.log,
            own_log,
            last_contact: self.last_contact,
            proven_at: self.proven_at,
            bundle_made: self.bundle_made,
            bundle_taken: self.bundle_taken,
        };
        batch.set_local(RECORDS, self.device.as_bytes(), Some(&encode_row(&record)))
    }
}

/// Everybody ever met.
pub(crate) fn load_all(
    snapshot: &Snapshot,
    own_log: LogId,
) -> Result<BTreeMap<DeviceId, Account>, StoreError> {
    let mut accounts = BTreeMap::new();
    for (key, record) in values::<Record>(snapshot, RECORDS)? {
        let device =
            DeviceId::try_from(key.as_slice()).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let peer = Peer { device, central: record.central, name: record.name };
        let mut account = Account::new(&peer);
        account.incarnation = record.incarnation;
        account.log = record.log;
        account.last_contact = record.last_contact;
        account.proven_at = record.proven_at;
        account.bundle_made = record.bundle_made;
        account.bundle_taken = record.bundle_taken;
        // A log that began anew (this database was restored) makes what peers acknowledged meaningless.
        account.dirty_record = record.own_log != own_log;
        accounts.insert(device, account);
    }
    for (key, mut mark) in values::<Mark>(snapshot, MARKS)? {
        let parts = key
            .split_at_checked(16)
            .and_then(|(device, scope)| Some((DeviceId::try_from(device).ok()?, Scope::new(scope).ok()?)));
        let (device, scope) =
            parts.ok_or_else(|| StoreError::Corrupt("the key of a peer's mark".to_owned()))?;
        if let Some(account) = accounts.get_mut(&device) {
            if account.dirty_record {
                mark.acked = None;
                account.dirty_marks.insert(scope.clone());
            }
            account.marks.insert(scope, mark);
        }
    }
    Ok(accounts)
}

fn values<T: DeserializeOwned>(
    snapshot: &Snapshot,
    namespace: &'static str,
) -> Result<Vec<(Vec<u8>, T)>, StoreError> {
    let mut found = Vec::new();
    let mut failed = None;
    snapshot.scan_local(namespace, &[], &mut |key, value| match ciborium::from_reader(value) {
        Ok(value) => {
            found.push((key.to_vec(), value));
            ControlFlow::Continue(())
        }
        Err(error) => {
            failed = Some(StoreError::Corrupt(format!("what is known of a peer: {error}")));
            ControlFlow::Break(())
        }
    })?;
    failed.map_or(Ok(found), Err)
}
