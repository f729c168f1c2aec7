//! Items: what is stocked. Central makes and changes them, everybody reads them.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use crdt_store::DocumentId;
use domain::item::{self, CreateItem, ItemRow, UpdateItem, Ven};
use domain::query;
use maud::{Markup, html};

use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup;
use crate::ui::parts::{Tone, below, central_button, chip, empty, or_dash, pager, search, title, yes_no};
use crate::ui::sheets::{all_shown, export};
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

const FIELDS: [&str; 8] =
    ["code", "name", "unit", "strength", "ven", "defaultPackSize", "dosesPerUnit", "universalCode"];

fn ven_code(ven: Ven) -> &'static str {
    match ven {
        Ven::Vital => "vital",
        Ven::Essential => "essential",
        Ven::NonEssential => "non-essential",
    }
}

fn table(words: Words, rows: &[ItemRow]) -> Markup {
    html! {
        div class="scroll" {
            table {
                thead { tr {
                    th scope="col" class="phone-hide" { (t!(words, "code")) }
                    th scope="col" { (t!(words, "name")) }
                    th scope="col" class="phone-hide" { (t!(words, "strength")) }
                    th scope="col" class="phone-hide" { (t!(words, "unit")) }
                    th scope="col" class="num" { (t!(words, "pack-size")) }
                    th scope="col" class="phone-hide" { (t!(words, "ven")) }
                    th scope="col" class="phone-hide" { (t!(words, "vaccine")) }
                } }
                tbody {
                    @for row in rows {
                        tr class={ @if !row.active { "is-held" } } {
                            td class="muted nowrap phone-hide" { (row.code) }
                            td {
                                a class="row-link" href={ "/items/" (row.id) } { (row.name) }
                                @if !row.active { " " (chip(Tone::Calm, "ban", &t!(words, "inactive"))) }
                                (below(html! { (row.code) " · " @if let Some(strength) = &row.strength { (strength) " · " } (row.unit) }))
                            }
                            td class="phone-hide" { (or_dash(row.strength.as_deref())) }
                            td class="phone-hide" { (row.unit) }
                            td class="num" { (words.whole(row.default_pack_size.into())) }
                            td class="phone-hide" { @match row.ven { Some(ven) => (words.code("ven", ven_code(ven))), None => (or_dash(None)) } }
                            td class="phone-hide" { (yes_no(words, row.is_vaccine)) }
                        }
                    }
                }
            }
        }
    }
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let page = lookup::items(&visit.read()?, asked.text("search"), asked.text("cursor"))?;
    let name = t!(words, "nav-items");
    let kept = [("search", asked.raw("search"))];
    let body = html! {
        (title(&name, html! { (t!(words, "items-text")) }, html! {
            (export(words, "items", &kept, all_shown(page.rows.len(), asked.text("cursor"), page.next.as_deref())))
            @if visit.is_central() { a class="btn" href="/imports?kind=items" { (icon("upload")) (t!(words, "import")) } }
            (central_button(words, visit.is_central(), "/items/new", "plus", &t!(words, "new-item")))
        }))
        div class="card" {
            div class="filters" { (search(words, "/items", &t!(words, "search-items"), asked.raw("search"), &[])) }
            div id="list" {
                @if page.rows.is_empty() { (empty("boxes", &t!(words, "nothing-found"), &t!(words, "nothing-found-text"), html! {})) }
                @else {
                    (table(words, &page.rows))
                    (pager(words, "/items", &kept, page.rows.len(), asked.text("cursor"), page.next.as_deref()))
                }
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Items, name, body).searching()))
}

fn form_body(visit: &Visit, action: &str, form: &Form, problem: Option<&Problem>, is_new: bool) -> Markup {
    let words = visit.words;
    let fields = Fields { words, form, problem };
    let needed = Input { required: true, ..Input::default() };
    let number = Input { inputmode: Some("numeric"), ..Input::default() };
    let ven: Vec<(String, String)> = std::iter::once((String::new(), "—".to_owned()))
        .chain(
            [Ven::Vital, Ven::Essential, Ven::NonEssential]
                .map(|ven| (ven_code(ven).to_owned(), words.code("ven", ven_code(ven)))),
        )
        .collect();
    html! {
        form class="card" method="post" action=(action) {
            div class="pad stack" {
                (fields.alert(&FIELDS))
                div class="fields" {
                    (fields.input("code", &t!(words, "code"), needed))
                    (fields.input("name", &t!(words, "name"), needed))
                    (fields.input("unit", &t!(words, "unit"), Input { hint: Some(&t!(words, "unit-hint")), ..needed }))
                    (fields.input("strength", &t!(words, "strength"), Input::default()))
                    (fields.input("defaultPackSize", &t!(words, "pack-size"), Input { hint: Some(&t!(words, "pack-size-hint")), ..number }))
                    (fields.select("ven", &t!(words, "ven"), false, &ven))
                    (fields.input("dosesPerUnit", &t!(words, "doses-per-unit"), number))
                    (fields.input("universalCode", &t!(words, "universal-code"), Input::default()))
                }
                (fields.check("isVaccine", &t!(words, "vaccine")))
                @if !is_new { (fields.check("active", &t!(words, "active-item"))) }
            }
            div class="bar" {
                button class="btn primary" { (icon("check")) (t!(words, "save")) }
                a class="btn quiet" href="/items" { (t!(words, "cancel")) }
            }
        }
    }
}

fn form_page(visit: &Visit, id: Option<DocumentId>, form: &Form, problem: Option<&Problem>) -> Response {
    let words = visit.words;
    let name = id.map_or_else(|| t!(words, "new-item"), |_| form.raw("name").to_owned());
    let action = id.map_or_else(|| "/items/new".to_owned(), |id| format!("/items/{id}"));
    let history = html! { @if let Some(id) = id { a class="btn" href={ "/history/" (id) } { (icon("history")) (t!(words, "history")) } } };
    let variants = id.and_then(|id| super::variants::card(visit, &visit.read().ok()?, id).ok());
    let body = html! {
        (title(&name, html! {}, history))
        (form_body(visit, &action, form, problem, id.is_none()))
        (variants.unwrap_or_default())
    };
    let page = Page::new(Section::Items, name, body).below(t!(words, "nav-items"), "/items");
    let mut response = layout::page(visit, page);
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

/// The form of a new item; on a site, why there is none.
pub(in crate::ui) async fn new(visit: Visit) -> Response {
    if !visit.is_central() {
        return refused(&visit, Section::Items, "nav-items", "/items");
    }
    form_page(&visit, None, &Form::default(), None)
}

/// The page of a site on which somebody tried what only central may do.
pub(in crate::ui) fn refused(visit: &Visit, section: Section, list_key: &str, list: &str) -> Response {
    let words = visit.words;
    let name = words.say(list_key, &[]);
    let instead = html! {
        a class="btn primary" href=(list) { (icon("eye")) (t!(words, "see-list")) }
        a class="btn" href="/sync" { (icon("refresh-cw")) (t!(words, "nav-sync")) }
    };
    let body = trouble::central_only(words, instead);
    let page = Page::new(section, t!(words, "central-only-short"), body).below(name, list);
    (StatusCode::FORBIDDEN, layout::page(visit, page)).into_response()
}

/// Whether a command of central data was refused for the device it was given on.
pub(in crate::ui) fn is_central_only(problem: &Problem) -> bool {
    problem.code == "central-only"
}

fn ven_of(form: &Form) -> Option<Ven> {
    [Ven::Vital, Ven::Essential, Ven::NonEssential].into_iter().find(|ven| form.raw("ven") == ven_code(*ven))
}

/// A count that was typed; an error at its field when it is none.
pub(in crate::ui) fn count(form: &Form, name: &str) -> Result<Option<u32>, Problem> {
    let wrong = |_| Problem::new("validation", "this is not a number").at(format!("/{name}"));
    form.text(name).map(|text| text.parse().map_err(wrong)).transpose()
}

fn creation(form: &Form) -> Result<CreateItem, Problem> {
    Ok(CreateItem {
        id: None,
        code: form.raw("code").to_owned(),
        name: form.raw("name").to_owned(),
        unit: form.raw("unit").to_owned(),
        strength: form.owned("strength"),
        ven: ven_of(form),
        default_pack_size: count(form, "defaultPackSize")?,
        is_vaccine: form.has("isVaccine"),
        doses_per_unit: count(form, "dosesPerUnit")?,
        universal_code: form.owned("universalCode"),
    })
}

/// Makes an item.
pub(in crate::ui) async fn create(visit: Visit, form: Form) -> Response {
    let made = async {
        let (command, caller) = (creation(&form)?, visit.visitor.central_caller());
        Ok::<_, Problem>(visit.execute(move |txn| item::create(txn, &caller, &command)).await?)
    };
    match made.await {
        Ok(_) => done("/items", /*key*/ "toast-saved", ""),
        Err(problem) if is_central_only(&problem) => refused(&visit, Section::Items, "nav-items", "/items"),
        Err(problem) => form_page(&visit, None, &form, Some(&problem)),
    }
}

fn form_of(row: &ItemRow) -> Form {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut form = Form::with(&[
        ("code", row.code.clone()),
        ("name", row.name.clone()),
        ("unit", row.unit.clone()),
        ("strength", text(&row.strength)),
        ("ven", row.ven.map(ven_code).unwrap_or_default().to_owned()),
        ("defaultPackSize", row.default_pack_size.to_string()),
        ("dosesPerUnit", row.doses_per_unit.to_string()),
        ("universalCode", text(&row.universal_code)),
    ]);
    for (name, _) in
        [("isVaccine", row.is_vaccine), ("active", row.active)].into_iter().filter(|(_, yes)| *yes)
    {
        form.set(name, "yes".to_owned());
    }
    form
}

fn facts(visit: &Visit, row: &ItemRow) -> Markup {
    use crate::ui::parts::fact;

    let words = visit.words;
    html! {
        div class="card pad" {
            dl class="facts" {
                (fact(&t!(words, "code"), html! { (row.code) }))
                (fact(&t!(words, "unit"), html! { (row.unit) }))
                (fact(&t!(words, "strength"), or_dash(row.strength.as_deref())))
                (fact(&t!(words, "pack-size"), html! { (words.whole(row.default_pack_size.into())) }))
                (fact(&t!(words, "ven"), html! { @match row.ven { Some(ven) => (words.code("ven", ven_code(ven))), None => (or_dash(None)) } }))
                (fact(&t!(words, "vaccine"), yes_no(words, row.is_vaccine)))
                (fact(&t!(words, "universal-code"), or_dash(row.universal_code.as_deref())))
            }
        }
    }
}

/// One item: a form on central, facts on a site.
pub(in crate::ui) async fn show(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let words = visit.words;
    let row = query::items::detail(&visit.read()?, id)?;
    if visit.is_central() {
        return Ok(form_page(&visit, Some(id), &form_of(&row), None));
    }
    let actions = html! {
        @if visit.own_store().is_some() { a class="btn" href={ "/stock/items/" (id) } { (icon("package")) (t!(words, "see-stock")) } }
        a class="btn" href={ "/history/" (id) } { (icon("history")) (t!(words, "history")) }
        (central_button(words, false, "/items/new", "pencil", &t!(words, "edit")))
    };
    let body = html! { (title(&row.name, html! { (row.code) }, actions)) (facts(&visit, &row)) (super::variants::card(&visit, &visit.read()?, id)?) };
    Ok(layout::page(
        &visit,
        Page::new(Section::Items, row.name.clone(), body).below(t!(words, "nav-items"), "/items"),
    ))
}

fn update_of(form: &Form) -> Result<UpdateItem, Problem> {
    Ok(UpdateItem {
        code: Some(form.raw("code").to_owned()),
        name: Some(form.raw("name").to_owned()),
        unit: Some(form.raw("unit").to_owned()),
        strength: Some(form.owned("strength")),
        ven: Some(ven_of(form)),
        default_pack_size: count(form, "defaultPackSize")?,
        is_vaccine: Some(form.has("isVaccine")),
        doses_per_unit: count(form, "dosesPerUnit")?,
        universal_code: Some(form.owned("universalCode")),
        active: Some(form.has("active")),
    })
}

/// Changes an item.
pub(in crate::ui) async fn update(visit: Visit, Path(id): Path<DocumentId>, form: Form) -> Response {
    let changed = async {
        let (command, caller) = (update_of(&form)?, visit.visitor.central_caller());
        Ok::<_, Problem>(visit.execute(move |txn| item::update(txn, &caller, id, &command)).await?)
    };
    match changed.await {
        Ok(()) => done("/items", /*key*/ "toast-saved", ""),
        Err(problem) if is_central_only(&problem) => refused(&visit, Section::Items, "nav-items", "/items"),
        Err(problem) => form_page(&visit, Some(id), &form, Some(&problem)),
    }
}
