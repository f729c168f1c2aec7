//! How the program ends: exit codes that mean something, and failures that say what to do.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use replication::shell::{NetworkError, StartError};

/// What an exit code means. 0 is success, 2 is wrong usage (from the argument parser).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The world failed: disk, network, memory.
    Failed = 1,
    /// What was given is not acceptable: a file, a mapping, a password.
    Rejected = 3,
    /// The command worked and what it looked at is not in order: a violated invariant, a node that is not in sync.
    NotInOrder = 4,
    /// Something else is using what is needed: the database, a port.
    InUse = 5,
}

/// Explained below the `--help` of every command.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  the disk, the network or the system failed
  2  wrong usage
  3  what was given is not acceptable; nothing was changed
  4  done, and what was looked at is not in order
  5  something else is using the database or the port";

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub struct Failure {
    /// What the exit code says.
    pub exit: Exit,
    /// Stable code.
    pub code: String,
    /// What happened and what to do.
    pub message: String,
}

impl Failure {
    /// The world failed.
    pub fn failed(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { exit: Exit::Failed, code: code.into(), message: message.to_string() }
    }

    /// What was given is not acceptable.
    pub fn rejected(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { exit: Exit::Rejected, code: code.into(), message: message.to_string() }
    }

    /// Something else is using what is needed.
    pub fn in_use(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { exit: Exit::InUse, code: code.into(), message: message.to_string() }
    }

    /// A socket cannot be opened at an address: `name` says what for, the others which options choose its port and its
    /// address.
    pub fn socket(name: &str, at: SocketAddr, error: &io::Error, port: &str, address: &str) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => {
                let message = format!("{at} is taken ({name}); choose another port with {port}");
                Self::in_use(format!("{name}-port"), message)
            }
            io::ErrorKind::AddrNotAvailable => {
                let message =
                    format!("{} is not an address of this machine; choose another with {address}", at.ip());
                Self::rejected(format!("{name}-address"), message)
            }
            _ => Self::failed(format!("{name}-port"), format!("cannot listen on {at} ({name}): {error}")),
        }
    }

    /// Says it to a person on standard error, and to a script by the exit code.
    pub fn report(&self) -> ExitCode {
        eprintln!("tributary: {} [{}]", self.message, self.code);
        ExitCode::from(self.exit as u8)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => Self::in_use("port-in-use", error),
            io::ErrorKind::StorageFull => Self::failed("disk-full", error),
            _ => Self::failed("system", error),
        }
    }
}

impl From<crdt_store::StoreError> for Failure {
    fn from(error: crdt_store::StoreError) -> Self {
        Self::failed(error.code(), error)
    }
}

impl From<crdt_store::OpenError> for Failure {
    fn from(error: crdt_store::OpenError) -> Self {
        match error {
            crdt_store::OpenError::Locked { .. } => Self::in_use(error.code(), &error),
            other => Self::failed(other.code(), &other),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Open(error) => error.into(),
            StartError::Network(NetworkError::Socket { address, source }) => {
                Self::socket("udp", address, &source, "--quic-port", "--quic-address")
            }
            StartError::Network(NetworkError::Listener { address, source }) => {
                Self::socket("tcp", address, &source, "--quic-port", "--quic-address")
            }
            other => Self::failed(other.code(), &other),
        }
    }
}

impl From<replication::shell::IdentityError> for Failure {
    fn from(error: replication::shell::IdentityError) -> Self {
        Self::failed(error.code(), error)
    }
}

impl From<central::authority::AuthorityError> for Failure {
    fn from(error: central::authority::AuthorityError) -> Self {
        Self::failed(error.code(), error)
    }
}

impl From<replication::shell::ExecuteError> for Failure {
    fn from(error: replication::shell::ExecuteError) -> Self {
        match &error {
            replication::shell::ExecuteError::Rejected(rejection) => {
                Self::rejected(rejection.code.clone(), &error)
            }
            other => Self::failed(other.code(), &error),
        }
    }
}
