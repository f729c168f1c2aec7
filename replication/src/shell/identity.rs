//! Who this device is: a key that never leaves it, and what central signed for it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crdt_store::{DeviceId, SigningKey};
use rcgen::{CertificateParams, DistinguishedName, KeyPair, PKCS_ED25519, PublicKeyData};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::enrolment::Grant;
use crate::private_file;

/// Both files are below 2 KB; whatever is larger is something else.
const FILE_LENGTH_MAX: u64 = 16 * 1024;

/// A device's key or its papers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Reading or writing a file failed.
    #[error("cannot {operation} {path}: {source}")]
    File {
        /// What was being done.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The device's key is not there.
    #[error(
        "{path} is missing; restore a backup of the whole directory, or, at a site, move the directory aside and enrol \
         the device again"
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file does not hold what it should.
    #[error(
        "{path} is damaged ({detail}); restore it from a backup, or move it aside and enrol the device again"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The certificate at hand was made for another key.
    #[error(
        "the certificate belongs to device {certified}, the key to device {own}; enrol this device again"
    )]
    OtherDevice {
        /// The device of the certificate.
        certified: DeviceId,
        /// The device of the key.
        own: DeviceId,
    },
    /// The cryptography library failed.
    #[error("cannot {operation}: {detail}")]
    Cryptography {
        /// What was being done.
        operation: &'static str,
        /// What it said.
        detail: String,
    },
}

impl IdentityError {
    /// Stable code for interfaces and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "identity-file",
            Self::Missing { .. } => "device-key-missing",
            Self::Damaged { .. } => "identity-damaged",
            Self::OtherDevice { .. } => "identity-other-device",
            Self::Cryptography { .. } => "identity-cryptography",
        }
    }

    fn cryptography(operation: &'static str, error: impl fmt::Display) -> Self {
        Self::Cryptography { operation, detail: error.to_string() }
    }
}

/// A device's Ed25519 key. Made on the device; only signatures and the public half leave it.
#[derive(Clone)]
pub struct DeviceKey {
    pair: Arc<KeyPair>,
    device: DeviceId,
}

impl DeviceKey {
    /// Its file in the data directory: PKCS #8 as PEM.
    pub const FILE: &'static str = "device.key";

    /// A new key from the system's source of randomness.
    ///
    /// # Errors
    /// When the system has none.
    pub fn generate() -> Result<Self, IdentityError> {
        let pair = KeyPair::generate_for(&PKCS_ED25519)
            .map_err(|error| IdentityError::cryptography("make a key", error))?;
        Ok(Self::of(pair))
    }

    /// The key kept in `directory`.
    ///
    /// # Errors
    /// When the file is not there, cannot be read, or holds something else than an Ed25519 key.
    pub fn load(directory: &Path) -> Result<Self, IdentityError> {
        Self::find(directory)?.ok_or_else(|| IdentityError::Missing { path: directory.join(Self::FILE) })
    }

    /// The key kept in `directory`, made there where there is none. Only for whoever makes a new node: the database
    /// belongs to the device of its key.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds something else than an Ed25519 key. A damaged key is never
    /// replaced by a new one.
    pub fn load_or_create(directory: &Path) -> Result<Self, IdentityError> {
        if let Some(found) = Self::find(directory)? {
            return Ok(found);
        }
        let key = Self::generate()?;
        write(&directory.join(Self::FILE), key.pair.serialize_pem().as_bytes())?;
        Ok(key)
    }

    fn find(directory: &Path) -> Result<Option<Self>, IdentityError> {
        let path = directory.join(Self::FILE);
        read(&path)?.map(|pem| Self::parse(&path, &pem)).transpose()
    }

    fn parse(path: &Path, pem: &[u8]) -> Result<Self, IdentityError> {
        let damaged = |detail: String| IdentityError::Damaged { path: path.to_owned(), detail };
        let pem = std::str::from_utf8(pem).map_err(|_| damaged("not text".to_owned()))?;
        KeyPair::from_pkcs8_pem_and_sign_algo(pem, &PKCS_ED25519)
            .map(Self::of)
            .map_err(|error| damaged(error.to_string()))
    }

    fn of(pair: KeyPair) -> Self {
        let device = DeviceId::of_public_key(&pair.subject_public_key_info());
        Self { pair: Arc::new(pair), device }
    }

    /// The device that holds this key.
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// The public key as X.509 SubjectPublicKeyInfo, DER: what [`DeviceId::of_public_key`] hashes.
    pub fn public_key_info(&self) -> Vec<u8> {
        self.pair.subject_public_key_info()
    }

    /// A PKCS #10 request for a certificate, DER. It names nothing: central decides what a certificate says.
    ///
    /// # Errors
    /// When signing fails.
    pub fn certificate_request(&self) -> Result<Vec<u8>, IdentityError> {
        let mut nameless = CertificateParams::default();
        nameless.distinguished_name = DistinguishedName::new();
        let request = nameless
            .serialize_request(&*self.pair)
            .map_err(|error| IdentityError::cryptography("sign a request for a certificate", error))?;
        Ok(request.der().to_vec())
    }

    /// The same key as the store takes it, to seal what is written on this device.
    pub fn signing_key(&self) -> SigningKey {
        SigningKey::from_pkcs8(&self.pair.serialize_der()).expect("the key is Ed25519, as PKCS #8")
    }

    pub(super) fn pair(&self) -> &KeyPair {
        &self.pair
    }

    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.pair.serialize_der()).into()
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey({})", self.device)
    }
}

/// A device with its certificate and the authority it trusts: all that a connection needs.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(crate) key: DeviceKey,
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) authority: CertificateDer<'static>,
}

impl Identity {
    /// The identity of `key`, certified by `certificate`, trusting `authority` and nobody else (both DER).
    ///
    /// # Errors
    /// When the certificate is not one, or is another key's.
    pub fn new(key: DeviceKey, certificate: Vec<u8>, authority: Vec<u8>) -> Result<Self, IdentityError> {
        let certificate = CertificateDer::from(certificate);
        let certified = device_of(&certificate).map_err(|detail| IdentityError::Cryptography {
            operation: "read the device's certificate",
            detail,
        })?;
        match certified == key.device {
            true => Ok(Self { key, certificate, authority: authority.into() }),
            false => Err(IdentityError::OtherDevice { certified, own: key.device }),
        }
    }

    /// The device.
    pub fn device(&self) -> DeviceId {
        self.key.device
    }

    /// Its key.
    pub fn key(&self) -> &DeviceKey {
        &self.key
    }
}

/// The device whose key `certificate` certifies.
pub(crate) fn device_of(certificate: &CertificateDer<'_>) -> Result<DeviceId, String> {
    let (_, certificate) = X509Certificate::from_der(certificate).map_err(|error| error.to_string())?;
    Ok(DeviceId::of_public_key(certificate.public_key().raw))
}

/// What a device remembers of its enrolment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Where central was found, as it was typed.
    pub central: String,
    /// What central gave.
    pub grant: Grant,
}

impl Membership {
    /// Its file in the data directory: CBOR. One file, so that a device is enrolled or is not.
    pub const FILE: &'static str = "enrolment.cbor";

    /// The membership kept in `directory`; nothing before enrolment.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub fn load(directory: &Path) -> Result<Option<Self>, IdentityError> {
        let path = directory.join(Self::FILE);
        let Some(bytes) = read(&path)? else { return Ok(None) };
        ciborium::from_reader(&bytes[..])
            .map(Some)
            .map_err(|error| IdentityError::Damaged { path, detail: error.to_string() })
    }

    /// Keeps this membership in `directory`, in place of an earlier one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, directory: &Path) -> Result<(), IdentityError> {
        let mut bytes = Vec::new();
        ciborium::into_writer(self, &mut bytes)
            .map_err(|error| IdentityError::cryptography("encode the enrolment", error))?;
        write(&directory.join(Self::FILE), &bytes)
    }

    /// The identity that this membership gives to `key`.
    ///
    /// # Errors
    /// When it was given to another key.
    pub fn identity(&self, key: DeviceKey) -> Result<Identity, IdentityError> {
        Identity::new(key, self.grant.device_certificate.clone(), self.grant.authority_certificate.clone())
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, IdentityError> {
    private_file::read(path, FILE_LENGTH_MAX).map_err(|source| IdentityError::File {
        operation: "read",
        path: path.to_owned(),
        source,
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), IdentityError> {
    private_file::write(path, bytes).map_err(|source| IdentityError::File {
        operation: "write",
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_keeps_its_key() {
        let directory = tempfile::tempdir().expect("a directory");
        let first = DeviceKey::load_or_create(directory.path()).expect("made");
        let again = DeviceKey::load_or_create(directory.path()).expect("found");
        assert_eq!(first.device(), again.device());
        assert_eq!(first.device(), DeviceId::of_public_key(&again.public_key_info()));
        assert_eq!(
            first.device(),
            again.signing_key().public().device(),
            "the store knows it by the same name"
        );
        assert_ne!(first.device(), DeviceKey::generate().expect("made").device());
    }

    #[test]
    fn a_key_that_is_missing_is_reported_and_not_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        assert_eq!(DeviceKey::load(directory.path()).expect_err("missing").code(), "device-key-missing");
        assert!(!directory.path().join(DeviceKey::FILE).exists());
    }

    #[test]
    fn a_damaged_key_is_reported_and_left_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(DeviceKey::FILE);
        std::fs::write(&path, b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
            .expect("written");
        let error = DeviceKey::load_or_create(directory.path()).expect_err("damaged");
        assert_eq!(error.code(), "identity-damaged");
        assert!(std::fs::read(&path).expect("still there").starts_with(b"-----BEGIN"));
    }

    #[test]
    fn a_device_without_papers_is_not_enrolled_and_damaged_papers_are_reported() {
        let directory = tempfile::tempdir().expect("a directory");
        assert!(Membership::load(directory.path()).expect("read").is_none());
        std::fs::write(directory.path().join(Membership::FILE), b"\xff\x00").expect("written");
        assert_eq!(Membership::load(directory.path()).expect_err("damaged").code(), "identity-damaged");
    }
}
