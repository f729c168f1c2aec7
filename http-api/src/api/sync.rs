//! What this node knows of its peers, said truthfully: what is not known is null, and «in sync» is a proof.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use crdt_store::{DeviceId, DocumentId, Failure, Snapshot, Timestamp};
use domain::Role;
use domain::query::reference;
use domain::site::{DeviceRow, SiteRow};
use replication::shell::{
    CarrierKind, DialState, DialStatus, FoundBy, LanState, LanStatus, LinkStatus, NeighbourStatus,
};
use replication::{LinkState, NodeStatus, PeerError, PeerStatus};
use serde::{Deserialize, Serialize};

use super::input::{Bare, Empty};
use super::route::{Ask, Route, query};
use crate::auth::Visitor;
use crate::error::Problem;
use crate::state::AppState;

const TAG: &str = "Synchronisation";

/// What this node knows of itself and its peers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncStatus {
    /// What this node is.
    pub role: Role,
    /// Its device.
    pub device: DeviceId,
    /// What people call it.
    pub name: String,
    /// Whether its network is there; null where there is no switch to cut it.
    pub network_up: Option<bool>,
    /// Position of its latest commit.
    pub head_seq: u64,
    /// Documents it holds.
    pub documents: u64,
    /// Scopes it holds.
    pub scopes: u64,
    /// Changes that wait for what they depend on.
    pub parked: u64,
    /// Changes that were refused, and are kept aside; counted up to 1,000.
    pub quarantined: u64,
    /// Its peers.
    pub peers: Vec<SyncPeer>,
    /// The centrals it dials, whether or not one has ever answered; empty where nothing is dialled.
    pub dials: Vec<SyncDial>,
    /// The other devices it dials without central, or would: those that a person named, and those that are found on the
    /// local network. A device that dials this one is among the peers only.
    #[serde(default)]
    pub neighbours: Vec<SyncNeighbour>,
    /// Whether it looks for other devices on the local network.
    #[serde(default)]
    pub lan: SyncLan,
}

/// A device that is met without central.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncNeighbour {
    /// How it was found.
    pub found_by: FoundBy,
    /// Its address; several, with commas between them, of a device that says it has several.
    pub address: String,
    /// What is being done.
    pub state: DialState,
    /// The device; null while nobody has answered at an address that a person named.
    pub device: Option<DeviceId>,
    /// What people call it; null if nobody has said.
    pub name: Option<String>,
    /// The name of the site it belongs to.
    pub site_name: Option<String>,
    /// Why the latest attempt or connection ended, or why it is not dialled.
    pub last_error: Option<SyncError>,
}

/// Whether other devices are looked for on the local network.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncLan {
    /// What is being done.
    pub state: LanState,
    /// Why it does not work, if it does not.
    pub last_error: Option<SyncError>,
}

impl From<&LanStatus> for SyncLan {
    fn from(lan: &LanStatus) -> Self {
        Self { state: lan.state, last_error: lan.last_error.as_ref().map(SyncError::from) }
    }
}

/// A central that is dialled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncDial {
    /// Its address.
    pub address: String,
    /// What is being done.
    pub state: DialState,
    /// The device found there, once it has proved to be central.
    pub device: Option<DeviceId>,
    /// When it is visited next; null where this node stays connected.
    #[serde(default, with = "domain::instant::optional")]
    pub next_at: Option<Timestamp>,
    /// Why the latest attempt or connection ended.
    pub last_error: Option<SyncError>,
}

impl From<&DialStatus> for SyncDial {
    fn from(dial: &DialStatus) -> Self {
        Self {
            address: dial.address.clone(),
            state: dial.state,
            device: dial.device,
            next_at: dial.next_at,
            last_error: dial.last_error.as_ref().map(SyncError::from),
        }
    }
}

/// What is known of a peer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncPeer {
    /// The device.
    pub device: DeviceId,
    /// What people call it; null if nobody has said.
    pub name: Option<String>,
    /// The site it belongs to.
    pub site: Option<DocumentId>,
    /// The site's name.
    pub site_name: Option<String>,
    /// Whether it is the central server.
    pub central: bool,
    /// How far the conversation is.
    pub link: Link,
    /// When something last came from it.
    #[serde(default, with = "domain::instant::optional")]
    pub last_contact: Option<Timestamp>,
    /// Whether it is proven at this moment that both hold the same.
    pub in_sync: bool,
    /// When that was last proven.
    #[serde(default, with = "domain::instant::optional")]
    pub proven_at: Option<Timestamp>,
    /// When a file was last saved for it.
    #[serde(default, with = "domain::instant::optional")]
    pub bundle_saved_at: Option<Timestamp>,
    /// When a file that it had saved was last loaded here.
    #[serde(default, with = "domain::instant::optional")]
    pub bundle_loaded_at: Option<Timestamp>,
    /// Documents it has not acknowledged; null when unknown.
    pub to_send: Option<u64>,
    /// Whether there are more than `to_send` says.
    pub to_send_is_more: bool,
    /// Documents it said it still has for us; null when unknown, as it is whenever there is no connection.
    pub to_receive: Option<u64>,
    /// Scopes shared with it.
    pub scopes: u64,
    /// Scopes that differ for a stated reason.
    pub scopes_differing: u64,
    /// The open connection to it, as the network sees it; null without one.
    #[serde(default)]
    pub connection: Option<SyncConnection>,
    /// Bytes of frames received since the start.
    pub bytes_received: u64,
    /// Bytes of frames sent since the start.
    pub bytes_sent: u64,
    /// Frames received since the start.
    #[serde(default)]
    pub frames_received: u64,
    /// Frames sent since the start.
    #[serde(default)]
    pub frames_sent: u64,
    /// Documents received since the start.
    pub documents_received: u64,
    /// Documents sent since the start.
    pub documents_sent: u64,
    /// Its changes that were refused here, since the start.
    pub refused_here: u64,
    /// Changes of this node that it refused, since the start.
    pub refused_there: u64,
    /// Documents that could not be put together here and came whole afterwards, since the start.
    #[serde(default)]
    pub unbuilt: u64,
    /// Signatures of authors that came from it and are kept, since the start.
    #[serde(default)]
    pub seals_received: u64,
    /// Signatures that their author did not make, or the second for one place, since the start.
    #[serde(default)]
    pub seals_refused: u64,
    /// The latest thing that went wrong.
    pub last_error: Option<SyncError>,
}

/// An open connection, as the network sees it: everything since it was opened, handshake included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncConnection {
    /// Where the other end is.
    pub address: String,
    /// Whether this node dialled.
    pub dialed: bool,
    /// When it was opened.
    #[serde(with = "domain::instant")]
    pub since: Timestamp,
    /// What carries it.
    pub carrier: CarrierKind,
    /// Time of a round trip, as last estimated, in milliseconds; null over TCP, which does not tell.
    pub round_trip_ms: Option<f64>,
    /// Packets sent; null over TCP.
    pub packets_sent: Option<u64>,
    /// Of those, the ones that were lost and sent again; null over TCP.
    pub packets_lost: Option<u64>,
    /// Bytes received, in datagrams or in the stream of TCP.
    pub bytes_received: u64,
    /// The same sent.
    pub bytes_sent: u64,
}

impl From<&LinkStatus> for SyncConnection {
    fn from(link: &LinkStatus) -> Self {
        Self {
            address: link.address.to_string(),
            dialed: link.dialed,
            since: link.since,
            carrier: link.carrier,
            round_trip_ms: link.quic.map(|quic| quic.round_trip_micros as f64 / 1e3),
            packets_sent: link.quic.map(|quic| quic.packets_sent),
            packets_lost: link.quic.map(|quic| quic.packets_lost),
            bytes_received: link.bytes_received,
            bytes_sent: link.bytes_sent,
        }
    }
}

/// How far the conversation with a peer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// No connection.
    Offline,
    /// Connected; nothing is compared yet.
    Greeting,
    /// Exchanging documents.
    Syncing,
    /// Nothing is left to exchange.
    Quiet,
}

impl From<LinkState> for Link {
    fn from(state: LinkState) -> Self {
        match state {
            LinkState::Offline => Self::Offline,
            LinkState::Greeting => Self::Greeting,
            LinkState::Syncing => Self::Syncing,
            LinkState::Quiet => Self::Quiet,
        }
    }
}

/// Something that went wrong with a peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncError {
    /// Stable code.
    pub code: String,
    /// What happened.
    pub detail: String,
    /// What a person can do.
    pub next_step: String,
    /// When.
    #[serde(with = "domain::instant")]
    pub at: Timestamp,
}

impl From<&PeerError> for SyncError {
    fn from(error: &PeerError) -> Self {
        let PeerError { code, detail, next_step, at } = error;
        Self { code: code.clone(), detail: detail.clone(), next_step: (*next_step).to_owned(), at: *at }
    }
}

/// Refused changes are counted up to here: beyond it, nobody reads them one by one.
const QUARANTINED_MAX: usize = 1_000;

/// What this node knows of itself and its peers at this moment.
///
/// # Errors
/// When the names of devices and sites cannot be read.
pub fn status(state: &AppState, read: &Snapshot) -> Result<SyncStatus, Problem> {
    let network_up = state.node().link().map(|link| link.is_up());
    let mut status = describe(&state.node().status(), read, &state.settings().site_name, network_up)?;
    let Some(network) = state.node().network() else { return Ok(status) };
    status.dials = network.dials.iter().map(SyncDial::from).collect();
    status.neighbours = network
        .neighbours
        .iter()
        .map(|neighbour| sync_neighbour(read, neighbour))
        .collect::<Result<_, _>>()?;
    status.lan = SyncLan::from(&network.lan);
    for peer in &mut status.peers {
        let link = network.links.iter().find(|link| link.device == peer.device);
        peer.connection = link.map(SyncConnection::from);
    }
    let SyncStatus { peers, dials, neighbours, .. } = &mut status;
    for dial in dials {
        // What keeps central from being reached is what is wrong with central, as far as people are concerned.
        let central =
            peers.iter_mut().find(|peer| peer.central && dial.device.is_none_or(|d| d == peer.device));
        blame(central, dial.state, dial.last_error.as_ref());
    }
    for neighbour in neighbours {
        let peer = peers.iter_mut().find(|peer| neighbour.device == Some(peer.device));
        blame(peer, neighbour.state, neighbour.last_error.as_ref());
    }
    Ok(status)
}

/// What keeps a peer from being reached is what went wrong with it last.
fn blame(peer: Option<&mut SyncPeer>, state: DialState, error: Option<&SyncError>) {
    if let (Some(peer), Some(error), true) = (peer, error, state != DialState::Connected)
        && peer.last_error.as_ref().is_none_or(|known| known.at < error.at)
    {
        peer.last_error = Some(error.clone());
    }
}

/// What a node knows of itself and its peers, in the words of this API; `name` is what people call it.
///
/// # Errors
/// When the names of devices and sites cannot be read.
pub fn describe(
    node: &NodeStatus,
    read: &Snapshot,
    name: &str,
    network_up: Option<bool>,
) -> Result<SyncStatus, Problem> {
    let peers = node.peers.iter().map(|peer| sync_peer(read, peer)).collect::<Result<_, _>>()?;
    Ok(SyncStatus {
        role: if node.central { Role::Central } else { Role::Site },
        device: node.device,
        name: name.to_owned(),
        network_up,
        dials: Vec::new(),
        neighbours: Vec::new(),
        lan: SyncLan::default(),
        head_seq: node.head_seq,
        documents: node.documents,
        scopes: node.scopes,
        parked: read.parked_count()?,
        quarantined: read.quarantined(QUARANTINED_MAX)?.len() as u64,
        peers,
    })
}

/// A device and its site, as far as this node knows them.
fn known(read: &Snapshot, device: DeviceId) -> Result<(Option<DeviceRow>, Option<SiteRow>), Problem> {
    let device = reference::device(read, device)?;
    let site = match device.as_ref().map(|device| reference::site(read, device.site)) {
        Some(Ok(site)) => Some(site),
        Some(Err(Failure::Store(error))) => return Err(error.into()),
        // A device whose site has not arrived here yet.
        Some(Err(Failure::Rejected(_))) | None => None,
    };
    Ok((device, site))
}

fn sync_neighbour(read: &Snapshot, neighbour: &NeighbourStatus) -> Result<SyncNeighbour, Problem> {
    let NeighbourStatus { found_by, dial } = neighbour;
    let (device, site) = dial.device.map_or(Ok((None, None)), |device| known(read, device))?;
    Ok(SyncNeighbour {
        found_by: *found_by,
        address: dial.address.clone(),
        state: dial.state,
        device: dial.device,
        name: device.map(|device| device.name),
        site_name: site.map(|site| site.name),
        last_error: dial.last_error.as_ref().map(SyncError::from),
    })
}

fn sync_peer(read: &Snapshot, peer: &PeerStatus) -> Result<SyncPeer, Problem> {
    let (device, site) = known(read, peer.device)?;
    Ok(SyncPeer {
        device: peer.device,
        name: device.map(|device| device.name).or_else(|| peer.name.clone()),
        site: site.as_ref().map(|site| site.id),
        site_name: site.map(|site| site.name),
        central: peer.central,
        link: peer.link.into(),
        last_contact: peer.last_contact,
        in_sync: peer.in_sync,
        proven_at: peer.proven_at,
        bundle_saved_at: peer.bundle_made,
        bundle_loaded_at: peer.bundle_taken,
        to_send: peer.to_send,
        to_send_is_more: peer.to_send.is_some_and(|count| count >= replication::TO_SEND_MAX),
        to_receive: peer.to_receive,
        scopes: peer.scopes,
        scopes_differing: peer.scopes_differing,
        connection: None,
        bytes_received: peer.bytes_in,
        bytes_sent: peer.bytes_out,
        frames_received: peer.frames_in,
        frames_sent: peer.frames_out,
        documents_received: peer.documents_in,
        documents_sent: peer.documents_out,
        refused_here: peer.refused_here,
        refused_there: peer.refused_there,
        unbuilt: peer.unbuilt,
        seals_received: peer.seals_in,
        seals_refused: peer.seals_refused,
        last_error: peer.last_error.as_ref().map(SyncError::from),
    })
}

/// A change that was refused and is kept aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RefusedChange {
    document: DocumentId,
    device: DeviceId,
    code: String,
    detail: String,
    #[serde(with = "domain::instant")]
    at: Timestamp,
}

/// Refused changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct RefusedChanges {
    rows: Vec<RefusedChange>,
}

fn refused(ask: &Ask<'_>) -> Result<RefusedChanges, Problem> {
    let rows = ask.read.quarantined(QUARANTINED_MAX)?.into_iter().map(|change| RefusedChange {
        document: change.document,
        device: change.device,
        code: change.code,
        detail: change.detail,
        at: change.at,
    });
    Ok(RefusedChanges { rows: rows.collect() })
}

async fn sync_now(State(state): State<AppState>, _visitor: Visitor, _: Bare) -> StatusCode {
    state.node().sync_now();
    StatusCode::NO_CONTENT
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        query::<Empty, SyncStatus, _>("/api/v1/sync", TAG, "This node and its peers", |ask, _| {
            status(ask.state, ask.read)
        }),
        Route::raw(Method::POST, "/api/v1/sync", TAG, "Dial central and neighbours now", sync_now),
        query::<Empty, RefusedChanges, _>(
            "/api/v1/sync/refused-changes",
            TAG,
            "Changes of others that were refused here, and why",
            |ask, _| refused(ask),
        ),
    ]
}
