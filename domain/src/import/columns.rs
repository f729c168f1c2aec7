//! Columns of an import: what each holds, and by which names people call it.

use std::collections::BTreeMap;

use crate::text::fold;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A text.
    Text,
    /// A quantity in base units.
    Quantity,
    /// An amount of money.
    Money,
    /// A whole number.
    Count,
    /// A last day of use: a day, or a month.
    LastDay,
    /// Yes or no.
    Flag,
}

/// A column of a kind of import.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, as in commands of the API.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether each row must have it.
    pub needed: bool,
    /// What it is called in tables of people, in English and French, without accents; the name itself besides.
    pub called: &'static [&'static str],
}

/// A column.
pub(crate) const fn column(
    name: &'static str,
    kind: ColumnKind,
    needed: bool,
    called: &'static [&'static str],
) -> Column {
    Column { name, kind, needed, called }
}

/// Which column of a file holds which column of the import: name → place from 0.
pub type Mapping = BTreeMap<&'static str, usize>;

/// Text as headings are compared by: folded, letters and digits only.
fn bare(text: &str) -> String {
    fold(text).chars().filter(|letter| letter.is_alphanumeric()).collect()
}

/// The columns that are recognised by their headings; of two that could be one, the first is it.
pub fn recognise(columns: &[Column], header: &[String]) -> Mapping {
    let mut mapping = Mapping::new();
    for (place, heading) in header.iter().enumerate() {
        let heading = bare(heading);
        let is_called = |column: &&Column| {
            bare(column.name) == heading || column.called.iter().any(|name| bare(name) == heading)
        };
        if let Some(column) = columns.iter().find(is_called).filter(|_| !heading.is_empty()) {
            mapping.entry(column.name).or_insert(place);
        }
    }
    mapping
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::ImportKind;

    #[test]
    fn headings_are_recognised_whatever_their_case_accents_and_signs() {
        let header = ["CODE ARTICLE", "N° de lot", "Péremption", "Qté", "Whatever", "code_article"];
        let header: Vec<String> = header.map(str::to_owned).to_vec();
        let found = recognise(ImportKind::OpeningStock.columns(), &header);
        let places: Vec<_> = found.into_iter().collect();
        assert_eq!(places, [("batch", 1), ("expiry", 2), ("itemCode", 0), ("quantity", 3)]);
    }

    #[test]
    fn no_name_means_two_columns_of_a_kind() {
        for kind in ImportKind::ALL {
            let mut seen = std::collections::BTreeMap::new();
            for column in kind.columns() {
                for name in column.called.iter().chain([&column.name]) {
                    let other = seen.insert(bare(name), column.name);
                    assert!(other.is_none_or(|other| other == column.name), "{name} means {other:?} too");
                }
            }
        }
    }
}
