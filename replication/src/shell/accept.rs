//! Who comes in: handshakes, certificates, the registry, enrolment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crdt_store::DeviceId;
use quinn::{Connection, Incoming};
use tokio::sync::{Semaphore, broadcast};
use tokio::task::JoinSet;

use super::close::{CloseCode, Ending};
use super::enrolment;
use super::handle::{NodeHandle, lock};
use super::link::{SwitchState, cut_since};
use super::network::{Network, Reception};
use super::{connection, tls};
use crate::enrolment::EnrolmentDesk;
use crate::peer::{Peer, Side};
use crate::registry::{PeerRole, RefusedPeer, Registry};
use crate::status::Event;

/// Connections at once: five times the sites of a country, so that all may reconnect before their old connections
/// are given up.
const CONNECTIONS_MAX: usize = 5_000;
/// With more handshakes than this under way, a dialer must first prove that it is where it says it is.
const HANDSHAKES_UNPROVEN_MAX: usize = 100;
/// A handshake over a link with a round trip of a minute.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(150);
/// Enrolments at once; each is a person who waits.
const ENROLMENTS_MAX: usize = 16;
/// The registry is asked again about everybody at most this often.
const RECHECK_EVERY: Duration = Duration::from_secs(1);

/// What the tasks of one reception share.
struct Desk {
    network: Arc<Network>,
    node: NodeHandle,
    registry: Registry,
    enrolment: Option<Arc<EnrolmentDesk>>,
    enrolments: Semaphore,
    handshakes: Semaphore,
    /// Connections that the registry let in, by the number quinn gives them.
    live: Mutex<BTreeMap<usize, (DeviceId, Connection)>>,
}

/// Accepts until the node stops, then waits for the goodbyes.
pub(crate) async fn run(network: Arc<Network>, node: NodeHandle, reception: Reception) {
    let desk = Arc::new(Desk {
        network: network.clone(),
        node,
        registry: reception.registry,
        enrolment: reception.enrolment.map(Arc::new),
        enrolments: Semaphore::new(ENROLMENTS_MAX),
        handshakes: Semaphore::new(HANDSHAKES_UNPROVEN_MAX),
        live: Mutex::default(),
    });
    let mut tasks = JoinSet::new();
    let recheck = tokio::spawn(recheck(desk.clone()));
    loop {
        tokio::select! {
            biased;
            () = network.stopping() => break,
            Some(_) = tasks.join_next() => {}
            incoming = network.endpoint.accept() => match incoming {
                Some(incoming) => admit(&desk, incoming, &mut tasks),
                None => break,
            },
        }
    }
    recheck.abort();
    while tasks.join_next().await.is_some() {}
}

fn admit(desk: &Arc<Desk>, incoming: Incoming, tasks: &mut JoinSet<()>) {
    if tasks.len() >= CONNECTIONS_MAX {
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
        tls::Purpose::Sync(device) => sync(desk, connection, whom, device, link).await,
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

async fn sync(desk: &Arc<Desk>, connection: &Connection, whom: &str, device: DeviceId, link: SwitchState) {
    let role = match check(desk, device).await {
        Ok(role) => role,
        Err(refused) => return turn_away(desk, connection, &format!("device {device} at {whom}"), &refused),
    };
    desk.network.count(|counters| &counters.accepted);
    let peer = match role {
        PeerRole::Central => Peer { device, central: true, name: None },
        PeerRole::Device { name } => Peer { device, central: false, name },
    };
    let live = connection.stable_id();
    lock(&desk.live).insert(live, (device, connection.clone()));
    let ended = connection::run(&desk.network, &desk.node, connection, peer, Side::Accepted, link).await;
    lock(&desk.live).remove(&live);
    tracing::debug!(%device, whom, code = ended.ending.code, detail = ended.ending.detail, "connection ended");
}

fn turn_away(desk: &Desk, connection: &Connection, whom: &str, refused: &RefusedPeer) {
    connection.close(CloseCode::Refused.into(), refused.code.as_bytes());
    desk.network.note(whom, &Ending::new(refused.code, refused.detail.clone()));
    desk.network.count(|counters| &counters.refused);
}

/// Asks the registry, on a thread that may wait for the disk. A registry that cannot answer lets nobody in.
async fn check(desk: &Arc<Desk>, device: DeviceId) -> Result<PeerRole, RefusedPeer> {
    let failed = |detail: String| RefusedPeer { code: "registry-unavailable", detail };
    let (registry, reader) = (desk.registry.clone(), desk.node.reader());
    tokio::task::spawn_blocking(move || {
        let snapshot = reader.snapshot().map_err(|error| failed(error.to_string()))?;
        registry(&snapshot, device)
    })
    .await
    .unwrap_or_else(|error| Err(failed(error.to_string())))
}

/// After each commit, within a second, everybody who is connected is looked up again.
async fn recheck(desk: Arc<Desk>) {
    let mut events = desk.node.subscribe();
    loop {
        match events.recv().await {
            Ok(Event::Committed(_)) | Err(broadcast::error::RecvError::Lagged(_)) => {}
            Ok(_) => continue,
            Err(broadcast::error::RecvError::Closed) => return,
        }
        let connected: Vec<_> = lock(&desk.live).values().cloned().collect();
        for (device, connection) in connected {
            match check(&desk, device).await {
                Err(refused) if refused.code != "registry-unavailable" => {
                    turn_away(&desk, &connection, &format!("device {device}"), &refused);
                }
                _ => {}
            }
        }
        tokio::time::sleep(RECHECK_EVERY).await;
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
