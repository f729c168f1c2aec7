//! Files of spreadsheets: every list as CSV and as an Excel workbook; and what people send, read within limits.
//!
//! ```text
//!  rows of a query ─ [Column]s: a name and what stands there ─ [Cell]s ─┬─ CSV: UTF-8 with its mark, text guarded
//!                                                                       └─ XLSX: typed cells, a second sheet about it
//! ```
//!
//! A file that is read becomes a [`domain::import::Table`]: a heading, and rows of raw cells with their lines. Its size,
//! what it unpacks to, its rows, its columns and its cells have limits; nothing of it is calculated.
//!
//! A list has one definition of its columns, whatever the file. The names of columns are for programs and never
//! change; in a reader's language they are headings.

mod cell;
mod ods;
mod read;
pub(crate) mod template;
mod write;

pub(crate) use cell::{Cell, Column, column};
pub(crate) use read::FILE_BYTES_MAX;
pub use read::read;
pub(crate) use write::{About, Format, Writer};
