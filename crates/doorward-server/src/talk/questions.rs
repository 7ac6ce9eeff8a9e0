//! What a server asks of the client, and the way back of the answer.

use std::sync::Arc;

use doorward_core::access::Direction;
use doorward_core::exchange::{Answer, Outcome};
use doorward_core::refusal::{Code, Refusal, Shape};
use doorward_mcp::id::Id;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request, Response};
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::splice::{Segments, Splice};
use doorward_mcp::views::initialize::InitializeResult;

use super::Talk;
use super::ongoing::Unanswered;
use crate::caller::Caller;
use crate::conduct::Rest;

/// A question the client has and has not answered.
#[derive(Debug)]
pub(super) struct Asked {
    /// The server's id for it.
    id: Id,
    unanswered: Unanswered,
}

impl Talk {
    /// A server's question to `caller`: the bytes to put to the client, under an id of this conversation. What may not be
    /// asked is answered to the server here.
    pub(crate) async fn question(&self, caller: &Caller, question: Request, revision: Revision) -> Option<Segments> {
        if revision.era() == Era::Modern {
            // Servers of this era must not send requests (2026-07-28, basic/index); clients could not answer.
            let refusal = Refusal::new(Code::UnknownShape);
            self.turn_away(caller, refusal, Some(question.method()), question.bytes().len()).await;
            return None;
        }
        let id = question.id().clone();
        match self.pass(caller, Direction::ToClient, Message::Request(question), revision).await {
            Rest::Forward(permit, waiting) => {
                let asked = Asked { id: id.clone(), unanswered: Unanswered::new(self.gateway.clone(), waiting) };
                let put = match permit.message() {
                    Message::Request(question) => self.questions().ask(asked, question),
                    Message::Notification(_) | Message::Response(_) => None,
                };
                if put.is_none() {
                    self.reply(refused(&id, &Refusal::new(Code::Busy))).await;
                }
                put.map(|(_, segments)| segments)
            }
            Rest::Reply(outcome) => {
                self.reply(reply_to_server(&id, outcome)).await;
                None
            }
        }
    }

    /// Answers a server's question that is not put to anybody, because nothing of its call is to be seen.
    pub(super) async fn unasked(&self, caller: &Caller, question: &Request) {
        let detail = "The results of the tool that asks are hidden.";
        let refusal = Refusal::new(Code::QuestionRefused).with_detail(detail);
        let refusal = self.turn_away(caller, refusal, Some(question.method()), question.bytes().len()).await;
        self.reply(refused(question.id(), &refusal)).await;
    }

    /// A client's response to a question. One that answers nothing open is ignored, as JSON-RPC wants.
    pub async fn response(self: &Arc<Self>, response: Response) {
        let Some(Asked { id, unanswered }) = self.take_question(&response) else {
            tracing::debug!(server = %self.server.id(), "a client answered a question nobody asked");
            return;
        };
        let outcome = unanswered.end(Answer::Response(response)).await;
        self.reply(reply_to_server(&id, outcome)).await;
    }

    /// A server's `notifications/cancelled`. If it takes a question back, that question is over, and the notification names
    /// it as the client knows it.
    pub(super) async fn taken_back(&self, notification: Notification) -> Notification {
        let named = notification.param("requestId").and_then(|id| Id::read(id, &Limits::default()).ok());
        let taken = named.and_then(|named| self.questions().take(|asked| asked.id == named));
        let Some((number, Asked { unanswered, .. })) = taken else { return notification };
        unanswered.end(Answer::Failed(Refusal::new(Code::Cancelled))).await;
        renamed(&notification, number).unwrap_or(notification)
    }

    /// Ends every open question, because the client has gone: the server is told, the outcomes are recorded.
    pub async fn withdraw_questions(&self) {
        let open = std::mem::take(&mut *self.questions());
        for Asked { id, unanswered } in open.into_waiting() {
            let outcome = unanswered.end(Answer::Failed(Refusal::new(Code::Cancelled))).await;
            self.reply(reply_to_server(&id, outcome)).await;
        }
    }

    fn take_question(&self, response: &Response) -> Option<Asked> {
        self.questions().answered(response)
    }

    async fn reply(&self, message: Segments) {
        if let Err(refusal) = self.link.reply(message).await {
            tracing::warn!(server = %self.server.id(), code = %refusal.code, "a question's answer did not reach the server");
        }
    }

    /// Remembers the revision that `initialize` agreed on.
    pub(super) fn agree(&self, response: &Response) {
        let revision = response
            .result()
            .and_then(|result| InitializeResult::from_result(result).ok())
            .and_then(|result| Revision::parse(&result.protocol_version));
        if let Some(revision) = revision {
            // A second `initialize` on one conversation changes nothing.
            let _ = self.agreed.set(revision);
        }
    }
}

/// The same cancellation, of the question that the client has under `number`.
pub(crate) fn renamed(cancelled: &Notification, number: u64) -> Option<Notification> {
    let mut splice = Splice::new(cancelled.bytes());
    splice.replace(cancelled.param("requestId")?.range(), Id::from(number).to_json()).ok()?;
    match Message::parse(splice.finish().into_bytes(), &Limits::for_results()) {
        Ok(Message::Notification(renamed)) => Some(renamed),
        Ok(Message::Request(_) | Message::Response(_)) | Err(_) => None,
    }
}

fn reply_to_server(id: &Id, outcome: Outcome) -> Segments {
    match outcome {
        Outcome::Answer(segments) => segments,
        Outcome::Refuse(refusal) => refused(id, &refusal),
        // INVARIANT: a request is never merely delivered.
        Outcome::Done => refused(id, &Refusal::new(Code::BadAnswer)),
    }
}

fn refused(id: &Id, refusal: &Refusal) -> Segments {
    Segments::from(refusal.render(Some(id), Shape::Error, None))
}
