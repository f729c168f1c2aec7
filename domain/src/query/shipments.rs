//! Shipments, as the sender or the receiver sees them.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

use crdt_store::{DocumentId, Failure, StoreError, ViewRead, ViewReadExt, decode_row, prefix_end};
use serde::{Deserialize, Serialize};

use super::items::Search;
use super::names::Names;
use super::page::{self, Page, PageRequest};
use super::stock_items::horizon;
use crate::quantity::{Money, Quantity};
use crate::record;
use crate::shipment::{self, Direction, Event, Line, Shipment, ShipmentKind, ShipmentRow, Status, Verdict};
use crate::stock_line::StockLineRow;
use crate::text::{Key, id_at_end};
use crate::{Date, number, reject, views};

/// Which shipments are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ShipmentFilter {
    /// Only those at this status.
    pub status: Option<Status>,
    /// Only those of this kind.
    pub kind: Option<ShipmentKind>,
    /// Words of the number, the reference, the comment or the other end's name.
    pub search: Option<String>,
}

/// A part of a store's shipments that somebody has to do with: those that are under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShipmentPart {
    /// What has not left yet: new, allocated or picked.
    NotShipped,
    /// What has not arrived: at any status before delivered.
    NotDelivered,
    /// What has not arrived and is expected today.
    DueToday,
    /// What has not arrived and is expected today or on one of the six days that follow.
    DueThisWeek,
    /// What has not arrived and was expected on a day that has passed.
    Overdue,
}

impl ShipmentPart {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::NotShipped, Self::NotDelivered, Self::DueToday, Self::DueThisWeek, Self::Overdue];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotShipped => "not-shipped",
            Self::NotDelivered => "not-delivered",
            Self::DueToday => "due-today",
            Self::DueThisWeek => "due-this-week",
            Self::Overdue => "overdue",
        }
    }

    /// The furthest status in it; the first one is new.
    const fn last(self) -> Status {
        match self {
            Self::NotShipped => Status::Picked,
            _ => Status::Shipped,
        }
    }

    /// Whether a shipment at one of its statuses is in it.
    fn contains(self, expected: Option<Date>, today: Date) -> bool {
        let within = |last: Date| expected.is_some_and(|day| today <= day && day <= last);
        match self {
            Self::NotShipped | Self::NotDelivered => true,
            Self::DueToday => within(today),
            Self::DueThisWeek => within(horizon(today, 6)),
            Self::Overdue => expected.is_some_and(|day| day < today),
        }
    }
}

/// A shipment in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentListRow {
    /// The shipment.
    #[serde(flatten)]
    pub shipment: ShipmentRow,
    /// The name of the store or partner at the other end.
    pub other_name: String,
}

/// A shipment with its lines.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentDetail {
    /// As in lists.
    #[serde(flatten)]
    pub shipment: ShipmentRow,
    /// The sender's name.
    pub sender_name: String,
    /// The receiver's name.
    pub receiver_name: String,
    /// What the receiver notes of it.
    pub receiver_comment: Option<String>,
    /// How it travels.
    pub transport: Option<String>,
    /// The number of the shipment whose goods it gives back, if this device knows it.
    pub returns_number: Option<String>,
    /// The returns that give back goods of it, in the order in which they were made.
    pub returned_by: Vec<ReturnRow>,
    /// What the lines received are worth that have a price, at the sender's prices. None where no such line has one.
    pub received_value: Option<Money>,
    /// Statuses reached, in their order.
    pub events: Vec<StatusEvent>,
    /// Lines by item name and expiry, as one walks along shelves; those struck off left out.
    pub line_details: Vec<LineDetail>,
}

/// A return that gives back goods of a shipment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnRow {
    /// Id.
    pub id: DocumentId,
    /// Number for people.
    pub number: String,
    /// How far it has come.
    pub status: Status,
}

/// A status that was reached.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusEvent {
    /// The status.
    pub status: Status,
    /// When.
    #[serde(with = "crate::instant")]
    pub at: crdt_store::Timestamp,
    /// The user.
    pub by: DocumentId,
    /// Their name.
    pub by_name: Option<String>,
}

/// A line of a shipment, as both ends see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LineDetail {
    /// The line.
    pub id: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// Its code.
    pub item_code: String,
    /// Its name.
    pub item_name: String,
    /// Its base unit.
    pub unit: String,
    /// The sender's stock line.
    pub stock_line: Option<DocumentId>,
    /// The stock line it became at the receiver's.
    pub received_line: Option<DocumentId>,
    /// Batch.
    pub batch: Option<String>,
    /// Last day of use.
    pub expiry: Option<Date>,
    /// Units per pack.
    pub pack_size: u32,
    /// Units per pack as the receiver keeps it, where that is not as it was sent.
    pub received_pack_size: Option<u32>,
    /// Units that are to leave.
    pub quantity: Quantity,
    /// Units that were checked against the shipment while picking.
    pub checked: Quantity,
    /// Units that left.
    pub issued: Quantity,
    /// Units that arrived, once somebody counted.
    pub received: Option<Quantity>,
    /// The sender's price of a pack.
    pub price: Option<Money>,
    /// What left, or before that is to leave, at that price.
    pub value: Option<Money>,
    /// What arrived, at that price; not what was rejected.
    pub received_value: Option<Money>,
    /// Why it goes back, on a return.
    pub reason: Option<DocumentId>,
    /// The same in words.
    pub reason_text: Option<String>,
    /// Which line of the shipment returned it gives back.
    pub returns: Option<DocumentId>,
    /// Units of it that go back or have come back, by all returns.
    pub given_back: Quantity,
    /// What the sender notes of it.
    pub note: Option<String>,
    /// Where the receiver puts it.
    pub location: Option<DocumentId>,
    /// The code of that place.
    pub location_code: Option<String>,
    /// What the receiver thinks of it.
    pub verdict: Verdict,
    /// What the receiver notes of it.
    pub received_note: Option<String>,
    /// Whether it waits for a batch.
    pub placeholder: bool,
    /// Whether something else was received than was sent.
    pub discrepancy: bool,
    /// What an edit that came too late would have it be.
    pub late_amendment: Option<Quantity>,
    /// Whether the sender has struck it off.
    pub removed: bool,
}

/// Shipments of a store, newest first.
pub fn list(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    direction: Direction,
    filter: &ShipmentFilter,
    request: &PageRequest,
) -> Result<Page<ShipmentListRow>, Failure> {
    let of_store = Key::new().id(store).byte(direction as u8);
    let (view, prefix) = match filter.status {
        None => (views::SHIPMENT_BY_TIME, of_store.build()),
        Some(status) => (views::SHIPMENT_BY_STATUS, of_store.byte(status as u8).build()),
    };
    let mut reader = RowReader::new(read, direction, filter);
    page::scan(read, view, &prefix, true, request, |_, value| reader.row(decode_row(view, value)?))
}

/// Shipments of a store that are in a part, those that have come furthest first, the newest of a status before others. It
/// costs what there is under way, not what there has ever been.
pub fn list_part(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    direction: Direction,
    (part, today): (ShipmentPart, Date),
    filter: &ShipmentFilter,
    request: &PageRequest,
) -> Result<Page<ShipmentListRow>, Failure> {
    let prefix = Key::new().id(store).byte(direction as u8).build();
    let range = (prefix.as_slice(), Status::New as u8..=part.last() as u8);
    let mut reader = RowReader::new(read, direction, filter);
    page::scan_bytes(read, views::SHIPMENT_BY_STATUS, range, true, request, |_, value| {
        let row: ShipmentRow = decode_row(views::SHIPMENT_BY_STATUS, value)?;
        let is_wanted =
            part.contains(row.expected, today) && filter.status.is_none_or(|status| status == row.status);
        if is_wanted { reader.row(row) } else { Ok(None) }
    })
}

/// Makes rows of a list, and passes over those that do not fit a search.
struct RowReader<'r, R: ViewRead + ?Sized> {
    names: Names<'r, R>,
    direction: Direction,
    kind: Option<ShipmentKind>,
    wanted: Search,
}

impl<'r, R: ViewRead + ?Sized> RowReader<'r, R> {
    fn new(read: &'r R, direction: Direction, filter: &ShipmentFilter) -> Self {
        Self {
            names: Names::new(read),
            direction,
            kind: filter.kind,
            wanted: Search::of(filter.search.as_deref()),
        }
    }

    fn row(&mut self, shipment: ShipmentRow) -> Result<Option<ShipmentListRow>, StoreError> {
        let other = match self.direction {
            Direction::Outbound => shipment.receiver,
            Direction::Inbound => shipment.sender,
        };
        let other_name = self.names.end(other)?.unwrap_or_default().to_owned();
        let optional = |text: &'_ Option<String>| text.clone().unwrap_or_default();
        let (reference, comment) = (optional(&shipment.reference), optional(&shipment.comment));
        if self.kind.is_some_and(|kind| kind != shipment.kind) {
            return Ok(None);
        }
        let fits = self.wanted.fits_text([shipment.number.as_str(), &other_name, &reference, &comment]);
        Ok(fits.then_some(ShipmentListRow { shipment, other_name }))
    }
}

/// A shipment with its lines: loads one document.
pub fn detail(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<ShipmentDetail, Failure> {
    let row: ShipmentRow =
        read.row(views::SHIPMENT, id.as_bytes())?.ok_or_else(|| reject::not_found("shipment", id))?;
    let shipment: Shipment = record::load(read, id)?;
    let mut names = Names::new(read);
    let mut events = Vec::new();
    for (status, event) in &shipment.events {
        events.push(status_event(&mut names, *status, event)?);
    }
    let mut line_details = Vec::new();
    for (line_id, line) in &shipment.lines {
        if !line.removed || shipment.late_amendment(line).is_some() {
            let given_back = shipment::given_back(read, id, &shipment, *line_id)?;
            line_details.push(line_detail(&mut names, &shipment, *line_id, line, given_back)?);
        }
    }
    let returned = match row.returns {
        Some(returned) => read.row::<ShipmentRow>(views::SHIPMENT, returned.as_bytes())?,
        None => None,
    };
    let received_value = line_details.iter().filter_map(|line| line.received_value);
    let received_value = received_value.reduce(|sum, value| sum + value).map(Money::clamped);
    line_details.sort_by(|a, b| line_order(a).cmp(&line_order(b)));
    Ok(ShipmentDetail {
        sender_name: names.end(row.sender)?.unwrap_or_default().to_owned(),
        receiver_name: names.end(row.receiver)?.unwrap_or_default().to_owned(),
        receiver_comment: shipment.receiver_comment.clone(),
        transport: shipment.transport.clone(),
        returns_number: returned.map(|returned| returned.number),
        returned_by: returns_of(read, id)?,
        received_value,
        events,
        line_details,
        shipment: row,
    })
}

fn line_order(line: &LineDetail) -> (&str, bool, Option<Date>, DocumentId) {
    (&line.item_name, line.expiry.is_none(), line.expiry, line.id)
}

/// The returns of a shipment, in the order in which they were made.
fn returns_of(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<Vec<ReturnRow>, StoreError> {
    let mut ids = Vec::new();
    read.scan_prefix(views::SHIPMENT_BY_RETURNED, id.as_bytes(), &mut |key, _| {
        ids.extend(id_at_end(key));
        ControlFlow::Continue(())
    })?;
    let mut rows: Vec<ShipmentRow> = Vec::new();
    for id in ids {
        rows.extend(read.row::<ShipmentRow>(views::SHIPMENT, id.as_bytes())?);
    }
    rows.sort_by_key(|row| (row.created_at, row.id));
    Ok(rows.into_iter().map(|row| ReturnRow { id: row.id, number: row.number, status: row.status }).collect())
}

/// Where the goods of a shipment lie in the store that sends it, by line: the code of the place. Only there is it known.
pub fn shelves(
    read: &(impl ViewRead + ?Sized),
    detail: &ShipmentDetail,
) -> Result<BTreeMap<DocumentId, String>, Failure> {
    let mut names = Names::new(read);
    let mut shelves = BTreeMap::new();
    for line in &detail.line_details {
        let Some(stock) = line.stock_line else { continue };
        let row: Option<StockLineRow> = read.row(views::STOCK_LINE, stock.as_bytes())?;
        if let Some(place) = row.and_then(|row| row.location)
            && let Some(place) = names.location(place)?
        {
            shelves.insert(line.id, place.code.clone());
        }
    }
    Ok(shelves)
}

/// The shipments that carry this number.
pub fn by_number(read: &(impl ViewRead + ?Sized), wanted: &str) -> Result<Vec<ShipmentRow>, Failure> {
    let mut found = Vec::new();
    for id in number::holders(read, wanted)? {
        found.extend(read.row::<ShipmentRow>(views::SHIPMENT, id.as_bytes())?);
    }
    Ok(found)
}

/// How many shipments of a store are at a status.
pub fn count(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    direction: Direction,
    status: Status,
) -> Result<u64, StoreError> {
    let key = Key::new().id(store).byte(direction as u8).byte(status as u8).build();
    let totals = read.totals(views::SUM_SHIPMENT, &key)?;
    Ok(u64::try_from(totals.amounts[0]).unwrap_or(0))
}

/// How many shipments of a store are in each part that has any: one walk over what is under way.
pub fn count_by_part(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    direction: Direction,
    today: Date,
) -> Result<BTreeMap<ShipmentPart, u64>, StoreError> {
    let of_store = || Key::new().id(store).byte(direction as u8);
    let (first, last) = (of_store().byte(Status::New as u8), of_store().byte(Status::Shipped as u8).build());
    let end = prefix_end(&last);
    let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let (mut counts, mut failed) = (BTreeMap::new(), None);
    let range = (Bound::Included(first.build()), upper);
    let range = (range.0.as_ref().map(Vec::as_slice), range.1);
    read.scan(views::SHIPMENT_BY_STATUS, range, false, &mut |_, value| {
        let row: ShipmentRow = match decode_row(views::SHIPMENT_BY_STATUS, value) {
            Ok(row) => row,
            Err(error) => {
                failed = Some(error);
                return ControlFlow::Break(());
            }
        };
        let holds = |part: &ShipmentPart| row.status <= part.last() && part.contains(row.expected, today);
        for part in ShipmentPart::ALL.into_iter().filter(holds) {
            *counts.entry(part).or_default() += 1;
        }
        ControlFlow::Continue(())
    })?;
    failed.map_or(Ok(counts), Err)
}

fn status_event<R: ViewRead + ?Sized>(
    names: &mut Names<'_, R>,
    status: Status,
    event: &Event,
) -> Result<StatusEvent, StoreError> {
    let by_name = names.user(event.by)?.map(str::to_owned);
    Ok(StatusEvent { status, at: event.at, by: event.by, by_name })
}

fn line_detail<R: ViewRead + ?Sized>(
    names: &mut Names<'_, R>,
    shipment: &Shipment,
    id: DocumentId,
    line: &Line,
    given_back: Quantity,
) -> Result<LineDetail, StoreError> {
    let arrived = match shipment.reached(Status::Received) {
        true => Some(shipment.received(line)),
        false => line.received.filter(|_| line.verdict != Verdict::Rejected),
    };
    let reason_text = match line.reason {
        Some(reason) => names.reason(reason)?.map(str::to_owned),
        None => None,
    };
    let item = names.item(line.item)?.cloned();
    let location_code = match line.location {
        Some(place) => names.location(place)?.map(|place| place.code.clone()),
        None => None,
    };
    let became = shipment.receiver_store.is_some() && shipment.received(line).is_positive();
    Ok(LineDetail {
        id,
        item: line.item,
        item_code: item.as_ref().map_or_else(String::new, |item| item.code.clone()),
        item_name: item.as_ref().map_or_else(String::new, |item| item.name.clone()),
        unit: item.map_or_else(String::new, |item| item.unit),
        stock_line: line.stock_line,
        received_line: became.then(|| Shipment::received_line(id)),
        batch: line.batch.clone(),
        expiry: line.expiry,
        pack_size: line.pack_size,
        received_pack_size: line.received_pack_size,
        checked: line.checked(),
        quantity: line.quantity,
        issued: shipment.issued(line),
        received: line.received,
        price: line.sell_price,
        value: line.worth(shipment.coming(line)),
        received_value: arrived.and_then(|arrived| line.worth(arrived)),
        reason: line.reason,
        reason_text,
        returns: line.returns,
        given_back,
        note: line.note.clone(),
        location: line.location,
        location_code,
        verdict: line.verdict,
        received_note: line.received_note.clone(),
        placeholder: shipment.is_placeholder(line),
        discrepancy: shipment.discrepancy(line),
        late_amendment: shipment.late_amendment(line),
        removed: line.removed,
    })
}
