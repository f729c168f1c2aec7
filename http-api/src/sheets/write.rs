//! Writing a table row by row, as CSV or as an Excel workbook.

use crdt_store::Timestamp;
use domain::Date;
use rust_xlsxwriter::{ExcelDateTime, Format as Look, Workbook, Worksheet, XlsxError};

use super::cell::Cell;
use crate::error::Problem;

/// Most rows of a file: a store's history of years; about 40 MB.
pub(crate) const ROWS_MAX: usize = 200_000;
/// By which Excel knows that a file is UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// Longest text of a cell in Excel, in UTF-16 units.
const EXCEL_TEXT_MAX: usize = 32_767;
/// Widest column, in characters: a longer text is read in its cell.
const WIDTH_MAX: usize = 60;
/// The first year that Excel knows.
const EXCEL_YEAR_MIN: i16 = 1900;

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Text, cells apart by commas.
    Csv,
    /// A workbook of Excel.
    Xlsx,
}

impl Format {
    /// The ending of its name.
    pub(crate) const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// Its media type.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// What a workbook says of itself on its second sheet: a name and a text for each line.
pub(crate) struct About {
    /// The name of the first sheet.
    pub(crate) table: String,
    /// The name of the second sheet.
    pub(crate) title: String,
    /// What is known before the rows are.
    pub(crate) facts: Vec<(String, Cell)>,
    /// What the number of rows is called; nothing where it says nothing.
    pub(crate) rows: Option<String>,
}

/// A table that is being written.
pub(crate) struct Writer {
    kind: Kind,
    rows: usize,
}

enum Kind {
    Csv(Box<csv::Writer<Vec<u8>>>),
    Xlsx(Box<Book>),
}

struct Book {
    workbook: Workbook,
    about: About,
    looks: Looks,
    widths: Vec<usize>,
}

struct Looks {
    heading: Look,
    day: Look,
    instant: Look,
    name: Look,
}

impl Looks {
    fn new() -> Self {
        Self {
            heading: Look::new().set_bold(),
            day: Look::new().set_num_format("yyyy-mm-dd"),
            instant: Look::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            name: Look::new().set_bold(),
        }
    }
}

impl Writer {
    /// A table with this heading.
    ///
    /// # Errors
    /// `internal-error` when the file cannot be begun.
    pub(crate) fn new(format: Format, heading: &[String], about: About) -> Result<Self, Problem> {
        let kind = match format {
            Format::Csv => {
                let mut writer =
                    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
                writer.write_record(heading).map_err(failed)?;
                Kind::Csv(Box::new(writer))
            }
            Format::Xlsx => Kind::Xlsx(Box::new(Book::new(heading, about).map_err(failed)?)),
        };
        Ok(Self { kind, rows: 0 })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// `export-too-large` after [`ROWS_MAX`] rows.
    pub(crate) fn row(&mut self, cells: &[Cell]) -> Result<(), Problem> {
        self.rows += 1;
        if self.rows > ROWS_MAX {
            return Err(too_large());
        }
        match &mut self.kind {
            Kind::Csv(writer) => writer.write_record(cells.iter().map(Cell::plain)).map_err(failed),
            Kind::Xlsx(book) => book.row(self.rows, cells).map_err(failed),
        }
    }

    /// How many rows it has.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The file.
    ///
    /// # Errors
    /// `internal-error` when it cannot be put together.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Problem> {
        match self.kind {
            Kind::Csv(writer) => {
                let body = writer.into_inner().map_err(failed)?;
                Ok([BYTE_ORDER_MARK, &body].concat())
            }
            Kind::Xlsx(book) => book.finish(self.rows).map_err(failed),
        }
    }
}

/// The answer to who wants more rows than a file has.
pub(crate) fn too_large() -> Problem {
    Problem::advised("export-too-large", format_args!("A file has at most {ROWS_MAX} rows"))
}

fn failed(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "a file cannot be written");
    Problem::advised("internal-error", "The file cannot be written")
}

impl Book {
    /// Rows go to a temporary file as they come, so that a workbook of any length takes as much memory as one row.
    fn new(heading: &[String], about: About) -> Result<Self, XlsxError> {
        let mut workbook = Workbook::new();
        let looks = Looks::new();
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(sheet_name(&about.table))?.set_freeze_panes(1, 0)?;
        for (at, name) in heading.iter().enumerate() {
            sheet.write_string_with_format(0, place(at), name, &looks.heading)?;
        }
        let widths = heading.iter().map(|name| name.chars().count() + 3).collect();
        Ok(Self { workbook, about, looks, widths })
    }

    fn row(&mut self, row: usize, cells: &[Cell]) -> Result<(), XlsxError> {
        let sheet = self.workbook.worksheet_from_index(0)?;
        let line = u32::try_from(row).unwrap_or(u32::MAX);
        for (at, cell) in cells.iter().enumerate() {
            write_cell(sheet, line, place(at), cell, &self.looks)?;
            if let Some(width) = self.widths.get_mut(at) {
                *width = (*width).max(width_of(cell));
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, rows: usize) -> Result<Vec<u8>, XlsxError> {
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (at, width) in self.widths.iter().enumerate() {
            sheet.set_column_width(place(at), (*width).min(WIDTH_MAX) as f64)?;
        }
        if !self.widths.is_empty() {
            let last = u32::try_from(rows).unwrap_or(u32::MAX);
            sheet.autofilter(0, 0, last, place(self.widths.len() - 1))?;
        }
        let about = self.workbook.add_worksheet();
        about.set_name(sheet_name(&self.about.title))?;
        let count = self.about.rows.take().map(|name| (name, Cell::count(i64::try_from(rows).unwrap_or(0))));
        let facts = self.about.facts.into_iter().chain(count);
        for (line, (name, fact)) in (0_u32..).zip(facts) {
            about.write_string_with_format(line, 0, name, &self.looks.name)?;
            write_cell(about, line, 1, &fact, &self.looks)?;
        }
        about.set_column_width(0, 28)?.set_column_width(1, WIDTH_MAX as f64)?;
        self.workbook.save_to_buffer()
    }
}

fn place(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// A name that Excel takes for a sheet: at most 31 letters, none of them one of its own.
fn sheet_name(name: &str) -> String {
    let kept: String = name.chars().filter(|letter| !"[]:*?/\\'".contains(*letter)).take(31).collect();
    if kept.trim().is_empty() { "Sheet".to_owned() } else { kept }
}

fn width_of(cell: &Cell) -> usize {
    match cell {
        Cell::Text(text) | Cell::Word(text) => text.chars().count() + 1,
        Cell::Instant(_) => 20,
        Cell::Day(_) => 11,
        Cell::Thousandths(_) => 10,
        Cell::Flag(_) | Cell::Empty => 0,
    }
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    looks: &Looks,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) | Cell::Word(text) => drop(sheet.write_string(row, column, fitting(text))?),
        // A double carries every amount that we count exactly.
        Cell::Thousandths(number) => drop(sheet.write_number(row, column, *number as f64 / 1_000.0)?),
        Cell::Flag(flag) => drop(sheet.write_boolean(row, column, *flag)?),
        Cell::Day(day) => match excel_day(*day) {
            Some(day) => drop(sheet.write_datetime_with_format(row, column, &day, &looks.day)?),
            None => drop(sheet.write_string(row, column, cell.plain())?),
        },
        Cell::Instant(time) => match excel_instant(*time) {
            Some(time) => drop(sheet.write_datetime_with_format(row, column, &time, &looks.instant)?),
            None => drop(sheet.write_string(row, column, cell.plain())?),
        },
    }
    Ok(())
}

fn fitting(text: &str) -> &str {
    match text.encode_utf16().count() <= EXCEL_TEXT_MAX {
        true => text,
        false => &text[..text.floor_char_boundary(EXCEL_TEXT_MAX / 2)],
    }
}

fn excel_day(day: Date) -> Option<ExcelDateTime> {
    let year = u16::try_from(day.year()).ok().filter(|_| day.year() >= EXCEL_YEAR_MIN)?;
    ExcelDateTime::from_ymd(year, u8::try_from(day.month()).ok()?, u8::try_from(day.day()).ok()?).ok()
}

/// In UTC: a workbook knows no time zones.
fn excel_instant(time: Timestamp) -> Option<ExcelDateTime> {
    let seconds = time.as_millis().div_euclid(1_000);
    (seconds >= 0).then(|| ExcelDateTime::from_timestamp(seconds).ok()).flatten()
}
