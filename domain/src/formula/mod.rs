//! The formulas by which stores order, report and plan. Pure functions of numbers and days: where the numbers come from
//! is not their concern.
//!
//! ```text
//! order           suggested quantity, what a forecast asks for, fair shares of short supply
//! rnr             the lines of a report and requisition form (R&R), and what stands against finalising one
//! immunisation    populations, doses that a course needs, when a dose is due
//! ```
//!
//! Consumption, average monthly consumption (AMC) and months of stock (MOS) are in [`consumption`].
//!
//! **Exact.** What is computed is a fraction of whole numbers; it is compared as it is, and rounded once, when it is
//! written down: to a thousandth, halves away from zero, unless the formula says otherwise. No figure is computed from
//! one that was rounded before, except where that one was written down on a document: then people reckon with what they
//! read there.
//!
//! **No input is too large.** Amounts count as at most [`AMOUNT_MAX`], months as at most
//! [`MONTHS_MAX`], so that every product stays within 128 bits: 50 bits of an amount, 21 of months in thousandths,
//! 32 of a number of days.
//!
//! Percentages (shares, coverages, wastage, growth) are [`Percent`](crate::Percent): whole thousandths of a percent, so
//! that 33.333 % is exactly that.

use crate::consumption;
use crate::quantity::{AMOUNT_MAX, Quantity};

pub mod immunisation;
pub mod order;
pub mod rnr;

/// Most months that a formula reckons with: a century.
pub const MONTHS_MAX: u32 = 1_200;

/// A number of months, in thousandths of a month: never below zero, never more than [`MONTHS_MAX`].
fn months_e3(months: Quantity) -> i128 {
    i128::from(months.thousandths().clamp(0, i64::from(MONTHS_MAX) * 1_000))
}

/// The thousandths of an amount, within what can be written.
fn amount_e3(amount: Quantity) -> i128 {
    i128::from(amount.clamped().thousandths())
}

/// A fraction of whole numbers, the lower one above zero.
#[derive(Clone, Copy, Debug)]
struct Fraction {
    over: i128,
    under: i128,
}

impl Fraction {
    const ZERO: Self = Self { over: 0, under: 1 };

    fn new(over: i128, under: i128) -> Self {
        debug_assert!(under > 0, "a fraction of {under}");
        Self { over, under }
    }

    /// The sum, in lowest terms; none if it takes more than 128 bits.
    fn plus(self, other: Self) -> Option<Self> {
        let shared = common_divisor(self.under, other.under);
        let (left, right) = (other.under / shared, self.under / shared);
        let over = self.over.checked_mul(left)?.checked_add(other.over.checked_mul(right)?)?;
        let under = self.under.checked_mul(left)?;
        let excess = common_divisor(over, under);
        Some(Self::new(over / excess, under / excess))
    }

    /// The smallest whole number that is not below it.
    fn ceil(self) -> i128 {
        -(-self.over).div_euclid(self.under)
    }

    /// Written down as so many thousandths, halves away from zero.
    fn written(self) -> Quantity {
        Quantity::from_thousandths(consumption::rounded(self.over, self.under)).clamped()
    }
}

/// The greatest number that divides both; `under` is above zero.
fn common_divisor(over: i128, under: i128) -> i128 {
    let (mut greater, mut smaller) = (over.abs(), under);
    while smaller != 0 {
        (greater, smaller) = (smaller, greater % smaller);
    }
    greater
}

/// So many whole ones: none if below zero, and never more than can be written.
fn whole_units(count: i128) -> Quantity {
    let most = i128::from(AMOUNT_MAX / 1_000);
    Quantity::whole(i64::try_from(count.clamp(0, most)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fraction_is_rounded_up_to_the_next_whole() {
        // 7/2 = 3.5, 6/2 = 3, −7/2 = −3.5, −1/3.
        let ceilings =
            [(7, 2), (6, 2), (-7, 2), (-1, 3), (0, 5)].map(|(over, under)| Fraction::new(over, under).ceil());
        assert_eq!(ceilings, [4, 3, -3, 0, 0]);
    }

    #[test]
    fn a_sum_of_fractions_is_in_lowest_terms() {
        // 1/6 + 1/3 = 1/2; 1/2 − 1/2 = 0/1.
        let half = Fraction::new(1, 6).plus(Fraction::new(1, 3)).expect("a small sum");
        assert_eq!((half.over, half.under), (1, 2));
        let none = half.plus(Fraction::new(-1, 2)).expect("a small sum");
        assert_eq!((none.over, none.under), (0, 1));
        // Denominators without a common divisor, of 127 bits together and more.
        assert!(Fraction::new(1, i128::MAX).plus(Fraction::new(1, i128::MAX - 1)).is_none());
    }

    #[test]
    fn months_are_neither_negative_nor_more_than_a_century() {
        assert_eq!(months_e3(Quantity::whole(-1)), 0);
        assert_eq!(months_e3(Quantity::from_thousandths(1_500)), 1_500);
        assert_eq!(months_e3(Quantity::whole(1_201)), 1_200_000);
    }

    proptest! {
        #[test]
        fn a_sum_of_fractions_is_what_it_is_over_all_denominators(a: i32, b in 1i32.., c: i32, d in 1i32..) {
            let [a, b, c, d] = [a, b, c, d].map(i128::from);
            let sum = Fraction::new(a, b).plus(Fraction::new(c, d)).expect("64 bits each");
            prop_assert_eq!(sum.over * b * d, (a * d + c * b) * sum.under);
        }
    }
}
