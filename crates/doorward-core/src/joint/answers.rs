//! From a server to a client: answers, notifications and questions under the names of the joint face.
//!
//! Responsible for every place where a server names something of its own that a client may ask for later. It must never
//! touch anything else, text and `structuredContent` least of all.

use bytes::Bytes;
use doorward_mcp::message::{Message, Notification, Response};
use doorward_mcp::raw::{Kind, Raw};
use doorward_mcp::splice::Segments;

use super::edits::Edits;
use super::inward::RELATED_TASK;
use super::{Plan, read_again, uris};
use crate::ids::ServerId;

impl Plan {
    /// The final response of `server` to `method`, as its client sees it. Errors pass unchanged; lists go to
    /// [`Plan::merge`].
    #[must_use]
    pub fn answer(&self, server: &ServerId, method: &str, response: &Bytes) -> Segments {
        match read_again(response.clone()) {
            Some(Message::Response(read)) => rewritten_answer(server, method, &read),
            Some(Message::Request(_) | Message::Notification(_)) | None => Segments::from(response.clone()),
        }
    }

    /// A notification of `server`, as its client sees it.
    #[must_use]
    pub fn outward_notification(&self, server: &ServerId, notification: &Bytes) -> Segments {
        match read_again(notification.clone()) {
            Some(Message::Notification(read)) => rewritten_notification(server, &read),
            Some(Message::Request(_) | Message::Response(_)) | None => Segments::from(notification.clone()),
        }
    }

    /// A question of `server`, as its client sees it.
    #[must_use]
    pub fn outward_question(&self, server: &ServerId, question: &Bytes) -> Segments {
        match read_again(question.clone()) {
            Some(Message::Request(read)) => {
                let mut outward = Outward::new(server, read.bytes());
                outward.related_task(read.meta());
                outward.edits.finish()
            }
            Some(Message::Notification(_) | Message::Response(_)) | None => Segments::from(question.clone()),
        }
    }
}

/// Edits that put a server in front of what it names.
pub(super) struct Outward<'s> {
    server: &'s ServerId,
    pub(super) edits: Edits,
}

fn rewritten_answer(server: &ServerId, method: &str, response: &Response) -> Segments {
    let mut outward = Outward::new(server, response.bytes());
    let Some(result) = response.result() else {
        return outward.edits.finish();
    };
    match method {
        "tools/call" => {
            outward.call_result(result);
            outward.created_task(result);
        }
        "tasks/result" => outward.call_result(result),
        "tasks/get" | "tasks/cancel" | "tasks/update" => {
            outward.task(Some(result));
            outward.related_task(result.member("_meta"));
        }
        "prompts/get" => {
            let messages = result.member("messages");
            for message in messages.iter().flat_map(Raw::elements) {
                outward.content(message.member("content"));
            }
            outward.related_task(result.member("_meta"));
        }
        "resources/read" => {
            let contents = result.member("contents");
            for content in contents.iter().flat_map(Raw::elements) {
                outward.uri(content.member("uri"));
            }
            outward.related_task(result.member("_meta"));
        }
        _ => outward.related_task(result.member("_meta")),
    }
    outward.edits.finish()
}

fn rewritten_notification(server: &ServerId, notification: &Notification) -> Segments {
    let mut outward = Outward::new(server, notification.bytes());
    match notification.method() {
        "notifications/resources/updated" => outward.uri(notification.param("uri")),
        "notifications/tasks" | "notifications/tasks/status" => outward.task(notification.params()),
        "notifications/subscriptions/acknowledged" => outward.subscriptions(notification.param("notifications")),
        _ => {}
    }
    outward.related_task(notification.meta());
    outward.edits.finish()
}

impl<'s> Outward<'s> {
    pub(super) fn new(server: &'s ServerId, original: &Bytes) -> Self {
        Self { server, edits: Edits::new(original) }
    }

    pub(super) fn uri(&mut self, value: Option<Raw<'_>>) {
        self.edits.text(value, |uri| Some(uris::outward(self.server, uri)));
    }

    pub(super) fn task_id(&mut self, holder: Option<Raw<'_>>) {
        let id = holder.and_then(|holder| holder.member("taskId"));
        self.edits.text(id, |id| Some(uris::outward_task(self.server, id)));
    }

    /// A call that became a task: in revision 2025-11-25 it is the member `task`, since 2026-07-28 the result itself.
    fn created_task(&mut self, result: Raw<'_>) {
        let kind = result.member("resultType").and_then(|kind| kind.as_str());
        match (kind.as_deref(), result.member("content")) {
            (Some("task"), _) => self.task_id(Some(result)),
            (None, None) => self.task_id(result.member("task")),
            (Some(_), _) | (None, Some(_)) => {}
        }
    }

    /// A task, and what it gave.
    fn task(&mut self, task: Option<Raw<'_>>) {
        self.task_id(task);
        if let Some(result) = task.and_then(|task| task.member("result")) {
            self.call_result(result);
        }
    }

    fn call_result(&mut self, result: Raw<'_>) {
        self.content(result.member("content"));
        self.related_task(result.member("_meta"));
    }

    fn related_task(&mut self, meta: Option<Raw<'_>>) {
        self.task_id(meta.and_then(|meta| meta.member(RELATED_TASK)));
    }

    /// One content block or an array of them.
    fn content(&mut self, content: Option<Raw<'_>>) {
        let Some(content) = content else { return };
        if content.kind() == Kind::Object {
            self.block(content);
        }
        for block in content.elements() {
            self.block(block);
        }
    }

    fn block(&mut self, block: Raw<'_>) {
        match block.member("type").and_then(|kind| kind.as_str()).as_deref() {
            Some("resource_link") => self.uri(block.member("uri")),
            Some("resource") => self.uri(block.path(&["resource", "uri"])),
            Some(_) | None => {}
        }
    }

    fn subscriptions(&mut self, honoured: Option<Raw<'_>>) {
        let texts = |name| honoured.and_then(|honoured: Raw<'_>| honoured.member(name));
        for uri in texts("resourceSubscriptions").iter().flat_map(Raw::elements) {
            self.uri(Some(uri));
        }
        for id in texts("taskIds").iter().flat_map(Raw::elements) {
            self.edits.text(Some(id), |id| Some(uris::outward_task(self.server, id)));
        }
    }
}
