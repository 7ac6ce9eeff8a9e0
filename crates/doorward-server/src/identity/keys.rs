//! API keys: `dwk_<id>_<secret><checksum>`.
//!
//! Responsible for making them, and for saying whose one is that a client shows. A key is found by its id and compared in
//! constant time by the digest of its secret. It must never keep, log or show a secret again, and a key that was taken back
//! is good no more within [`KEY_FRESH`], whichever process took it back.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use aws_lc_rs::digest::{SHA256, digest};
use doorward_core::ids::ServerId;
use doorward_core::principal::{Claims, Principal, Proof, Subject};
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_store::{ApiKey, Holder, Keys};

use crate::clock::now;
use crate::limits::{KEY_FRESH, KEY_USED_EVERY, KEYS_CACHED_MAX};

/// What a key begins with, so that a scanner for leaked secrets recognises it.
pub const PREFIX: &str = "dwk_";

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_CHARS: usize = 12;
/// 62^43 is more than 2^256.
const SECRET_CHARS: usize = 43;
const CHECK_CHARS: usize = 6;

/// A new key: what is shown once, and what is kept.
pub struct NewKey {
    text: String,
    id: String,
    digest: [u8; 32],
}

impl NewKey {
    /// A key of 256 random bits; `None` without the system's random numbers.
    #[must_use]
    pub fn generate() -> Option<Self> {
        let (id, secret) = (random(ID_CHARS)?, random(SECRET_CHARS)?);
        let named = format!("{PREFIX}{id}_{secret}");
        let text = format!("{named}{}", checksum(&named));
        Some(Self { text, id, digest: sha256(secret.as_bytes()) })
    }

    /// The key, for the one time that it is shown.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// The part that names it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is kept of its secret.
    #[must_use]
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The keys in force, as a running gateway sees them.
#[derive(Debug)]
pub struct KeyRing {
    keys: Keys,
    seen: Mutex<HashMap<String, Seen>>,
}

#[derive(Debug, Clone)]
struct Seen {
    /// `None` when there is no such key, or it cannot be somebody's.
    key: Option<Arc<Known>>,
    at: Instant,
}

#[derive(Debug)]
struct Known {
    stored: ApiKey,
    principal: Principal,
    /// When its use was last written down, in microseconds.
    noted: AtomicI64,
}

impl KeyRing {
    /// The keys of a store.
    #[must_use]
    pub fn new(keys: Keys) -> Self {
        Self { keys, seen: Mutex::default() }
    }

    /// Whose key that is.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] for one that is not good, whatever is wrong with it; [`Code::Busy`] when the keys cannot be
    /// read.
    pub async fn identify(&self, shown: &str) -> Result<Principal, Refusal> {
        let refused = || Refusal::new(Code::Unauthenticated);
        let (id, secret) = parts(shown).ok_or_else(refused)?;
        let known = self.known(id).await?.ok_or_else(refused)?;
        let shown = sha256(secret.as_bytes());
        let same = aws_lc_rs::constant_time::verify_slices_are_equal(&known.stored.digest, &shown);
        let at = now();
        if same.is_err() || !known.is_good(at) {
            return Err(refused());
        }
        self.note_use(&known, at);
        Ok(known.principal.clone())
    }

    /// Whether `principal` may speak to all of `servers`, as far as its key says. Whoever has none may.
    ///
    /// # Errors
    /// [`Code::UnknownServer`]: what a key is not good for does not exist for its holder. [`Code::Busy`] when the keys
    /// cannot be read.
    pub async fn may_reach(&self, principal: &Principal, servers: &[ServerId]) -> Result<(), Refusal> {
        let (Proof::ApiKey, Some(id)) = (principal.proof(), principal.issuer()) else { return Ok(()) };
        let unknown = || Refusal::new(Code::UnknownServer);
        let known = self.known(id).await?.ok_or_else(unknown)?;
        let granted = &known.stored.grants.servers;
        let all = granted.is_empty() || servers.iter().all(|server| granted.contains(server.as_str()));
        if all { Ok(()) } else { Err(unknown()) }
    }

    /// Whether the key that `principal` has shown is good still. One that cannot be looked up is, for now: whoever has it
    /// was let in with it.
    pub async fn still_takes(&self, principal: &Principal) -> bool {
        let Some(id) = principal.issuer() else { return false };
        match self.known(id).await {
            Ok(known) => known.is_some_and(|known| known.is_good(now())),
            Err(_) => true,
        }
    }

    async fn known(&self, id: &str) -> Result<Option<Arc<Known>>, Refusal> {
        if let Some(seen) = self.seen().get(id).filter(|seen| seen.at.elapsed() < KEY_FRESH) {
            return Ok(seen.key.clone());
        }
        let at = Instant::now();
        let found = self.keys.find(id).await.map_err(|error| {
            tracing::error!(%error, "the API keys cannot be read");
            Refusal::new(Code::Busy).with_detail("API keys cannot be looked up.")
        })?;
        let mut seen = self.seen();
        let before = seen.get(id).and_then(|seen| seen.key.clone());
        let key = found.and_then(|stored| Known::of(stored, before.as_deref())).map(Arc::new);
        if seen.len() >= KEYS_CACHED_MAX {
            seen.clear();
        }
        seen.insert(id.to_owned(), Seen { key: key.clone(), at });
        Ok(key)
    }

    /// Writes down that a key is used, now and then: it must not cost every call a write.
    fn note_use(&self, known: &Known, at: Timestamp) {
        let before = known.noted.load(Ordering::Relaxed);
        let due = Timestamp::from_micros(before);
        if at.since(due) < KEY_USED_EVERY
            || known.noted.compare_exchange(before, at.as_micros(), Ordering::Relaxed, Ordering::Relaxed).is_err()
        {
            return;
        }
        let (keys, id) = (self.keys.clone(), known.stored.id.clone());
        tokio::spawn(async move {
            if let Err(error) = keys.used(&id, at).await {
                tracing::debug!(%error, "the use of an API key could not be written down");
            }
        });
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        // A panic while it was held cannot have left it half written: every change is one insertion or removal.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// `None` for a key whose names cannot be a principal's.
    fn of(stored: ApiKey, before: Option<&Self>) -> Option<Self> {
        let names =
            |names: &std::collections::BTreeSet<String>| names.iter().map(|name| Arc::from(name.as_str())).collect();
        let claims = Claims {
            issuer: Some(Arc::from(stored.id.as_str())),
            groups: names(&stored.grants.groups),
            scopes: names(&stored.grants.scopes),
            ..Claims::of(subject(&stored.holder), Proof::ApiKey)
        };
        let principal = Principal::claimed(claims).ok()?;
        let noted = before
            .map_or(stored.last_used.map_or(0, Timestamp::as_micros), |before| before.noted.load(Ordering::Relaxed));
        Some(Self { stored, principal, noted: AtomicI64::new(noted) })
    }

    fn is_good(&self, at: Timestamp) -> bool {
        self.stored.revoked.is_none() && self.stored.expires.is_none_or(|expires| at < expires)
    }
}

/// Whether what a client shows claims to be a key of ours.
#[must_use]
pub fn is_key(shown: &str) -> bool {
    shown.starts_with(PREFIX)
}

fn subject(holder: &Holder) -> Subject {
    match holder {
        Holder::User(name) => Subject::User(Arc::from(name.as_str())),
        Holder::Agent(name) => Subject::Agent(Arc::from(name.as_str())),
    }
}

/// The id and the secret of a key whose form and checksum are right, so that what is none costs no look-up.
fn parts(shown: &str) -> Option<(&str, &str)> {
    let (named, check) = shown.split_at_checked(shown.len().checked_sub(CHECK_CHARS)?)?;
    let (id, secret) = named.strip_prefix(PREFIX)?.split_once('_')?;
    let ours = |text: &str, chars| text.len() == chars && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let good = ours(id, ID_CHARS) && ours(secret, SECRET_CHARS) && checksum(named) == check;
    good.then_some((id, secret))
}

/// The first 40 bits of the SHA-256 of everything before it, in six digits of base 62. It protects nothing: it lets a
/// scanner tell a key from what only looks like one.
fn checksum(named: &str) -> String {
    let digest = sha256(named.as_bytes());
    let mut rest = digest.iter().take(5).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    let mut digits = Vec::with_capacity(CHECK_CHARS);
    for _ in 0..CHECK_CHARS {
        digits.push(char_of(rest % 62));
        rest /= 62;
    }
    digits.iter().rev().collect()
}

fn random(chars: usize) -> Option<String> {
    let mut text = String::with_capacity(chars);
    while text.len() < chars {
        let mut bytes = [0_u8; 64];
        aws_lc_rs::rand::fill(&mut bytes).ok()?;
        // Four times 62: what lies above would make some characters likelier.
        let even = bytes.iter().filter(|byte| **byte < 248).map(|byte| char_of(u64::from(*byte) % 62));
        text.extend(even.take(chars - text.len()));
    }
    Some(text)
}

fn char_of(number: u64) -> char {
    let place = usize::try_from(number).unwrap_or(0);
    ALPHABET.get(place).copied().map_or('0', char::from)
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use doorward_store::{Grants, Revoked, Store, StoreConfig, StoreUrl};

    use super::*;

    async fn ring() -> (Store, KeyRing) {
        let store = Store::open(StoreConfig::new(StoreUrl::Memory)).await.unwrap();
        let ring = KeyRing::new(store.keys().clone());
        (store, ring)
    }

    async fn made(store: &Store, change: impl FnOnce(&mut ApiKey)) -> NewKey {
        let new = NewKey::generate().unwrap();
        let mut stored = ApiKey {
            id: new.id().to_owned(),
            digest: new.digest(),
            holder: Holder::Agent("builder".to_owned()),
            grants: Grants { scopes: ["read".to_owned()].into(), ..Grants::default() },
            created: now(),
            expires: None,
            revoked: None,
            last_used: None,
        };
        change(&mut stored);
        store.keys().create(&stored).await.unwrap();
        new
    }

    fn code<T>(outcome: Result<T, Refusal>) -> Option<Code> {
        outcome.err().map(|refusal| refusal.code)
    }

    #[tokio::test]
    async fn a_key_says_who_its_holder_is() {
        let (store, ring) = ring().await;
        let key = made(&store, |_| {}).await;
        let principal = ring.identify(key.reveal()).await.unwrap();
        assert_eq!(*principal.subject(), Subject::Agent("builder".into()));
        assert_eq!((principal.proof(), principal.issuer().unwrap().as_ref()), (Proof::ApiKey, key.id()));
        assert_eq!(principal.scopes().iter().map(AsRef::as_ref).collect::<Vec<_>>(), ["read"]);
        assert!(!format!("{key:?}").contains(key.reveal()));
    }

    #[tokio::test]
    async fn what_is_no_good_key_is_refused_alike() {
        let (store, ring) = ring().await;
        let good = made(&store, |_| {}).await;
        let other = NewKey::generate().unwrap();
        let (id, secret) = parts(other.reveal()).unwrap();
        // Somebody who knows the id, and the form, but not the secret.
        let named = format!("{PREFIX}{}_{secret}", good.id());
        let guessed = format!("{named}{}", checksum(&named));
        let past = made(&store, |key| key.expires = Some(Timestamp::from_micros(now().as_micros() - 1))).await;
        let unfit = made(&store, |key| key.holder = Holder::User("a\nb".to_owned())).await;
        let text = good.reveal();
        let mut wrong_check = text.to_owned();
        let last = if wrong_check.pop() == Some('0') { '1' } else { '0' };
        wrong_check.push(last);
        let bad = [
            other.reveal(),
            &guessed,
            past.reveal(),
            unfit.reveal(),
            &wrong_check,
            text.get(..text.len() - 1).unwrap(),
            "dwk_",
            "dwk__",
            &format!("{text} "),
            &text.to_uppercase(),
            &format!("dwk_{id}é{secret}000000"),
            "dwk_é",
        ];
        let expected = format!("{:?}", ring.identify("dwk_x").await.unwrap_err());
        for bad in bad {
            let refusal = ring.identify(bad).await.unwrap_err();
            assert_eq!(format!("{refusal:?}"), expected, "{bad}");
        }
        assert_eq!(code(ring.identify(text).await), None);
    }

    #[tokio::test]
    async fn a_key_ends_when_it_is_taken_back_and_when_its_time_is_over() {
        let (store, ring) = ring().await;
        let taken = made(&store, |_| {}).await;
        let short = made(&store, |key| key.expires = Some(Timestamp::from_micros(now().as_micros() + 300_000))).await;
        assert_eq!(code(ring.identify(short.reveal()).await), None);
        assert_eq!(code(ring.identify(taken.reveal()).await), None);
        assert_eq!(store.keys().revoke(taken.id(), now()).await.unwrap(), Revoked::Done);
        let within = Instant::now() + std::time::Duration::from_secs(1);
        while ring.identify(taken.reveal()).await.is_ok() || ring.identify(short.reveal()).await.is_ok() {
            assert!(Instant::now() < within, "a key outlives its end");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn a_key_for_some_servers_is_for_those_alone() {
        let (store, ring) = ring().await;
        let server = |id: &str| ServerId::parse(id).unwrap();
        let narrow = made(&store, |key| key.grants.servers = ["notes".to_owned()].into()).await;
        let narrow = ring.identify(narrow.reveal()).await.unwrap();
        assert_eq!(code(ring.may_reach(&narrow, &[server("notes")]).await), None);
        assert_eq!(code(ring.may_reach(&narrow, &[server("git")]).await), Some(Code::UnknownServer));
        let both = [server("notes"), server("git")];
        assert_eq!(code(ring.may_reach(&narrow, &both).await), Some(Code::UnknownServer));
        let wide = made(&store, |_| {}).await;
        let wide = ring.identify(wide.reveal()).await.unwrap();
        assert_eq!(code(ring.may_reach(&wide, &both).await), None);
        let local = Principal::new("local", Proof::LocalToken);
        assert_eq!(code(ring.may_reach(&local, &both).await), None);
    }

    #[tokio::test]
    async fn what_is_remembered_of_keys_is_bounded_and_uses_are_noted() {
        let (store, ring) = ring().await;
        for number in 0..=KEYS_CACHED_MAX {
            ring.seen().insert(number.to_string(), Seen { key: None, at: Instant::now() });
        }
        let key = made(&store, |_| {}).await;
        ring.identify(key.reveal()).await.unwrap();
        assert_eq!(ring.seen().len(), 1);
        let within = Instant::now() + std::time::Duration::from_secs(10);
        while store.keys().find(key.id()).await.unwrap().unwrap().last_used.is_none() {
            assert!(Instant::now() < within, "the use is not written down");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
}
