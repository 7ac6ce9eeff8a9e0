//! The catalogue of servers and clients: how each is started, and what it speaks.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::Stage;
use crate::process;

/// Which eras a peer speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Eras {
    /// The handshake of 2024-11-05 to 2025-11-25.
    Legacy,
    /// 2026-07-28 alone.
    Modern,
    /// Either; a client begins with the newer and falls back.
    Both,
}

/// Which installed program runs a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runtime {
    /// Node.js with the pinned packages.
    Node,
    /// Python with `mcp` 1.x.
    Python1,
    /// Python with `mcp` 2.x.
    Python2,
}

/// A real server, and one call to it whose answer is known.
#[derive(Debug)]
pub(super) struct Server {
    /// The id it gets at the gateway.
    pub(super) id: &'static str,
    /// The eras it speaks.
    pub(super) eras: Eras,
    runtime: Runtime,
    /// What follows the runtime; `{modules}` and `{folder}` are filled in.
    arguments: &'static [&'static str],
    /// The variables it needs, filled in likewise; `{state}` tells the users of one server apart.
    variables: &'static [(&'static str, &'static str)],
    /// The tool to call.
    pub(super) tool: &'static str,
    input: fn(&Path) -> Value,
    /// What its answer must contain.
    pub(super) answer: &'static str,
}

/// A real client in one of its modes.
#[derive(Debug)]
pub(super) struct Client {
    /// The client and its mode.
    pub(super) name: &'static str,
    /// What it speaks in this mode.
    pub(super) eras: Eras,
    /// The mode, as its script takes it.
    pub(super) mode: &'static str,
    runtime: Runtime,
    script: &'static str,
}

/// Every server.
pub(super) const SERVERS: &[Server] = &[
    Server {
        id: "everything",
        eras: Eras::Legacy,
        runtime: Runtime::Node,
        arguments: &["{modules}/@modelcontextprotocol/server-everything/dist/index.js", "stdio"],
        variables: &[],
        tool: "echo",
        input: |_| json!({ "message": "a door opens" }),
        answer: "Echo: a door opens",
    },
    Server {
        id: "filesystem",
        eras: Eras::Legacy,
        runtime: Runtime::Node,
        arguments: &["{modules}/@modelcontextprotocol/server-filesystem/dist/index.js", "{folder}/files"],
        variables: &[],
        tool: "read_text_file",
        input: |folder| json!({ "path": folder.join("files/greeting.txt") }),
        answer: "Hello from a real file.",
    },
    Server {
        id: "memory",
        eras: Eras::Legacy,
        runtime: Runtime::Node,
        arguments: &["{modules}/@modelcontextprotocol/server-memory/dist/index.js"],
        variables: &[("MEMORY_FILE_PATH", "{folder}/memory-{state}.jsonl")],
        tool: "read_graph",
        input: |_| json!({}),
        answer: "\"entities\": []",
    },
    Server {
        id: "git",
        eras: Eras::Both,
        runtime: Runtime::Python2,
        arguments: &["-m", "mcp_server_git", "--repository", "{folder}/repository"],
        variables: &[],
        tool: "git_log",
        input: |folder| json!({ "repo_path": folder.join("repository") }),
        answer: "A first commit",
    },
    Server {
        id: "time",
        eras: Eras::Both,
        runtime: Runtime::Python2,
        arguments: &["-m", "mcp_server_time"],
        variables: &[],
        tool: "convert_time",
        input: |_| json!({ "source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo" }),
        answer: "T21:00:00+09:00",
    },
    Server {
        id: "sqlite",
        eras: Eras::Legacy,
        runtime: Runtime::Python1,
        arguments: &["-c", "import mcp_server_sqlite as s; s.main()", "--db-path", "{folder}/notes-{state}.db"],
        variables: &[],
        tool: "read_query",
        input: |_| json!({ "query": "SELECT 6 * 7 AS answer" }),
        answer: "42",
    },
];

/// Every client in every mode.
pub(super) const CLIENTS: &[Client] = &[
    Client::new("python-2-auto", Eras::Both, "auto", Runtime::Python2, "python_2.py"),
    Client::new("python-2-legacy", Eras::Legacy, "legacy", Runtime::Python2, "python_2.py"),
    Client::new("python-2-modern", Eras::Modern, "modern", Runtime::Python2, "python_2.py"),
    Client::new("python-1", Eras::Legacy, "legacy", Runtime::Python1, "python_1.py"),
    Client::new("typescript-2-auto", Eras::Both, "auto", Runtime::Node, "typescript_2.mjs"),
    Client::new("typescript-2-legacy", Eras::Legacy, "legacy", Runtime::Node, "typescript_2.mjs"),
    Client::new("typescript-2-modern", Eras::Modern, "modern", Runtime::Node, "typescript_2.mjs"),
    Client::new("typescript-1", Eras::Legacy, "legacy", Runtime::Node, "typescript_1.mjs"),
];

impl Runtime {
    /// The program and the options that come before a script.
    pub(super) fn command(self, stage: &Stage) -> Vec<String> {
        let shown = |path: &Path| path.to_string_lossy().into_owned();
        match self {
            Self::Node => vec![shown(stage.installed.node())],
            // Scripts must not leave compiled files beside themselves.
            Self::Python1 => vec![shown(stage.installed.python1()), "-B".to_owned()],
            Self::Python2 => vec![shown(stage.installed.python2()), "-B".to_owned()],
        }
    }
}

impl Server {
    /// The command of its own, without the variables.
    pub(super) fn command(&self, stage: &Stage, state: &str) -> Vec<String> {
        let mut command = self.runtime.command(stage);
        command.extend(self.arguments.iter().map(|argument| fill(argument, stage, state)));
        command
    }

    /// The variables it needs.
    pub(super) fn variables(&self, stage: &Stage, state: &str) -> Vec<(&'static str, String)> {
        self.variables.iter().map(|(name, value)| (*name, fill(value, stage, state))).collect()
    }

    /// One command that sets its variables itself, for whoever starts it without the gateway.
    pub(super) fn alone(&self, stage: &Stage, state: &str) -> Vec<String> {
        let command = self.command(stage, state);
        let variables = self.variables(stage, state);
        if variables.is_empty() {
            return command;
        }
        let set = variables.iter().map(|(name, value)| format!("{name}={value}"));
        std::iter::once("env".to_owned()).chain(set).chain(command).collect()
    }

    /// The arguments of the call.
    pub(super) fn input(&self, stage: &Stage) -> Value {
        (self.input)(&stage.folder)
    }
}

impl Client {
    const fn new(name: &'static str, eras: Eras, mode: &'static str, runtime: Runtime, script: &'static str) -> Self {
        Self { name, eras, mode, runtime, script }
    }

    /// The name of its visits to `server`.
    pub(super) fn cell(&self, server: &Server) -> String {
        format!("{}/{}", self.name, server.id)
    }

    /// Whether the two have an era in which they can speak.
    pub(super) fn understands(&self, server: &Server) -> bool {
        !matches!((self.eras, server.eras), (Eras::Modern, Eras::Legacy) | (Eras::Legacy, Eras::Modern))
    }

    /// Its script, ready to be given a plan.
    pub(super) fn script(&self, stage: &Stage) -> Vec<String> {
        let mut command = self.runtime.command(stage);
        command.push(stage.folder.join("scripts").join(self.script).to_string_lossy().into_owned());
        command
    }
}

/// A repository with one commit, the same on every machine.
pub(super) fn repository(folder: &Path) -> Result<(), String> {
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Ada Doorward");
            command.env(format!("GIT_{role}_EMAIL"), "ada@example.com");
            command.env(format!("GIT_{role}_DATE"), "2026-01-02T03:04:05Z");
        }
        // The settings and hooks of whoever runs this have no say here.
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        process::run(command.arg("-C").arg(folder).args(args).stdout(Stdio::null()))
    };
    git(&["init", "--quiet", "--initial-branch", "main"])?;
    git(&["commit", "--quiet", "--allow-empty", "--message", "A first commit"])
}

fn fill(text: &str, stage: &Stage, state: &str) -> String {
    text.replace("{modules}", &stage.installed.node_modules().to_string_lossy())
        .replace("{folder}", &stage.folder.to_string_lossy())
        .replace("{state}", state)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage() -> Stage {
        Stage { folder: "/run".into(), installed: super::super::Installed::at(Path::new("/cache")) }
    }

    fn server(id: &str) -> &'static Server {
        SERVERS.iter().find(|server| server.id == id).unwrap()
    }

    #[test]
    fn places_are_filled_in() {
        for server in SERVERS {
            assert!(server.alone(&stage(), "x").iter().all(|word| !word.contains('{')), "{}", server.id);
        }
        assert!(server("filesystem").command(&stage(), "x").contains(&"/run/files".to_owned()));
    }

    #[test]
    fn variables_are_set_only_where_needed() {
        let memory = server("memory").alone(&stage(), "mine");
        assert_eq!(memory.first().unwrap(), "env");
        assert_eq!(memory.get(1).unwrap(), "MEMORY_FILE_PATH=/run/memory-mine.jsonl");
        assert_eq!(server("time").alone(&stage(), "mine"), server("time").command(&stage(), "mine"));
    }

    #[test]
    fn only_a_pinned_client_and_an_old_server_have_no_common_era() {
        let apart = |client: &str| {
            let client = CLIENTS.iter().find(|one| one.name == client).unwrap();
            SERVERS.iter().filter(|server| !client.understands(server)).count()
        };
        assert_eq!(apart("python-2-auto"), 0);
        assert_eq!(apart("typescript-1"), 0);
        assert_eq!(apart("python-2-modern"), 4);
    }
}
