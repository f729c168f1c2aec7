//! What stores ask of their suppliers today: an order that is being written, one that waits, one that is being supplied, one that cannot
//! wait, and one that was approved.

use crdt_store::{Batch, DocumentId, ViewRead};
use domain::query::requisitions;
use domain::requisition::{
    self, Approval, Approve, CreateRequisition, LineSelection, NewLine, Requisition, Supply, UpdateLine,
};
use domain::shipment::{self, SetStatus, Status};
use domain::{Date, Quantity};
use jiff::ToSpan;

use super::SeedError;
use super::cast::DemoStore;
use super::catalogue::ARTICLES;
use super::need::Fate;
use super::script::{execute, keeper, read_document, supplier_of};
use super::world::{OUTBREAK, item_id, reason_id};

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It is being written.
    Draft,
    /// It is before its supplier, who has said nothing yet.
    Sent,
    /// The same, and it cannot wait.
    Emergency,
    /// Its supplier will supply it.
    Approved,
    /// Its supplier has picked what it could give.
    Supplied,
}

/// Items of an order that cannot wait, and lines that are supplied of one that can.
const URGENT_ITEMS: usize = 3;
const SUPPLIED_LINES_MAX: usize = 8;

/// A store orders of its supplier, and both bring the order as far as it is to be.
pub(super) fn ask(
    batch: &mut Batch<'_>,
    today: Date,
    store: &'static DemoStore,
    stage: Stage,
) -> Result<(), SeedError> {
    let who = keeper(store);
    let is_emergency = stage == Stage::Emergency;
    let command = CreateRequisition {
        store: store.id(),
        supplier: None,
        programme: None,
        order_type: None,
        period: None,
        emergency: is_emergency,
        min_months: None,
        max_months: None,
        suggest: !is_emergency,
        lines: if is_emergency { urgent_lines(store) } else { Vec::new() },
        reference: None,
        comment: is_emergency.then(|| "Rupture au dispensaire · the dispensary has run out".to_owned()),
        expected: Some(today.saturating_add(if is_emergency { 2 } else { 7 }.days())),
    };
    let id = execute(batch, who, |txn, caller| requisition::create(txn, caller, &command))?.id;
    if stage == Stage::Draft {
        return Ok(());
    }
    explain(batch, who, id)?;
    execute(batch, who, |txn, caller| requisition::send(txn, caller, id))?;
    let theirs = keeper(supplier_of(store));
    match stage {
        Stage::Approved => {
            let command = Approve { approval: Approval::Approved, comment: None };
            execute(batch, theirs, |txn, caller| requisition::approve(txn, caller, id, &command))
        }
        Stage::Supplied => supply(batch, today, theirs, id),
        _ => Ok(()),
    }
}

/// What is hard to get and has run out: as much as is needed in a month.
fn urgent_lines(store: &DemoStore) -> Vec<NewLine> {
    let wanted = ARTICLES.iter().filter(|article| article.fate() == Fate::Scarce);
    let asks = |article: &super::catalogue::Article| NewLine {
        item: item_id(article),
        requested: Some(Quantity::whole(article.packs(article.monthly_need(store)))),
    };
    wanted.filter(|article| article.monthly_need(store) > 0).map(asks).take(URGENT_ITEMS).collect()
}

/// Says why lines ask for something else than is suggested, which nobody may leave open.
fn explain(batch: &mut Batch<'_>, who: DocumentId, id: DocumentId) -> Result<(), SeedError> {
    let order: Requisition = read_document(batch.document(id)?, id)?;
    let command = UpdateLine { reason: Some(Some(reason_id(OUTBREAK))), ..UpdateLine::default() };
    for item in order.items().into_iter().filter(|_| order.emergency) {
        execute(batch, who, |txn, caller| requisition::update_line(txn, caller, id, item, &command))?;
    }
    Ok(())
}

/// The supplier gives what it has of the first lines, and picks it.
fn supply(batch: &mut Batch<'_>, today: Date, who: DocumentId, id: DocumentId) -> Result<(), SeedError> {
    let lines = requisitions::detail(batch, id, today)?.line_details;
    let can_be_given = |line: &&requisitions::RequisitionLine| {
        line.requested.is_positive() && line.available.is_some_and(|there| there >= line.requested)
    };
    let mut items = Vec::new();
    for line in lines.iter().filter(can_be_given).take(SUPPLIED_LINES_MAX) {
        let command = Supply { supply: Some(line.requested), note: None };
        execute(batch, who, |txn, caller| requisition::supply(txn, caller, id, line.item, &command))?;
        items.push(line.item);
    }
    let some = LineSelection { items: Some(items) };
    let made = execute(batch, who, |txn, caller| requisition::ship(txn, caller, id, &some))?;
    let picked = SetStatus { status: Status::Picked };
    execute(batch, who, |txn, caller| shipment::set_status(txn, caller, made.id, &picked))
}
