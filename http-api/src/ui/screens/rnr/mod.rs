//! R&R forms: which are to be filled, the form as a grid that saves itself, and the form on paper.

mod figures;
mod grid;
mod list;
mod new;
mod paper;

pub(in crate::ui) use figures::{annotate, line};
pub(in crate::ui) use grid::{aside, cell, confirm, discard, finalise, note, refresh, save, show};
pub(in crate::ui) use list::list;
pub(in crate::ui) use new::{create, new};
pub(in crate::ui) use paper::paper;

use crdt_store::{DocumentId, Snapshot};
use domain::formula::rnr::{Fault, LowStock, Problem as Against};
use domain::period_schedule::Period;
use domain::query::rnr_forms::{self as query, RnrFormDetail, RnrFormLine};
use domain::rnr::{RnrFormRow, Status};
use domain::{Date, Permission};
use maud::{Markup, html};

use crate::ui::parts::{Tone, chip};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// Where the pages of forms are.
const PATH: &str = "/rnr-forms";

/// A form of the store that the visitor works in.
fn load(visit: &Visit, read: &Snapshot, id: DocumentId) -> Result<RnrFormDetail, Trouble> {
    let own = visit.store(Permission::RequisitionView)?.id;
    let row = query::row(read, id)?.filter(|row| row.store == own);
    row.ok_or_else(|| Trouble::not_found("R&R form"))?;
    Ok(query::detail(read, id)?)
}

/// A period in words: a calendar month by its name, anything else by its ends.
fn period_name(words: Words, from: Date, to: Date) -> String {
    match from.day() == 1 && to == from.last_of_month() {
        true => words.month(from),
        false => format!("{} – {}", words.day(from), words.day(to)),
    }
}

fn name_of_period(words: Words, period: Period) -> String {
    period_name(words, period.from, period.to)
}

/// What people call a form: its programme and its period.
fn form_name(words: Words, detail: &RnrFormDetail) -> String {
    let row = &detail.form.form;
    format!("{} · {}", detail.form.programme_name, period_name(words, row.from, row.to))
}

fn status_chip(words: Words, row: &RnrFormRow) -> Markup {
    let (tone, drawing) = match row.status {
        Status::Draft | Status::Discarded => (Tone::Calm, "file-text"),
        Status::Finalised => (Tone::Good, "circle-check"),
    };
    html! {
        (chip(tone, drawing, &words.code("rnr-status", row.status.code())))
        @if row.late > 0 { " " (chip(Tone::Warn, "flag", &t!(words, "rnr-late-lines", n = row.late))) }
    }
}

/// How many lines are confirmed.
fn progress(words: Words, row: &RnrFormRow) -> Markup {
    html! {
        span class="progress" {
            progress max=(row.lines.max(1)) value=(row.confirmed) aria-label=(t!(words, "rnr-confirmed-of", confirmed = row.confirmed, lines = row.lines)) {}
            span class="tabular nowrap" { (t!(words, "rnr-confirmed-of", confirmed = row.confirmed, lines = row.lines)) }
        }
    }
}

/// What stands against a line, in words.
fn against(words: Words, problem: &Against) -> String {
    match problem.fault {
        Fault::NotConfirmed => t!(words, "rnr-not-confirmed"),
        Fault::Negative { .. } => t!(words, "rnr-negative"),
        Fault::DoesNotAddUp { expected } => t!(words, "rnr-adds-up-to", quantity = words.quantity(expected)),
        Fault::LongerThanPeriod { period_days } => t!(words, "rnr-period-has", n = period_days),
    }
}

fn item_cell(line: &RnrFormLine) -> Markup {
    html! { span class="strong" { (line.item_name) } span class="two" { (line.item_code) " · " (line.unit) } }
}

/// A mark where little is left, measured by the maximum.
fn low_stock(words: Words, low: LowStock) -> Markup {
    match low {
        LowStock::Ok => html! {},
        LowStock::BelowHalf => html! { span class="two t-warn" { (t!(words, "rnr-below-half")) } },
        LowStock::BelowQuarter => html! { span class="two t-bad" { (t!(words, "rnr-below-quarter")) } },
    }
}
