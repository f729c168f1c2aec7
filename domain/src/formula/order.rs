//! What to order, and how to share what is short.
//!
//! ```text
//! suggested      0                                   where nothing is consumed, or the maximum is 0
//!                0                                   where MOS > threshold
//!                ⌈(maximum − MOS) × AMC⌉             else: whole units
//!                threshold = minimum, or the maximum where the minimum is 0
//! by forecast    max(0, ⌈forecast − available⌉)      whole units
//! fair share     in proportion to need, in whole packs
//! ```
//!
//! The suggestion is the order quantity of the maximum-minimum inventory control systems of *The Logistics Handbook*
//! (USAID | DELIVER PROJECT, second edition, 2011): up to the maximum, once stock has come down to the minimum.

use serde::{Deserialize, Serialize};

use super::immunisation::Forecast;
use super::{Fraction, amount_e3, months_e3, whole_units};
use crate::consumption::Consumption;
use crate::quantity::Quantity;

// ---- suggested quantity ----

/// Between which levels an order keeps a store's stock. Thousandths of a month, for some orders are of half months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Levels {
    /// Above this many months of stock nothing is ordered; 0 if orders always fill up to the maximum.
    pub min_months: Quantity,
    /// Up to this many months of stock is ordered; 0 if nothing is ever suggested.
    pub max_months: Quantity,
}

impl Levels {
    /// Above how many months of stock nothing is suggested: the minimum, or the maximum where there is no minimum.
    pub fn threshold_months(&self) -> Quantity {
        if self.min_months.is_positive() { self.min_months } else { self.max_months }
    }
}

/// How many units to order of an item: a suggested quantity, and what it follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suggestion {
    /// What consumption there was.
    pub consumption: Consumption,
    /// How many units there are.
    pub on_hand: Quantity,
    /// The levels to keep between.
    pub levels: Levels,
    /// Average monthly consumption (AMC) in units, as it is written.
    pub monthly: Quantity,
    /// Months of stock (MOS) as it is written; none where nothing is consumed.
    pub months_of_stock: Option<Quantity>,
    /// Above how many months of stock nothing is suggested.
    pub threshold_months: Quantity,
    /// The suggested quantity: whole units, never below zero.
    pub suggested: Quantity,
}

impl Suggestion {
    /// The suggestion with all it follows from.
    pub fn of(consumption: Consumption, on_hand: Quantity, levels: Levels) -> Self {
        Self {
            consumption,
            on_hand,
            levels,
            monthly: consumption.monthly().clamped(),
            months_of_stock: consumption.months_of(on_hand).map(Quantity::clamped),
            threshold_months: levels.threshold_months(),
            suggested: suggested(&consumption, on_hand, &levels),
        }
    }
}

/// How many units to order so that there will be stock for the maximum number of months.
///
/// Computed from the fraction that the average is, not from AMC and MOS as they are written: (maximum − MOS) × AMC is
/// maximum × AMC − on hand. More than nothing came back than was given out: that is as if nothing were consumed. Where
/// the minimum is above the maximum, stock between them is above what would be ordered up to, and nothing is suggested.
pub fn suggested(consumption: &Consumption, on_hand: Quantity, levels: &Levels) -> Quantity {
    let (over, under) = consumption.ratio();
    if over <= 0 || !levels.max_months.is_positive() {
        return Quantity::ZERO;
    }
    // In millionths of a unit, and over the denominator of the average.
    let stock = amount_e3(on_hand) * under * 1_000;
    let needed = |months| months_e3(months) * over;
    if stock > needed(levels.threshold_months()) {
        return Quantity::ZERO;
    }
    whole_units(Fraction::new(needed(levels.max_months) - stock, under * 1_000_000).ceil())
}

// ---- by forecast ----

/// How many units to order of a vaccine so that there is what a forecast expects to be needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForecastSuggestion {
    /// How many units are expected to be needed, as it is written.
    pub forecast_units: Quantity,
    /// How many units may be given out.
    pub available: Quantity,
    /// The suggested quantity: whole units, never below zero.
    pub suggested: Quantity,
}

/// What to order of an item that these forecasts need, one for each course that it is given in; available and forecasts
/// in the same unit.
///
/// The forecasts are added up as the fractions that they are. If ever they are so many and so odd that their sum is
/// beyond exact reckoning, each counts as it would be written, rounded up to a thousandth: then the suggestion may be a
/// unit too large, never too small.
pub fn forecast_suggestion(forecasts: &[Forecast], available: Quantity) -> ForecastSuggestion {
    let exact = || forecasts.iter().try_fold(Fraction::ZERO, |sum, one| sum.plus(one.units_e3()));
    let upwards = || forecasts.iter().map(|one| one.units_e3().ceil()).fold(0, i128::saturating_add);
    let needed_e3 = exact().unwrap_or_else(|| Fraction::new(upwards(), 1));
    let missing = Fraction::new(needed_e3.ceil() - amount_e3(available), 1_000);
    ForecastSuggestion {
        forecast_units: needed_e3.written(),
        available,
        suggested: whole_units(missing.ceil()),
    }
}

// ---- fair share ----

/// How what is short is shared among customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FairShare {
    /// How many units there are to share.
    pub available: Quantity,
    /// How many units a pack holds.
    pub pack_size: u32,
    /// What each customer gets, in the order in which they were given.
    pub shares: Vec<CustomerShare>,
}

/// What a customer gets of what is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerShare {
    /// How many units the customer still needs: supply that is not yet on shipments.
    pub need: Quantity,
    /// How many units would be the customer's if packs could be opened, as it is written: never more than the need.
    pub proportional: Quantity,
    /// How many units the customer gets: whole packs.
    pub quantity: Quantity,
}

/// Shares what is available in proportion to need, in whole packs.
///
/// No customer gets more than the need rounded up to packs, and together they get what is available rounded down to
/// packs, or all those needs if that is less. A proportional share beyond a customer's need in packs goes to the
/// others, in proportion to theirs. What is left when every share is rounded down to packs goes out one pack each: to
/// the largest remainders first, of equal ones to the smallest need, of equal ones to the one that was given first.
/// (The method of largest remainders is Hamilton's: M. L. Balinski and H. P. Young, *Fair Representation*, 1982.)
///
/// A need of nothing or less gets nothing. A pack holds one unit at least.
pub fn fair_share(available: Quantity, needs: &[Quantity], pack_size: u32) -> FairShare {
    let pack_e3 = i128::from(pack_size.max(1)) * 1_000;
    let claims: Vec<Claim> = needs.iter().map(|need| Claim::of(*need, pack_e3)).collect();
    let packs = amount_e3(available).max(0) / pack_e3;
    let rate = Rate::of(packs, &claims);
    let counts = rate.packs_of(&claims);
    let share = |(claim, count): (&Claim, i128)| CustomerShare {
        need: claim.asked,
        proportional: rate.of_claim(claim, pack_e3).written().min(claim.need()),
        quantity: whole_units(count * pack_e3 / 1_000),
    };
    FairShare { available, pack_size, shares: claims.iter().zip(counts).map(share).collect() }
}

/// What a customer needs.
struct Claim {
    asked: Quantity,
    /// In thousandths of a unit, never below zero.
    need_e3: i128,
    /// The need in packs, rounded up.
    packs_max: i128,
}

impl Claim {
    fn of(asked: Quantity, pack_e3: i128) -> Self {
        let need_e3 = amount_e3(asked).max(0);
        Self { asked, need_e3, packs_max: Fraction::new(need_e3, pack_e3).ceil() }
    }

    fn need(&self) -> Quantity {
        self.asked.clamped().max(Quantity::ZERO)
    }
}

/// How many packs there are for how much need, once those whose need is met in full are set aside.
struct Rate {
    packs: i128,
    need_e3: i128,
}

impl Rate {
    /// Sets aside those who would get all they need, until nobody would: each that goes takes less than a proportional
    /// share, so the rate rises for the others, and nobody who went would have to come back.
    fn of(packs: i128, claims: &[Claim]) -> Self {
        let mut rate = Self { packs, need_e3: claims.iter().map(|claim| claim.need_e3).sum() };
        let mut open: Vec<&Claim> = claims.iter().collect();
        loop {
            let (met, rest): (Vec<&Claim>, Vec<&Claim>) =
                open.into_iter().partition(|claim| rate.meets(claim));
            if met.is_empty() || rest.is_empty() {
                return rate;
            }
            rate.packs -= met.iter().map(|claim| claim.packs_max).sum::<i128>();
            rate.need_e3 -= met.iter().map(|claim| claim.need_e3).sum::<i128>();
            open = rest;
        }
    }

    /// Whether a proportional share is the whole need in packs, or more.
    fn meets(&self, claim: &Claim) -> bool {
        claim.need_e3 * self.packs >= claim.packs_max * self.need_e3
    }

    /// A claim's whole packs and what remains, in parts that are the same for all.
    fn divide(&self, claim: &Claim) -> (i128, i128) {
        match self.meets(claim) {
            true => (claim.packs_max, 0),
            false => (claim.need_e3 * self.packs / self.need_e3, claim.need_e3 * self.packs % self.need_e3),
        }
    }

    /// The proportional share of a claim, in thousandths of a unit.
    fn of_claim(&self, claim: &Claim, pack_e3: i128) -> Fraction {
        match self.meets(claim) {
            true => Fraction::new(claim.need_e3, 1),
            false => Fraction::new(claim.need_e3 * self.packs * pack_e3, self.need_e3),
        }
    }

    /// How many packs each gets.
    fn packs_of(&self, claims: &[Claim]) -> Vec<i128> {
        let divided: Vec<(i128, i128)> = claims.iter().map(|claim| self.divide(claim)).collect();
        let mut counts: Vec<i128> = divided.iter().map(|(whole, _)| *whole).collect();
        let mut order: Vec<usize> = (0..claims.len()).filter(|at| divided[*at].1 > 0).collect();
        order.sort_by_key(|at| (-divided[*at].1, claims[*at].need_e3));
        // Remainders are parts of a pack, so they add up to fewer packs than there are of them.
        let remainders: i128 = divided.iter().map(|(_, remainder)| *remainder).sum();
        let left = if remainders > 0 { remainders / self.need_e3 } else { 0 };
        for at in order.into_iter().take(usize::try_from(left).unwrap_or(0)) {
            counts[at] += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use proptest::prelude::*;

    use super::super::immunisation::{Course, Supply};
    use super::*;
    use crate::consumption::Window;
    use crate::quantity::{AMOUNT_MAX, Percent};

    fn quantity(text: &str) -> Quantity {
        text.parse().expect("a quantity")
    }

    fn window(months: u32, days: u32) -> Window {
        let last = jiff::civil::date(2026, 11, 22);
        Window { months, first: last, last, days }
    }

    /// What was given out in three months of 91 days.
    fn consumption(consumed: &str) -> Consumption {
        Consumption { window: window(3, 91), consumed: quantity(consumed), days_out: 0, adjusted: false }
    }

    fn levels(min_months: &str, max_months: &str) -> Levels {
        Levels { min_months: quantity(min_months), max_months: quantity(max_months) }
    }

    fn suggest(consumed: &str, on_hand: &str, min_months: &str, max_months: &str) -> Quantity {
        suggested(&consumption(consumed), quantity(on_hand), &levels(min_months, max_months))
    }

    // ---- suggested quantity ----

    #[test]
    fn suggested_is_what_is_missing_to_the_maximum() {
        // AMC 1,200 / 3 = 400; MOS 500 / 400 = 1.25, not above 2; (4 − 1.25) × 400 = 1,100.
        assert_eq!(suggest("1200", "500", "2", "4"), Quantity::whole(1_100));
    }

    #[test]
    fn suggested_is_nothing_when_nothing_is_consumed() {
        assert_eq!(suggest("0", "0", "2", "4"), Quantity::ZERO);
        assert_eq!(suggest("0", "-50", "2", "4"), Quantity::ZERO);
        // More came back than was given out.
        assert_eq!(suggest("-30", "0", "2", "4"), Quantity::ZERO);
    }

    #[test]
    fn suggested_is_nothing_when_the_maximum_is_nothing() {
        assert_eq!(suggest("1200", "0", "2", "0"), Quantity::ZERO);
        assert_eq!(suggest("1200", "-100", "0", "0"), Quantity::ZERO);
        assert_eq!(suggest("1200", "-100", "0", "-1"), Quantity::ZERO);
    }

    #[test]
    fn suggested_is_nothing_above_the_minimum() {
        // AMC 400. MOS 800 / 400 is the minimum and not above it: (4 − 2) × 400 = 800.
        assert_eq!(suggest("1200", "800", "2", "4"), Quantity::whole(800));
        assert_eq!(suggest("1200", "800.001", "2", "4"), Quantity::ZERO);
    }

    #[test]
    fn suggested_fills_up_to_the_maximum_where_there_is_no_minimum() {
        // AMC 400. MOS 3.75: (4 − 3.75) × 400 = 100; at the maximum of 1,600 nothing is missing, nor above it.
        let found = ["1500", "1600", "1600.001", "9000"].map(|on_hand| suggest("1200", on_hand, "0", "4"));
        assert_eq!(found, [Quantity::whole(100), Quantity::ZERO, Quantity::ZERO, Quantity::ZERO]);
        assert_eq!(suggest("1200", "1500", "-2", "4"), Quantity::whole(100));
    }

    #[test]
    fn suggested_is_rounded_up_to_whole_units() {
        // AMC 1,000 / 3; two months are 666.66…: 667 to nothing, 1 to 666 and to 666.666, none to 667.
        let found = ["0", "666", "666.666", "666.667"].map(|on_hand| suggest("1000", on_hand, "0", "2"));
        assert_eq!(found, [667, 1, 1, 0].map(Quantity::whole));
        // AMC 1,000; two months are 2,000, and no unit more.
        assert_eq!(suggest("3000", "0", "0", "2"), Quantity::whole(2_000));
        assert_eq!(suggest("3000", "0.001", "0", "2"), Quantity::whole(2_000));
    }

    #[test]
    fn suggested_is_not_computed_from_a_rounded_average() {
        // AMC 2/3, written 0.667: three months are 2, and not ⌈2.001⌉ = 3.
        assert_eq!(suggest("2", "0", "0", "3"), Quantity::whole(2));
        // MOS 1 / (2/3) = 1.5, exactly the minimum, where 1 / 0.667 would be below and 1 / 0.666 above it.
        assert_eq!(suggest("2", "1", "1.5", "3"), Quantity::whole(1));
    }

    #[test]
    fn suggested_reckons_with_parts_of_a_month() {
        // AMC 400. MOS 200 / 400 = 0.5, not above it: (1.5 − 0.5) × 400 = 400. MOS 200.4 / 400 = 0.501 is.
        assert_eq!(suggest("1200", "200", "0.5", "1.5"), Quantity::whole(400));
        assert_eq!(suggest("1200", "200.4", "0.5", "1.5"), Quantity::ZERO);
    }

    #[test]
    fn suggested_fills_up_from_below_nothing() {
        // AMC 400. MOS −100 / 400 = −0.25: (4 + 0.25) × 400 = 1,700.
        assert_eq!(suggest("1200", "-100", "2", "4"), Quantity::whole(1_700));
    }

    #[test]
    fn suggested_is_nothing_between_a_maximum_and_a_higher_minimum() {
        // AMC 400. MOS 4, not above 6; (3 − 4) × 400 = −400.
        assert_eq!(suggest("1200", "1600", "6", "3"), Quantity::ZERO);
        // MOS 2.5: (3 − 2.5) × 400 = 200.
        assert_eq!(suggest("1200", "1000", "6", "3"), Quantity::whole(200));
    }

    #[test]
    fn suggested_follows_the_average_that_is_adjusted_for_days_out() {
        // AMC 1,200 / 3 × 91 / (91 − 31) = 606.66…; three months are 1,820; 20 are there.
        let adjusted = Consumption { days_out: 31, adjusted: true, ..consumption("1200") };
        assert_eq!(suggested(&adjusted, Quantity::whole(20), &levels("0", "3")), Quantity::whole(1_800));
    }

    #[test]
    fn a_suggestion_tells_what_it_follows_from() {
        // AMC 1,000 / 3 = 333.33…; MOS 100 / 333.33… = 0.3; 2 × 333.33… − 100 = 566.66…
        let found = Suggestion::of(consumption("1000"), Quantity::whole(100), levels("0", "2"));
        let json = serde_json::json!({
            "consumption": {
                "window": { "months": 3, "first": "2026-11-22", "last": "2026-11-22", "days": 91 },
                "consumed": 1000, "daysOut": 0, "adjusted": false,
            },
            "onHand": 100,
            "levels": { "minMonths": 0, "maxMonths": 2 },
            "monthly": 333.333,
            "monthsOfStock": 0.3,
            "thresholdMonths": 2,
            "suggested": 567,
        });
        assert_eq!(serde_json::to_value(found).expect("JSON"), json);
        assert_eq!(serde_json::from_value::<Suggestion>(json).expect("a suggestion"), found);
    }

    // ---- by forecast ----

    /// 60 doses a month, in vials of 10: see the tests of forecasts.
    fn vials(months: &str) -> Forecast {
        let course = Course {
            population_served: 5_000,
            share: Percent::whole(4),
            doses: 3,
            coverage: Percent::whole(90),
            wastage: Percent::whole(25),
        };
        forecast(course, months, 10)
    }

    fn forecast(course: Course, months: &str, doses_per_unit: u32) -> Forecast {
        let supply =
            Supply { interval_months: quantity(months), buffer_months: Quantity::ZERO, doses_per_unit };
        Forecast::of(course, supply).expect("not all is wasted")
    }

    /// One person, one dose a year, of which so much is wasted.
    fn one_dose(wastage: Percent) -> Course {
        let all = Percent::whole(100);
        Course { population_served: 1, share: all, doses: 1, coverage: all, wastage }
    }

    #[test]
    fn a_forecast_asks_for_what_is_not_available_in_whole_units() {
        // 60 × 1.5 / 10 = 9 vials: 9 − 4 = 5; 9 − 8.5 = 0.5 and 9 − 8.999 = 0.001, so 1; 9 − 9 and 9 − 20 are nothing;
        // 9 + 2 = 11.
        let found = ["4", "8.5", "8.999", "9", "20", "-2"].map(|available| {
            let found = forecast_suggestion(&[vials("1.5")], quantity(available));
            assert_eq!(found.forecast_units, Quantity::whole(9));
            found.suggested
        });
        assert_eq!(found, [5, 1, 1, 0, 0, 11].map(Quantity::whole));
        // 60 × 1.25 / 10 = 7.5, so 8.
        assert_eq!(forecast_suggestion(&[vials("1.25")], Quantity::ZERO).suggested, Quantity::whole(8));
    }

    #[test]
    fn forecasts_of_several_courses_are_added_before_they_are_rounded() {
        // 9 + 7.5 − 4 = 12.5.
        let both = forecast_suggestion(&[vials("1.5"), vials("1.25")], Quantity::whole(4));
        assert_eq!((both.forecast_units, both.suggested), (quantity("16.5"), Quantity::whole(13)));
        // 1 / 12 × 8 = 2/3, three times: 2, and not ⌈3 × 0.667⌉ = 3.
        let third = forecast(one_dose(Percent::ZERO), "8", 1);
        assert_eq!(forecast_suggestion(&[third; 3], Quantity::ZERO).suggested, Quantity::whole(2));
        assert_eq!(forecast_suggestion(&[], Quantity::ZERO).suggested, Quantity::ZERO);
    }

    #[test]
    fn a_sum_beyond_exact_reckoning_is_rounded_up() {
        // What is kept of the doses: primes, so that the common denominator has more than 128 bits.
        let kept = [99_991, 99_989, 99_971, 99_961, 99_929, 99_923, 99_907, 99_901];
        let odd = kept.map(|kept| forecast(one_dose(Percent::from_thousandths(100_000 - kept)), "12", 1));
        // 100,000 / 99,991 = 1.00009…, written up as 1.001, and so the others: 8 × 1.001.
        let found = forecast_suggestion(&odd, Quantity::whole(8));
        assert_eq!((found.forecast_units, found.suggested), (quantity("8.008"), Quantity::whole(1)));
    }

    // ---- fair share ----

    fn shares(available: &str, needs: &[&str], pack_size: u32) -> Vec<Quantity> {
        let needs: Vec<Quantity> = needs.iter().map(|need| quantity(need)).collect();
        fair_share(quantity(available), &needs, pack_size).shares.iter().map(|share| share.quantity).collect()
    }

    fn whole<const N: usize>(units: [i64; N]) -> Vec<Quantity> {
        units.map(Quantity::whole).to_vec()
    }

    #[test]
    fn where_there_is_enough_everyone_gets_the_need_in_whole_packs() {
        assert_eq!(shares("1000", &["150", "300"], 100), whole([200, 300]));
        assert_eq!(shares("500", &["150", "300"], 100), whole([200, 300]));
    }

    #[test]
    fn shares_are_in_proportion_to_need() {
        // 6 packs by 300 : 600 : 900.
        assert_eq!(shares("600", &["300", "600", "900"], 100), whole([100, 200, 300]));
        // 40 single units by 5 : 3 : 2.
        assert_eq!(shares("40", &["50", "30", "20"], 1), whole([20, 12, 8]));
    }

    #[test]
    fn no_pack_is_opened_to_share_it() {
        // 399 hold 3 packs: by 1 : 2 they are 1 and 2.
        assert_eq!(shares("399", &["300", "600"], 100), whole([100, 200]));
        assert_eq!(shares("99.999", &["300", "600"], 100), whole([0, 0]));
    }

    #[test]
    fn what_is_left_goes_to_the_largest_remainder() {
        // 4 packs by 5 : 3 : 2 are 2, 1.2 and 0.8: one is left.
        assert_eq!(shares("400", &["500", "300", "200"], 100), whole([200, 100, 100]));
        let found = fair_share(Quantity::whole(400), &[500, 300, 200].map(Quantity::whole), 100);
        let proportional: Vec<Quantity> = found.shares.iter().map(|share| share.proportional).collect();
        assert_eq!(proportional, whole([200, 120, 80]));
    }

    #[test]
    fn of_equal_remainders_the_smallest_need_comes_first() {
        // 2 packs by 3 : 1 are 1.5 and 0.5: one is left.
        assert_eq!(shares("200", &["300", "100"], 100), whole([100, 100]));
    }

    #[test]
    fn of_equal_needs_the_one_given_first_comes_first() {
        // 2 packs by 1 : 1 : 1 are 0.66… each: two are left.
        assert_eq!(shares("200", &["100", "100", "100"], 100), whole([100, 100, 0]));
    }

    #[test]
    fn what_a_customer_does_not_need_goes_to_the_others() {
        // 6 packs for 400 units: 397 would get 5.955 packs and need 4; 2 are left for three needs of one unit.
        assert_eq!(shares("600", &["1", "1", "397", "1"], 100), whole([100, 100, 400, 0]));
    }

    #[test]
    fn who_needs_nothing_gets_nothing() {
        assert_eq!(shares("200", &["0", "-50", "100"], 100), whole([0, 0, 100]));
        assert_eq!(shares("200", &[], 100), []);
        assert_eq!(shares("200", &["0", "0"], 100), whole([0, 0]));
    }

    #[test]
    fn of_nothing_everyone_gets_nothing() {
        assert_eq!(shares("0", &["100", "300"], 100), whole([0, 0]));
        assert_eq!(shares("-100", &["100", "300"], 100), whole([0, 0]));
    }

    #[test]
    fn a_pack_holds_one_unit_at_least() {
        // 2 units by 1 : 3 are 0.5 and 1.5, and the smaller need comes first; half a unit is a whole one.
        assert_eq!(shares("2", &["1", "3"], 0), whole([1, 1]));
        assert_eq!(shares("2", &["0.5"], 0), whole([1]));
    }

    // ---- models ----

    fn any_consumption() -> impl Strategy<Value = Consumption> {
        let few = (0..5_000_000i64, 1..12u32, 1..400u32, 0..400u32);
        let wide = (any::<i64>(), any::<u32>(), any::<u32>(), any::<u32>());
        (prop_oneof![few, wide], any::<bool>()).prop_map(|((consumed, months, days, days_out), adjusted)| {
            let consumed = Quantity::from_thousandths(consumed);
            Consumption { window: window(months, days), consumed, days_out, adjusted }
        })
    }

    fn any_quantity() -> impl Strategy<Value = Quantity> {
        prop_oneof![-1_000_000..10_000_000i64, any::<i64>()].prop_map(Quantity::from_thousandths)
    }

    fn ceil(over: i128, under: i128) -> i128 {
        (over + under - 1) / under
    }

    /// How many packs each gets, by the definition: whoever would get the whole need at the rate of the others is set
    /// aside, and there is one way to choose them when claims are sorted by the rate at which they are met.
    fn packs_by_definition(packs: i128, claims: &[(i128, i128)]) -> Vec<i128> {
        if claims.iter().map(|(_, most)| most).sum::<i128>() <= packs {
            return claims.iter().map(|(_, most)| *most).collect();
        }
        let mut met_first: Vec<usize> = (0..claims.len()).filter(|at| claims[*at].0 > 0).collect();
        met_first.sort_by(|a, b| (claims[*a].1 * claims[*b].0).cmp(&(claims[*b].1 * claims[*a].0)));
        let mut counts = vec![0; claims.len()];
        for aside in 0..met_first.len() {
            let (met, open) = met_first.split_at(aside);
            let left = packs - met.iter().map(|at| claims[*at].1).sum::<i128>();
            let need: i128 = open.iter().map(|at| claims[*at].0).sum();
            if claims[open[0]].0 * left >= claims[open[0]].1 * need {
                continue;
            }
            met.iter().for_each(|at| counts[*at] = claims[*at].1);
            open.iter().for_each(|at| counts[*at] = claims[*at].0 * left / need);
            let mut waiting: Vec<usize> = open.to_vec();
            while counts.iter().sum::<i128>() < packs {
                let next = *waiting
                    .iter()
                    .max_by_key(|at| (claims[**at].0 * left % need, Reverse(claims[**at].0), Reverse(**at)))
                    .expect("fewer packs than remainders");
                counts[next] += 1;
                waiting.retain(|at| *at != next);
            }
            break;
        }
        counts
    }

    prop_compose! {
        /// Scarcity of all degrees: from nothing to more than all need.
        fn any_shortage()(
            needs_e3 in proptest::collection::vec(prop_oneof![-5..5i64, 0..20_000i64, 0..2_000_000i64], 0..12),
            pack_size in prop_oneof![Just(1u32), Just(10), 1..200u32],
            part in 0..=120i64,
        ) -> (Quantity, Vec<Quantity>, u32) {
            let packed: i64 = needs_e3.iter().map(|need| need.max(&0) + i64::from(pack_size) * 500).sum();
            let available = Quantity::from_thousandths(packed / 100 * part);
            (available, needs_e3.into_iter().map(Quantity::from_thousandths).collect(), pack_size)
        }
    }

    proptest! {
        /// The least number of whole units with which stock lasts for the maximum, unless it is above the threshold.
        #[test]
        fn suggested_is_the_fewest_units_that_last_for_the_maximum(
            consumed in 1..5_000_000i64, months in 1..12u32, days in 1..400u32, days_out in 0..400u32,
            adjusted: bool, on_hand in -1_000_000..5_000_000i64, min_months in 0..6_000i64, max_months in 1..12_000i64,
        ) {
            let [consumed, on_hand, min_months, max_months] =
                [consumed, on_hand, min_months, max_months].map(Quantity::from_thousandths);
            let consumption = Consumption { window: window(months, days), consumed, days_out, adjusted };
            let found = suggested(&consumption, on_hand, &Levels { min_months, max_months });
            // So many units last at least so many months if units × months looked back × days in stock are at least
            // months × consumed × days.
            let (of_days, in_stock) = if adjusted && days_out < days { (days, days - days_out) } else { (1, 1) };
            let e3 = |quantity: Quantity| i128::from(quantity.thousandths());
            let cmp = |units: Quantity, lasting: Quantity| {
                let lasted = e3(units) * i128::from(months) * i128::from(in_stock) * 1_000;
                lasted.cmp(&(e3(lasting) * e3(consumed) * i128::from(of_days)))
            };
            let threshold = if min_months == Quantity::ZERO { max_months } else { min_months };
            if cmp(on_hand, threshold).is_gt() {
                prop_assert_eq!(found, Quantity::ZERO);
            } else {
                prop_assert!(found >= Quantity::ZERO && found.thousandths() % 1_000 == 0);
                prop_assert!(cmp(on_hand + found, max_months).is_ge());
                let with_one_less = on_hand + found - Quantity::whole(1);
                prop_assert!(found == Quantity::ZERO || cmp(with_one_less, max_months).is_lt());
            }
        }

        #[test]
        fn no_suggestion_is_too_large(
            consumption in any_consumption(), on_hand in any_quantity(), min_months in any_quantity(),
            max_months in any_quantity(),
        ) {
            let found = Suggestion::of(consumption, on_hand, Levels { min_months, max_months });
            prop_assert!(found.suggested >= Quantity::ZERO && found.suggested.thousandths() <= AMOUNT_MAX);
            prop_assert_eq!(found.suggested.thousandths() % 1_000, 0);
        }

        /// However they are added, the sum is between all of them rounded down and all of them rounded up.
        #[test]
        fn forecasts_are_added_to_a_thousandth_each(
            wastage_e3 in proptest::collection::vec(0..99_999i64, 0..20), population_served in 0..1_000_000u64,
            available in any_quantity(),
        ) {
            let wastage = wastage_e3.into_iter().map(Percent::from_thousandths);
            let courses = wastage.map(|wastage| Course { population_served, ..one_dose(wastage) });
            let forecasts: Vec<Forecast> = courses.map(|course| forecast(course, "1.5", 10)).collect();
            let found = forecast_suggestion(&forecasts, available);
            let rounded: i128 = forecasts.iter().map(|of| i128::from(of.units.thousandths())).sum();
            let half_each = forecasts.len() as i128;
            let missing = |needed: i128| (needed - amount_e3(available)).max(0);
            let fewest = |needed: i128| ceil(missing(needed), 1_000).min(i128::from(AMOUNT_MAX) / 1_000);
            let units = i128::from(found.suggested.thousandths()) / 1_000;
            prop_assert!((fewest(rounded - half_each)..=fewest(rounded + half_each)).contains(&units));
        }

        #[test]
        fn fair_shares_are_those_of_the_definition((available, needs, pack_size) in any_shortage()) {
            let pack_e3 = i128::from(pack_size) * 1_000;
            let claims: Vec<(i128, i128)> = needs
                .iter()
                .map(|need| i128::from(need.thousandths().max(0)))
                .map(|need| (need, ceil(need, pack_e3)))
                .collect();
            let packs = i128::from(available.thousandths()) / pack_e3;
            let found = fair_share(available, &needs, pack_size);
            let counts: Vec<i128> =
                found.shares.iter().map(|share| i128::from(share.quantity.thousandths()) / pack_e3).collect();
            prop_assert_eq!(counts, packs_by_definition(packs, &claims));
        }

        #[test]
        fn fair_shares_keep_within_need_and_supply((available, needs, pack_size) in any_shortage()) {
            let found = fair_share(available, &needs, pack_size);
            let most = |need: &Quantity| (*need).max(Quantity::ZERO).round_up_to_packs(pack_size);
            for (share, need) in found.shares.iter().zip(&needs) {
                let needed = (*need).max(Quantity::ZERO);
                prop_assert_eq!(share.quantity.thousandths() % (i64::from(pack_size) * 1_000), 0);
                prop_assert!(share.quantity >= Quantity::ZERO && share.quantity <= most(need));
                prop_assert!(share.proportional >= Quantity::ZERO && share.proportional <= needed);
            }
            let all: Quantity = found.shares.iter().map(|share| share.quantity).sum();
            let needed: Quantity = needs.iter().map(most).sum();
            prop_assert_eq!(all, needed.min(available.round_down_to_packs(pack_size)));
        }

        /// At one rate for all: nobody who could take more is a pack or more below it, and nobody a pack above.
        #[test]
        fn fair_shares_are_within_a_pack_of_proportion((available, needs, pack_size) in any_shortage()) {
            let found = fair_share(available, &needs, pack_size).shares;
            let e3 = |quantity: Quantity| i128::from(quantity.thousandths());
            let pack_e3 = i128::from(pack_size) * 1_000;
            let open = |share: &&CustomerShare| share.quantity < share.need.round_up_to_packs(pack_size);
            for low in found.iter().filter(|share| share.need.is_positive()).filter(open) {
                for high in found.iter().filter(|share| share.need.is_positive()) {
                    let (above, below) = (e3(low.quantity) + pack_e3, e3(high.quantity) - pack_e3);
                    prop_assert!(above * e3(high.need) > below * e3(low.need), "{:?} {:?}", low, high);
                }
            }
        }

        #[test]
        fn who_needs_more_gets_no_less((available, needs, pack_size) in any_shortage()) {
            let mut found = fair_share(available, &needs, pack_size).shares;
            found.sort_by_key(|share| (share.need, share.quantity));
            prop_assert!(found.is_sorted_by_key(|share| share.quantity));
        }

        #[test]
        fn no_shares_are_too_large(
            available in any_quantity(), needs in proptest::collection::vec(any_quantity(), 0..8),
            pack_size: u32,
        ) {
            let found = fair_share(available, &needs, pack_size);
            let all: i128 = found.shares.iter().map(|share| i128::from(share.quantity.thousandths())).sum();
            prop_assert!(all <= i128::from(available.clamped().thousandths().max(0)));
        }
    }
}
