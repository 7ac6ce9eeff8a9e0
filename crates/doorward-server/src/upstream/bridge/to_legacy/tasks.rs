//! Tasks: experimental in 2025-11-25, an extension since 2026-07-28.
//!
//! Responsible for which calls are made as tasks, for whose a task is, and for what `tasks/get` tells of it. It must never
//! speak of a task to anybody but the principal whose call became it.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use doorward_core::permit::Permit;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::{self, Parking, Reply, TaskDetail, TaskSupport};
use doorward_mcp::message::{Outcome, Request, Response};
use doorward_mcp::raw::{Raw, RawJson};
use doorward_mcp::revision::Era;
use doorward_mcp::splice::Segments;
use doorward_mcp::views::tasks::{Task, TaskRequest, TaskStatus};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::forwarded::{Visit, refused};
use super::held::{Farewell, Goal, Held, answer_to};
use super::session::{Known, Offer, Session};
use super::{CLIENT_CAPABILITIES, Shared, Stage};
use crate::limits::{DEFINITIONS_MAX, LIST_PAGES_MAX, TASK_QUESTIONS_WAIT, TASK_TTL_MS, TASKS_PER_SESSION_MAX};
use crate::upstream::{Event, Housekeeping, ParamHeaders};

/// A task of a session.
#[derive(Debug)]
pub(super) struct Errand {
    until: Instant,
    /// The open `tasks/result` over which it asks.
    asking: Option<Box<Held>>,
}

impl Errand {
    /// Whether nobody may come for it any more.
    pub(super) fn is_over(&self) -> bool {
        self.until <= Instant::now()
    }
}

impl Session {
    /// What a request is to come to: a tool that can run as a task does, for a client that knows tasks or where it must.
    pub(super) async fn goal_of(self: &Arc<Self>, known: &Known, request: &Request) -> Goal {
        if request.method() != "tools/call" || known.tasks == Offer::NotMade {
            return Goal::Answer;
        }
        let Some(tool) = request.param("name").and_then(|name| name.as_str()) else { return Goal::Answer };
        let capabilities = request.meta().and_then(|meta| meta.member(CLIENT_CAPABILITIES));
        let takes_tasks = bridge::declares_tasks(capabilities);
        match (self.support(&tool).await, takes_tasks) {
            (TaskSupport::Optional | TaskSupport::Required, true) => Goal::Task,
            (TaskSupport::Required, false) => Goal::AnswerOfTask,
            (TaskSupport::Optional, false) | (TaskSupport::Forbidden, _) => Goal::Answer,
        }
    }

    async fn support(&self, tool: &str) -> TaskSupport {
        if let Some(support) = self.state().supports.get(tool) {
            return *support;
        }
        let mut cursor = None;
        for _ in 0..LIST_PAGES_MAX {
            let page = self.link().keep_house(Housekeeping::ListTools { cursor, era: Era::Legacy }).await;
            let Some(page) = page.ok().filter(|page| page.result().is_some()) else { break };
            page.result().into_iter().for_each(|result| self.learn_support(result));
            cursor =
                page.result_member("nextCursor").and_then(|cursor| cursor.as_str().map(|cursor| cursor.into_owned()));
            if cursor.is_none() {
                break;
            }
        }
        let mut state = self.state();
        if state.supports.len() < DEFINITIONS_MAX {
            // A tool that is not listed is not asked for again with every call.
            return *state.supports.entry(tool.to_owned()).or_insert(TaskSupport::Forbidden);
        }
        state.supports.get(tool).copied().unwrap_or(TaskSupport::Forbidden)
    }

    /// Takes in what a list says about tasks.
    pub(super) fn learn_support(&self, result: Raw<'_>) {
        let mut state = self.state();
        for tool in result.member("tools").into_iter().flat_map(|tools| tools.elements()) {
            let Some(name) = tool.member("name").and_then(|name| name.as_str()) else { continue };
            if state.supports.len() < DEFINITIONS_MAX || state.supports.contains_key(name.as_ref()) {
                state.supports.insert(name.into_owned(), bridge::task_support(tool));
            }
        }
    }

    /// A call of this session's clients became this task.
    pub(super) fn remember_task(&self, task: &str) {
        self.forget_old_tasks();
        let until = Instant::now() + Duration::from_millis(TASK_TTL_MS);
        let before = self.state().tasks.insert(task.to_owned(), Errand { until, asking: None });
        drop(before);
    }

    /// Forgets the tasks that nobody may come for any more, and the oldest where there are too many.
    pub(super) fn forget_old_tasks(&self) {
        let mut state = self.state();
        let mut old: Vec<String> =
            state.tasks.iter().filter(|(_, errand)| errand.is_over()).map(|(task, _)| task.clone()).collect();
        if state.tasks.len().saturating_sub(old.len()) >= TASKS_PER_SESSION_MAX {
            let oldest = state.tasks.iter().filter(|(_, errand)| !errand.is_over());
            old.extend(oldest.min_by_key(|(_, errand)| errand.until).map(|(task, _)| task.clone()));
        }
        let forgotten: Vec<Errand> = old.iter().filter_map(|task| state.tasks.remove(task)).collect();
        drop(state);
        // Outside of the lock: what they hold looks into the session.
        drop(forgotten);
    }

    fn has_task(&self, task: &str) -> bool {
        self.state().tasks.contains_key(task)
    }

    fn take_asking(&self, task: &str) -> Option<Box<Held>> {
        self.state().tasks.get_mut(task)?.asking.take()
    }

    fn put_asking(&self, task: &str, held: Box<Held>) {
        let mut state = self.state();
        let unwanted = match state.tasks.get_mut(task) {
            Some(errand) => errand.asking.replace(held),
            None => Some(held),
        };
        drop(state);
        drop(unwanted);
    }

    /// Gives the server the answers of a client.
    pub(super) async fn answer_questions(
        &self,
        parking: &mut Parking,
        answers: &[(String, RawJson)],
    ) -> Result<(), Refusal> {
        for Reply { message, roots } in parking.answered(answers, Instant::now().into_std()) {
            self.link().reply(Segments::from(message)).await?;
            if let Some(roots) = roots {
                self.remember_roots(roots);
            }
        }
        Ok(())
    }

    async fn ask_about(&self, permit: &Permit, method: &str, task: &str) -> Result<Response, Refusal> {
        let number = self.number();
        let permit = permit.reword(|_| bridge::task_in_session(number, method, task));
        self.ask(permit.map_err(|unbridged| refused(&unbridged))?).await
    }

    /// What a task asks, over a `tasks/result` that stays open until it is answered.
    async fn questions_of(self: &Arc<Self>, errand: &TaskVisit) -> Result<Box<Held>, Refusal> {
        let mut held = match self.take_asking(&errand.task) {
            Some(held) => held,
            None => {
                let seat = self.sit();
                let permit =
                    errand.visit.permit.reword(|_| bridge::task_in_session(seat.number, "tasks/result", &errand.task));
                let permit = permit.map_err(|unbridged| refused(&unbridged))?;
                let call = self.link().call(permit, &ParamHeaders::new()).await?;
                let parking = Parking::new(errand.rules, self.declared().clone());
                Box::new(Held::new(call, seat, parking, Farewell::Silence, Goal::Answer))
            }
        };
        held.take_in_until(Instant::now() + TASK_QUESTIONS_WAIT).await;
        Ok(held)
    }
}

/// A request about a task.
#[derive(Debug)]
struct TaskVisit {
    visit: Visit,
    task: String,
    rules: bridge::ParkingRules,
}

type Answering = Pin<Box<dyn Future<Output = Result<Response, Refusal>> + Send>>;

impl Shared {
    /// `tasks/get`, `tasks/update` and `tasks/cancel`.
    pub(super) async fn task(&self, visit: Visit) -> Result<Stage, Refusal> {
        let task = TaskRequest::from_params(visit.request.params())
            .map_err(|error| Refusal::new(Code::BadParams).with_detail(format!("{error}.")))?;
        let task = task.task_id.into_owned();
        let session = self.sessions().values().find(|session| session.has_task(&task)).cloned();
        // Whose it is otherwise, and whether there is one, is not for others to know.
        let session = session
            .ok_or_else(|| Refusal::new(Code::BadParams).with_detail("No task of this client has that id here."))?;
        let known = session.opened().await?;
        let errand = TaskVisit { visit, task, rules: self.rules() };
        // What is begun here must not be torn by a client that goes: the task's questions would be lost.
        let done = tokio::spawn(about(session, known, errand));
        let response = done.await.unwrap_or_else(|_| Err(Refusal::new(Code::Stopping)))?;
        Ok(Stage::Made(Some(Event::Response(response))))
    }
}

/// Boxed because it calls ways to servers, one of which led here.
fn about(session: Arc<Session>, known: Arc<Known>, errand: TaskVisit) -> Answering {
    Box::pin(async move {
        match errand.visit.request.method() {
            "tasks/get" => fetched(&session, &known, &errand).await,
            "tasks/update" => updated(&session, &errand).await,
            _ => cancelled(&session, &known, &errand).await,
        }
    })
}

async fn fetched(session: &Arc<Session>, known: &Known, errand: &TaskVisit) -> Result<Response, Refusal> {
    let TaskVisit { visit, task, .. } = errand;
    let server_info = known.server_info.as_deref();
    let response = session.ask_about(&visit.permit, "tasks/get", task).await?;
    let status = response.result().and_then(|result| Task::from_result(result).ok()).map(|task| task.status);
    let worded = match status {
        Some(TaskStatus::Completed | TaskStatus::Failed) => {
            let outcome = session.ask_about(&visit.permit, "tasks/result", task).await?;
            let detail = match outcome.outcome() {
                Outcome::Result(result) => TaskDetail::Result(result),
                Outcome::Error { raw, .. } => TaskDetail::Error(raw),
            };
            bridge::fetched_to_modern(&response, detail, server_info)
        }
        Some(TaskStatus::InputRequired) => {
            let held = session.questions_of(errand).await?;
            let questions = held.parking.questions();
            let worded = bridge::fetched_to_modern(&response, TaskDetail::Questions(&questions), server_info);
            session.put_asking(task, held);
            worded
        }
        Some(TaskStatus::Working | TaskStatus::Cancelled) | None => {
            bridge::fetched_to_modern(&response, TaskDetail::Nothing, server_info)
        }
    };
    worded.map_err(|unbridged| refused(&unbridged))
}

async fn updated(session: &Session, errand: &TaskVisit) -> Result<Response, Refusal> {
    let TaskVisit { visit, task, .. } = errand;
    if let Some(mut held) = session.take_asking(task) {
        let answers = bridge::answers_of(&visit.request);
        let answered = session.answer_questions(&mut held.parking, &answers).await;
        session.put_asking(task, held);
        answered?;
    }
    answer_to(&visit.request, r#"{"resultType":"complete"}"#)
}

async fn cancelled(session: &Session, known: &Known, errand: &TaskVisit) -> Result<Response, Refusal> {
    let TaskVisit { visit, task, .. } = errand;
    let response = session.ask_about(&visit.permit, "tasks/cancel", task).await?;
    bridge::cancelled_to_modern(&response, known.server_info.as_deref()).map_err(|unbridged| refused(&unbridged))
}

impl Held {
    /// Takes in what the server asks until that has settled, the call is over, or it is too late.
    async fn take_in_until(&mut self, latest: Instant) {
        while let Ok(more) = timeout_at(latest, self.take_in()).await {
            match more {
                Further::Maybe => {}
                Further::No => return,
            }
        }
    }

    async fn take_in(&mut self) -> Further {
        let settles_at = match (self.parking.settles_at(), self.parking.questions().is_empty()) {
            (Some(at), _) => Some(Instant::from_std(at)),
            // What was asked before still is.
            (None, false) => Some(Instant::now()),
            (None, true) => None,
        };
        let settled = async {
            match settles_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let event = tokio::select! {
            event = self.event() => event,
            () = settled => return Further::No,
        };
        match event {
            Event::Question(question) => self.asked(&question),
            Event::Notification(told) if told.method() == "notifications/cancelled" => self.withdrawn(&told),
            Event::Notification(_) => {}
            // It asks no more; `tasks/result` can be asked again for what it came to.
            Event::Response(_) | Event::Failed(_) => return Further::No,
        }
        Further::Maybe
    }
}

/// Whether more may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Further {
    Maybe,
    No,
}
