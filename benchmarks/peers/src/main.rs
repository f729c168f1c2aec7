//! Tributary's replication beside samod's, the automerge-repo of Rust: the same documents, the same edits, the same
//! link, in one run. Prints one table in Markdown; how it came about stands above and below it.

mod automerge_repo;
mod counted;
mod job;
mod link;
mod stages;
mod table;
mod tributary;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;

use crate::automerge_repo::Repos;
use crate::job::{DAY_DOCUMENTS, Job};
use crate::link::Link;
use crate::stages::{Failure, Life, Peers, Terms, live};
use crate::table::{Comparison, Lives};
use crate::tributary::Nodes;

/// One way of the link over which times are told: a mobile network on an ordinary day.
const FAR: Duration = Duration::from_millis(100);
/// One way of the link on which round trips are counted: so long that the machine's own time hardly counts.
const FARTHER: Duration = Duration::from_millis(500);
/// How long what was left in the middle may take to end.
const ENDING_MAX: Duration = Duration::from_secs(10);
/// What this was built with.
const LOCK: &str = include_str!("../Cargo.lock");

/// Compares Tributary's replication with samod's on the same job.
#[derive(Parser)]
struct Options {
    /// Documents that both sides come to hold
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(DAY_DOCUMENTS as i64..))]
    documents: u32,
    /// How often everything is done on the loopback; the median is told
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Documents of a further run on the loopback; 0 for none
    #[arg(long, default_value_t = 20_000)]
    many: u32,
    /// Seconds that a first synchronisation may take before the rest is left out
    #[arg(long, default_value_t = 180)]
    patience: u64,
    /// A directory on the disk to be measured; what is made there is removed
    #[arg(long, default_value = ".")]
    dir: PathBuf,
}

impl Options {
    fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }
}

fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let usual = everything(&options)?;
    let mut rows = usual.rows();
    if options.many > 0 {
        rows.extend(many(&options)?.rows());
    }
    print(&options, &rows, &usual);
    Ok(())
}

fn everything(options: &Options) -> Result<Comparison, Failure> {
    let documents = options.documents as usize;
    let near = (0..options.runs).map(|_| lives(options, documents, Link::Loopback));
    Ok(Comparison {
        documents,
        patience: options.patience(),
        near: near.collect::<Result<_, _>>()?,
        far: Some((2 * FAR, lives(options, documents, Link::Far(FAR))?)),
        counted: Some((2 * FARTHER, lives(options, DAY_DOCUMENTS, Link::Far(FARTHER))?)),
    })
}

fn many(options: &Options) -> Result<Comparison, Failure> {
    let documents = (options.many as usize).max(DAY_DOCUMENTS);
    let near = vec![lives(options, documents, Link::Loopback)?];
    Ok(Comparison { documents, patience: options.patience(), near, far: None, counted: None })
}

/// One life of each system, one after the other: what the machine does besides hits both.
fn lives(options: &Options, documents: usize, link: Link) -> Result<Lives, Failure> {
    let terms = Terms { job: Job { documents }, link, patience: options.patience() };
    Ok([life::<Nodes>(&options.dir, terms)?, life::<Repos>(&options.dir, terms)?])
}

/// A life on a runtime and in a directory of its own, so that nothing of it disturbs the next.
fn life<P: Peers>(directory: &Path, terms: Terms) -> Result<Life, Failure> {
    eprintln!("{}: {} documents, {:?} …", P::NAME, terms.job.documents, terms.link);
    let directory = tempfile::tempdir_in(directory)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let life = runtime.block_on(live::<P>(directory.path(), terms));
    runtime.shutdown_timeout(ENDING_MAX);
    life
}

fn print(options: &Options, rows: &[String], usual: &Comparison) {
    let profile = if cfg!(debug_assertions) { "debug build: figures mean nothing" } else { "release build" };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let [tributary, samod] = usual.near[0].each_ref().map(|life| life.document_bytes);
    println!(
        "tributary {} · samod {} · automerge {} in both · {cores} cores · {profile}\n",
        version("replication"),
        version("samod"),
        version("automerge"),
    );
    println!("{}\n{}\n", table::HEADING, rows.join("\n"));
    println!(
        "Bytes, both ways: Tributary's are payloads of UDP datagrams, TLS handshake and acknowledgements included; samod's \
         are the payload of a TCP stream without TLS. Times run from the dial, or the edit, until each side knows that \
         the other has what it has. Round trips are such times over a link of {} s, divided by it, with {DAY_DOCUMENTS} \
         documents. A document as Automerge saves it has {tributary} bytes in Tributary and {samod} in samod. Figures on \
         loopback are medians of {}; those over links, and those with more documents, were measured once. A first \
         synchronisation that has not ended after {} s is given up, and with it what would follow.",
        (2 * FARTHER).as_secs(),
        options.runs,
        options.patience,
    );
}

/// The version of a package that this was built with.
fn version(package: &str) -> &'static str {
    let name = format!("name = \"{package}\"\n");
    let entry = LOCK.split("[[package]]").find(|entry| entry.contains(&name)).unwrap_or_default();
    entry.split("version = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("unknown")
}
