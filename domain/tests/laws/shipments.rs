//! Laws of shipments: one document, two views, a lattice of statuses.

use crdt_store::DocumentId;
use domain::shipment::{
    self, AddLine, CreateInbound, CreateOutbound, Direction, End, Issue, Receive, ReceiveLine, SetReceived,
    SetStatus, Status, UpdateLine, Verdict,
};
use domain::{TaskKind, query};
use query::PageRequest;
use query::shipments::{ShipmentDetail, ShipmentFilter};

use crate::world::{A, CENTRAL, D, World, today, units};

pub fn of_item(item: DocumentId, count: i64) -> AddLine {
    AddLine {
        item: Some(item),
        stock_line: None,
        quantity: units(count),
        batch: None,
        expiry: None,
        manufactured: None,
        pack_size: None,
        price: None,
        note: None,
        whole_packs: true,
        returns: None,
        reason: None,
    }
}

pub fn of_stock(line: DocumentId, count: i64) -> AddLine {
    AddLine { item: None, stock_line: Some(line), ..of_item(line, count) }
}

pub fn outbound(world: &World, node: usize, to: End, lines: Vec<AddLine>) -> CreateOutbound {
    CreateOutbound { store: world.store_of(node), to, lines, reference: None, comment: None, expected: None }
}

pub fn issue(world: &World, node: usize, to: End, lines: Vec<AddLine>, status: Status) -> Issue {
    Issue { store: world.store_of(node), to, lines, status: Some(status), reference: None, comment: None }
}

pub fn press(world: &mut World, node: usize, id: DocumentId, status: Status) {
    world.at(node, |txn, caller| shipment::set_status(txn, caller, id, &SetStatus { status }));
}

pub fn detail(world: &World, node: usize, id: DocumentId) -> ShipmentDetail {
    query::shipments::detail(&world.read(node), id).expect("a shipment")
}

pub fn tasks(world: &World, node: usize) -> Vec<query::tasks::TaskEntry> {
    let store = world.store_of(node);
    query::tasks::list(&world.read(node), Some(store), &PageRequest::default()).expect("tasks").rows
}

/// The district sends 300 amoxicillin to the health centre, up to this status.
fn sent(world: &mut World, status: Status) -> (DocumentId, DocumentId) {
    let stock = world.open_stock(D, "AB12", "2027-12-31", 1_000);
    let lines = vec![of_stock(stock, 300)];
    let command = outbound(world, D, End::Store(world.centre), lines);
    let id = world.at(D, |txn, caller| shipment::create_outbound(txn, caller, &command)).id;
    if status != Status::New {
        press(world, D, id, status);
    }
    world.meet_all();
    (id, stock)
}

#[test]
fn a_shipment_reserves_until_it_is_picked_and_then_takes_from_the_shelf() {
    let mut world = World::new();
    let (id, stock) = sent(&mut world, Status::New);
    assert_eq!(world.balance(D, stock), (units(1_000), units(700)));
    press(&mut world, D, id, Status::Allocated);
    assert_eq!(world.balance(D, stock), (units(1_000), units(700)));
    press(&mut world, D, id, Status::Picked);
    assert_eq!(world.balance(D, stock), (units(700), units(700)));
    press(&mut world, D, id, Status::Shipped);
    assert_eq!(world.balance(D, stock), (units(700), units(700)));
    world.assert_views_follow_from_documents(D);
}

#[test]
fn skipped_statuses_get_the_same_time() {
    let mut world = World::new();
    let (id, _) = sent(&mut world, Status::Shipped);
    let events = detail(&world, D, id).events;
    let at: Vec<_> =
        events.iter().filter(|event| event.status != Status::New).map(|event| event.at).collect();
    assert_eq!(at.len(), 3);
    assert!(at.iter().all(|time| *time == at[0]));
}

#[test]
fn the_receiver_sees_a_shipment_from_picked_on() {
    let mut world = World::new();
    let inbound = |world: &World| {
        let filter = ShipmentFilter::default();
        let request = PageRequest::default();
        let read = world.read(A);
        query::shipments::list(&read, world.centre, Direction::Inbound, &filter, &request)
            .expect("a list")
            .rows
            .len()
    };
    let (id, _) = sent(&mut world, Status::Allocated);
    assert_eq!(inbound(&world), 0);
    press(&mut world, D, id, Status::Picked);
    world.meet_all();
    assert_eq!(inbound(&world), 1);
}

#[test]
fn received_goods_become_stock_lines_with_the_senders_batch_and_price() {
    let mut world = World::new();
    let (id, _) = sent(&mut world, Status::Shipped);
    world.at(A, |txn, caller| shipment::receive(txn, caller, id, &Receive::default()));
    let line = detail(&world, A, id).line_details[0].received_line.expect("it became stock");
    let row = query::stock::line(&world.read(A), line, today()).expect("a stock line");
    assert_eq!((row.on_hand, row.batch.as_deref(), row.item), (units(300), Some("AB12"), world.amoxicillin));
    assert_eq!(row.supplier, Some(world.district));
    world.meet_all();
    assert_eq!(world.on_hand(CENTRAL, world.district), units(700));
    assert_eq!(world.on_hand(CENTRAL, world.centre), units(300));
    let national = query::national::item_balance(&world.read(CENTRAL), world.amoxicillin).expect("a sum");
    assert_eq!(national.on_hand, units(1_000));
    world.assert_converged();
}

#[test]
fn what_was_shipped_and_not_received_is_a_task_for_both_and_overwrites_nothing() {
    let mut world = World::new();
    let (id, _) = sent(&mut world, Status::Shipped);
    let line = detail(&world, A, id).line_details[0].id;
    let lines =
        vec![ReceiveLine { line, quantity: Some(units(290)), location: None, verdict: None, note: None }];
    world.at(A, |txn, caller| shipment::receive(txn, caller, id, &Receive { lines }));
    world.meet_all();
    for node in [A, D] {
        let found = tasks(&world, node);
        let kinds: Vec<_> =
            found.iter().map(|entry| (entry.task.kind, entry.task.expected, entry.task.found)).collect();
        assert_eq!(kinds, [(TaskKind::Discrepancy, units(300), units(290))], "node {node}");
    }
    let seen = detail(&world, D, id).line_details[0].clone();
    assert_eq!((seen.issued, seen.received, seen.discrepancy), (units(300), Some(units(290)), true));
    // The receiver closes it by verifying, the sender by saying that they have seen it.
    world.at(A, |txn, caller| shipment::verify(txn, caller, id));
    world.at(D, |txn, caller| shipment::acknowledge(txn, caller, id, line));
    world.meet_all();
    assert!(tasks(&world, A).is_empty() && tasks(&world, D).is_empty());
    assert_eq!((world.on_hand(A, world.centre), world.on_hand(D, world.district)), (units(290), units(700)));
}

#[test]
fn the_senders_price_is_the_receivers_cost_for_packs_as_the_receiver_keeps_them() {
    let mut world = World::new();
    let mut command = world.stock(D, "AB12", "2027-12-31", 1_000);
    command.sell_price = Some("12.5".parse().expect("money"));
    let stock = world.at(D, |txn, caller| domain::stock_line::create(txn, caller, &command)).id;
    let command = issue(&world, D, End::Store(world.centre), vec![of_stock(stock, 300)], Status::Picked);
    let id = world.at(D, |txn, caller| shipment::issue(txn, caller, &command)).id;
    let line = detail(&world, D, id).line_details[0].id;
    let price = |text: &str| text.parse::<domain::Money>().ok();
    let dearer = UpdateLine { price: Some(price("20")), ..UpdateLine::default() };
    world.at(D, |txn, caller| shipment::update_line(txn, caller, id, line, &dearer));
    press(&mut world, D, id, Status::Shipped);
    let late = UpdateLine { price: Some(price("1")), ..UpdateLine::default() };
    let rejection = world.try_at(D, |txn, caller| shipment::update_line(txn, caller, id, line, &late));
    assert_eq!(rejection.expect_err("shipped").code, "wrong-status");
    world.meet_all();
    let in_boxes_of = |size| SetReceived { pack_size: Some(Some(size)), ..SetReceived::default() };
    world.at(A, |txn, caller| shipment::set_received(txn, caller, id, line, &in_boxes_of(50)));
    let as_sent = SetReceived { pack_size: Some(None), ..SetReceived::default() };
    world.at(A, |txn, caller| shipment::set_received(txn, caller, id, line, &as_sent));
    assert_eq!(detail(&world, A, id).line_details[0].received_pack_size, None, "what was said is taken back");
    world.at(A, |txn, caller| shipment::set_received(txn, caller, id, line, &in_boxes_of(30)));
    world.at(A, |txn, caller| shipment::receive(txn, caller, id, &Receive::default()));
    let seen = detail(&world, A, id);
    assert_eq!((seen.shipment.value, seen.received_value), (price("60"), price("60")));
    let became = seen.line_details[0].received_line.expect("it became stock");
    let row = query::stock::line(&world.read(A), became, today()).expect("a stock line");
    assert_eq!((row.pack_size, row.on_hand), (30, units(300)));
    assert_eq!((row.cost_price, row.sell_price), (price("6"), price("6")), "20 for 100 is 6 for 30");
    let rejection =
        world.try_at(A, |txn, caller| shipment::set_received(txn, caller, id, line, &in_boxes_of(10)));
    assert_eq!(rejection.expect_err("in stock").code, "wrong-status");
    world.meet_all();
    world.assert_converged();
}

#[test]
fn rejected_goods_do_not_become_stock() {
    let mut world = World::new();
    let (id, _) = sent(&mut world, Status::Shipped);
    let line = detail(&world, A, id).line_details[0].id;
    let verdict = SetReceived { verdict: Some(Verdict::Rejected), ..SetReceived::default() };
    world.at(A, |txn, caller| shipment::set_received(txn, caller, id, line, &verdict));
    world.at(A, |txn, caller| shipment::verify(txn, caller, id));
    assert_eq!(world.on_hand(A, world.centre), units(0));
    assert!(detail(&world, A, id).line_details[0].received_line.is_none());
}

#[test]
fn a_receipt_is_corrected_until_it_is_verified_and_never_below_what_was_issued_since() {
    let mut world = World::new();
    let (id, _) = sent(&mut world, Status::Shipped);
    world.at(A, |txn, caller| shipment::receive(txn, caller, id, &Receive::default()));
    let line = detail(&world, A, id).line_details[0].clone();
    let stock = line.received_line.expect("it became stock");
    let command = issue(&world, A, End::Partner(world.partner), vec![of_stock(stock, 200)], Status::Picked);
    world.at(A, |txn, caller| shipment::issue(txn, caller, &command));
    let correct = |count| SetReceived { quantity: Some(units(count)), ..SetReceived::default() };
    let too_low =
        world.try_at(A, |txn, caller| shipment::set_received(txn, caller, id, line.id, &correct(199)));
    assert_eq!(too_low.expect_err("issued already").code, "insufficient-stock");
    world.at(A, |txn, caller| shipment::set_received(txn, caller, id, line.id, &correct(280)));
    assert_eq!(world.balance(A, stock).0, units(80));
    world.at(A, |txn, caller| shipment::verify(txn, caller, id));
    let frozen =
        world.try_at(A, |txn, caller| shipment::set_received(txn, caller, id, line.id, &correct(300)));
    assert_eq!(frozen.expect_err("verified").code, "wrong-status");
}

#[test]
fn a_shipment_never_goes_backward_nor_moves_while_on_hold() {
    let mut world = World::new();
    let (id, _) = sent(&mut world, Status::Shipped);
    let set = |status| SetStatus { status };
    for status in [Status::Allocated, Status::Picked, Status::New] {
        assert!(world.try_at(D, |txn, caller| shipment::set_status(txn, caller, id, &set(status))).is_err());
    }
    // A second press of the same button is no mistake, and no event.
    press(&mut world, D, id, Status::Shipped);
    assert_eq!(detail(&world, D, id).events.len(), 4);
    let (held, _) = sent(&mut world, Status::Allocated);
    let hold = shipment::UpdateShipment { on_hold: Some(true), ..Default::default() };
    world.at(D, |txn, caller| shipment::update(txn, caller, held, &hold));
    let rejection =
        world.try_at(D, |txn, caller| shipment::set_status(txn, caller, held, &set(Status::Picked)));
    assert_eq!(rejection.expect_err("on hold").code, "on-hold");
}

#[test]
fn a_cancelled_shipment_frees_what_it_reserved_and_cannot_be_picked() {
    let mut world = World::new();
    let (id, stock) = sent(&mut world, Status::Allocated);
    world.at(D, |txn, caller| shipment::cancel(txn, caller, id));
    assert_eq!(world.balance(D, stock), (units(1_000), units(1_000)));
    let pick = SetStatus { status: Status::Picked };
    let rejection = world.try_at(D, |txn, caller| shipment::set_status(txn, caller, id, &pick));
    assert_eq!(rejection.expect_err("cancelled").code, "wrong-status");
}

#[test]
fn lines_are_the_senders_until_shipped_and_goods_moved_cannot_be_cancelled() {
    let mut world = World::new();
    let (id, stock) = sent(&mut world, Status::Picked);
    let line = detail(&world, D, id).line_details[0].id;
    let change = |count| UpdateLine { quantity: Some(units(count)), ..UpdateLine::default() };
    let by_receiver = world.try_at(A, |txn, caller| shipment::update_line(txn, caller, id, line, &change(1)));
    assert_eq!(by_receiver.expect_err("not theirs").code, "not-permitted");
    world.at(D, |txn, caller| shipment::update_line(txn, caller, id, line, &change(250)));
    assert_eq!(world.balance(D, stock).0, units(750));
    assert!(tasks(&world, D).is_empty());
    let cancel = world.try_at(D, |txn, caller| shipment::cancel(txn, caller, id));
    assert_eq!(cancel.expect_err("picked").code, "wrong-status");
    press(&mut world, D, id, Status::Shipped);
    let late = world.try_at(D, |txn, caller| shipment::update_line(txn, caller, id, line, &change(240)));
    assert_eq!(late.expect_err("shipped").code, "wrong-status");
}

#[test]
fn what_cannot_be_served_stays_as_a_line_without_batch_and_moves_nothing() {
    let mut world = World::new();
    world.open_stock(D, "AB12", "2027-12-31", 250);
    let lines = vec![of_item(world.amoxicillin, 400)];
    let command = outbound(&world, D, End::Store(world.centre), lines);
    let id = world.at(D, |txn, caller| shipment::create_outbound(txn, caller, &command)).id;
    let seen: Vec<_> =
        detail(&world, D, id).line_details.iter().map(|line| (line.quantity, line.placeholder)).collect();
    assert_eq!(seen, [(units(250), false), (units(150), true)]);
    // New stock arrives, and the rest is allocated.
    world.open_stock(D, "AB13", "2028-12-31", 1_000);
    world.at(D, |txn, caller| shipment::allocate(txn, caller, id, &shipment::Allocate::default()));
    let seen = detail(&world, D, id);
    assert!(
        seen.line_details.iter().all(|line| !line.placeholder) && seen.shipment.status == Status::Allocated
    );
    press(&mut world, D, id, Status::Shipped);
    // 150 rounded up to packs of 100.
    assert_eq!(world.on_hand(D, world.district), units(1_250 - 250 - 200));
}

#[test]
fn an_issue_that_cannot_be_served_is_rejected_as_a_whole() {
    let mut world = World::new();
    world.open_stock(A, "L1", "2027-06-30", 100);
    let to = End::Partner(world.partner);
    let lines = vec![of_item(world.amoxicillin, 60), of_item(world.amoxicillin, 60)];
    let command = issue(&world, A, to, lines, Status::Picked);
    let rejection =
        world.try_at(A, |txn, caller| shipment::issue(txn, caller, &command)).expect_err("too much");
    assert_eq!(
        (rejection.code.as_str(), rejection.pointer.as_deref()),
        ("insufficient-stock", Some("/lines/1/quantity"))
    );
    assert_eq!(world.on_hand(A, world.centre), units(100));
}

#[test]
fn goods_of_a_partner_are_received_by_hand_and_verified_once() {
    let mut world = World::new();
    let mut line = of_item(world.amoxicillin, 500);
    line.batch = Some("X9".into());
    line.expiry = Some(crate::world::day("2028-01-31"));
    let command = CreateInbound {
        store: world.centre,
        from: world.partner,
        lines: vec![line],
        reference: Some("BL 77".into()),
        comment: None,
        expected: None,
    };
    let id = world.at(A, |txn, caller| shipment::create_inbound(txn, caller, &command)).id;
    assert_eq!(world.on_hand(A, world.centre), units(0));
    world.at(A, |txn, caller| shipment::verify(txn, caller, id));
    world.at(A, |txn, caller| shipment::verify(txn, caller, id));
    assert_eq!(world.on_hand(A, world.centre), units(500));
    world.meet_all();
    world.assert_converged();
}

#[test]
fn expired_and_held_stock_is_not_issued() {
    let mut world = World::new();
    let old = world.open_stock(A, "OLD", "2026-11-21", 100);
    let to = End::Partner(world.partner);
    let command = issue(&world, A, to, vec![of_stock(old, 10)], Status::Picked);
    let rejection =
        world.try_at(A, |txn, caller| shipment::issue(txn, caller, &command)).expect_err("expired");
    assert_eq!(rejection.code, "expired");
    let held = world.open_stock(A, "HELD", "2028-11-21", 100);
    let hold = domain::stock_line::UpdateStockLine { on_hold: Some(true), ..Default::default() };
    world.at(A, |txn, caller| domain::stock_line::update(txn, caller, held, &hold));
    let command = issue(&world, A, to, vec![of_stock(held, 10)], Status::Picked);
    let rejection =
        world.try_at(A, |txn, caller| shipment::issue(txn, caller, &command)).expect_err("on hold");
    assert_eq!(rejection.code, "on-hold");
    let command = issue(&world, A, to, vec![of_item(world.amoxicillin, 10)], Status::Picked);
    let rejection =
        world.try_at(A, |txn, caller| shipment::issue(txn, caller, &command)).expect_err("nothing usable");
    assert_eq!(rejection.code, "insufficient-stock");
}

#[test]
fn a_shipment_of_the_past_is_recorded_with_its_dates_and_the_stock_it_became() {
    use domain::shipment::{RecordLine, RecordShipment};

    let mut world = World::new();
    let stock = world.open_stock(D, "AB12", "2027-12-31", 1_000);
    world.meet_all();
    let sent_at = crdt_store::Timestamp::from_millis(crate::world::MORNING - 90 * 86_400_000);
    let line = RecordLine {
        item: world.amoxicillin,
        stock_line: Some(stock),
        quantity: units(400),
        batch: None,
        expiry: None,
        pack_size: None,
        price: Some("12.5".parse().expect("money")),
        note: None,
    };
    let id = DocumentId::from_bytes([9; 16]);
    let command = RecordShipment {
        id: Some(id),
        from: End::Store(world.district),
        to: End::Store(world.centre),
        lines: vec![line],
        status: Status::Verified,
        sent_at,
        received_at: None,
        reference: Some("SCMS-1".into()),
        comment: None,
        transport: Some("Truck".into()),
    };
    world.central(|txn, caller| shipment::record(txn, caller, &command));
    let again = world.try_at(CENTRAL, |txn, caller| shipment::record(txn, caller, &command));
    assert_eq!(again.expect_err("recorded already").code, "duplicate-id");
    world.meet_all();
    assert_eq!(world.on_hand(A, world.centre), units(400));
    assert_eq!(world.on_hand(D, world.district), units(600));
    let ledger =
        query::ledger::of_item(&world.read(A), world.centre, world.amoxicillin, &PageRequest::default());
    assert_eq!(ledger.expect("a ledger").rows[0].movement.at, sent_at);
    world.assert_converged();
}
