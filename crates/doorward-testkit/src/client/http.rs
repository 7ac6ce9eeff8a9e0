//! rmcp's HTTP client on hyper: one connection pool, no redirects, no proxies.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream::BoxStream};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
    http,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rmcp::{
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    transport::streamable_http_client::{StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse},
};
use sse_stream::{Error as SseError, Sse, SseStream};

const SESSION: &str = "mcp-session-id";
const BOTH: &str = "application/json, text/event-stream";

/// The longest body that is no stream.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// A request did not get through.
#[derive(Debug)]
pub(super) struct Fault(Box<dyn std::error::Error + Send + Sync>);

impl std::fmt::Display for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for Fault {}

type Failed = StreamableHttpError<Fault>;

fn fault(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failed {
    StreamableHttpError::Client(Fault(error.into()))
}

/// An HTTP client without TLS.
#[derive(Clone)]
pub(super) struct Plain(Client<HttpConnector, Full<Bytes>>);

impl Plain {
    pub(super) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    async fn send(
        &self,
        mut request: http::request::Builder,
        session: Option<Arc<str>>,
        headers: HashMap<HeaderName, HeaderValue>,
        body: Vec<u8>,
    ) -> Result<Response<Incoming>, Failed> {
        if let Some(session) = session {
            request = request.header(SESSION, session.as_ref());
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::from(body)).map_err(fault)?;
        self.0.request(request).await.map_err(fault)
    }
}

impl StreamableHttpClient for Plain {
    type Error = Fault;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        _auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Failed> {
        let in_session = session_id.is_some();
        let body = serde_json::to_vec(&message).map_err(fault)?;
        let request = Request::builder().method(Method::POST).uri(uri.as_ref());
        let request = request.header(ACCEPT, BOTH).header(CONTENT_TYPE, "application/json");
        let response = self.send(request, session_id, custom_headers, body).await?;
        let session = text(response.headers(), SESSION);
        match (response.status(), text(response.headers(), CONTENT_TYPE.as_str()).as_deref()) {
            (StatusCode::ACCEPTED | StatusCode::NO_CONTENT, _) => Ok(StreamableHttpPostResponse::Accepted),
            (StatusCode::NOT_FOUND, _) if in_session => Err(StreamableHttpError::SessionExpired),
            (status, Some(kind)) if status.is_success() && kind.starts_with("text/event-stream") => {
                Ok(StreamableHttpPostResponse::Sse(events(response), session))
            }
            (_, Some(kind)) if kind.starts_with("application/json") => {
                let message: ServerJsonRpcMessage = serde_json::from_slice(&whole(response).await?).map_err(fault)?;
                Ok(StreamableHttpPostResponse::Json(message, session))
            }
            (status, kind) => Err(fault(format!("answered with {status} and {kind:?}"))),
        }
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        _auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Failed> {
        let request = Request::builder().method(Method::DELETE).uri(uri.as_ref());
        self.send(request, Some(session_id), custom_headers, Vec::new()).await?;
        Ok(())
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        _auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failed> {
        let mut request = Request::builder().method(Method::GET).uri(uri.as_ref()).header(ACCEPT, "text/event-stream");
        if let Some(last) = last_event_id {
            request = request.header("last-event-id", last);
        }
        let response = self.send(request, session_id, custom_headers, Vec::new()).await?;
        match response.status() {
            status if status.is_success() => Ok(events(response)),
            StatusCode::METHOD_NOT_ALLOWED => Err(StreamableHttpError::ServerDoesNotSupportSse),
            status => Err(fault(format!("answered with {status}"))),
        }
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn events(response: Response<Incoming>) -> BoxStream<'static, Result<Sse, SseError>> {
    SseStream::from_bytes_stream(response.into_body().into_data_stream()).boxed()
}

async fn whole(response: Response<Incoming>) -> Result<Bytes, Failed> {
    let body = Limited::new(response.into_body(), LONGEST_BODY);
    Ok(body.collect().await.map_err(fault)?.to_bytes())
}
