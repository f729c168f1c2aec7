//! Automerge documents in one redb file: history, logs, fingerprints and views, kept true in one transaction.
//!
//! ```text
//!            commands                changes from peers
//!               |                           |
//!            [Txn]  staged edits      [VerifiedChange]  checked bytes
//!               \                          /
//!                \------- [Batch] --------/      one redb transaction, one fsync
//!                 document -> project -> difference -> views, sums, derived rows
//!                 change tail, snapshot, scope log, fingerprints
//!                            |
//!                        [Snapshot]              MVCC readers on any thread
//! ```
//!
//! The crate knows nothing of logistics, networks, clocks or threads: the meaning of documents comes in through
//! [`Schema`], instants and random seeds are arguments. Automerge and redb types do not leave it (but for
//! redb's storage trait, under which the simulator puts its disk).
//!
//! Vocabulary: a **document** is one CRDT of one class in one **scope**; a **change** is its unit of history;
//! **heads** are its version. A **conflict** is a place where concurrent changes put different values. A **view** is a
//! table of rows that documents contribute; a **sum** is added up over documents; a row may be **derived** from a sum.
//! A **seal** is an author's signature over a chain of its changes: by it they are believed from anyone.
//! What comes from a peer may be **prepared**: brought on beside the writer, which then only checks that it still holds.
//! A **rejection** answers a command, a **refusal** answers a change from a peer; both have a stable code and leave no
//! trace in documents or views.

mod audit;
mod batch;
mod change;
mod conflict;
mod document;
mod error;
mod fingerprint;
mod hot;
mod id;
mod ingest;
mod parts;
mod prepare;
mod read;
mod schema;
mod scope;
mod seal;
mod sealing;
mod snapshot;
mod store;
mod tables;
mod txn;
mod value;

pub use audit::{Audit, AuditedChain, Contradiction};
pub use batch::{Batch, Committed};
pub use change::{InvalidChange, VerifiedChange, VerifiedSnapshot};
pub use conflict::{Conflict, ConflictingValue};
pub use document::{ChangeHash, Class, Document, DocumentHeader, Heads, HistoryEntry};
pub use error::{OpenError, StoreError};
pub use fingerprint::{BUCKETS, Fingerprint};
pub use id::{Actor, DeviceId, DocumentId, Incarnation, InvalidId, Timestamp};
pub use ingest::{IncomingDocument, Ingested};
pub use parts::ChangeParts;
pub use prepare::Prepared;
pub use read::{KeyRange, ViewRead, ViewReadExt, Visit, VisitTotals, decode_row, encode_row, prefix_end};
pub use redb::StorageBackend;
pub use schema::{Amounts, Origin, Projection, Refusal, Rejection, Route, Row, Schema, Sum, Totals, View};
pub use scope::{InvalidScope, Scope};
pub use seal::{
    Chain, ChainEntry, InvalidKey, PublicKey, SEAL_ENTRIES_MAX, SIGNATURE_BYTES, Seal, Sealer, SigningKey,
};
pub use sealing::SealVerdict;
pub use snapshot::{Outgoing, Quarantined, Reader, Snapshot, ViewDump, Whole};
pub use store::{OpenOptions, Store, Witness};
pub use txn::{Author, Failure, Txn};
pub use value::{Map, ShapeError, Value};
