//! How a device becomes one of the system's, and how it does not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ciborium::Value as Cbor;
use crdt_store::{DocumentId, Rejection};
use quinn::{Connection, Endpoint, RecvStream, SendStream};

use super::country::{Authority, LONG, Place, dialing, in_memory, loopback, now, options};
use crate::enrolment::{
    EnrolmentCode, EnrolmentDesk, EnrolmentRefusal, Grant, Invitation, Salt, SiteVerifier, SystemId,
};
use crate::shell::identity::device_of;
use crate::shell::pake::{Context, EXPORTER_LABEL, Exchange};
use crate::shell::quic::{Congestion, Profile, client_config, server_config};
use crate::shell::{CENTRAL_NAME, CentralAddress, Clock, DeviceKey, Membership, Wish, enrol, tls};

const SYSTEM: SystemId = SystemId::from_bytes([7; 16]);
const PASSWORD: &str = "mango-rain-42";

fn site() -> DocumentId {
    DocumentId::from_bytes([5; 16])
}

/// A desk that knows the site «Kpu» by its password and answers other names with the refusal they say, before the
/// password («before …») or after it.
fn desk(authority: Arc<Authority>, refusal_after: Option<&'static str>) -> (EnrolmentDesk, Arc<Mutex<u32>>) {
    let admitted = Arc::new(Mutex::new(0));
    let count = admitted.clone();
    let salt = Salt::of(SYSTEM, site());
    let verifier = SiteVerifier::derive(salt, PASSWORD);
    let desk = EnrolmentDesk {
        system: SYSTEM,
        invite: Box::new(move |_, name, _| match name.strip_prefix("before ") {
            Some(code) => Err(EnrolmentRefusal {
                retry_after_ms: Some(1500),
                ..EnrolmentRefusal::new(EnrolmentCode::from_code(code), "for a test")
            }),
            None if name == "Kpu" => Ok(Invitation { site: site(), salt, verifier: verifier.clone() }),
            None => Err(EnrolmentRefusal::new(EnrolmentCode::UnknownSite, "no such site")),
        }),
        admit: Box::new(move |txn, admission| {
            if let Some(code) = refusal_after {
                return Err(Rejection::new(code, "for a test").into());
            }
            *count.lock().expect("no panic") += 1;
            let device_certificate = authority.certify_request(&admission.certificate_request);
            let device = device_of(&device_certificate.clone().into()).expect("a certificate");
            Ok(Grant {
                system: SYSTEM,
                site: admission.site,
                site_name: "Kpu".to_owned(),
                device,
                number_block: 3,
                device_certificate,
                authority_certificate: authority.certificate(),
                granted_at: txn.now(),
            })
        }),
    };
    (desk, admitted)
}

struct Office {
    authority: Arc<Authority>,
    central: Place,
    admitted: Arc<Mutex<u32>>,
}

impl Office {
    async fn open(refusal_after: Option<&'static str>) -> Self {
        let authority = Arc::new(Authority::new());
        let (desk, admitted) = desk(authority.clone(), refusal_after);
        let central = Place::central_with(&authority, Some(desk)).await;
        Self { authority, central, admitted }
    }

    fn wish(&self, site_name: &str, password: &str) -> Wish {
        wish(CentralAddress::from(self.central.address()), site_name, password)
    }

    fn admitted(&self) -> u32 {
        *self.admitted.lock().expect("no panic")
    }
}

fn wish(central: CentralAddress, site_name: &str, password: &str) -> Wish {
    Wish { central, site_name: site_name.to_owned(), password: password.to_owned(), patience: LONG }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_knows_the_password_is_enrolled_and_replicates() {
    let office = Office::open(None).await;
    let directory = tempfile::tempdir().expect("a directory");
    let key = DeviceKey::load_or_create(directory.path()).expect("made");
    let started = std::time::Instant::now();
    let membership = enrol(&key, &office.wish("Kpu", PASSWORD)).await.expect("enrolled");
    println!("enrolment took {:?}", started.elapsed());
    assert_eq!((membership.grant.system, membership.grant.site), (SYSTEM, site()));
    assert_eq!((membership.grant.number_block, membership.grant.device), (3, key.device()));
    assert!(membership.grant.granted_at <= now());
    membership.save(directory.path()).expect("saved");

    // As at the next start: everything from the directory.
    let key = DeviceKey::load_or_create(directory.path()).expect("found");
    let found = Membership::load(directory.path()).expect("read").expect("enrolled");
    assert_eq!(found, membership);
    let identity = found.identity(key).expect("its own");
    let open = in_memory(identity.device(), false);
    let mut network = dialing(identity, loopback());
    network.centrals = vec![found.central.parse().expect("an address")];
    let site = Place::start(options(open, Some(network))).await;
    office.central.write("welcome").await.expect("written");
    site.sees(&["welcome"]).await;
    assert_eq!(office.central.network().counts.enrolled, 1);

    let other = DeviceKey::generate().expect("made");
    assert_eq!(found.identity(other).expect_err("not its own").code(), "identity-other-device");
    site.0.shutdown().await;
    office.central.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_reaches_the_device_by_its_code() {
    let office = Office::open(None).await;
    let key = DeviceKey::generate().expect("made");
    for (name, code) in [
        ("Elsewhere", EnrolmentCode::UnknownSite),
        ("before rate-limited", EnrolmentCode::RateLimited),
        ("before enrolment-closed", EnrolmentCode::EnrolmentClosed),
    ] {
        let refusal = enrol(&key, &office.wish(name, PASSWORD)).await.expect_err("refused");
        assert_eq!(refusal.code, code);
        assert_eq!(refusal.retry_after_ms, name.starts_with("before").then_some(1500));
    }
    let long_name = "x".repeat(1000);
    let refusal = enrol(&key, &office.wish(&long_name, PASSWORD)).await.expect_err("refused");
    assert_eq!(refusal.code, EnrolmentCode::UnknownSite);
    let refusal = enrol(&key, &office.wish("Kpu", "mango-rain-43")).await.expect_err("refused");
    assert_eq!(refusal.code, EnrolmentCode::WrongPassword);
    office.central.until_network(|network| network.counts.enrolments_refused == 5, "for the counts").await;
    assert_eq!(office.admitted(), 0);
    office.central.0.shutdown().await;

    for code in ["site-without-store", "site-already-bound", "device-revoked", "central-failed"] {
        let office = Office::open(Some(code)).await;
        let refusal = enrol(&key, &office.wish("Kpu", PASSWORD)).await.expect_err("refused");
        assert_eq!(refusal.code.as_str(), code);
        // Only who has proven the password learns what is wrong with the site.
        let refusal = enrol(&key, &office.wish("Kpu", "wrong")).await.expect_err("refused");
        assert_eq!(refusal.code, EnrolmentCode::WrongPassword);
        office.central.0.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_central_is_unreachable() {
    let silent = std::net::UdpSocket::bind(loopback()).expect("a socket");
    let address = CentralAddress::from(silent.local_addr().expect("bound"));
    let hasty = Wish { patience: Duration::from_millis(100), ..wish(address, "Kpu", PASSWORD) };
    let key = DeviceKey::generate().expect("made");
    let refusal = enrol(&key, &hasty).await.expect_err("refused");
    assert_eq!(refusal.code, EnrolmentCode::Unreachable);
    let nowhere = wish("quic://nowhere.invalid".parse().expect("an address"), "Kpu", PASSWORD);
    assert_eq!(enrol(&key, &nowhere).await.expect_err("refused").code, EnrolmentCode::Unreachable);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_enrols_nobody_says_so() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let key = DeviceKey::generate().expect("made");
    let wish = wish(CentralAddress::from(central.address()), "Kpu", PASSWORD);
    assert_eq!(enrol(&key, &wish).await.expect_err("refused").code, EnrolmentCode::Malformed);
    assert_eq!(central.network().last_error.expect("noted").code, "no-enrolment-here");
    central.0.shutdown().await;
}

// ---- a device that speaks the protocol by hand ----

async fn by_hand(office: &Office) -> (Endpoint, Connection, SendStream, RecvStream) {
    let endpoint = Endpoint::client(loopback()).expect("a socket");
    let tls = tls::enrolment_client(&Clock::start()).expect("a configuration");
    let config = client_config(std::sync::Arc::new(tls), Profile::Fast, Congestion::default(), None);
    let dialed = endpoint.connect_with(config, office.central.address(), CENTRAL_NAME).expect("dialled");
    let connection = dialed.await.expect("connected");
    let (send, receive) = connection.open_bi().await.expect("a stream");
    (endpoint, connection, send, receive)
}

fn map<const N: usize>(entries: [(&str, Cbor); N]) -> Cbor {
    Cbor::Map(entries.into_iter().map(|(key, value)| (Cbor::from(key), value)).collect())
}

fn hello(version: u16) -> Cbor {
    map([("versions", Cbor::Array(vec![version.into()])), ("site_name", "Kpu".into())])
}

async fn say(send: &mut SendStream, message: &Cbor) {
    let mut bytes = Vec::new();
    ciborium::into_writer(message, &mut bytes).expect("encodes");
    let length = u16::try_from(bytes.len()).expect("short").to_be_bytes();
    send.write_all(&[&length[..], &bytes].concat()).await.expect("sent");
}

async fn hear(receive: &mut RecvStream) -> (Cbor, Vec<u8>) {
    let mut length = [0; 2];
    receive.read_exact(&mut length).await.expect("an answer");
    let mut bytes = vec![0; u16::from_be_bytes(length).into()];
    receive.read_exact(&mut bytes).await.expect("an answer");
    (ciborium::from_reader(&bytes[..]).expect("CBOR"), bytes)
}

fn field<'a>(map: &'a Cbor, key: &str) -> &'a Cbor {
    let found = map.as_map().expect("a map").iter().find(|(name, _)| name.as_text() == Some(key));
    &found.unwrap_or_else(|| panic!("no {key} in {map:?}")).1
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_know_the_password_learns_nothing() {
    let office = Office::open(None).await;
    let (_endpoint, connection, mut send, mut receive) = by_hand(&office).await;
    say(&mut send, &hello(1)).await;
    let (answer, bytes) = hear(&mut receive).await;
    let challenge = field(&answer, "Challenge");
    let keys: Vec<_> =
        challenge.as_map().expect("a map").iter().filter_map(|(key, _)| key.as_text()).collect();
    assert_eq!(keys, ["version", "system", "salt", "share"]);
    let verifier = SiteVerifier::derive(Salt::of(SYSTEM, site()), PASSWORD);
    assert!(!contains(&bytes, verifier.as_bytes()) && !contains(&bytes, site().as_bytes()));

    let exchange = Exchange::device(&SiteVerifier::derive(Salt::of(SYSTEM, site()), "a guess"));
    let share = Cbor::Bytes(exchange.share().into_vec());
    let mut exporter = [0; 32];
    connection.export_keying_material(&mut exporter, EXPORTER_LABEL, b"").expect("exported");
    let salt = field(challenge, "salt").as_bytes().expect("bytes").clone();
    let context = Context { exporter, version: 1, system: SYSTEM, salt: &salt, site_name: "Kpu" };
    let central_share = field(challenge, "share").as_bytes().expect("bytes").clone();
    let proofs = exchange.finish(&central_share, &context).expect("a share");
    let request = DeviceKey::generate().expect("made").certificate_request().expect("signed");
    let mac = Cbor::Bytes(proofs.of_device(&request).to_vec());
    say(&mut send, &map([("share", share), ("request", Cbor::Bytes(request)), ("mac", mac)])).await;
    let (answer, bytes) = hear(&mut receive).await;
    let refused = field(&answer, "Refused");
    assert_eq!(field(refused, "code").as_text(), Some("wrong-password"));
    assert!(bytes.len() < 100, "a code and a sentence: {answer:?}");
    for secret in [&office.authority.certificate()[..64], site().as_bytes(), verifier.as_bytes()] {
        assert!(!contains(&bytes, secret));
    }
    assert!(receive.read_to_end(1000).await.expect("the end").is_empty());
    assert_eq!(office.admitted(), 0);
    office.central.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_of_the_future_is_told_that_it_is_one() {
    let office = Office::open(None).await;
    let (_endpoint, _connection, mut send, mut receive) = by_hand(&office).await;
    say(&mut send, &hello(99)).await;
    let (answer, _) = hear(&mut receive).await;
    assert_eq!(field(field(&answer, "Refused"), "code").as_text(), Some("incompatible-version"));
    office.central.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_at_the_desk_is_answered_counted_and_harmless() {
    let office = Office::open(None).await;
    let noise: Vec<u8> = (0..2000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let cases = [vec![0xff; 10], vec![0, 0], [&[0x01, 0x00][..], &noise[..256]].concat(), vec![0, 9, 1, 2]];
    for (index, bytes) in cases.iter().enumerate() {
        let (_endpoint, _connection, mut send, mut receive) = by_hand(&office).await;
        send.write_all(bytes).await.expect("sent");
        send.finish().expect("finished");
        let (answer, _) = hear(&mut receive).await;
        assert_eq!(field(field(&answer, "Refused"), "code").as_text(), Some("malformed"));
        let counted = move |network: &crate::shell::NetworkStatus| {
            network.counts.enrolments_refused == index as u64 + 1
        };
        office.central.until_network(counted, "for the count").await;
    }
    // A proof whose share is none.
    let (_endpoint, _connection, mut send, mut receive) = by_hand(&office).await;
    say(&mut send, &hello(1)).await;
    hear(&mut receive).await;
    let bytes = |length| Cbor::Bytes(noise[..length].to_vec());
    say(&mut send, &map([("share", bytes(33)), ("request", bytes(200)), ("mac", bytes(32))])).await;
    let (answer, _) = hear(&mut receive).await;
    assert_eq!(field(field(&answer, "Refused"), "code").as_text(), Some("malformed"));

    let key = DeviceKey::generate().expect("made");
    enrol(&key, &office.wish("Kpu", PASSWORD)).await.expect("still works");
    office.central.0.shutdown().await;
}

// ---- somebody in between ----

/// Copies one direction until it ends.
async fn relay(mut from: RecvStream, mut to: SendStream) {
    let mut buffer = [0; 4096];
    while let Ok(Some(length)) = from.read(&mut buffer).await {
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
    let _ = to.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_relays_between_device_and_central_gets_nothing_even_with_the_right_password() {
    let office = Office::open(None).await;
    let mallory = Authority::new();
    let tls = tls::server(&mallory.central(), &Clock::start()).expect("a configuration");
    let between = Endpoint::server(server_config(tls, Congestion::default()), loopback()).expect("a socket");
    let address = CentralAddress::from(between.local_addr().expect("bound"));
    let central = by_hand(&office).await;
    let relaying = tokio::spawn(async move {
        let connection = between.accept().await.expect("a device").await.expect("connected");
        let (to_device, from_device) = connection.accept_bi().await.expect("a stream");
        let (_endpoint, _connection, to_central, from_central) = central;
        tokio::join!(relay(from_device, to_central), relay(from_central, to_device));
        connection.closed().await;
    });
    let key = DeviceKey::generate().expect("made");
    let refusal = enrol(&key, &wish(address, "Kpu", PASSWORD)).await.expect_err("refused");
    assert_eq!(refusal.code, EnrolmentCode::WrongPassword);
    assert_eq!(office.admitted(), 0, "central granted nothing to whoever relayed");
    office.central.until_network(|network| network.counts.enrolments_refused == 1, "for the count").await;
    relaying.abort();
    office.central.0.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_false_central_without_the_password_enrols_nobody() {
    let (authority, other) = (Arc::new(Authority::new()), Arc::new(Authority::new()));
    // It knows the site and everything but the password.
    let (mut desk, _) = desk(other.clone(), None);
    let salt = Salt::of(SYSTEM, site());
    desk.invite = Box::new(move |_, _, _| {
        Ok(Invitation { site: site(), salt, verifier: SiteVerifier::derive(salt, "its guess") })
    });
    let false_central = Place::central_with(&authority, Some(desk)).await;
    let key = DeviceKey::generate().expect("made");
    let wish = wish(CentralAddress::from(false_central.address()), "Kpu", PASSWORD);
    let refusal = enrol(&key, &wish).await.expect_err("refused");
    assert_eq!(refusal.code, EnrolmentCode::WrongPassword);
    false_central.0.shutdown().await;
}
