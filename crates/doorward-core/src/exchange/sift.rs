//! Lists: a client is shown exactly what the policy that decides calls could allow.

use std::sync::Arc;

use doorward_mcp::message::{Outcome as Reported, Response};
use doorward_mcp::raw::{Kind as JsonKind, Raw};

use super::Step;
use super::answer::withhold;
use super::guard::{AwaitGuard, Listed};
use super::state::Begun;
use crate::access::{AccessRequest, Action, Direction, Kind, Resource};
use crate::ids::ServerId;
use crate::limits::LIST_ITEMS_MAX;
use crate::time::Timestamp;

/// Whether an item of a list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Some use of it could be allowed.
    Show,
    /// No use of it could be allowed.
    Hide,
}

/// Waits for the decision point to say which items could be allowed.
#[derive(Debug)]
pub struct AwaitSift {
    begun: Box<Begun>,
    response: Response,
    list: &'static ListRule,
    candidates: Vec<AccessRequest>,
}

/// How the items of one list become access requests.
#[derive(Debug)]
struct ListRule {
    method: &'static str,
    array: &'static str,
    key: &'static str,
    used_by: &'static str,
    resource: fn(ServerId, Arc<str>) -> Resource,
}

const LISTS: &[ListRule] = &[
    ListRule { method: "tools/list", array: "tools", key: "name", used_by: "tools/call", resource: Resource::Tool },
    ListRule {
        method: "prompts/list",
        array: "prompts",
        key: "name",
        used_by: "prompts/get",
        resource: Resource::Prompt,
    },
    ListRule {
        method: "resources/list",
        array: "resources",
        key: "uri",
        used_by: "resources/read",
        resource: Resource::Resource,
    },
    ListRule {
        method: "resources/templates/list",
        array: "resourceTemplates",
        key: "uriTemplate",
        used_by: "resources/read",
        resource: Resource::Resource,
    },
];

impl AwaitSift {
    pub(super) fn on_list(begun: Box<Begun>, response: Response, now: Timestamp) -> Step {
        let method = begun.access.as_ref().map_or("", |access| access.action.name());
        let Some(list) = LISTS.iter().find(|list| list.method == method) else {
            return withhold(begun, "It is no list the gateway knows.", now);
        };
        match candidates(&begun, &response, list) {
            None => withhold(begun, "It is a list with items the gateway cannot read.", now),
            Some(candidates) => Step::Sift(Self { begun, response, list, candidates }),
        }
    }

    /// The use of each item, in the order of the list.
    #[must_use]
    pub fn candidates(&self) -> &[AccessRequest] {
        &self.candidates
    }

    /// Goes on with one verdict per candidate, in their order. A missing verdict hides.
    #[must_use]
    pub fn sifted(mut self, verdicts: &[Visibility]) -> Step {
        let keep: Vec<bool> = (0..self.candidates.len()).map(|i| verdicts.get(i) == Some(&Visibility::Show)).collect();
        let hidden = keep.iter().filter(|kept| !**kept).count();
        if hidden > 0 {
            self.begun.note(format!("{hidden} of {} items are not shown.", keep.len()));
        }
        let Self { begun, response, list, candidates } = self;
        let resources = candidates.into_iter().map(|candidate| candidate.resource).collect();
        let listed = Listed::new(&response, list.array, resources, keep);
        AwaitGuard::on_list(begun, response, listed)
    }
}

/// One access request per item; `None` when the list or an item cannot be read.
fn candidates(begun: &Begun, response: &Response, list: &ListRule) -> Option<Vec<AccessRequest>> {
    let Reported::Result(result) = response.outcome() else {
        return None;
    };
    let items = result.member(list.array).filter(|items: &Raw<'_>| items.kind() == JsonKind::Array)?;
    let action = Action::of(Direction::ToServer, Kind::Request, list.used_by)?;
    let mut candidates = Vec::new();
    for item in items.elements() {
        if candidates.len() == LIST_ITEMS_MAX {
            return None;
        }
        let key = item.member(list.key)?;
        let name = key.as_str()?;
        let resource = (list.resource)(begun.arrival.server.clone(), Arc::from(name.as_ref()));
        candidates.push(begun.access_request(action, resource));
    }
    Some(candidates)
}
