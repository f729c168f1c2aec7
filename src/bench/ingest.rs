//! What central takes in: sites that worked while their network was cut all come back at once, and the time is taken until
//! the last of them has proof that central holds its work durably. Central is a process of its own, so that its processor
//! time can be told from that of the sites, which share the machine with it.
//!
//! Two kinds of work: that of a day, in which what is touched is touched a few times, and the worst there is, in which
//! every change is of another document. Central has none of the documents in memory in either.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use domain::DomainSchema;
use replication::shell::NodeHandle;
use tokio::task::JoinSet;

use super::fleet::{self, Member, Size};
use super::process::{Process, Processor};
use super::sync::{DAY_EDITS_EACH, annotate, cut, in_sync, link_of};
use super::{Ground, Table};
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::block_on;

/// Sites at once.
const SITES: [usize; 3] = [1, 10, 200];
/// Documents of all sites together.
const DOCUMENTS: usize = 12_000;
/// Changes of each document they touch: as in the day of the benchmark of sync, and the fewest there can be.
const CHANGES_EACH: [usize; 2] = [DAY_EDITS_EACH, 1];

/// What one meeting took.
struct Taken {
    seconds: f64,
    processor: Processor,
}

/// Measures central with one site, with some, and with a country.
pub fn measure(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    if !Path::new("/proc/self/stat").exists() {
        eprintln!("ingest: left out; processor time is read from /proc, which this system does not have");
        return Ok(());
    }
    for each in CHANGES_EACH {
        for sites in SITES {
            let place = Installation::at(&ground.directory.join(format!("central-{sites}-{each}")));
            let members = fleet::fill(
                &place,
                Size { sites, devices: 1, items: fleet::ITEMS, lines: DOCUMENTS / sites },
            )?;
            let central = Process::serve(&place)?;
            let taken = block_on(ingest(members, &central, each))?;
            report(table, sites, each, &taken);
        }
    }
    Ok(())
}

fn report(table: &mut Table, sites: usize, each: usize, taken: &Taken) {
    let changes = DOCUMENTS * each;
    let per = |seconds: f64| changes as f64 / seconds;
    let sites = format!("{sites} site{}", if sites == 1 { "" } else { "s" });
    table.add(
        format!("{sites}, {changes} changes of {DOCUMENTS} documents: restoration to the last proof"),
        per(taken.seconds),
        "changes/s",
        Some("≥ 10,000"),
    );
    table.add("… by central's own processor time", per(taken.processor.sum()), "changes/s per core", None);
    table.add(
        "… of that, the node's thread",
        taken.processor.node * 1e6 / changes as f64,
        "µs a change",
        None,
    );
    table.add(
        "… and the threads of QUIC, decoding and verifying",
        taken.processor.others * 1e6 / changes as f64,
        "µs a change",
        None,
    );
}

async fn ingest(members: Vec<Member>, central: &Process, each: usize) -> Result<Taken, Failure> {
    let address = central.quic()?;
    let mut sites = JoinSet::new();
    for member in members {
        let address = address.clone();
        sites.spawn(async move {
            let node = member.start(address, Arc::new(DomainSchema), Default::default()).await?;
            in_sync(&node).await?;
            work_alone(&node, &member, each).await?;
            Ok::<_, Failure>(node)
        });
    }
    let sites = all(sites).await?;
    let (before, began) = (central.processor()?, Instant::now());
    for site in &sites {
        link_of(site)?.restore();
    }
    for site in &sites {
        in_sync(site).await?;
    }
    let (seconds, processor) = (began.elapsed().as_secs_f64(), central.processor()?.since(before));
    let mut stopping = JoinSet::new();
    for site in sites {
        stopping.spawn(site.shutdown());
    }
    stopping.join_all().await;
    Ok(Taken { seconds, processor })
}

/// Cuts a site's network and goes over all its stock lines, a change to each, as often as is asked.
async fn work_alone(node: &NodeHandle, member: &Member, each: usize) -> Result<(), Failure> {
    cut(node).await?;
    for (number, line) in std::iter::repeat_n(&member.lines, each).flatten().enumerate() {
        annotate(node, *line, number).await?;
    }
    Ok(())
}

/// What all tasks gave, or the first failure.
async fn all<T: 'static>(mut tasks: JoinSet<Result<T, Failure>>) -> Result<Vec<T>, Failure> {
    let mut done = Vec::with_capacity(tasks.len());
    while let Some(result) = tasks.join_next().await {
        done.push(result.map_err(std::io::Error::other)??);
    }
    Ok(done)
}
