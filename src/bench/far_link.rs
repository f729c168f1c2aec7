//! A link of the field in one process: datagrams between a site and central arrive later, one after another as fast as the
//! link carries them, and some not at all. Which are lost follows from a seed.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Largest datagram.
const DATAGRAM_BYTES_MAX: usize = 65_536;

/// Bytes of the headers of UDP and IPv4, which the link carries, too.
const HEADER_BYTES: usize = 28;

/// What a link is like, the same in both directions.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// From one end to the other, for a datagram that waits for no other.
    pub delay: Duration,
    /// What it carries; nothing for as much as comes.
    pub bits_per_second: Option<u32>,
    /// Bytes that may wait to be carried; what comes beyond them is lost.
    pub queue_bytes: usize,
    /// Datagrams lost, of a thousand, whatever waits.
    pub loss_per_mille: u32,
}

impl Conditions {
    /// Nothing but a way.
    pub fn delay(delay: Duration) -> Self {
        Self { delay, bits_per_second: None, queue_bytes: usize::MAX, loss_per_mille: 0 }
    }

    /// How long the link is busy with so many bytes.
    fn time(&self, bytes: usize) -> Duration {
        let rate = self.bits_per_second.map_or(f64::INFINITY, f64::from);
        Duration::from_secs_f64(bytes as f64 * 8.0 / rate)
    }
}

/// Carries datagrams of one site to central and back, in order. It ends when it is dropped.
pub struct FarLink {
    /// Where the site finds central.
    pub address: SocketAddr,
    conditions: watch::Sender<Conditions>,
    _tasks: JoinSet<()>,
}

impl FarLink {
    /// A link to `central`; losses are drawn from `seed`.
    pub async fn to(central: SocketAddr, conditions: Conditions, seed: u64) -> std::io::Result<Self> {
        let near = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
        let far = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
        let address = near.local_addr()?;
        let (site, site_seen) = watch::channel(None);
        let conditions = watch::Sender::new(conditions);
        let direction = |number| Direction::new(conditions.subscribe(), seed, number);
        let mut tasks = JoinSet::new();
        let there = {
            let (near, far) = (near.clone(), far.clone());
            carry(&mut tasks, near, direction(0), move |datagram, from| {
                site.send_replace(Some(from));
                // A datagram that does not go is lost, as on any link.
                let _ = far.try_send_to(datagram, central);
            })
        };
        let back = carry(&mut tasks, far, direction(1), move |datagram, _| {
            if let Some(site) = *site_seen.borrow() {
                let _ = near.try_send_to(datagram, site);
            }
        });
        tasks.spawn(there);
        tasks.spawn(back);
        Ok(Self { address, conditions, _tasks: tasks })
    }

    /// From now on, the link is like this.
    pub fn become_like(&self, conditions: Conditions) {
        self.conditions.send_replace(conditions);
    }
}

/// One direction of a link: when what comes now arrives.
struct Direction {
    conditions: watch::Receiver<Conditions>,
    seed: [u8; 9],
    /// Datagrams that came.
    count: u64,
    /// Until then, it carries what came before.
    busy: Instant,
}

impl Direction {
    fn new(conditions: watch::Receiver<Conditions>, seed: u64, number: u8) -> Self {
        let mut bytes = [number; 9];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        Self { conditions, seed: bytes, count: 0, busy: Instant::now() }
    }

    /// When a datagram of so many bytes that comes now arrives; nothing when it is lost.
    fn arrival(&mut self, bytes: usize) -> Option<Instant> {
        let conditions = *self.conditions.borrow();
        self.count += 1;
        let (now, bytes) = (Instant::now(), bytes + HEADER_BYTES);
        let begins = self.busy.max(now);
        let has_room = conditions.bits_per_second.is_none()
            || begins - now + conditions.time(bytes) <= conditions.time(conditions.queue_bytes);
        if !has_room || self.draw() % 1_000 < conditions.loss_per_mille {
            return None;
        }
        self.busy = begins + conditions.time(bytes);
        Some(self.busy + conditions.delay)
    }

    /// A number that follows from the seed and the count.
    fn draw(&self) -> u32 {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed).update(&self.count.to_be_bytes());
        u32::from_be_bytes(*hasher.finalize().as_bytes().first_chunk().expect("four of 32 bytes"))
    }
}

/// Hands on what comes to a socket, later.
fn carry(
    tasks: &mut JoinSet<()>,
    from: Arc<UdpSocket>,
    mut direction: Direction,
    mut deliver: impl FnMut(&[u8], SocketAddr) + Send + 'static,
) -> impl Future<Output = ()> + Send + 'static {
    let (queue, mut due) = mpsc::unbounded_channel::<(Instant, Vec<u8>, SocketAddr)>();
    tasks.spawn(async move {
        while let Some((at, datagram, sender)) = due.recv().await {
            tokio::time::sleep_until(at).await;
            deliver(&datagram, sender);
        }
    });
    async move {
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            // An error is what the system says of an earlier datagram that nobody took.
            let Ok((length, sender)) = from.recv_from(&mut buffer).await else { continue };
            let Some(arrival) = direction.arrival(length) else { continue };
            if queue.send((arrival, buffer[..length].to_vec(), sender)).is_err() {
                return;
            }
        }
    }
}
