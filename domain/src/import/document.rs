//! The record of an import: what was imported, by whom, when it was done and when it was taken back.

use std::ops::ControlFlow;

use crdt_store::{
    Document, DocumentId, Failure, Projection, Rejection, StoreError, Timestamp, Txn, ViewRead, ViewReadExt,
    decode_row, encode_row,
};
use serde::{Deserialize, Serialize};

use super::check::{Outcome, RowError, Values, row_error};
use super::kind::{Before, ImportKind, Place};
use crate::permission::Caller;
use crate::query::{Page, PageRequest};
use crate::record::{self, Record, Stamp, record};
use crate::text::{Key, id_at_end};
use crate::{reject, views};

// ---- types ----

/// Rows of a command: enough that the disk is not waited for, few enough that others are served between two.
pub const CHUNK_ROWS: usize = 200;

/// An import, as a document. Everything stands at its root, because two devices may make it independently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The store; none for what belongs to all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<DocumentId>,
    /// What it is about, by its code.
    pub kind: String,
    /// The name of the file, as its owner calls it.
    pub file: String,
    /// The document it is about, such as a stocktake or an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<DocumentId>,
    /// How many rows it was to bring.
    pub rows: u32,
    /// When all rows were carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// How many rows changed something that was there.
    #[serde(default)]
    pub changed: u32,
    /// How many rows were there already.
    #[serde(default)]
    pub same: u32,
    /// How many rows could not be carried out.
    #[serde(default)]
    pub refused: u32,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<Timestamp>,
    /// Who took it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_by: Option<DocumentId>,
    /// How much of what it made could not be taken back.
    #[serde(default)]
    pub kept: u32,
}

record!(Import, "import", "import");

/// What documents were before rows of an import changed them, as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportPart {
    /// As every document.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The import.
    pub import: DocumentId,
    /// The store; none for what belongs to all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<DocumentId>,
    /// CBOR: the documents before and after. One value, written once.
    #[serde(with = "serde_bytes")]
    pub before: Vec<u8>,
}

record!(ImportPart, "import_part", "part of an import");

/// An import in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportRow {
    /// Id.
    pub id: DocumentId,
    /// The store; none for what belongs to all.
    pub store: Option<DocumentId>,
    /// What it is about.
    pub kind: ImportKind,
    /// The name of the file.
    pub file: String,
    /// The document it is about, such as a stocktake or an order.
    #[serde(default)]
    pub about: Option<DocumentId>,
    /// When it was begun.
    #[serde(with = "crate::instant")]
    pub at: Timestamp,
    /// Who did it.
    pub by: DocumentId,
    /// How many rows it was to bring.
    pub rows: u32,
    /// How many rows changed something.
    pub changed: u32,
    /// How many rows were there already.
    pub same: u32,
    /// How many rows could not be carried out.
    pub refused: u32,
    /// When all rows were carried out; nothing while it runs, and when it was cut off.
    #[serde(with = "crate::instant::optional")]
    pub finished_at: Option<Timestamp>,
    /// When it was taken back.
    #[serde(with = "crate::instant::optional")]
    pub undone_at: Option<Timestamp>,
    /// How much of what it made could not be taken back.
    pub kept: u32,
}

/// Begins an import.
#[derive(Clone, Debug)]
pub struct Begin {
    /// What it is about.
    pub kind: ImportKind,
    /// The store, where it belongs to one.
    pub store: Option<DocumentId>,
    /// The name of the file.
    pub file: String,
    /// The document it is about, such as a stocktake or an order.
    pub about: Option<DocumentId>,
    /// Its id, by [`id_of`].
    pub id: DocumentId,
    /// How many rows it will bring.
    pub rows: u32,
}

/// How an import stands after [`begin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Begun {
    /// It is to be carried out: new, or cut off before.
    Open,
    /// It was carried out before; nothing is to be done.
    Done,
}

/// Counts of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Rows that made something.
    pub created: u32,
    /// Rows that changed something.
    pub changed: u32,
    /// Rows that were there already.
    pub same: u32,
    /// Rows that could not be carried out.
    pub refused: u32,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.created += more.created;
        self.changed += more.changed;
        self.same += more.same;
        self.refused += more.refused;
    }
}

/// What came of a few rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// Counts.
    pub tally: Tally,
    /// Rows that could not be carried out any more, and why.
    pub errors: Vec<RowError>,
}

/// Takes back what an import made, a few documents at a time.
#[derive(Clone, Debug, Default)]
pub struct Undo {
    /// Why stock is taken off the shelves again.
    pub reason: Option<DocumentId>,
    /// The last document looked at before.
    pub after: Option<DocumentId>,
}

/// What could not be taken back, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UndoError {
    /// The document.
    pub document: DocumentId,
    /// What people call it.
    pub name: String,
    /// Stable code.
    pub code: String,
    /// Why, for people who read English.
    pub message: String,
}

/// What came of a few documents.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Undone {
    /// How many were taken back, or had been.
    pub undone: u32,
    /// What could not be.
    pub errors: Vec<UndoError>,
    /// Where to go on; nothing at the end.
    pub next: Option<DocumentId>,
}

// ---- rules ----

/// The id of an import of these rows: the first in turn of which no import was taken back. The same rows give the same
/// id on every device that knows of the same undos.
pub fn id_of<'v>(
    read: &(impl ViewRead + ?Sized),
    kind: ImportKind,
    store: Option<DocumentId>,
    rows: impl IntoIterator<Item = &'v Values>,
) -> Result<DocumentId, StoreError> {
    let base = store.unwrap_or_default().derived(&format!("import/{}", kind.code()));
    let base = rows.into_iter().fold(base, |id, row| id.derived(&row.canonical()));
    let mut turn = 0_u32;
    loop {
        let id = base.derived(&turn.to_string());
        match find(read, id)? {
            Some(row) if row.undone_at.is_some() => turn += 1,
            _ => return Ok(id),
        }
    }
}

fn require(txn: &Txn<'_>, caller: &Caller, id: DocumentId) -> Result<(ImportKind, Import), Failure> {
    let import: Import = record::load(txn, id)?;
    let unknown = || Rejection::new("unknown-kind", "this version does not know such imports");
    let kind = ImportKind::from_code(&import.kind).ok_or_else(unknown)?;
    kind.permit(txn, caller, import.store)?;
    Ok((kind, import))
}

// ---- write ----

/// Begins an import, or finds it begun.
///
/// # Errors
/// As [`ImportKind::permit`]; `validation` for a name that cannot be one; `wrong-status` for one that was taken back
/// since its id was asked for.
pub fn begin(txn: &mut Txn<'_>, caller: &Caller, wish: &Begin) -> Result<Begun, Failure> {
    wish.kind.permit(txn, caller, wish.store)?;
    if let Some(row) = find(txn, wish.id)? {
        if row.undone_at.is_some() {
            return Err(reject::wrong_status("undone", "carry an import out").into());
        }
        return Ok(if row.finished_at.is_some() { Begun::Done } else { Begun::Open });
    }
    let import = Import {
        stamp: Import::new_stamp(txn.now(), caller),
        store: wish.store,
        kind: wish.kind.code().to_owned(),
        file: record::valid_name("/file", &wish.file)?,
        about: wish.about,
        rows: wish.rows,
        finished_at: None,
        changed: 0,
        same: 0,
        refused: 0,
        undone_at: None,
        undone_by: None,
        kept: 0,
    };
    txn.create(wish.id, record::root_of(&import));
    Ok(Begun::Open)
}

/// Carries out a few rows. Each is checked anew: what cannot be done any more is left out with a reason, and what is
/// there already is left alone, so that a chunk may be given twice.
///
/// # Errors
/// `not-found` for an import that was not begun; as [`ImportKind::permit`].
pub fn apply(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    rows: &[(u32, Values)],
) -> Result<Chunk, Failure> {
    let (kind, import) = require(txn, caller, id)?;
    let place = Place::new(caller, import.store, id);
    let (mut chunk, mut parts) = (Chunk::default(), Vec::new());
    for (line, values) in rows {
        match (kind.rules().apply)(txn, &place, values) {
            Ok((outcome, before)) => {
                parts.extend(before);
                match outcome {
                    Outcome::Create => chunk.tally.created += 1,
                    Outcome::Change => chunk.tally.changed += 1,
                    Outcome::Same => chunk.tally.same += 1,
                }
            }
            Err(failure) => {
                chunk.tally.refused += 1;
                chunk.errors.push(row_error(*line, values, failure)?);
            }
        }
    }
    if !parts.is_empty() {
        let part = ImportPart {
            stamp: ImportPart::new_stamp(txn.now(), caller),
            import: id,
            store: import.store,
            before: encode_row(&parts),
        };
        let id = txn.new_id();
        txn.create(id, record::root_of(&part));
    }
    Ok(chunk)
}

/// Notes that all rows were carried out.
///
/// # Errors
/// As [`apply`].
pub fn finish(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId, tally: &Tally) -> Result<(), Failure> {
    let (_, old) = require(txn, caller, id)?;
    let new = Import {
        finished_at: Some(txn.now()),
        changed: tally.changed,
        same: tally.same,
        refused: tally.refused,
        ..old.clone()
    };
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

/// Takes back a few of the documents that an import made or changed, and says what cannot be because it was used or
/// changed since. May be given twice.
///
/// # Errors
/// As [`apply`]; `reason-required` where stock needs one.
pub fn undo(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId, wish: &Undo) -> Result<Undone, Failure> {
    let (kind, import) = require(txn, caller, id)?;
    let rules = kind.rules();
    let place = Place { reason: wish.reason, ..Place::new(caller, import.store, id) };
    let documents = made(txn, id, wish.after, CHUNK_ROWS)?;
    let mut undone = Undone::default();
    for document in &documents {
        let acted = match part(txn, *document)? {
            Some(part) => {
                let before: Vec<Before> = decode_row(views::IMPORT_MADE, &part.before)?;
                before.iter().map(|before| (before.document, (rules.restore)(txn, &place, before))).collect()
            }
            None => vec![(*document, (rules.unmake)(txn, &place, *document))],
        };
        for (document, result) in acted {
            match result {
                Ok(()) => undone.undone += 1,
                Err(Failure::Store(error)) => return Err(error.into()),
                Err(Failure::Rejected(why))
                    if ["used-since", "changed-since", "counted-since"].contains(&why.code.as_str()) =>
                {
                    let name = (rules.label)(txn, document)?;
                    undone.errors.push(UndoError { document, name, code: why.code, message: why.message });
                }
                Err(Failure::Rejected(why)) => return Err(why.into()),
            }
        }
    }
    undone.next = documents.last().copied().filter(|_| documents.len() == CHUNK_ROWS);
    Ok(undone)
}

/// Notes that an import was taken back, but for so many documents.
///
/// # Errors
/// As [`apply`].
pub fn settle_undo(txn: &mut Txn<'_>, caller: &Caller, id: DocumentId, kept: u32) -> Result<(), Failure> {
    let (_, old) = require(txn, caller, id)?;
    let new = Import {
        undone_at: Some(old.undone_at.unwrap_or(txn.now())),
        undone_by: Some(old.undone_by.unwrap_or(caller.user)),
        kept,
        ..old.clone()
    };
    record::put_difference(txn, id, &old, &new);
    Ok(())
}

// ---- read ----

/// An import, unless there is none of this id.
pub fn find(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<Option<ImportRow>, StoreError> {
    read.row(views::IMPORT, id.as_bytes())
}

/// Imports of a store, or of what belongs to all, newest first.
pub fn list(
    read: &(impl ViewRead + ?Sized),
    store: Option<DocumentId>,
    request: &PageRequest,
) -> Result<Page<ImportRow>, Failure> {
    let prefix = Key::new().id(store.unwrap_or_default()).build();
    crate::query::scan(read, views::IMPORT_TIME, &prefix, true, request, |_, value| {
        decode_row(views::IMPORT_TIME, value).map(Some)
    })
}

/// The documents that an import made, and the parts that say what it changed, in the order of their ids.
pub fn made(
    read: &(impl ViewRead + ?Sized),
    import: DocumentId,
    after: Option<DocumentId>,
    len_max: usize,
) -> Result<Vec<DocumentId>, StoreError> {
    let mut found = Vec::new();
    read.scan_prefix(views::IMPORT_MADE, import.as_bytes(), &mut |key, _| {
        found.extend(id_at_end(key).filter(|id| after.is_none_or(|after| *id > after)));
        if found.len() == len_max { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(found)
}

/// How many rows of an import made something: of one that was cut off, what it made is counted.
///
/// # Errors
/// An error of the store.
pub fn created(read: &(impl ViewRead + ?Sized), row: &ImportRow) -> Result<u32, StoreError> {
    let rest = row.rows.saturating_sub(row.changed + row.same + row.refused);
    match (row.kind, row.finished_at) {
        (ImportKind::Counts | ImportKind::OrderLines, None) => Ok(0),
        (ImportKind::Counts | ImportKind::OrderLines, Some(_)) => Ok(rest),
        _ => {
            let made = made(read, row.id, None, usize::MAX)?.len();
            Ok(rest.min(u32::try_from(made).unwrap_or(u32::MAX)))
        }
    }
}

fn part(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<Option<ImportPart>, StoreError> {
    match read.header(id)?.is_some_and(|header| header.class == ImportPart::CLASS) {
        true => record::find(read, id),
        false => Ok(None),
    }
}

// ---- project ----

pub(crate) fn project(document: &Document, import: &Import, projection: &mut Projection) {
    let Some(kind) = ImportKind::from_code(&import.kind) else { return };
    let id = document.id;
    let row = ImportRow {
        id,
        store: import.store,
        kind,
        file: import.file.clone(),
        about: import.about,
        at: import.stamp.created_at,
        by: import.stamp.created_by,
        rows: import.rows,
        changed: import.changed,
        same: import.same,
        refused: import.refused,
        finished_at: import.finished_at,
        undone_at: import.undone_at,
        kept: import.kept,
    };
    let by_time = Key::new().id(import.store.unwrap_or_default()).time(row.at).id(id).build();
    projection.rows.extend([
        views::row(views::IMPORT, id.as_bytes().to_vec(), &row),
        views::row(views::IMPORT_TIME, by_time, &row),
    ]);
}

pub(crate) fn project_part(document: &Document, part: &ImportPart, projection: &mut Projection) {
    projection.rows.push(views::mark(views::IMPORT_MADE, Key::new().id(part.import).id(document.id).build()));
}
