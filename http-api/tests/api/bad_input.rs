//! What cannot be read is refused with a code, a place and an advice, and nothing is half done.

use axum::body::Body;
use axum::http::Method;
use futures_util::stream;
use serde_json::json;

use crate::world::{self, Disk, call, get, post};

#[tokio::test]
async fn every_way_of_sending_nonsense_has_its_code() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let item = || call(Method::POST, "/api/v1/items").by(&token).header("content-type", "application/json");
    let router = &world.router;

    item().raw("{\"code\":").send(router).await.refused(400, "malformed-json");
    item()
        .raw(format!("{}{}", "[".repeat(40), "]".repeat(40)))
        .send(router)
        .await
        .refused(400, "malformed-json");
    let unknown = item().raw("{\"colour\":\"red\"}").send(router).await.refused(422, "validation");
    assert_eq!(unknown["errors"][0]["pointer"], "/colour");
    let missing = item().raw("{\"code\":\"X\"}").send(router).await.refused(422, "validation");
    assert!(missing["detail"].as_str().expect("a detail").contains("name"), "{missing}");
    call(Method::POST, "/api/v1/items")
        .by(&token)
        .raw("code=1")
        .send(router)
        .await
        .refused(415, "unsupported-media-type");
    let fine = json!({ "code": "NEW", "name": "New", "unit": "vial" });
    post("/api/v1/items?colour=red", fine.clone())
        .by(&token)
        .send(router)
        .await
        .refused(400, "unknown-parameter");
    post("/api/v1/items", fine.clone())
        .by(&token)
        .header("idempotency-key", " ")
        .send(router)
        .await
        .refused(400, "invalid-header");

    let listed =
        get("/api/v1/items?colour=red").by(&token).send(router).await.refused(400, "unknown-parameter");
    assert!(
        listed["detail"].as_str().expect("a detail").contains("search, active, vaccine, limit, cursor"),
        "{listed}"
    );
    for query in ["limit=0", "limit=501", "limit=x", "limit=5&limit=6", "active=perhaps"] {
        get(format!("/api/v1/items?{query}")).by(&token).send(router).await.refused(400, "invalid-parameter");
    }
    get("/api/v1/items?cursor=zz").by(&token).send(router).await.refused(400, "invalid-cursor");
    get(format!("/api/v1/items?search={}", "x".repeat(9_000)))
        .by(&token)
        .send(router)
        .await
        .refused(414, "uri-too-long");
    get("/api/v1/items")
        .by(&token)
        .header("x-more", "x".repeat(20_000))
        .send(router)
        .await
        .refused(431, "headers-too-large");
    get("/api/v1/items/thing").by(&token).send(router).await.refused(404, "not-found");
    get("/api/v1/items/0193a1b2-0000-7000-8000-000000000001")
        .by(&token)
        .send(router)
        .await
        .refused(404, "not-found");
    get("/api/v1/nothing").send(router).await.refused(404, "no-such-route");
    let refused = call(Method::PUT, "/api/v1/items").by(&token).send(router).await;
    refused.refused(405, "method-not-allowed");
    assert!(
        refused.header("allow").contains("GET") && refused.header("allow").contains("POST"),
        "{:?}",
        refused.headers
    );
    get("/api/v1/events")
        .by(&token)
        .header("last-event-id", "x")
        .send(router)
        .await
        .refused(400, "invalid-header");

    let listed = get("/api/v1/items?search=New").by(&token).send(router).await.done().value();
    assert_eq!(listed["rows"], json!([]), "nothing of all this has made an item");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_announced_or_not() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let large = vec![b' '; 300 * 1024];
    let announced =
        call(Method::POST, "/api/v1/items").by(&token).header("content-length", "307200").raw(large.clone());
    announced.send(&world.router).await.refused(413, "body-too-large");
    let chunks = large.chunks(1024).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>();
    let streamed =
        call(Method::POST, "/api/v1/items").by(&token).raw(Body::from_stream(stream::iter(chunks)));
    streamed.send(&world.router).await.refused(413, "body-too-large");
}

#[tokio::test]
async fn a_rejection_of_the_domain_points_at_its_part_of_the_body() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let line = world::stock(&world, world.country.cms, world.country.items[0], "A1", 10).await;
    let wish = json!({ "store": world.country.cms, "lines": [
        { "stockLine": line, "quantity": "-10.5", "reason": world.country.reason_less },
    ]});
    let refused = post("/api/v1/adjustments", wish)
        .by(&token)
        .send(&world.router)
        .await
        .refused(409, "insufficient-stock");
    assert_eq!(refused["errors"][0]["pointer"], "/lines/0/quantity");
    assert_eq!(refused["parameters"]["available"], "10");
    let wish = json!({ "store": world.country.cms, "lines": [{ "stockLine": line, "quantity": 1 }] });
    post("/api/v1/adjustments", wish).by(&token).send(&world.router).await.refused(422, "reason-required");
    let twice = json!({ "code": "itm001", "name": "Twice", "unit": "vial" });
    post("/api/v1/items", twice).by(&token).send(&world.router).await.refused(409, "duplicate-code");
}

#[tokio::test]
async fn a_full_disk_is_said_and_what_was_acknowledged_is_still_there() {
    let disk = Disk::default();
    let world = world::central_on(&disk).await;
    let token = world.token("admin").await;
    let wish = |code: &str| {
        post("/api/v1/items", json!({ "code": code, "name": "Kept", "unit": "vial" })).by(&token)
    };
    wish("KEPT").send(&world.router).await.done();
    disk.set_full(true);
    let refused = wish("LOST").send(&world.router).await;
    refused.refused(507, "disk-full");
    assert!(!refused.header("retry-after").is_empty());
    for uri in ["/api/v1/items", "/api/v1/sync"] {
        let looked = get(uri).by(&token).send(&world.router).await;
        if !looked.status.is_success() {
            looked.refused(507, "disk-full");
        }
    }
    disk.set_full(false);
    // The node opens its database anew by itself; whoever asks meanwhile is told to ask again.
    let mut answer = wish("AFTER").send(&world.router).await;
    while answer.status == 507 || answer.status == 503 {
        tokio::task::yield_now().await;
        answer = wish("AFTER").send(&world.router).await;
    }
    answer.done();
    let listed = get("/api/v1/items?search=Kept").by(&token).send(&world.router).await.done().value();
    let codes: Vec<_> =
        listed["rows"].as_array().expect("rows").iter().map(|row| row["code"].as_str()).collect();
    assert_eq!(codes, [Some("KEPT"), Some("AFTER")]);
}
