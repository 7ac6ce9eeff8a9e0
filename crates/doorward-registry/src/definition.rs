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

    /// Whether a member changes by itself, or with the protocol revision of whoever asks, and tells a model nothing. One of
    /// that name that holds anything else, such as a text, is like every other.
    fn leaves_out(self, name: &str, member: Raw<'_>) -> bool {
        match (self, name) {
            (Self::Tool, "execution") => {
                member.kind() == JsonKind::Object && member.members().all(|(name, said)| is_task_support(&name, said))
            }
            (Self::Resource, "size") => member.kind() == JsonKind::Number,
            (Self::Tool | Self::Resource | Self::Prompt | Self::Template | Self::Instructions | Self::Ui, _) => false,
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
    length: Length,
}

/// How long a definition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// It is kept whole.
    Usual,
    /// It is longer than anything honest: its length and its digest are kept in its place.
    Excessive,
}

impl Definition {
    /// What `raw` says: an item of a list, the text of instructions, or the contents of an app.
    #[must_use]
    pub fn of(key: Key, raw: Raw<'_>) -> Self {
        let text = canonical(raw, &|name, member| key.kind.leaves_out(name, member));
        let digest = Digest::of(&text);
        if text.len() <= DEFINITION_BYTES_MAX {
            return Self { key, text: text.into(), digest, length: Length::Usual };
        }
        let kept = format!(r#"{{"bytes":{},"sha256":"{digest}"}}"#, text.len());
        Self { key, text: kept.into(), digest, length: Length::Excessive }
    }

    /// Whether it may be approved: not what nobody can be shown. An app may: its length is its own affair.
    #[must_use]
    pub fn may_be_approved(&self) -> bool {
        self.length == Length::Usual || self.key.kind == Kind::Ui
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

/// Whether what is kept of something of that kind is no more than its length and digest, so that nobody can say what they
/// approve. Nothing else has that form: items have names, and instructions are a text.
#[must_use]
pub fn is_too_long(kind: Kind, text: &str) -> bool {
    kind != Kind::Ui && text.starts_with(r#"{"bytes":"#) && text.len() < 128 && {
        let kept: Option<Value> = serde_json::from_str(text).ok();
        kept.is_some_and(|kept| kept.as_object().is_some_and(|kept| kept.len() == 2 && kept.contains_key("sha256")))
    }
}

/// Whether a member of `execution` is the one that the protocol has, with one of its words.
fn is_task_support(name: &str, said: Raw<'_>) -> bool {
    let is_word = |said: &str| matches!(said, "forbidden" | "optional" | "required");
    name == "taskSupport" && said.kind() == JsonKind::String && said.as_str().is_some_and(|said| is_word(&said))
}

/// Members that not every protocol revision has. What their absence says is never more than what they say: hints that are
/// not given are read in the stricter way.
const MAY_BE_ABSENT: &[&str] = &["title", "icons", "annotations", "outputSchema", "_meta", "execution"];

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
