//! One bridged conversation: what the client said once, what is under way, and what it has been asked.
//!
//! Responsible for answering what the stateless era has no request for. It must never send a client's message without
//! its permit.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_core::limits::IN_FLIGHT_MAX;
use doorward_core::permit::Permit;
use doorward_core::refusal::{Code, Refusal, Shape};
use doorward_mcp::bridge::{ListNews, Stamp, Unbridged, log_level};
use doorward_mcp::compose;
use doorward_mcp::id::Id;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Request, Response};
use doorward_mcp::raw::Kind;
use doorward_mcp::revision::{Era, Revision};
use doorward_mcp::splice::Segments;
use tokio::sync::{mpsc, oneshot};

use super::call::ModernCall;
use super::client::{Client, TasksTaken};
use super::ear::Ear;
use super::relay::{Purpose, Relay, in_legacy_words};
use super::tasks::Tasks;
use crate::server::Reach;
use crate::upstream::{Event, Housekeeping, Link};

/// One conversation of a client that began with a handshake, at a server that has none.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) reach: Arc<Reach>,
    /// The server in its own era.
    pub(super) link: Arc<Link>,
    pub(super) client: Client,
    log_level: Mutex<Option<String>>,
    next: AtomicU64,
    under_way: Mutex<BTreeMap<u64, UnderWay>>,
    questions: Mutex<BTreeMap<u64, mpsc::Sender<Answered>>>,
    ear: Ear,
    tasks: Tasks,
}

/// A request that the client can cancel.
#[derive(Debug)]
struct UnderWay {
    id: Id,
    /// Dropped, it ends the request.
    _cancel: oneshot::Sender<()>,
}

/// What the client said to a question, and the question's number.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) number: u64,
    pub(super) response: Response,
}

/// A place among the requests under way. Dropping it gives it up.
#[derive(Debug)]
pub(super) struct Claim {
    conversation: Arc<Conversation>,
    number: u64,
    pub(super) cancelled: oneshot::Receiver<()>,
}

impl Conversation {
    /// The conversation that `request`, an `initialize`, begins, and the answer to it.
    pub(super) fn open(
        reach: Arc<Reach>,
        link: Arc<Link>,
        request: &Request,
        discovered: &Response,
    ) -> Result<(Arc<Self>, Response), Refusal> {
        let introduced = discovered.result().and_then(|result| Client::introduced(request, result));
        let (client, result) = introduced.ok_or_else(|| Refusal::new(Code::BadAnswer))?;
        let answer = answer(request.id(), &result)?;
        let capabilities = discovered.result_member("capabilities");
        let lists = capabilities.map(ListNews::of_capabilities).unwrap_or_default();
        let ear = Ear::new(link.clone(), client.stamp(TasksTaken::No, None), client.revision, lists);
        let tasks = Tasks::between(client.revision, capabilities);
        let conversation = Self {
            reach,
            link,
            client,
            log_level: Mutex::new(None),
            next: AtomicU64::new(1),
            under_way: Mutex::new(BTreeMap::new()),
            questions: Mutex::new(BTreeMap::new()),
            ear,
            tasks,
        };
        Ok((Arc::new(conversation), answer))
    }

    /// A request of the client.
    ///
    /// # Errors
    /// A refusal when it has no equal, or too many are under way.
    pub(super) fn call(self: &Arc<Self>, permit: Permit) -> Result<ModernCall, Refusal> {
        let request = match permit.message() {
            Message::Request(request) => request.clone(),
            Message::Notification(_) | Message::Response(_) => return Err(Refusal::new(Code::UnknownShape)),
        };
        match request.method() {
            "ping" => self.nothing(&request),
            "logging/setLevel" => {
                let level = log_level(request.params()).map_err(|_| Refusal::new(Code::BadParams))?;
                *locked(&self.log_level) = Some(level);
                self.nothing(&request)
            }
            "tools/call" if self.tasks.are_wanted(&request) => self.relay(permit, request, Purpose::Task),
            "tools/call"
            | "tools/list"
            | "resources/list"
            | "resources/templates/list"
            | "resources/read"
            | "prompts/list"
            | "prompts/get"
            | "completion/complete" => self.relay(permit, request, Purpose::Answer),
            "resources/subscribe" | "resources/unsubscribe" => self.listen(permit, &request),
            "tasks/get" | "tasks/result" | "tasks/list" | "tasks/cancel" if self.tasks.are_bridged() => {
                self.tasks.call(self, permit, &request)
            }
            method => Err(no_equal(&format!("{method} has no equal in the server's era"))),
        }
    }

    /// A notification of the client. What has no equal in the server's era ends here, as the guide on eras says.
    pub(super) async fn tell(&self, permit: Permit) -> Result<(), Refusal> {
        let Message::Notification(notification) = permit.message() else {
            return Err(Refusal::new(Code::UnknownShape));
        };
        match notification.method() {
            "notifications/initialized" => self.ear.lists(permit).await,
            "notifications/cancelled" => {
                let named = notification.param("requestId").and_then(|id| Id::read(id, &Limits::default()).ok());
                if let Some(named) = named {
                    // In the server's era the end of the stream is the cancellation.
                    locked(&self.under_way).retain(|_, request| request.id != named);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The client's answer to a question, or ours.
    pub(super) fn reply(&self, answer: Segments) -> Result<(), Refusal> {
        let Ok(Message::Response(response)) = Message::parse(answer.into_bytes(), &Limits::for_results()) else {
            return Err(Refusal::new(Code::UnknownShape));
        };
        let number = match response.id() {
            Some(Id::Number(number)) => number.as_str().parse().ok(),
            Some(Id::String(_)) | None => None,
        };
        let waiting = number.and_then(|number| Some((number, locked(&self.questions).remove(&number)?)));
        if let Some((number, waiting)) = waiting {
            // Whoever asked may have given up; each question has room for its answer.
            let _ = waiting.try_send(Answered { number, response });
        }
        Ok(())
    }

    pub(super) async fn keep_house(&self, task: Housekeeping) -> Result<Response, Refusal> {
        let task = match task {
            Housekeeping::ListTools { cursor, .. } => Housekeeping::ListTools { cursor, era: Era::Modern },
            Housekeeping::Initialize | Housekeeping::Discover | Housekeeping::Converse { .. } | Housekeeping::Ping => {
                task
            }
        };
        self.link.keep_house(task).await
    }

    /// What the server tells outside of requests: on the stream for that and, on a pipe of the client's own, anywhere.
    pub(super) async fn unsolicited(&self) -> Event {
        loop {
            let event = tokio::select! {
                biased;
                event = self.ear.next() => return event,
                event = self.link.unsolicited() => event,
            };
            match event {
                Event::Notification(notification) => {
                    if let Some(notification) = in_legacy_words(notification, self.revision()) {
                        return Event::Notification(notification);
                    }
                }
                Event::Question(question) => self.refuse(&question).await,
                Event::Response(_) => {}
                Event::Failed(refusal) => return Event::Failed(refusal),
            }
        }
    }

    /// Refuses a request of the server: 2026-07-28 has none, and the client could not tell what it is about.
    pub(super) async fn refuse(&self, question: &Request) {
        let answer = Refusal::new(Code::QuestionRefused).render(Some(question.id()), Shape::Error, None);
        // A server that does not take it breaks its own rules already.
        let _ = Box::pin(self.link.reply(Segments::from(answer))).await;
    }

    pub(super) async fn close(&self) {
        locked(&self.under_way).clear();
        locked(&self.questions).clear();
        self.ear.close().await;
        self.link.close().await;
    }

    /// What a request says of the client now.
    pub(super) fn stamp(&self, tasks: TasksTaken) -> Stamp {
        self.client.stamp(tasks, locked(&self.log_level).clone())
    }

    /// A number nobody else has in this conversation, for ids.
    pub(super) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Registers a request that may be cancelled.
    pub(super) fn claim(self: &Arc<Self>, id: &Id) -> Result<Claim, Refusal> {
        let (cancel, cancelled) = oneshot::channel();
        let number = self.number();
        let mut under_way = locked(&self.under_way);
        if under_way.len() >= IN_FLIGHT_MAX {
            return Err(Refusal::new(Code::Busy).with_detail("Too many requests of this session are in flight."));
        }
        under_way.insert(number, UnderWay { id: id.clone(), _cancel: cancel });
        drop(under_way);
        Ok(Claim { conversation: self.clone(), number, cancelled })
    }

    /// Registers a question; its answer goes to `to`.
    pub(super) fn ask(&self, to: mpsc::Sender<Answered>) -> u64 {
        let number = self.number();
        locked(&self.questions).insert(number, to);
        number
    }

    /// Forgets a question; its answer then belongs to nobody.
    pub(super) fn withdraw(&self, number: u64) {
        locked(&self.questions).remove(&number);
    }

    pub(super) const fn revision(&self) -> Revision {
        self.client.revision
    }

    /// What is known of the tasks of this conversation.
    pub(super) const fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Forwards a request.
    pub(super) fn relay(
        self: &Arc<Self>,
        permit: Permit,
        request: Request,
        purpose: Purpose,
    ) -> Result<ModernCall, Refusal> {
        Relay::begin(self.clone(), permit, request, purpose).map(ModernCall::relay)
    }

    fn listen(self: &Arc<Self>, permit: Permit, request: &Request) -> Result<ModernCall, Refusal> {
        let uri = request.param("uri").filter(|uri| uri.kind() == Kind::String).and_then(|uri| uri.as_str());
        let uri = uri.ok_or_else(|| Refusal::new(Code::BadParams))?.into_owned();
        let nothing = answer(request.id(), "{}")?;
        let subscribes = request.method() == "resources/subscribe";
        let conversation = self.clone();
        Ok(ModernCall::errand(Box::pin(async move {
            let ear = &conversation.ear;
            let changed =
                if subscribes { ear.subscribe(permit, uri).await } else { ear.unsubscribe(permit, uri).await };
            match changed {
                Ok(()) => Event::Response(nothing),
                Err(refusal) => Event::Failed(refusal),
            }
        })))
    }

    fn nothing(&self, request: &Request) -> Result<ModernCall, Refusal> {
        answer(request.id(), "{}").map(|response| ModernCall::known(Event::Response(response)))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        locked(&self.conversation.under_way).remove(&self.number);
    }
}

/// A response of the bridge's own.
pub(super) fn answer(id: &Id, result: &str) -> Result<Response, Refusal> {
    match Message::parse(compose::result(id, result), &Limits::for_results()) {
        Ok(Message::Response(response)) => Ok(response),
        Ok(Message::Request(_) | Message::Notification(_)) | Err(_) => Err(Refusal::new(Code::BadAnswer)),
    }
}

/// The refusal for what the other era has no equal of.
pub(super) fn unbridged(unbridged: &Unbridged) -> Refusal {
    no_equal(&unbridged.to_string())
}

fn no_equal(detail: &str) -> Refusal {
    Refusal::new(Code::NoEquivalent).with_detail(format!("{detail}."))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while it was held cannot have left it half written: every change is one insertion or removal.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
