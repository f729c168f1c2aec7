//! What machines and curious people ask a server: whether it is well, what it counts, what it can do.

use std::sync::OnceLock;

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use replication::shell::Health;
use serde::{Deserialize, Serialize};

use super::route::{Route, json};
use super::sync;
use crate::auth::{self, RemoteAddress};
use crate::docs;
use crate::error::Problem;
use crate::metrics;
use crate::openapi;
use crate::state::AppState;

const TAG: &str = "Service";

/// Whether the server can be worked with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Readiness {
    ready: bool,
    code: Option<String>,
    detail: Option<String>,
}

/// What is running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Version {
    name: String,
    version: String,
    role: domain::Role,
}

/// The process answers; nothing else is said.
async fn alive() -> &'static str {
    "ok"
}

async fn ready(State(state): State<AppState>) -> Result<Response, Problem> {
    let (code, detail) = match state.node().health() {
        Health::Running => match state.snapshot() {
            Ok(_) if !state.is_enrolled() => {
                ("not-enrolled".to_owned(), "this device belongs to no site yet".to_owned())
            }
            Ok(_) => return json(StatusCode::OK, &Readiness { ready: true, code: None, detail: None }),
            Err(problem) => (problem.code, problem.detail),
        },
        Health::Recovering { code, message } => (code.to_owned(), message),
        Health::Stopped { failure } => {
            ("stopping".to_owned(), failure.unwrap_or_else(|| "the node stops".to_owned()))
        }
    };
    json(StatusCode::SERVICE_UNAVAILABLE, &Readiness { ready: false, code: Some(code), detail: Some(detail) })
}

/// Who may see what a node is doing: the machine itself, whoever reads its directory, and people who are logged in.
fn may_watch(state: &AppState, headers: &HeaderMap, from: &RemoteAddress) -> Result<(), Problem> {
    let is_local = from.0.is_some_and(|address| address.is_loopback());
    match is_local || auth::has_local_key(state, headers) {
        true => Ok(()),
        false => auth::visitor_of(state, headers).map(drop),
    }
}

async fn figures(
    State(state): State<AppState>,
    from: RemoteAddress,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    may_watch(&state, &headers, &from)?;
    let text = metrics::text(&state)?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

/// The node and its peers, for `tributary status`: the database cannot be opened twice.
async fn local_status(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, Problem> {
    if !auth::has_local_key(&state, &headers) {
        return Err(Problem::unauthenticated());
    }
    json(StatusCode::OK, &sync::status(&state, &state.snapshot()?)?)
}

async fn version(State(state): State<AppState>) -> Result<Response, Problem> {
    let version = state.settings().version.to_owned();
    json(StatusCode::OK, &Version { name: "tributary".to_owned(), version, role: state.role() })
}

/// The description of the API as text; the same for every node of a version, so made once.
pub(crate) fn document(version: &str) -> &'static str {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let document = openapi::document(&super::table(), version);
        serde_json::to_string(&document).expect("a document of maps with text keys")
    })
}

async fn description(State(state): State<AppState>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document(state.settings().version)).into_response()
}

async fn reader(State(state): State<AppState>) -> Response {
    docs::page(document(state.settings().version)).into_response()
}

async fn reader_style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], docs::STYLE).into_response()
}

pub(super) fn routes() -> Vec<Route> {
    let raw = |path, summary, route: fn(&'static str, &'static str) -> Route| route(path, summary).open();
    vec![
        raw("/healthz", "Whether the process answers", |path, summary| {
            Route::raw(Method::GET, path, TAG, summary, alive).media("text/plain")
        }),
        raw("/readyz", "Whether it can be worked with; 503 and why when not", |path, summary| {
            Route::raw(Method::GET, path, TAG, summary, ready).gives::<Readiness>(200)
        }),
        raw("/metrics", "Figures in the text format of Prometheus", |path, summary| {
            Route::raw(Method::GET, path, TAG, summary, figures).media("text/plain")
        }),
        raw("/statusz", "The node and its peers, for whoever reads the node's directory", |path, summary| {
            Route::raw(Method::GET, path, TAG, summary, local_status).gives::<sync::SyncStatus>(200)
        }),
        raw("/version", "What is running", |path, summary| {
            Route::raw(Method::GET, path, TAG, summary, version).gives::<Version>(200)
        }),
        raw("/api/openapi.json", "This description", |path, summary| {
            Route::raw(Method::GET, path, TAG, summary, description).media("application/json")
        }),
        raw("/api/docs", "This description, to read", |path, summary| {
            Route::raw(Method::GET, path, TAG, summary, reader).media("text/html")
        }),
        raw("/api/docs.css", "How it looks", |path, summary| {
            Route::raw(Method::GET, path, TAG, summary, reader_style).media("text/css")
        }),
    ]
}
