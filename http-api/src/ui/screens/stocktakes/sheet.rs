//! The sheet that is counted on: one cell for each line, saved as it is typed.

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_store::{DocumentId, Snapshot};
use domain::query::stocktakes::{
    self as query, CountEntry, LineFilter, LinePart, StocktakeEntry, StocktakeLine,
};
use domain::reason::ReasonRow;
use domain::stocktake::{
    self, CountLine, CountLines, CountedLine, KeepCount, StocktakeLineRow, StocktakeStatus, StrikeLine,
    UpdateStocktake, Whether,
};
use domain::{Permission, Quantity};
use maud::{Markup, html};
use serde::Serialize;
use std::collections::BTreeMap;

use super::{about, progress, status_chip};
use crate::error::Problem;
use crate::ui::form::{Asked, Form, address};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::lookup;
use crate::ui::parts::{ROWS_PER_GROUP, Tone, chip, empty, expiry, facets, or_dash, pager, search, title};
use crate::ui::sheets::{all_shown, export_and};
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

const PARTS: [(&str, LinePart); 6] = [
    ("uncounted", LinePart::Uncounted),
    ("counted", LinePart::Counted),
    ("differing", LinePart::Differing),
    ("doubtful", LinePart::Doubtful),
    ("unexplained", LinePart::Unexplained),
    ("late", LinePart::Late),
];

/// A stocktake of the store the visitor works in.
pub(super) fn load(visit: &Visit, read: &Snapshot, id: DocumentId) -> Result<StocktakeEntry, Trouble> {
    let entry = query::detail(read, id)?;
    match visit.store(Permission::StockView)?.id == entry.stocktake.store {
        true => Ok(entry),
        false => Err(Trouble::not_found("stocktake")),
    }
}

/// What the sheet is shown with.
struct Sheet<'a> {
    visit: &'a Visit,
    entry: &'a StocktakeEntry,
    reasons: &'a [ReasonRow],
    /// Whether the visitor may count now.
    open: bool,
    /// The filter of the page, for files; and how many lines there are, where the page shows all.
    files: Vec<(&'static str, &'a str)>,
    shown: Option<usize>,
    /// Whether the page is about one line, which is counted next.
    alone: bool,
    typed: &'a Form,
    problem: Option<&'a Problem>,
}

impl Sheet<'_> {
    fn words(&self) -> Words {
        self.visit.words
    }

    fn base(&self) -> String {
        format!("/stocktakes/{}", self.entry.stocktake.id)
    }

    /// What is expected: what it was counted against, or what is on paper now; nothing before a blind count.
    fn expected(&self, line: &StocktakeLine) -> Option<Quantity> {
        match &line.count {
            Some(count) => Some(count.balance),
            None => (!self.entry.stocktake.blind).then_some(line.on_hand),
        }
    }

    fn count_cell(&self, line: &StocktakeLine) -> Markup {
        let words = self.words();
        let counted = line.count.as_ref().map(|count| count.quantity);
        if !self.open {
            let shown = line.finalised_count.or(counted);
            return html! { @match shown { Some(quantity) => { span class="strong" { (words.quantity(quantity)) } } None => { (or_dash(None)) } } };
        }
        let typed = self.typed.text(&format!("count.{}", line.stock_line)).map(str::to_owned);
        let value =
            typed.unwrap_or_else(|| counted.map(|quantity| words.input(quantity)).unwrap_or_default());
        let error = self.error(line);
        html! {
            input class="input small quantity" id={ "c-" (line.stock_line) } name={ "count." (line.stock_line) } value=(value) inputmode="decimal" autocomplete="off" enterkeyhint="next"
                autofocus[self.alone] data-save={ (self.base()) "/lines/" (line.stock_line) } data-field="quantity" aria-label={ (t!(words, "counted")) " " (line.item_name) " " (line.batch.as_deref().unwrap_or_default()) } aria-invalid=[error.as_ref().map(|_| "true")];
            input type="hidden" id={ "t-" (line.stock_line) } name={ "state." (line.stock_line) } value=(line.state) data-save={ (self.base()) "/lines/" (line.stock_line) } data-field="state";
            @if let Some(error) = error { div class="error" { (icon("triangle-alert")) span { (error) } } }
        }
    }

    /// What was wrong with what was typed for a line, where scripts are off.
    fn error(&self, line: &StocktakeLine) -> Option<String> {
        let problem = self.problem?;
        let at = sent_lines(self.typed).iter().position(|sent| *sent == line.stock_line)?;
        let prefix = format!("/lines/{at}/");
        let error = problem.errors.iter().find(|error| error.pointer.starts_with(&prefix))?;
        Some(match problem.code.as_str() {
            "validation" => trouble::detail(self.words(), &error.detail),
            _ => trouble::message(self.words(), problem),
        })
    }

    fn reason_cell(&self, line: &StocktakeLine) -> Markup {
        let words = self.words();
        let difference = line.count.as_ref().map(|count| count.difference);
        let Some(difference) = difference.filter(|difference| *difference != Quantity::ZERO) else {
            return html! {};
        };
        if !self.open {
            return or_dash(line.reason_text.as_deref());
        }
        let fitting = self.reasons.iter().filter(|reason| {
            (reason.active || Some(reason.id) == line.reason)
                && reason.kind.explains(difference.is_positive())
        });
        html! {
            select class="input small" id={ "r-" (line.stock_line) } name={ "reason." (line.stock_line) } data-save={ (self.base()) "/lines/" (line.stock_line) } data-field="reason"
                aria-label={ (t!(words, "reason")) " " (line.item_name) } {
                option value="" selected[line.reason.is_none()] { (t!(words, "choose")) }
                @for reason in fitting { option value=(reason.id) selected[Some(reason.id) == line.reason] { (reason.text) } }
            }
        }
    }

    fn difference_cell(&self, line: &StocktakeLine) -> Markup {
        let words = self.words();
        let difference = line.adjusted.or(line.count.as_ref().map(|count| count.difference));
        html! {
            @match difference {
                None => span class="muted" { "—" },
                Some(difference) if difference == Quantity::ZERO => span class="t-good" { (icon("check")) span class="visually-hidden" { (t!(words, "no-difference")) } },
                Some(difference) => span class={ @if difference.is_negative() { "t-bad strong" } @else { "t-warn strong" } } { (words.signed(difference)) },
            }
        }
    }

    fn row(&self, line: &StocktakeLine) -> Markup {
        let words = self.words();
        let doubtful = line.below_zero || !line.rivals.is_empty() || !line.in_doubt.is_empty();
        html! {
            tr id={ "line-" (line.stock_line) } data-line=(line.stock_line) {
                td class="num muted phone-hide" { (line.position) }
                td { span class="strong" { (line.item_name) } span class="two" { (line.item_code) @if line.pack_size > 1 { " · " (t!(words, "pack-of", n = line.pack_size)) } } }
                td class="nowrap" data-label=(t!(words, "batch")) { (or_dash(line.batch.as_deref())) span class="two" { (expiry(words, line.expiry, self.visit.today())) } }
                td class="wide-only" { (or_dash(line.location_code.as_deref())) }
                td class="num" data-label=(t!(words, "counted-expected")) data-live={ "e-" (line.stock_line) } { @match self.expected(line) { Some(quantity) => (words.quantity(quantity)), None => span class="muted" { "·" } } }
                td class="num" data-label=(t!(words, "counted")) { (self.count_cell(line)) }
                td class="num" data-label=(t!(words, "difference")) data-live={ "d-" (line.stock_line) } { (self.difference_cell(line)) }
                td class="reason" data-label=(t!(words, "reason")) data-live={ "w-" (line.stock_line) } { (self.reason_cell(line)) }
                td class="no-print c-menu" { @if self.open { (self.line_menu(line)) } }
            }
            @if doubtful { tr class="doubt" { td colspan="9" { (self.doubt(line)) } } }
            @if line.late { tr class="doubt" { td colspan="9" { (self.late(line)) } } }
        }
    }

    fn line_menu(&self, line: &StocktakeLine) -> Markup {
        let words = self.words();
        html! {
            button class="btn quiet" formaction={ (self.base()) "/strike" } name="strike" value=(line.stock_line) title=(t!(words, "strike-line")) {
                (icon("x")) span class="visually-hidden" { (t!(words, "strike-line")) " " (line.item_name) " " (line.batch.as_deref().unwrap_or_default()) }
            }
        }
    }

    fn signature(&self, count: &CountEntry) -> Markup {
        html! { (self.words().brief_instant(count.at)) " · " (count.by_name.as_deref().unwrap_or("—")) @if let Some(device) = &count.device_name { " · " (device) } }
    }

    fn keep_button(&self, line: &StocktakeLine, count: &CountEntry, movements: &str, text: &str) -> Markup {
        let value = format!("{}|{}|{movements}|{}", line.stock_line, count.id, line.state);
        html! { button class="btn small" formaction={ (self.base()) "/keep" } name="keep" value=(value) { (text) } }
    }

    /// What a person should decide of a line: which of two counts, and whether movements were counted in.
    fn doubt(&self, line: &StocktakeLine) -> Markup {
        let words = self.words();
        let Some(count) = &line.count else { return html! {} };
        html! {
            @if !line.rivals.is_empty() {
                div class="row" {
                    (chip(Tone::Warn, "flag", &t!(words, "counted-twice-chip")))
                    @for rival in std::iter::once(count).chain(&line.rivals) {
                        span { b { (words.quantity(rival.quantity)) } " " span class="muted" { "(" (words.signed(rival.difference)) ") " (self.signature(rival)) } }
                        @if self.open { (self.keep_button(line, rival, "after", &t!(words, "keep-count", quantity = words.quantity(rival.quantity)))) }
                    }
                }
            }
            @if line.below_zero && line.in_doubt.is_empty() {
                div class="row" { (chip(Tone::Bad, "triangle-alert", &t!(words, "more-left-than-counted"))) span { (t!(words, "count-again")) } }
            }
            @if !line.in_doubt.is_empty() {
                div class="row" {
                    (chip(Tone::Warn, "clock", &t!(words, "moved-meanwhile")))
                    @for moved in &line.in_doubt {
                        span { b { (words.signed(moved.movement.quantity)) } " " span class="muted" { (moved.movement.number.as_deref().unwrap_or("—")) " · " (words.brief_instant(moved.movement.at)) " · " (moved.by_name.as_deref().unwrap_or("—")) } }
                    }
                    @if self.open {
                        (self.keep_button(line, count, "before", &t!(words, "counted-in")))
                        (self.keep_button(line, count, "after", &t!(words, "not-counted-in")))
                        span class="muted small" { (t!(words, "or-recount")) }
                    }
                }
            }
        }
    }

    /// A count that came too late, and what can be done with it.
    fn late(&self, line: &StocktakeLine) -> Markup {
        let words = self.words();
        html! {
            div class="row" {
                (chip(Tone::Warn, "flag", &t!(words, "late-counts")))
                @match &line.count {
                    Some(count) => span { b { (words.quantity(count.quantity)) } " " span class="muted" { "(" (words.signed(count.difference)) ") " (self.signature(count)) } },
                    None => span { (t!(words, "count-withdrawn")) },
                }
                @if self.visit.may(Permission::Stocktake) {
                    button class="btn small" formaction={ (self.base()) "/late" } name="apply" value=(line.stock_line) { (t!(words, "late-apply")) }
                    button class="btn quiet" formaction={ (self.base()) "/late" } name="aside" value=(line.stock_line) { (t!(words, "late-aside")) }
                }
            }
        }
    }

    fn table(&self, lines: &[StocktakeLine]) -> Markup {
        let words = self.words();
        let shape = |line: &StocktakeLine| {
            let doubtful =
                line.below_zero || line.late || !line.rivals.is_empty() || !line.in_doubt.is_empty();
            format!("{}{}", line.stock_line, if doubtful { "!" } else { "" })
        };
        let shapes: Vec<String> = lines.iter().map(shape).collect();
        html! {
            div class="scroll" id="rows" data-rows=(shapes.join(" ")) {
                table class="cards fixed sheet" {
                    colgroup { col class="c-position phone-hide"; col; col class="c-batch"; col class="c-place wide-only"; col class="c-number"; col class="c-count"; col class="c-number"; col class="c-reason"; col class="c-menu"; }
                    thead { tr {
                        th scope="col" class="num phone-hide" { "#" }
                        th scope="col" { (t!(words, "item")) }
                        th scope="col" { (t!(words, "batch")) }
                        th scope="col" class="wide-only" { (t!(words, "location")) }
                        th scope="col" class="num" { (t!(words, "counted-expected")) }
                        th scope="col" class="num" { (t!(words, "counted")) }
                        th scope="col" class="num" { (t!(words, "difference")) }
                        th scope="col" { (t!(words, "reason")) }
                        th scope="col" class="no-print" { span class="visually-hidden" { (t!(words, "actions")) } }
                    } }
                    @for group in lines.chunks(ROWS_PER_GROUP) { tbody class="group" { @for line in group { (self.row(line)) } } }
                }
            }
        }
    }

    fn head(&self) -> Markup {
        let words = self.words();
        let entry = self.entry;
        let base = self.base();
        let seldom = html! {
            a href={ (base) "/paper" } { (icon("printer")) (t!(words, "count-sheet")) }
            @if self.open { a href={ "/imports?kind=counts&stocktake=" (entry.stocktake.id) } { (icon("upload")) (t!(words, "import-counts")) } }
        };
        let actions = html! {
            (export_and(words, &format!("stocktakes/{}/lines", entry.stocktake.id), &self.files, self.shown, seldom))
            @if self.open {
                a class="btn" href={ (base) "/add" } { (icon("plus")) (t!(words, "add-line")) }
                a class="btn primary" href={ (base) "/review" } { (icon("check")) (t!(words, "review-finalise")) }
            }
        };
        let sub = html! { (or_dash(entry.stocktake.description.as_deref())) " · " (about(words, entry)) " " span data-live="status" { (status_chip(words, entry)) } };
        html! {
            (title(&entry.stocktake.number, sub, actions))
            @if entry.missing_sheets > 0 {
                div class="alert warn" role="status" { (icon("clock")) div { p class="strong" { (t!(words, "problem-not-arrived")) } p { (t!(words, "advice-not-arrived")) } } }
            }
            @if entry.late && self.visit.may(Permission::Stocktake) {
                div class="alert warn" role="status" { (icon("flag")) div {
                    p class="strong" { (t!(words, "task-late-counts-text")) }
                    form class="row" method="post" action={ (base) "/late" } {
                        a class="btn" href={ (base) "?part=late" } { (t!(words, "late-look")) }
                        button class="btn" name="apply" value="all" { (t!(words, "late-apply-all")) }
                        button class="btn quiet" name="aside" value="all" { (t!(words, "late-aside-all")) }
                    }
                } }
            }
            @if entry.stocktake.on_hold && entry.stocktake.status == StocktakeStatus::Counting && self.visit.may(Permission::Stocktake) {
                div class="alert warn" role="status" { (icon("pause")) div class="row" {
                    p class="strong" { (t!(words, "stocktake-held")) }
                    form method="post" action={ (base) "/hold" } { button class="btn" name="hold" value="no" { (t!(words, "release-hold")) } }
                } }
            }
        }
    }

    /// What the foot of the sheet offers.
    fn bar(&self) -> Markup {
        let words = self.words();
        html! {
            @if self.open {
                div class="bar no-print" {
                    noscript { button class="btn primary" { (t!(words, "save")) } }
                    span data-live="progress" { (progress(words, self.entry)) }
                    span class="saved" id="save-state" role="status" aria-live="polite" {}
                    span class="end" {}
                    a class="btn" href={ (self.base()) "/review" } data-last { (t!(words, "show-differences", n = self.entry.counts.differing)) }
                }
            }
        }
    }
}

fn part_bar(words: Words, entry: &StocktakeEntry, base: &str, chosen: &str, wanted: &str) -> Markup {
    let counts = entry.counts;
    let named =
        |part: &str, n: u32| format!("{} ({})", words.code("count-part", part), words.whole(i64::from(n)));
    let mut choices =
        vec![("", format!("{} ({})", t!(words, "facet-all"), words.whole(i64::from(counts.lines))))];
    let uncounted = match entry.stocktake.status {
        StocktakeStatus::Counting => "uncounted",
        _ => "never",
    };
    choices.push(("uncounted", named(uncounted, counts.lines.saturating_sub(counts.counted))));
    choices.push(("counted", named("counted", counts.counted)));
    choices.push(("differing", named("differing", counts.differing)));
    if entry.stocktake.status == StocktakeStatus::Counting {
        choices.push(("unexplained", words.code("count-part", "unexplained")));
        choices.push(("doubtful", words.code("count-part", "doubtful")));
    }
    if entry.late {
        choices.push(("late", words.code("count-part", "late")));
    }
    facets(&t!(words, "filter"), base, "part", chosen, &[("search", wanted)], &choices)
}

fn page(
    visit: &Visit,
    id: DocumentId,
    asked: &Form,
    typed: &Form,
    problem: Option<&Problem>,
) -> Result<Response, Trouble> {
    let words = visit.words;
    let read = visit.read()?;
    let entry = load(visit, &read, id)?;
    let reasons = domain::query::reference::reasons(&read)?;
    let open = visit.may(Permission::Stocktake)
        && entry.stocktake.status == StocktakeStatus::Counting
        && !entry.stocktake.on_hold;
    let (wanted, cursor, chosen) = (asked.raw("search"), asked.text("cursor"), asked.raw("part"));
    let filter = LineFilter {
        search: asked.owned("search"),
        part: PARTS.iter().find(|(name, _)| *name == chosen).map(|(_, part)| *part),
        item: asked.id("item"),
        stock_line: asked.id("line"),
    };
    let lines = query::lines(&read, id, &filter, &lookup::page_request(cursor))?;
    let line = asked.raw("line");
    let files = vec![("search", wanted), ("part", chosen), ("stockLine", line)];
    let shown = all_shown(lines.rows.len(), cursor, lines.next.as_deref());
    let alone = filter.stock_line.is_some();
    let sheet = Sheet { visit, entry: &entry, reasons: &reasons, open, files, shown, alone, typed, problem };
    let base = sheet.base();
    let kept = [("part", chosen), ("search", wanted), ("line", line)];
    let here = address(
        &base,
        &[("part", chosen), ("search", wanted), ("line", line), ("cursor", cursor.unwrap_or_default())],
    );
    let body = html! {
        (sheet.head())
        @if let Some(problem) = problem { (trouble::alert(words, problem)) }
        div class="card" data-stocktake=[open.then_some(base.as_str())] {
            div class="filters" { (search(words, &base, &t!(words, "search-count"), wanted, &[("part", chosen)])) }
            div id="list" {
                div class="filters" data-live="parts" { (part_bar(words, &entry, &base, chosen, wanted)) }
                @if lines.rows.is_empty() { (nothing(words, &entry, &base, chosen, wanted, open)) }
                @else {
                    form method="post" action={ (base) "/counts" } {
                        input type="hidden" name="back" value=(here);
                        (sheet.table(&lines.rows))
                        (pager(words, &base, &kept, lines.rows.len(), cursor, lines.next.as_deref()))
                        (sheet.bar())
                    }
                }
            }
        }
        (foot(visit, &entry))
    };
    let shown = Page::new(Section::Stocktakes, entry.stocktake.number.clone(), body)
        .below(t!(words, "nav-stocktakes"), "/stocktakes")
        .searching();
    let mut response = layout::page(visit, shown);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status_code();
    }
    Ok(response)
}

fn nothing(words: Words, entry: &StocktakeEntry, base: &str, part: &str, wanted: &str, open: bool) -> Markup {
    if part == "uncounted" && wanted.is_empty() && entry.counts.counted > 0 {
        return empty(
            "circle-check",
            &t!(words, "all-counted"),
            &t!(words, "all-counted-text"),
            html! { a class="btn primary" href={ (base) "/review" } { (t!(words, "review-finalise")) } },
        );
    }
    match part.is_empty() && wanted.is_empty() {
        true => empty(
            "clipboard-check",
            &t!(words, "sheet-empty"),
            &t!(words, "sheet-empty-text"),
            html! { @if open { a class="btn primary" href={ (base) "/add" } { (icon("plus")) (t!(words, "add-line")) } } },
        ),
        false => empty(
            "search",
            &t!(words, "nothing-found"),
            &t!(words, "nothing-found-in-sheet"),
            html! {
                a class="btn" href=(base) { (t!(words, "show-all-lines")) }
                @if open { a class="btn" href=(address(&format!("{base}/add"), &[("search", wanted)])) { (icon("plus")) (t!(words, "add-line")) } }
            },
        ),
    }
}

fn foot(visit: &Visit, entry: &StocktakeEntry) -> Markup {
    let words = visit.words;
    let row = &entry.stocktake;
    let may = visit.may(Permission::Stocktake) && row.status == StocktakeStatus::Counting;
    html! {
        div class="row no-print stack-above" {
            span class="muted small" {
                (t!(words, "begun")) " " (words.brief_instant(row.created_at)) " · " (entry.created_by_name.as_deref().unwrap_or("—"))
                @if let Some(at) = row.closed_at { " — " (words.code("stocktake", row.status.code())) " " (words.brief_instant(at)) " · " (entry.closed_by_name.as_deref().unwrap_or("—")) }
            }
            span class="end" {}
            a class="btn quiet" href={ "/history/" (row.id) } { (icon("history")) (t!(words, "history")) }
            @if may {
                form method="post" action={ "/stocktakes/" (row.id) "/hold" } { @if !row.on_hold { button class="btn quiet" name="hold" value="yes" { (icon("pause")) (t!(words, "hold-stocktake")) } } }
                form method="post" action={ "/stocktakes/" (row.id) "/cancel" } data-confirm=(t!(words, "cancel-stocktake-sure", number = row.number.as_str())) { button class="btn quiet t-bad" { (icon("ban")) (t!(words, "cancel-stocktake")) } }
            }
        }
    }
}

/// The sheet.
pub(in crate::ui) async fn show(
    visit: Visit,
    Path(id): Path<DocumentId>,
    asked: Asked,
) -> Result<Response, Trouble> {
    page(&visit, id, &asked.0, &Form::default(), None)
}

// ---- what is typed ----

/// What is typed into a cell: a number of units, or a sum of them as one counts several shelves (`1200 + 50`), with packs
/// as products (`3 × 100 + 20`).
fn parse_count(words: Words, text: &str, pointer: &str) -> Result<Option<Quantity>, Problem> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let unreadable = || Problem::new("validation", "this is not a number").at(pointer);
    let mut sum = Quantity::ZERO;
    for term in text.split('+') {
        let mut product: Option<i64> = None;
        for factor in term.split(['*', '×', 'x', 'X']) {
            let factor = words.parse_quantity(factor).ok_or_else(unreadable)?.thousandths();
            product = Some(match product {
                None => factor,
                Some(before) => {
                    let exact = i128::from(before) * i128::from(factor);
                    let whole = if exact % 1000 == 0 { i64::try_from(exact / 1000).ok() } else { None };
                    whole.ok_or_else(unreadable)?
                }
            });
        }
        sum = sum + Quantity::from_thousandths(product.ok_or_else(unreadable)?);
    }
    let clamped = sum.clamped();
    if clamped != sum {
        return Err(unreadable());
    }
    Ok(Some(sum))
}

/// What a saved cell is told: what to say, which read-only cells to patch, and the state the line has now.
#[derive(Serialize)]
struct Saved {
    said: String,
    cells: BTreeMap<String, String>,
    fields: BTreeMap<String, String>,
}

fn saved(visit: &Visit, id: DocumentId, counted: &CountedLine) -> Result<Saved, Trouble> {
    let words = visit.words;
    let read = visit.read()?;
    let entry = load(visit, &read, id)?;
    let reasons = domain::query::reference::reasons(&read)?;
    let filter = LineFilter { stock_line: Some(counted.stock_line), ..LineFilter::default() };
    let lines = query::lines(&read, id, &filter, &lookup::page_request(None))?;
    let form = Form::default();
    let sheet = Sheet {
        visit,
        entry: &entry,
        reasons: &reasons,
        open: true,
        files: Vec::new(),
        shown: None,
        alone: false,
        typed: &form,
        problem: None,
    };
    let mut cells = BTreeMap::from([("progress".to_owned(), progress(words, &entry).into_string())]);
    if let Some(line) = lines.rows.first() {
        let expected = sheet.expected(line).map(|quantity| words.quantity(quantity)).unwrap_or_default();
        cells.insert(format!("e-{}", line.stock_line), html! { (expected) }.into_string());
        cells.insert(format!("d-{}", line.stock_line), sheet.difference_cell(line).into_string());
        cells.insert(format!("w-{}", line.stock_line), sheet.reason_cell(line).into_string());
    }
    let mut fields = BTreeMap::from([(format!("t-{}", counted.stock_line), counted.state.clone())]);
    if let Some(quantity) = counted.quantity {
        fields.insert(format!("c-{}", counted.stock_line), words.input(quantity));
    }
    Ok(Saved { said: t!(words, "saved-now"), cells, fields })
}

/// Saves what was typed into one line.
pub(in crate::ui) async fn count_line(
    visit: Visit,
    Path((id, line)): Path<(DocumentId, DocumentId)>,
    form: Form,
) -> Result<Response, Trouble> {
    let result = async {
        let quantity = parse_count(visit.words, form.raw("quantity"), "/lines/0/quantity")?;
        let wish = wish_of(&form, line, quantity, "reason", "state");
        let command = CountLines { lines: vec![wish] };
        visit.carry_out(move |txn, caller| stocktake::count(txn, caller, id, &command)).await
    };
    match result.await {
        Ok(counted) => match counted.first() {
            Some(counted) => Ok(Json(saved(&visit, id, counted)?).into_response()),
            None => Ok(Json(()).into_response()),
        },
        Err(problem) => {
            let message = match problem.errors.first() {
                Some(error) if problem.code == "validation" => trouble::detail(visit.words, &error.detail),
                _ => trouble::message(visit.words, &problem),
            };
            Ok((problem.status_code(), message).into_response())
        }
    }
}

/// A count as a form says it; a field that is not on the form stays as it is.
fn wish_of(
    form: &Form,
    line: DocumentId,
    quantity: Option<Quantity>,
    reason: &str,
    state: &str,
) -> CountLine {
    CountLine {
        stock_line: line,
        quantity: Some(quantity),
        reason: form.has(reason).then(|| form.id(reason)),
        note: None,
        state: form.has(state).then(|| form.raw(state).to_owned()),
    }
}

/// Lines of the form, in the order of the page.
fn sent_lines(form: &Form) -> Vec<DocumentId> {
    form.ids_of("count")
}

/// Saves a whole page of the sheet: what a browser without scripts sends. Lines that say what they said are left alone.
pub(in crate::ui) async fn count_lines(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let before = known(&visit, id, &sent_lines(&form))?;
    let result = async {
        let mut lines = Vec::new();
        for (at, line) in sent_lines(&form).into_iter().enumerate() {
            let quantity = parse_count(
                visit.words,
                form.raw(&format!("count.{line}")),
                &format!("/lines/{at}/quantity"),
            )?;
            let wish = wish_of(&form, line, quantity, &format!("reason.{line}"), &format!("state.{line}"));
            let same = before.get(&line).is_some_and(|(quantity, reason)| {
                wish.quantity == Some(*quantity) && wish.reason.is_none_or(|chosen| chosen == *reason)
            });
            if !same {
                lines.push(wish);
            }
        }
        if lines.is_empty() {
            return Ok(());
        }
        let command = CountLines { lines };
        visit.carry_out(move |txn, caller| stocktake::count(txn, caller, id, &command)).await.map(drop)
    };
    match result.await {
        Ok(()) => Ok(done(&back(&form, id), /*key*/ "toast-saved", "")),
        Err(problem) => page(&visit, id, &Form::default(), &form, Some(&problem)),
    }
}

/// What stands on the sheet of lines: count and reason.
type Known = BTreeMap<DocumentId, (Option<Quantity>, Option<DocumentId>)>;

fn known(visit: &Visit, id: DocumentId, lines: &[DocumentId]) -> Result<Known, Trouble> {
    let read = visit.read()?;
    load(visit, &read, id)?;
    let rows = query::standing(&read, id, &lines.iter().copied().collect())?;
    let said = |row: StocktakeLineRow| {
        let counted = row.standing.count.and_then(|count| count.observation.quantity);
        (row.line, (counted, row.reason))
    };
    Ok(rows.into_iter().map(said).collect())
}

/// Where a form came from: a page of this stocktake, or its first.
pub(super) fn back(form: &Form, id: DocumentId) -> String {
    let base = format!("/stocktakes/{id}");
    let wanted = form.raw("back");
    match wanted.strip_prefix(&base) {
        Some(rest) if rest.is_empty() || rest.starts_with('?') => wanted.to_owned(),
        _ => base,
    }
}

fn keep_of(form: &Form) -> Option<KeepCount> {
    let mut parts = form.raw("keep").splitn(4, '|');
    let stock_line = parts.next()?.parse().ok()?;
    let count = parts.next()?.parse().ok();
    let movements = if parts.next()? == "before" { Whether::Before } else { Whether::After };
    Some(KeepCount { stock_line, count, movements, state: parts.next().map(str::to_owned) })
}

/// Settles a doubt.
pub(in crate::ui) async fn keep(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let result = match keep_of(&form) {
        Some(command) => {
            visit.carry_out(move |txn, caller| stocktake::keep(txn, caller, id, &command)).await.map(drop)
        }
        None => Err(Problem::new("validation", "which lines?").at("/keep")),
    };
    after(&visit, id, &form, result)
}

/// Strikes a line off.
pub(in crate::ui) async fn strike(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let result = match form.id("strike") {
        Some(stock_line) => {
            let command = StrikeLine { stock_line, struck: true };
            visit.carry_out(move |txn, caller| stocktake::strike(txn, caller, id, &command)).await
        }
        None => Err(Problem::new("validation", "which lines?").at("/strike")),
    };
    after(&visit, id, &form, result)
}

/// Holds counting, or lets it go on.
pub(in crate::ui) async fn hold(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let command = UpdateStocktake { on_hold: Some(form.raw("hold") == "yes"), ..UpdateStocktake::default() };
    let result = visit.carry_out(move |txn, caller| stocktake::update(txn, caller, id, &command)).await;
    after(&visit, id, &form, result)
}

fn after(
    visit: &Visit,
    id: DocumentId,
    form: &Form,
    result: Result<(), Problem>,
) -> Result<Response, Trouble> {
    match result {
        Ok(()) => Ok(Redirect::to(&back(form, id)).into_response()),
        Err(problem) => page(visit, id, &Form::default(), form, Some(&problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::words::Language;

    #[test]
    fn a_count_may_be_a_sum_of_shelves_and_of_packs() {
        let read = |text: &str| parse_count(Words(Language::French), text, "/quantity").ok().flatten();
        assert_eq!(read("1 200"), Some(Quantity::whole(1_200)));
        assert_eq!(read("1200 + 50"), Some(Quantity::whole(1_250)));
        assert_eq!(read("3x100+20"), Some(Quantity::whole(320)));
        assert_eq!(read("3 × 100 + 2,5"), Some(Quantity::from_thousandths(302_500)));
        for wrong in ["ten", "1 +", "3x", "0,001x0,001", "999999999999x999999999999"] {
            assert!(parse_count(Words(Language::French), wrong, "/quantity").is_err(), "{wrong}");
        }
        assert_eq!(parse_count(Words(Language::French), "  ", "/quantity").ok(), Some(None));
    }
}
