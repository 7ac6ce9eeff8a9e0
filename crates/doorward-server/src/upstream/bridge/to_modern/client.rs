//! What the client said of itself once, to be said with every request.

use doorward_mcp::bridge::{Audience, Declared, Stamp, TasksBridged, capabilities_to_modern, initialize_result};
use doorward_mcp::message::Request;
use doorward_mcp::raw::{Kind, Raw};
use doorward_mcp::revision::Revision;

/// One client, as its `initialize` describes it.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) revision: Revision,
    declared: Declared,
    capabilities: String,
    capabilities_with_tasks: String,
    info: Option<String>,
}

/// Whether a request says that its answer may be a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TasksTaken {
    Yes,
    No,
}

const NOTHING: &str = "{}";

impl Client {
    /// Reads `request`, an `initialize`, and settles on a revision with it. The second part is the result to answer it
    /// with, as JSON. `None` when what the server says of itself cannot be said in the client's era.
    pub(super) fn introduced(request: &Request, discovered: Raw<'_>) -> Option<(Self, String)> {
        let asked = request.param("protocolVersion").and_then(|asked| asked.as_str());
        let (revision, result) =
            initialize_result(discovered, asked.as_deref().unwrap_or_default(), TasksBridged::Yes)?;
        let capabilities = request.param("capabilities").filter(|capabilities| capabilities.kind() == Kind::Object);
        let said = |tasks| capabilities.and_then(|capabilities| capabilities_to_modern(capabilities, tasks));
        let client = Self {
            revision,
            declared: Declared::from_capabilities(capabilities),
            capabilities: said(TasksBridged::No).unwrap_or_else(|| NOTHING.to_owned()),
            capabilities_with_tasks: said(TasksBridged::Yes).unwrap_or_else(|| Declared::default().to_legacy_json()),
            info: request
                .param("clientInfo")
                .filter(|info| info.kind() == Kind::Object)
                .map(|info| info.text().to_owned()),
        };
        Some((client, result))
    }

    /// What a request says of it.
    pub(super) fn stamp(&self, tasks: TasksTaken, log_level: Option<String>) -> Stamp {
        let capabilities = match tasks {
            TasksTaken::Yes => &self.capabilities_with_tasks,
            TasksTaken::No => &self.capabilities,
        };
        Stamp { capabilities: capabilities.clone(), client_info: self.info.clone(), log_level }
    }

    /// What it can be asked.
    pub(super) const fn audience(&self) -> Audience<'_> {
        Audience { revision: self.revision, declared: &self.declared }
    }
}
