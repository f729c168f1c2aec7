//! The shelf over the API: locations, moves, holds, vial monitors, repacks, variants, programmes.

use axum::http::Method;
use http_api::replies::{Page, RepackDetail, ShelfLog, StockRow};
use serde_json::{Value, json};

use crate::world::{self, World, call, get, post};

async fn site() -> (World, tempfile::TempDir, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let world = world::site_of_two_stores(directory.path()).await;
    let token = world.token("wanderer").await;
    (world, directory, token)
}

async fn location(world: &World, token: &str, code: &str, parent: Option<&str>) -> String {
    let wish = json!({
        "store": world.country.district, "code": code, "name": "Shelf", "parent": parent, "volume": 12.5,
    });
    post("/api/v1/locations", wish).by(token).send(&world.router).await.done().id().to_string()
}

#[tokio::test]
async fn batches_are_moved_together_and_put_back_and_say_who_moved_them() {
    let (world, _directory, token) = site().await;
    let store = world.country.district;
    let room = location(&world, &token, "R", None).await;
    let shelf = location(&world, &token, "S", Some(&room)).await;
    let lines = [
        world::stock(&world, store, world.country.items[0], "A", 10).await,
        world::stock(&world, store, world.country.items[0], "B", 20).await,
    ];
    let act = |uri: String, body: Value| post(uri, body).by(&token).send(&world.router);
    let wish = json!({ "store": store, "lines": lines, "to": shelf });
    let moved = act("/api/v1/stock-lines/move".into(), wish).await.done();
    assert_eq!(moved.status, 200);
    let moved = moved.value();
    assert_eq!((moved["moved"].as_array().expect("lines").len(), &moved["stayed"]), (2, &json!(0)));
    let there: Page<StockRow> = get(format!("/api/v1/stock-lines?storeId={store}&location={room}"))
        .by(&token)
        .send(&world.router)
        .await
        .read();
    assert_eq!(there.rows.len(), 2, "what stands in the room lies in the room");
    let log: ShelfLog =
        get(format!("/api/v1/stock-lines/{}/moves", lines[0])).by(&token).send(&world.router).await.read();
    assert_eq!((log.moves.len(), log.moves[0].to_code.as_deref()), (1, Some("S")));
    assert!(log.moves[0].by.is_some());
    let tree = get(format!("/api/v1/locations?storeId={store}")).by(&token).send(&world.router).await.value();
    assert_eq!((&tree["rows"][0]["linesBelow"], &tree["rows"][0]["lines"]), (&json!(2), &json!(0)));
    assert_eq!((&tree["rows"][1]["depth"], &tree["rows"][1]["unmeasured"]), (&json!(1), &json!(2)));
    let back = json!({ "store": store, "lines": moved["moved"], "to": shelf });
    let undone = act("/api/v1/stock-lines/put-back".into(), back).await.done().value();
    assert_eq!(undone["moved"].as_array().expect("lines").len(), 2);
    act(format!("/api/v1/locations/{room}/move-contents"), json!({ "to": shelf }))
        .await
        .refused(422, "validation");
    let held = json!({ "store": store, "lines": lines, "onHold": true });
    let held = act("/api/v1/stock-lines/hold".into(), held).await.done().value();
    assert_eq!(held["changed"].as_array().expect("lines").len(), 2);
    let circle = call(Method::PATCH, format!("/api/v1/locations/{room}")).json(json!({ "parent": shelf }));
    circle.by(&token).send(&world.router).await.refused(422, "validation");
}

#[tokio::test]
async fn a_batch_is_repacked_and_what_came_out_is_told() {
    let (world, _directory, token) = site().await;
    let (store, item) = (world.country.district, world.country.items[0]);
    let line = world::stock(&world, store, item, "A", 100).await;
    let act = |body: Value| post("/api/v1/repacks", body).by(&token).send(&world.router);
    let wish = |quantity: i64, size: Option<u32>| json!({ "store": store, "from": line, "quantity": quantity, "packSize": size });
    act(wish(500, Some(5))).await.refused(409, "insufficient-stock");
    act(wish(52, Some(5))).await.refused(422, "validation");
    let made = act(wish(50, Some(5))).await.done();
    assert_eq!(made.status, 201);
    let id = made.id();
    let detail: RepackDetail =
        get(format!("/api/v1/repacks/{id}")).by(&token).send(&world.router).await.read();
    assert_eq!((detail.pack_size, detail.to_on_hand), (5, domain::Quantity::whole(50)));
    let listed: Page<RepackDetail> =
        get(format!("/api/v1/repacks?storeId={store}")).by(&token).send(&world.router).await.read();
    assert_eq!(listed.rows, [detail]);
    let stock: Page<StockRow> = get(format!("/api/v1/stock-lines?storeId={store}&search=amoxicilline%20000"))
        .by(&token)
        .send(&world.router)
        .await
        .read();
    assert_eq!(stock.rows.len(), 2);
    let kinds =
        get(format!("/api/v1/stock-lines/{line}/ledger")).by(&token).send(&world.router).await.value();
    assert_eq!(kinds["rows"][0]["kind"], "repack-out");
}

#[tokio::test]
async fn central_says_how_items_are_packed_and_what_belongs_together() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let item = world.country.items[0];
    let act = |uri: String, body: Value| post(uri, body).by(&token).send(&world.router);
    let cold = json!({ "name": "+2 +8", "min": 2, "max": 8 });
    let cold = act("/api/v1/location-types".into(), cold).await.done().id();
    let variant = json!({ "item": item, "name": "Savane", "locationType": cold,
        "primary": { "units": 100, "volume": 0.5, "gtin": "4006381333931" } });
    let variant = act("/api/v1/item-variants".into(), variant).await.done().id();
    let listed = get(format!("/api/v1/items/{item}/variants")).by(&token).send(&world.router).await.value();
    assert_eq!(listed["rows"][0]["primary"]["volume"], 0.5);
    let wrong = json!({ "secondary": { "units": 100 } });
    let wrong = call(Method::PATCH, format!("/api/v1/item-variants/{variant}")).json(wrong);
    let refused = wrong.by(&token).send(&world.router).await.refused(422, "validation");
    assert_eq!(refused["errors"][0]["pointer"], "/secondary/units");
    let programme = json!({ "code": "MAL", "name": "Malaria", "items": [item] });
    let programme = act("/api/v1/programmes".into(), programme).await.done().id();
    act("/api/v1/programmes".into(), json!({ "code": "mal", "name": "Again" }))
        .await
        .refused(409, "duplicate-code");
    let items =
        get(format!("/api/v1/programmes/{programme}/items")).by(&token).send(&world.router).await.value();
    assert_eq!(items["rows"].as_array().expect("rows").len(), 1);
    let update =
        call(Method::PATCH, format!("/api/v1/programmes/{programme}")).json(json!({ "removeItems": [item] }));
    update.by(&token).send(&world.router).await.done();
    let read = get(format!("/api/v1/programmes/{programme}")).by(&token).send(&world.router).await.value();
    assert_eq!(read["itemCount"], 0);
    let kept = get("/api/v1/location-types").by(&token).send(&world.router).await.value();
    assert_eq!((&kept["rows"][0]["min"], &kept["rows"][0]["max"]), (&json!(2), &json!(8)));
}

#[tokio::test]
async fn what_central_says_of_shelves_is_refused_on_a_site() {
    let (world, _directory, token) = site().await;
    for (uri, body) in [
        ("/api/v1/location-types", json!({ "name": "Cold" })),
        ("/api/v1/programmes", json!({ "code": "MAL", "name": "Malaria" })),
        ("/api/v1/item-variants", json!({ "item": world.country.items[0], "name": "Savane" })),
    ] {
        post(uri, body).by(&token).send(&world.router).await.refused(403, "central-only");
    }
}
