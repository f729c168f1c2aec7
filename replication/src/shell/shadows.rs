//! Many devices on one socket that hold nothing themselves: real connections, each with its own certificate and its own
//! conversation, over the database of one device that holds the same. For measuring a central; see [`Shadow`].

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use crdt_store::Reader;
use quinn::{Connection, Endpoint, RecvStream, SendStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::address::CentralAddress;
use super::clock::Clock;
use super::close::{CloseCode, Ending};
use super::connection::{self, ReadEnd};
use super::identity::Identity;
use super::network::NetworkError;
use super::quic::{self, Congestion, Profile};
use super::socket::{Gate, GatedSocket, Traffic};
use super::start::random_seed;
use super::tls::{self, CENTRAL_NAME, Purpose};
use crate::config::NodeConfig;
use crate::frame::Frame;
use crate::peer::Peer;
use crate::shadow::{Shadow, ShadowError};

/// As long as a real node waits on a good link.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// Why there is no shadow, or none any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct ShadowEnded {
    /// Stable code.
    pub code: String,
    /// What happened, in words.
    pub detail: String,
}

impl From<Ending> for ShadowEnded {
    fn from(Ending { code, detail }: Ending) -> Self {
        Self { code, detail }
    }
}

impl From<ShadowError> for ShadowEnded {
    fn from(error: ShadowError) -> Self {
        Self { code: "shadow".to_owned(), detail: error.to_string() }
    }
}

impl From<ReadEnd> for ShadowEnded {
    fn from(end: ReadEnd) -> Self {
        match end {
            ReadEnd::Lost(ending) => ending.into(),
            ReadEnd::NoFrame(error) => Self { code: error.code.to_owned(), detail: error.detail },
            ReadEnd::Finished | ReadEnd::Gone => {
                Ending::of(CloseCode::Done, "central ended the conversation").into()
            }
        }
    }
}

/// A socket that shadows dial from, as the devices of a site do behind one router.
pub struct Shadows {
    endpoint: Endpoint,
    gate: Arc<Gate>,
    clock: Clock,
}

/// One shadow's connection. It ends when this is dropped.
pub struct Shadowing {
    in_sync: watch::Receiver<bool>,
    task: JoinHandle<ShadowEnded>,
}

impl Shadows {
    /// Opens a UDP socket; `clock` is what certificates are checked against.
    pub fn open(bind: SocketAddr, clock: Clock) -> Result<Self, NetworkError> {
        let failed = |source| NetworkError::Socket { address: bind, source };
        let gate = Arc::<Gate>::default();
        let socket = GatedSocket::bind(bind, gate.clone()).map_err(failed)?;
        Ok(Self { endpoint: quic::endpoint(socket, None).map_err(failed)?, gate, clock })
    }

    /// Connects the device of `identity` to central, and lets it say that it holds what `reader` shows: the database of a
    /// node that is set up by `config` and knows central.
    pub async fn dial(
        &self,
        identity: &Identity,
        central: &CentralAddress,
        reader: Reader,
        config: &NodeConfig,
    ) -> Result<Shadowing, ShadowEnded> {
        let (connection, peer) = self.connect(identity, central).await?;
        let (send, receive) = connection.open_bi().await.map_err(|error| Ending::of_connection(&error))?;
        let database = *random_seed().first_chunk().expect("sixteen of 32 bytes");
        let shadow = Shadow::new(self.clock.now(), identity.device(), database, &peer, reader, config)
            .map_err(ShadowError::Store)?;
        let (told, in_sync) = watch::channel(false);
        let conversation = Conversation { shadow, clock: self.clock.clone(), send, told };
        let task = tokio::spawn(async move {
            let ended = conversation.run(receive).await;
            tracing::warn!(code = ended.code, detail = ended.detail, "a shadow ended");
            connection.close(CloseCode::Done.into(), CloseCode::Done.as_str().as_bytes());
            ended
        });
        Ok(Shadowing { in_sync, task })
    }

    async fn connect(
        &self,
        identity: &Identity,
        central: &CentralAddress,
    ) -> Result<(Connection, Peer), ShadowEnded> {
        let unreachable = |detail: String| Ending::new(crate::code::UNREACHABLE, detail);
        let addresses = central.resolve().await.map_err(|error| unreachable(error.to_string()))?;
        let address = *addresses.first().ok_or_else(|| unreachable("the name has no address".to_owned()))?;
        let tls = tls::central_client(identity, &self.clock).and_then(tls::over_quic);
        let tls = Arc::new(tls.map_err(|error| Ending::new("tls-setup", error.to_string()))?);
        let config = quic::client_config(tls, Profile::Fast, Congestion::default(), None);
        let connecting = self.endpoint.connect_with(config, address, CENTRAL_NAME);
        let connecting = connecting.map_err(|error| unreachable(error.to_string()))?;
        let connected = tokio::time::timeout(HANDSHAKE_WITHIN, connecting).await;
        let connected =
            connected.map_err(|_| unreachable(format!("no answer within {HANDSHAKE_WITHIN:?}")))?;
        let connection = connected.map_err(|error| Ending::of_connection(&error))?;
        match tls::purpose(&connection) {
            Purpose::Sync(device) => Ok((connection, Peer { device, central: true, name: None })),
            _ => Err(Ending::new(crate::code::PROTOCOL_VERSION, "what answered does not replicate").into()),
        }
    }

    /// What passed the socket.
    pub fn traffic(&self) -> Traffic {
        self.gate.traffic()
    }
}

impl Shadowing {
    /// Resolves when it is proven that central holds the same; with why it ended, if it ends before.
    pub async fn in_sync(&mut self) -> Result<(), ShadowEnded> {
        let is_proven = self.in_sync.wait_for(|in_sync| *in_sync).await.is_ok();
        match is_proven {
            true => Ok(()),
            false => Err(self.ended().await),
        }
    }

    /// Resolves with why it ended. To be asked once.
    pub async fn ended(&mut self) -> ShadowEnded {
        let failed = |error: tokio::task::JoinError| ShadowEnded {
            code: "internal-error".to_owned(),
            detail: error.to_string(),
        };
        (&mut self.task).await.unwrap_or_else(failed)
    }

    /// Whether it is connected, and it is proven that central holds the same.
    pub fn is_in_sync(&self) -> bool {
        !self.task.is_finished() && *self.in_sync.borrow()
    }
}

impl Drop for Shadowing {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One shadow and its stream.
struct Conversation {
    shadow: Shadow,
    clock: Clock,
    send: SendStream,
    told: watch::Sender<bool>,
}

impl Conversation {
    /// Talks until something ends it.
    async fn run(mut self, receive: RecvStream) -> ShadowEnded {
        let Err(ended) = self.converse(receive).await;
        ended
    }

    async fn converse(&mut self, receive: RecvStream) -> Result<Infallible, ShadowEnded> {
        let first = self.shadow.speak(self.clock.now())?;
        self.say(first).await?;
        // A frame that has come in part must not be dropped for a timer.
        let mut next = pin!(next_frame(receive));
        loop {
            let due = self.clock.until(self.shadow.poll_timeout());
            let frames = tokio::select! {
                (receive, frame) = &mut next => {
                    next.set(next_frame(receive));
                    self.shadow.handle_frame(self.clock.now(), frame?)?
                }
                () = tokio::time::sleep(due) => self.shadow.speak(self.clock.now())?,
            };
            self.say(frames).await?;
            let in_sync = self.shadow.in_sync();
            self.told.send_if_modified(|told| std::mem::replace(told, in_sync) != in_sync);
        }
    }

    async fn say(&mut self, frames: Vec<Vec<u8>>) -> Result<(), ShadowEnded> {
        for frame in frames {
            connection::write_frame(&mut self.send, &frame).await?;
        }
        Ok(())
    }
}

/// The next frame, and the stream it came on.
async fn next_frame(mut receive: RecvStream) -> (RecvStream, Result<Frame, ReadEnd>) {
    let frame = connection::read_alone(&mut receive).await;
    (receive, frame)
}
