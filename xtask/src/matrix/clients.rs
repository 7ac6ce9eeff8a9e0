//! The catalogue of clients, each in each of its modes: how it is started, and what it speaks.

use super::servers::{Eras, Server, Transport};
use super::{Runtime, Stage};

/// A real client in one of its modes.
#[derive(Debug)]
pub(super) struct Client {
    /// The client and its mode.
    pub(super) name: &'static str,
    /// What it speaks in this mode.
    pub(super) eras: Eras,
    /// The mode, as its script takes it.
    pub(super) mode: &'static str,
    /// Whether it knows the HTTP+SSE transport of 2024-11-05.
    knows_sse: bool,
    runtime: Runtime,
    script: &'static str,
}

/// Every client in every mode.
pub(super) const CLIENTS: &[Client] = &[
    Client::new("python-1", Eras::Legacy, "legacy", Runtime::Python1, "python_1.py"),
    Client::new("python-2-auto", Eras::Both, "auto", Runtime::Python2, "python_2.py"),
    Client::new("python-2-legacy", Eras::Legacy, "legacy", Runtime::Python2, "python_2.py"),
    Client::new("python-2-modern", Eras::Modern, "modern", Runtime::Python2, "python_2.py"),
    Client::new("typescript-1", Eras::Legacy, "legacy", Runtime::Node, "typescript_1.mjs"),
    Client::new("typescript-2-auto", Eras::Both, "auto", Runtime::Node, "typescript_2.mjs"),
    Client::new("typescript-2-legacy", Eras::Legacy, "legacy", Runtime::Node, "typescript_2.mjs"),
    Client::new("typescript-2-modern", Eras::Modern, "modern", Runtime::Node, "typescript_2.mjs"),
    Client::new("fastmcp-4", Eras::Both, "auto", Runtime::Python2, "fastmcp_4.py"),
    Client::new("rmcp-auto", Eras::Both, "auto", Runtime::Rmcp, "").without_sse(),
    Client::new("rmcp-legacy", Eras::Legacy, "legacy", Runtime::Rmcp, "").without_sse(),
    Client::new("rmcp-modern", Eras::Modern, "modern", Runtime::Rmcp, "").without_sse(),
    Client::new("langchain", Eras::Legacy, "legacy", Runtime::Python1, "langchain.py"),
    Client::new("autogen", Eras::Legacy, "legacy", Runtime::Python1, "autogen.py"),
    Client::new("openai-agents", Eras::Both, "auto", Runtime::Python2, "openai_agents.py"),
    Client::new("pydantic-ai", Eras::Both, "auto", Runtime::Python2, "pydantic_toolset.py"),
    Client::new("inspector-legacy", Eras::Legacy, "legacy", Runtime::Node, "inspector.mjs"),
    Client::new("inspector-modern", Eras::Modern, "modern", Runtime::Node, "inspector.mjs"),
];

/// The part of the table for every change: each kind of client once, each server at least once.
pub(super) const QUICK: &[(&str, &str)] = &[
    ("python-1", "modern"),
    ("python-2-modern", "everything"),
    ("typescript-1", "everything-sse"),
    ("typescript-2-auto", "modern"),
    ("fastmcp-4", "fastmcp-http"),
    ("rmcp-auto", "everything-http"),
    ("langchain", "fastmcp"),
    ("autogen", "sqlite"),
    ("openai-agents", "time"),
    ("pydantic-ai", "git"),
    ("inspector-legacy", "filesystem"),
    ("typescript-2-legacy", "memory"),
];

impl Client {
    const fn new(name: &'static str, eras: Eras, mode: &'static str, runtime: Runtime, script: &'static str) -> Self {
        Self { name, eras, mode, knows_sse: true, runtime, script }
    }

    const fn without_sse(self) -> Self {
        Self { knows_sse: false, ..self }
    }

    /// The name of its visits to `server`.
    pub(super) fn cell(&self, server: &Server) -> String {
        format!("{}/{}", self.name, server.id)
    }

    /// Whether the two have an era and a transport in which they can speak.
    pub(super) fn understands(&self, server: &Server) -> bool {
        let apart = matches!((self.eras, server.eras), (Eras::Modern, Eras::Legacy) | (Eras::Legacy, Eras::Modern));
        !apart && (self.knows_sse || server.transport != Transport::Sse)
    }

    /// Whether it can be given the address of an HTTP+SSE endpoint, which is of the older era by itself.
    pub(super) fn takes_sse(&self) -> bool {
        self.knows_sse && self.eras != Eras::Modern
    }

    /// Whether every change plays its visit to `server`.
    pub(super) fn is_quick(&self, server: &Server) -> bool {
        QUICK.contains(&(self.name, server.id))
    }

    /// Its script, ready to be given a plan.
    pub(super) fn script(&self, stage: &Stage) -> Vec<String> {
        let mut command = self.runtime.command(stage);
        if !self.script.is_empty() {
            command.push(stage.folder.join("scripts").join(self.script).to_string_lossy().into_owned());
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::super::servers::SERVERS;
    use super::*;

    #[test]
    fn only_pinned_clients_and_servers_and_one_without_sse_stand_apart() {
        let apart = |client: &str| {
            let client = CLIENTS.iter().find(|one| one.name == client).unwrap();
            SERVERS.iter().filter(|server| !client.understands(server)).map(|server| server.id).collect::<Vec<_>>()
        };
        assert!(apart("python-2-auto").is_empty());
        assert_eq!(apart("typescript-1"), ["modern"]);
        assert_eq!(apart("rmcp-auto"), ["everything-sse"]);
        assert_eq!(
            apart("python-2-modern"),
            ["everything", "everything-http", "everything-sse", "filesystem", "memory", "sqlite"]
        );
    }

    #[test]
    fn the_quick_part_has_every_script_every_server_and_no_unknown_name() {
        for (client, server) in QUICK {
            assert!(CLIENTS.iter().any(|one| one.name == *client), "{client}");
            assert!(SERVERS.iter().any(|one| one.id == *server), "{server}");
        }
        for server in SERVERS {
            assert!(CLIENTS.iter().any(|client| client.is_quick(server)), "{}", server.id);
        }
        for client in CLIENTS {
            let kind = |one: &&Client| (one.runtime, one.script) == (client.runtime, client.script);
            let played = CLIENTS.iter().filter(kind).any(|one| SERVERS.iter().any(|server| one.is_quick(server)));
            assert!(played, "{}", client.name);
        }
    }
}
