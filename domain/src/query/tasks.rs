//! Tasks: contradictions that a person must resolve.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crdt_store::{
    DeviceId, DocumentId, Failure, StoreError, Timestamp, View, ViewRead, ViewReadExt, decode_row,
};
use serde::Serialize;

use super::names::Names;
use super::page::{self, Builder, Page, PageRequest};
use crate::asset::AssetRow;
use crate::conflict::{ConflictRow, FieldKind, ValueRow};
use crate::effect::{LedgerRow, decode_ledger};
use crate::item_variant::ItemVariantRow;
use crate::location_type::LocationTypeRow;
use crate::permission::Permission;
use crate::programme::ProgrammeRow;
use crate::quantity::Quantity;
use crate::requisition::RequisitionRow;
use crate::rnr::RnrFormRow;
use crate::shipment::ShipmentRow;
use crate::stock_line::StockLineRow;
use crate::stocktake::StocktakeRow;
use crate::task::{TaskKind, TaskRow};
use crate::text::Key;
use crate::{reject, views};

/// Movements named with a task of over-issue.
pub const CAUSES_MAX: usize = 10;

/// A task with what a person needs to settle it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskEntry {
    /// The task.
    #[serde(flatten)]
    pub task: TaskRow,
    /// The item's code.
    pub item_code: Option<String>,
    /// The item's name.
    pub item_name: Option<String>,
    /// The batch.
    pub batch: Option<String>,
    /// The name of the store whose task it is.
    pub store_name: String,
    /// For over-issue: the latest movements that took from the stock line, newest first.
    pub causes: Vec<TaskCause>,
    /// For conflicting values: what stands against what.
    pub conflict: Option<ConflictEntry>,
}

/// A field that holds several values, with all a person needs to choose.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConflictEntry {
    /// The class of the document.
    pub class: String,
    /// What people call the document, where it is not an item's batch: a code or a number.
    pub subject: Option<String>,
    /// The field, as a JSON pointer into the document.
    pub pointer: String,
    /// What its values are.
    pub kind: FieldKind,
    /// The permission that settling it needs.
    pub permission: Permission,
    /// The different values, the one that is shown first.
    pub choices: Vec<ConflictChoice>,
}

/// One of the values.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConflictChoice {
    /// Names the value when it is chosen.
    pub change: String,
    /// The value, as the API writes it; nothing where the field was emptied.
    pub value: Option<String>,
    /// What people call it, where the value is an id that this device knows.
    pub label: Option<String>,
    /// Whether it is the one that is shown everywhere now.
    pub current: bool,
    /// Who wrote it, the latest first.
    pub writers: Vec<ConflictWriter>,
}

/// Who wrote a value, when and where.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConflictWriter {
    /// The user; nothing for the system.
    pub by: Option<DocumentId>,
    /// The name of the user.
    pub by_name: Option<String>,
    /// The device, if this device knows it.
    pub device: Option<DeviceId>,
    /// Its name.
    pub device_name: Option<String>,
    /// When, by that device's clock.
    #[serde(with = "crate::instant")]
    pub at: Timestamp,
}

/// A movement that led to a task, and who made it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskCause {
    /// The movement.
    #[serde(flatten)]
    pub movement: LedgerRow,
    /// The name of the user.
    pub by_name: Option<String>,
}

/// The tasks of a store, or of all stores: balances below zero first.
pub fn list(
    read: &(impl ViewRead + ?Sized),
    store: Option<DocumentId>,
    request: &PageRequest,
) -> Result<Page<TaskEntry>, Failure> {
    list_of(read, store, None, request)
}

/// The same of one kind only, if one is given.
pub fn list_of(
    read: &(impl ViewRead + ?Sized),
    store: Option<DocumentId>,
    kind: Option<TaskKind>,
    request: &PageRequest,
) -> Result<Page<TaskEntry>, Failure> {
    const PLAN: u8 = 5;
    let prefix = store.map_or_else(Vec::new, |store| store.as_bytes().to_vec());
    let place = request.place(PLAN)?;
    let (first_view, place) = match place.as_deref().map(<[u8]>::split_first) {
        None => (0, None),
        Some(Some((view @ 0..=3, key))) if key.starts_with(&prefix) => (*view, Some(key)),
        Some(_) => return Err(reject::invalid_cursor().into()),
    };
    let mut page = Builder::new(request, PLAN)?;
    let mut names = Names::new(read);
    for (at, view) in VIEWS.iter().enumerate().skip(usize::from(first_view)) {
        let after = place.filter(|_| at == usize::from(first_view));
        page::scan_from(read, *view, &prefix, false, after, &mut |key, value| {
            if kind.is_some_and(|wanted| kind_of(*view, key) != Some(wanted)) {
                return ControlFlow::Continue(());
            }
            let row = match *view {
                views::TASK_CONFLICT => {
                    decode_row(*view, value).and_then(|row| conflicting(read, &mut names, row))
                }
                view => decode_row(view, value).and_then(|task| entry(read, &mut names, task)),
            };
            page.offer_result(&[&[at as u8], key].concat(), row.map(Some))
        })?;
        if page.is_done() {
            break;
        }
    }
    page.build()
}

const VIEWS: [View; 4] = [views::TASK_BALANCE, views::TASK_COUNT, views::TASK, views::TASK_CONFLICT];

/// The kind of the task that stands under a key of one of the views.
fn kind_of(view: View, key: &[u8]) -> Option<TaskKind> {
    match view {
        views::TASK_BALANCE => Some(TaskKind::OverIssued),
        views::TASK_CONFLICT => Some(TaskKind::ConflictingValues),
        _ => TaskKind::ALL.into_iter().find(|kind| key.get(16) == Some(&(*kind as u8))),
    }
}

/// How many tasks of each kind a store has, or all stores have, without reading them.
pub fn count_by_kind(
    read: &(impl ViewRead + ?Sized),
    store: Option<DocumentId>,
) -> Result<BTreeMap<TaskKind, u64>, StoreError> {
    let prefix = store.map_or_else(Vec::new, |store| store.as_bytes().to_vec());
    let mut counts = BTreeMap::new();
    for view in VIEWS {
        read.scan_prefix(view, &prefix, &mut |key, _| {
            if let Some(kind) = kind_of(view, key) {
                *counts.entry(kind).or_default() += 1;
            }
            ControlFlow::Continue(())
        })?;
    }
    Ok(counts)
}

/// How many tasks a store has, or all stores have.
pub fn count(read: &(impl ViewRead + ?Sized), store: Option<DocumentId>) -> Result<u64, StoreError> {
    Ok(count_by_kind(read, store)?.values().sum())
}

fn entry<R: ViewRead + ?Sized>(
    read: &R,
    names: &mut Names<'_, R>,
    mut task: TaskRow,
) -> Result<TaskEntry, StoreError> {
    let line: Option<StockLineRow> = match task.stock_line {
        Some(line) => read.row(views::STOCK_LINE, line.as_bytes())?,
        None => None,
    };
    task.item = task.item.or(line.as_ref().map(|line| line.item));
    if let TaskKind::CountsDiffer | TaskKind::LateCounts = task.kind {
        let row: Option<StocktakeRow> = read.row(views::STOCKTAKE, task.document.as_bytes())?;
        task.number = row.map(|row| row.number);
    }
    if task.kind == TaskKind::ReturnedTwice {
        let row: Option<ShipmentRow> = read.row(views::SHIPMENT, task.document.as_bytes())?;
        task.number = row.map(|row| row.number);
    }
    if task.kind == TaskKind::SuppliedTwice {
        let row: Option<RequisitionRow> = read.row(views::REQUISITION, task.document.as_bytes())?;
        task.number = row.map(|row| row.number);
    }
    if task.kind == TaskKind::ReportAmended {
        task.number = form_label(read, task.document)?;
    }
    let item = match task.item {
        Some(item) => names.item(item)?.cloned(),
        None => None,
    };
    let causes = match (task.kind, task.stock_line) {
        (TaskKind::OverIssued | TaskKind::CountedTwice, Some(line)) => causes(read, names, line)?,
        _ => Vec::new(),
    };
    Ok(TaskEntry {
        item_code: item.as_ref().map(|item| item.code.clone()),
        item_name: item.map(|item| item.name),
        batch: line.and_then(|line| line.batch),
        store_name: names.store_or_partner(task.store)?.unwrap_or_default().to_owned(),
        causes,
        conflict: None,
        task,
    })
}

/// The tasks of one document's conflicts.
pub fn conflicts_of(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    document: DocumentId,
) -> Result<Vec<TaskEntry>, StoreError> {
    let rows: Vec<ConflictRow> =
        read.rows(views::TASK_CONFLICT, &Key::new().id(store).id(document).build())?;
    let mut names = Names::new(read);
    rows.into_iter().map(|row| conflicting(read, &mut names, row)).collect()
}

/// How many different values each contested field of a store's documents holds, by document and pointer.
pub fn contested(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
) -> Result<BTreeMap<(DocumentId, String), usize>, StoreError> {
    let rows: Vec<ConflictRow> = read.rows(views::TASK_CONFLICT, store.as_bytes())?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.document, row.pointer.clone()), grouped(&row.values).len()))
        .collect())
}

fn conflicting<R: ViewRead + ?Sized>(
    read: &R,
    names: &mut Names<'_, R>,
    row: ConflictRow,
) -> Result<TaskEntry, StoreError> {
    let task = TaskRow {
        kind: TaskKind::ConflictingValues,
        store: row.store,
        document: row.document,
        number: row.number.clone(),
        line: row.line,
        item: row.item,
        stock_line: row.stock_line,
        expected: Quantity::ZERO,
        found: Quantity::ZERO,
    };
    let choices = grouped(&row.values)
        .into_iter()
        .map(|group| choice(read, names, row.kind, &group))
        .collect::<Result<Vec<_>, StoreError>>()?;
    let conflict = ConflictEntry {
        subject: subject(read, names, &row)?,
        class: row.class,
        pointer: row.pointer,
        kind: row.kind,
        permission: row.permission,
        choices,
    };
    Ok(TaskEntry { conflict: Some(conflict), ..entry(read, names, task)? })
}

/// Values that are the same stand together, those latest written first: the one that is shown leads.
fn grouped(values: &[ValueRow]) -> Vec<Vec<&ValueRow>> {
    let mut groups: Vec<Vec<&ValueRow>> = Vec::new();
    for value in values.iter().rev() {
        match groups.iter_mut().find(|group| group[0].value == value.value) {
            Some(group) => group.push(value),
            None => groups.push(vec![value]),
        }
    }
    groups
}

fn choice<R: ViewRead + ?Sized>(
    read: &R,
    names: &mut Names<'_, R>,
    kind: FieldKind,
    group: &[&ValueRow],
) -> Result<ConflictChoice, StoreError> {
    let value = group[0].value.clone();
    let id = value.as_deref().and_then(|value| value.parse::<DocumentId>().ok());
    let label = match (kind, id) {
        (FieldKind::Location, Some(id)) => names.location(id)?.map(|place| place.code.clone()),
        (FieldKind::LocationType, Some(id)) => {
            let row: Option<LocationTypeRow> = read.row(views::LOCATION_TYPE, id.as_bytes())?;
            row.map(|row| row.name)
        }
        (FieldKind::Item, Some(id)) => names.item(id)?.map(|item| item.name.clone()),
        (FieldKind::Variant, Some(id)) => {
            let row: Option<ItemVariantRow> = read.row(views::ITEM_VARIANT, id.as_bytes())?;
            row.map(|row| row.name)
        }
        (FieldKind::Programme, Some(id)) => {
            let row: Option<ProgrammeRow> = read.row(views::PROGRAMME, id.as_bytes())?;
            row.map(|row| row.name)
        }
        (FieldKind::End, Some(id)) => names.store_or_partner(id)?.map(str::to_owned),
        _ => None,
    };
    let mut writers = Vec::with_capacity(group.len());
    for written in group {
        let by_name = match written.by {
            Some(user) => names.user(user)?.map(str::to_owned),
            None => None,
        };
        let device = names.device(written.actor)?;
        writers.push(ConflictWriter {
            by: written.by,
            by_name,
            device: device.map(|row| row.device),
            device_name: device.map(|row| row.name.clone()),
            at: written.at,
        });
    }
    writers.sort_by_key(|writer| std::cmp::Reverse(writer.at));
    Ok(ConflictChoice {
        change: group[0].change.to_string(),
        value,
        label,
        current: group.iter().any(|written| written.current),
        writers,
    })
}

/// What people call the document of a conflict, unless it is an item's batch, which has a name already.
fn subject<R: ViewRead + ?Sized>(
    read: &R,
    names: &mut Names<'_, R>,
    row: &ConflictRow,
) -> Result<Option<String>, StoreError> {
    Ok(match row.class.as_str() {
        "location" => names.location(row.document)?.map(|place| place.code.clone()),
        "asset" => {
            let asset: Option<AssetRow> = read.row(views::ASSET, row.document.as_bytes())?;
            asset.map(|asset| asset.number)
        }
        "barcode" => {
            let barcode = read.document(row.document)?;
            barcode.and_then(|barcode| barcode.root.get("gtin")?.as_text().map(str::to_owned))
        }
        "rnr_form" => form_label(read, row.document)?,
        _ => row.number.clone(),
    })
}

/// What people call an R&R form: its programme's code and the first day of its period.
fn form_label(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<Option<String>, StoreError> {
    let Some(form) = read.row::<RnrFormRow>(views::RNR_FORM, id.as_bytes())? else { return Ok(None) };
    let programme = crate::programme::find(read, form.programme)?;
    Ok(programme.map(|programme| format!("{} {}", programme.code, form.from)))
}

fn causes<R: ViewRead + ?Sized>(
    read: &R,
    names: &mut Names<'_, R>,
    line: DocumentId,
) -> Result<Vec<TaskCause>, StoreError> {
    let mut movements = Vec::new();
    let mut failed = None;
    page::scan_from(read, views::LEDGER_LINE, line.as_bytes(), true, None, &mut |_, value| {
        match decode_ledger(value) {
            Ok(movement) if movement.quantity.is_negative() => movements.push(movement),
            Ok(_) => {}
            Err(error) => failed = Some(error),
        }
        match failed.is_some() || movements.len() == CAUSES_MAX {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    failed.map_or(Ok(()), Err)?;
    let named = |movement: LedgerRow| {
        let by_name = names.user(movement.by)?.map(str::to_owned);
        Ok(TaskCause { movement, by_name })
    };
    movements.into_iter().map(named).collect()
}
