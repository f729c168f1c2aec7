//! The customer's page: a draft to write and send, then what became of it.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::query::requisitions::{RequisitionDetail, RequisitionLine};
use domain::reason::ReasonKind;
use domain::requisition::{self, AddLines, LineSelection, NewLine, Side, Status, UpdateLine};
use domain::shipment::End;
use domain::{Permission, query};
use maud::{Markup, html};

use super::part::Part;
use super::{
    after, amendment, grounds_cells, grounds_heads, item_cell, load, settle_amendment, show, show_part, typed,
};
use crate::error::Problem;
use crate::ui::form::{Asked, Form};
use crate::ui::icon::icon;
use crate::ui::layout::done;
use crate::ui::parts::empty;
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::t;

/// Reasons for asking for something else than is suggested.
fn variances(visit: &Visit) -> Result<Vec<(DocumentId, String)>, Trouble> {
    let rows = query::reference::reasons(&visit.read()?)?.into_iter();
    let wanted = rows.filter(|row| row.active && row.kind == ReasonKind::RequisitionVariance);
    Ok(wanted.map(|row| (row.id, row.text)).collect())
}

/// How the lines of an order are shown.
struct Sheet<'a> {
    visit: &'a Visit,
    detail: &'a RequisitionDetail,
    reasons: Vec<(DocumentId, String)>,
    /// Whether quantities can be typed: of what was sent, that amends it.
    open: bool,
}

impl Sheet<'_> {
    fn base(&self) -> String {
        format!("/internal-orders/{}", self.detail.requisition.id)
    }

    fn is_draft(&self) -> bool {
        self.detail.requisition.status == Status::Draft
    }

    /// Whether the customer itself settles what it would have otherwise: a partner cannot.
    fn settles(&self) -> bool {
        matches!(self.detail.requisition.supplier, End::Partner(_))
    }

    fn reason(&self, line: &RequisitionLine, url: &str) -> Markup {
        let words = self.visit.words;
        let chosen = line.reason;
        html! {
            @if self.open && self.is_draft() {
                select class="input small" id={ "w-" (line.item) } data-save=(url) data-field="reason" aria-label={ (t!(words, "reason")) " " (line.item_name) } {
                    option value="" selected[chosen.is_none()] { "—" }
                    @for (id, text) in &self.reasons { option value=(id) selected[chosen == Some(*id)] { (text) } }
                }
            } @else { (line.reason_text.as_deref().unwrap_or_default()) }
        }
    }

    fn row(&self, line: &RequisitionLine) -> Markup {
        let words = self.visit.words;
        let url = format!("{}/lines/{}", self.base(), line.item);
        let wish = line.amendment.unwrap_or(line.requested);
        html! {
            tr data-line=(line.item) data-item=(line.item) {
                td { (item_cell(line)) }
                (grounds_cells(words, line))
                td class="num" data-label=(t!(words, "requested")) {
                    @if self.open {
                        input class="input small quantity end" id={ "q-" (line.item) } name="requested" value=(words.input(wish)) inputmode="decimal" autocomplete="off"
                            data-save=(url) data-field="requested" aria-label={ (t!(words, "requested")) " " (line.item_name) };
                    } @else { (words.quantity(line.requested)) }
                    span data-live={ "am-" (line.item) } {
                        @if self.settles() { (amendment(words, line, &url, self.open)) }
                        @else if line.amendment.is_some() { span class="two t-warn" { (t!(words, "sent-was", quantity = words.quantity(line.requested))) } }
                    }
                }
                @if !self.reasons.is_empty() { td data-label=(t!(words, "reason")) { (self.reason(line, &url)) } }
                @if !self.is_draft() {
                    td class="num" data-label=(t!(words, "to-be-given")) data-live={ "s-" (line.item) } { (words.quantity(line.progress.supply)) @if let Some(note) = &line.supply_note { span class="two" { (note) } } }
                    td class="num" data-label=(t!(words, "has-left")) data-live={ "l-" (line.item) } { (words.quantity(line.progress.shipped)) }
                }
                td class="no-print num" {
                    @if self.open { form method="post" action={ (url) "/remove" } { button class="btn quiet" title=(t!(words, "remove")) { (icon("trash-2")) span class="visually-hidden" { (t!(words, "remove")) " " (line.item_name) } } } }
                }
            }
        }
    }

    fn heads(&self) -> Markup {
        let words = self.visit.words;
        html! {
            tr {
                th scope="col" { (t!(words, "item")) }
                (grounds_heads(words))
                th scope="col" class="num" { (t!(words, "requested")) }
                @if !self.reasons.is_empty() { th scope="col" { (t!(words, "reason")) } }
                @if !self.is_draft() { th scope="col" class="num" { (t!(words, "to-be-given")) } th scope="col" class="num" { (t!(words, "has-left")) } }
                th scope="col" class="no-print" { span class="visually-hidden" { (t!(words, "actions")) } }
            }
        }
    }

    fn add_form(&self) -> Markup {
        let words = self.visit.words;
        html! {
            details class="why pad no-print" {
                summary { (icon("plus")) (t!(words, "add-item")) }
                form class="row" method="post" action={ (self.base()) "/lines" } {
                    label class="visually-hidden" for="add-code" { (t!(words, "item-code")) }
                    input class="input fit" id="add-code" name="code" placeholder=(t!(words, "item-code")) required autocomplete="off";
                    label class="visually-hidden" for="add-requested" { (t!(words, "requested")) }
                    input class="input fit quantity" id="add-requested" name="requested" placeholder=(t!(words, "suggested")) inputmode="decimal" autocomplete="off";
                    button class="btn" { (icon("plus")) (t!(words, "add")) }
                }
            }
        }
    }

    fn bar(&self) -> Markup {
        let (words, base, visit) = (self.visit.words, self.base(), self.visit);
        let row = &self.detail.requisition;
        let sees_it_through = row.status == Status::Sent && self.settles();
        html! {
            @if self.is_draft() && self.open {
                div class="bar" {
                    @if visit.may(Permission::RequisitionSend) { form method="post" action={ (base) "/send" } data-confirm=(t!(words, "send-question", name = &self.detail.supplier_name)) { button class="btn primary" { (icon("truck")) (t!(words, "send-order")) } } }
                    @if !self.detail.line_details.is_empty() { form method="post" action={ (base) "/use-suggested" } { button class="btn" { (icon("check")) (t!(words, "use-suggested")) } } }
                    span class="end" {}
                    form method="post" action={ (base) "/discard" } data-confirm=(t!(words, "discard-question", number = &row.number)) { button class="btn danger" { (icon("trash-2")) (t!(words, "discard")) } }
                }
            } @else if sees_it_through && visit.may(Permission::RequisitionEdit) {
                div class="bar" { form method="post" action={ (base) "/finalise" } { button class="btn" { (icon("circle-check")) (t!(words, "finalise-order")) } } }
            }
        }
    }
}

pub(super) fn body(visit: &Visit, detail: &RequisitionDetail, part: &Part<'_>) -> Result<Markup, Trouble> {
    let words = visit.words;
    let open = visit.may(Permission::RequisitionEdit)
        && matches!(detail.requisition.status, Status::Draft | Status::Sent);
    let sheet = Sheet { visit, detail, reasons: variances(visit)?, open };
    Ok(html! {
        section class="card" {
            header { h2 class="grow" { (t!(words, "lines-title")) } span class="saved" id="save-state" role="status" {} }
            @if open && !sheet.is_draft() { p class="pad muted small no-print" { (t!(words, "amend-note")) } }
            @if detail.line_details.is_empty() { (empty("package", &t!(words, "no-lines"), &t!(words, "no-order-lines-text"), html! {})) }
            @else { (part.head(words)) (part.table(words, &sheet.heads(), |line| sheet.row(line))) }
            @if open { (sheet.add_form()) }
            (sheet.bar())
        }
    })
}

/// The page.
pub(in crate::ui) async fn order(
    visit: Visit,
    Path(id): Path<DocumentId>,
    asked: Asked,
) -> Result<Response, Trouble> {
    show_part(&visit, &load(&visit, id, Side::Customer)?, Side::Customer, &asked, None)
}

/// Changes a line, as it is typed.
pub(in crate::ui) async fn line(
    visit: Visit,
    Path((id, item)): Path<(DocumentId, DocumentId)>,
    form: Form,
) -> Response {
    let result = async {
        let requested = form.has("requested").then(|| typed(&visit, &form, "requested")).transpose()?;
        let update =
            UpdateLine { requested, reason: form.has("reason").then(|| form.id("reason")), note: None };
        visit.carry_out(move |txn, caller| requisition::update_line(txn, caller, id, item, &update)).await
    };
    trouble::cell(visit.words, result.await)
}

/// Settles an amendment of an order that a partner was asked for.
pub(in crate::ui) async fn settle_own(
    visit: Visit,
    Path(path): Path<(DocumentId, DocumentId)>,
    form: Form,
) -> Result<Response, Trouble> {
    settle_amendment(&visit, path, Side::Customer, &form).await
}

/// Adds a line by the item's code; without a quantity it asks for what is suggested.
pub(in crate::ui) async fn add(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let result = async {
        let found = query::items::by_code(&visit.state.snapshot()?, form.raw("code"))?;
        let item = found.ok_or_else(|| Problem::new("validation", "no item has this code").at("/code"))?.id;
        let requested = form.text("requested").map(|_| typed(&visit, &form, "requested")).transpose()?;
        let lines = AddLines { lines: vec![NewLine { item, requested }] };
        visit.carry_out(move |txn, caller| requisition::add_lines(txn, caller, id, &lines)).await
    };
    let result = result.await;
    after(&visit, id, Side::Customer, result, /*key*/ "toast-saved")
}

/// Strikes a line off.
pub(in crate::ui) async fn remove(
    visit: Visit,
    Path((id, item)): Path<(DocumentId, DocumentId)>,
) -> Result<Response, Trouble> {
    let result = visit.carry_out(move |txn, caller| requisition::remove_line(txn, caller, id, item)).await;
    after(&visit, id, Side::Customer, result, /*key*/ "toast-saved")
}

/// Has all lines ask for what is suggested.
pub(in crate::ui) async fn suggest(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let all = LineSelection::default();
    let result = visit.carry_out(move |txn, caller| requisition::use_suggested(txn, caller, id, &all)).await;
    after(&visit, id, Side::Customer, result, /*key*/ "toast-suggested")
}

/// Sends it.
pub(in crate::ui) async fn send(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let result = visit.carry_out(move |txn, caller| requisition::send(txn, caller, id)).await;
    after(&visit, id, Side::Customer, result, /*key*/ "toast-order-sent")
}

/// Throws it away.
pub(in crate::ui) async fn discard(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    match visit.carry_out(move |txn, caller| requisition::discard(txn, caller, id)).await {
        Ok(()) => Ok(done("/internal-orders", /*key*/ "toast-order-discarded", "")),
        Err(problem) => show(&visit, &load(&visit, id, Side::Customer)?, Side::Customer, Some(&problem)),
    }
}

/// Closes an order that a partner was asked for.
pub(in crate::ui) async fn finalise_order(
    visit: Visit,
    Path(id): Path<DocumentId>,
) -> Result<Response, Trouble> {
    let result = visit.carry_out(move |txn, caller| requisition::finalise(txn, caller, id)).await;
    after(&visit, id, Side::Customer, result, /*key*/ "toast-order-finalised")
}
