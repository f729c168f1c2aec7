//! The trace of a run: a digest of everything that happened, and the last lines of it for people.

use std::collections::VecDeque;
use std::fmt::Arguments;

use crate::queue::Instant;

/// Lines kept for the report of a failure: enough to see a reconnection, few enough to read.
const LINES_KEPT: usize = 60;

/// What happened so far.
pub(crate) struct Trace {
    hasher: blake3::Hasher,
    events: u64,
    lines: VecDeque<String>,
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self {
            hasher: blake3::Hasher::new_derive_key("tributary 2026 trace of a simulated world"),
            events: 0,
            lines: VecDeque::with_capacity(LINES_KEPT),
        }
    }

    /// Notes a line.
    pub(crate) fn note(&mut self, at: Instant, line: Arguments<'_>) {
        let line = format!("{at}  {line}");
        self.hasher.update(line.as_bytes()).update(b"\n");
        self.events += 1;
        if self.lines.len() == LINES_KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// Lets bytes that nobody would read, such as a frame's, count in the digest.
    pub(crate) fn absorb(&mut self, bytes: &[u8]) {
        self.hasher.update(&(bytes.len() as u64).to_be_bytes()).update(bytes);
    }

    /// The digest so far, in hexadecimal digits.
    pub(crate) fn digest(&self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }

    /// How many lines were noted.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// The last lines, oldest first.
    pub(crate) fn last(&self) -> Vec<String> {
        self.lines.iter().cloned().collect()
    }
}
