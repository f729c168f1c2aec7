//! Where UDP does not pass: the same over TLS and TCP.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::country::{Authority, LONG, Place, loopback};
use crate::shell::CarrierKind;

/// A port at which TCP leads to `central` and UDP to nothing.
pub(super) async fn only_tcp(central: SocketAddr) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind(loopback()).await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let forwarding = tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            tokio::spawn(async move {
                if let Ok(mut far) = TcpStream::connect(central).await {
                    // It ends when either end does.
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                }
            });
        }
    });
    (address, forwarding)
}

/// A device that reaches central over TCP alone.
async fn behind_a_wall(authority: &Authority, central: &Place) -> (Place, JoinHandle<()>) {
    let (address, forwarding) = only_tcp(central.address()).await;
    (Place::device_at(authority.device(), address).await, forwarding)
}

fn carriers(place: &Place) -> Vec<CarrierKind> {
    place.network().links.iter().map(|link| link.carrier).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_udp_does_not_pass_the_same_is_said_over_tcp() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    central.write("from central").await.expect("written");
    let (site, forwarding) = behind_a_wall(&authority, &central).await;
    site.write("from behind the wall").await.expect("written");
    let both = ["from behind the wall", "from central"];
    site.sees(&both).await;
    central.sees(&both).await;
    assert_eq!(carriers(&site), [CarrierKind::Tcp]);
    assert_eq!(carriers(&central), [CarrierKind::Tcp]);
    let sent = site.network().links[0].bytes_sent;
    assert!(sent > 500, "a certificate and a frame are counted, {sent} bytes");
    central.write("live").await.expect("written");
    site.sees(&["from behind the wall", "from central", "live"]).await;
    site.0.shutdown().await;
    central.until_network(|network| network.links.is_empty(), "for the site to leave").await;
    central.0.shutdown().await;
    forwarding.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_ends_a_connection_over_tcp_and_its_restoration_brings_it_back() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let (site, forwarding) = behind_a_wall(&authority, &central).await;
    site.has_met().await;
    let link = site.0.link().expect("a network");
    link.cut();
    site.until_network(|network| network.links.is_empty(), "for the cut").await;
    site.write("written while cut").await.expect("written");
    link.restore();
    central.sees(&["written while cut"]).await;
    assert_eq!(carriers(&site), [CarrierKind::Tcp], "the way that worked is taken at once");
    site.0.shutdown().await;
    central.0.shutdown().await;
    forwarding.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_device_is_told_over_tcp_too() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let identity = authority.device();
    let device = identity.device();
    let (address, forwarding) = only_tcp(central.address()).await;
    let site = Place::device_at(identity, address).await;
    site.has_met().await;
    central.revoke(device).await;
    site.until_dial_fails("revoked-device").await;
    central.until_network(|network| network.links.is_empty(), "for the revoked to be gone").await;
    site.0.shutdown().await;
    central.0.shutdown().await;
    forwarding.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_certificate_is_refused_over_tcp() {
    let (authority, other) = (Authority::new(), Authority::new());
    let central = Place::central(&authority).await;
    let (address, forwarding) = only_tcp(central.address()).await;
    let intruder = Place::device_at(other.device_trusting(&authority), address).await;
    intruder.write("let me in").await.expect("written");
    central.until_network(|network| network.counts.handshakes_failed > 0, "for the count").await;
    assert!(central.0.status().peers.is_empty());
    assert!(central.notes().is_empty());
    intruder.0.shutdown().await;
    central.0.shutdown().await;
    forwarding.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_tls_is_closed_and_counted() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let mut stream = TcpStream::connect(central.address()).await.expect("connected");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: central\r\n\r\n").await.expect("written");
    let mut answer = Vec::new();
    let read = tokio::time::timeout(LONG, stream.read_to_end(&mut answer)).await.expect("closed");
    // A reset is as good an end as any.
    if read.is_ok() {
        assert!(answer.len() < 64, "an alert at most");
    }
    central.until_network(|network| network.counts.handshakes_failed > 0, "for the count").await;
    let (site, forwarding) = behind_a_wall(&authority, &central).await;
    site.has_met().await;
    site.0.shutdown().await;
    central.0.shutdown().await;
    forwarding.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_for_tcp_is_said() {
    let taken = TcpListener::bind(loopback()).await.expect("a port");
    let address = taken.local_addr().expect("bound");
    let authority = Authority::new();
    let error = Place::try_central_at(&authority, address).await.err().expect("the port is taken");
    assert_eq!(error.code(), "tcp-port");
}
