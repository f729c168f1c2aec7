//! A node that runs: its database, its thread, its network, its web interface.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use central::authority::Authority;
use crdt_store::{DeviceId, ViewRead};
use domain::{DomainSchema, Role, ScopeKind};
use http_api::Settings;
use replication::enrolment::SystemId;
use replication::shell::{
    CentralAddress, Clock, Congestion, Contact, Courier, DeviceKey, Identity, Lan, Membership,
    NeighbourOptions, NetworkOptions, NodeHandle, Profile, Reception, Recovery, StartOptions, random_seed,
    start,
};
use replication::{NodeConfig, private_file};
use serde::{Deserialize, Serialize};

use crate::exit::Failure;
use crate::installation::{Installation, RunningNode};
use crate::interface::Interface;
use crate::stewardship;

/// What central is called: the part of a central server that is not in its database.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct System {
    /// Name of the whole system.
    pub name: String,
    /// Whether its central is still being made, so that nothing in the directory is worth anything yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unfinished: bool,
}

impl System {
    const FILE: &'static str = "system.json";

    /// Code of a central that was never finished.
    pub const UNFINISHED: &'static str = "init-unfinished";

    /// A system of this name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), unfinished: false }
    }

    /// Whether a directory is a central server's, and what its system is called.
    pub fn load(installation: &Installation) -> Result<Option<Self>, Failure> {
        match Self::read(installation)? {
            Some(system) if system.unfinished => {
                let directory = installation.directory().display();
                let message =
                    format!("making the central server in {directory} was interrupted; do it again");
                Err(Failure::rejected(Self::UNFINISHED, message))
            }
            found => Ok(found),
        }
    }

    fn read(installation: &Installation) -> Result<Option<Self>, Failure> {
        let path = installation.directory().join(Self::FILE);
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| Failure::rejected("system-file", format!("{}: {error}", path.display()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Begins to make a directory a central server's; [`save`](Self::save) finishes it. What an earlier beginning left
    /// behind is removed, and nothing else: a directory that holds anything of a node is refused.
    pub fn begin(&self, installation: &Installation) -> Result<(), Failure> {
        let left_behind = installation.files();
        match Self::read(installation)? {
            Some(system) if system.unfinished => {
                left_behind.iter().try_for_each(std::fs::remove_file)?;
            }
            None if left_behind.is_empty() => {}
            Some(_) | None => {
                let directory = installation.directory().display();
                let message = format!(
                    "{directory} holds the files of a node already; choose another directory with --dir"
                );
                return Err(Failure::rejected("already-initialised", message));
            }
        }
        installation.make_directory()?;
        Self { unfinished: true, ..self.clone() }.write(installation)
    }

    /// Makes a directory a central server's. Last, in one step: before it, nothing in the directory counts.
    pub fn save(&self, installation: &Installation) -> Result<(), Failure> {
        self.write(installation)
    }

    fn write(&self, installation: &Installation) -> Result<(), Failure> {
        let bytes = serde_json::to_vec_pretty(self).expect("a name is JSON");
        Ok(private_file::write(&installation.directory().join(Self::FILE), &bytes)?)
    }
}

/// What a directory is.
pub enum Belonging {
    /// A central server's.
    Central(System),
    /// That of a device which has enrolled.
    Site(Membership),
}

impl Belonging {
    /// What an installation is; `not-enrolled` when it is nothing yet.
    pub fn of(installation: &Installation) -> Result<Self, Failure> {
        match (System::load(installation)?, Membership::load(installation.directory())?) {
            (Some(system), _) => Ok(Self::Central(system)),
            (None, Some(membership)) => Ok(Self::Site(membership)),
            (None, None) => {
                let message = format!(
                    "{} is neither a central server nor an enrolled device; run `tributary init` or `tributary enrol` first",
                    installation.directory().display()
                );
                Err(Failure::rejected("not-enrolled", message))
            }
        }
    }
}

/// A started node and what it is called; its interface is not open yet.
pub struct Started {
    /// The node.
    pub node: NodeHandle,
    /// What its interface says of it.
    pub settings: Settings,
}

impl Started {
    /// Its device.
    pub fn device(&self) -> DeviceId {
        self.settings.device
    }

    /// The UDP address its socket is bound to.
    pub fn quic(&self) -> Option<SocketAddr> {
        self.node.network().and_then(|network| network.address)
    }
}

/// Central's keys, as they lie in its directory.
pub struct CentralKeys {
    /// The certificate authority.
    pub authority: Authority,
    /// Central's own key.
    pub key: DeviceKey,
}

impl CentralKeys {
    /// Reads them.
    pub fn load(installation: &Installation) -> Result<Self, Failure> {
        let authority = Authority::load(installation.directory())?;
        let key = DeviceKey::load(installation.directory())?;
        Ok(Self { authority, key })
    }

    /// Makes them, for a new central.
    pub fn create(installation: &Installation, clock: &Clock) -> Result<Self, Failure> {
        let authority = Authority::load_or_create(installation.directory(), clock.wall(), random_seed())?;
        let key = DeviceKey::load_or_create(installation.directory())?;
        Ok(Self { authority, key })
    }

    fn identity(&self, clock: &Clock) -> Result<Identity, Failure> {
        let serial = *random_seed().first_chunk().expect("sixteen of 32 bytes");
        let certified = self.authority.certify_central(&self.key.public_key_info(), clock.wall(), serial)?;
        Ok(Identity::new(self.key.clone(), certified.certificate, self.authority.certificate().to_vec())?)
    }
}

/// How central is on its networks.
#[derive(Clone, Copy, Debug)]
pub struct CentralNetwork {
    /// Where its socket is bound.
    pub bind: SocketAddr,
    /// Whether the way over TCP is open.
    pub tcp: bool,
    /// How it finds out how much a link carries.
    pub congestion: Congestion,
}

/// How a site is on its networks.
#[derive(Clone, Debug)]
pub struct SiteNetwork {
    /// Where its socket is bound.
    pub bind: SocketAddr,
    /// Whether the way over TCP is open.
    pub tcp: bool,
    /// The link it reaches central over.
    pub profile: Profile,
    /// How it keeps in contact with central.
    pub contact: Contact,
    /// How it meets other devices; not at all without it.
    pub neighbours: Option<SiteNeighbours>,
}

/// How a site meets other devices.
#[derive(Clone, Debug)]
pub struct SiteNeighbours {
    /// Those that a person named.
    pub named: Vec<CentralAddress>,
    /// Whether the local network is searched, and this device announced there.
    pub lan: Option<Lan>,
}

impl SiteNetwork {
    /// A site on this machine that meets central and nobody else.
    pub fn with_central_alone() -> Self {
        let bind = (Ipv4Addr::LOCALHOST, 0).into();
        Self { bind, tcp: true, profile: Profile::Fast, contact: Contact::Held, neighbours: None }
    }
}

/// Starts the central node of a directory.
pub async fn start_central(
    installation: &Installation,
    system: &System,
    bind: SocketAddr,
) -> Result<Started, Failure> {
    let network = CentralNetwork { bind, tcp: true, congestion: Congestion::default() };
    start_central_with(installation, system, network).await
}

/// The same on this network.
pub async fn start_central_with(
    installation: &Installation,
    system: &System,
    network: CentralNetwork,
) -> Result<Started, Failure> {
    let CentralNetwork { bind, tcp, congestion } = network;
    let clock = Clock::start();
    let keys = CentralKeys::load(installation)?;
    // A clock that fell back to before the system began is known to be wrong.
    clock.prove(keys.authority.begins());
    let identity = keys.identity(&clock)?;
    let (device, system_id) = (identity.device(), keys.authority.system());
    let courier = courier(&identity);
    let reception = Reception {
        registry: Arc::new(central::registry::admit),
        enrolment: Some(central::enrolment::desk(Arc::new(keys.authority))),
    };
    let network = NetworkOptions {
        identity,
        bind,
        profile: Profile::Fast,
        contact: Contact::Held,
        tcp,
        congestion,
        reception: Some(reception),
        centrals: Vec::new(),
        neighbours: None,
    };
    let node = start_node(installation, Role::Central, clock, courier, Some(network)).await?;
    Ok(started_central(node, system, device, system_id))
}

fn started_central(node: NodeHandle, system: &System, device: DeviceId, system_id: SystemId) -> Started {
    let name = site_name(&node, device).unwrap_or_else(|| "Central".to_owned());
    let settings = settings(Role::Central, &system.name, &name, device, Some(system_id));
    Started { node, settings }
}

/// Starts the node of a directory without a network: for a command that works on its database by the same roads as an
/// interface does.
pub async fn start_alone(installation: &Installation, belonging: Belonging) -> Result<Started, Failure> {
    let clock = Clock::start();
    match belonging {
        Belonging::Central(system) => {
            let keys = CentralKeys::load(installation)?;
            clock.prove(keys.authority.begins());
            let identity = keys.identity(&clock)?;
            let (device, courier) = (identity.device(), courier(&identity));
            let node = start_node(installation, Role::Central, clock, courier, None).await?;
            Ok(started_central(node, &system, device, keys.authority.system()))
        }
        Belonging::Site(membership) => {
            clock.prove(membership.grant.granted_at);
            let identity = membership.identity(DeviceKey::load(installation.directory())?)?;
            let (device, courier) = (identity.device(), courier(&identity));
            let node = start_node(installation, Role::Site, clock, courier, None).await?;
            let name = membership.grant.site_name;
            Ok(Started { node, settings: settings(Role::Site, &name, &name, device, None) })
        }
    }
}

/// What signs bundles here and recognises those of others.
fn courier(identity: &Identity) -> Courier {
    Courier { identity: identity.clone(), registry: Arc::new(central::registry::admit) }
}

/// Starts the node of a device that has enrolled. `central` overrides the address it enrolled at.
pub async fn start_site(
    installation: &Installation,
    membership: Membership,
    central: Option<CentralAddress>,
    network: SiteNetwork,
) -> Result<Started, Failure> {
    let clock = Clock::start();
    clock.prove(membership.grant.granted_at);
    let key = DeviceKey::load(installation.directory())?;
    let device = key.device();
    let identity = membership.identity(key)?;
    let courier = courier(&identity);
    let central = match central {
        Some(central) => central,
        None => membership.central.parse().map_err(|error| Failure::rejected("central-address", error))?,
    };
    let SiteNetwork { bind, tcp, profile, contact, neighbours } = network;
    let system = membership.grant.system;
    let neighbours = neighbours.map(|SiteNeighbours { named, lan }| NeighbourOptions {
        registry: Arc::new(central::registry::admit_neighbour),
        system,
        named,
        lan,
    });
    let network = NetworkOptions {
        identity,
        bind,
        profile,
        contact,
        tcp,
        congestion: Congestion::default(),
        reception: None,
        centrals: vec![central],
        neighbours,
    };
    let node = start_node(installation, Role::Site, clock, courier, Some(network)).await?;
    stewardship::attend(node.clone(), device);
    let name = membership.grant.site_name.clone();
    let settings = settings(Role::Site, &name, &name, device, None);
    Ok(Started { node, settings })
}

async fn start_node(
    installation: &Installation,
    role: Role,
    clock: Clock,
    courier: Courier,
    network: Option<NetworkOptions>,
) -> Result<NodeHandle, Failure> {
    let installation = installation.clone();
    let mut config = NodeConfig::new(Arc::new(DomainSchema));
    config.entitlement_scopes = vec![ScopeKind::Reference.scope()];
    let key = courier.identity.key().clone();
    let open = Box::new(move || installation.open_store(&key, role == Role::Central));
    Ok(start(StartOptions {
        node: config,
        open,
        recovery: Recovery::default(),
        clock,
        network,
        courier: Some(courier),
    })
    .await?)
}

/// The name of the site that a device belongs to, as far as this node knows.
fn site_name(node: &NodeHandle, device: DeviceId) -> Option<String> {
    let snapshot = node.reader().snapshot().ok()?;
    let read: &dyn ViewRead = &snapshot;
    let row = domain::query::reference::device(read, device).ok()??;
    Some(domain::query::reference::site(read, row.site).ok()?.name)
}

fn settings(
    role: Role,
    system_name: &str,
    site_name: &str,
    device: DeviceId,
    system: Option<SystemId>,
) -> Settings {
    Settings {
        role,
        system,
        system_name: system_name.to_owned(),
        site_name: site_name.to_owned(),
        device,
        tls: false,
        version: env!("CARGO_PKG_VERSION"),
        local_key: Some(blake3::Hash::from_bytes(random_seed()).to_hex().to_string()),
    }
}

/// Says where the node runs, for `tributary status`.
pub fn announce(
    installation: &Installation,
    started: &Started,
    interface: &Interface,
) -> Result<(), Failure> {
    let running = RunningNode {
        process: std::process::id(),
        url: interface.url(),
        quic: started.quic().map(|address| address.to_string()),
        key: started.settings.local_key.clone(),
    };
    let bytes = serde_json::to_vec_pretty(&running).expect("an address is JSON");
    Ok(private_file::write(&installation.running(), &bytes)?)
}

/// Takes the announcement back.
pub fn retract(installation: &Installation) {
    // What is not there need not be removed.
    let _ = std::fs::remove_file(installation.running());
}

/// Resolves when the person or the system asks the program to stop. Signals are heeded from the call on: whoever has read
/// that the node answers may ask at once.
pub fn asked_to_stop() -> impl Future<Output = ()> {
    #[cfg(unix)]
    let signals = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::interrupt()).ok().zip(signal(SignalKind::terminate()).ok())
    };
    async move {
        #[cfg(unix)]
        if let Some((mut interrupt, mut terminate)) = signals {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// Runs asynchronous work on a runtime of its own. What still works beside it when it is done is left behind.
pub fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done
}
