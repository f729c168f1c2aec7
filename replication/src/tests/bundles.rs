//! What is carried by hand: a site and central become one by files alone, in whatever order and however often they are
//! brought; beside connections they do no harm; and what one side takes for acknowledged is there.

use std::time::Duration;

use crdt_store::{DeviceId, Timestamp};
use proptest::prelude::*;

use super::world::{Stick, World};
use crate::bundle::{Bundle, Header, Writer};
use crate::{LinkState, code, decode};

const CENTRAL: usize = 0;
const SITE: usize = 1;
const OTHER: usize = 2;

/// A central and a site that never meet: central knows the site's device, the site nothing.
fn apart() -> World {
    let mut world = World::new();
    let central = world.add(true);
    let site = world.add(false);
    world.grant(central, site, "store/1");
    world.grant(central, site, "shared");
    world.settle();
    world
}

/// A central and a site that were in sync and are not connected any more.
fn parted() -> World {
    let mut world = World::with_sites(1);
    world.edit(SITE, "store/1", "old", "k", 1);
    world.edit(CENTRAL, "store/1", "theirs", "k", 1);
    world.settle();
    world.cut(SITE, CENTRAL);
    world.settle();
    world
}

fn same(world: &World, scopes: &[&str]) -> bool {
    scopes.iter().all(|scope| world.heads(SITE, scope) == world.heads(CENTRAL, scope))
}

#[test]
fn a_site_lives_on_sticks_from_its_first_day() {
    let mut world = apart();
    world.edit(CENTRAL, "store/1", "n", "central", 1);
    let taken = world.carry(CENTRAL, SITE);
    assert!(taken.news >= 3 && taken.refused + taken.parked + taken.left_out == 0, "{taken:?}");
    world.edit(SITE, "store/1", "n", "site", 2);
    world.edit(CENTRAL, "shared", "m", "k", 3);
    let back = world.carry(SITE, CENTRAL);
    assert_eq!((back.news, back.documents), (1, 1), "what came from central is not sent back");
    world.carry(CENTRAL, SITE);
    assert!(same(&world, &["ref", "shared", "store/1"]));
    assert_eq!(world.value(CENTRAL, "store/1", "n", "site"), Some(2));
    assert_eq!(world.value(SITE, "shared", "m", "k"), Some(3));
}

#[test]
fn the_way_back_acknowledges_and_nothing_is_left_to_send() {
    let mut world = parted();
    world.edit(SITE, "store/1", "n", "k", 1);
    world.edit(SITE, "shared", "m", "k", 2);
    world.carry(SITE, CENTRAL);
    assert_eq!(world.peer(SITE, CENTRAL).to_send, Some(2), "nobody has said that it arrived");
    assert_eq!(world.peer(CENTRAL, SITE).to_send, Some(0), "the file proved that the site held all of this");
    let back = world.carry(CENTRAL, SITE);
    assert_eq!((back.documents, back.nothing_to_return), (0, true));
    assert_eq!(world.peer(SITE, CENTRAL).to_send, Some(0));
    world.edit(SITE, "store/1", "n", "k", 3);
    world.settle();
    assert_eq!(world.peer(SITE, CENTRAL).to_send, Some(1));
    assert_eq!(world.save(SITE, CENTRAL).documents, 1, "what is acknowledged is not carried again");
}

#[test]
fn a_peer_of_bundles_is_not_said_to_be_connected_or_in_sync() {
    let mut world = apart();
    let stick = world.save(CENTRAL, SITE);
    assert!(world.peer(CENTRAL, SITE).bundle_made.is_some());
    assert_eq!(world.peer(CENTRAL, SITE).to_send, None, "nobody knows what the site has");
    world.load(SITE, &stick);
    let central = world.peer(SITE, CENTRAL);
    assert!(central.bundle_taken.is_some() && central.last_contact.is_none());
    assert_eq!((central.link, central.in_sync, central.proven_at), (LinkState::Offline, false, None));
    assert!(central.central);
    world.settle();
    world.crash(SITE);
    assert_eq!(world.peer(SITE, CENTRAL).bundle_taken, central.bundle_taken, "it survives a crash");
}

#[test]
fn twice_is_once() {
    let mut world = parted();
    world.edit(SITE, "store/1", "n", "k", 1);
    let stick = world.save(SITE, CENTRAL);
    assert_eq!(world.load(CENTRAL, &stick).news, 1);
    let (heads, seq) = (world.heads(CENTRAL, "store/1"), world.status(CENTRAL).head_seq);
    let again = world.load(CENTRAL, &stick);
    assert_eq!((again.documents, again.news), (1, 0));
    assert_eq!((world.heads(CENTRAL, "store/1"), world.status(CENTRAL).head_seq), (heads, seq));
}

#[test]
fn the_second_brought_before_the_first_is_as_good() {
    let mut world = parted();
    world.edit(SITE, "store/1", "n", "first", 1);
    let first = world.save(SITE, CENTRAL);
    world.edit(SITE, "store/1", "n", "second", 2);
    let second = world.save(SITE, CENTRAL);
    let taken = world.load(CENTRAL, &second);
    assert_eq!((taken.news, taken.gap, taken.left_out), (1, false, 0), "it stands alone");
    let acknowledged = world.node(CENTRAL).acknowledged(DeviceId::from_bytes([SITE as u8 + 1; 16]));
    let taken = world.load(CENTRAL, &first);
    assert_eq!((taken.news, taken.gap), (0, false));
    assert_eq!(
        world.node(CENTRAL).acknowledged(DeviceId::from_bytes([SITE as u8 + 1; 16])),
        acknowledged,
        "an older file moves nothing backward"
    );
    assert!(same(&world, &["store/1"]));
}

#[test]
fn one_that_is_lost_is_no_loss() {
    let mut world = parted();
    world.edit(SITE, "store/1", "n", "lost", 1);
    world.save(SITE, CENTRAL);
    world.edit(SITE, "store/1", "n", "kept", 2);
    world.carry(SITE, CENTRAL);
    assert_eq!(world.value(CENTRAL, "store/1", "n", "lost"), Some(1));
    assert!(same(&world, &["store/1"]));
}

#[test]
fn a_bundle_holds_nothing_that_its_recipient_may_not_read() {
    let mut world = World::with_sites(2);
    world.edit(CENTRAL, "store/2", "secret", "k", 1);
    world.settle();
    let stick = world.save(CENTRAL, SITE);
    world.load(SITE, &stick);
    assert_eq!(world.value(SITE, "store/2", "secret", "k"), None);
    let text: Vec<u8> = stick.frames.iter().flat_map(|frame| inflated(frame)).collect();
    assert!(!text.windows(7).any(|bytes| bytes == b"store/2"), "not even the name of the scope");
}

/// What a frame says, as it is printed for people.
fn inflated(frame: &[u8]) -> Vec<u8> {
    format!("{:?}", decode(frame).expect("a frame")).into_bytes()
}

#[test]
fn a_bundle_made_before_a_connection_and_brought_after_it_is_harmless() {
    let mut world = parted();
    world.edit(SITE, "store/1", "n", "k", 1);
    let stick = world.save(SITE, CENTRAL);
    world.edit(SITE, "store/1", "n", "k", 2);
    world.connect(SITE, CENTRAL);
    world.settle();
    assert!(world.both_in_sync(SITE, CENTRAL));
    let from = world.wire.len();
    let taken = world.load(CENTRAL, &stick);
    world.settle();
    assert_eq!((taken.news, taken.gap), (0, false));
    assert!(world.both_in_sync(SITE, CENTRAL));
    assert_eq!(world.documents_since(from), 0, "and costs nothing on the wire");
    world.cut(SITE, CENTRAL);
    world.connect(SITE, CENTRAL);
    let from = world.wire.len();
    world.run_for(Duration::from_millis(200));
    assert_eq!(world.kinds_since(from), ["BANNER", "HELLO", "WELCOME"]);
}

#[test]
fn what_a_connection_has_acknowledged_is_not_carried() {
    let mut world = parted();
    assert_eq!(world.save(SITE, CENTRAL).documents, 0);
    assert_eq!(world.save(CENTRAL, SITE).documents, 0);
}

#[test]
fn a_connection_after_bundles_sends_nothing_that_they_brought() {
    let mut world = apart();
    for note in 0..60 {
        world.edit(CENTRAL, "store/1", &note.to_string(), "k", note);
    }
    world.carry(CENTRAL, SITE);
    world.edit(SITE, "store/1", "n", "k", 1);
    world.carry(SITE, CENTRAL);
    world.carry(CENTRAL, SITE);
    let from = world.wire.len();
    world.connect(SITE, CENTRAL);
    world.settle();
    assert_eq!(world.documents_since(from), 0);
    assert!(world.both_in_sync(SITE, CENTRAL));
}

#[test]
fn a_restored_site_is_given_everything_again_and_gives_what_it_has() {
    let mut world = parted();
    let image = world.image(SITE);
    world.edit(SITE, "store/1", "lost", "k", 1);
    let before = world.save(SITE, CENTRAL);
    world.load(CENTRAL, &before);
    world.restore(SITE, &image);
    assert_eq!(world.value(SITE, "store/1", "lost", "k"), None);
    world.edit(SITE, "store/1", "new", "k", 2);
    let taken = world.carry(SITE, CENTRAL);
    assert_eq!((taken.news, taken.outdated), (1, false));
    world.carry(CENTRAL, SITE);
    assert_eq!(world.value(SITE, "store/1", "lost", "k"), Some(1), "central gives back what the site wrote");
    assert!(same(&world, &["ref", "shared", "store/1"]));
    // A file of before the restoration: its documents are as good as ever, its positions are not.
    let old = world.load(CENTRAL, &before);
    assert_eq!((old.outdated, old.news), (true, 0));
    world.edit(SITE, "store/1", "new", "k", 3);
    assert_eq!(world.carry(SITE, CENTRAL).news, 1);
    assert!(same(&world, &["store/1"]));
}

#[test]
fn a_restored_recipient_takes_what_fits_and_asks_for_the_rest() {
    let mut world = parted();
    let image = world.image(CENTRAL);
    world.edit(SITE, "store/1", "old", "k", 2);
    world.edit(SITE, "store/1", "gone", "k", 2);
    world.carry(SITE, CENTRAL);
    world.carry(CENTRAL, SITE);
    world.restore(CENTRAL, &image);
    world.edit(SITE, "store/1", "old", "k", 3);
    let taken = world.carry(SITE, CENTRAL);
    assert_eq!((taken.left_out, taken.gap), (1, false), "it continues a change that is gone: {taken:?}");
    world.carry(CENTRAL, SITE);
    let taken = world.carry(SITE, CENTRAL);
    assert_eq!((taken.left_out, taken.gap), (0, false), "the site has learnt of it: {taken:?}");
    assert_eq!(world.value(CENTRAL, "store/1", "gone", "k"), Some(2));
    assert!(same(&world, &["ref", "shared", "store/1"]));
}

#[test]
fn two_sites_exchange_what_they_wrote_themselves() {
    let mut world = World::with_sites(2);
    for site in [SITE, OTHER] {
        world.edit(site, "shared", &format!("of {site}"), "k", 1);
    }
    world.flush_all();
    world.cut(SITE, CENTRAL);
    world.cut(OTHER, CENTRAL);
    world.edit(SITE, "shared", "late", "k", 1);
    let taken = world.carry(SITE, OTHER);
    assert_eq!(taken.refused, 0, "{taken:?}");
    assert_eq!(world.value(OTHER, "shared", "late", "k"), Some(1));
}

#[test]
fn a_refusal_is_told_by_the_bundle_that_met_it() {
    let mut world = World::new();
    let central = world.add(true);
    let site = world.add_with(false, false);
    world.grant(central, site, "store/1");
    world.carry(central, site);
    world.edit(site, "store/1", "bad", "bad", 1);
    world.edit(site, "store/1", "good", "k", 1);
    let taken = world.carry(site, central);
    assert_eq!((taken.refused, taken.news), (1, 1));
    assert_eq!(world.value(central, "store/1", "good", "k"), Some(1));
    assert!(!world.carry(central, site).nothing_to_return, "they differ");
}

#[test]
fn a_scope_that_was_withdrawn_is_acknowledged_all_the_same() {
    let mut world = parted();
    world.revoke(CENTRAL, SITE, "store/1");
    world.edit(SITE, "store/1", "n", "k", 1);
    world.carry(SITE, CENTRAL);
    assert_eq!(world.value(CENTRAL, "store/1", "n", "k"), Some(1));
    world.carry(CENTRAL, SITE);
    assert_eq!(world.peer(SITE, CENTRAL).to_send, Some(0));
}

#[test]
fn its_own_bundle_and_more_than_a_few_at_once_are_refused() {
    let mut world = apart();
    let (now, own) = (world.now(), world.as_peer(CENTRAL));
    let refused = world.node(CENTRAL).handle_bundle(now, crate::ConnectionId(900), &own);
    assert_eq!(refused.map_err(|error| error.code), Err(code::BUNDLE_OWN));
    let site = world.as_peer(SITE);
    for number in 0..crate::BUNDLES_MAX as u64 {
        world.node(CENTRAL).handle_bundle(now, crate::ConnectionId(901 + number), &site).expect("room");
    }
    let refused = world.node(CENTRAL).handle_bundle(now, crate::ConnectionId(990), &site);
    assert_eq!(refused.map_err(|error| error.code), Err(code::BUNDLE_BUSY));
}

/// A day of a site: 200 of its documents, 600 edits.
#[test]
fn a_day_is_as_small_in_a_bundle_as_on_the_wire() {
    let mut worlds = [(); 2].map(|()| {
        let mut world = World::with_sites(1);
        (0..200).for_each(|note| {
            world.edit(SITE, "store/1", &note.to_string(), "k", note);
        });
        world.settle();
        world.cut(SITE, CENTRAL);
        for edit in 0..600 {
            world.edit(SITE, "store/1", &(edit % 200).to_string(), "k", edit);
        }
        world.settle();
        world
    });
    let from = worlds[0].wire.len();
    worlds[0].connect(SITE, CENTRAL);
    worlds[0].settle();
    let live: usize =
        worlds[0].wire[from..].iter().filter(|seen| seen.from == SITE).map(|seen| seen.bytes).sum();
    let stick = worlds[1].save(SITE, CENTRAL);
    assert_eq!(stick.documents, 200);
    assert!(stick.bytes() <= live + 64, "{} bytes in frames, {live} on the wire", stick.bytes());
    worlds[1].load(CENTRAL, &stick);
    assert_eq!(worlds[0].heads(CENTRAL, "store/1").len(), worlds[1].heads(CENTRAL, "store/1").len());
}

// ---- the file

fn file(frames: &[Vec<u8>]) -> Vec<u8> {
    let header = Header {
        from: DeviceId::from_bytes([1; 16]),
        certificate: vec![7; 300],
        to: DeviceId::from_bytes([2; 16]),
        made: Timestamp::from_millis(1_790_000_000_000),
    };
    let mut writer = Writer::new(&header);
    frames.iter().for_each(|frame| writer.put(frame));
    writer.finish(|digest| Ok::<_, ()>([*digest, *digest].concat())).expect("signed")
}

/// The signature of these tests is the digest, twice.
fn read(file: &[u8]) -> Result<usize, &'static str> {
    let bundle = Bundle::read(file.to_vec()).map_err(|error| error.code)?;
    match bundle.signature() == [bundle.digest(), bundle.digest()].concat() {
        true => Ok(bundle.frame_count()),
        false => Err(code::BUNDLE_TAMPERED),
    }
}

fn sample() -> Stick {
    let mut world = apart();
    world.edit(CENTRAL, "store/1", "n", "k", 1);
    world.save(CENTRAL, SITE)
}

#[test]
fn a_file_is_read_as_it_was_written_and_cut_anywhere_it_says_so() {
    let stick = sample();
    let whole = file(&stick.frames);
    assert_eq!(read(&whole), Ok(stick.frames.len()));
    let survey = Bundle::read(whole.clone()).expect("whole").survey().expect("all of it can be read");
    assert_eq!(survey.documents, stick.documents);
    assert_eq!(read(b""), Err(code::NOT_A_BUNDLE));
    assert_eq!(read(b"PK\x03\x04 a spreadsheet"), Err(code::NOT_A_BUNDLE));
    for len in 1..whole.len() {
        assert_eq!(read(&whole[..len]), Err(code::BUNDLE_TRUNCATED), "{len} of {}", whole.len());
    }
    let mut other = whole;
    other[16] = 9;
    assert_eq!(read(&other), Err(code::BUNDLE_VERSION));
}

#[test]
fn what_has_no_place_in_a_bundle_is_found_before_anything_is_taken() {
    let stick = sample();
    let ping = crate::codec::encode(&crate::frame::Message::Ping).expect("small");
    let with_ping = file(&[stick.frames.clone(), vec![ping]].concat());
    let survey =
        |file: Vec<u8>| Bundle::read(file).expect("well-formed").survey().map_err(|error| error.code);
    assert_eq!(survey(with_ping), Err(code::OUT_OF_TURN));
    assert_eq!(survey(file(&stick.frames[1..])), Err(code::OUT_OF_TURN), "it must say who made it");
    assert_eq!(survey(file(&[])), Err(code::BUNDLE_TAMPERED));
}

proptest! {
    #[test]
    fn no_byte_can_be_changed(at in any::<prop::sample::Index>(), flip in 1..=255u8) {
        let mut bytes = file(&sample().frames);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert!(read(&bytes).is_err(), "byte {} of {}", at, bytes.len());
    }

    #[test]
    fn arbitrary_bytes_are_no_bundle(bytes in prop::collection::vec(any::<u8>(), 0..400), begins in any::<bool>()) {
        let mut file = if begins { [crate::bundle::MAGIC.as_slice(), &[1]].concat() } else { Vec::new() };
        file.extend(bytes);
        prop_assert!(read(&file).is_err());
    }
}

// ---- laws

/// Something that may happen.
#[derive(Clone, Debug)]
enum Happening {
    Edit {
        place: usize,
        shared: bool,
        note: u8,
    },
    Cut {
        site: usize,
    },
    Connect {
        site: usize,
    },
    Crash {
        place: usize,
    },
    Pass {
        millis: u64,
    },
    /// Somebody saves a file at a site for central, or the other way.
    Save {
        site: usize,
        up: bool,
    },
    /// Somebody brings one of the files there are, whatever happened to it before.
    Load {
        stick: prop::sample::Index,
        per_flush: usize,
    },
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        5 => (CENTRAL..=OTHER, any::<bool>(), 0..4u8).prop_map(|(place, shared, note)| Happening::Edit { place, shared, note }),
        1 => (SITE..=OTHER).prop_map(|site| Happening::Cut { site }),
        1 => (SITE..=OTHER).prop_map(|site| Happening::Connect { site }),
        1 => (CENTRAL..=OTHER).prop_map(|place| Happening::Crash { place }),
        3 => (1..60u64).prop_map(|millis| Happening::Pass { millis }),
        4 => (SITE..=OTHER, any::<bool>()).prop_map(|(site, up)| Happening::Save { site, up }),
        5 => (any::<prop::sample::Index>(), 1..5usize).prop_map(|(stick, per_flush)| Happening::Load { stick, per_flush }),
    ];
    prop::collection::vec(one, 1..60)
}

struct Run {
    world: World,
    sticks: Vec<(usize, Stick)>,
    edits: i64,
}

impl Run {
    fn new() -> Self {
        let mut world = World::with_sites(2);
        (SITE..=OTHER).for_each(|site| world.cut(site, CENTRAL));
        Self { world, sticks: Vec::new(), edits: 0 }
    }

    fn happen(&mut self, happening: &Happening) {
        match happening {
            Happening::Edit { place, shared, note } => {
                let scope = if *shared { "shared".to_owned() } else { format!("store/{}", place.max(&1)) };
                self.edits += 1;
                self.world.edit(*place, &scope, &note.to_string(), &format!("k{}", self.edits), self.edits);
            }
            Happening::Cut { site } => self.world.cut(*site, CENTRAL),
            Happening::Connect { site } => {
                self.world.connect(*site, CENTRAL);
            }
            Happening::Crash { place } => self.world.crash(*place),
            Happening::Pass { millis } => self.world.run_for(Duration::from_millis(*millis)),
            Happening::Save { site, up } => {
                let (from, to) = if *up { (*site, CENTRAL) } else { (CENTRAL, *site) };
                let stick = self.world.save(from, to);
                self.sticks.push((to, stick));
            }
            Happening::Load { stick, per_flush } => {
                if !self.sticks.is_empty() {
                    let (to, stick) = stick.get(&self.sticks);
                    self.world.load_in_steps(*to, stick, *per_flush);
                }
            }
        }
    }

    fn lies(&mut self) -> Vec<String> {
        let pairs = (SITE..=OTHER).flat_map(|site| [(site, CENTRAL), (CENTRAL, site)]);
        pairs.flat_map(|(one, other)| self.world.lies(one, other)).collect()
    }
}

fn converged(world: &World) -> Result<(), TestCaseError> {
    for site in SITE..=OTHER {
        for scope in ["ref".to_owned(), "shared".to_owned(), format!("store/{site}")] {
            prop_assert_eq!(world.heads(site, &scope), world.heads(CENTRAL, &scope), "{}", scope);
        }
    }
    Ok(())
}

fn config(cases: u32) -> ProptestConfig {
    let usual = ProptestConfig { max_shrink_iters: 400, ..ProptestConfig::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => usual,
        None => ProptestConfig { cases, ..usual },
    }
}

proptest! {
    #![proptest_config(config(32))]

    #[test]
    fn whatever_is_carried_between_connections_nobody_takes_for_acknowledged_what_is_missing(
        happenings in happenings(),
    ) {
        let mut run = Run::new();
        for happening in &happenings {
            run.happen(happening);
            let lies = run.lies();
            prop_assert!(lies.is_empty(), "after {:?}: {:?}", happening, lies);
        }
        run.world.flush_all();
        (SITE..=OTHER).for_each(|site| { run.world.connect(site, CENTRAL); });
        run.world.run_for(Duration::from_secs(20));
        converged(&run.world)?;
        for site in SITE..=OTHER {
            prop_assert!(run.world.both_in_sync(site, CENTRAL), "site {} and central know", site);
            prop_assert_eq!(run.world.peer(CENTRAL, site).refused_here, 0);
        }
    }

    #[test]
    fn by_sticks_alone_everyone_ends_with_everything(happenings in happenings()) {
        let mut run = Run::new();
        for happening in happenings.iter().filter(|happening| !matches!(happening, Happening::Connect { .. })) {
            run.happen(happening);
        }
        // Twice: what one site wrote reaches the other by way of central.
        for site in [SITE, OTHER, SITE, OTHER] {
            run.world.carry(site, CENTRAL);
            run.world.carry(CENTRAL, site);
        }
        converged(&run.world)?;
        for site in SITE..=OTHER {
            run.world.carry(site, CENTRAL);
            run.world.settle();
            prop_assert_eq!(run.world.peer(site, CENTRAL).to_send, Some(0));
            prop_assert_eq!(run.world.peer(CENTRAL, site).to_send, Some(0));
        }
    }

    #[test]
    fn a_site_restored_between_sticks_converges(
        before in happenings(),
        between in happenings(),
        after in happenings(),
    ) {
        let mut run = Run::new();
        before.iter().for_each(|happening| run.happen(happening));
        run.world.flush_all();
        let image = run.world.image(SITE);
        between.iter().for_each(|happening| run.happen(happening));
        run.world.restore(SITE, &image);
        after.iter().for_each(|happening| run.happen(happening));
        run.world.flush_all();
        (SITE..=OTHER).for_each(|site| { run.world.connect(site, CENTRAL); });
        run.world.run_for(Duration::from_secs(20));
        converged(&run.world)?;
        for site in SITE..=OTHER {
            prop_assert!(run.world.both_in_sync(site, CENTRAL), "site {} and central know", site);
        }
    }
}
