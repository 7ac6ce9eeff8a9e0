//! Connections to HTTP servers: pooled, with TCP_NODELAY, and bounded in time.
//!
//! Plain and encrypted connections have pools of their own, so that an https server can never be spoken to in the clear.
//! Nothing here follows redirects, uses a proxy, keeps cookies or repeats a request that was sent.

use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use hyper::Request;
use hyper::http::uri::{Scheme, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tower_service::Service;

use super::body::Outgoing;
use super::endpoint::Endpoint;
use super::limits::{IDLE_CONNECTION_LIFE, IDLE_CONNECTIONS_MAX, PEER_PROBE_AFTER};
use crate::limits::CONNECT_WAIT;

/// The client that all HTTP servers share. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HttpClient {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    plain: Client<Timed<HttpConnector>, Outgoing>,
    /// Made when the first https server is asked for: reading the system's certificates takes a while.
    encrypted: OnceLock<Result<Encrypted, NoRootCertificates>>,
}

type Encrypted = Client<Timed<HttpsConnector<HttpConnector>>, Outgoing>;

/// No https server can be trusted on this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no https server can be trusted: {reason}; install the system's root certificates (often the package \
     'ca-certificates') or name a file of them in SSL_CERT_FILE"
)]
pub struct NoRootCertificates {
    reason: String,
}

/// Certificates that were named to be trusted, and cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnusableCertificates {
    /// There is none.
    #[error("there is no certificate in them; the file must be in PEM form")]
    None,
    /// One of them is broken.
    #[error("{reason}")]
    Broken {
        /// What is wrong with it.
        reason: String,
    },
}

impl HttpClient {
    /// A client without connections.
    #[must_use]
    pub fn new() -> Self {
        Self::with(OnceLock::new())
    }

    /// A client that trusts https servers by these certificates (PEM) instead of the system's.
    ///
    /// # Errors
    /// [`UnusableCertificates`] when there are none or they cannot be read.
    pub fn trusting(certificates: &str) -> Result<Self, UnusableCertificates> {
        Ok(Self::with(OnceLock::from(Ok(trusting(certificates)?))))
    }

    fn with(encrypted: OnceLock<Result<Encrypted, NoRootCertificates>>) -> Self {
        let plain = pooled(Timed(connector()));
        Self { shared: Arc::new(Shared { plain, encrypted }) }
    }

    /// Checks that this machine can reach such an endpoint at all.
    ///
    /// # Errors
    /// [`NoRootCertificates`] for an https endpoint on a machine without root certificates.
    pub fn supports(&self, endpoint: &Endpoint) -> Result<(), NoRootCertificates> {
        if is_encrypted(endpoint.url()) { self.encrypted().map(|_| ()).map_err(Clone::clone) } else { Ok(()) }
    }

    /// Sends a request once the returned future is polled.
    pub(super) fn send(&self, request: Request<Outgoing>) -> Result<ResponseFuture, NoRootCertificates> {
        if is_encrypted(request.uri()) {
            self.encrypted().map(|client| client.request(request)).map_err(Clone::clone)
        } else {
            Ok(self.shared.plain.request(request))
        }
    }

    fn encrypted(&self) -> Result<&Encrypted, &NoRootCertificates> {
        self.shared.encrypted.get_or_init(encrypted).as_ref()
    }
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::new()
    }
}

fn is_encrypted(url: &Uri) -> bool {
    url.scheme() == Some(&Scheme::HTTPS)
}

fn encrypted() -> Result<Encrypted, NoRootCertificates> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let builder = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(provider)
        .map_err(|error| NoRootCertificates { reason: error.to_string() })?;
    let mut connector = connector();
    connector.enforce_http(false);
    let connector = builder.https_only().enable_http1().enable_http2().wrap_connector(connector);
    Ok(pooled(Timed(connector)))
}

fn trusting(certificates: &str) -> Result<Encrypted, UnusableCertificates> {
    let broken = |error: &dyn Error| UnusableCertificates::Broken { reason: error.to_string() };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(certificates.as_bytes()) {
        roots.add(certificate.map_err(|error| broken(&error))?).map_err(|error| broken(&error))?;
    }
    if roots.is_empty() {
        return Err(UnusableCertificates::None);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| broken(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut connector = connector();
    connector.enforce_http(false);
    let builder = HttpsConnectorBuilder::new().with_tls_config(config);
    Ok(pooled(Timed(builder.https_only().enable_http1().enable_http2().wrap_connector(connector))))
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_keepalive(Some(PEER_PROBE_AFTER));
    connector.set_connect_timeout(Some(CONNECT_WAIT));
    connector
}

fn pooled<C>(connector: C) -> Client<C, Outgoing>
where
    C: hyper_util::client::legacy::connect::Connect + Clone,
{
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_CONNECTION_LIFE)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .build(connector)
}

/// A connector that gives up after [`CONNECT_WAIT`]: name lookup, TCP and TLS together.
#[derive(Debug, Clone)]
struct Timed<C>(C);

type BoxError = Box<dyn Error + Send + Sync>;

impl<C> Service<Uri> for Timed<C>
where
    C: Service<Uri> + Send,
    C::Future: Send + 'static,
    C::Error: Into<BoxError>,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let connecting = self.0.call(url);
        Box::pin(async move {
            match tokio::time::timeout(CONNECT_WAIT, connecting).await {
                Ok(connected) => connected.map_err(Into::into),
                Err(elapsed) => Err(elapsed.into()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sockets_do_not_wait_for_more_to_send() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let connected = Timed(connector()).call(url).await.unwrap();
        assert!(connected.inner().nodelay().unwrap());
    }

    #[test]
    fn certificates_that_are_none_are_refused() {
        assert_eq!(HttpClient::trusting("nothing").unwrap_err(), UnusableCertificates::None);
        for broken in ["AAAA", "not base64!"] {
            let text = format!("-----BEGIN CERTIFICATE-----\n{broken}\n-----END CERTIFICATE-----\n");
            let error = HttpClient::trusting(&text).unwrap_err();
            assert!(matches!(error, UnusableCertificates::Broken { .. }), "{error}");
        }
    }
}
