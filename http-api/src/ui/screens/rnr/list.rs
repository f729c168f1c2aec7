//! The list: what is to be filled, and what was reported.

use axum::response::Response;
use domain::Permission;
use domain::query::rnr_forms::{self as query, DueForm, RnrFormFilter, RnrFormListRow};
use domain::rnr::Status;
use maud::{Markup, html};

use super::{PATH, name_of_period, period_name, status_chip};
use crate::ui::form::{Asked, address};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section};
use crate::ui::lookup;
use crate::ui::parts::{Tone, below, chip, empty, facets, pager, row_ids, title};
use crate::ui::sheets::{all_shown, export};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

const STATUSES: [Status; 2] = [Status::Draft, Status::Finalised];

/// The forms that wait to be filled: of periods that are over first.
fn due(visit: &Visit, forms: &[DueForm]) -> Markup {
    let words = visit.words;
    html! {
        @if !forms.is_empty() {
            section class="card" {
                header { h2 class="grow" { (t!(words, "rnr-due")) } }
                ul class="plain pad stack" { @for form in forms {
                    li class="row" {
                        span class="grow" {
                            span class="strong" { (t!(words, "rnr-to-fill", programme = form.programme_name.as_str(), period = name_of_period(words, form.period))) }
                            " "
                            @if !form.is_over { (chip(Tone::Calm, "clock", &t!(words, "rnr-runs-until", day = words.day(form.period.to)))) }
                        }
                        @match form.form {
                            Some(id) => a class="btn primary" href={ (PATH) "/" (id) } { (icon("pencil")) (t!(words, "rnr-go-on")) },
                            None => a class="btn" href=(address(&format!("{PATH}/new"), &[("form", &format!("{}|{}", form.programme, form.period.from))])) { (icon("plus")) (t!(words, "rnr-begin")) },
                        }
                    }
                } }
            }
        }
    }
}

fn table(words: Words, rows: &[RnrFormListRow]) -> Markup {
    html! {
        div class="scroll" { table {
            thead { tr {
                th scope="col" { (t!(words, "rnr-period")) }
                th scope="col" class="phone-hide" { (t!(words, "supplier")) }
                th scope="col" { (t!(words, "status")) }
                th scope="col" class="num" { (t!(words, "rnr-confirmed")) }
                th scope="col" class="phone-hide" { (t!(words, "since")) }
            } }
            tbody { @for row in rows {
                @let form = &row.form;
                tr {
                    td {
                        a class="row-link" href={ (PATH) "/" (form.id) } { (row.programme_name) " · " (period_name(words, form.from, form.to)) }
                        (below(html! { (row.supplier_name) " · " (words.brief_instant(form.status_at)) }))
                    }
                    td class="phone-hide" { (row.supplier_name) }
                    td { span data-live={ "st-" (form.id) } { (status_chip(words, form)) } }
                    td class="num tabular" data-live={ "n-" (form.id) } { (form.confirmed) " / " (form.lines) }
                    td class="phone-hide nowrap" { (words.brief_instant(form.status_at)) }
                }
            } }
        } }
    }
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::RequisitionView)?;
    let read = visit.read()?;
    let (chosen, cursor) = (asked.raw("status"), asked.text("cursor"));
    let status = STATUSES.iter().find(|status| status.code() == chosen).copied();
    let filter = RnrFormFilter { programme: asked.id("programme"), status };
    let page = query::list(&read, own.id, &filter, &lookup::page_request(cursor))?;
    let may = visit.may(Permission::RnrForms);
    let waiting = if may { query::due(&read, own.id, visit.today())? } else { Vec::new() };
    let offered: Vec<(&str, String)> = std::iter::once(("", t!(words, "facet-all")))
        .chain(STATUSES.iter().map(|status| (status.code(), words.code("rnr-status", status.code()))))
        .collect();
    let kept = [("status", chosen)];
    let known = all_shown(page.rows.len(), cursor, page.next.as_deref());
    let begin = html! { @if may { a class="btn primary" href={ (PATH) "/new" } { (icon("plus")) (t!(words, "rnr-new")) } } };
    let actions = html! { (export(words, "rnr-forms", &kept, known)) (begin) };
    let name = t!(words, "nav-rnr");
    let body = html! {
        (title(&name, html! { (own.name) }, actions))
        (due(&visit, &waiting))
        div class="card" {
            div class="filters" { (facets(&t!(words, "filter"), PATH, "status", chosen, &[], &offered)) }
            @if page.rows.is_empty() { (empty("calendar-clock", &t!(words, "rnr-empty"), &t!(words, "rnr-empty-text"), begin)) }
            @else {
                div id="rows" data-rows=(row_ids(page.rows.iter().map(|row| row.form.id))) { (table(words, &page.rows)) }
                (pager(words, PATH, &kept, page.rows.len(), cursor, page.next.as_deref()))
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Forms, name, body)))
}
