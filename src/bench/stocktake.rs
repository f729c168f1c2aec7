//! Counting a store: a stocktake of 3,000 lines, through the API and through its pages, beside one of 300. What touches
//! one line or one page should cost the same in both.

use std::time::Instant;

use axum::http::Method;
use crdt_store::DocumentId;
use domain::reason::{CreateReason, ReasonKind};
use domain::{Caller, Role};
use replication::shell::Clock;
use serde_json::{Value, json};

use super::beside::{self, Rows};
use super::commits::scattered;
use super::fixture::{self, Filled};
use super::http::{self, Server, histogram, record};
use super::{Ground, Table};
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::block_on;
use crate::web_client::WebClient;

/// Lines of the long stocktake and of the short one.
const LINES: [usize; 2] = [3_000, 300];
/// Lines of a page, and counts in one command.
const PAGE: usize = 100;
/// How often each page is asked for, and how many cells are saved one by one.
const TIMES: usize = 100;
/// What every line of the fixture has on hand, in units.
const ON_HAND: usize = 1_000;
/// Every so manieth line is counted differently from paper.
const DIFFERING: usize = 10;

/// Measures both.
pub fn measure(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    let mut found = Vec::new();
    // The short one first: what the long one finds warm, it finds warm as well.
    for lines in LINES.into_iter().rev() {
        let directory = ground.directory.join(lines.to_string());
        std::fs::create_dir(&directory)?;
        let installation = Installation::at(&directory);
        let (filled, reasons) = store_of(&installation, lines)?;
        found.push(block_on(async {
            let server = http::start(&installation, filled).await?;
            let rows = life(&server, reasons).await?;
            server.stop().await;
            Ok::<_, Failure>(rows)
        })?);
    }
    let [short, long] = found.try_into().unwrap_or_default();
    beside::report(table, short, long, "… beside a tenth of the lines");
    Ok(())
}

/// A store with so many lines in stock, and a reason for more and one for less.
fn store_of(installation: &Installation, lines: usize) -> Result<(Filled, [DocumentId; 2]), Failure> {
    let (mut store, filled) = fixture::fill(installation, lines, false)?;
    let reasons = [("more", ReasonKind::PositiveAdjustment), ("less", ReasonKind::NegativeAdjustment)];
    let ids = reasons.each_ref().map(|(name, _)| filled.store.derived(name));
    for ((name, kind), id) in reasons.into_iter().zip(ids) {
        let create = CreateReason { id: Some(id), kind, text: format!("Counted {name}") };
        let caller = Caller::system(Role::Central);
        fixture::run(&mut store, &Clock::start(), |txn| {
            domain::reason::create(txn, &caller, &create).map(drop)
        })?;
    }
    Ok((filled, ids))
}

/// One at work: a connection, the stocktake, and its lines in an order far from that of its sheets.
struct Counting {
    client: WebClient,
    id: String,
    lines: Vec<DocumentId>,
    reasons: [DocumentId; 2],
}

/// A stocktake from its beginning to its end; then another that is finalised on its page.
async fn life(server: &Server, reasons: [DocumentId; 2]) -> Result<Rows, Failure> {
    let mut rows = Rows::default();
    let mut client = server.connect().await?;
    let began = Instant::now();
    let id = begin(&mut client, &server.filled).await?;
    rows.once("beginning, API", began);
    let count = server.filled.lines.len();
    let lines = (0..count).map(|at| server.filled.lines[scattered(at, count)]).collect();
    let mut counting = Counting { client, id, lines, reasons };
    counting.pages(&mut rows, &SHEETS[..1]).await?;
    let cells = counting.cells(0).await?;
    rows.times("saving one cell, nothing counted, p50", "… p99", &cells);
    let began = Instant::now();
    let batches = counting.batches(TIMES, count - TIMES).await?;
    rows.once("all other lines but 100, 100 to a command, together", began);
    rows.times("100 counts in one command, p50", "… p99", &batches);
    let cells = counting.cells(count - TIMES).await?;
    rows.times("saving one cell, nearly all counted, p50", "… p99", &cells);
    counting.pages(&mut rows, &SHEETS[1..]).await?;
    counting.sizes(&mut rows).await?;
    let form = counting.typed_page().await?;
    let mut saved = histogram();
    for _ in 0..TIMES / 10 {
        let began = Instant::now();
        let path = format!("/stocktakes/{}/counts", counting.id);
        counting.client.submit(&path, &form, None).await?.expect_done()?;
        record(&mut saved, began);
    }
    rows.times("saving a page that nobody changed, without scripts, p50", "… p99", &saved);
    let began = Instant::now();
    counting.finalise_by_api().await?;
    rows.once("finalising, a tenth differing, API", began);
    counting.pages(&mut rows, &CLOSED).await?;

    counting.id = begin(&mut counting.client, &server.filled).await?;
    counting.batches(0, count).await?;
    let began = Instant::now();
    let path = format!("/stocktakes/{}/finalise", counting.id);
    counting.client.submit(&path, "", None).await?.expect_done()?;
    rows.once("finalising the next one, page", began);
    Ok(rows)
}

async fn begin(client: &mut WebClient, filled: &Filled) -> Result<String, Failure> {
    let made = post(client, "/api/v1/stocktakes", &json!({ "store": filled.store })).await?;
    made["id"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Failure::failed("benchmark", "a stocktake has an id"))
}

async fn post(client: &mut WebClient, path: &str, body: &Value) -> Result<Value, Failure> {
    let body = body.to_string();
    read(client.send(Method::POST, path, Some(body.as_bytes())).await?.expect_success()?)
}

fn read(body: Vec<u8>) -> Result<Value, Failure> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&body).map_err(|error| Failure::failed("benchmark", error))
}

/// A page that is asked for: what it is called, its p99, whether through the API, and what its address ends with.
type Wanted = (&'static str, &'static str, bool, &'static str);

const SHEETS: [Wanted; 10] = [
    ("page of the sheet before counting, p50", "… p99", false, ""),
    ("100 lines, API, first, p50", "… p99", true, ""),
    ("… last, p50", "… p99", true, LAST),
    ("… differing, p50", "… p99", true, "part=differing"),
    ("… searched, p50", "… p99", true, "search=number%2077"),
    ("page of the sheet, first, p50", "… p99", false, ""),
    ("… last, p50", "… p99", false, LAST),
    ("… differing, p50", "… p99", false, "part=differing"),
    ("… searched, p50", "… p99", false, "search=number%2077"),
    ("page of the review, p50", "… p99", false, REVIEW),
];
const CLOSED: [Wanted; 1] = [("page of the closed sheet, p50", "… p99", false, "")];
/// Instead of what an address ends with: the cursor of the last page.
const LAST: &str = "last";
/// Instead of what an address ends with: the page of the review.
const REVIEW: &str = "review";

impl Counting {
    async fn pages(&mut self, rows: &mut Rows, wanted: &[Wanted]) -> Result<(), Failure> {
        let last = self.last_cursor().await?;
        for (what, p99, api, tail) in wanted {
            let base = match api {
                true => format!("/api/v1/stocktakes/{}/lines?limit={PAGE}&", self.id),
                false => format!("/stocktakes/{}?", self.id),
            };
            let path = match *tail {
                REVIEW => format!("/stocktakes/{}/review", self.id),
                LAST => format!("{base}cursor={last}"),
                tail => format!("{base}{tail}"),
            };
            let mut times = histogram();
            for _ in 0..TIMES {
                let began = Instant::now();
                self.client.send(Method::GET, &path, None).await?.expect_success()?;
                record(&mut times, began);
            }
            rows.times(what, p99, &times);
        }
        Ok(())
    }

    /// Where the last page begins.
    async fn last_cursor(&mut self) -> Result<String, Failure> {
        let base = format!("/api/v1/stocktakes/{}/lines?limit={PAGE}", self.id);
        let (mut last, mut path) = (String::new(), base.clone());
        loop {
            let page = read(self.client.send(Method::GET, &path, None).await?.expect_success()?)?;
            let Some(next) = page["next"].as_str() else { return Ok(last) };
            next.clone_into(&mut last);
            path = format!("{base}&cursor={last}");
        }
    }

    /// What is counted of the line at a place, in units, and why it differs.
    fn found(&self, at: usize) -> (usize, Option<DocumentId>) {
        match (at % DIFFERING, at % (2 * DIFFERING)) {
            (0, 0) => (ON_HAND + 7, Some(self.reasons[0])),
            (0, _) => (ON_HAND - 7, Some(self.reasons[1])),
            _ => (ON_HAND, None),
        }
    }

    /// Saves cells one by one, as somebody who types does: first the count, and where it differs the reason with it.
    async fn cells(&mut self, from: usize) -> Result<hdrhistogram::Histogram<u64>, Failure> {
        let mut times = histogram();
        for at in from..from + TIMES {
            let (quantity, reason) = self.found(at);
            let path = format!("/stocktakes/{}/lines/{}", self.id, self.lines[at]);
            let reason = reason.map(|reason| format!("&reason={reason}")).unwrap_or_default();
            let form = format!("quantity={quantity}&state={reason}");
            let began = Instant::now();
            self.client.submit(&path, &form, Some("cell")).await?.expect_success()?;
            record(&mut times, began);
        }
        Ok(times)
    }

    /// Counts lines up to a place, many to a command.
    async fn batches(&mut self, from: usize, until: usize) -> Result<hdrhistogram::Histogram<u64>, Failure> {
        let mut times = histogram();
        let path = format!("/api/v1/stocktakes/{}/counts", self.id);
        for from in (from..until).step_by(PAGE) {
            let count = |at: usize| {
                let (quantity, reason) = self.found(at);
                json!({ "stockLine": self.lines[at], "quantity": quantity, "reason": reason })
            };
            let lines: Vec<_> = (from..until.min(from + PAGE)).map(count).collect();
            let began = Instant::now();
            post(&mut self.client, &path, &json!({ "lines": lines })).await?;
            record(&mut times, began);
        }
        Ok(times)
    }

    /// What the page of a hundred lines weighs.
    async fn sizes(&mut self, rows: &mut Rows) -> Result<(), Failure> {
        let path = format!("/stocktakes/{}", self.id);
        let plain = self.client.send(Method::GET, &path, None).await?.expect_success()?;
        let compressed = self.client.compressed(&path).await?.expect_success()?;
        for (what, body) in [("page of 100 lines, as it is", plain), ("… compressed", compressed)] {
            rows.add(what, body.len() as f64 / 1024.0, "KiB");
        }
        Ok(())
    }

    /// The form of the first page as a browser without scripts sends it.
    async fn typed_page(&mut self) -> Result<String, Failure> {
        let path = format!("/api/v1/stocktakes/{}/lines?limit={PAGE}", self.id);
        let page = read(self.client.send(Method::GET, &path, None).await?.expect_success()?)?;
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let fields = page["rows"].as_array().into_iter().flatten().map(|row| {
            let line = text(&row["stockLine"]);
            let reason = match &row["reason"] {
                Value::String(reason) => format!("&reason.{line}={reason}"),
                _ => String::new(),
            };
            let (quantity, state) = (text(&row["count"]["quantity"]), text(&row["state"]));
            format!("count.{line}={quantity}&state.{line}={}{reason}", state.replace('+', "%2B"))
        });
        Ok(fields.collect::<Vec<_>>().join("&"))
    }

    async fn finalise_by_api(&mut self) -> Result<(), Failure> {
        let path = format!("/api/v1/stocktakes/{}/finalise", self.id);
        post(&mut self.client, &path, &json!({})).await.map(drop)
    }
}
