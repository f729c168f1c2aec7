//! One item in one store: its balance, its batches, its ledger, and why its numbers are what they are.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::{DocumentId, Snapshot};
use domain::query::ledger::{self, LedgerEntry, LedgerFilter};
use domain::query::stock::{self, StockFilter, StockRow, StockSort};
use domain::query::stock_items::{self, Explanation, OnOrderEntry};
use domain::query::{self, PageRequest, consumption};
use domain::stock_line::{self, UpdateStockLine};
use domain::{LedgerRow, MovementKind, Permission, Quantity};
use maud::{Markup, html};

use super::stock::{expiry, mark};
use crate::error::Problem;
use crate::ui::chart;
use crate::ui::form::{Asked, Form, address};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup;
use crate::ui::parts::{below, empty, fact, or_dash, pager, quantity, title};
use crate::ui::past::{self, Past};
use crate::ui::sheets::{all_shown, export};
use crate::ui::trouble::{self, Trouble};
use crate::ui::values::{Contested, flag, other_flags};
use crate::ui::visit::{OwnStore, Visit};
use crate::ui::words::{Words, t};

const TABS: [&str; 4] = ["summary", "batches", "movements", "on-order"];

/// What is told of the present only.
const PRESENT_TABS: [&str; 1] = ["on-order"];

/// Batches of one item on one page: more than any store keeps.
const BATCHES_MAX: usize = 200;

/// Where the document of a movement is shown.
pub(in crate::ui) fn document_href(movement: &LedgerRow) -> String {
    let id = movement.document;
    match (movement.class.as_str(), movement.kind) {
        ("shipment", MovementKind::Receipt | MovementKind::ReturnIn) => format!("/inbound-shipments/{id}"),
        ("shipment", _) => format!("/outbound-shipments/{id}"),
        ("adjustment", _) => format!("/adjustments/{id}"),
        ("stocktake", _) => format!("/stocktakes/{id}"),
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
                @let kind = words.code("movement", entry.movement.kind.code());
                a class="nowrap" href=(document_href(&entry.movement)) { (entry.movement.number.as_deref().unwrap_or(&kind)) }
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
            td class="wide-only nowrap" { (or_dash(entry.by_name.as_deref())) }
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
                th scope="col" class="wide-only" { (t!(words, "by")) }
            } }
            tbody { @for entry in rows { (ledger_row(words, entry)) } }
        } }
    }
}

/// What a stock card says at its head, on the screen and on paper: what it is of, and by which figures it is ordered.
fn card_head(words: Words, own: &OwnStore, told: &Explanation, line: Option<&StockRow>) -> Markup {
    let stock = &told.figures.stock;
    let unit = &stock.item.unit;
    html! {
        dl class="facts pad" {
            div class="print-only" { dt { (t!(words, "store")) } dd { (own.name) } }
            div class="print-only" { dt { (t!(words, "item")) } dd { (stock.item.name) " · " (stock.item.code) } }
            (fact(&t!(words, "unit"), html! { (unit) }))
            @if let Some(line) = line { (fact(&t!(words, "batch"), html! { (or_dash(line.batch.as_deref())) @if let Some(day) = line.expiry { " · " (words.day(day)) } })) }
            (fact(&t!(words, "amc"), html! { span class="tabular" { (words.average(told.figures.amc)) } }))
            (fact(&t!(words, "minimum"), html! { span class="tabular" { (words.average(told.minimum)) } }))
            (fact(&t!(words, "maximum"), html! { span class="tabular" { (words.average(told.maximum)) } }))
        }
    }
}

fn movements(
    visit: &Visit,
    read: &Snapshot,
    own: &OwnStore,
    item: DocumentId,
    told: &Explanation,
    past: Option<&Past>,
    asked: &Asked,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let cursor = asked.text("cursor");
    let request = lookup::page_request(cursor);
    let line = match asked.id("line") {
        Some(line) => {
            // A batch of another store is none of the reader's business.
            let row = stock::line(read, line, visit.today())?;
            if row.store != own.id || row.item != item {
                return Err(Trouble::not_found("stock line"));
            }
            Some(row)
        }
        None => None,
    };
    let filter = LedgerFilter { as_of: past.map(|past| past.instant), ..super::ledger::filter(asked) };
    let page = match &line {
        Some(line) => ledger::of_line_filtered(read, line.id, &filter, &request)?,
        None => ledger::of_item_filtered(read, own.id, item, &filter, &request)?,
    };
    let path = format!("/stock/items/{item}");
    let chosen = line.as_ref().map(|line| line.id.to_string()).unwrap_or_default();
    let fixed = [("tab", "movements"), ("line", chosen.as_str()), (past::PARAMETER, Past::text_of(past))];
    let asked_for: Vec<(&str, &str)> =
        super::ledger::PARAMETERS.iter().map(|name| (*name, asked.raw(name))).collect();
    let kept: Vec<(&str, &str)> = fixed.iter().copied().chain(asked_for.iter().copied()).collect();
    let (store, instant) =
        (own.id.to_string(), past.map(|past| domain::instant::text(past.instant)).unwrap_or_default());
    let of_store = [("storeId", store.as_str()), ("asOf", instant.as_str())];
    let (ledger, query): (String, Vec<(&str, &str)>) = match &line {
        Some(line) => {
            let of_line = asked_for.iter().copied().filter(|(name, _)| *name != "batch");
            (format!("stock-lines/{}/ledger", line.id), of_line.chain([of_store[1]]).collect())
        }
        None => (format!("items/{item}/ledger"), asked_for.iter().copied().chain(of_store).collect()),
    };
    let known = all_shown(page.rows.len(), cursor, page.next.as_deref());
    Ok(html! {
        div class="card stock-card" {
            header {
                h2 class="grow" { (t!(words, "stock-card")) }
                @if let Some(line) = &line { a class="btn quiet" href={ "/history/" (line.id) } { (icon("clock")) (t!(words, "history")) } }
                @if line.is_some() { a class="btn quiet" href={ (path) "?tab=movements" } { (icon("x")) (t!(words, "all-batches")) } }
                (export(words, &ledger, &query, known))
                button type="button" class="btn" data-print { (icon("printer")) (t!(words, "print-card")) }
            }
            (card_head(words, own, told, line.as_ref()))
            (super::ledger::question(words, read, &path, &fixed, asked)?)
            @if page.rows.is_empty() { (empty("history", &t!(words, "no-movements"), &t!(words, "no-movements-text"), html! {})) }
            @else {
                (ledger_table(words, &page.rows))
                (pager(words, &path, &kept, page.rows.len(), cursor, page.next.as_deref()))
            }
        }
        p class="muted small" { (icon("info")) " " @if line.is_some() { (t!(words, "balance-of-line")) } @else { (t!(words, "balance-of-item")) } }
    })
}

fn batch_actions(visit: &Visit, row: &StockRow) -> Markup {
    let words = visit.words;
    html! {
        div class="row acts" {
            a class="btn quiet" title=(t!(words, "movements")) href={ "/stock/items/" (row.item) "?tab=movements&line=" (row.id) } { (icon("history")) span { (t!(words, "movements")) } }
            @if visit.may(Permission::Adjust) { a class="btn quiet" title=(t!(words, "quick-adjust-name")) href={ "/adjustments/new?item=" (row.item) "#line-" (row.id) } { (icon("scale")) span { (t!(words, "quick-adjust-name")) } } }
            @if visit.may(Permission::StockEdit) {
                form method="post" action={ "/stock/lines/" (row.id) "/hold" } {
                    input type="hidden" name="hold" value=(if row.on_hold { "no" } else { "yes" });
                    @let (drawing, word) = if row.on_hold { ("check", t!(words, "release")) } else { ("pause", t!(words, "hold")) };
                    button class="btn quiet" title=(word) { (icon(drawing)) span { (word) } }
                }
            }
        }
    }
}

/// Fields of a batch that the table has a column for.
const COLUMNS: [&str; 4] = ["/batch", "/expiry", "/location", "/pack_size"];

fn batches(visit: &Visit, contested: &Contested, rows: &[StockRow], past: Option<&Past>) -> Markup {
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
                        th scope="col" class="num tablet-hide" { (t!(words, "pack-size")) }
                        th scope="col" class="num" { (t!(words, "available")) }
                        th scope="col" class="num" { (t!(words, "on-hand")) }
                        @if past.is_none() { th scope="col" { span class="visually-hidden" { (t!(words, "actions")) } } }
                    } }
                    tbody { @for row in rows {
                        tr id={ "line-" (row.id) } class={ @if row.held { "is-held" } } {
                            td {
                                a class="row-link strong nowrap" href={ "/stock/lines/" (row.id) } { (super::line::called(words, row)) } " " (mark(words, row.status))
                                (flag(words, contested, row.id, "/batch")) (other_flags(words, contested, row.id, &COLUMNS))
                            }
                            td class="nowrap" data-label=(t!(words, "expiry")) { (expiry(words, row, visit.today())) (flag(words, contested, row.id, "/expiry")) }
                            td data-label=(t!(words, "location")) { (or_dash(row.location_code.as_deref())) (flag(words, contested, row.id, "/location")) }
                            td class="num tablet-hide" data-label=(t!(words, "pack-size")) { (words.whole(row.pack_size.into())) (flag(words, contested, row.id, "/pack_size")) }
                            td class="num" data-label=(t!(words, "available")) data-live={ "av-" (row.id) } { (quantity(words, row.available)) }
                            td class="num strong" data-label=(t!(words, "on-hand")) data-live={ "oh-" (row.id) } { (quantity(words, row.on_hand)) }
                            @if past.is_none() { td { (batch_actions(visit, row)) } }
                        }
                    } }
                } }
            }
        }
    }
}

/// The arithmetic of the balance, by kind of movement: each opens the movements that it adds up.
fn why_on_hand(words: Words, told: &Explanation, past: Option<&Past>) -> Markup {
    let stock = &told.figures.stock;
    let path = format!("/stock/items/{}", stock.item.id);
    let opens = |kind: MovementKind| {
        address(&path, &[("tab", "movements"), ("kind", kind.code()), (past::PARAMETER, Past::text_of(past))])
    };
    let count = |movements: u64| t!(words, "movements-count", n = movements);
    html! {
        details class="why" open {
            summary { (icon("circle-help")) (t!(words, "why-this-number")) }
            table {
                tbody {
                    @for total in &told.movements {
                        tr {
                            td { a href=(opens(total.kind)) { (words.code("movement", total.kind.code())) } span class="two" { (count(total.movements)) } }
                            td class="num" { (words.signed(total.quantity)) }
                        }
                    }
                    tr { td class="strong" { (t!(words, "on-hand")) } td class="num strong" { "= " (words.quantity(stock.on_hand)) } }
                    @if past.is_none() {
                        tr { td { (t!(words, "promised")) } td class="num" { "− " (words.quantity(stock.allocated)) } }
                        tr { td class="strong" { (t!(words, "available")) } td class="num strong" { "= " (words.quantity(stock.available)) } }
                    }
                }
            }
        }
    }
}

/// The arithmetic of average consumption and months of stock, with the numbers put in.
fn why_months(words: Words, told: &Explanation) -> Markup {
    let figures = &told.figures;
    let window = &told.window;
    let months = i64::from(window.months);
    let (days, out) = (i64::from(window.days), i64::from(figures.days_out));
    let average = words.quantity(figures.amc);
    html! {
        details class="why" open {
            summary { (icon("circle-help")) (t!(words, "why-these-months")) }
            table {
                tbody {
                    tr { td { (t!(words, "look-back")) span class="two" { (words.day(window.first)) " – " (words.day(window.last)) } } td class="num" { (t!(words, "days-count", n = days)) } }
                    tr { td { (t!(words, "consumed")) } td class="num" { (words.quantity(figures.consumed)) } }
                    tr { td { (t!(words, "days-out")) span class="two" { @if told.adjusted { (t!(words, "days-out-adjusted")) } @else { (t!(words, "days-out-not-adjusted")) } } } td class="num" { (words.whole(out)) } }
                    tr {
                        td class="strong" { (t!(words, "amc")) span class="two tabular" {
                            (words.quantity(figures.consumed)) " ÷ " (words.whole(months))
                            @if told.adjusted && out > 0 && out < days { " × " (words.whole(days)) " ÷ (" (words.whole(days)) " − " (words.whole(out)) ")" }
                        } }
                        td class="num strong" { "= " (average) }
                    }
                    tr {
                        td class="strong" { (t!(words, "months-of-stock")) span class="two tabular" {
                            @if figures.months_of_stock.is_some() { (words.quantity(figures.stock.on_hand)) " ÷ " (average) } @else { (t!(words, "no-consumption")) }
                        } }
                        td class="num strong" { @if let Some(months) = figures.months_of_stock { "= " (words.quantity(months)) } @else { "—" } }
                    }
                    tr { td { (t!(words, "minimum")) span class="two tabular" { (average) " × " (words.whole(told.understock_months.into())) } } td class="num" { "= " (words.quantity(told.minimum)) } }
                    tr { td { (t!(words, "maximum")) span class="two tabular" { (average) " × " (words.whole(told.overstock_months.into())) } } td class="num" { "= " (words.quantity(told.maximum)) } }
                }
            }
            p class="muted small" { (t!(words, "figures-exact")) }
        }
    }
}

/// Months of consumption that are drawn.
const MONTHS: u32 = 12;

fn summary(
    visit: &Visit,
    read: &Snapshot,
    store: DocumentId,
    told: &Explanation,
    past: Option<&Past>,
    batches: &[StockRow],
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let (figures, stock) = (&told.figures, &told.figures.stock);
    let item = &stock.item;
    let first_out = batches.iter().find(|row| row.available.is_positive() && row.expiry.is_some());
    let day = past.map_or(visit.today(), |past| past.day);
    let months = consumption::months_of_item(read, store, item.id, day, MONTHS)?;
    let big = |name: &str, live: &str, value: Markup| {
        html! { div { dt { (name) } dd class="big" { span data-live=(live) { (value) } } } }
    };
    Ok(html! {
        div class="split" {
            div class="stack" {
                div class="card pad stack" {
                    dl class="facts" {
                        div { dt { (t!(words, "on-hand")) } dd class="big" { span data-live="item-on-hand" { (quantity(words, stock.on_hand)) } " " small class="muted" { (item.unit) } } }
                        @if past.is_none() {
                            (big(&t!(words, "available"), "item-available", quantity(words, stock.available)))
                            (big(&t!(words, "promised"), "item-promised", html! { (words.quantity(stock.allocated)) }))
                            (big(&t!(words, "on-order"), "item-on-order", html! { @if stock.on_order.is_positive() { a href={ "/stock/items/" (item.id) "?tab=on-order" } { (words.quantity(stock.on_order)) } } @else { "0" } }))
                        }
                        (big(&t!(words, "amc"), "item-amc", html! { (words.average(figures.amc)) }))
                        (big(&t!(words, "months-of-stock"), "item-months", super::stock_items::months(words, figures.months_of_stock)))
                    }
                    (why_on_hand(words, told, past))
                    (why_months(words, told))
                }
                section class="card pad stack" {
                    h2 { (t!(words, "consumption-12")) }
                    (chart::consumption(words, &months, &item.unit))
                }
            }
            div class="card pad stack" {
                dl class="facts one" {
                    (fact(&t!(words, "code"), html! { (item.code) }))
                    (fact(&t!(words, "strength"), or_dash(item.strength.as_deref())))
                    (fact(&t!(words, "pack-size"), html! { (words.whole(item.default_pack_size.into())) }))
                    @if past.is_none() {
                        (fact(&t!(words, "batches"), html! { (words.whole(batches.iter().filter(|row| row.on_hand != Quantity::ZERO).count() as i64)) }))
                        (fact(&t!(words, "first-out"), html! { @match first_out { Some(row) => { (or_dash(row.batch.as_deref())) " " (expiry(words, row, visit.today())) }, None => (or_dash(None)) } }))
                    }
                }
            }
        }
    })
}

/// What is on its way: the shipments that bring it.
fn on_order(words: Words, rows: &[OnOrderEntry], total: Quantity) -> Markup {
    html! {
        div class="card" {
            header { h2 class="grow" { (t!(words, "on-order")) } span class="strong tabular" { (words.quantity(total)) } }
            @if rows.is_empty() { (empty("truck", &t!(words, "nothing-on-order"), &t!(words, "nothing-on-order-text"), html! {})) }
            @else {
                div class="scroll" { table {
                    thead { tr {
                        th scope="col" { (t!(words, "document")) }
                        th scope="col" { (t!(words, "from")) }
                        th scope="col" { (t!(words, "status")) }
                        th scope="col" class="phone-hide" { (t!(words, "expected-on")) }
                        th scope="col" class="phone-hide" { (t!(words, "batch")) }
                        th scope="col" class="num" { (t!(words, "quantity")) }
                    } }
                    tbody { @for OnOrderEntry { row, sender_name } in rows {
                        tr {
                            td { a class="row-link nowrap" href={ "/inbound-shipments/" (row.shipment) } { (row.number) } }
                            td { (sender_name) }
                            td { (words.code("status", row.status.code())) }
                            td class="nowrap phone-hide" { (or_dash(row.expected.map(|day| words.day(day)).as_deref())) }
                            td class="nowrap phone-hide" { (or_dash(row.batch.as_deref())) @if let Some(day) = row.expiry { span class="two" { (words.day(day)) } } }
                            td class="num strong" { (words.quantity(row.quantity)) }
                        }
                    } }
                } }
            }
        }
    }
}

fn tabs(words: Words, item: DocumentId, chosen: &str, past: Option<&Past>) -> Markup {
    let path = format!("/stock/items/{item}");
    let offered = TABS.into_iter().filter(|tab| past.is_none() || !PRESENT_TABS.contains(tab));
    html! {
        nav class="tabs" aria-label=(t!(words, "tabs")) {
            @for tab in offered { a href=(address(&path, &[("tab", tab), (past::PARAMETER, Past::text_of(past))])) aria-current=[(tab == chosen).then_some("page")] { (words.code("tab", tab)) } }
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
    let past = Past::of(&visit, &asked);
    let past = past.as_ref();
    let told = stock_items::explain(&read, own.id, item, visit.today(), past.map(|past| past.instant))?;
    let row = &told.figures.stock.item;
    let tab = TABS
        .into_iter()
        .find(|tab| *tab == asked.raw("tab") && (past.is_none() || !PRESENT_TABS.contains(tab)))
        .unwrap_or("summary");
    let as_of = past.map(|past| past.instant);
    let filter =
        StockFilter { item: Some(item), sort: Some(StockSort::Name), as_of, ..StockFilter::default() };
    let mut lines =
        stock::list(&read, own.id, &filter, visit.today(), &PageRequest::first(BATCHES_MAX))?.rows;
    // Empty batches come last: they are history.
    lines.sort_by_key(|line| line.on_hand == Quantity::ZERO);
    let content = match tab {
        "batches" => batches(&visit, &query::tasks::contested(&read, own.id)?, &lines, past),
        "movements" => movements(&visit, &read, own, item, &told, past, &asked)?,
        "on-order" => {
            on_order(words, &stock_items::on_order(&read, own.id, item)?, told.figures.stock.on_order)
        }
        _ => summary(&visit, &read, own.id, &told, past, &lines)?,
    };
    let path = format!("/stock/items/{item}");
    let kept = [("tab", tab)];
    let actions = html! {
        @if past.is_none() && visit.may(Permission::Adjust) { a class="btn" href={ "/adjustments/new?item=" (item) } { (icon("scale")) (t!(words, "quick-adjust-name")) } }
        @if past.is_none() && visit.may(Permission::OutboundEdit) { a class="btn primary" href={ "/issue?quantity." (item) "=" } { (icon("arrow-up-from-line")) (t!(words, "nav-issue")) } }
    };
    let on_hand = told.figures.stock.on_hand;
    let sub = html! {
        (row.code) " · " (own.name) " · " (t!(words, "on-hand")) " " b class="tabular" data-live="head-on-hand" { (words.quantity(on_hand)) " " (row.unit) }
        " " (super::stock_items::mark(words, &told.figures))
    };
    let body = html! {
        (title(&row.name, sub, actions))
        @if let Some(past) = past { (past::banner(words, past, &path, &kept)) }
        div class="tabs-line" {
            (tabs(words, item, tab, past))
            @if !PRESENT_TABS.contains(&tab) { (past::question(&visit, &path, &kept, past)) }
        }
        (content)
    };
    let name = row.name.clone();
    Ok(layout::page(
        &visit,
        Page::new(Section::Stock, name, body).below(t!(words, "nav-stock"), "/stock/items"),
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
