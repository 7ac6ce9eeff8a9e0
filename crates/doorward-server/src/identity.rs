//! Who is asking: from credentials to a principal.
//!
//! Every way to prove who one is stands here in one order, and exactly one set of credentials is looked at for each
//! request. It must never take a credential that was not made for this gateway, and never tell which part of one was wrong
//! to somebody who has none.

pub mod certificates;
pub mod keys;
pub mod oauth;

use std::sync::Arc;

use doorward_core::flow::SignedUnit;
use doorward_core::ids::ServerId;
use doorward_core::principal::{Principal, Proof};
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use hyper::{Method, Uri};

use crate::clock::now;
use crate::token::{LocalToken, Presented as Compared};
use certificates::{CertificateRules, ClientProof};
use keys::KeyRing;
use oauth::{Flaw, Issuers, Lack, Scheme, Shown, Stands};

/// What the gateway's own tokens begin with.
const LOCAL_PREFIX: &str = "dw_";

/// What a request shows of itself.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'r> {
    /// Its method.
    pub method: &'r Method,
    /// Its target.
    pub uri: &'r Uri,
    /// Its headers.
    pub headers: &'r HeaderMap,
    /// The SHA-256 of the client's certificate in base64url; `None` without one.
    pub certificate: Option<&'r str>,
    /// What the client's certificate says of it.
    pub peer: Option<&'r ClientProof>,
}

/// What credentials prove.
#[derive(Debug, Clone)]
pub struct Proven {
    /// Who is asking.
    pub principal: Principal,
    /// The unit of work that the credentials name.
    pub unit: Option<Arc<SignedUnit>>,
    /// When they end, where that stands in them.
    pub ends: Option<Timestamp>,
}

impl Proven {
    const fn of(principal: Principal) -> Self {
        Self { principal, unit: None, ends: None }
    }
}

/// Why nobody knows who is asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproven {
    /// No credentials that anybody here takes.
    Nothing,
    /// Credentials in a form nobody can read.
    Malformed,
    /// Credentials of ours that are wrong.
    Wrong,
    /// They cannot be looked up at present.
    Unreadable,
    /// An access token that is not taken.
    Token(Flaw),
}

/// Whether anybody must prove who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Nobody must; everyone is the local user.
    Nothing,
    /// Everybody must.
    Credentials,
}

/// The ways to prove who one is that are in force.
#[derive(Debug)]
pub struct Identity {
    token: Option<LocalToken>,
    keys: Option<Arc<KeyRing>>,
    certificates: CertificateRules,
    issuers: Option<Issuers>,
    wanted: Wanted,
    /// Who everybody is where nothing is wanted, and who holds the local token.
    anybody: Principal,
    holder: Principal,
}

impl Identity {
    /// Without a token everyone who reaches the port is `user`, which the configuration allows on loopback alone.
    #[must_use]
    pub fn local(token: Option<LocalToken>, user: &str) -> Self {
        let (anybody, holder) = (Principal::new(user, Proof::None), Principal::new(user, Proof::LocalToken));
        let wanted = if token.is_some() { Wanted::Credentials } else { Wanted::Nothing };
        Self { token, keys: None, certificates: CertificateRules::default(), issuers: None, wanted, anybody, holder }
    }

    /// Takes API keys as well.
    #[must_use]
    pub fn with_keys(self, keys: Option<Arc<KeyRing>>) -> Self {
        Self { keys, ..self }
    }

    /// Takes client certificates by these rules as well, of clients that show nothing else.
    #[must_use]
    pub fn with_certificates(self, certificates: CertificateRules) -> Self {
        Self { certificates, ..self }
    }

    /// The API keys taken, if any are.
    #[must_use]
    pub const fn keys(&self) -> Option<&Arc<KeyRing>> {
        self.keys.as_ref()
    }

    /// Refuses a principal whose credentials are not good for all of `servers`.
    ///
    /// # Errors
    /// As [`KeyRing::may_reach`].
    pub async fn may_reach(&self, principal: &Principal, servers: &[ServerId]) -> Result<(), Refusal> {
        match &self.keys {
            Some(keys) => keys.may_reach(principal, servers).await,
            None => Ok(()),
        }
    }

    /// The same for which credentials are `wanted`, whichever there are; those of `issuers` are taken as well.
    #[must_use]
    pub fn with_issuers(self, wanted: Wanted, issuers: Option<Issuers>) -> Self {
        Self { issuers, wanted, ..self }
    }

    /// Whether anybody must prove who it is.
    #[must_use]
    pub const fn wanted(&self) -> Wanted {
        self.wanted
    }

    /// The local token wanted, if any.
    #[must_use]
    pub const fn token(&self) -> Option<&LocalToken> {
        self.token.as_ref()
    }

    /// Whose access tokens are taken.
    #[must_use]
    pub const fn issuers(&self) -> Option<&Issuers> {
        self.issuers.as_ref()
    }

    /// Says who is asking.
    ///
    /// # Errors
    /// [`Unproven`] without valid credentials, where some are wanted.
    pub async fn identify(&self, presented: Presented<'_>) -> Result<Principal, Unproven> {
        self.admit(presented).await.map(|admitted| admitted.principal)
    }

    /// The same, with everything else that the credentials say.
    ///
    /// # Errors
    /// As [`Identity::identify`].
    pub async fn admit(&self, presented: Presented<'_>) -> Result<Proven, Unproven> {
        if self.wanted == Wanted::Nothing {
            return Ok(Proven::of(self.anybody.clone()));
        }
        let (scheme, token) = match (credentials(&presented), presented.peer) {
            (Err(Unproven::Nothing), Some(peer)) => {
                let principal = self.certificates.principal(peer, now()).ok_or(Unproven::Wrong)?;
                return Ok(Proven { ends: Some(peer.ends()), ..Proven::of(principal) });
            }
            (shown, _) => shown?,
        };
        if keys::is_key(token) {
            return Ok(Proven::of(self.of_key(scheme, token).await?));
        }
        if token.starts_with(LOCAL_PREFIX) {
            return Ok(Proven::of(self.of_local_token(scheme, token)?));
        }
        match &self.issuers {
            Some(issuers) => {
                let Presented { method, uri, headers, certificate, peer: _ } = presented;
                let shown = Shown { scheme, token, method, uri, headers, certificate };
                let Stands { principal, unit, ends } = issuers.identify(&shown).await.map_err(Unproven::Token)?;
                let ends = Some(Timestamp::from_micros(ends.saturating_mul(1_000_000)));
                Ok(Proven { principal, unit, ends })
            }
            None => Err(Unproven::Wrong),
        }
    }

    /// Whether whoever proved to be `principal` before, with credentials that end at `ends`, would still be taken for it.
    pub async fn still_takes(&self, principal: &Principal, ends: Timestamp) -> bool {
        if now() >= ends {
            return false;
        }
        match principal.proof() {
            Proof::ApiKey => match &self.keys {
                Some(keys) => keys.still_takes(principal).await,
                None => false,
            },
            Proof::AccessToken | Proof::BoundToken => {
                self.issuers.as_ref().is_some_and(|issuers| principal.issuer().is_some_and(|name| issuers.take(name)))
            }
            Proof::Certificate | Proof::LocalProcess | Proof::LocalToken | Proof::None => true,
        }
    }

    /// The values of `WWW-Authenticate` that go with a refusal of a request to `path`.
    #[must_use]
    pub fn challenges(&self, path: &str, unproven: Unproven) -> Vec<HeaderValue> {
        let lack = match unproven {
            Unproven::Nothing | Unproven::Unreadable => Lack::Token,
            Unproven::Malformed => Lack::Form,
            Unproven::Wrong => Lack::Wrong,
            Unproven::Token(flaw) => Lack::Flawed(flaw),
        };
        self.challenged(path, lack)
    }

    pub(crate) fn challenged(&self, path: &str, lack: Lack<'_>) -> Vec<HeaderValue> {
        match &self.issuers {
            Some(issuers) => issuers.challenges(path, lack),
            None => vec![HeaderValue::from_static("Bearer realm=\"doorward\"")],
        }
    }

    async fn of_key(&self, scheme: Scheme, shown: &str) -> Result<Principal, Unproven> {
        match (&self.keys, scheme) {
            (Some(keys), Scheme::Bearer) => keys
                .identify(shown)
                .await
                .map_err(|refusal| if refusal.code == Code::Busy { Unproven::Unreadable } else { Unproven::Wrong }),
            (Some(_), Scheme::Dpop) | (None, _) => Err(Unproven::Wrong),
        }
    }

    fn of_local_token(&self, scheme: Scheme, shown: &str) -> Result<Principal, Unproven> {
        let compared = self.token.as_ref().map(|token| token.check(shown.as_bytes()));
        match (compared, scheme) {
            (Some(Compared::Ours), Scheme::Bearer) => Ok(self.holder.clone()),
            (Some(Compared::Ours | Compared::Other) | None, _) => Err(Unproven::Wrong),
        }
    }
}

impl Unproven {
    /// The refusal of the request.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Nothing | Self::Wrong => Refusal::new(Code::Unauthenticated),
            Self::Malformed => Refusal::new(Code::BadCredentials),
            Self::Unreadable => Refusal::new(Code::Busy),
            Self::Token(flaw) => Refusal::new(Code::Unauthenticated).with_detail(flaw.description()),
        }
    }
}

/// The one set of credentials a request shows.
fn credentials<'r>(presented: &Presented<'r>) -> Result<(Scheme, &'r str), Unproven> {
    // A token in the address is in every log on the way (RFC 9700 §4.3.2).
    let query = presented.uri.query().unwrap_or_default();
    if query.split('&').any(|pair| pair.split('=').next() == Some("access_token")) {
        return Err(Unproven::Malformed);
    }
    let value = match crate::downstream::http::only(presented.headers, &AUTHORIZATION) {
        None => return Err(Unproven::Nothing),
        Some(Err(())) => return Err(Unproven::Malformed),
        Some(Ok(value)) => value,
    };
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    // A scheme's name is compared without regard to case (RFC 9110 §11.1).
    let scheme = if scheme.eq_ignore_ascii_case("bearer") {
        Scheme::Bearer
    } else if scheme.eq_ignore_ascii_case("dpop") {
        Scheme::Dpop
    } else {
        return Err(Unproven::Nothing);
    };
    let token = token.trim();
    let body = token.trim_end_matches('=');
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    if body.is_empty() || !body.bytes().all(is_token) {
        return Err(Unproven::Malformed);
    }
    Ok((scheme, token))
}

#[cfg(test)]
mod tests;
