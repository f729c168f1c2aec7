//! Laws of stocktakes: what is counted while work goes on, and by two devices that do not know of each other.

use crdt_store::DocumentId;
use domain::programme::{self, CreateProgramme, UpdateProgramme};
use domain::query::stocktakes::{self as lines_query, LineFilter, LinePart, StocktakeLine};
use domain::query::{PageRequest, tasks};
use domain::reason::{self, CreateReason, ReasonKind, UpdateReason};
use domain::repack::{self, CreateRepack};
use domain::shipment::{self, End, Status};
use domain::stocktake::{
    self, AddBatch, AddLines, CountLine, CountLines, CreateStocktake, Finalise, KeepCount, Selection,
    SettleLate, SheetOrder, StocktakeStatus, StrikeLine, UpdateStocktake, Whether,
};
use domain::{Quantity, TaskKind, adjustment, query};
use proptest::prelude::*;

use crate::shipments::{issue, of_stock};
use crate::stock::adjust;
use crate::world::{A, B, CENTRAL, D, World, day, today, units};

fn full(world: &World) -> CreateStocktake {
    CreateStocktake {
        store: world.centre,
        description: None,
        comment: None,
        selection: Selection::default(),
        order: SheetOrder::Item,
        blind: false,
        initial: false,
    }
}

fn begin(world: &mut World, node: usize) -> DocumentId {
    let command = full(world);
    world.at(node, |txn, caller| stocktake::create(txn, caller, &command)).id
}

fn counted(line: DocumentId, quantity: i64) -> CountLine {
    CountLine { stock_line: line, quantity: Some(Some(units(quantity))), ..CountLine::default() }
}

fn count(world: &mut World, node: usize, id: DocumentId, line: DocumentId, quantity: i64) {
    let command = CountLines { lines: vec![counted(line, quantity)] };
    world.at(node, |txn, caller| stocktake::count(txn, caller, id, &command));
}

fn finalise(world: &mut World, node: usize, id: DocumentId) {
    let command = Finalise { accept_latest: true };
    world.at(node, |txn, caller| stocktake::finalise(txn, caller, id, &command));
}

fn give(world: &mut World, node: usize, line: DocumentId, quantity: i64) {
    let to = End::Partner(world.partner);
    let command = issue(world, node, to, vec![of_stock(line, quantity)], Status::Picked);
    world.at(node, |txn, caller| shipment::issue(txn, caller, &command));
}

fn lines(world: &World, node: usize, id: DocumentId, part: Option<LinePart>) -> Vec<StocktakeLine> {
    let filter = LineFilter { part, ..LineFilter::default() };
    lines_query::lines(&world.read(node), id, &filter, &PageRequest::first(500)).expect("lines").rows
}

fn kinds(world: &World, node: usize) -> Vec<TaskKind> {
    let page = tasks::list(&world.read(node), Some(world.centre), &PageRequest::default());
    page.expect("tasks").rows.into_iter().map(|task| task.task.kind).collect()
}

/// Runs a story with the devices meeting the centre in both orders, and holds the same law after each.
fn in_any_order(story: impl Fn(&mut World) -> Box<dyn Fn(&mut World)>) {
    for order in [[A, B], [B, A]] {
        let mut world = World::new();
        let law = story(&mut world);
        for node in [order[0], order[1], D, order[0], order[1], D] {
            world.meet(node, CENTRAL);
        }
        world.assert_converged();
        law(&mut world);
        world.meet_all();
        world.assert_converged();
    }
}

// ---- one device ----

#[test]
fn a_full_stocktake_holds_every_batch_in_stock_in_the_order_of_item_and_expiry() {
    let mut world = World::new();
    let late = world.open_stock(A, "L1", "2028-06-30", 100);
    let soon = world.open_stock(A, "L2", "2027-01-31", 50);
    let empty = world.open_stock(A, "L3", "2027-02-28", 0);
    let mut other = world.stock(A, "P", "2027-03-31", 10);
    other.item = world.paracetamol;
    let other = world.at(A, |txn, caller| domain::stock_line::create(txn, caller, &other)).id;
    let id = begin(&mut world, A);
    let found: Vec<_> = lines(&world, A, id, None).iter().map(|line| line.stock_line).collect();
    assert_eq!(found, [soon, late, other]);
    let command = CreateStocktake {
        selection: Selection {
            include_empty: true,
            expiring_until: Some(day("2027-02-28")),
            ..Selection::default()
        },
        ..full(&world)
    };
    let id = world.at(A, |txn, caller| stocktake::create(txn, caller, &command)).id;
    let found: Vec<_> = lines(&world, A, id, None).iter().map(|line| line.stock_line).collect();
    assert_eq!(found, [soon, empty]);
}

/// The stock lines of a stocktake of a part of the store.
fn selected(world: &mut World, selection: Selection) -> Vec<DocumentId> {
    let command = CreateStocktake { selection, ..full(world) };
    let id = world.at(A, |txn, caller| stocktake::create(txn, caller, &command)).id;
    lines(world, A, id, None).iter().map(|line| line.stock_line).collect()
}

#[test]
fn a_stocktake_of_a_location_holds_what_lies_in_all_that_stands_in_it() {
    let mut world = World::new();
    let room = crate::shelf::place(&mut world, A, "ROOM", None);
    let shelf = crate::shelf::place(&mut world, A, "SHELF", Some(room));
    let elsewhere = crate::shelf::place(&mut world, A, "YARD", None);
    let mut lie = |place| {
        let mut command = world.stock(A, "L1", "2027-06-30", 10);
        command.location = place;
        world.at(A, |txn, caller| domain::stock_line::create(txn, caller, &command)).id
    };
    let (in_room, on_shelf) = (lie(Some(room)), lie(Some(shelf)));
    lie(Some(elsewhere));
    lie(None);
    let of = |place| Selection { location: Some(place), ..Selection::default() };
    let mut found = selected(&mut world, of(room));
    let mut expected = [in_room, on_shelf];
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(selected(&mut world, of(shelf)), [on_shelf]);
}

#[test]
fn a_stocktake_of_a_programme_holds_what_says_so_and_its_items_that_say_nothing() {
    let mut world = World::new();
    let district = world.district;
    let mut make = |code: &str, items: Vec<DocumentId>, stores: Vec<DocumentId>| {
        let (code, name) = (code.to_owned(), code.to_owned());
        let command =
            CreateProgramme { id: None, code, name, immunisation: false, items, stores, schedule: None };
        world.central(|txn, caller| programme::create(txn, caller, &command)).id
    };
    let malaria = make("MAL", vec![], vec![]);
    let tuberculosis = make("TB", vec![], vec![]);
    let district = make("DIS", vec![], vec![district]);
    let update = UpdateProgramme { add_items: vec![world.amoxicillin], ..UpdateProgramme::default() };
    world.central(|txn, caller| programme::update(txn, caller, malaria, &update));
    world.meet_all();
    let silent = world.open_stock(A, "L1", "2027-06-30", 10);
    let mut command = world.stock(A, "L2", "2027-06-30", 10);
    command.programme = Some(tuberculosis);
    let own = world.at(A, |txn, caller| domain::stock_line::create(txn, caller, &command)).id;
    let of = |programme| Selection { programme: Some(programme), ..Selection::default() };
    assert_eq!(selected(&mut world, of(malaria)), [silent]);
    assert_eq!(selected(&mut world, of(tuberculosis)), [own]);
    let unseen = CreateStocktake { selection: of(district), ..full(&world) };
    let rejection = world.try_at(A, |txn, caller| stocktake::create(txn, caller, &unseen));
    let rejection = rejection.expect_err("not seen here");
    assert_eq!(
        (rejection.code.as_ref(), rejection.pointer.as_deref()),
        ("not-found", Some("/selection/programme"))
    );
}

#[test]
fn finalising_adjusts_what_differs_and_uncounted_lines_drop_out() {
    let mut world = World::new();
    let (short, right, unseen) = (
        world.open_stock(A, "L1", "2027-06-30", 100),
        world.open_stock(A, "L2", "2027-07-31", 50),
        world.open_stock(A, "L3", "2027-08-31", 30),
    );
    let id = begin(&mut world, A);
    count(&mut world, A, id, short, 93);
    count(&mut world, A, id, right, 50);
    let open = lines_query::detail(&world.read(A), id).expect("a stocktake");
    assert_eq!((open.counts.lines, open.counts.counted, open.counts.differing), (3, 2, 1));
    assert_eq!(world.balance(A, short).0, units(100), "counting changes nothing");
    finalise(&mut world, A, id);
    assert_eq!(
        [short, right, unseen].map(|line| world.balance(A, line).0),
        [units(93), units(50), units(30)]
    );
    let closed = lines_query::detail(&world.read(A), id).expect("a stocktake").stocktake;
    assert_eq!((closed.status, closed.adjusted, closed.confirmed), (StocktakeStatus::Finalised, 1, 1));
    let ledger = query::ledger::of_line(&world.read(A), short, &PageRequest::default()).expect("a ledger");
    assert_eq!(
        (ledger.rows[0].movement.kind, ledger.rows[0].balance),
        (domain::MovementKind::CountOut, units(93))
    );
    let again = CountLines { lines: vec![counted(short, 90)] };
    let rejection =
        world.try_at(A, |txn, caller| stocktake::count(txn, caller, id, &again)).expect_err("closed");
    assert_eq!(rejection.code, "wrong-status");
    world.meet_all();
    world.assert_converged();
}

#[test]
fn what_moves_after_a_count_adds_on_top_of_it() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    let id = begin(&mut world, A);
    count(&mut world, A, id, line, 95);
    give(&mut world, A, line, 20);
    finalise(&mut world, A, id);
    assert_eq!(world.balance(A, line).0, units(75), "95 were there, 20 left");
}

#[test]
fn a_count_after_which_more_left_than_was_counted_must_be_made_again() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    let id = begin(&mut world, A);
    count(&mut world, A, id, line, 10);
    give(&mut world, A, line, 20);
    assert!(lines(&world, A, id, Some(LinePart::Doubtful))[0].below_zero);
    let rejection = world
        .try_at(A, |txn, caller| stocktake::finalise(txn, caller, id, &Finalise::default()))
        .expect_err("ten were there, and twenty left");
    assert_eq!((rejection.code.as_str(), rejection.parameters["line"].as_str()), ("below-zero", "1"));
    count(&mut world, A, id, line, 0);
    finalise(&mut world, A, id);
    assert_eq!(world.balance(A, line).0, Quantity::ZERO);
}

#[test]
fn a_withdrawn_count_is_none() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    let id = begin(&mut world, A);
    count(&mut world, A, id, line, 95);
    let withdraw = CountLines { lines: vec![CountLine { quantity: Some(None), ..counted(line, 0) }] };
    world.at(A, |txn, caller| stocktake::count(txn, caller, id, &withdraw));
    assert_eq!(lines(&world, A, id, Some(LinePart::Counted)).len(), 0);
    let rejection = world
        .try_at(A, |txn, caller| stocktake::finalise(txn, caller, id, &Finalise::default()))
        .expect_err("nothing counted");
    assert_eq!(rejection.code, "nothing-counted");
    finalise_after(&mut world, id, line);
}

fn finalise_after(world: &mut World, id: DocumentId, line: DocumentId) {
    count(world, A, id, line, 96);
    finalise(world, A, id);
    assert_eq!(world.balance(A, line).0, units(96));
}

#[test]
fn reasons_are_mandatory_where_one_of_that_sign_exists_but_in_the_first_stocktake_of_a_store() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    let reason = CreateReason { id: None, kind: ReasonKind::NegativeAdjustment, text: "Cassé".into() };
    let broken = world.central(|txn, caller| reason::create(txn, caller, &reason)).id;
    world.meet_all();
    let first = CreateStocktake { initial: true, ..full(&world) };
    let id = world.at(A, |txn, caller| stocktake::create(txn, caller, &first)).id;
    count(&mut world, A, id, line, 98);
    finalise(&mut world, A, id);
    let rejection =
        world.try_at(A, |txn, caller| stocktake::create(txn, caller, &first)).expect_err("not the first");
    assert_eq!(rejection.pointer.as_deref(), Some("/initial"));
    let id = begin(&mut world, A);
    count(&mut world, A, id, line, 97);
    let rejection = world
        .try_at(A, |txn, caller| stocktake::finalise(txn, caller, id, &Finalise::default()))
        .expect_err("no reason");
    assert_eq!(rejection.code, "reason-required");
    assert_eq!(rejection.pointer, Some(format!("/lines/{line}/reason")));
    let mut explained = counted(line, 97);
    explained.reason = Some(Some(broken));
    let command = CountLines { lines: vec![explained] };
    world.at(A, |txn, caller| stocktake::count(txn, caller, id, &command));
    finalise(&mut world, A, id);
    assert_eq!(world.balance(A, line).0, units(97));
}

#[test]
fn a_reason_retired_after_it_was_chosen_still_explains_the_count() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    let reason = CreateReason { id: None, kind: ReasonKind::NegativeAdjustment, text: "Cassé".into() };
    let broken = world.central(|txn, caller| reason::create(txn, caller, &reason)).id;
    world.meet_all();
    let id = begin(&mut world, A);
    let mut explained = counted(line, 97);
    explained.reason = Some(Some(broken));
    let command = CountLines { lines: vec![explained] };
    world.at(A, |txn, caller| stocktake::count(txn, caller, id, &command));
    let retire = UpdateReason { active: Some(false), ..UpdateReason::default() };
    world.central(|txn, caller| reason::update(txn, caller, broken, &retire));
    world.meet_all();
    finalise(&mut world, A, id);
    let ledger = query::ledger::of_line(&world.read(A), line, &PageRequest::default()).expect("a ledger");
    assert_eq!(ledger.rows[0].reason_text.as_deref(), Some("Cassé"));
}

#[test]
fn a_count_based_on_a_state_that_has_passed_is_refused_and_says_what_is_there_now() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    let id = begin(&mut world, A);
    let seen = lines(&world, A, id, None)[0].state.clone();
    count(&mut world, A, id, line, 95);
    let stale = CountLine { state: Some(seen), ..counted(line, 90) };
    let command = CountLines { lines: vec![stale] };
    let rejection =
        world.try_at(A, |txn, caller| stocktake::count(txn, caller, id, &command)).expect_err("stale");
    assert_eq!((rejection.code.as_str(), rejection.parameters["counted"].as_str()), ("stale-count", "95"));
    let fresh = CountLine { state: Some(rejection.parameters["state"].clone()), ..counted(line, 90) };
    let command = CountLines { lines: vec![fresh] };
    world.at(A, |txn, caller| stocktake::count(txn, caller, id, &command));
    assert_eq!(lines(&world, A, id, None)[0].count.as_ref().map(|count| count.quantity), Some(units(90)));
}

#[test]
fn a_batch_found_on_the_shelf_begins_with_nothing_and_is_adjusted_to_what_was_counted() {
    let mut world = World::new();
    let known = world.open_stock(A, "L1", "2027-06-30", 100);
    let command =
        CreateStocktake { selection: Selection { blank: true, ..Selection::default() }, ..full(&world) };
    let id = world.at(A, |txn, caller| stocktake::create(txn, caller, &command)).id;
    assert!(lines(&world, A, id, None).is_empty());
    let found = AddBatch {
        item: world.amoxicillin,
        batch: Some("NEW".into()),
        expiry: Some(day("2028-03-31")),
        pack_size: None,
        location: None,
        cost_price: None,
        quantity: Some(units(40)),
        reason: None,
        note: None,
    };
    let line = world.at(A, |txn, caller| stocktake::add_batch(txn, caller, id, &found)).stock_line;
    let twice = AddBatch { batch: Some("L1".into()), expiry: Some(day("2027-06-30")), ..found };
    let rejection =
        world.try_at(A, |txn, caller| stocktake::add_batch(txn, caller, id, &twice)).expect_err("known");
    assert_eq!(
        (rejection.code.as_str(), rejection.parameters["stockLine"].clone()),
        ("batch-exists", known.to_string())
    );
    let add = AddLines { stock_lines: vec![known], item: None };
    world.at(A, |txn, caller| stocktake::add_lines(txn, caller, id, &add));
    assert_eq!(lines(&world, A, id, None).iter().map(|line| line.position).collect::<Vec<_>>(), [1, 2]);
    finalise(&mut world, A, id);
    assert_eq!((world.balance(A, line).0, world.balance(A, known).0), (units(40), units(100)));
}

#[test]
fn a_line_struck_off_is_not_adjusted_and_a_stocktake_on_hold_takes_no_counts() {
    let mut world = World::new();
    let (one, two) =
        (world.open_stock(A, "L1", "2027-06-30", 10), world.open_stock(A, "L2", "2027-07-31", 10));
    let id = begin(&mut world, A);
    count(&mut world, A, id, one, 9);
    count(&mut world, A, id, two, 9);
    let strike = StrikeLine { stock_line: one, struck: true };
    world.at(A, |txn, caller| stocktake::strike(txn, caller, id, &strike));
    let hold = |on_hold| UpdateStocktake { on_hold: Some(on_hold), ..UpdateStocktake::default() };
    world.at(A, |txn, caller| stocktake::update(txn, caller, id, &hold(true)));
    let command = CountLines { lines: vec![counted(two, 8)] };
    let rejection =
        world.try_at(A, |txn, caller| stocktake::count(txn, caller, id, &command)).expect_err("held");
    assert_eq!(rejection.code, "on-hold");
    world.at(A, |txn, caller| stocktake::update(txn, caller, id, &hold(false)));
    finalise(&mut world, A, id);
    assert_eq!((world.balance(A, one).0, world.balance(A, two).0), (units(10), units(9)));
}

#[test]
fn a_stocktake_given_up_adjusts_nothing() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 10);
    let id = begin(&mut world, A);
    count(&mut world, A, id, line, 3);
    world.at(A, |txn, caller| stocktake::cancel(txn, caller, id));
    assert_eq!(world.balance(A, line).0, units(10));
    let rejection = world
        .try_at(A, |txn, caller| stocktake::finalise(txn, caller, id, &Finalise::default()))
        .expect_err("given up");
    assert_eq!(rejection.code, "wrong-status");
}

// ---- two devices of one store ----

#[test]
fn a_line_counted_on_both_devices_keeps_both_counts_takes_the_latest_and_is_flagged() {
    in_any_order(|world| {
        let line = world.open_stock(A, "L1", "2027-06-30", 100);
        let id = begin(world, A);
        world.meet_all();
        count(world, A, id, line, 95);
        count(world, B, id, line, 97);
        Box::new(move |world| {
            let seen = lines(world, A, id, Some(LinePart::Doubtful));
            assert_eq!(seen.len(), 1);
            assert_eq!(seen[0].count.as_ref().map(|count| count.quantity), Some(units(97)));
            assert_eq!(seen[0].rivals.iter().map(|count| count.quantity).collect::<Vec<_>>(), [units(95)]);
            assert_eq!(kinds(world, B), [TaskKind::CountsDiffer]);
            let rejection = world
                .try_at(A, |txn, caller| stocktake::finalise(txn, caller, id, &Finalise::default()))
                .expect_err("they differ");
            assert_eq!(rejection.code, "counts-differ");
            // One of them is kept, in the knowledge of both.
            let keep = KeepCount {
                stock_line: line,
                count: Some(seen[0].rivals[0].id),
                movements: Whether::After,
                state: Some(seen[0].state.clone()),
            };
            world.at(B, |txn, caller| stocktake::keep(txn, caller, id, &keep));
            world.meet_all();
            assert!(kinds(world, A).is_empty());
            world.at(A, |txn, caller| stocktake::finalise(txn, caller, id, &Finalise::default()));
            assert_eq!(world.balance(A, line).0, units(95));
        })
    });
}

#[test]
fn two_counts_that_come_to_the_same_are_not_flagged() {
    in_any_order(|world| {
        let line = world.open_stock(A, "L1", "2027-06-30", 100);
        let id = begin(world, A);
        world.meet_all();
        count(world, A, id, line, 95);
        // B gave ten away and counted ten less: both say that five are missing.
        give(world, B, line, 10);
        count(world, B, id, line, 85);
        Box::new(move |world| {
            assert!(kinds(world, A).is_empty());
            finalise(world, A, id);
            assert_eq!(world.balance(A, line).0, units(85));
        })
    });
}

#[test]
fn a_recount_made_in_the_knowledge_of_the_other_count_supersedes_it() {
    in_any_order(|world| {
        let line = world.open_stock(A, "L1", "2027-06-30", 100);
        let id = begin(world, A);
        world.meet_all();
        count(world, A, id, line, 95);
        world.meet_all();
        count(world, B, id, line, 97);
        Box::new(move |world| {
            assert!(kinds(world, A).is_empty());
            finalise(world, B, id);
            assert_eq!(world.balance(B, line).0, units(97));
        })
    });
}

#[test]
fn a_count_changed_while_another_device_recounts_is_flagged_however_often_it_changed() {
    in_any_order(|world| {
        let line = world.open_stock(A, "L1", "2027-06-30", 100);
        let id = begin(world, A);
        count(world, A, id, line, 95);
        world.meet_all();
        for quantity in [94, 93, 92] {
            count(world, A, id, line, quantity);
        }
        count(world, B, id, line, 97);
        Box::new(move |world| assert_eq!(kinds(world, A), [TaskKind::CountsDiffer]))
    });
}

#[test]
fn counted_while_issued_elsewhere_asks_whether_the_issue_was_counted_in() {
    for (movements, left) in [(Whether::After, 75), (Whether::Before, 95)] {
        in_any_order(move |world| {
            let line = world.open_stock(A, "L1", "2027-06-30", 100);
            let id = begin(world, A);
            world.meet_all();
            give(world, B, line, 20);
            count(world, A, id, line, 95);
            Box::new(move |world| {
                let seen = lines(world, A, id, Some(LinePart::Doubtful));
                assert_eq!(seen.len(), 1);
                let moved: Vec<_> = seen[0].in_doubt.iter().map(|entry| entry.movement.quantity).collect();
                assert_eq!(moved, [units(-20)]);
                let keep = KeepCount { stock_line: line, count: None, movements, state: None };
                world.at(A, |txn, caller| stocktake::keep(txn, caller, id, &keep));
                assert!(lines(world, A, id, Some(LinePart::Doubtful)).is_empty());
                finalise(world, A, id);
                assert_eq!(world.balance(A, line).0, units(left));
            })
        });
    }
}

#[test]
fn counted_and_finalised_while_issued_elsewhere_adds_up() {
    in_any_order(|world| {
        let line = world.open_stock(A, "L1", "2027-06-30", 100);
        let id = begin(world, A);
        world.meet_all();
        give(world, B, line, 20);
        count(world, A, id, line, 95);
        finalise(world, A, id);
        Box::new(move |world| assert_eq!(world.balance(B, line).0, units(75)))
    });
}

#[test]
fn an_issue_past_zero_on_both_devices_is_settled_by_a_count() {
    in_any_order(|world| {
        let line = world.open_stock(A, "L1", "2027-06-30", 10);
        world.meet_all();
        give(world, A, line, 10);
        give(world, B, line, 10);
        Box::new(move |world| {
            assert_eq!(kinds(world, A), [TaskKind::OverIssued]);
            let command = CreateStocktake {
                selection: Selection { item: Some(world.amoxicillin), ..Selection::default() },
                ..full(world)
            };
            let id = world.at(A, |txn, caller| stocktake::create(txn, caller, &command)).id;
            count(world, A, id, line, 2);
            finalise(world, A, id);
            assert_eq!(world.balance(A, line).0, units(2));
            assert!(kinds(world, A).is_empty());
        })
    });
}

#[test]
fn finalised_on_both_devices_is_finalised_once() {
    in_any_order(|world| {
        let (one, two) =
            (world.open_stock(A, "L1", "2027-06-30", 100), world.open_stock(A, "L2", "2027-07-31", 100));
        let id = begin(world, A);
        count(world, A, id, one, 90);
        world.meet_all();
        // Each finalises what it knows; B has counted one line more.
        finalise(world, A, id);
        count(world, B, id, two, 80);
        finalise(world, B, id);
        Box::new(move |world| {
            assert_eq!((world.balance(A, one).0, world.balance(A, two).0), (units(90), units(80)));
            assert!(kinds(world, A).is_empty());
            let ledger = query::ledger::of_line(&world.read(A), one, &PageRequest::default());
            assert_eq!(ledger.expect("a ledger").rows.len(), 2, "opened, and adjusted once");
        })
    });
}

#[test]
fn finalising_wins_over_a_cancellation_that_did_not_know_of_it() {
    in_any_order(|world| {
        let line = world.open_stock(A, "L1", "2027-06-30", 100);
        let id = begin(world, A);
        count(world, A, id, line, 90);
        world.meet_all();
        finalise(world, A, id);
        world.at(B, |txn, caller| stocktake::cancel(txn, caller, id));
        Box::new(move |world| {
            let seen = lines_query::detail(&world.read(B), id).expect("a stocktake").stocktake;
            assert_eq!((seen.status, world.balance(B, line).0), (StocktakeStatus::Finalised, units(90)));
        })
    });
}

#[test]
fn counts_that_arrive_after_the_end_change_nothing_and_are_a_task_until_applied_or_put_aside() {
    for (apply, left) in [(true, (85, 80)), (false, (90, 100))] {
        in_any_order(move |world| {
            let (one, two) =
                (world.open_stock(A, "L1", "2027-06-30", 100), world.open_stock(A, "L2", "2027-07-31", 100));
            let id = begin(world, A);
            world.meet_all();
            count(world, A, id, one, 90);
            finalise(world, A, id);
            count(world, B, id, one, 85);
            count(world, B, id, two, 80);
            Box::new(move |world| {
                assert_eq!((world.balance(A, one).0, world.balance(A, two).0), (units(90), units(100)));
                assert_eq!(kinds(world, A), [TaskKind::LateCounts]);
                assert_eq!(lines(world, A, id, Some(LinePart::Late)).len(), 2);
                let settle = SettleLate { stock_lines: None, apply };
                world.at(A, |txn, caller| stocktake::settle_late(txn, caller, id, &settle));
                let (first, second) = left;
                assert_eq!((world.balance(A, one).0, world.balance(A, two).0), (units(first), units(second)));
                assert!(kinds(world, A).is_empty());
                assert!(lines(world, A, id, Some(LinePart::Late)).is_empty());
            })
        });
    }
}

#[test]
fn a_count_withdrawn_or_struck_off_after_the_end_is_a_task_too() {
    for (apply, left) in [(true, 100), (false, 90)] {
        for strike in [true, false] {
            in_any_order(move |world| {
                let line = world.open_stock(A, "L1", "2027-06-30", 100);
                let id = begin(world, A);
                count(world, A, id, line, 90);
                world.meet_all();
                finalise(world, A, id);
                if strike {
                    let command = StrikeLine { stock_line: line, struck: true };
                    world.at(B, |txn, caller| stocktake::strike(txn, caller, id, &command));
                } else {
                    let withdraw = CountLine { quantity: Some(None), ..counted(line, 0) };
                    let command = CountLines { lines: vec![withdraw] };
                    world.at(B, |txn, caller| stocktake::count(txn, caller, id, &command));
                }
                Box::new(move |world| {
                    assert_eq!(
                        (world.balance(A, line).0, kinds(world, A)),
                        (units(90), vec![TaskKind::LateCounts])
                    );
                    let settle = SettleLate { stock_lines: None, apply };
                    world.at(A, |txn, caller| stocktake::settle_late(txn, caller, id, &settle));
                    assert_eq!((world.balance(A, line).0, kinds(world, A)), (units(left), vec![]));
                })
            });
        }
    }
}

#[test]
fn the_same_batch_added_on_both_devices_is_one_line() {
    in_any_order(|world| {
        let command =
            CreateStocktake { selection: Selection { blank: true, ..Selection::default() }, ..full(world) };
        let line = world.open_stock(A, "L1", "2027-06-30", 100);
        let id = world.at(A, |txn, caller| stocktake::create(txn, caller, &command)).id;
        world.meet_all();
        for (node, quantity) in [(A, 95), (B, 95)] {
            let add = AddLines { stock_lines: vec![line], item: None };
            world.at(node, |txn, caller| stocktake::add_lines(txn, caller, id, &add));
            count(world, node, id, line, quantity);
        }
        Box::new(move |world| {
            assert_eq!(lines(world, A, id, None).len(), 1);
            finalise(world, A, id);
            assert_eq!(world.balance(A, line).0, units(95));
        })
    });
}

#[test]
fn two_stocktakes_that_adjust_a_line_without_knowing_of_each_other_are_a_task_until_it_is_counted_again() {
    in_any_order(|world| {
        let line = world.open_stock(A, "L1", "2027-06-30", 100);
        world.meet_all();
        for node in [A, B] {
            let id = begin(world, node);
            count(world, node, id, line, 95);
            finalise(world, node, id);
        }
        Box::new(move |world| {
            assert_eq!(world.balance(A, line).0, units(90), "both records stand");
            assert_eq!(kinds(world, A), [TaskKind::CountedTwice]);
            let id = begin(world, A);
            count(world, A, id, line, 95);
            finalise(world, A, id);
            assert_eq!(world.balance(A, line).0, units(95));
            assert!(kinds(world, A).is_empty());
            // The next one, made in the knowledge of all, brings nothing back.
            let id = begin(world, A);
            count(world, A, id, line, 94);
            finalise(world, A, id);
            assert!(kinds(world, A).is_empty());
        })
    });
}

#[test]
fn adjusted_while_counted_adds_up() {
    in_any_order(|world| {
        let line = world.open_stock(A, "L1", "2027-06-30", 100);
        let id = begin(world, A);
        world.meet_all();
        let less = adjust(world, line, units(-5));
        world.at(B, |txn, caller| adjustment::create(txn, caller, &less));
        count(world, A, id, line, 98);
        finalise(world, A, id);
        Box::new(move |world| assert_eq!(world.balance(A, line).0, units(93)))
    });
}

#[test]
fn a_batch_repacked_while_it_is_counted_keeps_its_units_and_the_difference_that_was_found() {
    in_any_order(|world| {
        let line = world.open_stock(A, "L1", "2027-06-30", 100);
        let id = begin(world, A);
        world.meet_all();
        let command = CreateRepack {
            store: world.centre,
            from: line,
            quantity: units(40),
            pack_size: Some(10),
            location: None,
            into: None,
            comment: None,
        };
        let made = world.at(B, |txn, caller| repack::create(txn, caller, &command)).stock_line;
        count(world, A, id, line, 98);
        finalise(world, A, id);
        Box::new(move |world| {
            // Two were missing of a hundred; forty of the others lie in small packs.
            assert_eq!((world.balance(A, line).0, world.balance(A, made).0), (units(58), units(40)));
        })
    });
}

#[test]
fn a_stocktake_whose_sheets_have_not_all_arrived_is_not_finalised() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    let id = begin(&mut world, A);
    count(&mut world, A, id, line, 90);
    // Only the stocktake itself arrives.
    world.carry_only(A, CENTRAL, &[id]);
    let rejection = world
        .try_at(CENTRAL, |txn, caller| stocktake::finalise(txn, caller, id, &Finalise::default()))
        .expect_err("incomplete");
    assert_eq!(rejection.code, "not-arrived");
    assert_ne!(lines_query::detail(&world.read(CENTRAL), id).expect("a stocktake").missing_sheets, 0);
}

// ---- any work, beside a model ----

/// What somebody does to one line in one stocktake.
#[derive(Clone, Debug)]
enum Act {
    Count(i64),
    Give(i64),
    Meet,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// The model knows nothing of causes but what each device has met: a count says what was there beyond what its device
    /// knew, and everything else adds up.
    #[test]
    fn after_any_work_the_balance_is_the_count_that_stands_and_everything_its_device_did_not_know(
        acts in proptest::collection::vec((prop_oneof![Just(A), Just(B)], prop_oneof![
            3 => (0i64..120).prop_map(Act::Count),
            2 => (1i64..8).prop_map(Act::Give),
            2 => Just(Act::Meet),
        ]), 1..24),
    ) {
        let mut world = World::new();
        let line = world.open_stock(A, "L1", "2027-06-30", 100);
        let id = begin(&mut world, A);
        world.meet_all();
        let (mut given, mut known) = (0, [0, 0]);
        let mut differences: Vec<i64> = Vec::new();
        for (node, act) in acts {
            match act {
                Act::Count(quantity) => {
                    count(&mut world, node, id, line, quantity);
                    differences.push(quantity - (100 - known[node - A]));
                }
                Act::Give(quantity) => {
                    let to = End::Partner(world.partner);
                    let command = issue(&world, node, to, vec![of_stock(line, quantity)], Status::Picked);
                    if world.try_at(node, |txn, caller| shipment::issue(txn, caller, &command)).is_ok() {
                        given += quantity;
                        known[node - A] += quantity;
                    }
                }
                Act::Meet => {
                    world.meet_all();
                    known = [given, given];
                }
            }
        }
        world.meet_all();
        world.assert_converged();
        let seen = lines(&world, A, id, None)[0].count.clone();
        prop_assert_eq!(seen.is_some(), !differences.is_empty());
        let Some(seen) = seen else { return Ok(()) };
        let difference = seen.difference.thousandths() / 1000;
        prop_assert!(differences.contains(&difference), "{difference} of {differences:?}");
        let command = Finalise { accept_latest: true };
        let finalised = world.try_at(B, |txn, caller| stocktake::finalise(txn, caller, id, &command));
        match finalised {
            Ok(()) => prop_assert_eq!(world.balance(B, line).0, units(100 - given + difference)),
            // More left than was counted: only there it is refused.
            Err(rejection) => {
                prop_assert_eq!(rejection.code.as_str(), "below-zero");
                prop_assert!(difference < 0 && 100 - given + difference < 0);
            }
        }
        world.meet_all();
        world.assert_converged();
        prop_assert_eq!(kinds(&world, A).contains(&TaskKind::OverIssued), world.balance(A, line).0 < Quantity::ZERO);
    }
}

#[test]
fn a_stocktake_has_a_day_for_a_name_where_nobody_names_it() {
    let mut world = World::new();
    let id = begin(&mut world, A);
    let seen = lines_query::detail(&world.read(A), id).expect("a stocktake").stocktake;
    assert_eq!(seen.description, Some(today().to_string()));
}
