//! Imports: a table that somebody has becomes items, stock on a shelf, the counts of a stocktake or the lines of an order, as
//! one act that can be taken back.
//!
//! ```text
//!  table of raw cells ─ [columns] which is what ─ [cell] typed, exact or wrong ─ [check] what each row would do, or why not
//!                                                                                      │ apply, a few hundred rows a command
//!                                                                                      v
//!                            import document ── names its kind, file and counts; what it made names it ── undo
//! ```
//!
//! A kind of import is one file with a table of columns and four functions: what identifies a row, what it would do, how
//! it is done, how it is undone (`kind::Rules`). Reading files is the business of the edge.
//!
//! **Twice is once.** The id of an import follows from its kind, its store and its rows; the id of what a row makes
//! follows from what the row is about. The same table again, also on another device, is the same import and makes the
//! same documents; an import that was cut off is finished by giving the table again. After an undo the same table is a
//! new import.

mod cell;
mod check;
mod columns;
mod counts;
mod document;
mod items;
mod kind;
mod opening;
mod orders;

pub use cell::{DayOrder, DecimalMark, Raw, Style};
pub use check::{Checked, Outcome, Preview, RowError, Table, TableRow, Typed, Value, Values, check, typed};
pub use columns::{Column, ColumnKind, Mapping, recognise};
pub use counts::require_stocktake;
pub use document::{
    Begin, Begun, CHUNK_ROWS, Chunk, ImportRow, Tally, Undo, UndoError, Undone, apply, begin, created, find,
    finish, id_of, list, made, settle_undo, undo,
};
pub(crate) use document::{Import, ImportPart, project, project_part};
pub use kind::ImportKind;
pub use orders::require_order;

/// What can be wrong with a row, or with taking back what it made, beyond what is wrong with any command: stable codes.
pub const ERROR_CODES: [&str; 28] = [
    "already-in-stock",
    "ambiguous-day",
    "ambiguous-line",
    "ambiguous-number",
    "broken-cell",
    "changed-since",
    "counted-since",
    "counted-twice",
    "duplicate-row",
    "line-mismatch",
    "missing-value",
    "not-a-count",
    "not-a-day",
    "not-a-number",
    "not-a-text",
    "not-yes-or-no",
    "out-of-range",
    "ragged-row",
    "too-fine",
    "unknown-batch",
    "unknown-donor",
    "unknown-item",
    "unknown-line",
    "unknown-location",
    "unknown-programme",
    "unknown-reason",
    "unknown-word",
    "used-since",
];

#[cfg(test)]
mod tests {
    use super::ERROR_CODES;

    /// The code of every rejection of a row, read off the sources.
    fn codes_given() -> Vec<&'static str> {
        let sources = [
            include_str!("cell.rs"),
            include_str!("check.rs"),
            include_str!("counts.rs"),
            include_str!("items.rs"),
            include_str!("opening.rs"),
            include_str!("orders.rs"),
        ];
        let program = |source: &'static str| source.split("#[cfg(test)]").next().unwrap_or_default();
        let given = ["Rejection::new(\"", "Err(\"", "ok_or(\"", "map_err(|_| \""];
        sources
            .into_iter()
            .map(program)
            .flat_map(|source| given.iter().flat_map(|before| source.split(before).skip(1)))
            .filter_map(|rest| rest.split('"').next())
            .collect()
    }

    #[test]
    fn every_code_that_a_row_can_get_is_listed_once() {
        assert!(ERROR_CODES.is_sorted_by(|one, next| one < next));
        let given = codes_given();
        assert!(given.len() > 20, "{given:?}");
        for code in given {
            assert!(ERROR_CODES.contains(&code), "{code} is not listed");
        }
    }
}
