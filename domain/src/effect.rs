//! Effects: what a document does to stock, and the ledger and balances that follow.
//!
//! A document has an effect set: effect key → movement. Keys follow from the document's content, so the same act
//! pressed twice, or on two devices, has one effect. The store diffs what a document contributed before a change and
//! what it contributes after; ledgers and balances are never edited.

use crdt_store::{DocumentId, Projection, Row, Sum, Timestamp, Totals, decode_row};
use serde::{Deserialize, Serialize};

use crate::quantity::Quantity;
use crate::share::{self, Block};
use crate::task::{TaskKind, TaskRow};
use crate::text::{Key, day_of, id_at, id_at_end};
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
    /// A stocktake found more than was on paper.
    CountIn,
    /// A stocktake found less than was on paper.
    CountOut,
    /// Goods came back from those they were issued to.
    ReturnIn,
    /// Goods went back to those who sent them.
    ReturnOut,
}

impl MovementKind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Opening,
        Self::Issue,
        Self::Receipt,
        Self::AdjustmentIn,
        Self::AdjustmentOut,
        Self::RepackOut,
        Self::RepackIn,
        Self::CountIn,
        Self::CountOut,
        Self::ReturnIn,
        Self::ReturnOut,
    ];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Issue => "issue",
            Self::Receipt => "receipt",
            Self::AdjustmentIn => "adjustment-in",
            Self::AdjustmentOut => "adjustment-out",
            Self::RepackOut => "repack-out",
            Self::RepackIn => "repack-in",
            Self::CountIn => "count-in",
            Self::CountOut => "count-out",
            Self::ReturnIn => "return-in",
            Self::ReturnOut => "return-out",
        }
    }

    /// Whether what left by it was consumed: it went to those whom the store supplies. What goes back to a supplier was
    /// not, and what comes back from a customer takes nothing from what was: on an R&R form both are adjustments, so
    /// that the balance adds up with each unit counted once.
    pub const fn is_consumption(self) -> bool {
        matches!(self, Self::Issue)
    }
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
    /// The device whose share it changes; the keeper's where none is named.
    pub(crate) device: Option<Block>,
}

impl Movement {
    /// What keeps this movement apart from the others of its document.
    fn effect_key(&self) -> (DocumentId, u8) {
        let role = match self.kind {
            MovementKind::Opening => 0,
            MovementKind::Issue | MovementKind::ReturnOut => 1,
            MovementKind::Receipt | MovementKind::ReturnIn => 2,
            MovementKind::AdjustmentIn | MovementKind::AdjustmentOut => 3,
            MovementKind::RepackOut => 4,
            MovementKind::RepackIn => 5,
            MovementKind::CountIn | MovementKind::CountOut => 6,
        };
        (self.part, role)
    }
}

/// Contributes a movement: its ledgers, all balances, and what its day and its month add up to. A movement of nothing
/// leaves no trace.
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
    let by_time = tail(Key::new().id(movement.store));
    let item = movement.item.as_bytes().to_vec();
    projection.rows.push(Row { view: views::LEDGER_STORE, key: by_time, value: item });
    project_day(movement, projection);
    if let Some(device) = movement.device {
        share::project_held(movement.stock_line, device, movement.quantity, projection);
    }
    project_balance(
        movement.store,
        movement.item,
        movement.stock_line,
        movement.quantity,
        Quantity::ZERO,
        projection,
    );
}

/// Contributes to what came, left and was consumed on the day of a movement, and in its month.
fn project_day(movement: &Movement, projection: &mut Projection) {
    let amount = movement.quantity.thousandths();
    let (came, left) = (amount.max(0), amount.saturating_neg().max(0));
    let consumes = movement.kind.is_consumption();
    let consumed = if consumes { amount.saturating_neg() } else { 0 };
    let day = day_of(movement.at);
    let key = Key::new().id(movement.store).day(Some(day)).id(movement.item).build();
    projection.sums.push(Sum { view: views::SUM_DAY, key, amounts: [consumed, came, left, 0] });
    if consumes {
        let key = Key::new().id(movement.store).day(Some(day.first_of_month())).build();
        projection.sums.push(Sum { view: views::SUM_MONTH, key, amounts: [consumed, 1, 0, 0] });
    }
}

/// Contributes what is on its way to a store, and not received.
pub(crate) fn project_on_order(
    store: DocumentId,
    item: DocumentId,
    quantity: Quantity,
    projection: &mut Projection,
) {
    let key = Key::new().id(store).id(item).build();
    let amounts = [0, 0, quantity.thousandths(), 0];
    projection.sums.push(Sum { view: views::SUM_STORE_ITEM, key, amounts });
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
    /// On its way to the store and not received; of an item in a store, and nothing elsewhere.
    pub on_order: Quantity,
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
            on_order: Quantity::from_thousandths(totals.amounts[2]),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_movement_is_listed_by_its_word() {
        // What the parser says that it would take: all variants there are.
        let error = serde_json::from_str::<MovementKind>("\"?\"").expect_err("no kind").to_string();
        let words: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
        let listed: Vec<&str> = MovementKind::ALL.into_iter().map(MovementKind::code).collect();
        assert_eq!(words, listed, "{error}");
    }
}
