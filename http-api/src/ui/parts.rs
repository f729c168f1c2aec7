//! Pieces that pages are put together from.

use crdt_store::{DocumentId, Timestamp};
use domain::{Date, Quantity};
use maud::{Markup, html};

use super::form::address;
use super::icon::{icon, turning_icon};
use super::words::{Words, t};

/// Rows per group of a long table: what is out of sight is laid out when it comes near.
pub(super) const ROWS_PER_GROUP: usize = 50;

/// How a chip looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Calm,
    Accent,
    Good,
    Warn,
    Bad,
    Central,
}

impl Tone {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Calm => "",
            Self::Accent => "accent",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Central => "central",
        }
    }
}

/// A word on a coloured ground, with a drawing: never the colour alone.
pub(super) fn chip(tone: Tone, drawing: &str, text: &str) -> Markup {
    html! { span class={ "chip " (tone.class()) } { (icon(drawing)) (text) } }
}

/// What stands where there is nothing to list.
pub(super) fn empty(drawing: &str, title: &str, text: &str, action: Markup) -> Markup {
    html! {
        div class="empty" { (icon(drawing)) strong { (title) } p { (text) } div class="row" { (action) } }
    }
}

/// The head of a page: its name, a sentence, what one can do.
pub(super) fn title(name: &str, sub: Markup, actions: Markup) -> Markup {
    html! {
        div class="title" {
            div class="grow" { h1 id="title" tabindex="-1" { (name) } div class="sub" { (sub) } }
            div class="actions" { (actions) }
        }
    }
}

/// A choice of what a list shows, as links.
pub(super) fn facets(
    label: &str,
    path: &str,
    name: &str,
    chosen: &str,
    kept: &[(&str, &str)],
    choices: &[(&str, String)],
) -> Markup {
    html! {
        nav class="facets" aria-label=(label) {
            @for (value, text) in choices {
                @let query: Vec<(&str, &str)> = kept.iter().copied().chain([(name, *value)]).collect();
                a href=(address(path, &query)) aria-current=[(*value == chosen).then_some("true")] { (text) }
            }
        }
    }
}

/// What narrows a list besides its search and its choice, each with the way to take it off again.
pub(super) fn narrowed(words: Words, path: &str, kept: &[(&str, &str)], by: &[(&str, String)]) -> Markup {
    html! {
        @if !by.is_empty() {
            div class="filters" {
                @for (name, text) in by {
                    @let rest: Vec<(&str, &str)> = kept.iter().copied().filter(|(kept, _)| kept != name).collect();
                    a class="btn quiet" href=(address(path, &rest)) { (text) " " (icon("x")) span class="visually-hidden" { (t!(words, "take-filter-off")) } }
                }
            }
        }
    }
}

/// The search of a list: works without a script, answers while one types with it.
pub(super) fn search(words: Words, path: &str, label: &str, text: &str, kept: &[(&str, &str)]) -> Markup {
    html! {
        form class="row grow" role="search" action=(path) method="get" {
            @for (name, value) in kept.iter().filter(|(_, value)| !value.is_empty()) { input type="hidden" name=(name) value=(value); }
            div class="seek grow" {
                (icon("search"))
                input type="search" name="search" id="list-search" value=(text) aria-label=(label) placeholder=(label) data-slash autocomplete="off"
                    hx-get=(path) hx-include="closest form" hx-trigger="input changed delay:250ms, search" hx-target="#list" hx-select="#list"
                    hx-select-oob="#export" hx-swap="outerHTML" hx-push-url="true" hx-sync="this:replace";
                kbd aria-hidden="true" { "/" }
            }
            noscript { button class="btn" { (t!(words, "search")) } }
        }
    }
}

/// How many rows there are here, and the way to the next ones.
pub(super) fn pager(
    words: Words,
    path: &str,
    kept: &[(&str, &str)],
    rows: usize,
    cursor: Option<&str>,
    next: Option<&str>,
) -> Markup {
    html! {
        footer class="pager" {
            // Only a list that ends here and began here is counted by its rows.
            span { @if cursor.is_some() || next.is_some() { (t!(words, "rows-here", n = rows)) } @else { (t!(words, "rows", n = rows)) } }
            span class="end" {}
            @if cursor.is_some() { a class="btn quiet" href=(address(path, kept)) { (t!(words, "first-page")) } }
            @if let Some(next) = next {
                @let query: Vec<(&str, &str)> = kept.iter().copied().chain([("cursor", next)]).collect();
                a class="btn" rel="next" href=(address(path, &query)) { (t!(words, "next-page")) (turning_icon("chevron-right")) }
            }
        }
    }
}

/// The heading of a column that the list can be sorted by.
pub(super) fn sortable(
    path: &str,
    kept: &[(&str, &str)],
    name: &str,
    sorted: bool,
    text: &str,
    class: &str,
) -> Markup {
    let query: Vec<(&str, &str)> = kept.iter().copied().chain([("sort", name)]).collect();
    html! {
        th scope="col" class=(class) aria-sort=[sorted.then_some("ascending")] {
            a href=(address(path, &query)) { (text) @if sorted { " " (icon("chevron-down")) } }
        }
    }
}

/// Days in which a batch that expires is shown as urgent.
const URGENT_DAYS: i32 = 90;

/// How a last day of use is shown.
pub(super) fn expiry_tone(expiry: Option<Date>, today: Date) -> Tone {
    if domain::allocation::is_expired(expiry, today) {
        Tone::Bad
    } else if domain::allocation::expires_within(expiry, today, URGENT_DAYS) {
        Tone::Warn
    } else {
        Tone::Calm
    }
}

/// The last day of use, marked when it has passed or is near.
pub(super) fn expiry(words: Words, expiry: Option<Date>, today: Date) -> Markup {
    let Some(day) = expiry else { return html! { span class="muted" { "—" } } };
    let shown = words.day(day);
    match expiry_tone(expiry, today) {
        Tone::Bad => html! {
            span class="chip bad" { (icon("circle-x")) (shown) span class="visually-hidden" { " " (t!(words, "expired")) } }
        },
        Tone::Warn => html! {
            span class="chip warn" { (icon("hourglass")) (shown) span class="visually-hidden" { " " (t!(words, "expires-soon")) } }
        },
        _ => html! { span class="nowrap tabular" { (shown) } },
    }
}

/// A quantity, and what it is counted in.
pub(super) fn quantity(words: Words, quantity: Quantity) -> Markup {
    html! { span class={ @if quantity.is_negative() { "t-bad strong" } } { (words.quantity(quantity)) } }
}

/// Something and its value, for the head of a detail.
pub(super) fn fact(name: &str, value: Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// Text, or a dash where there is none.
pub(super) fn or_dash(text: Option<&str>) -> Markup {
    html! { @if let Some(text) = text { (text) } @else { span class="muted" { "—" } } }
}

/// A line below a name that says on small screens what columns say on large ones.
pub(super) fn below(content: Markup) -> Markup {
    html! { span class="two phone-only" { (content) } }
}

/// Yes or no as a mark with a word.
pub(super) fn yes_no(words: Words, yes: bool) -> Markup {
    html! {
        @if yes { span class="t-good" { (icon("check")) span class="visually-hidden" { (t!(words, "yes")) } } }
        @else { span class="muted" { "—" span class="visually-hidden" { (t!(words, "no")) } } }
    }
}

/// When and, if this device knows, who: below a step.
pub(super) fn stamp(words: Words, at: Timestamp, by: Option<&str>) -> Markup {
    html! { small { (words.brief_instant(at)) @if let Some(by) = by { br; (by) } } }
}

/// The rows of a list, named so that a live page can tell whether some came or went.
pub(super) fn row_ids(ids: impl IntoIterator<Item = DocumentId>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
    ids.join(" ")
}

/// A button for what only central may do: it opens a form there, and says so here.
pub(super) fn central_button(words: Words, central: bool, href: &str, drawing: &str, text: &str) -> Markup {
    html! {
        @if central { a class="btn primary" href=(href) { (icon(drawing)) (text) } }
        @else { a class="btn locked" href=(href) data-dialog { (icon("lock")) (text) span class="visually-hidden" { " (" (t!(words, "central-only-short")) ")" } } }
    }
}

/// Places to sign on paper.
pub(super) fn signatures(words: Words) -> Markup {
    html! {
        div class="print-only signatures" {
            div { (t!(words, "signed-prepared")) }
            div { (t!(words, "signed-checked")) }
            div { (t!(words, "signed-received")) }
        }
    }
}
