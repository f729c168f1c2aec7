//! What stands in a table: columns and typed cells.

use crdt_store::{DocumentId, Timestamp};
use domain::{Date, Money, Quantity};
use serde::Serialize;

/// A column of a list: its name, and what stands there for a row.
pub(crate) struct Column<T> {
    /// The name: lower case, with spaces, never changed.
    pub(crate) name: &'static str,
    /// What stands there.
    pub(crate) cell: fn(&T) -> Cell,
}

/// A column.
pub(crate) const fn column<T>(name: &'static str, cell: fn(&T) -> Cell) -> Column<T> {
    Column { name, cell }
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// Nothing.
    Empty,
    /// What somebody typed.
    Text(String),
    /// A word of ours, an id.
    Word(String),
    /// A number, in thousandths.
    Thousandths(i64),
    /// A day.
    Day(Date),
    /// An instant.
    Instant(Timestamp),
    /// Yes or no.
    Flag(bool),
}

impl Cell {
    /// What somebody typed.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// What somebody typed, or nothing.
    pub(crate) fn maybe(text: Option<&String>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }

    /// A word of ours, as JSON writes it.
    pub(crate) fn word(word: &impl Serialize) -> Self {
        match serde_json::to_value(word).unwrap_or_default() {
            serde_json::Value::String(word) => Self::Word(word),
            _ => Self::Empty,
        }
    }

    /// An id.
    pub(crate) fn id(id: DocumentId) -> Self {
        Self::Word(id.to_string())
    }

    /// A count.
    pub(crate) fn count(count: impl Into<i64>) -> Self {
        Self::Thousandths(count.into().saturating_mul(1_000))
    }

    /// A quantity.
    pub(crate) fn quantity(quantity: Quantity) -> Self {
        Self::Thousandths(quantity.thousandths())
    }

    /// An amount of money, or nothing.
    pub(crate) fn money(money: Option<Money>) -> Self {
        money.map_or(Self::Empty, |money| Self::Thousandths(money.thousandths()))
    }

    /// A day, or nothing.
    pub(crate) fn day(day: Option<Date>) -> Self {
        day.map_or(Self::Empty, Self::Day)
    }

    /// What one of these functions makes of a value, or nothing.
    pub(crate) fn or_empty<V>(value: Option<V>, cell: impl FnOnce(V) -> Self) -> Self {
        value.map_or(Self::Empty, cell)
    }

    /// The cell as a line of CSV holds it. A text that a spreadsheet would take for a formula is written as text.
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) if is_formula(text) => format!("'{text}"),
            Self::Text(text) | Self::Word(text) => text.clone(),
            Self::Thousandths(number) => Quantity::from_thousandths(*number).to_string(),
            Self::Day(day) => day.to_string(),
            Self::Instant(time) => jiff::Timestamp::from_millisecond(time.as_millis())
                .map_or_else(|_| String::new(), |time| time.to_string()),
            Self::Flag(flag) => flag.to_string(),
        }
    }
}

/// Whether a spreadsheet that opens a text file would calculate this text.
pub(crate) fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_a_negative_number_stays_one() {
        assert_eq!(Cell::text("=1+1").plain(), "'=1+1");
        assert_eq!(Cell::text("@cmd").plain(), "'@cmd");
        assert_eq!(Cell::count(-5).plain(), "-5");
        assert_eq!(Cell::Thousandths(-1_500).plain(), "-1.5");
        assert_eq!(Cell::text("Amoxicillin 500 mg").plain(), "Amoxicillin 500 mg");
    }
}
