//! Adjustments: what was found or lost, with a reason.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::{DocumentId, Snapshot};
use domain::adjustment::{self, AdjustLine, CreateAdjustment};
use domain::query::stock::{self, StockFilter, StockRow};
use domain::query::{self, PageRequest, adjustments};
use domain::reason::ReasonRow;
use domain::{Permission, Quantity};
use maud::{Markup, html};

use super::stock::expiry;
use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup::{self, Names, once};
use crate::ui::parts::{below, empty, fact, or_dash, pager, row_ids, search, signatures, title};
use crate::ui::sheets::{all_shown, export};
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::{OwnStore, Visit};
use crate::ui::words::{Words, t};

/// Batches of one item on the form.
const BATCHES_MAX: usize = 200;

/// What changes stock without a partner: adjustments, and repacks.
pub(super) fn tabs(words: Words, chosen: &str) -> Markup {
    html! {
        nav class="tabs" aria-label=(t!(words, "tabs")) {
            a href="/adjustments" aria-current=[(chosen == "adjustments").then_some("page")] { (t!(words, "nav-adjustments")) }
            a href="/repacks" aria-current=[(chosen == "repacks").then_some("page")] { (t!(words, "repacks")) }
        }
    }
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let read = visit.read()?;
    let names = Names::new(&read);
    let cursor = asked.text("cursor");
    let page = adjustments::list(&read, own.id, &lookup::page_request(cursor))?;
    let known = all_shown(page.rows.len(), cursor, page.next.as_deref());
    let actions = html! { (export(words, "adjustments", &[], known)) @if visit.may(Permission::Adjust) { a class="btn primary" href="/adjustments/new" { (icon("plus")) (t!(words, "new-adjustment")) } } };
    let name = t!(words, "nav-adjustments");
    let body = html! {
        (title(&name, html! { (own.name) }, actions))
        (tabs(words, "adjustments"))
        div class="card" {
            @if page.rows.is_empty() { (empty("scale", &t!(words, "adjustments-empty"), &t!(words, "adjustments-empty-text"), html! {})) }
            @else {
                div class="scroll" id="rows" data-rows=(row_ids(page.rows.iter().map(|row| row.id))) { table {
                    thead { tr { th scope="col" { (t!(words, "number")) } th scope="col" { (t!(words, "date")) } th scope="col" class="phone-hide" { (t!(words, "by")) } th scope="col" class="num phone-hide" { (t!(words, "lines-title")) } th scope="col" class="phone-hide" { (t!(words, "comment")) } } }
                    tbody { @for row in &page.rows {
                        tr {
                            td { a class="row-link nowrap" href={ "/adjustments/" (row.id) } { (row.number) } (below(html! { (names.user(row.by)) })) }
                            td class="nowrap" { (words.brief_instant(row.at)) }
                            td class="phone-hide" { (names.user(row.by)) }
                            td class="num phone-hide" { (row.lines) }
                            td class="phone-hide" { (or_dash(row.comment.as_deref())) }
                        }
                    } }
                } }
                (pager(words, "/adjustments", &[], page.rows.len(), cursor, page.next.as_deref()))
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Adjustments, name, body)))
}

/// One adjustment.
pub(in crate::ui) async fn show(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let detail = adjustments::detail(&visit.read()?, id)?;
    if detail.store != own.id {
        return Err(Trouble::not_found("adjustment"));
    }
    let actions = html! {
        (export(words, &format!("adjustments/{id}/lines"), &[], Some(detail.lines.len())))
        button type="button" class="btn" data-print { (icon("printer")) (t!(words, "print")) }
        a class="btn" href={ "/history/" (id) } { (icon("history")) (t!(words, "history")) }
    };
    let body = html! {
        (title(&detail.number, html! { (own.name) }, actions))
        section class="card pad" { dl class="facts" {
            (fact(&t!(words, "date"), words.instant(detail.at)))
            (fact(&t!(words, "by"), or_dash(detail.by_name.as_deref())))
            (fact(&t!(words, "comment"), or_dash(detail.comment.as_deref())))
        } }
        section class="card" { div class="scroll" { table {
            thead { tr { th scope="col" { (t!(words, "item")) } th scope="col" class="phone-hide" { (t!(words, "batch")) } th scope="col" class="num" { (t!(words, "quantity")) } th scope="col" { (t!(words, "reason")) } th scope="col" class="phone-hide" { (t!(words, "note")) } } }
            tbody { @for line in &detail.lines {
                tr {
                    td { a class="row-link" href={ "/stock/items/" (line.item) "?tab=movements" } { (line.item_name) } span class="two" { (line.item_code) } (below(html! { (or_dash(line.batch.as_deref())) })) }
                    td class="phone-hide nowrap" { (or_dash(line.batch.as_deref())) }
                    td class="num strong" { (words.signed(line.quantity)) }
                    td { (or_dash(line.reason_text.as_deref())) @if let Some(note) = &line.note { (below(html! { (note) })) } }
                    td class="phone-hide" { (or_dash(line.note.as_deref())) }
                }
            } }
        } } }
        (signatures(words))
    };
    let page = Page::new(Section::Adjustments, detail.number.clone(), body)
        .below(t!(words, "nav-adjustments"), "/adjustments");
    Ok(layout::page(&visit, page))
}

fn sign_choice(words: Words, name: &str, form: &Form, of: &str) -> Markup {
    let reduces = form.raw(name) != "add";
    html! {
        div class="choices joined" role="group" aria-label={ (t!(words, "add-or-reduce")) " " (of) } {
            label class="choice" { input type="radio" name=(name) value="reduce" checked[reduces]; span { (icon("minus")) (t!(words, "reduce")) } }
            label class="choice" { input type="radio" name=(name) value="add" checked[!reduces]; span { (icon("plus")) (t!(words, "increase")) } }
        }
    }
}

fn reason_select(
    words: Words,
    name: &str,
    form: &Form,
    reasons: &[ReasonRow],
    of: &str,
    error: bool,
) -> Markup {
    let chosen = form.raw(name);
    let options = |addition: bool| {
        html! { @for reason in reasons.iter().filter(|reason| reason.active && reason.kind.explains(addition)) { option value=(reason.id) selected[reason.id.to_string() == chosen] { (reason.text) } } }
    };
    html! {
        select class="input small" name=(name) aria-label={ (t!(words, "reason")) " " (of) } aria-invalid=[error.then_some("true")] {
            option value="" { (t!(words, "choose-reason")) }
            optgroup label=(t!(words, "reduce")) { (options(false)) }
            optgroup label=(t!(words, "increase")) { (options(true)) }
        }
    }
}

fn line_row(
    visit: &Visit,
    row: &StockRow,
    reasons: &[ReasonRow],
    form: &Form,
    error: Option<&str>,
) -> Markup {
    let words = visit.words;
    let of = format!("{} {}", row.item_name, row.batch.as_deref().unwrap_or_default());
    html! {
        tr id={ "line-" (row.id) } data-line=(row.id) {
            td class="nowrap" { span class="strong" { (or_dash(row.batch.as_deref())) } span class="two" { (expiry(words, row, visit.today())) @if let Some(place) = &row.location_code { " · " (place) } } }
            td class="num" data-label=(t!(words, "on-hand")) data-live={ "oh-" (row.id) } { (words.quantity(row.on_hand)) }
            td class="wide" data-label=(t!(words, "add-or-reduce")) { (sign_choice(words, &format!("sign.{}", row.id), form, &of)) }
            td data-label=(t!(words, "quantity")) {
                input class="input small quantity" name={ "quantity." (row.id) } value=(form.raw(&format!("quantity.{}", row.id))) inputmode="decimal" autocomplete="off"
                    aria-label={ (t!(words, "quantity")) " " (of) } aria-invalid=[error.is_some().then_some("true")];
                @if let Some(error) = error { div class="error" { (icon("triangle-alert")) span { (error) } } }
            }
            td data-label=(t!(words, "reason")) { (reason_select(words, &format!("reason.{}", row.id), form, reasons, &of, error.is_some())) }
        }
    }
}

fn item_choice(visit: &Visit, read: &Snapshot, own: &OwnStore, asked: &Form) -> Result<Markup, Trouble> {
    let words = visit.words;
    let wanted = asked.raw("search");
    let filter = stock::ItemStockFilter { search: Some(wanted.to_owned()), in_stock: None };
    let rows = stock::items(read, own.id, &filter, &lookup::page_request(None))?.rows;
    Ok(html! {
        div class="card" {
            div class="filters" { (search(words, "/adjustments/new", &t!(words, "search-items"), wanted, &[])) }
            div id="list" {
                @if rows.is_empty() { (empty("package", &t!(words, "nothing-found"), &t!(words, "nothing-found-text"), html! {})) }
                @else { table { tbody { @for row in &rows {
                    tr { td { a class="row-link" href={ "/adjustments/new?item=" (row.item.id) } { (row.item.name) } } td class="muted nowrap phone-hide" { (row.item.code) } td class="num strong" { (words.quantity(row.on_hand)) " " span class="muted" { (row.item.unit) } } }
                } } } }
            }
        }
    })
}

fn line_error(
    words: Words,
    problem: Option<&Problem>,
    sent: &[DocumentId],
    line: DocumentId,
) -> Option<String> {
    let problem = problem?;
    let at = sent.iter().position(|found| *found == line)?;
    let prefix = format!("/lines/{at}/");
    let error = problem.errors.iter().find(|error| error.pointer.starts_with(&prefix))?;
    Some(if problem.code == "validation" {
        trouble::detail(words, &error.detail)
    } else {
        trouble::message(words, problem)
    })
}

/// Lines with a quantity, in the order of the page.
fn sent_lines(form: &Form) -> Vec<DocumentId> {
    form.ids_of("quantity")
        .into_iter()
        .filter(|line| form.text(&format!("quantity.{line}")).is_some())
        .collect()
}

fn page(visit: &Visit, form: &Form, problem: Option<&Problem>) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::Adjust)?;
    visit.caller()?;
    let read = visit.read()?;
    let name = t!(words, "new-adjustment");
    let Some(item) = form.id("item") else {
        let body = html! { (title(&name, html! { (t!(words, "adjust-choose")) }, html! {})) (item_choice(visit, &read, own, form)?) };
        return Ok(layout::page(
            visit,
            Page::new(Section::Adjustments, name, body)
                .below(t!(words, "nav-adjustments"), "/adjustments")
                .searching(),
        ));
    };
    let item_row = query::items::detail(&read, item)?;
    let filter = StockFilter { item: Some(item), ..StockFilter::default() };
    let mut rows = stock::list(&read, own.id, &filter, visit.today(), &PageRequest::first(BATCHES_MAX))?.rows;
    rows.sort_by_key(|row| row.on_hand == Quantity::ZERO);
    let reasons = query::reference::reasons(&read)?;
    let sent = sent_lines(form);
    let fields = Fields { words, form, problem };
    let body = html! {
        (title(&item_row.name, html! { (item_row.code) " · " (own.name) " · " (item_row.unit) }, html! { a class="btn" href="/adjustments/new" { (t!(words, "other-item")) } }))
        @if let Some(problem) = problem.filter(|problem| problem.errors.is_empty()) { (trouble::alert(words, problem)) }
        form class="card" method="post" action="/adjustments/new" {
            input type="hidden" name="once" value=(once(form));
            input type="hidden" name="item" value=(item);
            @if let Some(error) = fields.error("/lines") { div class="pad error" role="alert" { (icon("triangle-alert")) span { (error) } } }
            @if rows.is_empty() { (empty("package", &t!(words, "no-batches"), &t!(words, "no-batches-text"), html! {})) }
            @else {
                div class="scroll" { table class="cards" {
                    thead { tr { th scope="col" { (t!(words, "batch")) } th scope="col" class="num" { (t!(words, "on-hand")) } th scope="col" { (t!(words, "add-or-reduce")) } th scope="col" { (t!(words, "quantity")) } th scope="col" { (t!(words, "reason")) } } }
                    tbody { @for row in &rows { (line_row(visit, row, &reasons, form, line_error(words, problem, &sent, row.id).as_deref())) } }
                } }
                div class="pad" { (fields.input("comment", &t!(words, "comment"), Input::default())) }
            }
            div class="bar" {
                button class="btn primary big" data-last { (icon("check")) (t!(words, "adjust-confirm")) }
                a class="btn quiet" href={ "/stock/items/" (item) } { (t!(words, "cancel")) }
                span class="muted small" { (t!(words, "adjust-note")) }
            }
        }
    };
    let page =
        Page::new(Section::Adjustments, name, body).below(t!(words, "nav-adjustments"), "/adjustments");
    let mut response = layout::page(visit, page);
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The form: an item first, then its batches.
pub(in crate::ui) async fn new(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    page(&visit, &asked.0, None)
}

fn command_of(words: Words, own: &OwnStore, form: &Form) -> Result<CreateAdjustment, Problem> {
    let sent = sent_lines(form);
    if sent.is_empty() {
        return Err(Problem::new("validation", "nothing to adjust").at("/lines"));
    }
    let lines = sent.into_iter().enumerate().map(|(at, line)| {
        let quantity = form.quantity(words, &format!("quantity.{line}"), &format!("/lines/{at}/quantity"))?;
        let adds = form.raw(&format!("sign.{line}")) == "add";
        let quantity = if adds || quantity.is_negative() { quantity } else { Quantity::ZERO - quantity };
        Ok(AdjustLine { stock_line: line, quantity, reason: form.id(&format!("reason.{line}")), note: None })
    });
    Ok(CreateAdjustment {
        store: own.id,
        lines: lines.collect::<Result<_, Problem>>()?,
        comment: form.owned("comment"),
    })
}

/// Adjusts.
pub(in crate::ui) async fn create(visit: Visit, mut form: Form) -> Result<Response, Trouble> {
    let own = visit.store(Permission::Adjust)?.clone();
    let caller = visit.caller()?;
    let made = async {
        let command = command_of(visit.words, &own, &form)?;
        Ok::<_, Problem>(
            visit.execute_once(&form, move |txn| adjustment::create(txn, &caller, &command)).await?,
        )
    };
    match made.await {
        Ok(made) => {
            Ok(done(&format!("/adjustments/{}", made.id), /*key*/ "toast-adjusted", &made.number))
        }
        Err(problem) => {
            form.set("once", String::new());
            page(&visit, &form, Some(&problem))
        }
    }
}
