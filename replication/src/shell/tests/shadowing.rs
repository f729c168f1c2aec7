//! Devices that hold nothing themselves are to central what real ones are, for as long as it has nothing for them.

use std::sync::Arc;

use super::country::{Authority, LONG, Notes, Place, loopback};
use crate::config::NodeConfig;
use crate::shell::{CentralAddress, Clock, Identity, ShadowEnded, Shadowing, Shadows};
use crate::status::LinkState;

/// A central, a node that is in sync with it, and a socket for shadows of that node.
struct Ground {
    central: Place,
    node: Place,
    socket: Shadows,
}

impl Ground {
    async fn new(authority: &Authority) -> Self {
        let central = Place::central(authority).await;
        central.write("of central").await.expect("written");
        let node = Place::device(authority.device(), &central).await;
        node.write("of the node").await.expect("written");
        let in_sync = |place: &Place| place.notes().len() == 2 && place.0.status().peers[0].in_sync;
        node.until_event(|place| !place.0.status().peers.is_empty() && in_sync(place), "to be in sync").await;
        Self { central, node, socket: Shadows::open(loopback(), Clock::start()).expect("a socket") }
    }

    async fn shadow(&self, identity: &Identity) -> Result<Shadowing, ShadowEnded> {
        let central = CentralAddress::from(self.central.address());
        let config = NodeConfig::new(Arc::new(Notes));
        let mut shadow = self.socket.dial(identity, &central, self.node.0.reader(), &config).await?;
        shadow.in_sync().await.map(|()| shadow)
    }

    async fn shut_down(self) {
        self.node.0.shutdown().await;
        self.central.0.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn central_counts_shadows_as_devices_that_are_in_sync_and_gives_them_nothing() {
    let authority = Authority::new();
    let ground = Ground::new(&authority).await;
    let identities = [authority.device(), authority.device(), authority.device()];
    let mut shadows = Vec::new();
    for identity in &identities {
        shadows.push(ground.shadow(identity).await.expect("in sync"));
    }
    let quiet = |place: &Place| {
        let peers = place.0.status().peers.clone();
        peers.len() == 4 && peers.iter().all(|peer| peer.link == LinkState::Quiet && peer.in_sync)
    };
    ground.central.until_event(quiet, "for all to be in sync").await;
    for identity in &identities {
        let status = ground.central.0.status();
        let peer = status.peer(identity.device()).expect("met");
        assert_eq!((peer.documents_in, peer.documents_out), (0, 0));
    }
    drop(shadows);
    let gone = |place: &Place| {
        place.0.status().peers.iter().filter(|peer| peer.link == LinkState::Offline).count() == 3
    };
    ground.central.until_event(gone, "for the shadows to go").await;
    ground.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_ends_when_central_has_documents_for_it() {
    let authority = Authority::new();
    let ground = Ground::new(&authority).await;
    let mut shadow = ground.shadow(&authority.device()).await.expect("in sync");
    ground.central.write("news").await.expect("written");
    let ended = tokio::time::timeout(LONG, shadow.ended()).await.expect("in time");
    assert!(ended.detail.contains("documents"), "{ended}");
    assert!(!shadow.is_in_sync());
    ground.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_that_central_does_not_let_in_learns_why() {
    let authority = Authority::new();
    let ground = Ground::new(&authority).await;
    let identity = authority.device();
    ground.central.revoke(identity.device()).await;
    let refused = tokio::time::timeout(LONG, ground.shadow(&identity)).await.expect("in time");
    assert_eq!(refused.err().map(|ended| ended.code).as_deref(), Some("revoked-device"));
    ground.shut_down().await;
}
