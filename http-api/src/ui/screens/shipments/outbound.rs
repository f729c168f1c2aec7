//! The sender's end of a shipment.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::query;
use domain::query::shipments::{LineDetail, ShipmentDetail};
use domain::reason::ReasonRow;
use domain::shipment::{
    self, Allocate, Direction, SetChecked, SetStatus, SettleLine, ShipmentKind, Status, UpdateLine,
};
use maud::{Markup, html};

use super::boxes::scan_box;
use super::{after, counts_boxes, hold_button, item_cell, load, money, return_reasons, show};
use crate::error::Problem;
use crate::ui::form::Form;
use crate::ui::icon::icon;
use crate::ui::parts::{Tone, chip, empty, expiry, or_dash, row_ids};
use crate::ui::screens::issue::item_line;
use crate::ui::screens::line::price_of;
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::t;

fn outbound_next(status: Status) -> &'static [Status] {
    match status {
        Status::New => &[Status::Allocated, Status::Picked, Status::Shipped],
        Status::Allocated => &[Status::Picked, Status::Shipped],
        Status::Picked => &[Status::Shipped],
        _ => &[],
    }
}

/// How the lines of an outbound shipment are shown.
struct Lines<'a> {
    visit: &'a Visit,
    detail: &'a ShipmentDetail,
    reasons: &'a [ReasonRow],
    may: bool,
    /// Whether quantities and reasons can be changed here.
    editable: bool,
    /// Whether prices can, and whether boxes are checked: until the goods have left.
    open: bool,
}

impl Lines<'_> {
    fn url(&self, line: &LineDetail) -> String {
        format!("/outbound-shipments/{}/lines/{}", self.detail.shipment.id, line.id)
    }

    /// A cell that saves itself.
    fn input(
        &self,
        line: &LineDetail,
        id: &str,
        field: &str,
        label: &str,
        value: &str,
        counts: bool,
    ) -> Markup {
        html! {
            input class={ "input small end" @if counts { " quantity" } @else { " num" } } id={ (id) "-" (line.id) } name=(field) value=(value) inputmode="decimal" autocomplete="off"
                data-save=(self.url(line)) data-field=(field) aria-label={ (label) " " (line.item_name) " " (line.batch.as_deref().unwrap_or_default()) };
        }
    }

    fn quantity(&self, line: &LineDetail) -> Markup {
        let words = self.visit.words;
        if self.editable && !line.removed {
            return self.input(
                line,
                "q",
                "quantity",
                &t!(words, "quantity"),
                &words.input(line.quantity),
                true,
            );
        }
        let left = if line.issued.is_positive() { line.issued } else { line.quantity };
        html! { span data-live={ "q-" (line.id) } { (words.quantity(left)) } }
    }

    /// How much was checked against the boxes, beside the quantity it is compared with.
    fn checked(&self, line: &LineDetail) -> Markup {
        let words = self.visit.words;
        if !self.open || line.placeholder || line.removed {
            return html! { span data-live={ "k-" (line.id) } { @if line.checked.is_positive() { (words.quantity(line.checked)) } @else { (or_dash(None)) } } };
        }
        html! {
            (self.input(line, "k", "checked", &t!(words, "checked-boxes"), &words.input(line.checked), true))
            span data-live={ "kc-" (line.id) } data-quiet { (check_mark(self.visit, line)) }
        }
    }

    fn price(&self, line: &LineDetail) -> Markup {
        let words = self.visit.words;
        match self.open && !line.removed {
            true => {
                let value = line.price.map(|price| words.price(price)).unwrap_or_default();
                self.input(line, "p", "price", &t!(words, "price-of-pack"), &value, false)
            }
            false => html! { span data-live={ "p-" (line.id) } { (money(words, line.price)) } },
        }
    }

    fn reason(&self, line: &LineDetail) -> Markup {
        let words = self.visit.words;
        let chosen = line.reason;
        html! {
            select class="input small" id={ "y-" (line.id) } name="reason" data-save=(self.url(line)) data-field="reason" aria-label={ (t!(words, "reason")) " " (line.item_name) } {
                option value="" selected[chosen.is_none()] { (t!(words, "choose")) }
                @for reason in self.reasons { option value=(reason.id) selected[chosen == Some(reason.id)] { (reason.text) } }
            }
        }
    }

    fn row(&self, line: &LineDetail) -> Markup {
        let words = self.visit.words;
        html! {
            tr id={ "row-" (line.id) } data-item=(line.item) data-batch=(line.batch.as_deref().unwrap_or_default()) class={ @if line.removed { "is-held" } } {
                td { (item_cell(line)) @if self.editable && !self.reasons.is_empty() { (self.reason(line)) } }
                td class="nowrap" data-label=(t!(words, "batch")) { @if line.placeholder { (chip(Tone::Warn, "hourglass", &t!(words, "no-batch-yet"))) } @else { (or_dash(line.batch.as_deref())) } span class="two" { (expiry(words, line.expiry, self.visit.today())) } }
                td class="num" data-label=(t!(words, "quantity")) { (self.quantity(line)) }
                td class="num no-print" data-label=(t!(words, "checked-boxes")) { (self.checked(line)) }
                td class="num" data-label=(t!(words, "price-of-pack")) { (self.price(line)) span class="two" { "/ " (line.pack_size) } }
                td class="num" data-label=(t!(words, "value")) data-live={ "v-" (line.id) } { (money(words, line.value)) }
                td class="num" data-label=(t!(words, "received")) data-live={ "r-" (line.id) } {
                    @match line.received { Some(received) => (words.quantity(received)), None => (or_dash(None)) }
                    @if line.discrepancy { " " (chip(Tone::Warn, "flag", &t!(words, "differs"))) @if let Some(note) = &line.received_note { span class="two" { (note) } } }
                }
                td class="no-print" { (self.acts(line)) }
            }
        }
    }

    fn acts(&self, line: &LineDetail) -> Markup {
        let (words, base) = (self.visit.words, self.url(line));
        html! {
            div class="row" {
                @if let Some(wish) = line.late_amendment {
                    span class="chip bad" { (icon("flag")) (t!(words, "late-amendment", quantity = words.quantity(wish))) }
                    @if self.may {
                        form method="post" action={ (base) "/settle" } class="row" {
                            button class="btn quiet" name="accept" value="yes" { (t!(words, "late-accept")) }
                            button class="btn quiet" name="accept" value="no" { (t!(words, "late-reject", quantity = words.quantity(line.issued))) }
                        }
                    }
                }
                @if line.discrepancy && self.may { form method="post" action={ (base) "/acknowledge" } { button class="btn quiet" { (icon("check")) (t!(words, "seen")) } } }
                @if self.editable && !line.removed {
                    form method="post" action={ (base) "/remove" } { button class="btn quiet" title=(t!(words, "remove")) { (icon("trash-2")) span class="visually-hidden" { (t!(words, "remove")) " " (line.item_name) } } }
                }
            }
        }
    }
}

/// Whether what was checked is what is to leave.
pub(super) fn check_mark(visit: &Visit, line: &LineDetail) -> Markup {
    let words = visit.words;
    let expected = if line.issued.is_positive() { line.issued } else { line.quantity };
    html! {
        @if line.checked == expected { (chip(Tone::Good, "check", &t!(words, "all-checked"))) }
        @else if line.checked > expected { (chip(Tone::Bad, "triangle-alert", &t!(words, "too-many"))) }
    }
}

/// Whether the sender may still change lines.
fn lines_open(status: Status) -> bool {
    matches!(status, Status::New | Status::Allocated)
}

fn outbound_actions(visit: &Visit, detail: &ShipmentDetail) -> Markup {
    let words = visit.words;
    let shipment = &detail.shipment;
    let base = format!("/outbound-shipments/{}", shipment.id);
    let next = outbound_next(shipment.status);
    html! {
        @if !next.is_empty() || lines_open(shipment.status) {
            div class="bar" {
                @if shipment.placeholders > 0 && lines_open(shipment.status) {
                    form method="post" action={ (base) "/allocate" } { button class="btn" { (icon("boxes")) (t!(words, "choose-batches")) } }
                }
                @for (at, status) in next.iter().enumerate() {
                    form method="post" action={ (base) "/status" } { button class={ "btn" @if at == 0 { " primary" } } name="status" value=(status.code()) { (words.code("do-status", status.code())) } }
                }
                span class="end" {}
                form method="post" action={ (base) "/hold" } { (hold_button(words, shipment.on_hold)) }
                @if lines_open(shipment.status) {
                    form method="post" action={ (base) "/cancel" } data-confirm=(t!(words, "cancel-question", number = &shipment.number)) { button class="btn danger" { (icon("ban")) (t!(words, "cancel-shipment")) } }
                }
            }
        }
    }
}

pub(super) fn body(visit: &Visit, detail: &ShipmentDetail, may: bool) -> Result<Markup, Trouble> {
    let words = visit.words;
    let shipment = &detail.shipment;
    let is_return = shipment.kind == ShipmentKind::Return;
    let editable = may && lines_open(shipment.status) && !shipment.on_hold;
    let open = may && shipment.status < Status::Shipped && !shipment.on_hold;
    let reasons = if is_return { return_reasons(visit)? } else { Vec::new() };
    let lines = Lines { visit, detail, reasons: &reasons, may, editable, open };
    Ok(html! {
        @if counts_boxes(detail, Direction::Outbound, may) { (scan_box(words, Direction::Outbound, shipment.id)) }
        section class="card" {
            header { h2 class="grow" { (t!(words, "lines-title")) } span class="saved" id="save-state" role="status" {} }
            @if detail.line_details.is_empty() { (empty("package", &t!(words, "no-lines"), &t!(words, "no-lines-text"), html! {})) }
            @else {
                div class="scroll" id="rows" data-rows=(row_ids(detail.line_details.iter().map(|line| line.id))) { table class="cards" {
                    thead { tr {
                        th scope="col" { (t!(words, "item")) } th scope="col" { (t!(words, "batch")) }
                        th scope="col" class="num w-quantity" { (t!(words, "quantity")) } th scope="col" class="num w-quantity no-print" { (t!(words, "checked-boxes")) }
                        th scope="col" class="num w-quantity" { (t!(words, "price-of-pack")) } th scope="col" class="num" { (t!(words, "value")) }
                        th scope="col" class="num" { (t!(words, "received")) } th scope="col" class="no-print" { span class="visually-hidden" { (t!(words, "actions")) } }
                    } }
                    tbody { @for line in &detail.line_details { (lines.row(line)) } }
                    tfoot { tr { td colspan="5" class="strong" { (t!(words, "total")) } td class="num strong" data-live="total" { (money(words, shipment.value)) } td colspan="2" {} } }
                } }
            }
            @if editable && !is_return { (add_line_form(visit, shipment.id)) }
            @if may { (outbound_actions(visit, detail)) }
        }
    })
}

fn add_line_form(visit: &Visit, id: DocumentId) -> Markup {
    let words = visit.words;
    html! {
        details class="why pad no-print" {
            summary { (icon("plus")) (t!(words, "add-item")) }
            form class="row" method="post" action={ "/outbound-shipments/" (id) "/lines" } {
                label class="visually-hidden" for="add-code" { (t!(words, "item-code")) }
                input class="input fit" id="add-code" name="code" placeholder=(t!(words, "item-code")) required autocomplete="off";
                label class="visually-hidden" for="add-quantity" { (t!(words, "quantity")) }
                input class="input fit quantity" id="add-quantity" name="quantity" placeholder=(t!(words, "quantity")) inputmode="decimal" required autocomplete="off";
                button class="btn" { (icon("plus")) (t!(words, "add")) }
            }
        }
    }
}

/// The sender's page.
pub(in crate::ui) async fn outbound(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    show(&visit, &load(&visit, id, Direction::Outbound)?, Direction::Outbound, None, &Form::default())
}

fn status_of(form: &Form) -> Result<Status, Problem> {
    let wanted = Status::WAY.into_iter().find(|status| status.code() == form.raw("status"));
    wanted.ok_or_else(|| Problem::new("validation", "no such status").at("/status"))
}

/// Takes it to a status.
pub(in crate::ui) async fn outbound_status(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let result = match status_of(&form) {
        Ok(status) => {
            visit
                .carry_out(move |txn, caller| shipment::set_status(txn, caller, id, &SetStatus { status }))
                .await
        }
        Err(problem) => Err(problem),
    };
    after(&visit, id, Direction::Outbound, result, &form, /*key*/ "toast-status")
}

/// Chooses batches for the lines that have none.
pub(in crate::ui) async fn outbound_allocate(
    visit: Visit,
    Path(id): Path<DocumentId>,
) -> Result<Response, Trouble> {
    let result = visit
        .carry_out(move |txn, caller| shipment::allocate(txn, caller, id, &Allocate::default()).map(|_| ()))
        .await;
    after(&visit, id, Direction::Outbound, result, &Form::default(), /*key*/ "toast-allocated")
}

/// Calls it off.
pub(in crate::ui) async fn outbound_cancel(
    visit: Visit,
    Path(id): Path<DocumentId>,
) -> Result<Response, Trouble> {
    let result = visit.carry_out(move |txn, caller| shipment::cancel(txn, caller, id)).await;
    after(&visit, id, Direction::Outbound, result, &Form::default(), /*key*/ "toast-cancelled")
}

/// Deals with a cancellation that came too late.
pub(in crate::ui) async fn outbound_settle_cancel(
    visit: Visit,
    Path(id): Path<DocumentId>,
) -> Result<Response, Trouble> {
    let result = visit.carry_out(move |txn, caller| shipment::settle_cancel(txn, caller, id)).await;
    after(&visit, id, Direction::Outbound, result, &Form::default(), /*key*/ "toast-settled")
}

/// Adds a line by the item's code.
pub(in crate::ui) async fn outbound_add(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let result = async {
        let found = query::items::by_code(&visit.state.snapshot()?, form.raw("code"))?;
        let item = found.ok_or_else(|| Problem::new("validation", "no item has this code").at("/code"))?;
        let line = item_line(item.id, form.quantity(visit.words, "quantity", "/quantity")?);
        visit.carry_out(move |txn, caller| shipment::add_line(txn, caller, id, &line).map(|_| ())).await
    };
    let result = result.await;
    after(&visit, id, Direction::Outbound, result, &form, /*key*/ "toast-saved")
}

/// Changes a cell of a line, as it is typed.
pub(in crate::ui) async fn outbound_line_save(
    visit: Visit,
    Path((id, line)): Path<(DocumentId, DocumentId)>,
    form: Form,
) -> Result<Response, Trouble> {
    let result = async {
        if form.has("checked") {
            let command = SetChecked { quantity: form.quantity(visit.words, "checked", "/checked")? };
            return visit
                .carry_out(move |txn, caller| shipment::set_checked(txn, caller, id, line, &command))
                .await;
        }
        let quantity = form.has("quantity").then(|| form.quantity(visit.words, "quantity", "/quantity"));
        let price = form.has("price").then(|| price_of(visit.words, &form, "price"));
        let update = UpdateLine {
            quantity: quantity.transpose()?,
            price: price.transpose()?,
            reason: form.has("reason").then(|| form.id("reason")),
            ..UpdateLine::default()
        };
        visit.carry_out(move |txn, caller| shipment::update_line(txn, caller, id, line, &update)).await
    };
    match result.await {
        Ok(()) => super::boxes::saved(&visit, id, line),
        Err(problem) => Ok(trouble::cell(visit.words, Err(problem))),
    }
}

/// Strikes a line off.
pub(in crate::ui) async fn outbound_remove(
    visit: Visit,
    Path((id, line)): Path<(DocumentId, DocumentId)>,
) -> Result<Response, Trouble> {
    let result = visit.carry_out(move |txn, caller| shipment::remove_line(txn, caller, id, line)).await;
    after(&visit, id, Direction::Outbound, result, &Form::default(), /*key*/ "toast-saved")
}

/// Settles a late amendment.
pub(in crate::ui) async fn outbound_settle(
    visit: Visit,
    Path((id, line)): Path<(DocumentId, DocumentId)>,
    form: Form,
) -> Result<Response, Trouble> {
    let settle = SettleLine { accept: form.raw("accept") == "yes" };
    let result =
        visit.carry_out(move |txn, caller| shipment::settle_line(txn, caller, id, line, &settle)).await;
    after(&visit, id, Direction::Outbound, result, &form, /*key*/ "toast-settled")
}

/// Notes that the sender has seen a discrepancy.
pub(in crate::ui) async fn outbound_acknowledge(
    visit: Visit,
    Path((id, line)): Path<(DocumentId, DocumentId)>,
) -> Result<Response, Trouble> {
    let result = visit.carry_out(move |txn, caller| shipment::acknowledge(txn, caller, id, line)).await;
    after(&visit, id, Direction::Outbound, result, &Form::default(), /*key*/ "toast-settled")
}
