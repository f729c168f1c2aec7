//! The network of a node: one endpoint, who comes in, who is dialled, and what people are told of it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crdt_store::{DeviceId, Timestamp};
use quinn::Endpoint;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::accept::Acceptance;
use super::address::CentralAddress;
use super::carrier::Handle;
use super::clock::Clock;
use super::close::{CloseCode, Ending};
use super::dial::Callee;
use super::handle::{NodeHandle, lock};
use super::identity::Identity;
use super::link::LinkSwitch;
use super::neighbours::{self, LanStatus, NeighbourKey, NeighbourOptions, NeighbourStatus};
use super::quic::{self, Congestion, Profile};
use super::roster::{Company, Roster};
use super::socket::{Gate, GatedSocket, Traffic};
use super::visit::Contact;
use super::{accept, dial, tcp, tls};
use crate::enrolment::EnrolmentDesk;
use crate::node::PEERS_MAX;
use crate::peer::ConnectionId;
use crate::registry::Registry;
use crate::status::PeerError;

/// Memory of frames read and not yet durable, over all connections, in KiB: four of the largest, and many of the
/// usual size. A connection waits for its share before it decodes.
const FRAME_MEMORY_KIB: usize = 16 * 1024;
/// Connections at once of a node that everybody may come to: as many as there may be peers, which is every device of a
/// country twice, so that all may reconnect before their old connections are given up. A quiet one takes some 50 KiB.
const CONNECTIONS_MAX: usize = PEERS_MAX;
/// How long goodbyes may take when the node stops.
const GOODBYE_MAX: Duration = Duration::from_secs(2);

/// How a node takes connections of everybody.
pub struct Reception {
    /// Who may come in.
    pub registry: Registry,
    /// Who may enrol; nobody without it.
    pub enrolment: Option<EnrolmentDesk>,
}

/// The network of a node.
pub struct NetworkOptions {
    /// Its key and certificate, and the authority it trusts.
    pub identity: Identity,
    /// Where its UDP socket is bound; port 0 for any.
    pub bind: SocketAddr,
    /// The link it dials over.
    pub profile: Profile,
    /// Whether the way over TCP is open too, for networks that let no UDP pass: a node that takes connections listens on
    /// the port of the same number, one that dials tries it where nothing comes back over UDP.
    pub tcp: bool,
    /// How it keeps in contact with the centrals it dials.
    pub contact: Contact,
    /// How it finds out how much the links of all its connections carry.
    pub congestion: Congestion,
    /// How it takes connections of everybody in the system; what central does.
    pub reception: Option<Reception>,
    /// The centrals it dials.
    pub centrals: Vec<CentralAddress>,
    /// How it meets other devices without central; not at all without it. A node with a reception has it already.
    pub neighbours: Option<NeighbourOptions>,
}

/// A node's network cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The socket cannot be opened.
    #[error("cannot use the UDP address {address}: {source}")]
    Socket {
        /// Where.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The port of the same number cannot be had for TCP.
    #[error("cannot use the TCP address {address}: {source}")]
    Listener {
        /// Where.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The certificate or key is not accepted.
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
}

impl NetworkError {
    /// Stable code for interfaces and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Socket { .. } => "udp-port",
            Self::Listener { .. } => "tcp-port",
            Self::Tls(_) => "tls-setup",
        }
    }
}

/// What a node's network does, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NetworkStatus {
    /// Where its socket is bound.
    pub address: Option<SocketAddr>,
    /// Whether the switch is on.
    pub up: bool,
    /// What passed the socket.
    pub traffic: Traffic,
    /// Connections open at this moment, in both directions.
    pub connections: u64,
    /// What happened since the start.
    pub counts: Counts,
    /// The centrals it dials.
    pub dials: Vec<DialStatus>,
    /// The neighbours it dials, or would: those that a person named first.
    pub neighbours: Vec<NeighbourStatus>,
    /// Whether the local network is searched for neighbours.
    pub lan: LanStatus,
    /// What each open connection has been through, in the order of devices.
    pub links: Vec<LinkStatus>,
    /// The latest thing that went wrong before or at the end of a connection.
    pub last_error: Option<PeerError>,
}

/// One open connection: everything since it was opened, handshake included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkStatus {
    /// The device at the other end.
    pub device: DeviceId,
    /// Where it is, at this moment: a device may move from one network to another without a new connection.
    pub address: SocketAddr,
    /// What carries it.
    pub carrier: CarrierKind,
    /// Whether this node dialled.
    pub dialed: bool,
    /// When it was opened, by this node's wall clock.
    pub since: Timestamp,
    /// Bytes sent: in datagrams, or in the stream of TCP; without the headers of UDP, TCP and IP.
    pub bytes_sent: u64,
    /// The same received.
    pub bytes_received: u64,
    /// What QUIC knows of the way; TCP keeps it to the operating system.
    pub quic: Option<QuicStatus>,
}

/// What carries a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CarrierKind {
    /// QUIC, over UDP.
    Quic,
    /// TLS over TCP.
    Tcp,
}

/// What QUIC knows of a connection's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct QuicStatus {
    /// Time of a round trip, as last estimated (RFC 9002 §5), in microseconds.
    pub round_trip_micros: u64,
    /// Packets sent.
    pub packets_sent: u64,
    /// Of those, the ones that were given up as lost and sent again.
    pub packets_lost: u64,
    /// Bytes that may be under way unacknowledged: what the congestion controller takes the link for.
    pub congestion_window: u64,
}

/// An open connection, and what its carrier does not know of it.
pub(crate) struct OpenLink {
    pub device: DeviceId,
    pub dialed: bool,
    pub since: Timestamp,
    pub handle: Handle,
}

impl OpenLink {
    fn status(&self) -> LinkStatus {
        let mut status = LinkStatus {
            device: self.device,
            address: self.handle.remote(),
            carrier: CarrierKind::Tcp,
            dialed: self.dialed,
            since: self.since,
            bytes_sent: 0,
            bytes_received: 0,
            quic: None,
        };
        match &self.handle {
            Handle::Quic(connection) => {
                let stats = connection.stats();
                status.carrier = CarrierKind::Quic;
                (status.bytes_sent, status.bytes_received) = (stats.udp_tx.bytes, stats.udp_rx.bytes);
                status.quic = Some(QuicStatus {
                    round_trip_micros: u64::try_from(stats.path.rtt.as_micros()).unwrap_or(u64::MAX),
                    packets_sent: stats.path.sent_packets,
                    packets_lost: stats.path.lost_packets,
                    congestion_window: stats.path.cwnd,
                });
            }
            Handle::Tcp(line) => (status.bytes_sent, status.bytes_received) = line.traffic(),
        }
        status
    }
}

/// What happened on a network since the node was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Connections of certified devices taken.
    pub accepted: u64,
    /// Connections made.
    pub dialed: u64,
    /// Attempts to dial that came to nothing.
    pub dials_failed: u64,
    /// Handshakes that failed: a foreign certificate, another protocol, somebody who went away.
    pub handshakes_failed: u64,
    /// Connections without a certificate, or with one that the registry refuses.
    pub refused: u64,
    /// Connections closed because of bytes that are no frame.
    pub frames_bad: u64,
    /// Devices enrolled.
    pub enrolled: u64,
    /// Enrolments refused.
    pub enrolments_refused: u64,
}

/// What happens with one node that is dialled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DialStatus {
    /// Its address; several, with commas between them, of a neighbour that is said to have several.
    pub address: String,
    /// What is being done.
    pub state: DialState,
    /// The device found there, once it has proved to be central, or the neighbour that is looked for or was found.
    pub device: Option<DeviceId>,
    /// When it is visited next, if it is not stayed with.
    pub next_at: Option<Timestamp>,
    /// Why the latest attempt or connection ended.
    pub last_error: Option<PeerError>,
}

impl DialStatus {
    /// Nothing has happened yet.
    pub(crate) fn begun(address: String) -> Self {
        Self { address, state: DialState::Waiting, device: None, next_at: None, last_error: None }
    }
}

/// What a dialer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DialState {
    /// Waits for the next attempt.
    Waiting,
    /// Is dialling.
    Dialing,
    /// Is connected; to a neighbour, whoever dialled.
    Connected,
    /// The network is cut.
    Cut,
    /// Leaves it to the other one to dial, for a while: only one of two neighbours needs to.
    Yielding,
    /// All was said; it is visited again later, or when something urgent comes up.
    Resting,
    /// Is found on the local network and not dialled; the error says why.
    KeptOut,
}

/// A node in the status that is dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The central with this number.
    Central(usize),
    /// A neighbour.
    Neighbour(NeighbourKey),
}

/// How somebody is dialled: what TLS demands of them, over each way.
pub(crate) struct Ways {
    quic: Arc<quinn::crypto::rustls::QuicClientConfig>,
    /// Nothing where that way is closed.
    pub tcp: Option<Arc<rustls::ClientConfig>>,
}

impl Ways {
    fn new(config: rustls::ClientConfig, tcp: bool) -> Result<Self, tls::TlsError> {
        Ok(Self { quic: Arc::new(tls::over_quic(config.clone())?), tcp: tcp.then(|| Arc::new(config)) })
    }
}

#[derive(Default)]
pub(crate) struct Counters {
    pub accepted: AtomicU64,
    pub dialed: AtomicU64,
    pub dials_failed: AtomicU64,
    pub handshakes_failed: AtomicU64,
    pub refused: AtomicU64,
    pub frames_bad: AtomicU64,
    pub enrolled: AtomicU64,
    pub enrolments_refused: AtomicU64,
}

impl Counters {
    fn read(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            accepted: read(&self.accepted),
            dialed: read(&self.dialed),
            dials_failed: read(&self.dials_failed),
            handshakes_failed: read(&self.handshakes_failed),
            refused: read(&self.refused),
            frames_bad: read(&self.frames_bad),
            enrolled: read(&self.enrolled),
            enrolments_refused: read(&self.enrolments_refused),
        }
    }
}

/// The network of a running node.
pub(crate) struct Network {
    pub link: LinkSwitch,
    pub endpoint: Endpoint,
    counters: Counters,
    pub frame_memory: Arc<Semaphore>,
    device: DeviceId,
    to_central: Ways,
    to_neighbours: Ways,
    pub gate: Arc<Gate>,
    pub profile: Profile,
    pub contact: Contact,
    congestion: Congestion,
    clock: Clock,
    dials: Mutex<Vec<DialStatus>>,
    neighbours: Mutex<BTreeMap<NeighbourKey, NeighbourStatus>>,
    lan: Mutex<LanStatus>,
    links: Mutex<BTreeMap<ConnectionId, OpenLink>>,
    last_error: Mutex<Option<PeerError>>,
    changes: watch::Sender<()>,
    stopping: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// What the tasks of a network take with them.
pub(crate) struct Plan {
    reception: Option<Reception>,
    over_tcp: Option<accept::OverTcp>,
    centrals: Vec<CentralAddress>,
    neighbours: Option<NeighbourOptions>,
}

/// The listener at the port of the socket. Where any port would do, it may be taken for TCP, and the node does without.
fn listener(asked: SocketAddr, bound: SocketAddr) -> Result<Option<TcpListener>, NetworkError> {
    match tcp::listen(bound) {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if asked.port() == 0 => {
            tracing::warn!(%bound, %error, "no way over TCP");
            Ok(None)
        }
        Err(source) => Err(NetworkError::Listener { address: bound, source }),
    }
}

impl Network {
    /// Opens the socket; nothing is accepted or dialled before [`run`](Self::run).
    pub(crate) fn open(options: NetworkOptions, clock: &Clock) -> Result<(Arc<Self>, Plan), NetworkError> {
        let NetworkOptions {
            identity,
            bind,
            profile,
            contact,
            congestion,
            tcp,
            reception,
            centrals,
            neighbours,
        } = options;
        let takes = reception.is_some() || neighbours.is_some();
        let server = match takes {
            true => Some(quic::server_config(tls::server(&identity, clock)?, congestion)),
            false => None,
        };
        let gate = Arc::<Gate>::default();
        let failed = |source| NetworkError::Socket { address: bind, source };
        let socket = GatedSocket::bind(bind, Arc::clone(&gate)).map_err(failed)?;
        let endpoint = quic::endpoint(socket, server).map_err(failed)?;
        let listener = match takes && tcp {
            true => listener(bind, endpoint.local_addr().map_err(failed)?)?,
            false => None,
        };
        let over_tcp = listener
            .map(|listener| Ok::<_, tls::TlsError>((listener, Arc::new(tls::tcp_server(&identity, clock)?))))
            .transpose()?;
        let network = Self {
            link: LinkSwitch::new(gate.clone()),
            device: identity.device(),
            to_central: Ways::new(tls::central_client(&identity, clock)?, tcp)?,
            to_neighbours: Ways::new(tls::neighbour_client(&identity, clock)?, tcp)?,
            gate,
            endpoint,
            counters: Counters::default(),
            frame_memory: Arc::new(Semaphore::new(FRAME_MEMORY_KIB)),
            profile,
            contact,
            congestion,
            clock: clock.clone(),
            dials: Mutex::new(centrals.iter().map(|at| DialStatus::begun(at.to_string())).collect()),
            neighbours: Mutex::default(),
            lan: Mutex::default(),
            links: Mutex::default(),
            last_error: Mutex::default(),
            changes: watch::Sender::new(()),
            stopping: watch::Sender::new(false),
            task: Mutex::default(),
        };
        Ok((Arc::new(network), Plan { reception, over_tcp, centrals, neighbours }))
    }

    /// This node's device.
    pub(crate) fn device(&self) -> DeviceId {
        self.device
    }

    /// Where the socket is bound.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.endpoint.local_addr().ok()
    }

    /// How whoever is at `place` is dialled.
    pub(crate) fn ways(&self, place: Place) -> &Ways {
        match place {
            Place::Central(_) => &self.to_central,
            Place::Neighbour(_) => &self.to_neighbours,
        }
    }

    /// The same over QUIC; `round_trip` is what it was the last time, if there was one.
    pub(crate) fn dial_config(
        &self,
        ways: &Ways,
        profile: Profile,
        round_trip: Option<Duration>,
    ) -> quinn::ClientConfig {
        quic::client_config(ways.quic.clone(), profile, self.congestion, round_trip)
    }

    /// Begins to accept and to dial.
    pub(crate) fn run(self: &Arc<Self>, node: &NodeHandle, plan: Plan) {
        let Plan { reception, over_tcp, centrals, neighbours } = plan;
        let mut tasks = JoinSet::new();
        if let Some(Reception { registry, enrolment }) = reception {
            let roster =
                Roster::new(self.clone(), node.clone(), registry, Company::Everybody, CONNECTIONS_MAX);
            let acceptance =
                Acceptance { roster: roster.clone(), enrolment, over_tcp, connections_max: CONNECTIONS_MAX };
            tasks.spawn(accept::run(self.clone(), node.clone(), acceptance));
            tasks.spawn(roster.run());
        } else if let Some(options) = neighbours {
            let (registry, places) = (options.registry.clone(), neighbours::CONNECTED_MAX);
            let roster = Roster::new(self.clone(), node.clone(), registry, Company::Neighbours, places);
            let connections_max = neighbours::TAKEN_MAX;
            let acceptance =
                Acceptance { roster: roster.clone(), enrolment: None, over_tcp, connections_max };
            tasks.spawn(accept::run(self.clone(), node.clone(), acceptance));
            tasks.spawn(neighbours::run(self.clone(), node.clone(), roster.clone(), options));
            tasks.spawn(roster.run());
        }
        for (index, central) in centrals.into_iter().enumerate() {
            let callee = Callee::Central(central);
            tasks.spawn(dial::run(self.clone(), node.clone(), callee, Place::Central(index)));
        }
        let task = tokio::spawn(async move { while tasks.join_next().await.is_some() {} });
        *lock(&self.task) = Some(task);
    }

    /// Resolves when the node stops.
    pub(crate) async fn stopping(&self) {
        // An error means that the network is gone.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    /// Ends all tasks, after their goodbyes, and closes the endpoint.
    pub(crate) async fn stop(&self) {
        self.stopping.send_replace(true);
        let task = lock(&self.task).take();
        if let Some(mut task) = task
            && tokio::time::timeout(GOODBYE_MAX, &mut task).await.is_err()
        {
            task.abort();
        }
        self.endpoint.close(CloseCode::Stopping.into(), CloseCode::Stopping.as_str().as_bytes());
        let _ = tokio::time::timeout(GOODBYE_MAX, self.endpoint.wait_idle()).await;
    }

    /// Marked as changed whenever the status says something new, traffic aside.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    pub(crate) fn count(&self, counter: impl FnOnce(&Counters) -> &AtomicU64) {
        counter(&self.counters).fetch_add(1, Ordering::Relaxed);
        self.changes.send_replace(());
    }

    /// Something that goes wrong now.
    pub(crate) fn error(&self, code: &str, detail: &str) -> PeerError {
        PeerError::new(code, detail, self.clock.wall())
    }

    /// Takes note of something that went wrong, for the status and the log.
    pub(crate) fn note(&self, whom: &str, ending: &Ending) -> PeerError {
        let error = self.error(&ending.code, &format!("{whom}: {}", ending.detail));
        tracing::warn!(
            whom,
            code = error.code,
            detail = ending.detail,
            next_step = error.next_step,
            "connection"
        );
        *lock(&self.last_error) = Some(error.clone());
        self.changes.send_replace(());
        error
    }

    /// Changes what is said of whoever is dialled; nobody is woken when that is what was said before.
    pub(crate) fn set_dial(&self, place: Place, change: impl FnOnce(&mut DialStatus)) {
        let changed = |dial: &mut DialStatus| {
            let before = dial.clone();
            change(dial);
            *dial != before
        };
        let is_news = match place {
            Place::Central(index) => lock(&self.dials).get_mut(index).is_some_and(changed),
            Place::Neighbour(key) => {
                lock(&self.neighbours).get_mut(&key).is_some_and(|neighbour| changed(&mut neighbour.dial))
            }
        };
        if is_news {
            self.changes.send_replace(());
        }
    }

    /// Shows a neighbour, in place of what was shown of it.
    pub(crate) fn put_neighbour(&self, key: NeighbourKey, status: NeighbourStatus) {
        lock(&self.neighbours).insert(key, status);
        self.changes.send_replace(());
    }

    /// Whether a neighbour is shown as found and not dialled, for this reason.
    pub(crate) fn keeps_out(&self, key: NeighbourKey, code: &str) -> bool {
        lock(&self.neighbours).get(&key).is_some_and(|neighbour| {
            let DialStatus { state, last_error, .. } = &neighbour.dial;
            *state == DialState::KeptOut && last_error.as_ref().is_some_and(|error| error.code == code)
        })
    }

    /// Shows a neighbour no more.
    pub(crate) fn remove_neighbour(&self, key: NeighbourKey) {
        lock(&self.neighbours).remove(&key);
        self.changes.send_replace(());
    }

    /// Says how the search of the local network is.
    pub(crate) fn set_lan(&self, status: LanStatus) {
        *lock(&self.lan) = status;
        self.changes.send_replace(());
    }

    /// A connection stands.
    pub(crate) fn linked(&self, conn: ConnectionId, link: OpenLink) {
        lock(&self.links).insert(conn, link);
        self.changes.send_replace(());
    }

    /// It does not any more.
    pub(crate) fn unlinked(&self, conn: ConnectionId) {
        lock(&self.links).remove(&conn);
        self.changes.send_replace(());
    }

    /// Whether a device is connected, whoever dialled.
    pub(crate) fn is_linked(&self, device: DeviceId) -> bool {
        lock(&self.links).values().any(|link| link.device == device)
    }

    /// What the open connections have been through, in the order of devices.
    pub(crate) fn links(&self) -> Vec<LinkStatus> {
        let mut links: Vec<LinkStatus> = lock(&self.links).values().map(OpenLink::status).collect();
        links.sort_by_key(|link| link.device);
        links
    }

    pub(crate) fn status(&self) -> NetworkStatus {
        NetworkStatus {
            address: self.address(),
            up: self.link.is_up(),
            traffic: self.link.traffic(),
            connections: self.endpoint.open_connections() as u64,
            counts: self.counters.read(),
            dials: lock(&self.dials).clone(),
            neighbours: lock(&self.neighbours).values().cloned().collect(),
            lan: lock(&self.lan).clone(),
            links: self.links(),
            last_error: lock(&self.last_error).clone(),
        }
    }

    /// Central's clock, as told over a connection that proved to be central's.
    pub(crate) fn prove_time(&self, time: Timestamp) {
        self.clock.prove(time);
    }
}
