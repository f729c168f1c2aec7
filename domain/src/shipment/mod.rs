//! Shipments: goods on their way from a sender to a receiver, in one document that both write.
//!
//! The sender's outbound shipment and the receiver's inbound shipment are two views of it. Sender fields (lines,
//! quantities, prices) and receiver fields (received quantities, locations, verdicts) are separate leaves, so neither
//! side ever overwrites the other. Its status is a lattice of events:
//!
//! ```text
//! New < Allocated < Picked < Shipped < Delivered < Received < Verified
//!          reserved   |                              |
//!          on the     sender's stock falls           receiver's stock rises
//!          shelf      by what was picked             by what was received
//! Cancelled: before Picked. Concurrent with Picked, the movement of goods wins and a request remains.
//! ```
//!
//! What left the shelf is frozen in each line at Picked (`issued`): a line edit that did not know of it is a *late
//! amendment*, a task for the sender, never a silent change of stock.
//!
//! A **return** is a shipment of another kind, with the same way: what a store gives back to its supplier is its outbound
//! shipment, and at a supplying store an inbound one that is received as any other; what a partner brings back is an
//! inbound shipment. Its movements are of kinds of their own, so that consumption does not count them.

mod checking;
mod lines;
mod make;
mod project;
mod receive;
mod returns;
mod rules;
mod shelf;
mod status;
mod types;

pub use checking::{scan_in, scan_out, set_checked};
pub use lines::{add_line, allocate, remove_line, update_line};
pub(crate) use make::create_for;
pub use make::{create_inbound, create_outbound, issue, record};
pub(crate) use project::project;
pub use receive::{receive, set_received, verify};
pub(crate) use returns::{derive_returned_twice, given_back};
pub use returns::{return_goods, take_back};
pub use status::{acknowledge, cancel, set_status, settle_cancel, settle_line, update};
pub use types::{
    AddLine, AddedLines, Allocate, BoxWarning, CreateInbound, CreateOutbound, Direction, End, Event, Issue,
    LINES_MAX, Line, OnOrderRow, Receive, ReceiveLine, RecordLine, RecordShipment, ReturnGoods, ScanBox,
    ScannedBox, SetChecked, SetReceived, SetStatus, SettleLine, Shipment, ShipmentKind, ShipmentRow, Status,
    TakeBack, UpdateLine, UpdateShipment, Verdict,
};
