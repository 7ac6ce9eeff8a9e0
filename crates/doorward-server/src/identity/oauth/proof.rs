//! Proofs of possession (DPoP, RFC 9449): that whoever sends a token holds the key it is bound to.
//!
//! A proof is for one method, one address, one token, one moment, and serves once. It must never be taken a second time,
//! so a full memory of proofs refuses rather than forgets.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorward_core::principal::PrincipalId;
use serde_json::Value;

use super::algorithm::Algorithm;
use super::compact::Compact;
use super::flaw::Flaw;
use super::json;
use super::keys::Key;
use super::limits::{PROOF_BYTES_MAX, PROOF_ID_BYTES_MAX, PROOF_SECONDS, PROOFS_MAX, PROOFS_PER_PRINCIPAL_MAX};
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
    /// Whom the token stands for.
    pub(super) owner: &'p PrincipalId,
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
    let token = URL_SAFE_NO_PAD.encode(digest(&SHA256, purpose.token.as_bytes()));
    let issued = claims.get("iat").and_then(json::seconds).ok_or(Flaw::Proof)?;
    let end = issued.saturating_add(PROOF_SECONDS + purpose.skew);
    let recent = issued <= purpose.now.saturating_add(purpose.skew) && end > purpose.now;
    let fits = text("htm")? == purpose.method && purpose.addresses.contains(&address) && text("ath")? == token;
    if !fits || !recent {
        return Err(Flaw::Proof);
    }
    let id = text("jti")?;
    if id.is_empty() || id.len() > PROOF_ID_BYTES_MAX {
        return Err(Flaw::Proof);
    }
    seen.remember(purpose.owner, &Used { proof: hash_of(purpose.key, id), end }, purpose.now)
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

/// The proofs that would still be taken, each as a hash.
#[derive(Debug, Default)]
pub(super) struct Proofs(Mutex<Seen>);

/// A proof's hash; half of a SHA-256 is enough to tell them apart.
type Hash = [u8; 16];

/// A proof that was taken.
#[derive(Debug, Clone, Copy)]
struct Used {
    proof: Hash,
    /// From when on it would not be taken anyway.
    end: i64,
}

#[derive(Debug, Default)]
struct Seen {
    proofs: HashSet<Hash>,
    /// Whose they are, those that end first before the others.
    ends: BTreeMap<(i64, Hash), PrincipalId>,
    counts: HashMap<PrincipalId, usize>,
}

impl Proofs {
    /// Takes a proof that was not taken before. It stays known until its own end, whoever else comes meanwhile, and nobody
    /// fills the memory alone.
    fn remember(&self, owner: &PrincipalId, used: &Used, now: i64) -> Result<(), Flaw> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget_ended(now);
        if seen.proofs.contains(&used.proof) {
            return Err(Flaw::Replay);
        }
        let own = seen.counts.get(owner).copied().unwrap_or(0);
        if seen.proofs.len() >= PROOFS_MAX || own >= PROOFS_PER_PRINCIPAL_MAX {
            return Err(Flaw::Unavailable);
        }
        seen.proofs.insert(used.proof);
        seen.ends.insert((used.end, used.proof), owner.clone());
        seen.counts.insert(owner.clone(), own + 1);
        Ok(())
    }
}

impl Seen {
    fn forget_ended(&mut self, now: i64) {
        while let Some(first) = self.ends.first_entry().filter(|first| first.key().0 <= now) {
            let ((_, proof), owner) = first.remove_entry();
            self.proofs.remove(&proof);
            match self.counts.get_mut(&owner) {
                Some(count) if *count > 1 => *count -= 1,
                Some(_) | None => drop(self.counts.remove(&owner)),
            }
        }
    }
}

fn hash_of(key: &str, id: &str) -> Hash {
    let mut hash = Hash::default();
    // A thumbprint has a fixed length, so nothing can move from one to the other.
    let whole = digest(&SHA256, format!("{key}.{id}").as_bytes());
    for (place, byte) in hash.iter_mut().zip(whole.as_ref()) {
        *place = *byte;
    }
    hash
}

#[cfg(test)]
mod tests {
    use doorward_core::principal::{Principal, Proof};

    use super::*;

    fn owner(name: &str) -> PrincipalId {
        Principal::new(name, Proof::BoundToken).id().clone()
    }

    fn remember(proofs: &Proofs, (owner_name, id): (&str, usize), end: i64, now: i64) -> Result<(), Flaw> {
        proofs.remember(&owner(owner_name), &Used { proof: hash_of("k", &format!("{owner_name}{id}")), end }, now)
    }

    #[test]
    fn a_proof_is_known_until_its_own_end() {
        let proofs = Proofs::default();
        // Of an issuer whose clock may be off by five minutes, made by a client whose clock is fast.
        assert_eq!(remember(&proofs, ("ann", 1), 1660, 1000), Ok(()));
        for now in 1000..1660 {
            // Others, of issuers that are stricter, come and go all the time.
            assert_eq!(remember(&proofs, ("bob", 1), now + 1, now), Ok(()), "{now}");
            assert_eq!(remember(&proofs, ("ann", 1), 1660, now), Err(Flaw::Replay), "{now}");
        }
        assert_eq!(remember(&proofs, ("ann", 1), 2000, 1660), Ok(()));
        let seen = proofs.0.lock().unwrap();
        assert_eq!((seen.proofs.len(), seen.ends.len(), seen.counts.len()), (1, 1, 1));
    }

    #[test]
    fn nobody_fills_the_memory_alone_and_a_full_one_refuses() {
        let proofs = Proofs::default();
        for id in 0..PROOFS_PER_PRINCIPAL_MAX {
            assert_eq!(remember(&proofs, ("ann", id), 1100, 1000), Ok(()));
        }
        assert_eq!(remember(&proofs, ("ann", PROOFS_PER_PRINCIPAL_MAX), 1100, 1000), Err(Flaw::Unavailable));
        assert_eq!(remember(&proofs, ("bob", 0), 1200, 1000), Ok(()));
        assert_eq!(remember(&proofs, ("ann", PROOFS_PER_PRINCIPAL_MAX), 1200, 1100), Ok(()));
        for id in 0..PROOFS_MAX - 2 {
            let name = format!("many-{}", id / PROOFS_PER_PRINCIPAL_MAX);
            assert_eq!(remember(&proofs, (&name, id), 1200, 1100), Ok(()));
        }
        assert_eq!(remember(&proofs, ("eve", 0), 1200, 1100), Err(Flaw::Unavailable));
        assert_eq!(remember(&proofs, ("bob", 0), 1200, 1100), Err(Flaw::Replay));
        assert_eq!(remember(&proofs, ("eve", 0), 1300, 1200), Ok(()));
    }
}
