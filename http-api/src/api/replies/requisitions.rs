//! Requisitions, as internal orders or as customers' requisitions.

use crdt_store::{DocumentId, Timestamp};
use domain::requisition::{Approval, Decision, Frozen, Status};
use domain::shipment::{End, ShipmentRow};
use domain::{Date, Quantity};
use serde::{Deserialize, Serialize};

/// A requisition in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequisitionListRow {
    /// Id.
    pub id: DocumentId,
    /// Number for people.
    pub number: String,
    /// The store that asks.
    pub customer: DocumentId,
    /// Who is asked.
    pub supplier: End,
    /// The programme it is for.
    pub programme: Option<DocumentId>,
    /// What kind of order it is, of those of its programme.
    pub order_type: Option<DocumentId>,
    /// First day of the period it is for, where its programme has periods.
    pub period: Option<Date>,
    /// The customer's R&R form that it follows from, if it does.
    pub rnr_form: Option<DocumentId>,
    /// Whether it cannot wait for the next regular one.
    pub emergency: bool,
    /// How far it has come.
    pub status: Status,
    /// When it reached its status.
    #[serde(with = "domain::instant")]
    pub status_at: Timestamp,
    /// What the supplier decided, if it did.
    pub approval: Option<Approval>,
    /// When it was made.
    #[serde(with = "domain::instant")]
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: DocumentId,
    /// When the goods are needed.
    pub expected: Option<Date>,
    /// How many lines ask for something.
    pub lines: u32,
    /// How many of them the customer would have otherwise than they were sent.
    pub amendments: u32,
    /// What it is called elsewhere.
    pub reference: Option<String>,
    /// What the customer notes of it.
    pub comment: Option<String>,
    /// The name of the store or partner at the other end.
    pub other_name: String,
}

/// A requisition with its lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequisitionDetail {
    /// Id.
    pub id: DocumentId,
    /// Number for people.
    pub number: String,
    /// The store that asks.
    pub customer: DocumentId,
    /// Who is asked.
    pub supplier: End,
    /// The programme it is for.
    pub programme: Option<DocumentId>,
    /// What kind of order it is, of those of its programme.
    pub order_type: Option<DocumentId>,
    /// First day of the period it is for, where its programme has periods.
    pub period: Option<Date>,
    /// The customer's R&R form that it follows from, if it does.
    pub rnr_form: Option<DocumentId>,
    /// Whether it cannot wait for the next regular one.
    pub emergency: bool,
    /// How far it has come.
    pub status: Status,
    /// When it reached its status.
    #[serde(with = "domain::instant")]
    pub status_at: Timestamp,
    /// What the supplier decided, if it did.
    pub approval: Option<Approval>,
    /// When it was made.
    #[serde(with = "domain::instant")]
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: DocumentId,
    /// When the goods are needed.
    pub expected: Option<Date>,
    /// How many lines ask for something.
    pub lines: u32,
    /// How many of them the customer would have otherwise than they were sent.
    pub amendments: u32,
    /// What it is called elsewhere.
    pub reference: Option<String>,
    /// What the customer notes of it.
    pub comment: Option<String>,
    /// The name of the store that asks.
    pub customer_name: String,
    /// The name of who is asked.
    pub supplier_name: String,
    /// The name of its kind, of those of its programme.
    pub order_type_name: Option<String>,
    /// How many of its kind were sent in its period, and how many may be.
    pub limit: Option<OrderLimit>,
    /// How many lines one of its kind may have.
    pub max_lines: Option<u32>,
    /// The last day of the period it is for.
    pub period_end: Option<Date>,
    /// Months of stock below which something is suggested.
    pub min_months: Quantity,
    /// Months of stock that are suggested up to.
    pub max_months: Quantity,
    /// What the supplier notes of it.
    pub supplier_comment: Option<String>,
    /// What the supplier decided, when, and who.
    pub decision: Option<Decision>,
    /// Whether all that was asked for has left the supplier's shelf.
    pub is_covered: bool,
    /// Lines by item name, those struck off left out.
    pub line_details: Vec<RequisitionLine>,
    /// The shipments that answer it, oldest first.
    pub shipments: Vec<ShipmentRow>,
}

/// A line of a requisition, as both ends see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequisitionLine {
    /// The item.
    pub item: DocumentId,
    /// Its code.
    pub item_code: String,
    /// Its name.
    pub item_name: String,
    /// Its base unit.
    pub unit: String,
    /// Units per pack, by default.
    pub pack_size: u32,
    /// What it is asked for on: as it was when it was sent; of a draft, as it is now; nothing of what was asked for after
    /// sending.
    pub grounds: Option<Frozen>,
    /// For how many months the stock of then lasts; nothing where nothing is consumed.
    pub months_of_stock: Option<Quantity>,
    /// Units asked for.
    pub requested: Quantity,
    /// Why that is not what was suggested.
    pub reason: Option<DocumentId>,
    /// The reason's text.
    pub reason_text: Option<String>,
    /// What the customer notes of it.
    pub note: Option<String>,
    /// What the customer would have otherwise since it was sent.
    pub amendment: Option<Quantity>,
    /// How far its supply has come.
    pub progress: SupplyProgress,
    /// Units to be given that are in no shipment yet.
    pub remaining: Quantity,
    /// What the supplier notes of it.
    pub supply_note: Option<String>,
    /// Units that the supplier has to give; nothing for the customer, whose stock it is not.
    pub available: Option<Quantity>,
}

/// How far the supply of an item has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SupplyProgress {
    /// Units asked for.
    pub requested: Quantity,
    /// Units that will be given.
    pub supply: Quantity,
    /// Units that shipments were made for and hold.
    pub answered: Quantity,
    /// Units in shipments, those still being packed included: more than they were made for where packs are larger.
    pub on_shipments: Quantity,
    /// Units that have left the shelf.
    pub shipped: Quantity,
}

/// How many orders of a kind a store has sent in a period, and how many it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderLimit {
    /// How many it has sent, as far as is known here.
    pub sent: u64,
    /// How many it may send.
    pub allowed: u32,
}

/// How an item that is short is shared among all who wait for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ItemShares {
    /// The item.
    pub item: DocumentId,
    /// How many units there are to share.
    pub available: Quantity,
    /// How many units a pack holds.
    pub pack_size: u32,
    /// What each gets: this requisition first, the others oldest first.
    pub shares: Vec<RequisitionShare>,
}

/// What a requisition gets of what is short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequisitionShare {
    /// The requisition.
    pub requisition: DocumentId,
    /// Its number for people.
    pub number: String,
    /// Who asks.
    pub customer: DocumentId,
    /// Whether it cannot wait.
    pub emergency: bool,
    /// Units in shipments for it already: they are its own.
    pub on_shipments: Quantity,
    /// Units it still waits for.
    pub need: Quantity,
    /// Units that would be its own if packs could be opened.
    pub proportional: Quantity,
    /// Units that it gets, beside those in shipments: whole packs.
    pub quantity: Quantity,
}
