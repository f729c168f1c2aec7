//! Sites and their devices.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use crdt_store::DocumentId;
use domain::query::reference;
use domain::site::{self, CreateSite, DeviceRow, RevokeDevice, SetSiteSecret, SiteRow, UpdateSite};
use domain::{Created, Permission};
use replication::enrolment::SiteVerifier;
use serde::{Deserialize, Serialize};

use super::input::{Empty, Ids};
use super::reference::Rows;
use super::route::{Place, Route, command, each, files, query, require_central, sheets};
use super::session::read_body;
use crate::auth::Visitor;
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};
use crate::state::AppState;

const TAG: &str = "Sites";
/// Shortest password of a site, in characters: it is typed once, on a device, by somebody who was told it.
const PASSWORD_LEN_MIN: usize = 8;

/// Sets the password with which devices of a site enrol.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SitePassword {
    /// The password; null closes the door.
    password: Option<String>,
}

async fn set_password(
    State(state): State<AppState>,
    visitor: Visitor,
    ids: Ids,
    request: Request,
) -> Result<StatusCode, Problem> {
    require_central(&state)?;
    visitor.require(Permission::ServerAdmin)?;
    let wish: SitePassword = read_body(request).await?;
    let secret = match wish.password {
        None => SetSiteSecret { verifier: String::new(), active: false },
        Some(password) => {
            SetSiteSecret { verifier: site_password_verifier(&state, ids.id, password).await?, active: true }
        }
    };
    let caller = visitor.central_caller();
    let id = ids.id;
    state
        .node()
        .execute(None, visitor.author(), move |txn| site::set_secret(txn, &caller, id, &secret))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is kept of a site's password, derived off the threads that serve.
///
/// # Errors
/// `validation` for a password that is too short or too long.
pub(crate) async fn site_password_verifier(
    state: &AppState,
    site: DocumentId,
    password: String,
) -> Result<String, Problem> {
    if password.chars().count() < PASSWORD_LEN_MIN || password.len() > SiteVerifier::PASSWORD_LENGTH_MAX {
        let detail = format!("a password has {PASSWORD_LEN_MIN} characters at least");
        return Err(Problem::new("validation", detail).at("/password"));
    }
    let unknown = || Problem::advised("internal-error", "This server does not know its own installation");
    let system = state.settings().system.ok_or_else(unknown)?;
    let stopping = || Problem::advised("stopping", "The server stops");
    let _permit = state.hashing().acquire().await.map_err(|_| stopping())?;
    let derived = tokio::task::spawn_blocking(move || central::enrolment::verifier(system, site, &password));
    let verifier = derived.await.map_err(|_| stopping())?;
    Ok(central::enrolment::secret(&verifier, true).verifier)
}

const COLUMNS: &[Column<SiteRow>] = &[
    column("name", |row| Cell::text(&row.name)),
    column("central", |row| Cell::Flag(row.is_central)),
    column("several devices", |row| Cell::Flag(row.multi_device)),
    column("devices", |row| Cell::count(row.devices)),
    column("id", |row| Cell::id(row.id)),
];

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        query::<Empty, Rows<SiteRow>, _>("/api/v1/sites", TAG, "Sites, by name", |ask, _| {
            Ok(Rows { rows: reference::sites(ask.read)? })
        }),
        command::<CreateSite, Created>(
            Method::POST,
            "/api/v1/sites",
            TAG,
            "Make a site",
            Place::Central,
            |txn, caller, _, wish| site::create(txn, caller, wish),
        ),
        query::<Empty, SiteRow, _>("/api/v1/sites/{id}", TAG, "A site", |ask, _| {
            Ok(reference::site(ask.read, ask.ids.id)?)
        }),
        command::<UpdateSite, ()>(
            Method::PATCH,
            "/api/v1/sites/{id}",
            TAG,
            "Change a site",
            Place::Central,
            |txn, caller, ids, wish| site::update(txn, caller, ids.id, wish),
        ),
        query::<Empty, Rows<DeviceRow>, _>(
            "/api/v1/sites/{id}/devices",
            TAG,
            "The devices of a site",
            |ask, _| {
                reference::site(ask.read, ask.ids.id)?;
                let mut rows = reference::devices(ask.read)?;
                rows.retain(|row| row.site == ask.ids.id);
                Ok(Rows { rows })
            },
        ),
        command::<RevokeDevice, ()>(
            Method::POST,
            "/api/v1/sites/{id}/revoke-device",
            TAG,
            "End the rights of a device",
            Place::Central,
            |txn, caller, ids, wish| site::revoke_device(txn, caller, ids.id, wish),
        ),
        Route::raw(
            Method::PUT,
            "/api/v1/sites/{id}/password",
            TAG,
            "Set the password with which devices of the site enrol; null closes the door",
            set_password,
        )
        .takes::<SitePassword>()
        .central_only(),
    ];
    routes.extend(sheets(files!("/api/v1/sites"), TAG, COLUMNS, |ask, _: Empty, take| {
        each(reference::sites(ask.read)?, take)
    }));
    routes
}
