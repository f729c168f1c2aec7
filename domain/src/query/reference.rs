//! Central data: stores, sites, devices, partners, reasons; and a store's locations.

use std::collections::BTreeMap;

use crdt_store::{DeviceId, DocumentId, Failure, StoreError, ViewRead, ViewReadExt, decode_row};
use serde::{Deserialize, Serialize};

use super::items::Search;
use super::page::{self, Page, PageRequest};
use crate::asset_reason::AssetReasonRow;
use crate::item_variant::ItemVariantRow;
use crate::location::LocationRow;
use crate::location_type::LocationTypeRow;
use crate::partner::PartnerRow;
use crate::period_schedule::PeriodScheduleRow;
use crate::reason::ReasonRow;
use crate::record::holders_of_code;
use crate::site::{self, DeviceRow, SiteRow, SiteSecretRow};
use crate::store::{self, StoreRow};
use crate::user::UserRow;
use crate::{reject, views};

/// Which partners are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PartnerFilter {
    /// Words of the name or code.
    pub search: Option<String>,
    /// Only those that goods go to.
    pub customer: Option<bool>,
    /// Only those that goods come from.
    pub supplier: Option<bool>,
}

/// All stores, by code.
pub fn stores(read: &(impl ViewRead + ?Sized)) -> Result<Vec<StoreRow>, StoreError> {
    let mut rows: Vec<StoreRow> = read.rows(views::STORE, &[])?;
    rows.sort_by(|a, b| a.code.cmp(&b.code));
    Ok(rows)
}

/// A store.
pub fn store(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<StoreRow, Failure> {
    store::require(read, id)
}

/// The store of a code, whatever its case.
pub fn store_by_code(read: &(impl ViewRead + ?Sized), code: &str) -> Result<Option<StoreRow>, StoreError> {
    match holders_of_code(read, views::STORE_CODE, code)?.first() {
        Some(id) => store::find(read, *id),
        None => Ok(None),
    }
}

/// The stores that a site hosts.
pub fn stores_of_site(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<Vec<StoreRow>, StoreError> {
    let mut rows = Vec::new();
    for store in site::stores_of(read, id)? {
        rows.extend(store::find(read, store)?);
    }
    Ok(rows)
}

/// All sites, by name.
pub fn sites(read: &(impl ViewRead + ?Sized)) -> Result<Vec<SiteRow>, StoreError> {
    let mut rows: Vec<SiteRow> = read.rows(views::SITE, &[])?;
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(rows)
}

/// A site.
pub fn site(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<SiteRow, Failure> {
    site::require(read, id)
}

/// The site of a name, whatever its case.
pub fn site_by_name(read: &(impl ViewRead + ?Sized), name: &str) -> Result<Option<SiteRow>, StoreError> {
    match holders_of_code(read, views::SITE_NAME, name)?.first() {
        Some(id) => read.row(views::SITE, id.as_bytes()),
        None => Ok(None),
    }
}

/// What devices prove a site's password against; at the centre only.
pub fn site_secret(
    read: &(impl ViewRead + ?Sized),
    id: DocumentId,
) -> Result<Option<SiteSecretRow>, StoreError> {
    read.row(views::SITE_SECRET, id.derived("secret").as_bytes())
}

/// All devices of all sites.
pub fn devices(read: &(impl ViewRead + ?Sized)) -> Result<Vec<DeviceRow>, StoreError> {
    read.rows(views::DEVICE, &[])
}

/// A device, as its site knows it.
pub fn device(read: &(impl ViewRead + ?Sized), id: DeviceId) -> Result<Option<DeviceRow>, StoreError> {
    site::device(read, id)
}

/// Partners by name.
pub fn partners(
    read: &(impl ViewRead + ?Sized),
    filter: &PartnerFilter,
    request: &PageRequest,
) -> Result<Page<PartnerRow>, Failure> {
    let wanted = Search::of(filter.search.as_deref());
    page::scan(read, views::PARTNER_NAME, &[], false, request, |_, value| {
        let row: PartnerRow = decode_row(views::PARTNER_NAME, value)?;
        let fits = wanted.fits_text([row.name.as_str(), row.code.as_str()])
            && filter.customer.is_none_or(|customer| customer == row.customer)
            && filter.supplier.is_none_or(|supplier| supplier == row.supplier);
        Ok(fits.then_some(row))
    })
}

/// A partner.
pub fn partner(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<PartnerRow, Failure> {
    crate::partner::require(read, id)
}

/// The partner of a code, whatever its case.
pub fn partner_by_code(
    read: &(impl ViewRead + ?Sized),
    code: &str,
) -> Result<Option<PartnerRow>, StoreError> {
    match holders_of_code(read, views::PARTNER_CODE, code)?.first() {
        Some(id) => read.row(views::PARTNER, id.as_bytes()),
        None => Ok(None),
    }
}

/// All reasons for changes of stock, by kind and text.
pub fn reasons(read: &(impl ViewRead + ?Sized)) -> Result<Vec<ReasonRow>, StoreError> {
    let mut rows = crate::reason::all(read)?;
    rows.sort_by(|a, b| (a.kind, &a.text).cmp(&(b.kind, &b.text)));
    Ok(rows)
}

/// All reasons for functional statuses, by status and text.
pub fn asset_reasons(read: &(impl ViewRead + ?Sized)) -> Result<Vec<AssetReasonRow>, StoreError> {
    let mut rows: Vec<AssetReasonRow> = read.rows(views::ASSET_REASON, &[])?;
    rows.sort_by(|a, b| (a.status, &a.text).cmp(&(b.status, &b.text)));
    Ok(rows)
}

/// The locations of a store, by code.
pub fn locations(read: &(impl ViewRead + ?Sized), store: DocumentId) -> Result<Vec<LocationRow>, StoreError> {
    read.rows(views::LOCATION_CODE, store.as_bytes())
}

/// All location types, the warmest first.
pub fn location_types(read: &(impl ViewRead + ?Sized)) -> Result<Vec<LocationTypeRow>, StoreError> {
    let mut rows: Vec<LocationTypeRow> = read.rows(views::LOCATION_TYPE, &[])?;
    rows.sort_by(|a, b| (b.max, &a.name, a.id).cmp(&(a.max, &b.name, b.id)));
    Ok(rows)
}

/// All period schedules, by name.
pub fn period_schedules(read: &(impl ViewRead + ?Sized)) -> Result<Vec<PeriodScheduleRow>, StoreError> {
    let mut rows: Vec<PeriodScheduleRow> = read.rows(views::PERIOD_SCHEDULE, &[])?;
    rows.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    Ok(rows)
}

/// A period schedule.
pub fn period_schedule(
    read: &(impl ViewRead + ?Sized),
    id: DocumentId,
) -> Result<PeriodScheduleRow, Failure> {
    crate::period_schedule::find(read, id)?.ok_or_else(|| reject::not_found("period schedule", id).into())
}

/// The name of a location type, looked up once each.
pub(crate) fn location_type_name(
    read: &(impl ViewRead + ?Sized),
    known: &mut BTreeMap<DocumentId, Option<String>>,
    id: DocumentId,
) -> Result<Option<String>, StoreError> {
    if let Some(name) = known.get(&id) {
        return Ok(name.clone());
    }
    let row: Option<LocationTypeRow> = read.row(views::LOCATION_TYPE, id.as_bytes())?;
    let name = row.map(|row| row.name);
    known.insert(id, name.clone());
    Ok(name)
}

/// The variants of an item, by name.
pub fn variants_of(
    read: &(impl ViewRead + ?Sized),
    item: DocumentId,
) -> Result<Vec<ItemVariantRow>, StoreError> {
    let mut rows: Vec<ItemVariantRow> = read.rows(views::VARIANT_BY_ITEM, item.as_bytes())?;
    rows.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    Ok(rows)
}

/// A variant of an item.
pub fn variant(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<ItemVariantRow, Failure> {
    let found = read.row(views::ITEM_VARIANT, id.as_bytes())?;
    found.ok_or_else(|| crate::reject::not_found("item variant", id).into())
}

/// All users, by username; at the centre only.
pub fn users(read: &(impl ViewRead + ?Sized)) -> Result<Vec<UserRow>, StoreError> {
    let mut rows: Vec<UserRow> = read.rows(views::USER, &[])?;
    rows.sort_by(|a, b| a.username.cmp(&b.username));
    Ok(rows)
}

/// A user; at the centre only.
pub fn user(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<UserRow, Failure> {
    read.row(views::USER, id.as_bytes())?.ok_or_else(|| crate::reject::not_found("user", id).into())
}
