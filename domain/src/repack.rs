//! Repacking and splitting: units of a stock line in packs of another size, or in another place.
//!
//! One document is one act: what leaves a stock line comes into another, the same units, so that no sequence of
//! repacks on any devices changes how many there are. Where they come is a stock line of the same batch that is there
//! already, or a new one, made by the same command, whose id follows from the document's:
//!
//! ```text
//!   stock line ── RepackOut ── repack document ── RepackIn ──> stock line
//!   opening, receipts …         quantity, packs, place          «repack» of the document, or one that was there
//! ```
//!
//! A device may see the document before the new line; its balance is there already, its row follows.

use crdt_store::{Document, DocumentId, Failure, Projection, Rejection, Timestamp, Txn};
use serde::{Deserialize, Serialize};

use crate::effect::{self, Act, Movement, MovementKind};
use crate::permission::{Caller, Permission};
use crate::quantity::Quantity;
use crate::record::{self, Record, Stamp, record};
use crate::share::Sharing;
use crate::stock_line::{self, StockLine, StockLineRow};
use crate::text::Key;
use crate::{location, number, reject, store, views};

// ---- types ----

/// A repack, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repack {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The store.
    pub store: DocumentId,
    /// Number for people.
    pub number: String,
    /// The item.
    pub item: DocumentId,
    /// The stock line that units leave.
    pub from: DocumentId,
    /// Units per pack in it.
    pub from_pack_size: u32,
    /// How many units.
    pub quantity: Quantity,
    /// The stock line they come into, where it was there before.
    pub into: Option<DocumentId>,
    /// Units per pack from now on.
    pub pack_size: u32,
    /// Where they lie from now on.
    pub location: Option<DocumentId>,
    /// What people note of it.
    pub comment: Option<String>,
    /// The device whose share it is, where the store shares its stock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<u32>,
}

record!(Repack, "repack", "repack");

impl Repack {
    /// The stock line that a repack makes.
    pub fn made_line(id: DocumentId) -> DocumentId {
        id.derived("repack")
    }

    /// The stock line that units come into.
    pub fn to(&self, id: DocumentId) -> DocumentId {
        self.into.unwrap_or(Self::made_line(id))
    }

    pub(crate) fn row(&self, id: DocumentId) -> RepackRow {
        RepackRow {
            id,
            store: self.store,
            number: self.number.clone(),
            at: self.stamp.created_at,
            by: self.stamp.created_by,
            item: self.item,
            from: self.from,
            from_pack_size: self.from_pack_size,
            to: self.to(id),
            pack_size: self.pack_size,
            quantity: self.quantity,
            location: self.location,
            comment: self.comment.clone(),
        }
    }
}

/// A repack in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RepackRow {
    /// Id.
    pub id: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// Number for people.
    pub number: String,
    /// When.
    #[serde(with = "crate::instant")]
    pub at: Timestamp,
    /// The user.
    pub by: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// The stock line that units left.
    pub from: DocumentId,
    /// Units per pack in it.
    pub from_pack_size: u32,
    /// The stock line they came into.
    pub to: DocumentId,
    /// Units per pack in that.
    pub pack_size: u32,
    /// How many units.
    pub quantity: Quantity,
    /// Where they were put.
    pub location: Option<DocumentId>,
    /// What people note of it.
    pub comment: Option<String>,
}

/// Packs units of a stock line anew, or puts a part of it elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateRepack {
    /// The store.
    pub store: DocumentId,
    /// The stock line that units leave.
    pub from: DocumentId,
    /// How many units: whole new packs.
    pub quantity: Quantity,
    /// Units per pack from now on; as before if absent.
    #[serde(default)]
    pub pack_size: Option<u32>,
    /// Where they lie from now on; where they lay before if absent.
    #[serde(default)]
    pub location: Option<DocumentId>,
    /// A stock line of the same batch that they come into; a new one if absent. Its pack size and place then count.
    #[serde(default)]
    pub into: Option<DocumentId>,
    /// What people note of it.
    #[serde(default)]
    pub comment: Option<String>,
}

/// The reply: the document with its number, and the stock line that holds the units now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Repacked {
    /// The document.
    pub id: DocumentId,
    /// Its number, such as `KPU-b3-00042`.
    pub number: String,
    /// The stock line that the units came into.
    pub stock_line: DocumentId,
}

// ---- rules ----

/// What a wish comes to: pack size and place of what comes out.
struct Outcome {
    pack_size: u32,
    location: Option<DocumentId>,
}

fn outcome(txn: &Txn<'_>, from: &StockLineRow, command: &CreateRepack) -> Result<Outcome, Failure> {
    if let Some(into) = command.into {
        let target = stock_line::require(txn, "/into", command.store, into)?;
        require_mixable(from, &target)?;
        return Ok(Outcome { pack_size: target.pack_size, location: target.location });
    }
    if let Some(place) = command.location {
        location::require(txn, "/location", command.store, place)?;
    }
    let pack_size = record::valid_pack_size("/packSize", command.pack_size.unwrap_or(from.pack_size))?;
    let location = command.location.or(from.location);
    match pack_size == from.pack_size && location == from.location {
        true => Err(reject::validation("/packSize", "another pack size or another place").into()),
        false => Ok(Outcome { pack_size, location }),
    }
}

/// Goods may come together only where nothing is lost by it: neither which batch they are, nor when they expire, who
/// paid for them and what for, what their vial monitor shows, and that nobody may take them.
fn require_mixable(from: &StockLineRow, into: &StockLineRow) -> Result<(), Rejection> {
    let batch = |line: &StockLineRow| (line.item, line.batch.clone(), line.expiry, line.variant);
    let purpose = |line: &StockLineRow| (line.donor, line.programme);
    let fitness = |line: &StockLineRow| (line.vvm, line.on_hold);
    if from.id == into.id {
        Err(reject::validation("/into", "this is the same stock line"))
    } else if batch(from) != batch(into) {
        Err(reject::validation("/into", "this is another batch"))
    } else if purpose(from) != purpose(into) {
        Err(reject::validation("/into", "this is kept for somebody else"))
    } else if fitness(from) != fitness(into) {
        Err(reject::validation("/into", "one of the two is on hold or has another vial monitor"))
    } else {
        Ok(())
    }
}

fn require_quantity(
    txn: &Txn<'_>,
    sharing: Option<&Sharing>,
    command: &CreateRepack,
    pack_size: u32,
) -> Result<(), Failure> {
    let quantity = stock_line::valid_quantity("/quantity", command.quantity)?;
    if !quantity.is_positive() {
        return Err(reject::validation("/quantity", "more than zero").into());
    }
    if quantity != quantity.round_down_to_packs(pack_size) {
        return Err(reject::validation("/quantity", "whole packs of the new size").into());
    }
    let available = stock_line::balance(txn, command.store, command.from)?.available();
    match quantity > available {
        true => Err(reject::insufficient_stock("/quantity", available.max(Quantity::ZERO)).into()),
        false => sharing.map_or(Ok(()), |sharing| sharing.require(txn, "/quantity", command.from, quantity)),
    }
}

// ---- write ----

/// Packs units of a stock line anew, or puts a part of it elsewhere.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateRepack) -> Result<Repacked, Failure> {
    caller.require(Permission::Repack, command.store)?;
    let store = store::require_open(txn, command.store)?;
    let from = stock_line::require(txn, "/from", command.store, command.from)?;
    let outcome = outcome(txn, &from, command)?;
    let sharing = Sharing::here(txn, command.store)?;
    require_quantity(txn, sharing.as_ref(), command, outcome.pack_size)?;
    let number = number::next(txn, &store)?;
    let repack = Repack {
        stamp: Repack::new_stamp(txn.now(), caller),
        store: command.store,
        number: number.clone(),
        item: from.item,
        from: from.id,
        from_pack_size: from.pack_size,
        quantity: command.quantity,
        into: command.into,
        pack_size: outcome.pack_size,
        location: outcome.location,
        comment: record::valid_note("/comment", command.comment.as_deref())?,
        device: sharing.and_then(|sharing| sharing.own()),
    };
    let id = txn.new_id();
    let to = repack.to(id);
    if command.into.is_none() {
        let stamp = StockLine::new_stamp(txn.now(), caller);
        txn.create(to, record::root_of(&made_line(stamp, &from, outcome)));
    }
    txn.create(id, record::root_of(&repack));
    Ok(Repacked { id, number, stock_line: to })
}

/// The new stock line: all that is known of the old one, holds included, with prices for packs of the new size.
fn made_line(stamp: Stamp, from: &StockLineRow, outcome: Outcome) -> StockLine {
    let price = |price: crate::Money| price.of_pack(from.pack_size, outcome.pack_size);
    StockLine {
        batch: from.batch.clone(),
        expiry: from.expiry,
        manufactured: from.manufactured,
        pack_size: outcome.pack_size,
        location: outcome.location,
        on_hold: from.on_hold,
        vvm: from.vvm,
        cost_price: from.cost_price.map(price),
        sell_price: from.sell_price.map(price),
        supplier: from.supplier,
        donor: from.donor,
        note: from.note.clone(),
        variant: from.variant,
        programme: from.programme,
        vvm_at: from.vvm_at,
        vvm_note: from.vvm_note.clone(),
        ..StockLine::found(stamp, from.store, from.item)
    }
}

// ---- project ----

pub(crate) fn project(document: &Document, repack: &Repack, projection: &mut Projection) {
    let id = document.id;
    let (at, by) = (repack.stamp.created_at, repack.stamp.created_by);
    let key = Key::new().id(repack.store).time(at).id(id).build();
    projection.rows.push(views::row(views::REPACK, key, &repack.row(id)));
    number::project(id, &repack.number, projection);
    let act = Act { document: id, class: Repack::CLASS, number: Some(&repack.number) };
    let ways = [
        (MovementKind::RepackOut, repack.from, -repack.quantity),
        (MovementKind::RepackIn, repack.to(id), repack.quantity),
    ];
    for (kind, stock_line, quantity) in ways {
        let movement = Movement {
            part: id,
            store: repack.store,
            item: repack.item,
            stock_line,
            kind,
            quantity,
            at,
            by,
            reason: None,
            other: None,
            device: repack.device,
        };
        effect::project_movement(&act, &movement, projection);
    }
}
