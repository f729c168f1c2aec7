//! Runs many seeds and tells of those that break something.
//!
//! ```text
//! cargo run --release -p simulator --example hunt -- FIRST_SEED LAST_SEED [SITES [DAYS]] [all]
//! ```

use simulator::{FaultChoice, Options, simulate};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let faults = if words.iter().any(|word| word == "all") { FaultChoice::All } else { FaultChoice::Swarm };
    let number = |at: usize, default: u64| numbers.get(at).copied().unwrap_or(default);
    let (first, last) = (number(0, 1), number(1, 20));
    let mut broken = 0u64;
    for seed in first..=last {
        let options = Options {
            seed,
            sites: number(2, 1 + seed % 4) as u32,
            days: number(3, 1 + seed % 5) as u32,
            faults,
            ..Options::default()
        };
        let report = simulate(&options);
        broken += u64::from(!report.held());
        if !report.held() || first == last {
            println!("{}", report.human());
        }
    }
    println!("{} seeds, {broken} broken", last + 1 - first);
    std::process::exit(i32::from(broken > 0));
}
