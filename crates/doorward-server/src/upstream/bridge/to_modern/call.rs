//! A request of the client under way: one of several kinds.

use std::fmt;
use std::pin::Pin;

use doorward_core::refusal::{Code, Refusal};

use super::opening::Opening;
use super::relay::Relay;
use crate::upstream::Event;

/// A request of a conversation with a handshake, under way at a server that may have none. Dropping it gives up what
/// goes on at the server.
#[derive(Debug)]
pub struct ModernCall(Kind);

enum Kind {
    /// The handshake.
    Opening(Box<Opening>),
    /// Answered by the bridge alone, or by something it does at the server.
    Errand(Errand),
    /// Forwarded, with rounds of questions and answers.
    Relay(Box<Relay>),
    Over,
}

/// What ends in the answer. Safe to wait for again.
pub(super) type Errand = Pin<Box<dyn Future<Output = Event> + Send>>;

impl ModernCall {
    pub(super) fn opening(opening: Opening) -> Self {
        Self(Kind::Opening(Box::new(opening)))
    }

    pub(super) const fn errand(errand: Errand) -> Self {
        Self(Kind::Errand(errand))
    }

    pub(super) fn relay(relay: Relay) -> Self {
        Self(Kind::Relay(Box::new(relay)))
    }

    /// What is known already.
    pub(super) fn known(event: Event) -> Self {
        Self::errand(Box::pin(std::future::ready(event)))
    }

    /// The next event. Safe to drop and ask again.
    pub(in crate::upstream::bridge) async fn next(&mut self) -> Event {
        let event = match &mut self.0 {
            Kind::Opening(opening) => opening.next().await,
            Kind::Errand(errand) => errand.await,
            Kind::Relay(relay) => relay.next().await,
            Kind::Over => Event::Failed(Refusal::new(Code::BadAnswer).with_detail("The call is over.")),
        };
        match event {
            Event::Notification(_) | Event::Question(_) => {}
            Event::Response(_) | Event::Failed(_) => self.0 = Kind::Over,
        }
        event
    }

    pub(in crate::upstream::bridge) fn is_stream(&self) -> bool {
        match &self.0 {
            Kind::Opening(opening) => opening.is_stream(),
            Kind::Relay(relay) => relay.is_stream(),
            Kind::Errand(_) | Kind::Over => false,
        }
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opening(opening) => opening.fmt(f),
            Self::Relay(relay) => relay.fmt(f),
            Self::Errand(_) => f.write_str("Errand"),
            Self::Over => f.write_str("Over"),
        }
    }
}
