//! Shipments on paper: the pick list, the issue voucher, the goods received note.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::query::shipments::{self, LineDetail, ShipmentDetail};
use domain::shipment::{Direction, ShipmentKind, Status};
use maud::{Markup, html};

use super::inbound::coming;
use super::{load, money, name_of, packs, path_of, return_chip, section_of, verdict_code};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page};
use crate::ui::parts::{ROWS_PER_GROUP, fact, or_dash, signatures, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

fn batch_cells(words: Words, line: &LineDetail) -> Markup {
    html! {
        td { span class="strong" { (line.item_name) } span class="two" { (line.item_code) " · " (line.unit) @if let Some(reason) = &line.reason_text { " · " (reason) } } }
        td class="nowrap" { @if line.placeholder { (t!(words, "no-batch-yet")) } @else { (or_dash(line.batch.as_deref())) } }
        td class="nowrap" { @match line.expiry { Some(day) => (words.day(day)), None => "—" } }
    }
}

fn batch_heads(words: Words) -> Markup {
    html! {
        th scope="col" { (t!(words, "item")) } th scope="col" { (t!(words, "batch")) } th scope="col" { (t!(words, "expiry")) }
    }
}

/// Who sends what to whom, as it stands above every paper.
fn about(words: Words, detail: &ShipmentDetail) -> Markup {
    let shipment = &detail.shipment;
    let at = |status: Status| detail.events.iter().find(|event| event.status == status).map(|event| event.at);
    html! {
        section class="card pad" { dl class="facts few" {
            (fact(&t!(words, "from"), html! { (detail.sender_name) }))
            (fact(&t!(words, "to"), html! { (detail.receiver_name) }))
            (fact(&t!(words, "status"), html! { (words.code("status", shipment.status.code())) " · " (words.instant(shipment.status_at)) }))
            @if let Some(at) = at(Status::Received) { (fact(&t!(words, "received"), words.instant(at))) }
            @if let Some(text) = &shipment.reference { (fact(&t!(words, "reference"), html! { (text) })) }
            @if let Some(text) = &detail.transport { (fact(&t!(words, "transport"), html! { (text) })) }
            @if let Some(text) = &shipment.comment { (fact(&t!(words, "comment"), html! { (text) })) }
            @if let Some(number) = &detail.returns_number { (fact(&t!(words, "gives-back"), html! { (number) })) }
        } }
    }
}

/// A table on paper: its head stands on every page, a row is never cut.
fn paper(
    visit: &Visit,
    detail: &ShipmentDetail,
    direction: Direction,
    name: String,
    (heads, rows, foot): (Markup, Vec<Markup>, Markup),
) -> Response {
    let words = visit.words;
    let shipment = &detail.shipment;
    let actions = html! { button type="button" class="btn primary" data-print { (icon("printer")) (t!(words, "print")) } };
    let sub = html! {
        (visit.state.settings().system_name) " · " (shipment.number)
        @if shipment.kind == ShipmentKind::Return { " " (return_chip(words)) }
    };
    let body = html! {
        (title(&name, sub, actions))
        (about(words, detail))
        div class="card paper" { div class="scroll" tabindex="0" role="region" aria-label=(name) { table {
            thead { tr { (heads) } }
            @for group in rows.chunks(ROWS_PER_GROUP) { tbody class="group" { @for row in group { (row) } } }
            tfoot { (foot) }
        } } }
        (signatures(words))
    };
    let path = path_of(direction);
    let page = Page::new(section_of(direction), name, body)
        .below(name_of(words, direction), path)
        .below(shipment.number.clone(), format!("{path}/{}", shipment.id));
    layout::page(visit, page)
}

/// The pick list: where to go, what to take, a box to tick. By place, then by item.
pub(in crate::ui) async fn pick_list(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let words = visit.words;
    let detail = load(&visit, id, Direction::Outbound)?;
    let shelves = shipments::shelves(&visit.read()?, &detail)?;
    let shelf = |line: &LineDetail| shelves.get(&line.id).cloned();
    let mut lines: Vec<&LineDetail> = detail.line_details.iter().filter(|line| !line.removed).collect();
    lines.sort_by_key(|line| {
        let place = shelf(line);
        (
            line.placeholder,
            place.is_none(),
            place,
            line.item_name.clone(),
            line.expiry.is_none(),
            line.expiry,
            line.id,
        )
    });
    let rows = lines.iter().map(|line| {
        html! {
            tr {
                td { span class="tick" {} }
                td class="nowrap strong" { (or_dash(shelf(line).as_deref())) }
                (batch_cells(words, line))
                td class="num" { (line.pack_size) }
                td class="num strong" { (packs(words, coming(line), line.pack_size)) }
                td class="num" { (words.quantity(coming(line))) }
            }
        }
    });
    let heads = html! {
        th scope="col" { span class="visually-hidden" { (t!(words, "taken")) } } th scope="col" { (t!(words, "location")) } (batch_heads(words))
        th scope="col" class="num" { (t!(words, "pack-size")) } th scope="col" class="num" { (t!(words, "packs")) } th scope="col" class="num" { (t!(words, "units")) }
    };
    let table = (heads, rows.collect(), html! {});
    Ok(paper(&visit, &detail, Direction::Outbound, t!(words, "pick-list"), table))
}

/// The issue voucher: what leaves and what it is worth.
pub(in crate::ui) async fn voucher(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let words = visit.words;
    let detail = load(&visit, id, Direction::Outbound)?;
    let lines = detail.line_details.iter().filter(|line| !line.removed && !line.placeholder);
    let rows = lines.enumerate().map(|(at, line)| {
        html! {
            tr {
                td class="num" { (at + 1) }
                (batch_cells(words, line))
                td class="num" { (line.pack_size) }
                td class="num" { (packs(words, coming(line), line.pack_size)) }
                td class="num strong" { (words.quantity(coming(line))) }
                td class="num" { (money(words, line.price)) }
                td class="num" { (money(words, line.value)) }
            }
        }
    });
    let heads = html! {
        th scope="col" class="num" { "#" } (batch_heads(words))
        th scope="col" class="num" { (t!(words, "pack-size")) } th scope="col" class="num" { (t!(words, "packs")) } th scope="col" class="num" { (t!(words, "units")) }
        th scope="col" class="num" { (t!(words, "price-of-pack")) } th scope="col" class="num" { (t!(words, "value")) }
    };
    let foot = html! { tr { td colspan="8" class="strong" { (t!(words, "total")) } td class="num strong" { (money(words, detail.shipment.value)) } } };
    let table = (heads, rows.collect(), foot);
    Ok(paper(&visit, &detail, Direction::Outbound, t!(words, "issue-voucher"), table))
}

/// The goods received note: what was sent, what arrived, what the receiver thinks of it.
pub(in crate::ui) async fn received_note(
    visit: Visit,
    Path(id): Path<DocumentId>,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let detail = load(&visit, id, Direction::Inbound)?;
    // What nobody has counted is worth nothing yet: the column takes no room on the paper then.
    let worth = detail.received_value;
    let lines = detail.line_details.iter().filter(|line| !line.placeholder);
    let rows = lines.enumerate().map(|(at, line)| {
        html! {
            tr {
                td class="num" { (at + 1) }
                (batch_cells(words, line))
                td class="num" { (words.quantity(coming(line))) }
                td class={ "num strong" @if line.received.is_none() { " blank" } } { @if let Some(received) = line.received { (words.quantity(received)) } }
                td class="num" { @if let Some(received) = line.received { (words.signed(received - coming(line))) } }
                td { (words.code("verdict", verdict_code(line.verdict))) }
                @if worth.is_some() { td class="num" { (money(words, line.received_value)) } }
                td { (or_dash(line.received_note.as_deref())) }
            }
        }
    });
    let heads = html! {
        th scope="col" class="num" { "#" } (batch_heads(words))
        th scope="col" class="num" { (t!(words, "sent")) } th scope="col" class="num" { (t!(words, "received")) } th scope="col" class="num" { (t!(words, "difference")) }
        th scope="col" { (t!(words, "verdict")) } @if worth.is_some() { th scope="col" class="num" { (t!(words, "value")) } } th scope="col" { (t!(words, "note")) }
    };
    let foot = html! { @if worth.is_some() { tr { td colspan="8" class="strong" { (t!(words, "total")) } td class="num strong" { (money(words, worth)) } td {} } } };
    let table = (heads, rows.collect(), foot);
    Ok(paper(&visit, &detail, Direction::Inbound, t!(words, "received-note-title"), table))
}
