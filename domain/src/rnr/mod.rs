//! R&R forms: what a store reports of a programme's items for a period, and what it asks for on it.
//!
//! A form is one document for a store, a programme and a period, with an id that follows from these: two devices that make
//! it without knowing of each other make one form. Each line is an item, and stands in columns, each cell a field of its own: people who
//! fill different cells on different devices fill one form.
//!
//! ```text
//! Draft -----------------------------------------> Finalised
//! lines/I     what the ledger said, frozen           reported/I   the line as it was, in one value
//! consumed/I  what a person wrote instead            an order to the supplier, sent
//!   |
//!   v
//! Discarded: and may be made again
//! ```
//!
//! A person **confirms** a line as it stands: the confirmation is a mark of its values, so that it is gone when any of them
//! is another, by whomever it was changed. Finalising demands that every line is confirmed and adds up, freezes each of
//! them, and sends the order that follows, whose id follows from the form too. What arrives afterwards from a device
//! that did not know of the end changes nothing of the report and is a task.
//!
//! Forms of a programme follow each other: the next one begins where the one before ended, and is made when that is
//! finalised.

mod chain;
mod fill;
mod finish;
mod ledger;
mod make;
mod project;
mod rules;
mod types;

pub(crate) use chain::{chain, openings, previous};
pub use fill::{confirm, fill};
pub use finish::{finalise, put_aside};
pub use make::{create, discard, refresh, update};
pub(crate) use project::project;
pub use types::{
    Cells, Column, Computed, ConfirmLines, CreateRnrForm, Entered, FillLine, FillLines, FinalisedForm,
    LINES_MAX, LateCell, RnrForm, RnrFormRow, Status, UpdateRnrForm, Values,
};
