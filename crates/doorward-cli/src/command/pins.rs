//! `doorward pins`: looking at definitions, and saying which may be used.
//!
//! It works on the store, beside a running gateway or without one. What it prints of a definition cannot hide anything from
//! whoever reads it.

use std::collections::BTreeSet;

use doorward_registry::{Class, Diff, Key, Kind, Pin, State, diff};
use doorward_server::config::{Surroundings, load_server_ids, load_store};
use doorward_server::pins::{Choice, decide, pin_of};
use doorward_store::{Decided, PinRow, Pins, Store, StoreConfig, rfc3339};
use serde_json::{Value, json};

use crate::args::{DecidePinsArgs, DiffPinsArgs, ForgetPinsArgs, ListPinsArgs, PinsCommand, ShowPinArgs, SourceArgs};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::terminal::{Terminal, Tone, column, inert, visible};

pub(super) async fn pins(command: PinsCommand, terminal: &Terminal) -> Result<Exit, Fault> {
    match command {
        PinsCommand::List(args) => list(&args, terminal).await,
        PinsCommand::Show(args) => show(&args, terminal).await,
        PinsCommand::Diff(args) => differ(&args, terminal).await,
        PinsCommand::Approve(args) => settle(&args, Choice::Approve, terminal).await,
        PinsCommand::Reject(args) => settle(&args, Choice::Reject, terminal).await,
        PinsCommand::Forget(args) => forget(&args, terminal).await,
    }
}

/// A row, and what it means.
struct Known {
    key: Key,
    pin: Pin,
    row: PinRow,
}

impl Known {
    fn of(row: PinRow) -> Option<Self> {
        let (key, pin) = pin_of(row.clone())?;
        Some(Self { key, pin, row })
    }

    /// How what was seen differs from what is approved; `None` when nothing is.
    fn diff(&self) -> Option<Diff> {
        self.pin.approved.as_ref().map(|approved| diff(self.key.kind, &approved.text, &self.row.seen.text))
    }

    fn to_json(&self) -> Value {
        let approved = self.row.approved.as_ref().map(|approved| {
            let digest = self.pin.approved.as_ref().map(|approved| approved.digest.to_string());
            json!({ "digest": digest, "at": rfc3339(approved.at), "by": approved.by })
        });
        let rejected = self.row.rejected.as_ref().map(|rejected| {
            let digest = self.pin.rejected.map(|digest| digest.to_string());
            json!({ "digest": digest, "at": rfc3339(rejected.at), "by": rejected.by })
        });
        json!({
            "pin": self.key.to_string(), "server": self.key.server.as_str(), "kind": self.key.kind.name(),
            "name": self.key.name.as_ref(), "state": self.pin.state().name(), "digest": self.pin.seen.to_string(),
            "met": rfc3339(self.row.met), "seenAt": rfc3339(self.row.seen_at), "findings": self.row.findings,
            "approved": approved, "rejected": rejected, "change": self.diff().and_then(|diff| diff.class()).map(Class::name),
        })
    }
}

async fn list(args: &ListPinsArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let wanted = args.state.map(State::from);
    let known = read(&args.source).await?.into_iter().filter(|known| {
        args.server.as_ref().is_none_or(|server| known.row.key.server == *server)
            && wanted.is_none_or(|state| known.pin.state() == state)
    });
    let mut known: Vec<Known> = known.collect();
    known.sort_by_key(|known| std::cmp::Reverse(known.pin.state()));
    if args.json {
        for known in &known {
            terminal.line(known.to_json())?;
        }
        return Ok(Exit::Success);
    }
    let heading = format!("{:<12} {:<13} {:<21} {:<20} definition", "state", "digest", "since", "change");
    terminal.line(terminal.paint(Tone::Faint, heading))?;
    for known in &known {
        let change = known.diff().and_then(|diff| diff.class()).map_or("", Class::name);
        let since: String = rfc3339(known.row.seen_at).chars().take(19).collect();
        let found =
            if known.row.findings.is_empty() { String::new() } else { format!("  {}", known.row.findings.join(", ")) };
        terminal.line(format_args!(
            "{} {} {} {} {}{}",
            terminal.paint(tone(known.pin.state()), column(known.pin.state().name(), 12)),
            column(&known.pin.seen.short(), 13),
            column(&since, 21),
            column(change, 20),
            visible(&known.key.to_string()),
            visible(&found),
        ))?;
    }
    Ok(Exit::Success)
}

async fn show(args: &ShowPinArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let known = find(&read(&args.source).await?, &args.pin)?;
    if args.json {
        let mut shown = known.to_json();
        let definition = serde_json::from_str(&known.row.seen.text).unwrap_or(Value::Null);
        if let Some(members) = shown.as_object_mut() {
            members.insert("definition".to_owned(), definition);
        }
        terminal.line(shown)?;
        return Ok(Exit::Success);
    }
    heading(&known, terminal)?;
    for finding in &known.row.findings {
        terminal.line(format_args!("found     {}", visible(finding)))?;
    }
    written(&known, terminal)?;
    Ok(Exit::Success)
}

async fn differ(args: &DiffPinsArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let all = read(&args.source).await?;
    let nothing = all.is_empty();
    let wanted: Vec<Known> = match &args.pin {
        Some(pin) => vec![find(&all, pin)?],
        None => all.into_iter().filter(|known| known.pin.state() != State::Approved).collect(),
    };
    if nothing {
        terminal.say("Nothing has been seen yet: pins are made when a client lists what a server offers.");
    } else if wanted.is_empty() {
        terminal.say("Everything that was seen is approved.");
    }
    for known in &wanted {
        if args.json {
            let difference = known.diff().map(|diff| diff.to_json());
            terminal.line(json!({
                "pin": known.key.to_string(), "state": known.pin.state().name(), "digest": known.pin.seen.to_string(),
                "findings": known.row.findings, "diff": difference,
            }))?;
            continue;
        }
        heading(known, terminal)?;
        for finding in &known.row.findings {
            terminal.line(format_args!("found     {}", visible(finding)))?;
        }
        match known.diff() {
            Some(diff) if diff.changes().is_empty() => terminal.line("It is as it was approved.")?,
            Some(diff) => terminal.line(diff.to_text().trim_end())?,
            None => {
                terminal.line("Nothing of it is approved yet. This is what was seen:")?;
                written(known, terminal)?;
            }
        }
    }
    Ok(Exit::Success)
}

async fn settle(args: &DecidePinsArgs, choice: Choice, terminal: &Terminal) -> Result<Exit, Fault> {
    let config = source(&args.source)?;
    let all = read(&args.source).await?;
    let chosen: Vec<Known> = match &args.waiting {
        Some(server) => {
            met(server, &all, &args.source)?;
            let waits = |known: &Known| matches!(known.pin.state(), State::Quarantined | State::Drifted);
            all.into_iter().filter(|known| known.row.key.server == *server && waits(known)).collect()
        }
        None => args.pins.iter().map(|pin| find(&all, pin)).collect::<Result<_, _>>()?,
    };
    if let Some(digest) = &args.digest
        && chosen.iter().any(|known| digest.len() < 6 || !known.pin.seen.to_string().starts_with(digest.as_str()))
    {
        let what = "the version that was seen last has another digest";
        return Err(Fault::told(Exit::Failure, what, "Look at it again with 'doorward pins diff'."));
    }
    let tell = |known: &Known, name: &str| {
        terminal.say(format_args!("{} {name} ({})", choice.done(), known.pin.seen.short()));
        Ok(())
    };
    let exit = hold(config, &chosen, (choice, args.by.as_deref()), terminal, tell).await?;
    if chosen.is_empty() {
        terminal.say("Nothing waits.");
    }
    Ok(exit)
}

async fn forget(args: &ForgetPinsArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let config = source(&args.source)?;
    let all = read(&args.source).await?;
    met(&args.server, &all, &args.source)?;
    if !args.anyway && configured(&args.source)?.contains(&args.server) {
        let what = format!("the server '{}' is configured: what it still offers would be met as new", args.server);
        return Err(Fault::told(Exit::Failure, what, "Take it out of the configuration first, or add --anyway."));
    }
    let chosen = match &args.name {
        Some(name) => vec![find(&all, &format!("{}/{name}", args.server))?],
        None => all.into_iter().filter(|known| known.row.key.server == args.server).collect(),
    };
    let tell = |known: &Known, name: &str| {
        if args.json {
            let (pin, digest) = (known.key.to_string(), known.pin.seen.to_string());
            return terminal.line(json!({ "pin": pin, "digest": digest, "forgotten": true }));
        }
        terminal.say(format_args!("{} {name} ({})", Choice::Forget.done(), known.pin.seen.short()));
        Ok(())
    };
    let exit = hold(config, &chosen, (Choice::Forget, args.by.as_deref()), terminal, tell).await?;
    if chosen.is_empty() {
        terminal.say("Nothing of it was ever seen.");
    }
    Ok(exit)
}

/// Lets a choice hold for everything chosen, and tells of each.
async fn hold(
    config: StoreConfig,
    chosen: &[Known],
    (choice, by): (Choice, Option<&str>),
    terminal: &Terminal,
    tell: impl Fn(&Known, &str) -> std::io::Result<()>,
) -> Result<Exit, Fault> {
    let by = by.map(str::to_owned).or_else(|| std::env::var("USER").ok()).unwrap_or_else(|| "local".to_owned());
    let store = Store::open(config).await?;
    let mut exit = Exit::Success;
    for known in chosen {
        let name = visible(&known.key.to_string());
        match decide(&store, &known.row, choice, &by).await? {
            Decided::Done => tell(known, &name)?,
            Decided::Changed | Decided::Unknown => {
                exit = Exit::Failure;
                terminal.say(format_args!("{name} has changed meanwhile: look at it again."));
            }
        }
    }
    store.close().await?;
    Ok(exit)
}

fn source(source: &SourceArgs) -> Result<StoreConfig, Fault> {
    let store = load_store(&source.request(), &Surroundings::of_process())?;
    if store.url.path().is_none() {
        let what = "pins in memory end with their gateway and cannot be reached from outside";
        return Err(Fault::told(Exit::Invalid, what, "Name a file with --store sqlite:///path/records.db."));
    }
    Ok(store)
}

async fn read(args: &SourceArgs) -> Result<Vec<Known>, Fault> {
    let pins = Pins::open(&source(args)?).await?;
    let rows = pins.list().await;
    pins.close().await;
    Ok(rows?.into_iter().filter_map(Known::of).collect())
}

/// Whether there is such a server: one that was seen, or is configured.
fn met(server: &str, all: &[Known], source: &SourceArgs) -> Result<(), Fault> {
    let mut names: BTreeSet<String> = all.iter().map(|known| known.row.key.server.clone()).collect();
    if names.contains(server) {
        return Ok(());
    }
    names.extend(configured(source)?);
    if names.contains(server) {
        return Ok(());
    }
    let others: Vec<String> = names.iter().map(|name| inert(name)).collect();
    let others = if others.is_empty() { "none".to_owned() } else { others.join(", ") };
    let what = format!("there is no server '{}'; servers that are configured or were seen: {others}", inert(server));
    Err(Fault::told(Exit::Usage, what, "Write a server's id as it stands in the configuration."))
}

fn configured(source: &SourceArgs) -> Result<Vec<String>, Fault> {
    let ids = load_server_ids(&source.request(), &Surroundings::of_process())?;
    Ok(ids.iter().map(|id| id.as_str().to_owned()).collect())
}

/// `server/name` is a tool, `server/kind/name` anything, `server/instructions` what a server says of itself.
fn find(all: &[Known], text: &str) -> Result<Known, Fault> {
    let (server, rest) = text.split_once('/').unwrap_or((text, ""));
    let named = rest.split_once('/').and_then(|(kind, name)| Some((Kind::parse(kind)?, name)));
    let (kind, name) = match (named, rest) {
        (Some(named), _) => named,
        (None, "instructions") => (Kind::Instructions, ""),
        (None, name) => (Kind::Tool, name),
    };
    let is_it = |known: &&Known| {
        known.key.server.as_str() == server && known.key.kind == kind && known.key.name.as_ref() == name
    };
    match all.iter().find(is_it) {
        Some(known) => Ok(Known { key: known.key.clone(), pin: known.pin.clone(), row: known.row.clone() }),
        None => {
            let what = format!("no definition '{}' was ever seen", inert(text));
            Err(Fault::told(Exit::Failure, what, "'doorward pins list' shows those that were."))
        }
    }
}

fn heading(known: &Known, terminal: &Terminal) -> Result<(), Fault> {
    let state = known.pin.state();
    let name = terminal.paint(Tone::Strong, visible(&known.key.to_string()));
    terminal.line(format_args!("{name}  {}", terminal.paint(tone(state), state.name())))?;
    terminal.line(format_args!("seen      {}  {}", known.pin.seen.short(), rfc3339(known.row.seen_at)))?;
    if let (Some(approved), Some(row)) = (&known.pin.approved, &known.row.approved) {
        let by =
            row.by.as_deref().map_or_else(|| "trusted on first use".to_owned(), |by| format!("by {}", visible(by)));
        terminal.line(format_args!("approved  {}  {}  {by}", approved.digest.short(), rfc3339(row.at)))?;
    }
    if let Some(row) = &known.row.rejected {
        let digest = known.pin.rejected.map(|digest| digest.short()).unwrap_or_default();
        terminal.line(format_args!("rejected  {digest}  {}  by {}", rfc3339(row.at), visible(&row.by)))?;
    }
    Ok(())
}

/// The definition, every character that cannot be seen written out.
fn written(known: &Known, terminal: &Terminal) -> Result<(), Fault> {
    let definition: Value = serde_json::from_str(&known.row.seen.text).unwrap_or(Value::Null);
    let text = serde_json::to_string_pretty(&definition).unwrap_or_default();
    for line in text.lines() {
        terminal.line(visible(line))?;
    }
    Ok(())
}

const fn tone(state: State) -> Tone {
    match state {
        State::Approved => Tone::Good,
        State::Quarantined => Tone::Strong,
        State::Drifted | State::Rejected => Tone::Bad,
    }
}
