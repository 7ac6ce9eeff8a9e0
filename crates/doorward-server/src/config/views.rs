//! Joint endpoints: `[aggregate]` and `[views.NAME]`.
//!
//! Responsible for saying of each entry of a view what is wrong with it, where it stands. What a view may be is decided
//! by [`doorward_core::joint`], entry by entry. Fixed arguments are shown by name alone: some hold what is nobody's
//! business.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use doorward_core::ids::ServerId;
use doorward_core::joint::{AppTools, Part, Plan, Tool, Tools, ViewError, ViewRules};
use doorward_mcp::compose::quote;

use super::build::Builder;
use super::key::Key;
use super::limits::{JOINT_WAIT_MAX, VIEW_ENTRIES_MAX, VIEWS_MAX};
use super::node::{Member, Node, Reader, Value, nearest};
use super::origin::Origin;
use super::settings::{Shown, ViewEntry, toml_list};
use super::{AggregateConfig, Endpoint, Unavailable, ViewConfig};
use crate::pins::{First, Meanwhile, PinRules};

/// The keys of `[views.NAME]`.
const KEYS: &[&str] = &["servers", "tools", "rename", "describe", "arguments", "prompts", "resources"];

impl Builder<'_> {
    pub(super) fn aggregate(&mut self) -> Option<AggregateConfig> {
        let default = AggregateConfig::default();
        let endpoint = if self.flag(Key::AggregateEnabled, true) { Endpoint::Served } else { Endpoint::Absent };
        let unavailable =
            self.word(Key::AggregateUnavailable, &[("keep", Unavailable::Keep), ("leave", Unavailable::Leave)]);
        let app_tools = self.word(
            Key::AggregateAppTools,
            &[("guard", AppTools::Guard), ("keep", AppTools::Keep), ("hide", AppTools::Hide)],
        );
        let (wait, origin) = self.number(Key::AggregateWaitS, default.wait.as_secs());
        let wait = Duration::from_secs(wait);
        if wait.is_zero() || wait > JOINT_WAIT_MAX {
            let message = format!("aggregate.wait_s is between 1 and {}", JOINT_WAIT_MAX.as_secs());
            self.problems.error(origin, message, "it is how many seconds a list waits for a server");
            return None;
        }
        Some(AggregateConfig { endpoint, unavailable: unavailable?, wait, app_tools: app_tools? })
    }

    /// How definitions are pinned: `[pins]`.
    pub(super) fn pins(&mut self) -> Option<PinRules> {
        let first = self.word(Key::PinsFirst, &First::NAMED);
        let meanwhile = self.word(Key::PinsMeanwhile, &Meanwhile::NAMED);
        Some(PinRules { first: first?, meanwhile: meanwhile? })
    }

    /// The views, once the servers are there.
    pub(super) fn views(&mut self) -> Vec<ViewConfig> {
        let entries: Vec<ViewEntry> = self.views.values().cloned().collect();
        if entries.len() > VIEWS_MAX {
            let advice = "share the views between several gateways";
            self.problems.error(Origin::Default, format!("there are more than {VIEWS_MAX} views"), advice);
            return Vec::new();
        }
        let servers: BTreeSet<ServerId> = self.servers.keys().cloned().collect();
        let mut views = Vec::new();
        for entry in entries {
            let reader = Reader { origin: entry.origin.clone(), problems: &mut self.problems };
            let Some(rules) = read(&entry, &servers, reader) else { continue };
            self.show_view(&entry, &rules);
            views.push(ViewConfig { id: entry.id, rules });
        }
        views
    }

    /// A setting that is one of a few words, the first of which is the default.
    fn word<T: Copy>(&mut self, key: Key, words: &[(&str, T)]) -> Option<T> {
        let (text, origin) = self.text(key, words.first()?.0);
        let chosen = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if chosen.is_none() {
            let quoted: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            self.problems.error(origin, format!("{key} cannot be '{text}'"), format!("write {}", quoted.join(" or ")));
        }
        chosen
    }

    fn show_view(&mut self, entry: &ViewEntry, rules: &ViewRules) {
        let mut line = |key: &str, value: String| {
            let key = format!("views.{}.{key}", entry.id);
            self.shown.push(Shown { key, value, origin: entry.origin.clone() });
        };
        let list = |texts: Vec<String>| toml_list(texts.iter().map(String::as_str));
        let key = |tool: &Tool| format!("{}/{}", tool.server, tool.name);
        line("servers", toml_list(rules.servers.iter().map(ServerId::as_str)));
        if let Tools::Only(tools) = &rules.tools {
            line("tools", list(tools.iter().map(key).collect()));
        }
        let renamed = rules.renamed.iter().map(|(tool, name)| format!("{} as {name}", key(tool)));
        let fixed = rules
            .fixed
            .iter()
            .flat_map(|(tool, arguments)| arguments.keys().map(move |argument| format!("{} {argument}", key(tool))));
        line("rename", list(renamed.collect()));
        line("describe", list(rules.described.keys().map(key).collect()));
        line("arguments", list(fixed.collect()));
        line("prompts", (rules.prompts == Part::Shown).to_string());
        line("resources", (rules.resources == Part::Shown).to_string());
    }
}

/// Reads one view; `None` when something is wrong with it, which the problems then hold.
fn read(entry: &ViewEntry, servers: &BTreeSet<ServerId>, mut reader: Reader<'_>) -> Option<ViewRules> {
    let name = format!("[views.{}]", entry.id);
    let members = reader.table(&name, &entry.node)?;
    let rules = ViewRules::of(BTreeSet::new());
    let mut table = Table { name, members, reader, rules, faults: Faults::None };
    for member in members.iter().filter(|member| !KEYS.contains(&member.name.as_str())) {
        table.faults = Faults::Some;
        table.reader.unknown(member, &table.name, KEYS);
    }
    table.servers(servers)?;
    table.tools()?;
    table.rename();
    table.describe();
    table.arguments();
    table.rules.prompts = table.part("prompts");
    table.rules.resources = table.part("resources");
    match table.faults {
        Faults::None => Some(table.rules),
        Faults::Some => None,
    }
}

/// Whether something about the table is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Faults {
    None,
    Some,
}

struct Table<'n, 'p> {
    name: String,
    members: &'n [Member],
    reader: Reader<'p>,
    rules: ViewRules,
    faults: Faults,
}

impl<'n> Table<'n, '_> {
    fn servers(&mut self, configured: &BTreeSet<ServerId>) -> Option<()> {
        let names = match self.find("servers") {
            Some(member) => self.texts("servers", &member.node)?,
            None => Vec::new(),
        };
        if names.is_empty() {
            let origin = self.reader.origin.clone();
            let message = format!("{} names no servers", self.name);
            self.reader.problems.error(origin, message, "add servers = [\"one\", \"another\"]");
            return None;
        }
        let known: Vec<&str> = configured.iter().map(ServerId::as_str).collect();
        for (name, span) in names {
            match configured.iter().find(|server| server.as_str() == name) {
                Some(server) => _ = self.rules.servers.insert(server.clone()),
                None => {
                    let advice = match nearest(&name, &known) {
                        Some(near) => format!("did you mean '{near}'?"),
                        None => format!("add [servers.{name}], or take it out"),
                    };
                    self.error(&span, format!("there is no server '{name}'"), advice);
                }
            }
        }
        // What is wrong with the servers would be told again for each of their tools.
        (self.faults == Faults::None).then_some(())
    }

    fn tools(&mut self) -> Option<()> {
        let Some(member) = self.find("tools") else { return Some(()) };
        let mut chosen = BTreeSet::new();
        for (text, span) in self.texts("tools", &member.node)? {
            let Some(tool) = self.tool(&text, &span) else { continue };
            let rules = ViewRules { tools: Tools::Only([tool.clone()].into()), ..self.bare() };
            if self.holds(rules, &span) {
                chosen.insert(tool);
            }
        }
        self.rules.tools = Tools::Only(chosen);
        (self.faults == Faults::None).then_some(())
    }

    fn rename(&mut self) {
        for (tool, member) in self.by_tool("rename") {
            let Some(name) = self.text(&member.node) else { continue };
            let mut renamed = self.rules.renamed.clone();
            renamed.insert(tool, name);
            if self.holds(ViewRules { renamed: renamed.clone(), ..self.bare() }, &member.node.span) {
                self.rules.renamed = renamed;
            }
        }
    }

    fn describe(&mut self) {
        for (tool, member) in self.by_tool("describe") {
            let Some(text) = self.text(&member.node) else { continue };
            let described = BTreeMap::from([(tool.clone(), text.clone())]);
            if self.holds(ViewRules { described, ..self.bare() }, &member.name_span) {
                self.rules.described.insert(tool, text);
            }
        }
    }

    fn arguments(&mut self) {
        for (tool, member) in self.by_tool("arguments") {
            let Some(members) = self.reader.table(&format!("arguments of {}", member.name), &member.node) else {
                self.faults = Faults::Some;
                continue;
            };
            let mut arguments = BTreeMap::new();
            for argument in members {
                match json(&argument.node) {
                    Ok(text) => _ = arguments.insert(argument.name.clone(), text),
                    Err(NoJson(what)) => {
                        let message = format!("the argument '{}' is or holds {what}", argument.name);
                        self.error(&argument.node.span, message, "write it as a string or a number that JSON has");
                    }
                }
            }
            let fixed = BTreeMap::from([(tool.clone(), arguments.clone())]);
            if self.holds(ViewRules { fixed, ..self.bare() }, &member.name_span) {
                self.rules.fixed.insert(tool, arguments);
            }
        }
    }

    fn part(&mut self, key: &str) -> Part {
        let Some(member) = self.find(key) else { return Part::Shown };
        match self.reader.flag(key, &member.node) {
            Some(true) => Part::Shown,
            Some(false) => Part::Hidden,
            None => {
                self.faults = Faults::Some;
                Part::Hidden
            }
        }
    }

    /// The entries of a table keyed by tools.
    fn by_tool(&mut self, key: &str) -> Vec<(Tool, &'n Member)> {
        let Some(table) = self.find(key) else { return Vec::new() };
        let Some(members) = self.reader.table(key, &table.node) else {
            self.faults = Faults::Some;
            return Vec::new();
        };
        if members.len() > VIEW_ENTRIES_MAX {
            self.too_many(key, &table.node.span);
            return Vec::new();
        }
        members.iter().filter_map(|member| Some((self.tool(&member.name, &member.name_span)?, member))).collect()
    }

    fn tool(&mut self, text: &str, span: &Range<usize>) -> Option<Tool> {
        let parts = text.split_once('/').and_then(|(server, name)| Some((ServerId::parse(server).ok()?, name)));
        match parts {
            Some((server, name)) if !name.is_empty() => Some(Tool { server, name: name.to_owned() }),
            Some(_) | None => {
                self.error(
                    span,
                    format!("'{text}' names no tool"),
                    "write \"server/tool\", the tool as its server calls it",
                );
                None
            }
        }
    }

    fn texts(&mut self, key: &str, node: &Node) -> Option<Vec<(String, Range<usize>)>> {
        let texts = self.reader.texts(key, node)?;
        if texts.len() > VIEW_ENTRIES_MAX {
            self.too_many(key, &node.span);
            return None;
        }
        Some(texts)
    }

    fn text(&mut self, node: &Node) -> Option<String> {
        let text = self.reader.text("each value of this table", node);
        if text.is_none() {
            self.faults = Faults::Some;
        }
        text
    }

    fn too_many(&mut self, key: &str, span: &Range<usize>) {
        let message = format!("{key} has more than {VIEW_ENTRIES_MAX} entries");
        self.error(span, message, "share them between several views");
    }

    /// The view so far, without what is only added to it entry by entry.
    fn bare(&self) -> ViewRules {
        ViewRules { tools: self.rules.tools.clone(), ..ViewRules::of(self.rules.servers.clone()) }
    }

    /// Whether the view could be as `rules` say; tells if not.
    fn holds(&mut self, rules: ViewRules, span: &Range<usize>) -> bool {
        let Err(error) = Plan::view(rules) else { return true };
        let advice = match &error {
            ViewError::ForeignServer(tool) => format!("add '{}' to servers, or take the tool out", tool.server),
            ViewError::ForeignTool(tool) => format!("add \"{}/{}\" to tools, or take it out", tool.server, tool.name),
            ViewError::Name(_) | ViewError::Taken(_) | ViewError::Twice(_) => "choose another name".to_owned(),
            ViewError::Argument { .. } => "write a value that JSON has".to_owned(),
            ViewError::Folded(_) => "keep the one that the tool's schema has".to_owned(),
        };
        self.error(span, error.to_string(), advice);
        false
    }

    fn find(&self, key: &str) -> Option<&'n Member> {
        self.members.iter().find(|member| member.name == key)
    }

    fn error(&mut self, span: &Range<usize>, message: impl Into<String>, advice: impl Into<String>) {
        self.faults = Faults::Some;
        self.reader.error(span, message, advice);
    }
}

/// What JSON has no value for.
struct NoJson(&'static str);

fn json(node: &Node) -> Result<String, NoJson> {
    match &node.value {
        Value::Text(text) => Ok(quote(text)),
        Value::Number(number) => Ok(number.to_string()),
        Value::Fraction(number) if number.is_finite() => Ok(number.to_string()),
        Value::Fraction(_) => Err(NoJson("no finite number")),
        Value::Flag(flag) => Ok(flag.to_string()),
        Value::List(elements) => {
            let elements: Vec<String> = elements.iter().map(json).collect::<Result<_, _>>()?;
            Ok(format!("[{}]", elements.join(",")))
        }
        Value::Table(members) => {
            let member = |member: &Member| Ok(format!("{}:{}", quote(&member.name), json(&member.node)?));
            let members: Vec<String> = members.iter().map(member).collect::<Result<_, _>>()?;
            Ok(format!("{{{}}}", members.join(",")))
        }
        Value::Other(what) => Err(NoJson(what)),
    }
}
