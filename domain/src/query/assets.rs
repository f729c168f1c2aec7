//! Equipment and whether it works.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crdt_store::{DocumentId, Failure, StoreError, ViewRead, ViewReadExt, decode_row};
use serde::{Deserialize, Serialize};

use super::items::Search;
use super::names::Names;
use super::page::{self, Page, PageRequest};
use crate::asset::{AssetLogRow, AssetRow, AssetStatus};
use crate::asset_reason::AssetReasonRow;
use crate::{reject, views};

/// Which equipment is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AssetFilter {
    /// Only what is in this status.
    pub status: Option<AssetStatus>,
    /// Only what needs replacement, or does not.
    pub needs_replacement: Option<bool>,
    /// Words of the number, serial number, model, maker or type.
    pub search: Option<String>,
}

/// A piece of equipment in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetListRow {
    /// The asset.
    #[serde(flatten)]
    pub asset: AssetRow,
    /// The name of its store.
    pub store_name: String,
    /// The code of the place where it stands.
    pub location_code: Option<String>,
    /// Its status, unless nobody has said anything yet.
    pub status: Option<AssetStatus>,
    /// Since when.
    #[serde(with = "crate::instant::optional")]
    pub status_at: Option<crdt_store::Timestamp>,
    /// Why.
    pub reason_text: Option<String>,
}

/// A piece of equipment with its log.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetDetail {
    /// As in lists.
    #[serde(flatten)]
    pub asset: AssetListRow,
    /// The newest entries of its log, newest first: at most [`LOG_LEN_MAX`].
    pub log: Vec<AssetLogEntry>,
}

/// An entry of a log with the names a person reads.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetLogEntry {
    /// The entry.
    #[serde(flatten)]
    pub entry: AssetLogRow,
    /// The text of the reason.
    pub reason_text: Option<String>,
    /// The name of the user.
    pub by_name: Option<String>,
}

/// Entries of a log that come with the asset.
pub const LOG_LEN_MAX: usize = 200;

/// Equipment of a store, or of all stores, by store and number.
pub fn list(
    read: &(impl ViewRead + ?Sized),
    store: Option<DocumentId>,
    filter: &AssetFilter,
    request: &PageRequest,
) -> Result<Page<AssetListRow>, Failure> {
    let prefix = store.map_or_else(Vec::new, |store| store.as_bytes().to_vec());
    let wanted = Search::of(filter.search.as_deref());
    let mut names = Names::new(read);
    page::scan(read, views::ASSET_NUMBER, &prefix, false, request, |_, value| {
        let asset: AssetRow = decode_row(views::ASSET_NUMBER, value)?;
        let texts = [&asset.serial, &asset.model, &asset.manufacturer, &asset.kind];
        let texts = texts.into_iter().filter_map(Option::as_deref).chain([asset.number.as_str()]);
        if !wanted.fits_text(texts)
            || filter.needs_replacement.is_some_and(|need| need != asset.needs_replacement)
        {
            return Ok(None);
        }
        let latest = latest(read, asset.id)?;
        if filter.status.is_some_and(|status| latest.as_ref().map(|entry| entry.status) != Some(status)) {
            return Ok(None);
        }
        list_row(read, &mut names, asset, latest).map(Some)
    })
}

/// A piece of equipment with its log.
pub fn detail(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<AssetDetail, Failure> {
    let row: AssetRow =
        read.row(views::ASSET, id.as_bytes())?.ok_or_else(|| reject::not_found("asset", id))?;
    let entries = entries(read, id, LOG_LEN_MAX)?;
    let mut names = Names::new(read);
    let asset = list_row(read, &mut names, row, entries.first().cloned())?;
    Ok(AssetDetail { asset, log: named(read, &mut names, entries)? })
}

/// The whole log of a piece of equipment, newest first.
pub fn log(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<Vec<AssetLogEntry>, StoreError> {
    named(read, &mut Names::new(read), entries(read, id, usize::MAX)?)
}

/// The newest entries of a log, newest first.
fn entries(
    read: &(impl ViewRead + ?Sized),
    id: DocumentId,
    len_max: usize,
) -> Result<Vec<AssetLogRow>, StoreError> {
    let mut entries: Vec<AssetLogRow> = Vec::new();
    let mut failed = None;
    page::scan_from(read, views::ASSET_LOG, id.as_bytes(), true, None, &mut |_, value| {
        match decode_row(views::ASSET_LOG, value) {
            Ok(entry) => entries.push(entry),
            Err(error) => failed = Some(error),
        }
        match failed.is_some() || entries.len() == len_max {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    failed.map_or(Ok(entries), Err)
}

fn named<R: ViewRead + ?Sized>(
    read: &R,
    names: &mut Names<'_, R>,
    entries: Vec<AssetLogRow>,
) -> Result<Vec<AssetLogEntry>, StoreError> {
    let mut log = Vec::with_capacity(entries.len());
    for entry in entries {
        let reason_text = reason_text(read, entry.reason)?;
        let by_name = names.user(entry.by)?.map(str::to_owned);
        log.push(AssetLogEntry { entry, reason_text, by_name });
    }
    Ok(log)
}

/// How much equipment of a store, or of all stores, is in each status.
pub fn count_by_status(
    read: &(impl ViewRead + ?Sized),
    store: Option<DocumentId>,
) -> Result<BTreeMap<AssetStatus, u64>, StoreError> {
    let prefix = store.map_or_else(Vec::new, |store| store.as_bytes().to_vec());
    let mut counts = BTreeMap::new();
    let mut failed = None;
    read.scan_prefix(views::ASSET_NUMBER, &prefix, &mut |key, _| {
        let entry = crate::text::id_at_end(key).map_or(Ok(None), |id| latest(read, id));
        match entry {
            Ok(entry) => {
                if let Some(entry) = entry {
                    *counts.entry(entry.status).or_default() += 1;
                }
                ControlFlow::Continue(())
            }
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    failed.map_or(Ok(counts), Err)
}

/// How much equipment of a store, or of all stores, needs replacement.
pub fn count_needing_replacement(
    read: &(impl ViewRead + ?Sized),
    store: Option<DocumentId>,
) -> Result<u64, StoreError> {
    let prefix = store.map_or_else(Vec::new, |store| store.as_bytes().to_vec());
    let mut count = Ok(0);
    read.scan_prefix(views::ASSET_NUMBER, &prefix, &mut |_, value| {
        match (decode_row::<AssetRow>(views::ASSET_NUMBER, value), &mut count) {
            (Ok(asset), Ok(count)) => *count += u64::from(asset.needs_replacement),
            (Ok(_), Err(_)) => {}
            (Err(error), count) => *count = Err(error),
        }
        if count.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    count
}

/// The entry that tells the status: the latest by log time, then by when it was recorded, then by id.
pub(crate) fn latest(
    read: &(impl ViewRead + ?Sized),
    asset: DocumentId,
) -> Result<Option<AssetLogRow>, StoreError> {
    let mut found = Ok(None);
    page::scan_from(read, views::ASSET_LOG, asset.as_bytes(), true, None, &mut |_, value| {
        found = decode_row(views::ASSET_LOG, value).map(Some);
        ControlFlow::Break(())
    })?;
    found
}

fn reason_text(
    read: &(impl ViewRead + ?Sized),
    reason: Option<DocumentId>,
) -> Result<Option<String>, StoreError> {
    let Some(id) = reason else { return Ok(None) };
    Ok(read.row::<AssetReasonRow>(views::ASSET_REASON, id.as_bytes())?.map(|row| row.text))
}

fn list_row<R: ViewRead + ?Sized>(
    read: &R,
    names: &mut Names<'_, R>,
    asset: AssetRow,
    latest: Option<AssetLogRow>,
) -> Result<AssetListRow, StoreError> {
    let location_code = match asset.location {
        Some(place) => names.location(place)?.map(|place| place.code.clone()),
        None => None,
    };
    Ok(AssetListRow {
        store_name: names.store_or_partner(asset.store)?.unwrap_or_default().to_owned(),
        location_code,
        status: latest.as_ref().map(|entry| entry.status),
        status_at: latest.as_ref().map(|entry| entry.at),
        reason_text: reason_text(read, latest.and_then(|entry| entry.reason))?,
        asset,
    })
}
