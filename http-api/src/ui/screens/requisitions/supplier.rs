//! The supplier's page: what is asked for and on what grounds, what is there to give, and the shipments that are made.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::Permission;
use domain::query::requisitions::{RequisitionDetail, RequisitionLine};
use domain::requisition::{self, Approval, Approve, LineSelection, Side, Status, Supply};
use maud::{Markup, html};

use super::part::Part;
use super::{
    after, amendment, grounds_cells, grounds_heads, item_cell, load, settle_amendment, show, show_part, typed,
};
use crate::ui::form::{Asked, Form};
use crate::ui::icon::icon;
use crate::ui::layout::done;
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::t;

fn row(visit: &Visit, id: DocumentId, line: &RequisitionLine, open: bool) -> Markup {
    let words = visit.words;
    let url = format!("/customer-requisitions/{id}/lines/{}", line.item);
    let is_short = line.available.is_some_and(|available| line.remaining > available);
    html! {
        tr data-line=(line.item) data-item=(line.item) {
            td { (item_cell(line)) @if let Some(note) = line.note.as_ref().or(line.reason_text.as_ref()) { span class="two" { (note) } } }
            (grounds_cells(words, line))
            td class="num" data-label=(t!(words, "requested")) { span data-live={ "q-" (line.item) } { (words.quantity(line.requested)) } (amendment(words, line, &url, open)) }
            td class="num" data-label=(t!(words, "available")) data-live={ "a-" (line.item) } { @if let Some(available) = line.available { span class=[is_short.then_some("t-warn")] { (words.quantity(available)) } } }
            td class="num" data-label=(t!(words, "to-be-given")) {
                @if open {
                    input class="input small quantity end" id={ "s-" (line.item) } name="supply" value=(words.input(line.progress.supply)) inputmode="decimal" autocomplete="off"
                        data-save=(url) data-field="supply" aria-label={ (t!(words, "to-be-given")) " " (line.item_name) };
                } @else { (words.quantity(line.progress.supply)) }
            }
            td class="num" data-label=(t!(words, "in-shipments")) data-live={ "o-" (line.item) } {
                (words.quantity(line.progress.on_shipments))
                @if line.progress.is_exceeded() { " " span class="chip bad" { (icon("flag")) (t!(words, "too-much")) } }
                @if line.remaining.is_positive() { span class="two" { (t!(words, "remains", quantity = words.quantity(line.remaining))) } }
            }
        }
    }
}

fn bar(visit: &Visit, detail: &RequisitionDetail) -> Markup {
    let words = visit.words;
    let base = format!("/customer-requisitions/{}", detail.requisition.id);
    let remains = detail.line_details.iter().any(|line| line.remaining.is_positive());
    // Somebody waits for more of an item than there is.
    let is_short = detail.line_details.iter().any(|line| {
        let waits = line.requested - line.progress.on_shipments;
        waits.is_positive() && line.available.is_some_and(|available| waits > available)
    });
    let is_denied = detail.requisition.approval == Some(Approval::Denied);
    html! {
        div class="bar no-print" {
            @if visit.may(Permission::OutboundEdit) && !is_denied {
                form method="post" action={ (base) "/ship" } { button class="btn primary" disabled[!remains] { (icon("truck")) (t!(words, "make-shipment")) } }
            }
            @if visit.may(Permission::RequisitionEdit) { form method="post" action={ (base) "/supply-as-requested" } { button class="btn" { (icon("check")) (t!(words, "give-as-requested")) } } }
            @if is_short { a class="btn" href={ (base) "/fair-shares" } { (icon("layers")) (t!(words, "fair-share")) } }
            span class="end" {}
            @if visit.may(Permission::RequisitionApprove) {
                form method="post" action={ (base) "/decide" } class="row" {
                    @if detail.requisition.approval != Some(Approval::Approved) { button class="btn quiet" name="approval" value="approved" { (icon("check")) (t!(words, "approve")) } }
                    @if !is_denied { button class="btn quiet" name="approval" value="denied" { (icon("ban")) (t!(words, "deny")) } }
                }
            }
            @if visit.may(Permission::RequisitionEdit) { form method="post" action={ (base) "/finalise" } data-confirm=(t!(words, "finalise-question", number = &detail.requisition.number)) { button class="btn" { (icon("circle-check")) (t!(words, "finalise-order")) } } }
        }
    }
}

pub(super) fn body(visit: &Visit, detail: &RequisitionDetail, part: &Part<'_>) -> Markup {
    let words = visit.words;
    let is_sent = detail.requisition.status == Status::Sent;
    let open = is_sent && visit.may(Permission::RequisitionEdit);
    let heads = html! {
        tr {
            th scope="col" { (t!(words, "item")) }
            (grounds_heads(words))
            th scope="col" class="num" { (t!(words, "requested")) }
            th scope="col" class="num" { (t!(words, "available")) }
            th scope="col" class="num" { (t!(words, "to-be-given")) }
            th scope="col" class="num" { (t!(words, "in-shipments")) }
        }
    };
    html! {
        section class="card" {
            header { h2 class="grow" { (t!(words, "lines-title")) } span class="saved" id="save-state" role="status" {} }
            (part.head(words))
            (part.table(words, &heads, |line| row(visit, detail.requisition.id, line, open)))
            @if is_sent { (bar(visit, detail)) }
        }
    }
}

/// The page.
pub(in crate::ui) async fn requisition(
    visit: Visit,
    Path(id): Path<DocumentId>,
    asked: Asked,
) -> Result<Response, Trouble> {
    show_part(&visit, &load(&visit, id, Side::Supplier)?, Side::Supplier, &asked, None)
}

/// Says how much of an item is given, as it is typed.
pub(in crate::ui) async fn give(
    visit: Visit,
    Path((id, item)): Path<(DocumentId, DocumentId)>,
    form: Form,
) -> Response {
    let result = async {
        let supply = Supply { supply: Some(typed(&visit, &form, "supply")?), note: None };
        visit.carry_out(move |txn, caller| requisition::supply(txn, caller, id, item, &supply)).await
    };
    trouble::cell(visit.words, result.await)
}

/// Gives what is asked for.
pub(in crate::ui) async fn give_as_requested(
    visit: Visit,
    Path(id): Path<DocumentId>,
) -> Result<Response, Trouble> {
    let all = LineSelection::default();
    let result =
        visit.carry_out(move |txn, caller| requisition::supply_as_requested(txn, caller, id, &all)).await;
    after(&visit, id, Side::Supplier, result, /*key*/ "toast-saved")
}

/// Settles what the customer would have otherwise.
pub(in crate::ui) async fn settle(
    visit: Visit,
    Path(path): Path<(DocumentId, DocumentId)>,
    form: Form,
) -> Result<Response, Trouble> {
    settle_amendment(&visit, path, Side::Supplier, &form).await
}

/// Approves it, or denies it.
pub(in crate::ui) async fn decide(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let approval = if form.raw("approval") == "denied" { Approval::Denied } else { Approval::Approved };
    let decision = Approve { approval, comment: None };
    let result = visit.carry_out(move |txn, caller| requisition::approve(txn, caller, id, &decision)).await;
    after(&visit, id, Side::Supplier, result, /*key*/ "toast-saved")
}

/// Makes a shipment of what remains, and goes there.
pub(in crate::ui) async fn ship(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let all = LineSelection::default();
    match visit.carry_out(move |txn, caller| requisition::ship(txn, caller, id, &all)).await {
        Ok(made) => {
            Ok(done(&format!("/outbound-shipments/{}", made.id), /*key*/ "toast-made", &made.number))
        }
        Err(problem) => show(&visit, &load(&visit, id, Side::Supplier)?, Side::Supplier, Some(&problem)),
    }
}

/// Closes it.
pub(in crate::ui) async fn finalise(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let result = visit.carry_out(move |txn, caller| requisition::finalise(txn, caller, id)).await;
    after(&visit, id, Side::Supplier, result, /*key*/ "toast-order-finalised")
}
