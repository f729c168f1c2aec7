//! What is to happen, in the order of virtual time; at one instant in the order of planning.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Microseconds of virtual time since the world began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Instant(pub(crate) u64);

/// A second, in microseconds.
pub(crate) const SECOND: u64 = 1_000_000;
/// A minute, in microseconds.
pub(crate) const MINUTE: u64 = 60 * SECOND;
/// An hour, in microseconds.
pub(crate) const HOUR: u64 = 60 * MINUTE;
/// A day, in microseconds.
pub(crate) const DAY: u64 = 24 * HOUR;

impl Instant {
    /// So many microseconds later.
    pub(crate) fn plus(self, micros: u64) -> Self {
        Self(self.0 + micros)
    }

    /// Microseconds since an earlier instant; zero if it is later.
    pub(crate) fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (day, rest) = (self.0 / DAY, self.0 % DAY);
        let (hour, minute, micros) = (rest / HOUR, rest % HOUR / MINUTE, rest % MINUTE);
        write!(f, "day {day} {hour:02}:{minute:02}:{:02}.{:06}", micros / SECOND, micros % SECOND)
    }
}

/// The queue of events.
pub(crate) struct Queue<T> {
    heap: BinaryHeap<Reverse<Entry<T>>>,
    planned: u64,
}

struct Entry<T> {
    at: Instant,
    sequence: u64,
    what: T,
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.sequence == other.sequence
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        Self { heap: BinaryHeap::new(), planned: 0 }
    }

    /// Plans something.
    pub(crate) fn plan(&mut self, at: Instant, what: T) {
        self.planned += 1;
        self.heap.push(Reverse(Entry { at, sequence: self.planned, what }));
    }

    /// Takes the next thing.
    pub(crate) fn take(&mut self) -> Option<(Instant, T)> {
        self.heap.pop().map(|Reverse(entry)| (entry.at, entry.what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_happen_in_the_order_of_time_and_then_of_planning() {
        let mut queue = Queue::new();
        for (at, what) in [(5, 'c'), (1, 'a'), (5, 'd'), (2, 'b')] {
            queue.plan(Instant(at), what);
        }
        let order: String = std::iter::from_fn(|| queue.take()).map(|(_, what)| what).collect();
        assert_eq!(order, "abcd");
    }
}
