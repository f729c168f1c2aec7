//! The door: user name and password, the choice of a store, language and light, and the way out.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::auth::{self, Login, RemoteAddress, Visitor};
use crate::error::Problem;
use crate::rights::StoreChoice;
use crate::state::{AppState, Enrol};
use crate::ui::form::{Asked, Fields, Form, Input, address};
use crate::ui::icon::{icon, turning_icon};
use crate::ui::layout::{self, done};
use crate::ui::parts;
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::{Guest, LANGUAGE_COOKIE, THEME_COOKIE, Visit};
use crate::ui::words::{Language, Words, t};

/// A page of ours to go to after the login; anything else leads to the dashboard.
fn safe_next(next: &str) -> &str {
    let own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.starts_with("/login");
    if own { next } else { "/" }
}

fn card(state: &AppState, words: Words, form: &Form, problem: Option<&Problem>) -> Markup {
    let settings = state.settings();
    let fields = Fields { words, form, problem };
    html! {
        div class="card" {
            h1 { (t!(words, "login-title")) }
            p class="muted" {
                @if state.is_central() { span class="chip central" { (icon("server")) (t!(words, "central-server")) } " " (settings.system_name) }
                @else { (settings.site_name) }
            }
            form method="post" action="/login" {
                input type="hidden" name="next" value=(safe_next(form.raw("next")));
                @if let Some(problem) = problem { div class="alert bad" role="alert" { (icon("triangle-alert")) p { (trouble::message(words, problem)) } } }
                (fields.input("username", &t!(words, "username"), Input { required: true, autocomplete: Some("username"), autofocus: form.raw("username").is_empty(), ..Input::default() }))
                (fields.input("password", &t!(words, "password"), Input { kind: "password", required: true, autocomplete: Some("current-password"), autofocus: !form.raw("username").is_empty(), ..Input::default() }))
                button class="btn primary big wide" { (t!(words, "log-in")) (turning_icon("arrow-right")) }
            }
            p class="muted small" { (t!(words, "login-offline")) }
        }
    }
}

fn login_page(guest: &Guest, form: &Form, problem: Option<&Problem>) -> Response {
    let words = guest.setting.words;
    let here = address("/login", &[("next", form.raw("next"))]);
    let body = card(&guest.state, words, form, problem);
    layout::door(&guest.setting, guest.state.is_central(), &here, &t!(words, "log-in"), body)
}

/// The page to log in; who is in already goes on.
pub(in crate::ui) async fn show(guest: Guest, visitor: Option<Visitor>, asked: Asked) -> Response {
    if !guest.state.is_enrolled() {
        return Redirect::to("/welcome").into_response();
    }
    match visitor {
        Some(_) => Redirect::to(safe_next(asked.raw("next"))).into_response(),
        None => login_page(&guest, &asked.0, None),
    }
}

/// Lets somebody in.
pub(in crate::ui) async fn enter(
    guest: Guest,
    RemoteAddress(address): RemoteAddress,
    form: Form,
) -> Response {
    let wish = Login {
        username: form.raw("username").trim().to_owned(),
        password: form.raw("password").to_owned(),
        store: None,
    };
    match auth::login(&guest.state, wish, address).await {
        Ok((visitor, token)) => {
            let chosen = visitor.store().is_some() || guest.state.is_central();
            let next = safe_next(form.raw("next"));
            let to = if chosen {
                next.to_owned()
            } else {
                super::super::form::address("/choose-store", &[("next", next)])
            };
            let mut response = Redirect::to(&to).into_response();
            response.headers_mut().append(header::SET_COOKIE, auth::cookie(&guest.state, &token));
            response
        }
        Err(problem) => {
            let mut shown = form;
            shown.set("password", String::new());
            let mut response = login_page(&guest, &shown, Some(&problem));
            *response.status_mut() = problem.status_code();
            response
        }
    }
}

/// Lets somebody out.
pub(in crate::ui) async fn leave(
    State(state): State<AppState>,
    visitor: Option<Visitor>,
) -> Result<Response, Trouble> {
    if let Some(visitor) = visitor {
        auth::logout(&state, &visitor).await?;
    }
    let mut response = Redirect::to("/login").into_response();
    response.headers_mut().append(header::SET_COOKIE, auth::forget_cookie(&state));
    Ok(response)
}

/// Stores as tiles, each a button that leads to work in it.
fn tiles(visit: &Visit, stores: &[StoreChoice], next: &str) -> Markup {
    let words = visit.words;
    html! {
        form method="post" action="/choose-store" {
            input type="hidden" name="next" value=(safe_next(next));
            div class="tiles" {
                @for right in stores {
                    button class="tile" name="store" value=(right.store) {
                        (icon("store"))
                        span class="grow" { b { (right.name) } br; span class="muted small" { (right.code) } }
                        @if right.read_only { span class="chip" { (icon("eye")) (t!(words, "read-only")) } }
                        @if visit.visitor.store() == Some(right.store) { span class="chip accent" { (icon("check")) (t!(words, "current")) } }
                        (turning_icon("chevron-right"))
                    }
                }
            }
        }
    }
}

/// The page in place of one that is about a store, for somebody who has chosen none: the stores to choose from, and
/// for those who see the country the way to all of it.
pub(in crate::ui) fn which_store(visit: &Visit, here: &str) -> Result<Response, Trouble> {
    let words = visit.words;
    let stores = visit.visitor.stores(&visit.read()?)?;
    let title = t!(words, "which-store");
    let body = html! {
        (parts::title(&title, html! { (t!(words, "which-store-text")) }, html! {}))
        div class="card pad which" {
            @if stores.is_empty() {
                div class="empty" { (icon("lock")) strong { (t!(words, "no-stores")) } p { (t!(words, "no-stores-text")) } }
            }
            (tiles(visit, &stores, here))
            @if visit.sees_country() {
                div class="tiles" {
                    a class="tile" href="/national" {
                        (icon("globe"))
                        span class="grow" { b { (t!(words, "nav-national")) } br; span class="muted small" { (t!(words, "national-text")) } }
                        (turning_icon("chevron-right"))
                    }
                }
            }
        }
    };
    Ok(layout::page(visit, layout::Page::new(layout::Section::Other, title, body)))
}

/// The stores one may work in.
pub(in crate::ui) async fn stores(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let stores = visit.visitor.stores(&visit.read()?)?;
    let body = html! {
        div class="card wide" {
            h1 { (t!(words, "choose-store")) }
            p class="muted" { (t!(words, "choose-store-text")) }
            @if stores.is_empty() {
                div class="empty" { (icon("lock")) strong { (t!(words, "no-stores")) } p { (t!(words, "no-stores-text")) } }
            }
            (tiles(&visit, &stores, asked.raw("next")))
            form method="post" action="/logout" { button class="btn quiet" { (icon("log-out")) (t!(words, "log-out")) } }
        }
    };
    Ok(layout::door(&visit.setting, visit.is_central(), "/choose-store", &t!(words, "choose-store"), body))
}

/// Goes to work in a store.
pub(in crate::ui) async fn choose(visit: Visit, form: Form) -> Result<Response, Trouble> {
    let store = form.id("store").ok_or_else(|| Trouble::not_found("store"))?;
    auth::choose_store(&visit.state, &visit.visitor, store).await?;
    let next = match safe_next(form.raw("next")) {
        "/" if visit.is_central() => "/stock",
        next => next,
    };
    Ok(Redirect::to(next).into_response())
}

/// A year: a tablet's language does not change often.
const PREFERENCE_S: u32 = 31_536_000;

/// Remembers the language or the light of this browser.
pub(in crate::ui) async fn preferences(form: Form) -> Response {
    let mut response = Redirect::to(match form.raw("back") {
        "/login" => "/login",
        back if back.starts_with("/login?") => back,
        back => safe_next(back),
    })
    .into_response();
    let language =
        form.text("language").and_then(Language::of_tag).map(|language| (LANGUAGE_COOKIE, language.tag()));
    let theme = form
        .text("theme")
        .filter(|theme| ["light", "dark"].contains(theme))
        .map(|theme| (THEME_COOKIE, theme));
    for (name, value) in language.into_iter().chain(theme) {
        let cookie = format!("{name}={value}; Path=/; Max-Age={PREFERENCE_S}; HttpOnly; SameSite=Lax");
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

fn welcome_page(guest: &Guest, form: &Form, problem: Option<&Problem>) -> Response {
    let words = guest.setting.words;
    let fields = Fields { words, form, problem };
    let text = |kind: &'static str| Input { kind, required: true, ..Input::default() };
    let address_hint = t!(words, "welcome-address-hint");
    let body = html! {
        div class="card wide" {
            h1 { (t!(words, "welcome-title")) }
            p class="muted" { (t!(words, "welcome-text")) }
            form method="post" action="/welcome" {
                @if let Some(problem) = problem { (trouble::alert(words, problem)) }
                (fields.input("centralUrl", &t!(words, "welcome-address"), Input { hint: Some(&address_hint), ..text("text") }))
                (fields.input("siteName", &t!(words, "site-name"), text("text")))
                (fields.input("password", &t!(words, "site-password"), text("password")))
                button class="btn primary big wide" { (icon("plug")) (t!(words, "welcome-join")) }
            }
            p class="muted small" { (t!(words, "welcome-safe")) }
        }
    };
    layout::door(&guest.setting, false, "/welcome", &t!(words, "welcome-title"), body)
}

/// The page of a device that belongs to no site yet.
pub(in crate::ui) async fn welcome(guest: Guest, asked: Asked) -> Response {
    match guest.state.is_enrolled() {
        true => Redirect::to("/login").into_response(),
        false => welcome_page(&guest, &asked.0, None),
    }
}

/// Joins a site.
pub(in crate::ui) async fn join(guest: Guest, form: Form) -> Response {
    let Some(control) = guest.state.enrolment().filter(|control| !control.is_enrolled()) else {
        return Redirect::to("/login").into_response();
    };
    let typed = |name: &str| form.raw(name).trim().to_owned();
    let wish = Enrol {
        central_url: typed("centralUrl"),
        site_name: typed("siteName"),
        password: form.raw("password").to_owned(),
    };
    match control.enrol(wish).await {
        Ok(_) => done("/login", /*key*/ "toast-joined", ""),
        Err(problem) => {
            let mut response = welcome_page(&guest, &form, Some(&problem));
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            response
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_only_to_our_own_pages() {
        assert_eq!(safe_next("/stock?search=a"), "/stock?search=a");
        for foreign in ["https://example.org", "//example.org", "/\\example.org", "", "/login"] {
            assert_eq!(safe_next(foreign), "/");
        }
    }
}
