//! Changes without what can be written down again, and how it is.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{
    Actor, ChangeHash, ChangeParts, DocumentId, IncomingDocument, InvalidChange, Snapshot, VerifiedChange,
    VerifiedSnapshot,
};

use super::{Arrived, Checksum, Prefix, beginning, verified};
use crate::codec::FrameError;

/// What a change depends on, as a frame says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dependency {
    /// A change of the same document before it in the frame, by its index.
    Earlier(usize),
    /// A change that the receiver holds, or that is in the snapshot, by the beginning of its hash.
    Held(Prefix),
}

/// How a change says what it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// It is not stripped.
    Raw,
    /// On the change before it, and nothing else: the usual case.
    Chained,
    /// On one change that the receiver holds, and nothing else.
    Continued(Prefix),
    /// On any number of changes.
    Any(Vec<Dependency>),
}

impl Form {
    /// The shortest form for the change at `index` of its document.
    pub(super) fn of(dependencies: &[Dependency], index: usize) -> Self {
        match dependencies {
            [Dependency::Earlier(earlier)] if earlier + 1 == index => Self::Chained,
            [Dependency::Held(prefix)] => Self::Continued(*prefix),
            any => Self::Any(any.to_vec()),
        }
    }

    /// The dependencies of the change at `index`; nothing for a raw one.
    pub(super) fn dependencies(self, index: usize) -> Option<Vec<Dependency>> {
        match self {
            Self::Raw => None,
            Self::Chained => Some(index.checked_sub(1).map(Dependency::Earlier).into_iter().collect()),
            Self::Continued(prefix) => Some(vec![Dependency::Held(prefix)]),
            Self::Any(any) => Some(any),
        }
    }
}

/// One change as it came.
#[derive(Clone, Debug)]
pub(super) enum Stripped {
    Raw(Box<VerifiedChange>),
    Parts(Parts),
}

/// A change without its frame, and with its dependencies as the sender named them.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) dependencies: Vec<Dependency>,
    pub(super) actor: Actor,
    pub(super) sequence: u64,
    pub(super) first_operation: u64,
    pub(super) time: i64,
    pub(super) message: Vec<u8>,
    pub(super) other_actors: Vec<Actor>,
    pub(super) operations: Vec<u8>,
    /// What its hash must begin with; nothing where a later change depends on it, whose hash proves it.
    pub(super) check: Option<Checksum>,
}

impl Stripped {
    /// What it continues outside the frame.
    fn continues(&self) -> impl Iterator<Item = Prefix> + '_ {
        let dependencies = match self {
            Self::Raw(_) => &[],
            Self::Parts(parts) => parts.dependencies.as_slice(),
        };
        dependencies.iter().filter_map(|dependency| match dependency {
            Dependency::Earlier(_) => None,
            Dependency::Held(prefix) => Some(*prefix),
        })
    }
}

impl Parts {
    /// The change's bytes; nothing if it continues what is not held, or comes out other than announced.
    fn assemble(&self, held: &BTreeMap<Prefix, ChangeHash>, earlier: &[VerifiedChange]) -> Option<Vec<u8>> {
        let hash_of = |dependency: &Dependency| match dependency {
            Dependency::Earlier(index) => earlier.get(*index).map(VerifiedChange::hash),
            Dependency::Held(prefix) => held.get(prefix).copied(),
        };
        let parts = ChangeParts {
            dependencies: self.dependencies.iter().map(hash_of).collect::<Option<_>>()?,
            actor: self.actor,
            sequence: self.sequence,
            first_operation: self.first_operation,
            time: self.time,
            message: &self.message,
            other_actors: self.other_actors.clone(),
            operations: &self.operations,
        };
        let (bytes, hash) = parts.assemble();
        self.check.is_none_or(|check| check == beginning(&hash)).then_some(bytes)
    }
}

/// A document whose changes are still to be put together.
#[derive(Clone, Debug)]
pub(crate) struct StrippedDocument {
    id: DocumentId,
    snapshot: Option<VerifiedSnapshot>,
    changes: Vec<Stripped>,
    /// What its changes continue, as far as its own snapshot holds it …
    held: BTreeMap<Prefix, ChangeHash>,
    /// … and what must be looked up.
    missing: BTreeSet<Prefix>,
}

/// Why a document's changes could not be put together.
#[derive(Debug)]
pub(crate) enum Unbuilt {
    /// It depends on something that is not held here, or not on what the sender thinks: comparing the scope will send
    /// it whole.
    Incomplete,
    /// What came out is no acceptable change.
    Invalid(FrameError),
}

impl StrippedDocument {
    pub(super) fn new(id: DocumentId, snapshot: Option<VerifiedSnapshot>, changes: Vec<Stripped>) -> Self {
        let mut missing: BTreeSet<Prefix> = changes.iter().flat_map(Stripped::continues).collect();
        let held = snapshot.as_ref().map(|snapshot| snapshot.find_changes(&missing)).unwrap_or_default();
        missing.retain(|prefix| !held.contains_key(prefix));
        Self { id, snapshot, changes, held, missing }
    }

    pub(super) fn id(&self) -> DocumentId {
        self.id
    }

    pub(super) fn snapshot(&self) -> Option<&VerifiedSnapshot> {
        self.snapshot.as_ref()
    }

    pub(super) fn change_count(&self) -> usize {
        self.changes.len()
    }

    /// Puts it together at once if nothing of it must be looked up.
    pub(super) fn arrive(self) -> Result<Arrived, FrameError> {
        if !self.missing.is_empty() {
            return Ok(Arrived::Stripped(self));
        }
        let id = self.id;
        self.assemble().map(Arrived::Whole).map_err(|unbuilt| match unbuilt {
            Unbuilt::Invalid(error) => error,
            Unbuilt::Incomplete => {
                super::invalid(id, &InvalidChange("its hash is not the announced one".to_owned()))
            }
        })
    }

    /// Puts it together where it continues the document's heads as they were a moment ago, with nothing else to be known;
    /// leaves it as it is where it does not.
    pub(super) fn build_on_heads(mut self, snapshot: &Snapshot) -> Arrived {
        let heads = match snapshot.find_heads(self.id, &self.missing) {
            Ok(heads) if self.snapshot.is_none() && heads.len() == self.missing.len() => heads,
            _ => return Arrived::Stripped(self),
        };
        let before = self.clone();
        self.held.extend(heads);
        self.assemble().map_or(Arrived::Stripped(before), Arrived::Whole)
    }

    /// Puts it together; `find` looks up hashes of changes of the document by their first bytes, all at once.
    pub(crate) fn build<E>(
        mut self,
        find: impl FnOnce(DocumentId, &BTreeSet<Prefix>) -> Result<BTreeMap<Prefix, ChangeHash>, E>,
    ) -> Result<Result<IncomingDocument, Unbuilt>, E> {
        self.held.extend(find(self.id, &self.missing)?);
        Ok(self.assemble())
    }

    fn assemble(self) -> Result<IncomingDocument, Unbuilt> {
        let mut changes: Vec<VerifiedChange> = Vec::with_capacity(self.changes.len());
        for change in self.changes {
            let change = match change {
                Stripped::Raw(change) => *change,
                Stripped::Parts(parts) => {
                    let bytes = parts.assemble(&self.held, &changes).ok_or(Unbuilt::Incomplete)?;
                    verified(self.id, bytes).map_err(Unbuilt::Invalid)?
                }
            };
            changes.push(change);
        }
        Ok(IncomingDocument { id: self.id, snapshot: self.snapshot, changes })
    }
}
