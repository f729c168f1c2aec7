//! Bundles with keys and certificates: signing one's own, and recognising who made another.

use std::sync::Arc;

use crdt_store::{DeviceId, Timestamp, ViewRead};
use rcgen::SigningKey;
use rustls::SignatureScheme;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use tokio::sync::Semaphore;
use tributary_inbox::answer;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::clock::Clock;
use super::connection::deliver;
use super::driver::Item;
use super::handle::{ExecuteError, NodeHandle};
use super::identity::{Identity, device_of};
use super::tls::{self, CENTRAL_NAME};
use crate::bundle::{Bundle, BundleError, Header, Writer};
use crate::code;
use crate::node::Taken;
use crate::peer::Peer;
use crate::registry::{PeerRole, RefusedPeer, Registry};

/// Frames of a bundle that are read and not yet durable: some are handled in one transaction, and memory stays bounded.
const FRAMES_AHEAD: usize = 8;

/// What lets a node sign bundles, and know who made those of others.
#[derive(Clone)]
pub struct Courier {
    /// Its key and certificate, and the authority it trusts.
    pub identity: Identity,
    /// Who a device is.
    pub registry: Registry,
}

/// A bundle is not made, or not taken in.
#[derive(Debug, thiserror::Error)]
pub enum BundleFailure {
    /// It may not be: an answer for people. Nothing was changed by a file that is refused.
    #[error(transparent)]
    Refused(#[from] BundleError),
    /// The node could not do it.
    #[error(transparent)]
    Node(#[from] ExecuteError),
    /// The cryptography library failed, or this node has no key.
    #[error("cannot sign the file: {0}")]
    Signing(String),
}

impl BundleFailure {
    /// Stable code for interfaces and logs.
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(error) => error.code,
            Self::Node(error) => error.code(),
            Self::Signing(_) => "bundle-not-signed",
        }
    }
}

/// A bundle that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The file.
    pub file: Vec<u8>,
    /// Whom it is for.
    pub to: DeviceId,
    /// Documents in it, or parts of them.
    pub documents: u64,
    /// Whether that was all; otherwise the rest follows when this one has been acknowledged.
    pub complete: bool,
}

/// What a bundle says of itself, its signature verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Who made it.
    pub from: DeviceId,
    /// Whether that is the central node.
    pub from_central: bool,
    /// Whom it is for.
    pub to: DeviceId,
    /// When it was made, by the clock of the device that made it.
    pub made: Timestamp,
    /// Documents in it, or parts of them.
    pub documents: u64,
    /// Length of the file, in bytes.
    pub bytes: u64,
}

impl Courier {
    /// Reads a bundle and verifies who made it, whoever it is for.
    ///
    /// # Errors
    /// When it is none, is damaged, or was made by a device that this system's authority has not certified.
    pub fn inspect(&self, file: Vec<u8>, clock: &Clock) -> Result<About, BundleError> {
        self.verified(file, clock).map(|(_, about)| about)
    }

    fn verified(&self, file: Vec<u8>, clock: &Clock) -> Result<(Bundle, About), BundleError> {
        let bundle = Bundle::read(file)?;
        let Header { from, certificate, to, made } = bundle.header().clone();
        let certificate = CertificateDer::from(certificate);
        verify_signature(&certificate, &bundle)?;
        self.verify_certificate(&certificate, clock)?;
        if device_of(&certificate) != Ok(from) {
            return Err(tampered("the certificate is of another device"));
        }
        let survey = bundle.survey()?;
        let from_central = is_of_central(&certificate);
        let (documents, bytes) = (survey.documents, bundle.file_bytes() as u64);
        Ok((bundle, About { from, from_central, to, made, documents, bytes }))
    }

    fn verify_certificate(&self, certificate: &CertificateDer<'_>, clock: &Clock) -> Result<(), BundleError> {
        let failed = |error: &dyn std::fmt::Display| {
            BundleError::new(code::BUNDLE_OTHER_SYSTEM, format!("certificate: {error}"))
        };
        let roots = tls::roots(&self.identity).map_err(|error| failed(&error))?;
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, tls::provider())
            .build()
            .map_err(|error| failed(&error))?;
        let millis = u64::try_from(clock.wall().as_millis()).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_millis(millis));
        match verifier.verify_client_cert(certificate, &[], now) {
            Ok(_) => Ok(()),
            Err(rustls::Error::InvalidCertificate(error)) if is_about_time(&error) => {
                let detail = "the certificate of the device that made it is not valid at this time";
                Err(BundleError::new(code::BUNDLE_CERTIFICATE_EXPIRED, detail))
            }
            Err(error) => Err(failed(&error)),
        }
    }

    /// Who made a bundle, if that is somebody whose bundles are taken.
    fn signer(&self, views: &dyn ViewRead, about: &About, is_central: bool) -> Result<Peer, BundleError> {
        let device = about.from;
        match (self.registry)(views, device) {
            Ok(PeerRole::Central) => Ok(Peer { device, central: about.from_central, name: None }),
            Ok(PeerRole::Device { name }) => Ok(Peer { device, central: false, name }),
            // A site that is new knows no device yet; central's certificate is enough, as it is when central is dialled.
            Err(refused) if refused.code == UNKNOWN && about.from_central && !is_central => {
                Ok(Peer { device, central: true, name: None })
            }
            Err(refused) => Err(not_taken(refused)),
        }
    }

    fn sign(&self, digest: &[u8; 32]) -> Result<Vec<u8>, BundleFailure> {
        self.identity.key.pair().sign(digest).map_err(|error| BundleFailure::Signing(error.to_string()))
    }
}

/// Codes of a registry.
const UNKNOWN: &str = "unknown-device";
const REVOKED: &str = "revoked-device";

fn not_taken(refused: RefusedPeer) -> BundleError {
    let code = match refused.code {
        UNKNOWN => code::BUNDLE_SIGNER_UNKNOWN,
        REVOKED => code::BUNDLE_SIGNER_REVOKED,
        other => other,
    };
    BundleError::new(code, refused.detail)
}

fn tampered(detail: &str) -> BundleError {
    BundleError::new(code::BUNDLE_TAMPERED, detail)
}

/// Whether the key of the certificate signed the file. Whose certificate it is, is another question.
fn verify_signature(certificate: &CertificateDer<'_>, bundle: &Bundle) -> Result<(), BundleError> {
    let (_, parsed) =
        X509Certificate::from_der(certificate).map_err(|_| tampered("its certificate cannot be read"))?;
    let key = &parsed.public_key().subject_public_key.data;
    let algorithms = tls::provider().signature_verification_algorithms.mapping;
    let ed25519 = algorithms.iter().find(|(scheme, _)| *scheme == SignatureScheme::ED25519);
    let verified = ed25519
        .into_iter()
        .flat_map(|(_, algorithms)| algorithms.iter())
        .any(|algorithm| algorithm.verify_signature(key, &bundle.digest(), bundle.signature()).is_ok());
    if verified { Ok(()) } else { Err(tampered("its signature does not fit")) }
}

fn is_about_time(error: &rustls::CertificateError) -> bool {
    use rustls::CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    matches!(error, Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. })
}

/// Whether the authority certified central by this: it is what a dialler looks for.
fn is_of_central(certificate: &CertificateDer<'_>) -> bool {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return false };
    let (Ok(Some(names)), Ok(Some(usage))) = (parsed.subject_alternative_name(), parsed.extended_key_usage())
    else {
        return false;
    };
    let is_named = |name: &GeneralName<'_>| matches!(name, GeneralName::DNSName(CENTRAL_NAME));
    usage.value.server_auth && names.value.general_names.iter().any(is_named)
}

impl NodeHandle {
    /// Makes a bundle for a device: all that it has not acknowledged, as far as that fits.
    ///
    /// # Errors
    /// When nobody knows the device, another bundle is being made, or the node cannot read its store.
    pub async fn save_bundle(&self, to: DeviceId) -> Result<Saved, BundleFailure> {
        let courier = self.courier()?;
        let _turn = self.shared().bundle_turn.try_acquire().map_err(|_| busy())?;
        let peer = self.recipient(courier.clone(), to).await?;
        let inbox = &self.shared().inbox;
        let (answered, export) = answer();
        deliver(inbox, Item::Export { peer: peer.clone(), answer: answered }).await.map_err(stopped)?;
        let mut export = export.await.unwrap_or(Err(ExecuteError::Stopped))?;
        let header = Header {
            from: courier.identity.device(),
            certificate: courier.identity.certificate.to_vec(),
            to,
            made: self.wall_now(),
        };
        let written = on_a_thread(move || {
            let mut writer = Writer::new(&header);
            let complete = export
                .write(&mut writer)
                .map_err(|error| ExecuteError::Store { code: error.code(), message: error.to_string() })?;
            let file = writer.finish(|digest| courier.sign(digest))?;
            let documents = export.documents();
            Ok::<_, BundleFailure>((Saved { file, to, documents, complete }, export))
        });
        let (saved, export) = written.await??;
        let (answered, noted) = answer();
        deliver(inbox, Item::Exported { peer, export: Box::new(export), answer: answered })
            .await
            .map_err(stopped)?;
        noted.await.map_err(|_| ExecuteError::Stopped)?;
        Ok(saved)
    }

    /// Takes in a bundle: all of it is durable when this returns. A file that is refused has changed nothing.
    ///
    /// # Errors
    /// When it is no bundle, damaged, for another device, or not of somebody whose bundles are taken; or when the node cannot
    /// store it.
    pub async fn load_bundle(&self, file: Vec<u8>) -> Result<(About, Taken), BundleFailure> {
        let courier = self.courier()?;
        let turn = self.shared().bundle_turn.clone().try_acquire_owned().map_err(|_| busy())?;
        let node = self.clone();
        // It goes on if whoever brought the file goes away: half a bundle is of no use to anybody.
        let task = tokio::spawn(async move {
            let taken = node.take_in(courier, file).await;
            drop(turn);
            taken
        });
        task.await.map_err(|_| ExecuteError::Stopped)?
    }

    /// What a bundle says of itself, whoever it is for.
    ///
    /// # Errors
    /// As [`Courier::inspect`].
    pub async fn inspect_bundle(&self, file: Vec<u8>) -> Result<About, BundleFailure> {
        let (courier, clock) = (self.courier()?, self.shared().clock.clone());
        let _turn = self.shared().bundle_turn.try_acquire().map_err(|_| busy())?;
        Ok(on_a_thread(move || courier.inspect(file, &clock)).await??)
    }

    async fn take_in(&self, courier: Courier, file: Vec<u8>) -> Result<(About, Taken), BundleFailure> {
        let (bundle, about, peer) = self.admitted(courier, file).await?;
        let shared = self.shared();
        let conn = shared.new_connection();
        let (answered, taken) = answer();
        deliver(&shared.inbox, Item::Bundle { conn, peer, answer: answered }).await.map_err(stopped)?;
        let (bundle, ahead) = (Arc::new(bundle), Arc::new(Semaphore::new(FRAMES_AHEAD)));
        for index in 0..bundle.frame_count() {
            let memory = ahead.clone().acquire_owned().await.map_err(|_| ExecuteError::Stopped)?;
            let bundle = bundle.clone();
            let Some(frame) = on_a_thread(move || bundle.frame(index)).await? else { break };
            let frame = frame?;
            deliver(&shared.inbox, Item::BundleFrame { conn, frame, memory: (memory, None) })
                .await
                .map_err(stopped)?;
        }
        deliver(&shared.inbox, Item::BundleEnd { conn }).await.map_err(stopped)?;
        let taken = taken.await.unwrap_or(Err(ExecuteError::Stopped.into()))?;
        Ok((about, taken))
    }

    /// Everything that can be wrong with a file is found out before anything of it is taken.
    async fn admitted(
        &self,
        courier: Courier,
        file: Vec<u8>,
    ) -> Result<(Bundle, About, Peer), BundleFailure> {
        let (clock, reader) = (self.shared().clock.clone(), self.reader());
        let is_central = self.status().central;
        on_a_thread(move || {
            let (bundle, about) = courier.verified(file, &clock)?;
            let own = courier.identity.device();
            if about.from == own {
                return Err(BundleError::new(code::BUNDLE_OWN, "this device made the file itself").into());
            }
            if about.to != own {
                let detail = format!("the file is for device {}", about.to);
                return Err(BundleError::new(code::BUNDLE_FOR_OTHER, detail).into());
            }
            let snapshot = reader.snapshot().map_err(store_failed)?;
            let peer = courier.signer(&snapshot, &about, is_central)?;
            if peer.central {
                // As of a frame over a connection: it is at least as late as when central made this.
                clock.prove(about.made);
            }
            Ok((bundle, about, peer))
        })
        .await?
    }

    /// Whom a bundle is for, if that is somebody who may be given something.
    async fn recipient(&self, courier: Courier, device: DeviceId) -> Result<Peer, BundleFailure> {
        if device == courier.identity.device() {
            return Err(BundleError::new(code::BUNDLE_OWN, "that is this device").into());
        }
        // Met before, with a certificate that proved it.
        let proved_central = self.status().peer(device).is_some_and(|peer| peer.central);
        let reader = self.reader();
        on_a_thread(move || {
            let snapshot = reader.snapshot().map_err(store_failed)?;
            match (courier.registry)(&snapshot, device) {
                Ok(PeerRole::Central) => Ok(Peer { device, central: true, name: None }),
                Ok(PeerRole::Device { name }) => Ok(Peer { device, central: false, name }),
                Err(refused) if refused.code == UNKNOWN && proved_central => {
                    Ok(Peer { device, central: true, name: None })
                }
                Err(refused) => Err(BundleError::new(code::BUNDLE_RECIPIENT_UNKNOWN, refused.detail).into()),
            }
        })
        .await?
    }

    fn courier(&self) -> Result<Courier, BundleFailure> {
        let courier = self.shared().courier.clone();
        courier.ok_or_else(|| BundleFailure::Signing("this node has no key".to_owned()))
    }
}

/// Hashing, signing, inflating and reading the store are no work for a thread that others wait for.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ExecuteError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| ExecuteError::Stopped)
}

fn store_failed(error: crdt_store::StoreError) -> BundleFailure {
    ExecuteError::Store { code: error.code(), message: error.to_string() }.into()
}

fn busy() -> BundleFailure {
    BundleError::new(code::BUNDLE_BUSY, "another file is being saved or loaded").into()
}

fn stopped(_: super::connection::Gone) -> BundleFailure {
    ExecuteError::Stopped.into()
}
