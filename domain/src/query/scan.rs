//! What a scanned text means in a store: the item, the batches of it that are there, and what to look at.

use std::fmt;
use std::ops::ControlFlow;
use std::str::FromStr;

use crdt_store::{DocumentId, Failure, StoreError, ViewRead, ViewReadExt};
use serde::{Deserialize, Serialize};

use super::stock::{self, StockRow, StockStatus};
use super::{barcodes, items};
use crate::allocation::is_expired;
use crate::gs1::{self, Element, Label, Reading};
use crate::item::ItemRow;
use crate::location::{self, LocationRow};
use crate::text::{Key, fold, hex, id_at_end};
use crate::{Date, Quantity, stock_line, views};

/// Batches that come with an answer: more than anybody chooses from.
pub const LINES_MAX: usize = 50;

/// A code of our own, on labels for what has no article number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnCode {
    /// A shelf.
    Location(DocumentId),
    /// A batch in a store.
    StockLine(DocumentId),
}

const OWN_PREFIX: &str = "TRIBUTARY";

impl fmt::Display for OwnCode {
    /// Capitals, digits and colons: the densest letters of a QR code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, id) = match self {
            Self::Location(id) => ("SHELF", id),
            Self::StockLine(id) => ("BATCH", id),
        };
        write!(f, "{OWN_PREFIX}:{word}:{}", hex(id.as_bytes()).to_uppercase())
    }
}

impl FromStr for OwnCode {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let parts: Vec<String> = text.trim().split(':').map(str::to_uppercase).collect();
        let [prefix, word, id] = parts.as_slice() else { return Err(()) };
        let bytes = crate::text::unhex(id).ok_or(())?;
        let id = DocumentId::try_from(bytes.as_slice()).map_err(|_| ())?;
        match (prefix.as_str(), word.as_str()) {
            (OWN_PREFIX, "SHELF") => Ok(Self::Location(id)),
            (OWN_PREFIX, "BATCH") => Ok(Self::StockLine(id)),
            _ => Err(()),
        }
    }
}

/// What kind of thing was scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScanKind {
    /// A label of GS1.
    Label,
    /// A batch, by a label of our own or by its name.
    Batch,
    /// An item, by its code.
    Item,
    /// A shelf.
    Location,
    /// Words that name nothing exactly: something to search for.
    Words,
}

/// What somebody should look at before they act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScanWarning {
    /// Nobody has said yet which item the article number means.
    UnknownArticle,
    /// The store has no such batch of the item.
    BatchNotHere,
    /// Past its last day of use.
    Expired,
    /// The label says another last day of use than the store's records.
    ExpiryDiffers,
    /// The batch, or the place where it lies, is on hold.
    OnHold,
    /// The item may not be received any more.
    ItemInactive,
}

/// One way to understand what was scanned.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScanReading {
    /// What the label says, element by element.
    pub elements: Vec<Element>,
    /// The article number, 14 digits.
    pub gtin: Option<String>,
    /// The batch.
    pub batch: Option<String>,
    /// The last day of use.
    pub expiry: Option<Date>,
    /// The day of manufacture.
    pub manufactured: Option<Date>,
    /// The serial number.
    pub serial: Option<String>,
    /// How many articles the box contains, where its label says it.
    pub count: Option<u32>,
    /// The item, if it is known.
    pub item: Option<ItemRow>,
    /// Units in the box, if it is known.
    pub pack_size: Option<u32>,
    /// The barcode by which the store knows the item.
    pub barcode: Option<DocumentId>,
    /// The batches of the store that fit, by expiry: at most [`LINES_MAX`].
    pub lines: Vec<StockRow>,
    /// What to look at.
    pub warnings: Vec<ScanWarning>,
}

/// What a scanned text means.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Scanned {
    /// The text.
    pub text: String,
    /// What kind of thing it is.
    pub kind: ScanKind,
    /// Whether there is no doubt how to read it. If there is, a person chooses among the readings.
    pub sure: bool,
    /// How it can be understood.
    pub readings: Vec<ScanReading>,
    /// The shelf, if it is one.
    pub location: Option<LocationRow>,
}

/// Finds out what a scanned text means in a store.
///
/// Where a scanner may have dropped a separator, the store's own records can settle it: if one reading alone names a
/// batch that is there, it is that one.
///
/// # Errors
/// The codes of [`gs1::read`]; `not-found` of a label of our own whose shelf or batch this store does not have.
pub fn scan(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    text: &str,
    today: Date,
) -> Result<Scanned, Failure> {
    let asker = Asker { read, store, today };
    let text = text.trim();
    if let Ok(code) = text.parse::<OwnCode>() {
        return asker.own(text, code);
    }
    match gs1::read(text, today)? {
        Reading::Sure(label) => {
            let readings = vec![asker.label(&label)?];
            Ok(Scanned { text: text.to_owned(), kind: ScanKind::Label, sure: true, readings, location: None })
        }
        Reading::Unsure(labels) => asker.unsure(text, &labels),
        Reading::Foreign => asker.words(text),
    }
}

/// Who asks: one store, on one day.
struct Asker<'r, R: ViewRead + ?Sized> {
    read: &'r R,
    store: DocumentId,
    today: Date,
}

impl<R: ViewRead + ?Sized> Asker<'_, R> {
    fn own(&self, text: &str, code: OwnCode) -> Result<Scanned, Failure> {
        let text = text.to_owned();
        Ok(match code {
            OwnCode::Location(id) => {
                let location = Some(location::require(self.read, "/text", self.store, id)?);
                Scanned { text, kind: ScanKind::Location, sure: true, readings: Vec::new(), location }
            }
            OwnCode::StockLine(id) => {
                stock_line::require(self.read, "/text", self.store, id)?;
                let readings = vec![self.of_lines(vec![stock::line(self.read, id, self.today)?])?];
                Scanned { text, kind: ScanKind::Batch, sure: true, readings, location: None }
            }
        })
    }

    fn unsure(&self, text: &str, labels: &[Label]) -> Result<Scanned, Failure> {
        let mut readings = labels.iter().map(|label| self.label(label)).collect::<Result<Vec<_>, _>>()?;
        let is_here = |reading: &ScanReading| reading.batch.is_some() && !reading.lines.is_empty();
        let sure = readings.iter().filter(|reading| is_here(reading)).count() == 1;
        if sure {
            readings.retain(is_here);
        }
        Ok(Scanned { text: text.to_owned(), kind: ScanKind::Label, sure, readings, location: None })
    }

    /// A text that is none of GS1: the code of an item or a shelf, the name of a batch, or something to search for.
    fn words(&self, text: &str) -> Result<Scanned, Failure> {
        let answer = |kind, readings: Vec<ScanReading>, location| Scanned {
            text: text.to_owned(),
            kind,
            sure: readings.len() <= 1,
            readings,
            location,
        };
        if text.is_empty() {
            return Ok(answer(ScanKind::Words, Vec::new(), None));
        }
        if let Some(item) = items::by_code(self.read, text)? {
            let reading = self.of_item(ScanReading::empty(), item)?;
            return Ok(answer(ScanKind::Item, vec![reading], None));
        }
        let by_code = Key::new().id(self.store).text(text).build();
        if let Some(place) = self.read.rows::<LocationRow>(views::LOCATION_CODE, &by_code)?.into_iter().next()
        {
            return Ok(answer(ScanKind::Location, Vec::new(), Some(place)));
        }
        let readings = self.batches_named(text)?;
        let kind = if readings.is_empty() { ScanKind::Words } else { ScanKind::Batch };
        Ok(answer(kind, readings, None))
    }

    /// The batches of this name: a reading for each item that has one.
    fn batches_named(&self, batch: &str) -> Result<Vec<ScanReading>, Failure> {
        let mut ids = Vec::new();
        let prefix = Key::new().id(self.store).text(batch).build();
        self.read.scan_prefix(views::STOCK_BY_BATCH, &prefix, &mut |key, _| {
            ids.extend(id_at_end(key));
            if ids.len() < LINES_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        let mut by_item: std::collections::BTreeMap<DocumentId, Vec<StockRow>> = Default::default();
        for id in ids {
            let row = stock::line(self.read, id, self.today)?;
            by_item.entry(row.item).or_default().push(row);
        }
        by_item.values_mut().for_each(|lines| without_empty(lines, true));
        by_item.into_values().map(|lines| self.of_lines(lines)).collect()
    }

    /// A reading of batches of one item that somebody named.
    fn of_lines(&self, lines: Vec<StockRow>) -> Result<ScanReading, Failure> {
        let mut reading = ScanReading::empty();
        if let Some(line) = lines.first() {
            reading.item = Some(items::detail(self.read, line.item)?);
            reading.batch.clone_from(&line.batch);
            reading.expiry = line.expiry;
            reading.pack_size = Some(line.pack_size);
        }
        reading.lines = lines;
        self.warn(&mut reading);
        Ok(reading)
    }

    /// A reading of an item, with its batches that fit.
    fn of_item(&self, mut reading: ScanReading, item: ItemRow) -> Result<ScanReading, Failure> {
        for line in stock::lines_of_item(self.read, self.store, item.id)? {
            let fits = match (&reading.batch, reading.expiry) {
                (Some(batch), _) => line.batch.as_deref().is_some_and(|known| fold(known) == fold(batch)),
                (None, Some(expiry)) => line.expiry == Some(expiry),
                (None, None) => true,
            };
            if !fits || reading.lines.len() == LINES_MAX {
                continue;
            }
            let row = stock::line(self.read, line.id, self.today)?;
            if reading.batch.is_some() || row.on_hand != Quantity::ZERO {
                reading.lines.push(row);
            }
        }
        without_empty(&mut reading.lines, reading.batch.is_some());
        // The same batch may be there in several packs: the box that was scanned says which.
        if let Some(units) = reading.pack_size
            && reading.lines.iter().any(|line| line.pack_size == units)
        {
            reading.lines.retain(|line| line.pack_size == units);
        }
        reading.item = Some(item);
        self.warn(&mut reading);
        Ok(reading)
    }

    fn label(&self, label: &Label) -> Result<ScanReading, Failure> {
        let gtin = label.gtin();
        let known = gtin.as_ref().map(|gtin| barcodes::find(self.read, self.store, gtin)).transpose()?;
        let known = known.flatten();
        let mut reading = ScanReading {
            elements: label.elements.clone(),
            gtin: gtin.map(|gtin| gtin.to_string()),
            batch: label.batch().map(str::to_owned),
            expiry: label.expiry(),
            manufactured: label.manufactured(),
            serial: label.serial().map(str::to_owned),
            count: label.count(),
            pack_size: known.as_ref().and_then(|known| known.pack_size),
            barcode: known.as_ref().and_then(|known| known.barcode),
            ..ScanReading::empty()
        };
        match known.map(|known| self.item(known.item)).transpose()?.flatten() {
            Some(item) => self.of_item(reading, item),
            None => {
                if reading.gtin.is_some() {
                    reading.warnings.push(ScanWarning::UnknownArticle);
                }
                self.warn(&mut reading);
                Ok(reading)
            }
        }
    }

    fn item(&self, id: DocumentId) -> Result<Option<ItemRow>, StoreError> {
        self.read.row(views::ITEM, id.as_bytes())
    }

    fn warn(&self, reading: &mut ScanReading) {
        let lines = &reading.lines;
        let item_known = reading.item.is_some();
        let not_here = item_known && reading.batch.is_some() && lines.is_empty();
        // Of several batches a person chooses; what is wrong with one of them is said there.
        let one_of_one = |test: fn(&StockRow) -> bool| matches!(lines.as_slice(), [line] if test(line));
        let expired = is_expired(reading.expiry, self.today)
            || matches!(lines.as_slice(), [line] if is_expired(line.expiry, self.today));
        let differs = reading.batch.is_some()
            && reading.expiry.is_some()
            && !lines.is_empty()
            && lines.iter().all(|line| line.expiry != reading.expiry);
        let found = [
            (not_here, ScanWarning::BatchNotHere),
            (expired, ScanWarning::Expired),
            (differs, ScanWarning::ExpiryDiffers),
            (one_of_one(|line| line.on_hold || line.status == StockStatus::OnHold), ScanWarning::OnHold),
            (reading.item.as_ref().is_some_and(|item| !item.active), ScanWarning::ItemInactive),
        ];
        reading.warnings.extend(found.into_iter().filter(|(is, _)| *is).map(|(_, warning)| warning));
    }
}

/// Leaves out what is used up. Where all of it is, it stays if it was named: whoever holds the box sees that the
/// records know it.
fn without_empty(lines: &mut Vec<StockRow>, named: bool) {
    let is_there = |row: &StockRow| row.on_hand != Quantity::ZERO;
    if !named || lines.iter().any(is_there) {
        lines.retain(is_there);
    }
}

impl ScanReading {
    pub(crate) fn empty() -> Self {
        Self {
            elements: Vec::new(),
            gtin: None,
            batch: None,
            expiry: None,
            manufactured: None,
            serial: None,
            count: None,
            item: None,
            pack_size: None,
            barcode: None,
            lines: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_our_own_is_read_back_whatever_its_case() {
        let id = DocumentId::from_bytes([0xab; 16]);
        for code in [OwnCode::Location(id), OwnCode::StockLine(id)] {
            let text = code.to_string();
            assert_eq!(text.parse(), Ok(code));
            assert_eq!(text.to_lowercase().parse(), Ok(code));
            let alphanumeric =
                |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == ':';
            assert!(text.chars().all(alphanumeric), "{text}");
        }
        for text in ["TRIBUTARY:SHELF:", "TRIBUTARY:SHELF:AB", "TRIBUTARY:ROOM:00", "AMOX250D"] {
            assert_eq!(text.parse::<OwnCode>(), Err(()), "{text}");
        }
    }
}
