//! The accept loop: connections with limits, and an orderly end.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use super::{HttpFace, Tls};
use crate::identity::certificates::ClientProof;
use crate::limits::{CONNECTIONS_MAX, DRAIN_WAIT, HEADER_BYTES_MAX, HEADER_READ_WAIT};

/// How long to rest when the system gives no more connections, so that the loop does not spin.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// Serves `face` on `listener` until `stop` becomes true, then lets what is in flight finish for a bounded time.
pub async fn serve(face: Arc<HttpFace>, listener: TcpListener, tls: Option<Arc<Tls>>, mut stop: watch::Receiver<Stop>) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop == Stop::Now) => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_REST).await;
                continue;
            }
        };
        // One more than the limit is closed at once rather than left waiting.
        let Ok(place) = connections.clone().try_acquire_owned() else { continue };
        let (face, tls, watcher) = (face.clone(), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            let gauge = face.gateway.metrics().connections().clone();
            gauge.inc();
            if let Err(error) = connection(&face, stream, tls, watcher).await {
                tracing::debug!(error, "a connection ended with an error");
            }
            gauge.dec();
            drop(place);
        });
    }
    drop(listener);
    // Streams that only listen would never finish by themselves; what is in flight may.
    face.end_listening();
    if tokio::time::timeout(DRAIN_WAIT, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were still open when the gateway stopped");
    }
    face.end_sessions().await;
}

/// Whether the gateway goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It does.
    NotYet,
    /// It stops.
    Now,
}

/// One connection to its end; over TLS where there is TLS, and then over nothing else.
async fn connection(
    face: &Arc<HttpFace>,
    stream: TcpStream,
    tls: Option<Arc<Tls>>,
    watcher: Watcher,
) -> Result<(), String> {
    // Without it, small answers wait for the peer's delayed acknowledgement: 1,262 calls/s fell to 65 on one server.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let served = match tls {
        None => watcher.watch(http(face, stream, None)).await,
        Some(tls) => {
            let (stream, peer) = tls.accept(stream).await.map_err(|error| error.to_string())?;
            watcher.watch(http(face, stream, peer)).await
        }
    };
    served.map_err(|error| error.to_string())
}

/// HTTP/1.1 alone: its one time limit for headers covers a connection that says nothing, too.
fn http<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    face: &Arc<HttpFace>,
    stream: S,
    peer: Option<Arc<ClientProof>>,
) -> impl GracefulConnection<Error = hyper::Error> + Send + use<S> {
    let face = face.clone();
    let service = service_fn(move |request| face.clone().handle(request, peer.clone()));
    Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_WAIT)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
}
