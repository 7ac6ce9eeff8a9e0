//! The handshake: tried at the server as it is, and answered from what the server says of itself when it has none.
//!
//! It must never take a failing network, refused credentials or a server in trouble for a sign of the era.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use doorward_core::permit::Permit;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::message::{Request, Response};
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::views::discover::DiscoverResult;
use tokio::time::{Instant, sleep};

use super::call::Errand;
use super::conversation::Conversation;
use super::{Place, Way};
use crate::limits::{HANDSHAKE_VERDICT_LIFE, RESTART_WAIT_MIN, RESTARTS_AWAITED};
use crate::server::Speaks;
use crate::upstream::http::EraVerdict;
use crate::upstream::{Call, Event, Housekeeping, Link, ParamHeaders};

/// A client's `initialize` under way.
pub(super) struct Opening {
    place: Arc<Place>,
    request: Request,
    stage: Stage,
}

enum Stage {
    /// The server has it as the client sent it.
    Trying(Call),
    /// The server is asked what it says of itself.
    Bridging(Errand),
}

/// Whether a server has a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handshake {
    /// It answered one.
    Has,
    /// It refused one, and speaks the stateless era alone.
    None,
}

/// What is known of one server's handshake. Either verdict expires: a server may be exchanged for a newer one.
#[derive(Debug, Default)]
pub(crate) struct HandshakeCache {
    known: Mutex<Option<(Handshake, Instant)>>,
}

/// What a failed handshake says of the era.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// Perhaps the server has no handshake.
    Perhaps,
    /// Nothing.
    Nothing,
}

impl Opening {
    /// Tries the handshake, unless the server is known to have none.
    pub(super) async fn begin(
        place: Arc<Place>,
        request: Request,
        permit: Permit,
        params: &ParamHeaders,
    ) -> Result<Self, Refusal> {
        let stage = match place.reach.handshake().verdict() {
            Some(Handshake::None) => Stage::Bridging(Box::pin(bridge(place.clone(), request.clone()))),
            Some(Handshake::Has) | None => Stage::Trying(Box::pin(place.direct.call(permit, params)).await?),
        };
        Ok(Self { place, request, stage })
    }

    /// The next event. Safe to drop and ask again.
    pub(super) async fn next(&mut self) -> Event {
        loop {
            match &mut self.stage {
                Stage::Bridging(errand) => return errand.await,
                Stage::Trying(call) => {
                    let event = Box::pin(call.next()).await;
                    let status = call.status();
                    if let Some(event) = self.judge(event, status) {
                        return event;
                    }
                }
            }
        }
    }

    pub(super) fn is_stream(&self) -> bool {
        match &self.stage {
            Stage::Trying(call) => call.is_stream(),
            Stage::Bridging(_) => false,
        }
    }

    /// What an event of the tried handshake is to the client; `None` when the bridge is tried instead.
    fn judge(&mut self, event: Event, status: Option<u16>) -> Option<Event> {
        match &event {
            Event::Notification(_) | Event::Question(_) => return Some(event),
            Event::Response(response) if opens(response) => {
                self.place.reach.handshake().remember(Handshake::Has);
                // A second handshake changes nothing.
                let _ = self.place.way.set(Way::Direct);
                return Some(event);
            }
            Event::Response(_) | Event::Failed(_) => {}
        }
        let has_one = self.place.reach.handshake().verdict() == Some(Handshake::Has);
        if has_one || sign(&event, status) == Sign::Nothing {
            return Some(event);
        }
        self.stage = Stage::Bridging(Box::pin(bridge_or(self.place.clone(), self.request.clone(), event)));
        None
    }
}

/// Whether a server has taken a handshake. One that agrees on a revision without a handshake has not understood it.
fn opens(response: &Response) -> bool {
    let Some(result) = response.result() else { return false };
    let agreed = result.member("protocolVersion").and_then(|version| version.as_str());
    agreed.and_then(|version| Revision::parse(&version)).is_none_or(|revision| revision.era() == Era::Legacy)
}

/// Bridges the conversation if the server speaks the stateless era; otherwise the handshake has failed as it did.
async fn bridge_or(place: Arc<Place>, request: Request, failure: Event) -> Event {
    if names_stateless_revision(&failure) {
        return bridge(place, request).await;
    }
    if place.is_child() {
        // A child that ends over a handshake it does not have must not be taken for one that ends over discovery.
        sleep(RESTART_WAIT_MIN.saturating_mul(2)).await;
    }
    match patiently(&place, || place.reach.speaks(&place.principal)).await {
        Ok(Speaks::Modern) => bridge(place, request).await,
        Ok(Speaks::LegacyOnly) => failure,
        Err(refusal) => {
            tracing::debug!(server = %place.reach.id(), code = %refusal.code, "the server's era is not known");
            failure
        }
    }
}

/// Whether a server refused the handshake by naming what it speaks instead, as a stateless one should (2026-07-28,
/// basic/versioning).
fn names_stateless_revision(failure: &Event) -> bool {
    match failure {
        Event::Response(response) => matches!(EraVerdict::of(response), EraVerdict::Modern { .. }),
        Event::Failed(_) | Event::Notification(_) | Event::Question(_) => false,
    }
}

/// Asks again after a pause where a child ended over the handshake it does not have: it is not started again at once.
async fn patiently<T, F>(place: &Place, mut ask: impl FnMut() -> F) -> Result<T, Refusal>
where
    F: Future<Output = Result<T, Refusal>>,
{
    for _ in 0..RESTARTS_AWAITED {
        match Box::pin(ask()).await {
            Err(refusal) if place.is_child() && matches!(refusal.code, Code::Died | Code::Unreachable) => {
                sleep(RESTART_WAIT_MIN.saturating_mul(2)).await;
            }
            asked => return asked,
        }
    }
    Box::pin(ask()).await
}

/// Answers the handshake from what the server says of itself.
async fn bridge(place: Arc<Place>, request: Request) -> Event {
    let link = place.reach.direct(&place.principal, Era::Modern);
    let response = match patiently(&place, || link.keep_house(Housekeeping::Discover)).await {
        Ok(response) => response,
        Err(refusal) => return Event::Failed(refusal),
    };
    match EraVerdict::of(&response) {
        EraVerdict::Modern { .. } => {}
        EraVerdict::LegacyOnly | EraVerdict::Unknown(_) => {
            place.reach.handshake().forget();
            return Event::Failed(Refusal::new(Code::OtherEra));
        }
    }
    if is_stateless_alone(&response) {
        place.reach.handshake().remember(Handshake::None);
    }
    let opened = Conversation::open(place.reach.clone(), link.clone(), &request, &response);
    match opened {
        Ok((conversation, answer)) => {
            tracing::info!(server = %place.reach.id(), "the server has no handshake: the conversation is bridged");
            let _ = place.way.set(Way::Bridged(conversation));
            if !Arc::ptr_eq(&place.direct, &link) {
                Box::pin(place.direct.close()).await;
            }
            Event::Response(answer)
        }
        Err(refusal) => Event::Failed(refusal),
    }
}

/// Whether a server names no revision that has a handshake. One that names some may have refused this one alone.
fn is_stateless_alone(response: &Response) -> bool {
    let discovered = response.result().and_then(|result| DiscoverResult::from_result(result).ok());
    discovered.is_some_and(|discovered| {
        let mut revisions = discovered.supported_versions.iter().filter_map(|version| Revision::parse(version));
        revisions.all(|revision| revision.era() == Era::Modern)
    })
}

/// What a handshake that was not answered with a result says. Over HTTP a status without a message can be how a server
/// refuses what it does not know; a child may just end.
fn sign(event: &Event, status: Option<u16>) -> Sign {
    match (event, status) {
        (Event::Response(_), Some(401 | 403 | 407 | 408 | 429 | 500..)) => Sign::Nothing,
        (Event::Response(_), _) => Sign::Perhaps,
        (Event::Failed(_), Some(401 | 403 | 407 | 408 | 429)) => Sign::Nothing,
        (Event::Failed(_), Some(400..=499)) => Sign::Perhaps,
        (Event::Failed(refusal), None) if matches!(refusal.code, Code::Died | Code::BadAnswer) => Sign::Perhaps,
        (Event::Failed(_), _) | (Event::Notification(_) | Event::Question(_), _) => Sign::Nothing,
    }
}

impl Place {
    fn is_child(&self) -> bool {
        matches!(*self.direct, Link::Stdio(_))
    }
}

impl HandshakeCache {
    /// The verdict, while it holds.
    pub(crate) fn verdict(&self) -> Option<Handshake> {
        let known = *self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.filter(|(_, since)| since.elapsed() < HANDSHAKE_VERDICT_LIFE).map(|(verdict, _)| verdict)
    }

    /// Remembers a verdict.
    pub(crate) fn remember(&self, verdict: Handshake) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((verdict, Instant::now()));
    }

    /// Forgets it, after the server failed.
    pub(crate) fn forget(&self) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match &self.stage {
            Stage::Trying(_) => "Trying",
            Stage::Bridging(_) => "Bridging",
        };
        f.debug_struct("Opening").field("server", self.place.reach.id()).field("stage", &stage).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use doorward_mcp::limits::Limits;
    use doorward_mcp::message::Message;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_verdict_holds_for_so_long() {
        let cache = HandshakeCache::default();
        assert_eq!(cache.verdict(), None);
        for verdict in [Handshake::None, Handshake::Has] {
            cache.remember(verdict);
            tokio::time::advance(HANDSHAKE_VERDICT_LIFE - Duration::from_millis(1)).await;
            assert_eq!(cache.verdict(), Some(verdict));
            tokio::time::advance(Duration::from_millis(1)).await;
            assert_eq!(cache.verdict(), None);
        }
        cache.remember(Handshake::Has);
        cache.forget();
        assert_eq!(cache.verdict(), None);
    }

    fn error() -> Event {
        let text = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}"#;
        match Message::parse(text, &Limits::default()).unwrap() {
            Message::Response(response) => Event::Response(response),
            other @ (Message::Request(_) | Message::Notification(_)) => panic!("no response: {other:?}"),
        }
    }

    #[test]
    fn only_an_answer_about_the_handshake_is_a_sign() {
        let failed = |code: Code| Event::Failed(Refusal::new(code));
        let cases = [
            (error(), None, Sign::Perhaps),
            (error(), Some(200), Sign::Perhaps),
            (error(), Some(404), Sign::Perhaps),
            (error(), Some(401), Sign::Nothing),
            (error(), Some(500), Sign::Nothing),
            (failed(Code::UpstreamHttp), Some(400), Sign::Perhaps),
            (failed(Code::UpstreamHttp), Some(405), Sign::Perhaps),
            (failed(Code::UpstreamHttp), Some(403), Sign::Nothing),
            (failed(Code::UpstreamHttp), Some(429), Sign::Nothing),
            (failed(Code::UpstreamHttp), Some(502), Sign::Nothing),
            (failed(Code::Unreachable), Some(0), Sign::Nothing),
            (failed(Code::Died), Some(200), Sign::Nothing),
            (failed(Code::Died), None, Sign::Perhaps),
            (failed(Code::Unreachable), None, Sign::Nothing),
            (failed(Code::TimedOut), None, Sign::Nothing),
        ];
        for (event, status, expected) in cases {
            assert_eq!(sign(&event, status), expected, "{event:?} {status:?}");
        }
    }
}
