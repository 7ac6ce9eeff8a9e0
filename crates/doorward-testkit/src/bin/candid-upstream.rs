//! A stdio MCP server that shows what reaches it and sends what it is told to.
//!
//! Tools: `heard` returns every line so far; `progress` sends `count` notifications under the caller's token; `ask` puts
//! a request to the client and returns the answer's line; `say` writes a line verbatim; `silent` never answers; `deaf`
//! stops reading; `endless` sends progress without end.

use std::{
    io::{self, BufRead as _, Write as _},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

/// How long a server that reads no more stays.
const LONGEST_STAY: Duration = Duration::from_secs(300);

#[derive(Default)]
struct Candid {
    heard: Vec<String>,
    asking: Option<Value>,
}

fn main() -> io::Result<()> {
    let mut candid = Candid::default();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let message: Value = serde_json::from_str(&line).unwrap_or_default();
        candid.heard.push(line);
        candid.receive(&message)?;
    }
    Ok(())
}

impl Candid {
    fn receive(&mut self, message: &Value) -> io::Result<()> {
        let id = message.get("id");
        match (message.get("method").and_then(Value::as_str), id) {
            (Some("initialize"), Some(id)) => {
                let version = message.pointer("/params/protocolVersion");
                let server = json!({ "name": "candid-upstream", "version": "1" });
                result(id, &json!({ "protocolVersion": version, "capabilities": {}, "serverInfo": server }))
            }
            (Some("tools/call"), Some(id)) => self.called(id, message),
            (Some("tools/list"), Some(id)) => result(id, &json!({ "tools": [] })),
            (Some(_), Some(id)) => result(id, &json!({})),
            (None, Some(_)) => self.answered(),
            (_, None) => Ok(()),
        }
    }

    fn called(&mut self, id: &Value, message: &Value) -> io::Result<()> {
        let argument = |name: &str| message.pointer(&format!("/params/arguments/{name}"));
        let text = |name: &str| argument(name).and_then(Value::as_str).unwrap_or_default();
        let token = message.pointer("/params/_meta/progressToken");
        match message.pointer("/params/name").and_then(Value::as_str) {
            Some("heard") => answer(id, &json!(self.heard).to_string()),
            Some("progress") => {
                for number in 0..argument("count").and_then(Value::as_u64).unwrap_or(1) {
                    progress(token, number)?;
                }
                answer(id, "done")
            }
            Some("ask") => {
                self.asking = Some(id.clone());
                say(&json!({ "jsonrpc": "2.0", "id": 1, "method": text("method"), "params": {} }).to_string())
            }
            Some("say") => {
                say(text("line"))?;
                answer(id, "said")
            }
            Some("silent") => Ok(()),
            Some("deaf") => {
                thread::sleep(LONGEST_STAY);
                Ok(())
            }
            Some("endless") => loop {
                progress(token, 1)?;
            },
            Some(_) | None => answer(id, "no such tool"),
        }
    }

    /// The client has answered our question, so the call that wanted it put is answered too.
    fn answered(&mut self) -> io::Result<()> {
        match self.asking.take() {
            Some(id) => answer(&id, self.heard.last().map_or("", String::as_str)),
            None => Ok(()),
        }
    }
}

fn progress(token: Option<&Value>, number: u64) -> io::Result<()> {
    let params = json!({ "progressToken": token, "progress": number });
    say(&json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params }).to_string())
}

fn answer(id: &Value, text: &str) -> io::Result<()> {
    result(id, &json!({ "content": [{ "type": "text", "text": text }] }))
}

fn result(id: &Value, result: &Value) -> io::Result<()> {
    say(&json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string())
}

fn say(line: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}
