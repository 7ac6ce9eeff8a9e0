//! The tasks of one conversation of 2025-11-25: those its server made, and those made here of calls that the server
//! answered at once.
//!
//! Only what was begun in the conversation is a task of it; every other id is unknown. It must never keep more than its
//! bounds, and never ask the server about a task without a permit for that.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_core::permit::Permit;
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::bridge::{OwnTask, created_to_legacy, fetched_to_legacy, response_to_legacy, task_errand};
use doorward_mcp::id::Id;
use doorward_mcp::message::{Message, Outcome, Request, Response};
use doorward_mcp::raw::{Kind, Raw};
use doorward_mcp::revision::{Revision, TASKS_EXTENSION};
use doorward_mcp::views::tasks::{Task, TaskStatus};
use doorward_store::rfc3339;
use tokio::time::timeout;

use super::call::ModernCall;
use super::client::TasksTaken;
use super::conversation::{Conversation, answer, unbridged};
use super::relay::Purpose;
use crate::clock::{exchange_id, now};
use crate::limits::{CALL_SILENCE, POLL_LEAST, TASK_BYTES_MAX, TASKS_MAX};
use crate::upstream::{Event, ParamHeaders};

/// What is known of the tasks of one conversation, oldest first.
#[derive(Debug)]
pub(super) struct Tasks {
    bridged: Bridged,
    kept: Mutex<Kept>,
}

/// Whether client and server both have tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bridged {
    Yes,
    No,
}

#[derive(Debug, Default)]
struct Kept {
    tasks: VecDeque<Remembered>,
    bytes: usize,
}

#[derive(Debug, Clone)]
struct Remembered {
    id: String,
    /// The task as it was last seen, in the words of 2025-11-25, as JSON.
    json: String,
    /// What it gave, for a task made here.
    gave: Option<Response>,
}

impl Tasks {
    /// None yet, between a client of that revision and a server that offers this.
    pub(super) fn between(client: Revision, offered: Option<Raw<'_>>) -> Self {
        let offers = offered.and_then(|offered| offered.path(&["extensions", TASKS_EXTENSION])).is_some();
        let bridged = if offers && client >= Revision::V2025_11_25 { Bridged::Yes } else { Bridged::No };
        Self { bridged, kept: Mutex::default() }
    }

    pub(super) fn are_bridged(&self) -> bool {
        self.bridged == Bridged::Yes
    }

    /// Whether a call asks to become a task, and can.
    pub(super) fn are_wanted(&self, call: &Request) -> bool {
        self.are_bridged() && call.param("task").is_some_and(|task| task.kind() == Kind::Object)
    }

    /// A request about tasks.
    pub(super) fn call(
        &self,
        conversation: &Arc<Conversation>,
        permit: Permit,
        request: &Request,
    ) -> Result<ModernCall, Refusal> {
        let known =
            |json: &str| answer(request.id(), json).map(|response| ModernCall::known(Event::Response(response)));
        if request.method() == "tasks/list" {
            return known(&self.list());
        }
        let remembered = request.param("taskId").and_then(|id| id.as_str()).and_then(|id| self.find(&id));
        let Some(remembered) = remembered else {
            return Err(Refusal::new(Code::BadParams).with_detail("The session has no such task."));
        };
        match (request.method(), remembered.gave) {
            ("tasks/get", Some(_)) => known(&remembered.json),
            ("tasks/result", Some(gave)) => Ok(ModernCall::known(Event::Response(gave))),
            (_, Some(_)) => Err(Refusal::new(Code::BadParams).with_detail("The task is over already.")),
            ("tasks/result", None) => {
                let purpose = Purpose::Outcome(remembered.id);
                conversation.relay(permit, request.clone(), purpose)
            }
            (_, None) => {
                let conversation = conversation.clone();
                let first = if request.method() == "tasks/cancel" { First::Cancel } else { First::Nothing };
                Ok(ModernCall::errand(Box::pin(async move {
                    let fetched = timeout(CALL_SILENCE, fetched(&conversation, &permit, &remembered.id, first));
                    match fetched.await.unwrap_or_else(|_| Err(Refusal::new(Code::TimedOut))) {
                        Ok(response) => Event::Response(response),
                        Err(refusal) => Event::Failed(refusal),
                    }
                })))
            }
        }
    }

    /// The answer to a call that its server made a task of.
    pub(super) fn created(&self, response: &Response) -> Result<Response, Refusal> {
        let created = created_to_legacy(response).map_err(|error| unbridged(&error))?;
        if let Some(task) = created.result_member("task")
            && let Some(id) = task.member("taskId").and_then(|id| id.as_str())
        {
            self.keep(Remembered { id: id.into_owned(), json: task.text().to_owned(), gave: None });
        }
        Ok(created)
    }

    /// The answer to a call that wanted to be a task and was answered at once: a task made here, over already.
    pub(super) fn made(&self, request: &Request, gave: Response) -> Result<Response, Refusal> {
        let made_at = now();
        let at = rfc3339(made_at);
        let failed = gave.result_member("isError").and_then(|flag| flag.as_bool()) == Some(true);
        let mut task = OwnTask {
            task_id: format!("doorward-{}", exchange_id(made_at)),
            status: TaskStatus::Working,
            created_at: at.clone(),
            last_updated_at: at,
            ttl_ms: None,
            poll_interval_ms: Some(u64::try_from(POLL_LEAST.as_millis()).unwrap_or_default()),
        };
        // 2025-11-25, tasks: every task begins as one that works.
        let created = answer(request.id(), &task.to_created_json())?;
        task.status = if failed { TaskStatus::Failed } else { TaskStatus::Completed };
        self.keep(Remembered { json: task.to_legacy_json(), id: task.task_id, gave: Some(gave) });
        Ok(created)
    }

    /// Remembers how far a task is now.
    fn seen(&self, id: &str, json: &str) {
        if let Some(mut remembered) = self.find(id) {
            json.clone_into(&mut remembered.json);
            self.keep(remembered);
        }
    }

    fn keep(&self, task: Remembered) {
        let mut kept = self.lock();
        kept.forget(&task.id);
        kept.bytes = kept.bytes.saturating_add(task.weight());
        kept.tasks.push_back(task);
        while kept.tasks.len() > TASKS_MAX || (kept.bytes > TASK_BYTES_MAX && kept.tasks.len() > 1) {
            let Some(oldest) = kept.tasks.pop_front() else { return };
            kept.bytes = kept.bytes.saturating_sub(oldest.weight());
        }
    }

    fn find(&self, id: &str) -> Option<Remembered> {
        self.lock().tasks.iter().find(|task| task.id == id).cloned()
    }

    fn list(&self) -> String {
        let kept = self.lock();
        let tasks: Vec<&str> = kept.tasks.iter().map(|task| task.json.as_str()).collect();
        format!("{{\"tasks\":[{}]}}", tasks.join(","))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Every change leaves it whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn forget(&mut self, id: &str) {
        if let Some(task) = self.tasks.iter().position(|task| task.id == id).and_then(|index| self.tasks.remove(index))
        {
            self.bytes = self.bytes.saturating_sub(task.weight());
        }
    }
}

impl Remembered {
    fn weight(&self) -> usize {
        self.json.len().saturating_add(self.gave.as_ref().map_or(0, |gave| gave.bytes().len()))
    }
}

/// What comes before a look at a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Nothing,
    Cancel,
}

/// The task as it is now, cancelled first if that was asked.
async fn fetched(
    conversation: &Arc<Conversation>,
    permit: &Permit,
    task: &str,
    first: First,
) -> Result<Response, Refusal> {
    if first == First::Cancel {
        let cancelled = ask(conversation, permit, "tasks/cancel", task).await?;
        if let Outcome::Error { .. } = cancelled.outcome() {
            let refused = response_to_legacy("tasks/cancel", &cancelled, Revision::V2025_11_25);
            return refused.map_err(|error| unbridged(&error));
        }
    }
    let response = ask(conversation, permit, "tasks/get", task).await?;
    let response = fetched_to_legacy(&response).map_err(|error| unbridged(&error))?;
    if let Some(seen) = response.result().filter(|seen| Task::from_result(*seen).is_ok()) {
        conversation.tasks().seen(task, seen.text());
    }
    Ok(response)
}

async fn ask(conversation: &Arc<Conversation>, permit: &Permit, method: &str, task: &str) -> Result<Response, Refusal> {
    let stamp = conversation.stamp(TasksTaken::Yes);
    let id = Id::from(conversation.number());
    let reworded = permit.reword(|_: &Message| task_errand(&id, method, task, &stamp));
    let reworded = reworded.map_err(|error| unbridged(&error))?;
    let mut call = Box::pin(conversation.link.call(reworded, &ParamHeaders::new())).await?;
    loop {
        match Box::pin(call.next()).await {
            Event::Notification(_) => {}
            Event::Question(question) => conversation.refuse(&question).await,
            Event::Response(response) => return Ok(response),
            Event::Failed(refusal) => return Err(refusal),
        }
    }
}

#[cfg(test)]
mod tests {
    use doorward_mcp::limits::Limits;
    use doorward_mcp::raw::RawJson;

    use super::*;

    fn task(id: usize, bytes: usize) -> Remembered {
        Remembered { id: id.to_string(), json: "x".repeat(bytes), gave: None }
    }

    fn known(tasks: &Tasks, ids: impl IntoIterator<Item = usize>) -> Vec<bool> {
        ids.into_iter().map(|id| tasks.find(&id.to_string()).is_some()).collect()
    }

    #[test]
    fn so_many_tasks_are_remembered_and_then_the_oldest_goes() {
        let tasks = Tasks::between(Revision::V2025_11_25, None);
        (0..TASKS_MAX).for_each(|id| tasks.keep(task(id, 1)));
        assert_eq!(known(&tasks, [0, TASKS_MAX - 1]), [true, true]);
        // One that is seen again is the newest.
        tasks.seen("0", "y");
        tasks.keep(task(TASKS_MAX, 1));
        assert_eq!(known(&tasks, [0, 1, 2, TASKS_MAX]), [true, false, true, true]);
        assert_eq!(tasks.lock().bytes, TASKS_MAX);
    }

    #[test]
    fn so_many_bytes_are_remembered_and_one_task_always() {
        let tasks = Tasks::between(Revision::V2025_11_25, None);
        tasks.keep(task(1, TASK_BYTES_MAX / 2));
        tasks.keep(task(2, TASK_BYTES_MAX / 2));
        assert_eq!(known(&tasks, [1, 2]), [true, true]);
        tasks.keep(task(3, 1));
        assert_eq!(known(&tasks, [1, 2, 3]), [false, true, true]);
        tasks.keep(task(4, TASK_BYTES_MAX + 1));
        assert_eq!(known(&tasks, [2, 3, 4]), [false, false, true]);
    }

    #[test]
    fn tasks_are_of_one_revision_and_of_servers_that_have_them() {
        let offers = |json: &str| RawJson::parse(json.to_owned(), &Limits::default()).unwrap();
        let has = offers(r#"{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#);
        let lacks = offers(r#"{"tasks":{}}"#);
        assert!(Tasks::between(Revision::V2025_11_25, Some(has.as_raw())).are_bridged());
        assert!(!Tasks::between(Revision::V2025_06_18, Some(has.as_raw())).are_bridged());
        assert!(!Tasks::between(Revision::V2025_11_25, Some(lacks.as_raw())).are_bridged());
        assert!(!Tasks::between(Revision::V2025_11_25, None).are_bridged());
    }
}
