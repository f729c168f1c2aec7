//! Imports: choose a file or paste, say which column is which, look at what it would do, do it, take it back.

use std::time::Duration;

use axum::extract::{Multipart, Path};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use crdt_store::DocumentId;
use domain::import::{
    self, Column, ColumnKind, DayOrder, DecimalMark, ImportKind, ImportRow, Mapping, Outcome, RowError,
    Style, UndoError,
};
use domain::query::PageRequest;
use maud::{Markup, html};

use crate::error::Problem;
use crate::imports::{self, Applied, Stage, Upload};
use crate::ui::form::{Asked, Form, address};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::parts::{Tone, chip, empty, fact, title};
use crate::ui::screens::items::refused;
use crate::ui::sheets::{column_name, error_text};
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// Imports that the first page lists.
const RECENT_MAX: usize = 10;
/// Errors that a page shows; the file has them all.
const ERRORS_SHOWN: usize = 50;
/// Rows that a page shows.
const ROWS_SHOWN: usize = 10;
/// How long a press of the button waits for the end: most imports are done by then.
const APPLIED_WITHIN: Duration = Duration::from_secs(2);
/// Seconds after which a page that shows progress looks again.
const REFRESH_S: &str = "2";

fn kind_of(asked: &Form) -> Result<ImportKind, Trouble> {
    ImportKind::from_code(asked.raw("kind")).ok_or_else(|| Trouble::not_found("import"))
}

/// The document that an import is about: the name of the parameter that names it depends on its kind.
const fn about_name(kind: ImportKind) -> &'static str {
    match kind {
        ImportKind::OrderLines => "order",
        _ => "stocktake",
    }
}

/// Where an import belongs: counts to their stocktake, lines to their order.
fn place(words: Words, kind: ImportKind, about: Option<DocumentId>) -> (Section, String, String) {
    match kind {
        ImportKind::Items => (Section::Items, t!(words, "nav-items"), "/items".to_owned()),
        ImportKind::OpeningStock => (Section::Stock, t!(words, "nav-stock"), "/stock".to_owned()),
        ImportKind::Counts => {
            let sheet = about.map(|id| format!("/stocktakes/{id}"));
            (
                Section::Stocktakes,
                t!(words, "nav-stocktakes"),
                sheet.unwrap_or_else(|| "/stocktakes".to_owned()),
            )
        }
        ImportKind::OrderLines => {
            let order = about.map(|id| format!("/internal-orders/{id}"));
            (Section::Orders, t!(words, "nav-orders"), order.unwrap_or_else(|| "/internal-orders".to_owned()))
        }
    }
}

/// What a file is called; what was pasted has no name of its own.
fn file_name(words: Words, file: &str) -> String {
    if file == imports::PASTED { t!(words, "import-pasted") } else { file.to_owned() }
}

fn start_href(kind: ImportKind, about: Option<DocumentId>) -> String {
    let about = about.map(|id| id.to_string()).unwrap_or_default();
    address("/imports", &[("kind", kind.code()), (about_name(kind), &about)])
}

fn page(visit: &Visit, kind: ImportKind, about: Option<DocumentId>, body: Markup) -> Response {
    let words = visit.words;
    let (section, name, href) = place(words, kind, about);
    layout::page(visit, Page::new(section, words.code("import-title", kind.code()), body).below(name, href))
}

/// The way through an import, and how far it is.
fn steps(words: Words, now: usize) -> Markup {
    let names = [
        t!(words, "import-step-file"),
        t!(words, "import-step-columns"),
        t!(words, "import-step-preview"),
        t!(words, "import-step-done"),
    ];
    html! {
        ol class="steps" aria-label=(t!(words, "import-steps")) {
            @for (at, name) in names.iter().enumerate() {
                li class={ @if at <= now { "done" } @if at == now { " now" } } aria-current=[(at == now).then_some("step")] {
                    span class="dot" { @if at < now { (icon("check")) } } (name)
                }
            }
        }
    }
}

fn head(words: Words, kind: ImportKind, sub: Markup, actions: Markup) -> Markup {
    title(&words.code("import-title", kind.code()), sub, actions)
}

fn template_links(words: Words, kind: ImportKind) -> Markup {
    let language = [("language", words.language().tag())];
    let href =
        |ending: &str| address(&format!("/api/v1/import-templates/{}.{ending}", kind.code()), &language);
    html! {
        a class="btn" href=(href("xlsx")) download { (icon("file-spreadsheet")) (t!(words, "import-template-excel")) }
        a class="btn quiet" href=(href("csv")) download { (icon("download")) (t!(words, "import-template-csv")) }
    }
}

fn recent(visit: &Visit, rows: &[ImportRow]) -> Markup {
    let words = visit.words;
    html! {
        section class="card" {
            header { h2 { (t!(words, "import-recent")) } }
            @if rows.is_empty() { (empty("history", &t!(words, "import-none"), &t!(words, "import-none-text"), html! {})) }
            @else {
                div class="scroll" { table {
                    thead { tr {
                        th scope="col" { (t!(words, "import-file")) } th scope="col" { (t!(words, "date")) }
                        th scope="col" class="num phone-hide" { (t!(words, "import-rows")) } th scope="col" { (t!(words, "status")) }
                    } }
                    tbody { @for row in rows { tr {
                        td { a class="row-link" href={ "/imports/" (row.id) } { (file_name(words, &row.file)) } }
                        td class="nowrap" { (words.brief_instant(row.at)) }
                        td class="num phone-hide" { (words.whole(row.rows.into())) }
                        td { (status(words, row)) }
                    } } }
                } }
            }
        }
    }
}

fn status(words: Words, row: &ImportRow) -> Markup {
    match (row.undone_at, row.finished_at) {
        (Some(_), _) if row.kept > 0 => chip(Tone::Warn, "undo-2", &t!(words, "import-partly-undone")),
        (Some(_), _) => chip(Tone::Calm, "undo-2", &t!(words, "import-undone")),
        (None, Some(_)) => chip(Tone::Good, "check", &t!(words, "import-done")),
        (None, None) => chip(Tone::Warn, "triangle-alert", &t!(words, "import-cut-off")),
    }
}

fn start_page(
    visit: &Visit,
    kind: ImportKind,
    about: Option<DocumentId>,
    pasted: &str,
    problem: Option<&Problem>,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let store = if kind.of_store() { visit.visitor.store() } else { None };
    let rows = import::list(&visit.read()?, store, &PageRequest::first(RECENT_MAX))?.rows;
    let rows: Vec<ImportRow> =
        rows.into_iter().filter(|row| row.kind == kind && row.about == about).collect();
    let sub = html! { @if kind.of_store() { @if let Some(own) = visit.own_store() { (own.name) } } @else { (t!(words, "import-items-text")) } };
    let (_, _, back) = place(words, kind, about);
    let body = html! {
        (head(words, kind, sub, template_links(words, kind)))
        form class="card" method="post" enctype="multipart/form-data" action=(start_href(kind, about)) {
            (steps(words, 0))
            div class="pad stack" {
                @if let Some(problem) = problem { (trouble::alert(words, problem)) }
                p { (words.code("import-text", kind.code())) }
                div class="fields" {
                    div class="field" {
                        label for="f-file" { (t!(words, "import-choose")) }
                        input class="input" id="f-file" type="file" name="file" accept=".csv,.tsv,.txt,.xlsx,.ods" aria-describedby="d-file";
                        span class="hint" id="d-file" { (t!(words, "import-limits")) }
                    }
                    div class="field" {
                        label for="f-paste" { (t!(words, "import-paste")) }
                        textarea class="input" id="f-paste" name="paste" rows="4" spellcheck="false" aria-describedby="d-paste" { (pasted) }
                        span class="hint" id="d-paste" { (t!(words, "import-paste-hint")) }
                    }
                }
            }
            div class="bar" {
                button class="btn primary" { (icon("upload")) (t!(words, "import-read")) }
                a class="btn quiet" href=(back) { (t!(words, "cancel")) }
            }
        }
        (recent(visit, &rows))
    };
    let mut response = page(visit, kind, about, body);
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The page with which an import begins.
pub(in crate::ui) async fn start(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let kind = kind_of(&asked)?;
    if !kind.of_store() && !visit.is_central() {
        return Ok(refused(&visit, Section::Items, "nav-items", "/items"));
    }
    let about = asked.id(about_name(kind));
    imports::entry(&visit.state, &visit.visitor, kind, None, about)?;
    start_page(&visit, kind, about, "", None)
}

/// A file, or what was pasted.
struct Sent {
    name: String,
    bytes: Vec<u8>,
    pasted: String,
}

async fn sent(mut parts: Multipart) -> Result<Sent, Problem> {
    let broken = |error: axum::extract::multipart::MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::advised("file-too-large", "The file is too large"),
        _ => Problem::advised("file-unreadable", error.body_text()),
    };
    let mut sent = Sent { name: imports::PASTED.to_owned(), bytes: Vec::new(), pasted: String::new() };
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let (field, name) = (part.name().unwrap_or_default().to_owned(), part.file_name().map(str::to_owned));
        let bytes = part.bytes().await.map_err(broken)?;
        match field.as_str() {
            "file" if !bytes.is_empty() => {
                sent.bytes = bytes.to_vec();
                sent.name = name.filter(|name| !name.is_empty()).unwrap_or(sent.name);
            }
            "paste" => sent.pasted = String::from_utf8_lossy(&bytes).into_owned(),
            _ => {}
        }
    }
    if sent.bytes.is_empty() {
        sent.bytes = sent.pasted.clone().into_bytes();
    }
    Ok(sent)
}

/// Reads a file, or what was pasted.
pub(in crate::ui) async fn receive(
    visit: Visit,
    asked: Asked,
    parts: Multipart,
) -> Result<Response, Trouble> {
    let kind = kind_of(&asked)?;
    let about = asked.id(about_name(kind));
    imports::entry(&visit.state, &visit.visitor, kind, None, about)?;
    let sent = match sent(parts).await {
        Ok(sent) => sent,
        Err(problem) => return start_page(&visit, kind, about, "", Some(&problem)),
    };
    let wish = imports::Wish {
        kind,
        store: None,
        about,
        add_found: false,
        file: sent.name,
        style: Style::default(),
    };
    match imports::receive(&visit.state, &visit.visitor, wish, sent.bytes).await {
        Ok(upload) => Ok(Redirect::to(&format!("/imports/{}", upload.id)).into_response()),
        Err(problem) => start_page(&visit, kind, about, &sent.pasted, Some(&problem)),
    }
}

fn option(value: &str, text: &str, chosen: bool) -> Markup {
    html! { option value=(value) selected[chosen] { (text) } }
}

fn column_select(words: Words, upload: &Upload, column: &Column) -> Markup {
    let chosen = upload.mapping.get(column.name).copied();
    let is_missing = column.needed && chosen.is_none();
    html! {
        div class="field" {
            label for={ "f-" (column.name) } { (column_name(words, column.name)) @if column.needed { " *" } }
            select class="input" id={ "f-" (column.name) } name={ "column." (column.name) } aria-invalid=[is_missing.then_some("true")] aria-describedby=[is_missing.then(|| format!("d-{}", column.name))] {
                (option("", "—", chosen.is_none()))
                @for (at, heading) in upload.table.header.iter().enumerate() {
                    @if !heading.is_empty() { (option(&at.to_string(), heading, chosen == Some(at))) }
                }
            }
            @if is_missing { div id={ "d-" (column.name) } { div class="error" { (icon("triangle-alert")) span { (t!(words, "import-column-needed")) } } } }
        }
    }
}

fn columns_form(words: Words, upload: &Upload) -> Markup {
    let (mark, order) = (upload.style.decimal_mark, upload.style.day_order);
    html! {
        form class="card" method="post" action={ "/imports/" (upload.id) "/columns" } {
            header { h2 { (t!(words, "import-columns")) } }
            div class="pad stack" {
                p class="muted" { (t!(words, "import-columns-text")) }
                div class="fields" {
                    @for column in upload.kind.columns() { (column_select(words, upload, column)) }
                    div class="field" {
                        label for="f-mark" { (t!(words, "import-decimal-mark")) }
                        select class="input" id="f-mark" name="decimalMark" {
                            (option("", &t!(words, "import-by-file"), mark.is_none()))
                            (option("comma", &t!(words, "import-comma"), mark == Some(DecimalMark::Comma)))
                            (option("point", &t!(words, "import-point"), mark == Some(DecimalMark::Point)))
                        }
                    }
                    div class="field" {
                        label for="f-order" { (t!(words, "import-day-order")) }
                        select class="input" id="f-order" name="dayOrder" {
                            (option("", &t!(words, "import-by-file"), order.is_none()))
                            (option("day-first", &t!(words, "import-day-first"), order == Some(DayOrder::DayFirst)))
                            (option("month-first", &t!(words, "import-month-first"), order == Some(DayOrder::MonthFirst)))
                        }
                    }
                }
                @if upload.kind == ImportKind::Counts {
                    label class="check" { input type="checkbox" name="addFound" value="yes" checked[upload.add_found]; span { (t!(words, "import-add-found")) } }
                }
                button class="btn" { (icon("refresh-cw")) (t!(words, "import-check-again")) }
            }
        }
    }
}

fn errors_table(words: Words, id: DocumentId, errors: &[RowError], heading: &str) -> Markup {
    let language = [("language", words.language().tag())];
    let href = |ending: &str| address(&format!("/api/v1/imports/{id}/errors.{ending}"), &language);
    html! {
        section class="card" {
            header {
                h2 class="grow" { (heading) }
                a class="btn" href=(href("xlsx")) download { (icon("file-spreadsheet")) (t!(words, "import-errors-excel")) }
                a class="btn quiet" href=(href("csv")) download { (icon("download")) (t!(words, "file-csv")) }
            }
            div class="scroll" { table {
                thead { tr { th scope="col" class="num" { (t!(words, "import-line")) } th scope="col" { (t!(words, "import-column")) } th scope="col" class="phone-hide" { (t!(words, "import-value")) } th scope="col" { (t!(words, "import-error")) } } }
                tbody { @for error in errors.iter().take(ERRORS_SHOWN) { tr {
                    td class="num" { (words.whole(error.line.into())) }
                    td { @if let Some(column) = &error.column { (column_name(words, column)) } }
                    td class="phone-hide" { (error.value.as_deref().unwrap_or("")) }
                    td { (error_text(words, error)) }
                } } }
            } }
            @if errors.len() > ERRORS_SHOWN { footer { (t!(words, "import-errors-more", n = errors.len() - ERRORS_SHOWN)) } }
        }
    }
}

fn outcome_chip(words: Words, outcome: Outcome) -> Markup {
    match outcome {
        Outcome::Create => chip(Tone::Good, "plus", &t!(words, "import-outcome-create")),
        Outcome::Change => chip(Tone::Accent, "pencil", &t!(words, "import-outcome-change")),
        Outcome::Same => chip(Tone::Calm, "check", &t!(words, "import-outcome-same")),
    }
}

fn rows_table(words: Words, upload: &Upload) -> Markup {
    let mapped: Vec<&Column> =
        upload.kind.columns().iter().filter(|column| upload.mapping.contains_key(column.name)).collect();
    html! {
        section class="card" {
            header { h2 { (t!(words, "import-first-rows")) } }
            div class="scroll" { table {
                thead { tr { th scope="col" class="num" { (t!(words, "import-line")) } th scope="col" { (t!(words, "import-outcome")) } @for column in &mapped { th scope="col" class=[is_number(column).then_some("num")] { (column_name(words, column.name)) } } } }
                tbody { @for row in upload.preview.rows.iter().take(ROWS_SHOWN) { tr {
                    td class="num" { (words.whole(row.line.into())) }
                    td { (outcome_chip(words, row.outcome)) }
                    @for column in &mapped { td class=[is_number(column).then_some("num")] { (value_text(words, row.values.value(column.name))) } }
                } } }
            } }
        }
    }
}

/// Whether a column holds numbers, which stand under each other by their last digit.
fn is_number(column: &Column) -> bool {
    matches!(column.kind, ColumnKind::Count | ColumnKind::Quantity | ColumnKind::Money)
}

fn value_text(words: Words, value: Option<&import::Value>) -> String {
    match value {
        None => String::new(),
        Some(import::Value::Text(text)) => text.clone(),
        Some(import::Value::Number(number)) => words.quantity(domain::Quantity::from_thousandths(*number)),
        Some(import::Value::Day(day)) => words.day(*day),
        Some(import::Value::Flag(true)) => t!(words, "yes"),
        Some(import::Value::Flag(false)) => t!(words, "no"),
    }
}

/// What rows are called that say nothing yet.
fn blank(words: Words, kind: ImportKind) -> String {
    match kind {
        ImportKind::OrderLines => t!(words, "import-blank-order"),
        _ => t!(words, "import-blank"),
    }
}

fn counts(words: Words, upload: &Upload) -> Markup {
    let [created, changed, same] = imports::counts(&upload.preview);
    let errors = upload.preview.errors.len();
    html! {
        dl class="facts pad" {
            (fact(&t!(words, "import-will-create"), html! { span class="tabular" { (words.whole(created as i64)) } }))
            (fact(&t!(words, "import-will-change"), html! { span class="tabular" { (words.whole(changed as i64)) } }))
            (fact(&t!(words, "import-will-leave"), html! { span class="tabular" { (words.whole(same as i64)) } }))
            @if upload.preview.blank > 0 { (fact(&blank(words, upload.kind), html! { span class="tabular" { (words.whole(upload.preview.blank.into())) } })) }
            (fact(&t!(words, "import-with-errors"), html! { span class={ "tabular " @if errors > 0 { "t-bad" } } { (words.whole(errors as i64)) } }))
        }
    }
}

/// Where a table counts batches that are not on paper: one press says that they were found.
fn found_form(words: Words, upload: &Upload) -> Markup {
    let unknown = upload.preview.errors.iter().filter(|error| error.code == "unknown-batch").count();
    let mark = match upload.style.decimal_mark {
        Some(DecimalMark::Comma) => "comma",
        Some(DecimalMark::Point) => "point",
        None => "",
    };
    let order = match upload.style.day_order {
        Some(DayOrder::DayFirst) => "day-first",
        Some(DayOrder::MonthFirst) => "month-first",
        None => "",
    };
    html! {
        @if unknown > 0 && !upload.add_found {
            form class="card pad stack" method="post" action={ "/imports/" (upload.id) "/columns" } {
                p { (t!(words, "import-found-text", n = unknown)) }
                @for (name, at) in &upload.mapping { input type="hidden" name={ "column." (name) } value=(at); }
                input type="hidden" name="decimalMark" value=(mark);
                input type="hidden" name="dayOrder" value=(order);
                button class="btn" name="addFound" value="yes" { (icon("plus")) (t!(words, "import-found-add", n = unknown)) }
            }
        }
    }
}

fn preview_page(visit: &Visit, upload: &Upload, problem: Option<&Problem>) -> Result<Response, Trouble> {
    let words = visit.words;
    let known = import::find(&visit.read()?, upload.import)?.filter(|row| row.finished_at.is_some());
    let missing = !imports::missing_columns(upload).is_empty();
    let (errors, rows) = (&upload.preview.errors, upload.preview.rows.len());
    let body = html! {
        (head(words, upload.kind, html! { (file_name(words, &upload.file)) }, html! { a class="btn" href=(start_href(upload.kind, upload.about)) { (icon("upload")) (t!(words, "import-other-file")) } }))
        @if let Some(problem) = problem { (trouble::alert(words, problem)) }
        @if let Some(row) = &known {
            div class="alert warn" role="status" { (icon("info")) div {
                p class="strong" { (t!(words, "import-known")) " " (words.instant(row.at)) }
                p { a href={ "/imports/" (row.id) } { (t!(words, "import-see")) } }
            } }
        }
        div class="card" {
            (steps(words, if missing { 1 } else { 2 }))
            @if !missing { (counts(words, upload)) }
        }
        @if !missing && known.is_none() && rows > 0 {
            form class="card" method="post" action={ "/imports/" (upload.id) "/apply" } {
                @if !errors.is_empty() {
                    div class="pad" { label class="check" { input type="checkbox" name="leaveOut" value="yes" required; span { (t!(words, "import-leave-out", n = errors.len())) } } }
                }
                div class="bar" {
                    button class="btn primary" { (icon("check")) (t!(words, "import-apply", n = rows)) }
                    a class="btn quiet" href=(start_href(upload.kind, upload.about)) { (t!(words, "cancel")) }
                }
            }
        }
        (found_form(words, upload))
        @if !errors.is_empty() { (errors_table(words, upload.id, errors, &t!(words, "import-errors", n = errors.len()))) }
        @if rows > 0 { (rows_table(words, upload)) }
        (columns_form(words, upload))
    };
    let mut response = page(visit, upload.kind, upload.about, body);
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// Progress, told anew every two seconds without any script.
fn running_page(visit: &Visit, upload: &Upload, done: usize, rows: usize) -> Response {
    let words = visit.words;
    let body = html! {
        (head(words, upload.kind, html! { (file_name(words, &upload.file)) }, html! {}))
        div class="card pad stack" role="status" {
            p class="strong" { (t!(words, "import-running", done = words.whole(done as i64), rows = words.whole(rows as i64))) }
            progress max=(rows) value=(done) aria-label=(t!(words, "import-progress")) {}
            p class="muted" { (t!(words, "import-running-text")) }
        }
    };
    let mut response = page(visit, upload.kind, upload.about, body);
    response.headers_mut().insert(header::REFRESH, HeaderValue::from_static(REFRESH_S));
    response
}

fn undo_form(
    visit: &Visit,
    id: DocumentId,
    kind: ImportKind,
    problem: Option<&Problem>,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let reasons = match kind == ImportKind::OpeningStock {
        true => domain::query::reference::reasons(&visit.read()?)?,
        false => Vec::new(),
    };
    let fitting = || reasons.iter().filter(|reason| reason.active && reason.kind.explains(false));
    Ok(html! {
        form class="card pad stack" method="post" action={ "/imports/" (id) "/undo" } data-confirm=(t!(words, "import-undo-sure")) {
            h2 { (t!(words, "import-undo")) }
            @if let Some(problem) = problem { (trouble::alert(words, problem)) }
            p { (words.code("import-undo-text", kind.code())) }
            @if fitting().next().is_some() {
                div class="field" {
                    label for="f-reason" { (t!(words, "reason")) }
                    select class="input fit" id="f-reason" name="reason" required {
                        option value="" { (t!(words, "import-choose-reason")) }
                        @for reason in fitting() { option value=(reason.id) { (reason.text) } }
                    }
                }
            }
            button class="btn danger" { (icon("undo-2")) (t!(words, "import-undo")) }
        }
    })
}

fn may_undo(visit: &Visit, row: &ImportRow) -> bool {
    let is_open = row.undone_at.is_none() || row.kept > 0;
    is_open && imports::caller(&visit.state, &visit.visitor, row.kind, row.store).is_ok()
}

fn record_page(
    visit: &Visit,
    row: &ImportRow,
    applied: Option<(&Upload, &Applied)>,
    kept: &[UndoError],
    problem: Option<&Problem>,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let (_, _, list) = place(words, row.kind, row.about);
    let created = import::created(&visit.read()?, row)?;
    let number = |count: i64| html! { span class="tabular" { (words.whole(count)) } };
    let body = html! {
        (head(words, row.kind, html! { (file_name(words, &row.file)) " · " (words.instant(row.at)) }, html! {
            a class="btn" href=(list) { (icon("eye")) (t!(words, "see-list")) }
            a class="btn" href=(start_href(row.kind, row.about)) { (icon("upload")) (t!(words, "import-other-file")) }
        }))
        @if let Some((_, applied)) = applied { @if applied.already { div class="alert warn" role="status" { (icon("info")) div { p class="strong" { (t!(words, "import-nothing-done")) } } } } }
        div class="card" {
            (steps(words, 3))
            dl class="facts pad" {
                (fact(&t!(words, "status"), status(words, row)))
                (fact(&t!(words, "import-created"), number(created.into())))
                (fact(&t!(words, "import-changed"), number(row.changed.into())))
                (fact(&t!(words, "import-left"), number(row.same.into())))
                (fact(&t!(words, "import-refused"), number(row.refused.into())))
            }
        }
        @if row.finished_at.is_none() && row.undone_at.is_none() {
            div class="alert warn" role="status" { (icon("triangle-alert")) div { p class="strong" { (t!(words, "import-cut-off")) } p { (t!(words, "import-cut-off-text")) } } }
        }
        @if let Some((upload, applied)) = applied { @if !applied.errors.is_empty() { (errors_table(words, upload.id, &applied.errors, &t!(words, "import-errors", n = applied.errors.len()))) } }
        @if !kept.is_empty() {
            section class="card" {
                header { h2 { (t!(words, "import-kept", n = kept.len())) } }
                div class="scroll" { table {
                    thead { tr { th scope="col" { (t!(words, "name")) } th scope="col" { (t!(words, "import-error")) } } }
                    tbody { @for error in kept { tr { td { (error.name) } td { (words.code("import-error", &error.code)) } } } }
                } }
            }
        }
        @if may_undo(visit, row) { (undo_form(visit, row.id, row.kind, problem)?) }
    };
    Ok(page(visit, row.kind, row.about, body))
}

fn upload_page(visit: &Visit, upload: &Upload) -> Result<Response, Trouble> {
    match upload.stage() {
        Stage::Preview => preview_page(visit, upload, None),
        Stage::Running(done, rows) => Ok(running_page(visit, upload, done, rows)),
        Stage::Failed(problem) => preview_page(visit, upload, Some(&problem)),
        Stage::Ended(applied) => {
            let row = imports::recorded(&visit.state, &visit.visitor, upload.import)?;
            record_page(visit, &row, Some((upload, &applied)), &[], None)
        }
    }
}

/// An import that waits, runs or is done.
pub(in crate::ui) async fn show(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    match imports::found(&visit.state, &visit.visitor, id) {
        Ok(upload) => upload_page(&visit, &upload),
        Err(_) => record_page(&visit, &imports::recorded(&visit.state, &visit.visitor, id)?, None, &[], None),
    }
}

/// Says which column is which.
pub(in crate::ui) async fn columns(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let kind = imports::found(&visit.state, &visit.visitor, id)?.kind;
    let of = |column: &Column| Some((column.name, form.read(&format!("column.{}", column.name))?));
    let mapping: Mapping = kind.columns().iter().filter_map(of).collect();
    let style = Style {
        decimal_mark: match form.raw("decimalMark") {
            "comma" => Some(DecimalMark::Comma),
            "point" => Some(DecimalMark::Point),
            _ => None,
        },
        day_order: match form.raw("dayOrder") {
            "day-first" => Some(DayOrder::DayFirst),
            "month-first" => Some(DayOrder::MonthFirst),
            _ => None,
        },
    };
    imports::remap(&visit.state, &visit.visitor, id, mapping, style, form.has("addFound")).await?;
    Ok(Redirect::to(&format!("/imports/{id}")).into_response())
}

/// Carries it out.
pub(in crate::ui) async fn apply(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    match imports::apply(&visit.state, &visit.visitor, id, form.has("leaveOut")) {
        Ok(upload) => {
            imports::wait(&upload, APPLIED_WITHIN).await;
            Ok(Redirect::to(&format!("/imports/{id}")).into_response())
        }
        Err(problem) if problem.code == "import-lost" => Err(problem.into()),
        Err(problem) => {
            let upload = imports::found(&visit.state, &visit.visitor, id)?;
            preview_page(&visit, &upload, Some(&problem))
        }
    }
}

/// Takes it back.
pub(in crate::ui) async fn undo(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let taken = imports::undo(&visit.state, &visit.visitor, id, form.id("reason")).await;
    let row = imports::recorded(&visit.state, &visit.visitor, id)?;
    match taken {
        Ok(taken) if taken.errors.is_empty() => {
            Ok(done(&format!("/imports/{id}"), /*key*/ "toast-import-undone", ""))
        }
        Ok(taken) => record_page(&visit, &row, None, &taken.errors, None),
        Err(problem) => record_page(&visit, &row, None, &[], Some(&problem)),
    }
}
