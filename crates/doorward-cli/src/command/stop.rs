//! `doorward stop` and `doorward resume`: the operator's emergency brake.
//!
//! They work on the store, beside a running gateway or without one: whoever cannot reach the gateway can still stop it. A
//! stop is in force before anything else is looked at, and what it names need not be known; that is said, because a typo
//! must not look like success.

mod known;

use doorward_core::ids::ServerId;
use doorward_core::limits::PRINCIPAL_PART_MAX;
use doorward_core::time::Timestamp;
use doorward_server::config::{Surroundings, load_store};
use doorward_server::stops::{Which, about};
use doorward_store::limits::STOP_NAME_MAX;
use doorward_store::{NewStop, StopRow, StopTarget, Stops, Store, StoreConfig, rfc3339};
use serde_json::{Value, json};

use super::{now, whoever_runs_this};
use crate::args::{ListStopsArgs, ResumeArgs, ResumeCommand, SourceArgs, StopArgs, StopCommand, ToolArgs};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone, column, inert, visible};

use known::{Doubt, doubt};

/// Longest reason, in characters.
const REASON_CHARACTERS: usize = 500;

const SECOND: i64 = 1_000_000;

pub(super) async fn stop(command: StopCommand, terminal: &Terminal) -> Result<Exit, Fault> {
    let (target, how) = match command {
        StopCommand::All { how } => (StopTarget::All, how),
        StopCommand::Server { server, how } => (self::server(server)?, how),
        StopCommand::Tool { tool, how } => (self::tool(tool)?, how),
        StopCommand::Principal { name, how } => (principal(name)?, how),
        StopCommand::List(args) => return list(&args, terminal).await,
    };
    put(target, how, terminal).await
}

pub(super) async fn resume(args: ResumeArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let (which, source) = match (args.what, args.id) {
        (Some(ResumeCommand::All { source }), _) => (Which::Target(StopTarget::All), source),
        (Some(ResumeCommand::Server { server, source }), _) => (Which::Target(self::server(server)?), source),
        (Some(ResumeCommand::Tool { tool, source }), _) => (Which::Target(self::tool(tool)?), source),
        (Some(ResumeCommand::Principal { name, source }), _) => (Which::Target(principal(name)?), source),
        (None, Some(id)) => (Which::Number(id), args.source),
        (None, None) => return Err(Fault::told(Exit::Usage, "nothing to resume was named", "Name it, or give --id.")),
    };
    let store = Store::open(place(&source)?).await?;
    let lifted = doorward_server::stops::resume(&store, &which, &whoever_runs_this()).await;
    let left = store.stops().list(now()).await;
    store.close().await?;
    let (lifted, left) = (lifted?, left?);
    let exit = match (&lifted, &which) {
        (Some(row), _) => {
            terminal.say(format_args!("Resumed {} (stop {}).", visible(&about(&row.target)), row.id));
            Exit::Success
        }
        (None, Which::Target(target)) => {
            terminal.say(format_args!("Nothing to resume: {} is not stopped by itself.", visible(&about(target))));
            Exit::Failure
        }
        (None, Which::Number(id)) => {
            terminal.say(format_args!("Nothing to resume: there is no stop {id}."));
            Exit::Failure
        }
    };
    tell_left(&left, "Still stopped", terminal);
    Ok(exit)
}

async fn put(target: StopTarget, how: StopArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let StopArgs { reason, lasting, source } = how;
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > REASON_CHARACTERS) {
        let what = format!("a reason has at most {REASON_CHARACTERS} characters");
        return Err(Fault::told(Exit::Usage, what, "Say it in fewer words."));
    }
    let expires = lasting.as_deref().map(|text| until(text, now())).transpose()?;
    let new = NewStop { target, reason, by: whoever_runs_this(), expires };
    let config = place(&source)?;
    let store = Store::open(config).await?;
    let done = doorward_server::stops::stop(&store, &new).await;
    let (all, doubt) = (store.stops().list(now()).await, doubt(&new.target, &source, &store).await);
    store.close().await?;
    let row = done?;
    let end = row.expires.map_or_else(|| "without end".to_owned(), |at| format!("until {}", rfc3339(at)));
    let what = visible(&about(&row.target));
    terminal.say(format_args!("Stopped {what} {end} (stop {}).", row.id));
    if row.expires != expires {
        terminal.say("It was stopped for longer already, and stays so.");
    }
    terminal.say("Running gateways over this store obey within a second.");
    tell_left(&all?, "Stopped now", terminal);
    let doubted = match doubt {
        Doubt::None => return Ok(Exit::Success),
        Doubt::Unknown => "nothing of that name is configured or was seen in this store",
        Doubt::Unreadable => "whether there is anything of that name cannot be told",
    };
    let warning = terminal.err().paint(Tone::Bad, "warning:");
    terminal.say(format_args!("{warning} {doubted}. The stop of {what} is kept."));
    Ok(Exit::Failure)
}

async fn list(args: &ListStopsArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let stops = Stops::open(&place(&args.source)?).await?;
    let rows = stops.list(now()).await;
    stops.close().await;
    let rows = rows?;
    if args.json {
        for row in &rows {
            terminal.line(told(row))?;
        }
        return Ok(Exit::Success);
    }
    if rows.is_empty() {
        terminal.say("Nothing is stopped.");
        return Ok(Exit::Success);
    }
    terminal.line(terminal.paint(Tone::Faint, HEADING))?;
    for row in &rows {
        terminal.line(line(row))?;
    }
    Ok(Exit::Success)
}

const HEADING: &str = "id     what                                     since                until                by";

fn line(row: &StopRow) -> String {
    let short = |at: Timestamp| rfc3339(at).chars().take(19).collect::<String>();
    let reason = row.reason.as_ref().map(|reason| format!(": {}", visible(reason))).unwrap_or_default();
    format!(
        "{} {} {} {} {}{reason}",
        column(&row.id.to_string(), 6),
        column(&what(&row.target), 40),
        column(&short(row.at), 20),
        column(&row.expires.map_or_else(|| "resumed".to_owned(), short), 20),
        visible(&row.by),
    )
}

fn tell_left(rows: &[StopRow], heading: &str, terminal: &Terminal) {
    if rows.is_empty() {
        terminal.say("Nothing is stopped now.");
        return;
    }
    terminal.say(format_args!("{heading}:"));
    for row in rows {
        terminal.say(format_args!("  {}", line(row)));
    }
}

/// What is stopped, as it is typed.
fn what(target: &StopTarget) -> String {
    let names = target.server().into_iter().chain(target.name());
    std::iter::once(target.scope()).chain(names).collect::<Vec<_>>().join(" ")
}

fn told(row: &StopRow) -> Value {
    let (server, name) = (row.target.server(), row.target.name());
    json!({
        "id": row.id, "scope": row.target.scope(), "server": server,
        "tool": name.filter(|_| server.is_some()), "principal": name.filter(|_| server.is_none()),
        "reason": row.reason, "at": rfc3339(row.at), "by": row.by, "until": row.expires.map(rfc3339),
    })
}

fn server(id: String) -> Result<StopTarget, Fault> {
    check_server(&id)?;
    Ok(StopTarget::Server(id))
}

fn tool(args: ToolArgs) -> Result<StopTarget, Fault> {
    let ToolArgs { server, tool } = args;
    check_server(&server)?;
    if tool.is_empty() || tool.len() > STOP_NAME_MAX {
        return Err(Fault::told(
            Exit::Usage,
            "that is no name of a tool",
            "Use a name from the server's list of tools.",
        ));
    }
    Ok(StopTarget::Tool { server, tool })
}

fn principal(name: String) -> Result<StopTarget, Fault> {
    if name.is_empty() || name.len() > PRINCIPAL_PART_MAX || name.chars().any(char::is_control) {
        return Err(Fault::told(Exit::Usage, "nobody can have that name", "Use a name as records show it."));
    }
    Ok(StopTarget::Principal(name))
}

fn check_server(id: &str) -> Result<(), Fault> {
    if ServerId::parse(id).is_ok() {
        return Ok(());
    }
    let what = format!("'{}' is no server id", inert(id));
    Err(Fault::told(Exit::Usage, what, "Use an id from the configuration, or one that records show."))
}

/// When a time that begins now is over.
fn until(text: &str, now: Timestamp) -> Result<Timestamp, Fault> {
    let units = [("s", SECOND), ("m", 60 * SECOND), ("h", 3600 * SECOND), ("d", 86_400 * SECOND)];
    let unit = units.into_iter().find_map(|(unit, micros)| Some((text.strip_suffix(unit)?, micros)));
    let count = unit.and_then(|(count, micros)| Some((count.parse::<u16>().ok()?, micros)));
    match count {
        Some((count, micros)) if count > 0 => {
            Ok(Timestamp::from_micros(now.as_micros().saturating_add(i64::from(count).saturating_mul(micros))))
        }
        Some(_) | None => {
            let what = format!("'{}' is no time", inert(text));
            Err(Fault::told(Exit::Usage, what, "Write seconds, minutes, hours or days, such as 45s, 30m, 2h or 7d."))
        }
    }
}

fn place(source: &SourceArgs) -> Result<StoreConfig, Fault> {
    let store = load_store(&source.request(), &Surroundings::of_process())?;
    if store.url.path().is_none() {
        let what = "a gateway with its records in memory cannot be reached from outside";
        return Err(Fault::told(Exit::Invalid, what, "Name a file with --store sqlite:///path/records.db."));
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_or_refused() {
        let read = |text: &str| until(text, Timestamp::from_micros(7)).ok().map(Timestamp::as_micros);
        for (text, expected) in [
            ("45s", Some(7 + 45 * SECOND)),
            ("30m", Some(7 + 1800 * SECOND)),
            ("2h", Some(7 + 7200 * SECOND)),
            ("7d", Some(7 + 7 * 86_400 * SECOND)),
            ("0m", None),
            ("-1m", None),
            ("1w", None),
            ("70000s", None),
            ("soon", None),
            ("m", None),
            ("", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_stopped_is_shown_as_it_is_typed() {
        let tool = StopTarget::Tool { server: "a".to_owned(), tool: "read it".to_owned() };
        for (target, shown) in [
            (StopTarget::All, "all"),
            (StopTarget::Server("a".to_owned()), "server a"),
            (tool, "tool a read it"),
            (StopTarget::Principal("corp/ann".to_owned()), "principal corp/ann"),
        ] {
            assert_eq!(what(&target), shown);
        }
    }
}
