//! Looking at the past: the day that is asked for, the banner that says so, and the way back.

use crdt_store::Timestamp;
use domain::Date;
use domain::text::start_of_day;
use maud::{Markup, html};

use super::form::{Asked, address};
use super::icon::icon;
use super::visit::Visit;
use super::words::{Words, t};

/// The name of it in addresses.
pub(super) const PARAMETER: &str = "asOf";

/// A moment that has been: the end of a day, in UTC.
pub(super) struct Past {
    /// The last instant of the day.
    pub(super) instant: Timestamp,
    /// The day.
    pub(super) day: Date,
    /// The same in an address.
    pub(super) text: String,
}

impl Past {
    /// What is asked for; today and days to come are the present.
    pub(super) fn of(visit: &Visit, asked: &Asked) -> Option<Self> {
        let day: Date = asked.read(PARAMETER).filter(|day| *day < visit.today())?;
        let instant = start_of_day(day.tomorrow().ok()?).plus_millis(-1);
        Some(Self { instant, day, text: day.to_string() })
    }

    /// What stands in addresses of the same moment.
    pub(super) fn text_of(past: Option<&Self>) -> &str {
        past.map_or("", |past| past.text.as_str())
    }
}

/// Says unmistakably that this is the past, and leads back to the present.
pub(super) fn banner(words: Words, past: &Past, path: &str, kept: &[(&str, &str)]) -> Markup {
    html! {
        div class="alert warn" role="status" {
            (icon("history"))
            div class="grow" {
                strong { (t!(words, "as-of", day = words.day(past.day))) }
                p { (t!(words, "as-of-text")) }
            }
            a class="btn no-print" href=(address(path, kept)) { (t!(words, "back-to-now")) }
        }
    }
}

/// Asks for a day.
pub(super) fn question(visit: &Visit, path: &str, kept: &[(&str, &str)], past: Option<&Past>) -> Markup {
    let words = visit.words;
    html! {
        form class="row" action=(path) method="get" {
            @for (name, value) in kept.iter().filter(|(_, value)| !value.is_empty()) { input type="hidden" name=(name) value=(value); }
            label for="as-of" { (t!(words, "see-as-of")) }
            input class="input small fit" type="date" id="as-of" name=(PARAMETER) value=(Past::text_of(past)) max=(visit.today().to_string());
            button class="btn quiet" { (t!(words, "show")) }
        }
    }
}
