//! Who wrote what, proven to those who did not hear it from the author.
//!
//! Each life of a device strings what it writes in a scope on a hash chain, and signs the chain now and then:
//!
//! ```text
//! entry     BLAKE3(document, change hash)              one change of one document
//! chain     BLAKE3(chain before, entry)                32 zeros before the first
//! seal      entries base+1 ..= through, the chain at `base`, and the author's Ed25519 signature of
//!           (device, incarnation, scope, through, chain at `through`)
//! ```
//!
//! A signature covers everything on the chain before it, so the seals of an author that follow each other prove that
//! nothing was left out between them. Each proves its own entries alone: whoever holds a seal can believe these changes
//! from anyone. The order on the chain is the author's choice; it says nothing about time.

use std::fmt;
use std::sync::Arc;

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::document::ChangeHash;
use crate::id::{Actor, DeviceId, DocumentId, Incarnation};
use crate::schema::Origin;
use crate::scope::Scope;

/// Most changes under one seal: a seal and its entries stay below the 3.9 KB that a value may have on disk.
pub const SEAL_ENTRIES_MAX: usize = 100;
/// Bytes of a signature (RFC 8032).
pub const SIGNATURE_BYTES: usize = 64;
/// Before the key in a SubjectPublicKeyInfo of Ed25519 (RFC 8410 §4).
const KEY_INFO_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Begins every signed statement, so that the key's other signatures can never be taken for one.
const STATEMENT: &[u8] = b"tributary 2026 seal of changes\0";
/// The same for hashes.
const ENTRY_CONTEXT: &str = "tributary 2026 change of a document, on its author's chain";
const CHAIN_CONTEXT: &str = "tributary 2026 chain of an author's changes";

/// A key is no Ed25519 key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an Ed25519 key: {0}")]
pub struct InvalidKey(String);

/// The half of a device's key by which its seals are checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// The device whose key it is.
    pub fn device(&self) -> DeviceId {
        DeviceId::of_public_key(&[KEY_INFO_PREFIX.as_slice(), &self.0].concat())
    }

    fn verifies(&self, statement: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(statement, signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.device())
    }
}

/// The half that never leaves its device.
#[derive(Clone)]
pub struct SigningKey(Arc<Ed25519KeyPair>);

impl SigningKey {
    /// A key as PKCS #8, DER.
    ///
    /// # Errors
    /// When it is something else.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, InvalidKey> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der);
        pair.map(|pair| Self(Arc::new(pair))).map_err(|error| InvalidKey(error.to_string()))
    }

    /// The key of a seed: for simulations, whose devices must have the same keys each time.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed);
        Self(Arc::new(pair.expect("a seed of 32 bytes always is a key")))
    }

    /// The other half.
    pub fn public(&self) -> PublicKey {
        let bytes = self.0.public_key().as_ref();
        PublicKey(bytes.try_into().expect("an Ed25519 public key has 32 bytes"))
    }

    fn sign(&self, statement: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let signature = self.0.sign(statement);
        signature.as_ref().try_into().expect("an Ed25519 signature has 64 bytes")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public().device())
    }
}

/// One change of one document, as it stands on a chain. The document is part of it: a change under another document's id
/// is another entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChainEntry(pub [u8; 32]);

impl ChainEntry {
    /// The entry of a change.
    pub fn of(document: DocumentId, hash: ChangeHash) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(ENTRY_CONTEXT);
        hasher.update(document.as_bytes()).update(&hash.0);
        Self(*hasher.finalize().as_bytes())
    }
}

/// Everything on an author's chain up to some point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Chain(pub [u8; 32]);

impl Chain {
    pub(crate) fn and(self, entry: &ChainEntry) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(CHAIN_CONTEXT);
        hasher.update(&self.0).update(&entry.0);
        Self(*hasher.finalize().as_bytes())
    }
}

/// One life of a device, with the key that proves what it wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealer {
    /// The device's public key.
    pub key: PublicKey,
    /// The life.
    pub incarnation: Incarnation,
}

impl Sealer {
    /// Who it is in documents.
    pub fn actor(&self) -> Actor {
        Actor::of(self.key.device(), self.incarnation)
    }

    /// Whether `actor` is this device, in this or an earlier life. A life seals what the lives before it left unsealed.
    pub fn wrote_as(&self, actor: Actor) -> bool {
        let origin = Origin { device: self.key.device(), incarnation: self.incarnation, central: false };
        origin.wrote_as(actor)
    }
}

/// Changes that follow each other on an author's chain, with the author's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Who signed.
    pub sealer: Sealer,
    /// The scope of the chain.
    pub scope: Scope,
    /// How many entries are on the chain before these.
    pub base: u64,
    /// The chain there.
    pub base_chain: Chain,
    /// The changes.
    pub entries: Vec<ChainEntry>,
    /// Of the statement.
    pub signature: [u8; SIGNATURE_BYTES],
}

impl Seal {
    /// Signs the next entries of a chain.
    pub(crate) fn make(
        key: &SigningKey,
        incarnation: Incarnation,
        scope: &Scope,
        (base, base_chain): (u64, Chain),
        entries: Vec<ChainEntry>,
    ) -> Self {
        let sealer = Sealer { key: key.public(), incarnation };
        let mut seal =
            Self { sealer, scope: scope.clone(), base, base_chain, entries, signature: [0; SIGNATURE_BYTES] };
        seal.signature = key.sign(&seal.statement());
        seal
    }

    /// The same with a new signature over what it says now: for tests of what a dishonest device may do.
    #[doc(hidden)]
    pub fn signed_again(mut self, key: &SigningKey) -> Self {
        self.signature = key.sign(&self.statement());
        self
    }

    /// How many entries are on the chain after these.
    pub fn through(&self) -> u64 {
        self.base.saturating_add(self.entries.len() as u64)
    }

    /// The chain there.
    pub fn chain(&self) -> Chain {
        self.entries.iter().fold(self.base_chain, Chain::and)
    }

    /// This seal and the one that follows it on the chain, as one: the later signature covers both. Nothing where they do
    /// not follow each other, or list too much for one.
    pub fn followed_by(&self, next: &Self) -> Option<Self> {
        let follows = (self.sealer, &self.scope, self.through()) == (next.sealer, &next.scope, next.base)
            && self.entries.len() + next.entries.len() <= SEAL_ENTRIES_MAX;
        follows.then(|| Self {
            entries: [self.entries.as_slice(), &next.entries].concat(),
            signature: next.signature,
            ..self.clone()
        })
    }

    /// Whether it is what its author signed.
    pub fn is_genuine(&self) -> bool {
        (1..=SEAL_ENTRIES_MAX).contains(&self.entries.len())
            && self.sealer.key.verifies(&self.statement(), &self.signature)
    }

    fn statement(&self) -> Vec<u8> {
        let scope = self.scope.as_bytes();
        [
            STATEMENT,
            self.sealer.key.device().as_bytes(),
            &self.sealer.incarnation.to_be_bytes(),
            &[scope.len() as u8],
            scope,
            &self.through().to_be_bytes(),
            &self.chain().0,
        ]
        .concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        let key = SigningKey::from_seed(&[7; 32]);
        let scope = Scope::new(b"store").expect("a scope");
        let entries =
            (0..3).map(|n| ChainEntry::of(DocumentId::from_bytes([n; 16]), ChangeHash([n; 32]))).collect();
        Seal::make(&key, 2, &scope, (5, Chain([9; 32])), entries)
    }

    #[test]
    fn a_seal_is_genuine_and_nothing_in_it_can_be_altered() {
        assert!(seal().is_genuine());
        let alterations: [fn(&mut Seal); 8] = [
            |seal| seal.base += 1,
            |seal| seal.base_chain.0[31] ^= 1,
            |seal| seal.entries[1].0[0] ^= 1,
            |seal| seal.entries.swap(0, 1),
            |seal| seal.entries.truncate(2),
            |seal| seal.scope = Scope::new(b"other").expect("a scope"),
            |seal| seal.sealer.incarnation = 3,
            |seal| seal.sealer.key = SigningKey::from_seed(&[8; 32]).public(),
        ];
        for (index, alter) in alterations.into_iter().enumerate() {
            let mut altered = seal();
            alter(&mut altered);
            assert!(!altered.is_genuine(), "alteration {index}");
        }
    }

    #[test]
    fn a_change_under_another_document_is_another_entry() {
        let hash = ChangeHash([1; 32]);
        assert_ne!(
            ChainEntry::of(DocumentId::from_bytes([1; 16]), hash),
            ChainEntry::of(DocumentId::from_bytes([2; 16]), hash)
        );
    }

    #[test]
    fn seals_that_follow_each_other_are_one_under_the_later_signature() {
        let key = SigningKey::from_seed(&[7; 32]);
        let first = seal();
        let next =
            Seal::make(&key, 2, &first.scope, (first.through(), first.chain()), vec![ChainEntry([3; 32])]);
        let both = first.followed_by(&next).expect("they follow each other");
        assert_eq!((both.base, both.through(), both.chain()), (first.base, next.through(), next.chain()));
        assert!(both.is_genuine());
        assert_eq!(next.followed_by(&first), None);
        let other =
            Seal::make(&key, 2, &first.scope, (first.through(), Chain([8; 32])), vec![ChainEntry([3; 32])]);
        assert!(!first.followed_by(&other).expect("by their numbers").is_genuine(), "of another chain");
    }

    #[test]
    fn seals_that_follow_each_other_share_the_chain_between_them() {
        let key = SigningKey::from_seed(&[7; 32]);
        let first = seal();
        let next =
            Seal::make(&key, 2, &first.scope, (first.through(), first.chain()), vec![ChainEntry([3; 32])]);
        assert_eq!(next.base_chain, first.chain());
        assert!(next.is_genuine());
    }
}
