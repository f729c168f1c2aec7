//! TLS 1.3 for two purposes, told apart by their ALPN: work between certified devices, and enrolment.
//!
//! ```text
//! ALPN                 server proves          client proves
//! tributary/1          authority's cert.      authority's cert. (required, checked in code after the handshake)
//!                      of central, or, where a neighbour is dialled, of a device
//! tributary-enrol/1    nothing yet            nothing yet      (both prove the password afterwards, see `enrolment`)
//! ```
//!
//! The provider is named everywhere, so that no process-wide default can change what is spoken. There is no
//! resumption, no ticket and no early data: a resumed session would skip the check of certificates, early data can
//! be replayed, and the full handshake costs below 4 KB.

use std::sync::Arc;

use crdt_store::DeviceId;
use quinn::crypto::rustls::{HandshakeData, QuicClientConfig, QuicServerConfig};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientCertVerifierBuilder, NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::TLS13;
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::clock::Clock;
use super::identity::{Identity, device_of};

/// ALPN of replication between devices.
pub const ALPN_SYNC: &[u8] = b"tributary/1";
/// ALPN of enrolment.
pub const ALPN_ENROL: &[u8] = b"tributary-enrol/1";
/// The name in central's certificate, whatever address it is reached at.
pub const CENTRAL_NAME: &str = "central.tributary";

/// What a dialled neighbour is called in the handshake. Nobody's certificate says it: who a neighbour is comes from its key.
pub(crate) const NEIGHBOUR_NAME: &str = "neighbour.tributary";

/// A certificate or key that TLS does not accept.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up TLS ({0}); enrol this device again if its certificate is damaged")]
pub struct TlsError(String);

impl TlsError {
    fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// What a finished handshake turned out to be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Replication with the device whose certificate was verified.
    Sync(DeviceId),
    /// Enrolment of a device that has proven nothing.
    Enrol,
    /// Replication asked for without a certificate, or no ALPN of ours.
    Nothing,
}

/// Reads what `connection` is for from its ALPN and the verified certificate of its peer.
pub(crate) fn purpose(connection: &quinn::Connection) -> Purpose {
    let handshake = connection.handshake_data().and_then(|data| data.downcast::<HandshakeData>().ok());
    let chain =
        connection.peer_identity().and_then(|chain| chain.downcast::<Vec<CertificateDer<'static>>>().ok());
    purpose_of(
        handshake.and_then(|data| data.protocol).as_deref(),
        chain.as_deref().map(|chain| chain.as_slice()),
    )
}

/// The same from what a handshake agreed on and the verified certificates it was shown.
pub(crate) fn purpose_of(alpn: Option<&[u8]>, chain: Option<&[CertificateDer<'_>]>) -> Purpose {
    let device = || device_of(chain?.first()?).ok();
    match alpn {
        Some(ALPN_SYNC) => device().map_or(Purpose::Nothing, Purpose::Sync),
        Some(ALPN_ENROL) => Purpose::Enrol,
        _ => Purpose::Nothing,
    }
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

pub(super) fn roots(identity: &Identity) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add(identity.authority.clone()).map_err(TlsError::of)?;
    Ok(Arc::new(roots))
}

/// Serves both purposes. A client certificate is optional to TLS, because enrolment has none; one that is shown must
/// be valid, and [`purpose`] refuses replication without one.
pub(crate) fn server(identity: &Identity, clock: &Clock) -> Result<QuicServerConfig, TlsError> {
    let protocols = vec![ALPN_SYNC.to_vec(), ALPN_ENROL.to_vec()];
    QuicServerConfig::try_from(server_config(identity, clock, protocols)?).map_err(TlsError::of)
}

/// Serves replication over TCP; who enrols comes over QUIC.
pub(crate) fn tcp_server(identity: &Identity, clock: &Clock) -> Result<rustls::ServerConfig, TlsError> {
    server_config(identity, clock, vec![ALPN_SYNC.to_vec()])
}

fn server_config(
    identity: &Identity,
    clock: &Clock,
    protocols: Vec<Vec<u8>>,
) -> Result<rustls::ServerConfig, TlsError> {
    let verifier =
        devices_of_the_authority(identity)?.allow_unauthenticated().build().map_err(TlsError::of)?;
    let mut config = rustls::ServerConfig::builder_with_details(provider(), Arc::new(clock.clone()))
        .with_protocol_versions(&[&TLS13])
        .map_err(TlsError::of)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![identity.certificate.clone()], identity.key.private_key())
        .map_err(TlsError::of)?;
    config.alpn_protocols = protocols;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(config)
}

/// Takes certificates of the pinned authority for client authentication, which every device's is.
fn devices_of_the_authority(identity: &Identity) -> Result<ClientCertVerifierBuilder, TlsError> {
    Ok(WebPkiClientVerifier::builder_with_provider(roots(identity)?, provider()).clear_root_hint_subjects())
}

/// A configuration as QUIC wants it; as it is, it is for TCP.
pub(crate) fn over_quic(config: rustls::ClientConfig) -> Result<QuicClientConfig, TlsError> {
    QuicClientConfig::try_from(config).map_err(TlsError::of)
}

/// Dials central as a certified device, trusting the pinned authority only: a certificate for servers with central's name, which
/// no device has, is the only one that will do.
pub(crate) fn central_client(identity: &Identity, clock: &Clock) -> Result<rustls::ClientConfig, TlsError> {
    let config = rustls::ClientConfig::builder_with_details(provider(), Arc::new(clock.clone()))
        .with_protocol_versions(&[&TLS13])
        .map_err(TlsError::of)?
        .with_root_certificates(roots(identity)?)
        .with_client_auth_cert(vec![identity.certificate.clone()], identity.key.private_key())
        .map_err(TlsError::of)?;
    Ok(finish_client(config, ALPN_SYNC))
}

/// Dials a neighbour: a device of the same authority. Which one it is, and whether it is let in, is asked in code as soon
/// as the handshake is done, before a byte of a frame is read or sent.
pub(crate) fn neighbour_client(identity: &Identity, clock: &Clock) -> Result<rustls::ClientConfig, TlsError> {
    let devices = devices_of_the_authority(identity)?.build().map_err(TlsError::of)?;
    let config = rustls::ClientConfig::builder_with_details(provider(), Arc::new(clock.clone()))
        .with_protocol_versions(&[&TLS13])
        .map_err(TlsError::of)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyDevice(devices)))
        .with_client_auth_cert(vec![identity.certificate.clone()], identity.key.private_key())
        .map_err(TlsError::of)?;
    Ok(finish_client(config, ALPN_SYNC))
}

/// Dials a central whose authority is not known yet. Any certificate is taken: what is said over this session is
/// worth nothing until both ends have proven the password over it.
pub(crate) fn enrolment_client(clock: &Clock) -> Result<QuicClientConfig, TlsError> {
    let provider = provider();
    let config = rustls::ClientConfig::builder_with_details(provider.clone(), Arc::new(clock.clone()))
        .with_protocol_versions(&[&TLS13])
        .map_err(TlsError::of)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(ProvenLater(provider)))
        .with_no_client_auth();
    QuicClientConfig::try_from(finish_client(config, ALPN_ENROL)).map_err(TlsError::of)
}

fn finish_client(mut config: rustls::ClientConfig, alpn: &[u8]) -> rustls::ClientConfig {
    config.alpn_protocols = vec![alpn.to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_early_data = false;
    config
}

/// Takes the certificate of any device of the authority from whoever is dialled. A device's certificate is for client
/// authentication only, so that it can never pass for central's; between devices, who dials is chance, and each is to the
/// other what a client is to central.
#[derive(Debug)]
struct AnyDevice(Arc<dyn ClientCertVerifier>);

impl ServerCertVerifier for AnyDevice {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.0.verify_client_cert(end_entity, intermediates, now).map(|_| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Takes any certificate, for enrolment only. The holder must still sign the handshake with its key.
#[derive(Debug)]
struct ProvenLater(Arc<CryptoProvider>);

impl ServerCertVerifier for ProvenLater {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is not spoken here".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
