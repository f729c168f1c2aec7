//! Period schedules: the stretches of time by which programmes report and order. Central data.
//!
//! A schedule is written as its first period and a number of months, and everything else follows: nobody has to add next
//! year's periods, and a device that has been away for a year knows them. A period is named by its first day, which no
//! later change of the schedule alters: what a schedule's periods are is fixed when it is made.

use crdt_store::{Document, DocumentId, Failure, Projection, Txn, ViewRead, ViewReadExt};
use jiff::Span;
use serde::{Deserialize, Serialize};

use crate::permission::{Caller, Permission};
use crate::record::{self, Created, Record, Stamp, record};
use crate::text::Key;
use crate::{Date, reject, views};

// ---- types ----

/// Most months of a period.
pub const MONTHS_MAX: u32 = 12;

/// A schedule, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeriodSchedule {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// Name.
    pub name: String,
    /// Months of a period: 1 to [`MONTHS_MAX`].
    pub months: u32,
    /// First day of the first period: the 1st to the 28th of a month, which every month has.
    pub first: Date,
    /// Whether it may be chosen.
    pub active: bool,
}

record!(PeriodSchedule, "period_schedule", "period schedule");

/// A schedule in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeriodScheduleRow {
    /// Id.
    pub id: DocumentId,
    /// Name.
    pub name: String,
    /// Months of a period.
    pub months: u32,
    /// First day of the first period.
    pub first: Date,
    /// Whether it may be chosen.
    pub active: bool,
}

/// A period, both ends counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Period {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl Period {
    /// How many days it has.
    pub fn days(&self) -> u32 {
        let span = self.from.until(self.to).map_or(0, |span| span.get_days());
        u32::try_from(span).unwrap_or(0) + 1
    }

    /// Whether a day lies in it.
    pub fn contains(&self, day: Date) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

impl PeriodScheduleRow {
    /// The period in which a day lies; nothing before the first one.
    pub fn period_of(&self, day: Date) -> Option<Period> {
        let since = months_between(self.first, day);
        let number = since.div_euclid(i64::from(self.months));
        (number >= 0).then(|| self.numbered(number)).flatten()
    }

    /// The period that begins on a day; nothing if none does.
    pub fn starting(&self, day: Date) -> Option<Period> {
        self.period_of(day).filter(|period| period.from == day)
    }

    /// The period before another; nothing before the first one.
    pub fn before(&self, period: Period) -> Option<Period> {
        self.period_of(period.from.yesterday().ok()?)
    }

    /// The latest periods that have begun by a day, newest first: at most so many.
    pub fn latest(&self, today: Date, count: usize) -> Vec<Period> {
        std::iter::successors(self.period_of(today), |period| self.before(*period)).take(count).collect()
    }

    /// The period of a number, from 0.
    fn numbered(&self, number: i64) -> Option<Period> {
        let start = |number: i64| {
            let months = number.checked_mul(i64::from(self.months))?;
            self.first.checked_add(Span::new().try_months(months).ok()?).ok()
        };
        Some(Period { from: start(number)?, to: start(number + 1)?.yesterday().ok()? })
    }
}

/// How many whole months lie between two days; below zero if the second is earlier. Of days up to the 28th.
fn months_between(from: Date, to: Date) -> i64 {
    let month = |day: Date| i64::from(day.year()) * 12 + i64::from(day.month());
    month(to) - month(from) - i64::from(to.day() < from.day())
}

/// Makes a schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreatePeriodSchedule {
    /// Its id, where an import must be repeatable.
    #[serde(default)]
    pub id: Option<DocumentId>,
    /// Name.
    pub name: String,
    /// Months of a period: 1 to 12.
    pub months: u32,
    /// First day of the first period: the 1st to the 28th of a month.
    pub first: Date,
}

/// Changes a schedule; absent fields stay. Its periods never change: forms and orders lean on them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpdatePeriodSchedule {
    /// Name.
    #[serde(default, deserialize_with = "record::given")]
    pub name: Option<String>,
    /// Whether it may be chosen.
    #[serde(default, deserialize_with = "record::given")]
    pub active: Option<bool>,
}

// ---- rules ----

/// A schedule's row.
pub(crate) fn find(
    read: &(impl ViewRead + ?Sized),
    id: DocumentId,
) -> Result<Option<PeriodScheduleRow>, crdt_store::StoreError> {
    read.row(views::PERIOD_SCHEDULE, id.as_bytes())
}

/// A schedule that may be chosen, or the rejection that points at the choice.
pub(crate) fn require(
    read: &(impl ViewRead + ?Sized),
    pointer: &str,
    id: DocumentId,
) -> Result<PeriodScheduleRow, Failure> {
    let found = find(read, id)?.filter(|row| row.active);
    found.ok_or_else(|| reject::not_found("period schedule", id).at(pointer).into())
}

// ---- write ----

/// Makes a schedule. Central only.
pub fn create(
    txn: &mut Txn<'_>,
    caller: &Caller,
    command: &CreatePeriodSchedule,
) -> Result<Created, Failure> {
    caller.require_central(Permission::EditCentralData)?;
    if !(1..=MONTHS_MAX).contains(&command.months) {
        return Err(reject::validation("/months", format!("1 to {MONTHS_MAX}")).into());
    }
    if command.first.day() > 28 || !(1990..=2200).contains(&command.first.year()) {
        let wanted = "the 1st to the 28th of a month, which every month has, of a year from 1990 on";
        return Err(reject::validation("/first", wanted).into());
    }
    let schedule = PeriodSchedule {
        stamp: PeriodSchedule::new_stamp(txn.now(), caller),
        name: record::valid_name("/name", &command.name)?,
        months: command.months,
        first: command.first,
        active: true,
    };
    let id = record::new_id(txn, command.id)?;
    txn.create(id, record::root_of(&schedule));
    Ok(Created { id })
}

/// Changes a schedule. Central only.
pub fn update(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &UpdatePeriodSchedule,
) -> Result<(), Failure> {
    caller.require_central(Permission::EditCentralData)?;
    let old: PeriodSchedule = record::load(txn, id)?;
    let mut new = old.clone();
    if let Some(name) = &command.name {
        new.name = record::valid_name("/name", name)?;
    }
    record::set(&mut new.active, command.active);
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

// ---- project ----

pub(crate) fn project(document: &Document, schedule: &PeriodSchedule, projection: &mut Projection) {
    // What another program wrote is shown as long as it has periods at all.
    if !(1..=MONTHS_MAX).contains(&schedule.months) || schedule.first.day() > 28 {
        return;
    }
    let row = PeriodScheduleRow {
        id: document.id,
        name: schedule.name.clone(),
        months: schedule.months,
        first: schedule.first,
        active: schedule.active,
    };
    projection.rows.push(views::row(views::PERIOD_SCHEDULE, Key::new().id(document.id).build(), &row));
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn schedule(months: u32, first: Date) -> PeriodScheduleRow {
        PeriodScheduleRow { id: DocumentId::NIL, name: String::new(), months, first, active: true }
    }

    #[test]
    fn periods_follow_each_other_from_the_first_day_on() {
        let quarters = schedule(3, date(2026, 1, 1));
        let first = Period { from: date(2026, 1, 1), to: date(2026, 3, 31) };
        assert_eq!(quarters.period_of(date(2026, 3, 31)), Some(first));
        assert_eq!(quarters.period_of(date(2026, 4, 1)).map(|period| period.from), Some(date(2026, 4, 1)));
        assert_eq!(quarters.period_of(date(2025, 12, 31)), None, "before the first");
        assert_eq!(quarters.before(first), None);
        assert_eq!((first.days(), quarters.starting(date(2026, 2, 1))), (90, None));
        // Pay day to pay day, over the end of February.
        let months = schedule(1, date(2025, 12, 21));
        let february = months.period_of(date(2026, 3, 20));
        assert_eq!(february, Some(Period { from: date(2026, 2, 21), to: date(2026, 3, 20) }));
        let latest: Vec<Date> =
            months.latest(date(2026, 2, 25), 9).into_iter().map(|period| period.from).collect();
        assert_eq!(latest, [date(2026, 2, 21), date(2026, 1, 21), date(2025, 12, 21)]);
    }

    proptest! {
        #[test]
        fn every_day_from_the_first_on_lies_in_one_period(
            months in 1..=MONTHS_MAX,
            (month, day) in (1i8..=12, 1i8..=28),
            after in 0i32..40_000,
        ) {
            let schedule = schedule(months, date(2000, month, day));
            let today = schedule.first.checked_add(Span::new().days(after)).expect("a day");
            let period = schedule.period_of(today).expect("a period");
            prop_assert!(period.contains(today) && period.from.day() == day);
            prop_assert_eq!(schedule.starting(period.from), Some(period));
            let next = schedule.period_of(period.to.tomorrow().expect("a day")).expect("a period");
            prop_assert_eq!(schedule.before(next), Some(period));
        }
    }
}
