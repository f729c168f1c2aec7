//! A device's side of a conversation with central, over the database of another device that holds the same.
//!
//! A central can be measured with thousands of devices only if they cost next to nothing where they run, and what a
//! device costs is its database. Where many devices hold the same, one database does for all of them: the greeting, the
//! proofs and the signs of life are said by a real session, from a snapshot of it. Central cannot tell; it is proven
//! to by each device by itself.

use std::sync::Arc;

use crdt_store::{DeviceId, Incarnation, Reader, Schema, StoreError};

use crate::account::{self, Account};
use crate::config::{NodeConfig, Timing};
use crate::frame::{Frame, LogId, Message};
use crate::peer::{ConnectionId, Peer, Side};
use crate::session::{Fault, Moment, Own, Session};
use crate::time::{Monotonic, Now};

/// The one life of a database that never was.
const INCARNATION: Incarnation = 1;
/// A shadow has one conversation.
const CONNECTION: ConnectionId = ConnectionId(1);

/// A device that speaks for itself and holds nothing.
///
/// It has dialled central, says that it holds what the device holds whose database it reads, and proves it. It takes no
/// documents: as soon as central has some for it, it can go on no more.
pub struct Shadow {
    session: Session,
    account: Account,
    own: Own,
    reader: Reader,
    schema: Arc<dyn Schema>,
    timing: Timing,
}

/// Why a shadow cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ShadowError {
    /// Central has documents for it, and it has no place for them.
    #[error("central sent documents, and a shadow has no database")]
    Documents,
    /// Central broke the protocol.
    #[error("{code}: {detail}")]
    Violation {
        /// Stable code, one of those in the `code` module.
        code: &'static str,
        /// What exactly.
        detail: String,
    },
    /// Central hung up.
    #[error("central hung up: {code}")]
    HungUp {
        /// The code of its GOAWAY.
        code: String,
    },
    /// Central was silent for too long; the code says in what.
    #[error("central was silent: {code}")]
    Silent {
        /// Stable code, one of those in the `code` module.
        code: &'static str,
    },
    /// The database that it reads cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Fault> for ShadowError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Violation(violation) => violation.into(),
            Fault::Store(error) => Self::Store(error),
        }
    }
}

impl From<crate::session::Violation> for ShadowError {
    fn from(violation: crate::session::Violation) -> Self {
        Self::Violation { code: violation.code, detail: violation.detail }
    }
}

impl Shadow {
    /// `device` has connected to `central`, and holds what `reader` shows: the database of a device that knows central,
    /// is entitled to the same, and is set up by `config`. The shadow's own would be called `database`.
    pub fn new(
        now: Now,
        device: DeviceId,
        database: [u8; 16],
        central: &Peer,
        reader: Reader,
        config: &NodeConfig,
    ) -> Result<Self, StoreError> {
        let log = LogId { database, epoch: 0 };
        // Of another log than the one it was written for, an account keeps what the device holds of central's and
        // forgets what central holds of the device's: just what a shadow may say.
        let known = account::load_all(&reader.snapshot()?, log)?.remove(&central.device);
        Ok(Self {
            session: Session::new(now, CONNECTION, central, Side::Dialed),
            account: known.unwrap_or_else(|| Account::new(central)),
            own: Own { device, incarnation: INCARNATION, central: false, log },
            reader,
            schema: config.schema.clone(),
            timing: config.timing,
        })
    }

    /// Says what is due, before anything has come and after a time; gives the frames to send.
    pub fn speak(&mut self, now: Now) -> Result<Vec<Vec<u8>>, ShadowError> {
        if let Some(code) = self.session.on_timeout(now.monotonic, &self.timing, &mut self.account) {
            return Err(ShadowError::Silent { code });
        }
        self.turn(now, None)
    }

    /// A frame came; gives the frames to send.
    pub fn handle_frame(&mut self, now: Now, frame: Frame) -> Result<Vec<Vec<u8>>, ShadowError> {
        self.session.receive(now, &frame.message, &mut self.account)?;
        match frame.message {
            Message::Delta(_) => Err(ShadowError::Documents),
            Message::Goaway(goaway) => Err(ShadowError::HungUp { code: goaway.code }),
            message => self.turn(now, Some(message)),
        }
    }

    /// When [`speak`](Self::speak) is due next.
    pub fn poll_timeout(&self) -> Monotonic {
        self.session.deadline(&self.timing)
    }

    /// Whether it is proven that central holds the same, and nothing is left to say.
    pub fn in_sync(&self) -> bool {
        self.session.in_sync()
    }

    fn turn(&mut self, now: Now, message: Option<Message>) -> Result<Vec<Vec<u8>>, ShadowError> {
        let snapshot = self.reader.snapshot()?;
        let head = snapshot.head_seq()?;
        let moment = Moment { own: self.own, snapshot: &snapshot, head, schema: &*self.schema, now };
        if let Some(message) = message {
            self.session.hear(&moment, &mut self.account, message)?;
        }
        self.session.pump(&moment, &mut self.account, &mut usize::MAX.clone())?;
        self.session.events.clear();
        Ok(self.session.take_frames(now.monotonic))
    }
}
