//! Central with many devices that are connected and have nothing to say. Central is a process of its own; the devices are
//! in this one.
//!
//! A device that held everything itself would hold what central knows of every other, and thousands would not fit. So the
//! first device of each site is a node, which keeps documents and no views, and the others are its shadows: each has its
//! own certificate, connection and conversation, and says that it holds what the node holds. What central keeps of a
//! quiet device is the same for both; what it says of them in the end is measured too. What it does for them is less: they
//! share a socket and began together, and their signs of life are read in bunches.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crdt_store::{
    DeviceId, Document, DocumentId, Map, Origin, Projection, Refusal, Route, Row, Schema, Scope, StoreError,
    Totals, View, ViewRead,
};
use domain::DomainSchema;
use http_api::Link;
use replication::shell::{CentralAddress, Clock, NodeHandle, Shadowing, Shadows};
use tokio::task::JoinSet;

use super::fleet::{self, Member, Size};
use super::process::Process;
use super::sync::in_sync;
use super::{Ground, Table};
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::block_on;

/// Connections at once: the sites of a country, and all their devices.
const CONNECTIONS: [usize; 2] = [500, 5_000];
/// Devices of each site.
const DEVICES: usize = 100;
/// Devices that begin at the same time; more would wait for each other's handshakes.
const GROUP: usize = 50;
/// How long the connections are watched.
const QUIET: Duration = Duration::from_secs(60);

/// Takes part in replication and looks at nothing: the same documents in the same places, no views, no opinion.
struct Bystander;

impl Schema for Bystander {
    fn version(&self) -> u32 {
        DomainSchema.version()
    }

    fn views(&self) -> &'static [View] {
        DomainSchema.views()
    }

    fn route(&self, id: DocumentId, root: &Map) -> Option<Route> {
        DomainSchema.route(id, root)
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

    fn scope_name(&self, views: &dyn ViewRead, scope: &Scope) -> String {
        DomainSchema.scope_name(views, scope)
    }
}

/// A site: a node, and the devices that hold the same.
struct Site {
    node: NodeHandle,
    /// The socket of the others.
    socket: Arc<Shadows>,
    shadows: Vec<Shadowing>,
}

/// Measures central's memory beside the number of its connections, and what they cost while nothing happens.
pub fn measure(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    if !Path::new("/proc/self/status").exists() {
        eprintln!("idle: left out; memory is read from /proc, which this system does not have");
        return Ok(());
    }
    for count in CONNECTIONS {
        let place = Installation::at(&ground.directory.join(format!("central-{count}")));
        let size = Size { sites: count / DEVICES, devices: DEVICES, items: fleet::ITEMS, lines: 1 };
        let members = fleet::fill(&place, size)?;
        let central = Process::serve(&place)?;
        central.settle();
        block_on(measure_connected(&central, members, table))?;
    }
    Ok(())
}

async fn measure_connected(
    central: &Process,
    members: Vec<Member>,
    table: &mut Table,
) -> Result<(), Failure> {
    let (count, alone) = (members.len(), central.memory("VmRSS:")?);
    table.add(format!("central alone, {count} devices known"), alone, "MiB", None);
    let address = central.quic()?;
    let mut sites = start_sites(&members, &address).await?;
    central.settle();
    let (began, before) = (Instant::now(), central.processor()?);
    connect_shadows(&mut sites, members, &address).await?;
    let (took, used) = (began.elapsed().as_secs_f64(), central.processor()?.since(before).sum());
    let shadows = count - sites.len();
    eprintln!("idle: {shadows} shadows of {} nodes connected in {took:.0} s", sites.len());
    central.settle();
    watch(central, &sites, alone, table).await?;
    let each = used * 1e3 / shadows as f64;
    table.add("… central's processor to connect one that lacks nothing", each, "ms", None);
    stop(sites).await;
    Ok(())
}

/// The schema of all devices.
fn schema() -> Arc<dyn Schema> {
    Arc::new(Bystander)
}

/// Starts the node of each site, and waits until all are in sync with central.
async fn start_sites(members: &[Member], address: &CentralAddress) -> Result<Vec<Site>, Failure> {
    let mut sites = Vec::new();
    for member in members.iter().step_by(DEVICES) {
        let node = member.start(address.clone(), schema(), Default::default()).await?;
        let socket = Shadows::open(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), Clock::start())
            .map_err(|error| Failure::failed("benchmark", error))?;
        sites.push(Site { node, socket: Arc::new(socket), shadows: Vec::new() });
    }
    for site in &sites {
        in_sync(&site.node).await?;
    }
    Ok(sites)
}

/// Connects all other devices, a group of those of one site at a time.
async fn connect_shadows(
    sites: &mut [Site],
    members: Vec<Member>,
    address: &CentralAddress,
) -> Result<(), Failure> {
    let mut members = members.into_iter();
    for site in sites {
        let mut others = members.by_ref().take(DEVICES).skip(1).peekable();
        while others.peek().is_some() {
            let mut group = JoinSet::new();
            for member in others.by_ref().take(GROUP) {
                let (socket, node, address) = (site.socket.clone(), site.node.clone(), address.clone());
                group.spawn(async move { member.shadow(&socket, &address, &node, schema()).await });
            }
            for shadowing in group.join_all().await {
                site.shadows.push(shadowing?);
            }
        }
    }
    Ok(())
}

async fn watch(central: &Process, sites: &[Site], alone: f64, table: &mut Table) -> Result<(), Failure> {
    let count = sites.iter().map(|site| 1 + site.shadows.len()).sum::<usize>() as f64;
    let (bytes, before) = (traffic(sites), central.processor()?);
    tokio::time::sleep(QUIET).await;
    let (bytes, used) = (traffic(sites) - bytes, central.processor()?.since(before));
    let resident = central.memory("VmRSS:")?;
    let peak = central.memory("VmHWM:")?;
    let of_a_core = |seconds: f64| seconds / QUIET.as_secs_f64() * 100.0;
    let connected = sites.iter().map(in_sync_at_site).sum::<usize>();
    table.add(format!("… with {connected} of them connected and idle"), resident, "MiB", None);
    table.add("… of these in sync, as central says", in_sync_at_central(central).await? as f64, "", None);
    table.add("… highest since its start", peak, "MiB", None);
    table.add("… for each connection", (resident - alone) * 1024.0 / count, "KiB", None);
    table.add("… a quiet minute of one device, both ways", bytes as f64 / count, "B", None);
    let what = "… central's processor, of one core, while nothing happens";
    table.add(what, of_a_core(used.sum()), "%", None);
    table.add(format!("{what}: the node's thread"), of_a_core(used.node), "%", None);
    Ok(())
}

/// Devices of a site that are connected and have proof that they hold what central holds.
fn in_sync_at_site(site: &Site) -> usize {
    let node = site.node.status().peers.iter().any(|peer| peer.in_sync);
    usize::from(node) + site.shadows.iter().filter(|shadow| shadow.is_in_sync()).count()
}

/// Devices that central says are connected, silent and in sync.
async fn in_sync_at_central(central: &Process) -> Result<usize, Failure> {
    let peers = central.status().await?.peers;
    Ok(peers.iter().filter(|peer| peer.link == Link::Quiet && peer.in_sync).count())
}

/// Bytes of datagrams' payloads at all sites, both ways.
fn traffic(sites: &[Site]) -> u64 {
    let of_site = |site: &Site| {
        let node = site.node.link().map(|link| link.traffic()).unwrap_or_default();
        [node, site.socket.traffic()]
    };
    sites.iter().flat_map(of_site).map(|traffic| traffic.bytes_sent + traffic.bytes_received).sum()
}

async fn stop(sites: Vec<Site>) {
    let mut stopping = JoinSet::new();
    for Site { node, shadows, .. } in sites {
        drop(shadows);
        stopping.spawn(node.shutdown());
    }
    stopping.join_all().await;
}
