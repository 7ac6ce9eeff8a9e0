//! The compact form of signed tokens (RFC 7515 §7.1), taken apart and not yet believed.
//!
//! Keys and addresses of keys in a header are never looked at: a token does not say by which key it is to be checked.

use super::algorithm::Algorithm;
use super::flaw::Flaw;
use super::json::{self, Object};
use super::limits::KEY_ID_BYTES_MAX;

/// Header members that change what is signed or how it is read; none of them is supported.
const UNSUPPORTED: [&str; 4] = ["crit", "b64", "zip", "enc"];

/// A signed token whose signature nobody has checked.
#[derive(Debug)]
pub(super) struct Compact<'t> {
    pub(super) header: Object,
    pub(super) payload: Object,
    signed: &'t str,
    signature: &'t str,
}

impl<'t> Compact<'t> {
    /// Takes a token of at most `longest` bytes apart.
    pub(super) fn parse(token: &'t str, longest: usize) -> Result<Self, Flaw> {
        if token.len() > longest {
            return Err(Flaw::Form);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Flaw::Form)?;
        let (header, payload) = signed.split_once('.').ok_or(Flaw::Form)?;
        // Five parts would be an encrypted token, which nobody here can read; its rest then holds a dot, which is no base64.
        let part = |text| json::unpadded(text).and_then(|bytes| json::object(&bytes)).ok_or(Flaw::Form);
        let (header, payload) = (part(header)?, part(payload)?);
        if UNSUPPORTED.iter().any(|name| header.contains_key(*name)) {
            return Err(Flaw::Header);
        }
        Ok(Self { header, payload, signed, signature })
    }

    /// Its algorithm, if it is one of `allowed`.
    pub(super) fn algorithm(&self, allowed: &[Algorithm]) -> Result<Algorithm, Flaw> {
        let named = json::text(&self.header, "alg").and_then(Algorithm::parse).ok_or(Flaw::Algorithm)?;
        if allowed.contains(&named) { Ok(named) } else { Err(Flaw::Algorithm) }
    }

    /// The id of its key.
    pub(super) fn key_id(&self) -> Result<Option<&str>, Flaw> {
        match self.header.get("kid") {
            None => Ok(None),
            Some(id) => id.as_str().filter(|id| id.len() <= KEY_ID_BYTES_MAX).map(Some).ok_or(Flaw::Header),
        }
    }

    /// Its media type in lower case, without `application/` (RFC 7515 §4.1.9).
    pub(super) fn media_type(&self) -> Result<Option<String>, Flaw> {
        let Some(named) = self.header.get("typ") else { return Ok(None) };
        let named = named.as_str().ok_or(Flaw::Header)?.to_ascii_lowercase();
        Ok(Some(named.strip_prefix("application/").unwrap_or(&named).to_owned()))
    }

    /// What is signed.
    pub(super) const fn signed(&self) -> &'t str {
        self.signed
    }

    /// The signature, encoded.
    pub(super) const fn signature(&self) -> &'t str {
        self.signature
    }
}
