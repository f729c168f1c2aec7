//! What a store has of each item: balances, consumption, months of stock, and the parts that ask for attention.

use axum::response::Response;
use domain::query::stock_items::{self, FiguresFilter, ItemFacet, ItemFigures, ItemSort};
use domain::{Permission, Quantity};
use maud::{Markup, html};

use crate::ui::form::{Asked, address};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section};
use crate::ui::lookup;
use crate::ui::parts::{
    ROWS_PER_GROUP, Tone, below, chip, empty, facets, pager, quantity, row_ids, search, sortable, title,
};
use crate::ui::past::{self, Past};
use crate::ui::sheets::{all_shown, export};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

const PATH: &str = "/stock/items";

/// The three ways to look at a store's stock.
pub(in crate::ui) fn tabs(words: Words, chosen: &str) -> Markup {
    let ways = [
        ("batches", "/stock", t!(words, "view-batches")),
        ("items", PATH, t!(words, "view-items")),
        ("movements", "/stock/movements", t!(words, "movements")),
    ];
    html! {
        nav class="tabs" aria-label=(t!(words, "view")) {
            @for (name, path, text) in ways { a href=(path) aria-current=[(name == chosen).then_some("page")] { (text) } }
        }
    }
}

/// What to know of an item at first sight.
pub(in crate::ui) fn mark(words: Words, row: &ItemFigures) -> Markup {
    let is = |facet| row.facets.contains(&facet);
    if is(ItemFacet::OutOfStock) {
        chip(Tone::Bad, "package", &t!(words, "out-of-stock"))
    } else if is(ItemFacet::Low) {
        chip(Tone::Warn, "triangle-alert", &t!(words, "stock-low"))
    } else if is(ItemFacet::Over) {
        chip(Tone::Calm, "boxes", &t!(words, "stock-over"))
    } else {
        html! {}
    }
}

/// Months of stock, or a dash where nothing is consumed.
pub(in crate::ui) fn months(words: Words, months: Option<Quantity>) -> Markup {
    html! {
        @match months {
            Some(months) => span class="tabular" { (words.months_of_stock(months)) },
            None => span class="muted" title=(t!(words, "no-consumption")) { "—" },
        }
    }
}

fn item_row(words: Words, row: &ItemFigures, past: Option<&Past>) -> Markup {
    let stock = &row.stock;
    let path = format!("{PATH}/{}", stock.item.id);
    let amounts = html! { (stock.item.code) " · " (stock.item.unit) };
    html! {
        tr {
            td {
                a class="row-link" href=(address(&path, &[(past::PARAMETER, Past::text_of(past))])) { (stock.item.name) }
                " " (mark(words, row))
                span class="two phone-hide" { (amounts) }
                (below(html! { (amounts) " · " (t!(words, "months-of-stock")) " " (months(words, row.months_of_stock)) }))
            }
            td class="num strong" data-live={ "oh-" (stock.item.id) } { (quantity(words, stock.on_hand)) }
            @if past.is_none() {
                td class="num phone-hide" data-live={ "av-" (stock.item.id) } { (quantity(words, stock.available)) }
                td class="num wide-only" data-live={ "oo-" (stock.item.id) } {
                    @if stock.on_order.is_positive() { a href={ (path) "?tab=on-order" } { (words.quantity(stock.on_order)) } } @else { span class="muted" { "—" } }
                }
            }
            td class="num phone-hide" data-live={ "amc-" (stock.item.id) } { (words.average(row.amc)) }
            td class="num phone-hide" data-live={ "mos-" (stock.item.id) } { (months(words, row.months_of_stock)) }
            td class="num wide-only" { @if row.days_out > 0 { (words.whole(row.days_out.into())) } @else { span class="muted" { "0" } } }
        }
    }
}

fn table(
    words: Words,
    rows: &[ItemFigures],
    kept: &[(&str, &str)],
    by_months: bool,
    past: Option<&Past>,
) -> Markup {
    html! {
        div class="scroll" id="rows" data-rows=(row_ids(rows.iter().map(|row| row.stock.item.id))) {
            table {
                thead { tr {
                    (sortable(PATH, kept, "name", !by_months, &t!(words, "item"), ""))
                    th scope="col" class="num" { (t!(words, "on-hand")) }
                    @if past.is_none() {
                        th scope="col" class="num phone-hide" { (t!(words, "available")) }
                        th scope="col" class="num wide-only" { (t!(words, "on-order")) }
                    }
                    th scope="col" class="num phone-hide" { abbr title=(t!(words, "amc-long")) { (t!(words, "amc")) } }
                    (sortable(PATH, kept, "months-of-stock", by_months, &t!(words, "months-of-stock"), "num phone-hide"))
                    th scope="col" class="num wide-only" { (t!(words, "days-out")) }
                } }
                @for group in rows.chunks(ROWS_PER_GROUP) { tbody class="group" { @for row in group { (item_row(words, row, past)) } } }
            }
        }
    }
}

fn nothing(words: Words, wanted: &str, facet: Option<ItemFacet>) -> Markup {
    match !wanted.is_empty() || facet.is_some() {
        true => empty(
            "search",
            &t!(words, "nothing-found"),
            &t!(words, "nothing-found-text"),
            html! { a class="btn" href=(PATH) { (t!(words, "show-all")) } },
        ),
        false => empty(
            "package",
            &t!(words, "stock-empty"),
            &t!(words, "stock-empty-text"),
            html! { a class="btn primary" href="/receive" { (icon("arrow-down-to-line")) (t!(words, "nav-receive")) } },
        ),
    }
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let read = visit.read()?;
    let past = Past::of(&visit, &asked);
    let (wanted, cursor) = (asked.raw("search"), asked.text("cursor"));
    let facet = ItemFacet::ALL.into_iter().find(|facet| facet.code() == asked.raw("facet"));
    let by_months = asked.raw("sort") == "months-of-stock";
    let sort = if by_months { ItemSort::MonthsOfStock } else { ItemSort::Name };
    let filter = FiguresFilter {
        search: asked.owned("search"),
        facet,
        sort: Some(sort),
        as_of: past.as_ref().map(|past| past.instant),
    };
    let page = stock_items::list(&read, own.id, &filter, visit.today(), &lookup::page_request(cursor))?;
    let facet_text = facet.map_or("", ItemFacet::code);
    let (sort_text, as_of) = (if by_months { "months-of-stock" } else { "" }, Past::text_of(past.as_ref()));
    let kept = [("search", wanted), ("facet", facet_text), (past::PARAMETER, as_of), ("sort", sort_text)];
    let offered: Vec<(&str, String)> = std::iter::once(("", t!(words, "facet-all")))
        .chain(
            ItemFacet::ALL
                .iter()
                .filter(|facet| past.is_none() || **facet != ItemFacet::OnOrder)
                .map(|facet| (facet.code(), words.code("item-facet", facet.code()))),
        )
        .collect();
    let store = own.id.to_string();
    let instant = past.as_ref().map(|past| domain::instant::text(past.instant)).unwrap_or_default();
    let file = [
        ("storeId", store.as_str()),
        ("search", wanted),
        ("facet", facet_text),
        ("sort", sort_text),
        ("asOf", &instant),
    ];
    let actions =
        export(words, "stock-items", &file, all_shown(page.rows.len(), cursor, page.next.as_deref()));
    let name = t!(words, "nav-stock");
    let body = html! {
        (title(&name, html! { (own.name) @if own.right.read_only { " · " (t!(words, "read-only")) } }, actions))
        @if let Some(past) = &past { (past::banner(words, past, PATH, &[("search", wanted), ("facet", facet_text), ("sort", sort_text)])) }
        (tabs(words, "items"))
        div class="card" {
            div class="filters" {
                (search(words, PATH, &t!(words, "search-items"), wanted, &kept[1..]))
                (past::question(&visit, PATH, &[("search", wanted), ("facet", facet_text), ("sort", sort_text)], past.as_ref()))
            }
            div id="list" {
                div class="filters" { (facets(&t!(words, "filter"), PATH, "facet", facet_text, &[kept[0], kept[2], kept[3]], &offered)) }
                @if page.rows.is_empty() { (nothing(words, wanted, facet)) }
                @else { (table(words, &page.rows, &kept[..3], by_months, past.as_ref())) (pager(words, PATH, &kept, page.rows.len(), cursor, page.next.as_deref())) }
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Stock, name, body).searching()))
}
