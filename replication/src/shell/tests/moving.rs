//! A device whose address changes in the middle of a conversation: another network, or a router that forgot it.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::country::{Authority, Place, loopback};

/// Longest datagram.
const DATAGRAM_MAX: usize = 2_048;

/// A router between a device and central, which central sees instead of the device.
struct Router {
    /// Where the device sends to.
    near: SocketAddr,
    /// The socket from which it goes on to central.
    far: watch::Sender<Arc<UdpSocket>>,
    central: SocketAddr,
    forwarding: JoinHandle<()>,
}

impl Router {
    async fn before(central: SocketAddr) -> Self {
        let near = UdpSocket::bind(loopback()).await.expect("a port");
        let address = near.local_addr().expect("bound");
        let (far, seen) = watch::channel(far_socket(central).await);
        let forwarding = tokio::spawn(forward(near, seen));
        Self { near: address, far, central, forwarding }
    }

    /// Goes on from another address, as central sees it; answers to the old one are lost.
    async fn rebind(&self) -> SocketAddr {
        let socket = far_socket(self.central).await;
        let address = socket.local_addr().expect("bound");
        self.far.send_replace(socket);
        address
    }
}

async fn far_socket(central: SocketAddr) -> Arc<UdpSocket> {
    let socket = UdpSocket::bind(loopback()).await.expect("a port");
    socket.connect(central).await.expect("an address");
    Arc::new(socket)
}

async fn forward(near: UdpSocket, mut seen: watch::Receiver<Arc<UdpSocket>>) {
    let (mut out, mut back) = ([0; DATAGRAM_MAX], [0; DATAGRAM_MAX]);
    let mut device = None;
    loop {
        let far = seen.borrow_and_update().clone();
        // Datagrams may be lost; that is what the protocol is for.
        tokio::select! {
            changed = seen.changed() => if changed.is_err() { return },
            received = near.recv_from(&mut out) => if let Ok((len, from)) = received {
                device = Some(from);
                let _ = far.send(&out[..len]).await;
            },
            received = far.recv(&mut back) => if let (Ok(len), Some(device)) = (received, device) {
                let _ = near.send_to(&back[..len], device).await;
            },
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_goes_on_when_the_devices_address_changes() {
    let authority = Authority::new();
    let central = Place::central(&authority).await;
    let router = Router::before(central.address()).await;
    let site = Place::device_at(authority.device(), router.near).await;
    site.write("before").await.expect("written");
    central.sees(&["before"]).await;
    let first = central.network().links[0].address;

    let second = router.rebind().await;
    assert_ne!(first, second);
    site.write("after").await.expect("written");
    central.sees(&["after", "before"]).await;
    central.write("answer").await.expect("written");
    site.sees(&["after", "answer", "before"]).await;
    let network = central.network();
    assert_eq!(network.links[0].address, second, "central knows where it is now");
    assert_eq!((network.counts.accepted, network.links.len()), (1, 1), "and it is the same connection");
    assert_eq!(site.network().counts.dialed, 1);

    site.0.shutdown().await;
    central.0.shutdown().await;
    router.forwarding.abort();
}
