//! Users: who may do what in which store. Made on central; known at a site after its next contact.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::user::{self, CreateUser, GrantAccess, SetPassword, UpdateUser, UserRow};
use domain::{Permission, Preset, query};
use maud::{Markup, html};

use super::items::{count, is_central_only, refused};
use crate::auth;
use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup::{self, KnownUser};
use crate::ui::parts::{Tone, below, central_button, chip, empty, search, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

const PRESETS: [(&str, Preset); 5] = [
    ("storekeeper", Preset::Storekeeper),
    ("manager", Preset::Manager),
    ("viewer", Preset::Viewer),
    ("technician", Preset::Technician),
    ("administrator", Preset::Administrator),
];

fn preset_of(permissions: &BTreeSet<Permission>) -> Option<&'static str> {
    PRESETS.iter().find(|(_, preset)| preset.permissions() == *permissions).map(|(name, _)| *name)
}

fn rights(words: Words, permissions: &BTreeSet<Permission>) -> String {
    match preset_of(permissions) {
        Some(preset) => words.code("preset", preset),
        None => t!(words, "permissions-count", n = permissions.len()),
    }
}

fn user_rights(words: Words, user: &KnownUser) -> Markup {
    html! { div class="row tight" { @for (store, permissions) in &user.stores { span class="chip" { (store) " · " (rights(words, permissions)) } } } }
}

fn user_row(visit: &Visit, user: &KnownUser) -> Markup {
    let words = visit.words;
    html! {
        tr class={ @if !user.active { "is-held" } } {
            td {
                @if visit.is_central() { a class="row-link nowrap" href={ "/users/" (user.id) } { (user.name) } } @else { span class="strong nowrap" { (user.name) } }
                span class="two" { (user.username) }
                (below(user_rights(words, user)))
            }
            td class="phone-hide" { (user_rights(words, user)) }
            td class="phone-hide" { (words.code("language", &user.language)) }
            td class="phone-hide" { @if user.active { (chip(Tone::Good, "check", &t!(words, "active"))) } @else { (chip(Tone::Calm, "ban", &t!(words, "inactive"))) } }
        }
    }
}

/// The list: all users on central, those of the site's stores on a site.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let wanted = domain::text::fold(asked.raw("search"));
    let users: Vec<KnownUser> = lookup::users(&visit)?
        .into_iter()
        .filter(|user| domain::text::fold(&user.name).contains(&wanted) || user.username.contains(&wanted))
        .collect();
    let name = t!(words, "nav-users");
    let body = html! {
        (title(&name, html! { (t!(words, "users-text")) }, central_button(words, visit.is_central(), "/users/new", "plus", &t!(words, "new-user"))))
        div class="card" {
            div class="filters" { (search(words, "/users", &t!(words, "search"), asked.raw("search"), &[])) }
            div id="list" {
                @if users.is_empty() { (empty("users", &t!(words, "nothing-found"), &t!(words, "nothing-found-text"), html! {})) }
                @else {
                    div class="scroll" { table {
                        thead { tr { th scope="col" { (t!(words, "name")) } th scope="col" class="phone-hide" { (t!(words, "rights")) } th scope="col" class="phone-hide" { (t!(words, "language")) } th scope="col" class="phone-hide" { (t!(words, "status")) } } }
                        tbody { @for user in &users { (user_row(&visit, user)) } }
                    } }
                    footer class="pager" { (t!(words, "rows", n = users.len())) }
                }
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Users, name, body).searching()))
}

fn rights_table(visit: &Visit, form: &Form) -> Result<Markup, Trouble> {
    let words = visit.words;
    let stores = lookup::stores(&visit.read()?)?;
    let select = |name: &str, label: &str, presets: &[&str]| {
        let chosen = form.raw(name);
        html! {
            select class="input small" name=(name) aria-label=(label) {
                option value="" selected[chosen.is_empty()] { (t!(words, "no-access")) }
                @for preset in presets { option value=(preset) selected[chosen == *preset] { (words.code("preset", preset)) } }
                @if chosen == "as-is" { option value="as-is" selected { (t!(words, "rights-own")) } }
            }
        }
    };
    let of_store = ["storekeeper", "manager", "viewer", "technician", "administrator"];
    Ok(html! {
        fieldset {
            legend { (t!(words, "rights")) }
            table {
                thead { tr { th scope="col" { (t!(words, "store")) } th scope="col" { (t!(words, "rights")) } } }
                tbody {
                    tr { td { span class="strong" { (t!(words, "central-server")) } span class="two" { (t!(words, "central-rights-text")) } } td { (select("central", &t!(words, "central-server"), &["administrator", "viewer"])) } }
                    @for store in &stores { tr { td { (store.name) span class="two" { (store.code) } } td { (select(&format!("right.{}", store.id), &store.name, &of_store)) } } }
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
    let name = id.map_or_else(|| t!(words, "new-user"), |_| form.raw("name").to_owned());
    let action = id.map_or_else(|| "/users/new".to_owned(), |id| format!("/users/{id}"));
    let fields = Fields { words, form, problem };
    let languages: Vec<_> = ["fr", "en"].map(|tag| (tag.to_owned(), words.code("language", tag))).into();
    let hint = if id.is_some() { t!(words, "password-keep") } else { t!(words, "password-hint") };
    let body = html! {
        (title(&name, html! {}, html! {}))
        form class="card" method="post" action=(action) {
            div class="pad stack" {
                (fields.alert(&["username", "name", "password", "language", "leaseDays"]))
                div class="fields" {
                    @if id.is_none() { (fields.input("username", &t!(words, "username"), Input { required: true, ..Input::default() })) }
                    (fields.input("name", &t!(words, "full-name"), Input { required: true, ..Input::default() }))
                    (fields.input("password", &t!(words, "password"), Input { kind: "password", required: id.is_none(), hint: Some(&hint), autocomplete: Some("new-password"), ..Input::default() }))
                    (fields.select("language", &t!(words, "language"), true, &languages))
                    (fields.input("leaseDays", &t!(words, "lease-days"), Input { inputmode: Some("numeric"), hint: Some(&t!(words, "lease-days-hint")), ..Input::default() }))
                }
                @if id.is_some() { (fields.check("active", &t!(words, "active-user"))) }
                (rights_table(visit, form)?)
            }
            div class="bar" {
                button class="btn primary" { (icon("check")) (t!(words, "save")) }
                a class="btn quiet" href="/users" { (t!(words, "cancel")) }
            }
        }
    };
    let mut response =
        layout::page(visit, Page::new(Section::Users, name, body).below(t!(words, "nav-users"), "/users"));
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The form of a new user; on a site, why there is none.
pub(in crate::ui) async fn new(visit: Visit) -> Result<Response, Trouble> {
    let blank =
        [("language", visit.words.language().tag().to_owned()), ("leaseDays", user::LEASE_DAYS.to_string())];
    match visit.is_central() {
        true => form_page(&visit, None, &Form::with(&blank), None),
        false => Ok(refused(&visit, Section::Users, /*key*/ "nav-users", "/users")),
    }
}

fn permissions_of(name: &str) -> Option<BTreeSet<Permission>> {
    PRESETS.iter().find(|(preset, _)| *preset == name).map(|(_, preset)| preset.permissions())
}

/// The rights chosen for each store: nothing for a store whose rights stay as they are.
fn chosen_rights(form: &Form) -> BTreeMap<DocumentId, BTreeSet<Permission>> {
    let chosen = |store: DocumentId| match form.raw(&format!("right.{store}")) {
        "as-is" => None,
        name => Some((store, permissions_of(name).unwrap_or_default())),
    };
    form.ids_of("right").into_iter().filter_map(chosen).collect()
}

/// Makes a user.
pub(in crate::ui) async fn create(visit: Visit, form: Form) -> Result<Response, Trouble> {
    let made = async {
        let command = CreateUser {
            id: None,
            username: form.raw("username").to_owned(),
            name: form.owned("name"),
            password_hash: auth::hash_password(&visit.state, form.raw("password").to_owned()).await?,
            language: form.owned("language"),
            lease_days: count(&form, "leaseDays")?,
            central: permissions_of(form.raw("central")).unwrap_or_default(),
            stores: chosen_rights(&form).into_iter().filter(|(_, rights)| !rights.is_empty()).collect(),
        };
        let caller = visit.visitor.central_caller();
        Ok(visit.execute(move |txn| user::create(txn, &caller, &command)).await.map(|_| ())?)
    };
    let made = made.await;
    ended(&visit, None, form, made)
}

fn ended(
    visit: &Visit,
    id: Option<DocumentId>,
    mut form: Form,
    result: Result<(), Problem>,
) -> Result<Response, Trouble> {
    match result {
        Ok(()) => Ok(done("/users", /*key*/ "toast-saved", "")),
        Err(problem) if is_central_only(&problem) => {
            Ok(refused(visit, Section::Users, "nav-users", "/users"))
        }
        Err(problem) => {
            form.set("password", String::new());
            form_page(visit, id, &form, Some(&problem))
        }
    }
}

fn form_of(row: &UserRow) -> Form {
    let choice = |permissions: &BTreeSet<Permission>| match permissions.is_empty() {
        true => String::new(),
        false => preset_of(permissions).unwrap_or("as-is").to_owned(),
    };
    let mut form = Form::with(&[
        ("name", row.name.clone()),
        ("language", row.language.clone()),
        ("leaseDays", row.lease_days.to_string()),
        ("central", choice(&row.central)),
    ]);
    if row.active {
        form.set("active", "yes".to_owned());
    }
    row.stores
        .iter()
        .for_each(|(store, permissions)| form.set(&format!("right.{store}"), choice(permissions)));
    form
}

/// The form of a user.
pub(in crate::ui) async fn show(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    if !visit.is_central() {
        return Ok(refused(&visit, Section::Users, "nav-users", "/users"));
    }
    let row = query::reference::user(&visit.read()?, id)?;
    form_page(&visit, Some(id), &form_of(&row), None)
}

/// Changes a user: what is said of them, their rights, and their password if a new one was typed.
pub(in crate::ui) async fn update(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let changed = async {
        let command = UpdateUser {
            name: form.owned("name"),
            language: form.owned("language"),
            active: Some(form.has("active")),
            lease_days: count(&form, "leaseDays")?,
            central: (form.raw("central") != "as-is")
                .then(|| permissions_of(form.raw("central")).unwrap_or_default()),
        };
        let password = match form.text("password") {
            Some(password) => Some(auth::hash_password(&visit.state, password.to_owned()).await?),
            None => None,
        };
        let before = query::reference::user(&visit.read().map_err(|trouble| *trouble.0)?, id)?;
        let differs = |store: &DocumentId, rights: &BTreeSet<Permission>| {
            before.stores.get(store).cloned().unwrap_or_default() != *rights
        };
        let grants: Vec<GrantAccess> = chosen_rights(&form)
            .into_iter()
            .filter(|(store, rights)| differs(store, rights))
            .map(|(store, permissions)| GrantAccess { store, permissions })
            .collect();
        let caller = visit.visitor.central_caller();
        // One command per act: each is one change to the user's document, and none depends on another.
        let who = caller.clone();
        visit.execute(move |txn| user::update(txn, &who, id, &command)).await?;
        for grant in grants {
            let who = caller.clone();
            visit.execute(move |txn| user::grant(txn, &who, id, &grant)).await?;
        }
        if let Some(password_hash) = password {
            visit
                .execute(move |txn| user::set_password(txn, &caller, id, &SetPassword { password_hash }))
                .await?;
        }
        Ok(())
    };
    let changed = changed.await;
    ended(&visit, Some(id), form, changed)
}
