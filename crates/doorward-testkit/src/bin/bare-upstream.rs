//! A minimal MCP upstream for benchmarks:
//! `bare-upstream [--port N | --stdio] [--result-bytes N] [--era both|legacy|modern]`.
//!
//! Over HTTP it answers on `/mcp` with `application/json` and never streams.

use std::{
    convert::Infallible,
    error::Error,
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use doorward_testkit::{
    bare::{Answer, Bare, Speaks},
    net,
};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;

/// Bytes of the `payload` tool's text unless told otherwise.
const DEFAULT_RESULT_BYTES: usize = 1024;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let result_bytes = net::argument("--result-bytes");
    let result_bytes = result_bytes.map_or(Ok(DEFAULT_RESULT_BYTES), |bytes| bytes.parse())?;
    let speaks = match net::argument("--era").as_deref() {
        None | Some("both") => Speaks::Both,
        Some("legacy") => Speaks::Legacy,
        Some("modern") => Speaks::Modern,
        Some(other) => return Err(format!("--era is both, legacy or modern, not {other:?}").into()),
    };
    let bare = Arc::new(Bare::new(result_bytes).speaking(speaks));
    if net::has_argument("--stdio") {
        return Ok(serve_stdio(&bare)?);
    }
    let port = net::argument("--port").map_or(Ok(0), |port| port.parse())?;
    Ok(serve_http(bare, port).await?)
}

/// Reads and writes on this thread: an asynchronous standard input would hand every line from one
/// thread to another, which costs more than answering it.
fn serve_stdio(bare: &Bare) -> io::Result<()> {
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = BufWriter::new(io::stdout().lock());
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        match bare.answer(&line) {
            Answer::Opened(answer) | Answer::Response(answer) => {
                output.write_all(&answer)?;
                output.write_all(b"\n")?;
                output.flush()?;
            }
            Answer::Nothing => {}
        }
        line.clear();
    }
    Ok(())
}

async fn serve_http(bare: Arc<Bare>, port: u16) -> io::Result<()> {
    let listener = net::listen(port).await?;
    net::announce(&listener, "/mcp")?;
    let next_session = Arc::new(AtomicU64::new(1));
    loop {
        let stream = net::accept(&listener).await?;
        let (bare, next_session) = (Arc::clone(&bare), Arc::clone(&next_session));
        let service = service_fn(move |request| {
            let (bare, next_session) = (Arc::clone(&bare), Arc::clone(&next_session));
            async move { Ok::<_, Infallible>(respond(&bare, &next_session, request).await) }
        });
        tokio::spawn(async move {
            // A client that breaks its connection ends only that connection.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn respond(bare: &Bare, next_session: &AtomicU64, request: Request<Incoming>) -> Response<Full<Bytes>> {
    if request.method() == Method::DELETE {
        return empty(StatusCode::NO_CONTENT);
    }
    if request.method() != Method::POST {
        return empty(StatusCode::METHOD_NOT_ALLOWED);
    }
    let Ok(body) = request.into_body().collect().await else {
        return empty(StatusCode::BAD_REQUEST);
    };
    match bare.answer(&body.to_bytes()) {
        Answer::Response(answer) => json(answer),
        Answer::Nothing => empty(StatusCode::ACCEPTED),
        Answer::Opened(answer) => {
            let mut response = json(answer);
            let session = format!("bare-{}", next_session.fetch_add(1, Ordering::Relaxed));
            if let Ok(session) = HeaderValue::from_str(&session) {
                response.headers_mut().insert("mcp-session-id", session);
            }
            response
        }
    }
}

fn json(body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
