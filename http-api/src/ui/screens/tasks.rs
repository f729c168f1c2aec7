//! Tasks: contradictions that a person must settle, each with the way to settle it.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::conflict::{self, SettleConflict};
use domain::query::Page as Rows;
use domain::query::tasks::{self, ConflictChoice, ConflictEntry, TaskEntry};
use domain::{Permission, TaskKind};
use maud::{Markup, html};

use crate::error::Problem;
use crate::ui::form::{Asked, Form, address};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup;
use crate::ui::parts::{Tone, chip, empty, narrowed, pager, title};
use crate::ui::sheets::{all_shown, export};
use crate::ui::trouble::{self, Trouble};
use crate::ui::values::{field_name, shown};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// Longest value that is repeated on its button, in letters.
const BUTTON_VALUE_MAX: usize = 32;

/// Where a task is settled.
fn way(entry: &TaskEntry) -> String {
    let task = &entry.task;
    match (task.kind, task.item) {
        (TaskKind::OverIssued, Some(item)) => format!("/adjustments/new?item={item}#line-{}", task.document),
        (TaskKind::OverIssued | TaskKind::CountedTwice, None) => "/stock".to_owned(),
        (TaskKind::CountsDiffer, _) => format!("/stocktakes/{}?part=doubtful", task.document),
        (TaskKind::LateCounts, _) => format!("/stocktakes/{}?part=late", task.document),
        (TaskKind::CountedTwice, Some(item)) => {
            format!("/stock/items/{item}?tab=movements&line={}", task.document)
        }
        (TaskKind::OrderAmended | TaskKind::SuppliedTwice, _) => {
            format!("/customer-requisitions/{}", task.document)
        }
        (TaskKind::ReturnedTwice, _) => format!("/inbound-shipments/{}", task.document),
        (TaskKind::Discrepancy, _) => format!("/shipments/{}", task.document),
        (TaskKind::ReportAmended, _) => format!("/rnr-forms/{}?part=late", task.document),
        _ => format!("/outbound-shipments/{}", task.document),
    }
}

/// Whether the reader settles tasks of a store from here: central looks into every store and changes none but its own.
fn acts_in(visit: &Visit, store: DocumentId) -> bool {
    !visit.is_central() || visit.own_store().is_some_and(|own| own.id == store && !own.right.read_only)
}

/// What a task says, in a sentence.
fn sentence(visit: &Visit, entry: &TaskEntry) -> String {
    let words = visit.words;
    let task = &entry.task;
    let (expected, found) = (words.quantity(task.expected), words.quantity(task.found));
    match task.kind {
        TaskKind::OverIssued => t!(words, "task-over-issued-text", found = found),
        TaskKind::Discrepancy => t!(words, "task-discrepancy-text", expected = expected, found = found),
        TaskKind::LateAmendment => t!(words, "task-late-amendment-text", expected = expected, found = found),
        TaskKind::CancelRequested => t!(words, "task-cancel-requested-text"),
        TaskKind::CountsDiffer => t!(words, "task-counts-differ-text"),
        TaskKind::LateCounts => t!(words, "task-late-counts-text"),
        TaskKind::CountedTwice => t!(words, "task-counted-twice-text"),
        TaskKind::ConflictingValues => t!(words, "task-conflicting-values-text"),
        TaskKind::OrderAmended => t!(words, "task-order-amended-text", expected = expected, found = found),
        TaskKind::SuppliedTwice => t!(words, "task-supplied-twice-text", expected = expected, found = found),
        TaskKind::ReturnedTwice => t!(words, "task-returned-twice-text", expected = expected, found = found),
        TaskKind::ReportAmended => t!(words, "task-report-amended-text"),
    }
}

/// One of the values of a conflict: what it is, who wrote it, and the button that chooses it.
fn option(visit: &Visit, entry: &TaskEntry, conflict: &ConflictEntry, choice: &ConflictChoice) -> Markup {
    let words = visit.words;
    let value = shown(words, conflict.kind, choice.value.as_deref(), choice.label.as_deref());
    let brief = value.chars().count() <= BUTTON_VALUE_MAX;
    let wish = match (choice.current, brief) {
        (true, true) => t!(words, "conflict-keep", value = value.as_str()),
        (false, true) => t!(words, "conflict-take", value = value.as_str()),
        (true, false) => t!(words, "conflict-keep-this"),
        (false, false) => t!(words, "conflict-take-this"),
    };
    let may = acts_in(visit, entry.task.store) && visit.may(conflict.permission);
    html! {
        li class={ @if choice.current { "is-shown" } } {
            div class="row" {
                p class="value" { (value) }
                @if choice.current { (chip(Tone::Accent, "eye", &t!(words, "conflict-shown"))) }
            }
            ul class="muted small" {
                @for writer in &choice.writers {
                    li {
                        span class="strong" { (writer.by_name.as_deref().unwrap_or(&t!(words, "the-system"))) }
                        " · " (words.instant(writer.at)) " · "
                        span class="nowrap" { (icon("monitor")) " " (writer.device_name.as_deref().unwrap_or(&t!(words, "unknown-device"))) }
                    }
                }
            }
            @if may {
                form method="post" action={ "/tasks/conflicts/" (entry.task.document) } {
                    input type="hidden" name="pointer" value=(conflict.pointer);
                    input type="hidden" name="change" value=(choice.change);
                    button class={ "btn" @if choice.current { " primary" } } { (icon("check")) (wish) }
                }
            }
        }
    }
}

/// What a task is about: the item and its batch, or what people call the document.
fn subject(visit: &Visit, entry: &TaskEntry) -> Markup {
    let words = visit.words;
    let conflict = entry.conflict.as_ref();
    let what = conflict.filter(|conflict| conflict.class != "stock_line");
    html! {
        p class="strong" {
            @if let Some(conflict) = what {
                (words.code("what", &conflict.class.replace('_', "-"))) " " (conflict.subject.as_deref().unwrap_or("—"))
                @if entry.item_name.is_some() { " · " }
            }
            @if let Some(name) = &entry.item_name { (name) }
            @if let Some(batch) = &entry.batch { " · " (t!(words, "batch")) " " (batch) }
            @if let Some(conflict) = conflict { " · " (field_name(words, &conflict.pointer)) }
        }
    }
}

fn entry(visit: &Visit, entry: &TaskEntry) -> Markup {
    let words = visit.words;
    let task = &entry.task;
    let tone = if task.kind == TaskKind::OverIssued { Tone::Bad } else { Tone::Warn };
    html! {
        section class="card pad stack" {
            div class="row" {
                (chip(tone, "flag", &words.code("task", task.kind.code())))
                @if visit.sees_country() { (chip(Tone::Calm, "store", &entry.store_name)) }
                @if let (Some(number), None) = (&task.number, &entry.conflict) { span class="tabular strong" { (number) } }
            }
            (subject(visit, entry))
            p { (sentence(visit, entry)) }
            @if !entry.causes.is_empty() {
                ul class="muted small" {
                    @for cause in &entry.causes {
                        li { (words.brief_instant(cause.movement.at)) " · " (cause.movement.number.as_deref().unwrap_or("—")) " · " (words.signed(cause.movement.quantity)) " · " (cause.by_name.as_deref().unwrap_or("—")) }
                    }
                }
            }
            @if let Some(conflict) = &entry.conflict {
                ul class="versus" { @for choice in &conflict.choices { (option(visit, entry, conflict, choice)) } }
                div class="row" { a class="btn quiet" href={ "/history/" (task.document) } { (icon("history")) (t!(words, "history")) } }
            } @else if acts_in(visit, task.store) {
                div class="row" {
                    a class="btn primary" href=(way(entry)) { (words.code("settle", task.kind.code())) }
                    @if let (TaskKind::OverIssued, Some(item)) = (task.kind, task.item) {
                        @if visit.may(Permission::Stocktake) { (count_now(words, item)) }
                        a class="btn" href={ "/stock/items/" (item) "?tab=movements&line=" (task.document) } { (icon("history")) (t!(words, "movements")) }
                    }
                }
            }
        }
    }
}

/// The button that begins a stocktake of an item: what is there is counted rather than corrected by guess.
fn count_now(words: Words, item: DocumentId) -> Markup {
    html! {
        form method="post" action="/stocktakes/new" {
            input type="hidden" name="once" value=(lookup::once(&Form::default()));
            input type="hidden" name="part" value="item";
            input type="hidden" name="item" value=(item);
            button class="btn" { (icon("clipboard-check")) (t!(words, "task-count-now")) }
        }
    }
}

/// What keeps a task apart from the others on the page.
fn row_id(row: &TaskEntry) -> String {
    let pointer = row.conflict.as_ref().map_or("", |conflict| conflict.pointer.as_str());
    format!("{}:{}{pointer}", row.task.document, row.task.line.unwrap_or_default())
}

/// Which tasks are asked for: all, those of a kind, or the conflicts of one document.
#[derive(Clone, Copy, Default)]
struct Wanted<'a> {
    document: Option<DocumentId>,
    kind: Option<TaskKind>,
    cursor: Option<&'a str>,
}

/// The tasks that are asked for.
fn rows(visit: &Visit, Wanted { document, kind, cursor }: Wanted<'_>) -> Result<Rows<TaskEntry>, Trouble> {
    let store = match visit.sees_country() {
        true => None,
        false => Some(visit.store(Permission::StockView)?.id),
    };
    let read = visit.read()?;
    match document {
        Some(document) => {
            let rows = tasks::conflicts_of(&read, visit.store(Permission::StockView)?.id, document)?;
            Ok(Rows { rows, next: None })
        }
        None => Ok(tasks::list_of(&read, store, kind, &lookup::page_request(cursor))?),
    }
}

fn page(visit: &Visit, wanted: Wanted<'_>, problem: Option<&Problem>) -> Result<Response, Trouble> {
    let words = visit.words;
    let page = rows(visit, wanted)?;
    let Wanted { document, kind, cursor } = wanted;
    let kept = [("kind", kind.map_or("", TaskKind::code))];
    let by: Vec<_> = kind.map(|kind| ("kind", words.code("task", kind.code()))).into_iter().collect();
    let ids: Vec<String> = page.rows.iter().map(row_id).collect();
    let name = t!(words, "nav-tasks");
    let actions = html! {
        @if document.is_some() { a class="btn quiet" href="/tasks" { (icon("x")) (t!(words, "tasks-all")) } }
        @else { (export(words, "tasks", &kept, all_shown(page.rows.len(), cursor, page.next.as_deref()))) }
    };
    let body = html! {
        (title(&name, html! { (t!(words, "tasks-text")) }, actions))
        @if let Some(problem) = problem { (trouble::alert(words, problem)) }
        (narrowed(words, "/tasks", &kept, &by))
        div id="rows" data-rows=(ids.join(" ")) {
            @if page.rows.is_empty() { div class="card" { (empty("circle-check", &t!(words, "tasks-empty"), &t!(words, "tasks-empty-text"), html! {})) } }
            @else {
                div class="stack" { @for row in &page.rows { (entry(visit, row)) } }
                div class="card apart" { (pager(words, "/tasks", &kept, page.rows.len(), cursor, page.next.as_deref())) }
            }
        }
    };
    let mut response = layout::page(visit, Page::new(Section::Tasks, name, body));
    if let Some(problem) = problem {
        *response.status_mut() = problem.status_code();
    }
    Ok(response)
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let kind = TaskKind::ALL.into_iter().find(|kind| kind.code() == asked.raw("kind"));
    page(&visit, Wanted { document: asked.id("document"), kind, cursor: asked.text("cursor") }, None)
}

/// Settles a conflict by one of its values.
pub(in crate::ui) async fn settle(
    visit: Visit,
    Path(document): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let caller = visit.caller()?;
    let command =
        SettleConflict { pointer: form.raw("pointer").to_owned(), change: form.raw("change").to_owned() };
    match visit.execute(move |txn| conflict::settle(txn, &caller, document, &command)).await {
        Ok(()) => Ok(done(&address("/tasks", &[]), /*key*/ "toast-conflict-settled", "")),
        Err(error) => page(&visit, Wanted::default(), Some(&Problem::from(error))),
    }
}
