//! What a tool is to the flow of data: what it does, what each of its arguments decides, what its results are worth.
//!
//! Responsible for reading that from a tool's definition ([`Nature::infer`]) and for adding what reviewed packs and the
//! operator say ([`Nature::with`]). It must never believe a server that speaks for itself: a definition, an annotation and
//! `_meta` can make a tool more dangerous, never less, and what cannot be read is assumed to be the worst.
//!
//! This is not the effect that policies see (`doorward_policy::effect`). That asks what a *rule* may call a tool (it reads, it
//! writes, it destroys), and its words stay as they are because rules are written against them. This asks which
//! *arguments carry authority* once something untrusted was read, and whether a call can carry data out. The two may
//! disagree about a tool (`send_mail` writes there, and sends here); where they do, each stays with its own question.

mod because;

use std::fmt;
use std::sync::Arc;

use doorward_core::flow::{Label, Role};
use doorward_mcp::raw::Kind;
use doorward_mcp::views::tools::ToolDefinition;

pub use because::{About, Because, Witness};

use crate::pack::ToolLabels;

/// What a tool does, as far as it decides whether its arguments need an endorsed origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Only looks.
    Read,
    /// Makes or changes something.
    Write,
    /// Runs or steers something.
    Exec,
    /// Changes who may do what.
    Admin,
    /// Passes something on to somebody.
    Send,
    /// Moves money or obliges to pay.
    Financial,
    /// Takes something away.
    Destroy,
    /// Nobody can tell.
    Unknown,
}

/// How the addresses that a reading tool takes are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Links {
    /// An address that stood in what the same server said will do.
    Own,
    /// As strictly as those of a tool that acts.
    Ask,
}

/// What is assumed of one tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nature {
    /// What it does.
    pub act: Act,
    /// Whether a call can carry data out of the server's own world.
    pub egress: bool,
    /// How the addresses it takes are judged if it only reads.
    pub links: Links,
    /// Whether it makes something of which the caller chooses the name.
    pub makes: bool,
    /// The label of its results, of all that `fields` does not speak of.
    pub result: Label,
    /// Fields of its results that have a label of their own.
    pub fields: Vec<FieldLabel>,
    /// Whether its results are to be kept from the model and stood for by handles.
    pub hide: bool,
    because: Vec<Because>,
}

/// The label of one field of a result.
///
/// It covers the leaves of strict forms that stand there, never prose: text of several sentences or lines has the label of
/// the result, whatever is said of the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldLabel {
    /// Where: a JSON pointer in which `*` stands for any one name or index; it speaks of all that lies below, too.
    pub pointer: Arc<str>,
    /// What is known of it.
    pub label: Label,
    /// Why somebody said so.
    pub because: Option<Arc<str>>,
}

impl Act {
    /// All of them, in their order.
    pub const ALL: &[Self] =
        &[Self::Read, Self::Write, Self::Exec, Self::Admin, Self::Send, Self::Financial, Self::Destroy, Self::Unknown];

    /// The word that packs use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Exec => "exec",
            Self::Admin => "admin",
            Self::Send => "send",
            Self::Financial => "financial",
            Self::Destroy => "destroy",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word back; `None` for any other.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|act| act.as_str() == text)
    }

    /// Whether a call changes, sends or runs something, or may.
    #[must_use]
    pub const fn is_consequential(self) -> bool {
        match self {
            Self::Read => false,
            Self::Write | Self::Exec | Self::Admin | Self::Send | Self::Financial | Self::Destroy | Self::Unknown => {
                true
            }
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Links {
    /// The word that packs use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Ask => "ask",
        }
    }

    /// Reads the word back; `None` for any other.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Own, Self::Ask].into_iter().find(|links| links.as_str() == text)
    }
}

impl fmt::Display for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Nature {
    /// What is assumed of a tool of which nothing can be read: the worst of everything.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            act: Act::Unknown,
            egress: true,
            links: Links::Ask,
            makes: false,
            result: Label::unknown(),
            fields: Vec::new(),
            hide: false,
            because: Vec::new(),
        }
    }

    /// What the definition shows of the tool.
    #[must_use]
    pub fn infer(_tool: &ToolDefinition<'_>) -> Self {
        Self::unknown()
    }

    /// The same for a server whose annotations count as given: its `readOnlyHint` is believed.
    #[must_use]
    pub fn infer_trusted(tool: &ToolDefinition<'_>) -> Self {
        Self::infer(tool)
    }

    /// With what a pack or the operator says of the tool. It may raise as it likes; what it lowers, it lowers only if it says
    /// because of what.
    #[must_use]
    pub fn with(self, _said: &ToolLabels) -> Self {
        self
    }

    /// What the argument at `path` (a JSON pointer to a leaf) decides, if a value of this kind stands there.
    #[must_use]
    pub fn role(&self, _path: &str, _value: Kind) -> Role {
        Role::Target
    }

    /// The words that the schema itself spells out for the argument at `path`.
    #[must_use]
    pub fn spelled(&self, _path: &str) -> &[Box<str>] {
        &[]
    }

    /// The label of what stands at `path` (a JSON pointer) of a result, if it is a leaf of a strict form.
    #[must_use]
    pub fn field(&self, _path: &str) -> &Label {
        &self.result
    }

    /// Why all this is assumed.
    #[must_use]
    pub fn because(&self) -> &[Because] {
        &self.because
    }

    /// The join of all labels its results may have: what is assumed when a result was lost on its way.
    #[must_use]
    pub fn widest(&self) -> Label {
        self.fields.iter().fold(self.result.clone(), |label, field| label.join(&field.label))
    }
}
