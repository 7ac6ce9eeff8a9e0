//! The one way to an issuer: https, no redirects, no proxies, bounded in time and size.
//!
//! It must never speak http but to this machine, where the operator named it, and never reach a private address that a
//! public name was pointed at unless the operator allowed it. Nothing it sends or receives is logged.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use tower_service::Service;

use super::limits::{ANSWER_BYTES_MAX, FETCH_WAIT};
use super::resource::is_loopback;

/// How far the fetcher may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Public addresses.
    Public,
    /// Private ones as well.
    Private,
    /// This machine alone, in the clear as well.
    Loopback,
}

/// Why there is no answer. Never holds what was sent or received.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("its address is not one that may be fetched: https is wanted, and http for loopback alone")]
    Address,
    #[error("its address is private; allow that with private_addresses = true")]
    Private,
    #[error("no https server can be trusted on this machine: {0}")]
    Roots(String),
    #[error("it cannot be reached")]
    Unreachable,
    #[error("it did not answer in time")]
    Late,
    #[error("it answered {0}; redirects are not followed")]
    Status(StatusCode),
    #[error("its answer is broken or too large")]
    Body,
    #[error("its answer is not what it should be: {0}")]
    Content(&'static str),
}

type Connections = Client<HttpsConnector<HttpConnector<Guarded>>, Full<Bytes>>;

/// Fetches from one issuer.
#[derive(Debug)]
pub(super) struct Fetcher {
    reach: Reach,
    /// Made at the first request: reading the system's certificates takes a while.
    connections: OnceLock<Result<Connections, String>>,
}

impl Fetcher {
    pub(super) const fn new(reach: Reach) -> Self {
        Self { reach, connections: OnceLock::new() }
    }

    /// The body of a successful answer.
    pub(super) async fn get(&self, url: &str) -> Result<Bytes, FetchError> {
        self.send(url, Method::GET, None, Bytes::new()).await
    }

    /// The body of a successful answer to a form.
    pub(super) async fn post(&self, url: &str, authorization: HeaderValue, form: String) -> Result<Bytes, FetchError> {
        self.send(url, Method::POST, Some(authorization), Bytes::from(form)).await
    }

    async fn send(
        &self,
        url: &str,
        method: Method,
        authorization: Option<HeaderValue>,
        body: Bytes,
    ) -> Result<Bytes, FetchError> {
        let url = self.checked(url)?;
        let mut request = Request::builder().method(method).uri(url).header(ACCEPT, "application/json");
        if let Some(authorization) = authorization {
            request =
                request.header(AUTHORIZATION, authorization).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(Full::new(body)).map_err(|_| FetchError::Address)?;
        let connections = self.connections.get_or_init(|| connections(self.reach));
        let connections = connections.as_ref().map_err(|reason| FetchError::Roots(reason.clone()))?;
        tokio::time::timeout(FETCH_WAIT, answer(connections, request)).await.map_err(|_| FetchError::Late)?
    }

    /// The address, if it may be fetched.
    fn checked(&self, url: &str) -> Result<Uri, FetchError> {
        let url: Uri = url.parse().map_err(|_| FetchError::Address)?;
        let authority = url.authority().ok_or(FetchError::Address)?;
        let host = authority.host();
        let scheme_fits = match (url.scheme_str(), self.reach) {
            (Some("https"), _) => true,
            (Some("http"), Reach::Loopback) => is_loopback(host),
            (_, _) => false,
        };
        if !scheme_fits || authority.as_str().contains('@') || host.is_empty() {
            return Err(FetchError::Address);
        }
        // A connector asks no resolver about a literal address.
        match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(literal) if !self.reach.includes(literal) => Err(FetchError::Private),
            Ok(_) | Err(_) => Ok(url),
        }
    }
}

async fn answer(connections: &Connections, request: Request<Full<Bytes>>) -> Result<Bytes, FetchError> {
    let response = connections.request(request).await.map_err(|error| unreachable_or_private(&error))?;
    let status = response.status();
    if status != StatusCode::OK {
        return Err(FetchError::Status(status));
    }
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    body.map(http_body_util::Collected::to_bytes).map_err(|_| FetchError::Body)
}

fn unreachable_or_private(error: &hyper_util::client::legacy::Error) -> FetchError {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(this) = cause {
        if this.downcast_ref::<OutOfReach>().is_some() {
            return FetchError::Private;
        }
        // An io::Error hides what it was made of from its own `source`.
        let within = this.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if within.is_some_and(|within| within.downcast_ref::<OutOfReach>().is_some()) {
            return FetchError::Private;
        }
        cause = this.source();
    }
    FetchError::Unreachable
}

impl Reach {
    fn includes(self, address: IpAddr) -> bool {
        match self {
            Self::Private => true,
            Self::Loopback => address.to_canonical().is_loopback(),
            Self::Public => !is_private(address),
        }
    }
}

/// Addresses that are not for everybody (RFC 6890), and those that carry another within them.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.is_documentation()
                || first == 0
                || first >= 240
                || (first == 100 && (64..128).contains(&second))
                || (first == 192 && second == 0)
                || (first == 198 && (second == 18 || second == 19))
        }
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || first == 0x0064
                || first == 0x2002
                || (first == 0x2001 && (second == 0 || second == 0x0db8))
        }
    }
}

fn connections(reach: Reach) -> Result<Connections, String> {
    let mut connector = HttpConnector::new_with_resolver(Guarded { inner: GaiResolver::new(), reach });
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(FETCH_WAIT));
    connector.enforce_http(false);
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let builder = HttpsConnectorBuilder::new();
    let builder = match (builder.with_provider_and_native_roots(provider.clone()), reach) {
        (Ok(builder), _) => builder,
        // On this machine http is usual, and one without certificates must still do: it trusts no https server.
        (Err(_), Reach::Loopback) => HttpsConnectorBuilder::new().with_tls_config(trusting_nobody(provider)?),
        (Err(error), Reach::Public | Reach::Private) => return Err(error.to_string()),
    };
    let connector = builder.https_or_http().enable_http1().wrap_connector(connector);
    Ok(Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).timer(TokioTimer::new()).build(connector))
}

fn trusting_nobody(provider: CryptoProvider) -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// Name lookup that leaves out what is beyond reach.
#[derive(Debug, Clone)]
struct Guarded {
    inner: GaiResolver,
    reach: Reach,
}

/// Every address of a name is beyond reach.
#[derive(Debug, thiserror::Error)]
#[error("every address of that name is beyond reach")]
struct OutOfReach;

impl Service<Name> for Guarded {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let looking = self.inner.call(name);
        let reach = self.reach;
        Box::pin(async move {
            let within: Vec<SocketAddr> = looking.await?.filter(|address| reach.includes(address.ip())).collect();
            if within.is_empty() { Err(io::Error::other(OutOfReach)) } else { Ok(within.into_iter()) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let reaches = [Reach::Public, Reach::Private, Reach::Loopback];
        for (url, fetched) in [
            ("https://issuer.example/keys", [true, true, true]),
            ("http://issuer.example/keys", [false, false, false]),
            ("http://127.0.0.1:1/keys", [false, false, true]),
            ("http://localhost/keys", [false, false, true]),
            ("http://localhost.evil.test/keys", [false, false, false]),
            ("https://127.0.0.1/keys", [false, true, true]),
            ("https://[::1]/keys", [false, true, true]),
            ("https://10.0.0.1/keys", [false, true, false]),
            ("https://[::ffff:10.0.0.1]/keys", [false, true, false]),
            ("https://169.254.169.254/keys", [false, true, false]),
            ("https://[fd00::1]/keys", [false, true, false]),
            ("https://100.64.0.1/keys", [false, true, false]),
            ("https://8.8.8.8/keys", [true, true, false]),
            ("https://user@issuer.example/keys", [false, false, false]),
            ("file:///etc/passwd", [false, false, false]),
            ("keys", [false, false, false]),
        ] {
            let results = reaches.map(|reach| Fetcher::new(reach).checked(url).is_ok());
            assert_eq!(results, fetched, "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_public() {
        let failed = Fetcher::new(Reach::Public).get("https://localhost:1/keys").await;
        // A machine without root certificates fails before it looks the name up.
        assert!(matches!(failed, Err(FetchError::Private | FetchError::Roots(_))), "{failed:?}");
    }
}
