//! Conflicting values: listed with both authors, settled by one of them, on the API and on the page without scripts.

use axum::http::{Method, StatusCode};
use http_api::replies::{Page, TaskEntry};
use serde_json::{Value, json};

use crate::world::{self, World, call, get, post};

async fn conflict(world: &World, token: &str) -> TaskEntry {
    let mut tasks: Page<TaskEntry> = get("/api/v1/tasks").by(token).send(&world.router).await.read();
    assert_eq!(tasks.rows.len(), 1);
    tasks.rows.remove(0)
}

#[tokio::test]
async fn conflicting_values_are_listed_with_who_when_and_where_and_settled_by_one_of_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let (world, line) = world::contested(directory.path()).await;
    let (keeper, looker) = (world.token("keeper").await, world.token("looker").await);
    let task = conflict(&world, &keeper).await;
    assert_eq!((task.kind, task.document), (domain::TaskKind::ConflictingValues, line));
    let found = task.conflict.expect("values");
    assert_eq!((found.pointer.as_str(), found.choices.len()), ("/note", 2));
    let written: Vec<_> = found
        .choices
        .iter()
        .map(|choice| (choice.value.as_deref(), choice.writers[0].device_name.as_deref()))
        .collect();
    for expected in [(Some("dry"), Some("This one")), (Some("wet"), Some("Tablette 2"))] {
        assert!(written.contains(&expected), "{written:?}");
    }
    assert_eq!(found.choices[0].writers[0].by_name.as_deref(), Some("keeper"));

    let settle = format!("/api/v1/tasks/conflicts/{line}/settle");
    let wet = found.choices.iter().find(|choice| choice.value.as_deref() == Some("wet")).expect("wet");
    let wish = json!({ "pointer": "/note", "change": wet.change });
    post(&settle, wish.clone()).by(&looker).send(&world.router).await.refused(403, "not-permitted");
    let unknown = json!({ "pointer": "/note", "change": "00" });
    post(&settle, unknown).by(&keeper).send(&world.router).await.refused(409, "stale-conflict");
    post(&settle, wish.clone()).by(&keeper).send(&world.router).await.done();
    let tasks: Page<TaskEntry> = get("/api/v1/tasks").by(&keeper).send(&world.router).await.read();
    assert!(tasks.rows.is_empty());
    post(&settle, wish).by(&keeper).send(&world.router).await.refused(409, "stale-conflict");
    let row = get(format!("/api/v1/stock-lines/{line}")).by(&keeper).send(&world.router).await.value();
    assert_eq!(row["note"], "wet");
}

#[tokio::test]
async fn a_history_names_devices_and_people_and_a_document_reads_as_it_was() {
    let directory = tempfile::tempdir().expect("a directory");
    let (world, line) = world::contested(directory.path()).await;
    let keeper = world.token("keeper").await;
    let read = |uri: String| get(uri).by(&keeper).send(&world.router);
    let history = read(format!("/api/v1/stock-lines/{line}/history")).await.done().value();
    let rows = history["rows"].as_array().expect("rows").clone();
    let devices: Vec<&Value> = rows.iter().map(|row| &row["deviceName"]).collect();
    assert!(devices.contains(&&json!("This one")) && devices.contains(&&json!("Tablette 2")), "{devices:?}");
    assert!(rows.iter().any(|row| row["byName"] == "keeper"), "{rows:?}");
    let made = rows[0]["at"].as_str().expect("an instant");
    let then = read(format!("/api/v1/stock-lines/{line}/as-of?at={made}")).await.done().value();
    let field = |pointer: &str| {
        let fields = then["fields"].as_array().expect("fields");
        fields.iter().find(|field| field["pointer"] == pointer).map(|field| field["value"].clone())
    };
    assert_eq!((field("/batch"), field("/note")), (Some(json!("A1")), None));
    read(format!("/api/v1/stock-lines/{line}/as-of?at=1999-01-01T00:00:00Z")).await.refused(404, "not-found");
    read(format!("/api/v1/stock-lines/{line}/as-of")).await.refused(400, "invalid-parameter");
}

#[tokio::test]
async fn the_page_shows_both_values_and_one_button_settles_without_scripts() {
    let directory = tempfile::tempdir().expect("a directory");
    let (world, line) = world::contested(directory.path()).await;
    let keeper = world.token("keeper").await;
    let page = |uri: &str| get(uri).by(&keeper).send(&world.router);
    let tasks = page("/tasks").await.done().text();
    for words in ["Valeurs en conflit", "dry", "wet", "Tablette 2", "This one", "Affichée"] {
        assert!(tasks.contains(words), "{words}: {tasks}");
    }
    let item = world.country.items[0];
    let batches = page(&format!("/stock/items/{item}?tab=batches")).await.done().text();
    assert!(batches.contains(&format!("/tasks?document={line}")), "the field is flagged");
    let settle = |change: &str| {
        let form = format!("pointer=%2Fnote&change={change}");
        call(Method::POST, format!("/tasks/conflicts/{line}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .raw(form)
            .by(&keeper)
            .send(&world.router)
    };
    let stale = settle("00").await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.text().contains("Ce choix n’existe plus"));
    let found = conflict(&world, &keeper).await.conflict.expect("values");
    let other = found.choices.iter().find(|choice| !choice.current).expect("the other one");
    assert_eq!(settle(&other.change).await.status, StatusCode::SEE_OTHER);
    assert!(page("/tasks").await.done().text().contains("Rien à régler"));
}

#[tokio::test]
async fn a_past_state_is_shown_with_a_warning_and_a_value_of_it_can_be_restored() {
    let directory = tempfile::tempdir().expect("a directory");
    let (world, line) = world::contested(directory.path()).await;
    let keeper = world.token("keeper").await;
    let change = |body: Value| {
        call(Method::PATCH, format!("/api/v1/stock-lines/{line}")).json(body).by(&keeper).send(&world.router)
    };
    change(json!({ "batch": "B2", "note": "sorted" })).await.done();
    let history = get(format!("/api/v1/stock-lines/{line}/history")).by(&keeper).send(&world.router);
    let made = history.await.done().value()["rows"][0]["at"].as_str().expect("an instant").replace('Z', "");
    let page = get(format!("/history/{line}?at={made}")).by(&keeper).send(&world.router).await.done().text();
    for words in ["État au", "Revenir à aujourd’hui", "Rétablir cette valeur", "Tablette 2", "Lot B2", "vide"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let filtered = get(format!("/history/{line}?field=batch")).by(&keeper).send(&world.router).await.done();
    assert!(filtered.text().matches("class=\"when\"").count() == 2, "made, and changed");
    let restore = |field: &str, token: &str| {
        call(Method::POST, format!("/history/{line}/restore"))
            .header("content-type", "application/x-www-form-urlencoded")
            .raw(format!("field={field}&at={}", made.replace(':', "%3A")))
            .by(token)
            .send(&world.router)
    };
    let looker = world.token("looker").await;
    assert_eq!(restore("batch", &looker).await.status, StatusCode::NOT_FOUND);
    assert_eq!(restore("store", &keeper).await.status, StatusCode::NOT_FOUND);
    assert_eq!(restore("batch", &keeper).await.status, StatusCode::SEE_OTHER);
    let row = get(format!("/api/v1/stock-lines/{line}")).by(&keeper).send(&world.router).await.value();
    assert_eq!((row["batch"].as_str(), row["note"].as_str()), (Some("A1"), Some("sorted")));
}
