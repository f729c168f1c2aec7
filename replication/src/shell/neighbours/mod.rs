//! Meeting other devices without central: those that the local network tells of, and those that a person named.
//!
//! ```text
//!   lan (mDNS) ── sightings ──▶ Book ──▶ registry: let in? ──▶ a line for each (dial), the lower device id first
//!   names given by hand ───────────────────────────────────▶ a line for each
//! ```
//!
//! What is found is never believed: the device behind an address proves itself by its certificate, and whether it is let
//! in is asked of the registry like of everybody who comes by themselves.

mod book;
mod lan;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crdt_store::DeviceId;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use book::{Announcement, Book, Noted, Sighting};
use lan::LanEvent;

use super::address::CentralAddress;
use super::dial::{self, Callee};
use super::handle::NodeHandle;
use super::network::{DialState, DialStatus, Network, Place};
use super::roster::{Roster, UNAVAILABLE};
use crate::code;
use crate::enrolment::SystemId;
use crate::registry::Registry;
use crate::status::{Event, PeerError};

/// Neighbours found on the local network that are dialled at once: each costs a connection with its keep-alives and a
/// look at every commit. More devices than this in one place reach each other through central, and through each other's
/// dialling.
const DIALED_MAX: usize = 16;
/// Neighbours connected at once, whoever dialled.
pub(super) const CONNECTED_MAX: usize = 32;
/// Connections taken at once, those that have proven nothing yet among them: so that strangers on the local network
/// cannot take all places by saying nothing.
pub(super) const TAKEN_MAX: usize = 64;
/// Sightings that wait; beyond them the local network is listened to more slowly.
const SIGHTINGS_QUEUED: usize = 64;
/// The registry is asked again about whoever was found so long after a commit, and no oftener.
const REVIEW_AFTER: Duration = Duration::from_secs(1);

/// How a node meets other devices without central.
pub struct NeighbourOptions {
    /// Who may be met. Nobody who is met this way is central.
    pub registry: Registry,
    /// The system of the device, which tells it from others on the same network.
    pub system: SystemId,
    /// Neighbours that a person named, where the local network does not tell of them.
    pub named: Vec<CentralAddress>,
    /// Whether the local network is searched, and this device announced there.
    pub lan: Option<Lan>,
}

/// How the local network is searched. Only the interfaces that the node's socket is bound to are used: one that is bound
/// to the loopback address neither says nor hears anything outside this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lan {
    /// The UDP port of multicast DNS; another than 5353 only to be alone.
    pub port: u16,
}

impl Default for Lan {
    fn default() -> Self {
        Self { port: mdns_sd::MDNS_PORT }
    }
}

/// Whether the local network is searched.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize)]
pub struct LanStatus {
    /// What is being done.
    pub state: LanState,
    /// Why it does not work, if it does not.
    pub last_error: Option<PeerError>,
}

/// What is done on the local network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LanState {
    /// Nothing is announced and nothing is asked, because nobody wants it.
    #[default]
    Off,
    /// This device is announced, and others are looked for.
    Searching,
    /// It would be searched, and cannot be at this moment.
    Waiting,
}

/// How a neighbour was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoundBy {
    /// A person named its address.
    Hand,
    /// The local network told of it.
    Lan,
}

/// A neighbour that is dialled, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NeighbourStatus {
    /// How it was found.
    pub found_by: FoundBy,
    /// Where, and what is being done.
    #[serde(flatten)]
    pub dial: DialStatus,
}

/// A neighbour in the status: those named by hand first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NeighbourKey {
    Named(usize),
    Found(DeviceId),
}

/// Meets neighbours until the node stops.
pub(super) async fn run(
    network: Arc<Network>,
    node: NodeHandle,
    roster: Arc<Roster>,
    options: NeighbourOptions,
) {
    let NeighbourOptions { system, named, lan, .. } = options;
    let (tell, mut told) = mpsc::channel(SIGHTINGS_QUEUED);
    let mut searching = JoinSet::new();
    if let (Some(lan), Some(address)) = (lan, network.address()) {
        let own = Announcement { system, device: network.device(), address };
        searching.spawn(lan::run(network.clone(), lan, own, tell.clone()));
    }
    let mut events = node.subscribe();
    let mut group = Group::new(network.clone(), node, roster);
    named.into_iter().enumerate().for_each(|(index, address)| group.dial_named(index, address));
    let mut review_at: Option<Instant> = None;
    loop {
        tokio::select! {
            biased;
            () = network.stopping() => break,
            Some(ended) = group.lines.join_next() => group.line_ended(ended.ok().flatten()),
            event = events.recv() => match event {
                Ok(Event::Committed(_)) | Err(broadcast::error::RecvError::Lagged(_)) => {
                    review_at = review_at.or(Some(Instant::now() + REVIEW_AFTER));
                }
                Ok(_) => {}
                Err(broadcast::error::RecvError::Closed) => break,
            },
            () = due(review_at) => {
                review_at = None;
                group.review().await;
            }
            Some(event) = told.recv() => group.hear(event).await,
        }
    }
    drop(told);
    while group.lines.join_next().await.is_some() {}
    while searching.join_next().await.is_some() {}
}

/// Waits until a moment, or for ever.
async fn due(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Everybody who is near, and a line for each who is dialled.
struct Group {
    network: Arc<Network>,
    node: NodeHandle,
    roster: Arc<Roster>,
    book: Book,
    /// Where each dialled device is said to be at this moment; nowhere ends its line.
    wheres: BTreeMap<DeviceId, watch::Sender<Vec<SocketAddr>>>,
    /// Each ends with the device it was for, unless that was named by hand.
    lines: JoinSet<Option<DeviceId>>,
}

impl Group {
    fn new(network: Arc<Network>, node: NodeHandle, roster: Arc<Roster>) -> Self {
        let (book, wheres, lines) = (Book::default(), BTreeMap::new(), JoinSet::new());
        Self { network, node, roster, book, wheres, lines }
    }

    fn dial_named(&mut self, index: usize, address: CentralAddress) {
        let place = NeighbourKey::Named(index);
        let dial = DialStatus::begun(address.to_string());
        self.network.put_neighbour(place, NeighbourStatus { found_by: FoundBy::Hand, dial });
        let callee = Callee::Named { address, roster: self.roster.clone() };
        let line = dial::run(self.network.clone(), self.node.clone(), callee, Place::Neighbour(place));
        self.lines.spawn(async move {
            line.await;
            None
        });
    }

    async fn hear(&mut self, event: LanEvent) {
        match event {
            LanEvent::Seen(sighting) => self.see(sighting).await,
            LanEvent::Lost(instance) => {
                if let Some(device) = self.book.lose(&instance) {
                    self.forget(device);
                }
            }
            LanEvent::State(status) => {
                if status.state != LanState::Searching {
                    self.book.clear().into_iter().for_each(|device| self.forget(device));
                }
                self.network.set_lan(status);
            }
        }
    }

    async fn see(&mut self, sighting: Sighting) {
        let device = sighting.device;
        let refused = self.roster.recognise(device).await.err();
        match self.book.note(sighting, refused.is_none()) {
            Noted::Full => return,
            Noted::Kept { instead_of } => instead_of.into_iter().for_each(|stranger| self.forget(stranger)),
        }
        match refused {
            Some(refused) => self.keep_out(device, refused.code, &refused.detail),
            None => self.arrange(),
        }
    }

    /// Asks the registry again about everybody who was found.
    async fn review(&mut self) {
        for device in self.book.devices() {
            let refused = self.roster.recognise(device).await.err();
            if refused.as_ref().is_some_and(|refused| refused.code == UNAVAILABLE) {
                continue;
            }
            self.book.judge(device, refused.is_none());
            if let Some(refused) = refused {
                self.keep_out(device, refused.code, &refused.detail);
            }
        }
        self.arrange();
    }

    /// A line for everybody who is let in, as far as there may be; each is told where its device is now.
    fn arrange(&mut self) {
        for device in self.book.let_in().collect::<Vec<_>>() {
            let addresses = self.book.addresses(device).to_vec();
            if let Some(known) = self.wheres.get(&device) {
                self.say_where(device, &addresses);
                known.send_if_modified(|known| std::mem::replace(known, addresses.clone()) != addresses);
            } else if self.wheres.len() < DIALED_MAX {
                self.dial_found(device, addresses);
            } else {
                self.keep_out(device, code::TOO_MANY_NEIGHBOURS, "as many devices as may be are dialled");
            }
        }
    }

    fn dial_found(&mut self, device: DeviceId, addresses: Vec<SocketAddr>) {
        let place = NeighbourKey::Found(device);
        let dial = DialStatus { device: Some(device), ..DialStatus::begun(listed(&addresses)) };
        self.network.put_neighbour(place, NeighbourStatus { found_by: FoundBy::Lan, dial });
        let (sender, addresses) = watch::channel(addresses);
        self.wheres.insert(device, sender);
        let callee = Callee::Found { device, addresses, roster: self.roster.clone() };
        let line = dial::run(self.network.clone(), self.node.clone(), callee, Place::Neighbour(place));
        self.lines.spawn(async move {
            line.await;
            Some(device)
        });
    }

    fn say_where(&self, device: DeviceId, addresses: &[SocketAddr]) {
        let listed = listed(addresses);
        self.network.set_dial(Place::Neighbour(NeighbourKey::Found(device)), |dial| dial.address = listed);
    }

    /// Shows a device that is found and not dialled, and why.
    fn keep_out(&mut self, device: DeviceId, code: &str, detail: &str) {
        self.hang_up(device);
        let (key, address) = (NeighbourKey::Found(device), listed(self.book.addresses(device)));
        if self.network.keeps_out(key, code) {
            // Said already; that it is so still is no news.
            return self.network.set_dial(Place::Neighbour(key), |dial| dial.address = address);
        }
        let last_error = Some(self.network.error(code, detail));
        let dial = DialStatus {
            address,
            state: DialState::KeptOut,
            device: Some(device),
            next_at: None,
            last_error,
        };
        self.network.put_neighbour(key, NeighbourStatus { found_by: FoundBy::Lan, dial });
    }

    /// A device that is found no more. A connection to it goes on for as long as it works.
    fn forget(&mut self, device: DeviceId) {
        match self.wheres.contains_key(&device) {
            true => self.hang_up(device),
            false => self.network.remove_neighbour(NeighbourKey::Found(device)),
        }
    }

    /// Ends a line when its connection has ended, if it has one.
    fn hang_up(&mut self, device: DeviceId) {
        if let Some(known) = self.wheres.get(&device) {
            known.send_replace(Vec::new());
        }
    }

    /// A line has ended because its device was found no more; it may have been found again since, and a place is free.
    fn line_ended(&mut self, device: Option<DeviceId>) {
        let Some(device) = device else { return };
        self.wheres.remove(&device);
        if self.book.addresses(device).is_empty() {
            self.network.remove_neighbour(NeighbourKey::Found(device));
        }
        self.arrange();
    }
}

fn listed(addresses: &[SocketAddr]) -> String {
    addresses.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join(", ")
}
