//! A stdio MCP server from before 2026-07-28, with the habits that make such servers hard to tell apart and to serve.
//!
//! `--discover error|silent|exit` is what it does about `server/discover`, which it cannot know. Tools: `heard` returns
//! every line so far; `silent` never answers; `sign_in` wants an address visited once (-32042); `beside` asks a question
//! while another call may be open, and answers when that is answered; `report` runs only as a task, `study` also as one,
//! and `survey` as a task that asks.

use std::io::{self, BufRead as _, Write as _};

use doorward_testkit::net;
use serde_json::{Value, json};

const METHOD_NOT_FOUND: i64 = -32601;
const URL_ELICITATION_REQUIRED: i64 = -32042;

#[derive(Default)]
struct Old {
    heard: Vec<String>,
    opened: bool,
    signed_in: bool,
    /// The call that waits for an answer.
    asking: Option<Value>,
    tasks: Vec<Task>,
}

struct Task {
    tool: String,
    polled: u32,
    cancelled: bool,
    answer: Option<Value>,
    /// A `tasks/result` that waits.
    waiting: Option<Value>,
}

fn main() -> io::Result<()> {
    let discover = net::argument("--discover").unwrap_or_default();
    let mut old = Old::default();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let message: Value = serde_json::from_str(&line).unwrap_or_default();
        old.heard.push(line);
        match (message.get("method").and_then(Value::as_str), discover.as_str()) {
            (Some("server/discover"), "silent") => {}
            (Some("server/discover"), "exit") => return Ok(()),
            (_, _) => old.receive(&message)?,
        }
    }
    Ok(())
}

impl Old {
    fn receive(&mut self, message: &Value) -> io::Result<()> {
        let Some(id) = message.get("id") else { return Ok(()) };
        let params = &message["params"];
        match message["method"].as_str() {
            Some("initialize") => {
                self.opened = true;
                result(id, &opened(params))
            }
            Some("ping") => result(id, &json!({})),
            Some(_) if !self.opened => error(id, -32602, "Received request before initialization was complete", None),
            Some("tools/list") => result(id, &tools()),
            Some("tools/call") => self.called(id, params),
            Some("tasks/get") => self.polled(id, params),
            Some("tasks/result") => self.fetched(id, params),
            Some("tasks/cancel") => self.cancelled(id, params),
            Some(_) => error(id, METHOD_NOT_FOUND, "Method not found", None),
            None => self.answered(message),
        }
    }

    fn called(&mut self, id: &Value, params: &Value) -> io::Result<()> {
        let name = params["name"].as_str().unwrap_or_default();
        match (name, params.get("task")) {
            ("heard", _) => text(id, &json!(self.heard).to_string()),
            ("silent", _) => Ok(()),
            ("sign_in", _) if self.signed_in => text(id, "signed in"),
            ("sign_in", _) => {
                self.signed_in = true;
                let url =
                    json!({ "mode": "url", "message": "Sign in", "url": "https://example.com/", "elicitationId": "e" });
                error(id, URL_ELICITATION_REQUIRED, "Sign in first", Some(&json!({ "elicitations": [url] })))
            }
            ("beside", _) => {
                self.asking = Some(id.clone());
                ask("question-1")
            }
            ("report" | "survey", None) => error(id, METHOD_NOT_FOUND, "It runs only as a task", None),
            ("report" | "study" | "survey", Some(_)) => {
                let tool = name.to_owned();
                self.tasks.push(Task { tool, polled: 0, cancelled: false, answer: None, waiting: None });
                let number = self.tasks.len();
                result(id, &json!({ "task": described(number, "working") }))
            }
            ("study", None) => text(id, "studied at once"),
            (_, _) => error(id, -32602, "no such tool", None),
        }
    }

    fn polled(&mut self, id: &Value, params: &Value) -> io::Result<()> {
        let Some((number, task)) = self.task(params) else { return error(id, -32602, "no such task", None) };
        task.polled += 1;
        result(id, &described(number, task.status()))
    }

    fn fetched(&mut self, id: &Value, params: &Value) -> io::Result<()> {
        let Some((number, task)) = self.task(params) else { return error(id, -32602, "no such task", None) };
        if task.tool == "survey" && task.answer.is_none() {
            task.waiting = Some(id.clone());
            return ask(&format!("task-question-{number}"));
        }
        let said = match &task.answer {
            Some(answer) => format!("{} done: {}", task.tool, answer["action"].as_str().unwrap_or_default()),
            None => format!("{} done", task.tool),
        };
        let related = json!({ "io.modelcontextprotocol/related-task": { "taskId": format!("task-{number}") } });
        result(id, &json!({ "content": [{ "type": "text", "text": said }], "_meta": related }))
    }

    fn cancelled(&mut self, id: &Value, params: &Value) -> io::Result<()> {
        let Some((number, task)) = self.task(params) else { return error(id, -32602, "no such task", None) };
        task.cancelled = true;
        result(id, &described(number, "cancelled"))
    }

    fn task(&mut self, params: &Value) -> Option<(usize, &mut Task)> {
        let number: usize = params["taskId"].as_str()?.strip_prefix("task-")?.parse().ok()?;
        Some((number, self.tasks.get_mut(number.checked_sub(1)?)?))
    }

    /// The client has answered our question.
    fn answered(&mut self, message: &Value) -> io::Result<()> {
        let question = message["id"].as_str().unwrap_or_default();
        if let Some(number) = question.strip_prefix("task-question-") {
            let params = json!({ "taskId": format!("task-{number}") });
            let Some((_, task)) = self.task(&params) else { return Ok(()) };
            task.answer = Some(message["result"].clone());
            return match task.waiting.take() {
                Some(id) => self.fetched(&id, &params),
                None => Ok(()),
            };
        }
        match self.asking.take() {
            Some(id) => text(&id, &message.to_string()),
            None => Ok(()),
        }
    }
}

impl Task {
    fn status(&self) -> &'static str {
        match (self.cancelled, self.tool.as_str(), &self.answer) {
            (true, _, _) => "cancelled",
            (false, "survey", None) => "input_required",
            (false, "survey", Some(_)) => "completed",
            (false, _, _) if self.polled > 1 => "completed",
            (false, _, _) => "working",
        }
    }
}

fn opened(params: &Value) -> Value {
    let tasks = json!({ "cancel": {}, "requests": { "tools": { "call": {} } } });
    json!({
        "protocolVersion": params["protocolVersion"],
        "capabilities": { "tools": {}, "tasks": tasks },
        "serverInfo": { "name": "old-upstream", "version": "1" },
    })
}

fn tools() -> Value {
    let tool = |name: &str, support: &str| {
        json!({
            "name": name,
            "inputSchema": { "type": "object" },
            "annotations": { "readOnlyHint": true },
            "execution": { "taskSupport": support },
        })
    };
    let plain = ["silent", "heard", "sign_in", "beside"].map(|name| tool(name, "forbidden"));
    let tasks = [tool("report", "required"), tool("survey", "required"), tool("study", "optional")];
    let all: Vec<Value> = plain.into_iter().chain(tasks).collect();
    json!({ "tools": all })
}

fn described(number: usize, status: &str) -> Value {
    let at = "2026-01-01T00:00:00Z";
    json!({
        "taskId": format!("task-{number}"), "status": status, "createdAt": at, "lastUpdatedAt": at,
        "ttl": 60_000, "pollInterval": 10,
    })
}

fn ask(id: &str) -> io::Result<()> {
    let schema = json!({ "type": "object", "properties": { "name": { "type": "string" } } });
    let params = json!({ "message": "Who?", "requestedSchema": schema });
    say(&json!({ "jsonrpc": "2.0", "id": id, "method": "elicitation/create", "params": params }))
}

fn text(id: &Value, text: &str) -> io::Result<()> {
    result(id, &json!({ "content": [{ "type": "text", "text": text }] }))
}

fn result(id: &Value, result: &Value) -> io::Result<()> {
    say(&json!({ "jsonrpc": "2.0", "id": id, "result": result }))
}

fn error(id: &Value, code: i64, message: &str, data: Option<&Value>) -> io::Result<()> {
    let error = match data {
        Some(data) => json!({ "code": code, "message": message, "data": data }),
        None => json!({ "code": code, "message": message }),
    };
    say(&json!({ "jsonrpc": "2.0", "id": id, "error": error }))
}

fn say(message: &Value) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{message}")?;
    output.flush()
}
