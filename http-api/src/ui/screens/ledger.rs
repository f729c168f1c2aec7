//! Ledgers: what moved in a store, and the filters that all ledgers have.

use axum::response::Response;
use crdt_store::Snapshot;
use domain::query::ledger::{self, LedgerFilter, StoreLedgerEntry};
use domain::query::reference;
use domain::{MovementKind, Permission, Quantity};
use maud::{Markup, html};

use super::item::document_href;
use super::stock_items;
use crate::ui::form::{Asked, address};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section};
use crate::ui::lookup;
use crate::ui::parts::{below, empty, or_dash, pager, title};
use crate::ui::sheets::{all_shown, export};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

const PATH: &str = "/stock/movements";

/// What is asked of a ledger, as words of an address.
pub(in crate::ui) const PARAMETERS: [&str; 5] = ["from", "until", "kind", "batch", "reason"];

/// The filter that an address asks for; what cannot be read asks for nothing.
pub(in crate::ui) fn filter(asked: &Asked) -> LedgerFilter {
    LedgerFilter {
        from: asked.read("from"),
        until: asked.read("until"),
        kind: MovementKind::ALL.into_iter().find(|kind| kind.code() == asked.raw("kind")),
        batch: asked.owned("batch"),
        reason: asked.id("reason"),
        as_of: None,
    }
}

/// The filters of a ledger, as a form that works without a script.
pub(in crate::ui) fn question(
    words: Words,
    read: &Snapshot,
    path: &str,
    kept: &[(&str, &str)],
    asked: &Asked,
) -> Result<Markup, Trouble> {
    let reasons = reference::reasons(read)?;
    let date = |name: &str, label: String| {
        html! { div class="field" { label for={ "l-" (name) } { (label) } input class="input small" type="date" id={ "l-" (name) } name=(name) value=(asked.raw(name)); } }
    };
    let filtered = PARAMETERS.iter().any(|name| asked.text(name).is_some());
    Ok(html! {
        form class="filters asked" action=(path) method="get" {
            @for (name, value) in kept.iter().filter(|(_, value)| !value.is_empty()) { input type="hidden" name=(name) value=(value); }
            (date("from", t!(words, "from-day")))
            (date("until", t!(words, "until-day")))
            div class="field" {
                label for="l-kind" { (t!(words, "ledger-kind")) }
                select class="input small" id="l-kind" name="kind" {
                    option value="" { (t!(words, "facet-all")) }
                    @for kind in MovementKind::ALL { option value=(kind.code()) selected[kind.code() == asked.raw("kind")] { (words.code("movement", kind.code())) } }
                }
            }
            div class="field" { label for="l-batch" { (t!(words, "batch")) } input class="input small" id="l-batch" name="batch" value=(asked.raw("batch")) maxlength="50" autocomplete="off"; }
            @if !reasons.is_empty() {
                div class="field" {
                    label for="l-reason" { (t!(words, "reason")) }
                    select class="input small" id="l-reason" name="reason" {
                        option value="" { (t!(words, "facet-all")) }
                        @for reason in &reasons { @let id = reason.id.to_string(); option value=(id) selected[id == asked.raw("reason")] { (reason.text) } }
                    }
                }
            }
            button class="btn" { (t!(words, "filter")) }
            @if filtered { a class="btn quiet" href=(address(path, kept)) { (icon("x")) (t!(words, "no-filter")) } }
        }
    })
}

fn row(words: Words, entry: &StoreLedgerEntry) -> Markup {
    let movement = &entry.movement;
    let amount = movement.quantity;
    let kind = words.code("movement", movement.kind.code());
    html! {
        tr {
            td class="nowrap phone-hide" { (words.brief_instant(movement.at)) }
            td {
                a class="row-link" href={ "/stock/items/" (movement.item) "?tab=movements" } { (entry.item_name) }
                span class="two phone-hide" { (entry.item_code) " · " (entry.unit) }
                (below(html! { (words.brief_instant(movement.at)) " · " (kind) }))
            }
            td class="phone-hide" {
                a class="nowrap" href=(document_href(movement)) { (movement.number.as_deref().unwrap_or(&kind)) }
                span class="two" { @if movement.number.is_some() { (kind) } @if let Some(reason) = &entry.reason_text { " · " (reason) } }
            }
            td class="wide-only" { (or_dash(entry.other_name.as_deref())) }
            td class="num in" { @if amount.is_positive() { (words.quantity(amount)) } }
            td class="num out" { @if amount.is_negative() { (words.quantity(Quantity::ZERO - amount)) } }
            td class="phone-hide nowrap" { (or_dash(entry.batch.as_deref())) @if let Some(day) = entry.expiry { span class="two" { (words.day(day)) } } }
            td class="wide-only nowrap" { (or_dash(entry.by_name.as_deref())) }
        }
    }
}

/// The movements of the store, newest first.
pub(in crate::ui) async fn of_store(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let read = visit.read()?;
    let cursor = asked.text("cursor");
    let page = ledger::of_store(&read, own.id, &filter(&asked), &lookup::page_request(cursor))?;
    let kept: Vec<(&str, &str)> = PARAMETERS.iter().map(|name| (*name, asked.raw(name))).collect();
    let store = own.id.to_string();
    let file: Vec<(&str, &str)> = kept.iter().copied().chain([("storeId", store.as_str())]).collect();
    let actions = export(words, "ledger", &file, all_shown(page.rows.len(), cursor, page.next.as_deref()));
    let name = t!(words, "movements");
    let body = html! {
        (title(&name, html! { (own.name) }, actions))
        (stock_items::tabs(words, "movements"))
        div class="card" {
            (question(words, &read, PATH, &[], &asked)?)
            @if page.rows.is_empty() { (empty("history", &t!(words, "no-movements"), &t!(words, "no-movements-text"), html! {})) }
            @else {
                div class="scroll" { table {
                    thead { tr {
                        th scope="col" class="phone-hide" { (t!(words, "date")) }
                        th scope="col" { (t!(words, "item")) }
                        th scope="col" class="phone-hide" { (t!(words, "document")) }
                        th scope="col" class="wide-only" { (t!(words, "partner")) }
                        th scope="col" class="num" { (t!(words, "in")) }
                        th scope="col" class="num" { (t!(words, "out")) }
                        th scope="col" class="phone-hide" { (t!(words, "batch")) }
                        th scope="col" class="wide-only" { (t!(words, "by")) }
                    } }
                    tbody { @for entry in &page.rows { (row(words, entry)) } }
                } }
                (pager(words, PATH, &kept, page.rows.len(), cursor, page.next.as_deref()))
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Stock, name, body).below(t!(words, "nav-stock"), "/stock")))
}
