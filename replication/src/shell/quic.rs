//! QUIC as this project sets it up: limits, timers, the endpoint.
//!
//! Who dials knows its link and sets the pace: the shorter idle time of the two ends counts, and only the dialer
//! keeps a quiet connection alive. An accepting node waits longer than any dialer, so that one setting serves a
//! tablet on a local network and a satellite terminal.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use quinn::congestion::{BbrConfig, ControllerFactory, CubicConfig, NewRenoConfig};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{
    ClientConfig, Endpoint, EndpointConfig, IdleTimeout, ServerConfig, TokioRuntime, TransportConfig, VarInt,
};

use super::socket::GatedSocket;

/// A held connection on a good link says something this often; below the 30 s after which mobile networks forget a
/// UDP binding.
const KEEP_ALIVE_FAST: Duration = Duration::from_secs(5);
/// Three keep-alives lost: the link is gone.
const IDLE_FAST: Duration = Duration::from_secs(15);
/// On a slow link, a keep-alive (120 bytes with its answer) costs more than noticing a loss late.
const KEEP_ALIVE_SLOW: Duration = Duration::from_secs(25);
/// Longer than a round trip of a minute takes, the worst that is promised to work.
const IDLE_SLOW: Duration = Duration::from_secs(75);
/// Longer than any dialer's idle time, which is the one that counts.
const IDLE_ACCEPTING: Duration = Duration::from_secs(120);
/// First guess of a round trip of which nothing is known (RFC 9002 §6.2.2).
const INITIAL_RTT: Duration = Duration::from_millis(333);
/// Highest guess, whatever was measured the last time: a loss in a handshake is noticed after three times as much.
const INITIAL_RTT_MAX: Duration = Duration::from_secs(5);
/// First guess of a slow link's round trip: a satellite's; a lower one sends the first packet several times.
const INITIAL_RTT_SLOW: Duration = Duration::from_millis(700);

/// Bytes of one stream that a peer may send ahead of our reading: a quarter of the largest frame.
const STREAM_WINDOW: u32 = 256 * 1024;
/// The same for all streams of a connection; with 500 peers, 256 MB in the worst case.
const RECEIVE_WINDOW: u32 = 512 * 1024;
/// Bytes sent and not acknowledged, held in memory for resending.
const SEND_WINDOW: u64 = 256 * 1024;
/// On a slow link, a smaller window keeps the queue short in which urgent frames would wait.
const SEND_WINDOW_SLOW: u64 = 128 * 1024;
/// The control stream, and room for the lanes of later versions.
const STREAMS_MAX: u32 = 4;
/// Bytes of handshake messages held out of order: a certificate chain is below 2 KB.
const CRYPTO_BUFFER: usize = 16 * 1024;
/// Handshakes waiting to be looked at; more are refused, and tried again by their dialers.
const INCOMING_MAX: usize = 512;
/// Bytes held for each of them, and for all.
const INCOMING_BUFFER: u64 = 16 * 1024;
const INCOMING_BUFFER_TOTAL: u64 = 2 << 20;

/// What kind of link a node dials over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Profile {
    /// A local network, fibre, or 3G and better.
    #[default]
    Fast,
    /// 2G, satellite, metered: patient timers, small windows.
    Slow,
}

/// How a node finds out how much it may have under way on a link before it is acknowledged. Each end decides for what it
/// sends itself; the two need not agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Congestion {
    /// CUBIC (RFC 9438): a loss shrinks the window to seven tenths, then it grows with time.
    #[default]
    Cubic,
    /// New Reno (RFC 9002 §7): a loss halves the window, then it grows by a packet each round trip.
    NewReno,
    /// BBR, version 1: paces by the bandwidth and round trip it measures, and takes single losses for no sign of
    /// congestion. Experimental in quinn.
    Bbr,
}

impl Congestion {
    fn controller(self) -> Arc<dyn ControllerFactory + Send + Sync> {
        match self {
            Self::Cubic => Arc::new(CubicConfig::default()),
            Self::NewReno => Arc::new(NewRenoConfig::default()),
            Self::Bbr => Arc::new(BbrConfig::default()),
        }
    }
}

/// What both ends and all profiles share. No search for larger packets: it costs 5.7 KB in each connection, as much as
/// everything else in a quiet one, and a first synchronisation takes the same time without (docs/BENCHMARKS.md).
fn transport(congestion: Congestion) -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .mtu_discovery_config(None)
        .congestion_controller_factory(congestion.controller())
        .max_concurrent_bidi_streams(VarInt::from_u32(STREAMS_MAX))
        .max_concurrent_uni_streams(VarInt::from_u32(STREAMS_MAX))
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(RECEIVE_WINDOW))
        .send_window(SEND_WINDOW)
        .crypto_buffer_size(CRYPTO_BUFFER)
        .datagram_receive_buffer_size(None);
    transport
}

fn idle(time: Duration) -> Option<IdleTimeout> {
    Some(time.try_into().expect("seconds fit"))
}

pub(crate) fn client_config(
    tls: Arc<QuicClientConfig>,
    profile: Profile,
    congestion: Congestion,
    round_trip: Option<Duration>,
) -> ClientConfig {
    let mut transport = transport(congestion);
    let guess = match profile {
        Profile::Fast => {
            transport.max_idle_timeout(idle(IDLE_FAST)).keep_alive_interval(Some(KEEP_ALIVE_FAST));
            INITIAL_RTT
        }
        Profile::Slow => {
            transport
                .max_idle_timeout(idle(IDLE_SLOW))
                .keep_alive_interval(Some(KEEP_ALIVE_SLOW))
                .send_window(SEND_WINDOW_SLOW);
            INITIAL_RTT_SLOW
        }
    };
    // What is guessed too short sends the first packets, which are the large ones, several times.
    transport.initial_rtt(round_trip.map_or(guess, |last| last.clamp(guess, INITIAL_RTT_MAX)));
    let mut config = ClientConfig::new(tls);
    config.transport_config(Arc::new(transport));
    config
}

pub(crate) fn server_config(tls: QuicServerConfig, congestion: Congestion) -> ServerConfig {
    let mut transport = transport(congestion);
    // An accepting node cannot know the link; guessed shorter, its certificate would go twice before a slow one answers.
    transport.max_idle_timeout(idle(IDLE_ACCEPTING)).keep_alive_interval(None).initial_rtt(INITIAL_RTT_SLOW);
    let mut config = ServerConfig::with_crypto(Arc::new(tls));
    config
        .transport_config(Arc::new(transport))
        .max_incoming(INCOMING_MAX)
        .incoming_buffer_size(INCOMING_BUFFER)
        .incoming_buffer_size_total(INCOMING_BUFFER_TOTAL);
    // Tokens that spare a later address check cost bytes in every session, and their log memory.
    config.validation_token.sent(0);
    config
}

/// The endpoint on `socket`; without a server configuration it only dials.
pub(crate) fn endpoint(socket: Arc<GatedSocket>, server: Option<ServerConfig>) -> io::Result<Endpoint> {
    let mut config = EndpointConfig::default();
    // With the fixed bit always set, what lacks it is known not to be QUIC before it is looked at.
    config.grease_quic_bit(false);
    Endpoint::new_with_abstract_socket(config, server, socket, Arc::new(TokioRuntime))
}
