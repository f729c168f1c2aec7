//! A link with a long way: datagrams between a site and central arrive later, so that round trips can be counted.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Largest datagram.
const DATAGRAM_BYTES_MAX: usize = 65_536;

/// Carries datagrams of one site to central and back, each `delay` later; in order and without loss. It ends when it
/// is dropped.
pub struct FarLink {
    /// Where the site finds central.
    pub address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl FarLink {
    /// A link to `central`, of `delay` each way.
    pub async fn to(central: SocketAddr, delay: Duration) -> std::io::Result<Self> {
        let near = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
        let far = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
        let address = near.local_addr()?;
        let (site, site_seen) = tokio::sync::watch::channel(None);
        let mut tasks = JoinSet::new();
        let there = {
            let (near, far) = (near.clone(), far.clone());
            carry(&mut tasks, near, delay, move |datagram, from| {
                site.send_replace(Some(from));
                // A datagram that does not go is lost, as on any link.
                let _ = far.try_send_to(datagram, central);
            })
        };
        let back = carry(&mut tasks, far, delay, move |datagram, _| {
            if let Some(site) = *site_seen.borrow() {
                let _ = near.try_send_to(datagram, site);
            }
        });
        tasks.spawn(there);
        tasks.spawn(back);
        Ok(Self { address, _tasks: tasks })
    }
}

/// Hands on what comes to a socket, later.
fn carry(
    tasks: &mut JoinSet<()>,
    from: Arc<UdpSocket>,
    delay: Duration,
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
            if queue.send((Instant::now() + delay, buffer[..length].to_vec(), sender)).is_err() {
                return;
            }
        }
    }
}
