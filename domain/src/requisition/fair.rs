//! What is short is shared fairly among the customers that wait for it.

use std::collections::BTreeMap;

use crdt_store::{DocumentId, Failure, Txn, ViewRead, ViewReadExt};
use serde::Serialize;

use super::progress::progress;
use super::supply::load_for_supplier;
use super::types::{Approval, LineSelection, Requisition, RequisitionRow, Side, Status};
use crate::formula::order::{FairShare, fair_share};
use crate::item::ItemRow;
use crate::permission::{Caller, Permission};
use crate::quantity::Quantity;
use crate::query::stock_items::item_balance;
use crate::text::Key;
use crate::{record, reject, views};

/// Most requisitions before a supplier among which something is shared: more wait nowhere, and each is read.
const OPEN_MAX: usize = 1_000;

/// How an item that is short is shared among all who wait for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemShares {
    /// The item.
    pub item: DocumentId,
    /// How many units there are to share.
    pub available: Quantity,
    /// How many units a pack holds.
    pub pack_size: u32,
    /// What each gets: this requisition first, the others oldest first.
    pub shares: Vec<RequisitionShare>,
}

/// What a requisition gets of what is short.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequisitionShare {
    /// The requisition.
    pub requisition: DocumentId,
    /// Its number for people.
    pub number: String,
    /// Who asks.
    pub customer: DocumentId,
    /// Whether it cannot wait.
    pub emergency: bool,
    /// Units in shipments for it already: they are its own.
    pub on_shipments: Quantity,
    /// Units it still waits for.
    pub need: Quantity,
    /// Units that would be its own if packs could be opened.
    pub proportional: Quantity,
    /// Units that it gets, beside those in shipments: whole packs.
    pub quantity: Quantity,
}

/// What a requisition waits for.
struct Waiting {
    row: RequisitionRow,
    /// By item: in shipments already, and still needed.
    needs: BTreeMap<DocumentId, (Quantity, Quantity)>,
}

impl Waiting {
    fn of(read: &(impl ViewRead + ?Sized), row: RequisitionRow) -> Result<Self, Failure> {
        let requisition: Requisition = record::load(read, row.id)?;
        let is_denied = requisition.decision.is_some_and(|decision| decision.approval == Approval::Denied);
        let all = if is_denied { BTreeMap::new() } else { progress(read, row.id, &requisition)? };
        let need = |(item, progress): (DocumentId, super::Progress)| {
            let missing = (progress.requested - progress.on_shipments).max(Quantity::ZERO);
            (item, (progress.on_shipments, missing))
        };
        Ok(Self { row, needs: all.into_iter().map(need).collect() })
    }
}

/// How the items of a requisition that are short are shared among all requisitions before its supplier. An item of which
/// there is enough for all is left out.
///
/// # Errors
/// `wrong-status` for what is not before a supplier; `validation` where a partner is asked, whose stock nobody knows.
pub fn fair_shares(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<Vec<ItemShares>, Failure> {
    let row: Option<RequisitionRow> = read.row(views::REQUISITION, id.as_bytes())?;
    let row = row.ok_or_else(|| reject::not_found("requisition", id))?;
    if row.status != Status::Sent {
        return Err(reject::wrong_status(row.status, "share what is short").into());
    }
    let crate::shipment::End::Store(supplier) = row.supplier else {
        return Err(reject::validation("", "a partner's stock is not known").into());
    };
    let own = Waiting::of(read, row)?;
    let others = others(read, supplier, id)?;
    let mut short = Vec::new();
    for item in own.needs.keys() {
        let row: Option<ItemRow> = read.row(views::ITEM, item.as_bytes())?;
        let pack_size = row.map_or(1, |row| row.default_pack_size);
        let available = item_balance(read, supplier, *item)?.available().max(Quantity::ZERO);
        let shares = share(*item, available, pack_size, std::iter::once(&own).chain(&others));
        let needed = shares.shares.iter().fold(Quantity::ZERO, |sum, share| sum + share.need);
        if needed > available && shares.shares[0].need.is_positive() {
            short.push(shares);
        }
    }
    Ok(short)
}

/// The other requisitions before a supplier, oldest first.
fn others(
    read: &(impl ViewRead + ?Sized),
    supplier: DocumentId,
    own: DocumentId,
) -> Result<Vec<Waiting>, Failure> {
    let key = Key::new().id(supplier).byte(Side::Supplier as u8).byte(Status::Sent as u8).build();
    let rows: Vec<RequisitionRow> = read.rows(views::REQUISITION_BY_STATUS, &key)?;
    if rows.len() > OPEN_MAX {
        let wanted = format!("more than {OPEN_MAX} requisitions wait: finalise those that are done with");
        return Err(reject::validation("", wanted).into());
    }
    rows.into_iter().filter(|row| row.id != own).map(|row| Waiting::of(read, row)).collect()
}

fn share<'w>(
    item: DocumentId,
    available: Quantity,
    pack_size: u32,
    waiting: impl Iterator<Item = &'w Waiting>,
) -> ItemShares {
    let asking: Vec<(&RequisitionRow, (Quantity, Quantity))> =
        waiting.filter_map(|waiting| waiting.needs.get(&item).map(|need| (&waiting.row, *need))).collect();
    let needs: Vec<Quantity> = asking.iter().map(|(_, (_, need))| *need).collect();
    let FairShare { shares, .. } = fair_share(available, &needs, pack_size);
    let shares =
        asking.into_iter().zip(shares).map(|((row, (on_shipments, need)), share)| RequisitionShare {
            requisition: row.id,
            number: row.number.clone(),
            customer: row.customer,
            emergency: row.emergency,
            on_shipments,
            need,
            proportional: share.proportional,
            quantity: share.quantity,
        });
    ItemShares { item, available, pack_size, shares: shares.collect() }
}

/// Says that of what is short the requisition gets its fair share, and all it asks for of the rest.
///
/// # Errors
/// As [`fair_shares`].
pub fn supply_fairly(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &LineSelection,
) -> Result<(), Failure> {
    let old = load_for_supplier(txn, caller, id, Permission::RequisitionEdit, "share what is short")?;
    let short: BTreeMap<DocumentId, ItemShares> =
        fair_shares(txn, id)?.into_iter().map(|shares| (shares.item, shares)).collect();
    let mut new = old.clone();
    for (item, line) in old.lines().filter(|(item, _)| command.contains(*item)) {
        let asked = old.asked(&line);
        if !asked.is_positive() {
            continue;
        }
        let supply = match short.get(&item).and_then(|shares| shares.shares.first()) {
            // A pack may hold more than is asked for: what is given is at most that.
            Some(own) => (own.on_shipments + own.quantity).min(asked),
            None => asked,
        };
        new.supply.insert(item, supply);
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}
