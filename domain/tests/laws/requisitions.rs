//! Laws of requisitions: one document, two views, and what both ends do without contact.

use crdt_store::DocumentId;
use domain::conflict::{self, SettleConflict};
use domain::requisition::{
    self, AddLines, Approval, Approve, CreateRequisition, LineSelection, NewLine, Side, Status, Supply,
    TakeAmendment, UpdateLine,
};
use domain::shipment::{self, End, Status as ShipmentStatus};
use domain::{TaskKind, query};
use query::PageRequest;
use query::requisitions::{Answer, RequisitionDetail, RequisitionFilter, RequisitionLine};

use crate::shipments::{issue, of_stock, press, tasks};
use crate::world::{A, B, CENTRAL, D, World, today, units};

/// An order of the health centre's to the district.
pub fn order(world: &World, lines: Vec<NewLine>) -> CreateRequisition {
    CreateRequisition {
        store: world.centre,
        supplier: Some(End::Store(world.district)),
        programme: None,
        order_type: None,
        period: None,
        emergency: false,
        min_months: None,
        max_months: None,
        suggest: false,
        lines,
        reference: None,
        comment: None,
        expected: None,
    }
}

pub fn asks(item: DocumentId, count: i64) -> NewLine {
    NewLine { item, requested: Some(units(count)) }
}

pub fn draft(world: &mut World, node: usize, lines: Vec<NewLine>) -> DocumentId {
    let command = order(world, lines);
    world.at(node, |txn, caller| requisition::create(txn, caller, &command)).id
}

pub fn send(world: &mut World, node: usize, id: DocumentId) {
    world.at(node, |txn, caller| requisition::send(txn, caller, id));
}

/// An order of so much amoxicillin that both ends know.
pub fn sent(world: &mut World, count: i64) -> DocumentId {
    let lines = vec![asks(world.amoxicillin, count)];
    let id = draft(world, A, lines);
    send(world, A, id);
    world.meet_all();
    id
}

pub fn detail(world: &World, node: usize, id: DocumentId) -> RequisitionDetail {
    query::requisitions::detail(&world.read(node), id, today()).expect("a requisition")
}

pub fn line(world: &World, node: usize, id: DocumentId) -> RequisitionLine {
    let item = world.amoxicillin;
    let detail = detail(world, node, id);
    detail.line_details.into_iter().find(|line| line.item == item).expect("a line")
}

fn grounds(world: &World, node: usize, id: DocumentId) -> requisition::Frozen {
    line(world, node, id).grounds.expect("it was sent, or is a draft")
}

fn listed(world: &World, node: usize, side: Side) -> Vec<Status> {
    let (store, filter) = (world.store_of(node), RequisitionFilter::default());
    let found = query::requisitions::list(&world.read(node), store, side, &filter, &PageRequest::default());
    found.expect("a list").rows.into_iter().map(|row| row.requisition.status).collect()
}

fn ask_for(world: &mut World, node: usize, id: DocumentId, count: i64) {
    let item = world.amoxicillin;
    let command = UpdateLine { requested: Some(units(count)), ..UpdateLine::default() };
    world.at(node, |txn, caller| requisition::update_line(txn, caller, id, item, &command));
}

pub fn give(world: &mut World, node: usize, id: DocumentId, count: i64) {
    let item = world.amoxicillin;
    let command = Supply { supply: Some(units(count)), note: None };
    world.at(node, |txn, caller| requisition::supply(txn, caller, id, item, &command));
}

pub fn ship(world: &mut World, node: usize, id: DocumentId) -> DocumentId {
    world.at(node, |txn, caller| requisition::ship(txn, caller, id, &LineSelection::default())).id
}

pub fn kinds(world: &World, node: usize) -> Vec<TaskKind> {
    tasks(world, node).into_iter().map(|entry| entry.task.kind).collect()
}

/// The health centre gives out 300 in the months looked back over, and has 200 left: 100 a month.
fn consume(world: &mut World) {
    let stock = world.open_stock(A, "KK01", "2027-12-31", 500);
    let command =
        issue(world, A, End::Partner(world.partner), vec![of_stock(stock, 300)], ShipmentStatus::Shipped);
    world.at(A, |txn, caller| shipment::issue(txn, caller, &command));
}

#[test]
fn a_draft_is_seen_by_the_customer_only() {
    let mut world = World::new();
    let lines = vec![asks(world.amoxicillin, 400)];
    let id = draft(&mut world, A, lines);
    world.meet_all();
    assert_eq!(listed(&world, A, Side::Customer), [Status::Draft]);
    assert_eq!(listed(&world, D, Side::Supplier), []);
    send(&mut world, A, id);
    world.meet_all();
    assert_eq!(listed(&world, D, Side::Supplier), [Status::Sent]);
    assert_eq!(listed(&world, B, Side::Customer), [Status::Sent]);
    world.assert_views_follow_from_documents(D);
}

#[test]
fn sending_freezes_what_the_lines_were_written_on_and_trims_lines_that_ask_for_nothing() {
    let mut world = World::new();
    consume(&mut world);
    let lines = vec![NewLine { item: world.amoxicillin, requested: None }, asks(world.paracetamol, 0)];
    let id = draft(&mut world, A, lines);
    // 100 a month, 200 there: 2 months, below 3; up to 6 months are 600, so 400 are missing.
    assert_eq!(grounds(&world, A, id).suggested, units(400));
    assert_eq!(detail(&world, A, id).line_details.len(), 2);
    send(&mut world, A, id);
    let before = line(&world, A, id);
    assert_eq!(detail(&world, A, id).line_details.len(), 1, "the line of nothing is gone");
    assert_eq!((grounds(&world, A, id).on_hand, grounds(&world, A, id).monthly), (units(200), units(100)));
    assert_eq!(before.months_of_stock, Some(units(2)));
    // What happens afterwards changes nothing of it.
    world.open_stock(A, "KK02", "2027-12-31", 1_000);
    assert_eq!(line(&world, A, id).grounds, before.grounds);
    world.meet_all();
    assert_eq!(line(&world, D, id).grounds, before.grounds, "the supplier sees the same");
}

#[test]
fn an_order_begins_with_what_is_suggested_if_wanted() {
    let mut world = World::new();
    consume(&mut world);
    let command = CreateRequisition { suggest: true, ..order(&world, Vec::new()) };
    let id = world.at(A, |txn, caller| requisition::create(txn, caller, &command)).id;
    let found = detail(&world, A, id);
    assert_eq!(found.line_details.iter().map(|line| line.requested).collect::<Vec<_>>(), [units(400)]);
    // More is used meanwhile; asking for what is suggested asks for that.
    let stock = world.open_stock(A, "KK03", "2027-12-31", 100);
    let more =
        issue(&world, A, End::Partner(world.partner), vec![of_stock(stock, 100)], ShipmentStatus::Shipped);
    world.at(A, |txn, caller| shipment::issue(txn, caller, &more));
    world.at(A, |txn, caller| requisition::use_suggested(txn, caller, id, &LineSelection::default()));
    // 400 in 3 months, of which 6 need 800, less the 200 that are there.
    assert_eq!(line(&world, A, id).requested, units(600));
}

#[test]
fn an_order_of_nothing_is_not_sent() {
    let mut world = World::new();
    let lines = vec![asks(world.amoxicillin, 0)];
    let id = draft(&mut world, A, lines);
    let rejected = world.try_at(A, |txn, caller| requisition::send(txn, caller, id)).expect_err("nothing");
    assert_eq!((rejected.code.as_str(), rejected.pointer.as_deref()), ("validation", Some("/lines")));
}

#[test]
fn a_variance_needs_a_reason_where_there_are_reasons() {
    let mut world = World::new();
    consume(&mut world);
    let command = domain::reason::CreateReason {
        id: None,
        kind: domain::reason::ReasonKind::RequisitionVariance,
        text: "Campaign".into(),
    };
    let reason = world.central(|txn, caller| domain::reason::create(txn, caller, &command)).id;
    world.meet_all();
    let lines = vec![asks(world.amoxicillin, 700), asks(world.paracetamol, 50)];
    let id = draft(&mut world, A, lines);
    let rejected = world.try_at(A, |txn, caller| requisition::send(txn, caller, id)).expect_err("no reason");
    assert_eq!(rejected.code, "reason-required");
    let item = world.amoxicillin;
    let explained = UpdateLine { reason: Some(Some(reason)), ..UpdateLine::default() };
    world.at(A, |txn, caller| requisition::update_line(txn, caller, id, item, &explained));
    send(&mut world, A, id);
    assert_eq!(line(&world, A, id).reason_text.as_deref(), Some("Campaign"));
}

#[test]
fn the_supplier_gives_ships_and_what_remains_follows() {
    let mut world = World::new();
    world.open_stock(D, "AB12", "2027-12-31", 1_000);
    let id = sent(&mut world, 500);
    give(&mut world, D, id, 300);
    let first = ship(&mut world, D, id);
    assert_eq!(line(&world, D, id).remaining, units(0));
    let nothing =
        world.try_at(D, |txn, caller| requisition::ship(txn, caller, id, &LineSelection::default()));
    assert_eq!(nothing.expect_err("all is in a shipment").code, "nothing-remains");
    give(&mut world, D, id, 500);
    assert_eq!(line(&world, D, id).remaining, units(200));
    let second = ship(&mut world, D, id);
    press(&mut world, D, first, ShipmentStatus::Shipped);
    assert!(!detail(&world, D, id).is_covered);
    press(&mut world, D, second, ShipmentStatus::Shipped);
    world.meet_all();
    let seen = detail(&world, A, id);
    assert!(seen.is_covered);
    assert_eq!(seen.shipments.iter().map(|row| row.id).collect::<Vec<_>>(), [first, second]);
    assert_eq!(seen.shipments[0].reference.as_deref(), Some(seen.requisition.number.as_str()));
    world.at(D, |txn, caller| requisition::finalise(txn, caller, id));
    world.meet_all();
    assert_eq!(listed(&world, A, Side::Customer), [Status::Finalised]);
    world.assert_views_follow_from_documents(A);
}

#[test]
fn whole_packs_are_no_more_than_was_to_be_given() {
    let mut world = World::new();
    world.open_stock(D, "AB12", "2027-12-31", 1_000);
    let id = sent(&mut world, 250);
    give(&mut world, D, id, 250);
    ship(&mut world, D, id);
    // Amoxicillin comes in packs of 100.
    let found = line(&world, D, id).progress;
    assert_eq!((found.answered, found.on_shipments), (units(250), units(300)));
    assert_eq!((line(&world, D, id).remaining, kinds(&world, D)), (units(0), vec![]));
}

#[test]
fn a_cancelled_shipment_gives_back_what_remains() {
    let mut world = World::new();
    world.open_stock(D, "AB12", "2027-12-31", 1_000);
    let id = sent(&mut world, 500);
    world.at(D, |txn, caller| requisition::supply_as_requested(txn, caller, id, &LineSelection::default()));
    let shipment = ship(&mut world, D, id);
    assert_eq!(line(&world, D, id).remaining, units(0));
    world.at(D, |txn, caller| shipment::cancel(txn, caller, shipment));
    assert_eq!(line(&world, D, id).remaining, units(500));
}

#[test]
fn of_what_is_denied_nothing_is_given_until_it_is_approved() {
    let mut world = World::new();
    world.open_stock(D, "AB12", "2027-12-31", 1_000);
    let id = sent(&mut world, 500);
    give(&mut world, D, id, 500);
    let decide = |approval| Approve { approval, comment: None };
    world.at(D, |txn, caller| requisition::approve(txn, caller, id, &decide(Approval::Denied)));
    let denied = world.try_at(D, |txn, caller| requisition::ship(txn, caller, id, &LineSelection::default()));
    assert_eq!(denied.expect_err("it was denied").code, "wrong-status");
    assert_eq!(line(&world, D, id).remaining, units(0));
    world.at(D, |txn, caller| requisition::approve(txn, caller, id, &decide(Approval::Approved)));
    assert_eq!(line(&world, D, id).remaining, units(500));
}

#[test]
fn edits_after_sending_are_amendments_that_the_supplier_takes_or_leaves() {
    let mut world = World::new();
    let id = sent(&mut world, 500);
    ask_for(&mut world, A, id, 800);
    let added = AddLines { lines: vec![asks(world.paracetamol, 20)] };
    world.at(A, |txn, caller| requisition::add_lines(txn, caller, id, &added));
    world.meet_all();
    assert_eq!(kinds(&world, D), [TaskKind::OrderAmended, TaskKind::OrderAmended]);
    let before = line(&world, D, id);
    assert_eq!((before.requested, before.amendment), (units(500), Some(units(800))));
    let (taken, left) = (world.amoxicillin, world.paracetamol);
    let take = |accept| TakeAmendment { accept };
    let lines = detail(&world, D, id).line_details;
    let new = lines.iter().find(|line| line.item == left).expect("the new line");
    assert_eq!((new.requested, new.grounds), (units(0), None), "nobody knows on what grounds");
    world.at(D, |txn, caller| requisition::take_amendment(txn, caller, id, taken, take(true)));
    world.at(D, |txn, caller| requisition::take_amendment(txn, caller, id, left, take(false)));
    world.meet_all();
    assert_eq!(kinds(&world, D), []);
    let after = line(&world, A, id);
    assert_eq!((after.requested, after.amendment), (units(800), None));
    assert_eq!(grounds(&world, A, id).requested, units(500), "what was sent stays readable");
    assert_eq!(detail(&world, A, id).line_details.len(), 1);
}

#[test]
fn an_edit_that_did_not_know_of_the_sending_is_an_amendment() {
    let mut world = World::new();
    let lines = vec![asks(world.amoxicillin, 500)];
    let id = draft(&mut world, A, lines);
    world.meet_all();
    ask_for(&mut world, B, id, 700);
    send(&mut world, A, id);
    world.meet_all();
    let found = line(&world, D, id);
    assert_eq!((found.requested, found.amendment), (units(500), Some(units(700))));
    assert_eq!(kinds(&world, D), [TaskKind::OrderAmended]);
}

#[test]
fn an_order_sent_on_two_devices_is_sent_once_and_one_of_them_is_believed_wholly() {
    let mut world = World::new();
    consume(&mut world);
    let lines = vec![asks(world.amoxicillin, 500)];
    let id = draft(&mut world, A, lines);
    world.meet_all();
    // The second device knows of stock that the first does not.
    world.open_stock(B, "KK09", "2027-12-31", 50);
    send(&mut world, A, id);
    send(&mut world, B, id);
    let (first, second) = (line(&world, A, id).grounds, line(&world, B, id).grounds);
    assert_ne!(first, second);
    world.meet_all();
    assert_eq!(listed(&world, D, Side::Supplier), [Status::Sent]);
    let found = line(&world, D, id).grounds;
    assert!(found == first || found == second, "one of the two, and not a mixture: {found:?}");
    for node in [A, B, CENTRAL] {
        assert_eq!(line(&world, node, id).grounds, found);
        world.assert_views_follow_from_documents(node);
    }
}

#[test]
fn the_same_item_added_on_two_devices_is_one_line_and_neither_quantity_is_lost() {
    let mut world = World::new();
    let id = draft(&mut world, A, Vec::new());
    world.meet_all();
    for (node, count) in [(A, 300), (B, 450)] {
        let lines = AddLines { lines: vec![asks(world.amoxicillin, count)] };
        world.at(node, |txn, caller| requisition::add_lines(txn, caller, id, &lines));
    }
    world.meet_all();
    let found = detail(&world, A, id);
    assert_eq!(found.line_details.len(), 1);
    assert!([units(300), units(450)].contains(&found.line_details[0].requested));
    for node in [A, B] {
        let found = tasks(&world, node);
        let conflict = found[0].conflict.as_ref().expect("a conflict");
        assert_eq!((found.len(), conflict.choices.len()), (1, 2), "both are shown until somebody settles it");
        assert_eq!(found[0].task.item, Some(world.amoxicillin));
    }
    let pointer = format!("/requested/{}", world.amoxicillin);
    let chosen = tasks(&world, B)[0].conflict.clone().expect("a conflict").choices[1].change.clone();
    let command = SettleConflict { pointer, change: chosen };
    world.at(B, |txn, caller| conflict::settle(txn, caller, id, &command));
    world.meet_all();
    assert!(tasks(&world, A).is_empty());
}

#[test]
fn a_draft_thrown_away_while_another_device_sends_it_was_sent() {
    let mut world = World::new();
    let lines = vec![asks(world.amoxicillin, 500)];
    let id = draft(&mut world, A, lines);
    world.meet_all();
    world.at(B, |txn, caller| requisition::discard(txn, caller, id));
    assert_eq!(listed(&world, B, Side::Customer), []);
    send(&mut world, A, id);
    world.meet_all();
    for (node, side) in [(A, Side::Customer), (B, Side::Customer), (D, Side::Supplier)] {
        assert_eq!(listed(&world, node, side), [Status::Sent]);
    }
}

#[test]
fn supplied_twice_from_two_tablets_is_a_task_and_both_shipments_stay() {
    let mut world = World::new();
    // The health centre supplies an outpost here: it is the one with two tablets.
    world.open_stock(A, "KK01", "2027-12-31", 1_000);
    world.meet_all();
    let command = CreateRequisition {
        store: world.district,
        supplier: Some(End::Store(world.centre)),
        ..order(&world, vec![asks(world.amoxicillin, 200)])
    };
    let id = world.at(D, |txn, caller| requisition::create(txn, caller, &command)).id;
    send(&mut world, D, id);
    world.meet_all();
    give(&mut world, A, id, 200);
    world.meet_all();
    let made = [ship(&mut world, A, id), ship(&mut world, B, id)];
    for (node, shipment) in [(A, made[0]), (B, made[1])] {
        press(&mut world, node, shipment, ShipmentStatus::Shipped);
    }
    world.meet_all();
    let found = line(&world, A, id);
    assert_eq!((found.progress.supply, found.progress.on_shipments), (units(200), units(400)));
    assert_eq!(kinds(&world, A), [TaskKind::SuppliedTwice]);
    assert_eq!(detail(&world, D, id).shipments.len(), 2);
    // It ends when the supplier says that it is to give so much.
    give(&mut world, B, id, 400);
    world.meet_all();
    assert_eq!(kinds(&world, A), []);
    world.assert_views_follow_from_documents(B);
}

#[test]
fn a_requisition_whose_shipment_was_called_off_waits_for_an_answer_again() {
    let mut world = World::new();
    world.open_stock(D, "DD01", "2027-12-31", 1_000);
    let id = sent(&mut world, 200);
    let waiting = |world: &World| {
        let counts = query::requisitions::count_by_answer(&world.read(D), world.district, Side::Supplier);
        counts.expect("memory reads").get(&Answer::None).copied().unwrap_or(0)
    };
    assert_eq!(waiting(&world), 1);
    give(&mut world, D, id, 200);
    let shipment = ship(&mut world, D, id);
    assert_eq!(waiting(&world), 0);
    world.at(D, |txn, caller| shipment::cancel(txn, caller, shipment));
    assert_eq!(waiting(&world), 1, "all of it is to be given still");
}

#[test]
fn each_end_writes_its_own_part_only() {
    let mut world = World::new();
    let id = sent(&mut world, 500);
    let item = world.amoxicillin;
    let supply = Supply { supply: Some(units(1)), note: None };
    let by_customer = world.try_at(A, |txn, caller| requisition::supply(txn, caller, id, item, &supply));
    assert_eq!(by_customer.expect_err("not its part").code, "not-permitted");
    let line = UpdateLine { requested: Some(units(1)), ..UpdateLine::default() };
    let by_supplier = world.try_at(D, |txn, caller| requisition::update_line(txn, caller, id, item, &line));
    assert_eq!(by_supplier.expect_err("not its part").code, "not-permitted");
}
