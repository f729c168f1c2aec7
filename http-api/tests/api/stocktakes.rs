//! Stocktakes over the API: the whole way of one, what is refused, and requests that come twice.

use http_api::replies::{Page, StocktakeEntry, StocktakeLine};
use serde_json::json;

use crate::world::{self, World, get, post};

async fn counting() -> (World, tempfile::TempDir, String, String, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let world = world::site_of_two_stores(directory.path()).await;
    let token = world.token("wanderer").await;
    let wish = json!({
        "store": world.country.district, "item": world.country.items[0], "batch": "A1", "expiry": "2031-01-31",
        "packSize": 10, "quantity": 100,
    });
    let line = post("/api/v1/stock-lines", wish).by(&token).send(&world.router).await.done().id().to_string();
    let wish = json!({ "store": world.country.district, "description": "November" });
    let made = post("/api/v1/stocktakes", wish).by(&token).send(&world.router).await.done();
    assert_eq!(made.status, 201);
    let uri = format!("/api/v1/stocktakes/{}", made.id());
    assert_eq!(made.header("location"), uri);
    (world, directory, token, uri, line)
}

#[tokio::test]
async fn a_stocktake_goes_its_way_and_adjusts_what_differs() {
    let (world, _directory, token, uri, line) = counting().await;
    let act = |path: &str, body| post(format!("{uri}/{path}"), body).by(&token).send(&world.router);
    let read = |path: &str| get(format!("{uri}{path}")).by(&token).send(&world.router);
    let page: Page<StocktakeLine> = read("/lines").await.read();
    assert_eq!((page.rows.len(), page.rows[0].on_hand), (1, domain::Quantity::whole(100)));
    act("finalise", json!({})).await.refused(409, "nothing-counted");
    let counted =
        act("counts", json!({ "lines": [{ "stockLine": line, "quantity": 103, "state": "" }] })).await;
    assert_eq!(counted.done().value()[0]["difference"], 3);
    let stale = act("counts", json!({ "lines": [{ "stockLine": line, "quantity": 90, "state": "" }] })).await;
    let problem = stale.refused(409, "stale-count");
    assert_eq!(problem["parameters"]["counted"], "103");
    act("finalise", json!({})).await.refused(422, "reason-required");
    let explained = json!({ "lines": [{ "stockLine": line, "reason": world.country.reason_more }] });
    act("counts", explained).await.done();
    let file = read("/lines.csv?part=differing").await.done();
    assert_eq!(file.header("tributary-row-count"), "1");
    act("finalise", json!({})).await.done();
    act("finalise", json!({})).await.done();
    let closed: StocktakeEntry = read("").await.read();
    assert_eq!((closed.status.code(), closed.adjusted, closed.late), ("finalised", 1, false));
    let row = get(format!("/api/v1/stock-lines/{line}")).by(&token).send(&world.router).await.done().value();
    assert_eq!(row["onHand"], 103);
    act("counts", json!({ "lines": [{ "stockLine": line, "quantity": 1 }] }))
        .await
        .refused(409, "wrong-status");
    let open = get(format!("/api/v1/stocktakes?status=counting&storeId={}", world.country.district))
        .by(&token)
        .send(&world.router)
        .await
        .done()
        .value();
    assert!(open["rows"].as_array().expect("rows").is_empty());
    let history = read("/history").await.done().value();
    assert!(history["rows"].as_array().expect("changes").len() >= 2);
}

#[tokio::test]
async fn what_cannot_be_counted_is_refused_with_a_code_and_changes_nothing() {
    let (world, _directory, token, uri, line) = counting().await;
    let count = |quantity: serde_json::Value| {
        let body = json!({ "lines": [{ "stockLine": line, "quantity": quantity }] });
        post(format!("{uri}/counts"), body).by(&token).send(&world.router)
    };
    for wrong in [json!(-1), json!(0.0001), json!(1e15), json!("ten")] {
        let answer = count(wrong.clone()).await;
        assert!(answer.status.is_client_error(), "{wrong}: {}", answer.status);
    }
    let other = json!({ "lines": [{ "stockLine": world.country.items[0], "quantity": 1 }] });
    post(format!("{uri}/counts"), other).by(&token).send(&world.router).await.refused(404, "not-found");
    let twice =
        json!({ "lines": [{ "stockLine": line, "quantity": 1 }, { "stockLine": line, "quantity": 2 }] });
    post(format!("{uri}/counts"), twice).by(&token).send(&world.router).await.refused(422, "validation");
    let known =
        json!({ "item": world.country.items[0], "batch": "A1", "expiry": "2031-01-31", "packSize": 10 });
    post(format!("{uri}/batches"), known).by(&token).send(&world.router).await.refused(409, "batch-exists");
    let page: Page<StocktakeLine> = get(format!("{uri}/lines")).by(&token).send(&world.router).await.read();
    assert!(page.rows[0].count.is_none());
}

#[tokio::test]
async fn the_same_count_sent_twice_is_one_count() {
    let (world, _directory, token, uri, line) = counting().await;
    let send = || {
        post(format!("{uri}/counts"), json!({ "lines": [{ "stockLine": line, "quantity": 99 }] }))
            .by(&token)
            .header("idempotency-key", "count-1")
            .send(&world.router)
    };
    let first = send().await.done();
    assert_eq!(first.body, send().await.done().body);
}
