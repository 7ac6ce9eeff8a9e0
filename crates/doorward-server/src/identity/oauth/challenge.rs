//! What a client is told that could come back with a token: challenges (RFC 6750 §3, RFC 9449 §7.1) and metadata (RFC 9728).
//!
//! Nothing of a request stands in them but the path of an endpoint, and that only in plain characters.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyper::header::HeaderValue;
use serde_json::{Map, Value, json};

use super::{Algorithm, Flaw, Issuers};
use crate::config::Dpop;

/// What is in the way.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lack<'l> {
    /// No token was shown.
    Token,
    /// The credentials have no form anybody could read (RFC 6750 §3.1, `invalid_request`).
    Form,
    /// The token shown is not taken.
    Flawed(Flaw),
    /// Credentials of ours were shown, and they are wrong.
    Wrong,
    /// The token was not given for this; these scopes together would do.
    Scopes(&'l BTreeSet<Arc<str>>),
}

impl Issuers {
    /// The values of `WWW-Authenticate` for a request to `path`. Clients that know one scheme alone look at the first, so
    /// bearer tokens come first where they are taken at all.
    pub(crate) fn challenges(&self, path: &str, lack: Lack<'_>) -> Vec<HeaderValue> {
        let places = [self.bearer_is_taken().then_some("Bearer"), self.proof_is_taken().then_some("DPoP")];
        let schemes: Vec<&str> = places.into_iter().flatten().collect();
        let about_proof = matches!(lack, Lack::Flawed(flaw) if flaw.is_about_proof());
        let value = |scheme: &str| {
            // A wrong proof says nothing about bearer tokens.
            let lack = if about_proof && scheme == "Bearer" { Lack::Token } else { lack };
            HeaderValue::from_str(&self.challenge(scheme, path, lack)).ok()
        };
        schemes.into_iter().filter_map(value).collect()
    }

    fn challenge(&self, scheme: &str, path: &str, lack: Lack<'_>) -> String {
        let mut parts = vec!["realm=\"doorward\"".to_owned()];
        if let Some((error, description)) = lack.error() {
            parts.push(format!("error=\"{error}\""));
            parts.push(format!("error_description=\"{description}\""));
        }
        let scopes = match lack {
            Lack::Scopes(scopes) => words(scopes.iter().map(AsRef::as_ref)),
            Lack::Token | Lack::Form | Lack::Flawed(_) | Lack::Wrong => {
                words(self.config.initial_scopes.iter().map(String::as_str))
            }
        };
        if !scopes.is_empty() {
            parts.push(format!("scope=\"{scopes}\""));
        }
        parts.push(format!("resource_metadata=\"{}\"", self.resource.metadata_at(plain(path))));
        if scheme == "DPoP" {
            let algorithms: Vec<&str> = Algorithm::DEFAULT.iter().map(|algorithm| algorithm.name()).collect();
            parts.push(format!("algs=\"{}\"", algorithms.join(" ")));
        }
        format!("{scheme} {}", parts.join(", "))
    }

    /// The endpoint whose metadata a request for `path` asks for, and the metadata; `None` for any other request. Whether there is such an endpoint is
    /// not told to strangers.
    pub(crate) fn metadata<'p>(&self, path: &'p str) -> Option<(&'p str, String)> {
        let endpoint = self.resource.described(path)?;
        if plain(endpoint) != endpoint {
            return None;
        }
        let servers: Vec<&str> = self.config.issuers.iter().map(|issuer| issuer.issuer.as_str()).collect();
        let mut metadata = Map::new();
        let mut say = |name: &str, value: Value| drop(metadata.insert(name.to_owned(), value));
        say("resource", json!(self.resource.at(endpoint)));
        say("resource_name", json!("Doorward"));
        say("authorization_servers", json!(servers));
        say("bearer_methods_supported", json!(["header"]));
        if !self.config.scopes.is_empty() {
            say("scopes_supported", json!(self.config.scopes));
        }
        if self.proof_is_taken() {
            let algorithms: Vec<&str> = Algorithm::DEFAULT.iter().map(|algorithm| algorithm.name()).collect();
            say("dpop_signing_alg_values_supported", json!(algorithms));
            say("dpop_bound_access_tokens_required", json!(!self.bearer_is_taken()));
        }
        Some((endpoint, Value::Object(metadata).to_string()))
    }

    fn bearer_is_taken(&self) -> bool {
        self.config.issuers.iter().any(|issuer| issuer.dpop != Dpop::Require)
    }

    fn proof_is_taken(&self) -> bool {
        self.config.issuers.iter().any(|issuer| issuer.dpop != Dpop::Off)
    }
}

impl Lack<'_> {
    /// Error code and description; none where nothing was shown (RFC 6750 §3.1).
    const fn error(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Token => None,
            Self::Form => Some(("invalid_request", "Send exactly one token, in the Authorization header.")),
            Self::Flawed(flaw) => Some((flaw.error(), flaw.description())),
            Self::Wrong => Some(("invalid_token", "The credentials are not valid for this gateway.")),
            Self::Scopes(_) => Some(("insufficient_scope", "The token was not given for this operation.")),
        }
    }
}

/// `path`, if a quoted text may hold it as it is; else nothing.
fn plain(path: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_');
    if path.bytes().all(is_plain) { path } else { "" }
}

/// Scopes with spaces between them; those that no quoted text may hold are left out (RFC 6749 §3.3).
fn words<'s>(scopes: impl Iterator<Item = &'s str>) -> String {
    let is_scope =
        |scope: &&str| scope.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) && !scope.is_empty();
    scopes.filter(is_scope).collect::<Vec<_>>().join(" ")
}
