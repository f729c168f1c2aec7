//! Programmes and their items.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crdt_store::{DocumentId, Failure, StoreError, ViewRead, ViewReadExt};

use super::page::{self, Page, PageRequest};
use crate::item::ItemRow;
use crate::programme::ProgrammeRow;
use crate::text::id_at_end;
use crate::{reject, views};

/// All programmes, by name.
pub fn all(read: &(impl ViewRead + ?Sized)) -> Result<Vec<ProgrammeRow>, StoreError> {
    let mut rows: Vec<ProgrammeRow> = read.rows(views::PROGRAMME, &[])?;
    rows.sort_by(|a, b| (&a.name, &a.code, a.id).cmp(&(&b.name, &b.code, b.id)));
    Ok(rows)
}

/// The programmes that a store sees, by name.
pub fn of_store(read: &(impl ViewRead + ?Sized), store: DocumentId) -> Result<Vec<ProgrammeRow>, StoreError> {
    let mut rows = all(read)?;
    rows.retain(|row| row.is_seen_by(store));
    Ok(rows)
}

/// A programme.
pub fn detail(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<ProgrammeRow, Failure> {
    read.row(views::PROGRAMME, id.as_bytes())?.ok_or_else(|| reject::not_found("programme", id).into())
}

/// The ids of a programme's items.
pub fn item_ids(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<BTreeSet<DocumentId>, StoreError> {
    let mut items = BTreeSet::new();
    read.scan_prefix(views::PROGRAMME_ITEM, id.as_bytes(), &mut |key, _| {
        items.extend(id_at_end(key));
        ControlFlow::Continue(())
    })?;
    Ok(items)
}

/// A programme's items, by name.
pub fn items(
    read: &(impl ViewRead + ?Sized),
    id: DocumentId,
    request: &PageRequest,
) -> Result<Page<ItemRow>, Failure> {
    let listed = item_ids(read, id)?;
    page::scan(read, views::ITEM_NAME, &[], false, request, |key, value| {
        match id_at_end(key).is_some_and(|item| listed.contains(&item)) {
            true => crate::item::read_named(value).map(Some),
            false => Ok(None),
        }
    })
}
