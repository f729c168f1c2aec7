//! Labels to print: of shelves, and of batches. What is printed is read back by the scan box.
//!
//! A batch whose article number is known gets a GS1 symbol, which any system reads; another one gets a code of our
//! own, which leads to the batch here.

use axum::response::Response;
use crdt_store::{DocumentId, Snapshot};
use domain::gs1::Label;
use domain::location::LocationRow;
use domain::query::barcodes;
use domain::query::scan::OwnCode;
use domain::query::stock::{self, StockFacet, StockFilter, StockRow};
use domain::query::{PageRequest, reference};
use domain::{Permission, gs1};
use maud::{Markup, html};
use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};

use crate::error::Problem;
use crate::ui::form::{Asked, Fields, Form, Input, address};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section};
use crate::ui::parts::{empty, facets, or_dash, search, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// Batches that are offered at once: what a person looks through; a narrower search brings others.
const BATCHES_MAX: usize = 200;
/// Labels of one print: a hundred sheets.
const LABELS_MAX: usize = 2_400;
/// Copies of one label.
const COPIES_MAX: usize = 100;
/// Largest QR code tried: 57 modules still scan from a label of 30 mm.
const VERSION_MAX: i16 = 10;
/// Modules of quiet around a QR code, by its standard.
const QUIET: usize = 4;

/// What labels are printed on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    /// A4 sheets of 3 × 8 labels, 70 × 37 mm.
    Sheet,
    /// A roll 62 mm wide, one label after the other.
    Roll,
}

impl Size {
    const ALL: [Self; 2] = [Self::Sheet, Self::Roll];

    const fn code(self) -> &'static str {
        match self {
            Self::Sheet => "sheet",
            Self::Roll => "roll",
        }
    }

    fn of(form: &Form) -> Self {
        Self::ALL.into_iter().find(|size| size.code() == form.raw("size")).unwrap_or(Self::Sheet)
    }

    /// Labels on one page.
    const fn per_page(self) -> usize {
        match self {
            Self::Sheet => 24,
            Self::Roll => 1,
        }
    }
}

/// What a symbol holds.
enum Content {
    /// A label of GS1.
    Standard(Label),
    /// A code of our own.
    Own(OwnCode),
}

// ---- symbols ----

/// A GS1 QR code: FNC1 at its beginning says that an element string follows.
fn standard_code(label: &Label) -> Option<QrCode> {
    let text = label.element_string();
    let made = (1..=VERSION_MAX).find_map(|version| {
        let mut bits = Bits::new(Version::Normal(version));
        bits.push_fnc1_first_position().ok()?;
        // In this mode a percent sign among letters and digits would mean a separator; as bytes it is one.
        match text.contains('%') {
            true => bits.push_byte_data(text.as_bytes()).ok()?,
            false => bits.push_optimal_data(text.as_bytes()).ok()?,
        }
        bits.push_terminator(EcLevel::M).ok()?;
        Some(bits)
    })?;
    QrCode::with_bits(made, EcLevel::M).ok()
}

fn code_of(content: &Content) -> Option<QrCode> {
    match content {
        Content::Standard(label) => standard_code(label),
        Content::Own(code) => {
            QrCode::with_error_correction_level(code.to_string().as_bytes(), EcLevel::M).ok()
        }
    }
}

/// A QR code as a drawing: one path, a run of dark modules after the other.
fn drawing(code: &QrCode) -> Markup {
    use std::fmt::Write;

    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = row[x..].iter().take_while(|color| **color == Color::Dark).count();
            if run > 0 {
                write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET).expect("a string takes all");
            }
            x += run.max(1);
        }
    }
    let side = width + 2 * QUIET;
    html! {
        svg class="qr" viewBox={ "0 0 " (side) " " (side) } shape-rendering="crispEdges" aria-hidden="true" focusable="false" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}

fn symbol(content: &Content) -> Markup {
    html! { @if let Some(code) = code_of(content) { (drawing(&code)) } }
}

// ---- labels ----

fn shelf_label(place: &LocationRow) -> Markup {
    html! {
        div class="label" {
            (symbol(&Content::Own(OwnCode::Location(place.id))))
            div { p class="large" { (place.code) } p { (place.name) } }
        }
    }
}

fn batch_content(read: &Snapshot, row: &StockRow) -> Result<Content, Trouble> {
    let gtin = barcodes::of_pack(read, row.store, row.item, row.pack_size)?;
    let label = gtin.and_then(|gtin| gs1::Label::of_batch(&gtin, row.expiry, row.batch.as_deref()));
    Ok(label.map_or(Content::Own(OwnCode::StockLine(row.id)), Content::Standard))
}

fn batch_label(words: Words, read: &Snapshot, row: &StockRow) -> Result<Markup, Trouble> {
    let content = batch_content(read, row)?;
    Ok(html! {
        div class="label" {
            (symbol(&content))
            div {
                p class="name" { (row.item_name) }
                p { (t!(words, "batch")) " " b { (or_dash(row.batch.as_deref())) } }
                p { (t!(words, "expiry")) " " b { @if let Some(day) = row.expiry { (words.day(day)) } @else { (or_dash(None)) } } }
                p { (t!(words, "label-pack", units = words.whole(row.pack_size.into()), unit = row.unit.as_str())) }
                @if let Content::Standard(label) = &content { p class="fine" { (label.human_readable()) } }
            }
        }
    })
}

/// Labels laid out on their pages, after as many places as are used up already.
fn pages(labels: &[Markup], size: Size, skip: usize) -> Markup {
    let places: Vec<Option<&Markup>> =
        std::iter::repeat_n(None, skip).chain(labels.iter().map(Some)).collect();
    html! {
        @for page in places.chunks(size.per_page()) {
            div class={ "labels " (size.code()) } {
                @for place in page { @match place { Some(label) => (label), None => div class="label" {} } }
            }
        }
    }
}

// ---- choosing ----

fn print_fields(words: Words, form: &Form) -> Markup {
    let fields = Fields { words, form, problem: None };
    let sizes = Size::ALL.map(|size| (size.code().to_owned(), words.code("label-size", size.code())));
    let number = Input { kind: "number", inputmode: Some("numeric"), ..Input::default() };
    let skip_hint = t!(words, "label-skip-hint");
    html! {
        div class="pad fields" {
            (fields.select("size", &t!(words, "label-size"), false, &sizes))
            (fields.input("copies", &t!(words, "label-copies"), number))
            (fields.input("skip", &t!(words, "label-skip"), Input { hint: Some(&skip_hint), ..number }))
        }
        div class="bar" { button class="btn primary big" { (icon("printer")) (t!(words, "labels-show")) } }
    }
}

fn shelf_form(words: Words, form: &Form, places: &[LocationRow]) -> Markup {
    html! {
        @if places.is_empty() { div class="card" { (empty("map-pin", &t!(words, "labels-no-locations"), &t!(words, "labels-no-locations-text"), html! {})) } }
        @else {
            form class="card" action="/labels/print" method="get" {
                input type="hidden" name="kind" value="shelf";
                div class="pad" { fieldset {
                    legend { (t!(words, "labels-which-shelves")) }
                    div class="checks" { @for place in places {
                        label class="check" { input type="checkbox" name="id" value=(place.id) checked; span { b { (place.code) } " · " (place.name) } }
                    } }
                } }
                (print_fields(words, form))
            }
        }
    }
}

fn batch_form(visit: &Visit, form: &Form, rows: &[StockRow], more: bool) -> Markup {
    let words = visit.words;
    html! {
        @if rows.is_empty() { (empty("search", &t!(words, "nothing-found"), &t!(words, "nothing-found-text"), html! {})) }
        @else {
            form action="/labels/print" method="get" {
                input type="hidden" name="kind" value="batch";
                div class="scroll" { table {
                    thead { tr {
                        th scope="col" { span class="visually-hidden" { (t!(words, "labels-choose")) } }
                        th scope="col" { (t!(words, "item")) }
                        th scope="col" { (t!(words, "batch")) }
                        th scope="col" class="phone-hide" { (t!(words, "expiry")) }
                        th scope="col" class="num phone-hide" { (t!(words, "pack-size")) }
                    } }
                    tbody { @for row in rows { tr {
                        td { label class="check bare" { input type="checkbox" name="id" value=(row.id) checked aria-label={ (row.item_name) " " (row.batch.as_deref().unwrap_or_default()) }; } }
                        td { (row.item_name) }
                        td class="nowrap" { (or_dash(row.batch.as_deref())) }
                        td class="nowrap phone-hide" { (super::stock::expiry(words, row, visit.today())) }
                        td class="num phone-hide" { (words.whole(row.pack_size.into())) }
                    } } }
                } }
                @if more { p class="pad muted" { (t!(words, "labels-more", n = BATCHES_MAX)) } }
                (print_fields(words, form))
            }
        }
    }
}

fn facet_of(name: &str) -> Option<StockFacet> {
    match name {
        "all" => None,
        "expiring" => Some(StockFacet::Expiring),
        "expired" => Some(StockFacet::Expired),
        "on-hold" => Some(StockFacet::OnHold),
        "zero" => Some(StockFacet::Zero),
        _ => Some(StockFacet::InStock),
    }
}

/// What to print labels of, and on what.
pub(in crate::ui) async fn choose(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let read = visit.read()?;
    let form = Form::with(&[("size", Size::of(&asked).code().to_owned()), ("copies", "1".into())]);
    let batch = asked.raw("kind") == "batch";
    let kinds = [("", t!(words, "labels-shelves")), ("batch", t!(words, "labels-batches"))];
    let name = t!(words, "labels-title");
    let choice = if batch {
        let wanted = asked.raw("search");
        let facet = asked.raw("facet");
        let filter = StockFilter {
            search: asked.owned("search"),
            facet: facet_of(facet),
            item: asked.id("item"),
            location: asked.id("location"),
            ..StockFilter::default()
        };
        let page = stock::list(&read, own.id, &filter, visit.today(), &PageRequest::first(BATCHES_MAX))?;
        let (item, location) = (asked.raw("item"), asked.raw("location"));
        let kept = [("kind", "batch"), ("facet", facet), ("item", item), ("location", location)];
        html! {
            div class="card" {
                div class="filters" { (search(words, "/labels", &t!(words, "search-stock"), wanted, &kept)) }
                div id="list" { (batch_form(&visit, &form, &page.rows, page.next.is_some())) }
            }
        }
    } else {
        shelf_form(words, &form, &reference::locations(&read, own.id)?)
    };
    let body = html! {
        (title(&name, html! { (t!(words, "labels-text")) }, html! {}))
        div class="filters" { (facets(&t!(words, "labels-kind"), "/labels", "kind", asked.raw("kind"), &[], &kinds)) }
        (choice)
    };
    let page = Page::new(Section::Stock, name, body).below(t!(words, "nav-stock"), "/stock");
    Ok(layout::page(&visit, page.searching()))
}

/// A number of a form, at most so many; another one where it is empty or none.
fn number(form: &Form, name: &str, otherwise: usize, max: usize) -> usize {
    form.read(name).unwrap_or(otherwise).min(max)
}

fn chosen_labels(
    visit: &Visit,
    read: &Snapshot,
    store: DocumentId,
    asked: &Form,
) -> Result<Vec<Markup>, Trouble> {
    let wanted: Vec<DocumentId> = asked.all("id").filter_map(|id| id.parse().ok()).collect();
    if asked.raw("kind") != "batch" {
        let places = reference::locations(read, store)?;
        return Ok(places.iter().filter(|place| wanted.contains(&place.id)).map(shelf_label).collect());
    }
    let mut labels = Vec::new();
    for id in wanted {
        // A batch of another store is none of the reader's business.
        match stock::line(read, id, visit.today()) {
            Ok(row) if row.store == store => labels.push(batch_label(visit.words, read, &row)?),
            _ => return Err(Trouble::not_found("stock line")),
        }
    }
    Ok(labels)
}

/// The labels, as they are printed.
pub(in crate::ui) async fn print(visit: Visit, asked: Asked) -> Result<Response, Trouble> {
    let words = visit.words;
    let own = visit.store(Permission::StockView)?;
    let read = visit.read()?;
    let size = Size::of(&asked);
    let copies = number(&asked, "copies", 1, COPIES_MAX).max(1);
    let skip = if size == Size::Sheet { number(&asked, "skip", 0, size.per_page() - 1) } else { 0 };
    let labels = chosen_labels(&visit, &read, own.id, &asked)?;
    if labels.len() * copies > LABELS_MAX {
        return Err(Problem::new("validation", format!("at most {LABELS_MAX} labels")).into());
    }
    let labels: Vec<Markup> =
        labels.into_iter().flat_map(|label| std::iter::repeat_n(label, copies)).collect();
    let back = address("/labels", &[("kind", asked.raw("kind"))]);
    let name = t!(words, "labels-print-title");
    let actions = html! {
        a class="btn" href=(back) { (t!(words, "labels-choose-others")) }
        button type="button" class="btn primary needs-script" data-print { (icon("printer")) (t!(words, "print")) }
    };
    let body = html! {
        div class="no-print" {
            (title(&name, html! { (t!(words, "labels-count", n = labels.len())) }, actions))
            p class="muted" { (t!(words, "labels-print-hint")) }
        }
        @if labels.is_empty() { div class="card" { (empty("tag", &t!(words, "labels-none"), &t!(words, "labels-none-text"), html! { a class="btn" href=(back) { (t!(words, "labels-choose-others")) } })) } }
        @else { (pages(&labels, size, skip)) }
    };
    let page = Page::new(Section::Stock, name, body).below(t!(words, "labels-title"), "/labels");
    Ok(layout::page(&visit, page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_for_any_batch_fits_a_symbol_that_still_scans() {
        let gtin: gs1::Gtin = "09521234543213".parse().expect("an article");
        let expiry = Some("2027-06-30".parse().expect("a day"));
        for batch in ["L1", "ABCDEFGHIJ0123456789", "50%/x'\"<>_-.,;:=?!&()"] {
            let batch = &batch[..batch.len().min(20)];
            let label = Label::of_batch(&gtin, expiry, Some(batch)).expect("a batch that fits");
            assert!(standard_code(&label).is_some_and(|code| code.width() <= 57), "{batch}");
        }
        let own = Content::Own(OwnCode::StockLine(DocumentId::from_bytes([0xab; 16])));
        assert!(code_of(&own).is_some_and(|code| code.width() <= 33));
    }

    #[test]
    fn labels_begin_after_the_places_that_are_used_up() {
        let label = html! { i {} };
        let shown = pages(&vec![label; 24], Size::Sheet, 3).into_string();
        assert_eq!(shown.matches("class=\"labels sheet\"").count(), 2);
        assert_eq!(shown.matches("class=\"label\"").count(), 3);
    }
}
