//! What is said of the tools of one server beside their definitions: by the pack that speaks of it, and by the operator.
//!
//! Responsible for putting definition, pack and operator together as one [`Nature`]. Which pack that is follows from the
//! configuration alone, by its name or by the command or address in it; a server must never have a say in it.

use std::collections::BTreeMap;

use doorward_flow::nature::Nature;
use doorward_flow::pack::{self, Pack, Reached, ToolLabels};
use doorward_mcp::views::tools::ToolDefinition;
use doorward_policy::Trust;

use crate::config::{ServerConfig, Way};

/// What the configuration says of the labels of one server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelRules {
    /// Which pack speaks of it.
    pub pack: PackChoice,
    /// What the operator says of its tools.
    pub tools: BTreeMap<Box<str>, ToolLabels>,
}

/// Which pack speaks of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PackChoice {
    /// The one that its command or address shows.
    #[default]
    Auto,
    /// None.
    None,
    /// This one.
    Named(&'static Pack),
}

impl PackChoice {
    /// The word of the configuration.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Auto => "auto",
            Self::None => "none",
            Self::Named(pack) => &pack.name,
        }
    }

    /// Reads the word back; `None` for one that no pack has as its name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            "none" => Some(Self::None),
            name => pack::named(name).map(Self::Named),
        }
    }
}

/// What is said of the tools of one server beside their definitions.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    pack: Option<&'static Pack>,
    tools: BTreeMap<Box<str>, ToolLabels>,
    trust: Trust,
}

impl Labels {
    /// Of a configured server.
    #[must_use]
    pub fn of(server: &ServerConfig) -> Self {
        let pack = match server.labels.pack {
            PackChoice::Auto => matching(&server.way),
            PackChoice::None => None,
            PackChoice::Named(pack) => Some(pack),
        };
        Self { pack, tools: server.labels.tools.clone(), trust: server.place.trust }
    }

    /// The pack that speaks of the server.
    #[must_use]
    pub const fn pack(&self) -> Option<&'static Pack> {
        self.pack
    }

    /// What is assumed of a tool: what its definition shows, then what the pack says, then what the operator says.
    #[must_use]
    pub fn nature(&self, tool: &ToolDefinition<'_>) -> Nature {
        let shown = match self.trust {
            Trust::Untrusted => Nature::infer(tool),
            Trust::Trusted => Nature::infer_trusted(tool),
        };
        let name: &str = &tool.name;
        let pack = self.pack.and_then(|pack| pack.tools.get(name));
        pack.into_iter().chain(self.tools.get(name)).fold(shown, Nature::with)
    }
}

fn matching(way: &Way) -> Option<&'static Pack> {
    match way {
        Way::Child { command, .. } => {
            // A word that is no text is none that a pack knows.
            let words: Vec<&str> = command.iter().map(|word| word.to_str().unwrap_or_default()).collect();
            pack::matching(Reached::Command(&words))
        }
        Way::Http { url, .. } => pack::matching(Reached::Url(url)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use doorward_core::flow::{Confidentiality, Integrity};
    use doorward_core::ids::ServerId;
    use doorward_flow::nature::Act;
    use doorward_mcp::limits::Limits;
    use doorward_mcp::raw::RawJson;

    use super::*;
    use crate::definitions::Definitions;

    fn server(command: &[&str]) -> ServerConfig {
        let way =
            Way::Child { command: command.iter().map(Into::into).collect(), environment: Vec::new(), directory: None };
        ServerConfig::new(ServerId::parse("chat").unwrap(), way, Duration::from_secs(1))
    }

    fn definitions(server: &ServerConfig, tool: &str) -> Definitions {
        let definitions = Definitions::new(server.id.clone()).labelled(Labels::of(server));
        definitions.recall(&[RawJson::parse(tool.to_owned(), &Limits::default()).unwrap()]);
        definitions
    }

    const HISTORY: &str =
        r#"{"name":"conversations_history","description":"Shows messages.","inputSchema":{"type":"object"}}"#;

    #[test]
    fn the_pack_of_the_configured_command_speaks() {
        let slack = server(&["npx", "-y", "slack-mcp-server@1.1.24"]);
        let nature = definitions(&slack, HISTORY).nature("conversations_history").unwrap();
        assert_eq!(nature.result.confidentiality, Confidentiality::Confidential);
        let mut unlabelled = slack;
        unlabelled.labels.pack = PackChoice::None;
        let nature = definitions(&unlabelled, HISTORY).nature("conversations_history").unwrap();
        assert_eq!(nature.result.confidentiality, Confidentiality::Internal);
        let mut named = server(&["own-build"]);
        assert!(Labels::of(&named).pack().is_none());
        named.labels.pack = PackChoice::parse("slack").unwrap();
        let nature = definitions(&named, HISTORY).nature("conversations_history").unwrap();
        assert_eq!(nature.result.confidentiality, Confidentiality::Confidential);
    }

    #[test]
    fn what_a_server_calls_itself_finds_no_pack() {
        let stranger = ServerConfig { id: ServerId::parse("slack").unwrap(), ..server(&["node", "slack-mcp-server"]) };
        assert!(Labels::of(&stranger).pack().is_none());
        let nature = definitions(&stranger, HISTORY).nature("conversations_history").unwrap();
        assert_eq!(nature.result.integrity, Integrity::AdversaryWritable);
    }

    #[test]
    fn the_hints_of_a_server_count_as_given_only_where_the_operator_trusts_it() {
        let tool = r#"{"name":"send_report","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}"#;
        let mut server = server(&["own"]);
        assert_eq!(definitions(&server, tool).nature("send_report").unwrap().act, Act::Send);
        server.place.trust = Trust::Trusted;
        assert_eq!(definitions(&server, tool).nature("send_report").unwrap().act, Act::Read);
    }
}
