//! Checking boxes with a scanner: against what is to be picked, and against what was sent.
//!
//! A scan finds the line that a box belongs to and counts it there, in the document, so that nothing is lost by a reload
//! and two devices work on the same shipment. What was checked while picking is kept by device and adds up; what arrived
//! is the line's received quantity.

use crdt_store::{DocumentId, Failure, Txn};

use super::lines::{line_mut, load_for_lines};
use super::receive::load_for_receiving;
use super::types::{BoxWarning, Line, ScanBox, ScannedBox, SetChecked, Shipment, Status};
use crate::allocation::is_expired;
use crate::permission::Caller;
use crate::quantity::Quantity;
use crate::query::scan::{self, ScanReading, Scanned};
use crate::text::{day_of, fold};
use crate::{number, record, reject, stock_line};

/// What a scan says of a box.
struct Recognised {
    reading: ScanReading,
    item: DocumentId,
}

/// A line that fits a box.
type Fit<'a> = (DocumentId, &'a Line);

/// Says how many units of a line were checked against the shipment while picking: this device makes up the difference
/// to what others have checked.
pub fn set_checked(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    line_id: DocumentId,
    command: &SetChecked,
) -> Result<(), Failure> {
    let old = load_for_checking(txn, caller, id)?;
    let wanted = stock_line::valid_quantity("/quantity", command.quantity)?;
    let mut new = old.clone();
    let own = number::device_word(txn)?;
    let line = line_mut(&mut new, line_id)?;
    let difference = wanted - line.checked();
    add_checked(line, own, difference);
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Counts a scanned box towards what is picked. A box that belongs to no line changes nothing, and the reply says why.
///
/// # Errors
/// The codes of [`crate::gs1::read`]; `wrong-status` once the goods have left.
pub fn scan_out(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &ScanBox,
) -> Result<ScannedBox, Failure> {
    let old = load_for_checking(txn, caller, id)?;
    let store = old.sender_store.expect("checked when loaded");
    let counted = |line: &Line| line.checked();
    let mut found = find(txn, store, &old, command, &counted)?;
    if let Some(line_id) = found.line {
        let mut new = old.clone();
        let own = number::device_word(txn)?;
        add_checked(line_mut(&mut new, line_id)?, own, found.units);
        found.count(counted(&new.lines[&line_id]));
        record::put_difference(txn, id, &old, &new);
    }
    Ok(found)
}

/// Counts a scanned box towards what arrived.
///
/// # Errors
/// The codes of [`crate::gs1::read`]; `wrong-status` once the goods are in stock.
pub fn scan_in(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &ScanBox,
) -> Result<ScannedBox, Failure> {
    let old = load_for_receiving(txn, caller, id)?;
    if old.reached(Status::Received) {
        return Err(reject::wrong_status(old.status(), "count boxes").into());
    }
    let store = old.receiver_store.expect("checked when loaded");
    let counted = |line: &Line| line.received.unwrap_or(Quantity::ZERO);
    let mut found = find(txn, store, &old, command, &counted)?;
    if let Some(line_id) = found.line {
        let mut new = old.clone();
        let line = line_mut(&mut new, line_id)?;
        let sum = (counted(line) + found.units).clamped();
        line.received = Some(sum);
        found.count(sum);
        record::put_difference(txn, id, &old, &new);
    }
    Ok(found)
}

/// An outbound shipment whose goods are being taken off the shelf.
fn load_for_checking(txn: &Txn<'_>, caller: &Caller, id: DocumentId) -> Result<Shipment, Failure> {
    let shipment = load_for_lines(txn, caller, id)?;
    match shipment.sender_store {
        Some(_) => Ok(shipment),
        None => Err(reject::validation("", "only goods of one's own are picked").into()),
    }
}

fn add_checked(line: &mut Line, own: String, more: Quantity) {
    let sum = line.checked.entry(own).or_default();
    *sum = (*sum + more).clamped();
}

impl ScannedBox {
    fn refused(item: Option<DocumentId>, warning: BoxWarning) -> Self {
        Self {
            line: None,
            item,
            units: Quantity::ZERO,
            counted: Quantity::ZERO,
            expected: Quantity::ZERO,
            warnings: vec![warning],
            choices: Vec::new(),
        }
    }

    fn count(&mut self, counted: Quantity) {
        self.counted = counted;
        if counted > self.expected {
            self.warnings.push(BoxWarning::TooMany);
        }
    }
}

/// The line that a box belongs to.
fn find(
    txn: &Txn<'_>,
    store: DocumentId,
    shipment: &Shipment,
    command: &ScanBox,
    counted: &dyn Fn(&Line) -> Quantity,
) -> Result<ScannedBox, Failure> {
    let today = day_of(txn.now());
    let scanned = scan::scan(txn, store, &command.text, today)?;
    let lines: Vec<Fit<'_>> = shipment
        .lines
        .iter()
        .filter(|(_, line)| !line.removed && !shipment.is_placeholder(line))
        .map(|(id, line)| (*id, line))
        .collect();
    let found = match understood(scanned, &lines) {
        Ok(found) => found,
        Err(warning) => return Ok(ScannedBox::refused(None, warning)),
    };
    let of_item: Vec<Fit<'_>> = lines.iter().filter(|(_, line)| line.item == found.item).copied().collect();
    let fitting = fitting(&found.reading, &of_item);
    let refused = |warning| Ok(ScannedBox::refused(Some(found.item), warning));
    if fitting.is_empty() {
        let other_batch = !of_item.is_empty();
        return refused(if other_batch { BoxWarning::WrongBatch } else { BoxWarning::NotOnShipment });
    }
    let complete = |line: &Line| counted(line) >= shipment.coming(line);
    let chosen = match command.line {
        Some(wanted) => fitting.iter().find(|(id, _)| *id == wanted),
        None if fitting.iter().all(|(_, line)| line.batch == fitting[0].1.batch) => {
            fitting.iter().find(|(_, line)| !complete(line)).or(fitting.first())
        }
        None => None,
    };
    let Some((id, line)) = chosen else {
        let choices = fitting.iter().map(|(id, _)| *id).collect();
        return Ok(ScannedBox { choices, ..ScannedBox::refused(Some(found.item), BoxWarning::SeveralLines) });
    };
    let packs = i64::from(found.reading.pack_size.unwrap_or(line.pack_size));
    let expiry = found.reading.expiry;
    let expired = is_expired(line.expiry.or(expiry), today) || is_expired(expiry, today);
    let differs = expiry.is_some() && line.expiry.is_some() && expiry != line.expiry;
    let warnings = [(expired, BoxWarning::Expired), (differs, BoxWarning::ExpiryDiffers)];
    Ok(ScannedBox {
        line: Some(*id),
        item: Some(found.item),
        units: Quantity::whole(packs * i64::from(found.reading.count.unwrap_or(1))).clamped(),
        counted: counted(line),
        expected: shipment.coming(line),
        warnings: warnings.into_iter().filter(|(is, _)| *is).map(|(_, warning)| warning).collect(),
        choices: Vec::new(),
    })
}

/// What a box is. A label that can be read in several ways is read in the one that is on this shipment, if it is one
/// alone; a word that names nothing in the store may name a batch of the shipment.
fn understood(scanned: Scanned, lines: &[Fit<'_>]) -> Result<Recognised, BoxWarning> {
    let Scanned { text, sure, mut readings, .. } = scanned;
    let is_on = |reading: &ScanReading| {
        let item = reading.item.as_ref().map(|item| item.id);
        let of_item: Vec<_> = lines.iter().filter(|(_, line)| Some(line.item) == item).copied().collect();
        !fitting(reading, &of_item).is_empty()
    };
    if !sure || readings.len() > 1 {
        readings.retain(is_on);
    }
    match (readings.len(), readings.pop()) {
        (1, Some(reading)) => match reading.item.as_ref().map(|item| item.id) {
            Some(item) => Ok(Recognised { reading, item }),
            None => Err(BoxWarning::UnknownArticle),
        },
        (0, _) if sure => {
            let named = |line: &Line| line.batch.as_deref().is_some_and(|batch| fold(batch) == fold(&text));
            let mut of_batch = lines.iter().filter(|(_, line)| named(line));
            match (of_batch.next(), of_batch.next()) {
                (Some((_, line)), None) => {
                    let reading = ScanReading { batch: line.batch.clone(), ..ScanReading::empty() };
                    Ok(Recognised { reading, item: line.item })
                }
                (Some(_), Some(_)) => Err(BoxWarning::Unclear),
                (None, _) => Err(BoxWarning::NotOnShipment),
            }
        }
        _ => Err(BoxWarning::Unclear),
    }
}

/// The lines of an item that a box may belong to: those of its batch, and among them those of its stock line and of its
/// pack, where there are any.
fn fitting<'a>(reading: &ScanReading, of_item: &[Fit<'a>]) -> Vec<Fit<'a>> {
    let fits = |line: &Line| match (&reading.batch, &line.batch) {
        (Some(read), Some(known)) => fold(read) == fold(known),
        _ => true,
    };
    let mut found: Vec<Fit<'a>> = of_item.iter().filter(|(_, line)| fits(line)).copied().collect();
    let own = |line: &Line| reading.lines.iter().any(|row| Some(row.id) == line.stock_line);
    if reading.lines.len() == 1 && found.iter().any(|(_, line)| own(line)) {
        found.retain(|(_, line)| own(line));
    }
    if let Some(size) = reading.pack_size
        && found.iter().any(|(_, line)| line.pack_size == size)
    {
        found.retain(|(_, line)| line.pack_size == size);
    }
    found
}
