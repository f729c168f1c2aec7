//! A quiet sync and a day's work over links of the field, and over the slow ones by each congestion control. Every run has a
//! site and a link of its own; which datagrams are lost follows from its seed.
//!
//! What a link carries in each direction, its round trip and its loss are assumptions, chosen to be plausible and not
//! measured: two of 2G (GPRS, and a call of circuit-switched data), 3G at the edge of a cell, a shared geostationary
//! terminal. Where links are slow, queues hold one to seven seconds, as those of modems do.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::DomainSchema;
use replication::shell::{CentralAddress, Congestion, NodeHandle, Profile};
use tokio::task::JoinSet;

use super::far_link::{Conditions, FarLink};
use super::fleet::{self, Member, Size};
use super::sync::{DAY_DOCUMENTS, DAY_EDITS_EACH, annotate, cut, in_sync, link_of};
use super::{Ground, Table};
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::{CentralNetwork, System, block_on, start_central_with};

/// Runs of each case.
const SEEDS: usize = 5;
/// After so many round trips, nothing of a quiet connection is under way any more.
const CALM_ROUND_TRIPS: u32 = 5;

/// A link with a name.
struct Link {
    name: &'static str,
    round_trip_ms: u64,
    kbit_per_second: f64,
    queue_kib: usize,
    loss_per_mille: u32,
    profile: Profile,
}

const LINKS: [Link; 6] = [
    Link::new("lan", 1, 100_000.0, 256, 0, Profile::Fast),
    Link::new("wifi", 5, 20_000.0, 256, 10, Profile::Fast),
    Link::new("3g", 150, 1_000.0, 128, 10, Profile::Fast),
    Link::new("vsat", 600, 512.0, 64, 10, Profile::Slow),
    Link::new("gprs", 600, 40.0, 16, 20, Profile::Slow),
    Link::new("csd9600", 600, 9.6, 8, 20, Profile::Slow),
];

impl Link {
    const fn new(
        name: &'static str,
        round_trip_ms: u64,
        kbit_per_second: f64,
        queue_kib: usize,
        loss_per_mille: u32,
        profile: Profile,
    ) -> Self {
        Self { name, round_trip_ms, kbit_per_second, queue_kib, loss_per_mille, profile }
    }

    fn conditions(&self) -> Conditions {
        Conditions {
            delay: Duration::from_millis(self.round_trip_ms) / 2,
            bits_per_second: Some((self.kbit_per_second * 1e3) as u32),
            queue_bytes: self.queue_kib * 1024,
            loss_per_mille: self.loss_per_mille,
        }
    }

    fn controls(&self) -> &'static [Congestion] {
        match self.profile {
            Profile::Fast => &[Congestion::Cubic],
            Profile::Slow => &[Congestion::Cubic, Congestion::NewReno, Congestion::Bbr],
        }
    }
}

/// A link with a congestion control at both ends.
#[derive(Clone, Copy)]
struct Case {
    link: &'static Link,
    congestion: Congestion,
}

/// What one meeting took.
#[derive(Clone, Copy)]
struct Taken {
    seconds: f64,
    bytes: u64,
}

/// What a run took: the quiet sync and the day; nothing when it did not come to an end.
type Run = Option<[Taken; 2]>;

/// Measures all links.
pub fn measure(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    let mut found = Vec::new();
    for congestion in [Congestion::Cubic, Congestion::NewReno, Congestion::Bbr] {
        let place = Installation::at(&ground.directory.join(format!("{congestion:?}")));
        let links = LINKS.iter().filter(|link| link.controls().contains(&congestion));
        let cases: Vec<_> = links.map(|link| Case { link, congestion }).collect();
        let size = Size { sites: cases.len() * SEEDS, devices: 1, items: fleet::ITEMS, lines: DAY_DOCUMENTS };
        let members = fleet::fill(&place, size)?;
        found.extend(block_on(all_cases(&place, &cases, members))?);
    }
    found.sort_by_key(|(case, _)| LINKS.iter().position(|link| link.name == case.link.name));
    for (case, runs) in &found {
        report(table, *case, runs);
    }
    Ok(())
}

/// Runs the fast links one after another, because there the machine counts, and then the slow ones at the same time.
async fn all_cases(
    place: &Installation,
    cases: &[Case],
    mut members: Vec<Member>,
) -> Result<Vec<(Case, Vec<Run>)>, Failure> {
    let congestion = cases.first().map_or(Congestion::default(), |case| case.congestion);
    let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let network = CentralNetwork { bind, tcp: true, congestion };
    let central = start_central_with(place, &System::named("Benchmark"), network).await?;
    let address = central.quic().ok_or_else(|| Failure::failed("benchmark", "central has no network"))?;
    let mut found: Vec<_> = cases.iter().map(|case| (*case, Vec::new())).collect();
    let mut slow = JoinSet::new();
    for (index, case) in cases.iter().enumerate() {
        for (seed, member) in members.drain(..SEEDS).enumerate() {
            let case = *case;
            let run = async move { (index, run(member, address, case, seed as u64).await.ok()) };
            match case.link.profile {
                Profile::Fast => found[index].1.push(run.await.1),
                Profile::Slow => drop(slow.spawn(run)),
            }
        }
    }
    while let Some(done) = slow.join_next().await {
        let (index, run) = done.map_err(std::io::Error::other)?;
        found[index].1.push(run);
    }
    central.node.shutdown().await;
    Ok(found)
}

/// A site that has what it needs, and has met central over the link before, meets it twice more: once with nothing new,
/// once after a day.
async fn run(member: Member, central: SocketAddr, case: Case, seed: u64) -> Result<[Taken; 2], Failure> {
    let link = FarLink::to(central, Conditions::delay(Duration::ZERO), seed).await?;
    let way = (case.link.profile, case.congestion);
    let site = member.start(CentralAddress::from(link.address), Arc::new(DomainSchema), way).await?;
    in_sync(&site).await?;
    cut(&site).await?;
    link.become_like(case.link.conditions());
    // What a link is like is found out the first time.
    meet(&site).await?;
    part(&site, case).await?;
    let quiet = meet(&site).await?;
    part(&site, case).await?;
    for number in 0..DAY_DOCUMENTS * DAY_EDITS_EACH {
        annotate(&site, member.lines[number % DAY_DOCUMENTS], number).await?;
    }
    let day = meet(&site).await?;
    site.shutdown().await;
    Ok([quiet, day])
}

/// Cuts a site's network, once nothing is under way.
async fn part(site: &NodeHandle, case: Case) -> Result<(), Failure> {
    tokio::time::sleep(case.link.conditions().delay * 2 * CALM_ROUND_TRIPS).await;
    cut(site).await
}

/// Restores a site's network and waits for the proof.
async fn meet(site: &NodeHandle) -> Result<Taken, Failure> {
    let link = link_of(site)?;
    let bytes = || link.traffic().bytes_sent + link.traffic().bytes_received;
    let (before, began) = (bytes(), Instant::now());
    link.restore();
    in_sync(site).await?;
    Ok(Taken { seconds: began.elapsed().as_secs_f64(), bytes: bytes() - before })
}

fn report(table: &mut Table, case: Case, runs: &[Run]) {
    let Link { name, round_trip_ms, kbit_per_second, loss_per_mille, .. } = case.link;
    let done: Vec<_> = runs.iter().flatten().collect();
    let link = format!(
        "{name} ({kbit_per_second} kbit/s, {round_trip_ms} ms, {} % loss), {:?}",
        f64::from(*loss_per_mille) / 10.0,
        case.congestion
    );
    if done.len() < runs.len() {
        table.add(format!("{link}: runs that came to no end"), (runs.len() - done.len()) as f64, "", None);
    }
    for (index, what) in ["quiet sync from cold", "a day's work"].into_iter().enumerate() {
        let mut seconds: Vec<_> = done.iter().map(|run| run[index].seconds).collect();
        let mut bytes: Vec<_> = done.iter().map(|run| run[index].bytes as f64 / 1024.0).collect();
        seconds.sort_by(f64::total_cmp);
        bytes.sort_by(f64::total_cmp);
        for (which, figures, unit) in [("time", seconds, "s"), ("bytes both ways", bytes, "KiB")] {
            let (Some(median), Some(worst)) = (figures.get(figures.len() / 2), figures.last()) else {
                continue;
            };
            table.add(format!("{link}: {what}, {which}, median"), *median, unit, None);
            table.add("… worst", *worst, unit, None);
        }
    }
}
