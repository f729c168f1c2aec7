//! What screens and the API read: pages of rows, computed from views, never from documents in a list.
//!
//! Every list is cut into pages by an opaque cursor that names the last row seen, so a page costs the same however far
//! down it is, and rows that come or go meanwhile do not shift it.

pub mod access;
pub mod adjustments;
pub mod assets;
pub mod barcodes;
pub mod consumption;
pub mod dashboard;
pub mod items;
pub mod ledger;
pub mod locations;
pub mod moves;
pub mod names;
pub mod national;
mod page;
pub mod programmes;
pub mod reference;
pub mod repacks;
pub mod requisitions;
pub mod rnr_forms;
pub mod scan;
pub mod shipments;
pub mod stock;
pub mod stock_items;
pub mod stocktakes;
pub mod tasks;

pub(crate) use page::scan;
pub use page::{PAGE_LEN_DEFAULT, PAGE_LEN_MAX, Page, PageRequest};
