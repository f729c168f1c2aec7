//! Planning for vaccines: how many people there will be, how many doses they need, when each dose is due.
//!
//! ```text
//! year 0          round(base population × percentage)                       whole persons
//! year N          round(persons of year N − 1 × (1 + growth of year N))
//! annual doses    population served × share × doses × coverage / (1 − wastage)
//! forecast        annual doses / 12 × (supply interval + buffer) months;  in units: / doses per unit
//! dose due        max(birth + minimum age, previous dose + minimum interval)
//! ```
//!
//! Annual doses are target population × doses × coverage × wastage factor, and the wastage factor is
//! 100 / (100 − wastage rate): WHO, *Monitoring vaccine wastage at country level: guidelines for programme managers*
//! (WHO/V&B/03.18 Rev.1, 2005).

use jiff::Span;
use serde::{Deserialize, Serialize};

use super::{Fraction, months_e3};
use crate::Date;
use crate::consumption;
use crate::quantity::{Percent, Quantity};

/// Most people that a formula reckons with: more than there are.
pub const PERSONS_MAX: u64 = 10_000_000_000;

/// Most doses of a course that a formula reckons with.
pub const DOSES_MAX: u32 = 100;

/// The largest share or coverage that a formula reckons with: ten times all.
pub const PERCENT_MAX: Percent = Percent::whole(1_000);

/// All of it, in thousandths of a percent.
const ALL_E3: i128 = 100_000;

// ---- demographics ----

/// For how many years after the base year growth is projected.
pub const GROWTH_YEARS: usize = 5;

/// A group of people (surviving infants, pregnant women), as part of a population that grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Demographic {
    /// The whole population in the base year, in persons.
    pub base_population: u64,
    /// Which part of it the group is.
    pub percentage: Percent,
    /// By how much the group grows in each year after the base year; below zero where it shrinks.
    pub growth: [Percent; GROWTH_YEARS],
}

impl Demographic {
    /// How many persons the group has in the base year and in each year after it. Whole persons, halves away from zero;
    /// each year grows from the one before as it is written, and none has fewer than nobody.
    pub fn persons(&self) -> [u64; GROWTH_YEARS + 1] {
        let base = part(self.base_population, i128::from(self.percentage.thousandths()));
        let mut persons = [base; GROWTH_YEARS + 1];
        for (year, growth) in self.growth.iter().enumerate() {
            persons[year + 1] = part(persons[year], ALL_E3 + i128::from(growth.thousandths()));
        }
        persons
    }
}

/// So many thousandths of a percent of so many persons.
fn part(persons: u64, percent_e3: i128) -> u64 {
    let persons = i128::from(persons.min(PERSONS_MAX)) * percent_e3.max(0);
    u64::try_from(consumption::rounded(persons, ALL_E3)).unwrap_or(0).min(PERSONS_MAX)
}

// ---- doses needed ----

/// What a course of a vaccine needs in a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Course {
    /// How many persons the store serves, of all groups.
    pub population_served: u64,
    /// Which part of them the course is for.
    pub share: Percent,
    /// How many doses each of these gets.
    pub doses: u32,
    /// Which part of these is to be reached.
    pub coverage: Percent,
    /// Which part of the doses that are used up reaches nobody: below 100 %.
    pub wastage: Percent,
}

impl Course {
    /// How many doses are needed in a year, wasted ones included; none where all are wasted (wastage of 100 % or more),
    /// for then no number of doses is enough.
    pub fn annual_doses(&self) -> Option<Quantity> {
        self.annual_doses_e3().map(Fraction::written)
    }

    fn annual_doses_e3(&self) -> Option<Fraction> {
        let persons = i128::from(self.population_served.min(PERSONS_MAX));
        let doses = i128::from(self.doses.min(DOSES_MAX));
        let given = persons * part_e3(self.share) * doses * part_e3(self.coverage);
        let kept = ALL_E3 - part_e3(self.wastage);
        (kept > 0).then(|| Fraction::new(given * 1_000, ALL_E3 * kept))
    }
}

/// A share or coverage in thousandths of a percent: not below nothing.
fn part_e3(percent: Percent) -> i128 {
    i128::from(percent.clamp(Percent::ZERO, PERCENT_MAX).thousandths())
}

/// For how long a store is supplied with a vaccine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Supply {
    /// Months from one supply to the next.
    pub interval_months: Quantity,
    /// Months of stock that are kept besides.
    pub buffer_months: Quantity,
    /// How many doses a unit (a vial) of the item holds; 1 where the unit is the dose.
    pub doses_per_unit: u32,
}

/// How much of a vaccine a store is expected to need for a course until it is supplied again, and what it follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    /// What the course needs.
    pub course: Course,
    /// For how long it is supplied.
    pub supply: Supply,
    /// Doses needed in a year, as they are written.
    pub annual_doses: Quantity,
    /// Doses needed for the time of the supply, as they are written.
    pub doses: Quantity,
    /// The same in units of the item, as they are written.
    pub units: Quantity,
}

impl Forecast {
    /// The forecast of a course; none where all doses are wasted.
    pub fn of(course: Course, supply: Supply) -> Option<Self> {
        let annual_doses = course.annual_doses()?;
        let doses = supply.doses_e3(course.annual_doses_e3()?);
        let units = supply.units_e3(doses).written();
        Some(Self { course, supply, annual_doses, doses: doses.written(), units })
    }

    /// The units before they are rounded, in thousandths.
    pub(super) fn units_e3(&self) -> Fraction {
        let annual = self.course.annual_doses_e3();
        annual.map_or(Fraction::ZERO, |annual| self.supply.units_e3(self.supply.doses_e3(annual)))
    }
}

impl Supply {
    fn doses_e3(&self, annual: Fraction) -> Fraction {
        let months_e3 = months_e3(self.interval_months) + months_e3(self.buffer_months);
        Fraction::new(annual.over * months_e3, annual.under * 12_000)
    }

    fn units_e3(&self, doses: Fraction) -> Fraction {
        Fraction::new(doses.over, doses.under * i128::from(self.doses_per_unit.max(1)))
    }
}

// ---- the vaccination card ----

/// Days in a month where a part of a month is meant, in ten-thousandths of a day. Not a preference of the store: a card
/// says the same wherever it is read.
const MONTH_DAYS_E4: i128 = 304_375;

/// Most days between two doses that a formula reckons with: a century.
const INTERVAL_DAYS_MAX: u32 = 36_525;

/// How many days after it is due a dose without a maximum age is late: four weeks, so that whoever comes to the next
/// session of a place with one session a month is in time.
pub const LATE_AFTER_DAYS: u32 = 28;

/// When a dose of a course is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DoseRule {
    /// From which age on, in months; 0 from birth on.
    pub min_age_months: Quantity,
    /// Up to which age, in months, if there is a limit.
    pub max_age_months: Option<Quantity>,
    /// How many days after the dose before it, at least.
    pub min_interval_days: u32,
}

/// The day on which a dose is due: the first on which the person is old enough and the dose before is long enough ago.
/// Without a dose before, age alone decides.
///
/// Whole months of age are months of the calendar: who was born on the 31st is a month older on the last day of a
/// shorter month. A part of a month is that part of 30.4375 days, to the nearest whole day.
pub fn due(birth: Date, rule: &DoseRule, previous: Option<Date>) -> Date {
    let old_enough = at_age(birth, rule.min_age_months);
    let interval = rule.min_interval_days.min(INTERVAL_DAYS_MAX);
    previous.map_or(old_enough, |previous| old_enough.max(days_after(previous, interval)))
}

/// The day on which who was born on a day reaches an age.
fn at_age(birth: Date, months: Quantity) -> Date {
    let (whole, part_e3) = (months_e3(months) / 1_000, months_e3(months) % 1_000);
    let days = consumption::rounded(part_e3 * MONTH_DAYS_E4, 10_000_000);
    let whole = i64::try_from(whole).unwrap_or_default();
    birth.saturating_add(Span::new().months(whole)).saturating_add(Span::new().days(days))
}

fn days_after(day: Date, days: u32) -> Date {
    day.saturating_add(Span::new().days(i64::from(days)))
}

/// What is recorded of a dose: it was given on a day, or it was decided on a day that it is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DoseRecord {
    /// Which dose of the course, counted from 0.
    pub dose: u32,
    /// The day.
    pub day: Date,
    /// Whether it was given.
    pub given: bool,
}

/// How it stands with a dose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum DoseState {
    /// It was given.
    Given {
        /// The day; the last, if it is recorded more than once.
        day: Date,
        /// How many records say so: more than one where two stores recorded the same dose, which people have to
        /// look at.
        times: u32,
    },
    /// It was decided that it is not given.
    NotGiven {
        /// The day of the last such decision.
        day: Date,
    },
    /// Nothing is recorded, and there is time.
    Pending,
    /// Nothing is recorded, and the day by which it was to be given has passed.
    Late,
}

/// A dose on a person's card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CardDose {
    /// The day on which it is due.
    pub due: Date,
    /// The last day on which it is in time: the day of the maximum age, or [`LATE_AFTER_DAYS`] after it is due where
    /// there is no maximum; never before it is due.
    pub in_time_until: Date,
    /// How it stands.
    #[serde(flatten)]
    pub state: DoseState,
}

/// The doses of a course on a person's card, as of a day, from all records of all stores in any order.
///
/// A dose that was given anywhere is given, whatever else is recorded of it. One that nothing is recorded of is late
/// after the last day on which it is in time, and pending until then. The interval of a dose counts from the dose
/// before it: from the last day it was given on; if nothing is recorded of that, from the first day on which it can
/// still be given, so that of doses missed in a row only the first is late; if it was decided not to give it, from the
/// one before that. Records of doses that the course does not have are not on the card.
pub fn card(birth: Date, rules: &[DoseRule], records: &[DoseRecord], today: Date) -> Vec<CardDose> {
    let mut previous = None;
    let mut doses = Vec::with_capacity(rules.len());
    for (dose, rule) in (0..).zip(rules) {
        let due = due(birth, rule, previous);
        let in_time_until = in_time_until(birth, rule, due);
        let recorded = recorded(dose, records);
        let open = if today > in_time_until { DoseState::Late } else { DoseState::Pending };
        let state = recorded.unwrap_or(open);
        previous = match state {
            DoseState::Given { day, .. } => Some(day),
            DoseState::NotGiven { .. } => previous,
            DoseState::Pending | DoseState::Late => Some(due.max(today)),
        };
        doses.push(CardDose { due, in_time_until, state });
    }
    doses
}

fn in_time_until(birth: Date, rule: &DoseRule, due: Date) -> Date {
    match rule.max_age_months {
        Some(months) => at_age(birth, months).max(due),
        None => days_after(due, LATE_AFTER_DAYS),
    }
}

/// What the records say of a dose, if they say anything.
fn recorded(dose: u32, records: &[DoseRecord]) -> Option<DoseState> {
    let last = |given: bool| {
        let of_dose = records.iter().filter(|record| record.dose == dose && record.given == given);
        (of_dose.clone().map(|record| record.day).max(), of_dose.count())
    };
    match (last(true), last(false)) {
        ((Some(day), times), _) => {
            Some(DoseState::Given { day, times: u32::try_from(times).unwrap_or(u32::MAX) })
        }
        ((None, _), (Some(day), _)) => Some(DoseState::NotGiven { day }),
        ((None, _), (None, _)) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    fn quantity(text: &str) -> Quantity {
        text.parse().expect("a quantity")
    }

    fn percent(text: &str) -> Percent {
        text.parse().expect("a percentage")
    }

    fn demographic(base_population: u64, percentage: &str, growth: [&str; GROWTH_YEARS]) -> Demographic {
        Demographic { base_population, percentage: percent(percentage), growth: growth.map(percent) }
    }

    /// 200 infants, three doses each, 90 % to be reached, a quarter wasted.
    fn pentavalent() -> Course {
        Course {
            population_served: 5_000,
            share: percent("4"),
            doses: 3,
            coverage: percent("90"),
            wastage: percent("25"),
        }
    }

    fn supply(interval: &str, buffer: &str, doses_per_unit: u32) -> Supply {
        Supply { interval_months: quantity(interval), buffer_months: quantity(buffer), doses_per_unit }
    }

    #[test]
    fn a_group_is_its_part_of_the_population_and_grows_year_by_year() {
        // 100,000 × 4 % = 4,000; × 1.025 = 4,100; × 1.025 = 4,202.5, so 4,203; × 1.025 = 4,308.075; × 0.9 = 3,877.2;
        // × 1 = 3,877.
        let group = demographic(100_000, "4", ["2.5", "2.5", "2.5", "-10", "0"]);
        assert_eq!(group.persons(), [4_000, 4_100, 4_203, 4_308, 3_877, 3_877]);
    }

    #[test]
    fn persons_are_whole_and_half_a_person_counts_as_one() {
        // 50 × 1 % = 0.5; 49 × 1 % = 0.49; 150 × 1 % = 1.5; 3 × 33.333 % = 0.99999.
        let base = |population, part| demographic(population, part, ["0"; 5]).persons()[0];
        assert_eq!([base(50, "1"), base(49, "1"), base(150, "1"), base(3, "33.333")], [1, 0, 2, 1]);
    }

    #[test]
    fn each_year_grows_from_the_year_before_as_it_is_written() {
        // 10 × 1.04 = 10.4, so 10, every year again. Were nothing rounded between, 10 × 1.04⁵ = 12.17.
        assert_eq!(demographic(1_000, "1", ["4"; 5]).persons(), [10; 6]);
    }

    #[test]
    fn a_group_that_shrinks_has_nobody_left_at_the_least() {
        assert_eq!(demographic(1_000, "10", ["-100", "50", "0", "0", "0"]).persons(), [100, 0, 0, 0, 0, 0]);
        assert_eq!(demographic(1_000, "10", ["-150", "0", "0", "0", "0"]).persons(), [100, 0, 0, 0, 0, 0]);
        assert_eq!(demographic(1_000, "-10", ["0"; 5]).persons(), [0; 6]);
    }

    #[test]
    fn annual_doses_are_those_who_are_reached_times_doses_and_what_is_wasted_with_them() {
        // 5,000 × 4 % = 200; × 3 = 600; × 90 % = 540; / 0.75 = 720.
        assert_eq!(pentavalent().annual_doses(), Some(Quantity::whole(720)));
        // 100 × 3.5 % = 3.5; × 2 = 7; × 95 % = 6.65; / 0.9 = 7.3888…
        let few = Course {
            population_served: 100,
            share: percent("3.5"),
            doses: 2,
            coverage: percent("95"),
            wastage: percent("10"),
        };
        assert_eq!(few.annual_doses(), Some(quantity("7.389")));
    }

    #[test]
    fn annual_doses_are_none_where_nobody_is_to_be_reached() {
        for course in [
            Course { population_served: 0, ..pentavalent() },
            Course { share: Percent::ZERO, ..pentavalent() },
            Course { doses: 0, ..pentavalent() },
            Course { coverage: Percent::ZERO, ..pentavalent() },
        ] {
            assert_eq!(course.annual_doses(), Some(Quantity::ZERO), "{course:?}");
        }
    }

    #[test]
    fn annual_doses_are_unknown_where_all_is_wasted() {
        let wasted = |wastage| Course { wastage: percent(wastage), ..pentavalent() }.annual_doses();
        // 540 / (1 − 99.999 %) = 540 × 100,000.
        assert_eq!(wasted("99.999"), Some(Quantity::whole(54_000_000)));
        assert_eq!([wasted("100"), wasted("100.001"), wasted("5000")], [None; 3]);
        // No wastage: 540. Less than none is none.
        assert_eq!([wasted("0"), wasted("-10")], [Some(Quantity::whole(540)); 2]);
        let all = Course { wastage: percent("100"), ..pentavalent() };
        assert_eq!(Forecast::of(all, supply("1", "0", 1)), None);
    }

    #[test]
    fn a_forecast_is_for_the_supply_interval_and_the_buffer() {
        // 720 / 12 = 60 a month; × (1 + 0.5) = 90 doses; / 10 = 9 vials.
        let forecast = Forecast::of(pentavalent(), supply("1", "0.5", 10)).expect("some are used");
        assert_eq!(
            [forecast.annual_doses, forecast.doses, forecast.units],
            [Quantity::whole(720), Quantity::whole(90), Quantity::whole(9)]
        );
        // 90 doses in vials of 20 are 4.5.
        let twenty = Forecast::of(pentavalent(), supply("1", "0.5", 20)).expect("some are used");
        assert_eq!(twenty.units, quantity("4.5"));
        let never = Forecast::of(pentavalent(), supply("0", "0", 10)).expect("some are used");
        assert_eq!([never.doses, never.units], [Quantity::ZERO; 2]);
    }

    #[test]
    fn a_unit_holds_one_dose_at_least() {
        let forecast = Forecast::of(pentavalent(), supply("1", "0.5", 0)).expect("some are used");
        assert_eq!(forecast.units, forecast.doses);
    }

    #[test]
    fn a_forecast_is_not_computed_from_rounded_annual_doses() {
        // 1 / 0.6 = 1.666… a year, written 1.667; in 36 months 5, and not 5.001.
        let one = Course {
            population_served: 1,
            share: percent("100"),
            doses: 1,
            coverage: percent("100"),
            wastage: percent("40"),
        };
        let forecast = Forecast::of(one, supply("24", "12", 1)).expect("some are used");
        assert_eq!([forecast.annual_doses, forecast.doses], [quantity("1.667"), Quantity::whole(5)]);
    }

    fn rule(min_age: &str, max_age: Option<&str>, min_interval_days: u32) -> DoseRule {
        let max_age_months = max_age.map(quantity);
        DoseRule { min_age_months: quantity(min_age), max_age_months, min_interval_days }
    }

    #[test]
    fn a_dose_is_due_at_the_minimum_age_where_none_was_before() {
        let born = day("2026-01-15");
        assert_eq!(due(born, &rule("0", None, 28), None), born);
        assert_eq!(due(born, &rule("9", None, 28), None), day("2026-10-15"));
    }

    #[test]
    fn a_dose_is_due_at_the_later_of_minimum_age_and_interval() {
        // Two and a half months: 15 March and 0.5 × 30.4375 = 15.2 days, so 30 March.
        let (born, second) = (day("2026-01-15"), rule("2.5", None, 28));
        // 28 days from 2 March are the 30th; from 26 February the 26th; from 5 March 2 April.
        assert_eq!(due(born, &second, Some(day("2026-02-26"))), day("2026-03-30"));
        assert_eq!(due(born, &second, Some(day("2026-03-02"))), day("2026-03-30"));
        assert_eq!(due(born, &second, Some(day("2026-03-05"))), day("2026-04-02"));
    }

    #[test]
    fn who_is_born_on_the_last_of_a_month_is_a_month_older_on_the_last_of_a_shorter_one() {
        assert_eq!(due(day("2026-01-31"), &rule("1", None, 0), None), day("2026-02-28"));
        assert_eq!(due(day("2028-01-31"), &rule("1", None, 0), None), day("2028-02-29"));
        assert_eq!(due(day("2028-02-29"), &rule("12", None, 0), None), day("2029-02-28"));
    }

    /// A birth dose until 12 months, then two from 1.5 and from 2.5 months on, 28 days apart.
    fn rules() -> [DoseRule; 3] {
        [rule("0", Some("12"), 0), rule("1.5", None, 28), rule("2.5", None, 28)]
    }

    fn record(dose: u32, on: &str, given: bool) -> DoseRecord {
        DoseRecord { dose, day: day(on), given }
    }

    fn given(on: &str, times: u32) -> DoseState {
        DoseState::Given { day: day(on), times }
    }

    fn states(records: &[DoseRecord], today: &str) -> Vec<DoseState> {
        card(day("2026-01-15"), &rules(), records, day(today)).into_iter().map(|dose| dose.state).collect()
    }

    fn due_days(records: &[DoseRecord], today: &str) -> Vec<Date> {
        card(day("2026-01-15"), &rules(), records, day(today)).into_iter().map(|dose| dose.due).collect()
    }

    #[test]
    fn a_dose_is_pending_until_the_day_of_the_maximum_age_and_late_after_it() {
        assert_eq!(states(&[], "2027-01-15")[0], DoseState::Pending);
        assert_eq!(states(&[], "2027-01-16")[0], DoseState::Late);
    }

    #[test]
    fn a_dose_without_maximum_age_is_late_four_weeks_after_it_is_due() {
        // Due at a month and a half: 15 February and 15 days, 2 March. 28 days later are 30 March.
        let first = [record(0, "2026-01-16", true)];
        assert_eq!(due_days(&first, "2026-03-30")[1], day("2026-03-02"));
        assert_eq!(states(&first, "2026-03-30")[1], DoseState::Pending);
        assert_eq!(states(&first, "2026-03-31")[1], DoseState::Late);
    }

    #[test]
    fn a_dose_is_in_time_on_the_day_it_is_due_at_any_age() {
        // Older than the maximum age when the interval has passed: 28 days from 1 March are 29 March.
        let rules = [rule("0", None, 0), rule("0", Some("1"), 28)];
        let first = [record(0, "2026-03-01", true)];
        let second = |today| card(day("2026-01-15"), &rules, &first, day(today))[1];
        assert_eq!(second("2026-03-29").in_time_until, day("2026-03-29"));
        assert_eq!(second("2026-03-29").state, DoseState::Pending);
        assert_eq!(second("2026-03-30").state, DoseState::Late);
    }

    #[test]
    fn a_given_dose_is_given_and_the_next_counts_from_it() {
        let records = [record(0, "2026-01-16", true), record(1, "2026-03-10", true)];
        assert_eq!(
            states(&records, "2026-04-01"),
            [given("2026-01-16", 1), given("2026-03-10", 1), DoseState::Pending]
        );
        // 28 days from 10 March are 7 April, after the age of two and a half months on 30 March.
        assert_eq!(due_days(&records, "2026-04-01")[2], day("2026-04-07"));
    }

    #[test]
    fn a_dose_recorded_at_two_stores_is_given_once_and_flagged() {
        let records = [record(1, "2026-03-10", true), record(1, "2026-03-12", true)];
        assert_eq!(states(&records, "2026-03-20")[1], given("2026-03-12", 2));
        // The interval counts from the last of them: 28 days from 12 March are 9 April.
        assert_eq!(due_days(&records, "2026-03-20")[2], day("2026-04-09"));
    }

    #[test]
    fn a_dose_not_given_is_not_late_and_no_interval_counts_from_it() {
        let records = [record(0, "2026-01-16", true), record(1, "2026-03-20", false)];
        assert_eq!(states(&records, "2027-03-20")[1], DoseState::NotGiven { day: day("2026-03-20") });
        // From the birth dose: 13 February; the age of two and a half months is later.
        assert_eq!(due_days(&records, "2027-03-20")[2], day("2026-03-30"));
    }

    #[test]
    fn a_dose_given_after_all_is_given() {
        let records = [record(1, "2026-03-20", false), record(1, "2026-03-18", true)];
        assert_eq!(states(&records, "2026-04-01")[1], given("2026-03-18", 1));
    }

    #[test]
    fn of_doses_missed_in_a_row_only_the_first_is_late() {
        let records = [record(0, "2026-01-16", true)];
        let late = [given("2026-01-16", 1), DoseState::Late, DoseState::Pending];
        assert_eq!(states(&records, "2026-09-01"), late);
        // The second can be given today at the earliest, the third 28 days later.
        assert_eq!(due_days(&records, "2026-09-01")[2], day("2026-09-29"));
    }

    #[test]
    fn records_of_other_doses_are_not_on_the_card() {
        assert_eq!(states(&[record(3, "2026-01-16", true)], "2026-01-20"), [DoseState::Pending; 3]);
        assert!(card(day("2026-01-15"), &[], &[record(0, "2026-01-16", true)], day("2026-01-20")).is_empty());
    }

    #[test]
    fn a_card_reads_in_json_as_it_is_named() {
        let dose = card(day("2026-01-15"), &rules(), &[record(0, "2026-01-16", true)], day("2026-01-20"))[0];
        let json = serde_json::json!({
            "due": "2026-01-15", "inTimeUntil": "2027-01-15", "state": "given", "day": "2026-01-16", "times": 1,
        });
        assert_eq!(serde_json::to_value(dose).expect("JSON"), json);
        assert_eq!(serde_json::from_value::<CardDose>(json).expect("a dose"), dose);
    }

    fn any_percent() -> impl Strategy<Value = Percent> {
        prop_oneof![0..=200_000i64, any::<i64>()].prop_map(Percent::from_thousandths)
    }

    fn any_quantity() -> impl Strategy<Value = Quantity> {
        prop_oneof![0..=100_000i64, any::<i64>()].prop_map(Quantity::from_thousandths)
    }

    prop_compose! {
        fn any_course()(
            population_served: u64, doses: u32, parts in [any_percent(), any_percent(), any_percent()],
        ) -> Course {
            let [share, coverage, wastage] = parts;
            Course { population_served, share, doses, coverage, wastage }
        }
    }

    prop_compose! {
        fn any_rule()(
            min_age_months in any_quantity(), max_age_months in proptest::option::of(any_quantity()),
            min_interval_days in prop_oneof![0..60u32, any::<u32>()],
        ) -> DoseRule {
            DoseRule { min_age_months, max_age_months, min_interval_days }
        }
    }

    /// Days of a life, and the first and the last that there are.
    fn any_day() -> impl Strategy<Value = Date> {
        let of_life = (0..4_000i64).prop_map(|days| day("2020-01-01").saturating_add(Span::new().days(days)));
        prop_oneof![8 => of_life, 1 => Just(Date::MIN), 1 => Just(Date::MAX)]
    }

    prop_compose! {
        fn any_record()(dose in 0..5u32, day in any_day(), given: bool) -> DoseRecord {
            DoseRecord { dose, day, given }
        }
    }

    proptest! {
        /// Whole persons nearest to the exact number, told by twice the error instead of by rounding.
        #[test]
        fn no_number_of_persons_is_nearer(
            base_population in 0..2_000_000u64, part_e3 in 0..=100_000i64, growth_e3 in -100_000..=100_000i64,
        ) {
            let [percentage, growth] = [part_e3, growth_e3].map(Percent::from_thousandths);
            let group = Demographic { base_population, percentage, growth: [growth; GROWTH_YEARS] };
            let persons = group.persons().map(i128::from);
            let nearest = |found: i128, exact_e5: i128| (-50_000..50_000).contains(&(exact_e5 - found * 100_000));
            prop_assert!(nearest(persons[0], i128::from(base_population) * i128::from(part_e3)));
            for years in persons.windows(2) {
                prop_assert!(nearest(years[1], years[0] * i128::from(100_000 + growth_e3)));
            }
        }

        /// Multiplied out: doses × 12 × (1 − wastage) is population × share × doses × coverage × months.
        #[test]
        fn a_forecast_satisfies_the_definition_multiplied_out(
            population_served in 0..2_000_000u64, doses in 0..10u32,
            parts_e3 in [0..=100_000i64, 0..=100_000i64, 0..=99_999i64],
            months_e3 in [0..24_000i64, 0..24_000i64], doses_per_unit in 1..50u32,
        ) {
            let [share, coverage, wastage] = parts_e3.map(Percent::from_thousandths);
            let course = Course { population_served, share, doses, coverage, wastage };
            let [interval_months, buffer_months] = months_e3.map(Quantity::from_thousandths);
            let supply = Supply { interval_months, buffer_months, doses_per_unit };
            let found = Forecast::of(course, supply).expect("not all is wasted");
            let [share, coverage, wastage] = parts_e3.map(i128::from);
            let needed = i128::from(population_served) * share * i128::from(doses) * coverage * 1_000;
            let kept = (100_000 - wastage) * 100_000;
            let is_nearest = |found: Quantity, over: i128, under: i128| {
                (i128::from(found.thousandths()) * under - over).abs() * 2 <= under
            };
            prop_assert!(is_nearest(found.annual_doses, needed, kept));
            let months = i128::from(months_e3[0] + months_e3[1]);
            prop_assert!(is_nearest(found.doses, needed * months, kept * 12_000));
            let kept_per_unit = kept * i128::from(doses_per_unit);
            prop_assert!(is_nearest(found.units, needed * months, kept_per_unit * 12_000));
        }

        #[test]
        fn no_forecast_is_too_large(
            course in any_course(), interval_months in any_quantity(), buffer_months in any_quantity(),
            doses_per_unit: u32,
        ) {
            let forecast = Forecast::of(course, Supply { interval_months, buffer_months, doses_per_unit });
            prop_assert_eq!(forecast.is_some(), course.wastage < percent("100"));
            for quantity in forecast.iter().flat_map(|of| [of.annual_doses, of.doses, of.units]) {
                prop_assert!(quantity >= Quantity::ZERO && quantity == quantity.clamped());
            }
        }

        #[test]
        fn no_population_is_too_large(
            base_population: u64, percentage in any_percent(),
            growth in proptest::array::uniform5(any_percent()),
        ) {
            let persons = Demographic { base_population, percentage, growth }.persons();
            prop_assert!(persons.iter().all(|persons| *persons <= PERSONS_MAX));
        }

        #[test]
        fn a_card_does_not_depend_on_the_order_of_records(
            birth in any_day(), rules in proptest::collection::vec(any_rule(), 0..5),
            records in proptest::collection::vec(any_record(), 0..8), today in any_day(),
        ) {
            let turned: Vec<DoseRecord> = records.iter().rev().copied().collect();
            let found = card(birth, &rules, &records, today);
            prop_assert_eq!(&found, &card(birth, &rules, &turned, today));
            prop_assert_eq!(found.len(), rules.len());
        }

        #[test]
        fn every_dose_on_a_card_keeps_the_rules(
            birth in any_day(), rules in proptest::collection::vec(any_rule(), 0..5),
            records in proptest::collection::vec(any_record(), 0..8), today in any_day(),
        ) {
            let mut may_be_late = true;
            for (at, dose) in (0..).zip(card(birth, &rules, &records, today)) {
                let times = records.iter().filter(|record| record.dose == at && record.given).count();
                let decisions = records.iter().filter(|record| record.dose == at && !record.given).count();
                prop_assert!(dose.due >= birth && dose.in_time_until >= dose.due);
                match dose.state {
                    DoseState::Given { times: found, .. } => {
                        prop_assert!(times > 0 && found as usize == times);
                    }
                    DoseState::NotGiven { .. } => prop_assert!(times == 0 && decisions > 0),
                    DoseState::Pending => {
                        prop_assert!(times + decisions == 0 && today <= dose.in_time_until);
                    }
                    DoseState::Late => {
                        prop_assert!(times + decisions == 0 && today > dose.in_time_until && may_be_late);
                    }
                }
                may_be_late = match dose.state {
                    DoseState::Given { .. } => true,
                    DoseState::NotGiven { .. } => may_be_late,
                    DoseState::Pending | DoseState::Late => false,
                };
            }
        }
    }
}
