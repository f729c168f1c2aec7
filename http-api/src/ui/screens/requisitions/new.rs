//! A new order: whom to ask, and for how many months.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use crdt_store::DocumentId;
use domain::requisition::{self, CreateRequisition, Side};
use domain::shipment::End;
use domain::{Permission, Quantity, query};
use maud::{Markup, html};

use super::{name_of, path_of};
use crate::error::Problem;
use crate::ui::form::{Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup::{self, once};
use crate::ui::parts::title;
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::t;

/// Who may be asked: `store:ID` or `partner:ID`, and their names.
fn suppliers(visit: &Visit, own: DocumentId) -> Result<Vec<(String, String)>, Trouble> {
    let read = visit.read()?;
    let stores = lookup::stores(&read)?.into_iter().filter(|store| store.id != own && !store.disabled);
    let stores = stores.map(|store| (format!("store:{}", store.id), store.name));
    let partners = lookup::partners(&read, false)?.into_iter();
    Ok(stores.chain(partners.map(|row| (format!("partner:{}", row.id), row.name))).collect())
}

fn programmes(visit: &Visit, own: DocumentId) -> Result<Vec<(String, String)>, Trouble> {
    let rows = query::programmes::of_store(&visit.read()?, own)?;
    let none = (String::new(), t!(visit.words, "no-programme"));
    Ok(std::iter::once(none).chain(rows.into_iter().map(|row| (row.id.to_string(), row.name))).collect())
}

fn page(visit: &Visit, form: &Form, problem: Option<&Problem>) -> Result<Response, Trouble> {
    const FIELDS: [&str; 6] = ["supplier", "programme", "minMonths", "maxMonths", "expected", "comment"];
    let words = visit.words;
    let own = visit.store(Permission::RequisitionView)?;
    let fields = Fields { words, form, problem };
    let number = Input { inputmode: Some("decimal"), ..Input::default() };
    let name = t!(words, "new-order");
    let form_body: Markup = html! {
        (fields.alert(&FIELDS))
        form method="post" class="card pad stack" {
            input type="hidden" name="once" value=(once(form));
            div class="fields" {
                (fields.select("supplier", &t!(words, "supplier"), true, &suppliers(visit, own.id)?))
                (fields.select("programme", &t!(words, "programme"), false, &programmes(visit, own.id)?))
                (fields.input("minMonths", &t!(words, "min-months"), number))
                (fields.input("maxMonths", &t!(words, "max-months"), number))
                (fields.input("expected", &t!(words, "needed-on"), Input { kind: "date", ..Input::default() }))
                (fields.area("comment", &t!(words, "comment")))
            }
            (fields.check("suggest", &t!(words, "begin-with-suggested")))
            (fields.check("emergency", &t!(words, "emergency-long")))
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

/// The form, as the store's preferences would have it.
pub(in crate::ui) async fn new(visit: Visit) -> Result<Response, Trouble> {
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
    Ok(CreateRequisition {
        store,
        supplier: end_of(form.raw("supplier")),
        programme: form.id("programme"),
        order_type: None,
        period: None,
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
