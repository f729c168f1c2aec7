//! The JSON API: one table of addresses, one file per noun.

mod adjustments;
mod assets;
pub(crate) mod bundles;
mod changes;
mod demo;
mod documents;
mod imports;
pub(crate) mod input;
mod items;
mod ledger;
mod locations;
mod national;
mod programmes;
mod reference;
mod repacks;
pub mod replies;
mod requisitions;
mod rnr_forms;
pub(crate) mod route;
mod scanning;
mod service;
mod session;
mod shipments;
pub(crate) mod sites;
mod stock;
mod stock_items;
mod stocktakes;
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
        imports::routes(),
        stock::routes(),
        scanning::routes(),
        stock_items::routes(),
        ledger::routes(),
        locations::routes(),
        repacks::routes(),
        programmes::routes(),
        adjustments::routes(),
        stocktakes::routes(),
        shipments::routes(),
        requisitions::routes(),
        rnr_forms::routes(),
        assets::routes(),
        reference::routes(),
        sites::routes(),
        users::routes(),
        tasks::routes(),
        national::routes(),
        sync::routes(),
        bundles::routes(),
        changes::routes(),
        documents::routes(),
        demo::routes(),
        service::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
