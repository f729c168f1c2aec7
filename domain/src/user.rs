//! Users and their rights in stores. Central data.
//!
//! The master record of a user stays at the centre. What a store's devices need to let the user in (name, password
//! hash, language, permissions there) is published as one `user_access` document per user and store, in the store's
//! configuration; its id follows from both, and the command that changes the one changes the other.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{Document, DocumentId, Failure, Projection, Rejection, Txn, ViewReadExt};
use serde::{Deserialize, Serialize};

use crate::permission::{Caller, Permission};
use crate::record::{self, Created, Record, Stamp, record};
use crate::text::Key;
use crate::{password, reject, store, views};

// ---- types ----

/// How many days a user may work without contact with the centre, where nothing else is said.
pub const LEASE_DAYS: u32 = 30;

/// Rights in one place: codes of permissions and whether they are given. A map, so that two administrators who give
/// different rights at once both succeed.
pub type Grants = BTreeMap<String, bool>;

/// A user's rights in a store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// Permissions.
    pub permissions: Grants,
}

/// A user, as a document at the centre.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// Name to log in with, unique.
    pub username: String,
    /// Name to be called by.
    pub name: String,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
    /// Language tag, such as `fr`.
    pub language: String,
    /// Whether they may log in.
    pub active: bool,
    /// How many days they may work without contact with the centre.
    pub lease_days: u32,
    /// Rights on the central server, in no store.
    pub central: Grants,
    /// Rights by store.
    pub stores: BTreeMap<DocumentId, Access>,
}

record!(User, "user", "user");

/// A user as one store's devices know them, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserAccess {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The user.
    pub user: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// Name to log in with.
    pub username: String,
    /// Name to be called by.
    pub name: String,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
    /// Language tag.
    pub language: String,
    /// Whether they may log in here.
    pub active: bool,
    /// How many days they may work without contact with the centre.
    pub lease_days: u32,
    /// Permissions here.
    pub permissions: Grants,
}

record!(UserAccess, "user_access", "user access");

/// A user in lists, at the centre.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserRow {
    /// Id.
    pub id: DocumentId,
    /// Name to log in with.
    pub username: String,
    /// Name to be called by.
    pub name: String,
    /// Argon2id, as a PHC string. Never leaves the server.
    pub password_hash: String,
    /// Language tag.
    pub language: String,
    /// Whether they may log in.
    pub active: bool,
    /// How many days they may work without contact with the centre.
    pub lease_days: u32,
    /// Rights on the central server.
    pub central: BTreeSet<Permission>,
    /// Rights by store.
    pub stores: BTreeMap<DocumentId, BTreeSet<Permission>>,
}

/// A user as one store's devices know them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserAccessRow {
    /// The user.
    pub user: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// Name to log in with.
    pub username: String,
    /// Name to be called by.
    pub name: String,
    /// Argon2id, as a PHC string. Never leaves the server.
    pub password_hash: String,
    /// Language tag.
    pub language: String,
    /// Whether they may log in here.
    pub active: bool,
    /// How many days they may work without contact with the centre.
    pub lease_days: u32,
    /// Permissions here.
    pub permissions: BTreeSet<Permission>,
}

/// Makes a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateUser {
    /// Its id, where an import must be repeatable.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// Name to log in with, unique.
    pub username: String,
    /// Name to be called by; the username if absent.
    #[serde(default)]
    pub name: Option<String>,
    /// Argon2id, as a PHC string (see [`password::hash`]).
    pub password_hash: String,
    /// Language tag; `en` if absent.
    #[serde(default)]
    pub language: Option<String>,
    /// How many days they may work without contact with the centre; [`LEASE_DAYS`] if absent.
    #[serde(default)]
    pub lease_days: Option<u32>,
    /// Rights on the central server, in no store.
    #[serde(default)]
    pub central: BTreeSet<Permission>,
    /// Rights by store.
    #[serde(default)]
    pub stores: BTreeMap<DocumentId, BTreeSet<Permission>>,
}

/// Changes a user; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateUser {
    /// Name to be called by.
    #[serde(default, deserialize_with = "record::given")]
    pub name: Option<String>,
    /// Language tag.
    #[serde(default, deserialize_with = "record::given")]
    pub language: Option<String>,
    /// Whether they may log in.
    #[serde(default, deserialize_with = "record::given")]
    pub active: Option<bool>,
    /// How many days they may work without contact with the centre.
    #[serde(default, deserialize_with = "record::given")]
    pub lease_days: Option<u32>,
    /// Rights on the central server, in no store.
    #[serde(default, deserialize_with = "record::given")]
    pub central: Option<BTreeSet<Permission>>,
}

/// Sets a user's password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetPassword {
    /// Argon2id, as a PHC string (see [`password::hash`]).
    pub password_hash: String,
}

/// Gives a user rights in a store, and takes those that are not named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantAccess {
    /// The store.
    pub store: DocumentId,
    /// Permissions; none at all ends the user's access.
    pub permissions: BTreeSet<Permission>,
}

// ---- rules ----

/// Codes this version knows that are given.
pub(crate) fn granted(grants: &Grants) -> BTreeSet<Permission> {
    grants.iter().filter(|(_, given)| **given).filter_map(|(code, _)| Permission::from_code(code)).collect()
}

/// The grants that give exactly these permissions; what was given before and is not named is taken.
fn grants(before: &Grants, permissions: &BTreeSet<Permission>) -> Grants {
    let taken = before.keys().map(|code| (code.clone(), false));
    taken.chain(permissions.iter().map(|permission| (permission.code().to_owned(), true))).collect()
}

/// A name to log in with: a code without spaces, which nobody sees in the form of the log-in.
///
/// # Errors
/// `validation`.
pub fn valid_username(username: &str) -> Result<String, Rejection> {
    let username = record::valid_code("/username", username)?;
    match username.contains(char::is_whitespace) {
        true => Err(reject::validation("/username", "a user name has no spaces")),
        false => Ok(username),
    }
}

/// What nobody could give back if the last user who has it lost it: the rights to change users, and the server.
const ADMINISTRATION: [Permission; 2] = [Permission::ServerAdmin, Permission::EditCentralData];

/// Refuses what would leave the central server without an active user who may administer it.
fn require_administrator(txn: &Txn<'_>, id: DocumentId, old: &User, new: &User) -> Result<(), Failure> {
    let has =
        |user: &User, permission: &Permission| user.active && granted(&user.central).contains(permission);
    let lost: Vec<_> = ADMINISTRATION.iter().filter(|right| has(old, right) && !has(new, right)).collect();
    if lost.is_empty() {
        return Ok(());
    }
    let users: Vec<UserRow> = txn.rows(views::USER, &[])?;
    let others = users.iter().filter(|user| user.id != id && user.active);
    let kept: BTreeSet<Permission> = others.flat_map(|user| user.central.iter().copied()).collect();
    let pointer = if new.active { "/central" } else { "/active" };
    match lost.into_iter().find(|right| !kept.contains(right)) {
        Some(right) => Err(reject::last_administrator(pointer, *right).into()),
        None => Ok(()),
    }
}

fn valid_hash(hash: &str) -> Result<String, Rejection> {
    match password::is_hash(hash) {
        true => Ok(hash.to_owned()),
        false => Err(reject::validation("/passwordHash", "an Argon2id hash in PHC format")),
    }
}

fn valid_language(language: &str) -> Result<String, Rejection> {
    let fits = (2..=12).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits {
        Ok(language.to_owned())
    } else {
        Err(reject::validation("/language", "a language tag such as fr"))
    }
}

fn valid_lease(days: u32) -> Result<u32, Rejection> {
    match days {
        1..=366 => Ok(days),
        _ => Err(reject::validation("/leaseDays", "1 to 366 days")),
    }
}

// ---- write ----

/// Makes a user and publishes them to their stores. Central only.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateUser) -> Result<Created, Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let username = valid_username(&command.username)?;
    record::require_free_code(txn, views::USER_NAME, "/username", &username, None)?;
    command.stores.keys().try_for_each(|store| store::require(txn, *store).map(|_| ()))?;
    let stores = command.stores.iter();
    let user = User {
        stamp: User::new_stamp(txn.now(), caller),
        name: record::valid_name("/name", command.name.as_deref().unwrap_or(&username))?,
        username,
        password_hash: valid_hash(&command.password_hash)?,
        language: valid_language(command.language.as_deref().unwrap_or("en"))?,
        active: true,
        lease_days: valid_lease(command.lease_days.unwrap_or(LEASE_DAYS))?,
        central: grants(&Grants::new(), &command.central),
        stores: stores
            .map(|(store, given)| (*store, Access { permissions: grants(&Grants::new(), given) }))
            .collect(),
    };
    let id = record::new_id(txn, command.id)?;
    txn.create(id, record::root_of(&user));
    publish(txn, caller, id, &user)?;
    Ok(Created { id })
}

/// Changes a user, here and in their stores. Central only.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateUser,
) -> Result<(), Failure> {
    edit(txn, caller, id, |txn, user| {
        let old = user.clone();
        if let Some(name) = &command.name {
            user.name = record::valid_name("/name", name)?;
        }
        if let Some(language) = &command.language {
            user.language = valid_language(language)?;
        }
        if let Some(days) = command.lease_days {
            user.lease_days = valid_lease(days)?;
        }
        if let Some(central) = &command.central {
            user.central = grants(&user.central, central);
        }
        record::set(&mut user.active, command.active);
        require_administrator(txn, id, &old, user)
    })
}

/// Sets a user's password, here and in their stores. Central only.
pub fn set_password(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &SetPassword,
) -> Result<(), Failure> {
    edit(txn, caller, id, |_, user| {
        user.password_hash = valid_hash(&command.password_hash)?;
        Ok(())
    })
}

/// Gives a user rights in a store, and takes those that are not named. Central only.
pub fn grant(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &GrantAccess,
) -> Result<(), Failure> {
    edit(txn, caller, id, |txn, user| {
        store::require(txn, command.store)?;
        let access = user.stores.entry(command.store).or_default();
        access.permissions = grants(&access.permissions, &command.permissions);
        Ok(())
    })
}

fn edit(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    change: impl FnOnce(&Txn<'_>, &mut User) -> Result<(), Failure>,
) -> Result<(), Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let old: User = record::load(txn, id)?;
    let mut new = old.clone();
    change(txn, &mut new)?;
    record::put_difference(txn, id, &old, &new);
    publish(txn, caller, id, &new)
}

/// Makes what the stores know of a user equal to the master record.
fn publish(txn: &mut Txn<'_>, caller: &Caller, user_id: DocumentId, user: &User) -> Result<(), Failure> {
    for (store, access) in &user.stores {
        let id = access_id(user_id, *store);
        let old: Option<UserAccess> = record::find(txn, id)?;
        let stamp =
            old.as_ref().map_or_else(|| UserAccess::new_stamp(txn.now(), caller), |old| old.stamp.clone());
        let new = UserAccess {
            stamp,
            user: user_id,
            store: *store,
            username: user.username.clone(),
            name: user.name.clone(),
            password_hash: user.password_hash.clone(),
            language: user.language.clone(),
            active: user.active && access.permissions.values().any(|given| *given),
            lease_days: user.lease_days,
            permissions: access.permissions.clone(),
        };
        match old {
            Some(old) => record::put_difference(txn, id, &old, &new),
            None => txn.create(id, record::root_of(&new)),
        }
    }
    Ok(())
}

/// The id of the document by which a store knows a user.
pub(crate) fn access_id(user: DocumentId, store: DocumentId) -> DocumentId {
    user.derived(&format!("access/{store}"))
}

// ---- project ----

pub(crate) fn project(document: &Document, user: &User, projection: &mut Projection) {
    let id = document.id;
    let row = UserRow {
        id,
        username: user.username.clone(),
        name: user.name.clone(),
        password_hash: user.password_hash.clone(),
        language: user.language.clone(),
        active: user.active,
        lease_days: user.lease_days,
        central: granted(&user.central),
        stores: user.stores.iter().map(|(store, access)| (*store, granted(&access.permissions))).collect(),
    };
    projection.rows.push(views::row(views::USER, Key::new().id(id).build(), &row));
    projection.rows.push(views::row(views::USER_LABEL, Key::new().id(id).id(id).build(), &user.name));
    projection.rows.push(views::mark(views::USER_NAME, Key::new().text(&user.username).id(id).build()));
}

pub(crate) fn project_access(document: &Document, access: &UserAccess, projection: &mut Projection) {
    let row = UserAccessRow {
        user: access.user,
        store: access.store,
        username: access.username.clone(),
        name: access.name.clone(),
        password_hash: access.password_hash.clone(),
        language: access.language.clone(),
        active: access.active,
        lease_days: access.lease_days,
        permissions: granted(&access.permissions),
    };
    let key = Key::new().text(&access.username).id(access.store).id(document.id).build();
    let label = Key::new().id(access.user).id(document.id).build();
    projection.rows.push(views::row(views::USER_ACCESS, key, &row));
    projection.rows.push(views::row(views::USER_LABEL, label, &access.name));
}
