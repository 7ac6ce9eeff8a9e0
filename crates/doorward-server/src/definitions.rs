//! What one server says it offers, as seen in its lists.
//!
//! Lists are learned from wherever they pass: a client's own `tools/list` or the gateway's. What was seen is kept until
//! the gateway ends, because a server may show different clients different tools; a changed definition replaces the old.
//! Deciding what a definition means is the policy crate's work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use doorward_core::ids::ServerId;
use doorward_mcp::message::Response;
use doorward_mcp::raw::RawJson;
use doorward_mcp::views::tools::{ToolDefinition, ToolList};
use doorward_policy::Catalogue;

use crate::limits::{DEFINITIONS_MAX, RELEARN_AFTER};

/// The tools of one server.
#[derive(Debug)]
pub struct Definitions {
    server: ServerId,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    /// Every definition seen under a name in the newest list that had it; two when a list named it twice.
    tools: BTreeMap<String, Vec<RawJson>>,
    catalogue: Arc<Catalogue>,
    /// Whether any list was seen at all; a server without tools is known as well.
    listed: bool,
    /// Grows with every change of what is known.
    version: u64,
    /// The version that the policy was last loaded for.
    settled: u64,
    /// When the gateway last asked for the whole list itself.
    asked: Option<Instant>,
}

/// Whether a list told anything that the policy was not yet loaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learned {
    /// It did, or an earlier one did; the policy must be loaded anew.
    Something,
    /// All of it was known.
    Nothing,
}

/// What is known of one tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knowledge {
    /// It was seen, and the policy was loaded since.
    Settled,
    /// It was seen; the policy may not know it yet.
    Seen,
    /// It was never seen.
    Unseen,
}

impl Definitions {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(server: ServerId) -> Self {
        let catalogue = Arc::new(Catalogue::from_definitions(server.clone(), []));
        Self {
            server,
            known: Mutex::new(Known {
                tools: BTreeMap::new(),
                catalogue,
                listed: false,
                version: 0,
                settled: 0,
                asked: None,
            }),
        }
    }

    /// What policy knows of the server.
    #[must_use]
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.lock().catalogue.clone()
    }

    /// Whether the server has shown a list.
    #[must_use]
    pub fn listed(&self) -> bool {
        self.lock().listed
    }

    /// Whether a tool of that name was seen, and whether the policy was loaded since.
    #[must_use]
    pub fn knowledge_of(&self, tool: &str) -> Knowledge {
        let known = self.lock();
        match (known.tools.contains_key(tool), known.version == known.settled) {
            (true, true) => Knowledge::Settled,
            (true, false) => Knowledge::Seen,
            (false, _) => Knowledge::Unseen,
        }
    }

    /// The version of what is known; read it before the catalogue that a policy is loaded for.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.lock().version
    }

    /// The policy was loaded for that version, or could not be.
    pub fn settle(&self, version: u64) {
        let mut known = self.lock();
        known.settled = known.settled.max(version);
    }

    /// Whether the policy was loaded for everything that is known.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let known = self.lock();
        known.version == known.settled
    }

    /// The input schema of a tool, for the headers of revision 2026-07-28.
    #[must_use]
    pub fn input_schema(&self, tool: &str) -> Option<RawJson> {
        let known = self.lock();
        let definition = known.tools.get(tool)?.first()?;
        let schema = definition.as_raw().member("inputSchema")?;
        Some(definition.part(schema))
    }

    /// Whether the gateway should ask for the whole list now; says so once per [`RELEARN_AFTER`].
    #[must_use]
    pub fn due(&self) -> bool {
        let mut known = self.lock();
        let due = known.asked.is_none_or(|asked| asked.elapsed() >= RELEARN_AFTER);
        if due {
            known.asked = Some(Instant::now());
        }
        due
    }

    /// The server says its list has changed: the next unknown tool is worth asking for.
    pub fn forget_asking(&self) {
        self.lock().asked = None;
    }

    /// Takes in one page of a `tools/list` answer. A page that cannot be read teaches nothing; the exchange withholds it.
    pub fn learn(&self, response: &Response) -> Learned {
        let Some(list) = response.result().and_then(|result| ToolList::from_result(result).ok()) else {
            return Learned::Nothing;
        };
        let mut page: BTreeMap<String, Vec<RawJson>> = BTreeMap::new();
        for definition in list.tools.into_iter().flatten() {
            let kept = response.keep(definition.raw);
            let seen = page.entry(definition.name.into_owned()).or_default();
            if seen.len() < 2 {
                seen.push(kept);
            }
        }
        self.merge(page)
    }

    fn merge(&self, page: BTreeMap<String, Vec<RawJson>>) -> Learned {
        let mut known = self.lock();
        let mut learned = if known.listed { Learned::Nothing } else { Learned::Something };
        known.listed = true;
        for (name, tools) in page {
            let room = known.tools.len() < DEFINITIONS_MAX || known.tools.contains_key(&name);
            if room && known.tools.get(&name) != Some(&tools) {
                known.tools.insert(name, tools);
                learned = Learned::Something;
            }
        }
        if learned == Learned::Something {
            known.catalogue = Arc::new(self.build(&known.tools));
            known.version = known.version.saturating_add(1);
        }
        // Whoever taught us may not have loaded the policy yet; the next one must not be judged without it.
        if known.version == known.settled { Learned::Nothing } else { Learned::Something }
    }

    fn build(&self, tools: &BTreeMap<String, Vec<RawJson>>) -> Catalogue {
        let definitions: Vec<ToolDefinition<'_>> =
            tools.values().flatten().filter_map(|tool| ToolDefinition::from_raw(tool.as_raw()).ok()).collect();
        Catalogue::from_definitions(self.server.clone(), &definitions)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        // A panic while it was held cannot have left it half written: every change is one assignment.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
