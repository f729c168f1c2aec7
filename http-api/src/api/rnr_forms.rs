//! R&R forms: what a store reports of a programme for a period, and what it asks for on it.

use axum::http::Method;
use crdt_store::{DocumentId, Failure, Snapshot, Txn};
use domain::period_schedule::Period;
use domain::query::Page;
use domain::query::programmes;
use domain::query::rnr_forms::{self, RnrFormDetail, RnrFormFilter, RnrFormLine, RnrFormListRow};
use domain::rnr::{
    self, ConfirmLines, CreateRnrForm, FillLines, FinalisedForm, RnrFormRow, Status, UpdateRnrForm,
};
use domain::{Caller, Created, Date, Permission};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty, Ids};
use super::reference::Rows;
use super::replies;
use super::route::{Ask, Place, Route, Take, all_pages, command, each, files, query, sheets};
use crate::auth::Visitor;
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

const TAG: &str = "R&R forms";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FormsQuery {
    store_id: Option<DocumentId>,
    programme: Option<DocumentId>,
    status: Option<Status>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The same without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FormsSheetQuery {
    store_id: Option<DocumentId>,
    programme: Option<DocumentId>,
    status: Option<Status>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DueQuery {
    store_id: Option<DocumentId>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PeriodsQuery {
    store_id: Option<DocumentId>,
    programme: DocumentId,
}

// ---- reading ----

fn list(ask: &Ask<'_>, wish: FormsQuery) -> Result<Page<RnrFormListRow>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::RequisitionView)?;
    let filter = RnrFormFilter { programme: wish.programme, status: wish.status };
    Ok(rnr_forms::list(ask.read, store, &filter, &input::page(wish.limit, wish.cursor)?)?)
}

fn due(ask: &Ask<'_>, wish: DueQuery) -> Result<Rows<rnr_forms::DueForm>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::RequisitionView)?;
    Ok(Rows { rows: rnr_forms::due(ask.read, store, ask.state.today())? })
}

fn periods(ask: &Ask<'_>, wish: PeriodsQuery) -> Result<Rows<Period>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::RequisitionView)?;
    let programme = programmes::detail(ask.read, wish.programme)?;
    Ok(Rows { rows: rnr_forms::openings(ask.read, store, &programme, ask.state.today())? })
}

/// A form of a store that the visitor may look into; any other is not there.
fn visible(ask: &Ask<'_>) -> Result<RnrFormRow, Problem> {
    let missing = || Problem::not_found("R&R form");
    let row = rnr_forms::row(ask.read, ask.ids.id)?.ok_or_else(missing)?;
    ask.visitor.look(Some(row.store), Permission::RequisitionView).map_err(|_| missing())?;
    Ok(row)
}

/// Whether the visitor may read a form.
pub(super) fn may_read(read: &Snapshot, visitor: &Visitor, id: DocumentId) -> Result<bool, Problem> {
    let row = rnr_forms::row(read, id)?;
    Ok(row.is_some_and(|row| visitor.look(Some(row.store), Permission::RequisitionView).is_ok()))
}

fn detail(ask: &Ask<'_>) -> Result<RnrFormDetail, Problem> {
    let row = visible(ask)?;
    Ok(rnr_forms::detail(ask.read, row.id)?)
}

fn store_of(ask: &Ask<'_>) -> Result<DocumentId, Problem> {
    visible(ask).map(|row| row.store)
}

// ---- files ----

const COLUMNS: &[Column<RnrFormListRow>] = &[
    column("programme", |row| Cell::text(&row.programme_name)),
    column("from", |row| Cell::Day(row.form.from)),
    column("to", |row| Cell::Day(row.form.to)),
    column("status", |row| Cell::word(&row.form.status)),
    column("supplier", |row| Cell::text(&row.supplier_name)),
    column("made", |row| Cell::Instant(row.form.created_at)),
    column("status since", |row| Cell::Instant(row.form.status_at)),
    column("lines", |row| Cell::count(row.form.lines)),
    column("lines confirmed", |row| Cell::count(row.form.confirmed)),
    column("comment", |row| Cell::maybe(row.form.comment.as_ref())),
    column("requisition", |row| Cell::or_empty(row.form.requisition, Cell::id)),
    column("form", |row| Cell::id(row.form.id)),
];

fn file(ask: &Ask<'_>, wish: FormsSheetQuery, take: &mut Take<'_, RnrFormListRow>) -> Result<(), Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::RequisitionView)?;
    let filter = RnrFormFilter { programme: wish.programme, status: wish.status };
    all_pages(|request| rnr_forms::list(ask.read, store, &filter, request), take)
}

/// A line with what its form says of itself.
struct Line {
    store: String,
    programme: String,
    from: Date,
    to: Date,
    line: RnrFormLine,
}

const LINE_COLUMNS: &[Column<Line>] = &[
    column("store", |row| Cell::text(&row.store)),
    column("programme", |row| Cell::text(&row.programme)),
    column("from", |row| Cell::Day(row.from)),
    column("to", |row| Cell::Day(row.to)),
    column("item code", |row| Cell::text(&row.line.item_code)),
    column("item", |row| Cell::text(&row.line.item_name)),
    column("unit", |row| Cell::text(&row.line.unit)),
    column("initial balance", |row| Cell::quantity(row.line.figures.report.initial_balance)),
    column("received", |row| Cell::quantity(row.line.figures.report.received)),
    column("consumed", |row| Cell::quantity(row.line.figures.report.consumed)),
    column("losses", |row| Cell::quantity(row.line.figures.report.losses)),
    column("adjustments", |row| Cell::quantity(row.line.figures.report.adjustments)),
    column("final balance", |row| Cell::quantity(row.line.final_balance)),
    column("days out of stock", |row| Cell::count(row.line.figures.report.stock_out_days)),
    column("adjusted consumption", |row| Cell::quantity(row.line.figures.adjusted_consumption)),
    column("average monthly consumption", |row| Cell::quantity(row.line.figures.average_monthly)),
    column("minimum", |row| Cell::quantity(row.line.figures.minimum)),
    column("maximum", |row| Cell::quantity(row.line.figures.maximum)),
    column("calculated request", |row| Cell::quantity(row.line.figures.requested)),
    column("requested", |row| Cell::quantity(row.line.requested)),
    column("low stock", |row| Cell::word(&row.line.figures.low_stock)),
    column("expiry", |row| Cell::day(row.line.expiry)),
    column("note", |row| Cell::maybe(row.line.note.as_ref())),
    column("confirmed", |row| Cell::Flag(row.line.confirmed)),
];

fn lines_file(ask: &Ask<'_>, _: Empty, take: &mut Take<'_, Line>) -> Result<(), Problem> {
    let detail = detail(ask)?;
    let form = detail.form;
    let line = |line: RnrFormLine| Line {
        store: detail.store_name.clone(),
        programme: form.programme_name.clone(),
        from: form.form.from,
        to: form.form.to,
        line,
    };
    each(detail.line_details.into_iter().map(line), take)
}

// ---- addresses ----

/// A command on a form, in the store that reports.
fn on_form<C, T>(
    method: Method,
    path: &'static str,
    summary: &'static str,
    run: fn(&mut Txn<'_>, &Caller, &Ids, &C) -> Result<T, Failure>,
) -> Route
where
    C: Serialize + serde::de::DeserializeOwned + Send + 'static,
    T: Serialize + serde::de::DeserializeOwned + Send + 'static,
{
    command(method, path, TAG, summary, Place::Of(store_of), run).codes(&["wrong-status", "read-only-here"])
}

/// What can stand against confirming a line, and against finalising.
const AGAINST: &[&str] = &[
    "wrong-status",
    "read-only-here",
    "not-confirmed",
    "negative-quantity",
    "does-not-add-up",
    "longer-than-period",
    "store-disabled",
];

fn looks() -> Vec<Route> {
    vec![
        query::<FormsQuery, replies::Page<replies::RnrFormListRow>, _>(
            "/api/v1/rnr-forms",
            TAG,
            "Forms of a store, those of the newest period first",
            list,
        ),
        query::<DueQuery, Rows<replies::DueForm>, _>(
            "/api/v1/rnr-forms/due",
            TAG,
            "The form of each programme that a store is to fill next",
            due,
        ),
        query::<PeriodsQuery, Rows<Period>, _>(
            "/api/v1/rnr-forms/periods",
            TAG,
            "Periods for which a form of a programme may be made now, newest first",
            periods,
        ),
        query::<Empty, replies::RnrFormDetail, _>(
            "/api/v1/rnr-forms/{id}",
            TAG,
            "A form with its lines, their figures, and what stands against finalising it",
            |ask, _| detail(ask),
        ),
    ]
}

fn acts() -> Vec<Route> {
    use Method as M;
    vec![
        command::<CreateRnrForm, Created>(
            M::POST,
            "/api/v1/rnr-forms",
            TAG,
            "Make a form for a period that has begun, filled from the ledger; one that is there is the same one",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| rnr::create(txn, caller, wish),
        )
        .codes(&[
            "store-disabled",
            "read-only-here",
            "previous-form-open",
            "previous-form-missing",
            "form-follows",
        ]),
        on_form::<UpdateRnrForm, ()>(
            M::PATCH,
            "/api/v1/rnr-forms/{id}",
            "Note something of it",
            |txn, caller, ids, wish| rnr::update(txn, caller, ids.id, wish),
        ),
        on_form::<FillLines, ()>(
            M::PATCH,
            "/api/v1/rnr-forms/{id}/lines",
            "Write cells of lines, all or none; null gives back what was computed",
            |txn, caller, ids, wish| rnr::fill(txn, caller, ids.id, wish),
        )
        .codes(&["wrong-status", "read-only-here", "stale-cell"]),
        on_form::<ConfirmLines, ()>(
            M::POST,
            "/api/v1/rnr-forms/{id}/confirm",
            "Confirm lines as they stand, or take that back; without items, all that can be right",
            |txn, caller, ids, wish| rnr::confirm(txn, caller, ids.id, wish),
        )
        .codes(AGAINST),
        on_form::<Empty, ()>(
            M::POST,
            "/api/v1/rnr-forms/{id}/refresh",
            "Look at the ledger again; what people wrote stays",
            |txn, caller, ids, _| rnr::refresh(txn, caller, ids.id),
        ),
        on_form::<Empty, FinalisedForm>(
            M::POST,
            "/api/v1/rnr-forms/{id}/finalise",
            "Report it, and send the order that follows from it",
            |txn, caller, ids, _| rnr::finalise(txn, caller, ids.id),
        )
        .codes(AGAINST),
        on_form::<Empty, ()>(
            M::POST,
            "/api/v1/rnr-forms/{id}/discard",
            "Throw a draft away",
            |txn, caller, ids, _| rnr::discard(txn, caller, ids.id),
        ),
        on_form::<Empty, ()>(
            M::POST,
            "/api/v1/rnr-forms/{id}/put-aside",
            "Put aside what somebody wrote who did not know that it was finalised",
            |txn, caller, ids, _| rnr::put_aside(txn, caller, ids.id),
        ),
    ]
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes = looks();
    routes.extend(sheets(files!("/api/v1/rnr-forms"), TAG, COLUMNS, file));
    routes.extend(sheets(files!("/api/v1/rnr-forms/{id}/lines"), TAG, LINE_COLUMNS, lines_file));
    routes.extend(acts());
    routes
}
