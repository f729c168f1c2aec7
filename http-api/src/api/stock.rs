//! Stock: the batches on a store's shelves.

use std::collections::BTreeMap;

use axum::http::Method;
use crdt_store::{DocumentId, Snapshot};
use domain::arrangement::{self, Held, HoldLines, MoveLines, Moved, PutBack};
use domain::query::ledger::{self, LedgerEntry};
use domain::query::moves::{self, ShelfLog};
use domain::query::names::Names;
use domain::query::stock::{
    self, ItemStockFilter, ItemStockRow, StockFacet, StockFilter, StockRow, StockSort,
};
use domain::query::{Page, PageRequest, programmes, reference};
use domain::stock_line::{self, CreateStockLine, ObserveVvm, UpdateStockLine, Vvm};
use domain::{Created, Date, Permission};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::items::ledger_sheet;
use super::replies;
use super::route::{Ask, Cell, Place, Route, Sheet, all_pages, command, query, sheet};
use crate::error::Problem;

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
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ItemStockQuery {
    store_id: Option<DocumentId>,
    search: Option<String>,
    in_stock: Option<bool>,
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PageQuery {
    limit: Option<u32>,
    cursor: Option<String>,
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
        };
        Ok((wish, page))
    }
}

impl StockSheetQuery {
    fn filter(self) -> StockFilter {
        StockFilter {
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
        }
    }
}

fn list(ask: &Ask<'_>, wish: StockQuery) -> Result<Page<StockRow>, Problem> {
    let (wish, page) = wish.split()?;
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    Ok(stock::list(ask.read, store, &wish.filter(), ask.state.today(), &page)?)
}

fn file(ask: &Ask<'_>, wish: StockSheetQuery) -> Result<Sheet, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let (filter, today) = (wish.filter(), ask.state.today());
    let mut sheet = Sheet::new(&[
        "item code",
        "item",
        "unit",
        "batch",
        "expiry",
        "pack size",
        "location",
        "on hand",
        "available",
        "on hold",
        "vvm",
        "cost price",
        "sell price",
        "stock line",
        "donor",
        "supplier",
        "programme",
        "variant",
        "note",
    ])?;
    let mut names = Names::new(ask.read);
    let programmes = programme_names(ask)?;
    all_pages(
        |request| stock::list(ask.read, store, &filter, today, request),
        |row| {
            sheet.row([
                Cell::text(&row.item_code),
                Cell::text(&row.item_name),
                Cell::text(&row.unit),
                Cell::maybe(row.batch.as_ref()),
                Cell::plain_or_empty(row.expiry),
                Cell::plain(row.pack_size),
                Cell::maybe(row.location_code.as_ref()),
                Cell::plain(row.on_hand),
                Cell::plain(row.available),
                Cell::plain(row.on_hold),
                row.vvm.map_or(Cell::plain(""), |vvm| Cell::word(&vvm)),
                Cell::plain_or_empty(row.cost_price),
                Cell::plain_or_empty(row.sell_price),
                Cell::plain(row.id),
                Cell::text(end_name(&mut names, row.donor)?),
                Cell::text(end_name(&mut names, row.supplier)?),
                Cell::text(row.programme.and_then(|id| programmes.get(&id).cloned()).unwrap_or_default()),
                Cell::text(variant_name(ask, row.variant)?),
                Cell::maybe(row.note.as_ref()),
            ])
        },
    )?;
    Ok(sheet)
}

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

fn by_item(ask: &Ask<'_>, wish: ItemStockQuery) -> Result<Page<ItemStockRow>, Problem> {
    let store = ask.visitor.look(wish.store_id, Permission::StockView)?;
    let filter = ItemStockFilter { search: wish.search, in_stock: wish.in_stock };
    Ok(stock::items(ask.read, store, &filter, &input::page(wish.limit, wish.cursor)?)?)
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

fn store_of(ask: &Ask<'_>) -> Result<DocumentId, Problem> {
    visible(ask).map(|row| row.store)
}

fn ledger_page(ask: &Ask<'_>, wish: PageQuery) -> Result<Page<LedgerEntry>, Problem> {
    visible(ask)?;
    Ok(ledger::of_line(ask.read, ask.ids.id, &input::page(wish.limit, wish.cursor)?)?)
}

fn ledger_file(ask: &Ask<'_>, _: Empty) -> Result<Sheet, Problem> {
    visible(ask)?;
    ledger_sheet(|request| ledger::of_line(ask.read, ask.ids.id, request))
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
    vec![
        query::<StockQuery, replies::Page<replies::StockRow>, _>(
            "/api/v1/stock-lines",
            TAG,
            "Stock lines of a store, with item, location and balance",
            list,
        ),
        sheet::<StockSheetQuery>("/api/v1/stock-lines.csv", TAG, "The same as a file, all rows", file),
        query::<ItemStockQuery, replies::Page<replies::ItemStockRow>, _>(
            "/api/v1/stock-items",
            TAG,
            "What a store has of each item",
            by_item,
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
        query::<PageQuery, replies::Page<replies::LedgerEntry>, _>(
            "/api/v1/stock-lines/{id}/ledger",
            TAG,
            "Movements of a stock line, newest first, with the balance after each",
            ledger_page,
        ),
        sheet::<Empty>(
            "/api/v1/stock-lines/{id}/ledger.csv",
            TAG,
            "The same as a file, all rows",
            ledger_file,
        ),
    ]
}
