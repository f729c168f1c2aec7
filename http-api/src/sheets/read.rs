//! Reading what people send: CSV of any delimiter, or pasted cells; workbooks of Excel and OpenDocument.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use calamine::{Data, DataRef, ExcelDateTime, Ods, Reader, Xlsx};
use domain::Date;
use domain::import::{Raw, RowError, Table, TableRow};
use zip::ZipArchive;

use super::cell::is_formula;
use super::ods;
use crate::error::Problem;

/// Largest file, in bytes: it is held in memory while somebody looks at it.
pub(crate) const FILE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Most bytes that a workbook may unpack to: a full table of the largest kind has less.
const UNPACKED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most parts of a workbook.
const PARTS_MAX: usize = 1_000;
/// Most rows, without the heading.
pub(crate) const ROWS_MAX: usize = 20_000;
/// Most columns.
pub(crate) const COLUMNS_MAX: usize = 100;
/// Longest cell, in bytes. A longer one is nearly always a quotation mark that was never closed.
const CELL_BYTES_MAX: usize = 4 * 1024;
/// What cells are set apart by.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// Reads a file, whatever it is called.
///
/// # Errors
/// `file-empty`, `file-too-large`, `file-too-many-rows`, `too-many-columns`, `cell-too-long`, `file-unreadable`.
pub fn read(bytes: &[u8]) -> Result<Table, Problem> {
    if bytes.len() > FILE_BYTES_MAX {
        let megabytes = FILE_BYTES_MAX / 1024 / 1024;
        return Err(Problem::advised("file-too-large", format_args!("A file has at most {megabytes} MB")));
    }
    let lines = match bytes {
        [b'P', b'K', ..] => workbook(bytes)?,
        [0xd0, 0xcf, 0x11, 0xe0, ..] => return Err(unreadable("This is a workbook of an older kind")),
        _ => text(bytes)?,
    };
    table(lines)
}

fn unreadable(detail: impl std::fmt::Display) -> Problem {
    Problem::advised("file-unreadable", detail)
}

fn too_many_rows() -> Problem {
    Problem::advised("file-too-many-rows", format_args!("A file has at most {ROWS_MAX} rows"))
}

pub(super) fn too_many_columns() -> Problem {
    Problem::advised("too-many-columns", format_args!("A table has at most {COLUMNS_MAX} columns"))
}

/// Rows of cells by the line they stand on.
type Lines = BTreeMap<u32, Vec<Raw>>;

/// Takes rows in one by one, and refuses what is too much.
#[derive(Default)]
struct Taker(Lines);

impl Taker {
    fn take(&mut self, line: u32, column: usize, raw: Raw) -> Result<(), Problem> {
        if raw == Raw::Empty {
            return Ok(());
        }
        if column >= COLUMNS_MAX {
            return Err(too_many_columns());
        }
        if let Raw::Text(text) = &raw
            && text.len() > CELL_BYTES_MAX
        {
            let detail = format!("A cell of line {line} has more than {CELL_BYTES_MAX} bytes");
            return Err(Problem::advised("cell-too-long", detail));
        }
        let cells = self.0.entry(line).or_default();
        cells.resize(cells.len().max(column + 1), Raw::Empty);
        cells[column] = raw;
        // The heading, and a few lines of explanation.
        if self.0.len() > ROWS_MAX + 10 { Err(too_many_rows()) } else { Ok(()) }
    }
}

/// The heading is the first row; a row whose first cell begins with `#` explains something and is passed over.
fn table(lines: Lines) -> Result<Table, Problem> {
    let mut rows = lines.into_iter().filter(|(_, cells)| {
        !cells.iter().find(|cell| **cell != Raw::Empty).is_some_and(
            |cell| matches!(cell, Raw::Text(text) if text.starts_with('#') && !text.starts_with("#REF")),
        )
    });
    let empty = || Problem::advised("file-empty", "There is nothing in this file");
    let (_, heading) = rows.next().ok_or_else(empty)?;
    let header: Vec<String> = heading.iter().map(name_of).collect();
    let mut table = Table { header, ..Table::default() };
    for (line, cells) in rows {
        match cells.len() > table.header.len() {
            true => table.errors.push(RowError {
                line,
                column: None,
                code: "ragged-row".to_owned(),
                value: None,
                message: "this row has more cells than the heading".to_owned(),
            }),
            false => table.rows.push(TableRow { line, cells }),
        }
        if table.rows.len() + table.errors.len() > ROWS_MAX {
            return Err(too_many_rows());
        }
    }
    Ok(table)
}

fn name_of(cell: &Raw) -> String {
    match cell {
        Raw::Text(text) => text.clone(),
        Raw::Number(number) => number.to_string(),
        Raw::Day(day) => day.to_string(),
        _ => String::new(),
    }
}

/// A text as a cell: without spaces around it, and without the mark by which we keep it from being a formula.
fn text_cell(text: &str) -> Raw {
    let text = text.trim();
    let text = text.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(text);
    if text.is_empty() { Raw::Empty } else { Raw::Text(text.to_owned()) }
}

// ---- text ----

fn text(bytes: &[u8]) -> Result<Lines, Problem> {
    let text = decoded(bytes);
    if text.contains('\0') {
        return Err(unreadable("This is neither text nor a workbook"));
    }
    // By which Excel is told the delimiter.
    let (text, told) = match text.strip_prefix("sep=").and_then(|rest| rest.split_once('\n')) {
        Some((mark, rest)) => (Cow::Owned(rest.to_owned()), mark.trim_end_matches('\r').bytes().next()),
        None => (text, None),
    };
    let first_line = if told.is_some() { 2 } else { 1 };
    let delimiter = told.filter(|mark| DELIMITERS.contains(mark)).unwrap_or_else(|| delimiter_of(&text));
    let mut reader = reader_of(&text, delimiter);
    let (mut record, mut taker) = (csv::StringRecord::new(), Taker::default());
    while reader.read_record(&mut record).map_err(unreadable)? {
        let line = first_line + line_of(&text, &record).saturating_sub(1);
        for (column, cell) in record.iter().enumerate() {
            taker.take(line, column, text_cell(cell))?;
        }
    }
    Ok(taker.0)
}

/// UTF-8, UTF-16 by its mark, or Windows-1252, which is what spreadsheets of Windows write.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark_len)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark_len..]).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

fn reader_of(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    builder.delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes())
}

/// The delimiter that makes the most columns of the heading.
fn delimiter_of(text: &str) -> u8 {
    let columns = |delimiter: u8| {
        let mut reader = reader_of(text, delimiter);
        let mut record = csv::StringRecord::new();
        while matches!(reader.read_record(&mut record), Ok(true)) {
            if !record.iter().next().is_some_and(|first| first.starts_with('#')) {
                return record.len();
            }
        }
        0
    };
    // The last of the largest is taken, so the first choice comes last.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| columns(*delimiter)).unwrap_or(b',')
}

/// The reader says where it began to look; empty lines before the row are passed over here.
fn line_of(text: &str, record: &csv::StringRecord) -> u32 {
    let Some(position) = record.position() else { return 0 };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX).min(text.len());
    let blank = text.as_bytes()[start..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
    let line = position.line() + blank.filter(|byte| **byte == b'\n').count() as u64;
    u32::try_from(line).unwrap_or(u32::MAX)
}

// ---- workbooks ----

enum Kind {
    Excel,
    OpenDocument,
}

fn workbook(bytes: &[u8]) -> Result<Lines, Problem> {
    match admitted(bytes)? {
        Kind::Excel => excel(bytes),
        Kind::OpenDocument => open_document(bytes),
    }
}

/// Unpacks a workbook once into nothing, so that nobody else unpacks more than there may be.
fn admitted(bytes: &[u8]) -> Result<Kind, Problem> {
    let broken = |_| unreadable("This workbook is damaged");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    if archive.len() > PARTS_MAX {
        return Err(unreadable("This workbook has too many parts"));
    }
    let (mut kind, mut left) = (None, UNPACKED_BYTES_MAX);
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).map_err(unreadable)?;
        let name = part.name().map(|name| name.into_owned()).unwrap_or_default();
        let is_content = name == "content.xml";
        if name == "xl/workbook.xml" {
            kind = Some(Kind::Excel);
        } else if is_content {
            kind = kind.or(Some(Kind::OpenDocument));
        }
        let mut unpacked = Vec::new();
        let mut limited = part.by_ref().take(left + 1);
        let len = match is_content {
            true => limited.read_to_end(&mut unpacked).map_err(broken)? as u64,
            false => std::io::copy(&mut limited, &mut std::io::sink()).map_err(broken)?,
        };
        left = left.checked_sub(len).ok_or_else(|| {
            let megabytes = UNPACKED_BYTES_MAX / 1024 / 1024;
            Problem::advised(
                "file-too-large",
                format_args!("This workbook unpacks to more than {megabytes} MB"),
            )
        })?;
        if is_content {
            ods::admit(&unpacked)?;
        }
    }
    kind.ok_or_else(|| unreadable("This is no workbook"))
}

/// The cells of the first sheet, as they come.
fn excel(bytes: &[u8]) -> Result<Lines, Problem> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(unreadable)?;
    if book.has_1904_epoch() {
        return Err(unreadable("This workbook counts its days from 1904"));
    }
    let name = book.sheet_names().first().cloned().ok_or_else(|| unreadable("This workbook has no sheet"))?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(unreadable)?;
    let mut taker = Taker::default();
    while let Some(cell) = cells.next_cell().map_err(unreadable)? {
        let (row, column) = cell.get_position();
        let raw = match cell.get_value() {
            DataRef::Empty => Raw::Empty,
            DataRef::Int(number) => Raw::Number(*number as f64),
            DataRef::Float(number) => Raw::Number(*number),
            DataRef::String(text) => text_cell(text),
            DataRef::SharedString(text) => text_cell(text),
            DataRef::Bool(flag) => Raw::Flag(*flag),
            DataRef::DateTime(time) => day_cell(time),
            DataRef::DateTimeIso(text) => iso_cell(text),
            DataRef::DurationIso(text) => Raw::Broken(text.clone()),
            DataRef::Error(error) => Raw::Broken(error.to_string()),
        };
        taker.take(row.saturating_add(1), column as usize, raw)?;
    }
    Ok(taker.0)
}

fn open_document(bytes: &[u8]) -> Result<Lines, Problem> {
    let mut book: Ods<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(unreadable)?;
    let name = book.sheet_names().first().cloned().ok_or_else(|| unreadable("This workbook has no sheet"))?;
    let range = book.worksheet_range(&name).map_err(unreadable)?;
    let (first_row, first_column) = range.start().unwrap_or_default();
    let mut taker = Taker::default();
    for (row, column, cell) in range.used_cells() {
        let raw = match cell {
            Data::Empty => Raw::Empty,
            Data::Int(number) => Raw::Number(*number as f64),
            Data::Float(number) => Raw::Number(*number),
            Data::String(text) => text_cell(text),
            Data::Bool(flag) => Raw::Flag(*flag),
            Data::DateTime(time) => day_cell(time),
            Data::DateTimeIso(text) => iso_cell(text),
            Data::DurationIso(text) => Raw::Broken(text.clone()),
            Data::Error(error) => Raw::Broken(error.to_string()),
        };
        let line = u32::try_from(row).unwrap_or(u32::MAX).saturating_add(first_row).saturating_add(1);
        taker.take(line, column + first_column as usize, raw)?;
    }
    Ok(taker.0)
}

/// A day, or the number of one with an hour, which is none.
fn day_cell(time: &ExcelDateTime) -> Raw {
    let serial = time.as_f64();
    if !time.is_datetime() || serial.fract() != 0.0 {
        return Raw::Number(serial);
    }
    let (year, month, day, ..) = time.to_ymd_hms_milli();
    let day = i16::try_from(year).ok().and_then(|year| Date::new(year, month as i8, day as i8).ok());
    day.map_or(Raw::Number(serial), Raw::Day)
}

fn iso_cell(text: &str) -> Raw {
    let day = text.strip_suffix("T00:00:00").unwrap_or(text);
    day.parse().map_or_else(|_| text_cell(text), Raw::Day)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::sheets::{About, Cell, Format, Writer};

    fn rows(bytes: &[u8]) -> Vec<Vec<Raw>> {
        let table = read(bytes).expect("a table");
        let header = table.header.iter().map(|name| Raw::Text(name.clone())).collect();
        std::iter::once(header).chain(table.rows.into_iter().map(|row| row.cells)).collect()
    }

    fn text(text: &str) -> Raw {
        Raw::Text(text.to_owned())
    }

    fn refused(bytes: &[u8]) -> String {
        read(bytes).expect_err("not a table").code
    }

    fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            archive.start_file(*name, SimpleFileOptions::default()).expect("a part");
            archive.write_all(content).expect("memory");
        }
        archive.finish().expect("memory").into_inner()
    }

    #[test]
    fn any_delimiter_and_encoding_gives_the_same_table() {
        let wanted = vec![vec![text("Code"), text("Libellé")], vec![text("A1"), text("Été, 5")]];
        let utf16: Vec<u8> =
            "\u{feff}Code\tLibellé\nA1\tÉté, 5\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [
            "Code,Libellé\r\nA1,\"Été, 5\"\r\n".as_bytes(),
            "\u{feff}Code;Libellé\nA1;Été, 5\n".as_bytes(),
            "sep=;\nCode;Libellé\nA1;Été, 5".as_bytes(),
            "Code\tLibellé\nA1\tÉté, 5\n".as_bytes(),
            "# an explanation\nCode|Libellé\n\nA1|Été, 5\n".as_bytes(),
            b"Code;Libell\xe9\nA1;\xc9t\xe9, 5\n",
            &utf16,
        ] {
            assert_eq!(rows(bytes), wanted, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn every_row_knows_its_line_and_a_row_too_wide_is_an_error_of_its_own() {
        let table = read(b"Code,Name\n\nA,1\nB,\"two\nlines\"\nC,1,2\nD,1,\n").expect("a table");
        let lines: Vec<u32> = table.rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [3, 4, 7]);
        assert_eq!((table.errors[0].line, table.errors[0].code.as_str()), (6, "ragged-row"));
    }

    #[test]
    fn what_we_write_is_read_as_it_was_whatever_it_is() {
        let day: Date = "2027-06-30".parse().expect("a day");
        let cells = [
            Cell::text("=1+1"),
            Cell::text("-5 °C"),
            Cell::Thousandths(-1_234_567),
            Cell::Day(day),
            Cell::Empty,
            Cell::text("é"),
        ];
        let heading = ["a", "b", "c", "d", "e", "f"].map(str::to_owned);
        let about =
            || About { table: "t".to_owned(), title: "about".to_owned(), facts: Vec::new(), rows: None };
        let file = |format| {
            let mut writer = Writer::new(format, &heading, about()).expect("a file");
            writer.row(&cells).expect("a row");
            rows(&writer.finish().expect("a file"))
        };
        let of = |number, day| vec![text("=1+1"), text("-5 °C"), number, day, Raw::Empty, text("é")];
        assert_eq!(file(Format::Csv)[1], of(text("-1234.567"), text("2027-06-30")));
        assert_eq!(file(Format::Xlsx)[1], of(Raw::Number(-1_234.567), Raw::Day(day)));
    }

    #[test]
    fn hostile_files_are_refused_with_a_reason() {
        assert_eq!(refused(b""), "file-empty");
        assert_eq!(refused(b" \n\n"), "file-empty");
        assert_eq!(refused(b"a,b\n\0\0,1\n"), "file-unreadable");
        assert_eq!(refused(b"PK\x03\x04 not a workbook"), "file-unreadable");
        assert_eq!(refused(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1]), "file-unreadable");
        assert_eq!(refused(&vec![b'x'; FILE_BYTES_MAX + 1]), "file-too-large");
        assert_eq!(refused("x,".repeat(1_000_000).as_bytes()), "too-many-columns");
        assert_eq!(refused("x\n".repeat(ROWS_MAX + 2).as_bytes()), "file-too-many-rows");
        assert_eq!(refused(format!("a\n\"{}", "x\n".repeat(3_000)).as_bytes()), "cell-too-long");
        assert_eq!(refused(&packed(&[("readme.txt", b"x")])), "file-unreadable");
        let zeros = vec![0_u8; 70 * 1024 * 1024];
        assert_eq!(
            refused(&packed(&[("xl/workbook.xml", b"<x/>"), ("xl/bomb.xml", &zeros)])),
            "file-too-large"
        );
        let about = About { table: "t".to_owned(), title: "u".to_owned(), facts: Vec::new(), rows: None };
        let mut writer = Writer::new(Format::Xlsx, &["a".to_owned()], about).expect("a file");
        writer.row(&[Cell::text("x")]).expect("a row");
        let whole = writer.finish().expect("a file");
        for len in [whole.len() / 4, whole.len() / 2, whole.len() - 30] {
            assert_eq!(refused(&whole[..len]), "file-unreadable", "cut after {len} bytes");
        }
    }

    #[test]
    fn an_open_document_sheet_is_read_with_its_types_and_its_empty_rest_is_nothing() {
        let content = br#"<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="s"><table:table-row><table:table-cell office:value-type="string"><text:p>code</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>day</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>n</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16381"/></table:table-row><table:table-row><table:table-cell office:value-type="string"><text:p>A1</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="2027-06-30"><text:p>30/06/27</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="12.5"><text:p>12,5</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16381"/></table:table-row><table:table-row table:number-rows-repeated="1048574"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"#;
        let manifest = br#"<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>"#;
        let file = packed(&[
            ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
            ("META-INF/manifest.xml", manifest),
            ("content.xml", content),
        ]);
        let day: Date = "2027-06-30".parse().expect("a day");
        assert_eq!(rows(&file)[1], [text("A1"), Raw::Day(day), Raw::Number(12.5)]);
    }

    #[test]
    fn a_formula_is_never_calculated_and_what_was_calculated_is_taken() {
        let sheet = br#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
            <row r="1"><c r="A1" t="inlineStr"><is><t>n</t></is></c></row>
            <row r="2"><c r="A2"><f>20+22</f><v>42</v></c></row>
            <row r="3"><c r="A3" t="e"><f>1/0</f><v>#DIV/0!</v></c></row></sheetData></worksheet>"#;
        let book = br#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="s" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
        let links = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
        let root = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
        let file = packed(&[
            ("_rels/.rels", root),
            ("xl/workbook.xml", book),
            ("xl/_rels/workbook.xml.rels", links),
            ("xl/worksheets/sheet1.xml", sheet),
        ]);
        assert_eq!(rows(&file)[1..], [vec![Raw::Number(42.0)], vec![Raw::Broken("#DIV/0!".to_owned())]]);
    }
}
