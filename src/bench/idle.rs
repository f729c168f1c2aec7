//! Central with many sites that are connected and have nothing to say. Central is a process of its own; the sites are
//! nodes in this one that keep documents and no views, so that thousands of them fit.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crdt_store::{
    DeviceId, Document, DocumentId, Map, Origin, Projection, Refusal, Route, Row, Schema, Scope, StoreError,
    Totals, View, ViewRead,
};
use domain::DomainSchema;
use replication::shell::{CentralAddress, NodeHandle};
use tokio::task::JoinSet;

use super::fleet::{self, Member, Size};
use super::process::Process;
use super::sync::in_sync;
use super::{Ground, Table};
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::block_on;

/// Connections at once: the sites of a country, and as many as fit into this process: each node here holds what central
/// knows of every device, so their memory grows with the square of their number.
const CONNECTIONS: [usize; 2] = [500, 1_500];
/// Devices of each site.
const DEVICES: usize = 100;
/// Sites that begin at the same time; more would wait for each other's handshakes.
const GROUP: usize = 50;
/// After this long, what is connected is measured instead.
const CONNECTING_MAX: Duration = Duration::from_secs(300);
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

/// Measures central's memory beside the number of its connections, and what they cost while nothing happens.
pub fn measure(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    if !Path::new("/proc/self/status").exists() {
        eprintln!("idle: left out; memory is read from /proc, which this system does not have");
        return Ok(());
    }
    for count in CONNECTIONS {
        let place = Installation::at(&ground.directory.join(format!("central-{count}")));
        let size = Size { sites: count / DEVICES, devices: DEVICES, lines: 1 };
        let members = fleet::fill(&place, size)?;
        let central = Process::serve(&place)?;
        central.settle();
        let alone = central.memory("VmRSS:")?;
        table.add(format!("central alone, {count} devices known"), alone, "MiB", None);
        let (address, before) = (central.quic()?, central.processor()?);
        let sites = block_on(async {
            let sites = connect(members, count, &address).await?;
            let took = central.processor()?.since(before).sum();
            central.settle();
            watch(&central, &sites, alone, took, table).await?;
            stop(sites).await;
            Ok(())
        });
        sites?;
    }
    Ok(())
}

/// Connects sites, a group at a time, until there are enough of them or the time is over.
async fn connect(
    members: Vec<Member>,
    count: usize,
    address: &CentralAddress,
) -> Result<Vec<NodeHandle>, Failure> {
    let began = Instant::now();
    let (schema, mut sites): (Arc<dyn Schema>, _) = (Arc::new(Bystander), Vec::new());
    let mut members = members.into_iter().take(count).peekable();
    while members.peek().is_some() && began.elapsed() < CONNECTING_MAX {
        let mut group = JoinSet::new();
        for member in members.by_ref().take(GROUP) {
            let (address, schema) = (address.clone(), schema.clone());
            group.spawn(async move {
                let node = member.start(address, schema, Default::default()).await?;
                in_sync(&node).await?;
                Ok::<_, Failure>(node)
            });
        }
        while let Some(site) = group.join_next().await {
            sites.push(site.map_err(std::io::Error::other)??);
        }
    }
    eprintln!("idle: {} of {count} connected after {:.0} s", sites.len(), began.elapsed().as_secs_f64());
    Ok(sites)
}

async fn watch(
    central: &Process,
    sites: &[NodeHandle],
    alone: f64,
    connecting: f64,
    table: &mut Table,
) -> Result<(), Failure> {
    let count = sites.len() as f64;
    let (bytes, before) = (traffic(sites), central.processor()?);
    tokio::time::sleep(QUIET).await;
    let (bytes, used) = (traffic(sites) - bytes, central.processor()?.since(before).sum());
    let resident = central.memory("VmRSS:")?;
    let connected = sites.iter().filter(|site| site.status().peers.iter().any(|peer| peer.in_sync)).count();
    table.add(format!("… with {connected} of them connected and idle"), resident, "MiB", None);
    table.add("… highest since its start", central.memory("VmHWM:")?, "MiB", None);
    table.add("… for each connection", (resident - alone) * 1024.0 / count, "KiB", None);
    table.add("… a quiet minute of one site, both ways", bytes as f64 / count, "B", None);
    table.add(
        "… central's processor, of one core, while nothing happens",
        used / QUIET.as_secs_f64() * 100.0,
        "%",
        None,
    );
    table.add(
        "… central's processor to connect one and give it what it lacks",
        connecting * 1e3 / count,
        "ms",
        None,
    );
    Ok(())
}

/// Bytes of datagrams' payloads at all sites, both ways.
fn traffic(sites: &[NodeHandle]) -> u64 {
    let of_site = |site: &NodeHandle| site.link().map(|link| link.traffic()).unwrap_or_default();
    sites.iter().map(of_site).map(|traffic| traffic.bytes_sent + traffic.bytes_received).sum()
}

async fn stop(sites: Vec<NodeHandle>) {
    let mut stopping = JoinSet::new();
    for site in sites {
        stopping.spawn(site.shutdown());
    }
    stopping.join_all().await;
}
