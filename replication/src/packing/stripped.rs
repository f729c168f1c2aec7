//! Changes without what can be written down again, and how it is.

use crdt_store::{
    Actor, ChangeHash, ChangeParts, DocumentId, IncomingDocument, VerifiedChange, VerifiedSnapshot,
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
#[derive(Debug)]
pub(super) enum Stripped {
    Raw(Box<VerifiedChange>),
    Parts(Parts),
}

/// A change without its frame, and with its dependencies as the sender named them.
#[derive(Debug)]
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

impl Parts {
    fn assemble(&self, dependencies: Vec<ChangeHash>) -> (Vec<u8>, ChangeHash) {
        let parts = ChangeParts {
            dependencies,
            actor: self.actor,
            sequence: self.sequence,
            first_operation: self.first_operation,
            time: self.time,
            message: &self.message,
            other_actors: self.other_actors.clone(),
            operations: &self.operations,
        };
        parts.assemble()
    }
}

/// A document whose changes are still to be put together.
#[derive(Debug)]
pub(crate) struct StrippedDocument {
    pub(super) id: DocumentId,
    pub(super) snapshot: Option<VerifiedSnapshot>,
    pub(super) changes: Vec<Stripped>,
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
    /// Puts it together at once if nothing of it must be looked up.
    pub(super) fn arrive(self) -> Result<Arrived, FrameError> {
        let needs_looking_up = self.changes.iter().any(|change| match change {
            Stripped::Raw(_) => false,
            Stripped::Parts(parts) => parts.dependencies.iter().any(|dependency| match dependency {
                Dependency::Earlier(_) => false,
                Dependency::Held(prefix) => self.in_snapshot(prefix).is_none(),
            }),
        });
        if needs_looking_up {
            return Ok(Arrived::Stripped(self));
        }
        let id = self.id;
        match self.build(|_, _| Ok::<_, std::convert::Infallible>(None)) {
            Ok(Ok(document)) => Ok(Arrived::Whole(document)),
            Ok(Err(Unbuilt::Invalid(error))) => Err(error),
            Ok(Err(Unbuilt::Incomplete)) => Err(super::invalid(
                id,
                &crdt_store::InvalidChange("its hash is not the announced one".to_owned()),
            )),
        }
    }

    fn in_snapshot(&self, prefix: &Prefix) -> Option<ChangeHash> {
        self.snapshot.as_ref()?.find_change(prefix)
    }

    /// Puts it together; `find` looks up the hash of a change of the document by its first bytes.
    pub(crate) fn build<E>(
        self,
        mut find: impl FnMut(DocumentId, Prefix) -> Result<Option<ChangeHash>, E>,
    ) -> Result<Result<IncomingDocument, Unbuilt>, E> {
        let mut hashes: Vec<ChangeHash> = Vec::with_capacity(self.changes.len());
        let mut changes: Vec<VerifiedChange> = Vec::with_capacity(self.changes.len());
        for change in &self.changes {
            let parts = match change {
                Stripped::Raw(change) => {
                    hashes.push(change.hash());
                    changes.push(VerifiedChange::clone(change));
                    continue;
                }
                Stripped::Parts(parts) => parts,
            };
            let mut dependencies = Vec::with_capacity(parts.dependencies.len());
            for dependency in &parts.dependencies {
                let found = match dependency {
                    Dependency::Earlier(index) => hashes.get(*index).copied(),
                    Dependency::Held(prefix) => match self.in_snapshot(prefix) {
                        Some(hash) => Some(hash),
                        None => find(self.id, *prefix)?,
                    },
                };
                let Some(hash) = found else { return Ok(Err(Unbuilt::Incomplete)) };
                dependencies.push(hash);
            }
            let (bytes, hash) = parts.assemble(dependencies);
            if parts.check.is_some_and(|check| check != beginning(&hash)) {
                return Ok(Err(Unbuilt::Incomplete));
            }
            hashes.push(hash);
            match verified(self.id, bytes) {
                Ok(change) => changes.push(change),
                Err(error) => return Ok(Err(Unbuilt::Invalid(error))),
            }
        }
        Ok(Ok(IncomingDocument { id: self.id, snapshot: self.snapshot, changes }))
    }
}
