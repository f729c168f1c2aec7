//! What a person waits for: an adjustment until it is durable, a page of a long list.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use axum::http::Method;
use crdt_store::DocumentId;
use hdrhistogram::Histogram;
use http_api::AppState;

use super::commits::{add_one, scattered};
use super::fixture::{self, Filled};
use super::{Ground, LINES, Table};
use crate::exit::Failure;
use crate::installation::Installation;
use crate::interface::{Interface, listen};
use crate::running::{Started, System, block_on, start_central};
use crate::web_client::WebClient;

/// Adjustments sent at each number of connections.
const ADJUSTMENTS: usize = 3_000;
/// Pages asked for.
const PAGES: usize = 500;

/// A central at work, and somebody who is logged in.
pub struct Server {
    started: Started,
    interface: Interface,
    /// What it was filled with.
    pub filled: Filled,
    cookie: String,
}

/// Adjustments by the number of connections, each waiting for its answer before it sends the next.
pub fn measure_adjust(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    block_on(async {
        let server = serve(ground).await?;
        for (connections, aim) in [(1, Some("≥ 200")), (8, None), (32, Some("≥ 2,000"))] {
            let count = if connections == 1 { ADJUSTMENTS / 5 } else { ADJUSTMENTS };
            let (rate, times) = adjust(&server, connections, count).await?;
            table.add(format!("adjustments, {connections} connections"), rate, "per s", aim);
            table.add(format!("… p99 of one, {connections} connections"), millis(&times, 99.0), "ms", None);
        }
        server.stop().await;
        Ok(())
    })
}

/// Pages of a long list, on one connection, from all over the list.
pub fn measure_list(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    block_on(async {
        let server = serve(ground).await?;
        let mut client = WebClient::connect_with_cookie(server.interface.address, &server.cookie).await?;
        let first = format!("/api/v1/stock-lines?storeId={}&limit=100", server.filled.store);
        for (what, path, aims) in [
            ("by name", first.clone(), (Some("≤ 3"), Some("≤ 10"))),
            ("by expiry", format!("{first}&sort=expiry"), (None, None)),
            ("searched", format!("{first}&search=number%2077"), (None, None)),
        ] {
            let (mut times, mut bytes) = (histogram(), 0);
            let mut cursor: Option<String> = None;
            for _ in 0..PAGES {
                let path = match &cursor {
                    Some(cursor) => format!("{path}&cursor={cursor}"),
                    None => path.clone(),
                };
                let began = Instant::now();
                let body = client.send(Method::GET, &path, None).await?.expect_success()?;
                record(&mut times, began);
                bytes = bytes.max(body.len());
                let page: serde_json::Value =
                    serde_json::from_slice(&body).map_err(|error| Failure::failed("benchmark", error))?;
                cursor = page["next"].as_str().map(str::to_owned);
            }
            table.add(format!("100 of 20,000 stock lines {what}, p50"), millis(&times, 50.0), "ms", aims.0);
            table.add(format!("100 of 20,000 stock lines {what}, p99"), millis(&times, 99.0), "ms", aims.1);
            table.add(
                format!("100 of 20,000 stock lines {what}, largest page"),
                bytes as f64 / 1024.0,
                "KiB",
                None,
            );
        }
        server.stop().await;
        Ok(())
    })
}

async fn serve(ground: &Ground<'_>) -> Result<Server, Failure> {
    let installation = Installation::at(ground.directory);
    let filling = installation.clone();
    let filled = tokio::task::spawn_blocking(move || fixture::fill(&filling, LINES, false))
        .await
        .map_err(std::io::Error::other)??
        .1;
    start(&installation, filled).await
}

/// Starts the central of an installation that was filled.
pub async fn start(installation: &Installation, filled: Filled) -> Result<Server, Failure> {
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let system = System::named("Benchmark");
    let started = start_central(installation, &system, loopback).await?;
    let listener = listen(loopback, "--port", "--address").await?;
    let interface = Interface::open(listener, AppState::new(started.node.clone(), started.settings.clone()))?;
    let cookie = log_in(interface.address, &filled).await?;
    Ok(Server { started, interface, filled, cookie })
}

/// Logs the benchmark's user in.
pub async fn log_in(address: SocketAddr, filled: &Filled) -> Result<String, Failure> {
    let mut client = WebClient::connect(address).await?;
    client.log_in(fixture::USER, fixture::PASSWORD, &filled.store.to_string()).await
}

impl Server {
    /// A connection of somebody who is logged in.
    pub async fn connect(&self) -> Result<WebClient, Failure> {
        WebClient::connect_with_cookie(self.interface.address, &self.cookie).await
    }

    /// A connection of another user, at work in a store.
    pub async fn connect_as(&self, user: &str, store: DocumentId) -> Result<WebClient, Failure> {
        let mut client = WebClient::connect(self.interface.address).await?;
        let cookie = client.log_in(user, fixture::PASSWORD, &store.to_string()).await?;
        WebClient::connect_with_cookie(self.interface.address, &cookie).await
    }

    /// Stops it.
    pub async fn stop(self) {
        self.interface.close().await;
        self.started.node.shutdown().await;
    }
}

async fn adjust(server: &Server, connections: usize, count: usize) -> Result<(f64, Histogram<u64>), Failure> {
    adjust_at(server.interface.address, &server.cookie, &server.filled, connections, count).await
}

/// Sends adjustments over several connections at once; how many a second, and how long each took.
pub async fn adjust_at(
    address: SocketAddr,
    cookie: &str,
    filled: &Filled,
    connections: usize,
    count: usize,
) -> Result<(f64, Histogram<u64>), Failure> {
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for connection in 0..connections {
        let mut client = WebClient::connect_with_cookie(address, cookie).await?;
        let bodies: Vec<Vec<u8>> = (0..count / connections)
            .map(|index| filled.lines[scattered(index * connections + connection, filled.lines.len())])
            .map(|line| serde_json::to_vec(&add_one(filled.store, line)).expect("an adjustment is JSON"))
            .collect();
        tasks.spawn(async move {
            let mut times = histogram();
            for body in bodies {
                let began = Instant::now();
                client.send(Method::POST, "/api/v1/adjustments", Some(&body)).await?.expect_success()?;
                record(&mut times, began);
            }
            Ok::<_, Failure>(times)
        });
    }
    let mut times = histogram();
    while let Some(done) = tasks.join_next().await {
        times.add(done.map_err(std::io::Error::other)??).map_err(std::io::Error::other)?;
    }
    Ok((times.len() as f64 / began.elapsed().as_secs_f64(), times))
}

/// Microseconds, up to a minute; to record beyond the bounds would be to record the bound.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, 3).expect("the bounds and three digits are allowed")
}

/// Records how long something took.
pub fn record(times: &mut Histogram<u64>, began: Instant) {
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    times.saturating_record(micros);
}

/// A percentile in milliseconds.
pub fn millis(times: &Histogram<u64>, percentile: f64) -> f64 {
    times.value_at_percentile(percentile) as f64 / 1_000.0
}
