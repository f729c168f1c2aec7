//! Requisitions from both ends: the customer's orders and the supplier's requisitions, which are one document.

mod fair;
mod lists;
mod new;
mod order;
mod part;
mod supplier;

pub(in crate::ui) use fair::{give_fairly, shares};
pub(in crate::ui) use lists::{orders, requisitions};
pub(in crate::ui) use new::{create, new};
pub(in crate::ui) use order::{add, discard, finalise_order, line, order, remove, send, settle_own, suggest};
pub(in crate::ui) use supplier::{decide, finalise, give, give_as_requested, requisition, settle, ship};

use axum::response::Response;
use crdt_store::DocumentId;
use domain::period_schedule::Period;
use domain::query::requisitions::{self as query, RequisitionDetail, RequisitionLine};
use domain::requisition::{self, Approval, RequisitionRow, Side, Status, TakeAmendment};
use domain::shipment::End;
use domain::{Permission, Quantity};
use maud::{Markup, html};

use super::period_schedules::period_text;
use super::shipments;
use crate::error::Problem;
use crate::ui::form::Form;
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::parts::{Tone, chip, fact, or_dash, signatures, title};
use crate::ui::sheets::export_and;
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};
use part::Part;

/// Where the pages of a side are.
const fn path_of(side: Side) -> &'static str {
    match side {
        Side::Customer => "/internal-orders",
        Side::Supplier => "/customer-requisitions",
    }
}

const fn section_of(side: Side) -> Section {
    match side {
        Side::Customer => Section::Orders,
        Side::Supplier => Section::Requisitions,
    }
}

fn name_of(words: Words, side: Side) -> String {
    match side {
        Side::Customer => t!(words, "nav-orders"),
        Side::Supplier => t!(words, "nav-requisitions"),
    }
}

/// A status as a chip, with what the supplier decided.
fn status_chip(words: Words, row: &RequisitionRow) -> Markup {
    let (tone, drawing) = match row.status {
        Status::Draft | Status::Discarded => (Tone::Calm, "file-text"),
        Status::Sent => (Tone::Accent, "truck"),
        Status::Finalised => (Tone::Good, "circle-check"),
    };
    html! {
        (chip(tone, drawing, &words.code("status", row.status.code())))
        @if row.emergency { " " (chip(Tone::Bad, "flag", &t!(words, "emergency"))) }
        @match row.approval {
            Some(Approval::Approved) => { " " (chip(Tone::Good, "check", &t!(words, "approved"))) }
            Some(Approval::Denied) => { " " (chip(Tone::Bad, "ban", &t!(words, "denied"))) }
            None => {}
        }
    }
}

/// The requisition, if the reader's store is at this end of it.
fn load(visit: &Visit, id: DocumentId, side: Side) -> Result<RequisitionDetail, Trouble> {
    let own = visit.store(Permission::RequisitionView)?;
    let detail = query::detail(&visit.read()?, id, visit.today())?;
    let is_ours = match side {
        Side::Customer => detail.requisition.customer == own.id,
        Side::Supplier => {
            detail.requisition.supplier == End::Store(own.id) && detail.requisition.status != Status::Draft
        }
    };
    if is_ours { Ok(detail) } else { Err(Trouble::not_found("requisition")) }
}

/// What is told of a requisition beside its lines.
fn facts(words: Words, detail: &RequisitionDetail) -> Markup {
    let requisition = &detail.requisition;
    let months = format!("{} – {}", words.quantity(detail.min_months), words.quantity(detail.max_months));
    html! {
        section class="card pad" { dl class="facts few" {
            @if let Some(kind) = &detail.order_type_name { (fact(&t!(words, "order-type"), html! { (kind) })) }
            @if let (Some(from), Some(to)) = (requisition.period, detail.period_end) { (fact(&t!(words, "period"), html! { (period_text(words, Period { from, to })) })) }
            @if let Some(limit) = detail.limit {
                (fact(&t!(words, "sent-in-period"), html! {
                    (t!(words, "so-many-of", sent = limit.sent, allowed = limit.allowed))
                    @if limit.is_exceeded() { " " (chip(Tone::Warn, "flag", &t!(words, "more-than-allowed"))) }
                }))
            }
            @if let Some(most) = detail.max_lines { (fact(&t!(words, "max-lines"), html! { (t!(words, "so-many-of", sent = requisition.lines, allowed = most)) })) }
            (fact(&t!(words, "months-range"), html! { (months) }))
            @if let Some(day) = requisition.expected { (fact(&t!(words, "needed-on"), html! { (words.day(day)) })) }
            @if let Some(text) = &requisition.reference { (fact(&t!(words, "reference"), html! { (text) })) }
            @if let Some(text) = &requisition.comment { (fact(&t!(words, "comment"), html! { (text) })) }
            @if let Some(text) = &detail.supplier_comment { (fact(&t!(words, "supplier-comment"), html! { (text) })) }
        } }
    }
}

/// The shipments that answer it.
fn answers(words: Words, detail: &RequisitionDetail, side: Side) -> Markup {
    let path = match side {
        Side::Customer => "/inbound-shipments/",
        Side::Supplier => "/outbound-shipments/",
    };
    html! {
        @if !detail.shipments.is_empty() {
            section class="card" {
                header { h2 class="grow" { (t!(words, "answering-shipments")) } @if detail.is_covered { (chip(Tone::Good, "check", &t!(words, "all-sent"))) } }
                ul class="plain pad" { @for shipment in &detail.shipments {
                    li { a href={ (path) (shipment.id) } { (shipment.number) } " " (shipments::status_chip(words, shipment.status)) " " span class="muted small" { (words.brief_instant(shipment.status_at)) } }
                } }
            }
        }
    }
}

fn item_cell(line: &RequisitionLine) -> Markup {
    html! { span class="strong" { (line.item_name) } span class="two" { (line.item_code) " · " (line.unit) } }
}

/// What a line is asked for on: stock and what is on its way, use and how long it lasts, what is suggested.
fn grounds_cells(words: Words, line: &RequisitionLine) -> Markup {
    let Some(grounds) = &line.grounds else {
        return html! { @for _ in 0..3 { td class="num" { (or_dash(None)) } } };
    };
    let why = t!(words, "why-this-number");
    html! {
        td class="num" data-label=(t!(words, "on-hand")) { (words.quantity(grounds.on_hand)) @if grounds.on_order.is_positive() { span class="two" { "+ " (words.quantity(grounds.on_order)) } } }
        td class="num" data-label=(t!(words, "amc")) { (words.average(grounds.monthly)) @if let Some(months) = line.months_of_stock { span class="two" { (t!(words, "lasts-months", months = words.months_of_stock(months))) } } }
        td class="num" data-label=(t!(words, "suggested")) { a href={ "/stock/items/" (line.item) } title=(why) { (words.quantity(grounds.suggested)) } }
    }
}

/// What the customer would have otherwise since it was sent, and the buttons of whoever settles it.
fn amendment(words: Words, line: &RequisitionLine, url: &str, settles: bool) -> Markup {
    html! {
        @if let Some(wish) = line.amendment {
            span class="chip warn" { (icon("flag")) (t!(words, "wants-now", quantity = words.quantity(wish))) }
            @if settles {
                form method="post" action={ (url) "/amendment" } class="row" {
                    button class="btn quiet" name="accept" value="yes" { (t!(words, "take-amendment")) }
                    button class="btn quiet" name="accept" value="no" { (t!(words, "leave-amendment", quantity = words.quantity(line.requested))) }
                }
            }
        }
    }
}

/// Settles what the customer would have otherwise.
async fn settle_amendment(
    visit: &Visit,
    (id, item): (DocumentId, DocumentId),
    side: Side,
    form: &Form,
) -> Result<Response, Trouble> {
    let take = TakeAmendment { accept: form.raw("accept") == "yes" };
    let settled =
        visit.carry_out(move |txn, caller| requisition::take_amendment(txn, caller, id, item, take));
    after(visit, id, side, settled.await, /*key*/ "toast-settled")
}

fn grounds_heads(words: Words) -> Markup {
    html! {
        th scope="col" class="num" { (t!(words, "on-hand")) }
        th scope="col" class="num" { abbr title=(t!(words, "amc-long")) { (t!(words, "amc")) } }
        th scope="col" class="num" { (t!(words, "suggested")) }
    }
}

fn show(
    visit: &Visit,
    detail: &RequisitionDetail,
    side: Side,
    problem: Option<&Problem>,
) -> Result<Response, Trouble> {
    show_part(visit, detail, side, &Form::default(), problem)
}

/// The page with the lines that are asked for.
fn show_part(
    visit: &Visit,
    detail: &RequisitionDetail,
    side: Side,
    asked: &Form,
    problem: Option<&Problem>,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let part = Part::of(detail, format!("{}/{}", path_of(side), detail.requisition.id), asked);
    let name = name_of(words, side);
    let row = &detail.requisition;
    let sub = html! { (detail.customer_name) " → " (detail.supplier_name) " · " span data-live="status" { (status_chip(words, row)) } };
    let fills_in =
        side == Side::Customer && row.status == Status::Draft && visit.may(Permission::RequisitionEdit);
    let list = format!("{}/{}/lines", path_of(side).trim_start_matches('/'), row.id);
    let import = html! { @if fills_in { a href={ "/imports?kind=order-lines&order=" (row.id) } { (icon("upload")) (t!(words, "import-order-lines")) } } };
    let actions = html! {
        (export_and(words, &list, &[], Some(detail.line_details.len()), import))
        button type="button" class="btn" data-print { (icon("printer")) (t!(words, "print")) }
        a class="btn" href={ "/history/" (row.id) } { (icon("history")) (t!(words, "history")) }
    };
    let content = match side {
        Side::Customer => order::body(visit, detail, &part)?,
        Side::Supplier => supplier::body(visit, detail, &part),
    };
    let body = html! {
        div class="print-only" { p { (visit.state.settings().system_name) " · " (name) " " (row.number) } p { (detail.customer_name) " → " (detail.supplier_name) } }
        (title(&row.number, sub, actions))
        @if let Some(problem) = problem { (trouble::alert(words, problem)) }
        (facts(words, detail))
        (content)
        (answers(words, detail, side))
        (signatures(words))
    };
    let page = Page::new(section_of(side), row.number.clone(), body).below(name, path_of(side));
    let page = if part.is_short() { page } else { page.searching() };
    let mut response = layout::page(visit, page);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status_code();
    }
    Ok(response)
}

/// Shows the requisition again after an action: with a sentence if it was done, with the problem if not.
fn after<T>(
    visit: &Visit,
    id: DocumentId,
    side: Side,
    result: Result<T, Problem>,
    toast: &str,
) -> Result<Response, Trouble> {
    match result {
        Ok(_) => Ok(done(&format!("{}/{id}", path_of(side)), toast, "")),
        Err(problem) => show(visit, &load(visit, id, side)?, side, Some(&problem)),
    }
}

/// A quantity that was typed; nothing counts as zero, for a line may ask for none.
fn typed(visit: &Visit, form: &Form, name: &str) -> Result<Quantity, Problem> {
    match form.text(name) {
        None => Ok(Quantity::ZERO),
        Some(_) => form.quantity(visit.words, name, &format!("/{name}")),
    }
}
