//! Shipments beyond their plain way, by API and on pages: returns, prices, scanned boxes, paper, and what a page that is
//! open hears while the sender is still picking.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use crdt_store::DocumentId;
use domain::shipment::{self, AddLine, End, Issue, ScannedBox, ShipmentKind, Status, UpdateLine};
use domain::{Quantity, barcode};
use futures_util::StreamExt;
use http_api::replies::{Page, ShipmentDetail, ShipmentListRow};
use serde_json::{Value, json};

use crate::world::{self, Answer, World, act, call, get, post};

const GTIN: &str = "09521234543213";

/// A site that keeps two stores: the keeper works in one of them, the system in the other.
async fn two_stores() -> (World, tempfile::TempDir, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let world = world::site_of_two_stores(directory.path()).await;
    let token = world.token("keeper").await;
    (world, directory, token)
}

/// The store far away sends 40 of a batch to the keeper's, as far as this: the shipment.
async fn sent(world: &World, status: Status) -> DocumentId {
    let (district, far, item) = (world.country.district, world.country.far, world.country.items[0]);
    let stock = world::stock(world, far, item, "A1", 100).await;
    act(&world.node, move |txn, caller| {
        let line = AddLine {
            item: None,
            stock_line: Some(stock),
            quantity: Quantity::whole(40),
            batch: None,
            expiry: None,
            manufactured: None,
            pack_size: None,
            price: None,
            note: None,
            whole_packs: true,
            returns: None,
            reason: None,
        };
        let wish = Issue {
            store: far,
            to: End::Store(district),
            lines: vec![line],
            status: Some(status),
            reference: None,
            comment: None,
        };
        shipment::issue(txn, caller, &wish).map(|made| made.id)
    })
    .await
}

async fn detail(world: &World, token: &str, uri: String) -> ShipmentDetail {
    get(uri).by(token).send(&world.router).await.read()
}

async fn form(world: &World, token: &str, uri: String, body: &str) -> Answer {
    call(Method::POST, uri)
        .header("content-type", "application/x-www-form-urlencoded")
        .raw(body.to_owned())
        .by(token)
        .send(&world.router)
        .await
}

async fn page(world: &World, token: &str, uri: String) -> String {
    get(uri).by(token).send(&world.router).await.done().text()
}

#[tokio::test]
async fn goods_go_back_and_lists_and_files_tell_returns_apart() {
    let (world, _directory, token) = two_stores().await;
    let router = &world.router;
    let (district, far) = (world.country.district, world.country.far);
    let id = sent(&world, Status::Shipped).await;
    let inn = format!("/api/v1/inbound-shipments/{id}");
    let give = |line: DocumentId, quantity: u32| {
        let lines = json!([{ "returns": line, "quantity": quantity }]);
        let wish = json!({ "store": district, "returns": id, "lines": lines, "status": "shipped" });
        post("/api/v1/supplier-returns", wish).by(&token).send(router)
    };
    let line = detail(&world, &token, inn.clone()).await.line_details[0].id;
    give(line, 15).await.refused(409, "wrong-status");
    post(format!("{inn}/receive"), json!({})).by(&token).send(router).await.done();
    give(line, 41).await.refused(409, "insufficient-stock");
    let made = give(line, 15).await.done();
    assert_eq!(made.status, 201);
    let back = made.id();
    let seen = detail(&world, &token, format!("/api/v1/outbound-shipments/{back}")).await;
    assert_eq!((seen.kind, seen.returns, seen.receiver), (ShipmentKind::Return, Some(id), End::Store(far)));
    assert_eq!(seen.value, "1.875".parse().ok(), "15 of packs of 10 at 1.250");
    let original = detail(&world, &token, inn).await;
    assert_eq!((original.returned_by.len(), original.line_details[0].given_back), (1, Quantity::whole(15)));
    let list = |kind: &str| {
        let uri = format!("/api/v1/outbound-shipments?storeId={district}&kind={kind}");
        get(uri).by(&token).send(router)
    };
    let listed: Page<ShipmentListRow> = list("return").await.read();
    assert_eq!(listed.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [back]);
    let listed: Page<ShipmentListRow> = list("regular").await.read();
    assert!(listed.rows.is_empty());
    list("odd").await.refused(400, "invalid-parameter");
    let file = |uri: &str| get(format!("{uri}storeId={district}&kind=return")).by(&token).send(router);
    let all = file("/api/v1/outbound-shipments.csv?").await.done().text();
    assert!(all.lines().count() == 2 && all.contains("return") && all.contains("1.875"), "{all}");
    let lines = file("/api/v1/outbound-shipments/lines.csv?").await.done().text();
    assert!(lines.contains("A1") && lines.contains("1.875"), "{lines}");
}

#[tokio::test]
async fn what_a_partner_brings_back_names_a_reason_and_is_received_as_an_inbound_shipment() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let (store, item) = (world.country.cms, world.country.items[0]);
    let make = |uri: &str, wish: Value| post(uri, wish).by(&token).send(&world.router);
    let partner = json!({
        "code": "MAT", "name": "Maternity", "customer": true, "supplier": false, "manufacturer": false, "donor": false
    });
    let partner = make("/api/v1/partners", partner).await.done().id();
    let stock = world::stock(&world, store, item, "B1", 100).await;
    let lines = json!([{ "stockLine": stock, "quantity": 30 }]);
    let wish = json!({ "store": store, "to": { "partner": partner }, "lines": lines, "status": "shipped" });
    let given = make("/api/v1/outbound-shipments/issue", wish).await.done().id();
    let line = detail(&world, &token, format!("/api/v1/outbound-shipments/{given}")).await.line_details[0].id;
    let reason = make("/api/v1/reasons", json!({ "kind": "return", "text": "Not used" })).await.done().id();
    let take = |quantity: u32, reason: Option<DocumentId>| {
        let lines = json!([{ "returns": line, "quantity": quantity, "reason": reason }]);
        make("/api/v1/customer-returns", json!({ "store": store, "returns": given, "lines": lines }))
    };
    let refused = take(5, None).await.refused(422, "reason-required");
    assert_eq!(refused["errors"][0]["pointer"], "/lines/0/reason");
    take(31, Some(reason)).await.refused(409, "insufficient-stock");
    let back = take(12, Some(reason)).await.done().id();
    let inn = format!("/api/v1/inbound-shipments/{back}");
    make(&format!("{inn}/receive"), json!({})).await.done();
    let seen = detail(&world, &token, inn).await;
    assert_eq!((seen.kind, seen.sender), (ShipmentKind::Return, End::Partner(partner)));
    let line = &seen.line_details[0];
    assert_eq!((line.batch.as_deref(), line.reason_text.as_deref()), (Some("B1"), Some("Not used")));
    assert_eq!(seen.received_value, "1.5".parse().ok(), "12 of packs of 10 at 1.250");
    let ledger =
        get(format!("/api/v1/ledger.csv?storeId={store}&kind=return-in")).by(&token).send(&world.router);
    assert!(ledger.await.done().text().contains("Not used"));
}

#[tokio::test]
async fn prices_are_the_senders_until_the_goods_have_left_and_totals_are_exact() {
    let (world, _directory, token) = two_stores().await;
    let (district, far, item) = (world.country.district, world.country.far, world.country.items[0]);
    let stock = world::stock(&world, district, item, "B1", 100).await;
    let lines = json!([{ "stockLine": stock, "quantity": 25 }]);
    let wish = json!({ "store": district, "to": { "store": far }, "lines": lines });
    let id = post("/api/v1/outbound-shipments", wish).by(&token).send(&world.router).await.done().id();
    let out = format!("/api/v1/outbound-shipments/{id}");
    let seen = detail(&world, &token, out.clone()).await;
    let line = &seen.line_details[0];
    assert_eq!(
        (line.price, line.value),
        ("1.25".parse().ok(), "3.125".parse().ok()),
        "the stock line's price"
    );
    let url = format!("/outbound-shipments/{id}/lines/{}", line.id);
    let saved = form(&world, &token, url.clone(), "price=0%2C33").await;
    assert_eq!(saved.value()["cells"]["total"], "0,825");
    let refused = form(&world, &token, url.clone(), "price=dear").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let seen = detail(&world, &token, out.clone()).await;
    assert_eq!((seen.value, seen.line_details[0].price), ("0.825".parse().ok(), "0.33".parse().ok()));
    post(format!("{out}/ship"), json!({})).by(&token).send(&world.router).await.done();
    assert_eq!(form(&world, &token, url, "price=1").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn scanned_boxes_count_in_the_document_and_the_page_is_told_what_to_patch() {
    let (world, _directory, token) = two_stores().await;
    let (district, far, item) = (world.country.district, world.country.far, world.country.items[0]);
    let stock = world::stock(&world, district, item, "B1", 100).await;
    act(&world.node, move |txn, caller| {
        let wish = barcode::LearnBarcode { store: district, gtin: GTIN.into(), item, pack_size: Some(10) };
        barcode::learn(txn, caller, &wish).map(|_| ())
    })
    .await;
    let lines = json!([{ "stockLine": stock, "quantity": 20 }]);
    let wish = json!({ "store": district, "to": { "store": far }, "lines": lines });
    let id = post("/api/v1/outbound-shipments", wish).by(&token).send(&world.router).await.done().id();
    let out = format!("/api/v1/outbound-shipments/{id}");
    let scan =
        |text: String| post(format!("{out}/scan"), json!({ "text": text })).by(&token).send(&world.router);
    let found: ScannedBox = scan(format!("01{GTIN}10B1")).await.read();
    assert_eq!((found.counted, found.expected), (Quantity::whole(10), Quantity::whole(20)));
    let found: ScannedBox = scan(format!("01{GTIN}10B2")).await.read();
    assert_eq!((found.line, found.warnings), (None, vec![shipment::BoxWarning::WrongBatch]));
    scan("0109521234543214".into()).await.refused(422, "gs1-check-digit");
    let by_page = |text: &str| {
        call(Method::POST, format!("/outbound-shipments/{id}/scan"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-part", "scan")
            .raw(format!("text={text}"))
            .by(&token)
            .send(&world.router)
    };
    let line = detail(&world, &token, out.clone()).await.line_details[0].id;
    let told = by_page(&format!("01{GTIN}10B1")).await.done().value();
    assert_eq!(
        (&told["fields"][format!("k-{line}")], &told["warn"]),
        (&json!("20"), &json!(false)),
        "{told}"
    );
    assert!(told["cells"][format!("kc-{line}")].as_str().expect("a mark").contains("Complet"), "{told}");
    let told = by_page("0109521234543214").await.done().value();
    assert!(told["warn"] == true && !told["said"].as_str().expect("a sentence").is_empty(), "{told}");
    let checked = call(Method::PATCH, format!("{out}/lines/{line}/checked")).json(json!({ "quantity": 5 }));
    checked.by(&token).send(&world.router).await.done();
    // A reload finds what was counted; without a script the page says what came of a box.
    let shown = page(&world, &token, format!("/outbound-shipments/{id}")).await;
    assert!(shown.contains(&format!("id=\"k-{line}\" name=\"checked\" value=\"5\"")), "{shown}");
    let plain =
        form(&world, &token, format!("/outbound-shipments/{id}/scan"), &format!("text=01{GTIN}10B1")).await;
    assert_eq!(plain.status, StatusCode::SEE_OTHER);
    assert!(plain.header("set-cookie").contains("toast-box-counted|10"), "{plain:?}");
}

#[tokio::test]
async fn papers_say_where_to_go_what_it_is_worth_and_what_arrived() {
    let (world, _directory, token) = two_stores().await;
    let (district, far, item) = (world.country.district, world.country.far, world.country.items[0]);
    let id = sent(&world, Status::Shipped).await;
    let inn = format!("/api/v1/inbound-shipments/{id}");
    let line = detail(&world, &token, inn.clone()).await.line_details[0].id;
    let arrived = json!({ "lines": [{ "line": line, "quantity": 38, "note": "two broken" }] });
    post(format!("{inn}/receive"), arrived).by(&token).send(&world.router).await.done();
    let note = page(&world, &token, format!("/inbound-shipments/{id}/received-note")).await;
    for words in ["Bon de réception", "two broken", ">−2<", "4,75", "class=\"print-only signatures\""] {
        assert!(note.contains(words), "{words}: {note}");
    }
    let stock = world::stock(&world, district, item, "B1", 100).await;
    let lines = json!([{ "stockLine": stock, "quantity": 25 }]);
    let wish = json!({ "store": district, "to": { "store": far }, "lines": lines });
    let out = post("/api/v1/outbound-shipments", wish).by(&token).send(&world.router).await.done().id();
    let list = page(&world, &token, format!("/outbound-shipments/{out}/pick-list")).await;
    for words in ["Bon de prélèvement", "class=\"tick\"", "B1", ">2 + 5<"] {
        assert!(list.contains(words), "{words}: {list}");
    }
    let voucher = page(&world, &token, format!("/outbound-shipments/{out}/voucher")).await;
    for words in ["Bon de sortie", "1,25", "3,125"] {
        assert!(voucher.contains(words), "{words}: {voucher}");
    }
    // The other end has its own papers.
    let theirs = get(format!("/outbound-shipments/{id}/pick-list")).by(&token).send(&world.router).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    let either = get(format!("/shipments/{id}")).by(&token).send(&world.router).await;
    assert_eq!(either.header("location"), format!("/inbound-shipments/{id}"));
}

#[tokio::test]
async fn a_rejected_line_goes_back_by_one_form() {
    let (world, _directory, token) = two_stores().await;
    let id = sent(&world, Status::Shipped).await;
    let inn = format!("/api/v1/inbound-shipments/{id}");
    let line = detail(&world, &token, inn.clone()).await.line_details[0].id;
    let rejected = json!({ "lines": [{ "line": line, "verdict": "rejected" }] });
    post(format!("{inn}/receive"), rejected).by(&token).send(&world.router).await.done();
    let shown = page(&world, &token, format!("/inbound-shipments/{id}")).await;
    let way = format!("/supplier-returns/new?shipment={id}&amp;line={line}");
    assert!(shown.contains(&way), "{shown}");
    let offered = page(&world, &token, way.replace("&amp;", "&")).await;
    assert!(offered.contains(&format!("name=\"quantity.{line}\" value=\"40\"")), "{offered}");
    let body = format!("confirm=yes&status=shipped&shipment={id}&quantity.{line}=41");
    let refused = form(&world, &token, "/supplier-returns/new".into(), &body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("value=\"41\""), "what was typed comes back");
    let made = form(&world, &token, "/supplier-returns/new".into(), &body.replace("=41", "=40")).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    let back = page(&world, &token, made.header("location").to_owned()).await;
    assert!(back.contains("Retour") && back.contains(&format!("/shipments/{id}")), "{back}");
    let shown = page(&world, &token, format!("/supplier-returns/new?shipment={id}")).await;
    assert!(shown.contains("Rien ne peut repartir"), "{shown}");
}

#[tokio::test]
async fn notes_a_hold_and_a_cancellation_work_from_the_pages_of_their_end() {
    let (world, _directory, token) = two_stores().await;
    let (district, far, item) = (world.country.district, world.country.far, world.country.items[0]);
    let stock = world::stock(&world, district, item, "B1", 100).await;
    let lines = json!([{ "stockLine": stock, "quantity": 25 }]);
    let wish = json!({ "store": district, "to": { "store": far }, "lines": lines });
    let id = post("/api/v1/outbound-shipments", wish).by(&token).send(&world.router).await.done().id();
    let act = |what: &str, body: &'static str| {
        let uri = format!("/outbound-shipments/{id}/{what}");
        let (world, token) = (&world, &token);
        async move { form(world, token, uri, body).await.status }
    };
    assert_eq!(
        act("notes", "expected=2031-02-03&transport=Truck&reference=&comment=").await,
        StatusCode::SEE_OTHER
    );
    let out = format!("/api/v1/outbound-shipments/{id}");
    let seen = detail(&world, &token, out.clone()).await;
    assert_eq!((seen.expected, seen.transport.as_deref()), ("2031-02-03".parse().ok(), Some("Truck")));
    assert_eq!(act("hold", "hold=yes").await, StatusCode::SEE_OTHER);
    assert_eq!(act("status", "status=picked").await, StatusCode::CONFLICT);
    assert_eq!(act("hold", "hold=no").await, StatusCode::SEE_OTHER);
    assert_eq!(act("cancel", "").await, StatusCode::SEE_OTHER);
    assert_eq!(detail(&world, &token, out).await.status, Status::Cancelled);
    // The receiver writes its own note, and none of the sender's.
    let coming = sent(&world, Status::Shipped).await;
    let notes = format!("/inbound-shipments/{coming}/notes");
    let noted = form(&world, &token, notes.clone(), "receiver_comment=at+the+door").await;
    assert_eq!(noted.status, StatusCode::SEE_OTHER);
    let refused = form(&world, &token, notes, "expected=2031-02-03").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let seen = detail(&world, &token, format!("/api/v1/inbound-shipments/{coming}")).await;
    assert_eq!((seen.receiver_comment.as_deref(), seen.expected), (Some("at the door"), None));
}

/// What a page says in a read-only cell.
fn cell<'p>(page: &'p str, name: &str) -> &'p str {
    let start =
        page.find(&format!("data-live=\"{name}\"")).unwrap_or_else(|| panic!("no cell {name}: {page}"));
    let content = &page[start..];
    let content = &content[content.find('>').expect("a tag") + 1..];
    content[..content.find("</td>").or(content.find("</span>")).expect("an end")].trim()
}

#[tokio::test]
async fn a_receivers_open_page_hears_of_picking_and_reads_what_changed_in_cells_of_its_own() {
    let (world, _directory, token) = two_stores().await;
    let id = sent(&world, Status::Picked).await;
    let uri = format!("/inbound-shipments/{id}");
    let line = detail(&world, &token, format!("/api/v1{uri}")).await.line_details[0].id;
    let before = page(&world, &token, uri.clone()).await;
    assert_eq!(cell(&before, &format!("e-{line}")), "40");
    // What is typed stands in inputs, whose names the cells do not share: a patch of cells never touches them.
    assert!(
        before.contains(&format!("id=\"r-{line}\"")) && !before.contains(&format!("data-live=\"r-{line}\""))
    );
    let stream = get("/live").by(&token).stream(&world.router).await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    let mut stream = stream.into_body().into_data_stream();
    act(&world.node, move |txn, caller| {
        let less = UpdateLine { quantity: Some(Quantity::whole(30)), ..UpdateLine::default() };
        shipment::update_line(txn, caller, id, line, &less)
    })
    .await;
    let event = tokio::time::timeout(Duration::from_secs(20), stream.next()).await.expect("it is told");
    let event = event.expect("the stream goes on").expect("readable");
    assert!(String::from_utf8_lossy(&event).contains("event: changed"), "{event:?}");
    let live = get(uri.clone()).by(&token).header("x-part", "live").send(&world.router).await.done().text();
    assert_eq!(cell(&live, &format!("e-{line}")), "30");
    act(&world.node, move |txn, caller| {
        shipment::set_status(txn, caller, id, &shipment::SetStatus { status: Status::Shipped })
    })
    .await;
    stream.next().await.expect("the stream goes on").expect("readable");
    let live = page(&world, &token, uri).await;
    assert!(cell(&live, "status").contains("#truck"), "{}", cell(&live, "status"));
}
