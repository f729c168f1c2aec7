//! Sites: places with devices, each hosting one or more stores. Central data.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crdt_store::{
    DeviceId, Document, DocumentId, Failure, Projection, Rejection, StoreError, Timestamp, Txn, ViewRead,
    ViewReadExt,
};
use serde::{Deserialize, Serialize};

use crate::permission::{Caller, Permission};
use crate::record::{self, Created, Record, Stamp, record};
use crate::store::{self, StoreRecord};
use crate::text::Key;
use crate::{reject, views};

// ---- types ----

/// A device enrolled at a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// What people call it.
    pub name: String,
    /// Its block of numbers for people, unique in the country.
    pub block: u32,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// Whether its rights have ended.
    pub revoked: bool,
}

/// A site, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// Name, unique; a device enrols with it.
    pub name: String,
    /// Whether it is the central server.
    pub is_central: bool,
    /// Whether more than one device may enrol.
    pub multi_device: bool,
    /// Its devices.
    pub devices: BTreeMap<DeviceId, Device>,
}

record!(Site, "site", "site");

/// What a device proves the site's password against: kept at the centre.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteSecret {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The site.
    pub site: DocumentId,
    /// The verifier, opaque here.
    pub verifier: String,
    /// Whether it still opens the door.
    pub active: bool,
}

record!(SiteSecret, "site_secret", "site password");

/// A site in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteRow {
    /// Id.
    pub id: DocumentId,
    /// Name.
    pub name: String,
    /// Whether it is the central server.
    pub is_central: bool,
    /// Whether more than one device may enrol.
    pub multi_device: bool,
    /// How many devices it has that are not revoked.
    pub devices: u32,
}

/// A device in lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceRow {
    /// The device.
    pub device: DeviceId,
    /// Its site.
    pub site: DocumentId,
    /// What people call it.
    pub name: String,
    /// Its block of numbers for people.
    pub block: u32,
    /// When it was enrolled.
    #[serde(with = "crate::instant")]
    pub enrolled_at: Timestamp,
    /// Whether its rights have ended.
    pub revoked: bool,
    /// Whether it is the central server.
    pub is_central: bool,
}

/// A site's secret, at the centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteSecretRow {
    /// The site.
    pub site: DocumentId,
    /// The verifier.
    pub verifier: String,
    /// Whether it still opens the door.
    pub active: bool,
}

/// Makes a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateSite {
    /// Its id, where an import must be repeatable.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// Name, unique.
    pub name: String,
    /// Whether it is the central server: exactly one in a system.
    #[serde(default)]
    pub is_central: bool,
    /// Whether more than one device may enrol.
    #[serde(default)]
    pub multi_device: bool,
    /// Stores it hosts from now on.
    #[serde(default)]
    pub stores: Vec<DocumentId>,
}

/// Changes a site; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateSite {
    /// Name, unique.
    #[serde(default, deserialize_with = "record::given")]
    pub name: Option<String>,
    /// Whether more than one device may enrol.
    #[serde(default, deserialize_with = "record::given")]
    pub multi_device: Option<bool>,
    /// Stores it hosts from now on, all others no more.
    #[serde(default, deserialize_with = "record::given")]
    pub stores: Option<Vec<DocumentId>>,
}

/// Sets what devices prove the site's password against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetSiteSecret {
    /// The verifier; opaque here.
    pub verifier: String,
    /// Whether it opens the door.
    pub active: bool,
}

/// Adds a device to a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnrolDevice {
    /// The device.
    pub device: DeviceId,
    /// What people call it.
    pub name: String,
}

/// The reply to [`EnrolDevice`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Enrolled {
    /// The device's block of numbers.
    pub block: u32,
}

/// Ends the rights of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokeDevice {
    /// The device.
    pub device: DeviceId,
}

// ---- rules ----

/// A site's row, or the rejection `not-found`.
pub(crate) fn require(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<SiteRow, Failure> {
    read.row(views::SITE, id.as_bytes())?.ok_or_else(|| reject::not_found("site", id).into())
}

/// A device's row; where it was enrolled at several sites, the one where it is not revoked.
pub(crate) fn device(
    read: &(impl ViewRead + ?Sized),
    device: DeviceId,
) -> Result<Option<DeviceRow>, StoreError> {
    let mut rows: Vec<DeviceRow> = read.rows(views::DEVICE, device.as_bytes())?;
    rows.sort_by_key(|row| row.revoked);
    Ok(rows.into_iter().next())
}

/// The devices of a site, those whose rights have ended among them.
pub(crate) fn devices_of(
    read: &(impl ViewRead + ?Sized),
    site: DocumentId,
) -> Result<Vec<DeviceRow>, StoreError> {
    read.rows(views::DEVICE_BY_SITE, site.as_bytes())
}

/// The stores that a site hosts.
pub(crate) fn stores_of(
    read: &(impl ViewRead + ?Sized),
    site: DocumentId,
) -> Result<Vec<DocumentId>, StoreError> {
    let mut stores = Vec::new();
    read.scan_prefix(views::STORE_SITE, site.as_bytes(), &mut |key, _| {
        stores.extend(crate::text::id_at_end(key));
        ControlFlow::Continue(())
    })?;
    Ok(stores)
}

fn next_block(read: &(impl ViewRead + ?Sized)) -> Result<u32, StoreError> {
    let devices: Vec<DeviceRow> = read.rows(views::DEVICE, &[])?;
    Ok(devices.iter().map(|row| row.block).max().unwrap_or(0) + 1)
}

fn require_one_central(txn: &Txn<'_>) -> Result<(), Failure> {
    let sites: Vec<SiteRow> = txn.rows(views::SITE, &[])?;
    match sites.iter().any(|site| site.is_central) {
        true => Err(reject::validation("/isCentral", "there is exactly one central server").into()),
        false => Ok(()),
    }
}

// ---- write ----

/// Makes a site and lets it host stores. Central only.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateSite) -> Result<Created, Failure> {
    caller.require_central(Permission::ServerAdmin)?;
    let name = record::valid_name("/name", &command.name)?;
    record::require_free_code(txn, views::SITE_NAME, "/name", &name, None)?;
    if command.is_central {
        require_one_central(txn)?;
    }
    let site = Site {
        stamp: Site::new_stamp(txn.now(), caller),
        name,
        is_central: command.is_central,
        multi_device: command.multi_device,
        devices: BTreeMap::new(),
    };
    let id = record::new_id(txn, command.id)?;
    txn.create(id, record::root_of(&site));
    command.stores.iter().try_for_each(|store| host(txn, *store, Some(id)))?;
    Ok(Created { id })
}

/// Changes a site. Central only.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateSite,
) -> Result<(), Failure> {
    caller.require_central(Permission::ServerAdmin)?;
    let old: Site = record::load(txn, id)?;
    let mut new = old.clone();
    if let Some(name) = &command.name {
        new.name = record::valid_name("/name", name)?;
        record::require_free_code(txn, views::SITE_NAME, "/name", &new.name, Some(id))?;
    }
    record::set(&mut new.multi_device, command.multi_device);
    record::put_difference(txn, id, &old, &new);
    if let Some(stores) = &command.stores {
        for store in stores_of(txn, id)?.iter().filter(|store| !stores.contains(store)) {
            host(txn, *store, None)?;
        }
        stores.iter().try_for_each(|store| host(txn, *store, Some(id)))?;
    }
    Ok(())
}

fn host(txn: &mut Txn<'_>, store: DocumentId, site: Option<DocumentId>) -> Result<(), Failure> {
    let old: StoreRecord = record::load(txn, store)?;
    let mut new = old.clone();
    store::move_to_site(&mut new, site, txn.now());
    record::put_difference(txn, store, &old, &new);
    Ok(())
}

/// Sets the secret with which devices enrol at the site. Central only.
pub fn set_secret(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &SetSiteSecret,
) -> Result<(), Failure> {
    caller.require_central(Permission::ServerAdmin)?;
    require(txn, id)?;
    let secret_id = id.derived("secret");
    let new = SiteSecret {
        stamp: SiteSecret::new_stamp(txn.now(), caller),
        site: id,
        verifier: command.verifier.clone(),
        active: command.active,
    };
    match record::find::<SiteSecret>(txn, secret_id)? {
        None => txn.create(secret_id, record::root_of(&new)),
        Some(old) => {
            let new = SiteSecret { stamp: old.stamp.clone(), ..new };
            record::put_difference(txn, secret_id, &old, &new);
        }
    }
    Ok(())
}

/// Adds a device to a site and gives it a block of numbers; the same device again keeps the one it has. Central only.
pub fn enrol_device(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &EnrolDevice,
) -> Result<Enrolled, Failure> {
    caller.require_central(Permission::ServerAdmin)?;
    let old: Site = record::load(txn, id)?;
    if let Some(known) = old.devices.get(&command.device) {
        return match known.revoked {
            true => Err(Rejection::new("device-revoked", "this device's rights have ended").into()),
            false => Ok(Enrolled { block: known.block }),
        };
    }
    if !old.multi_device && old.devices.values().any(|device| !device.revoked) {
        return Err(Rejection::new("site-bound", "this site already has a device")
            .with("site", &old.name)
            .into());
    }
    let block = next_block(txn)?;
    let name = record::valid_name("/name", &command.name)?;
    let mut new = old.clone();
    new.devices.insert(command.device, Device { name, block, enrolled_at: txn.now(), revoked: false });
    record::put_difference(txn, id, &old, &new);
    Ok(Enrolled { block })
}

/// Ends the rights of a device. Central only.
pub fn revoke_device(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &RevokeDevice,
) -> Result<(), Failure> {
    caller.require_central(Permission::ServerAdmin)?;
    let old: Site = record::load(txn, id)?;
    let mut new = old.clone();
    let device = new
        .devices
        .get_mut(&command.device)
        .ok_or_else(|| reject::not_found("device", DocumentId::from_bytes(*command.device.as_bytes())))?;
    device.revoked = true;
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

// ---- project ----

pub(crate) fn project(document: &Document, site: &Site, projection: &mut Projection) {
    let id = document.id;
    let row = SiteRow {
        id,
        name: site.name.clone(),
        is_central: site.is_central,
        multi_device: site.multi_device,
        devices: site.devices.values().filter(|device| !device.revoked).count() as u32,
    };
    projection.rows.push(views::row(views::SITE, Key::new().id(id).build(), &row));
    projection.rows.push(views::mark(views::SITE_NAME, Key::new().text(&site.name).id(id).build()));
    for (device, entry) in &site.devices {
        let row = DeviceRow {
            device: *device,
            site: id,
            name: entry.name.clone(),
            block: entry.block,
            enrolled_at: entry.enrolled_at,
            revoked: entry.revoked,
            is_central: site.is_central,
        };
        let key = Key::new().bytes(device.as_bytes()).id(id).build();
        projection.rows.push(views::row(views::DEVICE, key, &row));
        let by_site = Key::new().id(id).bytes(device.as_bytes()).build();
        projection.rows.push(views::row(views::DEVICE_BY_SITE, by_site, &row));
    }
}

pub(crate) fn project_secret(document: &Document, secret: &SiteSecret, projection: &mut Projection) {
    let row = SiteSecretRow { site: secret.site, verifier: secret.verifier.clone(), active: secret.active };
    projection.rows.push(views::row(views::SITE_SECRET, Key::new().id(document.id).build(), &row));
}
