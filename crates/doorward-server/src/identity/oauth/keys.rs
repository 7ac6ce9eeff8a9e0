//! Public keys: from an issuer's key set or a proof's header to something that checks signatures.
//!
//! A key is used for what it says it is for and with the algorithms its kind fits, never for more. Keys that are not
//! understood are left out; secret ones are never taken.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::Value;

use super::algorithm::{Algorithm, KeyKind};
use super::json::{self, Object};
use super::limits::{KEY_ID_BYTES_MAX, KEYS_MAX};

/// Members that only a private or a shared key has (RFC 7518 §6).
const SECRET_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// One public key.
pub(super) struct Key {
    id: Option<String>,
    kind: KeyKind,
    /// The only algorithm it is for, where it names one.
    only: Option<Algorithm>,
    thumbprint: String,
    key: DecodingKey,
}

/// The keys of one issuer.
#[derive(Debug, Default)]
pub(super) struct KeySet(Vec<Key>);

impl Key {
    /// Reads a JWK (RFC 7517); `None` for what is no public key for signatures of a kind we use.
    pub(super) fn read(jwk: &Object) -> Option<Self> {
        if SECRET_MEMBERS.iter().any(|name| jwk.contains_key(*name)) || !is_for_signatures(jwk) {
            return None;
        }
        let (kind, key, required) = public(jwk)?;
        let only = match jwk.get("alg") {
            None => None,
            Some(name) => Some(Algorithm::parse(name.as_str()?).filter(|only| only.key_kind() == kind)?),
        };
        let id = match jwk.get("kid") {
            None => None,
            Some(id) => Some(id.as_str().filter(|id| id.len() <= KEY_ID_BYTES_MAX)?.to_owned()),
        };
        Some(Self { id, kind, only, thumbprint: thumbprint(jwk, required)?, key })
    }

    /// The key's SHA-256 thumbprint in base64url (RFC 7638).
    pub(super) fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Whether it may check signatures of that algorithm.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        self.kind == algorithm.key_kind() && self.only.is_none_or(|only| only == algorithm)
    }

    /// Whether `signature` is this key's under `message`.
    pub(super) fn signed(&self, message: &str, signature: &str, algorithm: Algorithm) -> bool {
        self.fits(algorithm)
            && jsonwebtoken::crypto::verify(signature, message.as_bytes(), &self.key, algorithm.of_library())
                .unwrap_or(false)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl KeySet {
    /// Reads a JWK set; `None` for what is none, or has more keys than the limit.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let object = json::object(bytes)?;
        let listed = object.get("keys")?.as_array()?;
        if listed.len() > KEYS_MAX {
            return None;
        }
        Some(Self(listed.iter().filter_map(Value::as_object).filter_map(Key::read).collect()))
    }

    /// The key of that id which fits; without an id, the only one that fits.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&Key> {
        let mut fitting =
            self.0.iter().filter(|key| key.fits(algorithm) && id.is_none_or(|id| key.id.as_deref() == Some(id)));
        let first = fitting.next()?;
        // Two keys of one name would be a choice, and nobody has made it.
        fitting.next().is_none().then_some(first)
    }

    /// Whether every key of `before` is still among them.
    pub(super) fn keeps(&self, before: &Self) -> bool {
        before.0.iter().all(|old| self.0.iter().any(|key| key.thumbprint == old.thumbprint && key.id == old.id))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

fn is_for_signatures(jwk: &Object) -> bool {
    let use_fits = jwk.get("use").is_none_or(|purpose| purpose == "sig");
    let operations = jwk.get("key_ops");
    let operations_fit = operations.is_none_or(|listed| {
        listed.as_array().is_some_and(|listed| listed.iter().any(|operation| operation == "verify"))
    });
    use_fits && operations_fit
}

/// The kind, the key, and the names of the members that make it, in the order of RFC 7638 §3.2.
fn public(jwk: &Object) -> Option<(KeyKind, DecodingKey, &'static [&'static str])> {
    let bytes = |name: &str| json::text(jwk, name).and_then(json::unpadded);
    let point = |name: &str, size: usize| bytes(name).filter(|bytes| bytes.len() == size);
    let curve = json::text(jwk, "crv");
    match (json::text(jwk, "kty")?, curve) {
        ("RSA", _) => {
            let key = DecodingKey::from_rsa_raw_components(&bytes("n")?, &bytes("e")?);
            Some((KeyKind::Rsa, key, &["e", "kty", "n"]))
        }
        ("EC", Some(curve @ ("P-256" | "P-384"))) => {
            let (kind, size) = if curve == "P-256" { (KeyKind::P256, 32) } else { (KeyKind::P384, 48) };
            point("x", size)?;
            point("y", size)?;
            let key = DecodingKey::from_ec_components(json::text(jwk, "x")?, json::text(jwk, "y")?).ok()?;
            Some((kind, key, &["crv", "kty", "x", "y"]))
        }
        ("OKP", Some("Ed25519")) => {
            point("x", 32)?;
            let key = DecodingKey::from_ed_components(json::text(jwk, "x")?).ok()?;
            Some((KeyKind::Ed25519, key, &["crv", "kty", "x"]))
        }
        _ => None,
    }
}

fn thumbprint(jwk: &Object, required: &[&str]) -> Option<String> {
    let members: Option<Vec<String>> = required
        .iter()
        .map(|name| Some(format!("{}:{}", Value::from(*name), Value::from(json::text(jwk, name)?))))
        .collect();
    let canonical = format!("{{{}}}", members?.join(","));
    Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7638 §3.1.
    const RSA: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;

    fn read(jwk: &str) -> Option<Key> {
        Key::read(&json::object(jwk.as_bytes()).unwrap())
    }

    #[test]
    fn a_thumbprint_is_that_of_the_standard() {
        assert_eq!(read(RSA).unwrap().thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn a_key_fits_its_own_algorithm_alone() {
        let key = read(RSA).unwrap();
        let fitting: Vec<_> = Algorithm::ALL.iter().filter(|algorithm| key.fits(**algorithm)).collect();
        assert_eq!(fitting, [&Algorithm::Rs256]);
    }

    #[test]
    fn what_is_no_public_key_for_signatures_is_left_out() {
        for (from, to) in [
            (r#""kty":"RSA""#, r#""kty":"oct""#),
            (r#""kty":"RSA""#, r#""kty":"RSA","d":"AQAB""#),
            (r#""kty":"RSA""#, r#""kty":"RSA","k":"AQAB""#),
            (r#""kty":"RSA""#, r#""kty":"RSA","use":"enc""#),
            (r#""kty":"RSA""#, r#""kty":"RSA","key_ops":["encrypt"]"#),
            ("RS256", "HS256"),
            ("RS256", "none"),
            ("RS256", "ES256"),
            (r#""kty":"RSA""#, r#""kty":"EC","crv":"P-256","x":"AA","y":"AA""#),
        ] {
            assert!(RSA.contains(from));
            assert!(read(&RSA.replacen(from, to, 1)).is_none(), "{to}");
        }
    }

    #[test]
    fn two_keys_of_one_name_are_no_answer() {
        let once = KeySet::read(format!("{{\"keys\":[{RSA}]}}").as_bytes()).unwrap();
        assert!(once.find(Some("2011-04-29"), Algorithm::Rs256).is_some());
        assert!(once.find(None, Algorithm::Rs256).is_some());
        assert!(once.find(Some("../2011-04-29"), Algorithm::Rs256).is_none());
        let twice = KeySet::read(format!("{{\"keys\":[{RSA},{RSA}]}}").as_bytes()).unwrap();
        assert!(twice.find(Some("2011-04-29"), Algorithm::Rs256).is_none());
    }

    #[test]
    fn too_many_keys_are_none() {
        let set = |count: usize| format!("{{\"keys\":[{}]}}", vec![RSA; count].join(","));
        assert!(KeySet::read(set(KEYS_MAX).as_bytes()).is_some());
        assert!(KeySet::read(set(KEYS_MAX + 1).as_bytes()).is_none());
    }
}
