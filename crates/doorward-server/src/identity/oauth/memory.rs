//! Tokens that were checked: a look-up instead of a signature, for a bounded time and a bounded number.
//!
//! Tokens are known by their SHA-256 alone, so nothing here could be stolen and used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use doorward_core::flow::SignedUnit;
use doorward_core::principal::Principal;

use super::flaw::Flaw;
use super::limits::{BAD_TOKENS_MAX, GOOD_TOKENS_MAX};
use super::resource::Audience;

/// What is known of a token that was found good.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) principal: Principal,
    /// The unit of work it names.
    pub(super) unit: Option<Arc<SignedUnit>>,
    pub(super) audience: Audience,
    pub(super) bound: Bound,
    /// The place of its issuer among the configured ones.
    pub(super) issuer: usize,
    /// The generation of its issuer's keys when it was checked.
    pub(super) generation: u64,
    /// When it ends, in seconds since 1970, however long its issuer's word about it holds.
    pub(super) ends: i64,
}

/// What a token is bound to (RFC 7800, `cnf`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Bound {
    /// The thumbprint of a key (RFC 9449 §6.1).
    pub(super) key: Option<String>,
    /// The SHA-256 of a client certificate (RFC 8705 §3.1).
    pub(super) certificate: Option<String>,
}

/// A token's SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenHash([u8; 32]);

/// What was found out about tokens.
#[derive(Debug)]
pub(super) struct Memory {
    good: Mutex<Recent<Arc<Verified>>>,
    bad: Mutex<Recent<Flaw>>,
}

impl TokenHash {
    pub(super) fn of(token: &str) -> Self {
        let mut hash = [0; 32];
        for (place, byte) in hash.iter_mut().zip(digest(&SHA256, token.as_bytes()).as_ref()) {
            *place = *byte;
        }
        Self(hash)
    }
}

impl Memory {
    pub(super) fn new() -> Self {
        Self { good: Mutex::new(Recent::new(GOOD_TOKENS_MAX)), bad: Mutex::new(Recent::new(BAD_TOKENS_MAX)) }
    }

    /// What is known of a token `now`.
    pub(super) fn recall(&self, token: TokenHash, now: i64) -> Option<Result<Arc<Verified>, Flaw>> {
        let good = lock(&self.good).find(token, now);
        good.map(Ok).or_else(|| lock(&self.bad).find(token, now).map(Err))
    }

    pub(super) fn keep_good(&self, token: TokenHash, verified: Arc<Verified>, until: i64) {
        lock(&self.good).keep(token, verified, until);
    }

    pub(super) fn keep_bad(&self, token: TokenHash, flaw: Flaw, until: i64) {
        lock(&self.bad).keep(token, flaw, until);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The entries used last, at most a number of them: two halves, the older of which is dropped whole when the newer is full.
#[derive(Debug)]
struct Recent<T> {
    half: usize,
    newer: HashMap<TokenHash, (T, i64)>,
    older: HashMap<TokenHash, (T, i64)>,
}

impl<T: Clone> Recent<T> {
    fn new(most: usize) -> Self {
        Self { half: most / 2, newer: HashMap::new(), older: HashMap::new() }
    }

    fn find(&mut self, token: TokenHash, now: i64) -> Option<T> {
        if let Some((value, until)) = self.newer.get(&token) {
            return (*until > now).then(|| value.clone());
        }
        let (value, until) = self.older.remove(&token)?;
        if until <= now {
            return None;
        }
        self.keep(token, value.clone(), until);
        Some(value)
    }

    fn keep(&mut self, token: TokenHash, value: T, until: i64) {
        if self.newer.len() >= self.half && !self.newer.contains_key(&token) {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(token, (value, until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(number: usize) -> TokenHash {
        TokenHash::of(&number.to_string())
    }

    #[test]
    fn what_is_used_stays_and_the_number_is_bounded() {
        let mut recent = Recent::new(8);
        recent.keep(token(0), 0, 100);
        for number in 1..1000 {
            recent.keep(token(number), number, 100);
            assert_eq!(recent.find(token(0), 1), Some(0), "after {number}");
            assert!(recent.newer.len() + recent.older.len() <= 8);
        }
        assert_eq!(recent.find(token(1), 1), None);
    }

    #[test]
    fn nothing_outlives_its_time() {
        let mut recent = Recent::new(8);
        recent.keep(token(1), 1, 100);
        assert_eq!(recent.find(token(1), 99), Some(1));
        assert_eq!(recent.find(token(1), 100), None);
    }

    #[test]
    fn bad_tokens_push_out_no_good_ones() {
        let memory = Memory::new();
        for number in 0..4 * BAD_TOKENS_MAX {
            memory.keep_bad(token(number), Flaw::Signature, 100);
        }
        assert_eq!(lock(&memory.good).newer.len(), 0);
        let bad = lock(&memory.bad);
        assert!(bad.newer.len() + bad.older.len() <= BAD_TOKENS_MAX);
    }
}
