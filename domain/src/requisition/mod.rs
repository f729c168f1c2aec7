//! Requisitions: what a store asks of its supplier, in one document that both write.
//!
//! The customer's order and the supplier's requisition are two views of it. The customer writes what it asks for, the
//! supplier what it will give, in leaves of their own; goods go in shipments that name the requisition.
//!
//! ```text
//! Draft ----------> Sent -----------> Finalised
//! the customer's    frozen: stock,    done with
//! alone to see      AMC, suggestion,
//!   |               what is asked for
//!   v
//! Discarded: before Sent; concurrent with it, it was sent
//! ```
//!
//! A programme says what kinds of orders it knows, how many of each a store may make in a period, and how many lines one may
//! have. Where two devices each make the last one without knowing of the other, both are sent: the supplier sees that there
//! are more than may be, and decides.
//!
//! Sending freezes each line in one value, so that where two devices send one draft without knowing of each other, each
//! line is wholly as one of them had it. What the customer writes after that, or wrote without knowing of it, is an *amendment*: a task for
//! the supplier, who takes it or leaves it. What is still to be sent follows from the shipments that name the requisition;
//! where more is in them than will be given, as when two tablets made them, that is a task too.

mod fair;
mod from_form;
mod grounds;
mod imported;
mod lines;
mod make;
mod progress;
mod project;
mod rules;
mod send;
mod supply;
mod terms;
mod types;

pub use fair::{ItemShares, RequisitionShare, fair_shares, supply_fairly};
pub(crate) use from_form::{FormOrder, create_for_form, require_supplier_of};
pub(crate) use grounds::Grounds;
pub(crate) use imported::{Asked, Draft};
pub use lines::{add_lines, remove_line, update_line, use_suggested};
pub use make::{create, discard, update};
pub use progress::Progress;
pub(crate) use progress::progress;
pub(crate) use project::{derive, project, project_shipment};
pub use send::send;
pub(crate) use supply::close_if_covered;
pub use supply::{approve, finalise, ship, supply, supply_as_requested, take_amendment};
pub use terms::OrderLimit;
pub(crate) use terms::{known_terms, limit_of, period_of};
pub use types::{
    AddLines, Approval, Approve, CreateRequisition, Decision, Frozen, LINES_MAX, Line, LineSelection,
    NewLine, Requisition, RequisitionRow, Side, Status, Supply, TakeAmendment, UpdateLine, UpdateRequisition,
};
