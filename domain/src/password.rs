//! Passwords: Argon2id with the parameters OWASP recommends, in PHC strings.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use crdt_store::Rejection;

use crate::reject;

/// Shortest password, in characters.
pub const PASSWORD_LEN_MIN: usize = 8;

/// Longest password, in bytes: longer ones are an attempt to keep the server busy.
pub const PASSWORD_LEN_MAX: usize = 256;

/// Memory of one hash, in KiB; with [`PASSES`] passes and one lane the OWASP Password Storage Cheat Sheet's minimum
/// for Argon2id, and what a tablet of 1 GB can spare.
const MEMORY_KIB: u32 = 19 * 1024;

/// Passes over the memory.
const PASSES: u32 = 2;

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("constants within the limits of Argon2");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The PHC string of a password. The salt is an argument: sixteen fresh random bytes for each hash.
///
/// Takes about 20 ms and 19 MiB; never call it on the thread that owns a store.
///
/// Rejects a password shorter than [`PASSWORD_LEN_MIN`] or longer than [`PASSWORD_LEN_MAX`].
pub fn hash(password: &str, salt: &[u8; 16]) -> Result<String, Rejection> {
    if password.chars().count() < PASSWORD_LEN_MIN || password.len() > PASSWORD_LEN_MAX {
        let message = format!(
            "a password has {PASSWORD_LEN_MIN} characters at least, {PASSWORD_LEN_MAX} bytes at most"
        );
        return Err(reject::validation("/password", message));
    }
    let hash: PasswordHash = hasher()
        .hash_password_with_salt(password.as_bytes(), salt)
        .expect("Argon2 refuses neither this salt nor this length");
    Ok(hash.to_string())
}

/// Whether the password is the one of the PHC string; false where the string is none.
pub fn verify(password: &str, phc: &str) -> bool {
    password.len() <= PASSWORD_LEN_MAX
        && PasswordHash::new(phc)
            .is_ok_and(|hash| hasher().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Whether the text is an Argon2id PHC string that this program can verify.
pub fn is_hash(phc: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|hash| hash.algorithm.as_str() == "argon2id" && hash.hash.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_opens() {
        let phc = hash("tribu-taire", &[7; 16]).expect("a fine password");
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && is_hash(&phc));
        assert!(verify("tribu-taire", &phc));
        assert!(!verify("tribu-Taire", &phc) && !verify("", &phc) && !verify("tribu-taire", "no hash"));
        assert!(hash("short", &[7; 16]).is_err() && hash(&"x".repeat(300), &[7; 16]).is_err());
    }
}
