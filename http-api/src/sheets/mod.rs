//! Files for spreadsheets: every list as CSV and as an Excel workbook.
//!
//! ```text
//!  rows of a query ─ [Column]s: a name and what stands there ─ [Cell]s ─┬─ CSV: UTF-8 with its mark, text guarded
//!                                                                       └─ XLSX: typed cells, a second sheet about it
//! ```
//!
//! A list has one definition of its columns, whatever the file. The names of columns are for programs and never
//! change; in a reader's language they are headings.

mod cell;
mod write;

pub(crate) use cell::{Cell, Column, column};
pub(crate) use write::{About, Format, Writer};
