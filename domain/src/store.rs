//! Stores: places that hold stock, in a chain of supply. Central data. (The database is [`crdt_store::Store`].)

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crdt_store::{
    DeviceId, Document, DocumentId, Failure, Projection, Timestamp, Txn, ViewRead, ViewReadExt,
};
use serde::{Deserialize, Serialize};

use crate::permission::{Caller, Permission};
use crate::record::{self, Created, Record, Stamp, clearable, record};
use crate::text::Key;
use crate::{reject, site, views};

// ---- types ----

/// How a store likes its figures computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Months over which consumption is averaged.
    pub look_back_months: u32,
    /// Below this many months of stock an item is low.
    pub understock_months: u32,
    /// Above this many months of stock an item is in excess.
    pub overstock_months: u32,
    /// Days in a month, in ten-thousandths of a day.
    pub days_in_month_e4: u32,
    /// Days from an order to its receipt.
    pub lead_time_days: u32,
    /// A batch that expires within so many days is expiring.
    pub expiring_days: u32,
    /// A batch that expires within so many days will be expiring.
    pub expiring_later_days: u32,
    /// Whether average consumption is adjusted for days out of stock.
    pub adjust_for_days_out: bool,
    /// Whether allocation takes those vials first whose monitor has gone furthest.
    pub vvm_first: bool,
    /// Whether a customer's requisition is finalised as soon as all it asks for has been shipped.
    pub close_when_covered: bool,
    /// The device that holds what nobody else does, where the devices share the stock (see [`share`](crate::share)).
    #[serde(default)]
    pub share_keeper: Option<DeviceId>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            look_back_months: 3,
            understock_months: 3,
            overstock_months: 6,
            days_in_month_e4: 304_375,
            lead_time_days: 30,
            expiring_days: 90,
            expiring_later_days: 180,
            adjust_for_days_out: false,
            vvm_first: false,
            close_when_covered: false,
            share_keeper: None,
        }
    }
}

/// A store, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoreRecord {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// Code, unique; numbers for people begin with it.
    pub code: String,
    /// Name.
    pub name: String,
    /// 1 national, 2 district, 3 health centre.
    pub level: u8,
    /// The store that supplies it.
    pub supplier: Option<DocumentId>,
    /// The site whose devices work for it.
    pub site: Option<DocumentId>,
    /// Sites that hosted it earlier, and until when: what their devices did for it may still arrive.
    #[serde(default)]
    pub former_sites: BTreeMap<DocumentId, Timestamp>,
    /// Whether it is closed.
    pub disabled: bool,
    /// How it likes its figures computed.
    #[serde(default)]
    pub preferences: Preferences,
}

record!(StoreRecord, "store", "store");

/// A store in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreRow {
    /// Id.
    pub id: DocumentId,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// 1 national, 2 district, 3 health centre.
    pub level: u8,
    /// The store that supplies it.
    pub supplier: Option<DocumentId>,
    /// The site whose devices work for it.
    pub site: Option<DocumentId>,
    /// Sites that hosted it earlier.
    pub former_sites: Vec<DocumentId>,
    /// Whether it is closed.
    pub disabled: bool,
    /// Months over which consumption is averaged.
    pub look_back_months: u32,
    /// Below this many months of stock an item is low.
    pub understock_months: u32,
    /// Above this many months of stock an item is in excess.
    pub overstock_months: u32,
    /// Days in a month, in ten-thousandths of a day.
    pub days_in_month_e4: u32,
    /// Days from an order to its receipt.
    pub lead_time_days: u32,
    /// Within how many days a batch is expiring.
    pub expiring_days: u32,
    /// Within how many days a batch will be expiring.
    pub expiring_later_days: u32,
    /// Whether average consumption is adjusted for days out of stock.
    pub adjust_for_days_out: bool,
    /// Whether allocation takes those vials first whose monitor has gone furthest.
    pub vvm_first: bool,
    /// Whether a customer's requisition is finalised as soon as all it asks for has been shipped.
    pub close_when_covered: bool,
    /// The device that holds what nobody else does, where the devices share the stock.
    pub share_keeper: Option<DeviceId>,
}

impl StoreRow {
    /// How it likes its figures computed.
    pub fn preferences(&self) -> Preferences {
        Preferences {
            look_back_months: self.look_back_months,
            understock_months: self.understock_months,
            overstock_months: self.overstock_months,
            days_in_month_e4: self.days_in_month_e4,
            lead_time_days: self.lead_time_days,
            expiring_days: self.expiring_days,
            expiring_later_days: self.expiring_later_days,
            adjust_for_days_out: self.adjust_for_days_out,
            vvm_first: self.vvm_first,
            close_when_covered: self.close_when_covered,
            share_keeper: self.share_keeper,
        }
    }
}

/// Makes a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateStore {
    /// Its id, where an import must be repeatable.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// Code, unique.
    pub code: String,
    /// Name.
    pub name: String,
    /// 1 national, 2 district, 3 health centre.
    pub level: u8,
    /// The store that supplies it.
    #[serde(default)]
    pub supplier: Option<DocumentId>,
    /// The site that hosts it.
    #[serde(default)]
    pub site: Option<DocumentId>,
}

/// Changes a store; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateStore {
    /// Code, unique. Numbers given out before keep the old one.
    #[serde(default, deserialize_with = "record::given")]
    pub code: Option<String>,
    /// Name.
    #[serde(default, deserialize_with = "record::given")]
    pub name: Option<String>,
    /// 1 national, 2 district, 3 health centre.
    #[serde(default, deserialize_with = "record::given")]
    pub level: Option<u8>,
    /// The store that supplies it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub supplier: Option<Option<DocumentId>>,
    /// The site that hosts it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub site: Option<Option<DocumentId>>,
    /// Whether it is closed.
    #[serde(default, deserialize_with = "record::given")]
    pub disabled: Option<bool>,
    /// Months over which consumption is averaged: 1 to 24.
    #[serde(default, deserialize_with = "record::given")]
    pub look_back_months: Option<u32>,
    /// Below this many months of stock an item is low: 0 to 60.
    #[serde(default, deserialize_with = "record::given")]
    pub understock_months: Option<u32>,
    /// Above this many months of stock an item is in excess: not below the one before, to 60.
    #[serde(default, deserialize_with = "record::given")]
    pub overstock_months: Option<u32>,
    /// Days in a month, in ten-thousandths of a day: 28 to 31 days.
    #[serde(default, deserialize_with = "record::given")]
    pub days_in_month_e4: Option<u32>,
    /// Days from an order to its receipt: 0 to 730.
    #[serde(default, deserialize_with = "record::given")]
    pub lead_time_days: Option<u32>,
    /// Within how many days a batch is expiring: 0 to 3650.
    #[serde(default, deserialize_with = "record::given")]
    pub expiring_days: Option<u32>,
    /// Within how many days a batch will be expiring: not below the one before, to 3650.
    #[serde(default, deserialize_with = "record::given")]
    pub expiring_later_days: Option<u32>,
    /// Whether average consumption is adjusted for days out of stock.
    #[serde(default, deserialize_with = "record::given")]
    pub adjust_for_days_out: Option<bool>,
    /// Whether allocation takes those vials first whose monitor has gone furthest.
    #[serde(default, deserialize_with = "record::given")]
    pub vvm_first: Option<bool>,
    /// Whether a customer's requisition is finalised as soon as all it asks for has been shipped.
    #[serde(default, deserialize_with = "record::given")]
    pub close_when_covered: Option<bool>,
    /// The device that holds what nobody else does; with it, each device of the site issues only its own share of the
    /// stock without contact. Without it, any device issues all there is.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub share_keeper: Option<Option<DeviceId>>,
}

// ---- rules ----

/// The deepest chain of supply that is followed; a longer one is a mistake or a circle.
const CHAIN_LEN_MAX: usize = 10;

/// A store's row, or the rejection `not-found`.
pub(crate) fn require(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<StoreRow, Failure> {
    find(read, id)?.ok_or_else(|| reject::not_found("store", id).into())
}

/// A store's row.
pub(crate) fn find(
    read: &(impl ViewRead + ?Sized),
    id: DocumentId,
) -> Result<Option<StoreRow>, crdt_store::StoreError> {
    read.row(views::STORE, id.as_bytes())
}

/// A store that is open for work, or the rejection that says why not.
pub(crate) fn require_open(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<StoreRow, Failure> {
    let store = require(read, id)?;
    if store.disabled {
        return Err(crdt_store::Rejection::new("store-disabled", format!("{} is closed", store.name)).into());
    }
    Ok(store)
}

fn valid_level(level: u8) -> Result<u8, crdt_store::Rejection> {
    match level {
        1..=3 => Ok(level),
        _ => Err(reject::validation("/level", "1 is national, 2 district, 3 health centre")),
    }
}

/// What a preference may be.
const LOOK_BACK_MONTHS: RangeInclusive<u32> = 1..=24;
const STOCK_MONTHS: RangeInclusive<u32> = 0..=60;
const DAYS_IN_MONTH_E4: RangeInclusive<u32> = 280_000..=310_000;
const LEAD_TIME_DAYS: RangeInclusive<u32> = 0..=730;
const EXPIRING_DAYS: RangeInclusive<u32> = 0..=3_650;

/// Sets the preferences that are given. Where one of a pair stands below the other, what was given is at fault.
fn prefer(preferences: &mut Preferences, command: &UpdateStore) -> Result<(), crdt_store::Rejection> {
    let set = |field: &mut u32, pointer: &str, given: Option<u32>, allowed: RangeInclusive<u32>| match given {
        Some(given) if !allowed.contains(&given) => {
            Err(reject::validation(pointer, format!("{} to {}", allowed.start(), allowed.end())))
        }
        given => {
            record::set(field, given);
            Ok(())
        }
    };
    let new = preferences;
    set(&mut new.look_back_months, "/lookBackMonths", command.look_back_months, LOOK_BACK_MONTHS)?;
    set(&mut new.understock_months, "/understockMonths", command.understock_months, STOCK_MONTHS)?;
    set(&mut new.overstock_months, "/overstockMonths", command.overstock_months, STOCK_MONTHS)?;
    set(&mut new.days_in_month_e4, "/daysInMonthE4", command.days_in_month_e4, DAYS_IN_MONTH_E4)?;
    set(&mut new.lead_time_days, "/leadTimeDays", command.lead_time_days, LEAD_TIME_DAYS)?;
    set(&mut new.expiring_days, "/expiringDays", command.expiring_days, EXPIRING_DAYS)?;
    set(&mut new.expiring_later_days, "/expiringLaterDays", command.expiring_later_days, EXPIRING_DAYS)?;
    record::set(&mut new.adjust_for_days_out, command.adjust_for_days_out);
    record::set(&mut new.vvm_first, command.vvm_first);
    record::set(&mut new.close_when_covered, command.close_when_covered);
    let asked = |first: Option<u32>, second: Option<u32>| first.is_some() || second.is_some();
    if new.overstock_months < new.understock_months
        && asked(command.understock_months, command.overstock_months)
    {
        let pointer =
            if command.overstock_months.is_some() { "/overstockMonths" } else { "/understockMonths" };
        return Err(reject::validation(pointer, "excess begins above what is low"));
    }
    if new.expiring_later_days < new.expiring_days
        && asked(command.expiring_days, command.expiring_later_days)
    {
        let pointer =
            if command.expiring_later_days.is_some() { "/expiringLaterDays" } else { "/expiringDays" };
        return Err(reject::validation(pointer, "the later threshold is not the nearer one"));
    }
    Ok(())
}

/// A supplier must exist, and nobody supplies themselves by however many steps.
fn require_supplier(txn: &Txn<'_>, store: Option<DocumentId>, supplier: DocumentId) -> Result<(), Failure> {
    let mut above = Some(supplier);
    for _ in 0..CHAIN_LEN_MAX {
        let Some(id) = above else { return Ok(()) };
        if store == Some(id) {
            break;
        }
        above = require(txn, id)?.supplier;
    }
    Err(reject::validation("/supplier", "a chain of supply has an end").into())
}

/// What nobody else holds is held by a device at work for the store.
fn require_keeper(txn: &Txn<'_>, store: &StoreRecord, keeper: DeviceId) -> Result<(), Failure> {
    let works = |row: &site::DeviceRow| Some(row.site) == store.site && !row.revoked;
    match site::device(txn, keeper)?.is_some_and(|row| works(&row)) {
        true => Ok(()),
        false => Err(reject::validation("/shareKeeper", "a device of the site that hosts the store").into()),
    }
}

// ---- write ----

/// Makes a store. Central only.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateStore) -> Result<Created, Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let code = record::valid_code("/code", &command.code)?;
    record::require_free_code(txn, views::STORE_CODE, "/code", &code, None)?;
    if let Some(supplier) = command.supplier {
        require_supplier(txn, None, supplier)?;
    }
    if let Some(host) = command.site {
        site::require(txn, host)?;
    }
    let store = StoreRecord {
        stamp: StoreRecord::new_stamp(txn.now(), caller),
        code,
        name: record::valid_name("/name", &command.name)?,
        level: valid_level(command.level)?,
        supplier: command.supplier,
        site: command.site,
        former_sites: BTreeMap::new(),
        disabled: false,
        preferences: Preferences::default(),
    };
    let id = record::new_id(txn, command.id)?;
    txn.create(id, record::root_of(&store));
    Ok(Created { id })
}

/// Changes a store. Central only.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateStore,
) -> Result<(), Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let old: StoreRecord = record::load(txn, id)?;
    let mut new = old.clone();
    if let Some(code) = &command.code {
        new.code = record::valid_code("/code", code)?;
        record::require_free_code(txn, views::STORE_CODE, "/code", &new.code, Some(id))?;
    }
    if let Some(name) = &command.name {
        new.name = record::valid_name("/name", name)?;
    }
    if let Some(level) = command.level {
        new.level = valid_level(level)?;
    }
    if let Some(supplier) = command.supplier {
        supplier.map(|supplier| require_supplier(txn, Some(id), supplier)).transpose()?;
        new.supplier = supplier;
    }
    if let Some(host) = command.site {
        host.map(|host| site::require(txn, host)).transpose()?;
        move_to_site(&mut new, host, txn.now());
    }
    record::set(&mut new.disabled, command.disabled);
    prefer(&mut new.preferences, command)?;
    if let Some(keeper) = command.share_keeper {
        // One whose rights have ended stays until another is chosen, and is in the way of nothing else.
        if let Some(keeper) = keeper.filter(|keeper| new.preferences.share_keeper != Some(*keeper)) {
            require_keeper(txn, &new, keeper)?;
        }
        new.preferences.share_keeper = keeper;
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Lets another site host the store; what the former one's devices did for it may still arrive. Its devices share
/// nothing until somebody says which of them keeps what comes in.
pub(crate) fn move_to_site(store: &mut StoreRecord, host: Option<DocumentId>, now: Timestamp) {
    if store.site == host {
        return;
    }
    if let Some(former) = std::mem::replace(&mut store.site, host) {
        store.former_sites.insert(former, now);
    }
    store.preferences.share_keeper = None;
}

// ---- project ----

pub(crate) fn project(document: &Document, store: &StoreRecord, projection: &mut Projection) {
    let id = document.id;
    let preferences = &store.preferences;
    let row = StoreRow {
        id,
        code: store.code.clone(),
        name: store.name.clone(),
        level: store.level,
        supplier: store.supplier,
        site: store.site,
        former_sites: store.former_sites.keys().copied().collect(),
        disabled: store.disabled,
        look_back_months: preferences.look_back_months,
        understock_months: preferences.understock_months,
        overstock_months: preferences.overstock_months,
        days_in_month_e4: preferences.days_in_month_e4,
        lead_time_days: preferences.lead_time_days,
        expiring_days: preferences.expiring_days,
        expiring_later_days: preferences.expiring_later_days,
        adjust_for_days_out: preferences.adjust_for_days_out,
        vvm_first: preferences.vvm_first,
        close_when_covered: preferences.close_when_covered,
        share_keeper: preferences.share_keeper,
    };
    projection.rows.push(views::row(views::STORE, Key::new().id(id).build(), &row));
    projection.rows.push(views::mark(views::STORE_CODE, Key::new().text(&store.code).id(id).build()));
    if let Some(site) = store.site {
        projection.rows.push(views::mark(views::STORE_SITE, Key::new().id(site).id(id).build()));
    }
}
