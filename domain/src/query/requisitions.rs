//! Requisitions, as the customer or the supplier sees them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crdt_store::{DocumentId, Failure, StoreError, ViewRead, ViewReadExt, decode_row};
use serde::{Deserialize, Serialize};

use super::items::Search;
use super::names::Names;
use super::page::{self, Page, PageRequest};
use super::stock_items::item_balance;
use crate::Date;
use crate::quantity::Quantity;
use crate::requisition::{
    Approval, Decision, Frozen, Grounds, Line, OrderLimit, Progress, Requisition, RequisitionRow, Side,
    Status, known_terms, limit_of, period_of, progress,
};
use crate::shipment::{ShipmentRow, Status as ShipmentStatus};
use crate::text::{Key, id_at};
use crate::{record, reject, views};

/// Which requisitions are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RequisitionFilter {
    /// Only those at this status.
    pub status: Option<Status>,
    /// Only those that cannot wait, or only the others.
    pub emergency: Option<bool>,
    /// Only those that the supplier has answered so.
    pub answer: Option<Answer>,
    /// Words of the number, the reference, the comment or the other end's name.
    pub search: Option<String>,
}

/// What a supplier has answered to a requisition that is before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Nothing: neither decided, nor is there a shipment of it.
    None,
    /// It approved it.
    Approved,
    /// It denied it.
    Denied,
}

impl Answer {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Approved, Self::Denied];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Approved => "approved",
            Self::Denied => "denied",
        }
    }
}

/// A requisition in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequisitionListRow {
    /// The requisition.
    #[serde(flatten)]
    pub requisition: RequisitionRow,
    /// The name of the store or partner at the other end.
    pub other_name: String,
}

/// A requisition with its lines.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequisitionDetail {
    /// As in lists.
    #[serde(flatten)]
    pub requisition: RequisitionRow,
    /// The name of the store that asks.
    pub customer_name: String,
    /// The name of who is asked.
    pub supplier_name: String,
    /// The name of its kind, of those of its programme.
    pub order_type_name: Option<String>,
    /// How many of its kind were sent in its period, where they are limited.
    pub limit: Option<OrderLimit>,
    /// How many lines one of its kind may have.
    pub max_lines: Option<u32>,
    /// The last day of the period it is for.
    pub period_end: Option<Date>,
    /// Months of stock below which something is suggested.
    pub min_months: Quantity,
    /// Months of stock that are suggested up to.
    pub max_months: Quantity,
    /// What the supplier notes of it.
    pub supplier_comment: Option<String>,
    /// What the supplier decided, if it did.
    pub decision: Option<Decision>,
    /// Whether all that was asked for has left the supplier's shelf.
    pub is_covered: bool,
    /// Lines by item name; those struck off left out.
    pub line_details: Vec<RequisitionLine>,
    /// The shipments that answer it, oldest first.
    pub shipments: Vec<ShipmentRow>,
}

/// A line of a requisition, as both ends see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequisitionLine {
    /// The item.
    pub item: DocumentId,
    /// Its code.
    pub item_code: String,
    /// Its name.
    pub item_name: String,
    /// Its base unit.
    pub unit: String,
    /// Units per pack, by default.
    pub pack_size: u32,
    /// What it is asked for on: as it was when it was sent; of a draft, as it is now; nothing of what was asked for after
    /// sending.
    pub grounds: Option<Frozen>,
    /// For how many months the stock of then lasts; nothing where nothing is consumed.
    pub months_of_stock: Option<Quantity>,
    /// Units asked for.
    pub requested: Quantity,
    /// Why that is not what was suggested.
    pub reason: Option<DocumentId>,
    /// The reason's text.
    pub reason_text: Option<String>,
    /// What the customer notes of it.
    pub note: Option<String>,
    /// What the customer would have otherwise since it was sent.
    pub amendment: Option<Quantity>,
    /// How far its supply has come.
    pub progress: Progress,
    /// Units to be given that are in no shipment yet.
    pub remaining: Quantity,
    /// What the supplier notes of it.
    pub supply_note: Option<String>,
    /// Units that the supplier has to give, where this node knows its stock.
    pub available: Option<Quantity>,
}

/// Requisitions of a store, newest first: its own orders, or those of its customers.
pub fn list(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    side: Side,
    filter: &RequisitionFilter,
    request: &PageRequest,
) -> Result<Page<RequisitionListRow>, Failure> {
    let of_store = Key::new().id(store).byte(side as u8);
    let (view, prefix) = match filter.status {
        None => (views::REQUISITION_BY_TIME, of_store.build()),
        Some(status) => (views::REQUISITION_BY_STATUS, of_store.byte(status as u8).build()),
    };
    let wanted = Search::of(filter.search.as_deref());
    let mut names = Names::new(read);
    page::scan(read, view, &prefix, true, request, |_, value| {
        let requisition: RequisitionRow = decode_row(view, value)?;
        if filter.emergency.is_some_and(|emergency| emergency != requisition.emergency) {
            return Ok(None);
        }
        if let Some(wanted) = filter.answer
            && answer(read, &requisition)? != Some(wanted)
        {
            return Ok(None);
        }
        let other = match side {
            Side::Customer => requisition.supplier.id(),
            Side::Supplier => requisition.customer,
        };
        let other_name = names.store_or_partner(other)?.unwrap_or_default().to_owned();
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        let (reference, comment) = (optional(&requisition.reference), optional(&requisition.comment));
        let fits = wanted.fits_text([requisition.number.as_str(), &other_name, &reference, &comment]);
        Ok(fits.then_some(RequisitionListRow { requisition, other_name }))
    })
}

/// What the supplier has answered to a requisition that is before it; nothing while it is a draft, when it is done with,
/// and where there is no decision but a shipment.
fn answer(read: &(impl ViewRead + ?Sized), row: &RequisitionRow) -> Result<Option<Answer>, StoreError> {
    if row.status != Status::Sent {
        return Ok(None);
    }
    Ok(match row.approval {
        Some(Approval::Approved) => Some(Answer::Approved),
        Some(Approval::Denied) => Some(Answer::Denied),
        None => (!has_shipment(read, row.id)?).then_some(Answer::None),
    })
}

/// Whether something is on its way for it, or was: what was called off is no answer.
fn has_shipment(read: &(impl ViewRead + ?Sized), requisition: DocumentId) -> Result<bool, StoreError> {
    let shipments = shipments_of(read, requisition)?;
    Ok(shipments.iter().any(|shipment| shipment.status != ShipmentStatus::Cancelled))
}

/// How many requisitions that are before their supplier have each answer: one walk over them.
pub fn count_by_answer(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    side: Side,
) -> Result<BTreeMap<Answer, u64>, StoreError> {
    let prefix = Key::new().id(store).byte(side as u8).byte(Status::Sent as u8).build();
    let rows: Vec<RequisitionRow> = read.rows(views::REQUISITION_BY_STATUS, &prefix)?;
    let mut counts = BTreeMap::new();
    for row in rows {
        if let Some(answer) = answer(read, &row)? {
            *counts.entry(answer).or_default() += 1;
        }
    }
    Ok(counts)
}

/// A requisition as in lists, without loading its document; nothing for one that was thrown away.
pub fn row(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<Option<RequisitionRow>, StoreError> {
    read.row(views::REQUISITION, id.as_bytes())
}

/// A requisition with its lines: loads one document, and for a draft walks once over what the customer moved in the months
/// looked back over.
pub fn detail(
    read: &(impl ViewRead + ?Sized),
    id: DocumentId,
    today: Date,
) -> Result<RequisitionDetail, Failure> {
    let row = row(read, id)?.ok_or_else(|| reject::not_found("requisition", id))?;
    let requisition: Requisition = record::load(read, id)?;
    let grounds = match row.status {
        Status::Draft => Some(Grounds::of(read, requisition.customer, today)?),
        _ => None,
    };
    let supplied = progress(read, id, &requisition)?;
    let mut names = Names::new(read);
    let mut line_details = Vec::new();
    for (item, line) in requisition.lines() {
        let progress = supplied.get(&item).copied().unwrap_or_default();
        if line.requested.is_none() && progress == Progress::default() {
            continue;
        }
        let grounds = match (&grounds, line.sent) {
            (Some(grounds), _) => Some(grounds.frozen(&requisition, item, line.wish())?),
            (None, sent) => sent,
        };
        line_details.push(line_detail(read, &mut names, &requisition, (item, &line), grounds, progress)?);
    }
    let order_type = known_terms(read, &requisition)?.map(|(order_type, _)| order_type);
    line_details.sort_by(|a, b| (&a.item_name, a.item).cmp(&(&b.item_name, b.item)));
    Ok(RequisitionDetail {
        customer_name: names.store_or_partner(row.customer)?.unwrap_or_default().to_owned(),
        supplier_name: names.end(row.supplier)?.unwrap_or_default().to_owned(),
        limit: limit_of(read, &requisition)?,
        max_lines: order_type.as_ref().and_then(|row| row.max_lines),
        order_type_name: order_type.map(|row| row.name),
        period_end: period_of(read, &requisition)?.map(|period| period.to),
        min_months: requisition.min_months,
        max_months: requisition.max_months,
        supplier_comment: requisition.supplier_comment.clone(),
        decision: requisition.decision,
        is_covered: row.status != Status::Draft && line_details.iter().all(|line| line.progress.is_covered()),
        line_details,
        shipments: shipments_of(read, id)?,
        requisition: row,
    })
}

fn line_detail<R: ViewRead + ?Sized>(
    read: &R,
    names: &mut Names<'_, R>,
    requisition: &Requisition,
    (item, line): (DocumentId, &Line),
    grounds: Option<Frozen>,
    progress: Progress,
) -> Result<RequisitionLine, Failure> {
    let row = names.item(item)?.cloned();
    let reason_text = match line.reason {
        Some(reason) => names.reason(reason)?.map(str::to_owned),
        None => None,
    };
    let available = match requisition.supplier_store {
        Some(store) => Some(item_balance(read, store, item)?.available()),
        None => None,
    };
    Ok(RequisitionLine {
        item,
        item_code: row.as_ref().map_or_else(String::new, |row| row.code.clone()),
        item_name: row.as_ref().map_or_else(String::new, |row| row.name.clone()),
        unit: row.as_ref().map_or_else(String::new, |row| row.unit.clone()),
        pack_size: row.map_or(1, |row| row.default_pack_size),
        months_of_stock: grounds.and_then(|grounds| grounds.months_of_stock()),
        grounds,
        requested: requisition.asked(line),
        reason: line.reason,
        reason_text,
        note: line.note.clone(),
        amendment: requisition.amendment(line),
        progress,
        remaining: progress.remaining(),
        supply_note: line.supply_note.clone(),
        available,
    })
}

/// The shipments that answer a requisition, oldest first.
fn shipments_of(
    read: &(impl ViewRead + ?Sized),
    requisition: DocumentId,
) -> Result<Vec<ShipmentRow>, StoreError> {
    let mut ids = Vec::new();
    read.scan_prefix(views::SHIPMENT_BY_REQUISITION, requisition.as_bytes(), &mut |key, _| {
        ids.extend(id_at(key, 16));
        ControlFlow::Continue(())
    })?;
    let mut rows = Vec::new();
    for id in ids {
        rows.extend(read.row::<ShipmentRow>(views::SHIPMENT, id.as_bytes())?);
    }
    rows.sort_by_key(|row| (row.created_at, row.id));
    Ok(rows)
}

/// How many requisitions of a store are at a status, and how many of them cannot wait.
pub fn count(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    side: Side,
    status: Status,
) -> Result<(u64, u64), Failure> {
    let key = Key::new().id(store).byte(side as u8).byte(status as u8).build();
    let [all, emergencies, ..] = read.totals(views::SUM_REQUISITION_COUNT, &key)?.amounts;
    Ok((u64::try_from(all).unwrap_or(0), u64::try_from(emergencies).unwrap_or(0)))
}
