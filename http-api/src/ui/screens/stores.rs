//! Stores: places that hold stock, who supplies them, and which site works for them.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::{DocumentId, Snapshot};
use domain::site::DeviceRow;
use domain::store::{self, CreateStore, StoreRow, UpdateStore};
use maud::{Markup, html};

use super::items::{count, is_central_only, refused};
use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup::{self, Names};
use crate::ui::parts::{Tone, central_button, chip, empty, or_dash, search, title};
use crate::ui::sheets::export;
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Language, Words, t};

/// The list.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let read = visit.read()?;
    let names = Names::new(&read);
    let wanted = domain::text::fold(asked.raw("search"));
    let stores: Vec<StoreRow> = lookup::stores(&read)?
        .into_iter()
        .filter(|row| {
            domain::text::fold(&row.name).contains(&wanted) || domain::text::fold(&row.code).contains(&wanted)
        })
        .collect();
    let name = t!(words, "nav-stores");
    let body = html! {
        (title(&name, html! { (t!(words, "stores-text")) }, html! {
            (export(words, "stores", &[("search", asked.raw("search"))], Some(stores.len())))
            (central_button(words, visit.is_central(), "/stores/new", "plus", &t!(words, "new-store")))
        }))
        div class="card" {
            div class="filters" { (search(words, "/stores", &t!(words, "search"), asked.raw("search"), &[])) }
            div id="list" {
                @if stores.is_empty() { (empty("store", &t!(words, "nothing-found"), &t!(words, "nothing-found-text"), html! {})) }
                @else {
                    div class="scroll" { table {
                        thead { tr {
                            th scope="col" class="phone-hide" { (t!(words, "code")) } th scope="col" { (t!(words, "name")) } th scope="col" { (t!(words, "level")) }
                            th scope="col" class="phone-hide" { (t!(words, "supplied-by")) } th scope="col" { (t!(words, "site")) }
                        } }
                        tbody { @for row in &stores {
                            tr class={ @if row.disabled { "is-held" } } {
                                td class="muted nowrap phone-hide" { (row.code) }
                                td {
                                    @if visit.is_central() { a class="row-link" href={ "/stores/" (row.id) } { (row.name) } } @else { span class="strong" { (row.name) } }
                                    @if row.disabled { " " (chip(Tone::Calm, "ban", &t!(words, "closed"))) }
                                }
                                td { (words.code("level", &row.level.to_string())) }
                                td class="phone-hide" { (or_dash(row.supplier.map(|id| names.store(id)).as_deref())) }
                                td { (or_dash(row.site.map(|id| names.site(id)).as_deref())) }
                            }
                        } }
                    } }
                    footer class="pager" { (t!(words, "rows", n = stores.len())) }
                }
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Stores, name, body).searching()))
}

/// The fields that show their own errors.
const FIELDS: [&str; 13] = [
    "code",
    "name",
    "level",
    "supplier",
    "site",
    "lookBackMonths",
    "understockMonths",
    "overstockMonths",
    "daysInMonthE4",
    "leadTimeDays",
    "expiringDays",
    "expiringLaterDays",
    "shareKeeper",
];

/// How the store likes its figures computed.
fn preferences(words: Words, fields: Fields<'_>, keepers: &[(String, String)]) -> Markup {
    let number = |name: &str, label: String, hint: Option<String>| {
        let input =
            Input { inputmode: Some("numeric"), required: true, hint: hint.as_deref(), ..Input::default() };
        fields.input(name, &label, input)
    };
    html! {
        fieldset {
            legend { (t!(words, "store-preferences")) }
            div class="fields" {
                (number("lookBackMonths", t!(words, "look-back-months"), Some(t!(words, "look-back-months-hint"))))
                (number("daysInMonthE4", t!(words, "days-in-month"), Some(t!(words, "days-in-month-hint"))))
                (number("understockMonths", t!(words, "understock-months"), Some(t!(words, "understock-months-hint"))))
                (number("overstockMonths", t!(words, "overstock-months"), Some(t!(words, "overstock-months-hint"))))
                (number("expiringDays", t!(words, "expiring-days"), None))
                (number("expiringLaterDays", t!(words, "expiring-later-days"), Some(t!(words, "expiring-later-days-hint"))))
                (number("leadTimeDays", t!(words, "lead-time-days"), Some(t!(words, "lead-time-days-hint"))))
            }
            (fields.check("adjustForDaysOut", &t!(words, "adjust-for-days-out")))
            (fields.check("vvmFirst", &t!(words, "vvm-first")))
            (fields.check("closeWhenCovered", &t!(words, "close-when-covered")))
            // Where there is but one device, there is nobody to share with.
            @if keepers.len() > 2 || !fields.form.raw("shareKeeper").is_empty() {
                (fields.select("shareKeeper", &t!(words, "share-preference"), false, keepers))
                p class="muted small" { (t!(words, "share-preference-hint")) }
            }
        }
    }
}

/// The devices of the site that hosts the store, as keepers of what comes in; and the one that is chosen, whatever
/// became of it: a form must not take it back unseen.
fn keepers(read: &Snapshot, words: Words, form: &Form) -> Result<Vec<(String, String)>, Trouble> {
    let site = form.id("site");
    let chosen = form.raw("shareKeeper");
    let works = |row: &DeviceRow| !row.revoked && Some(row.site) == site;
    let devices = domain::query::reference::devices(read)?;
    let offered = devices.into_iter().filter(|row| works(row) || row.device.to_string() == chosen);
    let choice = |row: DeviceRow| (row.device.to_string(), t!(words, "share-kept-by", device = row.name));
    let none = (String::new(), t!(words, "share-preference-off"));
    Ok(std::iter::once(none).chain(offered.map(choice)).collect())
}

/// Days with four decimals as people write them.
fn days_text(words: Words, days_e4: u32) -> String {
    let text = format!("{}.{:04}", days_e4 / 10_000, days_e4 % 10_000);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if words.language() == Language::French { text.replace('.', ",") } else { text.to_owned() }
}

/// The same read back.
fn days_e4(form: &Form, name: &str) -> Result<Option<u32>, Problem> {
    let Some(text) = form.text(name) else { return Ok(None) };
    let wrong = || Problem::new("validation", "this is not a number of days").at(format!("/{name}"));
    let text = text.replace(',', ".");
    let (whole, decimals) = text.split_once('.').unwrap_or((text.as_str(), ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 4 {
        return Err(wrong());
    }
    format!("{whole}{decimals:0<4}").parse().map(Some).map_err(|_| wrong())
}

fn form_page(
    visit: &Visit,
    id: Option<DocumentId>,
    form: &Form,
    problem: Option<&Problem>,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let read = visit.read()?;
    let none = || std::iter::once((String::new(), "—".to_owned()));
    let levels: Vec<_> = ["1", "2", "3"].map(|level| (level.to_owned(), words.code("level", level))).into();
    let suppliers: Vec<_> = none()
        .chain(
            lookup::stores(&read)?
                .into_iter()
                .filter(|row| Some(row.id) != id)
                .map(|row| (row.id.to_string(), row.name)),
        )
        .collect();
    let sites: Vec<_> =
        none().chain(lookup::sites(&read)?.into_iter().map(|row| (row.id.to_string(), row.name))).collect();
    let name = id.map_or_else(|| t!(words, "new-store"), |_| form.raw("name").to_owned());
    let action = id.map_or_else(|| "/stores/new".to_owned(), |id| format!("/stores/{id}"));
    let fields = Fields { words, form, problem };
    let needed = Input { required: true, ..Input::default() };
    let body = html! {
        (title(&name, html! {}, html! {}))
        form class="card" method="post" action=(action) {
            div class="pad stack" {
                (fields.alert(&FIELDS))
                div class="fields" {
                    (fields.input("code", &t!(words, "code"), Input { hint: Some(&t!(words, "store-code-hint")), ..needed }))
                    (fields.input("name", &t!(words, "name"), needed))
                    (fields.select("level", &t!(words, "level"), true, &levels))
                    (fields.select("supplier", &t!(words, "supplied-by"), false, &suppliers))
                    (fields.select("site", &t!(words, "site"), false, &sites))
                }
                @if id.is_some() { (preferences(words, fields, &keepers(&read, words, form)?)) (fields.check("disabled", &t!(words, "closed-store"))) }
            }
            div class="bar" {
                button class="btn primary" { (icon("check")) (t!(words, "save")) }
                a class="btn quiet" href="/stores" { (t!(words, "cancel")) }
            }
        }
    };
    let mut response =
        layout::page(visit, Page::new(Section::Stores, name, body).below(t!(words, "nav-stores"), "/stores"));
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The form of a new store; on a site, why there is none.
pub(in crate::ui) async fn new(visit: Visit) -> Result<Response, Trouble> {
    match visit.is_central() {
        true => form_page(&visit, None, &Form::with(&[("level", "3".to_owned())]), None),
        false => Ok(refused(&visit, Section::Stores, /*key*/ "nav-stores", "/stores")),
    }
}

fn ended(
    visit: &Visit,
    id: Option<DocumentId>,
    form: &Form,
    result: Result<(), Problem>,
) -> Result<Response, Trouble> {
    match result {
        Ok(()) => Ok(done("/stores", /*key*/ "toast-saved", "")),
        Err(problem) if is_central_only(&problem) => {
            Ok(refused(visit, Section::Stores, "nav-stores", "/stores"))
        }
        Err(problem) => form_page(visit, id, form, Some(&problem)),
    }
}

/// Makes a store.
pub(in crate::ui) async fn create(visit: Visit, form: Form) -> Result<Response, Trouble> {
    let command = CreateStore {
        id: None,
        code: form.raw("code").to_owned(),
        name: form.raw("name").to_owned(),
        level: form.read("level").unwrap_or(3),
        supplier: form.id("supplier"),
        site: form.id("site"),
    };
    let caller = visit.visitor.central_caller();
    let made = visit.execute(move |txn| store::create(txn, &caller, &command)).await;
    ended(&visit, None, &form, made.map(|_| ()).map_err(Problem::from))
}

/// The form of a store.
pub(in crate::ui) async fn show(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    if !visit.is_central() {
        return Ok(refused(&visit, Section::Stores, "nav-stores", "/stores"));
    }
    let row = domain::query::reference::store(&visit.read()?, id)?;
    let text = |id: Option<DocumentId>| id.map(|id| id.to_string()).unwrap_or_default();
    let mut form = Form::with(&[
        ("code", row.code.clone()),
        ("name", row.name.clone()),
        ("level", row.level.to_string()),
        ("supplier", text(row.supplier)),
        ("site", text(row.site)),
        ("lookBackMonths", row.look_back_months.to_string()),
        ("understockMonths", row.understock_months.to_string()),
        ("overstockMonths", row.overstock_months.to_string()),
        ("daysInMonthE4", days_text(visit.words, row.days_in_month_e4)),
        ("leadTimeDays", row.lead_time_days.to_string()),
        ("expiringDays", row.expiring_days.to_string()),
        ("expiringLaterDays", row.expiring_later_days.to_string()),
        ("shareKeeper", row.share_keeper.map(|device| device.to_string()).unwrap_or_default()),
    ]);
    for (name, ticked) in [
        ("adjustForDaysOut", row.adjust_for_days_out),
        ("vvmFirst", row.vvm_first),
        ("closeWhenCovered", row.close_when_covered),
    ] {
        if ticked {
            form.set(name, "yes".to_owned());
        }
    }
    if row.disabled {
        form.set("disabled", "yes".to_owned());
    }
    form_page(&visit, Some(id), &form, None)
}

/// Changes a store.
pub(in crate::ui) async fn update(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let changed = async {
        let command = UpdateStore {
            code: Some(form.raw("code").to_owned()),
            name: Some(form.raw("name").to_owned()),
            level: form.read("level"),
            supplier: Some(form.id("supplier")),
            site: Some(form.id("site")),
            disabled: Some(form.has("disabled")),
            look_back_months: count(&form, "lookBackMonths")?,
            understock_months: count(&form, "understockMonths")?,
            overstock_months: count(&form, "overstockMonths")?,
            days_in_month_e4: days_e4(&form, "daysInMonthE4")?,
            lead_time_days: count(&form, "leadTimeDays")?,
            expiring_days: count(&form, "expiringDays")?,
            expiring_later_days: count(&form, "expiringLaterDays")?,
            adjust_for_days_out: Some(form.has("adjustForDaysOut")),
            vvm_first: Some(form.has("vvmFirst")),
            close_when_covered: Some(form.has("closeWhenCovered")),
            // A store whose form does not offer it keeps what it has.
            share_keeper: form.has("shareKeeper").then(|| form.read("shareKeeper")),
        };
        let caller = visit.visitor.central_caller();
        Ok(visit.execute(move |txn| store::update(txn, &caller, id, &command)).await?)
    };
    let changed = changed.await;
    ended(&visit, Some(id), &form, changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_a_month_are_read_as_they_are_written() {
        for words in [Words(Language::French), Words(Language::English)] {
            for days in [304_375, 300_000, 305_000, 280_001] {
                let form = Form::with(&[("days", days_text(words, days))]);
                assert_eq!(days_e4(&form, "days").ok().flatten(), Some(days));
            }
        }
        for wrong in ["trente", "30.43751", "-30", "1e3"] {
            assert!(days_e4(&Form::with(&[("days", wrong.to_owned())]), "days").is_err(), "{wrong}");
        }
    }
}
