//! Devices that meet without central: what they may say to each other, whom they believe, and how they find each other.
//! What is found is found by multicast on the loopback, at a port of each test's own.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use crdt_store::{DeviceId, ViewRead};
use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};

use super::country::{
    Authority, Place, dialing, in_memory, loopback, options, registry, registry_of_introduced, short,
};
use super::over_tcp::only_tcp;
use crate::code;
use crate::enrolment::SystemId;
use crate::registry::{PeerRole, RefusedPeer, Registry};
use crate::shell::{
    CarrierKind, CentralAddress, DialState, FoundBy, Identity, Lan, LanState, NeighbourOptions,
    NetworkStatus, random_seed,
};

/// A system of a test's own: the same tests may run in another process of this machine, and would be heard.
fn system() -> SystemId {
    SystemId::from_bytes(*random_seed().first_chunk().expect("sixteen of 32 bytes"))
}

fn alone() -> NeighbourOptions {
    NeighbourOptions { registry: registry(), system: system(), named: Vec::new(), lan: None }
}

fn naming(address: SocketAddr) -> NeighbourOptions {
    NeighbourOptions { named: vec![CentralAddress::from(address)], ..alone() }
}

fn searching(port: u16, system: SystemId) -> NeighbourOptions {
    NeighbourOptions { lan: Some(Lan { port }), system, ..alone() }
}

fn knowing(registry: Registry, of: NeighbourOptions) -> NeighbourOptions {
    NeighbourOptions { registry, ..of }
}

/// A device that has enrolled some time ago and has no central now.
async fn device(identity: Identity, neighbours: NeighbourOptions) -> Place {
    let open = in_memory(identity.device(), false);
    let mut network = dialing(identity, loopback());
    network.centrals.clear();
    network.neighbours = Some(neighbours);
    Place::start(options(open, Some(network))).await
}

/// The same, which dials central, too.
async fn device_of(central: &Place, identity: Identity, neighbours: NeighbourOptions) -> Place {
    let open = in_memory(identity.device(), false);
    let mut network = dialing(identity, central.address());
    network.neighbours = Some(neighbours);
    Place::start(options(open, Some(network))).await
}

/// Waits until the latest error with the first neighbour has this code.
async fn until_it_fails(place: &Place, code: &str) {
    let failed = |network: &NetworkStatus| {
        let error = network.neighbours.first().and_then(|neighbour| neighbour.dial.last_error.as_ref());
        error.is_some_and(|error| error.code == code)
    };
    place.until_network(failed, code).await;
}

async fn until_proven(place: &Place, with: DeviceId) {
    let proven = |place: &Place| place.0.status().peer(with).is_some_and(|peer| peer.in_sync);
    place.until_event(proven, "for the proof").await;
}

/// The devices that the local network told of.
fn found(network: &NetworkStatus) -> Vec<DeviceId> {
    network.neighbours.iter().filter_map(|neighbour| neighbour.dial.device).collect()
}

/// Waits until somebody is found. Who is found second may be found by a connection first.
async fn until_found(place: &Place) {
    place.until_network(|network| !found(network).is_empty(), "to find somebody").await;
}

async fn end(places: impl IntoIterator<Item = Place>) {
    for place in places {
        place.0.shutdown().await;
    }
}

fn id(place: &Place) -> DeviceId {
    place.0.status().device
}

#[tokio::test(flavor = "multi_thread")]
async fn two_devices_of_one_store_converge_where_there_is_no_central() {
    let authority = Authority::new();
    let first = device(authority.device(), alone()).await;
    first.write("counted by the first").await.expect("written");
    let second = device(authority.device(), naming(first.address())).await;
    second.write("counted by the second").await.expect("written");
    let both = ["counted by the first", "counted by the second"];
    first.sees(&both).await;
    second.sees(&both).await;
    until_proven(&first, id(&second)).await;
    until_proven(&second, id(&first)).await;
    for place in [&first, &second] {
        assert!(place.0.status().peers.iter().all(|peer| !peer.central), "nobody of them is central");
    }
    let neighbours = second.network().neighbours;
    assert_eq!(neighbours.len(), 1);
    assert_eq!((neighbours[0].found_by, neighbours[0].dial.state), (FoundBy::Hand, DialState::Connected));
    assert_eq!(neighbours[0].dial.device, Some(id(&first)));
    end([first, second]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_that_name_each_other_settle_on_one_connection() {
    let authority = Authority::new();
    // Held until the second device takes it.
    let held = UdpSocket::bind(loopback()).expect("a port");
    let second_at = held.local_addr().expect("bound");
    let first = device(authority.device(), naming(second_at)).await;
    first.write("one").await.expect("written");
    let identity = authority.device();
    let open = in_memory(identity.device(), false);
    let mut network = dialing(identity, loopback());
    network.centrals.clear();
    network.bind = second_at;
    network.tcp = false;
    network.neighbours = Some(naming(first.address()));
    drop(held);
    let second = Place::start(options(open, Some(network))).await;
    second.write("two").await.expect("written");
    for (place, other) in [(&first, &second), (&second, &first)] {
        place.sees(&["one", "two"]).await;
        until_proven(place, id(other)).await;
        let is_settled = |network: &NetworkStatus| {
            network.links.len() == 1 && network.neighbours[0].dial.state == DialState::Connected
        };
        place.until_network(is_settled, "for one connection").await;
    }
    end([first, second]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_meet_over_tcp_where_udp_does_not_pass() {
    let authority = Authority::new();
    let first = device(authority.device(), alone()).await;
    let (address, forwarding) = only_tcp(first.address()).await;
    let second = device(authority.device(), naming(address)).await;
    second.write("around the wall").await.expect("written");
    first.sees(&["around the wall"]).await;
    assert_eq!(second.network().links[0].carrier, CarrierKind::Tcp);
    end([first, second]).await;
    forwarding.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supplier_and_a_customer_exchange_their_transfer_and_nothing_else() {
    let authority = Authority::new();
    let (supplier, customer, third) = (authority.device(), authority.device(), authority.device());
    let [from, to, third] = [&supplier, &customer, &third].map(|identity| short(identity.device()));
    let (own, own_too) = (format!("store/{from}"), format!("store/{to}"));
    let (transfer, elsewhere) = (format!("transfer/{from}/{to}"), format!("transfer/{from}/{third}"));
    let supplier = device(supplier, alone()).await;
    supplier.write_in(&own, "the supplier's stock").await;
    supplier.write_in(&transfer, "shipped").await;
    supplier.write_in(&elsewhere, "shipped to somebody else").await;
    let customer = device(customer, naming(supplier.address())).await;
    customer.write_in(&own_too, "the customer's stock").await;
    customer.write_in(&transfer, "ordered").await;

    customer.sees(&["ordered", "shipped", "the customer's stock"]).await;
    supplier.sees(&["ordered", "shipped", "shipped to somebody else", "the supplier's stock"]).await;
    until_proven(&customer, id(&supplier)).await;
    until_proven(&supplier, id(&customer)).await;
    assert_eq!(customer.notes(), ["ordered", "shipped", "the customer's stock"]);
    assert_eq!(customer.0.status().peers[0].refused_here, 0, "nothing was sent that had to be refused");
    end([supplier, customer]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_connection_ends_when_a_revocation_arrives_and_the_device_stays_out() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let keeper = device_of(&central, authority.device(), alone()).await;
    let lost = device(authority.device(), naming(keeper.address())).await;
    keeper.has_met().await;
    until_proven(&lost, id(&keeper)).await;
    central.revoke(id(&lost)).await;
    until_it_fails(&lost, "revoked-device").await;
    lost.write("not to be heard").await.expect("written");
    let refused = keeper.network().counts.refused;
    lost.0.sync_now();
    keeper.until_network(|network| network.counts.refused > refused, "for it to come again").await;
    assert!(keeper.notes().is_empty());
    end([lost, keeper, central]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_ends_when_whoever_dialled_hears_of_the_revocation() {
    let authority = Authority::new();
    let lost = device(authority.device(), alone()).await;
    let keeper = device(authority.device(), naming(lost.address())).await;
    until_proven(&keeper, id(&lost)).await;
    keeper.revoke(id(&lost)).await;
    until_it_fails(&keeper, code::NEIGHBOUR_REVOKED).await;
    keeper.until_network(|network| network.links.is_empty(), "for the revoked to be gone").await;
    end([lost, keeper]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_nobody_has_told_of_waits_until_it_is_introduced() {
    let authority = Authority::new();
    let (host, guest) = (authority.device(), authority.device());
    let (host_id, guest_id) = (host.device(), guest.device());
    let host = device(host, knowing(registry_of_introduced(), alone())).await;
    let guest = device(guest, knowing(registry_of_introduced(), naming(host.address()))).await;
    guest.write("from the guest").await.expect("written");
    // First the guest knows nobody and breaks off; then the host does not know the guest.
    until_it_fails(&guest, code::DEVICE_NOT_KNOWN_YET).await;
    guest.introduce(host_id).await;
    guest.0.sync_now();
    host.until_network(|network| network.counts.refused > 0, "for the guest to be turned away").await;
    assert!(host.0.status().peers.is_empty() && host.notes().is_empty());
    host.introduce(guest_id).await;
    guest.0.sync_now();
    host.sees(&["from the guest"]).await;
    end([host, guest]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbour_is_never_central_whatever_anybody_says() {
    let authority = Authority::new();
    let all_central: Registry =
        Arc::new(|_: &dyn ViewRead, _| Ok::<PeerRole, RefusedPeer>(PeerRole::Central));
    let first = device(authority.device(), knowing(all_central.clone(), alone())).await;
    let second = device(authority.device(), knowing(all_central, naming(first.address()))).await;
    second.write("take me for central").await.expect("written");
    until_it_fails(&second, code::CENTRAL_AS_NEIGHBOUR).await;
    assert!(first.0.status().peers.is_empty() && first.notes().is_empty());
    // One that believes everybody is refused by one that does not.
    let third = device(authority.device(), naming(first.address())).await;
    until_it_fails(&third, code::CENTRAL_AS_NEIGHBOUR).await;
    assert!(third.0.status().peers.iter().all(|peer| !peer.central));
    end([first, second, third]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_takes_neighbours_is_not_taken_for_central() {
    let authority = Authority::new();
    let impostor = device(authority.device(), alone()).await;
    let site = Place::device(authority.device(), &impostor).await;
    site.write("for central alone").await.expect("written");
    site.until_dial_fails("certificate-invalid").await;
    assert!(impostor.0.status().peers.is_empty() && impostor.notes().is_empty());
    end([site, impostor]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_of_another_authority_is_refused_on_both_sides() {
    let (authority, other) = (Authority::new(), Authority::new());
    let host = device(authority.device(), alone()).await;
    let stranger = device(other.device_trusting(&authority), naming(host.address())).await;
    stranger.write("let me in").await.expect("written");
    until_it_fails(&stranger, "certificate-invalid").await;
    host.until_network(|network| network.counts.handshakes_failed > 0, "for the count").await;
    // And whoever dials the stranger finds out before a byte of a frame is said.
    let deceived = device(authority.device(), naming(stranger.address())).await;
    deceived.write("a secret").await.expect("written");
    until_it_fails(&deceived, "certificate-invalid").await;
    for place in [&host, &deceived] {
        assert!(place.0.status().peers.is_empty());
    }
    assert!(host.notes().is_empty() && stranger.notes() == ["let me in"]);
    end([host, stranger, deceived]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbour_that_is_this_very_device_is_hung_up_on() {
    let authority = Authority::new();
    let identity = authority.device();
    let here = device(identity.clone(), alone()).await;
    let twin = device(identity, naming(here.address())).await;
    until_it_fails(&twin, code::SELF_CONNECTION).await;
    end([here, twin]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_find_each_other_and_a_silent_one_and_other_systems_stay_unfound() {
    const PORT: u16 = 15_401;
    let (authority, foreign) = (Authority::new(), Authority::new());
    let ours = system();
    let silent = device(authority.device(), alone()).await;
    let elsewhere = device(foreign.device(), searching(PORT, system())).await;
    let first = device(authority.device(), searching(PORT, ours)).await;
    let second = device(authority.device(), searching(PORT, ours)).await;
    first.write("one").await.expect("written");
    second.write("two").await.expect("written");
    first.sees(&["one", "two"]).await;
    second.sees(&["one", "two"]).await;
    for (place, other) in [(&first, &second), (&second, &first)] {
        until_proven(place, id(other)).await;
        until_found(place).await;
        let network = place.network();
        assert_eq!(found(&network), [id(other)], "nobody else was found");
        assert_eq!(network.neighbours[0].found_by, FoundBy::Lan);
        assert_eq!(network.lan.state, LanState::Searching);
        assert_eq!(network.links.len(), 1, "one connection is enough");
        assert_eq!(network.links[0].dialed, id(place) < id(other), "the lower device id dials");
    }
    let network = silent.network();
    assert_eq!(network.lan.state, LanState::Off);
    assert!(network.neighbours.is_empty() && network.links.is_empty());
    assert!(elsewhere.network().neighbours.is_empty());
    end([silent, elsewhere, first, second]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_of_the_network_cuts_neighbours_and_they_find_each_other_again() {
    const PORT: u16 = 15_402;
    let (authority, ours) = (Authority::new(), system());
    let first = device(authority.device(), searching(PORT, ours)).await;
    let second = device(authority.device(), searching(PORT, ours)).await;
    first.write("before").await.expect("written");
    second.sees(&["before"]).await;
    let link = first.0.link().expect("a network");
    link.cut();
    let is_alone = |network: &NetworkStatus| {
        network.links.is_empty() && network.neighbours.is_empty() && network.lan.state == LanState::Waiting
    };
    first.until_network(is_alone, "to be alone").await;
    first.write("while cut").await.expect("written");
    link.restore();
    second.sees(&["before", "while cut"]).await;
    end([first, second]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_on_the_local_network_keeps_nobody_from_finding_each_other() {
    const PORT: u16 = 15_403;
    let (authority, ours) = (Authority::new(), system());
    let first = device(authority.device(), searching(PORT, ours)).await;
    let searches = |network: &NetworkStatus| network.lan.state == LanState::Searching;
    first.until_network(searches, "for the search to begin").await;
    let shouting = shout(PORT, ours);
    let second = device(authority.device(), searching(PORT, ours)).await;
    second.write("through the noise").await.expect("written");
    first.sees(&["through the noise"]).await;
    for (place, other) in [(&first, &second), (&second, &first)] {
        until_found(place).await;
        assert_eq!(found(&place.network()), [id(other)]);
    }
    end([first, second]).await;
    let _ = shouting.shutdown();
}

/// Says what is no multicast DNS, and what is and makes no sense.
fn shout(port: u16, system: SystemId) -> ServiceDaemon {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    let group = (Ipv4Addr::new(224, 0, 0, 251), port);
    let headers = [[0; 12], [0xff; 12], [0, 0, 0x84, 0, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]];
    for header in headers {
        for length in [0, 1, 11, 12, 300, 1400] {
            let datagram: Vec<u8> = header.iter().cycle().take(length).copied().collect();
            // Where the group cannot be reached, the other half still shouts.
            let _ = socket.send_to(&datagram, group);
        }
    }
    let daemon = ServiceDaemon::new_with_port(port).expect("a thread");
    daemon.disable_interface(IfKind::All).expect("told");
    daemon.enable_interface(IfKind::LoopbackV4).expect("told");
    let long = "x".repeat(200);
    let system = system.to_string();
    let no_device: [&[(&str, &str)]; 5] = [
        &[],
        &[("v", "2")],
        &[("v", "two"), ("s", "seven"), ("d", "one")],
        &[("v", "2"), ("s", &system), ("d", &long)],
        &[("v", "999"), ("s", &system), ("d", "00000000-0000-0000-0000-000000000001")],
    ];
    for (number, values) in no_device.into_iter().enumerate() {
        let (name, host) = (format!("nonsense {number}"), format!("nonsense-{number}.local."));
        let service = ServiceInfo::new("_tributary._udp.local.", &name, &host, "127.0.0.1", 1, values)
            .expect("a record");
        daemon.register(service).expect("told");
    }
    daemon
}
