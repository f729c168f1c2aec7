//! The kinds of orders of a programme. Central makes and changes them, everybody reads them.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::Quantity;
use domain::programme::order_type::{self, CreateOrderType, UpdateOrderType};
use domain::programme::{OrderTypeRow, ProgrammeRow};
use domain::query::programmes;
use maud::{Markup, html};

use super::items::{is_central_only, refused};
use crate::error::Problem;
use crate::ui::form::{Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::parts::{Tone, chip, empty, or_dash, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

const FIELDS: [&str; 5] = ["name", "minMonths", "maxMonths", "maxOrders", "maxLines"];

fn refusal(visit: &Visit, programme: DocumentId) -> Response {
    refused(visit, Section::Programmes, "nav-programmes", &format!("/programmes/{programme}"))
}

/// The kinds of orders of a programme, on its page.
pub(super) fn card(visit: &Visit, programme: &ProgrammeRow) -> Markup {
    let words = visit.words;
    let path = format!("/programmes/{}/order-types", programme.id);
    let limit = |limit: Option<u32>| limit.map(|limit| words.whole(limit.into()));
    html! {
        section class="card" {
            header {
                h2 class="grow" { (t!(words, "order-types")) }
                @if visit.is_central() { a class="btn" href={ (path) "/new" } { (icon("plus")) (t!(words, "new-order-type")) } }
            }
            @if programme.order_types.is_empty() { (empty("file-text", &t!(words, "order-types-empty"), &t!(words, "order-types-empty-text"), html! {})) }
            @else { div class="scroll" { table {
                thead { tr {
                    th scope="col" { (t!(words, "name")) }
                    th scope="col" class="num" { (t!(words, "months-range")) }
                    th scope="col" class="num" { (t!(words, "max-orders")) }
                    th scope="col" class="num" { (t!(words, "max-lines")) }
                } }
                tbody { @for row in &programme.order_types { tr class={ @if !row.active { "is-held" } } {
                    td {
                        @if visit.is_central() { a class="row-link" href={ (path) "/" (row.id) } { (row.name) } } @else { (row.name) }
                        @if row.emergency { " " (chip(Tone::Bad, "flag", &t!(words, "emergency"))) }
                        @if !row.active { " " (chip(Tone::Calm, "ban", &t!(words, "inactive"))) }
                    }
                    td class="num nowrap" { (words.quantity(row.min_months)) " – " (words.quantity(row.max_months)) }
                    td class="num" { (or_dash(limit(row.max_orders).as_deref())) }
                    td class="num" { (or_dash(limit(row.max_lines).as_deref())) }
                } } }
            } } }
        }
    }
}

fn page(
    visit: &Visit,
    (programme, id): (&ProgrammeRow, Option<DocumentId>),
    form: &Form,
    problem: Option<&Problem>,
) -> Response {
    let words = visit.words;
    let fields = Fields { words, form, problem };
    let name = id.map_or_else(|| t!(words, "new-order-type"), |_| form.raw("name").to_owned());
    let below = format!("/programmes/{}", programme.id);
    let action =
        id.map_or_else(|| format!("{below}/order-types/new"), |id| format!("{below}/order-types/{id}"));
    let months = Input { inputmode: Some("decimal"), required: true, ..Input::default() };
    let (orders_hint, lines_hint) = (t!(words, "max-orders-hint"), t!(words, "max-lines-hint"));
    let limit = |hint| Input { inputmode: Some("numeric"), hint: Some(hint), ..Input::default() };
    let body = html! {
        (title(&name, html! { (programme.name) }, html! {}))
        form class="card" method="post" action=(action) {
            div class="pad stack" {
                (fields.alert(&FIELDS))
                div class="fields" {
                    (fields.input("name", &t!(words, "name"), Input { required: true, ..Input::default() }))
                    (fields.input("minMonths", &t!(words, "min-months"), months))
                    (fields.input("maxMonths", &t!(words, "max-months"), months))
                    (fields.input("maxOrders", &t!(words, "max-orders"), limit(&orders_hint)))
                    (fields.input("maxLines", &t!(words, "max-lines"), limit(&lines_hint)))
                }
                (fields.check("emergency", &t!(words, "emergency-long")))
                @if id.is_some() { (fields.check("active", &t!(words, "active"))) }
            }
            div class="bar" { button class="btn primary" { (icon("check")) (t!(words, "save")) } a class="btn quiet" href=(below) { (t!(words, "cancel")) } }
        }
    };
    let page = Page::new(Section::Programmes, name, body).below(programme.name.clone(), &below);
    let mut response = layout::page(visit, page);
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

fn months(words: Words, form: &Form, name: &str) -> Result<Quantity, Problem> {
    form.quantity(words, name, &format!("/{name}"))
}

fn limit(form: &Form, name: &str) -> Result<Option<u32>, Problem> {
    let read = |text: &str| {
        text.parse().map_err(|_| Problem::new("validation", "this is not a number").at(format!("/{name}")))
    };
    form.text(name).map(read).transpose()
}

/// The form of a new kind of order; on a site, why there is none.
pub(in crate::ui) async fn new(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let programme = programmes::detail(&visit.read()?, id)?;
    if visit.is_central() {
        Ok(page(&visit, (&programme, None), &Form::default(), None))
    } else {
        Ok(refusal(&visit, id))
    }
}

/// Makes a kind of order.
pub(in crate::ui) async fn create(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let programme = programmes::detail(&visit.read()?, id)?;
    let made = async {
        let command = CreateOrderType {
            id: None,
            name: form.raw("name").to_owned(),
            emergency: form.has("emergency"),
            min_months: months(visit.words, &form, "minMonths")?,
            max_months: months(visit.words, &form, "maxMonths")?,
            max_orders: limit(&form, "maxOrders")?,
            max_lines: limit(&form, "maxLines")?,
        };
        let caller = visit.visitor.central_caller();
        let made = visit.execute(move |txn| order_type::create(txn, &caller, id, &command)).await?;
        Ok::<_, Problem>(made)
    };
    Ok(answer(&visit, (&programme, None), &form, made.await.map(drop)))
}

fn answer(
    visit: &Visit,
    (programme, id): (&ProgrammeRow, Option<DocumentId>),
    form: &Form,
    result: Result<(), Problem>,
) -> Response {
    match result {
        Ok(()) => done(&format!("/programmes/{}", programme.id), /*key*/ "toast-saved", ""),
        Err(problem) if is_central_only(&problem) => refusal(visit, programme.id),
        Err(problem) => page(visit, (programme, id), form, Some(&problem)),
    }
}

fn form_of(words: Words, row: &OrderTypeRow) -> Form {
    let limit = |limit: Option<u32>| limit.map(|limit| limit.to_string()).unwrap_or_default();
    let mut form = Form::with(&[
        ("name", row.name.clone()),
        ("minMonths", words.input(row.min_months)),
        ("maxMonths", words.input(row.max_months)),
        ("maxOrders", limit(row.max_orders)),
        ("maxLines", limit(row.max_lines)),
    ]);
    for (name, ticked) in [("emergency", row.emergency), ("active", row.active)] {
        if ticked {
            form.set(name, "yes".to_owned());
        }
    }
    form
}

/// One kind of order, at the centre.
pub(in crate::ui) async fn show(
    visit: Visit,
    Path((id, order_type)): Path<(DocumentId, DocumentId)>,
) -> Result<Response, Trouble> {
    let programme = programmes::detail(&visit.read()?, id)?;
    let row = programme.order_types.iter().find(|row| row.id == order_type);
    let row = row.ok_or_else(|| Trouble::not_found("order type"))?;
    if !visit.is_central() {
        return Ok(refusal(&visit, id));
    }
    Ok(page(&visit, (&programme, Some(order_type)), &form_of(visit.words, row), None))
}

/// Changes a kind of order.
pub(in crate::ui) async fn update(
    visit: Visit,
    Path((id, order_type)): Path<(DocumentId, DocumentId)>,
    form: Form,
) -> Result<Response, Trouble> {
    let programme = programmes::detail(&visit.read()?, id)?;
    let changed = async {
        let command = UpdateOrderType {
            name: Some(form.raw("name").to_owned()),
            emergency: Some(form.has("emergency")),
            min_months: Some(months(visit.words, &form, "minMonths")?),
            max_months: Some(months(visit.words, &form, "maxMonths")?),
            max_orders: Some(limit(&form, "maxOrders")?),
            max_lines: Some(limit(&form, "maxLines")?),
            active: Some(form.has("active")),
        };
        let caller = visit.visitor.central_caller();
        let changed = visit.execute(move |txn| order_type::update(txn, &caller, id, order_type, &command));
        Ok::<_, Problem>(changed.await?)
    };
    Ok(answer(&visit, (&programme, Some(order_type)), &form, changed.await))
}
