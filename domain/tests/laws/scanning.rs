//! Laws of scanning: what a store has learned of article numbers, and what a scanned text means there.

use crdt_store::{DocumentId, Rejection, Value};
use domain::barcode::{self, Barcode, CorrectBarcode, LearnBarcode};
use domain::item_variant::{self, CreateItemVariant, Packaging, UpdateItemVariant};
use domain::location::{self, CreateLocation, LocationKind};
use domain::query::barcodes::{self, BarcodeFilter, KnownArticle};
use domain::query::scan::{self, OwnCode, ScanKind, ScanWarning, Scanned};
use domain::query::{self, PageRequest};
use domain::stock_line::{self, UpdateStockLine};
use domain::{Caller, Preset, Role, gs1::Gtin};

use crate::world::{A, B, CENTRAL, D, World, day, today, units, user};

const GTIN: &str = "09521234543213";

fn gtin() -> Gtin {
    GTIN.parse().expect("an article")
}

fn teach(world: &World, item: DocumentId, pack_size: Option<u32>) -> LearnBarcode {
    LearnBarcode { store: world.centre, gtin: GTIN.into(), item, pack_size }
}

fn learn(world: &mut World, node: usize, item: DocumentId) -> Result<DocumentId, Rejection> {
    let command = teach(world, item, Some(100));
    world.try_at(node, |txn, caller| barcode::learn(txn, caller, &command)).map(|made| made.id)
}

fn known(world: &World, node: usize) -> Option<KnownArticle> {
    barcodes::find(&world.read(node), world.centre, &gtin()).expect("memory reads")
}

fn scanned(world: &World, text: &str) -> Scanned {
    scan::scan(&world.read(A), world.centre, text, today())
        .unwrap_or_else(|failure| panic!("{text}: {failure:?}"))
}

fn label(batch: &str) -> String {
    format!("01{GTIN}1727063010{batch}")
}

#[test]
fn what_one_device_has_learned_all_devices_of_the_store_know_and_no_other_store() {
    let mut world = World::new();
    let item = world.amoxicillin;
    let id = learn(&mut world, A, item).expect("learned");
    world.meet_all();
    let expected = KnownArticle { item, pack_size: Some(100), barcode: Some(id) };
    assert_eq!(known(&world, B), Some(expected));
    assert_eq!(barcodes::find(&world.read(D), world.district, &gtin()).expect("memory reads"), None);
    let filter = BarcodeFilter { search: Some("amox".into()), item: None };
    let page = barcodes::list(&world.read(B), world.centre, &filter, &PageRequest::default());
    let rows = page.expect("a page").rows;
    assert_eq!((rows.len(), rows[0].item_code.as_str()), (1, "AMX250"));
    let printed = |pack| barcodes::of_pack(&world.read(B), world.centre, item, pack).expect("memory reads");
    assert_eq!((printed(100), printed(10)), (Some(gtin()), None));
    world.assert_converged();
}

#[test]
fn two_devices_that_learn_the_same_article_make_one_barcode() {
    for order in [[A, B], [B, A]] {
        let mut world = World::new();
        let item = world.amoxicillin;
        let (first, second) = (learn(&mut world, A, item), learn(&mut world, B, item));
        assert_eq!(first, second);
        for node in [order[0], order[1], order[0], order[1]] {
            world.meet(node, CENTRAL);
        }
        world.assert_converged();
        assert_eq!(known(&world, A).map(|known| known.item), Some(item));
    }
}

#[test]
fn of_two_items_taught_for_one_article_one_holds_everywhere_and_the_history_shows_both() {
    for order in [[A, B], [B, A]] {
        let mut world = World::new();
        let (one, other) = (world.amoxicillin, world.paracetamol);
        let id = learn(&mut world, A, one).expect("learned");
        learn(&mut world, B, other).expect("learned without knowing");
        for node in [order[0], order[1], order[0], order[1]] {
            world.meet(node, CENTRAL);
        }
        world.assert_converged();
        let held = known(&world, A).expect("known").item;
        assert!([one, other].contains(&held));
        for node in [B, CENTRAL] {
            assert_eq!(known(&world, node).map(|known| known.item), Some(held), "node {node}");
        }
        let history = world.read(B).history(id).expect("memory reads").expect("a document");
        let mut teachers: Vec<_> = history.iter().filter_map(|entry| entry.message.clone()).collect();
        teachers.sort();
        assert_eq!(teachers, [user(A).to_string(), user(B).to_string()]);
        let taught = |item: DocumentId| {
            let item = Value::Bytes(item.as_bytes().to_vec());
            history.iter().any(|entry| entry.after.get("item") == Some(&item))
        };
        assert!(taught(one) && taught(other));
        // Whoever sees that it is the wrong one corrects it, for all.
        let right = if held == one { other } else { one };
        let command = CorrectBarcode { item: Some(right), pack_size: Some(None) };
        world.at(B, |txn, caller| barcode::correct(txn, caller, id, &command));
        world.meet_all();
        let corrected = known(&world, A).expect("known");
        assert_eq!((corrected.item, corrected.pack_size), (right, None));
        world.assert_converged();
    }
}

#[test]
fn the_number_on_a_variants_box_is_known_in_every_store_that_has_not_learned_better() {
    let mut world = World::new();
    let (item, other) = (world.amoxicillin, world.paracetamol);
    let variant = crate::shelf::variant(&mut world);
    let boxed = |gtin: &str| UpdateItemVariant {
        primary: Some(Some(Packaging { units: 100, volume: None, gtin: Some(gtin.into()) })),
        ..UpdateItemVariant::default()
    };
    // The same number in thirteen digits.
    world.central(|txn, caller| item_variant::update(txn, caller, variant, &boxed(&GTIN[1..])));
    world.meet_all();
    let reference = KnownArticle { item, pack_size: Some(100), barcode: None };
    assert_eq!(known(&world, A), Some(reference.clone()));
    assert_eq!(
        barcodes::find(&world.read(D), world.district, &gtin()).expect("memory reads"),
        Some(reference)
    );
    let printed = barcodes::of_pack(&world.read(A), world.centre, item, 100).expect("memory reads");
    assert_eq!(printed, Some(gtin()));
    learn(&mut world, A, other).expect("the store's own word");
    assert_eq!(known(&world, A).map(|known| known.item), Some(other));
    let id = barcode::id_of(world.centre, &gtin());
    world.at(A, |txn, caller| barcode::forget(txn, caller, id));
    assert_eq!(known(&world, A).map(|known| known.item), Some(item));
    // A number that is on boxes of two items says nothing.
    let of_other = CreateItemVariant {
        id: None,
        item: other,
        name: "Savane".into(),
        manufacturer: None,
        vvm_type: None,
        location_type: None,
        primary: Some(Packaging { units: 10, volume: None, gtin: Some(GTIN.into()) }),
        secondary: None,
        tertiary: None,
    };
    let second = world.central(|txn, caller| item_variant::create(txn, caller, &of_other)).id;
    world.meet_all();
    assert_eq!(known(&world, A), None);
    let retire = UpdateItemVariant { active: Some(false), ..UpdateItemVariant::default() };
    world.central(|txn, caller| item_variant::update(txn, caller, second, &retire));
    world.meet_all();
    assert_eq!(known(&world, A).map(|known| known.item), Some(item));
    world.assert_converged();
}

#[test]
fn an_article_that_means_something_already_is_corrected_not_taught() {
    let mut world = World::new();
    let (one, other) = (world.amoxicillin, world.paracetamol);
    let id = learn(&mut world, A, one).expect("learned");
    assert_eq!(learn(&mut world, A, one), Ok(id), "the same again");
    let rejection = learn(&mut world, A, other).expect_err("another item");
    assert_eq!((rejection.code.as_ref(), rejection.pointer.as_deref()), ("duplicate-code", Some("/gtin")));
}

#[test]
fn what_is_forgotten_can_be_learned_again_and_forgetting_wins_over_a_correction() {
    let mut world = World::new();
    let (one, other) = (world.amoxicillin, world.paracetamol);
    let id = learn(&mut world, A, one).expect("learned");
    world.meet_all();
    world.at(A, |txn, caller| barcode::forget(txn, caller, id));
    let command = CorrectBarcode { item: Some(other), pack_size: None };
    world.at(B, |txn, caller| barcode::correct(txn, caller, id, &command));
    world.meet_all();
    assert_eq!((known(&world, A), known(&world, B)), (None, None));
    assert_eq!(scanned(&world, GTIN).readings[0].warnings, [ScanWarning::UnknownArticle]);
    assert_eq!(learn(&mut world, B, other), Ok(id));
    world.meet_all();
    assert_eq!(known(&world, A).map(|known| known.item), Some(other));
    world.assert_converged();
}

#[test]
fn only_who_may_edit_stock_teaches_and_a_number_read_badly_teaches_nothing() {
    let mut world = World::new();
    let command = teach(&world, world.amoxicillin, None);
    let viewer = Caller {
        user: user(A),
        store: Some(world.centre),
        permissions: Preset::Viewer.permissions(),
        role: Role::Site,
    };
    let code = |outcome: Result<_, Rejection>| outcome.map(|_: domain::Created| ()).expect_err("refused");
    let refused = code(world.try_as(A, &viewer, |txn, caller| barcode::learn(txn, caller, &command)));
    assert_eq!(refused.code, "not-permitted");
    for (gtin, expected) in
        [("09521234543214", "gs1-check-digit"), ("12345", "gs1-bad-value"), ("", "gs1-bad-value")]
    {
        let command = LearnBarcode { gtin: gtin.into(), ..command.clone() };
        let refused = code(world.try_at(A, |txn, caller| barcode::learn(txn, caller, &command)));
        assert_eq!((refused.code.as_ref(), refused.pointer.as_deref()), (expected, Some("/gtin")), "{gtin}");
    }
    let command = LearnBarcode { pack_size: Some(0), ..command };
    let refused = code(world.try_at(A, |txn, caller| barcode::learn(txn, caller, &command)));
    assert_eq!((refused.code.as_ref(), refused.pointer.as_deref()), ("validation", Some("/packSize")));
}

#[test]
fn a_scan_finds_the_batch_with_its_balance_and_says_what_to_look_at() {
    let mut world = World::new();
    let item = world.amoxicillin;
    let line = world.open_stock(A, "L1", "2027-06-30", 10);
    world.open_stock(A, "OLD", "2026-01-31", 5);
    learn(&mut world, A, item).expect("learned");
    let found = scanned(&world, &label("L1"));
    assert_eq!((found.kind, found.sure), (ScanKind::Label, true));
    let reading = &found.readings[0];
    assert_eq!(reading.item.as_ref().map(|item| item.code.as_str()), Some("AMX250"));
    assert_eq!(
        reading.lines.iter().map(|row| (row.id, row.on_hand)).collect::<Vec<_>>(),
        [(line, units(10))]
    );
    assert_eq!((reading.pack_size, reading.expiry), (Some(100), Some(day("2027-06-30"))));
    assert_eq!(reading.warnings, []);
    // A line of the same batch that is used up does not stand beside one that is there.
    world.open_stock(A, "L1", "2027-06-30", 0);
    assert_eq!(scanned(&world, &label("L1")).readings[0].lines.len(), 1);
    let warnings = |text: &str| scanned(&world, text).readings[0].warnings.clone();
    assert_eq!(warnings(&label("L2")), [ScanWarning::BatchNotHere]);
    assert_eq!(warnings(&format!("01{GTIN}1726013110OLD")), [ScanWarning::Expired]);
    assert_eq!(warnings(&format!("01{GTIN}1727073110L1")), [ScanWarning::ExpiryDiffers]);
    // The number alone brings all batches that are there.
    assert_eq!(scanned(&world, "9521234543213").readings[0].lines.len(), 2);
    let hold = UpdateStockLine { on_hold: Some(true), ..Default::default() };
    world.at(A, |txn, caller| stock_line::update(txn, caller, line, &hold));
    assert_eq!(scanned(&world, &label("l1")).readings[0].warnings, [ScanWarning::OnHold]);
}

#[test]
fn a_dropped_separator_is_a_question_unless_one_reading_alone_is_in_stock() {
    let mut world = World::new();
    let item = world.amoxicillin;
    learn(&mut world, A, item).expect("learned");
    let found = scanned(&world, &label("LOT2105"));
    assert_eq!((found.sure, found.readings.len()), (false, 2));
    world.open_stock(A, "LOT2105", "2027-06-30", 10);
    let found = scanned(&world, &label("LOT2105"));
    assert_eq!((found.sure, found.readings.len()), (true, 1));
    assert_eq!(found.readings[0].batch.as_deref(), Some("LOT2105"));
    world.open_stock(A, "LOT", "2027-06-30", 10);
    assert!(!scanned(&world, &label("LOT2105")).sure, "both are here");
}

#[test]
fn labels_of_our_own_codes_and_names_lead_to_what_they_are_on() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 10);
    let shelf = CreateLocation {
        store: world.centre,
        code: "R1-B".into(),
        name: "Rayon 1".into(),
        kind: LocationKind::Ambient,
        parent: None,
        location_type: None,
        volume: None,
    };
    let place = world.at(A, |txn, caller| location::create(txn, caller, &shelf)).id;
    for text in [OwnCode::Location(place).to_string(), "r1-b".into()] {
        let found = scanned(&world, &text);
        assert_eq!(
            (found.kind, found.location.map(|place| place.id)),
            (ScanKind::Location, Some(place)),
            "{text}"
        );
    }
    for text in [OwnCode::StockLine(line).to_string(), "l1".into()] {
        let found = scanned(&world, &text);
        assert_eq!((found.kind, found.readings[0].lines[0].id), (ScanKind::Batch, line), "{text}");
    }
    let found = scanned(&world, "amx250");
    assert_eq!((found.kind, found.readings[0].lines.len()), (ScanKind::Item, 1));
    assert_eq!(scanned(&world, "amoxicilline").kind, ScanKind::Words);
    assert_eq!(scanned(&world, " ").kind, ScanKind::Words);
    // A shelf of another store is not there.
    let elsewhere =
        scan::scan(&world.read(A), world.district, &OwnCode::Location(place).to_string(), today());
    assert!(matches!(elsewhere, Err(crdt_store::Failure::Rejected(no)) if no.code == "not-found"));
    assert!(query::stock::line(&world.read(A), line, today()).is_ok());
}

#[test]
fn a_barcode_of_an_item_that_is_not_known_here_is_one_to_learn() {
    let mut world = World::new();
    let item = world.amoxicillin;
    let id = learn(&mut world, A, item).expect("learned");
    let barcode: Barcode = world.documents(A)[&id].data().expect("a barcode");
    assert_eq!((barcode.gtin.as_str(), barcode.item), (GTIN, item));
    let reading = &scanned(&world, &label("L9")).readings[0];
    assert_eq!(reading.warnings, [ScanWarning::BatchNotHere]);
    let other = format!("0109521000000018{}", "10L9");
    assert_eq!(scanned(&world, &other).readings[0].warnings, [ScanWarning::UnknownArticle]);
}
