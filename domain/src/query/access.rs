//! Who may log in here.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{DocumentId, StoreError, ViewRead, ViewReadExt};

use crate::permission::{Caller, Permission, Role};
use crate::record::holders_of_code;
use crate::text::Key;
use crate::user::{UserAccessRow, UserRow};
use crate::{store, views};

/// A user as this device may let them in.
#[derive(Clone, Debug, PartialEq)]
pub struct Login {
    /// The user.
    pub user: DocumentId,
    /// Name to log in with.
    pub username: String,
    /// Name to be called by.
    pub name: String,
    /// Argon2id, as a PHC string; see [`password::verify`](crate::password::verify).
    pub password_hash: String,
    /// Language tag.
    pub language: String,
    /// How many days they may work without contact with the centre.
    pub lease_days: u32,
    /// Rights on the central server, in no store.
    pub central: BTreeSet<Permission>,
    /// Rights by store.
    pub stores: BTreeMap<DocumentId, BTreeSet<Permission>>,
}

impl Login {
    /// The user at work in a store (or, on the central server, in none); nothing where they have no access.
    pub fn caller(&self, role: Role, store: Option<DocumentId>) -> Option<Caller> {
        let permissions = match store {
            Some(store) => self.stores.get(&store)?.clone(),
            None => self.central.clone(),
        };
        let permissions = match role {
            Role::Central => permissions.union(&self.central).copied().collect(),
            Role::Site => permissions,
        };
        (!permissions.is_empty()).then_some(Caller { user: self.user, store, permissions, role })
    }
}

/// The active user of a name, as this device knows them: on the central server from the master record, at a site from
/// what was published to the stores it hosts.
pub fn login(
    read: &(impl ViewRead + ?Sized),
    role: Role,
    username: &str,
) -> Result<Option<Login>, StoreError> {
    match role {
        Role::Central => Ok(master(read, username)?.filter(|user| user.active).map(|user| Login {
            user: user.id,
            username: user.username,
            name: user.name,
            password_hash: user.password_hash,
            language: user.language,
            lease_days: user.lease_days,
            central: user.central,
            stores: user.stores,
        })),
        Role::Site => published_login(read, username),
    }
}

/// What was published of a user of this name, one row for each store.
pub fn by_username(
    read: &(impl ViewRead + ?Sized),
    username: &str,
) -> Result<Vec<UserAccessRow>, StoreError> {
    read.rows(views::USER_ACCESS, &Key::new().text(username).build())
}

/// What was published of all users to the stores that this device knows, by username.
pub fn published(read: &(impl ViewRead + ?Sized)) -> Result<Vec<UserAccessRow>, StoreError> {
    read.rows(views::USER_ACCESS, &[])
}

/// The master record of a user of this name; at the centre only.
pub fn master(read: &(impl ViewRead + ?Sized), username: &str) -> Result<Option<UserRow>, StoreError> {
    match holders_of_code(read, views::USER_NAME, username)?.first() {
        Some(id) => read.row(views::USER, id.as_bytes()),
        None => Ok(None),
    }
}

fn published_login(read: &(impl ViewRead + ?Sized), username: &str) -> Result<Option<Login>, StoreError> {
    let mut found: Option<Login> = None;
    for row in by_username(read, username)?.into_iter().filter(|row| row.active) {
        if store::find(read, row.store)?.is_none_or(|store| store.disabled) {
            continue;
        }
        let login = found.get_or_insert_with(|| Login {
            user: row.user,
            username: row.username.clone(),
            name: row.name.clone(),
            password_hash: row.password_hash.clone(),
            language: row.language.clone(),
            lease_days: row.lease_days,
            central: BTreeSet::new(),
            stores: BTreeMap::new(),
        });
        if login.user == row.user {
            login.stores.insert(row.store, row.permissions);
        }
    }
    Ok(found)
}
