//! The admin port: health, readiness, metrics, and where a request for approval stands. Never on the port that clients
//! use.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use doorward_export::Exporters;
use doorward_mcp::compose::quote;
use doorward_store::Health;
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::downstream::http::{Body, Gate, Stop};
use crate::gateway::Gateway;
use crate::health::Standing;
use crate::limits::HEADER_READ_WAIT;
use crate::metrics::Gauges;

/// How long to rest when the system gives no more connections, so that the loop does not spin.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// The admin face of one gateway.
#[derive(Debug)]
pub struct Admin {
    gateway: Arc<Gateway>,
    gate: Gate,
    exporters: Arc<Exporters>,
    draining: AtomicBool,
}

impl Admin {
    /// An admin face; `gate` checks Host and Origin, as on the client port.
    #[must_use]
    pub const fn new(gateway: Arc<Gateway>, gate: Gate, exporters: Arc<Exporters>) -> Self {
        Self { gateway, gate, exporters, draining: AtomicBool::new(false) }
    }

    /// From now on the gateway says it is not ready.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Serves until `stop` becomes true.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, mut stop: watch::Receiver<Stop>) {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = stop.wait_for(|stop| *stop == Stop::Now) => return,
            };
            match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(self.clone().connection(stream));
                }
                // Without file descriptors it fails at once, again and again.
                Err(_) => tokio::time::sleep(ACCEPT_REST).await,
            }
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream) {
        // A health probe that waits 40 ms for a delayed acknowledgement is merely slow.
        let _ = stream.set_nodelay(true);
        let service = service_fn(move |request| {
            let admin = self.clone();
            async move { Ok::<_, Infallible>(admin.answer(&request).await) }
        });
        let served = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_READ_WAIT)
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), service);
        if let Err(error) = served.await {
            tracing::debug!(%error, "an admin connection ended with an error");
        }
    }

    async fn answer(&self, request: &Request<Incoming>) -> Response<Body> {
        if self.gate.host_and_origin(request.headers(), request.uri()).is_err() {
            return text(StatusCode::FORBIDDEN, "Host or Origin is not allowed here.\n".into());
        }
        if request.method() != Method::GET {
            return text(StatusCode::METHOD_NOT_ALLOWED, "Only GET is served here.\n".into());
        }
        match request.uri().path() {
            "/healthz" => json(self.health()),
            "/readyz" => self.readiness(),
            "/metrics" => self.metrics(),
            "/version" => text(StatusCode::OK, concat!(env!("CARGO_PKG_VERSION"), "\n").into()),
            path => match path.strip_prefix("/approvals/") {
                Some(id) => self.approval(id).await,
                None => text(StatusCode::NOT_FOUND, "Served here: /healthz /readyz /metrics /version\n".into()),
            },
        }
    }

    /// That this process lives, and how each server was last seen. A server that is away is no reason to end a gateway, so
    /// the status does not depend on it.
    fn health(&self) -> String {
        let servers: Vec<String> = self
            .gateway
            .view()
            .servers
            .values()
            .map(|server| {
                let standing = server.health().standing();
                let code = match standing {
                    Standing::Unreachable(code) => format!(r#","code":"{code}""#),
                    Standing::Unknown | Standing::Reachable => String::new(),
                };
                format!(r#"{}:{{"seen":"{}"{code}}}"#, quote(server.id().as_str()), standing.as_str())
            })
            .collect();
        format!("{{\"status\":\"ok\",\"servers\":{{{}}}}}\n", servers.join(","))
    }

    /// Where a question stands, and how it is answered. Whoever reaches this port need not be who may see arguments or
    /// answer, so neither can be done here.
    async fn approval(&self, id: &str) -> Response<Body> {
        let found = match self.gateway.approvals().find(id).await {
            Ok(Some(found)) => found,
            Ok(None) => return text(StatusCode::NOT_FOUND, "There is no such request for approval.\n".into()),
            Err(_) => {
                return text(StatusCode::SERVICE_UNAVAILABLE, "Requests for approval cannot be read.\n".into());
            }
        };
        let about = format!("{}{}", found.server, found.item.map(|item| format!("/{item}")).unwrap_or_default());
        let until = doorward_store::rfc3339(found.expires);
        let page = format!(
            "Request for approval {id}\n\nwho      {}\nwhat     {} {}\nof       {}\nstate    {}\nuntil    {until}\n\n\
             Whoever may answer looks at it with\n\n    doorward approvals show {id}\n\nand answers with\n\n    \
             doorward approvals endorse {id}\n    doorward approvals deny {id}\n\nThen go back and let your client go on.\n",
            found.about.who.user.escape_debug(),
            found.action,
            about.escape_debug(),
            found.approver.escape_debug(),
            found.state.as_str(),
        );
        let mut response = text(StatusCode::OK, page);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    fn readiness(&self) -> Response<Body> {
        if self.draining.load(Ordering::Relaxed) {
            return text(StatusCode::SERVICE_UNAVAILABLE, "not ready: stopping\n".into());
        }
        if let Some(reason) = self.gateway.store().held() {
            return text(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n"));
        }
        match self.gateway.store().health() {
            Health::Ok => text(StatusCode::OK, "ready\n".into()),
            Health::Dead { reason, .. } => text(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("not ready: the record store takes no records: {reason}\n"),
            ),
        }
    }

    fn metrics(&self) -> Response<Body> {
        let store_up = match self.gateway.store().health() {
            Health::Ok => 1,
            Health::Dead { .. } => 0,
        };
        let view = self.gateway.view();
        let servers = view.servers.values().filter_map(|server| match server.health().standing() {
            Standing::Reachable => Some((server.id().to_string(), 1)),
            Standing::Unreachable(_) => Some((server.id().to_string(), 0)),
            Standing::Unknown => None,
        });
        let gauges = Gauges {
            generation: view.generation,
            store_up,
            store_queue: self.gateway.store().depth(),
            servers: servers.collect(),
            sinks: self.exporters.standings(),
        };
        match self.gateway.metrics().encode(gauges) {
            Ok(metrics) => text(StatusCode::OK, metrics),
            Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "The metrics could not be written.\n".into()),
        }
    }
}

fn json(body: String) -> Response<Body> {
    let mut response = text(StatusCode::OK, body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn text(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
