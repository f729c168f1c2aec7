//! The views: tables computed from documents. The left side of each line is the key, the right side the value.

use crdt_store::{Row, Sum, View, encode_row};
use serde::Serialize;

macro_rules! views {
    ($($(#[$doc:meta])* $name:ident = $table:literal,)*) => {
        $($(#[$doc])* pub(crate) const $name: View = View($table);)*

        /// All of them, rows and sums.
        pub(crate) const ALL: &[View] = &[$($name,)*];
    };
}

views! {
    /// item → ItemRow
    ITEM = "view/item",
    /// name 0 item → folded name and code, ItemRow
    ITEM_NAME = "view/item/name",
    /// code 0 item → nothing
    ITEM_CODE = "view/item/code",
    /// store → StoreRow
    STORE = "view/store",
    /// code 0 store → nothing
    STORE_CODE = "view/store/code",
    /// site, store → nothing
    STORE_SITE = "view/store/site",
    /// site → SiteRow
    SITE = "view/site",
    /// name 0 site → nothing
    SITE_NAME = "view/site/name",
    /// device, site → DeviceRow
    DEVICE = "view/device",
    /// site, device → DeviceRow
    DEVICE_BY_SITE = "view/device/site",
    /// secret's document → SiteSecretRow
    SITE_SECRET = "view/site/secret",
    /// partner → PartnerRow
    PARTNER = "view/partner",
    /// name 0 partner → PartnerRow
    PARTNER_NAME = "view/partner/name",
    /// code 0 partner → nothing
    PARTNER_CODE = "view/partner/code",
    /// reason → ReasonRow
    REASON = "view/reason",
    /// reason → AssetReasonRow
    ASSET_REASON = "view/asset_reason",
    /// location → LocationRow
    LOCATION = "view/location",
    /// store, code 0 location → LocationRow
    LOCATION_CODE = "view/location/code",
    /// type → LocationTypeRow
    LOCATION_TYPE = "view/location_type",
    /// variant → ItemVariantRow
    ITEM_VARIANT = "view/item_variant",
    /// item, variant → ItemVariantRow
    VARIANT_BY_ITEM = "view/item_variant/item",
    /// GTIN 0 variant → ItemVariantRow
    VARIANT_BY_GTIN = "view/item_variant/gtin",
    /// schedule → PeriodScheduleRow
    PERIOD_SCHEDULE = "view/period_schedule",
    /// programme → ProgrammeRow
    PROGRAMME = "view/programme",
    /// code 0 programme → nothing
    PROGRAMME_CODE = "view/programme/code",
    /// programme, item → nothing
    PROGRAMME_ITEM = "view/programme/item",
    /// line → StockLineRow
    STOCK_LINE = "view/stock_line",
    /// store, item, expiry, line → StockLineRow
    STOCK_BY_ITEM = "view/stock_line/item",
    /// store, expiry, line → item
    STOCK_BY_EXPIRY = "view/stock_line/expiry",
    /// store, batch 0 line → item
    STOCK_BY_BATCH = "view/stock_line/batch",
    /// line, when, document, effect → LedgerRow
    LEDGER_LINE = "view/ledger/line",
    /// store, item, when, document, effect → LedgerRow
    LEDGER_ITEM = "view/ledger/item",
    /// store, when, document, effect → item: the key of the row in the ledger of the item follows
    LEDGER_STORE = "view/ledger/store",
    /// store, line → on hand, allocated
    SUM_LINE = "view/sum/line",
    /// line, device block → what the device brought in and was given, less what it issued and gave
    SUM_SHARE = "view/sum/share",
    /// store, share → WishRow
    SHARE_WISH = "view/share/wish",
    /// store, item → on hand, allocated, on order (and one contribution of nothing from each stock line)
    SUM_STORE_ITEM = "view/sum/store_item",
    /// store, day, item → consumed, came, left
    SUM_DAY = "view/sum/day",
    /// store, first day of a month → consumed, how many movements consumed it
    SUM_MONTH = "view/sum/month",
    /// store, item, shipment, line → OnOrderRow
    ON_ORDER = "view/on_order",
    /// item, store → on hand, allocated
    SUM_ITEM_STORE = "view/sum/item_store",
    /// item → on hand, allocated
    SUM_ITEM = "view/sum/item",
    /// store, when, document → AdjustmentRow
    ADJUSTMENT = "view/adjustment",
    /// stocktake → StocktakeRow
    STOCKTAKE = "view/stocktake",
    /// store, when, stocktake → StocktakeRow
    STOCKTAKE_BY_TIME = "view/stocktake/time",
    /// stocktake, position, stock line → StocktakeLineRow
    STOCKTAKE_LINE = "view/stocktake/line",
    /// stocktake, stock line → StocktakeResultRow, once it is finalised
    STOCKTAKE_RESULT = "view/stocktake/result",
    /// store, stocktake → lines, counted, differing, with rivals
    SUM_STOCKTAKE = "view/sum/stocktake",
    /// store, stocktake → marks of outcomes (sheets' less the stocktake's), with rivals, closed, finalised
    SUM_STOCKTAKE_STATE = "view/sum/stocktake/state",
    /// store, stock line → adjustments by counts, how many of each other they knew, pairs settled
    SUM_COUNTED = "view/sum/counted",
    /// store, when, document → RepackRow
    REPACK = "view/repack",
    /// shipment → ShipmentRow
    SHIPMENT = "view/shipment",
    /// store, direction, when, shipment → ShipmentRow
    SHIPMENT_BY_TIME = "view/shipment/time",
    /// store, direction, status, when, shipment → ShipmentRow
    SHIPMENT_BY_STATUS = "view/shipment/status",
    /// requisition, shipment → nothing
    SHIPMENT_BY_REQUISITION = "view/shipment/requisition",
    /// shipment returned, return → nothing
    SHIPMENT_BY_RETURNED = "view/shipment/returned",
    /// store, shipment returned, line → refused, given back without stock, given back of stock
    SUM_RETURN = "view/sum/return",
    /// store, direction, status → how many
    SUM_SHIPMENT = "view/sum/shipment",
    /// requisition → RequisitionRow
    REQUISITION = "view/requisition",
    /// store, side, when, requisition → RequisitionRow
    REQUISITION_BY_TIME = "view/requisition/time",
    /// store, side, status, when, requisition → RequisitionRow
    REQUISITION_BY_STATUS = "view/requisition/status",
    /// customer, programme, order type, first day of the period, requisition → requisition, its status
    REQUISITION_BY_PERIOD = "view/requisition/period",
    /// store, side, status → how many, how many of them are emergencies
    SUM_REQUISITION_COUNT = "view/sum/requisition/count",
    /// supplying store, requisition, item → to be given, answered by shipments, in shipments, of that off the shelf
    SUM_REQUISITION = "view/sum/requisition",
    /// form → RnrFormRow
    RNR_FORM = "view/rnr_form",
    /// store, first day of the period, programme, form → RnrFormRow
    RNR_FORM_BY_PERIOD = "view/rnr_form/period",
    /// store, programme, first day of the period, form → RnrFormRow
    RNR_FORM_BY_PROGRAMME = "view/rnr_form/programme",
    /// series 0 counter, document → nothing
    NUMBER = "view/number",
    /// asset → AssetRow
    ASSET = "view/asset",
    /// store, number 0 asset → AssetRow
    ASSET_NUMBER = "view/asset/number",
    /// asset, log time, recorded, log → AssetLogRow
    ASSET_LOG = "view/asset_log",
    /// store, GTIN 0 barcode → BarcodeRow
    BARCODE = "view/barcode",
    /// store, item, GTIN 0 barcode → BarcodeRow
    BARCODE_BY_ITEM = "view/barcode/item",
    /// user → UserRow
    USER = "view/user",
    /// username 0 user → nothing
    USER_NAME = "view/user/name",
    /// username 0 store, access → UserAccessRow
    USER_ACCESS = "view/user_access",
    /// user, document → the name they are called by
    USER_LABEL = "view/user/label",
    /// import → ImportRow
    IMPORT = "view/import",
    /// store or nil, when, import → ImportRow
    IMPORT_TIME = "view/import/time",
    /// import, what it made or a part of it → nothing
    IMPORT_MADE = "view/import/made",
    /// store, kind, document, subject → TaskRow
    TASK = "view/task",
    /// store, line → TaskRow of a balance below zero
    TASK_BALANCE = "view/task/balance",
    /// store, kind, stocktake or stock line → TaskRow about counts
    TASK_COUNT = "view/task/count",
    /// store, document, pointer → ConflictRow of a field that holds several values
    TASK_CONFLICT = "view/task/conflict",
}

/// A row with a CBOR value.
pub(crate) fn row<T: Serialize>(view: View, key: Vec<u8>, value: &T) -> Row {
    Row { view, key, value: encode_row(value) }
}

/// A row that says everything in its key.
pub(crate) fn mark(view: View, key: Vec<u8>) -> Row {
    Row { view, key, value: Vec::new() }
}

/// A contribution to a sum of on hand and allocated.
pub(crate) fn sum(view: View, key: Vec<u8>, on_hand: i64, allocated: i64) -> Sum {
    Sum { view, key, amounts: [on_hand, allocated, 0, 0] }
}
