//! The shapes of replies that the domain only writes: what a client reads.
//!
//! The server serializes the domain's own rows; these are their mirror images, which describe them in the API's
//! document and read them back in tests. A field too many or too few on either side fails there.

mod assets;
mod ledger;
mod requisitions;
mod rnr_forms;
mod scanning;
mod shipments;
mod stock;
mod stocktakes;
mod tasks;

use serde::{Deserialize, Serialize};

pub use assets::{AssetDetail, AssetListRow, AssetLogEntry};
pub use ledger::{LedgerEntry, StoreLedgerEntry};
pub use requisitions::{
    ItemShares, OrderLimit, RequisitionDetail, RequisitionLine, RequisitionListRow, RequisitionShare,
    SupplyProgress,
};
pub use rnr_forms::{DueForm, LedgerSaid, RnrFormDetail, RnrFormLine, RnrFormListRow, RnrProblem};
pub use scanning::{BarcodeListRow, ScanReading, Scanned};
pub use shipments::{
    AdjustmentDetail, AdjustmentLineDetail, LineDetail, ReturnRow, ShipmentDetail, ShipmentListRow,
    StatusEvent,
};
pub use stock::{
    Explanation, HoldEntry, ItemFigures, KindTotal, MonthConsumption, MoveEntry, NationalRow, OnOrderEntry,
    RepackDetail, ShelfLog, StockRow, StockShares, StoreStockRow, VvmEntry,
};
pub use stocktakes::{CountEntry, StocktakeEntry, StocktakeLine};
pub use tasks::{ConflictChoice, ConflictEntry, ConflictWriter, Figure, TaskCause, TaskEntry};

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}
