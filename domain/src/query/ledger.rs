//! Ledgers: the movements of a stock line or of an item in a store, newest first, each with the balance after it.
//!
//! The newest page begins with the sum that is kept; each older movement's balance is that of the one after it, less
//! its quantity. The cursor carries the balance, so a page costs the same after ten thousand movements.

use crdt_store::{DocumentId, Failure, StoreError, View, ViewRead, ViewReadExt};
use serde::Serialize;

use super::names::Names;
use super::page::{self, Builder, Page, PageRequest};
use crate::effect::{LedgerRow, decode_ledger};
use crate::quantity::Quantity;
use crate::stock_line::{self, StockLineRow};
use crate::text::Key;
use crate::{Date, reject, views};

/// A movement with the balance after it and the names a person reads.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerEntry {
    /// The movement.
    #[serde(flatten)]
    pub movement: LedgerRow,
    /// On hand after it: of the item in the store, or of the stock line.
    pub balance: Quantity,
    /// The batch moved.
    pub batch: Option<String>,
    /// Its last day of use.
    pub expiry: Option<Date>,
    /// The name of the store or partner at the other end.
    pub other_name: Option<String>,
    /// The name of the user.
    pub by_name: Option<String>,
    /// The text of the reason.
    pub reason_text: Option<String>,
}

/// The ledger of an item in a store.
pub fn of_item(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    item: DocumentId,
    request: &PageRequest,
) -> Result<Page<LedgerEntry>, Failure> {
    let prefix = Key::new().id(store).id(item).build();
    let balance = super::stock::item_balance(read, store, item)?.on_hand;
    ledger(read, views::LEDGER_ITEM, &prefix, balance, request)
}

/// The ledger of a stock line.
pub fn of_line(
    read: &(impl ViewRead + ?Sized),
    line: DocumentId,
    request: &PageRequest,
) -> Result<Page<LedgerEntry>, Failure> {
    let row: StockLineRow =
        read.row(views::STOCK_LINE, line.as_bytes())?.ok_or_else(|| reject::not_found("stock line", line))?;
    let balance = stock_line::balance(read, row.store, line)?.on_hand;
    ledger(read, views::LEDGER_LINE, &Key::new().id(line).build(), balance, request)
}

fn ledger<R: ViewRead + ?Sized>(
    read: &R,
    view: View,
    prefix: &[u8],
    newest_balance: Quantity,
    request: &PageRequest,
) -> Result<Page<LedgerEntry>, Failure> {
    const PLAN: u8 = 4;
    let mut page = Builder::new(request, PLAN)?;
    let place = request.place(PLAN)?;
    let (mut balance, key) = match &place {
        None => (newest_balance, None),
        Some(place) => {
            let (carried, key) = place.split_first_chunk::<8>().ok_or_else(reject::invalid_cursor)?;
            if !key.starts_with(prefix) {
                return Err(reject::invalid_cursor().into());
            }
            (Quantity::from_thousandths(i64::from_be_bytes(*carried)), Some(key))
        }
    };
    let mut names = Names::new(read);
    page::scan_from(read, view, prefix, true, key, &mut |key, value| {
        let entry = decode_ledger(value).and_then(|movement| entry(read, &mut names, movement, balance));
        if let Ok(entry) = &entry {
            balance = balance - entry.movement.quantity;
        }
        let place = [&balance.thousandths().to_be_bytes()[..], key].concat();
        page.offer_result(&place, entry.map(Some))
    })?;
    page.build()
}

pub(super) fn entry<R: ViewRead + ?Sized>(
    read: &R,
    names: &mut Names<'_, R>,
    movement: LedgerRow,
    balance: Quantity,
) -> Result<LedgerEntry, StoreError> {
    let line: Option<StockLineRow> = read.row(views::STOCK_LINE, movement.stock_line.as_bytes())?;
    let other_name = match movement.other {
        Some(other) => names.store_or_partner(other)?.map(str::to_owned),
        None => None,
    };
    let reason_text = match movement.reason {
        Some(reason) => names.reason(reason)?.map(str::to_owned),
        None => None,
    };
    Ok(LedgerEntry {
        balance,
        batch: line.as_ref().and_then(|line| line.batch.clone()),
        expiry: line.and_then(|line| line.expiry),
        other_name,
        by_name: names.user(movement.by)?.map(str::to_owned),
        reason_text,
        movement,
    })
}
