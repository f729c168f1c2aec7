//! How the forms of a programme follow each other.

use crdt_store::{DocumentId, Failure, Rejection, StoreError, ViewRead, ViewReadExt};

use super::types::{RnrFormRow, Status};
use crate::formula::rnr::PREVIOUS_FORMS_MAX;
use crate::period_schedule::{self, Period, PeriodScheduleRow};
use crate::programme::ProgrammeRow;
use crate::text::Key;
use crate::{Date, reject, views};

/// How many periods a first form may choose among: a year of months.
const FIRST_PERIODS_MAX: usize = 12;

/// The forms of a store for a programme, oldest first; those thrown away left out.
pub(crate) fn chain(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    programme: DocumentId,
) -> Result<Vec<RnrFormRow>, StoreError> {
    read.rows(views::RNR_FORM_BY_PROGRAMME, &Key::new().id(store).id(programme).build())
}

/// The finalised forms before a period, newest first: as many as count for the average.
pub(crate) fn previous(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    programme: DocumentId,
    from: Date,
) -> Result<Vec<RnrFormRow>, StoreError> {
    let mut rows = chain(read, store, programme)?;
    rows.retain(|row| row.from < from && row.status == Status::Finalised);
    rows.reverse();
    rows.truncate(PREVIOUS_FORMS_MAX);
    Ok(rows)
}

/// The periods for which a form may be made now, newest first: any of the last ones for a first form, and after that the one
/// that follows, when the form before is finalised and it has begun.
pub(crate) fn openings(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    programme: &ProgrammeRow,
    today: Date,
) -> Result<Vec<Period>, StoreError> {
    let Some(schedule) = programme.schedule else { return Ok(Vec::new()) };
    let Some(schedule) = period_schedule::find(read, schedule)? else { return Ok(Vec::new()) };
    Ok(match chain(read, store, programme.id)?.last() {
        None => schedule.latest(today, FIRST_PERIODS_MAX),
        Some(last) if last.status == Status::Draft => Vec::new(),
        Some(last) => following(&schedule, last).filter(|next| next.from <= today).into_iter().collect(),
    })
}

/// The first period that begins after a form's ended: the next one, unless the programme's schedule is another by now.
fn following(schedule: &PeriodScheduleRow, last: &RnrFormRow) -> Option<Period> {
    let day_after = last.to.tomorrow().ok()?;
    let period = schedule.period_of(day_after)?;
    match period.from >= day_after {
        true => Some(period),
        false => schedule.period_of(period.to.tomorrow().ok()?),
    }
}

/// The period that begins on a day and for which a form may be made, or the rejection that says what is missing.
pub(super) fn require_opening(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
    programme: &ProgrammeRow,
    from: Date,
    today: Date,
) -> Result<Period, Failure> {
    let no_periods = || reject::validation("/programme", "the programme has no periods to report by");
    let schedule = programme.schedule.ok_or_else(no_periods)?;
    let schedule = period_schedule::find(read, schedule)?.ok_or_else(no_periods)?;
    let period = schedule.starting(from);
    let period = period.ok_or_else(|| reject::validation("/period", "no period begins on this day"))?;
    if period.from > today {
        return Err(reject::validation("/period", "this period has not begun").into());
    }
    let rows = chain(read, store, programme.id)?;
    if rows.iter().any(|row| row.from > from) {
        return Err(Rejection::new("form-follows", "there is a form of a later period").at("/period").into());
    }
    let Some(last) = rows.last() else { return Ok(period) };
    if last.status == Status::Draft {
        return Err(before_first("previous-form-open", "finalise", last.from));
    }
    match following(&schedule, last) {
        Some(next) if next.from != from => Err(before_first("previous-form-missing", "make", next.from)),
        _ => Ok(period),
    }
}

fn before_first(code: &str, wanted: &str, from: Date) -> Failure {
    let message = format!("{wanted} the form of the period from {from} first");
    Rejection::new(code, message).at("/period").with("from", from).into()
}
