//! `tributary import deliveries`: a CSV file becomes items, partners, stores and shipments on central.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use central::import::{ImportError, Mapping, RejectedRow, Report, import};
use indicatif::{ProgressBar, ProgressStyle};
use replication::shell::{Clock, DeviceKey};

use crate::cli::ImportDeliveries;
use crate::exit::{Exit, Failure};
use crate::installation::Installation;
use crate::running::System;

/// Rejected rows that a person is shown; the report file has them all.
const REJECTED_SHOWN: usize = 20;

/// Imports and reports. What can be refused is looked at before anything is imported.
pub fn run(options: ImportDeliveries) -> Result<ExitCode, Failure> {
    let text = read_text(&options.mapping, "mapping")?;
    let mapping = Mapping::parse(&text).map_err(|error| {
        Failure::rejected(error.code(), format!("{}: {error}", options.mapping.display()))
    })?;
    let bytes = read(&options.file, "file")?;
    let installation = Installation::at(&options.directory.dir);
    if System::load(&installation)?.is_none() {
        let message = format!(
            "{} is not a central server's directory; make one with `tributary init`",
            installation.directory().display()
        );
        return Err(Failure::rejected("central-only", message));
    }
    let clock = Clock::start();
    let key = DeviceKey::load(installation.directory())?;
    let mut store = installation.open_store(&key, true)?;
    let file = options.report.as_deref().map(ReportFile::open).transpose()?;

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
    if let Some(file) = file {
        file.write(&json)?;
    }
    match options.json {
        true => say!("{json}"),
        false => print_report(&report, began.elapsed().as_secs_f64()),
    }
    let none_accepted = report.rows > 0 && report.rejected.len() as u64 == report.rows;
    Ok(if none_accepted { ExitCode::from(Exit::NotInOrder as u8) } else { ExitCode::SUCCESS })
}

/// The file of `--report`, opened before the import: that it cannot be written should not be found out after it.
struct ReportFile {
    path: PathBuf,
    file: File,
    /// Whether nothing was there before, so that nothing need stay.
    new: bool,
}

impl ReportFile {
    fn open(path: &Path) -> Result<Self, Failure> {
        let new = !path.exists();
        // An earlier report stays until there is another.
        let file = File::options().write(true).create(true).truncate(false).open(path).map_err(|error| {
            Failure::rejected("report-file", format!("cannot write {}: {error}", path.display()))
        })?;
        Ok(Self { path: path.to_owned(), file, new })
    }

    fn write(mut self, text: &str) -> Result<(), Failure> {
        self.new = false;
        let written = self.file.set_len(0).and_then(|()| self.file.write_all(text.as_bytes()));
        written.map_err(|error| Failure::failed("report-file", format!("{}: {error}", self.path.display())))
    }
}

impl Drop for ReportFile {
    fn drop(&mut self) {
        if self.new {
            // An import that failed has no report; an empty file that stays would do no harm.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

pub(super) fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
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
pub(super) fn progress_bar(quiet: bool) -> ProgressBar {
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
        say!("         {}", rejected_line(rejected));
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

fn rejected_line(rejected: &RejectedRow) -> String {
    let RejectedRow { line, column, value, message, code, .. } = rejected;
    let column = column.as_ref().map(|column| format!(", column «{column}»")).unwrap_or_default();
    let value = value.as_ref().map(|value| format!(", value «{value}»")).unwrap_or_default();
    format!("line {line}{column}{value}: {message} [{code}]")
}
