//! From rows of text to deliveries, or to the reason why a row is not taken.

use std::collections::{BTreeMap, BTreeSet};

use domain::text::is_invisible;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::mapping::{self, FieldRule, FileRules, Mapping, Target, ValueType, Wrong};
use super::parse::{self, NotTaken, Precision};
use super::read::{self, CELL_BYTES_MAX, FileError, Header, Record};

/// Longest text taken from a cell, in characters: the longest name that still fits a screen and a label.
pub const TEXT_CHARS_MAX: usize = 250;

/// Most units in a row, in thousandths. [`ROWS_MAX`](super::ROWS_MAX) rows of as many still add up within 64 bits.
pub const UNITS_MAX: i64 = 10_000_000_000_000;

/// Most units in a pack. The largest packs in use hold some ten thousand.
pub const PACK_SIZE_MAX: u32 = 1_000_000;

/// How much of a wrong cell is repeated in a report, in characters.
const VALUE_CHARS_SHOWN: usize = 60;

/// Which way the goods of a row went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// From the distribution centre to the store.
    Transfer,
    /// From a vendor to the store.
    Inbound,
}

/// One row, understood: so many packs of an item came to a store on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The line of the file.
    pub line: u64,
    /// What tells the row from every other.
    pub row: String,
    /// Which way the goods went.
    pub kind: Kind,
    /// Number of the delivery it is part of.
    pub shipment: String,
    /// The day of arrival.
    pub date: Date,
    /// The store that received it.
    pub store: String,
    /// Who sold it; always there when `kind` is inbound.
    pub vendor: Option<String>,
    /// The item's description.
    pub item: String,
    /// The item's own code, where the file has one.
    pub item_code: Option<String>,
    /// What one unit is.
    pub unit: Option<String>,
    /// Strength.
    pub strength: Option<String>,
    /// Packs, in thousandths.
    pub packs: i64,
    /// Units in a pack.
    pub units_per_pack: u32,
    /// Units in all, in thousandths.
    pub units: i64,
    /// Price of a pack, in thousandths of the currency unit.
    pub pack_price: Option<i64>,
    /// Batch number.
    pub batch: Option<String>,
    /// Last day of use.
    pub expiry: Option<Date>,
    /// Order number.
    pub reference: Option<String>,
    /// How it travelled.
    pub transport: Option<String>,
    /// Kilograms, in thousandths.
    pub weight: Option<i64>,
    /// Freight, in thousandths of the currency unit.
    pub freight: Option<i64>,
}

/// A row that is not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RejectedRow {
    /// The line of the file it stands on, from 1.
    pub line: u64,
    /// What tells it from the others, where it could be read.
    pub row: Option<String>,
    /// Stable code of the reason; `docs/IMPORT.md` lists them.
    pub code: String,
    /// The column at fault.
    pub column: Option<String>,
    /// The beginning of the cell at fault.
    pub value: Option<String>,
    /// The reason, and what to do, in English.
    pub message: String,
}

/// What became of the rows of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// How many rows there were.
    pub total: u64,
    /// Those that are understood, in the order of the file.
    pub deliveries: Vec<Delivery>,
    /// Those that are not, in the order of the file.
    pub rejected: Vec<RejectedRow>,
    /// Column → cells that could not be read and count as empty because the mapping says so.
    pub taken_as_missing: BTreeMap<String, u64>,
    /// The encoding of the file.
    pub encoding: String,
}

/// Reads a file of deliveries as the mapping says. Pure: the same bytes give the same rows.
pub fn read_rows(bytes: &[u8], mapping: &Mapping) -> Result<Rows, FileError> {
    let decoded = read::decode(bytes, mapping.file.encoding)?;
    let wanted: BTreeSet<&str> =
        mapping.fields.rules().iter().filter_map(|(_, rule)| rule.column.as_deref()).collect();
    let wanted: Vec<&str> = wanted.into_iter().collect();
    let (header, mut records) = read::open(&decoded.text, &mapping.file, &wanted)?;
    let reader = RowReader::new(mapping, &header);
    let mut rows = Rows { encoding: decoded.encoding.to_owned(), ..Rows::default() };
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    while let Some(record) = records.next()? {
        rows.total += 1;
        let mut missing = Vec::new();
        match reader.delivery(&record, &mut missing).and_then(|delivery| unseen(delivery, &lines)) {
            Ok(delivery) => {
                missing.into_iter().for_each(|column| *rows.taken_as_missing.entry(column).or_default() += 1);
                lines.insert(delivery.row.clone(), delivery.line);
                rows.deliveries.push(delivery);
            }
            Err(fault) => rows.rejected.push(reader.rejected(&record, fault)),
        }
    }
    Ok(rows)
}

fn unseen(delivery: Delivery, lines: &BTreeMap<String, u64>) -> Result<Delivery, Fault> {
    match lines.get(&delivery.row) {
        None => Ok(delivery),
        Some(line) => {
            Err(Fault::new("duplicate-row", format!("line {line} has the same identity and was taken"))
                .value(&delivery.row))
        }
    }
}

/// Why a row is not taken, before it is known where it stands.
struct Fault {
    code: &'static str,
    message: String,
    column: Option<String>,
    value: Option<String>,
}

impl Fault {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), column: None, value: None }
    }

    fn value(mut self, value: &str) -> Self {
        let mut shown: String = value.chars().take(VALUE_CHARS_SHOWN).collect();
        if shown.len() < value.len() {
            shown.push('…');
        }
        self.value = Some(shown);
        self
    }
}

/// Where the text of a field comes from.
enum Source<'a> {
    Cell { position: usize, column: &'a str },
    Constant(&'a str),
}

/// One field of the mapping, found in the file.
struct Field<'a> {
    target: Target,
    rule: &'a FieldRule,
    source: Source<'a>,
    missing: BTreeSet<String>,
}

/// A value read from a cell.
enum Cell {
    Text(String),
    Thousandths(i64),
    Day(Date),
}

impl<'a> Field<'a> {
    fn new(target: Target, rule: &'a FieldRule, file: &FileRules, header: &Header) -> Self {
        let source = match (&rule.column, &rule.constant) {
            (Some(column), _) => Source::Cell { position: header.position(column), column },
            (None, constant) => Source::Constant(constant.as_deref().unwrap_or("")),
        };
        let missing =
            file.missing.iter().chain(&rule.missing).map(|word| word.trim().to_lowercase()).collect();
        Self { target, rule, source, missing }
    }

    fn column(&self) -> Option<&str> {
        match self.source {
            Source::Cell { column, .. } => Some(column),
            Source::Constant(_) => None,
        }
    }

    fn fault(&self, code: &'static str, message: impl Into<String>) -> Fault {
        Fault { column: self.column().map(str::to_owned), ..Fault::new(code, message) }
    }

    /// The cell's text in its final words; nothing when it says that there is no value.
    fn words(&self, record: &Record) -> Option<String> {
        let text = match self.source {
            Source::Cell { position, .. } => record.cells.get(position).unwrap_or(""),
            Source::Constant(text) => text,
        };
        let text = single_spaced(text);
        if text.is_empty() || self.missing.contains(&text.to_lowercase()) {
            return None;
        }
        let meaning = self.rule.words.get(&text).or(self.rule.otherwise.as_ref());
        Some(meaning.cloned().unwrap_or(text))
    }

    fn read(
        &self,
        record: &Record,
        file: &FileRules,
        missing: &mut Vec<String>,
    ) -> Result<Option<Cell>, Fault> {
        let Some(text) = self.words(record) else {
            return match self.target.essential {
                true => {
                    Err(self.fault("missing-value", format!("`{}` is needed and empty", self.target.name)))
                }
                false => Ok(None),
            };
        };
        match (self.understand(&text, file), self.rule.wrong()) {
            (Ok(cell), _) => Ok(Some(cell)),
            (Err(fault), Wrong::Reject) => Err(fault.value(&text)),
            (Err(_), Wrong::Missing) => {
                missing.push(self.column().unwrap_or(self.target.name).to_owned());
                Ok(None)
            }
        }
    }

    fn understand(&self, text: &str, file: &FileRules) -> Result<Cell, Fault> {
        let precision = match self.target.essential {
            true => Precision::Exact,
            false => Precision::Rounded,
        };
        match self.rule.value_type(self.target) {
            ValueType::Text => self.check_text(text).map(|()| Cell::Text(text.to_owned())),
            ValueType::Integer => {
                self.check_number(parse::whole_thousandths(text, file.numbers()), "it is not a whole number")
            }
            ValueType::Decimal => self.check_number(
                parse::thousandths(text, file.numbers(), precision),
                "it is not a number of at most three decimals",
            ),
            ValueType::Date => parse::date(text, &self.rule.formats).map(Cell::Day).ok_or_else(|| {
                self.fault("not-a-date", format!("it is not a date in any of {:?}", self.rule.formats))
            }),
        }
    }

    fn check_text(&self, text: &str) -> Result<(), Fault> {
        if text.contains(|c: char| c.is_control() || c == '\u{fffd}' || is_invisible(c)) {
            let advice = "it has damaged or invisible characters; correct the file or its encoding";
            return Err(self.fault("damaged-text", advice));
        }
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(self.fault("text-too-long", format!("it is longer than {TEXT_CHARS_MAX} characters")));
        }
        Ok(())
    }

    fn check_number(&self, number: Result<i64, NotTaken>, complaint: &str) -> Result<Cell, Fault> {
        let number = number.map_err(|reason| match reason {
            NotTaken::NotANumber => self.fault("not-a-number", complaint),
            NotTaken::TooLarge => self.fault("out-of-range", "it is too large a number"),
        })?;
        match number > 0 || (number == 0 && !self.target.positive) {
            true => Ok(Cell::Thousandths(number)),
            false if self.target.positive => Err(self.fault("not-positive", "it must be above zero")),
            false => Err(self.fault("not-positive", "it must not be below zero")),
        }
    }
}

/// Trims, and makes one space of every run of white space.
fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads rows as one mapping says of one file.
struct RowReader<'a> {
    file: &'a FileRules,
    columns: usize,
    fields: Vec<Field<'a>>,
}

/// The values of a row by target name, while a delivery is made of them.
struct Values(BTreeMap<&'static str, Cell>);

impl Values {
    fn text(&mut self, target: Target) -> Option<String> {
        match self.0.remove(target.name)? {
            Cell::Text(text) => Some(text),
            Cell::Thousandths(_) | Cell::Day(_) => {
                unreachable!("a mapping's types are checked when it is read")
            }
        }
    }

    fn thousandths(&mut self, target: Target) -> Option<i64> {
        match self.0.remove(target.name)? {
            Cell::Thousandths(number) => Some(number),
            Cell::Text(_) | Cell::Day(_) => unreachable!("a mapping's types are checked when it is read"),
        }
    }

    fn day(&mut self, target: Target) -> Option<Date> {
        match self.0.remove(target.name)? {
            Cell::Day(date) => Some(date),
            Cell::Text(_) | Cell::Thousandths(_) => {
                unreachable!("a mapping's types are checked when it is read")
            }
        }
    }
}

/// What an essential field holds once its row has been read.
fn given<T>(value: Option<T>) -> T {
    value.expect("an essential field that is empty has rejected its row")
}

impl<'a> RowReader<'a> {
    fn new(mapping: &'a Mapping, header: &Header) -> Self {
        let rules = mapping.fields.rules().into_iter();
        let fields = rules.map(|(target, rule)| Field::new(target, rule, &mapping.file, header)).collect();
        Self { file: &mapping.file, columns: header.columns(), fields }
    }

    fn delivery(&self, record: &Record, missing: &mut Vec<String>) -> Result<Delivery, Fault> {
        self.check_shape(record)?;
        let mut values = Values(BTreeMap::new());
        for field in &self.fields {
            if let Some(cell) = field.read(record, self.file, missing)? {
                values.0.insert(field.target.name, cell);
            }
        }
        let kind = self.kind(given(values.text(mapping::KIND)))?;
        let vendor = values.text(mapping::VENDOR);
        if kind == Kind::Inbound && vendor.is_none() {
            return Err(Fault::new("missing-value", "a delivery from a vendor must name the vendor"));
        }
        let packs = given(values.thousandths(mapping::PACKS));
        let units_per_pack = pack_size(given(values.thousandths(mapping::UNITS_PER_PACK)))?;
        Ok(Delivery {
            line: record.line,
            row: given(values.text(mapping::ROW)),
            kind,
            shipment: given(values.text(mapping::SHIPMENT)),
            date: given(values.day(mapping::DATE)),
            store: given(values.text(mapping::STORE)),
            vendor,
            item: given(values.text(mapping::ITEM)),
            item_code: values.text(mapping::ITEM_CODE),
            unit: values.text(mapping::UNIT),
            strength: values.text(mapping::STRENGTH),
            packs,
            units_per_pack,
            units: units(packs, units_per_pack)?,
            pack_price: values.thousandths(mapping::PACK_PRICE),
            batch: values.text(mapping::BATCH),
            expiry: values.day(mapping::EXPIRY),
            reference: values.text(mapping::REFERENCE),
            transport: values.text(mapping::TRANSPORT),
            weight: values.thousandths(mapping::WEIGHT),
            freight: values.thousandths(mapping::FREIGHT),
        })
    }

    fn check_shape(&self, record: &Record) -> Result<(), Fault> {
        if let Some(cell) = record.cells.iter().find(|cell| cell.len() > CELL_BYTES_MAX) {
            let advice = "is a quotation mark on this line never closed?";
            let message = format!("a cell has more than {CELL_BYTES_MAX} bytes; {advice}");
            return Err(Fault::new("cell-too-long", message).value(cell));
        }
        if record.cells.iter().all(|cell| cell.trim().is_empty()) {
            return Err(Fault::new("empty-row", "every cell is empty"));
        }
        if record.cells.len() != self.columns {
            let (found, wanted) = (record.cells.len(), self.columns);
            return Err(Fault::new(
                "ragged-row",
                format!("it has {found} cells where the header has {wanted}"),
            ));
        }
        Ok(())
    }

    fn kind(&self, word: String) -> Result<Kind, Fault> {
        match word.as_str() {
            "transfer" => Ok(Kind::Transfer),
            "inbound" => Ok(Kind::Inbound),
            _ => Err(self.field(mapping::KIND).map_or_else(
                || Fault::new("unknown-kind", ""),
                |field| {
                    field.fault(
                        "unknown-kind",
                        "it means neither \"transfer\" nor \"inbound\"; add it to `words`",
                    )
                },
            ))
            .map_err(|fault| fault.value(&word)),
        }
    }

    fn field(&self, target: Target) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.target == target)
    }

    fn rejected(&self, record: &Record, fault: Fault) -> RejectedRow {
        RejectedRow {
            line: record.line,
            row: self
                .field(mapping::ROW)
                .and_then(|field| field.words(record))
                .filter(|row| row.len() <= TEXT_CHARS_MAX),
            code: fault.code.to_owned(),
            column: fault.column,
            value: fault.value,
            message: fault.message,
        }
    }
}

fn pack_size(thousandths: i64) -> Result<u32, Fault> {
    let size = u32::try_from(thousandths / 1_000).ok().filter(|size| *size <= PACK_SIZE_MAX);
    size.ok_or_else(|| Fault::new("out-of-range", format!("more than {PACK_SIZE_MAX} units in one pack")))
}

fn units(packs: i64, units_per_pack: u32) -> Result<i64, Fault> {
    let units = packs.checked_mul(i64::from(units_per_pack)).filter(|units| *units <= UNITS_MAX);
    units.ok_or_else(|| {
        Fault::new("out-of-range", format!("more than {} units in one row", UNITS_MAX / 1_000))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPPING: &str = r#"
        format = 1
        name = "test"
        [file]
        missing = ["", "N/A"]
        [centre]
        code = "RDC"
        name = "Distribution centre"
        [fields]
        row = { column = "ID" }
        kind = { column = "Via", words = { "From RDC" = "transfer", "Direct Drop" = "inbound" } }
        shipment = { column = "Note" }
        date = { column = "Day", formats = ["%d-%b-%y", "%Y-%m-%d"] }
        store = { column = "Country" }
        vendor = { column = "Vendor" }
        item = { column = "Item" }
        packs = { column = "Packs", type = "decimal" }
        units_per_pack = { column = "Size" }
        unit = { column = "Form", words = { "Tablet" = "tablet" }, otherwise = "unit" }
        pack_price = { column = "Price", wrong = "missing" }
    "#;
    const HEADER: &str = "ID,Via,Note,Day,Country,Vendor,Item,Packs,Size,Form,Price\n";
    const GOOD: &str = "7,From RDC,DN-1,02-Jun-06,Haiti,N/A,Aspirin,2.5,30,Tablet,1.2345";

    fn read(lines: &str) -> Rows {
        let mapping = Mapping::parse(MAPPING).expect("a good mapping");
        read_rows(format!("{HEADER}{lines}\n").as_bytes(), &mapping).expect("a readable file")
    }

    fn rejection(from: &str, to: &str) -> RejectedRow {
        assert!(GOOD.contains(from));
        let rows = read(&GOOD.replacen(from, to, 1));
        assert_eq!((rows.total, rows.deliveries.len(), rows.rejected.len()), (1, 0, 1), "{rows:?}");
        rows.rejected.into_iter().next().expect("one")
    }

    #[test]
    fn a_good_row_is_read_exactly() {
        let rows = read(GOOD);
        let delivery = &rows.deliveries[0];
        assert_eq!((delivery.line, delivery.row.as_str(), delivery.kind), (2, "7", Kind::Transfer));
        assert_eq!((delivery.packs, delivery.units_per_pack, delivery.units), (2_500, 30, 75_000));
        assert_eq!((delivery.pack_price, delivery.vendor.as_deref()), (Some(1_235), None));
        assert_eq!((delivery.date, delivery.unit.as_deref()), (Date::constant(2006, 6, 2), Some("tablet")));
    }

    #[test]
    fn white_space_does_not_make_two_names_of_one() {
        let rows = read(&GOOD.replace("Aspirin", "  Aspirin \u{a0} 5mg "));
        assert_eq!(rows.deliveries[0].item, "Aspirin 5mg");
    }

    #[test]
    fn every_wrong_row_is_listed_with_its_line_its_column_and_a_stable_code() {
        let cases = [
            ("7,From RDC", ",From RDC", "missing-value", Some("ID")),
            ("From RDC", "By pigeon", "unknown-kind", Some("Via")),
            ("02-Jun-06", "June 2nd", "not-a-date", Some("Day")),
            ("Haiti", "N/A", "missing-value", Some("Country")),
            ("2.5", "two", "not-a-number", Some("Packs")),
            ("2.5", "0", "not-positive", Some("Packs")),
            ("2.5", "-3", "not-positive", Some("Packs")),
            (",30,", ",30.5,", "not-a-number", Some("Size")),
            ("2.5", "999999999999", "out-of-range", None),
            ("2.5", "9000000000000", "out-of-range", Some("Packs")),
            (",30,", ",1000001,", "out-of-range", None),
            ("Aspirin", "Asp\u{fffd}rin", "damaged-text", Some("Item")),
            ("Aspirin", "Asp\u{202e}nir", "damaged-text", Some("Item")),
            ("From RDC", "Direct Drop", "missing-value", None),
            (",Tablet", "", "ragged-row", None),
            ("Tablet", "Tablet,", "ragged-row", None),
        ];
        for (from, to, code, column) in cases {
            let found = rejection(from, to);
            assert_eq!(
                (found.code.as_str(), found.column.as_deref(), found.line),
                (code, column, 2),
                "{from} → {to}"
            );
        }
        assert_eq!(read(",,,,,,,,,,").rejected[0].code, "empty-row");
        assert_eq!(rejection("Aspirin", &"x".repeat(TEXT_CHARS_MAX + 1)).code, "text-too-long");
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_costs_one_row_and_says_so() {
        let rows = read(&format!("{GOOD}\n8,\"{}", "x,y\n".repeat(CELL_BYTES_MAX)));
        assert_eq!((rows.deliveries.len(), rows.rejected.len()), (1, 1));
        assert_eq!((rows.rejected[0].code.as_str(), rows.rejected[0].line), ("cell-too-long", 3));
        assert!(rows.rejected[0].value.as_ref().expect("a value").chars().count() <= VALUE_CHARS_SHOWN + 1);
    }

    #[test]
    fn a_wrong_cell_that_may_be_missing_is_counted_and_the_row_taken() {
        let rows = read(&GOOD.replace("1.2345", "Invoiced Separately"));
        assert_eq!(rows.deliveries[0].pack_price, None);
        assert_eq!(rows.taken_as_missing, BTreeMap::from([("Price".to_owned(), 1)]));
    }

    #[test]
    fn of_two_rows_of_one_identity_the_first_good_one_is_taken() {
        let rows = read(&format!("{}\n{GOOD}\n{GOOD}", GOOD.replace("2.5", "two")));
        assert_eq!((rows.total, rows.deliveries.len()), (3, 1));
        assert_eq!(rows.deliveries[0].line, 3);
        let codes: Vec<_> = rows.rejected.iter().map(|row| (row.line, row.code.as_str())).collect();
        assert_eq!(codes, [(2, "not-a-number"), (4, "duplicate-row")]);
    }
}
