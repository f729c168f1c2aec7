//! What a run found, for machines and for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use crate::options::{Faults, Options};
use crate::queue::{DAY, HOUR, MINUTE, SECOND};

/// What a run found. Everything in it follows from the options: there is no clock in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What the run was told.
    pub options: Options,
    /// The command that replays it.
    pub replay: String,
    /// The kinds of faults that the seed drew.
    pub faults: Faults,
    /// BLAKE3 over everything that happened, in hexadecimal digits: the same options give the same digest.
    pub digest: String,
    /// How many devices there were, central among them.
    pub devices: u32,
    /// Virtual time that passed, in milliseconds.
    pub virtual_millis: u64,
    /// Events that happened.
    pub events: u64,
    /// Commands that were carried out and acknowledged, by kind.
    pub commands: BTreeMap<String, u64>,
    /// Commands that were rejected, by code.
    pub rejections: BTreeMap<String, u64>,
    /// Commands that were never answered, because a crash came between.
    pub unanswered: u64,
    /// Retries under the same idempotency key.
    pub retries: u64,
    /// Documents received from peers and merged.
    pub merges: u64,
    /// Connections that stood.
    pub connections: u64,
    /// Times a link was cut.
    pub cuts: u64,
    /// Times a program was killed, lost its power or its disk.
    pub crashes: u64,
    /// Frames sent.
    pub frames: u64,
    /// Bytes of frames sent.
    pub wire_bytes: u64,
    /// Documents at central in the end.
    pub documents: u64,
    /// Stock lines whose balance fell below zero in a merge, at any time.
    pub over_issues: u64,
    /// How often each invariant was looked at.
    pub invariants: BTreeMap<String, u64>,
    /// Rare states, and how often they were reached.
    pub sometimes: BTreeMap<String, u64>,
    /// Longest time each device was not proven to be in sync, in virtual milliseconds, by device.
    pub staleness_millis: BTreeMap<String, u64>,
    /// From the healing of everything to the proof that all are in sync, in virtual milliseconds; nothing if it never came.
    pub convergence_millis: Option<u64>,
    /// What was found broken; nothing when all held.
    pub failure: Option<Breach>,
}

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Breach {
    /// Which, such as `I2`.
    pub invariant: String,
    /// What it promises.
    pub promise: String,
    /// What was found instead.
    pub detail: String,
    /// When, in virtual time.
    pub at: String,
    /// The last things that happened before, oldest first.
    pub last_events: Vec<String>,
}

/// The invariants that a run looks at, and what each promises.
pub const INVARIANTS: &[(&str, &str)] = &[
    ("I1", "replicas of a scope converge to the same documents, values and views"),
    ("I2", "nothing acknowledged is lost"),
    (
        "I4",
        "on hand is the sum of movements, and what was sent was received, is under way, or is a known discrepancy",
    ),
    ("I5", "no issue accepted here takes a line below zero, and a balance below zero is a task"),
    ("I6", "one idempotency key has one effect"),
    ("I8", "what someone not entitled does leaves no trace"),
    ("I10", "with the network healed, all are in sync within bounded time"),
    ("I11", "nothing panics, and databases open after every crash"),
    ("I12", "the same seed gives the same trace"),
    ("I13", "every change is signed by its author, and nothing contradicts what was signed"),
    ("I14", "what is given for orders is what their documents say, on every device"),
    ("I15", "what a finalised form reports adds up, and one order follows from it"),
    ("I16", "what goes back of what was received and refused is what documents say, on every device"),
    ("N1", "a number for people is given to one document"),
    ("S1", "shares add up to on hand, and where only shares are issued no line is below zero"),
    ("W1", "changes sent without what they continue are put together at the other end"),
    ("C1", "a field that holds different values is a task, and no other field is"),
];

impl Report {
    /// Whether everything held.
    pub fn held(&self) -> bool {
        self.failure.is_none()
    }

    /// A short report for people.
    pub fn human(&self) -> String {
        let mut text = String::new();
        self.write_human(&mut text).expect("writing into memory");
        text
    }

    fn write_human(&self, out: &mut String) -> std::fmt::Result {
        let Options { seed, sites, days, .. } = self.options;
        writeln!(out, "Simulated {days} days of {sites} sites ({} devices) from seed {seed}", self.devices)?;
        let drawn: Vec<&str> =
            self.faults.named().into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect();
        writeln!(
            out,
            "  faults      {}",
            if drawn.is_empty() { "none".to_owned() } else { drawn.join(", ") }
        )?;
        let done: u64 = self.commands.values().sum();
        let refused: u64 = self.rejections.values().sum();
        writeln!(
            out,
            "  work        {done} commands done, {refused} rejected, {} retried, {} unanswered",
            self.retries, self.unanswered
        )?;
        writeln!(
            out,
            "  network     {} connections, {} cuts, {}",
            self.connections,
            self.cuts,
            bytes(self.wire_bytes)
        )?;
        writeln!(out, "  machines    {} crashes, {} documents merged", self.crashes, self.merges)?;
        writeln!(out, "  stock       {} documents, {} lines over-issued", self.documents, self.over_issues)?;
        if let Some((device, longest)) = self.staleness_millis.iter().max_by_key(|(_, millis)| **millis) {
            writeln!(out, "  staleness   at most {} ({device})", duration(*longest))?;
        }
        match self.convergence_millis {
            Some(millis) => writeln!(out, "  converged   {} after the network healed", duration(millis))?,
            None => writeln!(out, "  converged   no")?,
        }
        let reached: Vec<String> = self
            .sometimes
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        let never: Vec<&str> =
            self.sometimes.iter().filter(|(_, count)| **count == 0).map(|(name, _)| name.as_str()).collect();
        wrapped(out, "  sometimes   ", &reached.join(", "))?;
        wrapped(out, "  not seen    ", &never.join(", "))?;
        let checks: BTreeSet<String> =
            self.invariants.iter().map(|(name, count)| format!("{name} {count}×")).collect();
        wrapped(out, "  checked     ", &checks.into_iter().collect::<Vec<_>>().join(", "))?;
        writeln!(out, "  digest      {}", self.digest)?;
        match &self.failure {
            None => writeln!(out, "All invariants held."),
            Some(breach) => write_breach(out, breach, &self.replay),
        }
    }
}

fn write_breach(out: &mut String, breach: &Breach, replay: &str) -> std::fmt::Result {
    writeln!(out, "\nBROKEN: {} — {}", breach.invariant, breach.promise)?;
    writeln!(out, "  {}", breach.detail)?;
    writeln!(out, "  at {}; replay with:\n\n      {replay}\n", breach.at)?;
    writeln!(out, "  what happened last:")?;
    breach.last_events.iter().try_for_each(|line| writeln!(out, "    {line}"))
}

/// Breaks a list at commas so that it fits a terminal.
fn wrapped(out: &mut String, head: &str, list: &str) -> std::fmt::Result {
    const WIDTH: usize = 100;
    if list.is_empty() {
        return Ok(());
    }
    let mut line = head.to_owned();
    for (index, word) in list.split(", ").enumerate() {
        if index > 0 {
            line.push_str(", ");
        }
        if line.chars().count() + word.chars().count() > WIDTH && line.len() > head.len() {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(head.len());
        }
        line.push_str(word);
    }
    writeln!(out, "{line}")
}

fn bytes(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

fn duration(millis: u64) -> String {
    let micros = millis * 1_000;
    match micros {
        0..SECOND => format!("{millis} ms"),
        SECOND..MINUTE => format!("{}.{} s", micros / SECOND, micros % SECOND / (SECOND / 10)),
        MINUTE..HOUR => format!("{} min {} s", micros / MINUTE, micros % MINUTE / SECOND),
        HOUR..DAY => format!("{} h {} min", micros / HOUR, micros % HOUR / MINUTE),
        _ => format!("{} days {} h", micros / DAY, micros % DAY / HOUR),
    }
}
