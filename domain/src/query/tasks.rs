//! Tasks: contradictions that a person must resolve.

use std::ops::ControlFlow;

use crdt_store::{DocumentId, Failure, StoreError, View, ViewRead, ViewReadExt, decode_row};
use serde::Serialize;

use super::names::Names;
use super::page::{self, Builder, Page, PageRequest};
use crate::effect::{LedgerRow, decode_ledger};
use crate::stock_line::StockLineRow;
use crate::stocktake::StocktakeRow;
use crate::task::{TaskKind, TaskRow};
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
    const PLAN: u8 = 5;
    let prefix = store.map_or_else(Vec::new, |store| store.as_bytes().to_vec());
    let place = request.place(PLAN)?;
    let (first_view, place) = match place.as_deref().map(<[u8]>::split_first) {
        None => (0, None),
        Some(Some((view @ 0..=2, key))) if key.starts_with(&prefix) => (*view, Some(key)),
        Some(_) => return Err(reject::invalid_cursor().into()),
    };
    let mut page = Builder::new(request, PLAN)?;
    let mut names = Names::new(read);
    for (at, view) in VIEWS.iter().enumerate().skip(usize::from(first_view)) {
        let after = place.filter(|_| at == usize::from(first_view));
        page::scan_from(read, *view, &prefix, false, after, &mut |key, value| {
            let row = decode_row(*view, value).and_then(|task| entry(read, &mut names, task));
            page.offer_result(&[&[at as u8], key].concat(), row.map(Some))
        })?;
        if page.is_done() {
            break;
        }
    }
    page.build()
}

const VIEWS: [View; 3] = [views::TASK_BALANCE, views::TASK_COUNT, views::TASK];

/// How many tasks a store has, or all stores have.
pub fn count(read: &(impl ViewRead + ?Sized), store: Option<DocumentId>) -> Result<u64, StoreError> {
    let prefix = store.map_or_else(Vec::new, |store| store.as_bytes().to_vec());
    let mut count = 0;
    for view in VIEWS {
        read.scan_prefix(view, &prefix, &mut |_, _| {
            count += 1;
            ControlFlow::Continue(())
        })?;
    }
    Ok(count)
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
        task,
    })
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
