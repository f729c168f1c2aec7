//! Figures of one life, of something large and of something a tenth as large: what should not grow is shown by the ratio.

use std::time::Instant;

use hdrhistogram::Histogram;

use super::Table;
use super::http::millis;

/// One measured figure, and whether size should make no difference to it.
struct Row {
    what: &'static str,
    value: f64,
    unit: &'static str,
    flat: bool,
}

/// Figures of one life in their order.
#[derive(Default)]
pub struct Rows(Vec<Row>);

impl Rows {
    /// A time that was taken once.
    pub fn once(&mut self, what: &'static str, began: Instant) {
        self.add(what, began.elapsed().as_secs_f64() * 1_000.0, "ms");
    }

    /// Times that were taken often, which should not grow.
    pub fn times(&mut self, what: &'static str, p99: &'static str, times: &Histogram<u64>) {
        self.0.push(Row { what, value: millis(times, 50.0), unit: "ms", flat: true });
        self.add(p99, millis(times, 99.0), "ms");
    }

    /// A figure that is told as it is.
    pub fn add(&mut self, what: &'static str, value: f64, unit: &'static str) {
        self.0.push(Row { what, value, unit, flat: false });
    }
}

/// Adds the figures of the large beside those of the small, which are of the same life.
pub fn report(table: &mut Table, small: Rows, large: Rows, beside: &str) {
    for (small, large) in small.0.into_iter().zip(large.0) {
        table.add(large.what, large.value, large.unit, None);
        if large.flat {
            table.add(beside, large.value / small.value, "times", None);
        }
    }
}
