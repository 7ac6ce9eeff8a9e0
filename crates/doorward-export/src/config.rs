//! What a sink is, checked: what stands here can be used.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_store::SinkStart;
use hyper::Uri;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri::Scheme;

use crate::limits::HEADERS_MAX;

/// One configured sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkConfig {
    /// What it is called; its cursor in the store goes by this name.
    pub name: String,
    /// Where records go, and in which form.
    pub target: Target,
    /// Where it begins when it is new.
    pub start: SinkStart,
    /// Which records it gets.
    pub records: Records,
    /// What becomes of calls while it is behind.
    pub behind: Behind,
}

/// Where records go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Batches of JSON, posted.
    Webhook(Webhook),
    /// Events of OCSF, appended to a file.
    Ocsf(OcsfFile),
    /// Messages of RFC 5424, over TCP or TLS.
    Syslog(Syslog),
    /// Traces, logs and metrics, over OTLP.
    Otlp(Otlp),
}

impl Target {
    /// The word of the configuration for it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Ocsf(_) => "ocsf",
            Self::Syslog(_) => "syslog",
            Self::Otlp(_) => "otlp",
        }
    }
}

/// Which records a sink gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Records {
    /// Intents and outcomes.
    #[default]
    All,
    /// How exchanges ended.
    Outcomes,
}

/// What becomes of calls while a sink is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Behind {
    /// They go on; records wait in the store.
    #[default]
    Spool,
    /// They are refused from these bounds on.
    Refuse {
        /// Records that may wait.
        records: u64,
        /// How long the oldest of them may.
        wait: Duration,
    },
}

/// A receiver of batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where.
    pub target: HttpTarget,
    /// What batches are signed with; `None` for not at all.
    pub key: Option<SigningKey>,
    /// What stands in them.
    pub form: Form,
}

/// The form of a record in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// As `doorward audit --json` shows it.
    #[default]
    Records,
    /// As events of OCSF, in an array.
    Ocsf,
}

/// A file that events are appended to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcsfFile {
    /// The file.
    pub path: PathBuf,
    /// From how many bytes on it is turned over before the next batch.
    pub bytes: u64,
    /// How many older ones are kept.
    pub keep: u32,
}

/// A receiver of syslog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syslog {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How TLS is spoken; `None` for in the clear.
    pub trust: Option<Trust>,
    /// What this machine is called in messages; `None` for nothing.
    pub hostname: Option<String>,
}

/// A receiver of OpenTelemetry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Otlp {
    /// Where; `/v1/traces` and the like are added to its path.
    pub target: HttpTarget,
    /// What it gets.
    pub signals: Vec<Signal>,
}

/// One kind of telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// A span for each exchange that has ended.
    Traces,
    /// A log record for each record.
    Logs,
    /// How long exchanges took.
    Metrics,
}

/// The key of signatures. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Vec<u8>);

impl SigningKey {
    /// From the text of a secret: base64 after `whsec_`, or the bytes of the text itself.
    ///
    /// # Errors
    /// It is too short to keep anybody from guessing it, or no base64.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let bytes = match text.strip_prefix("whsec_") {
            Some(encoded) => STANDARD.decode(encoded).map_err(|_| TargetError::Key)?,
            None => text.as_bytes().to_vec(),
        };
        if bytes.len() < KEY_BYTES_MIN { Err(TargetError::Key) } else { Ok(Self(bytes)) }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Bytes a key of signatures has at least.
const KEY_BYTES_MIN: usize = 24;

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// Whom to believe, and who we are, where TLS is spoken.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Trust {
    /// Certificates (PEM) to trust instead of the system's.
    pub roots: Option<String>,
    /// Our certificates and key (PEM), for receivers that want to know who is sending.
    pub identity: Option<(String, String)>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { roots, identity } = self;
        f.debug_struct("Trust").field("roots", roots).field("identity", &identity.as_ref().map(|_| "…")).finish()
    }
}

/// An HTTP receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTarget {
    url: Uri,
    headers: HeaderMap,
    trust: Trust,
}

/// Why something cannot be a receiver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not an address that records can be posted to.
    #[error("the url of a sink begins with http:// or https:// and names a host")]
    Url,
    /// `user:password@` in the URL, which logs and errors would show.
    #[error("the url holds a user name; put credentials into a header instead")]
    UserInfo,
    /// Not a header.
    #[error("the header '{0}' cannot be sent")]
    Header(String),
    /// A header that is written here.
    #[error("the header '{0}' is written by the gateway and cannot be configured")]
    ReservedHeader(String),
    /// More headers than anybody needs.
    #[error("a sink has at most {HEADERS_MAX} headers")]
    Headers,
    /// No key for signatures.
    #[error("the key has at least {KEY_BYTES_MIN} bytes; after 'whsec_' they stand in base64")]
    Key,
}

impl HttpTarget {
    /// Checks the parts and keeps them. The values of headers are secret from then on.
    ///
    /// # Errors
    /// [`TargetError`] names what is wrong.
    pub fn new<'h>(
        url: &str,
        headers: impl Iterator<Item = (&'h str, &'h str)>,
        trust: Trust,
    ) -> Result<Self, TargetError> {
        let url: Uri = url.parse().map_err(|_| TargetError::Url)?;
        let known = url.scheme() == Some(&Scheme::HTTP) || url.scheme() == Some(&Scheme::HTTPS);
        let authority = url.authority().filter(|authority| known && !authority.host().is_empty());
        if authority.ok_or(TargetError::Url)?.as_str().contains('@') {
            return Err(TargetError::UserInfo);
        }
        let mut kept = HeaderMap::new();
        for (name, value) in headers {
            let parsed: HeaderName = name.parse().map_err(|_| TargetError::Header(name.to_owned()))?;
            if is_reserved(&parsed) {
                return Err(TargetError::ReservedHeader(name.to_owned()));
            }
            let mut value = HeaderValue::from_str(value).map_err(|_| TargetError::Header(name.to_owned()))?;
            value.set_sensitive(true);
            kept.append(parsed, value);
        }
        if kept.len() > HEADERS_MAX {
            return Err(TargetError::Headers);
        }
        Ok(Self { url, headers: kept, trust })
    }

    /// Where it is.
    #[must_use]
    pub const fn url(&self) -> &Uri {
        &self.url
    }

    /// Whether what is sent can be read on the way.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.url.scheme() == Some(&Scheme::HTTPS)
    }

    /// The names of the headers that go with every message.
    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.keys().map(HeaderName::as_str)
    }

    /// The address with `path` added to what it has.
    pub(crate) fn below(&self, path: &str) -> Result<Uri, TargetError> {
        let mut parts = self.url.clone().into_parts();
        let (before, query) = (self.url.path().trim_end_matches('/'), self.url.query());
        let query = query.map_or_else(String::new, |query| format!("?{query}"));
        parts.path_and_query = Some(format!("{before}{path}{query}").parse().map_err(|_| TargetError::Url)?);
        Uri::from_parts(parts).map_err(|_| TargetError::Url)
    }

    pub(crate) const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(crate) const fn trust(&self) -> &Trust {
        &self.trust
    }
}

/// Headers about the message or the connection: a second opinion on them would let two readers see two requests.
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
    own.contains(name) || name.as_str().starts_with("webhook-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str, header: &str) -> Result<HttpTarget, TargetError> {
        HttpTarget::new(url, std::iter::once((header, "secret-value")), Trust::default())
    }

    #[test]
    fn addresses_and_headers_that_cannot_be_used_are_refused() {
        for (url, header, error) in [
            ("ftp://example.com/", "x-key", TargetError::Url),
            ("/records", "x-key", TargetError::Url),
            ("example.com:80", "x-key", TargetError::Url),
            ("https://user:pass@example.com/", "x-key", TargetError::UserInfo),
            ("https://example.com/", "host", TargetError::ReservedHeader("host".into())),
            ("https://example.com/", "webhook-id", TargetError::ReservedHeader("webhook-id".into())),
            ("https://example.com/", "not a name", TargetError::Header("not a name".into())),
        ] {
            assert_eq!(target(url, header).unwrap_err(), error, "{url} {header}");
        }
        let good = target("https://example.com/records?k=1", "authorization").unwrap();
        assert!(!format!("{good:?}").contains("secret-value"));
    }

    #[test]
    fn paths_are_added_before_the_query() {
        let below = |url: &str| {
            let target = HttpTarget::new(url, std::iter::empty(), Trust::default()).unwrap();
            target.below("/v1/logs").unwrap().to_string()
        };
        assert_eq!(below("http://a:4318"), "http://a:4318/v1/logs");
        assert_eq!(below("https://a/otlp/?key=1"), "https://a/otlp/v1/logs?key=1");
    }

    #[test]
    fn headers_are_bounded() {
        let names: Vec<String> = (0..=HEADERS_MAX).map(|number| format!("x-{number}")).collect();
        let with = |count| {
            HttpTarget::new("http://a/", names.iter().take(count).map(|name| (name.as_str(), "v")), Trust::default())
        };
        assert!(with(HEADERS_MAX).is_ok());
        assert_eq!(with(HEADERS_MAX + 1).unwrap_err(), TargetError::Headers);
    }

    #[test]
    fn keys() {
        assert_eq!(SigningKey::parse("whsec_AAAA").unwrap_err(), TargetError::Key);
        assert_eq!(SigningKey::parse("whsec_!").unwrap_err(), TargetError::Key);
        assert_eq!(SigningKey::parse("too short").unwrap_err(), TargetError::Key);
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(key.bytes().len(), 24);
        assert!(!format!("{key:?}").contains('w'));
    }
}
