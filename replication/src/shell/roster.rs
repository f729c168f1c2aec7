//! Who is let in: the registry, asked at each connection, and again for all of them after a commit.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crdt_store::DeviceId;
use tokio::sync::broadcast;

use super::carrier::Handle;
use super::close::{CloseCode, Ending};
use super::handle::{NodeHandle, lock};
use super::network::Network;
use crate::code;
use crate::peer::Peer;
use crate::registry::{PeerRole, RefusedPeer, Registry};
use crate::status::Event;

/// The registry is asked again about everybody at most this often.
const RECHECK_EVERY: Duration = Duration::from_secs(1);
/// The code of a registry that cannot be read: nobody new gets in, and nobody is put out.
pub(crate) const UNAVAILABLE: &str = "registry-unavailable";

/// Whom a node meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Company {
    /// Whoever the registry knows; what central does.
    Everybody,
    /// Other devices. Nobody met this way is central, whatever it says and whatever the registry says of it.
    Neighbours,
}

impl Company {
    /// A device as a peer, by the role that the registry says it has.
    fn admit(self, device: DeviceId, role: PeerRole) -> Result<Peer, RefusedPeer> {
        match (role, self) {
            (PeerRole::Device { name }, _) => Ok(Peer { device, central: false, name }),
            (PeerRole::Central, Self::Everybody) => Ok(Peer { device, central: true, name: None }),
            (PeerRole::Central, Self::Neighbours) => Err(RefusedPeer {
                code: code::CENTRAL_AS_NEIGHBOUR,
                detail: "central is dialled as central, and is no neighbour".to_owned(),
            }),
        }
    }
}

/// Who is let in, and who is in.
pub(crate) struct Roster {
    network: Arc<Network>,
    node: NodeHandle,
    registry: Registry,
    company: Company,
    places: usize,
    /// Connections that were let in, by number.
    live: Mutex<BTreeMap<u64, (DeviceId, Handle)>>,
    last: AtomicU64,
}

/// A connection's place, until it is dropped.
pub(crate) struct Stay {
    roster: Arc<Roster>,
    number: u64,
}

impl Drop for Stay {
    fn drop(&mut self) {
        lock(&self.roster.live).remove(&self.number);
    }
}

impl Roster {
    /// An empty one with so many places.
    pub(crate) fn new(
        network: Arc<Network>,
        node: NodeHandle,
        registry: Registry,
        company: Company,
        places: usize,
    ) -> Arc<Self> {
        let (live, last) = (Mutex::default(), AtomicU64::new(0));
        Arc::new(Self { network, node, registry, company, places, live, last })
    }

    /// Who a certified device is, if it is let in.
    pub(crate) async fn recognise(&self, device: DeviceId) -> Result<Peer, RefusedPeer> {
        let answered = self.ask([device].into()).await?;
        answered.into_iter().next().unwrap_or_else(|| Err(unavailable("no answer")))
    }

    /// Who certified devices are, in their order, and whether they are let in. Asked on a thread that may wait for the disk,
    /// of one moment for all; a registry that cannot answer lets nobody in.
    async fn ask(&self, devices: Vec<DeviceId>) -> Result<Vec<Result<Peer, RefusedPeer>>, RefusedPeer> {
        let (registry, reader, company) = (self.registry.clone(), self.node.reader(), self.company);
        tokio::task::spawn_blocking(move || {
            let snapshot = reader.snapshot().map_err(unavailable)?;
            let answer = |device| company.admit(device, registry(&snapshot, device)?);
            Ok(devices.into_iter().map(answer).collect())
        })
        .await
        .unwrap_or_else(|error| Err(unavailable(error)))
    }

    /// Gives a connection its place; nothing where all are taken by other devices.
    pub(crate) fn enter(self: &Arc<Self>, device: DeviceId, handle: Handle) -> Option<Stay> {
        let mut live = lock(&self.live);
        // A device that comes again replaces its older connection.
        if live.values().filter(|(other, _)| *other != device).count() >= self.places {
            return None;
        }
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        live.insert(number, (device, handle));
        Some(Stay { roster: self.clone(), number })
    }

    /// Takes note of somebody who is not let in.
    pub(crate) fn note_refusal(&self, whom: &str, refused: &RefusedPeer) {
        self.network.note(whom, &Ending::new(refused.code, refused.detail.clone()));
        self.network.count(|counters| &counters.refused);
    }

    /// After each commit, within a second, everybody who is connected is looked up again; until the node stops.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut events = self.node.subscribe();
        loop {
            tokio::select! {
                biased;
                () = self.network.stopping() => return,
                event = events.recv() => match event {
                    Ok(Event::Committed(_)) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Ok(_) => continue,
                    Err(broadcast::error::RecvError::Closed) => return,
                }
            }
            self.recheck().await;
            tokio::select! {
                biased;
                () = self.network.stopping() => return,
                () = tokio::time::sleep(RECHECK_EVERY) => {}
            }
        }
    }

    /// One walk for everybody: of a whole country, it takes a few milliseconds.
    async fn recheck(&self) {
        let (devices, handles): (Vec<_>, Vec<_>) = lock(&self.live).values().cloned().unzip();
        let Ok(answers) = self.ask(devices.clone()).await else { return };
        for ((device, handle), answer) in devices.into_iter().zip(handles).zip(answers) {
            match answer {
                Err(refused) if refused.code != UNAVAILABLE => {
                    self.note_refusal(&format!("device {device}"), &refused);
                    handle.close(CloseCode::Refused, refused.code);
                }
                _ => {}
            }
        }
    }
}

/// The registry cannot be read.
fn unavailable(error: impl std::fmt::Display) -> RefusedPeer {
    RefusedPeer { code: UNAVAILABLE, detail: error.to_string() }
}
