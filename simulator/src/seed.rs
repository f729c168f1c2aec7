//! One seed draws the world. Each thing that draws has a generator of its own, found by a label, so that one draw
//! more in one place does not shift what the others see.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The root of all randomness of a run: what a person writes after `--seed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seed([u8; 32]);

impl Seed {
    /// The root for a number that fits a command line.
    pub(crate) fn of(number: u64) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("tributary 2026 seed of a simulated world");
        hasher.update(&number.to_be_bytes());
        Self(*hasher.finalize().as_bytes())
    }

    /// The 32 bytes under a label, for something that seeds a generator of its own.
    pub(crate) fn bytes(self, label: &str) -> [u8; 32] {
        *blake3::keyed_hash(&self.0, label.as_bytes()).as_bytes()
    }

    /// The generator under a label.
    pub(crate) fn fork(self, label: &str) -> Dice {
        Dice(ChaCha8Rng::from_seed(self.bytes(label)))
    }
}

/// A seeded generator, with the few draws that a world needs.
#[derive(Clone, Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// True this many times in a thousand.
    pub(crate) fn chance(&mut self, per_thousand: u32) -> bool {
        self.0.random_range(0..1000) < per_thousand
    }

    /// A number from `low` to `high`, both possible.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.random_range(low..=high)
    }

    /// A signed number from `low` to `high`, both possible.
    pub(crate) fn signed(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low..=high)
    }

    /// One of these; nothing of an empty list.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        match from.len() {
            0 => None,
            len => from.get(self.0.random_range(0..len)),
        }
    }

    /// One of these by weight.
    ///
    /// # Panics
    /// If no weight is above zero.
    pub(crate) fn weighted<T: Copy>(&mut self, from: &[(T, u32)]) -> T {
        let total: u32 = from.iter().map(|(_, weight)| weight).sum();
        let mut left = self.0.random_range(0..total);
        for (item, weight) in from {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *item,
            }
        }
        unreachable!("the draw is below the sum of the weights")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_under_one_label_does_not_shift_another() {
        let seed = Seed::of(7);
        let undisturbed: Vec<u64> = (0..8).map(|_| seed.fork("link/1").between(0, 1_000_000)).collect();
        let mut other = seed.fork("link/2");
        other.between(0, 1_000_000);
        let mut link = seed.fork("link/1");
        assert_eq!(link.between(0, 1_000_000), undisturbed[0]);
        assert_ne!(seed.fork("link/2").between(0, 1_000_000), undisturbed[0]);
        assert_ne!(Seed::of(8), seed);
    }

    #[test]
    fn a_weight_of_zero_is_never_drawn() {
        let mut dice = Seed::of(1).fork("weights");
        for _ in 0..200 {
            assert_ne!(dice.weighted(&[('a', 3), ('b', 0), ('c', 1)]), 'b');
        }
    }
}
