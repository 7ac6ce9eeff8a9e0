//! The agent: a client library of others that does what it is told, one call after the other, in one visit.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use super::stage::{Gateway, Stage};

/// How long one deed may take; the scripts give up earlier.
const DEED_LIMIT: Duration = Duration::from_secs(60);

/// A client library in one of its modes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// Its name in reports.
    pub(super) name: &'static str,
    script: &'static str,
    mode: &'static str,
}

/// The agents, each kind in each era.
pub(super) const KINDS: [Kind; 4] = [
    Kind { name: "python-modern", script: "agent.py", mode: "modern" },
    Kind { name: "python-legacy", script: "agent.py", mode: "legacy" },
    Kind { name: "typescript-modern", script: "agent.mjs", mode: "modern" },
    Kind { name: "typescript-legacy", script: "agent.mjs", mode: "legacy" },
];

/// Where the agent reaches the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    /// At the endpoint that joins them.
    Joint,
    /// Each at an endpoint of its own.
    Own,
}

impl Face {
    pub(super) const ALL: [Self; 2] = [Self::Joint, Self::Own];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Joint => "joint",
            Self::Own => "own",
        }
    }
}

/// What the agent is told to do at a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// Calls a tool.
    Call,
    /// Gets a prompt.
    Prompt,
}

/// What the agent read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// All of it.
    pub(super) text: String,
    /// Whether the client says that it failed.
    pub(super) failed: bool,
}

impl Answer {
    /// The code of the gateway's refusal.
    pub(super) fn code(&self) -> Option<&str> {
        let at = self.text.find("DW1").filter(|_| self.failed)?;
        self.text.get(at..at + 6)
    }

    /// The reference in the gateway's refusal.
    pub(super) fn reference(&self) -> Option<&str> {
        self.text.split_once("Reference: ")?.1.get(..32)
    }
}

/// A running agent.
#[derive(Debug)]
pub(super) struct Agent {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
    url: String,
    face: Face,
}

impl Agent {
    /// Starts one before `gateway`.
    pub(super) fn start(stage: &Stage, gateway: &Gateway, kind: Kind, face: Face) -> Result<Self, String> {
        let script = stage.folder().join(kind.script);
        let failed = |error: std::io::Error| format!("the agent {}: {error}", kind.name);
        let mut child = Command::new(runtime(stage, &script))
            .arg(&script)
            .arg(kind.mode)
            .current_dir(stage.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stage.log(&format!("{}-{}", gateway.name(), kind.script))?)
            .spawn()
            .map_err(failed)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("the agent {} has no input or output", kind.name));
        };
        let (sender, lines) = channel();
        // Ends with the agent's output.
        std::thread::spawn(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Ok(Self { child, stdin, lines, url: gateway.url().to_owned(), face })
    }

    /// Calls `tool` of `server`.
    pub(super) fn call(&mut self, server: &str, tool: &str, arguments: &Value) -> Result<Answer, String> {
        self.perform(Deed::Call, server, tool, arguments)
    }

    /// Does what it is told.
    pub(super) fn perform(
        &mut self,
        deed: Deed,
        server: &str,
        name: &str,
        arguments: &Value,
    ) -> Result<Answer, String> {
        let what = match deed {
            Deed::Call => "tool",
            Deed::Prompt => "prompt",
        };
        let name = match self.face {
            Face::Joint => format!("{server}__{name}"),
            Face::Own => name.to_owned(),
        };
        let said = self.tell(&json!({ "at": self.endpoint(server), what: name, "arguments": arguments }))?;
        let text = said.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Answer { text, failed: said.get("failed").and_then(Value::as_bool).unwrap_or(true) })
    }

    /// Opens a unit of work where `server` is reached; its handle.
    pub(super) fn begin(&mut self, server: &str, purpose: &str) -> Result<String, String> {
        let arguments = json!({ "purpose": purpose });
        let said = self.tell(&json!({ "at": self.endpoint(server), "tool": "begin_task", "arguments": arguments }))?;
        let handle = said.pointer("/structured/context").and_then(Value::as_str);
        handle.map(str::to_owned).ok_or_else(|| format!("no task was opened: {said}"))
    }

    fn endpoint(&self, server: &str) -> String {
        match self.face {
            Face::Joint => format!("{}/mcp", self.url),
            Face::Own => format!("{}/s/{server}/mcp", self.url),
        }
    }

    fn tell(&mut self, what: &Value) -> Result<Value, String> {
        writeln!(self.stdin, "{what}").map_err(|error| format!("the agent does not listen: {error}"))?;
        let line = self.lines.recv_timeout(DEED_LIMIT).map_err(|error| format!("the agent said nothing: {error}"))?;
        serde_json::from_str(&line).map_err(|error| format!("the agent said {line:?}: {error}"))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // One that has already ended refuses the signal and is still reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn runtime<'a>(stage: &'a Stage, script: &Path) -> &'a Path {
    if script.extension().is_some_and(|ending| ending == "py") { stage.python() } else { stage.node() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_and_the_reference_of_a_refusal_are_read() {
        let text = "Error: DW1701: No. Reference: 0123456789abcdef0123456789abcdef.".to_owned();
        let refused = Answer { text, failed: true };
        assert_eq!(refused.code(), Some("DW1701"));
        assert_eq!(refused.reference(), Some("0123456789abcdef0123456789abcdef"));
        assert_eq!(Answer { failed: false, ..refused }.code(), None);
    }
}
