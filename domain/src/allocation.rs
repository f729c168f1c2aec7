//! Allocation: which batches serve a wish, first expired first out. Pure functions of what is on the shelf.
//!
//! [`propose`] serves one wish from one item's batches, [`propose_all`] many wishes from the batches of many items. An
//! [`Allocator`] is what both go by: it keeps each item's batches in the order in which they leave, and what is left
//! of each, so that nothing is promised twice.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crdt_store::DocumentId;
use serde::{Deserialize, Serialize};

use crate::Date;
use crate::quantity::Quantity;
use crate::stock_line::Vvm;

/// A batch with fewer days than this until its last day of use is used, with a warning: under six weeks. With exactly
/// six weeks to go there is none.
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
    /// What beyond that only other devices may promise, where the store shares its stock among them.
    pub elsewhere: Quantity,
    /// Whether it, or the place where it lies, is on hold.
    pub on_hold: bool,
    /// What its vial monitor shows, if it has one.
    pub vvm: Option<Vvm>,
}

impl Candidate {
    fn has_any(&self) -> bool {
        self.available.is_positive() || self.elsewhere.is_positive()
    }
}

/// How batches are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The day it is.
    pub today: Date,
    /// Whether each quantity is rounded up to whole packs of its stock line, as far as there are any.
    pub whole_packs: bool,
    /// Whether vials whose monitor has gone further leave first, whatever their expiry.
    pub vvm_first: bool,
}

/// So many units of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The item.
    pub item: DocumentId,
    /// How many units of it.
    pub quantity: Quantity,
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
    /// Used, and expires in under six weeks.
    ExpiringSoon,
    /// Used as far as this device's share of it goes: other devices hold the rest.
    HeldElsewhere,
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
    /// What is taken, in the order in which it leaves.
    pub picks: Vec<Pick>,
    /// What cannot be served.
    pub placeholder: Quantity,
    /// What to look at.
    pub warnings: Vec<Warning>,
}

/// Serves `wanted` units from the candidates: those that expire first, first; those without expiry last. Expired,
/// held and unusable ones are passed over and named.
pub fn propose(candidates: &[Candidate], wanted: Quantity, rules: &Rules) -> Proposal {
    let mut allocator = Allocator::new(rules.today, rules.vvm_first);
    allocator.stock(DocumentId::NIL, candidates.to_vec());
    allocator.propose(DocumentId::NIL, wanted, rules.whole_packs)
}

/// Serves many wishes, in their order, from the stock lines of each item: what is proposed for one is not there for
/// the next. An item's stock lines are sorted once, however many wishes there are for it.
pub fn propose_all(
    candidates: BTreeMap<DocumentId, Vec<Candidate>>,
    wishes: &[Wish],
    rules: &Rules,
) -> Vec<Proposal> {
    let mut allocator = Allocator::new(rules.today, rules.vvm_first);
    candidates.into_iter().for_each(|(item, lines)| allocator.stock(item, lines));
    wishes.iter().map(|wish| allocator.propose(wish.item, wish.quantity, rules.whole_packs)).collect()
}

/// Stock lines of items in the order in which they leave, and what is left of each.
#[derive(Clone, Debug)]
pub struct Allocator {
    today: Date,
    vvm_first: bool,
    shelves: BTreeMap<DocumentId, Vec<Candidate>>,
}

impl Allocator {
    /// Knows of nothing yet.
    pub fn new(today: Date, vvm_first: bool) -> Self {
        Self { today, vvm_first, shelves: BTreeMap::new() }
    }

    /// Whether it knows the stock lines of an item.
    pub fn knows(&self, item: DocumentId) -> bool {
        self.shelves.contains_key(&item)
    }

    /// Takes in the stock lines of an item.
    pub fn stock(&mut self, item: DocumentId, mut candidates: Vec<Candidate>) {
        candidates.retain(Candidate::has_any);
        candidates.sort_by_cached_key(|line| {
            let vvm = Reverse(line.vvm.filter(|_| self.vvm_first));
            (vvm, line.expiry.is_none(), line.expiry, line.stock_line)
        });
        self.shelves.insert(item, candidates);
    }

    /// Takes away what somebody chose by hand.
    pub fn promise(&mut self, item: DocumentId, stock_line: DocumentId, quantity: Quantity) {
        let lines = self.shelves.get_mut(&item).into_iter().flatten();
        lines
            .filter(|line| line.stock_line == stock_line)
            .for_each(|line| line.available = line.available - quantity);
    }

    /// Serves a wish, and promises what it proposes.
    pub fn propose(&mut self, item: DocumentId, wanted: Quantity, whole_packs: bool) -> Proposal {
        let mut proposal = Proposal { placeholder: wanted, ..Proposal::default() };
        let Some(shelf) = self.shelves.get_mut(&item) else { return proposal };
        for line in shelf.iter_mut().filter(|line| line.has_any()) {
            if !proposal.placeholder.is_positive() {
                break;
            }
            serve(line, whole_packs, self.today, &mut proposal);
        }
        // What has been used up is in nobody's way any more.
        shelf.retain(Candidate::has_any);
        proposal
    }
}

/// Takes from a stock line what is still wanted and may be taken.
fn serve(line: &mut Candidate, whole_packs: bool, today: Date, proposal: &mut Proposal) {
    let mut warn = |caution| proposal.warnings.push(Warning { caution, stock_line: line.stock_line });
    if let Some(caution) = reason_to_skip(line, today) {
        return warn(caution);
    }
    let wish = match whole_packs {
        true => proposal.placeholder.round_up_to_packs(line.pack_size),
        false => proposal.placeholder,
    };
    if wish > line.available && line.elsewhere.is_positive() {
        warn(Caution::HeldElsewhere);
    }
    let quantity = wish.min(line.available);
    if !quantity.is_positive() {
        return;
    }
    if expires_under(line.expiry, today, EXPIRING_SOON_DAYS) {
        warn(Caution::ExpiringSoon);
    }
    line.available = line.available - quantity;
    proposal.picks.push(Pick { stock_line: line.stock_line, quantity });
    proposal.placeholder = (proposal.placeholder - quantity).max(Quantity::ZERO);
}

fn reason_to_skip(line: &Candidate, today: Date) -> Option<Caution> {
    if is_expired(line.expiry, today) {
        Some(Caution::SkippedExpired)
    } else if line.on_hold {
        Some(Caution::SkippedOnHold)
    } else if !line.vvm.is_none_or(Vvm::usable) {
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

/// Whether fewer days than this are left until the last day of use.
fn expires_under(expiry: Option<Date>, today: Date, days: i32) -> bool {
    let horizon = today.saturating_add(jiff::Span::new().days(days));
    expiry.is_some_and(|day| day < horizon)
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
            elsewhere: Quantity::ZERO,
            on_hold: false,
            vvm: None,
        }
    }

    fn today() -> Date {
        "2026-11-22".parse().expect("a day")
    }

    fn rules(whole_packs: bool) -> Rules {
        Rules { today: today(), whole_packs, vvm_first: false }
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
        let proposal = propose(&lines, Quantity::whole(120), &rules(true));
        assert_eq!(picked(&proposal), [(3, 50), (2, 50), (1, 20)]);
        assert!(proposal.warnings.is_empty() && proposal.placeholder == Quantity::ZERO);
    }

    #[test]
    fn expired_held_and_unusable_batches_are_passed_over_and_named() {
        let mut held = candidate(2, Some("2027-01-01"), 50);
        held.on_hold = true;
        let mut spoilt = candidate(3, Some("2027-02-01"), 50);
        spoilt.vvm = Some(Vvm::Stage3);
        let lines =
            [candidate(1, Some("2026-11-21"), 50), held, spoilt, candidate(4, Some("2026-12-01"), 20)];
        let proposal = propose(&lines, Quantity::whole(30), &rules(true));
        assert_eq!(picked(&proposal), [(4, 20)]);
        assert_eq!(proposal.placeholder, Quantity::whole(10));
        let cautions: Vec<_> = proposal.warnings.iter().map(|warning| warning.caution).collect();
        use Caution::*;
        assert_eq!(cautions, [SkippedExpired, ExpiringSoon, SkippedOnHold, SkippedUnusable]);
    }

    #[test]
    fn a_batch_is_good_until_the_end_of_its_last_day() {
        let lines = [candidate(1, Some("2026-11-22"), 50)];
        assert_eq!(picked(&propose(&lines, Quantity::whole(10), &rules(true))), [(1, 10)]);
    }

    #[test]
    fn quantities_are_rounded_up_to_whole_packs_only_where_asked() {
        let lines = [candidate(1, None, 50)];
        assert_eq!(picked(&propose(&lines, Quantity::whole(11), &rules(true))), [(1, 20)]);
        assert_eq!(picked(&propose(&lines, Quantity::whole(11), &rules(false))), [(1, 11)]);
    }

    #[test]
    fn under_six_weeks_is_warned_of_and_six_weeks_are_not() {
        let cautions = |expiry: &str| {
            let proposal = propose(&[candidate(1, Some(expiry), 50)], Quantity::whole(10), &rules(true));
            proposal.warnings.iter().map(|warning| warning.caution).collect::<Vec<_>>()
        };
        // 22 November and 41 days are 2 January; 42 days are 3 January.
        assert_eq!(cautions("2027-01-02"), [Caution::ExpiringSoon]);
        assert_eq!(cautions("2027-01-03"), []);
        assert_eq!(cautions("2026-11-22"), [Caution::ExpiringSoon], "the last day of use is today");
    }

    #[test]
    fn vials_whose_monitor_has_gone_further_leave_first_where_the_store_prefers_it() {
        let vial = |id, expiry, vvm| Candidate { vvm, ..candidate(id, Some(expiry), 50) };
        let lines = [
            vial(1, "2027-02-01", None),
            vial(2, "2027-03-01", Some(Vvm::Stage1)),
            vial(3, "2027-06-01", Some(Vvm::Stage2)),
            vial(4, "2027-05-01", Some(Vvm::Stage2)),
        ];
        let order = |vvm_first| {
            let rules = Rules { vvm_first, ..rules(true) };
            let proposal = propose(&lines, Quantity::whole(200), &rules);
            picked(&proposal).into_iter().map(|(line, _)| line).collect::<Vec<_>>()
        };
        assert_eq!(order(false), [1, 2, 4, 3]);
        assert_eq!(order(true), [4, 3, 2, 1]);
    }

    #[test]
    fn what_is_proposed_for_one_wish_is_not_there_for_the_next() {
        let item = DocumentId::from_bytes([9; 16]);
        let lines = vec![candidate(1, Some("2027-06-30"), 50), candidate(2, Some("2027-07-31"), 30)];
        let wish = |quantity| Wish { item, quantity: Quantity::whole(quantity) };
        let other = Wish { item: DocumentId::NIL, quantity: Quantity::whole(5) };
        let proposals =
            propose_all([(item, lines)].into(), &[wish(40), wish(25), other, wish(40)], &rules(false));
        let picks: Vec<_> = proposals.iter().map(picked).collect();
        assert_eq!(picks, [vec![(1, 40)], vec![(1, 10), (2, 15)], vec![], vec![(2, 15)]]);
        let missing: Vec<_> = proposals.iter().map(|proposal| proposal.placeholder).collect();
        assert_eq!(missing, [0, 0, 5, 25].map(Quantity::whole));
    }

    #[test]
    fn what_was_chosen_by_hand_is_not_proposed_again() {
        let item = DocumentId::from_bytes([9; 16]);
        let mut allocator = Allocator::new(today(), false);
        allocator.stock(item, vec![candidate(1, Some("2027-06-30"), 50)]);
        allocator.promise(item, DocumentId::from_bytes([1; 16]), Quantity::whole(45));
        let proposal = allocator.propose(item, Quantity::whole(10), false);
        assert_eq!((picked(&proposal), proposal.placeholder), (vec![(1, 5)], Quantity::whole(5)));
    }

    proptest! {
        #[test]
        fn many_wishes_are_served_as_if_one_came_after_the_other(
            stock in proptest::collection::vec((0u8..3, 0i64..90, proptest::option::of(1i8..28)), 0..12),
            wishes in proptest::collection::vec((0u8..3, 1i64..120), 0..12),
            whole_packs in any::<bool>(),
        ) {
            let item = |number: u8| DocumentId::from_bytes([0xf0 + number; 16]);
            let mut shelf: Vec<(DocumentId, Candidate)> = stock.iter().enumerate().map(|(at, (of, available, day))| {
                let expiry = day.map(|day| Date::constant(2027, 1, day));
                (item(*of), Candidate { expiry, ..candidate(at as u8, None, *available) })
            }).collect();
            let mut by_item: BTreeMap<DocumentId, Vec<Candidate>> = BTreeMap::new();
            shelf.iter().for_each(|(of, line)| by_item.entry(*of).or_default().push(line.clone()));
            let wishes: Vec<Wish> = wishes.iter()
                .map(|(of, quantity)| Wish { item: item(*of), quantity: Quantity::whole(*quantity) }).collect();
            let rules = rules(whole_packs);
            let together = propose_all(by_item, &wishes, &rules);
            for (wish, found) in wishes.iter().zip(together) {
                let lines: Vec<Candidate> =
                    shelf.iter().filter(|(of, _)| *of == wish.item).map(|(_, line)| line.clone()).collect();
                let alone = propose(&lines, wish.quantity, &rules);
                prop_assert_eq!(&found, &alone);
                for pick in &alone.picks {
                    let (_, line) = shelf.iter_mut().find(|(_, line)| line.stock_line == pick.stock_line).expect("known");
                    line.available = line.available - pick.quantity;
                    prop_assert!(!line.available.is_negative());
                }
            }
        }
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
            let proposal = propose(&lines, wanted, &rules(whole_packs));
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
