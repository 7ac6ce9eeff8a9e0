//! URLs, read as the WHATWG standard reads them, and unclear where RFC 3986 or common libraries read them otherwise.
//!
//! Whether a name is private is known only when its addresses are: [`Asked::resolved`] takes them in. That says where the
//! name led when somebody looked; the server that fetches looks again by itself.

pub(crate) mod host;
mod nested;

use core::net::IpAddr;
use std::collections::BTreeSet;

use ::url::Url;

use crate::address::{is_private, is_private_name};
use crate::limits::URL_BYTES_MAX;
use crate::unclear::{Unclear, refuse_control, refuse_longer};
use host::Host;

/// A URL that was read, before anybody looked up its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// In lower case.
    pub scheme: String,
    /// In ASCII and lower case, without a final dot; an IPv6 address without brackets.
    pub host: String,
    /// The registrable domain (public suffix list); the host itself where there is none.
    pub domain: String,
    /// As written, or the scheme's own; 0 where there is none.
    pub port: u16,
    /// As the URL has it, percent-encoded; without query and fragment.
    pub path: String,
    /// Whether it carries a user name or password.
    pub userinfo: bool,
    /// Whether the host is written so that it looks like another name.
    pub lookalike: bool,
    /// The hosts of URLs inside this one (`?to=https://…`); `?` for one that cannot be read.
    pub nested: BTreeSet<String>,
    address: Option<IpAddr>,
}

/// Where the host of a URL is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Where {
    /// Whether any of its addresses, or its name, is not of the public internet.
    pub private: bool,
    /// Its addresses; empty for a private name that was not looked up.
    pub addresses: BTreeSet<IpAddr>,
}

/// Reads `text`.
///
/// # Errors
/// [`Unclear`] when it is no complete URL, or one that programs read differently.
pub fn of(text: &str) -> Result<Asked, Unclear> {
    refuse_longer(text, URL_BYTES_MAX)?;
    refuse_control(text)?;
    if text.contains('\\') {
        return Err(Unclear::Backslash);
    }
    if text.is_empty() || text.contains(|c: char| c.is_whitespace()) {
        return Err(Unclear::NotUrl);
    }
    let authority = authority_of(text)?;
    let host = host::read(authority)?;
    let url = Url::parse(text).map_err(|_| Unclear::NotUrl)?;
    agrees(&url, &host)?;
    if nested::hides_a_way_up(url.path()) {
        return Err(Unclear::Encoded);
    }
    let Host { name, address, lookalike } = host;
    Ok(Asked {
        scheme: url.scheme().to_owned(),
        domain: address.map_or_else(|| registrable(&name), |_| name.clone()),
        port: url.port_or_known_default().unwrap_or(0),
        path: url.path().to_owned(),
        userinfo: authority.contains('@'),
        nested: nested::hosts_in(text)?,
        host: name,
        lookalike,
        address,
    })
}

impl Asked {
    /// The name whose addresses have to be looked up; `None` when the URL says by itself where it leads.
    #[must_use]
    pub fn lookup(&self) -> Option<&str> {
        (self.address.is_none() && !is_private_name(&self.host)).then_some(self.host.as_str())
    }

    /// Where the host is, given the `addresses` of [`Self::lookup`]; `None` when that is needed and not known.
    #[must_use]
    pub fn resolved(&self, addresses: Option<&[IpAddr]>) -> Option<Where> {
        if let Some(address) = self.address {
            return Some(Where { private: is_private(address), addresses: BTreeSet::from([address]) });
        }
        if is_private_name(&self.host) {
            let addresses = addresses.unwrap_or_default().iter().copied().collect();
            return Some(Where { private: true, addresses });
        }
        let addresses = addresses.filter(|addresses| !addresses.is_empty())?;
        let private = addresses.iter().any(|address| is_private(*address));
        Some(Where { private, addresses: addresses.iter().copied().collect() })
    }
}

/// What stands between `//` and the path, of exactly the form `scheme://authority`.
fn authority_of(text: &str) -> Result<&str, Unclear> {
    let (scheme, rest) = text.split_once(':').ok_or(Unclear::NotUrl)?;
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    // `file:` is for path facts; the others embed a URL or code that this would not see.
    let opaque = ["file", "blob", "data", "javascript", "view-source", "jar", "filesystem"];
    if !named || opaque.iter().any(|name| scheme.eq_ignore_ascii_case(name)) {
        return Err(Unclear::NotUrl);
    }
    let rest = rest.strip_prefix("//").ok_or(Unclear::NotUrl)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    // Old readers take what stands before this `@` for a user name.
    if !tail.starts_with('/') && tail.contains('@') {
        return Err(Unclear::OddHost);
    }
    if authority.is_empty() || authority.matches('@').count() > 1 {
        return Err(Unclear::OddHost);
    }
    Ok(authority)
}

/// The URL standard and our own reading of the host must come to the same.
fn agrees(url: &Url, host: &Host) -> Result<(), Unclear> {
    let seen = url.host_str().ok_or(Unclear::NotUrl)?;
    let seen = seen.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(seen);
    let same = match host.address {
        // Schemes the standard does not know keep the host as written.
        Some(address) => {
            seen.parse() == Ok(address) || host::read(seen).is_ok_and(|seen| seen.address == Some(address))
        }
        None => seen.strip_suffix('.').unwrap_or(seen).eq_ignore_ascii_case(&host.name) || !url.is_special(),
    };
    if same { Ok(()) } else { Err(Unclear::OddHost) }
}

fn registrable(host: &str) -> String {
    psl::domain_str(host).unwrap_or(host).to_owned()
}
