//! Child processes that speak MCP over their standard input and output.
//!
//! Responsible for starting, sharing, watching and ending them, and for that one client never sees what belongs to
//! another. It decides nothing about content: what goes out was decided before (a [`Permit`]), what comes in is decided
//! on afterwards. It must never let a child hold up the gateway or grow its memory.

mod commands;
mod connection;
mod framing;
mod housekeeping;
mod inbound;
mod opening;
mod pool;
mod process;
mod running;
mod stderr;
mod waiting;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use doorward_core::ids::ServerId;
use doorward_core::permit::Permit;
use doorward_core::principal::PrincipalId;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::message::{Message, Notification, Request, Response};
use doorward_mcp::revision::Era;
use doorward_mcp::splice::Segments;
use tokio::time::timeout;

use crate::limits::{CALL_EVENTS_MAX, HOUSEKEEPING_WAIT, PROBE_HEARD_OUT, UNSOLICITED_EVENTS_MAX};
use crate::upstream::mailbox::Mailbox;
use crate::upstream::{Event, Housekeeping, admit};
use commands::{Caller, Command, NewCall};
use connection::Connection;
use pool::{Attachment, Binding, Departure, Key, Registry, unique};

pub(crate) use framing::one_line;
pub use pool::{Held, Pool};

/// How to start a server as a child process.
#[derive(Clone)]
pub struct ChildSpec {
    /// Its configured id.
    pub server: ServerId,
    /// The program and its arguments. No shell ever sees them.
    pub command: Vec<OsString>,
    /// The whole environment; nothing is inherited.
    pub environment: Vec<(String, String)>,
    /// Where it runs; `None` for the gateway's own directory.
    pub directory: Option<PathBuf>,
    /// How long it may be silent during a call ([`crate::limits::CALL_SILENCE`] unless configured).
    pub silence: Duration,
}

/// Who shares a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// Nobody: each conversation has its own, with its own handshake, in whatever era it speaks.
    Exclusive,
    /// The conversations of one principal that speak alike.
    ByPrincipal,
}

/// A way to a child: for one conversation, or for any number of stateless requests of one principal.
#[derive(Debug)]
pub struct StdioLink {
    registry: Arc<Registry>,
    spec: Arc<ChildSpec>,
    principal: PrincipalId,
    era: Era,
    share: Share,
    conversation: u64,
    mailbox: Arc<Mailbox>,
    hold: Mutex<Hold>,
}

/// What the link has of a child.
#[derive(Debug)]
enum Hold {
    /// Nothing yet.
    Free,
    /// Its place on this one.
    Bound(Arc<Binding>),
    /// The conversation is over.
    Closed,
}

/// A request under way. Dropping it tells the server that nobody waits any more.
#[derive(Debug)]
pub struct StdioCall {
    number: u64,
    mailbox: Arc<Mailbox>,
    binding: Arc<Binding>,
    progress: Progress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Open,
    Over,
}

impl StdioLink {
    fn new(registry: Arc<Registry>, spec: Arc<ChildSpec>, principal: PrincipalId, era: Era, share: Share) -> Self {
        let mailbox = Mailbox::new(UNSOLICITED_EVENTS_MAX);
        let hold = Mutex::new(Hold::Free);
        Self { registry, spec, principal, era, share, conversation: unique(), mailbox, hold }
    }

    /// Forwards a request. Starts the child if it does not run.
    ///
    /// # Errors
    /// A refusal when the permit is not for this server or no child can be had. A child that cannot be started shows as
    /// [`Event::Failed`].
    pub async fn call(&self, permit: Permit) -> Result<StdioCall, Refusal> {
        admit(&permit, &self.spec.server)?;
        let Message::Request(request) = permit.message() else {
            return Err(Refusal::new(Code::UnknownShape));
        };
        let (binding, caller) = self.bound_for(request)?;
        send_call(binding, caller, request.clone()).await
    }

    /// Forwards a notification. One that means nothing to the child (it cancels a request that is not in flight, or
    /// repeats a handshake) goes nowhere.
    ///
    /// # Errors
    /// A refusal when the permit is not for this server or there is no child to tell.
    pub async fn tell(&self, permit: Permit) -> Result<(), Refusal> {
        admit(&permit, &self.spec.server)?;
        let Message::Notification(notification) = permit.message() else {
            return Err(Refusal::new(Code::UnknownShape));
        };
        match self.bound() {
            Some(binding) => self.send_notification(&binding, notification.clone()).await,
            None => Err(Refusal::new(Code::Unreachable).with_detail("It is not running.")),
        }
    }

    /// Hands the child the answer to its question. An answer to a question that is not open goes nowhere.
    ///
    /// # Errors
    /// A refusal when there is no child to tell.
    pub async fn reply(&self, answer: Segments) -> Result<(), Refusal> {
        let Some(binding) = self.bound() else {
            return Err(Refusal::new(Code::Unreachable).with_detail("It is not running."));
        };
        send(&binding, Command::Reply { session: self.conversation, answer }).await
    }

    /// Asks the child something for the gateway itself and waits for the answer (bounded).
    ///
    /// # Errors
    /// A refusal when there is no usable answer.
    pub async fn keep_house(&self, task: Housekeeping) -> Result<Response, Refusal> {
        let request = housekeeping::request(&task)?;
        let (binding, caller) = self.bound_for(&request)?;
        let caller = match &task {
            // Whoever converses also hears what belongs to no call.
            Housekeeping::Converse { .. } => caller,
            Housekeeping::Initialize | Housekeeping::Ping | Housekeeping::Discover | Housekeeping::ListTools { .. } => {
                Caller::Gateway { session: unique() }
            }
        };
        let mut call = send_call(binding.clone(), caller, request).await?;
        let patience = match &task {
            // Whoever asks for a client does not wait so long.
            Housekeeping::Discover => PROBE_HEARD_OUT.min(self.spec.silence),
            Housekeeping::Initialize
            | Housekeeping::Converse { .. }
            | Housekeeping::Ping
            | Housekeeping::ListTools { .. } => HOUSEKEEPING_WAIT,
        };
        let response = timeout(patience, call.response()).await;
        let response = response.unwrap_or_else(|_| Err(Refusal::new(Code::TimedOut)))?;
        let opens = matches!(task, Housekeeping::Initialize | Housekeeping::Converse { .. });
        if let (true, Some(_), Some(initialized)) = (opens, response.result(), housekeeping::initialized_notification())
        {
            self.send_notification(&binding, initialized).await?;
        }
        Ok(response)
    }

    /// The next event that belongs to no call. Pends for ever where there is none. Safe to drop and ask again.
    pub async fn unsolicited(&self) -> Event {
        self.mailbox.next().await
    }

    /// How often a child of this conversation has ended.
    #[must_use]
    pub fn breaks(&self) -> u64 {
        match &*self.hold() {
            Hold::Bound(binding) => binding.control.ends(),
            Hold::Free | Hold::Closed => 0,
        }
    }

    /// Waits until the child of this conversation has ended more often than `seen` times, and returns how often. Pends
    /// for ever while there is no conversation.
    pub async fn broken(&self, seen: u64) -> u64 {
        let hold = match &*self.hold() {
            Hold::Bound(binding) => Some(binding.control.clone()),
            Hold::Free | Hold::Closed => None,
        };
        match hold {
            Some(control) => control.ended(seen).await,
            None => std::future::pending().await,
        }
    }

    /// Ends the child for stateless requests of this principal, if nobody uses it right now.
    pub fn dismiss(&self) {
        if (self.share, self.era) == (Share::ByPrincipal, Era::Modern) {
            self.registry.dismiss(&Key::modern(&self.spec.server, &self.principal));
        }
    }

    /// Ends the conversation: its calls in flight are cancelled. A shared child goes on.
    pub async fn close(&self) {
        let hold = std::mem::replace(&mut *self.hold(), Hold::Closed);
        if let Hold::Bound(binding) = hold {
            // Calls still under way keep the binding alive, so its end must be told.
            binding.control.depart(Departure::Conversation(self.conversation));
        }
    }

    /// The place this request goes out from, taken now if need be.
    fn bound_for(&self, request: &Request) -> Result<(Arc<Binding>, Caller), Refusal> {
        let opens = request.method() == "initialize";
        let server = &self.spec.server;
        let key = match (self.share, self.era) {
            (Share::Exclusive, _) => Key::exclusive(server, &self.principal, self.conversation),
            (Share::ByPrincipal, Era::Modern) => return self.single(),
            (Share::ByPrincipal, Era::Legacy) if opens => Key::legacy(server, &self.principal, request),
            (Share::ByPrincipal, Era::Legacy) => {
                let binding = self.bound().ok_or_else(|| Refusal::new(Code::UnknownSession))?;
                return Ok((binding, self.caller()));
            }
        };
        let mut hold = self.hold();
        match &*hold {
            Hold::Bound(binding) if binding.key == key => return Ok((binding.clone(), self.caller())),
            Hold::Closed => return Err(Refusal::new(Code::UnknownSession)),
            Hold::Bound(_) | Hold::Free => {}
        }
        let binding = Arc::new(self.bind(key, self.conversation, Attachment::Conversation)?);
        *hold = Hold::Bound(binding.clone());
        Ok((binding, self.caller()))
    }

    /// Each stateless request stands alone: its id is compared with no other's.
    fn single(&self) -> Result<(Arc<Binding>, Caller), Refusal> {
        let key = Key::modern(&self.spec.server, &self.principal);
        let session = unique();
        let binding = self.bind(key, session, Attachment::Single)?;
        Ok((Arc::new(binding), Caller::Single { session, link: self.conversation }))
    }

    fn bind(&self, key: Key, session: u64, attachment: Attachment) -> Result<Binding, Refusal> {
        let (spec, registry) = (self.spec.clone(), self.registry.clone());
        let (era, share) = (self.era, self.share);
        self.registry.bind(key, session, attachment, |key, commands, control| {
            Connection::new(connection::Place { key, registry, spec, era, share }, commands, control)
        })
    }

    fn caller(&self) -> Caller {
        Caller::Conversation { session: self.conversation, mailbox: self.mailbox.clone() }
    }

    /// The place this link has, without taking one. Stateless requests have none of their own.
    fn bound(&self) -> Option<Arc<Binding>> {
        match (&*self.hold(), self.share, self.era) {
            (Hold::Bound(binding), _, _) => Some(binding.clone()),
            (Hold::Free, Share::ByPrincipal, Era::Modern) => self.single().ok().map(|(binding, _)| binding),
            (Hold::Free | Hold::Closed, _, _) => None,
        }
    }

    async fn send_notification(&self, binding: &Binding, notification: Notification) -> Result<(), Refusal> {
        send(binding, Command::Tell { link: self.conversation, notification }).await
    }

    fn hold(&self) -> std::sync::MutexGuard<'_, Hold> {
        // The value is replaced whole, so a panic elsewhere cannot have torn it.
        self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StdioCall {
    /// The next event. Safe to drop and ask again. After [`Event::Response`] or [`Event::Failed`] nothing follows.
    pub async fn next(&mut self) -> Event {
        let event = self.mailbox.next().await;
        match &event {
            Event::Response(_) | Event::Failed(_) => self.progress = Progress::Over,
            Event::Notification(_) | Event::Question(_) => {}
        }
        event
    }

    async fn response(&mut self) -> Result<Response, Refusal> {
        loop {
            match self.next().await {
                Event::Response(response) => return Ok(response),
                Event::Failed(refusal) => return Err(refusal),
                Event::Notification(_) | Event::Question(_) => {}
            }
        }
    }
}

impl Drop for StdioCall {
    fn drop(&mut self) {
        if self.progress == Progress::Open {
            self.binding.control.depart(Departure::Call(self.number));
        }
    }
}

async fn send_call(binding: Arc<Binding>, caller: Caller, request: Request) -> Result<StdioCall, Refusal> {
    let (number, mailbox) = (unique(), Mailbox::new(CALL_EVENTS_MAX));
    let call = NewCall { number, caller, request, mailbox: mailbox.clone() };
    send(&binding, Command::Call(call)).await?;
    Ok(StdioCall { number, mailbox, binding, progress: Progress::Open })
}

async fn send(binding: &Binding, command: Command) -> Result<(), Refusal> {
    binding.commands.send(command).await.map_err(|_| Refusal::new(Code::Stopping))
}

impl fmt::Debug for ChildSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values of the environment, and arguments, are where secrets are.
        let names: Vec<&str> = self.environment.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("ChildSpec")
            .field("server", &self.server)
            .field("program", &self.command.first())
            .field("environment", &names)
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}
