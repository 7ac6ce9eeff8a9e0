//! Whose task ids are.
//!
//! Whoever holds an id is not its owner: ids travel through logs and models, and some servers count them. An id is bound to
//! the server that gave it and to every principal it was given to through this gateway (two children of one server may
//! both have a first task). It must never tell an id that nobody has from one that somebody else has.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use doorward_core::ids::ServerId;
use doorward_core::principal::{PrincipalId, Proof};
use doorward_core::refusal::{Code, Refusal};
use doorward_mcp::limits::Limits;
use doorward_mcp::message::{Message, Notification, Request, Response};
use doorward_mcp::raw::{Kind, Raw};
use doorward_mcp::splice::Splice;

use crate::limits::{HANDLE_BYTES_MAX, HANDLES_MAX, HANDLES_PER_PRINCIPAL_MAX};

/// `_meta` of messages that belong to a task (2025-11-25).
const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";

/// Which task ids were given to whom.
#[derive(Debug, Default)]
pub struct Handles {
    given: Mutex<Given>,
}

#[derive(Debug, Default)]
struct Given {
    owners: BTreeMap<PrincipalId, Owned>,
    count: usize,
}

#[derive(Debug, Default)]
struct Owned {
    /// With the number of its latest giving.
    ids: HashMap<(ServerId, Box<str>), u64>,
    /// Oldest first; one that was given again since is passed over.
    order: VecDeque<(u64, (ServerId, Box<str>))>,
    last: u64,
}

impl Handles {
    /// The task that an answer to `owner` would give, if it is let through.
    pub(crate) fn created(owner: &PrincipalId, method: &str, answer: &Response) -> Option<String> {
        if is_bound(owner) { created(method, answer) } else { None }
    }

    /// Remembers the task that an answer gave to `owner`.
    pub(crate) fn give(&self, owner: &PrincipalId, server: &ServerId, id: &str) {
        // One that is too long is never found again, which refuses whoever comes with it.
        if id.len() <= HANDLE_BYTES_MAX {
            self.given().give(owner, (server.clone(), Box::from(id)));
        }
    }

    /// Refuses a request that names a task which was not given to whoever asks.
    ///
    /// # Errors
    /// [`Code::ForeignHandle`], the same for an id that nobody has.
    pub(crate) fn check(&self, owner: &PrincipalId, server: &ServerId, request: &Request) -> Result<(), Refusal> {
        if !is_bound(owner) {
            return Ok(());
        }
        let named = named_by(request);
        if named.is_empty() {
            return Ok(());
        }
        let given = self.given();
        let own = |id: &Raw<'_>| id.as_str().is_some_and(|id| given.has(owner, server, &id));
        if named.iter().all(own) { Ok(()) } else { Err(Refusal::new(Code::ForeignHandle)) }
    }

    /// Whether a notification of a server is about nobody's task, or about one of `owner`'s.
    pub(crate) fn may_hear(&self, owner: &PrincipalId, server: &ServerId, notification: &Notification) -> bool {
        if !is_bound(owner) {
            return true;
        }
        let task = match notification.method() {
            "notifications/tasks" | "notifications/tasks/status" => Some(notification.param("taskId")),
            _ => notification.meta().and_then(|meta| meta.path(&[RELATED_TASK, "taskId"])).map(Some),
        };
        match task {
            None => true,
            Some(id) => {
                let id = id.and_then(|id| id.as_str());
                id.is_some_and(|id| self.given().has(owner, server, &id))
            }
        }
    }

    /// The answer to `tasks/list` without what is not `owner`'s; `None` when it cannot be read.
    pub(crate) fn own_alone(&self, owner: &PrincipalId, server: &ServerId, answer: Response) -> Option<Response> {
        if !is_bound(owner) || answer.result().is_none() {
            return Some(answer);
        }
        let tasks = answer.result_member("tasks").filter(|tasks| tasks.kind() == Kind::Array)?;
        let keep: Vec<bool> = {
            let given = self.given();
            let own = |task: Raw<'_>| {
                let id = task.member("taskId").and_then(|id| id.as_str());
                id.is_some_and(|id| given.has(owner, server, &id))
            };
            tasks.elements().map(own).collect()
        };
        if keep.iter().all(|keep| *keep) {
            return Some(answer);
        }
        let mut splice = Splice::new(answer.bytes());
        splice.filter_array(tasks, &keep).ok()?;
        match Message::parse(splice.finish().into_bytes(), &Limits::for_results()) {
            Ok(Message::Response(answer)) => Some(answer),
            Ok(Message::Request(_) | Message::Notification(_)) | Err(_) => None,
        }
    }

    fn given(&self) -> MutexGuard<'_, Given> {
        // A panic while it was held can have lost an entry, which refuses its owner; nobody gains one.
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Given {
    fn has(&self, owner: &PrincipalId, server: &ServerId, id: &str) -> bool {
        self.owners.get(owner).is_some_and(|owned| owned.ids.contains_key(&(server.clone(), Box::from(id))))
    }

    fn give(&mut self, owner: &PrincipalId, handle: (ServerId, Box<str>)) {
        let owned = self.owners.entry(owner.clone()).or_default();
        owned.last = owned.last.saturating_add(1);
        let (number, before) = (owned.last, owned.ids.len());
        owned.ids.insert(handle.clone(), number);
        owned.order.push_back((number, handle));
        self.count = self.count.saturating_add(owned.ids.len().saturating_sub(before));
        if owned.ids.len() > HANDLES_PER_PRINCIPAL_MAX && owned.forget_oldest() {
            self.count = self.count.saturating_sub(1);
        }
        owned.tidy();
        while self.count > HANDLES_MAX && self.forget_of_richest() {}
    }

    /// Who has most loses first, so that nobody can take away what others have.
    fn forget_of_richest(&mut self) -> bool {
        let richest = self.owners.iter().max_by_key(|(_, owned)| owned.ids.len()).map(|(owner, _)| owner.clone());
        let Some(owned) = richest.as_ref().and_then(|owner| self.owners.get_mut(owner)) else { return false };
        let forgotten = owned.forget_oldest();
        if owned.ids.is_empty() {
            richest.and_then(|owner| self.owners.remove(&owner));
        }
        self.count = self.count.saturating_sub(usize::from(forgotten));
        forgotten
    }
}

impl Owned {
    fn forget_oldest(&mut self) -> bool {
        while let Some((number, handle)) = self.order.pop_front() {
            if self.ids.get(&handle) == Some(&number) {
                self.ids.remove(&handle);
                return true;
            }
        }
        false
    }

    /// Ids that were given again and again leave no more than as many traces behind.
    fn tidy(&mut self) {
        if self.order.len() > self.ids.len().saturating_mul(2).saturating_add(16) {
            let ids = &self.ids;
            self.order.retain(|(number, handle)| ids.get(handle) == Some(number));
        }
    }
}

/// Whether there can be others beside `owner`. A process that its client started serves nobody else, and where nobody is
/// asked for credentials everybody is the same.
fn is_bound(owner: &PrincipalId) -> bool {
    match owner.proof() {
        Proof::LocalProcess | Proof::None => false,
        Proof::LocalToken | Proof::ApiKey | Proof::AccessToken | Proof::BoundToken | Proof::Certificate => true,
    }
}

/// Every task that a request names.
fn named_by(request: &Request) -> Vec<Raw<'_>> {
    let own = match request.method() {
        // Those of later revisions, and of a server's own, as well.
        method if method.starts_with("tasks/") => request.param("taskId"),
        _ => None,
    };
    let listened = match request.method() {
        "subscriptions/listen" => request.param("notifications").and_then(|wish| wish.member("taskIds")),
        _ => None,
    };
    let related = request.meta().and_then(|meta| meta.path(&[RELATED_TASK, "taskId"]));
    own.into_iter().chain(related).chain(listened.into_iter().flat_map(|ids| ids.elements())).collect()
}

/// The task that an answer creates: the member `task` in 2025-11-25, since 2026-07-28 the result itself.
fn created(method: &str, answer: &Response) -> Option<String> {
    if method.starts_with("tasks/") {
        return None;
    }
    let result = answer.result()?;
    let kind = result.member("resultType").and_then(|kind| kind.as_str());
    let task = match kind.as_deref() {
        Some("task") => result.member("taskId"),
        Some(_) => None,
        None => result.path(&["task", "taskId"]),
    };
    task?.as_str().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use doorward_core::principal::Principal;
    use doorward_mcp::compose;
    use doorward_mcp::id::Id;

    use super::*;

    fn owner(name: &str) -> PrincipalId {
        Principal::new(name, Proof::ApiKey).id().clone()
    }

    fn server(id: &str) -> ServerId {
        ServerId::parse(id).unwrap()
    }

    fn request(method: &str, params: &str) -> Request {
        match Message::parse(compose::request(&Id::from("1"), method, Some(params)), &Limits::default()) {
            Ok(Message::Request(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    fn answer(result: &str) -> Response {
        match Message::parse(compose::result(&Id::from("1"), result), &Limits::default()) {
            Ok(Message::Response(response)) => response,
            other => panic!("{other:?}"),
        }
    }

    fn notification(method: &str, params: &str) -> Notification {
        match Message::parse(compose::notification(method, Some(params)), &Limits::default()) {
            Ok(Message::Notification(notification)) => notification,
            other => panic!("{other:?}"),
        }
    }

    fn learn(handles: &Handles, answered: &Response) {
        let task = Handles::created(&owner("ann"), "tools/call", answered).unwrap();
        handles.give(&owner("ann"), &server("s"), &task);
    }

    fn code(checked: Result<(), Refusal>) -> Option<Code> {
        checked.err().map(|refusal| refusal.code)
    }

    #[test]
    fn an_id_is_good_for_whom_it_was_given_to_at_its_server_alone() {
        let handles = Handles::default();
        let created = [r#"{"task":{"taskId":"t"}}"#, r#"{"resultType":"task","taskId":"u"}"#];
        for result in created {
            learn(&handles, &answer(result));
        }
        let wishes = [
            ("tasks/get", r#"{"taskId":"ID"}"#),
            ("tasks/result", r#"{"taskId":"ID"}"#),
            ("tasks/cancel", r#"{"taskId":"ID"}"#),
            ("tasks/pause", r#"{"taskId":"ID"}"#),
            ("tasks/update", r#"{"taskId":"ID","inputResponses":{}}"#),
            ("tools/call", r#"{"name":"a","_meta":{"io.modelcontextprotocol/related-task":{"taskId":"ID"}}}"#),
            ("subscriptions/listen", r#"{"notifications":{"taskIds":["t","ID"]}}"#),
        ];
        for (method, params) in wishes {
            for id in ["t", "u"] {
                let wish = request(method, &params.replace("ID", id));
                assert_eq!(code(handles.check(&owner("ann"), &server("s"), &wish)), None, "{method}");
                let foreign = handles.check(&owner("bob"), &server("s"), &wish);
                let unknown = handles.check(&owner("ann"), &server("s"), &request(method, &params.replace("ID", "x")));
                assert_eq!(code(foreign.clone()), Some(Code::ForeignHandle), "{method}");
                assert_eq!(format!("{foreign:?}"), format!("{unknown:?}"), "nobody learns which it is");
                assert_eq!(code(handles.check(&owner("ann"), &server("r"), &wish)), Some(Code::ForeignHandle));
            }
        }
        let harmless = request("tools/call", r#"{"name":"a","arguments":{"taskId":"x"}}"#);
        assert_eq!(code(handles.check(&owner("bob"), &server("s"), &harmless)), None);
    }

    #[test]
    fn what_a_server_says_of_a_task_is_heard_by_its_owner_alone() {
        let handles = Handles::default();
        learn(&handles, &answer(r#"{"task":{"taskId":"t"}}"#));
        let about = [
            notification("notifications/tasks", r#"{"taskId":"t"}"#),
            notification("notifications/tasks/status", r#"{"taskId":"t"}"#),
            notification(
                "notifications/progress",
                r#"{"progressToken":1,"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"t"}}}"#,
            ),
        ];
        for about in about {
            assert!(handles.may_hear(&owner("ann"), &server("s"), &about), "{}", about.method());
            assert!(!handles.may_hear(&owner("bob"), &server("s"), &about), "{}", about.method());
        }
        assert!(handles.may_hear(&owner("bob"), &server("s"), &notification("notifications/progress", "{}")));
        assert!(!handles.may_hear(&owner("ann"), &server("s"), &notification("notifications/tasks", "{}")));
    }

    #[test]
    fn a_list_shows_own_tasks_alone() {
        let handles = Handles::default();
        learn(&handles, &answer(r#"{"task":{"taskId":"t"}}"#));
        let list = r#"{"tasks":[{"taskId":"x"},{"taskId":"t"},{"status":"?"}],"nextCursor":"c"}"#;
        let shown = |who: &str| handles.own_alone(&owner(who), &server("s"), answer(list)).unwrap();
        let result = |response: Response| response.result().unwrap().text().to_owned();
        assert_eq!(result(shown("ann")), r#"{"tasks":[{"taskId":"t"}],"nextCursor":"c"}"#);
        assert_eq!(result(shown("bob")), r#"{"tasks":[],"nextCursor":"c"}"#);
        assert!(handles.own_alone(&owner("ann"), &server("s"), answer(r#"{"tasks":{}}"#)).is_none());
    }

    #[test]
    fn nobody_takes_away_what_others_have() {
        let handles = Handles::default();
        let has = |who: &str, id: String| handles.given().has(&owner(who), &server("s"), &id);
        handles.give(&owner("ann"), &server("s"), "0");
        for number in 0..=HANDLES_PER_PRINCIPAL_MAX {
            handles.give(&owner("bob"), &server("s"), &number.to_string());
        }
        assert!(!has("bob", "0".to_owned()) && has("bob", "1".to_owned()) && has("ann", "0".to_owned()));
        for _ in 0..10 * HANDLES_PER_PRINCIPAL_MAX {
            handles.give(&owner("bob"), &server("s"), "again");
        }
        assert!(handles.given().owners[&owner("bob")].order.len() <= 3 * HANDLES_PER_PRINCIPAL_MAX);
        for number in 0..HANDLES_MAX {
            handles.give(
                &owner(&format!("many-{}", number / HANDLES_PER_PRINCIPAL_MAX)),
                &server("s"),
                &number.to_string(),
            );
        }
        assert_eq!(handles.given().count, HANDLES_MAX);
        assert!(has("ann", "0".to_owned()));
        handles.give(&owner("ann"), &server("s"), &"x".repeat(HANDLE_BYTES_MAX + 1));
        assert!(!has("ann", "x".repeat(HANDLE_BYTES_MAX + 1)));
        handles.give(&owner("ann"), &server("s"), &"x".repeat(HANDLE_BYTES_MAX));
        assert!(has("ann", "x".repeat(HANDLE_BYTES_MAX)));
    }
}
