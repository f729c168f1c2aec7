//! `tributary verify`: the trail of who wrote what, checked from a database that nobody runs.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use crdt_store::{Audit, AuditedChain, Reader, Schema, Snapshot};
use domain::DomainSchema;
use domain::query::reference;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::cli::Verify;
use crate::exit::{Exit, Failure};
use crate::installation::Installation;

/// Contradictions that a person is shown; `--json` has a thousand.
const CONTRADICTIONS_SHOWN: usize = 20;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    database: String,
    documents: u64,
    changes: u64,
    /// Changes that their author signed.
    proven: u64,
    /// Changes of this device that it signs when it next speaks with a peer.
    unsealed: u64,
    /// Changes by the word of whoever brought them: central, or their author over its connection.
    unproven: u64,
    chains: Vec<Chain>,
    contradiction_count: u64,
    contradictions: Vec<Contradiction>,
}

/// What one life of a device wrote in one scope.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Chain {
    scope: String,
    device: String,
    /// The device's name, where the database has it.
    name: Option<String>,
    life: u32,
    seals: u64,
    signed: u64,
    /// Signed, and not in this database.
    absent: u64,
    gaps: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Contradiction {
    code: &'static str,
    detail: String,
}

/// Checks the trail; exit code 4 when something contradicts what was signed.
pub fn run(options: &Verify) -> Result<ExitCode, Failure> {
    let path = match &options.file {
        Some(file) => file.clone(),
        None => Installation::at(&options.directory.dir).database(),
    };
    let reader = Reader::open(&path, Arc::new(DomainSchema))?;
    let read = reader.snapshot()?;
    let bar = progress_bar(options.json, read.document_count()?);
    let audit = read.audit(&mut |documents| bar.set_position(documents))?;
    bar.finish_and_clear();
    let report = report_of(path.display().to_string(), &read, audit);
    match options.json {
        true => say!("{}", serde_json::to_string(&report).map_err(|error| Failure::failed("report", error))?),
        false => print(&report),
    }
    let is_sound = report.contradiction_count == 0;
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::from(Exit::NotInOrder as u8) })
}

fn report_of(database: String, read: &Snapshot, audit: Audit) -> Report {
    let contradiction = |crdt_store::Contradiction { code, detail }| Contradiction { code, detail };
    Report {
        database,
        documents: audit.documents,
        changes: audit.changes,
        proven: audit.proven,
        unsealed: audit.unsealed,
        unproven: audit.unproven(),
        chains: audit.chains.iter().map(|chain| chain_of(read, chain)).collect(),
        contradiction_count: audit.contradiction_count,
        contradictions: audit.contradictions.into_iter().map(contradiction).collect(),
    }
}

fn chain_of(read: &Snapshot, chain: &AuditedChain) -> Chain {
    let device = chain.sealer.key.device();
    let row = reference::device(read, device).ok().flatten();
    Chain {
        scope: DomainSchema.scope_name(read, &chain.scope),
        device: device.to_string(),
        name: row.map(|row| row.name),
        life: chain.sealer.incarnation,
        seals: chain.seals,
        signed: chain.listed,
        absent: chain.absent,
        gaps: chain.gaps,
    }
}

fn progress_bar(quiet: bool, documents: u64) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("Checking {bar:30} {pos}/{len} documents, {eta} left")
        .expect("the template is well formed");
    ProgressBar::new(documents).with_style(style)
}

fn print(report: &Report) {
    say!("{}", report.database);
    say!("  {:>9} documents, {} changes", report.documents, report.changes);
    say!("  {:>9} changes signed by their author", report.proven);
    say!("  {:>9} of this device, to be signed when it next speaks with a peer", report.unsealed);
    say!("  {:>9} by the word of whoever brought them", report.unproven);
    if !report.chains.is_empty() {
        say!(
            "\n  {:<28} {:<28} {:>4} {:>9} {:>7} {:>5}",
            "scope",
            "author",
            "life",
            "signed",
            "absent",
            "gaps"
        );
    }
    for chain in &report.chains {
        let author = chain.name.as_deref().unwrap_or(&chain.device);
        let Chain { scope, life, signed, absent, gaps, .. } = chain;
        say!("  {scope:<28} {author:<28} {life:>4} {signed:>9} {absent:>7} {gaps:>5}");
    }
    if report.contradiction_count == 0 {
        say!("\nNothing contradicts what was signed.");
        return;
    }
    say!(
        "\n{} contradictions: somebody altered the database, or a device has a double.",
        report.contradiction_count
    );
    for Contradiction { code, detail } in report.contradictions.iter().take(CONTRADICTIONS_SHOWN) {
        say!("  {code}: {detail}");
    }
}
