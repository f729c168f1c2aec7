//! Bundles: what this node has for another, as a file that somebody carries; and files that somebody brought.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use replication::bundle::BUNDLE_BYTES_MAX;
use replication::code;
use serde::{Deserialize, Serialize};

use super::input::{self, Bare};
use super::route::{Route, attachment, json};
use crate::bundles::{self, BundleAbout, BundleFile, BundleLoaded, PARTIAL};
use crate::error::Problem;
use crate::state::AppState;

const TAG: &str = "Synchronisation";
/// What a bundle is to a browser.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.tributary.bundle";

/// Whom a bundle is for.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SaveQuery {
    /// `central`, a device, or the name of a site.
    to: String,
}

async fn save(State(state): State<AppState>, headers: HeaderMap, uri: Uri) -> Result<Response, Problem> {
    bundles::admit(&state, &headers)?;
    let SaveQuery { to } = input::parameters(&uri)?;
    let file = bundles::save_bundle(&state, &to).await?;
    Ok(attached(file))
}

/// A bundle as a browser or a program takes it.
pub(crate) fn attached(file: BundleFile) -> Response {
    let is_partial = !file.saved.complete;
    let mut response = attachment(MEDIA_TYPE, &file.name, file.saved.file);
    if is_partial {
        response.headers_mut().insert(PARTIAL, HeaderValue::from_static("true"));
    }
    response
}

async fn load(State(state): State<AppState>, _: Bare, request: Request) -> Result<Response, Problem> {
    let file = brought(&state, request).await?;
    match bundles::load_bundle(&state, file).await? {
        Some(loaded) => json(StatusCode::OK, &loaded),
        None => json(StatusCode::ACCEPTED, &serde_json::Value::Null),
    }
}

async fn show(State(state): State<AppState>, _: Bare, request: Request) -> Result<Response, Problem> {
    let file = brought(&state, request).await?;
    json(StatusCode::OK, &bundles::show_bundle(&state, file).await?)
}

/// The file in a request, of somebody who may bring one.
async fn brought(state: &AppState, request: Request) -> Result<Vec<u8>, Problem> {
    let (parts, body) = request.into_parts();
    bundles::admit(state, &parts.headers)?;
    input::body(&parts.headers, body, BUNDLE_BYTES_MAX).await
}

/// What can be wrong with a file.
const REFUSALS: &[&str] = &[
    code::NOT_A_BUNDLE,
    code::BUNDLE_VERSION,
    code::BUNDLE_TRUNCATED,
    code::BUNDLE_TAMPERED,
    code::BUNDLE_OTHER_SYSTEM,
    code::BUNDLE_CERTIFICATE_EXPIRED,
    code::BUNDLE_FOR_OTHER,
    code::BUNDLE_OWN,
    code::BUNDLE_SIGNER_UNKNOWN,
    code::BUNDLE_SIGNER_REVOKED,
    code::BUNDLE_BUSY,
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::raw(
            Method::POST,
            "/api/v1/sync/bundles/save",
            TAG,
            "All that another node has not acknowledged, as a signed file for it",
            save,
        )
        .asks::<SaveQuery>()
        .media(MEDIA_TYPE)
        .codes(&[
            code::BUNDLE_RECIPIENT_UNKNOWN,
            code::BUNDLE_OWN,
            code::BUNDLE_BUSY,
            "bundle-not-signed",
        ]),
        Route::raw(
            Method::POST,
            "/api/v1/sync/bundles/load",
            TAG,
            "Take in a file that another node saved for this one; 202 and null if it goes on for long",
            load,
        )
        .gives::<BundleLoaded>(200)
        .codes(REFUSALS),
        Route::raw(
            Method::POST,
            "/api/v1/sync/bundles/show",
            TAG,
            "What such a file says of itself, its signature verified",
            show,
        )
        .gives::<BundleAbout>(200)
        .codes(REFUSALS),
    ]
}
