//! Shares of stock: in a store that prefers it, each device issues only what it holds itself, so that two devices
//! without contact cannot promise the same box.
//!
//! What there is of a stock line is divided among the devices of the store's site. One of them is the **keeper**: it
//! holds whatever nobody else does. All others hold what they were given and what they brought in themselves, less
//! what they issued. A device gives of its own share only, and says so in a document that no other device writes:
//! what it believes to hold is therefore never more than what it does hold, whatever it has not heard of yet. This is
//! the bounded counter of Balegas and others (2015), with on hand as the bound.
//!
//! What an act does to shares is known by the device that its document names, and only documents that one device
//! alone writes name one. Everything else (receipts, counts, imports) is the keeper's. A count that finds less than
//! was on paper happened: it is not refused, and may leave shares of goods that are not there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, ControlFlow};

use crdt_store::{
    DeviceId, Document, DocumentId, Failure, Projection, Rejection, StoreError, Sum, Txn, ViewRead,
    ViewReadExt, prefix_end,
};
use serde::{Deserialize, Serialize};

use crate::permission::{Caller, Permission};
use crate::quantity::Quantity;
use crate::record::{self, Record, Stamp, record};
use crate::site::{self, DeviceRow};
use crate::stock_line::{self, StockLineRow};
use crate::store::{self, StoreRow};
use crate::text::Key;
use crate::{query, reject, views};

// ---- types ----

/// Most stock lines that one command divides: a change must stay small.
pub const DIVIDED_MAX: usize = 500;

/// Names a device in documents: its block, by which its numbers are known.
pub(crate) type Block = u32;

/// What a device of a store says of its share of a stock line: one document of each device's life, which no other
/// device writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The store.
    pub store: DocumentId,
    /// The stock line.
    pub stock_line: DocumentId,
    /// The block of the device.
    pub device: Block,
    /// How much it has given in all, by the block of the device it gave to.
    #[serde(default)]
    pub given: BTreeMap<String, Quantity>,
    /// How much it would hold, the last time it asked. A wish stands until it is answered or another takes its place.
    #[serde(default)]
    pub asked: Quantity,
    /// How often it has asked. Counted, for clocks of devices are put right and go wrong.
    #[serde(default)]
    pub asks: u32,
    /// Which wishes of others it has answered: how many they had asked, by their document.
    #[serde(default)]
    pub answered: BTreeMap<DocumentId, u32>,
}

record!(Share, "share", "share");

/// What a device wishes of a stock line, and which wishes of others it has answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct WishRow {
    id: DocumentId,
    stock_line: DocumentId,
    device: Block,
    quantity: Quantity,
    asks: u32,
    answered: BTreeMap<DocumentId, u32>,
}

/// A wish for a share.
struct Ask {
    row: WishRow,
    /// Whether this device has answered it.
    answered: bool,
}

/// Who holds how much of a stock line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holding {
    /// The device.
    pub device: DeviceId,
    /// What it is called.
    pub name: String,
    /// How many units it may issue without contact.
    pub quantity: Quantity,
    /// Whether it is the one that holds what comes in.
    pub is_keeper: bool,
    /// Whether it is this device.
    pub is_here: bool,
    /// How many units it asked to hold, where that is not answered.
    pub asked: Option<Quantity>,
}

/// Asks the other devices for a share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AskShare {
    /// How many units this device would hold.
    pub quantity: Quantity,
}

/// Gives some of what this device holds to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GiveShare {
    /// The device.
    pub to: DeviceId,
    /// How many units.
    pub quantity: Quantity,
}

/// Divides the stock of a store among its devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DivideShares {
    /// The store.
    pub store: DocumentId,
}

/// The reply to a division.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Divided {
    /// How many stock lines were divided.
    pub lines: usize,
    /// Whether there are more: to be asked again.
    pub more: bool,
}

// ---- rules ----

/// How a store shares its stock, as one device sees it.
#[derive(Clone, Debug)]
pub(crate) struct Sharing {
    store: DocumentId,
    keeper: Block,
    /// The devices at work for the store.
    devices: Vec<DeviceRow>,
    /// This device, if it is one of them.
    own: Option<Block>,
}

impl Sharing {
    /// How a store shares, if it does.
    pub(crate) fn of(
        read: &(impl ViewRead + ?Sized),
        store: &StoreRow,
        device: DeviceId,
    ) -> Result<Option<Self>, StoreError> {
        let (Some(keeper), Some(host)) = (store.share_keeper, store.site) else { return Ok(None) };
        let Some(keeper) = site::device(read, keeper)? else { return Ok(None) };
        let mut devices = site::devices_of(read, host)?;
        devices.retain(|row| !row.revoked);
        let own = devices.iter().find(|row| row.device == device).map(|row| row.block);
        Ok(Some(Self { store: store.id, keeper: keeper.block, devices, own }))
    }

    /// The same, for this device and a store by its id.
    pub(crate) fn here(txn: &Txn<'_>, store: DocumentId) -> Result<Option<Self>, Failure> {
        Ok(Self::of(txn, &store::require(txn, store)?, txn.device())?)
    }

    /// What each device holds of a stock line, by its block. Those of devices that are no more are the keeper's.
    fn held(
        &self,
        read: &(impl ViewRead + ?Sized),
        line: DocumentId,
    ) -> Result<BTreeMap<Block, Quantity>, StoreError> {
        let mut held: BTreeMap<Block, Quantity> =
            self.devices.iter().map(|row| (row.block, Quantity::ZERO)).collect();
        let end = prefix_end(line.as_bytes());
        let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        read.scan_totals(views::SUM_SHARE, (Bound::Included(line.as_bytes()), upper), &mut |key, totals| {
            let block = key.get(16..24).and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes);
            if let Some(sum) = block.and_then(|block| held.get_mut(&Block::try_from(block).ok()?)) {
                *sum = Quantity::from_thousandths(totals.amounts[0]);
            }
            ControlFlow::Continue(())
        })?;
        let on_hand = stock_line::balance(read, self.store, line)?.on_hand;
        let of_others: Quantity =
            held.iter().filter(|(block, _)| **block != self.keeper).map(|(_, sum)| *sum).sum();
        held.insert(self.keeper, on_hand - of_others);
        Ok(held)
    }

    /// What this device holds of a stock line: never below nothing.
    pub(crate) fn held_here(
        &self,
        read: &(impl ViewRead + ?Sized),
        line: DocumentId,
    ) -> Result<Quantity, StoreError> {
        let Some(own) = self.own else { return Ok(Quantity::ZERO) };
        Ok(self.held(read, line)?.get(&own).copied().unwrap_or_default().max(Quantity::ZERO))
    }

    /// Of what is available of a stock line, what this device may promise when it has promised so much already.
    pub(crate) fn available(
        sharing: Option<&Self>,
        read: &(impl ViewRead + ?Sized),
        line: DocumentId,
        all: Quantity,
        promised: Quantity,
    ) -> Result<Available, StoreError> {
        let here = match sharing {
            Some(sharing) => all.min(sharing.held_here(read, line)? - promised),
            None => all,
        };
        Ok(Available { here, elsewhere: (all - here).max(Quantity::ZERO) })
    }

    /// Refuses to take more from a stock line than this device holds.
    pub(crate) fn require(
        &self,
        read: &(impl ViewRead + ?Sized),
        pointer: &str,
        line: DocumentId,
        wanted: Quantity,
    ) -> Result<(), Failure> {
        let here = self.held_here(read, line)?;
        match wanted > here {
            true => Err(exceeded(pointer, here).with("stockLine", line).into()),
            false => Ok(()),
        }
    }

    /// The same for what is corrected at the cost of the keeper: only the keeper knows that it is there.
    pub(crate) fn require_keeper(
        &self,
        read: &(impl ViewRead + ?Sized),
        pointer: &str,
        line: DocumentId,
        wanted: Quantity,
    ) -> Result<(), Failure> {
        match self.own == Some(self.keeper) {
            true => self.require(read, pointer, line, wanted),
            false => Err(self.elsewhere(pointer, self.keeper).into()),
        }
    }

    /// The device that a correction must be made on.
    pub(crate) fn elsewhere(&self, pointer: &str, block: Block) -> Rejection {
        let name = self.devices.iter().find(|row| row.block == block).map_or("", |row| row.name.as_str());
        Rejection::new("share-elsewhere", format!("this is to be changed on the device «{name}»"))
            .at(pointer)
            .with("device", name)
    }

    /// Whether changes to what a device has paid for are made here: on it, or by the keeper once it is no more.
    pub(crate) fn answers_for(&self, block: Block) -> bool {
        let gone = !self.devices.iter().any(|row| row.block == block);
        self.own.is_some_and(|own| own == block || (gone && own == self.keeper))
    }

    /// The device that holds what nobody else does.
    pub(crate) fn keeper(&self) -> Block {
        self.keeper
    }

    /// This device's block, if it works for the store.
    pub(crate) fn own(&self) -> Option<Block> {
        self.own
    }
}

/// `share-exceeded`: there may be enough, but other devices hold it.
pub(crate) fn exceeded(pointer: impl Into<String>, here: Quantity) -> Rejection {
    Rejection::new("share-exceeded", format!("this device holds {here}; ask the others for more"))
        .at(pointer)
        .with("here", here)
}

/// Who holds how much of a store's stock lines, as one device sees it.
pub struct Holdings<'r, R: ViewRead + ?Sized> {
    read: &'r R,
    sharing: Sharing,
    asks: Vec<Ask>,
}

impl<'r, R: ViewRead + ?Sized> Holdings<'r, R> {
    /// Of a store; nothing where it does not share its stock.
    ///
    /// # Errors
    /// `not-found` if there is no such store.
    pub fn of(read: &'r R, store: DocumentId, device: DeviceId) -> Result<Option<Self>, Failure> {
        let Some(sharing) = Sharing::of(read, &store::require(read, store)?, device)? else {
            return Ok(None);
        };
        let asks = asks(read, &sharing)?;
        Ok(Some(Self { read, sharing, asks }))
    }

    /// The devices at work for the store, in the order of [`of_line`](Self::of_line).
    pub fn devices(&self) -> &[DeviceRow] {
        &self.sharing.devices
    }

    /// Who holds how much of a stock line.
    ///
    /// # Errors
    /// Those of the store.
    pub fn of_line(&self, line: DocumentId) -> Result<Vec<Holding>, StoreError> {
        let held = self.sharing.held(self.read, line)?;
        let holding = |row: &DeviceRow| {
            let quantity = held.get(&row.block).copied().unwrap_or_default();
            let of_device = |ask: &&Ask| ask.row.device == row.block && ask.row.stock_line == line;
            let asked = self.asks.iter().filter(of_device).map(|ask| ask.row.quantity).max();
            Holding {
                device: row.device,
                name: row.name.clone(),
                quantity,
                is_keeper: row.block == self.sharing.keeper,
                is_here: self.sharing.own == Some(row.block),
                asked: asked.filter(|asked| *asked > quantity),
            }
        };
        Ok(self.sharing.devices.iter().map(holding).collect())
    }
}

/// What there is of a stock line to promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Available {
    /// By this device. Below nothing where more is promised than there is.
    pub here: Quantity,
    /// Beyond that, by other devices of the store only.
    pub elsewhere: Quantity,
}

/// What may be promised of a stock line by this device: in a store that shares its stock no more than the device holds.
///
/// # Errors
/// `not-found` if there is no such store.
pub fn available(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    line: DocumentId,
    device: DeviceId,
) -> Result<Available, Failure> {
    let sharing = Sharing::of(read, &store::require(read, store)?, device)?;
    let all = stock_line::balance(read, store, line)?.available();
    Ok(Sharing::available(sharing.as_ref(), read, line, all, Quantity::ZERO)?)
}

/// What devices at work for the store wish.
fn asks(read: &(impl ViewRead + ?Sized), sharing: &Sharing) -> Result<Vec<Ask>, StoreError> {
    let rows: Vec<WishRow> = read.rows(views::SHARE_WISH, sharing.store.as_bytes())?;
    let working: BTreeSet<Block> = sharing.devices.iter().map(|row| row.block).collect();
    let mut answered: BTreeSet<(DocumentId, u32)> = BTreeSet::new();
    for own in rows.iter().filter(|row| Some(row.device) == sharing.own) {
        answered.extend(own.answered.iter().map(|(id, asks)| (*id, *asks)));
    }
    let wishes = rows.into_iter().filter(|row| row.asks > 0 && working.contains(&row.device));
    Ok(wishes.map(|row| Ask { answered: answered.contains(&(row.id, row.asks)), row }).collect())
}

/// How much a wish is answered with: what is missing, rounded up to whole packs, as far as this device holds it.
fn answer_to(
    read: &(impl ViewRead + ?Sized),
    sharing: &Sharing,
    Ask { row: wish, answered }: &Ask,
) -> Result<Option<Quantity>, StoreError> {
    let Some(own) = sharing.own.filter(|own| *own != wish.device && !answered) else { return Ok(None) };
    let Some(row) = stock_line::find(read, wish.stock_line)? else { return Ok(None) };
    let held = sharing.held(read, row.id)?;
    let of = |block: Block| held.get(&block).copied().unwrap_or_default();
    let missing = (wish.quantity - of(wish.device)).max(Quantity::ZERO).round_up_to_packs(row.pack_size);
    Ok(Some(missing.min(of(own))).filter(|given| given.is_positive()))
}

/// Whether this device has something to give to others who asked: then [`answer`] is to be called.
///
/// # Errors
/// `not-found` if there is no such store.
pub fn is_asked(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    device: DeviceId,
) -> Result<bool, Failure> {
    let Some(sharing) = Sharing::of(read, &store::require(read, store)?, device)? else { return Ok(false) };
    for ask in asks(read, &sharing)? {
        if answer_to(read, &sharing, &ask)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

// ---- write ----

/// This device's own document for a stock line, as it is or would begin.
fn own_share(
    txn: &Txn<'_>,
    caller: &Caller,
    sharing: &Sharing,
    line: DocumentId,
) -> Result<(DocumentId, Share), Failure> {
    let Some(own) = sharing.own else {
        return Err(Rejection::new("share-none", "this device does not work for the store").into());
    };
    let id = line.derived(&format!("share/b{own}.{}", txn.incarnation()));
    let blank = || Share {
        stamp: Share::new_stamp(txn.now(), caller),
        store: sharing.store,
        stock_line: line,
        device: own,
        given: BTreeMap::new(),
        asked: Quantity::ZERO,
        asks: 0,
        answered: BTreeMap::new(),
    };
    Ok((id, record::find(txn, id)?.unwrap_or_else(blank)))
}

fn save(txn: &mut Txn<'_>, id: DocumentId, old: &Share, new: &Share) -> Result<(), Failure> {
    match txn.header(id)? {
        None => txn.create(id, record::root_of(new)),
        Some(_) => record::put_difference(txn, id, old, new),
    }
    Ok(())
}

fn require_sharing(
    txn: &Txn<'_>,
    caller: &Caller,
    line: DocumentId,
) -> Result<(Sharing, StockLineRow), Failure> {
    let row = stock_line::find(txn, line)?.ok_or_else(|| reject::not_found("stock line", line))?;
    caller.require(Permission::OutboundEdit, row.store)?;
    match Sharing::here(txn, row.store)? {
        Some(sharing) => Ok((sharing, row)),
        None => Err(Rejection::new("share-none", "this store does not share its stock among devices").into()),
    }
}

/// Asks the other devices for a share. They answer by themselves, as soon as they hear of it.
pub fn ask(txn: &mut Txn<'_>, caller: &Caller, line: DocumentId, command: &AskShare) -> Result<(), Failure> {
    let (sharing, _) = require_sharing(txn, caller, line)?;
    let asked = stock_line::valid_quantity("/quantity", command.quantity)?;
    let (id, old) = own_share(txn, caller, &sharing, line)?;
    let new = Share { asked, asks: old.asks.saturating_add(1), ..old.clone() };
    save(txn, id, &old, &new)
}

/// Gives some of what this device holds to another.
pub fn give(
    txn: &mut Txn<'_>,
    caller: &Caller,
    line: DocumentId,
    command: &GiveShare,
) -> Result<(), Failure> {
    let (sharing, _) = require_sharing(txn, caller, line)?;
    let to = sharing.devices.iter().find(|row| row.device == command.to && Some(row.block) != sharing.own);
    let Some(to) = to.map(|row| row.block) else {
        return Err(reject::validation("/to", "another device of this store").into());
    };
    if !command.quantity.is_positive() {
        return Err(reject::validation("/quantity", "more than zero").into());
    }
    sharing.require(txn, "/quantity", line, command.quantity)?;
    let (id, old) = own_share(txn, caller, &sharing, line)?;
    let mut new = old.clone();
    hand_over(&mut new, to, command.quantity);
    save(txn, id, &old, &new)
}

fn hand_over(share: &mut Share, to: Block, quantity: Quantity) {
    let given = share.given.entry(to.to_string()).or_default();
    *given = *given + quantity;
}

/// Answers what other devices ask for, out of what this one holds, rounded up to whole packs; gives how many were
/// answered. For the program itself, whenever something arrived.
pub fn answer(txn: &mut Txn<'_>, caller: &Caller, store: DocumentId) -> Result<usize, Failure> {
    let Some(sharing) = Sharing::here(txn, store)? else { return Ok(0) };
    let mut answered = BTreeSet::new();
    for ask in asks(txn, &sharing)? {
        let line = ask.row.stock_line;
        // What this command gives is not in the views yet: one wish for each stock line, the next one next time.
        if answered.len() == DIVIDED_MAX || answered.contains(&line) {
            continue;
        }
        let Some(given) = answer_to(txn, &sharing, &ask)? else { continue };
        let (id, old) = own_share(txn, caller, &sharing, line)?;
        let mut new = old.clone();
        hand_over(&mut new, ask.row.device, given);
        new.answered.insert(ask.row.id, ask.row.asks);
        save(txn, id, &old, &new)?;
        answered.insert(line);
    }
    Ok(answered.len())
}

/// Divides what this device holds of each stock line evenly among all devices of the store, in whole packs. At most
/// [`DIVIDED_MAX`] stock lines at once.
pub fn divide(txn: &mut Txn<'_>, caller: &Caller, store: DocumentId) -> Result<Divided, Failure> {
    caller.require(Permission::OutboundEdit, store)?;
    let Some(sharing) = Sharing::here(txn, store)? else {
        return Err(Rejection::new("share-none", "this store does not share its stock among devices").into());
    };
    let mut divided = Divided::default();
    for row in query::stock::lines_with_stock(txn, store)? {
        if divided.lines == DIVIDED_MAX {
            divided.more = true;
            break;
        }
        divided.lines += usize::from(divide_line(txn, caller, &sharing, &row)?);
    }
    Ok(divided)
}

/// Raises every other device's share to an equal part; whether there was anything to do.
fn divide_line(
    txn: &mut Txn<'_>,
    caller: &Caller,
    sharing: &Sharing,
    row: &StockLineRow,
) -> Result<bool, Failure> {
    let held = sharing.held(txn, row.id)?;
    let Some(mut left) = sharing.own.and_then(|own| held.get(&own).copied()) else { return Ok(false) };
    let all: Quantity = held.values().copied().filter(|quantity| quantity.is_positive()).sum();
    let equal = Quantity::from_thousandths(all.thousandths() / held.len().max(1) as i64)
        .round_down_to_packs(row.pack_size);
    let (id, old) = own_share(txn, caller, sharing, row.id)?;
    let mut new = old.clone();
    for (block, quantity) in held.iter().filter(|(block, _)| Some(**block) != sharing.own) {
        let given = (equal - *quantity).min(left - equal);
        if given.is_positive() {
            hand_over(&mut new, *block, given);
            left = left - given;
        }
    }
    let changed = new != old;
    if changed {
        save(txn, id, &old, &new)?;
    }
    Ok(changed)
}

// ---- project ----

/// Contributes to what a device holds of a stock line.
pub(crate) fn project_held(line: DocumentId, device: Block, quantity: Quantity, projection: &mut Projection) {
    let key = Key::new().id(line).number(u64::from(device)).build();
    projection.sums.push(Sum { view: views::SUM_SHARE, key, amounts: [quantity.thousandths(), 0, 0, 0] });
}

pub(crate) fn project(document: &Document, share: &Share, projection: &mut Projection) {
    for (to, quantity) in &share.given {
        if let Ok(to) = to.parse() {
            project_held(share.stock_line, to, *quantity, projection);
            project_held(share.stock_line, share.device, -*quantity, projection);
        }
    }
    let wish = WishRow {
        id: document.id,
        stock_line: share.stock_line,
        device: share.device,
        quantity: share.asked,
        asks: share.asks,
        answered: share.answered.clone(),
    };
    if wish.asks > 0 || !wish.answered.is_empty() {
        let key = Key::new().id(share.store).id(document.id).build();
        projection.rows.push(views::row(views::SHARE_WISH, key, &wish));
    }
}
