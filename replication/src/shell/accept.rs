//! Who comes in: handshakes, certificates, the registry, enrolment.

use std::sync::Arc;
use std::time::Duration;

use crdt_store::DeviceId;
use quinn::{Connection, Incoming};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::carrier::Carrier;
use super::close::{CloseCode, Ending};
use super::enrolment;
use super::handle::NodeHandle;
use super::link::{SwitchState, cut_since};
use super::network::Network;
use super::roster::Roster;
use super::{connection, tcp, tls};
use crate::enrolment::EnrolmentDesk;
use crate::peer::Side;

/// With more handshakes than this under way, a dialer must first prove that it is where it says it is …
const HANDSHAKES_UNPROVEN_MAX: usize = 100;
/// … and with more than this part of all connections: those who prove nothing must not take all places.
const HANDSHAKES_UNPROVEN_PART: usize = 4;
/// A handshake over a link with a round trip of a minute.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(150);
/// The same over TCP, which dialers give up earlier; less memory is claimed by those who say nothing.
const HANDSHAKE_TCP_WITHIN: Duration = Duration::from_secs(45);
/// After a connection that could not be taken.
const TCP_PAUSE: Duration = Duration::from_millis(100);
/// Enrolments at once; each is a person who waits.
const ENROLMENTS_MAX: usize = 16;

/// What the tasks of one reception share.
struct Desk {
    network: Arc<Network>,
    node: NodeHandle,
    roster: Arc<Roster>,
    enrolment: Option<Arc<EnrolmentDesk>>,
    enrolments: Semaphore,
    handshakes: Semaphore,
    tcp_handshakes: Arc<Semaphore>,
    connections_max: usize,
}

/// How connections are taken.
pub(crate) struct Acceptance {
    /// Who is let in.
    pub roster: Arc<Roster>,
    /// Who may enrol; nobody without it.
    pub enrolment: Option<EnrolmentDesk>,
    /// How connections over TCP are taken, where that way is open.
    pub over_tcp: Option<OverTcp>,
    /// Connections at once, those that have proven nothing yet among them.
    pub connections_max: usize,
}

/// How connections over TCP are taken.
pub(crate) type OverTcp = (TcpListener, Arc<rustls::ServerConfig>);

/// Accepts until the node stops, then waits for the goodbyes.
pub(crate) async fn run(network: Arc<Network>, node: NodeHandle, acceptance: Acceptance) {
    let Acceptance { roster, enrolment, over_tcp, connections_max } = acceptance;
    let unproven_max = HANDSHAKES_UNPROVEN_MAX.min(connections_max / HANDSHAKES_UNPROVEN_PART);
    let desk = Arc::new(Desk {
        network: network.clone(),
        node,
        roster,
        enrolment: enrolment.map(Arc::new),
        enrolments: Semaphore::new(ENROLMENTS_MAX),
        handshakes: Semaphore::new(unproven_max),
        tcp_handshakes: Arc::new(Semaphore::new(unproven_max)),
        connections_max,
    });
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = network.stopping() => break,
            Some(_) = tasks.join_next() => {}
            incoming = network.endpoint.accept() => match incoming {
                Some(incoming) => admit(&desk, incoming, &mut tasks),
                None => break,
            },
            (stream, config) = next_over_tcp(&over_tcp) => admit_tcp(&desk, stream, config, &mut tasks),
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// The next connection over TCP; none ever, where that way is closed.
async fn next_over_tcp(over_tcp: &Option<OverTcp>) -> (TcpStream, Arc<rustls::ServerConfig>) {
    let Some((listener, config)) = over_tcp else { return std::future::pending().await };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, config.clone()),
            Err(error) => {
                // Somebody went away before being taken, or no more files can be opened for a while.
                tracing::warn!(%error, "a connection over TCP was not taken");
                tokio::time::sleep(TCP_PAUSE).await;
            }
        }
    }
}

fn admit_tcp(
    desk: &Arc<Desk>,
    stream: TcpStream,
    config: Arc<rustls::ServerConfig>,
    tasks: &mut JoinSet<()>,
) {
    // TCP proves where the dialer is; what is left to bound is how many shake hands at once.
    if tasks.len() >= desk.connections_max || !desk.network.link.is_up() {
        return;
    }
    let Ok(permit) = desk.tcp_handshakes.clone().try_acquire_owned() else {
        return desk.network.count(|counters| &counters.handshakes_failed);
    };
    let desk = desk.clone();
    tasks.spawn(async move {
        let link = *desk.network.link.watch().borrow();
        let whom =
            stream.peer_addr().map_or_else(|_| "TCP".to_owned(), |address| format!("{address} over TCP"));
        let handshake = tcp::shake_hands(stream, config, desk.network.gate.clone());
        let mut switch = desk.network.link.watch();
        let handshake = tokio::select! {
            handshake = tokio::time::timeout(HANDSHAKE_TCP_WITHIN, handshake) => handshake
                .unwrap_or_else(|_| Err(Ending::of(CloseCode::Silent, "the handshake took too long"))),
            () = cut_since(&mut switch, link.cuts) => return,
            () = desk.network.stopping() => return,
        };
        drop(permit);
        match handshake {
            Ok((carrier, tls::Purpose::Sync(device))) => {
                sync(&desk, Carrier::Tcp(carrier), &whom, device, link).await;
            }
            Ok((carrier, _)) => {
                let code = CloseCode::CertificateRequired;
                desk.network.note(&whom, &Ending::of(code, "no certificate was shown"));
                desk.network.count(|counters| &counters.refused);
                tcp::refuse(carrier, code.as_str()).await;
            }
            Err(ending) => {
                desk.network.note(&whom, &ending);
                desk.network.count(|counters| &counters.handshakes_failed);
            }
        }
    });
}

fn admit(desk: &Arc<Desk>, incoming: Incoming, tasks: &mut JoinSet<()>) {
    if tasks.len() >= desk.connections_max {
        return incoming.refuse();
    }
    if desk.handshakes.available_permits() == 0 && !incoming.remote_address_validated() {
        // An error means that it was validated meanwhile, and it will dial again.
        let _ = incoming.retry();
        return;
    }
    let desk = desk.clone();
    tasks.spawn(async move {
        let link = *desk.network.link.watch().borrow();
        let whom = incoming.remote_address().to_string();
        let mut switch = desk.network.link.watch();
        let handshake = tokio::select! {
            handshake = shake_hands(&desk, incoming) => handshake,
            () = cut_since(&mut switch, link.cuts) => return,
            () = desk.network.stopping() => return,
        };
        match handshake {
            Ok(connection) => serve(&desk, &connection, &whom, link).await,
            Err(ending) => {
                desk.network.note(&whom, &ending);
                desk.network.count(|counters| &counters.handshakes_failed);
            }
        }
    });
}

async fn shake_hands(desk: &Desk, incoming: Incoming) -> Result<Connection, Ending> {
    // Beyond the permits, those whose address is proven get in without one.
    let _permit = desk.handshakes.try_acquire();
    let connecting = incoming.accept().map_err(|error| Ending::of_connection(&error))?;
    match tokio::time::timeout(HANDSHAKE_WITHIN, connecting).await {
        Ok(connected) => connected.map_err(|error| Ending::of_connection(&error)),
        Err(_) => Err(Ending::of(CloseCode::Silent, "the handshake took too long")),
    }
}

async fn serve(desk: &Arc<Desk>, connection: &Connection, whom: &str, link: SwitchState) {
    match tls::purpose(connection) {
        tls::Purpose::Sync(device) => {
            sync(desk, Carrier::Quic(connection.clone()), whom, device, link).await;
        }
        tls::Purpose::Enrol => enrol(desk, connection, whom, link).await,
        tls::Purpose::Nothing => {
            refuse(desk, connection, whom, CloseCode::CertificateRequired, "no certificate was shown");
        }
    }
}

fn refuse(desk: &Desk, connection: &Connection, whom: &str, code: CloseCode, detail: &str) {
    code.close(connection);
    desk.network.note(whom, &Ending::of(code, detail));
    desk.network.count(|counters| &counters.refused);
}

async fn sync(desk: &Arc<Desk>, carrier: Carrier, whom: &str, device: DeviceId, link: SwitchState) {
    let peer = match desk.roster.recognise(device).await {
        Ok(peer) => peer,
        Err(refused) => {
            desk.roster.note_refusal(&format!("device {device} at {whom}"), &refused);
            return turn_away(carrier, CloseCode::Refused, refused.code).await;
        }
    };
    let Some(_stay) = desk.roster.enter(device, carrier.handle()) else {
        return turn_away(carrier, CloseCode::Busy, CloseCode::Busy.as_str()).await;
    };
    desk.network.count(|counters| &counters.accepted);
    let stay = std::future::pending();
    connection::run(&desk.network, &desk.node, carrier, peer, Side::Accepted, link, stay).await;
}

/// Ends a connection of a certified device, which is told why.
async fn turn_away(carrier: Carrier, code: CloseCode, reason: &'static str) {
    match carrier {
        Carrier::Quic(connection) => connection.close(code.into(), reason.as_bytes()),
        Carrier::Tcp(carrier) => tcp::refuse(carrier, reason).await,
    }
}

async fn enrol(desk: &Arc<Desk>, connection: &Connection, whom: &str, link: SwitchState) {
    let Some(enrolment) = &desk.enrolment else {
        return refuse(
            desk,
            connection,
            whom,
            CloseCode::NoEnrolment,
            "asked to enrol, and nobody enrols here",
        );
    };
    let Ok(_permit) = desk.enrolments.try_acquire() else {
        return refuse(desk, connection, whom, CloseCode::Busy, "as many enrolments as may be are under way");
    };
    let mut switch = desk.network.link.watch();
    tokio::select! {
        () = serve_enrolment(desk, connection, whom, enrolment) => CloseCode::Done.close(connection),
        () = cut_since(&mut switch, link.cuts) => CloseCode::LinkCut.close(connection),
        () = desk.network.stopping() => CloseCode::Stopping.close(connection),
    }
}

async fn serve_enrolment(desk: &Desk, connection: &Connection, whom: &str, enrolment: &Arc<EnrolmentDesk>) {
    match enrolment::serve(connection, enrolment, &desk.node).await {
        Ok(grant) => {
            tracing::info!(device = %grant.device, site = grant.site_name, whom, "device enrolled");
            desk.network.count(|counters| &counters.enrolled);
        }
        Err(refusal) => {
            let ending = Ending::new(refusal.code.as_str(), refusal.detail);
            desk.network.note(&format!("enrolment from {whom}"), &ending);
            desk.network.count(|counters| &counters.enrolments_refused);
        }
    }
    enrolment::linger(connection).await;
}
