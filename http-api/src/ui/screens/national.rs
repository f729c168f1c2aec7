//! Stock of the country, at the centre: by item, and of an item by store.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::query::items::ItemFilter;
use domain::query::national::{self, NationalRow};
use domain::{Permission, Quantity, query};
use maud::{Markup, html};

use crate::error::Problem;
use crate::ui::form::Asked;
use crate::ui::layout::{self, Page, Section};
use crate::ui::lookup;
use crate::ui::parts::{Tone, below, chip, empty, facets, pager, quantity, search, title};
use crate::ui::sheets::{all_shown, export};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::t;

fn require(visit: &Visit) -> Result<(), Trouble> {
    if !visit.is_central() {
        return Err(Problem::from(domain::reject::central_only()).into());
    }
    Ok(visit.visitor.require(Permission::StockView)?)
}

fn table(visit: &Visit, rows: &[NationalRow]) -> Markup {
    let words = visit.words;
    html! {
        div class="scroll" { table {
            thead { tr { th scope="col" { (t!(words, "item")) } th scope="col" class="phone-hide" { (t!(words, "code")) } th scope="col" class="num" { (t!(words, "on-hand")) } th scope="col" class="num phone-hide" { (t!(words, "promised")) } th scope="col" class="phone-hide" { (t!(words, "unit")) } } }
            tbody { @for row in rows {
                tr {
                    td {
                        a class="row-link" href={ "/national/" (row.item.id) } { (row.item.name) }
                        @if !row.on_hand.is_positive() { " " (chip(Tone::Bad, "package", &t!(words, "out-of-stock"))) }
                        (below(html! { (row.item.code) " · " (row.item.unit) }))
                    }
                    td class="muted nowrap phone-hide" { (row.item.code) }
                    td class="num strong" data-live={ "n-" (row.item.id) } { (quantity(words, row.on_hand)) }
                    td class="num phone-hide" { (words.quantity(row.allocated)) }
                    td class="muted phone-hide" { (row.item.unit) }
                }
            } }
        } }
    }
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    require(&visit)?;
    let words = visit.words;
    let (wanted, cursor) = (asked.raw("search"), asked.text("cursor"));
    let filter = ItemFilter { search: asked.owned("search"), ..ItemFilter::default() };
    let facet = asked.raw("facet");
    let in_stock = (facet == "zero").then_some(false);
    let page = national::list(&visit.read()?, &filter, in_stock, &lookup::page_request(cursor))?;
    let offered = [("", t!(words, "facet-all")), ("zero", t!(words, "out-of-stock"))];
    let name = t!(words, "nav-national");
    let kept = [("search", wanted), ("facet", facet)];
    let filtered = [("search", wanted), ("inStock", if in_stock.is_some() { "false" } else { "" })];
    let body = html! {
        (title(&name, html! { (t!(words, "national-text")) }, html! {
            (export(words, "national-stock", &filtered, all_shown(page.rows.len(), cursor, page.next.as_deref())))
        }))
        div class="card" {
            div class="filters" { (search(words, "/national", &t!(words, "search-items"), wanted, &[("facet", facet)])) }
            div id="list" {
                div class="filters" { (facets(&t!(words, "filter"), "/national", "facet", facet, &[("search", wanted)], &offered)) }
                @if page.rows.is_empty() { (empty("globe", &t!(words, "nothing-found"), &t!(words, "nothing-found-text"), html! {})) }
                @else { (table(&visit, &page.rows)) (pager(words, "/national", &kept, page.rows.len(), cursor, page.next.as_deref())) }
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::National, name, body).searching()))
}

/// An item in each store.
pub(in crate::ui) async fn item(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    require(&visit)?;
    let words = visit.words;
    let read = visit.read()?;
    let item = query::items::detail(&read, id)?;
    let rows = national::item_by_store(&read, id)?;
    let most = rows.iter().map(|row| row.on_hand).max().unwrap_or(Quantity::ZERO).max(Quantity::whole(1));
    let total: Quantity = rows.iter().map(|row| row.on_hand).sum();
    let body = html! {
        (title(&item.name, html! { (item.code) " · " (t!(words, "on-hand")) " " b class="tabular" data-live="total" { (words.quantity(total)) } " " (item.unit) }, html! {
            (export(words, &format!("national-stock/{id}/stores"), &[], Some(rows.len())))
        }))
        div class="card" {
            @if rows.is_empty() { (empty("globe", &t!(words, "national-none"), &t!(words, "national-none-text"), html! {})) }
            @else {
                div class="scroll" { table {
                    thead { tr { th scope="col" { (t!(words, "store")) } th scope="col" class="phone-hide" { (t!(words, "level")) } th scope="col" { span class="visually-hidden" { (t!(words, "share")) } } th scope="col" class="num" { (t!(words, "on-hand")) } th scope="col" class="num" { (t!(words, "promised")) } } }
                    tbody { @for row in &rows {
                        tr {
                            td { span class="strong" { (row.store_name) } span class="two" { (row.store_code) } }
                            td class="phone-hide" { (words.code("level", &row.level.to_string())) }
                            td { meter class="share" min="0" max=(most.thousandths()) value=(row.on_hand.max(Quantity::ZERO).thousandths()) aria-label={ (t!(words, "on-hand")) " " (row.store_name) } {} }
                            td class="num strong" data-live={ "n-" (row.store) } { (quantity(words, row.on_hand)) }
                            td class="num" { (words.quantity(row.allocated)) }
                        }
                    } }
                } }
            }
        }
    };
    Ok(layout::page(
        &visit,
        Page::new(Section::National, item.name.clone(), body).below(t!(words, "nav-national"), "/national"),
    ))
}
