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
    use domain::import::recognise;

    use super::*;
    use crate::sheets::read;

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
