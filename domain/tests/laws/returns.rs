//! Laws of returns: goods that go back to whoever sent them, and goods that come back from whoever got them.

use crdt_store::DocumentId;
use domain::query::shipments::ShipmentFilter;
use domain::query::{self, PageRequest};
use domain::reason::{self, CreateReason, ReasonKind, UpdateReason};
use domain::shipment::{
    self, AddLine, Direction, End, Receive, ReceiveLine, ReturnGoods, SetReceived, ShipmentKind, Status,
    TakeBack, UpdateLine, Verdict,
};
use domain::stock_line::{self, UpdateStockLine};
use domain::{Caller, Money, MovementKind, Permission, Quantity, TaskKind};

use crate::merging::in_any_order;
use crate::shipments::{detail, issue, of_item, of_stock, outbound, press, tasks};
use crate::world::{A, B, CENTRAL, D, World, today, units};

/// So many units of a line of the shipment returned.
fn of_line(line: DocumentId, count: i64) -> AddLine {
    AddLine { item: None, returns: Some(line), ..of_item(line, count) }
}

fn give_back(world: &World, returns: Option<DocumentId>, lines: Vec<AddLine>) -> ReturnGoods {
    let to = if returns.is_none() { Some(End::Store(world.district)) } else { None };
    ReturnGoods {
        store: world.centre,
        returns,
        to,
        lines,
        status: Some(Status::Shipped),
        reference: None,
        comment: None,
    }
}

fn bring_back(world: &World, returns: Option<DocumentId>, lines: Vec<AddLine>) -> TakeBack {
    let from = if returns.is_none() { Some(world.partner) } else { None };
    TakeBack { store: world.centre, returns, from, lines, reference: None, comment: None }
}

fn return_reason(world: &mut World) -> DocumentId {
    let command = CreateReason { id: None, kind: ReasonKind::Return, text: "Wrong item".into() };
    let id = world.central(|txn, caller| reason::create(txn, caller, &command)).id;
    world.meet_all();
    id
}

/// The district has sent 300 amoxicillin at 12.50 a pack, the health centre has taken them in with this verdict: the
/// shipment and its line.
fn received(world: &mut World, verdict: Verdict) -> (DocumentId, DocumentId) {
    let mut command = world.stock(D, "AB12", "2027-12-31", 1_000);
    command.sell_price = Some("12.5".parse().expect("money"));
    let stock = world.at(D, |txn, caller| stock_line::create(txn, caller, &command)).id;
    let command = issue(world, D, End::Store(world.centre), vec![of_stock(stock, 300)], Status::Shipped);
    let id = world.at(D, |txn, caller| shipment::issue(txn, caller, &command)).id;
    world.meet_all();
    let line = detail(world, A, id).line_details[0].id;
    let said = ReceiveLine { line, quantity: None, location: None, verdict: Some(verdict), note: None };
    world.at(A, |txn, caller| shipment::receive(txn, caller, id, &Receive { lines: vec![said] }));
    world.meet_all();
    (id, line)
}

fn kinds(world: &World, node: usize) -> Vec<TaskKind> {
    tasks(world, node).iter().map(|entry| entry.task.kind).collect()
}

fn movements(world: &World, node: usize) -> Vec<(MovementKind, Quantity)> {
    let store = world.store_of(node);
    let page = query::ledger::of_item(&world.read(node), store, world.amoxicillin, &PageRequest::default());
    page.expect("a ledger").rows.iter().map(|row| (row.movement.kind, row.movement.quantity)).collect()
}

fn consumed(world: &World) -> Quantity {
    let read = world.read(A);
    let found = query::consumption::of_item(&read, world.centre, world.amoxicillin, today(), None);
    found.expect("memory reads").consumed
}

#[test]
fn what_goes_back_is_not_consumed_and_the_supplier_takes_it_in_as_any_goods() {
    let mut world = World::new();
    let (id, line) = received(&mut world, Verdict::Passed);
    let command = give_back(&world, Some(id), vec![of_line(line, 40)]);
    let back = world.at(A, |txn, caller| shipment::return_goods(txn, caller, &command)).id;
    assert_eq!(world.on_hand(A, world.centre), units(260));
    assert_eq!(movements(&world, A)[0], (MovementKind::ReturnOut, units(-40)));
    assert_eq!(consumed(&world), units(0));
    world.meet_all();
    // At the supplying store it is an inbound shipment, and nothing that was ordered.
    let on_order = query::stock::item_balance(&world.read(D), world.district, world.amoxicillin);
    assert_eq!(on_order.expect("a balance").on_order, units(0));
    world.at(D, |txn, caller| shipment::receive(txn, caller, back, &Receive::default()));
    assert_eq!(world.on_hand(D, world.district), units(740));
    assert_eq!(movements(&world, D)[0], (MovementKind::ReturnIn, units(40)));
    world.meet_all();
    let seen = detail(&world, A, id);
    assert_eq!(seen.returned_by.iter().map(|row| row.id).collect::<Vec<_>>(), [back]);
    assert_eq!(seen.line_details[0].given_back, units(40));
    let seen = detail(&world, D, back);
    assert_eq!((seen.shipment.kind, seen.shipment.returns), (ShipmentKind::Return, Some(id)));
    let stock = seen.line_details[0].received_line.expect("it became stock");
    let row = query::stock::line(&world.read(D), stock, today()).expect("a stock line");
    assert_eq!(
        (row.batch.as_deref(), row.supplier),
        (Some("AB12"), None),
        "whoever brings back supplies nothing"
    );
    assert!(tasks(&world, A).is_empty() && tasks(&world, D).is_empty());
    world.assert_converged();
}

#[test]
fn a_return_is_worth_what_the_goods_cost() {
    let mut world = World::new();
    let (id, line) = received(&mut world, Verdict::Passed);
    let stock = detail(&world, A, id).line_details[0].received_line.expect("it became stock");
    let dearer =
        UpdateStockLine { sell_price: Some(Some("20".parse().expect("money"))), ..Default::default() };
    world.at(A, |txn, caller| stock_line::update(txn, caller, stock, &dearer));
    let command = give_back(&world, Some(id), vec![of_line(line, 40)]);
    let back = world.at(A, |txn, caller| shipment::return_goods(txn, caller, &command)).id;
    let money = |text: &str| text.parse::<Money>().ok();
    let seen = detail(&world, A, back);
    assert_eq!((seen.line_details[0].price, seen.shipment.value), (money("12.5"), money("5")));
}

#[test]
fn what_was_refused_goes_back_without_having_been_in_stock() {
    let mut world = World::new();
    let (id, line) = received(&mut world, Verdict::Rejected);
    assert_eq!(world.on_hand(A, world.centre), units(0));
    let too_much = give_back(&world, Some(id), vec![of_line(line, 200), of_line(line, 101)]);
    let rejection = world
        .try_at(A, |txn, caller| shipment::return_goods(txn, caller, &too_much))
        .expect_err("301 of 300");
    assert_eq!(
        (rejection.code.as_str(), rejection.pointer.as_deref()),
        ("insufficient-stock", Some("/lines/1/quantity"))
    );
    let command = give_back(&world, Some(id), vec![of_line(line, 300)]);
    let back = world.at(A, |txn, caller| shipment::return_goods(txn, caller, &command)).id;
    assert_eq!((world.on_hand(A, world.centre), movements(&world, A)), (units(0), Vec::new()));
    let again = give_back(&world, Some(id), vec![of_line(line, 1)]);
    let rejection = world.try_at(A, |txn, caller| shipment::return_goods(txn, caller, &again));
    assert_eq!(rejection.expect_err("all on its way").code, "insufficient-stock");
    let passed = SetReceived { verdict: Some(Verdict::Passed), ..SetReceived::default() };
    let rejection = world.try_at(A, |txn, caller| shipment::set_received(txn, caller, id, line, &passed));
    assert_eq!(rejection.expect_err("on its way back").pointer.as_deref(), Some("/verdict"));
    world.meet_all();
    world.at(D, |txn, caller| shipment::receive(txn, caller, back, &Receive::default()));
    world.meet_all();
    assert_eq!(world.on_hand(CENTRAL, world.district), units(1_000), "all is where it came from");
    world.assert_converged();
}

#[test]
fn what_goes_back_may_be_in_any_condition_but_must_be_there() {
    let mut world = World::new();
    let old = world.open_stock(A, "OLD", "2026-11-21", 100);
    let hold = UpdateStockLine { on_hold: Some(true), ..Default::default() };
    world.at(A, |txn, caller| stock_line::update(txn, caller, old, &hold));
    let command = give_back(&world, None, vec![of_stock(old, 101)]);
    let rejection = world.try_at(A, |txn, caller| shipment::return_goods(txn, caller, &command));
    assert_eq!(rejection.expect_err("100 are there").code, "insufficient-stock");
    let command = give_back(&world, None, vec![of_stock(old, 60)]);
    let command = ReturnGoods { status: None, ..command };
    let back = world.at(A, |txn, caller| shipment::return_goods(txn, caller, &command)).id;
    assert_eq!(world.balance(A, old), (units(100), units(40)), "promised until it is picked");
    press(&mut world, A, back, Status::Picked);
    assert_eq!(world.balance(A, old), (units(40), units(40)));
    // What goes back is chosen by batch: no one else knows which boxes are wrong.
    let command = give_back(&world, None, vec![of_item(world.amoxicillin, 5)]);
    let rejection = world.try_at(A, |txn, caller| shipment::return_goods(txn, caller, &command));
    assert_eq!(rejection.expect_err("which batch?").pointer.as_deref(), Some("/lines/0/stockLine"));
}

#[test]
fn where_there_are_reasons_a_return_names_one_and_a_retired_one_stays_good() {
    let mut world = World::new();
    let stock = world.open_stock(A, "L1", "2027-06-30", 100);
    let drafted = ReturnGoods { status: None, ..give_back(&world, None, vec![of_stock(stock, 5)]) };
    let silent = world.at(A, |txn, caller| shipment::return_goods(txn, caller, &drafted)).id;
    let reason = return_reason(&mut world);
    let rejection = world.try_at(A, |txn, caller| shipment::return_goods(txn, caller, &drafted));
    assert_eq!(
        rejection.map_err(|rejection| (rejection.code, rejection.pointer)).expect_err("no reason"),
        ("reason-required".to_owned(), Some("/lines/0/reason".to_owned()))
    );
    // One that was written before there were reasons says it before it leaves.
    let pick = shipment::SetStatus { status: Status::Picked };
    let rejection = world.try_at(A, |txn, caller| shipment::set_status(txn, caller, silent, &pick));
    assert_eq!(rejection.expect_err("no reason").code, "reason-required");
    let line = detail(&world, A, silent).line_details[0].id;
    let said = UpdateLine { reason: Some(Some(reason)), ..UpdateLine::default() };
    world.at(A, |txn, caller| shipment::update_line(txn, caller, silent, line, &said));
    let retired = UpdateReason { active: Some(false), ..UpdateReason::default() };
    world.central(|txn, caller| reason::update(txn, caller, reason, &retired));
    world.meet_all();
    press(&mut world, A, silent, Status::Picked);
    assert_eq!(detail(&world, A, silent).line_details[0].reason_text.as_deref(), Some("Wrong item"));
    // An ordinary shipment gives no reasons.
    let line = AddLine { reason: Some(reason), ..of_stock(stock, 5) };
    let command = outbound(&world, A, End::Partner(world.partner), vec![line]);
    let rejection = world.try_at(A, |txn, caller| shipment::create_outbound(txn, caller, &command));
    assert_eq!(rejection.expect_err("no return").pointer.as_deref(), Some("/lines/0/reason"));
}

#[test]
fn returns_need_their_own_permission_and_no_other() {
    let mut world = World::new();
    let stock = world.open_stock(A, "L1", "2027-06-30", 100);
    let with = |permissions: &[Permission], world: &World| Caller {
        permissions: permissions.iter().copied().collect(),
        ..world.caller(A)
    };
    let issuer = with(&[Permission::OutboundEdit, Permission::InboundEdit], &world);
    let returner = with(&[Permission::Returns], &world);
    let command = ReturnGoods { status: None, ..give_back(&world, None, vec![of_stock(stock, 5)]) };
    let rejection = world.try_as(A, &issuer, |txn, caller| shipment::return_goods(txn, caller, &command));
    assert_eq!(rejection.expect_err("not theirs").code, "not-permitted");
    let id = world
        .try_as(A, &returner, |txn, caller| shipment::return_goods(txn, caller, &command))
        .expect("theirs")
        .id;
    let pick = shipment::SetStatus { status: Status::Picked };
    let rejection = world.try_as(A, &issuer, |txn, caller| shipment::set_status(txn, caller, id, &pick));
    assert_eq!(rejection.expect_err("not theirs").code, "not-permitted");
    world.try_as(A, &returner, |txn, caller| shipment::set_status(txn, caller, id, &pick)).expect("theirs");
    let brought = bring_back(&world, None, vec![of_item(world.amoxicillin, 5)]);
    let rejection = world.try_as(A, &issuer, |txn, caller| shipment::take_back(txn, caller, &brought));
    assert_eq!(rejection.expect_err("not theirs").code, "not-permitted");
}

#[test]
fn a_partner_brings_back_what_it_got_and_what_was_consumed_stays_consumed() {
    let mut world = World::new();
    let stock = world.open_stock(A, "L1", "2027-06-30", 100);
    let command = issue(&world, A, End::Partner(world.partner), vec![of_stock(stock, 60)], Status::Shipped);
    let given = world.at(A, |txn, caller| shipment::issue(txn, caller, &command)).id;
    let line = detail(&world, A, given).line_details[0].id;
    let command = bring_back(&world, Some(given), vec![of_line(line, 61)]);
    let rejection = world.try_at(A, |txn, caller| shipment::take_back(txn, caller, &command));
    assert_eq!(rejection.expect_err("it got 60").code, "insufficient-stock");
    let command = bring_back(&world, Some(given), vec![of_line(line, 20)]);
    let back = world.at(A, |txn, caller| shipment::take_back(txn, caller, &command)).id;
    assert_eq!(world.on_hand(A, world.centre), units(40), "not before it is received");
    world.at(A, |txn, caller| shipment::receive(txn, caller, back, &Receive::default()));
    assert_eq!(world.on_hand(A, world.centre), units(60));
    assert_eq!(movements(&world, A)[0], (MovementKind::ReturnIn, units(20)));
    assert_eq!(consumed(&world), units(60));
    let seen = detail(&world, A, back);
    let became = seen.line_details[0].received_line.expect("it became stock");
    let row = query::stock::line(&world.read(A), became, today()).expect("a stock line");
    assert_eq!((row.batch.as_deref(), row.expiry), (Some("L1"), Some(crate::world::day("2027-06-30"))));
    assert_eq!(seen.returns_number, Some(detail(&world, A, given).shipment.number));
    let more = |count| UpdateLine { quantity: Some(units(count)), ..UpdateLine::default() };
    let open = bring_back(&world, Some(given), vec![of_line(line, 30)]);
    let open = world.at(A, |txn, caller| shipment::take_back(txn, caller, &open)).id;
    let open_line = detail(&world, A, open).line_details[0].id;
    let rejection =
        world.try_at(A, |txn, caller| shipment::update_line(txn, caller, open, open_line, &more(41)));
    assert_eq!(rejection.expect_err("60 less 20").code, "insufficient-stock");
    world.at(A, |txn, caller| shipment::update_line(txn, caller, open, open_line, &more(40)));
    world.meet_all();
    world.assert_converged();
}

#[test]
fn a_return_gives_back_only_what_its_store_received_from_whom_it_names() {
    let mut world = World::new();
    let (id, line) = received(&mut world, Verdict::Passed);
    let elsewhere = ReturnGoods {
        to: Some(End::Partner(world.partner)),
        ..give_back(&world, Some(id), vec![of_line(line, 5)])
    };
    let rejection = world.try_at(A, |txn, caller| shipment::return_goods(txn, caller, &elsewhere));
    assert_eq!(rejection.expect_err("the district sent it").pointer.as_deref(), Some("/to"));
    let by_sender =
        ReturnGoods { store: world.district, ..give_back(&world, Some(id), vec![of_line(line, 5)]) };
    let rejection = world.try_at(D, |txn, caller| shipment::return_goods(txn, caller, &by_sender));
    assert_eq!(rejection.expect_err("it sent it").code, "not-found");
    let command = give_back(&world, Some(id), vec![of_line(line, 5)]);
    let back = world.at(A, |txn, caller| shipment::return_goods(txn, caller, &command)).id;
    world.meet_all();
    world.at(D, |txn, caller| shipment::receive(txn, caller, back, &Receive::default()));
    let line = detail(&world, D, back).line_details[0].id;
    let of_return =
        ReturnGoods { store: world.district, ..give_back(&world, Some(back), vec![of_line(line, 5)]) };
    let rejection = world.try_at(D, |txn, caller| shipment::return_goods(txn, caller, &of_return));
    assert_eq!(rejection.expect_err("a return itself").pointer.as_deref(), Some("/returns"));
}

#[test]
fn lists_tell_returns_from_other_shipments() {
    let mut world = World::new();
    let (id, line) = received(&mut world, Verdict::Passed);
    let command = give_back(&world, Some(id), vec![of_line(line, 5)]);
    let back = world.at(A, |txn, caller| shipment::return_goods(txn, caller, &command)).id;
    world.meet_all();
    let list = |node: usize, direction, kind| {
        let filter = ShipmentFilter { kind, ..ShipmentFilter::default() };
        let store = world.store_of(node);
        let page =
            query::shipments::list(&world.read(node), store, direction, &filter, &PageRequest::default());
        page.expect("a list").rows.into_iter().map(|row| row.shipment.id).collect::<Vec<_>>()
    };
    let (regular, returned) = (Some(ShipmentKind::Regular), Some(ShipmentKind::Return));
    assert_eq!(list(A, Direction::Outbound, returned), [back]);
    assert_eq!(list(A, Direction::Outbound, regular), []);
    assert_eq!(list(D, Direction::Inbound, returned), [back]);
    assert_eq!(list(D, Direction::Outbound, regular), [id]);
    assert_eq!(list(D, Direction::Outbound, None), [id]);
}

#[test]
fn two_devices_that_send_the_same_stock_back_are_both_right_and_a_task_asks_for_a_count() {
    in_any_order(|world| {
        let stock = world.open_stock(A, "L1", "2027-06-30", 10);
        world.meet_all();
        let command = give_back(world, None, vec![of_stock(stock, 10)]);
        for node in [A, B] {
            world.at(node, |txn, caller| shipment::return_goods(txn, caller, &command));
        }
        Box::new(move |world| {
            assert_eq!(world.balance(A, stock).0, units(-10));
            assert_eq!(kinds(world, A), [TaskKind::OverIssued]);
            let found = movements(world, A);
            let back = found.iter().filter(|(kind, _)| *kind == MovementKind::ReturnOut);
            assert_eq!(back.map(|(_, quantity)| *quantity).collect::<Vec<_>>(), [units(-10); 2]);
        })
    });
}

#[test]
fn two_devices_that_send_back_what_was_refused_are_a_task_until_one_return_is_called_off() {
    let mut world = World::new();
    let (id, line) = received(&mut world, Verdict::Rejected);
    let command = ReturnGoods { status: None, ..give_back(&world, Some(id), vec![of_line(line, 300)]) };
    let [_, of_b] =
        [A, B].map(|node| world.at(node, |txn, caller| shipment::return_goods(txn, caller, &command)).id);
    world.meet_all();
    world.assert_converged();
    let found = tasks(&world, A);
    let twice = found.iter().find(|entry| entry.task.kind == TaskKind::ReturnedTwice).expect("a task");
    assert_eq!((twice.task.expected, twice.task.found), (units(300), units(600)));
    assert_eq!((twice.task.document, twice.task.line), (id, Some(line)));
    assert_eq!(twice.task.number, Some(detail(&world, A, id).shipment.number));
    world.at(A, |txn, caller| shipment::cancel(txn, caller, of_b));
    assert!(!kinds(&world, A).contains(&TaskKind::ReturnedTwice));
    world.meet_all();
    world.assert_converged();
}
