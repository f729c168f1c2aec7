//! Stock lines: a batch of an item in a store. Its balance is a view; only what a person may say of it is here.
//!
//! A line made by receiving a shipment has an id that follows from the shipment's line, and two devices may make it
//! independently: so everything in it stands at the root of the document, where it merges field by field.

use std::collections::BTreeSet;

use crdt_store::{Document, DocumentId, Failure, Projection, Timestamp, Txn, ViewRead, ViewReadExt};
use serde::{Deserialize, Serialize};

use crate::effect::{self, Act, Balance, Movement, MovementKind};
use crate::item::ItemRow;
use crate::permission::{Caller, Permission};
use crate::quantity::{Money, Quantity};
use crate::record::{self, Created, Record, Stamp, clearable, record};
use crate::share::Sharing;
use crate::text::Key;
use crate::{Date, item_variant, location, programme, query, reason, reject, store, views};

// ---- types ----

/// What a vaccine vial monitor shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vvm {
    /// The square is lighter than the ring.
    Stage1,
    /// Still lighter: use first.
    Stage2,
    /// As dark as the ring: do not use.
    Stage3,
    /// Darker: do not use.
    Stage4,
}

impl Vvm {
    /// Whether the vial may be given.
    pub fn usable(self) -> bool {
        self <= Self::Stage2
    }
}

/// A stock line, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StockLine {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The store.
    pub store: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// Batch, as printed.
    pub batch: Option<String>,
    /// Last day of use.
    pub expiry: Option<Date>,
    /// Day of manufacture.
    pub manufactured: Option<Date>,
    /// Units per pack.
    pub pack_size: u32,
    /// Where it lies.
    pub location: Option<DocumentId>,
    /// Whether nothing may be taken from it.
    pub on_hold: bool,
    /// What the vial monitor shows.
    pub vvm: Option<Vvm>,
    /// What a pack cost.
    pub cost_price: Option<Money>,
    /// What a pack is sold for.
    pub sell_price: Option<Money>,
    /// The store or partner it came from.
    pub supplier: Option<DocumentId>,
    /// Who paid for it.
    pub donor: Option<DocumentId>,
    /// What people note of it.
    pub note: Option<String>,
    /// What was there when the records began.
    pub opening: Quantity,
    /// When that was counted.
    pub opened_at: Option<Timestamp>,
    /// The import that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<DocumentId>,
    /// When what was there was taken back, because its import was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
    /// Who took it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_by: Option<DocumentId>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_reason: Option<DocumentId>,
    /// Which variant of the item it is.
    #[serde(default)]
    pub variant: Option<DocumentId>,
    /// The programme it is kept for.
    #[serde(default)]
    pub programme: Option<DocumentId>,
    /// When the vial monitor was looked at.
    #[serde(default)]
    pub vvm_at: Option<Timestamp>,
    /// What was noted of it then.
    #[serde(default)]
    pub vvm_note: Option<String>,
    /// The device that holds what it was opened with, where the store shares its stock and a person entered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<u32>,
}

record!(StockLine, "stock_line", "stock line");

/// A stock line as indexes keep it, without its balance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StockLineRow {
    /// Id.
    pub id: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// Batch.
    pub batch: Option<String>,
    /// Last day of use.
    pub expiry: Option<Date>,
    /// Day of manufacture.
    pub manufactured: Option<Date>,
    /// Units per pack.
    pub pack_size: u32,
    /// Where it lies.
    pub location: Option<DocumentId>,
    /// Whether nothing may be taken from it.
    pub on_hold: bool,
    /// What the vial monitor shows.
    pub vvm: Option<Vvm>,
    /// What a pack cost.
    pub cost_price: Option<Money>,
    /// What a pack is sold for.
    pub sell_price: Option<Money>,
    /// The store or partner it came from.
    pub supplier: Option<DocumentId>,
    /// Who paid for it.
    pub donor: Option<DocumentId>,
    /// What people note of it.
    pub note: Option<String>,
    /// What was there when the records began.
    #[serde(default)]
    pub opening: Quantity,
    /// The import that made it.
    #[serde(default)]
    pub import: Option<DocumentId>,
    /// When its opening was taken back.
    #[serde(default)]
    pub withdrawn: Option<Timestamp>,
    /// Which variant of the item it is.
    pub variant: Option<DocumentId>,
    /// The programme it is kept for.
    pub programme: Option<DocumentId>,
    /// When the vial monitor was looked at.
    #[serde(with = "crate::instant::optional")]
    pub vvm_at: Option<Timestamp>,
    /// What was noted of it then.
    pub vvm_note: Option<String>,
}

impl StockLineRow {
    /// Whether it is kept for a programme: it says so, or says nothing and is an item of the programme.
    pub(crate) fn is_of_programme(&self, programme: DocumentId, items: &BTreeSet<DocumentId>) -> bool {
        self.programme.map_or_else(|| items.contains(&self.item), |own| own == programme)
    }
}

/// Opens a stock line with what is on the shelf when the records begin (or with nothing).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateStockLine {
    /// Its id, where an import must be repeatable.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// The store.
    pub store: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// Batch, as printed.
    #[serde(default)]
    pub batch: Option<String>,
    /// Last day of use.
    #[serde(default)]
    pub expiry: Option<Date>,
    /// Day of manufacture.
    #[serde(default)]
    pub manufactured: Option<Date>,
    /// Units per pack; the item's if absent.
    #[serde(default)]
    pub pack_size: Option<u32>,
    /// Where it lies.
    #[serde(default)]
    pub location: Option<DocumentId>,
    /// What the vial monitor shows.
    #[serde(default)]
    pub vvm: Option<Vvm>,
    /// What a pack cost.
    #[serde(default)]
    pub cost_price: Option<Money>,
    /// What a pack is sold for.
    #[serde(default)]
    pub sell_price: Option<Money>,
    /// The store or partner it came from.
    #[serde(default)]
    pub supplier: Option<DocumentId>,
    /// Who paid for it.
    #[serde(default)]
    pub donor: Option<DocumentId>,
    /// What people note of it.
    #[serde(default)]
    pub note: Option<String>,
    /// How many units are there.
    pub quantity: Quantity,
    /// When they were counted; now if absent.
    #[serde(default, with = "crate::instant::optional")]
    pub at: Option<Timestamp>,
    /// Which variant of the item it is.
    #[serde(default)]
    pub variant: Option<DocumentId>,
    /// The programme it is kept for.
    #[serde(default)]
    pub programme: Option<DocumentId>,
}

/// Changes what a person may say of a stock line; absent fields stay. The quantity is never among it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateStockLine {
    /// Whether nothing may be taken from it.
    #[serde(default, deserialize_with = "record::given")]
    pub on_hold: Option<bool>,
    /// Where it lies.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub location: Option<Option<DocumentId>>,
    /// Batch, as printed.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub batch: Option<Option<String>>,
    /// Last day of use.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Option<Date>>,
    /// What the vial monitor shows.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub vvm: Option<Option<Vvm>>,
    /// What a pack cost.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub cost_price: Option<Option<Money>>,
    /// What a pack is sold for.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub sell_price: Option<Option<Money>>,
    /// What people note of it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub note: Option<Option<String>>,
    /// Day of manufacture.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub manufactured: Option<Option<Date>>,
    /// Which variant of the item it is.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub variant: Option<Option<DocumentId>>,
    /// The programme it is kept for.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub programme: Option<Option<DocumentId>>,
    /// Who paid for it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub donor: Option<Option<DocumentId>>,
}

/// Says what the vial monitor of a batch shows. What was said before stays in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObserveVvm {
    /// What it shows.
    pub vvm: Vvm,
    /// When somebody looked; now if absent.
    #[serde(default, with = "crate::instant::optional")]
    pub at: Option<Timestamp>,
    /// What they note of it.
    #[serde(default)]
    pub note: Option<String>,
}

// ---- rules ----

impl StockLine {
    /// A batch of which nothing is on paper yet.
    pub(crate) fn found(stamp: Stamp, store: DocumentId, item: DocumentId) -> Self {
        Self {
            stamp,
            store,
            item,
            batch: None,
            expiry: None,
            manufactured: None,
            pack_size: 1,
            location: None,
            on_hold: false,
            vvm: None,
            cost_price: None,
            sell_price: None,
            supplier: None,
            donor: None,
            note: None,
            opening: Quantity::ZERO,
            opened_at: None,
            import: None,
            withdrawn_at: None,
            withdrawn_by: None,
            withdrawn_reason: None,
            variant: None,
            programme: None,
            vvm_at: None,
            vvm_note: None,
            device: None,
        }
    }
}

/// A stock line of this store, or the rejection `not-found`.
pub(crate) fn require(
    read: &(impl ViewRead + ?Sized),
    pointer: &str,
    store: DocumentId,
    id: DocumentId,
) -> Result<StockLineRow, Failure> {
    let found: Option<StockLineRow> = read.row(views::STOCK_LINE, id.as_bytes())?;
    found
        .filter(|line| line.store == store)
        .ok_or_else(|| reject::not_found("stock line", id).at(pointer).into())
}

/// A stock line's row.
pub(crate) fn find(
    read: &(impl ViewRead + ?Sized),
    id: DocumentId,
) -> Result<Option<StockLineRow>, crdt_store::StoreError> {
    read.row(views::STOCK_LINE, id.as_bytes())
}

/// The balance of a stock line.
pub(crate) fn balance(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    line: DocumentId,
) -> Result<Balance, crdt_store::StoreError> {
    let totals = read.totals(views::SUM_LINE, &Key::new().id(store).id(line).build())?;
    Ok(Balance::of(&totals))
}

/// Only vaccines carry a vial monitor.
fn require_monitor(pointer: &str, item: &ItemRow) -> Result<(), crdt_store::Rejection> {
    match item.is_vaccine {
        true => Ok(()),
        false => Err(reject::validation(pointer, "only a vaccine has a vial monitor")),
    }
}

/// An instant that a person typed: not yet to come.
fn past(txn: &Txn<'_>, pointer: &str, at: Option<Timestamp>) -> Result<Timestamp, crdt_store::Rejection> {
    match at.unwrap_or(txn.now()) {
        at if at > txn.now() => Err(reject::validation(pointer, "this day is yet to come")),
        at => Ok(at),
    }
}

/// An amount a person typed for goods: not below zero.
pub(crate) fn valid_quantity(pointer: &str, quantity: Quantity) -> Result<Quantity, crdt_store::Rejection> {
    quantity.not_negative().map_err(|error| reject::validation(pointer, error.to_string()))
}

/// A price: not below zero.
pub(crate) fn valid_price(
    pointer: &str,
    price: Option<Money>,
) -> Result<Option<Money>, crdt_store::Rejection> {
    price.map(Money::not_negative).transpose().map_err(|error| reject::validation(pointer, error.to_string()))
}

// ---- write ----

/// Opens a stock line.
pub fn create(txn: &mut Txn<'_>, caller: &Caller, command: &CreateStockLine) -> Result<Created, Failure> {
    make(txn, caller, command, None)
}

/// Opens a stock line that an import names.
pub(crate) fn create_imported(
    txn: &mut Txn<'_>,
    caller: &Caller,
    command: &CreateStockLine,
    import: DocumentId,
) -> Result<Created, Failure> {
    make(txn, caller, command, Some(import))
}

fn make(
    txn: &mut Txn<'_>,
    caller: &Caller,
    command: &CreateStockLine,
    import: Option<DocumentId>,
) -> Result<Created, Failure> {
    caller.require(Permission::StockEdit, command.store)?;
    store::require_open(txn, command.store)?;
    let at = past(txn, "/at", command.at)?;
    // A line with an id of its own may be made on another device too: what is in it is then the keeper's.
    let device = match (import, command.id) {
        (None, None) => Sharing::here(txn, command.store)?.and_then(|sharing| sharing.own()),
        _ => None,
    };
    let line = StockLine { import, device, ..checked(txn, caller, at, command)? };
    let id = record::new_id(txn, command.id)?;
    txn.create(id, record::root_of(&line));
    Ok(Created { id })
}

/// The stock line that a command would open at an instant.
pub(crate) fn checked(
    read: &(impl ViewRead + ?Sized),
    caller: &Caller,
    at: Timestamp,
    command: &CreateStockLine,
) -> Result<StockLine, Failure> {
    let item = query::items::require(read, "/item", command.item)?;
    if let Some(place) = command.location {
        location::require(read, "/location", command.store, place)?;
    }
    if command.vvm.is_some() {
        require_monitor("/vvm", &item)?;
    }
    if let Some(variant) = command.variant {
        item_variant::require(read, "/variant", command.item, variant)?;
    }
    if let Some(id) = command.programme {
        programme::require(read, "/programme", command.store, id)?;
    }
    let pack_size = command.pack_size.unwrap_or(item.default_pack_size);
    Ok(StockLine {
        stamp: StockLine::new_stamp(at, caller),
        store: command.store,
        item: command.item,
        batch: record::valid_label("/batch", command.batch.as_deref())?,
        expiry: command.expiry,
        manufactured: command.manufactured,
        pack_size: record::valid_pack_size("/packSize", pack_size)?,
        location: command.location,
        on_hold: false,
        vvm: command.vvm,
        cost_price: valid_price("/costPrice", command.cost_price)?,
        sell_price: valid_price("/sellPrice", command.sell_price)?,
        supplier: command.supplier,
        donor: command.donor,
        note: record::valid_note("/note", command.note.as_deref())?,
        opening: valid_quantity("/quantity", command.quantity)?,
        opened_at: Some(at),
        import: None,
        withdrawn_at: None,
        withdrawn_by: None,
        withdrawn_reason: None,
        variant: command.variant,
        programme: command.programme,
        vvm_at: command.vvm.map(|_| at),
        vvm_note: None,
        device: None,
    })
}

/// Takes back what a line was opened with, unless anything else has moved it or promises it. Twice is once, also on two
/// devices: the line itself says that it was.
pub(crate) fn withdraw(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    reason: Option<DocumentId>,
) -> Result<(), Failure> {
    let old: StockLine = record::load(txn, id)?;
    caller.require(Permission::Adjust, old.store)?;
    if old.withdrawn_at.is_some() {
        return Ok(());
    }
    if old.opening != Quantity::ZERO {
        reason::require_for_change(txn, "/reason", false, reason)?;
    }
    if is_used(txn, old.store, id)? {
        return Err(reject::used_since().into());
    }
    if let Some(sharing) = Sharing::here(txn, old.store)? {
        sharing.require_keeper(txn, "", id, old.opening)?;
    }
    let new = StockLine {
        withdrawn_at: Some(txn.now()),
        withdrawn_by: Some(caller.user),
        withdrawn_reason: reason,
        ..old.clone()
    };
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Whether anything but its own opening has moved a line, or promises it.
fn is_used(txn: &Txn<'_>, store: DocumentId, id: DocumentId) -> Result<bool, Failure> {
    let movements: Vec<effect::LedgerRow> = txn.rows(views::LEDGER_LINE, id.as_bytes())?;
    let moved = movements.iter().any(|movement| movement.document != id);
    Ok(moved || balance(txn, store, id)?.allocated != Quantity::ZERO)
}

/// Holds, moves or annotates a stock line.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdateStockLine,
) -> Result<(), Failure> {
    let old: StockLine = record::load(txn, id)?;
    caller.require(Permission::StockEdit, old.store)?;
    let mut new = old.clone();
    require_update(txn, &old, command)?;
    if let Some(batch) = &command.batch {
        new.batch = record::valid_label("/batch", batch.as_deref())?;
    }
    if let Some(price) = command.cost_price {
        new.cost_price = valid_price("/costPrice", price)?;
    }
    if let Some(price) = command.sell_price {
        new.sell_price = valid_price("/sellPrice", price)?;
    }
    if let Some(note) = &command.note {
        new.note = record::valid_note("/note", note.as_deref())?;
    }
    record::set(&mut new.location, command.location);
    record::set(&mut new.expiry, command.expiry);
    record::set(&mut new.on_hold, command.on_hold);
    record::set(&mut new.manufactured, command.manufactured);
    record::set(&mut new.variant, command.variant);
    record::set(&mut new.programme, command.programme);
    record::set(&mut new.donor, command.donor);
    if let Some(vvm) = command.vvm {
        (new.vvm, new.vvm_at, new.vvm_note) = (vvm, Some(txn.now()), None);
    }
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// What an update names must be there, and belong to the line.
fn require_update(txn: &Txn<'_>, line: &StockLine, command: &UpdateStockLine) -> Result<(), Failure> {
    if let Some(Some(place)) = command.location {
        location::require(txn, "/location", line.store, place)?;
    }
    if let Some(Some(_)) = command.vvm {
        require_monitor("/vvm", &query::items::require(txn, "", line.item)?)?;
    }
    if let Some(Some(variant)) = command.variant.filter(|variant| *variant != line.variant) {
        item_variant::require(txn, "/variant", line.item, variant)?;
    }
    if let Some(Some(id)) = command.programme.filter(|id| *id != line.programme) {
        programme::require(txn, "/programme", line.store, id)?;
    }
    Ok(())
}

/// Records what the vial monitor of a batch shows, when somebody looked, and what they note: in one change.
pub fn observe_vvm(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &ObserveVvm,
) -> Result<(), Failure> {
    let old: StockLine = record::load(txn, id)?;
    caller.require(Permission::StockEdit, old.store)?;
    require_monitor("/vvm", &query::items::require(txn, "", old.item)?)?;
    let new = StockLine {
        vvm: Some(command.vvm),
        vvm_at: Some(past(txn, "/at", command.at)?),
        vvm_note: record::valid_note("/note", command.note.as_deref())?,
        ..old.clone()
    };
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

// ---- project ----

/// What indexes keep of a stock line.
fn row_of(id: DocumentId, line: &StockLine) -> StockLineRow {
    StockLineRow {
        id,
        store: line.store,
        item: line.item,
        batch: line.batch.clone(),
        expiry: line.expiry,
        manufactured: line.manufactured,
        pack_size: line.pack_size,
        location: line.location,
        on_hold: line.on_hold,
        vvm: line.vvm,
        cost_price: line.cost_price,
        sell_price: line.sell_price,
        supplier: line.supplier,
        donor: line.donor,
        note: line.note.clone(),
        opening: line.opening,
        import: line.import,
        withdrawn: line.withdrawn_at,
        variant: line.variant,
        programme: line.programme,
        vvm_at: line.vvm_at,
        vvm_note: line.vvm_note.clone(),
    }
}

/// A stock line as it said of itself at an instant; as it says now, where it had said nothing by then by the clock of its
/// device.
pub(crate) fn row_at(
    read: &(impl ViewRead + ?Sized),
    now: StockLineRow,
    instant: Timestamp,
) -> Result<StockLineRow, crdt_store::StoreError> {
    let then = read.document_at(now.id, instant)?;
    let line = then.and_then(|document| document.data::<StockLine>().ok());
    Ok(line.map_or(now.clone(), |line| row_of(now.id, &line)))
}

pub(crate) fn project(document: &Document, line: &StockLine, projection: &mut Projection) {
    let id = document.id;
    let row = row_of(id, line);
    let of_store = || Key::new().id(line.store);
    let item = line.item.as_bytes().to_vec();
    projection.rows.extend([
        views::row(views::STOCK_LINE, Key::new().id(id).build(), &row),
        views::row(views::STOCK_BY_ITEM, of_store().id(line.item).day(line.expiry).id(id).build(), &row),
        crdt_store::Row {
            view: views::STOCK_BY_EXPIRY,
            key: of_store().day(line.expiry).id(id).build(),
            value: item.clone(),
        },
    ]);
    if let Some(batch) = &line.batch {
        let key = of_store().text(batch).id(id).build();
        projection.rows.push(crdt_store::Row { view: views::STOCK_BY_BATCH, key, value: item });
    }
    // A contribution of nothing: the item is kept in this store, even while there is none of it.
    let kept = Key::new().id(line.store).id(line.item).build();
    projection.sums.push(views::sum(views::SUM_STORE_ITEM, kept, 0, 0));
    let movement = Movement {
        part: id,
        store: line.store,
        item: line.item,
        stock_line: id,
        kind: MovementKind::Opening,
        quantity: line.opening,
        at: line.opened_at.unwrap_or(line.stamp.created_at),
        by: line.stamp.created_by,
        reason: None,
        other: line.supplier,
        device: line.device,
    };
    let act = Act { document: id, class: StockLine::CLASS, number: None };
    effect::project_movement(&act, &movement, projection);
    if let Some(import) = line.import {
        projection.rows.push(views::mark(views::IMPORT_MADE, Key::new().id(import).id(id).build()));
    }
    if let Some(at) = line.withdrawn_at {
        let back = Movement {
            kind: MovementKind::AdjustmentOut,
            quantity: -line.opening,
            at,
            by: line.withdrawn_by.unwrap_or_default(),
            reason: line.withdrawn_reason,
            other: None,
            device: None,
            ..movement
        };
        effect::project_movement(&act, &back, projection);
    }
}
