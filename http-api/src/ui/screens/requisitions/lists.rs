//! The lists: what the store asks for, and what is asked of it.

use axum::response::Response;
use domain::Permission;
use domain::query::requisitions::{self as query, Answer, RequisitionFilter, RequisitionListRow};
use domain::requisition::{Side, Status};
use maud::{Markup, html};

use super::{name_of, path_of, section_of, status_chip};
use crate::ui::form::Asked;
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page};
use crate::ui::lookup;
use crate::ui::parts::{Tone, below, chip, empty, facets, narrowed, or_dash, pager, row_ids, search, title};
use crate::ui::sheets::{all_shown, export};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

fn table(words: Words, rows: &[RequisitionListRow], side: Side) -> Markup {
    html! {
        div class="scroll" { table {
            thead { tr {
                th scope="col" { (t!(words, "number")) }
                th scope="col" class="phone-hide" { @if side == Side::Customer { (t!(words, "supplier")) } @else { (t!(words, "from")) } }
                th scope="col" { (t!(words, "status")) }
                th scope="col" class="num phone-hide" { (t!(words, "lines-title")) }
                th scope="col" class="phone-hide" { (t!(words, "since")) }
                th scope="col" class="wide-only" { (t!(words, "reference")) }
            } }
            tbody { @for row in rows {
                @let requisition = &row.requisition;
                tr {
                    td {
                        a class="row-link nowrap" href={ (path_of(side)) "/" (requisition.id) } { (requisition.number) }
                        (below(html! { (row.other_name) " · " (words.brief_instant(requisition.status_at)) }))
                    }
                    td class="phone-hide" { (row.other_name) }
                    td { span data-live={ "st-" (requisition.id) } {
                        (status_chip(words, requisition))
                        @if requisition.amendments > 0 { " " (chip(Tone::Warn, "flag", &t!(words, "amendments", n = requisition.amendments))) }
                    } }
                    td class="num phone-hide" { (requisition.lines) }
                    td class="phone-hide nowrap" { (words.brief_instant(requisition.status_at)) }
                    td class="wide-only" { (or_dash(requisition.reference.as_deref())) }
                }
            } }
        } }
    }
}

/// A supplier hears of what was sent; a draft is the customer's own.
fn statuses(side: Side) -> &'static [Status] {
    match side {
        Side::Customer => &[Status::Draft, Status::Sent, Status::Finalised],
        Side::Supplier => &[Status::Sent, Status::Finalised],
    }
}

async fn list(visit: Visit, asked: Asked, side: Side) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::RequisitionView)?;
    let path = path_of(side);
    let (wanted, chosen, cursor) = (asked.raw("search"), asked.raw("status"), asked.text("cursor"));
    let status = statuses(side).iter().find(|status| status.code() == chosen).copied();
    let answer = Answer::ALL.into_iter().find(|answer| answer.code() == asked.raw("answer"));
    let emergency = (asked.raw("emergency") == "true").then_some(true);
    let filter = RequisitionFilter { status, emergency, answer, search: asked.owned("search") };
    let page = query::list(&visit.read()?, own.id, side, &filter, &lookup::page_request(cursor))?;
    let offered: Vec<(&str, String)> = std::iter::once(("", t!(words, "facet-all")))
        .chain(statuses(side).iter().map(|status| (status.code(), words.code("status", status.code()))))
        .collect();
    let (answer, urgent) = (answer.map_or("", Answer::code), emergency.map_or("", |_| "true"));
    let kept = [("search", wanted), ("status", chosen), ("answer", answer), ("emergency", urgent)];
    let by_answer = (!answer.is_empty()).then(|| ("answer", words.code("answer", answer)));
    let by_urgency = emergency.map(|_| ("emergency", t!(words, "emergency")));
    let by: Vec<_> = by_answer.into_iter().chain(by_urgency).collect();
    let known = all_shown(page.rows.len(), cursor, page.next.as_deref());
    let may = side == Side::Customer && visit.may(Permission::RequisitionEdit);
    let begin = html! { @if may { a class="btn primary" href="/internal-orders/new" { (icon("plus")) (t!(words, "new-order")) } } };
    let actions = html! { (export(words, path.trim_start_matches('/'), &kept, known)) (begin) };
    let name = name_of(words, side);
    let (nothing, nothing_text) = match side {
        Side::Customer => (t!(words, "orders-empty"), t!(words, "orders-empty-text")),
        Side::Supplier => (t!(words, "requisitions-empty"), t!(words, "requisitions-empty-text")),
    };
    let body = html! {
        (title(&name, html! { (own.name) }, actions))
        div class="card" {
            div class="filters" { (search(words, path, &t!(words, "search-shipments"), wanted, &kept[1..])) }
            div id="list" {
                div class="filters" { (facets(&t!(words, "filter"), path, "status", chosen, &[kept[0], kept[2], kept[3]], &offered)) }
                (narrowed(words, path, &kept, &by))
                @if page.rows.is_empty() {
                    @if wanted.is_empty() && status.is_none() && by.is_empty() { (empty("file-text", &nothing, &nothing_text, begin)) }
                    @else { (empty("search", &t!(words, "nothing-found"), &t!(words, "nothing-found-text"), html! { a class="btn" href=(path) { (t!(words, "show-all")) } })) }
                } @else {
                    div id="rows" data-rows=(row_ids(page.rows.iter().map(|row| row.requisition.id))) { (table(words, &page.rows, side)) }
                    (pager(words, path, &kept, page.rows.len(), cursor, page.next.as_deref()))
                }
            }
        }
    };
    Ok(layout::page(&visit, Page::new(section_of(side), name, body).searching()))
}

/// What the store asks for.
pub(in crate::ui) async fn orders(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    list(visit, asked, Side::Customer).await
}

/// What is asked of the store.
pub(in crate::ui) async fn requisitions(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    list(visit, asked, Side::Supplier).await
}
