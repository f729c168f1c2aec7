//! What follows from a stocktake and its sheets: status, which count stands, what its counter did not know.

use std::ops::ControlFlow;

use crdt_store::{DocumentId, StoreError, Timestamp, ViewRead, ViewReadExt};

use super::types::{
    Adjusted, LineCount, LineStanding, Observation, Sheet, Stocktake, StocktakeResultRow, StocktakeStatus,
};
use crate::effect::{LedgerRow, MovementKind, decode_ledger};
use crate::quantity::Quantity;
use crate::shipment::Event;
use crate::views;

/// Movements marked in an observation: more than a batch has in months. Older ones go by their time.
const KNOWN_MAX: usize = 64;

/// A movement that was recorded so long after a count, by the clocks of two devices, came after it. Advice for people
/// only: which way it is, they say.
const CLOCKS_APART_MS: i64 = 3_600_000;

impl Stocktake {
    /// How far it has come. Finalising wins over a cancellation that did not know of it: stock was adjusted.
    pub fn status(&self) -> StocktakeStatus {
        use StocktakeStatus::{Cancelled, Counting, Finalised};
        match (self.events.contains_key(&Finalised), self.events.contains_key(&Cancelled)) {
            (true, _) => Finalised,
            (false, true) => Cancelled,
            (false, false) => Counting,
        }
    }

    /// The event that closed it.
    pub fn closed(&self) -> Option<Event> {
        self.events.get(&self.status()).copied()
    }

    /// What finalising made of a line.
    pub(crate) fn result(&self, line: DocumentId) -> Option<StocktakeResultRow> {
        let put_aside = self.put_aside.get(&line).copied();
        let row = |counted, quantity, reason| StocktakeResultRow { counted, quantity, reason, put_aside };
        match (self.adjusted.get(&line), self.confirmed.get(&line)) {
            (Some(Adjusted { quantity, counted, reason, .. }), _) => Some(row(*counted, *quantity, *reason)),
            (None, Some(confirmed)) => Some(row(confirmed.counted, Quantity::ZERO, None)),
            (None, None) => put_aside.map(|_| row(Quantity::ZERO, Quantity::ZERO, None)),
        }
    }
}

impl Sheet {
    /// Whether a stock line is to be counted.
    pub(crate) fn has(&self, line: DocumentId) -> bool {
        self.lines.contains_key(&line) && !self.struck.get(&line).copied().unwrap_or(false)
    }

    /// What the observations of a line come to.
    pub(crate) fn standing(&self, line: DocumentId) -> LineStanding {
        let counts = self.counts.iter().filter(|(_, count)| count.line == line);
        standing(&counts.map(|(id, count)| (*id, count)).collect::<Vec<_>>())
    }
}

/// Which of the observations of one line stands. Those that another was made knowing are out; of the others the latest
/// stands, and those that say something else are its rivals. A withdrawal has no rivals: a count stands over it.
fn standing(counts: &[(DocumentId, &Observation)]) -> LineStanding {
    let superseded = |id: &DocumentId, count: &Observation| {
        counts
            .iter()
            .any(|(other, by)| other != id && by.seen.get(id).is_some_and(|seen| *seen >= count.revision))
    };
    let mut last: Vec<_> = counts.iter().filter(|(id, count)| !superseded(id, count)).collect();
    last.sort_by_key(|(id, count)| (count.quantity.is_some(), count.at, *id));
    let state = last.iter().map(|(id, count)| format!("{}.{}", short(*id), count.revision));
    let state = state.collect::<Vec<_>>().join("+");
    let counted = last.iter().filter(|(_, count)| count.quantity.is_some());
    let mut counted: Vec<LineCount> =
        counted.map(|(id, count)| LineCount { id: *id, observation: (*count).clone() }).collect();
    let Some(count) = counted.pop() else { return LineStanding { state, ..LineStanding::default() } };
    counted.retain(|rival| rival.observation.difference() != count.observation.difference());
    LineStanding { count: Some(count), rivals: counted, state }
}

fn short(id: DocumentId) -> String {
    crate::text::hex(&id.as_bytes()[..4])
}

/// A mark of what became of a counted line: forty bits, so that six thousand of them add up within a sum.
pub(super) fn outcome_mark(line: DocumentId, counted: Quantity, difference: Quantity) -> i64 {
    let derived = line.derived(&format!("outcome/{}/{}", counted.thousandths(), difference.thousandths()));
    derived.as_bytes()[..5].iter().fold(0, |mark, byte| mark << 8 | i64::from(*byte))
}

/// The movements of a stock line that this device knows.
pub(crate) struct Movements {
    rows: Vec<(Mark, LedgerRow)>,
}

type Mark = [u8; 4];

impl Movements {
    /// Reads them, oldest first.
    pub(crate) fn of(read: &(impl ViewRead + ?Sized), line: DocumentId) -> Result<Self, StoreError> {
        let mut rows = Vec::new();
        let mut failed = None;
        read.scan_prefix(
            views::LEDGER_LINE,
            line.as_bytes(),
            &mut |key, value| match decode_ledger(value) {
                Ok(row) => {
                    rows.push((mark(key, &row), row));
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            },
        )?;
        failed.map_or(Ok(Self { rows }), Err)
    }

    /// What an observation made now has to remember of them: the marks of the newest, and
    /// the time of the latest that is not among them.
    pub(crate) fn known(&self) -> (Vec<u8>, Option<Timestamp>) {
        let left_out = self.rows.len().saturating_sub(KNOWN_MAX);
        let marks = self.rows[left_out..].iter().flat_map(|(mark, _)| *mark).collect();
        let until = left_out.checked_sub(1).and_then(|last| self.rows.get(last)).map(|(_, row)| row.at);
        (marks, until)
    }

    /// How many of them are adjustments by counts, but for those of this stocktake.
    pub(crate) fn counts(&self, except: DocumentId) -> u32 {
        let by_count = |row: &LedgerRow| {
            matches!(row.kind, MovementKind::CountIn | MovementKind::CountOut) && row.document != except
        };
        self.rows.iter().filter(|(_, row)| by_count(row)).count() as u32
    }

    /// Those that the maker of an observation did not know and that may have happened before it, but for what its own
    /// stocktake adjusted.
    pub(crate) fn in_doubt(&self, count: &Observation, stocktake: DocumentId) -> Vec<&LedgerRow> {
        let latest = count.at.plus_millis(CLOCKS_APART_MS);
        let known = |mark: &Mark, row: &LedgerRow| {
            count.known_until.is_some_and(|until| row.at <= until)
                || count.known.chunks_exact(4).any(|known| known == mark)
        };
        let doubtful = self
            .rows
            .iter()
            .filter(|(mark, row)| row.document != stocktake && row.at <= latest && !known(mark, row));
        doubtful.map(|(_, row)| row).collect()
    }
}

/// Four bytes that name a movement and how much it moves: one that was amended is another one.
fn mark(key: &[u8], row: &LedgerRow) -> Mark {
    // Behind the line and the time: document, part, role.
    let effect = crate::text::hex(key.get(40..).unwrap_or_default());
    let derived = row.document.derived(&format!("{effect}/{}", row.quantity.thousandths()));
    let bytes = derived.as_bytes();
    [bytes[0], bytes[1], bytes[2], bytes[3]]
}
