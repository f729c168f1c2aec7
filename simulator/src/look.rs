//! What a person at a device sees before deciding what to do: read from views, as a screen would.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crdt_store::{DeviceId, DocumentId, Failure, Schema, Snapshot, StoreError, View, ViewRead, ViewReadExt};
use domain::asset::AssetRow;
use domain::barcode::BarcodeRow;
use domain::import::{self, ImportRow};
use domain::location::LocationRow;
use domain::query::tasks::{self, ConflictEntry};
use domain::query::{self, PAGE_LEN_MAX, PageRequest};
use domain::requisition::{RequisitionRow, Side, Status as RequisitionStatus};
use domain::share::Holdings;
use domain::shipment::{Direction, ShipmentRow, Status};
use domain::stock_line::StockLineRow;
use domain::store::StoreRow;
use domain::{Date, Quantity, TaskKind, TaskRow};

const STORE: View = View("view/store");
const STOCK_LINES: View = View("view/stock_line/item");
const BALANCES: View = View("view/sum/line");
const ITEM_BALANCES: View = View("view/sum/store_item");
const SHIPMENTS: View = View("view/shipment/status");
const REQUISITIONS: View = View("view/requisition/status");
const ORDERS: View = View("view/sum/requisition");
const RETURNS: View = View("view/sum/return");
const TASKS: View = View("view/task");
const ASSETS: View = View("view/asset/number");
const LOCATIONS: View = View("view/location/code");
const BARCODES: View = View("view/barcode");
pub(crate) const SHARES: View = View("view/sum/share");
const OVER_ISSUES: View = View("view/task/balance");
pub(crate) const COUNTS: View = View("view/sum/stocktake/state");
const COUNT_TASKS: View = View("view/task/count");
pub(crate) const CONFLICTS: View = View("view/task/conflict");

/// Whether the schema still has the views that are looked at here: an empty answer must not come from a wrong name.
pub(crate) fn views_exist(schema: &dyn Schema) -> bool {
    [
        STORE,
        STOCK_LINES,
        BALANCES,
        ITEM_BALANCES,
        SHIPMENTS,
        REQUISITIONS,
        ORDERS,
        RETURNS,
        TASKS,
        ASSETS,
        LOCATIONS,
        SHARES,
        BARCODES,
        OVER_ISSUES,
        COUNTS,
        COUNT_TASKS,
        CONFLICTS,
    ]
    .iter()
    .all(|view| schema.views().contains(view))
}

/// Supplying store, requisition, item.
type OrderKey = (DocumentId, DocumentId, DocumentId);

/// A stock line and its balance, in thousandths of a unit.
pub(crate) struct Shelf {
    pub(crate) line: StockLineRow,
    pub(crate) on_hand: i64,
    pub(crate) allocated: i64,
}

impl Shelf {
    /// What may still be promised.
    pub(crate) fn available(&self) -> i64 {
        self.on_hand - self.allocated
    }
}

/// Whether the device knows the store yet.
pub(crate) fn knows_store(read: &Snapshot, store: DocumentId) -> Result<bool, StoreError> {
    Ok(read.row::<StoreRow>(STORE, store.as_bytes())?.is_some())
}

/// The stock lines of a store.
pub(crate) fn shelves(read: &Snapshot, store: DocumentId) -> Result<Vec<Shelf>, StoreError> {
    let lines: Vec<StockLineRow> = read.rows(STOCK_LINES, store.as_bytes())?;
    lines
        .into_iter()
        .map(|line| {
            let totals =
                read.totals(BALANCES, &[store.as_bytes().as_slice(), line.id.as_bytes()].concat())?;
            Ok(Shelf { line, on_hand: totals.amounts[0], allocated: totals.amounts[1] })
        })
        .collect()
}

/// Fields that hold several values, of one store or of all: the document, and what stands against what.
pub(crate) fn conflicts(
    read: &Snapshot,
    store: Option<DocumentId>,
) -> Result<Vec<(DocumentId, ConflictEntry)>, StoreError> {
    let mut found = Vec::new();
    let mut request = PageRequest::first(PAGE_LEN_MAX);
    loop {
        let page = tasks::list(read, store, &request).map_err(broken)?;
        let told = page.rows.into_iter();
        found.extend(told.filter_map(|entry| Some((entry.task.document, entry.conflict?))));
        match page.next {
            Some(cursor) => request.cursor = Some(cursor),
            None => return Ok(found),
        }
    }
}

/// The devices among which a store shares its stock; none where it does not.
pub(crate) fn sharing_devices(read: &Snapshot, store: DocumentId) -> Result<Vec<DeviceId>, StoreError> {
    let holdings = Holdings::of(read, store, DeviceId::NIL).map_err(broken)?;
    let devices = holdings.iter().flat_map(|holdings| holdings.devices());
    Ok(devices.map(|row| row.device).collect())
}

/// What a rejected question means here: it was asked of what is there.
pub(crate) fn broken(failure: Failure) -> StoreError {
    match failure {
        Failure::Store(error) => error,
        Failure::Rejected(rejection) => StoreError::Corrupt(rejection.to_string()),
    }
}

/// The shipments of a store at a status.
pub(crate) fn shipments(
    read: &Snapshot,
    store: DocumentId,
    direction: Direction,
    status: Status,
) -> Result<Vec<ShipmentRow>, StoreError> {
    read.rows(SHIPMENTS, &[store.as_bytes().as_slice(), &[direction as u8, status as u8]].concat())
}

/// The requisitions of a store at a status: its own orders, or those of its customers.
pub(crate) fn requisitions(
    read: &Snapshot,
    store: DocumentId,
    side: Side,
    status: RequisitionStatus,
) -> Result<Vec<RequisitionRow>, StoreError> {
    read.rows(REQUISITIONS, &[store.as_bytes().as_slice(), &[side as u8, status as u8]].concat())
}

/// What every requisition comes to: store, requisition and item, with its amounts in thousandths of a unit.
pub(crate) fn orders(read: &Snapshot) -> Result<Vec<(OrderKey, [i64; 4])>, StoreError> {
    triples(read, ORDERS)
}

/// What goes back of every line: store, shipment returned and line, with its amounts in thousandths of a unit.
pub(crate) fn returns(read: &Snapshot) -> Result<Vec<(OrderKey, [i64; 4])>, StoreError> {
    triples(read, RETURNS)
}

fn triples(read: &Snapshot, view: View) -> Result<Vec<(OrderKey, [i64; 4])>, StoreError> {
    let mut found = Vec::new();
    let all = (std::ops::Bound::Unbounded, std::ops::Bound::Unbounded);
    read.scan_totals(view, all, &mut |key, totals| {
        let id = |at: usize| DocumentId::try_from(key.get(at..at + 16)?).ok();
        if let (Some(first), Some(second), Some(third)) = (id(0), id(16), id(32)) {
            found.push(((first, second, third), totals.amounts));
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// The tasks of what was refused and goes back twice: store, shipment and line.
pub(crate) fn returned_twice(read: &Snapshot) -> Result<BTreeSet<OrderKey>, StoreError> {
    let tasks: Vec<TaskRow> = read.rows(TASKS, &[])?;
    let twice = tasks.into_iter().filter(|task| task.kind == TaskKind::ReturnedTwice);
    Ok(twice.filter_map(|task| Some((task.store, task.document, task.line?))).collect())
}

/// The tasks of shipments that were made twice for one line: store, requisition and item.
pub(crate) fn supplied_twice(read: &Snapshot) -> Result<BTreeSet<OrderKey>, StoreError> {
    let tasks: Vec<TaskRow> = read.rows(TASKS, &[])?;
    let twice = tasks.into_iter().filter(|task| task.kind == TaskKind::SuppliedTwice);
    Ok(twice.filter_map(|task| Some((task.store, task.document, task.item?))).collect())
}

/// How many orders of the kind of this one were sent in its period, as the interface tells it; nothing where any number may
/// be.
pub(crate) fn sent_in_period(read: &Snapshot, id: DocumentId) -> Result<Option<u64>, StoreError> {
    match query::requisitions::detail(read, id, Date::constant(2026, 1, 1)) {
        Ok(detail) => Ok(detail.limit.map(|limit| limit.sent)),
        Err(Failure::Store(error)) => Err(error),
        Err(Failure::Rejected(rejection)) => Err(StoreError::Corrupt(rejection.message)),
    }
}

/// The equipment of a store.
pub(crate) fn assets(read: &Snapshot, store: DocumentId) -> Result<Vec<AssetRow>, StoreError> {
    read.rows(ASSETS, store.as_bytes())
}

/// The locations of a store.
pub(crate) fn locations(read: &Snapshot, store: DocumentId) -> Result<Vec<LocationRow>, StoreError> {
    read.rows(LOCATIONS, store.as_bytes())
}

/// What a store learned of bars on boxes.
pub(crate) fn barcodes(read: &Snapshot, store: DocumentId) -> Result<Vec<BarcodeRow>, StoreError> {
    read.rows(BARCODES, store.as_bytes())
}

/// The tables that were brought to a store.
pub(crate) fn imports(read: &Snapshot, store: DocumentId) -> Result<Vec<ImportRow>, StoreError> {
    Ok(import::list(read, Some(store), &PageRequest::first(PAGE_LEN_MAX)).map_err(broken)?.rows)
}

/// Every balance: store, stock line, on hand in thousandths.
pub(crate) fn balances(read: &Snapshot) -> Result<Vec<(DocumentId, DocumentId, i64)>, StoreError> {
    sums(read, BALANCES)
}

/// Every balance of an item: store, item, on hand in thousandths.
pub(crate) fn item_balances(read: &Snapshot) -> Result<Vec<(DocumentId, DocumentId, i64)>, StoreError> {
    sums(read, ITEM_BALANCES)
}

fn sums(read: &Snapshot, view: View) -> Result<Vec<(DocumentId, DocumentId, i64)>, StoreError> {
    let mut found = Vec::new();
    read.scan_totals(view, (std::ops::Bound::Unbounded, std::ops::Bound::Unbounded), &mut |key, totals| {
        found.extend(store_and_line(key).map(|(store, line)| (store, line, totals.amounts[0])));
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// Every task of a balance below zero: store and stock line.
pub(crate) fn over_issues(read: &Snapshot) -> Result<Vec<(DocumentId, DocumentId)>, StoreError> {
    let mut found = Vec::new();
    read.scan(
        OVER_ISSUES,
        (std::ops::Bound::Unbounded, std::ops::Bound::Unbounded),
        false,
        &mut |key, _| {
            found.extend(store_and_line(key));
            ControlFlow::Continue(())
        },
    )?;
    Ok(found)
}

/// Every task about counts.
pub(crate) fn count_tasks(read: &Snapshot) -> Result<Vec<TaskRow>, StoreError> {
    read.rows(COUNT_TASKS, &[])
}

fn store_and_line(key: &[u8]) -> Option<(DocumentId, DocumentId)> {
    Some((DocumentId::try_from(key.get(..16)?).ok()?, DocumentId::try_from(key.get(16..32)?).ok()?))
}

/// Whole units of an amount in thousandths.
pub(crate) fn whole_units(thousandths: i64) -> i64 {
    thousandths / Quantity::whole(1).thousandths()
}
