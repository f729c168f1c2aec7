//! Three months in a country's stores, as a list of what happened when. Pure.

use crdt_store::Timestamp;
use domain::text::{day_of, start_of_day};

use super::cast::{self, DemoStore, STORES};
use super::equipment::{PIECES, Piece};
use super::orders::Stage;
use super::reporting;

/// How many days before today the records begin.
pub(super) const DAYS: i64 = 91;

const HOUR_MS: i64 = 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// A store counts what is on its shelves, and its records begin.
    Open(&'static DemoStore),
    /// The central store orders of a supplier; the goods are announced.
    Order { supplier: &'static str, round: u32 },
    /// The central store receives what it ordered.
    Arrive { supplier: &'static str, round: u32 },
    /// A store sends another its share.
    Send { to: &'static DemoStore, round: u32 },
    /// That store receives it; now and then something is missing.
    Receive { to: &'static DemoStore, round: u32, short: bool },
    /// A store issues to those who give it to patients.
    Issue { store: &'static DemoStore, to: &'static str, week: u32 },
    /// A store corrects its records: damage, open vials, a count.
    Correct { store: &'static DemoStore },
    /// A store holds a batch, on the advice of its quality unit.
    Hold { store: &'static DemoStore },
    /// A store writes a shipment that is not sent yet.
    Draft { to: &'static DemoStore },
    /// A store chooses batches for a shipment that is not picked yet.
    Promise { to: &'static DemoStore },
    /// A store reports the month that ended so many months ago, and asks for what it lacks.
    ReportMonth { store: &'static DemoStore, back: usize },
    /// A store begins the report of a month.
    BeginReport { store: &'static DemoStore, back: usize },
    /// A store orders of its supplier.
    Ask { store: &'static DemoStore, stage: Stage },
    /// The equipment of all stores is registered.
    Equip,
    /// Somebody records whether a piece of equipment works: an entry of its log.
    Report { piece: &'static Piece, entry: usize },
}

/// How often a level of the chain is supplied: days between two deliveries, and days before today of the last one.
fn rhythm(level: u8) -> (i64, i64) {
    match level {
        2 => (28, 10),
        _ => (14, 9),
    }
}

/// Everything that happened, in order; all of it before `now`.
pub(super) fn timeline(now: Timestamp) -> Vec<(Timestamp, Act)> {
    let mut acts = Vec::new();
    let mut at = |days_ago: i64, hour: i64, act: Act| {
        let midnight = start_of_day(day_of(now)).plus_millis(-days_ago * DAY_MS);
        acts.push((midnight.plus_millis(hour * HOUR_MS), act));
    };
    for store in STORES {
        at(DAYS, 7, Act::Open(store));
    }
    at(DAYS - 1, 7, Act::Equip);
    for (round, days_ago) in [(1, 78), (2, 50), (3, 22)] {
        for supplier in [cast::SUPPLIER, cast::VACCINE_SUPPLIER] {
            at(days_ago, 8, Act::Order { supplier, round });
            at(days_ago - 3, 10, Act::Arrive { supplier, round });
        }
    }
    for store in STORES.iter().filter(|store| store.level > 1) {
        supply(store, &mut at);
    }
    for store in STORES.iter().filter(|store| store.level > 1) {
        use_up(store, &mut at);
    }
    for piece in PIECES {
        for (entry, (days_ago, ..)) in piece.log.iter().enumerate() {
            at(*days_ago, 10, Act::Report { piece, entry });
        }
    }
    loose_ends(&mut at);
    let centre = DemoStore::of("KPU");
    acts.push((reporting::month_before(now, 2).1, Act::ReportMonth { store: centre, back: 2 }));
    acts.sort_by_key(|(at, _)| *at);
    acts
}

fn supply(store: &'static DemoStore, at: &mut impl FnMut(i64, i64, Act)) {
    let (interval, last) = rhythm(store.level);
    let rounds = (DAYS - 4 - last) / interval;
    for round in 0..=rounds {
        let (days_ago, round) = (last + (rounds - round) * interval, round as u32 + 1);
        let short = round == 3 && matches!(store.code, "LOK" | "NDA");
        at(days_ago, 9, Act::Send { to: store, round });
        at(days_ago - 1, 11, Act::Receive { to: store, round, short });
    }
}

fn use_up(store: &'static DemoStore, at: &mut impl FnMut(i64, i64, Act)) {
    let places: &[&str] = match store.level {
        2 => &[cast::WARDS],
        _ => &[cast::OUTPATIENTS, cast::MATERNITY, cast::VACCINATION],
    };
    for week in 0..DAYS / 7 {
        let monday = DAYS - 2 - week * 7;
        for (days, to) in places.iter().enumerate() {
            at(monday - days as i64, 14, Act::Issue { store, to, week: week as u32 });
        }
        if week % 3 == 2 {
            at(monday - 3, 16, Act::Correct { store });
        }
    }
}

/// What is under way today, so that there is something to do.
fn loose_ends(at: &mut impl FnMut(i64, i64, Act)) {
    at(4, 8, Act::Order { supplier: cast::SUPPLIER, round: 4 });
    at(2, 9, Act::Hold { store: DemoStore::of("LOK") });
    at(1, 9, Act::Send { to: DemoStore::of("KPU"), round: 99 });
    at(1, 10, Act::Draft { to: DemoStore::of("TAM") });
    at(1, 11, Act::Promise { to: DemoStore::of("NDA") });
    at(1, 15, Act::BeginReport { store: DemoStore::of("KPU"), back: 1 });
    for (days_ago, hour, code, stage) in [
        (5, 12, "LOK", Stage::Approved),
        (3, 12, "NDA", Stage::Supplied),
        (2, 13, "TAM", Stage::Sent),
        (1, 15, "KPU", Stage::Emergency),
        (1, 16, "KPU", Stage::Draft),
    ] {
        at(days_ago, hour, Act::Ask { store: DemoStore::of(code), stage });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    #[test]
    fn everything_happened_in_order_within_three_months_and_before_now() {
        let acts = timeline(NOW);
        assert!(acts.is_sorted_by_key(|(at, _)| *at));
        assert!(acts.len() > 200, "{}", acts.len());
        let oldest = NOW.millis_since(acts[0].0);
        assert!((90 * DAY_MS..93 * DAY_MS).contains(&oldest));
        assert!(acts.iter().all(|(at, _)| *at < NOW));
        let midnight = start_of_day(day_of(NOW));
        assert!(timeline(midnight).iter().all(|(at, _)| *at < midnight), "also at the first second of a day");
    }

    #[test]
    fn what_is_received_was_sent_before_and_only_loose_ends_are_left() {
        let acts = timeline(NOW);
        let mut under_way = Vec::new();
        for (_, act) in &acts {
            match act {
                Act::Send { to, round } => under_way.push((to.code, *round)),
                Act::Order { supplier, round } => under_way.push((supplier, *round)),
                Act::Receive { to, round, .. } => under_way.retain(|sent| *sent != (to.code, *round)),
                Act::Arrive { supplier, round } => under_way.retain(|sent| *sent != (supplier, *round)),
                _ => {}
            }
        }
        assert_eq!(under_way, [(cast::SUPPLIER, 4), ("KPU", 99)]);
        let sent = acts.iter().filter(|(_, act)| matches!(act, Act::Send { .. })).count();
        assert!(sent > 25, "{sent}");
    }
}
