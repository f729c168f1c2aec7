//! The country's stock, as central sees it.

use domain::Permission;
use domain::query::items::{self, ItemFilter};
use domain::query::national;
use serde::{Deserialize, Serialize};

use super::input::{self, Empty};
use super::reference::Rows;
use super::replies;
use super::route::{Ask, Route, query, require_central};
use crate::error::Problem;

const TAG: &str = "National stock";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NationalQuery {
    search: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

fn looks_everywhere(ask: &Ask<'_>) -> Result<(), Problem> {
    require_central(ask.state)?;
    ask.visitor.require(Permission::StockView)
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        query::<NationalQuery, replies::Page<replies::NationalRow>, _>(
            "/api/v1/national-stock",
            TAG,
            "What the country has of each item; central only",
            |ask, wish| {
                looks_everywhere(ask)?;
                let filter = ItemFilter { search: wish.search, ..ItemFilter::default() };
                Ok(national::list(ask.read, &filter, &input::page(wish.limit, wish.cursor)?)?)
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
    ]
}
