//! What a user may do on this device, read from the documents at every request.
//!
//! At a site, users are known by what central published about each store (their access); at the centre, by their
//! master record. Central looks into every store, and works in those that it hosts itself.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{DocumentId, Snapshot, Timestamp};
use domain::query::{access, reference};
use domain::{Permission, Role};
use serde::{Deserialize, Serialize};

use crate::error::Problem;
use crate::state::AppState;

const DAY_MS: i64 = 24 * 3_600_000;

/// A user as this device knows them.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) user: DocumentId,
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) password_hash: String,
    /// Days without contact with central after which they may not log in any more.
    lease_days: u32,
    /// Rights in all stores and in none; central only.
    pub(crate) everywhere: BTreeSet<Permission>,
    /// Rights by store.
    stores: BTreeMap<DocumentId, BTreeSet<Permission>>,
    /// Stores that central hosts itself; nothing at a site, where every store is worked in.
    hosted: Option<BTreeSet<DocumentId>>,
}

/// What a user may do in one store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreRight {
    /// What the user may do there.
    pub permissions: BTreeSet<Permission>,
    /// Whether it is only looked at from here.
    pub read_only: bool,
}

/// A store that a user may enter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreChoice {
    /// The store.
    pub store: DocumentId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whether it is only looked at from here.
    pub read_only: bool,
    /// What the user may do there.
    pub permissions: BTreeSet<Permission>,
}

impl Account {
    /// What the user may do in a store; nothing if they may not enter it.
    pub(crate) fn right(&self, store: DocumentId) -> Option<StoreRight> {
        let own = self.stores.get(&store);
        let permissions: BTreeSet<_> = own.into_iter().flatten().chain(&self.everywhere).copied().collect();
        let read_only = self.hosted.as_ref().is_some_and(|hosted| !hosted.contains(&store));
        permissions.contains(&Permission::StoreAccess).then_some(StoreRight { permissions, read_only })
    }

    /// The only store they may enter, if there is only one.
    pub(crate) fn only_store(&self) -> Option<DocumentId> {
        let everywhere = self.everywhere.contains(&Permission::StoreAccess);
        let only = self.stores.keys().next().copied();
        only.filter(|_| !everywhere && self.stores.len() == 1)
    }

    /// The stores they may enter, by name.
    pub(crate) fn choices(&self, read: &Snapshot) -> Result<Vec<StoreChoice>, Problem> {
        let mut choices: Vec<_> = reference::stores(read)?
            .into_iter()
            .filter(|row| !row.disabled)
            .filter_map(|row| {
                let StoreRight { permissions, read_only } = self.right(row.id)?;
                Some(StoreChoice { store: row.id, code: row.code, name: row.name, read_only, permissions })
            })
            .collect();
        choices.sort_by(|a, b| (a.read_only, &a.name).cmp(&(b.read_only, &b.name)));
        Ok(choices)
    }
}

/// The account of this user name, if there is one that is active here.
pub(crate) fn account_by_name(
    state: &AppState,
    read: &Snapshot,
    username: &str,
) -> Result<Option<Account>, Problem> {
    let Some(login) = access::login(read, state.role(), username)? else { return Ok(None) };
    let hosted = match state.role() {
        Role::Central => Some(hosted_here(state, read)?),
        Role::Site => None,
    };
    Ok(Some(Account {
        user: login.user,
        username: login.username,
        name: login.name,
        language: login.language,
        password_hash: login.password_hash,
        lease_days: login.lease_days,
        everywhere: login.central,
        stores: login.stores,
        hosted,
    }))
}

/// The stores of the site that this device belongs to.
fn hosted_here(state: &AppState, read: &Snapshot) -> Result<BTreeSet<DocumentId>, Problem> {
    let site = match reference::device(read, state.settings().device)? {
        Some(device) => Some(device.site),
        // A central server that is no device of its own site yet.
        None => reference::sites(read)?.into_iter().find(|site| site.is_central).map(|site| site.id),
    };
    let stores = site.map(|site| reference::stores_of_site(read, site)).transpose()?;
    Ok(stores.into_iter().flatten().map(|store| store.id).collect())
}

/// Refuses somebody whose rights central has not confirmed for too long; nobody is refused who never had the chance.
pub(crate) fn check_lease(state: &AppState, account: &Account) -> Result<(), Problem> {
    if state.is_central() {
        return Ok(());
    }
    let last_contact = state
        .node()
        .status()
        .peers
        .iter()
        .filter(|peer| peer.central)
        .filter_map(|peer| peer.last_contact)
        .max();
    match lease_ended(last_contact, account.lease_days, state.now()) {
        false => Ok(()),
        true => {
            let days = account.lease_days;
            let detail = format!("This device has not heard from central for more than {days} days");
            Err(Problem::advised("lease-expired", detail))
        }
    }
}

fn lease_ended(last_contact: Option<Timestamp>, lease_days: u32, now: Timestamp) -> bool {
    last_contact.is_some_and(|contact| now.millis_since(contact) > i64::from(lease_days) * DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(everywhere: &[Permission], hosted: Option<&[u8]>) -> Account {
        let id = |byte: u8| DocumentId::from_bytes([byte; 16]);
        Account {
            user: id(9),
            username: "amina".to_owned(),
            name: "Amina".to_owned(),
            language: "fr".to_owned(),
            password_hash: String::new(),
            lease_days: 30,
            everywhere: everywhere.iter().copied().collect(),
            stores: BTreeMap::from([(id(1), [Permission::StoreAccess, Permission::Adjust].into())]),
            hosted: hosted.map(|bytes| bytes.iter().map(|byte| id(*byte)).collect()),
        }
    }

    #[test]
    fn central_looks_into_every_store_and_works_in_its_own() {
        let (own, other) = (DocumentId::from_bytes([1; 16]), DocumentId::from_bytes([2; 16]));
        let central = account(&[Permission::StoreAccess, Permission::StockView], Some(&[1]));
        assert!(central.right(own).is_some_and(|right| !right.read_only && right.permissions.len() == 3));
        assert!(central.right(other).is_some_and(|right| right.read_only && right.permissions.len() == 2));
        assert_eq!(central.only_store(), None);
        let site = account(&[], None);
        assert!(site.right(own).is_some_and(|right| !right.read_only) && site.right(other).is_none());
        assert_eq!(site.only_store(), Some(own));
    }

    #[test]
    fn a_lease_ends_after_its_days_without_contact() {
        let day = |day: i64| Timestamp::from_millis(day * DAY_MS);
        assert!(!lease_ended(Some(day(0)), 30, day(30)));
        assert!(lease_ended(Some(day(0)), 30, day(31)));
        assert!(!lease_ended(None, 30, day(10_000)));
    }
}
