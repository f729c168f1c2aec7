//! Empty tables that people fill in: the columns of an import, each explained.

use domain::import::{Column, ImportKind, Raw};

use super::cell::Cell;
use super::write::{About, Format, Writer};
use crate::error::Problem;
use crate::ui;

/// The empty table of a kind of import. A text has a row of explanations, which is passed over when it is read back; a
/// workbook has them on its second sheet.
///
/// # Errors
/// `internal-error` when it cannot be written.
pub(crate) fn file(kind: ImportKind, format: Format, language: Option<&str>) -> Result<Vec<u8>, Problem> {
    let shown = language.unwrap_or("en");
    let heading: Vec<String> = kind
        .columns()
        .iter()
        .map(|column| match language {
            Some(language) => ui::import_column(language, column.name),
            None => column.name.to_owned(),
        })
        .collect();
    let hint = |column: &Column| ui::import_hint(shown, column.name, column.needed);
    let facts = kind.columns().iter().zip(&heading);
    let about = About {
        table: ui::import_title(shown, kind),
        title: ui::heading(shown, "about"),
        facts: facts.map(|(column, name)| (name.clone(), Cell::Text(hint(column)))).collect(),
        rows: None,
    };
    let mut writer = Writer::new(format, &heading, about)?;
    if format == Format::Csv {
        let hints = kind.columns().iter().enumerate().map(|(at, column)| match at {
            0 => Cell::Text(format!("# {}", hint(column))),
            _ => Cell::Text(hint(column)),
        });
        writer.row(&hints.collect::<Vec<_>>())?;
    }
    writer.finish()
}

/// What stood in a cell that was read.
pub(crate) fn cell_of(raw: &Raw) -> Cell {
    match raw {
        Raw::Empty => Cell::Empty,
        Raw::Text(text) | Raw::Broken(text) => Cell::text(text),
        Raw::Number(number) => match (number * 1_000.0).round() {
            thousandths if (number * 1_000.0 - thousandths).abs() < 1e-6 && thousandths.abs() < 1e15 => {
                Cell::Thousandths(thousandths as i64)
            }
            _ => Cell::Word(number.to_string()),
        },
        Raw::Day(day) => Cell::Day(*day),
        Raw::Flag(flag) => Cell::Flag(*flag),
    }
}

#[cfg(test)]
mod tests {
    use domain::import::{DecimalMark, Style, Value, recognise, typed};
    use proptest::prelude::*;

    use super::*;
    use crate::sheets::read;

    /// A row of counts as somebody fills it in: code, batch, last day of use, count in thousandths.
    type Filled = (String, Option<String>, Option<domain::Date>, i64);

    fn filled() -> impl Strategy<Value = Filled> {
        let text = || "[A-Za-z=+@][A-Za-z0-9 ;,é-]{0,10}[A-Za-z0-9]";
        let day = (2024_i16..2040, 1_i8..=12, 1_i8..=28);
        let day = day.prop_map(|(year, month, day)| domain::Date::constant(year, month, day));
        (text(), proptest::option::of(text()), proptest::option::of(day), 0..1_000_000_000_i64)
    }

    fn written(rows: &[Filled], format: Format, language: Option<&str>) -> Vec<u8> {
        let kind = ImportKind::Counts;
        let name = |column: &Column| match language {
            Some(language) => ui::import_column(language, column.name),
            None => column.name.to_owned(),
        };
        let heading: Vec<String> = kind.columns().iter().map(name).collect();
        let about = About { table: "Counts".into(), title: "About".into(), facts: Vec::new(), rows: None };
        let mut writer = Writer::new(format, &heading, about).expect("a file");
        for (code, batch, expiry, counted) in rows {
            let cell = |column: &Column| match column.name {
                "itemCode" => Cell::text(code),
                "batch" => Cell::maybe(batch.as_ref()),
                "expiry" => Cell::day(*expiry),
                "counted" => Cell::Thousandths(*counted),
                _ => Cell::Empty,
            };
            writer.row(&kind.columns().iter().map(cell).collect::<Vec<_>>()).expect("a row");
        }
        writer.finish().expect("a file")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn counts_filled_into_a_template_read_back_as_they_were_written(
            rows in proptest::collection::vec(filled(), 1..8)
        ) {
            let kind = ImportKind::Counts;
            let style = Style { decimal_mark: Some(DecimalMark::Point), ..Style::default() };
            for format in [Format::Csv, Format::Xlsx] {
                for language in [None, Some("en"), Some("fr")] {
                    let table = read(&written(&rows, format, language)).expect("a table");
                    let back = typed(kind, &table, &recognise(kind.columns(), &table.header), style);
                    prop_assert!(back.errors.is_empty() && back.blank == 0, "{:?}", back.errors);
                    prop_assert_eq!(back.rows.len(), rows.len());
                    for ((_, values), (code, batch, expiry, counted)) in back.rows.iter().zip(&rows) {
                        prop_assert_eq!(values.value("itemCode"), Some(&Value::Text(code.clone())));
                        prop_assert_eq!(values.value("batch").cloned(), batch.clone().map(Value::Text));
                        prop_assert_eq!(values.value("expiry").cloned(), expiry.map(Value::Day));
                        prop_assert_eq!(values.value("counted"), Some(&Value::Number(*counted)));
                    }
                }
            }
        }
    }

    #[test]
    fn a_template_is_recognised_in_every_language_and_has_no_rows() {
        for kind in ImportKind::ALL {
            for format in [Format::Csv, Format::Xlsx] {
                for language in [None, Some("en"), Some("fr")] {
                    let table = read(&file(kind, format, language).expect("a file")).expect("a table");
                    let places: Vec<usize> = recognise(kind.columns(), &table.header).into_values().collect();
                    assert_eq!(
                        places.len(),
                        kind.columns().len(),
                        "{kind:?} {language:?}: {:?}",
                        table.header
                    );
                    assert!(table.rows.is_empty() && table.errors.is_empty());
                }
            }
        }
    }
}
