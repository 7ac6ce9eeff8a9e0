//! Posting to a receiver: one connection, no redirects, no proxies, bounded in time and size.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::http::Uri;
use hyper::{Method, Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::clock;
use crate::config::HttpTarget;
use crate::failure::{Failure, Turn};
use crate::limits::{ANSWER_BYTES_MAX, DELIVERY_WAIT, IDLE_CONNECTION_LIFE, IDLE_CONNECTIONS_MAX};
use crate::tls;

/// How we are called.
const AGENT: &str = concat!("doorward/", env!("CARGO_PKG_VERSION"));

/// A receiver that can be posted to.
#[derive(Debug)]
pub(crate) struct Poster {
    connections: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    headers: HeaderMap,
}

impl Poster {
    /// # Errors
    /// In words, why TLS cannot be spoken to it.
    pub(crate) fn new(target: &HttpTarget) -> Result<Self, String> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(DELIVERY_WAIT));
        connector.enforce_http(false);
        let builder = HttpsConnectorBuilder::new();
        let connector = if target.is_encrypted() {
            let builder = builder.with_tls_config(tls::client_config(target.trust())?);
            builder.https_only().enable_http1().enable_http2().wrap_connector(connector)
        } else {
            let builder = builder.with_tls_config(tls::trusting_nobody()?);
            builder.https_or_http().enable_http1().wrap_connector(connector)
        };
        let connections = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_CONNECTION_LIFE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .build(connector);
        Ok(Self { connections, headers: target.headers().clone() })
    }

    /// Posts `body`; the body of a successful answer. A 2xx that does not arrive whole confirms nothing.
    pub(crate) async fn post(
        &self,
        url: &Uri,
        body: Bytes,
        further: Vec<(HeaderName, HeaderValue)>,
    ) -> Result<Bytes, Failure> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url.clone();
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.extend(self.headers.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.extend(further);
        match tokio::time::timeout(DELIVERY_WAIT, self.answer(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::again("it did not answer in time")),
        }
    }

    async fn answer(&self, request: Request<Full<Bytes>>) -> Result<Bytes, Failure> {
        let answer = self.connections.request(request).await;
        let answer = answer.map_err(|error| Failure::of("it cannot be reached", &error))?;
        let (status, wait) = (answer.status(), retry_after(answer.headers()));
        if !status.is_success() {
            return Err(refused(status, wait));
        }
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        body.map(http_body_util::Collected::to_bytes)
            .map_err(|error| Failure::of("its answer did not arrive whole", error.as_ref()))
    }
}

/// What a status says of sending the same again.
fn refused(status: StatusCode, wait: Option<Duration>) -> Failure {
    let reason = match status.is_redirection() {
        true => format!("it answered {status}; redirects are not followed"),
        false => format!("it answered {status}"),
    };
    let turn = match status {
        StatusCode::PAYLOAD_TOO_LARGE => Turn::Less,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Turn::Again(wait),
        status if status.is_server_error() => Turn::Again(wait),
        _ => Turn::Operator,
    };
    Failure { reason, turn }
}

/// `Retry-After` (RFC 9110 §10.2.3), in either of its forms.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => clock::until_date(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_turn_it_is() {
        for (status, turn) in [
            (301, Turn::Operator),
            (307, Turn::Operator),
            (400, Turn::Operator),
            (401, Turn::Operator),
            (404, Turn::Operator),
            (408, Turn::Again(None)),
            (413, Turn::Less),
            (422, Turn::Operator),
            (429, Turn::Again(None)),
            (500, Turn::Again(None)),
            (503, Turn::Again(None)),
        ] {
            assert_eq!(refused(StatusCode::from_u16(status).unwrap(), None).turn, turn, "{status}");
        }
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let read = |text: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(text).unwrap())]);
            retry_after(&headers)
        };
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert!(read("Fri, 31 Dec 2199 23:59:59 GMT").unwrap() > Duration::from_secs(1_000_000));
        for broken in ["", "-1", "soon", "Fri, 99 Foo 2199 23:59:59 GMT", "Fri, 31 Dec 2199"] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }
}
