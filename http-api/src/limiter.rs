//! How fast passwords may be tried. Nobody is ever locked out: a clinic that mistyped must still open today.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Attempts per minute for one account from one address: a person who mistypes needs three.
const PERSON_PER_MINUTE: u32 = 5;
/// Attempts per minute for one account, from wherever they come. Far above what people need, so that whoever guesses
/// from elsewhere does not keep the owner out.
const ACCOUNT_PER_MINUTE: u32 = 60;
/// Attempts per minute from one address: a clinic behind one router logs in at eight.
const ADDRESS_PER_MINUTE: u32 = 30;
const MINUTE_MS: u64 = 60_000;
/// The longest that anybody has to wait for the next attempt.
const WAIT_MS_MAX: u64 = MINUTE_MS;
/// Failures after which the wait before the next attempt begins to double.
const FREE_FAILURES: u32 = 5;
/// Accounts and addresses remembered: 100 bytes each. Beyond it, the one heard of longest ago is forgotten.
const REMEMBERED_MAX: usize = 10_000;

/// Counts attempts to log in, by account and by address.
#[derive(Debug, Default)]
pub(crate) struct LoginLimiter {
    seen: Mutex<BTreeMap<Subject, Record>>,
}

/// Who tries, or is tried.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// An account, tried from one address.
    Person(String, Option<IpAddr>),
    Account(String),
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug, Default)]
struct Record {
    /// When the minute being counted began.
    minute_ms: u64,
    /// Attempts in it.
    attempts: u32,
    /// Failures since the latest success.
    failures: u32,
    /// Before this, the next attempt is not looked at.
    blocked_until_ms: u64,
    heard_ms: u64,
}

impl Record {
    /// How long the next attempt has to wait, in milliseconds; zero if it may go on, and is then counted.
    fn admit(&mut self, now_ms: u64, per_minute: u32) -> u64 {
        self.heard_ms = now_ms;
        if now_ms >= self.minute_ms + MINUTE_MS {
            (self.minute_ms, self.attempts) = (now_ms, 0);
        }
        let wait_ms = match self.attempts < per_minute {
            true => self.blocked_until_ms.saturating_sub(now_ms),
            false => (self.minute_ms + MINUTE_MS - now_ms).max(self.blocked_until_ms.saturating_sub(now_ms)),
        };
        if wait_ms == 0 {
            self.attempts += 1;
        }
        wait_ms
    }

    fn failed(&mut self, now_ms: u64) {
        self.failures = self.failures.saturating_add(1);
        let doublings = self.failures.saturating_sub(FREE_FAILURES).min(6);
        if doublings > 0 {
            self.blocked_until_ms = now_ms + (1_000 << doublings).min(WAIT_MS_MAX);
        }
    }
}

impl LoginLimiter {
    /// Whether an attempt may go on.
    ///
    /// # Errors
    /// After how many seconds to try again.
    pub(crate) fn admit(&self, account: &str, address: Option<IpAddr>, now_ms: u64) -> Result<(), u64> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let subjects = [
            address.map(|address| (Subject::Address(address), ADDRESS_PER_MINUTE)),
            Some((Subject::Person(account.to_owned(), address), PERSON_PER_MINUTE)),
            Some((Subject::Account(account.to_owned()), ACCOUNT_PER_MINUTE)),
        ];
        let mut waits = subjects
            .into_iter()
            .flatten()
            .map(|(subject, per_minute)| record(&mut seen, subject).admit(now_ms, per_minute));
        // What has to wait at one count is not counted at the next.
        let wait_ms = waits.find(|wait_ms| *wait_ms > 0).unwrap_or(0);
        match wait_ms {
            0 => Ok(()),
            _ => Err(wait_ms.div_ceil(1_000)),
        }
    }

    /// Takes note of how an attempt ended.
    pub(crate) fn ended(&self, account: &str, address: Option<IpAddr>, right: bool, now_ms: u64) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let person = Subject::Person(account.to_owned(), address);
        match right {
            true => drop(seen.remove(&person)),
            false => record(&mut seen, person).failed(now_ms),
        }
    }
}

fn record(seen: &mut BTreeMap<Subject, Record>, subject: Subject) -> &mut Record {
    if seen.len() >= REMEMBERED_MAX && !seen.contains_key(&subject) {
        let oldest =
            seen.iter().min_by_key(|(_, record)| record.heard_ms).map(|(subject, _)| subject.clone());
        oldest.and_then(|oldest| seen.remove(&oldest));
    }
    seen.entry(subject).or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_slowed_after_five_attempts_a_minute_and_never_locked() {
        let limiter = LoginLimiter::default();
        let mut now_ms = 0;
        for _ in 0..5 {
            assert_eq!(limiter.admit("amina", None, now_ms), Ok(()));
            limiter.ended("amina", None, false, now_ms);
        }
        assert_eq!(limiter.admit("amina", None, now_ms), Err(60));
        assert_eq!(limiter.admit("brahim", None, now_ms), Ok(()), "others are not touched");
        for _ in 0..100 {
            now_ms += 60_000;
            assert_eq!(limiter.admit("amina", None, now_ms), Ok(()), "a minute is always enough");
            limiter.ended("amina", None, false, now_ms);
        }
        assert!(
            limiter.admit("amina", None, now_ms + 1_000).is_err(),
            "after many failures one waits longer"
        );
        now_ms += 60_000;
        assert_eq!(limiter.admit("amina", None, now_ms), Ok(()));
        limiter.ended("amina", None, true, now_ms);
        assert_eq!(limiter.admit("amina", None, now_ms), Ok(()), "a success wipes the slate");
    }

    #[test]
    fn who_guesses_from_elsewhere_does_not_keep_the_owner_out() {
        let limiter = LoginLimiter::default();
        let (stranger, owner) = (Some(IpAddr::from([10, 0, 0, 9])), Some(IpAddr::from([10, 0, 0, 1])));
        for _ in 0..30 {
            if limiter.admit("amina", stranger, 0).is_ok() {
                limiter.ended("amina", stranger, false, 0);
            }
        }
        assert!(limiter.admit("amina", stranger, 0).is_err());
        assert_eq!(limiter.admit("amina", owner, 0), Ok(()));
    }

    #[test]
    fn one_address_cannot_try_all_accounts() {
        let limiter = LoginLimiter::default();
        let address = Some(IpAddr::from([10, 0, 0, 1]));
        let admitted = (0..100).filter(|n| limiter.admit(&n.to_string(), address, 0).is_ok()).count();
        assert_eq!(admitted, 30);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let limiter = LoginLimiter::default();
        for n in 0..REMEMBERED_MAX as u64 + 50 {
            limiter.ended(&n.to_string(), None, false, n);
        }
        assert_eq!(limiter.seen.lock().expect("no panic").len(), REMEMBERED_MAX);
    }
}
