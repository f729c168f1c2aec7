//! A line's figures, each with what it follows from, and what is noted of it.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::formula::rnr::Figures;
use domain::query::rnr_forms::{RnrFormDetail, RnrFormLine};
use domain::rnr::{self, Cells, FillLine, FillLines, Status};
use domain::{Permission, Quantity};
use maud::{Markup, html};

use super::{PATH, form_name, load, low_stock};
use crate::error::Problem;
use crate::ui::form::{Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::parts::{expiry, fact, or_dash, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

fn find(detail: &RnrFormDetail, item: DocumentId) -> Result<&RnrFormLine, Trouble> {
    let found = detail.line_details.iter().find(|line| line.item == item);
    found.ok_or_else(|| Trouble::not_found("line"))
}

/// How each figure is computed, as one would write it down.
fn steps(words: Words, line: &RnrFormLine) -> Vec<(String, String)> {
    let Figures { report, terms, .. } = &line.figures;
    let of = |quantity: Quantity| words.quantity(quantity);
    let signed = |quantity: Quantity| match quantity.is_negative() {
        true => format!("− {}", of(-quantity)),
        false => format!("+ {}", of(quantity)),
    };
    let figures = &line.figures;
    let days = terms.period_days;
    let in_stock = days.saturating_sub(report.stock_out_days);
    let at_rate = match in_stock == 0 || in_stock == days {
        true => of(report.consumed),
        false => format!("{} × {days} / ({days} − {})", of(report.consumed), report.stock_out_days),
    };
    let forms: Vec<String> =
        std::iter::once(figures.monthly).chain(figures.previous_monthly.iter().copied()).map(of).collect();
    let averaged = format!("({}) / {}", forms.join(" + "), forms.len());
    let balance = format!(
        "{} + {} − {} {} − {}",
        of(report.initial_balance),
        of(report.received),
        of(report.consumed),
        signed(report.adjustments),
        of(report.losses),
    );
    let is = |formula: String, value: Quantity| format!("{formula} = {}", of(value));
    let average = of(figures.average_monthly);
    vec![
        (t!(words, "rnr-final"), is(balance, figures.final_balance)),
        (t!(words, "rnr-adjusted"), is(at_rate, figures.adjusted_consumption)),
        (
            t!(words, "rnr-monthly"),
            is(format!("{} / ({days} / 30)", of(figures.adjusted_consumption)), figures.monthly),
        ),
        (t!(words, "amc-long"), is(averaged, figures.average_monthly)),
        (t!(words, "rnr-minimum"), is(format!("{average} × {}", terms.understock_months), figures.minimum)),
        (t!(words, "rnr-maximum"), is(format!("{average} × {}", terms.overstock_months), figures.maximum)),
        (
            t!(words, "rnr-calculated"),
            is(format!("{} − {}", of(figures.maximum), of(figures.final_balance)), figures.requested),
        ),
    ]
}

/// What the ledger said, where a person wrote something else.
fn ledger(words: Words, line: &RnrFormLine) -> Markup {
    let Some(computed) = &line.computed else { return html! {} };
    let said = [
        (t!(words, "rnr-initial"), computed.initial_balance, line.figures.report.initial_balance),
        (t!(words, "rnr-received"), computed.received, line.figures.report.received),
        (t!(words, "rnr-consumed"), computed.consumed, line.figures.report.consumed),
        (t!(words, "rnr-losses"), computed.losses, line.figures.report.losses),
        (t!(words, "rnr-adjustments"), computed.adjustments, line.figures.report.adjustments),
    ];
    html! {
        h2 { (t!(words, "rnr-ledger-said")) }
        dl class="facts few" {
            @for (name, computed, stands) in said {
                (fact(&name, html! { (words.quantity(computed)) @if computed != stands { span class="two t-warn" { (t!(words, "rnr-written", quantity = words.quantity(stands))) } } }))
            }
            (fact(&t!(words, "rnr-days-out"), html! { (computed.stock_out_days) }))
        }
    }
}

fn page(
    visit: &Visit,
    (id, item): (DocumentId, DocumentId),
    form: Option<&Form>,
    problem: Option<&Problem>,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let detail = load(visit, &visit.read()?, id)?;
    let line = find(&detail, item)?;
    let name = form_name(words, &detail);
    let open = detail.form.form.status == Status::Draft && visit.may(Permission::RnrForms);
    let first = Form::with(&[
        ("expiry", line.expiry.map(|day| day.to_string()).unwrap_or_default()),
        ("note", line.note.clone().unwrap_or_default()),
    ]);
    let fields = Fields { words, form: form.unwrap_or(&first), problem };
    let movements = format!("/stock/items/{item}?tab=movements");
    let actions = html! { a class="btn" href=(movements) { (icon("history")) (t!(words, "movements")) } };
    let body = html! {
        (title(&line.item_name, html! { (line.item_code) " · " (line.unit) " · " (name) }, actions))
        (fields.alert(&["expiry", "note"]))
        section class="card pad" {
            h2 { (t!(words, "rnr-calculation")) }
            dl class="facts one" {
                @for (name, formula) in steps(words, line) { (fact(&name, html! { span class="tabular" { (formula) } })) }
            }
            (low_stock(words, line.figures.low_stock))
        }
        section class="card pad" { (ledger(words, line)) }
        @if open {
            form method="post" action={ (PATH) "/" (id) "/lines/" (item) "/note" } class="card pad stack" {
                div class="fields" {
                    (fields.input("expiry", &t!(words, "rnr-soonest-expiry"), Input { kind: "date", ..Input::default() }))
                    (fields.area("note", &t!(words, "note")))
                }
                div class="bar" { button class="btn primary" { (icon("check")) (t!(words, "save")) } a class="btn quiet" href={ (PATH) "/" (id) } { (t!(words, "cancel")) } }
            }
        } @else {
            section class="card pad" { dl class="facts few" {
                (fact(&t!(words, "rnr-soonest-expiry"), expiry(words, line.expiry, visit.today())))
                (fact(&t!(words, "note"), or_dash(line.note.as_deref())))
            } }
        }
    };
    let shown = Page::new(Section::Forms, line.item_name.clone(), body)
        .below(t!(words, "nav-rnr"), PATH)
        .below(name, format!("{PATH}/{id}"));
    let mut response = layout::page(visit, shown);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status_code();
    }
    Ok(response)
}

/// The page of a line.
pub(in crate::ui) async fn line(
    visit: Visit,
    Path(path): Path<(DocumentId, DocumentId)>,
) -> Result<Response, Trouble> {
    page(&visit, path, None, None)
}

/// Notes something of a line, and says which batch expires first.
pub(in crate::ui) async fn annotate(
    visit: Visit,
    Path((id, item)): Path<(DocumentId, DocumentId)>,
    form: Form,
) -> Result<Response, Trouble> {
    let said = {
        let detail = load(&visit, &visit.read()?, id)?;
        find(&detail, item)?.expiry
    };
    let result = async {
        let day = form.day("expiry", "/expiry")?;
        // A day that was not touched stays what the ledger says.
        let set = Cells {
            expiry: (day != said).then_some(day),
            note: Some(form.owned("note")),
            ..Cells::default()
        };
        let lines = FillLines { lines: vec![FillLine { item, set, was: Cells::default() }] };
        visit.carry_out(move |txn, caller| rnr::fill(txn, caller, id, &lines)).await
    };
    match result.await {
        Ok(()) => Ok(done(&format!("{PATH}/{id}"), /*key*/ "toast-saved", "")),
        Err(problem) => page(&visit, (id, item), Some(&form), Some(&problem)),
    }
}
