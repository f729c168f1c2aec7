//! The way between two peers: the loopback as it is, or a proxy that makes it long, so that round trips can be counted.
//!
//! What is sent arrives one delay later, in order and without loss; the bandwidth is that of the machine. Datagrams are
//! handed on one by one. A TCP connection ends and begins anew in the proxy: its first byte waits for the round trip of
//! the three-way handshake, which loopback would hide; TCP's slow start stays hidden.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

/// Largest datagram, and the most that is read from a stream at once.
const BUFFER_BYTES: usize = 65_536;

/// How far two peers are from each other.
#[derive(Clone, Copy, Debug)]
pub enum Link {
    /// The loopback of this machine.
    Loopback,
    /// A proxy on the loopback that hands everything on this much later, each way.
    Far(Duration),
}

/// A way to a peer. What carries it ends when it is dropped.
pub struct Way {
    /// What to dial.
    pub address: SocketAddr,
    _tasks: JoinSet<()>,
}

/// An address of the loopback with any free port.
pub fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

impl Link {
    /// The way for datagrams to `target`, for one peer that dials.
    pub async fn datagrams(self, target: SocketAddr) -> io::Result<Way> {
        match self {
            Self::Loopback => Ok(Way { address: target, _tasks: JoinSet::new() }),
            Self::Far(delay) => far_datagrams(target, delay).await,
        }
    }

    /// The way for streams to `target`.
    pub async fn streams(self, target: SocketAddr) -> io::Result<Way> {
        match self {
            Self::Loopback => Ok(Way { address: target, _tasks: JoinSet::new() }),
            Self::Far(delay) => far_streams(target, delay).await,
        }
    }
}

async fn far_datagrams(target: SocketAddr, delay: Duration) -> io::Result<Way> {
    let near = Arc::new(UdpSocket::bind(loopback()).await?);
    let far = Arc::new(UdpSocket::bind(loopback()).await?);
    let address = near.local_addr()?;
    let (dialer, dialer_seen) = watch::channel(None);
    let mut tasks = JoinSet::new();
    let (from, to) = (near.clone(), far.clone());
    carry_datagrams(&mut tasks, from, delay, move |datagram, sender| {
        dialer.send_replace(Some(sender));
        // A datagram that does not go is lost, as on any link.
        let _ = to.try_send_to(datagram, target);
    });
    carry_datagrams(&mut tasks, far, delay, move |datagram, _| {
        if let Some(dialer) = *dialer_seen.borrow() {
            let _ = near.try_send_to(datagram, dialer);
        }
    });
    Ok(Way { address, _tasks: tasks })
}

/// Hands on what comes to a socket, later.
fn carry_datagrams(
    tasks: &mut JoinSet<()>,
    from: Arc<UdpSocket>,
    delay: Duration,
    mut deliver: impl FnMut(&[u8], SocketAddr) + Send + 'static,
) {
    let (queue, mut due) = mpsc::unbounded_channel::<(Instant, Vec<u8>, SocketAddr)>();
    tasks.spawn(async move {
        while let Some((at, datagram, sender)) = due.recv().await {
            sleep_until(at).await;
            deliver(&datagram, sender);
        }
    });
    tasks.spawn(async move {
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            // An error is what the system says of an earlier datagram that nobody took.
            let Ok((length, sender)) = from.recv_from(&mut buffer).await else { continue };
            if queue.send((Instant::now() + delay, buffer[..length].to_vec(), sender)).is_err() {
                return;
            }
        }
    });
}

async fn far_streams(target: SocketAddr, delay: Duration) -> io::Result<Way> {
    let listener = TcpListener::bind(loopback()).await?;
    let address = listener.local_addr()?;
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((near, _)) = listener.accept().await {
            connections.spawn(async move {
                // Whoever dialled sees its connection end when the other side cannot be reached.
                let _ = carry_stream(near, target, delay).await;
            });
        }
    });
    Ok(Way { address, _tasks: tasks })
}

async fn carry_stream(near: TcpStream, target: SocketAddr, delay: Duration) -> io::Result<()> {
    sleep(2 * delay).await;
    let far = TcpStream::connect(target).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
    tokio::join!(carry_bytes(near_read, far_write, delay), carry_bytes(far_read, near_write, delay));
    Ok(())
}

/// Hands on what comes from a stream, later, until it ends; then ends the other one.
async fn carry_bytes(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration) {
    let (queue, mut due) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let deliver = async move {
        while let Some((at, bytes)) = due.recv().await {
            sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    let collect = async move {
        let mut buffer = vec![0; BUFFER_BYTES];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            if queue.send((Instant::now() + delay, buffer[..length].to_vec())).is_err() {
                return;
            }
        }
    };
    tokio::join!(deliver, collect);
}
