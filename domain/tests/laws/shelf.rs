//! Laws of the shelf: where things lie, what is held, what vial monitors show, how packs become other packs. What two
//! devices of one store do to the same thing while they are apart comes first: there it is easiest to lose something.

use crdt_store::DocumentId;
use domain::arrangement::{self, Displaced, HoldLines, MoveContents, MoveLines, PutBack};
use domain::item_variant::{self, CreateItemVariant, Packaging, UpdateItemVariant};
use domain::location::{self, CreateLocation, UpdateLocation};
use domain::location_type::{self, CreateLocationType};
use domain::programme::{self, CreateProgramme, UpdateProgramme};
use domain::query::stock::{StockFacet, StockFilter};
use domain::query::{PageRequest, locations, moves, programmes, repacks, stock};
use domain::reason::{self, CreateReason, ReasonKind, UpdateReason};
use domain::repack::{self, CreateRepack, Repacked};
use domain::shipment::{self, AddLine, Allocate, CreateOutbound, End, Issue, SetStatus, Status};
use domain::stock_line::{self, ObserveVvm, UpdateStockLine, Vvm};
use domain::{Money, Quantity, Temperature, Volume, adjustment, query};
use proptest::prelude::*;

use crate::stock::adjust;
use crate::world::{A, B, CENTRAL, D, World, today, units, user};

pub fn place(world: &mut World, node: usize, code: &str, parent: Option<DocumentId>) -> DocumentId {
    let command = CreateLocation {
        store: world.store_of(node),
        code: code.into(),
        name: format!("Place {code}"),
        kind: Default::default(),
        parent,
        location_type: None,
        volume: None,
    };
    world.at(node, |txn, caller| location::create(txn, caller, &command)).id
}

fn put(world: &mut World, node: usize, line: DocumentId, to: DocumentId) -> arrangement::Moved {
    let command = MoveLines { store: world.store_of(node), lines: vec![line], to: Some(to) };
    world.at(node, |txn, caller| arrangement::move_lines(txn, caller, &command))
}

fn hold_place(world: &mut World, node: usize, id: DocumentId, on_hold: bool) {
    let command = UpdateLocation { on_hold: Some(on_hold), ..UpdateLocation::default() };
    world.at(node, |txn, caller| location::update(txn, caller, id, &command));
}

fn hold_line(world: &mut World, node: usize, id: DocumentId) {
    let command = UpdateStockLine { on_hold: Some(true), ..UpdateStockLine::default() };
    world.at(node, |txn, caller| stock_line::update(txn, caller, id, &command));
}

fn wish(world: &World, from: DocumentId, count: i64, pack_size: Option<u32>) -> CreateRepack {
    CreateRepack {
        store: world.centre,
        from,
        quantity: units(count),
        pack_size,
        location: None,
        into: None,
        comment: None,
    }
}

fn repack(world: &mut World, node: usize, command: &CreateRepack) -> Repacked {
    world.at(node, |txn, caller| repack::create(txn, caller, command))
}

/// Gives units of a stock line to a partner: off the shelf at once.
fn give(world: &mut World, node: usize, line: DocumentId, count: i64) -> Result<DocumentId, String> {
    issue(world, node, line, count, Status::Picked)
}

fn issue(
    world: &mut World,
    node: usize,
    line: DocumentId,
    count: i64,
    status: Status,
) -> Result<DocumentId, String> {
    let line = AddLine {
        item: None,
        stock_line: Some(line),
        quantity: units(count),
        batch: None,
        expiry: None,
        manufactured: None,
        pack_size: None,
        price: None,
        note: None,
        whole_packs: false,
        returns: None,
        reason: None,
    };
    let command = Issue {
        store: world.store_of(node),
        to: End::Partner(world.partner),
        lines: vec![line],
        status: Some(status),
        reference: None,
        comment: None,
    };
    let made = world.try_at(node, |txn, caller| shipment::issue(txn, caller, &command));
    made.map(|made| made.id).map_err(|rejection| rejection.code.to_string())
}

fn row(world: &World, node: usize, line: DocumentId) -> stock::StockRow {
    stock::line(&world.read(node), line, today()).expect("a stock line")
}

fn listed(world: &World, node: usize, filter: &StockFilter) -> Vec<DocumentId> {
    let page = stock::list(&world.read(node), world.store_of(node), filter, today(), &PageRequest::default());
    page.expect("a list").rows.iter().map(|row| row.id).collect()
}

fn vaccine(world: &mut World) -> DocumentId {
    let id = world.make_item("BCG20", "BCG", 20);
    make_vaccine(world, id);
    id
}

/// Has the centre say that an item is a vaccine, whose vials have monitors.
pub fn make_vaccine(world: &mut World, item: DocumentId) {
    let command = domain::item::UpdateItem { is_vaccine: Some(true), ..Default::default() };
    world.central(|txn, caller| domain::item::update(txn, caller, item, &command));
    world.meet_all();
}

fn vaccine_line(world: &mut World) -> DocumentId {
    let item = vaccine(world);
    let mut command = world.stock(A, "V1", "2027-06-30", 100);
    (command.item, command.vvm) = (item, Some(Vvm::Stage1));
    let line = world.at(A, |txn, caller| stock_line::create(txn, caller, &command)).id;
    world.meet_all();
    line
}

// ---- two devices apart ----

#[test]
fn a_batch_moved_to_two_shelves_at_once_has_both_moves_in_its_history() {
    let mut world = World::new();
    let (one, two) = (place(&mut world, A, "A1", None), place(&mut world, A, "A2", None));
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    world.meet_all();
    put(&mut world, A, line, one);
    put(&mut world, B, line, two);
    world.meet_all();
    let log = moves::of_line(&world.read(A), line).expect("a log");
    let mut seen: Vec<_> = log
        .moves
        .iter()
        .map(|entry| (entry.did.by, entry.did.device.clone(), entry.from, entry.to))
        .collect();
    seen.sort();
    let device = |node: usize| Some(format!("device {node}"));
    assert_eq!(
        seen,
        [(Some(user(A)), device(A), None, Some(one)), (Some(user(B)), device(B), None, Some(two)),]
    );
    assert!([one, two].map(Some).contains(&row(&world, B, line).location));
    world.assert_converged();
}

#[test]
fn a_batch_held_while_it_is_picked_is_picked_and_held() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    world.meet_all();
    give(&mut world, A, line, 30).expect("there is enough");
    hold_line(&mut world, B, line);
    world.meet_all();
    assert_eq!(world.balance(A, line).0, units(70));
    assert!(row(&world, A, line).on_hold);
    assert_eq!(give(&mut world, A, line, 1), Err("on-hold".to_owned()));
    world.assert_converged();
}

#[test]
fn what_was_promised_from_a_location_held_elsewhere_stays_promised_and_nothing_more_is() {
    let mut world = World::new();
    let room = place(&mut world, A, "ROOM", None);
    let shelf = place(&mut world, A, "SHELF", Some(room));
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    put(&mut world, A, line, shelf);
    world.meet_all();
    let promised = issue(&mut world, A, line, 30, Status::Allocated).expect("free");
    hold_place(&mut world, B, room, true);
    world.meet_all();
    assert_eq!(world.balance(B, line), (units(100), units(70)));
    assert_eq!(give(&mut world, A, line, 1), Err("on-hold".to_owned()));
    let picked = SetStatus { status: Status::Picked };
    world.at(A, |txn, caller| shipment::set_status(txn, caller, promised, &picked));
    world.meet_all();
    assert_eq!(world.balance(B, line).0, units(70));
    world.assert_converged();
}

#[test]
fn a_batch_repacked_on_both_devices_is_repacked_twice_and_no_unit_is_lost() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 1_000);
    world.meet_all();
    let command = wish(&world, line, 800, Some(10));
    let one = repack(&mut world, A, &command);
    let two = repack(&mut world, B, &command);
    world.meet_all();
    assert_eq!(world.balance(A, one.stock_line).0, units(800));
    assert_eq!(world.balance(A, two.stock_line).0, units(800));
    assert_eq!(world.balance(A, line).0, units(-600));
    assert_eq!(world.on_hand(A, world.centre), units(1_000));
    let tasks =
        query::tasks::list(&world.read(A), Some(world.centre), &PageRequest::default()).expect("tasks");
    assert_eq!(tasks.rows.len(), 1, "the over-issue asks for a count");
    assert_eq!(tasks.rows[0].causes.len(), 2, "both repacks are named");
    world.assert_converged();
}

#[test]
fn a_batch_repacked_while_it_is_issued_is_both() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 1_000);
    world.meet_all();
    let command = wish(&world, line, 700, Some(10));
    let made = repack(&mut world, A, &command);
    give(&mut world, B, line, 600).expect("there is enough on this device");
    world.meet_all();
    assert_eq!(world.balance(B, line).0, units(-300));
    assert_eq!(world.balance(B, made.stock_line).0, units(700));
    assert_eq!(world.on_hand(B, world.centre), units(400));
    world.assert_converged();
}

#[test]
fn a_location_renamed_on_both_devices_has_one_of_the_two_names_and_what_else_was_changed() {
    let mut world = World::new();
    let shelf = place(&mut world, A, "A1", None);
    world.meet_all();
    let rename = |name: &str| UpdateLocation { name: Some(name.into()), ..UpdateLocation::default() };
    let (one, two) = (rename("Étagère du haut"), rename("Top shelf"));
    world.at(A, |txn, caller| location::update(txn, caller, shelf, &one));
    hold_place(&mut world, A, shelf, true);
    world.at(B, |txn, caller| location::update(txn, caller, shelf, &two));
    world.meet_all();
    let row = locations::detail(&world.read(B), shelf).expect("a location");
    assert!(["Étagère du haut", "Top shelf"].contains(&row.name.as_str()) && row.on_hold);
    world.assert_converged();
}

#[test]
fn two_locations_put_into_each_other_are_a_tree_everywhere_the_same() {
    let mut world = World::new();
    let (one, two) = (place(&mut world, A, "A1", None), place(&mut world, A, "A2", None));
    world.meet_all();
    let into = |parent| UpdateLocation { parent: Some(Some(parent)), ..UpdateLocation::default() };
    world.at(A, |txn, caller| location::update(txn, caller, one, &into(two)));
    world.at(B, |txn, caller| location::update(txn, caller, two, &into(one)));
    world.meet_all();
    let tree = |node| -> Vec<(u32, DocumentId)> {
        let rows = locations::tree(&world.read(node), world.centre).expect("a tree");
        rows.iter().map(|row| (row.depth, row.id)).collect()
    };
    let top = one.min(two);
    let below = one.max(two);
    assert_eq!(tree(A), [(0, top), (1, below)]);
    assert_eq!(tree(A), tree(B));
    hold_place(&mut world, A, top, true);
    assert!(locations::detail(&world.read(A), below).expect("a location").held);
    // The circle can be undone from either end.
    let out = UpdateLocation { parent: Some(None), ..UpdateLocation::default() };
    world.at(A, |txn, caller| location::update(txn, caller, below, &out));
    world.meet_all();
    world.assert_converged();
}

#[test]
fn an_adjustment_made_apart_stands_though_its_reason_was_retired_meanwhile() {
    let mut world = World::new();
    let reason = CreateReason { id: None, kind: ReasonKind::NegativeAdjustment, text: "Cassé".into() };
    let broken = world.central(|txn, caller| reason::create(txn, caller, &reason)).id;
    let line = world.open_stock(A, "L1", "2027-06-30", 10);
    world.meet_all();
    let retire = UpdateReason { active: Some(false), ..UpdateReason::default() };
    world.central(|txn, caller| reason::update(txn, caller, broken, &retire));
    let mut command = adjust(&world, line, units(-3));
    command.lines[0].reason = Some(broken);
    let made = world.at(A, |txn, caller| adjustment::create(txn, caller, &command));
    world.meet_all();
    assert_eq!(world.balance(CENTRAL, line).0, units(7));
    let detail = query::adjustments::detail(&world.read(A), made.id).expect("an adjustment");
    assert_eq!(detail.lines[0].reason_text.as_deref(), Some("Cassé"), "it still says why");
    let rejection =
        world.try_at(A, |txn, caller| adjustment::create(txn, caller, &command)).expect_err("no longer");
    assert_eq!(rejection.code, "validation");
    world.assert_converged();
}

#[test]
fn monitors_looked_at_on_both_devices_are_both_in_the_log() {
    let mut world = World::new();
    let line = vaccine_line(&mut world);
    for (node, vvm, note) in [(A, Vvm::Stage2, "matin"), (B, Vvm::Stage3, "soir")] {
        let seen = ObserveVvm { vvm, at: None, note: Some(note.into()) };
        world.at(node, |txn, caller| stock_line::observe_vvm(txn, caller, line, &seen));
    }
    world.meet_all();
    let log = moves::of_line(&world.read(B), line).expect("a log").vvm;
    let mut seen: Vec<_> = log.iter().map(|entry| (entry.before, entry.vvm, entry.note.as_deref())).collect();
    seen.sort();
    let first = Some(Vvm::Stage1);
    assert_eq!(
        seen,
        [
            (None, first, None),
            (first, Some(Vvm::Stage2), Some("matin")),
            (first, Some(Vvm::Stage3), Some("soir"))
        ]
    );
    world.assert_converged();
}

#[test]
fn a_repack_that_comes_before_its_new_line_has_its_balance_already() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 1_000);
    world.meet_all();
    let command = wish(&world, line, 500, Some(10));
    let made = repack(&mut world, A, &command);
    world.carry_only(A, CENTRAL, &[made.id]);
    world.carry(CENTRAL, B);
    let read = world.read(B);
    let balance = stock::item_balance(&read, world.centre, world.amoxicillin).expect("memory reads");
    assert_eq!(balance.on_hand, units(1_000));
    assert!(stock::line(&read, made.stock_line, today()).is_err(), "the line is not there yet");
    assert_eq!(world.balance(B, line).0, units(500));
    let detail = repacks::detail(&read, made.id).expect("the document reads without it");
    assert_eq!(detail.to_on_hand, units(500));
    world.meet_all();
    assert_eq!(world.balance(B, made.stock_line).0, units(500));
    world.assert_converged();
}

// ---- moves ----

#[test]
fn lines_are_moved_together_and_put_back_unless_somebody_has_moved_them_on() {
    let mut world = World::new();
    let [one, two, three] = ["A1", "A2", "A3"].map(|code| place(&mut world, A, code, None));
    let lines: Vec<DocumentId> =
        ["L1", "L2", "L3"].map(|batch| world.open_stock(A, batch, "2027-06-30", 10)).to_vec();
    put(&mut world, A, lines[0], one);
    let command = MoveLines { store: world.centre, lines: lines.clone(), to: Some(two) };
    let moved = world.at(A, |txn, caller| arrangement::move_lines(txn, caller, &command));
    assert_eq!(moved.moved[0], Displaced { stock_line: lines[0], from: Some(one) });
    assert_eq!((moved.moved.len(), moved.stayed), (3, 0));
    put(&mut world, A, lines[2], three);
    let back = PutBack { store: world.centre, lines: moved.moved, to: Some(two) };
    let undone = world.at(A, |txn, caller| arrangement::put_back(txn, caller, &back));
    assert_eq!((undone.moved.len(), undone.stayed), (2, 1));
    let now: Vec<_> = lines.iter().map(|line| row(&world, A, *line).location).collect();
    assert_eq!(now, [Some(one), None, Some(three)]);
    let again = world.at(A, |txn, caller| arrangement::put_back(txn, caller, &back));
    assert_eq!(again.moved.len(), 0, "what is undone is undone once");
}

#[test]
fn moving_what_lies_in_a_location_leaves_what_stands_in_it() {
    let mut world = World::new();
    let room = place(&mut world, A, "ROOM", None);
    let shelf = place(&mut world, A, "SHELF", Some(room));
    let other = place(&mut world, A, "OTHER", None);
    let in_room = world.open_stock(A, "L1", "2027-06-30", 10);
    let on_shelf = world.open_stock(A, "L2", "2027-06-30", 10);
    put(&mut world, A, in_room, room);
    put(&mut world, A, on_shelf, shelf);
    let command = MoveContents { to: other };
    let moved = world.at(A, |txn, caller| arrangement::move_contents(txn, caller, room, &command));
    assert_eq!(moved.moved.len(), 1);
    assert_eq!(row(&world, A, in_room).location, Some(other));
    assert_eq!(row(&world, A, on_shelf).location, Some(shelf));
    let empty = world.try_at(A, |txn, caller| arrangement::move_contents(txn, caller, room, &command));
    assert_eq!(empty.expect_err("nothing is there").code, "validation");
}

#[test]
fn a_move_names_lines_and_places_of_its_own_store_and_not_too_many() {
    let mut world = World::new();
    let theirs = place(&mut world, D, "D1", None);
    let line = world.open_stock(A, "L1", "2027-06-30", 10);
    let at_district = world.open_stock(D, "L2", "2027-06-30", 10);
    let own = place(&mut world, A, "A1", None);
    world.meet_all();
    let mut try_move = |lines: Vec<DocumentId>, to| {
        let command = MoveLines { store: world.centre, lines, to: Some(to) };
        let rejection = world.try_at(A, |txn, caller| arrangement::move_lines(txn, caller, &command));
        let rejection = rejection.expect_err("refused");
        (rejection.code.to_string(), rejection.pointer.unwrap_or_default())
    };
    let case = |code: &str, pointer: &str| (code.to_owned(), pointer.to_owned());
    assert_eq!(try_move(vec![line], theirs), case("not-found", "/to"));
    assert_eq!(try_move(vec![line, at_district], own), case("not-found", "/lines/1"));
    assert_eq!(try_move(Vec::new(), own), case("validation", "/lines"));
    assert_eq!(try_move(vec![line; arrangement::LINES_MAX + 1], own), case("validation", "/lines"));
}

#[test]
fn lines_are_held_and_released_together() {
    let mut world = World::new();
    let lines: Vec<DocumentId> =
        ["L1", "L2"].map(|batch| world.open_stock(A, batch, "2027-06-30", 10)).to_vec();
    hold_line(&mut world, A, lines[0]);
    let command = HoldLines { store: world.centre, lines: lines.clone(), on_hold: true };
    let held = world.at(A, |txn, caller| arrangement::hold_lines(txn, caller, &command));
    assert_eq!((held.changed, held.unchanged), (vec![lines[1]], 1));
    let log = moves::of_line(&world.read(A), lines[1]).expect("a log");
    assert_eq!(
        log.holds.iter().map(|entry| (entry.did.by, entry.on_hold)).collect::<Vec<_>>(),
        [(Some(user(A)), true)]
    );
}

// ---- holds and monitors ----

/// Wants ten units of amoxicillin without naming a batch; how many are served.
fn allocated(world: &mut World) -> (Quantity, Vec<domain::allocation::Caution>) {
    let line = AddLine {
        item: Some(world.amoxicillin),
        stock_line: None,
        quantity: units(10),
        batch: None,
        expiry: None,
        manufactured: None,
        pack_size: None,
        price: None,
        note: None,
        whole_packs: false,
        returns: None,
        reason: None,
    };
    let command = CreateOutbound {
        store: world.centre,
        to: End::Partner(world.partner),
        lines: Vec::new(),
        reference: None,
        comment: None,
        expected: None,
    };
    let made = world.at(A, |txn, caller| shipment::create_outbound(txn, caller, &command)).id;
    let added = world.at(A, |txn, caller| shipment::add_line(txn, caller, made, &line));
    world.at(A, |txn, caller| shipment::allocate(txn, caller, made, &Allocate::default()));
    let detail = query::shipments::detail(&world.read(A), made).expect("a shipment");
    let served = |line: &&query::shipments::LineDetail| line.stock_line.is_some();
    let served = detail.line_details.iter().filter(served).map(|line| line.quantity).sum();
    (served, added.warnings.iter().map(|warning| warning.caution).collect())
}

#[test]
fn allocation_passes_over_what_lies_in_a_location_within_one_that_is_on_hold() {
    use domain::allocation::Caution;

    let mut world = World::new();
    let room = place(&mut world, A, "ROOM", None);
    let aisle = place(&mut world, A, "AISLE", Some(room));
    let shelf = place(&mut world, A, "SHELF", Some(aisle));
    let line = world.open_stock(A, "L1", "2028-06-30", 100);
    put(&mut world, A, line, shelf);
    hold_place(&mut world, A, room, true);
    assert_eq!(allocated(&mut world), (Quantity::ZERO, vec![Caution::SkippedOnHold]));
    let held = StockFilter { facet: Some(StockFacet::OnHold), ..StockFilter::default() };
    assert_eq!(listed(&world, A, &held), [line]);
    assert_eq!(row(&world, A, line).status, stock::StockStatus::OnHold);
    hold_place(&mut world, A, room, false);
    assert_eq!(allocated(&mut world), (units(10), Vec::new()));
}

#[test]
fn allocation_passes_over_a_vaccine_whose_monitor_says_do_not_use() {
    let mut world = World::new();
    let line = vaccine_line(&mut world);
    for (vvm, usable) in [(Vvm::Stage2, true), (Vvm::Stage3, false), (Vvm::Stage4, false)] {
        let seen = ObserveVvm { vvm, at: None, note: None };
        world.at(A, |txn, caller| stock_line::observe_vvm(txn, caller, line, &seen));
        assert_eq!(give(&mut world, A, line, 1).is_ok(), usable, "{vvm:?}");
    }
    let row = row(&world, A, line);
    assert_eq!((row.vvm, row.status), (Some(Vvm::Stage4), stock::StockStatus::Unusable));
    assert!(row.vvm_at.is_some());
}

#[test]
fn only_a_vaccine_has_a_vial_monitor_and_nobody_has_seen_it_tomorrow() {
    let mut world = World::new();
    let tablets = world.open_stock(A, "L1", "2027-06-30", 10);
    let seen = ObserveVvm { vvm: Vvm::Stage2, at: None, note: None };
    let rejection = world.try_at(A, |txn, caller| stock_line::observe_vvm(txn, caller, tablets, &seen));
    assert_eq!(rejection.expect_err("tablets").pointer.as_deref(), Some("/vvm"));
    let mut opened = world.stock(A, "L2", "2027-06-30", 10);
    opened.vvm = Some(Vvm::Stage1);
    let rejection = world.try_at(A, |txn, caller| stock_line::create(txn, caller, &opened));
    assert_eq!(rejection.expect_err("tablets").pointer.as_deref(), Some("/vvm"));
    let line = vaccine_line(&mut world);
    let tomorrow = crdt_store::Timestamp::from_millis(world.now + 86_400_000);
    let seen = ObserveVvm { vvm: Vvm::Stage2, at: Some(tomorrow), note: None };
    let rejection = world.try_at(A, |txn, caller| stock_line::observe_vvm(txn, caller, line, &seen));
    assert_eq!(rejection.expect_err("tomorrow").pointer.as_deref(), Some("/at"));
}

// ---- locations ----

#[test]
fn a_location_does_not_stand_in_itself_nor_in_another_store_nor_too_deep() {
    let mut world = World::new();
    let theirs = place(&mut world, D, "D1", None);
    let mut chain = vec![place(&mut world, A, "P0", None)];
    for level in 1..location::LEVELS_MAX {
        let above = chain.last().copied();
        chain.push(place(&mut world, A, &format!("P{level}"), above));
    }
    world.meet_all();
    let mut into = |own: DocumentId, parent: DocumentId| {
        let command = UpdateLocation { parent: Some(Some(parent)), ..UpdateLocation::default() };
        world.try_at(A, |txn, caller| location::update(txn, caller, own, &command)).map_err(|rejection| {
            assert_eq!(rejection.pointer.as_deref(), Some("/parent"));
            rejection.code.to_string()
        })
    };
    assert_eq!(into(chain[0], chain[0]), Err("validation".to_owned()));
    assert_eq!(into(chain[0], chain[3]), Err("validation".to_owned()));
    assert_eq!(into(chain[0], theirs), Err("not-found".to_owned()));
    assert_eq!(into(chain[7], chain[1]), Ok(()));
    let top = place(&mut world, A, "TOP", None);
    let command = UpdateLocation { parent: Some(Some(top)), ..UpdateLocation::default() };
    world.at(A, |txn, caller| location::update(txn, caller, chain[0], &command));
    let higher = place(&mut world, A, "HIGHER", None);
    let command = UpdateLocation { parent: Some(Some(higher)), ..UpdateLocation::default() };
    let rejection = world.try_at(A, |txn, caller| location::update(txn, caller, top, &command));
    assert_eq!(rejection.expect_err("nine levels").pointer.as_deref(), Some("/parent"));
}

#[test]
fn a_location_of_an_earlier_version_reads_as_one_at_the_top() {
    let mut world = World::new();
    let shelf = place(&mut world, A, "A1", None);
    world.at(A, |txn, _| {
        for field in ["parent", "location_type", "volume"] {
            txn.delete(shelf, &[field]);
        }
        Ok(())
    });
    let row = locations::detail(&world.read(A), shelf).expect("a location");
    assert_eq!((row.parent, row.location_type, row.volume, row.depth), (None, None, None, 0));
    let below = place(&mut world, A, "A2", Some(shelf));
    assert_eq!(locations::detail(&world.read(A), below).expect("a location").depth, 1);
}

#[test]
fn the_room_taken_in_a_location_is_the_sum_of_what_is_known_of_its_packs() {
    let mut world = World::new();
    let room = place(&mut world, A, "ROOM", None);
    let shelf = place(&mut world, A, "SHELF", Some(room));
    let variant = variant(&mut world);
    let mut command = world.stock(A, "L1", "2027-06-30", 250);
    (command.variant, command.location) = (Some(variant), Some(shelf));
    world.at(A, |txn, caller| stock_line::create(txn, caller, &command));
    let mut other_size = command.clone();
    other_size.pack_size = Some(7);
    world.at(A, |txn, caller| stock_line::create(txn, caller, &other_size));
    let tree = locations::tree(&world.read(A), world.centre).expect("a tree");
    // Two and a half packs of half a litre; nobody knows how large packs of seven are.
    assert_eq!(tree[0].volume_used, Volume::from_thousandths(1_250));
    assert_eq!((tree[0].lines, tree[0].lines_below, tree[0].unmeasured), (0, 2, 1));
    assert_eq!((tree[1].lines, tree[1].volume_used), (2, Volume::from_thousandths(1_250)));
}

// ---- variants and programmes ----

pub fn variant(world: &mut World) -> DocumentId {
    let kept = CreateLocationType {
        id: None,
        name: "+2 +8".into(),
        min: Some(Temperature::whole(2)),
        max: Some(Temperature::whole(8)),
    };
    let kept = world.central(|txn, caller| location_type::create(txn, caller, &kept)).id;
    let command = CreateItemVariant {
        id: None,
        item: world.amoxicillin,
        name: "Savane".into(),
        manufacturer: Some(world.partner),
        vvm_type: None,
        location_type: Some(kept),
        primary: Some(Packaging { units: 100, volume: Some(Volume::from_thousandths(500)), gtin: None }),
        secondary: None,
        tertiary: None,
    };
    let id = world.central(|txn, caller| item_variant::create(txn, caller, &command)).id;
    world.meet_all();
    id
}

#[test]
fn stock_is_opened_only_with_a_variant_of_its_own_item() {
    let mut world = World::new();
    let variant = variant(&mut world);
    let mut command = world.stock(A, "L1", "2027-06-30", 10);
    command.variant = Some(variant);
    let line = world.at(A, |txn, caller| stock_line::create(txn, caller, &command)).id;
    assert_eq!(row(&world, A, line).variant, Some(variant));
    command.item = world.paracetamol;
    let rejection = world.try_at(A, |txn, caller| stock_line::create(txn, caller, &command));
    let rejection = rejection.expect_err("another item");
    assert_eq!((rejection.code.as_str(), rejection.pointer.as_deref()), ("validation", Some("/variant")));
    let retire = UpdateItemVariant { active: Some(false), ..UpdateItemVariant::default() };
    world.central(|txn, caller| item_variant::update(txn, caller, variant, &retire));
    world.meet_all();
    let keep = UpdateStockLine { variant: Some(Some(variant)), ..UpdateStockLine::default() };
    world.at(A, |txn, caller| stock_line::update(txn, caller, line, &keep));
}

#[test]
fn what_is_sent_stays_what_it_is_and_whose_it_is() {
    let mut world = World::new();
    let variant = variant(&mut world);
    let mut command = world.stock(D, "L1", "2027-06-30", 100);
    (command.variant, command.donor) = (Some(variant), Some(world.partner));
    let line = world.at(D, |txn, caller| stock_line::create(txn, caller, &command)).id;
    let wish = Issue {
        store: world.district,
        to: End::Store(world.centre),
        lines: vec![AddLine {
            item: None,
            stock_line: Some(line),
            quantity: units(100),
            batch: None,
            expiry: None,
            manufactured: None,
            pack_size: None,
            price: None,
            note: None,
            whole_packs: false,
            returns: None,
            reason: None,
        }],
        status: Some(Status::Shipped),
        reference: None,
        comment: None,
    };
    let sent = world.at(D, |txn, caller| shipment::issue(txn, caller, &wish)).id;
    world.meet_all();
    world.at(A, |txn, caller| shipment::receive(txn, caller, sent, &Default::default()));
    let arrived = listed(&world, A, &StockFilter::default());
    let arrived = row(&world, A, arrived[0]);
    assert_eq!((arrived.variant, arrived.donor), (Some(variant), Some(world.partner)));
}

#[test]
fn what_is_said_of_boxes_makes_sense() {
    let mut world = World::new();
    let variant = variant(&mut world);
    let mut refused = |update: UpdateItemVariant| {
        let rejection =
            world.try_at(CENTRAL, |txn, caller| item_variant::update(txn, caller, variant, &update));
        rejection.expect_err("nonsense").pointer.unwrap_or_default()
    };
    let packaging = |units, gtin: Option<&str>| {
        Some(Some(Packaging { units, volume: None, gtin: gtin.map(str::to_owned) }))
    };
    let base = UpdateItemVariant::default;
    assert_eq!(refused(UpdateItemVariant { secondary: packaging(100, None), ..base() }), "/secondary/units");
    assert_eq!(refused(UpdateItemVariant { secondary: packaging(0, None), ..base() }), "/secondary/units");
    assert_eq!(
        refused(UpdateItemVariant { tertiary: packaging(500, Some("123")), ..base() }),
        "/tertiary/gtin"
    );
    let rejection = world.try_at(A, |txn, caller| item_variant::update(txn, caller, variant, &base()));
    assert_eq!(rejection.expect_err("at a site").code, "central-only");
}

#[test]
fn a_programme_is_what_says_so_and_its_items_that_say_nothing() {
    let mut world = World::new();
    let create = |code: &str, items: Vec<DocumentId>, stores: Vec<DocumentId>| CreateProgramme {
        id: None,
        code: code.into(),
        name: code.into(),
        immunisation: false,
        items,
        stores,
        schedule: None,
    };
    let malaria = create("MAL", vec![world.amoxicillin], Vec::new());
    let district_only = create("DIS", Vec::new(), vec![world.district]);
    let malaria = world.central(|txn, caller| programme::create(txn, caller, &malaria)).id;
    let district_only = world.central(|txn, caller| programme::create(txn, caller, &district_only)).id;
    let tuberculosis = create("TB", Vec::new(), vec![world.centre]);
    let tuberculosis = world.central(|txn, caller| programme::create(txn, caller, &tuberculosis)).id;
    world.meet_all();
    let silent = world.open_stock(A, "L1", "2027-06-30", 10);
    let mut command = world.stock(A, "L2", "2027-06-30", 10);
    command.programme = Some(tuberculosis);
    let own = world.at(A, |txn, caller| stock_line::create(txn, caller, &command)).id;
    command.programme = Some(district_only);
    let rejection = world.try_at(A, |txn, caller| stock_line::create(txn, caller, &command));
    assert_eq!(rejection.expect_err("not seen here").pointer.as_deref(), Some("/programme"));
    let of = |programme| StockFilter { programme: Some(programme), ..StockFilter::default() };
    assert_eq!(listed(&world, A, &of(malaria)), [silent]);
    assert_eq!(listed(&world, A, &of(tuberculosis)), [own]);
    let update = UpdateProgramme { remove_items: vec![world.amoxicillin], ..UpdateProgramme::default() };
    world.central(|txn, caller| programme::update(txn, caller, malaria, &update));
    world.meet_all();
    assert!(listed(&world, A, &of(malaria)).is_empty());
    let seen: Vec<DocumentId> =
        programmes::of_store(&world.read(A), world.centre).expect("rows").iter().map(|row| row.id).collect();
    assert_eq!(seen, [malaria, tuberculosis]);
}

#[test]
fn the_stock_list_is_narrowed_by_place_donor_supplier_monitor_and_expiry() {
    let mut world = World::new();
    let room = place(&mut world, A, "ROOM", None);
    let shelf = place(&mut world, A, "SHELF", Some(room));
    let mut command = world.stock(A, "L1", "2027-06-30", 10);
    (command.location, command.donor, command.supplier) =
        (Some(shelf), Some(world.partner), Some(world.partner));
    let special = world.at(A, |txn, caller| stock_line::create(txn, caller, &command)).id;
    let plain = world.open_stock(A, "L2", "2028-06-30", 10);
    let vaccine = vaccine_line(&mut world);
    let base = StockFilter::default;
    let partner = Some(world.partner);
    let day = |text: &str| Some(crate::world::day(text));
    let cases = [
        (StockFilter { location: Some(room), ..base() }, vec![special]),
        (StockFilter { location: Some(shelf), ..base() }, vec![special]),
        (StockFilter { donor: partner, ..base() }, vec![special]),
        (StockFilter { supplier: partner, ..base() }, vec![special]),
        (StockFilter { vvm: Some(Vvm::Stage1), ..base() }, vec![vaccine]),
        (StockFilter { expires_from: day("2028-01-01"), ..base() }, vec![plain]),
        (StockFilter { expires_until: day("2027-06-29"), ..base() }, vec![]),
        (
            StockFilter { expires_from: day("2027-06-30"), expires_until: day("2027-06-30"), ..base() },
            vec![special, vaccine],
        ),
    ];
    for (filter, wanted) in cases {
        assert_eq!(listed(&world, A, &filter), wanted, "{filter:?}");
    }
}

// ---- repacks ----

#[test]
fn what_comes_out_of_a_repack_is_the_same_batch_in_other_packs() {
    let mut world = World::new();
    let mut command = world.stock(A, "L1", "2027-06-30", 1_000);
    command.cost_price = Some(Money::from_thousandths(10_000));
    command.sell_price = Some(Money::from_thousandths(10_001));
    command.donor = Some(world.partner);
    command.note = Some("humide".into());
    let line = world.at(A, |txn, caller| stock_line::create(txn, caller, &command)).id;
    hold_line(&mut world, A, line);
    let wish = wish(&world, line, 300, Some(30));
    let made = repack(&mut world, A, &wish);
    let (old, new) = (row(&world, A, line), row(&world, A, made.stock_line));
    assert_eq!((old.on_hand, new.on_hand), (units(700), units(300)));
    assert_eq!((new.pack_size, new.location), (30, old.location));
    assert_eq!(
        (&new.batch, new.expiry, new.donor, &new.note),
        (&old.batch, old.expiry, old.donor, &old.note)
    );
    assert!(new.on_hold, "what is taken from a held batch is held");
    // A pack of a hundred for 10 and 10.001: thirty for 3, and 3.0003 to the nearest thousandth.
    assert_eq!(new.cost_price, Some(Money::from_thousandths(3_000)));
    assert_eq!(new.sell_price, Some(Money::from_thousandths(3_000)));
    let page = repacks::list(&world.read(A), world.centre, &PageRequest::default()).expect("a list");
    assert_eq!(page.rows[0].repack.number, made.number);
    let ledger =
        query::ledger::of_line(&world.read(A), made.stock_line, &PageRequest::default()).expect("a ledger");
    assert_eq!(ledger.rows.len(), 1);
}

#[test]
fn a_repack_makes_whole_packs_of_another_size_or_in_another_place_of_what_is_there() {
    let mut world = World::new();
    let shelf = place(&mut world, A, "A1", None);
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    issue(&mut world, A, line, 40, Status::Allocated).expect("free");
    let base = wish(&world, line, 60, Some(10));
    let mut refused = |command: CreateRepack| {
        let rejection = world.try_at(A, |txn, caller| repack::create(txn, caller, &command));
        let rejection = rejection.expect_err("refused");
        (rejection.code.to_string(), rejection.pointer.unwrap_or_default())
    };
    let case = |code: &str, pointer: &str| (code.to_owned(), pointer.to_owned());
    assert_eq!(
        refused(CreateRepack { quantity: units(61), ..base.clone() }),
        case("validation", "/quantity")
    );
    assert_eq!(refused(CreateRepack { quantity: units(0), ..base.clone() }), case("validation", "/quantity"));
    assert_eq!(
        refused(CreateRepack { quantity: units(70), ..base.clone() }),
        case("insufficient-stock", "/quantity")
    );
    assert_eq!(refused(CreateRepack { pack_size: None, ..base.clone() }), case("validation", "/packSize"));
    assert_eq!(refused(CreateRepack { pack_size: Some(0), ..base.clone() }), case("validation", "/packSize"));
    let split = CreateRepack { pack_size: Some(20), location: Some(shelf), ..base };
    let made = repack(&mut world, A, &split);
    assert_eq!(world.balance(A, line), (units(40), units(0)));
    assert_eq!(row(&world, A, made.stock_line).location, Some(shelf));
}

#[test]
fn units_come_into_a_line_of_their_own_batch_only() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    let mut same = world.stock(A, "L1", "2027-06-30", 5);
    same.pack_size = Some(5);
    let same = world.at(A, |txn, caller| stock_line::create(txn, caller, &same)).id;
    let other = world.open_stock(A, "L2", "2027-06-30", 100);
    let into = |world: &World, target| CreateRepack { into: Some(target), ..wish(world, line, 50, None) };
    let command = into(&world, same);
    let made = repack(&mut world, A, &command);
    assert_eq!(made.stock_line, same);
    assert_eq!((world.balance(A, line).0, world.balance(A, same).0), (units(50), units(55)));
    for target in [other, line] {
        let command = into(&world, target);
        let rejection = world.try_at(A, |txn, caller| repack::create(txn, caller, &command));
        assert_eq!(rejection.expect_err("refused").pointer.as_deref(), Some("/into"));
    }
    hold_line(&mut world, A, line);
    let command = into(&world, same);
    let rejection = world.try_at(A, |txn, caller| repack::create(txn, caller, &command));
    assert_eq!(rejection.expect_err("a hold is not escaped").pointer.as_deref(), Some("/into"));
}

#[test]
fn a_repack_needs_its_permission() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    let command = wish(&world, line, 50, Some(10));
    let mut caller = world.caller(A);
    caller.permissions.remove(&domain::Permission::Repack);
    let rejection = world.try_as(A, &caller, |txn, caller| repack::create(txn, caller, &command));
    assert_eq!(rejection.expect_err("not permitted").code, "not-permitted");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn no_sequence_of_repacks_and_splits_on_any_devices_changes_how_many_units_there_are(
        steps in proptest::collection::vec((0usize..4, 0usize..8, 1i64..40, 1u32..6, any::<bool>()), 1..14),
    ) {
        let mut world = World::new();
        let shelf = place(&mut world, A, "A1", None);
        let mut lines = vec![world.open_stock(A, "L1", "2027-06-30", 240)];
        world.meet_all();
        for (who, line, packs, size, split) in steps {
            let node = match who {
                0 => A,
                1 => B,
                _ => {
                    world.meet(if who == 2 { A } else { B }, CENTRAL);
                    continue;
                }
            };
            let from = lines[line % lines.len()];
            let command = CreateRepack {
                location: split.then_some(shelf),
                ..wish(&world, from, packs * i64::from(size), Some(size))
            };
            // What this device does not know of, or knows to be too little, it refuses.
            if let Ok(made) = world.try_at(node, |txn, caller| repack::create(txn, caller, &command)) {
                lines.push(made.stock_line);
            }
            prop_assert_eq!(world.on_hand(node, world.centre), units(240));
        }
        world.meet_all();
        prop_assert_eq!(world.on_hand(CENTRAL, world.centre), units(240));
        let each: Quantity = lines.iter().map(|line| world.balance(CENTRAL, *line).0).sum();
        prop_assert_eq!(each, units(240));
        world.assert_converged();
    }
}
