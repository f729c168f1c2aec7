//! The report and requisition form (R&R): what a store reports of a period, item by item, and what follows for its next
//! supply.
//!
//! ```text
//! D              days of the period;  out = days of them out of stock
//! initial        final of the previous form, else on hand now − net movements since the period began
//! adjustments    returns + additions − reductions
//! final          initial + received − consumed + adjustments − losses
//! adjusted       consumed × D / (D − out);  consumed, where D = out
//! monthly        adjusted / (D / 30)
//! AMC            (Σ monthly of at most 2 previous forms + monthly) / (their number + 1)
//! minimum        AMC × understock months
//! maximum        AMC × overstock months
//! requested      max(0, maximum − final)
//! low stock      final < maximum / 4: below a quarter;  final < maximum / 2: below half
//! ```
//!
//! Report and requisition in one form, beginning balance to losses and adjustments to ending balance, quantities to
//! resupply from the maximum: *The Logistics Handbook* (USAID | DELIVER PROJECT, second edition, 2011). A month of
//! these forms has 30 days, as their periods are months or pairs of months and not windows of days.

use serde::{Deserialize, Serialize};

use super::{Fraction, amount_e3};
use crate::quantity::Quantity;

/// From how many previous forms the average is computed, besides this one.
pub const PREVIOUS_FORMS_MAX: usize = 2;

/// Days in a month, where a period is divided into months.
const MONTH_DAYS: i128 = 30;

// ---- balances ----

/// What a store had when the period began, in units: what the previous form ended with, or, without one, what is there
/// now less what has moved since (came less left). It may be below zero where the records are wrong.
pub fn initial_balance(
    previous_final: Option<Quantity>,
    on_hand: Quantity,
    moved_since: Quantity,
) -> Quantity {
    previous_final.unwrap_or_else(|| written(amount_e3(on_hand) - amount_e3(moved_since)))
}

/// The adjustments of a period, in units: what came back and what was added, less what was taken off. Losses are apart.
pub fn adjustments(returns: Quantity, additions: Quantity, reductions: Quantity) -> Quantity {
    written(amount_e3(returns) + amount_e3(additions) - amount_e3(reductions))
}

/// Thousandths of a unit as an amount, within what can be written.
fn written(thousandths: i128) -> Quantity {
    Fraction::new(thousandths, 1).written()
}

// ---- lines ----

/// What a line reports of an item in the period. Quantities in units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What was there when the period began.
    pub initial_balance: Quantity,
    /// What was received.
    pub received: Quantity,
    /// What was given out to those who need it.
    pub consumed: Quantity,
    /// What came by adjustments less what left by them: may be below zero.
    pub adjustments: Quantity,
    /// What was lost: expired, damaged, missing.
    pub losses: Quantity,
    /// On how many days of the period the item was out of stock.
    pub stock_out_days: u32,
}

impl Report {
    /// What must be there at the end of the period, in units.
    pub fn final_balance(&self) -> Quantity {
        written(self.final_e3())
    }

    /// What would have been consumed had the item never been out of stock, in units: at the rate of the days on which
    /// it was there. If there was no such day, it is what was consumed: nothing can be said about the others.
    pub fn adjusted_consumption(&self, period_days: u32) -> Quantity {
        let (days, in_stock) = self.days(period_days);
        Fraction::new(amount_e3(self.consumed) * days, in_stock).written()
    }

    /// The adjusted consumption by month of 30 days, in units: what following forms average.
    pub fn monthly(&self, period_days: u32) -> Quantity {
        self.monthly_e3(period_days).written()
    }

    fn final_e3(&self) -> i128 {
        amount_e3(self.initial_balance) + amount_e3(self.received) - amount_e3(self.consumed)
            + amount_e3(self.adjustments)
            - amount_e3(self.losses)
    }

    /// Consumed × D / in stock / (D / 30).
    fn monthly_e3(&self, period_days: u32) -> Fraction {
        let (_, in_stock) = self.days(period_days);
        Fraction::new(amount_e3(self.consumed) * MONTH_DAYS, in_stock)
    }

    /// The days of the period, and on how many of them consumption was possible: all, if on none.
    fn days(&self, period_days: u32) -> (i128, i128) {
        let days = days_of(period_days);
        match days.checked_sub(self.stock_out_days) {
            None | Some(0) => (days.into(), days.into()),
            Some(in_stock) => (days.into(), in_stock.into()),
        }
    }
}

/// A period has a day at least.
fn days_of(period_days: u32) -> u32 {
    period_days.max(1)
}

/// What all lines of a form are computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    /// How many days the period has, both ends counted.
    pub period_days: u32,
    /// Below so many months of stock an item is low: the minimum.
    pub understock_months: u32,
    /// Above so many months of stock an item is in excess: the maximum.
    pub overstock_months: u32,
}

/// Whether what is left is little, measured by the maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LowStock {
    /// Half of the maximum or more.
    Ok,
    /// Less than half of the maximum.
    BelowHalf,
    /// Less than a quarter of the maximum.
    BelowQuarter,
}

/// What follows from the report of a line: every figure of the form, and what it was computed from. Quantities in
/// units, as they are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// What was reported.
    pub report: Report,
    /// What the form is computed with.
    pub terms: Terms,
    /// The monthly consumption of those previous forms that count, newest first.
    pub previous_monthly: Vec<Quantity>,
    /// What must be there at the end of the period.
    pub final_balance: Quantity,
    /// What would have been consumed without days out of stock.
    pub adjusted_consumption: Quantity,
    /// The same by month of 30 days.
    pub monthly: Quantity,
    /// Average monthly consumption (AMC) of this form and the previous ones.
    pub average_monthly: Quantity,
    /// The minimum stock.
    pub minimum: Quantity,
    /// The maximum stock.
    pub maximum: Quantity,
    /// What is requested: what is missing to the maximum. Not rounded to whole units.
    pub requested: Quantity,
    /// Whether what is left is little.
    pub low_stock: LowStock,
}

impl Figures {
    /// The figures of a line. `previous_monthly` are the monthly consumptions on previous forms, newest first: the
    /// first two count. They count as they are written on those forms, so that a reader can follow the average.
    pub fn of(report: Report, terms: Terms, previous_monthly: &[Quantity]) -> Self {
        let previous = &previous_monthly[..previous_monthly.len().min(PREVIOUS_FORMS_MAX)];
        let average = average(report.monthly_e3(terms.period_days), previous);
        let maximum = months_of(average, terms.overstock_months);
        let final_e3 = report.final_e3();
        let missing = Fraction::new(maximum.over - final_e3 * maximum.under, maximum.under);
        Self {
            report,
            terms,
            previous_monthly: previous.to_vec(),
            final_balance: report.final_balance(),
            adjusted_consumption: report.adjusted_consumption(terms.period_days),
            monthly: report.monthly(terms.period_days),
            average_monthly: average.written(),
            minimum: months_of(average, terms.understock_months).written(),
            maximum: maximum.written(),
            requested: missing.written().max(Quantity::ZERO),
            low_stock: low_stock(final_e3, maximum),
        }
    }
}

/// The average of this form's monthly consumption and those of previous forms.
fn average(monthly: Fraction, previous: &[Quantity]) -> Fraction {
    let before: i128 = previous.iter().map(|monthly| amount_e3(*monthly)).sum();
    let forms = previous.len() as i128 + 1;
    Fraction::new(before * monthly.under + monthly.over, monthly.under * forms)
}

fn months_of(average: Fraction, months: u32) -> Fraction {
    Fraction::new(average.over * i128::from(months.min(super::MONTHS_MAX)), average.under)
}

/// Compared with the maximum as the fraction that it is.
fn low_stock(final_e3: i128, maximum: Fraction) -> LowStock {
    let is_below = |parts: i128| final_e3 * parts * maximum.under < maximum.over;
    match (is_below(4), is_below(2)) {
        (true, _) => LowStock::BelowQuarter,
        (false, true) => LowStock::BelowHalf,
        (false, false) => LowStock::Ok,
    }
}

// ---- what stands against finalising ----

/// A line of a form as people left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FormLine {
    /// What it reports.
    pub report: Report,
    /// What it says is there at the end of the period, in units.
    pub final_balance: Quantity,
    /// What it requests, in units.
    pub requested: Quantity,
    /// Whether a person has confirmed it.
    pub confirmed: bool,
}

/// A field of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// What was there when the period began.
    InitialBalance,
    /// What was received.
    Received,
    /// What was given out.
    Consumed,
    /// What was lost.
    Losses,
    /// Days out of stock.
    StockOutDays,
    /// What is there at the end of the period.
    FinalBalance,
    /// What is requested.
    Requested,
    /// Whether the line is confirmed.
    Confirmed,
}

impl Field {
    /// The field's name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InitialBalance => "initialBalance",
            Self::Received => "received",
            Self::Consumed => "consumed",
            Self::Losses => "losses",
            Self::StockOutDays => "stockOutDays",
            Self::FinalBalance => "finalBalance",
            Self::Requested => "requested",
            Self::Confirmed => "confirmed",
        }
    }
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Fault {
    /// Nobody has confirmed the line.
    NotConfirmed,
    /// A quantity that can only be nothing or more is below zero.
    Negative {
        /// The quantity, in units.
        quantity: Quantity,
    },
    /// The final balance is not what the rest of the line adds up to.
    DoesNotAddUp {
        /// What it adds up to, in units.
        expected: Quantity,
    },
    /// More days out of stock than the period has.
    LongerThanPeriod {
        /// How many days the period has.
        period_days: u32,
    },
}

/// Why a form cannot be finalised yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Which line, counted from 0.
    pub line: u32,
    /// Which field of it.
    pub field: Field,
    /// What is wrong with it.
    #[serde(flatten)]
    pub fault: Fault,
}

/// All that stands against finalising a form: line by line, and in a line in the order of its fields. None if it may be
/// finalised. Adjustments are the one quantity that may be below zero.
pub fn problems(lines: &[FormLine], period_days: u32) -> Vec<Problem> {
    let numbered = (0..).zip(lines);
    numbered
        .flat_map(|(line, form)| {
            let faults = faults(form, days_of(period_days));
            faults.into_iter().map(move |(field, fault)| Problem { line, field, fault })
        })
        .collect()
}

fn faults(form: &FormLine, period_days: u32) -> Vec<(Field, Fault)> {
    let report = &form.report;
    let negative =
        |field, quantity: Quantity| quantity.is_negative().then_some((field, Fault::Negative { quantity }));
    let out = (report.stock_out_days > period_days).then_some(Fault::LongerThanPeriod { period_days });
    let expected = report.final_balance();
    let sum = (form.final_balance != expected).then_some(Fault::DoesNotAddUp { expected });
    let faults = [
        negative(Field::InitialBalance, report.initial_balance),
        negative(Field::Received, report.received),
        negative(Field::Consumed, report.consumed),
        negative(Field::Losses, report.losses),
        out.map(|fault| (Field::StockOutDays, fault)),
        negative(Field::FinalBalance, form.final_balance),
        sum.map(|fault| (Field::FinalBalance, fault)),
        negative(Field::Requested, form.requested),
        (!form.confirmed).then_some((Field::Confirmed, Fault::NotConfirmed)),
    ];
    faults.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quantity(text: &str) -> Quantity {
        text.parse().expect("a quantity")
    }

    fn units(count: i64) -> Quantity {
        Quantity::whole(count)
    }

    /// 100 + 500 − 450 − 20 − 5 = 125.
    fn report() -> Report {
        Report {
            initial_balance: units(100),
            received: units(500),
            consumed: units(450),
            adjustments: units(-20),
            losses: units(5),
            stock_out_days: 3,
        }
    }

    fn terms(period_days: u32) -> Terms {
        Terms { period_days, understock_months: 3, overstock_months: 6 }
    }

    /// A report of nothing but consumption.
    fn consumed(consumed: &str, stock_out_days: u32) -> Report {
        Report { consumed: quantity(consumed), stock_out_days, ..Report::default() }
    }

    // ---- balances ----

    #[test]
    fn initial_is_the_final_of_the_previous_form() {
        assert_eq!(initial_balance(Some(units(70)), units(500), units(20)), units(70));
        assert_eq!(initial_balance(Some(Quantity::ZERO), units(500), units(20)), Quantity::ZERO);
    }

    #[test]
    fn initial_without_a_previous_form_is_what_is_there_less_what_moved_since() {
        // 500 there, 20 more than when the period began; 500 there, 30 fewer; 10 there, and 25 came.
        assert_eq!(initial_balance(None, units(500), units(20)), units(480));
        assert_eq!(initial_balance(None, units(500), units(-30)), units(530));
        assert_eq!(initial_balance(None, units(10), units(25)), units(-15));
    }

    #[test]
    fn adjustments_are_returns_and_additions_less_reductions() {
        // 10 + 20 − 50.
        assert_eq!(adjustments(units(10), units(20), units(50)), units(-20));
        assert_eq!(adjustments(Quantity::ZERO, Quantity::ZERO, Quantity::ZERO), Quantity::ZERO);
    }

    #[test]
    fn final_is_initial_with_all_that_came_and_without_all_that_went() {
        assert_eq!(report().final_balance(), units(125));
        // Nothing was there, and 40 were given out.
        assert_eq!(consumed("40", 0).final_balance(), units(-40));
    }

    // ---- consumption ----

    #[test]
    fn adjusted_consumption_is_at_the_rate_of_the_days_in_stock() {
        // 450 × 30 / (30 − 3) = 500; 100 × 30 / 29 = 103.4482…; without days out 450.
        assert_eq!(report().adjusted_consumption(30), units(500));
        assert_eq!(consumed("100", 1).adjusted_consumption(30), quantity("103.448"));
        assert_eq!(consumed("450", 0).adjusted_consumption(30), units(450));
    }

    #[test]
    fn adjusted_consumption_is_what_was_consumed_when_every_day_was_out_of_stock() {
        assert_eq!(consumed("450", 30).adjusted_consumption(30), units(450));
        // More days out than the period has: a problem of the form, and no figure follows from it.
        assert_eq!(consumed("450", 31).adjusted_consumption(30), units(450));
        assert_eq!(consumed("450", 0).adjusted_consumption(0), units(450));
    }

    #[test]
    fn monthly_consumption_is_adjusted_consumption_by_months_of_30_days() {
        // 500 / (30 / 30); 450 × 60 / 54 = 500 in two months; 310 in 31 days; 450 / 2 where all days were out.
        assert_eq!(report().monthly(30), units(500));
        assert_eq!(consumed("450", 6).monthly(60), units(250));
        assert_eq!(consumed("310", 0).monthly(31), units(300));
        assert_eq!(consumed("450", 60).monthly(60), units(225));
    }

    #[test]
    fn half_a_thousandth_is_rounded_away_from_zero() {
        // 0.001 in two months are 0.0005 a month; 0.001 in 61 days are 0.00049….
        assert_eq!(consumed("0.001", 0).monthly(60), quantity("0.001"));
        assert_eq!(consumed("-0.001", 0).monthly(60), quantity("-0.001"));
        assert_eq!(consumed("0.001", 0).monthly(61), Quantity::ZERO);
    }

    fn averaged(previous_monthly: &[i64]) -> Figures {
        let previous: Vec<Quantity> = previous_monthly.iter().copied().map(units).collect();
        Figures::of(report(), terms(30), &previous)
    }

    #[test]
    fn the_average_is_of_this_form_and_two_before_it_at_most() {
        // 500; (400 + 500) / 2 = 450; (400 + 300 + 500) / 3 = 400.
        assert_eq!(averaged(&[]).average_monthly, units(500));
        assert_eq!(averaged(&[400]).average_monthly, units(450));
        assert_eq!(averaged(&[400, 300]).average_monthly, units(400));
        let older = averaged(&[400, 300, 9_000]);
        assert_eq!((older.average_monthly, older.previous_monthly.len()), (units(400), 2));
        // A month in which nothing was consumed counts: (0 + 500) / 2.
        assert_eq!(averaged(&[0]).average_monthly, units(250));
    }

    // ---- what follows ----

    #[test]
    fn minimum_and_maximum_are_months_of_the_average() {
        // 400 × 3 and 400 × 6.
        let found = averaged(&[400, 300]);
        assert_eq!([found.minimum, found.maximum], [units(1_200), units(2_400)]);
    }

    #[test]
    fn requested_is_what_is_missing_to_the_maximum() {
        // 2,400 − 125.
        assert_eq!(averaged(&[400, 300]).requested, units(2_275));
    }

    #[test]
    fn requested_is_nothing_when_there_is_more_than_the_maximum() {
        // (0 + 0 + 1) / 3 × 6 = 2, and 9 are left.
        let plenty = Report { initial_balance: units(10), ..consumed("1", 0) };
        assert_eq!(Figures::of(plenty, terms(30), &[Quantity::ZERO; 2]).requested, Quantity::ZERO);
    }

    #[test]
    fn requested_fills_up_from_below_nothing() {
        // 40 × 6 = 240, and −40 are left.
        assert_eq!(Figures::of(consumed("40", 0), terms(30), &[]).requested, units(280));
    }

    #[test]
    fn requested_is_not_rounded_to_whole_units() {
        // 1 in two months is 0.5 a month, 3 in six months; −1 is left, and 0.4 came by adjustment: 3 + 1 − 0.4.
        let half = Report { adjustments: quantity("0.4"), ..consumed("1", 0) };
        assert_eq!(Figures::of(half, terms(60), &[]).requested, quantity("3.6"));
    }

    #[test]
    fn no_figure_is_computed_from_a_rounded_average() {
        // (0 + 0 + 1) / 3, written 0.333; 3 months are 1 and not 0.999, 6 months 2 and not 1.998.
        let third = Report { received: units(1), ..consumed("1", 0) };
        let found = Figures::of(third, terms(30), &[Quantity::ZERO; 2]);
        assert_eq!(found.average_monthly, quantity("0.333"));
        assert_eq!([found.minimum, found.maximum, found.requested], [units(1), units(2), units(2)]);
    }

    #[test]
    fn nothing_is_requested_where_nothing_is_consumed() {
        let found = Figures::of(Report::default(), terms(30), &[]);
        assert_eq!([found.average_monthly, found.maximum, found.requested], [Quantity::ZERO; 3]);
        assert_eq!(found.low_stock, LowStock::Ok);
    }

    #[test]
    fn stock_is_low_below_half_and_below_a_quarter_of_the_maximum() {
        // 400 a month, 2,400 at most: half is 1,200, a quarter 600.
        let left = |left: &str| {
            let initial_balance = quantity(left) + units(400);
            Figures::of(Report { initial_balance, ..consumed("400", 0) }, terms(30), &[]).low_stock
        };
        assert_eq!(["2400", "1200"].map(left), [LowStock::Ok; 2]);
        assert_eq!(["1199.999", "600"].map(left), [LowStock::BelowHalf; 2]);
        assert_eq!(["599.999", "0", "-1"].map(left), [LowStock::BelowQuarter; 3]);
    }

    #[test]
    fn stock_is_compared_with_the_maximum_before_it_is_rounded() {
        // (0 + 0 + 0.001) / 3 × 6 = 0.002: half is 0.001, which is left. From 0.000 as the average is written it
        // would be nothing.
        let left = |initial| Report { initial_balance: quantity(initial), ..consumed("0.001", 0) };
        let flag = |initial| Figures::of(left(initial), terms(30), &[Quantity::ZERO; 2]).low_stock;
        assert_eq!([flag("0.002"), flag("0.001")], [LowStock::Ok, LowStock::BelowQuarter]);
    }

    #[test]
    fn figures_tell_what_they_follow_from() {
        let found = averaged(&[400, 300]);
        let json = serde_json::json!({
            "report": {
                "initialBalance": 100, "received": 500, "consumed": 450, "adjustments": -20, "losses": 5,
                "stockOutDays": 3,
            },
            "terms": { "periodDays": 30, "understockMonths": 3, "overstockMonths": 6 },
            "previousMonthly": [400, 300],
            "finalBalance": 125,
            "adjustedConsumption": 500,
            "monthly": 500,
            "averageMonthly": 400,
            "minimum": 1200,
            "maximum": 2400,
            "requested": 2275,
            "lowStock": "below-quarter",
        });
        assert_eq!(serde_json::to_value(&found).expect("JSON"), json);
        assert_eq!(serde_json::from_value::<Figures>(json).expect("figures"), found);
    }

    // ---- what stands against finalising ----

    fn sound() -> FormLine {
        FormLine { report: report(), final_balance: units(125), requested: units(2_275), confirmed: true }
    }

    fn faults_of(form: FormLine) -> Vec<(Field, Fault)> {
        problems(&[form], 30).into_iter().map(|problem| (problem.field, problem.fault)).collect()
    }

    #[test]
    fn a_sound_form_has_no_problems() {
        assert_eq!(problems(&[sound(), sound()], 30), []);
        assert_eq!(problems(&[], 30), []);
    }

    #[test]
    fn every_line_must_be_confirmed() {
        let open = FormLine { confirmed: false, ..sound() };
        let problem = Problem { line: 1, field: Field::Confirmed, fault: Fault::NotConfirmed };
        assert_eq!(problems(&[sound(), open, sound()], 30), [problem]);
    }

    #[test]
    fn the_balance_must_add_up() {
        for off in ["125.001", "124.999", "0"] {
            let form = FormLine { final_balance: quantity(off), ..sound() };
            let fault = Fault::DoesNotAddUp { expected: units(125) };
            assert_eq!(faults_of(form), [(Field::FinalBalance, fault)], "{off}");
        }
    }

    #[test]
    fn no_value_may_be_negative() {
        let negative = units(-1);
        // 100 + 500 − 450 − 20 − 5 with −1 in place of one of them.
        let cases = [
            (Field::InitialBalance, Report { initial_balance: negative, ..report() }, 24),
            (Field::Received, Report { received: negative, adjustments: units(400), ..report() }, 44),
            (Field::Consumed, Report { consumed: negative, ..report() }, 576),
            (Field::Losses, Report { losses: negative, ..report() }, 131),
        ];
        for (field, report, left) in cases {
            let form = FormLine { report, final_balance: units(left), ..sound() };
            assert_eq!(faults_of(form), [(field, Fault::Negative { quantity: negative })]);
        }
        let requested = FormLine { requested: negative, ..sound() };
        assert_eq!(faults_of(requested), [(Field::Requested, Fault::Negative { quantity: negative })]);
        let left = FormLine { report: consumed("1", 0), final_balance: negative, ..sound() };
        assert_eq!(faults_of(left), [(Field::FinalBalance, Fault::Negative { quantity: negative })]);
    }

    #[test]
    fn adjustments_may_be_negative() {
        assert!(report().adjustments.is_negative());
        assert_eq!(faults_of(sound()), []);
    }

    #[test]
    fn stock_out_days_are_days_of_the_period() {
        let out = |stock_out_days| FormLine { report: Report { stock_out_days, ..report() }, ..sound() };
        assert_eq!(faults_of(out(30)), []);
        assert_eq!(faults_of(out(31)), [(Field::StockOutDays, Fault::LongerThanPeriod { period_days: 30 })]);
    }

    #[test]
    fn all_problems_of_a_line_are_told_at_once() {
        let report = Report { stock_out_days: 31, ..consumed("-1", 0) };
        let form = FormLine { report, final_balance: units(-2), requested: units(-3), confirmed: false };
        let fields: Vec<Field> = faults_of(form).into_iter().map(|(field, _)| field).collect();
        let final_twice = [Field::FinalBalance, Field::FinalBalance];
        assert_eq!(fields[..2], [Field::Consumed, Field::StockOutDays]);
        assert_eq!(fields[2..4], final_twice);
        assert_eq!(fields[4..], [Field::Requested, Field::Confirmed]);
    }

    #[test]
    fn a_problem_names_the_field_as_the_line_does_in_json() {
        let line = serde_json::to_value(sound()).expect("JSON");
        for field in
            [Field::InitialBalance, Field::Received, Field::Consumed, Field::Losses, Field::StockOutDays]
        {
            assert!(line["report"].get(field.name()).is_some(), "{field:?}");
        }
        for field in [Field::FinalBalance, Field::Requested, Field::Confirmed] {
            assert!(line.get(field.name()).is_some(), "{field:?}");
        }
        let problem = problems(&[FormLine { final_balance: units(1), ..sound() }], 30)[0];
        let json = serde_json::json!({ "line": 0, "field": "finalBalance", "code": "does-not-add-up", "expected": 125 });
        assert_eq!(serde_json::to_value(problem).expect("JSON"), json);
        assert_eq!(serde_json::to_value(problem.field).expect("JSON"), problem.field.name());
        assert_eq!(serde_json::from_value::<Problem>(json).expect("a problem"), problem);
    }

    // ---- models ----

    prop_compose! {
        fn any_report(most: i64)(
            values in proptest::array::uniform5(-most..=most), stock_out_days in 0..100u32,
        ) -> Report {
            let [initial_balance, received, consumed, adjustments, losses] =
                values.map(Quantity::from_thousandths);
            Report { initial_balance, received, consumed, adjustments, losses, stock_out_days }
        }
    }

    proptest! {
        /// All multiplied out over D × (D − out) × forms, where the code reduces the fraction.
        #[test]
        fn figures_satisfy_the_definition_multiplied_out(
            report in any_report(5_000_000), period_days in 1..100u32,
            previous_e3 in proptest::collection::vec(0..5_000_000i64, 0..4),
            understock_months in 0..12u32, overstock_months in 0..24u32,
        ) {
            let previous: Vec<Quantity> = previous_e3.into_iter().map(Quantity::from_thousandths).collect();
            let terms = Terms { period_days, understock_months, overstock_months };
            let found = Figures::of(report, terms, &previous);
            let e3 = |quantity: Quantity| i128::from(quantity.thousandths());
            let is_nearest =
                |found: Quantity, over: i128, under: i128| (e3(found) * under - over).abs() * 2 <= under;
            let (days, out) = (i128::from(period_days), i128::from(report.stock_out_days));
            // Adjusted consumption is so much over `in_stock`.
            let consumed = e3(report.consumed);
            let (adjusted, in_stock) = if out < days { (consumed * days, days - out) } else { (consumed, 1) };
            prop_assert!(is_nearest(found.adjusted_consumption, adjusted, in_stock));
            prop_assert!(is_nearest(found.monthly, adjusted * 30, in_stock * days));

            let counted: Vec<i128> = previous.iter().take(2).map(|monthly| e3(*monthly)).collect();
            let forms = counted.len() as i128 + 1;
            let all = counted.iter().sum::<i128>() * in_stock * days + adjusted * 30;
            let under = in_stock * days * forms;
            prop_assert!(is_nearest(found.average_monthly, all, under));
            prop_assert!(is_nearest(found.minimum, all * i128::from(understock_months), under));
            let most = all * i128::from(overstock_months);
            prop_assert!(is_nearest(found.maximum, most, under));

            let came = e3(report.initial_balance) + e3(report.received) + e3(report.adjustments);
            let left = came - consumed - e3(report.losses);
            prop_assert_eq!(e3(found.final_balance), left);
            prop_assert!(is_nearest(found.requested, (most - left * under).max(0), under));
            let flag = match () {
                () if left * under * 4 < most => LowStock::BelowQuarter,
                () if left * under * 2 < most => LowStock::BelowHalf,
                () => LowStock::Ok,
            };
            prop_assert_eq!(found.low_stock, flag);
        }

        #[test]
        fn no_form_is_too_large(
            report in any_report(i64::MAX), stock_out_days: u32, period_days: u32, understock_months: u32,
            overstock_months: u32, previous_e3 in proptest::collection::vec(any::<i64>(), 0..4), final_e3: i64,
        ) {
            let previous: Vec<Quantity> = previous_e3.into_iter().map(Quantity::from_thousandths).collect();
            let report = Report { stock_out_days, ..report };
            let terms = Terms { period_days, understock_months, overstock_months };
            let found = Figures::of(report, terms, &previous);
            prop_assert!(found.requested >= Quantity::ZERO && found.requested == found.requested.clamped());
            let final_balance = Quantity::from_thousandths(final_e3);
            let line = FormLine { report, final_balance, requested: found.requested, confirmed: true };
            let is_negative = report.consumed.is_negative();
            let told = problems(&[line], period_days).iter().any(|problem| problem.field == Field::Consumed);
            prop_assert_eq!(told, is_negative);
            initial_balance(None, report.initial_balance, final_balance);
            adjustments(report.received, report.consumed, report.losses);
        }

        #[test]
        fn a_computed_and_confirmed_line_is_sound_unless_it_is_negative(report in any_report(1_000_000)) {
            let report = Report { stock_out_days: report.stock_out_days.min(30), ..report };
            let found = Figures::of(report, terms(30), &[]);
            let (final_balance, requested) = (found.final_balance, found.requested);
            let line = FormLine { report, final_balance, requested, confirmed: true };
            let only_negative = |problem: &Problem| matches!(problem.fault, Fault::Negative { .. });
            prop_assert!(problems(&[line], 30).iter().all(only_negative));
        }
    }
}
