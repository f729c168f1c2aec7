//! Laws of what binds orders: the kinds a programme knows, its periods, and what is done when all is covered or short.

use crdt_store::{DocumentId, Rejection};
use domain::period_schedule::{self, CreatePeriodSchedule};
use domain::programme::order_type::{self, CreateOrderType, UpdateOrderType};
use domain::programme::{self, CreateProgramme, UpdateProgramme};
use domain::query;
use domain::requisition::{
    self, CreateRequisition, LineSelection, OrderLimit, Status, UpdateRequisition, fair_shares,
};
use domain::shipment::{End, Status as ShipmentStatus};
use domain::store::{self, UpdateStore};

use crate::requisitions::{asks, detail, give, line, order, send, sent, ship};
use crate::shipments::press;
use crate::world::{A, B, CENTRAL, D, World, day, today, units};

/// A programme of amoxicillin with months for periods and two kinds of orders, known everywhere.
struct Terms {
    programme: DocumentId,
    /// One in a month.
    regular: DocumentId,
    /// Any number, of one line each.
    emergency: DocumentId,
}

fn kind(name: &str, emergency: bool) -> CreateOrderType {
    CreateOrderType {
        id: None,
        name: name.into(),
        emergency,
        min_months: units(1),
        max_months: units(2),
        max_orders: None,
        max_lines: None,
    }
}

fn terms(world: &mut World) -> Terms {
    let monthly =
        CreatePeriodSchedule { id: None, name: "Monthly".into(), months: 1, first: day("2025-01-01") };
    let schedule = world.central(|txn, caller| period_schedule::create(txn, caller, &monthly)).id;
    let command = CreateProgramme {
        id: None,
        code: "MAL".into(),
        name: "Malaria".into(),
        immunisation: false,
        items: vec![world.amoxicillin, world.paracetamol],
        stores: Vec::new(),
        schedule: Some(schedule),
    };
    let programme = world.central(|txn, caller| programme::create(txn, caller, &command)).id;
    let regular = CreateOrderType { max_orders: Some(1), ..kind("Regular", false) };
    let emergency = CreateOrderType { max_lines: Some(1), ..kind("Emergency", true) };
    let [regular, emergency] = [regular, emergency]
        .map(|command| world.central(|txn, caller| order_type::create(txn, caller, programme, &command)).id);
    world.meet_all();
    Terms { programme, regular, emergency }
}

fn of_kind(world: &World, terms: &Terms, order_type: DocumentId) -> CreateRequisition {
    CreateRequisition {
        programme: Some(terms.programme),
        order_type: Some(order_type),
        ..order(world, vec![asks(world.amoxicillin, 100)])
    }
}

fn make(world: &mut World, node: usize, command: &CreateRequisition) -> DocumentId {
    world.at(node, |txn, caller| requisition::create(txn, caller, command)).id
}

fn refused(world: &mut World, node: usize, command: &CreateRequisition) -> Rejection {
    world.try_at(node, |txn, caller| requisition::create(txn, caller, command)).expect_err("a refusal")
}

#[test]
fn an_order_is_of_a_kind_that_says_its_months_and_whether_it_is_an_emergency() {
    let mut world = World::new();
    let terms = terms(&mut world);
    let command = of_kind(&world, &terms, terms.emergency);
    let id = make(&mut world, A, &command);
    let found = detail(&world, A, id);
    assert!(found.requisition.emergency);
    assert_eq!((found.min_months, found.max_months), (units(1), units(2)));
    assert_eq!(found.order_type_name.as_deref(), Some("Emergency"));
    assert_eq!(
        (found.requisition.period, found.period_end),
        (Some(day("2026-11-01")), Some(day("2026-11-30")))
    );
    // What the kind says is not said otherwise, neither at once nor later.
    let otherwise =
        CreateRequisition { min_months: Some(units(3)), ..of_kind(&world, &terms, terms.regular) };
    assert_eq!(refused(&mut world, A, &otherwise).pointer.as_deref(), Some("/minMonths"));
    let emergency = CreateRequisition { emergency: true, ..of_kind(&world, &terms, terms.regular) };
    assert_eq!(refused(&mut world, A, &emergency).pointer.as_deref(), Some("/emergency"));
    let update = UpdateRequisition { max_months: Some(units(5)), ..UpdateRequisition::default() };
    let late = world.try_at(A, |txn, caller| requisition::update(txn, caller, id, &update));
    assert_eq!(late.expect_err("the kind says").pointer.as_deref(), Some("/maxMonths"));
    // A programme with kinds has no orders without; and a kind is a programme's.
    let of_none = CreateRequisition { order_type: None, ..of_kind(&world, &terms, terms.regular) };
    assert_eq!(refused(&mut world, A, &of_none).pointer.as_deref(), Some("/orderType"));
    let of_nothing = CreateRequisition { programme: None, ..of_kind(&world, &terms, terms.regular) };
    assert_eq!(refused(&mut world, A, &of_nothing).pointer.as_deref(), Some("/orderType"));
}

#[test]
fn a_kind_that_is_not_offered_any_more_is_chosen_no_more_and_its_orders_stay() {
    let mut world = World::new();
    let terms = terms(&mut world);
    let command = of_kind(&world, &terms, terms.emergency);
    let id = make(&mut world, A, &command);
    let close = UpdateOrderType { active: Some(false), ..UpdateOrderType::default() };
    world.central(|txn, caller| order_type::update(txn, caller, terms.programme, terms.emergency, &close));
    world.meet_all();
    assert_eq!(refused(&mut world, A, &command).code, "not-found");
    send(&mut world, A, id);
    assert_eq!(detail(&world, A, id).requisition.status, Status::Sent);
}

#[test]
fn a_store_makes_so_many_orders_of_a_kind_in_a_period() {
    let mut world = World::new();
    let terms = terms(&mut world);
    let command = of_kind(&world, &terms, terms.regular);
    let first = make(&mut world, A, &command);
    let refusal = refused(&mut world, A, &command);
    assert_eq!((refusal.code.as_ref(), refusal.pointer.as_deref()), ("order-limit", Some("/orderType")));
    // Another period, another store and another kind have a count of their own.
    let next = CreateRequisition { period: Some(day("2026-12-01")), ..command.clone() };
    make(&mut world, A, &next);
    let emergency = of_kind(&world, &terms, terms.emergency);
    make(&mut world, A, &emergency);
    make(&mut world, A, &emergency);
    // What is thrown away does not count.
    world.at(A, |txn, caller| requisition::discard(txn, caller, first));
    make(&mut world, A, &command);
}

#[test]
fn an_order_is_for_the_next_period_or_one_of_the_last_twelve() {
    let mut world = World::new();
    let terms = terms(&mut world);
    let of = |world: &World, period: &str| CreateRequisition {
        period: Some(day(period)),
        ..of_kind(world, &terms, terms.regular)
    };
    for period in ["2026-12-01", "2026-11-01", "2025-11-01"] {
        let command = of(&world, period);
        make(&mut world, A, &command);
    }
    for period in ["2027-01-01", "2025-10-01", "2026-11-02", "2024-12-01"] {
        let command = of(&world, period);
        assert_eq!(refused(&mut world, A, &command).pointer.as_deref(), Some("/period"), "{period}");
    }
    let without = CreateRequisition { period: Some(day("2026-11-01")), ..order(&world, Vec::new()) };
    assert_eq!(refused(&mut world, A, &without).pointer.as_deref(), Some("/period"));
}

#[test]
fn one_order_too_many_from_two_tablets_is_sent_and_seen_by_the_supplier() {
    let mut world = World::new();
    let terms = terms(&mut world);
    let command = of_kind(&world, &terms, terms.regular);
    let [mine, other] = [A, B].map(|node| make(&mut world, node, &command));
    send(&mut world, A, mine);
    send(&mut world, B, other);
    world.meet_all();
    for id in [mine, other] {
        let found = detail(&world, D, id);
        assert_eq!(found.requisition.status, Status::Sent);
        assert_eq!(found.limit, Some(OrderLimit { sent: 2, allowed: 1 }));
        assert!(found.limit.is_some_and(|limit| limit.is_exceeded()));
    }
    world.assert_views_follow_from_documents(D);
}

#[test]
fn of_two_drafts_that_met_before_they_were_sent_one_is_sent() {
    let mut world = World::new();
    let terms = terms(&mut world);
    let command = of_kind(&world, &terms, terms.regular);
    let [mine, other] = [A, B].map(|node| make(&mut world, node, &command));
    world.meet_all();
    send(&mut world, A, mine);
    let second = world.try_at(A, |txn, caller| requisition::send(txn, caller, other));
    assert_eq!(second.expect_err("one too many").code, "order-limit");
    // A second press on what is sent is none too many.
    send(&mut world, A, mine);
}

#[test]
fn an_order_has_so_many_lines_as_its_kind_allows() {
    let mut world = World::new();
    let terms = terms(&mut world);
    let mut command = of_kind(&world, &terms, terms.emergency);
    command.lines.push(asks(world.paracetamol, 100));
    let id = make(&mut world, A, &command);
    let refusal = world.try_at(A, |txn, caller| requisition::send(txn, caller, id)).expect_err("two lines");
    assert_eq!((refusal.code.as_ref(), refusal.pointer.as_deref()), ("order-too-long", Some("/lines")));
    let item = world.paracetamol;
    world.at(A, |txn, caller| requisition::remove_line(txn, caller, id, item));
    send(&mut world, A, id);
}

#[test]
fn kinds_of_orders_are_made_at_central_and_sound() {
    let mut world = World::new();
    let terms = terms(&mut world);
    let at_site =
        world.try_at(A, |txn, caller| order_type::create(txn, caller, terms.programme, &kind("Own", false)));
    assert_eq!(at_site.expect_err("at a site").code, "central-only");
    let mut refused = |command: CreateOrderType| {
        let made =
            world.try_at(CENTRAL, |txn, caller| order_type::create(txn, caller, terms.programme, &command));
        made.expect_err("a refusal").pointer.expect("it points")
    };
    assert_eq!(refused(kind("REGULAR", false)), "/name");
    assert_eq!(refused(CreateOrderType { max_months: units(0), ..kind("K", false) }), "/maxMonths");
    assert_eq!(refused(CreateOrderType { min_months: units(61), ..kind("K", false) }), "/minMonths");
    assert_eq!(refused(CreateOrderType { max_orders: Some(0), ..kind("K", false) }), "/maxOrders");
    assert_eq!(refused(CreateOrderType { max_lines: Some(0), ..kind("K", false) }), "/maxLines");
    // Without periods nothing can be counted by them.
    let update = UpdateProgramme { schedule: Some(None), ..UpdateProgramme::default() };
    let bare = world.try_at(CENTRAL, |txn, caller| programme::update(txn, caller, terms.programme, &update));
    assert_eq!(bare.expect_err("a limit needs periods").pointer.as_deref(), Some("/schedule"));
    let free = UpdateOrderType { max_orders: Some(None), ..UpdateOrderType::default() };
    world.central(|txn, caller| order_type::update(txn, caller, terms.programme, terms.regular, &free));
    world.central(|txn, caller| programme::update(txn, caller, terms.programme, &update));
}

fn prefer_closing(world: &mut World, store: DocumentId) {
    let update = UpdateStore { close_when_covered: Some(true), ..UpdateStore::default() };
    world.central(|txn, caller| store::update(txn, caller, store, &update));
    world.meet_all();
}

#[test]
fn by_preference_a_requisition_is_finalised_when_all_it_asks_for_is_shipped() {
    let mut world = World::new();
    let district = world.district;
    prefer_closing(&mut world, district);
    world.open_stock(D, "DD01", "2027-12-31", 10_000);
    let id = sent(&mut world, 500);
    give(&mut world, D, id, 300);
    let first = ship(&mut world, D, id);
    press(&mut world, D, first, ShipmentStatus::Shipped);
    assert_eq!(detail(&world, D, id).requisition.status, Status::Sent, "200 are missing");
    give(&mut world, D, id, 500);
    let second = ship(&mut world, D, id);
    press(&mut world, D, second, ShipmentStatus::Picked);
    assert_eq!(detail(&world, D, id).requisition.status, Status::Sent, "it has not left the house");
    press(&mut world, D, second, ShipmentStatus::Shipped);
    assert_eq!(detail(&world, D, id).requisition.status, Status::Finalised);
    world.meet_all();
    assert_eq!(detail(&world, A, id).requisition.status, Status::Finalised);
    world.assert_views_follow_from_documents(A);
}

#[test]
fn without_the_preference_a_covered_requisition_stays_open() {
    let mut world = World::new();
    world.open_stock(D, "DD01", "2027-12-31", 10_000);
    let id = sent(&mut world, 500);
    give(&mut world, D, id, 500);
    let shipment = ship(&mut world, D, id);
    press(&mut world, D, shipment, ShipmentStatus::Shipped);
    let found = detail(&world, D, id);
    assert_eq!((found.requisition.status, found.is_covered), (Status::Sent, true));
}

#[test]
fn a_preference_closes_what_the_customer_amends_at_the_same_time_as_it_was_agreed_on() {
    let mut world = World::new();
    let district = world.district;
    prefer_closing(&mut world, district);
    world.open_stock(D, "DD01", "2027-12-31", 10_000);
    let id = sent(&mut world, 500);
    give(&mut world, D, id, 500);
    let shipment = ship(&mut world, D, id);
    press(&mut world, D, shipment, ShipmentStatus::Shipped);
    // The customer wants more, and does not know that it is on its way.
    let (item, more) = (world.amoxicillin, units(700));
    let wish = requisition::UpdateLine { requested: Some(more), ..requisition::UpdateLine::default() };
    world.at(A, |txn, caller| requisition::update_line(txn, caller, id, item, &wish));
    world.meet_all();
    let found = detail(&world, A, id);
    assert_eq!(found.requisition.status, Status::Finalised);
    assert_eq!(line(&world, A, id).requested, units(500), "what was agreed on");
}

/// Two outposts of the district's ask for 300 and 600, and there are 500 in packs of 100.
fn two_customers(world: &mut World) -> [DocumentId; 2] {
    world.open_stock(D, "DD01", "2027-12-31", 500);
    let mine = sent(world, 300);
    let post = world.make_store("PST", "Poste", 3);
    world.meet_all();
    let command = CreateRequisition {
        store: post,
        supplier: Some(End::Store(world.district)),
        ..order(world, vec![asks(world.amoxicillin, 600)])
    };
    // Central makes it for a post that has no device of its own.
    let other = world.central(|txn, caller| requisition::create(txn, caller, &command)).id;
    world.central(|txn, caller| requisition::send(txn, caller, other));
    world.meet_all();
    [mine, other]
}

#[test]
fn what_is_short_is_shared_fairly_among_all_who_wait_for_it() {
    let mut world = World::new();
    let [mine, other] = two_customers(&mut world);
    let shares = fair_shares(&world.read(D), mine).expect("shares");
    assert_eq!(shares.len(), 1);
    assert_eq!((shares[0].available, shares[0].pack_size), (units(500), 100));
    let of: Vec<_> =
        shares[0].shares.iter().map(|share| (share.requisition, share.need, share.quantity)).collect();
    // 5 packs for needs of 3 and 6: 1.67 and 3.33; the largest remainder gets the pack that is left.
    assert_eq!(of, [(mine, units(300), units(200)), (other, units(600), units(300))]);
    let all = LineSelection::default();
    for id in [mine, other] {
        world.at(D, |txn, caller| requisition::supply_fairly(txn, caller, id, &all));
    }
    assert_eq!(line(&world, D, mine).progress.supply, units(200));
    assert_eq!(line(&world, D, other).progress.supply, units(300));
}

#[test]
fn what_is_in_shipments_already_is_kept_and_a_denied_requisition_waits_for_nothing() {
    let mut world = World::new();
    let [mine, other] = two_customers(&mut world);
    give(&mut world, D, mine, 100);
    ship(&mut world, D, mine);
    // 400 are left for needs of 200 and 600: one pack and three.
    let all = LineSelection::default();
    world.at(D, |txn, caller| requisition::supply_fairly(txn, caller, mine, &all));
    assert_eq!(line(&world, D, mine).progress.supply, units(200));
    let deny = requisition::Approve { approval: requisition::Approval::Denied, comment: None };
    world.at(D, |txn, caller| requisition::approve(txn, caller, other, &deny));
    assert_eq!(fair_shares(&world.read(D), mine).expect("shares"), [], "there is enough for one");
    world.at(D, |txn, caller| requisition::supply_fairly(txn, caller, mine, &all));
    assert_eq!(line(&world, D, mine).progress.supply, units(300));
}

#[test]
fn a_period_schedule_keeps_its_periods() {
    let mut world = World::new();
    let refused = |world: &mut World, months: u32, first: &str| {
        let command = CreatePeriodSchedule { id: None, name: "S".into(), months, first: day(first) };
        let made = world.try_at(CENTRAL, |txn, caller| period_schedule::create(txn, caller, &command));
        made.expect_err("a refusal").pointer.expect("it points")
    };
    assert_eq!(refused(&mut world, 0, "2026-01-01"), "/months");
    assert_eq!(refused(&mut world, 13, "2026-01-01"), "/months");
    assert_eq!(refused(&mut world, 1, "2026-01-31"), "/first");
    let terms = terms(&mut world);
    let read = world.read(A);
    let programme = query::programmes::detail(&read, terms.programme).expect("a programme");
    let schedule = query::reference::period_schedule(&read, programme.schedule.expect("one")).expect("one");
    assert_eq!(
        schedule.period_of(today()).map(|period| (period.from, period.to)),
        Some((day("2026-11-01"), day("2026-11-30")))
    );
}
