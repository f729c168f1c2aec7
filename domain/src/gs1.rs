//! GS1: what the bars and squares on boxes say, by the General Specifications (sections 3 and 7).
//!
//! ```text
//!   ]d2 01 09521234543213 17 271231 10 ABC123 GS 21 4711        an element string, as a scanner sends it
//!   (01)09521234543213(17)271231(10)ABC123(21)4711              the same as people read it
//!   https://id.gs1.org/01/09521234543213/10/ABC123?17=271231    the same as a Digital Link
//!   9521234543213                                               an article number alone (GTIN-8, -12, -13, -14)
//! ```
//!
//! Some scanners drop the separator GS. Then a batch seems to go on to the end of the text, and may have swallowed what
//! stood behind it. Nothing is guessed: [`read`] gives the text as it stands and the other ways to read it, and somebody
//! who sees the box chooses. As the rest of a value counts what labels of medicines carry beside a batch (keys with
//! their check digits, days that exist, batch, serial number, and a count where contents are named): were any
//! identifier looked for, every second batch number would be a question.

use std::fmt;
use std::str::FromStr;

use crdt_store::Rejection;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::reject;

// ---- types ----

/// The longest text that is read: more than any symbol on a box holds.
pub const TEXT_LEN_MAX: usize = 512;

/// Most ways to read one text: a person chooses among few.
const READINGS_MAX: usize = 6;

/// The separator behind values of variable length (FNC1, sent as the control character GS).
pub const GS: char = '\u{1d}';

/// An article number with 14 digits; the shorter kinds are filled with zeros, as the standard does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gtin(String);

impl Gtin {
    /// The 14 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Gtin {
    type Err = Rejection;

    /// Reads 8, 12, 13 or 14 digits, the last of them the check digit.
    fn from_str(text: &str) -> Result<Self, Rejection> {
        let text = text.trim();
        if !is_gtin_shaped(text) {
            return Err(reject::gs1("gs1-bad-value", "01", "a GTIN has 8, 12, 13 or 14 digits"));
        }
        require_check_digit("01", text)?;
        Ok(Self(format!("{text:0>14}")))
    }
}

/// One element of a label: an application identifier and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Element {
    /// The application identifier, such as `01` or `17`.
    pub identifier: String,
    /// The value, as printed.
    pub value: String,
    /// The day that the value means, where it means one.
    pub date: Option<Date>,
}

/// What a label says: each identifier once, in the order in which they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// The elements.
    pub elements: Vec<Element>,
}

/// A text as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It says this.
    Sure(Label),
    /// A separator may be missing: one of these, the text as it stands first. A person chooses.
    Unsure(Vec<Label>),
    /// It is no text of GS1.
    Foreign,
}

impl Label {
    /// A label of an article number alone.
    fn of_gtin(gtin: &Gtin) -> Self {
        Self { elements: vec![Element { identifier: "01".to_owned(), value: gtin.0.clone(), date: None }] }
    }

    /// The element of an identifier.
    pub fn element(&self, identifier: &str) -> Option<&Element> {
        self.elements.iter().find(|element| element.identifier == identifier)
    }

    fn value(&self, identifier: &str) -> Option<&str> {
        self.element(identifier).map(|element| element.value.as_str())
    }

    /// The article: of the thing itself, or of what a case contains.
    pub fn gtin(&self) -> Option<Gtin> {
        self.value("01").or_else(|| self.value("02")).map(|digits| Gtin(digits.to_owned()))
    }

    /// The batch.
    pub fn batch(&self) -> Option<&str> {
        self.value("10")
    }

    /// The serial number.
    pub fn serial(&self) -> Option<&str> {
        self.value("21")
    }

    /// The last day of use.
    pub fn expiry(&self) -> Option<Date> {
        self.element("17").and_then(|element| element.date)
    }

    /// The day of manufacture.
    pub fn manufactured(&self) -> Option<Date> {
        self.element("11").and_then(|element| element.date)
    }

    /// How many articles a case contains.
    pub fn count(&self) -> Option<u32> {
        self.value("37").or_else(|| self.value("30"))?.parse().ok()
    }

    /// The element string of this label, for a symbol that begins with FNC1: GS stands behind each value of variable
    /// length but the last.
    pub fn element_string(&self) -> String {
        let mut text = String::new();
        for (at, element) in self.elements.iter().enumerate() {
            text.push_str(&element.identifier);
            text.push_str(&element.value);
            if at + 1 < self.elements.len() && !is_predefined(&element.identifier) {
                text.push(GS);
            }
        }
        text
    }

    /// The label as people read it: identifiers in brackets.
    pub fn human_readable(&self) -> String {
        self.elements.iter().map(|element| format!("({}){}", element.identifier, element.value)).collect()
    }

    /// The label of a batch, if its values can stand in one: article, last day of use, batch.
    pub fn of_batch(gtin: &Gtin, expiry: Option<Date>, batch: Option<&str>) -> Option<Self> {
        let mut label = Self::of_gtin(gtin);
        if let Some(day) = expiry {
            let value = format!("{:02}{:02}{:02}", day.year().rem_euclid(100), day.month(), day.day());
            label.elements.push(Element { identifier: "17".to_owned(), value, date: Some(day) });
        }
        if let Some(batch) = batch {
            let fits = (1..=20).contains(&batch.len()) && batch.bytes().all(is_invariant);
            fits.then_some(())?;
            label.elements.push(Element { identifier: "10".to_owned(), value: batch.to_owned(), date: None });
        }
        Some(label)
    }
}

// ---- rules ----

/// What may stand behind an identifier.
#[derive(Clone, Copy, Debug)]
enum Value {
    /// Digits: at least, at most.
    Digits(usize, usize),
    /// So many digits, the last of them a check digit.
    Checked(usize),
    /// A day as `YYMMDD`.
    Day,
    /// Characters of the invariant set: at least, at most.
    Text(usize, usize),
    /// So many digits, then text of at most so many characters.
    DigitsThenText(usize, usize),
}

impl Value {
    /// Shortest and longest value, in characters.
    const fn lengths(self) -> (usize, usize) {
        match self {
            Self::Digits(min, max) | Self::Text(min, max) => (min, max),
            Self::Checked(len) => (len, len),
            Self::Day => (6, 6),
            Self::DigitsThenText(digits, text) => (digits, digits + text),
        }
    }
}

use Value::{Checked, Day, Digits, DigitsThenText, Text};

/// The identifiers of the General Specifications (release 25), from–to, and what stands behind them. What has a check
/// digit within a longer value is read by its length alone.
const IDENTIFIERS: &[(&str, &str, Value)] = &[
    ("00", "00", Checked(18)),
    ("01", "03", Checked(14)),
    ("10", "10", Text(1, 20)),
    ("11", "13", Day),
    ("15", "17", Day),
    ("20", "20", Digits(2, 2)),
    ("21", "22", Text(1, 20)),
    ("235", "235", Text(1, 28)),
    ("240", "241", Text(1, 30)),
    ("242", "242", Digits(1, 6)),
    ("243", "243", Text(1, 20)),
    ("250", "251", Text(1, 30)),
    ("253", "253", DigitsThenText(13, 17)),
    ("254", "254", Text(1, 20)),
    ("255", "255", Digits(13, 25)),
    ("30", "30", Digits(1, 8)),
    ("3100", "3165", Digits(6, 6)),
    ("3200", "3375", Digits(6, 6)),
    ("3400", "3575", Digits(6, 6)),
    ("3600", "3695", Digits(6, 6)),
    ("37", "37", Digits(1, 8)),
    ("3900", "3909", Digits(1, 15)),
    ("3910", "3919", Digits(4, 18)),
    ("3920", "3929", Digits(1, 15)),
    ("3930", "3939", Digits(4, 18)),
    ("3940", "3943", Digits(4, 4)),
    ("3950", "3955", Digits(6, 6)),
    ("400", "401", Text(1, 30)),
    ("402", "402", Checked(17)),
    ("403", "403", Text(1, 30)),
    ("410", "417", Checked(13)),
    ("420", "420", Text(1, 20)),
    ("421", "421", DigitsThenText(3, 9)),
    ("422", "422", Digits(3, 3)),
    ("423", "423", Digits(3, 15)),
    ("424", "424", Digits(3, 3)),
    ("425", "425", Digits(3, 15)),
    ("426", "426", Digits(3, 3)),
    ("427", "427", Text(1, 3)),
    ("4300", "4301", Text(1, 35)),
    ("4302", "4306", Text(1, 70)),
    ("4307", "4307", Text(2, 2)),
    ("4308", "4308", Text(1, 30)),
    ("4309", "4309", Digits(20, 20)),
    ("4310", "4311", Text(1, 35)),
    ("4312", "4316", Text(1, 70)),
    ("4317", "4317", Text(2, 2)),
    ("4318", "4318", Text(1, 20)),
    ("4319", "4319", Text(1, 30)),
    ("4320", "4320", Text(1, 35)),
    ("4321", "4323", Digits(1, 1)),
    ("4324", "4325", Digits(10, 10)),
    ("4326", "4326", Day),
    ("4330", "4333", DigitsThenText(6, 1)),
    ("7001", "7001", Digits(13, 13)),
    ("7002", "7002", Text(1, 30)),
    ("7003", "7003", Digits(10, 10)),
    ("7004", "7004", Digits(1, 4)),
    ("7005", "7005", Text(1, 12)),
    ("7006", "7006", Day),
    ("7007", "7007", Digits(6, 12)),
    ("7008", "7008", Text(1, 3)),
    ("7009", "7009", Text(1, 10)),
    ("7010", "7010", Text(1, 2)),
    ("7011", "7011", Digits(6, 10)),
    ("7020", "7022", Text(1, 20)),
    ("7023", "7023", Text(1, 30)),
    ("7030", "7039", DigitsThenText(3, 27)),
    ("7040", "7040", Text(4, 4)),
    ("710", "716", Text(1, 20)),
    ("7230", "7239", Text(3, 30)),
    ("7240", "7240", Text(1, 20)),
    ("7241", "7241", Digits(2, 2)),
    ("7242", "7242", Text(1, 25)),
    ("8001", "8001", Digits(14, 14)),
    ("8002", "8002", Text(1, 20)),
    ("8003", "8003", DigitsThenText(14, 16)),
    ("8004", "8004", Text(1, 30)),
    ("8005", "8005", Digits(6, 6)),
    ("8006", "8006", Digits(18, 18)),
    ("8007", "8007", Text(1, 34)),
    ("8008", "8008", Digits(8, 12)),
    ("8009", "8009", Text(1, 50)),
    ("8010", "8010", Text(1, 30)),
    ("8011", "8011", Digits(1, 12)),
    ("8012", "8012", Text(1, 20)),
    ("8013", "8013", Text(1, 25)),
    ("8017", "8018", Checked(18)),
    ("8019", "8019", Digits(1, 10)),
    ("8020", "8020", Text(1, 25)),
    ("8026", "8026", Digits(18, 18)),
    ("8030", "8030", Text(1, 90)),
    ("8110", "8110", Text(1, 70)),
    ("8111", "8111", Digits(4, 4)),
    ("8112", "8112", Text(1, 70)),
    ("8200", "8200", Text(1, 70)),
    ("90", "90", Text(1, 30)),
    ("91", "99", Text(1, 90)),
];

/// How many digits identifiers with this beginning have (figure 7.8.5).
fn identifier_len(first_two: &str) -> usize {
    match first_two {
        "23" | "24" | "25" | "40" | "41" | "42" | "71" => 3,
        "31" | "32" | "33" | "34" | "35" | "36" | "39" | "43" | "70" | "72" | "80" | "81" | "82" => 4,
        _ => 2,
    }
}

/// Whether the length of an identifier's value is fixed for ever, so that no separator follows (figure 7.8.5-2).
fn is_predefined(identifier: &str) -> bool {
    let first_two = identifier.get(..2).unwrap_or_default();
    matches!(first_two, "00" | "01" | "02" | "03" | "04" | "20" | "41")
        || ("11"..="19").contains(&first_two)
        || ("31"..="36").contains(&first_two)
}

fn format_of(identifier: &str) -> Option<Value> {
    // The last digit of measures says where their decimal point stands: at most five digits follow it.
    let is_measure = identifier.len() == 4 && ("31".."37").contains(&&identifier[..2]);
    if is_measure && identifier.as_bytes()[3] > b'5' {
        return None;
    }
    let fits = |(first, last, _): &&(&str, &str, Value)| {
        first.len() == identifier.len() && (*first..=*last).contains(&identifier)
    };
    IDENTIFIERS.iter().find(fits).map(|(_, _, value)| *value)
}

/// The identifier at the beginning of a text, and what stands behind it.
fn identifier_at(text: &str) -> Result<(&str, Value), Rejection> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let Some(first_two) = text.get(..2).filter(|_| digits >= 2) else {
        let found: String = text.chars().take(2).collect();
        return Err(reject::gs1("gs1-unknown-identifier", &found, "an identifier begins with two digits"));
    };
    let identifier = &text[..identifier_len(first_two).min(digits)];
    format_of(identifier).map(|format| (identifier, format)).ok_or_else(|| {
        reject::gs1("gs1-unknown-identifier", identifier, format!("there is no identifier {identifier}"))
    })
}

/// Letters, digits and signs that values are made of (GS1 character set 82).
fn is_invariant(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!\"%&'()*+,-./:;<=>?_".contains(&byte)
}

fn check_digit_of(digits_before: &str) -> u8 {
    let weighted = |(at, digit): (usize, u8)| u32::from(digit - b'0') * if at % 2 == 0 { 3 } else { 1 };
    let sum: u32 = digits_before.bytes().rev().enumerate().map(weighted).sum();
    b'0' + ((10 - sum % 10) % 10) as u8
}

/// The rejection `gs1-check-digit`, unless the last digit follows from those before it (section 7.9).
fn require_check_digit(identifier: &str, digits: &str) -> Result<(), Rejection> {
    match digits.split_at_checked(digits.len().saturating_sub(1)) {
        Some((before, last)) if !before.is_empty() && last.as_bytes() == [check_digit_of(before)] => Ok(()),
        _ => Err(reject::gs1(
            "gs1-check-digit",
            identifier,
            format!("the check digit of {digits} is wrong: a part of the code was read badly"),
        )),
    }
}

/// The year of two digits, within 49 years back and 50 ahead of today (section 7.12).
fn year_of(two_digits: i16, today: Date) -> i16 {
    let century = today.year() - today.year().rem_euclid(100);
    match two_digits - today.year().rem_euclid(100) {
        51.. => century - 100 + two_digits,
        ..=-50 => century + 100 + two_digits,
        _ => century + two_digits,
    }
}

/// The day that `YYMMDD` means; day 00 is the last of its month.
fn day_of(identifier: &str, value: &str, today: Date) -> Result<Date, Rejection> {
    let bad = || reject::gs1("gs1-bad-date", identifier, format!("{value} is no day"));
    let part = |at: usize| value.get(at..at + 2).and_then(|part| part.parse::<i8>().ok()).ok_or_else(bad);
    let (year, month, day) = (part(0)?, part(2)?, part(4)?);
    let year = year_of(year.into(), today);
    match day {
        0 => Date::new(year, month, 1).map(Date::last_of_month),
        day => Date::new(year, month, day),
    }
    .map_err(|_| bad())
}

fn is_gtin_shaped(text: &str) -> bool {
    [8, 12, 13, 14].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A value as an element, if it is what its identifier asks for.
fn element(identifier: &str, format: Value, value: &str, today: Date) -> Result<Element, Rejection> {
    let bad = |why: String| Err(reject::gs1("gs1-bad-value", identifier, why));
    let (min, max) = format.lengths();
    if value.len() < min {
        let why = format!("({identifier}) wants {min} characters and has {}", value.len());
        return Err(reject::gs1("gs1-truncated", identifier, why));
    }
    if value.len() > max {
        return bad(format!("({identifier}) has more than {max} characters"));
    }
    let digits = match format {
        Text(..) => 0,
        DigitsThenText(digits, _) => digits,
        _ => value.len(),
    };
    let (number, text) = value.as_bytes().split_at(digits);
    if !number.iter().all(u8::is_ascii_digit) || !text.iter().copied().all(is_invariant) {
        return bad(format!("«{value}» cannot stand behind ({identifier})"));
    }
    let date = match format {
        Checked(_) => require_check_digit(identifier, value).map(|()| None)?,
        Day => Some(day_of(identifier, value, today)?),
        _ => None,
    };
    Ok(Element { identifier: identifier.to_owned(), value: value.to_owned(), date })
}

/// Adds an element; the same one twice is one, another value for an identifier is the rejection `gs1-duplicate`.
fn add(label: &mut Label, element: Element) -> Result<(), Rejection> {
    match label.element(&element.identifier) {
        None => label.elements.push(element),
        Some(known) if known.value == element.value => {}
        Some(known) => {
            let why = format!("({}) is both {} and {}", known.identifier, known.value, element.value);
            return Err(reject::gs1("gs1-duplicate", &element.identifier, why));
        }
    }
    Ok(())
}

// ---- read ----

/// Reads what a scanner sent or a person typed; years of two digits are near `today`.
///
/// # Errors
/// `gs1-check-digit`, `gs1-unknown-identifier`, `gs1-bad-date`, `gs1-bad-value`, `gs1-truncated`, `gs1-duplicate`,
/// each with the identifier as the parameter `code`; `validation` of a text that is too long.
pub fn read(text: &str, today: Date) -> Result<Reading, Rejection> {
    if text.chars().count() > TEXT_LEN_MAX {
        return Err(reject::validation("/text", format!("at most {TEXT_LEN_MAX} characters")));
    }
    let text = text.trim();
    let (prefix, body) = split_prefix(text);
    if body.starts_with("https://") || body.starts_with("http://") {
        return Ok(match read_link(body, today)? {
            Some(label) => Reading::Sure(label),
            None => Reading::Foreign,
        });
    }
    if body.starts_with('(') && body[1..].starts_with(|first: char| first.is_ascii_digit()) {
        return read_bracketed(body, today).map(Reading::Sure);
    }
    if prefix != Prefix::Elements && is_gtin_shaped(body) {
        return Gtin::from_str(body).map(|gtin| Reading::Sure(Label::of_gtin(&gtin)));
    }
    let marked = prefix == Prefix::Elements || body.contains(GS) || begins_with_key(body);
    match read_elements(body, today) {
        Err(rejection) if marked => Err(rejection),
        // Without any mark a text is one of GS1 only if it names an article: "10ABC" may be somebody's item code.
        Ok(reading) if marked || names_article(&reading) => Ok(reading),
        _ => Ok(Reading::Foreign),
    }
}

fn names_article(reading: &Reading) -> bool {
    match reading {
        Reading::Sure(label) => label.gtin().is_some(),
        Reading::Unsure(labels) => labels.iter().any(|label| label.gtin().is_some()),
        Reading::Foreign => false,
    }
}

/// What a scanner says of the symbol before its content (ISO/IEC 15424).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefix {
    /// Nothing.
    None,
    /// The content is an element string.
    Elements,
    /// Some other symbol, such as EAN-13.
    Other,
}

fn split_prefix(text: &str) -> (Prefix, &str) {
    let bytes = text.as_bytes();
    let is_prefix = bytes.len() > 3 && bytes[0] == b']' && bytes[1..3].iter().all(u8::is_ascii_alphanumeric);
    if !is_prefix {
        return (Prefix::None, text.trim_start_matches(GS));
    }
    let body = text[3..].trim_start_matches(GS);
    match &text[..3] {
        "]d2" | "]C1" | "]Q3" | "]e0" | "]J1" => (Prefix::Elements, body),
        _ => (Prefix::Other, body),
    }
}

/// Whether a text begins as element strings of boxes do: the key of an article, its contents or a case, whole.
fn begins_with_key(text: &str) -> bool {
    let len = match text.get(..2) {
        Some("01" | "02") => 16,
        Some("00") => 20,
        _ => return false,
    };
    text.len() > 14 && text.bytes().take(len).all(|byte| byte.is_ascii_digit())
}

fn read_elements(text: &str, today: Date) -> Result<Reading, Rejection> {
    let as_it_stands = read_separated(text, today);
    if text.contains(GS) || !text.is_ascii() {
        return as_it_stands.map(Reading::Sure);
    }
    let mut labels = Vec::new();
    collect_ways(text, today, &mut Label::default(), &mut labels);
    match (as_it_stands, labels.len()) {
        (Err(rejection), 0) => Err(rejection),
        (Ok(label), 0 | 1) => Ok(Reading::Sure(label)),
        _ => Ok(Reading::Unsure(labels)),
    }
}

/// Reads an element string as it stands: a value of variable length ends at a separator or with the text.
fn read_separated(text: &str, today: Date) -> Result<Label, Rejection> {
    let mut label = Label::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (identifier, format) = identifier_at(rest)?;
        let body = &rest[identifier.len()..];
        let until = body.find(GS).unwrap_or(body.len());
        let (min, max) = format.lengths();
        let mut end = if min == max { until.min(max) } else { until };
        while !body.is_char_boundary(end) {
            end -= 1;
        }
        add(&mut label, element(identifier, format, &body[..end], today)?)?;
        rest = body[end..].trim_start_matches(GS);
    }
    match label.elements.is_empty() {
        true => Err(reject::gs1("gs1-truncated", "", "there is nothing")),
        false => Ok(label),
    }
}

/// Finds all ways to read a text without separators, the longest values first, so that the text as it stands comes
/// first. An identifier stands once in a label, so the ways are few.
fn collect_ways(text: &str, today: Date, before: &mut Label, found: &mut Vec<Label>) {
    if found.len() == READINGS_MAX {
        return;
    }
    if text.is_empty() {
        found.push(before.clone());
        return;
    }
    for (element, rest) in steps(text, before, today) {
        let known = before.elements.len();
        if add(before, element).is_ok() {
            collect_ways(rest, today, before, found);
        }
        before.elements.truncate(known);
    }
}

/// The elements that may begin a text, and what each leaves of it.
fn steps<'t>(text: &'t str, before: &Label, today: Date) -> Vec<(Element, &'t str)> {
    let Ok((identifier, format)) = identifier_at(text) else { return Vec::new() };
    let body = &text[identifier.len()..];
    let (min, max) = format.lengths();
    let may_end =
        |len: &usize| *len == body.len() || min == max || is_likely_rest(&body[*len..], before, identifier);
    let ends = (min..=max.min(body.len())).rev().filter(may_end);
    ends.filter_map(|len| Some((element(identifier, format, &body[..len], today).ok()?, &body[len..])))
        .collect()
}

/// Whether what would follow a value begins with what labels of medicines carry beside a batch.
fn is_likely_rest(rest: &str, before: &Label, swallower: &str) -> bool {
    let Ok((identifier, _)) = identifier_at(rest) else { return false };
    let is_new = identifier != swallower && before.element(identifier).is_none();
    is_new
        && match identifier {
            "00" | "01" | "02" | "10" | "11" | "13" | "15" | "17" | "21" => true,
            "37" => before.element("02").is_some(),
            _ => false,
        }
}

/// Reads `(01)…(10)…`: a value ends where the next identifier in brackets begins.
fn read_bracketed(text: &str, today: Date) -> Result<Label, Rejection> {
    let mut label = Label::default();
    let mut rest = text;
    while let Some(inner) = rest.strip_prefix('(') {
        let Some((identifier, body)) = inner.split_once(')') else {
            return Err(reject::gs1("gs1-truncated", inner, "a bracket is not closed"));
        };
        let format = format_of(identifier).ok_or_else(|| {
            reject::gs1("gs1-unknown-identifier", identifier, format!("there is no identifier {identifier}"))
        })?;
        let end = body.match_indices('(').map(|(at, _)| at).find(|at| opens_identifier(&body[*at..]));
        let (value, next) = body.split_at(end.unwrap_or(body.len()));
        add(&mut label, element(identifier, format, value.trim(), today)?)?;
        rest = next;
    }
    Ok(label)
}

/// Whether a bracket opens an identifier, and is not a sign of a batch.
fn opens_identifier(text: &str) -> bool {
    let inner = text.get(1..).and_then(|inner| inner.split_once(')'));
    inner.is_some_and(|(inner, _)| {
        (2..=4).contains(&inner.len()) && inner.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Reads a GS1 Digital Link: pairs in the path from the article's `01` on, and those of the question whose names are
/// identifiers. An address without an article is no link of GS1.
fn read_link(text: &str, today: Date) -> Result<Option<Label>, Rejection> {
    let text = text.split('#').next().unwrap_or_default();
    let (path, question) = text.split_once('?').unwrap_or((text, ""));
    let segments: Vec<&str> = path.split('/').skip(3).filter(|segment| !segment.is_empty()).collect();
    let is_key = |pair: &[&str]| pair[0] == "01" && is_gtin_shaped(pair[1]);
    let Some(first) = segments.windows(2).position(is_key) else { return Ok(None) };
    let mut label = Label::of_gtin(&segments[first + 1].parse()?);
    let in_path = segments[first + 2..].chunks_exact(2).map(|pair| (pair[0], pair[1]));
    let in_question = question.split(['&', ';']).filter_map(|pair| pair.split_once('='));
    let is_identifier = |name: &str| name.len() >= 2 && name.bytes().all(|byte| byte.is_ascii_digit());
    for (identifier, value) in in_path.chain(in_question.filter(|(name, _)| is_identifier(name))) {
        let format = format_of(identifier).ok_or_else(|| {
            reject::gs1("gs1-unknown-identifier", identifier, format!("there is no identifier {identifier}"))
        })?;
        add(&mut label, element(identifier, format, &unescape(value), today)?)?;
    }
    Ok(Some(label))
}

/// Resolves `%2F`; what is no escape stands for itself.
fn unescape(text: &str) -> String {
    let (bytes, mut at) = (text.as_bytes(), 0);
    let mut plain = Vec::with_capacity(bytes.len());
    while at < bytes.len() {
        let escaped = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let byte = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        plain.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GTIN: &str = "09521234543213";

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    fn today() -> Date {
        day("2026-11-22")
    }

    fn sure(text: &str) -> Label {
        match read(text, today()) {
            Ok(Reading::Sure(label)) => label,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn unsure(text: &str) -> Vec<String> {
        match read(text, today()) {
            Ok(Reading::Unsure(labels)) => labels.iter().map(Label::human_readable).collect(),
            other => panic!("{text}: {other:?}"),
        }
    }

    fn refused(text: &str) -> (String, String) {
        let rejection = read(text, today()).expect_err("refused");
        (rejection.code.to_string(), rejection.parameters.get("code").cloned().unwrap_or_default())
    }

    fn code(code: &str, identifier: &str) -> (String, String) {
        (code.to_owned(), identifier.to_owned())
    }

    #[test]
    fn a_label_is_read_however_it_comes() {
        let expected = "(01)09521234543213(17)271231(10)ABC123(21)4711";
        for text in [
            "]d201095212345432131727123110ABC123\u{1d}214711",
            "]C101095212345432131727123110ABC123\u{1d}214711",
            "]Q301095212345432131727123110ABC123\u{1d}214711\u{1d}",
            "]e0\u{1d}01095212345432131727123110ABC123\u{1d}214711",
            "01095212345432131727123110ABC123\u{1d}214711\r\n",
            "(01)09521234543213(17)271231(10)ABC123(21)4711",
            "(01) 09521234543213 (17) 271231 (10) ABC123 (21) 4711",
            "https://example.org/some/path/01/09521234543213/17/271231/10/ABC123/21/4711?linkType=x",
        ] {
            assert_eq!(sure(text).human_readable(), expected, "{text}");
        }
        let link = sure("https://id.gs1.org/01/9521234543213/10/A%2FB?17=271200");
        assert_eq!((link.batch(), link.expiry()), (Some("A/B"), Some(day("2027-12-31"))));
    }

    #[test]
    fn a_separator_behind_a_value_of_fixed_length_does_no_harm() {
        let label = sure("0109521234543213\u{1d}17271231\u{1d}10AB");
        assert_eq!(label.human_readable(), "(01)09521234543213(17)271231(10)AB");
    }

    #[test]
    fn short_article_numbers_are_filled_with_zeros() {
        for (text, gtin) in [
            ("9521234543213", GTIN),
            ("09521234543213", GTIN),
            ("]E09521234543213", GTIN),
            ("96385074", "00000096385074"),
            ("036000291452", "00036000291452"),
        ] {
            assert_eq!(sure(text).gtin().expect("an article").as_str(), gtin, "{text}");
        }
        for demo in ["018", "025", "032", "049", "056"] {
            assert!(Gtin::from_str(&format!("09521000000{demo}")).is_ok(), "{demo}");
        }
    }

    #[test]
    fn places_have_check_digits_too() {
        let label = sure("01095212345432134149521000001015");
        assert_eq!(label.human_readable(), "(01)09521234543213(414)9521000001015");
        assert_eq!(refused("01095212345432134149521000001016"), code("gs1-check-digit", "414"));
    }

    #[test]
    fn day_nought_is_the_last_of_its_month() {
        let expiry = |value: &str| sure(&format!("01{GTIN}17{value}")).expiry();
        assert_eq!(expiry("280200"), Some(day("2028-02-29")));
        assert_eq!(expiry("270200"), Some(day("2027-02-28")));
        assert_eq!(expiry("261115"), Some(day("2026-11-15")));
    }

    #[test]
    fn a_year_of_two_digits_is_the_one_nearest_to_today() {
        assert_eq!((year_of(76, today()), year_of(77, today())), (2076, 1977));
        assert_eq!((year_of(99, today()), year_of(0, today())), (1999, 2000));
        let late = day("2090-01-01");
        assert_eq!((year_of(40, late), year_of(41, late), year_of(89, late)), (2140, 2041, 2089));
        for year in 1950..2150 {
            for two_digits in 0..100 {
                let found = year_of(two_digits, Date::constant(year, 6, 1));
                assert!(found.rem_euclid(100) == two_digits && (-49..=50).contains(&(found - year)));
            }
        }
    }

    #[test]
    fn what_was_read_badly_is_refused_with_its_identifier() {
        assert_eq!(refused("0109521234543214"), code("gs1-check-digit", "01"));
        assert_eq!(refused("9521234543214"), code("gs1-check-digit", "01"));
        assert_eq!(refused(&format!("01{GTIN}17271331")), code("gs1-bad-date", "17"));
        assert_eq!(refused(&format!("01{GTIN}17270230")), code("gs1-bad-date", "17"));
        assert_eq!(refused(&format!("01{GTIN}172712")), code("gs1-truncated", "17"));
        assert_eq!(refused(&format!("01{GTIN}10")), code("gs1-truncated", "10"));
        assert_eq!(refused("]d2010952123454"), code("gs1-truncated", "01"));
        assert_eq!(refused(&format!("01{GTIN}2911")), code("gs1-unknown-identifier", "29"));
        assert_eq!(refused(&format!("01{GTIN}8299x")), code("gs1-unknown-identifier", "8299"));
        assert_eq!(refused(&format!("01{GTIN}3109000100")), code("gs1-unknown-identifier", "3109"));
        assert_eq!(refused("(01)09521234543213(29)1"), code("gs1-unknown-identifier", "29"));
        assert_eq!(refused(&format!("01{GTIN}10A\u{1d}10B")), code("gs1-duplicate", "10"));
        assert_eq!(refused(&format!("01{GTIN}10É")), code("gs1-bad-value", "10"));
        assert_eq!(refused(&format!("01{GTIN}37x")), code("gs1-bad-value", "37"));
        assert_eq!(refused("(01)09521234543213(10)123456789012345678901"), code("gs1-bad-value", "10"));
    }

    #[test]
    fn the_same_element_twice_is_one() {
        assert_eq!(sure(&format!("01{GTIN}10A\u{1d}10A")).elements.len(), 2);
    }

    #[test]
    fn a_batch_that_may_have_swallowed_what_follows_is_a_question() {
        let swallowed = format!("01{GTIN}10ABC12317271231");
        assert_eq!(
            unsure(&swallowed),
            ["(01)09521234543213(10)ABC12317271231", "(01)09521234543213(10)ABC123(17)271231",]
        );
        let three = unsure(&format!("01{GTIN}10ABC21SER17271231"));
        assert!(three.contains(&"(01)09521234543213(10)ABC(21)SER(17)271231".to_owned()), "{three:?}");
        assert_eq!(three[0], "(01)09521234543213(10)ABC21SER17271231");
        // Too long for a batch as it stands: there is one way left, and it is still a person's to confirm.
        let long = unsure(&format!("01{GTIN}10ABC211234567890123456789"));
        assert_eq!(long, ["(01)09521234543213(10)ABC(21)1234567890123456789"]);
    }

    #[test]
    fn a_batch_that_cannot_have_swallowed_anything_is_no_question() {
        for batch in ["ABC123", "B9930", "LOT17999999", "370012", "A01", "2237"] {
            let label = sure(&format!("01{GTIN}1727123110{batch}"));
            assert_eq!(label.batch(), Some(batch));
        }
        // With a separator anywhere the scanner is known to send them.
        assert_eq!(sure(&format!("01{GTIN}21S1\u{1d}10LOT2105")).batch(), Some("LOT2105"));
        assert_eq!(unsure(&format!("01{GTIN}10LOT2105")).len(), 2);
    }

    #[test]
    fn a_word_of_people_is_none_of_gs1() {
        for text in
            ["AMOX250D", "10ABC", "paracétamol", "KPU-b3-00042", "0112", "https://example.org/x", "", "12345"]
        {
            assert_eq!(read(text, today()), Ok(Reading::Foreign), "{text}");
        }
    }

    #[test]
    fn every_identifier_has_the_length_that_its_beginning_says() {
        for (first, last, format) in IDENTIFIERS {
            assert_eq!(first.len(), last.len());
            assert_eq!(identifier_len(&first[..2]), first.len(), "{first}");
            let (min, max) = format.lengths();
            assert!(min >= 1 && min <= max, "{first}");
            assert!(!is_predefined(first) || min == max, "{first}");
        }
    }

    fn article() -> impl Strategy<Value = String> {
        "[0-9]{13}".prop_map(|digits| format!("{digits}{}", char::from(check_digit_of(&digits))))
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back(
            gtin in article(),
            batch in "[!%&'()*+,./:;<=>?_A-Za-z0-9-]{1,20}",
            serial in proptest::option::of("[A-Za-z0-9-]{1,20}"),
            expiry in (2000i16..2070, 1i8..=12, 1i8..=28),
        ) {
            let day = Date::constant(expiry.0, expiry.1, expiry.2);
            let gtin = Gtin::from_str(&gtin).expect("an article");
            let mut label = Label::of_batch(&gtin, Some(day), Some(&batch)).expect("a batch that fits");
            let separated = format!("]d2{}{GS}", label.element_string());
            prop_assert_eq!(read(&separated, today()), Ok(Reading::Sure(label.clone())));
            label.elements.extend(serial.map(|value| {
                Element { identifier: "21".to_owned(), value, date: None }
            }));
            let text = format!("{}{GS}", label.element_string());
            prop_assert_eq!(read(&text, today()), Ok(Reading::Sure(label.clone())));
            prop_assert_eq!(label.expiry(), Some(day));
            // Without its separators the text is never read as something else without a question.
            match read(&label.element_string().replace(GS, ""), today()) {
                Ok(Reading::Sure(read)) => prop_assert_eq!(read, label),
                Ok(Reading::Unsure(labels)) => prop_assert!(
                    labels.len() == READINGS_MAX || labels.contains(&label), "{:?}", labels
                ),
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn nothing_that_a_scanner_sends_breaks_the_reader(text in "\\PC{0,80}", bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = read(&text, today());
            let _ = read(&String::from_utf8_lossy(&bytes), today());
            for beginning in ["]d2", "01", "(01)", "https://a/01/", "0109521234543213"] {
                let _ = read(&format!("{beginning}{text}"), today());
            }
        }

        #[test]
        fn one_digit_read_badly_never_passes(gtin in article(), at in 0usize..14, by in 1u8..10) {
            let mut digits = gtin.into_bytes();
            digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
            let text = String::from_utf8(digits).expect("digits");
            prop_assert!(Gtin::from_str(&text).is_err());
        }
    }
}
