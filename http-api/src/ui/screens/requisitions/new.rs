//! A new order: whom to ask, and for how many months.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use crdt_store::DocumentId;
use domain::period_schedule::Period;
use domain::programme::{OrderTypeRow, ProgrammeRow};
use domain::requisition::{self, CreateRequisition, Side};
use domain::shipment::End;
use domain::{Permission, Quantity, query};
use maud::{Markup, html};

use super::super::period_schedules::period_text;
use super::{name_of, path_of};
use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup::{self, once};
use crate::ui::parts::{Tone, chip, fact, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// Who may be asked: `store:ID` or `partner:ID`, and their names.
fn suppliers(visit: &Visit, own: DocumentId) -> Result<Vec<(String, String)>, Trouble> {
    let read = visit.read()?;
    let stores = lookup::stores(&read)?.into_iter().filter(|store| store.id != own && !store.disabled);
    let stores = stores.map(|store| (format!("store:{}", store.id), store.name));
    let partners = lookup::partners(&read, false)?.into_iter();
    Ok(stores.chain(partners.map(|row| (format!("partner:{}", row.id), row.name))).collect())
}

/// What an order may be for: `PROGRAMME`, or `PROGRAMME:TYPE` where the programme knows kinds of orders.
fn purposes(words: Words, programmes: &[ProgrammeRow]) -> Vec<(String, String)> {
    let none = (String::new(), t!(words, "no-programme"));
    let of_programme = |row: &ProgrammeRow| -> Vec<(String, String)> {
        let kinds: Vec<(String, String)> = row
            .choosable_order_types()
            .map(|kind| (format!("{}:{}", row.id, kind.id), format!("{} · {}", row.name, kind.name)))
            .collect();
        if kinds.is_empty() { vec![(row.id.to_string(), row.name.clone())] } else { kinds }
    };
    std::iter::once(none).chain(programmes.iter().flat_map(of_programme)).collect()
}

/// What is chosen of them.
struct Purpose<'a> {
    programme: Option<&'a ProgrammeRow>,
    order_type: Option<&'a OrderTypeRow>,
}

impl<'a> Purpose<'a> {
    fn of(programmes: &'a [ProgrammeRow], form: &Form) -> Self {
        let (programme, kind) = ids(form);
        let programme = programmes.iter().find(|row| Some(row.id) == programme);
        let order_type =
            programme.and_then(|row| row.choosable_order_types().find(|listed| Some(listed.id) == kind));
        Self { programme, order_type }
    }
}

/// The programme and the kind of order that are chosen.
fn ids(form: &Form) -> (Option<DocumentId>, Option<DocumentId>) {
    let chosen = form.raw("programme");
    match chosen.split_once(':') {
        Some((programme, kind)) => (programme.parse().ok(), kind.parse().ok()),
        None => (chosen.parse().ok(), None),
    }
}

/// The periods that an order may be for: the one under way, which is meant if nothing is said, the next one, and those of
/// the last year.
fn periods(visit: &Visit, programme: &ProgrammeRow) -> Result<Vec<(String, String)>, Trouble> {
    let Some(schedule) = programme.schedule else { return Ok(Vec::new()) };
    let schedule = query::reference::period_schedule(&visit.read()?, schedule)?;
    let past = schedule.latest(visit.today(), 13);
    let next = past.first().and_then(|now| schedule.period_of(now.to.tomorrow().ok()?));
    let shown = |period: Period| (period.from.to_string(), period_text(visit.words, period));
    let (now, past) = past.split_at(past.len().min(1));
    Ok(now.iter().copied().chain(next).chain(past.iter().copied()).map(shown).collect())
}

fn page(visit: &Visit, form: &Form, problem: Option<&Problem>) -> Result<Response, Trouble> {
    const FIELDS: [&str; 8] =
        ["supplier", "programme", "orderType", "period", "minMonths", "maxMonths", "expected", "comment"];
    let words = visit.words;
    let own = visit.store(Permission::RequisitionView)?;
    let fields = Fields { words, form, problem };
    let programmes = query::programmes::of_store(&visit.read()?, own.id)?;
    let purpose = Purpose::of(&programmes, form);
    let periods = purpose.programme.map(|row| periods(visit, row)).transpose()?.unwrap_or_default();
    let number = Input { inputmode: Some("decimal"), ..Input::default() };
    let name = t!(words, "new-order");
    let form_body: Markup = html! {
        (fields.alert(&FIELDS))
        form method="post" class="card pad stack" id="order-form" {
            input type="hidden" name="once" value=(once(form));
            div class="fields" {
                (fields.select("supplier", &t!(words, "supplier"), true, &suppliers(visit, own.id)?))
                // What is chosen here decides what else is asked.
                div hx-get="/internal-orders/new" hx-trigger="change" hx-include="#order-form" hx-target="#order-form" hx-select="#order-form" hx-swap="outerHTML" {
                    (fields.select("programme", &t!(words, "programme"), false, &purposes(words, &programmes)))
                }
                @if !periods.is_empty() { (fields.select("period", &t!(words, "period"), false, &periods)) }
                @if let Some(kind) = purpose.order_type { (said_by(words, kind)) }
                @else {
                    (fields.input("minMonths", &t!(words, "min-months"), number))
                    (fields.input("maxMonths", &t!(words, "max-months"), number))
                }
                (fields.input("expected", &t!(words, "needed-on"), Input { kind: "date", ..Input::default() }))
                (fields.area("comment", &t!(words, "comment")))
            }
            (fields.check("suggest", &t!(words, "begin-with-suggested")))
            @if purpose.order_type.is_none() { (fields.check("emergency", &t!(words, "emergency-long"))) }
            div class="bar" { button class="btn primary" { (icon("plus")) (t!(words, "make-order")) } a class="btn quiet" href=(path_of(Side::Customer)) { (t!(words, "cancel")) } }
        }
    };
    let body = html! { (title(&name, html! { (own.name) }, html! {})) (form_body) };
    let below = name_of(words, Side::Customer);
    let page = Page::new(Section::Orders, name, body).below(below, path_of(Side::Customer));
    let mut response = layout::page(visit, page);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status_code();
    }
    Ok(response)
}

/// What the kind of order says, in place of what could be typed.
fn said_by(words: Words, kind: &OrderTypeRow) -> Markup {
    let months = format!("{} – {}", words.quantity(kind.min_months), words.quantity(kind.max_months));
    html! {
        dl class="facts few full" {
            (fact(&t!(words, "months-range"), html! { (months) @if kind.emergency { " " (chip(Tone::Bad, "flag", &t!(words, "emergency"))) } }))
            @if let Some(limit) = kind.max_orders { (fact(&t!(words, "max-orders"), html! { (words.whole(limit.into())) })) }
            @if let Some(limit) = kind.max_lines { (fact(&t!(words, "max-lines"), html! { (words.whole(limit.into())) })) }
        }
    }
}

/// The form, as the store's preferences would have it; or as it was filled in so far, when what it is for is chosen.
pub(in crate::ui) async fn new(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let Asked(asked) = asked;
    if asked.has("programme") {
        return page(&visit, &asked, None);
    }
    let own = visit.store(Permission::RequisitionView)?;
    let store = query::reference::store(&visit.read()?, own.id)?;
    let words = visit.words;
    let months = |months: u32| words.input(Quantity::whole(months.into()));
    let supplier = store.supplier.map(|id| format!("store:{id}")).unwrap_or_default();
    let form = Form::with(&[
        ("supplier", supplier),
        ("minMonths", months(store.understock_months)),
        ("maxMonths", months(store.overstock_months)),
        ("suggest", "yes".to_owned()),
    ]);
    page(&visit, &form, None)
}

fn end_of(text: &str) -> Option<End> {
    let (kind, id) = text.split_once(':')?;
    let id = id.parse().ok()?;
    match kind {
        "store" => Some(End::Store(id)),
        "partner" => Some(End::Partner(id)),
        _ => None,
    }
}

fn command(visit: &Visit, store: DocumentId, form: &Form) -> Result<CreateRequisition, Problem> {
    let months = |name: &str| {
        form.text(name).map(|_| form.quantity(visit.words, name, &format!("/{name}"))).transpose()
    };
    let (programme, order_type) = ids(form);
    // A kind of order says what its months are, and they are not asked for.
    Ok(CreateRequisition {
        store,
        supplier: end_of(form.raw("supplier")),
        programme,
        order_type,
        period: form.day("period", "/period")?,
        emergency: form.has("emergency"),
        min_months: months("minMonths")?,
        max_months: months("maxMonths")?,
        suggest: form.has("suggest"),
        lines: Vec::new(),
        reference: None,
        comment: form.owned("comment"),
        expected: form.day("expected", "/expected")?,
    })
}

/// Makes the order.
pub(in crate::ui) async fn create(visit: Visit, form: Form) -> Result<Response, Trouble> {
    let own = visit.store(Permission::RequisitionView)?.id;
    let made = async {
        let command = command(&visit, own, &form)?;
        let caller = visit.visitor.caller_in(None)?;
        let made = visit.execute_once(&form, move |txn| requisition::create(txn, &caller, &command)).await?;
        Ok::<_, Problem>(made)
    };
    match made.await {
        Ok(made) => {
            Ok(done(&format!("/internal-orders/{}", made.id), /*key*/ "toast-order-made", &made.number))
        }
        Err(problem) => Ok(match page(&visit, &form, Some(&problem)) {
            Ok(response) => response,
            Err(trouble) => (StatusCode::INTERNAL_SERVER_ERROR, trouble).into_response(),
        }),
    }
}
