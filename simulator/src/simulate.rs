//! One run, from options to report.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::check;
use crate::options::Options;
use crate::report::{Breach, Report};
use crate::world::{Held, World};

/// Runs a world and looks at what is left of it. With [`Options::twice`] it is run again, and both runs must be the same.
pub fn simulate(options: &Options) -> Report {
    let (mut report, world) = run_once(options);
    if options.twice && report.held() {
        let (second, _) = run_once(options);
        report.invariants.insert("I12".to_owned(), 1);
        if second.digest != report.digest {
            let detail = format!("one run ends at digest {}, the other at {}", report.digest, second.digest);
            report.failure = Some(world.breach("I12", detail));
        }
    }
    report
}

/// What the nodes of a world would say to each other of what they hold at its end, frame by frame: what compression is
/// trained on and measured with. Of a world that does not hold, nothing.
pub fn corpus(options: &Options) -> Vec<Vec<u8>> {
    let mut world = World::new(options);
    if world.run().is_err() {
        return Vec::new();
    }
    let nodes = world.machines.iter().filter_map(|machine| machine.node.as_ref());
    let samples = nodes.filter_map(|node| {
        let snapshot = node.reader().snapshot().ok()?;
        replication::dictionary::samples(&snapshot).ok()
    });
    samples.flatten().collect()
}

fn run_once(options: &Options) -> (Report, World) {
    let mut world = World::new(options);
    // A panic anywhere in the code under test is a finding like any other: with a seed.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        world.run()?;
        check::at_rest(&mut world)
    }));
    world.tally.checked("I11");
    let held = outcome.unwrap_or_else(|panic| Err(panicked(&world, &*panic)));
    (report_of(&world, held), world)
}

fn panicked(world: &World, panic: &(dyn std::any::Any + Send)) -> Breach {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("of unknown kind");
    world.breach("I11", format!("a panic: {text}"))
}

fn report_of(world: &World, held: Held) -> Report {
    let tally = &world.tally;
    let counts = world.network.counts;
    let owned = |map: &std::collections::BTreeMap<&'static str, u64>| {
        map.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    };
    let stale = world.machines.iter().filter(|machine| machine.honest && !machine.central);
    Report {
        options: world.options.clone(),
        replay: world.options.replay(),
        faults: world.faults,
        digest: world.trace.digest(),
        devices: world.machines.len() as u32,
        virtual_millis: world.now.0 / 1_000,
        events: world.trace.events(),
        commands: owned(&tally.commands),
        rejections: tally.rejections.clone(),
        unanswered: tally.unanswered,
        retries: tally.retries,
        merges: tally.merges,
        connections: counts.circuits,
        cuts: tally.cuts,
        crashes: tally.crashes,
        frames: counts.frames,
        wire_bytes: counts.bytes,
        documents: tally.documents,
        over_issues: tally.over_issues.len() as u64,
        invariants: owned(&tally.invariants),
        sometimes: tally.all_sometimes(),
        staleness_millis: stale
            .map(|machine| (machine.name.clone(), machine.stale_longest / 1_000))
            .collect(),
        convergence_millis: world.converged_after.map(|micros| micros / 1_000),
        failure: held.err(),
    }
}
