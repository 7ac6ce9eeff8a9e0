//! Where the messages of an HTTP+SSE session go: the address a server announces, judged against the configured one.
//!
//! A server names the address itself, and what is sent there carries the client's messages and the configured
//! credentials. So the scheme, the host and the port are never taken from the server: what it announces must agree with
//! the configuration in all three, and is refused otherwise.

use hyper::http::uri::{Authority, Scheme, Uri};

use super::super::limits::ENDPOINT_BYTES_MAX;

/// Why an announced address is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfollowed {
    /// Another scheme, host or port, or a user name.
    #[error("It wants messages sent to another origin than its own.")]
    OtherOrigin,
    /// Not an address.
    #[error("The address it wants messages sent to is not valid.")]
    Invalid,
}

/// The address that `announced` means at `base` (RFC 3986 §5.2), on the origin of `base` alone.
pub(super) fn resolve(base: &Uri, announced: &str) -> Result<Uri, Unfollowed> {
    let announced = announced.split('#').next().unwrap_or_default();
    // Backslashes and control characters are where two readers of one address part.
    let plain = announced.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if announced.is_empty() || announced.len() > ENDPOINT_BYTES_MAX || !plain {
        return Err(Unfollowed::Invalid);
    }
    let (path, query) = match announced.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (announced, None),
    };
    let path = match origin_and_path(path)? {
        (Some(origin), _) if !origin.is(base) => return Err(Unfollowed::OtherOrigin),
        (Some(_), "") => "/".to_owned(),
        (Some(_), path) => path.to_owned(),
        (None, path) if path.starts_with('/') => path.to_owned(),
        (None, "") => base.path().to_owned(),
        (None, path) => format!("{}{path}", folder(base.path())),
    };
    at(base, &without_dots(&path), query)
}

/// The origin an absolute address names; the scheme is `None` where it begins with `//`.
struct Origin {
    scheme: Option<Scheme>,
    authority: Authority,
}

impl Origin {
    fn is(&self, base: &Uri) -> bool {
        let Some((scheme, authority)) = base.scheme().zip(base.authority()) else { return false };
        let named = self.scheme.as_ref().unwrap_or(scheme);
        named == scheme
            && !self.authority.as_str().contains('@')
            && self.authority.host().eq_ignore_ascii_case(authority.host())
            && port(named, &self.authority) == port(scheme, authority)
    }
}

fn port(scheme: &Scheme, authority: &Authority) -> Option<u16> {
    let default = if *scheme == Scheme::HTTPS { 443 } else { 80 };
    match authority.as_str().rsplit_once(':') {
        // A port that is no number is no port we know.
        Some((_, digits)) if !digits.ends_with(']') && !digits.is_empty() => authority.port_u16(),
        Some(_) | None => Some(default),
    }
}

/// Splits an address into the origin it names, if it names one, and its path.
fn origin_and_path(text: &str) -> Result<(Option<Origin>, &str), Unfollowed> {
    let (scheme, rest) = match scheme_of(text) {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    };
    let Some(after) = rest.strip_prefix("//") else {
        // `http:path` has two readings; a path may hold a colon only after its first slash.
        return if scheme.is_none() { Ok((None, rest)) } else { Err(Unfollowed::OtherOrigin) };
    };
    let scheme = match scheme {
        Some(name) => Some(Scheme::try_from(name.to_ascii_lowercase().as_str()).map_err(|_| Unfollowed::OtherOrigin)?),
        None => None,
    };
    let end = after.find('/').unwrap_or(after.len());
    let (authority, path) = after.split_at_checked(end).ok_or(Unfollowed::Invalid)?;
    let authority = authority.parse::<Authority>().map_err(|_| Unfollowed::OtherOrigin)?;
    Ok((Some(Origin { scheme, authority }), path))
}

fn scheme_of(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once(':')?;
    (!name.contains('/')).then_some((name, rest))
}

/// A path up to and with its last slash.
fn folder(path: &str) -> &str {
    path.rfind('/').and_then(|last| path.get(..=last)).unwrap_or("/")
}

/// RFC 3986 §5.2.4.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let last = segments.len().saturating_sub(1);
    for (index, segment) in segments.into_iter().enumerate() {
        match segment {
            ".." => {
                kept.pop();
            }
            "." => {}
            other => {
                kept.push(other);
                continue;
            }
        }
        if index == last {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

fn at(base: &Uri, path: &str, query: Option<&str>) -> Result<Uri, Unfollowed> {
    let target = match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = base.clone().into_parts();
    parts.path_and_query = Some(target.parse().map_err(|_| Unfollowed::Invalid)?);
    Uri::from_parts(parts).map_err(|_| Unfollowed::Invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://tools.example:8443/v1/sse?key=1";

    fn resolved(announced: &str) -> Result<String, Unfollowed> {
        resolve(&BASE.parse().unwrap(), announced).map(|url| url.to_string())
    }

    #[test]
    fn addresses_on_the_same_origin_are_followed() {
        for (announced, meant) in [
            ("/messages?session=a:b/c", "/messages?session=a:b/c"),
            ("/messages#part", "/messages"),
            ("messages/", "/v1/messages/"),
            ("./messages", "/v1/messages"),
            ("../messages?x=//evil.example", "/messages?x=//evil.example"),
            ("../../../messages", "/messages"),
            ("?session=1", "/v1/sse?session=1"),
            ("https://tools.example:8443/m?s=1", "/m?s=1"),
            ("HTTPS://TOOLS.example:8443", "/"),
            ("https://tools.example:8443?s=1", "/?s=1"),
            ("//tools.example:8443/m", "/m"),
            ("/a@b:c", "/a@b:c"),
            ("/..", "/"),
        ] {
            assert_eq!(resolved(announced), Ok(format!("https://tools.example:8443{meant}")), "{announced}");
        }
    }

    #[test]
    fn addresses_on_another_origin_are_not_followed() {
        for announced in [
            "https://evil.example:8443/m",
            "//evil.example:8443/m",
            "http://tools.example:8443/m",
            "https://tools.example/m",
            "https://tools.example:/m",
            "//tools.example/m",
            "https://tools.example:443/m",
            "https://user@tools.example:8443/m",
            "https://tools.example:8443@evil.example/m",
            "https://user:pass@tools.example:8443/m",
            "//tools.example:8443@evil.example:8443/m",
            "https://tools.example.:8443/m",
            "https://tools.example.evil.example:8443/m",
            "https:/m",
            "https:m",
            "https:///m",
            "ftp://tools.example:8443/m",
            "javascript:alert(1)",
            "data:text/plain,x",
            "https://[::1]:8443/m",
            "https://tools%2eexample:8443/m",
        ] {
            assert_eq!(resolved(announced), Err(Unfollowed::OtherOrigin), "{announced}");
        }
    }

    #[test]
    fn what_has_two_readings_is_not_followed() {
        let long = format!("/{}", "a".repeat(ENDPOINT_BYTES_MAX));
        for announced in ["", "#x", "\\\\evil.example/m", "/\\evil.example/m", "/m\tx", "/m x", " /m", "/ü", &long] {
            assert_eq!(resolved(announced), Err(Unfollowed::Invalid), "{announced}");
        }
        assert!(resolved(long.get(1..).unwrap()).is_ok(), "the limit itself");
    }

    #[test]
    fn default_ports_may_be_written_or_not() {
        for (base, announced) in [
            ("http://a.example/sse", "http://a.example:80/m"),
            ("http://a.example:80/sse", "http://a.example/m"),
            ("https://a.example/sse", "https://a.example:443/m"),
            ("http://[::1]/sse", "http://[::1]:80/m"),
            ("http://[::1]:9/sse", "http://[::1]:9/m"),
        ] {
            let url = resolve(&base.parse().unwrap(), announced).unwrap();
            assert_eq!(url.authority(), base.parse::<Uri>().unwrap().authority(), "{announced}");
        }
        assert!(resolve(&"http://[::1]:9/sse".parse().unwrap(), "http://[::1]/m").is_err());
    }
}
