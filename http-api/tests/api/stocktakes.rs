//! Stocktakes over the API: the whole way of one, what is refused, and requests that come twice.

use axum::http::Method;
use http_api::replies::{Page, StocktakeEntry, StocktakeLine};
use serde_json::json;

use crate::world::{self, World, call, get, post};

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

#[tokio::test]
async fn the_exported_sheet_filled_in_comes_back_as_counts_in_every_language_and_is_taken_back() {
    let (world, _directory, token, uri, line) = counting().await;
    let id = uri.rsplit('/').next().expect("an id").to_owned();
    let send = |query: String, body: Vec<u8>| {
        call(Method::POST, format!("/api/v1/imports?kind=counts&{query}"))
            .by(&token)
            .raw(body)
            .send(&world.router)
    };
    let mut last = String::new();
    for (language, quantity) in [("", 103), ("?language=en", 104), ("?language=fr", 105)] {
        let file =
            get(format!("{uri}/lines.csv{language}")).by(&token).send(&world.router).await.done().text();
        // Nothing that was not counted is touched, and what stands is left alone.
        let seen = send(format!("stocktake={id}"), file.clone().into_bytes()).await.done().value();
        assert_eq!(seen["errorCount"], 0, "{seen}");
        assert_eq!((&seen["created"], &seen["changed"]), (&json!(0), &json!(0)), "{seen}");
        let filled = filled_in(&file, quantity);
        let seen = send(format!("stocktake={id}&file=sheet.csv"), filled.into_bytes()).await.done().value();
        assert_eq!(
            (&seen["rows"], &seen["errorCount"], &seen["about"]),
            (&json!(1), &json!(0), &json!(id)),
            "{seen}"
        );
        let wish = json!({ "leaveOutErrors": false });
        let apply = post(format!("/api/v1/imports/{}/apply", seen["id"].as_str().expect("an id")), wish);
        let done = apply.by(&token).send(&world.router).await.done().value();
        assert_eq!(done["status"], "done", "{done}");
        last = done["import"].as_str().expect("a record").to_owned();
        let page: Page<StocktakeLine> =
            get(format!("{uri}/lines")).by(&token).send(&world.router).await.read();
        let count = page.rows[0].count.as_ref().expect("a count");
        assert_eq!(count.quantity, domain::Quantity::whole(quantity));
    }
    let undo = post(format!("/api/v1/imports/{last}/undo"), json!({})).by(&token).send(&world.router).await;
    assert_eq!(undo.done().value()["undone"], 1);
    let page: Page<StocktakeLine> = get(format!("{uri}/lines")).by(&token).send(&world.router).await.read();
    let count = page.rows[0].count.as_ref().expect("the count before");
    assert_eq!((count.quantity, page.rows[0].stock_line.to_string()), (domain::Quantity::whole(104), line));
    // A batch that is not on paper is an error until somebody says that it was found.
    let code = page.rows[0].item_code.clone();
    let file = format!("Code article;Lot;Péremption;Compté\n{code};NEW;2032-01-31;7\n");
    let seen = send(format!("stocktake={id}"), file.clone().into_bytes()).await.done().value();
    assert_eq!(seen["errors"][0]["code"], "unknown-batch");
    let seen = send(format!("stocktake={id}&addFound=true"), file.clone().into_bytes()).await.done().value();
    assert_eq!((&seen["created"], &seen["errorCount"]), (&json!(1), &json!(0)));
    send(String::new(), file.clone().into_bytes()).await.refused(422, "validation");
    post(format!("{uri}/cancel"), json!({})).by(&token).send(&world.router).await.done();
    send(format!("stocktake={id}"), file.into_bytes()).await.refused(409, "wrong-status");
}

/// The file of one line, with this in its column of counts.
fn filled_in(file: &str, quantity: i64) -> String {
    let mut lines = file.lines();
    let heading = lines.next().expect("a heading");
    let row = lines.next().expect("a row");
    let separator = if heading.contains(';') { ';' } else { ',' };
    let names = ["counted", "Counted", "Compté"];
    let at =
        heading.split(separator).position(|name| names.contains(&name.trim_matches('"'))).expect("a column");
    let quantity = quantity.to_string();
    let cells = row
        .split(separator)
        .enumerate()
        .map(|(place, cell)| if place == at { quantity.as_str() } else { cell });
    format!("{heading}\n{}\n", cells.collect::<Vec<_>>().join(&separator.to_string()))
}
