//! Who is not let in, and what does no harm.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{Connection, ConnectionError, Endpoint};
use rustls::crypto::ring;
use rustls::version::TLS13;

use super::country::{Authority, LONG, Place, dialing, in_memory, loopback, options};
use crate::shell::close::{CloseCode, Ending};
use crate::shell::identity::Identity;
use crate::shell::quic::{Congestion, Profile, client_config};
use crate::shell::{ALPN_SYNC, CENTRAL_NAME, Clock, tls};

/// Dials without any of this project's manners.
async fn dial(address: SocketAddr, tls: QuicClientConfig) -> Result<(Endpoint, Connection), ConnectionError> {
    let endpoint = Endpoint::client(loopback()).expect("a socket");
    let config = client_config(std::sync::Arc::new(tls), Profile::Fast, Congestion::default(), None);
    let connection = endpoint.connect_with(config, address, CENTRAL_NAME).expect("dialled").await?;
    Ok((endpoint, connection))
}

async fn dial_as(address: SocketAddr, identity: &Identity) -> (Endpoint, Connection) {
    let tls = tls::central_client(identity, &Clock::start()).and_then(tls::over_quic);
    let tls = tls.expect("a configuration");
    dial(address, tls).await.expect("connected")
}

/// A client that trusts the authority, asks to replicate, and shows no certificate.
fn nameless(identity: &Identity) -> QuicClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(identity.authority.clone()).expect("a certificate");
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .expect("TLS 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN_SYNC.to_vec()];
    config.try_into().expect("a configuration")
}

async fn ending(connection: &Connection) -> Ending {
    let closed = tokio::time::timeout(LONG, connection.closed()).await.expect("closed");
    Ending::of_connection(&closed)
}

/// Shows that `central` still works, by having a new device meet it.
async fn still_works(authority: &Authority, central: &Place) {
    let site = Place::device(authority.device(), central).await;
    site.has_met().await;
    site.write("still works").await.expect("written");
    central
        .until_event(|place| place.notes().iter().any(|note| note == "still works"), "to still work")
        .await;
    site.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let central = Place::central(&authority).await;
    let intruder = Place::device(other.device_trusting(&authority), &central).await;
    intruder.write("let me in").await.expect("written");
    intruder.until_dial_fails("certificate-invalid").await;
    central.until_network(|network| network.counts.handshakes_failed > 0, "for the count").await;
    assert_eq!(central.network().last_error.expect("noted").code, "certificate-invalid");
    assert!(central.0.status().peers.is_empty());
    still_works(&authority, &central).await;
    assert_eq!(central.notes(), ["still works"]);
    intruder.0.shutdown().await;
    central.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_central_of_another_authority_is_not_believed() {
    let (authority, other) = (Authority::new(), Authority::new());
    let false_central = Place::central(&other).await;
    let site = Place::device(authority.device(), &false_central).await;
    site.write("secret").await.expect("written");
    site.until_dial_fails("certificate-invalid").await;
    let error = site.network().dials[0].last_error.clone().expect("noted");
    assert!(error.next_step.contains("do not belong together"), "{error:?}");
    assert!(false_central.notes().is_empty());
    site.0.shutdown().await;
    false_central.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_not_taken_for_central() {
    let authority = Authority::new();
    let identity = authority.device();
    let open = in_memory(identity.device(), false);
    let mut network = dialing(identity, loopback());
    network.centrals.clear();
    network.reception = super::country::reception(None);
    let impostor = Place::start(options(open, Some(network))).await;
    let site = Place::device(authority.device(), &impostor).await;
    site.until_dial_fails("certificate-invalid").await;
    assert!(impostor.0.status().peers.is_empty());
    site.0.shutdown().await;
    impostor.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_replicates_without_a_certificate() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let (_endpoint, connection) =
        dial(central.address(), nameless(&authority.device())).await.expect("the handshake itself");
    let ending = ending(&connection).await;
    assert_eq!(ending.code, "certificate-required");
    central.until_network(|network| network.counts.refused == 1, "for the count").await;
    assert_eq!(central.network().last_error.expect("noted").code, "certificate-required");
    assert!(central.0.status().peers.is_empty());
    central.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_device_is_put_out_at_once_and_stays_out() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let identity = authority.device();
    let device = identity.device();
    let site = Place::device(identity, &central).await;
    central.write("before").await.expect("written");
    site.sees(&["before"]).await;
    central.revoke(device).await;
    site.until_dial_fails("revoked-device").await;
    central.until_network(|network| network.counts.refused > 0, "for the count").await;
    site.0.sync_now();
    central.until_network(|network| network.counts.refused > 1, "for the second refusal").await;
    central.write("after").await.expect("written");
    still_works(&authority, &central).await;
    assert_eq!(site.notes(), ["before"]);
    site.0.shutdown().await;
    central.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_on_the_port_is_counted_and_harmless() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let socket = UdpSocket::bind(loopback()).expect("a socket");
    let mut bytes = blake3::Hasher::new().finalize_xof();
    for length in [0, 1, 4, 20, 100, 1200, 1472] {
        let mut garbage = vec![0; length];
        socket.send_to(&garbage, central.address()).expect("sent");
        for first in [0x00, 0x40, 0x80, 0xc0, 0xff] {
            bytes.fill(&mut garbage);
            if let Some(byte) = garbage.first_mut() {
                *byte = first;
            }
            socket.send_to(&garbage, central.address()).expect("sent");
        }
    }
    // What comes after the garbage on the same socket is read after it.
    still_works(&authority, &central).await;
    assert!(central.network().traffic.datagrams_foreign >= 20, "{:?}", central.network().traffic);
    central.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_within_a_valid_connection_closes_that_connection_only() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let mut noise = vec![0; 300_000];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    let framed = |body: &[u8]| [&u32::try_from(body.len()).expect("short").to_be_bytes()[..], body].concat();
    let cases: [(&str, Vec<u8>, bool); 6] = [
        ("a length beyond all limits", vec![0xff; 64], false),
        ("an empty frame", vec![0; 4], false),
        ("an unknown format", framed(&noise[..100]), false),
        ("a known format and nonsense", framed(&[&[0x10, 1][..], &noise[..100]].concat()), false),
        ("a large frame of nonsense", framed(&[&[0x11][..], &noise].concat()), false),
        ("a frame that stops", framed(&noise[..100])[..50].to_vec(), true),
    ];
    for (index, (case, bytes, finish)) in cases.iter().enumerate() {
        let (_endpoint, connection) = dial_as(central.address(), &authority.device()).await;
        let (mut send, _receive) = connection.open_bi().await.expect("a stream");
        // The other side may close before all of it is written.
        let _ = send.write_all(bytes).await;
        if *finish {
            send.finish().expect("finished");
        }
        let ending = ending(&connection).await;
        assert!(ending.code.starts_with("frame-"), "{case}: {ending:?}");
        let counted =
            move |network: &crate::shell::NetworkStatus| network.counts.frames_bad == index as u64 + 1;
        central.until_network(counted, case).await;
    }
    let status = central.0.status();
    assert!(status.peers.iter().all(|peer| peer.last_error.is_some()), "{status:#?}");
    still_works(&authority, &central).await;
    central.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_beyond_the_first_and_other_protocols_are_nobodys() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let identity = authority.device();
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .expect("TLS 1.3")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h3".to_vec()];
    let refused =
        dial(central.address(), config.try_into().expect("a configuration")).await.expect_err("refused");
    assert_eq!(Ending::of_connection(&refused).code, "protocol-version");
    let (_endpoint, connection) = dial_as(central.address(), &identity).await;
    for _ in 0..3 {
        let mut lane = connection.open_uni().await.expect("a stream");
        let _ = lane.write_all(&[0; 1000]).await;
    }
    still_works(&authority, &central).await;
    CloseCode::Done.close(&connection);
    central.0.shutdown().await;
}
