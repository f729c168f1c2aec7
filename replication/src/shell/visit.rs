//! Visits: where each minute of a connection costs money, a node comes to central now and then, says all there is to say,
//! and hangs up.

use std::time::Duration;

use crdt_store::DeviceId;
use tokio::sync::broadcast;

use super::handle::NodeHandle;
use crate::status::{Event, LinkState};

/// How a node keeps in contact with central.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact {
    /// It stays connected: what one side writes is at the other within a round trip.
    Held,
    /// It comes for a moment, so long after its last visit at the latest, and at once for what is urgent. Keeping a
    /// connection open costs 1 KB a minute, a visit 5 KB.
    Visits {
        /// Time from one visit to the next.
        every: Duration,
    },
}

/// How long nothing may have happened before a visit is over, once both have compared what they hold: central may have
/// something to say to what was brought.
const LINGER: Duration = Duration::from_secs(2);
/// The same where they have not: a frame may be on its way, on a slow link for minutes.
const LINGER_UNSETTLED: Duration = Duration::from_secs(180);
/// How often one looks, if no event tells.
const GLANCE: Duration = Duration::from_secs(1);

/// Resolves when both sides have said all they had, have compared what they hold, and nothing has happened for a moment
/// since. What `events` hold after that happened after the visit.
pub(super) async fn is_over(node: &NodeHandle, device: DeviceId, events: &mut broadcast::Receiver<Event>) {
    loop {
        let status = node.status();
        let peer = status.peer(device).filter(|peer| {
            peer.link == LinkState::Quiet && peer.to_send == Some(0) && peer.to_receive == Some(0)
        });
        let wait = match peer.map(|peer| peer.settled) {
            Some(true) => LINGER,
            Some(false) => LINGER_UNSETTLED,
            None => GLANCE,
        };
        match tokio::time::timeout(wait, events.recv()).await {
            Err(_) if peer.is_some() => return,
            Ok(Err(broadcast::error::RecvError::Closed)) => return std::future::pending().await,
            Err(_) | Ok(_) => {}
        }
    }
}

/// Resolves when something urgent was written, here or by a neighbour.
pub(super) async fn is_called_for(events: &mut broadcast::Receiver<Event>) {
    loop {
        match events.recv().await {
            Ok(Event::Committed(event)) if event.urgent => return,
            // What was missed may have been urgent.
            Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => return std::future::pending().await,
            Ok(_) => {}
        }
    }
}
