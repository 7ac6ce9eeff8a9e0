//! Access tokens: the protected-resource side of OAuth 2.1 as MCP wants it.
//!
//! A token counts when an issuer the operator configured vouches for it, when it was issued for this gateway, and when it
//! is still good. It must never be passed on, logged, recorded or kept: what is remembered is its hash.

mod algorithm;
mod challenge;
mod claims;
mod compact;
mod fetch;
mod flaw;
mod introspection;
mod json;
mod jwt;
mod key_cache;
mod keys;
pub mod limits;
mod memory;
mod metadata;
mod proof;
mod resource;
mod unit;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use doorward_core::flow::SignedUnit;
use doorward_core::principal::{Principal, Proof};
use hyper::header::{HOST, HeaderMap};
use hyper::http::uri::Authority;
use hyper::{Method, Uri};

use crate::clock;
use crate::config::{Addresses, Dpop, IdentityConfig, Introspected, IssuerConfig};
use claims::{Implied, Mapping};
use compact::Compact;
use fetch::{Fetcher, Reach};
use introspection::Introspection;
use json::Object;
use key_cache::KeyCache;
use limits::{BAD_TOKEN_SECONDS, GOOD_TOKEN_SECONDS_MAX, TOKEN_BYTES_MAX};
use memory::{Bound, Memory, TokenHash, Verified};
use proof::{Proofs, Purpose};
use resource::Audience;

pub use algorithm::Algorithm;
pub(crate) use challenge::Lack;
pub use flaw::Flaw;
pub(crate) use resource::is_loopback;
pub use resource::{Resource, ResourceError};

/// How a token was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// As a bearer token (RFC 6750).
    Bearer,
    /// With a proof of possession (RFC 9449).
    Dpop,
}

/// A token and the request it came with.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'r> {
    pub(crate) scheme: Scheme,
    pub(crate) token: &'r str,
    pub(crate) method: &'r Method,
    pub(crate) uri: &'r Uri,
    pub(crate) headers: &'r HeaderMap,
    /// The SHA-256 of the client's certificate in base64url.
    pub(crate) certificate: Option<&'r str>,
}

/// What a token is good for.
#[derive(Debug)]
pub(crate) struct Stands {
    /// Whom it stands for.
    pub(crate) principal: Principal,
    /// The unit of work it names.
    pub(crate) unit: Option<Arc<SignedUnit>>,
    /// When it ends, in seconds since 1970.
    pub(crate) ends: i64,
}

/// The issuers in force, and what is remembered of their tokens.
#[derive(Debug)]
pub struct Issuers {
    config: IdentityConfig,
    resource: Resource,
    issuers: Vec<Issuer>,
    implied: Implied,
    prefixes: Vec<String>,
    memory: Memory,
    proofs: Arc<Proofs>,
    checks: AtomicU64,
}

#[derive(Debug)]
struct Issuer {
    config: IssuerConfig,
    keys: Arc<KeyCache>,
    introspection: Option<Arc<Introspection>>,
}

impl Issuers {
    /// The issuers of `config`; `None` when there are none. Keys of issuers that `before` had just so are taken over, and
    /// the memory of used proofs; verified tokens never are.
    #[must_use]
    pub fn new(config: &IdentityConfig, before: Option<&Self>) -> Option<Self> {
        let resource = config.resource.clone().filter(|_| !config.issuers.is_empty())?;
        let issuers = config.issuers.iter().map(|issuer| Issuer::new(issuer, before)).collect();
        let prefixes = config.issuers.iter().map(|issuer| issuer.prefix.clone()).filter(|prefix| !prefix.is_empty());
        Some(Self {
            resource,
            issuers,
            implied: Implied::new(&config.scope_implies),
            prefixes: prefixes.collect(),
            memory: Memory::new(),
            proofs: before.map(|before| before.proofs.clone()).unwrap_or_default(),
            checks: AtomicU64::new(0),
            config: config.clone(),
        })
    }

    /// How many tokens were looked into, beyond a look-up in what is remembered.
    #[must_use]
    pub fn checks(&self) -> u64 {
        self.checks.load(Ordering::Relaxed)
    }

    /// Says whom a token stands for.
    pub(crate) async fn identify(&self, shown: &Shown<'_>) -> Result<Stands, Flaw> {
        let now = unix_now();
        let hash = TokenHash::of(shown.token);
        let verified = match self.memory.recall(hash, now) {
            Some(Ok(verified)) if self.still_signed(&verified) => verified,
            Some(Err(flaw)) => return Err(flaw),
            Some(Ok(_)) | None => self.look_into(shown.token, hash, now).await?,
        };
        if !verified.audience.covers(shown.uri.path()) {
            return Err(Flaw::Audience);
        }
        self.check_possession(&verified, shown, now)?;
        Ok(Stands { principal: verified.principal.clone(), unit: verified.unit.clone(), ends: verified.ends })
    }

    /// Whether tokens of the issuer of that name are taken.
    pub(crate) fn take(&self, name: &str) -> bool {
        self.issuers.iter().any(|issuer| issuer.config.name == name)
    }

    /// Whether its issuer still has the keys it had when the token was checked.
    fn still_signed(&self, verified: &Verified) -> bool {
        self.issuers.get(verified.issuer).is_some_and(|issuer| {
            issuer.keys.tend();
            issuer.keys.generation() == verified.generation
        })
    }

    /// Checks a token and remembers what came of it.
    async fn look_into(&self, token: &str, hash: TokenHash, now: i64) -> Result<Arc<Verified>, Flaw> {
        self.checks.fetch_add(1, Ordering::Relaxed);
        match self.verify(token, now).await {
            Ok((verified, until)) => {
                let verified = Arc::new(verified);
                self.memory.keep_good(hash, verified.clone(), until.min(now + GOOD_TOKEN_SECONDS_MAX));
                Ok(verified)
            }
            Err(flaw) => {
                tracing::debug!(%flaw, "an access token is not taken");
                if flaw.lasts() {
                    self.memory.keep_bad(hash, flaw, now + BAD_TOKEN_SECONDS);
                }
                Err(flaw)
            }
        }
    }

    /// What the token says and until when that holds.
    async fn verify(&self, token: &str, now: i64) -> Result<(Verified, i64), Flaw> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Flaw::Form);
        }
        if is_signed_form(token) { self.signed(token, now).await } else { self.opaque(token, now).await }
    }

    async fn signed(&self, token: &str, now: i64) -> Result<(Verified, i64), Flaw> {
        let parsed = Compact::parse(token, TOKEN_BYTES_MAX)?;
        let named = jwt::issuer(&parsed)?;
        let place = self.issuers.iter().position(|issuer| issuer.config.issuer == named).ok_or(Flaw::Issuer)?;
        let issuer = self.issuers.get(place).ok_or(Flaw::Issuer)?;
        let algorithm = parsed.algorithm(&issuer.config.algorithms)?;
        let generation = issuer.keys.check(&parsed, algorithm).await?;
        jwt::check_kind(&parsed, &issuer.config)?;
        let skew = issuer.config.skew_seconds();
        let mut until = jwt::check_times(&parsed.payload, now, skew)?;
        let verified = self.read(&parsed.payload, place, (generation, until))?;
        if let Some(introspection) = issuer.asked(Introspected::All) {
            introspection.ask(token).await?;
            until = until.min(now + introspection.config().life_seconds());
        }
        Ok((verified, until))
    }

    async fn opaque(&self, token: &str, now: i64) -> Result<(Verified, i64), Flaw> {
        let asked = self.issuers.iter().enumerate();
        // INVARIANT: the configuration lets one issuer alone be asked about tokens that name none.
        let mut asked = asked.filter_map(|(place, issuer)| Some((place, issuer, issuer.introspection.as_ref()?)));
        let (place, issuer, introspection) = asked.next().ok_or(Flaw::Form)?;
        let claims = introspection.ask(token).await?;
        let life = now + introspection.config().life_seconds();
        let ends = match claims.contains_key("exp") {
            true => jwt::check_times(&claims, now, issuer.config.skew_seconds())?,
            false => now + GOOD_TOKEN_SECONDS_MAX,
        };
        let generation = issuer.keys.generation();
        Ok((self.read(&claims, place, (generation, ends))?, ends.min(life)))
    }

    /// Whom claims name and what for.
    fn read(&self, claims: &Object, place: usize, (generation, ends): (u64, i64)) -> Result<Verified, Flaw> {
        let issuer = &self.issuers.get(place).ok_or(Flaw::Issuer)?.config;
        let named = jwt::audience(claims)?;
        let audience = Audience::of(&named, &self.resource, &issuer.audiences).ok_or(Flaw::Audience)?;
        let bound = bound(claims)?;
        if issuer.dpop == Dpop::Require && bound.key.is_none() {
            return Err(Flaw::Unbound);
        }
        let proof = if bound == Bound::default() { Proof::AccessToken } else { Proof::BoundToken };
        let mapping = Mapping { issuer, implied: &self.implied, others: &self.prefixes };
        let principal = mapping.principal(claims, proof)?;
        let unit = self.config.task_claim.as_deref().map_or(Ok(None), |claim| unit::unit(claims, claim))?;
        Ok(Verified { principal, unit, audience, bound, issuer: place, generation, ends })
    }

    /// Whether whoever sent a bound token holds what it is bound to.
    fn check_possession(&self, verified: &Verified, shown: &Shown<'_>, now: i64) -> Result<(), Flaw> {
        if verified.bound.certificate.as_deref().is_some_and(|wanted| shown.certificate != Some(wanted)) {
            return Err(Flaw::Certificate);
        }
        let issuer = &self.issuers.get(verified.issuer).ok_or(Flaw::Issuer)?.config;
        let key = match (&verified.bound.key, shown.scheme) {
            (None, Scheme::Bearer) => return Ok(()),
            (None, Scheme::Dpop) => return Err(Flaw::Unbound),
            (Some(_), Scheme::Bearer) => return Err(Flaw::ProofMissing),
            (Some(_), Scheme::Dpop) if issuer.dpop == Dpop::Off => return Err(Flaw::ProofMissing),
            (Some(key), Scheme::Dpop) => key,
        };
        let proof = match crate::downstream::http::only(shown.headers, &DPOP) {
            Some(Ok(proof)) => proof,
            Some(Err(())) => return Err(Flaw::Proof),
            None => return Err(Flaw::ProofMissing),
        };
        let addresses = self.addresses(shown);
        let purpose = Purpose {
            method: shown.method.as_str(),
            addresses: &addresses,
            token: shown.token,
            key,
            owner: verified.principal.id(),
            now,
            skew: issuer.skew_seconds(),
        };
        proof::check(proof, &purpose, &self.proofs)
    }

    /// The addresses under which a client may know what it asks: ours, and the loopback one it connected to.
    fn addresses(&self, shown: &Shown<'_>) -> Vec<String> {
        let path = shown.uri.path();
        let host = shown.headers.get(HOST).and_then(|host| host.to_str().ok());
        let local = host
            .filter(|host| host.parse::<Authority>().is_ok_and(|authority| resource::is_loopback(authority.host())));
        let local = local.map(|host| format!("http://{host}{path}"));
        [Some(self.resource.at(path)), local]
            .into_iter()
            .flatten()
            .filter_map(|url| resource::canonical(&url))
            .collect()
    }
}

/// The header with the proof (RFC 9449 §4.1).
const DPOP: hyper::header::HeaderName = hyper::header::HeaderName::from_static("dpop");

impl Issuer {
    fn new(config: &IssuerConfig, before: Option<&Issuers>) -> Self {
        let same = before.and_then(|before| before.issuers.iter().find(|issuer| issuer.config == *config));
        if let Some(same) = same {
            return Self { config: config.clone(), keys: same.keys.clone(), introspection: same.introspection.clone() };
        }
        let fetcher = Arc::new(Fetcher::new(reach(config)));
        let keys = KeyCache::new(config.issuer.clone(), config.jwks_uri.clone(), fetcher.clone());
        let introspection = config.introspection.clone();
        let introspection = introspection
            .map(|introspection| Arc::new(Introspection::new(config.issuer.clone(), introspection, fetcher)));
        Self { config: config.clone(), keys: Arc::new(keys), introspection }
    }

    /// Where to ask about such tokens.
    fn asked(&self, tokens: Introspected) -> Option<&Introspection> {
        self.introspection.as_deref().filter(|introspection| introspection.config().tokens == tokens)
    }
}

fn reach(config: &IssuerConfig) -> Reach {
    let host = config.issuer.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
    match (host, config.addresses) {
        (Some(host), _) if resource::is_loopback(&host) => Reach::Loopback,
        (_, Addresses::Private) => Reach::Private,
        (_, Addresses::Public) => Reach::Public,
    }
}

/// Whether a token looks as signed and encrypted ones do. Such a token names its issuer itself, so it is never sent to an
/// issuer it does not name.
fn is_signed_form(token: &str) -> bool {
    let (first, rest) = token.split_once('.').unwrap_or((token, ""));
    rest.contains('.') && json::unpadded(first).is_some_and(|header| header.first() == Some(&b'{'))
}

/// What the token is bound to (RFC 7800 §3.1). A binding that nobody here can check is no reason to ignore it.
fn bound(claims: &Object) -> Result<Bound, Flaw> {
    let Some(confirmation) = claims.get("cnf") else { return Ok(Bound::default()) };
    let confirmation = confirmation.as_object().ok_or(Flaw::Claims)?;
    let text = |name: &str| {
        confirmation.get(name).map(|value| value.as_str().map(str::to_owned).ok_or(Flaw::Claims)).transpose()
    };
    let bound = Bound { key: text("jkt")?, certificate: text("x5t#S256")? };
    if bound == Bound::default() || confirmation.keys().any(|name| name != "jkt" && name != "x5t#S256") {
        return Err(Flaw::Claims);
    }
    Ok(bound)
}

fn unix_now() -> i64 {
    i64::try_from(clock::now().as_unix_millis() / 1000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
