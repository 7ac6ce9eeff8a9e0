//! What this gateway is called as a protected resource, and which tokens are meant for it.
//!
//! The gateway as a whole has one URI, and every endpoint has its own below it. A token for the whole opens every
//! endpoint; one that names an endpoint opens that one alone, whatever else it names.

use std::fmt;

use hyper::Uri;

/// The gateway's canonical URI (RFC 8707 §2, RFC 9728 §1.2): scheme and host in lower case, no default port, no query, no
/// fragment, no slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    origin: String,
    path: String,
}

/// Why a text is no [`Resource`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResourceError {
    /// Not an absolute URI with a host, or one with a user name, a query or a fragment.
    #[error("it is no absolute URI of scheme, host and path alone")]
    Form,
    /// http, and not on this machine.
    #[error("only https protects tokens on their way; http is for loopback alone")]
    Unprotected,
    /// The URI of one endpoint.
    #[error("it names one endpoint; endpoints have their URIs below the gateway's own")]
    Endpoint,
}

impl Resource {
    /// Reads what the operator wrote.
    ///
    /// # Errors
    /// [`ResourceError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, ResourceError> {
        let canonical = canonical(text).ok_or(ResourceError::Form)?;
        let uri: Uri = canonical.parse().map_err(|_| ResourceError::Form)?;
        if uri.scheme_str() == Some("http") && !uri.host().is_some_and(is_loopback) {
            return Err(ResourceError::Unprotected);
        }
        let path = uri.path().trim_end_matches('/').to_owned();
        if place(&path).is_some() {
            return Err(ResourceError::Endpoint);
        }
        let origin = canonical.strip_suffix(&path).unwrap_or(&canonical).to_owned();
        Ok(Self { origin, path })
    }

    /// The URI of what is served at `path`; of the whole gateway for an empty path.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin, self.path)
    }

    /// Where the metadata of what is served at `path` are (RFC 9728 §3.1).
    #[must_use]
    pub fn metadata_at(&self, path: &str) -> String {
        format!("{}{METADATA}{}{path}", self.origin, self.path)
    }

    /// The path of an endpoint in a request for its metadata; `None` for any other request.
    pub(super) fn described<'p>(&self, path: &'p str) -> Option<&'p str> {
        let inserted = path.strip_prefix(METADATA)?;
        // A proxy in front may have taken the gateway's own path away.
        let inserted = inserted.strip_prefix(&self.path).unwrap_or(inserted);
        (inserted.is_empty() || inserted.starts_with('/')).then_some(inserted)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.at(""))
    }
}

/// Where metadata begin (RFC 9728 §3).
const METADATA: &str = "/.well-known/oauth-protected-resource";

/// What a token is for, of all that we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Audience {
    /// Every endpoint.
    Whole,
    /// The endpoints at these places.
    Places(Vec<String>),
}

impl Audience {
    /// Reads the audience of a token; `None` when nothing of it is us. `others` are further names of ours.
    pub(super) fn of(named: &[String], resource: &Resource, others: &[String]) -> Option<Self> {
        let base = resource.at("");
        let below = format!("{base}/");
        let canonical: Vec<String> = named.iter().filter_map(|name| canonical(name)).collect();
        let specific: Vec<&str> = canonical.iter().filter_map(|name| name.strip_prefix(&below)).collect();
        if !specific.is_empty() {
            // What names no endpoint opens none, and takes the whole away all the same.
            let places = specific.into_iter().filter_map(|rest| place(&format!("/{rest}")).map(str::to_owned));
            return Some(Self::Places(places.collect()));
        }
        let ours = canonical.contains(&base) || named.iter().any(|name| others.contains(name));
        ours.then_some(Self::Whole)
    }

    /// Whether the endpoint at `path` is among it.
    pub(super) fn covers(&self, path: &str) -> bool {
        match self {
            Self::Whole => true,
            Self::Places(places) => place(path).is_some_and(|here| places.iter().any(|place| place == here)),
        }
    }
}

/// The place of an endpoint, without which of its two addresses it is.
fn place(path: &str) -> Option<&str> {
    path.strip_suffix("/mcp").or_else(|| path.strip_suffix("/sse"))
}

/// The canonical form of an absolute URI; `None` for what cannot name a resource.
pub(super) fn canonical(text: &str) -> Option<String> {
    if text.contains(['#', '?', '@', '\\']) || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return None;
    }
    let uri: Uri = text.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let authority = uri.authority()?;
    let host = authority.host().to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    let port = match authority.port_u16() {
        Some(port) if port != default_port => format!(":{port}"),
        Some(_) | None => String::new(),
    };
    let path = uri.path().trim_end_matches('/');
    // Dots would let one text be read as two paths.
    if host.is_empty() || path.split('/').any(|part| part == "." || part == "..") {
        return None;
    }
    Some(format!("{scheme}://{host}{port}{path}"))
}

/// Whether a host of a URI is this machine for certain.
pub(crate) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1" || host == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_resource_is_a_protected_base() {
        for (text, canonical) in [
            ("https://gateway.example", "https://gateway.example"),
            ("HTTPS://Gateway.Example:443/", "https://gateway.example"),
            ("https://gateway.example:8443/door/", "https://gateway.example:8443/door"),
            ("http://127.0.0.1:8420", "http://127.0.0.1:8420"),
            ("http://localhost:8420/", "http://localhost:8420"),
        ] {
            assert_eq!(Resource::parse(text).map(|resource| resource.to_string()).as_deref(), Ok(canonical), "{text}");
        }
        for (text, error) in [
            ("gateway.example", ResourceError::Form),
            ("https://", ResourceError::Form),
            ("https://user@gateway.example", ResourceError::Form),
            ("https://gateway.example/?a", ResourceError::Form),
            ("https://gateway.example/#a", ResourceError::Form),
            ("https://gateway.example/a/../b", ResourceError::Form),
            ("ftp://gateway.example", ResourceError::Form),
            ("http://gateway.example", ResourceError::Unprotected),
            ("https://gateway.example/mcp", ResourceError::Endpoint),
            ("https://gateway.example/s/notes/mcp", ResourceError::Endpoint),
        ] {
            assert_eq!(Resource::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn metadata_stand_before_the_path() {
        let resource = Resource::parse("https://gateway.example/door").unwrap();
        let url = resource.metadata_at("/s/notes/mcp");
        assert_eq!(url, "https://gateway.example/.well-known/oauth-protected-resource/door/s/notes/mcp");
        let path = url.strip_prefix("https://gateway.example").unwrap();
        assert_eq!(resource.described(path), Some("/s/notes/mcp"));
        assert_eq!(resource.described("/.well-known/oauth-protected-resource/s/notes/mcp"), Some("/s/notes/mcp"));
        assert_eq!(resource.described("/.well-known/oauth-protected-resource"), Some(""));
        assert_eq!(resource.described("/.well-known/oauth-protected-resources"), None);
        assert_eq!(resource.described("/s/notes/mcp"), None);
    }

    #[test]
    fn a_token_is_for_the_whole_or_for_the_endpoints_it_names() {
        let resource = Resource::parse("https://gateway.example").unwrap();
        let others = names(&["api://doorward"]);
        let of = |named: &[&str]| Audience::of(&names(named), &resource, &others);
        for whole in
            ["https://gateway.example", "https://gateway.example/", "https://GATEWAY.example:443", "api://doorward"]
        {
            assert_eq!(of(&[whole]), Some(Audience::Whole), "{whole}");
        }
        let foreign = [
            "https://gateway.example.evil.test",
            "https://gateway.example-evil.test/",
            "https://gateway.exampl",
            "http://gateway.example",
            "https://gateway.example:8443",
            "https://gateway.example/#/s/notes/mcp",
            "https://gateway.example@evil.test",
            "gateway.example",
            "api://doorward/",
            "API://doorward",
            "*",
            "",
        ];
        for foreign in foreign {
            assert_eq!(of(&[foreign]), None, "{foreign}");
        }
        let notes = of(&["https://gateway.example/s/notes/mcp", "https://gateway.example"]).unwrap();
        for (path, covered) in [
            ("/s/notes/mcp", true),
            ("/s/notes/sse", true),
            ("/s/notes-2/mcp", false),
            ("/s/files/mcp", false),
            ("/mcp", false),
            ("/s/notes", false),
        ] {
            assert_eq!(notes.covers(path), covered, "{path}");
        }
        // A place that is none opens nothing, and takes the whole away all the same.
        let odd = of(&["https://gateway.example", "https://gateway.example/s/notes"]).unwrap();
        assert!(!odd.covers("/s/notes/mcp") && !odd.covers("/mcp"));
        assert!(of(&["https://gateway.example/mcp"]).unwrap().covers("/mcp"));
    }
}
