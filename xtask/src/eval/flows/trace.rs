//! Recorded traces: tasks, the calls that were made for them, and what came back.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use doorward_core::flow::TaskToken;
use doorward_core::ids::ServerId;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use flate2::read::MultiGzDecoder;
use serde_json::{Value, json as value};

use super::gate::Guarded;
use super::toolset::{Tool, Toolset, server_id};

/// The most one file may hold, unpacked.
const FILE_MAX: u64 = 1 << 30;

/// The longest name of a suite.
const SUITE_MAX: usize = 40;

/// All traces of a folder.
pub(in crate::eval) struct Traces {
    pub(in crate::eval) benign: Vec<Trace>,
    pub(in crate::eval) attacked: Vec<Trace>,
    /// The lines that are no trace, with why.
    pub(in crate::eval) unreadable: Vec<String>,
    /// How many tools there are, and of how many a pack speaks.
    pub(in crate::eval) tools: (usize, usize),
}

/// One scenario.
#[derive(Clone)]
pub(in crate::eval) struct Trace {
    pub(in crate::eval) scenario: String,
    pub(in crate::eval) suite: String,
    /// Which benign task it is, or attacks.
    pub(in crate::eval) task: String,
    pub(in crate::eval) texts: Vec<String>,
    pub(in crate::eval) calls: Vec<Call>,
    pub(in crate::eval) injection: Option<Injection>,
    pub(in crate::eval) toolset: Rc<Toolset>,
}

/// One call.
#[derive(Debug, Clone)]
pub(in crate::eval) struct Call {
    pub(in crate::eval) tool: Rc<Tool>,
    pub(in crate::eval) server: ServerId,
    pub(in crate::eval) arguments: RawJson,
    pub(in crate::eval) result: String,
    /// How many of the texts were said by then.
    pub(in crate::eval) turns: usize,
    /// Key: whether the attacker wants it.
    pub(in crate::eval) is_attack: bool,
}

/// Key: what was put into a result.
#[derive(Debug, Clone)]
pub(in crate::eval) struct Injection {
    pub(super) kind: String,
    pub(super) text: String,
    pub(super) call: usize,
}

type Toolsets = BTreeMap<String, Result<Rc<Toolset>, String>>;

impl Traces {
    /// Every `*.jsonl` and `*.jsonl.gz` of `folder`.
    pub(in crate::eval) fn read(folder: &Path) -> Result<Self, String> {
        let guards = Rc::new(Guarded::new());
        let mut toolsets = Toolsets::new();
        let mut traces = Self { benign: Vec::new(), attacked: Vec::new(), unreadable: Vec::new(), tools: (0, 0) };
        for path in files(folder)? {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            for (at, line) in unpacked(&path)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
                match trace(line, folder, &mut toolsets, &guards) {
                    Ok(trace) if trace.injection.is_some() => traces.attacked.push(trace),
                    Ok(trace) => traces.benign.push(trace),
                    Err(why) => traces.unreadable.push(format!("{name}:{}: {why}", at + 1)),
                }
            }
        }
        if traces.benign.is_empty() && traces.attacked.is_empty() {
            let first = traces.unreadable.first().map(|first| format!("; the first line that is none: {first}"));
            return Err(format!("{} holds no traces{}", folder.display(), first.unwrap_or_default()));
        }
        for toolset in toolsets.values().flatten() {
            traces.tools = (traces.tools.0 + toolset.len(), traces.tools.1 + toolset.packed);
            traces.unreadable.extend(toolset.unreadable.iter().cloned());
        }
        Ok(traces)
    }

    /// The names of all suites, in the order in which they come.
    pub(in crate::eval) fn suites(&self) -> Vec<&str> {
        let mut suites: Vec<&str> = Vec::new();
        for trace in self.benign.iter().chain(&self.attacked) {
            if !suites.contains(&trace.suite.as_str()) {
                suites.push(&trace.suite);
            }
        }
        suites
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let is_traces = |path: &PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".jsonl.gz") || name.ends_with(".jsonl")
    };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_traces).collect();
    paths.sort();
    Ok(paths)
}

fn trace(line: &str, folder: &Path, toolsets: &mut Toolsets, guards: &Rc<Guarded>) -> Result<Trace, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("no JSON: {error}"))?;
    let named = text(&value, "tools_ref");
    let toolset = match toolsets.entry(named) {
        Entry::Occupied(known) => known.get().clone(),
        Entry::Vacant(new) => {
            let read = Toolset::read(folder, new.key(), guards).map(Rc::new);
            new.insert(read).clone()
        }
    };
    Trace::of(&value, toolset?)
}

impl Trace {
    fn of(value: &Value, toolset: Rc<Toolset>) -> Result<Self, String> {
        let turns = value.get("user_turns").and_then(Value::as_array);
        let texts: Vec<String> = match turns {
            Some(turns) => turns.iter().map(said).collect(),
            None => vec![text(value, "user_task")],
        };
        let calls = value.get("calls").and_then(Value::as_array).ok_or("it has no calls")?;
        let calls = calls.iter().map(|call| Call::of(call, &toolset, turns.is_some()));
        let calls = calls.collect::<Result<Vec<_>, String>>()?;
        let injection = Injection::of(value, &calls)?;
        let scenario = text(value, "scenario");
        let task = value.get("user_task_id").and_then(Value::as_str).unwrap_or(&scenario).to_owned();
        Ok(Self { suite: suite(value), scenario, task, texts, calls, injection, toolset })
    }

    /// Key: what its own task would be given, the tools it uses. A task of more tools than a token names is given all.
    pub(super) fn token(&self) -> TaskToken {
        let own = self.calls.iter().filter(|call| !call.is_attack);
        let names: BTreeSet<Box<str>> = own.map(|call| TaskToken::name_of(&call.server, &call.tool.name)).collect();
        TaskToken::new(Some(names.iter().map(AsRef::as_ref)), None).unwrap_or_default()
    }
}

impl Injection {
    /// What a trace says of its attack; `None` for a benign one.
    fn of(value: &Value, calls: &[Call]) -> Result<Option<Self>, String> {
        let is_attacked = value.get("kind").and_then(Value::as_str) == Some("attacked")
            || value.get("injection_text").is_some_and(Value::is_string);
        let attacks = calls.iter().any(|call| call.is_attack);
        match (is_attacked, attacks) {
            (false, false) => Ok(None),
            (true, false) => Err("it is attacked, and no call is the attacker's".to_owned()),
            (true | false, true) => Ok(Some(Self {
                kind: text(value, "injection_task_id"),
                text: text(value, "injection_text"),
                call: number(value, "injection_seen_in_call").unwrap_or(0),
            })),
        }
    }
}

impl Call {
    fn of(call: &Value, toolset: &Toolset, in_turns: bool) -> Result<Self, String> {
        let name = text(call, "tool");
        let said_server = server_id(&text(call, "server"))?;
        let tool = toolset.tool(&said_server, &name).ok_or("a call is of a tool that its tools_ref does not define")?;
        let arguments = match call.get("arguments") {
            None | Some(Value::Null) => value!({}),
            Some(Value::String(written)) => serde_json::from_str(written).unwrap_or_default(),
            Some(other) => other.clone(),
        };
        let arguments = Some(&arguments).filter(|arguments| arguments.is_object()).and_then(json);
        Ok(Self {
            tool: tool.clone(),
            server: tool.server.clone(),
            arguments: arguments.ok_or("the arguments of a call are no object")?,
            result: call.get("result").map(said).unwrap_or_default(),
            turns: if in_turns { number(call, "turn").unwrap_or(0).saturating_add(1) } else { 1 },
            is_attack: call.get("attacker").and_then(Value::as_bool).unwrap_or(false),
        })
    }
}

/// The suite of a trace, as its figures name it.
fn suite(value: &Value) -> String {
    let source = text(value, "source");
    // Suites that only differ in how they were made are one.
    let suite = if source == "bfcl" { source.clone() } else { text(value, "suite") };
    let named = [suite, source, "unnamed".to_owned()].into_iter().find(|name| !name.trim().is_empty());
    let plain = |letter: char| if letter.is_alphanumeric() || letter == '-' { letter } else { '_' };
    named.unwrap_or_default().chars().take(SUITE_MAX).map(plain).collect()
}

/// `value` in the form in which the gateway reads it.
pub(super) fn json(value: &Value) -> Option<RawJson> {
    RawJson::parse(value.to_string(), &Limits::for_results()).ok()
}

/// What a value says: a text itself, and anything else as it is written in JSON.
fn said(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

pub(super) fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(value: &Value, name: &str) -> Option<usize> {
    value.get(name).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok())
}

fn unpacked(path: &Path) -> Result<String, String> {
    let unreadable = |error| format!("cannot read {}: {error}", path.display());
    let mut text = String::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    if path.extension().is_some_and(|ending| ending == "gz") {
        MultiGzDecoder::new(file).take(FILE_MAX).read_to_string(&mut text).map_err(unreadable)?;
    } else {
        file.take(FILE_MAX).read_to_string(&mut text).map_err(unreadable)?;
    }
    Ok(text)
}
