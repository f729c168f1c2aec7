//! What Tributary's documents mean: items, stores, stock, shipments, equipment, users.
//!
//! ```text
//!   command (typed)                              documents of others
//!        |  validate against views                     |  check: who may write, does it read
//!        v                                             v
//!   edits of one document  ------------>  [DomainSchema::project]  effects -> ledgers, balances, lists, tasks
//!                                                      |
//!                                            [query]   what screens and the API read
//! ```
//!
//! The crate is pure: no network, no HTTP, no clock, no randomness, no threads. Time and ids come with the
//! [`Txn`](crdt_store::Txn) of a command; the day with the query.
//!
//! Two rules stand above all others. *Record what physically happened*: a command is validated strictly where it is
//! given, but what other devices did is never refused for a business rule; where it makes a contradiction (a balance
//! below zero, something else received than was sent), a **task** shows it to the people who can settle it. *One
//! business act is one change to one document*: balances, ledgers and lists are views.
//!
//! Each noun has a module with the same parts in the same order: types, rules, write (commands), project. A command is
//! a plain function `fn(txn, caller, [subject,] &command) -> Result<reply, Failure>`; its input is a serde struct that
//! the API uses as it is. A **caller** is a user with permissions in a store; a **rejection** has a stable code and a
//! JSON pointer into the command.
//!
//! ```
//! use std::sync::Arc;
//! use crdt_store::{Author, DeviceId, OpenOptions, Store, Timestamp};
//! use domain::{Caller, DomainSchema, Role, item};
//!
//! let options = OpenOptions::memory().device(DeviceId::from_bytes([1; 16])).central(true);
//! let mut store = Store::open(options, Arc::new(DomainSchema)).unwrap();
//! let command = item::CreateItem {
//!     id: None,
//!     code: "AMX250".into(),
//!     name: "Amoxicillin 250 mg".into(),
//!     unit: "capsule".into(),
//!     strength: None,
//!     ven: Some(item::Ven::Vital),
//!     default_pack_size: Some(100),
//!     is_vaccine: false,
//!     doses_per_unit: None,
//!     universal_code: None,
//! };
//! let now = Timestamp::from_millis(1_763_800_000_000);
//! let made = store
//!     .execute(now, &Author::default(), |txn| item::create(txn, &Caller::system(Role::Central), &command))
//!     .unwrap()
//!     .unwrap();
//! let read = store.reader().snapshot().unwrap();
//! assert_eq!(domain::query::items::detail(&read, made.id).unwrap().code, "AMX250");
//! ```

pub mod adjustment;
pub mod allocation;
pub mod arrangement;
pub mod asset;
pub mod asset_reason;
pub mod barcode;
pub mod conflict;
pub mod consumption;
mod effect;
pub mod formula;
pub mod gs1;
pub mod import;
pub mod instant;
pub mod item;
pub mod item_variant;
pub mod location;
pub mod location_type;
mod number;
pub mod partner;
pub mod password;
pub mod period_schedule;
mod permission;
pub mod programme;
mod quantity;
pub mod query;
pub mod reason;
mod record;
pub mod reject;
pub mod repack;
pub mod requisition;
pub mod rnr;
mod schema;
mod scopes;
pub mod share;
pub mod shipment;
pub mod site;
pub mod stock_line;
pub mod stocktake;
pub mod store;
mod task;
pub mod text;
pub mod user;
mod views;

pub use effect::{Balance, LedgerRow, MovementKind};
pub use jiff::civil::Date;
pub use permission::{Caller, Permission, Preset, Role};
pub use quantity::{AMOUNT_MAX, InvalidAmount, Money, Percent, Quantity, Temperature, Volume};
pub use record::{CODE_LEN_MAX, Created, NAME_LEN_MAX, NOTE_LEN_MAX, Numbered, Stamp, valid_name};
pub use schema::DomainSchema;
pub use scopes::ScopeKind;
pub use task::{TaskKind, TaskRow};
