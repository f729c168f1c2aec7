//! Ordering and supplying: an order of 1,200 lines written from two years of records, a shipment of 200 lines from its
//! making to its verification, and the dashboard of a store of 20,000 stock lines, through the API and as pages; beside
//! a store, an order and a shipment of a tenth. Then what a shipment's whole life costs on the wire ([`transfer`]).

use std::collections::BTreeSet;
use std::time::Instant;

use axum::http::Method;
use crdt_store::{DocumentId, Store, Timestamp};
use domain::partner::CreatePartner;
use domain::shipment::{End, RecordLine, RecordShipment, Status};
use domain::store::CreateStore;
use domain::user::CreateUser;
use domain::{Caller, Preset, Quantity, Role, password, query};
use replication::shell::Clock;
use serde_json::{Value, json};

use super::beside::{self, Rows};
use super::commits::scattered;
use super::fixture::{self, Filled};
use super::http::{self, Server, histogram, record};
use super::{Ground, Table, transfer};
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::block_on;
use crate::web_client::WebClient;

/// Items, stock lines and movements of the store, which were made over two years.
const ITEMS: usize = 1_200;
const LINES: usize = 20_000;
const MOVEMENTS: usize = 100_000;
const DAYS: usize = 730;
const DAY_MS: i64 = 86_400_000;
/// Movements of a shipment of the past, and the units of each: what is left lasts for fewer months than are ordered for.
const SHIPMENT_LINES: usize = 100;
const UNITS: i64 = 100;
/// Months of stock that are ordered: so many that something is suggested of every item that moves.
const MONTHS: i64 = 60;
/// Lines of the shipment that is measured.
const SUPPLIED: usize = 200;
/// How often each page is asked for.
const TIMES: usize = 20;
/// Who works in the store and in the other: nobody who sees the country, for whom the first page is another.
const USERS: [&str; 2] = ["here", "there"];

/// Measures the store and the tenth of it, and then the wire.
pub fn measure(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    let mut found = Vec::new();
    for share in [10, 1] {
        let directory = ground.directory.join(format!("store-{share}"));
        std::fs::create_dir(&directory)?;
        let installation = Installation::at(&directory);
        let (filled, other) = two_years(&installation, share)?;
        found.push(block_on(async {
            let server = http::start(&installation, filled).await?;
            let rows = life(&server, other, share).await?;
            server.stop().await;
            Ok::<_, Failure>(rows)
        })?);
    }
    let [tenth, whole] = found.try_into().unwrap_or_default();
    beside::report(table, tenth, whole, "… beside a tenth of everything");
    transfer::measure(ground, table)
}

/// A store that has worked for two years, and the other store: its supplier and its customer.
fn two_years(installation: &Installation, share: usize) -> Result<(Filled, DocumentId), Failure> {
    let (mut store, filled) = fixture::fill_with(installation, ITEMS / share, LINES / share, false)?;
    let clock = Clock::start();
    let other = another_store(&mut store, &clock, &filled)?;
    let partner = filled.store.derived("partner");
    fixture::run(&mut store, &clock, |txn| {
        let create = CreatePartner {
            id: Some(partner),
            code: "PAR".to_owned(),
            name: "Partner".to_owned(),
            customer: true,
            supplier: false,
            manufacturer: false,
            donor: false,
        };
        domain::partner::create(txn, &Caller::system(Role::Central), &create).map(drop)
    })?;
    let now = clock.wall();
    fixture::batches(&mut store, &clock, MOVEMENTS / share / SHIPMENT_LINES, |txn, index| {
        let shipment = shipment_of_the_past(&filled, partner, now, index);
        domain::shipment::record(txn, &Caller::system(Role::Central), &shipment).map(drop)
    })?;
    Ok((filled, other))
}

fn another_store(store: &mut Store, clock: &Clock, filled: &Filled) -> Result<DocumentId, Failure> {
    let other = filled.store.derived("other");
    let caller = Caller::system(Role::Central);
    fixture::run(store, clock, |txn| {
        let create = CreateStore {
            id: Some(other),
            code: "OTH".to_owned(),
            name: "Other store".to_owned(),
            level: 2,
            supplier: None,
            site: query::reference::store(txn, filled.store)?.site,
        };
        domain::store::create(txn, &caller, &create).map(drop)
    })?;
    for (user, place) in USERS.into_iter().zip([filled.store, other]) {
        let password_hash = password::hash(fixture::PASSWORD, other.as_bytes())
            .map_err(|rejection| Failure::failed(rejection.code, rejection.message))?;
        fixture::run(store, clock, |txn| {
            let create = CreateUser {
                id: None,
                username: user.to_owned(),
                name: None,
                password_hash: password_hash.clone(),
                language: None,
                lease_days: None,
                central: BTreeSet::new(),
                stores: [(place, Preset::Manager.permissions())].into(),
            };
            domain::user::create(txn, &caller, &create).map(drop)
        })?;
    }
    Ok(other)
}

fn shipment_of_the_past(
    filled: &Filled,
    partner: DocumentId,
    now: Timestamp,
    index: usize,
) -> RecordShipment {
    let taken = |at: usize| {
        let line = scattered(index * SHIPMENT_LINES + at, filled.lines.len());
        RecordLine {
            item: filled.items[line % filled.items.len()],
            stock_line: Some(filled.lines[line]),
            quantity: Quantity::whole(UNITS),
            batch: None,
            expiry: None,
            pack_size: None,
            price: None,
            note: None,
        }
    };
    let day = i64::try_from(index % DAYS).unwrap_or(0);
    RecordShipment {
        id: None,
        from: End::Store(filled.store),
        to: End::Partner(partner),
        lines: (0..SHIPMENT_LINES).map(taken).collect(),
        status: Status::Shipped,
        sent_at: Timestamp::from_millis(now.as_millis() - day * DAY_MS - 1),
        received_at: None,
        reference: None,
        comment: None,
        transport: None,
    }
}

/// A day of the store: an order, a supply, looks at the dashboard.
async fn life(server: &Server, other: DocumentId, share: usize) -> Result<Rows, Failure> {
    let mut rows = Rows::default();
    let mut here = Desk { client: server.connect_as(USERS[0], server.filled.store).await?, rows: &mut rows };
    order(&mut here, server.filled.store, other).await?;
    supply(&mut here, server, other, share).await?;
    here.page(
        "the dashboard, API, p50",
        "… p99",
        &format!("/api/v1/dashboard?storeId={}", server.filled.store),
    )
    .await?;
    here.page("… as a page, p50", "… p99", "/").await?;
    let mut there = Desk { client: server.connect_as(USERS[1], other).await?, rows: &mut rows };
    there.receive().await?;
    Ok(rows)
}

/// Somebody at work: a connection, and where times are written down.
struct Desk<'r> {
    client: WebClient,
    rows: &'r mut Rows,
}

impl Desk<'_> {
    async fn page(&mut self, what: &'static str, p99: &'static str, path: &str) -> Result<(), Failure> {
        let mut times = histogram();
        for _ in 0..TIMES {
            let began = Instant::now();
            self.client.send(Method::GET, path, None).await?.expect_success()?;
            record(&mut times, began);
        }
        self.rows.times(what, p99, &times);
        Ok(())
    }

    async fn weigh(
        &mut self,
        what: &'static str,
        compressed: &'static str,
        path: &str,
    ) -> Result<(), Failure> {
        let plain = self.client.send(Method::GET, path, None).await?.expect_success()?;
        let small = self.client.compressed(path).await?.expect_success()?;
        self.rows.add(what, plain.len() as f64 / 1024.0, "KiB");
        self.rows.add(compressed, small.len() as f64 / 1024.0, "KiB");
        Ok(())
    }

    /// Carries out a command and writes down how long it took.
    async fn act(&mut self, what: &'static str, path: &str, body: &Value) -> Result<Value, Failure> {
        let began = Instant::now();
        let answer = self.client.send(Method::POST, path, Some(body.to_string().as_bytes())).await?;
        let body = answer.expect_success()?;
        self.rows.once(what, began);
        read(&body)
    }

    async fn look(&mut self, path: &str) -> Result<Value, Failure> {
        read(&self.client.send(Method::GET, path, None).await?.expect_success()?)
    }
}

fn read(body: &[u8]) -> Result<Value, Failure> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body).map_err(|error| Failure::failed("benchmark", error))
}

fn id_of(made: &Value) -> Result<String, Failure> {
    let id = made["id"].as_str().map(str::to_owned);
    id.ok_or_else(|| Failure::failed("benchmark", "what was made has an id"))
}

/// An order from its suggestions to its sending.
async fn order(desk: &mut Desk<'_>, store: DocumentId, supplier: DocumentId) -> Result<(), Failure> {
    let wish = json!({
        "store": store, "supplier": { "store": supplier }, "suggest": true,
        "minMonths": MONTHS, "maxMonths": MONTHS,
    });
    let made = desk
        .act("an order of all items with what is suggested, made", "/api/v1/internal-orders", &wish)
        .await?;
    let id = id_of(&made)?;
    let (api, page) = (format!("/api/v1/internal-orders/{id}"), format!("/internal-orders/{id}"));
    let lines = desk.look(&api).await?["lineDetails"].as_array().map_or(0, Vec::len);
    desk.rows.add("… its lines", lines as f64, "");
    desk.page("… its draft, API, p50", "… p99", &api).await?;
    desk.page("… its draft as a page, p50", "… p99", &page).await?;
    desk.weigh("… that page, as it is", "… compressed", &page).await?;
    desk.act("… its sending", &format!("{api}/send"), &json!({})).await?;
    desk.page("… as it was sent, API, p50", "… p99", &api).await?;
    desk.page("… as it was sent, as a page, p50", "… p99", &page).await?;
    Ok(())
}

/// A shipment from its making to its leaving, batches first expired first out.
async fn supply(desk: &mut Desk<'_>, server: &Server, to: DocumentId, share: usize) -> Result<(), Failure> {
    let wanted = &server.filled.items[..SUPPLIED / share];
    let lines: Vec<_> = wanted.iter().map(|item| json!({ "item": item, "quantity": 10 })).collect();
    let wish = json!({ "store": server.filled.store, "to": { "store": to }, "lines": lines });
    let made = desk
        .act("a shipment of 200 lines, batches chosen, made", "/api/v1/outbound-shipments", &wish)
        .await?;
    let id = id_of(&made)?;
    let (api, page) = (format!("/api/v1/outbound-shipments/{id}"), format!("/outbound-shipments/{id}"));
    for (what, act) in [("… allocated", "allocate"), ("… picked", "pick"), ("… shipped", "ship")] {
        desk.act(what, &format!("{api}/{act}"), &json!({})).await?;
    }
    desk.page("… shipped, as a page, p50", "… p99", &page).await
}

impl Desk<'_> {
    /// The same shipment at the other end.
    async fn receive(&mut self) -> Result<(), Failure> {
        let list = self.look("/api/v1/inbound-shipments?status=shipped").await?;
        let id = id_of(&list["rows"][0])?;
        let (api, page) = (format!("/api/v1/inbound-shipments/{id}"), format!("/inbound-shipments/{id}"));
        self.page("the same at the other end, to be received, as a page, p50", "… p99", &page).await?;
        for (what, act) in [("… delivered", "deliver"), ("… received", "receive"), ("… verified", "verify")]
        {
            self.act(what, &format!("{api}/{act}"), &json!({})).await?;
        }
        Ok(())
    }
}
