//! What is stopped at one moment, and whether something is part of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use doorward_core::access::Resource;
use doorward_core::ids::ServerId;
use doorward_core::principal::PrincipalId;
use doorward_core::refusal::{Code, Refusal};
use doorward_core::time::Timestamp;
use doorward_mcp::message::Request;
use doorward_store::{StopRow, StopTarget};

use crate::upstream::stdio::Held;

/// The stops in force, each with its number.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    all: Option<i64>,
    servers: BTreeMap<String, i64>,
    tools: BTreeMap<String, BTreeMap<String, i64>>,
    principals: BTreeMap<String, i64>,
}

/// Whom and what a message concerns.
#[derive(Debug, Clone)]
pub(super) struct Concern<'a> {
    /// Who acts, or is told.
    pub(super) principal: &'a PrincipalId,
    /// The server it goes to or comes from; `None` where it is for no single one.
    pub(super) server: Option<&'a ServerId>,
    /// The tool it calls.
    pub(super) tool: Option<Cow<'a, str>>,
}

/// The tool that a request calls.
pub(super) fn tool_of(request: &Request) -> Option<Cow<'_, str>> {
    (request.method() == "tools/call").then(|| request.param("name")?.as_str()).flatten()
}

impl Known {
    /// What of `rows` is in force.
    pub(super) fn of(rows: &[StopRow], now: Timestamp) -> Self {
        let mut known = Self::default();
        for row in rows.iter().filter(|row| row.is_in_force(now)) {
            match &row.target {
                StopTarget::All => known.all = Some(row.id),
                StopTarget::Server(server) => _ = known.servers.insert(server.clone(), row.id),
                StopTarget::Tool { server, tool } => {
                    known.tools.entry(server.clone()).or_default().insert(tool.clone(), row.id);
                }
                StopTarget::Principal(name) => _ = known.principals.insert(name.clone(), row.id),
            }
        }
        known
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        let tools: usize = self.tools.values().map(BTreeMap::len).sum();
        usize::from(self.all.is_some()) + self.servers.len() + tools + self.principals.len()
    }

    /// The refusal of something that is stopped. The widest stop is named: taking back a narrower one would not help.
    pub(super) fn refusal(&self, concern: &Concern<'_>) -> Option<Refusal> {
        let found = self.all.map(|id| (id, "everything"));
        let found = found.or_else(|| Some((*self.servers.get(concern.server?.as_str())?, "this server")));
        let found = found.or_else(|| Some((self.named(concern.principal)?, "this caller")));
        let tool = || {
            let tool = concern.tool.as_deref()?;
            Some((*self.tools.get(concern.server?.as_str())?.get(tool)?, "this tool"))
        };
        let (id, what) = found.or_else(tool)?;
        Some(Refusal::new(Code::Stopped).with_detail(format!("It is stop {id}, of {what}.")))
    }

    /// Whether a list does not show it.
    pub(super) fn hides(&self, resource: &Resource) -> bool {
        let server = resource.server().as_str();
        let tool = match resource {
            Resource::Tool(_, tool) => self.tools.get(server).is_some_and(|tools| tools.contains_key(tool.as_ref())),
            Resource::Server(_) | Resource::Resource(..) | Resource::Prompt(..) => false,
        };
        tool || self.all.is_some() || self.servers.contains_key(server)
    }

    /// The servers whose children may not run.
    pub(super) fn held(&self) -> Held {
        match self.all {
            Some(_) => Held::All,
            None => Held::These(self.servers.keys().filter_map(|id| ServerId::parse(id).ok()).collect()),
        }
    }

    /// Whoever acts in a name acts as it: the subject, the agent before it, and all in between.
    fn named(&self, principal: &PrincipalId) -> Option<i64> {
        if self.principals.is_empty() {
            return None;
        }
        principal.names().find_map(|name| self.principals.get(name)).copied()
    }
}

#[cfg(test)]
mod tests {
    use doorward_core::principal::{Claims, Principal, Proof, Subject};

    use super::*;

    fn known(targets: &[StopTarget]) -> Known {
        let row = |(number, target): (usize, &StopTarget)| StopRow {
            id: i64::try_from(number).unwrap(),
            target: target.clone(),
            reason: None,
            at: Timestamp::default(),
            by: String::new(),
            expires: None,
        };
        Known::of(&targets.iter().enumerate().map(row).collect::<Vec<_>>(), Timestamp::default())
    }

    #[test]
    fn each_scope_stops_what_it_names_and_nothing_else() {
        let (files, mail) = (ServerId::parse("files").unwrap(), ServerId::parse("mail").unwrap());
        let ann = Principal::new("ann", Proof::ApiKey);
        let mut claims = Claims::of(Subject::User("bob".into()), Proof::AccessToken);
        (claims.agent, claims.actors) = (Some("builder".into()), vec!["helper".into()]);
        let bob = Principal::claimed(claims).unwrap();
        let tool = |server: &str, tool: &str| StopTarget::Tool { server: server.to_owned(), tool: tool.to_owned() };
        let principal = |name: &str| StopTarget::Principal(name.to_owned());
        let server = |name: &str| StopTarget::Server(name.to_owned());
        // Which of: ann at files, calling read there, calling write there, bob at mail, ann at no server.
        for (target, expected) in [
            (StopTarget::All, [true; 5]),
            (server("files"), [true, true, true, false, false]),
            (server("file"), [false; 5]),
            (tool("files", "read"), [false, true, false, false, false]),
            (tool("mail", "read"), [false; 5]),
            (principal("ann"), [true, true, true, false, true]),
            (principal("bob"), [false, false, false, true, false]),
            (principal("builder"), [false, false, false, true, false]),
            (principal("helper"), [false, false, false, true, false]),
            (principal("an"), [false; 5]),
            (principal("files"), [false; 5]),
        ] {
            let known = known(std::slice::from_ref(&target));
            let concerns = [
                (&ann, Some(&files), None),
                (&ann, Some(&files), Some("read")),
                (&ann, Some(&files), Some("write")),
                (&bob, Some(&mail), None),
                (&ann, None, None),
            ];
            let stopped = concerns.map(|(principal, server, tool)| {
                let concern = Concern { principal: principal.id(), server, tool: tool.map(Cow::Borrowed) };
                known.refusal(&concern).is_some()
            });
            assert_eq!(stopped, expected, "{target:?}");
        }
        assert_eq!(known(&[]), Known::default());
    }

    #[test]
    fn lists_hide_what_is_stopped_and_its_children_are_held() {
        let files = ServerId::parse("files").unwrap();
        let tool = |name: &str| Resource::Tool(files.clone(), name.into());
        let some = known(&[StopTarget::Tool { server: "files".to_owned(), tool: "read".to_owned() }]);
        assert_eq!((some.hides(&tool("read")), some.hides(&tool("write"))), (true, false));
        assert!(!some.hides(&Resource::Prompt(files.clone(), "read".into())) && !some.held().holds(&files));
        let whole = known(&[StopTarget::Server("files".to_owned())]);
        assert!(whole.hides(&tool("write")) && whole.hides(&Resource::Prompt(files.clone(), "x".into())));
        assert!(whole.held().holds(&files) && !whole.held().holds(&ServerId::parse("mail").unwrap()));
        assert!(known(&[StopTarget::All]).held().holds(&files));
    }
}
