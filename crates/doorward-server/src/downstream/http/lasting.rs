//! Streams on which a client only listens end with the credentials they were opened with, and when their client is
//! stopped.
//!
//! A request is looked at when it comes; a stream lives on for days. So it is looked at again and again whether whoever
//! opened it would still be let in: a token ends, a key is taken back, an issuer is taken out of the configuration. Calls
//! under way are not cut off: they were let in as they were.

use std::convert::Infallible;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use doorward_core::principal::{Principal, Proof};
use doorward_core::time::Timestamp;
use hyper::Response;
use tokio::sync::oneshot;

use super::{Admitted, Body, HttpFace};
use crate::clock::now;
use crate::limits::{CREDENTIALS_LOOK, STOPPED_LAST_WORD};

/// When the credentials of a stream end, in microseconds since 1970.
#[derive(Debug)]
pub(super) struct End(AtomicI64);

impl End {
    /// That of the credentials that came with a request.
    pub(super) fn of(admitted: &Admitted) -> Self {
        Self(AtomicI64::new(micros(admitted.ends)))
    }

    /// The same client has come with others.
    pub(super) fn prolong(&self, admitted: &Admitted) {
        self.0.fetch_max(micros(admitted.ends), Ordering::Relaxed);
    }

    fn at(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// Ends the stream that a response is once its client would not be let in any more.
pub(super) fn while_taken(
    face: &Arc<HttpFace>,
    admitted: &Admitted,
    end: Arc<End>,
    mut response: Response<Body>,
) -> Response<Body> {
    let principal = admitted.caller.principal.clone();
    let (mut holding, held) = oneshot::channel();
    if !response.body_mut().lasts_while(held) {
        return response;
    }
    let (gateway, face) = (face.gateway.clone(), Arc::downgrade(face));
    tokio::spawn(async move {
        let stops = gateway.stops();
        tokio::select! {
            () = holding.closed() => {}
            () = until_refused(face, &principal, &end) => {
                tracing::debug!("a stream has ended with the credentials it was opened with");
            }
            _ = stops.until(|| stops.caller(principal.id())) => {
                // What says why may still be on its way.
                tokio::time::sleep(STOPPED_LAST_WORD).await;
                tracing::info!("a stream has ended because its client is stopped");
            }
        }
    });
    response
}

/// Waits until its client would not be let in any more. Somebody local always is.
async fn until_refused(face: Weak<HttpFace>, principal: &Principal, end: &End) {
    match principal.proof() {
        Proof::ApiKey | Proof::AccessToken | Proof::BoundToken | Proof::Certificate => {}
        Proof::LocalProcess | Proof::LocalToken | Proof::None => return std::future::pending().await,
    }
    loop {
        tokio::time::sleep(until_next_look(end.at())).await;
        let Some(face) = face.upgrade() else { return };
        let gate = face.gate.load_full();
        if !gate.identity().still_takes(principal, end.at()).await {
            return;
        }
    }
}

/// What a stream lasts as long as: it ends when the other half is dropped, and nothing is ever sent.
pub(super) type Lease = oneshot::Receiver<Infallible>;

fn until_next_look(end: Timestamp) -> Duration {
    // One look too early is followed by another.
    end.since(now()).clamp(Duration::from_millis(10), CREDENTIALS_LOOK)
}

fn micros(ends: Option<Timestamp>) -> i64 {
    ends.map_or(i64::MAX, Timestamp::as_micros)
}
