//! What grows with the years: allocation from many batches, long ledgers, consumption of all items, very long lists.
//! Each is asked over HTTP of a store, and of one with a tenth of the data: what should not grow is shown by the ratio.

use std::time::Instant;

use axum::http::Method;
use crdt_store::{DocumentId, Timestamp};
use domain::partner::CreatePartner;
use domain::shipment::{End, RecordLine, RecordShipment, Status};
use domain::{Caller, Quantity, Role};
use replication::shell::Clock;

use super::commits::scattered;
use super::fixture::{self, Filled};
use super::http::{self, Server, histogram, millis, record};
use super::{Ground, Table};
use crate::exit::Failure;
use crate::installation::Installation;
use crate::running::block_on;
use crate::web_client::WebClient;

/// Stock lines, movements of all items, and movements of one item; the long list is ten times as long.
const LINES: usize = 20_000;
const MOVEMENTS: usize = 100_000;
const LEDGER: usize = 10_000;
const LONG_LIST: usize = 200_000;
/// Lines of a shipment of the past.
const SHIPMENT_LINES: usize = 100;
/// Wishes of one allocation.
const WISHES: usize = 200;
/// How often each is asked.
const TIMES: usize = 100;
/// Days over which movements are spread: the window that consumption is averaged over.
const DAYS: usize = 91;
const DAY_MS: i64 = 86_400_000;

/// Figures in milliseconds.
struct Measured {
    p50: f64,
    p99: f64,
}

/// Measures all of them.
pub fn measure(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    let mut found: Vec<Vec<(&str, Measured)>> = Vec::new();
    for share in [10, 1] {
        let installation = place(ground, &format!("history-{share}"))?;
        let filled = history(&installation, share)?;
        let partner = filled.1;
        found.push(block_on(async {
            let server = http::start(&installation, filled.0).await?;
            let figures = of_history(&server, partner, LEDGER / share).await?;
            server.stop().await;
            Ok::<_, Failure>(figures)
        })?);
    }
    report(table, found, &format!("of {LINES} stock lines"));
    let mut found = Vec::new();
    for share in [10, 1] {
        let installation = place(ground, &format!("list-{share}"))?;
        let filled = fixture::fill(&installation, LONG_LIST / share, false)?.1;
        found.push(block_on(async {
            let server = http::start(&installation, filled).await?;
            let figures = of_list(&server).await?;
            server.stop().await;
            Ok::<_, Failure>(figures)
        })?);
    }
    report(table, found, &format!("of {LONG_LIST} stock lines"));
    Ok(())
}

fn place(ground: &Ground<'_>, name: &str) -> Result<Installation, Failure> {
    let directory = ground.directory.join(name);
    std::fs::create_dir(&directory)?;
    Ok(Installation::at(&directory))
}

/// Adds the figures of the whole beside those of a tenth.
fn report(table: &mut Table, found: Vec<Vec<(&str, Measured)>>, of: &str) {
    let [tenth, whole] = found.try_into().unwrap_or_default();
    for ((what, small), (_, large)) in tenth.into_iter().zip(whole) {
        table.add(format!("{what} {of}, p50"), large.p50, "ms", None);
        table.add(format!("{what} {of}, p99"), large.p99, "ms", None);
        table.add("… beside a tenth of the data, p50", large.p50 / small.p50, "times", None);
    }
}

/// A store with movements: every one of them takes a unit, on one of the days that consumption is averaged over.
fn history(installation: &Installation, share: usize) -> Result<(Filled, DocumentId), Failure> {
    let (mut store, filled) = fixture::fill(installation, LINES / share, false)?;
    let clock = Clock::start();
    let caller = Caller::system(Role::Central);
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
        domain::partner::create(txn, &caller, &create).map(drop)
    })?;
    let now = clock.wall();
    let items = filled.items.len();
    // First of one item, then of all of them.
    let of_one = LEDGER / share / SHIPMENT_LINES;
    let of_all = MOVEMENTS / share / SHIPMENT_LINES;
    fixture::batches(&mut store, &clock, of_one + of_all, |txn, index| {
        let lines = (0..SHIPMENT_LINES).map(|at| {
            let line = match index < of_one {
                true => at % (filled.lines.len() / items) * items,
                false => scattered(index * SHIPMENT_LINES + at, filled.lines.len()),
            };
            taken(filled.items[line % items], filled.lines[line])
        });
        let day = i64::try_from(index % DAYS).unwrap_or(0);
        let shipment = RecordShipment {
            id: None,
            from: End::Store(filled.store),
            to: End::Partner(partner),
            lines: lines.collect(),
            status: Status::Shipped,
            sent_at: Timestamp::from_millis(now.as_millis() - day * DAY_MS - 1),
            received_at: None,
            reference: None,
            comment: None,
            transport: None,
        };
        domain::shipment::record(txn, &caller, &shipment).map(drop)
    })?;
    Ok((filled, partner))
}

fn taken(item: DocumentId, stock_line: DocumentId) -> RecordLine {
    RecordLine {
        item,
        stock_line: Some(stock_line),
        quantity: Quantity::whole(1),
        batch: None,
        expiry: None,
        pack_size: None,
        price: None,
        note: None,
    }
}

async fn of_history(
    server: &Server,
    partner: DocumentId,
    ledger: usize,
) -> Result<Vec<(&'static str, Measured)>, Failure> {
    let mut client = server.connect().await?;
    let store = server.filled.store;
    let item = server.filled.items[0];
    let lines: Vec<_> = server.filled.items[..WISHES]
        .iter()
        .map(|item| serde_json::json!({ "item": item, "quantity": 5, "wholePacks": false }))
        .collect();
    let wish = serde_json::json!({ "store": store, "to": { "partner": partner }, "lines": lines });
    let wish = serde_json::to_vec(&wish).map_err(|error| Failure::failed("benchmark", error))?;
    let path = format!("/api/v1/items/{item}/ledger?storeId={store}&limit=100");
    let last = last_page(&mut client, &path, ledger / 100).await?;
    let items = format!("/api/v1/stock-items?storeId={store}&limit=100");
    Ok(vec![
        (
            "first expired first out for 200 lines",
            asked(&mut client, Method::POST, "/api/v1/outbound-shipments", Some(&wish)).await?,
        ),
        ("ledger of an item with 10,000 movements, first page,", get(&mut client, &path).await?),
        ("… last page,", get(&mut client, &last).await?),
        ("… one kind, of which there are few,", get(&mut client, &format!("{path}&kind=opening")).await?),
        (
            "ledger of the store, first page,",
            get(&mut client, &format!("/api/v1/ledger?storeId={store}")).await?,
        ),
        ("consumption and months of stock over 100,000 movements, by name,", get(&mut client, &items).await?),
        ("… by months of stock,", get(&mut client, &format!("{items}&sort=months-of-stock")).await?),
        ("… the dashboard's figures as a page,", get(&mut client, "/").await?),
    ])
}

async fn of_list(server: &Server) -> Result<Vec<(&'static str, Measured)>, Failure> {
    let mut client = server.connect().await?;
    let path = format!("/api/v1/stock-lines?storeId={}&limit=100", server.filled.store);
    Ok(vec![
        ("100 by name", get(&mut client, &path).await?),
        ("100 by expiry", get(&mut client, &format!("{path}&sort=expiry")).await?),
        ("100 searched", get(&mut client, &format!("{path}&search=number%2077")).await?),
        ("100 searched by batch", get(&mut client, &format!("{path}&search=L00123")).await?),
        ("100 expiring", get(&mut client, &format!("{path}&facet=expiring")).await?),
        ("100 on hold (none is)", get(&mut client, &format!("{path}&facet=on-hold")).await?),
    ])
}

async fn get(client: &mut WebClient, path: &str) -> Result<Measured, Failure> {
    asked(client, Method::GET, path, None).await
}

async fn asked(
    client: &mut WebClient,
    method: Method,
    path: &str,
    body: Option<&[u8]>,
) -> Result<Measured, Failure> {
    let mut times = histogram();
    for _ in 0..TIMES {
        let began = Instant::now();
        client.send(method.clone(), path, body).await?.expect_success()?;
        record(&mut times, began);
    }
    Ok(Measured { p50: millis(&times, 50.0), p99: millis(&times, 99.0) })
}

/// The address of the last page of a list of so many.
async fn last_page(client: &mut WebClient, path: &str, pages: usize) -> Result<String, Failure> {
    let mut last = path.to_owned();
    for _ in 0..pages {
        let body = client.send(Method::GET, &last, None).await?.expect_success()?;
        let page: serde_json::Value =
            serde_json::from_slice(&body).map_err(|error| Failure::failed("benchmark", error))?;
        match page["next"].as_str() {
            Some(next) => last = format!("{path}&cursor={next}"),
            None => break,
        }
    }
    Ok(last)
}
