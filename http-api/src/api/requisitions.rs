//! Requisitions from both ends: the customer's internal order and the supplier's requisition are one document.

use axum::http::Method;
use crdt_store::{DocumentHeader, DocumentId, Failure, Snapshot, Timestamp, Txn, ViewRead};
use domain::query::Page;
use domain::query::requisitions::{
    self, Answer, RequisitionDetail, RequisitionFilter, RequisitionLine, RequisitionListRow,
};
use domain::requisition::{
    self, AddLines, Approve, CreateRequisition, ItemShares, LineSelection, Side, Status, Supply,
    TakeAmendment, UpdateLine, UpdateRequisition,
};
use domain::{Caller, Numbered, Permission, ScopeKind};
use serde::{Deserialize, Deserializer, Serialize};

use super::input::{self, Empty, Ids};
use super::reference::Rows;
use super::replies;
use super::route::{Ask, Place, Route, Take, all_pages, command, each, files, query, sheets};
use crate::auth::Visitor;
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

const ORDERS: &str = "Internal orders";
const REQUISITIONS: &str = "Customer requisitions";
/// The class of the documents.
const CLASS: &str = "requisition";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RequisitionQuery {
    store_id: Option<DocumentId>,
    status: Option<Status>,
    emergency: Option<bool>,
    answer: Option<Answer>,
    search: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The same without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RequisitionSheetQuery {
    store_id: Option<DocumentId>,
    status: Option<Status>,
    emergency: Option<bool>,
    answer: Option<Answer>,
    search: Option<String>,
}

/// What the supplier says of a requisition as a whole: the other fields are the customer's.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UpdateAsSupplier {
    /// What it notes of it; absent is unchanged, null clears.
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    supplier_comment: Option<Option<String>>,
}

/// Tells null, which clears, from absent, which leaves as it is.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn list(ask: &Ask<'_>, side: Side, wish: RequisitionQuery) -> Result<Page<RequisitionListRow>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::RequisitionView)?;
    let RequisitionQuery { status, emergency, answer, search, limit, cursor, .. } = wish;
    let filter = RequisitionFilter { status, emergency, answer, search };
    Ok(requisitions::list(ask.read, store, side, &filter, &input::page(limit, cursor)?)?)
}

const COLUMNS: &[Column<RequisitionListRow>] = &[
    column("number", |row| Cell::text(&row.requisition.number)),
    column("status", |row| Cell::word(&row.requisition.status)),
    column("other end", |row| Cell::text(&row.other_name)),
    column("emergency", |row| Cell::Flag(row.requisition.emergency)),
    column("period", |row| Cell::day(row.requisition.period)),
    column("made", |row| Cell::Instant(row.requisition.created_at)),
    column("status since", |row| Cell::Instant(row.requisition.status_at)),
    column("expected", |row| Cell::day(row.requisition.expected)),
    column("decision", |row| Cell::or_empty(row.requisition.approval, |approval| Cell::word(&approval))),
    column("lines", |row| Cell::count(row.requisition.lines)),
    column("amendments", |row| Cell::count(row.requisition.amendments)),
    column("reference", |row| Cell::maybe(row.requisition.reference.as_ref())),
    column("comment", |row| Cell::maybe(row.requisition.comment.as_ref())),
    column("requisition", |row| Cell::id(row.requisition.id)),
];

fn file(
    ask: &Ask<'_>,
    side: Side,
    wish: RequisitionSheetQuery,
    take: &mut Take<'_, RequisitionListRow>,
) -> Result<(), Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::RequisitionView)?;
    let RequisitionSheetQuery { status, emergency, answer, search, .. } = wish;
    let filter = RequisitionFilter { status, emergency, answer, search };
    all_pages(|request| requisitions::list(ask.read, store, side, &filter, request), take)
}

/// A line with what its requisition says of itself.
struct Line {
    number: String,
    status: Status,
    other_name: String,
    made: Timestamp,
    line: RequisitionLine,
}

const LINE_COLUMNS: &[Column<Line>] = &[
    column("number", |row| Cell::text(&row.number)),
    column("status", |row| Cell::word(&row.status)),
    column("other end", |row| Cell::text(&row.other_name)),
    column("made", |row| Cell::Instant(row.made)),
    column("item code", |row| Cell::text(&row.line.item_code)),
    column("item", |row| Cell::text(&row.line.item_name)),
    column("unit", |row| Cell::text(&row.line.unit)),
    column("pack size", |row| Cell::count(row.line.pack_size)),
    column("on hand", |row| Cell::or_empty(row.line.grounds, |grounds| Cell::quantity(grounds.on_hand))),
    column("on order", |row| Cell::or_empty(row.line.grounds, |grounds| Cell::quantity(grounds.on_order))),
    column("average monthly consumption", |row| {
        Cell::or_empty(row.line.grounds, |grounds| Cell::quantity(grounds.monthly))
    }),
    column("months of stock", |row| Cell::or_empty(row.line.months_of_stock, Cell::quantity)),
    column("days out of stock", |row| {
        Cell::or_empty(row.line.grounds, |grounds| Cell::count(grounds.days_out))
    }),
    column("suggested", |row| Cell::or_empty(row.line.grounds, |grounds| Cell::quantity(grounds.suggested))),
    column("requested", |row| Cell::quantity(row.line.requested)),
    column("reason", |row| Cell::maybe(row.line.reason_text.as_ref())),
    column("note", |row| Cell::maybe(row.line.note.as_ref())),
    column("amendment", |row| Cell::or_empty(row.line.amendment, Cell::quantity)),
    column("supply", |row| Cell::quantity(row.line.progress.supply)),
    column("on shipments", |row| Cell::quantity(row.line.progress.on_shipments)),
    column("shipped", |row| Cell::quantity(row.line.progress.shipped)),
    column("remaining", |row| Cell::quantity(row.line.remaining)),
    column("supply note", |row| Cell::maybe(row.line.supply_note.as_ref())),
];

fn take_lines(detail: RequisitionDetail, side: Side, take: &mut Take<'_, Line>) -> Result<(), Problem> {
    let other_name = match side {
        Side::Customer => detail.supplier_name,
        Side::Supplier => detail.customer_name,
    };
    let row = detail.requisition;
    let line = |line: RequisitionLine| Line {
        number: row.number.clone(),
        status: row.status,
        other_name: other_name.clone(),
        made: row.created_at,
        line,
    };
    each(detail.line_details.into_iter().map(line), take)
}

fn lines_file(ask: &Ask<'_>, side: Side, take: &mut Take<'_, Line>) -> Result<(), Problem> {
    take_lines(detail(ask, side)?, side, take)
}

/// The lines of all requisitions that the list shows.
fn all_lines_file(
    ask: &Ask<'_>,
    side: Side,
    wish: RequisitionSheetQuery,
    take: &mut Take<'_, Line>,
) -> Result<(), Problem> {
    file(ask, side, wish, &mut |row| {
        let detail = requisitions::detail(ask.read, row.requisition.id, ask.state.today())?;
        take_lines(detail, side, take)
    })
}

/// The store that sees a requisition from this side, if one does: a draft is its customer's alone.
fn store_at(read: &Snapshot, header: &DocumentHeader, side: Side) -> Result<Option<DocumentId>, Problem> {
    match (ScopeKind::of(&header.scope), side) {
        (Some(ScopeKind::Transfer(_, customer) | ScopeKind::Store(customer)), Side::Customer) => {
            Ok(Some(customer))
        }
        (Some(ScopeKind::Transfer(supplier, _)), Side::Supplier) => {
            let row = requisitions::row(read, header.id)?;
            Ok(row.filter(|row| row.status != Status::Draft).map(|_| supplier))
        }
        _ => Ok(None),
    }
}

fn looks(visitor: &Visitor, store: DocumentId) -> bool {
    visitor.look(Some(store), Permission::RequisitionView).is_ok()
}

/// Whether the visitor may read a requisition from either side.
pub(super) fn may_read(read: &Snapshot, visitor: &Visitor, header: &DocumentHeader) -> Result<bool, Problem> {
    let sees = |side| -> Result<bool, Problem> {
        Ok(store_at(read, header, side)?.is_some_and(|store| looks(visitor, store)))
    };
    Ok(sees(CUSTOMER)? || sees(SUPPLIER)?)
}

/// The store from which one looks, if the visitor may look into it; any other requisition is not there.
fn visible(ask: &Ask<'_>, side: Side) -> Result<DocumentId, Problem> {
    let header = ask.read.header(ask.ids.id)?.filter(|header| header.class == CLASS);
    let store = header.map(|header| store_at(ask.read, &header, side)).transpose()?.flatten();
    store.filter(|store| looks(ask.visitor, *store)).ok_or_else(|| Problem::not_found("requisition"))
}

/// What the supplier has on its shelf is not for its customers to read.
fn detail(ask: &Ask<'_>, side: Side) -> Result<RequisitionDetail, Problem> {
    visible(ask, side)?;
    let mut detail = requisitions::detail(ask.read, ask.ids.id, ask.state.today())?;
    if side == Side::Customer {
        detail.line_details.iter_mut().for_each(|line| line.available = None);
    }
    Ok(detail)
}

fn fair_shares(ask: &Ask<'_>, _: Empty) -> Result<Rows<ItemShares>, Problem> {
    visible(ask, SUPPLIER)?;
    Ok(Rows { rows: requisition::fair_shares(ask.read, ask.ids.id)? })
}

const CUSTOMER: Side = Side::Customer;
const SUPPLIER: Side = Side::Supplier;

/// A command on an internal order, in the store that asks.
fn asking<C>(
    method: Method,
    path: &'static str,
    summary: &'static str,
    run: fn(&mut Txn<'_>, &Caller, &Ids, &C) -> Result<(), Failure>,
) -> Route
where
    C: Serialize + serde::de::DeserializeOwned + Send + 'static,
{
    let place = Place::Of(|ask| visible(ask, CUSTOMER));
    command(method, path, ORDERS, summary, place, run).codes(&["wrong-status", "read-only-here"])
}

/// A command on a customer's requisition, in the store that is asked.
fn answering<C, T>(
    method: Method,
    path: &'static str,
    summary: &'static str,
    run: fn(&mut Txn<'_>, &Caller, &Ids, &C) -> Result<T, Failure>,
) -> Route
where
    C: Serialize + serde::de::DeserializeOwned + Send + 'static,
    T: Serialize + serde::de::DeserializeOwned + Send + 'static,
{
    let place = Place::Of(|ask| visible(ask, SUPPLIER));
    command(method, path, REQUISITIONS, summary, place, run).codes(&["wrong-status", "read-only-here"])
}

fn orders() -> Vec<Route> {
    use Method as M;
    vec![
        query::<RequisitionQuery, replies::Page<replies::RequisitionListRow>, _>(
            "/api/v1/internal-orders",
            ORDERS,
            "What a store asks of its suppliers, newest first",
            |ask, wish| list(ask, CUSTOMER, wish),
        ),
        command::<CreateRequisition, Numbered>(
            M::POST,
            "/api/v1/internal-orders",
            ORDERS,
            "Begin an order: a draft that only its store sees",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| requisition::create(txn, caller, wish),
        )
        .codes(&["store-disabled", "read-only-here"]),
        query::<Empty, replies::RequisitionDetail, _>(
            "/api/v1/internal-orders/{id}",
            ORDERS,
            "An order with its lines, and what has come of it",
            |ask, _| detail(ask, CUSTOMER),
        ),
        asking::<UpdateRequisition>(
            M::PATCH,
            "/api/v1/internal-orders/{id}",
            "Change its own fields; what it is for, only while it is a draft",
            |txn, caller, ids, wish| requisition::update(txn, caller, ids.id, wish),
        ),
        asking::<AddLines>(
            M::POST,
            "/api/v1/internal-orders/{id}/lines",
            "Add lines, or set what those that are there ask for; after sending, that amends it",
            |txn, caller, ids, wish| requisition::add_lines(txn, caller, ids.id, wish),
        ),
        asking::<UpdateLine>(
            M::PATCH,
            "/api/v1/internal-orders/{id}/lines/{item}",
            "Change a line; after sending, that amends it",
            |txn, caller, ids, wish| requisition::update_line(txn, caller, ids.id, ids.item, wish),
        ),
        asking::<Empty>(
            M::DELETE,
            "/api/v1/internal-orders/{id}/lines/{item}",
            "Strike a line off; after sending, that amends it",
            |txn, caller, ids, _| requisition::remove_line(txn, caller, ids.id, ids.item),
        ),
        asking::<LineSelection>(
            M::POST,
            "/api/v1/internal-orders/{id}/use-suggested",
            "Have lines of a draft ask for what is suggested now",
            |txn, caller, ids, wish| requisition::use_suggested(txn, caller, ids.id, wish),
        ),
        asking::<Empty>(
            M::POST,
            "/api/v1/internal-orders/{id}/send",
            "Send it: its lines are kept as they are now, with what they were written on",
            |txn, caller, ids, _| requisition::send(txn, caller, ids.id),
        )
        .codes(&[
            "wrong-status",
            "read-only-here",
            "reason-required",
            "order-limit",
            "order-too-long",
        ]),
        asking::<Empty>(
            M::POST,
            "/api/v1/internal-orders/{id}/discard",
            "Throw a draft away",
            |txn, caller, ids, _| requisition::discard(txn, caller, ids.id),
        ),
        asking::<TakeAmendment>(
            M::POST,
            "/api/v1/internal-orders/{id}/lines/{item}/take-amendment",
            "Where a partner supplies: say whether it took what was amended after sending",
            |txn, caller, ids, wish| requisition::take_amendment(txn, caller, ids.id, ids.item, *wish),
        ),
        asking::<Empty>(
            M::POST,
            "/api/v1/internal-orders/{id}/finalise",
            "Where a partner supplies: close it, nothing more comes",
            |txn, caller, ids, _| requisition::finalise(txn, caller, ids.id),
        ),
    ]
}

fn customers() -> Vec<Route> {
    use Method as M;
    vec![
        query::<RequisitionQuery, replies::Page<replies::RequisitionListRow>, _>(
            "/api/v1/customer-requisitions",
            REQUISITIONS,
            "What stores ask of a store, newest first",
            |ask, wish| list(ask, SUPPLIER, wish),
        ),
        query::<Empty, replies::RequisitionDetail, _>(
            "/api/v1/customer-requisitions/{id}",
            REQUISITIONS,
            "A customer's requisition with its lines, and how far its supply has come",
            |ask, _| detail(ask, SUPPLIER),
        ),
        answering::<UpdateAsSupplier, ()>(
            M::PATCH,
            "/api/v1/customer-requisitions/{id}",
            "Note something of it",
            |txn, caller, ids, wish| {
                let supplier_comment = wish.supplier_comment.clone();
                let wish = UpdateRequisition { supplier_comment, ..UpdateRequisition::default() };
                requisition::update(txn, caller, ids.id, &wish)
            },
        ),
        answering::<Supply, ()>(
            M::PATCH,
            "/api/v1/customer-requisitions/{id}/lines/{item}",
            "Say how much of an item will be given",
            |txn, caller, ids, wish| requisition::supply(txn, caller, ids.id, ids.item, wish),
        ),
        answering::<TakeAmendment, ()>(
            M::POST,
            "/api/v1/customer-requisitions/{id}/lines/{item}/take-amendment",
            "Settle an amendment: take it, or leave what was sent",
            |txn, caller, ids, wish| requisition::take_amendment(txn, caller, ids.id, ids.item, *wish),
        ),
        answering::<LineSelection, ()>(
            M::POST,
            "/api/v1/customer-requisitions/{id}/supply-as-requested",
            "Say that as much will be given as is asked for",
            |txn, caller, ids, wish| requisition::supply_as_requested(txn, caller, ids.id, wish),
        ),
        query::<Empty, Rows<replies::ItemShares>, _>(
            "/api/v1/customer-requisitions/{id}/fair-shares",
            REQUISITIONS,
            "How the items that are short are shared among all requisitions that wait for them",
            fair_shares,
        ),
        answering::<LineSelection, ()>(
            M::POST,
            "/api/v1/customer-requisitions/{id}/supply-fairly",
            "Say that of what is short its fair share will be given, and all that is asked for of the rest",
            |txn, caller, ids, wish| requisition::supply_fairly(txn, caller, ids.id, wish),
        ),
        answering::<Approve, ()>(
            M::POST,
            "/api/v1/customer-requisitions/{id}/approve",
            "Approve it or deny it; it can be decided otherwise later",
            |txn, caller, ids, wish| requisition::approve(txn, caller, ids.id, wish),
        ),
        answering::<LineSelection, Numbered>(
            M::POST,
            "/api/v1/customer-requisitions/{id}/ship",
            "Make an outbound shipment of what is to be given and in no shipment yet",
            |txn, caller, ids, wish| requisition::ship(txn, caller, ids.id, wish),
        )
        .codes(&[
            "wrong-status",
            "read-only-here",
            "nothing-remains",
            "store-disabled",
            "share-exceeded",
        ]),
        answering::<Empty, ()>(
            M::POST,
            "/api/v1/customer-requisitions/{id}/finalise",
            "Close it: nothing more is sent for it",
            |txn, caller, ids, _| requisition::finalise(txn, caller, ids.id),
        ),
    ]
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes: Vec<Route> = orders().into_iter().chain(customers()).collect();
    routes.extend(sheets(files!("/api/v1/internal-orders"), ORDERS, COLUMNS, |ask, wish, take| {
        file(ask, CUSTOMER, wish, take)
    }));
    routes.extend(sheets(
        files!("/api/v1/customer-requisitions"),
        REQUISITIONS,
        COLUMNS,
        |ask, wish, take| file(ask, SUPPLIER, wish, take),
    ));
    routes.extend(sheets(
        files!("/api/v1/internal-orders/lines"),
        ORDERS,
        LINE_COLUMNS,
        |ask, wish, take| all_lines_file(ask, CUSTOMER, wish, take),
    ));
    routes.extend(sheets(
        files!("/api/v1/customer-requisitions/lines"),
        REQUISITIONS,
        LINE_COLUMNS,
        |ask, wish, take| all_lines_file(ask, SUPPLIER, wish, take),
    ));
    routes.extend(sheets(
        files!("/api/v1/internal-orders/{id}/lines"),
        ORDERS,
        LINE_COLUMNS,
        |ask, _: Empty, take| lines_file(ask, CUSTOMER, take),
    ));
    routes.extend(sheets(
        files!("/api/v1/customer-requisitions/{id}/lines"),
        REQUISITIONS,
        LINE_COLUMNS,
        |ask, _: Empty, take| lines_file(ask, SUPPLIER, take),
    ));
    routes
}
