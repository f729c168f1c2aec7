//! From the bytes of a file to its rows of text, each with the line it stands on.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::mapping::{Encoding, FileRules};

/// Largest file, in bytes: it is held in memory, and ten years of a national programme take less.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most rows in a file: a plan is held in memory at some 500 bytes a row.
pub const ROWS_MAX: u64 = 500_000;

/// Longest cell, in bytes. A longer one is nearly always a quotation mark that was never closed.
pub const CELL_BYTES_MAX: usize = 4 * 1024;

/// Most columns; a file with more is not a table of deliveries.
pub const COLUMNS_MAX: usize = 512;

/// A file that cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Nothing but white space.
    #[error("the file is empty")]
    Empty,
    /// More than [`FILE_BYTES_MAX`] bytes.
    #[error(
        "the file has {bytes} bytes, the most is {FILE_BYTES_MAX}; split it, the parts can be imported one by one"
    )]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// More than [`ROWS_MAX`] rows.
    #[error("the file has more than {ROWS_MAX} rows; split it, the parts can be imported one by one")]
    TooManyRows,
    /// Bytes that are no text in the encoding that the mapping names.
    #[error("line {line} is not {encoding}; save the file as UTF-8, or set `encoding` in the mapping")]
    Encoding {
        /// The first line at fault.
        line: u64,
        /// The encoding tried.
        encoding: &'static str,
    },
    /// Columns that the mapping names and the file does not have.
    #[error("the file has no column {missing:?}; its columns are {found:?}; correct `column` in the mapping")]
    MissingColumns {
        /// Headers looked for.
        missing: Vec<String>,
        /// Headers found.
        found: Vec<String>,
    },
    /// A column that the mapping names and that stands twice in the file.
    #[error("the column «{0}» stands twice in the file; rename one of them")]
    DuplicateColumn(String),
    /// More than [`COLUMNS_MAX`] columns.
    #[error("the file has {0} columns, the most is {COLUMNS_MAX}; is the delimiter the one in the mapping?")]
    TooManyColumns(usize),
}

impl FileError {
    /// Stable code for interfaces and scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "file-empty",
            Self::TooLarge { .. } => "file-too-large",
            Self::TooManyRows => "file-too-many-rows",
            Self::Encoding { .. } => "file-encoding",
            Self::MissingColumns { .. } => "missing-columns",
            Self::DuplicateColumn(_) => "duplicate-column",
            Self::TooManyColumns(_) => "too-many-columns",
        }
    }
}

/// The text of a file, and which encoding it turned out to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decoded<'a> {
    pub text: Cow<'a, str>,
    pub encoding: &'static str,
}

/// Decodes the file. A byte order mark is taken off.
pub(super) fn decode(bytes: &[u8], encoding: Encoding) -> Result<Decoded<'_>, FileError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(FileError::TooLarge { bytes: bytes.len() });
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(FileError::Encoding { line: 1, encoding: "UTF-8 (it is UTF-16)" });
    }
    let body = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let marked = body.len() < bytes.len();
    let decoded = match (encoding, std::str::from_utf8(body)) {
        (Encoding::Windows1252, _) if !marked => windows_1252(body),
        (_, Ok(text)) => Decoded { text: Cow::Borrowed(text), encoding: "UTF-8" },
        (Encoding::Detect, Err(_)) if !marked => windows_1252(body),
        (_, Err(error)) => {
            return Err(FileError::Encoding { line: line_at(body, error.valid_up_to()), encoding: "UTF-8" });
        }
    };
    match decoded.text.trim().is_empty() {
        true => Err(FileError::Empty),
        false => Ok(decoded),
    }
}

fn line_at(bytes: &[u8], offset: usize) -> u64 {
    1 + bytes[..offset].iter().filter(|byte| **byte == b'\n').count() as u64
}

fn windows_1252(bytes: &[u8]) -> Decoded<'static> {
    /// 0x80 to 0x9f; the rest is as in Latin-1. Five places are empty and stand for damage.
    const HIGH_CONTROLS: [char; 32] = [
        '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž', '\u{fffd}',
        '\u{fffd}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{fffd}', 'ž', 'Ÿ',
    ];
    let character = |byte: &u8| match byte {
        0x80..=0x9f => HIGH_CONTROLS[usize::from(byte - 0x80)],
        other => char::from(*other),
    };
    Decoded { text: Cow::Owned(bytes.iter().map(character).collect()), encoding: "Windows-1252" }
}

/// Where the columns of a file are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    positions: BTreeMap<String, usize>,
    columns: usize,
}

impl Header {
    fn read(record: &csv::StringRecord, wanted: &[&str]) -> Result<Self, FileError> {
        if record.len() > COLUMNS_MAX {
            return Err(FileError::TooManyColumns(record.len()));
        }
        let mut positions = BTreeMap::new();
        for (position, name) in record.iter().map(str::trim).enumerate() {
            if positions.insert(name.to_owned(), position).is_some() && wanted.contains(&name) {
                return Err(FileError::DuplicateColumn(name.to_owned()));
            }
        }
        let missing: Vec<String> = wanted
            .iter()
            .filter(|name| !positions.contains_key(**name))
            .map(|name| (*name).to_owned())
            .collect();
        match missing.is_empty() {
            true => Ok(Self { positions, columns: record.len() }),
            false => Err(FileError::MissingColumns {
                missing,
                found: record.iter().map(|name| name.trim().to_owned()).collect(),
            }),
        }
    }

    /// Position of a column that was asked for when the header was read.
    pub fn position(&self, column: &str) -> usize {
        self.positions[column]
    }

    /// How many cells a row has.
    pub fn columns(&self) -> usize {
        self.columns
    }
}

/// One row of text.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    /// The line its first character stands on, from 1.
    pub line: u64,
    /// Its cells.
    pub cells: csv::StringRecord,
}

/// The rows of a file, after its header.
pub(super) struct Records<'a> {
    text: &'a str,
    reader: csv::Reader<&'a [u8]>,
    seen: u64,
}

/// Reads the header, which must have the `wanted` columns, and stands before the first row.
pub(super) fn open<'a>(
    text: &'a str,
    rules: &FileRules,
    wanted: &[&str],
) -> Result<(Header, Records<'a>), FileError> {
    let delimiter = u8::try_from(rules.delimiter).expect("a mapping's delimiter is ASCII");
    let reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut records = Records { text, reader, seen: 0 };
    let first = records.read().ok_or(FileError::Empty)?;
    Ok((Header::read(&first.cells, wanted)?, records))
}

impl Records<'_> {
    /// The next row; nothing at the end.
    pub fn next(&mut self) -> Result<Option<Record>, FileError> {
        let Some(record) = self.read() else { return Ok(None) };
        self.seen += 1;
        match self.seen > ROWS_MAX {
            true => Err(FileError::TooManyRows),
            false => Ok(Some(record)),
        }
    }

    fn read(&mut self) -> Option<Record> {
        let mut cells = csv::StringRecord::new();
        let found =
            self.reader.read_record(&mut cells).expect("text in memory of any number of cells is readable");
        found.then(|| Record { line: self.line_of(&cells), cells })
    }

    /// The reader says where it began to look; empty lines before the row are passed over here.
    fn line_of(&self, cells: &csv::StringRecord) -> u64 {
        let Some(position) = cells.position() else { return 0 };
        let start = usize::try_from(position.byte()).unwrap_or(usize::MAX).min(self.text.len());
        let blank = self.text.as_bytes()[start..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
        position.line() + blank.filter(|byte| **byte == b'\n').count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, wanted: &[&str]) -> Result<Vec<(u64, Vec<String>)>, FileError> {
        let (_, mut records) = open(text, &FileRules::default(), wanted)?;
        let mut found = Vec::new();
        while let Some(record) = records.next()? {
            found.push((record.line, record.cells.iter().map(str::to_owned).collect()));
        }
        Ok(found)
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_first_header() {
        let decoded = decode(b"\xef\xbb\xbfID\n1\n", Encoding::Detect).expect("UTF-8");
        assert_eq!((decoded.text.as_ref(), decoded.encoding), ("ID\n1\n", "UTF-8"));
        let decoded = decode(b"\xef\xbb\xbfID\n1\n", Encoding::Windows1252).expect("the mark decides");
        assert_eq!(decoded.encoding, "UTF-8");
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_windows_1252_when_the_mapping_lets_us_detect() {
        let bytes = b"Country\nC\xf4te d\x92Ivoire\n";
        let decoded = decode(bytes, Encoding::Detect).expect("Windows-1252");
        assert_eq!(decoded.text, "Country\nCôte d’Ivoire\n");
        assert_eq!(decoded.encoding, "Windows-1252");
        assert_eq!(decode(bytes, Encoding::Utf8), Err(FileError::Encoding { line: 2, encoding: "UTF-8" }));
        assert!(decode(b"\xff\xfeI\0D\0", Encoding::Detect).is_err());
    }

    #[test]
    fn an_empty_file_and_a_huge_one_are_refused() {
        assert_eq!(decode(b"", Encoding::Detect), Err(FileError::Empty));
        assert_eq!(decode(b"\xef\xbb\xbf \r\n", Encoding::Detect), Err(FileError::Empty));
        let huge = vec![b'x'; FILE_BYTES_MAX + 1];
        assert_eq!(decode(&huge, Encoding::Detect), Err(FileError::TooLarge { bytes: huge.len() }));
    }

    #[test]
    fn every_row_knows_the_line_it_stands_on() {
        let text = "ID,Note\r\n1,a\r\n\r\n\n2,\"two\nlines\"\n3,c";
        let lines: Vec<u64> = rows(text, &["ID"]).expect("rows").into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [2, 5, 7]);
    }

    #[test]
    fn ragged_rows_are_read_as_they_are() {
        let found = rows("ID,Note\n1\n2,b,c\n", &["ID"]).expect("rows");
        assert_eq!(found.iter().map(|(_, cells)| cells.len()).collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn missing_and_doubled_columns_are_named() {
        let missing = rows("ID, Country \n", &["ID", "Country", "Vendor"]).expect_err("no vendor");
        assert_eq!(missing.code(), "missing-columns");
        assert!(missing.to_string().contains("Vendor") && missing.to_string().contains("Country"));
        assert_eq!(rows("ID,ID\n", &["ID"]), Err(FileError::DuplicateColumn("ID".to_owned())));
        assert_eq!(rows("ID,X,X\n1,2,3\n", &["ID"]).expect("X is not asked for").len(), 1);
        assert_eq!(rows(&",".repeat(COLUMNS_MAX), &[]), Err(FileError::TooManyColumns(COLUMNS_MAX + 1)));
    }
}
