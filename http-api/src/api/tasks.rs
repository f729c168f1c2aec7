//! What somebody should look at: tasks, and the figures of the dashboard.

use axum::http::Method;
use crdt_store::{DocumentId, ViewRead};
use domain::conflict::{self, SettleConflict};
use domain::query::Page;
use domain::query::dashboard::{self, Figure};
use domain::query::tasks::{self, TaskEntry};
use domain::{Permission, ScopeKind, TaskKind};
use serde::{Deserialize, Serialize};

use super::input;
use super::replies;
use super::route::{Ask, Place, Route, Take, all_pages, command, files, query, sheets};
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

const TAG: &str = "Tasks";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TaskQuery {
    store_id: Option<DocumentId>,
    kind: Option<TaskKind>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The same without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TaskSheetQuery {
    store_id: Option<DocumentId>,
    kind: Option<TaskKind>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DashboardQuery {
    store_id: Option<DocumentId>,
}

/// The figures, as a client reads them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Dashboard {
    figures: Vec<replies::Figure>,
}

/// The figures, as they are written.
#[derive(Serialize)]
struct Written {
    figures: Vec<Figure>,
}

/// One store's tasks; on central, with no store chosen, everybody's.
fn list(ask: &Ask<'_>, wish: TaskQuery) -> Result<Page<TaskEntry>, Problem> {
    let page = input::page(wish.limit, wish.cursor)?;
    let store = one_store(ask, wish.store_id, Permission::StockView)?;
    Ok(tasks::list_of(ask.read, store, wish.kind, &page)?)
}

fn figures(ask: &Ask<'_>, wish: DashboardQuery) -> Result<Written, Problem> {
    let store = one_store(ask, wish.store_id, Permission::StockView)?;
    let mut figures = match store {
        Some(store) => dashboard::of_store(ask.read, store, ask.state.today())?,
        None => dashboard::national(ask.read)?,
    };
    // What is asked for is told to those who may open its lists.
    if ask.visitor.look(store, Permission::RequisitionView).is_err() {
        figures.retain(|figure| !figure.is_of_requisitions());
    }
    Ok(Written { figures })
}

/// The store that is asked about; none on central for somebody who may look into every store and has chosen none.
pub(super) fn one_store(
    ask: &Ask<'_>,
    named: Option<DocumentId>,
    permission: Permission,
) -> Result<Option<DocumentId>, Problem> {
    let chosen = named.or(ask.visitor.store());
    let everywhere = ask.state.is_central() && ask.visitor.require(permission).is_ok();
    match chosen {
        None if everywhere => Ok(None),
        chosen => ask.visitor.look(chosen, permission).map(Some),
    }
}

/// The store that a document with a conflict belongs to; between two stores, that of the two the visitor works in.
fn store_of(ask: &Ask<'_>) -> Result<DocumentId, Problem> {
    let header = ask.read.header(ask.ids.id)?;
    let ends = match header.and_then(|header| ScopeKind::of(&header.scope)) {
        Some(ScopeKind::Store(store)) => vec![store],
        Some(ScopeKind::Transfer(sender, receiver)) => vec![sender, receiver],
        _ => Vec::new(),
    };
    let chosen = ask.visitor.store().filter(|store| ends.contains(store));
    let entered = || ends.iter().copied().find(|store| ask.visitor.right(*store).is_some());
    chosen.or_else(entered).ok_or_else(|| Problem::not_found("document"))
}

const COLUMNS: &[Column<TaskEntry>] = &[
    column("store", |row| Cell::text(&row.store_name)),
    column("kind", |row| Cell::word(&row.task.kind)),
    column("number", |row| Cell::maybe(row.task.number.as_ref())),
    column("item code", |row| Cell::maybe(row.item_code.as_ref())),
    column("item", |row| Cell::maybe(row.item_name.as_ref())),
    column("batch", |row| Cell::maybe(row.batch.as_ref())),
    column("quantity expected", |row| Cell::quantity(row.task.expected)),
    column("quantity found", |row| Cell::quantity(row.task.found)),
    column("document", |row| Cell::id(row.task.document)),
];

fn file(ask: &Ask<'_>, wish: TaskSheetQuery, take: &mut Take<'_, TaskEntry>) -> Result<(), Problem> {
    let store = one_store(ask, wish.store_id, Permission::StockView)?;
    all_pages(|request| tasks::list_of(ask.read, store, wish.kind, request), take)
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        command::<SettleConflict, ()>(
            Method::POST,
            "/api/v1/tasks/conflicts/{id}/settle",
            TAG,
            "Settle conflicting values of a document's field by one of them",
            Place::Of(store_of),
            |txn, caller, ids, wish| conflict::settle(txn, caller, ids.id, wish),
        )
        .codes(&["stale-conflict"]),
        query::<TaskQuery, replies::Page<replies::TaskEntry>, _>(
            "/api/v1/tasks",
            TAG,
            "Contradictions that a person must resolve",
            list,
        ),
        query::<DashboardQuery, Dashboard, _>(
            "/api/v1/dashboard",
            TAG,
            "The figures of a store, or on central of the country",
            figures,
        ),
    ];
    routes.extend(sheets(files!("/api/v1/tasks"), TAG, COLUMNS, file));
    routes
}
