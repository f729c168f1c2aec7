//! Benchmarks that a deployment engineer can run on the machine in question: each prints rows of one table.
//!
//! Every benchmark makes its databases in a directory of its own on the disk that is to be measured, and removes it.

mod beside;
mod commits;
mod deliveries;
mod dictionary;
mod far_link;
mod figures;
mod fixture;
mod fleet;
mod http;
mod idle;
mod importing;
mod ingest;
mod links;
mod memory;
mod orders;
mod process;
mod stocktake;
mod sync;
mod transfer;

use std::process::ExitCode;

use serde::Serialize;
use tempfile::TempDir;

use crate::cli::Bench;
use crate::exit::Failure;

/// Documents of the store that most benchmarks work on: a busy district store's stock lines.
const LINES: usize = 20_000;

/// One measured figure.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// The benchmark it belongs to.
    pub bench: &'static str,
    /// What was measured.
    pub what: String,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What it should be, where there is an aim.
    pub aim: Option<&'static str>,
}

/// Collects figures as they are measured.
pub struct Table {
    bench: &'static str,
    figures: Vec<Figure>,
}

impl Table {
    /// Adds a figure.
    pub fn add(
        &mut self,
        what: impl Into<String>,
        value: f64,
        unit: &'static str,
        aim: Option<&'static str>,
    ) {
        self.figures.push(Figure { bench: self.bench, what: what.into(), value, unit, aim });
    }
}

/// What a benchmark is given.
pub struct Ground<'a> {
    /// A directory of its own.
    pub directory: &'a std::path::Path,
    /// The file of deliveries.
    pub deliveries: Option<&'a std::path::Path>,
}

type Measure = fn(&Ground<'_>, &mut Table) -> Result<(), Failure>;

const BENCHES: [(&str, &str, Measure); 14] = [
    ("commits", "durable commits, one at a time and grouped", commits::measure),
    ("adjust", "durable stock adjustments over HTTP at 1, 8 and 32 connections", http::measure_adjust),
    ("list", "a list of 100 stock lines out of 20,000 over HTTP", http::measure_list),
    (
        "figures",
        "allocation, ledgers, consumption and long lists, each beside a tenth of the data",
        figures::measure,
    ),
    (
        "stocktake",
        "a stocktake of 3,000 lines from its beginning to its end, beside one of 300",
        stocktake::measure,
    ),
    (
        "orders",
        "an order of 1,200 lines, a shipment of 200, the dashboard; a shipment's whole life over QUIC, in bytes",
        orders::measure,
    ),
    ("sync", "initialising a site of 20,000 documents, a quiet sync, a day's work, over QUIC", sync::measure),
    ("dictionary", "what the dictionary of the wire saves on small frames", dictionary::measure),
    ("import", "import of the file of deliveries", importing::measure),
    (
        "deliveries",
        "the file of deliveries lived again: ordered, supplied and received, and counted",
        deliveries::measure,
    ),
    ("memory", "memory of central and of a site, idle and busy", memory::measure),
    (
        "ingest",
        "what central takes in per second from 1, 10 and 200 sites at once, over QUIC",
        ingest::measure,
    ),
    (
        "links",
        "a quiet sync and a day's work over named links, by congestion control where they are slow",
        links::measure,
    ),
    ("idle", "memory, processor and bytes of central with 500 and 5,000 connected devices", idle::measure),
];

/// Runs one benchmark or all of them.
pub fn run(options: Bench) -> Result<ExitCode, Failure> {
    if let Some(file) = &options.train {
        dictionary::train(file)?;
        return Ok(ExitCode::SUCCESS);
    }
    if options.list {
        for (name, what, _) in BENCHES {
            say!("{name:<10} {what}");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let chosen: Vec<_> = BENCHES
        .iter()
        .filter(|(name, ..)| options.name.as_deref().is_none_or(|wanted| wanted == *name))
        .collect();
    if chosen.is_empty() {
        let message = format!("there is no benchmark «{}»; see --list", options.name.unwrap_or_default());
        return Err(Failure::rejected("no-such-benchmark", message));
    }
    let mut figures = Vec::new();
    for (name, what, measure) in chosen {
        if !options.json {
            eprintln!("{name}: {what} …");
        }
        let directory = match &options.dir {
            Some(parent) => TempDir::new_in(parent)?,
            None => TempDir::new_in(".")?,
        };
        let ground = Ground { directory: directory.path(), deliveries: options.deliveries.as_deref() };
        let mut table = Table { bench: name, figures: Vec::new() };
        measure(&ground, &mut table)?;
        figures.append(&mut table.figures);
    }
    match options.json {
        true => {
            say!("{}", serde_json::to_string(&figures).map_err(|error| Failure::failed("report", error))?)
        }
        false => print(&figures),
    }
    Ok(ExitCode::SUCCESS)
}

fn print(figures: &[Figure]) {
    let profile = if cfg!(debug_assertions) { "debug build: figures mean nothing" } else { "release build" };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    say!("tributary {} · {cores} cores · {profile}", env!("CARGO_PKG_VERSION"));
    say!("| benchmark | measured | value | unit | aim |");
    say!("|---|---|---:|---|---|");
    for Figure { bench, what, value, unit, aim } in figures {
        let value = match value {
            value if *value >= 100.0 => format!("{value:.0}"),
            value if *value >= 10.0 => format!("{value:.1}"),
            value => format!("{value:.2}"),
        };
        say!("| {bench} | {what} | {value} | {unit} | {} |", aim.unwrap_or("—"));
    }
}
