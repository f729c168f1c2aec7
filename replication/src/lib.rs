//! How two stores become one: the node, its sessions, and the shell that puts them on threads and sockets.
//!
//! ```text
//!   commands      frames      timers            handle_*, execute: what happened, what is wished
//!       \           |           /
//!        +------- [Node] -------+               flush: one transaction for all of it
//!                 |    |    \
//!              Store  [Session]...              one per connection: cursors, proofs, comparisons
//!                 |
//!    replies   frames   events   timers         poll_*: what leaves is durable
//! ```
//!
//! [`Node`] is a plain state machine over one [`crdt_store::Store`]: it takes the present as an argument ([`Now`]), and
//! bytes never; [`decode`] turns bytes from a wire into a [`Frame`] on any thread, verified as far as that needs no store
//! (`packing` is how documents stand in it, [`dictionary`] how it is compressed), and what the node has to say
//! it gives as [`Transmit`]. Where nothing connects two nodes, the same frames go in a file ([`bundle`]). Where thousands
//! of devices are to be had for a measurement, they hold nothing themselves ([`Shadow`]). When to dial is another small machine, [`Dialer`]. What nodes say to each other is drawn in
//! `docs/PROTOCOL.md`. With feature `shell`, the module `shell` runs a node on a thread, over QUIC.
//!
//! Never here: logistics. The crate sees documents, scopes, and a [`crdt_store::Schema`] that says who may read what.
//! Without the feature: no threads, sockets, clocks, or randomness.
//!
//! Vocabulary: a **session** is the conversation over one connection; a **cursor** says how much of a log someone holds;
//! **quiescent** is a side with nothing left to send or to hear; two sides are **in sync** when equal fingerprints have
//! proven it, and at no other time.
//!
//! ```
//! # use std::sync::Arc;
//! # use crdt_store::*;
//! use replication::{ConnectionId, Monotonic, Node, NodeConfig, Now, Peer, Side, Ticket, Transmit, decode};
//!
//! # struct Notes;
//! # impl Schema for Notes {
//! #     fn version(&self) -> u32 { 1 }
//! #     fn views(&self) -> &'static [View] { &[] }
//! #     fn route(&self, _: DocumentId, _: &Map) -> Option<Route> {
//! #         Some(Route { class: "note".into(), scope: Scope::new(b"all").unwrap() })
//! #     }
//! #     fn project(&self, _: &Document) -> Projection { Projection::default() }
//! #     fn derive(&self, _: View, _: &[u8], _: &Totals) -> Vec<Row> { vec![] }
//! #     fn check(&self, _: &dyn ViewRead, _: &Origin, _: Option<&Document>, _: &Document)
//! #         -> Result<Result<(), Refusal>, StoreError> { Ok(Ok(())) }
//! #     fn is_central(&self, _: &dyn ViewRead, _: DeviceId) -> Result<bool, StoreError> { Ok(false) }
//! #     fn is_urgent(&self, _: &str) -> bool { false }
//! #     fn may_read(&self, _: &dyn ViewRead, _: DeviceId, _: &Scope) -> Result<bool, StoreError> { Ok(true) }
//! #     fn scope_name(&self, _: &dyn ViewRead, _: &Scope) -> String { "all".into() }
//! # }
//! let now = Now { monotonic: Monotonic::ZERO, wall: Timestamp::from_millis(0) };
//! let mut nodes = [1, 2].map(|number| {
//!     let options = OpenOptions::memory().device(DeviceId::from_bytes([number; 16])).seed([number; 32]);
//!     let store = Store::open(options, Arc::new(Notes)).unwrap();
//!     Node::new(store, NodeConfig::new(Arc::new(Notes))).unwrap()
//! });
//!
//! let command = |txn: &mut Txn<'_>| {
//!     let id = txn.new_id();
//!     txn.create(id, Map::from([("text".to_owned(), "hello".into())]));
//!     Ok(Vec::new())
//! };
//! nodes[0].execute(Ticket(1), None, Author::default(), Box::new(command));
//! for (index, side) in [Side::Dialed, Side::Accepted].into_iter().enumerate() {
//!     let peer = Peer { device: DeviceId::from_bytes([2 - index as u8; 16]), central: false, name: None };
//!     nodes[index].handle_connected(now, ConnectionId(1), peer, side);
//! }
//! for _ in 0..10 {
//!     for index in [0, 1] {
//!         nodes[index].flush(now).unwrap();
//!         while let Some(Transmit::Frame { conn, bytes }) = nodes[index].poll_transmit() {
//!             nodes[1 - index].handle_frame(now, conn, decode(&bytes).unwrap());
//!         }
//!     }
//! }
//! assert!(nodes[0].poll_reply().is_some());
//! assert!(nodes.iter().all(|node| node.status().peers[0].in_sync));
//! assert_eq!(nodes[1].reader().snapshot().unwrap().document_count().unwrap(), 1);
//! ```

mod account;
pub mod bundle;
pub mod code;
mod codec;
mod config;
mod dialer;
pub mod dictionary;
pub mod enrolment;
mod frame;
mod idempotency;
mod node;
mod packing;
mod peer;
pub mod private_file;
pub mod registry;
mod session;
mod shadow;
#[cfg(feature = "shell")]
pub mod shell;
mod status;
#[cfg(test)]
mod tests;
mod time;

pub use codec::{
    BODY_BYTES_MAX, CHANGES_MAX, DOCUMENTS_MAX, ENTRIES_MAX, FRAME_BYTES_MAX, FrameError, LENGTH_BYTES,
    REFUSALS_MAX, TEXT_BYTES_MAX, decode, decode_body, frame_length,
};
pub use config::{NodeConfig, Timing};
pub use dialer::Dialer;
pub use frame::{Frame, PROTOCOL_VERSION};
pub use node::{BUNDLES_MAX, Command, IdempotencyKey, Node, PEERS_MAX, Taken, Ticket, Transmit};
pub use peer::{ConnectionId, Peer, Side};
pub use shadow::{Shadow, ShadowError};
pub use status::{
    CommittedEvent, Event, LinkState, NodeStatus, PeerError, PeerStatus, RefusedEvent, TO_SEND_MAX,
};
pub use time::{Monotonic, Now};
