//! Sites: whose devices work for which stores, and the password with which a device joins.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::{DeviceId, DocumentId};
use domain::query;
use domain::site::{self, CreateSite, RevokeDevice, UpdateSite};
use maud::{Markup, html};

use super::items::{is_central_only, refused};
use crate::error::Problem;
use crate::ui::form::{Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup;
use crate::ui::parts::{Tone, central_button, chip, empty, title};
use crate::ui::sheets::export;
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// The list.
pub(in crate::ui) async fn list(visit: Visit) -> Result<Response, Trouble> {
    let words = visit.words;
    let read = visit.read()?;
    let (sites, stores) = (lookup::sites(&read)?, lookup::stores(&read)?);
    let status = visit.state.node().status();
    let name = t!(words, "nav-sites");
    let body = html! {
        (title(&name, html! { (t!(words, "sites-text")) }, html! {
            (export(words, "sites", &[], Some(sites.len())))
            (central_button(words, visit.is_central(), "/sites/new", "plus", &t!(words, "new-site")))
        }))
        @if sites.is_empty() { div class="card" { (empty("map-pin", &t!(words, "nothing-found"), &t!(words, "sites-empty"), html! {})) } }
        div class="grid" {
            @for row in &sites {
                section class="card" {
                    header {
                        (icon(if row.is_central { "server" } else { "map-pin" }))
                        h2 class="grow" { @if visit.is_central() { a href={ "/sites/" (row.id) } { (row.name) } } @else { (row.name) } }
                        @if row.is_central { (chip(Tone::Central, "server", &t!(words, "central-server"))) }
                    }
                    div class="pad stack" {
                        p { span class="muted" { (t!(words, "works-for")) } " "
                            @let hosted: Vec<&str> = stores.iter().filter(|store| store.site == Some(row.id)).map(|store| store.name.as_str()).collect();
                            @if hosted.is_empty() { (t!(words, "no-store-yet")) } @else { (hosted.join(", ")) }
                        }
                        p class="muted" { (t!(words, "devices-count", n = row.devices)) }
                        @if visit.is_central() && !row.is_central {
                            @for device in lookup::devices(&read, row.id)?.iter().filter(|device| !device.revoked) {
                                @let peer = status.peer(device.device);
                                p { (icon("monitor")) " " (device.name) " · "
                                    @match peer.and_then(|peer| peer.last_contact) {
                                        Some(at) => (words.ago_element(at, visit.now)),
                                        None => (t!(words, "never")),
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Sites, name, body)))
}

fn store_boxes(words: Words, stores: &[domain::store::StoreRow], form: &Form) -> Markup {
    let chosen: Vec<&str> = form.all("stores").collect();
    html! {
        fieldset {
            legend { (t!(words, "works-for")) }
            div class="fields" {
                @for store in stores {
                    label class="check" {
                        input type="checkbox" name="stores" value=(store.id) checked[chosen.contains(&store.id.to_string().as_str())];
                        span { (store.name) @if store.site.is_some() { " " span class="muted small" { "(" (t!(words, "has-site")) ")" } } }
                    }
                }
            }
        }
    }
}

fn devices(visit: &Visit, id: DocumentId) -> Result<Markup, Trouble> {
    let words = visit.words;
    let rows = lookup::devices(&visit.read()?, id)?;
    Ok(html! {
        section class="card" {
            header { h2 { (t!(words, "devices")) } }
            @if rows.is_empty() { (empty("monitor", &t!(words, "no-devices"), &t!(words, "no-devices-text"), html! {})) }
            @for device in &rows {
                div class="network" {
                    (icon("monitor"))
                    div class="grow" {
                        span class="strong" { (device.name) } " " @if device.revoked { (chip(Tone::Bad, "ban", &t!(words, "revoked"))) }
                        br; span class="muted small" { (t!(words, "enrolled-at")) " " (words.instant(device.enrolled_at)) " · " code { (device.device) } }
                    }
                    @if !device.revoked && !device.is_central {
                        form method="post" action={ "/sites/" (id) "/revoke" } data-confirm=(t!(words, "revoke-question", name = &device.name)) {
                            button class="btn danger" name="device" value=(device.device) { (icon("ban")) (t!(words, "revoke")) }
                        }
                    }
                }
            }
        }
    })
}

fn form_page(
    visit: &Visit,
    id: Option<DocumentId>,
    form: &Form,
    problem: Option<&Problem>,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let stores = lookup::stores(&visit.read()?)?;
    let name = id.map_or_else(|| t!(words, "new-site"), |_| form.raw("name").to_owned());
    let action = id.map_or_else(|| "/sites/new".to_owned(), |id| format!("/sites/{id}"));
    let fields = Fields { words, form, problem };
    let hint = if id.is_some() { t!(words, "site-password-keep") } else { t!(words, "site-password-hint") };
    let body = html! {
        (title(&name, html! {}, html! {}))
        form class="card" method="post" action=(action) {
            div class="pad stack" {
                (fields.alert(&["name", "password"]))
                div class="fields" {
                    (fields.input("name", &t!(words, "site-name"), Input { required: true, ..Input::default() }))
                    (fields.input("password", &t!(words, "site-password"), Input { required: id.is_none(), hint: Some(&hint), autocomplete: Some("new-password"), ..Input::default() }))
                }
                (store_boxes(words, &stores, form))
                (fields.check("multiDevice", &t!(words, "multi-device")))
            }
            div class="bar" {
                button class="btn primary" { (icon("check")) (t!(words, "save")) }
                a class="btn quiet" href="/sites" { (t!(words, "cancel")) }
            }
        }
        @if let Some(id) = id { (devices(visit, id)?) }
    };
    let mut response =
        layout::page(visit, Page::new(Section::Sites, name, body).below(t!(words, "nav-sites"), "/sites"));
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The form of a new site; on a site, why there is none.
pub(in crate::ui) async fn new(visit: Visit) -> Result<Response, Trouble> {
    match visit.is_central() {
        true => form_page(&visit, None, &Form::default(), None),
        false => Ok(refused(&visit, Section::Sites, /*key*/ "nav-sites", "/sites")),
    }
}

fn chosen_stores(form: &Form) -> Vec<DocumentId> {
    form.all("stores").filter_map(|id| id.parse().ok()).collect()
}

/// Shortest password of a site: it is typed once, on a tablet, by someone who stands there.
const PASSWORD_LEN_MIN: usize = 8;

fn checked_password(form: &Form) -> Result<Option<String>, Problem> {
    match form.text("password") {
        Some(password) if password.chars().count() < PASSWORD_LEN_MIN => {
            Err(Problem::new("validation", format!("at least {PASSWORD_LEN_MIN} characters")).at("/password"))
        }
        password => Ok(password.map(str::to_owned)),
    }
}

/// Makes a site and the password of its enrolment.
pub(in crate::ui) async fn create(visit: Visit, form: Form) -> Result<Response, Trouble> {
    let made = async {
        let password = checked_password(&form)?;
        let command = CreateSite {
            id: None,
            name: form.raw("name").to_owned(),
            is_central: false,
            multi_device: form.has("multiDevice"),
            stores: chosen_stores(&form),
        };
        let caller = visit.visitor.central_caller();
        let made = visit.execute(move |txn| site::create(txn, &caller, &command)).await?;
        lookup::set_site_password(&visit, made.id, password).await
    };
    let made = made.await;
    ended(&visit, None, &form, made)
}

fn ended(
    visit: &Visit,
    id: Option<DocumentId>,
    form: &Form,
    result: Result<(), Problem>,
) -> Result<Response, Trouble> {
    match result {
        Ok(()) => Ok(done("/sites", /*key*/ "toast-saved", "")),
        Err(problem) if is_central_only(&problem) => {
            Ok(refused(visit, Section::Sites, "nav-sites", "/sites"))
        }
        Err(problem) => form_page(visit, id, form, Some(&problem)),
    }
}

/// The form of a site, and its devices.
pub(in crate::ui) async fn show(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    if !visit.is_central() {
        return Ok(refused(&visit, Section::Sites, "nav-sites", "/sites"));
    }
    let read = visit.read()?;
    let row = query::reference::site(&read, id)?;
    let mut fields = vec![("name", row.name.clone())];
    if row.multi_device {
        fields.push(("multiDevice", "yes".to_owned()));
    }
    let hosted = lookup::stores(&read)?.into_iter().filter(|store| store.site == Some(id));
    fields.extend(hosted.map(|store| ("stores", store.id.to_string())));
    form_page(&visit, Some(id), &Form::with(&fields), None)
}

/// Changes a site.
pub(in crate::ui) async fn update(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let changed = async {
        let password = checked_password(&form)?;
        let command = UpdateSite {
            name: Some(form.raw("name").to_owned()),
            multi_device: Some(form.has("multiDevice")),
            stores: Some(chosen_stores(&form)),
        };
        let caller = visit.visitor.central_caller();
        visit.execute(move |txn| site::update(txn, &caller, id, &command)).await?;
        lookup::set_site_password(&visit, id, password).await
    };
    let changed = changed.await;
    ended(&visit, Some(id), &form, changed)
}

/// Ends the rights of a device.
pub(in crate::ui) async fn revoke(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let device: DeviceId = form.read("device").ok_or_else(|| Trouble::not_found("device"))?;
    let caller = visit.visitor.central_caller();
    visit.execute(move |txn| site::revoke_device(txn, &caller, id, &RevokeDevice { device })).await?;
    Ok(done(&format!("/sites/{id}"), /*key*/ "toast-revoked", ""))
}
