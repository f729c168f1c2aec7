//! From a table to what each row would do, or why it cannot.

use std::collections::BTreeMap;

use crdt_store::{DocumentId, Failure, Rejection, StoreError, ViewRead};
use serde::{Deserialize, Serialize};

use super::cell::{self, Raw, Style};
use super::columns::{Column, ColumnKind, Mapping};
use super::kind::{ImportKind, Place};
use crate::{Caller, Date, Money, Quantity};

/// A table as a file holds it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Headings of its columns.
    pub header: Vec<String>,
    /// Its rows; those with nothing in them left out.
    pub rows: Vec<TableRow>,
    /// Rows that are no rows of this table, such as those with more cells than it has columns.
    pub errors: Vec<RowError>,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRow {
    /// The line it stands on, from 1; the heading has one too.
    pub line: u32,
    /// Its cells; those that are not there are empty.
    pub cells: Vec<Raw>,
}

/// What a cell says.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number, in thousandths.
    Number(i64),
    /// A day.
    Day(Date),
    /// Yes or no.
    Flag(bool),
}

/// What a row says: column → value. A column that is not mapped or has nothing in this row is not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(BTreeMap<&'static str, Value>);

impl Values {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a column.
    pub fn value(&self, column: &str) -> Option<&Value> {
        self.0.get(column)
    }

    pub(crate) fn text(&self, column: &str) -> Option<&str> {
        match self.0.get(column) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn owned(&self, column: &str) -> Option<String> {
        self.text(column).map(str::to_owned)
    }

    fn number(&self, column: &str) -> Option<i64> {
        match self.0.get(column) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn quantity(&self, column: &str) -> Option<Quantity> {
        self.number(column).map(Quantity::from_thousandths)
    }

    pub(crate) fn money(&self, column: &str) -> Option<Money> {
        self.number(column).map(Money::from_thousandths)
    }

    /// A count; one that is too large to be one is refused by what takes it.
    pub(crate) fn count(&self, column: &str) -> Option<u32> {
        self.number(column).map(|number| u32::try_from(number / 1_000).unwrap_or(u32::MAX))
    }

    pub(crate) fn day(&self, column: &str) -> Option<Date> {
        match self.0.get(column) {
            Some(Value::Day(day)) => Some(*day),
            _ => None,
        }
    }

    pub(crate) fn flag(&self, column: &str) -> Option<bool> {
        match self.0.get(column) {
            Some(Value::Flag(flag)) => Some(*flag),
            _ => None,
        }
    }

    /// All that is said, as one text: the same in every file that says the same.
    pub(crate) fn canonical(&self) -> String {
        self.0.iter().fold(String::new(), |text, (column, value)| {
            let value = match value {
                Value::Text(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Day(day) => day.to_string(),
                Value::Flag(flag) => flag.to_string(),
            };
            format!("{text}{column}\u{1f}{value}\u{1e}")
        })
    }
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowError {
    /// The line it stands on, from 1.
    pub line: u32,
    /// The column, where one is at fault.
    pub column: Option<String>,
    /// Stable code.
    pub code: String,
    /// What stands there.
    pub value: Option<String>,
    /// What is wrong, for people who read English.
    pub message: String,
}

/// What a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It makes something.
    Create,
    /// It changes something.
    Change,
    /// What it says is there already.
    Same,
}

/// The rows of a table that could be read, and what was wrong with the others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Typed {
    /// Rows by line.
    pub rows: Vec<(u32, Values)>,
    /// What is wrong, by line.
    pub errors: Vec<RowError>,
    /// Rows that say nothing yet, and are left alone.
    pub blank: u32,
}

impl Typed {
    /// Rows of lines, for this order.
    #[must_use]
    pub fn of_order(mut self, order: DocumentId) -> Self {
        for (_, values) in &mut self.rows {
            values.0.insert("order", Value::Text(order.to_string()));
        }
        self
    }

    /// Rows of counts, for this stocktake. Where `add_found`, a row that names a batch that is not on paper adds it, if
    /// the row itself does not say whether.
    #[must_use]
    pub fn about(mut self, stocktake: DocumentId, add_found: bool) -> Self {
        for (_, values) in &mut self.rows {
            values.0.insert("stocktake", Value::Text(stocktake.to_string()));
            if add_found {
                values.0.entry("found").or_insert(Value::Flag(true));
            }
        }
        self
    }
}

/// A row that can be carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The line it stands on.
    pub line: u32,
    /// What it says.
    pub values: Values,
    /// What it would do.
    pub outcome: Outcome,
}

/// What an import would do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// Rows that can be carried out.
    pub rows: Vec<Checked>,
    /// What is wrong with the others.
    pub errors: Vec<RowError>,
    /// Rows that say nothing yet, and are left alone.
    pub blank: u32,
}

impl Preview {
    /// How many rows would do this.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.rows.iter().filter(|row| row.outcome == outcome).count()
    }
}

/// Reads the cells of a table: exact, or wrong with a reason.
pub fn typed(kind: ImportKind, table: &Table, mapping: &Mapping, style: Style) -> Typed {
    let columns = kind.columns();
    let style = guessed(columns, table, mapping, style);
    let mut typed =
        Typed { rows: Vec::with_capacity(table.rows.len()), errors: table.errors.clone(), blank: 0 };
    let filled_in = kind.rules().filled_in.and_then(|name| mapping.get(name)).copied();
    let is_blank = |row: &TableRow| {
        filled_in.is_some_and(|place| match row.cells.get(place) {
            None | Some(Raw::Empty) => true,
            Some(Raw::Text(text)) => text.trim().is_empty(),
            Some(_) => false,
        })
    };
    for row in &table.rows {
        if is_blank(row) {
            typed.blank += 1;
            continue;
        }
        let (mut values, mut wrong) = (Values::default(), Vec::new());
        for column in columns {
            let raw = mapping.get(column.name).and_then(|place| row.cells.get(*place)).unwrap_or(&Raw::Empty);
            match read(column, raw, style) {
                Ok(Some(value)) => drop(values.0.insert(column.name, value)),
                Ok(None) if column.needed => wrong.push(cell_error(row.line, column, "missing-value", raw)),
                Ok(None) => {}
                Err(code) => wrong.push(cell_error(row.line, column, code, raw)),
            }
        }
        match wrong.is_empty() {
            true => typed.rows.push((row.line, values)),
            false => typed.errors.extend(wrong),
        }
    }
    typed
}

/// The style that is said, and for what is not the one that cells prove, if they agree.
fn guessed(columns: &[Column], table: &Table, mapping: &Mapping, style: Style) -> Style {
    let cells = |wanted: fn(ColumnKind) -> bool| {
        let places: Vec<usize> = columns
            .iter()
            .filter(|column| wanted(column.kind))
            .filter_map(|column| mapping.get(column.name).copied())
            .collect();
        let of_row = move |row: &'_ TableRow| -> Vec<Raw> {
            places.iter().filter_map(|place| row.cells.get(*place).cloned()).collect()
        };
        table.rows.iter().flat_map(of_row)
    };
    let number = |kind| matches!(kind, ColumnKind::Quantity | ColumnKind::Money | ColumnKind::Count);
    Style {
        decimal_mark: style
            .decimal_mark
            .or_else(|| agreed(cells(number).filter_map(|raw| cell::proves_mark(&raw)))),
        day_order: style.day_order.or_else(|| {
            agreed(cells(|kind| kind == ColumnKind::LastDay).filter_map(|raw| cell::proves_order(&raw)))
        }),
    }
}

fn agreed<T: PartialEq>(mut proofs: impl Iterator<Item = T>) -> Option<T> {
    let first = proofs.next()?;
    proofs.all(|proof| proof == first).then_some(first)
}

fn read(column: &Column, raw: &Raw, style: Style) -> Result<Option<Value>, cell::Wrong> {
    let raw = match raw {
        Raw::Empty => return Ok(None),
        Raw::Text(text) if text.trim().is_empty() => return Ok(None),
        Raw::Broken(_) => return Err("broken-cell"),
        raw => raw,
    };
    let number = || cell::thousandths(raw, style);
    Ok(Some(match column.kind {
        ColumnKind::Text => Value::Text(cell::text(raw)?),
        ColumnKind::Quantity | ColumnKind::Money => Value::Number(number()?),
        ColumnKind::Count => match number()? {
            whole if whole % 1_000 == 0 && whole >= 0 => Value::Number(whole),
            _ => return Err("not-a-count"),
        },
        ColumnKind::LastDay => Value::Day(cell::last_day(raw, style)?),
        ColumnKind::Flag => Value::Flag(cell::flag(raw)?),
    }))
}

fn shown(raw: &Raw) -> Option<String> {
    match raw {
        Raw::Empty => None,
        Raw::Broken(text) => Some(text.clone()),
        raw => cell::text(raw).ok(),
    }
}

fn cell_error(line: u32, column: &Column, code: &'static str, raw: &Raw) -> RowError {
    let message = match code {
        "missing-value" => "this must not be empty",
        "not-a-number" => "this is not a number",
        "ambiguous-number" => "this can be read as two numbers; say which decimal mark the file has",
        "too-fine" => "at most three decimals are counted",
        "out-of-range" => "this is more than can be counted",
        "not-a-count" => "this is not a whole number",
        "not-a-day" => "this is not a day",
        "ambiguous-day" => "this can be read as two days; say whether day or month comes first",
        "not-yes-or-no" => "this is neither yes nor no",
        "broken-cell" => "the workbook could not calculate this cell",
        _ => "this cannot be read",
    };
    RowError {
        line,
        column: Some(column.name.to_owned()),
        code: code.to_owned(),
        value: shown(raw),
        message: message.to_owned(),
    }
}

/// What each row would do, as of now.
///
/// # Errors
/// A rejection if the caller may not import this; an error of the store.
pub fn check(
    kind: ImportKind,
    read: &dyn ViewRead,
    caller: &Caller,
    store: Option<DocumentId>,
    typed: Typed,
) -> Result<Preview, Failure> {
    let rules = kind.rules();
    (rules.permit)(read, caller, store)?;
    let place = Place::new(caller, store, DocumentId::NIL);
    let mut preview =
        Preview { rows: Vec::with_capacity(typed.rows.len()), errors: typed.errors, blank: typed.blank };
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for (line, values) in typed.rows {
        let first = *seen.entry((rules.key)(&values)).or_insert(line);
        if first != line {
            preview.errors.push(duplicate(line, first));
            continue;
        }
        match (rules.check)(read, &place, &values) {
            Ok(outcome) => preview.rows.push(Checked { line, values, outcome }),
            Err(failure) => preview.errors.push(row_error(line, &values, failure)?),
        }
    }
    preview.errors.sort_by_key(|error| error.line);
    Ok(preview)
}

fn duplicate(line: u32, first: u32) -> RowError {
    RowError {
        line,
        column: None,
        code: "duplicate-row".to_owned(),
        value: Some(first.to_string()),
        message: format!("line {first} is about the same; make one row of them"),
    }
}

/// A rejection of a row as its error; a failure of the store stays one.
pub(crate) fn row_error(line: u32, values: &Values, failure: Failure) -> Result<RowError, StoreError> {
    let Rejection { code, message, pointer, mut parameters } = match failure {
        Failure::Rejected(rejection) => rejection,
        Failure::Store(error) => return Err(error),
    };
    let column = pointer.and_then(|pointer| pointer.strip_prefix('/').map(str::to_owned));
    let value = column.as_deref().and_then(|column| values.value(column)).map(|value| match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => Quantity::from_thousandths(*number).to_string(),
        Value::Day(day) => day.to_string(),
        Value::Flag(flag) => flag.to_string(),
    });
    // What the row could be about says more than what it says.
    let value = parameters.remove("candidates").or(value);
    Ok(RowError { line, column, code, value, message })
}
