//! What a health centre of the demo reports: one form that was finalised in time, and one that is being filled.

use crdt_store::{Batch, DocumentId, Timestamp};
use domain::Quantity;
use domain::period_schedule::CreatePeriodSchedule;
use domain::query::rnr_forms::{self, RnrFormLine};
use domain::rnr::{self, Cells, ConfirmLines, CreateRnrForm, FillLine, FillLines};
use domain::text::{day_of, start_of_day};

use super::SeedError;
use super::cast::{DemoStore, id_of};
use super::script::execute;
use super::shelving::EPI;

/// How many lines of the form that is being filled are confirmed.
const CONFIRMED: usize = 5;

/// Identity of the schedule of months.
pub(super) fn months() -> DocumentId {
    id_of("period schedule", "months")
}

/// Makes the schedule by which programmes report.
pub(super) fn make(batch: &mut Batch<'_>) -> Result<(), SeedError> {
    let first = domain::Date::constant(2024, 1, 1);
    let command =
        CreatePeriodSchedule { id: Some(months()), name: "Mois · Month".to_owned(), months: 1, first };
    execute(batch, DocumentId::NIL, |txn, caller| domain::period_schedule::create(txn, caller, &command))
        .map(drop)
}

/// The first day of the month that ended so many months before the month of an instant, and when its report is due.
pub(super) fn month_before(now: Timestamp, back: usize) -> (domain::Date, Timestamp) {
    let this = day_of(now).first_of_month();
    let before = |day: domain::Date| day.yesterday().map_or(day, domain::Date::first_of_month);
    let month = (0..back).fold(this, |month, _| before(month));
    let next = month.last_of_month().tomorrow().unwrap_or(month);
    // In the afternoon of the third.
    (month, start_of_day(next).plus_millis((2 * 24 + 15) * 3_600_000))
}

fn make_form(
    batch: &mut Batch<'_>,
    who: DocumentId,
    store: &DemoStore,
    period: domain::Date,
) -> Result<(DocumentId, Vec<RnrFormLine>), SeedError> {
    let command = CreateRnrForm {
        store: store.id(),
        programme: id_of("programme", EPI),
        period,
        supplier: None,
        comment: None,
    };
    let form = execute(batch, who, |txn, caller| rnr::create(txn, caller, &command))?.id;
    Ok((form, rnr_forms::detail(batch, form)?.line_details))
}

/// Reports a month: everything as the ledger has it, and somewhat more of one item for a campaign.
pub(super) fn report(
    batch: &mut Batch<'_>,
    who: DocumentId,
    store: &DemoStore,
    period: domain::Date,
) -> Result<(), SeedError> {
    let (form, lines) = make_form(batch, who, store, period)?;
    let asked = lines.iter().find(|line| line.requested.is_positive());
    let campaign = asked.map(|line| FillLine {
        item: line.item,
        set: Cells {
            requested: Some(Some(line.requested + Quantity::whole(50))),
            note: Some(Some("Journées de vaccination · Immunisation days".to_owned())),
            ..Cells::default()
        },
        was: Cells::default(),
    });
    if let Some(line) = campaign {
        let lines = FillLines { lines: vec![line] };
        execute(batch, who, |txn, caller| rnr::fill(txn, caller, form, &lines))?;
    }
    let all = ConfirmLines { items: None, confirmed: true };
    execute(batch, who, |txn, caller| rnr::confirm(txn, caller, form, &all))?;
    execute(batch, who, |txn, caller| rnr::finalise(txn, caller, form)).map(drop)
}

/// Begins the report of a month: some lines are confirmed, and one does not add up to what was counted.
pub(super) fn begin(
    batch: &mut Batch<'_>,
    who: DocumentId,
    store: &DemoStore,
    period: domain::Date,
) -> Result<(), SeedError> {
    let (form, lines) = make_form(batch, who, store, period)?;
    let items = lines.iter().take(CONFIRMED).map(|line| line.item).collect();
    let some = ConfirmLines { items: Some(items), confirmed: true };
    execute(batch, who, |txn, caller| rnr::confirm(txn, caller, form, &some))?;
    let there = lines.iter().skip(CONFIRMED).find(|line| line.final_balance > Quantity::whole(2));
    let counted = there.map(|line| FillLine {
        item: line.item,
        set: Cells { final_balance: Some(Some(line.final_balance - Quantity::whole(2))), ..Cells::default() },
        was: Cells::default(),
    });
    match counted {
        Some(line) => {
            let lines = FillLines { lines: vec![line] };
            execute(batch, who, |txn, caller| rnr::fill(txn, caller, form, &lines))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_reported_on_the_third_of_the_next() {
        let day = |text: &str| text.parse::<domain::Date>().expect("a day");
        let now = start_of_day(day("2026-01-27"));
        let (month, at) = month_before(now, 2);
        assert_eq!((month, day_of(at)), (day("2025-11-01"), day("2025-12-03")));
        assert_eq!(month_before(now, 1).0, day("2025-12-01"));
    }
}
