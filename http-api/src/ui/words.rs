//! Languages: the words of pages, by Fluent, and how numbers, days and instants are written.

use std::borrow::Cow;
use std::sync::LazyLock;

use crdt_store::Timestamp;
use domain::{Date, Money, Quantity};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use maud::{Markup, html};

/// A language that pages are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// English.
    English,
    /// French.
    French,
    /// English with accents and longer words: shows text that is not translated or does not fit.
    Pseudo,
    /// English written from the right: shows what a language of that kind will look like.
    Mirrored,
}

impl Language {
    pub(super) const ALL: [Self; 4] = [Self::English, Self::French, Self::Pseudo, Self::Mirrored];
    /// The ones that people choose from.
    pub(super) const OFFERED: [Self; 2] = [Self::French, Self::English];

    /// The BCP 47 tag.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::Pseudo => "en-XA",
            Self::Mirrored => "ar-XB",
        }
    }

    /// What its speakers call it.
    pub(super) const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
            Self::Pseudo => "Ƥşḗŭḓǿ",
            Self::Mirrored => "Mirrored",
        }
    }

    /// The language of a tag.
    pub(super) fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag))
    }

    /// The best language for an `Accept-Language` header.
    pub(super) fn accepted(header: &str) -> Self {
        let mut wishes: Vec<(u32, usize, &str)> = header
            .split(',')
            .enumerate()
            .filter_map(|(at, part)| {
                let (tag, weight) = part.split_once(";q=").unwrap_or((part, "1"));
                let weight: f32 = weight.trim().parse().ok()?;
                Some(((weight * 1_000.0) as u32, usize::MAX - at, tag.trim()))
            })
            .collect();
        wishes.sort_by(|a, b| b.cmp(a));
        let known = |tag: &str| match tag.split('-').next().map(str::to_ascii_lowercase).as_deref() {
            Some("fr") => Some(Self::French),
            Some("en") => Some(Self::English),
            _ => None,
        };
        wishes.into_iter().find_map(|(_, _, tag)| known(tag)).unwrap_or(Self::English)
    }

    const fn index(self) -> usize {
        self as usize
    }

    fn is_french(self) -> bool {
        self == Self::French
    }
}

/// The words of a language: one file for each part of the interface.
macro_rules! words_of {
    ($language:literal) => {
        concat!(
            include_str!(concat!("../../locales/", $language, "/general.ftl")),
            include_str!(concat!("../../locales/", $language, "/shelf.ftl")),
            include_str!(concat!("../../locales/", $language, "/stocktakes.ftl")),
            include_str!(concat!("../../locales/", $language, "/figures.ftl")),
            include_str!(concat!("../../locales/", $language, "/sheets.ftl")),
            include_str!(concat!("../../locales/", $language, "/scanning.ftl")),
            include_str!(concat!("../../locales/", $language, "/conflicts.ftl")),
            include_str!(concat!("../../locales/", $language, "/orders.ftl")),
            include_str!(concat!("../../locales/", $language, "/rnr.ftl")),
            include_str!(concat!("../../locales/", $language, "/shares.ftl")),
            include_str!(concat!("../../locales/", $language, "/bundles.ftl")),
            include_str!(concat!("../../locales/", $language, "/shipments.ftl")),
        )
    };
}

const ENGLISH: &str = words_of!("en");
const FRENCH: &str = words_of!("fr");

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 4]> = LazyLock::new(|| {
    [
        bundle(Language::English, ENGLISH, None),
        bundle(Language::French, FRENCH, None),
        bundle(Language::Pseudo, ENGLISH, Some(pseudo)),
        bundle(Language::Mirrored, ENGLISH, None),
    ]
});

fn bundle(
    language: Language,
    source: &str,
    transform: Option<fn(&str) -> Cow<'_, str>>,
) -> FluentBundle<FluentResource> {
    let identifier = language.tag().parse().expect("our own tags are tags");
    let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
    bundle.set_use_isolating(false);
    bundle.set_transform(transform);
    bundle.set_formatter(Some(if language.is_french() { french_number } else { english_number }));
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
    bundle.add_resource_overriding(resource);
    bundle
}

fn french_number<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    plain_number(value, Language::French)
}

fn english_number<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    plain_number(value, Language::English)
}

/// Counts inside sentences are grouped as numbers elsewhere are.
fn plain_number(value: &FluentValue<'_>, language: Language) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(Words(language).whole(number.value as i64)),
        _ => None,
    }
}

/// Latin letters with an accent each, and half as many again: «ƥşḗŭḓǿ».
fn pseudo(text: &str) -> Cow<'_, str> {
    const PLAIN: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const ACCENTED: &str = "ȧƀƈḓḗƒɠħīĵķŀḿƞǿƥɋřşŧŭṽẇẋẏẑȦƁƇḒḖƑƓĦĪĴĶĿḾȠǾƤɊŘŞŦŬṼẆẊẎẐ";
    let accented = |letter: char| {
        PLAIN
            .chars()
            .position(|plain| plain == letter)
            .and_then(|at| ACCENTED.chars().nth(at))
            .unwrap_or(letter)
    };
    Cow::Owned(text.chars().map(accented).collect())
}

/// A value inside a sentence.
pub(super) enum Arg<'a> {
    /// Text, used as it is.
    Text(Cow<'a, str>),
    /// A count: chooses the plural and is written with its groups.
    Count(i64),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Arg<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

macro_rules! counts {
    ($($number:ty),*) => {
        $(impl From<$number> for Arg<'_> {
            fn from(count: $number) -> Self {
                Self::Count(i64::try_from(count).unwrap_or(i64::MAX))
            }
        })*
    };
}
counts!(i64, u64, u32, usize, i32);

/// Says something in the reader's language: `t!(words, "rows", n = 3)`.
macro_rules! t {
    ($words:expr, $key:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $words.say($key, &[$((stringify!($name), $crate::ui::words::Arg::from($value))),*])
    };
}
pub(super) use t;

/// Thin and unbreakable, as French groups digits.
const THIN_SPACE: char = '\u{202f}';
/// Unbreakable, between a number and its unit.
const NO_BREAK_SPACE: char = '\u{a0}';

const MONTHS_EN: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTHS_FR: [&str; 12] =
    ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."];

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The reader's language, at work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words(pub(super) Language);

impl Words {
    pub(super) fn language(self) -> Language {
        self.0
    }

    pub(super) fn is_right_to_left(self) -> bool {
        self.0 == Language::Mirrored
    }

    /// The sentence of a key; the key itself where there is none, which a test keeps from happening.
    pub(super) fn say(self, key: &str, values: &[(&'static str, Arg<'_>)]) -> String {
        self.try_say(key, values).unwrap_or_else(|| key.to_owned())
    }

    /// The sentence of a key that may not exist, such as that of a code from elsewhere.
    pub(super) fn try_say(self, key: &str, values: &[(&'static str, Arg<'_>)]) -> Option<String> {
        let bundle = &BUNDLES[self.0.index()];
        let pattern = bundle.get_message(key)?.value()?;
        let mut arguments = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            match value {
                Arg::Text(text) => arguments.set(*name, text.as_ref()),
                Arg::Count(count) => arguments.set(*name, *count),
            }
        }
        Some(bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned())
    }

    /// The word for a code of a family, such as the status `shipped`; the code itself if a newer peer made it.
    pub(super) fn code(self, family: &str, code: &str) -> String {
        self.try_say(&format!("{family}-{code}"), &[]).unwrap_or_else(|| code.to_owned())
    }

    /// A whole number in groups of three.
    pub(super) fn whole(self, number: i64) -> String {
        let digits = number.unsigned_abs().to_string();
        let separator = if self.0.is_french() { THIN_SPACE } else { ',' };
        let mut text = String::with_capacity(digits.len() * 2);
        if number < 0 {
            text.push('−');
        }
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(separator);
            }
            text.push(digit);
        }
        text
    }

    pub(super) fn thousandths(self, thousandths: i64, decimals_min: usize) -> String {
        let mut text = self.whole(thousandths / 1_000);
        if thousandths < 0 && thousandths > -1_000 {
            text.insert(0, '−');
        }
        let fraction = format!("{:03}", thousandths.unsigned_abs() % 1_000);
        let kept = fraction.trim_end_matches('0').len().max(decimals_min);
        if kept > 0 {
            text.push(if self.0.is_french() { ',' } else { '.' });
            text.push_str(&fraction[..kept]);
        }
        text
    }

    /// A quantity in base units.
    pub(super) fn quantity(self, quantity: Quantity) -> String {
        self.thousandths(quantity.thousandths(), 0)
    }

    /// Months of stock to a tenth, halves away from zero; exact to a thousandth elsewhere.
    pub(super) fn months_of_stock(self, months: Quantity) -> String {
        let tenths = (months.thousandths().abs() + 50) / 100;
        self.thousandths(if months.is_negative() { -tenths } else { tenths } * 100, 1)
    }

    /// An average as people speak of it: whole from ten on, else to a tenth; exact where its arithmetic is shown.
    pub(super) fn average(self, average: Quantity) -> String {
        let step = if average.thousandths().abs() >= 10_000 { 1_000 } else { 100 };
        let rounded = (average.thousandths().abs() + step / 2) / step * step;
        self.thousandths(if average.is_negative() { -rounded } else { rounded }, 0)
    }

    /// A price: to the hundredth at least, as money is written.
    pub(super) fn price(self, price: Money) -> String {
        self.thousandths(price.thousandths(), 2)
    }

    /// A quantity with its sign.
    pub(super) fn signed(self, quantity: Quantity) -> String {
        let plus = if quantity.is_positive() { "+" } else { "" };
        format!("{plus}{}", self.quantity(quantity))
    }

    /// A quantity as an input holds it: no groups, the decimal mark of the language.
    pub(super) fn input(self, quantity: Quantity) -> String {
        let text = quantity.to_string();
        if self.0.is_french() { text.replace('.', ",") } else { text }
    }

    /// What somebody typed as a quantity: spaces are groups; where the language writes a decimal comma, so is it read.
    pub(super) fn parse_quantity(self, typed: &str) -> Option<Quantity> {
        let plain: String = typed
            .chars()
            .filter(|letter| !letter.is_whitespace() && *letter != THIN_SPACE && *letter != NO_BREAK_SPACE)
            .map(|letter| if letter == '−' { '-' } else { letter })
            .collect();
        let plain = if self.0.is_french() { plain.replace(',', ".") } else { without_groups(&plain)? };
        plain.parse().ok()
    }

    /// A day: `14 Nov 2026`, `14 nov. 2026`.
    pub(super) fn day(self, day: Date) -> String {
        format!("{}{NO_BREAK_SPACE}{}", self.day_of_year(day), day.year())
    }

    /// A day of a year that the reader knows: `14 Nov`, `14 nov.`.
    fn day_of_year(self, day: Date) -> String {
        let first =
            if self.0.is_french() && day.day() == 1 { "1er".to_owned() } else { day.day().to_string() };
        format!("{first}{NO_BREAK_SPACE}{}", self.short_month(day))
    }

    /// A month of a year: `Nov 2026`, `nov. 2026`.
    pub(super) fn month(self, day: Date) -> String {
        format!("{}{NO_BREAK_SPACE}{}", self.short_month(day), day.year())
    }

    /// A month of a year that the reader knows: `Nov`, `nov.`.
    pub(super) fn short_month(self, day: Date) -> &'static str {
        let months = if self.0.is_french() { MONTHS_FR } else { MONTHS_EN };
        months[usize::try_from(day.month() - 1).unwrap_or(0)]
    }

    /// An instant, `25 Nov 2026, 11:00`: written in UTC, shown in the reader's time zone by the page's script.
    pub(super) fn instant(self, time: Timestamp) -> Markup {
        let text = self.moment(time, |day| self.day(day));
        html! { time datetime=(rfc3339(time)) { (text) } }
    }

    /// The same without the year, for columns of recent instants; the page's script adds a year that is not this
    /// one, and the title always says it.
    pub(super) fn brief_instant(self, time: Timestamp) -> Markup {
        let (brief, whole) =
            (self.moment(time, |day| self.day_of_year(day)), self.moment(time, |day| self.day(day)));
        html! { time class="brief" datetime=(rfc3339(time)) title=(whole) { (brief) } }
    }

    /// A day and a clock of 24 hours, which nobody misreads.
    fn moment(self, time: Timestamp, day: impl Fn(Date) -> String) -> String {
        let minutes = time.as_millis().div_euclid(MINUTE_MS).rem_euclid(24 * 60);
        format!("{}, {:02}:{:02}", day(domain::text::day_of(time)), minutes / 60, minutes % 60)
    }

    /// How long ago something was: «now», «5 min ago», «il y a 2 h».
    pub(super) fn ago(self, then: Timestamp, now: Timestamp) -> String {
        let elapsed = now.millis_since(then).max(0);
        match elapsed {
            0..MINUTE_MS => t!(self, "ago-now"),
            MINUTE_MS..HOUR_MS => t!(self, "ago-minutes", n = elapsed / MINUTE_MS),
            HOUR_MS..DAY_MS => t!(self, "ago-hours", n = elapsed / HOUR_MS),
            _ => t!(self, "ago-days", n = elapsed / DAY_MS),
        }
    }

    /// The same as an element that also says the instant.
    pub(super) fn ago_element(self, then: Timestamp, now: Timestamp) -> Markup {
        html! { time class="ago" datetime=(rfc3339(then)) { (self.ago(then, now)) } }
    }

    /// An amount of data.
    pub(super) fn bytes(self, bytes: u64) -> String {
        let unit = |key: &str| self.say(key, &[]);
        let scaled = |divisor: u64| self.thousandths((bytes * 10 / divisor * 100) as i64, 0);
        match bytes {
            0..1_000 => format!("{}{NO_BREAK_SPACE}{}", self.whole(bytes as i64), unit("bytes-b")),
            1_000..1_000_000 => {
                format!("{}{NO_BREAK_SPACE}{}", self.whole((bytes / 1_000) as i64), unit("bytes-kb"))
            }
            1_000_000..1_000_000_000 => format!("{}{NO_BREAK_SPACE}{}", scaled(1_000_000), unit("bytes-mb")),
            _ => format!("{}{NO_BREAK_SPACE}{}", scaled(1_000_000_000), unit("bytes-gb")),
        }
    }
}

/// An instant as machines read it.
pub(super) fn rfc3339(time: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(time.as_millis())
        .map_or_else(|_| String::new(), |time| time.to_string())
}

/// English digits without their commas; nothing when a comma stands where no group ends, which may be a decimal.
fn without_groups(text: &str) -> Option<String> {
    let whole = text.split('.').next().unwrap_or_default();
    let well_grouped = whole.split(',').skip(1).all(|group| group.len() == 3);
    (well_grouped && !text[whole.len()..].contains(',')).then(|| text.replace(',', ""))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const EN: Words = Words(Language::English);
    const FR: Words = Words(Language::French);

    /// Names of the messages: what stands before « = » at the beginning of a line.
    fn messages(source: &str) -> BTreeSet<String> {
        assert!(FluentResource::try_new(source.to_owned()).is_ok(), "the locale does not parse");
        let name = |line: &str| Some(line.split_once(" =")?.0.to_owned());
        let is_message = |line: &&str| line.starts_with(|first: char| first.is_ascii_lowercase());
        source.lines().filter(is_message).filter_map(name).collect()
    }

    #[test]
    fn no_message_is_said_twice_where_one_would_hide_the_other() {
        for source in [ENGLISH, FRENCH] {
            let mut seen = BTreeSet::new();
            let name = |line: &'static str| Some(line.split_once(" =")?.0);
            let is_message = |line: &&str| line.starts_with(|first: char| first.is_ascii_lowercase());
            let twice: Vec<_> = source
                .lines()
                .filter(is_message)
                .filter_map(name)
                .filter(|name| !seen.insert(*name))
                .collect();
            assert!(twice.is_empty(), "{twice:?}");
        }
    }

    fn english() -> BTreeSet<String> {
        messages(ENGLISH)
    }

    #[test]
    fn french_and_english_say_the_same_things() {
        let (english, french) = (english(), messages(FRENCH));
        let missing: Vec<_> = english.symmetric_difference(&french).collect();
        assert!(missing.is_empty(), "in one language only: {missing:?}");
    }

    /// The code of a source: without its tests and its comments, whose examples say nothing to a reader.
    fn code_of(source: &str) -> String {
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        code.lines().filter(is_code).collect::<Vec<_>>().join("\n")
    }

    /// Keys in the sources: the literal of `t!`, and literals that are marked as keys, on the same line or the next.
    fn keys_used() -> Vec<(&'static str, String)> {
        let mut keys = Vec::new();
        for &(file, source) in super::super::sources() {
            let source = code_of(source);
            for part in source.split("t!(").skip(1) {
                let mut quoted = part.split('"');
                let before = quoted.next().unwrap_or_default();
                if before.len() < 40 && before.contains(',') && !before.contains('$') {
                    keys.extend(quoted.next().map(|key| (file, key.to_owned())));
                }
            }
            for part in source.split("/*key*/").skip(1) {
                let key = part.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                keys.extend(key.map(|key| (file, key.to_owned())));
            }
        }
        keys
    }

    #[test]
    fn every_key_that_pages_use_has_words() {
        let known = english();
        for (file, key) in keys_used() {
            assert!(known.contains(&key), "{file}: no words for «{key}»");
        }
    }

    #[test]
    fn every_next_step_has_words() {
        let known = english();
        for step in replication::code::STEPS {
            assert!(known.contains(&format!("next-step-{}", step.name)), "no words for «{}»", step.name);
        }
    }

    #[test]
    fn every_word_is_used_somewhere() {
        let used: BTreeSet<String> = keys_used().into_iter().map(|(_, key)| key).collect();
        let families: BTreeSet<&str> = super::super::sources()
            .iter()
            .flat_map(|(_, source)| source.split(".code(\"").skip(1))
            .filter_map(|part| part.split('"').next())
            .chain(["problem", "detail", "bytes", "next-step"])
            .collect();
        let known = english();
        for key in &known {
            let of_family = families.iter().any(|family| key.starts_with(&format!("{family}-")));
            // Advice is said with the problem of the same code, and is no use without it.
            let advises =
                key.strip_prefix("advice-").is_some_and(|code| known.contains(&format!("problem-{code}")));
            assert!(of_family || advises || used.contains(key), "nobody says «{key}»");
        }
    }

    #[test]
    fn every_sentence_can_be_said_in_every_language() {
        for language in Language::ALL {
            let words = Words(language);
            for key in english() {
                let sentence = words.try_say(&key, &[]);
                assert!(sentence.is_some_and(|said| !said.trim().is_empty()), "{}: {key}", language.tag());
            }
        }
    }

    #[test]
    fn text_that_is_not_translated_stands_out_in_the_pseudo_language() {
        let sentence = Words(Language::Pseudo).say("save", &[]);
        assert!(!sentence.is_ascii(), "{sentence}");
    }

    #[test]
    fn numbers_are_written_as_the_language_writes_them() {
        let quantity = Quantity::from_thousandths(-1_234_567_500);
        assert_eq!(EN.quantity(quantity), "−1,234,567.5");
        assert_eq!(FR.quantity(quantity), "−1\u{202f}234\u{202f}567,5");
        assert_eq!(FR.quantity(Quantity::from_thousandths(-250)), "−0,25");
        assert_eq!(EN.bytes(1_250_000), "1.2\u{a0}MB");
    }

    #[test]
    fn averages_are_rounded_for_reading_and_prices_have_their_hundredths() {
        let of = |thousandths| FR.average(Quantity::from_thousandths(thousandths));
        assert_eq!(of(1_572_667), "1\u{202f}573");
        assert_eq!([of(9_949), of(9_950), of(250), of(0)], ["9,9", "10", "0,3", "0"]);
        assert_eq!(of(-12_500), "−13");
        let price = |thousandths| EN.price(Money::from_thousandths(thousandths));
        assert_eq!([price(5_400), price(12_345), price(1_000_000)], ["5.40", "12.345", "1,000.00"]);
    }

    #[test]
    fn what_is_written_in_a_language_is_read_back_in_it() {
        for words in [EN, FR] {
            for thousandths in [0, 1, 1_000, 1_500, -2_000, 1_234_567_890] {
                let quantity = Quantity::from_thousandths(thousandths);
                assert_eq!(words.parse_quantity(&words.quantity(quantity)), Some(quantity));
                assert_eq!(words.parse_quantity(&words.input(quantity)), Some(quantity));
            }
        }
        assert_eq!(FR.parse_quantity("1 200,5"), Some(Quantity::from_thousandths(1_200_500)));
        assert_eq!(EN.parse_quantity("1,5"), None, "an English reader may mean one and a half");
        assert_eq!(EN.parse_quantity("ten"), None);
    }

    #[test]
    fn days_and_spans_read_naturally() {
        let day: Date = "2026-02-01".parse().expect("a day");
        assert_eq!(EN.day(day), "1\u{a0}Feb\u{a0}2026");
        assert_eq!(FR.day(day), "1er\u{a0}févr.\u{a0}2026");
        let eleven: Timestamp = Timestamp::from_millis(1_795_604_400_000);
        assert!(EN.brief_instant(eleven).into_string().contains(">25\u{a0}Nov, 11:00<"));
        assert!(FR.brief_instant(eleven).into_string().contains(">25\u{a0}nov., 11:00<"));
        assert!(FR.instant(eleven).into_string().contains(">25\u{a0}nov.\u{a0}2026, 11:00<"));
        let now = Timestamp::from_millis(10 * DAY_MS);
        assert_eq!(FR.ago(now.plus_millis(-2 * HOUR_MS), now), "il y a 2\u{a0}h");
        assert_eq!(
            EN.ago(now.plus_millis(5_000), now),
            EN.ago(now, now),
            "a clock ahead of ours is not in the future"
        );
    }

    #[test]
    fn a_browser_gets_the_first_language_it_asks_for_that_there_is() {
        assert_eq!(Language::accepted("de, fr-TD;q=0.8, en;q=0.9"), Language::English);
        assert_eq!(Language::accepted("fr-TD,fr;q=0.9,en;q=0.1"), Language::French);
        assert_eq!(Language::accepted("x"), Language::English);
    }
}
