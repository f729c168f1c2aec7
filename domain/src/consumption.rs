//! Consumption: how much of an item a store gives out, and how long what it has will last. Pure functions of what
//! moved on which day.
//!
//! ```text
//! window        W = round(look-back months × days in a month) whole civil days, the last of which is today
//! consumption   what was given out on the days of the window
//! AMC           consumption / look-back months                                  average monthly consumption
//!               … × W / (W − days out), where the store prefers to adjust for days out of stock
//! MOS           on hand / AMC                                                   months of stock; none where AMC is 0
//! ```
//!
//! All of it is exact: AMC and MOS are fractions of whole numbers, thresholds are compared with the fractions, and a
//! figure is rounded once, when it is written down: to a thousandth, halves away from zero, as people round by hand. So
//! no item is low only because a figure before it was rounded.

use serde::{Deserialize, Serialize};

use crate::Date;
use crate::quantity::Quantity;
use crate::store::Preferences;

/// The days over which consumption is averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Window {
    /// Months looked back over.
    pub months: u32,
    /// The first day.
    pub first: Date,
    /// The last day: the day of the question.
    pub last: Date,
    /// How many days there are, both ends counted.
    pub days: u32,
}

impl Window {
    /// The window of a store that ends today: the look-back months in days, rounded to whole days (halves up), and one
    /// day at least.
    pub fn of(preferences: &Preferences, today: Date) -> Self {
        let exact_e4 = u64::from(preferences.look_back_months) * u64::from(preferences.days_in_month_e4);
        let days = u32::try_from((exact_e4 + 5_000) / 10_000).unwrap_or(u32::MAX).clamp(1, DAYS_MAX);
        let first = today.saturating_sub(jiff::Span::new().days(i64::from(days) - 1));
        Self { months: preferences.look_back_months.max(1), first, last: today, days }
    }
}

/// No preference looks back further: ten years.
const DAYS_MAX: u32 = 3_653;

/// What moved of an item in a store on one day; no amount is below zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayMoves {
    /// What was given out; it is part of what left.
    pub consumed: Quantity,
    /// What came, by all movements.
    pub came: Quantity,
    /// What left, by all movements.
    pub left: Quantity,
}

impl DayMoves {
    /// The same with one more movement.
    pub fn and(self, quantity: Quantity, consumes: bool) -> Self {
        let left = (-quantity).max(Quantity::ZERO);
        Self {
            consumed: if consumes { self.consumed - quantity } else { self.consumed },
            came: self.came + quantity.max(Quantity::ZERO),
            left: self.left + left,
        }
    }

    /// The same with one movement of it taken back.
    pub fn without(self, quantity: Quantity, consumes: bool) -> Self {
        Self {
            consumed: if consumes { self.consumed + quantity } else { self.consumed },
            came: self.came - quantity.max(Quantity::ZERO),
            left: self.left - (-quantity).max(Quantity::ZERO),
        }
    }

    fn net(self) -> Quantity {
        self.came - self.left
    }
}

/// What an item's movements say of its consumption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Consumption {
    /// The days looked back over.
    pub window: Window,
    /// What was given out on them.
    pub consumed: Quantity,
    /// On how many of them the item was out of stock.
    pub days_out: u32,
    /// Whether the average is adjusted for them.
    pub adjusted: bool,
}

impl Consumption {
    /// The consumption that these days tell of.
    ///
    /// `moves` are days in their order, from the first of the window on, those after the window included: they lead
    /// back from `on_hand`, which is what is there now. `since` is the day of the first movement ever, if there was one.
    pub fn of(
        window: Window,
        moves: &[(Date, DayMoves)],
        on_hand: Quantity,
        since: Option<Date>,
        adjusted: bool,
    ) -> Self {
        let within = moves.iter().filter(|(day, _)| (window.first..=window.last).contains(day));
        let consumed = within.map(|(_, moves)| moves.consumed).sum();
        Self { window, consumed, days_out: days_out(&window, moves, on_hand, since), adjusted }
    }

    /// The average as a fraction. Days out count only where there is a day that was none: of a window that was all out,
    /// nothing can be said about the others.
    ///
    /// The denominator is above zero. What it is made of may be read from anywhere: no window is shorter than a month,
    /// and amounts are within what can be written, so that with any of them products stay within 128 bits.
    pub(crate) fn ratio(&self) -> (i128, i128) {
        let consumed = i128::from(self.consumed.clamped().thousandths());
        let (days, out) = (self.window.days, self.days_out);
        let months = i128::from(self.window.months.max(1));
        match self.adjusted && out < days {
            true => (consumed * i128::from(days), months * i128::from(days - out)),
            false => (consumed, months),
        }
    }

    /// Average monthly consumption.
    pub fn monthly(&self) -> Quantity {
        let (over, under) = self.ratio();
        Quantity::from_thousandths(rounded(over, under))
    }

    /// Whether anything is consumed.
    pub fn is_consumed(&self) -> bool {
        self.consumed.is_positive()
    }

    /// For how many months so much lasts, in thousandths of a month; nothing where nothing is consumed.
    pub fn months_of(&self, on_hand: Quantity) -> Option<Quantity> {
        let (over, under) = self.ratio();
        let on_hand = i128::from(on_hand.clamped().thousandths());
        (over > 0).then(|| Quantity::from_thousandths(rounded(on_hand * under * 1_000, over)))
    }

    /// How so many units compare with so many months of stock; nothing where nothing is consumed.
    pub fn compare(&self, on_hand: Quantity, months: u32) -> Option<std::cmp::Ordering> {
        let (over, under) = self.ratio();
        let on_hand = i128::from(on_hand.clamped().thousandths());
        (over > 0).then(|| (on_hand * under).cmp(&(i128::from(months) * over)))
    }

    /// What so many months need.
    pub fn need(&self, months: u32) -> Quantity {
        let (over, under) = self.ratio();
        Quantity::from_thousandths(rounded(over * i128::from(months), under))
    }
}

/// On how many days of the window nothing could be given out: what was there in the morning and what came during the
/// day are together nothing or less. It does not depend on the order of movements within a day, which the clocks of two
/// devices may tell differently. Days before the first movement are none of them: a store is not out of what it did not
/// keep.
fn days_out(window: &Window, moves: &[(Date, DayMoves)], on_hand: Quantity, since: Option<Date>) -> u32 {
    let Some(since) = since else { return 0 };
    let first = window.first.max(since);
    let mut evening = on_hand;
    let mut unjudged = window.last;
    let mut out = 0;
    for (day, moves) in moves.iter().rev() {
        if *day > window.last {
            evening = evening - moves.net();
            continue;
        }
        if *day < first {
            break;
        }
        out += quiet_days_out(day.tomorrow().unwrap_or(*day), unjudged, evening);
        let morning = evening - moves.net();
        out += u32::from(!(morning + moves.came).is_positive());
        evening = morning;
        unjudged = day.yesterday().unwrap_or(*day);
    }
    out + quiet_days_out(first, unjudged, evening)
}

/// How many days without movements, from one to another, were out of stock with this balance.
fn quiet_days_out(from: Date, to: Date, balance: Quantity) -> u32 {
    match balance.is_positive() || from > to {
        true => 0,
        false => u32::try_from(days_between(from, to) + 1).unwrap_or(0),
    }
}

/// How many days after a day another one is.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// A fraction with a positive denominator as a whole number, halves away from zero, within what can be written.
pub(crate) fn rounded(over: i128, under: i128) -> i64 {
    let magnitude = (over.unsigned_abs() * 2 + under.unsigned_abs()) / (under.unsigned_abs() * 2);
    let magnitude = i64::try_from(magnitude).unwrap_or(i64::MAX);
    if over < 0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    fn today() -> Date {
        day("2026-11-22")
    }

    fn window() -> Window {
        Window::of(&Preferences::default(), today())
    }

    fn consumption(consumed: i64, days_out: u32, adjusted: bool) -> Consumption {
        Consumption { window: window(), consumed: Quantity::whole(consumed), days_out, adjusted }
    }

    fn quantity(text: &str) -> Quantity {
        text.parse().expect("a quantity")
    }

    #[test]
    fn the_window_is_whole_days_that_end_today() {
        // 3 × 30.4375 = 91.3125, so 91 days: 24 August to 22 November, both counted.
        assert_eq!((window().days, window().first), (91, day("2026-08-24")));
        assert_eq!(days_between(window().first, window().last) + 1, 91);
        let of = |look_back_months, days_in_month_e4| {
            let preferences = Preferences { look_back_months, days_in_month_e4, ..Preferences::default() };
            Window::of(&preferences, today()).days
        };
        // 1 × 30.4375 = 30.4375; 6 × = 182.625; 12 × = 365.25; 1 × 30.5 is half a day over and counts as one.
        assert_eq!([of(1, 304_375), of(6, 304_375), of(12, 304_375), of(1, 305_000)], [30, 183, 365, 31]);
    }

    #[test]
    fn the_average_is_consumption_by_month() {
        // 4,050 in 3 months.
        assert_eq!(consumption(4_050, 0, false).monthly(), Quantity::whole(1_350));
        // 1,000 / 3 = 333.333…, 2,000 / 3 = 666.666…
        assert_eq!(consumption(1_000, 0, false).monthly(), quantity("333.333"));
        assert_eq!(consumption(2_000, 0, false).monthly(), quantity("666.667"));
        assert_eq!(consumption(0, 0, false).monthly(), Quantity::ZERO);
    }

    #[test]
    fn days_out_of_stock_count_only_where_the_store_adjusts_for_them() {
        assert_eq!(consumption(1_200, 31, false).monthly(), Quantity::whole(400));
        // 1,200 / 3 × 91 / (91 − 31) = 400 × 91 / 60 = 606.666…
        assert_eq!(consumption(1_200, 31, true).monthly(), quantity("606.667"));
        // Out all the time: there is no day to conclude from.
        assert_eq!(consumption(1_200, 91, true).monthly(), Quantity::whole(400));
    }

    #[test]
    fn months_of_stock_are_on_hand_by_the_average() {
        // 4,200 / 1,350 = 3.111…
        assert_eq!(consumption(4_050, 0, false).months_of(Quantity::whole(4_200)), Some(quantity("3.111")));
        assert_eq!(consumption(4_050, 0, false).months_of(Quantity::ZERO), Some(Quantity::ZERO));
        // Less than nothing on paper lasts less than no month.
        assert_eq!(consumption(300, 0, false).months_of(Quantity::whole(-50)), Some(quantity("-0.5")));
        assert_eq!(consumption(0, 0, false).months_of(Quantity::whole(50)), None);
    }

    #[test]
    fn a_half_thousandth_is_rounded_away_from_zero() {
        // 0.0005 and −0.0005; 0.0015.
        assert_eq!([rounded(1, 2), rounded(-1, 2), rounded(3, 2), rounded(-3, 2)], [1, -1, 2, -2]);
        assert_eq!([rounded(1, 3), rounded(2, 3), rounded(-2, 3)], [0, 1, -1]);
    }

    #[test]
    fn thresholds_are_compared_before_anything_is_rounded() {
        // 2 in 3 months are 0.667 a month as written; 2 units are three months exactly, and not 2.999.
        let tiny = consumption(2, 0, false);
        assert_eq!(tiny.compare(Quantity::whole(2), 3), Some(Ordering::Equal));
        assert_eq!(tiny.compare(quantity("1.999"), 3), Some(Ordering::Less));
        assert_eq!(consumption(0, 0, false).compare(Quantity::whole(2), 3), None);
    }

    #[test]
    fn a_window_of_no_month_is_one_month() {
        let window = Window { months: 0, ..window() };
        let none = Consumption { window, ..consumption(300, 0, false) };
        assert_eq!(none.monthly(), Quantity::whole(300));
        assert_eq!(none.months_of(Quantity::whole(150)), Some(quantity("0.5")));
    }

    #[test]
    fn a_day_is_out_of_stock_when_nothing_was_there_and_nothing_came() {
        let moved = |came: i64, left: i64, consumed: i64| DayMoves {
            came: Quantity::whole(came),
            left: Quantity::whole(left),
            consumed: Quantity::whole(consumed),
        };
        // Used up on the 10th, delivered on the 15th: out on the 11th, 12th, 13th and 14th.
        let moves = [(day("2026-11-10"), moved(0, 40, 40)), (day("2026-11-15"), moved(100, 0, 0))];
        let since = Some(day("2025-01-01"));
        let found = Consumption::of(window(), &moves, Quantity::whole(100), since, true);
        assert_eq!((found.consumed, found.days_out), (Quantity::whole(40), 4));
        // What came and left on the same day was there.
        let moves = [(day("2026-11-20"), moved(60, 60, 60))];
        let found = Consumption::of(window(), &moves, Quantity::ZERO, since, true);
        assert_eq!(found.days_out, 90);
        // Days before the item was kept are not out of stock: it came on the 21st and was used up at once.
        let moves = [(day("2026-11-21"), moved(60, 60, 60))];
        let kept_since = Some(day("2026-11-21"));
        assert_eq!(Consumption::of(window(), &moves, Quantity::ZERO, kept_since, true).days_out, 1);
        assert_eq!(Consumption::of(window(), &[], Quantity::ZERO, None, true).days_out, 0);
        // A movement dated tomorrow is no part of today's balance.
        let moves = [(day("2026-11-23"), moved(60, 0, 0))];
        assert_eq!(Consumption::of(window(), &moves, Quantity::whole(60), since, true).days_out, 91);
    }

    /// Movements of the days −100 … +5 from today, as (day, change, consumes).
    fn movements() -> impl Strategy<Value = Vec<(i64, i64, bool)>> {
        proptest::collection::vec((-100i64..=5, -30i64..30, any::<bool>()), 0..25)
    }

    proptest! {
        #[test]
        fn consumption_and_days_out_equal_a_walk_day_by_day(movements in movements(), opening in 0i64..60) {
            let at = |offset: i64| today().saturating_add(jiff::Span::new().days(offset));
            let mut moves = std::collections::BTreeMap::<Date, DayMoves>::new();
            let mut all = vec![(-101, opening, false)];
            all.extend(movements.iter().map(|(day, change, consumes)| (*day, *change, *consumes && *change < 0)));
            for (offset, change, consumes) in &all {
                let entry = moves.entry(at(*offset)).or_default();
                *entry = entry.and(Quantity::whole(*change), *consumes);
            }
            let on_hand: i64 = all.iter().map(|(_, change, _)| change).sum();
            let moves: Vec<_> = moves.into_iter().filter(|(day, _)| *day >= window().first).collect();
            let found = Consumption::of(window(), &moves, Quantity::whole(on_hand), Some(at(-101)), true);

            let (mut balance, mut out, mut consumed) = (0, 0, 0);
            for offset in -101..=0 {
                let of_day = || all.iter().filter(|(day, ..)| *day == offset);
                let came: i64 = of_day().map(|(_, change, _)| (*change).max(0)).sum();
                if offset > -91 {
                    out += u32::from(balance + came <= 0);
                    consumed -= of_day().filter(|(.., consumes)| *consumes).map(|(_, change, _)| change).sum::<i64>();
                }
                balance += of_day().map(|(_, change, _)| change).sum::<i64>();
            }
            prop_assert_eq!((found.days_out, found.consumed), (out, Quantity::whole(consumed)));
        }

        #[test]
        fn no_figures_are_too_large(
            consumed: i64, on_hand: i64, months: u32, days: u32, out: u32, adjusted: bool, of: u32,
        ) {
            let window = Window { months, days, ..window() };
            let consumed = Quantity::from_thousandths(consumed);
            let on_hand = Quantity::from_thousandths(on_hand);
            let found = Consumption { window, consumed, days_out: out, adjusted };
            let _ = (found.monthly(), found.need(of));
            prop_assert_eq!(found.months_of(on_hand).is_some(), consumed.is_positive());
            prop_assert_eq!(found.compare(on_hand, of).is_some(), consumed.is_positive());
        }

        #[test]
        fn what_lasts_so_many_months_is_what_so_many_months_need(consumed in 1i64..100_000, out in 0u32..91, months in 1u32..24) {
            let found = consumption(consumed, out, true);
            let lasts = found.months_of(found.need(months)).expect("something is consumed");
            let error = (lasts - Quantity::whole(i64::from(months))).thousandths().abs();
            // Half a thousandth of a unit, in months, and half a thousandth of a month.
            let unit = 1_000 / found.monthly().thousandths().max(1) + 1;
            prop_assert!(error <= unit, "{} months of {}", lasts, months);
        }
    }
}
