//! The daily work over the API: shipments from both ends, equipment, users, versions, repeated requests.

use axum::http::Method;
use crdt_store::DocumentId;
use http_api::replies::{AssetDetail, AssetListRow, Page, ShipmentDetail, ShipmentListRow, TaskEntry};
use serde_json::{Value, json};

use crate::world::{self, World, call, get, post};

async fn patch(world: &World, token: &str, uri: String, body: Value) -> world::Answer {
    call(Method::PATCH, uri).json(body).by(token).send(&world.router).await
}

/// Two stores at one site, so that one token can work at both ends.
async fn two_stores() -> (World, tempfile::TempDir, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let world = world::site_of_two_stores(directory.path()).await;
    let token = world.token("wanderer").await;
    (world, directory, token)
}

async fn open_stock(world: &World, token: &str, batch: &str, units: i64) -> String {
    let wish = json!({
        "store": world.country.district, "item": world.country.items[0], "batch": batch, "expiry": "2031-01-31",
        "packSize": 10, "quantity": units, "sellPrice": "2.5",
    });
    post("/api/v1/stock-lines", wish).by(token).send(&world.router).await.done().id().to_string()
}

#[tokio::test]
async fn a_shipment_goes_its_way_and_both_ends_see_the_same_document() {
    let (world, _directory, token) = two_stores().await;
    let (district, far, item) = (world.country.district, world.country.far, world.country.items[0]);
    let router = &world.router;
    open_stock(&world, &token, "A1", 100).await;

    let wish = json!({ "store": district, "to": { "store": far }, "lines": [{ "item": item, "quantity": 25, "wholePacks": true }] });
    let made = post("/api/v1/outbound-shipments", wish).by(&token).send(router).await.done();
    assert_eq!(made.status, 201);
    assert!(made.value()["number"].as_str().expect("a number").starts_with("BODA-"));
    let id = made.id();
    assert_eq!(made.header("location"), format!("/api/v1/outbound-shipments/{id}"));
    let out = format!("/api/v1/outbound-shipments/{id}");
    let inn = format!("/api/v1/inbound-shipments/{id}");
    let act = |uri: String, body: Value| post(uri, body).by(&token).send(router);

    act(format!("{out}/allocate"), json!({})).await.done();
    act(format!("{inn}/receive"), json!({})).await.refused(409, "wrong-status");
    act(format!("{out}/pick"), json!({})).await.done();
    act(format!("{out}/ship"), json!({})).await.done();
    act(format!("{out}/cancel"), json!({})).await.refused(409, "wrong-status");
    let sent: ShipmentDetail = get(&inn).by(&token).send(router).await.read();
    assert_eq!((sent.line_details.len(), sent.line_details[0].issued), (1, domain::Quantity::whole(30)));
    let line = sent.line_details[0].id;
    let list = |uri: String| get(uri).by(&token).send(router);
    let coming: Page<ShipmentListRow> =
        list(format!("/api/v1/inbound-shipments?storeId={far}&status=shipped")).await.read();
    assert_eq!((coming.rows.len(), coming.rows[0].other_name.as_str()), (1, "Boda"));
    let nothing: Page<ShipmentListRow> =
        list(format!("/api/v1/outbound-shipments?storeId={far}")).await.read();
    assert!(nothing.rows.is_empty());

    act(format!("{inn}/deliver"), json!({})).await.done();
    act(
        format!("{inn}/receive"),
        json!({ "lines": [{ "line": line, "quantity": 28, "note": "two broken" }] }),
    )
    .await
    .done();
    let tasks: Page<TaskEntry> = list(format!("/api/v1/tasks?storeId={district}")).await.read();
    assert_eq!((tasks.rows.len(), tasks.rows[0].kind), (1, domain::TaskKind::Discrepancy));
    act(format!("{out}/lines/{line}/acknowledge"), json!({})).await.done();
    act(format!("{inn}/verify"), json!({})).await.done();
    let verified: ShipmentDetail = get(&out).by(&token).send(router).await.read();
    assert_eq!(verified.status, domain::shipment::Status::Verified);
    assert_eq!(verified.events.len(), 7);

    let on_hand = list(format!("/api/v1/stock-items?storeId={far}&facet=in-stock")).await.value();
    assert_eq!(on_hand["rows"][0]["onHand"], 28);
    let file = list(format!("/api/v1/outbound-shipments.csv?storeId={district}")).await.done();
    assert_eq!(file.header("tributary-row-count"), "1");
    let figures = list(format!("/api/v1/dashboard?storeId={district}")).await.done().value();
    assert!(
        figures["figures"].as_array().expect("figures").iter().any(|figure| figure["code"] == "items-kept")
    );
}

#[tokio::test]
async fn what_is_not_there_cannot_be_issued() {
    let (world, _directory, token) = two_stores().await;
    open_stock(&world, &token, "A1", 10).await;
    let wish = |quantity: i64| {
        json!({ "store": world.country.district, "to": { "store": world.country.far },
            "lines": [{ "item": world.country.items[0], "quantity": quantity }], "status": "shipped" })
    };
    let issue =
        |quantity| post("/api/v1/outbound-shipments/issue", wish(quantity)).by(&token).send(&world.router);
    issue(11).await.refused(409, "insufficient-stock");
    issue(10).await.done();
}

#[tokio::test]
async fn a_request_sent_twice_is_done_once_and_answered_twice() {
    let (world, _directory, token) = two_stores().await;
    let line = open_stock(&world, &token, "A1", 10).await;
    let wish = |quantity: i64| {
        let reason = world.country.reason_more;
        json!({ "store": world.country.district, "lines": [{ "stockLine": line, "quantity": quantity, "reason": reason }] })
    };
    let send = |quantity: i64, key: &str| {
        post("/api/v1/adjustments", wish(quantity))
            .by(&token)
            .header("idempotency-key", key)
            .send(&world.router)
    };
    let first = send(5, "k-1").await.done();
    let again = send(5, "k-1").await.done();
    assert_eq!(first.body, again.body);
    send(6, "k-1").await.refused(422, "idempotency-key-reused");
    let other = send(5, "k-2").await.done();
    assert_ne!(first.body, other.body);
    let row = get(format!("/api/v1/stock-lines/{line}")).by(&token).send(&world.router).await.value();
    assert_eq!(row["onHand"], 20);
}

#[tokio::test]
async fn an_old_version_is_merged_unless_the_sender_is_strict() {
    let (world, _directory, token) = two_stores().await;
    let line = open_stock(&world, &token, "A1", 10).await;
    let uri = format!("/api/v1/stock-lines/{line}");
    let read = get(&uri).by(&token).send(&world.router).await.done();
    let etag = read.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.len() == 34);
    let same = get(&uri).by(&token).header("if-none-match", &etag).send(&world.router).await;
    assert_eq!((same.status.as_u16(), same.body.len()), (304, 0));

    let changed =
        call(Method::PATCH, &uri).json(json!({ "onHold": true })).by(&token).header("if-match", &etag);
    let changed = changed.send(&world.router).await.done();
    assert_ne!(changed.header("etag"), etag);
    assert_eq!(changed.header("tributary-merged"), "");
    let strict = call(Method::PATCH, &uri).json(json!({ "note": "x" })).by(&token);
    let strict = strict.header("if-match", &etag).header("prefer", "handling=strict");
    strict.send(&world.router).await.refused(412, "stale-heads");
    let merged = call(Method::PATCH, &uri).json(json!({ "note": "y" })).by(&token).header("if-match", &etag);
    let merged = merged.send(&world.router).await.done();
    assert_eq!(merged.header("tributary-merged"), "true");
    let row = get(&uri).by(&token).send(&world.router).await.value();
    assert_eq!((&row["onHold"], &row["note"]), (&json!(true), &json!("y")));
    assert_eq!(get(&uri).by(&token).send(&world.router).await.header("etag"), merged.header("etag"));
}

#[tokio::test]
async fn equipment_has_the_status_of_its_latest_log() {
    let (world, _directory, token) = two_stores().await;
    let wish =
        json!({ "store": world.country.district, "number": "F-001", "details": { "model": "TCW 40 SDD" } });
    let id = post("/api/v1/assets", wish).by(&token).send(&world.router).await.done().id();
    let log = |body: Value| post(format!("/api/v1/assets/{id}/log"), body).by(&token).send(&world.router);
    log(json!({ "status": "functioning", "at": "2026-01-05T08:00:00Z" })).await.done();
    log(json!({ "status": "not-functioning" })).await.refused(422, "reason-required");
    log(json!({ "status": "functioning", "at": "2099-01-05T08:00:00Z" })).await.refused(422, "validation");
    log(json!({ "status": "functioning-needs-attention", "comment": "noisy" })).await.done();
    let uri = format!("/api/v1/assets?storeId={}&search=tcw", world.country.district);
    let listed: Page<AssetListRow> = get(uri).by(&token).send(&world.router).await.read();
    assert_eq!(listed.rows[0].status, Some(domain::asset::AssetStatus::FunctioningNeedsAttention));
    let detail: AssetDetail = get(format!("/api/v1/assets/{id}")).by(&token).send(&world.router).await.read();
    assert_eq!((detail.log.len(), detail.log[0].comment.as_deref()), (2, Some("noisy")));
    patch(&world, &token, format!("/api/v1/assets/{id}"), json!({ "details": { "needsReplacement": true } }))
        .await
        .done();
}

#[tokio::test]
async fn locations_belong_to_their_store() {
    let (world, _directory, token) = two_stores().await;
    let (district, far) = (world.country.district, world.country.far);
    let make = |store: DocumentId, code: &str| {
        post("/api/v1/locations", json!({ "store": store, "code": code, "name": "Shelf" }))
            .by(&token)
            .send(&world.router)
    };
    let id = make(district, "A-1").await.done().id();
    make(district, "a-1").await.refused(409, "duplicate-code");
    let nameless = patch(&world, &token, format!("/api/v1/locations/{id}"), json!({ "name": null })).await;
    assert_eq!(nameless.refused(422, "validation")["errors"][0]["pointer"], "/name");
    make(far, "A-1").await.done();
    patch(&world, &token, format!("/api/v1/locations/{id}"), json!({ "onHold": true })).await.done();
    let listed =
        get(format!("/api/v1/locations?storeId={district}")).by(&token).send(&world.router).await.value();
    assert_eq!(
        (listed["rows"].as_array().expect("rows").len(), &listed["rows"][0]["onHold"]),
        (1, &json!(true))
    );
}

#[tokio::test]
async fn central_keeps_the_country_in_order_over_the_api() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let router = &world.router;
    let make = |uri: &str, body: Value| post(uri, body).by(&token).send(router);
    let store = make("/api/v1/stores", json!({ "code": "NEW", "name": "New", "level": 3 })).await.done().id();
    let partner = make("/api/v1/partners", json!({ "code": "UNI", "name": "Unicef", "supplier": true }))
        .await
        .done()
        .id();
    let site = make("/api/v1/sites", json!({ "name": "New site", "stores": [store] })).await.done().id();
    let user = make(
        "/api/v1/users",
        json!({ "username": "new", "password": "neuf-et-long", "stores": { store.to_string(): ["store-access"] } }),
    );
    let user = user.await.done().id();
    make(
        &format!("/api/v1/users/{user}/grant"),
        json!({ "store": store, "permissions": ["store-access", "stock-view"] }),
    )
    .await
    .done();
    let read = get(format!("/api/v1/users/{user}")).by(&token).send(router).await.value();
    assert_eq!(read["stores"][store.to_string()], json!(["store-access", "stock-view"]));
    make(&format!("/api/v1/users/{user}/revoke"), json!({ "store": store })).await.done();
    make("/api/v1/asset-reasons", json!({ "status": "not-functioning", "text": "No power" })).await.done();
    for (uri, body) in [
        (format!("/api/v1/stores/{store}"), json!({ "name": "Newer" })),
        (format!("/api/v1/partners/{partner}"), json!({ "donor": true })),
        (format!("/api/v1/sites/{site}"), json!({ "name": "Newer site" })),
        (format!("/api/v1/reasons/{}", world.country.reason_more), json!({ "text": "Found again" })),
        (format!("/api/v1/items/{}", world.country.items[0]), json!({ "strength": "250 mg", "ven": null })),
    ] {
        patch(&world, &token, uri.clone(), body).await.done();
        let history = get(format!("{uri}/history")).by(&token).send(router).await.done().value();
        assert!(history["rows"].as_array().expect("rows").len() >= 2, "{uri}: {history}");
    }
    for uri in [
        "/api/v1/stores",
        "/api/v1/partners?search=unicef",
        "/api/v1/sites",
        "/api/v1/reasons",
        "/api/v1/asset-reasons",
    ] {
        let listed = get(uri).by(&token).send(router).await.done().value();
        assert!(!listed["rows"].as_array().expect("rows").is_empty(), "{uri}");
    }
    world::stock(&world, world.country.far, world.country.items[0], "Z", 40).await;
    let national = get("/api/v1/national-stock?search=amoxicilline%20000").by(&token).send(router).await;
    let national: Page<http_api::replies::NationalRow> = national.read();
    assert_eq!(national.rows[0].on_hand, domain::Quantity::whole(40));
    let by_store = get(format!("/api/v1/national-stock/{}", world.country.items[0]))
        .by(&token)
        .send(router)
        .await
        .value();
    assert_eq!(by_store["rows"][0]["storeCode"], "FAR");
    get("/api/v1/dashboard").by(&token).send(router).await.done();
    get("/api/v1/tasks").by(&token).send(router).await.done();
}
