//! Issue: from the shelf to somebody, in one act. The whole form stands in the address until it is confirmed, so that
//! neither a reload nor a flat battery loses what was typed.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use crdt_store::{DocumentId, Snapshot};
use domain::allocation::{self, Candidate, Caution, Proposal, Rules};
use domain::query::stock::{self, ItemStockRow, StockFilter, StockRow, StockStatus};
use domain::query::{self, PageRequest, shipments};
use domain::share::{self, Available};
use domain::shipment::{self, AddLine, Direction, Issue, Status};
use domain::{Permission, Quantity};
use maud::{Markup, html};

use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup::{self, end_text, once, parse_end};
use crate::ui::parts::{Tone, chip, empty, title};
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::{OwnStore, Visit};
use crate::ui::words::{Words, t};

/// Batches of one item that are looked at.
const BATCHES_MAX: usize = 200;
/// Destinations shown as buttons; the others are in a list.
const LIKELY_MAX: usize = 6;

/// Who can receive: the likely ones first, then the others.
struct Destinations {
    likely: Vec<(String, String)>,
    others: Vec<(String, String)>,
    last: Option<String>,
}

fn destinations(read: &Snapshot, own: DocumentId) -> Result<Destinations, Trouble> {
    let filter = shipments::ShipmentFilter::default();
    let recent = shipments::list(read, own, Direction::Outbound, &filter, &PageRequest::first(20))?.rows;
    let mut likely: Vec<(String, String)> = Vec::new();
    for row in &recent {
        let end = (end_text(row.shipment.receiver), row.other_name.clone());
        if !likely.contains(&end) {
            likely.push(end);
        }
    }
    let last = likely.first().map(|(end, _)| end.clone());
    let mut others = Vec::new();
    for store in lookup::stores(read)?.into_iter().filter(|store| store.id != own && !store.disabled) {
        let end = (format!("store:{}", store.id), store.name);
        if store.supplier == Some(own) && !likely.contains(&end) {
            likely.push(end);
        } else if !likely.contains(&end) {
            others.push(end);
        }
    }
    for partner in lookup::partners(read, true)? {
        let end = (format!("partner:{}", partner.id), partner.name);
        if !likely.contains(&end) {
            others.push(end);
        }
    }
    let rest = likely.split_off(likely.len().min(LIKELY_MAX));
    others.splice(0..0, rest);
    Ok(Destinations { likely, others, last })
}

fn candidate(visit: &Visit, read: &Snapshot, row: &StockRow) -> Result<Candidate, Trouble> {
    let Available { here, elsewhere } = share::available(read, row.store, row.id, visit.device())?;
    Ok(Candidate {
        stock_line: row.id,
        expiry: row.expiry,
        pack_size: row.pack_size,
        available: here,
        elsewhere,
        on_hold: row.on_hold || row.status == StockStatus::OnHold,
        vvm: row.vvm,
    })
}

fn batches(
    visit: &Visit,
    read: &Snapshot,
    own: DocumentId,
    item: DocumentId,
) -> Result<Vec<StockRow>, Trouble> {
    let filter = StockFilter { item: Some(item), ..StockFilter::default() };
    Ok(stock::list(read, own, &filter, visit.today(), &PageRequest::first(BATCHES_MAX))?.rows)
}

fn caution_key(caution: Caution) -> &'static str {
    match caution {
        Caution::SkippedExpired => "skipped-expired",
        Caution::SkippedOnHold => "skipped-on-hold",
        Caution::SkippedUnusable => "skipped-unusable",
        Caution::ExpiringSoon => "expiring-soon",
        Caution::HeldElsewhere => "held-elsewhere",
    }
}

fn batch_name(words: Words, rows: &[StockRow], id: DocumentId) -> String {
    let row = rows.iter().find(|row| row.id == id);
    row.and_then(|row| row.batch.clone()).unwrap_or_else(|| t!(words, "no-batch-name"))
}

/// What would leave the shelf for a wish, first expired first, and what to look at.
fn proposal_cell(words: Words, rows: &[StockRow], wanted: Option<Quantity>, proposal: &Proposal) -> Markup {
    let Some(wanted) = wanted.filter(|wanted| wanted.is_positive()) else {
        return html! { span class="muted" { (t!(words, "type-quantity")) } };
    };
    let taken: Quantity = proposal.picks.iter().map(|pick| pick.quantity).sum();
    html! {
        @for pick in &proposal.picks {
            @let row = rows.iter().find(|row| row.id == pick.stock_line);
            span class="chip accent" {
                (words.quantity(pick.quantity)) " × " (batch_name(words, rows, pick.stock_line))
                @if let Some(day) = row.and_then(|row| row.expiry) { " · " (words.day(day)) }
            }
        }
        @if proposal.placeholder.is_positive() { (chip(Tone::Bad, "triangle-alert", &t!(words, "missing", quantity = words.quantity(proposal.placeholder)))) }
        @if taken > wanted { span class="muted" { (t!(words, "rounded", quantity = words.quantity(taken))) } }
        @for warning in &proposal.warnings {
            (chip(Tone::Warn, "info", &format!("{} · {}", batch_name(words, rows, warning.stock_line), words.code("caution", caution_key(warning.caution)))))
        }
    }
}

fn propose(
    visit: &Visit,
    read: &Snapshot,
    own: DocumentId,
    item: DocumentId,
    typed: &str,
) -> Result<Markup, Trouble> {
    let rows = batches(visit, read, own, item)?;
    let candidates: Vec<Candidate> =
        rows.iter().map(|row| candidate(visit, read, row)).collect::<Result<_, Trouble>>()?;
    let wanted = visit.words.parse_quantity(typed);
    let vvm_first = query::reference::store(read, own)?.vvm_first;
    let rules = Rules { today: visit.today(), whole_packs: true, vvm_first };
    let proposal = allocation::propose(&candidates, wanted.unwrap_or(Quantity::ZERO), &rules);
    Ok(proposal_cell(visit.words, &rows, wanted, &proposal))
}

/// What of batches only other devices may issue; nothing where the store does not share its stock.
fn elsewhere(
    visit: &Visit,
    read: &Snapshot,
    own: DocumentId,
    batches: &[StockRow],
) -> Result<Option<Quantity>, Trouble> {
    if query::reference::store(read, own)?.share_keeper.is_none() {
        return Ok(None);
    }
    let mut sum = Quantity::ZERO;
    for row in batches {
        sum = sum + share::available(read, own, row.id, visit.device())?.elsewhere;
    }
    Ok(Some(sum).filter(|sum| sum.is_positive()))
}

/// What is available here, and what elsewhere.
fn availability(
    words: Words,
    id: DocumentId,
    available: Quantity,
    elsewhere: Option<Quantity>,
    unit: &str,
) -> Markup {
    let here = available - elsewhere.unwrap_or_default();
    html! {
        (t!(words, "available")) " " span data-live={ "av-" (id) } { (words.quantity(here)) } " " (unit)
        @if let Some(elsewhere) = elsewhere { " · " (t!(words, "share-elsewhere-too", quantity = words.quantity(elsewhere))) }
    }
}

/// One line of the form.
fn line_row(
    visit: &Visit,
    read: &Snapshot,
    own: DocumentId,
    item: DocumentId,
    typed: &str,
    error: Option<&str>,
    land: bool,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let row = query::items::detail(read, item)?;
    let balance = stock::item_balance(read, own, item)?;
    let elsewhere = elsewhere(visit, read, own, &batches(visit, read, own, item)?)?;
    let name = format!("quantity.{item}");
    Ok(html! {
        tr data-line=(item) data-pack=(row.default_pack_size) {
            td { span class="strong" { (row.name) } span class="two" { (row.code) " · " (availability(words, item, balance.available(), elsewhere, &row.unit)) } }
            td data-label=(t!(words, "quantity")) {
                input class="input small quantity" id={ "q-" (item) } name=(name) value=(typed) inputmode="decimal" autocomplete="off" data-land[land]
                    aria-label={ (t!(words, "quantity")) " " (row.name) } aria-invalid=[error.is_some().then_some("true")] aria-describedby={ "p-" (item) }
                    hx-get={ "/issue/proposal/" (item) } hx-trigger="input changed delay:250ms, change" hx-target={ "#p-" (item) } hx-sync="this:replace";
                @if let Some(error) = error { div class="error" { (icon("triangle-alert")) span { (error) } } }
            }
            td { div class="proposal" id={ "p-" (item) } role="status" { (propose(visit, read, own, item, typed)?) } }
            td class="num" { button class="btn quiet" name="remove" value=(item) formnovalidate data-remove title=(t!(words, "remove")) { (icon("trash-2")) span class="visually-hidden" { (t!(words, "remove")) " " (row.name) } } }
        }
    })
}

/// A line for one batch that somebody holds in their hand: it leaves from there and from nowhere else.
fn batch_row(
    visit: &Visit,
    read: &Snapshot,
    row: &StockRow,
    typed: &str,
    error: Option<&str>,
    land: bool,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let elsewhere = elsewhere(visit, read, row.store, std::slice::from_ref(row))?;
    let name = format!("batch.{}", row.id);
    Ok(html! {
        tr data-line=(row.id) data-pack=(row.pack_size) {
            td { span class="strong" { (row.item_name) } span class="two" { (row.item_code) " · " (availability(words, row.id, row.available, elsewhere, &row.unit)) } }
            td data-label=(t!(words, "quantity")) {
                input class="input small quantity" id={ "q-" (row.id) } name=(name) value=(typed) inputmode="decimal" autocomplete="off" data-land[land]
                    aria-label={ (t!(words, "quantity")) " " (row.item_name) " " (row.batch.as_deref().unwrap_or_default()) } aria-invalid=[error.is_some().then_some("true")];
                @if let Some(error) = error { div class="error" { (icon("triangle-alert")) span { (error) } } }
            }
            td { div class="proposal" {
                span class="chip accent" { (icon("scan-barcode")) (row.batch.clone().unwrap_or_else(|| t!(words, "no-batch-name"))) @if let Some(day) = row.expiry { " · " (words.day(day)) } }
                @if row.on_hold || row.status == StockStatus::OnHold { (chip(Tone::Warn, "pause", &t!(words, "on-hold"))) }
                @if allocation::is_expired(row.expiry, visit.today()) { (chip(Tone::Bad, "circle-x", &t!(words, "expired"))) }
            } }
            td class="num" { button class="btn quiet" name="remove" value=(row.id) formnovalidate data-remove title=(t!(words, "remove")) { (icon("trash-2")) span class="visually-hidden" { (t!(words, "remove")) " " (row.item_name) } } }
        }
    })
}

fn found_list(words: Words, found: &[ItemStockRow]) -> Markup {
    let already = t!(words, "already-there");
    html! {
        @for row in found {
            button name="add" value=(row.item.id) formnovalidate data-pick=(already)
                hx-get={ "/issue/line/" (row.item.id) } hx-target="#lines" hx-swap="beforeend" {
                span class="strong" { (row.item.name) }
                span class="tabular strong" { (words.quantity(row.available)) " " span class="muted" { (row.item.unit) } }
                span class="muted small" { (row.item.code) }
                span class="muted small" { (t!(words, "available")) }
            }
        }
        @if found.is_empty() { p class="muted" { (t!(words, "no-stock-found")) } }
    }
}

/// What a line of the form wishes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    /// An item, whatever its batches.
    Item(DocumentId),
    /// This batch.
    Batch(DocumentId),
}

/// The lines of the form: each item and each chosen batch once, in the order in which it was added, with what was
/// typed.
fn lines_of(form: &Form) -> Vec<(Wish, String)> {
    let removed = form.id("remove");
    let (mut wishes, added): (Vec<Wish>, _) = (Vec::new(), form.id("add").map(Wish::Item));
    let lines = form.ids_with_kind(&["quantity", "batch"]).into_iter().map(|(kind, id)| match kind {
        "batch" => (Wish::Batch(id), id),
        _ => (Wish::Item(id), id),
    });
    for wish in lines.filter(|(_, id)| Some(*id) != removed).map(|(wish, _)| wish).chain(added) {
        if !wishes.contains(&wish) {
            wishes.push(wish);
        }
    }
    let typed = |wish: &Wish| match wish {
        Wish::Item(id) => form.raw(&format!("quantity.{id}")).to_owned(),
        Wish::Batch(id) => form.raw(&format!("batch.{id}")).to_owned(),
    };
    wishes.into_iter().map(|wish| (wish, typed(&wish))).collect()
}

fn chosen_end(form: &Form) -> Option<&str> {
    form.text("other").or_else(|| form.text("to"))
}

fn destination_card(words: Words, form: &Form, places: &Destinations, error: Option<String>) -> Markup {
    let chosen = chosen_end(form).map(str::to_owned).or_else(|| places.last.clone()).unwrap_or_default();
    let in_list = places.others.iter().any(|(end, _)| *end == chosen);
    html! {
        section class="card pad" {
            fieldset {
                legend { (t!(words, "issue-to")) }
                div class="choices" {
                    @for (end, name) in &places.likely {
                        label class="choice" { input type="radio" name="to" value=(end) checked[*end == chosen]; span { (icon(if end.starts_with("store") { "store" } else { "handshake" })) (name) } }
                    }
                    @if !places.others.is_empty() {
                        select class="input fit" name="other" aria-label=(t!(words, "other-destination")) {
                            option value="" { (t!(words, "other-destination")) "…" }
                            @for (end, name) in &places.others { option value=(end) selected[in_list && *end == chosen] { (name) } }
                        }
                    }
                }
                @if let Some(error) = error { div class="error" { (icon("triangle-alert")) span { (error) } } }
                @if places.likely.is_empty() && places.others.is_empty() { p class="muted" { (t!(words, "no-destination")) } }
            }
        }
    }
}

fn finder(words: Words, form: &Form, found: Option<&[ItemStockRow]>, autofocus: bool) -> Markup {
    html! {
        div class="pad" data-finder {
            label class="visually-hidden" for="find" { (t!(words, "add-item")) }
            div class="row" {
                div class="seek grow" {
                    (icon("search"))
                    input type="search" id="find" name="search" value=(form.raw("search")) placeholder=(t!(words, "add-item")) autocomplete="off" data-slash autofocus[autofocus]
                        hx-get="/issue/items" hx-trigger="input changed delay:200ms, search" hx-target="#found" hx-sync="this:replace";
                    kbd aria-hidden="true" { "/" }
                }
                noscript { button class="btn" name="find" value="yes" formnovalidate { (t!(words, "search")) } }
            }
            div class="found" id="found" role="status" { @if let Some(found) = found { (found_list(words, found)) } }
        }
    }
}

pub(in crate::ui) fn status_choice(words: Words, form: &Form) -> Markup {
    let chosen = form.text("status").unwrap_or("picked");
    html! {
        fieldset {
            legend { (t!(words, "issue-how-far")) }
            div class="choices" {
                @for status in [Status::Allocated, Status::Picked, Status::Shipped] {
                    label class="choice" { input type="radio" name="status" value=(status.code()) checked[status.code() == chosen]; span { (words.code("issue-status", status.code())) } }
                }
            }
        }
    }
}

fn page(visit: &Visit, form: &Form, problem: Option<&Problem>) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::OutboundEdit)?;
    visit.caller()?;
    let read = visit.read()?;
    let lines = lines_of(form);
    let places = destinations(&read, own.id)?;
    let errors = line_errors(words, problem, &lines);
    let found = form.text("search").map(|search| lookup::found_stock(&read, own.id, search)).transpose()?;
    let fields = Fields { words, form, problem };
    let on_lines = problem
        .is_some_and(|problem| problem.errors.iter().any(|error| error.pointer.starts_with("/lines/")));
    let mut rows = Vec::new();
    for (wish, typed) in &lines {
        let error = errors.get(wish).map(String::as_str);
        rows.push(match *wish {
            Wish::Item(item) => {
                let land = form.id("add") == Some(item);
                line_row(visit, &read, own.id, item, typed, error, land)?
            }
            Wish::Batch(line) => {
                batch_row(visit, &read, &own_line(visit, &read, own.id, line)?, typed, error, false)?
            }
        });
    }
    let body = html! {
        (title(&t!(words, "issue-title"), html! { (own.name) }, html! {}))
        @if let Some(problem) = problem.filter(|problem| problem.errors.is_empty()) { (trouble::alert(words, problem)) }
        @if on_lines { div class="alert bad" role="alert" { (icon("triangle-alert")) p class="strong" { (t!(words, "issue-fix-lines")) } } }
        form method="post" action="/issue" data-draft="/issue" class="stack" {
            input type="hidden" name="once" value=(once(form));
            (destination_card(words, form, &places, fields.error("/to")))
            section class="card" {
                header { h2 class="grow" { (t!(words, "what-leaves")) } span class="count" { span data-count { (lines.len()) } span class="visually-hidden" { " " (t!(words, "lines-title")) } } }
                (finder(words, form, found.as_deref(), lines.is_empty()))
                div class="scroll" { table class="cards" {
                    thead data-when-lines hidden[lines.is_empty()] { tr { th scope="col" { (t!(words, "item")) } th scope="col" class="w-quantity" { (t!(words, "quantity")) } th scope="col" { (t!(words, "from-batches")) } th scope="col" { span class="visually-hidden" { (t!(words, "actions")) } } } }
                    tbody id="lines" { @for row in &rows { (row) } }
                } }
                div data-when-empty hidden[!lines.is_empty()] { (empty("package", &t!(words, "issue-empty"), &t!(words, "issue-empty-text"), html! {})) }
                @if let Some(error) = fields.error("/lines") { div class="pad error" { (icon("triangle-alert")) span { (error) } } }
            }
            section class="card" {
                div class="pad fields" {
                    (status_choice(words, form))
                    (fields.input("comment", &t!(words, "comment"), Input { maxlength: Some(500), ..Input::default() }))
                }
                div class="bar" {
                    button class="btn primary big" name="confirm" value="yes" data-last { (icon("check")) (t!(words, "issue-confirm")) }
                    span class="muted small" { (t!(words, "fefo-note")) }
                }
            }
        }
    };
    let mut response =
        layout::page(visit, Page::new(Section::Issue, t!(words, "nav-issue"), body).searching());
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// Errors of the command's lines, by what they wish for. Lines without a quantity are not sent, so positions are
/// those of the lines that were.
fn line_errors(words: Words, problem: Option<&Problem>, lines: &[(Wish, String)]) -> BTreeMap<Wish, String> {
    let sent: Vec<Wish> =
        lines.iter().filter(|(_, typed)| !typed.trim().is_empty()).map(|(wish, _)| *wish).collect();
    let mut errors = BTreeMap::new();
    for error in problem.into_iter().flat_map(|problem| &problem.errors) {
        let at = error
            .pointer
            .strip_prefix("/lines/")
            .and_then(|rest| rest.split('/').next())
            .and_then(|at| at.parse::<usize>().ok());
        if let (Some(wish), Some(problem)) = (at.and_then(|at| sent.get(at)), problem) {
            let said = if problem.code == "validation" {
                trouble::detail(words, &error.detail)
            } else {
                trouble::message(words, problem)
            };
            errors.insert(*wish, said);
        }
    }
    errors
}

/// The form.
pub(in crate::ui) async fn show(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    page(&visit, &asked.0, None)
}

fn command_of(visit: &Visit, own: &OwnStore, form: &Form) -> Result<Issue, Problem> {
    let to = chosen_end(form)
        .and_then(parse_end)
        .ok_or_else(|| Problem::new("validation", "choose where it goes").at("/to"))?;
    let typed: Vec<_> = lines_of(form).into_iter().filter(|(_, typed)| !typed.trim().is_empty()).collect();
    if typed.is_empty() {
        return Err(Problem::new("validation", "nothing to issue").at("/lines"));
    }
    let mut lines = Vec::new();
    for (at, (wish, text)) in typed.iter().enumerate() {
        let pointer = format!("/lines/{at}/quantity");
        let quantity = visit.words.parse_quantity(text);
        let quantity =
            quantity.ok_or_else(|| Problem::new("validation", "this is not a number").at(pointer))?;
        lines.push(match *wish {
            Wish::Item(item) => item_line(item, quantity),
            Wish::Batch(line) => batch_wish(line, quantity),
        });
    }
    let status =
        [Status::Allocated, Status::Shipped].into_iter().find(|status| form.raw("status") == status.code());
    Ok(Issue {
        store: own.id,
        to,
        lines,
        status: Some(status.unwrap_or(Status::Picked)),
        reference: None,
        comment: form.owned("comment"),
    })
}

/// A wish for so much of an item, whatever its batches.
pub(in crate::ui) fn item_line(item: DocumentId, quantity: Quantity) -> AddLine {
    AddLine {
        item: Some(item),
        stock_line: None,
        quantity,
        batch: None,
        expiry: None,
        manufactured: None,
        pack_size: None,
        price: None,
        note: None,
        whole_packs: true,
        returns: None,
        reason: None,
    }
}

/// A wish for so much of this batch.
fn batch_wish(line: DocumentId, quantity: Quantity) -> AddLine {
    AddLine { item: None, stock_line: Some(line), ..item_line(line, quantity) }
}

/// A stock line of the store; one of another store is not there.
fn own_line(visit: &Visit, read: &Snapshot, own: DocumentId, line: DocumentId) -> Result<StockRow, Trouble> {
    let row = stock::line(read, line, visit.today())?;
    match row.store == own {
        true => Ok(row),
        false => Err(Trouble::not_found("stock line")),
    }
}

/// Confirms, or (without a script) searches, adds and removes.
pub(in crate::ui) async fn act(visit: Visit, mut form: Form) -> Result<Response, Trouble> {
    if !form.has("confirm") {
        return page(&visit, &form, None);
    }
    let own = visit.store(Permission::OutboundEdit)?.clone();
    let caller = visit.caller()?;
    let issued = async {
        let command = command_of(&visit, &own, &form)?;
        Ok::<_, Problem>(visit.execute_once(&form, move |txn| shipment::issue(txn, &caller, &command)).await?)
    };
    match issued.await {
        Ok(made) => {
            Ok(done(&format!("/outbound-shipments/{}", made.id), /*key*/ "toast-issued", &made.number))
        }
        Err(problem) => {
            form.set("once", String::new());
            form.set("search", String::new());
            page(&visit, &form, Some(&problem))
        }
    }
}

/// Items that a search finds in the store, to choose from.
pub(in crate::ui) async fn items(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let own = visit.store(Permission::StockView)?;
    let Some(search) = asked.text("search") else { return Ok(html! {}.into_response()) };
    let found = lookup::found_stock(&visit.read()?, own.id, search)?;
    Ok(found_list(visit.words, &found).into_response())
}

/// A line for an item that was chosen.
pub(in crate::ui) async fn line(visit: Visit, Path(item): Path<DocumentId>) -> Result<Response, Trouble> {
    let own = visit.store(Permission::StockView)?;
    Ok(line_row(&visit, &visit.read()?, own.id, item, "", None, true)?.into_response())
}

/// A line for a batch that was scanned.
pub(in crate::ui) async fn batch_line(
    visit: Visit,
    Path(line): Path<DocumentId>,
) -> Result<Response, Trouble> {
    let own = visit.store(Permission::StockView)?;
    let read = visit.read()?;
    let row = own_line(&visit, &read, own.id, line)?;
    Ok(batch_row(&visit, &read, &row, "", None, true)?.into_response())
}

/// The batches that a quantity would be served from.
pub(in crate::ui) async fn proposal(
    visit: Visit,
    Path(item): Path<DocumentId>,
    asked: Asked,
) -> Result<Response, Trouble> {
    let own = visit.store(Permission::StockView)?;
    let typed = asked.raw(&format!("quantity.{item}"));
    Ok(propose(&visit, &visit.read()?, own.id, item, typed)?.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_one_line_and_a_removed_one_is_none() {
        let (a, b) = (DocumentId::from_bytes([1; 16]), DocumentId::from_bytes([2; 16]));
        let form = Form::with(&[
            (&format!("quantity.{a}"), "12".to_owned()),
            ("add", b.to_string()),
            (&format!("quantity.{b}"), "3".to_owned()),
        ]);
        let (of_a, of_b) = ((Wish::Item(a), "12".to_owned()), (Wish::Item(b), "3".to_owned()));
        assert_eq!(lines_of(&form), [of_a, of_b.clone()]);
        let mut removing = form;
        removing.set("add", String::new());
        removing.set("remove", a.to_string());
        assert_eq!(lines_of(&removing), [of_b]);
    }

    #[test]
    fn a_batch_that_was_scanned_keeps_its_place_among_the_items() {
        let (a, b) = (DocumentId::from_bytes([1; 16]), DocumentId::from_bytes([2; 16]));
        let form =
            Form::with(&[(&format!("batch.{b}"), "5".to_owned()), (&format!("quantity.{a}"), String::new())]);
        assert_eq!(lines_of(&form), [(Wish::Batch(b), "5".to_owned()), (Wish::Item(a), String::new())]);
        let wish = batch_wish(b, Quantity::whole(5));
        assert_eq!((wish.item, wish.stock_line), (None, Some(b)));
    }
}
