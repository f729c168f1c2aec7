//! The same nodes under virtual time, a simulated network and simulated disks.
//!
//! ```text
//!             one seed
//!                |  labelled forks
//!   people ----> world <---- faults            virtual time: one queue of events
//!                |
//!     central <--- links ---> site devices     the real Node, codec, Store and domain commands
//!                |
//!             disks (keep what was synced, and of the rest what chance leaves)
//!                |
//!             checks: oracles outside the code under test
//! ```
//!
//! [`simulate`] draws a country from a seed, lets people work in it for some virtual days while networks are cut, power
//! fails and disks fill up (the **safety phase**: nothing wrong may happen), then heals everything (the **liveness
//! phase**: all must come to prove, in bounded time, that they hold the same), and looks at what is left on the disks.
//! The same options give the same trace, to the byte.
//!
//! ```
//! let report = simulator::simulate(&simulator::Options { seed: 7, sites: 1, days: 1, ..Default::default() });
//! assert!(report.held(), "{}", report.human());
//! ```
//!
//! The crate has no clock, no ambient randomness, no files, no sockets and no threads. It never tests HTTP.
//!
//! Vocabulary: a **machine** is a device with its disk; a **circuit** is a connection; a **wish** is what somebody wants
//! done, and pressing it twice is still one wish; a **mutant** is something broken on purpose, which the checks must
//! find; a **rare state** is one that a run should reach now and then, or its generator is dead.

mod bent;
mod check;
mod counting;
mod disk;
mod forms;
mod look;
mod machine;
mod network;
mod options;
mod ordering;
mod orders;
mod people;
mod queue;
mod recount;
mod report;
mod reporting;
mod returning;
mod seed;
mod setup;
mod shares;
mod simulate;
mod tally;
mod trace;
mod wish;
mod world;

pub use options::{DAYS_MAX, FaultChoice, Faults, Mutant, Options, SITES_MAX};
pub use report::{Breach, INVARIANTS, Report};
pub use simulate::{corpus, simulate};
