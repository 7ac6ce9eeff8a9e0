//! `doorward policy explain`: why a call is decided as it is.

use doorward_core::access::Observed;
use doorward_policy::{Holds, RuleSays, Why};
use serde_json::json;

use super::asked::Asked;
use super::subject::Ready;
use crate::args::PolicyExplainArgs;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone, inert};

pub(super) async fn explain(args: &PolicyExplainArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let asked = Asked::of(&args.asked, &args.subject).await?;
    let ready = Ready::of(&args.subject, terminal).await?;
    let seen = ready.engine.presumed(&asked.request, &Observed::default());
    let why = ready.engine.why(&asked.request, &seen);
    if args.json {
        print_json(&asked, &why, terminal)?;
    } else {
        print(&asked, &why, terminal)?;
    }
    Ok(if why.allowed == Some(false) { Exit::Denied } else { Exit::Success })
}

fn print(asked: &Asked, why: &Why, terminal: &Terminal) -> Result<(), Fault> {
    let heading = |text: &str| terminal.line(terminal.paint(Tone::Strong, text));
    heading(&inert(&format!("{} {}", asked.request.action, asked.request.resource)))?;
    if let Some(record) = &asked.record {
        let end = record.code.as_deref().unwrap_or(&record.disposition);
        let text = format!("  on record: {end} at {} under {}", record.at, record.rules.join(", "));
        terminal.line(inert(text.trim_end_matches(" under ")))?;
    }
    let tone = match why.allowed {
        Some(true) => Tone::Good,
        Some(false) => Tone::Bad,
        None => Tone::Warn,
    };
    terminal.line(format_args!("  now: {}", terminal.paint(tone, inert(&why.decided))))?;
    if !why.rules.is_empty() {
        heading("rules about it")?;
    }
    for rule in &why.rules {
        print_rule(rule, terminal)?;
    }
    if !why.facts.is_empty() {
        heading("what they are asked about")?;
    }
    for (name, value) in &why.facts {
        terminal.line(format_args!("  {name} = {}", inert(value)))?;
    }
    if !why.changes.is_empty() {
        heading("what would change it")?;
    }
    for change in &why.changes {
        terminal.line(format_args!("  - {}", inert(change)))?;
    }
    Ok(())
}

fn print_rule(rule: &RuleSays, terminal: &Terminal) -> Result<(), Fault> {
    let tone = match (rule.holds, rule.effect) {
        (Holds::Yes, "permit") => Tone::Good,
        (Holds::Yes | Holds::Fails, _) => Tone::Bad,
        (Holds::Open, _) => Tone::Warn,
        (Holds::No | Holds::NotForThem, _) => Tone::Faint,
    };
    let word = terminal.paint(tone, format_args!("{:<24}", rule.holds.as_str()));
    let id = inert(&rule.id);
    terminal.line(format_args!("  {} {word} {id} ({}:{})", rule.effect, inert(&rule.file), rule.line))?;
    if let Some(condition) = &rule.condition {
        terminal.line(format_args!("         {}", terminal.paint(Tone::Faint, inert(condition))))?;
    }
    Ok(())
}

fn print_json(asked: &Asked, why: &Why, terminal: &Terminal) -> Result<(), Fault> {
    let rule = |rule: &RuleSays| {
        json!({
            "id": rule.id, "file": rule.file, "line": rule.line, "effect": rule.effect,
            "holds": rule.holds.as_str(), "condition": rule.condition,
        })
    };
    let facts: serde_json::Map<_, _> = why.facts.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    terminal.line(json!({
        "version": 1,
        "action": asked.request.action.name(),
        "resource": asked.request.resource.to_string(),
        "record": asked.record,
        "decided": why.decided,
        "allowed": why.allowed,
        "rules": why.rules.iter().map(rule).collect::<Vec<_>>(),
        "facts": facts,
        "changes": why.changes,
    }))?;
    Ok(())
}
