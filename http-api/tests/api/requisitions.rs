//! Requisitions over the API: the whole way of one from both ends, who sees what of it, and what is refused.

use axum::http::Method;
use crdt_store::DocumentId;
use domain::requisition::{Approval, Status};
use domain::{Quantity, TaskKind};
use http_api::replies::{
    Page, RequisitionDetail, RequisitionLine, RequisitionListRow, ShipmentDetail, TaskEntry,
};
use serde_json::{Value, json};

use crate::world::{self, World, call, get, post};

/// A site with two stores: the store far away orders from the district.
struct Trade {
    world: World,
    _directory: tempfile::TempDir,
    /// Works in both stores.
    both: String,
    /// Works in the district only.
    district: String,
    /// Looks into the district only.
    looker: String,
}

impl Trade {
    async fn begin() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let world = world::site_of_two_stores(directory.path()).await;
        let (both, district) = (world.token("wanderer").await, world.token("keeper").await);
        let looker = world.token("looker").await;
        Self { world, _directory: directory, both, district, looker }
    }

    fn item(&self, at: usize) -> DocumentId {
        self.world.country.items[at]
    }

    /// An order of the store far away to the district, of so much of the first item.
    fn wish(&self, quantity: i64) -> Value {
        let country = &self.world.country;
        json!({
            "store": country.far, "supplier": { "store": country.district },
            "lines": [{ "item": self.item(0), "requested": quantity }],
        })
    }

    async fn draft(&self, quantity: i64) -> DocumentId {
        self.post("/api/v1/internal-orders", &self.both, self.wish(quantity)).await.done().id()
    }

    async fn sent(&self, quantity: i64) -> DocumentId {
        let id = self.draft(quantity).await;
        self.post(&format!("{}/send", order(id)), &self.both, json!({})).await.done();
        id
    }

    async fn get(&self, uri: &str, token: &str) -> world::Answer {
        get(uri).by(token).send(&self.world.router).await
    }

    async fn post(&self, uri: &str, token: &str, body: Value) -> world::Answer {
        post(uri, body).by(token).send(&self.world.router).await
    }

    async fn patch(&self, uri: &str, token: &str, body: Value) -> world::Answer {
        call(Method::PATCH, uri).json(body).by(token).send(&self.world.router).await
    }

    async fn delete(&self, uri: &str, token: &str) -> world::Answer {
        call(Method::DELETE, uri).by(token).send(&self.world.router).await
    }

    async fn detail(&self, uri: &str) -> RequisitionDetail {
        self.get(uri, &self.both).await.read()
    }

    /// The line of the first item.
    async fn line(&self, uri: &str) -> RequisitionLine {
        let found = self.detail(uri).await.line_details.into_iter();
        found.into_iter().find(|line| line.item == self.item(0)).expect("a line")
    }

    async fn tasks_of_district(&self) -> Vec<TaskKind> {
        let page: Page<TaskEntry> = self.get("/api/v1/tasks", &self.district).await.read();
        page.rows.into_iter().map(|row| row.kind).collect()
    }
}

fn order(id: DocumentId) -> String {
    format!("/api/v1/internal-orders/{id}")
}

fn requisition(id: DocumentId) -> String {
    format!("/api/v1/customer-requisitions/{id}")
}

fn units(count: i64) -> Quantity {
    Quantity::whole(count)
}

#[tokio::test]
async fn an_order_goes_its_way_and_both_ends_see_the_same_document() {
    let trade = Trade::begin().await;
    let (country, both, district) = (&trade.world.country, &trade.both, &trade.district);
    world::stock(&trade.world, country.district, trade.item(0), "A1", 100).await;

    let made = trade.post("/api/v1/internal-orders", both, trade.wish(40)).await.done();
    assert_eq!(made.status, 201);
    let number = made.value()["number"].as_str().expect("a number").to_owned();
    assert!(number.starts_with("FAR-"));
    let (ours, theirs) = (order(made.id()), requisition(made.id()));
    assert_eq!(made.header("location"), ours);

    // The customer writes.
    let other = format!("{ours}/lines/{}", trade.item(1));
    trade.patch(&ours, both, json!({ "emergency": true, "comment": "the rains come" })).await.done();
    let lines = json!({ "lines": [{ "item": trade.item(1), "requested": 5 }, { "item": trade.item(2) }] });
    trade.post(&format!("{ours}/lines"), both, lines).await.done();
    trade.patch(&other, both, json!({ "requested": 7, "note": "for the ward" })).await.done();
    let line = trade.detail(&ours).await.line_details.into_iter().find(|line| line.item == trade.item(1));
    let line = line.expect("a line");
    assert_eq!((line.requested, line.note.as_deref()), (units(7), Some("for the ward")));
    trade.post(&format!("{ours}/use-suggested"), both, json!({ "items": [trade.item(1)] })).await.done();
    trade.delete(&other, both).await.done();
    let sent = trade.post(&format!("{ours}/send"), both, json!({})).await;
    assert_eq!(sent.status, 204);
    trade.post(&format!("{ours}/send"), both, json!({})).await.done();
    trade.post(&format!("{ours}/discard"), both, json!({})).await.refused(409, "wrong-status");

    // The supplier finds it.
    let uri = "/api/v1/customer-requisitions?status=sent&emergency=true&search=far";
    let found: Page<RequisitionListRow> = trade.get(uri, district).await.read();
    assert_eq!((found.rows.len(), found.rows[0].other_name.as_str()), (1, "Far away"));
    assert_eq!((found.rows[0].lines, found.rows[0].comment.as_deref()), (1, Some("the rains come")));
    assert_eq!(trade.line(&theirs).await.available, Some(units(100)));
    assert_eq!(trade.line(&ours).await.available, None, "the supplier's shelf is its own");

    // The customer would have more; the supplier takes it.
    let line = format!("/lines/{}", trade.item(0));
    trade.patch(&format!("{ours}{line}"), both, json!({ "requested": 60 })).await.done();
    let amended = trade.line(&theirs).await;
    assert_eq!((amended.requested, amended.amendment), (units(40), Some(units(60))));
    assert_eq!(trade.tasks_of_district().await, [TaskKind::OrderAmended]);
    let take = format!("{theirs}{line}/take-amendment");
    trade.post(&take, district, json!({ "accept": true })).await.done();
    assert_eq!(trade.line(&ours).await.requested, units(60));
    assert!(trade.tasks_of_district().await.is_empty());

    // Half of it goes at once, the rest when the supplier can.
    let shipping = format!("{theirs}/ship");
    let ship = || trade.post(&shipping, district, json!({}));
    ship().await.refused(409, "nothing-remains");
    trade.patch(&format!("{theirs}{line}"), district, json!({ "supply": 30, "note": "half" })).await.done();
    let first = ship().await.done();
    assert_eq!(first.status, 200);
    assert!(first.value()["number"].as_str().expect("a number").starts_with("BODA-"));
    ship().await.refused(409, "nothing-remains");
    trade.post(&format!("{theirs}/supply-as-requested"), district, json!({})).await.done();
    assert_eq!(trade.line(&theirs).await.remaining, units(30));
    let second = ship().await.done();
    let approve = json!({ "approval": "approved", "comment": "in two parts" });
    trade.post(&format!("{theirs}/approve"), district, approve).await.done();
    for shipment in [first.id(), second.id()] {
        deliver(&trade, shipment, made.id(), &number).await;
    }

    // Both ends read what came of it.
    let seen = trade.detail(&ours).await;
    assert!(seen.is_covered);
    assert_eq!(seen.shipments.iter().map(|row| row.id).collect::<Vec<_>>(), [first.id(), second.id()]);
    assert_eq!(
        (seen.approval, seen.supplier_comment.as_deref()),
        (Some(Approval::Approved), Some("in two parts"))
    );
    assert_eq!(seen.line_details[0].progress.shipped, units(60));
    assert_eq!(seen.line_details[0].supply_note.as_deref(), Some("half"));
    trade.patch(&theirs, district, json!({ "supplierComment": null })).await.done();
    assert_eq!(trade.detail(&ours).await.supplier_comment, None);

    trade.post(&format!("{ours}/finalise"), both, json!({})).await.refused(403, "not-permitted");
    trade.post(&format!("{theirs}/finalise"), district, json!({})).await.done();
    trade.post(&format!("{theirs}/finalise"), district, json!({})).await.done();
    ship().await.refused(409, "wrong-status");
    assert_eq!(trade.detail(&ours).await.status, Status::Finalised);
}

/// Takes a shipment to the customer's shelf; it says which requisition it answers.
async fn deliver(trade: &Trade, shipment: DocumentId, requisition: DocumentId, number: &str) {
    let out = format!("/api/v1/outbound-shipments/{shipment}");
    let found: ShipmentDetail = trade.get(&out, &trade.district).await.read();
    assert_eq!((found.requisition, found.reference.as_deref()), (Some(requisition), Some(number)));
    assert_eq!(found.placeholders, 0, "batches were chosen");
    for act in ["pick", "ship"] {
        trade.post(&format!("{out}/{act}"), &trade.district, json!({})).await.done();
    }
    let receive = format!("/api/v1/inbound-shipments/{shipment}/receive");
    trade.post(&receive, &trade.both, json!({})).await.done();
}

#[tokio::test]
async fn a_draft_is_not_there_for_the_store_that_will_be_asked() {
    let trade = Trade::begin().await;
    let id = trade.draft(40).await;
    let (ours, theirs) = (order(id), requisition(id));
    let read = ["", "/history", "/as-of?at=2100-01-01T00:00:00Z", ".automerge", "/lines.csv"];
    for path in read {
        for noun in [&ours, &theirs] {
            trade.get(&format!("{noun}{path}"), &trade.district).await.refused(404, "not-found");
        }
        trade.get(&format!("{ours}{path}"), &trade.both).await.done();
    }
    trade.get(&theirs, &trade.both).await.refused(404, "not-found");
    for act in ["approve", "ship", "finalise"] {
        let body = if act == "approve" { json!({ "approval": "denied" }) } else { json!({}) };
        trade.post(&format!("{theirs}/{act}"), &trade.district, body).await.refused(404, "not-found");
    }
    let listed: Page<RequisitionListRow> =
        trade.get("/api/v1/customer-requisitions", &trade.district).await.read();
    assert!(listed.rows.is_empty());
    for file in ["/api/v1/customer-requisitions.csv", "/api/v1/customer-requisitions/lines.csv"] {
        let file = trade.get(file, &trade.district).await.done();
        assert_eq!(file.header("tributary-row-count"), "0");
    }

    trade.post(&format!("{ours}/send"), &trade.both, json!({})).await.done();
    for path in read {
        trade.get(&format!("{theirs}{path}"), &trade.district).await.done();
    }
    trade.get(&ours, &trade.district).await.refused(404, "not-found");
}

#[tokio::test]
async fn a_draft_thrown_away_is_gone_from_the_lists_and_keeps_its_history() {
    let trade = Trade::begin().await;
    let id = trade.draft(40).await;
    let ours = order(id);
    trade.post(&format!("{ours}/discard"), &trade.both, json!({})).await.done();
    trade.post(&format!("{ours}/discard"), &trade.both, json!({})).await.done();
    trade.post(&format!("{ours}/send"), &trade.both, json!({})).await.refused(409, "wrong-status");
    trade.get(&ours, &trade.both).await.refused(404, "not-found");
    let uri = format!("/api/v1/internal-orders?storeId={}", trade.world.country.far);
    let listed: Page<RequisitionListRow> = trade.get(&uri, &trade.both).await.read();
    assert!(listed.rows.is_empty());
    let history = trade.get(&format!("{ours}/history"), &trade.both).await.done().value();
    assert_eq!(history["rows"].as_array().expect("changes").len(), 2);
    let theirs = requisition(id);
    trade.get(&format!("{theirs}/history"), &trade.district).await.refused(404, "not-found");
}

#[tokio::test]
async fn each_end_writes_its_own_part_and_a_viewer_none() {
    let trade = Trade::begin().await;
    let id = trade.sent(40).await;
    let (ours, theirs) = (order(id), requisition(id));
    let line = format!("/lines/{}", trade.item(0));
    trade.get(&theirs, &trade.looker).await.done();
    let refused = |answer: world::Answer| {
        let problem = answer.refused(403, "not-permitted");
        problem["parameters"]["permission"].as_str().expect("a permission").to_owned()
    };
    let by_looker = [
        ("approve", json!({ "approval": "approved" }), "requisition-approve"),
        ("supply-as-requested", json!({}), "requisition-edit"),
        ("finalise", json!({}), "requisition-edit"),
        ("ship", json!({}), "outbound-edit"),
    ];
    for (act, body, permission) in by_looker {
        let answer = trade.post(&format!("{theirs}/{act}"), &trade.looker, body).await;
        assert_eq!(refused(answer), permission, "{act}");
    }
    let supply = trade.patch(&format!("{theirs}{line}"), &trade.looker, json!({ "supply": 1 })).await;
    assert_eq!(refused(supply), "requisition-edit");
    // The district does not work in the store far away, and whoever works there does not write the district's part.
    trade
        .patch(&format!("{ours}{line}"), &trade.district, json!({ "requested": 1 }))
        .await
        .refused(404, "not-found");
    let comment = trade.patch(&ours, &trade.both, json!({ "supplierComment": "ours" })).await;
    assert_eq!(refused(comment), "requisition-edit");
    let wish = trade.post("/api/v1/internal-orders", &trade.district, trade.wish(1)).await;
    wish.refused(403, "not-permitted");
    let mut wish = trade.wish(1);
    wish["store"] = json!(trade.world.country.district);
    wish["supplier"] = json!({ "store": trade.world.country.far });
    let by_looker = trade.post("/api/v1/internal-orders", &trade.looker, wish).await;
    assert_eq!(refused(by_looker), "requisition-edit");
    let elsewhere = format!("/api/v1/internal-orders?storeId={}", trade.world.country.far);
    trade.get(&elsewhere, &trade.district).await.refused(403, "not-permitted");
    trade.get("/api/v1/internal-orders", &trade.both).await.refused(400, "store-required");
}

#[tokio::test]
async fn what_cannot_be_ordered_is_refused_and_pointed_at() {
    let trade = Trade::begin().await;
    let (far, item) = (trade.world.country.far, trade.item(0));
    let with = |name: &str, value: Value| {
        let mut wish = trade.wish(40);
        wish[name] = value;
        wish
    };
    let nobody = DocumentId::NIL;
    for (wish, status, code, pointer) in [
        (with("colour", json!("red")), 422, "validation", "/colour"),
        (with("supplier", json!({ "store": far })), 422, "validation", "/supplier"),
        (with("supplier", Value::Null), 422, "validation", "/supplier"),
        (with("supplier", json!({ "partner": nobody })), 404, "not-found", "/supplier"),
        (with("minMonths", json!(61)), 422, "validation", "/minMonths"),
        (with("maxMonths", json!(-1)), 422, "validation", "/maxMonths"),
        (with("lines", json!([{ "item": item, "requested": -1 }])), 422, "validation", "/lines/0/requested"),
        (with("lines", json!([{ "item": item }, { "item": nobody }])), 404, "not-found", "/lines/1/item"),
        (with("lines", json!([{ "item": item, "count": 1 }])), 422, "validation", "/lines/0/count"),
        (with("expected", json!("soon")), 422, "validation", "/expected"),
    ] {
        let problem =
            trade.post("/api/v1/internal-orders", &trade.both, wish.clone()).await.refused(status, code);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{wish}: {problem}");
    }
    let uri = format!("/api/v1/internal-orders?storeId={far}");
    let listed: Page<RequisitionListRow> = trade.get(&uri, &trade.both).await.read();
    assert!(listed.rows.is_empty(), "nothing of all this has made an order");
    trade.get(&format!("{uri}&colour=red"), &trade.both).await.refused(400, "unknown-parameter");
    trade.get(&format!("{uri}&status=lost"), &trade.both).await.refused(400, "invalid-parameter");

    let empty =
        trade.post("/api/v1/internal-orders", &trade.both, with("lines", json!([]))).await.done().id();
    let problem = trade.post(&format!("{}/send", order(empty)), &trade.both, json!({})).await;
    assert_eq!(problem.refused(422, "validation")["errors"][0]["pointer"], "/lines");
}

#[tokio::test]
async fn what_cannot_be_done_with_a_sent_order_is_refused_and_pointed_at() {
    let trade = Trade::begin().await;
    let id = trade.sent(40).await;
    let (ours, theirs) = (order(id), requisition(id));
    let line = format!("/lines/{}", trade.item(0));
    let pointer = |answer: world::Answer| {
        let problem = answer.refused(422, "validation");
        problem["errors"][0]["pointer"].as_str().expect("a pointer").to_owned()
    };
    let (both, district) = (&trade.both, &trade.district);
    assert_eq!(pointer(trade.patch(&theirs, district, json!({ "comment": "ours" })).await), "/comment");
    let their_line = format!("{theirs}{line}");
    let supply = |body| trade.patch(&their_line, district, body);
    let bad = [json!({ "supply": -1 }), json!({ "supply": null }), json!({ "supply": "many" })];
    for body in bad {
        assert_eq!(pointer(supply(body.clone()).await), "/supply", "{body}");
    }
    assert_eq!(pointer(supply(json!({ "requested": 1 })).await), "/requested");
    let approve = trade.post(&format!("{theirs}/approve"), district, json!({ "approval": "maybe" })).await;
    assert_eq!(pointer(approve), "/approval");
    let missing = trade.post(&format!("{theirs}{line}/take-amendment"), district, json!({})).await;
    missing.refused(422, "validation");
    assert_eq!(
        pointer(trade.patch(&format!("{ours}{line}"), both, json!({ "requested": -1 })).await),
        "/requested"
    );

    let unknown = format!("/lines/{}", trade.item(5));
    trade
        .patch(&format!("{theirs}{unknown}"), district, json!({ "supply": 1 }))
        .await
        .refused(404, "not-found");
    trade.delete(&format!("{ours}{unknown}"), both).await.refused(404, "not-found");
    trade.delete(&format!("{ours}/lines/first"), both).await.refused(404, "not-found");
    trade.patch(&ours, both, json!({ "emergency": true })).await.refused(409, "wrong-status");
    trade.post(&format!("{ours}/use-suggested"), both, json!({})).await.refused(409, "wrong-status");
    let denied = json!({ "approval": "denied", "comment": "no stock" });
    trade.post(&format!("{theirs}/approve"), district, denied).await.done();
    trade.post(&format!("{theirs}/ship"), district, json!({})).await.refused(409, "wrong-status");
}

#[tokio::test]
async fn a_wish_sent_twice_is_done_once_and_an_old_version_is_merged_unless_the_sender_is_strict() {
    let trade = Trade::begin().await;
    world::stock(&trade.world, trade.world.country.district, trade.item(0), "A1", 100).await;
    let make = || {
        let wish = post("/api/v1/internal-orders", trade.wish(40)).by(&trade.both);
        wish.header("idempotency-key", "order-1").send(&trade.world.router)
    };
    let first = make().await.done();
    assert_eq!(first.body, make().await.done().body);
    let (ours, theirs) = (order(first.id()), requisition(first.id()));

    let read = trade.get(&ours, &trade.both).await.done();
    let etag = read.header("etag").to_owned();
    let same = get(&ours).by(&trade.both).header("if-none-match", &etag).send(&trade.world.router).await;
    assert_eq!(same.status, 304);
    trade.patch(&ours, &trade.both, json!({ "reference": "R-1" })).await.done();
    let stale = |body| call(Method::PATCH, &ours).json(body).by(&trade.both).header("if-match", &etag);
    let strict = stale(json!({ "comment": "x" })).header("prefer", "handling=strict");
    strict.send(&trade.world.router).await.refused(412, "stale-heads");
    let merged = stale(json!({ "comment": "y" })).send(&trade.world.router).await.done();
    assert_eq!(merged.header("tributary-merged"), "true");
    let seen = trade.detail(&ours).await;
    assert_eq!((seen.reference.as_deref(), seen.comment.as_deref()), (Some("R-1"), Some("y")));

    trade.post(&format!("{ours}/send"), &trade.both, json!({})).await.done();
    trade.post(&format!("{theirs}/supply-as-requested"), &trade.district, json!({})).await.done();
    let ship = || {
        let wish = post(format!("{theirs}/ship"), json!({})).by(&trade.district);
        wish.header("idempotency-key", "ship-1").send(&trade.world.router)
    };
    let made = ship().await.done();
    assert_eq!(made.body, ship().await.done().body);
    assert_eq!(trade.detail(&theirs).await.shipments.len(), 1);
}

#[tokio::test]
async fn lists_come_in_pages_and_as_files_with_every_row_once() {
    let trade = Trade::begin().await;
    let far = trade.world.country.far;
    for quantity in 1..=5 {
        trade.sent(quantity).await;
    }
    let last = trade.draft(6).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let uri = format!("/api/v1/internal-orders?storeId={far}&limit=2{cursor}");
        let page: Page<RequisitionListRow> = trade.get(&uri, &trade.both).await.read();
        seen.extend(page.rows.into_iter().map(|row| row.id));
        match page.next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((seen.len(), seen[0]), (6, last), "the newest first");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6);

    let drafts = format!("/api/v1/internal-orders.csv?storeId={far}&status=draft");
    let file = trade.get(&drafts, &trade.both).await.done();
    assert_eq!(file.header("tributary-row-count"), "1");
    assert!(
        file.text().contains(&last.to_string()) && file.text().contains(",draft,Boda,"),
        "{}",
        file.text()
    );
    for (file, rows) in [
        (format!("/api/v1/internal-orders.xlsx?storeId={far}&language=fr"), "6"),
        (format!("/api/v1/internal-orders/lines.csv?storeId={far}"), "6"),
        ("/api/v1/customer-requisitions.csv?emergency=false".to_owned(), "5"),
        ("/api/v1/customer-requisitions.csv?emergency=true".to_owned(), "0"),
        ("/api/v1/customer-requisitions/lines.xlsx".to_owned(), "5"),
    ] {
        let token = if file.contains("customer") { &trade.district } else { &trade.both };
        assert_eq!(trade.get(&file, token).await.done().header("tributary-row-count"), rows, "{file}");
    }
    let lines = trade.get(&format!("{}/lines.csv?language=en", order(last)), &trade.both).await.done().text();
    assert!(lines.contains("Requested") && lines.contains("ITM000"), "{lines}");
}

#[tokio::test]
async fn where_a_partner_supplies_the_customer_closes_its_own_order() {
    let world = world::central().await;
    let token = world.token("admin").await;
    let send = |uri: &str, body: Value| post(uri, body).by(&token).send(&world.router);
    let partner = json!({ "code": "UNI", "name": "Unicef", "supplier": true });
    let partner = send("/api/v1/partners", partner).await.done().id();
    let (cms, item) = (world.country.cms, world.country.items[0]);
    let wish = json!({
        "store": cms, "supplier": { "partner": partner }, "lines": [{ "item": item, "requested": 900 }],
    });
    let id = send("/api/v1/internal-orders", wish).await.done().id();
    let ours = order(id);
    send(&format!("{ours}/send"), json!({})).await.done();
    get(requisition(id)).by(&token).send(&world.router).await.refused(404, "not-found");
    let line = format!("{ours}/lines/{item}");
    let more = call(Method::PATCH, &line).json(json!({ "requested": 1_000 })).by(&token);
    more.send(&world.router).await.done();
    send(&format!("{line}/take-amendment"), json!({ "accept": true })).await.done();
    send(&format!("{ours}/finalise"), json!({})).await.done();
    let seen: RequisitionDetail = get(&ours).by(&token).send(&world.router).await.read();
    assert_eq!((seen.status, seen.supplier_name.as_str()), (Status::Finalised, "Unicef"));
    assert_eq!(seen.line_details[0].requested, units(1_000));

    // Central looks into every store and writes orders for its own only.
    let elsewhere = json!({ "store": world.country.far, "supplier": { "store": cms } });
    send("/api/v1/internal-orders", elsewhere).await.refused(403, "read-only-here");
    let uri = format!("/api/v1/internal-orders?storeId={}", world.country.far);
    get(uri).by(&token).send(&world.router).await.done();
}

#[tokio::test]
async fn the_description_tells_the_status_of_an_order_from_that_of_its_shipments() {
    let description = world::central().await.openapi().await;
    let schemas = &description["components"]["schemas"];
    let words_of = |row: &str| {
        let name = schemas[row]["properties"]["status"]["$ref"].as_str().expect("a reference");
        description.pointer(&format!("{}/enum", &name[1..])).expect("words").clone()
    };
    assert_eq!(words_of("RequisitionDetail"), json!(["draft", "sent", "finalised", "discarded"]));
    assert!(words_of("ShipmentRow").as_array().expect("words").contains(&json!("picked")));
    for row in ["ShipmentListRow", "ShipmentDetail"] {
        assert!(schemas[row]["properties"]["requisition"].is_object(), "{row}");
    }
    let ship = &description["paths"]["/api/v1/customer-requisitions/{id}/ship"]["post"];
    assert!(ship["responses"]["409"]["description"].as_str().expect("words").contains("nothing-remains"));
}

#[tokio::test]
async fn the_lines_of_a_draft_come_in_as_a_file_and_its_own_file_comes_back() {
    let trade = Trade::begin().await;
    let id = trade.draft(40).await;
    let codes: Vec<String> = trade.get("/api/v1/items?limit=10", &trade.both).await.done().value()["rows"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| item["code"].as_str().expect("a code").to_owned())
        .collect();
    let send = |query: String, token: String, body: String| {
        let router = &trade.world.router;
        async move {
            let uri = format!("/api/v1/imports?{query}");
            call(Method::POST, uri).by(&token).raw(body.into_bytes()).send(router).await
        }
    };
    let query = format!("kind=order-lines&order={id}&file=order.csv");
    let both = || trade.both.clone();
    let file = format!(
        "Code article;Quantité;Remarque\n{};70;urgent\n{};12;\nNONE;1;\n{};;\n",
        codes[0], codes[1], codes[2]
    );
    let seen = send(query.clone(), both(), file).await.done().value();
    assert_eq!((&seen["about"], &seen["blankRows"]), (&json!(id), &json!(1)));
    assert_eq!((&seen["created"], &seen["changed"], &seen["errorCount"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!((&seen["errors"][0]["code"], &seen["errors"][0]["line"]), (&json!("unknown-item"), &json!(4)));
    let apply = format!("/api/v1/imports/{}/apply", seen["id"].as_str().expect("an id"));
    trade.post(&apply, &trade.both, json!({})).await.refused(409, "import-has-errors");
    let done = trade.post(&apply, &trade.both, json!({ "leaveOutErrors": true })).await.done().value();
    assert_eq!((&done["status"], &done["rowsDone"]), (&json!("done"), &json!(2)));
    let asked = |detail: RequisitionDetail| -> Vec<(String, Quantity, Option<String>)> {
        detail.line_details.into_iter().map(|line| (line.item_code, line.requested, line.note)).collect()
    };
    let lines = asked(trade.detail(&order(id)).await);
    assert!(lines.contains(&(codes[0].clone(), units(70), Some("urgent".to_owned()))), "{lines:?}");
    assert!(lines.contains(&(codes[1].clone(), units(12), None)), "{lines:?}");

    // Its own file, in the language of whoever filled it in, says what is there.
    let uri = format!("/api/v1/internal-orders/{id}/lines.csv?language=fr");
    let own = trade.get(&uri, &trade.both).await.done().text();
    let back = send(query.clone(), both(), own).await.done().value();
    assert_eq!((&back["same"], &back["errorCount"]), (&json!(2), &json!(0)), "{back}");

    let chosen = json!({ "store": trade.world.country.far });
    let choose = call(Method::PUT, "/api/v1/session/store").json(chosen).by(&trade.both);
    choose.send(&trade.world.router).await.done();
    let page = trade.get(&format!("/internal-orders/{id}"), &trade.both).await.done().text();
    assert!(page.contains(&format!("/imports?kind=order-lines&amp;order={id}")), "{page}");
    let start = trade.get(&format!("/imports?kind=order-lines&order={id}"), &trade.both).await.done().text();
    assert!(start.contains("multipart/form-data") && start.contains(&format!("/internal-orders/{id}")));

    let file = format!("code,quantity\n{},5\n", codes[0]);
    send("kind=order-lines".to_owned(), both(), file.clone()).await.refused(422, "validation");
    send(query.clone(), trade.looker.clone(), file.clone()).await.refused(403, "not-permitted");
    trade.post(&format!("{}/send", order(id)), &trade.both, json!({})).await.done();
    send(query, both(), file).await.refused(409, "wrong-status");
}
