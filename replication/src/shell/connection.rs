//! One connection between certified devices: frames in, frames out, and how it ends.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use quinn::{RecvStream, SendStream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tracing::Instrument;
use tributary_inbox::{Producer, PushError};

use super::carrier::{Carrier, LastWord, lost};
use super::close::{CloseCode, Ending};
use super::driver::{Item, OUTGOING_MAX, Outgoing};
use super::handle::NodeHandle;
use super::link::{SwitchState, cut_since};
use super::network::{Network, OpenLink};
use crate::code;
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

/// Runs a connection to its end and closes it. The node has then been told. Where `leave` resolves, it hangs up.
pub(crate) async fn run(
    network: &Arc<Network>,
    node: &NodeHandle,
    carrier: Carrier,
    peer: Peer,
    side: Side,
    link: SwitchState,
    leave: impl Future<Output = ()> + Send,
) -> Ended {
    let conn = node.shared().new_connection();
    let dialed = side == Side::Dialed;
    let span = tracing::info_span!("connection", conn = conn.0, device = %peer.device, dialed);
    let handle = carrier.handle();
    let since = node.shared().clock.wall();
    network.linked(conn, OpenLink { device: peer.device, dialed, since, handle: handle.clone() });
    let talk = async {
        let inbox = &node.shared().inbox;
        let mut switch = network.link.watch();
        let leaving = async {
            leave.await;
            // The node says goodbye, and the conversation ends by that; if it is gone, the conversation ends too.
            let _ = deliver(inbox, Item::HangUp { conn }).await;
            std::future::pending().await
        };
        let ended = tokio::select! {
            biased;
            () = cut_since(&mut switch, link.cuts) => Ended::now(CloseCode::LinkCut, "this node's network was cut"),
            ended = converse(network, node, carrier, conn, &peer, side) => ended,
            ending = handle.closed() => Ended { ending, retry_after: None },
            ended = leaving => ended,
        };
        tracing::debug!(code = ended.ending.code, detail = ended.ending.detail, "ended");
        network.unlinked(conn);
        handle.close(CloseCode::Ended, &ended.ending.code);
        if deliver(inbox, Item::Disconnected { conn, ending: ended.ending.clone() }).await.is_err() {
            tracing::debug!("the node stopped before the connection did");
        }
        ended
    };
    talk.instrument(span).await
}

impl Ended {
    fn now(code: CloseCode, detail: &str) -> Self {
        Self { ending: Ending::of(code, detail), retry_after: None }
    }
}

/// The node does not take items any more.
pub(super) struct Gone;

impl From<Gone> for Ended {
    fn from(_: Gone) -> Self {
        Self::now(CloseCode::Stopping, "this node stops")
    }
}

/// Puts an item into the node's inbox, waiting for space: this is what holds a peer back that sends faster than the
/// node commits.
pub(super) async fn deliver(inbox: &Producer<Item>, mut item: Item) -> Result<(), Gone> {
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
    node: &NodeHandle,
    carrier: Carrier,
    conn: ConnectionId,
    peer: &Peer,
    side: Side,
) -> Ended {
    let inbox = &node.shared().inbox;
    let (outgoing, queue) = mpsc::channel(OUTGOING_MAX);
    let connected = Item::Connected { conn, peer: peer.clone(), side, outgoing };
    match carrier {
        Carrier::Quic(connection) => {
            let (send, receive) = match open(&connection, side).await {
                Ok(streams) => streams,
                Err(ending) => return Ended { ending, retry_after: None },
            };
            if let Err(gone) = deliver(inbox, connected).await {
                return gone.into();
            }
            // What the other side says by closing is a better answer than the end of its stream.
            let reading = async {
                match read_frames(network, node, receive, conn, peer.central).await {
                    Some(ended) => ended,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                ended = write_frames(send, queue) => ended,
                ended = reading => ended,
            }
        }
        Carrier::Tcp(carrier) => {
            let (receive, send) = tokio::io::split(carrier.stream);
            if let Err(gone) = deliver(inbox, connected).await {
                return gone.into();
            }
            let mut writing = pin!(write_frames(send, queue));
            let mut reading = pin!(read_frames(network, node, receive, conn, peer.central));
            tokio::select! {
                ended = &mut writing => {
                    // A socket closed over unread bytes is reset, and our last frame would be thrown away there.
                    let _ = tokio::time::timeout(LAST_WORD_WITHIN, reading).await;
                    ended
                }
                ended = &mut reading => match ended {
                    Some(ended) => ended,
                    // Its last frame said why, and the node is about to tell us.
                    None => tokio::time::timeout(LAST_WORD_WITHIN, writing).await.unwrap_or_else(|_| Ended {
                        ending: Ending::new(code::DISCONNECTED, "the other side closed the connection"),
                        retry_after: None,
                    }),
                }
            }
        }
    }
}

/// The one stream of a QUIC connection: who dialled opens it.
async fn open(connection: &quinn::Connection, side: Side) -> Result<(SendStream, RecvStream), Ending> {
    let opened = match side {
        Side::Dialed => connection.open_bi().await,
        Side::Accepted => match tokio::time::timeout(FIRST_WORD_WITHIN, connection.accept_bi()).await {
            Ok(opened) => opened,
            Err(_) => return Err(Ending::of(CloseCode::Silent, "connected and said nothing")),
        },
    };
    opened.map_err(|error| Ending::of_connection(&error))
}

async fn write_frames(mut send: impl LastWord, mut queue: mpsc::Receiver<Outgoing>) -> Ended {
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

pub(super) async fn write_frame(send: &mut impl LastWord, bytes: &[u8]) -> Result<(), Ending> {
    for chunk in bytes.chunks(CHUNK) {
        in_time(send.write_all(chunk)).await?;
    }
    in_time(send.flush()).await
}

async fn in_time(writing: impl Future<Output = std::io::Result<()>>) -> Result<(), Ending> {
    match tokio::time::timeout(PROGRESS_WITHIN, writing).await {
        Ok(written) => written.map_err(|error| lost(&error)),
        Err(_) => Err(Ending::new(code::STALLED, "the peer takes nothing any more")),
    }
}

/// Gives what was written a moment to arrive: closing a connection throws away what was not acknowledged.
async fn last_word(send: &mut impl LastWord) {
    let _ = tokio::time::timeout(LAST_WORD_WITHIN, send.last_word()).await;
}

/// What ended the reading of frames.
pub(super) enum ReadEnd {
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

/// Reads until something ends it; nothing where the other side ended its half of the stream.
async fn read_frames(
    network: &Arc<Network>,
    node: &NodeHandle,
    mut receive: impl AsyncRead + Unpin,
    conn: ConnectionId,
    from_central: bool,
) -> Option<Ended> {
    loop {
        match read_frame(network, node, &mut receive, conn, from_central).await {
            Ok(()) => {}
            Err(ReadEnd::Finished) => return None,
            Err(ReadEnd::Lost(ending)) => return Some(Ended { ending, retry_after: None }),
            Err(ReadEnd::Gone) => return Some(Gone.into()),
            Err(ReadEnd::NoFrame(error)) => {
                network.count(|counters| &counters.frames_bad);
                let ending = Ending::new(error.code, error.detail.clone());
                // The node closes the connection, with its own goodbye.
                return Some(match deliver(&node.shared().inbox, Item::BadFrame { conn, error }).await {
                    Ok(()) => {
                        tokio::time::sleep(LAST_WORD_WITHIN).await;
                        Ended { ending, retry_after: None }
                    }
                    Err(gone) => gone.into(),
                });
            }
        }
    }
}

async fn read_frame(
    network: &Arc<Network>,
    node: &NodeHandle,
    receive: &mut (impl AsyncRead + Unpin),
    conn: ConnectionId,
    from_central: bool,
) -> Result<(), ReadEnd> {
    let length = frame_length(read_length(receive).await?).map_err(ReadEnd::NoFrame)?;
    let body = read_body(receive, length).await?;
    let memory = reserve(network, length).await;
    let frame = decode(body).await.map_err(ReadEnd::NoFrame)?;
    let prepared = node.shared().preparing.prepare(frame, || node.reader()).await;
    let (frame, prepared) = prepared.map_err(|error| ReadEnd::NoFrame(undecoded(&error)))?;
    if from_central && let Some(time) = frame.wall() {
        network.prove_time(time);
    }
    let memory = (memory, prepared);
    Ok(deliver(&node.shared().inbox, Item::Frame { conn, frame, memory }).await?)
}

/// Reads a frame that neither waits for its share of memory nor goes to a node.
pub(super) async fn read_alone(receive: &mut (impl AsyncRead + Unpin)) -> Result<Frame, ReadEnd> {
    let length = frame_length(read_length(receive).await?).map_err(ReadEnd::NoFrame)?;
    decode(read_body(receive, length).await?).await.map_err(ReadEnd::NoFrame)
}

/// Reads the length of the next frame, which may be long in coming.
async fn read_length(receive: &mut (impl AsyncRead + Unpin)) -> Result<[u8; LENGTH_BYTES], ReadEnd> {
    let mut length = [0; LENGTH_BYTES];
    let mut filled = 0;
    while filled < LENGTH_BYTES {
        match receive.read(&mut length[filled..]).await {
            Ok(0) if filled == 0 => return Err(ReadEnd::Finished),
            Ok(0) => return Err(ReadEnd::NoFrame(truncated())),
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Err(ReadEnd::Finished),
            Err(error) => return Err(ReadEnd::Lost(lost(&error))),
        }
    }
    Ok(length)
}

/// Reads a frame's body; memory grows with what has come, not with what was announced.
async fn read_body(receive: &mut (impl AsyncRead + Unpin), length: usize) -> Result<Vec<u8>, ReadEnd> {
    let mut body = Vec::with_capacity(length.min(CHUNK));
    while body.len() < length {
        let mut rest = receive.take((length - body.len()) as u64);
        match tokio::time::timeout(PROGRESS_WITHIN, rest.read_buf(&mut body)).await {
            Ok(Ok(0)) => return Err(ReadEnd::NoFrame(truncated())),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(ReadEnd::Lost(lost(&error))),
            Err(_) => {
                return Err(ReadEnd::Lost(Ending::new(code::STALLED, "a frame stopped in its middle")));
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
    let decoded = tokio::task::spawn_blocking(move || decode_body(&body)).await;
    decoded.unwrap_or_else(|error| Err(undecoded(&error)))
}

fn truncated() -> FrameError {
    FrameError { code: code::FRAME_TRUNCATED, detail: "the stream ended within a frame".to_owned() }
}

/// Reading it made a thread panic.
fn undecoded(error: &tokio::task::JoinError) -> FrameError {
    FrameError { code: code::FRAME_MALFORMED, detail: format!("not decoded: {error}") }
}
