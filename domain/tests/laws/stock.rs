//! Laws of stock: opening, adjusting, reasons, holds.

use domain::adjustment::{self, AdjustLine, CreateAdjustment};
use domain::reason::{self, CreateReason, ReasonKind};
use domain::stock_line::{self, UpdateStockLine};
use domain::{Quantity, query};

use crate::world::{A, CENTRAL, World, day, today, units};

pub fn adjust(world: &World, line: crdt_store::DocumentId, quantity: Quantity) -> CreateAdjustment {
    CreateAdjustment {
        store: world.centre,
        lines: vec![AdjustLine { stock_line: line, quantity, reason: None, note: None }],
        comment: None,
    }
}

#[test]
fn on_hand_is_the_sum_of_movements_and_nothing_else() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    for change in [-30, 5, -7] {
        let command = adjust(&world, line, units(change));
        world.at(A, |txn, caller| adjustment::create(txn, caller, &command));
    }
    assert_eq!(world.balance(A, line), (units(68), units(68)));
    let page =
        query::ledger::of_line(&world.read(A), line, &query::PageRequest::default()).expect("a ledger");
    let balances: Vec<Quantity> = page.rows.iter().map(|entry| entry.balance).collect();
    assert_eq!(balances, [units(68), units(75), units(70), units(100)]);
    world.assert_views_follow_from_documents(A);
}

#[test]
fn nothing_is_taken_that_is_not_there() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 10);
    let command = adjust(&world, line, units(-11));
    let rejection =
        world.try_at(A, |txn, caller| adjustment::create(txn, caller, &command)).expect_err("too much");
    assert_eq!(
        (rejection.code.as_str(), rejection.pointer.as_deref()),
        ("insufficient-stock", Some("/lines/0/quantity"))
    );
    assert_eq!(world.balance(A, line).0, units(10));
}

#[test]
fn a_reason_is_mandatory_where_one_of_that_sign_exists() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 10);
    let reason = CreateReason { id: None, kind: ReasonKind::NegativeAdjustment, text: "Cassé".into() };
    let damaged = world.central(|txn, caller| reason::create(txn, caller, &reason)).id;
    world.meet_all();
    let less = adjust(&world, line, units(-1));
    let rejection =
        world.try_at(A, |txn, caller| adjustment::create(txn, caller, &less)).expect_err("no reason");
    assert_eq!(rejection.code, "reason-required");
    let more = adjust(&world, line, units(1));
    world.at(A, |txn, caller| adjustment::create(txn, caller, &more));
    let mut wrong = more.clone();
    wrong.lines[0].reason = Some(damaged);
    let rejection =
        world.try_at(A, |txn, caller| adjustment::create(txn, caller, &wrong)).expect_err("wrong sign");
    assert_eq!(rejection.code, "validation");
    let mut explained = less.clone();
    explained.lines[0].reason = Some(damaged);
    world.at(A, |txn, caller| adjustment::create(txn, caller, &explained));
    assert_eq!(world.balance(A, line).0, units(10));
}

#[test]
fn a_stock_line_says_at_first_sight_what_is_wrong_with_it() {
    use query::stock::StockStatus;

    let mut world = World::new();
    let good = world.open_stock(A, "GOOD", "2028-06-30", 10);
    let expired = world.open_stock(A, "OLD", "2026-11-21", 10);
    let expiring = world.open_stock(A, "SOON", "2027-01-01", 10);
    let held = world.open_stock(A, "HELD", "2028-06-30", 10);
    let hold = UpdateStockLine { on_hold: Some(true), ..UpdateStockLine::default() };
    world.at(A, |txn, caller| stock_line::update(txn, caller, held, &hold));
    let status = |line| query::stock::line(&world.read(A), line, today()).expect("a line").status;
    assert_eq!(status(good), StockStatus::Good);
    assert_eq!(status(expired), StockStatus::Expired);
    assert_eq!(status(expiring), StockStatus::Expiring);
    assert_eq!(status(held), StockStatus::OnHold);
}

#[test]
fn concurrent_edits_of_different_fields_of_a_stock_line_both_stay() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 10);
    world.meet_all();
    let hold = UpdateStockLine { on_hold: Some(true), ..UpdateStockLine::default() };
    let expiry = UpdateStockLine { expiry: Some(Some(day("2027-07-31"))), ..UpdateStockLine::default() };
    world.at(A, |txn, caller| stock_line::update(txn, caller, line, &hold));
    world.at(crate::world::B, |txn, caller| stock_line::update(txn, caller, line, &expiry));
    world.meet_all();
    let row = query::stock::line(&world.read(CENTRAL), line, today()).expect("a line");
    assert!(row.on_hold && row.expiry == Some(day("2027-07-31")));
    world.assert_converged();
}

#[test]
fn opening_stock_of_the_future_or_below_zero_is_refused() {
    let mut world = World::new();
    let mut command = world.stock(A, "L1", "2027-06-30", -1);
    let rejection =
        world.try_at(A, |txn, caller| stock_line::create(txn, caller, &command)).expect_err("negative");
    assert_eq!((rejection.code.as_str(), rejection.pointer.as_deref()), ("validation", Some("/quantity")));
    command.quantity = units(1);
    command.at = Some(crdt_store::Timestamp::from_millis(world.now + 86_400_000));
    let rejection =
        world.try_at(A, |txn, caller| stock_line::create(txn, caller, &command)).expect_err("tomorrow");
    assert_eq!(rejection.pointer.as_deref(), Some("/at"));
}
