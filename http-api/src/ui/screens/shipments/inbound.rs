//! The receiver's end of a shipment.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::location::LocationRow;
use domain::query;
use domain::query::shipments::{LineDetail, ShipmentDetail};
use domain::shipment::{
    self, Direction, End, Receive, ReceiveLine, SetReceived, SetStatus, ShipmentKind, Status, UpdateLine,
    Verdict,
};
use domain::{Permission, Quantity};
use maud::{Markup, html};

use super::boxes::scan_box;
use super::{after, counts_boxes, item_cell, load, money, show, verdict_code};
use crate::error::Problem;
use crate::ui::form::Form;
use crate::ui::icon::icon;
use crate::ui::parts::{Tone, chip, empty, expiry, or_dash, row_ids};
use crate::ui::screens::items::count;
use crate::ui::screens::line::price_of;
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// Whether the receiver may say what arrived.
pub(super) fn receiving_open(detail: &ShipmentDetail) -> bool {
    let status = detail.shipment.status;
    let coming = status >= Status::Picked || matches!(detail.shipment.sender, End::Partner(_));
    coming && status < Status::Verified
}

/// How many units of a line should arrive.
pub(super) fn coming(line: &LineDetail) -> Quantity {
    if line.issued.is_positive() { line.issued } else { line.quantity }
}

struct Receiving<'a> {
    visit: &'a Visit,
    detail: &'a ShipmentDetail,
    locations: &'a [LocationRow],
    typed: &'a Form,
    problem: Option<&'a Problem>,
    /// Whether goods were taken into stock already: they are moved in the stock then, not here.
    received: bool,
    /// Whether prices are said here: of what a partner sends, until it is received.
    prices: bool,
}

impl Receiving<'_> {
    fn value(&self, field: &str, line: DocumentId, kept: String) -> String {
        let name = format!("{field}.{line}");
        if self.typed.has(&name) { self.typed.raw(&name).to_owned() } else { kept }
    }

    fn location_select(&self, line: &LineDetail) -> Markup {
        let words = self.visit.words;
        let chosen =
            self.value("location", line.id, line.location.map(|id| id.to_string()).unwrap_or_default());
        html! {
            select class="input small" id={ "l-" (line.id) } name={ "location." (line.id) } data-save=(self.url(line)) data-field="location" aria-label={ (t!(words, "location")) " " (line.item_name) } {
                option value="" selected[chosen.is_empty()] { "—" }
                @for place in self.locations { option value=(place.id) selected[place.id.to_string() == chosen] { (place.code) " · " (place.name) } }
            }
        }
    }

    fn verdict_select(&self, line: &LineDetail) -> Markup {
        let words = self.visit.words;
        let chosen = self.value("verdict", line.id, verdict_code(line.verdict).to_owned());
        html! {
            select class="input small" id={ "v-" (line.id) } name={ "verdict." (line.id) } data-save=(self.url(line)) data-field="verdict" aria-label={ (t!(words, "verdict")) " " (line.item_name) } {
                @for verdict in [Verdict::Pending, Verdict::Passed, Verdict::Rejected] {
                    option value=(verdict_code(verdict)) selected[verdict_code(verdict) == chosen] { (words.code("verdict", verdict_code(verdict))) }
                }
            }
        }
    }

    /// In which packs the receiver keeps it, below what arrived.
    fn pack_input(&self, line: &LineDetail) -> Markup {
        let words = self.visit.words;
        let size = line.received_pack_size.unwrap_or(line.pack_size);
        html! {
            details class="two no-print" {
                summary { (t!(words, "pack-size")) " " (size) }
                input class="input small fit" size="5" id={ "s-" (line.id) } value=(size) inputmode="numeric" autocomplete="off" data-save=(self.url(line)) data-field="pack"
                    aria-label={ (t!(words, "pack-size")) " " (line.item_name) };
            }
        }
    }

    /// What a pack cost, below what the line is worth: said here of what a partner sends.
    fn price_input(&self, line: &LineDetail) -> Markup {
        let words = self.visit.words;
        let value = line.price.map(|price| words.price(price)).unwrap_or_default();
        html! {
            input class="input small end no-print" id={ "p-" (line.id) } value=(value) inputmode="decimal" autocomplete="off" placeholder=(t!(words, "price-of-pack"))
                data-save=(self.url(line)) data-field="price" aria-label={ (t!(words, "price-of-pack")) " " (line.item_name) };
        }
    }

    fn url(&self, line: &LineDetail) -> String {
        format!("/inbound-shipments/{}/lines/{}", self.detail.shipment.id, line.id)
    }

    fn row(&self, at: usize, line: &LineDetail) -> Markup {
        let words = self.visit.words;
        let expected = coming(line);
        let quantity = self.value("received", line.id, words.input(line.received.unwrap_or(expected)));
        let note = self.value("note", line.id, line.received_note.clone().unwrap_or_default());
        let error = self.problem.filter(|problem| {
            problem.errors.iter().any(|error| error.pointer.starts_with(&format!("/lines/{at}/")))
        });
        html! {
            tr id={ "row-" (line.id) } data-item=(line.item) data-batch=(line.batch.as_deref().unwrap_or_default()) {
                td { (item_cell(line)) }
                td class="nowrap" data-label=(t!(words, "batch")) { (or_dash(line.batch.as_deref())) span class="two" { (expiry(words, line.expiry, self.visit.today())) } }
                td class="num" data-label=(t!(words, "sent")) data-live={ "e-" (line.id) } { (words.quantity(expected)) }
                td data-label=(t!(words, "received")) {
                    input class="input small quantity" id={ "r-" (line.id) } name={ "received." (line.id) } value=(quantity) inputmode="decimal" autocomplete="off"
                        data-save=(self.url(line)) data-field="quantity" aria-label={ (t!(words, "received")) " " (line.item_name) } aria-invalid=[error.map(|_| "true")];
                    @if !self.received { (self.pack_input(line)) }
                    @if let Some(problem) = error { div class="error" { (icon("triangle-alert")) span { (trouble::message(words, problem)) } } }
                }
                td class="num wide-only" data-label=(t!(words, "value")) {
                    span data-live={ "v-" (line.id) } { (money(words, line.received_value.or(line.value))) }
                    @if self.prices { (self.price_input(line)) }
                }
                td data-label=(t!(words, "location")) { @if self.received { (or_dash(line.location_code.as_deref())) } @else { (self.location_select(line)) } }
                td data-label=(t!(words, "verdict")) { (self.verdict_select(line)) (give_back(self.visit, line, self.detail)) }
                td data-label=(t!(words, "note")) {
                    input class="input small" id={ "n-" (line.id) } name={ "note." (line.id) } value=(note) placeholder=(t!(words, "discrepancy-note")) autocomplete="off"
                        data-save=(self.url(line)) data-field="note" aria-label={ (t!(words, "discrepancy-note")) " " (line.item_name) };
                }
            }
        }
    }
}

/// The way to give a line back that was rejected, or of which more came than was sent; and what goes back already.
fn give_back(visit: &Visit, line: &LineDetail, detail: &ShipmentDetail) -> Markup {
    let words = visit.words;
    let id = detail.shipment.id;
    let beyond = line.received.is_some_and(|received| received > line.issued);
    let differs = line.verdict == Verdict::Rejected || beyond;
    let taken = detail.shipment.status >= Status::Received && detail.shipment.kind == ShipmentKind::Regular;
    html! {
        @if line.given_back.is_positive() { span class="two" { (t!(words, "goes-back", quantity = words.quantity(line.given_back))) } }
        @if taken && differs && visit.may(Permission::Returns) {
            a class="btn quiet no-print" href={ "/supplier-returns/new?shipment=" (id) "&line=" (line.id) } { (icon("undo-2")) (t!(words, "give-back")) }
        }
    }
}

fn settled_row(visit: &Visit, line: &LineDetail, detail: &ShipmentDetail) -> Markup {
    let words = visit.words;
    html! {
        tr {
            td { (item_cell(line)) }
            td class="nowrap" data-label=(t!(words, "batch")) { (or_dash(line.batch.as_deref())) span class="two" { (expiry(words, line.expiry, visit.today())) } }
            td class="num" data-label=(t!(words, "sent")) data-live={ "e-" (line.id) } { (words.quantity(coming(line))) }
            td class="num strong" data-label=(t!(words, "received")) data-live={ "r-" (line.id) } { @match line.received { Some(quantity) => (words.quantity(quantity)), None => (or_dash(None)) } @if line.discrepancy { " " (chip(Tone::Warn, "flag", &t!(words, "differs"))) } }
            td class="num wide-only" data-label=(t!(words, "value")) data-live={ "v-" (line.id) } { (money(words, line.received_value.or(line.value))) }
            td data-label=(t!(words, "location")) { (or_dash(line.location_code.as_deref())) }
            td data-label=(t!(words, "verdict")) { (words.code("verdict", verdict_code(line.verdict))) (give_back(visit, line, detail)) }
            td data-label=(t!(words, "note")) { (or_dash(line.received_note.as_deref())) }
        }
    }
}

pub(super) fn body(
    visit: &Visit,
    detail: &ShipmentDetail,
    may: bool,
    typed: &Form,
    problem: Option<&Problem>,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let shipment = &detail.shipment;
    let locations = query::reference::locations(&visit.read()?, own.id)?;
    let open = may && receiving_open(detail) && !shipment.on_hold;
    let received = shipment.status >= Status::Received;
    let lines: Vec<&LineDetail> = detail.line_details.iter().filter(|line| !line.placeholder).collect();
    let base = format!("/inbound-shipments/{}", shipment.id);
    let may_verify = visit.may(Permission::InboundVerify) && received && shipment.status < Status::Verified;
    let partner_sends = matches!(shipment.sender, End::Partner(_));
    let prices = partner_sends && !received;
    let receiving = Receiving { visit, detail, locations: &locations, typed, problem, received, prices };
    Ok(html! {
        @if counts_boxes(detail, Direction::Inbound, may) { (scan_box(words, Direction::Inbound, shipment.id)) }
        form class="card" method="post" action={ (base) "/receive" } {
            header { h2 class="grow" { (t!(words, "lines-title")) } span class="saved" id="save-state" role="status" {} }
            @if lines.is_empty() { (empty("package", &t!(words, "no-lines"), &t!(words, "no-lines-text"), html! {})) }
            @else {
                div class="scroll" id="rows" data-rows=(row_ids(lines.iter().map(|line| line.id))) { table class="cards" {
                    thead { tr {
                        th scope="col" { (t!(words, "item")) } th scope="col" { (t!(words, "batch")) }
                        th scope="col" class="num" { (t!(words, "sent")) } th scope="col" class={ @if !open { "num" } @else { "w-quantity" } } { (t!(words, "received")) }
                        th scope="col" class="num wide-only" { (t!(words, "value")) }
                        th scope="col" class={ @if open && !received { "w-choice" } } { (t!(words, "location")) } th scope="col" class={ @if open { "w-choice" } } { (t!(words, "verdict")) } th scope="col" class={ @if open { "w-note" } } { (t!(words, "note")) }
                    } }
                    tbody { @for (at, line) in lines.iter().enumerate() { @if open { (receiving.row(at, line)) } @else { (settled_row(visit, line, detail)) } } }
                    tfoot { tr { td colspan="4" class="strong" { (t!(words, "total")) } td class="num strong wide-only" data-live="total" { (money(words, if received { detail.received_value } else { shipment.value })) } td colspan="3" {} } }
                } }
            }
            @if open || may_verify || (may && partner_sends && shipment.status < Status::Received) {
                div class="bar" {
                    @if open && !received { button class="btn primary big" data-last { (icon("package-check")) (t!(words, "do-receive")) } }
                    @if open && received { button class="btn" data-last { (icon("check")) (t!(words, "save")) } }
                    @if open && matches!(shipment.status, Status::Picked | Status::Shipped) { button class="btn" formaction={ (base) "/delivered" } { (t!(words, "do-delivered")) } }
                    @if may_verify { button class="btn primary" formaction={ (base) "/verify" } { (icon("circle-check")) (t!(words, "do-verify")) } }
                    @if may && partner_sends && shipment.status < Status::Received {
                        button class="btn danger" formaction={ (base) "/cancel" } formnovalidate { (icon("ban")) (t!(words, "cancel-shipment")) }
                        button class="btn quiet" formaction={ (base) "/hold" } formnovalidate name="hold" value=(if shipment.on_hold { "no" } else { "yes" }) { @if shipment.on_hold { (t!(words, "release")) } @else { (icon("pause")) (t!(words, "hold")) } }
                    }
                    span class="muted small" { @if received { (t!(words, "received-note")) } @else { (t!(words, "receive-note")) } }
                }
            }
        }
    })
}

/// The receiver's page.
pub(in crate::ui) async fn inbound(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    show(&visit, &load(&visit, id, Direction::Inbound)?, Direction::Inbound, None, &Form::default())
}

fn verdict_of(text: &str) -> Option<Verdict> {
    [Verdict::Pending, Verdict::Passed, Verdict::Rejected]
        .into_iter()
        .find(|verdict| verdict_code(*verdict) == text)
}

/// The lines of the form, in the order of the page.
fn received_lines(words: Words, form: &Form) -> Result<Vec<ReceiveLine>, Problem> {
    let lines = form.ids_of("received").into_iter().enumerate().map(|(at, line)| {
        let field = |name: &str| format!("{name}.{line}");
        Ok(ReceiveLine {
            line,
            quantity: Some(form.quantity(words, &field("received"), &format!("/lines/{at}/quantity"))?),
            location: form.id(&field("location")),
            verdict: verdict_of(form.raw(&field("verdict"))),
            note: form.owned(&field("note")),
        })
    });
    lines.collect()
}

/// Takes the goods into stock; after that, corrects what was said to have arrived.
pub(in crate::ui) async fn inbound_receive(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let result = match received_lines(visit.words, &form) {
        Ok(lines) => {
            visit.carry_out(move |txn, caller| shipment::receive(txn, caller, id, &Receive { lines })).await
        }
        Err(problem) => Err(problem),
    };
    after(&visit, id, Direction::Inbound, result, &form, /*key*/ "toast-received")
}

/// Notes that the goods stand at the door.
pub(in crate::ui) async fn inbound_delivered(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let delivered = SetStatus { status: Status::Delivered };
    let result = visit.carry_out(move |txn, caller| shipment::set_status(txn, caller, id, &delivered)).await;
    after(&visit, id, Direction::Inbound, result, &form, /*key*/ "toast-status")
}

/// Checks the goods and closes the shipment.
pub(in crate::ui) async fn inbound_verify(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let result = visit.carry_out(move |txn, caller| shipment::verify(txn, caller, id)).await;
    after(&visit, id, Direction::Inbound, result, &form, /*key*/ "toast-verified")
}

/// Calls off goods of a partner.
pub(in crate::ui) async fn inbound_cancel(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let result = visit.carry_out(move |txn, caller| shipment::cancel(txn, caller, id)).await;
    after(&visit, id, Direction::Inbound, result, &form, /*key*/ "toast-cancelled")
}

/// Says what arrived of a line, as it is typed.
pub(in crate::ui) async fn inbound_line_save(
    visit: Visit,
    Path((id, line)): Path<(DocumentId, DocumentId)>,
    form: Form,
) -> Result<Response, Trouble> {
    let result = async {
        if form.has("price") {
            let price = Some(price_of(visit.words, &form, "price")?);
            let update = UpdateLine { price, ..UpdateLine::default() };
            return visit
                .carry_out(move |txn, caller| shipment::update_line(txn, caller, id, line, &update))
                .await;
        }
        let text = |name: &str| form.has(name).then(|| form.owned(name));
        let command = SetReceived {
            quantity: form
                .has("quantity")
                .then(|| form.quantity(visit.words, "quantity", "/quantity"))
                .transpose()?,
            location: form.has("location").then(|| form.id("location")),
            verdict: verdict_of(form.raw("verdict")),
            note: text("note"),
            pack_size: form.has("pack").then(|| pack_size(&form)).transpose()?,
        };
        visit.carry_out(move |txn, caller| shipment::set_received(txn, caller, id, line, &command)).await
    };
    match result.await {
        Ok(()) => super::boxes::saved(&visit, id, line),
        Err(problem) => Ok(trouble::cell(visit.words, Err(problem))),
    }
}

/// Units per pack as they were typed; none is as it was sent.
fn pack_size(form: &Form) -> Result<Option<u32>, Problem> {
    count(form, "pack").map_err(|_| Problem::new("validation", "this is not a number").at("/packSize"))
}
