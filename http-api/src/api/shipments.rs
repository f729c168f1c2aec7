//! Shipments from both ends: the sender's outbound and the receiver's inbound shipment are one document.

use axum::http::Method;
use crdt_store::{DocumentId, Failure, Timestamp, Txn, ViewRead};
use domain::query::shipments::{
    self, LineDetail, ShipmentDetail, ShipmentFilter, ShipmentListRow, ShipmentPart,
};
use domain::query::{Page, PageRequest};
use domain::shipment::{
    self, AddLine, AddedLines, Allocate, CreateInbound, CreateOutbound, Direction, End, Issue, Receive,
    ReturnGoods, ScanBox, ScannedBox, SetChecked, SetReceived, SetStatus, SettleLine, ShipmentKind, Status,
    TakeBack, UpdateLine, UpdateShipment,
};
use domain::{Caller, Numbered, Permission, ScopeKind};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty, Ids};
use super::replies;
use super::route::{Ask, Place, Route, Take, all_pages, command, each, files, query, sheets};
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

const OUTBOUND: &str = "Outbound shipments";
const INBOUND: &str = "Inbound shipments";

/// What can be wrong with a box that was scanned for a shipment.
const SCAN_CODES: &[&str] = &[
    "wrong-status",
    "gs1-check-digit",
    "gs1-unknown-identifier",
    "gs1-bad-date",
    "gs1-bad-value",
    "gs1-truncated",
    "gs1-duplicate",
];

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ShipmentQuery {
    store_id: Option<DocumentId>,
    status: Option<Status>,
    part: Option<ShipmentPart>,
    kind: Option<ShipmentKind>,
    search: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The same without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ShipmentSheetQuery {
    store_id: Option<DocumentId>,
    status: Option<Status>,
    part: Option<ShipmentPart>,
    kind: Option<ShipmentKind>,
    search: Option<String>,
}

/// A page of what is asked for: all, or a part of what is under way.
fn page(
    ask: &Ask<'_>,
    store: DocumentId,
    direction: Direction,
    (part, filter): (Option<ShipmentPart>, &ShipmentFilter),
    request: &PageRequest,
) -> Result<Page<ShipmentListRow>, Failure> {
    match part {
        None => shipments::list(ask.read, store, direction, filter, request),
        Some(part) => {
            shipments::list_part(ask.read, store, direction, (part, ask.state.today()), filter, request)
        }
    }
}

fn list(ask: &Ask<'_>, direction: Direction, wish: ShipmentQuery) -> Result<Page<ShipmentListRow>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let filter = ShipmentFilter { status: wish.status, kind: wish.kind, search: wish.search };
    Ok(page(ask, store, direction, (wish.part, &filter), &input::page(wish.limit, wish.cursor)?)?)
}

const COLUMNS: &[Column<ShipmentListRow>] = &[
    column("number", |row| Cell::text(&row.shipment.number)),
    column("status", |row| Cell::word(&row.shipment.status)),
    column("kind", |row| Cell::word(&row.shipment.kind)),
    column("other end", |row| Cell::text(&row.other_name)),
    column("made", |row| Cell::Instant(row.shipment.created_at)),
    column("status since", |row| Cell::Instant(row.shipment.status_at)),
    column("expected", |row| Cell::day(row.shipment.expected)),
    column("lines", |row| Cell::count(row.shipment.lines)),
    column("without batch", |row| Cell::count(row.shipment.placeholders)),
    column("value", |row| Cell::money(row.shipment.value)),
    column("on hold", |row| Cell::Flag(row.shipment.on_hold)),
    column("reference", |row| Cell::maybe(row.shipment.reference.as_ref())),
    column("comment", |row| Cell::maybe(row.shipment.comment.as_ref())),
    column("requisition", |row| Cell::or_empty(row.shipment.requisition, Cell::id)),
    column("returns", |row| Cell::or_empty(row.shipment.returns, Cell::id)),
    column("shipment", |row| Cell::id(row.shipment.id)),
];

fn file(
    ask: &Ask<'_>,
    direction: Direction,
    wish: ShipmentSheetQuery,
    take: &mut Take<'_, ShipmentListRow>,
) -> Result<(), Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let filter = ShipmentFilter { status: wish.status, kind: wish.kind, search: wish.search };
    all_pages(|request| page(ask, store, direction, (wish.part, &filter), request), take)
}

/// A line with what its shipment says of itself.
struct Line {
    number: String,
    status: Status,
    kind: ShipmentKind,
    other_name: String,
    made: Timestamp,
    line: LineDetail,
}

const LINE_COLUMNS: &[Column<Line>] = &[
    column("number", |row| Cell::text(&row.number)),
    column("status", |row| Cell::word(&row.status)),
    column("kind", |row| Cell::word(&row.kind)),
    column("other end", |row| Cell::text(&row.other_name)),
    column("made", |row| Cell::Instant(row.made)),
    column("item code", |row| Cell::text(&row.line.item_code)),
    column("item", |row| Cell::text(&row.line.item_name)),
    column("unit", |row| Cell::text(&row.line.unit)),
    column("batch", |row| Cell::maybe(row.line.batch.as_ref())),
    column("expiry", |row| Cell::day(row.line.expiry)),
    column("pack size", |row| Cell::count(row.line.pack_size)),
    column("quantity", |row| Cell::quantity(row.line.quantity)),
    column("issued", |row| Cell::quantity(row.line.issued)),
    column("received", |row| Cell::or_empty(row.line.received, Cell::quantity)),
    column("price", |row| Cell::money(row.line.price)),
    column("value", |row| Cell::money(row.line.value)),
    column("received value", |row| Cell::money(row.line.received_value)),
    column("reason", |row| Cell::maybe(row.line.reason_text.as_ref())),
    column("verdict", |row| Cell::word(&row.line.verdict)),
    column("note", |row| Cell::maybe(row.line.note.as_ref())),
    column("received note", |row| Cell::maybe(row.line.received_note.as_ref())),
    column("line", |row| Cell::id(row.line.id)),
];

fn take_lines(
    detail: ShipmentDetail,
    direction: Direction,
    take: &mut Take<'_, Line>,
) -> Result<(), Problem> {
    let other_name = match direction {
        Direction::Outbound => detail.receiver_name,
        Direction::Inbound => detail.sender_name,
    };
    let row = detail.shipment;
    let line = |line: LineDetail| Line {
        number: row.number.clone(),
        status: row.status,
        kind: row.kind,
        other_name: other_name.clone(),
        made: row.created_at,
        line,
    };
    each(detail.line_details.into_iter().map(line), take)
}

fn lines_file(ask: &Ask<'_>, direction: Direction, take: &mut Take<'_, Line>) -> Result<(), Problem> {
    take_lines(detail(ask, direction)?, direction, take)
}

/// The lines of all shipments that the list shows.
fn all_lines_file(
    ask: &Ask<'_>,
    direction: Direction,
    wish: ShipmentSheetQuery,
    take: &mut Take<'_, Line>,
) -> Result<(), Problem> {
    file(ask, direction, wish, &mut |row| {
        take_lines(shipments::detail(ask.read, row.shipment.id)?, direction, take)
    })
}

/// The store at the end of the shipment from which one looks, if the visitor may look into it; any other shipment is
/// not there. The scope says it: reading the document would cost as much as its lines.
fn visible(ask: &Ask<'_>, direction: Direction) -> Result<DocumentId, Problem> {
    let header = ask.read.header(ask.ids.id)?.filter(|header| header.class == "shipment");
    let store = header.and_then(|header| match (ScopeKind::of(&header.scope)?, direction) {
        (ScopeKind::Transfer(sender, _), Direction::Outbound) => Some(sender),
        (ScopeKind::Transfer(_, receiver), Direction::Inbound) => Some(receiver),
        (ScopeKind::Store(store), _) => Some(store),
        _ => None,
    });
    store
        .filter(|store| ask.visitor.look(Some(*store), Permission::StockView).is_ok())
        .ok_or_else(|| Problem::not_found("shipment"))
}

fn detail(ask: &Ask<'_>, direction: Direction) -> Result<ShipmentDetail, Problem> {
    let store = visible(ask, direction)?;
    let detail = shipments::detail(ask.read, ask.ids.id)?;
    let own_end = match direction {
        Direction::Outbound => detail.shipment.sender,
        Direction::Inbound => detail.shipment.receiver,
    };
    // With a partner at the other end, the scope does not say which end is the store's.
    if own_end == End::Store(store) { Ok(detail) } else { Err(Problem::not_found("shipment")) }
}

const OUT: Direction = Direction::Outbound;
const IN: Direction = Direction::Inbound;

/// A command on an outbound shipment, in the store that sends it.
fn sending<C, T>(
    method: Method,
    path: &'static str,
    summary: &'static str,
    run: fn(&mut Txn<'_>, &Caller, &Ids, &C) -> Result<T, Failure>,
) -> Route
where
    C: Serialize + serde::de::DeserializeOwned + Send + 'static,
    T: Serialize + serde::de::DeserializeOwned + Send + 'static,
{
    command(method, path, OUTBOUND, summary, Place::Of(|ask| visible(ask, OUT)), run).codes(&[
        "insufficient-stock",
        "share-exceeded",
        "share-elsewhere",
        "wrong-status",
        "on-hold",
        "reason-required",
        "read-only-here",
    ])
}

/// A command on an inbound shipment, in the store that receives it.
fn receiving<C, T>(
    method: Method,
    path: &'static str,
    summary: &'static str,
    run: fn(&mut Txn<'_>, &Caller, &Ids, &C) -> Result<T, Failure>,
) -> Route
where
    C: Serialize + serde::de::DeserializeOwned + Send + 'static,
    T: Serialize + serde::de::DeserializeOwned + Send + 'static,
{
    command(method, path, INBOUND, summary, Place::Of(|ask| visible(ask, IN)), run).codes(&[
        "insufficient-stock",
        "share-exceeded",
        "share-elsewhere",
        "wrong-status",
        "on-hold",
        "reason-required",
        "read-only-here",
    ])
}

fn to(txn: &mut Txn<'_>, caller: &Caller, ids: &Ids, status: Status) -> Result<(), Failure> {
    shipment::set_status(txn, caller, ids.id, &SetStatus { status })
}

fn outbound() -> Vec<Route> {
    use Method as M;
    vec![
        query::<ShipmentQuery, replies::Page<replies::ShipmentListRow>, _>(
            "/api/v1/outbound-shipments",
            OUTBOUND,
            "What a store sends, newest first",
            |ask, wish| list(ask, OUT, wish),
        ),
        command::<CreateOutbound, Numbered>(
            M::POST,
            "/api/v1/outbound-shipments",
            OUTBOUND,
            "Make an outbound shipment",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| shipment::create_outbound(txn, caller, wish),
        )
        .codes(&["insufficient-stock", "share-exceeded", "on-hold"]),
        command::<Issue, Numbered>(
            M::POST,
            "/api/v1/outbound-shipments/issue",
            OUTBOUND,
            "Make a shipment, choose its batches and take it to a status, in one change",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| shipment::issue(txn, caller, wish),
        )
        .codes(&["insufficient-stock", "share-exceeded", "on-hold"]),
        query::<Empty, replies::ShipmentDetail, _>(
            "/api/v1/outbound-shipments/{id}",
            OUTBOUND,
            "An outbound shipment with its lines",
            |ask, _| detail(ask, OUT),
        ),
        sending::<UpdateShipment, ()>(
            M::PATCH,
            "/api/v1/outbound-shipments/{id}",
            "Change its own fields",
            |txn, caller, ids, wish| shipment::update(txn, caller, ids.id, wish),
        ),
        sending::<AddLine, AddedLines>(
            M::POST,
            "/api/v1/outbound-shipments/{id}/lines",
            "Add a line",
            |txn, caller, ids, wish| shipment::add_line(txn, caller, ids.id, wish),
        ),
        sending::<UpdateLine, ()>(
            M::PATCH,
            "/api/v1/outbound-shipments/{id}/lines/{line}",
            "Change a line",
            |txn, caller, ids, wish| shipment::update_line(txn, caller, ids.id, ids.line, wish),
        ),
        sending::<Empty, ()>(
            M::DELETE,
            "/api/v1/outbound-shipments/{id}/lines/{line}",
            "Strike a line off",
            |txn, caller, ids, _| shipment::remove_line(txn, caller, ids.id, ids.line),
        ),
        sending::<SetChecked, ()>(
            M::PATCH,
            "/api/v1/outbound-shipments/{id}/lines/{line}/checked",
            "Say how many units of a line were checked against the shipment while picking",
            |txn, caller, ids, wish| shipment::set_checked(txn, caller, ids.id, ids.line, wish),
        ),
        sending::<ScanBox, ScannedBox>(
            M::POST,
            "/api/v1/outbound-shipments/{id}/scan",
            "Count a scanned box towards what is picked",
            |txn, caller, ids, wish| shipment::scan_out(txn, caller, ids.id, wish),
        )
        .codes(SCAN_CODES),
        sending::<SettleLine, ()>(
            M::POST,
            "/api/v1/outbound-shipments/{id}/lines/{line}/settle",
            "Settle a late amendment",
            |txn, caller, ids, wish| shipment::settle_line(txn, caller, ids.id, ids.line, wish),
        ),
        sending::<Empty, ()>(
            M::POST,
            "/api/v1/outbound-shipments/{id}/lines/{line}/acknowledge",
            "Note that something else was received than was sent",
            |txn, caller, ids, _| shipment::acknowledge(txn, caller, ids.id, ids.line),
        ),
        sending::<Allocate, AddedLines>(
            M::POST,
            "/api/v1/outbound-shipments/{id}/allocate",
            "Choose batches for the lines that have none, first expired first out",
            |txn, caller, ids, wish| shipment::allocate(txn, caller, ids.id, wish),
        ),
        sending::<Empty, ()>(
            M::POST,
            "/api/v1/outbound-shipments/{id}/pick",
            "The goods are off the shelf",
            |txn, caller, ids, _| to(txn, caller, ids, Status::Picked),
        ),
        sending::<Empty, ()>(
            M::POST,
            "/api/v1/outbound-shipments/{id}/ship",
            "The goods are on their way",
            |txn, caller, ids, _| to(txn, caller, ids, Status::Shipped),
        ),
        sending::<Empty, ()>(
            M::POST,
            "/api/v1/outbound-shipments/{id}/deliver",
            "A partner has the goods",
            |txn, caller, ids, _| to(txn, caller, ids, Status::Delivered),
        ),
        sending::<Empty, ()>(
            M::POST,
            "/api/v1/outbound-shipments/{id}/verify",
            "A partner has confirmed the goods",
            |txn, caller, ids, _| shipment::verify(txn, caller, ids.id),
        ),
        sending::<Empty, ()>(
            M::POST,
            "/api/v1/outbound-shipments/{id}/cancel",
            "Call it off, before goods move",
            |txn, caller, ids, _| shipment::cancel(txn, caller, ids.id),
        ),
        sending::<Empty, ()>(
            M::POST,
            "/api/v1/outbound-shipments/{id}/settle-cancel",
            "Note that a cancellation that came too late was dealt with",
            |txn, caller, ids, _| shipment::settle_cancel(txn, caller, ids.id),
        ),
    ]
}

fn inbound() -> Vec<Route> {
    use Method as M;
    vec![
        query::<ShipmentQuery, replies::Page<replies::ShipmentListRow>, _>(
            "/api/v1/inbound-shipments",
            INBOUND,
            "What comes to a store, newest first",
            |ask, wish| list(ask, IN, wish),
        ),
        command::<CreateInbound, Numbered>(
            M::POST,
            "/api/v1/inbound-shipments",
            INBOUND,
            "Make an inbound shipment of goods that a partner sends",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| shipment::create_inbound(txn, caller, wish),
        ),
        query::<Empty, replies::ShipmentDetail, _>(
            "/api/v1/inbound-shipments/{id}",
            INBOUND,
            "An inbound shipment with its lines",
            |ask, _| detail(ask, IN),
        ),
        receiving::<UpdateShipment, ()>(
            M::PATCH,
            "/api/v1/inbound-shipments/{id}",
            "Change its own fields",
            |txn, caller, ids, wish| shipment::update(txn, caller, ids.id, wish),
        ),
        receiving::<AddLine, AddedLines>(
            M::POST,
            "/api/v1/inbound-shipments/{id}/lines",
            "Add a line of goods that a partner sends",
            |txn, caller, ids, wish| shipment::add_line(txn, caller, ids.id, wish),
        ),
        receiving::<UpdateLine, ()>(
            M::PATCH,
            "/api/v1/inbound-shipments/{id}/lines/{line}",
            "Change a line of goods that a partner sends",
            |txn, caller, ids, wish| shipment::update_line(txn, caller, ids.id, ids.line, wish),
        ),
        receiving::<Empty, ()>(
            M::DELETE,
            "/api/v1/inbound-shipments/{id}/lines/{line}",
            "Strike off a line of goods that a partner sends",
            |txn, caller, ids, _| shipment::remove_line(txn, caller, ids.id, ids.line),
        ),
        receiving::<SetReceived, ()>(
            M::PATCH,
            "/api/v1/inbound-shipments/{id}/lines/{line}/received",
            "Say what arrived of a line",
            |txn, caller, ids, wish| shipment::set_received(txn, caller, ids.id, ids.line, wish),
        ),
        receiving::<ScanBox, ScannedBox>(
            M::POST,
            "/api/v1/inbound-shipments/{id}/scan",
            "Count a scanned box towards what arrived",
            |txn, caller, ids, wish| shipment::scan_in(txn, caller, ids.id, wish),
        )
        .codes(SCAN_CODES),
        receiving::<Empty, ()>(
            M::POST,
            "/api/v1/inbound-shipments/{id}/deliver",
            "The goods are at the door",
            |txn, caller, ids, _| to(txn, caller, ids, Status::Delivered),
        ),
        receiving::<Receive, ()>(
            M::POST,
            "/api/v1/inbound-shipments/{id}/receive",
            "Take the goods into stock; lines that are not named arrived as they were sent",
            |txn, caller, ids, wish| shipment::receive(txn, caller, ids.id, wish),
        ),
        receiving::<Empty, ()>(
            M::POST,
            "/api/v1/inbound-shipments/{id}/verify",
            "Check the goods and close it",
            |txn, caller, ids, _| shipment::verify(txn, caller, ids.id),
        ),
        receiving::<Empty, ()>(
            M::POST,
            "/api/v1/inbound-shipments/{id}/cancel",
            "Call off goods of a partner before they are received",
            |txn, caller, ids, _| shipment::cancel(txn, caller, ids.id),
        ),
    ]
}

fn returns() -> Vec<Route> {
    vec![
        command::<ReturnGoods, Numbered>(
            Method::POST,
            "/api/v1/supplier-returns",
            OUTBOUND,
            "Give goods back to whoever sent them: makes an outbound shipment of kind return",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| shipment::return_goods(txn, caller, wish),
        )
        .codes(&["insufficient-stock", "share-exceeded", "reason-required", "wrong-status"]),
        command::<TakeBack, Numbered>(
            Method::POST,
            "/api/v1/customer-returns",
            INBOUND,
            "Take back goods that a partner brings: makes an inbound shipment of kind return",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| shipment::take_back(txn, caller, wish),
        )
        .codes(&["insufficient-stock", "reason-required", "wrong-status"]),
    ]
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes: Vec<Route> = outbound().into_iter().chain(inbound()).chain(returns()).collect();
    routes.extend(sheets(files!("/api/v1/outbound-shipments"), OUTBOUND, COLUMNS, |ask, wish, take| {
        file(ask, OUT, wish, take)
    }));
    routes.extend(sheets(files!("/api/v1/inbound-shipments"), INBOUND, COLUMNS, |ask, wish, take| {
        file(ask, IN, wish, take)
    }));
    routes.extend(sheets(
        files!("/api/v1/outbound-shipments/lines"),
        OUTBOUND,
        LINE_COLUMNS,
        |ask, wish, take| all_lines_file(ask, OUT, wish, take),
    ));
    routes.extend(sheets(
        files!("/api/v1/inbound-shipments/lines"),
        INBOUND,
        LINE_COLUMNS,
        |ask, wish, take| all_lines_file(ask, IN, wish, take),
    ));
    routes.extend(sheets(
        files!("/api/v1/outbound-shipments/{id}/lines"),
        OUTBOUND,
        LINE_COLUMNS,
        |ask, _: Empty, take| lines_file(ask, OUT, take),
    ));
    routes.extend(sheets(
        files!("/api/v1/inbound-shipments/{id}/lines"),
        INBOUND,
        LINE_COLUMNS,
        |ask, _: Empty, take| lines_file(ask, IN, take),
    ));
    routes
}
