//! Which lines of a requisition a page shows: those that fit a search, a hundred at a time. A tablet takes seconds to lay a
//! thousand rows out, and a tenth of one for a hundred; paper takes them all.

use domain::query::requisitions::{RequisitionDetail, RequisitionLine};
use domain::text::fold;
use maud::{Markup, html};

use crate::ui::form::{Form, address};
use crate::ui::parts::{pager, row_ids, search};
use crate::ui::words::{Words, t};

/// Lines of a page.
const LINES_SHOWN: usize = 100;

/// The lines of a page, and what else there is.
pub(super) struct Part<'a> {
    pub(super) lines: Vec<&'a RequisitionLine>,
    path: String,
    wanted: &'a str,
    is_whole: bool,
    /// Where the page begins, among the lines that fit.
    from: usize,
    next: Option<usize>,
    /// How many lines there are, whether or not they fit.
    all: usize,
}

impl<'a> Part<'a> {
    /// The lines that are asked for by the parameters of a page.
    pub(super) fn of(detail: &'a RequisitionDetail, path: String, asked: &'a Form) -> Self {
        let wanted = asked.raw("search");
        let words: Vec<String> = fold(wanted).split_whitespace().map(str::to_owned).collect();
        let fits = |line: &&RequisitionLine| {
            let text = || fold(&format!("{} {}", line.item_name, line.item_code));
            words.is_empty() || words.iter().all(|word| text().contains(word.as_str()))
        };
        let is_whole = asked.raw("lines") == ALL;
        let found: Vec<&RequisitionLine> = detail.line_details.iter().filter(fits).collect();
        let (from, shown): (usize, usize) = match is_whole {
            true => (0, usize::MAX),
            false => (asked.read("cursor").unwrap_or(0), LINES_SHOWN),
        };
        let next = from.saturating_add(shown);
        Self {
            next: (next < found.len()).then_some(next),
            lines: found.into_iter().skip(from).take(shown).collect(),
            path,
            wanted,
            is_whole,
            from,
            all: detail.line_details.len(),
        }
    }

    /// Whether everything is on one page by itself, as nearly always.
    pub(super) fn is_short(&self) -> bool {
        self.all <= LINES_SHOWN
    }

    /// The search, where there is more than a page.
    pub(super) fn head(&self, words: Words) -> Markup {
        html! {
            @if !self.is_short() {
                div class="filters no-print" { (search(words, &self.path, &t!(words, "search-items"), self.wanted, &[])) }
            }
        }
    }

    /// The lines within their table, and the way to the others.
    pub(super) fn table(
        &self,
        words: Words,
        heads: &Markup,
        row: impl Fn(&RequisitionLine) -> Markup,
    ) -> Markup {
        let cursor = (self.from > 0).then(|| self.from.to_string());
        let next = self.next.map(|next| next.to_string());
        html! {
            div id="list" {
                div class="scroll" id="rows" data-rows=(row_ids(self.lines.iter().map(|line| line.item))) { table class="cards" {
                    thead { (heads) }
                    tbody { @for line in &self.lines { (row(line)) } }
                } }
                @if !self.is_short() {
                    (pager(words, &self.path, &[("search", self.wanted)], self.lines.len(), cursor.as_deref(), next.as_deref()))
                    @if !self.is_whole { p class="pad no-print" { a href=(address(&self.path, &[("lines", ALL)])) { (t!(words, "all-lines", n = self.all)) } } }
                }
            }
        }
    }
}

/// What asks for all lines on one page, as for paper.
const ALL: &str = "all";
