//! Names for ids, looked up once each.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crdt_store::{Actor, DocumentId, Incarnation, StoreError, ViewRead, ViewReadExt, decode_row};

use crate::item::ItemRow;
use crate::location::LocationRow;
use crate::partner::PartnerRow;
use crate::reason::ReasonRow;
use crate::shipment::End;
use crate::site::DeviceRow;
use crate::{store, views};

/// Looks things up by id and remembers them while one list is made.
pub struct Names<'r, R: ViewRead + ?Sized> {
    read: &'r R,
    items: BTreeMap<DocumentId, Option<ItemRow>>,
    locations: BTreeMap<DocumentId, Option<LocationRow>>,
    reasons: BTreeMap<DocumentId, Option<ReasonRow>>,
    ends: BTreeMap<DocumentId, Option<String>>,
    users: BTreeMap<DocumentId, Option<String>>,
    devices: Option<Devices>,
}

impl<'r, R: ViewRead + ?Sized> Names<'r, R> {
    /// Knows nothing yet.
    pub fn new(read: &'r R) -> Self {
        Self {
            read,
            items: BTreeMap::new(),
            locations: BTreeMap::new(),
            reasons: BTreeMap::new(),
            ends: BTreeMap::new(),
            users: BTreeMap::new(),
            devices: None,
        }
    }

    /// An item.
    pub fn item(&mut self, id: DocumentId) -> Result<Option<&ItemRow>, StoreError> {
        let read = self.read;
        remember(&mut self.items, id, || read.row(views::ITEM, id.as_bytes()))
    }

    /// A location.
    pub fn location(&mut self, id: DocumentId) -> Result<Option<&LocationRow>, StoreError> {
        let read = self.read;
        remember(&mut self.locations, id, || read.row(views::LOCATION, id.as_bytes()))
    }

    /// The text of a reason.
    pub fn reason(&mut self, id: DocumentId) -> Result<Option<&str>, StoreError> {
        let read = self.read;
        let row = remember(&mut self.reasons, id, || read.row(views::REASON, id.as_bytes()))?;
        Ok(row.map(|row| row.text.as_str()))
    }

    /// The name of a store or partner.
    pub fn end(&mut self, end: End) -> Result<Option<&str>, StoreError> {
        self.store_or_partner(end.id())
    }

    /// The name of a store or partner, whichever it is.
    pub fn store_or_partner(&mut self, id: DocumentId) -> Result<Option<&str>, StoreError> {
        let read = self.read;
        let name = remember(&mut self.ends, id, || match store::find(read, id)? {
            Some(store) => Ok(Some(store.name)),
            None => Ok(read.row::<PartnerRow>(views::PARTNER, id.as_bytes())?.map(|partner| partner.name)),
        })?;
        Ok(name.map(String::as_str))
    }

    /// The name of a user, as far as this device knows it.
    pub fn user(&mut self, id: DocumentId) -> Result<Option<&str>, StoreError> {
        let read = self.read;
        let name = remember(&mut self.users, id, || user_label(read, id))?;
        Ok(name.map(String::as_str))
    }

    /// The device that wrote as an actor, as far as this device knows.
    pub fn device(&mut self, actor: Actor) -> Result<Option<&DeviceRow>, StoreError> {
        let devices = match self.devices.take() {
            Some(devices) => devices,
            None => Devices::of(self.read)?,
        };
        Ok(self.devices.insert(devices).wrote_as(actor))
    }
}

/// Lives of a device that are recognised: a restored backup begins a new one.
const LIVES_MAX: Incarnation = 20;

/// Devices by the actors they write as: each life of a device is an actor of its own, and an actor is a hash that does
/// not tell its device.
pub struct Devices {
    rows: Vec<DeviceRow>,
    known: BTreeMap<Actor, Option<usize>>,
}

impl Devices {
    /// The devices of all sites.
    pub fn of(read: &(impl ViewRead + ?Sized)) -> Result<Self, StoreError> {
        let mut rows = super::reference::devices(read)?;
        // Where a device was enrolled at several sites, the place where it works now comes first.
        rows.sort_by_key(|row| row.revoked);
        Ok(Self { rows, known: BTreeMap::new() })
    }

    /// The device that wrote as an actor. Nearly all are in their first life, so that is tried for all of them before
    /// the next: the first look costs a hash for each device, the next ones nothing.
    pub fn wrote_as(&mut self, actor: Actor) -> Option<&DeviceRow> {
        let rows = &self.rows;
        let find = || {
            (1..=LIVES_MAX).find_map(|life| rows.iter().position(|row| Actor::of(row.device, life) == actor))
        };
        let at = *self.known.entry(actor).or_insert_with(find);
        at.map(|at| &self.rows[at])
    }
}

fn remember<T>(
    known: &mut BTreeMap<DocumentId, Option<T>>,
    id: DocumentId,
    look_up: impl FnOnce() -> Result<Option<T>, StoreError>,
) -> Result<Option<&T>, StoreError> {
    if let std::collections::btree_map::Entry::Vacant(vacant) = known.entry(id) {
        vacant.insert(look_up()?);
    }
    Ok(known.get(&id).and_then(Option::as_ref))
}

fn user_label(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<Option<String>, StoreError> {
    let mut found = Ok(None);
    read.scan_prefix(views::USER_LABEL, id.as_bytes(), &mut |_, value| {
        found = decode_row(views::USER_LABEL, value).map(Some);
        ControlFlow::Break(())
    })?;
    found
}
