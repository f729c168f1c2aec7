//! Repacking and splitting a batch: the form that shows what comes out, the list, one repack.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::{DocumentId, Snapshot};
use domain::query::PageRequest;
use domain::query::repacks::{self, RepackDetail};
use domain::query::stock::{self, StockFilter, StockRow};
use domain::repack::{self, CreateRepack};
use domain::{Permission, Quantity};
use maud::{Markup, html};

use super::line::{called, load, packs};
use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup::{self, once};
use crate::ui::parts::{below, empty, fact, or_dash, pager, row_ids, signatures, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

const FIELDS: [&str; 5] = ["packSize", "quantity", "location", "into", "comment"];

/// Batches of one item that units may come into: more than any store keeps.
const TARGETS_MAX: usize = 200;

/// Lines of the same batch that units may come into: the domain says the same when it is pressed.
fn targets(visit: &Visit, read: &Snapshot, row: &StockRow) -> Result<Vec<(String, String)>, Trouble> {
    let words = visit.words;
    let filter = StockFilter { item: Some(row.item), ..StockFilter::default() };
    let rows = stock::list(read, row.store, &filter, visit.today(), &PageRequest::first(TARGETS_MAX))?.rows;
    let same = |other: &&StockRow| {
        other.id != row.id
            && (&other.batch, other.expiry, other.variant) == (&row.batch, row.expiry, row.variant)
            && (other.donor, other.programme) == (row.donor, row.programme)
            && (other.vvm, other.on_hold) == (row.vvm, row.on_hold)
    };
    let named = rows.iter().filter(same).map(|other| {
        let place = other.location_code.clone().unwrap_or_else(|| t!(words, "no-location"));
        let name = format!("{place} · {}", packs(words, other.on_hand, other.pack_size));
        (other.id.to_string(), name)
    });
    Ok(std::iter::once((String::new(), t!(words, "a-new-line"))).chain(named).collect())
}

/// What was typed, as far as it can be read.
struct Typed {
    quantity: Option<Quantity>,
    pack_size: u32,
}

fn typed(visit: &Visit, read: &Snapshot, row: &StockRow, form: &Form) -> Typed {
    let into = form.id("into").and_then(|id| stock::line(read, id, visit.today()).ok());
    let pack_size = form.read("packSize").filter(|size| *size > 0).unwrap_or(row.pack_size);
    Typed {
        quantity: visit.words.parse_quantity(form.raw("quantity")).filter(|quantity| quantity.is_positive()),
        pack_size: into.map_or(pack_size, |into| into.pack_size),
    }
}

/// What comes out, and what stays.
fn outcome(visit: &Visit, read: &Snapshot, row: &StockRow, form: &Form) -> Markup {
    let words = visit.words;
    let wish = typed(visit, read, row, form);
    let Some(quantity) = wish.quantity else {
        return html! { p class="muted" { (icon("info")) " " (t!(words, "repack-outcome-empty")) } };
    };
    let whole = quantity == quantity.round_down_to_packs(wish.pack_size);
    let enough = quantity <= row.available;
    html! {
        dl class="facts few" {
            (fact(&t!(words, "repack-comes-out"), html! { span class="strong" { (packs(words, quantity, wish.pack_size)) } span class="two" { (words.quantity(quantity)) " " (row.unit) } }))
            (fact(&t!(words, "repack-stays"), html! { (packs(words, row.on_hand - quantity, row.pack_size)) span class="two" { (words.quantity(row.on_hand - quantity)) " " (row.unit) } }))
        }
        @if !whole { p class="error" { (icon("triangle-alert")) span { (t!(words, "detail-whole-packs-of-the-new-size")) } } }
        @if !enough { p class="error" { (icon("triangle-alert")) span { (t!(words, "repack-too-much", available = words.quantity(row.available))) } } }
    }
}

fn form_page(
    visit: &Visit,
    row: &StockRow,
    form: &Form,
    problem: Option<&Problem>,
) -> Result<Response, Trouble> {
    let words = visit.words;
    visit.store(Permission::Repack)?;
    visit.caller()?;
    let read = visit.read()?;
    let fields = Fields { words, form, problem };
    let path = format!("/stock/lines/{}/repack", row.id);
    let places = super::locations::choices(&read, row.store)?;
    let targets = targets(visit, &read, row)?;
    let number = Input { inputmode: Some("numeric"), ..Input::default() };
    let name = t!(words, "repack-title");
    let sub = html! {
        (row.item_name) " · " (called(words, row)) " · " (t!(words, "available")) " " b class="tabular" { (words.quantity(row.available)) " " (row.unit) }
        " (" (packs(words, row.available, row.pack_size)) ")"
    };
    let body = html! {
        (title(&name, sub, html! {}))
        form class="card" method="post" action=(path) {
            input type="hidden" name="once" value=(once(form));
            div class="pad stack" hx-get=(path) hx-trigger="input delay:300ms, change" hx-include="closest form" hx-target="#outcome" hx-select="#outcome" hx-swap="outerHTML" hx-sync="this:replace" {
                (fields.alert(&FIELDS))
                div class="fields" {
                    (fields.input("quantity", &t!(words, "repack-quantity", unit = &row.unit), Input { inputmode: Some("decimal"), required: true, autofocus: true, ..Input::default() }))
                    (fields.input("packSize", &t!(words, "repack-pack-size"), Input { hint: Some(&t!(words, "repack-pack-size-hint", size = words.whole(row.pack_size.into()))), ..number }))
                    (fields.select("location", &t!(words, "to-location"), false, &places))
                    @if targets.len() > 1 { (fields.select("into", &t!(words, "repack-into"), false, &targets)) }
                    (fields.area("comment", &t!(words, "comment")))
                }
                div id="outcome" class="stack" aria-live="polite" { (outcome(visit, &read, row, form)) }
            }
            div class="bar" {
                button class="btn primary big" data-last { (icon("check")) (t!(words, "repack-confirm")) }
                button class="btn" formmethod="get" formaction=(path) formnovalidate { (icon("eye")) (t!(words, "repack-show")) }
                a class="btn quiet" href={ "/stock/lines/" (row.id) } { (t!(words, "cancel")) }
            }
        }
    };
    let mut response = layout::page(
        visit,
        Page::new(Section::Stock, name, body)
            .below(t!(words, "nav-stock"), "/stock")
            .below(called(words, row), format!("/stock/lines/{}", row.id)),
    );
    if let Some(problem) = problem {
        *response.status_mut() = if problem.code == "validation" {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            problem.status_code()
        };
    }
    Ok(response)
}

/// The form; with what was typed in its address it shows what would come out.
pub(in crate::ui) async fn new(
    visit: Visit,
    Path(id): Path<DocumentId>,
    asked: Asked,
) -> Result<Response, Trouble> {
    let row = load(&visit, id)?;
    let mut form = asked.0;
    // An address can be opened twice; each time is another act.
    form.set("once", String::new());
    if form.text("location").is_none() {
        form.set("location", row.location.map(|id| id.to_string()).unwrap_or_default());
    }
    form_page(&visit, &row, &form, None)
}

/// Repacks.
pub(in crate::ui) async fn create(
    visit: Visit,
    Path(id): Path<DocumentId>,
    mut form: Form,
) -> Result<Response, Trouble> {
    let row = load(&visit, id)?;
    let caller = visit.caller()?;
    let made = async {
        let into = form.id("into");
        let command = CreateRepack {
            store: row.store,
            from: id,
            quantity: form.quantity(visit.words, "quantity", "/quantity")?,
            pack_size: super::items::count(&form, "packSize")?,
            location: form.id("location").filter(|_| into.is_none()),
            into,
            comment: form.owned("comment"),
        };
        Ok::<_, Problem>(visit.execute_once(&form, move |txn| repack::create(txn, &caller, &command)).await?)
    };
    match made.await {
        Ok(made) => Ok(done(&format!("/repacks/{}", made.id), /*key*/ "toast-repacked", &made.number)),
        Err(problem) => {
            form.set("once", String::new());
            form_page(&visit, &row, &form, Some(&problem))
        }
    }
}

// ---- the list, and one ----

fn way(words: Words, row: &RepackDetail) -> Markup {
    let packs = |size: u32| words.whole(size.into());
    html! {
        span class="nowrap" { (words.quantity(row.repack.quantity)) " " (row.unit) }
        span class="two nowrap" {
            @if row.repack.from_pack_size == row.repack.pack_size { (t!(words, "split-of", size = packs(row.repack.pack_size))) }
            @else { (t!(words, "repack-from-to", from = packs(row.repack.from_pack_size), to = packs(row.repack.pack_size))) }
        }
    }
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let cursor = asked.text("cursor");
    let page = repacks::list(&visit.read()?, own.id, &lookup::page_request(cursor))?;
    let name = t!(words, "repacks");
    let tabs = super::adjustments::tabs(words, "repacks");
    let body = html! {
        (title(&name, html! { (own.name) }, html! {}))
        (tabs)
        div class="card" {
            @if page.rows.is_empty() { (empty("package-open", &t!(words, "repacks-empty"), &t!(words, "repacks-empty-text"), html! { a class="btn" href="/stock" { (t!(words, "nav-stock")) } })) }
            @else {
                div class="scroll" id="rows" data-rows=(row_ids(page.rows.iter().map(|row| row.repack.id))) { table {
                    thead { tr { th scope="col" { (t!(words, "number")) } th scope="col" class="phone-hide" { (t!(words, "date")) } th scope="col" { (t!(words, "item")) } th scope="col" { (t!(words, "quantity")) } th scope="col" class="phone-hide" { (t!(words, "location")) } th scope="col" class="phone-hide" { (t!(words, "by")) } } }
                    tbody { @for row in &page.rows {
                        tr {
                            td { a class="row-link nowrap" href={ "/repacks/" (row.repack.id) } { (row.repack.number) } (below(words.brief_instant(row.repack.at))) }
                            td class="nowrap phone-hide" { (words.brief_instant(row.repack.at)) }
                            td { (row.item_name) span class="two" { (or_dash(row.batch.as_deref())) } }
                            td { (way(words, row)) }
                            td class="phone-hide" { (or_dash(row.to_location.as_deref())) }
                            td class="phone-hide" { (or_dash(row.by_name.as_deref())) }
                        }
                    } }
                } }
                (pager(words, "/repacks", &[], page.rows.len(), cursor, page.next.as_deref()))
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Adjustments, name, body)))
}

/// One repack.
pub(in crate::ui) async fn show(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let detail = repacks::detail(&visit.read()?, id)?;
    if detail.repack.store != own.id {
        return Err(Trouble::not_found("repack"));
    }
    let repack = &detail.repack;
    let packs = |size: u32| packs(words, repack.quantity, size);
    let actions = html! {
        button type="button" class="btn" data-print { (icon("printer")) (t!(words, "print")) }
        a class="btn" href={ "/history/" (id) } { (icon("history")) (t!(words, "history")) }
    };
    let row = |line: DocumentId, place: Option<&str>, sign: Quantity, size: u32, word: String| {
        html! {
            tr {
                td { a class="row-link" href={ "/stock/lines/" (line) } { (word) } }
                td { (or_dash(place)) }
                td { (packs(size)) }
                td class="num strong" { (words.signed(sign)) }
            }
        }
    };
    let body = html! {
        (title(&repack.number, html! { (detail.item_name) " · " (own.name) }, actions))
        section class="card pad" { dl class="facts" {
            (fact(&t!(words, "item"), html! { a href={ "/stock/items/" (repack.item) } { (detail.item_name) } }))
            (fact(&t!(words, "batch"), or_dash(detail.batch.as_deref())))
            (fact(&t!(words, "expiry"), html! { @match detail.expiry { Some(day) => (words.day(day)), None => (or_dash(None)) } }))
            (fact(&t!(words, "date"), words.instant(repack.at)))
            (fact(&t!(words, "by"), or_dash(detail.by_name.as_deref())))
            (fact(&t!(words, "comment"), or_dash(repack.comment.as_deref())))
        } }
        section class="card" { div class="scroll" { table {
            thead { tr { th scope="col" { (t!(words, "batch")) } th scope="col" { (t!(words, "location")) } th scope="col" { (t!(words, "packs")) } th scope="col" class="num" { (t!(words, "quantity")) } } }
            tbody {
                (row(repack.from, detail.from_location.as_deref(), -repack.quantity, repack.from_pack_size, t!(words, "repack-left")))
                (row(repack.to, detail.to_location.as_deref(), repack.quantity, repack.pack_size, t!(words, "repack-came")))
            }
        } } }
        (signatures(words))
    };
    let page =
        Page::new(Section::Adjustments, repack.number.clone(), body).below(t!(words, "repacks"), "/repacks");
    Ok(layout::page(&visit, page))
}
