//! Tasks: contradictions that a person must settle, each with the way to settle it.

use axum::response::Response;
use domain::query::tasks::{self, TaskEntry};
use domain::{Permission, TaskKind};
use maud::{Markup, html};

use crate::ui::form::Asked;
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section};
use crate::ui::lookup;
use crate::ui::parts::{Tone, chip, empty, pager, title};
use crate::ui::sheets::{all_shown, export};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::t;

fn kind_code(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::OverIssued => "over-issued",
        TaskKind::Discrepancy => "discrepancy",
        TaskKind::LateAmendment => "late-amendment",
        TaskKind::CancelRequested => "cancel-requested",
    }
}

/// Where a task is settled.
fn way(entry: &TaskEntry) -> String {
    let task = &entry.task;
    match (task.kind, task.item) {
        (TaskKind::OverIssued, Some(item)) => format!("/adjustments/new?item={item}#line-{}", task.document),
        (TaskKind::OverIssued, None) => "/stock".to_owned(),
        _ => format!("/outbound-shipments/{}", task.document),
    }
}

fn entry(visit: &Visit, entry: &TaskEntry) -> Markup {
    let words = visit.words;
    let task = &entry.task;
    let tone = if task.kind == TaskKind::OverIssued { Tone::Bad } else { Tone::Warn };
    html! {
        section class="card pad stack" {
            div class="row" {
                (chip(tone, "flag", &words.code("task", kind_code(task.kind))))
                @if visit.sees_country() { (chip(Tone::Calm, "store", &entry.store_name)) }
                @if let Some(number) = &task.number { span class="tabular strong" { (number) } }
            }
            p class="strong" { @if let Some(name) = &entry.item_name { (name) } @if let Some(batch) = &entry.batch { " · " (t!(words, "batch")) " " (batch) } }
            p {
                @match task.kind {
                    TaskKind::OverIssued => (t!(words, "task-over-issued-text", found = words.quantity(task.found))),
                    TaskKind::Discrepancy => (t!(words, "task-discrepancy-text", expected = words.quantity(task.expected), found = words.quantity(task.found))),
                    TaskKind::LateAmendment => (t!(words, "task-late-amendment-text", expected = words.quantity(task.expected), found = words.quantity(task.found))),
                    TaskKind::CancelRequested => (t!(words, "task-cancel-requested-text")),
                }
            }
            @if !entry.causes.is_empty() {
                ul class="muted small" {
                    @for cause in &entry.causes {
                        li { (words.brief_instant(cause.movement.at)) " · " (cause.movement.number.as_deref().unwrap_or("—")) " · " (words.signed(cause.movement.quantity)) " · " (cause.by_name.as_deref().unwrap_or("—")) }
                    }
                }
            }
            @if !visit.is_central() || visit.own_store().is_some_and(|own| own.id == task.store && !own.right.read_only) {
                div class="row" {
                    a class="btn primary" href=(way(entry)) { (words.code("settle", kind_code(task.kind))) }
                    @if let (TaskKind::OverIssued, Some(item)) = (task.kind, task.item) { a class="btn" href={ "/stock/items/" (item) "?tab=movements&line=" (task.document) } { (icon("history")) (t!(words, "movements")) } }
                }
            }
        }
    }
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let store = match visit.sees_country() {
        true => None,
        false => Some(visit.store(Permission::StockView)?.id),
    };
    let cursor = asked.text("cursor");
    let page = tasks::list(&visit.read()?, store, &lookup::page_request(cursor))?;
    let rows: Vec<String> = page
        .rows
        .iter()
        .map(|row| format!("{}:{}", row.task.document, row.task.line.unwrap_or_default()))
        .collect();
    let name = t!(words, "nav-tasks");
    let body = html! {
        (title(&name, html! { (t!(words, "tasks-text")) }, html! {
            (export(words, "tasks", &[], all_shown(page.rows.len(), cursor, page.next.as_deref())))
        }))
        div id="rows" data-rows=(rows.join(" ")) {
            @if page.rows.is_empty() { div class="card" { (empty("circle-check", &t!(words, "tasks-empty"), &t!(words, "tasks-empty-text"), html! {})) } }
            @else {
                div class="stack" { @for row in &page.rows { (entry(&visit, row)) } }
                div class="card" { (pager(words, "/tasks", &[], page.rows.len(), cursor, page.next.as_deref())) }
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Tasks, name, body)))
}
