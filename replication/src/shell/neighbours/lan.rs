//! The local network: multicast DNS (RFC 6762, RFC 6763), by the library's thread, which runs only while it is wanted and
//! this node's network is not cut.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mdns_sd::{IfKind, Receiver, ResolvedService, ServiceDaemon, ServiceEvent, ServiceInfo};
use tokio::sync::{mpsc, watch};

use super::book::{Announcement, KEY_DEVICE, KEY_SYSTEM, KEY_VERSION, Record, Sighting};
use super::{Lan, LanState, LanStatus};
use crate::code;
use crate::shell::link::{SwitchState, cut_since, hurried_since};
use crate::shell::network::Network;

/// What this project's nodes are called on a local network.
const SERVICE: &str = "_tributary._udp.local.";
/// How often the library looks for interfaces that have come or gone, in seconds: a tablet that joins a hotspot is found
/// soon enough, and its processor sleeps in between.
const INTERFACES_EVERY_SECONDS: u32 = 15;
/// How often the library is asked how much it has heard.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Records of others that the library may hold; it has no limit of its own. A network with a hundred devices of this
/// system has five hundred.
const RECORDS_MAX: i64 = 4_096;
/// After it had to be thrown away with all it had heard, or cannot work, how long it rests. *Sync now* ends that.
const REST: Duration = Duration::from_secs(600);
/// How long its farewell may take.
const FAREWELL_MAX: Duration = Duration::from_millis(500);

/// What is heard of the local network.
#[derive(Debug)]
pub(super) enum LanEvent {
    /// A device seems to be there.
    Seen(Sighting),
    /// The record of this name was taken back, or has expired.
    Lost(String),
    /// How the search itself is; unless it goes on, whoever was seen is not seen any more.
    State(LanStatus),
}

/// Why a search ended.
enum End {
    /// The node stops, or nobody listens.
    Stopping,
    /// The node's network was cut.
    Cut,
    /// It does not work, or cannot be borne: code and detail.
    Failed(&'static str, String),
}

/// Announces and searches, while the network is not cut, until the node stops.
pub(super) async fn run(network: Arc<Network>, lan: Lan, own: Announcement, tell: mpsc::Sender<LanEvent>) {
    let mut switch = network.link.watch();
    loop {
        let link = *switch.borrow_and_update();
        let end = match link.up {
            true => search(&network, lan, &own, link, &tell).await,
            false => End::Cut,
        };
        let last_error = match &end {
            End::Stopping => return,
            End::Cut => None,
            End::Failed(code, detail) => {
                tracing::warn!(code, detail, "the local network is not searched for now");
                Some(network.error(code, detail))
            }
        };
        let status = LanStatus { state: LanState::Waiting, last_error };
        if tell.send(LanEvent::State(status)).await.is_err() {
            return;
        }
        tokio::select! {
            biased;
            () = network.stopping() => return,
            () = again(&mut switch, link, &end) => {}
        }
    }
}

/// Resolves when it is time to search again.
async fn again(switch: &mut watch::Receiver<SwitchState>, seen: SwitchState, end: &End) {
    match end {
        // An error means that no switch is left, and with it the node.
        End::Stopping | End::Cut => drop(switch.wait_for(|state| state.up).await),
        End::Failed(..) => tokio::select! {
            () = tokio::time::sleep(REST) => {}
            () = hurried_since(switch, seen.hurry) => {}
        },
    }
}

async fn search(
    network: &Network,
    lan: Lan,
    own: &Announcement,
    link: SwitchState,
    tell: &mpsc::Sender<LanEvent>,
) -> End {
    let (daemon, events) = match begin(lan, own) {
        Ok(begun) => begun,
        Err(error) => return End::Failed(code::LAN_UNAVAILABLE, error.to_string()),
    };
    let mut switch = network.link.watch();
    let searching = LanEvent::State(LanStatus { state: LanState::Searching, last_error: None });
    let end = tokio::select! {
        biased;
        () = network.stopping() => End::Stopping,
        () = cut_since(&mut switch, link.cuts) => End::Cut,
        end = listen(&daemon, &events, own, searching, tell) => end,
    };
    // Its farewell tells the others that this device is gone; a network that is gone needs none.
    if let Ok(gone) = daemon.shutdown() {
        let _ = tokio::time::timeout(FAREWELL_MAX, gone.recv_async()).await;
    }
    end
}

/// Starts the library's thread on the interfaces that our socket is bound to, announces us and asks for others.
fn begin(lan: Lan, own: &Announcement) -> mdns_sd::Result<(ServiceDaemon, Receiver<ServiceEvent>)> {
    let daemon = ServiceDaemon::new_with_port(lan.port)?;
    daemon.set_ip_check_interval(INTERFACES_EVERY_SECONDS)?;
    daemon.disable_interface(IfKind::All)?;
    daemon.enable_interface(interfaces(own.address.ip()))?;
    if own.address.ip().is_unspecified() {
        daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
    }
    daemon.register(service(own)?)?;
    let events = daemon.browse(SERVICE)?;
    Ok((daemon, events))
}

fn interfaces(bound: IpAddr) -> IfKind {
    match bound {
        ip if ip.is_unspecified() && ip.is_ipv4() => IfKind::IPv4,
        ip if ip.is_unspecified() => IfKind::IPv6,
        ip => IfKind::Addr(ip),
    }
}

/// The host has a name of its own, made of the device's id: the machine's may be a person's.
fn service(own: &Announcement) -> mdns_sd::Result<ServiceInfo> {
    let instance = own.instance();
    let host = format!("tributary-{instance}.local.");
    let port = own.address.port();
    let values = own.values();
    match own.address.ip() {
        ip if ip.is_unspecified() => {
            let service = ServiceInfo::new(SERVICE, &instance, &host, "", port, &values[..])?;
            Ok(service.enable_addr_auto())
        }
        ip => ServiceInfo::new(SERVICE, &instance, &host, ip, port, &values[..]),
    }
}

/// Passes on what is heard, and looks now and then how much that was.
async fn listen(
    daemon: &ServiceDaemon,
    events: &Receiver<ServiceEvent>,
    own: &Announcement,
    first: LanEvent,
    tell: &mpsc::Sender<LanEvent>,
) -> End {
    let mut next = Some(first);
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        if let Some(event) = next.take()
            && tell.send(event).await.is_err()
        {
            return End::Stopping;
        }
        tokio::select! {
            biased;
            _ = look.tick() => {
                if let Some(end) = too_much(daemon).await {
                    return end;
                }
            }
            event = events.recv_async() => match event {
                Ok(event) => next = heard(own, event),
                // The library ends a search whose events are not taken as fast as they come.
                Err(_) => {
                    let detail = "more records came than could be looked at";
                    return End::Failed(code::LAN_FLOODED, detail.to_owned());
                }
            }
        }
    }
}

/// Whether the library holds more than a local network has to say.
async fn too_much(daemon: &ServiceDaemon) -> Option<End> {
    // Its queue of commands is full, or it is gone: then its events end, too.
    let metrics = daemon.get_metrics().ok()?.recv_async().await.ok()?;
    let held = metrics.iter().filter(|(name, _)| name.starts_with("cached-")).map(|(_, count)| *count);
    let held: i64 = held.fold(0, i64::saturating_add);
    let detail = || format!("{held} records are on the local network, more than {RECORDS_MAX}");
    (held > RECORDS_MAX).then(|| End::Failed(code::LAN_FLOODED, detail()))
}

fn heard(own: &Announcement, event: ServiceEvent) -> Option<LanEvent> {
    match event {
        ServiceEvent::ServiceResolved(service) => read(own, &service).map(LanEvent::Seen),
        ServiceEvent::ServiceRemoved(_, instance) => Some(LanEvent::Lost(instance)),
        _ => None,
    }
}

fn read(own: &Announcement, service: &ResolvedService) -> Option<Sighting> {
    let addresses: Vec<IpAddr> = service.addresses.iter().map(|address| address.to_ip_addr()).collect();
    let value = |key: &str| {
        let value = service.txt_properties.get_property_val(key).flatten();
        value.and_then(|value| std::str::from_utf8(value).ok())
    };
    own.read(&Record {
        instance: &service.fullname,
        port: service.port,
        addresses: &addresses,
        version: value(KEY_VERSION),
        system: value(KEY_SYSTEM),
        device: value(KEY_DEVICE),
    })
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use crdt_store::DeviceId;

    use super::*;
    use crate::enrolment::SystemId;

    fn device(number: u8) -> Announcement {
        let address = SocketAddr::from(([127, 0, 0, 1], 4000 + u16::from(number)));
        let system = SystemId::from_bytes([7; 16]);
        Announcement { system, device: DeviceId::from_bytes([number; 16]), address }
    }

    #[test]
    fn what_one_device_announces_is_what_another_reads() {
        let announced = service(&device(2)).expect("a record").as_resolved_service();
        let found = read(&device(1), &announced).expect("found");
        assert_eq!(found.device, device(2).device);
        assert_eq!(found.addresses, [device(2).address]);
        assert!(read(&device(2), &announced).is_none(), "nobody finds themselves");
    }

    #[test]
    fn values_that_are_no_text_are_no_device() {
        let values: Vec<(&str, String)> =
            vec![(KEY_VERSION, "\u{fffd}".to_owned()), (KEY_DEVICE, String::new())];
        let address = IpAddr::from([127, 0, 0, 1]);
        let service = ServiceInfo::new(SERVICE, "x", "x.local.", address, 1, &values[..]).expect("a record");
        assert!(read(&device(1), &service.as_resolved_service()).is_none());
    }

    #[test]
    fn a_socket_on_the_loopback_is_announced_there_alone() {
        assert!(matches!(interfaces([127, 0, 0, 1].into()), IfKind::Addr(ip) if ip.is_loopback()));
        assert!(matches!(interfaces([0, 0, 0, 0].into()), IfKind::IPv4));
    }
}
