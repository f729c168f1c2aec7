//! The web interface: pages made on the server, in French and English, that work without a network and without scripts.
//!
//! ```text
//!  request ─ [visit] who, where, in which language ─ [screens] read a snapshot, or give a command
//!                                                        │
//!  page  ─ [layout] rail, head, foot ─ [parts] [form] ───┘     [trouble] answers «no» as pages
//!  live  ─ [live] says that something changed; the page's script reads it again and patches read-only cells
//! ```
//!
//! Pages and the JSON API call the same typed commands and queries. Nothing typed is lost: a rejected form comes back
//! as it was, with the error at its field; live changes never replace an input. [words] holds the languages,
//! [assets] the files that pages ask for.

mod assets;
mod chart;
mod form;
mod icon;
mod layout;
mod live;
mod lookup;
mod parts;
mod past;
mod screens;
mod sheets;
mod trouble;
mod values;
mod visit;
mod words;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};

pub(crate) use sheets::{heading, import_column, import_hint, import_title, is_language, row_error};

use crate::error::Problem;
use crate::state::AppState;
use trouble::Unexplained;
use visit::{Setting, Slot};

/// Every page and every form.
pub fn routes() -> Router<AppState> {
    use screens::*;

    Router::new()
        .route("/", get(dashboard::show))
        .route("/login", get(login::show).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/welcome", get(login::welcome).post(login::join))
        .route("/choose-store", get(login::stores).post(login::choose))
        .route("/preferences", post(login::preferences))
        .route("/stock", get(stock::list))
        .route("/stock/items", get(stock_items::list))
        .route("/stock/movements", get(ledger::of_store))
        .route("/stock/items/{id}", get(item::show))
        .route("/stock/lines/{id}/hold", post(item::hold))
        .merge(shelf_routes())
        .route("/issue", get(issue::show).post(issue::act))
        .route("/issue/items", get(issue::items))
        .route("/issue/line/{id}", get(issue::line))
        .route("/issue/batch/{id}", get(issue::batch_line))
        .route("/issue/proposal/{id}", get(issue::proposal))
        .route("/receive", get(receive::show))
        .route("/receive/new", get(receive::new).post(receive::create))
        .route("/receive/items", get(receive::items))
        .route("/receive/line/{id}", get(receive::line))
        .merge(shipment_routes())
        .merge(requisition_routes())
        .merge(rnr_routes())
        .merge(stocktake_routes())
        .route("/adjustments", get(adjustments::list))
        .route("/adjustments/new", get(adjustments::new).post(adjustments::create))
        .route("/adjustments/{id}", get(adjustments::show))
        .route("/equipment", get(equipment::list))
        .route("/equipment/new", get(equipment::new).post(equipment::create))
        .route("/equipment/{id}", get(equipment::show))
        .route("/equipment/{id}/log", post(equipment::log))
        .route("/tasks", get(tasks::list))
        .route("/tasks/conflicts/{id}", post(tasks::settle))
        .route("/national", get(national::list))
        .route("/national/{id}", get(national::item))
        .merge(import_routes())
        .merge(reference_routes())
        .route("/history/{id}", get(history::show))
        .route("/history/{id}/restore", post(history::restore))
        .route("/sync", get(sync::show))
        .route("/sync/now", post(sync::now))
        .route("/sync/network/{site}/{act}", post(sync::switch))
        .merge(bundle_routes())
        .route("/help", get(help::show))
        .merge(scan_routes())
        .route("/live", get(live::events))
        .route("/{*anything}", any(unknown))
        .layer(middleware::from_fn(explain))
        .route("/assets/{edition}/{name}", get(assets::serve))
}

fn stocktake_routes() -> Router<AppState> {
    use screens::stocktakes::*;

    Router::new()
        .route("/stocktakes", get(list))
        .route("/stocktakes/new", get(new).post(create))
        .route("/stocktakes/{id}", get(show))
        .route("/stocktakes/{id}/lines/{line}", post(count_line))
        .route("/stocktakes/{id}/counts", post(count_lines))
        .route("/stocktakes/{id}/keep", post(keep))
        .route("/stocktakes/{id}/strike", post(strike))
        .route("/stocktakes/{id}/hold", post(hold))
        .route("/stocktakes/{id}/add", get(add))
        .route("/stocktakes/{id}/add-line", post(add_line))
        .route("/stocktakes/{id}/add-batch", post(add_batch))
        .route("/stocktakes/{id}/review", get(review))
        .route("/stocktakes/{id}/finalise", post(finalise))
        .route("/stocktakes/{id}/cancel", post(cancel))
        .route("/stocktakes/{id}/late", post(settle_late))
        .route("/stocktakes/{id}/paper", get(paper))
}

fn shelf_routes() -> Router<AppState> {
    use screens::{arrange, batch, line, locations, repack, shares};

    Router::new()
        .route("/stock/new", get(batch::new).post(batch::create))
        .route("/stock/arrange", post(arrange::act))
        .route("/stock/put-back", post(arrange::put_back))
        .route("/stock/lines/{id}", get(line::show))
        .route("/stock/lines/{id}/edit", get(line::edit).post(line::update))
        .route("/stock/lines/{id}/move", post(line::move_to))
        .route("/stock/lines/{id}/vvm", post(line::observe))
        .route("/stock/lines/{id}/repack", get(repack::new).post(repack::create))
        .route("/stock/lines/{id}/share/ask", post(shares::ask))
        .route("/stock/lines/{id}/share/give", post(shares::give))
        .route("/stock/shares", get(shares::list))
        .route("/stock/shares/divide", post(shares::divide))
        .route("/repacks", get(repack::list))
        .route("/repacks/{id}", get(repack::show))
        .route("/locations", get(locations::list))
        .route("/locations/new", get(locations::new).post(locations::create))
        .route("/locations/{id}", get(locations::show))
        .route("/locations/{id}/edit", get(locations::edit).post(locations::update))
        .route("/locations/{id}/hold", post(locations::hold))
        .route("/locations/{id}/move-contents", post(locations::move_contents))
}

fn shipment_routes() -> Router<AppState> {
    use screens::shipments::*;

    Router::new()
        .route("/outbound-shipments", get(outbound_list))
        .route("/outbound-shipments/{id}", get(outbound))
        .route("/shipments/{id}", get(either))
        .route("/outbound-shipments/{id}/notes", post(outbound_notes))
        .route("/outbound-shipments/{id}/scan", post(scan_out))
        .route("/outbound-shipments/{id}/pick-list", get(pick_list))
        .route("/outbound-shipments/{id}/voucher", get(voucher))
        .route("/outbound-shipments/{id}/status", post(outbound_status))
        .route("/outbound-shipments/{id}/allocate", post(outbound_allocate))
        .route("/outbound-shipments/{id}/cancel", post(outbound_cancel))
        .route("/outbound-shipments/{id}/settle-cancel", post(outbound_settle_cancel))
        .route("/outbound-shipments/{id}/hold", post(outbound_hold))
        .route("/outbound-shipments/{id}/lines", post(outbound_add))
        .route("/outbound-shipments/{id}/lines/{line}", post(outbound_line_save))
        .route("/outbound-shipments/{id}/lines/{line}/remove", post(outbound_remove))
        .route("/outbound-shipments/{id}/lines/{line}/settle", post(outbound_settle))
        .route("/outbound-shipments/{id}/lines/{line}/acknowledge", post(outbound_acknowledge))
        .route("/inbound-shipments", get(inbound_list))
        .route("/inbound-shipments/{id}", get(inbound))
        .route("/inbound-shipments/{id}/notes", post(inbound_notes))
        .route("/inbound-shipments/{id}/scan", post(scan_in))
        .route("/inbound-shipments/{id}/hold", post(inbound_hold))
        .route("/inbound-shipments/{id}/cancel", post(inbound_cancel))
        .route("/inbound-shipments/{id}/received-note", get(received_note))
        .route("/inbound-shipments/{id}/receive", post(inbound_receive))
        .route("/inbound-shipments/{id}/delivered", post(inbound_delivered))
        .route("/inbound-shipments/{id}/verify", post(inbound_verify))
        .route("/inbound-shipments/{id}/lines/{line}", post(inbound_line_save))
        .route("/supplier-returns/new", get(supplier_return).post(make_supplier_return))
        .route("/supplier-returns/batches", get(batches))
        .route("/supplier-returns/line/{id}", get(batch_line))
        .route("/customer-returns/new", get(customer_return).post(make_customer_return))
}

fn requisition_routes() -> Router<AppState> {
    use screens::requisitions::*;

    Router::new()
        .route("/internal-orders", get(orders))
        .route("/internal-orders/new", get(new).post(create))
        .route("/internal-orders/{id}", get(order))
        .route("/internal-orders/{id}/lines", post(add))
        .route("/internal-orders/{id}/lines/{item}", post(line))
        .route("/internal-orders/{id}/lines/{item}/remove", post(remove))
        .route("/internal-orders/{id}/lines/{item}/amendment", post(settle_own))
        .route("/internal-orders/{id}/use-suggested", post(suggest))
        .route("/internal-orders/{id}/send", post(send))
        .route("/internal-orders/{id}/discard", post(discard))
        .route("/internal-orders/{id}/finalise", post(finalise_order))
        .route("/customer-requisitions", get(requisitions))
        .route("/customer-requisitions/{id}", get(requisition))
        .route("/customer-requisitions/{id}/lines/{item}", post(give))
        .route("/customer-requisitions/{id}/lines/{item}/amendment", post(settle))
        .route("/customer-requisitions/{id}/supply-as-requested", post(give_as_requested))
        .route("/customer-requisitions/{id}/fair-shares", get(shares))
        .route("/customer-requisitions/{id}/supply-fairly", post(give_fairly))
        .route("/customer-requisitions/{id}/decide", post(decide))
        .route("/customer-requisitions/{id}/ship", post(ship))
        .route("/customer-requisitions/{id}/finalise", post(finalise))
}

fn rnr_routes() -> Router<AppState> {
    use screens::rnr::*;

    Router::new()
        .route("/rnr-forms", get(list))
        .route("/rnr-forms/new", get(new).post(create))
        .route("/rnr-forms/{id}", get(show))
        .route("/rnr-forms/{id}/lines", post(save))
        .route("/rnr-forms/{id}/lines/{item}", get(line).post(cell))
        .route("/rnr-forms/{id}/lines/{item}/note", post(annotate))
        .route("/rnr-forms/{id}/confirm", post(confirm))
        .route("/rnr-forms/{id}/refresh", post(refresh))
        .route("/rnr-forms/{id}/comment", post(note))
        .route("/rnr-forms/{id}/finalise", post(finalise))
        .route("/rnr-forms/{id}/discard", post(discard))
        .route("/rnr-forms/{id}/put-aside", post(aside))
        .route("/rnr-forms/{id}/paper", get(paper))
}

fn scan_routes() -> Router<AppState> {
    use screens::{labels, scan};

    Router::new()
        .route("/scan", get(scan::show))
        .route("/scan/panel", get(scan::panel))
        .route("/scan/items", get(scan::items))
        .route("/scan/learn", post(scan::learn))
        .route("/scan/barcodes/{id}/forget", post(scan::forget))
        .route("/labels", get(labels::choose))
        .route("/labels/print", get(labels::print))
}

fn import_routes() -> Router<AppState> {
    use screens::imports::*;

    // A file in its wrapping of a form.
    let bytes_max = crate::sheets::FILE_BYTES_MAX * 2;
    Router::new()
        .route("/imports", get(start).post(receive).layer(DefaultBodyLimit::max(bytes_max)))
        .route("/imports/{id}", get(show))
        .route("/imports/{id}/columns", post(columns))
        .route("/imports/{id}/apply", post(apply))
        .route("/imports/{id}/undo", post(undo))
}

fn bundle_routes() -> Router<AppState> {
    use screens::bundles::*;

    // A file in its wrapping of a form.
    let bytes_max = replication::bundle::BUNDLE_BYTES_MAX + 64 * 1024;
    Router::new()
        .route("/sync/bundles/save/{to}", post(save))
        // What came of a file stands on the page of this address, which is read again by itself.
        .route(
            "/sync/bundles/load",
            get(screens::sync::show).post(load).layer(DefaultBodyLimit::max(bytes_max)),
        )
}

fn reference_routes() -> Router<AppState> {
    use screens::{
        items, location_types, order_types, partners, period_schedules, programmes, sites, stores, users,
        variants,
    };

    Router::new()
        .route("/items", get(items::list))
        .route("/items/new", get(items::new).post(items::create))
        .route("/items/{id}", get(items::show).post(items::update))
        .route("/items/{id}/variants/new", get(variants::new).post(variants::create))
        .route("/item-variants/{id}", get(variants::show).post(variants::update))
        .route("/programmes", get(programmes::list))
        .route("/programmes/new", get(programmes::new).post(programmes::create))
        .route("/programmes/{id}", get(programmes::show).post(programmes::update))
        .route("/programmes/{id}/items", post(programmes::items))
        .route("/programmes/{id}/order-types/new", get(order_types::new).post(order_types::create))
        .route("/programmes/{id}/order-types/{type}", get(order_types::show).post(order_types::update))
        .route("/period-schedules", get(period_schedules::list))
        .route("/period-schedules/new", get(period_schedules::new).post(period_schedules::create))
        .route("/period-schedules/{id}", get(period_schedules::show).post(period_schedules::update))
        .route("/location-types", get(location_types::list))
        .route("/location-types/new", get(location_types::new).post(location_types::create))
        .route("/location-types/{id}", get(location_types::show).post(location_types::update))
        .route("/partners", get(partners::list))
        .route("/partners/new", get(partners::new).post(partners::create))
        .route("/partners/{id}", get(partners::show).post(partners::update))
        .route("/stores", get(stores::list))
        .route("/stores/new", get(stores::new).post(stores::create))
        .route("/stores/{id}", get(stores::show).post(stores::update))
        .route("/sites", get(sites::list))
        .route("/sites/new", get(sites::new).post(sites::create))
        .route("/sites/{id}", get(sites::show).post(sites::update))
        .route("/sites/{id}/revoke", post(sites::revoke))
        .route("/users", get(users::list))
        .route("/users/new", get(users::new).post(users::create))
        .route("/users/{id}", get(users::show).post(users::update))
}

/// Makes pages of problems, sends those who are not logged in to the door, and keeps pages out of caches.
async fn explain(mut request: Request, next: Next) -> Response {
    let slot = Slot::default();
    request.extensions_mut().insert(slot.clone());
    let (headers, uri, reading) =
        (request.headers().clone(), request.uri().clone(), request.method() == Method::GET);
    let mut response = next.run(request).await;
    if let Some(Unexplained(problem)) = response.extensions_mut().remove::<Unexplained>() {
        let mut status = response.status();
        let here = uri.path_and_query().map_or("/", |path| path.as_str());
        let visit = slot.take();
        let page = match (problem.code.as_str(), visit) {
            ("unauthenticated", _) => {
                let next = if reading { here } else { "/" };
                return Redirect::to(&form::address("/login", &[("next", next)])).into_response();
            }
            ("not-enrolled", _) => return Redirect::to("/welcome").into_response(),
            // Nobody did anything wrong: a page that is about one store asks which.
            ("store-required", Some(visit)) if reading => match screens::login::which_store(&visit, here) {
                Ok(question) => {
                    status = StatusCode::OK;
                    question
                }
                Err(trouble) => refusal(&visit, &trouble.0),
            },
            (_, Some(visit)) => refusal(&visit, &problem),
            (_, None) => {
                let setting = Setting::of(&headers, None);
                let body = trouble::body(setting.words, &problem);
                layout::door(&setting, false, "/", &trouble::message(setting.words, &problem), body)
            }
        };
        response = page;
        *response.status_mut() = status;
    }
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A problem as a page in the reader's frame.
fn refusal(visit: &visit::Visit, problem: &Problem) -> Response {
    let body = trouble::body(visit.words, problem);
    let title = trouble::message(visit.words, problem);
    layout::page(visit, layout::Page::new(layout::Section::Other, title, body))
}

/// The answer for an address where there is nothing: a page for people, a problem for programs.
async fn unknown(uri: Uri, visit: Result<visit::Visit, trouble::Trouble>) -> Response {
    let problem = Problem::new("no-such-route", format!("There is nothing at {}", uri.path()));
    // Whoever is recognised gets the page in their frame, from `explain`.
    drop(visit);
    match uri.path().starts_with("/api") {
        true => problem.into_response(),
        false => trouble::Trouble::from(problem).into_response(),
    }
}

/// The sources of the interface, for tests that read them.
#[cfg(test)]
fn sources() -> &'static [(&'static str, &'static str)] {
    macro_rules! sources {
        ($($file:literal)*) => { &[$(($file, include_str!($file))),*] };
    }
    sources!(
        "chart.rs" "form.rs" "icon.rs" "layout.rs" "live.rs" "lookup.rs" "mod.rs" "parts.rs" "past.rs" "sheets.rs" "trouble.rs"
        "values.rs" "visit.rs" "words.rs"
        "screens/arrange.rs" "screens/batch.rs" "screens/line.rs" "screens/location_types.rs" "screens/locations.rs"
        "screens/order_types.rs" "screens/period_schedules.rs" "screens/programmes.rs" "screens/repack.rs" "screens/shares.rs" "screens/variants.rs"
        "screens/adjustments.rs" "screens/dashboard.rs" "screens/equipment.rs" "screens/help.rs" "screens/history.rs"
        "screens/bundles.rs" "screens/imports.rs" "screens/issue.rs" "screens/item.rs" "screens/items.rs" "screens/labels.rs" "screens/ledger.rs"
        "screens/login.rs" "screens/national.rs" "screens/partners.rs" "screens/receive.rs" "screens/scan.rs"
        "screens/requisitions/fair.rs" "screens/requisitions/lists.rs" "screens/requisitions/mod.rs" "screens/requisitions/new.rs" "screens/requisitions/order.rs" "screens/requisitions/part.rs"
        "screens/requisitions/supplier.rs"
        "screens/rnr/figures.rs" "screens/rnr/grid.rs" "screens/rnr/list.rs" "screens/rnr/mod.rs" "screens/rnr/new.rs" "screens/rnr/paper.rs"
        "screens/shipments/boxes.rs" "screens/shipments/inbound.rs" "screens/shipments/mod.rs" "screens/shipments/outbound.rs"
        "screens/shipments/paper.rs" "screens/shipments/returns.rs" "screens/sites.rs" "screens/stock.rs" "screens/stock_items.rs" "screens/stocktakes/add.rs"
        "screens/stocktakes/finish.rs" "screens/stocktakes/mod.rs" "screens/stocktakes/paper.rs" "screens/stocktakes/sheet.rs"
        "screens/stores.rs" "screens/sync.rs" "screens/tasks.rs" "screens/users.rs"
    )
}
