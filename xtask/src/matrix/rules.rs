//! What the policy of a gateway allows in the matrix.
//!
//! Either everything, so that whatever is missing is the gateway's fault; or what the catalogue of servers names and
//! nothing else, for callers who have proven who they are. The second is written from the catalogue, never by hand.

use std::fmt::Write as _;

use serde_json::Value;

use super::gateway::Auth;
use super::servers::{Server, Step};
use super::visit::Visit;

/// What is allowed, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Rules {
    /// Everything, to everyone on this machine.
    #[default]
    Open,
    /// What is done at the servers, to whoever holds the credentials.
    Named,
}

/// Whoever has the local token, and whoever starts `doorward run`.
pub(super) const LOCAL: &str = "principal == User::\"local\"";

impl Rules {
    /// What callers must prove.
    pub(super) const fn auth(self) -> Auth {
        match self {
            Self::Open => Auth::None,
            Self::Named => Auth::Token,
        }
    }

    /// The ready-made policy beneath.
    pub(super) const fn preset(self) -> &'static str {
        match self {
            Self::Open => "observe",
            Self::Named => "locked",
        }
    }

    /// The direct visit as it must be found through the gateway: a list holds what may be used.
    pub(super) fn narrowed(self, server: &Server, mut straight: Visit) -> Visit {
        if self == Self::Named
            && let Some(Ok(Value::Array(names))) = straight.steps.get_mut(&Step::List)
        {
            names.retain(|name| server.calls().any(|call| name == call));
        }
        straight
    }
}

/// The rules that allow `principal` what is done at `server`, each by its name.
pub(super) fn naming(principal: &str, server: &Server) -> String {
    let mut text = String::new();
    let id = server.id;
    for (step, name) in server.names() {
        let (action, resource) = match step {
            Step::List => continue,
            Step::Call | Step::Ask | Step::Sample => (format!("{id}/{name}"), "Tool"),
            Step::Read => ("resources/read".to_owned(), "Resource"),
            Step::Prompt => ("prompts/get".to_owned(), "Prompt"),
        };
        let _ = writeln!(
            text,
            "permit ({principal}, action == Action::\"{action}\", resource == {resource}::\"{id}/{name}\");"
        );
    }
    let _ = writeln!(text, "permit ({principal}, action in Action::\"questions\", resource == Server::\"{id}\");");
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::servers::SERVERS;
    use super::*;

    fn server(id: &str) -> &'static Server {
        SERVERS.iter().find(|server| server.id == id).unwrap()
    }

    #[test]
    fn rules_name_what_is_done_and_nothing_else() {
        let text = naming("principal == User::\"ann\"", server("memory"));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "permit (principal == User::\"ann\", action == Action::\"memory/read_graph\", resource == \
                 Tool::\"memory/read_graph\");",
                "permit (principal == User::\"ann\", action == Action::\"resources/read\", resource == \
                 Resource::\"memory/memory://knowledge-graph\");",
                "permit (principal == User::\"ann\", action in Action::\"questions\", resource == Server::\"memory\");",
            ]
        );
    }

    #[test]
    fn a_list_is_expected_to_hold_what_may_be_called() {
        let listed = |names: &[&str]| Visit { steps: [(Step::List, Ok(json!(names)))].into(), ..Visit::failed("") };
        let straight = listed(&["convert_time", "get_current_time"]);
        let time = server("time");
        assert_eq!(Rules::Named.narrowed(time, straight.clone()).steps, listed(&["convert_time"]).steps);
        assert_eq!(Rules::Open.narrowed(time, straight.clone()).steps, straight.steps);
    }
}
