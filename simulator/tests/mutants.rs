//! Mutants: things broken on purpose. A check that does not notice them would not notice an accident either.

use simulator::{FaultChoice, Mutant, Options, simulate};

/// Seeds that a mutant may live through before it must have been found.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=24;

/// Runs worlds with the mutant until one fails, and says by which invariants it may be found.
fn is_found(mutant: Mutant, days: u32, by: &[&str]) {
    for seed in SEEDS {
        let options = Options {
            seed,
            sites: 2,
            days,
            faults: FaultChoice::Swarm,
            mutant: Some(mutant),
            ..Options::default()
        };
        let report = simulate(&options);
        if let Some(breach) = report.failure {
            assert!(by.contains(&breach.invariant.as_str()), "{mutant:?} was found by accident: {breach:?}");
            return;
        }
    }
    panic!("{mutant:?} lives");
}

#[test]
fn disks_that_ignore_syncs_are_found() {
    is_found(Mutant::IgnoredFsync, 2, &["I2", "I11"]);
}

#[test]
fn answers_before_the_commit_are_found() {
    is_found(Mutant::AnsweredBeforeCommit, 3, &["I2"]);
}

#[test]
fn retries_under_a_new_key_are_found() {
    is_found(Mutant::ForgottenKey, 3, &["I6"]);
}

#[test]
fn a_central_that_asks_nobody_who_they_are_is_found() {
    is_found(Mutant::UncheckedAuthor, 2, &["I8"]);
}

#[test]
fn a_balance_below_zero_without_a_task_is_found() {
    is_found(Mutant::SilentOverIssue, 4, &["I5"]);
}

#[test]
fn a_restored_device_that_writes_on_as_before_is_found() {
    is_found(Mutant::UnnoticedRestore, 3, &["I1", "I2", "I13", "N1", "W1"]);
}

#[test]
fn a_field_of_two_values_without_a_task_is_found() {
    is_found(Mutant::SilentConflict, 3, &["C1"]);
}

#[test]
fn shares_that_nobody_pays_from_are_found() {
    is_found(Mutant::UnpaidShares, 3, &["S1"]);
}

#[test]
fn devices_that_sign_nothing_are_found() {
    is_found(Mutant::Unsigned, 1, &["I13"]);
}

#[test]
fn counts_that_differ_or_come_late_without_a_task_are_found() {
    is_found(Mutant::SilentCounts, 3, &["I5"]);
}

#[test]
fn a_neighbour_that_is_believed_like_central_is_found() {
    is_found(Mutant::BelievedNeighbour, 2, &["I2", "I8"]);
}
