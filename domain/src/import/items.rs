//! Items from a table. A row whose code exists changes that item, in the columns that say something; any other makes one.

use crdt_store::{DocumentId, Failure, Rejection, Txn, ViewRead, decode_row, encode_row};

use super::check::{Outcome, Values};
use super::columns::{Column, ColumnKind, column};
use super::kind::{Acted, Before, Place, Rules};
use crate::item::{self, CreateItem, ItemRow, UpdateItem, Ven};
use crate::text::{Key, fold};
use crate::{Caller, Permission, query, reject, views};

const COLUMNS: &[Column] = &[
    column(
        "code",
        ColumnKind::Text,
        true,
        &["item code", "code article", "code de l'article", "code produit", "product code"],
    ),
    column(
        "name",
        ColumnKind::Text,
        true,
        &[
            "item",
            "item name",
            "article",
            "nom",
            "nom de l'article",
            "designation",
            "description",
            "product",
            "produit",
        ],
    ),
    column("unit", ColumnKind::Text, true, &["base unit", "unite", "unite de base", "dispensing unit"]),
    column("strength", ColumnKind::Text, false, &["dosage", "concentration"]),
    column("ven", ColumnKind::Text, false, &["vital", "classe ven", "ven class"]),
    column(
        "defaultPackSize",
        ColumnKind::Count,
        false,
        &[
            "pack size",
            "default pack size",
            "conditionnement",
            "conditionnement habituel",
            "unites par conditionnement",
            "unites/cond.",
            "units per pack",
        ],
    ),
    column("isVaccine", ColumnKind::Flag, false, &["vaccine", "vaccin", "is vaccine"]),
    column(
        "dosesPerUnit",
        ColumnKind::Count,
        false,
        &["doses per vial", "doses per unit", "doses par flacon", "doses"],
    ),
    column("universalCode", ColumnKind::Text, false, &["universal code", "code universel"]),
];

pub(crate) const RULES: Rules = Rules {
    columns: COLUMNS,
    filled_in: None,
    key: |values| fold(values.text("code").unwrap_or_default()),
    permit: |_, caller: &Caller, _| caller.require_central(Permission::EditCentralData),
    check,
    apply,
    unmake: |txn, place, id| {
        place.caller.require_central(Permission::EditCentralData)?;
        require_unused(txn, id)?;
        item::retire(txn, id)
    },
    restore,
    label: |read, id| {
        let row = query::items::detail(read, id)?;
        Ok(format!("{} {}", row.code, row.name))
    },
};

fn ven(values: &Values) -> Result<Option<Ven>, Rejection> {
    values
        .text("ven")
        .map(|word| match fold(word).as_str() {
            "vital" | "v" => Ok(Ven::Vital),
            "essential" | "essentiel" | "e" => Ok(Ven::Essential),
            "non-essential" | "non essential" | "non-essentiel" | "non essentiel" | "n" => {
                Ok(Ven::NonEssential)
            }
            _ => Err(Rejection::new("unknown-word", "vital, essential or non-essential").at("/ven")),
        })
        .transpose()
}

fn creation(values: &Values) -> Result<CreateItem, Rejection> {
    Ok(CreateItem {
        id: None,
        code: values.owned("code").unwrap_or_default(),
        name: values.owned("name").unwrap_or_default(),
        unit: values.owned("unit").unwrap_or_default(),
        strength: values.owned("strength"),
        ven: ven(values)?,
        default_pack_size: values.count("defaultPackSize"),
        is_vaccine: values.flag("isVaccine").unwrap_or(false),
        doses_per_unit: values.count("dosesPerUnit"),
        universal_code: values.owned("universalCode"),
    })
}

/// A column that says nothing leaves the item as it is.
fn change(values: &Values) -> Result<UpdateItem, Rejection> {
    Ok(UpdateItem {
        code: None,
        name: values.owned("name"),
        unit: values.owned("unit"),
        strength: values.owned("strength").map(Some),
        ven: ven(values)?.map(Some),
        default_pack_size: values.count("defaultPackSize"),
        is_vaccine: values.flag("isVaccine"),
        doses_per_unit: values.count("dosesPerUnit"),
        universal_code: values.owned("universalCode").map(Some),
        active: None,
    })
}

/// The item as the row would have it, and whether that is another than it is.
fn changed(read: &dyn ViewRead, row: &ItemRow, values: &Values) -> Result<(UpdateItem, ItemRow), Failure> {
    let command = change(values)?;
    let after = item::updated(read, row, &command)?;
    Ok((command, after))
}

fn check(read: &dyn ViewRead, _: &Place<'_>, values: &Values) -> Result<Outcome, Failure> {
    match query::items::by_code(read, values.text("code").unwrap_or_default().trim())? {
        None => item::checked(read, &creation(values)?).map(|_| Outcome::Create),
        Some(row) => match changed(read, &row, values)?.1 == row {
            true => Ok(Outcome::Same),
            false => Ok(Outcome::Change),
        },
    }
}

fn apply(txn: &mut Txn<'_>, place: &Place<'_>, values: &Values) -> Result<Acted, Failure> {
    let code = values.text("code").unwrap_or_default().trim();
    let Some(row) = query::items::by_code(txn, code)? else {
        item::create_imported(txn, place.caller, &creation(values)?, place.import)?;
        return Ok((Outcome::Create, None));
    };
    let (command, after) = changed(txn, &row, values)?;
    if after == row {
        return Ok((Outcome::Same, None));
    }
    item::update(txn, place.caller, row.id, &command)?;
    let before = Before { document: row.id, old: encode_row(&row), new: encode_row(&after) };
    Ok((Outcome::Change, Some(before)))
}

/// Refuses an item that a store keeps, as far as central knows. What refers to it elsewhere still finds its name.
fn require_unused(txn: &Txn<'_>, id: DocumentId) -> Result<(), Failure> {
    for store in query::reference::stores(txn)? {
        let kept = Key::new().id(store.id).id(id).build();
        if txn.totals(views::SUM_STORE_ITEM, &kept)?.count != 0 {
            return Err(reject::used_since().into());
        }
    }
    Ok(())
}

fn restore(txn: &mut Txn<'_>, place: &Place<'_>, before: &Before) -> Result<(), Failure> {
    let (old, new): (ItemRow, ItemRow) =
        (decode_row(views::ITEM, &before.old)?, decode_row(views::ITEM, &before.new)?);
    let row = query::items::detail(txn, before.document)?;
    if row == old {
        return Ok(());
    }
    if row != new {
        return Err(Rejection::new("changed-since", "somebody has changed it after the import").into());
    }
    let command = UpdateItem {
        code: Some(old.code),
        name: Some(old.name),
        unit: Some(old.unit),
        strength: Some(old.strength),
        ven: Some(old.ven),
        default_pack_size: Some(old.default_pack_size),
        is_vaccine: Some(old.is_vaccine),
        doses_per_unit: Some(old.doses_per_unit),
        universal_code: Some(old.universal_code),
        active: Some(old.active),
    };
    item::update(txn, place.caller, before.document, &command)
}
