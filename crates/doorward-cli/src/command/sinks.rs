//! `doorward sinks`: where records go besides the store, how far each sink is, and whether one takes anything at all.

use std::collections::BTreeMap;

use doorward_core::time::Timestamp;
use doorward_export::{SinkConfig, trial};
use doorward_server::config::{Surroundings, load_sinks};
use doorward_store::{Reader, SinkRow, SinkTrouble, StoreConfig, rfc3339};
use serde_json::json;

use super::now;
use crate::args::{ListSinksArgs, SinksCommand, TestSinkArgs};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone, column, inert};

pub(super) async fn sinks(command: SinksCommand, terminal: &Terminal) -> Result<Exit, Fault> {
    match command {
        SinksCommand::List(args) => list(&args, terminal).await,
        SinksCommand::Test(args) => test(&args, terminal).await,
    }
}

/// What is configured of a sink and what the store tells of it; one of the two may be missing.
struct Sink {
    name: String,
    kind: &'static str,
    row: Option<SinkRow>,
}

async fn list(args: &ListSinksArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let (store, configured) = load_sinks(&args.source.request(), &Surroundings::of_process())?;
    let (sinks, at) = (joined(configured, rows(&store).await?), now());
    if args.json {
        for sink in &sinks {
            terminal.line(as_json(sink, at))?;
        }
        return Ok(Exit::Success);
    }
    if sinks.is_empty() {
        terminal.say("There are no sinks: add [sinks.NAME] to the configuration.");
        return Ok(Exit::Success);
    }
    let heading =
        format!("{:<20} {:<8} {:<8} {:>10} {:>10}  what it says", "name", "kind", "state", "confirmed", "behind");
    terminal.line(terminal.paint(Tone::Faint, heading))?;
    for sink in &sinks {
        let (seq, behind) = sink.row.as_ref().map_or((0, 0), |row| (row.seq, row.behind()));
        let said = sink.row.as_ref().and_then(|row| row.trouble.as_ref()).map_or("", |(reason, _, _)| reason);
        terminal.line(format_args!(
            "{} {} {} {seq:>10} {behind:>10}  {}",
            column(&sink.name, 20),
            column(sink.kind, 8),
            column(state(sink), 8),
            inert(said),
        ))?;
    }
    Ok(Exit::Success)
}

async fn test(args: &TestSinkArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let (_, configured) = load_sinks(&args.source.request(), &Surroundings::of_process())?;
    let Some(sink) = configured.iter().find(|sink| sink.name == args.name) else {
        let what = format!("there is no sink '{}'", inert(&args.name));
        return Err(Fault::told(Exit::Failure, what, "'doorward sinks list' shows the names."));
    };
    match trial(sink).await {
        Ok(id) => {
            terminal.say(format_args!("The sink '{}' took the record {id}.", sink.name));
            Ok(Exit::Success)
        }
        Err(error) => {
            let what = format!("the sink '{}' took nothing: {error}", sink.name);
            Err(Fault::told(Exit::Failure, what, "Records wait in the store meanwhile."))
        }
    }
}

/// What the store tells; nothing before a gateway has made one.
async fn rows(store: &StoreConfig) -> Result<Vec<SinkRow>, Fault> {
    let Some(path) = store.url.path().filter(|path| path.exists()) else { return Ok(Vec::new()) };
    let reader = Reader::open(path).await?;
    let rows = reader.sinks().await?;
    reader.close().await;
    Ok(rows)
}

fn joined(configured: Vec<SinkConfig>, rows: Vec<SinkRow>) -> Vec<Sink> {
    let mut sinks: BTreeMap<String, Sink> = configured
        .into_iter()
        .map(|sink| (sink.name.clone(), Sink { kind: sink.target.kind(), name: sink.name, row: None }))
        .collect();
    for row in rows {
        let name = row.name.clone();
        let sink = sinks.entry(name.clone()).or_insert(Sink { name, kind: "-", row: None });
        sink.row = Some(row);
    }
    sinks.into_values().collect()
}

fn state(sink: &Sink) -> &'static str {
    match &sink.row {
        _ if sink.kind == "-" => "removed",
        None => "new",
        Some(SinkRow { trouble: Some((_, _, SinkTrouble::Parked)), .. }) => "parked",
        Some(SinkRow { trouble: Some((_, _, SinkTrouble::Passing)), .. }) => "failing",
        Some(SinkRow { trouble: None, .. }) => "ok",
    }
}

fn as_json(sink: &Sink, at: Timestamp) -> String {
    let row = sink.row.as_ref();
    let trouble = row.and_then(|row| row.trouble.as_ref());
    let waiting = row.and_then(|row| row.waiting_since).map_or(0, |since| at.since(since).as_secs());
    let holder = row.and_then(|row| row.lease.as_ref()).filter(|(_, until)| *until > at).map(|(holder, _)| holder);
    json!({
        "name": sink.name,
        "kind": sink.kind,
        "state": state(sink),
        "confirmed": row.map_or(0, |row| row.seq),
        "confirmed_at": row.and_then(|row| row.confirmed).map(rfc3339),
        "head": row.map_or(0, |row| row.head),
        "behind": row.map_or(0, SinkRow::behind),
        "behind_seconds": waiting,
        "holder": holder,
        "error": trouble.map(|(reason, _, _)| reason),
        "error_since": trouble.map(|(_, since, _)| rfc3339(*since)),
    })
    .to_string()
}
