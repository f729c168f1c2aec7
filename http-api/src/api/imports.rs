//! Imports: a file becomes items, opening stock or counts, looked at first, carried out as one act, and taken back as one.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use crdt_store::{DocumentId, Timestamp};
use domain::import::{
    DayOrder, DecimalMark, ImportKind, ImportRow, Mapping, Outcome, RowError, Style, Tally,
};
use domain::query::Page;
use serde::{Deserialize, Serialize};

use super::input::{self, Empty, Ids};
use super::replies;
use super::route::{Ask, Route, attachment, json, query};
use crate::auth::Visitor;
use crate::error::Problem;
use crate::imports::{self, Stage, Upload};
use crate::sheets::{About, Cell, FILE_BYTES_MAX, Format, Writer, template};
use crate::state::AppState;
use crate::ui;

const TAG: &str = "Imports";
/// Rows and errors that come with a preview; the file of errors has them all.
const SHOWN_MAX: usize = 100;
/// How long an answer waits for an import to end.
const APPLIED_WITHIN: Duration = Duration::from_secs(10);

/// What a file is about, and how it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReceiveQuery {
    kind: ImportKind,
    store_id: Option<DocumentId>,
    /// The stocktake that is counted; its store is the store.
    stocktake: Option<DocumentId>,
    /// The draft order that is filled in; its store is the store.
    order: Option<DocumentId>,
    /// Whether counts of batches that are not on paper add them.
    add_found: Option<bool>,
    file: Option<String>,
    decimal_mark: Option<DecimalMark>,
    day_order: Option<DayOrder>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LanguageQuery {
    language: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListQuery {
    kind: Option<ImportKind>,
    store_id: Option<DocumentId>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Says which column of the file, counted from 0, holds which column of the import. What is not named is not imported.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Remap {
    columns: BTreeMap<String, u32>,
    #[serde(default)]
    decimal_mark: Option<DecimalMark>,
    #[serde(default)]
    day_order: Option<DayOrder>,
    /// Whether counts of batches that are not on paper add them; as before if absent.
    #[serde(default)]
    add_found: Option<bool>,
}

/// Carries out an import.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Apply {
    /// Whether rows with errors are to be left out; otherwise they keep it from being carried out.
    #[serde(default)]
    leave_out_errors: bool,
}

/// Takes an import back.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TakeBack {
    /// Why stock leaves the shelves again; needed where there is a reason of that kind to choose.
    #[serde(default)]
    reason: Option<DocumentId>,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Status {
    /// Somebody looks at it.
    Preview,
    /// It is being carried out.
    Running,
    /// It was carried out.
    Done,
    /// It was cut off: send the file again.
    CutOff,
    /// It was taken back.
    Undone,
}

/// An import: one that waits to be applied, or the record of one that was.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImportState {
    id: DocumentId,
    status: Status,
    kind: ImportKind,
    store: Option<DocumentId>,
    file: String,
    /// The stocktake that is counted, or the order that is filled in.
    about: Option<DocumentId>,
    /// Whether counts of batches that are not on paper add them.
    add_found: bool,
    /// Rows that say nothing yet, and are left alone.
    blank_rows: u32,
    /// The record that it makes, or has made.
    import: Option<DocumentId>,
    /// Headings of the file.
    header: Vec<String>,
    /// Column of the import → column of the file, from 0.
    columns: BTreeMap<String, u32>,
    /// Columns that are needed and not there.
    missing_columns: Vec<String>,
    /// Rows that can be carried out.
    rows: u32,
    /// Rows carried out so far.
    rows_done: u32,
    /// Rows that make something.
    created: u32,
    /// Rows that change something.
    changed: u32,
    /// Rows that say what is there already.
    same: u32,
    /// How many errors there are.
    error_count: u32,
    /// The first of them.
    errors: Vec<RowError>,
    /// The first rows, as they would be carried out.
    first_rows: Vec<FirstRow>,
    /// Whether the same rows were imported before, and nothing was done now.
    already_imported: bool,
    /// When it was carried out.
    #[serde(with = "domain::instant::optional")]
    finished_at: Option<Timestamp>,
    /// When it was taken back.
    #[serde(with = "domain::instant::optional")]
    undone_at: Option<Timestamp>,
    /// How much of it could not be taken back.
    kept: u32,
}

/// A row and what it would do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FirstRow {
    line: u32,
    outcome: Outcome,
}

/// What was taken back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TakenBack {
    undone: u32,
    errors: Vec<domain::import::UndoError>,
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

fn of_upload(state: &AppState, upload: &Upload) -> Result<ImportState, Problem> {
    let record = domain::import::find(&state.snapshot()?, upload.import)?;
    let [created, changed, same] = imports::counts(&upload.preview).map(count);
    let mut told = ImportState {
        id: upload.id,
        status: Status::Preview,
        kind: upload.kind,
        store: upload.store,
        file: upload.file.clone(),
        about: upload.about,
        add_found: upload.add_found,
        blank_rows: upload.preview.blank,
        import: Some(upload.import).filter(|id| *id != DocumentId::NIL),
        header: upload.table.header.clone(),
        columns: upload.mapping.iter().map(|(name, at)| ((*name).to_owned(), count(*at))).collect(),
        missing_columns: imports::missing_columns(upload).into_iter().map(str::to_owned).collect(),
        rows: count(upload.preview.rows.len()),
        rows_done: 0,
        created,
        changed,
        same,
        error_count: count(upload.preview.errors.len()),
        errors: upload.preview.errors.iter().take(SHOWN_MAX).cloned().collect(),
        first_rows: upload
            .preview
            .rows
            .iter()
            .take(SHOWN_MAX)
            .map(|row| FirstRow { line: row.line, outcome: row.outcome })
            .collect(),
        already_imported: record.as_ref().is_some_and(|row| row.finished_at.is_some()),
        finished_at: record.as_ref().and_then(|row| row.finished_at),
        undone_at: None,
        kept: 0,
    };
    match upload.stage() {
        Stage::Preview => {}
        Stage::Running(done, _) => (told.status, told.rows_done) = (Status::Running, count(done)),
        Stage::Failed(problem) => return Err(problem),
        Stage::Ended(applied) => {
            let Tally { created, changed, same, .. } = applied.tally;
            told.status = Status::Done;
            (told.created, told.changed, told.same) = (created, changed, same);
            told.rows_done = told.rows;
            told.already_imported = applied.already;
            told.error_count = count(applied.errors.len());
            told.errors = applied.errors.into_iter().take(SHOWN_MAX).collect();
        }
    }
    Ok(told)
}

fn of_record(state: &AppState, row: ImportRow) -> Result<ImportState, Problem> {
    let created = domain::import::created(&state.snapshot()?, &row)?;
    let status = match (row.undone_at, row.finished_at) {
        (Some(_), _) => Status::Undone,
        (None, Some(_)) => Status::Done,
        (None, None) => Status::CutOff,
    };
    Ok(ImportState {
        id: row.id,
        status,
        kind: row.kind,
        store: row.store,
        file: row.file,
        about: row.about,
        add_found: false,
        blank_rows: 0,
        import: Some(row.id),
        header: Vec::new(),
        columns: BTreeMap::new(),
        missing_columns: Vec::new(),
        rows: row.rows,
        rows_done: row.rows,
        created,
        changed: row.changed,
        same: row.same,
        error_count: row.refused,
        errors: Vec::new(),
        first_rows: Vec::new(),
        already_imported: false,
        finished_at: row.finished_at,
        undone_at: row.undone_at,
        kept: row.kept,
    })
}

fn told(state: &AppState, visitor: &Visitor, id: DocumentId) -> Result<ImportState, Problem> {
    match imports::found(state, visitor, id) {
        Ok(upload) => of_upload(state, &upload),
        Err(_) => of_record(state, imports::recorded(state, visitor, id)?),
    }
}

async fn receive(
    State(state): State<AppState>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let wish: ReceiveQuery = input::parameters(&parts.uri)?;
    // Before the file is read for somebody who may not import it.
    let about = match wish.kind {
        ImportKind::OrderLines => wish.order,
        _ => wish.stocktake,
    };
    imports::entry(&state, &visitor, wish.kind, wish.store_id, about)?;
    let bytes = input::body(&parts.headers, body, FILE_BYTES_MAX).await?;
    let style = Style { decimal_mark: wish.decimal_mark, day_order: wish.day_order };
    let file = wish.file.unwrap_or_else(|| imports::PASTED.to_owned());
    let wish = imports::Wish {
        kind: wish.kind,
        store: wish.store_id,
        about,
        add_found: wish.add_found.unwrap_or(false),
        file,
        style,
    };
    let upload = imports::receive(&state, &visitor, wish, bytes).await?;
    json(StatusCode::CREATED, &of_upload(&state, &upload)?)
}

/// The columns of a file that a program names.
fn mapping_of(kind: ImportKind, wish: &Remap) -> Result<Mapping, Problem> {
    wish.columns
        .iter()
        .map(|(name, at)| {
            let column = kind.columns().iter().find(|column| column.name == name);
            let unknown =
                || Problem::new("validation", "there is no such column").at(format!("/columns/{name}"));
            Ok((column.ok_or_else(unknown)?.name, *at as usize))
        })
        .collect()
}

async fn remap(
    State(state): State<AppState>,
    visitor: Visitor,
    ids: Ids,
    request: Request,
) -> Result<Response, Problem> {
    let wish: Remap = super::session::read_body(request).await?;
    let imports::Upload { kind, add_found, .. } = imports::found(&state, &visitor, ids.id)?;
    let add_found = wish.add_found.unwrap_or(add_found);
    let style = Style { decimal_mark: wish.decimal_mark, day_order: wish.day_order };
    let upload = imports::remap(&state, &visitor, ids.id, mapping_of(kind, &wish)?, style, add_found).await?;
    json(StatusCode::OK, &of_upload(&state, &upload)?)
}

async fn apply(
    State(state): State<AppState>,
    visitor: Visitor,
    ids: Ids,
    request: Request,
) -> Result<Response, Problem> {
    let wish: Apply = super::session::read_body(request).await?;
    let upload = imports::apply(&state, &visitor, ids.id, wish.leave_out_errors)?;
    imports::wait(&upload, APPLIED_WITHIN).await;
    json(StatusCode::OK, &of_upload(&state, &upload)?)
}

async fn undo(
    State(state): State<AppState>,
    visitor: Visitor,
    ids: Ids,
    request: Request,
) -> Result<Response, Problem> {
    let wish: TakeBack = super::session::read_body(request).await?;
    let id = imports::found(&state, &visitor, ids.id).map_or(ids.id, |upload| upload.import);
    let imports::TakenBack { undone, errors } = imports::undo(&state, &visitor, id, wish.reason).await?;
    json(StatusCode::OK, &TakenBack { undone, errors })
}

fn list(ask: &Ask<'_>, wish: ListQuery) -> Result<Page<ImportRow>, Problem> {
    let store = match wish.kind.is_some_and(|kind| !kind.of_store()) {
        true => None,
        false => Some(ask.visitor.enter(wish.store_id)?),
    };
    imports::look(ask.state, ask.visitor, store)?;
    Ok(domain::import::list(ask.read, store, &input::page(wish.limit, wish.cursor)?)?)
}

/// All errors of a file that waits, each with its row.
pub(crate) fn errors_file(upload: &Upload, format: Format, language: &str) -> Result<Vec<u8>, Problem> {
    let say = |name: &str| ui::heading(language, name);
    let errors = match upload.stage() {
        Stage::Ended(applied) => applied.errors,
        _ => upload.preview.errors.clone(),
    };
    let own = upload.table.header.iter().cloned();
    let heading: Vec<String> = ["row", "column", "error"].map(say).into_iter().chain(own).collect();
    let about =
        About { table: say("errors"), title: say("about"), facts: Vec::new(), rows: Some(say("rows")) };
    let mut writer = Writer::new(format, &heading, about)?;
    for error in errors {
        let column = error.column.as_deref().map(|name| ui::import_column(language, name));
        let cells =
            upload.table.rows.iter().find(|row| row.line == error.line).map(|row| row.cells.as_slice());
        let mut row = vec![
            Cell::count(error.line),
            Cell::or_empty(column, Cell::text),
            Cell::text(ui::row_error(language, &error)),
        ];
        row.extend(cells.unwrap_or_default().iter().map(template::cell_of));
        writer.row(&row)?;
    }
    writer.finish()
}

async fn errors(
    state: AppState,
    visitor: Visitor,
    ids: Ids,
    uri: Uri,
    format: Format,
) -> Result<Response, Problem> {
    let (language, uri) = input::with_language(&uri)?;
    input::parameters::<Empty>(&uri)?;
    let upload = imports::found(&state, &visitor, ids.id)?;
    let file = errors_file(&upload, format, language.as_deref().unwrap_or("en"))?;
    Ok(attachment(format.media_type(), &format!("errors.{}", format.ending()), file))
}

async fn template(uri: Uri, kind: ImportKind, format: Format) -> Result<Response, Problem> {
    let (language, uri) = input::with_language(&uri)?;
    input::parameters::<Empty>(&uri)?;
    let file = template::file(kind, format, language.as_deref())?;
    Ok(attachment(format.media_type(), &format!("{}.{}", kind.code(), format.ending()), file))
}

fn files() -> Vec<Route> {
    let mut routes = Vec::new();
    for (path, format) in
        [("/api/v1/imports/{id}/errors.csv", Format::Csv), ("/api/v1/imports/{id}/errors.xlsx", Format::Xlsx)]
    {
        let handler = move |State(state): State<AppState>, visitor: Visitor, ids: Ids, uri: Uri| {
            errors(state, visitor, ids, uri, format)
        };
        let summary = "What is wrong with the rows of a file, all of it, each with its row";
        routes.push(
            Route::raw(Method::GET, path, TAG, summary, handler)
                .asks::<LanguageQuery>()
                .media(format.media_type())
                .codes(&["import-lost"]),
        );
    }
    for (path, kind, format) in [
        ("/api/v1/import-templates/items.csv", ImportKind::Items, Format::Csv),
        ("/api/v1/import-templates/items.xlsx", ImportKind::Items, Format::Xlsx),
        ("/api/v1/import-templates/opening-stock.csv", ImportKind::OpeningStock, Format::Csv),
        ("/api/v1/import-templates/opening-stock.xlsx", ImportKind::OpeningStock, Format::Xlsx),
        ("/api/v1/import-templates/counts.csv", ImportKind::Counts, Format::Csv),
        ("/api/v1/import-templates/counts.xlsx", ImportKind::Counts, Format::Xlsx),
    ] {
        let handler = move |_: Visitor, uri: Uri| template(uri, kind, format);
        let summary = "An empty table with the columns of an import, each explained";
        routes.push(
            Route::raw(Method::GET, path, TAG, summary, handler)
                .asks::<LanguageQuery>()
                .media(format.media_type()),
        );
    }
    routes
}

const FILE_CODES: &[&str] = &[
    "file-empty",
    "file-too-large",
    "file-too-many-rows",
    "too-many-columns",
    "cell-too-long",
    "file-unreadable",
    "body-too-large",
    "read-only-here",
    "store-disabled",
    "wrong-status",
    "on-hold",
    "not-arrived",
];

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        query::<ListQuery, replies::Page<ImportRow>, _>(
            "/api/v1/imports",
            TAG,
            "Imports that were carried out, newest first: of a store, or of items",
            list,
        ),
        Route::raw(
            Method::POST,
            "/api/v1/imports",
            TAG,
            "Read a file, the body as it is (CSV, XLSX, ODS), and say what it would do",
            receive,
        )
        .asks::<ReceiveQuery>()
        .gives::<ImportState>(201)
        .codes(FILE_CODES),
        query::<Empty, ImportState, _>(
            "/api/v1/imports/{id}",
            TAG,
            "An import that waits, or the record of one that was carried out",
            |ask, _| told(ask.state, ask.visitor, ask.ids.id),
        )
        .codes(&["import-lost"]),
        Route::raw(Method::PATCH, "/api/v1/imports/{id}", TAG, "Say which column is which", remap)
            .takes::<Remap>()
            .gives::<ImportState>(200)
            .codes(&["import-lost", "wrong-status", "on-hold", "not-arrived"]),
        Route::raw(
            Method::POST,
            "/api/v1/imports/{id}/apply",
            TAG,
            "Carry it out, once; an answer before the end says how far it is",
            apply,
        )
        .takes::<Apply>()
        .gives::<ImportState>(200)
        .codes(&[
            "import-lost",
            "import-has-errors",
            "import-empty",
            "missing-columns",
            "wrong-status",
            "on-hold",
            "not-arrived",
        ]),
        Route::raw(
            Method::POST,
            "/api/v1/imports/{id}/undo",
            TAG,
            "Take it back, but for what was used, changed or counted since",
            undo,
        )
        .takes::<TakeBack>()
        .gives::<TakenBack>(200)
        .codes(&["import-lost", "reason-required", "wrong-status", "on-hold", "not-arrived"]),
    ];
    routes.extend(files());
    routes
}
