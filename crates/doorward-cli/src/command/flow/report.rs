//! `doorward flow report`: where data could go, before anything runs.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde_json::{Value, json};

use super::drawing::label_words;
use super::pairs::{Judge, Outlook, Pair, Tool, Triple};
use crate::args::FlowReportArgs;
use crate::command::now;
use crate::command::policy::Ready;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::limits::PAIRS_MAX;
use crate::terminal::{Terminal, Tone, column, visible};

pub(super) async fn report(args: &FlowReportArgs, terminal: &Terminal) -> Result<Exit, Fault> {
    let ready = Ready::of(&args.subject, terminal).await?;
    let tools = Tool::all(&ready.config, &ready.surveyed);
    let mut judge = Judge::new(&ready.engine, now());
    let (pairs, triples) = (judge.pairs(&tools), judge.triples(&tools));
    let report = Report {
        policies: ready.config.policy.inputs.sources.iter().map(|source| source.name.clone()).collect(),
        unknown: ready.surveyed.iter().filter(|one| one.outcome.is_err()).map(|one| one.server.to_string()).collect(),
        looks: if ready.engine.looks_at_flow() { Looks::AtFlow } else { Looks::Away },
        tools: &tools,
        pairs,
        triples,
    };
    if args.json {
        terminal.line(report.to_json())?;
    } else {
        report.print(terminal)?;
    }
    let is_open = report.outlooks().any(|outlook| outlook == Outlook::Open);
    Ok(if args.deny_open && is_open { Exit::Denied } else { Exit::Success })
}

struct Report<'t> {
    policies: Vec<String>,
    /// Servers of which nothing is known.
    unknown: Vec<String>,
    looks: Looks,
    tools: &'t [Tool],
    pairs: Vec<Pair<'t>>,
    triples: Vec<Triple>,
}

/// What was read before a way out, and the rules against it.
#[derive(Default)]
struct After<'r> {
    sources: Vec<String>,
    rules: BTreeSet<&'r str>,
}

/// Whether any rule looks at the flow of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looks {
    AtFlow,
    Away,
}

impl Report<'_> {
    fn outlooks(&self) -> impl Iterator<Item = Outlook> {
        self.pairs.iter().map(|pair| pair.judged.outlook).chain(self.triples.iter().map(|triple| triple.outlook))
    }

    fn print(&self, terminal: &Terminal) -> io::Result<()> {
        let heading = |text: &str| terminal.line(terminal.paint(Tone::Strong, text));
        terminal.line(format_args!(
            "{}  {}",
            terminal.paint(Tone::Strong, "policies"),
            visible(&self.policies.join(", "))
        ))?;
        heading("confidential data comes from")?;
        self.list(terminal, Tool::is_confidential, |tool| label_words(&tool.nature.widest()))?;
        heading("text of outsiders comes from")?;
        self.by_server(terminal)?;
        heading("ways out")?;
        self.list(terminal, |tool| tool.nature.egress, |tool| tool.nature.act.to_string())?;
        heading("after confidential data was read")?;
        self.print_pairs(terminal)?;
        heading("text of outsiders + confidential data > way out")?;
        for triple in &self.triples {
            let Triple { untrusted, confidential, sink, outlook, tools } = triple;
            let who = visible(&format!("{untrusted} + {confidential} > {sink}"));
            let tools = if *tools == 1 { "1 tool".to_owned() } else { format!("{tools} tools") };
            terminal.line(format_args!("  {} {} {tools}", column(&who, 46), painted(*outlook, terminal)))?;
        }
        none(self.triples.is_empty(), terminal)?;
        self.sum_up(terminal)
    }

    fn list(
        &self,
        terminal: &Terminal,
        is_chosen: impl Fn(&Tool) -> bool,
        note: impl Fn(&Tool) -> String,
    ) -> io::Result<()> {
        let chosen: Vec<&Tool> = self.tools.iter().filter(|tool| is_chosen(tool)).collect();
        for tool in &chosen {
            let note = terminal.paint(Tone::Faint, visible(&note(tool)));
            terminal.line(format_args!("  {} {note}", column(&visible(&named(tool)), 46)))?;
        }
        none(chosen.is_empty(), terminal)
    }

    /// Nearly all tools bring it, so servers are told.
    fn by_server(&self, terminal: &Terminal) -> io::Result<()> {
        let mut servers: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for tool in self.tools {
            let (untrusted, all) = servers.entry(tool.server.as_str()).or_default();
            *all += 1;
            *untrusted += usize::from(tool.is_untrusted());
        }
        for (server, (untrusted, all)) in servers.iter().filter(|(_, (untrusted, _))| *untrusted > 0) {
            terminal.line(format_args!("  {} {untrusted} of {all} tools", column(server, 46)))?;
        }
        none(servers.values().all(|(untrusted, _)| *untrusted == 0), terminal)
    }

    /// A line for each way out and what becomes of it.
    fn print_pairs(&self, terminal: &Terminal) -> io::Result<()> {
        let mut lines: BTreeMap<(Outlook, String), After<'_>> = BTreeMap::new();
        for pair in &self.pairs {
            let after = lines.entry((pair.judged.outlook, named(pair.sink))).or_default();
            after.sources.push(named(pair.source));
            after.rules.extend(pair.judged.rules.iter().map(AsRef::as_ref));
        }
        for ((outlook, sink), After { sources, rules }) in &lines {
            let rules: Vec<&str> = rules.iter().copied().collect();
            let by = if rules.is_empty() { String::new() } else { format!("  by {}", rules.join(", ")) };
            let after = match sources.as_slice() {
                [only] => format!("after {only}"),
                [first, second] => format!("after {first} or {second}"),
                [first, rest @ ..] => format!("after {first} or {} others", rest.len()),
                [] => String::new(),
            };
            terminal.line(format_args!(
                "  {} {} {}{}",
                column(&visible(sink), 46),
                painted(*outlook, terminal),
                visible(&after),
                terminal.paint(Tone::Faint, visible(&by)),
            ))?;
        }
        none(self.pairs.is_empty(), terminal)
    }

    fn sum_up(&self, terminal: &Terminal) -> io::Result<()> {
        let count = |wanted: Outlook| self.pairs.iter().filter(|pair| pair.judged.outlook == wanted).count();
        let counts: Vec<String> = Outlook::ALL
            .into_iter()
            .filter(|outlook| count(*outlook) > 0)
            .map(|outlook| format!("{} {}", count(outlook), outlook.as_str()))
            .collect();
        let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
        terminal.line(format_args!("{} pairs{counts}", self.pairs.len()))?;
        if self.pairs.len() >= PAIRS_MAX {
            terminal.say("There are more pairs than a report lists.");
        }
        if !self.unknown.is_empty() {
            terminal.say(format_args!("Nothing is known of {}, and nothing is told of it.", self.unknown.join(", ")));
        }
        if self.looks == Looks::Away {
            terminal
                .say("No rule looks at the flow of data: add [flow] policies = [\"trifecta\", \"no-secrets-out\"].");
        }
        Ok(())
    }

    fn to_json(&self) -> Value {
        let chosen = |is_chosen: &dyn Fn(&Tool) -> bool| -> Vec<String> {
            self.tools.iter().filter(|tool| is_chosen(tool)).map(named).collect()
        };
        let pairs = self.pairs.iter().map(|pair| {
            json!({
                "source": named(pair.source), "sink": named(pair.sink), "outlook": pair.judged.outlook.as_str(),
                "rules": pair.judged.rules,
            })
        });
        let triples = self.triples.iter().map(|triple| {
            json!({
                "untrusted": triple.untrusted.as_str(), "confidential": triple.confidential.as_str(),
                "sink": triple.sink.as_str(), "outlook": triple.outlook.as_str(), "tools": triple.tools,
            })
        });
        json!({
            "version": 1, "policies": self.policies, "looksAtFlow": self.looks == Looks::AtFlow,
            "unknown": self.unknown, "confidential": chosen(&Tool::is_confidential),
            "untrusted": chosen(&Tool::is_untrusted), "out": chosen(&|tool: &Tool| tool.nature.egress),
            "pairs": pairs.collect::<Vec<_>>(), "triples": triples.collect::<Vec<_>>(),
            "cut": self.pairs.len() >= PAIRS_MAX,
        })
    }
}

fn named(tool: &Tool) -> String {
    format!("{}/{}", tool.server, tool.name)
}

fn none(is_empty: bool, terminal: &Terminal) -> io::Result<()> {
    if is_empty { terminal.line(terminal.paint(Tone::Faint, "  none")) } else { Ok(()) }
}

fn painted(outlook: Outlook, terminal: &Terminal) -> String {
    let tone = match outlook {
        Outlook::Open => Tone::Bad,
        Outlook::Arguments => Tone::Warn,
        Outlook::Asked | Outlook::Vouched | Outlook::Refused => Tone::Good,
    };
    terminal.paint(tone, format_args!("{:<10}", outlook.as_str()))
}
