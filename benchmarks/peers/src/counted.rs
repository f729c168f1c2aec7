//! A stream that counts what passes, and the transport that samod makes of it.

use std::future::ready;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, TryStreamExt};
use samod::Transport;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

use crate::stages::Traffic;

/// Counts both ways, over all connections of a peer.
#[derive(Debug, Default)]
pub struct Counters {
    bytes: AtomicU64,
    messages: AtomicU64,
}

impl Counters {
    /// What has passed so far.
    pub fn traffic(&self) -> Traffic {
        Traffic { bytes: self.bytes.load(Ordering::Relaxed), messages: self.messages.load(Ordering::Relaxed) }
    }

    fn count_bytes(&self, length: usize) {
        self.bytes.fetch_add(length as u64, Ordering::Relaxed);
    }

    fn count_message(&self) {
        self.messages.fetch_add(1, Ordering::Relaxed);
    }
}

/// The transport of samod over a stream of bytes: what [`Transport::from_tokio_io`] makes, with counters.
pub fn transport(stream: TcpStream, counters: &Arc<Counters>) -> Transport {
    let counted = Counted { inner: stream, counters: counters.clone() };
    let (sink, stream) = Framed::new(counted, LengthDelimitedCodec::new()).split();
    let (sent, received) = (counters.clone(), counters.clone());
    let sink = sink.with(move |message: Vec<u8>| {
        sent.count_message();
        ready(Ok::<_, io::Error>(Bytes::from(message)))
    });
    let stream = stream.map_ok(move |message| {
        received.count_message();
        message.to_vec()
    });
    Transport::new(stream, sink)
}

/// A stream whose bytes are counted.
struct Counted {
    inner: TcpStream,
    counters: Arc<Counters>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        self.counters.count_bytes(buffer.filled().len() - before);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(cx, bytes);
        if let Poll::Ready(Ok(length)) = polled {
            self.counters.count_bytes(length);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
