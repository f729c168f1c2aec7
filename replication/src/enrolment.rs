//! The words of enrolment: what a device and central say to each other, and how a site's password is kept.
//!
//! The handshake itself (`shell::enrolment`) needs a TLS session; who may enrol is decided in the `central` crate.

use std::fmt;
use std::str::FromStr;

use argon2::{Algorithm, Argon2, Params, Version};
use crdt_store::{DeviceId, DocumentId, Failure, Timestamp, Txn, ViewRead};
use serde::{Deserialize, Serialize};

/// Identity of an installation of Tributary: one central and the devices it enrolled. Made at random with the
/// certificate authority, written in its certificate, and kept when the authority's key is replaced.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SystemId(DocumentId);

impl SystemId {
    /// The system of these sixteen bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(DocumentId::from_bytes(bytes))
    }

    /// The sixteen bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for SystemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for SystemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "system:{}", self.0)
    }
}

impl FromStr for SystemId {
    type Err = crdt_store::InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The salt of a site's password: the same for the life of the site, so that renaming it changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Salt(#[serde(with = "serde_bytes")] [u8; 16]);

impl Salt {
    /// The salt of one site of one system.
    pub fn of(system: SystemId, site: DocumentId) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("tributary 2026 salt of a site's password");
        hasher.update(system.as_bytes());
        hasher.update(site.as_bytes());
        let mut salt = [0; 16];
        salt.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Self(salt)
    }

    /// The sixteen bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// What central keeps of a site's password: its Argon2id hash, which the handshake of enrolment proves knowledge of
/// without sending it.
#[derive(Clone, PartialEq, Eq)]
pub struct SiteVerifier([u8; 32]);

impl SiteVerifier {
    /// Memory of one hash, in KiB: OWASP's minimum, so that a tablet of 2015 can do it.
    const MEMORY_KIB: u32 = 19_456;
    /// Passes over that memory.
    const PASSES: u32 = 2;
    /// Longest password, in bytes: more adds nothing to 256 bits, and hashing without a limit is a way to keep a
    /// processor busy.
    pub const PASSWORD_LENGTH_MAX: usize = 1024;

    /// Hashes a password: 19 MiB and some 20–100 ms, so never on the thread of a node. The parameters belong to the
    /// version of the protocol and are not negotiated; a central that could choose them could weaken them.
    ///
    /// Bytes of the password beyond [`PASSWORD_LENGTH_MAX`](Self::PASSWORD_LENGTH_MAX) do not count.
    pub fn derive(salt: Salt, password: &str) -> Self {
        let params =
            Params::new(Self::MEMORY_KIB, Self::PASSES, 1, Some(32)).expect("parameters within bounds");
        let password = &password.as_bytes()[..password.len().min(Self::PASSWORD_LENGTH_MAX)];
        let mut verifier = [0; 32];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(password, &salt.0, &mut verifier)
            .expect("lengths within bounds");
        Self(verifier)
    }

    /// A verifier as it was stored; nothing if these bytes are not one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SiteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SiteVerifier(secret)")
    }
}

/// Why a device was not enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EnrolmentCode {
    /// Central knows no site of that name.
    UnknownSite,
    /// The password is not the site's, or somebody sits between device and central.
    WrongPassword,
    /// The site has no password that opens it for devices.
    EnrolmentClosed,
    /// The site has no store to keep yet.
    SiteWithoutStore,
    /// The site has its device and takes no other.
    SiteAlreadyBound,
    /// Nothing answered at the address.
    Unreachable,
    /// Device and central speak no common version.
    IncompatibleVersion,
    /// The device was enrolled before and its rights have ended.
    DeviceRevoked,
    /// Too many attempts for this site; later ones count again.
    RateLimited,
    /// The two did not understand each other: not a Tributary at that address, or a fault.
    Malformed,
    /// Central could not carry it out.
    CentralFailed,
}

impl EnrolmentCode {
    /// Every code.
    pub const ALL: [Self; 11] = [
        Self::UnknownSite,
        Self::WrongPassword,
        Self::EnrolmentClosed,
        Self::SiteWithoutStore,
        Self::SiteAlreadyBound,
        Self::Unreachable,
        Self::IncompatibleVersion,
        Self::DeviceRevoked,
        Self::RateLimited,
        Self::Malformed,
        Self::CentralFailed,
    ];

    /// Stable code for interfaces and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownSite => "unknown-site",
            Self::WrongPassword => "wrong-password",
            Self::EnrolmentClosed => "enrolment-closed",
            Self::SiteWithoutStore => "site-without-store",
            Self::SiteAlreadyBound => "site-already-bound",
            Self::Unreachable => "unreachable",
            Self::IncompatibleVersion => "incompatible-version",
            Self::DeviceRevoked => "device-revoked",
            Self::RateLimited => "rate-limited",
            Self::Malformed => "malformed",
            Self::CentralFailed => "central-failed",
        }
    }

    /// The code of this text; [`CentralFailed`](Self::CentralFailed) for one this version does not know.
    pub fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|known| known.as_str() == code).unwrap_or(Self::CentralFailed)
    }

    /// What to do about it, in English.
    pub const fn next_step(self) -> &'static str {
        match self {
            Self::UnknownSite => "check the spelling of the site's name as it is written at central",
            Self::WrongPassword => "type the site's password again; central can give it a new one",
            Self::EnrolmentClosed => {
                "ask central to give the site a password for its devices, then try again"
            }
            Self::SiteWithoutStore => "ask central to give the site a store, then try again",
            Self::SiteAlreadyBound => "ask central to release the site's device, or to allow several devices",
            Self::Unreachable => "check the address, that central is running, and that UDP is let through",
            Self::IncompatibleVersion => "install the version of Tributary that central runs",
            Self::DeviceRevoked => {
                "ask central; a device that was revoked enrols again from an empty data directory"
            }
            Self::RateLimited => "wait a moment, then try again",
            Self::Malformed => "check that the address is that of a Tributary central",
            Self::CentralFailed => "try again; if it stays so, look at central's log",
        }
    }
}

/// An enrolment that did not happen: an answer, not an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}; {}", code.as_str(), code.next_step())]
pub struct EnrolmentRefusal {
    /// What it is.
    pub code: EnrolmentCode,
    /// More about this case, in English.
    pub detail: String,
    /// Milliseconds until another attempt will be looked at, when the code is
    /// [`RateLimited`](EnrolmentCode::RateLimited).
    pub retry_after_ms: Option<u64>,
}

impl EnrolmentRefusal {
    /// A refusal with a code.
    pub fn new(code: EnrolmentCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), retry_after_ms: None }
    }
}

/// What central knows of a site that asks to be enrolled, before anything is proven.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// The site.
    pub site: DocumentId,
    /// The salt of its password.
    pub salt: Salt,
    /// What is kept of the password.
    pub verifier: SiteVerifier,
}

/// A device that has proven the password of a site and asks for a certificate.
#[derive(Clone, Debug)]
pub struct Admission {
    /// The site.
    pub site: DocumentId,
    /// PKCS #10 request in DER, with the device's public key.
    pub certificate_request: Vec<u8>,
}

/// What a device has after enrolment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The installation it now belongs to.
    pub system: SystemId,
    /// Its site.
    pub site: DocumentId,
    /// The site's name, for people.
    pub site_name: String,
    /// The device, as central computed it from the request.
    pub device: DeviceId,
    /// The block of numbers that documents made on this device are numbered from.
    pub number_block: u32,
    /// The device's certificate, DER.
    #[serde(with = "serde_bytes")]
    pub device_certificate: Vec<u8>,
    /// The authority's certificate, DER; pinned from now on.
    #[serde(with = "serde_bytes")]
    pub authority_certificate: Vec<u8>,
    /// Central's clock when it signed.
    pub granted_at: Timestamp,
}

/// Who may enrol: central's part, called by the shell. Both functions decide, neither waits.
pub struct EnrolmentDesk {
    /// The installation.
    pub system: SystemId,
    /// What a site of this name is to prove; counts as an attempt. Called on a thread that may block.
    #[allow(clippy::type_complexity, reason = "a name for it would say less than it does")]
    pub invite:
        Box<dyn Fn(&dyn ViewRead, &str, Timestamp) -> Result<Invitation, EnrolmentRefusal> + Send + Sync>,
    /// Registers and certifies a device that has proven the password. Called on the node's thread, as a command.
    #[allow(clippy::type_complexity, reason = "a name for it would say less than it does")]
    pub admit: Box<dyn Fn(&mut Txn<'_>, &Admission) -> Result<Grant, Failure> + Send + Sync>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found_again_by_its_text() {
        for code in EnrolmentCode::ALL {
            assert_eq!(EnrolmentCode::from_code(code.as_str()), code);
        }
        assert_eq!(EnrolmentCode::from_code("of-the-year-2040"), EnrolmentCode::CentralFailed);
    }

    #[test]
    fn a_verifier_depends_on_system_site_and_password() {
        let site = DocumentId::from_bytes([7; 16]);
        let salt = Salt::of(SystemId::from_bytes([1; 16]), site);
        let verifier = SiteVerifier::derive(salt, "mango");
        assert_eq!(verifier, SiteVerifier::derive(salt, "mango"));
        assert_ne!(verifier, SiteVerifier::derive(salt, "mangp"));
        assert_ne!(salt, Salt::of(SystemId::from_bytes([2; 16]), site));
        assert_ne!(verifier, SiteVerifier::derive(Salt::of(SystemId::from_bytes([2; 16]), site), "mango"));
    }

    #[test]
    fn a_verifier_never_shows_itself() {
        let verifier = SiteVerifier([0x5a; 32]);
        assert!(!format!("{verifier:?}").contains("5a"));
        assert_eq!(SiteVerifier::from_bytes(verifier.as_bytes()), Some(verifier));
        assert_eq!(SiteVerifier::from_bytes(b"short"), None);
    }
}
