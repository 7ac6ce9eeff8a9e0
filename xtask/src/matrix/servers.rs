//! The catalogue of servers: how each is started, what it speaks, and things to do there whose outcome is known.

use std::path::Path;

use serde_json::{Value, json};

use super::{Runtime, Stage};

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

/// How a server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    /// Started by whoever wants it.
    Stdio,
    /// Streamable HTTP.
    Http,
    /// The HTTP+SSE transport of 2024-11-05.
    Sse,
}

/// A real server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Server {
    /// The id it gets at the gateway.
    pub(super) id: &'static str,
    /// The eras it speaks.
    pub(super) eras: Eras,
    /// How it is reached.
    pub(super) transport: Transport,
    runtime: Runtime,
    /// What follows the runtime; `{modules}`, `{folder}`, `{scripts}` and `{port}` are filled in.
    arguments: &'static [&'static str],
    /// The variables it needs, filled in likewise; `{state}` tells the users of one server apart.
    variables: &'static [(&'static str, &'static str)],
    deeds: &'static [Deed],
}

/// Something to do at a server.
#[derive(Debug)]
pub(super) struct Deed {
    /// What it is.
    pub(super) step: Step,
    /// The tool, the prompt or the URI.
    pub(super) name: &'static str,
    input: fn(&Path) -> Value,
    /// What the outcome must contain.
    pub(super) answer: &'static str,
}

/// What a client does at a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Lists the tools.
    List,
    /// Calls a tool.
    Call,
    /// Reads a resource.
    Read,
    /// Gets a prompt.
    Prompt,
    /// Calls a tool that puts a form to the person during the call.
    Ask,
    /// Calls a tool that wants an answer of the client's model during the call.
    Sample,
}

const NOTHING: fn(&Path) -> Value = |_| json!({});
const ADA: fn(&Path) -> Value = |_| json!({ "name": "Ada" });
const HI: fn(&Path) -> Value = |_| json!({ "message": "a door opens" });

const ECHO: Deed = Deed { step: Step::Call, name: "echo", input: HI, answer: "Echo: a door opens" };
const NOTE: Deed = Deed { step: Step::Read, name: "data://note", input: NOTHING, answer: "A note." };
const WELCOME: Deed = Deed { step: Step::Prompt, name: "welcome", input: ADA, answer: "Welcome Ada." };
const GREET: Deed = Deed { step: Step::Ask, name: "greet", input: NOTHING, answer: "Hello, Ada Doorward." };

const EVERYTHING_DEEDS: &[Deed] = &[
    ECHO,
    Deed {
        step: Step::Read,
        name: "demo://resource/static/document/features.md",
        input: NOTHING,
        answer: "# Everything Server",
    },
    Deed {
        step: Step::Prompt,
        name: "args-prompt",
        input: |_| json!({ "city": "Tokyo" }),
        answer: "What's weather in Tokyo?",
    },
    Deed { step: Step::Ask, name: "trigger-elicitation-request", input: NOTHING, answer: "Ada Doorward" },
    Deed {
        step: Step::Sample,
        name: "trigger-sampling-request",
        input: |_| json!({ "prompt": "a prompt", "maxTokens": 10 }),
        answer: "a sampled answer",
    },
];

const EVERYTHING: &str = "{modules}/@modelcontextprotocol/server-everything/dist/index.js";

/// Every server.
pub(super) const SERVERS: &[Server] = &[
    Server {
        id: "everything",
        eras: Eras::Legacy,
        transport: Transport::Stdio,
        runtime: Runtime::Node,
        arguments: &[EVERYTHING, "stdio"],
        variables: &[],
        deeds: EVERYTHING_DEEDS,
    },
    Server {
        id: "everything-http",
        eras: Eras::Legacy,
        transport: Transport::Http,
        runtime: Runtime::Node,
        arguments: &[EVERYTHING, "streamableHttp"],
        variables: &[("PORT", "{port}")],
        deeds: EVERYTHING_DEEDS,
    },
    Server {
        id: "everything-sse",
        eras: Eras::Legacy,
        transport: Transport::Sse,
        runtime: Runtime::Node,
        arguments: &[EVERYTHING, "sse"],
        variables: &[("PORT", "{port}")],
        deeds: EVERYTHING_DEEDS,
    },
    Server {
        id: "filesystem",
        eras: Eras::Legacy,
        transport: Transport::Stdio,
        runtime: Runtime::Node,
        arguments: &["{modules}/@modelcontextprotocol/server-filesystem/dist/index.js", "{folder}/files"],
        variables: &[],
        deeds: &[Deed {
            step: Step::Call,
            name: "read_text_file",
            input: |folder| json!({ "path": folder.join("files/greeting.txt") }),
            answer: "Hello from a real file.",
        }],
    },
    Server {
        id: "memory",
        eras: Eras::Legacy,
        transport: Transport::Stdio,
        runtime: Runtime::Node,
        arguments: &["{modules}/@modelcontextprotocol/server-memory/dist/index.js"],
        variables: &[("MEMORY_FILE_PATH", "{folder}/memory-{state}.jsonl")],
        deeds: &[
            Deed { step: Step::Call, name: "read_graph", input: NOTHING, answer: "\"entities\": []" },
            Deed { step: Step::Read, name: "memory://knowledge-graph", input: NOTHING, answer: "\"entities\": []" },
        ],
    },
    Server {
        id: "git",
        eras: Eras::Both,
        transport: Transport::Stdio,
        runtime: Runtime::Python2,
        arguments: &["-m", "mcp_server_git", "--repository", "{folder}/repository"],
        variables: &[],
        deeds: &[Deed {
            step: Step::Call,
            name: "git_log",
            input: |folder| json!({ "repo_path": folder.join("repository") }),
            answer: "A first commit",
        }],
    },
    Server {
        id: "time",
        eras: Eras::Both,
        transport: Transport::Stdio,
        runtime: Runtime::Python2,
        arguments: &["-m", "mcp_server_time"],
        variables: &[],
        deeds: &[Deed {
            step: Step::Call,
            name: "convert_time",
            input: |_| json!({ "source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo" }),
            answer: "T21:00:00+09:00",
        }],
    },
    Server {
        id: "sqlite",
        eras: Eras::Legacy,
        transport: Transport::Stdio,
        runtime: Runtime::Python1,
        arguments: &["-c", "import mcp_server_sqlite as s; s.main()", "--db-path", "{folder}/notes-{state}.db"],
        variables: &[],
        deeds: &[
            Deed {
                step: Step::Call,
                name: "read_query",
                input: |_| json!({ "query": "SELECT 6 * 7 AS answer" }),
                answer: "42",
            },
            Deed { step: Step::Read, name: "memo://insights", input: NOTHING, answer: "No business insights" },
            Deed { step: Step::Prompt, name: "mcp-demo", input: |_| json!({ "topic": "doors" }), answer: "doors" },
        ],
    },
    Server {
        id: "fastmcp",
        eras: Eras::Both,
        transport: Transport::Stdio,
        runtime: Runtime::Python2,
        arguments: &["{scripts}/server_fastmcp.py", "stdio"],
        variables: &[],
        deeds: &[ECHO, NOTE, WELCOME, GREET],
    },
    Server {
        id: "fastmcp-http",
        eras: Eras::Both,
        transport: Transport::Http,
        runtime: Runtime::Python2,
        arguments: &["{scripts}/server_fastmcp.py", "http", "{port}"],
        variables: &[],
        deeds: &[ECHO, NOTE, WELCOME, GREET],
    },
    Server {
        id: "modern",
        eras: Eras::Modern,
        transport: Transport::Http,
        runtime: Runtime::Node,
        arguments: &["{scripts}/server_modern.mjs", "{port}"],
        variables: &[],
        deeds: &[
            ECHO,
            NOTE,
            WELCOME,
            GREET,
            Deed { step: Step::Sample, name: "think", input: NOTHING, answer: "Thought: a sampled answer" },
        ],
    },
];

impl Step {
    /// Every step, in the order in which they are taken and shown.
    pub(super) const ALL: [Self; 6] = [Self::List, Self::Call, Self::Read, Self::Prompt, Self::Ask, Self::Sample];

    /// The name, as plans and reports have it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Call => "call",
            Self::Read => "read",
            Self::Prompt => "prompt",
            Self::Ask => "ask",
            Self::Sample => "sample",
        }
    }
}

impl Server {
    /// The same server under another id.
    pub(super) const fn called(self, id: &'static str) -> Self {
        Self { id, ..self }
    }

    /// The command of its own, without the variables.
    pub(super) fn command(&self, stage: &Stage, state: &str) -> Vec<String> {
        let mut command = self.runtime.command(stage);
        command.extend(self.arguments.iter().map(|argument| self.fill(argument, stage, state)));
        command
    }

    /// The variables it needs.
    pub(super) fn variables(&self, stage: &Stage, state: &str) -> Vec<(&'static str, String)> {
        self.variables.iter().map(|(name, value)| (*name, self.fill(value, stage, state))).collect()
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

    /// Its address; none for one that is started by whoever wants it.
    pub(super) fn url(&self, stage: &Stage) -> Option<String> {
        let path = match self.transport {
            Transport::Stdio => return None,
            Transport::Http => "mcp",
            Transport::Sse => "sse",
        };
        Some(format!("http://127.0.0.1:{}/{path}", stage.port(self)))
    }

    /// What can be done there, each with what it is given.
    pub(super) fn deeds(&self, stage: &Stage) -> Vec<(&'static Deed, Value)> {
        self.deeds.iter().map(|deed| (deed, (deed.input)(&stage.folder))).collect()
    }

    /// What is done there, by the server's own names.
    pub(super) fn names(&self) -> impl Iterator<Item = (Step, &'static str)> {
        self.deeds.iter().map(|deed| (deed.step, deed.name))
    }

    /// The tools that are called there.
    pub(super) fn calls(&self) -> impl Iterator<Item = &'static str> {
        let is_call = |step: &Step| matches!(step, Step::Call | Step::Ask | Step::Sample);
        self.names().filter(move |(step, _)| is_call(step)).map(|(_, name)| name)
    }

    /// What the outcome of `step` must contain, if it can be taken there at all.
    pub(super) fn answer(&self, step: Step) -> Option<&'static str> {
        self.deeds.iter().find(|deed| deed.step == step).map(|deed| deed.answer)
    }

    fn fill(&self, text: &str, stage: &Stage, state: &str) -> String {
        text.replace("{modules}", &stage.installed.node_modules().to_string_lossy())
            .replace("{scripts}", &stage.folder.join("scripts").to_string_lossy())
            .replace("{folder}", &stage.folder.to_string_lossy())
            .replace("{port}", &stage.port(self).to_string())
            .replace("{state}", state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(id: &str) -> &'static Server {
        SERVERS.iter().find(|server| server.id == id).unwrap()
    }

    #[test]
    fn places_are_filled_in() {
        let stage = Stage::test();
        for server in SERVERS {
            assert!(server.alone(&stage, "x").iter().all(|word| !word.contains('{')), "{}", server.id);
        }
        assert!(server("filesystem").command(&stage, "x").contains(&"/run/files".to_owned()));
    }

    #[test]
    fn variables_are_set_only_where_needed() {
        let stage = Stage::test();
        let memory = server("memory").alone(&stage, "mine");
        assert_eq!(memory.first().unwrap(), "env");
        assert_eq!(memory.get(1).unwrap(), "MEMORY_FILE_PATH=/run/memory-mine.jsonl");
        assert_eq!(server("time").alone(&stage, "mine"), server("time").command(&stage, "mine"));
    }

    #[test]
    fn every_server_has_a_call_and_no_step_twice() {
        for server in SERVERS {
            assert!(server.answer(Step::Call).is_some(), "{}", server.id);
            for step in Step::ALL {
                assert!(server.deeds.iter().filter(|deed| deed.step == step).count() <= 1, "{}", server.id);
            }
        }
    }
}
