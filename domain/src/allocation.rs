//! Allocation: which batches serve a wish, first expired first out. A pure function of what is on the shelf.

use std::cmp::Ordering;

use crdt_store::DocumentId;
use serde::{Deserialize, Serialize};

use crate::Date;
use crate::quantity::Quantity;

/// A batch that expires within so many days is used, with a warning: six weeks.
pub const EXPIRING_SOON_DAYS: i32 = 42;

/// A stock line that may serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The stock line.
    pub stock_line: DocumentId,
    /// Last day of use.
    pub expiry: Option<Date>,
    /// Units per pack.
    pub pack_size: u32,
    /// What may still be promised of it.
    pub available: Quantity,
    /// Whether it, or the place where it lies, is on hold.
    pub on_hold: bool,
    /// Whether it may be given (its vial monitor says so).
    pub usable: bool,
}

/// So much of one stock line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pick {
    /// The stock line.
    pub stock_line: DocumentId,
    /// How many units of it.
    pub quantity: Quantity,
}

/// Why a person should look at an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Caution {
    /// Passed over: past its last day of use.
    SkippedExpired,
    /// Passed over: on hold, or its location is.
    SkippedOnHold,
    /// Passed over: not fit for use.
    SkippedUnusable,
    /// Used, and expires within six weeks.
    ExpiringSoon,
}

/// A caution and the stock line it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// What to look at.
    pub caution: Caution,
    /// The stock line.
    pub stock_line: DocumentId,
}

/// How a wish can be served.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// What is taken, in the order of expiry.
    pub picks: Vec<Pick>,
    /// What cannot be served.
    pub placeholder: Quantity,
    /// What to look at.
    pub warnings: Vec<Warning>,
}

/// Serves `wanted` units from the candidates: those that expire first, first; those without expiry last. Expired,
/// held and unusable ones are passed over and named. With `whole_packs` each quantity is rounded up to whole packs of
/// its stock line, as far as there are any.
pub fn propose(candidates: &[Candidate], wanted: Quantity, whole_packs: bool, today: Date) -> Proposal {
    let mut sorted: Vec<&Candidate> = candidates.iter().filter(|line| line.available.is_positive()).collect();
    sorted.sort_by(|a, b| first_expired(a, b));
    let mut proposal = Proposal { placeholder: wanted, ..Proposal::default() };
    for line in sorted {
        if !proposal.placeholder.is_positive() {
            break;
        }
        if let Some(caution) = reason_to_skip(line, today) {
            proposal.warnings.push(Warning { caution, stock_line: line.stock_line });
            continue;
        }
        let wish = match whole_packs {
            true => proposal.placeholder.round_up_to_packs(line.pack_size),
            false => proposal.placeholder,
        };
        let quantity = wish.min(line.available);
        proposal.picks.push(Pick { stock_line: line.stock_line, quantity });
        proposal.placeholder = (proposal.placeholder - quantity).max(Quantity::ZERO);
        if expires_within(line.expiry, today, EXPIRING_SOON_DAYS) {
            proposal.warnings.push(Warning { caution: Caution::ExpiringSoon, stock_line: line.stock_line });
        }
    }
    proposal
}

fn first_expired(a: &Candidate, b: &Candidate) -> Ordering {
    let key = |line: &Candidate| (line.expiry.is_none(), line.expiry, line.stock_line);
    key(a).cmp(&key(b))
}

fn reason_to_skip(line: &Candidate, today: Date) -> Option<Caution> {
    if is_expired(line.expiry, today) {
        Some(Caution::SkippedExpired)
    } else if line.on_hold {
        Some(Caution::SkippedOnHold)
    } else if !line.usable {
        Some(Caution::SkippedUnusable)
    } else {
        None
    }
}

/// Whether the last day of use has passed.
pub fn is_expired(expiry: Option<Date>, today: Date) -> bool {
    expiry.is_some_and(|day| day < today)
}

/// Whether the last day of use comes within so many days.
pub fn expires_within(expiry: Option<Date>, today: Date, days: i32) -> bool {
    let horizon = today.saturating_add(jiff::Span::new().days(days));
    expiry.is_some_and(|day| day <= horizon)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate(id: u8, expiry: Option<&str>, available: i64) -> Candidate {
        Candidate {
            stock_line: DocumentId::from_bytes([id; 16]),
            expiry: expiry.map(|day| day.parse().expect("a day")),
            pack_size: 10,
            available: Quantity::whole(available),
            on_hold: false,
            usable: true,
        }
    }

    fn today() -> Date {
        "2026-11-22".parse().expect("a day")
    }

    fn picked(proposal: &Proposal) -> Vec<(u8, i64)> {
        let first = |pick: &Pick| (pick.stock_line.as_bytes()[0], pick.quantity.thousandths() / 1000);
        proposal.picks.iter().map(first).collect()
    }

    #[test]
    fn what_expires_first_leaves_first_and_what_never_expires_leaves_last() {
        let lines = [
            candidate(1, None, 50),
            candidate(2, Some("2028-01-01"), 50),
            candidate(3, Some("2027-06-30"), 50),
        ];
        let proposal = propose(&lines, Quantity::whole(120), true, today());
        assert_eq!(picked(&proposal), [(3, 50), (2, 50), (1, 20)]);
        assert!(proposal.warnings.is_empty() && proposal.placeholder == Quantity::ZERO);
    }

    #[test]
    fn expired_held_and_unusable_batches_are_passed_over_and_named() {
        let mut held = candidate(2, Some("2027-01-01"), 50);
        held.on_hold = true;
        let mut spoilt = candidate(3, Some("2027-02-01"), 50);
        spoilt.usable = false;
        let lines =
            [candidate(1, Some("2026-11-21"), 50), held, spoilt, candidate(4, Some("2026-12-01"), 20)];
        let proposal = propose(&lines, Quantity::whole(30), true, today());
        assert_eq!(picked(&proposal), [(4, 20)]);
        assert_eq!(proposal.placeholder, Quantity::whole(10));
        let cautions: Vec<_> = proposal.warnings.iter().map(|warning| warning.caution).collect();
        use Caution::*;
        assert_eq!(cautions, [SkippedExpired, ExpiringSoon, SkippedOnHold, SkippedUnusable]);
    }

    #[test]
    fn a_batch_is_good_until_the_end_of_its_last_day() {
        let lines = [candidate(1, Some("2026-11-22"), 50)];
        assert_eq!(picked(&propose(&lines, Quantity::whole(10), true, today())), [(1, 10)]);
    }

    #[test]
    fn quantities_are_rounded_up_to_whole_packs_only_where_asked() {
        let lines = [candidate(1, None, 50)];
        assert_eq!(picked(&propose(&lines, Quantity::whole(11), true, today())), [(1, 20)]);
        assert_eq!(picked(&propose(&lines, Quantity::whole(11), false, today())), [(1, 11)]);
    }

    proptest! {
        #[test]
        fn an_allocation_serves_the_wish_or_everything_usable_and_never_more_than_there_is(
            stock in proptest::collection::vec((0i64..200, proptest::option::of(1i8..28), any::<bool>()), 0..8),
            wanted in 1i64..500,
            whole_packs in any::<bool>(),
        ) {
            let lines: Vec<Candidate> = stock.iter().enumerate().map(|(at, (available, day, on_hold))| Candidate {
                expiry: day.map(|day| Date::constant(2027, 1, day)),
                on_hold: *on_hold,
                ..candidate(at as u8, None, *available)
            }).collect();
            let wanted = Quantity::whole(wanted);
            let proposal = propose(&lines, wanted, whole_packs, today());
            let usable: Quantity = lines.iter().filter(|line| !line.on_hold).map(|line| line.available).sum();
            let taken: Quantity = proposal.picks.iter().map(|pick| pick.quantity).sum();
            for pick in &proposal.picks {
                let line = lines.iter().find(|line| line.stock_line == pick.stock_line).expect("a candidate");
                prop_assert!(pick.quantity <= line.available && pick.quantity.is_positive() && !line.on_hold);
            }
            prop_assert!(taken + proposal.placeholder >= wanted);
            prop_assert!(proposal.placeholder == Quantity::ZERO || taken == usable);
        }
    }
}
