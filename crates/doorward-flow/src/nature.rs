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

mod act;
mod because;
mod by_name;
mod claims;
mod place;
mod roles;
mod said;
mod schema;
mod spelled;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use doorward_core::flow::{Label, Role};
use doorward_mcp::raw::Kind;
use doorward_mcp::views::tools::ToolDefinition;

pub use because::{About, Because, Witness};
pub use by_name::{ByName, is_prose};
pub use claims::claimed;

use claims::Believed;
use place::Place;
use roles::Of;
use said::SaidRole;
use schema::Argument;
use words::{Name, Prose};
pub(crate) use words::{name_words, names_content, stems};

use crate::limits::POINTER_BYTES_MAX;
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
    /// The first word of its name.
    leading: Box<str>,
    arguments: Arc<[Argument]>,
    said_roles: Vec<SaidRole>,
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
            leading: Box::default(),
            arguments: Arc::default(),
            said_roles: Vec::new(),
            because: Vec::new(),
        }
    }

    /// What the definition shows of the tool.
    #[must_use]
    pub fn infer(tool: &ToolDefinition<'_>) -> Self {
        Self::read(tool, Believed::ToRaise)
    }

    /// The same for a server whose annotations count as given: its `readOnlyHint` is believed.
    #[must_use]
    pub fn infer_trusted(tool: &ToolDefinition<'_>) -> Self {
        Self::read(tool, Believed::AsGiven)
    }

    /// With what a pack or the operator says of the tool. It may raise as it likes; what it lowers, it lowers only if it says
    /// because of what.
    #[must_use]
    pub fn with(mut self, said: &ToolLabels) -> Self {
        said::add(&mut self, said);
        self
    }

    /// What the argument at `path` (a JSON pointer to a leaf) decides, if a value of this kind stands there.
    #[must_use]
    pub fn role(&self, path: &str, value: Kind) -> Role {
        match value {
            Kind::Bool | Kind::Null => Role::Control,
            Kind::Number | Kind::String | Kind::Array | Kind::Object => {
                said::role(&self.said_roles, path, self.place(path).role(self.of(), value))
            }
        }
    }

    /// Whether the argument at `path` is one for URLs or hosts, by its schema's `format` or its name.
    #[must_use]
    pub fn takes_links(&self, path: &str) -> bool {
        self.place(path).takes_links()
    }

    /// The words that the schema itself spells out for the argument at `path`.
    #[must_use]
    pub fn spelled(&self, path: &str) -> &[Box<str>] {
        match self.place(path) {
            Place::Known(argument) => &argument.spelled,
            Place::Unknown(_) => &[],
        }
    }

    /// The label of what stands at `path` (a JSON pointer) of a result, if it is a leaf of a strict form. A field whose name
    /// is that of prose is never believed more than the result.
    #[must_use]
    pub fn field(&self, path: &str) -> Cow<'_, Label> {
        match said::field(&self.fields, path).map(|field| &field.label) {
            Some(label) if label.integrity < self.result.integrity && is_prose(path) => {
                Cow::Owned(Label { integrity: self.result.integrity, ..label.clone() })
            }
            Some(label) => Cow::Borrowed(label),
            None => Cow::Borrowed(&self.result),
        }
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

    /// The same of what has no fields, whatever its form: the text beside a `structuredContent`, a result that says that
    /// the call failed, an error. It has the worst label of the tool, and nothing in it is believed for standing in a field.
    #[must_use]
    pub fn of_prose(&self) -> Self {
        Self { result: self.widest(), fields: Vec::new(), ..self.clone() }
    }

    fn read(tool: &ToolDefinition<'_>, believed: Believed) -> Self {
        let (name, description) = (Name::of(&tool.name), Prose::of(tool.description.as_deref()));
        let leading = name.word(0).unwrap_or_default();
        // What arguments decide is said of the act that the words show: what numbers are for is only told after.
        let first = act::act(&name, &description, act::Arguments::Any).0;
        let arguments = schema::arguments(Of { act: first, leading }, tool.input_schema);
        let (act, witness) = act::act(&name, &description, act::kinds(&arguments));
        let mut nature = Self {
            act,
            egress: false,
            makes: false,
            leading: leading.into(),
            because: vec![Because { about: About::Act(act), witness }],
            ..Self::unknown()
        };
        nature.look_outside(&description, &arguments);
        if let Some(word) = act::makes(act, &name) {
            nature.makes = true;
            nature.because.push(Because { about: About::Makes(true), witness: Witness::Name(word) });
        }
        claims::add(&mut nature, tool, believed);
        nature.makes = nature.makes && nature.act == Act::Write;
        nature.explain("", &arguments);
        nature.arguments = arguments.into();
        nature
    }

    /// Whether a call can carry data out, by what the tool does, says and takes.
    fn look_outside(&mut self, description: &Prose, arguments: &[Argument]) {
        let by_act = match self.act {
            Act::Send => Some(Witness::Act(Act::Send)),
            Act::Unknown => Some(Witness::Nothing),
            Act::Read | Act::Write | Act::Exec | Act::Admin | Act::Financial | Act::Destroy => None,
        };
        let by_argument = || act::reaching_argument(arguments).map(Witness::Word);
        let by_description = || act::besides(description).map(Witness::Description);
        if let Some(witness) = by_act.or_else(by_argument).or_else(by_description) {
            self.egress = true;
            self.because.push(Because { about: About::Egress(true), witness });
        }
    }

    fn explain(&mut self, above: &str, arguments: &[Argument]) {
        for argument in arguments {
            let pointer = format!("{above}/{}", argument.name.replace('~', "~0").replace('/', "~1"));
            let kept = pointer.floor_char_boundary(POINTER_BYTES_MAX);
            let about = About::Argument(pointer.get(..kept).unwrap_or_default().into(), argument.role);
            self.because.push(Because { about, witness: argument.witness.clone() });
            self.explain(&pointer, &argument.members);
        }
    }

    fn place<'a, 'p>(&'a self, path: &'p str) -> Place<'a, 'p> {
        place::find(&self.arguments, path)
    }

    /// Whether nothing at all spoke for what the tool does.
    fn is_unknown(&self) -> bool {
        let nothing = Because { about: About::Act(Act::Unknown), witness: Witness::Nothing };
        self.act == Act::Unknown && self.because.first().is_none_or(|because| *because == nothing)
    }

    fn of(&self) -> Of<'_> {
        Of { act: self.act, leading: &self.leading }
    }
}
