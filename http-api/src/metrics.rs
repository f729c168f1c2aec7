//! Counters of the server itself, for whoever watches it.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use crdt_store::{StoreError, Timestamp};
use replication::shell::{DialState, LinkStatus, NeighbourStatus};
use replication::{LinkState, PeerStatus};

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
        write_peers(&mut text, &status.peers, state.now())?;
        if let Some(network) = state.node().network() {
            write_neighbours(&mut text, &network.neighbours)?;
            write_links(&mut text, &network.links)?;
        }
        Ok::<_, std::fmt::Error>(())
    })();
    debug_assert!(written.is_ok(), "a string takes all that is written");
    Ok(text)
}

/// A figure of each peer: its name, its kind, its help, and how it is read; nothing where it is not known.
type PeerFigure = (&'static str, &'static str, &'static str, fn(&PeerStatus, Timestamp) -> Option<f64>);

const PEER_FIGURES: [PeerFigure; 11] = [
    ("tributary_peer_connected", "gauge", "Whether a peer is connected.", |peer, _| {
        Some(f64::from(u8::from(peer.link != LinkState::Offline)))
    }),
    ("tributary_peer_in_sync", "gauge", "Whether a peer is proven to hold the same.", |peer, _| {
        Some(f64::from(u8::from(peer.in_sync)))
    }),
    ("tributary_peer_lag_seconds", "gauge", "Since a peer was last proven to hold the same.", |peer, now| {
        let lag = now.millis_since(peer.proven_at?).max(0) as f64 / 1e3;
        Some(if peer.in_sync { 0.0 } else { lag })
    }),
    ("tributary_peer_documents_to_send", "gauge", "Documents a peer has not acknowledged.", |peer, _| {
        peer.to_send.map(|count| count as f64)
    }),
    ("tributary_peer_received_bytes_total", "counter", "Bytes of frames from a peer.", |peer, _| {
        Some(peer.bytes_in as f64)
    }),
    ("tributary_peer_sent_bytes_total", "counter", "Bytes of frames to a peer.", |peer, _| {
        Some(peer.bytes_out as f64)
    }),
    ("tributary_peer_received_frames_total", "counter", "Frames from a peer.", |peer, _| {
        Some(peer.frames_in as f64)
    }),
    ("tributary_peer_sent_frames_total", "counter", "Frames to a peer.", |peer, _| {
        Some(peer.frames_out as f64)
    }),
    ("tributary_peer_refused_total", "counter", "Changes of a peer that were refused here.", |peer, _| {
        Some(peer.refused_here as f64)
    }),
    (
        "tributary_peer_unbuilt_total",
        "counter",
        "Documents of a peer that could not be put together here and came whole afterwards.",
        |peer, _| Some(peer.unbuilt as f64),
    ),
    (
        "tributary_peer_seals_refused_total",
        "counter",
        "Signatures from a peer that their author did not make, or the second for one place.",
        |peer, _| Some(peer.seals_refused as f64),
    ),
];

fn write_peers(text: &mut String, peers: &[PeerStatus], now: Timestamp) -> std::fmt::Result {
    for (name, kind, help, read) in PEER_FIGURES {
        writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}")?;
        for peer in peers {
            if let Some(value) = read(peer, now) {
                writeln!(text, "{name}{{device=\"{}\"}} {value}", peer.device)?;
            }
        }
    }
    Ok(())
}

fn write_neighbours(text: &mut String, neighbours: &[NeighbourStatus]) -> std::fmt::Result {
    let is_met = |neighbour: &&NeighbourStatus| neighbour.dial.state == DialState::Connected;
    let met = neighbours.iter().filter(is_met).count();
    gauge(text, "tributary_neighbours", "Devices named or found on the local network.", neighbours.len())?;
    gauge(text, "tributary_neighbours_connected", "Of those, the ones that are connected.", met)
}

/// A figure of each open connection; nothing where its carrier does not tell.
type LinkFigure = (&'static str, &'static str, fn(&LinkStatus) -> Option<f64>);

/// Gauges all of them: each begins anew with its connection.
const LINK_FIGURES: [LinkFigure; 6] = [
    ("tributary_link_round_trip_seconds", "Round trip of an open connection, as last estimated.", |link| {
        link.quic.map(|quic| quic.round_trip_micros as f64 / 1e6)
    }),
    ("tributary_link_packets_sent", "Packets sent over an open connection.", |link| {
        link.quic.map(|quic| quic.packets_sent as f64)
    }),
    ("tributary_link_packets_lost", "Packets lost and sent again.", |link| {
        link.quic.map(|quic| quic.packets_lost as f64)
    }),
    ("tributary_link_sent_bytes", "Bytes sent over an open connection.", |link| Some(link.bytes_sent as f64)),
    ("tributary_link_received_bytes", "Bytes received over an open connection.", |link| {
        Some(link.bytes_received as f64)
    }),
    ("tributary_link_congestion_window_bytes", "Bytes that may be under way.", |link| {
        link.quic.map(|quic| quic.congestion_window as f64)
    }),
];

fn write_links(text: &mut String, links: &[LinkStatus]) -> std::fmt::Result {
    for (name, help, read) in LINK_FIGURES {
        writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge")?;
        for link in links {
            if let Some(value) = read(link) {
                writeln!(text, "{name}{{device=\"{}\"}} {value}", link.device)?;
            }
        }
    }
    Ok(())
}
