//! What a store has: by batch, or by item.

use axum::response::Response;
use domain::Permission;
use domain::query::stock::{
    self, ItemStockFilter, ItemStockRow, StockFacet, StockFilter, StockRow, StockSort, StockStatus,
};
use maud::{Markup, html};

use crate::ui::form::{Asked, address};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section};
use crate::ui::lookup;
use crate::ui::parts::{
    ROWS_PER_GROUP, Tone, below, chip, empty, facets, or_dash, pager, quantity, row_ids, search, sortable,
    title,
};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// What is on the shelf is what people work with: it is shown unless another part is asked for.
const IN_STOCK: &str = "in-stock";
/// Everything, used-up batches too.
const ALL: &str = "all";

const FACETS: [(&str, StockFacet); 5] = [
    (IN_STOCK, StockFacet::InStock),
    ("expiring", StockFacet::Expiring),
    ("expired", StockFacet::Expired),
    ("on-hold", StockFacet::OnHold),
    ("zero", StockFacet::Zero),
];

/// What to know of a batch at first sight, as a chip with words.
pub(in crate::ui) fn mark(words: Words, status: StockStatus) -> Markup {
    match status {
        StockStatus::OnHold => chip(Tone::Warn, "pause", &t!(words, "on-hold")),
        StockStatus::Unusable => chip(Tone::Bad, "ban", &t!(words, "unusable")),
        StockStatus::OverIssued => chip(Tone::Bad, "triangle-alert", &t!(words, "over-issued")),
        StockStatus::Good | StockStatus::Expired | StockStatus::Expiring => html! {},
    }
}

/// The last day of use, by what the store's own threshold says of it.
pub(in crate::ui) fn expiry(words: Words, row: &StockRow, today: domain::Date) -> Markup {
    let Some(day) = row.expiry else { return html! { span class="muted" { "—" } } };
    let soon = row.status == StockStatus::Expiring;
    let shown = words.day(day);
    html! {
        @if domain::allocation::is_expired(row.expiry, today) { span class="chip bad" { (icon("circle-x")) (shown) span class="visually-hidden" { " " (t!(words, "expired")) } } }
        @else if soon { span class="chip warn" { (icon("hourglass")) (shown) span class="visually-hidden" { " " (t!(words, "expires-soon")) } } }
        @else { span class="nowrap tabular" { (shown) } }
    }
}

fn batch_row(visit: &Visit, row: &StockRow) -> Markup {
    let words = visit.words;
    html! {
        tr id={ "line-" (row.id) } class={ @if row.on_hold { "is-held" } } {
            td {
                a class="row-link" href={ "/stock/items/" (row.item) "?tab=batches" } { (row.item_name) }
                " " (mark(words, row.status))
                (below(html! { (or_dash(row.batch.as_deref())) " · " (expiry(words, row, visit.today())) }))
            }
            td class="nowrap phone-hide" { (or_dash(row.batch.as_deref())) }
            td class="nowrap phone-hide" { (expiry(words, row, visit.today())) }
            td class="wide-only" { (or_dash(row.location_code.as_deref())) }
            td class="num phone-hide" data-live={ "av-" (row.id) } { (quantity(words, row.available)) }
            td class="num strong" data-live={ "oh-" (row.id) } { (quantity(words, row.on_hand)) }
            td class="muted wide-only" { (row.unit) }
        }
    }
}

fn batch_table(visit: &Visit, rows: &[StockRow], kept: &[(&str, &str)], by_expiry: bool) -> Markup {
    let words = visit.words;
    html! {
        div class="scroll" id="rows" data-rows=(row_ids(rows.iter().map(|row| row.id))) {
            table {
                thead { tr {
                    (sortable("/stock", kept, "name", !by_expiry, &t!(words, "item"), ""))
                    th scope="col" class="phone-hide" { (t!(words, "batch")) }
                    (sortable("/stock", kept, "expiry", by_expiry, &t!(words, "expiry"), "phone-hide"))
                    th scope="col" class="wide-only" { (t!(words, "location")) }
                    th scope="col" class="num phone-hide" { (t!(words, "available")) }
                    th scope="col" class="num" { (t!(words, "on-hand")) }
                    th scope="col" class="wide-only" { (t!(words, "unit")) }
                } }
                @for group in rows.chunks(ROWS_PER_GROUP) { tbody class="group" { @for row in group { (batch_row(visit, row)) } } }
            }
        }
    }
}

fn item_table(visit: &Visit, rows: &[ItemStockRow]) -> Markup {
    let words = visit.words;
    html! {
        div class="scroll" id="rows" data-rows=(row_ids(rows.iter().map(|row| row.item.id))) {
            table {
                thead { tr {
                    th scope="col" { (t!(words, "item")) }
                    th scope="col" class="phone-hide" { (t!(words, "code")) }
                    th scope="col" class="num phone-hide" { (t!(words, "available")) }
                    th scope="col" class="num" { (t!(words, "on-hand")) }
                    th scope="col" class="phone-hide" { (t!(words, "unit")) }
                } }
                @for group in rows.chunks(ROWS_PER_GROUP) { tbody class="group" { @for row in group {
                    tr {
                        td {
                            a class="row-link" href={ "/stock/items/" (row.item.id) } { (row.item.name) }
                            @if !row.on_hand.is_positive() { " " (chip(Tone::Bad, "package", &t!(words, "out-of-stock"))) }
                            (below(html! { (row.item.code) " · " (row.item.unit) }))
                        }
                        td class="muted nowrap phone-hide" { (row.item.code) }
                        td class="num phone-hide" data-live={ "av-" (row.item.id) } { (quantity(words, row.available)) }
                        td class="num strong" data-live={ "oh-" (row.item.id) } { (quantity(words, row.on_hand)) }
                        td class="muted phone-hide" { (row.item.unit) }
                    }
                } } }
            }
        }
    }
}

/// What stands in place of an empty list. What is searched may have been used up: the same search of everything is
/// one press away.
fn nothing(words: Words, wanted: &str, facet: &str, view: &str) -> Markup {
    let everything = address("/stock", &[("view", view), ("search", wanted), ("facet", ALL)]);
    match !wanted.is_empty() || !facet.is_empty() {
        true if facet != ALL => empty(
            "search",
            &t!(words, "nothing-found"),
            &t!(words, "nothing-found-in-part"),
            html! { a class="btn" href=(everything) { (t!(words, "search-everything")) } },
        ),
        true if !wanted.is_empty() => empty(
            "search",
            &t!(words, "nothing-found"),
            &t!(words, "nothing-found-text"),
            html! { a class="btn" href="/stock" { (t!(words, "show-stock")) } },
        ),
        _ => empty(
            "package",
            &t!(words, "stock-empty"),
            &t!(words, "stock-empty-text"),
            html! { a class="btn primary" href="/receive" { (icon("arrow-down-to-line")) (t!(words, "nav-receive")) } },
        ),
    }
}

fn facet_bar(words: Words, chosen: &str, kept: &[(&str, &str)], items: bool) -> Markup {
    let of_items = |name: &str| !items || [IN_STOCK, "zero"].contains(&name);
    // The part that is shown unasked has no name in the address.
    let named = |name: &'static str| if name == IN_STOCK { "" } else { name };
    let mut choices: Vec<(&str, String)> = FACETS
        .iter()
        .filter(|(name, _)| of_items(name))
        .map(|(name, _)| (named(name), words.code("facet", name)))
        .collect();
    choices.push((ALL, t!(words, "facet-all")));
    facets(&t!(words, "filter"), "/stock", "facet", chosen, kept, &choices)
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let read = visit.read()?;
    let (wanted, cursor) = (asked.raw("search"), asked.text("cursor"));
    let facet = Some(asked.raw("facet")).filter(|facet| *facet != IN_STOCK).unwrap_or_default();
    let items = asked.raw("view") == "items";
    let request = lookup::page_request(cursor);
    let view = if items { "items" } else { "" };
    let sort = asked.raw("sort");
    let kept = [("view", view), ("search", wanted), ("facet", facet), ("sort", sort)];
    let list = if items {
        let in_stock = match facet {
            ALL => None,
            "zero" => Some(false),
            _ => Some(true),
        };
        let filter = ItemStockFilter { search: asked.owned("search"), in_stock };
        let page = stock::items(&read, own.id, &filter, &request)?;
        html! {
            @if page.rows.is_empty() { (nothing(words, wanted, facet, view)) }
            @else { (item_table(&visit, &page.rows)) (pager(words, "/stock", &kept, page.rows.len(), cursor, page.next.as_deref())) }
        }
    } else {
        let part = match facet {
            ALL => None,
            named => FACETS.iter().find(|(name, _)| *name == named).or(FACETS.first()).map(|(_, part)| *part),
        };
        let by_expiry = match sort {
            "expiry" => true,
            "name" => false,
            _ => matches!(part, Some(StockFacet::Expired | StockFacet::Expiring)),
        };
        let sort = Some(if by_expiry { StockSort::Expiry } else { StockSort::Name });
        let filter = StockFilter {
            search: asked.owned("search"),
            facet: part,
            item: asked.id("item"),
            location: asked.id("location"),
            sort,
            ..StockFilter::default()
        };
        let page = stock::list(&read, own.id, &filter, visit.today(), &request)?;
        html! {
            @if page.rows.is_empty() { (nothing(words, wanted, facet, view)) }
            @else { (batch_table(&visit, &page.rows, &kept[..3], by_expiry)) (pager(words, "/stock", &kept, page.rows.len(), cursor, page.next.as_deref())) }
        }
    };
    let actions = html! {
        @if visit.may(Permission::Adjust) { a class="btn" href="/adjustments/new" { (icon("scale")) (t!(words, "quick-adjust-name")) } }
        @if visit.may(Permission::OutboundEdit) { a class="btn primary" href="/issue" { (icon("arrow-up-from-line")) (t!(words, "nav-issue")) } }
    };
    let views = [("", t!(words, "view-batches")), ("items", t!(words, "view-items"))];
    let name = t!(words, "nav-stock");
    let body = html! {
        (title(&name, html! { (own.name) @if own.right.read_only { " · " (t!(words, "read-only")) } }, actions))
        div class="card" {
            div class="filters" {
                (search(words, "/stock", &t!(words, "search-stock"), wanted, &[("view", view), ("facet", facet), ("sort", sort)]))
                (facets(&t!(words, "view"), "/stock", "view", view, &[("search", wanted)], &views))
            }
            div id="list" {
                div class="filters" { (facet_bar(words, facet, &[("view", view), ("search", wanted), ("sort", sort)], items)) }
                (list)
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Stock, name, body).searching()))
}
