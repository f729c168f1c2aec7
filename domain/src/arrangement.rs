//! Arranging the shelf: moving, holding and releasing many stock lines at once.
//!
//! Where a line lies is one field of its document; who put it there, and when, is told by the document's history
//! ([`crate::query::moves`]). A list of moves inside the document could be lost when two devices make the
//! same line independently.

use crdt_store::{DocumentId, Failure, Txn, Value};
use serde::{Deserialize, Serialize};

use crate::permission::{Caller, Permission};
use crate::stock_line::{self, StockLineRow};
use crate::{location, query, reject, store};

// ---- types ----

/// Most stock lines of one command: a page of a list, and soon done.
pub const LINES_MAX: usize = 500;

/// Puts stock lines in a location.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MoveLines {
    /// The store.
    pub store: DocumentId,
    /// The stock lines.
    pub lines: Vec<DocumentId>,
    /// The location; null for none.
    #[serde(default)]
    pub to: Option<DocumentId>,
}

/// Puts everything that lies in a location in another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MoveContents {
    /// The other location.
    pub to: DocumentId,
}

/// A stock line and the location it was in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Displaced {
    /// The stock line.
    pub stock_line: DocumentId,
    /// Where it was; null for nowhere.
    #[serde(default)]
    pub from: Option<DocumentId>,
}

/// The reply to what moves stock lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    /// What moved, with where it was: as [`PutBack`] wants it.
    pub moved: Vec<Displaced>,
    /// How many stayed where they were, because they were there already or somewhere else by now.
    pub stayed: u32,
}

/// Puts stock lines back where they were. Those that somebody has moved on since stay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutBack {
    /// The store.
    pub store: DocumentId,
    /// The stock lines, and where each was.
    pub lines: Vec<Displaced>,
    /// Where they were put and must still be.
    #[serde(default)]
    pub to: Option<DocumentId>,
}

/// Holds stock lines back, or releases them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HoldLines {
    /// The store.
    pub store: DocumentId,
    /// The stock lines.
    pub lines: Vec<DocumentId>,
    /// Whether nothing may be taken from them.
    pub on_hold: bool,
}

/// The reply to [`HoldLines`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// What changed.
    pub changed: Vec<DocumentId>,
    /// How many were so already.
    pub unchanged: u32,
}

// ---- rules ----

/// The stock lines of a command: some, not too many, each once, all of the store.
fn require_lines(
    txn: &Txn<'_>,
    store: DocumentId,
    lines: impl ExactSizeIterator<Item = DocumentId>,
) -> Result<Vec<StockLineRow>, Failure> {
    if lines.len() == 0 || lines.len() > LINES_MAX {
        return Err(reject::validation("/lines", format!("1 to {LINES_MAX} lines")).into());
    }
    let mut rows: Vec<StockLineRow> = Vec::with_capacity(lines.len());
    for (at, line) in lines.enumerate() {
        let row = stock_line::require(txn, &format!("/lines/{at}"), store, line)?;
        if rows.iter().all(|earlier| earlier.id != row.id) {
            rows.push(row);
        }
    }
    Ok(rows)
}

// ---- write ----

/// Puts stock lines in a location.
pub fn move_lines(txn: &mut Txn<'_>, caller: &Caller, command: &MoveLines) -> Result<Moved, Failure> {
    caller.require(Permission::StockEdit, command.store)?;
    store::require_open(txn, command.store)?;
    if let Some(place) = command.to {
        location::require(txn, "/to", command.store, place)?;
    }
    let rows = require_lines(txn, command.store, command.lines.iter().copied())?;
    Ok(put_all(txn, rows, command.to))
}

/// Puts everything that lies in a location, not what lies in those that stand in it, in another.
pub fn move_contents(
    txn: &mut Txn<'_>,
    caller: &Caller,
    from: DocumentId,
    command: &MoveContents,
) -> Result<Moved, Failure> {
    let place = query::locations::row(txn, from)?;
    caller.require(Permission::StockEdit, place.store)?;
    store::require_open(txn, place.store)?;
    location::require(txn, "/to", place.store, command.to)?;
    let mut rows = Vec::new();
    for line in query::locations::filled_lines(txn, place.store)?.into_keys() {
        let row = stock_line::find(txn, line)?;
        rows.extend(row.filter(|row| row.location == Some(from)));
    }
    if rows.is_empty() || rows.len() > LINES_MAX {
        return Err(reject::validation("", format!("1 to {LINES_MAX} lines")).into());
    }
    Ok(put_all(txn, rows, Some(command.to)))
}

fn put_all(txn: &mut Txn<'_>, rows: Vec<StockLineRow>, to: Option<DocumentId>) -> Moved {
    let mut reply = Moved::default();
    for row in rows {
        if row.location == to {
            reply.stayed += 1;
        } else {
            put(txn, row.id, to);
            reply.moved.push(Displaced { stock_line: row.id, from: row.location });
        }
    }
    reply
}

fn put(txn: &mut Txn<'_>, line: DocumentId, to: Option<DocumentId>) {
    txn.put(line, &["location"], to.map_or(Value::Null, Value::from));
}

/// Puts stock lines back where they were.
pub fn put_back(txn: &mut Txn<'_>, caller: &Caller, command: &PutBack) -> Result<Moved, Failure> {
    caller.require(Permission::StockEdit, command.store)?;
    store::require_open(txn, command.store)?;
    let rows = require_lines(txn, command.store, command.lines.iter().map(|line| line.stock_line))?;
    for (at, line) in command.lines.iter().enumerate() {
        if let Some(place) = line.from {
            location::require(txn, &format!("/lines/{at}/from"), command.store, place)?;
        }
    }
    let mut reply = Moved::default();
    for row in rows {
        let was = command.lines.iter().find(|line| line.stock_line == row.id).and_then(|line| line.from);
        if row.location == command.to && row.location != was {
            put(txn, row.id, was);
            reply.moved.push(Displaced { stock_line: row.id, from: row.location });
        } else {
            reply.stayed += 1;
        }
    }
    Ok(reply)
}

/// Holds stock lines back, or releases them.
pub fn hold_lines(txn: &mut Txn<'_>, caller: &Caller, command: &HoldLines) -> Result<Held, Failure> {
    caller.require(Permission::StockEdit, command.store)?;
    store::require_open(txn, command.store)?;
    let mut reply = Held::default();
    for row in require_lines(txn, command.store, command.lines.iter().copied())? {
        if row.on_hold == command.on_hold {
            reply.unchanged += 1;
        } else {
            txn.put(row.id, &["on_hold"], command.on_hold);
            reply.changed.push(row.id);
        }
    }
    Ok(reply)
}
