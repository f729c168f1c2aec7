//! The country's stock, as central sees it.

use domain::Permission;
use domain::query::items::{self, ItemFilter};
use domain::query::national::{self, NationalRow, StoreStockRow};
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::reference::Rows;
use super::replies;
use super::route::{Ask, Route, Take, all_pages, each, files, query, require_central, sheets};
use crate::error::Problem;
use crate::sheets::{Cell, Column, column};

const TAG: &str = "National stock";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NationalQuery {
    search: Option<String>,
    in_stock: Option<bool>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// The same without a page, for a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NationalSheetQuery {
    search: Option<String>,
    in_stock: Option<bool>,
}

const COLUMNS: &[Column<NationalRow>] = &[
    column("item code", |row| Cell::text(&row.item.code)),
    column("item", |row| Cell::text(&row.item.name)),
    column("unit", |row| Cell::text(&row.item.unit)),
    column("on hand", |row| Cell::quantity(row.on_hand)),
    column("promised", |row| Cell::quantity(row.allocated)),
    column("id", |row| Cell::id(row.item.id)),
];

fn file(ask: &Ask<'_>, wish: NationalSheetQuery, take: &mut Take<'_, NationalRow>) -> Result<(), Problem> {
    looks_everywhere(ask)?;
    let filter = ItemFilter { search: wish.search, ..ItemFilter::default() };
    all_pages(|request| national::list(ask.read, &filter, wish.in_stock, request), take)
}

const STORE_COLUMNS: &[Column<StoreStockRow>] = &[
    column("store code", |row| Cell::text(&row.store_code)),
    column("store", |row| Cell::text(&row.store_name)),
    column("level", |row| Cell::count(row.level)),
    column("on hand", |row| Cell::quantity(row.on_hand)),
    column("promised", |row| Cell::quantity(row.allocated)),
];

fn by_store_file(ask: &Ask<'_>, _: Empty, take: &mut Take<'_, StoreStockRow>) -> Result<(), Problem> {
    looks_everywhere(ask)?;
    items::detail(ask.read, ask.ids.id)?;
    each(national::item_by_store(ask.read, ask.ids.id)?, take)
}

fn looks_everywhere(ask: &Ask<'_>) -> Result<(), Problem> {
    require_central(ask.state)?;
    ask.visitor.require(Permission::StockView)
}

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        query::<NationalQuery, replies::Page<replies::NationalRow>, _>(
            "/api/v1/national-stock",
            TAG,
            "What the country has of each item; central only",
            |ask, wish| {
                looks_everywhere(ask)?;
                let filter = ItemFilter { search: wish.search, ..ItemFilter::default() };
                let page = input::page(wish.limit, wish.cursor)?;
                Ok(national::list(ask.read, &filter, wish.in_stock, &page)?)
            },
        )
        .central_only(),
        query::<Empty, Rows<replies::StoreStockRow>, _>(
            "/api/v1/national-stock/{id}",
            TAG,
            "What each store has of an item; central only",
            |ask, _| {
                looks_everywhere(ask)?;
                items::detail(ask.read, ask.ids.id)?;
                Ok(Rows { rows: national::item_by_store(ask.read, ask.ids.id)? })
            },
        )
        .central_only(),
    ];
    routes.extend(sheets(files!("/api/v1/national-stock"), TAG, COLUMNS, file).map(Route::central_only));
    routes.extend(
        sheets(files!("/api/v1/national-stock/{id}/stores"), TAG, STORE_COLUMNS, by_store_file)
            .map(Route::central_only),
    );
    routes
}
