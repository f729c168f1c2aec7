//! Bytes and time over QUIC: a new site, a quiet sync, a day's work. Bytes are datagrams' payloads at the site's UDP
//! socket, the handshake included.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use crdt_store::{Author, DocumentId};
use domain::stock_line::UpdateStockLine;
use domain::{Caller, Role};
use replication::shell::{CentralAddress, LinkSwitch, Membership, NodeHandle, PATIENCE, Traffic, Wish};
use replication::{LinkState, NodeStatus, PeerStatus};

use super::commits::scattered;
use super::far_link::{Conditions, FarLink};
use super::fixture::{self, Filled};
use super::{Ground, LINES, Table};
use crate::command::join;
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::{SiteNetwork, Started, System, block_on, start_central, start_site};

/// Documents edited in a day …
pub const DAY_DOCUMENTS: usize = 200;
/// … and how often each.
pub const DAY_EDITS_EACH: usize = 3;
/// How long anything may take before the benchmark gives up.
const WAIT_MAX: Duration = Duration::from_secs(300);
/// The link that round trips are counted on: two satellites, or a busy cell of the second generation.
const ROUND_TRIP: Duration = Duration::from_millis(1_000);
/// How long a quiet connection is watched.
const QUIET: Duration = Duration::from_secs(60);

/// Runs the life of a site against central on loopback.
pub fn measure(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    block_on(life_of_a_site(ground, table))
}

async fn life_of_a_site(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    let central_place = Installation::at(&ground.directory.join("central"));
    let site_place = Installation::at(&ground.directory.join("site"));
    let filling = central_place.clone();
    let filled = tokio::task::spawn_blocking(move || fixture::fill(&filling, LINES, true))
        .await
        .map_err(std::io::Error::other)??
        .1;
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let system = System::named("Benchmark");
    let central = start_central(&central_place, &system, loopback).await?;
    let port = central.quic().map_or(0, |address| address.port());
    let address: CentralAddress = format!("quic://127.0.0.1:{port}")
        .parse()
        .map_err(|error| Failure::failed("central-address", error))?;

    let began = Instant::now();
    let wish = Wish {
        central: address.clone(),
        site_name: fixture::SITE.to_owned(),
        password: fixture::SITE_PASSWORD.to_owned(),
        patience: PATIENCE,
    };
    let membership = join(&site_place, &wish).await?;
    table.add("enrolment", began.elapsed().as_secs_f64() * 1e3, "ms", None);

    let began = Instant::now();
    let device = membership.grant.device;
    let saved = central.node.save_bundle(device).await;
    let saved = saved.map_err(|error| Failure::failed("benchmark", error))?;
    table.add("new site as a bundle: time", began.elapsed().as_secs_f64(), "s", None);
    table.add("new site as a bundle: length", kib(saved.file.len() as u64), "KiB", None);

    let began = Instant::now();
    let site =
        start_site(&site_place, membership, Some(address.clone()), SiteNetwork::with_central_alone()).await?;
    in_sync(&site.node).await?;
    let documents = site.node.status().documents;
    table.add(format!("new site of {documents} documents: time"), began.elapsed().as_secs_f64(), "s", None);
    table.add("new site: bytes received", kib(traffic(&site).bytes_received), "KiB", Some("≤ 4,096"));
    table.add("new site: bytes sent", kib(traffic(&site).bytes_sent), "KiB", None);

    let before = traffic(&site);
    tokio::time::sleep(QUIET).await;
    let quiet = since(before, traffic(&site));
    table.add("a quiet minute, connected: bytes both ways", sum(quiet), "B", None);
    site.node.shutdown().await;

    let membership = enrolled(&site_place)?;
    let site =
        start_site(&site_place, membership, Some(address.clone()), SiteNetwork::with_central_alone()).await?;
    in_sync(&site.node).await?;
    let cold = traffic(&site);
    table.add("quiet sync from cold: bytes both ways, handshake included", sum(cold), "B", Some("≤ 5,120"));
    table.add(
        "quiet sync from cold: datagrams",
        (cold.datagrams_sent + cold.datagrams_received) as f64,
        "",
        None,
    );
    let peer = frames(&site);
    table.add("quiet sync from cold: frames both ways", peer as f64, "", None);

    day_of_work(&site, &filled, table).await?;
    site.node.shutdown().await;

    let central_address =
        central.quic().ok_or_else(|| Failure::failed("benchmark", "central has no network"))?;
    round_trips(&site_place, central_address, &filled, table).await?;
    central.node.shutdown().await;
    Ok(())
}

/// The same over a link so long that everything else hardly counts: time divided by the time of a round trip. The rest
/// behind the point is the node's own work and the 50 ms after which a status may be told.
async fn round_trips(
    site_place: &Installation,
    central: SocketAddr,
    filled: &Filled,
    table: &mut Table,
) -> Result<(), Failure> {
    let far = FarLink::to(central, Conditions::delay(ROUND_TRIP / 2), 0).await?;
    let address: CentralAddress = format!("quic://{}", far.address)
        .parse()
        .map_err(|error| Failure::failed("central-address", error))?;
    let site =
        start_site(site_place, enrolled(site_place)?, Some(address), SiteNetwork::with_central_alone())
            .await?;
    in_sync(&site.node).await?;
    let link = link_of(&site.node)?;
    let mut measured = |what: &str, began: Instant, aim| {
        table.add(what, began.elapsed().as_secs_f64() / ROUND_TRIP.as_secs_f64(), "round trips", Some(aim));
    };

    cut(&site.node).await?;
    let began = Instant::now();
    link.restore();
    in_sync(&site.node).await?;
    measured("quiet sync from cold to proof", began, "≤ 2");

    edit(&site, filled, 0).await?;
    let began = Instant::now();
    in_sync(&site.node).await?;
    measured("an edit while connected: durable at central and proven", began, "1 to the acknowledgement");

    cut(&site.node).await?;
    for number in 0..DAY_DOCUMENTS * DAY_EDITS_EACH {
        edit(&site, filled, number).await?;
    }
    let began = Instant::now();
    link.restore();
    in_sync(&site.node).await?;
    measured("a day from cold: durable at central and proven", began, "3 to the acknowledgement");
    site.node.shutdown().await;
    Ok(())
}

/// The switch of a site's network.
pub fn link_of(site: &NodeHandle) -> Result<LinkSwitch, Failure> {
    site.link().ok_or_else(|| Failure::failed("benchmark", "the site has no network"))
}

/// Cuts a site's network, and waits until its status says so: until then it would still be in sync.
pub async fn cut(site: &NodeHandle) -> Result<(), Failure> {
    link_of(site)?.cut();
    let noticed = |status: &NodeStatus| status.peers.iter().all(|peer| peer.link == LinkState::Offline);
    until(site, "the cut is not noticed", |status| Ok(noticed(status))).await
}

/// One small edit of one of the documents of a day.
async fn edit(site: &Started, filled: &Filled, number: usize) -> Result<(), Failure> {
    let line = filled.lines[scattered(number % DAY_DOCUMENTS, filled.lines.len())];
    annotate(&site.node, line, number).await
}

/// One small edit: another note on a stock line.
pub async fn annotate(site: &NodeHandle, line: DocumentId, number: usize) -> Result<(), Failure> {
    let update = UpdateStockLine { note: Some(Some(format!("seen {number}"))), ..UpdateStockLine::default() };
    let author = Author { message: Some("u:0190f3a0-7c55-7000-8000-0123456789ab".to_owned()) };
    let command = move |txn: &mut crdt_store::Txn<'_>| {
        domain::stock_line::update(txn, &Caller::system(Role::Site), line, &update).map(drop)
    };
    Ok(site.execute(None, author, command).await?)
}

/// Edits while the network is cut, then its restoration.
async fn day_of_work(site: &Started, filled: &Filled, table: &mut Table) -> Result<(), Failure> {
    let link = link_of(&site.node)?;
    cut(&site.node).await?;
    for number in 0..DAY_DOCUMENTS * DAY_EDITS_EACH {
        edit(site, filled, number).await?;
    }
    let carried = bundle(&site.node, |peer| peer.central).await?;
    let (before, frames_before) = (traffic(site), frames(site));
    let began = Instant::now();
    link.restore();
    in_sync(&site.node).await?;
    let seconds = began.elapsed().as_secs_f64();
    let bytes = since(before, traffic(site));
    let what = format!("a day ({DAY_DOCUMENTS} documents, {} edits)", DAY_DOCUMENTS * DAY_EDITS_EACH);
    table.add(format!("{what}: restoration to proof"), seconds * 1e3, "ms", Some("≤ 1,000"));
    table.add(format!("{what}: bytes sent"), kib(bytes.bytes_sent), "KiB", Some("≤ 16 of payload"));
    table.add(format!("{what}: bytes received"), kib(bytes.bytes_received), "KiB", None);
    table.add(format!("{what}: frames both ways"), (frames(site) - frames_before) as f64, "", None);
    table.add(format!("{what}: the same as a bundle"), kib(carried), "KiB", None);
    Ok(())
}

/// How many bytes a bundle for a peer has.
async fn bundle(node: &NodeHandle, is_meant: impl Fn(&PeerStatus) -> bool) -> Result<u64, Failure> {
    let peer = node.status().peers.into_iter().find(is_meant);
    let peer = peer.ok_or_else(|| Failure::failed("benchmark", "the peer was never met"))?;
    let saved = node.save_bundle(peer.device).await.map_err(|error| Failure::failed("benchmark", error))?;
    Ok(saved.file.len() as u64)
}

fn enrolled(installation: &Installation) -> Result<Membership, Failure> {
    Membership::load(installation.directory())?
        .ok_or_else(|| Failure::failed("benchmark", "the site forgot its enrolment"))
}

/// Waits until a node has proof that it holds what central holds, and nothing is left to send.
pub async fn in_sync(node: &NodeHandle) -> Result<(), Failure> {
    until(node, "the nodes do not come to be in sync", |status| {
        // A status lags behind the latest commit by up to 50 ms.
        let is_current = status.head_seq == node.reader().snapshot()?.head_seq()?;
        let is_proven = |peer: &PeerStatus| peer.central && peer.in_sync && peer.to_send == Some(0);
        Ok(is_current && status.peers.iter().any(is_proven))
    })
    .await
}

/// Waits until something holds of a node's status.
pub async fn until(
    node: &NodeHandle,
    otherwise: &str,
    holds: impl Fn(&NodeStatus) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let mut events = node.subscribe();
    let began = Instant::now();
    while began.elapsed() < WAIT_MAX {
        if holds(&node.status())? {
            return Ok(());
        }
        // Woken by what happens; and now and then, because the status may change without an event.
        let _ = tokio::time::timeout(Duration::from_millis(5), events.recv()).await;
    }
    Err(Failure::failed("benchmark", otherwise))
}

fn traffic(started: &Started) -> Traffic {
    started.node.link().map(|link| link.traffic()).unwrap_or_default()
}

fn frames(started: &Started) -> u64 {
    started.node.status().peers.iter().map(|peer| peer.frames_in + peer.frames_out).sum()
}

fn since(before: Traffic, after: Traffic) -> Traffic {
    Traffic {
        bytes_sent: after.bytes_sent - before.bytes_sent,
        bytes_received: after.bytes_received - before.bytes_received,
        ..after
    }
}

fn sum(traffic: Traffic) -> f64 {
    (traffic.bytes_sent + traffic.bytes_received) as f64
}

fn kib(bytes: u64) -> f64 {
    bytes as f64 / 1024.0
}
