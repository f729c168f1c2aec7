//! Adjustments.

use crdt_store::{DocumentId, Failure, ViewRead, ViewReadExt, decode_row};
use serde::Serialize;

use super::names::Names;
use super::page::{self, Page, PageRequest};
use crate::adjustment::{Adjustment, AdjustmentRow};
use crate::quantity::Quantity;
use crate::record;
use crate::stock_line::StockLineRow;
use crate::views;

/// An adjustment with its lines.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdjustmentDetail {
    /// Id.
    pub id: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// Number for people.
    pub number: String,
    /// When.
    #[serde(with = "crate::instant")]
    pub at: crdt_store::Timestamp,
    /// The user.
    pub by: DocumentId,
    /// Their name.
    pub by_name: Option<String>,
    /// What people note of it.
    pub comment: Option<String>,
    /// Lines by item name and batch.
    pub lines: Vec<AdjustmentLineDetail>,
}

/// A line of an adjustment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdjustmentLineDetail {
    /// The line.
    pub id: DocumentId,
    /// The stock line.
    pub stock_line: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// Its code.
    pub item_code: String,
    /// Its name.
    pub item_name: String,
    /// The batch.
    pub batch: Option<String>,
    /// What was added; below zero what was taken away.
    pub quantity: Quantity,
    /// Why.
    pub reason_text: Option<String>,
    /// What people note of it.
    pub note: Option<String>,
}

/// Adjustments of a store, newest first.
pub fn list(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    request: &PageRequest,
) -> Result<Page<AdjustmentRow>, Failure> {
    let prefix = store.as_bytes();
    page::scan(read, views::ADJUSTMENT, prefix, true, request, |_, value| {
        decode_row(views::ADJUSTMENT, value).map(Some)
    })
}

/// An adjustment with its lines: loads one document.
pub fn detail(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<AdjustmentDetail, Failure> {
    let adjustment: Adjustment = record::load(read, id)?;
    let mut names = Names::new(read);
    let mut lines = Vec::new();
    for (line_id, line) in &adjustment.lines {
        let item = names.item(line.item)?.cloned();
        let stock: Option<StockLineRow> = read.row(views::STOCK_LINE, line.stock_line.as_bytes())?;
        let reason_text = match line.reason {
            Some(reason) => names.reason(reason)?.map(str::to_owned),
            None => None,
        };
        lines.push(AdjustmentLineDetail {
            id: *line_id,
            stock_line: line.stock_line,
            item: line.item,
            item_code: item.as_ref().map_or_else(String::new, |item| item.code.clone()),
            item_name: item.map_or_else(String::new, |item| item.name),
            batch: stock.and_then(|stock| stock.batch),
            quantity: line.quantity,
            reason_text,
            note: line.note.clone(),
        });
    }
    lines.sort_by(|a, b| (&a.item_name, &a.batch, a.id).cmp(&(&b.item_name, &b.batch, b.id)));
    Ok(AdjustmentDetail {
        id,
        store: adjustment.store,
        number: adjustment.number,
        at: adjustment.stamp.created_at,
        by: adjustment.stamp.created_by,
        by_name: names.user(adjustment.stamp.created_by)?.map(str::to_owned),
        comment: adjustment.comment,
        lines,
    })
}
