//! The demo's network switches, and enrolment of this device.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use replication::shell::LinkSwitch;
use serde::{Deserialize, Serialize};

use super::input::{Bare, Ids};
use super::route::{Route, json};
use super::session::read_body;
use crate::error::Problem;
use crate::state::{AppState, DemoNetwork, DemoNodeStatus, Enrol, EnrolmentStatus};

const DEMO: &str = "Demo";
const ENROLMENT: &str = "Enrolment";

/// The nodes of the demo and their networks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct DemoNodes {
    rows: Vec<DemoNodeStatus>,
}

/// The demo is for everybody who can reach it: it has no other data than its own, and nobody logs in to pull a cable.
fn network(state: &AppState) -> Result<&DemoNetwork, Problem> {
    state
        .demo()
        .ok_or_else(|| Problem::advised("no-such-route", "This is not a demo: its network is the real one"))
}

fn nodes(state: &AppState) -> Result<Response, Problem> {
    json(StatusCode::OK, &DemoNodes { rows: network(state)?.status(state.settings().device) })
}

async fn look(State(state): State<AppState>, _: Bare) -> Result<Response, Problem> {
    nodes(&state)
}

async fn cut(State(state): State<AppState>, _: Bare, ids: Ids) -> Result<Response, Problem> {
    switch(&state, &ids)?.cut();
    nodes(&state)
}

async fn restore(State(state): State<AppState>, _: Bare, ids: Ids) -> Result<Response, Problem> {
    switch(&state, &ids)?.restore();
    nodes(&state)
}

fn switch<'a>(state: &'a AppState, ids: &Ids) -> Result<&'a LinkSwitch, Problem> {
    network(state)?
        .switch(&ids.name)
        .ok_or_else(|| Problem::not_found("site of the demo with a network to cut"))
}

async fn enrolment(State(state): State<AppState>, _: Bare) -> Result<Response, Problem> {
    let status = match state.enrolment() {
        Some(control) => control.status(),
        None => EnrolmentStatus {
            enrolled: true,
            site: None,
            site_name: Some(state.settings().site_name.clone()),
        },
    };
    json(StatusCode::OK, &status)
}

async fn enrol(State(state): State<AppState>, request: Request) -> Result<Response, Problem> {
    let wish: Enrol = read_body(request).await?;
    let control = state.enrolment().filter(|control| !control.is_enrolled());
    let control =
        control.ok_or_else(|| Problem::advised("already-enrolled", "This device is enrolled already"))?;
    json(StatusCode::OK, &control.enrol(wish).await?)
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::raw(
            Method::GET,
            "/api/v1/demo/network",
            DEMO,
            "The nodes of the demo and their networks",
            look,
        )
        .open()
        .gives::<DemoNodes>(200)
        .codes(&["no-such-route"]),
        Route::raw(Method::POST, "/api/v1/demo/network/{name}/cut", DEMO, "Cut the network of a site", cut)
            .open()
            .gives::<DemoNodes>(200)
            .codes(&["no-such-route"]),
        Route::raw(
            Method::POST,
            "/api/v1/demo/network/{name}/restore",
            DEMO,
            "Restore the network of a site",
            restore,
        )
        .open()
        .gives::<DemoNodes>(200)
        .codes(&["no-such-route"]),
        Route::raw(Method::GET, "/api/v1/enrolment", ENROLMENT, "Whether this device is enrolled", enrolment)
            .open()
            .gives::<EnrolmentStatus>(200),
        Route::raw(Method::POST, "/api/v1/enrolment", ENROLMENT, "Enrol this device", enrol)
            .open()
            .takes::<Enrol>()
            .gives::<EnrolmentStatus>(200)
            .codes(&[
                "unknown-site",
                "wrong-password",
                "site-without-store",
                "site-already-bound",
                "unreachable",
                "incompatible-version",
                "rate-limited",
                "malformed",
                "central-failed",
                "already-enrolled",
            ]),
    ]
}
