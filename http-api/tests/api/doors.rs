//! Who gets in, and what they may do where.

use axum::http::Method;
use crdt_store::DocumentId;
use http_api::{AppState, EnrolmentControl, EnrolmentStatus, Problem};
use serde_json::{Value, json};

use crate::world::{self, PASSWORD, call, get, post};

fn login(username: &str, password: &str) -> world::Call {
    post("/api/v1/session", json!({ "username": username, "password": password }))
}

#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_have_the_same_answer() {
    let world = world::central().await;
    let unknown = login("nobody", "something").send(&world.router).await.refused(401, "wrong-credentials");
    let wrong = login("admin", "something").send(&world.router).await.refused(401, "wrong-credentials");
    assert_eq!(unknown, wrong);
    login("ADMIN", PASSWORD).send(&world.router).await.done();
}

#[tokio::test]
async fn a_session_begins_with_a_cookie_that_scripts_and_other_sites_cannot_use_and_ends_at_once() {
    let world = world::central().await;
    let entered = login("admin", PASSWORD).send(&world.router).await.done();
    let cookie = entered.header("set-cookie").to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains("Secure"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().expect("a cookie").to_owned();
    let me = get("/api/v1/session").header("cookie", &cookie).send(&world.router).await.done().value();
    assert_eq!((me["username"].as_str(), me["language"].as_str()), (Some("admin"), Some("fr")));
    assert_eq!(me["stores"].as_array().expect("stores").len(), 3, "central sees every store");
    assert_eq!(me["stores"][0]["readOnly"], false);
    assert_eq!(me["stores"][1]["readOnly"], true);

    let foreign = call(Method::DELETE, "/api/v1/session")
        .header("cookie", &cookie)
        .header("origin", "http://evil.example");
    foreign.send(&world.router).await.refused(403, "wrong-origin");
    let own = call(Method::DELETE, "/api/v1/session")
        .header("cookie", &cookie)
        .header("origin", "http://test.local");
    own.send(&world.router).await.done();
    get("/api/v1/session")
        .header("cookie", &cookie)
        .send(&world.router)
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn attempts_on_one_account_are_slowed_and_say_for_how_long() {
    let world = world::central().await;
    for _ in 0..5 {
        login("admin", "wrong").send(&world.router).await.refused(401, "wrong-credentials");
    }
    let refused = login("admin", PASSWORD).send(&world.router).await;
    refused.refused(429, "rate-limited");
    let seconds: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&seconds));
}

#[tokio::test]
async fn a_token_is_shown_once_bound_to_its_owner_and_ends_when_revoked() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let listed = get("/api/v1/session/tokens").by(&token).send(&world.router).await.done();
    assert!(!listed.text().contains(&token) && token.starts_with("trb_"));
    let id = listed.value()["rows"][0]["id"].as_str().expect("an id").to_owned();
    let other = world.token("keeper").await;
    let revoke = |token: &str| call(Method::DELETE, format!("/api/v1/session/tokens/{id}")).by(token);
    revoke(&other).send(&world.router).await.refused(404, "not-found");
    revoke(&token).send(&world.router).await.done();
    get("/api/v1/session").by(&token).send(&world.router).await.refused(401, "unauthenticated");
    get("/api/v1/session").by("trb_guess").send(&world.router).await.refused(401, "unauthenticated");
    let long = post("/api/v1/session/tokens", json!({ "name": "x", "days": 5000 })).by(&other);
    assert_eq!(long.send(&world.router).await.refused(422, "validation")["errors"][0]["pointer"], "/days");
}

#[tokio::test]
async fn a_new_password_ends_old_sessions_and_a_user_who_may_not_come_any_more_is_out_at_once() {
    let world = world::central().await;
    let admin = world.token("admin").await;
    let keeper = world.token("keeper").await;
    let id = world.country.users["keeper"];
    let set =
        call(Method::PUT, format!("/api/v1/users/{id}/password")).json(json!({ "password": "neuf-et-long" }));
    set.by(&admin).send(&world.router).await.done();
    get("/api/v1/session").by(&keeper).send(&world.router).await.refused(401, "unauthenticated");
    login("keeper", PASSWORD).send(&world.router).await.refused(401, "wrong-credentials");
    login("keeper", "neuf-et-long").send(&world.router).await.done();

    let wanderer = world.token("wanderer").await;
    let id = world.country.users["wanderer"];
    let out = call(Method::PATCH, format!("/api/v1/users/{id}")).json(json!({ "active": false })).by(&admin);
    out.send(&world.router).await.done();
    get("/api/v1/session").by(&wanderer).send(&world.router).await.refused(401, "unauthenticated");
    let short = call(Method::PUT, format!("/api/v1/users/{id}/password")).json(json!({ "password": "kurz" }));
    assert_eq!(
        short.by(&admin).send(&world.router).await.refused(422, "validation")["errors"][0]["pointer"],
        "/password"
    );
}

#[tokio::test]
async fn hashes_of_passwords_never_leave_the_server() {
    let world = world::central().await;
    let admin = world.token("admin").await;
    let id = world.country.users["keeper"];
    for uri in
        ["/api/v1/users".to_owned(), format!("/api/v1/users/{id}"), "/api/v1/users?search=keep".to_owned()]
    {
        let answer = get(&uri).by(&admin).send(&world.router).await.done();
        assert!(!answer.text().contains("argon2") && answer.text().contains("keeper"), "{uri}");
    }
    for uri in [format!("/api/v1/users/{id}/history"), format!("/api/v1/users/{id}.automerge")] {
        get(&uri).by(&admin).send(&world.router).await.refused(404, "no-such-route");
    }
    let history = get(format!("/api/v1/items/{id}/history")).by(&admin).send(&world.router).await;
    history.refused(404, "not-found");
}

/// Every operation that the description marks with a code, with ids that exist nowhere in its path.
fn operations(description: &Value) -> Vec<(Method, String, Value)> {
    let paths = description["paths"].as_object().expect("paths");
    let mut found = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("methods") {
            let id = "0193a1b2-0000-7000-8000-000000000001";
            let uri = ["id", "line", "item", "store", "device"]
                .iter()
                .fold(path.clone(), |uri, name| uri.replace(&format!("{{{name}}}"), id));
            let uri = uri.replace("{name}", "nowhere");
            found.push((method.to_uppercase().parse().expect("a method"), uri, operation.clone()));
        }
    }
    found
}

#[tokio::test]
async fn what_only_central_may_do_is_refused_on_a_site_with_the_words_that_people_know() {
    let directory = tempfile::tempdir().expect("a directory");
    let world = world::site(directory.path()).await;
    let token = world.token("keeper").await;
    let mut seen = 0;
    for (method, uri, operation) in operations(&world.openapi().await) {
        let words = operation["responses"]["403"]["description"].as_str().unwrap_or_default();
        if !words.contains("central-only") {
            continue;
        }
        seen += 1;
        let problem = call(method, &uri)
            .json(json!({}))
            .by(&token)
            .send(&world.router)
            .await
            .refused(403, "central-only");
        assert_eq!(problem["detail"], "Operation is only permitted on central server", "{uri}");
    }
    assert!(seen >= 20, "{seen} operations are central's");
}

#[tokio::test]
async fn every_address_exists_and_asks_who_one_is_unless_it_is_open() {
    let world = world::central().await;
    let operations = operations(&world.openapi().await);
    assert!(operations.len() > 100, "{}", operations.len());
    for (method, uri, operation) in operations {
        let answer = call(method.clone(), &uri).json(json!({})).send(&world.router).await;
        let code = answer.headers.get("content-type").is_some_and(|kind| kind == "application/problem+json");
        let code =
            if code { answer.value()["code"].as_str().unwrap_or_default().to_owned() } else { String::new() };
        match operation.get("security") {
            Some(_) => assert_eq!(code, "unauthenticated", "{method} {uri}"),
            None if uri.contains("/demo/") => assert_eq!(code, "no-such-route", "this is no demo: {uri}"),
            None => {
                assert!(code != "no-such-route" && code != "method-not-allowed", "{method} {uri}: {code}")
            }
        }
    }
}

#[tokio::test]
async fn a_viewer_looks_and_changes_nothing_and_a_stranger_does_not_even_look() {
    let directory = tempfile::tempdir().expect("a directory");
    let world = world::site(directory.path()).await;
    let (district, far) = (world.country.district, world.country.far);
    let viewer = world.token("looker").await;
    get("/api/v1/stock-lines").by(&viewer).send(&world.router).await.done();
    let wish = json!({ "store": district, "lines": [], "comment": null });
    let refused =
        post("/api/v1/adjustments", wish).by(&viewer).send(&world.router).await.refused(403, "not-permitted");
    assert_eq!(refused["parameters"]["permission"], "adjust");
    let elsewhere = get(format!("/api/v1/stock-lines?storeId={far}")).by(&viewer).send(&world.router).await;
    elsewhere.refused(403, "not-permitted");
    let elsewhere = post("/api/v1/adjustments", json!({ "store": far, "lines": [] }))
        .by(&viewer)
        .send(&world.router)
        .await;
    elsewhere.refused(403, "not-permitted");
}

#[tokio::test]
async fn who_works_in_two_stores_says_in_which() {
    let world = world::central().await;
    let token = world.token("wanderer").await;
    get("/api/v1/stock-lines").by(&token).send(&world.router).await.refused(400, "store-required");
    get(format!("/api/v1/stock-lines?storeId={}", world.country.far))
        .by(&token)
        .send(&world.router)
        .await
        .done();
    let choose =
        |store| call(Method::PUT, "/api/v1/session/store").json(json!({ "store": store })).by(&token);
    choose(world.country.cms).send(&world.router).await.refused(403, "not-permitted");
    choose(world.country.district).send(&world.router).await.done();
    get("/api/v1/stock-lines").by(&token).send(&world.router).await.done();
}

#[tokio::test]
async fn central_looks_into_every_store_and_changes_only_its_own() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let line = world::stock(&world, world.country.district, world.country.items[0], "A1", 100).await;
    let seen = get(format!("/api/v1/stock-lines?storeId={}", world.country.district))
        .by(&token)
        .send(&world.router)
        .await;
    assert_eq!(seen.done().value()["rows"][0]["onHand"], 100);
    let hold =
        call(Method::PATCH, format!("/api/v1/stock-lines/{line}")).json(json!({ "onHold": true })).by(&token);
    hold.send(&world.router).await.refused(403, "read-only-here");
    let own = world::stock(&world, world.country.cms, world.country.items[0], "A1", 100).await;
    let hold =
        call(Method::PATCH, format!("/api/v1/stock-lines/{own}")).json(json!({ "onHold": true })).by(&token);
    hold.send(&world.router).await.done();
}

#[tokio::test]
async fn a_device_that_belongs_to_no_site_says_how_to_enrol_it() {
    let world = world::central().await;
    let router = world::router_with(&world, |node, settings| {
        let status = || EnrolmentStatus { enrolled: false, site: None, site_name: None };
        let enrol = |wish: http_api::Enrol| -> http_api::Enrolling {
            Box::pin(async move {
                Err(Problem::new("wrong-password", format!("not the password of {}", wish.site_name)))
            })
        };
        AppState::with(node, settings, None, Some(EnrolmentControl::new(status, enrol)))
    });
    login("admin", PASSWORD).send(&router).await.refused(503, "not-enrolled");
    get("/api/v1/items").send(&router).await.refused(503, "not-enrolled");
    assert_eq!(get("/readyz").send(&router).await.value()["code"], "not-enrolled");
    assert_eq!(get("/api/v1/enrolment").send(&router).await.done().value()["enrolled"], false);
    let wish = json!({ "centralUrl": "quic://central:7443", "siteName": "Boda", "password": "mango" });
    post("/api/v1/enrolment", wish.clone()).send(&router).await.refused(422, "wrong-password");
    post("/api/v1/enrolment", wish).send(&world.router).await.refused(409, "already-enrolled");
}

#[tokio::test]
async fn a_site_password_opens_the_door_for_devices_and_null_closes_it() {
    let world = world::central().await;
    let admin = world.token("admin").await;
    let set = |password: Value| {
        call(Method::PUT, format!("/api/v1/sites/{}/password", world.country.site))
            .json(json!({ "password": password }))
            .by(&admin)
    };
    set(json!("mango-mango")).send(&world.router).await.done();
    let secret = |site: DocumentId| {
        let read = world.node.reader().snapshot().expect("readable");
        domain::query::reference::site_secret(&read, site).expect("readable").expect("set")
    };
    assert!(secret(world.country.site).active);
    set(json!("short")).send(&world.router).await.refused(422, "validation");
    set(Value::Null).send(&world.router).await.done();
    assert!(!secret(world.country.site).active);
}
