//! Who may speak to us at all: Host, Origin and credentials.
//!
//! Host and Origin are checked on every request, with or without a token: a web page that rebinds its name to this
//! address must get nowhere.

use doorward_core::principal::{Principal, Proof};
use doorward_core::refusal::{Code, Refusal};
use hyper::Uri;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, ORIGIN};
use hyper::http::uri::Authority;

use crate::token::{LocalToken, Presented};

/// The rules for reaching the HTTP face.
#[derive(Debug)]
pub struct Gate {
    hosts: Vec<String>,
    origins: Vec<String>,
    token: Option<LocalToken>,
    /// Who everybody is without a token, and who holds it.
    anybody: Principal,
    holder: Principal,
}

impl Gate {
    /// Loopback names are always ours; `hosts` (`name` or `name:port`) and `origins` (`scheme://host[:port]`) add to them.
    /// Without a token everyone who reaches the port is `user`, which the configuration allows on loopback alone.
    #[must_use]
    pub fn new(hosts: Vec<String>, origins: Vec<String>, token: Option<LocalToken>, user: &str) -> Self {
        let (anybody, holder) = (Principal::new(user, Proof::None), Principal::new(user, Proof::LocalToken));
        Self { hosts, origins, token, anybody, holder }
    }

    /// The token wanted, if any.
    #[must_use]
    pub const fn token(&self) -> Option<&LocalToken> {
        self.token.as_ref()
    }

    /// Checks the Host and, where there is one, the Origin.
    ///
    /// # Errors
    /// [`Code::ForeignHost`] or [`Code::ForeignOrigin`].
    pub fn host_and_origin(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), Refusal> {
        let host = match one(headers, &HOST) {
            Some(Ok(host)) => Some(host),
            Some(Err(())) => None,
            None => uri.authority().map(Authority::as_str),
        };
        // A target in absolute form names a host as well; two names that differ are two readings of one request.
        let agreed =
            uri.authority().is_none_or(|named| host.is_some_and(|host| named.as_str().eq_ignore_ascii_case(host)));
        if !agreed || !host.is_some_and(|host| self.is_ours(host)) {
            return Err(Refusal::new(Code::ForeignHost));
        }
        match one(headers, &ORIGIN) {
            None => Ok(()),
            Some(Ok(origin)) if self.may_use(origin) => Ok(()),
            Some(Ok(_) | Err(())) => Err(Refusal::new(Code::ForeignOrigin)),
        }
    }

    /// Says who is asking.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] without the token, where one is wanted.
    pub fn identify(&self, headers: &HeaderMap) -> Result<Principal, Refusal> {
        let Some(token) = &self.token else {
            return Ok(self.anybody.clone());
        };
        let presented = match one(headers, &AUTHORIZATION) {
            Some(Ok(value)) => bearer(value),
            Some(Err(())) | None => None,
        };
        match presented.map(|presented| token.check(presented.as_bytes())) {
            Some(Presented::Ours) => Ok(self.holder.clone()),
            Some(Presented::Other) | None => Err(Refusal::new(Code::Unauthenticated)),
        }
    }

    fn is_ours(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        // User information has no place in a Host header (RFC 9110 §7.2) and hides the real host from a hasty reader.
        if authority.as_str().contains('@') {
            return false;
        }
        is_loopback(authority.host())
            || self
                .hosts
                .iter()
                .any(|ours| ours.eq_ignore_ascii_case(host) || ours.eq_ignore_ascii_case(authority.host()))
    }

    fn may_use(&self, origin: &str) -> bool {
        if self.origins.iter().any(|ours| ours.eq_ignore_ascii_case(origin)) {
            return true;
        }
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        authority
            .and_then(|authority| authority.parse::<Authority>().ok())
            .is_some_and(|authority| !authority.as_str().contains('@') && is_loopback(authority.host()))
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1" || host == "[::1]"
}

/// The scheme's name is compared without regard to case (RFC 9110 §11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The header's only value; an error when it is repeated or not ASCII, because two readers could see two values.
fn one<'h>(headers: &'h HeaderMap, name: &hyper::header::HeaderName) -> Option<Result<&'h str, ()>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(match values.next() {
        None => first.to_str().map_err(|_| ()),
        Some(_) => Err(()),
    })
}

#[cfg(test)]
mod tests;
