//! `doorward approvals`: what waits for a person, and the person's answer.
//!
//! It works on the store, beside a running gateway or without one. What it shows is what would be sent: nothing in it can
//! hide anything from whoever reads it, and no number is rounded.

use std::io::{IsTerminal, Write, stdin};

use doorward_server::approvals::{Word, answer};
use doorward_server::config::{Surroundings, load_store};
use doorward_store::{
    Answered, ApprovalRow, ApprovalState, ApprovalSubject, Approvals, Pins, Store, StoreConfig, rfc3339,
};
use serde_json::{Value, json};

use super::{now, whoever_runs_this};
use crate::args::{
    AnswerApprovalsArgs, ApprovalsCommand, EndorseApprovalsArgs, ListApprovalsArgs, ShowApprovalArgs, SourceArgs,
};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone, column, inert, visible};

/// Longest remark, in characters.
const REMARK_CHARACTERS: usize = 500;

pub(super) async fn approvals(command: ApprovalsCommand, terminal: &Terminal) -> Result<Exit, Fault> {
    match command {
        ApprovalsCommand::List(args) => list(&args, terminal).await,
        ApprovalsCommand::Show(args) => show(&args, terminal).await,
        ApprovalsCommand::Endorse(args) => endorse(&args, terminal).await,
        ApprovalsCommand::Deny(args) => settle(&args, Word::Deny, terminal).await,
    }
}

async fn list(args: &ListApprovalsArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let rows = read(&source(&args.source)?).await?;
    let waits = |row: &&ApprovalRow| args.all || row.state == ApprovalState::Open;
    let rows: Vec<&ApprovalRow> = rows.iter().filter(waits).collect();
    if args.json {
        for row in rows {
            terminal.line(told(row))?;
        }
        return Ok(Exit::Success);
    }
    if rows.is_empty() {
        terminal.say(if args.all { "Nothing was asked." } else { "Nothing waits for an answer." });
        return Ok(Exit::Success);
    }
    let heading = format!("{:<11} {:<8} {:<20} {:<16} {:<14} what", "id", "state", "until", "who", "asked of");
    terminal.line(terminal.paint(Tone::Faint, heading))?;
    for row in rows {
        let until: String = rfc3339(ends(row)).chars().take(19).collect();
        terminal.line(format_args!(
            "{} {} {} {} {} {}",
            column(&row.id, 11),
            terminal.paint(tone(row.state), column(row.state.as_str(), 8)),
            column(&until, 20),
            column(&row.about.who.user, 16),
            column(&row.approver, 14),
            visible(&what(row)),
        ))?;
    }
    Ok(Exit::Success)
}

async fn show(args: &ShowApprovalArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let row = find(&read(&source(&args.source)?).await?, &args.id)?;
    if args.json {
        terminal.line(told(&row))?;
        return Ok(Exit::Success);
    }
    for line in lines(&row, terminal) {
        terminal.line(line)?;
    }
    Ok(Exit::Success)
}

async fn endorse(args: &EndorseApprovalsArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let config = source(&args.answer.source)?;
    let rows = read(&config).await?;
    for id in &args.answer.ids {
        let row = find(&rows, id)?;
        if row.state == ApprovalState::Open {
            is_as_asked(&row, &config).await?;
        }
        if args.yes {
            continue;
        }
        if !stdin().is_terminal() {
            let what = "whoever says yes has to have seen what to";
            return Err(Fault::told(Exit::Usage, what, "Look at it with 'doorward approvals show', then add --yes."));
        }
        lines(&row, terminal).iter().for_each(|line| terminal.say(line));
        if !agrees(&row, terminal)? {
            terminal.say("Nothing was endorsed.");
            return Ok(Exit::Failure);
        }
    }
    settle(&args.answer, Word::Endorse, terminal).await
}

/// A yes to something that is no longer what was asked about would never be used.
async fn is_as_asked(row: &ApprovalRow, config: &StoreConfig) -> Result<(), Fault> {
    let kind = match row.action.as_str() {
        "tools/call" => "tool",
        "prompts/get" => "prompt",
        _ => "resource",
    };
    if !row.about.pinned {
        return Ok(());
    }
    let pins = Pins::open(config).await?;
    let known = pins.list().await;
    pins.close().await;
    let is_it = |key: &doorward_store::PinKey| {
        key.server == row.server && key.kind == kind && Some(&key.name) == row.item.as_ref()
    };
    let pin = known?.into_iter().find(|pin| is_it(&pin.key));
    if pin.is_some_and(|pin| Some(pin.seen.digest) == row.definition) {
        return Ok(());
    }
    let what = format!("the definition of {} has changed since {} was asked", visible(&what(row)), row.id);
    Err(Fault::told(Exit::Failure, what, "Deny it, and look at 'doorward pins diff'; the call is asked about anew."))
}

fn agrees(row: &ApprovalRow, terminal: &Terminal) -> Result<bool, Fault> {
    let good = match row.subject {
        ApprovalSubject::Call => "this very call, once",
        ApprovalSubject::Data => "these values for this tool, as long as the context lasts",
    };
    terminal.say(format_args!("Endorse {good}? Type 'yes':"));
    std::io::stderr().flush()?;
    let mut said = String::new();
    stdin().read_line(&mut said)?;
    Ok(said.trim() == "yes")
}

async fn settle(args: &AnswerApprovalsArgs, word: Word, terminal: &Terminal) -> Result<Exit, Fault> {
    if args.remark.as_ref().is_some_and(|remark| remark.chars().count() > REMARK_CHARACTERS) {
        let what = format!("a remark has at most {REMARK_CHARACTERS} characters");
        return Err(Fault::told(Exit::Usage, what, "Say it in fewer words."));
    }
    let config = source(&args.source)?;
    let rows = read(&config).await?;
    let chosen: Vec<ApprovalRow> = args.ids.iter().map(|id| find(&rows, id)).collect::<Result<_, _>>()?;
    let by = whoever_runs_this();
    let store = Store::open(config).await?;
    let mut exit = Exit::Success;
    for row in &chosen {
        let answered = answer(&store, row, word, (&by, args.remark.as_deref())).await?;
        let state = match answered {
            Answered::Done => None,
            Answered::Not(state) => Some(state),
            Answered::Unknown => Some(ApprovalState::Expired),
        };
        exit = if state.is_some() { Exit::Failure } else { exit };
        if args.json {
            let now = store.approvals().find(&row.id, now()).await?;
            let mut shown = told(now.as_ref().unwrap_or(row));
            if let Some(members) = shown.as_object_mut() {
                members.insert("answered".to_owned(), Value::from(state.is_none()));
            }
            terminal.line(shown)?;
            continue;
        }
        match state {
            None => terminal.say(format_args!("{} {}: {}", word.done(), row.id, visible(&what(row)))),
            Some(state) => terminal.say(format_args!("{} cannot be answered so: it is {}.", row.id, state.as_str())),
        }
    }
    store.close().await?;
    Ok(exit)
}

fn source(source: &SourceArgs) -> Result<StoreConfig, Fault> {
    let store = load_store(&source.request(), &Surroundings::of_process())?;
    if store.url.path().is_none() {
        let what = "approvals in memory cannot be reached from outside their gateway";
        return Err(Fault::told(Exit::Invalid, what, "Name a file with --store sqlite:///path/records.db."));
    }
    Ok(store)
}

async fn read(config: &StoreConfig) -> Result<Vec<ApprovalRow>, Fault> {
    let approvals = Approvals::open(config).await?;
    let at = now();
    let swept = approvals.sweep(at).await;
    let rows = approvals.list(at).await;
    approvals.close().await;
    swept?;
    Ok(rows?)
}

/// Letters of either case are the same.
fn find(rows: &[ApprovalRow], id: &str) -> Result<ApprovalRow, Fault> {
    rows.iter().find(|row| row.id.eq_ignore_ascii_case(id)).cloned().ok_or_else(|| {
        let what = format!("there is no request '{}' in this store", inert(id));
        Fault::told(
            Exit::Failure,
            what,
            "'doorward approvals list --all' shows those there are; --store names another.",
        )
    })
}

fn what(row: &ApprovalRow) -> String {
    row.item.as_ref().map_or_else(|| row.server.clone(), |item| format!("{}/{item}", row.server))
}

fn ends(row: &ApprovalRow) -> doorward_core::time::Timestamp {
    row.endorsed_until.filter(|_| row.subject == ApprovalSubject::Data).unwrap_or(row.expires)
}

fn hex(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Everything about a request but the hashes of values.
fn told(row: &ApprovalRow) -> Value {
    let about = &row.about;
    json!({
        "id": row.id, "state": row.state.as_str(), "subject": row.subject.as_str(), "askedOf": row.approver,
        "askedAt": rfc3339(row.asked_at), "until": rfc3339(ends(row)), "exchange": row.exchange.to_string(),
        "who": about.who, "server": row.server, "action": row.action, "item": row.item,
        "context": row.context.map(|context| context.to_string()),
        "definition": row.definition.as_ref().map(hex), "argumentsDigest": hex(&row.arguments_digest),
        "argumentsText": row.arguments,
        "rules": about.rules.iter().map(|(rule, text)| json!({ "rule": rule, "reason": text })).collect::<Vec<_>>(),
        "findings": about.findings, "labels": about.labels, "news": about.news,
        "missing": about.missing.iter().map(|(path, role)| json!({ "path": path, "role": role })).collect::<Vec<_>>(),
        "answeredAt": row.answered_at.map(rfc3339), "answeredBy": row.answered_by, "remark": row.remark,
        "usedAt": row.used_at.map(rfc3339), "usedBy": row.used_by.map(|exchange| exchange.to_string()),
    })
}

fn lines(row: &ApprovalRow, terminal: &Terminal) -> Vec<String> {
    let about = &row.about;
    let good = match row.subject {
        ApprovalSubject::Call => "for one call, once",
        ApprovalSubject::Data => "for values, as long as the context lasts",
    };
    let mut lines = vec![format!(
        "{}  {}  {good}",
        terminal.paint(Tone::Strong, &row.id),
        terminal.paint(tone(row.state), row.state.as_str())
    )];
    let mut tell = |name: &str, text: &str| lines.push(format!("{name:<10} {}", visible(text)));
    let who = [about.who.agent.as_deref(), about.who.tenant.as_deref()].into_iter().flatten();
    let who: Vec<&str> = std::iter::once(about.who.user.as_str()).chain(who).collect();
    tell("who", &format!("{} ({})", who.join(", "), about.who.proof));
    if let Some(client) = &about.who.client {
        tell("client", &format!("calls itself {client}"));
    }
    tell("wants", &format!("{} ({})", what(row), row.action));
    tell("asked of", &row.approver);
    tell("asked", &rfc3339(row.asked_at));
    tell("until", &rfc3339(ends(row)));
    for (rule, reason) in &about.rules {
        tell("because", &format!("{rule}{}", reason.as_ref().map(|text| format!(": {text}")).unwrap_or_default()));
    }
    about.findings.iter().for_each(|finding| tell("found", finding));
    for (path, role) in &about.missing {
        tell("missing", &format!("{path} ({role}) has no endorsed origin"));
    }
    about.labels.iter().for_each(|label| tell("context", label));
    about.news.iter().for_each(|news| tell("new", news));
    if let Some(definition) = &row.definition {
        tell("definition", &hex(definition));
    }
    if let (Some(by), Some(at)) = (&row.answered_by, row.answered_at) {
        tell("answered", &format!("{} by {by}", rfc3339(at)));
    }
    row.remark.iter().for_each(|remark| tell("remark", remark));
    if let (Some(at), Some(by)) = (row.used_at, row.used_by) {
        tell("used", &format!("{} by exchange {by}", rfc3339(at)));
    }
    match &row.arguments {
        Some(arguments) => {
            lines.push("arguments".to_owned());
            lines.extend(indented(arguments).lines().map(visible));
        }
        None => lines.push(format!("arguments  kept no longer; their SHA-256 is {}", hex(&row.arguments_digest))),
    }
    lines
}

/// JSON without spaces, spread over lines. Every word of it stays as it was written.
fn indented(json: &str) -> String {
    let (mut out, mut depth, mut in_string, mut escaped) =
        (String::with_capacity(json.len() * 2), 0_usize, false, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        if in_string {
            out.push(character);
            in_string = escaped || character != '"';
            escaped = character == '\\' && !escaped;
            continue;
        }
        match character {
            '{' | '[' => {
                out.push(character);
                if !matches!(characters.peek(), Some('}' | ']')) {
                    depth = depth.saturating_add(1);
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                if !out.ends_with(['{', '[']) {
                    depth = depth.saturating_sub(1);
                    line(&mut out, depth);
                }
                out.push(character);
            }
            ',' => {
                out.push(character);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => {
                in_string = character == '"';
                out.push(character);
            }
        }
    }
    out
}

const fn tone(state: ApprovalState) -> Tone {
    match state {
        ApprovalState::Open => Tone::Strong,
        ApprovalState::Granted => Tone::Good,
        ApprovalState::Denied => Tone::Bad,
        ApprovalState::Used | ApprovalState::Expired => Tone::Faint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_spread_without_changing_a_word() {
        let text = r#"{"a":[],"b":{"c":123456789012345678901234567890.10,"d":"x\",{[:"},"e":[1,{}]}"#;
        let spread = indented(text);
        assert!(
            spread.contains("\n    \"c\": 123456789012345678901234567890.10,\n    \"d\": \"x\\\",{[:\"\n  }"),
            "{spread}"
        );
        assert!(spread.contains("\"a\": [],") && spread.ends_with("\n}"), "{spread}");
    }
}
