//! The rules for access tokens that are signed (RFC 7519, RFC 8725, RFC 9068).
//!
//! Times, issuer and kind; whom the token names is read in [`super::claims`]. It must never take another kind of token
//! that an issuer signs with the same keys: ID tokens, logout tokens, refresh tokens and proofs name themselves.

use serde_json::Value;

use super::compact::Compact;
use super::flaw::Flaw;
use super::json::{self, Object};
use crate::config::{IssuerConfig, TokenType};

/// Claims that only ID tokens, logout tokens and security events have (OIDC Core §2, OIDC Back-Channel Logout §2.4).
const MARKS_OF_OTHERS: [&str; 6] = ["nonce", "at_hash", "c_hash", "s_hash", "events", "sub_jwk"];

/// The media type of access tokens (RFC 9068 §2.1).
const ACCESS_TOKEN: &str = "at+jwt";

/// Who signed it, as it says itself.
pub(super) fn issuer<'c>(token: &'c Compact<'_>) -> Result<&'c str, Flaw> {
    json::text(&token.payload, "iss").ok_or(Flaw::Claims)
}

/// Whether it is an access token at all.
pub(super) fn check_kind(token: &Compact<'_>, issuer: &IssuerConfig) -> Result<(), Flaw> {
    let fits = match (token.media_type()?.as_deref(), issuer.token_type) {
        (Some(ACCESS_TOKEN), _) => true,
        (Some("jwt") | None, TokenType::Any) => is_unmarked(&token.payload),
        (Some(_) | None, _) => false,
    };
    if fits { Ok(()) } else { Err(Flaw::Kind) }
}

/// Some issuers name the kind of a token in its claims: Keycloak in `typ`, Cognito in `token_use`.
fn is_unmarked(claims: &Object) -> bool {
    let named = |name: &str, wanted: &str| {
        claims.get(name).is_none_or(|kind| kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case(wanted)))
    };
    MARKS_OF_OTHERS.iter().all(|mark| !claims.contains_key(*mark))
        && (named("typ", "bearer") || named("typ", "dpop"))
        && named("token_use", "access")
}

/// Checks that the token is valid `now`, and returns until when it is.
pub(super) fn check_times(claims: &Object, now: i64, skew: i64) -> Result<i64, Flaw> {
    let expires = claims.get("exp").and_then(json::seconds).ok_or(Flaw::Claims)?;
    if expires.saturating_add(skew) <= now {
        return Err(Flaw::Expired);
    }
    for name in ["nbf", "iat"] {
        let Some(value) = claims.get(name) else { continue };
        let since = json::seconds(value).ok_or(Flaw::Claims)?;
        if since > now.saturating_add(skew) {
            return Err(Flaw::NotYetValid);
        }
    }
    Ok(expires.saturating_add(skew))
}

/// Whom the token is for: one text, or several.
pub(super) fn audience(claims: &Object) -> Result<Vec<String>, Flaw> {
    match claims.get("aud") {
        Some(Value::String(one)) => Ok(vec![one.clone()]),
        Some(Value::Array(several)) => {
            several.iter().map(|name| name.as_str().map(str::to_owned).ok_or(Flaw::Claims)).collect()
        }
        None => Err(Flaw::Audience),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => Err(Flaw::Claims),
    }
}
