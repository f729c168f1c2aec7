//! What a store has, by batch.

use axum::response::Response;
use crdt_store::{DocumentId, Snapshot};
use domain::Permission;
use domain::query::stock::{self, StockFacet, StockFilter, StockRow, StockSort, StockStatus};
use domain::query::{programmes, reference};
use maud::{Markup, html};

use super::line::{STAGES, called, vvm_code, vvm_of};
use crate::ui::form::{Asked, Fields, Form, Input, address};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section};
use crate::ui::lookup;
use crate::ui::parts::{
    ROWS_PER_GROUP, Tone, below, chip, empty, facets, or_dash, pager, quantity, row_ids, search, sortable,
    title,
};
use crate::ui::past::{self, Past};
use crate::ui::sheets::{all_shown, export_and};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// What is on the shelf is what people work with: it is shown unless another part is asked for.
const IN_STOCK: &str = "in-stock";
/// Everything, used-up batches too.
const ALL: &str = "all";

const FACETS: [(&str, StockFacet); 6] = [
    (IN_STOCK, StockFacet::InStock),
    ("expiring", StockFacet::Expiring),
    ("expiring-later", StockFacet::ExpiringLater),
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

fn batch_row(visit: &Visit, row: &StockRow, picks: bool) -> Markup {
    let words = visit.words;
    html! {
        tr id={ "line-" (row.id) } class={ @if row.held { "is-held" } } {
            @if picks { td class="pick" { label { input type="checkbox" name="line" value=(row.id) aria-label={ (t!(words, "choose-batch")) " " (row.item_name) " " (called(words, row)) }; } } }
            td {
                a class="row-link" href={ "/stock/items/" (row.item) "?tab=batches" } { (row.item_name) }
                " " (mark(words, row.status))
                (below(html! { a href={ "/stock/lines/" (row.id) } { (called(words, row)) } " · " (expiry(words, row, visit.today())) }))
            }
            td class="nowrap phone-hide" { a href={ "/stock/lines/" (row.id) } { (called(words, row)) } }
            td class="nowrap phone-hide" { (expiry(words, row, visit.today())) }
            td class="wide-only" { (or_dash(row.location_code.as_deref())) }
            td class="num phone-hide" data-live={ "av-" (row.id) } { (quantity(words, row.available)) }
            td class="num strong" data-live={ "oh-" (row.id) } { (quantity(words, row.on_hand)) }
            td class="muted wide-only" { (row.unit) }
        }
    }
}

fn batch_table(
    visit: &Visit,
    rows: &[StockRow],
    kept: &[(&str, &str)],
    by_expiry: bool,
    picks: bool,
) -> Markup {
    let words = visit.words;
    html! {
        div class="scroll" id="rows" data-rows=(row_ids(rows.iter().map(|row| row.id))) {
            table {
                thead { tr {
                    @if picks { th scope="col" class="pick" { label { input type="checkbox" data-all="line" hidden aria-label=(t!(words, "choose-all")); } } }
                    (sortable("/stock", kept, "name", !by_expiry, &t!(words, "item"), ""))
                    th scope="col" class="phone-hide" { (t!(words, "batch")) }
                    (sortable("/stock", kept, "expiry", by_expiry, &t!(words, "expiry"), "phone-hide"))
                    th scope="col" class="wide-only" { (t!(words, "location")) }
                    th scope="col" class="num phone-hide" { (t!(words, "available")) }
                    th scope="col" class="num" { (t!(words, "on-hand")) }
                    th scope="col" class="wide-only" { (t!(words, "unit")) }
                } }
                @for group in rows.chunks(ROWS_PER_GROUP) { tbody class="group" { @for row in group { (batch_row(visit, row, picks)) } } }
            }
        }
    }
}

/// The rows with what one can do with those that are chosen. It works without a script: boxes, a place, a button.
fn arrangeable(visit: &Visit, read: &Snapshot, store: DocumentId, table: Markup) -> Result<Markup, Trouble> {
    let words = visit.words;
    let places = super::locations::choices(read, store)?;
    Ok(html! {
        form method="post" action="/stock/arrange" {
            input type="hidden" name="once" value=(lookup::once(&Form::default()));
            input type="hidden" name="back" value=(visit.here);
            (table)
            div class="bar of-chosen" {
                span class="muted small" { (t!(words, "with-chosen")) }
                @if places.len() > 1 {
                    select class="input small fit" name="to" aria-label=(t!(words, "to-location")) {
                        option value="" { (t!(words, "to-location")) "…" }
                        @for (id, name) in places.iter().skip(1) { option value=(id) { (name) } }
                    }
                    button class="btn" name="act" value="move" { (icon("arrow-right")) (t!(words, "move")) }
                }
                button class="btn" name="act" value="hold" { (icon("pause")) (t!(words, "hold")) }
                button class="btn" name="act" value="release" { (icon("check")) (t!(words, "release")) }
            }
        }
    })
}

// ---- filters beyond the search ----

/// Names of the filters in the address.
const FILTERS: [&str; 7] =
    ["location", "programme", "donor", "supplier", "vvm", "expiresFrom", "expiresUntil"];

fn filter_of(asked: &Form, part: Option<StockFacet>, sort: StockSort, past: Option<&Past>) -> StockFilter {
    StockFilter {
        search: asked.owned("search"),
        facet: part,
        item: asked.id("item"),
        location: asked.id("location"),
        programme: asked.id("programme"),
        donor: asked.id("donor"),
        supplier: asked.id("supplier"),
        vvm: vvm_of(asked.raw("vvm")),
        expires_from: asked.read("expiresFrom"),
        expires_until: asked.read("expiresUntil"),
        sort: Some(sort),
        as_of: past.map(|past| past.instant),
    }
}

/// The form of the filters, folded away unless some are in use.
fn filter_form(
    visit: &Visit,
    read: &Snapshot,
    store: DocumentId,
    asked: &Form,
    kept: &[(&str, &str)],
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let used = FILTERS.iter().filter(|name| asked.text(name).is_some()).count();
    let all = || std::iter::once((String::new(), t!(words, "facet-all")));
    let mut places = super::locations::choices(read, store)?;
    places.splice(..1, all());
    let programmes: Vec<_> = all()
        .chain(programmes::of_store(read, store)?.into_iter().map(|row| (row.id.to_string(), row.name)))
        .collect();
    let donors: Vec<_> =
        all().chain(lookup::donors(read)?.into_iter().map(|row| (row.id.to_string(), row.name))).collect();
    let partners = lookup::partners(read, false)?.into_iter().map(|row| (row.id.to_string(), row.name));
    let stores = lookup::stores(read)?.into_iter().filter(|row| row.id != store);
    let suppliers: Vec<_> =
        all().chain(partners).chain(stores.map(|row| (row.id.to_string(), row.name))).collect();
    let stages: Vec<_> =
        all().chain(STAGES.map(|vvm| (vvm_code(vvm).to_owned(), words.code("vvm", vvm_code(vvm))))).collect();
    let fields = Fields { words, form: asked, problem: None };
    let day = Input { kind: "date", ..Input::default() };
    Ok(html! {
        details class="why narrowing" open[used > 0] {
            summary { (icon("menu")) (t!(words, "more-filters")) @if used > 0 { " " span class="count" { (used) } } }
            form class="stack" method="get" action="/stock" {
                @for (name, value) in kept.iter().filter(|(_, value)| !value.is_empty()) { input type="hidden" name=(name) value=(value); }
                div class="fields" {
                    (fields.select("location", &t!(words, "location"), false, &places))
                    (fields.select("programme", &t!(words, "programme"), false, &programmes))
                    (fields.select("donor", &t!(words, "partner-donor"), false, &donors))
                    (fields.select("supplier", &t!(words, "supplier"), false, &suppliers))
                    (fields.select("vvm", &t!(words, "vvm"), false, &stages))
                    (fields.input("expiresFrom", &t!(words, "expires-from"), day))
                    (fields.input("expiresUntil", &t!(words, "expires-until"), day))
                }
                div class="row" {
                    button class="btn primary" { (icon("check")) (t!(words, "apply")) }
                    @if used > 0 { a class="btn quiet" href=(address("/stock", kept)) { (icon("x")) (t!(words, "clear-filters")) } }
                }
            }
        }
    })
}

/// What stands in place of an empty list. What is searched may have been used up: the same search of everything is
/// one press away.
fn nothing(words: Words, wanted: &str, facet: &str) -> Markup {
    let everything = address("/stock", &[("search", wanted), ("facet", ALL)]);
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

fn facet_bar(words: Words, chosen: &str, kept: &[(&str, &str)]) -> Markup {
    // The part that is shown unasked has no name in the address.
    let named = |name: &'static str| if name == IN_STOCK { "" } else { name };
    let mut choices: Vec<(&str, String)> =
        FACETS.iter().map(|(name, _)| (named(name), words.code("facet", name))).collect();
    choices.push((ALL, t!(words, "facet-all")));
    facets(&t!(words, "filter"), "/stock", "facet", chosen, kept, &choices)
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let read = visit.read()?;
    let wanted = asked.raw("search");
    let facet = Some(asked.raw("facet")).filter(|facet| *facet != IN_STOCK).unwrap_or_default();
    let past = Past::of(&visit, &asked);
    let past = past.as_ref();
    let as_of = (past::PARAMETER, Past::text_of(past));
    let (of_search, of_facet, of_sort) = (("search", wanted), ("facet", facet), ("sort", asked.raw("sort")));
    let narrowed: Vec<(&str, &str)> = FILTERS.iter().map(|name| (*name, asked.raw(name))).collect();
    // All that is asked for, but for what a part of the page asks for itself.
    let kept = |without: &str| -> Vec<(&str, &str)> {
        let plain = [of_search, of_facet, as_of, of_sort].into_iter().filter(|(name, _)| *name != without);
        plain.chain(narrowed.iter().copied()).collect()
    };
    let Batches { list, files } = batches(&visit, &read, own.id, &asked, facet, past, &kept(""))?;
    let actions = html! {
        (files)
        @if visit.may(Permission::StockEdit) {
            a class="btn" href="/stock/new" { (icon("plus")) (t!(words, "open-batch")) }
        }
        @if visit.may(Permission::Adjust) { a class="btn" href="/adjustments/new" { (icon("scale")) (t!(words, "quick-adjust-name")) } }
        @if visit.may(Permission::OutboundEdit) { a class="btn primary" href="/issue" { (icon("arrow-up-from-line")) (t!(words, "nav-issue")) } }
    };
    let name = t!(words, "nav-stock");
    let body = html! {
        (title(&name, html! { (own.name) @if own.right.read_only { " · " (t!(words, "read-only")) } }, actions))
        @if let Some(past) = past { (past::banner(words, past, "/stock", &kept(past::PARAMETER))) }
        (super::stock_items::tabs(words, "batches"))
        div class="card" {
            div class="filters" {
                (search(words, "/stock", &t!(words, "search-stock"), wanted, &kept("search")))
                (past::question(&visit, "/stock", &kept(past::PARAMETER), past))
            }
            div id="list" {
                div class="filters" { (facet_bar(words, facet, &kept("facet"))) }
                (filter_form(&visit, &read, own.id, &asked, &[of_search, of_facet, as_of, of_sort])?)
                (list)
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Stock, name, body).searching()))
}

/// What is offered below the files.
fn seldom(visit: &Visit, asked: &Form, facet: &str, shared: bool) -> Markup {
    let words = visit.words;
    let (item, location) = (asked.raw("item"), asked.raw("location"));
    let of = [("kind", "batch"), ("search", asked.raw("search")), ("facet", facet)];
    let of: Vec<_> = of.into_iter().chain([("item", item), ("location", location)]).collect();
    html! {
        a href=(address("/labels", &of)) { (icon("tag")) (t!(words, "labels-title")) }
        @if shared { a href="/stock/shares" { (icon("scale")) (t!(words, "shares")) } }
        @if visit.may(Permission::StockEdit) { a href="/imports?kind=opening-stock" { (icon("upload")) (t!(words, "import")) } }
    }
}

/// A page of batches, and the menu of their files.
struct Batches {
    list: Markup,
    files: Markup,
}

fn batches(
    visit: &Visit,
    read: &Snapshot,
    store: DocumentId,
    asked: &Form,
    facet: &str,
    past: Option<&Past>,
    kept: &[(&str, &str)],
) -> Result<Batches, Trouble> {
    let words = visit.words;
    let cursor = asked.text("cursor");
    let part = match facet {
        ALL => None,
        named => FACETS.iter().find(|(name, _)| *name == named).or(FACETS.first()).map(|(_, part)| *part),
    };
    let by_expiry = match asked.raw("sort") {
        "expiry" => true,
        "name" => false,
        _ => matches!(part, Some(StockFacet::Expired | StockFacet::Expiring | StockFacet::ExpiringLater)),
    };
    let filter = filter_of(asked, part, if by_expiry { StockSort::Expiry } else { StockSort::Name }, past);
    let page = stock::list(read, store, &filter, visit.today(), &lookup::page_request(cursor))?;
    let instant = past.map(|past| domain::instant::text(past.instant)).unwrap_or_default();
    let part_name =
        part.and_then(|part| FACETS.iter().find(|(_, known)| *known == part)).map(|(name, _)| *name);
    let sort = if by_expiry { "expiry" } else { "name" };
    let narrowed = FILTERS.iter().map(|name| (*name, asked.raw(name)));
    let wish: Vec<(&str, &str)> = [
        ("search", asked.raw("search")),
        ("facet", part_name.unwrap_or_default()),
        ("item", asked.raw("item")),
        ("sort", sort),
        ("asOf", &instant),
    ]
    .into_iter()
    .chain(narrowed)
    .collect();
    let known = all_shown(page.rows.len(), cursor, page.next.as_deref());
    let shared = reference::store(read, store)?.share_keeper.is_some();
    let files = export_and(words, "stock-lines", &wish, known, seldom(visit, asked, facet, shared));
    if page.rows.is_empty() {
        return Ok(Batches { list: nothing(words, asked.raw("search"), facet), files });
    }
    let picks = past.is_none() && visit.may(Permission::StockEdit);
    let unsorted: Vec<(&str, &str)> = kept.iter().copied().filter(|(name, _)| *name != "sort").collect();
    let table = batch_table(visit, &page.rows, &unsorted, by_expiry, picks);
    let table = if picks { arrangeable(visit, read, store, table)? } else { table };
    let kept: Vec<(&str, &str)> = kept.iter().copied().chain([("item", asked.raw("item"))]).collect();
    let list =
        html! { (table) (pager(words, "/stock", &kept, page.rows.len(), cursor, page.next.as_deref())) };
    Ok(Batches { list, files })
}
