//! One connection between certified devices: frames in, frames out, and how it ends.

use std::sync::Arc;
use std::time::Duration;

use quinn::{Connection, RecvStream, SendStream};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tributary_inbox::{Producer, PushError};

use super::close::{CloseCode, Ending};
use super::driver::{Item, OUTGOING_MAX, Outgoing};
use super::handle::NodeHandle;
use super::link::{SwitchState, cut_since};
use super::network::{Network, OpenLink};
use crate::codec::{FRAME_BYTES_MAX, FrameError, LENGTH_BYTES, decode_body, frame_length};
use crate::frame::Frame;
use crate::peer::{ConnectionId, Peer, Side};

/// The dialer opens the stream with its first frame; who has a certificate and says nothing is let go.
const FIRST_WORD_WITHIN: Duration = Duration::from_secs(30);
/// In this time, at least one chunk of a frame that has begun must come or go: 4 KiB need 14 s at 2.4 kbit/s, the
/// slowest link that is promised to work.
const PROGRESS_WITHIN: Duration = Duration::from_secs(120);
/// Bytes of such a chunk.
const CHUNK: usize = 4096;
/// How long a last frame may take to be acknowledged before the connection is closed over it.
const LAST_WORD_WITHIN: Duration = Duration::from_secs(1);
/// Frames from this size on are decoded on a thread of their own, so that small ones do not wait for them.
const DECODE_APART_FROM: usize = 32 * 1024;

/// What became of a connection.
pub(crate) struct Ended {
    pub ending: Ending,
    /// How long the other side asked not to be dialled.
    pub retry_after: Option<Duration>,
}

/// Runs a connection to its end and closes it. The node has then been told.
pub(crate) async fn run(
    network: &Arc<Network>,
    node: &NodeHandle,
    connection: &Connection,
    peer: Peer,
    side: Side,
    link: SwitchState,
) -> Ended {
    let inbox = &node.shared().inbox;
    let conn = node.shared().new_connection();
    let mut switch = network.link.watch();
    let (dialed, since) = (side == Side::Dialed, node.shared().clock.wall());
    let open = OpenLink { device: peer.device, dialed, since, connection: connection.clone() };
    network.linked(conn, open);
    let ended = tokio::select! {
        biased;
        () = cut_since(&mut switch, link.cuts) => Ended::now(CloseCode::LinkCut, "this node's network was cut"),
        ended = converse(network, inbox, connection, conn, &peer, side) => ended,
        error = connection.closed() => Ended { ending: Ending::of_connection(&error), retry_after: None },
    };
    network.unlinked(conn);
    connection.close(CloseCode::Ended.into(), ended.ending.code.as_bytes());
    if deliver(inbox, Item::Disconnected { conn, ending: ended.ending.clone() }).await.is_err() {
        tracing::debug!(conn = conn.0, "the node stopped before the connection did");
    }
    ended
}

impl Ended {
    fn now(code: CloseCode, detail: &str) -> Self {
        Self { ending: Ending::of(code, detail), retry_after: None }
    }
}

/// The node does not take items any more.
struct Gone;

impl From<Gone> for Ended {
    fn from(_: Gone) -> Self {
        Self::now(CloseCode::Stopping, "this node stops")
    }
}

/// Puts an item into the node's inbox, waiting for space: this is what holds a peer back that sends faster than the
/// node commits.
async fn deliver(inbox: &Producer<Item>, mut item: Item) -> Result<(), Gone> {
    loop {
        match inbox.try_push(item) {
            Ok(()) => return Ok(()),
            Err(PushError::Closed(_)) => return Err(Gone),
            Err(PushError::Full(back)) => item = back,
        }
        inbox.space().await;
    }
}

async fn converse(
    network: &Arc<Network>,
    inbox: &Producer<Item>,
    connection: &Connection,
    conn: ConnectionId,
    peer: &Peer,
    side: Side,
) -> Ended {
    let opened = match side {
        Side::Dialed => connection.open_bi().await,
        Side::Accepted => match tokio::time::timeout(FIRST_WORD_WITHIN, connection.accept_bi()).await {
            Ok(opened) => opened,
            Err(_) => return Ended::now(CloseCode::Silent, "connected and said nothing"),
        },
    };
    let (send, receive) = match opened {
        Ok(streams) => streams,
        Err(error) => return Ended { ending: Ending::of_connection(&error), retry_after: None },
    };
    let (outgoing, queue) = mpsc::channel(OUTGOING_MAX);
    if let Err(gone) = deliver(inbox, Item::Connected { conn, peer: peer.clone(), side, outgoing }).await {
        return gone.into();
    }
    tokio::select! {
        ended = write_frames(send, queue) => ended,
        ended = read_frames(network, inbox, receive, conn, peer.central) => ended,
    }
}

async fn write_frames(mut send: SendStream, mut queue: mpsc::Receiver<Outgoing>) -> Ended {
    loop {
        match queue.recv().await {
            Some(Outgoing::Frame(bytes)) => {
                if let Err(ending) = write_frame(&mut send, &bytes).await {
                    return Ended { ending, retry_after: None };
                }
            }
            Some(Outgoing::Close { code, reason, retry_after }) => {
                last_word(&mut send).await;
                return Ended { ending: Ending::new(code, reason), retry_after };
            }
            None => {
                last_word(&mut send).await;
                return Gone.into();
            }
        }
    }
}

async fn write_frame(send: &mut SendStream, bytes: &[u8]) -> Result<(), Ending> {
    for chunk in bytes.chunks(CHUNK) {
        match tokio::time::timeout(PROGRESS_WITHIN, send.write_all(chunk)).await {
            Ok(Ok(())) => {}
            Ok(Err(quinn::WriteError::ConnectionLost(error))) => return Err(Ending::of_connection(&error)),
            Ok(Err(error)) => return Err(Ending::new(crate::code::DISCONNECTED, error.to_string())),
            Err(_) => return Err(Ending::new(crate::code::STALLED, "the peer takes nothing any more")),
        }
    }
    Ok(())
}

/// Gives what was written a moment to arrive: closing a connection throws away what was not acknowledged.
async fn last_word(send: &mut SendStream) {
    if send.finish().is_ok() {
        let _ = tokio::time::timeout(LAST_WORD_WITHIN, send.stopped()).await;
    }
}

/// What ended the reading of frames.
enum ReadEnd {
    /// The other side finished its half of the stream: it closes.
    Finished,
    Lost(Ending),
    NoFrame(FrameError),
    Gone,
}

impl From<Gone> for ReadEnd {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

async fn read_frames(
    network: &Arc<Network>,
    inbox: &Producer<Item>,
    mut receive: RecvStream,
    conn: ConnectionId,
    from_central: bool,
) -> Ended {
    loop {
        match read_frame(network, inbox, &mut receive, conn, from_central).await {
            Ok(()) => {}
            // What the other side says by closing is a better answer than the end of its stream.
            Err(ReadEnd::Finished) => return std::future::pending().await,
            Err(ReadEnd::Lost(ending)) => return Ended { ending, retry_after: None },
            Err(ReadEnd::Gone) => return Gone.into(),
            Err(ReadEnd::NoFrame(error)) => {
                network.count(|counters| &counters.frames_bad);
                let ending = Ending::new(error.code, error.detail.clone());
                // The node closes the connection, with its own goodbye.
                return match deliver(inbox, Item::BadFrame { conn, error }).await {
                    Ok(()) => {
                        tokio::time::sleep(LAST_WORD_WITHIN).await;
                        Ended { ending, retry_after: None }
                    }
                    Err(gone) => gone.into(),
                };
            }
        }
    }
}

async fn read_frame(
    network: &Arc<Network>,
    inbox: &Producer<Item>,
    receive: &mut RecvStream,
    conn: ConnectionId,
    from_central: bool,
) -> Result<(), ReadEnd> {
    let mut length = [0; LENGTH_BYTES];
    receive.read_exact(&mut length).await.map_err(|error| match error {
        quinn::ReadExactError::FinishedEarly(0) => ReadEnd::Finished,
        quinn::ReadExactError::FinishedEarly(_) => ReadEnd::NoFrame(truncated()),
        quinn::ReadExactError::ReadError(error) => ReadEnd::Lost(lost(&error)),
    })?;
    let length = frame_length(length).map_err(ReadEnd::NoFrame)?;
    let body = read_body(receive, length).await?;
    let memory = reserve(network, length).await;
    let frame = decode(body).await.map_err(ReadEnd::NoFrame)?;
    if from_central && let Some(time) = frame.wall() {
        network.prove_time(time);
    }
    Ok(deliver(inbox, Item::Frame { conn, frame, memory }).await?)
}

/// Reads a frame's body; memory grows with what has come, not with what was announced.
async fn read_body(receive: &mut RecvStream, length: usize) -> Result<Vec<u8>, ReadEnd> {
    let mut body = Vec::with_capacity(length.min(CHUNK));
    while body.len() < length {
        let chunk =
            tokio::time::timeout(PROGRESS_WITHIN, receive.read_chunk(length - body.len(), true)).await;
        match chunk {
            Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk.bytes),
            Ok(Ok(None)) => return Err(ReadEnd::NoFrame(truncated())),
            Ok(Err(error)) => return Err(ReadEnd::Lost(lost(&error))),
            Err(_) => {
                return Err(ReadEnd::Lost(Ending::new(
                    crate::code::STALLED,
                    "a frame stopped in its middle",
                )));
            }
        }
    }
    Ok(body)
}

/// Waits for a frame's share of the memory for frames.
async fn reserve(network: &Arc<Network>, length: usize) -> OwnedSemaphorePermit {
    let kib = u32::try_from(length.min(FRAME_BYTES_MAX).div_ceil(1024)).unwrap_or(u32::MAX);
    network.frame_memory.clone().acquire_many_owned(kib).await.expect("the semaphore is never closed")
}

/// Parses and verifies: costs processor time, so large frames go to a thread of their own.
async fn decode(body: Vec<u8>) -> Result<Frame, FrameError> {
    if body.len() < DECODE_APART_FROM {
        return decode_body(&body);
    }
    let failed =
        |error| FrameError { code: crate::code::FRAME_MALFORMED, detail: format!("not decoded: {error}") };
    tokio::task::spawn_blocking(move || decode_body(&body)).await.unwrap_or_else(|error| Err(failed(error)))
}

fn truncated() -> FrameError {
    FrameError { code: crate::code::FRAME_TRUNCATED, detail: "the stream ended within a frame".to_owned() }
}

fn lost(error: &quinn::ReadError) -> Ending {
    match error {
        quinn::ReadError::ConnectionLost(error) => Ending::of_connection(error),
        other => Ending::new(crate::code::DISCONNECTED, other.to_string()),
    }
}
