//! An issuer's keys, kept and renewed.
//!
//! One fetch at a time, never more often than the limit, however many tokens name keys nobody knows. Keys that cannot be
//! fetched again serve on for a bounded time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::algorithm::Algorithm;
use super::compact::Compact;
use super::fetch::{FetchError, Fetcher};
use super::flaw::Flaw;
use super::keys::KeySet;
use super::limits::{KEYS_FRESH, KEYS_STALE_MAX, REFETCH_AFTER};
use super::metadata::discover;

/// The keys of one issuer.
#[derive(Debug)]
pub(super) struct KeyCache {
    issuer: String,
    /// Where the keys are; `None` where the issuer's metadata say it.
    place: Option<String>,
    fetcher: Arc<Fetcher>,
    held: ArcSwapOption<Held>,
    /// Held by whoever fetches; tells when that was done last.
    turn: Mutex<Option<Instant>>,
    /// Grows whenever a key has gone, because tokens signed with it must not be taken any longer.
    generation: AtomicU64,
}

#[derive(Debug)]
struct Held {
    keys: KeySet,
    since: Instant,
    generation: u64,
}

impl KeyCache {
    pub(super) fn new(issuer: String, place: Option<String>, fetcher: Arc<Fetcher>) -> Self {
        let (held, turn) = (ArcSwapOption::empty(), Mutex::new(None));
        Self { issuer, place, fetcher, held, turn, generation: AtomicU64::new(0) }
    }

    /// Grows whenever a key has gone.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Checks that the issuer signed `token`, and returns the generation of the keys by which it did. Keys that are not known are fetched first.
    pub(super) async fn check(&self, token: &Compact<'_>, algorithm: Algorithm) -> Result<u64, Flaw> {
        let id = token.key_id()?;
        if let Some(verdict) = self.verdict(token, id, algorithm) {
            return verdict;
        }
        self.renew().await;
        match self.verdict(token, id, algorithm) {
            Some(verdict) => verdict,
            None if self.usable().is_some() => Err(Flaw::Key),
            None => Err(Flaw::Unavailable),
        }
    }

    /// Takes keys that nobody fetched.
    #[cfg(test)]
    pub(super) fn take(&self, set: &str) {
        self.keep(KeySet::read(set.as_bytes()).unwrap());
    }

    /// Fetches the keys again in the background when they have become old.
    pub(super) fn tend(self: &Arc<Self>) {
        let old = self.held.load().as_ref().is_some_and(|held| held.since.elapsed() > KEYS_FRESH);
        // Whoever holds the turn is fetching already.
        let due = old && self.turn.try_lock().is_ok_and(|last| is_due(*last));
        if due {
            let cache = self.clone();
            tokio::spawn(async move { cache.renew().await });
        }
    }

    /// `None` when no such key is known.
    fn verdict(&self, token: &Compact<'_>, id: Option<&str>, algorithm: Algorithm) -> Option<Result<u64, Flaw>> {
        let held = self.usable()?;
        let key = held.keys.find(id, algorithm)?;
        let signed = key.signed(token.signed(), token.signature(), algorithm);
        Some(if signed { Ok(held.generation) } else { Err(Flaw::Signature) })
    }

    fn usable(&self) -> Option<Arc<Held>> {
        self.held.load_full().filter(|held| held.since.elapsed() < KEYS_STALE_MAX)
    }

    /// Fetches the keys, unless somebody just did.
    async fn renew(&self) {
        let mut last = self.turn.lock().await;
        if !is_due(*last) {
            return;
        }
        *last = Some(Instant::now());
        match self.fetch().await {
            Ok(keys) => self.keep(keys),
            Err(error) => {
                tracing::warn!(issuer = %self.issuer, %error, "the keys of an issuer cannot be fetched");
            }
        }
    }

    fn keep(&self, keys: KeySet) {
        let before = self.held.load();
        let gone = before.as_ref().is_some_and(|before| !keys.keeps(&before.keys));
        tracing::debug!(issuer = %self.issuer, keys = keys.len(), "keys of an issuer fetched");
        // The turn is held, so nobody else changes it.
        let generation = self.generation().saturating_add(u64::from(gone));
        self.held.store(Some(Arc::new(Held { keys, since: Instant::now(), generation })));
        self.generation.store(generation, Ordering::Release);
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        let place = match &self.place {
            Some(place) => place.clone(),
            None => {
                let published = discover(&self.fetcher, &self.issuer).await?;
                published.keys.ok_or(FetchError::Content("its metadata name no keys"))?
            }
        };
        let body = self.fetcher.get(&place).await?;
        KeySet::read(&body).ok_or(FetchError::Content("its keys are no key set within the limits"))
    }
}

fn is_due(last: Option<Instant>) -> bool {
    last.is_none_or(|last| last.elapsed() >= REFETCH_AFTER)
}
