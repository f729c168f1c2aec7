//! Partners: who goods come from and go to outside the system.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::partner::{self, CreatePartner, PartnerRow, UpdatePartner};
use domain::query;
use maud::{Markup, html};

use super::items::{is_central_only, refused};
use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup;
use crate::ui::parts::{Tone, central_button, chip, empty, pager, search, title};
use crate::ui::sheets::{all_shown, export};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

const ROLES: [&str; 4] = ["customer", "supplier", "manufacturer", "donor"];

fn roles(words: Words, row: &PartnerRow) -> Markup {
    let is = [row.customer, row.supplier, row.manufacturer, row.donor];
    html! {
        @for (role, _) in ROLES.iter().zip(is).filter(|(_, is)| *is) { span class="chip" { (words.code("partner", role)) } " " }
        @if !row.active { (chip(Tone::Calm, "ban", &t!(words, "inactive"))) }
    }
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let page = lookup::partners_page(&visit.read()?, asked.text("search"), asked.text("cursor"))?;
    let name = t!(words, "nav-partners");
    let kept = [("search", asked.raw("search"))];
    let body = html! {
        (title(&name, html! { (t!(words, "partners-text")) }, html! {
            (export(words, "partners", &kept, all_shown(page.rows.len(), asked.text("cursor"), page.next.as_deref())))
            (central_button(words, visit.is_central(), "/partners/new", "plus", &t!(words, "new-partner")))
        }))
        div class="card" {
            div class="filters" { (search(words, "/partners", &t!(words, "search"), asked.raw("search"), &[])) }
            div id="list" {
                @if page.rows.is_empty() { (empty("handshake", &t!(words, "nothing-found"), &t!(words, "nothing-found-text"), html! {})) }
                @else {
                    div class="scroll" { table {
                        thead { tr { th scope="col" class="phone-hide" { (t!(words, "code")) } th scope="col" { (t!(words, "name")) } th scope="col" { (t!(words, "partner-roles")) } } }
                        tbody { @for row in &page.rows {
                            tr {
                                td class="muted nowrap phone-hide" { (row.code) }
                                td { @if visit.is_central() { a class="row-link" href={ "/partners/" (row.id) } { (row.name) } } @else { span class="strong" { (row.name) } } }
                                td { (roles(words, row)) }
                            }
                        } }
                    } }
                    (pager(words, "/partners", &kept, page.rows.len(), asked.text("cursor"), page.next.as_deref()))
                }
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Partners, name, body).searching()))
}

fn form_page(visit: &Visit, id: Option<DocumentId>, form: &Form, problem: Option<&Problem>) -> Response {
    let words = visit.words;
    let name = id.map_or_else(|| t!(words, "new-partner"), |_| form.raw("name").to_owned());
    let action = id.map_or_else(|| "/partners/new".to_owned(), |id| format!("/partners/{id}"));
    let fields = Fields { words, form, problem };
    let needed = Input { required: true, ..Input::default() };
    let body = html! {
        (title(&name, html! {}, html! {}))
        form class="card" method="post" action=(action) {
            div class="pad stack" {
                (fields.alert(&["code", "name"]))
                div class="fields" {
                    (fields.input("code", &t!(words, "code"), needed))
                    (fields.input("name", &t!(words, "name"), needed))
                }
                fieldset { legend { (t!(words, "partner-roles")) } @for role in ROLES { (fields.check(role, &words.code("partner", role))) } }
                @if id.is_some() { (fields.check("active", &t!(words, "active-partner"))) }
            }
            div class="bar" {
                button class="btn primary" { (icon("check")) (t!(words, "save")) }
                a class="btn quiet" href="/partners" { (t!(words, "cancel")) }
            }
        }
    };
    let mut response = layout::page(
        visit,
        Page::new(Section::Partners, name, body).below(t!(words, "nav-partners"), "/partners"),
    );
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

/// The form of a new partner; on a site, why there is none.
pub(in crate::ui) async fn new(visit: Visit) -> Response {
    match visit.is_central() {
        true => form_page(&visit, None, &Form::default(), None),
        false => refused(&visit, Section::Partners, /*key*/ "nav-partners", "/partners"),
    }
}

/// Makes a partner.
pub(in crate::ui) async fn create(visit: Visit, form: Form) -> Response {
    let command = CreatePartner {
        id: None,
        code: form.raw("code").to_owned(),
        name: form.raw("name").to_owned(),
        customer: form.has("customer"),
        supplier: form.has("supplier"),
        manufacturer: form.has("manufacturer"),
        donor: form.has("donor"),
    };
    let caller = visit.visitor.central_caller();
    let made = visit.execute(move |txn| partner::create(txn, &caller, &command)).await;
    ended(&visit, None, &form, made.map(|_| ()).map_err(Problem::from))
}

fn ended(visit: &Visit, id: Option<DocumentId>, form: &Form, result: Result<(), Problem>) -> Response {
    match result {
        Ok(()) => done("/partners", /*key*/ "toast-saved", ""),
        Err(problem) if is_central_only(&problem) => {
            refused(visit, Section::Partners, "nav-partners", "/partners")
        }
        Err(problem) => form_page(visit, id, form, Some(&problem)),
    }
}

/// The form of a partner.
pub(in crate::ui) async fn show(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    if !visit.is_central() {
        return Ok(refused(&visit, Section::Partners, "nav-partners", "/partners"));
    }
    let row = query::reference::partner(&visit.read()?, id)?;
    let mut form = Form::with(&[("code", row.code.clone()), ("name", row.name.clone())]);
    let ticks = [
        ("customer", row.customer),
        ("supplier", row.supplier),
        ("manufacturer", row.manufacturer),
        ("donor", row.donor),
        ("active", row.active),
    ];
    ticks.into_iter().filter(|(_, yes)| *yes).for_each(|(name, _)| form.set(name, "yes".to_owned()));
    Ok(form_page(&visit, Some(id), &form, None))
}

/// Changes a partner.
pub(in crate::ui) async fn update(visit: Visit, Path(id): Path<DocumentId>, form: Form) -> Response {
    let command = UpdatePartner {
        code: Some(form.raw("code").to_owned()),
        name: Some(form.raw("name").to_owned()),
        customer: Some(form.has("customer")),
        supplier: Some(form.has("supplier")),
        manufacturer: Some(form.has("manufacturer")),
        donor: Some(form.has("donor")),
        merged_into: None,
        active: Some(form.has("active")),
    };
    let caller = visit.visitor.central_caller();
    let changed = visit.execute(move |txn| partner::update(txn, &caller, id, &command)).await;
    ended(&visit, Some(id), &form, changed.map_err(Problem::from))
}
