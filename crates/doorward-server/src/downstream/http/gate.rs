//! Who may speak to us at all: Host, Origin and credentials.
//!
//! Host and Origin are checked on every request, with or without a token: a web page that rebinds its name to this
//! address must get nowhere.

use doorward_core::refusal::{Code, Refusal};
use hyper::Uri;
use hyper::header::{HOST, HeaderMap, ORIGIN};
use hyper::http::uri::Authority;

use crate::identity::Identity;

/// The rules for reaching the HTTP face.
#[derive(Debug)]
pub struct Gate {
    hosts: Vec<String>,
    origins: Vec<String>,
    identity: Identity,
}

impl Gate {
    /// Loopback names are always ours; `hosts` (`name` or `name:port`) and `origins` (`scheme://host[:port]`) add to them.
    #[must_use]
    pub const fn new(hosts: Vec<String>, origins: Vec<String>, identity: Identity) -> Self {
        Self { hosts, origins, identity }
    }

    /// The ways to prove who one is.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Checks the Host and, where there is one, the Origin, which it returns.
    ///
    /// # Errors
    /// [`Code::ForeignHost`] or [`Code::ForeignOrigin`].
    pub fn host_and_origin<'h>(&self, headers: &'h HeaderMap, uri: &Uri) -> Result<Option<&'h str>, Refusal> {
        let host = match only(headers, &HOST) {
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
        match only(headers, &ORIGIN) {
            None => Ok(None),
            Some(Ok(origin)) if self.may_use(origin) => Ok(Some(origin)),
            Some(Ok(_) | Err(())) => Err(Refusal::new(Code::ForeignOrigin)),
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

/// The header's only value; an error when it is repeated or not ASCII, because two readers could see two values.
pub(crate) fn only<'h>(headers: &'h HeaderMap, name: &hyper::header::HeaderName) -> Option<Result<&'h str, ()>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(match values.next() {
        None => first.to_str().map_err(|_| ()),
        Some(_) => Err(()),
    })
}

#[cfg(test)]
mod tests;
