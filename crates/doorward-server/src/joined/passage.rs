//! A request for one server: found, carried there in that server's words, and its answer carried back.

use std::sync::Arc;
use std::time::Instant;

use doorward_core::ids::ServerId;
use doorward_core::joint::{Apps, Route};
use doorward_core::limits::IN_FLIGHT_MAX;
use doorward_core::refusal::{Code, Refusal, Shape};
use doorward_mcp::compose;
use doorward_mcp::id::Id;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request};
use doorward_mcp::revision::Revision;
use doorward_mcp::splice::Segments;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::ongoing::{Flight, Producing};
use super::overheard::announcement;
use super::seat::Seat;
use super::{Joined, Joint, lock, offers};
use crate::caller::Caller;
use crate::limits::CONVERSATIONS_TRIED;
use crate::talk::{Final, Produced, renamed};
use crate::upstream::ParamHeaders;

/// Why a request has no server to go to.
pub(super) struct Lost {
    /// The server, where that much is known.
    server: Option<ServerId>,
    refusal: Box<Refusal>,
}

impl Joined {
    /// Carries a request to the server it is for. One that the server refused because it has forgotten the conversation is
    /// carried there once more, in another.
    pub(super) async fn pass(
        self: Arc<Self>,
        caller: Caller,
        joint: Arc<Joint>,
        (request, revision, params): (Request, Revision, ParamHeaders),
        producing: Producing,
    ) {
        let mut last = None;
        for _ in 0..CONVERSATIONS_TRIED {
            let (seat, own) = match self.destination(&caller, &joint, &request).await {
                Ok(found) => found,
                Err(Lost { server, refusal }) => {
                    let about = (Some(request.method()), request.bytes().len());
                    let refusal = self.turned(&caller, server, *refusal, about).await;
                    return producing.refuse(&request, revision, &refusal).await;
                }
            };
            let own = (own, seat.revision(revision), params.clone());
            last = self.carry(&caller, (&joint, &seat), own, &producing).await;
            if last.as_ref().is_none_or(|last| last.refusal != Some(Code::UnknownSession)) {
                break;
            }
        }
        let Some(mut last) = last else { return };
        if last.refusal == Some(Code::UnknownSession) {
            // It is that of one server; the client's own goes on.
            last.refusal = Some(Code::Unreachable);
        }
        producing.give(Produced::Final(last)).await;
    }

    /// The answer of one server, under the names of this endpoint; what the server says on the way is given at once.
    async fn carry(
        &self,
        caller: &Caller,
        (joint, seat): (&Joint, &Arc<Seat>),
        (own, revision, params): (Request, Revision, ParamHeaders),
        producing: &Producing,
    ) -> Option<Final> {
        producing.is_at(seat);
        let (server, method) = (seat.talk().server().id().clone(), own.method().to_owned());
        let mut ongoing = seat.talk().request_with(caller, own, (revision, params)).await;
        loop {
            match ongoing.next().await? {
                Produced::Interim(said) => {
                    let said = match self.outward(joint, &server, said) {
                        Some(Said::Changed(method)) => Segments::from(compose::notification(method, None)),
                        Some(Said::Notification(said) | Said::Question(said)) => said,
                        None => continue,
                    };
                    producing.give(Produced::Interim(said)).await;
                }
                Produced::Final(last) => {
                    if let Some(code) = last.refusal {
                        seat.doubt(code);
                    }
                    let message = joint.plan.answer(&server, &method, &last.message.into_bytes());
                    return Some(Final { message, ..last });
                }
            }
        }
    }

    /// The server a request is for, and the request in that server's words. What the server offers is learned first, where
    /// the answer depends on it.
    pub(super) async fn destination(
        self: &Arc<Self>,
        caller: &Caller,
        joint: &Arc<Joint>,
        request: &Request,
    ) -> Result<(Arc<Seat>, Request), Lost> {
        let Some(server) = joint.plan.addressed(request) else {
            return self
                .routed(joint, request)
                .map_err(nowhere)
                .and_then(|_| Err(nowhere(Refusal::new(Code::BadParams))));
        };
        let at = |refusal| Lost { server: Some(server.clone()), refusal: Box::new(refusal) };
        let seat = self.seat(caller, joint, &server).await.map_err(at)?;
        if let Some(refusal) = self.gateway.stops().between(caller.principal.id(), &server) {
            // Nobody asks the server what it offers; where that is known, the talk refuses the request by what it is for.
            return self.routed(joint, request).map(|own| (seat, own)).map_err(|_| at(refusal));
        }
        if request.method() != "tools/call" {
            return Ok((seat, self.routed(joint, request).map_err(at)?));
        }
        seat.talk().know_list(self.era).await.map_err(at)?;
        let definitions = seat.talk().server().definitions();
        let version = definitions.version();
        let own = match self.routed(joint, request) {
            Ok(own) => own,
            // It may be hidden only because a server that nobody has looked at could have apps.
            Err(_) if self.apps(request) == Apps::Declared => {
                self.look_for_apps(caller, joint).await;
                self.routed(joint, request).map_err(at)?
            }
            Err(refusal) => return Err(at(refusal)),
        };
        seat.talk().know(&own, self.era).await.map_err(at)?;
        // What was learned just now may keep the tool from this client.
        let own = if definitions.version() == version { own } else { self.routed(joint, request).map_err(at)? };
        Ok((seat, own))
    }

    /// Learns of every server whether it has apps, as far as they say in time: a tool for the app of its own server alone
    /// depends on that.
    async fn look_for_apps(self: &Arc<Self>, caller: &Caller, joint: &Arc<Joint>) {
        let mut looking = JoinSet::new();
        for (id, server) in &joint.servers {
            if server.definitions().listed() || !server.health().take_retry(Instant::now()) {
                continue;
            }
            let (joined, caller, joint, id) = (self.clone(), caller.clone(), joint.clone(), id.clone());
            looking.spawn(async move {
                if let Ok(seat) = joined.seat(&caller, &joint, &id).await {
                    // A server that cannot be seen shows no app.
                    let _ = seat.talk().know_list(joined.era).await;
                }
            });
        }
        let _ = timeout(joint.patience.wait, async { while looking.join_next().await.is_some() {} }).await;
    }

    fn routed(&self, joint: &Joint, request: &Request) -> Result<Request, Refusal> {
        match joint.plan.route(request, self.apps(request), &|server, what| offers(joint, server, what))? {
            Route::One { request, .. } => Ok(*request),
            // INVARIANT: whoever asks has seen that it is neither.
            Route::All(_) | Route::Own => Err(Refusal::new(Code::UnknownMethod)),
        }
    }

    /// Answers a question that there is no room for, so that the server does not wait.
    fn leave_unasked(&self, server: &ServerId, question: &Request) {
        let answer = Refusal::new(Code::Busy).render(Some(question.id()), Shape::Error, None);
        let seat = lock(&self.seats).get(server).cloned();
        if let (Some(seat), Ok(Message::Response(answer))) = (seat, Message::parse(answer, &Limits::default())) {
            tokio::spawn(async move { seat.talk().response(answer).await });
        }
    }

    /// What a server says to the client, under the names and ids of this endpoint.
    pub(super) fn outward(&self, joint: &Joint, server: &ServerId, said: Segments) -> Option<Said> {
        let said = said.into_bytes();
        match Message::parse(said.clone(), &Limits::for_results()).ok()? {
            Message::Notification(notification) => match (announcement(notification.method()), notification.method()) {
                (Some(method), _) => {
                    self.gateway.shelves().renew(server);
                    Some(Said::Changed(method))
                }
                (None, "notifications/cancelled") => self.taken_back(server, &notification).map(Said::Notification),
                (None, _) => Some(Said::Notification(joint.plan.outward_notification(server, &said))),
            },
            Message::Request(question) => {
                let outward = joint.plan.outward_question(server, &said).into_bytes();
                let put = match Message::parse(outward, &Limits::for_results()) {
                    Ok(Message::Request(question)) => self.put(joint, server, &question),
                    Ok(Message::Notification(_) | Message::Response(_)) | Err(_) => None,
                };
                if put.is_none() {
                    self.leave_unasked(server, &question);
                }
                put.map(Said::Question)
            }
            Message::Response(_) => None,
        }
    }

    /// A question under an id of this conversation; `None` when its server has more open than its share.
    fn put(&self, joint: &Joint, server: &ServerId, question: &Request) -> Option<Segments> {
        let share = (IN_FLIGHT_MAX / joint.servers.len().max(1)).max(1);
        let mut questions = lock(&self.questions);
        if questions.count(|(whose, _)| whose == server) >= share {
            return None;
        }
        questions.ask((server.clone(), question.id().clone()), question).map(|(_, question)| question)
    }

    /// A server's cancellation, as the client can understand it: of that server's own question, or of a request that is
    /// with that server. `None` for any other, which would end what is another server's.
    fn taken_back(&self, server: &ServerId, cancelled: &Notification) -> Option<Segments> {
        let named = Id::read(cancelled.param("requestId")?, &Limits::default()).ok()?;
        if let Some((number, _)) = lock(&self.questions).take(|(whose, id)| whose == server && *id == named) {
            return renamed(cancelled, number).map(|renamed| Segments::from(renamed.bytes().clone()));
        }
        let seat = lock(&self.flights).get(&named).and_then(Flight::server)?;
        (seat.talk().server().id() == server).then(|| Segments::from(cancelled.bytes().clone()))
    }
}

/// What a server says to the client on the way.
pub(super) enum Said {
    /// A list of it has changed; the announcement is this endpoint's own.
    Changed(&'static str),
    /// Something else.
    Notification(Segments),
    /// A question, under an id of this conversation.
    Question(Segments),
}

fn nowhere(refusal: Refusal) -> Lost {
    Lost { server: None, refusal: Box::new(refusal) }
}
