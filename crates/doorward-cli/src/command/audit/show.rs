//! How a record looks: a row, everything about it, or JSON.

use std::io;

use doorward_store::{FindingView, RecordView};

use crate::args::RecordOutput;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone, column, inert};

/// How records are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A row for each exchange that ended.
    Outcomes,
    /// A row for each record.
    Rows,
    /// A JSON object for each record.
    Json,
}

impl Form {
    pub(super) const fn of(output: &RecordOutput) -> Self {
        match (output.json, output.intents) {
            (true, _) => Self::Json,
            (false, true) => Self::Rows,
            (false, false) => Self::Outcomes,
        }
    }
}

pub(super) fn heading(form: Form, terminal: &Terminal) -> io::Result<()> {
    if form == Form::Json {
        return Ok(());
    }
    let text = format!(
        "{:<23} {:<10} {:<12} {:<34} {:<12} {:<6} {:>9}  rule",
        "time (UTC)", "principal", "server", "what", "end", "code", "ms"
    );
    terminal.line(terminal.paint(Tone::Faint, text))
}

pub(super) fn print(records: &[RecordView], form: Form, terminal: &Terminal) -> Result<(), Fault> {
    for record in records {
        match form {
            Form::Outcomes if record.phase == "intent" => {}
            Form::Outcomes | Form::Rows => terminal.line(row(record, terminal))?,
            Form::Json => terminal.line(serde_json::to_string(record).map_err(io::Error::other)?)?,
        }
    }
    Ok(())
}

fn row(record: &RecordView, terminal: &Terminal) -> String {
    let time = record.at.get(..23).unwrap_or(&record.at).replace('T', " ");
    let what = match &record.resource {
        Some(resource) => format!("{} {resource}", record.action),
        None => record.action.clone(),
    };
    let micros = std::time::Duration::from_micros(record.elapsed_micros);
    let end = if record.phase == "intent" { "(intent)" } else { &record.disposition };
    format!(
        "{} {} {} {} {} {} {:>9.3}  {}",
        terminal.paint(Tone::Faint, column(&time, 23)),
        column(&record.principal, 10),
        column(record.server.as_deref().unwrap_or("-"), 12),
        column(&what, 34),
        terminal.paint(tone(record), column(end, 12)),
        column(record.code.as_deref().unwrap_or("-"), 6),
        micros.as_secs_f64() * 1000.0,
        inert(&record.rules.join(", ")),
    )
}

fn tone(record: &RecordView) -> Tone {
    match record.disposition.as_str() {
        "refuse" => Tone::Bad,
        "fail" | "answer-error" => Tone::Warn,
        "allow" | "answer" => Tone::Good,
        _ => Tone::Strong,
    }
}

/// Who acted and from where, as far as there is something to tell.
fn details(record: &RecordView, line: impl Fn(&str, &str) -> io::Result<()>) -> io::Result<()> {
    let details = &record.details;
    for (name, text) in [
        ("tenant", &details.tenant),
        ("agent", &details.agent),
        ("issuer", &details.issuer),
        ("origin", &details.origin),
    ] {
        if let Some(text) = text {
            line(name, text)?;
        }
    }
    for (name, texts) in [("actors", &details.actors), ("groups", &details.groups), ("scopes", &details.scopes)] {
        if !texts.is_empty() {
            line(name, &texts.join(", "))?;
        }
    }
    match &details.client {
        Some(client) => line("client", format!("{} {} (as it calls itself)", client.name, client.version).trim()),
        None => Ok(()),
    }
}

fn finding_text(finding: &FindingView) -> String {
    let FindingView { guard, rule, severity, confidence, action, pointer, start, end } = finding;
    let place = if pointer.is_empty() { String::new() } else { format!(" in {pointer}") };
    format!("{guard}/{rule}: {severity}, {confidence} % sure,{place} bytes {start}–{end}: {action}")
}

/// Everything about one record.
pub(super) fn whole(record: &RecordView, terminal: &Terminal) -> io::Result<()> {
    let line = |name: &str, text: &str| {
        terminal.line(format_args!("{}  {}", terminal.paint(Tone::Faint, format_args!("{name:<10}")), inert(text)))
    };
    let optional = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    terminal.line(terminal.paint(Tone::Strong, format_args!("record {} ({})", record.seq, record.phase)))?;
    line("exchange", &record.exchange)?;
    line("at", &record.at)?;
    line("principal", &format!("{} (proof: {})", record.principal, record.proof))?;
    details(record, line)?;
    line("came by", &format!("{}, {}, {}", record.face, record.direction, optional(&record.revision)))?;
    line("server", &optional(&record.server))?;
    line("action", &record.action)?;
    line("resource", &optional(&record.resource))?;
    line("arguments", &record.arguments_digest.as_ref().map_or("-".to_owned(), |hex| format!("sha256 {hex}")))?;
    line("end", &record.disposition)?;
    line("code", &optional(&record.code))?;
    line("rules", &record.rules.join(", "))?;
    for reason in &record.reasons {
        line("reason", reason)?;
    }
    for finding in &record.findings {
        line("finding", &finding_text(finding))?;
    }
    line("sizes", &format!("{} bytes in, {} bytes out", record.request_bytes, record.answer_bytes))?;
    line("took", &format!("{} µs, of which the server {} µs", record.elapsed_micros, record.upstream_micros))
}

/// The commands that go on from a refusal by policy.
pub(super) fn what_next(record: &RecordView, terminal: &Terminal) -> io::Result<()> {
    // Codes of decisions: 12xx.
    let by_policy = record.code.as_deref().is_some_and(|code| code.starts_with("DW12"));
    if record.disposition != "refuse" || !by_policy {
        return Ok(());
    }
    terminal.line(terminal.paint(Tone::Strong, "what next"))?;
    terminal.line(format_args!("  doorward policy explain {}", inert(&record.exchange)))?;
    terminal.line(format_args!("  doorward policy propose {}", inert(&record.exchange)))
}
