//! Scanning: an article number is taught once, and a label then leads to its batch, over the API and on pages.

use axum::http::Method;
use http_api::replies::{BarcodeListRow, Page, Scanned};
use serde_json::json;

use crate::world::{self, World, call, get, post};

const LABEL: &str = "010952123454321317310630%1D10L1";

async fn at_site() -> (World, tempfile::TempDir, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let world = world::site_of_two_stores(directory.path()).await;
    let token = world.token("keeper").await;
    (world, directory, token)
}

async fn scan(world: &World, token: &str, text: &str) -> world::Answer {
    get(format!("/api/v1/scan?text={text}")).by(token).send(&world.router).await
}

#[tokio::test]
async fn an_article_is_taught_once_and_its_label_leads_to_the_batch() {
    let (world, _directory, token) = at_site().await;
    let (store, item) = (world.country.district, world.country.items[0]);
    let line = world::stock(&world, store, item, "L1", 40).await;
    let before: Scanned = scan(&world, &token, LABEL).await.read();
    assert_eq!(before.readings[0].gtin.as_deref(), Some("09521234543213"));
    assert!(before.readings[0].item.is_none() && before.readings[0].lines.is_empty());

    let lesson = json!({ "store": store, "gtin": "9521234543213", "item": item, "packSize": 10 });
    let id = post("/api/v1/barcodes", lesson.clone()).by(&token).send(&world.router).await.done().id();
    let again = post("/api/v1/barcodes", lesson).by(&token).send(&world.router).await.done().id();
    assert_eq!(id, again);
    let other = json!({ "store": store, "gtin": "09521234543213", "item": world.country.items[1] });
    let refused = post("/api/v1/barcodes", other).by(&token).send(&world.router).await;
    assert_eq!(refused.refused(409, "duplicate-code")["errors"][0]["pointer"], "/gtin");

    let after: Scanned = scan(&world, &token, LABEL).await.read();
    let reading = &after.readings[0];
    assert!(after.sure && reading.warnings.is_empty(), "{after:?}");
    assert_eq!(reading.lines.iter().map(|row| row.id).collect::<Vec<_>>(), [line]);
    assert_eq!(reading.expiry, Some("2031-06-30".parse().expect("a day")));

    let listed: Page<BarcodeListRow> =
        get("/api/v1/barcodes?search=amox").by(&token).send(&world.router).await.read();
    assert_eq!((listed.rows.len(), listed.rows[0].id), (1, id));
    let address = format!("/api/v1/barcodes/{id}");
    call(Method::PATCH, &address)
        .json(json!({ "packSize": null }))
        .by(&token)
        .send(&world.router)
        .await
        .done();
    let row: BarcodeListRow = get(&address).by(&token).send(&world.router).await.read();
    assert_eq!((row.pack_size, row.item), (None, item));
    let history = get(format!("{address}/history")).by(&token).send(&world.router).await.done().value();
    assert!(history["rows"].as_array().expect("rows").len() >= 2, "{history}");
    post(format!("{address}/forget"), json!({})).by(&token).send(&world.router).await.done();
    get(&address).by(&token).send(&world.router).await.refused(404, "not-found");
    let forgotten: Scanned = scan(&world, &token, LABEL).await.read();
    assert!(forgotten.readings[0].item.is_none());
}

#[tokio::test]
async fn a_label_that_was_read_badly_is_refused_with_its_code() {
    let (world, _directory, token) = at_site().await;
    for (text, code, identifier) in [
        ("9521234543214", "gs1-check-digit", "01"),
        ("010952123454321317271331", "gs1-bad-date", "17"),
        ("01095212345432132911", "gs1-unknown-identifier", "29"),
        ("]d201095212", "gs1-truncated", "01"),
        ("010952123454321310A%1D10B", "gs1-duplicate", "10"),
        ("010952123454321337x", "gs1-bad-value", "37"),
    ] {
        let problem = scan(&world, &token, text).await.refused(422, code);
        assert_eq!(problem["parameters"]["code"], identifier, "{text}");
    }
    scan(&world, &token, &"1".repeat(600)).await.refused(422, "validation");
    get("/api/v1/scan").by(&token).send(&world.router).await.refused(400, "invalid-parameter");
}

#[tokio::test]
async fn a_page_answers_a_scan_and_learns_without_a_script() {
    let (world, _directory, _) = at_site().await;
    let (store, item) = (world.country.district, world.country.items[0]);
    let line = world::stock(&world, store, item, "L1", 40).await;
    let login = json!({ "username": "keeper", "password": world::PASSWORD });
    let entered = post("/api/v1/session", login).send(&world.router).await.done();
    let cookie = entered.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    let page = |address: String| get(address).header("cookie", &cookie).send(&world.router);
    let asking = page(format!("/scan?text={LABEL}")).await.done().text();
    assert!(asking.contains("action=\"/scan/learn\"") && asking.contains("09521234543213"), "{asking}");

    let form = |address: &'static str, fields: String| {
        call(Method::POST, address)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "http://test.local")
            .header("cookie", &cookie)
            .raw(fields)
            .send(&world.router)
    };
    let fields = format!("text={LABEL}&gtin=09521234543213&pack=x&item={item}");
    let wrong = form("/scan/learn", fields).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("aria-invalid=\"true\"") && wrong.text().contains("value=\"x\""));
    let fields = format!("text={LABEL}&gtin=09521234543213&pack=10&search=amox&find=yes");
    assert!(form("/scan/learn", fields).await.done().text().contains(&format!("value=\"{item}\"")));
    let fields = format!("text={LABEL}&gtin=09521234543213&pack=10&item={item}");
    let learned = form("/scan/learn", fields).await;
    assert!(learned.status.is_redirection() && learned.header("location").starts_with("/scan?text="));
    let known = page(format!("/scan?text={LABEL}")).await.done().text();
    assert!(known.contains(&format!("data-scan-line=\"{line}\"")), "{known}");

    // What names nothing is searched for; a label of our own leads to its batch.
    let words = page("/scan?text=paracetamol".to_owned()).await;
    assert_eq!(words.header("location"), "/stock?search=paracetamol&facet=all");
    let printed = page(format!("/labels/print?kind=batch&id={line}&copies=2")).await.done().text();
    assert_eq!(printed.matches("class=\"qr\"").count(), 2);
    assert!(printed.contains("(01)09521234543213(17)310630(10)L1"), "{printed}");
    let elsewhere = world::stock(&world, world.country.far, item, "L9", 1).await;
    assert_eq!(page(format!("/labels/print?kind=batch&id={elsewhere}")).await.status, 404);
    // A batch that was scanned is issued from itself, not from the first to expire.
    let row = page(format!("/issue/batch/{line}")).await.done().text();
    assert!(row.contains(&format!("name=\"batch.{line}\"")), "{row}");
    assert_eq!(page(format!("/issue/batch/{elsewhere}")).await.status, 404);
}
