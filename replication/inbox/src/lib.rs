//! The two places where threads meet around a node: its bounded [`inbox`] and the [`answer`] slot of whoever waits.
//!
//! Small enough to be checked exhaustively: with feature `loom`, the primitives of the standard library are swapped for
//! loom's and the models in `tests/loom.rs` run through every interleaving. No tokio: futures wait by
//! [`std::task::Waker`] and work on any executor; threads wait on condition variables.
//!
//! Never here: what is in the inbox, commits, clocks.
//!
//! ```
//! # #[cfg(not(feature = "loom"))] {
//! use std::time::Duration;
//! let (producer, inbox) = tributary_inbox::inbox(2);
//! let (answer, wait) = tributary_inbox::answer();
//! producer.try_push(("double", 21, answer)).ok().unwrap();
//! for (_, number, answer) in inbox.drain(Some(Duration::ZERO)) {
//!     answer.fulfil(number * 2); // only after the commit
//! }
//! assert_eq!(wait.wait(), Ok(42));
//! # }
//! ```

mod answer;
mod inbox;
mod sync;

pub use answer::{Answer, Pending, Stopped, answer};
pub use inbox::{Inbox, Producer, PushError, Space, inbox};
