//! Where an HTTP server is, and what is configured for it.
//!
//! An [`Endpoint`] is valid by construction: http or https, no user name in the URL, no header that the protocol itself
//! uses. It never learns anything from a request.

use std::time::Duration;

use doorward_core::ids::ServerId;
use hyper::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri::{Scheme, Uri};

use super::Transport;

/// One configured HTTP server.
#[derive(Debug, Clone)]
pub struct Endpoint {
    server: ServerId,
    url: Uri,
    headers: HeaderMap,
    silence: Duration,
    transport: Transport,
}

/// Why something is not an [`Endpoint`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Neither `http://` nor `https://`.
    #[error("the URL of an HTTP server begins with http:// or https:// and names a host")]
    Scheme,
    /// `user:password@` in the URL, which logs and errors would show.
    #[error("the URL holds a user name; put credentials into a header instead")]
    UserInfo,
    /// A header that the gateway writes itself.
    #[error("the header '{0}' is written by the gateway and cannot be configured")]
    ReservedHeader(HeaderName),
}

impl Endpoint {
    /// Checks the parts and keeps them. `headers` go with every request to this server, `silence` is how long it may say
    /// nothing during a call.
    ///
    /// # Errors
    /// [`EndpointError`] names what is wrong.
    pub fn new(
        server: ServerId,
        url: Uri,
        headers: Vec<(HeaderName, HeaderValue)>,
        silence: Duration,
    ) -> Result<Self, EndpointError> {
        check_url(&url)?;
        let mut kept = HeaderMap::with_capacity(headers.len());
        for (name, mut value) in headers {
            if is_reserved(&name) {
                return Err(EndpointError::ReservedHeader(name));
            }
            value.set_sensitive(true);
            kept.append(name, value);
        }
        Ok(Self { server, url, headers: kept, silence, transport: Transport::Auto })
    }

    /// With another transport than what the server shows.
    #[must_use]
    pub const fn with_transport(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// How messages travel to it.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// The server's configured id.
    #[must_use]
    pub const fn server(&self) -> &ServerId {
        &self.server
    }

    /// Where it is.
    #[must_use]
    pub const fn url(&self) -> &Uri {
        &self.url
    }

    /// How long it may say nothing during a call.
    #[must_use]
    pub const fn silence(&self) -> Duration {
        self.silence
    }

    /// What is configured to go with every request.
    pub(super) const fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

fn check_url(url: &Uri) -> Result<(), EndpointError> {
    let known = url.scheme() == Some(&Scheme::HTTP) || url.scheme() == Some(&Scheme::HTTPS);
    let authority = url.authority().filter(|authority| known && !authority.host().is_empty());
    let authority = authority.ok_or(EndpointError::Scheme)?;
    if authority.as_str().contains('@') { Err(EndpointError::UserInfo) } else { Ok(()) }
}

/// Headers about the message, the connection or the session: a second opinion on them would let two readers see two
/// requests.
fn is_reserved(name: &HeaderName) -> bool {
    let own = [
        header::ACCEPT,
        header::ACCEPT_ENCODING,
        header::CONNECTION,
        header::CONTENT_ENCODING,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::EXPECT,
        header::HOST,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ];
    let text = name.as_str();
    own.contains(name)
        || text.starts_with("mcp-")
        || matches!(text, "keep-alive" | "last-event-id" | "proxy-connection")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str, header: &'static str) -> Result<Endpoint, EndpointError> {
        let headers = vec![(HeaderName::from_static(header), HeaderValue::from_static("secret-value"))];
        Endpoint::new(ServerId::parse("s").unwrap(), url.parse().unwrap(), headers, Duration::from_secs(1))
    }

    #[test]
    fn urls() {
        for good in ["http://127.0.0.1:1/mcp", "https://example.com/mcp?key=1", "http://[::1]:8/"] {
            assert!(endpoint(good, "authorization").is_ok(), "{good}");
        }
        for (bad, error) in [
            ("ftp://example.com/", EndpointError::Scheme),
            ("/mcp", EndpointError::Scheme),
            ("example.com:80", EndpointError::Scheme),
            ("http://user:password@example.com/", EndpointError::UserInfo),
            ("http://user@example.com/", EndpointError::UserInfo),
        ] {
            assert_eq!(endpoint(bad, "authorization").unwrap_err(), error, "{bad}");
        }
    }

    #[test]
    fn headers_of_the_protocol_cannot_be_configured() {
        for name in ["host", "content-length", "mcp-session-id", "mcp-param-x", "last-event-id", "transfer-encoding"] {
            let error = endpoint("http://a/", name).unwrap_err();
            assert_eq!(error, EndpointError::ReservedHeader(HeaderName::from_static(name)));
        }
        for name in ["authorization", "x-api-key", "cookie"] {
            assert!(endpoint("http://a/", name).is_ok(), "{name}");
        }
    }

    #[test]
    fn configured_values_are_not_shown() {
        let shown = format!("{:?}", endpoint("http://a/", "authorization").unwrap());
        assert!(!shown.contains("secret-value"), "{shown}");
    }
}
