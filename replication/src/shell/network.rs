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

use super::address::CentralAddress;
use super::carrier::Handle;
use super::clock::Clock;
use super::close::{CloseCode, Ending};
use super::handle::{NodeHandle, lock};
use super::identity::Identity;
use super::link::LinkSwitch;
use super::quic::{self, Congestion, Profile};
use super::socket::{Gate, GatedSocket, Traffic};
use super::{accept, dial, tcp, tls};
use crate::enrolment::EnrolmentDesk;
use crate::peer::ConnectionId;
use crate::registry::Registry;
use crate::status::PeerError;

/// Memory of frames read and not yet durable, over all connections, in KiB: four of the largest, and many of the
/// usual size. A connection waits for its share before it decodes.
const FRAME_MEMORY_KIB: usize = 16 * 1024;
/// How long goodbyes may take when the node stops.
const GOODBYE_MAX: Duration = Duration::from_secs(2);

/// How a node takes connections.
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
    /// How it finds out how much the links of all its connections carry.
    pub congestion: Congestion,
    /// How it takes connections; without it, it only dials.
    pub reception: Option<Reception>,
    /// The centrals it dials and stays connected to.
    pub centrals: Vec<CentralAddress>,
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

/// What happens with one central that is dialled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DialStatus {
    /// Its address.
    pub central: String,
    /// What is being done.
    pub state: DialState,
    /// The device found there, once it proved to be central.
    pub device: Option<DeviceId>,
    /// Why the latest attempt or connection ended.
    pub last_error: Option<PeerError>,
}

/// What a dialer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DialState {
    /// Waits for the next attempt.
    Waiting,
    /// Is dialling.
    Dialing,
    /// Is connected.
    Connected,
    /// The network is cut.
    Cut,
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
    dial_tls: Arc<quinn::crypto::rustls::QuicClientConfig>,
    /// How peers are dialled over TCP; nothing where that way is closed.
    pub tcp_dial: Option<Arc<rustls::ClientConfig>>,
    pub gate: Arc<Gate>,
    pub profile: Profile,
    congestion: Congestion,
    clock: Clock,
    dials: Mutex<Vec<DialStatus>>,
    links: Mutex<BTreeMap<ConnectionId, OpenLink>>,
    last_error: Mutex<Option<PeerError>>,
    changes: watch::Sender<()>,
    stopping: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// What the tasks of a network take with them.
pub(crate) struct Plan {
    reception: Option<Reception>,
    tcp: Option<(TcpListener, Arc<rustls::ServerConfig>)>,
    centrals: Vec<CentralAddress>,
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
        let NetworkOptions { identity, bind, profile, congestion, tcp, reception, centrals } = options;
        let server = match &reception {
            Some(_) => Some(quic::server_config(tls::server(&identity, clock)?, congestion)),
            None => None,
        };
        let dial_tls = Arc::new(tls::sync_client(&identity, clock)?);
        let gate = Arc::<Gate>::default();
        let failed = |source| NetworkError::Socket { address: bind, source };
        let socket = GatedSocket::bind(bind, Arc::clone(&gate)).map_err(failed)?;
        let endpoint = quic::endpoint(socket, server).map_err(failed)?;
        let listener = match &reception {
            Some(_) if tcp => listener(bind, endpoint.local_addr().map_err(failed)?)?,
            _ => None,
        };
        let tcp_server = listener
            .map(|listener| Ok::<_, tls::TlsError>((listener, Arc::new(tls::tcp_server(&identity, clock)?))))
            .transpose()?;
        let tcp_dial = match tcp {
            true => Some(Arc::new(tls::tcp_client(&identity, clock)?)),
            false => None,
        };
        let dials = centrals.iter().map(|central| DialStatus {
            central: central.to_string(),
            state: DialState::Waiting,
            device: None,
            last_error: None,
        });
        let network = Self {
            link: LinkSwitch::new(gate.clone()),
            tcp_dial,
            gate,
            endpoint,
            counters: Counters::default(),
            frame_memory: Arc::new(Semaphore::new(FRAME_MEMORY_KIB)),
            dial_tls,
            profile,
            congestion,
            clock: clock.clone(),
            dials: Mutex::new(dials.collect()),
            links: Mutex::default(),
            last_error: Mutex::default(),
            changes: watch::Sender::new(()),
            stopping: watch::Sender::new(false),
            task: Mutex::default(),
        };
        Ok((Arc::new(network), Plan { reception, tcp: tcp_server, centrals }))
    }

    /// How a peer is dialled.
    pub(crate) fn dial_config(&self, profile: Profile) -> quinn::ClientConfig {
        quic::client_config(self.dial_tls.clone(), profile, self.congestion)
    }

    /// Begins to accept and to dial.
    pub(crate) fn run(self: &Arc<Self>, node: &NodeHandle, plan: Plan) {
        let mut tasks = JoinSet::new();
        if let Some(reception) = plan.reception {
            tasks.spawn(accept::run(self.clone(), node.clone(), reception, plan.tcp));
        }
        for (index, central) in plan.centrals.into_iter().enumerate() {
            tasks.spawn(dial::run(self.clone(), node.clone(), central, index));
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

    /// Takes note of something that went wrong, for the status and the log.
    pub(crate) fn note(&self, whom: &str, ending: &Ending) -> PeerError {
        let error = PeerError {
            code: ending.code.clone(),
            detail: format!("{whom}: {}", ending.detail),
            next_step: crate::code::next_step(&ending.code),
            at: self.clock.wall(),
        };
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

    pub(crate) fn set_dial(&self, index: usize, change: impl FnOnce(&mut DialStatus)) {
        if let Some(dial) = lock(&self.dials).get_mut(index) {
            change(dial);
        }
        self.changes.send_replace(());
    }

    /// A connection stands.
    pub(crate) fn linked(&self, conn: ConnectionId, link: OpenLink) {
        lock(&self.links).insert(conn, link);
    }

    /// It does not any more.
    pub(crate) fn unlinked(&self, conn: ConnectionId) {
        lock(&self.links).remove(&conn);
    }

    /// What the open connections have been through, in the order of devices.
    pub(crate) fn links(&self) -> Vec<LinkStatus> {
        let mut links: Vec<LinkStatus> = lock(&self.links).values().map(OpenLink::status).collect();
        links.sort_by_key(|link| link.device);
        links
    }

    pub(crate) fn status(&self) -> NetworkStatus {
        NetworkStatus {
            address: self.endpoint.local_addr().ok(),
            up: self.link.is_up(),
            traffic: self.link.traffic(),
            connections: self.endpoint.open_connections() as u64,
            counts: self.counters.read(),
            dials: lock(&self.dials).clone(),
            links: self.links(),
            last_error: lock(&self.last_error).clone(),
        }
    }

    /// Central's clock, as told over a connection that proved to be central's.
    pub(crate) fn prove_time(&self, time: Timestamp) {
        self.clock.prove(time);
    }
}
