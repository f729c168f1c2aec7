//! Proof of a password both ways, bound to a TLS session, without sending the password.
//!
//! ```text
//! device                                                    central
//!   versions, site name                        ───────────▶
//!                                              ◀───────────  version, system, salt, share B
//!   w = Argon2id(salt, password)
//!   share A, request, MAC(kA, transcript, request) ───────▶  w as stored: checks the MAC, decides
//!                                              ◀───────────  grant, MAC(kB, transcript, request, grant)
//!   checks the MAC, and only then reads the grant
//!
//! k = SPAKE2(w, A, B)      kA, kB = BLAKE3-derived from k
//! transcript = BLAKE3(TLS exporter, version, system, salt, site name, shares)
//! ```
//!
//! The exporter differs between two TLS sessions, so whoever relays between device and central makes both MACs
//! wrong; whoever does not know the password gets one guess for each attempt, and nothing to try others on later.

use serde_bytes::ByteBuf;
use spake2::{Ed25519Group, Identity, Password, Spake2};

use crate::enrolment::{SiteVerifier, SystemId};

/// Label of the TLS exporter (RFC 8446 §7.5) that binds the proof to a session.
pub(crate) const EXPORTER_LABEL: &[u8] = b"EXPORTER-tributary-enrolment-1";

/// A share that is no point of the curve, or of the wrong side.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the share of the password proof is malformed")]
pub(crate) struct InvalidShare;

/// What both ends must agree on for their proofs to hold.
pub(crate) struct Context<'a> {
    pub exporter: [u8; 32],
    pub version: u16,
    pub system: SystemId,
    pub salt: &'a [u8],
    pub site_name: &'a str,
}

/// One end of the exchange, its share sent or about to be.
pub(crate) struct Exchange {
    state: Spake2<Ed25519Group>,
    share: Vec<u8>,
    is_device: bool,
}

/// The exchange finished: the keys by which each end shows that it has the same password.
pub(crate) struct Proofs {
    device_key: [u8; 32],
    central_key: [u8; 32],
    transcript: [u8; 32],
}

/// A MAC over what it vouches for.
pub(crate) type Proof = [u8; 32];

impl Exchange {
    /// The device's end.
    pub(crate) fn device(verifier: &SiteVerifier) -> Self {
        let (state, share) = Spake2::start_a(&password(verifier), &device(), &central());
        Self { state, share, is_device: true }
    }

    /// Central's end.
    pub(crate) fn central(verifier: &SiteVerifier) -> Self {
        let (state, share) = Spake2::start_b(&password(verifier), &device(), &central());
        Self { state, share, is_device: false }
    }

    /// What to send to the other end.
    pub(crate) fn share(&self) -> ByteBuf {
        ByteBuf::from(self.share.clone())
    }

    /// Takes the other end's share.
    pub(crate) fn finish(self, other: &[u8], context: &Context<'_>) -> Result<Proofs, InvalidShare> {
        let (device_share, central_share) = match self.is_device {
            true => (self.share.as_slice(), other),
            false => (other, self.share.as_slice()),
        };
        let transcript = context.transcript(device_share, central_share);
        let key = self.state.finish(other).map_err(|_| InvalidShare)?;
        Ok(Proofs {
            device_key: blake3::derive_key("tributary 2026 enrolment, proof of the device", &key),
            central_key: blake3::derive_key("tributary 2026 enrolment, proof of central", &key),
            transcript,
        })
    }
}

impl Proofs {
    /// The device's proof, which vouches for its certificate request.
    pub(crate) fn of_device(&self, request: &[u8]) -> Proof {
        mac(&self.device_key, &[&self.transcript, request])
    }

    /// Central's proof, which vouches for what it grants in answer to `request`.
    pub(crate) fn of_central(&self, request: &[u8], grant: &[u8]) -> Proof {
        mac(&self.central_key, &[&self.transcript, request, grant])
    }
}

/// Compares proofs in constant time.
pub(crate) fn holds(expected: &Proof, shown: &[u8]) -> bool {
    subtle::ConstantTimeEq::ct_eq(&expected[..], shown).into()
}

impl Context<'_> {
    fn transcript(&self, device_share: &[u8], central_share: &[u8]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("tributary 2026 enrolment, transcript");
        let version = self.version.to_be_bytes();
        let parts: [&[u8]; 7] = [
            &self.exporter,
            &version,
            self.system.as_bytes(),
            self.salt,
            self.site_name.as_bytes(),
            device_share,
            central_share,
        ];
        absorb(&mut hasher, &parts);
        *hasher.finalize().as_bytes()
    }
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Proof {
    let mut hasher = blake3::Hasher::new_keyed(key);
    absorb(&mut hasher, parts);
    *hasher.finalize().as_bytes()
}

/// Each part with its length, so that no two lists of parts are the same bytes.
fn absorb(hasher: &mut blake3::Hasher, parts: &[&[u8]]) {
    for part in parts {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
}

fn password(verifier: &SiteVerifier) -> Password {
    Password::new(verifier.as_bytes())
}

fn device() -> Identity {
    Identity::new(b"tributary device")
}

fn central() -> Identity {
    Identity::new(b"tributary central")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verifier(byte: u8) -> SiteVerifier {
        SiteVerifier::from_bytes(&[byte; 32]).expect("32 bytes")
    }

    fn context(exporter: u8, site_name: &str) -> Context<'_> {
        let system = SystemId::from_bytes([9; 16]);
        Context { exporter: [exporter; 32], version: 1, system, salt: &[3; 16], site_name }
    }

    fn run(device: (u8, Context<'_>), central: (u8, Context<'_>)) -> (Proofs, Proofs) {
        let (at_device, at_central) =
            (Exchange::device(&verifier(device.0)), Exchange::central(&verifier(central.0)));
        let (share_a, share_b) = (at_device.share(), at_central.share());
        let device = at_device.finish(&share_b, &device.1).expect("a share");
        (device, at_central.finish(&share_a, &central.1).expect("a share"))
    }

    #[test]
    fn the_same_password_in_the_same_session_proves_both_ends() {
        let (device, central) = run((1, context(5, "Kpu")), (1, context(5, "Kpu")));
        assert!(holds(&central.of_device(b"request"), &device.of_device(b"request")));
        assert!(holds(&device.of_central(b"request", b"grant"), &central.of_central(b"request", b"grant")));
    }

    #[test]
    fn another_password_session_or_site_proves_nothing() {
        for (at_device, at_central) in [
            ((1, context(5, "Kpu")), (2, context(5, "Kpu"))),
            ((1, context(5, "Kpu")), (1, context(6, "Kpu"))),
            ((1, context(5, "Kpu")), (1, context(5, "Kpv"))),
        ] {
            let (device, central) = run(at_device, at_central);
            assert!(!holds(&central.of_device(b"request"), &device.of_device(b"request")));
            assert!(!holds(
                &device.of_central(b"request", b"grant"),
                &central.of_central(b"request", b"grant")
            ));
        }
    }

    #[test]
    fn a_proof_vouches_for_its_own_bytes_and_side_only() {
        let (device, central) = run((1, context(5, "Kpu")), (1, context(5, "Kpu")));
        assert!(!holds(&central.of_device(b"request"), &device.of_device(b"requesu")));
        assert!(!holds(&device.of_central(b"request", b"grant"), &central.of_central(b"request", b"other")));
        assert!(!holds(&device.of_central(b"requestg", b"rant"), &central.of_central(b"request", b"grant")));
        assert!(!holds(&central.of_device(b"request"), &central.of_central(b"request", b"")));
        assert!(!holds(&central.of_device(b"request"), b"short"));
    }

    #[test]
    fn a_share_that_is_none_is_refused() {
        for share in [&b""[..], &[0x42; 40], &[0x41; 33], &[0x42, 0xff, 0xff]] {
            let exchange = Exchange::device(&verifier(1));
            assert_eq!(exchange.finish(share, &context(5, "Kpu")).err(), Some(InvalidShare));
        }
    }
}
