//! Response bodies: known bytes in parts, or a stream of events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use doorward_mcp::splice::Segments;
use doorward_mcp::sse::KEEP_ALIVE as KEEP_ALIVE_COMMENT;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Interval, interval_at};

use super::lasting::Lease;
use super::outlet::Outlet;
use crate::limits::KEEP_ALIVE;

/// The body of a response.
#[derive(Debug)]
pub enum Body {
    /// Everything is there; the parts are written without being joined.
    Parts(VecDeque<Bytes>),
    /// Events as they come, until their inlet is gone.
    Stream {
        /// The events.
        events: Outlet,
        /// Ticks when nothing has come for a while.
        silence: Interval,
        /// Ends it, whatever may still come.
        lease: Option<Lease>,
    },
}

impl Body {
    /// No bytes.
    #[must_use]
    pub const fn empty() -> Self {
        Self::Parts(VecDeque::new())
    }

    /// The events of `events`, with a comment after each while of silence so that nothing on the way closes the stream.
    pub(super) fn stream(events: Outlet) -> Self {
        Self::Stream { events, silence: interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE), lease: None }
    }

    /// Whether it is a stream, which then lasts no longer than `lease`.
    pub(super) fn lasts_while(&mut self, held: Lease) -> bool {
        match self {
            Self::Parts(_) => false,
            Self::Stream { lease, .. } => {
                *lease = Some(held);
                true
            }
        }
    }
}

impl From<Segments> for Body {
    fn from(segments: Segments) -> Self {
        Self::Parts(segments.into_parts().into())
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Parts(VecDeque::from([bytes]))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Parts(parts) => Poll::Ready(parts.pop_front().map(|part| Ok(Frame::data(part)))),
            Self::Stream { events, silence, lease } => {
                if lease.as_mut().is_some_and(|lease| Pin::new(lease).poll(context).is_ready()) {
                    return Poll::Ready(None);
                }
                poll_event(events, silence, context).map(|event| event.map(|event| Ok(Frame::data(event))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Parts(parts) => parts.is_empty(),
            Self::Stream { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Parts(parts) => SizeHint::with_exact(parts.iter().map(|part| part.len() as u64).sum()),
            Self::Stream { .. } => SizeHint::default(),
        }
    }
}

fn poll_event(events: &mut Outlet, silence: &mut Interval, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
    if let Poll::Ready(event) = events.poll_next(context) {
        silence.reset();
        return Poll::Ready(event);
    }
    silence.poll_tick(context).map(|_| {
        // A client that did not read for long gets one comment, not one for each tick it missed.
        silence.reset();
        Some(KEEP_ALIVE_COMMENT)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http_body_util::BodyExt;

    use super::super::outlet;
    use super::*;

    async fn next(body: &mut Body) -> Option<Bytes> {
        body.frame().await.map(|frame| frame.unwrap().into_data().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_broken_by_a_comment_and_counts_from_the_last_event() {
        let (inlet, events) = outlet::open(0);
        let mut body = Body::stream(events);
        let begun = Instant::now();
        assert_eq!(next(&mut body).await, Some(KEEP_ALIVE_COMMENT));
        assert_eq!(begun.elapsed(), KEEP_ALIVE);
        tokio::time::sleep(KEEP_ALIVE - Duration::from_secs(1)).await;
        inlet.try_send(Bytes::from_static(b"x")).unwrap();
        assert_eq!(next(&mut body).await, Some(Bytes::from_static(b"x")));
        let begun = Instant::now();
        assert_eq!(next(&mut body).await, Some(KEEP_ALIVE_COMMENT));
        assert_eq!(begun.elapsed(), KEEP_ALIVE);
        drop(inlet);
        assert_eq!(next(&mut body).await, None);
    }
}
