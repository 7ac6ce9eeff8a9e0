//! The tools of a file, as servers define them, and what decides about them.
//!
//! Responsible for what is assumed of each tool: what its definition shows, and what the pack says that speaks of its
//! server. A pack is found as the gateway finds one, by how the server is reached (`command` or `url` beside a definition),
//! never by a name. The key is taken out before anything looks at a definition.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};
use std::rc::Rc;
use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_flow::nature::Nature;
use doorward_flow::pack::{self, Pack, Reached};
use doorward_mcp::raw::RawJson;
use doorward_mcp::views::tools::ToolDefinition;
use doorward_policy::Catalogue;
use serde_json::Value;

use super::gate::{Gate, Guarded};
use super::trace::json;

/// The longest name of a server.
const SERVER_MAX: usize = 32;

/// The tools of one file.
pub(in crate::eval) struct Toolset {
    tools: BTreeMap<(ServerId, String), Rc<Tool>>,
    /// By name alone, for calls that name another server or none.
    by_name: BTreeMap<String, Rc<Tool>>,
    pub(super) gate: Gate,
    /// How many tools a pack speaks of.
    pub(super) packed: usize,
    /// The definitions that are none, with why.
    pub(super) unreadable: Vec<String>,
}

/// One tool, as its server defines it.
#[derive(Debug)]
pub(in crate::eval) struct Tool {
    pub(in crate::eval) name: String,
    pub(in crate::eval) server: ServerId,
    pub(in crate::eval) nature: Nature,
    /// Key: whether it does more than read.
    pub(super) acts: bool,
}

/// One definition, as it stands in the file.
struct Entry {
    server: ServerId,
    raw: RawJson,
    pack: Option<&'static Pack>,
    acts: bool,
}

impl Toolset {
    /// Reads the file `named` in `folder`.
    pub(super) fn read(folder: &Path, named: &str, guards: &Rc<Guarded>) -> Result<Self, String> {
        let is_within = Path::new(named).components().all(|part| matches!(part, Component::Normal(_)));
        if named.is_empty() || !is_within {
            return Err(format!("tools_ref {named:?} names no file of the folder"));
        }
        let path = folder.join(named);
        let bytes = fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let list: Vec<Value> = serde_json::from_slice(&bytes)
            .map_err(|error| format!("{} is no list of tools: {error}", path.display()))?;
        Self::of(list, guards).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn of(list: Vec<Value>, guards: &Rc<Guarded>) -> Result<Self, String> {
        let (mut entries, mut unreadable) = (Vec::new(), Vec::new());
        for (at, definition) in list.into_iter().enumerate() {
            match Entry::of(definition) {
                Ok(entry) => entries.push(entry),
                Err(why) => unreadable.push(format!("definition {at}: {why}")),
            }
        }
        let mut offered: BTreeMap<&ServerId, Vec<ToolDefinition<'_>>> = BTreeMap::new();
        let (mut tools, mut by_name, mut packed) = (BTreeMap::new(), BTreeMap::new(), 0);
        for entry in &entries {
            let Ok(view) = ToolDefinition::from_raw(entry.raw.as_raw()) else {
                unreadable.push(format!("a definition of {} is no tool's", entry.server));
                continue;
            };
            let name = view.name.to_string();
            let labels = entry.pack.and_then(|pack| pack.tools.get(name.as_str()));
            let inferred = Nature::infer(&view);
            let nature = labels.map_or_else(|| inferred.clone(), |labels| inferred.clone().with(labels));
            packed += usize::from(labels.is_some());
            let tool = Rc::new(Tool { name: name.clone(), server: entry.server.clone(), nature, acts: entry.acts });
            tools.insert((entry.server.clone(), name.clone()), tool.clone());
            by_name.insert(name, tool);
            offered.entry(&entry.server).or_default().push(view);
        }
        let catalogues: Vec<Arc<Catalogue>> = offered
            .iter()
            .map(|(server, definitions)| Arc::new(Catalogue::from_definitions((*server).clone(), definitions)))
            .collect();
        Ok(Self { gate: Gate::new(&catalogues, guards.clone())?, tools, by_name, packed, unreadable })
    }

    /// The tool that a call to `server` means; one of another server when that one has none of the name.
    pub(super) fn tool(&self, server: &ServerId, name: &str) -> Option<&Rc<Tool>> {
        self.tools.get(&(server.clone(), name.to_owned())).or_else(|| self.by_name.get(name))
    }

    pub(super) fn len(&self) -> usize {
        self.tools.len()
    }
}

impl Entry {
    fn of(mut definition: Value) -> Result<Self, String> {
        let members = definition.as_object_mut().ok_or("a definition is no object")?;
        let labels = members.remove("labels").unwrap_or_default();
        let server = members.remove("server").unwrap_or_default();
        let (command, url) = (members.remove("command"), members.remove("url"));
        let words: Vec<&str> =
            command.as_ref().and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let pack = match url.as_ref().and_then(Value::as_str) {
            Some(url) => pack::matching(Reached::Url(url)),
            None => pack::matching(Reached::Command(&words)),
        };
        let raw = json(&definition).ok_or("it cannot be read")?;
        let acts = labels.get("effect").and_then(Value::as_str) != Some("read");
        Ok(Self { server: server_id(server.as_str().unwrap_or_default())?, raw, pack, acts })
    }
}

/// A name that a configuration could give the server.
pub(super) fn server_id(name: &str) -> Result<ServerId, String> {
    let spelled = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    let id: String = name.chars().map(spelled).collect();
    let cut: String = id.trim_matches('-').chars().take(SERVER_MAX).collect();
    ServerId::parse(if cut.is_empty() { "server" } else { &cut }).map_err(|error| error.to_string())
}
