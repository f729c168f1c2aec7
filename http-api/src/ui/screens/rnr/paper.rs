//! The form on paper: all lines across a page, and places to sign.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::query::rnr_forms::{RnrFormDetail, RnrFormLine};
use maud::{Markup, html};

use super::{PATH, form_name, load};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section};
use crate::ui::parts::{ROWS_PER_GROUP, signatures, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

fn heads(words: Words) -> Markup {
    let names = [
        t!(words, "rnr-initial"),
        t!(words, "rnr-received"),
        t!(words, "rnr-consumed"),
        t!(words, "rnr-losses"),
        t!(words, "rnr-adjustments"),
        t!(words, "rnr-final"),
        t!(words, "rnr-days-out"),
        t!(words, "amc"),
        t!(words, "rnr-maximum"),
        t!(words, "rnr-requested"),
    ];
    html! {
        tr {
            th scope="col" { (t!(words, "item")) }
            @for name in names { th scope="col" class="num" { (name) } }
            th scope="col" { (t!(words, "expiry")) }
            th scope="col" { (t!(words, "note")) }
        }
    }
}

fn row(words: Words, line: &RnrFormLine) -> Markup {
    let (figures, report) = (&line.figures, &line.figures.report);
    let before = [
        report.initial_balance,
        report.received,
        report.consumed,
        report.losses,
        report.adjustments,
        line.final_balance,
    ];
    html! {
        tr {
            td { span class="strong" { (line.item_name) } span class="two" { (line.item_code) " · " (line.unit) } }
            @for quantity in before { td class="num" { (words.quantity(quantity)) } }
            td class="num" { (report.stock_out_days) }
            td class="num" { (words.average(figures.average_monthly)) }
            td class="num" { (words.average(figures.maximum)) }
            td class="num strong" { (words.quantity(line.requested)) }
            td class="nowrap" { @match line.expiry { Some(day) => (words.day(day)), None => "—" } }
            td { (line.note.as_deref().unwrap_or_default()) }
        }
    }
}

/// What stands above the lines: who reports to whom, of what.
fn letterhead(visit: &Visit, detail: &RnrFormDetail) -> Markup {
    let words = visit.words;
    let row = &detail.form.form;
    html! {
        div class="print-only" {
            p { (visit.state.settings().system_name) " · " (t!(words, "nav-rnr")) }
            p { (detail.store_name) " → " (detail.form.supplier_name) }
        }
        p class="muted small pad" {
            (words.day(row.from)) " – " (words.day(row.to)) " · "
            (words.code("rnr-status", row.status.code()))
            @if let Some(number) = &detail.requisition_number { " · " (number) }
            @if let Some(name) = &detail.finalised_by_name { " · " (name) " · " (words.instant(row.status_at)) }
            @if let Some(comment) = &row.comment { " · " (comment) }
        }
    }
}

/// The page.
pub(in crate::ui) async fn paper(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let words = visit.words;
    let detail = load(&visit, &visit.read()?, id)?;
    let name = form_name(words, &detail);
    let actions = html! { button type="button" class="btn primary" data-print { (icon("printer")) (t!(words, "print")) } };
    let body = html! {
        div class="landscape" {
            (title(&name, html! { (detail.store_name) " → " (detail.form.supplier_name) }, actions))
            (letterhead(&visit, &detail))
            div class="card paper" { div class="scroll" tabindex="0" role="region" aria-label=(name) { table {
                thead { (heads(words)) }
                @for group in detail.line_details.chunks(ROWS_PER_GROUP) { tbody class="group" { @for line in group { (row(words, line)) } } }
            } } }
            (signatures(words))
        }
    };
    let page = Page::new(Section::Forms, t!(words, "print"), body)
        .below(t!(words, "nav-rnr"), PATH)
        .below(name, format!("{PATH}/{id}"));
    Ok(layout::page(&visit, page))
}
