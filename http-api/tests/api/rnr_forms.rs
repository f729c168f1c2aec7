//! R&R forms over the API: the whole way of one to its order, what is missing, what is refused, and who may look.

use axum::http::Method;
use domain::Quantity;
use domain::period_schedule::Period;
use domain::rnr::{Column, Status};
use http_api::replies::{DueForm, Page, RequisitionDetail, RnrFormDetail, RnrFormLine, RnrFormListRow};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::world::{self, Answer, World, call, get, post};

const FORMS: &str = "/api/v1/rnr-forms";

#[derive(Deserialize)]
struct Rows<T> {
    rows: Vec<T>,
}

/// The store far away reports to the district.
struct Reporting {
    world: World,
    programme: String,
    _directory: tempfile::TempDir,
    /// Works in both stores.
    both: String,
}

impl Reporting {
    async fn begin() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let (world, programme) = world::reporting(directory.path()).await;
        let both = world.token("wanderer").await;
        Self { world, programme: programme.to_string(), _directory: directory, both }
    }

    fn far(&self) -> String {
        self.world.country.far.to_string()
    }

    fn item(&self, at: usize) -> String {
        self.world.country.items[at].to_string()
    }

    async fn get(&self, uri: &str) -> Answer {
        get(uri).by(&self.both).send(&self.world.router).await
    }

    async fn post(&self, uri: &str, body: Value) -> Answer {
        post(uri, body).by(&self.both).send(&self.world.router).await
    }

    async fn patch(&self, uri: &str, body: Value) -> Answer {
        call(Method::PATCH, uri).json(body).by(&self.both).send(&self.world.router).await
    }

    /// The periods for which a form may be made now: the one that runs first.
    async fn periods(&self) -> Vec<Period> {
        let uri = format!("{FORMS}/periods?storeId={}&programme={}", self.far(), self.programme);
        self.get(&uri).await.read::<Rows<Period>>().rows
    }

    fn wish(&self, period: &str) -> Value {
        json!({ "store": self.far(), "programme": self.programme, "period": period })
    }

    /// The form of the last period that is over; its address.
    async fn form(&self) -> String {
        let period = self.periods().await[1].from.to_string();
        format!("{FORMS}/{}", self.post(FORMS, self.wish(&period)).await.done().id())
    }

    async fn detail(&self, uri: &str) -> RnrFormDetail {
        self.get(uri).await.read()
    }

    async fn line(&self, uri: &str, at: usize) -> RnrFormLine {
        let item = self.world.country.items[at];
        let found = self.detail(uri).await.line_details;
        found.into_iter().find(|line| line.item == item).expect("a line")
    }
}

fn units(count: i64) -> Quantity {
    Quantity::whole(count)
}

#[tokio::test]
async fn a_form_goes_its_way_to_the_order_that_follows_from_it() {
    let reporting = Reporting::begin().await;
    let due: Rows<DueForm> = reporting.get(&format!("{FORMS}/due?storeId={}", reporting.far())).await.read();
    let period = reporting.periods().await[1];
    assert_eq!((due.rows.len(), due.rows[0].period, due.rows[0].is_over), (1, period, true));

    let made = reporting.post(FORMS, reporting.wish(&period.from.to_string())).await.done();
    let form = format!("{FORMS}/{}", made.id());
    assert_eq!((made.status.as_u16(), made.header("location")), (201, form.as_str()));
    let again = reporting.post(FORMS, reporting.wish(&period.from.to_string())).await.done();
    assert_eq!(again.id(), made.id(), "making it twice is making it once");

    // Nothing moved in that month; somebody knows better.
    let (item, other) = (reporting.item(0), reporting.item(1));
    let lines = json!({ "lines": [
        { "item": item, "set": { "initialBalance": 100, "received": 50, "consumed": 90, "note": "counted" } },
        { "item": other, "set": { "stockOutDays": 12 }, "was": { "stockOutDays": 0 } },
    ] });
    reporting.patch(&format!("{form}/lines"), lines).await.done();
    let line = reporting.line(&form, 0).await;
    assert_eq!((line.final_balance, line.confirmed), (units(60), false));
    assert_eq!(line.entered, [Column::InitialBalance, Column::Received, Column::Consumed]);
    assert_eq!(line.computed.expect("the ledger").received, units(0));
    assert_eq!(line.requested, line.figures.requested);
    assert!(line.requested.is_positive());

    reporting.post(&format!("{form}/confirm"), json!({ "confirmed": true })).await.done();
    reporting.patch(&form, json!({ "comment": "before the rains" })).await.done();
    let reply = reporting.post(&format!("{form}/finalise"), json!({})).await.done().value();
    let order = reply["requisition"].as_str().expect("an order").to_owned();
    let found = reporting.detail(&form).await;
    assert_eq!(
        (found.status, found.requisition.map(|id| id.to_string())),
        (Status::Finalised, Some(order.clone()))
    );
    assert_eq!(found.finalised_by_name.as_deref(), Some("wanderer"));

    for side in ["internal-orders", "customer-requisitions"] {
        let seen: RequisitionDetail = reporting.get(&format!("/api/v1/{side}/{order}")).await.read();
        assert_eq!(
            (seen.status.code(), Some(seen.number), seen.rnr_form),
            ("sent", found.requisition_number.clone(), Some(found.id))
        );
        assert_eq!((seen.line_details.len(), seen.line_details[0].requested), (1, line.requested));
        assert_eq!(seen.comment.as_deref(), Some("before the rains"));
    }
    let page: Page<RnrFormListRow> =
        reporting.get(&format!("{FORMS}?storeId={}&status=finalised", reporting.far())).await.read();
    assert_eq!((page.rows.len(), page.rows[0].programme_name.as_str()), (1, "Immunisation"));

    // What was reported as a table, and how it came to be.
    let file = reporting.get(&format!("{form}/lines.csv")).await.done();
    assert_eq!(file.header("tributary-row-count"), "2");
    let text = file.text();
    assert!(text.contains("average monthly consumption") && text.contains(",100,50,90,0,0,60,"), "{text}");
    reporting.get(&format!("{form}/lines.xlsx")).await.done();
    reporting.get(&format!("{FORMS}.csv?storeId={}", reporting.far())).await.done();
    let history = reporting.get(&format!("{form}/history")).await.done().value();
    assert!(history["rows"].as_array().expect("rows").len() >= 4, "{history}");
    let document = reporting.get(&format!("{form}.automerge")).await.done();
    assert_eq!(document.header("content-type"), "application/vnd.automerge");
}

#[tokio::test]
async fn what_stands_against_a_form_is_said_with_its_place() {
    let reporting = Reporting::begin().await;
    let form = reporting.form().await;
    let finalise = format!("{form}/finalise");
    let problem = reporting.post(&finalise, json!({})).await.refused(409, "not-confirmed");
    let first = reporting.item(0).min(reporting.item(1));
    assert_eq!(problem["errors"][0]["pointer"], format!("/lines/{first}/confirmed"));
    assert_eq!(problem["parameters"]["others"], "1");

    let item = reporting.item(0);
    let fill = |set: Value| {
        let uri = format!("{form}/lines");
        let body = json!({ "lines": [{ "item": item, "set": set }] });
        async move { call(Method::PATCH, uri).json(body) }
    };
    let send = |wish: world::Call| wish.by(&reporting.both).send(&reporting.world.router);
    send(fill(json!({ "finalBalance": 5 })).await).await.done();
    let confirm = json!({ "items": [item], "confirmed": true });
    let problem = reporting.post(&format!("{form}/confirm"), confirm.clone()).await;
    let problem = problem.refused(409, "does-not-add-up");
    assert_eq!(problem["parameters"]["expected"], "0");
    let found = reporting.line(&form, 0).await;
    let codes: Vec<&str> = found.problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["does-not-add-up", "not-confirmed"]);
    assert_eq!(found.problems[0].expected, Some(units(0)));

    send(fill(json!({ "finalBalance": null, "losses": -1, "adjustments": -1 })).await).await.done();
    reporting.post(&format!("{form}/confirm"), confirm.clone()).await.refused(409, "negative-quantity");
    send(fill(json!({ "losses": null, "adjustments": null, "stockOutDays": 32 })).await).await.done();
    reporting.post(&format!("{form}/confirm"), confirm).await.refused(409, "longer-than-period");
    send(fill(json!({ "stockOutDays": 1_000 })).await).await.refused(422, "validation");

    let stale = json!({ "lines": [{ "item": item, "set": { "consumed": 1 }, "was": { "consumed": 7 } }] });
    let problem = reporting.patch(&format!("{form}/lines"), stale).await.refused(409, "stale-cell");
    assert_eq!(problem["parameters"]["value"], "0");
    let unknown = json!({ "lines": [{ "item": reporting.item(5), "set": { "consumed": 1 } }] });
    reporting.patch(&format!("{form}/lines"), unknown).await.refused(404, "not-found");
}

#[tokio::test]
async fn forms_follow_each_other_and_what_is_missing_is_said() {
    let reporting = Reporting::begin().await;
    let periods = reporting.periods().await;
    assert_eq!(periods.len(), 12, "a first form may be of any month of the last year");
    let (running, last) = (periods[0].from.to_string(), periods[1].from.to_string());
    let next = periods[0].to.tomorrow().expect("a day").to_string();
    reporting.post(FORMS, reporting.wish(&next)).await.refused(422, "validation");
    let form = reporting.form().await;
    let problem = reporting.post(FORMS, reporting.wish(&running)).await.refused(409, "previous-form-open");
    assert_eq!(problem["parameters"]["from"], last);
    assert!(reporting.periods().await.is_empty());
    reporting.post(&format!("{form}/discard"), json!({})).await.done();
    reporting.get(&form).await.refused(404, "not-found");
    let form = reporting.form().await;
    reporting.post(&format!("{form}/confirm"), json!({ "confirmed": true })).await.done();
    reporting.post(&format!("{form}/finalise"), json!({})).await.done();
    reporting.post(&format!("{form}/refresh"), json!({})).await.refused(409, "wrong-status");
    let earlier = periods[2].from.to_string();
    reporting.post(FORMS, reporting.wish(&earlier)).await.refused(409, "form-follows");
    let open: Vec<_> = reporting.periods().await.into_iter().map(|period| period.from.to_string()).collect();
    assert_eq!(open, [running]);
}

#[tokio::test]
async fn a_form_is_its_stores_own() {
    let reporting = Reporting::begin().await;
    let form = reporting.form().await;
    // Works in the district alone, which is asked and does not read what is reported.
    let keeper = reporting.world.token("keeper").await;
    for uri in [form.clone(), format!("{form}/history"), format!("{form}/lines.csv")] {
        get(uri).by(&keeper).send(&reporting.world.router).await.refused(404, "not-found");
    }
    let looker = reporting.world.token("looker").await;
    let own = json!({ "store": reporting.world.country.district, "programme": reporting.programme, "period": "2024-01-01" });
    post(FORMS, own).by(&looker).send(&reporting.world.router).await.refused(403, "not-permitted");
    let description = reporting.world.openapi().await;
    let row = &description["components"]["schemas"]["RnrFormLine"]["properties"];
    assert!(row["figures"].is_object() && row["problems"]["type"] == "array", "{row}");
}
