//! Stocktakes: the list, beginning one, counting, closing, paper.

mod add;
mod finish;
mod paper;
mod sheet;

pub(in crate::ui) use add::{add_batch, add_line, show as add};
pub(in crate::ui) use finish::{cancel, finalise, review, settle_late};
pub(in crate::ui) use paper::paper;
pub(in crate::ui) use sheet::{count_line, count_lines, hold, keep, show, strike};

use axum::http::StatusCode;
use axum::response::Response;
use domain::Permission;
use domain::query::stocktakes::{self as query, StocktakeEntry, StocktakeFilter};
use domain::stocktake::{self, CreateStocktake, Selection, SheetOrder, StocktakeStatus};
use maud::{Markup, html};

use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup::{self, once};
use crate::ui::parts::{Tone, below, chip, empty, facets, or_dash, pager, row_ids, title};
use crate::ui::sheets::{all_shown, export};
use crate::ui::trouble::Trouble;
use crate::ui::visit::{OwnStore, Visit};
use crate::ui::words::{Words, t};

fn status_chip(words: Words, entry: &StocktakeEntry) -> Markup {
    let (tone, drawing) = match entry.stocktake.status {
        StocktakeStatus::Counting if entry.stocktake.on_hold => (Tone::Warn, "pause"),
        StocktakeStatus::Counting => (Tone::Accent, "clipboard-check"),
        StocktakeStatus::Finalised => (Tone::Good, "check"),
        StocktakeStatus::Cancelled => (Tone::Calm, "ban"),
    };
    html! {
        (chip(tone, drawing, &words.code("stocktake", entry.stocktake.status.code())))
        @if entry.late { " " (chip(Tone::Warn, "flag", &t!(words, "late-counts"))) }
        @if entry.stocktake.status == StocktakeStatus::Counting && entry.counts.rivals > 0 { " " (chip(Tone::Warn, "flag", &t!(words, "counts-differ-chip", n = entry.counts.rivals))) }
    }
}

/// How far the counting has come, as a bar and in words.
fn progress(words: Words, entry: &StocktakeEntry) -> Markup {
    let counts = entry.counts;
    html! {
        span class="progress" {
            progress max=(counts.lines.max(1)) value=(counts.counted) aria-label=(t!(words, "counted-of-lines", counted = counts.counted, lines = counts.lines)) {}
            span class="tabular nowrap" { (t!(words, "counted-of", counted = counts.counted, lines = counts.lines)) }
        }
    }
}

/// What a stocktake is about.
fn about(words: Words, entry: &StocktakeEntry) -> String {
    let selection = &entry.stocktake.selection;
    let mut parts = Vec::new();
    if selection.blank {
        parts.push(t!(words, "stocktake-blank"));
    }
    if let Some(code) = &entry.location_code {
        parts.push(t!(words, "stocktake-of-location", code = code.as_str()));
    }
    if let Some(name) = &entry.programme_name {
        parts.push(t!(words, "stocktake-of-programme", name = name.as_str()));
    }
    if let Some(name) = &entry.item_name {
        parts.push(name.clone());
    }
    if let Some(until) = selection.expiring_until {
        parts.push(t!(words, "stocktake-expiring", day = words.day(until)));
    }
    if parts.is_empty() {
        parts.push(t!(words, "stocktake-full"));
    }
    parts.join(" · ")
}

// ---- the list ----

fn list_row(words: Words, entry: &StocktakeEntry) -> Markup {
    let row = &entry.stocktake;
    html! {
        tr {
            td {
                a class="row-link nowrap" href={ "/stocktakes/" (row.id) } { (row.number) }
                span class="two" { (or_dash(row.description.as_deref())) " · " (about(words, entry)) }
                (below(status_chip(words, entry)))
            }
            td class="nowrap phone-hide" { (words.brief_instant(row.created_at)) span class="two" { (or_dash(entry.created_by_name.as_deref())) } }
            td data-live={ "p-" (row.id) } { (progress(words, entry)) }
            td class="num phone-hide" data-live={ "d-" (row.id) } { (words.whole(i64::from(entry.counts.differing))) }
            td class="phone-hide" data-live={ "s-" (row.id) } { (status_chip(words, entry)) }
        }
    }
}

/// The list.
pub(in crate::ui) async fn list(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let read = visit.read()?;
    let (status, cursor) = (asked.raw("status"), asked.text("cursor"));
    let wanted = [StocktakeStatus::Counting, StocktakeStatus::Finalised, StocktakeStatus::Cancelled]
        .into_iter()
        .find(|known| known.code() == status);
    let page =
        query::list(&read, own.id, &StocktakeFilter { status: wanted }, &lookup::page_request(cursor))?;
    let new = html! { @if visit.may(Permission::Stocktake) { a class="btn primary" href="/stocktakes/new" { (icon("plus")) (t!(words, "new-stocktake")) } } };
    let choices = [
        ("", t!(words, "facet-all")),
        ("counting", words.code("stocktake", "counting")),
        ("finalised", words.code("stocktake", "finalised")),
        ("cancelled", words.code("stocktake", "cancelled")),
    ];
    let name = t!(words, "nav-stocktakes");
    let body = html! {
        (title(&name, html! { (own.name) }, html! { (export(words, "stocktakes", &[("status", status)], all_shown(page.rows.len(), cursor, page.next.as_deref()))) (new) }))
        div class="card" {
            div class="filters" { (facets(&t!(words, "filter"), "/stocktakes", "status", status, &[], &choices)) }
            @if page.rows.is_empty() {
                (empty("clipboard-check", &t!(words, "stocktakes-empty"), &t!(words, "stocktakes-empty-text"), html! {}))
            } @else {
                div class="scroll" id="rows" data-rows=(row_ids(page.rows.iter().map(|row| row.stocktake.id))) { table {
                    thead { tr {
                        th scope="col" { (t!(words, "number")) }
                        th scope="col" class="phone-hide" { (t!(words, "begun")) }
                        th scope="col" { (t!(words, "counted")) }
                        th scope="col" class="num phone-hide" { (t!(words, "differences")) }
                        th scope="col" class="phone-hide" { (t!(words, "status")) }
                    } }
                    tbody { @for row in &page.rows { (list_row(words, row)) } }
                } }
                (pager(words, "/stocktakes", &[("status", status)], page.rows.len(), cursor, page.next.as_deref()))
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Stocktakes, name, body)))
}

// ---- beginning one ----

/// What a stocktake may be about, in the order of the form; what there is none of in the store is not offered.
const PARTS: [&str; 6] = ["full", "location", "programme", "expiring", "item", "blank"];

fn part_choice(words: Words, form: &Form, offered: impl Fn(&str) -> bool) -> Markup {
    let chosen = form.text("part").unwrap_or("full");
    html! {
        fieldset class="full" {
            legend { (t!(words, "stocktake-what")) }
            div class="choices" { @for part in PARTS.into_iter().filter(|part| *part == chosen || offered(part)) {
                label class="choice" { input type="radio" name="part" value=(part) checked[part == chosen]; span { (words.code("stocktake-part", part)) } }
            } }
        }
    }
}

fn new_page(visit: &Visit, form: &Form, problem: Option<&Problem>) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::Stocktake)?;
    visit.caller()?;
    let read = visit.read()?;
    let fields = Fields { words, form, problem };
    let mut locations = crate::ui::screens::locations::choices(&read, own.id)?;
    locations.splice(..1, [(String::new(), t!(words, "stocktake-choose-location"))]);
    let known = domain::query::programmes::of_store(&read, own.id)?;
    let mut programmes = vec![(String::new(), t!(words, "stocktake-choose-programme"))];
    programmes.extend(known.into_iter().map(|row| (row.id.to_string(), row.name)));
    let offered = |part: &str| match part {
        "location" => locations.len() > 1,
        "programme" => programmes.len() > 1,
        _ => true,
    };
    let item = form.id("item").and_then(|id| domain::query::items::detail(&read, id).ok());
    let any_finalised = {
        let filter = StocktakeFilter { status: Some(StocktakeStatus::Finalised) };
        !query::list(&read, own.id, &filter, &domain::query::PageRequest::first(1))?.rows.is_empty()
    };
    let name = t!(words, "new-stocktake");
    let body = html! {
        (title(&name, html! { (own.name) }, html! {}))
        (fields.alert(&["description", "comment", "expiring", "location", "programme", "item-search"]))
        form class="card pad stack" method="post" action="/stocktakes/new" {
            input type="hidden" name="once" value=(once(form));
            (part_choice(words, form, offered))
            div class="fields" {
                div data-for="part=location" { (fields.select("location", &t!(words, "location"), false, &locations)) }
                div data-for="part=programme" { (fields.select("programme", &t!(words, "programme"), false, &programmes)) }
                div data-for="part=expiring" { (fields.input("expiring", &t!(words, "stocktake-expiring-until"), Input { kind: "date", hint: Some(&t!(words, "stocktake-expiring-hint")), ..Input::default() })) }
                div data-for="part=item" { @if let Some(item) = &item { input type="hidden" name="item" value=(item.id); div class="field" { span class="label" { (t!(words, "item")) } span { (item.name) } } }
                @else { (fields.input("item-search", &t!(words, "stocktake-item"), Input { hint: Some(&t!(words, "stocktake-item-hint")), ..Input::default() })) } }
            }
            div class="fields" {
                (fields.input("description", &t!(words, "description"), Input { hint: Some(&t!(words, "stocktake-description-hint")), maxlength: Some(250), ..Input::default() }))
                (fields.select("order", &t!(words, "sheet-order"), false, &[("item".to_owned(), t!(words, "order-item")), ("location".to_owned(), t!(words, "order-location"))]))
                (fields.area("comment", &t!(words, "comment")))
            }
            div {
                (fields.check("blind", &t!(words, "stocktake-blind")))
                (fields.check("empty", &t!(words, "stocktake-include-empty")))
                @if !any_finalised { (fields.check("initial", &t!(words, "stocktake-initial"))) }
            }
            div class="row" { button class="btn primary big" { (icon("clipboard-check")) (t!(words, "begin-counting")) } a class="btn quiet" href="/stocktakes" { (t!(words, "cancel")) } }
        }
    };
    let page = Page::new(Section::Stocktakes, name, body).below(t!(words, "nav-stocktakes"), "/stocktakes");
    let mut response = layout::page(visit, page);
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The form.
pub(in crate::ui) async fn new(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    new_page(&visit, &asked.0, None)
}

fn command_of(visit: &Visit, own: &OwnStore, form: &Form) -> Result<CreateStocktake, Problem> {
    let part = form.text("part").unwrap_or("full");
    let mut selection = Selection { include_empty: form.has("empty"), ..Selection::default() };
    let missing = |pointer: &str| Problem::new("validation", "this cannot be empty").at(pointer);
    match part {
        "blank" => selection.blank = true,
        "location" => selection.location = Some(form.id("location").ok_or_else(|| missing("/location"))?),
        "programme" => {
            selection.programme = Some(form.id("programme").ok_or_else(|| missing("/programme"))?);
        }
        "expiring" => {
            selection.expiring_until =
                Some(form.day("expiring", "/expiring")?.ok_or_else(|| missing("/expiring"))?);
        }
        "item" => {
            let found = match form.id("item") {
                Some(item) => Some(item),
                None => {
                    let wanted = form.text("item-search").ok_or_else(|| missing("/item-search"))?;
                    let read = visit.state.snapshot()?;
                    let rows = lookup::found_stock(&read, own.id, wanted).unwrap_or_default();
                    rows.first().map(|row| row.item.id)
                }
            };
            let none = || Problem::new("validation", "no item of the store is called so").at("/item-search");
            selection.item = Some(found.ok_or_else(none)?);
        }
        _ => {}
    }
    Ok(CreateStocktake {
        store: own.id,
        description: form.owned("description"),
        comment: form.owned("comment"),
        selection,
        order: if form.raw("order") == "location" { SheetOrder::Location } else { SheetOrder::Item },
        blind: form.has("blind"),
        initial: form.has("initial"),
    })
}

/// Begins one.
pub(in crate::ui) async fn create(visit: Visit, mut form: Form) -> Result<Response, Trouble> {
    let own = visit.store(Permission::Stocktake)?.clone();
    let caller = visit.caller()?;
    let made = async {
        let command = command_of(&visit, &own, &form)?;
        Ok::<_, Problem>(
            visit.execute_once(&form, move |txn| stocktake::create(txn, &caller, &command)).await?,
        )
    };
    match made.await {
        Ok(made) => {
            Ok(done(&format!("/stocktakes/{}", made.id), /*key*/ "toast-stocktake-begun", &made.number))
        }
        Err(mut problem) => {
            // What the form asks for by itself is a part of the selection.
            for error in &mut problem.errors {
                if let Some(field) = error.pointer.strip_prefix("/selection/") {
                    error.pointer = format!("/{field}");
                }
            }
            form.set("once", String::new());
            new_page(&visit, &form, Some(&problem))
        }
    }
}
