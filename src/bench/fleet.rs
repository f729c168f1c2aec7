//! Many sites of one central: certified without enrolment, with databases in memory, so that central can be measured in
//! a process of its own while all of them run in this one.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crdt_store::{DocumentId, OpenOptions, Schema, Store};
use domain::site::EnrolDevice;
use domain::store::CreateStore;
use domain::{Caller, Role, ScopeKind};
use replication::NodeConfig;
use replication::shell::{
    CentralAddress, Clock, Congestion, Contact, DeviceKey, Identity, NetworkOptions, NodeHandle, Profile,
    Recovery, ShadowEnded, Shadowing, Shadows, StartOptions, random_seed, start,
};

use super::fixture::{self, Founded};
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::CentralKeys;

/// Items that stock lines are spread over, where nothing else is wanted.
pub const ITEMS: usize = 20;
/// Pages that a site keeps in memory, in bytes: its database is in memory already.
const CACHE_BYTES: usize = 64 << 10;

/// How many sites there are, and how large.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Sites, with one store each.
    pub sites: usize,
    /// Devices of each site.
    pub devices: usize,
    /// Items that stock lines are spread over.
    pub items: usize,
    /// Stock lines of each store.
    pub lines: usize,
}

/// A device that central knows, and its store.
pub struct Member {
    identity: Identity,
    /// Its store.
    pub store: DocumentId,
    /// The stock lines of its store.
    pub lines: Vec<DocumentId>,
}

/// Makes central in a directory, and all its sites; the devices in the order of their sites.
pub fn fill(installation: &Installation, size: Size) -> Result<Vec<Member>, Failure> {
    let clock = Clock::start();
    let Founded { mut store, keys, .. } = fixture::found(installation, &clock)?;
    let system = DocumentId::from_bytes(*keys.authority.system().as_bytes());
    let id = |kind: &str, index: usize| system.derived(&format!("{kind} {index}"));
    sites(&mut store, &clock, size, &id)?;
    lines(&mut store, &clock, size, &id)?;
    let keyring: Vec<_> =
        (0..size.sites * size.devices).map(|_| DeviceKey::generate()).collect::<Result<_, _>>()?;
    let caller = Caller::system(Role::Central);
    fixture::batches(&mut store, &clock, keyring.len(), |txn, index| {
        let device = EnrolDevice { device: keyring[index].device(), name: format!("Tablet {index}") };
        domain::site::enrol_device(txn, &caller, id("site", index / size.devices), &device).map(drop)
    })?;
    let member = |(index, key): (usize, DeviceKey)| {
        let own = index / size.devices * size.lines..(index / size.devices + 1) * size.lines;
        Ok(Member {
            identity: certify(&keys, key, &clock)?,
            store: id("store", index / size.devices),
            lines: own.map(|line| id("line", line)).collect(),
        })
    };
    keyring.into_iter().enumerate().map(member).collect()
}

fn sites(
    store: &mut Store,
    clock: &Clock,
    size: Size,
    id: &impl Fn(&str, usize) -> DocumentId,
) -> Result<(), Failure> {
    let caller = Caller::system(Role::Central);
    fixture::batches(store, clock, size.sites, |txn, index| {
        let site = fixture::site_named(id("site", index), &format!("Clinic {index}"));
        domain::site::create(txn, &caller, &site).map(drop)
    })?;
    fixture::batches(store, clock, size.sites, |txn, index| {
        let create = CreateStore {
            id: Some(id("store", index)),
            code: format!("C{index:04}"),
            name: format!("Store of clinic {index}"),
            level: 2,
            supplier: None,
            site: Some(id("site", index)),
        };
        domain::store::create(txn, &caller, &create).map(drop)
    })
}

fn lines(
    store: &mut Store,
    clock: &Clock,
    size: Size,
    id: &impl Fn(&str, usize) -> DocumentId,
) -> Result<(), Failure> {
    let caller = Caller::system(Role::Central);
    fixture::batches(store, clock, size.items, |txn, index| {
        domain::item::create(txn, &caller, &fixture::item(id("item", index), index)).map(drop)
    })?;
    let today = domain::text::day_of(clock.wall());
    fixture::batches(store, clock, size.sites * size.lines, |txn, index| {
        let (store, item) = (id("store", index / size.lines), id("item", index % size.items));
        let line = fixture::stock_line(id("line", index), store, item, index, today);
        domain::stock_line::create(txn, &caller, &line).map(drop)
    })
}

fn certify(keys: &CentralKeys, key: DeviceKey, clock: &Clock) -> Result<Identity, Failure> {
    let serial = *random_seed().first_chunk().expect("sixteen of 32 bytes");
    let certified = keys.authority.certify_device(&key.certificate_request()?, clock.wall(), serial)?;
    Ok(Identity::new(key, certified.certificate, keys.authority.certificate().to_vec())?)
}

fn config(schema: Arc<dyn Schema>) -> NodeConfig {
    let mut config = NodeConfig::new(schema);
    config.entitlement_scopes = vec![ScopeKind::Reference.scope()];
    config
}

impl Member {
    /// Connects it to central without a node: it says that it holds what `node` does, a device of the same site that is in
    /// sync with central, and returns when central has proven it.
    pub async fn shadow(
        &self,
        socket: &Shadows,
        central: &CentralAddress,
        node: &NodeHandle,
        schema: Arc<dyn Schema>,
    ) -> Result<Shadowing, Failure> {
        let ended = |ended: ShadowEnded| Failure::failed("shadow", ended);
        let dialed = socket.dial(&self.identity, central, node.reader(), &config(schema)).await;
        let mut shadowing = dialed.map_err(ended)?;
        shadowing.in_sync().await.map_err(ended)?;
        Ok(shadowing)
    }

    /// Starts its node, which dials central.
    pub async fn start(
        &self,
        central: CentralAddress,
        schema: Arc<dyn Schema>,
        (profile, congestion): (Profile, Congestion),
    ) -> Result<NodeHandle, Failure> {
        let node = config(schema.clone());
        let device = self.identity.device();
        let signing = self.identity.key().signing_key();
        let open = move || {
            let options = OpenOptions::memory()
                .device(device)
                .signing(signing.clone())
                .seed(random_seed())
                .cache_bytes(CACHE_BYTES);
            Store::open(options, schema.clone())
        };
        let network = NetworkOptions {
            identity: self.identity.clone(),
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            profile,
            contact: Contact::Held,
            congestion,
            tcp: false,
            reception: None,
            centrals: vec![central],
            neighbours: None,
        };
        Ok(start(StartOptions {
            node,
            open: Box::new(open),
            recovery: Recovery::default(),
            clock: Clock::start(),
            network: Some(network),
            courier: None,
        })
        .await?)
    }
}
