//! The import of past deliveries: a CSV file and a mapping become items, partners, stores and finished shipments.
//!
//! ```text
//! bytes --read--> rows of text --rows--> deliveries, rejected rows --plan--> documents to be --apply--> database, report
//! ```
//!
//! All stages but the last are pure. The mapping file, the decisions taken and the report are described in
//! `docs/IMPORT.md`.

mod apply;
mod mapping;
mod parse;
mod plan;
mod play;
mod read;
mod report;
mod rows;

pub use apply::{AUTHOR, BATCH_STEPS, Import, ImportError, Outcome, Pending, Progress, StepCommand, import};
pub use mapping::{
    CentreRules, Encoding, FieldRule, Fields, FileRules, ItemRules, MAPPING_BYTES_MAX, MAPPING_FORMAT,
    Mapping, MappingError, StoreRules, ValueType, Wrong,
};
pub use plan::{
    Lot, Opening, Plan, PlannedItem, PlannedLine, PlannedPartner, PlannedShipment, PlannedStore,
    SHIPMENT_LINES_MAX, plan,
};
pub use play::{PlayError, Played, play};
pub use read::{CELL_BYTES_MAX, COLUMNS_MAX, FILE_BYTES_MAX, FileError, ROWS_MAX};
pub use report::{DocumentCounts, Report, StoreTotals};
pub use rows::{Delivery, Kind, PACK_SIZE_MAX, RejectedRow, Rows, TEXT_CHARS_MAX, UNITS_MAX, read_rows};
