//! `subscriptions/listen` on a joint face: one wish, and a part of it for each server.
//!
//! Responsible for giving each server only what is about it. It must never drop a wish in silence.

use bytes::Bytes;
use doorward_mcp::compose::quote;
use doorward_mcp::message::{Message, Request};
use doorward_mcp::raw::Raw;
use doorward_mcp::views::subscriptions::SubscriptionFilter;

use super::edits::Edits;
use super::inward::{bad_params, parsed};
use super::view::Part;
use super::{Plan, read_again, uris};
use crate::ids::ServerId;
use crate::refusal::Refusal;

impl Plan {
    /// What each server is asked for, under the id the client chose. Servers that nothing is wanted of are left out.
    ///
    /// # Errors
    /// The wish cannot be read, or names a resource or task of no server of this face.
    pub fn listen_parts(&self, request: &Request) -> Result<Vec<(ServerId, Request)>, Refusal> {
        let wish = SubscriptionFilter::from_params(request.params()).map_err(|error| bad_params(&error.to_string()))?;
        if self.rules.resources == Part::Hidden && !wish.resource_uris.is_empty() {
            return Err(bad_params("This endpoint has no resources."));
        }
        let uris = wish.resource_uris.iter().map(|uri| Ok(self.own_uri(uri)?.0));
        let tasks = wish.task_ids.iter().map(|id| Ok(self.own_task(id)?.0));
        let named: Vec<ServerId> = uris.chain(tasks).collect::<Result<_, Refusal>>()?;
        let of_all = wish.tools_list_changed || wish.prompts_list_changed || wish.resources_list_changed;
        let wanted = self.servers().filter(|server| of_all || named.contains(server));
        wanted.map(|server| Ok((server.clone(), self.part(request, server)?))).collect()
    }

    /// What was agreed to, over all servers: the object `notifications` of the one acknowledgement a client gets.
    /// `parts` are the notifications as the servers sent them.
    #[must_use]
    pub fn acknowledged(&self, parts: &[(ServerId, Bytes)]) -> String {
        let mut agreed = Agreed::default();
        for (server, notification) in parts {
            if let Some(Message::Notification(notification)) = read_again(notification.clone())
                && let Ok(filter) = SubscriptionFilter::from_params(notification.params())
            {
                agreed.add(server, &filter);
            }
        }
        agreed.to_json()
    }

    fn part(&self, request: &Request, server: &ServerId) -> Result<Request, Refusal> {
        let mut edits = Edits::new(request.bytes());
        let wish = request.param("notifications");
        let member = |name| wish.and_then(|wish| wish.member(name));
        keep_own(&mut edits, member("resourceSubscriptions"), |shown| {
            self.own_uri(shown).ok().filter(|(whose, _)| whose == server).map(|(_, uri)| uri)
        });
        keep_own(&mut edits, member("taskIds"), |shown| {
            self.own_task(shown).ok().filter(|(whose, _)| whose == server).map(|(_, id)| id.to_owned())
        });
        parsed(edits)
    }
}

fn keep_own(edits: &mut Edits, array: Option<Raw<'_>>, own: impl Fn(&str) -> Option<String>) {
    let Some(array) = array else { return };
    let own_of = |element: Raw<'_>| element.as_str().and_then(|shown| own(&shown));
    edits.keep_elements(array, |element| own_of(element).is_some());
    for element in array.elements() {
        if let Some(text) = own_of(element) {
            edits.json(element, quote(&text));
        }
    }
}

#[derive(Default)]
struct Agreed {
    tools: Wanted,
    prompts: Wanted,
    resources: Wanted,
    uris: Vec<String>,
    tasks: Vec<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Wanted {
    Yes,
    #[default]
    No,
}

impl Agreed {
    fn add(&mut self, server: &ServerId, filter: &SubscriptionFilter<'_>) {
        let or = |before, now| if now { Wanted::Yes } else { before };
        self.tools = or(self.tools, filter.tools_list_changed);
        self.prompts = or(self.prompts, filter.prompts_list_changed);
        self.resources = or(self.resources, filter.resources_list_changed);
        self.uris.extend(filter.resource_uris.iter().map(|uri| quote(&uris::outward(server, uri))));
        self.tasks.extend(filter.task_ids.iter().map(|id| quote(&uris::outward_task(server, id))));
    }

    fn to_json(&self) -> String {
        let flags = [
            ("toolsListChanged", self.tools),
            ("promptsListChanged", self.prompts),
            ("resourcesListChanged", self.resources),
        ];
        let arrays = [("resourceSubscriptions", &self.uris), ("taskIds", &self.tasks)];
        let flags =
            flags.into_iter().filter(|(_, wanted)| *wanted == Wanted::Yes).map(|(name, _)| format!(r#""{name}":true"#));
        let arrays = arrays.into_iter().filter(|(_, texts)| !texts.is_empty());
        let arrays = arrays.map(|(name, texts)| format!(r#""{name}":[{}]"#, texts.join(",")));
        format!("{{{}}}", flags.chain(arrays).collect::<Vec<_>>().join(","))
    }
}
