//! A central with its authority and devices, as the tests need them.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crdt_store::{
    Author, DeviceId, Document, DocumentId, Map, OpenOptions, Origin, Projection, Refusal, Route, Row,
    Schema, Scope, Store, StoreError, Timestamp, Totals, Value, View, ViewRead, ViewReadExt,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, PKCS_ED25519, SubjectPublicKeyInfo,
};
use tokio::sync::broadcast;

use crate::code;
use crate::config::NodeConfig;
use crate::enrolment::EnrolmentDesk;
use crate::registry::{PeerRole, RefusedPeer, Registry};
use crate::shell::{
    CENTRAL_NAME, CentralAddress, Clock, DeviceKey, ExecuteError, Identity, NetworkOptions, NetworkStatus,
    NodeHandle, Profile, Reception, Recovery, Reopen, StartError, StartOptions, random_seed, start,
};
use crate::status::LinkState;

/// Far above what any step takes, even on a machine that does ten other things.
pub(super) const LONG: Duration = Duration::from_secs(120);

const NOTES: View = View("view/notes");
const REVOKED: View = View("view/revoked");
const INTRODUCED: View = View("view/introduced");

/// Notes, devices that were revoked, and devices that were introduced. A note belongs to everybody, or to the devices
/// that its scope names.
pub(super) struct Notes;

impl Schema for Notes {
    fn version(&self) -> u32 {
        1
    }

    fn views(&self) -> &'static [View] {
        &[NOTES, REVOKED, INTRODUCED]
    }

    fn route(&self, _: DocumentId, root: &Map) -> Option<Route> {
        let scope = match root.get("scope").and_then(Value::as_text) {
            Some(scope) => Scope::new(scope.as_bytes()).ok()?,
            None => for_all(),
        };
        Some(Route { class: root.get("class")?.as_text()?.to_owned(), scope })
    }

    fn project(&self, document: &Document) -> Projection {
        let text = document.at(&["text"]).and_then(Value::as_text).unwrap_or_default();
        let id = document.id.as_bytes();
        let row = match document.at(&["device"]).and_then(Value::as_bytes) {
            Some(device) => {
                let view = if document.class == "introduction" { INTRODUCED } else { REVOKED };
                Row { view, key: [device, id].concat(), value: Vec::new() }
            }
            None => Row { view: NOTES, key: id.to_vec(), value: text.as_bytes().to_vec() },
        };
        Projection { rows: vec![row], sums: Vec::new() }
    }

    fn derive(&self, _: View, _: &[u8], _: &Totals) -> Vec<Row> {
        Vec::new()
    }

    fn check(
        &self,
        _: &dyn ViewRead,
        _: &Origin,
        _: Option<&Document>,
        _: &Document,
    ) -> Result<Result<(), Refusal>, StoreError> {
        Ok(Ok(()))
    }

    fn is_central(&self, _: &dyn ViewRead, _: DeviceId) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn is_urgent(&self, _: &str) -> bool {
        true
    }

    fn may_read(&self, _: &dyn ViewRead, device: DeviceId, scope: &Scope) -> Result<bool, StoreError> {
        let names = String::from_utf8_lossy(scope.as_bytes()).contains(&short(device));
        Ok(names || *scope == for_all())
    }

    fn scope_name(&self, _: &dyn ViewRead, _: &Scope) -> String {
        "all".to_owned()
    }
}

/// The beginning of a device's id, which is what fits into the name of a scope.
pub(super) fn short(device: DeviceId) -> String {
    device.to_string()[..8].to_owned()
}

fn for_all() -> Scope {
    Scope::new(b"all").expect("a name")
}

/// Whether a view says something of a device.
fn says(views: &dyn ViewRead, view: View, device: DeviceId) -> Result<bool, RefusedPeer> {
    let mut said = false;
    views
        .scan_prefix(view, device.as_bytes(), &mut |_, _| {
            said = true;
            ControlFlow::Break(())
        })
        .map_err(|error| RefusedPeer { code: "registry-unavailable", detail: error.to_string() })?;
    Ok(said)
}

/// Everybody but the revoked.
pub(super) fn registry() -> Registry {
    Arc::new(|views: &dyn ViewRead, device: DeviceId| match says(views, REVOKED, device)? {
        true => Err(RefusedPeer { code: "revoked-device", detail: "for a test".to_owned() }),
        false => Ok(PeerRole::Device { name: Some("device".to_owned()) }),
    })
}

/// Those who were introduced.
pub(super) fn registry_of_introduced() -> Registry {
    Arc::new(|views: &dyn ViewRead, device: DeviceId| match says(views, INTRODUCED, device)? {
        true => Ok(PeerRole::Device { name: None }),
        false => Err(RefusedPeer { code: code::DEVICE_NOT_KNOWN_YET, detail: "for a test".to_owned() }),
    })
}

/// An authority: what `central` has, in the little that a test needs.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Vec<u8>,
}

impl Authority {
    pub(super) fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let certificate = params.self_signed(&key).expect("signed");
        Self { issuer: Issuer::new(params, key), certificate: certificate.der().to_vec() }
    }

    pub(super) fn certificate(&self) -> Vec<u8> {
        self.certificate.clone()
    }

    pub(super) fn certify_request(&self, request: &[u8]) -> Vec<u8> {
        let request = CertificateSigningRequestParams::from_der(&request.into()).expect("a request");
        self.sign(&request.public_key, &[ExtendedKeyUsagePurpose::ClientAuth])
    }

    fn sign(&self, key: &impl rcgen::PublicKeyData, usages: &[ExtendedKeyUsagePurpose]) -> Vec<u8> {
        let mut params = CertificateParams::new(vec![CENTRAL_NAME.to_owned()]).expect("a name");
        params.extended_key_usages = usages.to_vec();
        params.signed_by(key, &self.issuer).expect("signed").der().to_vec()
    }

    pub(super) fn central(&self) -> Identity {
        let key = DeviceKey::generate().expect("a key");
        let public = SubjectPublicKeyInfo::from_der(&key.public_key_info()).expect("a public key");
        let usages = [ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        Identity::new(key, self.sign(&public, &usages), self.certificate()).expect("its own")
    }

    pub(super) fn device(&self) -> Identity {
        let key = DeviceKey::generate().expect("a key");
        let certificate = self.certify_request(&key.certificate_request().expect("signed"));
        Identity::new(key, certificate, self.certificate()).expect("its own")
    }

    /// A device certified here that trusts, and wants to be let in by, another authority.
    pub(super) fn device_trusting(&self, other: &Authority) -> Identity {
        let mut identity = self.device();
        identity.authority = other.certificate().into();
        identity
    }
}

pub(super) fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

pub(super) fn in_memory(device: DeviceId, central: bool) -> Reopen {
    Box::new(move || {
        let options = OpenOptions::memory().device(device).central(central).seed(random_seed());
        Store::open(options, Arc::new(Notes))
    })
}

pub(super) fn on_disk(path: &Path, device: DeviceId, central: bool) -> Reopen {
    let path = path.to_owned();
    Box::new(move || {
        let options = OpenOptions::file(&path).device(device).central(central).seed(random_seed());
        Store::open(options, Arc::new(Notes))
    })
}

pub(super) fn options(open: Reopen, network: Option<NetworkOptions>) -> StartOptions {
    StartOptions {
        node: NodeConfig::new(Arc::new(Notes)),
        open,
        recovery: Recovery::default(),
        clock: Clock::start(),
        network,
        courier: None,
    }
}

pub(super) fn reception(enrolment: Option<EnrolmentDesk>) -> Option<Reception> {
    Some(Reception { registry: registry(), enrolment })
}

/// A running node with the short verbs of a test.
#[derive(Clone)]
pub(super) struct Place(pub(super) NodeHandle);

impl Place {
    pub(super) async fn start(options: StartOptions) -> Self {
        Self(start(options).await.expect("starts"))
    }

    pub(super) async fn central(authority: &Authority) -> Self {
        Self::central_with(authority, None).await
    }

    pub(super) async fn central_with(authority: &Authority, enrolment: Option<EnrolmentDesk>) -> Self {
        Self(Self::start_central(authority, enrolment, loopback()).await.expect("starts"))
    }

    /// A central at an address that may be taken.
    pub(super) async fn try_central_at(
        authority: &Authority,
        address: SocketAddr,
    ) -> Result<Self, StartError> {
        Self::start_central(authority, None, address).await.map(Self)
    }

    async fn start_central(
        authority: &Authority,
        enrolment: Option<EnrolmentDesk>,
        bind: SocketAddr,
    ) -> Result<NodeHandle, StartError> {
        let identity = authority.central();
        let open = in_memory(identity.device(), true);
        let network = NetworkOptions {
            identity,
            bind,
            profile: Profile::Fast,
            contact: crate::shell::Contact::Held,
            tcp: true,
            congestion: crate::shell::Congestion::default(),
            reception: reception(enrolment),
            centrals: Vec::new(),
            neighbours: None,
        };
        start(options(open, Some(network))).await
    }

    /// A device that dials `central`.
    pub(super) async fn device(identity: Identity, central: &Self) -> Self {
        Self::device_at(identity, central.address()).await
    }

    /// A device that dials an address.
    pub(super) async fn device_at(identity: Identity, address: SocketAddr) -> Self {
        let open = in_memory(identity.device(), false);
        Self::start(options(open, Some(dialing(identity, address)))).await
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.network().address.expect("bound")
    }

    pub(super) fn network(&self) -> NetworkStatus {
        self.0.network().expect("a network")
    }

    pub(super) async fn write(&self, text: &str) -> Result<DocumentId, ExecuteError> {
        let text = text.to_owned();
        self.create(vec![("class", Value::from("note")), ("text", Value::from(text.as_str()))]).await
    }

    /// Writes a note of some devices only.
    pub(super) async fn write_in(&self, scope: &str, text: &str) {
        let leaves = [("class", "note"), ("scope", scope), ("text", text)];
        let leaves = leaves.map(|(name, value)| (name, Value::from(value)));
        self.create(leaves.to_vec()).await.expect("written");
    }

    pub(super) async fn revoke(&self, device: DeviceId) {
        self.say_of(device, "revocation").await;
    }

    pub(super) async fn introduce(&self, device: DeviceId) {
        self.say_of(device, "introduction").await;
    }

    async fn say_of(&self, device: DeviceId, class: &str) {
        let device = Value::Bytes(device.as_bytes().to_vec());
        self.create(vec![("class", Value::from(class)), ("device", device)]).await.expect("written");
    }

    async fn create(&self, leaves: Vec<(&'static str, Value)>) -> Result<DocumentId, ExecuteError> {
        self.0
            .execute(None, Author::default(), move |txn| {
                let id = txn.new_id();
                txn.create(id, leaves.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
                Ok(id)
            })
            .await
    }

    /// All notes, in the order of their ids.
    pub(super) fn notes(&self) -> Vec<String> {
        let snapshot = self.0.reader().snapshot().expect("readable");
        let mut notes = Vec::new();
        snapshot
            .scan_prefix(NOTES, &[], &mut |_, text| {
                notes.push(String::from_utf8_lossy(text).into_owned());
                ControlFlow::Continue(())
            })
            .expect("readable");
        notes.sort();
        notes
    }

    /// Waits until this node has exactly these notes, event by event.
    pub(super) async fn sees(&self, expected: &[&str]) {
        self.until_event(|place| place.notes() == expected, "to see the notes").await;
    }

    /// Waits until this node has met a peer and has nothing left to say to it.
    pub(super) async fn has_met(&self) {
        let met = |place: &Self| place.0.status().peers.iter().any(|peer| peer.link == LinkState::Quiet);
        self.until_event(met, "to meet somebody").await;
    }

    /// Waits until `holds`, looking again at each event of the node.
    pub(super) async fn until_event(&self, holds: impl Fn(&Self) -> bool, what: &str) {
        let mut events = self.0.subscribe();
        let wait = async {
            while !holds(self) {
                match events.recv().await {
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => panic!("the node went away, waiting {what}"),
                }
            }
        };
        if tokio::time::timeout(LONG, wait).await.is_err() {
            panic!("waited {what}: {:?} {:#?} {:#?}", self.notes(), self.0.status(), self.network());
        }
    }

    /// Waits until `holds` of the network's status.
    pub(super) async fn until_network(&self, holds: impl Fn(&NetworkStatus) -> bool, what: &str) {
        let mut changes = self.0.network_changes().expect("a network");
        let wait = async {
            changes.mark_changed();
            while changes.changed().await.is_ok() && !holds(&self.network()) {}
        };
        if tokio::time::timeout(LONG, wait).await.is_err() {
            panic!("waited {what}: {:#?}", self.network());
        }
    }

    /// Waits until the latest error in dialling has this code.
    pub(super) async fn until_dial_fails(&self, code: &str) {
        let failed =
            |status: &NetworkStatus| status.dials[0].last_error.as_ref().is_some_and(|it| it.code == code);
        self.until_network(failed, code).await;
    }
}

pub(super) fn dialing(identity: Identity, central: SocketAddr) -> NetworkOptions {
    NetworkOptions {
        identity,
        bind: loopback(),
        profile: Profile::Fast,
        contact: crate::shell::Contact::Held,
        tcp: true,
        congestion: crate::shell::Congestion::default(),
        reception: None,
        centrals: vec![CentralAddress::from(central)],
        neighbours: None,
    }
}

pub(super) fn now() -> Timestamp {
    Clock::start().wall()
}
