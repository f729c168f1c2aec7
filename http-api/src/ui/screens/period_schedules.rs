//! Schedules of periods, by which programmes report and order. Central makes them, everybody reads them.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::period_schedule::{self, CreatePeriodSchedule, Period, PeriodScheduleRow, UpdatePeriodSchedule};
use domain::query::reference;
use maud::html;

use super::items::{is_central_only, refused};
use crate::error::Problem;
use crate::ui::form::{Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::parts::{Tone, central_button, chip, empty, or_dash, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

const FIELDS: [&str; 3] = ["name", "months", "first"];

fn refusal(visit: &Visit) -> Response {
    refused(visit, Section::Programmes, "period-schedules", "/period-schedules")
}

/// A period in words: a month by its name, anything else from day to day.
pub(in crate::ui) fn period_text(words: Words, period: Period) -> String {
    let is_month = period.from.day() == 1 && period.from.last_of_month() == period.to;
    match is_month {
        true => words.month(period.from),
        false => format!("{} – {}", words.day(period.from), words.day(period.to)),
    }
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit) -> Result<Response, Trouble> {
    let words = visit.words;
    let rows = reference::period_schedules(&visit.read()?)?;
    let name = t!(words, "period-schedules");
    let make = central_button(
        words,
        visit.is_central(),
        "/period-schedules/new",
        "plus",
        &t!(words, "new-period-schedule"),
    );
    let now = |row: &PeriodScheduleRow| row.period_of(visit.today()).map(|now| period_text(words, now));
    let body = html! {
        (title(&name, html! { (t!(words, "period-schedules-text")) }, make))
        div class="card" {
            @if rows.is_empty() { (empty("calendar-clock", &t!(words, "period-schedules-empty"), &t!(words, "period-schedules-text"), html! {})) }
            @else { div class="scroll" { table {
                thead { tr {
                    th scope="col" { (t!(words, "name")) }
                    th scope="col" { (t!(words, "period-length")) }
                    th scope="col" class="phone-hide" { (t!(words, "first-period")) }
                    th scope="col" { (t!(words, "period-now")) }
                } }
                tbody { @for row in &rows { tr class={ @if !row.active { "is-held" } } {
                    td {
                        @if visit.is_central() { a class="row-link" href={ "/period-schedules/" (row.id) } { (row.name) } } @else { (row.name) }
                        @if !row.active { " " (chip(Tone::Calm, "ban", &t!(words, "inactive"))) }
                    }
                    td class="nowrap" { (t!(words, "months-count", n = row.months)) }
                    td class="nowrap phone-hide" { (words.day(row.first)) }
                    td class="nowrap" { (or_dash(now(row).as_deref())) }
                } } }
            } } }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Programmes, name, body)))
}

fn page(visit: &Visit, id: Option<DocumentId>, form: &Form, problem: Option<&Problem>) -> Response {
    let words = visit.words;
    let fields = Fields { words, form, problem };
    let name = id.map_or_else(|| t!(words, "new-period-schedule"), |_| form.raw("name").to_owned());
    let action =
        id.map_or_else(|| "/period-schedules/new".to_owned(), |id| format!("/period-schedules/{id}"));
    let hint = t!(words, "first-period-hint");
    let day = Input { kind: "date", required: true, hint: Some(&hint), ..Input::default() };
    let months: Vec<(String, String)> = [1, 2, 3, 4, 6, 12]
        .map(|months: u32| (months.to_string(), t!(words, "months-count", n = months)))
        .to_vec();
    let body = html! {
        (title(&name, html! {}, html! {}))
        form class="card" method="post" action=(action) {
            div class="pad stack" {
                (fields.alert(&FIELDS))
                div class="fields" {
                    (fields.input("name", &t!(words, "name"), Input { required: true, ..Input::default() }))
                    @if id.is_none() {
                        (fields.select("months", &t!(words, "period-length"), true, &months))
                        (fields.input("first", &t!(words, "first-period"), day))
                    }
                }
                @if id.is_some() { p class="hint" { (t!(words, "periods-stay")) } (fields.check("active", &t!(words, "active"))) }
            }
            div class="bar" { button class="btn primary" { (icon("check")) (t!(words, "save")) } a class="btn quiet" href="/period-schedules" { (t!(words, "cancel")) } }
        }
    };
    let page =
        Page::new(Section::Programmes, name, body).below(t!(words, "period-schedules"), "/period-schedules");
    let mut response = layout::page(visit, page);
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

/// The form of a new schedule, of months from the beginning of this year; on a site, why there is none.
pub(in crate::ui) async fn new(visit: Visit) -> Response {
    if !visit.is_central() {
        return refusal(&visit);
    }
    let first = visit.today().first_of_year();
    page(&visit, None, &Form::with(&[("months", "1".to_owned()), ("first", first.to_string())]), None)
}

/// Makes a schedule.
pub(in crate::ui) async fn create(visit: Visit, form: Form) -> Response {
    let made = async {
        let missing = || Problem::new("validation", "this is not a day").at("/first");
        let command = CreatePeriodSchedule {
            id: None,
            name: form.raw("name").to_owned(),
            months: form.read("months").unwrap_or(0),
            first: form.day("first", "/first")?.ok_or_else(missing)?,
        };
        let caller = visit.visitor.central_caller();
        Ok::<_, Problem>(visit.execute(move |txn| period_schedule::create(txn, &caller, &command)).await?)
    };
    match made.await {
        Ok(_) => done("/period-schedules", /*key*/ "toast-saved", ""),
        Err(problem) if is_central_only(&problem) => refusal(&visit),
        Err(problem) => page(&visit, None, &form, Some(&problem)),
    }
}

/// One schedule, at the centre.
pub(in crate::ui) async fn show(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let row = reference::period_schedule(&visit.read()?, id)?;
    if !visit.is_central() {
        return Ok(refusal(&visit));
    }
    let mut form = Form::with(&[("name", row.name)]);
    if row.active {
        form.set("active", "yes".to_owned());
    }
    Ok(page(&visit, Some(id), &form, None))
}

/// Changes a schedule.
pub(in crate::ui) async fn update(visit: Visit, Path(id): Path<DocumentId>, form: Form) -> Response {
    let command =
        UpdatePeriodSchedule { name: Some(form.raw("name").to_owned()), active: Some(form.has("active")) };
    let caller = visit.visitor.central_caller();
    let changed = visit.execute(move |txn| period_schedule::update(txn, &caller, id, &command)).await;
    match changed.map_err(Problem::from) {
        Ok(()) => done("/period-schedules", /*key*/ "toast-saved", ""),
        Err(problem) if is_central_only(&problem) => refusal(&visit),
        Err(problem) => page(&visit, Some(id), &form, Some(&problem)),
    }
}
