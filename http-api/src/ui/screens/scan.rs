//! Scanning: what a text from a scanner means in the store, what to do with it, and what the store has learned.
//!
//! Without a script a form asks and a page answers. With one the page's script sends what a scanner types, wherever
//! the reader is, and asks for the answer alone (`x-part: scan`): it shows it over the page, or does with it what the
//! page is for. The answer carries what was found as JSON, in the shape of `/api/v1/scan`.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_store::{DocumentId, Snapshot};
use domain::barcode::{self, CorrectBarcode, LearnBarcode};
use domain::item::ItemRow;
use domain::query::barcodes::{self, BarcodeFilter};
use domain::query::scan::{self, ScanKind, ScanReading, ScanWarning, Scanned};
use domain::query::stock::StockRow;
use domain::{Created, Date, Permission};
use maud::{Markup, html};
use serde::Serialize;

use super::items::count;
use super::stock::{expiry, mark};
use crate::error::Problem;
use crate::ui::form::{Asked, Form, address};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup;
use crate::ui::parts::{Tone, below, chip, empty, fact, or_dash, pager, search, title};
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// The part of a page that a script asks for.
const PART: &str = "scan";

/// What a script is told: what was found, and where it leads.
#[derive(Serialize)]
struct Told<'s> {
    #[serde(flatten)]
    scanned: &'s Scanned,
    href: String,
}

// ---- where it leads ----

fn line_href(line: &StockRow) -> String {
    format!("/stock/items/{}?tab=batches#line-{}", line.item, line.id)
}

fn item_href(item: DocumentId) -> String {
    format!("/stock/items/{item}?tab=batches")
}

/// Where a reader goes who only wants to see what was scanned; nowhere while something is to be decided first.
fn href(scanned: &Scanned) -> String {
    if let Some(place) = &scanned.location {
        return address("/stock", &[("location", &place.id.to_string())]);
    }
    match (scanned.kind, scanned.readings.as_slice()) {
        (ScanKind::Words, _) => address("/stock", &[("search", &scanned.text), ("facet", "all")]),
        (_, [reading]) if scanned.sure => match (reading.lines.as_slice(), &reading.item) {
            ([line], _) => line_href(line),
            (_, Some(item)) => item_href(item.id),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

// ---- what is shown ----

const fn warning_key(warning: ScanWarning) -> &'static str {
    match warning {
        ScanWarning::UnknownArticle => "unknown-article",
        ScanWarning::BatchNotHere => "batch-not-here",
        ScanWarning::Expired => "expired",
        ScanWarning::ExpiryDiffers => "expiry-differs",
        ScanWarning::OnHold => "on-hold",
        ScanWarning::ItemInactive => "item-inactive",
    }
}

fn warnings(words: Words, reading: &ScanReading) -> Markup {
    html! {
        @for warning in &reading.warnings {
            @let tone = if *warning == ScanWarning::Expired { Tone::Bad } else { Tone::Warn };
            (chip(tone, "triangle-alert", &words.code("scan-warning", warning_key(*warning)))) " "
        }
    }
}

fn day(words: Words, day: Option<Date>) -> Markup {
    html! { @if let Some(day) = day { (words.day(day)) } @else { (or_dash(None)) } }
}

fn facts(words: Words, reading: &ScanReading) -> Markup {
    html! {
        dl class="facts" {
            @if let Some(gtin) = &reading.gtin { (fact(&t!(words, "scan-gtin"), html! { span class="tabular" { (gtin) } })) }
            @if reading.batch.is_some() { (fact(&t!(words, "batch"), or_dash(reading.batch.as_deref()))) }
            @if reading.expiry.is_some() { (fact(&t!(words, "expiry"), day(words, reading.expiry))) }
            @if reading.manufactured.is_some() { (fact(&t!(words, "scan-manufactured"), day(words, reading.manufactured))) }
            @if reading.serial.is_some() { (fact(&t!(words, "scan-serial"), or_dash(reading.serial.as_deref()))) }
            @if let Some(units) = reading.pack_size { (fact(&t!(words, "pack-size"), html! { (words.whole(units.into())) })) }
            @if let Some(count) = reading.count { (fact(&t!(words, "scan-count"), html! { (words.whole(count.into())) })) }
        }
    }
}

fn lines(visit: &Visit, reading: &ScanReading) -> Markup {
    let words = visit.words;
    html! {
        ul class="picks" {
            @for line in &reading.lines {
                li {
                    a href=(line_href(line)) data-scan-line=(line.id) {
                        span class="strong" { (or_dash(line.batch.as_deref())) " " (mark(words, line.status)) }
                        span { (expiry(words, line, visit.today())) }
                        span class="muted" { (t!(words, "label-pack", units = words.whole(line.pack_size.into()), unit = line.unit.as_str())) }
                        span class="muted" { (or_dash(line.location_code.as_deref())) }
                        span class="num strong" { (words.quantity(line.on_hand)) " " span class="muted" { (line.unit) } }
                    }
                }
            }
        }
    }
}

/// What is known of an item, and its batches.
fn known(visit: &Visit, text: &str, reading: &ScanReading, item: &ItemRow) -> Markup {
    let words = visit.words;
    let correct = address("/scan", &[("text", text), ("correct", "yes")]);
    html! {
        h2 { (item.name) }
        p class="muted" { (item.code) " · " (item.unit) }
        @if !reading.warnings.is_empty() { p { (warnings(words, reading)) } }
        (facts(words, reading))
        @if reading.lines.is_empty() { p class="muted" { (t!(words, "scan-no-batches")) } }
        @else { (lines(visit, reading)) }
        div class="row" {
            a class="btn" href=(item_href(item.id)) data-scan-item=(item.id) { (icon("package")) (t!(words, "scan-open-item")) }
            @if reading.barcode.is_some() && visit.may(Permission::StockEdit) {
                a class="btn quiet" href=(correct) data-scan-more { (icon("pencil")) (t!(words, "scan-correct")) }
            }
        }
    }
}

/// The ways to read a label whose separators may be missing: a person who sees the box chooses.
fn question(words: Words, readings: &[ScanReading]) -> Markup {
    html! {
        h2 { (t!(words, "scan-unsure")) }
        p { (t!(words, "scan-unsure-text")) }
        ul class="picks" {
            @for reading in readings {
                @let text = bracketed(reading);
                li { a href=(address("/scan", &[("text", &text)])) data-scan-text=(text) {
                    span class="strong" { (t!(words, "batch")) " " (or_dash(reading.batch.as_deref())) }
                    @if reading.expiry.is_some() { span { (t!(words, "expiry")) " " (day(words, reading.expiry)) } }
                    @if let Some(serial) = &reading.serial { span { (t!(words, "scan-serial")) " " (serial) } }
                } }
            }
        }
    }
}

fn bracketed(reading: &ScanReading) -> String {
    domain::gs1::Label { elements: reading.elements.clone() }.human_readable()
}

fn found_items(words: Words, found: &[ItemRow]) -> Markup {
    html! {
        @for item in found {
            button name="item" value=(item.id) { span class="strong" { (item.name) } span class="muted" { (item.unit) } span class="muted small" { (item.code) } }
        }
        @if found.is_empty() { p class="muted" { (t!(words, "nothing-found")) } }
    }
}

/// The form that teaches: which item is it, and how many units does its box hold?
fn teacher(
    visit: &Visit,
    read: &Snapshot,
    form: &Form,
    reading: &ScanReading,
    problem: Option<&Problem>,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let wanted = form.text("search");
    let found = wanted.map(|wanted| lookup::found_items(read, wanted)).transpose()?;
    let units = form.text("pack").map(str::to_owned);
    let units = units.or(reading.pack_size.map(|units| units.to_string())).unwrap_or_default();
    let error = trouble::at(words, problem, "/packSize");
    Ok(html! {
        form method="post" action="/scan/learn" class="stack" data-scan-learn {
            input type="hidden" name="text" value=(form.raw("text"));
            input type="hidden" name="gtin" value=(reading.gtin.as_deref().unwrap_or_default());
            @if let Some(id) = reading.barcode { input type="hidden" name="barcode" value=(id); }
            div class="field" {
                label for="scan-pack" { (t!(words, "scan-pack")) }
                input class="input fit num" id="scan-pack" name="pack" value=(units) inputmode="numeric" autocomplete="off" aria-invalid=[error.is_some().then_some("true")] aria-describedby="scan-pack-hint";
                div id="scan-pack-hint" {
                    @if let Some(error) = &error { div class="error" { (icon("triangle-alert")) span { (error) } } }
                    span class="hint" { (t!(words, "scan-pack-hint")) }
                }
            }
            div data-finder {
                label for="scan-find" { (t!(words, "scan-which-item")) }
                div class="row" {
                    div class="seek grow" {
                        (icon("search"))
                        input type="search" id="scan-find" name="search" value=(wanted.unwrap_or_default()) autocomplete="off" data-land
                            hx-get="/scan/items" hx-trigger="input changed delay:200ms, search" hx-target="#scan-found" hx-sync="this:replace";
                    }
                    button class="btn" name="find" value="yes" data-plain { (t!(words, "search")) }
                }
                div class="found" id="scan-found" role="status" { @if let Some(found) = &found { (found_items(words, found)) } }
            }
        }
    })
}

/// What nobody has said yet: the form, or whom to ask.
fn unknown(
    visit: &Visit,
    read: &Snapshot,
    form: &Form,
    reading: &ScanReading,
    problem: Option<&Problem>,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let correcting = reading.item.is_some();
    Ok(html! {
        h2 { @if correcting { (t!(words, "scan-correct-title")) } @else { (words.code("scan-warning", "unknown-article")) } }
        (facts(words, reading))
        @if reading.gtin.is_none() { p { (t!(words, "scan-no-article")) } }
        @else if visit.may(Permission::StockEdit) {
            p { (t!(words, "scan-teach")) }
            (teacher(visit, read, form, reading, problem)?)
            @if let Some(id) = reading.barcode {
                form method="post" action={ "/scan/barcodes/" (id) "/forget" } { button class="btn danger" { (icon("trash-2")) (t!(words, "scan-forget")) } }
            }
        }
        @else { p class="muted" { (t!(words, "scan-ask-keeper")) } }
    })
}

/// The answer to a text.
fn answer(
    visit: &Visit,
    read: &Snapshot,
    form: &Form,
    scanned: &Scanned,
    problem: Option<&Problem>,
) -> Result<Markup, Trouble> {
    let words = visit.words;
    let shown = match (&scanned.location, scanned.readings.as_slice()) {
        (Some(place), _) => html! {
            h2 { (place.code) " · " (place.name) }
            div class="row" { a class="btn primary" href=(href(scanned)) { (icon("package")) (t!(words, "scan-open-location")) } }
        },
        (None, []) => html! {
            h2 { (t!(words, "scan-words")) }
            p { span class="strong" { (scanned.text) } }
            div class="row" { a class="btn primary" href=(href(scanned)) { (icon("search")) (t!(words, "search-stock")) } }
        },
        (None, [reading]) => match &reading.item {
            Some(item) if scanned.sure && !form.has("correct") => known(visit, &scanned.text, reading, item),
            // One way is left, and a separator is missing: it is confirmed by a press.
            _ if !scanned.sure => question(words, &scanned.readings),
            _ => unknown(visit, read, form, reading, problem)?,
        },
        (None, readings) if scanned.kind == ScanKind::Label => question(words, readings),
        (None, readings) => html! {
            h2 { (t!(words, "batch")) " " (scanned.text) }
            @for reading in readings { @if let Some(item) = &reading.item {
                p class="strong" { (item.name) }
                (lines(visit, reading))
            } }
        },
    };
    let told = Told { scanned, href: if form.has("correct") { String::new() } else { href(scanned) } };
    let told = serde_json::to_string(&told).unwrap_or_default();
    Ok(html! { div class="stack" data-scan=(told) { (shown) } })
}

fn refused(words: Words, problem: &Problem) -> Markup {
    html! { div class="stack" data-scan-refused { (trouble::alert(words, problem)) } }
}

/// The field that a text is scanned or typed into.
fn field(words: Words, text: &str) -> Markup {
    html! {
        form class="row" action="/scan" method="get" data-scan-form {
            div class="seek grow" {
                (icon("scan-barcode"))
                input type="text" name="text" value=(text) aria-label=(t!(words, "scan-field")) placeholder=(t!(words, "scan-field")) autocomplete="off" autocapitalize="off" spellcheck="false" autofocus data-scan-field;
            }
            button class="btn primary" { (t!(words, "scan-go")) }
        }
    }
}

/// What a script shows over a page: the field, how it behaves, and the answer below.
fn switches(words: Words) -> Markup {
    html! {
        div class="row needs-script" {
            label class="check" { input type="checkbox" data-setting="scan-many"; span { (t!(words, "scan-many")) } }
            label class="check" { input type="checkbox" data-setting="scan-beep" data-default="on"; span { (t!(words, "scan-beep")) } }
        }
    }
}

// ---- what was learned ----

fn learned(visit: &Visit, read: &Snapshot, store: DocumentId, asked: &Form) -> Result<Markup, Trouble> {
    let words = visit.words;
    let cursor = asked.text("cursor");
    let wanted = asked.raw("search");
    let filter = BarcodeFilter { search: asked.owned("search"), item: None };
    let page = barcodes::list(read, store, &filter, &lookup::page_request(cursor))?;
    let kept = [("search", wanted)];
    Ok(html! {
        section class="card" {
            header { h2 class="grow" { (t!(words, "scan-learned")) } }
            div class="filters" { (search(words, "/scan", &t!(words, "scan-search-learned"), wanted, &[])) }
            div id="list" {
                @if page.rows.is_empty() && wanted.is_empty() { (empty("scan-barcode", &t!(words, "scan-learned-empty"), &t!(words, "scan-learned-empty-text"), html! {})) }
                @else if page.rows.is_empty() { (empty("search", &t!(words, "nothing-found"), &t!(words, "nothing-found-text"), html! {})) }
                @else {
                    div class="scroll" { table {
                        thead { tr {
                            th scope="col" { (t!(words, "scan-gtin")) }
                            th scope="col" { (t!(words, "item")) }
                            th scope="col" class="num" { (t!(words, "pack-size")) }
                            th scope="col" class="phone-hide" { span class="visually-hidden" { (t!(words, "actions")) } }
                        } }
                        tbody { @for row in &page.rows { tr {
                            td class="tabular nowrap" {
                                a class="row-link" href=(address("/scan", &[("text", &row.barcode.gtin), ("correct", "yes")])) { (row.barcode.gtin) }
                                (below(html! { (row.item_code) }))
                            }
                            td { (row.item_name) span class="two phone-hide" { (row.item_code) } }
                            td class="num" { @match row.barcode.pack_size { Some(units) => (words.whole(units.into())), None => (or_dash(None)) } }
                            td class="num phone-hide" { a class="btn quiet" href={ "/history/" (row.barcode.id) } { (icon("history")) (t!(words, "history")) } }
                        } } }
                    } }
                    (pager(words, "/scan", &kept, page.rows.len(), cursor, page.next.as_deref()))
                }
            }
        }
    })
}

// ---- requests ----

fn respond(
    visit: &Visit,
    read: &Snapshot,
    form: &Form,
    content: Markup,
    status: StatusCode,
) -> Result<Response, Trouble> {
    let words = visit.words;
    if visit.setting.part.as_deref() == Some(PART) {
        return Ok((status, content).into_response());
    }
    let own = visit.store(Permission::StockView)?;
    let name = t!(words, "scan-title");
    let asking = form.text("text").is_some();
    let actions = html! { a class="btn" href="/labels" { (icon("tag")) (t!(words, "labels-title")) } };
    let body = html! {
        (title(&name, html! { (own.name) }, actions))
        section class="card pad stack" data-scan-page {
            (field(words, form.raw("text")))
            (switches(words))
            p class="muted small" { (t!(words, "scan-hint")) }
            div data-scan-answer role="status" { (content) }
        }
        @if !asking { (learned(visit, read, own.id, form)?) }
    };
    let mut response = layout::page(visit, Page::new(Section::Stock, name, body).searching());
    *response.status_mut() = status;
    Ok(response)
}

fn show_scan(visit: &Visit, form: &Form, problem: Option<&Problem>) -> Result<Response, Trouble> {
    let own = visit.store(Permission::StockView)?;
    let read = visit.read()?;
    let Some(text) = form.text("text") else {
        return respond(visit, &read, form, html! {}, StatusCode::OK);
    };
    match scan::scan(&read, own.id, text, visit.today()) {
        Ok(scanned) => {
            let leads = scanned.location.is_some() || scanned.kind == ScanKind::Words;
            let to = href(&scanned);
            if leads && visit.setting.part.is_none() && !to.is_empty() {
                return Ok(Redirect::to(&to).into_response());
            }
            let content = answer(visit, &read, form, &scanned, problem)?;
            let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            respond(visit, &read, form, content, status)
        }
        Err(failure) => {
            let problem = Problem::from(failure);
            let status = problem.status_code();
            if status.is_server_error() {
                return Err(problem.into());
            }
            respond(visit, &read, form, refused(visit.words, &problem), status)
        }
    }
}

/// The page, or the answer alone.
pub(in crate::ui) async fn show(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    show_scan(&visit, &asked.0, None)
}

/// The frame in which a script shows answers over any page.
pub(in crate::ui) async fn panel(visit: Visit) -> Result<Response, Trouble> {
    let words = visit.words;
    visit.store(Permission::StockView)?;
    Ok(html! {
        div class="pad stack" data-notice=(t!(words, "scan-title")) {
            div class="row" { h2 class="grow" { (t!(words, "scan-title")) } button type="button" class="btn quiet" data-close="" title=(t!(words, "close")) { (icon("x")) span class="visually-hidden" { (t!(words, "close")) } } }
            (field(words, ""))
            (switches(words))
            div data-scan-answer role="status" {}
        }
    }
    .into_response())
}

/// Items that a search finds, to choose from.
pub(in crate::ui) async fn items(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let Some(wanted) = asked.text("search") else { return Ok(html! {}.into_response()) };
    Ok(found_items(visit.words, &lookup::found_items(&visit.read()?, wanted)?).into_response())
}

fn learn_command(store: DocumentId, form: &Form, item: DocumentId) -> Result<LearnBarcode, Problem> {
    let pack_size = count(form, "pack")
        .map_err(|_| Problem::new("validation", "this is not a number").at("/packSize"))?;
    Ok(LearnBarcode { store, gtin: form.raw("gtin").to_owned(), item, pack_size })
}

/// Learns what an article number means, or corrects it, and goes on with the scan.
pub(in crate::ui) async fn learn(visit: Visit, mut form: Form) -> Result<Response, Trouble> {
    let own = visit.store(Permission::StockEdit)?.clone();
    let text = form.raw("text").to_owned();
    let Some(item) = form.id("item") else {
        // Somebody without a script looks for the item first.
        if form.id("barcode").is_some() {
            form.set("correct", "yes".to_owned());
        }
        return show_scan(&visit, &form, None);
    };
    let caller = visit.caller()?;
    let taught = async {
        let command = learn_command(own.id, &form, item)?;
        match form.id("barcode") {
            Some(id) => {
                let correction = CorrectBarcode { item: Some(item), pack_size: Some(command.pack_size) };
                Ok::<_, Problem>(
                    visit.execute(move |txn| barcode::correct(txn, &caller, id, &correction)).await?,
                )
            }
            None => {
                let learned: Created =
                    visit.execute(move |txn| barcode::learn(txn, &caller, &command)).await?;
                let _ = learned;
                Ok(())
            }
        }
    };
    match taught.await {
        Ok(()) if visit.setting.part.as_deref() == Some(PART) => {
            let again = Form::with(&[("text", text)]);
            show_scan(&visit, &again, None)
        }
        Ok(()) => Ok(done(&address("/scan", &[("text", &text)]), /*key*/ "toast-learned", "")),
        Err(problem) if problem.status_code().is_server_error() => Err(problem.into()),
        Err(problem) => show_scan(&visit, &form, Some(&problem)),
    }
}

/// Forgets what an article number means.
pub(in crate::ui) async fn forget(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    visit.store(Permission::StockEdit)?;
    let caller = visit.caller()?;
    visit.execute(move |txn| barcode::forget(txn, &caller, id)).await?;
    Ok(done("/scan", /*key*/ "toast-forgotten", ""))
}
