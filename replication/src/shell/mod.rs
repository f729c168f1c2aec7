//! Threads, sockets and clocks: what runs a [`Node`](crate::Node) in the world.
//!
//! ```text
//!  HTTP handlers ── NodeHandle::execute ─┐                        ┌── answers, events, status, reader
//!                                        ▼                        │
//!                               inbox (bounded) ──▶ driver: the node's thread, one flush per turn
//!                                        ▲                        │
//!   socket ─ quinn ─ accept ┐            │                        ▼
//!     │                     ├─ connection task: decode, verify   frames out
//!   gate    ─ dial (Dialer) ┘
//! ```
//!
//! `identity` holds the device's key, `tls` what is spoken over it, `enrolment` how a device gets its certificate,
//! `bundle` signs files that are carried by hand and recognises those of others, `link` the switch that cuts and restores
//! the network, `ladder` the ways a peer is dialled, `roster` who is let in, `neighbours` how devices meet without central,
//! `shadows` many devices that hold nothing themselves. Nothing here decides what is replicated.

mod accept;
mod address;
mod bundle;
mod carrier;
mod clock;
mod close;
mod closed;
mod connection;
mod dial;
mod driver;
mod enrolment;
mod handle;
mod identity;
mod ladder;
mod link;
mod neighbours;
mod network;
mod pake;
mod preparing;
mod quic;
mod roster;
mod shadows;
mod socket;
mod start;
mod tcp;
#[cfg(test)]
mod tests;
mod tls;
mod visit;

pub use address::{CentralAddress, InvalidAddress, PORT};
pub use bundle::{About, BundleFailure, Courier, Saved};
pub use clock::{Clock, RELEASED_AFTER};
pub use driver::{Recovery, Reopen};
pub use enrolment::{Approach, PATIENCE, Wish, enrol};
pub use handle::{ExecuteError, Health, NodeHandle};
pub use identity::{DeviceKey, Identity, IdentityError, Membership};
pub use link::LinkSwitch;
pub use neighbours::{FoundBy, Lan, LanState, LanStatus, NeighbourOptions, NeighbourStatus};
pub use network::{
    CarrierKind, Counts, DialState, DialStatus, LinkStatus, NetworkError, NetworkOptions, NetworkStatus,
    QuicStatus, Reception,
};
pub use quic::{Congestion, Profile};
pub use shadows::{ShadowEnded, Shadowing, Shadows};
pub use socket::Traffic;
pub use start::{StartError, StartOptions, random_seed, start};
pub use tls::{ALPN_ENROL, ALPN_SYNC, CENTRAL_NAME, TlsError};
pub use visit::Contact;
