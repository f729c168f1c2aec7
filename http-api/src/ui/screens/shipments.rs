//! Shipments from both ends: lists, the document with its way, and what each end may do with it.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::location::LocationRow;
use domain::query::shipments::{
    self, LineDetail, ShipmentDetail, ShipmentFilter, ShipmentListRow, ShipmentPart,
};
use domain::query::{self};
use domain::shipment::{
    self, Allocate, Direction, End, Receive, ReceiveLine, SetReceived, SetStatus, SettleLine, Status,
    UpdateLine, UpdateShipment, Verdict,
};
use domain::{Permission, Quantity};
use maud::{Markup, html};

use crate::error::Problem;
use crate::ui::form::{Asked, Form};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup;
use crate::ui::parts::{
    Tone, below, chip, empty, expiry, facets, fact, narrowed, or_dash, pager, row_ids, search, signatures,
    stamp, title,
};
use crate::ui::sheets::{all_shown, export};
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

// ---- both ends ----

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
                    td { span data-live={ "st-" (shipment.id) } { (status_chip(words, shipment.status)) @if shipment.on_hold { " " (chip(Tone::Warn, "pause", &t!(words, "on-hold"))) } @if shipment.cancel_requested { " " (chip(Tone::Bad, "flag", &t!(words, "cancel-requested"))) } } }
                    td class="num phone-hide" { @if shipment.placeholders > 0 { span class="t-warn small" { (t!(words, "without-batch", n = shipment.placeholders)) } " · " } (shipment.lines) }
                    td class="phone-hide nowrap" { (words.brief_instant(shipment.status_at)) }
                    td class="wide-only" { (or_dash(shipment.reference.as_deref())) }
                }
            } }
        } }
    }
}

async fn list(visit: Visit, asked: Asked, direction: Direction) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let read = visit.read()?;
    let path = path_of(direction);
    let (wanted, chosen, cursor) = (asked.raw("search"), asked.raw("status"), asked.text("cursor"));
    let status = Status::WAY.into_iter().chain([Status::Cancelled]).find(|status| status.code() == chosen);
    let filter = ShipmentFilter { status, search: asked.owned("search") };
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
    let part = part.map_or("", ShipmentPart::code);
    let kept = [("search", wanted), ("status", chosen), ("part", part)];
    let by: Vec<_> =
        (!part.is_empty()).then(|| ("part", words.code("shipment-part", part))).into_iter().collect();
    let known = all_shown(page.rows.len(), cursor, page.next.as_deref());
    let files = export(words, path.trim_start_matches('/'), &kept, known);
    let actions = match direction {
        Direction::Outbound => {
            html! { (files) @if visit.may(Permission::OutboundEdit) { a class="btn primary" href="/issue" { (icon("plus")) (t!(words, "new-outbound")) } } }
        }
        Direction::Inbound => {
            html! { (files) @if visit.may(Permission::InboundEdit) { a class="btn primary" href="/receive/new" { (icon("plus")) (t!(words, "from-partner")) } } }
        }
    };
    let name = name_of(words, direction);
    let body = html! {
        (title(&name, html! { (own.name) }, actions))
        div class="card" {
            div class="filters" { (search(words, path, &t!(words, "search-shipments"), wanted, &[("status", chosen), ("part", part)])) }
            div id="list" {
                div class="filters" { (facets(&t!(words, "filter"), path, "status", chosen, &[("search", wanted), ("part", part)], &offered)) }
                (narrowed(words, path, &kept, &by))
                @if page.rows.is_empty() {
                    @if wanted.is_empty() && status.is_none() && part.is_empty() { (empty("truck", &t!(words, "shipments-empty"), &t!(words, "shipments-empty-text"), html! {})) }
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

fn item_cell(line: &LineDetail) -> Markup {
    html! { span class="strong" { (line.item_name) } span class="two" { (line.item_code) " · " (line.unit) } }
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

fn comments(words: Words, detail: &ShipmentDetail) -> Markup {
    let shipment = &detail.shipment;
    let said = [&shipment.reference, &shipment.comment, &detail.receiver_comment, &detail.transport]
        .iter()
        .any(|text| text.is_some())
        || shipment.expected.is_some();
    html! {
        @if said {
            section class="card pad" { dl class="facts few" {
                @if let Some(text) = &shipment.reference { (fact(&t!(words, "reference"), html! { (text) })) }
                @if let Some(text) = &shipment.comment { (fact(&t!(words, "comment"), html! { (text) })) }
                @if let Some(text) = &detail.receiver_comment { (fact(&t!(words, "receiver-comment"), html! { (text) })) }
                @if let Some(text) = &detail.transport { (fact(&t!(words, "transport"), html! { (text) })) }
                @if let Some(day) = shipment.expected { (fact(&t!(words, "expected"), html! { (words.day(day)) })) }
            } }
        }
    }
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
    let may = visit.may(match direction {
        Direction::Outbound => Permission::OutboundEdit,
        Direction::Inbound => Permission::InboundEdit,
    });
    let shipment = &detail.shipment;
    let sub = html! {
        (detail.sender_name) " → " (detail.receiver_name) " · " span data-live="status" { (status_chip(words, shipment.status)) }
    };
    let actions = html! {
        (export(words, &format!("{}/{}/lines", path_of(direction).trim_start_matches('/'), detail.shipment.id), &[], Some(detail.line_details.len())))
        button type="button" class="btn" data-print { (icon("printer")) (t!(words, "print")) }
        a class="btn" href={ "/history/" (shipment.id) } { (icon("history")) (t!(words, "history")) }
    };
    let content = match direction {
        Direction::Outbound => outbound_body(visit, detail, may)?,
        Direction::Inbound => inbound_body(visit, detail, may, typed, problem)?,
    };
    let body = html! {
        (print_head(visit, detail, &name))
        (title(&shipment.number, sub, actions))
        @if let Some(problem) = problem { (trouble::alert(words, problem)) }
        (notices(visit, detail, direction, may))
        section class="card" { (steps(words, detail)) }
        (comments(words, detail))
        (content)
        (signatures(words))
    };
    let page =
        Page::new(section_of(direction), shipment.number.clone(), body).below(name, path_of(direction));
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

// ---- the sender's end ----

fn outbound_next(status: Status) -> &'static [Status] {
    match status {
        Status::New => &[Status::Allocated, Status::Picked, Status::Shipped],
        Status::Allocated => &[Status::Picked, Status::Shipped],
        Status::Picked => &[Status::Shipped],
        _ => &[],
    }
}

fn outbound_line(visit: &Visit, id: DocumentId, line: &LineDetail, editable: bool, may: bool) -> Markup {
    let words = visit.words;
    let base = format!("/outbound-shipments/{id}/lines/{}", line.id);
    html! {
        tr data-line=(line.id) class={ @if line.removed { "is-held" } } {
            td { (item_cell(line)) }
            td class="nowrap" data-label=(t!(words, "batch")) { @if line.placeholder { (chip(Tone::Warn, "hourglass", &t!(words, "no-batch-yet"))) } @else { (or_dash(line.batch.as_deref())) } }
            td class="nowrap" data-label=(t!(words, "expiry")) { (expiry(words, line.expiry, visit.today())) }
            td class="num" data-label=(t!(words, "quantity")) {
                @if editable {
                    input class="input small quantity end" id={ "q-" (line.id) } name="quantity" value=(words.input(line.quantity)) inputmode="decimal" autocomplete="off"
                        data-save=(base) data-field="quantity" aria-label={ (t!(words, "quantity")) " " (line.item_name) };
                } @else { span data-live={ "q-" (line.id) } { (words.quantity(if line.issued.is_positive() { line.issued } else { line.quantity })) } }
            }
            td class="num" data-label=(t!(words, "received")) data-live={ "r-" (line.id) } {
                @match line.received { Some(received) => (words.quantity(received)), None => (or_dash(None)) }
                @if line.discrepancy { " " (chip(Tone::Warn, "flag", &t!(words, "differs"))) @if let Some(note) = &line.received_note { span class="two" { (note) } } }
            }
            td class="no-print" {
                div class="row" {
                    @if let Some(wish) = line.late_amendment {
                        span class="chip bad" { (icon("flag")) (t!(words, "late-amendment", quantity = words.quantity(wish))) }
                        @if may {
                            form method="post" action={ (base) "/settle" } class="row" {
                                button class="btn quiet" name="accept" value="yes" { (t!(words, "late-accept")) }
                                button class="btn quiet" name="accept" value="no" { (t!(words, "late-reject", quantity = words.quantity(line.issued))) }
                            }
                        }
                    }
                    @if line.discrepancy && may { form method="post" action={ (base) "/acknowledge" } { button class="btn quiet" { (icon("check")) (t!(words, "seen")) } } }
                    @if editable {
                        form method="post" action={ (base) "/remove" } { button class="btn quiet" title=(t!(words, "remove")) { (icon("trash-2")) span class="visually-hidden" { (t!(words, "remove")) " " (line.item_name) } } }
                    }
                }
            }
        }
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
                form method="post" action={ (base) "/hold" } { button class="btn quiet" name="hold" value=(if shipment.on_hold { "no" } else { "yes" }) { @if shipment.on_hold { (t!(words, "release")) } @else { (icon("pause")) (t!(words, "hold")) } } }
                @if lines_open(shipment.status) {
                    form method="post" action={ (base) "/cancel" } data-confirm=(t!(words, "cancel-question", number = &shipment.number)) { button class="btn danger" { (icon("ban")) (t!(words, "cancel-shipment")) } }
                }
            }
        }
    }
}

fn outbound_body(visit: &Visit, detail: &ShipmentDetail, may: bool) -> Result<Markup, Trouble> {
    let words = visit.words;
    let shipment = &detail.shipment;
    let editable = may && lines_open(shipment.status) && !shipment.on_hold;
    Ok(html! {
        section class="card" {
            header { h2 class="grow" { (t!(words, "lines-title")) } span class="saved" id="save-state" role="status" {} }
            @if detail.line_details.is_empty() { (empty("package", &t!(words, "no-lines"), &t!(words, "no-lines-text"), html! {})) }
            @else {
                div class="scroll" id="rows" data-rows=(row_ids(detail.line_details.iter().map(|line| line.id))) { table class="cards" {
                    thead { tr {
                        th scope="col" { (t!(words, "item")) } th scope="col" { (t!(words, "batch")) } th scope="col" { (t!(words, "expiry")) }
                        th scope="col" class="num" { (t!(words, "quantity")) } th scope="col" class="num" { (t!(words, "received")) } th scope="col" class="no-print" { span class="visually-hidden" { (t!(words, "actions")) } }
                    } }
                    tbody { @for line in &detail.line_details { (outbound_line(visit, shipment.id, line, editable && !line.removed, may)) } }
                } }
            }
            @if editable { (add_line_form(visit, shipment.id)) }
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

/// Holds it back, or releases it.
pub(in crate::ui) async fn outbound_hold(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let update = UpdateShipment { on_hold: Some(form.raw("hold") == "yes"), ..UpdateShipment::default() };
    let result = visit.carry_out(move |txn, caller| shipment::update(txn, caller, id, &update)).await;
    after(&visit, id, Direction::Outbound, result, &form, /*key*/ "toast-saved")
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
        let line = super::issue::item_line(item.id, form.quantity(visit.words, "quantity", "/quantity")?);
        visit.carry_out(move |txn, caller| shipment::add_line(txn, caller, id, &line).map(|_| ())).await
    };
    let result = result.await;
    after(&visit, id, Direction::Outbound, result, &form, /*key*/ "toast-saved")
}

/// Changes the quantity of a line, as it is typed.
pub(in crate::ui) async fn outbound_line_save(
    visit: Visit,
    Path((id, line)): Path<(DocumentId, DocumentId)>,
    form: Form,
) -> Response {
    let result = async {
        let quantity = form.quantity(visit.words, "quantity", "/quantity")?;
        let update = UpdateLine { quantity: Some(quantity), ..UpdateLine::default() };
        visit.carry_out(move |txn, caller| shipment::update_line(txn, caller, id, line, &update)).await
    };
    trouble::cell(visit.words, result.await)
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

// ---- the receiver's end ----

/// Whether the receiver may say what arrived.
fn receiving_open(detail: &ShipmentDetail) -> bool {
    let status = detail.shipment.status;
    let coming = status >= Status::Picked || matches!(detail.shipment.sender, End::Partner(_));
    coming && status < Status::Verified
}

/// How many units of a line should arrive.
fn coming(line: &LineDetail) -> Quantity {
    if line.issued.is_positive() { line.issued } else { line.quantity }
}

struct Receiving<'a> {
    visit: &'a Visit,
    id: DocumentId,
    locations: &'a [LocationRow],
    typed: &'a Form,
    problem: Option<&'a Problem>,
    /// Whether goods were taken into stock already: they are moved in the stock then, not here.
    received: bool,
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

    fn url(&self, line: &LineDetail) -> String {
        format!("/inbound-shipments/{}/lines/{}", self.id, line.id)
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
            tr data-line=(line.id) data-item=(line.item) data-batch=(line.batch.as_deref().unwrap_or_default()) {
                td { (item_cell(line)) }
                td class="nowrap" data-label=(t!(words, "batch")) { (or_dash(line.batch.as_deref())) span class="two" { (expiry(words, line.expiry, self.visit.today())) } }
                td class="num" data-label=(t!(words, "sent")) data-live={ "e-" (line.id) } { (words.quantity(expected)) }
                td data-label=(t!(words, "received")) {
                    input class="input small quantity" id={ "r-" (line.id) } name={ "received." (line.id) } value=(quantity) inputmode="decimal" autocomplete="off"
                        data-save=(self.url(line)) data-field="quantity" aria-label={ (t!(words, "received")) " " (line.item_name) } aria-invalid=[error.map(|_| "true")];
                    @if let Some(problem) = error { div class="error" { (icon("triangle-alert")) span { (trouble::message(words, problem)) } } }
                }
                td data-label=(t!(words, "location")) { @if self.received { (or_dash(line.location_code.as_deref())) } @else { (self.location_select(line)) } }
                td data-label=(t!(words, "verdict")) { (self.verdict_select(line)) }
                td data-label=(t!(words, "note")) {
                    input class="input small" id={ "n-" (line.id) } name={ "note." (line.id) } value=(note) placeholder=(t!(words, "discrepancy-note")) autocomplete="off"
                        data-save=(self.url(line)) data-field="note" aria-label={ (t!(words, "discrepancy-note")) " " (line.item_name) };
                }
            }
        }
    }
}

fn settled_row(visit: &Visit, line: &LineDetail) -> Markup {
    let words = visit.words;
    html! {
        tr {
            td { (item_cell(line)) }
            td class="nowrap" data-label=(t!(words, "batch")) { (or_dash(line.batch.as_deref())) span class="two" { (expiry(words, line.expiry, visit.today())) } }
            td class="num" data-label=(t!(words, "sent")) data-live={ "e-" (line.id) } { (words.quantity(coming(line))) }
            td class="num strong" data-label=(t!(words, "received")) data-live={ "r-" (line.id) } { @match line.received { Some(quantity) => (words.quantity(quantity)), None => (or_dash(None)) } @if line.discrepancy { " " (chip(Tone::Warn, "flag", &t!(words, "differs"))) } }
            td data-label=(t!(words, "location")) { (or_dash(line.location_code.as_deref())) }
            td data-label=(t!(words, "verdict")) { (words.code("verdict", verdict_code(line.verdict))) }
            td data-label=(t!(words, "note")) { (or_dash(line.received_note.as_deref())) }
        }
    }
}

fn inbound_body(
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
    let receiving = Receiving { visit, id: shipment.id, locations: &locations, typed, problem, received };
    let base = format!("/inbound-shipments/{}", shipment.id);
    let may_verify = visit.may(Permission::InboundVerify) && received && shipment.status < Status::Verified;
    Ok(html! {
        form class="card" method="post" action={ (base) "/receive" } {
            header { h2 class="grow" { (t!(words, "lines-title")) } span class="saved" id="save-state" role="status" {} }
            @if lines.is_empty() { (empty("package", &t!(words, "no-lines"), &t!(words, "no-lines-text"), html! {})) }
            @else {
                div class="scroll" id="rows" data-rows=(row_ids(lines.iter().map(|line| line.id))) { table class="cards" {
                    thead { tr {
                        th scope="col" { (t!(words, "item")) } th scope="col" { (t!(words, "batch")) }
                        th scope="col" class="num" { (t!(words, "sent")) } th scope="col" class={ @if !open { "num" } @else { "w-quantity" } } { (t!(words, "received")) }
                        th scope="col" class={ @if open && !received { "w-choice" } } { (t!(words, "location")) } th scope="col" class={ @if open { "w-choice" } } { (t!(words, "verdict")) } th scope="col" class={ @if open { "w-note" } } { (t!(words, "note")) }
                    } }
                    tbody { @for (at, line) in lines.iter().enumerate() { @if open { (receiving.row(at, line)) } @else { (settled_row(visit, line)) } } }
                } }
            }
            @if open || may_verify {
                div class="bar" {
                    @if open && !received { button class="btn primary big" data-last { (icon("package-check")) (t!(words, "do-receive")) } }
                    @if open && received { button class="btn" data-last { (icon("check")) (t!(words, "save")) } }
                    @if open && matches!(shipment.status, Status::Picked | Status::Shipped) { button class="btn" formaction={ (base) "/delivered" } { (t!(words, "do-delivered")) } }
                    @if may_verify { button class="btn primary" formaction={ (base) "/verify" } { (icon("circle-check")) (t!(words, "do-verify")) } }
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

/// Says what arrived of a line, as it is typed.
pub(in crate::ui) async fn inbound_line_save(
    visit: Visit,
    Path((id, line)): Path<(DocumentId, DocumentId)>,
    form: Form,
) -> Response {
    let result = async {
        let text = |name: &str| form.has(name).then(|| form.owned(name));
        let command = SetReceived {
            quantity: form
                .has("quantity")
                .then(|| form.quantity(visit.words, "quantity", "/quantity"))
                .transpose()?,
            location: form.has("location").then(|| form.id("location")),
            verdict: verdict_of(form.raw("verdict")),
            note: text("note"),
        };
        visit.carry_out(move |txn, caller| shipment::set_received(txn, caller, id, line, &command)).await
    };
    trouble::cell(visit.words, result.await)
}
