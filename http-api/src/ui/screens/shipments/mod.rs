//! Shipments from both ends: lists, the document with its way, and what each end may do with it.

mod boxes;
mod inbound;
mod outbound;
mod paper;
mod returns;

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_store::DocumentId;
use domain::query::shipments::{
    self, LineDetail, ShipmentDetail, ShipmentFilter, ShipmentListRow, ShipmentPart,
};
use domain::reason::{ReasonKind, ReasonRow};
use domain::shipment::{self, Direction, End, ShipmentKind, Status, UpdateShipment, Verdict};
use domain::{Money, Permission, Quantity};
use maud::{Markup, html};

pub(in crate::ui) use boxes::{scan_in, scan_out};
pub(in crate::ui) use inbound::{
    inbound, inbound_cancel, inbound_delivered, inbound_line_save, inbound_receive, inbound_verify,
};
pub(in crate::ui) use outbound::{
    outbound, outbound_acknowledge, outbound_add, outbound_allocate, outbound_cancel, outbound_line_save,
    outbound_remove, outbound_settle, outbound_settle_cancel, outbound_status,
};
pub(in crate::ui) use paper::{pick_list, received_note, voucher};
pub(in crate::ui) use returns::{
    batch_line, batches, customer_return, make_customer_return, make_supplier_return, supplier_return,
};

use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup;
use crate::ui::parts::{
    Tone, below, chip, empty, facets, fact, narrowed, or_dash, pager, row_ids, search, signatures, stamp,
    title,
};
use crate::ui::sheets::{all_shown, export_and};
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// Where the pages of a direction are.
const fn path_of(direction: Direction) -> &'static str {
    match direction {
        Direction::Outbound => "/outbound-shipments",
        Direction::Inbound => "/inbound-shipments",
    }
}

const fn section_of(direction: Direction) -> Section {
    match direction {
        Direction::Outbound => Section::Outbound,
        Direction::Inbound => Section::Inbound,
    }
}

fn name_of(words: Words, direction: Direction) -> String {
    match direction {
        Direction::Outbound => t!(words, "nav-outbound"),
        Direction::Inbound => t!(words, "nav-inbound"),
    }
}

/// A status as a chip.
pub(in crate::ui) fn status_chip(words: Words, status: Status) -> Markup {
    let (tone, drawing) = match status {
        Status::New | Status::Allocated => (Tone::Calm, "file-text"),
        Status::Picked => (Tone::Accent, "boxes"),
        Status::Shipped => (Tone::Accent, "truck"),
        Status::Delivered => (Tone::Warn, "package-check"),
        Status::Received => (Tone::Good, "check"),
        Status::Verified => (Tone::Good, "circle-check"),
        Status::Cancelled => (Tone::Calm, "ban"),
    };
    chip(tone, drawing, &words.code("status", status.code()))
}

fn return_chip(words: Words) -> Markup {
    chip(Tone::Warn, "undo-2", &t!(words, "kind-return"))
}

/// The rows of a list.
pub(in crate::ui) fn table(visit: &Visit, rows: &[ShipmentListRow], direction: Direction) -> Markup {
    let words = visit.words;
    html! {
        div class="scroll" { table {
            thead { tr {
                th scope="col" { (t!(words, "number")) }
                th scope="col" class="phone-hide" { @if direction == Direction::Outbound { (t!(words, "to")) } @else { (t!(words, "from")) } }
                th scope="col" { (t!(words, "status")) }
                th scope="col" class="num phone-hide" { (t!(words, "lines-title")) }
                th scope="col" class="num wide-only" { (t!(words, "value")) }
                th scope="col" class="phone-hide" { (t!(words, "since")) }
                th scope="col" class="wide-only" { (t!(words, "reference")) }
            } }
            tbody { @for row in rows {
                @let shipment = &row.shipment;
                tr {
                    td {
                        a class="row-link nowrap" href={ (path_of(direction)) "/" (shipment.id) } { (shipment.number) }
                        (below(html! { (row.other_name) " · " (words.brief_instant(shipment.status_at)) }))
                    }
                    td class="phone-hide" { (row.other_name) }
                    td { span data-live={ "st-" (shipment.id) } { (status_chip(words, shipment.status)) @if shipment.kind == ShipmentKind::Return { " " (return_chip(words)) } @if shipment.on_hold { " " (chip(Tone::Warn, "pause", &t!(words, "on-hold"))) } @if shipment.cancel_requested { " " (chip(Tone::Bad, "flag", &t!(words, "cancel-requested"))) } } }
                    td class="num phone-hide" { @if shipment.placeholders > 0 { span class="t-warn small" { (t!(words, "without-batch", n = shipment.placeholders)) } " · " } (shipment.lines) }
                    td class="num wide-only" { (or_dash(shipment.value.map(|value| words.price(value)).as_deref())) }
                    td class="phone-hide nowrap" { (words.brief_instant(shipment.status_at)) }
                    td class="wide-only" { (or_dash(shipment.reference.as_deref())) }
                }
            } }
        } }
    }
}

/// The buttons of a list that make something.
fn makers(visit: &Visit, direction: Direction) -> Markup {
    let words = visit.words;
    let returns = visit.may(Permission::Returns);
    match direction {
        Direction::Outbound => html! {
            @if returns { a class="btn" href="/supplier-returns/new" { (icon("undo-2")) (t!(words, "supplier-return")) } }
            @if visit.may(Permission::OutboundEdit) { a class="btn primary" href="/issue" { (icon("plus")) (t!(words, "new-outbound")) } }
        },
        Direction::Inbound => html! {
            @if returns { a class="btn" href="/customer-returns/new" { (icon("undo-2")) (t!(words, "customer-return")) } }
            @if visit.may(Permission::InboundEdit) { a class="btn primary" href="/receive/new" { (icon("plus")) (t!(words, "from-partner")) } }
        },
    }
}

async fn list(visit: Visit, asked: Asked, direction: Direction) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let read = visit.read()?;
    let path = path_of(direction);
    let (wanted, chosen, cursor) = (asked.raw("search"), asked.raw("status"), asked.text("cursor"));
    let status = Status::WAY.into_iter().chain([Status::Cancelled]).find(|status| status.code() == chosen);
    let kind = ShipmentKind::ALL.into_iter().find(|kind| kind.code() == asked.raw("kind"));
    let chosen_kind = kind.map_or("", ShipmentKind::code);
    let filter = ShipmentFilter { status, kind, search: asked.owned("search") };
    let part = ShipmentPart::ALL.into_iter().find(|part| part.code() == asked.raw("part"));
    let request = lookup::page_request(cursor);
    let page = match part {
        None => shipments::list(&read, own.id, direction, &filter, &request)?,
        Some(part) => {
            shipments::list_part(&read, own.id, direction, (part, visit.today()), &filter, &request)?
        }
    };
    // A receiver hears of a shipment when it is picked, a draft is the sender's own.
    let told = |status: &&Status| direction == Direction::Outbound || **status != Status::Allocated;
    let statuses = Status::WAY.iter().chain([&Status::Cancelled]).filter(told);
    let offered: Vec<(&str, String)> = std::iter::once(("", t!(words, "facet-all")))
        .chain(statuses.map(|status| (status.code(), words.code("status", status.code()))))
        .collect();
    let kinds: Vec<(&str, String)> = std::iter::once(("", t!(words, "facet-all")))
        .chain(ShipmentKind::ALL.map(|kind| (kind.code(), words.code("kinds", kind.code()))))
        .collect();
    let part = part.map_or("", ShipmentPart::code);
    let kept = [("search", wanted), ("status", chosen), ("kind", chosen_kind), ("part", part)];
    let by: Vec<_> =
        (!part.is_empty()).then(|| ("part", words.code("shipment-part", part))).into_iter().collect();
    let known = all_shown(page.rows.len(), cursor, page.next.as_deref());
    let lines = format!("{}/lines", path.trim_start_matches('/'));
    let actions = html! {
        (export_and(words, path.trim_start_matches('/'), &kept, known, lines_files(words, &lines, &kept)))
        (makers(&visit, direction))
    };
    let name = name_of(words, direction);
    let body = html! {
        (title(&name, html! { (own.name) }, actions))
        div class="card" {
            div class="filters" { (search(words, path, &t!(words, "search-shipments"), wanted, &kept[1..])) }
            div id="list" {
                div class="filters" {
                    (facets(&t!(words, "filter"), path, "status", chosen, &[kept[0], kept[2], kept[3]], &offered))
                    (facets(&t!(words, "kind-of-shipment"), path, "kind", chosen_kind, &[kept[0], kept[1], kept[3]], &kinds))
                }
                (narrowed(words, path, &kept, &by))
                @if page.rows.is_empty() {
                    @if wanted.is_empty() && status.is_none() && kind.is_none() && part.is_empty() { (empty("truck", &t!(words, "shipments-empty"), &t!(words, "shipments-empty-text"), html! {})) }
                    @else { (empty("search", &t!(words, "nothing-found"), &t!(words, "nothing-found-text"), html! { a class="btn" href=(path) { (t!(words, "show-all")) } })) }
                } @else {
                    div id="rows" data-rows=(row_ids(page.rows.iter().map(|row| row.shipment.id))) { (table(&visit, &page.rows, direction)) }
                    (pager(words, path, &kept, page.rows.len(), cursor, page.next.as_deref()))
                }
            }
        }
    };
    Ok(layout::page(&visit, Page::new(section_of(direction), name, body).searching()))
}

/// The files of all lines of the shipments that a list shows.
fn lines_files(words: Words, list: &str, kept: &[(&str, &str)]) -> Markup {
    let language = [("language", words.language().tag())];
    let kept: Vec<(&str, &str)> = kept.iter().copied().chain(language).collect();
    html! {
        @for (ending, name) in [("xlsx", t!(words, "file-excel")), ("csv", t!(words, "file-csv"))] {
            a href=(crate::ui::form::address(&format!("/api/v1/{list}.{ending}"), &kept)) download { (icon("file-spreadsheet")) (t!(words, "lines-title")) " · " (name) }
        }
    }
}

/// The list of what leaves.
pub(in crate::ui) async fn outbound_list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    list(visit, asked, Direction::Outbound).await
}

/// The list of what comes.
pub(in crate::ui) async fn inbound_list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    list(visit, asked, Direction::Inbound).await
}

/// The way of the shipment: each status with its time and user.
fn steps(words: Words, detail: &ShipmentDetail) -> Markup {
    let status = detail.shipment.status;
    let event = |wanted: Status| {
        detail.events.iter().find(|event| event.status >= wanted && event.status != Status::Cancelled)
    };
    let cancelled = detail.events.iter().find(|event| event.status == Status::Cancelled);
    html! {
        ol class="steps" data-live="steps" data-quiet aria-label=(t!(words, "way")) {
            @for step in Status::WAY {
                @let reached = event(step).filter(|_| status != Status::Cancelled || step == Status::New);
                li class={ @if reached.is_some() { "done" } @if step == status { " now" } } aria-current=[(step == status).then_some("step")] {
                    span class="dot" { @if reached.is_some() { (icon("check")) } }
                    (words.code("status", step.code()))
                    @if let Some(event) = reached { (stamp(words, event.at, event.by_name.as_deref())) }
                }
            }
            @if let Some(event) = cancelled {
                li class="done now" { span class="dot" { (icon("x")) } (words.code("status", "cancelled")) (stamp(words, event.at, event.by_name.as_deref())) }
            }
        }
    }
}

/// The shipment, if the reader's store is at this end of it.
fn load(visit: &Visit, id: DocumentId, direction: Direction) -> Result<ShipmentDetail, Trouble> {
    let own = visit.store(Permission::StockView)?;
    let detail = shipments::detail(&visit.read()?, id)?;
    let end = match direction {
        Direction::Outbound => detail.shipment.sender,
        Direction::Inbound => detail.shipment.receiver,
    };
    if end == End::Store(own.id) { Ok(detail) } else { Err(Trouble::not_found("shipment")) }
}

/// Sends whoever looks for a shipment to their end of it.
pub(in crate::ui) async fn either(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let own = visit.store(Permission::StockView)?;
    let detail = shipments::detail(&visit.read()?, id)?;
    let direction = match detail.shipment.receiver == End::Store(own.id) {
        true => Direction::Inbound,
        false => Direction::Outbound,
    };
    Ok(Redirect::to(&format!("{}/{id}", path_of(direction))).into_response())
}

/// What it takes to write at this end.
fn permission(detail: &ShipmentDetail, direction: Direction) -> Permission {
    let is_return = detail.shipment.kind == ShipmentKind::Return;
    match (direction, detail.shipment.sender) {
        (Direction::Outbound, _) if is_return => Permission::Returns,
        (Direction::Outbound, _) => Permission::OutboundEdit,
        (Direction::Inbound, End::Partner(_)) if is_return => Permission::Returns,
        (Direction::Inbound, _) => Permission::InboundEdit,
    }
}

fn item_cell(line: &LineDetail) -> Markup {
    html! { span class="strong" { (line.item_name) } span class="two" { (line.item_code) " · " (line.unit) @if let Some(reason) = &line.reason_text { " · " (reason) } } }
}

/// The reasons by which goods go back.
fn return_reasons(visit: &Visit) -> Result<Vec<ReasonRow>, Trouble> {
    let rows = domain::query::reference::reasons(&visit.read()?)?;
    Ok(rows.into_iter().filter(|row| row.active && row.kind == ReasonKind::Return).collect())
}

/// An amount of money, or a dash.
fn money(words: Words, money: Option<Money>) -> Markup {
    or_dash(money.map(|money| words.price(money)).as_deref())
}

/// So many units as packs, and loose units beside them: `3`, `3 + 20`.
fn packs(words: Words, quantity: Quantity, pack_size: u32) -> String {
    let whole = quantity.round_down_to_packs(pack_size);
    let count = words.whole(whole.thousandths() / (i64::from(pack_size.max(1)) * 1_000));
    let loose = quantity - whole;
    match (whole.is_positive(), loose.is_positive()) {
        (true, true) => format!("{count} + {}", words.quantity(loose)),
        (false, true) => format!("0 + {}", words.quantity(loose)),
        (_, false) => count,
    }
}

fn verdict_code(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pending => "pending",
        Verdict::Passed => "passed",
        Verdict::Rejected => "rejected",
    }
}

/// What people should see of a shipment before anything else.
fn notices(visit: &Visit, detail: &ShipmentDetail, direction: Direction, may: bool) -> Markup {
    let words = visit.words;
    let id = detail.shipment.id;
    html! {
        @if let Some(returned) = detail.shipment.returns {
            div class="alert" { (icon("undo-2")) p { (t!(words, "gives-back")) " " a href={ "/shipments/" (returned) } { (detail.returns_number.as_deref().unwrap_or("—")) } } }
        }
        @if !detail.returned_by.is_empty() {
            div class="alert" { (icon("undo-2")) p { (t!(words, "given-back-by")) @for row in &detail.returned_by { " " a class="nowrap" href={ "/shipments/" (row.id) } { (row.number) } " " (status_chip(words, row.status)) } } }
        }
        @if detail.shipment.on_hold { div class="alert warn" { (icon("pause")) p { (t!(words, "shipment-held")) } } }
        @if detail.shipment.cancel_requested {
            div class="alert bad" role="alert" {
                (icon("flag"))
                div { p class="strong" { (t!(words, "cancel-requested-title")) } p { (t!(words, "cancel-requested-text")) }
                    @if may && direction == Direction::Outbound { form method="post" action={ (path_of(direction)) "/" (id) "/settle-cancel" } { button class="btn" { (t!(words, "cancel-settle")) } } }
                }
            }
        }
    }
}

/// What people note of the shipment, and the form that changes it: each end its own, and both where a partner is at the
/// other one.
fn notes(visit: &Visit, detail: &ShipmentDetail, direction: Direction, may: bool) -> Markup {
    let words = visit.words;
    let shipment = &detail.shipment;
    let said = [&shipment.reference, &shipment.comment, &detail.receiver_comment, &detail.transport]
        .iter()
        .any(|text| text.is_some())
        || shipment.expected.is_some();
    let open = may && shipment.status < Status::Verified;
    html! {
        @if open && !said { (notes_form(words, detail, direction)) }
        @if said {
            section class="card pad" {
                dl class="facts few" {
                    @if let Some(text) = &shipment.reference { (fact(&t!(words, "reference"), html! { (text) })) }
                    @if let Some(text) = &shipment.comment { (fact(&t!(words, "comment"), html! { (text) })) }
                    @if let Some(text) = &detail.receiver_comment { (fact(&t!(words, "receiver-comment"), html! { (text) })) }
                    @if let Some(text) = &detail.transport { (fact(&t!(words, "transport"), html! { (text) })) }
                    @if let Some(day) = shipment.expected { (fact(&t!(words, "expected"), html! { span data-live="expected" { (words.day(day)) } })) }
                }
                @if open { (notes_form(words, detail, direction)) }
            }
        }
    }
}

/// Whether boxes are counted here by scanning them: until the goods have left, or until they are in stock.
fn counts_boxes(detail: &ShipmentDetail, direction: Direction, may: bool) -> bool {
    let shipment = &detail.shipment;
    let open = match direction {
        Direction::Outbound => shipment.status < Status::Shipped,
        Direction::Inbound => shipment.status < Status::Received && inbound::receiving_open(detail),
    };
    may && open && !shipment.on_hold && detail.line_details.iter().any(|line| !line.placeholder)
}

/// Whether the sender's fields are written at this end: by the sender, or by the receiver of what a partner sends.
fn writes_as_sender(detail: &ShipmentDetail, direction: Direction) -> bool {
    direction == Direction::Outbound || matches!(detail.shipment.sender, End::Partner(_))
}

fn notes_form(words: Words, detail: &ShipmentDetail, direction: Direction) -> Markup {
    let shipment = &detail.shipment;
    let mut form = Form::default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    form.set("reference", text(&shipment.reference));
    form.set("comment", text(&shipment.comment));
    form.set("transport", text(&detail.transport));
    form.set("expected", shipment.expected.map(|day| day.to_string()).unwrap_or_default());
    form.set("receiver_comment", text(&detail.receiver_comment));
    let fields = Fields { words, form: &form, problem: None };
    html! {
        details class="why no-print" {
            summary { (icon("pencil")) (t!(words, "edit-notes")) }
            form class="stack" method="post" action={ (path_of(direction)) "/" (shipment.id) "/notes" } {
                div class="fields" {
                    @if writes_as_sender(detail, direction) {
                        (fields.input("expected", &t!(words, "expected"), Input { kind: "date", ..Input::default() }))
                        (fields.input("transport", &t!(words, "transport"), Input::default()))
                        (fields.input("reference", &t!(words, "reference"), Input::default()))
                        (fields.input("comment", &t!(words, "comment"), Input::default()))
                    }
                    @if direction == Direction::Inbound { (fields.input("receiver_comment", &t!(words, "receiver-comment"), Input::default())) }
                }
                div class="row" { button class="btn" { (icon("check")) (t!(words, "save")) } }
            }
        }
    }
}

/// The notes as they were typed: what the form does not show stays.
fn notes_of(form: &Form) -> Result<UpdateShipment, Problem> {
    let text = |name: &str| form.has(name).then(|| form.owned(name));
    Ok(UpdateShipment {
        reference: text("reference"),
        comment: text("comment"),
        transport: text("transport"),
        receiver_comment: text("receiver_comment"),
        expected: form.has("expected").then(|| form.day("expected", "/expected")).transpose()?,
        on_hold: None,
    })
}

async fn write_notes(
    visit: Visit,
    id: DocumentId,
    direction: Direction,
    form: Form,
) -> Result<Response, Trouble> {
    let result = match notes_of(&form) {
        Ok(update) => visit.carry_out(move |txn, caller| shipment::update(txn, caller, id, &update)).await,
        Err(problem) => Err(problem),
    };
    after(&visit, id, direction, result, &form, /*key*/ "toast-saved")
}

/// Changes what the sender notes of it.
pub(in crate::ui) async fn outbound_notes(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    write_notes(visit, id, Direction::Outbound, form).await
}

/// Changes what the receiver notes of it.
pub(in crate::ui) async fn inbound_notes(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    write_notes(visit, id, Direction::Inbound, form).await
}

async fn hold(visit: Visit, id: DocumentId, direction: Direction, form: Form) -> Result<Response, Trouble> {
    let update = UpdateShipment { on_hold: Some(form.raw("hold") == "yes"), ..UpdateShipment::default() };
    let result = visit.carry_out(move |txn, caller| shipment::update(txn, caller, id, &update)).await;
    after(&visit, id, direction, result, &form, /*key*/ "toast-saved")
}

/// Holds it back, or releases it.
pub(in crate::ui) async fn outbound_hold(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    hold(visit, id, Direction::Outbound, form).await
}

/// The same for what a partner sends.
pub(in crate::ui) async fn inbound_hold(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    hold(visit, id, Direction::Inbound, form).await
}

fn hold_button(words: Words, on_hold: bool) -> Markup {
    html! {
        button class="btn quiet" name="hold" value=(if on_hold { "no" } else { "yes" }) { @if on_hold { (t!(words, "release")) } @else { (icon("pause")) (t!(words, "hold")) } }
    }
}

/// What can be printed of it, and done with it besides its way.
fn others(visit: &Visit, detail: &ShipmentDetail, direction: Direction) -> Markup {
    let words = visit.words;
    let shipment = &detail.shipment;
    let base = format!("{}/{}", path_of(direction), shipment.id);
    html! {
        @match direction {
            Direction::Outbound => {
                a href={ (base) "/pick-list" } { (icon("printer")) (t!(words, "pick-list")) }
                a href={ (base) "/voucher" } { (icon("printer")) (t!(words, "issue-voucher")) }
            }
            Direction::Inbound => { a href={ (base) "/received-note" } { (icon("printer")) (t!(words, "received-note-title")) } }
        }
        a href={ "/history/" (shipment.id) } { (icon("history")) (t!(words, "history")) }
    }
}

/// Where goods of it are given back, or taken back; nothing where they are not.
fn return_href(detail: &ShipmentDetail, direction: Direction) -> Option<String> {
    let shipment = &detail.shipment;
    let returnable = shipment.kind == ShipmentKind::Regular && shipment.status != Status::Cancelled;
    let path = match (direction, shipment.receiver) {
        (Direction::Inbound, _) if shipment.status >= Status::Received => "/supplier-returns/new",
        (Direction::Outbound, End::Partner(_)) if shipment.status >= Status::Picked => {
            "/customer-returns/new"
        }
        _ => return None,
    };
    returnable.then(|| format!("{path}?shipment={}", shipment.id))
}

fn print_head(visit: &Visit, detail: &ShipmentDetail, name: &str) -> Markup {
    html! {
        div class="print-only" {
            p { (visit.state.settings().system_name) " · " (name) " " (detail.shipment.number) }
            p { (detail.sender_name) " → " (detail.receiver_name) }
        }
    }
}

fn show(
    visit: &Visit,
    detail: &ShipmentDetail,
    direction: Direction,
    problem: Option<&Problem>,
    typed: &Form,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let name = name_of(words, direction);
    let may = visit.may(permission(detail, direction));
    let shipment = &detail.shipment;
    let total = if direction == Direction::Inbound && shipment.status >= Status::Received {
        detail.received_value
    } else {
        shipment.value
    };
    let sub = html! {
        (detail.sender_name) " → " (detail.receiver_name) " · "
        @if let Some(total) = total { (t!(words, "total")) " " span class="tabular" data-live="worth" { (words.price(total)) } " · " }
        span data-live="status" { (status_chip(words, shipment.status)) } @if shipment.kind == ShipmentKind::Return { " " (return_chip(words)) }
    };
    let list = format!("{}/{}/lines", path_of(direction).trim_start_matches('/'), shipment.id);
    let back = return_href(detail, direction).filter(|_| visit.may(Permission::Returns));
    let actions = html! {
        @if let Some(back) = back {
            a class="btn" href=(back) { (icon("undo-2")) @if direction == Direction::Inbound { (t!(words, "supplier-return")) } @else { (t!(words, "customer-return")) } }
        }
        button type="button" class="btn" data-print { (icon("printer")) (t!(words, "print")) }
        (export_and(words, &list, &[], Some(detail.line_details.len()), others(visit, detail, direction)))
    };
    let content = match direction {
        Direction::Outbound => outbound::body(visit, detail, may)?,
        Direction::Inbound => inbound::body(visit, detail, may, typed, problem)?,
    };
    let body = html! {
        (print_head(visit, detail, &name))
        (title(&shipment.number, sub, actions))
        @if let Some(problem) = problem { (trouble::alert(words, problem)) }
        (notices(visit, detail, direction, may))
        section class="card" { (steps(words, detail)) }
        (notes(visit, detail, direction, may))
        (content)
        (signatures(words))
    };
    let mut page =
        Page::new(section_of(direction), shipment.number.clone(), body).below(name, path_of(direction));
    // The slash leads to the box that counts.
    if counts_boxes(detail, direction, may) {
        page = page.searching();
    }
    let mut response = layout::page(visit, page);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status_code();
    }
    Ok(response)
}

/// Shows the shipment again after an action: with a sentence if it was done, with the problem if not.
fn after<T>(
    visit: &Visit,
    id: DocumentId,
    direction: Direction,
    result: Result<T, Problem>,
    typed: &Form,
    toast: &str,
) -> Result<Response, Trouble> {
    match result {
        Ok(_) => Ok(done(&format!("{}/{id}", path_of(direction)), toast, "")),
        Err(problem) => show(visit, &load(visit, id, direction)?, direction, Some(&problem), typed),
    }
}
