//! `doorward flow list`: the newest units of work.

use serde_json::json;

use super::drawing::label_words;
use crate::args::FlowListArgs;
use crate::command::audit::open;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone, column, inert};
use doorward_store::Beginning;

pub(super) async fn list(args: &FlowListArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let reader = open(&args.source).await?;
    let contexts = match Beginning::of("") {
        Some(all) => reader.contexts(all, args.limit).await?,
        None => Vec::new(),
    };
    if !args.json {
        let heading =
            format!("{:<32} {:<19} {:<12} {:>6} {:>8}  label", "context", "last", "principal", "calls", "refused");
        terminal.line(terminal.paint(Tone::Faint, heading))?;
    }
    for context in &contexts {
        if args.json {
            terminal.line(json!({
                "context": context.context.to_string(), "principal": context.principal, "first": context.first,
                "last": context.last, "exchanges": context.exchanges, "refused": context.refused,
                "label": context.label,
            }))?;
            continue;
        }
        let last: String = context.last.chars().take(19).collect();
        let label = context.label.as_ref().map(label_words).unwrap_or_default();
        terminal.line(format_args!(
            "{} {} {} {:>6} {:>8}  {}",
            context.context,
            column(&last.replace('T', " "), 19),
            column(&context.principal, 12),
            context.exchanges,
            context.refused,
            inert(&label),
        ))?;
    }
    Ok(Exit::Success)
}
