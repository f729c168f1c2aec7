//! A new form: of which programme and period, and what is missing where there can be none.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use crdt_store::{DocumentId, Snapshot};
use domain::programme::ProgrammeRow;
use domain::query::programmes;
use domain::query::rnr_forms::{self as query, RnrFormFilter};
use domain::rnr::{self, CreateRnrForm, RnrFormRow, Status};
use domain::{Date, Permission};
use maud::{Markup, html};

use super::{PATH, name_of_period, period_name};
use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup::{self, once};
use crate::ui::parts::title;
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::t;

/// What may be chosen, as `PROGRAMME|FIRST DAY` and its name, and why other programmes have nothing to choose.
struct Choice {
    options: Vec<(String, String)>,
    missing: Vec<Markup>,
}

fn choice(visit: &Visit, read: &Snapshot, own: DocumentId) -> Result<Choice, Trouble> {
    let words = visit.words;
    let (mut options, mut missing) = (Vec::new(), Vec::new());
    for programme in programmes::of_store(read, own)? {
        let periods = query::openings(read, own, &programme, visit.today())?;
        if periods.is_empty() {
            missing.push(why_none(visit, read, own, &programme)?);
        }
        options.extend(periods.into_iter().map(|period| {
            let value = format!("{}|{}", programme.id, period.from);
            (value, format!("{} · {}", programme.name, name_of_period(words, period)))
        }));
    }
    Ok(Choice { options, missing })
}

/// The last form of a programme.
fn last(read: &Snapshot, own: DocumentId, programme: DocumentId) -> Result<Option<RnrFormRow>, Trouble> {
    let filter = RnrFormFilter { programme: Some(programme), status: None };
    let page = query::list(read, own, &filter, &lookup::page_request(None))?;
    Ok(page.rows.into_iter().next().map(|row| row.form))
}

fn why_none(
    visit: &Visit,
    read: &Snapshot,
    own: DocumentId,
    programme: &ProgrammeRow,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let name = programme.name.as_str();
    let last = last(read, own, programme.id)?;
    Ok(match last {
        _ if programme.schedule.is_none() => html! { (t!(words, "rnr-no-periods", programme = name)) },
        Some(row) if row.status == Status::Draft => {
            let period = period_name(words, row.from, row.to);
            html! { a href={ (PATH) "/" (row.id) } { (t!(words, "rnr-finalise-first", programme = name, period = period)) } }
        }
        _ => html! { (t!(words, "rnr-nothing-yet", programme = name)) },
    })
}

fn page(visit: &Visit, form: &Form, problem: Option<&Problem>) -> Result<Response, Trouble> {
    const FIELDS: [&str; 2] = ["form", "comment"];
    let words = visit.words;
    let own = visit.store(Permission::RequisitionView)?;
    let read = visit.read()?;
    let choice = choice(visit, &read, own.id)?;
    let has_supplier = domain::query::reference::store(&read, own.id)?.supplier.is_some();
    let fields = Fields { words, form, problem };
    let name = t!(words, "rnr-new");
    let body = html! {
        (title(&name, html! { (own.name) }, html! {}))
        (fields.alert(&FIELDS))
        @if !has_supplier { div class="alert warn" role="status" { (icon("triangle-alert")) p class="strong" { (t!(words, "rnr-no-supplier")) } } }
        @if !choice.options.is_empty() && has_supplier {
            form method="post" class="card pad stack" {
                input type="hidden" name="once" value=(once(form));
                div class="fields" {
                    (fields.select("form", &t!(words, "rnr-programme-period"), true, &choice.options))
                    (fields.area("comment", &t!(words, "comment")))
                }
                p class="muted small" { (t!(words, "rnr-filled-from-ledger")) }
                div class="bar" { button class="btn primary" { (icon("plus")) (t!(words, "rnr-make")) } a class="btn quiet" href=(PATH) { (t!(words, "cancel")) } }
            }
        }
        @if !choice.missing.is_empty() {
            section class="card pad" {
                h2 { (t!(words, "rnr-others")) }
                ul class="plain" { @for missing in &choice.missing { li { (missing) } } }
            }
        }
    };
    let shown = Page::new(Section::Forms, name, body).below(t!(words, "nav-rnr"), PATH);
    let mut response = layout::page(visit, shown);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status_code();
    }
    Ok(response)
}

/// The question.
pub(in crate::ui) async fn new(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    page(&visit, &Form::with(&[("form", asked.raw("form").to_owned())]), None)
}

fn chosen(text: &str) -> Result<(DocumentId, Date), Problem> {
    let read =
        text.split_once('|').and_then(|(programme, day)| Some((programme.parse().ok()?, day.parse().ok()?)));
    read.ok_or_else(|| Problem::new("validation", "this cannot be empty").at("/form"))
}

/// Makes the form.
pub(in crate::ui) async fn create(visit: Visit, form: Form) -> Result<Response, Trouble> {
    let store = visit.store(Permission::RequisitionView)?.id;
    let made = async {
        let (programme, period) = chosen(form.raw("form"))?;
        let command =
            CreateRnrForm { store, programme, period, supplier: None, comment: form.owned("comment") };
        let caller = visit.visitor.caller_in(None)?;
        Ok::<_, Problem>(visit.execute_once(&form, move |txn| rnr::create(txn, &caller, &command)).await?)
    };
    match made.await {
        Ok(made) => Ok(done(&format!("{PATH}/{}", made.id), /*key*/ "toast-rnr-made", "")),
        Err(problem) => Ok(match page(&visit, &form, Some(&problem)) {
            Ok(response) => response,
            Err(trouble) => (StatusCode::INTERNAL_SERVER_ERROR, trouble).into_response(),
        }),
    }
}
