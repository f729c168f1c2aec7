//! Coming in, going out, and API tokens.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use crdt_store::{DocumentId, Timestamp};
use domain::Role;
use serde::{Deserialize, Serialize};

use super::input::{self, BODY_BYTES_MAX, Bare, Empty, Ids};
use super::route::{Route, json, query};
use crate::auth::{self, CreateToken, Login, NewToken, RemoteAddress, TokenRow, Visitor};
use crate::error::Problem;
use crate::rights::StoreChoice;
use crate::state::AppState;

const TAG: &str = "Session";

/// Who one is, and where one may work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Me {
    user: DocumentId,
    username: String,
    name: String,
    language: String,
    role: Role,
    system_name: String,
    site_name: String,
    store: Option<DocumentId>,
    stores: Vec<StoreChoice>,
    token_name: Option<String>,
    #[serde(with = "domain::instant")]
    expires_at: Timestamp,
}

/// Chooses the store to work in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChooseStore {
    store: DocumentId,
}

/// The user's API tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tokens {
    rows: Vec<TokenRow>,
}

fn me(state: &AppState, visitor: &Visitor) -> Result<Me, Problem> {
    let settings = state.settings();
    Ok(Me {
        user: visitor.user(),
        username: visitor.username().to_owned(),
        name: visitor.name().to_owned(),
        language: visitor.language().to_owned(),
        role: state.role(),
        system_name: settings.system_name.clone(),
        site_name: settings.site_name.clone(),
        store: visitor.store(),
        stores: visitor.stores(&state.snapshot()?)?,
        token_name: visitor.token_name().map(str::to_owned),
        expires_at: visitor.expires_at(),
    })
}

async fn log_in(
    State(state): State<AppState>,
    RemoteAddress(address): RemoteAddress,
    request: Request,
) -> Result<Response, Problem> {
    if !state.is_enrolled() {
        return Err(Problem::advised("not-enrolled", "This device belongs to no site yet"));
    }
    let wish: Login = read_body(request).await?;
    let (visitor, token) = auth::login(&state, wish, address).await?;
    let mut response = json(StatusCode::OK, &me(&state, &visitor)?)?;
    response.headers_mut().insert(header::SET_COOKIE, auth::cookie(&state, &token));
    Ok(response)
}

/// Reads the body of a request that takes no parameters.
pub(super) async fn read_body<C: serde::de::DeserializeOwned>(request: Request) -> Result<C, Problem> {
    let (parts, body) = request.into_parts();
    input::parameters::<Empty>(&parts.uri)?;
    let body = input::body(&parts.headers, body, BODY_BYTES_MAX).await?;
    input::command(&parts.headers, &body)
}

async fn log_out(State(state): State<AppState>, visitor: Visitor, _: Bare) -> Result<Response, Problem> {
    auth::logout(&state, &visitor).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, auth::forget_cookie(&state))]).into_response())
}

async fn choose_store(
    State(state): State<AppState>,
    visitor: Visitor,
    request: Request,
) -> Result<StatusCode, Problem> {
    let wish: ChooseStore = read_body(request).await?;
    auth::choose_store(&state, &visitor, wish.store).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn create_token(
    State(state): State<AppState>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Problem> {
    let wish: CreateToken = read_body(request).await?;
    json(StatusCode::CREATED, &auth::create_token(&state, &visitor, wish).await?)
}

async fn revoke_token(
    State(state): State<AppState>,
    visitor: Visitor,
    _: Bare,
    ids: Ids,
) -> Result<StatusCode, Problem> {
    auth::revoke_token(&state, &visitor, &ids.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::raw(Method::POST, "/api/v1/session", TAG, "Log in; sets the session's cookie", log_in)
            .open()
            .takes::<Login>()
            .gives::<Me>(200)
            .codes(&["wrong-credentials", "rate-limited", "not-enrolled", "lease-expired", "not-permitted"]),
        query::<Empty, Me, _>(
            "/api/v1/session",
            TAG,
            "Who is logged in, and where they may work",
            |ask, _| me(ask.state, ask.visitor),
        ),
        Route::raw(Method::DELETE, "/api/v1/session", TAG, "Log out", log_out),
        Route::raw(Method::PUT, "/api/v1/session/store", TAG, "Choose the store to work in", choose_store)
            .takes::<ChooseStore>(),
        query::<Empty, Tokens, _>(
            "/api/v1/session/tokens",
            TAG,
            "One's API tokens on this device",
            |ask, _| Ok(Tokens { rows: auth::tokens(ask.state, ask.visitor)? }),
        ),
        Route::raw(
            Method::POST,
            "/api/v1/session/tokens",
            TAG,
            "Make an API token; its secret is shown this once",
            create_token,
        )
        .takes::<CreateToken>()
        .gives::<NewToken>(201),
        Route::raw(Method::DELETE, "/api/v1/session/tokens/{name}", TAG, "End an API token", revoke_token),
    ]
}
