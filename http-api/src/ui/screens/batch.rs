//! Opening a batch: stock that was there before anybody wrote it down.

use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::Snapshot;
use domain::stock_line::{self, CreateStockLine};
use domain::{Permission, query};
use maud::{Markup, html};

use super::items::count;
use super::line::{STAGES, choices, price_of, vvm_code, vvm_of};
use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup::{self, once};
use crate::ui::parts::{empty, search, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::t;

const FIELDS: [&str; 12] = [
    "batch",
    "expiry",
    "manufactured",
    "packSize",
    "quantity",
    "location",
    "variant",
    "programme",
    "donor",
    "costPrice",
    "sellPrice",
    "note",
];

fn item_choice(visit: &Visit, read: &Snapshot, asked: &Form) -> Result<Markup, Trouble> {
    let words = visit.words;
    let wanted = asked.raw("search");
    let rows = lookup::found_items(read, wanted)?;
    Ok(html! {
        div class="card" {
            div class="filters" { (search(words, "/stock/new", &t!(words, "search-items"), wanted, &[])) }
            div id="list" {
                @if rows.is_empty() { (empty("package", &t!(words, "nothing-found"), &t!(words, "nothing-found-text"), html! {})) }
                @else { table { tbody { @for row in &rows {
                    tr { td { a class="row-link" href={ "/stock/new?item=" (row.id) } { (row.name) } } td class="muted nowrap phone-hide" { (row.code) } td class="muted" { (row.unit) } }
                } } } }
            }
        }
    })
}

fn page(visit: &Visit, form: &Form, problem: Option<&Problem>) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockEdit)?;
    visit.caller()?;
    let read = visit.read()?;
    let name = t!(words, "open-batch");
    let Some(item) = form.id("item") else {
        let body = html! { (title(&name, html! { (t!(words, "open-batch-choose")) }, html! {})) (item_choice(visit, &read, form)?) };
        let page = Page::new(Section::Stock, name, body).below(t!(words, "nav-stock"), "/stock").searching();
        return Ok(layout::page(visit, page));
    };
    let item = query::items::detail(&read, item)?;
    let [variants, programmes, donors] = choices(&read, own.id, &item)?;
    let places = super::locations::choices(&read, own.id)?;
    let stages: Vec<(String, String)> = std::iter::once((String::new(), "—".to_owned()))
        .chain(STAGES.map(|vvm| (vvm_code(vvm).to_owned(), words.code("vvm", vvm_code(vvm)))))
        .collect();
    let fields = Fields { words, form, problem };
    let plain = Input::default();
    let day = Input { kind: "date", ..plain };
    let money = Input { inputmode: Some("decimal"), ..plain };
    let size = Input {
        inputmode: Some("numeric"),
        hint: Some(&t!(words, "pack-size-default", size = words.whole(item.default_pack_size.into()))),
        ..plain
    };
    let body = html! {
        (title(&name, html! { (item.name) " · " (item.code) " · " (own.name) }, html! { a class="btn" href="/stock/new" { (t!(words, "other-item")) } }))
        form class="card" method="post" action="/stock/new" {
            input type="hidden" name="once" value=(once(form));
            input type="hidden" name="item" value=(item.id);
            div class="pad stack" {
                (fields.alert(&FIELDS))
                div class="fields" {
                    (fields.input("quantity", &t!(words, "quantity-in", unit = &item.unit), Input { inputmode: Some("decimal"), required: true, autofocus: true, ..plain }))
                    (fields.input("batch", &t!(words, "batch"), plain))
                    (fields.input("expiry", &t!(words, "expiry"), day))
                    (fields.input("packSize", &t!(words, "pack-size"), size))
                    (fields.select("location", &t!(words, "location"), false, &places))
                    @if item.is_vaccine { (fields.select("vvm", &t!(words, "vvm"), false, &stages)) }
                    @if variants.len() > 1 { (fields.select("variant", &t!(words, "variant"), false, &variants)) }
                    @if programmes.len() > 1 { (fields.select("programme", &t!(words, "programme"), false, &programmes)) }
                    @if donors.len() > 1 { (fields.select("donor", &t!(words, "partner-donor"), false, &donors)) }
                    (fields.input("manufactured", &t!(words, "made-on"), day))
                    (fields.input("costPrice", &t!(words, "cost-price"), money))
                    (fields.input("sellPrice", &t!(words, "sell-price"), money))
                    (fields.area("note", &t!(words, "note")))
                }
            }
            div class="bar" {
                button class="btn primary big" data-last { (icon("check")) (t!(words, "open-batch-confirm")) }
                a class="btn quiet" href="/stock" { (t!(words, "cancel")) }
                span class="muted small" { (t!(words, "open-batch-note")) }
            }
        }
    };
    let page = Page::new(Section::Stock, name, body).below(t!(words, "nav-stock"), "/stock");
    let mut response = layout::page(visit, page);
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The form: an item first, then its batch.
pub(in crate::ui) async fn new(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    page(&visit, &asked.0, None)
}

/// Opens the batch.
pub(in crate::ui) async fn create(visit: Visit, mut form: Form) -> Result<Response, Trouble> {
    let own = visit.store(Permission::StockEdit)?.clone();
    let caller = visit.caller()?;
    let made = async {
        let words = visit.words;
        let missing = || Problem::new("validation", "which item is it?").at("/item");
        let command = CreateStockLine {
            id: None,
            store: own.id,
            item: form.id("item").ok_or_else(missing)?,
            batch: form.owned("batch"),
            expiry: form.day("expiry", "/expiry")?,
            manufactured: form.day("manufactured", "/manufactured")?,
            pack_size: count(&form, "packSize")?,
            location: form.id("location"),
            vvm: vvm_of(form.raw("vvm")),
            cost_price: price_of(words, &form, "costPrice")?,
            sell_price: price_of(words, &form, "sellPrice")?,
            supplier: None,
            donor: form.id("donor"),
            note: form.owned("note"),
            quantity: form.quantity(words, "quantity", "/quantity")?,
            at: None,
            variant: form.id("variant"),
            programme: form.id("programme"),
        };
        Ok::<_, Problem>(
            visit.execute_once(&form, move |txn| stock_line::create(txn, &caller, &command)).await?,
        )
    };
    match made.await {
        Ok(made) => Ok(done(&format!("/stock/lines/{}", made.id), /*key*/ "toast-batch-opened", "")),
        Err(problem) => {
            form.set("once", String::new());
            page(&visit, &form, Some(&problem))
        }
    }
}
