//! `doorward flow learned` and `doorward flow forget`: what good work has shown, and taking it back.
//!
//! The store holds hashes alone, and they are cut here: they tell two values apart and name none.

use doorward_server::config::{Surroundings, load_store};
use doorward_store::{Forget, LearnedRow, Lessons, StoreConfig, rfc3339};
use serde_json::json;

use crate::args::{FlowForgetArgs, FlowLearnedArgs, SourceArgs};
use crate::command::now;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone, column, inert};

pub(super) async fn learned(args: &FlowLearnedArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let lessons = Lessons::open(&source(&args.source)?).await?;
    let rows = lessons.list(now()).await;
    lessons.close().await;
    let rows = rows?;
    if args.json {
        for row in &rows {
            terminal.line(json!({
                "principal": row.who, "server": row.server, "tool": row.tool, "role": row.role, "value": short(row),
                "learned": row.is_learned(), "units": row.units, "calls": row.times,
                "first": rfc3339(row.first), "last": rfc3339(row.last),
            }))?;
        }
        return Ok(Exit::Success);
    }
    if rows.is_empty() {
        terminal.say("Nothing was learned.");
        return Ok(Exit::Success);
    }
    let heading = format!(
        "{:<16} {:<32} {:<10} {:<8} {:<7} {:>5} {:>5} {:<10} last",
        "principal", "tool", "role", "value", "learned", "units", "calls", "first"
    );
    terminal.line(terminal.paint(Tone::Faint, heading))?;
    for row in &rows {
        let day = |at| rfc3339(at).chars().take(10).collect::<String>();
        terminal.line(format_args!(
            "{} {} {} {} {:<7} {:>5} {:>5} {:<10} {}",
            column(&inert(&row.who), 16),
            column(&inert(&format!("{}/{}", row.server, row.tool)), 32),
            column(&row.role, 10),
            short(row),
            if row.is_learned() { "yes" } else { "not yet" },
            row.units,
            row.times,
            day(row.first),
            day(row.last),
        ))?;
    }
    Ok(Exit::Success)
}

pub(super) async fn forget(args: &FlowForgetArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let lessons = Lessons::open(&source(&args.source)?).await?;
    let what = Forget { who: args.principal.as_deref(), server: args.server.as_deref(), tool: args.tool.as_deref() };
    let gone = lessons.forget(what).await;
    lessons.close().await;
    terminal.line(format_args!("{} forgotten.", values(gone?)))?;
    Ok(Exit::Success)
}

fn values(count: u64) -> String {
    if count == 1 { "1 value is".to_owned() } else { format!("{count} values are") }
}

/// The beginning of the hash of a value.
fn short(row: &LearnedRow) -> String {
    format!("{:08x}", row.form >> 32)
}

fn source(source: &SourceArgs) -> Result<StoreConfig, Fault> {
    let store = load_store(&source.request(), &Surroundings::of_process())?;
    if store.url.path().is_none() {
        let what = "what was learned in memory cannot be reached from outside its gateway";
        return Err(Fault::told(Exit::Invalid, what, "Name a file with --store sqlite:///path/records.db."));
    }
    Ok(store)
}
