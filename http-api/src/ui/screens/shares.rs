//! Shares: how a store divides its stock among devices, batch by batch.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::{DocumentId, Snapshot};
use domain::Permission;
use domain::query::stock::{self, StockFacet, StockFilter, StockRow};
use domain::share::{self, AskShare, Divided, GiveShare, Holding, Holdings};
use maud::{Markup, html};

use super::line::{self, called};
use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup;
use crate::ui::parts::{Tone, below, chip, empty, expiry, pager, quantity, row_ids, search, title};
use crate::ui::sheets::{all_shown, export};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// So often a division is asked to go on: every store that fits a device is divided by then.
const DIVISIONS_MAX: usize = 100;

fn device_name(words: Words, holding: &Holding) -> Markup {
    html! {
        span class="strong" { (holding.name) }
        @if holding.is_here { " " (chip(Tone::Accent, "monitor", &t!(words, "share-here"))) }
        @if holding.is_keeper { span class="two" { (t!(words, "share-keeper")) } }
    }
}

fn wish(words: Words, holding: &Holding) -> Markup {
    html! { @if let Some(asked) = holding.asked { span class="two" { (icon("hourglass")) " " (t!(words, "share-asked", quantity = words.quantity(asked))) } } }
}

/// The shares of one batch, and what one can do about them; nothing where the store does not share its stock.
pub(super) fn section(
    visit: &Visit,
    read: &Snapshot,
    row: &StockRow,
    form: &Form,
    problem: Option<&Problem>,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let Some(holdings) = Holdings::of(read, row.store, visit.device())? else {
        return Ok(html! {});
    };
    let holdings = holdings.of_line(row.id)?;
    let fields = Fields { words, form, problem };
    let number = Input { inputmode: Some("decimal"), required: true, ..Input::default() };
    let others: Vec<(String, String)> = holdings
        .iter()
        .filter(|holding| !holding.is_here)
        .map(|holding| (holding.device.to_string(), holding.name.clone()))
        .collect();
    let works_here = holdings.iter().any(|holding| holding.is_here);
    let holds = holdings.iter().any(|holding| holding.is_here && holding.quantity.is_positive());
    let may = visit.may(Permission::OutboundEdit) && works_here && !others.is_empty();
    Ok(html! {
        section class="card" id="shares" {
            header { h2 { (t!(words, "shares")) } }
            table {
                thead class="visually-hidden" { tr { th scope="col" { (t!(words, "device")) } th scope="col" class="num" { (t!(words, "share-held")) } } }
                tbody { @for holding in &holdings { tr {
                    td { (device_name(words, holding)) }
                    td class="num" { span data-live={ "share-" (holding.device) } { (quantity(words, holding.quantity)) (wish(words, holding)) } }
                } } }
            }
            @if may {
                form class="pad stack" method="post" action={ "/stock/lines/" (row.id) "/share/ask" } {
                    input type="hidden" name="once" value=(lookup::once(form));
                    (fields.input("askQuantity", &t!(words, "share-ask-hint"), number))
                    div class="row" { button class="btn" { (icon("arrow-down-to-line")) (t!(words, "share-ask")) } }
                }
                @if holds {
                    form class="pad stack" method="post" action={ "/stock/lines/" (row.id) "/share/give" } {
                        input type="hidden" name="once" value=(lookup::once(form));
                        div class="fields" {
                            (fields.input("giveQuantity", &t!(words, "quantity"), number))
                            (fields.select("giveTo", &t!(words, "share-give-to"), true, &others))
                        }
                        div class="row" { button class="btn" { (icon("arrow-up-from-line")) (t!(words, "share-give")) } }
                    }
                }
            }
        }
    })
}

/// Fields of the section that show their own errors.
pub(super) const FIELDS: [&str; 3] = ["/askQuantity", "/giveQuantity", "/giveTo"];

/// Lets a problem of a command stand at the field of the page that it is about.
fn at_field(problem: Problem, field: &str) -> Problem {
    if problem.errors.iter().any(|error| error.pointer == "/quantity") || problem.code == "share-exceeded" {
        return Problem { errors: Vec::new(), ..problem }.at(field);
    }
    problem
}

/// Asks the other devices for a share.
pub(in crate::ui) async fn ask(
    visit: Visit,
    Path(id): Path<DocumentId>,
    mut form: Form,
) -> Result<Response, Trouble> {
    line::load(&visit, id)?;
    let caller = visit.caller()?;
    let asked = async {
        let command = AskShare { quantity: form.quantity(visit.words, "askQuantity", "/askQuantity")? };
        Ok::<_, Problem>(visit.execute_once(&form, move |txn| share::ask(txn, &caller, id, &command)).await?)
    };
    match asked.await.map_err(|problem| at_field(problem, "/askQuantity")) {
        Ok(()) => Ok(done(&format!("/stock/lines/{id}#shares"), /*key*/ "toast-share-asked", "")),
        Err(problem) => {
            form.set("once", String::new());
            line::page(&visit, id, &form, Some(&problem))
        }
    }
}

/// Gives another device some of what this one holds.
pub(in crate::ui) async fn give(
    visit: Visit,
    Path(id): Path<DocumentId>,
    mut form: Form,
) -> Result<Response, Trouble> {
    line::load(&visit, id)?;
    let caller = visit.caller()?;
    let given = async {
        let to = form
            .read("giveTo")
            .ok_or_else(|| Problem::new("validation", "which device is it for?").at("/giveTo"))?;
        let command =
            GiveShare { to, quantity: form.quantity(visit.words, "giveQuantity", "/giveQuantity")? };
        Ok::<_, Problem>(visit.execute_once(&form, move |txn| share::give(txn, &caller, id, &command)).await?)
    };
    match given.await.map_err(|problem| at_field(problem, "/giveQuantity")) {
        Ok(()) => Ok(done(&format!("/stock/lines/{id}#shares"), /*key*/ "toast-share-given", "")),
        Err(problem) => {
            form.set("once", String::new());
            line::page(&visit, id, &form, Some(&problem))
        }
    }
}

/// Divides all that this device holds.
pub(in crate::ui) async fn divide(visit: Visit) -> Result<Response, Trouble> {
    let store = visit.store(Permission::OutboundEdit)?.id;
    let caller = visit.caller()?;
    let mut lines = 0;
    for _ in 0..DIVISIONS_MAX {
        let caller = caller.clone();
        let Divided { lines: some, more } =
            visit.execute(move |txn| share::divide(txn, &caller, store)).await.map_err(Problem::from)?;
        lines += some;
        if !more {
            break;
        }
    }
    Ok(done("/stock/shares", /*key*/ "toast-shares-divided", &lines.to_string()))
}

fn table(
    words: Words,
    holdings: &Holdings<'_, Snapshot>,
    rows: &[StockRow],
    today: domain::Date,
) -> Result<Markup, Trouble> {
    let held = rows.iter().map(|row| holdings.of_line(row.id)).collect::<Result<Vec<_>, _>>()?;
    Ok(html! {
        div class="scroll" id="rows" data-rows=(row_ids(rows.iter().map(|row| row.id))) { table {
            thead { tr {
                th scope="col" { (t!(words, "item")) } th scope="col" class="phone-hide" { (t!(words, "batch")) } th scope="col" class="phone-hide" { (t!(words, "expiry")) }
                @for device in holdings.devices() { th scope="col" class="num" { (device.name) } }
                th scope="col" class="num phone-hide" { (t!(words, "on-hand")) }
            } }
            tbody { @for (row, held) in rows.iter().zip(&held) { tr {
                td { a class="row-link" href={ "/stock/lines/" (row.id) "#shares" } { (row.item_name) } span class="two" { (row.item_code) " · " (row.unit) } (below(html! { (called(words, row)) })) }
                td class="phone-hide nowrap" { (called(words, row)) }
                td class="phone-hide" { (expiry(words, row.expiry, today)) }
                @for holding in held { td class="num" { span data-live={ (row.id) "-" (holding.device) } { (quantity(words, holding.quantity)) (wish(words, holding)) } } }
                td class="num strong phone-hide" { span data-live={ "oh-" (row.id) } { (quantity(words, row.on_hand)) } }
            } } }
        } }
    })
}

/// All batches that there are any of, and who holds them.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let read = visit.read()?;
    let name = t!(words, "shares");
    let (wanted, cursor) = (asked.raw("search"), asked.text("cursor"));
    let Some(holdings) = Holdings::of(&read, own.id, visit.device())? else {
        let nothing = empty("package", &t!(words, "shares-none"), &t!(words, "shares-none-text"), html! {});
        let body = html! { (title(&name, html! { (own.name) }, html! {})) div class="card" { (nothing) } };
        let page = Page::new(Section::Stock, name, body).below(t!(words, "nav-stock"), "/stock");
        return Ok(layout::page(&visit, page));
    };
    let filter = StockFilter {
        search: Some(wanted.to_owned()).filter(|text| !text.is_empty()),
        facet: Some(StockFacet::InStock),
        ..StockFilter::default()
    };
    let page = stock::list(&read, own.id, &filter, visit.today(), &lookup::page_request(cursor))?;
    let kept = [("search", wanted), ("facet", "in-stock")];
    let actions = html! {
        (export(words, "stock-lines", &kept, all_shown(page.rows.len(), cursor, page.next.as_deref())))
        @if visit.may(Permission::OutboundEdit) { form method="post" action="/stock/shares/divide" {
            button class="btn primary" title=(t!(words, "share-divide-text")) { (icon("scale")) (t!(words, "share-divide")) }
        } }
    };
    let body = html! {
        (title(&name, html! { (own.name) }, actions))
        div class="card" {
            p class="pad muted" { (t!(words, "shares-text")) }
            div class="filters" { (search(words, "/stock/shares", &t!(words, "search-stock"), wanted, &[])) }
            div id="list" {
                @if page.rows.is_empty() { (empty("package", &t!(words, "shares-empty"), &t!(words, "shares-empty-text"), html! {})) }
                @else {
                    (table(words, &holdings, &page.rows, visit.today())?)
                    (pager(words, "/stock/shares", &[("search", wanted)], page.rows.len(), cursor, page.next.as_deref()))
                }
            }
        }
    };
    let page = Page::new(Section::Stock, name, body).below(t!(words, "nav-stock"), "/stock").searching();
    Ok(layout::page(&visit, page))
}
