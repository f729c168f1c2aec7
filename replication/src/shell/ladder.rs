//! Which way a peer is dialled next: the quick one first; where nothing came back, over TCP; then the patient one.

use std::time::Duration;

use super::quic::Profile;
use crate::time::Monotonic;

/// A link whose round trip is shorter than this is dialled the quick way again: its handshake takes a tenth of the time
/// that the quick way allows.
const QUICK_BELOW: Duration = Duration::from_secs(1);
/// A network that lets no UDP pass is asked again after this time: a device moves, rules change.
const TCP_FOR: Duration = Duration::from_secs(3600);

/// A way of dialling. What is said is the same on each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rung {
    /// QUIC, with the timers of good links.
    Quick,
    /// TLS over TCP: where UDP is blocked this is found out in seconds, before the patient way would have waited for
    /// minutes.
    Tcp,
    /// QUIC, with the timers of links whose round trip takes a minute.
    Patient,
}

/// The rungs of one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ladder {
    first: Rung,
    rung: Rung,
    tcp: bool,
    /// Whether the patient rung is on it.
    patient: bool,
    /// When TCP was found to be what works.
    tcp_since: Option<Monotonic>,
    /// The round trip of the last conversation over QUIC.
    round_trip: Option<Duration>,
}

impl Ladder {
    /// Begins where the operator says.
    pub(crate) fn from(first: Profile, tcp: bool) -> Self {
        let first = match first {
            Profile::Fast => Rung::Quick,
            Profile::Slow => Rung::Patient,
        };
        Self { first, rung: first, tcp, patient: true, tcp_since: None, round_trip: None }
    }

    /// To somebody on the same local network, who answers within seconds or is not there: without the patient rung.
    pub(crate) fn near(tcp: bool) -> Self {
        let patient = false;
        Self { first: Rung::Quick, rung: Rung::Quick, tcp, patient, tcp_since: None, round_trip: None }
    }

    /// How to dial now.
    pub(crate) fn rung(&mut self, now: Monotonic) -> Rung {
        if self.tcp_since.is_some_and(|since| now.since(since) >= TCP_FOR) {
            self.rung = Rung::Quick;
            self.tcp_since = None;
        }
        self.rung
    }

    /// How long an answer took the last time, which is the best guess of how long it takes now.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// Somebody wants to know now: from the first rung again.
    pub(crate) fn restart(&mut self) {
        self.rung = self.first;
        self.tcp_since = None;
    }

    /// An attempt failed. Where nothing came back, the network is gone, or this way does not lead through it; and over TCP
    /// what came back may be anybody's, such as a portal's that answers at every address. The next attempt takes the next
    /// rung. What central itself answers is the same on all of them.
    pub(crate) fn failed(&mut self, silent: bool) {
        if !silent && self.rung != Rung::Tcp {
            return;
        }
        self.tcp_since = None;
        self.rung = match self.rung {
            Rung::Quick if self.tcp => Rung::Tcp,
            Rung::Quick | Rung::Tcp if self.patient => Rung::Patient,
            Rung::Quick | Rung::Tcp | Rung::Patient => Rung::Quick,
        };
    }

    /// Somebody answered, over a link with this round trip, where it is known.
    pub(crate) fn answered(&mut self, now: Monotonic, round_trip: Option<Duration>) {
        self.round_trip = round_trip.or(self.round_trip);
        match round_trip {
            None => self.tcp_since = self.tcp_since.or(Some(now)),
            Some(time) if time < QUICK_BELOW => self.rung = Rung::Quick,
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Monotonic = Monotonic::ZERO;

    #[test]
    fn silence_leads_from_rung_to_rung_and_round() {
        let mut ladder = Ladder::from(Profile::Fast, true);
        let rungs: Vec<Rung> = (0..4)
            .map(|_| {
                let rung = ladder.rung(NOW);
                ladder.failed(true);
                rung
            })
            .collect();
        assert_eq!(rungs, [Rung::Quick, Rung::Tcp, Rung::Patient, Rung::Quick]);
    }

    #[test]
    fn an_answer_over_quic_is_centrals_and_one_over_tcp_may_be_anybodys() {
        let mut ladder = Ladder::from(Profile::Fast, true);
        ladder.failed(false);
        assert_eq!(ladder.rung(NOW), Rung::Quick);
        ladder.failed(true);
        ladder.failed(false);
        assert_eq!(ladder.rung(NOW), Rung::Patient);
    }

    #[test]
    fn the_round_trip_of_the_last_conversation_is_remembered() {
        let mut ladder = Ladder::from(Profile::Fast, true);
        assert_eq!(ladder.round_trip(), None);
        ladder.answered(NOW, Some(Duration::from_millis(800)));
        ladder.failed(true);
        ladder.answered(NOW, None);
        assert_eq!(ladder.round_trip(), Some(Duration::from_millis(800)), "over TCP nobody measures it");
    }

    #[test]
    fn who_asks_for_it_is_not_kept_waiting_by_a_patient_attempt() {
        let mut ladder = Ladder::from(Profile::Fast, true);
        ladder.failed(true);
        ladder.failed(true);
        ladder.restart();
        assert_eq!(ladder.rung(NOW), Rung::Quick);
    }

    #[test]
    fn without_tcp_there_are_two_rungs() {
        let mut ladder = Ladder::from(Profile::Slow, false);
        ladder.failed(true);
        assert_eq!(ladder.rung(NOW), Rung::Quick);
        ladder.failed(true);
        assert_eq!(ladder.rung(NOW), Rung::Patient);
    }

    #[test]
    fn nobody_on_the_same_network_is_waited_for_with_patience() {
        for (tcp, expected) in [(true, [Rung::Quick, Rung::Tcp, Rung::Quick]), (false, [Rung::Quick; 3])] {
            let mut ladder = Ladder::near(tcp);
            for rung in expected {
                assert_eq!(ladder.rung(NOW), rung);
                ladder.failed(true);
            }
        }
    }

    #[test]
    fn a_slow_link_stays_on_the_patient_rung_until_it_is_fast() {
        let mut ladder = Ladder::from(Profile::Slow, true);
        ladder.answered(NOW, Some(Duration::from_secs(20)));
        assert_eq!(ladder.rung(NOW), Rung::Patient);
        ladder.answered(NOW, Some(Duration::from_millis(80)));
        assert_eq!(ladder.rung(NOW), Rung::Quick);
    }

    #[test]
    fn where_tcp_works_it_stays_and_udp_is_tried_again_after_an_hour() {
        let mut ladder = Ladder::from(Profile::Fast, true);
        ladder.failed(true);
        ladder.answered(NOW, None);
        let later = NOW.plus(TCP_FOR - Duration::from_secs(1));
        assert_eq!(ladder.rung(later), Rung::Tcp);
        ladder.answered(later, None);
        assert_eq!(ladder.rung(NOW.plus(TCP_FOR)), Rung::Quick);
    }
}
