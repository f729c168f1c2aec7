//! `tributary import items` and `tributary import stock`: a table becomes items on central, or the opening stock of a
//! store, by the same rules as at the interface.

use std::process::ExitCode;

use crdt_store::{Author, DocumentId, Rejection, Store, Timestamp};
use domain::import::{
    self, Begin, Begun, CHUNK_ROWS, DayOrder, DecimalMark, ImportKind, Preview, RowError, Style, Tally,
    Values,
};
use domain::{Caller, Role};
use replication::shell::{Clock, DeviceKey, Membership};
use serde::Serialize;

use super::import::{progress_bar, read};
use crate::cli::{ImportStock, ImportTable, Mark, Order};
use crate::exit::{Exit, Failure};
use crate::installation::Installation;
use crate::running::System;

/// Errors that a person is shown; `--json` has them all.
const ERRORS_SHOWN: usize = 20;
/// Who the changes of an import say that they are by.
const AUTHOR: &str = "import of a table";

/// What came of an import.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    import: DocumentId,
    already_imported: bool,
    #[serde(flatten)]
    tally: Tally,
    errors: Vec<RowError>,
}

/// Imports items.
pub fn items(options: &ImportTable) -> Result<ExitCode, Failure> {
    run(ImportKind::Items, options, None)
}

/// Imports the opening stock of a store.
pub fn stock(options: &ImportStock) -> Result<ExitCode, Failure> {
    run(ImportKind::OpeningStock, &options.table, Some(&options.store))
}

fn run(kind: ImportKind, options: &ImportTable, code: Option<&str>) -> Result<ExitCode, Failure> {
    let bytes = read(&options.file, "file")?;
    let table = http_api::read_table(&bytes).map_err(|problem| {
        Failure::rejected(problem.code.clone(), format!("{}: {}", options.file.display(), problem.detail))
    })?;
    let mapping = import::recognise(kind.columns(), &table.header);
    let missing: Vec<&str> = kind
        .columns()
        .iter()
        .filter(|column| column.needed && !mapping.contains_key(column.name))
        .map(|column| column.name)
        .collect();
    if !missing.is_empty() {
        let message = format!("no column of {} is called {}", options.file.display(), missing.join(", "));
        return Err(Failure::rejected("missing-columns", message));
    }
    let (mut store, role) = open(&options.directory.dir)?;
    let (caller, now) = (Caller::system(role), Clock::start().wall());
    let own = code.map(|code| store_of(&store, code)).transpose()?;
    let style = Style {
        decimal_mark: options.decimal_mark.map(|mark| match mark {
            Mark::Point => DecimalMark::Point,
            Mark::Comma => DecimalMark::Comma,
        }),
        day_order: options.day_order.map(|order| match order {
            Order::DayFirst => DayOrder::DayFirst,
            Order::MonthFirst => DayOrder::MonthFirst,
        }),
    };
    let snapshot = store.reader().snapshot().map_err(|error| Failure::failed(error.code(), error))?;
    let typed = import::typed(kind, &table, &mapping, style);
    let preview = import::check(kind, &snapshot, &caller, own, typed).map_err(refused)?;
    if !preview.errors.is_empty() && !options.leave_out_errors {
        return Err(Failure::rejected("import-has-errors", errors_text(&preview.errors)));
    }
    let values = preview.rows.iter().map(|row| &row.values);
    let id =
        import::id_of(&snapshot, kind, own, values).map_err(|error| Failure::failed(error.code(), error))?;
    drop(snapshot);
    let file = options.file.file_name().map_or_else(|| "table".into(), |name| name.to_string_lossy());
    let begin =
        Begin { kind, store: own, file: file.into_owned(), about: None, id, rows: preview.rows.len() as u32 };
    let report = carry_out(&mut store, now, &caller, &begin, preview, options.json)?;
    match options.json {
        true => say!(
            "{}",
            serde_json::to_string_pretty(&report).map_err(|error| Failure::failed("report", error))?
        ),
        false => print(&report),
    }
    let none = report.tally == Tally::default() && !report.already_imported;
    Ok(if none { ExitCode::from(Exit::NotInOrder as u8) } else { ExitCode::SUCCESS })
}

/// The database of a central, or of a site.
fn open(directory: &std::path::Path) -> Result<(Store, Role), Failure> {
    let installation = Installation::at(directory);
    let central = System::load(&installation)?.is_some();
    if !central && !installation.directory().join(Membership::FILE).exists() {
        let message =
            format!("{} is neither central's directory nor a site's", installation.directory().display());
        return Err(Failure::rejected("not-enrolled", message));
    }
    let key = DeviceKey::load(installation.directory())?;
    let store = installation.open_store(&key, central)?;
    Ok((store, if central { Role::Central } else { Role::Site }))
}

fn store_of(store: &Store, code: &str) -> Result<DocumentId, Failure> {
    let snapshot = store.reader().snapshot().map_err(|error| Failure::failed(error.code(), error))?;
    let found = domain::query::reference::store_by_code(&snapshot, code)
        .map_err(|error| Failure::failed(error.code(), error))?;
    let unknown =
        || Failure::rejected("unknown-store", format!("there is no store with the code «{code}» here"));
    found.map(|row| row.id).ok_or_else(unknown)
}

fn refused(failure: crdt_store::Failure) -> Failure {
    match failure {
        crdt_store::Failure::Rejected(rejection) => rejected(&rejection),
        crdt_store::Failure::Store(error) => Failure::failed(error.code(), error),
    }
}

fn rejected(rejection: &Rejection) -> Failure {
    Failure::rejected(rejection.code.clone(), &rejection.message)
}

fn carry_out(
    store: &mut Store,
    now: Timestamp,
    caller: &Caller,
    begin: &Begin,
    preview: Preview,
    quiet: bool,
) -> Result<Report, Failure> {
    let author = Author { message: Some(AUTHOR.to_owned()) };
    let mut report =
        Report { import: begin.id, already_imported: false, tally: Tally::default(), errors: preview.errors };
    let begun = act(store, now, &author, |txn| import::begin(txn, caller, begin))?;
    if begun == Begun::Done {
        report.already_imported = true;
        return Ok(report);
    }
    let rows: Vec<(u32, Values)> = preview.rows.into_iter().map(|row| (row.line, row.values)).collect();
    let bar = progress_bar(quiet);
    bar.set_length(rows.len() as u64);
    for rows in rows.chunks(CHUNK_ROWS) {
        let chunk = act(store, now, &author, |txn| import::apply(txn, caller, begin.id, rows))?;
        report.tally += chunk.tally;
        report.errors.extend(chunk.errors);
        bar.inc(rows.len() as u64);
    }
    bar.finish_and_clear();
    act(store, now, &author, |txn| import::finish(txn, caller, begin.id, &report.tally))?;
    Ok(report)
}

fn act<T>(
    store: &mut Store,
    now: Timestamp,
    author: &Author,
    command: impl FnOnce(&mut crdt_store::Txn<'_>) -> Result<T, crdt_store::Failure>,
) -> Result<T, Failure> {
    let reply = store.execute(now, author, command).map_err(|error| Failure::failed(error.code(), error))?;
    reply.map_err(|rejection| rejected(&rejection))
}

fn line_of(error: &RowError) -> String {
    let RowError { line, column, value, message, code } = error;
    let column = column.as_ref().map(|column| format!(", {column}")).unwrap_or_default();
    let value = value.as_ref().map(|value| format!(", «{value}»")).unwrap_or_default();
    format!("line {line}{column}{value}: {message} [{code}]")
}

fn errors_text(errors: &[RowError]) -> String {
    let shown: Vec<String> = errors.iter().take(ERRORS_SHOWN).map(line_of).collect();
    let more = errors.len().saturating_sub(ERRORS_SHOWN);
    let more = if more > 0 { format!("\n… and {more} more") } else { String::new() };
    format!(
        "{} errors; correct them, or leave their rows out with --leave-out-errors\n{}{more}",
        errors.len(),
        shown.join("\n")
    )
}

fn print(report: &Report) {
    if report.already_imported {
        say!("These rows were imported already; nothing was done");
        return;
    }
    let Tally { created, changed, same, .. } = report.tally;
    say!("{created:>8} new");
    say!("{changed:>8} changed");
    say!("{same:>8} were there already");
    say!("{:>8} errors", report.errors.len());
    for error in report.errors.iter().take(ERRORS_SHOWN) {
        say!("         {}", line_of(error));
    }
}
