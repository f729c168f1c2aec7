//! The certificate authority of an installation: one Ed25519 root, kept by central, that certifies devices.
//!
//! ```text
//! root      CN "Tributary authority", SAN urn:tributary:system:<id>, path length 0, 20 years
//! central   SAN central.tributary and urn:tributary:device:<id>, serverAuth + clientAuth, 3 years, made at each start
//! device    SAN urn:tributary:device:<id>, clientAuth only, 400 days
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crdt_store::{DeviceId, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ED25519, PublicKeyData, SanType,
    SerialNumber, SubjectPublicKeyInfo,
};
use replication::enrolment::SystemId;
use replication::private_file;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// The name by which a device knows central, whatever address it dials.
pub const CENTRAL_NAME: &str = "central.tributary";

/// The file holds below 2 KB; whatever is larger is something else.
const FILE_LENGTH_MAX: u64 = 16 * 1024;

const DAY_MS: i64 = 24 * 3600 * 1000;
/// Longer than any deployment keeps one set of devices.
const ROOT_VALID_DAYS: i64 = 20 * 365;
/// Made anew at every start of central, so this is how long central may run without one.
const CENTRAL_VALID_DAYS: i64 = 3 * 365;
/// More than a year, so that a device used once a year still gets in.
const DEVICE_VALID_DAYS: i64 = 400;
/// Certificates begin this long before they are made: clocks of one country differ by an hour, or a day.
const BACKDATED_MS: i64 = DAY_MS;
/// 9000-01-01: certificates cannot express years of five digits.
const LATEST_MS: i64 = 221_845_392_000_000;
/// A request with nothing but an Ed25519 key is about 150 bytes.
const REQUEST_LENGTH_MAX: usize = 4096;

const SYSTEM_PREFIX: &str = "urn:tributary:system:";
const DEVICE_PREFIX: &str = "urn:tributary:device:";

/// The authority cannot be used, or cannot sign.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Reading or writing its file failed.
    #[error("cannot {operation} {path}: {source}")]
    File {
        /// What was being done.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Its file is not there.
    #[error(
        "{path} is missing; restore a backup of the whole directory: without it every device has to enrol again"
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Its file does not hold a root and its key.
    #[error(
        "{path} is damaged ({detail}); restore it from a backup: without it every device has to enrol again"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A key could not be made, or something could not be signed.
    #[error("cannot {operation}: {detail}")]
    Signing {
        /// What was being done.
        operation: &'static str,
        /// What the library said.
        detail: String,
    },
    /// A device's request is not one, is not signed by the key it names, or names a key of another kind.
    #[error("the device's request for a certificate is refused: {0}")]
    Request(String),
}

impl AuthorityError {
    /// Stable code for interfaces and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "authority-file",
            Self::Missing { .. } => "authority-missing",
            Self::Damaged { .. } => "authority-damaged",
            Self::Signing { .. } => "authority-signing",
            Self::Request(_) => "certificate-request",
        }
    }
}

/// A certificate for a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    /// The device, computed from the key.
    pub device: DeviceId,
    /// Its certificate, DER.
    pub certificate: Vec<u8>,
}

/// The root's key with its certificate.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Vec<u8>,
    system: SystemId,
    begins: Timestamp,
}

impl Authority {
    /// Its file in central's data directory: the root's private key and its certificate, PEM, in one file so that a
    /// crash never leaves one without the other.
    pub const FILE: &'static str = "authority.pem";

    /// The authority kept in `directory`.
    ///
    /// # Errors
    /// When the file is not there, cannot be read or is damaged.
    pub fn load(directory: &Path) -> Result<Self, AuthorityError> {
        Self::find(directory)?.ok_or_else(|| AuthorityError::Missing { path: directory.join(Self::FILE) })
    }

    /// The authority kept in `directory`; made there for a new system, from `random`, where there is none. Only for
    /// whoever makes a new central: an authority that was lost must not be replaced in silence.
    ///
    /// # Errors
    /// When the file cannot be read or written or is damaged, which never makes a new one.
    pub fn load_or_create(
        directory: &Path,
        now: Timestamp,
        random: [u8; 32],
    ) -> Result<Self, AuthorityError> {
        if let Some(found) = Self::find(directory)? {
            return Ok(found);
        }
        let path = directory.join(Self::FILE);
        let pem = Self::generate(now, random)?;
        private_file::write(&path, pem.as_bytes()).map_err(|source| AuthorityError::File {
            operation: "write",
            path: path.clone(),
            source,
        })?;
        Self::parse(pem.as_bytes()).map_err(|detail| AuthorityError::Damaged { path, detail })
    }

    fn find(directory: &Path) -> Result<Option<Self>, AuthorityError> {
        let path = directory.join(Self::FILE);
        let found = private_file::read(&path, FILE_LENGTH_MAX).map_err(|source| AuthorityError::File {
            operation: "read",
            path: path.clone(),
            source,
        })?;
        let parsed = found.map(|pem| Self::parse(&pem)).transpose();
        parsed.map_err(|detail| AuthorityError::Damaged { path, detail })
    }

    /// A new authority that is kept nowhere.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn in_memory(now: Timestamp, random: [u8; 32]) -> Result<Self, AuthorityError> {
        let pem = Self::generate(now, random)?;
        Self::parse(pem.as_bytes())
            .map_err(|detail| AuthorityError::Signing { operation: "read the new root", detail })
    }

    /// A new root and its key, as one PEM file.
    fn generate(now: Timestamp, random: [u8; 32]) -> Result<String, AuthorityError> {
        let signing = |operation| {
            move |error: rcgen::Error| AuthorityError::Signing { operation, detail: error.to_string() }
        };
        let key = KeyPair::generate_for(&PKCS_ED25519).map_err(signing("make the root's key"))?;
        let (mut system, mut serial) = ([0; 16], [0; 16]);
        system.copy_from_slice(&random[..16]);
        serial.copy_from_slice(&random[16..]);
        let system = SystemId::from_bytes(system);
        let mut params = template(now.plus_millis(-BACKDATED_MS), now, ROOT_VALID_DAYS, serial);
        params.distinguished_name.push(DnType::CommonName, "Tributary authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.subject_alt_names = vec![uri(SYSTEM_PREFIX, system)];
        let root = params.self_signed(&key).map_err(signing("sign the root"))?;
        Ok(key.serialize_pem() + &root.pem())
    }

    fn parse(pem: &[u8]) -> Result<Self, String> {
        let pem = std::str::from_utf8(pem).map_err(|_| "not text".to_owned())?;
        let split = pem.find("-----BEGIN CERTIFICATE-----").ok_or("no certificate in it")?;
        let (key, certificate) = pem.split_at(split);
        let key =
            KeyPair::from_pkcs8_pem_and_sign_algo(key, &PKCS_ED25519).map_err(|error| error.to_string())?;
        let (_, der) =
            x509_parser::pem::parse_x509_pem(certificate.as_bytes()).map_err(|error| error.to_string())?;
        let (_, parsed) = X509Certificate::from_der(&der.contents).map_err(|error| error.to_string())?;
        if parsed.public_key().raw != key.subject_public_key_info() {
            return Err("key and certificate do not belong together".to_owned());
        }
        let system = system_of(&parsed).ok_or("the certificate names no system")?;
        let begins = Timestamp::from_millis(parsed.validity().not_before.timestamp().saturating_mul(1000));
        let issuer = Issuer::from_ca_cert_pem(certificate, key).map_err(|error| error.to_string())?;
        Ok(Self { issuer, certificate: der.contents, system, begins })
    }

    /// The installation whose authority this is.
    pub fn system(&self) -> SystemId {
        self.system
    }

    /// Before this instant there was no system: a day before the authority was made.
    pub fn begins(&self) -> Timestamp {
        self.begins
    }

    /// The root's certificate, DER: what devices pin.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Certifies central itself, by its public key (SubjectPublicKeyInfo, DER).
    ///
    /// The certificate begins with the authority: a device whose clock fell back to the day of its enrolment still
    /// finds it valid.
    ///
    /// # Errors
    /// When that is not a public key, or signing fails.
    pub fn certify_central(
        &self,
        public_key_info: &[u8],
        now: Timestamp,
        serial: [u8; 16],
    ) -> Result<Certified, AuthorityError> {
        let key = SubjectPublicKeyInfo::from_der(public_key_info)
            .map_err(|error| AuthorityError::Request(error.to_string()))?;
        let device = DeviceId::of_public_key(&key.subject_public_key_info());
        let mut params = template(self.begins, now, CENTRAL_VALID_DAYS, serial);
        params.subject_alt_names = vec![
            SanType::DnsName(CENTRAL_NAME.try_into().expect("the name is ASCII")),
            uri(DEVICE_PREFIX, device),
        ];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params, &key, device)
    }

    /// Certifies the device that made `request` (PKCS #10, DER). Nothing the request asks for is granted except the
    /// key: its signature must show that the device holds it.
    ///
    /// As central's own, the certificate begins with the authority: a central whose clock fell back still takes it.
    ///
    /// # Errors
    /// [`AuthorityError::Request`] for a request that is none, or not of an Ed25519 key; else when signing fails.
    pub fn certify_device(
        &self,
        request: &[u8],
        now: Timestamp,
        serial: [u8; 16],
    ) -> Result<Certified, AuthorityError> {
        if request.len() > REQUEST_LENGTH_MAX {
            return Err(AuthorityError::Request(format!("longer than {REQUEST_LENGTH_MAX} bytes")));
        }
        let request = CertificateSigningRequestParams::from_der(&request.into())
            .map_err(|error| AuthorityError::Request(error.to_string()))?;
        if PublicKeyData::algorithm(&request.public_key) != &PKCS_ED25519 {
            return Err(AuthorityError::Request("not an Ed25519 key".to_owned()));
        }
        let device = DeviceId::of_public_key(&request.public_key.subject_public_key_info());
        let mut params = template(self.begins, now, DEVICE_VALID_DAYS, serial);
        params.subject_alt_names = vec![uri(DEVICE_PREFIX, device)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params, &request.public_key, device)
    }

    fn sign(
        &self,
        mut params: CertificateParams,
        key: &impl PublicKeyData,
        device: DeviceId,
    ) -> Result<Certified, AuthorityError> {
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let signed = params.signed_by(key, &self.issuer).map_err(|error| AuthorityError::Signing {
            operation: "sign a certificate",
            detail: error.to_string(),
        })?;
        Ok(Certified { device, certificate: signed.der().to_vec() })
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Authority({})", self.system)
    }
}

fn template(begins: Timestamp, now: Timestamp, valid_days: i64, mut serial: [u8; 16]) -> CertificateParams {
    // A serial number is positive and of one length.
    serial[0] = serial[0] & 0x7f | 0x40;
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let date =
        |at: Timestamp| epoch + Duration::from_millis(at.as_millis().clamp(0, LATEST_MS).unsigned_abs());
    let mut params = CertificateParams::default();
    params.not_before = date(begins);
    params.not_after = date(now.plus_millis(valid_days * DAY_MS));
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.distinguished_name = DistinguishedName::new();
    params
}

fn uri(prefix: &str, id: impl std::fmt::Display) -> SanType {
    SanType::URI(format!("{prefix}{id}").try_into().expect("an id is ASCII"))
}

fn system_of(root: &X509Certificate<'_>) -> Option<SystemId> {
    let names = root.subject_alternative_name().ok()??;
    names.value.general_names.iter().find_map(|name| match name {
        GeneralName::URI(uri) => uri.strip_prefix(SYSTEM_PREFIX)?.parse().ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    //! What the authority signs, read back by an independent parser.

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn authority() -> Authority {
        Authority::in_memory(NOW, [7; 32]).expect("made")
    }

    fn request(key: &KeyPair, params: CertificateParams) -> Vec<u8> {
        params.serialize_request(key).expect("signed").der().to_vec()
    }

    fn device_key() -> KeyPair {
        KeyPair::generate_for(&PKCS_ED25519).expect("made")
    }

    fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
        let names = certificate.subject_alternative_name().expect("readable").expect("some");
        names
            .value
            .general_names
            .iter()
            .map(|name| match name {
                GeneralName::URI(name) | GeneralName::DNSName(name) => (*name).to_owned(),
                other => panic!("unexpected {other}"),
            })
            .collect()
    }

    #[test]
    fn an_authority_is_made_once_and_found_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let first = Authority::load_or_create(directory.path(), NOW, [7; 32]).expect("made");
        let again = Authority::load_or_create(directory.path(), NOW, [8; 32]).expect("found");
        assert_eq!(first.certificate(), again.certificate());
        assert_eq!(first.system(), again.system());
        assert_eq!(first.system(), SystemId::from_bytes([7; 16]));
    }

    #[test]
    fn an_authority_that_is_missing_is_reported_and_not_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        assert_eq!(Authority::load(directory.path()).expect_err("missing").code(), "authority-missing");
        assert!(!directory.path().join(Authority::FILE).exists());
        let made = Authority::load_or_create(directory.path(), NOW, [7; 32]).expect("made");
        assert_eq!(Authority::load(directory.path()).expect("found").system(), made.system());
    }

    #[test]
    fn a_damaged_authority_is_reported_and_never_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(Authority::FILE);
        let mut mixed = Authority::generate(NOW, [1; 32]).expect("made");
        let other = Authority::generate(NOW, [2; 32]).expect("made");
        let split = mixed.find("-----BEGIN CERTIFICATE-----").expect("there");
        mixed.truncate(split);
        mixed.push_str(&other[other.find("-----BEGIN CERTIFICATE-----").expect("there")..]);
        for damaged in ["", "nonsense", &mixed] {
            std::fs::write(&path, damaged).expect("written");
            let error = Authority::load_or_create(directory.path(), NOW, [3; 32]).expect_err("damaged");
            assert_eq!(error.code(), "authority-damaged");
            assert_eq!(std::fs::read_to_string(&path).expect("still there"), damaged);
        }
    }

    #[test]
    fn a_device_gets_its_key_certified_and_nothing_else_it_asks_for() {
        let (authority, key) = (authority(), device_key());
        let mut greedy = CertificateParams::new(vec![CENTRAL_NAME.to_owned()]).expect("a name");
        greedy.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        greedy.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        greedy.distinguished_name.push(DnType::CommonName, CENTRAL_NAME);
        let certified = authority.certify_device(&request(&key, greedy), NOW, [9; 16]).expect("signed");
        assert_eq!(certified.device, DeviceId::of_public_key(&key.subject_public_key_info()));

        let (_, certificate) = X509Certificate::from_der(&certified.certificate).expect("a certificate");
        let (_, root) = X509Certificate::from_der(authority.certificate()).expect("a certificate");
        certificate.verify_signature(Some(root.public_key())).expect("signed by the root");
        assert_eq!(names(&certificate), [format!("{DEVICE_PREFIX}{}", certified.device)]);
        assert!(!certificate.is_ca());
        assert_eq!(certificate.subject().iter().count(), 0);
        let usage = certificate.extended_key_usage().expect("readable").expect("some").value;
        assert!(usage.client_auth && !usage.server_auth && !usage.any);
        let days = (certificate.validity().not_after.timestamp() - NOW.as_millis() / 1000) * 1000 / DAY_MS;
        assert_eq!(days, DEVICE_VALID_DAYS);
    }

    #[test]
    fn a_request_that_is_forged_foreign_or_absurd_is_refused() {
        let (authority, key) = (authority(), device_key());
        let mut forged = request(&key, CertificateParams::default());
        *forged.last_mut().expect("bytes") ^= 1;
        let foreign = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("made");
        let foreign = request(&foreign, CertificateParams::default());
        for refused in [&b""[..], &b"\x30\x82\xff\xff"[..], &[0x30; 100_000], &forged, &foreign] {
            let error = authority.certify_device(refused, NOW, [9; 16]).expect_err("refused");
            assert_eq!(error.code(), "certificate-request", "{error}");
        }
    }

    #[test]
    fn central_is_certified_for_its_name_since_the_authority_began() {
        let (authority, key) = (authority(), device_key());
        let later = NOW.plus_millis(1000 * DAY_MS);
        let certified =
            authority.certify_central(&key.subject_public_key_info(), later, [9; 16]).expect("signed");
        let (_, certificate) = X509Certificate::from_der(&certified.certificate).expect("a certificate");
        assert_eq!(
            names(&certificate),
            [CENTRAL_NAME.to_owned(), format!("{DEVICE_PREFIX}{}", certified.device)]
        );
        assert!(certificate.validity().not_before.timestamp() * 1000 < NOW.as_millis());
        let usage = certificate.extended_key_usage().expect("readable").expect("some").value;
        assert!(usage.client_auth && usage.server_auth);
    }

    #[test]
    fn the_root_signs_end_entities_only() {
        let authority = authority();
        let (_, root) = X509Certificate::from_der(authority.certificate()).expect("a certificate");
        let constraints = root.basic_constraints().expect("readable").expect("some").value;
        assert!(constraints.ca);
        assert_eq!(constraints.path_len_constraint, Some(0));
    }

    #[test]
    fn a_clock_that_is_absurd_makes_a_certificate_all_the_same() {
        for now in [i64::MIN, -1, 0, i64::MAX] {
            let authority = Authority::in_memory(Timestamp::from_millis(now), [7; 32]).expect("made");
            let request = request(&device_key(), CertificateParams::default());
            authority.certify_device(&request, Timestamp::from_millis(now), [9; 16]).expect("signed");
        }
    }
}
