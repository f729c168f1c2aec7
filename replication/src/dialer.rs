//! When to dial: patient backoff as data.

use std::time::Duration;

use crate::time::Monotonic;

/// Wait after the first failure; doubled with each further one.
const DELAY_MIN: Duration = Duration::from_millis(500);
/// Longest wait: a site that has been unreachable for a day is still found within a minute of its return.
const DELAY_MAX: Duration = Duration::from_secs(60);
/// A connection that lived this long was a success: only then the backoff begins anew. Otherwise a peer that accepts
/// and hangs up at once would be dialled without pause.
const SUCCESS_AFTER: Duration = Duration::from_secs(10);

/// Decides when a peer is dialled. It never dials: ask [`Dialer::due`], dial, and tell it what became of it.
#[derive(Clone, Debug)]
pub struct Dialer {
    state: State,
    failures: u32,
    random: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Cut off on purpose.
    Off,
    Waiting {
        until: Monotonic,
    },
    Dialing,
    Connected {
        since: Monotonic,
    },
}

impl Dialer {
    /// A dialer that is due at once. The seed decides its jitter, so that 500 sites do not dial in step.
    pub fn new(seed: u64) -> Self {
        Self { state: State::Waiting { until: Monotonic::ZERO }, failures: 0, random: seed }
    }

    /// When to dial next; nothing while dialling, connected or cut off. A moment in the past means now.
    pub fn due(&self) -> Option<Monotonic> {
        match self.state {
            State::Waiting { until } => Some(until),
            State::Off | State::Dialing | State::Connected { .. } => None,
        }
    }

    /// Whether it was cut off.
    pub fn is_off(&self) -> bool {
        self.state == State::Off
    }

    /// Dialling has begun.
    pub fn dialing(&mut self) {
        if !self.is_off() {
            self.state = State::Dialing;
        }
    }

    /// The connection stands.
    pub fn connected(&mut self, now: Monotonic) {
        if !self.is_off() {
            self.state = State::Connected { since: now };
        }
    }

    /// Dialling failed, or the connection ended. `retry_after` is what the other side asked for.
    pub fn failed(&mut self, now: Monotonic, retry_after: Option<Duration>) {
        match self.state {
            State::Off => return,
            State::Connected { since } if now.since(since) >= SUCCESS_AFTER => self.failures = 0,
            State::Connected { .. } | State::Dialing | State::Waiting { .. } => {}
        }
        self.failures = self.failures.saturating_add(1);
        let full = DELAY_MIN.saturating_mul(1 << (self.failures - 1).min(16)).min(DELAY_MAX);
        // Half fixed, half random: spread, and never immediate.
        let delay = full / 2 + full.mul_f64(self.next_fraction() / 2.0);
        self.state = State::Waiting { until: now.plus(delay.max(retry_after.unwrap_or_default())) };
    }

    /// The connection ended because all was said: dial again after about this time, a tenth more or less, so that 500 sites
    /// do not come in step.
    pub fn rest(&mut self, now: Monotonic, time: Duration) {
        if self.is_off() {
            return;
        }
        self.failures = 0;
        let delay = time.mul_f64(0.9 + 0.2 * self.next_fraction());
        self.state = State::Waiting { until: now.plus(delay) };
    }

    /// Dials at this moment, where it would wait for longer.
    pub fn bring_forward(&mut self, at: Monotonic) {
        if let State::Waiting { until } = &mut self.state {
            *until = at.min(*until);
        }
    }

    /// Cuts off: no dialling until restored.
    pub fn cut(&mut self) {
        self.state = State::Off;
    }

    /// The network is back, or someone asks for it: dial at once, with patience reset.
    pub fn restore(&mut self, now: Monotonic) {
        if !matches!(self.state, State::Connected { .. } | State::Dialing) {
            self.state = State::Waiting { until: now };
        }
        self.failures = 0;
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): even enough for jitter, and the same for the same seed everywhere.
    fn next_fraction(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.random;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Monotonic {
        Monotonic::ZERO.plus(Duration::from_secs(seconds))
    }

    fn delays(seed: u64, count: usize) -> Vec<Duration> {
        let mut dialer = Dialer::new(seed);
        let mut now = Monotonic::ZERO;
        (0..count)
            .map(|_| {
                dialer.dialing();
                dialer.failed(now, None);
                let due = dialer.due().unwrap();
                let delay = due.since(now);
                now = due;
                delay
            })
            .collect()
    }

    #[test]
    fn delays_grow_to_a_bound_and_never_vanish() {
        for (index, delay) in delays(7, 40).into_iter().enumerate() {
            let full = DELAY_MIN.saturating_mul(1 << index.min(16)).min(DELAY_MAX);
            assert!(delay >= full / 2 && delay <= full, "delay {index} is {delay:?}");
        }
    }

    #[test]
    fn the_same_seed_dials_at_the_same_moments_and_another_does_not() {
        assert_eq!(delays(7, 10), delays(7, 10));
        assert_ne!(delays(7, 10), delays(8, 10));
    }

    #[test]
    fn a_lasting_connection_resets_patience_and_a_short_one_does_not() {
        let mut dialer = Dialer::new(1);
        for _ in 0..10 {
            dialer.dialing();
            dialer.failed(at(0), None);
        }
        dialer.connected(at(100));
        dialer.failed(at(101), None);
        assert!(dialer.due().unwrap().since(at(101)) >= DELAY_MAX / 2);
        dialer.connected(at(200));
        dialer.failed(at(300), None);
        assert!(dialer.due().unwrap().since(at(300)) <= DELAY_MIN);
    }

    #[test]
    fn restoring_dials_at_once_and_a_cut_dialer_stays_quiet() {
        let mut dialer = Dialer::new(1);
        dialer.cut();
        dialer.failed(at(1), None);
        assert_eq!(dialer.due(), None);
        dialer.restore(at(5));
        assert_eq!(dialer.due(), Some(at(5)));
    }

    #[test]
    fn a_visit_is_followed_by_another_after_about_the_time_that_was_asked_for() {
        let hour = Duration::from_secs(3600);
        let mut dialer = Dialer::new(3);
        dialer.connected(at(0));
        dialer.rest(at(5), hour);
        let due = dialer.due().unwrap().since(at(5));
        assert!(due >= hour.mul_f64(0.9) && due <= hour.mul_f64(1.1), "{due:?}");
        dialer.bring_forward(at(60));
        assert_eq!(dialer.due(), Some(at(60)), "something urgent came up");
        dialer.bring_forward(at(90));
        assert_eq!(dialer.due(), Some(at(60)), "later is not sooner");
    }

    #[test]
    fn what_the_other_side_asks_for_is_respected() {
        let mut dialer = Dialer::new(1);
        dialer.dialing();
        dialer.failed(at(0), Some(Duration::from_secs(300)));
        assert_eq!(dialer.due(), Some(at(300)));
    }
}
