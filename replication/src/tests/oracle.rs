//! What a comparison finds, beside what another protocol for the same thing finds: negentropy, which knows nothing of ours.

use std::time::Duration;

use negentropy::{Id, Negentropy, NegentropyStorageVector};
use proptest::prelude::*;

use super::world::World;

const CENTRAL: usize = 0;
const SITE: usize = 1;
const SCOPE: &str = "store/1";
/// One way of a link takes 10 ms: two round trips, and some time for the bytes themselves.
const TWO_ROUND_TRIPS: Duration = Duration::from_millis(45);

/// Everything a place holds of the scope, as negentropy takes it: one item for each document in each version.
fn items(world: &World, place: usize) -> NegentropyStorageVector {
    let mut items = NegentropyStorageVector::new();
    for version in world.heads(place, SCOPE) {
        let id = *blake3::hash(format!("{version:?}").as_bytes()).as_bytes();
        items.insert(0, Id::from_byte_array(id)).expect("open");
    }
    items.seal().expect("once");
    items
}

/// How many versions one side has that the other lacks, both ways together.
fn differences(one: &NegentropyStorageVector, other: &NegentropyStorageVector) -> usize {
    let mut asking = Negentropy::borrowed(one, 0).expect("sealed");
    let mut answering = Negentropy::borrowed(other, 0).expect("sealed");
    let (mut have, mut need) = (Vec::new(), Vec::new());
    let mut next = Some(asking.initiate().expect("first"));
    while let Some(question) = next {
        let answer = answering.reconcile(&question).expect("understood");
        next = asking.reconcile_with_ids(&answer, &mut have, &mut need).expect("understood");
    }
    have.len() + need.len()
}

/// What happens to a note while both sides have forgotten how far the other is.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Same,
    AtSite,
    AtCentral,
    AtBoth,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        6 => Just(Fate::Same),
        1 => Just(Fate::AtSite),
        1 => Just(Fate::AtCentral),
        1 => Just(Fate::AtBoth),
    ];
    // More than are sent without comparing.
    prop::collection::vec(fate, 40..160)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_comparison_moves_what_differs_and_nothing_else_in_two_round_trips(
        fates in fates(),
        only_site in 0..12usize,
        only_central in 0..12usize,
    ) {
        let mut world = World::with_sites(1);
        (0..fates.len()).for_each(|note| { world.edit(SITE, SCOPE, &note.to_string(), "k", 0); });
        world.settle();
        world.cut(SITE, CENTRAL);
        for place in [SITE, CENTRAL] {
            let image = world.image(place);
            world.restore(place, &image);
        }
        for (note, fate) in fates.iter().enumerate() {
            let note = note.to_string();
            if let Fate::AtSite | Fate::AtBoth = fate {
                world.edit(SITE, SCOPE, &note, "k", 1);
            }
            if let Fate::AtCentral | Fate::AtBoth = fate {
                world.edit(CENTRAL, SCOPE, &note, "k", 2);
            }
        }
        (0..only_site).for_each(|note| { world.edit(SITE, SCOPE, &format!("site {note}"), "k", 3); });
        (0..only_central).for_each(|note| { world.edit(CENTRAL, SCOPE, &format!("central {note}"), "k", 4); });
        world.flush_all();
        let expected = differences(&items(&world, SITE), &items(&world, CENTRAL));

        world.wire.clear();
        world.connect(SITE, CENTRAL);
        world.settle();
        prop_assert_eq!(world.heads(SITE, SCOPE), world.heads(CENTRAL, SCOPE));
        prop_assert!(world.both_in_sync(SITE, CENTRAL));
        // What one side still knew of the other goes from its cursor, before and beside the comparison.
        let began = world.wire.iter().position(|seen| seen.kind == "BUCKETS");
        let compared = &world.wire[began.unwrap_or(0)..];
        let moved: usize = compared.iter().map(|seen| seen.documents).sum();
        // Less where one side has merged a document before it comes to send it.
        prop_assert!(moved <= expected, "{moved} documents for {expected} versions that differ");
        let lists = compared.iter().filter(|seen| seen.kind == "LIST").count();
        if let (Some(last), 1) = (compared.iter().rfind(|seen| seen.kind == "DELTA"), lists) {
            let took = last.at.since(compared[0].at);
            prop_assert!(took <= TWO_ROUND_TRIPS, "{took:?}");
        }
    }
}
