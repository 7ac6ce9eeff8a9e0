//! Proofs of possession (DPoP, RFC 9449): that whoever sends a token holds the key it is bound to.
//!
//! A proof is for one method, one address, one token, one moment, and serves once. It must never be taken a second time,
//! so a full memory of proofs refuses rather than forgets.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::algorithm::Algorithm;
use super::compact::Compact;
use super::flaw::Flaw;
use super::json;
use super::keys::Key;
use super::limits::{PROOF_BYTES_MAX, PROOF_ID_BYTES_MAX, PROOF_SECONDS, PROOFS_MAX};
use super::resource::canonical;

/// What a proof must be for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Purpose<'p> {
    pub(super) method: &'p str,
    /// The addresses under which the request may be known to its client, in canonical form.
    pub(super) addresses: &'p [String],
    pub(super) token: &'p str,
    /// The thumbprint of the key that the token is bound to.
    pub(super) key: &'p str,
    pub(super) now: i64,
    /// By how much the client's clock may be off.
    pub(super) skew: i64,
}

/// Checks a proof and remembers it.
pub(super) fn check(proof: &str, purpose: &Purpose<'_>, seen: &Proofs) -> Result<(), Flaw> {
    let parsed = Compact::parse(proof, PROOF_BYTES_MAX).map_err(|_| Flaw::Proof)?;
    let key = signed_by(&parsed)?;
    if key.thumbprint() != purpose.key {
        return Err(Flaw::Proof);
    }
    let claims = &parsed.payload;
    let text = |name| json::text(claims, name).ok_or(Flaw::Proof);
    let address = text("htu")?.split(['?', '#']).next().and_then(canonical).ok_or(Flaw::Proof)?;
    let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, purpose.token.as_bytes()));
    let issued = claims.get("iat").and_then(json::seconds).ok_or(Flaw::Proof)?;
    let recent = issued <= purpose.now.saturating_add(purpose.skew)
        && issued.saturating_add(PROOF_SECONDS + purpose.skew) > purpose.now;
    let fits = text("htm")? == purpose.method && purpose.addresses.contains(&address) && text("ath")? == hash;
    if !fits || !recent {
        return Err(Flaw::Proof);
    }
    let id = text("jti")?;
    if id.is_empty() || id.len() > PROOF_ID_BYTES_MAX {
        return Err(Flaw::Proof);
    }
    seen.remember(purpose.key, id, purpose.now, 2 * (PROOF_SECONDS + 2 * purpose.skew))
}

/// The key in the proof's own header, which signed it: a proof vouches for nothing but the possession of that key.
fn signed_by(proof: &Compact<'_>) -> Result<Key, Flaw> {
    if json::text(&proof.header, "typ") != Some("dpop+jwt") {
        return Err(Flaw::Proof);
    }
    let algorithm = proof.algorithm(Algorithm::ALL).map_err(|_| Flaw::Proof)?;
    let key = proof.header.get("jwk").and_then(Value::as_object).and_then(Key::read).ok_or(Flaw::Proof)?;
    if key.signed(proof.signed(), proof.signature(), algorithm) { Ok(key) } else { Err(Flaw::Proof) }
}

/// The proofs of the last while, each as a hash.
#[derive(Debug, Default)]
pub(super) struct Proofs(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// Since when proofs go into `present`; those before are in `past`.
    since: i64,
    present: HashSet<[u8; 32]>,
    past: HashSet<[u8; 32]>,
}

impl Proofs {
    /// Takes a proof that was not taken before. Each stays known for `life` seconds at least.
    fn remember(&self, key: &str, id: &str, now: i64, life: i64) -> Result<(), Flaw> {
        let hash = hash(key, id);
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(seen.since) >= life {
            let gone = now.saturating_sub(seen.since) >= life.saturating_mul(2);
            seen.past = if gone { HashSet::new() } else { std::mem::take(&mut seen.present) };
            seen.present = HashSet::new();
            seen.since = now;
        }
        if seen.present.contains(&hash) || seen.past.contains(&hash) {
            return Err(Flaw::Replay);
        }
        if seen.present.len() >= PROOFS_MAX {
            return Err(Flaw::Unavailable);
        }
        seen.present.insert(hash);
        Ok(())
    }
}

fn hash(key: &str, id: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    // A thumbprint has a fixed length, so nothing can move from one to the other.
    let whole = digest(&SHA256, format!("{key}.{id}").as_bytes());
    for (place, byte) in hash.iter_mut().zip(whole.as_ref()) {
        *place = *byte;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_known_for_its_whole_life_and_then_forgotten() {
        let proofs = Proofs::default();
        assert_eq!(proofs.remember("k", "1", 1000, 100), Ok(()));
        for now in [1000, 1099, 1100, 1199] {
            assert_eq!(proofs.remember("k", "1", now, 100), Err(Flaw::Replay), "{now}");
        }
        assert_eq!(proofs.remember("other", "1", 1199, 100), Ok(()));
        assert_eq!(proofs.remember("k", "1", 1200, 100), Ok(()));
    }

    #[test]
    fn a_full_memory_refuses_and_empties_in_time() {
        let proofs = Proofs::default();
        for id in 0..PROOFS_MAX {
            proofs.remember("k", &id.to_string(), 1000, 100).unwrap();
        }
        assert_eq!(proofs.remember("k", "one more", 1000, 100), Err(Flaw::Unavailable));
        assert_eq!(proofs.remember("k", "7", 1000, 100), Err(Flaw::Replay));
        assert_eq!(proofs.remember("k", "one more", 1100, 100), Ok(()));
    }
}
