//! Who may enrol: a site by name, its password, how often it may be tried, and what a device is given.
//!
//! The password itself never comes here. Central keeps a verifier of it (see
//! [`SiteVerifier`]) in a document that no site receives.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crdt_store::{DocumentId, Failure, Rejection, Timestamp, Txn, ViewRead};
use domain::query::reference;
use domain::{Caller, Role, site};
use replication::enrolment::{
    Admission, EnrolmentCode, EnrolmentDesk, EnrolmentRefusal, Grant, Invitation, Salt, SiteVerifier,
    SystemId,
};

use crate::authority::{Authority, AuthorityError};

/// Attempts in a row that cost no delay: people mistype.
const FREE_ATTEMPTS: u32 = 3;
/// Delay after the first attempt beyond those, in milliseconds; doubled with each further one.
const DELAY_MIN_MS: i64 = 1_000;
/// The longest delay, in milliseconds: a thousand guesses then take most of a day, and a person who knows the
/// password waits a minute at worst. Nobody is locked out.
const DELAY_MAX_MS: i64 = 60_000;
/// Attempts are forgotten after this time without one, in milliseconds.
const FORGOTTEN_AFTER_MS: i64 = 3_600_000;

/// The desk at which devices enrol with central.
///
/// It opens for a site while the site's password is active, and refuses by the codes of [`EnrolmentCode`].
pub fn desk(authority: Arc<Authority>) -> EnrolmentDesk {
    let desk = Arc::new(Desk { authority, attempts: Mutex::default() });
    let inviting = desk.clone();
    EnrolmentDesk {
        system: desk.authority.system(),
        invite: Box::new(move |views, site_name, now| inviting.invite(views, site_name, now)),
        admit: Box::new(move |txn, admission| desk.admit(txn, admission)),
    }
}

/// What central will keep of a site's password. Takes a moment and 19 MiB on purpose: call it outside the node.
pub fn verifier(system: SystemId, site: DocumentId, password: &str) -> SiteVerifier {
    SiteVerifier::derive(Salt::of(system, site), password)
}

/// The command that sets a site's password, by its verifier, and opens or closes the site for further devices.
pub fn secret(verifier: &SiteVerifier, active: bool) -> site::SetSiteSecret {
    site::SetSiteSecret { verifier: hex(verifier.as_bytes()), active }
}

struct Desk {
    authority: Arc<Authority>,
    attempts: Mutex<BTreeMap<DocumentId, Attempts>>,
}

impl Desk {
    fn invite(
        &self,
        views: &dyn ViewRead,
        site_name: &str,
        now: Timestamp,
    ) -> Result<Invitation, EnrolmentRefusal> {
        let known = reference::site_by_name(views, site_name.trim()).map_err(|error| unavailable(&error))?;
        let site = known.filter(|site| !site.is_central).ok_or_else(|| {
            EnrolmentRefusal::new(EnrolmentCode::UnknownSite, format!("central has no site «{site_name}»"))
        })?;
        let secret = reference::site_secret(views, site.id).map_err(|error| unavailable(&error))?;
        let verifier = secret
            .filter(|secret| secret.active)
            .and_then(|secret| unhex(&secret.verifier))
            .ok_or_else(|| {
                EnrolmentRefusal::new(EnrolmentCode::EnrolmentClosed, "the site takes no devices at present")
            })?;
        self.count_attempt(site.id, now)?;
        Ok(Invitation { site: site.id, salt: Salt::of(self.authority.system(), site.id), verifier })
    }

    /// Counts an attempt before it is made, so that many at once are many; success takes it back.
    fn count_attempt(&self, site: DocumentId, now: Timestamp) -> Result<(), EnrolmentRefusal> {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.entry(site).or_default().count(now).map_err(|wait_ms| EnrolmentRefusal {
            code: EnrolmentCode::RateLimited,
            detail: format!("too many attempts; the next one counts in {} s", wait_ms.div_ceil(1000)),
            retry_after_ms: Some(wait_ms),
        })
    }

    fn admit(&self, txn: &mut Txn<'_>, admission: &Admission) -> Result<Grant, Failure> {
        // The password was right, whatever else may be wrong.
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).remove(&admission.site);
        let site = reference::site(txn, admission.site)?;
        if reference::stores_of_site(txn, site.id)?.is_empty() {
            return Err(rejected(EnrolmentCode::SiteWithoutStore, format!("{} has no store yet", site.name)));
        }
        let (now, serial) = (txn.now(), txn.random_bytes());
        let certified = self
            .authority
            .certify_device(&admission.certificate_request, now, serial)
            .map_err(not_certified)?;
        let name = format!("{} {}", site.name, site.devices + 1);
        let command = site::EnrolDevice { device: certified.device, name };
        let enrolled = site::enrol_device(txn, &Caller::system(Role::Central), site.id, &command)
            .map_err(|failure| in_words_of_enrolment(failure, &site.name))?;
        Ok(Grant {
            system: self.authority.system(),
            site: site.id,
            site_name: site.name,
            device: certified.device,
            number_block: enrolled.block,
            device_certificate: certified.certificate,
            authority_certificate: self.authority.certificate().to_vec(),
            granted_at: now,
        })
    }
}

/// How often a site was tried, and when it may be again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Attempts {
    count: u32,
    latest: Timestamp,
    next: Timestamp,
}

impl Attempts {
    /// Counts an attempt, or says for how many milliseconds none is looked at; those do not count.
    fn count(&mut self, now: Timestamp) -> Result<(), u64> {
        let wait_ms = self.next.millis_since(now);
        // More than the longest delay means that the clock was set back.
        if (1..=DELAY_MAX_MS).contains(&wait_ms) {
            return Err(wait_ms.unsigned_abs());
        }
        if now.millis_since(self.latest) > FORGOTTEN_AFTER_MS {
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
        self.latest = now;
        self.next = now.plus_millis(delay_ms(self.count));
        Ok(())
    }
}

/// The delay after so many attempts in a row, in milliseconds.
fn delay_ms(attempts: u32) -> i64 {
    match attempts.checked_sub(FREE_ATTEMPTS + 1) {
        None => 0,
        Some(doublings) => (DELAY_MIN_MS << doublings.min(16)).min(DELAY_MAX_MS),
    }
}

fn unavailable(error: &crdt_store::StoreError) -> EnrolmentRefusal {
    tracing::error!(%error, "enrolment cannot read the sites");
    EnrolmentRefusal::new(EnrolmentCode::CentralFailed, "central cannot read its sites")
}

fn rejected(code: EnrolmentCode, message: impl Into<String>) -> Failure {
    Rejection::new(code.as_str(), message).into()
}

fn not_certified(error: AuthorityError) -> Failure {
    let code = match error {
        AuthorityError::Request(_) => EnrolmentCode::Malformed,
        _ => EnrolmentCode::CentralFailed,
    };
    rejected(code, error.to_string())
}

/// The domain's rejections, in the codes that a device understands.
fn in_words_of_enrolment(failure: Failure, site_name: &str) -> Failure {
    match failure {
        Failure::Rejected(rejection) if rejection.code == "site-bound" => {
            rejected(EnrolmentCode::SiteAlreadyBound, format!("{site_name} already has its device"))
        }
        other => other,
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<SiteVerifier> {
    let nibbles: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let bytes: Vec<u8> = nibbles?.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    SiteVerifier::from_bytes(&bytes)
}

#[cfg(test)]
mod tests {
    //! The decisions of the desk, over a real store with the real schema; the handshake in front of it is tested
    //! over QUIC in `replication`.

    use super::*;
    use crdt_store::{Author, DeviceId, OpenOptions, Store};
    use domain::DomainSchema;
    use domain::store::CreateStore;
    use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    struct Office {
        store: Store,
        desk: EnrolmentDesk,
    }

    impl Office {
        fn new() -> Self {
            let options = OpenOptions::memory().device(DeviceId::from_bytes([1; 16])).central(true);
            let store = Store::open(options, Arc::new(DomainSchema)).expect("opens");
            let authority = Arc::new(Authority::in_memory(NOW, [7; 32]).expect("made"));
            Self { store, desk: desk(authority) }
        }

        fn run<R>(
            &mut self,
            command: impl FnOnce(&mut Txn<'_>) -> Result<R, Failure>,
        ) -> Result<R, Rejection> {
            self.store.execute(NOW, &Author::default(), command).expect("the store works")
        }

        fn site(&mut self, name: &str, multi_device: bool, stores: Vec<DocumentId>) -> DocumentId {
            let command =
                site::CreateSite { id: None, name: name.to_owned(), is_central: false, multi_device, stores };
            self.run(|txn| site::create(txn, &central(), &command)).expect("made").id
        }

        fn store(&mut self, code: &str) -> DocumentId {
            let (code, name) = (code.to_owned(), code.to_owned());
            let command = CreateStore { id: None, code, name, level: 3, supplier: None, site: None };
            self.run(|txn| domain::store::create(txn, &central(), &command)).expect("made").id
        }

        fn set_password(&mut self, site: DocumentId, password: &str, active: bool) {
            let command = secret(&verifier(self.desk.system, site, password), active);
            self.run(|txn| site::set_secret(txn, &central(), site, &command)).expect("set");
        }

        fn invite(&self, name: &str, now: Timestamp) -> Result<Invitation, EnrolmentRefusal> {
            (self.desk.invite)(&self.store.reader().snapshot().expect("readable"), name, now)
        }

        fn admit(&mut self, site: DocumentId, request: Vec<u8>) -> Result<Grant, Rejection> {
            let Self { store, desk } = self;
            let admission = Admission { site, certificate_request: request };
            store
                .execute(NOW, &Author::default(), |txn| (desk.admit)(txn, &admission))
                .expect("the store works")
        }
    }

    fn central() -> Caller {
        Caller::system(Role::Central)
    }

    fn request() -> Vec<u8> {
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("made");
        CertificateParams::default().serialize_request(&key).expect("signed").der().to_vec()
    }

    #[test]
    fn a_site_is_invited_by_name_whatever_its_case_to_prove_the_password_that_was_set() {
        let mut office = Office::new();
        let site = office.site("Kpu District", false, Vec::new());
        office.set_password(site, "mango", true);
        let invitation = office.invite(" kpu district ", NOW).expect("invited");
        assert_eq!(invitation.site, site);
        assert_eq!(invitation.verifier, SiteVerifier::derive(invitation.salt, "mango"));
    }

    #[test]
    fn who_is_unknown_or_closed_is_told_which() {
        let mut office = Office::new();
        let site = office.site("Kpu", false, Vec::new());
        let code = |office: &Office, name| office.invite(name, NOW).expect_err("refused").code;
        assert_eq!(code(&office, "Kpv"), EnrolmentCode::UnknownSite);
        assert_eq!(code(&office, "Kpu"), EnrolmentCode::EnrolmentClosed);
        office.set_password(site, "mango", false);
        assert_eq!(code(&office, "Kpu"), EnrolmentCode::EnrolmentClosed);
    }

    #[test]
    fn a_device_is_certified_registered_and_numbered() {
        let mut office = Office::new();
        let store = office.store("KPU");
        let site = office.site("Kpu", true, vec![store]);
        let first = office.admit(site, request()).expect("admitted");
        let second = office.admit(site, request()).expect("admitted");
        assert_ne!(first.number_block, second.number_block);
        assert_eq!((first.site, first.system, first.granted_at), (site, office.desk.system, NOW));
        let read = office.store.reader().snapshot().expect("readable");
        let role = crate::registry::admit(&read, first.device).expect("known");
        assert!(matches!(role, replication::registry::PeerRole::Device { name: Some(_) }));
    }

    #[test]
    fn the_same_device_again_keeps_its_numbers() {
        let mut office = Office::new();
        let store = office.store("KPU");
        let site = office.site("Kpu", false, vec![store]);
        let request = request();
        let first = office.admit(site, request.clone()).expect("admitted");
        let again = office.admit(site, request).expect("admitted");
        assert_eq!((first.device, first.number_block), (again.device, again.number_block));
    }

    #[test]
    fn a_site_without_store_or_with_its_device_is_refused_and_nothing_is_stored() {
        let mut office = Office::new();
        let bare = office.site("Bare", false, Vec::new());
        assert_eq!(office.admit(bare, request()).expect_err("refused").code, "site-without-store");
        let store = office.store("KPU");
        let bound = office.site("Kpu", false, vec![store]);
        office.admit(bound, request()).expect("admitted");
        assert_eq!(office.admit(bound, request()).expect_err("refused").code, "site-already-bound");
        let read = office.store.reader().snapshot().expect("readable");
        assert_eq!(reference::devices(&read).expect("readable").len(), 1);
    }

    #[test]
    fn a_revoked_device_is_neither_let_in_nor_enrolled_again() {
        let mut office = Office::new();
        let store = office.store("KPU");
        let site = office.site("Kpu", true, vec![store]);
        let request = request();
        let device = office.admit(site, request.clone()).expect("admitted").device;
        let command = site::RevokeDevice { device };
        office.run(|txn| site::revoke_device(txn, &central(), site, &command)).expect("revoked");
        assert_eq!(office.admit(site, request).expect_err("refused").code, "device-revoked");
        let read = office.store.reader().snapshot().expect("readable");
        assert_eq!(crate::registry::admit(&read, device).expect_err("refused").code, "revoked-device");
        let stranger = DeviceId::from_bytes([9; 16]);
        assert_eq!(crate::registry::admit(&read, stranger).expect_err("refused").code, "unknown-device");
    }

    #[test]
    fn a_request_that_is_none_is_refused() {
        let mut office = Office::new();
        let store = office.store("KPU");
        let site = office.site("Kpu", false, vec![store]);
        assert_eq!(office.admit(site, b"nonsense".to_vec()).expect_err("refused").code, "malformed");
    }

    #[test]
    fn guesses_are_slowed_down_site_by_site_and_nobody_is_locked_out() {
        let mut office = Office::new();
        for name in ["Kpu", "Other"] {
            let site = office.site(name, false, Vec::new());
            office.set_password(site, "mango", true);
        }
        let (mut now, mut looked_at) = (NOW, 0);
        for _ in 0..3_600 {
            now = now.plus_millis(1_000);
            looked_at += u32::from(office.invite("Kpu", now).is_ok());
        }
        assert!((60..80).contains(&looked_at), "{looked_at} guesses in an hour");
        office.invite("Other", now).expect("another site is not affected");
        let refusal = (0..100).find_map(|_| office.invite("Kpu", now).err()).expect("limited");
        let wait_ms = refusal.retry_after_ms.expect("said");
        assert!(wait_ms <= DELAY_MAX_MS.unsigned_abs());
        let then = now.plus_millis(i64::try_from(wait_ms).expect("short"));
        office.invite("Kpu", then).expect("looked at when it was said");
    }

    #[test]
    fn a_success_and_a_quiet_hour_and_a_clock_set_back_end_the_delay() {
        let mut attempts = Attempts::default();
        for _ in 0..8 {
            let _ = attempts.count(attempts.next.max(NOW));
        }
        assert!(attempts.count(attempts.latest).is_err());
        assert_eq!(attempts.clone().count(NOW.plus_millis(-DELAY_MAX_MS * 100)), Ok(()));
        attempts.count(attempts.latest.plus_millis(FORGOTTEN_AFTER_MS + 1)).expect("forgotten");
        assert_eq!(attempts.count, 1);
    }

    #[test]
    fn a_verifier_survives_its_document() {
        let verifier = SiteVerifier::from_bytes(&(0..32).collect::<Vec<u8>>()).expect("32 bytes");
        assert_eq!(unhex(&hex(verifier.as_bytes())), Some(verifier));
        for damaged in ["", "0", "zz", &"0".repeat(62), &"é".repeat(32)] {
            assert_eq!(unhex(damaged), None);
        }
    }
}
