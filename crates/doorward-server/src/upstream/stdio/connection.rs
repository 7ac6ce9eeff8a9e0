//! The task behind one place in the pool: it owns the routes, the child of the moment, and everybody who waits.
//!
//! Responsible for what goes out: under whose number, to which child, and what becomes of it when the child ends. It
//! outlives a child, so that the next call finds another. It must never wait for a client.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward_core::refusal::{Code, Refusal};
use doorward_core::routing::{OutgoingError, Routes};
use doorward_mcp::compose;
use doorward_mcp::id::Id;
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request};
use doorward_mcp::revision::Era;
use doorward_mcp::splice::Segments;
use tokio::sync::mpsc;
use tokio::time::{Sleep, sleep_until};

use super::super::flood::Backoff;
use super::super::mailbox::{Budget, Mailbox};
use super::commands::{Caller, Command, NewCall};
use super::opening::Opening;
use super::pool::{Control, Key, Registry};
use super::running::{Running, Sign};
use super::waiting::Waiting;
use super::{ChildSpec, Share};
use crate::limits::CHILD_IDLE;
use crate::upstream::Event;

/// The session of a handshake, which is made in nobody's name: no client has it.
pub(super) const GATEWAY: u64 = 0;

/// Where in the pool a connection stands, and what it starts.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) key: Key,
    pub(super) registry: Arc<Registry>,
    pub(super) spec: Arc<ChildSpec>,
    pub(super) era: Era,
    pub(super) share: Share,
}

/// To whom an open question of the child was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Put {
    pub(super) session: u64,
    /// The call on whose way it went, if it was one.
    pub(super) call: Option<u64>,
}

/// The task's state.
pub(super) struct Connection {
    pub(super) place: Place,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) control: Arc<Control>,
    pub(super) routes: Routes<u64, u64>,
    pub(super) calls: BTreeMap<u64, Waiting>,
    pub(super) sessions: BTreeMap<u64, Arc<Mailbox>>,
    /// The child's open questions, and to whom they were put.
    pub(super) questions: BTreeMap<Id, Put>,
    pub(super) opening: Opening,
    /// The handshake to repeat with the next child.
    pub(super) remembered: Option<Request>,
    /// What waits for a repeated handshake.
    pub(super) held: VecDeque<Command>,
    pub(super) child: Option<Running>,
    backoff: Backoff,
    pub(super) budget: Budget,
    timer: Pin<Box<Sleep>>,
    pub(super) calls_at: Option<Instant>,
    pub(super) idle_at: Instant,
    pub(super) used: Instant,
    pub(super) phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    Over,
}

enum Wake {
    Command(Option<Command>),
    Control,
    Child(Sign),
    Timer,
}

impl Connection {
    pub(super) fn new(place: Place, commands: mpsc::Receiver<Command>, control: Arc<Control>) -> Self {
        let now = Instant::now();
        Self {
            place,
            commands,
            control,
            routes: Routes::default(),
            calls: BTreeMap::new(),
            sessions: BTreeMap::new(),
            questions: BTreeMap::new(),
            opening: Opening::Fresh,
            remembered: None,
            held: VecDeque::new(),
            child: None,
            backoff: Backoff::default(),
            budget: Budget::default(),
            timer: Box::pin(sleep_until((now + CHILD_IDLE).into())),
            calls_at: None,
            idle_at: now + CHILD_IDLE,
            used: now,
            phase: Phase::Open,
        }
    }

    /// Serves until nobody can need it any more, or the gateway stops.
    pub(super) async fn run(mut self) {
        while self.phase == Phase::Open {
            self.arm_timer();
            match self.wake().await {
                Wake::Command(Some(command)) => self.obey(command),
                Wake::Command(None) => self.phase = Phase::Over,
                Wake::Control => self.settle_departures(),
                Wake::Child(Sign::Read) => self.read_lines(),
                Wake::Child(Sign::Progress) => {}
                Wake::Timer => self.on_time(Instant::now()),
            }
            self.look_at_child();
        }
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            self.held.push_back(command);
        }
        self.end_child(&Refusal::new(Code::Stopping));
    }

    async fn wake(&mut self) -> Wake {
        let Self { commands, control, child, timer, .. } = self;
        let sign = async {
            match child {
                Some(child) => child.sign().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            command = commands.recv() => Wake::Command(command),
            () = control.changed() => Wake::Control,
            sign = sign => Wake::Child(sign),
            () = timer => Wake::Timer,
        }
    }

    pub(super) fn obey(&mut self, command: Command) {
        match command {
            command @ (Command::Call(_) | Command::Tell { .. } | Command::Reply { .. })
                if self.opening.is_being_repeated() =>
            {
                self.hold(command);
            }
            Command::Call(call) => self.call(call),
            Command::Tell { link, notification } => self.tell(link, &notification),
            Command::Reply { session, answer } => self.reply(session, answer),
        }
    }

    fn call(&mut self, call: NewCall) {
        self.used = Instant::now();
        if let Err(refusal) = self.ensure_child(&call) {
            call.mailbox.finish(Event::Failed(refusal));
            return;
        }
        if self.opening.is_being_repeated() {
            self.hold(Command::Call(call));
            return;
        }
        self.attach(&call.caller);
        if call.request.method() == "initialize" && self.keeps_opening() {
            self.open(call);
        } else {
            self.forward(call);
        }
    }

    pub(super) fn forward(&mut self, call: NewCall) {
        match self.outgoing(call.caller.session(), call.number, &call.request) {
            Ok(upstream) => self.wait_for(call, Some(upstream)),
            Err(refusal) => {
                self.detach_single(&call.caller);
                call.mailbox.finish(Event::Failed(refusal));
            }
        }
    }

    /// Sends a request under an id of the connection's own.
    pub(super) fn outgoing(&mut self, session: u64, number: u64, request: &Request) -> Result<u64, Refusal> {
        let (upstream, message) = self.routes.outgoing(session, number, request).map_err(|error| match error {
            OutgoingError::IdInUse => Refusal::new(Code::IdInUse),
            OutgoingError::Busy => Refusal::new(Code::UpstreamBusy),
        })?;
        if self.send(message) == Sent::No {
            self.routes.abandon(upstream);
            return Err(Refusal::new(Code::UpstreamBusy).with_detail("It does not read what waits for it."));
        }
        Ok(upstream)
    }

    pub(super) fn wait_for(&mut self, call: NewCall, upstream: Option<u64>) {
        self.calls.insert(call.number, Waiting::new(call, upstream));
        self.look_at_calls_by(Instant::now() + self.place.spec.silence);
    }

    fn tell(&mut self, link: u64, notification: &Notification) {
        if self.child.is_none() {
            return;
        }
        match notification.method() {
            "notifications/cancelled" => self.cancel(link, notification),
            "notifications/initialized" if self.keeps_opening() && !self.opening.note_initialized(self.place.share) => {
            }
            _ => {
                self.send(Segments::from(notification.bytes().clone()));
            }
        }
    }

    /// Cancels a request of the same link, by the client's own id for it.
    fn cancel(&mut self, link: u64, notification: &Notification) {
        let named = notification.param("requestId").and_then(|id| Id::read(id, &Limits::default()).ok());
        let Some(named) = named else {
            return;
        };
        let own = |(number, waiting): (&u64, &Waiting)| {
            (waiting.caller.link() == Some(link) && waiting.client_id == named).then_some((*number, waiting.upstream?))
        };
        if let Some((number, upstream)) = self.calls.iter().find_map(own) {
            self.send(notification.with_param("requestId", upstream.to_string()));
            self.routes.abandon(upstream);
            self.fail(number, Refusal::new(Code::Cancelled));
        }
    }

    /// An answer goes to the child only if its question is open and was put to this very session: a child started
    /// since may have asked something else under the same id.
    fn reply(&mut self, session: u64, answer: Segments) {
        let answer = answer.into_bytes();
        let Ok(Message::Response(response)) = Message::parse(answer.clone(), &Limits::for_results()) else {
            return;
        };
        let open =
            response.id().filter(|id| self.questions.get(*id).is_some_and(|put| put.session == session)).cloned();
        if let Some(id) = open {
            self.questions.remove(&id);
            self.send(Segments::from(answer));
        }
    }

    /// Answers a question ourselves: no.
    pub(super) fn refuse_question(&mut self, id: &Id) {
        let entry = Code::QuestionRefused.entry();
        self.send(Segments::from(compose::error(Some(id), entry.json_rpc, entry.sentence, None)));
    }

    pub(super) fn send(&mut self, message: Segments) -> Sent {
        match self.child.as_mut().map(|child| child.send(message)) {
            Some(Ok(())) => Sent::Yes,
            Some(Err(_)) | None => Sent::No,
        }
    }

    fn hold(&mut self, command: Command) {
        match command {
            Command::Call(call) if self.held.len() >= doorward_core::limits::IN_FLIGHT_MAX => {
                call.mailbox.finish(Event::Failed(Refusal::new(Code::UpstreamBusy)));
            }
            Command::Call(_) | Command::Tell { .. } if self.held.len() < doorward_core::limits::IN_FLIGHT_MAX => {
                self.held.push_back(command);
            }
            // Answers belong to the questions of a child that is gone.
            Command::Call(_) | Command::Tell { .. } | Command::Reply { .. } => {}
        }
    }

    fn attach(&mut self, caller: &Caller) {
        match caller {
            Caller::Conversation { session, mailbox } => {
                if !self.sessions.contains_key(session) {
                    self.sessions.insert(*session, mailbox.clone());
                    self.routes.attach(*session);
                }
            }
            Caller::Single { session, .. } => self.routes.attach(*session),
            // Not attached: it gets its answer and nothing else.
            Caller::Gateway { .. } => {}
        }
    }

    /// A stateless request leaves nothing behind.
    pub(super) fn detach_single(&mut self, caller: &Caller) {
        match caller {
            Caller::Single { session, .. } => {
                self.routes.detach(*session);
            }
            Caller::Conversation { .. } | Caller::Gateway { .. } => {}
        }
    }

    /// Takes a call out of the table, with its stateless session.
    pub(super) fn take(&mut self, number: u64) -> Option<Waiting> {
        let waiting = self.calls.remove(&number)?;
        self.detach_single(&waiting.caller);
        Some(waiting)
    }

    pub(super) fn fail(&mut self, number: u64, refusal: Refusal) {
        if let Some(waiting) = self.take(number) {
            waiting.mailbox.finish(Event::Failed(refusal));
        }
    }

    /// Whether handshakes mean something here: not among stateless requests.
    pub(super) fn keeps_opening(&self) -> bool {
        match (self.place.share, self.place.era) {
            (Share::Exclusive, _) | (Share::ByPrincipal, Era::Legacy) => true,
            (Share::ByPrincipal, Era::Modern) => false,
        }
    }

    fn ensure_child(&mut self, call: &NewCall) -> Result<(), Refusal> {
        let now = Instant::now();
        if self.child.as_ref().is_some_and(Running::is_ending) {
            self.bury(now);
        }
        if self.control.is_held() {
            return Err(Refusal::new(Code::Stopped));
        }
        if self.child.is_some() {
            return Ok(());
        }
        self.backoff.check(now).map_err(|wait| self.not_yet(wait))?;
        let child = Running::start(&self.place.spec).map_err(|detail| {
            self.backoff.ended(Duration::ZERO, now);
            tracing::warn!(server = %self.place.spec.server, "{detail}");
            Refusal::new(Code::Unreachable).with_detail(detail)
        })?;
        self.child = Some(child);
        self.opening = Opening::Fresh;
        self.repeat_handshake(call);
        Ok(())
    }

    fn not_yet(&self, wait: Duration) -> Refusal {
        let (times, seconds) = (self.backoff.quick_ends(), wait.as_secs_f64());
        let plural = if times == 1 { "" } else { "s" };
        let detail = format!(
            "It ended soon after its start {times} time{plural} in a row and may be tried again in {seconds:.1} s."
        );
        Refusal::new(Code::Unreachable).with_detail(detail)
    }

    /// Acts on what the child's state has come to.
    fn look_at_child(&mut self) {
        let now = Instant::now();
        let Some(child) = self.child.as_mut() else {
            return;
        };
        if let Err(excess) = child.flood.judge(now) {
            tracing::warn!(server = %self.place.spec.server, ?excess, "child ended: it floods its output");
            self.give_up(&Refusal::new(Code::BadAnswer).with_detail(excess.sentence()), now);
        } else if child.is_stuck(now) {
            tracing::warn!(server = %self.place.spec.server, "child ended: it does not read its input");
            self.give_up(&Refusal::new(Code::TimedOut).with_detail("It does not read its input."), now);
        } else if child.has_ended(now) {
            self.bury(now);
        }
    }

    /// The child has ended by itself.
    fn bury(&mut self, now: Instant) {
        self.read_last_line();
        let obituary = self.child.as_ref().map(Running::obituary).unwrap_or_default();
        tracing::warn!(server = %self.place.spec.server, "{obituary}");
        self.give_up(&Refusal::new(Code::Died).with_detail(obituary), now);
    }

    /// Ends a child that has failed; the next start waits if it lived only briefly.
    pub(super) fn give_up(&mut self, refusal: &Refusal, now: Instant) {
        if let Some(child) = &self.child {
            self.backoff.ended(now.saturating_duration_since(child.started), now);
        }
        self.end_child(refusal);
    }

    /// Ends the child, if there is one, and fails everything that waits for it.
    pub(super) fn end_child(&mut self, refusal: &Refusal) {
        if let Some(child) = self.child.take() {
            self.place.registry.spawn(child.end());
            self.control.child_ended();
        }
        self.fail_all(refusal);
    }

    /// The same without any grace for the child.
    pub(super) fn end_child_at_once(&mut self, refusal: &Refusal) {
        if let Some(child) = self.child.take() {
            tracing::warn!(server = %self.place.spec.server, "child ended: its server is stopped");
            self.place.registry.spawn(child.kill());
            self.control.child_ended();
        }
        self.fail_all(refusal);
    }

    /// Fails everything that waits for a child that is gone.
    fn fail_all(&mut self, refusal: &Refusal) {
        self.opening = Opening::Fresh;
        self.questions.clear();
        self.routes.drain();
        for waiting in std::mem::take(&mut self.calls).into_values() {
            self.detach_single(&waiting.caller);
            waiting.mailbox.finish(Event::Failed(refusal.clone()));
        }
        for command in std::mem::take(&mut self.held) {
            match command {
                Command::Call(call) => call.mailbox.finish(Event::Failed(refusal.clone())),
                Command::Tell { .. } | Command::Reply { .. } => {}
            }
        }
        self.calls_at = None;
    }

    pub(super) fn look_at_calls_by(&mut self, at: Instant) {
        self.calls_at = Some(self.calls_at.map_or(at, |known| known.min(at)));
    }

    /// Sets the timer forward only: one that rings too early costs a look, one reset for every message costs more.
    fn arm_timer(&mut self) {
        let child = self.child.as_ref().and_then(Running::deadline);
        let due = [self.calls_at, child, self.opening.deadline(self.place.spec.silence)];
        let due = due.into_iter().flatten().fold(self.idle_at, Instant::min);
        if self.timer.is_elapsed() || self.timer.deadline() > due.into() {
            self.timer.as_mut().reset(due.into());
        }
    }
}

/// Whether a message was taken for sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It goes out, unless the child ends first.
    Yes,
    /// There is no child, or it does not read.
    No,
}
