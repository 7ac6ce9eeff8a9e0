//! A request for one server: found, carried there in that server's words, and its answer carried back.

use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_core::joint::Route;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Request};
use doorward_mcp::revision::Revision;
use doorward_mcp::splice::Segments;

use super::ongoing::Producing;
use super::seat::Seat;
use super::{Joined, Joint, lock, offers};
use crate::talk::{Final, Produced};
use crate::upstream::ParamHeaders;

/// Why a request has no server to go to.
pub(super) struct Lost {
    /// The server, where that much is known.
    server: Option<ServerId>,
    refusal: Refusal,
}

impl Joined {
    /// Carries a request to the server it is for.
    pub(super) async fn pass(
        self: Arc<Self>,
        joint: Arc<Joint>,
        request: Request,
        (revision, params): (Revision, ParamHeaders),
        producing: Producing,
    ) {
        let (seat, own) = match self.destination(&joint, &request).await {
            Ok(found) => found,
            Err(Lost { server, refusal }) => {
                let refusal = self.turned(server, refusal, Some(request.method()), request.bytes().len()).await;
                return producing.refuse(&request, revision, &refusal).await;
            }
        };
        producing.is_at(&seat);
        let server = seat.talk().server().id().clone();
        let mut ongoing = seat.talk().request_with(own, seat.revision(revision), params).await;
        while let Some(produced) = ongoing.next().await {
            match produced {
                Produced::Interim(said) => {
                    if let Some(said) = self.outward(&joint, &server, said) {
                        producing.give(Produced::Interim(said)).await;
                    }
                }
                Produced::Final(last) => {
                    let message = joint.plan.answer(&server, request.method(), &last.message.into_bytes());
                    return producing.give(Produced::Final(Final { message, ..last })).await;
                }
            }
        }
    }

    /// The server a request is for, and the request in that server's words. What the server offers is learned first, where
    /// the answer depends on it.
    pub(super) async fn destination(
        self: &Arc<Self>,
        joint: &Arc<Joint>,
        request: &Request,
    ) -> Result<(Arc<Seat>, Request), Lost> {
        let Some(server) = joint.plan.addressed(request) else {
            return self
                .routed(joint, request)
                .map_err(nowhere)
                .and_then(|_| Err(nowhere(Refusal::new(Code::BadParams))));
        };
        let at = |refusal| Lost { server: Some(server.clone()), refusal };
        let seat = self.seat(joint, &server).await.map_err(at)?;
        if request.method() != "tools/call" {
            return Ok((seat, self.routed(joint, request).map_err(at)?));
        }
        seat.talk().know_list(self.era).await;
        let definitions = seat.talk().server().definitions();
        let version = definitions.version();
        let own = self.routed(joint, request).map_err(at)?;
        seat.talk().know(&own, self.era).await;
        // What was learned just now may keep the tool from this client.
        let own = if definitions.version() == version { own } else { self.routed(joint, request).map_err(at)? };
        Ok((seat, own))
    }

    fn routed(&self, joint: &Joint, request: &Request) -> Result<Request, Refusal> {
        match joint.plan.route(request, self.apps(request), &|server, what| offers(joint, server, what))? {
            Route::One { request, .. } => Ok(*request),
            // INVARIANT: whoever asks has seen that it is neither.
            Route::All(_) | Route::Own => Err(Refusal::new(Code::UnknownMethod)),
        }
    }

    /// What a server says to the client, under the names and ids of this endpoint.
    pub(super) fn outward(&self, joint: &Joint, server: &ServerId, said: Segments) -> Option<Segments> {
        let said = said.into_bytes();
        match Message::parse(said.clone(), &Limits::for_results()).ok()? {
            Message::Notification(_) => Some(joint.plan.outward_notification(server, &said)),
            Message::Request(_) => {
                let outward = joint.plan.outward_question(server, &said).into_bytes();
                match Message::parse(outward, &Limits::for_results()).ok()? {
                    Message::Request(question) => {
                        let waiting = (server.clone(), question.id().clone());
                        lock(&self.questions).ask(waiting, &question).map(|(_, question)| question)
                    }
                    Message::Notification(_) | Message::Response(_) => None,
                }
            }
            Message::Response(_) => None,
        }
    }
}

fn nowhere(refusal: Refusal) -> Lost {
    Lost { server: None, refusal }
}
