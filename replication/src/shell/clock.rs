//! The only clock of a node: monotonic time for its timers, and wall time that an empty battery cannot set back.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crdt_store::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;

use crate::time::{Monotonic, Now};

/// This version was made after this instant (2026-11-01T00:00:00Z), so no clock that is right shows less. Raised
/// with each release; a constant, and not the time of the build, so that a build can be reproduced.
pub const RELEASED_AFTER: Timestamp = Timestamp::from_millis(1_793_491_200_000);

/// Monotonic and wall time. Clones share the proven time.
///
/// Wall time is the latest of the system's clock, the release of this version, and what central last proved over an
/// authenticated connection, the latter two with the time that has passed since: certificates are checked against
/// it, so that a device whose clock fell back to 1970 still reaches central, and what people do there has times that
/// go on. What is proven is kept in memory only; a central with a clock in the future is survived by a restart.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Instant,
    /// What wall time was at least when this clock was started, in milliseconds.
    proven_at_start_ms: Arc<AtomicI64>,
}

impl Clock {
    /// A clock whose monotonic time begins now.
    pub fn start() -> Self {
        let proven_at_start_ms = Arc::new(AtomicI64::new(RELEASED_AFTER.as_millis()));
        Self { started: Instant::now(), proven_at_start_ms }
    }

    /// Wall time.
    pub fn wall(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let system_ms = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
        let proven_ms = self.proven_at_start_ms.load(Ordering::Relaxed).saturating_add(self.elapsed_ms());
        Timestamp::from_millis(system_ms.max(proven_ms))
    }

    /// Both times at this moment.
    pub fn now(&self) -> Now {
        Now { monotonic: Monotonic::from_micros(self.elapsed_us()), wall: self.wall() }
    }

    /// Takes note that `time` has passed, as central says over a connection that proved to be central's.
    pub fn prove(&self, time: Timestamp) {
        let at_start_ms = time.as_millis().saturating_sub(self.elapsed_ms());
        self.proven_at_start_ms.fetch_max(at_start_ms, Ordering::Relaxed);
    }

    /// How long until `at`, zero if it has passed.
    pub fn until(&self, at: Monotonic) -> Duration {
        Duration::from_micros(at.as_micros().saturating_sub(self.elapsed_us()))
    }

    fn elapsed_ms(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    fn elapsed_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let millis = u64::try_from(self.wall().as_millis()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_millis(millis)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_time_never_falls_below_what_central_proved() {
        let clock = Clock::start();
        assert!(clock.wall() >= RELEASED_AFTER);
        let future = Timestamp::from_millis(4_102_444_800_000);
        clock.clone().prove(future);
        let early = clock.wall();
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(2) {
            std::hint::spin_loop();
        }
        assert!(clock.wall() > early, "and it goes on from there");
        assert!(clock.wall() >= future);
        clock.prove(Timestamp::from_millis(0));
        assert!(clock.wall() >= future);
        assert!(clock.current_time().expect("a time").as_secs() >= 4_102_444_800);
    }
}
