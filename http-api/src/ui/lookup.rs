//! What several screens look up.

use crdt_store::{DocumentId, Snapshot};
use domain::item::ItemRow;
use domain::partner::PartnerRow;
use domain::query::items::ItemFilter;
use domain::query::reference::{self, PartnerFilter};
use domain::query::{Page, PageRequest, access, items as item_query};
use domain::shipment::End;
use domain::site::{self, DeviceRow, SetSiteSecret};
use domain::store::StoreRow;
use domain::{Permission, Role};
use std::collections::{BTreeMap, BTreeSet};

use super::form::Form;
use super::trouble::Trouble;
use super::visit::Visit;
use crate::error::Problem;

/// Rows of a page of a list.
pub(super) const PAGE_ROWS: usize = 100;
/// What a search for one item shows: more would be read by nobody.
const FOUND_MAX: usize = 12;

/// The page of a list that is asked for.
pub(super) fn page_request(cursor: Option<&str>) -> PageRequest {
    PageRequest { limit: Some(PAGE_ROWS), cursor: cursor.map(str::to_owned) }
}

/// Items by name, a page of them.
pub(super) fn items(
    read: &Snapshot,
    search: Option<&str>,
    cursor: Option<&str>,
) -> Result<Page<ItemRow>, Trouble> {
    let filter = ItemFilter { search: search.map(str::to_owned), ..ItemFilter::default() };
    Ok(item_query::list(read, &filter, &page_request(cursor))?)
}

/// The first items that a search finds among those that may be received.
pub(super) fn found_items(read: &Snapshot, search: &str) -> Result<Vec<ItemRow>, Trouble> {
    let filter = ItemFilter { search: Some(search.to_owned()), active: Some(true), vaccine: None };
    Ok(item_query::list(read, &filter, &PageRequest::first(FOUND_MAX))?.rows)
}

/// The first items of a store that a search finds, those first that can leave: Enter takes the first one.
pub(super) fn found_stock(
    read: &Snapshot,
    store: DocumentId,
    search: &str,
) -> Result<Vec<domain::query::stock::ItemStockRow>, Trouble> {
    let filter =
        domain::query::stock::ItemStockFilter { search: Some(search.to_owned()), in_stock: Some(true) };
    let mut rows = domain::query::stock::items(read, store, &filter, &PageRequest::first(FOUND_MAX))?.rows;
    rows.sort_by_key(|row| !row.available.is_positive());
    Ok(rows)
}

/// Partners by name, a page of them.
pub(super) fn partners_page(
    read: &Snapshot,
    search: Option<&str>,
    cursor: Option<&str>,
) -> Result<Page<PartnerRow>, Trouble> {
    let filter = PartnerFilter { search: search.map(str::to_owned), ..PartnerFilter::default() };
    Ok(reference::partners(read, &filter, &page_request(cursor))?)
}

/// Partners that may be chosen: customers, or suppliers.
pub(super) fn partners(read: &Snapshot, customers: bool) -> Result<Vec<PartnerRow>, Trouble> {
    let filter = match customers {
        true => PartnerFilter { customer: Some(true), ..PartnerFilter::default() },
        false => PartnerFilter { supplier: Some(true), ..PartnerFilter::default() },
    };
    let page = PageRequest::first(domain::query::PAGE_LEN_MAX);
    let mut rows = reference::partners(read, &filter, &page)?.rows;
    rows.retain(|row| row.active && row.merged_into.is_none());
    Ok(rows)
}

/// Partners that pay for goods.
pub(super) fn donors(read: &Snapshot) -> Result<Vec<PartnerRow>, Trouble> {
    active_partners(read, |row| row.donor)
}

/// Partners that make goods.
pub(super) fn manufacturers(read: &Snapshot) -> Result<Vec<PartnerRow>, Trouble> {
    active_partners(read, |row| row.manufacturer)
}

fn active_partners(
    read: &Snapshot,
    wanted: impl Fn(&PartnerRow) -> bool,
) -> Result<Vec<PartnerRow>, Trouble> {
    let page = PageRequest::first(domain::query::PAGE_LEN_MAX);
    let mut rows = reference::partners(read, &PartnerFilter::default(), &page)?.rows;
    rows.retain(|row| row.active && row.merged_into.is_none() && wanted(row));
    Ok(rows)
}

/// All stores.
pub(super) fn stores(read: &Snapshot) -> Result<Vec<StoreRow>, Trouble> {
    Ok(reference::stores(read)?)
}

/// All sites.
pub(super) fn sites(read: &Snapshot) -> Result<Vec<site::SiteRow>, Trouble> {
    Ok(reference::sites(read)?)
}

/// The devices of a site.
pub(super) fn devices(read: &Snapshot, id: DocumentId) -> Result<Vec<DeviceRow>, Trouble> {
    Ok(reference::devices(read)?.into_iter().filter(|device| device.site == id).collect())
}

/// Names of stores and sites for a short list.
pub(super) struct Names<'r> {
    read: &'r Snapshot,
}

impl<'r> Names<'r> {
    pub(super) fn new(read: &'r Snapshot) -> Self {
        Self { read }
    }

    pub(super) fn store(&self, id: DocumentId) -> String {
        reference::store(self.read, id).map_or_else(|_| id.to_string(), |row| row.name)
    }

    pub(super) fn site(&self, id: DocumentId) -> String {
        reference::site(self.read, id).map_or_else(|_| id.to_string(), |row| row.name)
    }

    /// What people call whatever has this id; the beginning of the id where nobody here knows.
    pub(super) fn anything(&self, id: DocumentId) -> String {
        let mut names = domain::query::names::Names::new(self.read);
        let item = names.item(id).ok().flatten().map(|item| item.name.clone());
        let end = || names.store_or_partner(id).ok().flatten().map(str::to_owned);
        let found = item.or_else(end);
        let location = || names.location(id).ok().flatten().map(|place| place.code.clone());
        let shelf = || {
            let kept = reference::location_types(self.read).ok()?.into_iter().find(|row| row.id == id);
            let variant = || reference::variant(self.read, id).ok().map(|row| row.name);
            let programme = || domain::query::programmes::detail(self.read, id).ok().map(|row| row.name);
            kept.map(|row| row.name).or_else(variant).or_else(programme)
        };
        let reason = || {
            let of_stock = reference::reasons(self.read).ok()?.into_iter().find(|row| row.id == id);
            let of_assets = || reference::asset_reasons(self.read).ok()?.into_iter().find(|row| row.id == id);
            of_stock.map(|row| row.text).or_else(|| of_assets().map(|row| row.text))
        };
        let found = found.or_else(location).or_else(shelf).or_else(reason);
        found.unwrap_or_else(|| self.user(id))
    }

    /// What people call a user; the beginning of the id of one whose name is not known here.
    pub(super) fn user(&self, id: DocumentId) -> String {
        let known = domain::query::names::Names::new(self.read).user(id).ok().flatten().map(str::to_owned);
        known.unwrap_or_else(|| id.to_string().chars().take(8).collect())
    }
}

/// A user as this device knows them.
pub(super) struct KnownUser {
    pub(super) id: DocumentId,
    pub(super) username: String,
    pub(super) name: String,
    pub(super) language: String,
    pub(super) active: bool,
    /// Rights by the name of the store.
    pub(super) stores: Vec<(String, BTreeSet<Permission>)>,
}

/// All users on central; on a site those that central published to its stores.
pub(super) fn users(visit: &Visit) -> Result<Vec<KnownUser>, Trouble> {
    let read = visit.read()?;
    match visit.state.role() {
        Role::Central => master_users(visit, &read),
        Role::Site => published_users(&read),
    }
}

fn master_users(visit: &Visit, read: &Snapshot) -> Result<Vec<KnownUser>, Trouble> {
    visit.visitor.require(Permission::EditCentralData)?;
    let names = Names::new(read);
    let central = super::words::t!(visit.words, "central-server");
    let known = reference::users(read)?.into_iter().map(|row| {
        let everywhere =
            std::iter::once((central.clone(), row.central)).filter(|(_, rights)| !rights.is_empty());
        KnownUser {
            id: row.id,
            username: row.username,
            name: row.name,
            language: row.language,
            active: row.active,
            stores: everywhere
                .chain(row.stores.into_iter().map(|(store, rights)| (names.store(store), rights)))
                .collect(),
        }
    });
    Ok(known.collect())
}

fn published_users(read: &Snapshot) -> Result<Vec<KnownUser>, Trouble> {
    let names = Names::new(read);
    let mut users: BTreeMap<String, KnownUser> = BTreeMap::new();
    for row in access::published(read)? {
        let rights = (names.store(row.store), row.permissions);
        let user = users.entry(row.username.clone()).or_insert_with(|| KnownUser {
            id: row.user,
            username: row.username,
            name: row.name,
            language: row.language,
            active: false,
            stores: Vec::new(),
        });
        user.active |= row.active;
        user.stores.push(rights);
    }
    Ok(users.into_values().collect())
}

/// Sets the password with which devices of a site join, if one was typed.
pub(super) async fn set_site_password(
    visit: &Visit,
    id: DocumentId,
    password: Option<String>,
) -> Result<(), Problem> {
    let Some(password) = password else { return Ok(()) };
    let verifier = crate::api::site_password_verifier(&visit.state, id, password).await?;
    let caller = visit.visitor.central_caller();
    let secret = SetSiteSecret { verifier, active: true };
    visit.execute(move |txn| site::set_secret(txn, &caller, id, &secret)).await?;
    Ok(())
}

/// An end of a shipment as forms hold it: `store:ID` or `partner:ID`.
pub(super) fn parse_end(text: &str) -> Option<End> {
    match text.split_once(':')? {
        ("store", id) => id.parse().ok().map(End::Store),
        ("partner", id) => id.parse().ok().map(End::Partner),
        _ => None,
    }
}

/// The same the other way round.
pub(super) fn end_text(end: End) -> String {
    match end {
        End::Store(id) => format!("store:{id}"),
        End::Partner(id) => format!("partner:{id}"),
    }
}

/// The key that makes a form sent twice one act: made with the form, sent with it.
pub(super) fn once(form: &Form) -> String {
    form.text("once").map_or_else(|| format!("{:032x}", rand::random::<u128>()), str::to_owned)
}
