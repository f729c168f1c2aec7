//! Items.

use crdt_store::{DocumentId, Failure, ViewRead, ViewReadExt};
use serde::{Deserialize, Serialize};

use super::page::{self, Page, PageRequest};
use crate::item::{ItemRow, named_text, read_named};
use crate::record::holders_of_code;
use crate::text::fold;
use crate::{reject, views};

/// Which items are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ItemFilter {
    /// A part of the name or code.
    pub search: Option<String>,
    /// Only those that may (or may not) be ordered.
    pub active: Option<bool>,
    /// Only vaccines, or none of them.
    pub vaccine: Option<bool>,
}

/// Items by name.
pub fn list(
    read: &(impl ViewRead + ?Sized),
    filter: &ItemFilter,
    request: &PageRequest,
) -> Result<Page<ItemRow>, Failure> {
    let wanted = Search::of(filter.search.as_deref());
    page::scan(read, views::ITEM_NAME, &[], false, request, |_, value| {
        if !wanted.fits_folded(named_text(value)) {
            return Ok(None);
        }
        let row = read_named(value)?;
        let fits = filter.active.is_none_or(|active| active == row.active)
            && filter.vaccine.is_none_or(|vaccine| vaccine == row.is_vaccine);
        Ok(fits.then_some(row))
    })
}

/// An item.
pub fn detail(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<ItemRow, Failure> {
    read.row(views::ITEM, id.as_bytes())?.ok_or_else(|| reject::not_found("item", id).into())
}

/// The item of a code, whatever its case.
pub fn by_code(read: &(impl ViewRead + ?Sized), code: &str) -> Result<Option<ItemRow>, Failure> {
    match holders_of_code(read, views::ITEM_CODE, code)?.first() {
        Some(id) => Ok(Some(detail(read, *id)?)),
        None => Ok(None),
    }
}

/// An item that a command names, or the rejection `not-found` that points at it.
pub(crate) fn require(
    read: &(impl ViewRead + ?Sized),
    pointer: &str,
    id: DocumentId,
) -> Result<ItemRow, Failure> {
    read.row(views::ITEM, id.as_bytes())?.ok_or_else(|| reject::not_found("item", id).at(pointer).into())
}

/// What a person types to find an item: all its words must be in the name or code.
pub(crate) struct Search(Vec<String>);

impl Search {
    pub(crate) fn of(text: Option<&str>) -> Self {
        Self(fold(text.unwrap_or_default()).split_whitespace().map(str::to_owned).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all words are in this text, which is folded already.
    pub(crate) fn fits_folded(&self, text: &str) -> bool {
        self.0.iter().all(|word| text.contains(word.as_str()))
    }

    /// Whether all words are in any of these texts.
    pub(crate) fn fits_text<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> bool {
        if self.is_empty() {
            return true;
        }
        self.fits_folded(&texts.into_iter().map(fold).collect::<Vec<_>>().join(" "))
    }
}
