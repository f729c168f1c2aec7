//! Programmes: lists of items that belong together. Central makes and changes them, everybody reads them.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::{DocumentId, Snapshot};
use domain::programme::{self, CreateProgramme, ProgrammeRow, UpdateProgramme};
use domain::query::{programmes, reference};
use domain::store::StoreRow;
use maud::{Markup, html};

use super::items::{is_central_only, refused};
use super::order_types;
use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup;
use crate::ui::parts::{Tone, central_button, chip, empty, fact, or_dash, pager, search, title, yes_no};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

const FIELDS: [&str; 3] = ["code", "name", "schedule"];

fn refusal(visit: &Visit) -> Response {
    refused(visit, Section::Programmes, "nav-programmes", "/programmes")
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit) -> Result<Response, Trouble> {
    let words = visit.words;
    let rows = programmes::all(&visit.read()?)?;
    let name = t!(words, "nav-programmes");
    let make =
        central_button(words, visit.is_central(), "/programmes/new", "plus", &t!(words, "new-programme"));
    let types = html! {
        a class="btn" href="/period-schedules" { (icon("calendar-clock")) (t!(words, "period-schedules")) }
        a class="btn" href="/location-types" { (icon("thermometer")) (t!(words, "location-types")) }
    };
    let body = html! {
        (title(&name, html! { (t!(words, "programmes-text")) }, html! { (types) (make) }))
        div class="card" {
            @if rows.is_empty() { (empty("layers", &t!(words, "programmes-empty"), &t!(words, "programmes-empty-text"), html! {})) }
            @else { div class="scroll" { table {
                thead { tr {
                    th scope="col" { (t!(words, "name")) }
                    th scope="col" class="phone-hide" { (t!(words, "code")) }
                    th scope="col" class="num" { (t!(words, "nav-items")) }
                    th scope="col" class="phone-hide" { (t!(words, "immunisation")) }
                    th scope="col" class="phone-hide" { (t!(words, "seen-by")) }
                } }
                tbody { @for row in &rows {
                    tr class={ @if !row.active { "is-held" } } {
                        td { a class="row-link" href={ "/programmes/" (row.id) } { (row.name) } @if !row.active { " " (chip(Tone::Calm, "ban", &t!(words, "inactive"))) } }
                        td class="muted nowrap phone-hide" { (row.code) }
                        td class="num" { (words.whole(row.item_count.into())) }
                        td class="phone-hide" { (yes_no(words, row.immunisation)) }
                        td class="phone-hide" { (seen_by(words, row)) }
                    }
                } }
            } } }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Programmes, name, body)))
}

fn seen_by(words: Words, row: &ProgrammeRow) -> String {
    match row.stores.len() {
        0 => t!(words, "all-stores"),
        some => t!(words, "stores-count", n = some),
    }
}

fn head_form(
    visit: &Visit,
    action: &str,
    form: &Form,
    problem: Option<&Problem>,
    (stores, schedules): (&[StoreRow], &[(String, String)]),
    is_new: bool,
) -> Markup {
    let words = visit.words;
    let fields = Fields { words, form, problem };
    let needed = Input { required: true, ..Input::default() };
    let ticked: Vec<&str> = form.all("store").collect();
    html! {
        form class="card" method="post" action=(action) {
            div class="pad stack" {
                (fields.alert(&FIELDS))
                div class="fields" {
                    (fields.input("code", &t!(words, "code"), Input { maxlength: Some(50), ..needed }))
                    (fields.input("name", &t!(words, "name"), needed))
                    (fields.select("schedule", &t!(words, "periods"), false, schedules))
                }
                (fields.check("immunisation", &t!(words, "immunisation")))
                @if !is_new { (fields.check("active", &t!(words, "active"))) }
                fieldset {
                    legend { (t!(words, "seen-by")) }
                    p class="hint" { (t!(words, "seen-by-hint")) }
                    div class="checks" { @for store in stores {
                        @let id = store.id.to_string();
                        label class="check" { input type="checkbox" name="store" value=(id) checked[ticked.contains(&id.as_str())]; span { (store.name) } }
                    } }
                }
            }
            div class="bar" { button class="btn primary" { (icon("check")) (t!(words, "save")) } a class="btn quiet" href="/programmes" { (t!(words, "cancel")) } }
        }
    }
}

fn found(words: Words, id: DocumentId, read: &Snapshot, wanted: &str) -> Result<Markup, Trouble> {
    let listed = programmes::item_ids(read, id)?;
    let rows = lookup::found_items(read, wanted)?;
    let path = format!("/programmes/{id}");
    Ok(html! {
        section class="card" {
            header { h2 { (t!(words, "add-items")) } }
            div class="filters" { (search(words, &path, &t!(words, "search-items"), wanted, &[])) }
            div id="list" {
                @if !wanted.is_empty() {
                    @if rows.is_empty() { (empty("search", &t!(words, "nothing-found"), &t!(words, "nothing-found-text"), html! {})) }
                    @else { table { tbody { @for row in &rows { tr {
                        td { (row.name) span class="two" { (row.code) " · " (row.unit) } }
                        td class="end" {
                            @if listed.contains(&row.id) { (chip(Tone::Good, "check", &t!(words, "is-listed"))) }
                            @else { form method="post" action={ (path) "/items" } { input type="hidden" name="add" value=(row.id); button class="btn" { (icon("plus")) (t!(words, "add")) span class="visually-hidden" { " " (row.name) } } } }
                        }
                    } } } } }
                }
            }
        }
    })
}

fn item_table(
    visit: &Visit,
    read: &Snapshot,
    id: DocumentId,
    cursor: Option<&str>,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let page = programmes::items(read, id, &lookup::page_request(cursor))?;
    let path = format!("/programmes/{id}");
    Ok(html! {
        section class="card" {
            header { h2 { (t!(words, "nav-items")) } }
            @if page.rows.is_empty() { (empty("boxes", &t!(words, "programme-no-items"), &t!(words, "programme-no-items-text"), html! {})) }
            @else {
                div class="scroll" { table {
                    thead { tr { th scope="col" { (t!(words, "name")) } th scope="col" class="phone-hide" { (t!(words, "code")) } th scope="col" class="phone-hide" { (t!(words, "unit")) } @if visit.is_central() { th scope="col" { span class="visually-hidden" { (t!(words, "actions")) } } } } }
                    tbody { @for row in &page.rows { tr {
                        td { a class="row-link" href={ "/items/" (row.id) } { (row.name) } }
                        td class="muted nowrap phone-hide" { (row.code) }
                        td class="phone-hide" { (row.unit) }
                        @if visit.is_central() { td { form method="post" action={ (path) "/items" } { input type="hidden" name="remove" value=(row.id); button class="btn quiet" { (icon("x")) (t!(words, "take-out")) span class="visually-hidden" { " " (row.name) } } } } }
                    } } }
                } }
                (pager(words, &path, &[], page.rows.len(), cursor, page.next.as_deref()))
            }
        }
    })
}

/// The schedules that a programme may have: those in use, and the one it has.
fn schedules(
    words: Words,
    read: &Snapshot,
    row: Option<&ProgrammeRow>,
) -> Result<Vec<(String, String)>, Trouble> {
    let own = row.and_then(|row| row.schedule);
    let rows = reference::period_schedules(read)?.into_iter();
    let offered = rows.filter(|schedule| schedule.active || Some(schedule.id) == own);
    let none = (String::new(), t!(words, "no-periods"));
    Ok(std::iter::once(none).chain(offered.map(|row| (row.id.to_string(), row.name))).collect())
}

fn form_of(row: &ProgrammeRow) -> Form {
    let mut fields = vec![("code", row.code.clone()), ("name", row.name.clone())];
    fields.extend(row.schedule.map(|schedule| ("schedule", schedule.to_string())));
    let ticked = [("immunisation", row.immunisation), ("active", row.active)];
    fields.extend(ticked.into_iter().filter(|(_, yes)| *yes).map(|(name, _)| (name, "yes".to_owned())));
    fields.extend(row.stores.iter().map(|store| ("store", store.to_string())));
    Form::with(&fields)
}

fn page(
    visit: &Visit,
    id: Option<DocumentId>,
    form: &Form,
    asked: Option<&Form>,
    problem: Option<&Problem>,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let read = visit.read()?;
    let row = id.map(|id| programmes::detail(&read, id)).transpose()?;
    let name = row.as_ref().map_or_else(|| t!(words, "new-programme"), |row| row.name.clone());
    let action = id.map_or_else(|| "/programmes/new".to_owned(), |id| format!("/programmes/{id}"));
    let schedules = schedules(words, &read, row.as_ref())?;
    let periods = |row: &ProgrammeRow| {
        let named = |id: DocumentId| schedules.iter().find(|(known, _)| *known == id.to_string());
        row.schedule.and_then(named).map(|(_, name)| name.clone())
    };
    let nothing = Form::default();
    let asked = asked.unwrap_or(&nothing);
    let history = html! { @if let Some(id) = id { a class="btn" href={ "/history/" (id) } { (icon("history")) (t!(words, "history")) } } };
    let body = html! {
        (title(&name, html! {}, history))
        @if visit.is_central() { (head_form(visit, &action, form, problem, (&lookup::stores(&read)?, &schedules), id.is_none())) }
        @else if let Some(row) = &row {
            section class="card pad" { dl class="facts" {
                (fact(&t!(words, "code"), html! { (row.code) }))
                (fact(&t!(words, "immunisation"), yes_no(words, row.immunisation)))
                (fact(&t!(words, "seen-by"), html! { (seen_by(words, row)) }))
                (fact(&t!(words, "periods"), or_dash(periods(row).as_deref())))
            } }
        }
        @if let Some(row) = &row { (order_types::card(visit, row)) }
        @if let Some(id) = id {
            @if visit.is_central() { (found(words, id, &read, asked.raw("search"))?) }
            (item_table(visit, &read, id, asked.text("cursor"))?)
        }
    };
    let page = Page::new(Section::Programmes, name, body).below(t!(words, "nav-programmes"), "/programmes");
    let mut response = layout::page(visit, page);
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The form of a new programme; on a site, why there is none.
pub(in crate::ui) async fn new(visit: Visit) -> Result<Response, Trouble> {
    if visit.is_central() { page(&visit, None, &Form::default(), None, None) } else { Ok(refusal(&visit)) }
}

fn chosen_stores(form: &Form) -> Vec<DocumentId> {
    form.all("store").filter_map(|id| id.parse().ok()).collect()
}

/// Makes a programme.
pub(in crate::ui) async fn create(visit: Visit, form: Form) -> Result<Response, Trouble> {
    let command = CreateProgramme {
        id: None,
        code: form.raw("code").to_owned(),
        name: form.raw("name").to_owned(),
        immunisation: form.has("immunisation"),
        items: Vec::new(),
        stores: chosen_stores(&form),
        schedule: form.id("schedule"),
    };
    let caller = visit.visitor.central_caller();
    match visit.execute(move |txn| programme::create(txn, &caller, &command)).await.map_err(Problem::from) {
        Ok(made) => Ok(done(&format!("/programmes/{}", made.id), /*key*/ "toast-saved", "")),
        Err(problem) if is_central_only(&problem) => Ok(refusal(&visit)),
        Err(problem) => page(&visit, None, &form, None, Some(&problem)),
    }
}

/// One programme with its items.
pub(in crate::ui) async fn show(
    visit: Visit,
    Path(id): Path<DocumentId>,
    asked: Asked,
) -> Result<Response, Trouble> {
    let row = programmes::detail(&visit.read()?, id)?;
    page(&visit, Some(id), &form_of(&row), Some(&asked.0), None)
}

/// Changes a programme.
pub(in crate::ui) async fn update(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let command = UpdateProgramme {
        code: Some(form.raw("code").to_owned()),
        name: Some(form.raw("name").to_owned()),
        immunisation: Some(form.has("immunisation")),
        active: Some(form.has("active")),
        stores: Some(chosen_stores(&form)),
        schedule: Some(form.id("schedule")),
        ..UpdateProgramme::default()
    };
    change(&visit, id, command, &form).await
}

/// Adds an item, or takes one out.
pub(in crate::ui) async fn items(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let command = UpdateProgramme {
        add_items: form.id("add").into_iter().collect(),
        remove_items: form.id("remove").into_iter().collect(),
        ..UpdateProgramme::default()
    };
    let row = programmes::detail(&visit.read()?, id)?;
    change(&visit, id, command, &form_of(&row)).await
}

async fn change(
    visit: &Visit,
    id: DocumentId,
    command: UpdateProgramme,
    form: &Form,
) -> Result<Response, Trouble> {
    let caller = visit.visitor.central_caller();
    match visit.execute(move |txn| programme::update(txn, &caller, id, &command)).await.map_err(Problem::from)
    {
        Ok(()) => Ok(done(&format!("/programmes/{id}"), /*key*/ "toast-saved", "")),
        Err(problem) if is_central_only(&problem) => Ok(refusal(visit)),
        Err(problem) => page(visit, Some(id), form, None, Some(&problem)),
    }
}
