//! Imports over HTTP: a file is looked at, carried out once, and taken back; nothing of it is trusted.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{self, World, call, get, post};

const SHELF: &str =
    "Code article;Lot;Péremption;Quantité\nITM001;L1;30/06/2031;1 200\nITM002;L2;07/2031;50,5\n";

async fn send(world: &World, token: &str, query: &str, body: impl Into<Vec<u8>>) -> world::Answer {
    let body: Vec<u8> = body.into();
    call(Method::POST, format!("/api/v1/imports?{query}")).by(token).raw(body).send(&world.router).await
}

async fn apply(world: &World, token: &str, id: &str, leave_out: bool) -> world::Answer {
    let wish = json!({ "leaveOutErrors": leave_out });
    post(format!("/api/v1/imports/{id}/apply"), wish).by(token).send(&world.router).await
}

fn id_of(state: &Value) -> String {
    state["id"].as_str().expect("an id").to_owned()
}

async fn on_hand(world: &World, token: &str) -> Vec<(String, f64)> {
    let rows = get(format!("/api/v1/stock-lines?storeId={}&facet=in-stock", world.country.cms))
        .by(token)
        .send(&world.router)
        .await
        .done()
        .value();
    let of = |row: &Value| {
        (row["batch"].as_str().unwrap_or_default().to_owned(), row["onHand"].as_f64().expect("a number"))
    };
    rows["rows"].as_array().expect("rows").iter().map(of).collect()
}

#[tokio::test]
async fn a_file_is_looked_at_carried_out_once_and_taken_back() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let query = format!("kind=opening-stock&storeId={}&file=stock.csv", world.country.cms);
    let seen = send(&world, &token, &query, SHELF).await.done().value();
    assert_eq!(
        (&seen["status"], &seen["created"], &seen["errorCount"]),
        (&json!("preview"), &json!(2), &json!(0))
    );
    assert_eq!(seen["columns"]["itemCode"], 0);
    assert!(on_hand(&world, &token).await.is_empty(), "nothing is done by looking");

    let done = apply(&world, &token, &id_of(&seen), false).await.done().value();
    assert_eq!((&done["status"], &done["created"]), (&json!("done"), &json!(2)));
    let stock = on_hand(&world, &token).await;
    assert!(
        stock.contains(&("L1".to_owned(), 1_200.0)) && stock.contains(&("L2".to_owned(), 50.5)),
        "{stock:?}"
    );
    // A second press, and the same file again.
    apply(&world, &token, &id_of(&seen), false).await.done();
    let again = send(&world, &token, &query, SHELF).await.done().value();
    assert_eq!((&again["alreadyImported"], &again["same"]), (&json!(true), &json!(2)));
    let again = apply(&world, &token, &id_of(&again), false).await.done().value();
    assert_eq!((&again["alreadyImported"], &again["import"]), (&json!(true), &done["import"]));
    assert_eq!(on_hand(&world, &token).await.len(), 2);

    let list =
        get(format!("/api/v1/imports?storeId={}", world.country.cms)).by(&token).send(&world.router).await;
    let list = list.done().value();
    assert_eq!(
        (list["rows"].as_array().map(Vec::len), &list["rows"][0]["file"]),
        (Some(1), &json!("stock.csv"))
    );

    let import = done["import"].as_str().expect("a record").to_owned();
    let undo = |reason: Value| post(format!("/api/v1/imports/{import}/undo"), reason).by(&token);
    undo(json!({})).send(&world.router).await.refused(422, "reason-required");
    let undone =
        undo(json!({ "reason": world.country.reason_less })).send(&world.router).await.done().value();
    assert_eq!((&undone["undone"], undone["errors"].as_array().map(Vec::len)), (&json!(2), Some(0)));
    assert!(on_hand(&world, &token).await.is_empty());
    let record = get(format!("/api/v1/imports/{import}")).by(&token).send(&world.router).await.done().value();
    assert_eq!(record["status"], "undone");
    undo(json!({})).send(&world.router).await.refused(409, "wrong-status");
}

#[tokio::test]
async fn rows_with_errors_are_named_and_left_out_only_when_somebody_says_so() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let file = "code,name,unit,pack size\nNEW1,New one,vial,10\n,No code,vial,1\nNEW2,Two,vial,\"1,234\"\n=cmd,x,vial,0\n";
    let seen = send(&world, &token, "kind=items", file).await.done().value();
    let codes: Vec<&str> = seen["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .filter_map(|error| error["code"].as_str())
        .collect();
    assert_eq!(codes, ["missing-value", "ambiguous-number", "validation"]);
    let id = id_of(&seen);
    apply(&world, &token, &id, false).await.refused(409, "import-has-errors");

    let errors =
        get(format!("/api/v1/imports/{id}/errors.csv?language=fr")).by(&token).send(&world.router).await;
    let errors = errors.done().text();
    assert!(errors.contains("séparateur décimal") && errors.contains("'=cmd"), "{errors}");
    assert_eq!(errors.trim_end().lines().count(), 4);

    // Said which mark the file has, one more row can be read.
    let remapped = call(Method::PATCH, format!("/api/v1/imports/{id}"))
        .by(&token)
        .json(json!({ "columns": { "code": 0, "name": 1, "unit": 2, "defaultPackSize": 3 }, "decimalMark": "point" }))
        .send(&world.router)
        .await
        .done()
        .value();
    assert_eq!((&remapped["created"], &remapped["errorCount"]), (&json!(2), &json!(2)));
    let done = apply(&world, &token, &id, true).await.done().value();
    assert_eq!((&done["status"], &done["created"]), (&json!("done"), &json!(2)));
    let found = get("/api/v1/items?search=NEW").by(&token).send(&world.router).await.done().value();
    assert_eq!(found["rows"].as_array().map(Vec::len), Some(2));

    // Without the columns that are needed nothing can be done.
    let seen = send(&world, &token, "kind=items", "foo,bar\n1,2\n").await.done().value();
    assert_eq!(seen["missingColumns"], json!(["code", "name", "unit"]));
    apply(&world, &token, &id_of(&seen), true).await.refused(422, "missing-columns");
    let unknown = json!({ "columns": { "colour": 0 } });
    let remap = call(Method::PATCH, format!("/api/v1/imports/{}", id_of(&seen))).by(&token).json(unknown);
    remap.send(&world.router).await.refused(422, "validation");
}

#[tokio::test]
async fn an_import_is_for_those_who_may_and_nobody_sees_the_file_of_another() {
    let world = world::central().await;
    let (admin, keeper) = (world.token("admin").await, world.token("keeper").await);
    send(&world, &keeper, "kind=items", "code,name,unit\nA,B,C\n").await.refused(403, "not-permitted");
    let far = format!("kind=opening-stock&storeId={}", world.country.district);
    send(&world, &keeper, &far, SHELF).await.refused(403, "read-only-here");
    let seen = send(&world, &admin, "kind=items", "code,name,unit\nA,B,C\n").await.done().value();
    get(format!("/api/v1/imports/{}", id_of(&seen)))
        .by(&keeper)
        .send(&world.router)
        .await
        .refused(410, "import-lost");
    get(format!("/api/v1/imports/{}", world.country.cms))
        .by(&admin)
        .send(&world.router)
        .await
        .refused(410, "import-lost");
    send(&world, &admin, "kind=patients", "x").await.refused(400, "invalid-parameter");

    let directory = tempfile::tempdir().expect("a directory");
    let site = world::site(directory.path()).await;
    let token = site.token("keeper").await;
    send(&site, &token, "kind=items", "code,name,unit\nA,B,C\n").await.refused(403, "central-only");
    let seen = send(&site, &token, "kind=opening-stock", SHELF).await.done().value();
    assert_eq!(apply(&site, &token, &id_of(&seen), false).await.done().value()["created"], 2);
    let looker = site.token("looker").await;
    send(&site, &looker, "kind=opening-stock", SHELF).await.refused(403, "not-permitted");
}

#[tokio::test]
async fn hostile_files_are_refused_with_a_code_and_templates_lead_back() {
    let world = world::central().await;
    let token = world.token("admin").await;
    for (bytes, status, code) in [
        (Vec::new(), 422, "file-empty"),
        (b"PK\x03\x04 torn".to_vec(), 422, "file-unreadable"),
        (b"a,b\n\0,1\n".to_vec(), 422, "file-unreadable"),
        ("x,".repeat(1_000_000).into_bytes(), 422, "too-many-columns"),
        ("x\n".repeat(30_000).into_bytes(), 422, "file-too-many-rows"),
        (vec![b'x'; 10 * 1024 * 1024 + 1], 413, "body-too-large"),
    ] {
        send(&world, &token, "kind=items", bytes).await.refused(status, code);
    }
    let template =
        get("/api/v1/import-templates/items.xlsx?language=fr").by(&token).send(&world.router).await.done();
    let seen = send(&world, &token, "kind=items", template.body).await.done().value();
    assert_eq!((&seen["missingColumns"], &seen["rows"]), (&json!([]), &json!(0)));
    apply(&world, &token, &id_of(&seen), true).await.refused(422, "import-empty");
}

#[tokio::test]
async fn a_long_file_is_carried_out_whole() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let rows: String = (0..1_100).map(|n| format!("N{n:04},Article {n},vial\n")).collect();
    let seen = send(&world, &token, "kind=items", format!("code,name,unit\n{rows}")).await.done().value();
    assert_eq!(seen["created"], 1_100);
    let mut state = apply(&world, &token, &id_of(&seen), false).await.done().value();
    while state["status"] == "running" {
        state = get(format!("/api/v1/imports/{}", id_of(&seen)))
            .by(&token)
            .send(&world.router)
            .await
            .done()
            .value();
    }
    assert_eq!((&state["status"], &state["created"]), (&json!("done"), &json!(1_100)));
    let import = state["import"].as_str().expect("a record");
    let undone =
        post(format!("/api/v1/imports/{import}/undo"), json!({})).by(&token).send(&world.router).await;
    assert_eq!(undone.done().value()["undone"], 1_100);
    let left = get("/api/v1/items?search=Article").by(&token).send(&world.router).await.done().value();
    assert_eq!(left["rows"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn what_was_applied_survives_a_restart_and_what_was_not_says_that_it_is_lost() {
    let directory = tempfile::tempdir().expect("a directory");
    let world = world::site(directory.path()).await;
    let token = world.token("keeper").await;
    let seen = send(&world, &token, "kind=opening-stock", SHELF).await.done().value();
    let done = apply(&world, &token, &id_of(&seen), false).await.done().value();
    let waiting = send(&world, &token, "kind=opening-stock", SHELF).await.done().value();
    let again = World {
        router: world::router_with(&world, http_api::AppState::new),
        node: world.node.clone(),
        country: world.country.clone(),
    };
    let token = again.token("keeper").await;
    for id in [id_of(&seen), id_of(&waiting)] {
        get(format!("/api/v1/imports/{id}")).by(&token).send(&again.router).await.refused(410, "import-lost");
    }
    let record = done["import"].as_str().expect("a record");
    let record = get(format!("/api/v1/imports/{record}")).by(&token).send(&again.router).await.done().value();
    assert_eq!((&record["status"], &record["created"]), (&json!("done"), &json!(2)));
}

#[tokio::test]
async fn the_pages_lead_through_an_import_with_plain_forms() {
    let world = world::central().await;
    let (token, router) = (world.token("admin").await, &world.router);
    let page = |path: String| get(path).by(&token).header("cookie", "tributary-language=fr").send(router);
    let start = page("/imports?kind=items".to_owned()).await.done().text();
    assert!(start.contains("multipart/form-data") && start.contains("Importer des articles"));
    let form = "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\ncode,nom,unité\nP1,Un,flacon\nP2,,flacon\n\r\n--X\r\nContent-Disposition: form-data; name=\"paste\"\r\n\r\n\r\n--X--\r\n";
    let sent = call(Method::POST, "/imports?kind=items")
        .by(&token)
        .header("content-type", "multipart/form-data; boundary=X")
        .raw(form)
        .send(router)
        .await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    let address = sent.header("location").to_owned();
    let preview = page(address.clone()).await.done().text();
    assert!(preview.contains("a.csv") && preview.contains("Ceci ne peut pas être vide"), "{preview}");
    let press = |path: String, form: &'static str| {
        call(Method::POST, path)
            .by(&token)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", "tributary-language=fr")
            .raw(form)
            .send(router)
    };
    let refused = press(format!("{address}/apply"), "").await;
    assert!(refused.status == 422 && refused.text().contains("Le fichier contient des erreurs"));
    assert_eq!(press(format!("{address}/apply"), "leaveOut=yes").await.status, 303);
    let result = page(address.clone()).await.done().text();
    assert!(result.contains("Annuler cet import"), "{result}");
    let undo = result
        .split("action=\"")
        .filter_map(|part| part.split('"').next())
        .find(|path| path.ends_with("/undo"));
    let undone = press(undo.expect("a form").to_owned(), "").await;
    assert_eq!(undone.status, 303, "{}", undone.text());
    let record = page(undone.header("location").to_owned()).await.done().text();
    assert!(record.contains("Annulé") && !record.contains("/undo\""), "{record}");
}
