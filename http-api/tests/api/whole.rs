//! The server as a whole: what it says of itself, how it protects browsers, what the document of the API promises.

use serde_json::Value;

use crate::world::{self, get};

#[tokio::test]
async fn the_server_says_how_it_is() {
    let world = world::central().await;
    assert_eq!(get("/healthz").send(&world.router).await.done().text(), "ok");
    assert_eq!(get("/readyz").send(&world.router).await.done().value()["ready"], true);
    assert_eq!(get("/version").send(&world.router).await.done().value()["version"], "0.0.0-test");
    let figures = get("/metrics").by(world::LOCAL_KEY).send(&world.router).await.done().text();
    for name in
        ["tributary_http_requests_total", "tributary_http_request_seconds_bucket", "tributary_documents"]
    {
        assert!(figures.contains(name), "{figures}");
    }
    assert!(!figures.contains("Testland") && !figures.contains("admin"));
    world.node.clone().shutdown().await;
    let stopped = get("/readyz").send(&world.router).await;
    assert_eq!(
        (stopped.status.as_u16(), stopped.value()["code"].as_str().map(str::to_owned)),
        (503, Some("stopping".to_owned()))
    );
}

#[tokio::test]
async fn what_a_node_does_is_told_to_those_who_may_know_it() {
    let world = world::central().await;
    let router = &world.router;
    let status = get("/statusz").by(world::LOCAL_KEY).send(router).await.done().value();
    assert_eq!((status["role"].as_str(), status["name"].as_str()), (Some("central"), Some("Central")));
    assert!(status["peers"].is_array() && status["headSeq"].is_u64());
    for uri in ["/statusz", "/metrics"] {
        get(uri).send(router).await.refused(401, "unauthenticated");
        get(uri).by("another key").send(router).await.refused(401, "unauthenticated");
    }
    let token = world.token("looker").await;
    get("/metrics").by(&token).send(router).await.done();
    get("/statusz").by(&token).send(router).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn every_answer_protects_the_browser_and_long_ones_are_compressed() {
    let world = world::central().await;
    for uri in ["/api/v1/items", "/api/docs", "/healthz", "/nowhere", "/login"] {
        let answer = get(uri).send(&world.router).await;
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{uri}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{uri}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{uri}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{uri}");
    }
    let packed = get("/api/openapi.json").header("accept-encoding", "gzip").send(&world.router).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    let plain = get("/api/openapi.json").send(&world.router).await;
    assert!(packed.body.len() * 5 < plain.body.len());
}

/// Every reference of a document.
fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_description_is_whole_and_can_be_read_offline() {
    let world = world::central().await;
    let description = world.openapi().await;
    assert_eq!(description["openapi"], "3.1.0");
    let mut found = Vec::new();
    references(&description, &mut found);
    assert!(found.len() > 100);
    for reference in found {
        assert!(description.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
    }
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in description["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let id = operation["operationId"].as_str().expect("an id");
            assert!(ids.insert(id.to_owned()), "{id} is there twice");
            assert!(!operation["summary"].as_str().expect("a summary").is_empty(), "{method} {path}");
            let named: Vec<_> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .collect();
            assert_eq!(named.len(), path.matches('{').count(), "{method} {path}");
        }
    }
    let create = &description["components"]["schemas"]["CreateAdjustment"];
    let required = create["required"].as_array().expect("required fields");
    assert!(required.len() == 2 && required.contains(&"lines".into()) && required.contains(&"store".into()));
    let row = &description["components"]["schemas"]["StockRow"]["properties"];
    assert_eq!(
        (&row["onHand"]["type"], row["sellPrice"]["type"][0].as_str()),
        (&serde_json::json!("number"), Some("string"))
    );
    assert_eq!(row["id"]["format"], "uuid");
    assert!(description["components"]["schemas"]["StockRowPage"].is_object());
    assert!(
        description["paths"]["/api/v1/demo/network/{name}/cut"]["post"].is_object(),
        "the demo's switch included"
    );

    let page = get("/api/docs").send(&world.router).await.done();
    let text = page.text();
    assert!(
        text.contains("/api/v1/outbound-shipments/{id}/ship") && text.contains("problem-insufficient-stock")
    );
    assert!(
        !text.contains("http://") && !text.contains("https://") && !text.contains("<script"),
        "nothing from elsewhere"
    );
}
