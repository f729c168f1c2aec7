//! Counters of the server itself, for whoever watches it.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use crdt_store::StoreError;

use crate::state::AppState;

/// Upper bounds of the buckets of response times, in microseconds: from a list's aim (3 ms) to what loses people.
const BOUNDS_US: [u64; 8] = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 10_000_000];

/// Requests, by outcome and by time.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    by_class: [AtomicU64; 5],
    buckets: [AtomicU64; BOUNDS_US.len() + 1],
    total_us: AtomicU64,
    listeners: AtomicU64,
}

impl Metrics {
    /// Takes note of an answered request.
    pub(crate) fn answered(&self, status: u16, elapsed_us: u64) {
        if let Some(class) =
            usize::from(status / 100).checked_sub(1).and_then(|class| self.by_class.get(class))
        {
            class.fetch_add(1, Ordering::Relaxed);
        }
        let bucket = BOUNDS_US.iter().position(|bound| elapsed_us <= *bound).unwrap_or(BOUNDS_US.len());
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.total_us.fetch_add(elapsed_us, Ordering::Relaxed);
    }

    /// How many event streams are open.
    pub(crate) fn listeners(&self) -> &AtomicU64 {
        &self.listeners
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "# HELP tributary_http_requests_total Requests answered, by class of status.")?;
        writeln!(text, "# TYPE tributary_http_requests_total counter")?;
        for (class, count) in self.by_class.iter().enumerate() {
            let count = count.load(Ordering::Relaxed);
            writeln!(text, "tributary_http_requests_total{{class=\"{}xx\"}} {count}", class + 1)?;
        }
        writeln!(text, "# HELP tributary_http_request_seconds Time until the answer begins.")?;
        writeln!(text, "# TYPE tributary_http_request_seconds histogram")?;
        let mut sum = 0;
        for (at, bucket) in self.buckets.iter().enumerate() {
            sum += bucket.load(Ordering::Relaxed);
            let bound =
                BOUNDS_US.get(at).map_or("+Inf".to_owned(), |bound| (*bound as f64 / 1e6).to_string());
            writeln!(text, "tributary_http_request_seconds_bucket{{le=\"{bound}\"}} {sum}")?;
        }
        let seconds = self.total_us.load(Ordering::Relaxed) as f64 / 1e6;
        writeln!(text, "tributary_http_request_seconds_sum {seconds}")?;
        writeln!(text, "tributary_http_request_seconds_count {sum}")?;
        gauge(
            text,
            "tributary_http_event_streams",
            "Open event streams.",
            self.listeners.load(Ordering::Relaxed),
        )
    }
}

fn gauge(text: &mut String, name: &str, help: &str, value: impl std::fmt::Display) -> std::fmt::Result {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}")
}

/// All figures in the text format of Prometheus. They count; they name no person, place or item.
pub(crate) fn text(state: &AppState) -> Result<String, StoreError> {
    let mut text = String::with_capacity(4096);
    let status = state.node().status();
    let parked = state.node().reader().snapshot()?.parked_count()?;
    let written = (|| {
        state.metrics().write(&mut text)?;
        gauge(&mut text, "tributary_uptime_seconds", "Since the server started.", state.uptime_ms() / 1_000)?;
        gauge(&mut text, "tributary_log_head", "Position of the latest commit.", status.head_seq)?;
        gauge(&mut text, "tributary_documents", "Documents held.", status.documents)?;
        gauge(&mut text, "tributary_scopes", "Scopes held.", status.scopes)?;
        gauge(&mut text, "tributary_changes_parked", "Changes that wait for others.", parked)?;
        gauge(
            &mut text,
            "tributary_frames_refused",
            "Frames refused since the start.",
            status.frames_refused,
        )?;
        for (name, help) in PEER_HELP {
            writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge")?;
            for peer in &status.peers {
                let value = match name {
                    "tributary_peer_connected" => u64::from(peer.link != replication::LinkState::Offline),
                    "tributary_peer_in_sync" => u64::from(peer.in_sync),
                    "tributary_peer_received_bytes" => peer.bytes_in,
                    _ => peer.bytes_out,
                };
                writeln!(text, "{name}{{device=\"{}\"}} {value}", peer.device)?;
            }
        }
        Ok::<_, std::fmt::Error>(())
    })();
    debug_assert!(written.is_ok(), "a string takes all that is written");
    Ok(text)
}

const PEER_HELP: [(&str, &str); 4] = [
    ("tributary_peer_connected", "Whether a peer is connected."),
    ("tributary_peer_in_sync", "Whether a peer is proven to hold the same."),
    ("tributary_peer_received_bytes", "Bytes of frames received from a peer since the start."),
    ("tributary_peer_sent_bytes", "Bytes of frames sent to a peer since the start."),
];
