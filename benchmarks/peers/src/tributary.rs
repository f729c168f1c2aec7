//! Tributary: two nodes as the program runs them, over QUIC with certificates of a real authority, each with its
//! database in a file. Bytes are the payloads of datagrams at the site's socket: everything that QUIC sends, with the
//! handshake, TLS, and acknowledgements.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use central::authority::Authority;
use crdt_store::{
    Author, DeviceId, Document, DocumentId, Map, OpenOptions, Origin, Projection, Refusal, Route, Row,
    Schema, Scope, Store, StoreError, Totals, Value, View, ViewRead,
};
use replication::registry::PeerRole;
use replication::shell::{Contact, 
    CentralAddress, Clock, Congestion, DeviceKey, Identity, LinkSwitch, NetworkOptions, NodeHandle, Profile,
    Reception, Recovery, StartOptions, random_seed, start,
};
use replication::{LinkState, NodeConfig};

use crate::job::{self, Edit, Fields, Job, NOTE};
use crate::link::{Link, Way, loopback};
use crate::stages::{Failure, Peers, Touched, Traffic};

/// Documents made in one transaction.
const MADE_AT_ONCE: usize = 500;
/// A status may change without an event; it is looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// One scope that everybody reads; no views, as the other system has none.
struct StockLines;

impl Schema for StockLines {
    fn version(&self) -> u32 {
        1
    }

    fn views(&self) -> &'static [View] {
        &[]
    }

    fn route(&self, _: DocumentId, root: &Map) -> Option<Route> {
        let class = root.get("class")?.as_text()?.to_owned();
        Some(Route { class, scope: scope() })
    }

    fn project(&self, _: &Document) -> Projection {
        Projection::default()
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
        false
    }

    fn may_read(&self, _: &dyn ViewRead, _: DeviceId, _: &Scope) -> Result<bool, StoreError> {
        Ok(true)
    }

    fn scope_name(&self, _: &dyn ViewRead, _: &Scope) -> String {
        "all".to_owned()
    }
}

fn scope() -> Scope {
    Scope::new(b"all").expect("a short name")
}

/// Central and a site.
pub struct Nodes {
    central: NodeHandle,
    site: NodeHandle,
    documents: Vec<DocumentId>,
    _way: Way,
}

impl Peers for Nodes {
    const NAME: &'static str = "Tributary";

    async fn start(directory: &Path, link: Link, job: Job) -> Result<Self, Failure> {
        let clock = Clock::start();
        let authority = Authority::in_memory(clock.wall(), random_seed())?;
        let central = start_central(&directory.join("central.redb"), &clock, &authority).await?;
        let documents = make(&central, job).await?;
        let address =
            central.network().and_then(|network| network.address).ok_or("central has no address")?;
        let way = link.datagrams(address).await?;
        // The site dials as soon as it is started; nobody is there until it is told to connect.
        switch(&central)?.cut();
        let identity = site_identity(&clock, &authority)?;
        let network = network(identity, None, vec![CentralAddress::from(way.address)]);
        let site = start_node(&directory.join("site.redb"), false, &clock, network).await?;
        switch(&site)?.cut();
        switch(&central)?.restore();
        Ok(Self { central, site, documents, _way: way })
    }

    async fn connect(&mut self) -> Result<(), Failure> {
        switch(&self.site)?.restore();
        Ok(())
    }

    /// Cuts the network of both, so that neither has anything left of the connection, and restores central's.
    async fn disconnect(&mut self) -> Result<(), Failure> {
        for node in [&self.central, &self.site] {
            switch(node)?.cut();
        }
        for node in [&self.central, &self.site] {
            while node.status().peers.iter().any(|peer| peer.link != LinkState::Offline || peer.in_sync) {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
        switch(&self.central)?.restore();
        Ok(())
    }

    async fn open(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    async fn edit(&mut self, edit: Edit) -> Result<(), Failure> {
        let document = self.documents[edit.document];
        let command = move |txn: &mut crdt_store::Txn<'_>| {
            txn.put(document, &[NOTE], edit.note);
            Ok(())
        };
        Ok(self.site.execute(None, Author::default(), command).await?)
    }

    /// The site first: its proof says that central has what the site wrote, so that central is then asked about a state
    /// in which that is included.
    async fn in_sync(&mut self, _: Touched) -> Result<(), Failure> {
        proven(&self.site).await?;
        proven(&self.central).await
    }

    fn traffic(&self) -> Traffic {
        let socket = self.site.link().map(|link| link.traffic()).unwrap_or_default();
        let messages = self.site.status().peers.iter().map(|peer| peer.frames_in + peer.frames_out).sum();
        Traffic { bytes: socket.bytes_sent + socket.bytes_received, messages }
    }

    fn document_bytes(&self) -> Result<usize, Failure> {
        let first = *self.documents.first().ok_or("there are no documents")?;
        let saved = self.central.reader().snapshot()?.save(first)?.ok_or("central lost a document")?;
        Ok(saved.len())
    }

    async fn verify(&mut self, documents: usize) -> Result<(), Failure> {
        let held = [&self.central, &self.site].map(|node| {
            let snapshot = node.reader().snapshot()?;
            Ok::<_, StoreError>((snapshot.document_count()?, snapshot.fingerprint(&scope())?))
        });
        let [central, site] = held;
        let (central, site) = (central?, site?);
        match central == site && site.0 == documents as u64 {
            true => Ok(()),
            false => Err(format!("the nodes differ: {central:?}, {site:?}").into()),
        }
    }

    async fn stop(self) -> Result<(), Failure> {
        self.site.shutdown().await;
        self.central.shutdown().await;
        Ok(())
    }
}

async fn start_central(path: &Path, clock: &Clock, authority: &Authority) -> Result<NodeHandle, Failure> {
    let key = DeviceKey::generate()?;
    let certified = authority.certify_central(&key.public_key_info(), clock.wall(), serial())?;
    let identity = Identity::new(key, certified.certificate, authority.certificate().to_vec())?;
    let registry = Arc::new(|_: &dyn ViewRead, _: DeviceId| Ok(PeerRole::Device { name: None }));
    let reception = Reception { registry, enrolment: None };
    start_node(path, true, clock, network(identity, Some(reception), Vec::new())).await
}

fn site_identity(clock: &Clock, authority: &Authority) -> Result<Identity, Failure> {
    let key = DeviceKey::generate()?;
    let certified = authority.certify_device(&key.certificate_request()?, clock.wall(), serial())?;
    Ok(Identity::new(key, certified.certificate, authority.certificate().to_vec())?)
}

fn serial() -> [u8; 16] {
    *random_seed().first_chunk().expect("sixteen of 32 bytes")
}

/// The network as the program sets it up.
fn network(
    identity: Identity,
    reception: Option<Reception>,
    centrals: Vec<CentralAddress>,
) -> NetworkOptions {
    NetworkOptions {
        identity,
        bind: loopback(),
        profile: Profile::Fast,
        contact: Contact::Held,
        congestion: Congestion::default(),
        tcp: true,
        reception,
        centrals,
        neighbours: None,
    }
}

async fn start_node(
    path: &Path,
    central: bool,
    clock: &Clock,
    network: NetworkOptions,
) -> Result<NodeHandle, Failure> {
    let (path, device): (PathBuf, _) = (path.to_owned(), network.identity.device());
    let open = Box::new(move || {
        let options = OpenOptions::file(&path).device(device).central(central).seed(random_seed());
        Store::open(options, Arc::new(StockLines))
    });
    Ok(start(StartOptions {
        node: NodeConfig::new(Arc::new(StockLines)),
        open,
        recovery: Recovery::default(),
        clock: clock.clone(),
        network: Some(network),
        courier: None,
    })
    .await?)
}

/// Makes the documents of the job, in the order of the job.
async fn make(node: &NodeHandle, job: Job) -> Result<Vec<DocumentId>, Failure> {
    let mut roots = job.all().map(root);
    let mut documents = Vec::new();
    loop {
        let batch: Vec<Map> = roots.by_ref().take(MADE_AT_ONCE).collect();
        if batch.is_empty() {
            return Ok(documents);
        }
        let command = move |txn: &mut crdt_store::Txn<'_>| {
            let create = |root| {
                let id = txn.new_id();
                txn.create(id, root);
                id
            };
            Ok(batch.into_iter().map(create).collect::<Vec<DocumentId>>())
        };
        documents.extend(node.execute(None, Author::default(), command).await?);
    }
}

fn root(fields: Fields) -> Map {
    let value = |value| match value {
        job::Value::Text(text) => Value::Text(text),
        job::Value::Number(number) => Value::Int(number),
        job::Value::Flag(flag) => Value::Bool(flag),
        job::Value::Id(id) => Value::Bytes(id.to_vec()),
    };
    fields.into_iter().map(|(name, field)| (name.to_owned(), value(field))).collect()
}

fn switch(node: &NodeHandle) -> Result<LinkSwitch, Failure> {
    node.link().ok_or_else(|| "a node has no network".into())
}

/// Waits until a node has proof that its peer holds what it holds.
async fn proven(node: &NodeHandle) -> Result<(), Failure> {
    let mut events = node.subscribe();
    loop {
        let status = node.status();
        // A status lags behind the latest commit by up to 50 ms.
        let is_current = status.head_seq == node.reader().snapshot()?.head_seq()?;
        if is_current && status.peers.iter().any(|peer| peer.in_sync && peer.to_send == Some(0)) {
            return Ok(());
        }
        let _ = tokio::time::timeout(LOOK_EVERY, events.recv()).await;
    }
}
