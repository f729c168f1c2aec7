//! The form as a grid: each cell saves itself, each line is confirmed as it stands.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_store::DocumentId;
use domain::formula::rnr::Field;
use domain::query::rnr_forms::{RnrFormDetail, RnrFormLine};
use domain::rnr::{self, Cells, Column, ConfirmLines, FillLine, FillLines, LateCell, Status, UpdateRnrForm};
use domain::{Permission, Quantity};
use maud::{Markup, html};
use serde::Serialize;

use super::{PATH, against, form_name, item_cell, load, low_stock, progress, status_chip};
use crate::error::Problem;
use crate::ui::form::{Asked, Form, address};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::parts::{ROWS_PER_GROUP, empty, facets, fact, pager, row_ids, search, title};
use crate::ui::sheets::export_and;
use crate::ui::trouble::{self, Trouble};
use crate::ui::values::{Contested, flag};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// Lines on one page: each has eight cells to type in.
const PAGE_LINES: usize = 60;

/// A column that is typed into.
struct Cell {
    column: Column,
    /// Its name in the domain's commands and problems, and in forms.
    name: &'static str,
    /// Its name in the document.
    key: &'static str,
    field: Option<Field>,
}

/// The columns, from left to right.
const CELLS: [Cell; 8] = [
    cell_of(Column::InitialBalance, "initialBalance", "initial_balance", Some(Field::InitialBalance)),
    cell_of(Column::Received, "received", "received", Some(Field::Received)),
    cell_of(Column::Consumed, "consumed", "consumed", Some(Field::Consumed)),
    cell_of(Column::Losses, "losses", "losses", Some(Field::Losses)),
    cell_of(Column::Adjustments, "adjustments", "adjustments", None),
    cell_of(Column::FinalBalance, "finalBalance", "final_balance", Some(Field::FinalBalance)),
    cell_of(Column::StockOutDays, "stockOutDays", "stock_out_days", Some(Field::StockOutDays)),
    cell_of(Column::Requested, "requested", "requested", Some(Field::Requested)),
];

const fn cell_of(column: Column, name: &'static str, key: &'static str, field: Option<Field>) -> Cell {
    Cell { column, name, key, field }
}

impl Cell {
    /// What stands there: days as thousandths of a day.
    fn value(&self, line: &RnrFormLine) -> Quantity {
        let report = &line.figures.report;
        match self.column {
            Column::InitialBalance => report.initial_balance,
            Column::Received => report.received,
            Column::Consumed => report.consumed,
            Column::Losses => report.losses,
            Column::Adjustments => report.adjustments,
            Column::FinalBalance => line.final_balance,
            Column::StockOutDays => Quantity::whole(report.stock_out_days.into()),
            Column::Requested | Column::Expiry => line.requested,
        }
    }

    /// What would stand there without anybody's writing.
    fn computed(&self, line: &RnrFormLine) -> Option<Quantity> {
        let computed = line.computed.as_ref();
        match self.column {
            Column::InitialBalance => computed.map(|computed| computed.initial_balance),
            Column::Received => computed.map(|computed| computed.received),
            Column::Consumed => computed.map(|computed| computed.consumed),
            Column::Losses => computed.map(|computed| computed.losses),
            Column::Adjustments => computed.map(|computed| computed.adjustments),
            Column::FinalBalance => Some(line.figures.final_balance),
            Column::StockOutDays => computed.map(|computed| Quantity::whole(computed.stock_out_days.into())),
            Column::Requested => Some(line.figures.requested),
            Column::Expiry => None,
        }
    }

    fn is_entered(&self, line: &RnrFormLine) -> bool {
        line.entered.contains(&self.column)
    }

    /// What a writer saw: what somebody wrote there, and nothing where it was computed.
    fn was(&self, line: &RnrFormLine) -> String {
        if self.is_entered(line) { self.value(line).to_string() } else { String::new() }
    }

    fn heading(&self, words: Words) -> String {
        match self.column {
            Column::InitialBalance => t!(words, "rnr-initial"),
            Column::Received => t!(words, "rnr-received"),
            Column::Consumed => t!(words, "rnr-consumed"),
            Column::Losses => t!(words, "rnr-losses"),
            Column::Adjustments => t!(words, "rnr-adjustments"),
            Column::FinalBalance => t!(words, "rnr-final"),
            Column::StockOutDays => t!(words, "rnr-days-out"),
            Column::Requested | Column::Expiry => t!(words, "rnr-requested"),
        }
    }

    /// A cell that says so much, of all cells of a line.
    fn says(&self, quantity: Option<Quantity>) -> Result<Cells, Problem> {
        let said = Some(quantity);
        let mut cells = Cells::default();
        match self.column {
            Column::InitialBalance => cells.initial_balance = said,
            Column::Received => cells.received = said,
            Column::Consumed => cells.consumed = said,
            Column::Losses => cells.losses = said,
            Column::Adjustments => cells.adjustments = said,
            Column::FinalBalance => cells.final_balance = said,
            Column::StockOutDays => cells.stock_out_days = Some(quantity.map(whole_days).transpose()?),
            Column::Requested | Column::Expiry => cells.requested = said,
        }
        Ok(cells)
    }
}

fn unreadable() -> Problem {
    Problem::new("validation", "this is not a number").at("/lines/0/set")
}

fn whole_days(days: Quantity) -> Result<u32, Problem> {
    match days.thousandths() % 1_000 {
        0 => u32::try_from(days.thousandths() / 1_000).map_err(|_| unreadable()),
        _ => Err(unreadable()),
    }
}

/// What is typed into a cell; nothing where it is emptied, which gives back what was computed.
fn typed(words: Words, text: &str) -> Result<Option<Quantity>, Problem> {
    match text.trim() {
        "" => Ok(None),
        text => words.parse_quantity(text).map(Some).ok_or_else(unreadable),
    }
}

// ---- the page ----

/// What the grid is shown with.
struct Grid<'a> {
    visit: &'a Visit,
    detail: &'a RnrFormDetail,
    contested: Contested,
    /// Whether the visitor may fill it now.
    open: bool,
}

impl Grid<'_> {
    fn words(&self) -> Words {
        self.visit.words
    }

    fn id(&self) -> DocumentId {
        self.detail.form.form.id
    }

    fn base(&self) -> String {
        format!("{PATH}/{}", self.id())
    }

    fn cell(&self, cell: &Cell, line: &RnrFormLine) -> Markup {
        let words = self.words();
        let (name, item) = (cell.name, line.item);
        let strong = matches!(cell.column, Column::FinalBalance | Column::Requested);
        if !self.open {
            return html! { td class={ "num" @if strong { " strong" } } data-label=(cell.heading(words)) { (words.quantity(cell.value(line))) } };
        }
        let url = format!("{}/lines/{item}", self.base());
        html! {
            td class="num" data-line data-label=(cell.heading(words)) {
                input class="input small quantity" id={ (name) "-" (item) } name={ (name) "." (item) } value=(words.input(cell.value(line))) inputmode="decimal" autocomplete="off" enterkeyhint="next"
                    data-save=(url) data-field=(name) aria-label={ (cell.heading(words)) " " (line.item_name) };
                input type="hidden" id={ "was-" (name) "-" (item) } name={ "was." (name) "." (item) } value=(cell.was(line)) data-save data-field="was";
                span data-live={ "n-" (name) "-" (item) } { (self.remark(cell, line)) }
            }
        }
    }

    /// What is to be said of a cell: what stands against it, that it holds several values, what was computed.
    fn remark(&self, cell: &Cell, line: &RnrFormLine) -> Markup {
        let words = self.words();
        let problem = line.problems.iter().find(|problem| Some(problem.field) == cell.field);
        let pointer = format!("/{}/{}", cell.key, line.item);
        html! {
            @if let Some(problem) = problem { span class="two t-bad" { (against(words, problem)) } }
            @else if let Some(computed) = cell.computed(line).filter(|_| cell.is_entered(line)) {
                span class="two" title=(t!(words, "rnr-computed")) { (words.quantity(computed)) }
            }
            (flag(words, &self.contested, self.id(), &pointer))
        }
    }

    /// What somebody wrote too late, and where.
    fn late(&self, late: &LateCell) -> String {
        let words = self.words();
        let shown =
            late.value.parse().map_or_else(|_| late.value.clone(), |quantity| words.quantity(quantity));
        match CELLS.iter().find(|cell| cell.column == late.column) {
            Some(cell) => t!(words, "rnr-late-value", column = cell.heading(words), value = shown),
            None => t!(words, "rnr-late-value", column = t!(words, "expiry"), value = shown),
        }
    }

    /// The mark of a confirmed line, and the button that confirms it or takes that back.
    fn tick(&self, line: &RnrFormLine) -> Markup {
        let words = self.words();
        if !self.open {
            return html! { @if line.confirmed { span class="t-good" { (icon("check")) span class="visually-hidden" { (t!(words, "rnr-confirmed")) } } } };
        }
        let (wish, label) = match line.confirmed {
            true => ("unconfirm", t!(words, "rnr-unconfirm")),
            false => ("confirm", t!(words, "rnr-confirm")),
        };
        let url = format!("{}/confirm", self.base());
        html! {
            button class={ "btn small" @if line.confirmed { " t-good" } } id={ "k-" (line.item) } name=(wish) value=(line.item) formaction=(url) title=(label)
                hx-post=(url) hx-params={ (wish) ",back" } hx-target="closest tr" hx-select={ "#line-" (line.item) } hx-select-oob="#progress" hx-swap="outerHTML" {
                @if line.confirmed { (icon("check")) } @else { (icon("minus")) }
                span class="visually-hidden" { (label) " " (line.item_name) }
            }
        }
    }

    fn row(&self, line: &RnrFormLine) -> Markup {
        let words = self.words();
        let figures = &line.figures;
        let (asked, first) = CELLS.split_last().expect("eight columns");
        html! {
            tr id={ "line-" (line.item) } {
                td {
                    (item_cell(line))
                    @for late in &line.late { span class="two t-warn" { (self.late(late)) } }
                    a class="small no-print" href={ (self.base()) "/lines/" (line.item) } { (t!(words, "rnr-calculation")) @if line.note.is_some() { " · " (t!(words, "note")) } }
                }
                @for cell in first { (self.cell(cell, line)) }
                td class="num" data-label=(t!(words, "amc")) data-live={ "a-" (line.item) } { (words.average(figures.average_monthly)) }
                td class="num" data-label=(t!(words, "rnr-maximum")) data-live={ "m-" (line.item) } { (words.average(figures.maximum)) (low_stock(words, figures.low_stock)) }
                (self.cell(asked, line))
                td class="num c-menu" data-live={ "t-" (line.item) } { (self.tick(line)) }
            }
        }
    }

    fn heads(&self) -> Markup {
        let words = self.words();
        let (asked, first) = CELLS.split_last().expect("eight columns");
        html! {
            tr {
                th scope="col" { (t!(words, "item")) }
                @for cell in first { th scope="col" class="num" { (cell.heading(words)) } }
                th scope="col" class="num" { abbr title=(t!(words, "amc-long")) { (t!(words, "amc")) } }
                th scope="col" class="num" { (t!(words, "rnr-maximum")) }
                th scope="col" class="num" { (asked.heading(words)) }
                th scope="col" class="num" { span class="visually-hidden" { (t!(words, "rnr-confirmed")) } }
            }
        }
    }

    fn head(&self) -> Markup {
        let (words, base) = (self.words(), self.base());
        let form = &self.detail.form.form;
        let name = form_name(words, self.detail);
        let seldom = html! {
            a href={ (base) "/paper" } { (icon("printer")) (t!(words, "print")) }
            a href={ "/history/" (form.id) } { (icon("history")) (t!(words, "history")) }
            @if self.open {
                hr;
                form method="post" action={ (base) "/refresh" } { button title=(t!(words, "rnr-refresh-long")) { (icon("refresh-cw")) (t!(words, "rnr-refresh")) } }
                form method="post" action={ (base) "/discard" } data-confirm=(t!(words, "discard-question", number = name.as_str())) { button { (icon("trash-2")) (t!(words, "discard")) } }
            }
        };
        let sub = html! { (self.detail.store_name) " → " (self.detail.form.supplier_name) " · " span data-live="status" { (status_chip(words, form)) } };
        let known = Some(self.detail.line_details.len());
        let actions =
            html! { (export_and(words, &format!("rnr-forms/{}/lines", form.id), &[], known, seldom)) };
        title(&name, sub, actions)
    }

    fn notices(&self) -> Markup {
        let (words, base) = (self.words(), self.base());
        let form = &self.detail.form.form;
        html! {
            @if form.late > 0 {
                div class="alert warn" role="status" { (icon("flag")) div {
                    p class="strong" { (t!(words, "task-report-amended-text")) }
                    @if self.visit.may(Permission::RnrForms) { form method="post" action={ (base) "/put-aside" } { button class="btn" { (t!(words, "rnr-put-aside")) } } }
                } }
            }
            @if form.requisition.is_some() && self.detail.requisition_number.is_none() {
                div class="alert warn" role="status" { (icon("truck")) div {
                    p class="strong" { (t!(words, "rnr-order-not-here")) }
                    @if self.visit.may(Permission::RnrForms) { form method="post" action={ (base) "/finalise" } { button class="btn" { (t!(words, "rnr-send-again")) } } }
                } }
            }
            @if form.status == Status::Draft && self.visit.today() <= form.to {
                div class="alert" role="status" { (icon("clock")) div class="row" {
                    p { (t!(words, "rnr-still-runs", day = words.day(form.to))) }
                } }
            }
        }
    }

    fn facts(&self) -> Markup {
        let words = self.words();
        let (form, terms) = (&self.detail.form.form, &self.detail.terms);
        let months = format!("{} – {}", terms.understock_months, terms.overstock_months);
        html! {
            section class="card pad" { dl class="facts few" {
                (fact(&t!(words, "rnr-period"), html! { (words.day(form.from)) " – " (words.day(form.to)) " · " (t!(words, "rnr-days", n = terms.period_days)) }))
                (fact(&t!(words, "months-range"), html! { (months) }))
                @if let (Some(order), Some(number)) = (form.requisition, &self.detail.requisition_number) {
                    (fact(&t!(words, "rnr-order"), html! { a href={ "/internal-orders/" (order) } { (number) } }))
                }
                @if let Some(name) = &self.detail.finalised_by_name { (fact(&t!(words, "rnr-finalised-by"), html! { (name) " · " (words.brief_instant(form.status_at)) })) }
                @for before in &self.detail.previous { (fact(&t!(words, "rnr-form-before"), html! { a href={ (PATH) "/" (before.id) } { (super::period_name(words, before.from, before.to)) } })) }
                @if let Some(comment) = &form.comment { (fact(&t!(words, "comment"), html! { (comment) })) }
            } }
        }
    }

    /// What can be done with the form as a whole.
    fn bar(&self, back: &str) -> Markup {
        let (words, base) = (self.words(), self.base());
        let name = form_name(words, self.detail);
        html! {
            @if self.open {
                div class="bar no-print" {
                    span id="progress" data-live="progress" { (progress(words, &self.detail.form.form)) }
                    span class="saved" id="save-state" role="status" aria-live="polite" {}
                    span class="end" {}
                    form method="post" action={ (base) "/confirm" } { input type="hidden" name="back" value=(back); button class="btn" name="confirm" value="all" data-last { (icon("check")) (t!(words, "rnr-confirm-all")) } }
                    form method="post" action={ (base) "/finalise" } data-confirm=(t!(words, "rnr-finalise-question", name = name.as_str(), supplier = &self.detail.form.supplier_name)) { button class="btn primary" { (icon("circle-check")) (t!(words, "rnr-finalise")) } }
                }
            }
        }
    }

    fn comment_form(&self) -> Markup {
        let words = self.words();
        html! {
            @if self.open {
                form method="post" action={ (self.base()) "/comment" } class="card pad row no-print" {
                    label for="f-comment" { (t!(words, "comment")) }
                    input class="input grow" id="f-comment" name="comment" value=(self.detail.form.form.comment.as_deref().unwrap_or_default()) autocomplete="off";
                    button class="btn" { (t!(words, "save")) }
                }
            }
        }
    }
}

/// Which lines the page is asked to show.
struct Wanted<'a> {
    search: &'a str,
    part: &'a str,
    from: usize,
}

impl<'a> Wanted<'a> {
    fn of(asked: &'a Form) -> Self {
        let from = asked.text("cursor").and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        Self { search: asked.raw("search"), part: asked.raw("part"), from }
    }

    fn fits(&self, line: &RnrFormLine) -> bool {
        let found = domain::text::fold(&format!("{} {}", line.item_name, line.item_code));
        let is_part = match self.part {
            "unconfirmed" => !line.confirmed,
            "faulty" => line.problems.iter().any(|problem| problem.field != Field::Confirmed),
            "late" => !line.late.is_empty(),
            _ => true,
        };
        is_part && domain::text::fold(self.search).split(' ').all(|word| found.contains(word))
    }
}

fn parts(words: Words, detail: &RnrFormDetail, base: &str, wanted: &Wanted<'_>) -> Markup {
    let form = &detail.form.form;
    let named = |name: String, n: u32| format!("{name} ({})", words.whole(i64::from(n)));
    let mut choices = vec![("", named(t!(words, "facet-all"), form.lines))];
    match form.status {
        Status::Draft => {
            choices.push((
                "unconfirmed",
                named(t!(words, "rnr-part-unconfirmed"), form.lines.saturating_sub(form.confirmed)),
            ));
            choices.push(("faulty", named(t!(words, "rnr-part-faulty"), form.faulty)));
        }
        _ if form.late > 0 => choices.push(("late", named(t!(words, "rnr-part-late"), form.late))),
        _ => {}
    }
    facets(&t!(words, "filter"), base, "part", wanted.part, &[("search", wanted.search)], &choices)
}

fn page(visit: &Visit, id: DocumentId, asked: &Form, problem: Option<&Problem>) -> Result<Response, Trouble> {
    let words = visit.words;
    let read = visit.read()?;
    let detail = load(visit, &read, id)?;
    let open = visit.may(Permission::RnrForms) && detail.form.form.status == Status::Draft;
    let contested = domain::query::tasks::contested(&read, detail.form.form.store)?;
    let grid = Grid { visit, detail: &detail, contested, open };
    let (base, wanted) = (grid.base(), Wanted::of(asked));
    let fitting: Vec<&RnrFormLine> = detail.line_details.iter().filter(|line| wanted.fits(line)).collect();
    let lines: Vec<&RnrFormLine> = fitting.iter().skip(wanted.from).take(PAGE_LINES).copied().collect();
    let end = wanted.from + lines.len();
    let next = (end < fitting.len()).then(|| end.to_string());
    let cursor = asked.text("cursor").filter(|_| wanted.from > 0);
    let kept = [("part", wanted.part), ("search", wanted.search)];
    let here = address(&base, &[kept[0], kept[1], ("cursor", cursor.unwrap_or_default())]);
    let body = html! {
        (grid.head())
        @if let Some(problem) = problem { (alert(words, &detail, problem)) }
        (grid.notices())
        (grid.facts())
        div class="card" {
            div class="filters" { (search(words, &base, &t!(words, "rnr-search"), wanted.search, &[("part", wanted.part)])) }
            div id="list" {
                div class="filters" data-live="parts" { (parts(words, &detail, &base, &wanted)) }
                @if lines.is_empty() {
                    (empty("search", &t!(words, "nothing-found"), &t!(words, "rnr-nothing-here"), html! { a class="btn" href=(base) { (t!(words, "show-all-lines")) } }))
                } @else {
                    form method="post" action={ (base) "/lines" } {
                        // What Enter presses where scripts are off.
                        button class="visually-hidden" tabindex="-1" aria-hidden="true" { (t!(words, "save")) }
                        input type="hidden" name="back" value=(here);
                        div class="scroll" id="rows" data-rows=(row_ids(lines.iter().map(|line| line.item))) { table class="cards rnr" {
                            colgroup { col; @for _ in 0..6 { col class="c-cell"; } col class="c-days"; col class="c-days"; col class="c-cell"; col class="c-asked"; col class="c-menu"; }
                            thead { (grid.heads()) }
                            @for group in lines.chunks(ROWS_PER_GROUP) { tbody class="group" { @for line in group { (grid.row(line)) } } }
                        } }
                        @if open { noscript { button class="btn primary" { (t!(words, "save")) } } }
                        (pager(words, &base, &kept, lines.len(), cursor, next.as_deref()))
                    }
                }
            }
            (grid.bar(&here))
        }
        (grid.comment_form())
    };
    let shown = Page::new(Section::Forms, form_name(words, &detail), body)
        .below(t!(words, "nav-rnr"), PATH)
        .searching();
    let mut response = layout::page(visit, shown);
    if let Some(problem) = problem {
        *response.status_mut() = problem.status_code();
    }
    Ok(response)
}

/// A problem with the line that it is about, which may be on another page.
fn alert(words: Words, detail: &RnrFormDetail, problem: &Problem) -> Markup {
    let item = problem.parameters.get("item").and_then(|item| item.parse::<DocumentId>().ok());
    let line = item.and_then(|item| detail.line_details.iter().find(|line| line.item == item));
    let others: u32 = problem.parameters.get("others").and_then(|others| others.parse().ok()).unwrap_or(0);
    html! {
        (trouble::alert(words, problem))
        @if let Some(line) = line {
            p class="row stack-above" {
                a class="btn" href=(address(&format!("{PATH}/{}", detail.form.form.id), &[("search", &line.item_code)])) { (line.item_name) }
                @if others > 0 { span class="muted" { (t!(words, "rnr-and-others", n = others)) } }
            }
        }
    }
}

/// The page.
pub(in crate::ui) async fn show(
    visit: Visit,
    Path(id): Path<DocumentId>,
    asked: Asked,
) -> Result<Response, Trouble> {
    page(&visit, id, &asked.0, None)
}

// ---- what is typed ----

/// What a saved cell is told: what to say, which read-only cells to patch, and what the line's fields say now.
#[derive(Serialize)]
struct Saved {
    said: String,
    cells: BTreeMap<String, String>,
    fields: BTreeMap<String, String>,
}

fn saved(visit: &Visit, id: DocumentId, item: DocumentId) -> Result<Saved, Trouble> {
    let words = visit.words;
    let read = visit.read()?;
    let detail = load(visit, &read, id)?;
    let contested = domain::query::tasks::contested(&read, detail.form.form.store)?;
    let grid = Grid { visit, detail: &detail, contested, open: true };
    let mut cells =
        BTreeMap::from([("progress".to_owned(), progress(words, &detail.form.form).into_string())]);
    let mut fields = BTreeMap::new();
    if let Some(line) = detail.line_details.iter().find(|line| line.item == item) {
        let figures = &line.figures;
        let maximum = html! { (words.average(figures.maximum)) (low_stock(words, figures.low_stock)) };
        cells.insert(format!("a-{item}"), html! { (words.average(figures.average_monthly)) }.into_string());
        cells.insert(format!("m-{item}"), maximum.into_string());
        cells.insert(format!("t-{item}"), grid.tick(line).into_string());
        for cell in &CELLS {
            let name = cell.name;
            cells.insert(format!("n-{name}-{item}"), grid.remark(cell, line).into_string());
            fields.insert(format!("{name}-{item}"), words.input(cell.value(line)));
            fields.insert(format!("was-{name}-{item}"), cell.was(line));
        }
    }
    Ok(Saved { said: t!(words, "saved-now"), cells, fields })
}

/// A line with one cell written, as a form says it.
fn wish(words: Words, item: DocumentId, cell: &Cell, text: &str, was: &str) -> Result<FillLine, Problem> {
    let was = match was {
        "" => None,
        was => Some(was.parse().map_err(|_| unreadable())?),
    };
    Ok(FillLine { item, set: cell.says(typed(words, text)?)?, was: cell.says(was)? })
}

/// Saves one cell.
pub(in crate::ui) async fn cell(
    visit: Visit,
    Path((id, item)): Path<(DocumentId, DocumentId)>,
    form: Form,
) -> Result<Response, Trouble> {
    let result = async {
        let cell = CELLS.iter().find(|cell| form.has(cell.name)).ok_or_else(unreadable)?;
        let lines = vec![wish(visit.words, item, cell, form.raw(cell.name), form.raw("was"))?];
        visit.carry_out(move |txn, caller| rnr::fill(txn, caller, id, &FillLines { lines })).await
    };
    match result.await {
        Ok(()) => Ok(Json(saved(&visit, id, item)?).into_response()),
        Err(problem) => {
            let message = match problem.errors.first() {
                Some(error) if problem.code == "validation" => trouble::detail(visit.words, &error.detail),
                _ => trouble::message(visit.words, &problem),
            };
            Ok((problem.status_code(), message).into_response())
        }
    }
}

/// The cells of a page that say something else than what stands there, as lines.
fn changed(words: Words, detail: &RnrFormDetail, form: &Form) -> Result<Vec<FillLine>, Problem> {
    let mut lines = Vec::new();
    for line in &detail.line_details {
        let item = line.item;
        let mut whole = FillLine { item, set: Cells::default(), was: Cells::default() };
        for cell in &CELLS {
            let name = format!("{}.{item}", cell.name);
            if !form.has(&name) || typed(words, form.raw(&name))? == Some(cell.value(line)) {
                continue;
            }
            let one = wish(words, item, cell, form.raw(&name), form.raw(&format!("was.{name}")))?;
            whole = FillLine { item, set: merged(whole.set, one.set), was: merged(whole.was, one.was) };
        }
        if whole.set != Cells::default() {
            lines.push(whole);
        }
    }
    Ok(lines)
}

/// The cells of both.
fn merged(one: Cells, other: Cells) -> Cells {
    Cells {
        initial_balance: one.initial_balance.or(other.initial_balance),
        received: one.received.or(other.received),
        consumed: one.consumed.or(other.consumed),
        adjustments: one.adjustments.or(other.adjustments),
        losses: one.losses.or(other.losses),
        stock_out_days: one.stock_out_days.or(other.stock_out_days),
        final_balance: one.final_balance.or(other.final_balance),
        requested: one.requested.or(other.requested),
        expiry: one.expiry.or(other.expiry),
        note: one.note.or(other.note),
    }
}

/// Saves a whole page of the form: what a browser without scripts sends.
pub(in crate::ui) async fn save(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let detail = load(&visit, &visit.read()?, id)?;
    let result = async {
        let lines = changed(visit.words, &detail, &form)?;
        if lines.is_empty() {
            return Ok(());
        }
        visit.carry_out(move |txn, caller| rnr::fill(txn, caller, id, &FillLines { lines })).await
    };
    let result = result.await;
    after(&visit, id, &form, result, /*key*/ "toast-saved")
}

// ---- what is pressed ----

/// Where a form came from: a page of this form, or its first.
fn back(form: &Form, id: DocumentId) -> String {
    let base = format!("{PATH}/{id}");
    let wanted = form.raw("back");
    match wanted.strip_prefix(&base) {
        Some(rest) if rest.is_empty() || rest.starts_with('?') => wanted.to_owned(),
        _ => base,
    }
}

fn after(
    visit: &Visit,
    id: DocumentId,
    form: &Form,
    result: Result<(), Problem>,
    toast: &str,
) -> Result<Response, Trouble> {
    match result {
        Ok(()) => Ok(done(&back(form, id), toast, "")),
        Err(problem) => page(visit, id, &Form::default(), Some(&problem)),
    }
}

/// Confirms a line or all that can be right, or takes that back.
pub(in crate::ui) async fn confirm(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let (confirmed, named) = match form.has("unconfirm") {
        true => (false, form.id("unconfirm")),
        false => (true, form.id("confirm")),
    };
    let command = ConfirmLines { items: named.map(|item| vec![item]), confirmed };
    let back = back(&form, id);
    match (visit.carry_out(move |txn, caller| rnr::confirm(txn, caller, id, &command)).await, named) {
        (Ok(()), None) => Ok(Redirect::to(&back).into_response()),
        // A line that cannot be right says so at its cells.
        (_, Some(item)) if form.has("back") => {
            Ok(Redirect::to(&format!("{back}#line-{item}")).into_response())
        }
        (Ok(()), Some(item)) => Ok(Redirect::to(&format!("{back}#line-{item}")).into_response()),
        (Err(problem), _) => page(&visit, id, &Form::default(), Some(&problem)),
    }
}

/// Looks at the ledger again.
pub(in crate::ui) async fn refresh(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let result = visit.carry_out(move |txn, caller| rnr::refresh(txn, caller, id)).await;
    after(&visit, id, &Form::default(), result, /*key*/ "toast-rnr-refreshed")
}

/// Notes something of the form.
pub(in crate::ui) async fn note(
    visit: Visit,
    Path(id): Path<DocumentId>,
    form: Form,
) -> Result<Response, Trouble> {
    let command = UpdateRnrForm { comment: Some(form.owned("comment")) };
    let result = visit.carry_out(move |txn, caller| rnr::update(txn, caller, id, &command)).await;
    after(&visit, id, &form, result, /*key*/ "toast-saved")
}

/// Reports it.
pub(in crate::ui) async fn finalise(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let result = visit.carry_out(move |txn, caller| rnr::finalise(txn, caller, id)).await;
    after(&visit, id, &Form::default(), result.map(drop), /*key*/ "toast-rnr-finalised")
}

/// Throws it away.
pub(in crate::ui) async fn discard(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    match visit.carry_out(move |txn, caller| rnr::discard(txn, caller, id)).await {
        Ok(()) => Ok(done(PATH, /*key*/ "toast-rnr-discarded", "")),
        Err(problem) => page(&visit, id, &Form::default(), Some(&problem)),
    }
}

/// Puts aside what came too late.
pub(in crate::ui) async fn aside(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let result = visit.carry_out(move |txn, caller| rnr::put_aside(txn, caller, id)).await;
    after(&visit, id, &Form::default(), result, /*key*/ "toast-settled")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::words::Language;

    #[test]
    fn what_is_typed_is_one_cell_and_an_emptied_one_is_what_was_computed() {
        let item = DocumentId::from_bytes([1; 16]);
        let french = Words(Language::French);
        let cell = |name: &str| CELLS.iter().find(|cell| cell.name == name).expect("a column");
        let wish = |name: &str, text: &str, was: &str| super::wish(french, item, cell(name), text, was);
        let written = wish("consumed", "1 200,5", "450").expect("a number");
        let consumed = Some(Some(Quantity::from_thousandths(1_200_500)));
        assert_eq!(written.set, Cells { consumed, ..Cells::default() });
        assert_eq!(written.was.consumed, Some(Some(Quantity::whole(450))));
        assert_eq!(wish("stockOutDays", " ", "").expect("nothing").set.stock_out_days, Some(None));
        assert_eq!(wish("stockOutDays", "31", "").expect("days").set.stock_out_days, Some(Some(31)));
        for (name, wrong) in [("stockOutDays", "1,5"), ("stockOutDays", "-1"), ("received", "dix")] {
            assert!(wish(name, wrong, "").is_err(), "{name} {wrong}");
        }
    }
}
