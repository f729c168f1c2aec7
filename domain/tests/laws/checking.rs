//! Laws of checking boxes with a scanner: against what is to be picked, and against what was sent.

use crdt_store::DocumentId;
use domain::barcode::{self, LearnBarcode};
use domain::shipment::{self, BoxWarning, End, ScanBox, ScannedBox, SetChecked, Status};

use crate::shipments::{detail, issue, of_stock, outbound, press};
use crate::world::{A, B, D, World, units};

const GTIN: &str = "09521234543213";

fn label(batch: &str) -> ScanBox {
    ScanBox { text: format!("01{GTIN}1727123110{batch}"), line: None }
}

fn learn(world: &mut World, node: usize, pack_size: Option<u32>) {
    let (store, item) = (world.store_of(node), world.amoxicillin);
    let command = LearnBarcode { store, gtin: GTIN.into(), item, pack_size };
    world.at(node, |txn, caller| barcode::learn(txn, caller, &command));
}

/// The health centre is to send 300 of a batch to the district: the shipment, its line, and another batch it has.
fn to_pick(world: &mut World) -> (DocumentId, DocumentId, DocumentId) {
    let stock = world.open_stock(A, "AB12", "2027-12-31", 1_000);
    let other = world.open_stock(A, "CD34", "2027-12-31", 1_000);
    learn(world, A, Some(100));
    let command = outbound(world, A, End::Store(world.district), vec![of_stock(stock, 300)]);
    let id = world.at(A, |txn, caller| shipment::create_outbound(txn, caller, &command)).id;
    world.meet_all();
    (id, detail(world, A, id).line_details[0].id, other)
}

fn scan(world: &mut World, node: usize, id: DocumentId, scan: &ScanBox) -> ScannedBox {
    world.at(node, |txn, caller| shipment::scan_out(txn, caller, id, scan))
}

#[test]
fn a_scanned_box_counts_towards_its_line_and_a_reload_finds_it_counted() {
    let mut world = World::new();
    let (id, line, _) = to_pick(&mut world);
    let found = scan(&mut world, A, id, &label("ab12"));
    assert_eq!((found.line, found.units, found.counted), (Some(line), units(100), units(100)));
    assert_eq!((found.expected, found.warnings), (units(300), vec![]));
    scan(&mut world, A, id, &label("AB12"));
    assert_eq!(detail(&world, A, id).line_details[0].checked, units(200));
    // A count by hand says how many there are in all; it moves nothing.
    let wish = SetChecked { quantity: units(150) };
    world.at(A, |txn, caller| shipment::set_checked(txn, caller, id, line, &wish));
    let seen = detail(&world, A, id).line_details[0].clone();
    assert_eq!((seen.checked, seen.quantity), (units(150), units(300)));
}

#[test]
fn what_two_devices_check_adds_up_and_a_count_by_hand_counts_both() {
    let mut world = World::new();
    let (id, line, _) = to_pick(&mut world);
    for node in [A, B, B] {
        scan(&mut world, node, id, &label("AB12"));
    }
    world.meet_all();
    world.assert_converged();
    assert_eq!(detail(&world, A, id).line_details[0].checked, units(300));
    let wish = SetChecked { quantity: units(100) };
    world.at(A, |txn, caller| shipment::set_checked(txn, caller, id, line, &wish));
    world.meet_all();
    assert_eq!(detail(&world, B, id).line_details[0].checked, units(100));
}

#[test]
fn a_box_that_does_not_belong_is_named_and_counts_nowhere() {
    let mut world = World::new();
    let (id, line, _) = to_pick(&mut world);
    let warned = |world: &mut World, text: &str| {
        let found = scan(world, A, id, &ScanBox { text: text.into(), line: None });
        assert_eq!(found.line, None, "{text}");
        found.warnings
    };
    assert_eq!(warned(&mut world, &label("CD34").text), [BoxWarning::WrongBatch]);
    assert_eq!(warned(&mut world, "0104006381333931"), [BoxWarning::UnknownArticle]);
    assert_eq!(warned(&mut world, "PCM500"), [BoxWarning::NotOnShipment]);
    assert_eq!(warned(&mut world, "nothing of ours"), [BoxWarning::NotOnShipment]);
    assert_eq!(detail(&world, A, id).line_details[0].checked, units(0));
    let broken = ScanBox { text: "0109521234543214".into(), line: None };
    let rejection = world.try_at(A, |txn, caller| shipment::scan_out(txn, caller, id, &broken));
    assert_eq!(rejection.expect_err("a wrong check digit").code, "gs1-check-digit");
    // More than asked is counted, for it is there, and said; so is another expiry on the box.
    let four = [(); 4].map(|()| scan(&mut world, A, id, &label("AB12")).warnings);
    assert_eq!(four, [vec![], vec![], vec![], vec![BoxWarning::TooMany]]);
    let other = ScanBox { text: format!("01{GTIN}1728010110AB12"), line: Some(line) };
    assert!(scan(&mut world, A, id, &other).warnings.contains(&BoxWarning::ExpiryDiffers));
    let old = ScanBox { text: format!("01{GTIN}1725010110AB12"), line: Some(line) };
    assert!(scan(&mut world, A, id, &old).warnings.contains(&BoxWarning::Expired));
}

#[test]
fn of_several_batches_somebody_chooses_and_of_two_lines_of_one_batch_the_first_is_filled() {
    let mut world = World::new();
    let (id, line, other) = to_pick(&mut world);
    world.at(A, |txn, caller| shipment::add_line(txn, caller, id, &of_stock(other, 100)));
    let unnamed = ScanBox { text: format!("01{GTIN}"), line: None };
    let found = scan(&mut world, A, id, &unnamed);
    assert_eq!((found.line, found.warnings.as_slice()), (None, [BoxWarning::SeveralLines].as_slice()));
    assert_eq!(found.choices.len(), 2);
    let found = scan(&mut world, A, id, &ScanBox { line: Some(line), ..unnamed });
    assert_eq!((found.line, found.counted), (Some(line), units(100)));
    let same_batch = world.open_stock(A, "AB12", "2027-12-31", 500);
    world.at(A, |txn, caller| shipment::add_line(txn, caller, id, &of_stock(same_batch, 100)));
    let counted: Vec<_> = (0..3).map(|_| scan(&mut world, A, id, &label("AB12")).line).collect();
    let lines = detail(&world, A, id).line_details;
    let checked = |stock| lines.iter().find(|line| line.stock_line == Some(stock)).map(|line| line.checked);
    assert_eq!((counted.len(), checked(same_batch)), (3, Some(units(100))), "then the next one");
    assert!(counted.contains(&Some(line)));
}

#[test]
fn picking_ends_when_the_goods_have_left() {
    let mut world = World::new();
    let (id, ..) = to_pick(&mut world);
    press(&mut world, A, id, Status::Picked);
    assert_eq!(scan(&mut world, A, id, &label("AB12")).counted, units(100), "checked before it leaves");
    press(&mut world, A, id, Status::Shipped);
    let rejection = world.try_at(A, |txn, caller| shipment::scan_out(txn, caller, id, &label("AB12")));
    assert_eq!(rejection.expect_err("gone").code, "wrong-status");
}

#[test]
fn boxes_that_arrive_are_counted_into_what_was_received() {
    let mut world = World::new();
    let stock = world.open_stock(D, "AB12", "2027-12-31", 1_000);
    let command = issue(&world, D, End::Store(world.centre), vec![of_stock(stock, 300)], Status::Shipped);
    let id = world.at(D, |txn, caller| shipment::issue(txn, caller, &command)).id;
    world.meet_all();
    let arrive = |world: &mut World, text: &str| {
        let scan = ScanBox { text: text.into(), line: None };
        world.at(A, |txn, caller| shipment::scan_in(txn, caller, id, &scan))
    };
    let text = label("AB12").text;
    assert_eq!(arrive(&mut world, &text).warnings, [BoxWarning::UnknownArticle]);
    learn(&mut world, A, None);
    let counted: Vec<_> = (0..2).map(|_| arrive(&mut world, &text).counted).collect();
    assert_eq!(counted, [units(100), units(200)], "a box whose size nobody knows is a pack of the line");
    // The store has none of it yet, and still finds the batch by its name.
    assert_eq!(arrive(&mut world, "ab12").counted, units(300));
    assert_eq!(arrive(&mut world, &text).warnings, [BoxWarning::TooMany]);
    assert_eq!(detail(&world, A, id).line_details[0].received, Some(units(400)));
    press(&mut world, A, id, Status::Received);
    assert_eq!(world.on_hand(A, world.centre), units(400));
    let scan = ScanBox { text, line: None };
    let rejection = world.try_at(A, |txn, caller| shipment::scan_in(txn, caller, id, &scan));
    assert_eq!(rejection.expect_err("in stock").code, "wrong-status");
}
