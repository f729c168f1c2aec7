//! Laws of numbers for people: unique without contact, never repeated.

use domain::adjustment;

use crate::stock::adjust;
use crate::world::{A, B, World, units};

#[test]
fn two_devices_without_contact_never_give_out_the_same_number() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    world.meet_all();
    let mut numbers = Vec::new();
    for node in [A, B, A, B] {
        let command = adjust(&world, line, units(1));
        numbers.push(world.at(node, |txn, caller| adjustment::create(txn, caller, &command)).number);
    }
    assert_eq!(numbers, ["KPU-b2-00001", "KPU-b3-00001", "KPU-b2-00002", "KPU-b3-00002"]);
}

#[test]
fn a_device_that_lost_its_counter_goes_on_behind_the_numbers_it_finds() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    for _ in 0..3 {
        let command = adjust(&world, line, units(1));
        world.at(A, |txn, caller| adjustment::create(txn, caller, &command));
    }
    world.meet_all();
    // The same device with an empty file, which refills from the centre.
    world.nodes[A] = crate::world::open(A);
    world.meet_all();
    let command = adjust(&world, line, units(1));
    let number = world.at(A, |txn, caller| adjustment::create(txn, caller, &command)).number;
    assert_eq!(number, "KPU-b2-00004");
}

#[test]
fn a_rejected_command_uses_up_no_number() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    let too_much = adjust(&world, line, units(-101));
    assert!(world.try_at(A, |txn, caller| adjustment::create(txn, caller, &too_much)).is_err());
    let command = adjust(&world, line, units(-100));
    let number = world.at(A, |txn, caller| adjustment::create(txn, caller, &command)).number;
    assert_eq!(number, "KPU-b2-00001");
}
