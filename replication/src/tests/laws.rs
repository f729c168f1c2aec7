//! Whatever happens in whatever order, when the network heals: all replicas of a scope are the same, everything that was
//! answered is in all of them, and both ends of every link can prove it.

use std::time::Duration;

use proptest::prelude::*;

use super::world::World;
use crate::Ticket;

const CENTRAL: usize = 0;
const SITES: usize = 2;

/// Something that may happen.
#[derive(Clone, Debug)]
enum Happening {
    Edit {
        place: usize,
        shared: bool,
        note: u8,
    },
    /// Several edits in one flush.
    Burst {
        place: usize,
        notes: u8,
    },
    Cut {
        site: usize,
    },
    Connect {
        site: usize,
    },
    /// The two sites meet without central, or part.
    Meet,
    Part,
    Crash {
        place: usize,
    },
    Pass {
        millis: u64,
    },
    /// All at once: frames that are under way are handled together.
    Flush,
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        6 => (0..=SITES, any::<bool>(), 0..4u8).prop_map(|(place, shared, note)| Happening::Edit { place, shared, note }),
        1 => (0..=SITES, 1..40u8).prop_map(|(place, notes)| Happening::Burst { place, notes }),
        2 => (1..=SITES).prop_map(|site| Happening::Cut { site }),
        3 => (1..=SITES).prop_map(|site| Happening::Connect { site }),
        1 => Just(Happening::Meet),
        1 => Just(Happening::Part),
        1 => (0..=SITES).prop_map(|place| Happening::Crash { place }),
        6 => (1..60u64).prop_map(|millis| Happening::Pass { millis }),
        2 => Just(Happening::Flush),
    ];
    prop::collection::vec(one, 1..60)
}

struct Run {
    world: World,
    written: Vec<Written>,
}

struct Written {
    place: usize,
    ticket: Ticket,
    scope: String,
    note: String,
    key: String,
    value: i64,
}

impl Run {
    fn edit(&mut self, place: usize, scope: &str, note: &str) {
        let value = self.written.len() as i64;
        let key = format!("k{value}");
        let ticket = self.world.edit(place, scope, note, &key, value);
        let (scope, note) = (scope.to_owned(), note.to_owned());
        self.written.push(Written { place, ticket, scope, note, key, value });
    }

    fn happen(&mut self, happening: &Happening) {
        match *happening {
            Happening::Edit { place, shared, note } => {
                let scope = if shared { "shared".to_owned() } else { format!("store/{}", place.max(1)) };
                self.edit(place, &scope, &note.to_string());
            }
            Happening::Burst { place, notes } => {
                (0..notes).for_each(|note| self.edit(place, "shared", &format!("burst {note}")));
            }
            Happening::Cut { site } => self.world.cut(site, CENTRAL),
            Happening::Connect { site } => {
                self.world.connect(site, CENTRAL);
            }
            Happening::Meet => {
                self.world.connect(1, 2);
            }
            Happening::Part => self.world.cut(1, 2),
            Happening::Crash { place } => self.world.crash(place),
            Happening::Pass { millis } => self.world.run_for(Duration::from_millis(millis)),
            Happening::Flush => self.world.flush_all(),
        }
    }
}

/// Each case is a few seconds of three nodes' life; PROPTEST_CASES asks for more.
fn config() -> ProptestConfig {
    let usual = ProptestConfig { max_shrink_iters: 400, ..ProptestConfig::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => usual,
        None => ProptestConfig { cases: 32, ..usual },
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn when_the_network_heals_everyone_holds_everything_and_knows_it(happenings in happenings()) {
        let mut run = Run { world: World::with_sites(SITES), written: Vec::new() };
        for happening in &happenings {
            run.happen(happening);
        }
        run.world.flush_all();
        let world = &mut run.world;
        (1..=SITES).for_each(|site| { world.connect(site, CENTRAL); });
        world.run_for(Duration::from_secs(20));

        for site in 1..=SITES {
            for scope in ["ref".to_owned(), "shared".to_owned(), format!("store/{site}")] {
                prop_assert_eq!(world.heads(site, &scope), world.heads(CENTRAL, &scope), "{}", scope);
            }
            prop_assert!(world.both_in_sync(site, CENTRAL), "site {} and central know", site);
            prop_assert_eq!(world.peer(site, CENTRAL).to_send, Some(0));
            prop_assert_eq!(world.peer(CENTRAL, site).to_receive, Some(0));
            prop_assert_eq!(world.peer(CENTRAL, site).refused_here, 0, "{:?}", world.peer(site, CENTRAL).last_error);
        }
        if let Some(other) = world.status(1).peer(world.device(2)) {
            prop_assert_eq!(other.refused_here, 0, "{:?}", other.last_error);
        }
        for Written { place, ticket, scope, note, key, value } in &run.written {
            // Answered: it is in every entitled replica. Not answered: it may have been lost in a crash.
            if world.reply(*place, *ticket).is_some() {
                prop_assert_eq!(world.value(*place, scope, note, key), Some(*value));
                prop_assert_eq!(world.value(CENTRAL, scope, note, key), Some(*value));
            }
        }
    }

    #[test]
    fn a_site_restored_from_any_image_converges(
        before in happenings(),
        between in happenings(),
        after in happenings(),
    ) {
        let mut run = Run { world: World::with_sites(SITES), written: Vec::new() };
        before.iter().for_each(|happening| run.happen(happening));
        run.world.flush_all();
        let image = run.world.image(1);
        between.iter().for_each(|happening| run.happen(happening));
        run.world.restore(1, &image);
        after.iter().for_each(|happening| run.happen(happening));
        run.world.flush_all();
        let world = &mut run.world;
        (1..=SITES).for_each(|site| { world.connect(site, CENTRAL); });
        world.run_for(Duration::from_secs(20));
        for site in 1..=SITES {
            for scope in ["ref".to_owned(), "shared".to_owned(), format!("store/{site}")] {
                prop_assert_eq!(world.heads(site, &scope), world.heads(CENTRAL, &scope), "{}", scope);
            }
            prop_assert!(world.both_in_sync(site, CENTRAL), "site {} and central know", site);
        }
    }
}
