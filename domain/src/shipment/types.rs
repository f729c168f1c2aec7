//! A shipment as a document, as a row, and the commands that change it.

use std::collections::BTreeMap;
use std::fmt;

use crdt_store::{DocumentId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Date;
use crate::allocation::Caution;
use crate::quantity::{Money, Quantity};
use crate::record::{Stamp, clearable, record};

/// Most lines of one shipment: with them a document loads in about 10 ms.
pub const LINES_MAX: usize = 2_000;

/// How far a shipment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Being written.
    New,
    /// Batches are chosen and reserved.
    Allocated,
    /// Off the shelf.
    Picked,
    /// On its way.
    Shipped,
    /// At the receiver's door.
    Delivered,
    /// On the receiver's shelf.
    Received,
    /// Checked, and closed.
    Verified,
    /// Called off before goods moved.
    Cancelled,
}

impl Status {
    /// The way of a shipment that is not cancelled.
    pub const WAY: [Self; 7] = [
        Self::New,
        Self::Allocated,
        Self::Picked,
        Self::Shipped,
        Self::Delivered,
        Self::Received,
        Self::Verified,
    ];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Allocated => "allocated",
            Self::Picked => "picked",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Received => "received",
            Self::Verified => "verified",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What a shipment is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShipmentKind {
    /// Goods for those who use them, or hand them on.
    #[default]
    Regular,
    /// Goods on their way back to whoever sent them.
    Return,
}

impl ShipmentKind {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Regular, Self::Return];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Return => "return",
        }
    }

    fn is_regular(&self) -> bool {
        *self == Self::Regular
    }
}

/// When a status was reached, and by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// The user.
    pub by: DocumentId,
}

/// What the receiver thinks of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Not looked at yet.
    #[default]
    Pending,
    /// Fine.
    Passed,
    /// Not taken into stock.
    Rejected,
}

/// What left a stock line at the cost of a device's share. One value, so that of two devices that picked a line
/// without knowing of each other one pays for what both call picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// How many units.
    pub quantity: Quantity,
    /// The device's block.
    pub device: u32,
}

/// A line of a shipment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The item.
    pub item: DocumentId,
    /// The sender's stock line; none for what cannot be served yet, and for what comes from a partner.
    pub stock_line: Option<DocumentId>,
    /// Batch.
    pub batch: Option<String>,
    /// Last day of use.
    pub expiry: Option<Date>,
    /// Day of manufacture.
    pub manufactured: Option<Date>,
    /// Units per pack.
    pub pack_size: u32,
    /// How many units are to leave.
    pub quantity: Quantity,
    /// How many units left: frozen when the goods are picked.
    #[serde(default)]
    pub issued: Option<Quantity>,
    /// The same and whose share it was, where the sender shares its stock among devices: it holds in place of `issued`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<Spent>,
    /// The sender's price of a pack.
    pub sell_price: Option<Money>,
    /// What the sender notes of it.
    pub note: Option<String>,
    /// Struck off by the sender.
    #[serde(default)]
    pub removed: bool,
    /// Whether the sender has seen that the receiver received something else.
    #[serde(default)]
    pub acknowledged: bool,
    /// How many units arrived, as the receiver says.
    #[serde(default)]
    pub received: Option<Quantity>,
    /// Where the receiver puts it.
    #[serde(default)]
    pub location: Option<DocumentId>,
    /// What the receiver thinks of it.
    #[serde(default)]
    pub verdict: Verdict,
    /// What the receiver notes of it.
    #[serde(default)]
    pub received_note: Option<String>,
    /// Which variant of the item it is.
    #[serde(default)]
    pub variant: Option<DocumentId>,
    /// Who paid for it.
    #[serde(default)]
    pub donor: Option<DocumentId>,
    /// The programme it is kept for.
    #[serde(default)]
    pub programme: Option<DocumentId>,
    /// Why it goes back, on a return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<DocumentId>,
    /// Which line of the shipment returned it gives back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<DocumentId>,
    /// Units that each device of the sender has checked against the shipment while picking, by the device's word in
    /// numbers: what two devices checked adds up. The map is made with the line, so that both write into the same one.
    #[serde(default)]
    pub checked: BTreeMap<String, Quantity>,
    /// Units per pack as the receiver keeps it, where that is not as it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_pack_size: Option<u32>,
}

/// A shipment, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shipment {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// Number for people.
    pub number: String,
    /// The store that sends, if a store does.
    pub sender_store: Option<DocumentId>,
    /// The partner that sends, if a partner does.
    pub sender_partner: Option<DocumentId>,
    /// The store that receives, if a store does.
    pub receiver_store: Option<DocumentId>,
    /// The partner that receives, if a partner does.
    pub receiver_partner: Option<DocumentId>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "ShipmentKind::is_regular")]
    pub kind: ShipmentKind,
    /// The shipment whose goods it gives back, where a return says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<DocumentId>,
    /// The requisition that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requisition: Option<DocumentId>,
    /// Units of each item that it was made for, where it answers one: batches go in whole packs, which may be more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<DocumentId, Quantity>,
    /// What it is called elsewhere: an order or delivery note.
    pub reference: Option<String>,
    /// What the sender notes of it.
    pub comment: Option<String>,
    /// What the receiver notes of it.
    pub receiver_comment: Option<String>,
    /// How it travels.
    pub transport: Option<String>,
    /// When it should arrive.
    pub expected: Option<Date>,
    /// While on hold its status cannot change.
    pub on_hold: bool,
    /// Whether somebody has dealt with a cancellation that came too late.
    #[serde(default)]
    pub cancel_settled: bool,
    /// Statuses reached.
    pub events: BTreeMap<Status, Event>,
    /// Lines.
    pub lines: BTreeMap<DocumentId, Line>,
}

record!(Shipment, "shipment", "shipment");

/// From which end one looks at a shipment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// As the sender.
    Outbound,
    /// As the receiver.
    Inbound,
}

/// An end of a shipment. In JSON `{"store": id}` or `{"partner": id}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    /// A store of the system.
    Store(DocumentId),
    /// Somebody outside.
    Partner(DocumentId),
}

impl End {
    /// Its id.
    pub const fn id(self) -> DocumentId {
        match self {
            Self::Store(id) | Self::Partner(id) => id,
        }
    }
}

/// A shipment in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentRow {
    /// Id.
    pub id: DocumentId,
    /// Number for people.
    pub number: String,
    /// Who sends.
    pub sender: End,
    /// Who receives.
    pub receiver: End,
    /// What it is for.
    pub kind: ShipmentKind,
    /// The shipment whose goods it gives back, where a return says so.
    pub returns: Option<DocumentId>,
    /// How far it has come.
    pub status: Status,
    /// Whether a cancellation came after the goods had left.
    pub cancel_requested: bool,
    /// Whether it is on hold.
    pub on_hold: bool,
    /// When it was made.
    #[serde(with = "crate::instant")]
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: DocumentId,
    /// When it reached its status.
    #[serde(with = "crate::instant")]
    pub status_at: Timestamp,
    /// When it should arrive.
    pub expected: Option<Date>,
    /// How many lines.
    pub lines: u32,
    /// How many of them have no batch yet.
    pub placeholders: u32,
    /// What its lines are worth that have a price: those that left, or before that those that are to leave. None where no
    /// line has one.
    pub value: Option<Money>,
    /// The requisition that it answers.
    #[serde(default)]
    pub requisition: Option<DocumentId>,
    /// What it is called elsewhere.
    pub reference: Option<String>,
    /// What the sender notes of it.
    pub comment: Option<String>,
}

/// A line of a shipment that is on its way to a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OnOrderRow {
    /// The shipment.
    pub shipment: DocumentId,
    /// Its number for people.
    pub number: String,
    /// The line.
    pub line: DocumentId,
    /// The item.
    pub item: DocumentId,
    /// Who sends.
    pub sender: End,
    /// How far the shipment has come.
    pub status: Status,
    /// When it should arrive.
    pub expected: Option<Date>,
    /// How many units it brings.
    pub quantity: Quantity,
    /// Batch.
    pub batch: Option<String>,
    /// Last day of use.
    pub expiry: Option<Date>,
}

/// A line to add. For goods of one's own either a stock line, or an item (the batches are then chosen first expired
/// first out, and what cannot be served stays as a line without batch); for goods of a partner an item and what is
/// printed on the box. A line of a return names the line that it gives back, or else a stock line or what a partner
/// brings back; and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddLine {
    /// The item.
    #[serde(default)]
    pub item: Option<DocumentId>,
    /// A stock line of the sender.
    #[serde(default)]
    pub stock_line: Option<DocumentId>,
    /// How many units.
    pub quantity: Quantity,
    /// Batch, for goods of a partner.
    #[serde(default)]
    pub batch: Option<String>,
    /// Last day of use, for goods of a partner.
    #[serde(default)]
    pub expiry: Option<Date>,
    /// Day of manufacture, for goods of a partner.
    #[serde(default)]
    pub manufactured: Option<Date>,
    /// Units per pack, for goods of a partner; the item's if absent.
    #[serde(default)]
    pub pack_size: Option<u32>,
    /// Price of a pack; the stock line's if absent.
    #[serde(default)]
    pub price: Option<Money>,
    /// What the sender notes of it.
    #[serde(default)]
    pub note: Option<String>,
    /// Whether quantities are rounded up to whole packs when batches are chosen.
    #[serde(default = "yes")]
    pub whole_packs: bool,
    /// Which line of the shipment returned it gives back; on returns only.
    #[serde(default)]
    pub returns: Option<DocumentId>,
    /// Why it goes back; on returns only, and there where central has made reasons to choose from.
    #[serde(default)]
    pub reason: Option<DocumentId>,
}

impl AddLine {
    /// So many units of an item, of whichever batches expire first, in whole packs.
    pub(crate) fn of_item(item: DocumentId, quantity: Quantity) -> Self {
        Self {
            item: Some(item),
            stock_line: None,
            quantity,
            batch: None,
            expiry: None,
            manufactured: None,
            pack_size: None,
            price: None,
            note: None,
            whole_packs: true,
            returns: None,
            reason: None,
        }
    }
}

fn yes() -> bool {
    true
}

/// The reply to what adds or allocates lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddedLines {
    /// The lines made.
    pub lines: Vec<DocumentId>,
    /// What to look at.
    pub warnings: Vec<crate::allocation::Warning>,
}

impl AddedLines {
    /// Whether other devices of the store hold some of what was asked for.
    pub(super) fn held_elsewhere(&self) -> bool {
        self.warnings.iter().any(|warning| warning.caution == Caution::HeldElsewhere)
    }
}

/// Makes an outbound shipment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateOutbound {
    /// The store that sends.
    pub store: DocumentId,
    /// Who receives.
    pub to: End,
    /// Its first lines.
    #[serde(default)]
    pub lines: Vec<AddLine>,
    /// What it is called elsewhere.
    #[serde(default)]
    pub reference: Option<String>,
    /// What the sender notes of it.
    #[serde(default)]
    pub comment: Option<String>,
    /// When it should arrive.
    #[serde(default)]
    pub expected: Option<Date>,
}

/// Makes an outbound shipment, chooses its batches and takes it to a status, in one change. Rejected as a whole when
/// a line cannot be served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Issue {
    /// The store that sends.
    pub store: DocumentId,
    /// Who receives.
    pub to: End,
    /// Its lines.
    pub lines: Vec<AddLine>,
    /// How far it goes: allocated, picked or shipped; picked if absent.
    #[serde(default)]
    pub status: Option<Status>,
    /// What it is called elsewhere.
    #[serde(default)]
    pub reference: Option<String>,
    /// What the sender notes of it.
    #[serde(default)]
    pub comment: Option<String>,
}

/// Makes a return to a supplier, in one change: an outbound shipment of kind return to whoever sent the goods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReturnGoods {
    /// The store that gives back.
    pub store: DocumentId,
    /// The inbound shipment whose goods go back; absent, `to` says where they go.
    #[serde(default)]
    pub returns: Option<DocumentId>,
    /// Who gets them; whoever sent the shipment returned if absent.
    #[serde(default)]
    pub to: Option<End>,
    /// Its lines.
    pub lines: Vec<AddLine>,
    /// How far it goes: allocated, picked or shipped; allocated if absent.
    #[serde(default)]
    pub status: Option<Status>,
    /// What it is called elsewhere.
    #[serde(default)]
    pub reference: Option<String>,
    /// What the sender notes of it.
    #[serde(default)]
    pub comment: Option<String>,
}

/// Makes an inbound shipment of kind return: goods that a partner brings back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TakeBack {
    /// The store that takes them back.
    pub store: DocumentId,
    /// The outbound shipment that they left with; absent, `from` says who brings them.
    #[serde(default)]
    pub returns: Option<DocumentId>,
    /// The partner that brings them; whoever the shipment went to if absent.
    #[serde(default)]
    pub from: Option<DocumentId>,
    /// Its lines.
    pub lines: Vec<AddLine>,
    /// What it is called elsewhere.
    #[serde(default)]
    pub reference: Option<String>,
    /// What people note of it.
    #[serde(default)]
    pub comment: Option<String>,
}

/// Makes an inbound shipment of goods that a partner sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateInbound {
    /// The store that receives.
    pub store: DocumentId,
    /// The partner that sends.
    pub from: DocumentId,
    /// Its first lines.
    #[serde(default)]
    pub lines: Vec<AddLine>,
    /// What it is called elsewhere.
    #[serde(default)]
    pub reference: Option<String>,
    /// What people note of it.
    #[serde(default)]
    pub comment: Option<String>,
    /// When it should arrive.
    #[serde(default)]
    pub expected: Option<Date>,
}

/// Changes a shipment's own fields; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateShipment {
    /// What it is called elsewhere.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Option<String>>,
    /// What the sender notes of it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub comment: Option<Option<String>>,
    /// What the receiver notes of it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub receiver_comment: Option<Option<String>>,
    /// How it travels.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub transport: Option<Option<String>>,
    /// When it should arrive.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub expected: Option<Option<Date>>,
    /// Whether its status cannot change.
    pub on_hold: Option<bool>,
}

/// Changes a line; absent fields stay. Batch, expiry and pack size may change only on goods of a partner that are not
/// received yet; goods of one's own are what their stock line says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateLine {
    /// How many units.
    pub quantity: Option<Quantity>,
    /// Price of a pack.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub price: Option<Option<Money>>,
    /// What the sender notes of it.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub note: Option<Option<String>>,
    /// Batch.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub batch: Option<Option<String>>,
    /// Last day of use.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Option<Date>>,
    /// Units per pack.
    pub pack_size: Option<u32>,
    /// Why it goes back, on a return.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub reason: Option<Option<DocumentId>>,
}

/// Chooses batches for the lines that have none yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Allocate {
    /// Whether quantities are rounded up to whole packs.
    #[serde(default = "yes")]
    pub whole_packs: bool,
}

impl Default for Allocate {
    fn default() -> Self {
        Self { whole_packs: true }
    }
}

/// Takes a shipment to a status; those passed over get the same time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetStatus {
    /// The status.
    pub status: Status,
}

/// Says what arrived of a line; absent fields stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SetReceived {
    /// How many units arrived.
    pub quantity: Option<Quantity>,
    /// Where they are put; not after they were received.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub location: Option<Option<DocumentId>>,
    /// What the receiver thinks of them.
    pub verdict: Option<Verdict>,
    /// What the receiver notes of them.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub note: Option<Option<String>>,
    /// Units per pack as the receiver keeps them, where that is not as they were sent; not after they were received.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub pack_size: Option<Option<u32>>,
}

/// Says how many units of a line were checked against the shipment while picking, on all devices together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetChecked {
    /// How many units.
    pub quantity: Quantity,
}

/// A box that was scanned while picking or while unpacking: it counts towards the line that it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScanBox {
    /// What the scanner read.
    pub text: String,
    /// The line, where somebody chose it among several that fit.
    #[serde(default)]
    pub line: Option<DocumentId>,
}

/// What came of a scanned box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScannedBox {
    /// The line that it counted towards; none if it did not count.
    pub line: Option<DocumentId>,
    /// The item, where it is known.
    pub item: Option<DocumentId>,
    /// How many units the box holds.
    pub units: Quantity,
    /// How many units of the line are counted now.
    pub counted: Quantity,
    /// How many there should be.
    pub expected: Quantity,
    /// What to look at.
    pub warnings: Vec<BoxWarning>,
    /// Lines that fit, where several do and somebody has to choose.
    pub choices: Vec<DocumentId>,
}

/// What somebody should look at who scanned a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BoxWarning {
    /// Nobody has said yet which item the article number means. It did not count.
    UnknownArticle,
    /// The label can be read in several ways. It did not count.
    Unclear,
    /// The item is not on this shipment. It did not count.
    NotOnShipment,
    /// The item is on this shipment, in another batch. It did not count.
    WrongBatch,
    /// Several lines fit: choose one. It did not count.
    SeveralLines,
    /// Past its last day of use.
    Expired,
    /// The label says another last day of use than the shipment.
    ExpiryDiffers,
    /// More than there should be.
    TooMany,
}

impl BoxWarning {
    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownArticle => "unknown-article",
            Self::Unclear => "unclear",
            Self::NotOnShipment => "not-on-shipment",
            Self::WrongBatch => "wrong-batch",
            Self::SeveralLines => "several-lines",
            Self::Expired => "expired",
            Self::ExpiryDiffers => "expiry-differs",
            Self::TooMany => "too-many",
        }
    }
}

/// Takes goods into stock: lines that are not named arrived as they were sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Receive {
    /// Lines of which something is to be said.
    pub lines: Vec<ReceiveLine>,
}

/// A line of [`Receive`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReceiveLine {
    /// The line.
    pub line: DocumentId,
    /// How many units arrived; as many as were sent if absent.
    #[serde(default)]
    pub quantity: Option<Quantity>,
    /// Where they are put.
    #[serde(default)]
    pub location: Option<DocumentId>,
    /// What the receiver thinks of them.
    #[serde(default)]
    pub verdict: Option<Verdict>,
    /// What the receiver notes of them.
    #[serde(default)]
    pub note: Option<String>,
}

/// Settles a late amendment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettleLine {
    /// Whether the edit tells what left the shelf; otherwise the line goes back to what was picked.
    pub accept: bool,
}

/// Records a shipment of the past, with the stock lines it became at the receiver's. For imports; central only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordShipment {
    /// Its id, so that an import is repeatable; the ids of its lines follow from it.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// Who sent.
    pub from: End,
    /// Who received.
    pub to: End,
    /// Its lines.
    pub lines: Vec<RecordLine>,
    /// How far it came.
    pub status: Status,
    /// When the goods left.
    #[serde(with = "crate::instant")]
    pub sent_at: Timestamp,
    /// When they were received; when they left if absent.
    #[serde(default, with = "crate::instant::optional")]
    pub received_at: Option<Timestamp>,
    /// What it is called elsewhere.
    #[serde(default)]
    pub reference: Option<String>,
    /// What people note of it.
    #[serde(default)]
    pub comment: Option<String>,
    /// How it travelled.
    #[serde(default)]
    pub transport: Option<String>,
}

/// A line of [`RecordShipment`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordLine {
    /// The item.
    pub item: DocumentId,
    /// The stock line it left, where a store sent.
    #[serde(default)]
    pub stock_line: Option<DocumentId>,
    /// How many units.
    pub quantity: Quantity,
    /// Batch.
    #[serde(default)]
    pub batch: Option<String>,
    /// Last day of use.
    #[serde(default)]
    pub expiry: Option<Date>,
    /// Units per pack; the item's if absent.
    #[serde(default)]
    pub pack_size: Option<u32>,
    /// Price of a pack.
    #[serde(default)]
    pub price: Option<Money>,
    /// What people note of it.
    #[serde(default)]
    pub note: Option<String>,
}
