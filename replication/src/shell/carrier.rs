//! What carries a conversation: QUIC, or TLS over TCP where UDP does not pass. What is said is the same.
//!
//! A connection's streams belong to its task; a [`Handle`] is what others keep of it, to look at it and to close it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quinn::{Connection, SendStream};
use tokio::io::{AsyncWrite, AsyncWriteExt, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsStream;
use tokio_util::io::{InspectReader, InspectWriter};

use super::close::{CloseCode, Ending};
use super::socket::Gate;
use crate::code;

/// A proven connection.
pub(crate) enum Carrier {
    /// QUIC: one bidirectional stream in it.
    Quic(Connection),
    /// TLS over TCP.
    Tcp(TcpCarrier),
}

/// A TLS connection over TCP, its peer proven.
pub(crate) struct TcpCarrier {
    pub stream: Box<TlsStream<Counted>>,
    pub line: Arc<TcpLine>,
}

/// What others keep of a TCP connection.
#[derive(Debug)]
pub(crate) struct TcpLine {
    remote: SocketAddr,
    closing: watch::Sender<Option<Ending>>,
    sent: AtomicU64,
    received: AtomicU64,
    gate: Arc<Gate>,
}

impl TcpLine {
    pub(crate) fn new(remote: SocketAddr, gate: Arc<Gate>) -> Arc<Self> {
        let (sent, received) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { remote, closing: watch::Sender::new(None), sent, received, gate })
    }

    fn count(&self, sent: u64, received: u64) {
        self.sent.fetch_add(sent, Ordering::Relaxed);
        self.received.fetch_add(received, Ordering::Relaxed);
        self.gate.count_stream(sent, received);
    }

    /// Bytes sent and received in the stream, TLS included.
    pub(crate) fn traffic(&self) -> (u64, u64) {
        (self.sent.load(Ordering::Relaxed), self.received.load(Ordering::Relaxed))
    }
}

/// What others keep of a connection.
#[derive(Clone, Debug)]
pub(crate) enum Handle {
    Quic(Connection),
    Tcp(Arc<TcpLine>),
}

impl Carrier {
    pub(crate) fn handle(&self) -> Handle {
        match self {
            Self::Quic(connection) => Handle::Quic(connection.clone()),
            Self::Tcp(carrier) => Handle::Tcp(carrier.line.clone()),
        }
    }
}

impl Handle {
    /// Where the other end is.
    pub(crate) fn remote(&self) -> SocketAddr {
        match self {
            Self::Quic(connection) => connection.remote_address(),
            Self::Tcp(line) => line.remote,
        }
    }

    /// Time of a round trip, where the carrier tells it.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        match self {
            Self::Quic(connection) => Some(connection.rtt()),
            Self::Tcp(_) => None,
        }
    }

    /// Closes the connection; the other end learns the code where the carrier has a place for it.
    pub(crate) fn close(&self, code: CloseCode, text: &str) {
        match self {
            Self::Quic(connection) => connection.close(code.into(), text.as_bytes()),
            Self::Tcp(line) => {
                line.closing.send_if_modified(|closing| {
                    let is_first = closing.is_none();
                    closing.get_or_insert_with(|| Ending::new(text, "closed by this side"));
                    is_first
                });
            }
        }
    }

    /// Resolves when the connection is closed, by either end for QUIC, by this one for TCP.
    pub(crate) async fn closed(&self) -> Ending {
        match self {
            Self::Quic(connection) => Ending::of_connection(&connection.closed().await),
            Self::Tcp(line) => {
                let mut closing = line.closing.subscribe();
                // An error cannot be: this handle keeps the sender.
                let ended = closing.wait_for(Option::is_some).await.ok().and_then(|ending| ending.clone());
                ended.unwrap_or_else(|| Ending::of(CloseCode::Done, "closed"))
            }
        }
    }
}

/// How a stream's failure is told.
pub(crate) fn lost(error: &io::Error) -> Ending {
    let inner = error.get_ref();
    let read = inner.and_then(|inner| inner.downcast_ref::<quinn::ReadError>());
    let write = inner.and_then(|inner| inner.downcast_ref::<quinn::WriteError>());
    match (read, write) {
        (Some(quinn::ReadError::ConnectionLost(error)), _)
        | (_, Some(quinn::WriteError::ConnectionLost(error))) => Ending::of_connection(error),
        _ => Ending::new(code::DISCONNECTED, error.to_string()),
    }
}

/// The sending half of a stream, which can make sure that its last bytes arrive.
pub(crate) trait LastWord: AsyncWrite + Unpin {
    /// Ends the stream and waits until the other end has all of it, as far as that can be known.
    fn last_word(&mut self) -> impl Future<Output = ()> + Send;
}

impl LastWord for SendStream {
    async fn last_word(&mut self) {
        if self.finish().is_ok() {
            let _ = self.stopped().await;
        }
    }
}

impl<S: AsyncWrite + Unpin + Send> LastWord for WriteHalf<S> {
    /// The system goes on sending what was written after the socket is closed.
    async fn last_word(&mut self) {
        let _ = self.shutdown().await;
    }
}

/// A TCP stream that counts what passes.
pub(crate) type Counted = InspectReader<InspectWriter<TcpStream, Counter>, Counter>;
type Counter = Box<dyn FnMut(&[u8]) + Send + Sync>;

/// Counts what passes in a stream, for its connection and for the node.
pub(crate) fn counted(stream: TcpStream, line: &Arc<TcpLine>) -> Counted {
    let (sending, receiving) = (line.clone(), line.clone());
    let sent: Counter = Box::new(move |bytes| sending.count(bytes.len() as u64, 0));
    let received: Counter = Box::new(move |bytes| receiving.count(0, bytes.len() as u64));
    InspectReader::new(InspectWriter::new(stream, sent), received)
}
