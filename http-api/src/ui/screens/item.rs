//! One item in one store: its balance, its batches, its ledger, and why its numbers are what they are.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::{DocumentId, Snapshot};
use domain::item::ItemRow;
use domain::query::ledger::{self, LedgerEntry};
use domain::query::stock::{self, StockFilter, StockRow, StockSort};
use domain::query::{self, PageRequest};
use domain::stock_line::{self, UpdateStockLine};
use domain::{Balance, MovementKind, Permission, Quantity};
use maud::{Markup, html};

use super::stock::{expiry, mark};
use crate::error::Problem;
use crate::ui::form::{Asked, Form};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup;
use crate::ui::parts::{Tone, below, chip, empty, fact, or_dash, pager, quantity, title};
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

const TABS: [&str; 3] = ["summary", "batches", "movements"];

/// Batches of one item on one page: more than any store keeps.
const BATCHES_MAX: usize = 200;

fn kind_code(kind: MovementKind) -> &'static str {
    match kind {
        MovementKind::Opening => "opening",
        MovementKind::Issue => "issue",
        MovementKind::Receipt => "receipt",
        MovementKind::AdjustmentIn => "adjustment-in",
        MovementKind::AdjustmentOut => "adjustment-out",
        MovementKind::RepackOut => "repack-out",
        MovementKind::RepackIn => "repack-in",
    }
}

/// Where the document of a movement is shown.
fn document_href(entry: &LedgerEntry) -> String {
    let id = entry.movement.document;
    match (entry.movement.class.as_str(), entry.movement.kind) {
        ("shipment", MovementKind::Receipt) => format!("/inbound-shipments/{id}"),
        ("shipment", _) => format!("/outbound-shipments/{id}"),
        ("adjustment", _) => format!("/adjustments/{id}"),
        ("repack", _) => format!("/repacks/{id}"),
        _ => format!("/history/{id}"),
    }
}

fn ledger_row(words: Words, entry: &LedgerEntry) -> Markup {
    let amount = entry.movement.quantity;
    let absolute = if amount.is_negative() { Quantity::ZERO - amount } else { amount };
    html! {
        tr {
            td class="nowrap phone-hide" { (words.brief_instant(entry.movement.at)) }
            td {
                @let kind = words.code("movement", kind_code(entry.movement.kind));
                a class="nowrap" href=(document_href(entry)) { (entry.movement.number.as_deref().unwrap_or(&kind)) }
                span class="two" {
                    @if entry.movement.number.is_some() { (kind) }
                    @if let Some(reason) = &entry.reason_text { @if entry.movement.number.is_some() { " · " } (reason) }
                }
                (below(words.brief_instant(entry.movement.at)))
            }
            td class="phone-hide" { (or_dash(entry.other_name.as_deref())) }
            td class="num in" { @if amount.is_positive() { (words.quantity(absolute)) } }
            td class="num out" { @if amount.is_negative() { (words.quantity(absolute)) } }
            td class="num strong" { (quantity(words, entry.balance)) }
            td class="phone-hide nowrap" { (or_dash(entry.batch.as_deref())) @if let Some(day) = entry.expiry { span class="two" { (words.day(day)) } } }
            td class="phone-hide nowrap" { (or_dash(entry.by_name.as_deref())) }
        }
    }
}

fn ledger_table(words: Words, rows: &[LedgerEntry]) -> Markup {
    html! {
        div class="scroll" { table {
            thead { tr {
                th scope="col" class="phone-hide" { (t!(words, "date")) }
                th scope="col" { (t!(words, "document")) }
                th scope="col" class="phone-hide" { (t!(words, "partner")) }
                th scope="col" class="num" { (t!(words, "in")) }
                th scope="col" class="num" { (t!(words, "out")) }
                th scope="col" class="num" { (t!(words, "balance")) }
                th scope="col" class="phone-hide" { (t!(words, "batch")) }
                th scope="col" class="phone-hide" { (t!(words, "by")) }
            } }
            tbody { @for entry in rows { (ledger_row(words, entry)) } }
        } }
    }
}

fn movements(
    visit: &Visit,
    read: &Snapshot,
    store: DocumentId,
    item: DocumentId,
    asked: &Asked,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let cursor = asked.text("cursor");
    let request = lookup::page_request(cursor);
    let line = asked.id("line");
    let page = match line {
        Some(line) => {
            // A batch of another store is none of the reader's business.
            let row = stock::line(read, line, visit.today())?;
            if row.store != store || row.item != item {
                return Err(Trouble::not_found("stock line"));
            }
            ledger::of_line(read, line, &request)?
        }
        None => ledger::of_item(read, store, item, &request)?,
    };
    let path = format!("/stock/items/{item}");
    let chosen = line.map(|line| line.to_string()).unwrap_or_default();
    let kept = [("tab", "movements"), ("line", chosen.as_str())];
    Ok(html! {
        div class="card" {
            header {
                h2 class="grow" { (t!(words, "stock-card")) }
                @if line.is_some() { a class="btn quiet" href={ (path) "?tab=movements" } { (icon("x")) (t!(words, "all-batches")) } }
                button type="button" class="btn" data-print { (icon("printer")) (t!(words, "print-card")) }
            }
            @if page.rows.is_empty() { (empty("history", &t!(words, "no-movements"), &t!(words, "no-movements-text"), html! {})) }
            @else {
                (ledger_table(words, &page.rows))
                (pager(words, &path, &kept, page.rows.len(), cursor, page.next.as_deref()))
            }
        }
        p class="muted small" { (icon("info")) " " (t!(words, "balance-is-sum")) }
    })
}

fn batch_actions(visit: &Visit, row: &StockRow) -> Markup {
    let words = visit.words;
    html! {
        div class="row acts" {
            a class="btn quiet" href={ "/stock/items/" (row.item) "?tab=movements&line=" (row.id) } { (icon("history")) (t!(words, "movements")) }
            @if visit.may(Permission::Adjust) { a class="btn quiet" href={ "/adjustments/new?item=" (row.item) "#line-" (row.id) } { (icon("scale")) (t!(words, "quick-adjust-name")) } }
            @if visit.may(Permission::StockEdit) {
                form method="post" action={ "/stock/lines/" (row.id) "/hold" } {
                    input type="hidden" name="hold" value=(if row.on_hold { "no" } else { "yes" });
                    button class="btn quiet" { @if row.on_hold { (icon("check")) (t!(words, "release")) } @else { (icon("pause")) (t!(words, "hold")) } }
                }
            }
        }
    }
}

fn batches(visit: &Visit, rows: &[StockRow]) -> Markup {
    let words = visit.words;
    html! {
        div class="card" {
            @if rows.is_empty() { (empty("package", &t!(words, "no-batches"), &t!(words, "no-batches-text"), html! {})) }
            @else {
                div class="scroll" { table class="cards" {
                    thead { tr {
                        th scope="col" { (t!(words, "batch")) }
                        th scope="col" { (t!(words, "expiry")) }
                        th scope="col" { (t!(words, "location")) }
                        th scope="col" class="num" { (t!(words, "pack-size")) }
                        th scope="col" class="num" { (t!(words, "available")) }
                        th scope="col" class="num" { (t!(words, "on-hand")) }
                        th scope="col" { span class="visually-hidden" { (t!(words, "actions")) } }
                    } }
                    tbody { @for row in rows {
                        tr class={ @if row.held { "is-held" } } {
                            td class="nowrap" { a class="row-link strong" href={ "/stock/lines/" (row.id) } { (super::line::called(words, row)) } " " (mark(words, row.status)) }
                            td class="nowrap" data-label=(t!(words, "expiry")) { (expiry(words, row, visit.today())) }
                            td data-label=(t!(words, "location")) { (or_dash(row.location_code.as_deref())) }
                            td class="num" data-label=(t!(words, "pack-size")) { (words.whole(row.pack_size.into())) }
                            td class="num" data-label=(t!(words, "available")) data-live={ "av-" (row.id) } { (quantity(words, row.available)) }
                            td class="num strong" data-label=(t!(words, "on-hand")) data-live={ "oh-" (row.id) } { (quantity(words, row.on_hand)) }
                            td { (batch_actions(visit, row)) }
                        }
                    } }
                } }
            }
        }
    }
}

/// The arithmetic of the balance, by kind of movement, over the movements there are.
fn why(
    visit: &Visit,
    read: &Snapshot,
    store: DocumentId,
    item: DocumentId,
    balance: Balance,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let kinds = [
        MovementKind::Opening,
        MovementKind::Receipt,
        MovementKind::AdjustmentIn,
        MovementKind::RepackIn,
        MovementKind::Issue,
        MovementKind::AdjustmentOut,
        MovementKind::RepackOut,
    ];
    let mut sums = [Quantity::ZERO; 7];
    let mut counts = [0u32; 7];
    let mut cursor = None;
    // A full ledger is read only here, where somebody asks for it, and not without end.
    for _ in 0..WHY_PAGES_MAX {
        let request = PageRequest { limit: Some(query::PAGE_LEN_MAX), cursor: cursor.take() };
        let page = ledger::of_item(read, store, item, &request)?;
        for entry in &page.rows {
            let at = kinds.iter().position(|kind| *kind == entry.movement.kind).unwrap_or(0);
            sums[at] = sums[at] + entry.movement.quantity;
            counts[at] += 1;
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(html! {
        details class="why" open {
            summary { (icon("circle-help")) (t!(words, "why-this-number")) }
            table {
                tbody {
                    @for (at, kind) in kinds.iter().enumerate().filter(|(at, _)| counts[*at] > 0) {
                        tr { td { (words.code("movement", kind_code(*kind))) span class="two" { (t!(words, "movements-count", n = counts[at])) } } td class="num" { (words.signed(sums[at])) } }
                    }
                    tr { td class="strong" { (t!(words, "on-hand")) } td class="num strong" { "= " (words.quantity(balance.on_hand)) } }
                    tr { td { (t!(words, "promised")) } td class="num" { "− " (words.quantity(balance.allocated)) } }
                    tr { td class="strong" { (t!(words, "available")) } td class="num strong" { "= " (words.quantity(balance.available())) } }
                }
            }
        }
    })
}

/// Pages of the ledger that the explanation adds up: ten years of a busy store.
const WHY_PAGES_MAX: usize = 40;

fn summary(
    visit: &Visit,
    read: &Snapshot,
    store: DocumentId,
    item: &ItemRow,
    balance: Balance,
    batches: &[StockRow],
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let first_out = batches.iter().find(|row| row.available.is_positive() && row.expiry.is_some());
    Ok(html! {
        div class="split" {
            div class="card pad stack" {
                dl class="facts" {
                    div { dt { (t!(words, "on-hand")) } dd class="big" { span data-live="item-on-hand" { (quantity(words, balance.on_hand)) } " " small class="muted" { (item.unit) } } }
                    div { dt { (t!(words, "available")) } dd class="big" { span data-live="item-available" { (quantity(words, balance.available())) } } }
                    div { dt { (t!(words, "promised")) } dd class="big" { span data-live="item-promised" { (words.quantity(balance.allocated)) } } }
                }
                (why(visit, read, store, item.id, balance)?)
            }
            div class="card pad stack" {
                dl class="facts one" {
                    (fact(&t!(words, "code"), html! { (item.code) }))
                    (fact(&t!(words, "strength"), or_dash(item.strength.as_deref())))
                    (fact(&t!(words, "pack-size"), html! { (words.whole(item.default_pack_size.into())) }))
                    (fact(&t!(words, "batches"), html! { (words.whole(batches.iter().filter(|row| row.on_hand != Quantity::ZERO).count() as i64)) }))
                    (fact(&t!(words, "first-out"), html! { @match first_out { Some(row) => { (or_dash(row.batch.as_deref())) " " (expiry(words, row, visit.today())) }, None => (or_dash(None)) } }))
                }
            }
        }
    })
}

fn tabs(words: Words, item: DocumentId, chosen: &str) -> Markup {
    html! {
        nav class="tabs" aria-label=(t!(words, "tabs")) {
            @for tab in TABS { a href={ "/stock/items/" (item) "?tab=" (tab) } aria-current=[(tab == chosen).then_some("page")] { (words.code("tab", tab)) } }
            a href={ "/history/" (item) } { (t!(words, "history")) }
        }
    }
}

/// The page.
pub(in crate::ui) async fn show(
    visit: Visit,
    Path(item): Path<DocumentId>,
    asked: Asked,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let read = visit.read()?;
    let row = query::items::detail(&read, item)?;
    let balance = stock::item_balance(&read, own.id, item)?;
    let tab = TABS.into_iter().find(|tab| *tab == asked.raw("tab")).unwrap_or("summary");
    let filter = StockFilter { item: Some(item), sort: Some(StockSort::Name), ..StockFilter::default() };
    let mut lines =
        stock::list(&read, own.id, &filter, visit.today(), &PageRequest::first(BATCHES_MAX))?.rows;
    // Empty batches come last: they are history.
    lines.sort_by_key(|line| line.on_hand == Quantity::ZERO);
    let content = match tab {
        "batches" => batches(&visit, &lines),
        "movements" => movements(&visit, &read, own.id, item, &asked)?,
        _ => summary(&visit, &read, own.id, &row, balance, &lines)?,
    };
    let actions = html! {
        @if visit.may(Permission::Adjust) { a class="btn" href={ "/adjustments/new?item=" (item) } { (icon("scale")) (t!(words, "quick-adjust-name")) } }
        @if visit.may(Permission::OutboundEdit) { a class="btn primary" href={ "/issue?quantity." (item) "=" } { (icon("arrow-up-from-line")) (t!(words, "nav-issue")) } }
    };
    let sub = html! {
        (row.code) " · " (own.name) " · " (t!(words, "on-hand")) " " b class="tabular" data-live="head-on-hand" { (words.quantity(balance.on_hand)) " " (row.unit) }
        @if !balance.on_hand.is_positive() { " " (chip(Tone::Bad, "package", &t!(words, "out-of-stock"))) }
    };
    let body = html! { (title(&row.name, sub, actions)) (tabs(words, item, tab)) (content) };
    Ok(layout::page(
        &visit,
        Page::new(Section::Stock, row.name, body).below(t!(words, "nav-stock"), "/stock"),
    ))
}

/// Holds a batch back, or releases it.
pub(in crate::ui) async fn hold(
    visit: Visit,
    Path(line): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let row = stock::line(&visit.read()?, line, visit.today())?;
    let caller = visit.caller()?;
    let command = UpdateStockLine { on_hold: Some(form.raw("hold") == "yes"), ..UpdateStockLine::default() };
    let back = match form.raw("back") {
        "line" => format!("/stock/lines/{line}"),
        _ => format!("/stock/items/{}?tab=batches", row.item),
    };
    match visit.execute(move |txn| stock_line::update(txn, &caller, line, &command)).await {
        Ok(()) => Ok(done(
            &back,
            if form.raw("hold") == "yes" {
                /*key*/
                "toast-held"
            } else {
                /*key*/
                "toast-released"
            },
            "",
        )),
        Err(error) => {
            let problem = Problem::from(error);
            let page = Page::new(Section::Stock, row.item_name, trouble::alert(visit.words, &problem));
            Ok(layout::page(&visit, page.below(t!(visit.words, "nav-stock"), back)))
        }
    }
}
