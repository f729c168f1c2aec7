//! A change taken to pieces, and put together again byte for byte.
//!
//! An Automerge change begins with some 60 bytes that whoever has its neighbours can write down: marks, a checksum, its
//! length, hashes of what it depends on. A protocol sends the pieces that cannot be guessed; [`ChangeParts::assemble`]
//! makes the same bytes of them, and their SHA-256, the change's hash, proves it.

use sha2::{Digest, Sha256};

use crate::change::{CHUNK_CHANGE, DEPENDENCIES_MAX, MAGIC, Scan, invalid};
use crate::document::ChangeHash;
use crate::id::Actor;

/// Bytes of an actor, with the length before it.
const ACTOR_BYTES: usize = 9;

/// The pieces of one raw change, in the order in which they stand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeParts<'a> {
    /// The changes that must be known before this one, as sorted by its author.
    pub dependencies: Vec<ChangeHash>,
    /// Who wrote it.
    pub actor: Actor,
    /// Which of the actor's changes of the document it is, from 1.
    pub sequence: u64,
    /// Number of its first operation in the document's history.
    pub first_operation: u64,
    /// When it was written, as its author's clock told, in seconds since 1970.
    pub time: i64,
    /// What its author noted beside it.
    pub message: &'a [u8],
    /// Other actors whose operations its own refer to.
    pub other_actors: Vec<Actor>,
    /// The operations, in columns.
    pub operations: &'a [u8],
}

impl<'a> ChangeParts<'a> {
    /// The pieces of a change, and its hash. Nothing if the bytes are no such change, or if they would not be the same
    /// after putting the pieces together: numbers written longer than necessary, actors of other lengths.
    pub fn split(bytes: &'a [u8]) -> Option<(Self, ChangeHash)> {
        let parts = Self::parse(bytes).ok()?;
        let (again, hash) = parts.assemble();
        (again == bytes).then_some((parts, hash))
    }

    fn parse(bytes: &'a [u8]) -> Result<Self, crate::InvalidChange> {
        let mut body = Scan::chunk(bytes, CHUNK_CHANGE)?;
        let count = body.uleb()?;
        if count > DEPENDENCIES_MAX {
            return Err(invalid("too many dependencies"));
        }
        let dependencies = (0..count).map(|_| body.array().map(ChangeHash)).collect::<Result<_, _>>()?;
        Ok(Self {
            dependencies,
            actor: actor(&mut body)?,
            sequence: body.uleb()?,
            first_operation: body.uleb()?,
            time: body.sleb()?,
            message: body.prefixed()?,
            other_actors: (0..body.count()?).map(|_| actor(&mut body)).collect::<Result<_, _>>()?,
            operations: body.0,
        })
    }

    /// How many bytes [`assemble`](Self::assemble) gives at most.
    pub fn len_max(&self) -> usize {
        /// The chunk's head, and the longest of every number.
        const HEAD: usize = 80;
        HEAD + 32 * self.dependencies.len()
            + ACTOR_BYTES * self.other_actors.len()
            + self.message.len()
            + self.operations.len()
    }

    /// The change's bytes, and its hash.
    pub fn assemble(&self) -> (Vec<u8>, ChangeHash) {
        let mut body = Vec::with_capacity(self.len_max());
        put_uleb(&mut body, self.dependencies.len() as u64);
        self.dependencies.iter().for_each(|hash| body.extend_from_slice(&hash.0));
        put_prefixed(&mut body, self.actor.as_bytes());
        put_uleb(&mut body, self.sequence);
        put_uleb(&mut body, self.first_operation);
        put_sleb(&mut body, self.time);
        put_prefixed(&mut body, self.message);
        put_uleb(&mut body, self.other_actors.len() as u64);
        self.other_actors.iter().for_each(|actor| put_prefixed(&mut body, actor.as_bytes()));
        body.extend_from_slice(self.operations);

        let mut head = vec![CHUNK_CHANGE];
        put_uleb(&mut head, body.len() as u64);
        let hash = ChangeHash(Sha256::new().chain_update(&head).chain_update(&body).finalize().into());
        let mut bytes = Vec::with_capacity(MAGIC.len() + 4 + head.len() + body.len());
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&hash.0[..4]);
        bytes.extend_from_slice(&head);
        bytes.extend_from_slice(&body);
        (bytes, hash)
    }
}

fn actor(body: &mut Scan<'_>) -> Result<Actor, crate::InvalidChange> {
    let bytes = body.prefixed()?;
    bytes.try_into().map(Actor::from_bytes).map_err(|_| invalid("its actor has not eight bytes"))
}

fn put_prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    put_uleb(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put_uleb(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_sleb(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        let is_last = (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0);
        if is_last {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use automerge::transaction::{CommitOptions, Transactable};
    use automerge::{ActorId, Automerge, ObjType, ROOT, ScalarValue};
    use proptest::prelude::*;

    use super::*;

    /// One thing that some actor does.
    #[derive(Clone, Debug)]
    enum Deed {
        Put { actor: u8, key: u8, value: i64, message: Option<String>, time: i64 },
        Text { actor: u8, key: u8, text: String },
        Nested { actor: u8, key: u8 },
        Delete { actor: u8, key: u8 },
        Merge { from: u8, into: u8 },
    }

    fn deeds() -> impl Strategy<Value = Vec<Deed>> {
        let actor = || 0..3u8;
        let one = prop_oneof![
            4 => (actor(), 0..4u8, any::<i64>(), prop::option::of(".{0,200}"), any::<i32>().prop_map(i64::from))
                .prop_map(|(actor, key, value, message, time)| Deed::Put { actor, key, value, message, time }),
            2 => (actor(), 0..4u8, ".{0,300}").prop_map(|(actor, key, text)| Deed::Text { actor, key, text }),
            1 => (actor(), 0..4u8).prop_map(|(actor, key)| Deed::Nested { actor, key }),
            1 => (actor(), 0..4u8).prop_map(|(actor, key)| Deed::Delete { actor, key }),
            2 => (actor(), actor()).prop_map(|(from, into)| Deed::Merge { from, into }),
        ];
        prop::collection::vec(one, 1..40)
    }

    fn commit(
        document: &mut Automerge,
        options: CommitOptions,
        act: impl FnOnce(&mut automerge::transaction::Transaction<'_>),
    ) {
        let mut transaction = document.transaction();
        act(&mut transaction);
        transaction.commit_with(options);
    }

    fn carry_out(documents: &mut [Automerge], deed: &Deed) {
        let key = |key: &u8| format!("key {key}");
        match deed {
            Deed::Put { actor, key: k, value, message, time } => {
                let mut options = CommitOptions::default().with_time(*time);
                if let Some(message) = message {
                    options = options.with_message(message.clone());
                }
                commit(&mut documents[usize::from(*actor)], options, |txn| {
                    txn.put(ROOT, key(k), *value).unwrap();
                });
            }
            Deed::Text { actor, key: k, text } => {
                commit(&mut documents[usize::from(*actor)], CommitOptions::default(), |txn| {
                    txn.put(ROOT, key(k), ScalarValue::Str(text.as_str().into())).unwrap();
                });
            }
            Deed::Nested { actor, key: k } => {
                commit(&mut documents[usize::from(*actor)], CommitOptions::default(), |txn| {
                    let map = txn.put_object(ROOT, key(k), ObjType::Map).unwrap();
                    txn.put(&map, "inside", true).unwrap();
                });
            }
            Deed::Delete { actor, key: k } => {
                commit(&mut documents[usize::from(*actor)], CommitOptions::default(), |txn| {
                    let _ = txn.delete(ROOT, key(k));
                });
            }
            Deed::Merge { from, into } => {
                let mut other = documents[usize::from(*from)].clone();
                documents[usize::from(*into)].merge(&mut other).unwrap();
            }
        }
    }

    proptest! {
        #[test]
        fn every_change_is_put_together_again_byte_for_byte(deeds in deeds()) {
            let mut documents: Vec<Automerge> =
                (1..=3u8).map(|actor| Automerge::new().with_actor(ActorId::from([actor; 8].as_slice()))).collect();
            deeds.iter().for_each(|deed| carry_out(&mut documents, deed));
            for document in &documents {
                for change in document.get_changes(&[]) {
                    let (parts, hash) = ChangeParts::split(change.raw_bytes()).expect("a change of ours has its parts");
                    prop_assert_eq!(hash.0, change.hash().0);
                    let (bytes, again) = parts.assemble();
                    prop_assert_eq!(bytes.as_slice(), change.raw_bytes());
                    prop_assert_eq!(again, hash);
                    prop_assert!(bytes.len() <= parts.len_max());
                }
            }
        }

        #[test]
        fn other_bytes_have_no_parts_or_the_same_bytes_again(
            position in any::<prop::sample::Index>(), bit in 0..8u8, cut in any::<prop::sample::Index>(),
        ) {
            let mut document = Automerge::new().with_actor(ActorId::from([1; 8].as_slice()));
            commit(&mut document, CommitOptions::default().with_message("noted"), |txn| {
                txn.put(ROOT, "key", "value").unwrap();
            });
            let whole = document.get_changes(&[])[0].raw_bytes().to_vec();
            let mut flipped = whole.clone();
            flipped[position.index(whole.len())] ^= 1 << bit;
            prop_assert!(ChangeParts::split(&flipped).is_none(), "the checksum or the hash would be another");
            prop_assert!(ChangeParts::split(&whole[..cut.index(whole.len())]).is_none());
        }
    }
}
