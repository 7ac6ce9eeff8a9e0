//! The body of a request to a server: pieces of a message, sent one after the other without being joined.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use bytes::Bytes;
use doorward_mcp::splice::Segments;
use hyper::body::{Body, Frame, SizeHint};

/// A body whose length is known.
#[derive(Debug)]
pub(super) struct Outgoing {
    first: Option<Bytes>,
    rest: vec::IntoIter<Bytes>,
    left: u64,
}

impl Outgoing {
    /// No body.
    pub(super) fn empty() -> Self {
        Self { first: None, rest: Vec::new().into_iter(), left: 0 }
    }
}

impl From<Bytes> for Outgoing {
    fn from(message: Bytes) -> Self {
        let left = message.len() as u64;
        Self { first: Some(message), rest: Vec::new().into_iter(), left }
    }
}

impl From<Segments> for Outgoing {
    fn from(segments: Segments) -> Self {
        let left = segments.len() as u64;
        Self { first: None, rest: segments.into_parts().into_iter(), left }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let next = this.first.take().or_else(|| this.rest.find(|part| !part.is_empty()));
        if let Some(part) = &next {
            this.left = this.left.saturating_sub(part.len() as u64);
        }
        Poll::Ready(next.map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
