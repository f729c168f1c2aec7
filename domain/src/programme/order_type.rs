//! The kinds of orders that a programme knows, and how often and how much each may ask for.

use crdt_store::{DocumentId, Failure, Rejection, Txn, ViewRead};
use serde::{Deserialize, Serialize};

use super::{Programme, ProgrammeRow};
use crate::permission::{Caller, Permission};
use crate::quantity::Quantity;
use crate::record::{self, Created, clearable};
use crate::reject;

/// Most kinds of orders of one programme.
pub const ORDER_TYPES_MAX: usize = 50;

/// Most months of stock that can be asked for.
pub(crate) const STOCK_MONTHS_MAX: Quantity = Quantity::whole(60);

/// Most orders or lines that a limit can allow: more is no limit.
const LIMIT_MAX: u32 = 10_000;

/// A kind of order, within a programme.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderType {
    /// Name.
    pub name: String,
    /// Whether its orders cannot wait for the next regular one.
    pub emergency: bool,
    /// Months of stock below which something is suggested, in thousandths of a month.
    pub min_months: Quantity,
    /// Months of stock that are suggested up to, in thousandths of a month.
    pub max_months: Quantity,
    /// How many a store may make in a period; any number if absent.
    pub max_orders: Option<u32>,
    /// How many lines one may have; any number if absent.
    pub max_lines: Option<u32>,
    /// Whether it may be chosen.
    pub active: bool,
}

/// A kind of order in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderTypeRow {
    /// Id.
    pub id: DocumentId,
    /// Name.
    pub name: String,
    /// Whether its orders cannot wait for the next regular one.
    pub emergency: bool,
    /// Months of stock below which something is suggested.
    pub min_months: Quantity,
    /// Months of stock that are suggested up to.
    pub max_months: Quantity,
    /// How many a store may make in a period; any number if absent.
    pub max_orders: Option<u32>,
    /// How many lines one may have; any number if absent.
    pub max_lines: Option<u32>,
    /// Whether it may be chosen.
    pub active: bool,
}

impl OrderTypeRow {
    pub(super) fn of(id: DocumentId, order_type: &OrderType) -> Self {
        let OrderType { name, emergency, min_months, max_months, max_orders, max_lines, active } = order_type;
        Self {
            id,
            name: name.clone(),
            emergency: *emergency,
            min_months: *min_months,
            max_months: *max_months,
            max_orders: *max_orders,
            max_lines: *max_lines,
            active: *active,
        }
    }
}

/// Makes a kind of order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateOrderType {
    /// Its id, where an import must be repeatable.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// Name, unique in the programme.
    pub name: String,
    /// Whether its orders cannot wait for the next regular one.
    #[serde(default)]
    pub emergency: bool,
    /// Months of stock below which something is suggested: 0 to 60.
    pub min_months: Quantity,
    /// Months of stock that are suggested up to: not below the least, to 60.
    pub max_months: Quantity,
    /// How many a store may make in a period: the programme then needs a schedule.
    #[serde(default)]
    pub max_orders: Option<u32>,
    /// How many lines one may have.
    #[serde(default)]
    pub max_lines: Option<u32>,
}

/// Changes a kind of order; absent fields stay. Orders that were made keep the months they were made with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdateOrderType {
    /// Name, unique in the programme.
    #[serde(deserialize_with = "record::given")]
    pub name: Option<String>,
    /// Whether its orders cannot wait for the next regular one.
    #[serde(deserialize_with = "record::given")]
    pub emergency: Option<bool>,
    /// Months of stock below which something is suggested.
    #[serde(deserialize_with = "record::given")]
    pub min_months: Option<Quantity>,
    /// Months of stock that are suggested up to.
    #[serde(deserialize_with = "record::given")]
    pub max_months: Option<Quantity>,
    /// How many a store may make in a period.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub max_orders: Option<Option<u32>>,
    /// How many lines one may have.
    #[serde(deserialize_with = "clearable", skip_serializing_if = "Option::is_none")]
    pub max_lines: Option<Option<u32>>,
    /// Whether it may be chosen.
    #[serde(deserialize_with = "record::given")]
    pub active: Option<bool>,
}

// ---- rules ----

/// What a level of stock may be, or the rejection that points at what it is not.
pub(crate) fn require_months(min: Quantity, max: Quantity) -> Result<(), Rejection> {
    let within = |months: Quantity| !months.is_negative() && months <= STOCK_MONTHS_MAX;
    if !within(min) {
        return Err(reject::validation("/minMonths", "0 to 60 months"));
    }
    if !within(max) || max < min {
        return Err(reject::validation("/maxMonths", "not below the least, and at most 60 months"));
    }
    Ok(())
}

fn require_limit(pointer: &str, limit: Option<u32>) -> Result<(), Rejection> {
    match limit.is_none_or(|limit| (1..=LIMIT_MAX).contains(&limit)) {
        true => Ok(()),
        false => Err(reject::validation(pointer, format!("1 to {LIMIT_MAX}; nothing for no limit"))),
    }
}

/// What a kind of order may be in its programme.
fn require_sound(programme: &Programme, id: DocumentId, order_type: &OrderType) -> Result<(), Failure> {
    require_months(order_type.min_months, order_type.max_months)?;
    require_limit("/maxOrders", order_type.max_orders)?;
    require_limit("/maxLines", order_type.max_lines)?;
    if order_type.max_orders.is_some() && programme.schedule.is_none() {
        let wanted = "a limit for each period needs a programme with periods: give it a schedule first";
        return Err(reject::validation("/maxOrders", wanted).into());
    }
    let is_taken = |(other, listed): (&DocumentId, &OrderType)| {
        *other != id && crate::text::fold(&listed.name) == crate::text::fold(&order_type.name)
    };
    match programme.order_types.iter().any(is_taken) {
        true => Err(reject::validation("/name", "the programme has a kind of order of this name").into()),
        false => Ok(()),
    }
}

/// A kind of order that may be chosen in a programme, or the rejection that points at the choice.
pub(crate) fn require(programme: &ProgrammeRow, id: DocumentId) -> Result<&OrderTypeRow, Rejection> {
    let found = programme.order_types.iter().find(|row| row.id == id && row.active);
    found.ok_or_else(|| reject::not_found("order type", id).at("/orderType"))
}

/// A kind of order as it is known here, whether it may be chosen or not.
pub(crate) fn find(
    read: &(impl ViewRead + ?Sized),
    programme: DocumentId,
    id: DocumentId,
) -> Result<Option<OrderTypeRow>, crdt_store::StoreError> {
    let row = super::find(read, programme)?;
    Ok(row.and_then(|row| row.order_types.into_iter().find(|listed| listed.id == id)))
}

// ---- write ----

/// Makes a kind of order of a programme. Central only.
pub fn create(
    txn: &mut Txn<'_>,
    caller: &Caller,
    programme: DocumentId,
    command: &CreateOrderType,
) -> Result<Created, Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let old: Programme = record::load(txn, programme)?;
    let id = command.id.unwrap_or_else(|| txn.new_id());
    if old.order_types.contains_key(&id) {
        return Err(Rejection::new("duplicate-id", format!("{id} exists already")).at("/id").into());
    }
    if old.order_types.len() >= ORDER_TYPES_MAX {
        let wanted = format!("a programme has at most {ORDER_TYPES_MAX} kinds of orders");
        return Err(reject::validation("", wanted).into());
    }
    let order_type = OrderType {
        name: record::valid_name("/name", &command.name)?,
        emergency: command.emergency,
        min_months: command.min_months,
        max_months: command.max_months,
        max_orders: command.max_orders,
        max_lines: command.max_lines,
        active: true,
    };
    require_sound(&old, id, &order_type)?;
    let mut new = old.clone();
    new.order_types.insert(id, order_type);
    record::put_difference(txn, programme, &old, &new);
    Ok(Created { id })
}

/// Changes a kind of order of a programme. Central only.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    programme: DocumentId,
    id: DocumentId,
    command: &UpdateOrderType,
) -> Result<(), Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let old: Programme = record::load(txn, programme)?;
    let mut new = old.clone();
    let listed = new.order_types.get_mut(&id).ok_or_else(|| reject::not_found("order type", id))?;
    if let Some(name) = &command.name {
        listed.name = record::valid_name("/name", name)?;
    }
    record::set(&mut listed.emergency, command.emergency);
    record::set(&mut listed.min_months, command.min_months);
    record::set(&mut listed.max_months, command.max_months);
    record::set(&mut listed.max_orders, command.max_orders);
    record::set(&mut listed.max_lines, command.max_lines);
    record::set(&mut listed.active, command.active);
    require_sound(&new, id, &new.order_types[&id])?;
    record::put_difference(txn, programme, &old, &new);
    Ok(())
}
