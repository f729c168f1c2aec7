//! The codes with which connections are closed: a number for QUIC, a text for people.

use quinn::{ApplicationClose, ConnectionError, VarInt};

use crate::code;
use crate::enrolment::EnrolmentCode;

/// Longest text that a peer's close is believed to be a code, in bytes.
const CODE_LENGTH_MAX: usize = 64;

/// Why this side closes a connection. The numbers are part of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloseCode {
    /// All was said.
    Done = 0,
    /// The node stops.
    Stopping = 1,
    /// Replication was asked for without a certificate.
    CertificateRequired = 2,
    /// The device's certificate is valid, and the registry refuses it; the reason says why.
    Refused = 3,
    /// Something that is not a frame.
    BadFrame = 4,
    /// No word in time.
    Silent = 5,
    /// Enrolment was asked of a node that enrols nobody.
    NoEnrolment = 6,
    /// As many connections as this node takes.
    Busy = 7,
    /// The node ended the conversation; the reason says why.
    Ended = 8,
    /// The network of this side was cut; nobody hears this one.
    LinkCut = 9,
}

impl CloseCode {
    const ALL: [Self; 10] = [
        Self::Done,
        Self::Stopping,
        Self::CertificateRequired,
        Self::Refused,
        Self::BadFrame,
        Self::Silent,
        Self::NoEnrolment,
        Self::Busy,
        Self::Ended,
        Self::LinkCut,
    ];

    /// Stable code for interfaces and logs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Stopping => "stopping",
            Self::CertificateRequired => "certificate-required",
            Self::Refused => "device-refused",
            Self::BadFrame => "frame-malformed",
            Self::Silent => "hello-timeout",
            Self::NoEnrolment => "no-enrolment-here",
            Self::Busy => "too-many-connections",
            Self::Ended => "ended",
            Self::LinkCut => "link-cut",
        }
    }

    /// The code of this number, if this version knows it.
    pub(crate) fn from_wire(code: VarInt) -> Option<Self> {
        Self::ALL.into_iter().find(|known| VarInt::from(*known) == code)
    }

    /// What a close means to a device that enrols.
    pub(crate) fn of_enrolment(self) -> EnrolmentCode {
        match self {
            Self::Stopping | Self::Silent => EnrolmentCode::Unreachable,
            Self::Busy => EnrolmentCode::RateLimited,
            _ => EnrolmentCode::Malformed,
        }
    }

    /// Closes `connection` with this code and its text.
    pub(crate) fn close(self, connection: &quinn::Connection) {
        connection.close(self.into(), self.as_str().as_bytes());
    }
}

impl From<CloseCode> for VarInt {
    fn from(code: CloseCode) -> Self {
        Self::from_u32(code as u32)
    }
}

/// Why a connection ended: stable code, and what happened in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub code: String,
    pub detail: String,
}

impl Ending {
    pub(crate) fn new(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code: code.into(), detail: detail.into() }
    }

    pub(crate) fn of(code: CloseCode, detail: impl Into<String>) -> Self {
        Self::new(code.as_str(), detail)
    }

    /// What QUIC says, as a code.
    pub(crate) fn of_connection(error: &ConnectionError) -> Self {
        let code = match error {
            ConnectionError::ApplicationClosed(close) => told(close),
            ConnectionError::TimedOut => code::UNREACHABLE.to_owned(),
            ConnectionError::VersionMismatch => "protocol-version".to_owned(),
            ConnectionError::ConnectionClosed(close) => of_transport(close.error_code.into()).to_owned(),
            ConnectionError::TransportError(error) => of_transport(error.code.into()).to_owned(),
            ConnectionError::Reset => "peer-restarted".to_owned(),
            ConnectionError::LocallyClosed => CloseCode::Done.as_str().to_owned(),
            ConnectionError::CidsExhausted => "connection-failed".to_owned(),
        };
        Self::new(code, error.to_string())
    }
}

impl Ending {
    /// What TLS says over TCP, with the codes that its alerts have over QUIC.
    pub(crate) fn of_tls(error: &rustls::Error) -> Self {
        let code = match error {
            rustls::Error::AlertReceived(alert) => of_transport(0x100 + u64::from(u8::from(*alert))),
            rustls::Error::InvalidCertificate(rustls::CertificateError::Expired) => "certificate-expired",
            rustls::Error::InvalidCertificate(rustls::CertificateError::Revoked) => "certificate-revoked",
            rustls::Error::InvalidCertificate(_) => "certificate-invalid",
            rustls::Error::NoCertificatesPresented => "certificate-required",
            rustls::Error::NoApplicationProtocol => "protocol-version",
            _ => "tls-failed",
        };
        Self::new(code, error.to_string())
    }
}

/// The code that a peer closed with: its text where that looks like a code, else what its number means.
fn told(close: &ApplicationClose) -> String {
    let is_code = |text: &&str| {
        (1..=CODE_LENGTH_MAX).contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'-'))
    };
    match std::str::from_utf8(&close.reason).ok().filter(is_code) {
        Some(code) => code.to_owned(),
        None => CloseCode::from_wire(close.error_code).map_or("disconnected", CloseCode::as_str).to_owned(),
    }
}

/// The transport error codes that people can do something about: TLS alerts are 0x100 plus their number (RFC 9001).
fn of_transport(code: u64) -> &'static str {
    match code.checked_sub(0x100) {
        Some(120) => "protocol-version",
        Some(44) => "certificate-revoked",
        Some(45) => "certificate-expired",
        Some(116) => "certificate-required",
        Some(40 | 42 | 43 | 46 | 48 | 49 | 51) => "certificate-invalid",
        Some(0..=255) => "tls-failed",
        _ => "connection-failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_survives_the_wire() {
        for code in CloseCode::ALL {
            assert_eq!(CloseCode::from_wire(code.into()), Some(code));
            let close = ApplicationClose { error_code: code.into(), reason: code.as_str().into() };
            assert_eq!(told(&close), code.as_str());
        }
    }

    #[test]
    fn a_peers_prose_is_not_taken_for_a_code() {
        for reason in ["", "<script>alert(1)</script>", "Two Words", &"x".repeat(65), "\u{0}"] {
            let close =
                ApplicationClose { error_code: VarInt::from_u32(5), reason: reason.to_owned().into() };
            assert_eq!(told(&close), "hello-timeout");
        }
        let close = ApplicationClose { error_code: VarInt::from_u32(77), reason: "".into() };
        assert_eq!(told(&close), "disconnected");
    }
}
