//! Types of locations: at what temperature they keep things. Central makes and changes them, everybody reads them.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::location_type::{self, CreateLocationType, LocationTypeRow, UpdateLocationType};
use domain::query::reference;
use domain::{Quantity, Temperature};
use maud::html;

use super::items::{is_central_only, refused};
use crate::error::Problem;
use crate::ui::form::{Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::parts::{Tone, central_button, chip, empty, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

const FIELDS: [&str; 3] = ["name", "min", "max"];

fn refusal(visit: &Visit) -> Response {
    refused(visit, Section::Programmes, "location-types", "/location-types")
}

fn degrees(words: Words, temperature: Temperature) -> String {
    words.signed(Quantity::from_thousandths(temperature.thousandths()))
}

fn range(words: Words, row: &LocationTypeRow) -> String {
    match (row.min, row.max) {
        (Some(min), Some(max)) => format!("{} … {}\u{a0}°C", degrees(words, min), degrees(words, max)),
        (Some(min), None) => format!("≥ {}\u{a0}°C", degrees(words, min)),
        (None, Some(max)) => format!("≤ {}\u{a0}°C", degrees(words, max)),
        (None, None) => "—".to_owned(),
    }
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit) -> Result<Response, Trouble> {
    let words = visit.words;
    let rows = reference::location_types(&visit.read()?)?;
    let name = t!(words, "location-types");
    let make = central_button(
        words,
        visit.is_central(),
        "/location-types/new",
        "plus",
        &t!(words, "new-location-type"),
    );
    let body = html! {
        (title(&name, html! { (t!(words, "location-types-text")) }, make))
        div class="card" {
            @if rows.is_empty() { (empty("thermometer", &t!(words, "location-types-empty"), &t!(words, "location-types-text"), html! {})) }
            @else { div class="scroll" { table {
                thead { tr { th scope="col" { (t!(words, "name")) } th scope="col" { (t!(words, "temperatures")) } } }
                tbody { @for row in &rows { tr class={ @if !row.active { "is-held" } } {
                    td {
                        @if visit.is_central() { a class="row-link" href={ "/location-types/" (row.id) } { (row.name) } } @else { (row.name) }
                        @if !row.active { " " (chip(Tone::Calm, "ban", &t!(words, "inactive"))) }
                    }
                    td class="nowrap tabular" { (range(words, row)) }
                } } }
            } } }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Programmes, name, body)))
}

fn page(visit: &Visit, id: Option<DocumentId>, form: &Form, problem: Option<&Problem>) -> Response {
    let words = visit.words;
    let fields = Fields { words, form, problem };
    let decimal = Input { inputmode: Some("decimal"), ..Input::default() };
    let name = id.map_or_else(|| t!(words, "new-location-type"), |_| form.raw("name").to_owned());
    let action = id.map_or_else(|| "/location-types/new".to_owned(), |id| format!("/location-types/{id}"));
    let body = html! {
        (title(&name, html! {}, html! {}))
        form class="card" method="post" action=(action) {
            div class="pad stack" {
                (fields.alert(&FIELDS))
                div class="fields" {
                    (fields.input("name", &t!(words, "name"), Input { required: true, ..Input::default() }))
                    (fields.input("min", &t!(words, "temperature-min"), decimal))
                    (fields.input("max", &t!(words, "temperature-max"), decimal))
                }
                @if id.is_some() { (fields.check("active", &t!(words, "active"))) }
            }
            div class="bar" { button class="btn primary" { (icon("check")) (t!(words, "save")) } a class="btn quiet" href="/location-types" { (t!(words, "cancel")) } }
        }
    };
    let page =
        Page::new(Section::Programmes, name, body).below(t!(words, "location-types"), "/location-types");
    let mut response = layout::page(visit, page);
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

fn temperature(words: Words, form: &Form, name: &str) -> Result<Option<Temperature>, Problem> {
    match form.text(name) {
        None => Ok(None),
        Some(_) => {
            let typed = form.quantity(words, name, &format!("/{name}"))?;
            Ok(Some(Temperature::from_thousandths(typed.thousandths())))
        }
    }
}

/// The form of a new type; on a site, why there is none.
pub(in crate::ui) async fn new(visit: Visit) -> Response {
    if visit.is_central() { page(&visit, None, &Form::default(), None) } else { refusal(&visit) }
}

/// Makes a type.
pub(in crate::ui) async fn create(visit: Visit, form: Form) -> Response {
    let made = async {
        let command = CreateLocationType {
            id: None,
            name: form.raw("name").to_owned(),
            min: temperature(visit.words, &form, "min")?,
            max: temperature(visit.words, &form, "max")?,
        };
        let caller = visit.visitor.central_caller();
        Ok::<_, Problem>(visit.execute(move |txn| location_type::create(txn, &caller, &command)).await?)
    };
    match made.await {
        Ok(_) => done("/location-types", /*key*/ "toast-saved", ""),
        Err(problem) if is_central_only(&problem) => refusal(&visit),
        Err(problem) => page(&visit, None, &form, Some(&problem)),
    }
}

/// One type, at the centre.
pub(in crate::ui) async fn show(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let rows = reference::location_types(&visit.read()?)?;
    let row = rows.into_iter().find(|row| row.id == id).ok_or_else(|| Trouble::not_found("location type"))?;
    if !visit.is_central() {
        return Ok(refusal(&visit));
    }
    let shown = |temperature: Option<Temperature>| {
        let text = temperature.map(|kept| visit.words.input(Quantity::from_thousandths(kept.thousandths())));
        text.unwrap_or_default()
    };
    let mut form =
        Form::with(&[("name", row.name.clone()), ("min", shown(row.min)), ("max", shown(row.max))]);
    if row.active {
        form.set("active", "yes".to_owned());
    }
    Ok(page(&visit, Some(id), &form, None))
}

/// Changes a type.
pub(in crate::ui) async fn update(visit: Visit, Path(id): Path<DocumentId>, form: Form) -> Response {
    let changed = async {
        let command = UpdateLocationType {
            name: Some(form.raw("name").to_owned()),
            min: Some(temperature(visit.words, &form, "min")?),
            max: Some(temperature(visit.words, &form, "max")?),
            active: Some(form.has("active")),
        };
        let caller = visit.visitor.central_caller();
        Ok::<_, Problem>(visit.execute(move |txn| location_type::update(txn, &caller, id, &command)).await?)
    };
    match changed.await {
        Ok(()) => done("/location-types", /*key*/ "toast-saved", ""),
        Err(problem) if is_central_only(&problem) => refusal(&visit),
        Err(problem) => page(&visit, Some(id), &form, Some(&problem)),
    }
}
