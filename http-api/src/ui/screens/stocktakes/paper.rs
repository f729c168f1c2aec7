//! The count sheet on paper: all lines, with room to write.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::query::PageRequest;
use domain::query::stocktakes::{self as query, LineFilter, StocktakeLine};
use maud::{Markup, html};

use super::about;
use super::sheet::load;
use crate::ui::form::Asked;
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section};
use crate::ui::parts::{ROWS_PER_GROUP, facets, or_dash, signatures, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

fn row(words: Words, line: &StocktakeLine, quantities: bool) -> Markup {
    html! {
        tr {
            td class="num" { (line.position) }
            td { span class="strong" { (line.item_name) } span class="two" { (line.item_code) " · " (line.unit) } }
            td class="nowrap" { (or_dash(line.batch.as_deref())) }
            td class="nowrap" { @match line.expiry { Some(day) => (words.day(day)), None => "—" } }
            td { (or_dash(line.location_code.as_deref())) }
            td class="num" { (line.pack_size) }
            @if quantities { td class="num" { (words.quantity(line.on_hand)) } }
            td class="blank" {}
            td class="blank" {}
        }
    }
}

/// The sheet, with or without what is expected.
pub(in crate::ui) async fn paper(
    visit: Visit,
    Path(id): Path<DocumentId>,
    asked: Asked,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let read = visit.read()?;
    let entry = load(&visit, &read, id)?;
    let quantities = match asked.raw("quantities") {
        "yes" => true,
        "no" => false,
        _ => !entry.stocktake.blind,
    };
    let mut lines = Vec::new();
    let mut request = PageRequest::first(domain::query::PAGE_LEN_MAX);
    loop {
        let page = query::lines(&read, id, &LineFilter::default(), &request)?;
        lines.extend(page.rows);
        match page.next {
            Some(next) => request.cursor = Some(next),
            None => break,
        }
    }
    let base = format!("/stocktakes/{id}");
    let choice = [("yes", t!(words, "with-quantities")), ("no", t!(words, "without-quantities"))];
    let chosen = if quantities { "yes" } else { "no" };
    let actions = html! { button type="button" class="btn primary" data-print { (icon("printer")) (t!(words, "print")) } };
    let sub = html! { (entry.stocktake.number) " · " (or_dash(entry.stocktake.description.as_deref())) " · " (about(words, &entry)) };
    let name = t!(words, "count-sheet");
    let body = html! {
        (title(&name, sub, actions))
        div class="filters no-print" { (facets(&t!(words, "count-sheet"), &format!("{base}/paper"), "quantities", chosen, &[], &choice)) span class="muted" { (t!(words, "rows", n = lines.len())) } }
        div class="card paper" { div class="scroll" tabindex="0" role="region" aria-label=(name) { table {
            thead { tr {
                th scope="col" class="num" { "#" } th scope="col" { (t!(words, "item")) } th scope="col" { (t!(words, "batch")) } th scope="col" { (t!(words, "expiry")) }
                th scope="col" { (t!(words, "location")) } th scope="col" class="num" { (t!(words, "pack-size")) }
                @if quantities { th scope="col" class="num" { (t!(words, "counted-expected")) } }
                th scope="col" { (t!(words, "counted")) } th scope="col" { (t!(words, "note")) }
            } }
            @for group in lines.chunks(ROWS_PER_GROUP) { tbody class="group" { @for line in group { (row(words, line, quantities)) } } }
        } } }
        (signatures(words))
    };
    let page = Page::new(Section::Stocktakes, name, body)
        .below(t!(words, "nav-stocktakes"), "/stocktakes")
        .below(entry.stocktake.number.clone(), base);
    Ok(layout::page(&visit, page))
}
