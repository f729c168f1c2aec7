//! Laws of shares: in a store whose devices share the stock, none issues what another holds.

use crdt_store::{DocumentId, Rejection};
use domain::share::{self, AskShare, GiveShare, Holding};
use domain::shipment::{self, End, SetReceived, Status, UpdateLine};
use domain::site::RevokeDevice;
use domain::store::{self, UpdateStore};
use domain::{Quantity, adjustment, query, repack, site};
use proptest::prelude::*;

use crate::model::{self, Act};
use crate::shipments::{detail, issue, of_item, of_stock, outbound, press, tasks};
use crate::stock::adjust;
use crate::world::{A, B, CENTRAL, D, World, device, today, units};

/// The health centre's devices share its stock; what comes in is held by the first.
fn share_stock(world: &mut World) {
    let command = UpdateStore { share_keeper: Some(Some(device(A))), ..UpdateStore::default() };
    let centre = world.centre;
    world.central(|txn, caller| store::update(txn, caller, centre, &command));
    world.meet_all();
}

fn holdings(world: &World, node: usize, line: DocumentId) -> Vec<Holding> {
    let read = world.read(node);
    let holdings = share::Holdings::of(&read, world.centre, device(node)).expect("memory reads");
    holdings.expect("the centre shares").of_line(line).expect("memory reads")
}

/// What each device of the centre holds, as a node sees it, in the order of their blocks.
fn held(world: &World, node: usize, line: DocumentId) -> Vec<Quantity> {
    holdings(world, node, line).iter().map(|holding| holding.quantity).collect()
}

fn try_issue(world: &mut World, node: usize, line: DocumentId, count: i64) -> Result<DocumentId, Rejection> {
    let command =
        issue(world, node, End::Partner(world.partner), vec![of_stock(line, count)], Status::Picked);
    world.try_at(node, |txn, caller| shipment::issue(txn, caller, &command)).map(|made| made.id)
}

fn give(world: &mut World, from: usize, to: usize, line: DocumentId, count: i64) {
    let command = GiveShare { to: device(to), quantity: units(count) };
    world.at(from, |txn, caller| share::give(txn, caller, line, &command));
}

fn answer(world: &mut World, node: usize) -> usize {
    let centre = world.centre;
    world.at(node, |txn, caller| share::answer(txn, caller, centre))
}

#[test]
fn a_device_issues_only_its_own_share_without_contact() {
    let mut world = World::new();
    share_stock(&mut world);
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    world.meet_all();
    let refused = try_issue(&mut world, B, line, 1).expect_err("all is held by A");
    assert_eq!((refused.code.as_str(), refused.parameters["here"].as_str()), ("share-exceeded", "0"));
    assert_eq!(refused.pointer.as_deref(), Some("/lines/0/quantity"));
    give(&mut world, A, B, line, 40);
    assert_eq!(try_issue(&mut world, A, line, 61).expect_err("given away").code, "share-exceeded");
    world.meet_all();
    try_issue(&mut world, A, line, 60).expect("its own share");
    try_issue(&mut world, B, line, 40).expect("what it was given");
    assert_eq!(try_issue(&mut world, B, line, 1).expect_err("used up").code, "share-exceeded");
    world.meet_all();
    assert_eq!(world.balance(A, line).0, Quantity::ZERO);
    assert!(tasks(&world, A).is_empty(), "nothing was issued twice");
    assert_eq!(try_issue(&mut world, B, line, 1).expect_err("nothing left").code, "insufficient-stock");
    world.assert_converged();
}

#[test]
fn a_share_that_is_asked_for_is_given_as_soon_as_it_is_heard_of() {
    let mut world = World::new();
    share_stock(&mut world);
    let line = world.open_stock(A, "L1", "2027-06-30", 1_000);
    world.meet_all();
    let command = AskShare { quantity: units(250) };
    world.at(B, |txn, caller| share::ask(txn, caller, line, &command));
    assert_eq!(answer(&mut world, A), 0, "nothing was heard");
    world.meet_all();
    assert_eq!(holdings(&world, A, line)[1].asked, Some(units(250)));
    assert_eq!(answer(&mut world, A), 1);
    assert_eq!(answer(&mut world, A), 0, "an answer is given once");
    assert_eq!(held(&world, B, line)[1], Quantity::ZERO, "and counts when it arrives");
    world.meet_all();
    assert_eq!(held(&world, B, line), [units(700), units(300)], "in whole packs of a hundred");
    assert_eq!(holdings(&world, B, line)[1].asked, None);
    try_issue(&mut world, B, line, 300).expect("its share");
    // A clock that fell back is in nobody's way, and a wish for nothing takes the one before back.
    world.now -= 365 * 24 * 3_600 * 1_000;
    world.at(B, |txn, caller| share::ask(txn, caller, line, &command));
    world.meet_all();
    assert_eq!(answer(&mut world, A), 1);
    world.meet_all();
    assert_eq!(held(&world, B, line), [units(400), units(300)]);
    let more = AskShare { quantity: units(600) };
    let none = AskShare { quantity: Quantity::ZERO };
    for command in [more, none] {
        world.at(B, |txn, caller| share::ask(txn, caller, line, &command));
    }
    world.meet_all();
    assert_eq!((answer(&mut world, A), holdings(&world, A, line)[1].asked), (0, None));
}

#[test]
fn what_comes_in_is_held_by_the_keeper_and_what_a_person_enters_by_their_device() {
    let mut world = World::new();
    share_stock(&mut world);
    let supply = world.open_stock(D, "AB12", "2027-12-31", 1_000);
    let command = outbound(&world, D, End::Store(world.centre), vec![of_stock(supply, 300)]);
    let sent = world.at(D, |txn, caller| shipment::create_outbound(txn, caller, &command)).id;
    press(&mut world, D, sent, Status::Shipped);
    world.meet_all();
    press(&mut world, B, sent, Status::Received);
    let came = detail(&world, B, sent).line_details[0].id.derived("receive");
    assert_eq!(held(&world, B, came), [units(300), Quantity::ZERO], "received by both it would count twice");
    let entered = world.open_stock(B, "L2", "2027-06-30", 50);
    let more = adjust(&world, came, units(20));
    world.at(B, |txn, caller| adjustment::create(txn, caller, &more));
    world.meet_all();
    assert_eq!(held(&world, A, came), [units(300), units(20)]);
    assert_eq!(held(&world, A, entered), [Quantity::ZERO, units(50)]);
    assert_eq!(try_issue(&mut world, A, entered, 1).expect_err("B holds it").code, "share-exceeded");
    // What was received is corrected where it is held.
    let line = detail(&world, B, sent).line_details[0].id;
    let less = SetReceived { quantity: Some(units(290)), ..SetReceived::default() };
    let correct = |world: &mut World, node| {
        world.try_at(node, |txn, caller| shipment::set_received(txn, caller, sent, line, &less))
    };
    assert_eq!(correct(&mut world, B).expect_err("A holds it").code, "share-elsewhere");
    correct(&mut world, A).expect("A holds it");
    assert_eq!(held(&world, A, came), [units(290), units(20)]);
}

#[test]
fn a_line_picked_on_two_devices_is_paid_for_by_one() {
    for order in [[A, B], [B, A]] {
        let mut world = World::new();
        share_stock(&mut world);
        let line = world.open_stock(A, "L1", "2027-06-30", 100);
        give(&mut world, A, B, line, 50);
        let to = End::Partner(world.partner);
        let command = outbound(&world, A, to, vec![of_stock(line, 30)]);
        let id = world.at(A, |txn, caller| shipment::create_outbound(txn, caller, &command)).id;
        world.meet_all();
        let shipped = detail(&world, B, id).line_details[0].id;
        let edit = UpdateLine { quantity: Some(units(40)), ..UpdateLine::default() };
        world.at(B, |txn, caller| shipment::update_line(txn, caller, id, shipped, &edit));
        press(&mut world, A, id, Status::Picked);
        press(&mut world, B, id, Status::Picked);
        for node in [order[0], order[1], order[0]] {
            world.meet(node, CENTRAL);
        }
        world.meet_all();
        world.assert_converged();
        let left = detail(&world, A, id).line_details[0].issued;
        let expected = match left == units(30) {
            true => [units(20), units(50)],
            false => [units(50), units(10)],
        };
        assert_eq!(held(&world, A, line), expected, "{left} left");
    }
}

#[test]
fn what_a_device_paid_for_is_changed_on_that_device() {
    let mut world = World::new();
    share_stock(&mut world);
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    let id = try_issue(&mut world, A, line, 30).expect("its own");
    world.meet_all();
    let shipped = detail(&world, B, id).line_details[0].id;
    let edit = UpdateLine { quantity: Some(units(20)), ..UpdateLine::default() };
    let change = |world: &mut World, node| {
        world.try_at(node, |txn, caller| shipment::update_line(txn, caller, id, shipped, &edit))
    };
    let refused = change(&mut world, B).expect_err("paid for by A");
    assert_eq!(
        (refused.code.as_str(), refused.parameters["device"].as_str()),
        ("share-elsewhere", "device 1")
    );
    change(&mut world, A).expect("paid for by A");
    assert_eq!(held(&world, A, line), [units(80), Quantity::ZERO]);
    world.meet_all();
    assert_eq!(world.balance(B, line).0, units(80));
}

#[test]
fn batches_are_proposed_as_far_as_the_own_share_goes_and_the_rest_is_named() {
    let mut world = World::new();
    share_stock(&mut world);
    let first = world.open_stock(A, "L1", "2027-06-30", 300);
    world.open_stock(B, "L2", "2028-06-30", 200);
    give(&mut world, A, B, first, 100);
    world.meet_all();
    let wish = outbound(&world, B, End::Partner(world.partner), vec![of_item(world.amoxicillin, 500)]);
    let id = world.at(B, |txn, caller| shipment::create_outbound(txn, caller, &wish)).id;
    let lines = detail(&world, B, id).line_details;
    let quantities: Vec<_> = lines.iter().map(|line| (line.stock_line.is_some(), line.quantity)).collect();
    assert!(quantities.contains(&(false, units(200))), "{quantities:?}");
    assert_eq!(
        quantities.iter().filter(|(batch, _)| *batch).map(|(_, quantity)| *quantity).sum::<Quantity>(),
        units(300)
    );
    let now =
        issue(&world, B, End::Partner(world.partner), vec![of_item(world.amoxicillin, 400)], Status::Picked);
    let refused =
        world.try_at(B, |txn, caller| shipment::issue(txn, caller, &now)).expect_err("A holds some");
    assert_eq!(refused.code, "share-exceeded");
}

#[test]
fn units_packed_anew_stay_with_the_device_that_packed_them() {
    let mut world = World::new();
    share_stock(&mut world);
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    give(&mut world, A, B, line, 40);
    world.meet_all();
    let command = |count| repack::CreateRepack {
        store: DocumentId::NIL,
        from: line,
        quantity: units(count),
        pack_size: Some(10),
        location: None,
        into: None,
        comment: None,
    };
    let pack = |world: &mut World, count| {
        let command = repack::CreateRepack { store: world.centre, ..command(count) };
        world.try_at(B, |txn, caller| repack::create(txn, caller, &command))
    };
    assert_eq!(pack(&mut world, 50).expect_err("not its share").code, "share-exceeded");
    let made = pack(&mut world, 40).expect("its share").stock_line;
    world.meet_all();
    assert_eq!(held(&world, A, line), [units(60), Quantity::ZERO]);
    assert_eq!(held(&world, A, made), [Quantity::ZERO, units(40)]);
    try_issue(&mut world, B, made, 40).expect("its own");
}

#[test]
fn a_division_raises_every_device_to_an_equal_part_in_whole_packs() {
    let mut world = World::new();
    let third = world.third_device();
    share_stock(&mut world);
    world.meet(third, CENTRAL);
    let line = world.open_stock(A, "L1", "2027-06-30", 1_000);
    let small = world.open_stock(A, "L2", "2027-06-30", 150);
    let centre = world.centre;
    let divided = world.at(A, |txn, caller| share::divide(txn, caller, centre));
    assert_eq!((divided.lines, divided.more), (1, false), "less than a pack for each is left where it is");
    assert_eq!(held(&world, A, line), [units(400), units(300), units(300)]);
    assert_eq!(held(&world, A, small), [units(150), Quantity::ZERO, Quantity::ZERO]);
    let again = world.at(A, |txn, caller| share::divide(txn, caller, centre));
    assert_eq!(again.lines, 0, "what is divided stays so");
}

#[test]
fn a_device_whose_rights_ended_leaves_its_share_to_the_keeper() {
    let mut world = World::new();
    share_stock(&mut world);
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    give(&mut world, A, B, line, 60);
    world.meet_all();
    let id = try_issue(&mut world, B, line, 10).expect("its own");
    world.meet_all();
    let centre = world.centre;
    let site = query::reference::store(&world.read(CENTRAL), centre).expect("a store").site.expect("a site");
    let revoke = RevokeDevice { device: device(B) };
    world.central(|txn, caller| site::revoke_device(txn, caller, site, &revoke));
    world.meet(A, CENTRAL);
    assert_eq!(held(&world, A, line), [units(90)]);
    let shipped = detail(&world, A, id).line_details[0].id;
    let edit = UpdateLine { quantity: Some(units(5)), ..UpdateLine::default() };
    world.at(A, |txn, caller| shipment::update_line(txn, caller, id, shipped, &edit));
    try_issue(&mut world, A, line, 95).expect("all there is");
    assert_eq!(world.balance(A, line).0, Quantity::ZERO);
}

#[test]
fn a_store_that_stops_sharing_issues_everywhere_again() {
    let mut world = World::new();
    share_stock(&mut world);
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    let id = try_issue(&mut world, A, line, 30).expect("its own");
    let centre = world.centre;
    let stop = UpdateStore { share_keeper: Some(None), ..UpdateStore::default() };
    world.central(|txn, caller| store::update(txn, caller, centre, &stop));
    world.meet_all();
    try_issue(&mut world, B, line, 20).expect("nobody holds anything");
    // What was paid for is changed like anything else.
    let shipped = detail(&world, B, id).line_details[0].id;
    let edit = UpdateLine { quantity: Some(units(25)), ..UpdateLine::default() };
    world.at(B, |txn, caller| shipment::update_line(txn, caller, id, shipped, &edit));
    world.meet_all();
    assert_eq!(world.balance(A, line).0, units(55));
    let refused = world
        .try_at(B, |txn, caller| share::ask(txn, caller, line, &AskShare { quantity: units(1) }))
        .expect_err("no shares");
    assert_eq!(refused.code, "share-none");
    // A keeper whose rights have ended stays, and is in the way of no other change.
    let site = query::reference::store(&world.read(CENTRAL), centre).expect("a store").site.expect("a site");
    share_stock(&mut world);
    let revoke = RevokeDevice { device: device(A) };
    world.central(|txn, caller| site::revoke_device(txn, caller, site, &revoke));
    let same = UpdateStore {
        share_keeper: Some(Some(device(A))),
        lead_time_days: Some(10),
        ..UpdateStore::default()
    };
    world.central(|txn, caller| store::update(txn, caller, centre, &same));
    let elsewhere = UpdateStore { share_keeper: Some(Some(device(D))), ..UpdateStore::default() };
    let refused = world
        .try_at(CENTRAL, |txn, caller| store::update(txn, caller, centre, &elsewhere))
        .expect_err("a device of another site");
    assert_eq!(refused.pointer.as_deref(), Some("/shareKeeper"));
}

#[test]
fn more_gifts_than_there_can_be_devices_are_refused_before_they_are_added_up() {
    let mut world = World::new();
    share_stock(&mut world);
    let line = world.open_stock(B, "L1", "2027-06-30", 100);
    let stamp = domain::Stamp {
        class: "share".into(),
        schema: 1,
        created_at: crdt_store::Timestamp::from_millis(world.now),
        created_by: DocumentId::NIL,
        deleted: false,
    };
    let given = (0..9_000).map(|device| (device.to_string(), units(1_000_000))).collect();
    let (store, answered) = (world.centre, Default::default());
    let forged = share::Share {
        stamp,
        store,
        stock_line: line,
        device: 2,
        given,
        asked: Quantity::ZERO,
        asks: 0,
        answered,
    };
    let Ok(crdt_store::Value::Map(root)) = crdt_store::Value::from_data(&forged) else { panic!("a map") };
    // What a peer sends goes through the same check as what this device writes itself.
    let write = |txn: &mut crdt_store::Txn<'_>, _: &domain::Caller| {
        txn.create(line.derived("forged"), root);
        Ok(())
    };
    assert_eq!(world.try_at(B, write).expect_err("too many").code, "too-large");
    assert_eq!(held(&world, B, line), [Quantity::ZERO, units(100)]);
}

/// What somebody does with shares, or anything else.
#[derive(Clone, Debug)]
enum Deed {
    Any(Act),
    Ask { line: usize, quantity: i64 },
    Give { line: usize, to: usize, quantity: i64 },
    Answer,
    Divide,
}

fn deeds() -> impl Strategy<Value = Vec<(usize, Deed)>> {
    let share = prop_oneof![
        (0usize..9, 1i64..80).prop_map(|(line, quantity)| Deed::Ask { line, quantity }),
        (0usize..9, 0usize..3, 1i64..80).prop_map(|(line, to, quantity)| Deed::Give { line, to, quantity }),
        Just(Deed::Answer),
        Just(Deed::Divide),
    ];
    let shares = proptest::collection::vec((0usize..3, share), 8..20);
    (model::acts(), model::acts(), shares).prop_map(|(first, second, shares)| {
        let acts = first.into_iter().chain(second).map(|(node, act)| (node, Deed::Any(act)));
        let mut deeds: Vec<_> = acts.collect();
        for (at, (node, share)) in shares.into_iter().enumerate() {
            let place = (at * 7 + node) % (deeds.len() + 1);
            deeds.insert(place, (node, share));
        }
        deeds
    })
}

/// Goods that two devices receive with different counts are a contradiction of people, like two counts: here the
/// keeper receives.
fn contradicts(act: &Act) -> bool {
    matches!(act, Act::Receive { .. } | Act::Press { status: 5.., .. })
}

fn perform(world: &mut World, node: usize, deed: &Deed, devices: [usize; 3]) {
    let lines: Vec<DocumentId> = world
        .documents(node)
        .into_values()
        .filter(|document| document.class == "stock_line")
        .filter(|document| {
            document.data::<domain::stock_line::StockLine>().expect("a line").store == world.centre
        })
        .map(|document| document.id)
        .collect();
    let line_at = |at: usize| (!lines.is_empty()).then(|| lines[at % lines.len()]);
    let centre = world.centre;
    match deed {
        Deed::Any(act) => {
            let node = if node != D && contradicts(act) { A } else { node };
            model::perform(world, node, act);
        }
        Deed::Ask { line, quantity } => {
            let Some(line) = line_at(*line) else { return };
            let command = AskShare { quantity: units(*quantity) };
            let _ = world.try_at(node, |txn, caller| share::ask(txn, caller, line, &command));
        }
        Deed::Give { line, to, quantity } => {
            let Some(line) = line_at(*line) else { return };
            let command = GiveShare { to: device(devices[*to]), quantity: units(*quantity) };
            let _ = world.try_at(node, |txn, caller| share::give(txn, caller, line, &command));
        }
        Deed::Answer => {
            let _ = world.try_at(node, |txn, caller| share::answer(txn, caller, centre));
        }
        Deed::Divide => {
            let _ = world.try_at(node, |txn, caller| share::divide(txn, caller, centre));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn devices_that_share_never_issue_more_than_there_is_whatever_they_have_not_heard(deeds in deeds()) {
        let mut world = World::new();
        let third = world.third_device();
        share_stock(&mut world);
        world.meet(third, CENTRAL);
        let devices = [A, B, third];
        for (at, (node, deed)) in deeds.iter().enumerate() {
            // The acts know of two devices; every third deed of the second is done on the third.
            let node = match (deed, *node) {
                (Deed::Any(_), B) if at % 3 == 0 => third,
                (Deed::Any(_), node) => node,
                (_, node) => devices[node],
            };
            perform(&mut world, node, deed, devices);
        }
        for _ in 0..2 {
            world.meet_all();
            world.meet(third, CENTRAL);
        }
        world.assert_converged();
        model::assert_balances_are_what_documents_add_up_to(&world, A);
        let read = world.read(A);
        let centre = world.centre;
        for document in world.documents(A).into_values().filter(|document| document.class == "stock_line") {
            let line = query::stock::line(&read, document.id, today()).expect("a row");
            if line.store != centre {
                continue;
            }
            let (on_hand, _) = world.balance(A, line.id);
            prop_assert!(!on_hand.is_negative(), "{} of {} on hand", on_hand, line.id);
            let holdings = holdings(&world, A, line.id);
            prop_assert!(holdings.iter().all(|holding| !holding.quantity.is_negative()), "{holdings:?}");
            prop_assert_eq!(holdings.iter().map(|holding| holding.quantity).sum::<Quantity>(), on_hand);
            for node in [B, third] {
                prop_assert_eq!(held(&world, node, line.id), held(&world, A, line.id));
            }
        }
    }
}
