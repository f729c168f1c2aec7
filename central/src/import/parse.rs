//! Single values: from the text of a cell to a number or a date. Exact or wrong, nothing in between.

use jiff::civil::Date;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;

/// Digits a number may have before its decimal mark; beyond them a thousandths count could overflow.
const WHOLE_DIGITS_MAX: usize = 12;

/// Years a date may lie in. A delivery outside of them is a slip of the keyboard.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2100;

/// How numbers are written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NumberStyle {
    /// Between whole part and fraction.
    pub decimal_mark: char,
    /// Between groups of three digits, if they are grouped.
    pub grouping_mark: Option<char>,
}

/// What to do with more decimals than three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precision {
    /// Quantities: a thousandth of a tablet is all there is, so finer is wrong.
    Exact,
    /// Money: half a thousandth and more is rounded away from zero.
    Rounded,
}

/// Why a text is not taken for a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// It is not one, or is too fine.
    NotANumber,
    /// It has more than [`WHOLE_DIGITS_MAX`] digits.
    TooLarge,
}

/// A decimal number in thousandths.
pub(super) fn thousandths(text: &str, style: NumberStyle, precision: Precision) -> Result<i64, NotTaken> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once(style.decimal_mark).unwrap_or((digits, ""));
    let whole = ungrouped(whole, style.grouping_mark).ok_or(NotTaken::NotANumber)?;
    let decimal_mark_alone = whole.is_empty() || (digits.contains(style.decimal_mark) && fraction.is_empty());
    if decimal_mark_alone || !all_digits(&whole) || !all_digits(fraction) {
        return Err(NotTaken::NotANumber);
    }
    let fraction = fraction_thousandths(fraction, precision).ok_or(NotTaken::NotANumber)?;
    let whole = whole.trim_start_matches('0');
    if whole.len() > WHOLE_DIGITS_MAX {
        return Err(NotTaken::TooLarge);
    }
    let magnitude = whole.parse::<i64>().unwrap_or(0) * 1_000 + fraction;
    Ok(if negative { -magnitude } else { magnitude })
}

/// A whole number in thousandths.
pub(super) fn whole_thousandths(text: &str, style: NumberStyle) -> Result<i64, NotTaken> {
    let found = thousandths(text, style, Precision::Exact)?;
    if found % 1_000 == 0 { Ok(found) } else { Err(NotTaken::NotANumber) }
}

/// Says why a format of dates cannot work, whatever stands in the file: a directive that does not exist, or too few to
/// name a day. A format that works reads back the day that it writes.
pub(super) fn check_date_format(format: &str) -> Result<(), String> {
    let noon = Date::constant(2024, 11, 23).at(12, 0, 0, 0).to_zoned(TimeZone::UTC);
    let sample = noon.map_err(|error| error.to_string())?;
    let text = strtime::format(format, &sample).map_err(|error| error.to_string())?;
    let read = BrokenDownTime::parse(format, &text).and_then(|time| time.to_date());
    match read {
        Ok(day) if day == sample.date() => Ok(()),
        Ok(_) => Err("it does not tell one day from another".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// A date in the first of `formats` that fits, within [`YEARS`].
pub(super) fn date(text: &str, formats: &[String]) -> Option<Date> {
    formats
        .iter()
        .find_map(|format| BrokenDownTime::parse(format, text).and_then(|time| time.to_date()).ok())
        .filter(|date| YEARS.contains(&date.year()))
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Takes grouping marks out, provided they stand before every third digit: `1,234` is a number, `12,34` a slip.
fn ungrouped(whole: &str, mark: Option<char>) -> Option<String> {
    let Some(mark) = mark.filter(|mark| whole.contains(*mark)) else {
        return Some(whole.to_owned());
    };
    let mut groups = whole.split(mark);
    let first = groups.next()?;
    let well_formed = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    well_formed.then(|| whole.chars().filter(|c| *c != mark).collect())
}

fn fraction_thousandths(fraction: &str, precision: Precision) -> Option<i64> {
    let kept: String = fraction.chars().chain("000".chars()).take(3).collect();
    let finer = fraction.get(3..).unwrap_or("");
    let round_up = match precision {
        Precision::Exact if finer.bytes().any(|digit| digit != b'0') => return None,
        Precision::Exact => false,
        Precision::Rounded => finer.as_bytes().first().is_some_and(|digit| *digit >= b'5'),
    };
    Some(kept.parse::<i64>().ok()? + i64::from(round_up))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: NumberStyle = NumberStyle { decimal_mark: '.', grouping_mark: None };
    const FRENCH: NumberStyle = NumberStyle { decimal_mark: ',', grouping_mark: Some(' ') };

    fn exact(text: &str) -> Option<i64> {
        thousandths(text, PLAIN, Precision::Exact).ok()
    }

    #[test]
    fn a_decimal_is_read_exactly_to_the_thousandth() {
        assert_eq!(exact("0"), Some(0));
        assert_eq!(exact("1345.64"), Some(1_345_640));
        assert_eq!(exact("-2.5"), Some(-2_500));
        assert_eq!(exact("+7"), Some(7_000));
        assert_eq!(exact("0.125"), Some(125));
        assert_eq!(exact("1.5000"), Some(1_500));
    }

    #[test]
    fn what_is_not_a_number_is_never_read_as_one() {
        for text in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "1e3",
            "1,5",
            "0x10",
            "12 kg",
            "1.2.3",
            "See DN-304",
            "٣",
            "NaN",
            "--1",
        ] {
            assert_eq!(thousandths(text, PLAIN, Precision::Exact), Err(NotTaken::NotANumber), "{text:?}");
        }
    }

    #[test]
    fn a_number_that_is_too_large_is_not_called_something_else() {
        assert_eq!(exact("999999999999"), Some(999_999_999_999_000));
        for text in ["9000000000000", "-9000000000000", "9000000000000.5", "99999999999999999999999999"] {
            assert_eq!(thousandths(text, PLAIN, Precision::Exact), Err(NotTaken::TooLarge), "{text:?}");
        }
        assert_eq!(whole_thousandths("9000000000000", PLAIN), Err(NotTaken::TooLarge));
        assert_eq!(exact("0000000000000012"), Some(12_000), "what is large is the number, not the text");
    }

    #[test]
    fn a_format_of_dates_works_when_it_reads_back_the_day_that_it_writes() {
        for format in
            ["%d-%b-%y", "%Y-%m-%d", "%m/%d/%y", "%F", "%d %B %Y", "%Y-%m-%d %H:%M", "%Y%m%d", "%Y-%j"]
        {
            assert_eq!(check_date_format(format), Ok(()), "{format}");
        }
        for format in ["%Q", "%Y-%Q-%d", "%d-%m", "%Y", "2024-11-23", "", "%", "%Y-%m-%E", "%H:%M"] {
            assert!(check_date_format(format).is_err(), "{format}");
        }
    }

    #[test]
    fn quantities_finer_than_a_thousandth_are_wrong_and_money_is_rounded() {
        assert_eq!(exact("0.0005"), None);
        assert_eq!(thousandths("0.0005", PLAIN, Precision::Rounded), Ok(1));
        assert_eq!(thousandths("0.00049", PLAIN, Precision::Rounded), Ok(0));
        assert_eq!(thousandths("1.9996", PLAIN, Precision::Rounded), Ok(2_000));
    }

    #[test]
    fn grouping_marks_count_only_where_groups_begin() {
        assert_eq!(thousandths("1 234 567,5", FRENCH, Precision::Exact), Ok(1_234_567_500));
        assert_eq!(thousandths("12 34", FRENCH, Precision::Exact), Err(NotTaken::NotANumber));
        assert_eq!(thousandths("1234 567", FRENCH, Precision::Exact), Err(NotTaken::NotANumber));
        assert_eq!(exact("1,234"), None, "unless the mapping says so");
    }

    #[test]
    fn a_whole_number_has_no_fraction() {
        assert_eq!(whole_thousandths("30", PLAIN), Ok(30_000));
        assert_eq!(whole_thousandths("30.0", PLAIN), Ok(30_000));
        assert_eq!(whole_thousandths("30.5", PLAIN), Err(NotTaken::NotANumber));
    }

    #[test]
    fn a_date_is_read_in_the_first_format_that_fits_it_whole() {
        let formats = ["%d-%b-%y", "%Y-%m-%d", "%m/%d/%y"].map(str::to_owned);
        let day = |year, month, day| Some(Date::constant(year, month, day));
        assert_eq!(date("02-Jun-06", &formats), day(2006, 6, 2));
        assert_eq!(date("2-Jun-06", &formats), day(2006, 6, 2));
        assert_eq!(date("2009-11-14", &formats), day(2009, 11, 14));
        assert_eq!(date("4/30/14", &formats), day(2014, 4, 30));
        for text in ["", "30/4/14", "31-Feb-10", "02-Jun-06 10:00", "Date Not Captured", "1066-10-14"] {
            assert_eq!(date(text, &formats), None, "{text:?}");
        }
    }
}
