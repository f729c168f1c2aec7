//! Users, at the centre. Passwords come in, hashes never go out.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use crdt_store::DocumentId;
use domain::query::reference;
use domain::user::{self, GrantAccess, SetPassword, UpdateUser, UserRow};
use domain::{Caller, Created, Permission};
use serde::{Deserialize, Serialize};

use super::input::{self, BODY_BYTES_MAX, Empty, Ids};
use super::reference::Rows;
use super::route::{Ask, Place, Route, command, json, query, require_central};
use super::session::read_body;
use crate::auth::{self, Visitor};
use crate::error::Problem;
use crate::state::AppState;

const TAG: &str = "Users";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UserQuery {
    search: Option<String>,
}

/// A user, without the hash of the password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PublicUser {
    id: DocumentId,
    username: String,
    name: String,
    language: String,
    active: bool,
    lease_days: u32,
    central: BTreeSet<Permission>,
    stores: BTreeMap<DocumentId, BTreeSet<Permission>>,
}

impl From<UserRow> for PublicUser {
    fn from(row: UserRow) -> Self {
        let UserRow { id, username, name, language, active, lease_days, central, stores, .. } = row;
        Self { id, username, name, language, active, lease_days, central, stores }
    }
}

/// Makes a user.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewUser {
    username: String,
    password: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    lease_days: Option<u32>,
    #[serde(default)]
    central: BTreeSet<Permission>,
    #[serde(default)]
    stores: BTreeMap<DocumentId, BTreeSet<Permission>>,
}

/// Sets a user's password.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewPassword {
    password: String,
}

/// Takes away a user's rights in a store.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RevokeAccess {
    store: DocumentId,
}

/// Who may see all users: those who may change them.
fn administers(ask: &Ask<'_>) -> Result<(), Problem> {
    require_central(ask.state)?;
    ask.visitor.require(Permission::EditCentralData)
}

/// The caller of a command on users, before a password is hashed for somebody who may not.
fn administrator(state: &AppState, visitor: &Visitor) -> Result<Caller, Problem> {
    require_central(state)?;
    visitor.require(Permission::EditCentralData)?;
    Ok(visitor.central_caller())
}

async fn create(
    State(state): State<AppState>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Problem> {
    let caller = administrator(&state, &visitor)?;
    let (parts, body) = request.into_parts();
    input::parameters::<Empty>(&parts.uri)?;
    let body = input::body(&parts.headers, body, BODY_BYTES_MAX).await?;
    let wish: NewUser = input::command(&parts.headers, &body)?;
    let key = input::idempotency(&parts.headers, visitor.user(), &parts.method, &parts.uri, &body)?;
    let password_hash = auth::hash_password(&state, wish.password).await?;
    let NewUser { username, name, language, lease_days, central, stores, .. } = wish;
    let wish =
        user::CreateUser { id: None, username, name, password_hash, language, lease_days, central, stores };
    let made: Created =
        state.node().execute(key, visitor.author(), move |txn| user::create(txn, &caller, &wish)).await?;
    let mut response = json(StatusCode::CREATED, &made)?;
    let location = HeaderValue::try_from(format!("/api/v1/users/{}", made.id));
    location.into_iter().for_each(|location| drop(response.headers_mut().insert(header::LOCATION, location)));
    Ok(response)
}

async fn set_password(
    State(state): State<AppState>,
    visitor: Visitor,
    ids: Ids,
    request: Request,
) -> Result<StatusCode, Problem> {
    let caller = administrator(&state, &visitor)?;
    let wish: NewPassword = read_body(request).await?;
    let password_hash = auth::hash_password(&state, wish.password).await?;
    let id = ids.id;
    let wish = SetPassword { password_hash };
    state
        .node()
        .execute(None, visitor.author(), move |txn| user::set_password(txn, &caller, id, &wish))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        query::<UserQuery, Rows<PublicUser>, _>(
            "/api/v1/users",
            TAG,
            "Users, by name; central only",
            |ask, wish| {
                administers(ask)?;
                let wanted = wish.search.as_deref().map(domain::text::fold).unwrap_or_default();
                let fits = |row: &UserRow| {
                    [&row.username, &row.name].iter().any(|text| domain::text::fold(text).contains(&wanted))
                };
                let rows =
                    reference::users(ask.read)?.into_iter().filter(fits).map(PublicUser::from).collect();
                Ok(Rows { rows })
            },
        )
        .central_only(),
        Route::raw(Method::POST, "/api/v1/users", TAG, "Make a user", create)
            .takes::<NewUser>()
            .gives::<Created>(201)
            .central_only(),
        query::<Empty, PublicUser, _>("/api/v1/users/{id}", TAG, "A user; central only", |ask, _| {
            administers(ask)?;
            Ok(PublicUser::from(reference::user(ask.read, ask.ids.id)?))
        })
        .central_only(),
        command::<UpdateUser, ()>(
            Method::PATCH,
            "/api/v1/users/{id}",
            TAG,
            "Change a user",
            Place::Central,
            |txn, caller, ids, wish| user::update(txn, caller, ids.id, wish),
        ),
        command::<GrantAccess, ()>(
            Method::POST,
            "/api/v1/users/{id}/grant",
            TAG,
            "Give a user exactly these rights in a store",
            Place::Central,
            |txn, caller, ids, wish| user::grant(txn, caller, ids.id, wish),
        ),
        command::<RevokeAccess, ()>(
            Method::POST,
            "/api/v1/users/{id}/revoke",
            TAG,
            "Take away a user's rights in a store",
            Place::Central,
            |txn, caller, ids, wish| {
                let none = GrantAccess { store: wish.store, permissions: BTreeSet::new() };
                user::grant(txn, caller, ids.id, &none)
            },
        ),
        Route::raw(
            Method::PUT,
            "/api/v1/users/{id}/password",
            TAG,
            "Set a user's password; ends the user's sessions everywhere",
            set_password,
        )
        .takes::<NewPassword>()
        .central_only(),
    ]
}
