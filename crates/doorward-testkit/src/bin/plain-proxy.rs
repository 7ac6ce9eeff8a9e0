//! A plain reverse proxy: `plain-proxy --upstream http://127.0.0.1:PORT [--port N]`.
//!
//! Responsible for doing the least a proxy that reads bodies can do, as the baseline the gateway is
//! measured against. It must never look into a message.

use std::{convert::Infallible, error::Error, io};

use bytes::Bytes;
use doorward_testkit::net;
use http_body_util::{BodyExt as _, Either, Full};
use hyper::{
    Request, Response, StatusCode, Uri,
    body::{Body as _, Incoming},
    header::{CONNECTION, HeaderMap, HeaderName, TRANSFER_ENCODING},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use tokio::net::TcpStream;

type Upstream = Client<HttpConnector, Full<Bytes>>;
type Body = Either<Full<Bytes>, Incoming>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let upstream = net::argument("--upstream").ok_or("--upstream http://HOST:PORT is needed")?;
    let upstream: Uri = upstream.parse()?;
    let port = net::argument("--port").map_or(Ok(0), |port| port.parse())?;
    let listener = net::listen(port).await?;
    net::announce(&listener, "/")?;
    let client = pooled_client();
    loop {
        let stream = net::accept(&listener).await?;
        tokio::spawn(serve(stream, client.clone(), upstream.clone()));
    }
}

fn pooled_client() -> Upstream {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

async fn serve(stream: TcpStream, client: Upstream, upstream: Uri) {
    let service = service_fn(move |request| {
        let (client, upstream) = (client.clone(), upstream.clone());
        async move { Ok::<_, Infallible>(forward(&client, &upstream, request).await) }
    });
    // A client that breaks its connection ends only that connection.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn forward(client: &Upstream, upstream: &Uri, request: Request<Incoming>) -> Response<Body> {
    match exchange(client, upstream, request).await {
        Ok(response) => response,
        Err(error) => {
            let body = Full::from(format!("upstream: {error}"));
            let mut response = Response::new(Either::Left(body));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        }
    }
}

async fn exchange(
    client: &Upstream,
    upstream: &Uri,
    request: Request<Incoming>,
) -> Result<Response<Body>, Box<dyn Error + Send + Sync>> {
    let (mut head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    head.uri = at(upstream, &head.uri)?;
    remove_hop_headers(&mut head.headers);
    let request = Request::from_parts(head, Full::new(body));
    let (mut head, body) = client.request(request).await?.into_parts();
    remove_hop_headers(&mut head.headers);
    let body = match body.size_hint().exact() {
        Some(_) => Either::Left(Full::new(body.collect().await?.to_bytes())),
        None => Either::Right(body),
    };
    Ok(Response::from_parts(head, body))
}

fn at(upstream: &Uri, requested: &Uri) -> io::Result<Uri> {
    let mut parts = upstream.clone().into_parts();
    parts.path_and_query = requested.path_and_query().cloned();
    Uri::from_parts(parts).map_err(io::Error::other)
}

fn remove_hop_headers(headers: &mut HeaderMap) {
    headers.remove(CONNECTION);
    headers.remove(TRANSFER_ENCODING);
    headers.remove(HeaderName::from_static("keep-alive"));
}
