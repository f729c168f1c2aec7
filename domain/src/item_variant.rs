//! Item variants: an item as one manufacturer makes and packs it. Central data.

use std::collections::BTreeSet;

use crdt_store::{Document, DocumentId, Failure, Projection, Rejection, Txn, ViewRead, ViewReadExt};
use serde::{Deserialize, Serialize};

use crate::gs1::Gtin;
use crate::permission::{Caller, Permission};
use crate::quantity::Volume;
use crate::record::{self, Created, Record, Stamp, clearable, record};
use crate::text::Key;
use crate::{location_type, partner, query, reject, views};

// ---- types ----

/// Which vial monitor a vaccine carries: how many days at 37 °C it bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VvmType {
    /// Two days.
    Vvm2,
    /// Seven days.
    Vvm7,
    /// Eleven days.
    Vvm11,
    /// Fourteen days.
    Vvm14,
    /// Thirty days.
    Vvm30,
    /// 250 days.
    Vvm250,
}

/// One kind of box that a variant comes in. It stands in documents and in commands alike; another field in it would
/// be a new shape of the document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packaging {
    /// Units in it.
    pub units: u32,
    /// The room it takes, in litres; absent if nobody has measured it.
    #[serde(default)]
    pub volume: Option<Volume>,
    /// The number of its barcode.
    #[serde(default)]
    pub gtin: Option<String>,
}

/// A variant of an item, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemVariant {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The item.
    pub item: DocumentId,
    /// Name: what tells it from the item's other variants.
    pub name: String,
    /// The partner who makes it.
    pub manufacturer: Option<DocumentId>,
    /// The vial monitor it carries.
    pub vvm_type: Option<VvmType>,
    /// Where it must be kept.
    pub location_type: Option<DocumentId>,
    /// The box that holds units.
    pub primary: Option<Packaging>,
    /// The box that holds such boxes.
    pub secondary: Option<Packaging>,
    /// The box that holds those.
    pub tertiary: Option<Packaging>,
    /// Whether it may be chosen.
    pub active: bool,
}

record!(ItemVariant, "item_variant", "item variant");

/// A variant of an item in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemVariantRow {
    /// Id.
    pub id: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// Name: what tells it from the item's other variants.
    pub name: String,
    /// The partner who makes it.
    pub manufacturer: Option<DocumentId>,
    /// The vial monitor it carries.
    pub vvm_type: Option<VvmType>,
    /// Where it must be kept.
    pub location_type: Option<DocumentId>,
    /// The box that holds units.
    pub primary: Option<Packaging>,
    /// The box that holds such boxes.
    pub secondary: Option<Packaging>,
    /// The box that holds those.
    pub tertiary: Option<Packaging>,
    /// Whether it may be chosen.
    pub active: bool,
}

impl ItemVariantRow {
    /// The boxes it comes in, the smallest first.
    pub fn packagings(&self) -> impl Iterator<Item = &Packaging> {
        [&self.primary, &self.secondary, &self.tertiary].into_iter().flatten()
    }

    /// The article numbers of its boxes with the units in each, the smallest box first.
    pub fn articles(&self) -> impl Iterator<Item = (Gtin, u32)> {
        self.packagings()
            .filter_map(|packaging| Some((packaging.gtin.as_ref()?.parse().ok()?, packaging.units)))
    }

    /// The room a pack of this size takes, if the variant comes in such packs and somebody has measured them.
    pub fn volume_of_pack(&self, pack_size: u32) -> Option<Volume> {
        self.packagings().find(|packaging| packaging.units == pack_size)?.volume
    }
}

/// Makes a variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateItemVariant {
    /// Its id, where an import must be repeatable.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// The item.
    pub item: DocumentId,
    /// Name.
    pub name: String,
    /// The partner who makes it.
    #[serde(default)]
    pub manufacturer: Option<DocumentId>,
    /// The vial monitor it carries.
    #[serde(default)]
    pub vvm_type: Option<VvmType>,
    /// Where it must be kept.
    #[serde(default)]
    pub location_type: Option<DocumentId>,
    /// The box that holds units.
    #[serde(default)]
    pub primary: Option<Packaging>,
    /// The box that holds such boxes.
    #[serde(default)]
    pub secondary: Option<Packaging>,
    /// The box that holds those.
    #[serde(default)]
    pub tertiary: Option<Packaging>,
}

/// Changes a variant; absent fields stay. It stays a variant of its item: stock leans on it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateItemVariant {
    /// Name.
    #[serde(default, deserialize_with = "record::given")]
    pub name: Option<String>,
    /// The partner who makes it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<Option<DocumentId>>,
    /// The vial monitor it carries.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub vvm_type: Option<Option<VvmType>>,
    /// Where it must be kept.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub location_type: Option<Option<DocumentId>>,
    /// The box that holds units.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub primary: Option<Option<Packaging>>,
    /// The box that holds such boxes.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub secondary: Option<Option<Packaging>>,
    /// The box that holds those.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub tertiary: Option<Option<Packaging>>,
    /// Whether it may be chosen.
    #[serde(default, deserialize_with = "record::given")]
    pub active: Option<bool>,
}

// ---- rules ----

/// A variant of this item that may be chosen, or the rejection that points at the choice.
pub(crate) fn require(
    read: &(impl ViewRead + ?Sized),
    pointer: &str,
    item: DocumentId,
    id: DocumentId,
) -> Result<ItemVariantRow, Failure> {
    let found: Option<ItemVariantRow> = read.row(views::ITEM_VARIANT, id.as_bytes())?;
    let row = found.ok_or_else(|| reject::not_found("item variant", id).at(pointer))?;
    match (row.item == item, row.active) {
        (false, _) => Err(reject::validation(pointer, "this is a variant of another item").into()),
        (true, false) => Err(reject::validation(pointer, "this variant is no longer chosen").into()),
        (true, true) => Ok(row),
    }
}

/// The digit that ends a number of a barcode is the one its other digits ask for (GS1 General Specifications, 7.9).
fn is_gtin(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|letter| letter.to_digit(10)).collect();
    let well_formed = matches!(text.len(), 8 | 12 | 13 | 14) && digits.len() == text.len();
    let weighted = |(at, digit): (usize, &u32)| digit * if at % 2 == 1 { 3 } else { 1 };
    well_formed && digits.iter().rev().enumerate().map(weighted).sum::<u32>().is_multiple_of(10)
}

fn checked(pointer: &str, packaging: Option<&Packaging>) -> Result<Option<Packaging>, Rejection> {
    let Some(packaging) = packaging else { return Ok(None) };
    let at = |field: &str| format!("{pointer}/{field}");
    let gtin = record::valid_label(&at("gtin"), packaging.gtin.as_deref())?;
    if gtin.as_deref().is_some_and(|gtin| !is_gtin(gtin)) {
        return Err(reject::validation(at("gtin"), "this is not the number of a barcode"));
    }
    if packaging.volume.is_some_and(|volume| !volume.is_positive()) {
        return Err(reject::validation(at("volume"), "more than zero"));
    }
    let units = record::valid_pack_size(&at("units"), packaging.units)?;
    Ok(Some(Packaging { units, volume: packaging.volume, gtin }))
}

/// Each box holds more than the one before it.
fn require_nested(variant: &ItemVariant) -> Result<(), Failure> {
    let levels = [
        ("/primary", &variant.primary),
        ("/secondary", &variant.secondary),
        ("/tertiary", &variant.tertiary),
    ];
    let mut inner = 0;
    for (pointer, packaging) in levels {
        let Some(packaging) = packaging else { continue };
        if packaging.units <= inner {
            return Err(
                reject::validation(format!("{pointer}/units"), "an outer box holds more units").into()
            );
        }
        inner = packaging.units;
    }
    Ok(())
}

fn require_references(
    txn: &Txn<'_>,
    manufacturer: Option<DocumentId>,
    kept: Option<DocumentId>,
) -> Result<(), Failure> {
    if let Some(id) = manufacturer {
        let found = partner::require(txn, id);
        found.map_err(|_| reject::not_found("partner", id).at("/manufacturer"))?;
    }
    if let Some(id) = kept {
        location_type::require(txn, "/locationType", id)?;
    }
    Ok(())
}

// ---- write ----

/// Makes a variant. Central only.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateItemVariant) -> Result<Created, Failure> {
    caller.require_central(Permission::EditCentralData)?;
    query::items::require(txn, "/item", command.item)?;
    require_references(txn, command.manufacturer, command.location_type)?;
    let variant = ItemVariant {
        stamp: ItemVariant::new_stamp(txn.now(), caller),
        item: command.item,
        name: record::valid_name("/name", &command.name)?,
        manufacturer: command.manufacturer,
        vvm_type: command.vvm_type,
        location_type: command.location_type,
        primary: checked("/primary", command.primary.as_ref())?,
        secondary: checked("/secondary", command.secondary.as_ref())?,
        tertiary: checked("/tertiary", command.tertiary.as_ref())?,
        active: true,
    };
    require_nested(&variant)?;
    let id = record::new_id(txn, command.id)?;
    txn.create(id, record::root_of(&variant));
    Ok(Created { id })
}

/// Changes a variant. Central only.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateItemVariant,
) -> Result<(), Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let old: ItemVariant = record::load(txn, id)?;
    let mut new = old.clone();
    require_references(txn, command.manufacturer.flatten(), command.location_type.flatten())?;
    if let Some(name) = &command.name {
        new.name = record::valid_name("/name", name)?;
    }
    if let Some(packaging) = &command.primary {
        new.primary = checked("/primary", packaging.as_ref())?;
    }
    if let Some(packaging) = &command.secondary {
        new.secondary = checked("/secondary", packaging.as_ref())?;
    }
    if let Some(packaging) = &command.tertiary {
        new.tertiary = checked("/tertiary", packaging.as_ref())?;
    }
    record::set(&mut new.manufacturer, command.manufacturer);
    record::set(&mut new.vvm_type, command.vvm_type);
    record::set(&mut new.location_type, command.location_type);
    record::set(&mut new.active, command.active);
    require_nested(&new)?;
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

// ---- project ----

pub(crate) fn project(document: &Document, variant: &ItemVariant, projection: &mut Projection) {
    let id = document.id;
    let row = ItemVariantRow {
        id,
        item: variant.item,
        name: variant.name.clone(),
        manufacturer: variant.manufacturer,
        vvm_type: variant.vvm_type,
        location_type: variant.location_type,
        primary: variant.primary.clone(),
        secondary: variant.secondary.clone(),
        tertiary: variant.tertiary.clone(),
        active: variant.active,
    };
    projection.rows.push(views::row(views::ITEM_VARIANT, Key::new().id(id).build(), &row));
    projection.rows.push(views::row(
        views::VARIANT_BY_ITEM,
        Key::new().id(variant.item).id(id).build(),
        &row,
    ));
    let articles: BTreeSet<String> = row.articles().map(|(gtin, _)| gtin.to_string()).collect();
    for gtin in articles {
        let key = Key::new().text(&gtin).id(id).build();
        projection.rows.push(views::row(views::VARIANT_BY_GTIN, key, &row));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_barcode_ends_with_its_check_digit() {
        for good in ["4006381333931", "00012345600012", "96385074", "036000291452"] {
            assert!(is_gtin(good), "{good}");
        }
        for bad in ["4006381333932", "400638133393", "", "96385O74", "４００６３８１３３３９３１"]
        {
            assert!(!is_gtin(bad), "{bad}");
        }
    }
}
