//! Imports under way: files that somebody sent and looks at, and those that are being carried out.
//!
//! ```text
//!  file ─ [receive] read within limits, recognise columns ─ Upload ─ [remap] ─ [apply] ─ the domain's import document
//!                                                             │                  │
//!                                                       kept in memory      a task: a few hundred rows a command,
//!                                                       for an hour         progress for whoever asks
//! ```
//!
//! What was not applied is lost with the process, and says so; what was applied is a document. An import that was cut
//! off is finished by sending the same file again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crdt_store::{DocumentId, Snapshot};
use domain::import::{
    self, Begin, Begun, Checked, Chunk, ImportKind, ImportRow, Mapping, Outcome, Preview, Raw, RowError,
    Style, Table, Tally, Undo, UndoError, Undone, Values,
};
use domain::{Caller, Permission};
use tokio::sync::watch;

use crate::auth::Visitor;
use crate::error::Problem;
use crate::sheets;
use crate::state::AppState;

/// Files that are kept for people to look at: more than a site has people at work.
const UPLOADS_MAX: usize = 8;
/// Memory that the tables of all of them may take: a tablet has 1 GB for everything.
const TABLE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long a file is kept.
const KEPT_MS: u64 = 3_600_000;
/// What a pasted table is called.
pub(crate) const PASTED: &str = "pasted";

/// A file that somebody sent, and what it would do.
#[derive(Clone)]
pub(crate) struct Upload {
    pub(crate) id: DocumentId,
    user: DocumentId,
    pub(crate) kind: ImportKind,
    pub(crate) store: Option<DocumentId>,
    /// The stocktake that is counted, or the order that is filled in.
    pub(crate) about: Option<DocumentId>,
    /// Whether batches that are not on paper are added.
    pub(crate) add_found: bool,
    pub(crate) file: String,
    pub(crate) table: Arc<Table>,
    pub(crate) mapping: Mapping,
    pub(crate) style: Style,
    pub(crate) preview: Arc<Preview>,
    /// The import that its rows make.
    pub(crate) import: DocumentId,
    at_ms: u64,
    job: Option<Arc<Job>>,
}

/// What a file is about, and how it is written.
pub(crate) struct Wish {
    pub(crate) kind: ImportKind,
    pub(crate) store: Option<DocumentId>,
    /// The stocktake that is counted, or the order that is filled in.
    pub(crate) about: Option<DocumentId>,
    pub(crate) add_found: bool,
    pub(crate) file: String,
    pub(crate) style: Style,
}

/// An import that is being carried out.
struct Job {
    rows: usize,
    done: AtomicUsize,
    end: watch::Sender<Option<Ended>>,
}

/// What came of it.
pub(crate) type Ended = Result<Applied, Problem>;

/// What an import did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Applied {
    pub(crate) tally: Tally,
    /// Rows that could not be carried out any more.
    pub(crate) errors: Vec<RowError>,
    /// Whether it had been carried out before.
    pub(crate) already: bool,
}

/// How far an import is.
#[derive(Clone, Debug)]
pub(crate) enum Stage {
    /// It waits for somebody to decide.
    Preview,
    /// It is being carried out: so many rows of so many.
    Running(usize, usize),
    /// It was carried out.
    Ended(Applied),
    /// It could not be finished.
    Failed(Problem),
}

impl Upload {
    /// How far it is.
    pub(crate) fn stage(&self) -> Stage {
        let Some(job) = &self.job else { return Stage::Preview };
        match job.end.borrow().clone() {
            None => Stage::Running(job.done.load(Ordering::Relaxed), job.rows),
            Some(Ok(applied)) => Stage::Ended(applied),
            Some(Err(problem)) => Stage::Failed(problem),
        }
    }
}

/// The files that are kept. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Uploads(Arc<Mutex<BTreeMap<DocumentId, Upload>>>);

impl Uploads {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<DocumentId, Upload>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a file; where there are too many, the oldest that is not at work goes.
    fn keep(&self, upload: Upload, now_ms: u64) -> Result<(), Problem> {
        let mut kept = self.lock();
        let at_work = |upload: &Upload| matches!(upload.stage(), Stage::Running(..));
        kept.retain(|_, old| at_work(old) || now_ms.saturating_sub(old.at_ms) < KEPT_MS);
        kept.remove(&upload.id);
        let is_full = |kept: &BTreeMap<DocumentId, Upload>| {
            let bytes: usize = kept.values().chain([&upload]).map(|one| bytes_of(&one.table)).sum();
            kept.len() >= UPLOADS_MAX || (bytes > TABLE_BYTES_MAX && !kept.is_empty())
        };
        while is_full(&kept) {
            let oldest =
                kept.values().filter(|old| !at_work(old)).min_by_key(|old| old.at_ms).map(|old| old.id);
            let busy = || Problem::advised("busy", "Too many imports are being carried out").retry_after(10);
            kept.remove(&oldest.ok_or_else(busy)?);
        }
        kept.insert(upload.id, upload);
        Ok(())
    }

    /// A file of this user, unless it is gone.
    fn of_user(&self, id: DocumentId, user: DocumentId) -> Option<Upload> {
        self.lock().get(&id).filter(|upload| upload.user == user).cloned()
    }
}

/// About how much memory a table takes.
fn bytes_of(table: &Table) -> usize {
    let cell = |raw: &Raw| {
        let text = if let Raw::Text(text) | Raw::Broken(text) = raw { text.len() } else { 0 };
        size_of::<Raw>() + text
    };
    table.rows.iter().flat_map(|row| &row.cells).map(cell).sum()
}

/// The answer where there is nothing of an id any more.
fn lost() -> Problem {
    Problem::advised("import-lost", "There is no such import here")
}

/// Who imports: somebody at work in a store, or somebody who changes central data.
///
/// # Errors
/// As [`Visitor::caller_in`]; as [`ImportKind::permit`].
pub(crate) fn caller(
    state: &AppState,
    visitor: &Visitor,
    kind: ImportKind,
    named: Option<DocumentId>,
) -> Result<(Caller, Option<DocumentId>), Problem> {
    let (caller, store) = match kind.of_store() {
        false => (visitor.central_caller(), None),
        true => {
            let caller = visitor.caller_in(named)?;
            let store = caller.store;
            (caller, store)
        }
    };
    kind.permit(&state.snapshot()?, &caller, store)?;
    Ok((caller, store))
}

/// Who imports a file; one that is about a document names one that can be filled in now, and is of its store.
///
/// # Errors
/// As [`caller`]; `validation` where the document is not named; `wrong-status`, `on-hold`, `not-arrived`.
pub(crate) fn entry(
    state: &AppState,
    visitor: &Visitor,
    kind: ImportKind,
    named: Option<DocumentId>,
    about: Option<DocumentId>,
) -> Result<(Caller, Option<DocumentId>), Problem> {
    let read = state.snapshot()?;
    let missing = |question, pointer| Problem::new("validation", question).at(pointer);
    match kind {
        ImportKind::Items | ImportKind::OpeningStock => caller(state, visitor, kind, named),
        ImportKind::Counts => {
            let id = about.ok_or_else(|| missing("which stocktake?", "/stocktake"))?;
            let own = domain::query::stocktakes::detail(&read, id)?.stocktake.store;
            let (caller, store) = caller(state, visitor, kind, named.or(Some(own)))?;
            import::require_stocktake(&read, &caller, store, id)?;
            Ok((caller, store))
        }
        ImportKind::OrderLines => {
            let id = about.ok_or_else(|| missing("which order?", "/order"))?;
            let row = domain::query::requisitions::row(&read, id)?;
            let own = row.ok_or_else(|| Problem::not_found("requisition"))?.customer;
            let (caller, store) = caller(state, visitor, kind, named.or(Some(own)))?;
            import::require_order(&read, &caller, store, id)?;
            Ok((caller, store))
        }
    }
}

/// Refuses somebody who may not look at imports of a store, or of what belongs to all.
pub(crate) fn look(state: &AppState, visitor: &Visitor, store: Option<DocumentId>) -> Result<(), Problem> {
    match store {
        Some(store) => visitor.look(Some(store), Permission::StockView).map(drop),
        None => {
            crate::api::route::require_central(state)?;
            visitor.require(Permission::EditCentralData)
        }
    }
}

/// Reads a file and says what it would do.
///
/// # Errors
/// As [`entry`]; as [`sheets::read`].
pub(crate) async fn receive(
    state: &AppState,
    visitor: &Visitor,
    wish: Wish,
    bytes: Vec<u8>,
) -> Result<Upload, Problem> {
    let Wish { kind, store, about, add_found, file, style } = wish;
    let (caller, store) = entry(state, visitor, kind, store, about)?;
    let table = off_thread(move || sheets::read(&bytes)).await?;
    let mapping = import::recognise(kind.columns(), &table.header);
    let id = DocumentId::from_time(state.now(), rand::random());
    let file = domain::valid_name("/file", &file).unwrap_or_else(|_| PASTED.to_owned());
    let upload = Upload {
        id,
        user: visitor.user(),
        kind,
        store,
        about: about.filter(|_| matches!(kind, ImportKind::Counts | ImportKind::OrderLines)),
        add_found,
        file,
        table: Arc::new(table),
        mapping,
        style,
        preview: Arc::default(),
        import: DocumentId::NIL,
        at_ms: state.uptime_ms(),
        job: None,
    };
    looked_through(state, caller, upload).await
}

/// Says anew which column is which, and how numbers and days are written.
///
/// # Errors
/// `import-lost`; `wrong-status` for an import that is being or was carried out.
pub(crate) async fn remap(
    state: &AppState,
    visitor: &Visitor,
    id: DocumentId,
    mapping: Mapping,
    style: Style,
    add_found: bool,
) -> Result<Upload, Problem> {
    let upload = found(state, visitor, id)?;
    if !matches!(upload.stage(), Stage::Preview) {
        return Err(Problem::advised("wrong-status", "This import was applied"));
    }
    let (caller, _) = entry(state, visitor, upload.kind, upload.store, upload.about)?;
    looked_through(state, caller, Upload { mapping, style, add_found, ..upload }).await
}

/// Checks the rows of a file and keeps it.
async fn looked_through(state: &AppState, caller: Caller, mut upload: Upload) -> Result<Upload, Problem> {
    let missing =
        upload.kind.columns().iter().any(|column| column.needed && !upload.mapping.contains_key(column.name));
    if missing {
        // Every row would be wrong for the same reason; the columns say it once.
        upload.preview = Arc::default();
        upload.import = DocumentId::NIL;
    } else {
        let (read, of) = (state.snapshot()?, upload.clone());
        let (preview, import) = off_thread(move || previewed(&read, &caller, &of)).await?;
        (upload.preview, upload.import) = (Arc::new(preview), import);
    }
    state.uploads().keep(upload.clone(), state.uptime_ms())?;
    Ok(upload)
}

fn previewed(read: &Snapshot, caller: &Caller, upload: &Upload) -> Result<(Preview, DocumentId), Problem> {
    let mut typed = import::typed(upload.kind, &upload.table, &upload.mapping, upload.style);
    typed = match (upload.kind, upload.about) {
        (ImportKind::Counts, Some(stocktake)) => typed.about(stocktake, upload.add_found),
        (ImportKind::OrderLines, Some(order)) => typed.of_order(order),
        _ => typed,
    };
    let preview = import::check(upload.kind, read, caller, upload.store, typed)?;
    let rows = preview.rows.iter().map(|row| &row.values);
    let id = import::id_of(read, upload.kind, upload.store, rows)?;
    Ok((preview, id))
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Problem::advised("internal-error", "The file could not be read"))?
}

/// A file that somebody sent.
///
/// # Errors
/// `import-lost`.
pub(crate) fn found(state: &AppState, visitor: &Visitor, id: DocumentId) -> Result<Upload, Problem> {
    state.uploads().of_user(id, visitor.user()).ok_or_else(lost)
}

/// The record of an import that the visitor may look at.
///
/// # Errors
/// `import-lost`.
pub(crate) fn recorded(state: &AppState, visitor: &Visitor, id: DocumentId) -> Result<ImportRow, Problem> {
    let row = import::find(&state.snapshot()?, id)?.ok_or_else(lost)?;
    look(state, visitor, row.store).map_err(|_| lost())?;
    Ok(row)
}

/// Columns that must be there and are not.
pub(crate) fn missing_columns(upload: &Upload) -> Vec<&'static str> {
    let is_missing = |column: &&import::Column| column.needed && !upload.mapping.contains_key(column.name);
    upload.kind.columns().iter().filter(is_missing).map(|column| column.name).collect()
}

/// Begins to carry out an import, or finds it begun; goes on after the answer.
///
/// # Errors
/// `import-lost`; `missing-columns`; `import-has-errors` unless rows with errors are to be left out; `import-empty`.
pub(crate) fn apply(
    state: &AppState,
    visitor: &Visitor,
    id: DocumentId,
    leave_out: bool,
) -> Result<Upload, Problem> {
    let mut upload = found(state, visitor, id)?;
    let (caller, _) = entry(state, visitor, upload.kind, upload.store, upload.about)?;
    if matches!(upload.stage(), Stage::Running(..) | Stage::Ended(_)) {
        return Ok(upload);
    }
    if !missing_columns(&upload).is_empty() {
        return Err(Problem::advised("missing-columns", "Columns are missing"));
    }
    let preview = upload.preview.clone();
    if !preview.errors.is_empty() && !leave_out {
        let detail = format!("{} errors are in this file", preview.errors.len());
        return Err(Problem::advised("import-has-errors", detail));
    }
    if preview.rows.is_empty() {
        return Err(Problem::advised("import-empty", "No row of this file can be imported"));
    }
    let job =
        Arc::new(Job { rows: preview.rows.len(), done: AtomicUsize::new(0), end: watch::Sender::new(None) });
    upload.job = Some(job.clone());
    state.uploads().keep(upload.clone(), state.uptime_ms())?;
    let (state, author, running) = (state.clone(), visitor.author(), upload.clone());
    tokio::spawn(async move {
        let ended = carried_out(&state, author, caller, &running, &job).await;
        if let Err(problem) = &ended {
            tracing::warn!(code = problem.code, "an import was cut off");
        }
        job.end.send_replace(Some(ended));
    });
    Ok(upload)
}

async fn carried_out(
    state: &AppState,
    author: crdt_store::Author,
    caller: Caller,
    upload: &Upload,
    job: &Job,
) -> Ended {
    let id = upload.import;
    let begin = Begin {
        kind: upload.kind,
        store: upload.store,
        file: upload.file.clone(),
        about: upload.about,
        id,
        rows: u32::try_from(upload.preview.rows.len()).unwrap_or(u32::MAX),
    };
    let by = caller.clone();
    let begun: Begun =
        state.node().execute(None, author.clone(), move |txn| import::begin(txn, &by, &begin)).await?;
    if begun == Begun::Done {
        return Ok(Applied { already: true, ..Applied::default() });
    }
    let mut applied = Applied::default();
    for rows in upload.preview.rows.chunks(upload.kind.rows_at_once()) {
        let of = |row: &Checked| -> (u32, Values) { (row.line, row.values.clone()) };
        let (by, rows): (_, Vec<_>) = (caller.clone(), rows.iter().map(of).collect());
        let count = rows.len();
        let chunk: Chunk = patiently(state, &author, move |txn| import::apply(txn, &by, id, &rows)).await?;
        applied.tally += chunk.tally;
        applied.errors.extend(chunk.errors);
        job.done.fetch_add(count, Ordering::Relaxed);
    }
    let (by, tally) = (caller, applied.tally);
    patiently(state, &author, move |txn| import::finish(txn, &by, id, &tally)).await?;
    Ok(applied)
}

/// How often a full inbox is waited for.
const TRIES_MAX: usize = 50;
/// A full inbox drains within a flush or two.
const WAIT_MS: u64 = 200;

/// Carries out a command; one that finds the inbox full waits for its turn.
async fn patiently<T>(
    state: &AppState,
    author: &crdt_store::Author,
    command: impl FnOnce(&mut crdt_store::Txn<'_>) -> Result<T, crdt_store::Failure> + Clone + Send + 'static,
) -> Result<T, Problem>
where
    T: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
{
    use replication::shell::ExecuteError;

    for _ in 0..TRIES_MAX {
        match state.node().execute(None, author.clone(), command.clone()).await {
            Err(ExecuteError::Busy) => tokio::time::sleep(std::time::Duration::from_millis(WAIT_MS)).await,
            done => return Ok(done?),
        }
    }
    Err(ExecuteError::Busy.into())
}

/// Waits until an import has ended, or for so long.
pub(crate) async fn wait(upload: &Upload, within: std::time::Duration) {
    let Some(job) = &upload.job else { return };
    let mut end = job.end.subscribe();
    // Whoever does not see the end in time asks again.
    let _ = tokio::time::timeout(within, end.wait_for(Option::is_some)).await;
}

/// What was taken back, and what could not be.
#[derive(Clone, Debug, Default)]
pub(crate) struct TakenBack {
    pub(crate) undone: u32,
    pub(crate) errors: Vec<UndoError>,
}

/// Takes back what an import made, but for what was used or changed since.
///
/// # Errors
/// `import-lost`; as [`caller`]; `reason-required` where stock needs one; `wrong-status` when it was taken back before.
pub(crate) async fn undo(
    state: &AppState,
    visitor: &Visitor,
    id: DocumentId,
    reason: Option<DocumentId>,
) -> Result<TakenBack, Problem> {
    let row = recorded(state, visitor, id)?;
    let (caller, _) = caller(state, visitor, row.kind, row.store)?;
    if row.undone_at.is_some() && row.kept == 0 {
        return Err(Problem::advised("wrong-status", "This import was taken back already"));
    }
    let author = visitor.author();
    let (mut taken, mut after) = (TakenBack::default(), None);
    loop {
        let (by, wish) = (caller.clone(), Undo { reason, after });
        let undone: Undone = patiently(state, &author, move |txn| import::undo(txn, &by, id, &wish)).await?;
        taken.undone += undone.undone;
        taken.errors.extend(undone.errors);
        after = undone.next;
        if after.is_none() {
            break;
        }
    }
    let kept = u32::try_from(taken.errors.len()).unwrap_or(u32::MAX);
    patiently(state, &author, move |txn| import::settle_undo(txn, &caller, id, kept)).await?;
    Ok(taken)
}

/// How many rows of a preview would do what.
pub(crate) fn counts(preview: &Preview) -> [usize; 3] {
    [Outcome::Create, Outcome::Change, Outcome::Same].map(|outcome| preview.count(outcome))
}
