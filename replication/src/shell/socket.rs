//! The UDP socket under QUIC, with a gate and two counters.
//!
//! While the gate is shut, what is sent is lost and what arrives is not seen: a network that is gone, not a
//! connection that is closed. Quinn's socket traits change with its versions; only this module knows them.

use std::fmt;
use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, Runtime, TokioRuntime, UdpPoller};
use serde::Serialize;

/// What passed a node's sockets since they were opened: payloads of datagrams, without the headers of UDP (8 bytes) and
/// IP (20 or 40 bytes), and of streams, without the headers of TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize)]
pub struct Traffic {
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// Datagrams sent.
    pub datagrams_sent: u64,
    /// Datagrams received.
    pub datagrams_received: u64,
    /// Of those, the ones that cannot be QUIC: somebody else's, or garbage. They are answered as QUIC demands, or not
    /// at all.
    pub datagrams_foreign: u64,
}

/// The gate and the counters, shared by the socket and whoever looks at it.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    shut: AtomicBool,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
    datagrams_sent: AtomicU64,
    datagrams_received: AtomicU64,
    datagrams_foreign: AtomicU64,
}

impl Gate {
    pub(crate) fn set_open(&self, open: bool) {
        self.shut.store(!open, Ordering::SeqCst);
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.shut.load(Ordering::SeqCst)
    }

    pub(crate) fn traffic(&self) -> Traffic {
        Traffic {
            bytes_sent: self.bytes_sent.load(Ordering::Relaxed),
            bytes_received: self.bytes_received.load(Ordering::Relaxed),
            datagrams_sent: self.datagrams_sent.load(Ordering::Relaxed),
            datagrams_received: self.datagrams_received.load(Ordering::Relaxed),
            datagrams_foreign: self.datagrams_foreign.load(Ordering::Relaxed),
        }
    }

    /// Bytes that passed in streams of TCP.
    pub(crate) fn count_stream(&self, sent: u64, received: u64) {
        self.bytes_sent.fetch_add(sent, Ordering::Relaxed);
        self.bytes_received.fetch_add(received, Ordering::Relaxed);
    }

    fn count_sent(&self, length: usize, segment: Option<usize>) {
        self.bytes_sent.fetch_add(length as u64, Ordering::Relaxed);
        self.datagrams_sent.fetch_add(datagrams(length, segment), Ordering::Relaxed);
    }

    fn count_received(&self, buffer: &[u8], meta: &RecvMeta) {
        self.bytes_received.fetch_add(meta.len as u64, Ordering::Relaxed);
        self.datagrams_received.fetch_add(datagrams(meta.len, Some(meta.stride)), Ordering::Relaxed);
        let received = buffer.get(..meta.len).unwrap_or_default();
        let foreign = match received.is_empty() {
            true => 1,
            false => received.chunks(meta.stride.max(1)).filter(|datagram| !may_be_quic(datagram)).count(),
        };
        self.datagrams_foreign.fetch_add(foreign as u64, Ordering::Relaxed);
    }
}

/// Whether a datagram looks like QUIC (RFC 8999, RFC 9000 §17): the fixed bit, which this project never greases, and
/// in packets with a long header version 1 or a negotiation of versions.
fn may_be_quic(datagram: &[u8]) -> bool {
    const LONG_HEADER: u8 = 0x80;
    const FIXED_BIT: u8 = 0x40;
    match datagram {
        [first, 0, 0, 0, 0, ..] if first & LONG_HEADER != 0 => true,
        [first, 0, 0, 0, 1, ..] if first & LONG_HEADER != 0 => first & FIXED_BIT != 0,
        [first, ..] => first & LONG_HEADER == 0 && first & FIXED_BIT != 0,
        [] => false,
    }
}

/// How many datagrams a buffer of segments is.
fn datagrams(length: usize, segment: Option<usize>) -> u64 {
    segment.filter(|segment| *segment > 0).map_or(1, |segment| length.div_ceil(segment)) as u64
}

/// A socket behind a gate.
pub(crate) struct GatedSocket {
    inner: Arc<dyn AsyncUdpSocket>,
    gate: Arc<Gate>,
}

impl GatedSocket {
    /// Opens a UDP socket at `address` (port 0 for any).
    pub(crate) fn bind(address: SocketAddr, gate: Arc<Gate>) -> io::Result<Arc<Self>> {
        let socket = UdpSocket::bind(address)?;
        Ok(Arc::new(Self { inner: TokioRuntime.wrap_udp_socket(socket)?, gate }))
    }
}

impl fmt::Debug for GatedSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatedSocket").field("inner", &self.inner).field("gate", &self.gate).finish()
    }
}

impl AsyncUdpSocket for GatedSocket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        self.inner.clone().create_io_poller()
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        if !self.gate.is_open() {
            return Ok(());
        }
        self.inner.try_send(transmit)?;
        self.gate.count_sent(transmit.contents.len(), transmit.segment_size);
        Ok(())
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        /// Buffers thrown away before others get their turn.
        const DISCARDED_MAX: usize = 32;
        for _ in 0..DISCARDED_MAX {
            match self.inner.poll_recv(cx, bufs, meta) {
                Poll::Ready(Ok(received)) if self.gate.is_open() => {
                    for (buffer, meta) in bufs.iter().zip(meta.iter()).take(received) {
                        self.gate.count_received(buffer, meta);
                    }
                    return Poll::Ready(Ok(received));
                }
                Poll::Ready(Ok(_)) => {}
                other => return other,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    fn max_transmit_segments(&self) -> usize {
        self.inner.max_transmit_segments()
    }

    fn max_receive_segments(&self) -> usize {
        self.inner.max_receive_segments()
    }

    fn may_fragment(&self) -> bool {
        self.inner.may_fragment()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_quic_is_counted_as_foreign_segment_by_segment() {
        let gate = Gate::default();
        let mut buffer = Vec::new();
        for first in
            [[0xc3, 0, 0, 0, 1], [0x45, 9, 9, 9, 9], [0, 0, 0, 0, 0], [0xff, 1, 2, 3, 4], [0x83, 0, 0, 0, 1]]
        {
            buffer.extend_from_slice(&first);
        }
        let meta = RecvMeta { len: buffer.len(), stride: 5, ..RecvMeta::default() };
        gate.count_received(&buffer, &meta);
        gate.count_received(&[], &RecvMeta::default());
        let traffic = gate.traffic();
        assert_eq!((traffic.datagrams_received, traffic.datagrams_foreign), (6, 4));
        assert_eq!(traffic.bytes_received, 25);
    }
}
