//! Requests to a modern server that the gateway makes of what a legacy client said: the same request under another id,
//! requests about a task, and the one stream for everything the client subscribed to.
//!
//! Responsible for their wording. It must never put anything into them that the client did not ask for.

use std::collections::BTreeSet;

use super::edit::{self, Member};
use super::{Rewording, Row, Stamp, Unbridged, tasks};
use crate::compose::{self, quote};
use crate::id::Id;
use crate::message::{Message, Notification};
use crate::raw::{Kind, Raw};
use crate::views::subscriptions::SubscriptionAcknowledged;

/// Which lists a server tells of when they change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListNews {
    /// `notifications/tools/list_changed`
    pub tools: bool,
    /// `notifications/prompts/list_changed`
    pub prompts: bool,
    /// `notifications/resources/list_changed`
    pub resources: bool,
}

/// What a legacy client is told outside of its requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The lists.
    pub lists: ListNews,
    /// The resources it subscribed to.
    pub resources: BTreeSet<String>,
}

const ROW: Row = Row::Subscriptions;

impl ListNews {
    /// The lists that a server's capabilities, of either era, promise news of.
    #[must_use]
    pub fn of_capabilities(capabilities: Raw<'_>) -> Self {
        let promised =
            |name: &str| capabilities.path(&[name, "listChanged"]).and_then(|flag| flag.as_bool()) == Some(true);
        Self { tools: promised("tools"), prompts: promised("prompts"), resources: promised("resources") }
    }

    /// The notifications, by method.
    fn methods(self) -> impl Iterator<Item = &'static str> {
        [
            (self.tools, "notifications/tools/list_changed"),
            (self.prompts, "notifications/prompts/list_changed"),
            (self.resources, "notifications/resources/list_changed"),
        ]
        .into_iter()
        .filter_map(|(wanted, method)| wanted.then_some(method))
    }
}

impl Wishes {
    /// Whether there is nothing to listen for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lists == ListNews::default() && self.resources.is_empty()
    }

    /// `subscriptions/listen` for all of it.
    ///
    /// # Errors
    /// It cannot be worded.
    pub fn listen(&self, id: &Id, stamp: &Stamp) -> Result<Rewording, Unbridged> {
        let flag = |name: &'static str, wanted: bool| wanted.then(|| (name, "true".to_owned()));
        let mut wanted: Vec<Member<'_>> = [
            flag("toolsListChanged", self.lists.tools),
            flag("promptsListChanged", self.lists.prompts),
            flag("resourcesListChanged", self.lists.resources),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !self.resources.is_empty() {
            let uris: Vec<String> = self.resources.iter().map(|uri| quote(uri)).collect();
            wanted.push(("resourceSubscriptions", format!("[{}]", uris.join(","))));
        }
        let params = edit::object_of(&[("notifications", edit::object_of(&wanted)), ("_meta", stamp.to_json())]);
        let request = super::request(ROW, compose::request(id, "subscriptions/listen", Some(&params)))?;
        Ok(Rewording(Message::Request(request)))
    }

    /// The notifications that say of everything that it may have changed: what is told after a gap.
    #[must_use]
    pub fn all_changed(&self) -> Vec<Notification> {
        let updated = |uri: &String| {
            let params = edit::object_of(&[("uri", quote(uri))]);
            compose::notification("notifications/resources/updated", Some(&params))
        };
        let lists = self.lists.methods().map(|method| compose::notification(method, None));
        let messages = lists.chain(self.resources.iter().map(updated));
        messages.filter_map(|bytes| super::notification(ROW, bytes).ok()).collect()
    }

    /// The resources of these that an acknowledgement leaves out. `None` when it is no acknowledgement.
    #[must_use]
    pub fn not_acknowledged(&self, acknowledgement: &Notification) -> Option<BTreeSet<String>> {
        if acknowledgement.method() != "notifications/subscriptions/acknowledged" {
            return None;
        }
        let read = SubscriptionAcknowledged::from_params(acknowledgement.params()).ok()?;
        let honoured: BTreeSet<&str> = read.filter.resource_uris.iter().map(AsRef::as_ref).collect();
        Some(self.resources.iter().filter(|uri| !honoured.contains(uri.as_str())).cloned().collect())
    }
}

impl Rewording {
    /// The same request under another id: 2026-07-28 wants a new one for every request, a retried one too.
    ///
    /// # Errors
    /// It is no request.
    pub fn under(self, id: &Id) -> Result<Self, Unbridged> {
        match self.0 {
            Message::Request(request) => {
                let row = Row::of_method(request.method());
                let renamed = super::request(row, request.with_id(id).into_bytes())?;
                Ok(Self(Message::Request(renamed)))
            }
            Message::Notification(_) | Message::Response(_) => {
                Err(Unbridged::new(Row::Errors, "only a request has an id"))
            }
        }
    }
}

/// `tasks/get` or `tasks/cancel` of a modern server, for whatever a legacy client asks about a task.
///
/// # Errors
/// The modern era has no such method.
pub fn task_errand(id: &Id, method: &str, task_id: &str, stamp: &Stamp) -> Result<Rewording, Unbridged> {
    Ok(Rewording(Message::Request(tasks::modern_task_request(id, method, task_id, stamp)?)))
}

/// `tasks/update` of a modern server, with what a legacy client answered to the task's questions.
///
/// # Errors
/// An answer is no JSON.
pub fn task_answers(
    id: &Id,
    task_id: &str,
    responses: &[(String, String)],
    stamp: &Stamp,
) -> Result<Rewording, Unbridged> {
    Ok(Rewording(Message::Request(tasks::update_request(id, task_id, responses, stamp)?)))
}

/// The level of a `logging/setLevel`, as a JSON string.
///
/// # Errors
/// No revision has such a level.
pub fn log_level(params: Option<Raw<'_>>) -> Result<String, Unbridged> {
    const LEVELS: [&str; 8] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
    let level = params.and_then(|params| params.member("level")).filter(|level| level.kind() == Kind::String);
    let named = level.and_then(|level| level.as_str());
    match named.filter(|named| LEVELS.contains(&named.as_ref())) {
        Some(named) => Ok(quote(&named)),
        None => Err(Unbridged::new(Row::Logging, "no revision has this level")),
    }
}
