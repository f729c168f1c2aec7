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

    /// Who a certified device is, if it is let in. Asked on a thread that may wait for the disk; a registry that cannot
    /// answer lets nobody in.
    pub(crate) async fn recognise(&self, device: DeviceId) -> Result<Peer, RefusedPeer> {
        match (self.ask(device).await?, self.company) {
            (PeerRole::Device { name }, _) => Ok(Peer { device, central: false, name }),
            (PeerRole::Central, Company::Everybody) => Ok(Peer { device, central: true, name: None }),
            (PeerRole::Central, Company::Neighbours) => Err(RefusedPeer {
                code: code::CENTRAL_AS_NEIGHBOUR,
                detail: "central is dialled as central, and is no neighbour".to_owned(),
            }),
        }
    }

    async fn ask(&self, device: DeviceId) -> Result<PeerRole, RefusedPeer> {
        let failed = |detail: String| RefusedPeer { code: UNAVAILABLE, detail };
        let (registry, reader) = (self.registry.clone(), self.node.reader());
        tokio::task::spawn_blocking(move || {
            let snapshot = reader.snapshot().map_err(|error| failed(error.to_string()))?;
            registry(&snapshot, device)
        })
        .await
        .unwrap_or_else(|error| Err(failed(error.to_string())))
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

    async fn recheck(&self) {
        let connected: Vec<_> = lock(&self.live).values().cloned().collect();
        for (device, handle) in connected {
            match self.recognise(device).await {
                Err(refused) if refused.code != UNAVAILABLE => {
                    self.note_refusal(&format!("device {device}"), &refused);
                    handle.close(CloseCode::Refused, refused.code);
                }
                _ => {}
            }
        }
    }
}
