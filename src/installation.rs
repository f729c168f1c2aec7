//! A node's data directory: where its files are, and how its database is opened.
//!
//! ```text
//! store.redb      the database
//! witness.json    how often it has been opened, and on which installation: detects restored and copied files
//! running.json    where the node answers while it runs
//! (keys, certificates, membership: see replication::shell and central)
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crdt_store::{DeviceId, OpenError, OpenOptions, Store, StoreError, Witness};
use domain::DomainSchema;
use replication::private_file;
use replication::shell::random_seed;
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
    /// The directory, made if it is missing.
    pub fn at(directory: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(directory).map_err(|error| {
            Failure::failed(
                "directory",
                format!("cannot make the directory {}: {error}", directory.display()),
            )
        })?;
        Ok(Self { directory: directory.to_owned() })
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

    /// Opens the database of `device`, and keeps the side file that detects restored and copied databases.
    pub fn open_store(&self, device: DeviceId, central: bool) -> Result<Store, OpenError> {
        let side = self.directory.join("witness.json");
        let witness: Option<Witness> =
            std::fs::read(&side).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let machine = self.machine(witness);
        let mut options = OpenOptions::file(&self.database())
            .device(device)
            .seed(random_seed())
            .central(central)
            .witness(machine, witness);
        if central {
            options = options.cache_bytes(CENTRAL_CACHE_BYTES);
        }
        let store = Store::open(options, Arc::new(DomainSchema))?;
        if let Some(witness) = store.witness() {
            private_file::write(&side, &serde_json::to_vec(&witness).expect("a witness is JSON")).map_err(
                |error| StoreError::Storage { operation: "writing witness.json", detail: error.to_string() },
            )?;
        }
        Ok(store)
    }

    /// A name for this installation: the operating system's identity where it has one, so that a copy of the
    /// directory on another machine is told apart; otherwise what the side file says, or a new name.
    fn machine(&self, witness: Option<Witness>) -> [u8; 16] {
        let system = std::fs::read("/etc/machine-id").unwrap_or_default();
        let hash = match (system.is_empty(), witness) {
            (false, _) => *blake3::hash(&system).as_bytes(),
            (true, Some(witness)) => return witness.machine,
            (true, None) => random_seed(),
        };
        *hash.first_chunk().expect("sixteen of 32 bytes")
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
