//! Laws of conflicting values: what two people said without knowing of each other is shown to both, until one of them
//! says which holds.

use crdt_store::{DocumentId, Timestamp, ViewRead};
use domain::asset::{AssetDetails, CreateAsset, UpdateAsset};
use domain::barcode::{self, LearnBarcode};
use domain::conflict::{self, SettleConflict};
use domain::location::{CreateLocation, UpdateLocation};
use domain::query::tasks::{ConflictChoice, ConflictEntry, TaskEntry};
use domain::shipment::{self, End, Receive, ReceiveLine, Status};
use domain::stock_line::{UpdateStockLine, Vvm};
use domain::{Caller, Preset, Role, TaskKind, asset, location, query, stock_line};

use crate::merging::in_any_order;
use crate::shipments::{detail, issue, of_stock, tasks};
use crate::world::{A, B, CENTRAL, D, World, today, units, user};

fn shelf(world: &mut World, code: &str) -> DocumentId {
    let command = CreateLocation {
        store: world.centre,
        code: code.into(),
        name: format!("Shelf {code}"),
        kind: Default::default(),
        parent: None,
        location_type: None,
        volume: None,
    };
    world.at(A, |txn, caller| location::create(txn, caller, &command)).id
}

fn edit(world: &mut World, node: usize, line: DocumentId, command: UpdateStockLine) {
    world.at(node, |txn, caller| stock_line::update(txn, caller, line, &command));
}

fn move_to(world: &mut World, node: usize, line: DocumentId, place: DocumentId) {
    edit(world, node, line, UpdateStockLine { location: Some(Some(place)), ..Default::default() });
}

fn hold(world: &mut World, node: usize, line: DocumentId, on_hold: bool) {
    edit(world, node, line, UpdateStockLine { on_hold: Some(on_hold), ..Default::default() });
}

fn conflicts(world: &World, node: usize) -> Vec<(TaskEntry, ConflictEntry)> {
    let found = tasks(world, node).into_iter();
    found
        .filter_map(|mut task| {
            let conflict = task.conflict.take()?;
            Some((task, conflict))
        })
        .collect()
}

/// The only conflict there is.
fn one(world: &World, node: usize) -> (TaskEntry, ConflictEntry) {
    let mut found = conflicts(world, node);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn choice<'c>(conflict: &'c ConflictEntry, shown: &str) -> &'c ConflictChoice {
    let named = |choice: &&ConflictChoice| choice.label.as_deref().or(choice.value.as_deref()) == Some(shown);
    conflict.choices.iter().find(named).unwrap_or_else(|| panic!("{shown} among {:?}", conflict.choices))
}

fn settle(world: &mut World, node: usize, document: DocumentId, conflict: &ConflictEntry, shown: &str) {
    let command = wish(conflict, shown);
    world.at(node, |txn, caller| conflict::settle(txn, caller, document, &command));
}

fn wish(conflict: &ConflictEntry, shown: &str) -> SettleConflict {
    SettleConflict { pointer: conflict.pointer.clone(), change: choice(conflict, shown).change.clone() }
}

fn line_of(world: &World, node: usize, line: DocumentId) -> query::stock::StockRow {
    query::stock::line(&world.read(node), line, crate::world::today()).expect("a line")
}

/// A line that A put on one shelf while B put it on another.
fn moved_twice(world: &mut World) -> DocumentId {
    let line = world.open_stock(A, "L1", "2027-06-30", 10);
    let (first, second) = (shelf(world, "A1"), shelf(world, "R2"));
    world.meet_all();
    move_to(world, A, line, first);
    move_to(world, B, line, second);
    line
}

#[test]
fn a_batch_moved_to_two_shelves_shows_both_until_one_tap_settles_it() {
    in_any_order(|world| {
        let line = moved_twice(world);
        Box::new(move |world| {
            for node in [A, B, CENTRAL] {
                let (task, conflict) = one(world, node);
                assert_eq!((task.task.kind, task.task.document), (TaskKind::ConflictingValues, line));
                assert_eq!((task.task.stock_line, task.batch.as_deref()), (Some(line), Some("L1")));
                assert_eq!((task.task.item, task.task.store), (Some(world.amoxicillin), world.centre));
                assert_eq!((conflict.pointer.as_str(), conflict.choices.len()), ("/location", 2));
                for (shown, by, device) in [("A1", user(A), "device 1"), ("R2", user(B), "device 2")] {
                    let writers = &choice(&conflict, shown).writers;
                    assert_eq!((writers.len(), writers[0].by), (1, Some(by)));
                    assert_eq!(writers[0].device_name.as_deref(), Some(device));
                }
                let current: Vec<_> = conflict.choices.iter().map(|choice| choice.current).collect();
                assert_eq!(current, [true, false], "the one that is shown comes first");
                let shown = conflict.choices[0].label.clone();
                assert_eq!(line_of(world, node, line).location_code, shown);
            }
        })
    });
    for shown in ["A1", "R2"] {
        let mut world = World::new();
        let line = moved_twice(&mut world);
        world.meet_all();
        let (_, conflict) = one(&world, B);
        settle(&mut world, B, line, &conflict, shown);
        assert!(tasks(&world, B).is_empty(), "one tap");
        world.meet_all();
        for node in [A, B, CENTRAL] {
            assert!(tasks(&world, node).is_empty());
            assert_eq!(line_of(&world, node, line).location_code.as_deref(), Some(shown));
        }
        world.assert_converged();
    }
}

#[test]
fn a_line_held_on_one_device_and_released_on_another_asks_which_holds() {
    in_any_order(|world| {
        let line = world.open_stock(A, "L1", "2027-06-30", 10);
        hold(world, A, line, true);
        world.meet_all();
        hold(world, A, line, false);
        hold(world, A, line, true);
        hold(world, B, line, false);
        Box::new(move |world| {
            let (_, conflict) = one(world, A);
            assert_eq!(conflict.pointer, "/on_hold");
            choice(&conflict, "true");
            choice(&conflict, "false");
        })
    });
}

#[test]
fn a_shelf_put_into_two_rooms_shows_both_by_their_codes() {
    let mut world = World::new();
    let (shelf, one_room, other_room) =
        (shelf(&mut world, "S1"), shelf(&mut world, "R1"), shelf(&mut world, "R2"));
    world.meet_all();
    let stand = |parent| UpdateLocation { parent: Some(Some(parent)), ..UpdateLocation::default() };
    world.at(A, |txn, caller| location::update(txn, caller, shelf, &stand(one_room)));
    world.at(B, |txn, caller| location::update(txn, caller, shelf, &stand(other_room)));
    world.meet_all();
    let (_, conflict) = one(&world, B);
    assert_eq!((conflict.pointer.as_str(), conflict.subject.as_deref()), ("/parent", Some("S1")));
    choice(&conflict, "R1");
    settle(&mut world, B, shelf, &conflict, "R2");
    world.meet_all();
    assert!(tasks(&world, A).is_empty());
    let row = query::locations::row(&world.read(A), shelf).expect("a location");
    assert_eq!(row.parent, Some(other_room));
    world.assert_converged();
}

#[test]
fn an_article_taught_as_two_items_asks_which_it_is() {
    let mut world = World::new();
    let gtin = "09521234543213";
    let teach = |world: &World, item| LearnBarcode {
        store: world.centre,
        gtin: gtin.into(),
        item,
        pack_size: Some(100),
    };
    let (amoxicillin, paracetamol) = (world.amoxicillin, world.paracetamol);
    let (first, second) = (teach(&world, amoxicillin), teach(&world, paracetamol));
    let id = world.at(A, |txn, caller| barcode::learn(txn, caller, &first)).id;
    world.at(B, |txn, caller| barcode::learn(txn, caller, &second));
    world.meet_all();
    let (_, conflict) = one(&world, A);
    assert_eq!((conflict.pointer.as_str(), conflict.subject.as_deref()), ("/item", Some(gtin)));
    let wanted =
        conflict.choices.iter().find(|choice| !choice.current).and_then(|choice| choice.label.clone());
    let wanted = wanted.expect("a name");
    settle(&mut world, A, id, &conflict, &wanted);
    world.meet_all();
    for node in [A, B] {
        assert!(tasks(&world, node).is_empty());
        let page = query::barcodes::list(
            &world.read(node),
            world.centre,
            &Default::default(),
            &query::PageRequest::default(),
        );
        assert_eq!(page.expect("a page").rows[0].item_name, wanted);
    }
    world.assert_converged();
}

#[test]
fn a_monitor_settled_is_settled_with_when_it_was_looked_at() {
    let look = |vvm, at: &str| stock_line::ObserveVvm { vvm, at: domain::instant::parse(at), note: None };
    let early = look(Vvm::Stage1, "2026-01-01T08:00:00Z");
    let late = look(Vvm::Stage2, "2026-01-02T08:00:00Z");
    for (shown, observed) in [("stage1", &early), ("stage2", &late)] {
        let mut world = World::new();
        let item = world.amoxicillin;
        crate::shelf::make_vaccine(&mut world, item);
        let line = world.open_stock(A, "L1", "2027-06-30", 10);
        world.meet_all();
        world.at(A, |txn, caller| stock_line::observe_vvm(txn, caller, line, &early));
        world.at(B, |txn, caller| stock_line::observe_vvm(txn, caller, line, &late));
        world.meet_all();
        let (_, conflict) = one(&world, A);
        settle(&mut world, A, line, &conflict, shown);
        world.meet_all();
        let row = line_of(&world, B, line);
        assert_eq!((row.vvm, row.vvm_at), (Some(observed.vvm), observed.at));
        world.assert_converged();
    }
}

#[test]
fn several_fields_are_several_tasks_and_each_is_settled_alone() {
    let mut world = World::new();
    let item = world.amoxicillin;
    crate::shelf::make_vaccine(&mut world, item);
    let line = world.open_stock(A, "L1", "2027-06-30", 10);
    world.meet_all();
    for (node, note, vvm) in [(A, "wet", Some(Vvm::Stage1)), (B, "dry", Some(Vvm::Stage3))] {
        let command = UpdateStockLine { note: Some(Some(note.into())), vvm: Some(vvm), ..Default::default() };
        edit(&mut world, node, line, command);
    }
    world.meet_all();
    let found = conflicts(&world, A);
    let pointers: Vec<_> = found.iter().map(|(_, conflict)| conflict.pointer.as_str()).collect();
    assert_eq!(pointers, ["/note", "/vvm"]);
    settle(&mut world, A, line, &found[1].1, "stage3");
    let (_, left) = one(&world, A);
    assert_eq!(left.pointer, "/note");
    assert_eq!(line_of(&world, A, line).vvm, Some(Vvm::Stage3));
    let contested = query::tasks::contested(&world.read(A), world.centre).expect("memory reads");
    assert_eq!(contested.into_iter().collect::<Vec<_>>(), [((line, "/note".to_owned()), 2)]);
}

#[test]
fn a_field_emptied_on_one_device_and_filled_on_another_can_be_settled_as_empty() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 10);
    let (first, second) = (shelf(&mut world, "A1"), shelf(&mut world, "R2"));
    move_to(&mut world, A, line, first);
    world.meet_all();
    edit(&mut world, A, line, UpdateStockLine { location: Some(None), ..Default::default() });
    move_to(&mut world, B, line, second);
    world.meet_all();
    let (_, conflict) = one(&world, B);
    let empty = conflict.choices.iter().find(|choice| choice.value.is_none()).expect("the empty one");
    let command = SettleConflict { pointer: conflict.pointer.clone(), change: empty.change.clone() };
    world.at(B, |txn, caller| conflict::settle(txn, caller, line, &command));
    world.meet_all();
    assert_eq!(line_of(&world, A, line).location_code, None);
    assert!(tasks(&world, A).is_empty());
}

#[test]
fn settled_alike_on_two_devices_it_is_settled_and_settled_differently_it_is_asked_again() {
    for (first, second, left) in [("A1", "A1", 0), ("A1", "R2", 1)] {
        let mut world = World::new();
        let line = moved_twice(&mut world);
        world.meet_all();
        let (_, conflict) = one(&world, A);
        settle(&mut world, A, line, &conflict, first);
        settle(&mut world, B, line, &conflict, second);
        world.meet_all();
        world.assert_converged();
        assert_eq!(conflicts(&world, A).len(), left, "{first} and {second}");
        if left == 1 {
            let (_, again) = one(&world, A);
            assert_eq!(choice(&again, "A1").writers[0].by, Some(user(A)), "now by those who settled it");
            settle(&mut world, B, line, &again, "R2");
            world.meet_all();
            assert!(tasks(&world, A).is_empty());
        }
        assert_eq!(line_of(&world, A, line).location, line_of(&world, B, line).location);
    }
}

#[test]
fn settled_on_one_device_while_edited_on_another_both_stand_again() {
    in_any_order(|world| {
        let line = moved_twice(world);
        let third = shelf(world, "C3");
        world.meet_all();
        let (_, conflict) = one(world, A);
        settle(world, A, line, &conflict, "A1");
        move_to(world, B, line, third);
        Box::new(move |world| {
            let (_, again) = one(world, B);
            assert_eq!(again.choices.len(), 2, "what was settled away is gone");
            choice(&again, "A1");
            choice(&again, "C3");
        })
    });
}

#[test]
fn an_edit_with_knowledge_of_both_settles_too() {
    let mut world = World::new();
    let line = moved_twice(&mut world);
    let third = shelf(&mut world, "C3");
    world.meet_all();
    move_to(&mut world, B, line, third);
    world.meet_all();
    assert!(tasks(&world, A).is_empty());
    assert_eq!(line_of(&world, A, line).location_code.as_deref(), Some("C3"));
}

#[test]
fn two_devices_that_say_the_same_contradict_nobody() {
    in_any_order(|world| {
        let line = world.open_stock(A, "L1", "2027-06-30", 10);
        let place = shelf(world, "A1");
        world.meet_all();
        for node in [A, B] {
            move_to(world, node, line, place);
            hold(world, node, line, true);
        }
        Box::new(move |world| assert!(tasks(world, A).is_empty()))
    });
}

#[test]
fn three_values_of_which_two_are_equal_are_two_choices_with_all_their_writers() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 10);
    let (first, second) = (shelf(&mut world, "A1"), shelf(&mut world, "R2"));
    world.meet_all();
    move_to(&mut world, A, line, first);
    move_to(&mut world, B, line, second);
    // Central stands for a third device here: it may write everywhere.
    move_to(&mut world, CENTRAL, line, first);
    world.meet_all();
    let (_, conflict) = one(&world, A);
    assert_eq!(conflict.choices.len(), 2);
    let devices: Vec<_> =
        choice(&conflict, "A1").writers.iter().map(|writer| writer.device_name.as_deref()).collect();
    assert_eq!(devices, [Some("device 0"), Some("device 1")], "the latest first");
}

#[test]
fn a_choice_that_is_gone_is_refused_and_changes_nothing() {
    let mut world = World::new();
    let line = moved_twice(&mut world);
    world.meet_all();
    let (_, conflict) = one(&world, A);
    let stale = wish(&conflict, "R2");
    settle(&mut world, A, line, &conflict, "A1");
    let before = world.views(A);
    let refuse = |world: &mut World, command: &SettleConflict| {
        world.try_at(A, |txn, caller| conflict::settle(txn, caller, line, command)).expect_err("stale")
    };
    assert_eq!(refuse(&mut world, &stale).code, "stale-conflict");
    let elsewhere = SettleConflict { pointer: "/store".into(), change: stale.change.clone() };
    assert_eq!(refuse(&mut world, &elsewhere).code, "stale-conflict");
    assert_eq!(world.views(A), before);
    // Contested again, by others: what was a choice before is none now.
    world.meet_all();
    let other = shelf(&mut world, "C3");
    let another = shelf(&mut world, "D4");
    world.meet_all();
    move_to(&mut world, A, line, other);
    move_to(&mut world, B, line, another);
    world.meet_all();
    let rejection = refuse(&mut world, &stale);
    assert_eq!((rejection.code.as_str(), rejection.pointer.as_deref()), ("stale-conflict", Some("/change")));
}

#[test]
fn settling_needs_the_right_to_edit_what_is_settled() {
    let mut world = World::new();
    let line = moved_twice(&mut world);
    world.meet_all();
    let (_, conflict) = one(&world, A);
    let command = wish(&conflict, "A1");
    let viewer = Caller {
        user: user(A),
        store: Some(world.centre),
        permissions: Preset::Viewer.permissions(),
        role: Role::Site,
    };
    let elsewhere = world.caller(D);
    for caller in [viewer, elsewhere] {
        let refused = world.try_as(A, &caller, |txn, caller| conflict::settle(txn, caller, line, &command));
        assert_eq!(refused.expect_err("refused").code, "not-permitted");
    }
}

#[test]
fn locations_and_equipment_are_settled_alike_and_a_code_stays_unique() {
    let mut world = World::new();
    let (place, other) = (shelf(&mut world, "A1"), shelf(&mut world, "B1"));
    let command =
        CreateAsset { id: None, store: world.centre, number: "F-1".into(), details: AssetDetails::default() };
    let fridge = world.at(A, |txn, caller| asset::create(txn, caller, &command)).id;
    world.meet_all();
    for (node, code) in [(A, "A2"), (B, "B2")] {
        let command = UpdateLocation { code: Some(code.into()), ..Default::default() };
        world.at(node, |txn, caller| location::update(txn, caller, place, &command));
        let details = AssetDetails { model: Some(Some(code.into())), ..Default::default() };
        let command = UpdateAsset { number: None, details };
        world.at(node, |txn, caller| asset::update(txn, caller, fridge, &command));
    }
    world.meet_all();
    world.assert_converged();
    let found = conflicts(&world, B);
    let of = |document| &found.iter().find(|(task, _)| task.task.document == document).expect("a task").1;
    assert_eq!((of(fridge).pointer.as_str(), of(fridge).subject.as_deref()), ("/model", Some("F-1")));
    settle(&mut world, B, fridge, of(fridge), "A2");
    // Meanwhile another shelf took the code.
    let taken = of(place).choices[1].value.clone().expect("a code");
    let command = UpdateLocation { code: Some(taken.clone()), ..Default::default() };
    world.at(B, |txn, caller| location::update(txn, caller, other, &command));
    let command = wish(of(place), &taken);
    let refused = world.try_at(B, |txn, caller| conflict::settle(txn, caller, place, &command));
    assert_eq!(refused.expect_err("taken").code, "duplicate-code");
    let shown = of(place).choices[0].value.clone().expect("a code");
    settle(&mut world, B, place, of(place), &shown);
    world.meet_all();
    assert!(tasks(&world, A).is_empty());
}

#[test]
fn two_counts_of_one_delivery_are_the_receivers_to_settle() {
    let mut world = World::new();
    let stock = world.open_stock(D, "AB12", "2027-12-31", 1_000);
    let command = issue(&world, D, End::Store(world.centre), vec![of_stock(stock, 300)], Status::Shipped);
    let id = world.at(D, |txn, caller| shipment::issue(txn, caller, &command)).id;
    world.meet_all();
    let line = detail(&world, A, id).line_details[0].id;
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
    world.meet_all();
    assert!(conflicts(&world, D).is_empty(), "the sender has a discrepancy, not this");
    let (task, conflict) = one(&world, B);
    assert_eq!((task.task.document, task.task.line), (id, Some(line)));
    assert_eq!((task.task.item, task.task.number.is_some()), (Some(world.amoxicillin), true));
    settle(&mut world, B, id, &conflict, "280");
    world.meet_all();
    world.assert_converged();
    assert!(conflicts(&world, A).is_empty());
    assert_eq!(world.on_hand(CENTRAL, world.centre), units(280));
}

#[test]
fn the_same_line_made_on_two_devices_asks_only_where_they_differ() {
    let mut world = World::new();
    let stock = world.open_stock(D, "AB12", "2027-12-31", 1_000);
    let places = [shelf(&mut world, "A1"), shelf(&mut world, "R2")];
    let command = issue(&world, D, End::Store(world.centre), vec![of_stock(stock, 300)], Status::Shipped);
    let id = world.at(D, |txn, caller| shipment::issue(txn, caller, &command)).id;
    world.meet_all();
    let line = detail(&world, A, id).line_details[0].id;
    for (node, place) in [(A, places[0]), (B, places[1])] {
        let lines =
            vec![ReceiveLine { line, quantity: None, location: Some(place), verdict: None, note: None }];
        world.at(node, |txn, caller| shipment::receive(txn, caller, id, &Receive { lines }));
    }
    world.meet_all();
    world.assert_converged();
    let (task, conflict) = one(&world, A);
    assert_eq!(Some(task.task.document), detail(&world, A, id).line_details[0].received_line);
    assert_eq!(conflict.pointer, "/location");
}

#[test]
fn what_was_contested_is_seen_as_it_was_at_any_instant() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 10);
    let (first, second) = (shelf(&mut world, "A1"), shelf(&mut world, "R2"));
    world.meet_all();
    let opened = world.now;
    move_to(&mut world, A, line, first);
    move_to(&mut world, B, line, second);
    world.meet_all();
    let contested = world.now;
    let (_, conflict) = one(&world, A);
    settle(&mut world, A, line, &conflict, "A1");
    for (at, conflicts) in [(opened, 0), (contested, 1), (world.now, 0)] {
        let found = world.read(A).document_at(line, Timestamp::from_millis(at)).expect("memory reads");
        assert_eq!(found.expect("it was there").conflicts.len(), conflicts);
    }
    assert_eq!(world.read(A).document_at(line, Timestamp::from_millis(0)).expect("memory reads"), None);
}

#[test]
fn a_list_of_the_past_tells_where_batches_lay_and_what_they_were_called_then() {
    let mut world = World::new();
    let (first, second) = (shelf(&mut world, "A1"), shelf(&mut world, "R2"));
    let line = world.open_stock(A, "L1", "2027-06-30", 10);
    move_to(&mut world, A, line, first);
    let then = Timestamp::from_millis(world.now);
    move_to(&mut world, A, line, second);
    let again =
        UpdateStockLine { batch: Some(Some("L1-bis".into())), on_hold: Some(true), ..Default::default() };
    edit(&mut world, A, line, again);
    let listed = |location: Option<DocumentId>, as_of: Option<Timestamp>| {
        let filter = query::stock::StockFilter { location, as_of, ..Default::default() };
        let page = query::PageRequest::default();
        query::stock::list(&world.read(A), world.centre, &filter, today(), &page).expect("a list").rows
    };
    let past = listed(None, Some(then));
    assert_eq!((past[0].batch.as_deref(), past[0].location_code.as_deref()), (Some("L1"), Some("A1")));
    assert!(!past[0].on_hold && past[0].on_hand == units(10));
    // A filter asks for what was so then.
    assert_eq!((listed(Some(first), Some(then)).len(), listed(Some(second), Some(then)).len()), (1, 0));
    assert_eq!((listed(Some(first), None).len(), listed(Some(second), None).len()), (0, 1));
}
