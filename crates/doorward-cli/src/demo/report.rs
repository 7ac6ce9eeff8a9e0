//! What the demonstration shows.

use std::io;
use std::time::Duration;

use doorward_core::refusal::DENIAL_META_KEY;
use doorward_server::lifecycle::Serving;
use doorward_store::RecordView;
use serde_json::{Value, json};

use super::setting::Setting;
use crate::terminal::{Terminal, Tone, column, inert};

pub(super) fn opening(terminal: &Terminal) -> io::Result<()> {
    let heading = format!("{:<30} {:<18} {:<9} {:<7} {:>8}  rule", "the agent", "calls", "decision", "code", "ms");
    terminal.line(terminal.paint(Tone::Faint, heading))
}

/// One call: what the agent did, and what became of it, as recorded.
pub(super) fn decision(
    aim: &str,
    called: &str,
    record: &RecordView,
    answer: &Value,
    terminal: &Terminal,
) -> io::Result<()> {
    let (word, tone) = match record.disposition.as_str() {
        "answer" => ("allowed", Tone::Good),
        "refuse" => ("refused", Tone::Bad),
        "answer-error" => ("allowed", Tone::Warn),
        _ => ("failed", Tone::Warn),
    };
    let took = Duration::from_micros(record.elapsed_micros);
    terminal.line(format_args!(
        "{} {} {} {} {:>8.2}  {}",
        column(aim, 30),
        column(called, 18),
        terminal.paint(tone, column(word, 9)),
        column(record.code.as_deref().unwrap_or("-"), 7),
        took.as_secs_f64() * 1000.0,
        inert(&record.rules.join(", ")),
    ))?;
    if record.disposition != "refuse" {
        return Ok(());
    }
    for reason in &record.reasons {
        terminal.line(terminal.paint(Tone::Faint, format_args!("  why:     {}", inert(reason))))?;
    }
    match remedy(answer) {
        Some(remedy) => terminal.line(terminal.paint(Tone::Faint, format_args!("  instead: {}", inert(remedy)))),
        None => Ok(()),
    }
}

/// What the refusal told the agent to do.
fn remedy(answer: &Value) -> Option<&str> {
    answer.get("_meta")?.get(DENIAL_META_KEY)?.get("remedy")?.as_str()
}

/// Where the records are, and how to look at them.
pub(super) fn records(setting: &Setting, terminal: &Terminal) -> io::Result<()> {
    let store = format!("sqlite://{}", setting.records().display());
    terminal
        .line(format_args!("\n{}", terminal.paint(Tone::Strong, "Every call was recorded before it was forwarded:")))?;
    terminal.line(format_args!("  doorward audit tail --store {store}"))?;
    terminal.line("  doorward explain DW1202")
}

/// How to try it oneself.
pub(super) fn invitation(serving: &Serving, terminal: &Terminal) -> io::Result<()> {
    let url = format!("http://{}/s/notes/mcp", serving.http_addr());
    let header = serving.token().map_or_else(String::new, |token| format!("Authorization: Bearer {}", token.reveal()));
    terminal
        .line(format_args!("\n{}", terminal.paint(Tone::Strong, "The gateway goes on running. Try it yourself:")))?;
    terminal.line(format_args!("  {url}\n"))?;
    terminal.line(format_args!(
        "  curl -s {url} -H '{header}' -H 'Content-Type: application/json' \\\n    \
         -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' \\\n    \
         -H 'Mcp-Method: tools/call' -H 'Mcp-Name: delete_note' -d '{CURL_BODY}'\n"
    ))?;
    terminal.line(format_args!("  claude mcp add --transport http notes {url} --header \"{header}\"\n"))?;
    terminal.line("  VS Code (.vscode/mcp.json):")?;
    let (name, value) = header.split_once(": ").unwrap_or_default();
    let servers = json!({ "servers": { "notes": { "type": "http", "url": url, "headers": { name: value } } } });
    terminal.line(format_args!("  {servers}\n"))?;
    terminal.line(terminal.paint(Tone::Faint, "Ctrl-C ends it."))
}

/// A call that the demonstration's policy refuses.
const CURL_BODY: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_note","arguments":{"title":"shopping"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#;
