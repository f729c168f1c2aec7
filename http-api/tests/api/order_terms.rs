//! What binds orders, over the API: periods and kinds of orders that central makes, limits, and fair shares.

use axum::http::Method;
use crdt_store::DocumentId;
use domain::period_schedule::PeriodScheduleRow;
use domain::programme::ProgrammeRow;
use domain::{Date, Quantity};
use http_api::replies::{ItemShares, RequisitionDetail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::world::{self, Answer, World, call, get, post};

#[derive(Deserialize)]
struct Rows<T> {
    rows: Vec<T>,
}

async fn patch(world: &World, token: &str, uri: &str, body: Value) -> Answer {
    call(Method::PATCH, uri).json(body).by(token).send(&world.router).await
}

async fn ask(world: &World, token: &str, uri: &str, body: Value) -> Answer {
    post(uri, body).by(token).send(&world.router).await
}

#[tokio::test]
async fn central_makes_periods_and_kinds_of_orders_and_orders_keep_to_them() {
    let world = world::central().await;
    let admin = world.token("admin").await;
    let country = &world.country;
    let schedules = "/api/v1/period-schedules";
    let wish = json!({ "name": "Quarters", "months": 3, "first": "2020-01-01" });
    let schedule = ask(&world, &admin, schedules, wish).await.done().id();
    let known: Rows<PeriodScheduleRow> = get(schedules).by(&admin).send(&world.router).await.read();
    assert_eq!((known.rows.len(), known.rows[0].months), (1, 3));
    let one = format!("{schedules}/{schedule}");
    patch(&world, &admin, &one, json!({ "name": "Quarterly" })).await.done();
    let row: PeriodScheduleRow = get(&one).by(&admin).send(&world.router).await.read();
    assert_eq!(row.name, "Quarterly");
    // Its periods cannot be changed.
    patch(&world, &admin, &one, json!({ "months": 1 })).await.refused(422, "validation");
    ask(&world, &admin, schedules, json!({ "name": "x", "months": 0, "first": "2020-01-01" }))
        .await
        .refused(422, "validation");

    let item = country.items[0];
    let wish = json!({ "code": "EPI", "name": "Vaccines", "items": [item], "schedule": schedule });
    let programme = ask(&world, &admin, "/api/v1/programmes", wish).await.done().id();
    let kinds = format!("/api/v1/programmes/{programme}/order-types");
    let wish = json!({ "name": "Regular", "minMonths": 1, "maxMonths": 2, "maxOrders": 1, "maxLines": 1 });
    let kind = ask(&world, &admin, &kinds, wish.clone()).await.done().id();
    ask(&world, &admin, &kinds, wish).await.refused(422, "validation");
    let change = json!({ "name": "Routine", "maxMonths": "2.5" });
    patch(&world, &admin, &format!("{kinds}/{kind}"), change).await.done();
    let elsewhere = format!("{kinds}/{item}");
    patch(&world, &admin, &elsewhere, json!({ "active": false })).await.refused(404, "not-found");
    let found: ProgrammeRow =
        get(format!("/api/v1/programmes/{programme}")).by(&admin).send(&world.router).await.read();
    assert_eq!((found.schedule, found.order_types[0].name.as_str()), (Some(schedule), "Routine"));

    // An order of that kind, for the period that is under way; and no second one.
    let orders = "/api/v1/internal-orders";
    let wish = json!({
        "store": country.cms, "supplier": { "store": country.far }, "programme": programme, "orderType": kind,
        "lines": [{ "item": item, "requested": 5 }],
    });
    let order = ask(&world, &admin, orders, wish.clone()).await.done().id();
    let refusal = ask(&world, &admin, orders, wish.clone()).await.refused(409, "order-limit");
    assert_eq!(refusal["errors"][0]["pointer"], "/orderType");
    let mut without = wish.clone();
    without["orderType"] = Value::Null;
    ask(&world, &admin, orders, without).await.refused(422, "validation");
    let uri = format!("{orders}/{order}");
    patch(&world, &admin, &uri, json!({ "maxMonths": 9 })).await.refused(422, "validation");
    ask(&world, &admin, &format!("{uri}/send"), json!({})).await.done();
    let detail: RequisitionDetail = get(&uri).by(&admin).send(&world.router).await.read();
    assert_eq!(detail.order_type_name.as_deref(), Some("Routine"));
    assert_eq!((detail.max_months, detail.max_lines), (Quantity::from_thousandths(2_500), Some(1)));
    let limit = detail.limit.expect("it is limited");
    assert_eq!((limit.sent, limit.allowed), (1, 1));
    let (from, to): (Date, Date) = (detail.period.expect("one"), detail.period_end.expect("one"));
    assert!(from.day() == 1 && to.tomorrow().expect("a day").day() == 1 && from < to);

    // An order with more lines than its kind may have is not sent.
    patch(&world, &admin, &format!("{kinds}/{kind}"), json!({ "maxOrders": 2 })).await.done();
    let second = ask(&world, &admin, orders, wish).await.done().id();
    let items = json!({ "addItems": [country.items[1]] });
    patch(&world, &admin, &format!("/api/v1/programmes/{programme}"), items).await.done();
    let more = json!({ "lines": [{ "item": country.items[1], "requested": 5 }] });
    ask(&world, &admin, &format!("{orders}/{second}/lines"), more).await.done();
    ask(&world, &admin, &format!("{orders}/{second}/send"), json!({})).await.refused(409, "order-too-long");
}

#[tokio::test]
async fn a_site_makes_no_periods_and_no_kinds_of_orders() {
    let directory = tempfile::tempdir().expect("a directory");
    let world = world::site(directory.path()).await;
    let keeper = world.token("keeper").await;
    let wish = json!({ "name": "Months", "months": 1, "first": "2020-01-01" });
    ask(&world, &keeper, "/api/v1/period-schedules", wish).await.refused(403, "central-only");
    let uri = format!("/api/v1/programmes/{}/order-types", world.country.items[0]);
    let wish = json!({ "name": "Regular", "minMonths": 1, "maxMonths": 2 });
    ask(&world, &keeper, &uri, wish).await.refused(403, "central-only");
}

#[tokio::test]
async fn what_is_short_is_shown_and_given_in_fair_shares() {
    let directory = tempfile::tempdir().expect("a directory");
    let world = world::site_of_two_stores(directory.path()).await;
    let (both, looker) = (world.token("wanderer").await, world.token("looker").await);
    let country = &world.country;
    let (plenty, short) = (country.items[0], country.items[1]);
    world::stock(&world, country.district, plenty, "A1", 1_000).await;
    world::stock(&world, country.district, short, "B1", 50).await;
    let mut sent: Vec<DocumentId> = Vec::new();
    for wanted in [30, 60] {
        let wish = json!({
            "store": country.far, "supplier": { "store": country.district },
            "lines": [{ "item": plenty, "requested": 7 }, { "item": short, "requested": wanted }],
        });
        let id = ask(&world, &both, "/api/v1/internal-orders", wish).await.done().id();
        ask(&world, &both, &format!("/api/v1/internal-orders/{id}/send"), json!({})).await.done();
        sent.push(id);
    }
    let uri = format!("/api/v1/customer-requisitions/{}", sent[0]);
    let found: Rows<ItemShares> =
        get(format!("{uri}/fair-shares")).by(&looker).send(&world.router).await.read();
    assert_eq!(found.rows.len(), 1, "of the other there is enough");
    let shares: Vec<(DocumentId, Quantity)> =
        found.rows[0].shares.iter().map(|share| (share.requisition, share.quantity)).collect();
    // 5 packs of 10 for 3 and 6: 1.67 and 3.33.
    assert_eq!(shares, [(sent[0], Quantity::whole(20)), (sent[1], Quantity::whole(30))]);
    let give = format!("{uri}/supply-fairly");
    ask(&world, &looker, &give, json!({})).await.refused(403, "not-permitted");
    ask(&world, &both, &give, json!({})).await.done();
    let detail: RequisitionDetail = get(&uri).by(&both).send(&world.router).await.read();
    let supply =
        |item| detail.line_details.iter().find(|line| line.item == item).expect("a line").progress.supply;
    assert_eq!((supply(plenty), supply(short)), (Quantity::whole(7), Quantity::whole(20)));
    // A draft is nobody's to share, and the customer does not see the supplier's shelf.
    let ours = format!("/api/v1/internal-orders/{}/fair-shares", sent[0]);
    get(&ours).by(&both).send(&world.router).await.refused(404, "no-such-route");
}
