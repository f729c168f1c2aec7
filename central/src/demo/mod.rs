//! The demo: an invented country with real medicines, a three-level chain of stores and three months of history.
//!
//! ```text
//!                      CMS  central medical store            site Central
//!                     /   \
//!                  LOK     BES  districts                    site Lokana (LOK)
//!                / | \     | \
//!             KPU TAM NDA SUA MER  health centres            site Kipuna (KPU)
//! ```
//!
//! Central writes everything, before any site enrols, through the same commands that people use; sites then receive
//! their scopes as they would any others. The same seed and the same instant give the same history. Afterwards there are
//! stock-outs, low and excess stock, batches that have expired or soon will, a delivery on its way, an order expected, a
//! discrepancy, a draft, a held batch, orders that are written, sent, urgent, approved and supplied, a report that was sent
//! and one that is being filled, and equipment that does not work.

mod cast;
mod catalogue;
mod dice;
mod equipment;
mod need;
mod orders;
mod reporting;
mod script;
mod shelf;
mod shelving;
mod timeline;
mod world;

use crdt_store::{Batch, DocumentId, Failure, Rejection, Store, StoreError, Timestamp};
use replication::enrolment::SystemId;

use crate::enrolment;

pub use cast::{DemoSite, DemoStore, DemoUser, PASSWORD, SITES, STORES, USERS};

use script::Script;

/// How far seeding has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Acts carried out.
    pub done: usize,
    /// Acts in all.
    pub total: usize,
}

/// Seeding ended before its time. The database is incomplete: begin again with an empty one.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A command of the demo was refused: the database was not empty, or the demo breaks a rule.
    #[error("the demo cannot be written into this database: {0}")]
    Refused(Rejection),
}

impl From<Failure> for SeedError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rejected(rejection) => Self::Refused(rejection),
            Failure::Store(error) => Self::Store(error),
        }
    }
}

impl SeedError {
    /// Stable code for interfaces and scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Refused(_) => "demo-refused",
        }
    }
}

/// Writes the demo into central's empty store: reference data, then three months that end just before `now`.
/// `progress` is called after every few acts.
pub fn seed(
    store: &mut Store,
    seed: u64,
    now: Timestamp,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), SeedError> {
    let acts = timeline::timeline(now);
    let total = acts.len() + 1;
    let begin = acts.first().map_or(now, |(at, _)| *at);
    transact(store, begin, |batch| world::make(batch, seed))?;
    let mut done = 1;
    progress(Progress { done, total });
    let mut script = Script::new(seed, now);
    for moment in acts.chunk_by(|(a, _), (b, _)| a == b) {
        let at = moment[0].0;
        transact(store, at, |batch| moment.iter().try_for_each(|(_, act)| script.perform(batch, at, *act)))?;
        done += moment.len();
        progress(Progress { done, total });
    }
    Ok(())
}

/// Lets devices enrol at the demo's sites, with the passwords in [`SITES`]. `system` is the one that central's
/// authority speaks for.
pub fn open_sites(store: &mut Store, system: SystemId, now: Timestamp) -> Result<(), SeedError> {
    for site in SITES.iter().filter(|site| !site.is_central) {
        let secret = enrolment::secret(&enrolment::verifier(system, site.id(), site.password), true);
        transact(store, now, |batch| {
            script::execute(batch, DocumentId::NIL, |txn, caller| {
                domain::site::set_secret(txn, caller, site.id(), &secret)
            })
        })?;
    }
    Ok(())
}

/// One transaction. What is refused ends the seeding, and the database stays incomplete.
fn transact(
    store: &mut Store,
    at: Timestamp,
    work: impl FnOnce(&mut Batch<'_>) -> Result<(), SeedError>,
) -> Result<(), SeedError> {
    store.write(at, |batch| Ok(work(batch)))?.0
}
