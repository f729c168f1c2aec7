//! A node's data directory: where its files are, and how its database is opened.
//!
//! ```text
//! store.redb      the database
//! witness.json    how often it has been opened, and which file it is: detects restored and copied files
//! system.json     what central is called; written last when a central is made
//! running.json    where the node answers while it runs
//! (keys, certificates, membership: see replication::shell and central)
//! ```

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use central::authority::Authority;
use crdt_store::{OpenError, OpenOptions, Store, StoreError, Witness};
use domain::DomainSchema;
use replication::private_file;
use replication::shell::{DeviceKey, Membership, random_seed};
use serde::{Deserialize, Serialize};

use crate::exit::Failure;

/// Pages that central keeps in memory, in bytes; a site keeps what the store keeps by itself.
const CENTRAL_CACHE_BYTES: usize = 64 << 20;

/// A node's data directory.
#[derive(Clone, Debug)]
pub struct Installation {
    directory: PathBuf,
}

impl Installation {
    /// The installation of a directory, which need not be there yet: one that was mistyped is not made by looking.
    pub fn at(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// Makes the directory if it is missing.
    pub fn make_directory(&self) -> Result<(), Failure> {
        std::fs::create_dir_all(&self.directory).map_err(|error| {
            let message = format!("cannot make the directory {}: {error}", self.directory.display());
            Failure::failed("directory", message)
        })
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.directory.join("store.redb")
    }

    /// Where the node says that it runs.
    pub fn running(&self) -> PathBuf {
        self.directory.join("running.json")
    }

    fn side_file(&self) -> PathBuf {
        self.directory.join("witness.json")
    }

    /// What a node is made of, as far as it is there.
    pub fn files(&self) -> Vec<PathBuf> {
        let keys = [Authority::FILE, DeviceKey::FILE, Membership::FILE].map(|name| self.directory.join(name));
        let files = [self.database(), self.side_file()].into_iter().chain(keys);
        files.filter(|file| file.exists()).collect()
    }

    /// Opens the database of the device with this key, which must be there, and keeps the side file that detects restored and copied
    /// databases.
    pub fn open_store(&self, key: &DeviceKey, central: bool) -> Result<Store, OpenError> {
        let witness = self.witness();
        self.open(OpenOptions::file(&self.database()).existing(), key, central, witness)
    }

    /// The same, and makes the database where there is none; for whoever makes a new node.
    pub fn create_store(&self, key: &DeviceKey, central: bool) -> Result<Store, OpenError> {
        let path = self.database();
        let witness = self.witness();
        let is_there = std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() > 0);
        match witness.map(|witness| witness.boots) {
            // Nothing has been written yet: what lies there is left by a crash while it was made.
            Some(0) => self.create_database(key, central),
            None if !is_there => self.create_database(key, central),
            // A database that has lived and is gone must not be made anew for the same device: it would write other
            // changes than before under the same actor.
            Some(_) | None => self.open_store(key, central),
        }
    }

    /// Makes an empty file first, which nobody else may read, so that its time of birth is known and noted before there
    /// is anything in it.
    fn create_database(&self, key: &DeviceKey, central: bool) -> Result<Store, OpenError> {
        let path = self.database();
        private_file::create_empty(&path).map_err(|error| storage("making the database", &error))?;
        let witness = Witness { machine: self.machine(), boots: 0 };
        self.note(&witness)?;
        self.open(OpenOptions::file(&path), key, central, Some(witness))
    }

    fn open(
        &self,
        options: OpenOptions,
        key: &DeviceKey,
        central: bool,
        witness: Option<Witness>,
    ) -> Result<Store, OpenError> {
        let mut options = options
            .device(key.device())
            .signing(key.signing_key())
            .seed(random_seed())
            .central(central)
            .witness(self.machine(), witness);
        if central {
            options = options.cache_bytes(CENTRAL_CACHE_BYTES);
        }
        let store = Store::open(options, Arc::new(DomainSchema))?;
        if let Some(witness) = store.witness() {
            self.note(&witness)?;
        }
        Ok(store)
    }

    fn witness(&self) -> Option<Witness> {
        let bytes = std::fs::read(self.side_file()).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    fn note(&self, witness: &Witness) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(witness).expect("a witness is JSON");
        private_file::write(&self.side_file(), &bytes)
            .map_err(|error| storage("writing witness.json", &error))
    }

    /// A name for this file on this machine. A copy of the directory agrees in all that lies in it, so what tells it
    /// apart must lie outside: the operating system's identity, where it has one, and the file's time of birth. Where
    /// the file system keeps no births, the file's number; not otherwise, because there are file systems (FAT) that give
    /// a file another number whenever they are mounted.
    fn machine(&self) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new_derive_key("tributary 2026 a database file on a machine");
        let system = std::fs::read("/etc/machine-id").unwrap_or_default();
        hasher.update(&(system.len() as u64).to_be_bytes()).update(&system);
        if let Ok(metadata) = std::fs::metadata(self.database()) {
            hasher.update(&mark_of_file(&metadata));
        }
        *hasher.finalize().as_bytes().first_chunk().expect("sixteen of 32 bytes")
    }
}

/// What tells a file from its copies.
fn mark_of_file(metadata: &Metadata) -> Vec<u8> {
    if let Ok(birth) = metadata.created() {
        // A clock before 1970 counts backward.
        let (sign, distance) = match birth.duration_since(UNIX_EPOCH) {
            Ok(after) => (b'+', after),
            Err(before) => (b'-', before.duration()),
        };
        return [&[b'b', sign][..], &distance.as_nanos().to_be_bytes()].concat();
    }
    #[cfg(unix)]
    return [&b"i"[..], &std::os::unix::fs::MetadataExt::ino(metadata).to_be_bytes()].concat();
    #[cfg(not(unix))]
    Vec::new()
}

fn storage(operation: &'static str, error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::DiskFull,
        _ => StoreError::Storage { operation, detail: error.to_string() },
    }
}

/// Where a running node answers, for `tributary status`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunningNode {
    /// Its process.
    pub process: u32,
    /// Its web interface.
    pub url: String,
    /// The UDP address it is reached at.
    pub quic: Option<String>,
    /// The secret by which whoever reads this file may ask for the node's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}
