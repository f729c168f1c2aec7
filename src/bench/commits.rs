//! Durable commits per second: what the store does with one change at a time, and with what waits together.

use std::time::Instant;

use crdt_store::{DocumentId, Store};
use domain::adjustment::{AdjustLine, CreateAdjustment};
use domain::stock_line::UpdateStockLine;
use domain::{Caller, Quantity, Role};
use replication::shell::Clock;

use super::fixture::{self, Filled};
use super::{Ground, LINES, Table};
use crate::exit::Failure;
use crate::installation::Installation;

/// Commits measured one at a time; each waits for the disk.
const SINGLE: usize = 300;
/// Commands measured in groups.
const GROUPED: usize = 10_000;

/// Measures small edits of existing documents, and adjustments (a new document each), by the size of the group.
pub fn measure(ground: &Ground<'_>, table: &mut Table) -> Result<(), Failure> {
    let installation = Installation::at(ground.directory);
    let began = Instant::now();
    let (mut store, filled) = fixture::fill(&installation, LINES, false)?;
    let rate = (LINES + 1_000) as f64 / began.elapsed().as_secs_f64();
    table.add("documents made, 500 to a commit", rate, "documents/s", None);
    let clock = Clock::start();
    for (group, aim) in [(1, None), (32, None), (200, Some("≥ 5,000"))] {
        let count = if group == 1 { SINGLE } else { GROUPED };
        let rate = edits(&mut store, &filled, &clock, count, group)?;
        table.add(format!("small edits, {group} to a commit"), rate, "changes/s", aim);
    }
    for group in [1, 32, 200] {
        let count = if group == 1 { SINGLE } else { GROUPED };
        let rate = adjustments(&mut store, &filled, &clock, count, group)?;
        table.add(format!("stock adjustments, {group} to a commit"), rate, "adjustments/s", None);
    }
    Ok(())
}

fn edits(
    store: &mut Store,
    filled: &Filled,
    clock: &Clock,
    count: usize,
    group: usize,
) -> Result<f64, Failure> {
    let caller = Caller::system(Role::Central);
    grouped(store, clock, count, group, |txn, index| {
        let line = filled.lines[scattered(index, filled.lines.len())];
        let update =
            UpdateStockLine { note: Some(Some(format!("note {index}"))), ..UpdateStockLine::default() };
        domain::stock_line::update(txn, &caller, line, &update).map(drop)
    })
}

fn adjustments(
    store: &mut Store,
    filled: &Filled,
    clock: &Clock,
    count: usize,
    group: usize,
) -> Result<f64, Failure> {
    let caller = Caller::system(Role::Central);
    grouped(store, clock, count, group, |txn, index| {
        let line = filled.lines[scattered(index, filled.lines.len())];
        domain::adjustment::create(txn, &caller, &add_one(filled.store, line)).map(drop)
    })
}

/// An adjustment that adds a unit to a line.
pub fn add_one(store: DocumentId, line: DocumentId) -> CreateAdjustment {
    let line = AdjustLine {
        stock_line: line,
        quantity: Quantity::from_thousandths(1_000),
        reason: None,
        note: None,
    };
    CreateAdjustment { store, lines: vec![line], comment: None }
}

/// A different line each time, far from the last: 7,919 is prime.
pub fn scattered(index: usize, count: usize) -> usize {
    index * 7_919 % count
}

fn grouped(
    store: &mut Store,
    clock: &Clock,
    count: usize,
    group: usize,
    command: impl Fn(&mut crdt_store::Txn<'_>, usize) -> Result<(), crdt_store::Failure>,
) -> Result<f64, Failure> {
    let author = fixture::author();
    let began = Instant::now();
    for start in (0..count).step_by(group) {
        let (done, _) = store.write(clock.wall(), |batch| {
            for index in start..count.min(start + group) {
                if let Err(rejection) = batch.execute(&author, |txn| command(txn, index))? {
                    return Ok(Err(rejection));
                }
            }
            Ok(Ok(()))
        })?;
        done.map_err(|rejection| Failure::failed(rejection.code, rejection.message))?;
    }
    Ok(count as f64 / began.elapsed().as_secs_f64())
}
