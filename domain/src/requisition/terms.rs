//! What a programme says about an order: its kind, its period, and how many of them a store may make.

use crdt_store::{DocumentId, Failure, Rejection, StoreError, Txn, ViewRead, ViewReadExt};
use serde::Serialize;

use super::types::{CreateRequisition, Requisition, Status};
use crate::period_schedule::{self, Period, PeriodScheduleRow};
use crate::programme::order_type::{self, OrderTypeRow};
use crate::programme::{self, ProgrammeRow};
use crate::text::{Key, day_of};
use crate::{Date, reject, views};

/// How many periods back an order may still be for.
const PERIODS_BACK: usize = 12;

/// What a new order is bound to.
#[derive(Default)]
pub(super) struct Terms {
    pub(super) order_type: Option<OrderTypeRow>,
    pub(super) period: Option<Period>,
}

/// How many orders of a kind a store has sent in a period, and how many it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderLimit {
    /// How many it has sent, as far as is known here.
    pub sent: u64,
    /// How many it may send.
    pub allowed: u32,
}

impl OrderLimit {
    /// Whether more were sent than may be, as by two devices that did not know of each other.
    pub fn is_exceeded(&self) -> bool {
        self.sent > u64::from(self.allowed)
    }
}

/// The terms of an order that is about to be made.
///
/// # Errors
/// `validation` or `not-found` for what the programme does not know; `order-limit` where the store has made as many in the
/// period as it may.
pub(super) fn choose(txn: &Txn<'_>, command: &CreateRequisition) -> Result<Terms, Failure> {
    let Some(programme) = command.programme else {
        return match (command.order_type, command.period) {
            (Some(_), _) => Err(reject::validation("/orderType", "kinds of orders are a programme's").into()),
            (None, Some(_)) => Err(reject::validation("/period", "periods are a programme's").into()),
            (None, None) => Ok(Terms::default()),
        };
    };
    let programme = programme::require(txn, "/programme", command.store, programme)?;
    let order_type = choose_order_type(&programme, command)?;
    let schedule = match programme.schedule {
        Some(id) => period_schedule::find(txn, id)?,
        None => None,
    };
    let period = choose_period(schedule.as_ref(), command.period, day_of(txn.now()))?;
    if let (Some(order_type), Some(period)) = (&order_type, period) {
        let series = Series { store: command.store, programme: programme.id, order_type, period };
        // A draft will be sent: it counts as well.
        series.require_room(txn, None, &|status| status != Status::Discarded)?;
    }
    Ok(Terms { order_type, period })
}

fn choose_order_type(
    programme: &ProgrammeRow,
    command: &CreateRequisition,
) -> Result<Option<OrderTypeRow>, Failure> {
    let Some(id) = command.order_type else {
        return match programme.choosable_order_types().next() {
            None => Ok(None),
            Some(_) => Err(reject::validation("/orderType", "choose the kind of order").into()),
        };
    };
    let says = "the kind of order says";
    if command.min_months.is_some() {
        return Err(reject::validation("/minMonths", says).into());
    }
    if command.max_months.is_some() {
        return Err(reject::validation("/maxMonths", says).into());
    }
    let found = order_type::require(programme, id)?.clone();
    match command.emergency && !found.emergency {
        true => Err(reject::validation("/emergency", says).into()),
        false => Ok(Some(found)),
    }
}

/// The period that is asked for, or the one that is under way: it may also be the next one, or one of the year before.
fn choose_period(
    schedule: Option<&PeriodScheduleRow>,
    wanted: Option<Date>,
    today: Date,
) -> Result<Option<Period>, Rejection> {
    let (schedule, from) = match (schedule, wanted) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(reject::validation("/period", "the programme has no periods")),
        (Some(schedule), None) => return Ok(schedule.period_of(today)),
        (Some(schedule), Some(from)) => (schedule, from),
    };
    let period = schedule
        .starting(from)
        .ok_or_else(|| reject::validation("/period", "no period of the programme begins on that day"))?;
    let (earliest, current) = (schedule.latest(today, PERIODS_BACK + 1).pop(), schedule.period_of(today));
    let is_next = schedule.before(period) == current;
    let is_past = period.from <= today && earliest.is_some_and(|earliest| period >= earliest);
    match is_next || is_past {
        true => Ok(Some(period)),
        false => Err(reject::validation("/period", "the next period, or one of the last twelve")),
    }
}

/// Refuses to send more orders of a kind in a period than the kind allows, or one with more lines.
pub(super) fn require_within_limits(
    txn: &Txn<'_>,
    id: DocumentId,
    requisition: &Requisition,
) -> Result<(), Failure> {
    let Some((order_type, period)) = known_terms(txn, requisition)? else { return Ok(()) };
    if let Some(most) = order_type.max_lines.filter(|most| requisition.sent.len() > *most as usize) {
        let wanted = format!("an order of the kind «{}» has at most {most} lines", order_type.name);
        return Err(Rejection::new("order-too-long", wanted).at("/lines").with("allowed", most).into());
    }
    let (Some(programme), Some(period)) = (requisition.programme, period) else { return Ok(()) };
    let series = Series { store: requisition.customer, programme, order_type: &order_type, period };
    series.require_room(txn, Some(id), &was_sent)
}

/// How many orders of its kind were sent in its period, where they are limited.
pub(crate) fn limit_of(
    read: &(impl ViewRead + ?Sized),
    requisition: &Requisition,
) -> Result<Option<OrderLimit>, Failure> {
    let Some((order_type, Some(period))) = known_terms(read, requisition)? else { return Ok(None) };
    let (Some(programme), Some(allowed)) = (requisition.programme, order_type.max_orders) else {
        return Ok(None);
    };
    let series = Series { store: requisition.customer, programme, order_type: &order_type, period };
    Ok(Some(OrderLimit { sent: series.count(read, None, &was_sent)?, allowed }))
}

/// The kind and the period of an order, as far as they are known here.
pub(crate) fn known_terms(
    read: &(impl ViewRead + ?Sized),
    requisition: &Requisition,
) -> Result<Option<(OrderTypeRow, Option<Period>)>, StoreError> {
    let (Some(programme), Some(order_type)) = (requisition.programme, requisition.order_type) else {
        return Ok(None);
    };
    let Some(order_type) = order_type::find(read, programme, order_type)? else { return Ok(None) };
    Ok(Some((order_type, period_of(read, requisition)?)))
}

/// The period of an order, if its programme has periods.
pub(crate) fn period_of(
    read: &(impl ViewRead + ?Sized),
    requisition: &Requisition,
) -> Result<Option<Period>, StoreError> {
    let (Some(programme), Some(from)) = (requisition.programme, requisition.period) else { return Ok(None) };
    let Some(schedule) = programme::find(read, programme)?.and_then(|row| row.schedule) else {
        return Ok(None);
    };
    Ok(period_schedule::find(read, schedule)?.and_then(|schedule| schedule.starting(from)))
}

fn was_sent(status: Status) -> bool {
    matches!(status, Status::Sent | Status::Finalised)
}

/// The orders of one kind that a store makes in one period.
struct Series<'a> {
    store: DocumentId,
    programme: DocumentId,
    order_type: &'a OrderTypeRow,
    period: Period,
}

impl Series<'_> {
    /// How many there are of which the status counts, besides one's own.
    fn count(
        &self,
        read: &(impl ViewRead + ?Sized),
        own: Option<DocumentId>,
        counts: &dyn Fn(Status) -> bool,
    ) -> Result<u64, StoreError> {
        let key = key_of(self.store, self.programme, self.order_type.id, self.period.from).build();
        let made: Vec<(DocumentId, Status)> = read.rows(views::REQUISITION_BY_PERIOD, &key)?;
        let others = made.into_iter().filter(|(id, status)| Some(*id) != own && counts(*status));
        Ok(others.count() as u64)
    }

    fn require_room(
        &self,
        txn: &Txn<'_>,
        own: Option<DocumentId>,
        counts: &dyn Fn(Status) -> bool,
    ) -> Result<(), Failure> {
        let Some(allowed) = self.order_type.max_orders else { return Ok(()) };
        let made = self.count(txn, own, counts)?;
        if made < u64::from(allowed) {
            return Ok(());
        }
        let (name, Period { from, to }) = (&self.order_type.name, self.period);
        let detail = format!(
            "{allowed} of the kind «{name}» may be made from {from} to {to}, and there are {made}: change one that \
             is not sent yet, or order in another kind"
        );
        let rejection = Rejection::new("order-limit", detail).at("/orderType");
        Err(rejection.with("allowed", allowed).with("made", made).into())
    }
}

/// Where an order of a kind stands among those of its period.
pub(super) fn key_of(store: DocumentId, programme: DocumentId, order_type: DocumentId, period: Date) -> Key {
    Key::new().id(store).id(programme).id(order_type).day(Some(period))
}
