//! `tributary import deliveries`: a CSV file becomes items, partners, stores and shipments on central.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use central::import::{ImportError, Mapping, Report, import};
use indicatif::{ProgressBar, ProgressStyle};
use replication::shell::{Clock, DeviceKey};

use crate::cli::ImportDeliveries;
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::System;

/// Rejected rows that a person is shown; the report file has them all.
const REJECTED_SHOWN: usize = 20;

/// Imports and reports.
pub fn run(options: ImportDeliveries) -> Result<ExitCode, Failure> {
    let text = read_text(&options.mapping, "mapping")?;
    let mapping = Mapping::parse(&text)
        .map_err(|error| Failure::rejected("mapping", format!("{}: {error}", options.mapping.display())))?;
    let bytes = read(&options.file, "file")?;
    let installation = Installation::at(&options.directory.dir)?;
    if System::load(&installation)?.is_none() {
        let message = format!(
            "{} is not a central server's directory; make one with `tributary init`",
            installation.directory().display()
        );
        return Err(Failure::rejected("central-only", message));
    }
    let clock = Clock::start();
    let device = DeviceKey::load_or_create(installation.directory())?.device();
    let mut store = installation.open_store(device, true)?;

    let bar = progress_bar(options.json);
    let began = Instant::now();
    let imported = import(&mut store, &bytes, &mapping, clock.wall(), &mut |progress| {
        bar.set_length(progress.rows);
        bar.set_position(progress.rows_done);
    });
    bar.finish_and_clear();
    let report = imported.map_err(failed)?;
    drop(store);

    let json = serde_json::to_string_pretty(&report).map_err(|error| Failure::failed("report", error))?;
    if let Some(path) = &options.report {
        std::fs::write(path, &json)
            .map_err(|error| Failure::failed("report-file", format!("{}: {error}", path.display())))?;
    }
    match options.json {
        true => say!("{json}"),
        false => print_report(&report, began.elapsed().as_secs_f64()),
    }
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        Failure::rejected(format!("{what}-unreadable"), format!("cannot read {}: {error}", path.display()))
    })
}

fn read_text(path: &Path, what: &str) -> Result<String, Failure> {
    String::from_utf8(read(path, what)?).map_err(|_| {
        Failure::rejected(format!("{what}-unreadable"), format!("{} is not UTF-8 text", path.display()))
    })
}

fn failed(error: ImportError) -> Failure {
    match &error {
        ImportError::Store(store) => Failure::failed(store.code(), store),
        other => Failure::rejected(other.code(), other),
    }
}

/// A bar on a terminal, nothing elsewhere.
fn progress_bar(quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("Importing {bar:30} {pos}/{len} rows, {eta} left")
        .expect("the template is well formed");
    ProgressBar::new(0).with_style(style)
}

fn print_report(report: &Report, seconds: f64) {
    say!("{} rows read in {seconds:.1} s", report.rows);
    say!("{:>8} accepted now", report.accepted);
    say!("{:>8} were there already", report.already_there);
    say!("{:>8} rejected", report.rejected.len());
    for rejected in report.rejected.iter().take(REJECTED_SHOWN) {
        say!("         line {}: {} [{}]", rejected.line, rejected.message, rejected.code);
    }
    if report.rejected.len() > REJECTED_SHOWN {
        say!("         … and {} more; --report FILE writes them all", report.rejected.len() - REJECTED_SHOWN);
    }
    for (class, counts) in &report.documents {
        say!("{:>8} {class} made, {} there already", counts.created, counts.already_there);
    }
    for (field, count) in &report.taken_as_missing {
        say!("{count:>8} values of «{field}» could not be read and were taken as missing");
    }
    say!("{:>8} stores, {} units in all", report.stores.len(), report.units);
}
