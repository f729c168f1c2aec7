//! Receive: what is on its way, and what a partner brings.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use crdt_store::{DocumentId, Snapshot};
use domain::query::{self, shipments};
use domain::shipment::{self, AddLine, CreateInbound, Direction, Status};
use domain::{Permission, item::ItemRow};
use maud::{Markup, html};

use super::items::count;
use super::line::price_of;
use super::shipments::{status_chip, table};
use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup::{self, once};
use crate::ui::parts::{empty, title};
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::{OwnStore, Visit};
use crate::ui::words::{Words, t};

/// What stands at the door comes first, then what is on its way, then what is being packed.
const WAITING: [Status; 3] = [Status::Delivered, Status::Shipped, Status::Picked];

/// The page.
pub(in crate::ui) async fn show(visit: Visit) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let read = visit.read()?;
    let mut groups = Vec::new();
    for status in WAITING.into_iter().chain([Status::New]) {
        let filter = shipments::ShipmentFilter { status: Some(status), ..Default::default() };
        let rows =
            shipments::list(&read, own.id, Direction::Inbound, &filter, &lookup::page_request(None))?.rows;
        if !rows.is_empty() {
            groups.push((status, rows));
        }
    }
    let ids = crate::ui::parts::row_ids(groups.iter().flat_map(|(_, rows)| rows).map(|row| row.shipment.id));
    let actions = html! {
        a class="btn" href="/inbound-shipments" { (t!(words, "all-inbound")) }
        @if visit.may(Permission::InboundEdit) { a class="btn primary" href="/receive/new" { (icon("plus")) (t!(words, "from-partner")) } }
    };
    let name = t!(words, "nav-receive");
    let body = html! {
        (title(&name, html! { (t!(words, "receive-text")) }, actions))
        div id="rows" data-rows=(ids) class="stack" {
            @if groups.is_empty() {
                div class="card" { (empty("package-check", &t!(words, "receive-empty"), &t!(words, "receive-empty-text"), html! {
                    @if visit.may(Permission::InboundEdit) { a class="btn" href="/receive/new" { (icon("plus")) (t!(words, "from-partner")) } }
                })) }
            }
            @for (status, rows) in &groups {
                section class="card" {
                    header { h2 class="grow" { (words.code("waiting", status.code())) } (status_chip(words, *status)) span class="count" { (rows.len()) } }
                    (table(&visit, rows, Direction::Inbound))
                }
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Receive, name, body)))
}

fn line_row(
    words: Words,
    item: &ItemRow,
    key: DocumentId,
    form: &Form,
    error: Option<&str>,
    land: bool,
) -> Markup {
    let value = |field: &str| form.raw(&format!("{field}.{key}")).to_owned();
    let pack = Some(value("pack"))
        .filter(|pack| !pack.is_empty())
        .unwrap_or_else(|| item.default_pack_size.to_string());
    let small = |field: &str, kind: &str, label: String, value: String| {
        html! { input class="input small" type=(kind) name={ (field) "." (key) } value=(value) aria-label={ (label) " " (item.name) } autocomplete="off"; }
    };
    html! {
        tr data-line=(key) data-item=(item.id) {
            td {
                input type="hidden" name={ "item." (key) } value=(item.id);
                span class="strong" { (item.name) } span class="two" { (item.code) " · " (item.unit) }
                @if let Some(error) = error { div class="error" { (icon("triangle-alert")) span { (error) } } }
            }
            td data-label=(t!(words, "quantity")) { input class="input small quantity" name={ "quantity." (key) } value=(value("quantity")) inputmode="decimal" required autocomplete="off" data-land[land]
                aria-label={ (t!(words, "quantity")) " " (item.name) } aria-invalid=[error.is_some().then_some("true")]; }
            td data-label=(t!(words, "batch")) { (small("batch", "text", t!(words, "batch"), value("batch"))) }
            td data-label=(t!(words, "expiry")) { (small("expiry", "date", t!(words, "expiry"), value("expiry"))) }
            td data-label=(t!(words, "pack-size")) { input class="input small num" name={ "pack." (key) } value=(pack) inputmode="numeric" aria-label={ (t!(words, "pack-size")) " " (item.name) } autocomplete="off"; }
            td data-label=(t!(words, "price-of-pack")) { input class="input small num" name={ "price." (key) } value=(value("price")) inputmode="decimal" aria-label={ (t!(words, "price-of-pack")) " " (item.name) } autocomplete="off"; }
            td class="num" { button class="btn quiet" name="remove" value=(key) formnovalidate data-remove title=(t!(words, "remove")) { (icon("trash-2")) span class="visually-hidden" { (t!(words, "remove")) } } }
        }
    }
}

/// A key for a line: the same item may come in several batches.
fn new_key() -> DocumentId {
    DocumentId::from_bytes(rand::random())
}

fn found_list(words: Words, found: &[ItemRow]) -> Markup {
    html! {
        @for item in found {
            button name="add" value=(item.id) formnovalidate data-pick="" hx-get={ "/receive/line/" (item.id) } hx-target="#lines" hx-swap="beforeend" {
                span class="strong" { (item.name) } span class="muted" { (item.unit) } span class="muted small" { (item.code) }
            }
        }
        @if found.is_empty() { p class="muted" { (t!(words, "nothing-found")) } }
    }
}

/// Lines as they were typed: the key of each and its item.
fn lines_of(form: &Form) -> Vec<(DocumentId, DocumentId)> {
    let removed = form.id("remove");
    let keys = form.ids_of("item").into_iter().filter(|key| Some(*key) != removed);
    keys.filter_map(|key| Some((key, form.id(&format!("item.{key}"))?))).collect()
}

fn page(visit: &Visit, form: &Form, problem: Option<&Problem>) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::InboundEdit)?;
    visit.caller()?;
    let read = visit.read()?;
    let mut lines = lines_of(form);
    let added = form.id("add").map(|item| (new_key(), item));
    lines.extend(added);
    let suppliers: Vec<(String, String)> = std::iter::once((String::new(), t!(words, "choose")))
        .chain(lookup::partners(&read, false)?.into_iter().map(|row| (row.id.to_string(), row.name)))
        .collect();
    let found = form
        .text("search")
        .filter(|_| added.is_none())
        .map(|search| lookup::found_items(&read, search))
        .transpose()?;
    let fields = Fields { words, form, problem };
    let mut rows = Vec::new();
    for (at, (key, item)) in lines.iter().enumerate() {
        let row = query::items::detail(&read, *item)?;
        let error = line_error(words, problem, at);
        rows.push(line_row(
            words,
            &row,
            *key,
            form,
            error.as_deref(),
            added.is_some_and(|(new, _)| new == *key),
        ));
    }
    let name = t!(words, "receive-new");
    let body = html! {
        (title(&name, html! { (own.name) }, html! {}))
        @if let Some(problem) = problem.filter(|problem| problem.errors.is_empty()) { (trouble::alert(words, problem)) }
        form method="post" action="/receive/new" data-draft="/receive/new" class="stack" {
            input type="hidden" name="once" value=(once(form));
            section class="card pad" { div class="fields" {
                (fields.select("from", &t!(words, "supplier"), true, &suppliers))
                (fields.input("reference", &t!(words, "delivery-note"), Input::default()))
                (fields.input("expected", &t!(words, "expected"), Input { kind: "date", ..Input::default() }))
                (fields.input("comment", &t!(words, "comment"), Input::default()))
            } }
            section class="card" {
                header { h2 class="grow" { (t!(words, "what-arrives")) } span class="count" { span data-count { (lines.len()) } span class="visually-hidden" { " " (t!(words, "lines-title")) } } }
                div class="pad" data-finder {
                    label class="visually-hidden" for="find" { (t!(words, "add-item")) }
                    div class="row" {
                        div class="seek grow" {
                            (icon("search"))
                            input type="search" id="find" name="search" value="" placeholder=(t!(words, "add-item")) autocomplete="off" data-slash
                                hx-get="/receive/items" hx-trigger="input changed delay:200ms, search" hx-target="#found" hx-sync="this:replace";
                            kbd aria-hidden="true" { "/" }
                        }
                        noscript { button class="btn" name="find" value="yes" formnovalidate { (t!(words, "search")) } }
                    }
                    div class="found" id="found" role="status" { @if let Some(found) = &found { (found_list(words, found)) } }
                }
                div class="scroll" { table class="cards" {
                    thead data-when-lines hidden[lines.is_empty()] { tr { th scope="col" { (t!(words, "item")) } th scope="col" { (t!(words, "quantity")) } th scope="col" { (t!(words, "batch")) } th scope="col" { (t!(words, "expiry")) } th scope="col" { (t!(words, "pack-size")) } th scope="col" { (t!(words, "price-of-pack")) } th scope="col" { span class="visually-hidden" { (t!(words, "actions")) } } } }
                    tbody id="lines" { @for row in &rows { (row) } }
                } }
                div data-when-empty hidden[!lines.is_empty()] { (empty("package", &t!(words, "receive-new-empty"), &t!(words, "receive-new-empty-text"), html! {})) }
                @if let Some(error) = fields.error("/lines") { div class="pad error" { (icon("triangle-alert")) span { (error) } } }
                div class="bar" {
                    button class="btn primary big" name="confirm" value="yes" data-last { (icon("check")) (t!(words, "continue")) }
                    span class="muted small" { (t!(words, "receive-new-note")) }
                }
            }
        }
    };
    let mut response = layout::page(
        visit,
        Page::new(Section::Receive, name, body).below(t!(words, "nav-receive"), "/receive").searching(),
    );
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn line_error(words: Words, problem: Option<&Problem>, at: usize) -> Option<String> {
    let problem = problem?;
    let prefix = format!("/lines/{at}/");
    let error = problem.errors.iter().find(|error| error.pointer.starts_with(&prefix))?;
    Some(if problem.code == "validation" {
        trouble::detail(words, &error.detail)
    } else {
        trouble::message(words, problem)
    })
}

/// The form of goods that a partner brings.
pub(in crate::ui) async fn new(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    page(&visit, &asked.0, None)
}

fn line_command(
    words: Words,
    form: &Form,
    at: usize,
    key: DocumentId,
    item: DocumentId,
) -> Result<AddLine, Problem> {
    let field = |name: &str| format!("{name}.{key}");
    let quantity = form.quantity(words, &field("quantity"), &format!("/lines/{at}/quantity"))?;
    Ok(AddLine {
        batch: form.owned(&field("batch")),
        expiry: form.day(&field("expiry"), &format!("/lines/{at}/expiry"))?,
        pack_size: count(form, &field("pack")).map_err(|_| {
            Problem::new("validation", "this is not a number").at(format!("/lines/{at}/packSize"))
        })?,
        price: price_of(words, form, &field("price")).map_err(|_| {
            Problem::new("validation", "this is not a number").at(format!("/lines/{at}/price"))
        })?,
        ..super::issue::item_line(item, quantity)
    })
}

fn command_of(visit: &Visit, own: &OwnStore, form: &Form) -> Result<CreateInbound, Problem> {
    let from = form.id("from").ok_or_else(|| Problem::new("validation", "choose a supplier").at("/from"))?;
    let lines = lines_of(form);
    if lines.is_empty() {
        return Err(Problem::new("validation", "nothing to receive").at("/lines"));
    }
    let lines =
        lines.into_iter().enumerate().map(|(at, (key, item))| line_command(visit.words, form, at, key, item));
    Ok(CreateInbound {
        store: own.id,
        from,
        lines: lines.collect::<Result<_, _>>()?,
        reference: form.owned("reference"),
        comment: form.owned("comment"),
        expected: form.day("expected", "/expected")?,
    })
}

/// Makes the inbound shipment, or (without a script) searches, adds and removes.
pub(in crate::ui) async fn create(visit: Visit, mut form: Form) -> Result<Response, Trouble> {
    if !form.has("confirm") {
        return page(&visit, &form, None);
    }
    let own = visit.store(Permission::InboundEdit)?.clone();
    let caller = visit.caller()?;
    let made = async {
        let command = command_of(&visit, &own, &form)?;
        Ok::<_, Problem>(
            visit.execute_once(&form, move |txn| shipment::create_inbound(txn, &caller, &command)).await?,
        )
    };
    match made.await {
        Ok(made) => {
            Ok(done(&format!("/inbound-shipments/{}", made.id), /*key*/ "toast-made", &made.number))
        }
        Err(problem) => {
            form.set("once", String::new());
            page(&visit, &form, Some(&problem))
        }
    }
}

/// Items that a search finds, to choose from.
pub(in crate::ui) async fn items(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let Some(search) = asked.text("search") else { return Ok(html! {}.into_response()) };
    let read: Snapshot = visit.read()?;
    Ok(found_list(visit.words, &lookup::found_items(&read, search)?).into_response())
}

/// A line for an item that was chosen, with what a scanned label said of it.
pub(in crate::ui) async fn line(
    visit: Visit,
    Path(item): Path<DocumentId>,
    asked: Asked,
) -> Result<Response, Trouble> {
    let row = query::items::detail(&visit.read()?, item)?;
    let key = new_key();
    let mut form = Form::default();
    for field in ["quantity", "batch", "expiry", "pack", "price"] {
        form.set(&format!("{field}.{key}"), asked.raw(field).to_owned());
    }
    Ok(line_row(visit.words, &row, key, &form, None, true).into_response())
}
