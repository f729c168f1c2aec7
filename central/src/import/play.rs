//! Past deliveries lived again: what the import records as shipments of the past is ordered, supplied and received here, act by
//! act, by the rules of every day. For benchmarks, and for tests that count whether it all adds up.
//!
//! ```text
//!  partner ──inbound shipment──> centre <──order── store        one order for each delivery note of the centre's,
//!                                   └──outbound shipment──> store  supplied as requested, received, finalised
//!  vendor ──────────inbound shipment──────────────> store        one for each direct delivery
//! ```
//!
//! Nobody wrote down what the centre bought. It buys at the beginning of each month what it will send in the month, in single
//! units: what is asked for in packs of one size may be served from packs of another, and is then rounded up, which is right
//! on a shelf and wrong where every unit is counted against a file.

use std::collections::BTreeMap;

use crdt_store::{Author, Batch, DocumentId, Failure, Rejection, Store, StoreError, Timestamp, Txn};
use domain::partner::CreatePartner;
use domain::requisition::{self, CreateRequisition, LineSelection, NewLine};
use domain::shipment::{self, AddLine, CreateInbound, LINES_MAX, Receive, SetStatus, Status};
use domain::text::start_of_day;
use domain::{Caller, Date, Money, Numbered, Quantity, Role};

use super::apply::{AUTHOR, reference_commands};
use super::mapping::Mapping;
use super::plan::{Plan, PlannedLine, PlannedShipment, plan};
use super::rows::{Kind, Rows};

/// Deliveries in one transaction, at the time of the first of them: a commit costs more than a delivery does.
const DELIVERIES_AT_ONCE: usize = 20;

/// Noon, as an import has it: the same day in nearly every time zone.
const NOON_MS: i64 = 12 * 3_600_000;

/// What was lived through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Played {
    /// Shipments that the centre bought.
    pub purchases: u64,
    /// Orders of stores: made, sent, supplied and finalised.
    pub orders: u64,
    /// Their lines, one for each item.
    pub order_lines: u64,
    /// Shipments that came to stores from vendors.
    pub direct: u64,
    /// Rows of the file that all this tells of.
    pub rows: u64,
}

/// Why it could not be lived to its end.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The database could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A command was refused.
    #[error("{what}: {rejection}")]
    Refused {
        /// The delivery it was about, by its number.
        what: String,
        /// Why.
        rejection: Rejection,
    },
}

impl PlayError {
    /// A refusal apart from a failure of the database, after which the whole transaction must be given up.
    fn apart<T>(done: Result<T, Self>) -> Result<Result<T, Self>, StoreError> {
        match done {
            Err(Self::Store(error)) => Err(error),
            done => Ok(done),
        }
    }
}

/// Lives through the deliveries of a file in a new central, by day. Rows that cannot be planned are left out, as by the
/// import.
///
/// # Errors
/// `Refused` where a rule of every day forbids what the file says; an error of the store.
pub fn play(store: &mut Store, rows: &Rows, mapping: &Mapping) -> Result<Played, PlayError> {
    let planned = plan(rows, mapping);
    let bought = Purchases::of(&planned);
    let mut played = Played::default();
    let Some(first) = planned.shipments.first() else { return Ok(played) };
    let partner = planned.centre.id.derived("suppliers of the centre");
    found(store, &planned, partner, at(first.date.first_of_month(), 0))?;
    let mut month = None;
    for deliveries in planned.shipments.chunks(DELIVERIES_AT_ONCE) {
        let now = at(deliveries[0].date, NOON_MS);
        let (done, _) = store.write(now, |batch| {
            let mut life = Life { batch, centre: planned.centre.id, partner, played: &mut played };
            PlayError::apart(life.live(deliveries, &bought, &mut month))
        })?;
        done?;
    }
    Ok(played)
}

fn at(day: Date, ms: i64) -> Timestamp {
    Timestamp::from_millis(start_of_day(day).as_millis() + ms)
}

/// Makes the items, stores and partners of a plan, and the partner that the centre buys from.
fn found(store: &mut Store, plan: &Plan, partner: DocumentId, now: Timestamp) -> Result<(), PlayError> {
    let author = Author { message: Some(AUTHOR.to_owned()) };
    let suppliers = CreatePartner {
        id: Some(partner),
        code: format!("{}-SUPPLIERS", plan.centre.code),
        name: "Suppliers of the centre".to_owned(),
        customer: false,
        supplier: true,
        manufacturer: false,
        donor: false,
    };
    let (done, _) = store.write(now, |batch| {
        for step in reference_commands(plan.clone()) {
            if let Err(rejection) = batch.execute(&author, step)? {
                return Ok(Err(rejection));
            }
        }
        let made = batch.execute(&author, |txn| {
            domain::partner::create(txn, &Caller::system(Role::Central), &suppliers).map(drop)
        })?;
        Ok(made)
    })?;
    done.map_err(|rejection| PlayError::Refused { what: "what everybody knows".to_owned(), rejection })
}

/// What the centre sends, by month and item, in thousandths of a unit.
struct Purchases(BTreeMap<Date, BTreeMap<DocumentId, i64>>);

impl Purchases {
    fn of(plan: &Plan) -> Self {
        let mut months: BTreeMap<Date, BTreeMap<DocumentId, i64>> = BTreeMap::new();
        for delivery in plan.shipments.iter().filter(|delivery| delivery.kind == Kind::Transfer) {
            let month = months.entry(delivery.date.first_of_month()).or_default();
            for line in &delivery.lines {
                *month.entry(line.lot.item).or_default() += line.units;
            }
        }
        Self(months)
    }

    fn of_month(&self, month: Date) -> Vec<AddLine> {
        let items = self.0.get(&month).into_iter().flatten();
        items.map(|(item, units)| bought(*item, *units)).collect()
    }
}

fn bought(item: DocumentId, units: i64) -> AddLine {
    AddLine {
        item: Some(item),
        stock_line: None,
        quantity: Quantity::from_thousandths(units),
        batch: None,
        expiry: None,
        manufactured: None,
        pack_size: Some(1),
        price: None,
        note: None,
        returns: None,
        reason: None,
        whole_packs: false,
    }
}

fn delivered(line: &PlannedLine) -> AddLine {
    AddLine {
        batch: line.lot.batch.clone(),
        expiry: line.lot.expiry,
        pack_size: Some(line.lot.pack_size),
        price: line.pack_price.map(Money::from_thousandths),
        note: Some(line.row.clone()),
        ..bought(line.lot.item, line.units)
    }
}

/// Those at work, within one transaction.
struct Life<'b, 's, 'p> {
    batch: &'b mut Batch<'s>,
    centre: DocumentId,
    partner: DocumentId,
    played: &'p mut Played,
}

impl Life<'_, '_, '_> {
    fn act<T>(
        &mut self,
        what: &str,
        command: impl FnOnce(&mut Txn<'_>, &Caller) -> Result<T, Failure>,
    ) -> Result<T, PlayError> {
        let author = Author { message: Some(AUTHOR.to_owned()) };
        let caller = Caller::system(Role::Central);
        let done = self.batch.execute(&author, |txn| command(txn, &caller))?;
        done.map_err(|rejection| PlayError::Refused { what: what.to_owned(), rejection })
    }

    /// Deliveries in their order; each month begins with what the centre buys for it.
    fn live(
        &mut self,
        deliveries: &[PlannedShipment],
        bought: &Purchases,
        month: &mut Option<Date>,
    ) -> Result<(), PlayError> {
        for delivery in deliveries {
            let begins = delivery.date.first_of_month();
            if month.replace(begins) != Some(begins) {
                self.buy(&bought.of_month(begins))?;
            }
            self.deliver(delivery)?;
        }
        Ok(())
    }

    /// The centre takes in what it will send in a month.
    fn buy(&mut self, lines: &[AddLine]) -> Result<(), PlayError> {
        for lines in lines.chunks(LINES_MAX) {
            self.take_in("a purchase", self.centre, self.partner, lines.to_vec())?;
            self.played.purchases += 1;
        }
        Ok(())
    }

    fn deliver(&mut self, delivery: &PlannedShipment) -> Result<(), PlayError> {
        self.played.rows += delivery.lines.len() as u64;
        match delivery.kind {
            Kind::Transfer => self.order(delivery),
            Kind::Inbound => {
                self.played.direct += 1;
                let lines = delivery.lines.iter().map(delivered).collect();
                self.take_in(&delivery.number, delivery.to, delivery.from, lines)
            }
        }
    }

    /// Goods of a partner: announced, received, verified.
    fn take_in(
        &mut self,
        what: &str,
        store: DocumentId,
        from: DocumentId,
        lines: Vec<AddLine>,
    ) -> Result<(), PlayError> {
        let reference = Some(what.to_owned());
        let create = CreateInbound { store, from, lines, reference, comment: None, expected: None };
        let made: Numbered = self.act(what, |txn, caller| shipment::create_inbound(txn, caller, &create))?;
        self.receive(what, made.id)
    }

    fn receive(&mut self, what: &str, id: DocumentId) -> Result<(), PlayError> {
        self.act(what, |txn, caller| shipment::receive(txn, caller, id, &Receive::default()))?;
        self.act(what, |txn, caller| shipment::verify(txn, caller, id))
    }

    /// A store orders what the delivery brought; the centre gives it, and the store receives it.
    fn order(&mut self, delivery: &PlannedShipment) -> Result<(), PlayError> {
        let (what, create) = (delivery.number.as_str(), order_of(delivery));
        self.played.orders += 1;
        self.played.order_lines += create.lines.len() as u64;
        let (every, shipped) = (LineSelection::default(), SetStatus { status: Status::Shipped });
        let order = self.act(what, |txn, caller| requisition::create(txn, caller, &create))?.id;
        self.act(what, |txn, caller| requisition::send(txn, caller, order))?;
        self.act(what, |txn, caller| requisition::supply_as_requested(txn, caller, order, &every))?;
        let sent = self.act(what, |txn, caller| requisition::ship(txn, caller, order, &every))?.id;
        self.act(what, |txn, caller| shipment::set_status(txn, caller, sent, &shipped))?;
        self.receive(what, sent)?;
        self.act(what, |txn, caller| requisition::finalise(txn, caller, order))
    }
}

/// The order that a delivery of the centre's answers: each of its items once.
fn order_of(delivery: &PlannedShipment) -> CreateRequisition {
    let mut items: BTreeMap<DocumentId, i64> = BTreeMap::new();
    for line in &delivery.lines {
        *items.entry(line.lot.item).or_default() += line.units;
    }
    let asks = |(item, units)| NewLine { item, requested: Some(Quantity::from_thousandths(units)) };
    CreateRequisition {
        store: delivery.to,
        supplier: None,
        programme: None,
        order_type: None,
        period: None,
        emergency: false,
        min_months: None,
        max_months: None,
        suggest: false,
        lines: items.into_iter().map(asks).collect(),
        reference: Some(delivery.number.clone()),
        comment: None,
        expected: None,
    }
}
