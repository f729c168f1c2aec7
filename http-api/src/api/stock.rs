//! Stock: the batches on a store's shelves.

use std::collections::BTreeMap;

use axum::http::Method;
use crdt_store::{DocumentId, Snapshot, Timestamp};
use domain::arrangement::{self, Held, HoldLines, MoveLines, Moved, PutBack};
use domain::query::ledger::{self, LedgerEntry};
use domain::query::moves::{self, ShelfLog};
use domain::query::names::Names;
use domain::query::stock::{self, StockFacet, StockFilter, StockRow, StockSort};
use domain::query::{Page, PageRequest, programmes, reference};
use domain::share::{self, AskShare, DivideShares, Divided, GiveShare, Holding};
use domain::stock_line::{self, CreateStockLine, ObserveVvm, UpdateStockLine, Vvm};
use domain::{Created, Date, Permission, Quantity};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::ledger::{LEDGER_COLUMNS, LineLedgerQuery, LineLedgerSheetQuery, past};
use super::replies;
use super::route::{Ask, Place, Route, Take, all_pages, command, files, query, sheets};
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

const TAG: &str = "Stock";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StockQuery {
    store_id: Option<DocumentId>,
    search: Option<String>,
    facet: Option<StockFacet>,
    item: Option<DocumentId>,
    location: Option<DocumentId>,
    programme: Option<DocumentId>,
    donor: Option<DocumentId>,
    supplier: Option<DocumentId>,
    vvm: Option<Vvm>,
    expires_from: Option<Date>,
    expires_until: Option<Date>,
    sort: Option<StockSort>,
    #[serde(default, with = "domain::instant::optional")]
    as_of: Option<Timestamp>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The same without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StockSheetQuery {
    store_id: Option<DocumentId>,
    search: Option<String>,
    facet: Option<StockFacet>,
    item: Option<DocumentId>,
    location: Option<DocumentId>,
    programme: Option<DocumentId>,
    donor: Option<DocumentId>,
    supplier: Option<DocumentId>,
    vvm: Option<Vvm>,
    expires_from: Option<Date>,
    expires_until: Option<Date>,
    sort: Option<StockSort>,
    #[serde(default, with = "domain::instant::optional")]
    as_of: Option<Timestamp>,
}

impl StockQuery {
    fn split(self) -> Result<(StockSheetQuery, PageRequest), Problem> {
        let page = input::page(self.limit, self.cursor)?;
        let wish = StockSheetQuery {
            store_id: self.store_id,
            search: self.search,
            facet: self.facet,
            item: self.item,
            location: self.location,
            programme: self.programme,
            donor: self.donor,
            supplier: self.supplier,
            vvm: self.vvm,
            expires_from: self.expires_from,
            expires_until: self.expires_until,
            sort: self.sort,
            as_of: self.as_of,
        };
        Ok((wish, page))
    }
}

impl StockSheetQuery {
    fn filter(self, ask: &Ask<'_>) -> Result<StockFilter, Problem> {
        Ok(StockFilter {
            search: self.search,
            facet: self.facet,
            item: self.item,
            location: self.location,
            programme: self.programme,
            donor: self.donor,
            supplier: self.supplier,
            vvm: self.vvm,
            expires_from: self.expires_from,
            expires_until: self.expires_until,
            sort: self.sort,
            as_of: past(ask, self.as_of)?,
        })
    }
}

fn list(ask: &Ask<'_>, wish: StockQuery) -> Result<Page<StockRow>, Problem> {
    let (wish, page) = wish.split()?;
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    Ok(stock::list(ask.read, store, &wish.filter(ask)?, ask.state.today(), &page)?)
}

/// A stock line with the names of what it refers to.
struct Named {
    row: StockRow,
    donor: String,
    supplier: String,
    programme: String,
    variant: String,
    shares: String,
}

const COLUMNS: &[Column<Named>] = &[
    column("item code", |row| Cell::text(&row.row.item_code)),
    column("item", |row| Cell::text(&row.row.item_name)),
    column("unit", |row| Cell::text(&row.row.unit)),
    column("batch", |row| Cell::maybe(row.row.batch.as_ref())),
    column("expiry", |row| Cell::day(row.row.expiry)),
    column("pack size", |row| Cell::count(row.row.pack_size)),
    column("location", |row| Cell::maybe(row.row.location_code.as_ref())),
    column("on hand", |row| Cell::quantity(row.row.on_hand)),
    column("available", |row| Cell::quantity(row.row.available)),
    column("on hold", |row| Cell::Flag(row.row.on_hold)),
    column("vvm", |row| Cell::or_empty(row.row.vvm, |vvm| Cell::word(&vvm))),
    column("cost price", |row| Cell::money(row.row.cost_price)),
    column("sell price", |row| Cell::money(row.row.sell_price)),
    column("note", |row| Cell::maybe(row.row.note.as_ref())),
    column("donor", |row| Cell::text(&row.donor)),
    column("supplier", |row| Cell::text(&row.supplier)),
    column("programme", |row| Cell::text(&row.programme)),
    column("variant", |row| Cell::text(&row.variant)),
    column("shares", |row| Cell::text(&row.shares)),
    column("stock line", |row| Cell::id(row.row.id)),
];

fn programme_names(ask: &Ask<'_>) -> Result<BTreeMap<DocumentId, String>, Problem> {
    Ok(programmes::all(ask.read)?.into_iter().map(|row| (row.id, row.name)).collect())
}

fn end_name(names: &mut Names<'_, Snapshot>, id: Option<DocumentId>) -> Result<String, Problem> {
    let name = match id {
        Some(id) => names.store_or_partner(id)?,
        None => None,
    };
    Ok(name.unwrap_or_default().to_owned())
}

fn variant_name(ask: &Ask<'_>, id: Option<DocumentId>) -> Result<String, Problem> {
    match id {
        Some(id) => Ok(reference::variant(ask.read, id)?.name),
        None => Ok(String::new()),
    }
}

/// Who holds how much, in one cell: `Store-room 60; Counter 20`.
fn shares_text(holdings: &[Holding]) -> String {
    let held = holdings.iter().filter(|holding| holding.quantity != Quantity::ZERO);
    held.map(|holding| format!("{} {}", holding.name, holding.quantity)).collect::<Vec<_>>().join("; ")
}

fn file(ask: &Ask<'_>, wish: StockSheetQuery, take: &mut Take<'_, Named>) -> Result<(), Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let (filter, today) = (wish.filter(ask)?, ask.state.today());
    let mut names = Names::new(ask.read);
    let programmes = programme_names(ask)?;
    // Of the past it is not told who held what.
    let holdings = match filter.as_of {
        None => share::Holdings::of(ask.read, store, ask.state.settings().device)?,
        Some(_) => None,
    };
    all_pages(|request| stock::list(ask.read, store, &filter, today, request), &mut |row: StockRow| {
        let donor = end_name(&mut names, row.donor)?;
        let supplier = end_name(&mut names, row.supplier)?;
        let programme = row.programme.and_then(|id| programmes.get(&id).cloned()).unwrap_or_default();
        let variant = variant_name(ask, row.variant)?;
        let shares = match &holdings {
            Some(holdings) => shares_text(&holdings.of_line(row.id)?),
            None => String::new(),
        };
        take(Named { row, donor, supplier, programme, variant, shares })
    })
}

/// A line of a store that the visitor may look into; any other is not there.
fn visible(ask: &Ask<'_>) -> Result<StockRow, Problem> {
    let row = stock::line(ask.read, ask.ids.id, ask.state.today())?;
    match ask.visitor.look(Some(row.store), Permission::StockView) {
        Ok(_) => Ok(row),
        Err(_) => Err(Problem::not_found("stock line")),
    }
}

fn shelf_log(ask: &Ask<'_>, _: Empty) -> Result<ShelfLog, Problem> {
    visible(ask)?;
    Ok(moves::of_line(ask.read, ask.ids.id)?)
}

fn shares(ask: &Ask<'_>, _: Empty) -> Result<replies::StockShares, Problem> {
    let row = visible(ask)?;
    let device = ask.state.settings().device;
    let available = share::available(ask.read, row.store, row.id, device)?;
    let holdings = share::Holdings::of(ask.read, row.store, device)?;
    let rows = holdings.map(|holdings| holdings.of_line(row.id)).transpose()?.unwrap_or_default();
    Ok(replies::StockShares { here: available.here, elsewhere: available.elsewhere, rows })
}

fn store_of(ask: &Ask<'_>) -> Result<DocumentId, Problem> {
    visible(ask).map(|row| row.store)
}

fn ledger_page(ask: &Ask<'_>, wish: LineLedgerQuery) -> Result<Page<LedgerEntry>, Problem> {
    visible(ask)?;
    let (wish, page) = wish.split()?;
    Ok(ledger::of_line_filtered(ask.read, ask.ids.id, &wish.filter(ask)?, &page)?)
}

fn ledger_file(
    ask: &Ask<'_>,
    wish: LineLedgerSheetQuery,
    take: &mut Take<'_, LedgerEntry>,
) -> Result<(), Problem> {
    visible(ask)?;
    let filter = wish.filter(ask)?;
    all_pages(|request| ledger::of_line_filtered(ask.read, ask.ids.id, &filter, request), take)
}

/// Many stock lines at once.
fn arrangements() -> Vec<Route> {
    vec![
        command::<MoveLines, Moved>(
            Method::POST,
            "/api/v1/stock-lines/move",
            TAG,
            "Put up to 500 stock lines in a location",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| arrangement::move_lines(txn, caller, wish),
        )
        .codes(&["store-disabled"]),
        command::<PutBack, Moved>(
            Method::POST,
            "/api/v1/stock-lines/put-back",
            TAG,
            "Undo a move: put stock lines back where they were, but for those that have been moved on since",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| arrangement::put_back(txn, caller, wish),
        )
        .codes(&["store-disabled"]),
        command::<HoldLines, Held>(
            Method::POST,
            "/api/v1/stock-lines/hold",
            TAG,
            "Hold up to 500 stock lines back, or release them",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| arrangement::hold_lines(txn, caller, wish),
        )
        .codes(&["store-disabled"]),
    ]
}

pub(super) fn routes() -> Vec<Route> {
    [lines(), arrangements()].into_iter().flatten().collect()
}

fn lines() -> Vec<Route> {
    let mut routes = vec![
        query::<StockQuery, replies::Page<replies::StockRow>, _>(
            "/api/v1/stock-lines",
            TAG,
            "Stock lines of a store, with item, location and balance",
            list,
        ),
        command::<CreateStockLine, Created>(
            Method::POST,
            "/api/v1/stock-lines",
            TAG,
            "Open a stock line with what is on the shelf",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| stock_line::create(txn, caller, wish),
        ),
        query::<Empty, replies::StockRow, _>("/api/v1/stock-lines/{id}", TAG, "A stock line", |ask, _| {
            visible(ask)
        }),
        command::<UpdateStockLine, ()>(
            Method::PATCH,
            "/api/v1/stock-lines/{id}",
            TAG,
            "Hold, move or annotate a stock line; its quantity is changed by adjustments",
            Place::Of(store_of),
            |txn, caller, ids, wish| stock_line::update(txn, caller, ids.id, wish),
        ),
        command::<ObserveVvm, ()>(
            Method::POST,
            "/api/v1/stock-lines/{id}/vvm",
            TAG,
            "Record what the vial monitor of a vaccine shows",
            Place::Of(store_of),
            |txn, caller, ids, wish| stock_line::observe_vvm(txn, caller, ids.id, wish),
        ),
        query::<Empty, replies::ShelfLog, _>(
            "/api/v1/stock-lines/{id}/moves",
            TAG,
            "Where a stock line was put, what its vial monitor showed, when it was held: by whom, on which device",
            shelf_log,
        ),
        query::<Empty, replies::StockShares, _>(
            "/api/v1/stock-lines/{id}/shares",
            TAG,
            "Which device of the store holds how much of a stock line, where the store shares its stock",
            shares,
        ),
        command::<AskShare, ()>(
            Method::POST,
            "/api/v1/stock-lines/{id}/shares/ask",
            TAG,
            "Ask the other devices of the store for a share; they answer as soon as they hear of it",
            Place::Of(store_of),
            |txn, caller, ids, wish| share::ask(txn, caller, ids.id, wish),
        )
        .codes(&["share-none"]),
        command::<GiveShare, ()>(
            Method::POST,
            "/api/v1/stock-lines/{id}/shares/give",
            TAG,
            "Give another device of the store some of what this device holds",
            Place::Of(store_of),
            |txn, caller, ids, wish| share::give(txn, caller, ids.id, wish),
        )
        .codes(&["share-exceeded", "share-none"]),
        command::<DivideShares, Divided>(
            Method::POST,
            "/api/v1/stock-lines/divide",
            TAG,
            "Give the other devices of the store an equal part of what this device holds of each stock line",
            Place::Named(|wish| wish.store),
            |txn, caller, _, wish| share::divide(txn, caller, wish.store),
        )
        .codes(&["share-none"]),
        query::<LineLedgerQuery, replies::Page<replies::LedgerEntry>, _>(
            "/api/v1/stock-lines/{id}/ledger",
            TAG,
            "Movements of a stock line, newest first, with the balance after each",
            ledger_page,
        ),
    ];
    routes.extend(sheets(files!("/api/v1/stock-lines"), TAG, COLUMNS, file));
    routes.extend(sheets(files!("/api/v1/stock-lines/{id}/ledger"), TAG, LEDGER_COLUMNS, ledger_file));
    routes
}
