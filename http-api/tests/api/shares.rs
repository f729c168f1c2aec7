//! Shares of the stock by API: who holds what, asking, giving, and what a device that holds too little is told.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{self, World, call, get};

async fn shares(world: &World, token: &str, line: &str) -> Value {
    get(format!("/api/v1/stock-lines/{line}/shares")).by(token).send(&world.router).await.done().value()
}

#[tokio::test]
async fn a_device_that_holds_nothing_is_told_so_and_asks() {
    let directory = tempfile::tempdir().expect("a directory");
    let (world, line) = world::sharing(directory.path(), world::other_device()).await;
    let token = world.token("keeper").await;
    let line = line.to_string();
    let found = shares(&world, &token, &line).await;
    assert_eq!((&found["here"], &found["elsewhere"]), (&json!(0), &json!(50)));
    let keeper = found["rows"].as_array().expect("rows").iter().find(|row| row["isKeeper"] == true);
    assert_eq!(keeper.expect("a keeper")["name"], "Tablette 2");
    let store = world.country.district;
    let issue = json!({
        "store": store, "to": { "store": world.country.far },
        "lines": [{ "stockLine": line, "quantity": 5 }]
    });
    let refused = call(Method::POST, "/api/v1/outbound-shipments/issue")
        .json(issue)
        .by(&token)
        .send(&world.router)
        .await
        .refused(409, "share-exceeded");
    assert_eq!(refused["parameters"]["here"], "0");
    assert_eq!(refused["errors"][0]["pointer"], "/lines/0/quantity");
    let adjust = json!({ "store": store, "lines": [{ "stockLine": line, "quantity": -5, "reason": world.country.reason_less }] });
    call(Method::POST, "/api/v1/adjustments")
        .json(adjust)
        .by(&token)
        .send(&world.router)
        .await
        .refused(409, "share-exceeded");
    let ask = |quantity: Value| {
        call(Method::POST, format!("/api/v1/stock-lines/{line}/shares/ask"))
            .json(json!({ "quantity": quantity }))
            .by(&token)
            .send(&world.router)
    };
    ask(json!(-1)).await.refused(422, "validation");
    ask(json!(20)).await.done();
    let found = shares(&world, &token, &line).await;
    let here = found["rows"].as_array().expect("rows").iter().find(|row| row["isHere"] == true);
    assert_eq!(here.expect("this device")["asked"], 20);
}

#[tokio::test]
async fn the_keeper_gives_of_its_own_and_no_more() {
    let directory = tempfile::tempdir().expect("a directory");
    let (world, line) = world::sharing(directory.path(), world::device()).await;
    let token = world.token("keeper").await;
    let line = line.to_string();
    let give = |to: Value, quantity: i64| {
        call(Method::POST, format!("/api/v1/stock-lines/{line}/shares/give"))
            .json(json!({ "to": to, "quantity": quantity }))
            .by(&token)
            .send(&world.router)
    };
    let other = json!(world::other_device());
    give(other.clone(), 51).await.refused(409, "share-exceeded");
    give(json!(world::device()), 1).await.refused(422, "validation");
    give(other.clone(), 30).await.done();
    let found = shares(&world, &token, &line).await;
    assert_eq!((&found["here"], &found["elsewhere"]), (&json!(20), &json!(30)));
    give(other, 21).await.refused(409, "share-exceeded");
    let sheet = get("/api/v1/stock-lines.csv").by(&token).send(&world.router).await.done().text();
    assert!(sheet.contains(" 20; Tablette 2 30"), "{sheet}");
    // What is left is divided evenly, in whole packs: there is nothing left to give.
    let divided = call(Method::POST, "/api/v1/stock-lines/divide")
        .json(json!({ "store": world.country.district }))
        .by(&token)
        .send(&world.router)
        .await
        .done()
        .value();
    assert_eq!(divided, json!({ "lines": 0, "more": false }));
    let token = world.token("looker").await;
    let refused =
        call(Method::POST, "/api/v1/stock-lines/divide").json(json!({ "store": world.country.district }));
    refused.by(&token).send(&world.router).await.refused(403, "not-permitted");
}

#[tokio::test]
async fn a_store_that_does_not_share_has_no_shares() {
    let directory = tempfile::tempdir().expect("a directory");
    let world = world::site(directory.path()).await;
    let line =
        world::stock(&world, world.country.district, world.country.items[0], "A1", 50).await.to_string();
    let token = world.token("keeper").await;
    let found = shares(&world, &token, &line).await;
    assert_eq!(found, json!({ "here": 50, "elsewhere": 0, "rows": [] }));
    call(Method::POST, format!("/api/v1/stock-lines/{line}/shares/ask"))
        .json(json!({ "quantity": 1 }))
        .by(&token)
        .send(&world.router)
        .await
        .refused(409, "share-none");
}
