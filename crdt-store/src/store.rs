//! Opening a store, writing to it, and what it knows of itself.

use std::cell::RefCell;
use std::ops::{Bound, ControlFlow};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use redb::backends::InMemoryBackend;
use redb::{BackendError, Database, DatabaseError, ReadableDatabase, StorageBackend, StorageError};
use serde::{Deserialize, Serialize};

use crate::batch::{Batch, Committed, Context, Memory};
use crate::error::{During, OpenError, StoreError};
use crate::id::{Actor, DeviceId, DocumentId, Incarnation, Timestamp};
use crate::schema::{Origin, Rejection, Schema};
use crate::seal::SigningKey;
use crate::snapshot::Reader;
use crate::tables::{CORE, META, ReadTables, Tables, UNSEALED, WriteTables};
use crate::txn::{Author, Failure, Txn};

/// The format that this version writes.
const FORMAT: u32 = 1;
/// Pages that redb keeps in memory, in bytes; a site's working set, on a tablet of 1 GB.
const CACHE_BYTES: usize = 16 << 20;

/// What a side file beside the database remembers of it: a restored or copied file does not match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// Identity of the machine or installation.
    pub machine: [u8; 16],
    /// How many times the database has been opened.
    pub boots: u64,
}

enum Place {
    File(PathBuf),
    Backend(Box<dyn StorageBackend>),
}

/// Where and as whom to open a store.
pub struct OpenOptions {
    place: Place,
    device: DeviceId,
    central: bool,
    seed: [u8; 32],
    cache_bytes: usize,
    machine: Option<[u8; 16]>,
    witness: Option<Witness>,
    existing: bool,
    signing: Option<SigningKey>,
}

impl OpenOptions {
    fn path(&self) -> PathBuf {
        match &self.place {
            Place::File(path) => path.clone(),
            Place::Backend(_) => PathBuf::from("(storage)"),
        }
    }

    fn at(place: Place) -> Self {
        Self {
            place,
            device: DeviceId::NIL,
            central: false,
            seed: [0; 32],
            cache_bytes: CACHE_BYTES,
            machine: None,
            witness: None,
            existing: false,
            signing: None,
        }
    }

    /// A database file, made when it is missing.
    pub fn file(path: &Path) -> Self {
        Self::at(Place::File(path.to_owned()))
    }

    /// The file must be there: a missing or empty one is an error, not a new database.
    pub fn existing(mut self) -> Self {
        self.existing = true;
        self
    }

    /// A database in memory.
    pub fn memory() -> Self {
        Self::backend(Box::new(InMemoryBackend::new()))
    }

    /// A database on another kind of storage, such as the simulator's disk.
    pub fn backend(backend: Box<dyn StorageBackend>) -> Self {
        Self::at(Place::Backend(backend))
    }

    /// The device whose database it is.
    pub fn device(mut self, device: DeviceId) -> Self {
        self.device = device;
        self
    }

    /// Whether the node has the central role.
    pub fn central(mut self, central: bool) -> Self {
        self.central = central;
        self
    }

    /// Where the store's random numbers come from; give fresh randomness outside tests.
    pub fn seed(mut self, seed: [u8; 32]) -> Self {
        self.seed = seed;
        self
    }

    /// The device's key, by which what is written here is proven to those who hear it from others. Without it nothing
    /// is sealed.
    pub fn signing(mut self, key: SigningKey) -> Self {
        self.signing = Some(key);
        self
    }

    /// Pages kept in memory, in bytes.
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Turns on the detection of restored and copied files: `machine` names this installation and this file, `witness`
    /// is what the side file says, if there is one.
    ///
    /// What [`Store::witness`] says must be durable in the side file before anything is written to the store.
    pub fn witness(mut self, machine: [u8; 16], witness: Option<Witness>) -> Self {
        self.machine = Some(machine);
        self.witness = witness;
        self
    }
}

/// The write side of a database; there is one for each, and [`Reader`]s on any thread.
pub struct Store {
    database: Arc<Database>,
    schema: Arc<dyn Schema>,
    memory: Memory,
    context: Context,
    identity: Identity,
}

/// What a database knows of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Identity {
    format: u32,
    device: DeviceId,
    database: DocumentId,
    log_epoch: u64,
    incarnation: Incarnation,
    boots: u64,
    machine: Option<[u8; 16]>,
    schema_version: u32,
}

impl Store {
    /// Opens a database, checks its integrity, makes it when it is new, and rebuilds its views when the schema
    /// computes them differently than before. A file that was restored or copied begins a new incarnation.
    pub fn open(options: OpenOptions, schema: Arc<dyn Schema>) -> Result<Self, OpenError> {
        let path = options.path();
        let central = options.central;
        Self::open_at(options, schema).map_err(|error| match error {
            OpenError::Store(StoreError::Corrupt(detail)) => OpenError::Corrupt { path, detail, central },
            other => other,
        })
    }

    fn open_at(options: OpenOptions, schema: Arc<dyn Schema>) -> Result<Self, OpenError> {
        let OpenOptions { device, central, seed, machine, witness, ref signing, .. } = options;
        let signing = signing.clone();
        let database = Arc::new(open_database(options)?);
        let (identity, seq, retain_from, rebuild) =
            begin_boot(&database, &*schema, device, seed, machine, witness)?;
        let mut hasher = blake3::Hasher::new_derive_key("tributary 2026 random numbers of one boot");
        hasher.update(&seed).update(&identity.boots.to_be_bytes());
        let context = Context {
            now: Timestamp::default(),
            origin: Origin { device, incarnation: identity.incarnation, central },
            random: RefCell::new(ChaCha12Rng::from_seed(*hasher.finalize().as_bytes())),
            signing,
        };
        let unsealed = is_unsealed(&database)?;
        let memory = Memory::new(seq, retain_from, unsealed);
        let mut store = Self { database, schema, memory, context, identity };
        if rebuild {
            store.rebuild_views()?;
        }
        Ok(store)
    }

    /// Opens snapshots of the store.
    pub fn reader(&self) -> Reader {
        Reader { database: self.database.clone(), schema: self.schema.clone() }
    }

    /// Runs one transaction: durable when this returns, or nothing of it has happened. After an error the store
    /// must be dropped and opened anew, as after a crash.
    pub fn write<R>(
        &mut self,
        now: Timestamp,
        work: impl FnOnce(&mut Batch<'_>) -> Result<R, StoreError>,
    ) -> Result<(R, Committed), StoreError> {
        let seq = self.memory.seq;
        self.context.now = now;
        let outcome = self.transact(work);
        if outcome.is_err() {
            self.memory.forget(seq);
            self.memory.unsealed = true;
        }
        outcome
    }

    fn transact<R>(
        &mut self,
        work: impl FnOnce(&mut Batch<'_>) -> Result<R, StoreError>,
    ) -> Result<(R, Committed), StoreError> {
        let txn = self.database.begin_write().during("beginning to write")?;
        let (reply, committed) = {
            let tables = WriteTables::new(&txn);
            let mut batch = Batch::new(tables, &mut self.memory, &self.context, self.schema.clone());
            let reply = work(&mut batch)?;
            (reply, batch.finish()?)
        };
        txn.commit().during("committing")?;
        Ok((reply, committed))
    }

    /// Carries out one command in a transaction of its own.
    pub fn execute<R>(
        &mut self,
        now: Timestamp,
        author: &Author,
        command: impl FnOnce(&mut Txn<'_>) -> Result<R, Failure>,
    ) -> Result<Result<R, Rejection>, StoreError> {
        self.write(now, |batch| batch.execute(author, command)).map(|(reply, _)| reply)
    }

    /// Drops all views and computes them anew from the documents.
    pub fn rebuild_views(&mut self) -> Result<(), StoreError> {
        let now = self.context.now;
        self.write(now, |batch| batch.rebuild_views())?;
        self.identity.schema_version = self.schema.version();
        save_identity(&self.database, &self.identity)
    }

    /// The device whose database this is.
    pub fn device(&self) -> DeviceId {
        self.context.origin.device
    }

    /// Which life of the device's database this is, from 1.
    pub fn incarnation(&self) -> Incarnation {
        self.context.origin.incarnation
    }

    /// This node as the author of changes.
    pub fn origin(&self) -> Origin {
        self.context.origin
    }

    /// The actor that writes this node's changes.
    pub fn actor(&self) -> Actor {
        self.context.actor()
    }

    /// Identity of the database, given when it was made.
    pub fn database_id(&self) -> DocumentId {
        self.identity.database
    }

    /// Positions of the log are comparable within one epoch only; a new incarnation begins a new one.
    pub fn log_epoch(&self) -> u64 {
        self.identity.log_epoch
    }

    /// Position of the log: one more for each step of a document.
    pub fn head_seq(&self) -> u64 {
        self.memory.seq
    }

    /// Whether something was written here that no seal covers yet, and this store can seal it.
    pub fn is_unsealed(&self) -> bool {
        self.memory.unsealed && self.context.signing.is_some()
    }

    /// What the side file must say from now on, where the detection of restored files is on.
    pub fn witness(&self) -> Option<Witness> {
        self.identity.machine.map(|machine| Witness { machine, boots: self.identity.boots })
    }
}

fn is_unsealed(database: &Database) -> Result<bool, StoreError> {
    let tables = ReadTables::new(database.begin_read().during("beginning to read")?);
    let mut found = false;
    tables.scan_prefix(UNSEALED, &[], &mut |_, _| {
        found = true;
        ControlFlow::Break(())
    })?;
    Ok(found)
}

fn open_database(options: OpenOptions) -> Result<Database, OpenError> {
    let (path, central) = (options.path(), options.central);
    let mut builder = Database::builder();
    builder.set_cache_size(options.cache_bytes).set_check_integrity_on_open(true);
    let opened = match options.place {
        Place::File(path) if options.existing && is_missing(&path)? => {
            return Err(OpenError::Missing { path, central });
        }
        Place::File(path) => builder.create(&path),
        Place::Backend(backend) => builder.create_with_backend(Boxed(backend)),
    };
    opened.map_err(|error| open_error(path, central, error))
}

fn is_missing(path: &Path) -> Result<bool, StoreError> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(metadata.len() == 0),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => {
            Err(StoreError::Storage { operation: "opening the database", detail: error.to_string() })
        }
    }
}

pub(crate) fn open_error(path: PathBuf, central: bool, error: DatabaseError) -> OpenError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => OpenError::Locked { path },
        DatabaseError::Storage(StorageError::Io(error)) => match error.kind() {
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof => {
                OpenError::Corrupt { path, detail: error.to_string(), central }
            }
            std::io::ErrorKind::StorageFull => StoreError::DiskFull.into(),
            _ => StoreError::Storage { operation: "opening the database", detail: error.to_string() }.into(),
        },
        other => OpenError::Corrupt { path, detail: other.to_string(), central },
    }
}

/// Reads what the database knows of itself, or makes it; counts the boot; begins a new incarnation where the
/// side file does not match.
fn begin_boot(
    database: &Database,
    schema: &dyn Schema,
    device: DeviceId,
    seed: [u8; 32],
    machine: Option<[u8; 16]>,
    witness: Option<Witness>,
) -> Result<(Identity, u64, u64, bool), OpenError> {
    let txn = database.begin_write().during("beginning to write")?;
    let (identity, seq, retain_from, rebuild) = {
        let tables = WriteTables::new(&txn);
        for name in CORE.into_iter().chain(schema.views().iter().map(|view| view.0)) {
            tables.ensure(name)?;
        }
        let number = |name: &[u8]| -> Result<Option<u64>, StoreError> {
            let bytes = tables.get(META, name)?;
            Ok(bytes.and_then(|bytes| bytes.as_slice().try_into().ok()).map(u64::from_be_bytes))
        };
        let mut random = ChaCha12Rng::from_seed(seed);
        let mut identity = match tables.get(META, b"identity")? {
            Some(bytes) => known_identity(&bytes, device)?,
            None => Identity {
                format: FORMAT,
                device,
                database: DocumentId::from_bytes(random.random()),
                log_epoch: random.random(),
                incarnation: 1,
                boots: 0,
                machine,
                schema_version: schema.version(),
            },
        };
        if machine.is_some_and(|machine| was_restored(&identity, machine, witness)) {
            tracing::warn!(incarnation = identity.incarnation + 1, "the database was restored or copied");
            identity.incarnation += 1;
            identity.log_epoch = random.random::<u64>() ^ identity.boots;
        }
        identity.machine = machine.or(identity.machine);
        identity.boots += 1;
        let rebuild = identity.schema_version != schema.version();
        tables.insert(META, b"identity", &crate::read::encode_row(&identity))?;
        (identity, number(b"seq")?.unwrap_or(0), number(b"retain_from")?.unwrap_or(u64::MAX), rebuild)
    };
    txn.commit().during("committing")?;
    Ok((identity, seq, retain_from, rebuild))
}

/// Whether a database is another than the one its side file knows: restored from a backup, or copied.
///
/// The opening is counted in the database first and in the side file after it, and nothing is written before both are
/// durable. So a database that is *ahead* of its side file is one whose openings were cut in between, by a crash or a full
/// disk: nothing was written in those it counts alone, and its life goes on. The other order would make a cut opening look
/// like a backup. One that is *behind* is a backup: what the side file counts, this file has not lived through.
fn was_restored(identity: &Identity, machine: [u8; 16], witness: Option<Witness>) -> bool {
    let is_known = witness.is_some_and(|witness| {
        identity.machine == Some(machine) && witness.machine == machine && identity.boots >= witness.boots
    });
    identity.boots > 0 && !is_known
}

fn known_identity(bytes: &[u8], device: DeviceId) -> Result<Identity, OpenError> {
    let identity: Identity = crate::tables::decode_record("the database's identity", bytes)?;
    if identity.format > FORMAT {
        return Err(OpenError::NewerFormat { found: identity.format, known: FORMAT });
    }
    if identity.device != device {
        return Err(OpenError::OtherDevice { found: identity.device, expected: device });
    }
    Ok(identity)
}

fn save_identity(database: &Database, identity: &Identity) -> Result<(), StoreError> {
    let txn = database.begin_write().during("beginning to write")?;
    WriteTables::new(&txn).insert(META, b"identity", &crate::read::encode_row(identity))?;
    txn.commit().during("committing")
}

/// Gives a boxed backend the engine's trait, its lock methods included: without them locking would be lost.
#[derive(Debug)]
struct Boxed(Box<dyn StorageBackend>);

impl StorageBackend for Boxed {
    fn len(&self) -> Result<u64, std::io::Error> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), std::io::Error> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), std::io::Error> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> Result<(), std::io::Error> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), std::io::Error> {
        self.0.write(offset, data)
    }

    fn close(&self) -> Result<(), std::io::Error> {
        self.0.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.unlock_range(start, end)
    }
}
