//! Recorded traces: tasks, the calls that were made for them, and what came back.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::rc::Rc;

use doorward_core::ids::ServerId;
use doorward_flow::nature::Nature;
use doorward_mcp::limits::Limits;
use doorward_mcp::raw::RawJson;
use doorward_mcp::views::tools::ToolDefinition;
use flate2::read::MultiGzDecoder;
use serde_json::Value;

/// The most one file may hold, unpacked.
const FILE_MAX: u64 = 1 << 30;

/// All traces of a folder.
#[derive(Debug)]
pub(super) struct Traces {
    pub(super) benign: Vec<Trace>,
    pub(super) attacked: Vec<Trace>,
}

/// One scenario.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    pub(super) scenario: String,
    pub(super) suite: String,
    /// Which benign task it is, or attacks.
    pub(super) task: String,
    pub(super) texts: Vec<String>,
    pub(super) calls: Vec<Call>,
    pub(super) injection: Option<Injection>,
}

/// One call.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) tool: Rc<Tool>,
    pub(super) server: ServerId,
    pub(super) arguments: RawJson,
    pub(super) result: String,
    /// How many of the texts were said by then.
    pub(super) turns: usize,
    /// Key: whether the attacker wants it.
    pub(super) is_attack: bool,
}

/// One tool, as its server defines it.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) nature: Nature,
    /// Key: whether it does more than read.
    pub(super) acts: bool,
}

/// Key: what was put into a result.
#[derive(Debug, Clone)]
pub(super) struct Injection {
    pub(super) kind: String,
    pub(super) text: String,
    pub(super) call: usize,
}

type Tools = BTreeMap<String, Rc<Tool>>;

impl Traces {
    /// Every `*.jsonl.gz` of `folder`.
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        let entries = fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
        let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        let (mut benign, mut attacked) = (Vec::new(), Vec::new());
        let mut tools: BTreeMap<String, Tools> = BTreeMap::new();
        for path in paths.iter().filter(|path| path.to_string_lossy().ends_with(".jsonl.gz")) {
            for (at, line) in unpacked(path)?.lines().enumerate() {
                let place = || format!("{}:{}", path.display(), at + 1);
                let value: Value = serde_json::from_str(line).map_err(|error| format!("{}: {error}", place()))?;
                let named = text(&value, "tools_ref");
                if !tools.contains_key(&named) {
                    tools.insert(named.clone(), read_tools(&folder.join(&named))?);
                }
                let trace = tools.get(&named).and_then(|tools| Trace::of(&value, tools));
                let trace = trace.ok_or_else(|| format!("{}: no trace", place()))?;
                if trace.injection.is_some() { attacked.push(trace) } else { benign.push(trace) }
            }
        }
        if benign.is_empty() {
            return Err(format!("{} holds no traces", folder.display()));
        }
        Ok(Self { benign, attacked })
    }

    /// The names of all suites, in the order in which they come.
    pub(super) fn suites(&self) -> Vec<&str> {
        let mut suites: Vec<&str> = Vec::new();
        for trace in &self.benign {
            if !suites.contains(&trace.suite.as_str()) {
                suites.push(&trace.suite);
            }
        }
        suites
    }
}

impl Trace {
    fn of(value: &Value, tools: &Tools) -> Option<Self> {
        let source = text(value, "source");
        // Suites that only differ in how they were made are one.
        let suite = if source == "bfcl" { source } else { text(value, "suite") };
        let turns = value.get("user_turns").and_then(Value::as_array);
        let texts: Vec<String> = match turns {
            Some(turns) => turns.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            None => vec![text(value, "user_task")],
        };
        let said = |call: &Value| match turns {
            Some(_) => {
                call.get("turn").and_then(Value::as_u64).and_then(|turn| usize::try_from(turn).ok()).unwrap_or(0) + 1
            }
            None => 1,
        };
        let calls = value.get("calls")?.as_array()?.iter();
        let calls = calls.map(|call| Call::of(call, tools, said(call))).collect::<Option<Vec<_>>>()?;
        let injection = value.get("injection_text").and_then(Value::as_str).map(|injected| Injection {
            kind: text(value, "injection_task_id"),
            text: injected.to_owned(),
            call: value
                .get("injection_seen_in_call")
                .and_then(Value::as_u64)
                .and_then(|at| usize::try_from(at).ok())
                .unwrap_or(0),
        });
        let scenario = text(value, "scenario");
        let task = value.get("user_task_id").and_then(Value::as_str).unwrap_or(&scenario).to_owned();
        Some(Self { scenario, suite, task, texts, calls, injection })
    }

    /// Key: the names of the tools its own task uses.
    pub(super) fn tools(&self) -> Vec<&str> {
        self.calls.iter().filter(|call| !call.is_attack).map(|call| call.tool.name.as_str()).collect()
    }
}

impl Call {
    fn of(value: &Value, tools: &Tools, turns: usize) -> Option<Self> {
        let (server, name) = (text(value, "server"), text(value, "tool"));
        let tool = tools.get(&format!("{server}/{name}")).or_else(|| tools.get(&name))?;
        Some(Self {
            tool: tool.clone(),
            server: ServerId::parse(&server.to_lowercase()).ok()?,
            arguments: json(value.get("arguments")?)?,
            result: text(value, "result"),
            turns,
            is_attack: value.get("attacker").and_then(Value::as_bool).unwrap_or(false),
        })
    }
}

/// `value` in the form in which the gateway reads it.
pub(super) fn json(value: &Value) -> Option<RawJson> {
    RawJson::parse(value.to_string(), &Limits::for_results()).ok()
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn unpacked(path: &Path) -> Result<String, String> {
    let unreadable = |error| format!("cannot read {}: {error}", path.display());
    let mut text = String::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    MultiGzDecoder::new(file).take(FILE_MAX).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

/// The tools of a file, by name, and by server and name. The key is taken out before anything looks at a definition.
fn read_tools(path: &Path) -> Result<Tools, String> {
    let bytes = fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let list: Vec<Value> = serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut tools = Tools::new();
    for mut definition in list {
        let labels = definition.as_object_mut().and_then(|members| members.remove("labels"));
        let server = definition.as_object_mut().and_then(|members| members.remove("server"));
        let acts = labels.as_ref().and_then(|labels| labels.get("effect")).and_then(Value::as_str) != Some("read");
        let raw = json(&definition).ok_or_else(|| format!("{}: a definition is no JSON", path.display()))?;
        let view = ToolDefinition::from_raw(raw.as_raw());
        let nature = view.as_ref().map_or_else(|_| Nature::unknown(), Nature::infer);
        let name = text(&definition, "name");
        let tool = Rc::new(Tool { name: name.clone(), nature, acts });
        let server = server.as_ref().and_then(Value::as_str).unwrap_or_default();
        tools.insert(format!("{server}/{name}"), tool.clone());
        tools.insert(name, tool);
    }
    Ok(tools)
}
