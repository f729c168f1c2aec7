//! The two clocks, never mixed: one that only counts, one that names instants for people.

use std::time::Duration;

use crdt_store::Timestamp;
use serde::{Deserialize, Serialize};

/// Microseconds since the node was started; never goes backwards. All timers use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Monotonic(u64);

impl Monotonic {
    /// The moment the node was started.
    pub const ZERO: Self = Self(0);

    /// The moment `micros` microseconds after the start.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the start.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The moment `delay` later.
    pub fn plus(self, delay: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(delay.as_micros()).unwrap_or(u64::MAX)))
    }

    /// Time from `earlier` to this moment; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

/// The present, as an argument: timers look at `monotonic`, records for people take `wall`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Counts on through changes of the wall clock.
    pub monotonic: Monotonic,
    /// What the calendar says; may be years wrong.
    pub wall: Timestamp,
}
