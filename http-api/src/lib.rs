//! The doors of a node: the JSON API and the web interface, on one router.
//!
//! ```text
//!  request ─ guard: limits, origin, time ─┬─ /api/v1  table of addresses ─ Visitor ─ query (snapshot) or command (node)
//!                                         └─ pages    [ui]                                │
//!  answer  ─ headers, gzip, figures ──────────────────────────────────── JSON, CSV, HTML or a problem (RFC 9457)
//! ```
//!
//! A **visitor** is somebody who is logged in, with what they may do at this moment; a **problem** is an answer «no»
//! with a stable code. Handlers parse once, at the edge, and call the typed commands and queries of `domain`; JSON and
//! pages call the same ones. The table in `api` makes both the router and the OpenAPI document; the shapes in the
//! document are read off the code that parses them.
//!
//! The crate decides nothing of logistics, touches no socket of replication, and never sees Automerge or redb.

mod api;
mod auth;
mod bundles;
mod docs;
mod error;
mod imports;
mod limiter;
mod metrics;
mod openapi;
mod rights;
mod server;
mod sheets;
mod state;
mod ui;

pub use api::replies;
pub use api::sync::{
    Link, SyncConnection, SyncDial, SyncError, SyncLan, SyncNeighbour, SyncPeer, SyncStatus,
    describe as describe_sync,
};
pub use auth::Visitor;
pub use bundles::{
    BundleAbout, BundleFile, BundleLoaded, PARTIAL, load_whole_bundle, save_bundle, show_bundle,
};
pub use error::{FieldError, Problem};
pub use rights::{StoreChoice, StoreRight};
pub use server::router;
pub use sheets::read as read_table;
pub use state::{
    AppState, DemoNetwork, DemoNode, DemoNodeStatus, Enrol, Enrolling, EnrolmentControl, EnrolmentStatus,
    Settings,
};
