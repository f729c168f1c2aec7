//! Effects: what a document does to stock, and the ledger and balances that follow.
//!
//! A document has an effect set: effect key → movement. Keys follow from the document's content, so the same act
//! pressed twice, or on two devices, has one effect. The store diffs what a document contributed before a change and
//! what it contributes after; ledgers and balances are never edited.

use crdt_store::{DocumentId, Projection, Row, Timestamp, Totals, decode_row};
use serde::{Deserialize, Serialize};

use crate::quantity::Quantity;
use crate::task::{TaskKind, TaskRow};
use crate::text::{Key, id_at, id_at_end};
use crate::views;

/// What kind of act moved stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MovementKind {
    /// Stock that was there when the records began.
    Opening,
    /// Goods left with an outbound shipment.
    Issue,
    /// Goods came with an inbound shipment.
    Receipt,
    /// An adjustment added to the stock.
    AdjustmentIn,
    /// An adjustment took from the stock.
    AdjustmentOut,
    /// Left a stock line to be packed anew, or to lie elsewhere.
    RepackOut,
    /// Came into a stock line packed anew, or from elsewhere.
    RepackIn,
}

/// One movement of stock, as it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerRow {
    /// The document of the act.
    pub document: DocumentId,
    /// Its class.
    pub class: String,
    /// Its number for people, where it has one.
    pub number: Option<String>,
    /// The store.
    pub store: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// The stock line.
    pub stock_line: DocumentId,
    /// What kind of act it was.
    pub kind: MovementKind,
    /// By how much on hand rose, or fell.
    pub quantity: Quantity,
    /// When.
    #[serde(with = "crate::instant")]
    pub at: Timestamp,
    /// The user who did it.
    pub by: DocumentId,
    /// Why, where a reason was given.
    pub reason: Option<DocumentId>,
    /// The store or partner at the other end.
    pub other: Option<DocumentId>,
}

/// What a document is to the ledger.
pub(crate) struct Act<'a> {
    pub(crate) document: DocumentId,
    pub(crate) class: &'a str,
    pub(crate) number: Option<&'a str>,
}

/// A movement of an act; `part` is the line it belongs to, or the document itself.
pub(crate) struct Movement {
    pub(crate) part: DocumentId,
    pub(crate) store: DocumentId,
    pub(crate) item: DocumentId,
    pub(crate) stock_line: DocumentId,
    pub(crate) kind: MovementKind,
    pub(crate) quantity: Quantity,
    pub(crate) at: Timestamp,
    pub(crate) by: DocumentId,
    pub(crate) reason: Option<DocumentId>,
    pub(crate) other: Option<DocumentId>,
}

impl Movement {
    /// What keeps this movement apart from the others of its document.
    fn effect_key(&self) -> (DocumentId, u8) {
        let role = match self.kind {
            MovementKind::Opening => 0,
            MovementKind::Issue => 1,
            MovementKind::Receipt => 2,
            MovementKind::AdjustmentIn | MovementKind::AdjustmentOut => 3,
            MovementKind::RepackOut => 4,
            MovementKind::RepackIn => 5,
        };
        (self.part, role)
    }
}

/// Contributes a movement: two ledgers and all balances. A movement of nothing leaves no trace.
pub(crate) fn project_movement(act: &Act<'_>, movement: &Movement, projection: &mut Projection) {
    if movement.quantity == Quantity::ZERO {
        return;
    }
    let row = LedgerRow {
        document: act.document,
        class: act.class.to_owned(),
        number: act.number.map(str::to_owned),
        store: movement.store,
        item: movement.item,
        stock_line: movement.stock_line,
        kind: movement.kind,
        quantity: movement.quantity,
        at: movement.at,
        by: movement.by,
        reason: movement.reason,
        other: movement.other,
    };
    let (part, role) = movement.effect_key();
    let tail = |key: Key| key.time(movement.at).id(act.document).id(part).byte(role).build();
    let by_line = tail(Key::new().id(movement.stock_line));
    let by_item = tail(Key::new().id(movement.store).id(movement.item));
    projection.rows.push(views::row(views::LEDGER_LINE, by_line, &row));
    projection.rows.push(views::row(views::LEDGER_ITEM, by_item, &row));
    project_balance(
        movement.store,
        movement.item,
        movement.stock_line,
        movement.quantity,
        Quantity::ZERO,
        projection,
    );
}

/// Contributes to the balances of a stock line, of an item in a store, and of an item in the country.
pub(crate) fn project_balance(
    store: DocumentId,
    item: DocumentId,
    stock_line: DocumentId,
    on_hand: Quantity,
    allocated: Quantity,
    projection: &mut Projection,
) {
    let (on_hand, allocated) = (on_hand.thousandths(), allocated.thousandths());
    projection.sums.extend([
        views::sum(views::SUM_LINE, Key::new().id(store).id(stock_line).build(), on_hand, allocated),
        views::sum(views::SUM_STORE_ITEM, Key::new().id(store).id(item).build(), on_hand, allocated),
        views::sum(views::SUM_ITEM_STORE, Key::new().id(item).id(store).build(), on_hand, allocated),
        views::sum(views::SUM_ITEM, Key::new().id(item).build(), on_hand, allocated),
    ]);
}

/// A balance: what is on the shelf, and what of it is promised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// On the shelf, by all movements.
    pub on_hand: Quantity,
    /// Promised to shipments that are not picked yet.
    pub allocated: Quantity,
}

impl Balance {
    /// What may still be promised: never below what has been over-issued.
    pub fn available(&self) -> Quantity {
        self.on_hand - self.allocated
    }

    pub(crate) fn of(totals: &Totals) -> Self {
        Self {
            on_hand: Quantity::from_thousandths(totals.amounts[0]),
            allocated: Quantity::from_thousandths(totals.amounts[1]),
        }
    }
}

/// The task that follows from a stock line's balance below zero: more was issued than there was.
pub(crate) fn derive_over_issue(key: &[u8], totals: &Totals) -> Vec<Row> {
    let balance = Balance::of(totals);
    match (id_at(key, 0), id_at_end(key)) {
        (Some(store), Some(line)) if balance.on_hand.is_negative() => {
            let task = TaskRow {
                kind: TaskKind::OverIssued,
                store,
                document: line,
                number: None,
                line: None,
                item: None,
                stock_line: Some(line),
                expected: Quantity::ZERO,
                found: balance.on_hand.clamped(),
            };
            vec![views::row(views::TASK_BALANCE, Key::new().id(store).id(line).build(), &task)]
        }
        _ => Vec::new(),
    }
}

/// Reads a ledger row.
pub(crate) fn decode_ledger(bytes: &[u8]) -> Result<LedgerRow, crdt_store::StoreError> {
    decode_row(views::LEDGER_LINE, bytes)
}
