//! Stocktakes: counting what is on the shelf, while work goes on and on several devices.
//!
//! A stocktake is one document, and its lines lie on **count sheets**, documents of some fifty lines each, so that a
//! count typed into one of three thousand lines touches a small document. The sheet of a stock line follows from its id:
//! two devices that add the same batch add it to the same sheet, under the same key.
//!
//! ```text
//!   create: stocktake + n sheets        count: one observation on one sheet        finalise: one change of the stocktake
//!
//!   sheet/lines/L    item, position     what is to be counted                        adjusted/L   quantity, counted, reason
//!   sheet/counts/O   an observation     key O = (line, device, its database's life)  confirmed/L  counted, no difference
//! ```
//!
//! An **observation** is a count together with what its device knew: the balance and the movements it was made against.
//! What the stocktake adjusts is counted − balance *at that causal point*, so movements made meanwhile, or made elsewhere
//! and heard of later, simply add on top. Where such a movement may have happened before the count, people are asked: it
//! was counted in, or it came after, or count again.
//!
//! Each device writes observations of its own only. One **supersedes** another if it was made knowing it; observations
//! that did not know of each other are **rivals**: all are kept, the latest is the default, and if they differ the stocktake
//! is flagged. Finalising freezes each line's outcome under the line's key, so finalising twice, on two devices, is once;
//! counts that arrive afterwards change no stock and are a task.

mod count;
mod finish;
mod imported;
mod make;
mod project;
mod rules;
mod types;

pub use count::{count, keep};
pub(crate) use finish::{below_zero, is_late, result_row};
pub use finish::{cancel, finalise, settle_late};
pub(crate) use imported::{Said, Stand, count_imported, open_batch, require_counting, stand, uncount};
pub use make::{add_batch, add_lines, create, strike, update};
pub(crate) use make::{load_open, require};
pub(crate) use project::{derive_counted, derive_tasks, project, project_sheet};
pub(crate) use rules::Movements;
pub(crate) use types::sheet_id;
pub use types::{
    AddBatch, AddLines, Adjusted, Confirmed, CountLine, CountLines, CountedLine, Counts, CreateStocktake,
    Finalise, KeepCount, LINES_MAX, LineCount, LineStanding, Observation, Selection, SettleLate, Sheet,
    SheetLine, SheetOrder, Stocktake, StocktakeLineRow, StocktakeResultRow, StocktakeRow, StocktakeStatus,
    StrikeLine, UpdateStocktake, Whether,
};
