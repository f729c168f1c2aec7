//! What changed: history, the document itself, the feed, the stream.

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::world::{self, call, get, post};
use axum::http::Method;

#[tokio::test]
async fn a_history_says_who_changed_what_and_the_document_itself_can_be_had() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let id = world.country.items[0];
    let change =
        call(Method::PATCH, format!("/api/v1/items/{id}")).json(json!({ "name": "Autre nom" })).by(&token);
    change.send(&world.router).await.done();
    let history =
        get(format!("/api/v1/items/{id}/history")).by(&token).send(&world.router).await.done().value();
    let latest = history["rows"].as_array().expect("rows").last().expect("a change").clone();
    assert_eq!(latest["by"], json!(world.country.users["admin"]));
    assert_eq!(
        latest["changed"],
        json!([{ "pointer": "/name", "before": "Amoxicilline 000 mg", "after": "Autre nom" }])
    );
    let file = get(format!("/api/v1/items/{id}.automerge")).by(&token).send(&world.router).await.done();
    assert_eq!(file.header("content-type"), "application/vnd.automerge");
    assert_eq!(file.body[..4], [0x85, 0x6f, 0x4a, 0x83], "Automerge's magic bytes");
    get(format!("/api/v1/stores/{id}.automerge"))
        .by(&token)
        .send(&world.router)
        .await
        .refused(404, "not-found");
}

#[tokio::test]
async fn the_feed_tells_every_visible_document_once_and_goes_on_where_it_ended() {
    let world = world::central().await;
    world::stock(&world, world.country.far, world.country.items[0], "Z", 1).await;
    let (admin, keeper) = (world.token("admin").await, world.token("keeper").await);
    let read = |token: String, since: u64| {
        let router = world.router.clone();
        async move {
            let (mut rows, mut since) = (Vec::new(), since);
            loop {
                let page = get(format!("/api/v1/changes?since={since}&limit=3"))
                    .by(&token)
                    .send(&router)
                    .await
                    .done()
                    .value();
                rows.extend(page["rows"].as_array().expect("rows").clone());
                since = page["next"].as_u64().expect("a position");
                if page["more"] == false {
                    return (rows, since);
                }
            }
        }
    };
    let classes = |rows: &[Value]| {
        let mut classes: Vec<_> =
            rows.iter().map(|row| row["class"].as_str().expect("a class").to_owned()).collect();
        classes.sort();
        classes.dedup();
        classes
    };
    let (all, end) = read(admin.clone(), 0).await;
    assert_eq!(all.iter().filter(|row| row["class"] == "item").count(), 12);
    assert!(classes(&all).contains(&"stock_line".to_owned()) && classes(&all).contains(&"user".to_owned()));
    let (some, _) = read(keeper, 0).await;
    let hidden =
        classes(&some).iter().any(|class| class == "user" || class == "user_access" || class == "stock_line");
    assert!(!hidden, "{:?}", classes(&some));

    post("/api/v1/items", json!({ "code": "N", "name": "New", "unit": "vial" }))
        .by(&admin)
        .send(&world.router)
        .await
        .done();
    let (new, _) = read(admin, end).await;
    assert_eq!(classes(&new), ["item"]);
}

/// The next event of a stream: its fields.
async fn next(
    stream: &mut (impl StreamExt<Item = Result<axum::body::Bytes, axum::Error>> + Unpin),
) -> String {
    let chunk = stream.next().await.expect("the stream goes on").expect("readable");
    String::from_utf8(chunk.to_vec()).expect("text")
}

#[tokio::test]
async fn a_listener_hears_of_a_change_when_it_is_durable_and_of_what_it_missed() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let response = get("/api/v1/events").by(&token).stream(&world.router).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.into_body().into_data_stream();
    let made = post("/api/v1/items", json!({ "code": "N", "name": "New", "unit": "vial" })).by(&token);
    let made = made.send(&world.router).await.done().id();
    let event = next(&mut stream).await;
    assert!(
        event.contains("event: changed") && event.contains(&made.to_string()) && event.contains("\"item\""),
        "{event}"
    );
    let seq: u64 =
        event.lines().find_map(|line| line.strip_prefix("id: ")).expect("an id").parse().expect("a number");

    let later = post("/api/v1/items", json!({ "code": "M", "name": "More", "unit": "vial" })).by(&token);
    let later = later.send(&world.router).await.done().id();
    let missed =
        get("/api/v1/events").by(&token).header("last-event-id", seq.to_string()).stream(&world.router).await;
    let event = next(&mut missed.into_body().into_data_stream()).await;
    assert!(event.contains(&later.to_string()) && !event.contains(&made.to_string()), "{event}");
    let all = get("/api/v1/events").by(&token).header("last-event-id", "0").stream(&world.router).await;
    let event = next(&mut all.into_body().into_data_stream()).await;
    assert!(event.contains("event: changed") || event.contains("event: reset"), "{event}");
}

#[tokio::test]
async fn the_sync_page_says_what_is_known_and_nothing_more() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let status = get("/api/v1/sync").by(&token).send(&world.router).await.done().value();
    assert_eq!(
        (status["role"].as_str(), &status["peers"], &status["networkUp"]),
        (Some("central"), &json!([]), &Value::Null)
    );
    // What is counted is counted now and then, not with every commit.
    let counted = async {
        loop {
            let status = get("/api/v1/sync").by(&token).send(&world.router).await.done().value();
            if status["headSeq"].as_u64() > Some(0) && status["documents"].as_u64() > Some(12) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), counted)
        .await
        .expect("the documents are counted");
    call(Method::POST, "/api/v1/sync").by(&token).send(&world.router).await.done();
    assert_eq!(
        get("/api/v1/sync/refused-changes").by(&token).send(&world.router).await.done().value()["rows"],
        json!([])
    );
}
