//! Which way a peer is dialled next: the quick one first, the patient one where nothing came back.

use std::time::Duration;

use super::quic::Profile;

/// A link whose round trip is shorter than this is dialled the quick way again: its handshake takes a tenth of the time
/// that the quick way allows.
const QUICK_BELOW: Duration = Duration::from_secs(1);

/// The rungs of one peer. What is said is the same on each; only timers, windows and packets differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ladder(Profile);

impl Ladder {
    /// Begins where the operator says.
    pub(crate) fn from(first: Profile) -> Self {
        Self(first)
    }

    /// How to dial now.
    pub(crate) fn rung(self) -> Profile {
        self.0
    }

    /// Nothing came back: the link is down, or slower than the timers of this rung. The next attempt takes the other, so
    /// that a link that is merely slow is found out with the second attempt, and one that comes back fast is not
    /// waited for.
    pub(crate) fn silent(&mut self) {
        self.0 = match self.0 {
            Profile::Fast => Profile::Slow,
            Profile::Slow => Profile::Fast,
        };
    }

    /// Somebody answered, over a link with this round trip.
    pub(crate) fn answered(&mut self, round_trip: Duration) {
        if round_trip < QUICK_BELOW {
            self.0 = Profile::Fast;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_link_is_found_out_and_kept() {
        let mut ladder = Ladder::from(Profile::Fast);
        ladder.silent();
        assert_eq!(ladder.rung(), Profile::Slow);
        ladder.answered(Duration::from_secs(20));
        assert_eq!(ladder.rung(), Profile::Slow);
        ladder.answered(Duration::from_millis(80));
        assert_eq!(ladder.rung(), Profile::Fast);
    }

    #[test]
    fn silence_takes_the_rungs_in_turn() {
        let mut ladder = Ladder::from(Profile::Slow);
        ladder.silent();
        assert_eq!(ladder.rung(), Profile::Fast);
        ladder.silent();
        assert_eq!(ladder.rung(), Profile::Slow);
    }
}
