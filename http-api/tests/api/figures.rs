//! Figures over the API: what a store has of each item, why, what is on its way, what moved, and how it was.

use axum::http::Method;
use domain::query::stock_items::ItemFacet;
use http_api::replies::{
    Explanation, Figure, ItemFigures, LedgerEntry, MonthConsumption, OnOrderEntry, Page, StoreLedgerEntry,
};
use serde::Deserialize;
use serde_json::json;

use crate::world::{self, World, call, get, post};

#[derive(Deserialize)]
struct Rows<T> {
    rows: Vec<T>,
}

/// A store that had 200 units of an item, gave out 60 and has 100 more on their way from another store of the site.
async fn at_work() -> (World, tempfile::TempDir, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let world = world::site_of_two_stores(directory.path()).await;
    let token = world.token("wanderer").await;
    let (district, far, item) = (world.country.district, world.country.far, world.country.items[0]);
    for (store, units) in [(district, 200), (far, 500)] {
        let wish =
            json!({ "store": store, "item": item, "batch": "A1", "expiry": "2031-01-31", "quantity": units });
        post("/api/v1/stock-lines", wish).by(&token).send(&world.router).await.done();
    }
    for (from, to, units, status) in [(district, far, 60, "shipped"), (far, district, 100, "shipped")] {
        let lines = json!([{ "item": item, "quantity": units, "wholePacks": false }]);
        let wish = json!({ "store": from, "to": { "store": to }, "lines": lines, "status": status });
        post("/api/v1/outbound-shipments/issue", wish).by(&token).send(&world.router).await.done();
    }
    (world, directory, token)
}

#[tokio::test]
async fn what_a_store_has_of_each_item_is_told_with_its_reasons_and_as_a_file() {
    let (world, _directory, token) = at_work().await;
    let (district, item) = (world.country.district, world.country.items[0]);
    let ask = |uri: String| get(uri).by(&token).send(&world.router);
    let base = format!("storeId={district}");

    let page: Page<ItemFigures> =
        ask(format!("/api/v1/stock-items?{base}&facet=low&sort=months-of-stock")).await.read();
    assert!(page.rows.is_empty(), "140 units at 20 a month are seven months");
    let page: Page<ItemFigures> = ask(format!("/api/v1/stock-items?{base}&facet=over")).await.read();
    let row = &page.rows[0];
    let told = [row.on_hand, row.on_order, row.consumed, row.amc, row.months_of_stock.expect("consumed")];
    assert_eq!(told.map(|figure| figure.to_string()), ["140", "100", "60", "20", "7"]);
    assert_eq!(row.facets, [ItemFacet::InStock, ItemFacet::Over, ItemFacet::OnOrder]);
    let file = ask(format!("/api/v1/stock-items.csv?{base}&facet=over")).await.done();
    assert_eq!(file.header("tributary-row-count"), "1");
    assert!(file.text().contains(",140,140,100,60,20,7,0"), "{}", file.text());

    let why: Explanation = ask(format!("/api/v1/items/{item}/figures?{base}")).await.read();
    assert_eq!((why.on_hand, why.window.days, why.movements.len()), (row.on_hand, 91, 2));
    let bounds = [why.minimum, why.maximum].map(|bound| bound.to_string());
    assert_eq!(bounds, ["60", "120"]);
    let coming: Rows<OnOrderEntry> = ask(format!("/api/v1/items/{item}/on-order?{base}")).await.read();
    assert_eq!((coming.rows.len(), coming.rows[0].quantity), (1, row.on_order));
    for uri in [format!("/api/v1/consumption?{base}"), format!("/api/v1/items/{item}/consumption?{base}")] {
        let months: Rows<MonthConsumption> = ask(uri).await.read();
        assert_eq!((months.rows.len(), months.rows[11].consumed), (12, row.consumed));
    }
}

#[tokio::test]
async fn ledgers_take_filters_and_an_instant_that_has_been() {
    let (world, _directory, token) = at_work().await;
    let (district, item) = (world.country.district, world.country.items[0]);
    let ask = |uri: String| get(uri).by(&token).send(&world.router);
    let ledger = format!("/api/v1/items/{item}/ledger?storeId={district}");
    let issued: Page<LedgerEntry> = ask(format!("{ledger}&kind=issue")).await.read();
    assert_eq!((issued.rows.len(), issued.rows[0].balance.to_string().as_str()), (1, "140"));
    let whole: Page<StoreLedgerEntry> = ask(format!("/api/v1/ledger?storeId={district}")).await.read();
    assert_eq!(whole.rows.len(), 2);
    let file = ask(format!("/api/v1/ledger.csv?storeId={district}&kind=opening")).await.done();
    assert_eq!(file.header("tributary-row-count"), "1");

    // Before anything was there, there was nothing; what is yet to come is not known.
    let then = "asOf=2020-01-01T00:00:00Z";
    let page: Page<LedgerEntry> = ask(format!("{ledger}&{then}")).await.read();
    assert!(page.rows.is_empty());
    let page: Page<ItemFigures> = ask(format!("/api/v1/stock-items?storeId={district}&{then}")).await.read();
    assert!(page.rows.is_empty());
    let why: Explanation =
        ask(format!("/api/v1/items/{item}/figures?storeId={district}&{then}")).await.read();
    assert_eq!((why.on_hand.to_string().as_str(), why.movements.len()), ("0", 0));
    for uri in [ledger, format!("/api/v1/stock-items?storeId={district}")] {
        ask(format!("{uri}&asOf=2999-01-01T00:00:00Z")).await.refused(400, "invalid-parameter");
        ask(format!("{uri}&asOf=yesterday")).await.refused(400, "invalid-parameter");
    }
}

#[tokio::test]
async fn preferences_of_a_store_are_changed_at_central_and_change_its_figures() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let uri = format!("/api/v1/stores/{}", world.country.cms);
    let patch = |body: serde_json::Value| call(Method::PATCH, &uri).json(body).by(&token).send(&world.router);
    patch(json!({ "lookBackMonths": 6, "adjustForDaysOut": true, "vvmFirst": true })).await.done();
    let store = get(&uri).by(&token).send(&world.router).await.done().value();
    assert_eq!((&store["lookBackMonths"], &store["daysInMonthE4"]), (&json!(6), &json!(304_375)));
    assert_eq!((&store["adjustForDaysOut"], &store["vvmFirst"]), (&json!(true), &json!(true)));
    let refused = patch(json!({ "overstockMonths": 1 })).await.refused(422, "validation");
    assert_eq!(refused["errors"][0]["pointer"], "/overstockMonths");
}

/// Where the list of a figure is.
fn list_of(figure: &Figure) -> &str {
    match figure.list.as_str() {
        "items" => "stock-items",
        "stock" => "stock-lines",
        other => other,
    }
}

#[tokio::test]
async fn every_figure_of_the_dashboard_counts_the_rows_of_the_file_of_its_list() {
    let (world, _directory, token) = at_work().await;
    let (district, far, item) = (world.country.district, world.country.far, world.country.items[0]);
    let send = |uri: String, body: serde_json::Value| post(&uri, body).by(&token).send(&world.router);
    let wish = json!({ "store": far, "supplier": { "store": district }, "emergency": true,
        "lines": [{ "item": item, "requested": 30 }] });
    let ordered = send("/api/v1/internal-orders".to_owned(), wish.clone()).await.done().id();
    send(format!("/api/v1/internal-orders/{ordered}/send"), json!({})).await.done();
    send("/api/v1/internal-orders".to_owned(), wish).await.done();
    let wish = json!({ "store": district, "to": { "store": far }, "expected": "2020-01-01",
        "lines": [{ "item": item, "quantity": 5, "wholePacks": false }] });
    let shipment = send("/api/v1/outbound-shipments".to_owned(), wish).await.done().id();
    send(format!("/api/v1/outbound-shipments/{shipment}/pick"), json!({})).await.done();

    let mut seen = Vec::new();
    for store in [district, far] {
        let told: serde_json::Value =
            get(format!("/api/v1/dashboard?storeId={store}")).by(&token).send(&world.router).await.read();
        let figures: Vec<Figure> = serde_json::from_value(told["figures"].clone()).expect("figures");
        for figure in &figures {
            let filter: String =
                figure.filter.iter().map(|(name, value)| format!("&{name}={value}")).collect();
            let uri = format!("/api/v1/{}.csv?storeId={store}{filter}", list_of(figure));
            let file = get(uri).by(&token).send(&world.router).await.done();
            assert_eq!(file.header("tributary-row-count"), figure.count.to_string(), "{figure:?}");
        }
        seen.extend(figures.into_iter().filter(|figure| figure.count > 0).map(|figure| figure.code));
    }
    for code in [
        "inbound-overdue",
        "inbound-not-delivered",
        "outbound-not-shipped",
        "requisitions-new",
        "requisitions-emergency",
        "orders-draft",
        "orders-waiting",
    ] {
        assert!(seen.iter().any(|seen| seen == code), "{code} has something to count: {seen:?}");
    }
}
