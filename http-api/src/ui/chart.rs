//! Charts, made on the server: a drawing for the eye, and the table it is drawn from for everybody.

use domain::Quantity;
use domain::query::consumption::MonthConsumption;
use maud::{Markup, html};

use super::words::{Words, t};

/// Units of the drawing: one month is a bar in a field of its own.
const FIELD: i64 = 50;
const BAR: i64 = 34;
const HEIGHT: i64 = 120;
/// Room above the bars for their figures, and below for the months.
const ABOVE: i64 = 18;
const BELOW: i64 = 22;

/// How high a bar is: the highest fills the field, and what is more than nothing can be seen.
fn height(value: Quantity, most: Quantity) -> i64 {
    if !value.is_positive() || !most.is_positive() {
        return 0;
    }
    let exact = i128::from(value.thousandths()) * i128::from(HEIGHT) / i128::from(most.thousandths());
    i64::try_from(exact).unwrap_or(HEIGHT).clamp(1, HEIGHT)
}

/// Consumption by month: bars, and their table below.
pub(super) fn consumption(words: Words, months: &[MonthConsumption], unit: &str) -> Markup {
    let most = months.iter().map(|month| month.consumed).max().unwrap_or_default();
    let width = FIELD * i64::try_from(months.len()).unwrap_or(0);
    let bars = months.iter().zip(0..).map(|(month, at)| (month, at * FIELD, height(month.consumed, most)));
    html! {
        svg class="chart" viewBox={ "0 0 " (width) " " (ABOVE + HEIGHT + BELOW) } role="img" aria-label=(t!(words, "consumption-chart")) {
            @for (month, left, tall) in bars {
                rect class="bar-of-chart" x=(left + (FIELD - BAR) / 2) y=(ABOVE + HEIGHT - tall) width=(BAR) height=(tall) rx="2" {
                    title { (words.month(month.month)) " : " (words.quantity(month.consumed)) }
                }
                text class="chart-month" x=(left + FIELD / 2) y=(ABOVE + HEIGHT + 15) text-anchor="middle" { (words.short_month(month.month)) }
            }
            line class="chart-ground" x1="0" x2=(width) y1=(ABOVE + HEIGHT) y2=(ABOVE + HEIGHT) {}
            @if most.is_positive() { text class="chart-most" x=(width) y="11" text-anchor="end" { (t!(words, "chart-most", quantity = words.quantity(most))) } }
        }
        details class="why" {
            summary { (t!(words, "as-table")) }
            table {
                thead { tr { th scope="col" { (t!(words, "month")) } th scope="col" class="num" { (t!(words, "consumed")) @if !unit.is_empty() { " (" (unit) ")" } } th scope="col" class="num" { (t!(words, "movements")) } } }
                tbody { @for month in months {
                    tr { td { (words.month(month.month)) } td class="num" { (words.quantity(month.consumed)) } td class="num" { (words.whole(i64::try_from(month.movements).unwrap_or(i64::MAX))) } }
                } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_fills_the_chart_and_a_little_can_still_be_seen() {
        let units = Quantity::whole;
        assert_eq!(height(units(800), units(800)), HEIGHT);
        assert_eq!(height(units(200), units(800)), HEIGHT / 4);
        assert_eq!(height(units(1), units(1_000_000)), 1);
        assert_eq!(
            [height(units(0), units(800)), height(units(0), units(0)), height(units(-5), units(5))],
            [0; 3]
        );
    }
}
