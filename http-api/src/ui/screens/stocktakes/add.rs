//! Adding lines to a stocktake: a batch that is on paper, or one that was found on the shelf.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::{DocumentId, Snapshot};
use domain::Permission;
use domain::query::PageRequest;
use domain::query::stock::{self, StockFilter};
use domain::stocktake::{self, AddBatch, AddLines};
use maud::{Markup, html};

use super::sheet::load;
use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup::{self, once};
use crate::ui::parts::{below, empty, expiry, or_dash, search, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::t;

/// Batches of one item on the page.
const BATCHES_MAX: usize = 200;

fn item_choice(visit: &Visit, read: &Snapshot, base: &str, form: &Form) -> Result<Markup, Trouble> {
    let words = visit.words;
    let wanted = form.raw("search");
    let found = lookup::found_items(read, wanted)?;
    let here = format!("{base}/add");
    Ok(html! {
        div class="card" data-stocktake=(base) {
            div class="filters" { (search(words, &here, &t!(words, "search-items"), wanted, &[])) }
            div id="list" {
                @if found.is_empty() { (empty("package", &t!(words, "nothing-found"), &t!(words, "nothing-found-text"), html! {})) }
                @else { table { tbody { @for item in &found {
                    tr { td { a class="row-link" href={ (here) "?item=" (item.id) } { (item.name) } } td class="muted nowrap phone-hide" { (item.code) } td class="muted" { (item.unit) } }
                } } } }
            }
        }
    })
}

fn batches(visit: &Visit, read: &Snapshot, base: &str, item: DocumentId) -> Result<Markup, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::Stocktake)?;
    let filter = StockFilter { item: Some(item), ..StockFilter::default() };
    let rows = stock::list(read, own.id, &filter, visit.today(), &PageRequest::first(BATCHES_MAX))?.rows;
    Ok(html! {
        section class="card" {
            header { h2 { (t!(words, "batches-on-paper")) } }
            @if rows.is_empty() { (empty("package", &t!(words, "no-batches"), &t!(words, "no-batches-here"), html! {})) }
            @else { form method="post" action={ (base) "/add-line" } { table { tbody { @for row in &rows { tr {
                td {
                    span class="strong nowrap" { (or_dash(row.batch.as_deref())) }
                    (below(html! { (expiry(words, row.expiry, visit.today())) @if let Some(place) = &row.location_code { " · " (place) } }))
                }
                td class="phone-hide" { (expiry(words, row.expiry, visit.today())) }
                td class="phone-hide" { (or_dash(row.location_code.as_deref())) }
                td class="num" { (words.quantity(row.on_hand)) " " span class="muted" { (row.unit) } }
                td class="num" { button class="btn small" name="line" value=(row.id) { (icon("plus")) (t!(words, "count-this")) } }
            } } } } } }
        }
    })
}

fn page(visit: &Visit, id: DocumentId, form: &Form, problem: Option<&Problem>) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::Stocktake)?;
    let read = visit.read()?;
    let entry = load(visit, &read, id)?;
    let base = format!("/stocktakes/{id}");
    let name = t!(words, "add-line");
    let body = match form.id("item") {
        None => {
            html! { (title(&name, html! { (t!(words, "add-line-text")) }, html! {})) (item_choice(visit, &read, &base, form)?) }
        }
        Some(item) => {
            let row = domain::query::items::detail(&read, item)?;
            let places = domain::query::reference::locations(&read, own.id)?;
            let mut locations = vec![(String::new(), "—".to_owned())];
            locations.extend(
                places.iter().map(|place| (place.id.to_string(), format!("{} · {}", place.code, place.name))),
            );
            let fields = Fields { words, form, problem };
            html! {
                (title(&row.name, html! { (row.code) " · " (row.unit) }, html! { a class="btn" href={ (base) "/add" } { (t!(words, "other-item")) } }))
                (fields.alert(&["batch", "expiry", "packSize", "quantity", "note"]))
                (batches(visit, &read, &base, item)?)
                form class="card" method="post" action={ (base) "/add-batch" } data-stocktake=(base) {
                    header { h2 { (t!(words, "batch-found")) } }
                    div class="pad stack" {
                        input type="hidden" name="once" value=(once(form));
                        input type="hidden" name="item" value=(item);
                        div class="fields" {
                            (fields.input("batch", &t!(words, "batch"), Input { maxlength: Some(250), ..Input::default() }))
                            (fields.input("expiry", &t!(words, "expiry"), Input { kind: "date", ..Input::default() }))
                            (fields.input("packSize", &t!(words, "pack-size"), Input { inputmode: Some("numeric"), hint: Some(&t!(words, "pack-size-of-item-hint", n = row.default_pack_size)), ..Input::default() }))
                            (fields.select("location", &t!(words, "location"), false, &locations))
                            (fields.input("quantity", &t!(words, "counted"), Input { inputmode: Some("decimal"), required: true, autofocus: form.has("batch"), ..Input::default() }))
                            (fields.input("note", &t!(words, "note"), Input::default()))
                        }
                    }
                    div class="bar" { button class="btn primary" { (icon("check")) (t!(words, "add-and-count")) } a class="btn quiet" href=(base) { (t!(words, "cancel")) } }
                }
            }
        }
    };
    let page = Page::new(Section::Stocktakes, name, body)
        .below(t!(words, "nav-stocktakes"), "/stocktakes")
        .below(entry.stocktake.number, base)
        .searching();
    let mut response = layout::page(visit, page);
    if let Some(problem) = problem {
        *response.status_mut() = match problem.code.as_str() {
            "validation" => StatusCode::UNPROCESSABLE_ENTITY,
            _ => problem.status_code(),
        };
    }
    Ok(response)
}

/// The form: an item first, then its batches.
pub(in crate::ui) async fn show(
    visit: Visit,
    Path(id): Path<DocumentId>,
    asked: Asked,
) -> Result<Response, Trouble> {
    page(&visit, id, &asked.0, None)
}

/// Adds a batch that is on paper.
pub(in crate::ui) async fn add_line(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let caller = visit.caller()?;
    let Some(line) = form.id("line") else { return page(&visit, id, &form, None) };
    let command = AddLines { stock_lines: vec![line], item: None };
    let result = visit.execute(move |txn| stocktake::add_lines(txn, &caller, id, &command)).await;
    match result.map_err(Problem::from) {
        Ok(()) => Ok(done(&format!("/stocktakes/{id}?line={line}"), /*key*/ "toast-line-added", "")),
        Err(problem) => page(&visit, id, &form, Some(&problem)),
    }
}

fn command_of(visit: &Visit, form: &Form) -> Result<AddBatch, Problem> {
    let words = visit.words;
    let missing = || Problem::new("validation", "this cannot be empty").at("/item");
    let not_a_number = |pointer: &str| Problem::new("validation", "this is not a number").at(pointer);
    let pack_size = form.text("packSize").map(|text| text.parse().map_err(|_| not_a_number("/packSize")));
    Ok(AddBatch {
        item: form.id("item").ok_or_else(missing)?,
        batch: form.owned("batch"),
        expiry: form.day("expiry", "/expiry")?,
        pack_size: pack_size.transpose()?,
        location: form.id("location"),
        cost_price: None,
        quantity: Some(form.quantity(words, "quantity", "/quantity")?),
        reason: None,
        note: form.owned("note"),
    })
}

/// Adds a batch that was found on the shelf, with its count.
pub(in crate::ui) async fn add_batch(
    visit: Visit,
    Path(id): Path<DocumentId>,
    mut form: Form,
) -> Result<Response, Trouble> {
    let caller = visit.caller()?;
    let made = async {
        let command = command_of(&visit, &form)?;
        Ok::<_, Problem>(
            visit.execute_once(&form, move |txn| stocktake::add_batch(txn, &caller, id, &command)).await?,
        )
    };
    match made.await {
        Ok(made) => Ok(done(
            &format!("/stocktakes/{id}?line={}", made.stock_line),
            /*key*/ "toast-line-added",
            "",
        )),
        Err(problem) => {
            form.set("once", String::new());
            page(&visit, id, &form, Some(&problem))
        }
    }
}
