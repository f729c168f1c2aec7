//! Documents from peers, brought on ahead of the transaction that stores them: on other threads than the one that
//! writes, which has only to see that nothing has changed meanwhile.
//!
//! ```text
//! Snapshot::prepare      load, apply, read, project          any thread, at any time
//! Batch::ingest_prepared is the document as it was then?     the writer
//!                          yes --> ask the schema, store
//!                          no  --> as if nothing was prepared
//! ```

use std::collections::BTreeSet;

use automerge::Automerge;

use crate::batch::{Batch, Step};
use crate::change::VerifiedChange;
use crate::document::ChangeHash;
use crate::error::StoreError;
use crate::hot::{self, Standing};
use crate::id::Actor;
use crate::ingest::{Arrival, IncomingDocument, Ingested};
use crate::schema::Origin;
use crate::scope::Scope;
use crate::snapshot::{Snapshot, load_document};
use crate::tables::{PARKED, QUARANTINE, Tables, hash_key};

/// Loads documents that it will not write.
const NOBODY: Actor = Actor::from_bytes([0; 8]);

/// What changes from a peer make of a document, as far as that can be known before they are stored. About 8 KB for a
/// stock line.
#[derive(Debug)]
pub struct Prepared {
    previous: Option<Standing>,
    after: Standing,
}

impl Snapshot {
    /// Brings a document on by changes from a peer, for [`Batch::ingest_prepared`]. Nothing where that has to be left to
    /// the transaction: when it came as a snapshot, or when a change of it is known already or depends on something that
    /// is not.
    pub fn prepare(
        &self,
        scope: &Scope,
        incoming: &IncomingDocument,
    ) -> Result<Option<Prepared>, StoreError> {
        let IncomingDocument { id, snapshot: None, changes } = incoming else { return Ok(None) };
        let (previous, mut automerge) = match load_document(&self.tables, &*self.schema, *id, NOBODY)? {
            Some(hot) => (Some(hot.standing), hot.automerge),
            None => (None, hot::empty(NOBODY)),
        };
        let applied = changes.iter().map(|change| change.change.clone()).collect();
        if !follow(&automerge, changes) || hot::apply(&mut automerge, applied).is_err() {
            return Ok(None);
        }
        let base = previous.as_ref().map(|previous| &previous.record);
        let (heads, reading) = (hot::heads_of(&automerge), hot::reading_of(&automerge, None));
        let after = Standing::compose(&*self.schema, (*id, scope), base, heads, reading);
        Ok(after.ok().map(|after| Prepared { previous, after }))
    }
}

/// Whether there are changes, all of them new, and each after what it depends on.
fn follow(automerge: &Automerge, changes: &[VerifiedChange]) -> bool {
    let mut came: BTreeSet<ChangeHash> = BTreeSet::new();
    let held =
        |hash: &ChangeHash| automerge.get_change_meta_by_hash(&automerge::ChangeHash(hash.0)).is_some();
    let all = changes.iter().all(|change| {
        let follows = change.dependencies().all(|hash| came.contains(&hash) || held(&hash));
        follows && !held(&change.hash()) && came.insert(change.hash())
    });
    all && !changes.is_empty()
}

impl Batch<'_> {
    /// As [`ingest`](Self::ingest), with what was prepared for the same document in the same scope, if it still holds.
    pub fn ingest_prepared(
        &mut self,
        origin: &Origin,
        scope: &Scope,
        incoming: IncomingDocument,
        prepared: Prepared,
    ) -> Result<Ingested, StoreError> {
        let arrival = Arrival { id: incoming.id, scope, origin, ingested: Ingested::default() };
        let Some(author) = self.only_author(&arrival, &incoming, &prepared)? else {
            return self.ingest(origin, scope, incoming);
        };
        let Prepared { previous, after } = prepared;
        let before = previous.as_ref().map(|previous| &previous.document);
        if self.schema.check(self, &author, before, &after.document)?.is_err() {
            return self.ingest(origin, scope, incoming);
        }
        let applied = incoming.changes.len();
        let mut changes = Vec::with_capacity(applied);
        for change in &incoming.changes {
            self.tables.remove(QUARANTINE, &hash_key(incoming.id, &change.hash()))?;
            changes.push(change.bytes().to_vec());
        }
        let ingested = Ingested { applied, heads: after.record.heads.clone(), ..Ingested::default() };
        let from = origin.device;
        self.store(Step { previous, after, automerge: None, changes, from, whole: None })?;
        Ok(ingested)
    }

    /// Who wrote all that came, where it is proven and what was prepared still holds. A document in memory is brought on
    /// as quickly without, and stays there.
    fn only_author(
        &self,
        arrival: &Arrival<'_>,
        incoming: &IncomingDocument,
        prepared: &Prepared,
    ) -> Result<Option<Origin>, StoreError> {
        let id = incoming.id;
        let previous = prepared.previous.as_ref().map(|previous| &previous.record);
        let is_same = prepared.after.record.scope == *arrival.scope && prepared.after.document.id == id;
        if !is_same
            || self.memory.hot.borrow().contains(&id)
            || self.tables.record(id)?.as_ref() != previous
            || !self.tables.keys(PARKED, id.as_bytes())?.is_empty()
        {
            return Ok(None);
        }
        let mut only = None;
        for change in &incoming.changes {
            let author = self.author_of(arrival, change)?;
            if author.is_none() || only.is_some_and(|only| Some(only) != author) {
                return Ok(None);
            }
            only = author;
        }
        Ok(only)
    }
}
