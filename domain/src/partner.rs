//! Partners: customers, suppliers, manufacturers and donors outside the system. Central data.

use crdt_store::{Document, DocumentId, Failure, Projection, Txn, ViewRead, ViewReadExt};
use serde::{Deserialize, Serialize};

use crate::permission::{Caller, Permission};
use crate::record::{self, Created, Record, Stamp, clearable, record};
use crate::text::Key;
use crate::{reject, views};

// ---- types ----

/// A partner, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Partner {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// Code, unique among partners.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whether goods go to it.
    pub customer: bool,
    /// Whether goods come from it.
    pub supplier: bool,
    /// Whether it makes goods.
    pub manufacturer: bool,
    /// Whether it pays for goods.
    pub donor: bool,
    /// The partner it turned out to be the same as.
    pub merged_into: Option<DocumentId>,
    /// Whether it may be chosen.
    pub active: bool,
}

record!(Partner, "partner", "partner");

/// A partner in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartnerRow {
    /// Id.
    pub id: DocumentId,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whether goods go to it.
    pub customer: bool,
    /// Whether goods come from it.
    pub supplier: bool,
    /// Whether it makes goods.
    pub manufacturer: bool,
    /// Whether it pays for goods.
    pub donor: bool,
    /// The partner it turned out to be the same as.
    pub merged_into: Option<DocumentId>,
    /// Whether it may be chosen.
    pub active: bool,
}

/// Makes a partner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreatePartner {
    /// Its id, where an import must be repeatable.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// Code, unique among partners.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whether goods go to it.
    #[serde(default)]
    pub customer: bool,
    /// Whether goods come from it.
    #[serde(default)]
    pub supplier: bool,
    /// Whether it makes goods.
    #[serde(default)]
    pub manufacturer: bool,
    /// Whether it pays for goods.
    #[serde(default)]
    pub donor: bool,
}

/// Changes a partner; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdatePartner {
    /// Code, unique among partners.
    #[serde(default, deserialize_with = "record::given")]
    pub code: Option<String>,
    /// Name.
    #[serde(default, deserialize_with = "record::given")]
    pub name: Option<String>,
    /// Whether goods go to it.
    #[serde(default, deserialize_with = "record::given")]
    pub customer: Option<bool>,
    /// Whether goods come from it.
    #[serde(default, deserialize_with = "record::given")]
    pub supplier: Option<bool>,
    /// Whether it makes goods.
    #[serde(default, deserialize_with = "record::given")]
    pub manufacturer: Option<bool>,
    /// Whether it pays for goods.
    #[serde(default, deserialize_with = "record::given")]
    pub donor: Option<bool>,
    /// The partner it turned out to be the same as.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<Option<DocumentId>>,
    /// Whether it may be chosen.
    #[serde(default, deserialize_with = "record::given")]
    pub active: Option<bool>,
}

// ---- rules ----

/// A partner's row, or the rejection `not-found`.
pub(crate) fn require(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<PartnerRow, Failure> {
    read.row(views::PARTNER, id.as_bytes())?.ok_or_else(|| reject::not_found("partner", id).into())
}

// ---- write ----

/// Makes a partner. Central only.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreatePartner) -> Result<Created, Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let code = record::valid_code("/code", &command.code)?;
    record::require_free_code(txn, views::PARTNER_CODE, "/code", &code, None)?;
    let partner = Partner {
        stamp: Partner::new_stamp(txn.now(), caller),
        code,
        name: record::valid_name("/name", &command.name)?,
        customer: command.customer,
        supplier: command.supplier,
        manufacturer: command.manufacturer,
        donor: command.donor,
        merged_into: None,
        active: true,
    };
    let id = record::new_id(txn, command.id)?;
    txn.create(id, record::root_of(&partner));
    Ok(Created { id })
}

/// Changes a partner. Central only.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdatePartner,
) -> Result<(), Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let old: Partner = record::load(txn, id)?;
    let mut new = old.clone();
    if let Some(code) = &command.code {
        new.code = record::valid_code("/code", code)?;
        record::require_free_code(txn, views::PARTNER_CODE, "/code", &new.code, Some(id))?;
    }
    if let Some(name) = &command.name {
        new.name = record::valid_name("/name", name)?;
    }
    if let Some(Some(other)) = command.merged_into {
        require(txn, other)?;
        if other == id {
            return Err(reject::validation("/mergedInto", "a partner is not merged into itself").into());
        }
    }
    record::set(&mut new.customer, command.customer);
    record::set(&mut new.supplier, command.supplier);
    record::set(&mut new.manufacturer, command.manufacturer);
    record::set(&mut new.donor, command.donor);
    record::set(&mut new.merged_into, command.merged_into);
    record::set(&mut new.active, command.active);
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

// ---- project ----

pub(crate) fn project(document: &Document, partner: &Partner, projection: &mut Projection) {
    let id = document.id;
    let row = PartnerRow {
        id,
        code: partner.code.clone(),
        name: partner.name.clone(),
        customer: partner.customer,
        supplier: partner.supplier,
        manufacturer: partner.manufacturer,
        donor: partner.donor,
        merged_into: partner.merged_into,
        active: partner.active,
    };
    projection.rows.extend([
        views::row(views::PARTNER, Key::new().id(id).build(), &row),
        views::row(views::PARTNER_NAME, Key::new().text(&partner.name).id(id).build(), &row),
        views::mark(views::PARTNER_CODE, Key::new().text(&partner.code).id(id).build()),
    ]);
}
