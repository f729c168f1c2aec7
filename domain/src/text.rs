//! How text is compared, and how keys of views are put together.

use crdt_store::{DocumentId, Timestamp};

use crate::Date;

/// Text as it is searched and sorted by: lower case, without the accents of Latin letters, spaces made single.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.trim().chars().flat_map(char::to_lowercase) {
        match letter {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => folded.push('a'),
            'ç' => folded.push('c'),
            'è' | 'é' | 'ê' | 'ë' => folded.push('e'),
            'ì' | 'í' | 'î' | 'ï' => folded.push('i'),
            'ñ' => folded.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' => folded.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => folded.push('u'),
            'ý' | 'ÿ' => folded.push('y'),
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            // The zero byte ends a text in a key.
            '\0' => folded.push(' '),
            space if space.is_whitespace() => {
                if !folded.ends_with(' ') {
                    folded.push(' ');
                }
            }
            other => folded.push(other),
        }
    }
    folded
}

/// Whether a letter steers how text is shown and is not seen itself: marks of direction, by which a name can be made to
/// read as another, and letters without width, by which two names look the same. Not the joiners U+200C and U+200D,
/// without which Persian and the languages of India cannot be written.
pub fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// Longest folded text that stands in a key, in bytes; what is longer is cut, and the document's id behind it keeps
/// keys apart.
const KEY_TEXT_MAX: usize = 96;

/// A key of a view under construction. Parts are laid end to end so that byte order is the order wanted.
#[derive(Clone, Default)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(64))
    }

    pub(crate) fn id(mut self, id: DocumentId) -> Self {
        self.0.extend_from_slice(id.as_bytes());
        self
    }

    pub(crate) fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Folded text and the zero that ends it.
    pub(crate) fn text(self, text: &str) -> Self {
        self.text_prefix(text).byte(0)
    }

    /// Folded text without an end: what keys of texts that begin with it begin with.
    pub(crate) fn text_prefix(mut self, text: &str) -> Self {
        let folded = fold(text);
        let end =
            (0..=folded.len().min(KEY_TEXT_MAX)).rev().find(|at| folded.is_char_boundary(*at)).unwrap_or(0);
        self.0.extend_from_slice(&folded.as_bytes()[..end]);
        self
    }

    /// An instant; earlier ones sort first, those before 1970 included.
    pub(crate) fn time(mut self, time: Timestamp) -> Self {
        let shifted = (time.as_millis() as u64) ^ (1 << 63);
        self.0.extend_from_slice(&shifted.to_be_bytes());
        self
    }

    /// A day; none sorts last.
    pub(crate) fn day(mut self, day: Option<Date>) -> Self {
        let bytes = match day {
            Some(day) => {
                let year = (day.year() as u16) ^ (1 << 15);
                let year = year.to_be_bytes();
                [year[0], year[1], day.month() as u8, day.day() as u8]
            }
            None => [0xff; 4],
        };
        self.0.extend_from_slice(&bytes);
        self
    }

    pub(crate) fn number(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(crate) fn build(self) -> Vec<u8> {
        self.0
    }
}

/// The id in the last sixteen bytes of a key.
pub(crate) fn id_at_end(key: &[u8]) -> Option<DocumentId> {
    key.len().checked_sub(16).and_then(|start| DocumentId::try_from(&key[start..]).ok())
}

/// The id in the sixteen bytes of a key that begin at `start`.
pub(crate) fn id_at(key: &[u8], start: usize) -> Option<DocumentId> {
    key.get(start..start + 16).and_then(|bytes| DocumentId::try_from(bytes).ok())
}

/// The day in the four bytes of a key that begin at `start`.
pub(crate) fn day_at(key: &[u8], start: usize) -> Option<Date> {
    let [high, low, month, day] = *key.get(start..start + 4)?.first_chunk::<4>()?;
    let year = (u16::from_be_bytes([high, low]) ^ (1 << 15)) as i16;
    Date::new(year, month as i8, day as i8).ok()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all that is written");
        text
    })
}

/// Reads hexadecimal.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// The day of an instant, in UTC.
pub fn day_of(time: Timestamp) -> Date {
    jiff::Timestamp::from_millisecond(time.as_millis())
        .map(|time| jiff::tz::TimeZone::UTC.to_datetime(time).date())
        .unwrap_or(if time.as_millis() < 0 { Date::MIN } else { Date::MAX })
}

/// The first instant of a day, in UTC.
pub fn start_of_day(day: Date) -> Timestamp {
    let millis = jiff::tz::TimeZone::UTC
        .to_timestamp(day.to_datetime(jiff::civil::Time::midnight()))
        .map_or(0, jiff::Timestamp::as_millisecond);
    Timestamp::from_millis(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_and_spaces_do_not_hide_an_item() {
        assert_eq!(fold("  Amoxicilline  GÉLULE Œdème "), "amoxicilline gelule oedeme");
    }

    #[test]
    fn keys_sort_as_their_days_and_instants() {
        let day = |text: &str| Key::new().day(Some(text.parse().expect("a day"))).build();
        assert!(day("2026-02-28") < day("2026-03-01") && day("1999-12-31") < day("2000-01-01"));
        assert!(day("9999-12-31") < Key::new().day(None).build());
        for text in ["2026-02-28", "-000044-03-15"] {
            assert_eq!(day_at(&day(text), 0), text.parse().ok());
        }
        assert_eq!(day_at(&Key::new().day(None).build(), 0), None);
        let at = |millis| Key::new().time(Timestamp::from_millis(millis)).build();
        assert!(at(-1) < at(0) && at(0) < at(1));
    }

    #[test]
    fn a_day_begins_at_its_own_midnight() {
        let day: Date = "2026-11-22".parse().expect("a day");
        assert_eq!(day_of(start_of_day(day)), day);
        assert_eq!(day_of(start_of_day(day).plus_millis(-1)), "2026-11-21".parse::<Date>().expect("a day"));
    }
}
