//! What a server says of one thing it offers.

use std::fmt;
use std::sync::Arc;

use doorward_core::ids::ServerId;
use doorward_mcp::raw::{Kind as JsonKind, Raw};
use serde_json::Value;

use crate::canonical::canonical;
use crate::digest::Digest;
use crate::limits::DEFINITION_BYTES_MAX;

/// What sort of thing is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An item of `tools/list`.
    Tool,
    /// An item of `prompts/list`.
    Prompt,
    /// An item of `resources/list`.
    Resource,
    /// An item of `resources/templates/list`.
    Template,
    /// What a server tells the model about itself. It has no name.
    Instructions,
    /// The contents of a `ui://` resource, by its URI.
    Ui,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Tool, Self::Prompt, Self::Resource, Self::Template, Self::Instructions, Self::Ui];

    /// Its name in stores and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Resource => "resource",
            Self::Template => "template",
            Self::Instructions => "instructions",
            Self::Ui => "ui",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind of the items of a list, by its method.
    #[must_use]
    pub fn of_list(method: &str) -> Option<Self> {
        match method {
            "tools/list" => Some(Self::Tool),
            "prompts/list" => Some(Self::Prompt),
            "resources/list" => Some(Self::Resource),
            "resources/templates/list" => Some(Self::Template),
            _ => None,
        }
    }

    /// Members that change by themselves, or with the protocol revision of whoever asks, and that tell a model nothing.
    const fn left_out(self) -> &'static [&'static str] {
        match self {
            Self::Tool => &["execution"],
            Self::Resource => &["size"],
            Self::Prompt | Self::Template | Self::Instructions | Self::Ui => &[],
        }
    }
}

/// Which thing of which server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The server's configured id.
    pub server: ServerId,
    /// What sort of thing.
    pub kind: Kind,
    /// The server's own name or URI for it; empty for instructions.
    pub name: Arc<str>,
}

impl fmt::Display for Key {
    /// `server/kind/name`, or `server/instructions`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Instructions => write!(f, "{}/{}", self.server, self.kind.name()),
            Kind::Tool | Kind::Prompt | Kind::Resource | Kind::Template | Kind::Ui => {
                write!(f, "{}/{}/{}", self.server, self.kind.name(), self.name)
            }
        }
    }
}

/// One version of what is said of a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    key: Key,
    text: Arc<str>,
    digest: Digest,
}

/// It is longer than anything honest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

impl Definition {
    /// What `raw` says: an item of a list, the text of instructions, or the contents of an app.
    ///
    /// # Errors
    /// It is too long to be kept. An app is not: what is kept of a long one is its digest.
    pub fn of(key: Key, raw: Raw<'_>) -> Result<Self, TooLarge> {
        let text = canonical(raw, key.kind.left_out());
        let digest = Digest::of(&text);
        match (text.len() <= DEFINITION_BYTES_MAX, key.kind) {
            (true, _) => Ok(Self { key, text: text.into(), digest }),
            (false, Kind::Ui) => {
                let kept = format!(r#"{{"bytes":{},"sha256":"{digest}"}}"#, text.len());
                Ok(Self { key, text: kept.into(), digest })
            }
            (false, Kind::Tool | Kind::Prompt | Kind::Resource | Kind::Template | Kind::Instructions) => Err(TooLarge),
        }
    }

    /// Which thing it is about.
    #[must_use]
    pub const fn key(&self) -> &Key {
        &self.key
    }

    /// Its canonical form.
    #[must_use]
    pub const fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The digest of its canonical form.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether everything it says is said by `other` as well, member by member, and only what may be left out is left out:
    /// older protocol revisions lack some members, and a server that leaves them out says nothing new.
    #[must_use]
    pub fn says_no_more_than(&self, other: &str) -> bool {
        let (Ok(Value::Object(own)), Ok(Value::Object(other))) =
            (serde_json::from_str(&self.text), serde_json::from_str::<Value>(other))
        else {
            return false;
        };
        own.iter().all(|(name, value)| other.get(name) == Some(value))
            && other.keys().all(|name| own.contains_key(name) || MAY_BE_ABSENT.contains(&name.as_str()))
    }
}

/// Members that not every protocol revision has. What their absence says is never more than what they say: hints that are
/// not given are read in the stricter way.
const MAY_BE_ABSENT: &[&str] = &["title", "icons", "annotations", "outputSchema", "_meta"];

/// The name of the member that names an item of that kind.
pub(crate) const fn name_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Tool | Kind::Prompt => Some("name"),
        Kind::Resource => Some("uri"),
        Kind::Template => Some("uriTemplate"),
        Kind::Instructions | Kind::Ui => None,
    }
}

impl Key {
    /// The key of an item of a list; `None` when it has no name.
    #[must_use]
    pub fn of_item(server: &ServerId, kind: Kind, item: Raw<'_>) -> Option<Self> {
        let name = item.member(name_of(kind)?).filter(|name| name.kind() == JsonKind::String)?;
        Some(Self { server: server.clone(), kind, name: Arc::from(name.as_str()?.as_ref()) })
    }
}
