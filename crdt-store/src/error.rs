//! How the store fails. A [`Rejection`](crate::Rejection) or [`Refusal`](crate::Refusal) is an answer, not a failure.

use std::path::PathBuf;

/// The store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds the file.
    #[error(
        "{path} is in use by another process; stop the other tributary first, or choose another directory"
    )]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a database, or is damaged beyond what can be repaired by itself.
    #[error(
        "{path} is damaged or is not a Tributary database ({detail}); {}", remedy(*central)
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What the storage engine said.
        detail: String,
        /// Whether it is central's.
        central: bool,
    },
    /// The file must be there, and is not, or is empty.
    #[error("{path} is missing or empty; {}", remedy(*central))]
    Missing {
        /// The file.
        path: PathBuf,
        /// Whether it is central's.
        central: bool,
    },
    /// The file was left in the middle of a write and may only be read here.
    #[error("{path} was not closed cleanly; start and stop the node once, then it can be read")]
    NeedsRecovery {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a later version.
    #[error("the database has format {found}, this program reads up to {known}; install the newer program")]
    NewerFormat {
        /// Format of the file.
        found: u32,
        /// Newest format this program reads.
        known: u32,
    },
    /// The database belongs to another device.
    #[error(
        "the database belongs to device {found}, the key at hand to device {expected}; put the right key beside it"
    )]
    OtherDevice {
        /// Whose database it is.
        found: crate::DeviceId,
        /// Whose key is used.
        expected: crate::DeviceId,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What to do where a database is lost. What central holds, nobody else holds whole; a site's is held by central.
fn remedy(central: bool) -> &'static str {
    match central {
        true => "restore a backup of the whole directory",
        false => {
            "move the directory aside and enrol again, and everything that central has acknowledged comes back; or \
             restore a backup of the whole directory"
        }
    }
}

impl OpenError {
    /// Stable code for interfaces and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "database-locked",
            Self::Corrupt { .. } => "database-damaged",
            Self::Missing { .. } => "database-missing",
            Self::NeedsRecovery { .. } => "needs-recovery",
            Self::NewerFormat { .. } => "database-newer",
            Self::OtherDevice { .. } => "database-other-device",
            Self::Store(error) => error.code(),
        }
    }
}

/// Reading or writing failed. After one of these from a write, the store must be dropped and opened anew.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error("the disk is full; free some space, nothing acknowledged is lost")]
    DiskFull,
    /// A stored record does not match its own checksum, or cannot be decoded.
    #[error("a stored record is damaged: {0}")]
    Corrupt(String),
    /// The operating system or the storage engine failed.
    #[error("storage failed while {operation}: {detail}")]
    Storage {
        /// What was being done.
        operation: &'static str,
        /// What the engine said.
        detail: String,
    },
}

impl StoreError {
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt(what.into())
    }

    /// Stable code for interfaces and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DiskFull => "disk-full",
            Self::Corrupt(_) => "storage-corrupt",
            Self::Storage { .. } => "storage-failed",
        }
    }

    fn from_redb(operation: &'static str, error: redb::Error) -> Self {
        match error {
            redb::Error::Io(io) if io.kind() == std::io::ErrorKind::StorageFull => Self::DiskFull,
            redb::Error::Corrupted(detail) => Self::Corrupt(detail),
            other => Self::Storage { operation, detail: other.to_string() },
        }
    }
}

/// Names the operation that a storage engine's error interrupted.
pub(crate) trait During<T> {
    fn during(self, operation: &'static str) -> Result<T, StoreError>;
}

impl<T, E: Into<redb::Error>> During<T> for Result<T, E> {
    fn during(self, operation: &'static str) -> Result<T, StoreError> {
        self.map_err(|error| StoreError::from_redb(operation, error.into()))
    }
}
