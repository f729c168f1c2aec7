//! One router for everything: the table of the API, the pages, and what every request passes through.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::compression::CompressionLayer;

use crate::api;
use crate::api::input::BODY_BYTES_MAX;
use crate::auth;
use crate::error::Problem;
use crate::state::AppState;

/// Longest address, in bytes: filters in it are short.
const URI_BYTES_MAX: usize = 8 * 1024;
/// All headers together, in bytes: cookies of three nodes on one host, and a browser's own.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// By when an answer has begun. A file of all rows takes a second or two on a tablet.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// What a page may load and do: only what comes from here, no inline script or style, no frame around it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'";

/// The router of a node: JSON API, pages, health, metrics.
///
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so that attempts to log in are counted by
/// address too.
pub fn router(state: AppState) -> Router {
    let known = api::route::router(api::table())
        .merge(crate::ui::routes())
        .fallback(unknown_address)
        .method_not_allowed_fallback(unknown_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(state.clone(), guard))
        .layer(CompressionLayer::new().gzip(true))
        .with_state(state);
    // In front of the router, because it cannot tell `{id}.automerge` from `{id}`.
    Router::new().fallback_service(tower::service_fn(move |request: Request| {
        let known = known.clone();
        async move { Ok::<Response, Infallible>(known.oneshot(with_slash(request)).await.into_response()) }
    }))
}

/// Puts a slash before `.automerge` at the end of an API address.
fn with_slash(mut request: Request) -> Request {
    let uri = request.uri();
    let stem = uri.path().strip_prefix("/api/v1/").and_then(|path| path.strip_suffix(".automerge"));
    if let Some(stem) = stem {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        if let Ok(rewritten) = format!("/api/v1/{stem}/automerge{query}").parse::<Uri>() {
            *request.uri_mut() = rewritten;
        }
    }
    request
}

async fn unknown_address(uri: Uri) -> Response {
    match uri.path().starts_with("/api") {
        true => Problem::advised("no-such-route", format_args!("There is nothing at {}", uri.path()))
            .into_response(),
        false => (StatusCode::NOT_FOUND, "There is no such page.").into_response(),
    }
}

async fn unknown_method(method: Method, uri: Uri) -> Problem {
    Problem::advised("method-not-allowed", format_args!("{} takes no {method}", uri.path()))
}

/// What every request passes through: limits, origin, time, figures, headers.
async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let started = state.uptime_us();
    let path = request.uri().path().to_owned();
    let mut response = match admissible(&request) {
        Err(problem) => problem.into_response(),
        Ok(()) => tokio::time::timeout(ANSWER_WITHIN, next.run(request)).await.unwrap_or_else(|_| {
            let seconds = ANSWER_WITHIN.as_secs();
            Problem::advised("timeout", format_args!("There was no answer within {seconds} s"))
                .into_response()
        }),
    };
    protect(response.headers_mut(), path.starts_with("/api"));
    let elapsed_us = state.uptime_us().saturating_sub(started);
    let status = response.status().as_u16();
    tracing::debug!(path, status, elapsed_us, "answered");
    state.metrics().answered(status, elapsed_us);
    response
}

fn admissible(request: &Request) -> Result<(), Problem> {
    let uri_bytes = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if uri_bytes > URI_BYTES_MAX {
        return Err(Problem::advised(
            "uri-too-long",
            format_args!("An address has at most {URI_BYTES_MAX} bytes"),
        ));
    }
    let header_bytes: usize =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if header_bytes > HEADER_BYTES_MAX {
        let detail = format!("All headers together have at most {HEADER_BYTES_MAX} bytes");
        return Err(Problem::advised("headers-too-large", detail));
    }
    match auth::is_same_origin(request.method(), request.headers()) {
        true => Ok(()),
        false => Err(Problem::advised("wrong-origin", "This request comes from a page of another server")),
    }
}

/// Headers that keep a browser from being used against its user.
fn protect(headers: &mut HeaderMap, is_api: bool) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    // Not «no-referrer»: browsers would then send forms of our own pages with the origin «null».
    set(header::REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=(self)");
    if is_api {
        set(header::CACHE_CONTROL, "no-store");
    }
    set(header::VARY, "Cookie, Authorization, Accept-Encoding");
}
