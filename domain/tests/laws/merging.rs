//! Laws of merging: what two devices did without knowing of each other is kept, and makes the same everywhere.

use domain::adjustment;
use domain::shipment::{
    self, End, Receive, ReceiveLine, SetReceived, SetStatus, SettleLine, Status, UpdateLine,
};
use domain::{TaskKind, query};

use crate::shipments::{detail, issue, of_stock, outbound, press, tasks};
use crate::stock::adjust;
use crate::world::{A, B, CENTRAL, D, World, today, units, user};

/// Runs a story twice, with the devices meeting the centre in both orders, and holds the same laws after each.
pub fn in_any_order(story: impl Fn(&mut World) -> Box<dyn Fn(&World)>) {
    for order in [[A, B], [B, A]] {
        let mut world = World::new();
        let law = story(&mut world);
        for node in [order[0], order[1], D, order[0], order[1], D] {
            world.meet(node, CENTRAL);
        }
        world.assert_converged();
        law(&world);
        // What is delivered again changes nothing.
        let before = world.views(CENTRAL);
        world.meet_all();
        assert_eq!(before, world.views(CENTRAL));
    }
}

#[test]
fn two_devices_that_issue_the_same_last_boxes_are_both_right_and_a_task_says_so() {
    in_any_order(|world| {
        let stock = world.open_stock(A, "L1", "2027-06-30", 10);
        world.meet_all();
        let to = End::Partner(world.partner);
        for node in [A, B] {
            let command = issue(world, node, to, vec![of_stock(stock, 10)], Status::Picked);
            world.at(node, |txn, caller| shipment::issue(txn, caller, &command));
        }
        Box::new(move |world| {
            assert_eq!(world.balance(A, stock).0, units(-10));
            let found = tasks(world, A);
            assert_eq!(found.len(), 1);
            let task = &found[0];
            assert_eq!(
                (task.task.kind, task.task.found, task.task.stock_line),
                (TaskKind::OverIssued, units(-10), Some(stock))
            );
            let mut culprits: Vec<_> = task.causes.iter().map(|cause| cause.movement.by).collect();
            culprits.sort();
            assert_eq!(culprits, [user(A), user(B)]);
            assert_eq!(
                query::stock::line(&world.read(A), stock, today()).expect("a line").status,
                query::stock::StockStatus::OverIssued
            );
        })
    });
}

#[test]
fn an_over_issued_line_gives_nothing_more_until_a_count_settles_it() {
    let mut world = World::new();
    let stock = world.open_stock(A, "L1", "2027-06-30", 10);
    world.meet_all();
    let to = End::Partner(world.partner);
    for node in [A, B] {
        let command = issue(&world, node, to, vec![of_stock(stock, 8)], Status::Picked);
        world.at(node, |txn, caller| shipment::issue(txn, caller, &command));
    }
    world.meet_all();
    let more = issue(&world, A, to, vec![of_stock(stock, 1)], Status::Picked);
    let rejection =
        world.try_at(A, |txn, caller| shipment::issue(txn, caller, &more)).expect_err("nothing there");
    assert_eq!(rejection.code, "insufficient-stock");
    // Somebody counts: there are two left, so the paper was wrong by eight.
    let counted = adjust(&world, stock, units(8));
    world.at(B, |txn, caller| adjustment::create(txn, caller, &counted));
    world.meet_all();
    assert!(tasks(&world, A).is_empty());
    assert_eq!(world.balance(A, stock).0, units(2));
    world.assert_converged();
}

#[test]
fn two_devices_that_press_the_same_status_make_one_event_and_one_movement() {
    in_any_order(|world| {
        let stock = world.open_stock(A, "L1", "2027-06-30", 100);
        let lines = vec![of_stock(stock, 40)];
        let command = outbound(world, A, End::Store(world.district), lines);
        let id = world.at(A, |txn, caller| shipment::create_outbound(txn, caller, &command)).id;
        world.meet_all();
        press(world, A, id, Status::Picked);
        press(world, B, id, Status::Picked);
        Box::new(move |world| {
            assert_eq!(world.balance(A, stock), (units(60), units(60)));
            let seen = detail(world, A, id);
            assert_eq!(seen.events.iter().filter(|event| event.status == Status::Picked).count(), 1);
            let ledger = query::ledger::of_line(&world.read(A), stock, &query::PageRequest::default());
            assert_eq!(ledger.expect("a ledger").rows.len(), 2);
        })
    });
}

#[test]
fn when_cancelling_meets_picking_the_goods_have_moved_and_a_request_remains() {
    in_any_order(|world| {
        let stock = world.open_stock(A, "L1", "2027-06-30", 100);
        let command = outbound(world, A, End::Store(world.district), vec![of_stock(stock, 40)]);
        let id = world.at(A, |txn, caller| shipment::create_outbound(txn, caller, &command)).id;
        world.meet_all();
        press(world, A, id, Status::Picked);
        world.at(B, |txn, caller| shipment::cancel(txn, caller, id));
        Box::new(move |world| {
            let seen = detail(world, B, id);
            assert_eq!((seen.shipment.status, seen.shipment.cancel_requested), (Status::Picked, true));
            assert_eq!(world.balance(B, stock).0, units(60));
            assert_eq!(
                tasks(world, B).iter().map(|task| task.task.kind).collect::<Vec<_>>(),
                [TaskKind::CancelRequested]
            );
        })
    });
}

#[test]
fn a_late_cancellation_is_settled_by_the_sender() {
    let mut world = World::new();
    let stock = world.open_stock(A, "L1", "2027-06-30", 100);
    let command = outbound(&world, A, End::Store(world.district), vec![of_stock(stock, 40)]);
    let id = world.at(A, |txn, caller| shipment::create_outbound(txn, caller, &command)).id;
    world.meet_all();
    press(&mut world, A, id, Status::Picked);
    world.at(B, |txn, caller| shipment::cancel(txn, caller, id));
    world.meet_all();
    world.at(B, |txn, caller| shipment::settle_cancel(txn, caller, id));
    assert!(tasks(&world, B).is_empty());
    press(&mut world, B, id, Status::Shipped);
}

#[test]
fn two_receivers_who_count_differently_make_one_stock_line_with_one_of_their_counts() {
    in_any_order(|world| {
        let stock = world.open_stock(D, "AB12", "2027-12-31", 1_000);
        let command = issue(world, D, End::Store(world.centre), vec![of_stock(stock, 300)], Status::Shipped);
        let id = world.at(D, |txn, caller| shipment::issue(txn, caller, &command)).id;
        world.meet_all();
        let line = detail(world, A, id).line_details[0].id;
        for (node, count) in [(A, 290), (B, 280)] {
            let lines = vec![ReceiveLine {
                line,
                quantity: Some(units(count)),
                location: None,
                verdict: None,
                note: None,
            }];
            world.at(node, |txn, caller| shipment::receive(txn, caller, id, &Receive { lines }));
        }
        Box::new(move |world| {
            let seen = detail(world, A, id).line_details[0].clone();
            let received = seen.received.expect("counted");
            assert!(received == units(290) || received == units(280));
            let stock = seen.received_line.expect("it became stock");
            assert_eq!(world.balance(A, stock).0, received);
            assert_eq!(world.on_hand(CENTRAL, world.centre), received);
            let ledger = query::ledger::of_line(&world.read(A), stock, &query::PageRequest::default());
            assert_eq!(ledger.expect("a ledger").rows.len(), 1);
        })
    });
}

#[test]
fn receiving_twice_on_two_devices_is_receiving_once() {
    in_any_order(|world| {
        let stock = world.open_stock(D, "AB12", "2027-12-31", 1_000);
        let command = issue(world, D, End::Store(world.centre), vec![of_stock(stock, 300)], Status::Shipped);
        let id = world.at(D, |txn, caller| shipment::issue(txn, caller, &command)).id;
        world.meet_all();
        for node in [A, B] {
            world.at(node, |txn, caller| shipment::receive(txn, caller, id, &Receive::default()));
        }
        Box::new(move |world| {
            assert_eq!(world.on_hand(A, world.centre), units(300));
            let page = query::stock::list(
                &world.read(A),
                world.centre,
                &query::stock::StockFilter::default(),
                today(),
                &query::PageRequest::default(),
            );
            assert_eq!(page.expect("a list").rows.len(), 1);
        })
    });
}

#[test]
fn adjusting_while_another_issues_simply_adds_up() {
    in_any_order(|world| {
        let stock = world.open_stock(A, "L1", "2027-06-30", 100);
        world.meet_all();
        let less = adjust(world, stock, units(-5));
        world.at(A, |txn, caller| adjustment::create(txn, caller, &less));
        let command = issue(world, B, End::Partner(world.partner), vec![of_stock(stock, 60)], Status::Picked);
        world.at(B, |txn, caller| shipment::issue(txn, caller, &command));
        Box::new(move |world| {
            assert_eq!(world.balance(A, stock).0, units(35));
            assert!(tasks(world, A).is_empty());
        })
    });
}

#[test]
fn an_edit_that_did_not_know_of_the_picking_is_a_task_and_moves_nothing_until_settled() {
    for accept in [true, false] {
        let mut world = World::new();
        let stock = world.open_stock(A, "L1", "2027-06-30", 100);
        let command = outbound(&world, A, End::Store(world.district), vec![of_stock(stock, 40)]);
        let id = world.at(A, |txn, caller| shipment::create_outbound(txn, caller, &command)).id;
        world.meet_all();
        let line = detail(&world, A, id).line_details[0].id;
        press(&mut world, A, id, Status::Shipped);
        let edit = UpdateLine { quantity: Some(units(50)), ..UpdateLine::default() };
        world.at(B, |txn, caller| shipment::update_line(txn, caller, id, line, &edit));
        world.meet_all();
        world.assert_converged();
        assert_eq!(world.balance(A, stock).0, units(60), "what was picked is what left");
        let found = tasks(&world, A);
        assert_eq!((found.len(), found[0].task.kind), (1, TaskKind::LateAmendment));
        assert_eq!((found[0].task.expected, found[0].task.found), (units(40), units(50)));
        world.at(B, |txn, caller| shipment::settle_line(txn, caller, id, line, &SettleLine { accept }));
        world.meet_all();
        assert!(tasks(&world, A).is_empty());
        assert_eq!(world.balance(A, stock).0, units(if accept { 50 } else { 60 }));
        world.assert_converged();
    }
}

#[test]
fn a_line_struck_off_or_added_by_one_who_did_not_know_of_the_picking_moves_nothing() {
    let mut world = World::new();
    let stock = world.open_stock(A, "L1", "2027-06-30", 100);
    let command = outbound(&world, A, End::Store(world.district), vec![of_stock(stock, 40)]);
    let id = world.at(A, |txn, caller| shipment::create_outbound(txn, caller, &command)).id;
    world.meet_all();
    let line = detail(&world, A, id).line_details[0].id;
    press(&mut world, A, id, Status::Picked);
    world.at(B, |txn, caller| shipment::add_line(txn, caller, id, &of_stock(stock, 7)));
    world.at(B, |txn, caller| shipment::remove_line(txn, caller, id, line));
    world.meet_all();
    world.assert_converged();
    assert_eq!(world.balance(A, stock).0, units(60));
    let mut found: Vec<_> =
        tasks(&world, A).iter().map(|task| (task.task.expected, task.task.found)).collect();
    found.sort();
    assert_eq!(found, [(units(0), units(7)), (units(40), units(0))]);
}

#[test]
fn sender_and_receiver_write_one_document_at_once_and_both_stay() {
    let mut world = World::new();
    let stock = world.open_stock(D, "AB12", "2027-12-31", 1_000);
    let command = issue(&world, D, End::Store(world.centre), vec![of_stock(stock, 300)], Status::Picked);
    let id = world.at(D, |txn, caller| shipment::issue(txn, caller, &command)).id;
    world.meet_all();
    let line = detail(&world, A, id).line_details[0].id;
    let comment = shipment::UpdateShipment { comment: Some(Some("2 cartons".into())), ..Default::default() };
    world.at(D, |txn, caller| shipment::update(txn, caller, id, &comment));
    world.at(D, |txn, caller| shipment::set_status(txn, caller, id, &SetStatus { status: Status::Shipped }));
    let seen = SetReceived {
        quantity: Some(units(299)),
        note: Some(Some("un flacon cassé".into())),
        ..Default::default()
    };
    world.at(A, |txn, caller| shipment::set_received(txn, caller, id, line, &seen));
    world.meet_all();
    world.assert_converged();
    let merged = detail(&world, D, id);
    assert_eq!(merged.shipment.comment.as_deref(), Some("2 cartons"));
    assert_eq!(merged.shipment.status, Status::Shipped);
    assert_eq!(merged.line_details[0].received, Some(units(299)));
    assert_eq!(merged.line_details[0].received_note.as_deref(), Some("un flacon cassé"));
}

#[test]
fn what_was_received_stays_while_the_sender_amends_what_it_sent() {
    in_any_order(|world| {
        let stock = world.open_stock(A, "L1", "2027-06-30", 100);
        let command = issue(world, A, End::Store(world.district), vec![of_stock(stock, 40)], Status::Picked);
        let id = world.at(A, |txn, caller| shipment::issue(txn, caller, &command)).id;
        world.meet_all();
        let line = detail(world, A, id).line_details[0].id;
        // On the shelf 30 of 40 were found, and 35 arrived at the other end, before either heard of the other.
        let edit = UpdateLine { quantity: Some(units(30)), ..UpdateLine::default() };
        world.at(A, |txn, caller| shipment::update_line(txn, caller, id, line, &edit));
        let arrived =
            ReceiveLine { line, quantity: Some(units(35)), location: None, verdict: None, note: None };
        let lines = vec![arrived];
        world.at(D, |txn, caller| shipment::receive(txn, caller, id, &Receive { lines }));
        Box::new(move |world| {
            assert_eq!(world.balance(A, stock).0, units(70));
            assert_eq!(world.on_hand(D, world.district), units(35));
            for node in [A, D] {
                let found: Vec<_> = tasks(world, node)
                    .iter()
                    .map(|entry| (entry.task.kind, entry.task.expected, entry.task.found))
                    .collect();
                assert_eq!(found, [(TaskKind::Discrepancy, units(30), units(35))], "node {node}");
            }
        })
    });
}

#[test]
fn a_line_amended_after_it_arrived_elsewhere_is_settled_by_the_sender_alone() {
    let mut world = World::new();
    let stock = world.open_stock(A, "L1", "2027-06-30", 100);
    let command = outbound(&world, A, End::Store(world.district), vec![of_stock(stock, 40)]);
    let id = world.at(A, |txn, caller| shipment::create_outbound(txn, caller, &command)).id;
    world.meet_all();
    let line = detail(&world, A, id).line_details[0].id;
    press(&mut world, A, id, Status::Shipped);
    world.meet(A, CENTRAL);
    world.meet(D, CENTRAL);
    world.at(D, |txn, caller| shipment::receive(txn, caller, id, &Receive::default()));
    let edit = UpdateLine { quantity: Some(units(50)), ..UpdateLine::default() };
    world.at(B, |txn, caller| shipment::update_line(txn, caller, id, line, &edit));
    world.meet_all();
    world.assert_converged();
    assert_eq!((world.balance(A, stock).0, world.on_hand(D, world.district)), (units(60), units(40)));
    let by_receiver = world
        .try_at(D, |txn, caller| shipment::settle_line(txn, caller, id, line, &SettleLine { accept: true }));
    assert_eq!(by_receiver.expect_err("not theirs").code, "not-permitted");
    world.at(A, |txn, caller| shipment::settle_line(txn, caller, id, line, &SettleLine { accept: true }));
    world.meet_all();
    // Fifty left by the sender's word and forty arrived: that is for both to look at now.
    assert_eq!((world.balance(A, stock).0, world.on_hand(D, world.district)), (units(50), units(40)));
    let kinds: Vec<_> = tasks(&world, D).iter().map(|entry| entry.task.kind).collect();
    assert_eq!(kinds, [TaskKind::Discrepancy]);
    world.assert_converged();
}

#[test]
fn a_cancellation_that_reaches_goods_on_the_receivers_shelf_changes_no_stock_until_somebody_settles_it() {
    in_any_order(|world| {
        let stock = world.open_stock(A, "L1", "2027-06-30", 100);
        let command = outbound(world, A, End::Store(world.district), vec![of_stock(stock, 40)]);
        let id = world.at(A, |txn, caller| shipment::create_outbound(txn, caller, &command)).id;
        world.meet_all();
        press(world, A, id, Status::Shipped);
        world.meet(A, CENTRAL);
        world.meet(D, CENTRAL);
        world.at(D, |txn, caller| shipment::receive(txn, caller, id, &Receive::default()));
        world.at(B, |txn, caller| shipment::cancel(txn, caller, id));
        Box::new(move |world| {
            assert_eq!((world.balance(A, stock).0, world.on_hand(D, world.district)), (units(60), units(40)));
            let seen = detail(world, D, id).shipment;
            assert_eq!((seen.status, seen.cancel_requested), (Status::Received, true));
            let kinds: Vec<_> = tasks(world, A).iter().map(|entry| entry.task.kind).collect();
            assert_eq!(kinds, [TaskKind::CancelRequested]);
            assert!(tasks(world, D).is_empty());
        })
    });
}
