//! One file per screen: what it reads, what it shows, what it does.

pub(super) mod adjustments;
pub(super) mod dashboard;
pub(super) mod equipment;
pub(super) mod help;
pub(super) mod history;
pub(super) mod imports;
pub(super) mod issue;
pub(super) mod item;
pub(super) mod items;
pub(super) mod labels;
pub(super) mod ledger;
pub(super) mod login;
pub(super) mod national;
pub(super) mod partners;
pub(super) mod receive;
pub(super) mod scan;
pub(super) mod shipments;
pub(super) mod sites;
pub(super) mod stock;
pub(super) mod stock_items;
pub(super) mod stocktakes;
pub(super) mod stores;
pub(super) mod sync;
pub(super) mod tasks;
pub(super) mod users;
