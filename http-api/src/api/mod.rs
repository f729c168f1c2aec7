//! The JSON API: one table of addresses, one file per noun.

mod adjustments;
mod assets;
mod changes;
mod demo;
mod documents;
pub(crate) mod input;
mod items;
mod locations;
mod national;
mod programmes;
mod reference;
mod repacks;
pub mod replies;
pub(crate) mod route;
mod service;
mod session;
mod shipments;
pub(crate) mod sites;
mod stock;
pub(crate) mod sync;
mod tasks;
mod users;

pub(crate) use sites::site_password_verifier;

use route::Route;

/// Every address of the API.
pub(crate) fn table() -> Vec<Route> {
    [
        session::routes(),
        items::routes(),
        stock::routes(),
        locations::routes(),
        repacks::routes(),
        programmes::routes(),
        adjustments::routes(),
        shipments::routes(),
        assets::routes(),
        reference::routes(),
        sites::routes(),
        users::routes(),
        tasks::routes(),
        national::routes(),
        sync::routes(),
        changes::routes(),
        documents::routes(),
        demo::routes(),
        service::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
