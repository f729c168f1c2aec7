//! Single cells: from what a file holds to a number, a day or a word. Exact or wrong, nothing in between.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::quantity::AMOUNT_MAX;

/// A cell as a file holds it.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Raw {
    /// Nothing.
    #[default]
    Empty,
    /// A text, without spaces around it.
    Text(String),
    /// A number of a workbook.
    Number(f64),
    /// A day of a workbook.
    Day(Date),
    /// Yes or no, of a workbook.
    Flag(bool),
    /// What a workbook could not calculate, such as `#REF!`.
    Broken(String),
}

/// What stands between whole part and fraction of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecimalMark {
    /// `1,234.5`
    Point,
    /// `1.234,5`
    Comma,
}

/// What comes first in a day such as 03/04/2027.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DayOrder {
    /// 3 April.
    DayFirst,
    /// March 4.
    MonthFirst,
}

/// How numbers and days are written in a file; what is not said follows from the cells that can be read in one way
/// only, and where those say nothing either, a cell that can be read in two ways is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Style {
    /// The decimal mark.
    pub decimal_mark: Option<DecimalMark>,
    /// The order of day and month.
    pub day_order: Option<DayOrder>,
}

/// Why a cell is not taken: a stable code.
pub(crate) type Wrong = &'static str;

/// Years a day may lie in: outside of them is a slip of the keyboard.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2100;
/// The day before the first that a workbook counts, counted from the leap day it believes 1900 to have had.
const SERIAL_ZERO: Date = jiff::civil::date(1899, 12, 30);
/// The first serial that means the same to every program.
const SERIAL_MIN: f64 = 61.0;
const SERIAL_MAX: f64 = 100_000.0;

// ---- numbers ----

/// A number in thousandths.
pub(crate) fn thousandths(raw: &Raw, style: Style) -> Result<i64, Wrong> {
    match raw {
        Raw::Number(number) => of_double(*number),
        Raw::Text(text) => {
            let (point, comma) = readings(text);
            match style.decimal_mark {
                Some(DecimalMark::Point) => point,
                Some(DecimalMark::Comma) => comma,
                None => either(point, comma),
            }
        }
        _ => Err("not-a-number"),
    }
}

/// What both readings agree on, or the only one there is.
fn either(point: Result<i64, Wrong>, comma: Result<i64, Wrong>) -> Result<i64, Wrong> {
    match (point, comma) {
        (Ok(point), Ok(comma)) if point != comma => Err("ambiguous-number"),
        (Ok(number), _) | (_, Ok(number)) => Ok(number),
        (Err("not-a-number"), Err(wrong)) | (Err(wrong), Err(_)) => Err(wrong),
    }
}

/// Which mark a text proves, if it can be read with one of them only.
pub(crate) fn proves_mark(raw: &Raw) -> Option<DecimalMark> {
    let Raw::Text(text) = raw else { return None };
    match readings(text) {
        (Ok(_), Err("not-a-number")) => Some(DecimalMark::Point),
        (Err("not-a-number"), Ok(_)) => Some(DecimalMark::Comma),
        _ => None,
    }
}

/// A double is what a workbook keeps of a decimal: the nearest number of thousandths, if it is as near as a double
/// can be.
fn of_double(number: f64) -> Result<i64, Wrong> {
    let scaled = number * 1_000.0;
    let nearest = scaled.round();
    if !scaled.is_finite() || nearest.abs() > AMOUNT_MAX as f64 {
        return Err("out-of-range");
    }
    let slack = f64::max(1e-6, scaled.abs() * 1e-12);
    if (scaled - nearest).abs() > slack { Err("too-fine") } else { Ok(nearest as i64) }
}

/// A text read with a decimal point, and with a decimal comma.
fn readings(text: &str) -> (Result<i64, Wrong>, Result<i64, Wrong>) {
    let text: String = text
        .trim()
        .chars()
        .map(|letter| match letter {
            '−' => '-',
            space if space.is_whitespace() => ' ',
            other => other,
        })
        .collect();
    (read_number(&text, '.', ','), read_number(&text, ',', '.'))
}

fn read_number(text: &str, decimal: char, grouping: char) -> Result<i64, Wrong> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = match digits.split_once(decimal) {
        Some((_, "")) => return Err("not-a-number"),
        Some((whole, fraction)) => (whole, fraction),
        None => (digits, ""),
    };
    let whole = ungrouped(whole, grouping).ok_or("not-a-number")?;
    if whole.is_empty() || !all_digits(&whole) || !all_digits(fraction) {
        return Err("not-a-number");
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 3 {
        return Err("too-fine");
    }
    let whole = whole.trim_start_matches('0');
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| "out-of-range")? };
    let fraction: i64 = format!("{fraction:0<3}").parse().map_err(|_| "not-a-number")?;
    let amount = whole.checked_mul(1_000).and_then(|all| all.checked_add(fraction));
    let amount = amount.filter(|amount| *amount <= AMOUNT_MAX).ok_or("out-of-range")?;
    Ok(if negative { -amount } else { amount })
}

/// Takes grouping marks out where they stand before every third digit: `1,234` is grouped, `12,34` and `0,125` are not.
fn ungrouped(whole: &str, grouping: char) -> Option<String> {
    let mark = [grouping, ' '].into_iter().find(|mark| whole.contains(*mark));
    let Some(mark) = mark else { return Some(whole.to_owned()) };
    let mut groups = whole.split(mark);
    let first = groups.next()?;
    let well_formed =
        (1..=3).contains(&first.len()) && !first.starts_with('0') && groups.all(|group| group.len() == 3);
    well_formed.then(|| whole.chars().filter(|letter| *letter != mark).collect())
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

// ---- days ----

/// A day.
pub(crate) fn day(raw: &Raw, style: Style) -> Result<Date, Wrong> {
    let day = match raw {
        Raw::Day(day) => *day,
        Raw::Number(serial) => of_serial(*serial)?,
        Raw::Text(text) => of_text(text, style)?,
        _ => return Err("not-a-day"),
    };
    if YEARS.contains(&day.year()) { Ok(day) } else { Err("not-a-day") }
}

/// A last day of use: a day, or a month, which means its last day.
pub(crate) fn last_day(raw: &Raw, style: Style) -> Result<Date, Wrong> {
    let of_month = match raw {
        Raw::Text(text) => month(text),
        _ => None,
    };
    match of_month {
        Some(first) if YEARS.contains(&first.year()) => Ok(first.last_of_month()),
        _ => day(raw, style),
    }
}

fn of_serial(serial: f64) -> Result<Date, Wrong> {
    if serial.fract() != 0.0 || !(SERIAL_MIN..=SERIAL_MAX).contains(&serial) {
        return Err("not-a-day");
    }
    SERIAL_ZERO.checked_add(jiff::Span::new().days(serial as i64)).map_err(|_| "not-a-day")
}

/// The three numbers of a day, however they are set apart.
fn parts(text: &str) -> Vec<&str> {
    text.trim().split(['/', '-', '.']).map(str::trim).collect()
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<i16> {
    (digits.contains(&text.len()) && all_digits(text)).then(|| text.parse().ok()).flatten()
}

fn of_text(text: &str, style: Style) -> Result<Date, Wrong> {
    // What programs write for a day without an hour.
    let text = text.trim();
    let text = ["T00:00:00Z", "T00:00:00", " 00:00:00", " 00:00"]
        .iter()
        .find_map(|midnight| text.strip_suffix(midnight))
        .unwrap_or(text);
    let [first, second, third] = parts(text)[..] else { return Err("not-a-day") };
    if let Some(year) = number(first, 4..=4) {
        let (month, day) = (number(second, 1..=2), number(third, 1..=2));
        return date(year, month, day).ok_or("not-a-day");
    }
    let year = number(third, 4..=4).ok_or("not-a-day")?;
    let (first, second) = (number(first, 1..=2), number(second, 1..=2));
    let (day_first, month_first) = (date(year, second, first), date(year, first, second));
    let chosen = match style.day_order {
        Some(DayOrder::DayFirst) => day_first,
        Some(DayOrder::MonthFirst) => month_first,
        None if day_first.is_some() && month_first.is_some() && day_first != month_first => {
            return Err("ambiguous-day");
        }
        None => day_first.or(month_first),
    };
    chosen.ok_or("not-a-day")
}

fn date(year: i16, month: Option<i16>, day: Option<i16>) -> Option<Date> {
    Date::new(year, i8::try_from(month?).ok()?, i8::try_from(day?).ok()?).ok()
}

fn month(text: &str) -> Option<Date> {
    let [first, second] = parts(text)[..] else { return None };
    match (number(first, 4..=4), number(second, 4..=4)) {
        (Some(year), None) => date(year, number(second, 1..=2), Some(1)),
        (None, Some(year)) => date(year, number(first, 1..=2), Some(1)),
        _ => None,
    }
}

/// Which order a text proves, if it is a day in one of them only.
pub(crate) fn proves_order(raw: &Raw) -> Option<DayOrder> {
    let Raw::Text(text) = raw else { return None };
    let read = |order| of_text(text, Style { day_order: Some(order), ..Style::default() });
    match (read(DayOrder::DayFirst), read(DayOrder::MonthFirst)) {
        (Ok(_), Err(_)) => Some(DayOrder::DayFirst),
        (Err(_), Ok(_)) => Some(DayOrder::MonthFirst),
        _ => None,
    }
}

// ---- words ----

/// Yes or no.
pub(crate) fn flag(raw: &Raw) -> Result<bool, Wrong> {
    match raw {
        Raw::Flag(flag) => Ok(*flag),
        Raw::Number(number) if *number == 1.0 => Ok(true),
        Raw::Number(number) if *number == 0.0 => Ok(false),
        Raw::Text(text) => match crate::text::fold(text).as_str() {
            "yes" | "y" | "true" | "oui" | "o" | "vrai" | "x" | "1" => Ok(true),
            "no" | "n" | "false" | "non" | "faux" | "0" => Ok(false),
            _ => Err("not-yes-or-no"),
        },
        _ => Err("not-yes-or-no"),
    }
}

/// A text. A number is written as it stands in the workbook: codes are often nothing but digits.
pub(crate) fn text(raw: &Raw) -> Result<String, Wrong> {
    match raw {
        Raw::Text(text) => Ok(text.clone()),
        Raw::Number(number) if number.abs() < 1e15 => Ok(number.to_string()),
        Raw::Day(day) => Ok(day.to_string()),
        Raw::Flag(flag) => Ok(flag.to_string()),
        _ => Err("not-a-text"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Quantity;

    fn read(text: &str) -> Result<i64, Wrong> {
        thousandths(&Raw::Text(text.to_owned()), Style::default())
    }

    fn with(mark: DecimalMark, text: &str) -> Result<i64, Wrong> {
        thousandths(&Raw::Text(text.to_owned()), Style { decimal_mark: Some(mark), ..Style::default() })
    }

    fn day_of(text: &str) -> Result<String, Wrong> {
        day(&Raw::Text(text.to_owned()), Style::default()).map(|day| day.to_string())
    }

    #[test]
    fn a_number_that_can_be_read_in_one_way_is_read_and_one_of_two_ways_is_wrong() {
        for (text, thousandths) in [
            ("1 234,5", 1_234_500),
            ("1,234.5", 1_234_500),
            ("1.234,5", 1_234_500),
            ("1\u{202f}234\u{a0}567", 1_234_567_000),
            ("0,125", 125),
            ("0.125", 125),
            ("1,5", 1_500),
            ("-20", -20_000),
            ("−20", -20_000),
            ("12,34", 12_340),
        ] {
            assert_eq!(read(text), Ok(thousandths), "{text}");
        }
        for text in ["1,234", "1.234", "12,345", "-1.000"] {
            assert_eq!(read(text), Err("ambiguous-number"), "{text}");
        }
        assert_eq!(with(DecimalMark::Comma, "1,234"), Ok(1_234));
        assert_eq!(with(DecimalMark::Point, "1,234"), Ok(1_234_000));
        for text in ["", "-", "ten", "1e3", "1.2.3,4,5", "12 34", "1.", "٣", "0x10", "NaN", "#REF!", "=1+1"]
        {
            assert_eq!(read(text), Err("not-a-number"), "{text}");
        }
        assert_eq!(read("0.00001"), Err("too-fine"));
        assert_eq!(read("99999999999999999999"), Err("out-of-range"));
    }

    #[test]
    fn a_day_that_can_be_read_in_one_way_is_read_and_one_of_two_ways_is_wrong() {
        for (text, day) in [
            ("2027-06-30", "2027-06-30"),
            ("2027/6/30", "2027-06-30"),
            ("2027-06-30T00:00:00", "2027-06-30"),
            ("30/06/2027", "2027-06-30"),
            ("30.6.2027", "2027-06-30"),
            ("06/30/2027", "2027-06-30"),
            ("04/04/2027", "2027-04-04"),
        ] {
            assert_eq!(day_of(text).as_deref(), Ok(day), "{text}");
        }
        assert_eq!(day_of("03/04/2027"), Err("ambiguous-day"));
        for text in ["", "30/06/27", "31/02/2027", "1066-10-14", "2027-13-01", "46000", "June 2027"] {
            assert_eq!(day_of(text), Err("not-a-day"), "{text}");
        }
        let serial = |serial| day(&Raw::Number(serial), Style::default()).map(|day| day.to_string());
        assert_eq!(serial(46_203.0).as_deref(), Ok("2026-06-30"));
        assert_eq!(serial(46_203.5), Err("not-a-day"));
    }

    #[test]
    fn a_month_of_expiry_is_its_last_day_and_no_other_day_is_a_month() {
        let last =
            |text: &str| last_day(&Raw::Text(text.to_owned()), Style::default()).map(|day| day.to_string());
        assert_eq!(last("02/2028").as_deref(), Ok("2028-02-29"));
        assert_eq!(last("2027-06").as_deref(), Ok("2027-06-30"));
        assert_eq!(day_of("06/2027"), Err("not-a-day"));
    }

    #[test]
    fn cells_prove_how_a_file_is_written_only_where_they_leave_no_choice() {
        let of = |text: &str| Raw::Text(text.to_owned());
        assert_eq!(proves_mark(&of("1,5")), Some(DecimalMark::Comma));
        assert_eq!(proves_mark(&of("1,234.5")), Some(DecimalMark::Point));
        assert_eq!((proves_mark(&of("1,234")), proves_mark(&of("12"))), (None, None));
        assert_eq!(proves_order(&of("30/06/2027")), Some(DayOrder::DayFirst));
        assert_eq!((proves_order(&of("03/04/2027")), proves_order(&of("2027-06-30"))), (None, None));
    }

    proptest! {
        #[test]
        fn every_amount_reads_back_from_any_way_of_writing_it(amount in -AMOUNT_MAX..=AMOUNT_MAX) {
            let plain = Quantity::from_thousandths(amount).to_string();
            let comma = plain.replace('.', ",");
            prop_assert_eq!(with(DecimalMark::Point, &plain), Ok(amount));
            prop_assert_eq!(with(DecimalMark::Comma, &comma), Ok(amount));
            // Without a word about the mark it is right or refused.
            for text in [&plain, &comma] {
                prop_assert!(matches!(read(text), Ok(found) if found == amount) || read(text) == Err("ambiguous-number"));
            }
            if amount.abs() < 1_000_000_000_000 {
                prop_assert_eq!(of_double(amount as f64 / 1_000.0), Ok(amount));
            }
        }

        #[test]
        fn every_day_reads_back_from_any_way_of_writing_it(days in 0_i64..40_000) {
            let first: Date = "1990-01-01".parse().expect("a day");
            let wanted = first.checked_add(jiff::Span::new().days(days)).expect("a day");
            let (year, month, number) = (wanted.year(), wanted.month(), wanted.day());
            let european = Style { day_order: Some(DayOrder::DayFirst), ..Style::default() };
            let text = |text: String| day(&Raw::Text(text), european);
            prop_assert_eq!(text(wanted.to_string()), Ok(wanted));
            prop_assert_eq!(text(format!("{number}/{month:02}/{year}")), Ok(wanted));
            let unsaid = day(&Raw::Text(format!("{number}/{month}/{year}")), Style::default());
            prop_assert!(unsaid == Ok(wanted) || unsaid == Err("ambiguous-day"));
        }

        #[test]
        fn no_text_breaks_a_reader(text in ".{0,40}") {
            let raw = Raw::Text(text);
            let _ = (thousandths(&raw, Style::default()), last_day(&raw, Style::default()), flag(&raw));
        }
    }
}
